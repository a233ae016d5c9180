"""Windows that slide over the last dimensions: the geometry that convolution, pooling, ``unfold``
and ``fold`` share.

Everything is written once for any number of spatial dimensions; `ranked` makes the 1d, 2d and 3d
forms that users call.
"""

from __future__ import annotations

import functools
import inspect
import math
from typing import Any, Callable, Iterator

import numpy as np

from ..core.errors import ShapeError
from ..core.summation import narrowed, widened
from .declare import at, composite, normal_dims, primitive
from .padding import pad
from .shape import permute, reshape

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors

Sizes = tuple[int, ...]


def each(value: Any, n: int, name: str, least: int = 1) -> Sizes:
    """A size given once for all ``n`` spatial dimensions, or one for each; none below ``least``."""
    sizes = (value,) * n if isinstance(value, (int, np.integer)) else tuple(value)
    sizes = sizes * n if len(sizes) == 1 else sizes
    if len(sizes) != n or min(sizes) < least:
        raise ShapeError(
            f"{name} must be an integer of at least {least}, or {n} of them, got {value!r}"
        )
    return tuple(map(int, sizes))


def positions(length: int, kernel: int, stride: int, dilation: int) -> int:
    """How many windows fit along one dimension."""
    span = dilation * (kernel - 1) + 1
    if length < span:
        raise ShapeError(
            f"a window of {span} elements does not fit into the (padded) length {length}"
        )
    return (length - span) // stride + 1


def windows(x: np.ndarray, kernel: Sizes, stride: Sizes, dilation: Sizes) -> np.ndarray:
    """All windows, as a read-only view of shape ``(..., *kernel, *positions)``."""
    lead = x.ndim - len(kernel)
    counts = tuple(map(positions, x.shape[lead:], kernel, stride, dilation))
    steps = x.strides[lead:]
    strides = (
        *x.strides[:lead],
        *(s * d for s, d in zip(steps, dilation)),
        *(s * t for s, t in zip(steps, stride)),
    )
    return np.lib.stride_tricks.as_strided(
        x, (*x.shape[:lead], *kernel, *counts), strides, writeable=False
    )


def taps(
    kernel: Sizes, counts: Sizes, stride: Sizes, dilation: Sizes
) -> Iterator[tuple[Sizes, tuple]]:
    """For each place in the window, the index of the elements that it meets as the window moves."""
    for place in np.ndindex(*kernel):
        starts = [k * d for k, d in zip(place, dilation)]
        yield (
            place,
            (..., *(slice(a, a + s * (n - 1) + 1, s) for a, n, s in zip(starts, counts, stride))),
        )


def overlap_add(
    columns: np.ndarray, length: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> np.ndarray:
    """Add windows of shape ``(..., *kernel, *positions)`` up where they came from: the transpose of
    `windows`.
    """
    n = len(kernel)
    dtype = columns.dtype
    columns = widened(columns)
    out = np.zeros((*columns.shape[: -2 * n], *length), columns.dtype)
    for place, index in taps(kernel, columns.shape[-n:], stride, dilation):
        part: Any = (..., *place, *(slice(None),) * n)
        out[index] += columns[part]
    return narrowed(out, dtype)


@primitive(
    vjp=lambda g, x_shape, kernel, stride, dilation: _overlap_add(
        g, length=x_shape[-len(kernel) :], kernel=kernel, stride=stride, dilation=dilation
    ),
    batching="pointwise",
    samples=[
        at((2, 5), kernel=(3,), stride=(2,), dilation=(1,)),
        at((2, 4, 5), kernel=(2, 2), stride=(1, 2), dilation=(2, 1)),
    ],
)
def _windows(x, *, kernel, stride, dilation):
    """All windows: ``(..., *kernel, *positions)``."""
    return windows(x, kernel, stride, dilation)


@primitive(
    vjp=lambda g, kernel, stride, dilation: _windows(
        g, kernel=kernel, stride=stride, dilation=dilation
    ),
    batching="pointwise",
    samples=[at((2, 3, 2), length=(5,), kernel=(3,), stride=(2,), dilation=(1,))],
)
def _overlap_add(x, *, length, kernel, stride, dilation):
    """Windows added up where they came from: ``(..., *length)``."""
    return overlap_add(x, length, kernel, stride, dilation)


def _blocks(
    kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[Sizes, Sizes, Sizes, Sizes]:
    return (
        each(kernel_size, 2, "kernel_size"),
        each(dilation, 2, "dilation"),
        each(padding, 2, "padding", 0),
        each(stride, 2, "stride"),
    )


@composite(
    samples=[
        at((1, 2, 3, 4), 2),
        at((2, 5, 4), kernel_size=(3, 2), dilation=(1, 2), padding=1, stride=2),
    ]
)
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The blocks that a sliding window meets, as columns (im2col).

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels, height, width)``, or without the batch.
    kernel_size, dilation, padding, stride : int or (int, int)

    Returns
    -------
    Tensor
        Shape ``(batch, channels * kernel height * kernel width, positions)``.

    Raises
    ------
    ShapeError
        If a window does not fit.

    Examples
    --------
    >>> from autograd_engine import arange, unfold
    >>> unfold(arange(9.0).reshape(1, 3, 3), 2)
    tensor([[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]])
    """
    if x.ndim not in (3, 4):
        raise ShapeError(
            "unfold() takes (batch, channels, height, width) or (channels, height, width), got "
            f"shape {list(x.shape)}"
        )
    kernel, dilation, (top, left), stride = _blocks(kernel_size, dilation, padding, stride)
    columns = _windows(
        pad(x, (left, left, top, top)), kernel=kernel, stride=stride, dilation=dilation
    )
    return reshape(
        columns, (*x.shape[:-3], x.shape[-3] * math.prod(kernel), math.prod(columns.shape[-2:]))
    )


@composite(
    samples=[
        at((1, 4, 6), output_size=(3, 4), kernel_size=2),
        at((12, 4), output_size=3, kernel_size=(3, 2), padding=1, stride=(2, 2)),
    ]
)
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns of blocks added up where `unfold` took them from (col2im).

    Parameters
    ----------
    x : Tensor
        Shape ``(batch, channels * kernel height * kernel width, positions)``, or without the batch.
    output_size : int or (int, int)
        Height and width of the result.
    kernel_size, dilation, padding, stride : int or (int, int)

    Returns
    -------
    Tensor
        Shape ``(batch, channels, height, width)``.

    Raises
    ------
    ShapeError
        If the columns are not those of such an output.

    Examples
    --------
    >>> from autograd_engine import fold, ones
    >>> fold(ones(4, 4), (3, 3), 2)
    tensor([[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]])
    """
    kernel, dilation, (top, left), stride = _blocks(kernel_size, dilation, padding, stride)
    height, width = each(output_size, 2, "output_size")
    length = (height + 2 * top, width + 2 * left)
    counts = tuple(map(positions, length, kernel, stride, dilation))
    if x.ndim not in (2, 3) or x.shape[-2] % math.prod(kernel) or x.shape[-1] != math.prod(counts):
        raise ShapeError(
            f"fold() needs shape (batch, a multiple of {math.prod(kernel)}, {math.prod(counts)}) "
            f"for this output, got {list(x.shape)}"
        )
    columns = reshape(x, (*x.shape[:-2], x.shape[-2] // math.prod(kernel), *kernel, *counts))
    whole = _overlap_add(columns, length=length, kernel=kernel, stride=stride, dilation=dilation)
    if top or left:
        whole = pad(whole, (-left, -left, -top, -top))
    return whole


def unfold_along(x: Any, dimension: int, size: int, step: int) -> Any:
    """All slices of length ``size`` along a dimension, ``step`` apart, as a view; the slices are
    the new last dimension.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(5.0).unfold(0, 3, 2)
    tensor([[0., 1., 2.],
            [2., 3., 4.]])
    """
    if x.ndim == 0:
        return unfold_along(reshape(x, (1,)), dimension, size, step)[0]
    (dim,) = normal_dims(dimension, x.ndim)
    if step < 1 or not 0 <= size <= x.shape[dim]:
        raise ShapeError(
            f"unfold() takes slices of at most {x.shape[dim]} elements, at least 1 apart, got size "
            f"{size} and step {step}"
        )
    others = tuple([i for i in range(x.ndim) if i != dim])
    # Of shape (*others, size, positions).
    slices = _windows(permute(x, (*others, dim)), kernel=(size,), stride=(step,), dilation=(1,))
    last = x.ndim
    return permute(slices, (*range(dim), last, *range(dim, last - 1), last - 1))


RANKS = {1: "length", 2: "height, width", 3: "depth, height, width"}


def ranked(name: str, written: Callable, samples: Callable) -> tuple[Callable, Callable, Callable]:
    """The forms for 1, 2 and 3 spatial dimensions of a function whose first argument is their
    number.

    In its docstring ``{n}`` stands for the number and ``{spatial}`` for the names of the
    dimensions; ``samples(n)`` are those of one form.
    """
    return tuple([_of_rank(name, written, n, samples(n)) for n in RANKS])  # type: ignore[return-value]


def _of_rank(name: str, written: Callable, n: int, samples: list) -> Callable:
    function: Any = functools.partial(written, n)
    functools.update_wrapper(function, written)
    function.__signature__ = inspect.signature(functools.partial(written, n))
    function.__name__ = function.__qualname__ = f"{name}{n}d"
    doc = written.__doc__ or ""
    function.__doc__ = doc.replace("{n}", str(n)).replace("{spatial}", RANKS[n])
    return composite(samples=samples)(function)


def batched(x: Any, n: int, name: str) -> tuple[Any, bool]:
    """``x`` as ``(batch, channels, *spatial)``, and whether the batch dimension had to be added."""
    if x.ndim == n + 2:
        return x, False
    if x.ndim == n + 1:
        return reshape(x, (1, *x.shape)), True
    raise ShapeError(
        f"{name}{n}d() takes shape (batch, channels, {RANKS[n]}), or that without the batch, got "
        f"{list(x.shape)}"
    )
