"""What describes a sample: variance and deviation, order statistics, covariance."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from ..core.tensor import Tensor
from ..core.summation import narrowed, total, widened
from .choice import clamp, where
from .declare import at, composite, primitive, reduction_doc, restore_dims, rows
from .elementwise import sqrt
from .gathering import take_along_dim
from .reduction import _axes, chosen, evenly, length, mean
from .joining import stack

_SPREADS = [at((3, 4)), at((3, 4), dim=0), at((2, 3, 2), dim=(0, -1), correction=0, keepdim=True)]
_SPREAD_TEXTS = {
    "unbiased": ("bool, optional", "PyTorch's older way to say ``correction``: 1 or 0."),
    "correction": (
        "float",
        "What is subtracted from the number of elements: 1 (Bessel's) makes the variance unbiased.",
    ),
}


def _around_mean(g: Any, x: Any, dim: Any, correction: float) -> Any:
    centred = x - mean(x, dim=dim, keepdim=True)
    degrees = length(x.shape, dim) - correction
    return g * (2.0 / degrees if degrees else math.nan) * centred


def _std_rule(g: Any, x: Any, y: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    """``g (x - mean(x)) / ((n - correction) y)``, and 0 where ``y`` is 0."""
    flat = y == 0
    inner = where(flat, 0.0, g / (2 * where(flat, 1.0, y)))
    return _around_mean(restore_dims(inner, x.shape, dim, keepdim), x, dim, correction)


@primitive(
    vjp=lambda g, x, dim, correction, keepdim: _around_mean(
        restore_dims(g, x.shape, dim, keepdim), x, dim, correction
    ),
    batching="dims",
    samples=_SPREADS,
)
def _var(x, *, dim=None, correction=1, keepdim=False):
    """What `var` computes."""
    count = length(x.shape, dim)
    if count <= correction:
        warnings.warn(
            f"the variance of {count} elements with correction {correction} is not defined: NaN",
            RuntimeWarning,
            stacklevel=5,
        )
    wide = widened(x)
    axes = _axes(x, dim)
    with np.errstate(all="ignore"):
        centred = wide - total(wide, axes, True) / count
        squares = total(centred * centred, axes, keepdim)
        left = total(centred, axes, keepdim)  # by the rounding of the mean
        squares = np.maximum(squares - left * left / count, 0)
        y = rows(squares) / np.asarray(max(count - correction, 0), wide.dtype)
        return narrowed(y, x.dtype)


@primitive(vjp=_std_rule, batching="dims", samples=_SPREADS)
def _std(x, *, dim=None, correction=1, keepdim=False):
    """What `std` computes."""
    wide = widened(x)  # the variance may overflow where the deviation does not
    variance = _var.op.forward(wide, dim=dim, correction=correction, keepdim=keepdim)
    return narrowed(np.sqrt(variance), x.dtype)


def _deviations(op: Any, x: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
    """Apply `_var` or `_std` to PyTorch's arguments, where ``var(False)`` means ``unbiased``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        correction = int(unbiased)
    return op(x, dim=dim, correction=correction, keepdim=keepdim)


@composite(samples=_SPREADS)
@reduction_doc("The variance.", "var(tensor([1., 2., 3.])) -> tensor(1.)", **_SPREAD_TEXTS)
def var(x, dim=None, unbiased=None, keepdim=False, *, correction=1):
    return _deviations(_var, x, dim, unbiased, keepdim, correction)


@composite(samples=_SPREADS)
@reduction_doc(
    "The standard deviation; that of a constant has derivative 0.",
    "std(tensor([1., 2., 3.])) -> tensor(1.)",
    **_SPREAD_TEXTS,
)
def std(x, dim=None, unbiased=None, keepdim=False, *, correction=1):
    return _deviations(_std, x, dim, unbiased, keepdim, correction)


@composite(samples=_SPREADS)
@reduction_doc(
    "The variance and the mean.",
    "var_mean(tensor([1., 2., 3.])) -> (tensor(1.), tensor(2.))",
    **_SPREAD_TEXTS,
)
def var_mean(x, dim=None, unbiased=None, keepdim=False, *, correction=1):
    variance = var(x, dim, unbiased, keepdim, correction=correction)
    return variance, mean(x, None if isinstance(dim, bool) else dim, keepdim)


@composite(samples=_SPREADS)
@reduction_doc(
    "The standard deviation and the mean.",
    "std_mean(tensor([1., 2., 3.])) -> (tensor(1.), tensor(2.))",
    **_SPREAD_TEXTS,
)
def std_mean(x, dim=None, unbiased=None, keepdim=False, *, correction=1):
    deviation = std(x, dim, unbiased, keepdim, correction=correction)
    return deviation, mean(x, None if isinstance(dim, bool) else dim, keepdim)


# --- order statistics -----------------------------------------------------------------------------

_CHOICES = "As ``(values, indices)``, each of the shape of ``x`` without ``dim``."


def _ranked(x: Any, dim: int, rank: Any) -> Any:
    """Where along ``dim`` the element of that rank stands; NaN ranks last."""
    if not np.ndim(x):
        return np.int64(0)
    order = np.argsort(x, axis=dim, kind="stable")
    return np.take_along_axis(order, np.broadcast_to(rank, np.shape(order.take([0], dim))), dim)


def how_many(x: Any, dim: int) -> Any:
    """How many elements along ``dim`` are not NaN."""
    return np.sum(x == x, axis=_axes(x, dim), keepdims=True)


@primitive(batching="dims", samples=[at((3, 4), k=2, dim=1), at((5,), k=1, dim=0)])
def _kth_place(x, *, k, dim):
    """Where the ``k``-th smallest element along ``dim`` is."""
    n = length(np.shape(x), dim)
    if not 1 <= k <= n:
        raise ValueError(f"k must be from 1 to {n}, the length of dimension {dim}")
    return _ranked(x, dim, k - 1)


@primitive(batching="dims", samples=[at((3, 4), dim=1), at((5,), dim=0), at((), dim=0)])
def _median_place(x, *, dim, skip_nan=False):
    """Where the median along ``dim`` is: the lower one of two; a NaN where there is one, unless
    they are skipped.
    """
    numbers = how_many(x, dim)
    if skip_nan:
        return _ranked(x, dim, np.maximum(numbers - 1, 0) // 2)
    n = length(np.shape(x), dim)
    return _ranked(x, dim, np.where(numbers < n, numbers, (n - 1) // 2))


@primitive(batching="dims", samples=[at((3, 4), dim=1), at((5,), dim=0), at((), dim=0)])
def _mode_place(x, *, dim):
    """Where the most frequent element along ``dim`` is last; of several, the smallest."""

    def place(row: Any) -> Any:
        values, counts = np.unique(row, return_counts=True)
        return np.flatnonzero(row == values[counts.argmax()])[-1]

    if not np.ndim(x):
        return np.int64(0)
    if not length(x.shape, dim):
        raise ShapeError(f"mode() of dimension {dim} of shape {list(x.shape)}: it has no elements")
    if not x.size:
        return np.zeros_like(x.take([0], dim), int)
    return np.expand_dims(np.apply_along_axis(place, dim, x), dim)


@primitive(vjp=evenly, samples=[at((3, 4)), at((5,)), at(())])
def _middle(x, *, skip_nan=False):
    """The median of all elements; equal ones share the gradient."""
    x = np.ravel(x)
    if not x.size:
        if x.dtype.kind != "f":
            raise ValueError(f"the median of no elements is NaN, which {x.dtype} does not have")
        return x.dtype.type(np.nan)
    return x[_median_place.op.forward(x, dim=0, skip_nan=skip_nan)].reshape(())


@composite(samples=[at((3, 4)), at((3, 4), 1), at((3, 4), 0, True)])
@reduction_doc(
    "The median, of two in the middle the lower one; NaN if one is there.",
    "median(tensor([4., 1., 3., 2.])) -> tensor(2.)",
    "Without ``dim`` the median of all; with it ``(values, indices)``, each of the shape of ``x`` "
    "without ``dim``.",
)
def median(x, dim=None, keepdim=False):
    if dim is None:
        return _middle(x)
    return chosen(x, _median_place(x, dim=dim), dim, keepdim)


@composite(samples=[at((3, 4)), at((3, 4), 1), at((3, 4), 0, True)])
@reduction_doc(
    "The median of what is not NaN, of two in the middle the lower one.",
    "nanmedian(tensor([4., float('nan'), 3., 2.])) -> tensor(3.)",
    "Without ``dim`` the median of all; with it ``(values, indices)``, each of the shape of ``x`` "
    "without ``dim``.",
)
def nanmedian(x, dim=None, keepdim=False):
    if dim is None:
        return _middle(x, skip_nan=True)
    return chosen(x, _median_place(x, dim=dim, skip_nan=True), dim, keepdim)


@composite(samples=[at((3, 4), 2), at((3, 4), 1, 0, True)])
@reduction_doc(
    "The ``k``-th smallest element along one dimension, and where it is.",
    "kthvalue(tensor([4., 1., 3.]), 2).values -> tensor(3.)",
    _CHOICES,
    k=("int", "From 1."),
)
def kthvalue(x, k, dim=-1, keepdim=False):
    return chosen(x, _kth_place(x, k=k, dim=dim), dim, keepdim)


@composite(samples=[at((3, 4)), at((3, 4), 0, True)])
@reduction_doc(
    "The most frequent element along one dimension (of several the smallest), and where it is "
    "last.",
    "mode(tensor([4., 1., 4.])) -> Extremes(values=tensor(4.), indices=tensor(2))",
    _CHOICES,
)
def mode(x, dim=-1, keepdim=False):
    return chosen(x, _mode_place(x, dim=dim), dim, keepdim)


_BETWEEN = {
    "linear": lambda rank: (np.floor(rank), np.ceil(rank), rank % 1),
    "lower": lambda rank: (np.floor(rank), np.floor(rank), 0 * rank),
    "higher": lambda rank: (np.ceil(rank), np.ceil(rank), 0 * rank),
    "nearest": lambda rank: (np.round(rank), np.round(rank), 0 * rank),
    "midpoint": lambda rank: (np.floor(rank), np.ceil(rank), 0 * rank + 0.5),
}


@primitive(
    outputs=0,
    batching="dims",
    samples=[at((3, 4), q=0.3, dim=1), at((5,), q=1.0, dim=0, interpolation="nearest")],
)
def _quantile_places(x, *, q, dim, interpolation="linear", skip_nan=False):
    """Where the elements below and above the quantile are, and how far between them it is."""
    n = length(np.shape(x), dim)
    numbers = how_many(x, dim)
    if skip_nan:
        rank = q * np.where(numbers > 0, numbers - 1, 0)
    else:
        rank = np.where(numbers < n, n - 1, q * (n - 1))
    low, high, weight = _BETWEEN[interpolation](rank.astype(float))
    return (
        _ranked(x, dim, low.astype(int)),
        _ranked(x, dim, high.astype(int)),
        weight.astype(x.dtype),
    )


def _quantile(
    x: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool
) -> Any:
    if x.dtype.kind != "f":
        raise TypeError(f"a quantile of {x.dtype} is not defined; convert first, with .float()")
    if interpolation not in _BETWEEN:
        raise ValueError(
            f"interpolation must be one of {', '.join(_BETWEEN)}, got {interpolation!r}"
        )
    levels = np.asarray(q.detach() if isinstance(q, Tensor) else q, float)
    if levels.ndim > 1 or ((levels < 0) | (levels > 1)).any():
        raise ValueError(
            f"q must be a number, or a one-dimensional tensor of numbers, from 0 to 1, got {q}"
        )
    whole = (1,) * x.ndim
    along = dim
    if dim is None:
        along = 0
        x = x.reshape((-1,))
    results = []
    for level, moved in zip(
        levels.reshape(-1).tolist(), _moved(x, q, levels, along, interpolation)
    ):
        low, high, weight = _quantile_places(
            x, q=level, dim=along, interpolation=interpolation, skip_nan=skip_nan
        )
        below = take_along_dim(x, low, dim=along)
        above = take_along_dim(x, high, dim=along)
        y = below + (above - below) * (weight + moved)
        if not keepdim:
            y = y.squeeze(along)
        elif dim is None:
            y = y.reshape(whole)
        results.append(y)
    return stack(results) if levels.ndim else results[0]


def _moved(x: Any, q: Any, levels: np.ndarray, dim: Any, interpolation: str) -> Any:
    """By how much each quantile lies further between two elements where ``q`` changes: 0, in the
    graph of ``q``.
    """
    if not isinstance(q, Tensor) or not q.requires_grad:
        return [0.0] * levels.size
    steps = how_many(x.detach(), dim) - 1 if interpolation == "linear" else 0
    change = (q - q.detach()).reshape((-1,)).astype(x.dtype)
    return [change[i] * steps for i in range(levels.size)]


_QUANTILE_TEXTS = {
    "q": ("float or Tensor", "Between 0 and 1; several give a first dimension to the result."),
    "interpolation": (
        "{'linear', 'lower', 'higher', 'nearest', 'midpoint'}",
        "What is given where it lies between two elements.",
    ),
}


@composite(
    samples=[
        at((3, 4), 0.3),
        at((3, 4), q=np.array([0.1, 0.7]), dim=-1),
        at((3, 4), 0.5, 0, True, interpolation="midpoint"),
    ]
)
@reduction_doc(
    "The quantile ``q``: below it lies that part of the elements. NaN if one is there.",
    "quantile(tensor([1., 2., 3., 4.]), 0.5) -> tensor(2.5000)",
    **_QUANTILE_TEXTS,
)
def quantile(x, q, dim=None, keepdim=False, *, interpolation="linear"):
    return _quantile(x, q, dim, keepdim, interpolation, False)


@composite(samples=[at((3, 4), 0.3), at((3, 4), q=np.array([0.1, 0.7]), dim=-1)])
@reduction_doc(
    "The quantile ``q`` of what is not NaN.",
    "nanquantile(tensor([1., 2., 3., float('nan')]), 0.5) -> tensor(2.)",
    **_QUANTILE_TEXTS,
)
def nanquantile(x, q, dim=None, keepdim=False, *, interpolation="linear"):
    return _quantile(x, q, dim, keepdim, interpolation, True)


# --- covariance -----------------------------------------------------------------------------------


@composite(
    samples=[
        at((2, 4)),
        at((5,)),
        at((2, 4), correction=0),
        at((2, 3), fweights=np.array([1, 2, 1]), aweights=np.array([0.5, 1.0, 2.0])),
    ]
)
def cov(x, *, correction=1, fweights=None, aweights=None):
    """The covariance matrix of variables.

    Parameters
    ----------
    x : Tensor
        A row for each variable, a column for each observation; or one variable.
    correction : int
        What is subtracted from the number of observations.
    fweights, aweights : Tensor, optional
        How often each observation was made, and how much it counts.

    Returns
    -------
    Tensor
        A row and a column for each variable; 0-d for one variable.

    Examples
    --------
    >>> from autograd_engine import cov, tensor
    >>> cov(tensor([[1., 2., 3.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if x.ndim > 2:
        raise ShapeError(f"cov() takes one or two dimensions, got shape {list(x.shape)}")
    rows = x.reshape((1, -1)) if x.ndim < 2 else x
    weights = [w for w in (fweights, aweights) if w is not None]
    w = math.prod(weights) if weights else np.ones(rows.shape[1:], rows.dtype)
    total = w.sum()
    lost = correction if aweights is None else correction * (w * aweights).sum() / total
    centred = rows - ((rows * w).sum(1) / total).reshape((-1, 1))
    square = (centred * w) @ centred.swapaxes(0, 1) / clamp(total - lost, min=0)
    return square.reshape(()) if len(rows) == 1 else square


@composite(samples=[at((2, 4)), at((5,))])
def corrcoef(x):
    """The matrix of Pearson's correlation coefficients of variables, the rows of ``x``.

    Examples
    --------
    >>> from autograd_engine import corrcoef, tensor
    >>> corrcoef(tensor([[1., 2., 3.], [3., 2., 1.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    square = cov(x)
    if square.ndim == 0:
        return square / square
    places = np.arange(len(square))
    deviation = sqrt(square[(places, places)])
    return clamp(square / deviation.reshape((-1, 1)) / deviation, -1, 1)
