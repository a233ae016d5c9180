"""Running totals along a dimension, and their opposite, differences.

The gradient of a running product is a linear recurrence, ``t[i] = g[i] + x[i+1] t[i+1]``: it
divides by nothing, so zeros are no special case, and being an op itself it has derivatives of every
order. That of a running logsumexp is the same.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..core.errors import ShapeError
from ..core.modes import get_default_dtype
from ..core.summation import narrowed
from ..core.tensor import Tensor
from .choice import _straight, maximum, where, zeros_like
from .declare import (
    at,
    composite,
    function_only,
    in_place,
    normal_dims,
    primitive,
    reduction_doc,
    rows,
)
from .elementwise import exp
from .gathering import take_along_dim
from .reduction import Extremes, argmax, total_dtype
from .arrange import flip
from .joining import cat
from .shape import _clone, broadcast_to
from .softmax import of_something, part

_SHAPE = "The shape of ``x``."
_SAMPLES = [at((3, 4), dim=0), at((3,), dim=0), at((2, 3, 2), dim=1)]
_RUNNING = [*_SAMPLES, at((3, 4), dim=-1), at((), dim=0), at((0, 3), dim=0)]
_ZEROS = at(np.array([[2.0, 0.0, 3.0, 0.5], [0.0, 0.0, 1.0, 2.0]]), dim=1)


def between(x: Any, dim: int, start: int | None, stop: int | None) -> Any:
    """``x[start:stop]`` along ``dim``, which is not negative."""
    return x[(slice(None),) * dim + (slice(start, stop),)]


def _backwards(g: Any, a: Any, dim: int) -> Any:
    """``t[i] = g[i] + a[i] t[i+1]`` along ``dim``."""
    return flip(_recurrence(flip(g, dim), flip(a, dim), dim=dim), dim)


@primitive(
    vjp=(
        lambda g, a, dim: _backwards(g, a, dim),
        lambda g, a, y, dim: (
            between(_backwards(g, a, dim), dim, 1, None) * between(y, dim, None, -1)
        ),
    ),
    samples=[at((3, 4), (2, 4), dim=0), at((3,), (2,), dim=0)],
)
def _recurrence(u, a, *, dim):
    """``s[i] = u[i] + a[i-1] s[i-1]`` along ``dim``, where ``a`` is one shorter than ``u``."""
    s = np.moveaxis(u.copy(), dim, 0)
    a = np.moveaxis(a, dim, 0)
    for i in range(1, len(s)):
        s[i] += a[i - 1] * s[i - 1]
    return np.moveaxis(s, 0, dim)


def _running(op: Callable, x: Any, dim: Any, dtype: Any = None) -> Any:
    """Apply a scan along ``dim``. A number is its own running total."""
    (dim,) = normal_dims(dim, np.ndim(x)) or (None,)
    x = x if dtype is None else x.astype(dtype)
    return _clone(x) if dim is None else op(x, dim=dim)


_WIDE: dict[Any, Any] = {
    np.dtype("float16"): np.dtype("float32"),
    np.dtype("float32"): np.dtype("float64"),
}
"""In what running totals are computed, as in PyTorch: they cannot be taken in blocks."""


def _accumulated(ufunc: np.ufunc, x: Any, dim: int) -> Any:
    wide: Any = _WIDE.get(x.dtype, x.dtype)
    totals = ufunc.accumulate(x, axis=dim, dtype=wide)
    return narrowed(rows(totals), x.dtype)


@primitive(
    vjp=lambda g, dim: flip(_cumsum(flip(g, dim), dim=dim), dim), batching="dims", samples=_SAMPLES
)
def _cumsum(x, *, dim):
    """The running sum."""
    return _accumulated(np.add, x, dim)


@in_place
@composite(samples=_RUNNING)
@reduction_doc(
    "The running sum along one dimension.",
    "cumsum(tensor([1., 2., 3.]), dim=0) -> tensor([1., 3., 6.])",
    _SHAPE,
)
def cumsum(x, dim, dtype=None):
    return _running(_cumsum, x, dim, total_dtype(x, dtype))


def one_before(y: Any, dim: int) -> Any:
    """What a running product was one step before: 1, then ``y`` without its last."""
    return cat([zeros_like(between(y, dim, 0, 1)) + 1.0, between(y, dim, None, -1)], dim)


@primitive(
    vjp=lambda g, x, y, dim: one_before(y, dim) * _backwards(g, between(x, dim, 1, None), dim),
    batching="dims",
    samples=[*_SAMPLES, _ZEROS],
)
def _cumprod(x, *, dim):
    """The running product."""
    return _accumulated(np.multiply, x, dim)


@in_place
@composite(samples=[*_RUNNING, _ZEROS])
@reduction_doc(
    "The running product along one dimension; its gradient is right at zeros too.",
    "cumprod(tensor([1., 2., 3.]), dim=0) -> tensor([1., 2., 6.])",
    _SHAPE,
)
def cumprod(x, dim, dtype=None):
    return _running(_cumprod, x, dim, total_dtype(x, dtype))


def _logcumsumexp_rule(g: Any, x: Any, y: Any, dim: int) -> Any:
    """``exp(x - y) t``, where ``t[i] = g[i] + exp(y[i] - y[i+1]) t[i+1]``."""
    wide = _WIDE.get(x.dtype, x.dtype)
    x = x.astype(wide)
    y = of_something(y.astype(wide))
    before = between(y, dim, None, -1)
    after = between(y, dim, 1, None)
    steps = exp(where(before == after, 0.0, before - after))
    if not isinstance(x, Tensor) and not (y == np.inf).any():
        return exp(x - y) * _backwards(g.astype(wide), steps, dim)
    # infinite terms share it: the sum of the first is an equal part of each that follows
    sharing = maximum(_cumsum((x == np.inf).astype(wide), dim=dim), 1.0)
    steps = steps * between(sharing, dim, None, -1) / between(sharing, dim, 1, None)
    return part(x, y) / sharing * _backwards(g.astype(wide), steps, dim)


@primitive(vjp=_logcumsumexp_rule, batching="dims", samples=_SAMPLES, promote="float")
def _logcumsumexp(x, *, dim):
    """The running `logsumexp`."""
    return _accumulated(np.logaddexp, x, dim)


@composite(samples=_RUNNING)
@reduction_doc(
    "``log(cumsum(exp(x)))`` along one dimension, without overflow.",
    "logcumsumexp(tensor([0., 0.]), dim=0) -> tensor([0.0000, 0.6931])",
    _SHAPE,
)
def logcumsumexp(x, dim):
    return _running(_logcumsumexp, x, dim)


def last_met(x: Any, best: Any, dim: int) -> Any:
    """Where the running extremes ``best`` of ``x`` were met last; NaN counts as one."""
    counter = np.arange(x.shape[dim]).reshape([-1 if d == dim else 1 for d in range(x.ndim)])
    return rows(np.maximum.accumulate(np.where((x == best) | (x != x), counter, 0), axis=dim))


@primitive(batching="dims", samples=_SAMPLES)
def _cummax_places(x, *, dim):
    """Where the running maxima are."""
    return last_met(x, np.maximum.accumulate(x, axis=dim), dim)


@primitive(batching="dims", samples=_SAMPLES)
def _cummin_places(x, *, dim):
    """Where the running minima are."""
    return last_met(x, np.minimum.accumulate(x, axis=dim), dim)


def _running_extreme(places: Callable, x: Any, dim: Any) -> Extremes:
    (dim,) = normal_dims(dim, np.ndim(x)) or (None,)
    if dim is None:
        return Extremes(_clone(x), argmax(x))
    indices = places(x, dim=dim)
    return Extremes(take_along_dim(_straight(x), indices, dim=dim), indices)


@composite(samples=_RUNNING)
@reduction_doc(
    "The running maxima along one dimension, and where they are, the last of equals.",
    "cummax(tensor([1., 3., 2.]), dim=0).values -> tensor([1., 3., 3.])",
    "As ``(values, indices)``, each of the shape of ``x``.",
)
def cummax(x, dim):
    return _running_extreme(_cummax_places, x, dim)


@composite(samples=_RUNNING)
@reduction_doc(
    "The running minima along one dimension, and where they are, the last of equals.",
    "cummin(tensor([3., 1., 2.]), dim=0).values -> tensor([3., 1., 1.])",
    "As ``(values, indices)``, each of the shape of ``x``.",
)
def cummin(x, dim):
    return _running_extreme(_cummin_places, x, dim)


@composite(numpy=np.diff, samples=[at((3, 4)), at((3, 4), 2, 0), at((3,), 1, -1, (1,), (2,))])
def diff(x, n=1, dim=-1, prepend=None, append=None):
    """The differences of neighbours along a dimension, ``n`` times over (of booleans: whether they
    differ).

    Parameters
    ----------
    x : Tensor
        At least one dimension.
    n : int
        How often differences are taken.
    dim : int
        The dimension.
    prepend, append : Tensor, optional
        Put before and after ``x`` first.

    Returns
    -------
    Tensor
        Shorter by ``n`` along ``dim``.

    Examples
    --------
    >>> from autograd_engine import diff, tensor
    >>> diff(tensor([1., 4., 9.]))
    tensor([3., 5.])
    """
    if x.ndim == 0:
        raise ShapeError("diff() needs at least one dimension, got a 0-d tensor")
    if n < 0:
        raise ValueError(f"diff() needs n of at least 0, got {n}")
    (dim,) = normal_dims(dim, x.ndim)
    one = tuple([1 if i == dim else n for i, n in enumerate(x.shape)])
    pieces = [
        piece if np.ndim(piece) else broadcast_to(piece, one)  # NumPy takes one number for all
        for piece in (prepend, x, append)
        if piece is not None
    ]
    x = cat(pieces, dim) if len(pieces) > 1 else x
    for _ in range(min(n, x.shape[dim])):
        left = between(x, dim, None, -1)
        right = between(x, dim, 1, None)
        x = right != left if x.dtype.kind == "b" else right - left
    return x


def _slabs(y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, int]:
    """The areas under the straight lines between neighbouring points."""
    (dim,) = normal_dims(dim, y.ndim)
    if x is not None:
        if x.ndim == 1:
            x = x.reshape([-1 if d == dim else 1 for d in range(y.ndim)])
        dx = diff(x, dim=dim - y.ndim)
    return (between(y, dim, None, -1) + between(y, dim, 1, None)) * dx / 2, dim


@composite(
    numpy=np.trapezoid, samples=[at((5,)), at((3, 2), (3,), dim=0), at((3, 2), dx=0.5, dim=0)]
)
def trapezoid(y, x=None, dx=1.0, dim=-1):
    """The integral of ``y`` along a dimension by the trapezoidal rule.

    Parameters
    ----------
    y : Tensor
        The values.
    x : Tensor, optional
        Where they stand: one-dimensional, or of a shape that broadcasts with ``y``.
    dx : number
        The distance of neighbours where ``x`` is not given.
    dim : int
        The dimension.

    Returns
    -------
    Tensor
        The shape of ``y`` without ``dim``.

    Examples
    --------
    >>> from autograd_engine import tensor, trapezoid
    >>> trapezoid(tensor([1., 2., 3.])), trapezoid(tensor([1., 2., 3.]), tensor([0., 1., 3.]))
    (tensor(4.), tensor(6.5000))
    """
    areas, dim = _slabs(y, x, dx, dim)
    return areas.sum(dim)


trapz = trapezoid


@composite(samples=[at((5,)), at((2, 3), (3,)), at((3, 2), dx=0.5, dim=0)])
def cumulative_trapezoid(y, x=None, dx=1.0, dim=-1):
    """The running integral of ``y`` along a dimension by the trapezoidal rule; the arguments are
    those of `trapezoid`.

    Examples
    --------
    >>> from autograd_engine import cumulative_trapezoid, tensor
    >>> cumulative_trapezoid(tensor([1., 2., 3.]))
    tensor([1.5000, 4.0000])
    """
    areas, dim = _slabs(y, x, dx, dim)
    return cumsum(areas, dim)


# --- slopes ---------------------------------------------------------------------------------------


def slope(name: str, f: Any, spacing: Any, dim: int, edge_order: int) -> Any:
    """The derivative along a dimension, by the parabola through three neighbours; ``spacing`` is a
    distance or where the elements lie.
    """
    n = f.shape[dim]
    if edge_order not in (1, 2):
        raise ValueError(f"{name}() takes an edge_order of 1 or 2, got {edge_order}")
    if n <= edge_order:
        raise ShapeError(
            f"{name}() needs at least {edge_order + 1} elements along dimension {dim}, got {n}"
        )
    if np.ndim(spacing) == 0:
        steps: Any = spacing * np.ones(n - 1, f.dtype)
    else:
        steps = spacing[1:] - spacing[:-1]
    steps = steps.reshape((-1,) + (1,) * (f.ndim - dim - 1))
    slopes = (between(f, dim, 1, None) - between(f, dim, None, -1)) / steps
    before = steps[:-1]
    after = steps[1:]
    inner = between(slopes, dim, None, -1) * after + between(slopes, dim, 1, None) * before
    first = between(slopes, dim, None, 1)
    last = between(slopes, dim, -1, None)
    if edge_order == 2:
        bend = between(slopes, dim, 1, 2) - first
        first = first - bend * steps[:1] / (steps[:1] + steps[1:2])
        bend = last - between(slopes, dim, -2, -1)
        last = last + bend * steps[-1:] / (steps[-1:] + steps[-2:-1])
    return cat([first, inner / (before + after), last], dim)


@function_only
@composite(
    samples=[
        at((5,)),
        at((4, 3), spacing=[2.0, 0.5], edge_order=2),
    ]
)
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """The derivatives of a function whose values on a grid are given, by differences of second
    order.

    Parameters
    ----------
    input : Tensor
        Any shape.
    spacing : number, or sequence of number or Tensor
        The distance of neighbours, one for each dimension, or where the elements lie along each.
    dim : int or tuple of int, optional
        The dimensions; by default all.
    edge_order : {1, 2}
        The order of the differences at both ends.

    Returns
    -------
    tuple of Tensor
        One for each dimension, of the shape of ``input``.

    Raises
    ------
    ShapeError
        If a dimension has too few elements.
    ValueError
        If the spacings are not one for each dimension.

    Examples
    --------
    >>> from autograd_engine import gradient, tensor
    >>> gradient(tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    """
    dims = normal_dims(dim, input.ndim)
    if input.dtype.kind != "f":
        input = input.astype(get_default_dtype())
    spacings = spacing if isinstance(spacing, (tuple, list)) else [spacing] * len(dims)
    if len(spacings) != len(dims):
        raise ValueError(
            f"gradient() takes one spacing, or one for each of {len(dims)} dimensions, got "
            f"{len(spacings)}"
        )
    pairs = zip(spacings, dims)
    return tuple([slope("gradient", input, step, d, edge_order) for step, d in pairs])
