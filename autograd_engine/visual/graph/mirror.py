"""The backward graph beside the forward graph: the node that computes an operation's gradients, and
where they arrive.
"""

from __future__ import annotations

from dataclasses import replace

from .nodes import Graph, GraphNode

NOTE = (
    "dotted: values kept for the backward pass; the backward graph is drawn in the colour of "
    "gradients"
)


def with_backward(graph: Graph) -> Graph:
    """The graph with a node of kind "backward" for each operation, and the values that each of them
    needs as its inputs.

    The input of a backward node by position: first the backward nodes of the users of its
    operation's output, then the values that were saved for it.
    """
    nodes = list(graph.nodes)
    users = _users(graph)
    twins: dict[int, int] = {}
    for node in reversed(graph.nodes):
        if node.computed and node.wants and not node.failed and node.members:
            upstream = [twins[key] for key in users[node.key] if key in twins]
            twins[node.key] = len(nodes)
            nodes.append(_backward_node(node, len(nodes), upstream))
    for leaf in graph.nodes:
        arriving = [twins[key] for key in users[leaf.key] if key in twins]
        if leaf.kind in ("leaf", "parameter") and leaf.wants and arriving:
            nodes.append(_arrival(leaf, len(nodes), arriving))
    return replace(graph, nodes=nodes, notes=[*graph.notes, NOTE])


def _users(graph: Graph) -> dict[int, list[int]]:
    """For each node those that use it, each once and in order."""
    users: dict[int, list[int]] = {node.key: [] for node in graph.nodes}
    for node in graph.nodes:
        for key in dict.fromkeys(node.inputs):
            if key is not None:
                users[key].append(node.key)
    return users


def _backward_node(node: GraphNode, key: int, upstream: list[int]) -> GraphNode:
    """What computes the gradients of an operation's inputs."""
    positions = [node.key if i == -1 else node.inputs[i] for i in node.saved]
    saved = list(dict.fromkeys(positions))
    return GraphNode(
        key=key,
        kind="backward",
        label=f"{node.name or node.label}′",
        op=node.op,
        inputs=(*upstream, *saved),
        scope=node.scope,
        twin=node.key,
        saved=tuple(range(len(upstream), len(upstream) + len(saved))),
    )


def _arrival(leaf: GraphNode, key: int, arriving: list[int]) -> GraphNode:
    """The place where the gradient of a leaf arrives."""
    return GraphNode(
        key=key,
        kind="backward",
        label=f"{leaf.name or f'#{leaf.key}'}.grad",
        op="grad",
        inputs=tuple(arriving),
        scope=leaf.scope,
        twin=leaf.key,
    )
