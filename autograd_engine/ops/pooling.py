"""Pooling: one number for each window, its greatest element or its mean.

A maximum is first found, without a graph, and then read by its position; a mean is a convolution
with ones.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Iterator, NamedTuple

import numpy as np

from ..core.errors import ShapeError
from ..core.kernels import with_kernels
from . import pooling_loops
from .choice import _straight, tied, zeros_like
from .convolution import _conv, _conv_input
from .geometry import Geometry
from .declare import at, primitive
from .indexing import _scatter
from .joining import stack
from .reduction import mean
from .shape import _cast
from .windows import Sizes, batched, each, positions, ranked, taps

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors


class Pooled(NamedTuple):
    """What max pooling returns if the indices are asked for."""

    values: Any
    indices: Any


def _windowing(
    n: int, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Sizes, Geometry]:
    """The kernel and how it moves; in ``ceil_mode`` the padding after has what a last, incomplete
    window needs.
    """
    kernel = each(kernel_size, n, "kernel_size")
    dilation = each(dilation, n, "dilation")
    if stride is None or np.size(stride) == 0:
        stride = kernel_size
    stride = each(stride, n, "stride")
    borders = each(padding, n, "padding", 0)
    if any(2 * p > k for p, k in zip(borders, kernel)):
        raise ShapeError(
            f"padding {borders} must be at most half of kernel_size {kernel}, else a window could "
            "lie in it entirely"
        )
    pairs = []
    for length, k, s, p, d in zip(x.shape[-n:], kernel, stride, borders, dilation):
        room = length + 2 * p - d * (k - 1) - 1
        steps = room // s
        if ceil_mode:
            # Every window starts in the input or in the padding before it.
            steps = min(-(-room // s), (length + p - 1) // s)
        pairs.append((p, p + max(0, steps * s - room)))
    return kernel, Geometry(stride, tuple(pairs), dilation, 1)


def _bordered(x: np.ndarray, geometry: Geometry, value: Any) -> np.ndarray:
    n = len(geometry.stride)
    out = np.full((*x.shape[:-n], *geometry.padded(x.shape[-n:])), value, x.dtype)
    out[geometry.inner(x.shape[-n:])[0]] = x
    return out


def _lowest(dtype: np.dtype) -> Any:
    """What wins over nothing."""
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


@primitive(
    samples=[
        at((2, 1, 5), kernel=(2,), geometry=Geometry((2,), ((0, 1),), (1,), 1)),
        at((1, 2, 4, 5), kernel=(2, 3), geometry=Geometry((1, 2), ((1, 1), (0, 0)), (2, 1), 1)),
    ]
)
def _max_places(x, *, kernel, geometry):
    """The position, in the flat array, of the first greatest element of each window (or of the last
    NaN).
    """
    lengths = x.shape[-len(kernel) :]
    plane = math.prod(lengths)
    places = np.arange(plane, dtype=np.int32 if plane < 2**31 else np.int64).reshape(lengths)
    if any(map(any, geometry.padding)):
        x = _bordered(x, geometry, _lowest(x.dtype))
        places = _bordered(places, geometry, -1)
    return _found_places(x, places, plane, kernel, geometry)


@with_kernels(pooling_loops.greatest_places)
def _found_places(
    x: np.ndarray, places: np.ndarray, plane: int, kernel: Sizes, geometry: Geometry
) -> np.ndarray:
    """The same, of planes with their padding and their places, which in the padding are -1; a plane
    has so many.
    """
    n = len(kernel)
    counts = tuple(map(positions, x.shape[-n:], kernel, geometry.stride, geometry.dilation))
    best: Any = None
    found: Any = None
    for _, index in taps(kernel, counts, geometry.stride, geometry.dilation):
        here = x[index]
        place = places[index]
        if best is None:
            best = here.copy()
            found = np.broadcast_to(place, here.shape).copy()
            continue
        better = (here > best) | (here != here) | (found < 0)
        np.copyto(best, here, where=better)
        np.copyto(found, place, where=better)
    planes = math.prod(x.shape[:-n])
    return found + (np.arange(planes) * plane).reshape(*x.shape[:-n], *(1,) * n)


@primitive(
    vjp=lambda g, x_shape, x_place, places: tied(
        _scatter(g, shape=(math.prod(x_shape),), index=places).reshape(x_shape), x_place
    ),
    samples=[at((2, 3), places=np.array([[5, 0], [2, 2]]))],
)
def _elements(x, *, places):
    """The elements at these places of the flat array."""
    return x.reshape(-1)[places]


@primitive(
    vjp=lambda g, x_shape, x_place, kernel, geometry: tied(
        _conv_input(g, np.ones((1, 1, *kernel), g.dtype), shape=x_shape, geometry=geometry),
        x_place,
    ),
    samples=[at((2, 1, 5), kernel=(3,), geometry=Geometry((2,), ((0, 1),), (1,), 1))],
)
def _window_sums(x, *, kernel, geometry):
    """The sum of each window of ``(planes, 1, *spatial)``: a convolution with ones."""
    return _conv(x, np.ones((1, 1, *kernel), x.dtype), None, geometry=geometry)


def _meeting(kernel: Sizes, x: np.ndarray) -> Iterator[tuple]:
    """For each place in windows that lie side by side, the index of the elements there."""
    counts = tuple([length // k for length, k in zip(x.shape[-len(kernel) :], kernel)])
    ones = (1,) * len(kernel)
    return (index for _, index in taps(kernel, counts, kernel, ones))


@with_kernels(pooling_loops.window_tops)
def _window_tops(x: np.ndarray, kernel: Sizes) -> np.ndarray:
    first, *others = _meeting(kernel, x)
    out = x[first].copy()
    for index in others:
        np.maximum(out, x[index], out=out)
    return out


def _edge_to_edge(kernel: Sizes) -> Geometry:
    ones = (1,) * len(kernel)
    return Geometry(kernel, ((0, 0),) * len(kernel), ones, 1)


def _places_of(x: Any, kernel: Sizes) -> Any:
    places = _max_places(x, kernel=kernel, geometry=_edge_to_edge(kernel))
    return getattr(places, "_data", places)


@primitive(
    vjp=(
        lambda g, x, kernel: _elements(g, places=_places_of(x, kernel)),
        lambda g, x: tied(zeros_like(x), x),
    ),
    batching="front",
    samples=[at((1, 2, 2), (1, 4, 5), kernel=(2, 2))],
)
@with_kernels(pooling_loops.to_greatest)
def _to_greatest(grad, x, *, kernel):
    """Each of the ``grad`` at the first greatest element of its window."""
    top = _window_tops(x, kernel)
    lead = np.broadcast_shapes(grad.shape[: -len(kernel)], x.shape[: -len(kernel)])
    whole = (*lead, *x.shape[-len(kernel) :])
    out = np.zeros(whole, grad.dtype)
    if np.isnan(top).any():  # it equals nothing; of several NaN the last is taken
        out.reshape(-1)[_places_of(np.broadcast_to(x, whole), kernel)] = grad
        return out
    # Of a product with integers 0 is what becomes of infinities too.
    whole_numbers = f"i{grad.itemsize}"
    bits = np.ascontiguousarray(grad).view(whole_numbers)
    left = np.broadcast_to(bits, (*lead, *top.shape[-len(kernel) :])).copy()
    into = out.view(whole_numbers)
    *others, last = _meeting(kernel, x)
    for index in others:
        won = left * (x[index] == top)
        into[index] = won
        left -= won
    into[last] = left
    return out


@primitive(
    vjp=lambda g, x, kernel: _to_greatest(g, x, kernel=kernel),
    batching="front",
    samples=[at((2, 1, 5), kernel=(2,)), at((1, 2, 4, 7), kernel=(2, 3))],
)
def _window_max(x, *, kernel):
    """The greatest element of each of the windows that lie side by side."""
    return _window_tops(x, kernel)


def _with_indices(x: Any, places: Any, plane: int, return_indices: bool) -> Any:
    """The elements at these places of the flat array, with their indices in their plane if asked
    for.
    """
    values = _elements(x, places=getattr(places, "_data", places))
    if return_indices:
        return Pooled(values, places % plane)
    return values


def _max_pool(
    n, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """The greatest element of each window.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, {spatial})``, or without the batch.
    kernel_size : int or one per dimension
    stride : int or one per dimension, optional
        The step of the window; by default its size.
    padding : int or one per dimension
        How many elements that never win are put at both ends; at most half of the window.
    dilation : int or one per dimension
        The step between the elements of a window.
    ceil_mode : bool
        Whether a last, incomplete window counts.
    return_indices : bool
        Return also where each greatest element stands.

    Returns
    -------
    Tensor or (values, indices)
        Shape ``(batch, channels, {spatial})``. Of equal elements the first is taken, and gets the
        gradient. The indices are those in the flattened plane of a channel.

    Raises
    ------
    ShapeError
        If no window fits, or the padding is more than half of it.

    Examples
    --------
    >>> from autograd_engine import max_pool{n}d, ones
    >>> max_pool{n}d(ones(1, 1, *[4] * {n}), 2).shape == (1, 1, *[2] * {n})
    True
    """
    batched(x, n, "max_pool")
    kernel, geometry = _windowing(n, x, kernel_size, stride, padding, dilation, ceil_mode)
    if geometry == _edge_to_edge(kernel) and not return_indices:
        geometry.positions(x.shape[-n:], kernel)  # raises where none fits
        return _window_max(x, kernel=kernel)
    return _with_indices(
        x, _max_places(x, kernel=kernel, geometry=geometry), math.prod(x.shape[-n:]), return_indices
    )


def _counts(
    length: int, kernel: int, stride: int, pads: tuple[int, int], border: int
) -> np.ndarray:
    """How many elements each window has that lie no further out than ``border``."""
    starts = np.arange(0, length + sum(pads) - kernel + 1, stride) - pads[0]
    return np.minimum(starts + kernel, length + border) - np.maximum(starts, -border)


def _window_sizes(length: Sizes, kernel: Sizes, geometry: Geometry, with_pad: bool) -> np.ndarray:
    """How many elements each window has, with the padding or without."""
    sizes = np.ones(())
    for n, k, s, pads in zip(length, kernel, geometry.stride, geometry.padding):
        border = pads[0] if with_pad else 0
        sizes = np.multiply.outer(sizes, _counts(n, k, s, pads, border))
    return sizes


def _avg_pool(
    n,
    x,
    kernel_size,
    stride=None,
    padding=0,
    ceil_mode=False,
    count_include_pad=True,
    divisor_override=None,
):
    """The mean of each window.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, {spatial})``, or without the batch.
    kernel_size : int or one per dimension
    stride : int or one per dimension, optional
        The step of the window; by default its size.
    padding : int or one per dimension
        How many zeros are put at both ends; at most half of the window.
    ceil_mode : bool
        Whether a last, incomplete window counts.
    count_include_pad : bool
        Whether the zeros count in the mean.
    divisor_override : int, optional
        What to divide the sums by, instead of the number of elements.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, {spatial})``.

    Raises
    ------
    ShapeError
        If no window fits, or the padding is more than half of it.

    Examples
    --------
    >>> from autograd_engine import avg_pool{n}d, ones
    >>> avg_pool{n}d(ones(1, 1, *[4] * {n}), 2).shape == (1, 1, *[2] * {n})
    True
    """
    batched(x, n, "avg_pool")
    if divisor_override == 0:
        raise ShapeError("divisor_override must not be 0")
    kernel, geometry = _windowing(n, x, kernel_size, stride, padding, 1, ceil_mode)
    planes = x.reshape((math.prod(x.shape[:-n]), 1, *x.shape[-n:]))
    if x.dtype == np.float16:  # whose sums may be greater than any number it has
        planes = _cast(planes, dtype=np.dtype("float32"))
    sums = _window_sums(planes, kernel=kernel, geometry=geometry)
    divisor = divisor_override
    if divisor is None:
        sizes = _window_sizes(x.shape[-n:], kernel, geometry, count_include_pad)
        divisor = sizes.astype(sums.dtype)
    means = (sums / divisor).reshape((*x.shape[:-n], *sums.shape[2:]))
    return means if means.dtype == x.dtype else _cast(means, dtype=x.dtype)


def _bounds(length: int, count: int) -> list[slice]:
    """``count`` windows that cover ``length`` elements as evenly as may be; neighbours may share an
    element.
    """
    return [slice(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def _output_size(n: int, x: Any, output_size: Any) -> Sizes:
    if output_size is None or isinstance(output_size, int):
        output_size = (output_size,) * n
    sizes = list(output_size)
    if len(sizes) != n:
        raise ShapeError(f"output_size must be an integer or {n} of them, got {output_size!r}")
    for i, length in enumerate(x.shape[-n:]):
        if sizes[i] is None:
            sizes[i] = length
    return each(sizes, n, "output_size")


def _adaptive_avg_pool(n, x, output_size):
    """The means of as many windows as are wanted, which cover the input evenly.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, {spatial})``, or without the batch.
    output_size : int, None or one per dimension
        The number of windows; None for the length of the input.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *output_size)``.

    Examples
    --------
    >>> from autograd_engine import adaptive_avg_pool{n}d, ones
    >>> adaptive_avg_pool{n}d(ones(1, 2, *[7] * {n}), 3).shape == (1, 2, *[3] * {n})
    True
    """
    batched(x, n, "adaptive_avg_pool")
    sizes = _output_size(n, x, output_size)
    if all(length % size == 0 for length, size in zip(x.shape[-n:], sizes)):
        if set(sizes) == {1}:
            return mean(_straight(x), dim=tuple(range(-n, 0)), keepdim=True)
        return _avg_pool(n, x, [length // size for length, size in zip(x.shape[-n:], sizes)])
    x = _straight(x)
    for dim, size in zip(range(-n, 0), sizes):
        rest = (slice(None),) * (-dim - 1)
        x = stack(
            [mean(x[(..., window, *rest)], dim=dim) for window in _bounds(x.shape[dim], size)], dim
        )
    return x


@primitive(samples=[at((2, 5), sizes=(3,)), at((1, 4, 5), sizes=(2, 3))])
def _adaptive_places(x, *, sizes):
    """The position, in the flat array, of the first greatest element of each window."""
    n = len(sizes)
    out = np.empty((*x.shape[:-n], *sizes), int)
    places = np.arange(x.size).reshape(x.shape)
    for cell in itertools.product(
        *[enumerate(_bounds(length, size)) for length, size in zip(x.shape[-n:], sizes)]
    ):
        window = (..., *[part for _, part in cell])
        flat = (*x.shape[:-n], math.prod(x[window].shape[-n:]))
        block, where = (a[window].reshape(flat) for a in (x, places))
        out[(..., *[i for i, _ in cell])] = np.take_along_axis(
            where, block.argmax(-1)[..., None], -1
        )[..., 0]
    return out


def _adaptive_max_pool(n, x, output_size, return_indices=False):
    """The greatest elements of as many windows as are wanted, which cover the input evenly.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, {spatial})``, or without the batch.
    output_size : int, None or one per dimension
        The number of windows; None for the length of the input.
    return_indices : bool
        Return also where each greatest element stands.

    Returns
    -------
    Tensor or (values, indices)
        Shape ``(batch, channels, *output_size)``.

    Examples
    --------
    >>> from autograd_engine import adaptive_max_pool{n}d, ones
    >>> adaptive_max_pool{n}d(ones(1, 2, *[7] * {n}), 3).shape == (1, 2, *[3] * {n})
    True
    """
    batched(x, n, "adaptive_max_pool")
    if 0 in x.shape[1:]:
        raise ShapeError(
            f"adaptive_max_pool{n}d() takes no empty dimension but the first, got shape "
            f"{list(x.shape)}"
        )
    return _with_indices(
        x,
        _adaptive_places(x, sizes=_output_size(n, x, output_size)),
        math.prod(x.shape[-n:]),
        return_indices,
    )


def _pooled(n: int) -> list:
    return [
        at((1, 1, *[4] * n), 2),
        at((1, *[4] * n), kernel_size=3, stride=2, padding=1, ceil_mode=True),
    ]


def _evenly(n: int) -> list:
    return [at((1, 1, *[4] * n), 2), at((1, *[4] * n), 3), at((1, 1, *[3] * n), 1)]


max_pool1d, max_pool2d, max_pool3d = ranked("max_pool", _max_pool, _pooled)
avg_pool1d, avg_pool2d, avg_pool3d = ranked("avg_pool", _avg_pool, _pooled)
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = ranked(
    "adaptive_avg_pool", _adaptive_avg_pool, _evenly
)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = ranked(
    "adaptive_max_pool", _adaptive_max_pool, _evenly
)
