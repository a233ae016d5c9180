"""float16 in, float32 inside: sums of many numbers keep their digits, and squares stay finite.

float16 has three digits and ends at 65504. So what sums over a batch or over features widens its
inputs first, and rounds its result once, at the end.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar, cast

import numpy as np

from autograd_engine import Tensor

from .lists import as_arrays, holds_list, names_of

HALF = np.dtype("float16")
F = TypeVar("F", bound=Callable)


def is_half(x: Any) -> bool:
    """Whether ``x`` is a tensor of float16."""
    return isinstance(x, Tensor) and x.dtype == HALF


def in_single(x: Any) -> Any:
    """A float16 tensor as float32, and anything else as it is."""
    return x.to("float32") if is_half(x) else x


def rounded(y: Any, *inputs: Any) -> Any:
    """A result in float16 again, where all floating ``inputs`` were."""
    arrays = [x for x in inputs if isinstance(x, (Tensor, np.ndarray))]
    halves = [is_half(x) for x in arrays if x.dtype.kind == "f"]
    return y.to("float16") if halves and all(halves) else y


def single_inside(function: F) -> F:
    """Have a function of tensors computed in float32 where its first argument is float16; lists are
    taken for arrays.
    """
    names = names_of(function)

    @functools.wraps(function)
    def computed(*args: Any, **kwargs: Any) -> Any:
        if holds_list(args, kwargs):
            args, kwargs = as_arrays(names, args, kwargs)  # type: ignore[assignment]
        first = args[0] if args else next(iter(kwargs.values()), None)
        if not is_half(first):
            return function(*args, **kwargs)
        wide = {name: in_single(value) for name, value in kwargs.items()}
        return rounded(function(*map(in_single, args), **wide), *args, *kwargs.values())

    return cast(F, computed)
