"""Lists where arrays are expected: numbers that were typed in need no `tensor` around them."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, TypeVar, cast

from autograd_engine import as_tensor

F = TypeVar("F", bound=Callable)

SIZES = {
    "input_lengths",
    "kernel_size",
    "normalized_shape",
    "output_size",
    "scale_factor",
    "size",
    "stride",
    "target_lengths",
}
"""The arguments in which a list is a list."""


def names_of(function: Callable) -> tuple[str, ...]:
    """The names of a function's arguments, in their order."""
    return tuple(inspect.signature(function).parameters)


def as_arrays(names: tuple[str, ...], args: tuple, kwargs: dict[str, Any]) -> tuple[list, dict]:
    """Arguments with arrays for lists, of the dtypes that tensors of them have."""
    given = [_as_array(name, value) for name, value in zip(names, args)]
    named = {name: _as_array(name, value) for name, value in kwargs.items()}
    return [*given, *args[len(names) :]], named


def _as_array(name: str, value: Any) -> Any:
    if not isinstance(value, list) or name in SIZES:
        return value
    return as_tensor(value).detach().numpy()


def holds_list(args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether an argument is a list; asked at every call, so it costs next to nothing."""
    return list in map(type, args) or (bool(kwargs) and list in map(type, kwargs.values()))


def takes_lists(function: F) -> F:
    """Have a function of arrays and tensors take lists too."""
    names = names_of(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if holds_list(args, kwargs):
            args, kwargs = as_arrays(names, args, kwargs)  # type: ignore[assignment]
        return function(*args, **kwargs)

    return cast(F, call)
