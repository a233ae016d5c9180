"""Writes values and gradients onto a graph, and says where they come from.

A leaf shows its own ``.grad``, which is what the user will step with. A result in between keeps no
gradient, so the picture computes it; but only once `backward` has run (some leaf has a gradient),
because before there is none: it shows a dash and never a zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.node import Node
from ..core.primitive import Parts
from ..core.tensor import Tensor
from .graph import Graph, GraphNode
from .replay import Step, changed_leaves, replay, steps
from .summary import Summary, summarize


SPACE = 2_000_000_000
"""The most bytes of results in between that are computed again for a picture."""


def annotate(
    graph: Graph, values: bool = True, grads: bool | None = None, seed: Any = None
) -> Graph:
    """Fill in `GraphNode.value` and `GraphNode.grad`.

    Parameters
    ----------
    graph : Graph
        As `trace` gives it. Groups get no numbers.
    values : bool
        Whether to compute the values in between again.
    grads : bool, optional
        Whether results in between show their gradients. By default, if a leaf of the graph has one.
    seed : array, optional
        The gradient to start from, needed where the output is not a single number.

    Returns
    -------
    Graph
        The same one.
    """
    _own_numbers(graph)
    whole = all(node.kind != "group" for node in graph.nodes)
    if not values or not whole or not any(node.kind == "op" for node in graph.nodes):
        return graph
    if sum(node.nbytes for node in graph.nodes if node.kind == "op") > SPACE:
        graph.notes.append(
            "the values in between are not computed again, because they take more than "
            f"{SPACE / 1e9:.0f} GB"
        )
        return graph
    try:
        found = replay(graph)
    except Exception as error:  # a leaf may have been changed to a shape that no longer fits
        graph.notes.append(f"the values in between could not be computed again: {error}")
        return graph
    for node in graph.nodes:
        if node.key in found and not isinstance(found[node.key], tuple):
            node.value = summarize(found[node.key])
    changed = changed_leaves(graph)
    if changed:
        names = ", ".join(node.name or f"#{node.key}" for node in changed[:5])
        graph.notes.append(
            "changed since the graph was made, so its values are those of now: "
            f"{names}{', …' if changed[5:] else ''}"
        )
    if grads or (grads is None and _swept(graph)):
        _gradients(graph, found, seed)
    return graph


def _own_numbers(graph: Graph) -> None:
    """What the tensors themselves hold: the values of leaves, and gradients that were kept."""
    for node in graph.nodes:
        subject = node.subject
        if isinstance(subject, Tensor):
            node.value = summarize(subject._data)
            grad = getattr(subject, "_grad", None)
        else:
            if node.kind == "constant":
                node.value = summarize(subject)
            grad = _retained(subject) if isinstance(subject, Node) else None
        node.grad = None if grad is None else summarize(grad._data)


def _retained(node: Node) -> Tensor | None:
    """The gradient that `retain_grad` kept, while its tensor lives."""
    tensors = [hook._tensor() for hook in node.hooks or () if hasattr(hook, "_tensor")]
    return next(
        (
            tensor._grad
            for tensor in tensors
            if tensor is not None and getattr(tensor, "_grad", None) is not None
        ),
        None,
    )


def _swept(graph: Graph) -> bool:
    return any(node.grad is not None for node in graph.nodes)


def _gradients(graph: Graph, values: dict[int, Any], seed: Any) -> None:
    if seed is None and any(
        graph.nodes[root].value is None or np.size(values[root]) != 1 for root in graph.outputs
    ):
        graph.notes.append(
            "gradients in between need gradient=..., because the output is not a single number"
        )
        return
    try:
        found: dict[int, Any] = {}
        for step in steps(graph, values, seed, found, detailed=False):
            step.node.flows = _flows(step)
    except Exception as error:
        graph.notes.append(f"the gradients in between could not be computed again: {error}")
        return
    hooked = False
    for node in graph.nodes:
        if (
            node.kind == "op"
            and node.grad is None
            and node.key in found
            and not isinstance(found[node.key], Parts)
        ):
            node.grad = summarize(found[node.key])
        hooked = hooked or bool(
            isinstance(node.subject, Node)
            and [h for h in node.subject.hooks or () if not hasattr(h, "_tensor")]
        )
    if hooked:
        graph.notes.append("gradients in between are shown without the changes that hooks make")
    differing = [node for node in graph.nodes if _differs(node, found)]
    if differing and not graph.notes:
        names = ", ".join(node.name or f"#{node.key}" for node in differing[:5])
        graph.notes.append(f".grad holds more than this graph's gradient (it accumulates): {names}")


def _flows(step: Step) -> tuple[Summary | None, ...]:
    """What flows back along each edge into the operation, by position."""
    flows: list[Summary | None] = [None] * len(step.node.inputs)
    for part in step.contributions:
        flows[part.position] = None if isinstance(part.value, Parts) else summarize(part.value)
    return tuple(flows)


def _differs(node: GraphNode, found: dict[int, Any]) -> bool:
    grad = getattr(node.subject, "_grad", None) if isinstance(node.subject, Tensor) else None
    if grad is None or node.key not in found:
        return False
    return not np.allclose(grad._data, found[node.key], rtol=1e-3, atol=1e-5, equal_nan=True)
