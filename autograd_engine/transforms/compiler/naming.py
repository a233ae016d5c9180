"""What the user calls things: parameters, variables, the lines that compute them."""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
from collections.abc import Callable, Iterator
from typing import Any

from ...core.tensor import Tensor

_TARGET = re.compile(r"^([A-Za-z_]\w*)\s*(?::[^=]*)?=[^=]")
_RESERVED = {*dir(builtins), *keyword.kwlist, "np", "rng", "math"}


class Names:
    """Names that are given once each."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED)

    def unused(self, wanted: str) -> str:
        """The name, or with a number behind it if it is taken."""
        name = re.sub(r"\W", "_", wanted).strip("_") or "value"
        if name[0].isdigit():
            name = f"v{name}"
        found = name
        count = 2
        while found in self._taken:
            found = f"{name}_{count}"
            count += 1
        self._taken.add(found)
        return found


def target_of(line: str) -> str | None:
    """The variable that a line ``file:line: h = ...`` assigns to.

    >>> target_of("net.py:3: h = (x @ w).tanh()")
    'h'
    """
    code = code_of(line)
    found = _TARGET.match(code)
    if found is None or "lambda" in code:
        return None
    return found.group(1)


def code_of(line: str) -> str:
    """The code in ``file:line: code``.

    >>> code_of("net.py:3: h = x @ w")
    'h = x @ w'
    """
    return re.sub(r"^.*?:\d+: ?", "", line, count=1)


def names_of_arguments(f: Callable, args: tuple, kwargs: dict) -> list[str]:
    """The name of each tensor among the arguments, as the function's signature has it."""
    found: list[str] = []
    called = getattr(f, "forward", f)
    try:
        bound = inspect.signature(called).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        bound = {**{f"x{i}": x for i, x in enumerate(args)}, **kwargs}
    for name, value in bound.items():
        found.extend(label for label, _ in tensors_by_name(name, value))
    return found


def captured_names(f: Callable, others: Any) -> dict[int, str]:
    """By identity, the names of the tensors that a function takes from elsewhere."""
    found: dict[int, str] = {}
    for name, value in _surroundings(f):
        for label, tensor in tensors_by_name(name, value):
            found.setdefault(id(tensor), label)
    for value in others:
        for label, tensor in tensors_by_name("", value):
            found.setdefault(id(tensor), label)
    return found


def _surroundings(f: Any) -> Iterator[tuple[str, Any]]:
    """What a function sees by name: a model itself, what it closes over, what stands outside."""
    if hasattr(f, "named_parameters"):
        yield "", f
    function = inspect.unwrap(getattr(f, "__func__", f))
    if getattr(f, "__self__", None) is not None:
        yield "", f.__self__
    if inspect.isfunction(function):
        outside = inspect.getclosurevars(function)
        yield from outside.nonlocals.items()
        yield from outside.globals.items()


def tensors_by_name(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors in a value, each with what it is called."""
    if isinstance(value, Tensor):
        yield value.name or name, value
    elif hasattr(value, "named_parameters"):
        for kind in (value.named_parameters(), value.named_buffers()):
            for path, tensor in kind:
                yield tensor.name or _path_name(path), tensor
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from tensors_by_name(str(key), part)
    elif isinstance(value, (tuple, list)):
        for i, part in enumerate(value):
            yield from tensors_by_name(f"{name}{i}", part)


def _path_name(path: str) -> str:
    """``0.weight`` becomes ``weight_0``, ``fc.weight`` ``fc_weight``."""
    parts = path.split(".")
    words = [part for part in parts if not part.isdigit()]
    return "_".join(words + [part for part in parts if part.isdigit()])
