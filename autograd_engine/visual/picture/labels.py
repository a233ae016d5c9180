"""What a node says: a small table with a head (symbol or name, shape), then the value and the
gradient, column under column; and the same in full in its tooltip.
"""

from __future__ import annotations

from html import escape

from ...core.modes import get_default_dtype
from ..graph.nodes import GraphNode
from ..graph.scale import scale_text, sparkline
from ..graph.summary import ArraySummary, number
from ..graph.wording import clean
from .text import PAD, font, html_text, padded

BRIEF = 40
BARE = 90
"""With more nodes than these, a node shows only few numbers, or only single ones; its tooltip has
the rest.
"""

FEW = 4
"""How many numbers a brief label shows one by one."""

BADGES = 3
"""How many badges a node shows; its tooltip has them all."""

NONE = "—"
"""In the place of a gradient that is not there."""


def brevity(nodes: int) -> int:
    """How brief labels are in a graph of so many nodes: 0, 1 or 2."""
    return (nodes > BRIEF) + (nodes > BARE)


def label(node: GraphNode, colours: dict[str, str], brief: int) -> str:
    """The label of a node, as Graphviz's HTML."""
    if node.unnamed_constant and not node.dtype:
        return f"<{html_text(_number_text(node.subject))}>"
    rows = [_head_row(node, colours)]
    rows += [_wide_row(_badge(badge, colours)) for badge in node.badges[:BADGES]]
    if node.failed:
        rows.append(_table_row([font(html_text(node.failed), colours["bad"], 9)]))
    else:
        if node.kind == "group":
            rows += _inside_row(node, colours)
        if len(node.value_scale) > 1 or len(node.grad_scale) > 1:
            rows += _scale_rows(node, colours)
        else:
            rows += _number_rows(node, colours, brief)
    attributes = 'border="0" cellborder="0" cellspacing="0" cellpadding="1"'
    return f"<<table {attributes}>{''.join(rows)}</table>>"


def _badge(badge: str, colours: dict[str, str]) -> str:
    return font(f"<b>⚠ {html_text(badge)}</b>", colours["bad"], 9)


def _number_text(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value


def tooltip(node: GraphNode) -> str:
    """All that there is to say about a node, line by line."""
    lines = [node.title, f"{node.dtype} {list(node.shape)}".strip(), node.params, node.source]
    if node.kind == "group":
        lines += _inside_lines(node)
    else:
        lines += _number_lines(node, "")
    lines += [f"⚠ {badge}" for badge in node.badges]
    lines.append(node.failed)
    return "\n".join(filter(None, lines))


def _number_lines(node: GraphNode, which: str) -> list[str]:
    lines = []
    if node.value:
        lines.append(f"{which}value: {node.value.text}")
    if node.grad:
        lines.append(f"{which}grad: {node.grad.text}")
    return lines


def _inside_lines(node: GraphNode) -> list[str]:
    """What is inside a group."""
    lines = [node.times]
    if "operations" not in node.label:
        lines.append(f"{node.members:,} operations")
    for name, scale in (("value", node.value_scale), ("grad", node.grad_scale)):
        if scale:
            lines.append(f"{name}, root mean square of {len(scale)} results: {scale_text(scale)}")
    if len(node.value_scale) > 1:
        return lines + _number_lines(node, "last ")
    return lines + _number_lines(node, "")


# --- the head -------------------------------------------------------------------------------------


def _head_row(node: GraphNode, colours: dict[str, str]) -> str:
    parts = _title_parts(node, colours)
    facts = []
    if node.shape:
        facts.append(f"({', '.join(map(str, node.shape))})")
    if node.dtype and node.dtype != get_default_dtype().name:
        facts.append(node.dtype)
    if node.params and node.kind == "op":
        facts.append(clean(node.params))
    if facts:
        parts.append(font(html_text(" ".join(facts)), colours["muted"], 9))
    return _wide_row("&#160; ".join(parts))


def _title_parts(node: GraphNode, colours: dict[str, str]) -> list[str]:
    """What a node is called: its name, or else its label, in bold."""
    what = html_text(node.label)
    parts = []
    if node.name:
        parts.append(f"<b>{html_text(node.name)}</b>")
    if node.kind == "backward":
        return [font(f"<b>{what}</b>", colours["grad"], 11)]
    if node.computed:
        if node.name:
            parts.append(what)
        else:
            parts.append(f"<b>{what}</b>")
    elif not node.name:
        parts.append(what)
    if node.kind == "op" and node.label != node.op and not node.label.startswith("["):
        parts.append(font(html_text(node.op), colours["muted"], 9))
    if node.times:
        parts.append(f"<b>{node.times}</b>")
    return parts


def _inside_row(node: GraphNode, colours: dict[str, str]) -> list[str]:
    """What is inside a group."""
    texts = []
    if node.members and "operations" not in node.label:
        plural = "s" * (node.members != 1)
        texts.append(f"{node.members:,} operation{plural}")
    if node.parameters:
        texts.append(f"{node.parameters:,} parameters")
    if not texts:
        return []
    return [_wide_row(font(", ".join(texts), colours["muted"], 9))]


# --- the numbers ----------------------------------------------------------------------------------


def _number_rows(node: GraphNode, colours: dict[str, str], brief: int) -> list[str]:
    """The rows of the value and of the gradient, in common columns."""
    if brief > 1 and node.shape:
        return []
    table: list[tuple[str, list[str], str]] = []
    shown = _shown_numbers(node)
    if any(what is not None and not _one_by_one(what, brief) for _, what in shown):
        heads = ["mean", "std", "min", "max"]
        if brief:
            heads = heads[:2]
        table.append(("", heads, colours["muted"]))
    for name, what in shown:
        colour = colours["grad" if name == "grad" else "ink"]
        for row in _number_cells(what, brief):
            table.append((name, row, colour))
            name = ""
    columns = max((len(row) for _, row, _ in table), default=0)
    widths = [
        max(len(row[i]) for _, row, _ in table if i < len(row)) + 1 + (i > 0)
        for i in range(columns)
    ]
    return [_number_row(name, row, widths, colour, colours) for name, row, colour in table]


def _scale_rows(node: GraphNode, colours: dict[str, str]) -> list[str]:
    """The rows of a group: from where to where its members' values and gradients lie."""
    scales = [("value", node.value_scale, "ink"), ("grad", node.grad_scale, "grad")]
    shown = [(name, scale, colour) for name, scale, colour in scales if scale]
    count = len(shown[0][1])
    rows = [_wide_row(font(f"root mean square of {count} results", colours["muted"], 9))]
    for name, scale, colour in shown:
        ink = colours[colour]
        if "not finite" in scale_text(scale):
            ink = colours["bad"]
        cells = [PAD + scale_text(scale), PAD + sparkline(scale)]
        texts = [font(escape(cell), ink, 9, mono=True) for cell in cells]
        rows.append(_table_row([font(name, colours["muted"], 9), *texts]))
    return rows


def _shown_numbers(node: GraphNode) -> list[tuple[str, ArraySummary | None]]:
    """The value and the gradient, if it is a node that has them; None for one that is missing."""
    shown: list[tuple[str, ArraySummary | None]] = []
    if node.value:
        shown.append(("value", node.value))
    wants_grad = node.kind in ("leaf", "parameter", "op")
    if node.kind == "group":
        wants_grad = node.grad is not None
    if wants_grad and (node.value or node.grad):
        shown.append(("grad", node.grad))
    return shown


def _one_by_one(what: ArraySummary, brief: int) -> bool:
    """Whether the numbers of an array are shown, and not where they lie."""
    if what.cells is None:
        return False
    return not brief or sum(map(len, what.cells)) <= FEW


def _number_cells(what: ArraySummary | None, brief: int) -> list[list[str]]:
    if what is None:
        return [[NONE]]
    if what.cells is not None and _one_by_one(what, brief):
        return [list(row) for row in what.cells]
    broken = " ".join(what.broken)
    cells = [number(what.mean), number(what.std)]
    if not brief:
        cells += [number(what.low), number(what.high), broken or what.bars]
    elif broken:
        cells.append(broken)
    return [cells]


def _number_row(
    name: str, row: list[str], widths: list[int], colour: str, colours: dict[str, str]
) -> str:
    cells = [font(name, colours["muted"], 9)]
    for text, width in zip(row, widths):
        cells.append(font(_aligned(text, width), _ink(text, colour, colours), 9, mono=True))
    return _table_row(cells)


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


def _table_row(cells: list[str]) -> str:
    return "<tr>" + "".join(f'<td align="left">{cell}</td>' for cell in cells) + "</tr>"


def _wide_row(content: str) -> str:
    return f'<tr><td align="left" colspan="9">{content}</td></tr>'
