"""The graph as DOT text, through the graphviz package."""

from __future__ import annotations

import math
from collections.abc import Collection

import graphviz

from ..graph.calls import path_around
from ..graph.nodes import Edge, Graph, GraphNode, Scope
from .labels import label, relative, tooltip
from .numbers import Ruler, ruler
from .text import caption, font, html_text, plain_text
from .theme import PAPER, SANS, palette

EDGES = ("width", "text")
"""What edges may show."""

WIDTHS = (0.6, 4.0)
"""The width of the edge with the smallest gradient, and of that with the largest."""

DIRECTIONS = ("TB", "LR", "BT", "RL")


def to_graphviz(
    graph: Graph,
    direction: str = "TB",
    theme: str = "auto",
    edges: Collection[str] = (),
    tables: bool = False,
) -> graphviz.Digraph:
    """The drawing of a graph as an object of the graphviz package; ``.source`` is its DOT text.

    Parameters
    ----------
    graph : Graph
    direction : {"TB", "LR", "BT", "RL"}
        Where the computation flows: from top to bottom, from left to right, ...
    theme : {"auto", "light", "dark"}
    edges : collection of {"width", "text"}
        What edges show of the gradient that flows back along them: its size by their width (on a
        logarithmic scale), and as text.
    tables : bool
        Whether nodes say where their numbers lie, and not only how large they are.

    Raises
    ------
    ValueError
        For a direction, theme or way to show edges that does not exist.
    """
    unknown = set(edges) - set(EDGES)
    if unknown:
        raise ValueError(f"edges shows 'width' or 'text', got {sorted(unknown)[0]!r}")
    if direction not in DIRECTIONS:
        raise ValueError(f"direction is 'TB', 'LR', 'BT' or 'RL', got {direction!r}")
    colours = palette(theme)
    dot = graphviz.Digraph("graph", comment="drawn by autograd_engine")
    _defaults(dot, direction, theme, colours)
    if graph.verdict or graph.notes or graph.legend:
        dot.attr("graph", label=caption(graph, colours))
    _boxes(dot, graph, colours, ruler(graph, tables), None)
    _side_by_side(dot, graph)
    widths: dict[Edge, str] = {}
    if "width" in edges:
        widths = _edge_widths(graph)
    for edge in graph.edges:
        look = _flow_look(edge, graph, colours, widths, "text" in edges)
        _edge(dot, edge, graph, colours, look)
    return dot


def _defaults(dot: graphviz.Digraph, direction: str, theme: str, colours: dict[str, str]) -> None:
    dot.attr(
        "graph",
        rankdir=direction,
        bgcolor=PAPER.get(theme, "transparent"),
        nodesep="0.28",
        ranksep="0.34",
        pad="0.15",
        fontname=SANS,
        fontsize="10",
        fontcolor=colours["muted"],
        labelloc="b",
        labeljust="l",
    )
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


def _boxes(
    dot: graphviz.Digraph,
    graph: Graph,
    colours: dict[str, str],
    how: Ruler,
    scope: int | None,
) -> None:
    """The nodes of a module call, and the calls inside it as boxes inside its box."""
    within = path_around(graph.scopes, scope)
    for node in graph.nodes:
        if node.scope == scope:
            dot.node(f"n{node.key}", **_node(node, colours, how, within))
    used = graph.open_scopes()
    for key, inner in enumerate(graph.scopes):
        if inner.parent == scope and key in used:
            # A name that starts so is what Graphviz draws as a box.
            with dot.subgraph(name=f"cluster_{key}") as box:
                box.attr(
                    label=_box_label(inner, colours, within),
                    labelloc="t",
                    labeljust="l",
                    style="rounded,filled",
                    margin="10",
                    color=colours["scope-line"],
                    fillcolor=colours["scope"],
                    id=f"s{key}",
                    tooltip=plain_text(f"{inner.path or 'model'}: {inner.kind}"),
                )
                _boxes(box, graph, colours, how, key)


def _box_label(scope: Scope, colours: dict[str, str], within: str) -> str:
    text = html_text(scope.kind)
    if scope.path and not scope.function:
        text = f"<b>{html_text(relative(scope.path, within))}</b>&#160; {text}"
    return f"<{font(text, colours['muted'], 10)}>"


def _side_by_side(dot: graphviz.Digraph, graph: Graph) -> None:
    """Each backward node on the level of its operation; inside boxes Graphviz cannot be told."""
    if graph.scopes:
        return
    for node in graph.nodes:
        if node.kind == "backward" and node.twin is not None:
            with dot.subgraph() as level:
                level.attr(rank="same")
                level.node(f"n{node.twin}")
                level.node(f"n{node.key}")


def _node(node: GraphNode, colours: dict[str, str], how: Ruler, within: str = "") -> dict[str, str]:
    """The attributes of a node in the box of a module."""
    classes = f"ag-{node.kind}"
    if node.input:
        classes += " ag-input"
    if node.output:
        classes += " ag-output"
    return {
        "label": label(node, colours, how, within),
        "id": f"n{node.key}",
        "class": classes,
        "tooltip": plain_text(tooltip(node)),
        **_look(node, colours),
    }


def _look(node: GraphNode, colours: dict[str, str]) -> dict[str, str]:
    if node.failed:
        return {"fillcolor": colours["failed"], "color": colours["bad"], "penwidth": "1.6"}
    role = node.kind
    if node.function:
        role = "op"
    if node.derived:
        role = "backward"
    elif node.output and role == "op":
        role = "output"
    look = {"fillcolor": colours[role], "color": colours[f"{role}-line"]}
    if node.heat is not None:
        look["fillcolor"] = colours[node.heat]
    if node.parallel:
        look["peripheries"] = "2"
    if node.kind == "constant":
        look["style"] = "rounded,filled,dashed"
    elif node.output:
        look["penwidth"] = "1.6"
    return look


def _edge_widths(graph: Graph) -> dict[Edge, str]:
    """How wide each edge is that a gradient flows along."""
    sizes = {}
    for edge in graph.edges:
        flow = graph.nodes[edge.target].flow(edge.position)
        if flow is not None and flow.norm > 0:
            sizes[edge] = math.log(flow.norm)
    low = min(sizes.values(), default=0.0)
    span = max(sizes.values(), default=0.0) - low
    thin, thick = WIDTHS
    return {
        edge: f"{thin + (size - low) / (span or 1.0) * (thick - thin):.2f}"
        for edge, size in sizes.items()
    }


def _flow_look(
    edge: Edge, graph: Graph, colours: dict[str, str], widths: dict[Edge, str], text: bool
) -> dict[str, str]:
    """What an edge shows of the gradient that flows back along it."""
    look = {}
    if edge in widths:
        look["penwidth"] = widths[edge]
    words = graph.nodes[edge.target].flow_text(edge.position)
    if text and words:
        look["label"] = f"<{font(html_text(words), colours['grad'], 9, mono=True)}>"
    return look


def _edge(
    dot: graphviz.Digraph, edge: Edge, graph: Graph, colours: dict[str, str], flow: dict[str, str]
) -> None:
    source = graph.nodes[edge.source]
    target = graph.nodes[edge.target]
    look = {
        "id": f"e{edge.source}-{edge.target}-{edge.position}",
        "tooltip": plain_text(_edge_tooltip(edge, source, target)),
        **flow,
    }
    if target.kind == "backward" and not edge.saved:
        # Laid out against its direction, so that each backward node stands beside its operation.
        look |= {"dir": "back", "color": colours["backward-line"]}
        dot.edge(f"n{target.key}", f"n{source.key}", **look)
        return
    if target.kind == "backward":
        look |= {"style": "dotted", "constraint": "false", "arrowhead": "odot"}
    elif not source.wants and target.wants:
        look |= {"style": "dashed"}
    dot.edge(f"n{source.key}", f"n{target.key}", **look)


def _edge_tooltip(edge: Edge, source: GraphNode, target: GraphNode) -> str:
    lines = [f"{source.title} → {target.title}"]
    if target.kind == "op" and len(target.inputs) > 1:
        lines[0] += f", argument {edge.position}"
    if edge.saved:
        lines.append("kept for the backward pass")
    flow = target.flow_text(edge.position)
    if flow:
        lines.append(f"gradient: {flow}")
    return "\n".join(lines)
