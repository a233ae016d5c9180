"""NumPy's sums, products and extremes, whole and running, with all of NumPy's arguments."""

from __future__ import annotations

import operator
from typing import Any, Callable

import numpy as np

from .. import creation
from ...ops import (
    choice,
    logic,
    reduction,
    scan,
)
from ...ops.declare import at, normal_dims
from .twin import MASK, without_graph, in_dtype, twin


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


REDUCTIONS = [at((3, 4)), at((3, 4), axis=1), at((2, 3, 2), axis=(0, 2), keepdims=True)]
MASKED = [at((2, 3), axis=0, where=MASK), at((2, 3), where=MASK[0], keepdims=True)]
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
        if initial is None:
            return result
        return combine(result, initial)

    return reduce


def _product(a: Any, axis: Any, keepdims: bool) -> Any:
    return reduction.prod(a, axis, keepdims)


def _nan_product(a: Any, axis: Any, keepdims: bool) -> Any:
    return reduction.prod(choice.where(logic.isnan(a), 1.0, a), axis, keepdims)


HOLES = at(np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.nan]]), axis=1)
_TOTALS = [*REDUCTIONS, *MASKED, *_BEGUN, at((2, 3), dtype="float32")]

twin(np.sum, _TOTALS)(_total(reduction.sum, 0, operator.add))
twin(np.nansum, [*_TOTALS, HOLES])(_total(reduction.nansum, 0, operator.add))
twin(np.prod, _TOTALS)(_total(_product, 1, operator.mul))
twin(np.nanprod, [*_TOTALS, HOLES])(_total(_nan_product, 1, operator.mul))


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
    at((2, 3), initial=-0.5, where=MASK),
    at((0, 3), axis=0, initial=1.0),
]

_greatest = _extreme(reduction.amax, choice.maximum)
_smallest = _extreme(reduction.amin, choice.minimum)
for _names, _function in (((np.max, np.amax), _greatest), ((np.min, np.amin), _smallest)):
    for _name in _names:
        twin(_name, [*REDUCTIONS, *_STARTED])(_function)


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


_OF_NUMBERS = [*REDUCTIONS, *_STARTED[:2], HOLES]
twin(np.nanmax, _OF_NUMBERS)(_nan_extreme(_greatest, -np.inf))
twin(np.nanmin, _OF_NUMBERS)(_nan_extreme(_smallest, np.inf))


@twin(np.any, [*REDUCTIONS, *MASKED])
def _numpy_any(a: Any, axis: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    return _reduced_over(reduction.any, only(a != 0, where, False), axis, keepdims)


@twin(np.all, [*REDUCTIONS, *MASKED])
def _numpy_all(a: Any, axis: Any = None, keepdims: bool = False, where: Any = None) -> Any:
    return _reduced_over(reduction.all, only(a != 0, where, True), axis, keepdims)


@twin(np.ptp, [at((3, 4)), at((3, 4), axis=1), at((2, 3, 2), axis=(0, 2), keepdims=True)])
def _numpy_ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    greatest = _reduced_over(reduction.amax, a, axis, keepdims)
    return greatest - _reduced_over(reduction.amin, a, axis, keepdims)


def counted(a: Any, axis: Any, where: Any, keepdims: bool = True) -> Any:
    """How many elements a reduction takes, of those where ``where`` holds."""
    taken = np.ones(a.shape)
    if where is not None:
        taken = np.broadcast_to(without_graph(where), a.shape)
    return np.sum(taken, normal_dims(axis, a.ndim), keepdims=keepdims)


@twin(np.mean, [*REDUCTIONS, *MASKED, at((2, 3), dtype="float32")])
def numpy_mean(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = None
) -> Any:
    a = in_dtype(a, dtype)
    if where is None:
        return _reduced_over(reduction.mean, a, axis, keepdims)
    return reduction.sum(only(a, where, 0), axis, keepdims) / counted(a, axis, where, keepdims)


@twin(np.nanmean, [*REDUCTIONS, *MASKED, at((2, 3), dtype="float32"), HOLES])
def _numpy_nanmean(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = None
) -> Any:
    return numpy_mean(a, axis, dtype, keepdims, present(a, where))


def present(a: Any, where: Any) -> Any:
    """Where there is a number, of the places where ``where`` holds."""
    there = ~np.isnan(without_graph(a))
    if where is None:
        return there
    return there & without_graph(where)


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
    if returned:
        return found, total
    return found


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
twin(np.nancumsum, [*_RUNNING, HOLES])(_running_twin(scan.cumsum, 0.0))
twin(np.nancumprod, [*_RUNNING, HOLES])(_running_twin(scan.cumprod, 1.0))
