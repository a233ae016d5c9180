"""Convolutions of large arrays by loops and products: windows are laid out as columns, a few
samples at a time, as many as the processor's second-level cache holds, and BLAS multiplies them.
Where a product would be small (one output for each group of channels, or few taps) loops add up the
taps.

Each function stands beside one of `convolution`, which has the same in NumPy's calls, and returns
None for what it does not take.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core.elementary import real
from ..core.kernels import kernel
from .geometry import Geometry, batch_parts, turned
from .windows import Sizes

ROOM = 2**20
"""The bytes of columns that are worked on at a time."""
FEW = 32
"""Up to so many taps are added up by loops."""
SEGMENT = 4096
"""The longest stretch of products that is added up in the dtype of the numbers."""

# --- the loops ------------------------------------------------------------------------------------


def _copy_eight(source, start, target, place):
    """Eight numbers that lie side by side. Unsigned, since an index that cannot be negative needs
    no look whether it is: then these are two instructions.
    """
    i = np.uintp(start)
    k = np.uintp(place)
    x0 = source[i]
    x1 = source[i + np.uintp(1)]
    x2 = source[i + np.uintp(2)]
    x3 = source[i + np.uintp(3)]
    x4 = source[i + np.uintp(4)]
    x5 = source[i + np.uintp(5)]
    x6 = source[i + np.uintp(6)]
    x7 = source[i + np.uintp(7)]
    target[k] = x0
    target[k + np.uintp(1)] = x1
    target[k + np.uintp(2)] = x2
    target[k + np.uintp(3)] = x3
    target[k + np.uintp(4)] = x4
    target[k + np.uintp(5)] = x5
    target[k + np.uintp(6)] = x6
    target[k + np.uintp(7)] = x7


def _copy_row(source, start, step, target, place, count):
    """``count`` numbers, ``step`` apart, to a place where they lie side by side."""
    if step == 1 and count >= 8:
        for j in range(0, count - 7, 8):
            _copy_eight(source, start + j, target, place + j)
        if count % 8:
            _copy_eight(source, start + count - 8, target, place + count - 8)
    else:
        for j in range(count):
            target[np.uintp(place + j)] = source[np.uintp(start + j * step)]


@kernel
def _fill(x, rows, width, size, planes):
    """The rows of planes, to where they lie in planes with padding, which have this size."""
    start = 0
    for first in range(0, planes.size, size):
        for r in range(rows.size):
            _copy_row(x, start, 1, planes, first + rows[r], width)
            start += width


@kernel
def _lay_out(planes, samples, groups, channels, size, taps, rows, width, step, out, pitches):
    """Windows as columns: for each sample, group of channels, channel and tap what the tap meets,
    row by row. ``pitches`` are how far apart samples, groups, and taps are in ``out``.
    """
    for i in range(samples):
        for g in range(groups):
            for c in range(channels):
                plane = ((i * groups + g) * channels + c) * size
                for t in range(taps.size):
                    place = i * pitches[0] + g * pitches[1] + (c * taps.size + t) * pitches[2]
                    for r in range(rows.size):
                        start = plane + taps[t] + rows[r]
                        _copy_row(planes, start, step, out, place, width)
                        place += width


@kernel
def _add_back(columns, blocks, channels, size, taps, rows, width, step, planes):
    """What `_lay_out` has laid out, added up where it came from."""
    place = 0
    for c in range(blocks * channels):
        for t in range(taps.size):
            for r in range(rows.size):
                row = columns[place : place + width]
                into = planes[c * size + taps[t] + rows[r] :]
                if step == 1:
                    for j in range(width):
                        into[j] += row[j]
                else:
                    for j in range(width):
                        into[j * step] += row[j]
                place += width


def _add_three(x0, x1, x2, w, k, y):
    w0 = w[k]
    w1 = w[k + 1]
    w2 = w[k + 2]
    for j in range(y.size):
        y[j] += w0 * x0[j] + w1 * x1[j] + w2 * x2[j]


def _add_three_to_two(x0, x1, x2, w, k, y, v, z):
    """Three taps to two outputs: of these six weights, which stay in registers, each number that is
    read meets two.
    """
    w0 = w[k]
    w1 = w[k + 1]
    w2 = w[k + 2]
    v0 = v[k]
    v1 = v[k + 1]
    v2 = v[k + 2]
    for j in range(y.size):
        y[j] += w0 * x0[j] + w1 * x1[j] + w2 * x2[j]
        z[j] += v0 * x0[j] + v1 * x1[j] + v2 * x2[j]


def _copy_rows(sums, rows, width, out):
    for r in range(rows.size):
        row = sums[rows[r] :]
        into = out[r * width :]
        for j in range(width):
            into[j] = row[j]


def _add_one(x, w, y):
    for j in range(y.size):
        y[j] += w * x[j]


@kernel
def _add_up(planes, samples, groups, size, taps, w, bias, rows, width, out):
    """For each sample and output the sum over the taps, each a weight times what lies ``taps``
    after the start of the group's numbers; of these sums, which are found for a stretch without
    gaps, the ``rows`` count.
    """
    outputs = w.shape[0] // groups
    run = rows[-1] + width
    sums = np.empty((2, run), planes.dtype)
    y = sums[0]
    z = sums[1]
    triples = taps.size - taps.size % 3
    for i in range(samples):
        for g in range(groups):
            x = planes[(i * groups + g) * size :]
            for o in range(g * outputs, (g + 1) * outputs, 2):
                both = o + 1 < (g + 1) * outputs
                p = o + 1 if both else o
                for j in range(run):
                    y[j] = bias[o]
                    z[j] = bias[p]
                for k in range(0, triples, 3):
                    x0 = x[taps[k] :]
                    x1 = x[taps[k + 1] :]
                    x2 = x[taps[k + 2] :]
                    if both:
                        _add_three_to_two(x0, x1, x2, w[o], k, y, w[p], z)
                    else:
                        _add_three(x0, x1, x2, w[o], k, y)
                for k in range(triples, taps.size):
                    _add_one(x[taps[k] :], w[o, k], y)
                    if both:
                        _add_one(x[taps[k] :], w[p, k], z)
                place = (i * w.shape[0] + o) * rows.size * width
                _copy_rows(y, rows, width, out[place:])
                if both:
                    _copy_rows(z, rows, width, out[place + rows.size * width :])


def _products_of_three(g, x0, x1, x2, out):
    y0 = real(0)
    y1 = real(0)
    y2 = real(0)
    for j in range(g.size):
        y0 += g[j] * x0[j]
        y1 += g[j] * x1[j]
        y2 += g[j] * x2[j]
    out[0] += y0
    out[1] += y1
    out[2] += y2


def _products_of_one(g, x, out):
    y = real(0)
    for j in range(g.size):
        y += g[j] * x[j]
    out[0] += y


@kernel
def _multiply_out(columns, samples, groups, taps, count, g, out):
    """For each output and tap the sum, over samples and places, of its cotangent times what the tap
    met; added up in float64 from stretch to stretch.
    """
    outputs = out.shape[0] // groups
    triples = taps - taps % 3
    for i in range(samples):
        for o in range(out.shape[0]):
            first = (i * groups + o // outputs) * taps * count
            for start in range(0, count, SEGMENT):
                stop = min(start + SEGMENT, count)
                place = (i * out.shape[0] + o) * count
                part = g[place + start : place + stop]
                x = columns[first + start :]
                for k in range(0, triples, 3):
                    into = out[o, k : k + 3]
                    x1 = x[(k + 1) * count :]
                    _products_of_three(part, x[k * count :], x1, x1[count:], into)
                for k in range(triples, taps):
                    _products_of_one(part, x[k * count :], out[o, k:])


# --- how they are called --------------------------------------------------------------------------


class WindowPlan(NamedTuple):
    """Where the numbers that windows meet lie in a padded plane, read as one row."""

    padded: Sizes
    counts: Sizes
    taps: np.ndarray
    """How far each tap lies after the first one."""
    rows: np.ndarray
    """Where each row of windows starts."""
    inner: np.ndarray | None
    """Where each row of the plane without its padding starts; None if something is cropped."""
    width: int
    """The windows of a row."""
    step: int

    @property
    def size(self) -> int:
        return math.prod(self.padded)

    @property
    def places(self) -> int:
        return math.prod(self.counts)


@functools.lru_cache(maxsize=256)
def plan_of(length: Sizes, kernel: Sizes, geometry: Geometry) -> WindowPlan:
    padded = geometry.padded(length)
    counts = geometry.positions(length, kernel)
    steps = [math.prod(padded[i + 1 :]) for i in range(len(padded))]
    taps = _offsets(kernel, [s * d for s, d in zip(steps, geometry.dilation)])
    strides = [s * t for s, t in zip(steps, geometry.stride)]
    rows = _offsets((*counts[:-1], 1), strides)
    inner = None
    if min(map(min, geometry.padding)) >= 0:
        before = sum(a * step for (a, _), step in zip(geometry.padding, steps))
        inner = before + _offsets((*length[:-1], 1), steps)
    return WindowPlan(padded, counts, taps, rows, inner, counts[-1], geometry.stride[-1])


def _offsets(shape: Sizes, steps: list[int]) -> np.ndarray:
    places = np.zeros((1,), np.int64)
    for length, step in zip(shape, steps):
        places = np.add.outer(places, np.arange(length) * step).reshape(-1)
    return places


def _padded_parts(
    x: np.ndarray, plan: WindowPlan, geometry: Geometry, size: int
) -> Iterator[tuple]:
    """Parts of the batch, of samples that take ``size`` numbers each: the part, how many samples it
    has, and they with their padding, as one row.
    """
    target, source = geometry.inner(x.shape[2:])
    buffer: Any = None
    for part in batch_parts(len(x), size * x.itemsize, ROOM):
        block = x[part]
        if any(map(any, geometry.padding)):
            if buffer is None:
                buffer = np.zeros((*block.shape[:2], *plan.padded), x.dtype)
            planes = buffer[: len(block)]
            if plan.inner is None:
                planes[target] = block[source]
            else:
                rows = np.ascontiguousarray(block).reshape(-1)
                _fill(rows, plan.inner, x.shape[-1], plan.size, planes.reshape(-1))
            block = planes
        yield part, len(block), np.ascontiguousarray(block).reshape(-1)


def _is_few(shape: Sizes, groups: int) -> bool:
    """Whether the products with a weight of this shape would be small ones."""
    return shape[0] // groups < 4 or math.prod(shape[1:]) <= FEW


def _is_taken(x: np.ndarray, w: np.ndarray) -> bool:
    return x.dtype == w.dtype and 0 not in x.shape[1:] and 0 not in w.shape


def convolve_in_loops(x: np.ndarray, w: np.ndarray, bias: Any = None, *, geometry: Geometry) -> Any:
    """What `convolution._conv` computes."""
    if not _is_taken(x, w) or (bias is not None and bias.dtype != x.dtype):
        return None
    plan = plan_of(x.shape[2:], w.shape[2:], geometry)
    if plan.taps.size == 1 and plan.places == plan.size and not _is_few(w.shape, geometry.groups):
        out = _of_one_tap(x, w, bias, geometry)
    elif _is_few(w.shape, geometry.groups) and set(geometry.stride) == {1}:
        out = _through_taps(x, w, bias, plan, geometry)
    else:
        out = _through_columns(x, w, bias, plan, geometry)
    return out.reshape(len(x), len(w), *plan.counts)


def _of_one_tap(x: np.ndarray, w: np.ndarray, bias: Any, geometry: Geometry) -> np.ndarray:
    """Of a kernel of a single tap."""
    groups = geometry.groups
    matrices = w.reshape(groups, len(w) // groups, -1)
    out = np.matmul(matrices, _padless(x, geometry).reshape(len(x), groups, w.shape[1], -1))
    if bias is not None:
        out += bias.reshape(groups, -1, 1)
    return out


def _padless(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    return x[geometry.inner(x.shape[2:])[1]]


def _summands(w: np.ndarray, bias: Any) -> tuple[np.ndarray, np.ndarray]:
    """The weights of each output in a row, and what is added."""
    if bias is None:
        bias = np.zeros(len(w), w.dtype)
    return np.ascontiguousarray(w).reshape(len(w), -1), np.ascontiguousarray(bias)


def _through_taps(
    x: np.ndarray, w: np.ndarray, bias: Any, plan: WindowPlan, geometry: Geometry
) -> np.ndarray:
    """By sums over the taps of a kernel that moves by 1, also from a row on to the next one."""
    matrix, summand = _summands(w, bias)
    out = np.empty((len(x), len(w) * plan.places), x.dtype)
    size = w.shape[1] * plan.size
    taps = np.add.outer(np.arange(w.shape[1]) * plan.size, plan.taps).reshape(-1)
    for part, count, block in _padded_parts(x, plan, geometry, x.shape[1] * plan.size):
        into = out[part].reshape(-1)
        _add_up(
            *(block, count, geometry.groups, size, taps, matrix, summand),
            *(plan.rows, plan.width, into),
        )
    return out


def _through_columns(
    x: np.ndarray, w: np.ndarray, bias: Any, plan: WindowPlan, geometry: Geometry
) -> np.ndarray:
    """By columns, with a row of ones for the bias where they are multiplied."""
    groups = geometry.groups
    few = _is_few(w.shape, groups)
    matrices, summand = _summands(w, bias)
    taps = matrices.shape[1]
    height = taps
    if bias is not None and not few:
        matrices = np.concatenate([matrices, summand[:, None]], 1)
        height += 1
    pitches = np.array([groups * height, height, 1]) * plan.places
    out = np.empty((len(x), groups, len(w) // groups, plan.places), x.dtype)
    columns: Any = None
    for part, count, block in _padded_parts(x, plan, geometry, pitches[0]):
        if columns is None:
            columns = np.empty((count, groups, height, plan.places), x.dtype)
            columns[:, :, taps:] = 1
        here = columns[:count]
        flat = here.reshape(-1)
        _lay_out(
            *(block, count, groups, w.shape[1], plan.size),
            *(plan.taps, plan.rows, plan.width, plan.step, flat, pitches),
        )
        if few:
            offsets = np.arange(taps) * plan.places
            into = out[part].reshape(-1)
            whole = np.zeros(1, np.int64)
            _add_up(
                *(flat, count, groups, taps * plan.places, offsets, matrices, summand),
                *(whole, plan.places, into),
            )
        else:
            np.matmul(matrices.reshape(groups, -1, height), here, out=out[part])
    return out


def spread_in_loops(y_grad: np.ndarray, w: np.ndarray, *, shape: Sizes, geometry: Geometry) -> Any:
    """What `convolution._conv_input` computes."""
    if not _is_taken(y_grad, w) or 0 in shape:
        return None
    groups = geometry.groups
    plan = plan_of(shape[2:], w.shape[2:], geometry)
    if set(geometry.stride) == {1} and (len(w) <= groups or shape[1] // groups >= 16):
        back = geometry.reversed(w.shape[2:])
        return convolve_in_loops(y_grad, turned(w, groups), None, geometry=back)
    g = np.ascontiguousarray(y_grad).reshape(len(y_grad), groups, len(w) // groups, plan.places)
    matrices = w.reshape(groups, g.shape[2], -1).swapaxes(1, 2)
    rows = matrices.shape[1]
    inside, kept = geometry.inner(shape[2:])
    out = np.zeros(shape, y_grad.dtype)
    for part in batch_parts(len(g), groups * rows * plan.places * g.itemsize, ROOM):
        if g.shape[2] == 1:
            columns = matrices * g[part]
        else:
            columns = np.matmul(matrices, g[part])
        planes = np.zeros((len(columns), shape[1], *plan.padded), g.dtype)
        _add_back(
            *(columns.reshape(-1), len(columns) * groups, shape[1] // groups, plan.size),
            *(plan.taps, plan.rows, plan.width, plan.step, planes.reshape(-1)),
        )
        out[part][kept] = planes[inside]
    return out


def correlate_in_loops(
    y_grad: np.ndarray, x: np.ndarray, *, shape: Sizes, geometry: Geometry
) -> Any:
    """What `convolution._conv_weight` computes."""
    if not _is_taken(y_grad, x) or 0 in shape:
        return None
    groups = geometry.groups
    plan = plan_of(x.shape[2:], shape[2:], geometry)
    g = y_grad.reshape(len(x), groups, shape[0] // groups, plan.places)
    if _is_few(shape, groups):
        return _through_rows(g, x, shape, plan, geometry)
    return _through_long_columns(g, x, shape, plan, geometry)


def _through_rows(
    g: np.ndarray, x: np.ndarray, shape: Sizes, plan: WindowPlan, geometry: Geometry
) -> np.ndarray:
    """By products of rows of numbers, added up."""
    groups = geometry.groups
    taps = math.prod(shape[1:])
    out = np.zeros((shape[0], taps))
    pitches = np.array([groups * taps, taps, 1]) * plan.places
    columns = None
    for part, count, block in _padded_parts(x, plan, geometry, pitches[0]):
        if columns is None:
            columns = np.empty(count * pitches[0], x.dtype)
        _lay_out(
            *(block, count, groups, shape[1], plan.size),
            *(plan.taps, plan.rows, plan.width, plan.step, columns, pitches),
        )
        cotangents = np.ascontiguousarray(g[part]).reshape(-1)
        _multiply_out(columns, count, groups, taps, plan.places, cotangents, out)
    return out.reshape(shape).astype(x.dtype)


def _through_long_columns(
    g: np.ndarray, x: np.ndarray, shape: Sizes, plan: WindowPlan, geometry: Geometry
) -> np.ndarray:
    """By one product for all columns of several samples, which lie side by side."""
    groups, outputs, places = g.shape[1:]
    taps = math.prod(shape[1:])
    out = np.zeros((groups, taps, outputs), x.dtype)
    product = np.empty_like(out)
    buffer: Any = None
    for part, count, block in _padded_parts(x, plan, geometry, groups * taps * places):
        if buffer is None:
            buffer = np.empty(count * groups * taps * places, x.dtype)
        columns = buffer[: count * groups * taps * places]
        _lay_out(
            *(block, count, groups, shape[1], plan.size),
            *(plan.taps, plan.rows, plan.width, plan.step, columns),
            np.array([1, taps * count, count]) * places,
        )
        cotangents = g[part].transpose(1, 0, 3, 2).reshape(groups, count * places, outputs)
        np.matmul(columns.reshape(groups, taps, count * places), cotangents, out=product)
        out += product
    return out.swapaxes(1, 2).reshape(shape)
