"""NumPy's functions that only move elements: each is done to the numbers of the elements first, and
then the elements are gathered in that order.

So NumPy itself says what goes where, with all of its arguments, and the graph is that of a gather.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Sequence

import numpy as np

from . import creation
from ..core.tensor import Tensor
from ..ops import joining
from ..ops.declare import Sample, at
from ..ops.indexing import getitem
from .twins import plain_array, twin


def rearrangement(function: Callable, moved: Sequence[str], samples: Sequence[Sample]) -> Callable:
    """Enter the twin of a function that moves the elements of the arguments named ``moved``."""
    signature = inspect.signature(function)

    def rearrange(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        parts: list[Tensor] = []
        for name, value in given.arguments.items():
            if name in moved:
                given.arguments[name] = _numbered(value, parts)
            else:
                given.arguments[name] = _plain(value)
        order = function(*given.args, **given.kwargs)
        elements = joining.cat([part.reshape(-1) for part in parts])
        return getitem(elements, index=(np.asarray(order),))

    rearrange.__name__ = f"_numpy_{function.__name__}"
    rearrange.__signature__ = signature  # type: ignore[attr-defined]
    return twin(function, samples)(rearrange)


def _numbered(value: Any, parts: list[Tensor]) -> Any:
    """The numbers of the elements of a tensor, array or number, which is added to ``parts``; of
    tensors in lists, lists of numbers.
    """
    if isinstance(value, (list, tuple)):
        return type(value)([_numbered(item, parts) for item in value])
    first = sum(part.numel() for part in parts)
    part = creation.as_tensor(value)
    parts.append(part)
    return np.arange(first, first + part.numel()).reshape(part.shape)


def _plain(value: Any) -> Any:
    """An argument that says where elements go, or which of them."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return plain_array(value)


_POSITIVE = np.array([True, False, True])

rearrangement(np.copy, ["a"], [at((2, 3)), at(())])
rearrangement(np.rollaxis, ["a"], [at((2, 3, 4), 2), at((2, 3, 4), axis=2, start=1)])
rearrangement(
    np.append,
    ["arr", "values"],
    [at((2, 3), (2,)), at((2, 3), (1, 3), axis=0), at((3,), [1.0, 2.0]), at((3,), 4.0)],
)
rearrangement(
    np.insert,
    ["arr", "values"],
    [
        at((3,), 1, 5.0),
        at((2, 3), 1, (2,), axis=1),
        at((2, 3), [0, 2], values=(2, 2), axis=1),
        at((4,), slice(1, 3), ()),
    ],
)
rearrangement(np.delete, ["arr"], [at((3,), 1), at((2, 3), [0, 2], axis=1), at((4,), slice(1, 3))])
rearrangement(np.block, ["arrays"], [at([(2,), (3,)])])
rearrangement(
    np.select,
    ["choicelist", "default"],
    [
        at([_POSITIVE, ~_POSITIVE], [(3,), (3,)]),
        at([_POSITIVE], [(3,)], default=2.5),
        at([_POSITIVE], [(3,)], ()),
    ],
)
rearrangement(np.compress, ["a"], [at(_POSITIVE, (3,)), at([True, False], (2, 3), axis=0)])
rearrangement(np.extract, ["arr"], [at(_POSITIVE, (3,))])
rearrangement(np.resize, ["a"], [at((2, 3), [4, 2]), at((3,), new_shape=2)])
rearrangement(
    np.lib.stride_tricks.sliding_window_view,
    ["x"],
    [at((5,), 3), at((3, 4), [2, 2]), at((3, 4), window_shape=2, axis=1)],
)
