"""A border around a tensor: of one value, or of its own elements."""

from __future__ import annotations

import math

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, primitive, rows
from .taps import Taps, _tapped

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors


@primitive(
    vjp=lambda g, widths: _pad(g, widths=tuple([(-a, -b) for a, b in widths])),
    samples=[at((2, 3), widths=((1, 0), (2, 1))), at((4, 3), widths=((-1, 2), (0, -2)))],
)
def _pad(x, *, widths, value=0.0):
    """A border of ``value``; a negative width crops."""
    if any(n + a + b < 0 for n, (a, b) in zip(x.shape, widths)):
        raise ShapeError(f"more than all is cropped from shape {list(x.shape)}")
    crop = tuple([slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, widths)])
    return rows(np.pad(x[crop], [(max(a, 0), max(b, 0)) for a, b in widths], constant_values=value))


def _border(length: int, before: int, after: int, mode: str) -> np.ndarray:
    """Which element stands at each place of a padded dimension. A negative number crops: in mode
    "circular" first, so that what is cropped does not come in again.
    """
    start = max(-before, 0)
    kept = length - start - max(-after, 0)
    most = {"reflect": length - 1, "circular": kept}.get(mode, math.inf)
    if max(before, after) > most:
        raise ShapeError(
            f"pad() in mode {mode!r} can add at most {most} to a length of {length}, got "
            f"({before}, {after})"
        )
    if kept < 0 or length + before + after < 1:
        raise ShapeError(
            f"pad() in mode {mode!r} leaves nothing of a length of {length}, got "
            f"({before}, {after})"
        )
    places = np.arange(-before, length + after)
    if mode == "circular":
        return start + (places - start) % kept
    if mode == "replicate":
        return np.clip(places, 0, length - 1)
    return length - 1 - np.abs(length - 1 - np.abs(places))


@composite(
    samples=[
        at((2, 3), pad=(1, 2)),
        at((2, 3), pad=(-1, 1, 2, 0), value=0.5),
        at((1, 2, 3), pad=(2, 1), mode="reflect"),
        at((1, 2, 3), pad=(1, 3), mode="replicate"),
        at((1, 2, 3), pad=(3, 0), mode="circular"),
    ]
)
def pad(x, pad, mode="constant", value=None):
    """A border around ``x``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    pad : sequence of int
        How much before and after, in pairs, the *last* dimension first, as in PyTorch. Negative
        numbers crop.
    mode : {"constant", "reflect", "replicate", "circular"}
        What the border is: one value, the elements mirrored without the last one, the last one
        repeated, or the elements from the other end.
    value : float, optional
        What a constant border is filled with (0).

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If there are more pairs than dimensions, or the mode cannot make so wide a border.

    Examples
    --------
    >>> from autograd_engine import pad, tensor
    >>> pad(tensor([1., 2., 3.]), (1, 2))
    tensor([0., 1., 2., 3., 0., 0.])
    >>> pad(tensor([1., 2., 3.]), (1, 2), mode="reflect")
    tensor([2., 1., 2., 3., 2., 1.])
    """
    if mode not in ("constant", "reflect", "replicate", "circular"):
        raise ValueError(
            f"pad() knows the modes 'constant', 'reflect', 'replicate' and 'circular', got {mode!r}"
        )
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ShapeError(f"pad() needs pairs for at most {x.ndim} dimensions, got {tuple(pad)}")
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    if mode == "constant":
        widths = ((0, 0),) * (x.ndim - len(pairs)) + tuple(reversed(pairs))
        return _pad(x, widths=widths, value=value or 0.0)
    for dim, (before, after) in zip(range(x.ndim - 1, -1, -1), pairs):
        if before or after:
            x = _tapped(x, dim=dim, taps=Taps(_border(x.shape[dim], before, after, mode)))
    return x
