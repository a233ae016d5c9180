"""How a graph is to be read, and what clicks change about that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .calls import module_around, nesting
from .folding import LIMIT, folded, is_run, members_of
from .heat import colored
from .mirror import with_backward
from .nodes import Graph, GraphNode


@dataclass(frozen=True, slots=True)
class Reading:
    """What is folded, what the colours show, whether the backward graph is drawn too, and whether
    it is only a part.

    Attributes
    ----------
    edges : tuple of {"width", "text"}
        What edges show of the gradient that flows back along them.
    tables : bool
        Whether nodes say where their numbers lie, and not only how large they are.
    unfold : tuple of str
        The `GraphNode.fold` of groups that are to be opened.
    inside : str or None
        The `GraphNode.fold` of a group that is to be drawn alone.
    """

    depth: int | None = None
    collapse: tuple[str, ...] = ()
    color_by: str | None = None
    edges: tuple[str, ...] = ()
    tables: bool = False
    backward: bool = False
    limit: int | None = LIMIT
    unfold: tuple[str, ...] = ()
    inside: str | None = None

    def apply(self, graph: Graph) -> Graph:
        """The graph as it is to be drawn."""
        graph = replace(graph, notes=list(graph.notes))
        if self.inside is None:
            shown = folded(graph, self.depth, self.collapse, self.limit, self.unfold)
        else:
            shown = self._alone(graph, self.inside)
        if self.backward:
            shown = with_backward(shown)
        if self.color_by:
            shown = colored(shown, self.color_by)
        return shown

    def _alone(self, graph: Graph, inside: str) -> Graph:
        """What is in one group."""
        calls, between = members_of(graph, inside)
        depth = nesting(graph.scopes, calls[0])
        if not is_run(inside):
            depth += 1
        return folded(excerpt(graph, calls, between), depth, (), self.limit, (inside,))


def excerpt(graph: Graph, calls: list[int], between: list[int]) -> Graph:
    """What happens in some calls of modules, and some operations between them; what enters them
    stands before them as a constant.
    """
    inside = set(calls)
    for key, scope in enumerate(graph.scopes):  # parents come first
        if scope.parent in inside:
            inside.add(key)
    core = {node.key for node in graph.nodes if node.scope in inside}.union(between)
    used_outside = {edge.source for edge in graph.edges if edge.target not in core}
    leaving = core & used_outside.union(graph.outputs)
    entering = {edge.source for edge in graph.edges if edge.target in core} - core
    kept = [node for node in graph.nodes if node.key in core or node.key in entering]
    new = {node.key: key for key, node in enumerate(kept)}
    nodes = []
    for node in kept:
        if node.key in core:
            inputs = tuple([None if key is None else new[key] for key in node.inputs])
            output = node.key in leaving
            nodes.append(replace(node, key=new[node.key], inputs=inputs, output=output))
        else:
            nodes.append(_outside(graph, node, new[node.key]))
    outputs = tuple(new[key] for key in sorted(leaving))
    return replace(graph, nodes=nodes, outputs=outputs, notes=list(graph.notes))


def _outside(graph: Graph, node: GraphNode, key: int) -> GraphNode:
    """What enters: a leaf as it is, a result as a constant that says where it came from."""
    if not node.computed:
        return replace(node, key=key, scope=None, output=False)
    name = node.title
    if node.scope is not None and node.kind == "op":
        if graph.scopes[node.scope].function:
            name = graph.scopes[node.scope].kind
        home = module_around(graph.scopes, node.scope)
        if home is not None and graph.scopes[home].path:
            name = f"{graph.scopes[home].path}: {name}"
    name = f"from {name}"
    return GraphNode(
        key, "constant", "constant", name, shape=node.shape, dtype=node.dtype, value=node.value
    )
