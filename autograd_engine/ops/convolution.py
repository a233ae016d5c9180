"""Convolution, which is linear in its input and in its weight: three ops, each of whose rules are
the other two.

The windows of a few samples at a time are laid out as columns (im2col), as many as the processor's
cache holds, and one matrix product handles them. The columns are made again in the backward sweep:
keeping them would take many times the memory of the input, and reading them back takes longer than
making them.
"""

from __future__ import annotations

import math
from typing import Any, Iterator

import numpy as np

from ..core.errors import ShapeError
from ..core.kernels import with_kernels
from ..core.summation import narrowed, summed, total, widened
from . import convolution_loops
from .declare import at, primitive
from .geometry import Geometry, batch_parts, turned
from .windows import Sizes, batched, each, overlap_add, ranked, windows

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors

CACHE = 2**21
"""The bytes of columns that are worked on at a time: about what a core's second-level cache holds.
"""


def _column_blocks(
    x: np.ndarray, kernel: Sizes, geometry: Geometry
) -> Iterator[tuple[slice, np.ndarray]]:
    """Parts of the batch, each with its windows as columns: ``(part, groups, channels * kernel,
    positions)``.
    """
    length = x.shape[2:]
    groups = geometry.groups
    counts = math.prod(geometry.positions(length, kernel))
    rows = x.shape[1] * math.prod(kernel)
    target, source = geometry.inner(length)
    buffer = None
    for part in batch_parts(len(x), rows * counts * x.itemsize, CACHE):
        block = x[part]
        if any(map(any, geometry.padding)):
            if buffer is None:
                buffer = np.zeros((*block.shape[:2], *geometry.padded(length)), x.dtype)
            buffer[: len(block)][target] = block[source]
            block = buffer[: len(block)]
        yield (
            part,
            windows(block, kernel, geometry.stride, geometry.dilation).reshape(
                len(block), groups, rows // groups, counts
            ),
        )


def _rows_run_on(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> bool:
    """Whether `_sliding` is the quicker way: what it copies faster is more than what it multiplies
    in vain.
    """
    kernel = w.shape[2:]
    if max(geometry.stride) > 1 or max(kernel) == 1:
        return False
    counts = geometry.positions(x.shape[2:], kernel)
    wide = math.prod(geometry.padded(x.shape[2:])[1:])
    waste = wide / math.prod(counts[1:]) - 1
    return waste * (len(w) // geometry.groups + 10) < 20


def _sliding(x: np.ndarray, w: np.ndarray, bias: Any, geometry: Geometry) -> np.ndarray:
    """The convolution with a kernel that moves by 1.

    Over planes whose rows are laid end to end the kernel also moves by 1 from the end of a row to
    the next. Then the columns are copies of long stretches of memory, and of the product those
    places are left out where the kernel lies across an end.
    """
    kernel = w.shape[2:]
    lengths = geometry.padded(x.shape[2:])
    counts = geometry.positions(x.shape[2:], kernel)
    wide = (counts[0], *lengths[1:])
    places = math.prod(wide)
    steps = [math.prod(lengths[i + 1 :]) for i in range(len(lengths))]
    reach = [d * step for d, step in zip(geometry.dilation, steps)]
    whole = places + sum(r * (k - 1) for r, k in zip(reach, kernel))
    matrices = w.reshape(geometry.groups, len(w) // geometry.groups, -1)
    rows = matrices.shape[2]
    target, source = geometry.inner(x.shape[2:])
    inside: Any = (..., *[slice(count) for count in counts])
    out = np.empty((len(x), len(w), *counts), x.dtype)
    buffer: Any = None
    for part in batch_parts(len(x), geometry.groups * rows * places * x.itemsize, CACHE):
        block = x[part]
        if buffer is None:
            buffer = np.zeros((*block.shape[:2], whole), x.dtype)
            columns = np.empty((len(block), geometry.groups, rows, places), x.dtype)
            product = np.empty((len(block), *matrices.shape[:2], places), x.dtype)
        count = len(block)
        planes = buffer[:count, :, : math.prod(lengths)].reshape(*block.shape[:2], *lengths)
        planes[target] = block[source]
        stretches = np.lib.stride_tricks.as_strided(
            buffer,
            (*block.shape[:2], *kernel, places),
            (*buffer.strides[:2], *[r * x.itemsize for r in reach], x.itemsize),
        )
        np.copyto(columns[:count].reshape(stretches.shape), stretches)
        np.matmul(matrices, columns[:count], out=product[:count])
        found = product[:count].reshape(count, len(w), *wide)[inside]
        if bias is None:
            out[part] = found
        else:
            np.add(found, bias.reshape(-1, *(1,) * len(kernel)), out=out[part])
    return out


@primitive(
    vjp=(
        lambda g, w, x_shape, geometry: _conv_input(g, w, shape=x_shape, geometry=geometry),
        lambda g, x, w_shape, geometry: _conv_weight(g, x, shape=w_shape, geometry=geometry),
        lambda g: summed(g, (0, *range(2, g.ndim))),
    ),
    promote="keep",
    symbol="∗",
    samples=[
        at((2, 2, 5), (3, 2, 3), (3,), geometry=Geometry((1,), ((0, 0),), (1,), 1)),
        at(
            (2, 4, 5, 4), (2, 2, 2, 2), (2,), geometry=Geometry((2, 1), ((1, 0), (0, 2)), (1, 2), 2)
        ),
        at(
            (1, 1, 3, 3, 3),
            (1, 1, 2, 2, 2),
            (1,),
            geometry=Geometry((1, 1, 2), ((0, 0),) * 3, (1, 1, 1), 1),
        ),
    ],
)
@with_kernels(convolution_loops.convolve_in_loops)
def _conv(x, w, bias=None, *, geometry):
    """The convolution of ``(batch, channels, *spatial)`` with ``(out, channels / groups,
    *kernel)``.
    """
    dtype = x.dtype
    x = widened(x)
    w = widened(w)
    if _rows_run_on(x, w, geometry):
        return narrowed(_sliding(x, w, bias, geometry), dtype)
    counts = geometry.positions(x.shape[2:], w.shape[2:])
    out = np.empty((len(x), geometry.groups, len(w) // geometry.groups, math.prod(counts)), x.dtype)
    matrices = w.reshape(geometry.groups, out.shape[2], -1)
    for part, columns in _column_blocks(x, w.shape[2:], geometry):
        np.matmul(matrices, columns, out=out[part])
        if bias is not None:
            out[part] += bias.reshape(geometry.groups, -1, 1)
    return narrowed(out.reshape(len(x), len(w), *counts), dtype)


@primitive(
    vjp=(
        lambda g, w, geometry: _conv(g, w, None, geometry=geometry),
        lambda g, y_grad, w_shape, geometry: _conv_weight(
            y_grad, g, shape=w_shape, geometry=geometry
        ),
    ),
    promote="keep",
    samples=[
        at((2, 3, 3), (3, 2, 3), shape=(2, 2, 5), geometry=Geometry((1,), ((0, 0),), (1,), 1)),
        at(
            (2, 2, 3, 4),
            (2, 2, 2, 2),
            shape=(2, 4, 5, 4),
            geometry=Geometry((2, 1), ((1, 0), (0, 2)), (1, 2), 2),
        ),
        at(
            (1, 1, 2, 2),
            (1, 1, 2, 2),
            shape=(1, 1, 5, 4),
            geometry=Geometry((2, 2), ((0, -1), (0, 0)), (1, 1), 1),
        ),
    ],
)
@with_kernels(convolution_loops.spread_in_loops)
def _conv_input(y_grad, w, *, shape, geometry):
    """The gradient of `_conv` with respect to an input of this shape: the transposed
    convolution."""
    groups = geometry.groups
    kernel = w.shape[2:]
    counts = y_grad.shape[2:]
    padded = geometry.padded(shape[2:])
    inside, kept = geometry.inner(shape[2:])
    dtype = y_grad.dtype
    y_grad = widened(y_grad)
    w = widened(w)
    if set(geometry.stride) == {1} and len(w) <= 4 * shape[1]:
        back = geometry.reversed(kernel)
        w_back = turned(w, groups)
        if _rows_run_on(y_grad, w_back, back):
            return narrowed(_sliding(y_grad, w_back, None, back), dtype)
    out = np.zeros(shape, y_grad.dtype)
    g = y_grad.reshape(len(y_grad), groups, len(w) // groups, math.prod(counts))
    rows = (
        w.reshape(groups, g.shape[2], w.shape[1], math.prod(kernel))
        .transpose(0, 3, 2, 1)
        .reshape(groups, -1, g.shape[2])
    )
    size = rows.size // g.shape[2] * g.shape[3] * g.itemsize
    for part in batch_parts(len(g), size, CACHE):
        if g.shape[2] == 1:  # of each group a single output: not worth a product of matrices
            columns = rows * g[part]
        else:
            columns = np.matmul(rows, g[part])
        columns = columns.reshape(-1, groups, *kernel, w.shape[1], *counts)
        columns = np.moveaxis(columns, 2 + len(kernel), 2)
        whole = overlap_add(columns, padded, kernel, geometry.stride, geometry.dilation)
        out[part][kept] = whole.reshape(-1, *shape[1:2], *padded)[inside]
    return narrowed(out, dtype)


@primitive(
    vjp=(
        lambda g, x, geometry: _conv(x, g, None, geometry=geometry),
        lambda g, y_grad, x_shape, geometry: _conv_input(
            y_grad, g, shape=x_shape, geometry=geometry
        ),
    ),
    promote="keep",
    samples=[
        at((2, 3, 3), (2, 2, 5), shape=(3, 2, 3), geometry=Geometry((1,), ((0, 0),), (1,), 1)),
        at(
            (2, 2, 3, 4),
            (2, 4, 5, 4),
            shape=(2, 2, 2, 2),
            geometry=Geometry((2, 1), ((1, 0), (0, 2)), (1, 2), 2),
        ),
    ],
)
@with_kernels(convolution_loops.correlate_in_loops)
def _conv_weight(y_grad, x, *, shape, geometry):
    """The gradient of `_conv` with respect to a weight of this shape."""
    dtype = x.dtype
    x = widened(x)
    y_grad = widened(y_grad)
    g = y_grad.reshape(
        len(y_grad), geometry.groups, shape[0] // geometry.groups, math.prod(y_grad.shape[2:])
    )
    out = np.zeros((geometry.groups, g.shape[2], math.prod(shape[1:])), x.dtype)
    for part, columns in _column_blocks(x, shape[2:], geometry):
        out += total(np.matmul(g[part], columns.swapaxes(-1, -2)), (0,))
    return narrowed(out.reshape(shape), dtype)


def _check_channels(
    name: str, n: int, x: Any, weight: Any, bias: Any, channels: int, outputs: int, groups: int
) -> None:
    """Raise if the weight, the bias or the groups do not fit the channels."""
    if groups < 1 or weight.ndim != n + 2:
        raise ShapeError(
            f"{name}{n}d() needs a weight of {n + 2} dimensions and groups of at least 1, got "
            f"{list(weight.shape)} and {groups}"
        )
    if x.shape[1] != channels or weight.shape[0] % groups:
        raise ShapeError(
            f"{name}{n}d(): a weight of shape {list(weight.shape)} with groups={groups} takes "
            f"{channels} channels, "
            "and its first length must be a multiple of groups; the input has shape "
            f"{list(x.shape)}"
        )
    if bias is not None and bias.shape != (outputs,):
        raise ShapeError(
            f"{name}{n}d() has {outputs} output channels, got a bias of shape {list(bias.shape)}"
        )


def _padding(
    padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[tuple[int, int], ...]:
    """Padding (before, after) of each dimension; an odd total of "same" puts the one more after."""
    if padding == "same":
        if set(stride) != {1}:
            raise ShapeError(f"padding='same' needs stride 1, got {stride}")
        totals = [d * (k - 1) for k, d in zip(kernel, dilation)]
        return tuple([(total // 2, total - total // 2) for total in totals])
    if isinstance(padding, str) and padding != "valid":
        raise ShapeError(f"padding must be 'same', 'valid' or numbers, got {padding!r}")
    if padding == "valid":
        padding = 0
    return tuple([(p, p) for p in each(padding, len(kernel), "padding", 0)])


def _convolution(n, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide kernels over ``{spatial}`` and take the dot product at each place (cross-correlation).

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, {spatial})``, or without the batch.
    weight : Tensor
        Shape ``(out_channels, channels / groups, {spatial} of the kernel)``.
    bias : Tensor, optional
        Shape ``(out_channels,)``.
    stride, dilation : int or one per dimension
        The step of the kernel, and the step between its elements.
    padding : int, one per dimension, "same" or "valid"
        How many zeros are put at both ends; "same" gives the output the lengths of the input (with
        stride 1).
    groups : int
        The channels are split into so many groups, each with its own kernels.

    Returns
    -------
    Tensor
        Shape ``(batch, out_channels, {spatial})``, each length
        ``(length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1``.

    Raises
    ------
    ShapeError
        If the channels do not fit, or the kernel is larger than the padded input.

    Examples
    --------
    >>> from autograd_engine import conv{n}d, ones
    >>> y = conv{n}d(ones(2, 3, *[8] * {n}), ones(4, 3, *[3] * {n}), padding=1)
    >>> y.shape == (2, 4, *[8] * {n})
    True
    """
    x, alone = batched(x, n, "conv")
    _check_channels("conv", n, x, weight, bias, weight.shape[1] * groups, weight.shape[0], groups)
    stride = each(stride, n, "stride")
    dilation = each(dilation, n, "dilation")
    geometry = Geometry(
        stride, _padding(padding, weight.shape[2:], stride, dilation), dilation, groups
    )
    out = _conv(x, weight, bias, geometry=geometry)
    return out[0] if alone else out


def _transposed(
    n, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """The transpose of `conv{n}d` as a linear map: what spreads each input element over a kernel's
    places in the output.

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, {spatial})``, or without the batch.
    weight : Tensor
        Shape ``(channels, out_channels / groups, {spatial} of the kernel)``.
    bias : Tensor, optional
        Shape ``(out_channels,)``.
    stride, dilation : int or one per dimension
        The step of the kernel in the output, and the step between its elements.
    padding : int or one per dimension
        How much is cut off at both ends of the output.
    output_padding : int or one per dimension
        How much is cut off less at the end; smaller than the stride or the dilation.
    groups : int
        The channels are split into so many groups, each with its own kernels.

    Returns
    -------
    Tensor
        Shape ``(batch, out_channels, {spatial})``, each length
        ``(length - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1``.

    Raises
    ------
    ShapeError
        If the channels do not fit, or nothing is left of the output.

    Examples
    --------
    >>> from autograd_engine import conv_transpose{n}d, ones
    >>> y = conv_transpose{n}d(ones(2, 3, *[4] * {n}), ones(3, 5, *[2] * {n}), stride=2)
    >>> y.shape == (2, 5, *[8] * {n})
    True
    """
    x, alone = batched(x, n, "conv_transpose")
    outputs = weight.shape[1] * groups
    _check_channels("conv_transpose", n, x, weight, bias, weight.shape[0], outputs, groups)
    stride = each(stride, n, "stride")
    dilation = each(dilation, n, "dilation")
    cut = each(padding, n, "padding", 0)
    more = each(output_padding, n, "output_padding", 0)
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation)):
        raise ShapeError(
            f"output_padding {more} must be smaller than stride {stride} or dilation {dilation}"
        )
    # The kernel's places fill the padded lengths exactly: what the output has more at the end is
    # padding taken away.
    geometry = Geometry(stride, tuple([(p, p - m) for p, m in zip(cut, more)]), dilation, groups)
    length = geometry.lengths(x.shape[2:], weight.shape[2:])
    if min(length) < 1:
        raise ShapeError(
            f"conv_transpose{n}d(): padding {cut} leaves an output of lengths {list(length)}"
        )
    out = _conv_input(x, weight, shape=(x.shape[0], outputs, *length), geometry=geometry)
    if bias is not None:
        out = out + bias.reshape((-1,) + (1,) * n)
    return out[0] if alone else out


conv1d, conv2d, conv3d = ranked(
    "conv",
    _convolution,
    lambda n: [
        at((1, 2, *[3] * n), (2, 2, *[2] * n), (2,), padding=1),
        at((2, *[3] * n), (4, 1, *[2] * n), stride=2, padding="valid", groups=2),
        at((1, 1, *[3] * n), (1, 1, *[2] * n), padding="same", dilation=2),
    ],
)
conv_transpose1d, conv_transpose2d, conv_transpose3d = ranked(
    "conv_transpose",
    _transposed,
    lambda n: [
        at((1, 2, *[2] * n), (2, 1, *[2] * n), (1,), padding=1),
        at((2, *[2] * n), (2, 1, *[2] * n), stride=2, output_padding=1, groups=2, dilation=2),
    ],
)
