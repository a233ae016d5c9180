"""The graph as DOT text, through the graphviz package.

Each node is a small table: a head (symbol or name, shape), then the value and the gradient, column
under column. All text that comes from the user is escaped, so that no name can break out of its
label.
"""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import Any

import graphviz

from ..core.modes import get_default_dtype
from .graph import Edge, Graph, GraphNode, Scope
from .summary import Summary, number
from .theme import MONO, PAPER, SANS, palette

BRIEF, BARE = 40, 90
"""With more nodes than these, a node shows only few numbers, or only single ones; its tooltip has
the rest.
"""

LONGEST = 48
"""Longer names are cut."""


def to_graphviz(
    graph: Graph, direction: str = "TB", theme: str = "auto", title: str | None = None
) -> graphviz.Digraph:
    """The drawing of a graph as an object of the graphviz package; ``.source`` is its DOT text.

    Parameters
    ----------
    graph : Graph
    direction : {"TB", "LR", "BT", "RL"}
        Where the computation flows: from top to bottom, from left to right, ...
    theme : {"auto", "light", "dark"}
    title : str, optional
        Shown above the graph.

    Raises
    ------
    ValueError
        For a direction or theme that does not exist.
    """
    if direction not in ("TB", "LR", "BT", "RL"):
        raise ValueError(f"direction is 'TB', 'LR', 'BT' or 'RL', got {direction!r}")
    colours = palette(theme)
    dot = graphviz.Digraph("graph", comment="drawn by autograd_engine")
    background = PAPER.get(theme, "transparent")
    dot.attr(
        "graph",
        rankdir=direction,
        bgcolor=background,
        nodesep="0.28",
        ranksep="0.34",
        pad="0.15",
        fontname=SANS,
        fontsize="10",
        fontcolor=colours["muted"],
        labelloc="b",
        labeljust="l",
    )
    if graph.notes:
        dot.attr("graph", label=_caption(graph.notes, colours))
    dot.attr(
        "node",
        shape="box",
        style="rounded,filled",
        fontname=SANS,
        fontsize="11",
        fontcolor=colours["ink"],
        margin="0.09,0.05",
        height="0.1",
        width="0.1",
        penwidth="1",
    )
    dot.attr("edge", color=colours["line"], arrowsize="0.55", penwidth="1")
    _boxes(dot, graph, colours, None)
    _pair(dot, graph)
    for edge in graph.edges:
        look = _edge(edge, graph, colours)
        if graph.nodes[edge.target].kind == "backward" and not edge.saved:
            dot.edge(f"n{edge.target}", f"n{edge.source}", dir="back", **look)
        else:
            dot.edge(f"n{edge.source}", f"n{edge.target}", **look)
    return dot


def _boxes(dot: graphviz.Digraph, graph: Graph, colours: dict[str, str], scope: int | None) -> None:
    """The nodes of a module call, and the calls inside it as boxes inside its box."""
    for node in graph.nodes:
        if node.scope == scope:
            dot.node(
                f"n{node.key}",
                **_node(node, colours, (len(graph.nodes) > BRIEF) + (len(graph.nodes) > BARE)),
            )
    used = graph.open_scopes()
    for key, inner in enumerate(graph.scopes):
        if inner.parent == scope and key in used:
            with dot.subgraph(
                name=f"cluster_{key}"
            ) as box:  # a name that starts so is what Graphviz draws as a box
                box.attr(
                    label=_scope_label(inner, colours),
                    labelloc="t",
                    labeljust="l",
                    style="rounded,filled",
                    margin="10",
                    color=colours["scope-line"],
                    fillcolor=colours["scope"],
                    id=f"s{key}",
                    tooltip=_plain(f"{inner.path or 'model'}: {inner.kind}"),
                )
                _boxes(box, graph, colours, key)


def _pair(dot: graphviz.Digraph, graph: Graph) -> None:
    """Each backward node on the level of its operation; inside boxes Graphviz cannot be told."""
    for node in graph.nodes:
        if node.kind == "backward" and node.twin is not None and not graph.scopes:
            with dot.subgraph() as level:
                level.attr(rank="same")
                level.node(f"n{node.twin}")
                level.node(f"n{node.key}")


def _scope_label(scope: Scope, colours: dict[str, str]) -> str:
    path = f"<b>{_html(scope.path)}</b>&#160; " if scope.path else ""
    return f"<{_font(path + _html(scope.kind), colours['muted'], 10)}>"


def clean(text: Any) -> str:
    """Text without what no label can hold (control characters, lone surrogates), and not longer
    than a label may be.
    """
    text = _printable(str(text))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _printable(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "�", text)


def _html(text: Any) -> str:
    return escape(_inert(clean(text)))


def _inert(text: str) -> str:
    """Graphviz puts names in the place of backslash and N, G, E, H, T or L, however it is escaped;
    an invisible word joiner parts them.
    """
    return re.sub(r"\\(?=[NGEHTL])", "\\\\\N{WORD JOINER}", text)


def _plain(text: str) -> str:
    """A plain DOT string that is shown as it stands: no backslash, entity or angle bracket of it
    means anything.
    """
    lines = [
        _inert(_printable(line).replace("\\", "\\\\").replace("&", "&amp;"))
        for line in text.split("\n")
    ]
    return graphviz.nohtml("\\n".join(lines))


# --- nodes ----------------------------------------------------------------------------------------


def _role(node: GraphNode) -> str:
    return "output" if node.output and node.kind == "op" else node.kind


def _node(node: GraphNode, colours: dict[str, str], brief: int) -> dict[str, str]:
    role = _role(node)
    look = {"fillcolor": colours[role], "color": colours[f"{role}-line"]}
    if node.heat is not None:
        look["fillcolor"] = colours[f"heat{node.heat}"]
    if node.failed:
        look = {"fillcolor": colours["failed"], "color": colours["bad"], "penwidth": "1.6"}
    elif node.kind == "constant":
        look["style"] = "rounded,filled,dashed"
    elif node.output:
        look["penwidth"] = "1.6"
    classes = f"ag-{node.kind}" + (" ag-output" if node.output else "")
    return {
        "label": _label(node, colours, brief),
        "id": f"n{node.key}",
        "class": classes,
        "tooltip": _plain(_tooltip(node)),
        **look,
    }


def _label(node: GraphNode, colours: dict[str, str], brief: int) -> str:
    if node.kind == "constant" and not node.name and not node.dtype:
        return (
            f"<{_html(f'{node.subject:.6g}' if isinstance(node.subject, float) else node.subject)}>"
        )
    rows = [_head(node, colours)]
    if node.failed:
        rows.append(_row([_font(_html(node.failed), colours["bad"], 9)]))
    else:
        rows += (_contents(node, colours) if node.kind == "group" else []) + _numbers(
            node, colours, brief
        )
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>>'


def _head(node: GraphNode, colours: dict[str, str]) -> str:
    parts = []
    if node.name:
        parts.append(f"<b>{_html(node.name)}</b>")
    if node.op and node.kind == "op":
        parts.append(f"<b>{_html(node.label)}</b>" if not node.name else _html(node.label))
        if node.label != node.op and not node.label.startswith("["):
            parts.append(_font(_html(node.op), colours["muted"], 9))
    elif node.kind == "backward":
        parts.append(_font(f"<b>{_html(node.label)}</b>", colours["grad"], 11))
    elif node.kind == "group":
        parts.append(_html(node.label) if node.name else f"<b>{_html(node.label)}</b>")
        parts += [f"<b>×{node.repeats}</b>"] if node.repeats > 1 else []
    elif not node.name:
        parts.append(_html(node.label))
    text = [", ".join(map(str, node.shape)).join("()")] if node.shape else []
    if node.dtype and node.dtype != get_default_dtype().name:
        text.append(node.dtype)
    if node.params and node.kind == "op":
        text.append(clean(node.params))
    if text:
        parts.append(_font(_html(" ".join(text)), colours["muted"], 9))
    return f'<tr><td align="left" colspan="9">{"&#160; ".join(parts)}</td></tr>'


def _contents(node: GraphNode, colours: dict[str, str]) -> list[str]:
    """What is inside a group."""
    texts = (
        [f"{node.members:,} operation{'s' * (node.members != 1)}"]
        if node.members and "operations" not in node.label
        else []
    )
    texts += [f"{node.parameters:,} parameters"] if node.parameters else []
    return (
        [
            f'<tr><td align="left" colspan="9">{_font(", ".join(texts), colours["muted"], 9)}</td></tr>'
        ]
        if texts
        else []
    )


def _numbers(node: GraphNode, colours: dict[str, str], brief: int) -> list[str]:
    """The rows of the value and of the gradient, in common columns."""
    if brief > 1 and node.shape:
        return []
    wants_grad = node.kind in ("leaf", "parameter", "op") or (
        node.kind == "group" and bool(node.op) and node.grad is not None
    )
    shown: list[tuple[str, Summary | None, str]] = (
        [("value", node.value, colours["ink"])] if node.value else []
    )
    if wants_grad and (node.value or node.grad):
        shown.append(("grad", node.grad, colours["grad"]))
    table = [
        (label if i == 0 else "", row, colour)
        for label, what, colour in shown
        for i, row in enumerate(_cells(what, brief))
    ]
    if any(
        what is not None and (what.cells is None or (brief and sum(map(len, what.cells)) > 4))
        for _, what, _ in shown
    ):
        table.insert(
            0, ("", ["mean", "std"] if brief else ["mean", "std", "min", "max"], colours["muted"])
        )
    widths = [
        max((len(row[i]) for _, row, _ in table if i < len(row)), default=0) for i in range(5)
    ]
    rows = []
    for label, row, colour in table:
        cells = [
            _font(_cell(text, widths[i] + 1 + (i > 0)), _ink(text, colour, colours), 9, MONO)
            for i, text in enumerate(row)
        ]
        rows.append(_row([_font(label, colours["muted"], 9), *cells]))
    return rows


def _cells(what: Summary | None, brief: int) -> list[list[str]]:
    if what is None:
        return [["—"]]
    if what.cells is not None and not (brief and sum(map(len, what.cells)) > 4):
        return [list(row) for row in what.cells]
    broken = " ".join(f"{n} {word}" for n, word in ((what.nans, "nan"), (what.infs, "inf")) if n)
    if brief:
        return [[number(what.mean), number(what.std), *([broken] if broken else [])]]
    return [
        [
            number(what.mean),
            number(what.std),
            number(what.low),
            number(what.high),
            broken or what.bars,
        ]
    ]


def _cell(text: str, width: int) -> str:
    """Padded on the left with spaces of fixed width, which aligns right in every renderer, whatever
    its fonts.
    """
    return (
        escape(text).rjust(len(escape(text)) + width - len(text), "\u00a0") if text != "—" else text
    )


def _ink(text: str, colour: str, colours: dict[str, str]) -> str:
    return (
        colours["bad"]
        if "nan" in text or "inf" in text
        else colours["muted"]
        if text == "—"
        else colour
    )


def _row(cells: list[str]) -> str:
    return "<tr>" + "".join(f'<td align="left">{cell}</td>' for cell in cells) + "</tr>"


def _font(text: str, colour: str, size: int, face: str = "") -> str:
    family = f' face="{face}"' if face else ""
    return f'<font color="{colour}" point-size="{size}"{family}>{text}</font>' if text else ""


def _tooltip(node: GraphNode) -> str:
    lines = [node.title, f"{node.dtype} {list(node.shape)}".strip()]
    lines += [text for text in (node.params, node.source) if text]
    lines += [f"value: {node.value.text}"] if node.value else []
    lines += [f"grad: {node.grad.text}"] if node.grad else []
    lines += (
        [f"{node.members:,} operations"]
        if node.kind == "group" and "operations" not in node.label
        else []
    )
    return "\n".join([*lines, *([node.failed] if node.failed else [])])


def _caption(notes: list[str], colours: dict[str, str]) -> str:
    wrapped = [line for note in notes for line in textwrap.wrap(_printable(note), 100)]
    lines = "".join(f'{escape(_inert(line))}<br align="left"/>' for line in wrapped)
    return f"<{_font(lines, colours['muted'], 9)}>"


# --- edges ----------------------------------------------------------------------------------------


def _edge(edge: Edge, graph: Graph, colours: dict[str, str]) -> dict[str, str]:
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    lines = [f"{source.title} → {target.title}"]
    if target.kind == "op" and len(target.inputs) > 1:
        lines[0] += f", argument {edge.position}"
    lines += ["kept for the backward pass"] if edge.saved else []
    flow = target.flows[edge.position] if edge.position < len(target.flows) else None
    lines += [f"gradient: {flow.text}"] if flow else []
    look = {
        "id": f"e{edge.source}-{edge.target}-{edge.position}",
        "tooltip": _plain("\n".join(lines)),
    }
    if target.kind == "backward":
        # Laid out against its direction, so that each backward node stands beside its operation.
        kept = {"style": "dotted", "constraint": "false", "arrowhead": "odot"}
        look |= kept if edge.saved else {"color": colours["backward-line"]}
    elif source.kind == "constant":
        look |= {"style": "dashed"}
    return look
