"""NumPy's variances, quantiles and covariances."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from .. import creation
from ...core.tensor import Tensor
from ...ops import (
    grids,
    reduction,
    statistics,
)
from ...ops.declare import at, normal_dims
from .reductions import HOLES, MASKED, REDUCTIONS, counted, numpy_mean, only, over, present
from .twin import in_dtype, twin


_SPREADS = [
    *REDUCTIONS,
    *MASKED,
    at((3, 4), axis=0, ddof=1),
    at((3, 4), axis=0, correction=1),
    at((3, 4), dtype="float32"),
    at((2, 3), axis=1, mean=np.array([[0.5], [1.0]])),
]


def _freedom(ddof: float, correction: Any) -> float:
    """What is subtracted from the count, which has two names."""
    if correction is None:
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction say the same thing: give one of them")
    return correction


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
    ddof = _freedom(ddof, correction)
    a = in_dtype(a, dtype)
    if where is None and mean is None:
        whole, dim = over(a, axis)
        return statistics.var(whole, dim, keepdim=keepdims and whole is a, correction=ddof)
    if mean is None:
        mean = numpy_mean(a, axis, keepdims=True, where=where)
    squares = only((a - mean) ** 2, where, 0)
    freedom = np.maximum(counted(a, axis, where, keepdims) - ddof, 0)
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
        ddof = _freedom(ddof, correction)
        return statistics.std(in_dtype(a, dtype), axis, keepdim=keepdims, correction=ddof)
    return _numpy_var(a, axis, dtype, ddof, keepdims, where, mean, correction).sqrt()


@twin(np.nanvar, [*_SPREADS, HOLES])
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
    where = present(a, where)
    return _numpy_var(a, axis, dtype, ddof, keepdims, where, mean, correction)


@twin(np.nanstd, [*_SPREADS, HOLES])
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


@twin(np.nanmedian, [*_MIDDLES, HOLES])
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
