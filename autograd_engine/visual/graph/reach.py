"""What gradients do not reach, as far as the graph alone cannot tell: parameters of a module that
nothing uses, frozen ones, and values that were detached from what they were computed from.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...core.node import Node
from ...core.tensor import Tensor
from .nodes import Graph, GraphNode
from .recorded import DETACH
from .wording import clean


def note_unreached(graph: Graph, owned: Iterable[dict[str, Tensor]]) -> None:
    """Say which parameters of modules the graph does not use, and which want no gradient.

    Parameters
    ----------
    graph : Graph
    owned : iterable of dict of str to Tensor
        The parameters of each module that ran.
    """
    used = _leaves(graph)
    unused: dict[int, str] = {}
    frozen: dict[int, str] = {}
    for parameters in owned:
        for name, parameter in parameters.items():
            if not parameter.requires_grad:
                frozen.setdefault(id(parameter), name)
            elif id(parameter) not in used:
                unused.setdefault(id(parameter), name)
    graph.unused = tuple(unused.values())
    graph.frozen = tuple(frozen.values())


def uses_any(graph: Graph, parameters: dict[str, Tensor]) -> bool:
    """Whether a parameter of a module is in the graph."""
    used = _leaves(graph)
    return any(id(parameter) in used for parameter in parameters.values())


def _leaves(graph: Graph) -> set[int]:
    """The leaves in the graph, those in groups too, by identity."""
    found = set()
    for node in graph.nodes:
        if isinstance(node.subject, Tensor):
            found.add(id(node.subject))
        elif isinstance(node.subject, tuple):
            found.update(map(id, node.subject))
    return found


def note_detached(graph: Graph) -> None:
    """Say of what no gradient flows back through, though a result that wants one uses it, which
    leaf it was computed from.
    """
    used = {edge.source for edge in graph.edges if graph.nodes[edge.target].wants}
    origins: dict[int | None, str] = {}
    for node in graph.nodes:
        if not node.computed:
            if node.wants:
                origins[node.key] = clean(node.name or "a leaf")
            continue
        origin = next((origins[key] for key in node.inputs if key in origins), "")
        if not origin:
            continue
        if node.wants or _could_want(node):
            origins[node.key] = origin
            if not node.wants and node.key in used:
                node.detached_from = origin


def _could_want(node: GraphNode) -> bool:
    """Whether an operation would have a gradient, had it been recorded."""
    if not isinstance(node.subject, Node):
        return False
    return node.subject.op is DETACH or node.subject.op.differentiable
