"""How a kernel moves over an input, which convolution, pooling and the loops behind them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .windows import Sizes, positions


class Geometry(NamedTuple):
    """How the kernel moves over the input. Padding is (before, after) per dimension; a negative
    number crops.
    """

    stride: Sizes
    padding: tuple[tuple[int, int], ...]
    dilation: Sizes
    groups: int

    def padded(self, length: Sizes) -> Sizes:
        return tuple([n + a + b for n, (a, b) in zip(length, self.padding)])

    def positions(self, length: Sizes, kernel: Sizes) -> Sizes:
        """How many places the kernel takes along each dimension."""
        return tuple(map(positions, self.padded(length), kernel, self.stride, self.dilation))

    def lengths(self, counts: Sizes, kernel: Sizes) -> Sizes:
        """The lengths of an input in which the kernel takes so many places and fills it."""
        whole = [
            (count - 1) * s + d * (k - 1) + 1
            for count, k, s, d in zip(counts, kernel, self.stride, self.dilation)
        ]
        return tuple([n - a - b for n, (a, b) in zip(whole, self.padding)])

    def reversed(self, kernel: Sizes) -> Geometry:
        """How a kernel that moves by 1 goes back over the outputs, to give what the inputs got."""
        reach = [d * (k - 1) for d, k in zip(self.dilation, kernel)]
        borders = [(r - a, r - b) for r, (a, b) in zip(reach, self.padding)]
        return self._replace(padding=tuple(borders))

    def inner(self, length: Sizes) -> tuple[tuple, tuple]:
        """The part of the padded array that the input fills, and the part of the input that is in
        the padded array.
        """
        target = (
            ...,
            *[
                slice(max(a, 0), max(a, 0) + n + min(a, 0) + min(b, 0))
                for n, (a, b) in zip(length, self.padding)
            ],
        )
        source = (
            ...,
            *[slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(length, self.padding)],
        )
        return target, source


def batch_parts(batch: int, size: int, room: int) -> Iterator[slice]:
    """The batch in parts that fit into ``room`` bytes, of samples that take ``size`` each."""
    step = max(1, room // max(size, 1))
    return (slice(start, min(start + step, batch)) for start in range(0, batch, step))


def turned(w: np.ndarray, groups: int) -> np.ndarray:
    """The kernels that take the outputs to the inputs: from the last tap to the first."""
    outputs = len(w) // groups
    parts = w.reshape(groups, outputs, *w.shape[1:]).swapaxes(1, 2)
    parts = np.flip(parts, tuple(range(2 - w.ndim, 0)))
    parts = np.ascontiguousarray(parts)  # of which BLAS makes products
    return parts.reshape(groups * w.shape[1], outputs, *w.shape[2:])
