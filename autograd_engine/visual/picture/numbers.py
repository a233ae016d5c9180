"""The rows of a node's table that hold numbers: a value and its gradient, in common columns.

Of few numbers each is shown. Of more a node says only how large they are, the root mean square,
with a bar by which nodes compare; where they lie is said by its tooltip and by the inspector of a
page, or, if asked for, in the node itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

import numpy as np

from ..graph.nodes import Graph, GraphNode
from ..graph.scale import scale_text, sparkline
from ..graph.summary import ArraySummary, number
from .text import PAD, font, padded, table_row, wide_row

SMALL = 16
"""In graphs of so many nodes matrices are written out."""

WRITTEN = 16
FEW = 4
"""How many numbers are written out there, and how many elsewhere."""

EIGHTHS = "▏▎▍▌▋▊▉█"
CELLS = 5
"""The bars: what they are made of, and how long they are at most."""

NONE = "—"
"""In the place of a gradient that is not there."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """How the numbers of a graph's nodes are shown.

    Attributes
    ----------
    tables : bool
        Whether of many numbers the mean, the deviation, the range and a histogram are shown.
    written : int
        How many numbers are shown one by one.
    sizes : dict of str to (float, float)
        The smallest and the largest root mean square in the graph, of values and of gradients.
    """

    tables: bool
    written: int
    sizes: dict[str, tuple[float, float]]


def ruler(graph: Graph, tables: bool = False) -> Ruler:
    """How the numbers of a graph are shown."""
    written = FEW
    if tables or len(graph.nodes) <= SMALL:
        written = WRITTEN
    sizes = {
        "value": _range_of([node.value for node in graph.nodes]),
        "grad": _range_of([node.grad for node in graph.nodes]),
    }
    return Ruler(tables, written, sizes)


def _range_of(shown: list[ArraySummary | None]) -> tuple[float, float]:
    sizes = [what.norm for what in shown if what is not None and what.norm > 0]
    return min(sizes, default=1.0), max(sizes, default=1.0)


def number_rows(node: GraphNode, colours: dict[str, str], how: Ruler) -> list[str]:
    """The rows of the value and of the gradient."""
    shown = _shown_numbers(node)
    table: list[tuple[str, list[str], str]] = []
    if how.tables and any(what is not None and not _is_written(what, how) for _, what in shown):
        table.append(("", ["mean", "std", "min", "max"], colours["muted"]))
    for name, what in shown:
        colour = colours["grad" if name == "grad" else "ink"]
        for row in _cells(name, what, how):
            table.append((name, row, colour))
            name = ""
    columns = max((len(row) for _, row, _ in table), default=0)
    widths = [
        max(len(row[i]) for _, row, _ in table if i < len(row)) + 1 + (i > 0)
        for i in range(columns)
    ]
    return [_number_row(name, row, widths, colour, colours) for name, row, colour in table]


def _shown_numbers(node: GraphNode) -> list[tuple[str, ArraySummary | None]]:
    """The value and the gradient, if it is a node that has them; None for one that is missing."""
    shown: list[tuple[str, ArraySummary | None]] = []
    if node.value:
        shown.append(("value", node.value))
    wants_grad = node.wants and node.kind in ("leaf", "parameter", "op")
    if node.kind == "group":
        wants_grad = node.grad is not None
    if wants_grad and (node.value or node.grad):
        shown.append(("grad", node.grad))
    return shown


def _is_written(what: ArraySummary, how: Ruler) -> bool:
    """Whether the numbers of an array are shown one by one."""
    return what.cells is not None and sum(map(len, what.cells)) <= how.written


def _cells(name: str, what: ArraySummary | None, how: Ruler) -> list[list[str]]:
    if what is None:
        return [[NONE]]
    if what.cells is not None and _is_written(what, how):
        return [list(row) for row in what.cells]
    broken = " ".join(what.broken)
    if how.tables:
        span = [number(what.low), number(what.high)]
        return [[number(what.mean), number(what.std), *span, broken or what.bars]]
    if not math.isfinite(what.mean):
        return [[broken]]
    if np.dtype(what.dtype).kind != "f":  # how large indices are says nothing
        return [[f"{number(what.low)} to {number(what.high)}"]]
    return [[f"rms {number(what.norm)}", broken or bar(what.norm, *how.sizes[name])]]


def bar(size: float, low: float, high: float) -> str:
    """A bar for a size between the smallest and the largest, on a logarithmic scale.

    >>> bar(1.0, 1e-4, 1.0), bar(1e-2, 1e-4, 1.0).strip(), bar(0.0, 1e-4, 1.0).strip()
    ('█████', '██▌', '')
    """
    eighths = 0
    if size > 0:
        share = 0.5
        if high > low:
            share = math.log(size / low) / math.log(high / low)
        eighths = max(round(share * 8 * CELLS), 1)
    whole, rest = divmod(eighths, 8)
    text = EIGHTHS[-1] * whole
    if rest:
        text += EIGHTHS[rest - 1]
    return text.ljust(CELLS, PAD)


def _number_row(
    name: str, row: list[str], widths: list[int], colour: str, colours: dict[str, str]
) -> str:
    cells = [font(name, colours["muted"], 9)]
    for text, width in zip(row, widths):
        cells.append(font(_aligned(text, width), _ink(text, colour, colours), 9, mono=True))
    return table_row(cells)


def _aligned(text: str, width: int) -> str:
    if text == NONE:
        return text
    return padded(text, width)


def _ink(text: str, colour: str, colours: dict[str, str]) -> str:
    if "nan" in text or "inf" in text:
        return colours["bad"]
    if text == NONE:
        return colours["muted"]
    return colour


def scale_rows(node: GraphNode, colours: dict[str, str]) -> list[str]:
    """The rows of a group: from where to where its members' values and gradients lie."""
    scales = [("value", node.value_scale, "ink"), ("grad", node.grad_scale, "grad")]
    shown = [(name, scale, colour) for name, scale, colour in scales if scale]
    words = f"root mean square of {node.members_text}"
    rows = [wide_row(font(words, colours["muted"], 9))]
    for name, scale, colour in shown:
        ink = colours[colour]
        if "not finite" in scale_text(scale):
            ink = colours["bad"]
        cells = [PAD + scale_text(scale), PAD + sparkline(scale)]
        texts = [font(escape(cell), ink, 9, mono=True) for cell in cells]
        rows.append(table_row([font(name, colours["muted"], 9), *texts]))
    return rows
