"""One of two values: by a condition, by which is greater, by a bound. Where they tie, the gradient
is PyTorch's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.data import check_range
from ..core.errors import ShapeError, describe
from ..core.elementary import real
from ..core.kernels import kernel, with_kernels
from ..core.tensor import wrap
from ..core.promotion import promoted
from ..core.tensor import Tensor
from .declare import at, composite, elementwise, function_only, in_place, primitive, rows

_MASK = np.array([True, False, True])
_BOUNDED = [at((5,), 0.3), at((2, 3), (3,)), at((), 0.1)]


def zeros_like(x: Any) -> Any:
    """Zeros of the shape and dtype of ``x``, a tensor if ``x`` is one (for rules, which see
    both)."""
    return wrap(np.zeros_like(x._data)[()]) if isinstance(x, Tensor) else np.zeros_like(x)[()]


def in_dtype_of(x: Any, value: Any) -> Any:
    """A number in the dtype of ``x`` (for rules: of a bare number a function would be computed in
    the default dtype).
    """
    return value if hasattr(value, "dtype") else np.asarray(value, x.dtype)


@primitive(
    vjp=(
        lambda g: g,
        lambda g, x: tied(zeros_like(x), x),
    ),
    batching="pointwise",
    samples=[at((2, 3), (2, 3))],
)
def _tied(value, x):
    """What `tied` computes."""
    return value


def tied(value: Any, x: Any) -> Any:
    """For rules: ``value``, which depends on ``x`` in steps. Among tensors it is in the graph of
    ``x``, with derivative 0; no step leads out of the graph.
    """
    if isinstance(x, Tensor) and x.requires_grad and not value.requires_grad:
        return _tied(value, x)
    return value


@primitive(vjp=lambda g, x_place: tied(g, x_place), batching="pointwise", samples=[at((2, 3))])
def _straight(x):
    """``x``, on its way through what is made of straight pieces: the derivative of its gradient is
    0, and in the graph.
    """
    return x


@primitive(
    vjp=(
        None,
        lambda g, condition: where(condition, g, 0.0),
        lambda g, condition: where(condition, 0.0, g),
    ),
    symbol="?",
    batching="pointwise",
    samples=[at(_MASK, (3,), (2, 3)), at(np.array(True), (2,), ())],
)
def _where(condition, input, other):
    """What `where` chooses, element by element."""
    if np.asarray(condition).dtype != bool:
        raise TypeError(
            f"where() takes a boolean condition, got {describe(condition)}; write condition != 0"
        )
    input, other = promoted((input, other), "keep")
    if _is_mask(condition, input, other):
        return _masked(input, condition, other)
    if _is_mask(condition, other, input):
        return _masked(other, ~condition, input)
    return rows(np.where(condition, input, other))


def _is_mask(condition: Any, x: Any, value: Any) -> bool:
    """Whether `_masked` gives a choice between the elements of ``x`` and one ``value``."""
    return (
        np.ndim(value) == 0
        and type(x) is type(condition) is np.ndarray
        and x.dtype in (np.float32, np.float64)
        and x.flags.c_contiguous
        and condition.size <= x.size // 8
        and np.broadcast_shapes(x.shape, condition.shape) == x.shape
    )


@kernel
def _keep_some(x, kept, value, out):
    other = real(value)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            out[i, j] = x[i, j] if kept[j] else other


def _masked_by_kernel(x: np.ndarray, kept: np.ndarray, value: Any) -> np.ndarray | None:
    while kept.ndim and kept.shape[0] == 1:
        kept = kept[0]
    if not kept.size or kept.shape != x.shape[x.ndim - kept.ndim :]:
        return None
    out = np.empty(x.shape, x.dtype)
    shape = (-1, kept.size)
    _keep_some(x.reshape(shape), kept.reshape(-1), float(value), out.reshape(shape))
    return out


@with_kernels(_masked_by_kernel)
def _masked(x: np.ndarray, kept: np.ndarray, value: Any) -> np.ndarray:
    """``x`` where it is ``kept``, a mask for many parts of ``x``, else ``value``: as bits of whole
    numbers, in a fifth of the time that a choice takes.
    """
    whole = np.dtype(f"i{x.itemsize}")
    bits = x.view(whole)
    keep = -kept.astype(whole)  # all bits, or none
    while keep.ndim and keep.shape[0] == 1:
        keep = keep[0]
    rows = keep.shape == x.shape[x.ndim - keep.ndim :]
    if rows and keep.size:  # NumPy likes long ones
        keep = keep.reshape(-1)
        bits = bits.reshape(-1, keep.size)
    out = bits & keep
    out |= np.asarray(value, x.dtype).view(whole) & ~keep
    return out.view(x.dtype).reshape(x.shape)


@function_only
@composite(numpy=np.where, samples=[at(_MASK, (3,), (2, 3)), at(_MASK, (2, 1), 0.5), at(_MASK)])
def where(condition, input=None, other=None):
    """``input`` where ``condition`` holds, else ``other``; with a condition alone, where it holds,
    as ``nonzero(as_tuple=True)``.

    A NaN or an infinity in the branch that is not taken still spoils the gradient if that branch
    *computed* it, as in PyTorch: in ``where(x > 0, sqrt(x), 0)`` at ``x = -1`` the rule of ``sqrt``
    gives ``0 * nan``. The remedy is to choose twice, ``where(x > 0, sqrt(where(x > 0, x, 1)), 0)``;
    ``detect_anomaly`` finds the place.

    Parameters
    ----------
    condition : boolean array_like
    input, other : Tensor or array_like
        Broadcast against each other and the condition.

    Returns
    -------
    Tensor
        The broadcast shape.

    Raises
    ------
    TypeError
        If the condition is not boolean: write ``x != 0`` for what is not 0.

    Examples
    --------
    >>> from autograd_engine import tensor, where
    >>> x = tensor([-1., 2.])
    >>> where(x > 0, x, 0), where(x > 0)
    (tensor([0., 2.]), (tensor([1]),))
    """
    if input is None:
        return tuple([wrap(places) for places in np.nonzero(np.asarray(condition))])
    return _where(condition, input, other)


def _share(loses: Any, ties: Any) -> Any:
    """The part of the cotangent that one of two gets: all, nothing, or half of it."""
    return where(ties, 0.5, where(loses, 0.0, 1.0))


maximum = elementwise(
    np.maximum,
    (
        lambda g, a, b: tied(g * _share(a < b, a == b), a),
        lambda g, a, b: tied(g * _share(b < a, a == b), b),
    ),
    "The greater of two, NaN if one is; where they are equal, each gets half the gradient.",
    "maximum(tensor([1., 5.]), 3) -> tensor([3., 5.])",
    integers="keep",
    symbol="max",
    in_place=False,
)
minimum = elementwise(
    np.minimum,
    (
        lambda g, a, b: tied(g * _share(a > b, a == b), a),
        lambda g, a, b: tied(g * _share(b > a, a == b), b),
    ),
    "The smaller of two, NaN if one is; where they are equal, each gets half the gradient.",
    "minimum(tensor([1., 5.]), 3) -> tensor([1., 3.])",
    integers="keep",
    symbol="min",
    in_place=False,
)
fmax = elementwise(
    np.fmax,
    (
        lambda g, a, b: tied(g * ((a >= b) | (b != b)), a),
        lambda g, a, b: tied(g * ~((a >= b) | (b != b)), b),
    ),
    "The greater of two, the other one if one is NaN; where they are equal, the first gets the "
    "gradient.",
    "fmax(tensor([1., float('nan')]), 3) -> tensor([3., 3.])",
    integers="keep",
    in_place=False,
)
fmin = elementwise(
    np.fmin,
    (
        lambda g, a, b: tied(g * ((a <= b) | (b != b)), a),
        lambda g, a, b: tied(g * ~((a <= b) | (b != b)), b),
    ),
    "The smaller of two, the other one if one is NaN; where they are equal, the first gets the "
    "gradient.",
    "fmin(tensor([1., float('nan')]), 3) -> tensor([1., 3.])",
    integers="keep",
    in_place=False,
)
relu = elementwise(
    lambda x: np.maximum(x, 0),
    lambda g, y: tied(g * (y > 0), y),
    "``max(input, 0)``; its derivative at 0 is 0.",
    "relu(tensor([-2., 3.])) -> tensor([0., 3.])",
    name="relu",
    integers="keep",
)
heaviside = elementwise(
    lambda a, b: np.where(a == 0, b, a > 0).astype(np.result_type(a, b)),
    (lambda g: zeros_like(g), lambda g, a: where(a == 0, g, 0.0)),
    "0 below 0, 1 above, and ``other`` at 0.",
    "heaviside(tensor([-2., 0., 3.]), 0.5) -> tensor([0.0000, 0.5000, 1.0000])",
    name="heaviside",
    numpy=np.heaviside,
    integers="keep",
    arity=2,
)
copysign = elementwise(
    np.copysign,
    (
        lambda g, a, y: g * where(a == 0, 0.0, y / where(a == 0, 1.0, a)),
        lambda g, b: tied(zeros_like(g), b),
    ),
    "The magnitude of ``input`` with the sign of ``other``.",
    "copysign(tensor([1., 2.]), -0.) -> tensor([-1., -2.])",
)


def _within_bounds(x: Any, low: Any, high: Any) -> Any:
    """Whether ``x`` keeps its value between two bounds of which one may be None; the bounds are
    inside.
    """
    if low is None:
        return x <= high
    if high is None:
        return x >= low
    return (x >= low) & (x <= high)


def _below(x: Any, low: Any, high: Any) -> Any:
    """Whether ``low`` takes the place of ``x``: it does not where ``high`` is below both."""
    if high is None:
        return x < low
    return (x < low) & (low < high)


def _above(x: Any, low: Any, high: Any) -> Any:
    """Whether ``high`` takes the place of ``x``."""
    if low is None:
        return x > high
    return (x > high) | (high < low)


@in_place
@primitive(
    vjp=(
        lambda g, input, min, max: tied(g * _within_bounds(input, min, max), input),
        lambda g, input, min, max: tied(g * _below(input, min, max), min),
        lambda g, input, min, max: tied(g * _above(input, min, max), max),
    ),
    promote="keep",
    batching="pointwise",
    samples=[
        at((5,), -0.5, 0.7),
        at((2, 3), 0.1),
        at((), None, 0.3),
        at((4, 3), (3,), (4, 1)),
        at((4, 3), None, (4, 1)),
    ],
)
def clamp(input, min=None, max=None):
    """``input`` limited to the interval from ``min`` to ``max``; its derivative at the ends is 1.

    Parameters
    ----------
    input : Tensor or array_like
        Any shape.
    min, max : Tensor or number, optional
        At least one of them; they broadcast. Where ``min`` is above ``max``, the result is ``max``.

    Returns
    -------
    Tensor
        The broadcast shape.

    Raises
    ------
    ValueError
        If neither bound is given.

    Examples
    --------
    >>> from autograd_engine import clamp, tensor
    >>> clamp(tensor([-1., 0.5, 2.]), 0, 1), clamp(tensor([-1., 0.5]), max=tensor([0., -3.]))
    (tensor([0.0000, 0.5000, 1.0000]), tensor([-1., -3.]))
    """
    if min is None and max is None:
        raise ValueError("at least one of min and max is needed")
    return np.clip(input, min, max)


@in_place
@composite(samples=_BOUNDED)
def clamp_min(input, min):
    """``input``, but at least ``min``.

    Examples
    --------
    >>> from autograd_engine import clamp_min, tensor
    >>> clamp_min(tensor([-1., 2.]), 0)
    tensor([0., 2.])
    """
    return clamp(input, min)


@in_place
@composite(samples=_BOUNDED)
def clamp_max(input, max):
    """``input``, but at most ``max``.

    Examples
    --------
    >>> from autograd_engine import clamp_max, tensor
    >>> clamp_max(tensor([-1., 2.]), 0)
    tensor([-1.,  0.])
    """
    return clamp(input, None, max)


clip = clamp


@in_place
@composite(samples=[at((2, 3), _MASK, 0.5), at((2, 3), _MASK, ()), at((), np.array(True), 2.0)])
def masked_fill(input, mask, value):
    """``value`` where ``mask`` is true, else ``input``, in the dtype of ``input``.

    Parameters
    ----------
    input : Tensor
        Any shape.
    mask : boolean Tensor
        Broadcasts with ``input``.
    value : number or 0-d Tensor

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import masked_fill, tensor
    >>> masked_fill(tensor([1., 2.]), tensor([True, False]), -1)
    tensor([-1.,  2.])
    """
    if np.ndim(value):
        raise ValueError(
            f"masked_fill() takes one value, got one of shape {list(value.shape)}; use where(mask, "
            "value, input)"
        )
    if not hasattr(mask, "dtype") or mask.dtype != bool:
        raise TypeError(f"masked_fill() takes a boolean mask, got {describe(mask)}")
    check_range(np.asarray(getattr(value, "_data", value)), input.dtype)
    try:
        return where(mask, value, input).astype(input.dtype)
    except ShapeError as error:
        raise ShapeError(
            f"masked_fill() needs a mask that broadcasts with shape {list(input.shape)}, got "
            f"{list(mask.shape)}"
        ) from error


@in_place
@primitive(
    vjp=lambda g, input: tied(g * np.isfinite(input), input),
    batching="pointwise",
    samples=[at((2, 3)), at(np.array([1.0, np.nan, -np.inf, np.inf]), nan=2.0, posinf=3.0)],
)
def nan_to_num(input, *, nan=None, posinf=None, neginf=None):
    """``input`` with its NaN and infinities replaced; what is replaced gets no gradient.

    Parameters
    ----------
    input : Tensor
        Any shape.
    nan, posinf, neginf : float, optional
        By default 0, the greatest number of the dtype, and the smallest.

    Returns
    -------
    Tensor
        The shape of ``input``.

    Examples
    --------
    >>> from autograd_engine import nan_to_num, tensor
    >>> nan_to_num(tensor([1., float("nan"), float("inf")]), nan=5, posinf=9)
    tensor([1., 5., 9.])
    """
    return np.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


@function_only
@composite(samples=[at((2, 3), 2.5), at((2, 3), ()), at((), 1)])
def fill(input, value):
    """``value`` everywhere, in the shape and dtype of ``input``.

    Parameters
    ----------
    input : Tensor
        Any shape.
    value : number or 0-d Tensor
        Its gradient is the sum of all.

    Returns
    -------
    Tensor
        The shape of ``input``.

    Examples
    --------
    >>> from autograd_engine import fill, tensor
    >>> fill(tensor([1., 2.]), 5)
    tensor([5., 5.])
    """
    if np.ndim(value):
        raise ShapeError(f"fill() takes one value, got one of shape {list(np.shape(value))}")
    return masked_fill(input, np.ones(input.shape, bool), value)
