"""Images in another resolution: interpolation, and channels traded for resolution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite
from .pooling import _adaptive_avg_pool
from .shape import _clone, permute
from .taps import Taps, _tapped
from .windows import Sizes, each

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors

_MODES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "trilinear": (3,),
    "bicubic": (2,),
}
"""The number of spatial dimensions that each mode takes."""

_FLOAT = np.dtype("float32")


def _source_places(length: int, size: int, step: float, align_corners: bool) -> np.ndarray:
    """Where, in the input, the new elements lie. Elements are squares, or with ``align_corners``
    points.
    """
    if align_corners:
        return np.arange(size) * ((length - 1) / max(size - 1, 1))
    return (np.arange(size) + 0.5) * step - 0.5


def _nearest(mode: str, length: int, size: int, step: float, dtype: np.dtype) -> Taps:
    """The element that each new one copies; rounded like PyTorch, which multiplies in the dtype and
    then takes float32.
    """
    place = np.arange(size).astype(dtype)
    if mode == "nearest-exact":
        place += dtype.type(0.5)
    place *= dtype.type(step)
    return Taps(np.minimum(place.astype(np.float32).astype(int), length - 1))


def _linear(place: np.ndarray, length: int) -> Taps:
    """The two neighbours of each place."""
    place = np.maximum(place, 0.0)
    below = np.minimum(place.astype(int), length - 1)
    return Taps([below, np.minimum(below + 1, length - 1)], [1 - (place - below), place - below])


def _cubic(place: np.ndarray, length: int) -> Taps:
    """The four neighbours of each place, with the weights of R. Keys' cubic convolution (1981) for
    a = -0.75.
    """
    a = -0.75
    below = np.floor(place).astype(int)
    neighbours = [below + offset for offset in (-1, 0, 1, 2)]
    d = np.abs(place - neighbours)
    weights = np.where(
        d <= 1, ((a + 2) * d - (a + 3)) * d * d + 1, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    )
    return Taps(np.clip(neighbours, 0, length - 1), weights)


def _taps(
    mode: str, length: int, size: int, step: float, align_corners: bool, dtype: np.dtype
) -> Taps:
    """The taps of one dimension."""
    if mode.startswith("nearest"):
        return _nearest(mode, length, size, step, dtype if dtype.kind == "f" else _FLOAT)
    place = _source_places(length, size, step, align_corners)
    if mode == "bicubic":
        return _cubic(place, length)
    return _linear(place, length)


@composite(
    samples=[
        at((1, 2, 3), 5),
        at((1, 2, 3), scale_factor=1.7, mode="linear"),
        at((1, 1, 3, 4), [2, 7], mode="bilinear", align_corners=True),
        at((1, 1, 3, 4), [5, 3], mode="bicubic"),
        at((1, 1, 3, 4), 2, mode="area"),
    ]
)
def interpolate(
    x, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None
):
    """``x`` in another resolution.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, *spatial)`` with 1 to 3 spatial dimensions.
    size : int or one per dimension, optional
        The new lengths. Either this or ``scale_factor``.
    scale_factor : float or one per dimension, optional
        What the lengths are multiplied by (and rounded down).
    mode : {"nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area"}
    align_corners : bool, optional
        Whether the first and last elements keep their values exactly: elements are points then,
        else squares.
    recompute_scale_factor : bool, optional
        Work with the ratio of the lengths in place of ``scale_factor``.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *size)``.

    Raises
    ------
    ShapeError
        If the mode does not fit the dimensions, or not exactly one of ``size`` and ``scale_factor``
        is given.

    Examples
    --------
    >>> from autograd_engine import interpolate, tensor
    >>> interpolate(tensor([[[1., 3.]]]), size=4, mode="linear", align_corners=False)
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    n = x.ndim - 2
    if mode not in _MODES or n not in _MODES[mode]:
        raise ShapeError(
            f"interpolate() in mode {mode!r} does not take shape {list(x.shape)}; the modes and "
            f"their spatial dimensions: {_MODES}"
        )
    if (size is None) == (scale_factor is None):
        raise ShapeError("interpolate() needs either size or scale_factor")
    if align_corners is not None and mode.startswith(("nearest", "area")):
        raise ShapeError(f"align_corners means nothing in mode {mode!r}")
    sizes, steps = _sizes_and_steps(x.shape[2:], size, scale_factor)
    if recompute_scale_factor:
        steps = [old / new for old, new in zip(x.shape[2:], sizes)]
    if mode == "area":
        return _adaptive_avg_pool(n, x, sizes)
    for dim, new, step in zip(range(2, n + 2), sizes, steps):
        taps = _taps(mode, x.shape[dim], new, step, bool(align_corners), x.dtype)
        x = _tapped(x, dim=dim, taps=taps)
    return x


def _sizes_and_steps(lengths: Sizes, size: Any, scale_factor: Any) -> tuple[Sizes, list[float]]:
    """The new lengths, and how far apart in the old ones the new elements lie."""
    n = len(lengths)
    if size is not None:
        sizes = each(size, n, "size")
        return sizes, [old / new for old, new in zip(lengths, sizes)]
    factors = scale_factor
    if isinstance(factors, (int, float)):
        factors = (factors,) * n
    sizes = each([math.floor(old * factor) for old, factor in zip(lengths, factors)], n, "size")
    return sizes, [1 / factor for factor in factors]


@composite(samples=[at((4, 1, 2), 2), at((2, 8, 1, 1), 2)])
def pixel_shuffle(x, upscale_factor):
    """``(..., channels * r * r, height, width)`` as ``(..., channels, height * r, width * r)``.

    Examples
    --------
    >>> from autograd_engine import pixel_shuffle, zeros
    >>> pixel_shuffle(zeros(1, 8, 3, 3), 2).shape
    (1, 2, 6, 6)
    """
    r = upscale_factor
    *lead, channels, height, width = _image(x, "pixel_shuffle")
    if channels % (r * r):
        raise ShapeError(f"pixel_shuffle() needs a multiple of {r * r} channels, got {channels}")
    blocks = x.reshape((*lead, channels // (r * r), r, r, height, width))
    n = len(lead)
    copy = _clone(permute(blocks, (*range(n + 1), n + 3, n + 1, n + 4, n + 2)), order="C")
    return copy.reshape((*lead, channels // (r * r), height * r, width * r))


@composite(samples=[at((1, 2, 4), 2), at((2, 1, 2, 2), 2)])
def pixel_unshuffle(x, downscale_factor):
    """``(..., channels, height * r, width * r)`` as ``(..., channels * r * r, height, width)``.

    Examples
    --------
    >>> from autograd_engine import pixel_unshuffle, zeros
    >>> pixel_unshuffle(zeros(1, 2, 6, 6), 2).shape
    (1, 8, 3, 3)
    """
    r = downscale_factor
    *lead, channels, height, width = _image(x, "pixel_unshuffle")
    if height % r or width % r:
        raise ShapeError(
            f"pixel_unshuffle() needs height and width to be multiples of {r}, got {height} and "
            f"{width}"
        )
    blocks = x.reshape((*lead, channels, height // r, r, width // r, r))
    n = len(lead)
    copy = _clone(permute(blocks, (*range(n + 1), n + 2, n + 4, n + 1, n + 3)), order="C")
    return copy.reshape((*lead, channels * r * r, height // r, width // r))


def _image(x: Any, name: str) -> tuple:
    if x.ndim < 3:
        raise ShapeError(
            f"{name}() needs at least (channels, height, width), got shape {list(x.shape)}"
        )
    return x.shape
