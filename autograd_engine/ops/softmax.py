"""Softmax and its relatives: exponentials of any size, added up without overflow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.elementary import greatest, real
from ..core.kernels import Kernel, is_like, kernel, with_kernels
from ..core.rows import BLOCK, sum_of, sum_of_powers, sum_of_products, take_powers
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


# --- as loops -------------------------------------------------------------------------------------
#
# Along the last dimension a row after the other, along another one for all places behind it
# together.


@kernel
def _softmax_of_rows(x, out):
    for i in range(x.shape[0]):
        whole = real(take_powers(x[i], greatest(x[i]), out[i]))
        for j in range(x.shape[1]):
            out[i, j] /= whole


@kernel
def _log_softmax_of_rows(x, out):
    for i in range(x.shape[0]):
        top = greatest(x[i])
        logarithm = np.log(real(sum_of_powers(x[i], top)))
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] - top - logarithm


@kernel
def _logsumexp_of_rows(x, out):
    for i in range(x.shape[0]):
        top = greatest(x[i])
        if np.isinf(top):
            top = real(0)
        out[i] = np.log(real(sum_of_powers(x[i], top))) + top


@kernel
def _softmax_slope_of_rows(g, y, out):
    for i in range(g.shape[0]):
        whole = real(sum_of_products(g[i], y[i]))
        for j in range(g.shape[1]):
            out[i, j] = (g[i, j] - whole) * y[i, j]


@kernel
def _log_softmax_slope_of_rows(g, y, out):
    for i in range(g.shape[0]):
        whole = real(sum_of(g[i]))
        for j in range(g.shape[1]):
            out[i, j] = g[i, j] - np.exp(y[i, j]) * whole


@kernel
def _find_greatest(x, i, tops):
    for k in range(tops.size):
        tops[k] = x[i, 0, k]
    for j in range(1, x.shape[1]):
        for k in range(tops.size):
            tops[k] = x[i, j, k] if x[i, j, k] > tops[k] else tops[k]


@kernel
def _softmax_of_columns(x, out):
    tops = np.empty(x.shape[2], x.dtype)
    sums = np.empty(x.shape[2], x.dtype)
    for i in range(x.shape[0]):
        _find_greatest(x, i, tops)
        sums[:] = real(0)
        for j in range(x.shape[1]):
            for k in range(sums.size):
                out[i, j, k] = np.exp(x[i, j, k] - tops[k])
                sums[k] += out[i, j, k]
        for j in range(x.shape[1]):
            for k in range(sums.size):
                out[i, j, k] /= sums[k]


@kernel
def _log_softmax_of_columns(x, out):
    tops = np.empty(x.shape[2], x.dtype)
    sums = np.empty(x.shape[2], x.dtype)
    for i in range(x.shape[0]):
        _find_greatest(x, i, tops)
        sums[:] = real(0)
        for j in range(x.shape[1]):
            for k in range(sums.size):
                out[i, j, k] = x[i, j, k] - tops[k]
                sums[k] += np.exp(out[i, j, k])
        for k in range(sums.size):
            sums[k] = np.log(sums[k])
        for j in range(x.shape[1]):
            for k in range(sums.size):
                out[i, j, k] -= sums[k]


@kernel
def _softmax_slope_of_columns(g, y, out):
    sums = np.empty(g.shape[2], g.dtype)
    for i in range(g.shape[0]):
        sums[:] = real(0)
        for j in range(g.shape[1]):
            for k in range(sums.size):
                sums[k] += g[i, j, k] * y[i, j, k]
        for j in range(g.shape[1]):
            for k in range(sums.size):
                out[i, j, k] = (g[i, j, k] - sums[k]) * y[i, j, k]


@kernel
def _log_softmax_slope_of_columns(g, y, out):
    sums = np.empty(g.shape[2], g.dtype)
    for i in range(g.shape[0]):
        sums[:] = real(0)
        for j in range(g.shape[1]):
            for k in range(sums.size):
                sums[k] += g[i, j, k]
        for j in range(g.shape[1]):
            for k in range(sums.size):
                out[i, j, k] = g[i, j, k] - np.exp(y[i, j, k]) * sums[k]


def _along_dim(dim: int, of_rows: Kernel, of_columns: Kernel, *arrays: Any) -> Any:
    """What one of two kernels makes of arrays of one shape; None where they are of several shapes
    or dtypes, or where sums over columns would lose digits.
    """
    first = arrays[0]
    shape = first.shape
    if not (shape and first.size and all(is_like(first, x) for x in arrays[1:])):
        return None
    (dim,) = _axes(first, dim)
    length = shape[dim]
    inner = math.prod(shape[dim + 1 :])
    out = np.empty(shape, first.dtype)
    if inner == 1:
        of_rows(*[x.reshape(-1, length) for x in (*arrays, out)])
    elif length <= BLOCK:
        of_columns(*[x.reshape(-1, length, inner) for x in (*arrays, out)])
    else:
        return None
    return out


def _softmax_by_kernel(x: np.ndarray, *, dim: int, dtype: Any = None) -> Any:
    if dtype is None:
        return _along_dim(dim, _softmax_of_rows, _softmax_of_columns, x)


def _log_softmax_by_kernel(x: np.ndarray, *, dim: int, dtype: Any = None) -> Any:
    if dtype is None:
        return _along_dim(dim, _log_softmax_of_rows, _log_softmax_of_columns, x)


def _softmax_rule_by_kernel(g: np.ndarray, y: Any, dim: int) -> Any:
    return _along_dim(dim, _softmax_slope_of_rows, _softmax_slope_of_columns, g, y)


def _log_softmax_rule_by_kernel(g: np.ndarray, y: Any, dim: int) -> Any:
    return _along_dim(dim, _log_softmax_slope_of_rows, _log_softmax_slope_of_columns, g, y)


def _logsumexp_by_kernel(x: np.ndarray, *, dim: Any = None, keepdim: bool = False) -> Any:
    if _axes(x, dim) != (x.ndim - 1,) or not x.size:
        return None
    out = np.empty((*x.shape[:-1], 1), x.dtype)
    _logsumexp_of_rows(x.reshape(-1, x.shape[-1]), out.reshape(-1))
    return out if keepdim else np.squeeze(out, -1)[()]


# --- declared -------------------------------------------------------------------------------------


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
@with_kernels(_logsumexp_by_kernel)
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


@with_kernels(_softmax_rule_by_kernel)
def _softmax_rule(g: Any, y: Any, dim: int) -> Any:
    axes = normal_dims(dim, y.ndim)
    product = g * y
    if isinstance(product, Tensor) or not product.ndim:
        return y * (g - summed(product, axes, True))
    out = g - total(product, axes, True)
    out *= y
    return out


@with_kernels(_log_softmax_rule_by_kernel)
def _log_softmax_rule(g: Any, y: Any, dim: int) -> Any:
    axes = normal_dims(dim, y.ndim)
    if isinstance(g, Tensor) or isinstance(y, Tensor) or not y.ndim:
        return g - exp(y) * summed(g, axes, True)
    out = np.exp(y)
    out *= total(g, axes, True)
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
    e /= total(e, axes, True)
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
@with_kernels(_log_softmax_by_kernel)
def log_softmax(x, *, dim, dtype=None):
    shifted, axes = _along(x, dim, dtype)
    logarithm = np.log(total(np.exp(shifted), axes, True))
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
