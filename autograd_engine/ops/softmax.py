"""Softmax and its relatives: exponentials of any size, added up without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.kernels import kernel, real, with_kernels
from ..core.summation import narrowed, summed, total, widened
from ..core.tensor import Tensor
from .choice import maximum, minimum, where
from .declare import at, composite, normal_dims, primitive, reduction_doc, restore_dims, rows
from .elementwise import exp
from .reduction import _SAMPLES, _axes

_ALONG = [
    at((3, 4), dim=1),
    at((4,), dim=0),
    at((), dim=0),
    at((2, 3), dim=-1, dtype=np.dtype("float64")),
]
_THE_SHAPE = "The shape of ``x``."


def finite(y: Any) -> Any:
    """``y``, with infinities replaced by 0, so that ``x - y`` is never inf - inf."""
    return where(np.isinf(y), 0.0, y)


def of_something(y: Any) -> Any:
    """The logarithm of a sum, with that of no sum at all replaced by 0: so its part in every term
    is 0, and not undefined as in a sum that is infinite.
    """
    return where(y == -np.inf, 0.0, y)


def part(x: Any, y: Any) -> Any:
    """``exp(x - y)``, which is 1 where both are infinite: next to that, nothing else counts."""
    most = np.finfo(x.dtype).max
    return exp(minimum(x, most) - minimum(of_something(y), most))


def _logsumexp_rule(g: Any, x: Any, y: Any, dim: Any, keepdim: bool) -> Any:
    """``g softmax(x)``. Where terms are infinite they share it."""
    g = restore_dims(g, x.shape, dim, keepdim)
    y = restore_dims(y, x.shape, dim, keepdim)
    if not isinstance(x, Tensor) and not (y == np.inf).any():
        return g * exp(x - of_something(y))
    infinite = (x == np.inf).astype(x.dtype)
    sharing = maximum(summed(infinite, normal_dims(dim, x.ndim), True), 1.0)
    return g / sharing * part(x, y)


@primitive(
    vjp=_logsumexp_rule,
    promote="float",
    batching="dims",
    samples=_SAMPLES,
)
@reduction_doc(
    "``log(sum(exp(x)))``, without overflow.",
    "logsumexp(tensor([1000., 1000.]), 0) -> tensor(1000.6932)",
)
def logsumexp(x, *, dim=None, keepdim=False):
    axes = _axes(x, dim)
    wide = widened(x)
    top = finite(np.max(wide, axis=axes, keepdims=True, initial=-np.inf))
    with np.errstate(divide="ignore"):
        out = rows(np.log(total(np.exp(wide - top), axes, True)) + top)
    out = narrowed(out, x.dtype)
    return out if keepdim else np.squeeze(out, axes)[()]


def _along(x: Any, dim: int, dtype: Any) -> tuple[Any, tuple]:
    """``x`` in at least the dtype asked for, row by row, less its greatest element along ``dim``;
    and this dimension.
    """
    axes = _axes(x, dim)
    wide = widened(x if dtype is None else x.astype(dtype))
    return rows(wide - np.max(wide, axis=axes, keepdims=True, initial=-np.inf)), axes


def _row_sums(x: Any, axes: tuple[int, ...]) -> Any:
    """The sums along a dimension, which keeps length 1: of many short rows a product with ones,
    which takes a fifth of the time.
    """
    short = x.ndim > 1 and axes == (x.ndim - 1,) and x.shape[-1] <= 1024
    if not short or x.size < 4096 or x.itemsize < 4:
        return total(x, axes, True)
    sums = x.reshape(-1, x.shape[-1]).dot(np.ones(x.shape[-1], x.dtype))
    return sums.reshape((*x.shape[:-1], 1))


def _rows_along(x: np.ndarray, dim: int) -> np.ndarray | None:
    """``x`` as a matrix whose rows go along ``dim``; None where these do not lie in memory so."""
    along_rows = x.ndim and dim % x.ndim == x.ndim - 1
    return x.reshape(-1, x.shape[-1]) if along_rows and x.flags.c_contiguous else None


@kernel
def _top_of_row(x):
    """The greatest number of a row; NaN, if one is."""
    top = x[0]
    for j in range(x.size):
        top = x[j] if x[j] > top or x[j] != x[j] else top
    return top


@kernel
def _softmax_rows(x, out):
    for i in range(x.shape[0]):
        top = _top_of_row(x[i])
        sum = real(0)
        for j in range(x.shape[1]):
            out[i, j] = np.exp(x[i, j] - top)
            sum += out[i, j]
        for j in range(x.shape[1]):
            out[i, j] /= sum


def _softmax_by_kernel(x: np.ndarray, *, dim: int, dtype: Any = None) -> Any:
    rows = _rows_along(x, dim)
    if rows is None or dtype is not None:
        return None
    out = np.empty(rows.shape, x.dtype)
    _softmax_rows(rows, out)
    return out.reshape(x.shape)


def _softmax_rule(g: Any, y: Any, dim: int) -> Any:
    axes = normal_dims(dim, y.ndim)
    product = g * y
    if isinstance(product, Tensor) or not product.ndim:
        return y * (g - summed(product, axes, True))
    out = g - _row_sums(product, axes)
    out *= y
    return out


def _log_softmax_rule(g: Any, y: Any, dim: int) -> Any:
    axes = normal_dims(dim, y.ndim)
    if isinstance(g, Tensor) or isinstance(y, Tensor) or not y.ndim:
        return g - exp(y) * summed(g, axes, True)
    out = np.exp(y)
    out *= _row_sums(g, axes)
    return np.subtract(g, out, out=out)


@primitive(
    vjp=_softmax_rule,
    promote="float",
    batching="dims",
    samples=_ALONG,
)
@reduction_doc(
    "``exp(x) / sum(exp(x))`` along one dimension, without overflow.",
    "softmax(tensor([0., 0.]), dim=0) -> tensor([0.5000, 0.5000])",
    _THE_SHAPE,
)
@with_kernels(_softmax_by_kernel)
def softmax(x, *, dim, dtype=None):
    shifted, axes = _along(x, dim, dtype)
    if not shifted.ndim:
        e = np.exp(shifted)
        return narrowed(e / e, dtype or x.dtype)
    e = np.exp(shifted, out=shifted)
    e /= _row_sums(e, axes)
    return narrowed(e, dtype or x.dtype)


@primitive(
    vjp=_log_softmax_rule,
    promote="float",
    batching="dims",
    samples=_ALONG,
)
@reduction_doc(
    "``log(softmax(x))`` along one dimension, without overflow.",
    "log_softmax(tensor([0., 0.]), dim=0) -> tensor([-0.6931, -0.6931])",
    _THE_SHAPE,
)
def log_softmax(x, *, dim, dtype=None):
    shifted, axes = _along(x, dim, dtype)
    logarithm = np.log(_row_sums(np.exp(shifted), axes))
    if not shifted.ndim:
        return narrowed(shifted - logarithm, dtype or x.dtype)
    shifted -= logarithm
    return narrowed(shifted, dtype or x.dtype)


@composite(samples=_ALONG)
@reduction_doc(
    "``softmax(-x)``.", "softmin(tensor([0., 0.]), dim=0) -> tensor([0.5000, 0.5000])", _THE_SHAPE
)
def softmin(x, dim, dtype=None):
    return softmax(-x, dim, dtype)
