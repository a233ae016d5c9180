"""Colouring nodes by an amount.

Gradients are compared with that of the last layer, in powers of ten: a colour of one kind says by
how much too small, one of another kind by how much too large. Every other amount has a scale of six
steps, logarithmic where the amounts span more than a factor of ten.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from .nodes import Graph, GraphNode
from .scale import last_layer
from .summary import number

HEATS = 6
"""How many steps the scale of an amount has."""

DECADES = ("cold3", "cold2", "cold1", "even", "warm1", "warm2", "warm3")
"""The colours of gradients, from a thousandth of the reference or less to a thousandfold or
more.
"""


def colored(graph: Graph, by: str) -> Graph:
    """The graph with `GraphNode.heat` and `Graph.legend` set, and a note that says what the colours
    show.

    Raises
    ------
    ValueError
        For another ``by`` than "grad", "value", "time" or "bytes".
    """
    if by not in AMOUNTS:
        raise ValueError(f"color_by is one of {', '.join(map(repr, AMOUNTS))}, got {by!r}")
    measure, what = AMOUNTS[by]
    amounts = {node.key: measure(node) for node in graph.nodes}
    known = {key: x for key, x in amounts.items() if x is not None and math.isfinite(x)}
    if not any(amount > 0 for amount in known.values()):
        note = f"there is nothing to colour by {by}"
        if by == "grad":
            note += " before backward()"
        return replace(graph, notes=[*graph.notes, note])
    if by == "grad":
        return _against_last_layer(graph, known)
    return _in_steps(graph, known, what)


# --- gradients ------------------------------------------------------------------------------------


def _gradient_of(node: GraphNode) -> float | None:
    """The root mean square of a node's gradient; nothing for the output, whose gradient is the 1
    that all begins with.
    """
    if node.output or node.grad is None:
        return None
    return node.grad.norm


def _against_last_layer(graph: Graph, amounts: dict[int, float]) -> Graph:
    reference = _reference(graph, amounts)
    nodes = []
    for node in graph.nodes:
        heat = None
        if node.key in amounts:
            sizes = node.grad_scale or (amounts[node.key],)
            decades = [_decade(size, reference) for size in sizes if math.isfinite(size)]
            heat = _colour(max(decades, key=abs, default=0))
        nodes.append(replace(node, heat=heat))
    texts = ["÷1000 and less", "÷100", "÷10", number(reference), "×10", "×100", "×1000 and more"]
    note = "colour: root mean square of the gradient, against that of the last layer"
    legend = tuple(zip(DECADES, texts))
    return replace(graph, nodes=nodes, notes=[*graph.notes, note], legend=legend)


def _reference(graph: Graph, amounts: dict[int, float]) -> float:
    """The gradient at the last layer; where it is zero, the largest."""
    last = last_layer(graph)
    if last is not None and amounts.get(last):
        return amounts[last]
    return max(amounts.values())


def _decade(amount: float, reference: float) -> int:
    """By how many powers of ten an amount is larger than the reference."""
    if amount == 0:
        return -len(DECADES)
    return round(math.log10(amount / reference))


def _colour(decade: int) -> str:
    """The colour of so many powers of ten; of a group, of the member that differs most."""
    middle = len(DECADES) // 2
    return DECADES[middle + min(max(decade, -middle), middle)]


# --- other amounts --------------------------------------------------------------------------------


def _rms_of_value(node: GraphNode) -> float | None:
    if node.value is None:
        return None
    return max([node.value.norm, *node.value_scale])


def _microseconds(node: GraphNode) -> float | None:
    if node.seconds is None:
        return None
    return node.seconds * 1e6


AMOUNTS: dict[str, tuple[Callable[[GraphNode], float | None], str]] = {
    "grad": (_gradient_of, ""),
    "value": (_rms_of_value, "root mean square of the value"),
    "time": (_microseconds, "time of the operation in µs"),
    "bytes": (lambda node: node.nbytes or None, "size of the output in bytes"),
}


def _in_steps(graph: Graph, amounts: dict[int, float], what: str) -> Graph:
    positive = [amount for amount in amounts.values() if amount > 0]
    low = min(positive)
    high = max(positive)
    nodes = [replace(node, heat=_step_of(amounts.get(node.key), low, high)) for node in graph.nodes]
    legend = tuple((f"heat{i}", number(_amount_at(i, low, high))) for i in range(HEATS))
    if high <= low:
        legend = legend[-1:]
    return replace(graph, nodes=nodes, notes=[*graph.notes, f"colour: {what}"], legend=legend)


def _step_of(amount: float | None, low: float, high: float) -> str | None:
    """The step of the scale from ``low`` to ``high`` that an amount is on."""
    if amount is None:
        return None
    if amount <= 0:
        return "heat0"
    if high <= low:
        return f"heat{HEATS - 1}"
    share = (amount - low) / (high - low)
    if high > 10 * low:
        share = math.log(amount / low) / math.log(high / low)
    return f"heat{round(share * (HEATS - 1))}"


def _amount_at(step: int, low: float, high: float) -> float:
    """The amount in the middle of a step."""
    share = step / (HEATS - 1)
    if high > 10 * low:
        return low * (high / low) ** share
    return low + share * (high - low)
