"""Softmax and its relatives: exponentials of any size, added up without overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

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


@primitive(
    vjp=lambda g, y, dim: y * (g - summed(g * y, normal_dims(dim, y.ndim), True)),
    promote="float",
    batching="dims",
    samples=_ALONG,
)
@reduction_doc(
    "``exp(x) / sum(exp(x))`` along one dimension, without overflow.",
    "softmax(tensor([0., 0.]), dim=0) -> tensor([0.5000, 0.5000])",
    _THE_SHAPE,
)
def softmax(x, *, dim, dtype=None):
    shifted, axes = _along(x, dim, dtype)
    e = np.exp(shifted)
    return narrowed(e / total(e, axes, True), dtype or x.dtype)


@primitive(
    vjp=lambda g, y, dim: g - exp(y) * summed(g, normal_dims(dim, y.ndim), True),
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
    y = shifted - np.log(total(np.exp(shifted), axes, True))
    return narrowed(y, dtype or x.dtype)


@composite(samples=_ALONG)
@reduction_doc(
    "``softmax(-x)``.", "softmin(tensor([0., 0.]), dim=0) -> tensor([0.5000, 0.5000])", _THE_SHAPE
)
def softmin(x, dim, dtype=None):
    return softmax(-x, dim, dtype)
