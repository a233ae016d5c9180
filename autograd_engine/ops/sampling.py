"""Images read at any place, as spatial transformers do, and pooling undone."""

from __future__ import annotations

import math
from typing import Any, Sequence

import numpy as np

from ..core.batched import of_all, raw
from ..core.decision import worked_out
from ..core.errors import ShapeError
from . import elementwise
from .arithmetic import remainder
from .choice import clamp, where
from .declare import at, composite
from .elementwise import floor
from .scattering import scatter
from .indexing import getitem
from .linear import matmul
from .shape import movedim, reshape

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors

# --- grids ----------------------------------------------------------------------------------------


def _centres(length: int, align_corners: bool, dtype: Any) -> np.ndarray:
    """The places of the elements of one dimension, from -1 to 1."""
    if align_corners:
        return np.linspace(-1, 1, length, dtype=dtype) if length > 1 else np.zeros(1, dtype)
    return ((2 * np.arange(length) + 1) / length - 1).astype(dtype)


@composite(
    samples=[
        at((2, 2, 3), [2, 1, 2, 3]),
        at((1, 2, 3), [1, 1, 3, 2], align_corners=True),
        at((1, 3, 4), [1, 1, 2, 2, 3]),
    ]
)
def affine_grid(theta, size, align_corners=False):
    """The places at which an affine transform of an image reads it, for `grid_sample`.

    Parameters
    ----------
    theta : Tensor
        Shape ``(batch, 2, 3)`` for images, ``(batch, 3, 4)`` for volumes.
    size : sequence of int
        The shape of the output, ``(batch, channels, *spatial)``.
    align_corners : bool
        Whether -1 and 1 are the centres of the outermost elements, not their outer edges.

    Returns
    -------
    Tensor
        Shape ``(batch, *spatial, 2 or 3)``; the last dimension counts x first.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> from autograd_engine import affine_grid, tensor
    >>> affine_grid(tensor([[[1., 0., 0.], [0., 1., 0.]]]), (1, 1, 1, 2))
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    spatial = tuple(size[2:])
    n = len(spatial)
    if theta.shape != (size[0], n, n + 1):
        raise ShapeError(
            f"affine_grid() needs theta of shape {[size[0], n, n + 1]} for an output of shape "
            f"{list(size)}, got {list(theta.shape)}"
        )
    axes = [_centres(length, align_corners, theta.dtype) for length in spatial]
    places = np.meshgrid(*axes, indexing="ij")[::-1]
    base = np.stack([*places, np.ones_like(places[0])], -1).reshape(-1, n + 1)
    grid = matmul(base, theta.swapaxes(-1, -2))
    return reshape(grid, (size[0], *spatial, n))


PLACES = np.array([[[[-0.7, 0.3], [0.52, -0.9]], [[0.1, 1.4], [-1.3, 0.66]]]])
VOLUME_PLACES = np.array([[[[[-0.7, 0.3, 0.45]], [[0.52, -1.2, -0.3]]]]])


@composite(
    samples=[
        at((1, 2, 3, 4), PLACES),
        at((1, 2, 3, 4), PLACES, align_corners=True, padding_mode="border"),
        at((1, 1, 3, 4), PLACES, padding_mode="reflection"),
        at((1, 1, 3, 4), PLACES, mode="nearest"),
        at((1, 1, 4, 4), PLACES, mode="bicubic"),
        at((1, 1, 2, 3, 2), VOLUME_PLACES),
    ]
)
def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    """Read images (or volumes) at places between their elements.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, height, width)``, or with a depth before the height.
    grid : Tensor
        Shape ``(batch, *spatial, 2 or 3)``: where to read, x first, -1 and 1 at the borders.
    mode : {"bilinear", "nearest", "bicubic"}
        How to read between elements; "bicubic" for images only.
    padding_mode : {"zeros", "border", "reflection"}
        What lies beyond the borders.
    align_corners : bool
        Whether -1 and 1 are the centres of the outermost elements, not their outer edges.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *spatial)``. The gradient also flows to ``grid``, but for
        "nearest", where it is 0.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        For any other mode.

    Notes
    -----
    M. Jaderberg et al., "Spatial transformer networks" (2015).

    Examples
    --------
    >>> from autograd_engine import grid_sample, tensor
    >>> image = tensor([[[[1., 2.], [3., 4.]]]])
    >>> grid_sample(image, tensor([[[[0., 0.], [0., 1.]]]]), align_corners=True)
    tensor([[[[2.5000, 3.5000]]]])
    """
    _check_sampling(x, grid, mode, padding_mode)
    lengths = x.shape[:1:-1]  # x first, as in the grid
    places = [
        _unnormalised(grid[..., i], length, align_corners) for i, length in enumerate(lengths)
    ]
    if mode == "bicubic":
        pairs = [
            [(_bounded(p, n, padding_mode, align_corners), w) for p, w in _cubic_taps(place)]
            for place, n in zip(places, lengths)
        ]
    else:
        bounded = [
            _bounded(place, n, padding_mode, align_corners) for place, n in zip(places, lengths)
        ]
        pairs = [_nearest_taps(p) if mode == "nearest" else _linear_taps(p) for p in bounded]
    return _gathered(x, pairs[::-1])


def _check_sampling(x: Any, grid: Any, mode: str, padding_mode: str) -> None:
    n = x.ndim - 2
    if n not in (2, 3) or grid.ndim != n + 2 or grid.shape[-1] != n or len(grid) != len(x):
        raise ShapeError(
            "grid_sample() takes (batch, channels, height, width) with a grid (batch, *spatial, 2),"
            f" or volumes with a grid that ends in 3, got {list(x.shape)} and {list(grid.shape)}"
        )
    if mode not in ("bilinear", "nearest", "bicubic") or (mode == "bicubic" and n == 3):
        raise ValueError(
            f"grid_sample() has the modes bilinear, nearest, and for images bicubic, got {mode!r}"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            f"grid_sample() has the padding modes zeros, border, reflection, got {padding_mode!r}"
        )


def _unnormalised(place: Any, length: int, align_corners: bool) -> Any:
    """A place from -1 to 1 as a place among elements, counted from 0."""
    if align_corners:
        return (place + 1) * ((length - 1) / 2)
    return ((place + 1) * length - 1) * 0.5


def _bounded(place: Any, length: int, padding_mode: str, align_corners: bool) -> Any:
    """A place brought between the borders, if they are to be continued."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        low, high = (0.0, length - 1.0) if align_corners else (-0.5, length - 0.5)
        place = _reflected(place, low, high)
    return clamp(place, 0, length - 1)


def _reflected(place: Any, low: float, high: float) -> Any:
    span = high - low
    if span == 0:
        return place * 0
    within = remainder(elementwise.abs(place - low), 2 * span)
    return low + where(within > span, 2 * span - within, within)


Tap = tuple[Any, Any]
"""A place, a whole number, and its weight."""


def _nearest_taps(place: Any) -> list[Tap]:
    return [(elementwise.round(place), place * 0 + 1)]


def _linear_taps(place: Any) -> list[Tap]:
    first = floor(place)
    beyond = place - first
    return [(first, 1 - beyond), (first + 1, beyond)]


def _cubic_taps(place: Any) -> list[Tap]:
    """R. Keys, "Cubic convolution interpolation for digital image processing" (1981), a = -0.75."""
    first = floor(place)
    t = place - first
    a = -0.75
    weights = [_far(t + 1, a), _near(t, a), _near(1 - t, a), _far(2 - t, a)]
    return [(first + i - 1, weight) for i, weight in enumerate(weights)]


def _near(t: Any, a: float) -> Any:
    return ((a + 2) * t - (a + 3)) * t * t + 1


def _far(t: Any, a: float) -> Any:
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a


def _gathered(x: Any, taps: Sequence[list[Tap]]) -> Any:
    """The sum over all choices of one tap for each dimension: element times weights."""
    lengths = x.shape[2:]
    result: Any = 0
    for choice in np.ndindex(*map(len, taps)):
        chosen = [tap[i] for tap, i in zip(taps, choice)]
        index = []
        weight: Any = 1.0
        inside: Any = True
        for (place, share), length in zip(chosen, lengths):
            inside = inside & (place >= 0) & (place < length)
            index.append(worked_out(_nearest_inside, place, length=length))
            weight = weight * share
        batch = np.arange(len(x)).reshape(-1, *[1] * len(lengths))
        values = getitem(movedim(x, 1, -1), index=(batch, *index))
        result = result + values * (weight * inside)[..., None]
    return movedim(result, -1, 1)


def _nearest_inside(place: Any, length: int) -> np.ndarray:
    """Places as indices, those outside as the nearest ones inside."""
    return np.clip(raw(place), 0, length - 1).astype(np.intp)


# --- unpooling ------------------------------------------------------------------------------------


def _each(value: Any, n: int) -> tuple[int, ...]:
    if isinstance(value, (int, np.integer)):
        return (int(value),) * n
    return tuple(value)


def _unpooled(name: str, n: int, x: Any, indices: Any, sizes: tuple, output_size: Any) -> Any:
    if x.ndim not in (n + 1, n + 2) or x.shape != indices.shape:
        raise ShapeError(
            f"{name}() takes values and indices of one shape, ([batch,] channels, *spatial), got "
            f"{list(x.shape)} and {list(indices.shape)}"
        )
    kernel, stride, padding = sizes
    kernel = _each(kernel, n)
    stride = kernel if stride is None else _each(stride, n)
    padding = _each(padding, n)
    lead = x.shape[: x.ndim - n]
    spatial = x.shape[x.ndim - n :]
    if output_size is None:
        parts = zip(spatial, stride, padding, kernel)
        output_size = [(m - 1) * s - 2 * p + k for m, s, p, k in parts]
    lengths = tuple(output_size)[-n:]
    flat = worked_out(_in_planes, indices, lead=lead, lengths=lengths, name=name)
    empty = np.zeros((*lead, math.prod(lengths)), x.dtype)
    placed = scatter(empty, -1, flat, reshape(x, (*lead, -1)))
    return reshape(placed, (*lead, *lengths))


def _in_planes(indices: Any, lead: tuple, lengths: tuple, name: str) -> Any:
    """The places in each flattened plane."""
    flat = raw(indices).reshape(*lead, -1)
    given = of_all(flat)
    if given.size and not 0 <= given.min() <= given.max() < math.prod(lengths):
        raise ShapeError(
            f"{name}(): indices up to {given.max()} do not fit an output of shape {list(lengths)}"
        )
    return flat


UNPOOL = """Put the values that `max_pool{n}d` gave back where they were, and zeros elsewhere.

    Parameters
    ----------
    x : Tensor
        Shape ``([batch,] channels, *spatial)``.
    indices : Tensor of int
        What ``max_pool{n}d(..., return_indices=True)`` gave, of the shape of ``x``.
    kernel_size, stride, padding : int or one per dimension
        Those of the pooling; ``stride`` is by default ``kernel_size``.
    output_size : sequence of int, optional
        The spatial shape to give, where strides that do not divide leave it open.

    Returns
    -------
    Tensor
        Shape ``([batch,] channels, *output_size)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or an index lies outside of the output.

    Examples
    --------
    >>> from autograd_engine import max_pool{n}d, max_unpool{n}d, rand
    >>> values, indices = max_pool{n}d(rand({size}), 2, return_indices=True)
    >>> max_unpool{n}d(values, indices, 2).shape
    ({shape})
    """
ROW = np.array([[[1, 2]]])
IMAGE = np.array([[[[0, 3], [9, 14]]]])
VOLUME = np.array([[[[[5]]]]])


@composite(samples=[at((1, 1, 2), ROW, 2), at((1, 2), ROW[0], 2, output_size=(5,))])
def max_unpool1d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    sizes = (kernel_size, stride, padding)
    return _unpooled("max_unpool1d", 1, x, indices, sizes, output_size)


@composite(samples=[at((1, 1, 2, 2), IMAGE, 2), at((1, 2, 2), IMAGE[0], 2, output_size=(4, 5))])
def max_unpool2d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    sizes = (kernel_size, stride, padding)
    return _unpooled("max_unpool2d", 2, x, indices, sizes, output_size)


@composite(samples=[at((1, 1, 1, 1, 1), VOLUME, 2)])
def max_unpool3d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    sizes = (kernel_size, stride, padding)
    return _unpooled("max_unpool3d", 3, x, indices, sizes, output_size)


max_unpool1d.__doc__ = UNPOOL.format(n=1, size="1, 1, 4", shape="1, 1, 4")
max_unpool2d.__doc__ = UNPOOL.format(n=2, size="1, 1, 4, 4", shape="1, 1, 4, 4")
max_unpool3d.__doc__ = UNPOOL.format(n=3, size="1, 1, 2, 4, 4", shape="1, 1, 2, 4, 4")
