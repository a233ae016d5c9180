"""The greatest elements of windows of large arrays, and gradients on their way back to them, in one
pass. Each function stands beside one of `pooling`, which has the same in NumPy's calls, and returns
None for what it does not take.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numpy import int32

from ..core.kernels import kernel
from .convolution_loops import plan_of
from .geometry import Geometry
from .windows import Sizes

BLOCK = 256
"""How many windows are looked through together, at least."""

# --- the loops ------------------------------------------------------------------------------------


def _greater(x, top):
    """The greater; NaN is greater than all."""
    return x if x > top or x != x else top


@kernel
def _take_tops(x, height, width, out):
    """The greatest of each window of a few rows and columns; windows lie side by side."""
    tops = np.empty(x.shape[2], x.dtype)
    for a in range(out.shape[0]):
        for i in range(out.shape[1]):
            row = x[a, i * height]
            for j in range(tops.size):
                tops[j] = row[j]
            for k in range(1, height):
                row = x[a, i * height + k]
                for j in range(tops.size):
                    tops[j] = _greater(row[j], tops[j])
            into = out[a, i]
            if width == 2:
                for j in range(into.size):
                    into[j] = _greater(tops[2 * j + 1], tops[2 * j])
            else:
                for j in range(into.size):
                    top = tops[j * width]
                    for k in range(1, width):
                        top = _greater(tops[j * width + k], top)
                    into[j] = top


@kernel
def _give_to_one_of_four(g, x, out):
    """The cotangents of windows of two by two, each to the first greatest element. Where that
    stands is computed for a row of windows without a branch, which would be foreseen wrongly every
    other time.
    """
    width = x.shape[2]
    places = np.empty(g.shape[2], np.int32)
    numbers = out.reshape(-1)
    for a in range(g.shape[0]):
        for i in range(g.shape[1]):
            above = x[a, 2 * i]
            below = x[a, 2 * i + 1]
            for j in range(places.size):
                top = above[np.uintp(2 * j)]
                second = above[np.uintp(2 * j + 1)]
                third = below[np.uintp(2 * j)]
                fourth = below[np.uintp(2 * j + 1)]
                wins = int32((second > top) | (second != second))
                top = second if (second > top) | (second != second) else top
                third_wins = int32((third > top) | (third != third))
                top = third if (third > top) | (third != third) else top
                place = wins + third_wins * (int32(width) - wins)
                fourth_wins = int32((fourth > top) | (fourth != fourth))
                places[j] = place + fourth_wins * (int32(width + 1) - place)
            start = (a * x.shape[1] + 2 * i) * width
            for j in range(places.size):
                numbers[np.uintp(start + 2 * j + places[j])] = g[a, i, j]


def _pick(numbers, starts, tap, out):
    for j in range(out.size):
        out[j] = numbers[np.uintp(starts[j] + tap)]


def _keep_greater(x, here, top, place):
    """For each window the greater of what is the greatest so far and what a tap meets, and where it
    stands.
    """
    for j in range(x.size):
        value = x[j]
        best = top[j]
        old = place[j]
        wins = (value > best) | (value != value) | (old < 0)
        top[j] = value if wins else best
        place[j] = here[j] if wins else old


@kernel
def _find_tops(x, places, starts, taps, span, out):
    """Where the first greatest element of each window stands (or the last NaN), for a block of
    planes after the other. Of a block, ``places`` has the place of each number in the planes
    without their padding, which is -1, and ``starts`` where windows begin; so many places has
    ``span``.
    """
    top = np.empty(starts.size, x.dtype)
    met = np.empty(starts.size, x.dtype)
    place = np.empty(starts.size, np.int32)
    here = np.empty(starts.size, np.int32)
    blocks = -(-out.size // starts.size)
    for b in range(blocks):
        numbers = x[b * places.size :]
        found = out[b * starts.size : (b + 1) * starts.size]
        first = starts[: found.size]
        _pick(numbers, first, taps[0], top[: found.size])
        _pick(places, first, taps[0], place[: found.size])
        for t in range(1, taps.size):
            _pick(numbers, first, taps[t], met[: found.size])
            _pick(places, first, taps[t], here[: found.size])
            _keep_greater(met[: found.size], here[: found.size], top, place)
        for j in range(found.size):
            found[j] = place[j] + b * span


# --- how they are called --------------------------------------------------------------------------


def _as_planes(x: np.ndarray, rank: int) -> np.ndarray:
    """As ``(planes, rows, columns)``, side by side in memory."""
    return np.ascontiguousarray(x).reshape(-1, *(1,) * (2 - rank), *x.shape[-rank:])


def window_tops(x: np.ndarray, kernel: Sizes) -> Any:
    """What `pooling._window_tops` computes."""
    rank = len(kernel)
    if rank > 2 or not x.size:
        return None
    lengths = tuple([n // k for n, k in zip(x.shape[-rank:], kernel)])
    out = np.empty((*x.shape[:-rank], *lengths), x.dtype)
    _take_tops(_as_planes(x, rank), *((1,) * (2 - rank) + kernel), _as_planes(out, rank))
    return out


def to_greatest(grad: np.ndarray, x: np.ndarray, *, kernel: Sizes) -> Any:
    """What `pooling._to_greatest` computes, for windows of two by two."""
    if kernel != (2, 2) or grad.dtype != x.dtype or grad.shape[:-2] != x.shape[:-2]:
        return None
    out = np.zeros(x.shape, x.dtype)
    _give_to_one_of_four(*[_as_planes(array, 2) for array in (grad, x, out)])
    return out


def _of_all(places: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The places of one plane, -1 for padding, in several planes after each other."""
    return np.where(places < 0, -1, places + before).astype(np.int32).reshape(-1)


def greatest_places(
    x: np.ndarray, places: np.ndarray, plane: int, kernel: Sizes, geometry: Geometry
) -> Any:
    """What `pooling._found_places` computes."""
    if x.size >= 2**31:
        return None
    rank = len(kernel)
    edgeless = geometry._replace(padding=((0, 0),) * rank)
    windows = plan_of(x.shape[-rank:], kernel, edgeless)
    starts = np.add.outer(windows.rows, np.arange(windows.width) * windows.step).reshape(-1)
    planes = -(-BLOCK // starts.size)
    each = np.arange(planes)[:, None]
    out = np.empty((*x.shape[:-rank], *windows.counts), np.int64)
    _find_tops(
        np.ascontiguousarray(x).reshape(-1),
        _of_all(places.reshape(-1), each * plane),
        *((each * windows.size + starts).reshape(-1), windows.taps, planes * plane),
        out.reshape(-1),
    )
    return out
