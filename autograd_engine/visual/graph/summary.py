"""What a picture says about an array: its numbers if they are few, else where they lie.

Everything here is text or plain numbers, made once from the array, so that a picture never keeps an
array alive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

COLUMNS = 4
ROWS = 4
"""The largest matrix whose numbers are shown one by one."""

BARS = "▁▂▃▄▅▆▇█"

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ArraySummary:
    """An array as shown: either its numbers, row by row, or its statistics.

    Attributes
    ----------
    cells : tuple of tuple of str, or None
        The numbers of a small array; None for a large one.
    mean, std, low, high : float
        Over the finite elements; NaN where there are none.
    bars : str
        A histogram of the finite elements, as a line of block characters.
    nans, infs : int
        How many elements are not finite.
    norm : float
        The root of the mean square, for colouring.
    """

    shape: tuple[int, ...]
    dtype: str
    cells: tuple[tuple[str, ...], ...] | None
    mean: float = NAN
    std: float = NAN
    low: float = NAN
    high: float = NAN
    bars: str = ""
    nans: int = 0
    infs: int = 0
    norm: float = 0.0

    @property
    def text(self) -> str:
        """One line.

        >>> summarize(np.array([1.0, 2.5])).text
        '[1.0, 2.5]'
        """
        if self.cells is None:
            return ", ".join([self.statistics, *self.broken])
        if not self.shape:
            return self.cells[0][0]
        rows = ["[" + ", ".join(row) + "]" for row in self.cells]
        if len(self.shape) == 1:
            return rows[0]
        return "[" + ", ".join(rows) + "]"

    @property
    def statistics(self) -> str:
        """Where the finite elements lie, in words."""
        span = f"{number(self.low)} to {number(self.high)}"
        return f"mean {number(self.mean)}, std {number(self.std)}, {span}"

    @property
    def broken(self) -> list[str]:
        """How many elements are not finite, in words; nothing if all are."""
        counts = ((self.nans, "nan"), (self.infs, "inf"))
        return [f"{count} {word}" for count, word in counts if count]


def number(x: Any) -> str:
    """A number in four significant digits.

    >>> number(0.123456), number(3.0), number(True), number(float("nan"))
    ('0.1235', '3', 'True', 'nan')
    """
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (float, np.floating)):
        return f"{x + 0.0:.4g}"  # -0.0 is 0
    return str(x)


def summarize(value: Any) -> ArraySummary:
    """Describe an array (or a number).

    Examples
    --------
    >>> summarize(np.zeros((2, 2))).cells
    (('0', '0'), ('0', '0'))
    """
    array = np.asarray(value)
    if array.ndim == 0:
        return _of_scalar(array)
    cells = _number_table(array)
    finite, nans = _finite(array)
    infs = array.size - finite.size - nans
    if not finite.size:
        return ArraySummary(array.shape, array.dtype.name, cells, nans=nans, infs=infs)
    bars = ""
    if cells is None:
        bars = spark_bars(finite)
    with np.errstate(over="ignore"):
        return ArraySummary(
            array.shape,
            array.dtype.name,
            cells,
            mean=float(finite.mean()),
            std=float(finite.std()),
            low=float(finite.min()),
            high=float(finite.max()),
            bars=bars,
            nans=nans,
            infs=infs,
            norm=float(np.sqrt(np.mean(finite * finite))),
        )


def _finite(array: np.ndarray) -> tuple[np.ndarray, int]:
    """The finite elements as floats, and how many are NaN."""
    if array.dtype.kind != "f":
        return array.ravel().astype(float), 0
    return array[np.isfinite(array)].astype(float), int(np.isnan(array).sum())


def _of_scalar(array: np.ndarray) -> ArraySummary:
    x = array.item()
    f = float(x)
    nan = f != f
    inf = f in (float("inf"), float("-inf"))
    norm = abs(f)
    if nan or inf:
        norm = 0.0
    return ArraySummary(
        (),
        array.dtype.name,
        ((number(x),),),
        mean=f,
        std=0.0,
        low=f,
        high=f,
        nans=int(nan),
        infs=int(inf),
        norm=norm,
    )


def _number_table(array: np.ndarray) -> tuple[tuple[str, ...], ...] | None:
    """The numbers of a small matrix or vector as text, row by row; None for another array."""
    if array.ndim > 2 or not array.size or array.shape[-1] > COLUMNS:
        return None
    if array.ndim == 2 and array.shape[0] > ROWS:
        return None
    write = _common_format(array)
    return tuple([tuple([write(x) for x in row]) for row in np.atleast_2d(array).tolist()])


def _common_format(array: np.ndarray) -> Callable[[Any], str]:
    """One number of decimals for all, so that they align; `number` where that would show a small
    one as zero.
    """
    if array.dtype.kind != "f":
        return number
    nonzero = np.abs(array[np.isfinite(array) & (array != 0)])
    if not nonzero.size:
        return number
    decimals = min(max(3 - int(np.floor(np.log10(nonzero.max()))), 0), 8)
    if nonzero.max() >= 1e6 or nonzero.min() < 10.0**-decimals:
        return number
    while decimals and all(f"{x:.{decimals}f}".endswith("0") for x in nonzero.tolist()):
        decimals -= 1
    return lambda x: f"{x:.{decimals}f}" if x else "0"


def spark_bars(finite: np.ndarray, bins: int = 12) -> str:
    """A histogram in one line of block characters.

    >>> spark_bars(np.array([0.0, 0.0, 0.0, 1.0]), bins=3)
    '█▁▃'
    """
    low = float(finite.min())
    high = float(finite.max())
    if not high > low or not np.isfinite(high - low):
        return BARS[-1]
    counts, _ = np.histogram(finite, bins=bins, range=(low, high))
    return "".join(BARS[round(count / counts.max() * (len(BARS) - 1))] for count in counts)
