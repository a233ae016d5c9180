"""NumPy's functions that choose among elements, bound them or sort them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import creation
from ...ops import (
    choice,
    diagonal,
    gathering,
    logic,
    sorting,
)
from ...ops.declare import at, normal_dims
from ...ops.indexing import getitem, integers
from .twin import MASK, array_like, twin


@twin(np.diagflat, [at((2, 2)), at((3,), 1), at((3,), k=-1)])
def _numpy_diagflat(v: Any, k: int = 0) -> Any:
    return diagonal.diagflat(creation.as_tensor(v), k)


@twin(np.where, [at(MASK, (3,), (2, 3)), at(MASK, (2, 1), 0.5), at(MASK)])
def _numpy_where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return choice.where(condition, array_like(x), array_like(y))


@twin(
    np.take,
    [
        at((3, 4), np.array([0, 2, 0]), 1),
        at((3, 4), np.array([5, -1])),
        at((3, 4), np.array([[7, -6]]), axis=0, mode="wrap"),
        at((3, 4), [20, -3], mode="clip"),
    ],
)
def _numpy_take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    places = np.array(integers(indices, "take"))
    if axis is None:
        a = a.reshape(-1)
        axis = 0
    (dim,) = normal_dims(axis, a.ndim)
    if mode == "wrap":
        places = places % a.shape[dim]
    elif mode == "clip":
        places = places.clip(0, a.shape[dim] - 1)
    return getitem(a, index=(*(slice(None),) * dim, places))


@twin(
    np.take_along_axis,
    [at((2, 3), np.array([[0, 2], [1, 1]]), axis=1), at((2, 3), np.array([[0, 2], [1, 1]]))]
    + [at((2, 3), np.array([5, 0]), None)],
)
def _numpy_take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return gathering.take_along_dim(arr, indices, axis)


@twin(np.clip, [at((5,), -0.5, 0.7), at((2, 3), None, 0.1), at((3,), min=-0.1, max=0.1)])
def _numpy_clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    if min is None:
        min = a_min
    if max is None:
        max = a_max
    return choice.clamp(a, array_like(min), array_like(max))


@twin(
    np.nan_to_num,
    [
        at((2, 3)),
        at(np.array([1.0, np.nan, -np.inf, np.inf]), nan=2.0, posinf=3.0, neginf=4.0),
    ],
)
def _numpy_nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    if not copy:
        raise TypeError("np.nan_to_num of a Tensor does not take copy=False; use t.nan_to_num_()")
    return choice.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@twin(np.sort, [at((3, 4), 0), at((3, 4), axis=None)])
def _numpy_sort(a: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return sorting.sort(a.reshape((-1,)), 0).values
    return sorting.sort(a, axis).values


@twin(np.argsort, [at((3, 4)), at((3, 4), axis=0), at((3, 4), axis=None)])
def _numpy_argsort(a: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return sorting.argsort(a.reshape((-1,)), 0)
    return sorting.argsort(a, axis)


@twin(np.isposinf, [at((3,))])
def _numpy_isposinf(x: Any) -> Any:
    return logic.isposinf(x)


@twin(np.isneginf, [at((3,))])
def _numpy_isneginf(x: Any) -> Any:
    return logic.isneginf(x)
