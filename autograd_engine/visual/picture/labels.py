"""What a node says: a small table with a head (symbol or name, shape), then the value and the
gradient, column under column; and the same in full in its tooltip.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...core.modes import get_default_dtype
from ..graph.nodes import GraphNode
from ..graph.scale import scale_text
from ..graph.summary import number
from ..graph.wording import clean
from .numbers import Ruler, number_rows, scale_rows
from .text import font, html_text, table_row, wide_row

BADGES = 3
"""How many badges a node shows; its tooltip has them all."""


STEPS = 40
"""How many steps in time a tooltip tells of."""


def label(node: GraphNode, colours: dict[str, str], how: Ruler, within: str = "") -> str:
    """The label of a node, as Graphviz's HTML; it stands in the box of the module ``within``."""
    if node.unnamed_constant and not node.dtype:
        return f"<{html_text(_number_text(node.subject))}>"
    rows = [_head_row(node, colours, within)]
    rows += [wide_row(_badge(badge, colours)) for badge in node.badges[:BADGES]]
    if node.failed:
        rows.append(table_row([font(html_text(node.failed), colours["bad"], 9)]))
    else:
        if node.kind == "group" and not node.function:
            rows += _inside_row(node, colours)
        told = max(len(node.value_scale), len(node.grad_scale)) > 1
        if told and (node.steps or not node.function):
            rows += scale_rows(node, colours)
        else:
            rows += number_rows(node, colours, how)
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
    title = node.title
    if node.number is not None and not node.name:
        title = f"{node.called} = {title}"
    lines = [title, f"{node.dtype} {list(node.shape)}".strip(), node.params, node.source]
    if node.in_place:
        lines.append("changes a tensor in place")
    if node.function:
        lines += [*_number_lines(node, ""), f"made of {node.members} operations"]
    elif node.kind == "group":
        lines += _inside_lines(node)
    else:
        lines += [*_number_lines(node, ""), *_scale_lines(node)]
    lines += [f"⚠ {badge}" for badge in node.badges]
    lines.append(node.failed)
    return "\n".join(filter(None, lines))


def _number_lines(node: GraphNode, which: str) -> list[str]:
    lines = []
    for name, what in (("value", node.value), ("grad", node.grad)):
        if what:
            lines.append(f"{which}{name}: {what.text} {what.bars}".rstrip())
    return lines


def _inside_lines(node: GraphNode) -> list[str]:
    """What is inside a group."""
    lines = [node.times]
    if "operations" not in node.label:
        lines.append(f"{node.members:,} operations")
    lines += _scale_lines(node)
    if len(node.value_scale) > 1:
        return lines + _number_lines(node, "last ")
    return lines + _number_lines(node, "")


def _scale_lines(node: GraphNode) -> list[str]:
    """From where to where the members of a group, or the steps in time, go."""
    lines = []
    for name, scale in (("value", node.value_scale), ("grad", node.grad_scale)):
        if scale:
            text = f"{name}, root mean square of {node.members_text}: {scale_text(scale)}"
            lines.append(text)
            if node.steps:
                lines += _steps_lines(name, scale)
    return lines


def _steps_lines(name: str, scale: Sequence[float]) -> list[str]:
    """The size at each step in time, or, of many, at every so-many-th."""
    every = -(-len(scale) // STEPS)
    sizes = [f"{i + 1}: {number(scale[i])}" for i in range(0, len(scale), every)]
    return [f"{name} at step: {', '.join(sizes)}"]


# --- the head -------------------------------------------------------------------------------------


def relative(name: str, within: str) -> str:
    """A name without the path of the module whose box it stands in.

    >>> relative("net.0.weight", "net.0"), relative("net.1 … net.3", "net"), relative("x", "net")
    ('weight', '1 … 3', 'x')
    """
    ends = name.split(" … ")
    if not within or not all(end.startswith(f"{within}.") for end in ends):
        return name
    return " … ".join([end.removeprefix(f"{within}.") for end in ends])


def _head_row(node: GraphNode, colours: dict[str, str], within: str) -> str:
    parts = _title_parts(node, colours, within)
    facts = []
    if node.shape:
        facts.append(f"({', '.join(map(str, node.shape))})")
    if node.dtype and node.dtype != get_default_dtype().name:
        facts.append(node.dtype)
    if node.params and node.computed:
        facts.append(clean(node.params))
    if facts:
        parts.append(font(html_text(" ".join(facts)), colours["muted"], 9))
    marks = {
        "in place": node.in_place,
        "frozen": node.kind == "parameter" and not node.wants,
        "input": node.input,
        "output": node.output and node.computed and not node.failed,
    }
    for word, said in marks.items():
        if said:
            parts.append(font(f"<i>{word}</i>", colours["muted"], 9))
    return wide_row("&#160; ".join(parts))


def _title_parts(node: GraphNode, colours: dict[str, str], within: str) -> list[str]:
    """What a node is called: its name, or else its label, in bold."""
    what = html_text(node.label)
    parts = []
    if node.name:
        parts.append(f"<b>{html_text(relative(node.name, within))}</b>")
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
    if node.number is not None and not node.name and not node.failed:
        parts.append(font(node.called, colours["muted"], 9))
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
    return [wide_row(font(", ".join(texts), colours["muted"], 9))]
