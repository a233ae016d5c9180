"""What a function sees besides its arguments: what it closes over, names outside of it, attributes
of models and objects, what is in lists and dictionaries. A program that was written for it counts
on all this being the same.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from operator import is_
from typing import Any

import numpy as np

from ...core.tensor import Tensor
from ..pytree import leaves

ABSENT: Any = object()
"""Stands for what is not there."""

_OWN = {"autograd_engine", "nn", "numpy", "builtins", *sys.stdlib_module_names}
"""The packages whose functions and objects take care of themselves."""

_PLAIN = (
    int,
    float,
    complex,
    str,
    bytes,
    type(None),
    Tensor,
    np.ndarray,
    types.BuiltinFunctionType,
)
"""What there is nothing to be seen in."""


class Seen:
    """Values that were seen in certain places, and whether they are there still.

    Attributes
    ----------
    cells : list of (cell, object)
        What functions close over.
    names : list of (mapping, str, object)
        What names stand for outside of functions, in objects and in classes.
    mappings : list of (mapping, list, list)
        Attributes of models, and dictionaries: all keys and values.
    lists : list of (list, list)
    """

    def __init__(self) -> None:
        self.cells: list[tuple[Any, Any]] = []
        self.names: list[tuple[Any, str, Any]] = []
        self.mappings: list[tuple[Any, list, list]] = []
        self.lists: list[tuple[list, list]] = []
        self.known: dict[int, Any] = {}

    def saw(self, thing: Any) -> bool:
        """Whether something was there too."""
        return id(thing) in self.known

    def are_same(self) -> bool:
        """Whether nothing was put in another's place."""
        for cell, value in self.cells:
            if cell.cell_contents is not value:
                return False
        for space, name, value in self.names:
            if space.get(name, ABSENT) is not value:
                return False
        for mapping, _, values in self.mappings:
            if len(mapping) != len(values) or not all(map(is_, mapping.values(), values)):
                return False
        for held, values in self.lists:
            if len(held) != len(values) or not all(map(is_, held, values)):
                return False
        return True


class Surroundings:
    """Where to look for what a function sees."""

    def __init__(self, f: Callable) -> None:
        self._function = f

    def seen(self, arguments: Any) -> Seen:
        """What is there now; models among the arguments are looked into too."""
        given = [x for x in leaves(arguments) if not isinstance(x, Tensor)]
        return _Search([self._function, *given]).found


class _Search:
    """A walk through all that can be reached from some values.

    Of an object or a class only those attributes count that are named in the functions on the way:
    a counter that somebody else keeps there is no concern of theirs.
    """

    def __init__(self, values: list) -> None:
        self.found = Seen()
        self._left = [(value, False) for value in values]
        self._named: set[str] = set()  # in the functions that were found
        self._spaces: list[tuple[Any, Any]] = []  # attributes, and the class of whose objects
        self._classes: set[type] = set()
        self._looked_up: set[tuple[int, str]] = set()
        while self._left or self._look_up():
            self._take(*self._left.pop())

    def _later(self, values: Any, watched: bool = True) -> None:
        self._left.extend((value, watched) for value in values)

    def _take(self, value: Any, watched: bool) -> None:
        """Look at a value; whether what is in lists and dictionaries is to stay as it is."""
        if id(value) in self.found.known or isinstance(value, _PLAIN):
            return
        self.found.known[id(value)] = value
        if isinstance(value, types.MethodType):
            self._later([value.__self__, value.__func__])
        elif isinstance(value, types.FunctionType):
            self._take_function(value)
        elif isinstance(value, functools.partial):
            self._later([value.func, *value.args, *value.keywords.values()])
        elif hasattr(value, "named_parameters") and not isinstance(value, type):
            self._take_model(value)
        elif isinstance(value, (tuple, list, dict)):
            self._take_container(value, watched)
        elif isinstance(value, property):
            self._later([value.fget])
        elif isinstance(value, (staticmethod, classmethod)):
            self._later([value.__func__])
        else:
            self._take_object(value)

    def _take_function(self, function: types.FunctionType) -> None:
        own = _is_own(function.__globals__.get("__name__"))
        wrapped = inspect.unwrap(function)
        if wrapped is not function:
            self._later([wrapped])
        for cell in function.__closure__ or ():
            if _is_filled(cell):
                if not own:
                    self.found.cells.append((cell, cell.cell_contents))
                self._later([cell.cell_contents], not own)
        self._later(function.__defaults__ or ())
        self._later((function.__kwdefaults__ or {}).values())
        if own:
            return
        names = set(_names_in(function.__code__))
        self._named |= names
        space = function.__globals__
        for name in names & space.keys():
            self._watch(space, name)

    def _take_model(self, model: Any) -> None:
        modules = list(model.modules()) if hasattr(model, "modules") else [model]
        for module in modules:
            attributes = vars(module)
            self._watch_all(attributes)
            self.found.known[id(module)] = module
            self._later(attributes.values())
            self._take_class(type(module))

    def _take_container(self, value: Any, watched: bool) -> None:
        if watched and isinstance(value, dict):
            self._watch_all(value)
        elif watched and isinstance(value, list):
            self.found.lists.append((value, list(value)))
        self._later(value.values() if isinstance(value, dict) else value, watched)

    def _take_object(self, value: Any) -> None:
        """An object of the user's, a class or a module: by the names that count."""
        cls = value if isinstance(value, type) else type(value)
        if isinstance(value, types.ModuleType):
            if not _is_own(value.__name__):
                self._spaces.append((vars(value), None))
            return
        self._take_class(cls)
        if cls is not value and not _is_own(cls.__module__) and hasattr(value, "__dict__"):
            self._spaces.append((vars(value), cls))

    def _take_class(self, cls: type) -> None:
        """What a class and those it comes from define; the functions among it may be called."""
        for each in cls.__mro__:
            if each not in self._classes and not _is_own(each.__module__):
                self._classes.add(each)
                self._spaces.append((vars(each), None))
                self._named |= {"forward", "__call__"}

    def _look_up(self) -> bool:
        """Look at the attributes that are named, as far as that was not done; whether there were
        any.
        """
        for space, cls in self._spaces:
            for name in self._named:
                if (id(space), name) in self._looked_up:
                    continue
                self._looked_up.add((id(space), name))
                if name in space or hasattr(cls, name):
                    self._watch(space, name)
        return bool(self._left)

    def _watch(self, space: Any, name: str) -> None:
        value = space.get(name, ABSENT)
        self.found.names.append((space, name, value))
        if value is not ABSENT:
            self._later([value])

    def _watch_all(self, mapping: Any) -> None:
        self.found.mappings.append((mapping, list(mapping), list(mapping.values())))


def _is_own(module: str | None) -> bool:
    return (module or "builtins").partition(".")[0] in _OWN


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
