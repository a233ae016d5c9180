"""What a picture says about an array: its numbers if they are few, else where they lie.

Everything here is text or plain numbers, made once from the array, so that a picture never keeps an
array alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

COLUMNS, ROWS = 4, 4
"""The largest matrix whose numbers are shown one by one."""

BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Summary:
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
    mean: float
    std: float
    low: float
    high: float
    bars: str
    nans: int
    infs: int
    norm: float

    @property
    def text(self) -> str:
        """One line.

        >>> summarize(np.array([1.0, 2.5])).text
        '[1.0, 2.5]'
        """
        if self.cells is None:
            broken = "".join(
                f", {n} {word}" for n, word in ((self.nans, "nan"), (self.infs, "inf")) if n
            )
            return f"mean {number(self.mean)}, std {number(self.std)}, {number(self.low)} to {number(self.high)}{broken}"
        rows = ["[" + ", ".join(row) + "]" for row in self.cells]
        return (
            self.cells[0][0]
            if not self.shape
            else rows[0]
            if len(self.shape) == 1
            else "[" + ", ".join(rows) + "]"
        )


def number(x: Any) -> str:
    """A number in four significant digits.

    >>> number(0.123456), number(3.0), number(True), number(float("nan"))
    ('0.1235', '3', 'True', 'nan')
    """
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    return f"{x:.4g}" if isinstance(x, (float, np.floating)) else str(x)


def summarize(value: Any) -> Summary:
    """Describe an array (or a number).

    Examples
    --------
    >>> summarize(np.zeros((2, 2))).cells
    (('0', '0'), ('0', '0'))
    """
    array = np.asarray(value)
    if array.ndim == 0:
        return _scalar(array)
    cells = _cells(array)
    finite = (
        array[np.isfinite(array)].astype(float)
        if array.dtype.kind == "f"
        else array.ravel().astype(float)
    )
    nans = int(np.isnan(array).sum()) if array.dtype.kind == "f" else 0
    infs = array.size - finite.size - nans
    if not finite.size:
        nan = float("nan")
        return Summary(
            array.shape, array.dtype.name, cells, nan, nan, nan, nan, "", nans, infs, 0.0
        )
    with np.errstate(over="ignore"):
        mean, std, norm = (
            float(finite.mean()),
            float(finite.std()),
            float(np.sqrt(np.mean(finite * finite))),
        )
    bars = "" if cells is not None else histogram(finite)
    return Summary(
        array.shape,
        array.dtype.name,
        cells,
        mean,
        std,
        float(finite.min()),
        float(finite.max()),
        bars,
        nans,
        infs,
        norm,
    )


def _scalar(array: np.ndarray) -> Summary:
    x = array.item()
    f = float(x)
    nan, inf = f != f, f in (float("inf"), float("-inf"))
    return Summary(
        (),
        array.dtype.name,
        ((number(x),),),
        f,
        0.0,
        f,
        f,
        "",
        int(nan),
        int(inf),
        0.0 if nan or inf else abs(f),
    )


def _cells(array: np.ndarray) -> tuple[tuple[str, ...], ...] | None:
    if (
        array.ndim > 2
        or not array.size
        or array.shape[-1] > COLUMNS
        or (array.ndim == 2 and array.shape[0] > ROWS)
    ):
        return None
    write = _format(array)
    return tuple([tuple([write(x) for x in row]) for row in np.atleast_2d(array).tolist()])


def _format(array: np.ndarray) -> Any:
    """One number of decimals for all, so that they align; `number` where that would show a small
    one as zero.
    """
    nonzero = (
        np.abs(array[np.isfinite(array) & (array != 0)]) if array.dtype.kind == "f" else array[:0]
    )
    if not nonzero.size:
        return number
    decimals = min(max(3 - int(np.floor(np.log10(nonzero.max()))), 0), 8)
    if nonzero.max() >= 1e6 or nonzero.min() < 10.0**-decimals:
        return number
    while decimals and all(f"{x:.{decimals}f}".endswith("0") for x in nonzero.tolist()):
        decimals -= 1
    return lambda x: f"{x:.{decimals}f}" if x else "0"


def histogram(finite: np.ndarray, bins: int = 12) -> str:
    """A histogram in one line of block characters.

    >>> histogram(np.array([0.0, 0.0, 0.0, 1.0]), bins=3)
    '█▁▃'
    """
    low, high = float(finite.min()), float(finite.max())
    if not high > low or not np.isfinite(high - low):
        return BARS[-1]
    counts, _ = np.histogram(finite, bins=bins, range=(low, high))
    return "".join(BARS[round(count / counts.max() * (len(BARS) - 1))] for count in counts)
