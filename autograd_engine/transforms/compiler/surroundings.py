"""What a function sees besides its arguments: what it closes over, names outside of it, the
attributes of models. A program that was written for it counts on all this being the same.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from operator import is_
from typing import Any

from ...core.tensor import Tensor
from ..pytree import leaves

_NEVER_CHANGES = (types.ModuleType, types.BuiltinFunctionType, type)


class Seen:
    """Values that were seen in certain places, and whether they are there still."""

    def __init__(self, cells: list, names: list, objects: list, known: set[int]) -> None:
        self._cells = [(cell, cell.cell_contents) for cell in cells]
        self._names = [(space, name, space[name]) for space, name in names]
        self._objects = [(vars(thing), list(vars(thing).values())) for thing in objects]
        self._known = known

    def saw(self, thing: Any) -> bool:
        """Whether something was there too."""
        return id(thing) in self._known

    def are_same(self) -> bool:
        """Whether nothing was put in another's place."""
        for cell, value in self._cells:
            if cell.cell_contents is not value:
                return False
        for space, name, value in self._names:
            if space.get(name) is not value:
                return False
        for attributes, values in self._objects:
            if len(attributes) != len(values) or not all(map(is_, attributes.values(), values)):
                return False
        return True


class Surroundings:
    """Where to look for what a function sees."""

    def __init__(self, f: Callable) -> None:
        self._function = f

    def seen(self, arguments: Any) -> Seen:
        """What is there now; models among the arguments are looked into too."""
        cells: list = []
        names: list = []
        given = [x for x in leaves(arguments) if not isinstance(x, Tensor)]
        values: list = [self._function, *given]
        known: set[int] = set()
        objects: list = []
        while values:
            value = values.pop()
            if id(value) in known or isinstance(value, _NEVER_CHANGES):
                continue
            known.add(id(value))
            if hasattr(value, "named_parameters"):
                objects.extend(_models(value))
            values.extend(_further(value, cells, names))
        known.update(id(x) for thing in objects for x in vars(thing).values())
        return Seen(cells, names, objects, known)


def _models(model: Any) -> list:
    return list(model.modules()) if hasattr(model, "modules") else [model]


def _further(value: Any, cells: list, names: list) -> Iterator[Any]:
    """What a function closes over and takes from outside, and what a method is bound to."""
    if isinstance(value, types.MethodType):
        yield value.__self__
        yield value.__func__
    elif isinstance(value, types.FunctionType):
        wrapped = inspect.unwrap(value)
        if wrapped is not value:
            yield wrapped
        for cell in value.__closure__ or ():
            if _is_filled(cell):
                cells.append(cell)
                yield cell.cell_contents
        yield from value.__defaults__ or ()
        if not value.__module__.startswith("autograd_engine"):
            yield from _named_outside(value, names)
    elif isinstance(value, (tuple, list)):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def _named_outside(function: types.FunctionType, names: list) -> Iterator[Any]:
    """The things outside of a function that it names."""
    space = function.__globals__
    for name in _names_in(function.__code__):
        value = space.get(name, _NEVER_CHANGES[0])
        if not isinstance(value, _NEVER_CHANGES):
            names.append((space, name))
            yield value


def _names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
