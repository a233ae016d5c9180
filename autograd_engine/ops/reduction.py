"""Many numbers become one: sums, products, extremes, norms, and what belongs to them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..core.batched import is_batched, of_all
from ..core.decision import decide
from ..core.summation import narrowed, total, widened
from ..core.tensor import Tensor
from .choice import maximum, minimum, tied, where
from .declare import at, composite, normal_dims, primitive, reduction_doc, restore_dims, rows
from .elementwise import abs, sign
from .gathering import take_along_dim
from .shape import permute

_SAMPLES = [
    at((3, 4)),
    at((3, 4), dim=0),
    at((2, 3, 2), dim=(0, -1), keepdim=True),
    at((), dim=-1),
    at((3,), keepdim=True),
]
_EXTREMES = [at((3, 4)), at((3, 4), 1), at((3, 4), -2, True), at((), 0), at((3,), (3,))]
_WITH_NAN = [*_SAMPLES, at(np.array([[1.0, np.nan, 3.0], [2.0, 0.5, np.nan]]), dim=1)]


def _axes(x: Any, dim: Any) -> tuple[int, ...]:
    return normal_dims(dim, np.ndim(x))


def spread_back(g: Any, shape: tuple, dim: Any, keepdim: bool) -> Any:
    """The cotangent of a reduction, copied to every element that was reduced."""
    return np.broadcast_to(restore_dims(g, shape, dim, keepdim), shape)


def length(shape: tuple, dim: Any) -> int:
    """How many elements are reduced to one."""
    return math.prod([shape[d] for d in normal_dims(dim, len(shape))])


def total_dtype(x: Any, dtype: Any) -> Any:
    """The dtype of a sum or product: integers and booleans of any size give int64."""
    return np.dtype("int64") if dtype is None and x.dtype.kind in "bui" else dtype


@primitive(
    vjp=lambda g, x_shape, dim, keepdim: spread_back(g, x_shape, dim, keepdim),
    numpy=np.sum,
    batching="dims",
    samples=_SAMPLES,
    symbol="Σ",
)
@reduction_doc("The sum.", "sum(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([4., 6.])")
def sum(x, *, dim=None, keepdim=False, dtype=None):
    axes = None if dim is None else _axes(x, dim)
    return rows(total(x, axes, keepdim, total_dtype(x, dtype)))


@primitive(
    vjp=lambda g, x, dim, keepdim: tied(restore_dims(g, x.shape, dim, keepdim) * ~np.isnan(x), x),
    numpy=np.nansum,
    batching="dims",
    samples=_WITH_NAN,
)
@reduction_doc(
    "The sum of what is not NaN.", "nansum(tensor([1., float('nan'), 2.])) -> tensor(3.)"
)
def nansum(x, *, dim=None, keepdim=False, dtype=None):
    numbers = np.where(np.isnan(x), x.dtype.type(0), x)
    return rows(total(numbers, _axes(x, dim), keepdim, total_dtype(x, dtype)))


@primitive(
    vjp=lambda g, x_shape, dim, keepdim: spread_back(
        g / length(x_shape, dim), x_shape, dim, keepdim
    ),
    numpy=np.mean,
    batching="dims",
    samples=_SAMPLES,
)
@reduction_doc("The mean.", "mean(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([2., 3.])")
def mean(x, *, dim=None, keepdim=False, dtype=None):
    if dtype is not None:
        x = np.asarray(x, dtype)
    if x.dtype.kind != "f":
        raise TypeError(
            "the mean of integers is not an integer; convert first, with .float() or dtype="
        )
    axes = None if dim is None else _axes(x, dim)
    sums = rows(total(widened(x), axes, keepdim))
    count = x.size if axes is None else math.prod([x.shape[d] for d in axes])
    if not count:
        sums, count = sums * np.nan, 1  # the mean of nothing is NaN, as in PyTorch
    return narrowed(sums / count, x.dtype)


@composite(numpy=np.nanmean, samples=_WITH_NAN)
@reduction_doc(
    "The mean of what is not NaN.", "nanmean(tensor([1., float('nan'), 2.])) -> tensor(1.5000)"
)
def nanmean(x, dim=None, keepdim=False, *, dtype=None):
    return nansum(x, dim, keepdim, dtype) / np.logical_not(np.isnan(x)).sum(
        _axes(x, dim), keepdims=keepdim
    )


def _has_zeros(x: Any) -> bool:
    return bool((x == 0).any())


def _zeros_matter(x: Any) -> bool:
    """Whether a 0 is to be reckoned with: in any sample, where ``x`` stands for many."""
    return _has_zeros(of_all(x)) if is_batched(x) else decide(_has_zeros, x)


def _prod_rule(g: Any, x: Any, y: Any, dim: Any, keepdim: bool) -> Any:
    """Each element's cotangent is ``g`` times the product of the *others*: ``y / x`` where nothing
    is 0.
    """
    g = restore_dims(g, x.shape, dim, keepdim)
    if not _zeros_matter(x):
        return g * restore_dims(y, x.shape, dim, keepdim) / x
    dims = normal_dims(dim, x.ndim)
    kept = tuple([d for d in range(x.ndim) if d not in dims])
    lines = permute(x, kept + dims).reshape(tuple([x.shape[d] for d in kept]) + (1, -1))
    others = prod(where(np.eye(lines.shape[-1], dtype=bool), 1.0, lines), dim=-1)
    others = others.reshape(tuple([x.shape[d] for d in kept + dims]))
    return g * permute(others, tuple(np.argsort(kept + dims).tolist()))


@primitive(
    vjp=_prod_rule,
    numpy=np.prod,
    batching="dims",
    samples=[*_SAMPLES, at(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]]), dim=1)],
    symbol="Π",
)
@reduction_doc(
    "The product; its gradient is right at zeros too.",
    "prod(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([3., 8.])",
)
def prod(x, *, dim=None, keepdim=False, dtype=None):
    wanted = np.dtype(total_dtype(x, dtype) or x.dtype)
    y = np.multiply.reduce(widened(narrowed(x, wanted)), axis=_axes(x, dim), keepdims=keepdim)
    return narrowed(rows(y), wanted)


def extreme_rule(g: Any, x: Any, y: Any, dim: Any, keepdim: bool) -> Any:
    """The cotangent, shared evenly by the elements that attain the extreme (NaN, as in PyTorch, if
    it is NaN, which nothing equals).
    """
    sharers = x == restore_dims(y, x.shape, dim, keepdim)
    count = sharers.sum(normal_dims(dim, x.ndim), keepdims=True)
    return tied(where(sharers, restore_dims(g, x.shape, dim, keepdim), 0.0) / count, x)


def evenly(g: Any, x: Any, y: Any) -> Any:
    """The cotangent of an element chosen among all, shared by its equals, and by all NaN if it is
    NaN.
    """
    sharers = (x == y) | (x != x) & (y != y)
    return tied(where(sharers, g, 0.0) / sharers.sum(), x)


@primitive(vjp=evenly, name="max", samples=[at((3, 4)), at(()), at((5,))])
def _greatest(x):
    """The greatest of all elements."""
    return np.max(x)


@primitive(vjp=evenly, name="min", samples=[at((3, 4)), at(()), at((5,))])
def _smallest(x):
    """The smallest of all elements."""
    return np.min(x)


@primitive(
    vjp=extreme_rule, numpy=(np.max, np.amax), batching="dims", samples=_SAMPLES, symbol="max"
)
@reduction_doc(
    "The greatest element; equal ones share the gradient.",
    "amax(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([3., 4.])",
)
def amax(x, *, dim=None, keepdim=False):
    return rows(np.max(x, axis=_axes(x, dim), keepdims=keepdim))


@primitive(
    vjp=extreme_rule, numpy=(np.min, np.amin), batching="dims", samples=_SAMPLES, symbol="min"
)
@reduction_doc(
    "The smallest element; equal ones share the gradient.",
    "amin(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([1., 2.])",
)
def amin(x, *, dim=None, keepdim=False):
    return rows(np.min(x, axis=_axes(x, dim), keepdims=keepdim))


class MinMax(NamedTuple):
    """What `aminmax` returns."""

    min: Any
    max: Any


@composite(samples=_SAMPLES)
@reduction_doc(
    "The smallest and the greatest element, as ``(min, max)``.",
    "aminmax(tensor([1., 5., 3.])) -> MinMax(min=tensor(1.), max=tensor(5.))",
)
def aminmax(x, *, dim=None, keepdim=False):
    return MinMax(amin(x, dim, keepdim), amax(x, dim, keepdim))


@primitive(
    numpy=np.any,
    batching="dims",
    samples=[at((3, 4), dim=1), at((3, 4)), at((2, 3), dim=(0, 1), keepdim=True)],
)
@reduction_doc("Whether any element is true (not 0).", "any(tensor([0., 2.])) -> tensor(True)")
def any(x, *, dim=None, keepdim=False):
    return rows(np.any(x, axis=_axes(x, dim), keepdims=keepdim))


@primitive(
    numpy=np.all,
    batching="dims",
    samples=[at((3, 4), dim=1), at((3, 4)), at((2, 3), dim=(0, 1), keepdim=True)],
)
@reduction_doc("Whether all elements are true (not 0).", "all(tensor([0., 2.])) -> tensor(False)")
def all(x, *, dim=None, keepdim=False):
    return rows(np.all(x, axis=_axes(x, dim), keepdims=keepdim))


@primitive(
    numpy=np.count_nonzero, batching="dims", samples=[at((3, 4)), at((3, 4), dim=1), at((), dim=0)]
)
@reduction_doc("How many elements are not 0.", "count_nonzero(tensor([0., 2., 3.])) -> tensor(2)")
def count_nonzero(x, *, dim=None, keepdim=False):
    return rows(np.count_nonzero(x, axis=_axes(x, dim), keepdims=keepdim))


def _arg(function: Any, x: Any, dim: int | None, keepdim: bool) -> Any:
    if dim is not None:
        (dim,) = normal_dims(dim, np.ndim(x)) or (None,)
    return function(x, axis=dim, keepdims=keepdim)


@primitive(numpy=np.argmax, samples=[at((3, 4)), at((3, 4), dim=1), at((), dim=0)])
@reduction_doc(
    "The position of the greatest element, the first of equals.",
    "argmax(tensor([1., 5., 3.])) -> tensor(1)",
)
def argmax(x, *, dim=None, keepdim=False):
    return _arg(np.argmax, x, dim, keepdim)


@primitive(numpy=np.argmin, samples=[at((3, 4)), at((3, 4), dim=1), at((), dim=0)])
@reduction_doc(
    "The position of the smallest element, the first of equals.",
    "argmin(tensor([1., 5., 3.])) -> tensor(0)",
)
def argmin(x, *, dim=None, keepdim=False):
    return _arg(np.argmin, x, dim, keepdim)


class Extremes(NamedTuple):
    """What reductions return that choose one element along a dimension: the elements, and where
    they were.
    """

    values: Any
    indices: Any


def chosen(x: Any, indices: Any, dim: int, keepdim: bool) -> Extremes:
    """The elements at ``indices``, which names one along ``dim``."""
    values = take_along_dim(x, indices, dim=dim)
    if keepdim:
        return Extremes(values, indices)
    return Extremes(values.squeeze(dim), indices.squeeze(dim))


@composite(samples=_EXTREMES)
def max(x, dim=None, keepdim=False, *, other=None):
    """The greatest element of all; or, along one dimension, the greatest and its position; or of
    two tensors.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or Tensor, optional
        A dimension; or a second tensor (also as ``other``), and then this is `maximum`.
    keepdim : bool
        Whether the reduced dimension stays, with length 1.

    Returns
    -------
    Tensor or (values, indices)
        Without ``dim``, equal elements share the gradient; with it, the one at ``indices`` gets it.

    Examples
    --------
    >>> from autograd_engine import max, tensor
    >>> max(tensor([[1., 5.], [3., 2.]]), dim=1).values
    tensor([5., 3.])
    """
    dim = dim if other is None else other
    if dim is None:
        return amax(x, keepdim=True) if keepdim else _greatest(x)
    if isinstance(dim, (Tensor, np.ndarray, list)):
        return maximum(x, dim)
    return chosen(x, argmax(x, dim=dim, keepdim=True), dim, keepdim)


@composite(samples=_EXTREMES)
def min(x, dim=None, keepdim=False, *, other=None):
    """The smallest element of all; or, along one dimension, the smallest and its position; or of
    two tensors.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or Tensor, optional
        A dimension; or a second tensor (also as ``other``), and then this is `minimum`.
    keepdim : bool
        Whether the reduced dimension stays, with length 1.

    Returns
    -------
    Tensor or (values, indices)
        Without ``dim``, equal elements share the gradient; with it, the one at ``indices`` gets it.

    Examples
    --------
    >>> from autograd_engine import min, tensor
    >>> min(tensor([[1., 5.], [3., 2.]]), dim=1).values
    tensor([1., 2.])
    """
    dim = dim if other is None else other
    if dim is None:
        return amin(x, keepdim=True) if keepdim else _smallest(x)
    if isinstance(dim, (Tensor, np.ndarray, list)):
        return minimum(x, dim)
    return chosen(x, argmin(x, dim=dim, keepdim=True), dim, keepdim)


def _norm_rule(g: Any, x: Any, y: Any, p: float, dim: Any, keepdim: bool) -> Any:
    """``sign(x) (|x| / y)^(p - 1)``, and 0 where the norm is 0."""
    g = restore_dims(g, x.shape, dim, keepdim)
    y = restore_dims(y, x.shape, dim, keepdim)
    flat = y == 0
    if p == 2:
        return g * where(flat, 0.0, x / where(flat, 1.0, y))
    if p == 1:
        return g * sign(x)
    flat = flat | (x == 0)
    return (
        g
        * sign(x)
        * where(flat, 0.0, (abs(where(flat, 1.0, x)) / where(flat, 1.0, y)) ** (p - 1.0))
    )


@primitive(
    vjp=_norm_rule,
    batching="dims",
    samples=[
        at((3, 4), p=2.0),
        at((3, 4), p=1.0, dim=0),
        at((3, 4), p=3.0, dim=(0, 1), keepdim=True),
        at((3,), p=0.5),
    ],
)
def _norm(x, *, p, dim=None, keepdim=False):
    """``sum(abs(x) ** p) ** (1 / p)``."""
    wide = widened(x)
    powers = wide * wide if p == 2 else np.abs(wide) ** p
    sums = rows(total(powers, _axes(x, dim), keepdim))
    y = np.sqrt(sums) if p == 2 else sums ** (1 / p)
    return narrowed(y, x.dtype)


@composite(
    samples=[
        at((3, 4)),
        at((3, 4), 1, 0),
        at((3, 4), math.inf, dim=(0, 1), keepdim=True),
        at((3,), -math.inf),
        at((3,), 3),
    ]
)
@reduction_doc(
    "The norm of all elements, or along dimensions, as one vector; at 0 its derivative is 0.",
    "norm(tensor([3., 4.])) -> tensor(5.)",
    p=(
        "{number, inf, -inf, 'fro'}",
        "``sum(abs(x) ** p) ** (1 / p)``; 'fro' is 2, 0 counts what is not 0, infinities give "
        "extremes.",
    ),
)
def norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    if isinstance(p, str) and p != "fro":
        raise ValueError(
            f"norm() takes a number or 'fro' as p, got {p!r}; norms of matrices are in "
            "linalg.matrix_norm"
        )
    p = 2.0 if p == "fro" else float(p)
    x = x if dtype is None else x.astype(dtype)
    if x.dtype.kind != "f":
        raise TypeError(
            f"norm() needs floats, got {x.dtype}; convert first, with .float() or dtype="
        )
    if math.isinf(p):
        return (amax if p > 0 else amin)(abs(x), dim, keepdim)
    if p == 0:
        counted = tied(where(x != 0, 1.0, 0.0).astype(x.dtype), x)
        return counted.sum(_axes(x, dim), keepdim)
    return _norm(x, p=p, dim=dim, keepdim=keepdim)
