"""Writes values and gradients onto a graph, and says where they come from.

A leaf shows its own ``.grad``, which is what the user will step with. A result in between keeps no
gradient, so the picture computes it; but only once `backward` has run (some leaf has a gradient),
because before there is none: it shows a dash and never a zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.hooks import RetainGrad
from ...core.node import Node
from ...core.tensor import Tensor
from .nodes import Graph, GraphNode
from .scale import scale_in_time
from .replay import (
    Numbers,
    is_array,
    is_number,
    local_derivatives,
    product_text,
    summary_of,
)
from .summary import summarize
from .verdict import judged
from .wording import some

RECURRENT = frozenset(["elman", "gru", "lstm"])
"""The ops that run over time: their first input and first output go step by step."""

SPACE = 2_000_000_000
"""The most bytes of results in between that are computed again for a picture."""


def with_numbers(
    graph: Graph, values: bool = True, grads: bool | None = None, seed: Any = None
) -> Graph:
    """Fill in `GraphNode.value` and `GraphNode.grad`, and judge what is there.

    Parameters
    ----------
    graph : Graph
        As `graph_of` gives it. Groups get no numbers.
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
    for node in graph.nodes:
        _write_own(node)
    numbers = None
    if values and graph.whole and any(node.kind == "op" for node in graph.nodes):
        numbers = _recomputed(graph)
    if numbers is not None:
        _write_values(graph, numbers)
        if grads is None:
            grads = any(node.grad is not None for node in graph.nodes)
        if grads:
            _write_gradients(graph, numbers, seed)
    graph.verdict = judged(graph, numbers)
    return graph


def _recomputed(graph: Graph) -> Numbers | None:
    """The numbers of a graph, if they can be had; else a note says why not."""
    if sum(node.nbytes for node in graph.nodes if node.kind == "op") > SPACE:
        graph.notes.append(
            "the values in between are not computed again, because they take more than "
            f"{SPACE / 1e9:.0f} GB"
        )
        return None
    try:
        return Numbers(graph)
    except Exception as error:  # a leaf may have been changed to a shape that no longer fits
        graph.notes.append(f"the values in between could not be computed again: {error}")
        return None


def _write_own(node: GraphNode) -> None:
    """What the tensors themselves hold: the values of leaves, and gradients that were kept."""
    subject = node.subject
    node.grad = None
    if isinstance(subject, Tensor):
        node.value = summarize(subject._data)
        _write_gradient(node, getattr(subject, "_grad", None))
    elif isinstance(subject, Node):
        _write_gradient(node, _retained(subject))
    elif node.kind == "constant":
        node.value = summarize(subject)


def _write_gradient(node: GraphNode, grad: Tensor | None) -> None:
    if grad is not None:
        node.grad = summarize(grad._data)


def _retained(node: Node) -> Tensor | None:
    """The gradient that `retain_grad` kept, while its tensor lives."""
    for hook in node.hooks or ():
        if isinstance(hook, RetainGrad):
            grad = getattr(hook._tensor(), "_grad", None)
            if grad is not None:
                return grad
    return None


def _write_values(graph: Graph, numbers: Numbers) -> None:
    for node in graph.nodes:
        value = numbers.values.get(node.key)
        if is_array(value):
            node.value = summarize(value)
        if node.op in RECURRENT:
            states: Any = value
            if isinstance(value, tuple):
                states = value[0]
            node.steps = len(states)
            node.value_scale = scale_in_time(states)
    if numbers.changed:
        names = some([node.name or f"#{node.key}" for node in numbers.changed])
        graph.notes.append(
            f"changed since the graph was made, so its values are those of now: {names}"
        )


def _write_gradients(graph: Graph, numbers: Numbers, seed: Any) -> None:
    if seed is None and not all(is_number(numbers.values.get(root)) for root in graph.outputs):
        graph.notes.append(
            "gradients in between need gradient=..., because the output is not a single number"
        )
        return

    def note_flows(node: GraphNode, upstream: Any, values: list, twin: Node) -> None:
        node.flows = tuple(map(summary_of, values))
        local = local_derivatives(twin, upstream)
        node.products = tuple(map(product_text, [upstream] * len(values), local, values))
        if node.op in RECURRENT and is_array(values[0]):
            node.grad_scale = scale_in_time(values[0])

    try:
        found = numbers.watch(note_flows, seed)
    except Exception as error:
        graph.notes.append(f"the gradients in between could not be computed again: {error}")
        return
    # Of what was given there is no other gradient; nor of anything before the first backward().
    first = not any(node.given and node.grad is not None for node in graph.nodes)
    for node in graph.nodes:
        shown = first or node.kind == "op" or node.input
        if shown and node.grad is None and is_array(found.get(node.key)):
            node.grad = summarize(found[node.key])
    if any(map(_is_hooked, graph.nodes)):
        graph.notes.append("gradients in between are shown without the changes that hooks make")
    differing = [node.name or f"#{node.key}" for node in graph.nodes if _differs(node, found)]
    if differing and not graph.notes:
        graph.notes.append(
            f".grad holds more than this graph's gradient (it accumulates): {some(differing)}"
        )


def _is_hooked(node: GraphNode) -> bool:
    """Whether hooks change the gradient of an operation."""
    if not isinstance(node.subject, Node):
        return False
    return any(not isinstance(hook, RetainGrad) for hook in node.subject.hooks or ())


def _differs(node: GraphNode, found: dict[int, Any]) -> bool:
    if not isinstance(node.subject, Tensor) or node.key not in found:
        return False
    grad = getattr(node.subject, "_grad", None)
    if grad is None:
        return False
    return not np.allclose(grad._data, found[node.key], rtol=1e-3, atol=1e-5, equal_nan=True)
