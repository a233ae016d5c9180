"""Fractional max pooling: windows whose steps are drawn at random, so that the output may be any
fraction of the input (Graham, 2014).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Sequence

import numpy as np

from autograd_engine import ShapeError, arange, as_tensor, cat, full, rand, take_along_dim

from .convolution import per_dimension
from .module import Module


def _starts(samples: Any, length: int, windows: int, window: int) -> Any:
    """Where the windows along one dimension begin: ``samples`` of any shape, and one more
    dimension.
    """
    last = full((*samples.shape, 1), length - window, dtype=int)
    if windows == 1:
        return last
    step = (length - window) / (windows - 1)
    shift = samples[..., None].double()
    places = ((arange(windows - 1) + shift) * step).long() - (shift * step).long()
    return cat([places, last], -1)


def _members(starts: Sequence[Any], window: tuple, lengths: tuple) -> Any:
    """The places of the elements of every window in a flattened sample, shape ``(N, C, *windows,
    elements)``.
    """
    n = len(lengths)
    flat: Any = 0
    for d, first in enumerate(starts):
        along = first[..., None] + np.arange(window[d])  # (N, C, windows, elements)
        shape = [1] * (2 * n)
        shape[d], shape[n + d] = along.shape[2:]
        flat = flat * lengths[d] + along.reshape((*along.shape[:2], *shape))
    return flat.reshape((*flat.shape[: n + 2], -1))


def _output_lengths(lengths: tuple, size: Any, ratio: Any) -> tuple:
    n = len(lengths)
    if (size is None) == (ratio is None):
        raise ValueError(
            "fractional max pooling takes either output_size or output_ratio, got "
            f"output_size={size} and output_ratio={ratio}"
        )
    if size is not None:
        return per_dimension(size, n)
    ratios = ratio if isinstance(ratio, (tuple, list)) else (ratio,) * n
    return tuple(int(length * r) for length, r in zip(lengths, ratios))


def _fractional_max_pool(
    n: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Any
) -> tuple[Any, Any]:
    if input.ndim not in (n + 1, n + 2):
        raise ShapeError(
            f"fractional_max_pool{n}d takes {n + 1} dimensions, or {n + 2} with a batch; got "
            f"shape {list(input.shape)}"
        )
    x = input if input.ndim == n + 2 else input.unsqueeze(0)
    lengths = tuple(x.shape[2:])
    window = per_dimension(kernel_size, n)
    windows = _output_lengths(lengths, output_size, output_ratio)
    for length, k, count in zip(lengths, window, windows):
        if k < 1 or count < 1 or count + k - 1 > length:
            raise ShapeError(
                f"{list(windows)} windows of {list(window)} do not fit into {list(lengths)}"
            )
    if samples is None:
        samples = rand(*x.shape[:2], n)
    samples = as_tensor(samples)
    # PyTorch draws for width first in images, but for depth first in volumes
    order = range(n) if n == 3 else reversed(range(n))
    starts = [
        _starts(samples[..., i], *sizes) for i, sizes in zip(order, zip(lengths, windows, window))
    ]
    members = _members(starts, window, lengths)
    flat = x.reshape((*x.shape[:2], math.prod(lengths)))
    rows = (*x.shape[:2], -1)
    values = take_along_dim(flat.detach(), members.reshape(rows), 2).reshape(members.shape)
    best = values.argmax(-1, keepdim=True)
    indices = take_along_dim(members, best, -1).squeeze(-1)
    y = take_along_dim(flat, indices.reshape(rows), 2).reshape(indices.shape)
    if input.ndim == n + 1:
        return y.squeeze(0), indices.squeeze(0)
    return y, indices


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The greatest element of windows that begin at random places of images (Graham, 2014).

    Parameters
    ----------
    input : Tensor
        Shape ``(N, C, H, W)`` or ``(C, H, W)``.
    kernel_size : int or (int, int)
        The window.
    output_size : int or (int, int), optional
        The number of windows,
    output_ratio : float or (float, float), optional
        or its ratio to the input's lengths, between 0 and 1.
    return_indices : bool
        Whether to return also where, in the flattened plane of a channel, each greatest element
        stands.
    _random_samples : Tensor, optional
        Shape ``(N, C, 2)``, numbers from 0 to 1 that say where windows begin; by default they are
        drawn.

    Raises
    ------
    ValueError
        If both or none of ``output_size`` and ``output_ratio`` are given.
    ShapeError
        If the windows do not fit into the input.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> from nn.functional import fractional_max_pool2d
    >>> fractional_max_pool2d(arange(25.).reshape(1, 5, 5), 2, output_size=1)
    tensor([[[24.]]])
    """
    y, indices = _fractional_max_pool(
        2, input, kernel_size, output_size, output_ratio, _random_samples
    )
    return (y, indices) if return_indices else y


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """`fractional_max_pool2d` of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    y, indices = _fractional_max_pool(
        3, input, kernel_size, output_size, output_ratio, _random_samples
    )
    return (y, indices) if return_indices else y


class _FractionalMaxPool(Module):
    """The greatest element of windows that begin at random places, drawn anew at each call.

    Parameters
    ----------
    kernel_size : int or one per dimension
        The window.
    output_size : int or one per dimension, optional
        The number of windows,
    output_ratio : float or one per dimension, optional
        or its ratio to the input's lengths, between 0 and 1.
    return_indices : bool
        Whether to return also where, in the flattened plane of a channel, each greatest element
        stands.

    Raises
    ------
    ValueError
        If both or none of ``output_size`` and ``output_ratio`` are given, or the ratio is not
        between 0 and 1.
    """

    n: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dimension(kernel_size, self.n)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        _output_lengths((1,) * self.n, output_size, output_ratio)
        self.output_size = None
        self.output_ratio = None
        if output_size is not None:
            self.output_size = per_dimension(output_size, self.n)
        else:
            several = isinstance(output_ratio, (tuple, list))
            self.output_ratio = tuple(output_ratio) if several else (output_ratio,) * self.n
            if not all(0 < ratio < 1 for ratio in self.output_ratio):
                raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Any) -> Any:
        y, indices = _fractional_max_pool(
            self.n,
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self._random_samples,
        )
        return (y, indices) if self.return_indices else y


class FractionalMaxPool2d(_FractionalMaxPool):
    __doc__ = f"Fractional max pooling of images.\n\n{_FractionalMaxPool.__doc__}"
    n = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    __doc__ = f"Fractional max pooling of volumes.\n\n{_FractionalMaxPool.__doc__}"
    n = 3
