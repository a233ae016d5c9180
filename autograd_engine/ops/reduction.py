"""Many numbers become one, or a running total: sums, extremes, moments, and what belongs to them."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from .declare import at, composite, normal_dims, primitive, reduction_doc, restore_dims
from .choice import maximum, minimum, where
from .elementwise import exp
from .shape import flip

_SAMPLES = [at((3, 4)), at((3, 4), dim=0), at((2, 3, 2), dim=(0, -1), keepdim=True), at((), dim=-1), at((3,), keepdim=True)]


def _axes(x: Any, dim: Any) -> tuple[int, ...]:
    return normal_dims(dim, np.ndim(x))


def _spread(g: Any, shape: tuple, dim: Any, keepdim: bool) -> Any:
    """The cotangent of a reduction, copied to every element that was reduced."""
    return np.broadcast_to(restore_dims(g, shape, dim, keepdim), shape)


def _count(shape: tuple, dim: Any) -> int:
    return math.prod([shape[d] for d in normal_dims(dim, len(shape))])


@primitive(vjp=lambda g, x_shape, dim, keepdim: _spread(g, x_shape, dim, keepdim), numpy=np.sum, samples=_SAMPLES, symbol="Σ")
@reduction_doc("The sum.", "sum(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([4., 6.])")
def sum(x, *, dim=None, keepdim=False, dtype=None):
    return np.add.reduce(x, axis=None if dim is None else _axes(x, dim), keepdims=keepdim, dtype=dtype)


@primitive(vjp=lambda g, x_shape, dim, keepdim: _spread(g / _count(x_shape, dim), x_shape, dim, keepdim), numpy=np.mean, samples=_SAMPLES)
@reduction_doc("The mean.", "mean(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([2., 3.])")
def mean(x, *, dim=None, keepdim=False, dtype=None):
    x = np.asarray(x, dtype)
    if x.dtype.kind != "f":
        raise TypeError("the mean of integers is not an integer; convert first, with .float() or dtype=")
    count = _count(x.shape, dim)
    total = np.add.reduce(x, axis=None if dim is None else _axes(x, dim), keepdims=keepdim)
    return total / count if count else total * np.nan  # the mean of nothing is NaN, as in PyTorch


def _extreme_rule(g: Any, x: Any, y: Any, dim: Any, keepdim: bool) -> Any:
    """The cotangent, shared evenly by the elements that attain the extreme."""
    chosen = x == restore_dims(y, x.shape, dim, keepdim)
    share = where(chosen, 1.0, 0.0)
    return restore_dims(g, x.shape, dim, keepdim) * (share / share.sum(normal_dims(dim, x.ndim), keepdims=True))


@primitive(vjp=_extreme_rule, numpy=np.max, samples=_SAMPLES, symbol="max")
@reduction_doc("The greatest element; equal ones share the gradient.", "amax(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([3., 4.])")
def amax(x, *, dim=None, keepdim=False):
    return np.max(x, axis=_axes(x, dim), keepdims=keepdim)


@primitive(vjp=_extreme_rule, numpy=np.min, samples=_SAMPLES, symbol="min")
@reduction_doc("The smallest element; equal ones share the gradient.", "amin(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([1., 2.])")
def amin(x, *, dim=None, keepdim=False):
    return np.min(x, axis=_axes(x, dim), keepdims=keepdim)


@primitive(numpy=np.any, samples=[at((3, 4), dim=1)])
@reduction_doc("Whether any element is true (not 0).", "any(tensor([0., 2.])) -> tensor(True)")
def any(x, *, dim=None, keepdim=False):
    return np.any(x, axis=_axes(x, dim), keepdims=keepdim)


@primitive(numpy=np.all, samples=[at((3, 4), dim=1)])
@reduction_doc("Whether all elements are true (not 0).", "all(tensor([0., 2.])) -> tensor(False)")
def all(x, *, dim=None, keepdim=False):
    return np.all(x, axis=_axes(x, dim), keepdims=keepdim)


def _arg(function: Any, x: Any, dim: int | None, keepdim: bool) -> Any:
    if dim is not None:
        (dim,) = normal_dims(dim, np.ndim(x)) or (None,)
    return function(x, axis=dim, keepdims=keepdim)


@primitive(numpy=np.argmax, samples=[at((3, 4)), at((3, 4), dim=1)])
@reduction_doc("The position of the greatest element, the first of equals.", "argmax(tensor([1., 5., 3.])) -> tensor(1)")
def argmax(x, *, dim=None, keepdim=False):
    return _arg(np.argmax, x, dim, keepdim)


@primitive(numpy=np.argmin, samples=[at((3, 4)), at((3, 4), dim=1)])
@reduction_doc("The position of the smallest element, the first of equals.", "argmin(tensor([1., 5., 3.])) -> tensor(0)")
def argmin(x, *, dim=None, keepdim=False):
    return _arg(np.argmin, x, dim, keepdim)


class Extremes(NamedTuple):
    """What `max` and `min` along a dimension return."""

    values: Any
    indices: Any


def _along(x: Any, indices: Any, dim: int, keepdim: bool) -> Extremes:
    values = take_along_dim(x, indices, dim=dim)
    return Extremes(values, indices) if keepdim else Extremes(values.squeeze(dim), indices.squeeze(dim))


@composite()
def max(x, dim=None, keepdim=False):
    """The greatest element of all; or, along one dimension, the greatest and its position; or of two tensors.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or Tensor, optional
        A dimension; or a second tensor, and then this is `maximum`.
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
    if dim is None:
        return amax(x, keepdim=keepdim)
    if not isinstance(dim, int):
        return maximum(x, dim)
    return _along(x, argmax(x, dim=dim, keepdim=True), dim, keepdim)


@composite()
def min(x, dim=None, keepdim=False):
    """The smallest element of all; or, along one dimension, the smallest and its position; or of two tensors.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int or Tensor, optional
        A dimension; or a second tensor, and then this is `minimum`.
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
    if dim is None:
        return amin(x, keepdim=keepdim)
    if not isinstance(dim, int):
        return minimum(x, dim)
    return _along(x, argmin(x, dim=dim, keepdim=True), dim, keepdim)


def _prod_rule(g: Any, x: Any, y: Any, dim: Any, keepdim: bool) -> Any:
    """Each element's cotangent is ``g`` times the product of the *others*: ``y / x`` where nothing is 0."""
    g = restore_dims(g, x.shape, dim, keepdim)
    if not (x == 0).any():
        return g * restore_dims(y, x.shape, dim, keepdim) / x
    dims = normal_dims(dim, x.ndim)
    kept = tuple([d for d in range(x.ndim) if d not in dims])
    rows = x.transpose(kept + dims) if isinstance(x, np.ndarray) else x.permute(kept + dims)
    rows = rows.reshape(tuple([x.shape[d] for d in kept]) + (1, -1))
    others = prod(where(np.eye(rows.shape[-1], dtype=bool), 1.0, rows), dim=-1)
    back = tuple(np.argsort(kept + dims).tolist())
    others = others.reshape(tuple([x.shape[d] for d in kept + dims]))
    return g * (others.transpose(back) if isinstance(x, np.ndarray) else others.permute(back))


@primitive(vjp=_prod_rule, numpy=np.prod, samples=[*_SAMPLES, at(np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 1.0]]), dim=1)], symbol="Π")
@reduction_doc("The product; its gradient is right at zeros too.", "prod(tensor([[1., 2.], [3., 4.]]), dim=0) -> tensor([3., 8.])")
def prod(x, *, dim=None, keepdim=False):
    return np.prod(x, axis=_axes(x, dim), keepdims=keepdim)


def _spread_around_mean(g: Any, x: Any, dim: Any, correction: float) -> Any:
    count = _count(x.shape, dim)
    centred = x - x.mean(normal_dims(dim, x.ndim), keepdims=True)
    return g * (2.0 / (count - correction) if count != correction else float("nan")) * centred


@primitive(
    vjp=lambda g, x, dim, correction, keepdim: _spread_around_mean(restore_dims(g, x.shape, dim, keepdim), x, dim, correction),
    samples=[at((3, 4)), at((3, 4), dim=0), at((2, 3, 2), dim=(0, -1), correction=0, keepdim=True)],
)  # fmt: skip
@reduction_doc(
    "The variance; ``correction`` is subtracted from the count (1: unbiased).", "var(tensor([1., 2., 3.])) -> tensor(1.)",
    correction="float\n    What is subtracted from the number of elements.",
)  # fmt: skip
def var(x, *, dim=None, correction=1, keepdim=False):
    count = _count(x.shape, dim)
    if count <= correction:
        warnings.warn(f"the variance of {count} elements with correction {correction} is not defined: NaN", RuntimeWarning, stacklevel=2)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.var(x, axis=_axes(x, dim), ddof=correction, keepdims=keepdim) if count else np.sum(x, axis=_axes(x, dim), keepdims=keepdim) * np.nan


def _std_rule(g: Any, x: Any, y: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    flat = y == 0
    inner = where(flat, 0.0, g / (2 * where(flat, 1.0, y)))
    return _spread_around_mean(restore_dims(inner, x.shape, dim, keepdim), x, dim, correction)


@primitive(vjp=_std_rule, samples=[at((3, 4)), at((3, 4), dim=0), at((2, 3, 2), dim=(0, -1), correction=0, keepdim=True)])
@reduction_doc(
    "The standard deviation; that of a constant has derivative 0.", "std(tensor([1., 2., 3.])) -> tensor(1.)",
    correction="float\n    What is subtracted from the number of elements.",
)  # fmt: skip
def std(x, *, dim=None, correction=1, keepdim=False):
    return np.sqrt(var.op.forward(x, dim=dim, correction=correction, keepdim=keepdim))


@primitive(vjp=lambda g, x, y, dim, keepdim: restore_dims(g, x.shape, dim, keepdim) * exp(x - _finite(restore_dims(y, x.shape, dim, keepdim))),
           promote="float", samples=_SAMPLES)  # fmt: skip
@reduction_doc("``log(sum(exp(x)))``, without overflow.", "logsumexp(tensor([1000., 1000.])) -> tensor(1000.6932)")
def logsumexp(x, *, dim=None, keepdim=False):
    axes = _axes(x, dim)
    top = _finite(np.max(x, axis=axes, keepdims=True, initial=-np.inf))
    with np.errstate(divide="ignore"):
        out = np.log(np.sum(np.exp(x - top), axis=axes, keepdims=True)) + top
    return out if keepdim else out.reshape([n for i, n in enumerate(out.shape) if i not in axes])[()]


def _finite(y: Any) -> Any:
    """``y``, with infinities replaced by 0, so that ``x - y`` is never inf - inf."""
    return where(np.isinf(y if isinstance(y, (np.ndarray, np.generic)) else y.numpy()), 0.0, y)


@primitive(vjp=lambda g, y, dim: g * y - y * _dot(g, y, dim), promote="float", samples=[at((3, 4), dim=1), at((4,), dim=0), at((), dim=0)])
@reduction_doc("``exp(x) / sum(exp(x))`` along one dimension, without overflow.", "softmax(tensor([0., 0.]), dim=0) -> tensor([0.5000, 0.5000])",
               result="The shape of ``x``.")  # fmt: skip
def softmax(x, *, dim):
    e = np.exp(x - np.max(x, axis=_axes(x, dim), keepdims=True, initial=-np.inf))
    return e / np.sum(e, axis=_axes(x, dim), keepdims=True)


def _dot(g: Any, y: Any, dim: Any) -> Any:
    return (g * y).sum(normal_dims(dim, y.ndim), keepdims=True)


@primitive(vjp=lambda g, y, dim: g - exp(y) * g.sum(normal_dims(dim, y.ndim), keepdims=True), promote="float",
           samples=[at((3, 4), dim=1), at((4,), dim=0), at((), dim=0)])  # fmt: skip
@reduction_doc("``log(softmax(x))`` along one dimension, without overflow.", "log_softmax(tensor([0., 0.]), dim=0) -> tensor([-0.6931, -0.6931])",
               result="The shape of ``x``.")  # fmt: skip
def log_softmax(x, *, dim):
    shifted = x - np.max(x, axis=_axes(x, dim), keepdims=True, initial=-np.inf)
    return shifted - np.log(np.sum(np.exp(shifted), axis=_axes(x, dim), keepdims=True))


@primitive(vjp=lambda g, dim: flip(cumsum(flip(g, dim), dim), dim), numpy=np.cumsum, samples=[at((3, 4), dim=0), at((3,), dim=-1), at((), dim=0)])
@reduction_doc("The running sum along one dimension.", "cumsum(tensor([1., 2., 3.]), dim=0) -> tensor([1., 3., 6.])", result="The shape of ``x``.")
def cumsum(x, *, dim):
    return np.cumsum(x, axis=dim).reshape(np.shape(x))


from .gathering import take_along_dim  # noqa: E402
