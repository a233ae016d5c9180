"""The backward graph beside the forward graph: the node that computes an operation's gradients, and
where they arrive.
"""

from __future__ import annotations

from dataclasses import replace

from .graph import Graph, GraphNode


def with_backward(graph: Graph) -> Graph:
    """The graph with a node of kind "backward" for each operation, and the values that each of them
    needs as its inputs.

    The input of a backward node by position: first the backward nodes of the users of its
    operation's output, then the values that were saved for it.
    """
    nodes = list(graph.nodes)
    twin: dict[int, int] = {}
    for node in reversed(graph.nodes):
        if node.kind in ("op", "group") and not node.failed and node.members:
            twin[node.key] = len(nodes)
            saved = [
                node.key if position == -1 else node.inputs[position] for position in node.saved
            ]
            upstream = [
                twin[user.key]
                for user in graph.nodes
                if node.key in user.inputs and user.key in twin
            ]
            nodes.append(
                GraphNode(
                    key=len(nodes),
                    kind="backward",
                    label=f"{node.name or node.label}′",
                    op=node.op,
                    inputs=(*upstream, *dict.fromkeys(saved)),
                    scope=node.scope,
                    twin=node.key,
                    saved=tuple(range(len(upstream), len(upstream) + len(dict.fromkeys(saved)))),
                )
            )
    for leaf in graph.nodes:
        users = [
            twin[user.key] for user in graph.nodes if leaf.key in user.inputs and user.key in twin
        ]
        if leaf.kind in ("leaf", "parameter") and users:
            label = f"{leaf.name or f'#{leaf.key}'}.grad"
            arrived = GraphNode(
                len(nodes),
                "backward",
                label,
                op="grad",
                inputs=tuple(users),
                scope=leaf.scope,
                twin=leaf.key,
            )
            nodes.append(arrived)
    notes = [
        *graph.notes,
        "dotted: values kept for the backward pass; the backward graph is drawn in the colour of "
        "gradients",
    ]
    return replace(graph, nodes=nodes, notes=notes)
