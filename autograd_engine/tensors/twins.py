"""What the arguments of NumPy's functions mean to the op of the same meaning.

Each function here has the arguments of a NumPy function under NumPy's names, but for those that
change no value and those that are refused (`interop` sees to both), and samples on which the tests
compare the two.
"""

from __future__ import annotations

import operator
from typing import Any, Callable, Sequence

import numpy as np

from . import creation
from ..core.errors import ShapeError
from ..core.primitive import numpy_functions
from ..core.tensor import Tensor
from ..ops import (
    arrange,
    choice,
    diagonal,
    einsum,
    factorisations,
    gathering,
    grids,
    joining,
    linear,
    logic,
    matrices,
    norms,
    padding,
    reduction,
    scan,
    shape,
    sorting,
    splitting,
    statistics,
)
from ..ops.declare import Sample, at, normal_dims
from ..ops.indexing import getitem, integers
from ..ops.systems import SAMPLE


def twin(numpy: Callable, samples: Sequence[Sample] = ()) -> Callable:
    """Enter a function as what a NumPy function calls when it meets a tensor; the tests compare the
    two on the samples.
    """

    def enter(function: Any) -> Callable:
        numpy_functions[numpy] = function
        function.samples = samples
        return function

    return enter


def array_like(value: Any) -> Any:
    """An argument in which a list stands for an array; tensors in a list are joined, and keep their
    graph.
    """
    if not isinstance(value, (list, tuple)):
        return value
    if _holds_tensor(value):
        return joining.stack([array_like(item) for item in value])
    return np.asarray(value)


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_tensor, value))
    return isinstance(value, Tensor)


def in_dtype(x: Any, dtype: Any) -> Any:
    """A tensor or array in another dtype, where NumPy would convert without being asked twice."""
    if dtype is None or not hasattr(x, "dtype"):
        return x
    if not np.can_cast(x.dtype, dtype, "same_kind"):
        raise TypeError(f"{x.dtype} is not converted to {np.dtype(dtype)} without losing its kind")
    return x.astype(dtype)


def joined(tensors: Sequence, dtype: Any, casting: Any) -> list:
    """The parts that a function joins, in the dtype asked for."""
    parts = [array_like(x) for x in tensors]
    if dtype is None:
        return parts
    for x in parts:
        if not np.can_cast(getattr(x, "dtype", dtype), dtype, casting):
            raise TypeError(f"{x.dtype} is not converted to {np.dtype(dtype)} by {casting!r}")
    return [creation.as_tensor(x).astype(dtype) for x in parts]


# --- shapes ---------------------------------------------------------------------------------------


@twin(np.transpose, [at((2, 3, 4)), at((2, 3, 4), axes=(2, 0, 1)), at(())])
def _numpy_transpose(a: Any, axes: Any = None) -> Any:
    return shape.transpose(a, axes)


@twin(
    np.reshape,
    [
        at((2, 3), [3, -1]),
        at((2, 3), 6),
        at((2, 3), [3, 2], order="F"),
        at((2, 3), [6], copy=True),
        at((2, 3), [3, 2], order="A"),
    ],
)
def _numpy_reshape(a: Any, shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    if copy is False:
        raise TypeError("np.reshape of a Tensor does not take copy=False; a view is made if it can")
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    if _order(a, order) == "C":
        result = a.reshape(shape)
    else:
        result = a.T.reshape(shape[::-1]).T
    return result.clone() if copy else result


@twin(np.ravel, [at((2, 3)), at(()), at((2, 3), order="F"), at((2, 3), order="K")])
def _numpy_ravel(a: Any, order: str = "C") -> Any:
    return a.reshape(-1) if _order(a, order) == "C" else a.T.reshape(-1)


def _order(a: Any, order: str) -> str:
    """The order of elements, "C" or "F", that a word of NumPy's means for a tensor."""
    if order in ("C", "F"):
        return order
    strides = a.stride()
    if order in ("A", "K") and a.is_contiguous():
        return "C"
    if order in ("A", "K") and list(strides) == sorted(strides):
        return "F"
    if order == "A":
        return "C"
    raise TypeError(f"the elements of a Tensor are taken in the order 'C' or 'F', got {order!r}")


@twin(np.swapaxes, [at((2, 3, 4), 0, 2), at((2, 3), axis1=0, axis2=-1)])
def _numpy_swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return shape.swapaxes(a, axis1, axis2)


@twin(np.flip, [at((2, 3)), at((2, 3), axis=1), at((2, 3, 2), axis=(0, 2))])
def _numpy_flip(m: Any, axis: Any = None) -> Any:
    return arrange.flip(m, tuple(range(m.ndim)) if axis is None else axis)


@twin(np.tile, [at((2, 3), 2), at((2, 3), reps=(2, 1, 2)), at((), 3), at((2,), [])])
def _numpy_tile(A: Any, reps: Any) -> Any:
    return arrange.tile(A, tuple(reps) if np.ndim(reps) else (int(reps),))


@twin(
    np.meshgrid,
    [
        at((2,), (3,)),
        at((2,), (3,), indexing="ij", copy=False),
        at((2,), (3,), (4,), sparse=True),
        at((2,), (3,), indexing="ij", sparse=True),
    ],
)
def _numpy_meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    """Tensors are never written to, so a view does as well as a copy."""
    found = grids.meshgrid(*xi, indexing=indexing)
    if not sparse:
        return found
    order = [*range(len(xi))]
    if indexing == "xy":
        order[:2] = order[1::-1]
    return tuple([_along_axis(grid, dim) for grid, dim in zip(found, order)])


def _along_axis(grid: Any, dim: int) -> Any:
    """The first entries of a grid along all dimensions but one."""
    return grid[tuple([slice(None if i == dim else 1) for i in range(grid.ndim)])]


_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}


@twin(
    np.pad,
    [
        at((2, 3), 1),
        at((2, 3), ((0, 1), (2, 1))),
        at((4,), 2, mode="reflect"),
        at((3,), [1, 2], constant_values=2.0),
    ],
)
def _numpy_pad(
    array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0
) -> Any:
    """NumPy names the widths of the first dimension first, PyTorch those of the last."""
    if mode not in _MODES:
        raise TypeError(f"np.pad of a Tensor has the modes {', '.join(_MODES)}, got {mode!r}")
    if np.ndim(constant_values):
        raise TypeError(
            f"np.pad of a Tensor takes one number as constant_values, got {constant_values}"
        )
    pairs = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))[::-1].reshape(-1).tolist()
    fill = {"value": constant_values} if mode == "constant" else {}
    return padding.pad(array, pairs, _MODES[mode], **fill)


# --- joining and splitting ------------------------------------------------------------------------

_CASTS: dict[str, Any] = {"dtype": "float32", "casting": "same_kind"}


@twin(
    np.concatenate,
    [at([(2, 3), (1, 3)]), at([(2, 1), (2, 2)], axis=-1), at([(2, 1), (3,)], None)]
    + [at([(2,), (3,)], **_CASTS)],
)
def _numpy_concatenate(
    arrays: Any, axis: int | None = 0, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    parts = joined(arrays, dtype, casting)
    if axis is None:
        parts = [creation.as_tensor(x).reshape(-1) for x in parts]
        axis = 0
    return joining.cat(parts, axis)


@twin(np.stack, [at([(2, 3), (2, 3)], -1), at([(), ()]), at([(2,), (2,)], axis=1, **_CASTS)])
def _numpy_stack(arrays: Any, axis: int = 0, dtype: Any = None, casting: str = "same_kind") -> Any:
    return joining.stack(joined(arrays, dtype, casting), axis)


@twin(np.hstack, [at([(2,), (3,)]), at([(2, 1), (2, 2)]), at([(2,), (2,)], **_CASTS)])
def _numpy_hstack(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Any:
    return grids.hstack(joined(tup, dtype, casting))


@twin(np.vstack, [at([(2,), (2,)]), at([(2, 1), (1, 1)]), at([(2,), (2,)], **_CASTS)])
def _numpy_vstack(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Any:
    return grids.vstack(joined(tup, dtype, casting))


@twin(np.dstack, [at([(2,), (2,)]), at([(2, 1), (2, 1)])])
def _numpy_dstack(tup: Any) -> Any:
    return grids.dstack(joined(tup, None, ""))


@twin(np.column_stack, [at([(2,), (2,)]), at([(2, 1), (2,)])])
def _numpy_column_stack(tup: Any) -> Any:
    return grids.column_stack(joined(tup, None, ""))


@twin(np.split, [at((4, 2), 2), at((2, 5), [1, 4], axis=-1)])
def _numpy_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Unlike `np.array_split`, into parts of one length."""
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ShapeError(
            f"np.split cannot make {indices_or_sections} equal parts of a length of "
            f"{ary.shape[axis]}; np.array_split makes unequal ones"
        )
    return splitting.tensor_split(ary, indices_or_sections, axis)


@twin(np.array_split, [at((5, 2), 3), at((2, 5), [1, 4], axis=-1)])
def _numpy_array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return splitting.tensor_split(ary, indices_or_sections, axis)


# --- choosing -------------------------------------------------------------------------------------

_MASK = np.array([[True, False, True], [False, True, True]])


@twin(np.diagflat, [at((2, 2)), at((3,), 1), at((3,), k=-1)])
def _numpy_diagflat(v: Any, k: int = 0) -> Any:
    return diagonal.diagflat(creation.as_tensor(v), k)


@twin(np.where, [at(_MASK, (3,), (2, 3)), at(_MASK, (2, 1), 0.5), at(_MASK)])
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


# --- sums and other reductions --------------------------------------------------------------------


def over(a: Any, axis: Any) -> tuple[Any, Any]:
    """A tensor and the dimensions to reduce: for ``axis=()``, which reduces nothing, one of
    length 1.
    """
    if isinstance(axis, (tuple, list)) and not axis:
        return a.reshape((*a.shape, 1)), -1
    return a, axis


def _reduced_over(function: Callable, a: Any, axis: Any, keepdims: bool) -> Any:
    whole, dim = over(a, axis)
    return function(whole, dim, keepdims and whole is a)


def only(a: Any, where: Any, otherwise: Any) -> Any:
    """The tensor with ``otherwise`` in the places where ``where`` does not hold."""
    if where is None or where is True:
        return a
    return choice.where(creation.as_tensor(where).expand(a.shape), a, otherwise)


_REDUCTIONS = [at((3, 4)), at((3, 4), axis=1), at((2, 3, 2), axis=(0, 2), keepdims=True)]
_MASKED = [at((2, 3), axis=0, where=_MASK), at((2, 3), where=_MASK[0], keepdims=True)]
_BEGUN = [at((2, 3), axis=1, initial=1.5), at((2, 3), axis=(), initial=0.5)]


def _total(function: Callable, neutral: int, combine: Callable) -> Callable:
    """The twin of a sum or a product."""

    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        result = _reduced_over(function, only(in_dtype(a, dtype), where, neutral), axis, keepdims)
        return result if initial is None else combine(result, initial)

    return reduce


def _product(a: Any, axis: Any, keepdims: bool) -> Any:
    return reduction.prod(a, axis, keepdims)


def _nan_product(a: Any, axis: Any, keepdims: bool) -> Any:
    return reduction.prod(choice.where(logic.isnan(a), 1.0, a), axis, keepdims)


_HOLES = at(np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.nan]]), axis=1)
_TOTALS = [*_REDUCTIONS, *_MASKED, *_BEGUN, at((2, 3), dtype="float32")]

twin(np.sum, _TOTALS)(_total(reduction.sum, 0, operator.add))
twin(np.nansum, [*_TOTALS, _HOLES])(_total(reduction.nansum, 0, operator.add))
twin(np.prod, _TOTALS)(_total(_product, 1, operator.mul))
twin(np.nanprod, [*_TOTALS, _HOLES])(_total(_nan_product, 1, operator.mul))


def _extreme(function: Callable, combine: Callable) -> Callable:
    """The twin of a maximum or minimum; ``initial`` stands for what is missing."""

    def reduce(
        a: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
    ) -> Any:
        if initial is None:
            if where is not None and where is not True:
                raise ValueError("a maximum or minimum with where= needs initial=")
            return _reduced_over(function, a, axis, keepdims)
        whole = only(a, where, initial)
        if whole.numel() == 0:  # a sum of nothing is 0
            return _reduced_over(reduction.sum, whole, axis, keepdims) + initial
        return combine(_reduced_over(function, whole, axis, keepdims), initial)

    return reduce


_STARTED = [
    at((2, 3), axis=0, initial=0.5),
    at((2, 3), initial=-0.5, where=_MASK),
    at((0, 3), axis=0, initial=1.0),
]

_greatest = _extreme(reduction.amax, choice.maximum)
_smallest = _extreme(reduction.amin, choice.minimum)
for _names, _function in (((np.max, np.amax), _greatest), ((np.min, np.amin), _smallest)):
    for _name in _names:
        twin(_name, [*_REDUCTIONS, *_STARTED])(_function)


def _nan_extreme(extreme: Callable, least: float) -> Callable:
    """The twin of a maximum or minimum of what is not NaN; NaN where nothing is."""

    def reduce(
        a: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
    ) -> Any:
        if a.dtype.kind != "f":
            return extreme(a, axis, keepdims, initial, where)
        missing = logic.isnan(a)
        filled = choice.where(missing, least, a)
        result = extreme(filled, axis, keepdims, initial, where)
        if initial is not None:
            return result
        return choice.where(_reduced_over(reduction.all, missing, axis, keepdims), np.nan, result)

    return reduce


_OF_NUMBERS = [*_REDUCTIONS, *_STARTED[:2], _HOLES]
twin(np.nanmax, _OF_NUMBERS)(_nan_extreme(_greatest, -np.inf))
twin(np.nanmin, _OF_NUMBERS)(_nan_extreme(_smallest, np.inf))


@twin(np.any, [*_REDUCTIONS, *_MASKED])
def _numpy_any(a: Any, axis: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    return _reduced_over(reduction.any, only(a != 0, where, False), axis, keepdims)


@twin(np.all, [*_REDUCTIONS, *_MASKED])
def _numpy_all(a: Any, axis: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    return _reduced_over(reduction.all, only(a != 0, where, True), axis, keepdims)


@twin(np.ptp, [at((3, 4)), at((3, 4), axis=1), at((2, 3, 2), axis=(0, 2), keepdims=True)])
def _numpy_ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    greatest = _reduced_over(reduction.amax, a, axis, keepdims)
    return greatest - _reduced_over(reduction.amin, a, axis, keepdims)


def _counted(a: Any, axis: Any, where: Any, keepdims: bool = True) -> Any:
    """How many elements a reduction takes, of those where ``where`` holds."""
    counted = np.ones(a.shape) if where is None else np.broadcast_to(plain_array(where), a.shape)
    return np.sum(counted, normal_dims(axis, a.ndim), keepdims=keepdims)


def plain_array(value: Any) -> Any:
    """The array of a tensor whose gradient does not count, as of a mask."""
    return value._data if isinstance(value, Tensor) else value


@twin(np.mean, [*_REDUCTIONS, *_MASKED, at((2, 3), dtype="float32")])
def _numpy_mean(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = None
) -> Any:
    a = in_dtype(a, dtype)
    if where is None:
        return _reduced_over(reduction.mean, a, axis, keepdims)
    return reduction.sum(only(a, where, 0), axis, keepdims) / _counted(a, axis, where, keepdims)


@twin(np.nanmean, [*_REDUCTIONS, *_MASKED, at((2, 3), dtype="float32"), _HOLES])
def _numpy_nanmean(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = None
) -> Any:
    return _numpy_mean(a, axis, dtype, keepdims, _given_only(a, where))


def _given_only(a: Any, where: Any) -> Any:
    """Where there is a number, of the places where ``where`` holds."""
    there = ~np.isnan(plain_array(a))
    return there if where is None else there & plain_array(where)


@twin(
    np.average,
    [
        at((3, 4)),
        at((3, 4), axis=1, weights=(4,)),
        at((3, 4), axis=0, weights=np.array([1.0, 2.0, 3.0]), returned=True),
        at((3, 4), weights=np.arange(12.0).reshape(3, 4), keepdims=True),
    ],
)
def _numpy_average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False
) -> Any:
    a = creation.as_tensor(a)
    if weights is None:
        weights = np.ones((), a.dtype)
    elif tuple(np.shape(weights)) != tuple(a.shape):
        (dim,) = normal_dims(axis, a.ndim)
        weights = weights.reshape([-1 if i == dim else 1 for i in range(a.ndim)])
    whole = creation.as_tensor(weights).expand(a.shape)
    total = reduction.sum(whole, axis, keepdims)
    found = reduction.sum(a * whole, axis, keepdims) / total
    return (found, total) if returned else found


# --- deviations -----------------------------------------------------------------------------------

_SPREADS = [
    *_REDUCTIONS,
    *_MASKED,
    at((3, 4), axis=0, ddof=1),
    at((3, 4), axis=0, correction=1),
    at((3, 4), dtype="float32"),
    at((2, 3), axis=1, mean=np.array([[0.5], [1.0]])),
]


@twin(np.var, _SPREADS)
def _numpy_var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = None,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    if correction is not None:
        if ddof != 0:
            raise ValueError("ddof and correction say the same thing: give one of them")
        ddof = correction
    a = in_dtype(a, dtype)
    if where is None and mean is None:
        whole, dim = over(a, axis)
        return statistics.var(whole, dim, keepdim=keepdims and whole is a, correction=ddof)
    if mean is None:
        mean = _numpy_mean(a, axis, keepdims=True, where=where)
    squares = only((a - mean) ** 2, where, 0)
    freedom = np.maximum(_counted(a, axis, where, keepdims) - ddof, 0)
    return reduction.sum(squares, axis, keepdims) / freedom


@twin(np.std, _SPREADS)
def _numpy_std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = None,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    if where is None and mean is None and axis != ():
        correction = ddof if correction is None else correction
        return statistics.std(in_dtype(a, dtype), axis, keepdim=keepdims, correction=correction)
    return _numpy_var(a, axis, dtype, ddof, keepdims, where, mean, correction).sqrt()


@twin(np.nanvar, [*_SPREADS, _HOLES])
def _numpy_nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = None,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    where = _given_only(a, where)
    return _numpy_var(a, axis, dtype, ddof, keepdims, where, mean, correction)


@twin(np.nanstd, [*_SPREADS, _HOLES])
def _numpy_nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = None,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    return _numpy_nanvar(a, axis, dtype, ddof, keepdims, where, mean, correction).sqrt()


_QUANTILES = [
    at((3, 4), 0.3),
    at((3, 4), 0.5, axis=0, method="midpoint"),
    at((5,), [0.1, 0.7], axis=0),
    at((2, 3, 2), 0.3, axis=(0, 2), keepdims=True),
]
_PERCENTS = [
    at((3, 4), 30.0),
    at((3, 4), [20.0, 70.0], axis=1, keepdims=True),
    at((3, 4), 50, method="higher"),
]
_MIDDLES = [at((3, 4)), at((3, 4), axis=1), at((2, 3, 2), axis=(0, 2), keepdims=True)]


def _level(function: Callable, per: float) -> Callable:
    """The twin of a function that gives quantiles, whose levels reach to ``per``."""

    def levels(
        a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
    ) -> Any:
        if not isinstance(q, Tensor):
            q = np.asarray(q, float)
        whole, dim = _last(a, axis)
        found = function(whole, q / per, dim, interpolation=method)
        if keepdims:
            kept = [1 if i in normal_dims(axis, a.ndim) else n for i, n in enumerate(a.shape)]
            return found.reshape((*np.shape(q), *kept))
        return found

    return levels


def _last(a: Any, axis: Any) -> tuple[Any, int]:
    """The tensor with the dimensions of ``axis`` as one, and where that is."""
    dims = normal_dims(axis, a.ndim)
    if len(dims) == 1:
        return a, dims[0]
    rest = [i for i in range(a.ndim) if i not in dims]
    return a.permute((*rest, *dims)).reshape([*(a.shape[i] for i in rest), -1]), -1


_numpy_quantile = twin(np.quantile, _QUANTILES)(_level(statistics.quantile, 1))
_numpy_nanquantile = twin(np.nanquantile, _QUANTILES)(_level(statistics.nanquantile, 1))
twin(np.percentile, _PERCENTS)(_level(statistics.quantile, 100))
twin(np.nanpercentile, _PERCENTS)(_level(statistics.nanquantile, 100))


@twin(np.median, _MIDDLES)
def _numpy_median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's median is the middle of the two in the middle."""
    return _numpy_quantile(a, 0.5, axis, "midpoint", keepdims)


@twin(np.nanmedian, [*_MIDDLES, _HOLES])
def _numpy_nanmedian(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _numpy_nanquantile(a, 0.5, axis, "midpoint", keepdims)


@twin(
    np.cov,
    [
        at((2, 4)),
        at((5,)),
        at((4, 2), rowvar=False),
        at((2, 4), bias=True),
        at((2, 4), (2, 4), ddof=2),
        at((2, 3), fweights=np.array([1, 2, 1]), aweights=np.array([0.5, 1.0, 2.0])),
        at((2, 4), dtype="float32"),
        at((4,), y=(4,)),
    ],
)
def _numpy_cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    dtype: Any = None,
) -> Any:
    if ddof is None:
        ddof = 0 if bias else 1
    rows = in_dtype(_variables(m, y, rowvar), dtype)
    return statistics.cov(rows, correction=ddof, fweights=fweights, aweights=aweights)


@twin(
    np.corrcoef,
    [at((2, 4)), at((4, 2), rowvar=False), at((4,), (4,)), at((2, 4), dtype="float32")],
)
def _numpy_corrcoef(x: Any, y: Any = None, rowvar: bool = True, dtype: Any = None) -> Any:
    return statistics.corrcoef(in_dtype(_variables(x, y, rowvar), dtype))


def _variables(m: Any, y: Any, rowvar: bool) -> Any:
    """A row for each variable, those of ``y`` below those of ``m``."""
    parts = []
    for x in (m, y):
        if x is not None:
            x = creation.as_tensor(x)
            parts.append(x.T if x.ndim == 2 and not rowvar else x)
    if y is None:
        return parts[0]
    return grids.vstack(parts)


# --- running --------------------------------------------------------------------------------------

_RUNNING = [at((3, 4)), at((3, 4), axis=1), at((3,), axis=0), at((3,), dtype="float32")]


def _running_twin(function: Callable, missing: float | None = None) -> Callable:
    """The twin of a running sum or product, in which NaN counts as ``missing``."""

    def run(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
        if missing is not None:
            a = choice.where(logic.isnan(a), missing, a)
        if axis is None:
            return function(a.reshape(-1), 0, dtype)
        return function(a, axis, dtype)

    return run


twin(np.cumsum, _RUNNING)(_running_twin(scan.cumsum))
twin(np.cumprod, _RUNNING)(_running_twin(scan.cumprod))
twin(np.nancumsum, [*_RUNNING, _HOLES])(_running_twin(scan.cumsum, 0.0))
twin(np.nancumprod, [*_RUNNING, _HOLES])(_running_twin(scan.cumprod, 1.0))


# --- products and matrices ------------------------------------------------------------------------


@twin(np.dot, [at((2, 3), (3,)), at((2, 3), (2, 3, 2)), at((), (3,)), at([1.0, 2.0], (2,))])
def _numpy_dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if max(a.ndim, b.ndim) < 3:
        return linear.matmul(a, b)
    return einsum.tensordot(a, b, ((-1,), (-min(b.ndim, 2),)))


@twin(np.vdot, [at((2, 3), (2, 3)), at(2.0, ())])
def _numpy_vdot(a: Any, b: Any) -> Any:
    """It flattens its arguments."""
    a, b = map(creation.as_tensor, (a, b))
    return linear.matmul(a.reshape((-1,)), b.reshape((-1,)))


@twin(np.outer, [at((2, 3), (2,)), at([1.0, 2.0], (3,)), at(2.0, (3,))])
def _numpy_outer(a: Any, b: Any) -> Any:
    """It flattens its arguments."""
    a, b = map(creation.as_tensor, (a, b))
    return a.reshape((-1, 1)) * b.reshape((-1,))


@twin(np.inner, [at((2, 3), (4, 3)), at((), (3,)), at(2.0, (3,)), at([1.0, 2.0], (2,))])
def _numpy_inner(a: Any, b: Any) -> Any:
    return einsum.inner(a, b)


@twin(np.kron, [at((2, 3), (4, 1)), at((2, 3), (2,)), at(2.0, (2,)), at([1.0, 2.0], (2,))])
def _numpy_kron(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    return linear.kron(a, b)


@twin(
    np.cross,
    [
        at((2, 3), (2, 3)),
        at((3, 2), (3, 2), axis=0),
        at((3, 2), (2, 3), axisa=0, axisb=1, axisc=0),
        at([1.0, 2.0, 0.5], (3,)),
    ],
)
def _numpy_cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a = shape.movedim(creation.as_tensor(a), axisa, -1)
    b = shape.movedim(creation.as_tensor(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ShapeError(
            "np.cross of a Tensor takes vectors of three elements, got shapes "
            f"{list(a.shape)} and {list(b.shape)}"
        )
    product = arrange.roll(a, -1, -1) * arrange.roll(b, -2, -1)
    product = product - arrange.roll(a, -2, -1) * arrange.roll(b, -1, -1)
    return shape.movedim(product, -1, axisc)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@twin(
    np.einsum,
    [
        at("ij,jk->ik", (2, 3), (3, 2)),
        at((2, 3), [0, 1], [1, 0]),
        at((2, 3), [0, 1], (3,), [1]),
        at((2, 2, 3), [..., 0], [..., 0]),
        at("ij,j", (2, 3), (3,), optimize=True),
        at("ij->i", (2, 3), dtype="float32", casting="same_kind"),
    ],
)
def _numpy_einsum(*operands: Any, dtype: Any = None, casting: str = "safe") -> Any:
    """With letters, or with lists of numbers between the operands."""
    if not isinstance(operands[0], str):
        operands = _by_letters(operands)
    equation, *tensors = operands
    return einsum.einsum(equation, *joined(tensors, dtype, casting))


def _by_letters(operands: tuple) -> tuple:
    """Operands with lists of dimensions' numbers, as an equation and operands."""
    pairs = len(operands) // 2
    groups = ["".join(map(_letter, operands[2 * i + 1])) for i in range(pairs)]
    equation = ",".join(groups)
    if len(operands) % 2:
        equation += "->" + "".join(map(_letter, operands[-1]))
    return (equation, *operands[: 2 * pairs : 2])


def _letter(number: Any) -> str:
    return "..." if number is Ellipsis else _LETTERS[number]


@twin(
    np.trace,
    [at((3, 4), 1), at((2, 3, 4)), at((2, 3, 4), axis1=2, axis2=0), at((2, 2), dtype="float32")],
)
def _numpy_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return in_dtype(diagonal.diagonal(a, offset=offset, dim1=axis1, dim2=axis2), dtype).sum(-1)


@twin(np.linalg.svd, [at((3, 2), compute_uv=False), at(SAMPLE), at((3, 2), full_matrices=False)])
def _numpy_svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    return factorisations.svd(a, full_matrices) if compute_uv else factorisations.svdvals(a)


@twin(np.linalg.qr, [at(SAMPLE), at((4, 2), mode="r"), at((2, 2, 4), "complete")])
def _numpy_qr(a: Any, mode: str = "reduced") -> Any:
    found = factorisations.qr(a, mode)
    return found.R if mode == "r" else found


@twin(np.linalg.pinv, [at((3, 2)), at((2, 2, 3)), at(SAMPLE, rcond=0.1), at(SAMPLE, rtol=0.1)])
def _numpy_pinv(a: Any, rcond: Any = None, rtol: Any = None) -> Any:
    return matrices.pinv(a, rcond if rtol is None else rtol)


@twin(np.linalg.matrix_rank, [at(SAMPLE), at((3, 2)), at(SAMPLE, tol=1.0), at(SAMPLE, rtol=0.5)])
def _numpy_matrix_rank(A: Any, tol: Any = None, rtol: Any = None) -> Any:
    """NumPy's ``tol`` is absolute."""
    return matrices.matrix_rank(A, atol=tol, rtol=rtol if tol is None else 0.0)


@twin(np.linalg.norm, [at((2, 3)), at((2, 3), "nuc"), at((2, 3), 1, -1, True)])
def _numpy_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return norms.norm(x, ord, axis, keepdims)


# --- like a tensor --------------------------------------------------------------------------------

_LIKE = [at((2, 3)), at((2, 3), dtype="float32", shape=(4,)), at((2, 3), device="cpu")]


def _shaped(a: Any, shape: Any) -> tuple:
    return tuple(a.shape) if shape is None else creation.tuple_of(shape)


@twin(np.zeros_like, _LIKE)
def _numpy_zeros_like(a: Any, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    return creation.zeros(_shaped(a, shape), dtype=dtype or a.dtype, device=device)


@twin(np.ones_like, _LIKE)
def _numpy_ones_like(a: Any, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    return creation.ones(_shaped(a, shape), dtype=dtype or a.dtype, device=device)


@twin(np.empty_like, [at((2, 0), dtype="float32"), at((2, 3), shape=(0,), device="cpu")])
def _numpy_empty_like(
    prototype: Any, dtype: Any = None, shape: Any = None, device: Any = None
) -> Any:
    dtype = dtype or prototype.dtype
    return creation.empty(_shaped(prototype, shape), dtype=dtype, device=device)


@twin(
    np.full_like,
    [at((2, 3), 7.0), at((2, 3), fill_value=7.0, dtype="float32", shape=(4,))]
    + [at((2, 3), 7.0, device="cpu")],
)
def _numpy_full_like(
    a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, device: Any = None
) -> Any:
    creation.check_device(device)
    filled = creation.as_tensor(array_like(fill_value)).astype(dtype or a.dtype)
    return filled.expand(_shaped(a, shape)).clone()
