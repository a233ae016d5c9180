"""Colouring nodes by an amount: on a scale of six steps, logarithmic where the amounts span more
than a factor of ten.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from .nodes import Graph, GraphNode
from .summary import number

HEATS = 6
"""How many steps the scale has."""


def _rms_of_gradient(node: GraphNode) -> float | None:
    if node.grad is None:
        return None
    return node.grad.norm


def _rms_of_value(node: GraphNode) -> float | None:
    if node.value is None:
        return None
    return node.value.norm


def _microseconds(node: GraphNode) -> float | None:
    if node.seconds is None:
        return None
    return node.seconds * 1e6


AMOUNTS: dict[str, tuple[Callable[[GraphNode], float | None], str]] = {
    "grad": (_rms_of_gradient, "root mean square of the gradient, from {} to {}"),
    "value": (_rms_of_value, "root mean square of the value, from {} to {}"),
    "time": (_microseconds, "time of the operation, from {} to {} µs"),
    "bytes": (lambda node: node.nbytes or None, "size of the output, from {} to {} bytes"),
}


def colored(graph: Graph, by: str) -> Graph:
    """The graph with `GraphNode.heat` set, and a note that explains the colours.

    Raises
    ------
    ValueError
        For another ``by`` than "grad", "value", "time" or "bytes".
    """
    if by not in AMOUNTS:
        raise ValueError(f"color_by is one of {', '.join(map(repr, AMOUNTS))}, got {by!r}")
    measure, text = AMOUNTS[by]
    measured = {node.key: measure(node) for node in graph.nodes}
    amounts = {
        key: amount
        for key, amount in measured.items()
        if amount is not None and math.isfinite(amount)
    }
    positive = [amount for amount in amounts.values() if amount > 0]
    if not positive:
        note = f"there is nothing to colour by {by}"
        if by == "grad":
            note += " before backward()"
        return replace(graph, notes=[*graph.notes, note])
    low = min(positive)
    high = max(positive)
    nodes = [
        replace(node, heat=_heat_step(amounts.get(node.key), low, high)) for node in graph.nodes
    ]
    note = "colour: " + text.format(number(float(low)), number(float(high)))
    return replace(graph, nodes=nodes, notes=[*graph.notes, note])


def _heat_step(amount: float | None, low: float, high: float) -> int | None:
    """The step of the scale from ``low`` to ``high`` that an amount is on."""
    if amount is None:
        return None
    if amount <= 0:
        return 0
    if high <= low:
        return HEATS - 1
    share = (amount - low) / (high - low)
    if high > 10 * low:
        share = math.log(amount / low) / math.log(high / low)
    return round(share * (HEATS - 1))
