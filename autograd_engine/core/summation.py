"""Sums that keep their digits, over whatever axes and however many elements.

NumPy adds in pairs (an error that grows with the logarithm of the count) only along the axis that
lies closest in memory. Over any other it adds one row after the other, and the error grows with the
count itself: the mean of a million rows of 0.1 in float32 is 0.101. Here such rows are added in
blocks, and the sums of the blocks in blocks again. float16, which has three digits and ends at
65504, is added up in float32, as PyTorch does it.

Many short rows are added up as a product with ones, as a column of few rows is: in a third to a
fifth of the time, and with as many digits, since BLAS adds several numbers at a time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

float16 = np.dtype("float16")
float32 = np.dtype("float32")
float64 = np.dtype("float64")

add: Any = np.add.reduce

FEW = 64
"""How many rows may be added one after the other."""
BLOCK = 16
"""How many are, where there are more."""
SHORT = 1024
"""The longest rows of which the sums are a product."""
MANY = 4096
"""Of how many elements, at least."""
ONES = 10000
"""Up to how many rows their sum is a product."""


def widened(x: Any) -> Any:
    """``x`` in the dtype in which it is added up: float16 in float32."""
    return x.astype(float32) if x.dtype == float16 else x


def narrowed(y: Any, dtype: np.dtype) -> Any:
    """``y``, which was computed from what was `widened`, in the dtype that it is to have."""
    return y if y.dtype == dtype else y.astype(dtype)


def total(
    x: Any, axes: tuple[int, ...] | None = None, keepdims: bool = False, dtype: Any = None
) -> Any:
    """The sum over ``axes``, which are not negative; None stands for all.

    Parameters
    ----------
    x : ndarray or NumPy scalar
        Any shape.
    axes : tuple of int, optional
        The axes to add up.
    keepdims : bool
        Whether they stay, with length 1.
    dtype : numpy dtype, optional
        Of the result, and at least of the intermediate sums.

    Returns
    -------
    ndarray or NumPy scalar
    """
    given = x.dtype
    if dtype is None and (given is float32 or given is float64):  # mostly, and soon decided
        if x.size <= FEW or _pairwise(x, axes):
            if x.size >= MANY and axes == (x.ndim - 1,) and x.shape[-1] <= SHORT:
                return _of_short_rows(x, keepdims)
            return add(x, axes, None, None, keepdims)
    wanted = given if dtype is None else np.dtype(dtype)
    if wanted.kind == "f":
        x = widened(narrowed(x, wanted))
    if x.size <= FEW or x.dtype.kind != "f" or _pairwise(x, axes):
        return narrowed(add(x, axis=axes, keepdims=keepdims, dtype=dtype), wanted)
    if axes is None:
        axes = tuple(range(x.ndim))
    sums = _by_blocks(x, axes)
    if keepdims:
        sums = np.expand_dims(sums, axes)
    return narrowed(sums, wanted)


def _of_short_rows(x: np.ndarray, keepdims: bool) -> np.ndarray:
    """The sums along the last dimension."""
    n = x.shape[-1]
    sums = x.reshape(-1, n).dot(ones_of(n, x.dtype))
    return sums.reshape((*x.shape[:-1], 1) if keepdims else x.shape[:-1])


def column_sums(rows: np.ndarray) -> np.ndarray:
    """The sum of the rows of a matrix."""
    if len(rows) < ONES:
        return ones_of(len(rows), rows.dtype).dot(rows)
    return total(rows, (0,))


@lru_cache(maxsize=16)
def ones_of(n: int, dtype: Any) -> np.ndarray:
    """Ones that nobody writes to."""
    found = np.ones(n, dtype)
    found.flags.writeable = False
    return found


def _pairwise(x: Any, axes: tuple[int, ...] | None) -> bool:
    """Whether NumPy's own sum is as good: its numbers lie side by side, or they are few."""
    if axes is None:
        return x.ndim < 2 or x.flags.forc
    count = 1
    for d in axes:
        count *= x.shape[d]
    if count <= FEW:
        return True
    return x.flags.c_contiguous and sorted(axes) == list(range(x.ndim - len(axes), x.ndim))


def _by_blocks(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The sum over ``axes``: within each run of them in memory, the innermost first."""
    if axes == (0,) and x.flags.c_contiguous:
        return _rows(x)
    if len(axes) == x.ndim:
        return add(x.ravel())
    order = sorted(range(x.ndim), key=lambda d: -abs(x.strides[d]))
    kept = [d for d in order if d not in axes]
    runs: list[list] = []  # whether it is added up, and its length
    for d in order:
        reduced = d in axes
        if runs and runs[-1][0] == reduced:
            runs[-1][1] *= x.shape[d]
        else:
            runs.append([reduced, x.shape[d]])
    shape = [x.shape[d] for d in kept]
    x = x.transpose(order).reshape([length for _, length in runs])
    if runs[-1][0]:
        x = add(x, axis=-1)
        runs.pop()
    for axis in reversed(range(len(runs))):
        if runs[axis][0]:
            x = _rows(np.moveaxis(x, axis, 0))
    return x.reshape(shape).transpose(np.argsort(kept))


def _rows(x: np.ndarray) -> np.ndarray:
    """The sum over the first axis."""
    count = len(x)
    if count <= FEW:
        return add(x, axis=0)
    step = count // BLOCK
    whole = step * BLOCK
    sums = _rows(add(x[:whole].reshape((BLOCK, step, *x.shape[1:])), axis=0))
    return sums + add(x[whole:], axis=0) if whole < count else sums


def summed(x: Any, axes: tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """The sum, for rules: of an array by `total`, of a tensor by its own method."""
    if isinstance(x, (np.ndarray, np.generic)):
        return total(x, axes, keepdims)
    return x.sum(axes, keepdims)
