"""How a graph is to be read, and what clicks change about that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .color import colored
from .fold import LIMIT, fold, members_of
from .graph import Graph, GraphNode
from .large import nesting
from .mirror import with_backward


@dataclass(frozen=True, slots=True)
class Reading:
    """What is folded, what the colours show, whether the backward graph is drawn too, and whether
    it is only a part.

    Attributes
    ----------
    unfold : tuple of str
        The `GraphNode.fold` of groups that are to be opened.
    inside : str or None
        The `GraphNode.fold` of a group that is to be drawn alone.
    """

    depth: int | None = None
    collapse: tuple[str, ...] = ()
    color_by: str | None = None
    backward: bool = False
    limit: int = LIMIT
    unfold: tuple[str, ...] = ()
    inside: str | None = None

    def apply(self, graph: Graph) -> Graph:
        """The graph as it is to be drawn."""
        graph, depth, unfold = replace(graph, notes=list(graph.notes)), self.depth, self.unfold
        if self.inside is not None:
            calls, between = members_of(graph, self.inside)
            run = self.inside.startswith("run ")
            depth, unfold = nesting(graph.scopes, calls[0]) + (not run), (self.inside,)
            graph = part(graph, calls, between)
        shown = fold(graph, depth, self.collapse if self.inside is None else (), self.limit, unfold)
        if self.backward:
            shown = with_backward(shown)
        return colored(shown, self.color_by) if self.color_by else shown


def part(graph: Graph, calls: list[int], between: list[int]) -> Graph:
    """What happens in some calls of modules, and some operations between them; what enters them
    stands before them as a constant.
    """
    inside = set(calls)
    for key, scope in enumerate(graph.scopes):  # parents come first
        if scope.parent in inside:
            inside.add(key)
    core = {node.key for node in graph.nodes if node.scope in inside} | set(between)
    entering = {edge.source for edge in graph.edges if edge.target in core} - core
    leaving = {
        edge.source for edge in graph.edges if edge.source in core and edge.target not in core
    } | (core & set(graph.outputs))
    kept = [node for node in graph.nodes if node.key in core or node.key in entering]
    new = {node.key: i for i, node in enumerate(kept)}
    nodes = []
    for node in kept:
        if node.key in core:
            inputs = tuple([None if i is None else new[i] for i in node.inputs])
            nodes.append(
                replace(node, key=new[node.key], inputs=inputs, output=node.key in leaving)
            )
        else:
            nodes.append(_outside(graph, node, new[node.key]))
    return Graph(nodes, tuple(new[key] for key in sorted(leaving)), graph.scopes, list(graph.notes))


def _outside(graph: Graph, node: GraphNode, key: int) -> GraphNode:
    """What enters: a leaf as it is, a result as a constant that says where it came from."""
    if node.kind not in ("op", "group"):
        return replace(node, key=key, scope=None, output=False)
    home = graph.scopes[node.scope].path if node.scope is not None and node.kind == "op" else ""
    name = f"from {home}: {node.title}" if home else f"from {node.title}"
    return GraphNode(
        key, "constant", "constant", name, shape=node.shape, dtype=node.dtype, value=node.value
    )
