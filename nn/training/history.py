"""What was measured in each epoch: a plain table."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

from ..table import html_table


class History:
    """A table with a row for each epoch and a column for each quantity.

    Parameters
    ----------
    columns : dict of list, optional
        What there is already.

    Attributes
    ----------
    compiled : str
        After ``fit(..., compile=True)`` what ran as a program, and why not the rest.

    Examples
    --------
    >>> from nn.training import History
    >>> history = History()
    >>> history.append({"epoch": 1, "loss": 0.5})
    >>> history.append({"epoch": 2, "loss": 0.25})
    >>> history
    epoch  loss
        1   0.5
        2  0.25
    >>> history["loss"], history.best("loss")
    ([0.5, 0.25], 2)
    """

    SHOWN = 20
    plot: Callable[..., Any]
    """Draw losses (and the learning rate) over epochs: ``history.plot(ax=None)``, lent by
    `nn.visual.loss_curves`.
    """

    def __init__(self, columns: Mapping[str, list] | None = None) -> None:
        self.columns = {name: list(values) for name, values in (columns or {}).items()}
        self.compiled = ""

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row. What an earlier row did not have is None there, and so is what this one does
        not have.
        """
        n = len(self)
        for name in row:
            self.columns.setdefault(name, [None] * n)
        for name, values in self.columns.items():
            values.append(row.get(name))

    def __getitem__(self, name: str) -> list:
        if name not in self.columns:
            raise KeyError(
                f"there is no column {name!r}, but {', '.join(self.columns) or 'none at all'}"
            )
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return max(map(len, self.columns.values()), default=0)

    @property
    def last(self) -> dict[str, Any]:
        """The last row."""
        return {name: values[-1] for name, values in self.columns.items()}

    def best(self, name: str, mode: str = "min") -> int:
        """The epoch (from 1) with the least, or with ``mode="max"`` the largest, value of a
        column."""
        sign = -1 if mode == "max" else 1
        known = [
            (sign * value, i)
            for i, value in enumerate(self[name], 1)
            if value is not None and not math.isnan(value)
        ]
        if not known:
            raise ValueError(f"column {name!r} has no values")
        return min(known)[1]

    def to_dict(self) -> dict[str, list]:
        """The columns as lists."""
        return {name: list(values) for name, values in self.columns.items()}

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame."""
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_pandas needs pandas: pip install pandas; to_dict() gives plain lists"
            ) from error
        return pandas.DataFrame(self.to_dict())

    def _cells(self) -> list[list[str]]:
        """Header and rows as text; of a long table the beginning and the end."""
        rows = [[_cell_text(value) for value in row] for row in zip(*self.columns.values())]
        if len(rows) > self.SHOWN:
            half = self.SHOWN // 2
            rows = [*rows[:half], ["…"] * len(self.columns), *rows[-half:]]
        return [list(self.columns), *rows]

    def __repr__(self) -> str:
        if not len(self):
            return "History()"
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells
        )

    def _repr_html_(self) -> str:
        head, *rows = self._cells()
        return html_table(head, rows)


def _cell_text(value: Any) -> str:
    if value is None:
        return "—"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
