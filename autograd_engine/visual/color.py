"""Colouring nodes by an amount: on a scale of six steps, logarithmic where the amounts span more
than a factor of ten.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from .graph import Graph, GraphNode
from .summary import number
from .theme import HEATS

AMOUNTS: dict[str, tuple[Callable[[GraphNode], float | None], str]] = {
    "grad": (
        lambda node: node.grad.norm if node.grad else None,
        "root mean square of the gradient, from {} to {}",
    ),
    "value": (
        lambda node: node.value.norm if node.value else None,
        "root mean square of the value, from {} to {}",
    ),
    "time": (
        lambda node: None if node.seconds is None else node.seconds * 1e6,
        "time of the operation, from {} to {} µs",
    ),
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
    amounts = {
        node.key: amount
        for node in graph.nodes
        if (amount := measure(node)) is not None and math.isfinite(amount)
    }
    positive = [amount for amount in amounts.values() if amount > 0]
    if not positive:
        return replace(
            graph,
            notes=[
                *graph.notes,
                f"there is nothing to colour by {by}"
                + (" before backward()" if by == "grad" else ""),
            ],
        )
    low, high = min(positive), max(positive)
    nodes = [replace(node, heat=_heat(amounts.get(node.key), low, high)) for node in graph.nodes]
    return replace(
        graph,
        nodes=nodes,
        notes=[*graph.notes, "colour: " + text.format(number(float(low)), number(float(high)))],
    )


def _heat(amount: float | None, low: float, high: float) -> int | None:
    if amount is None:
        return None
    if amount <= 0 or high <= low:
        return 0 if amount <= 0 else HEATS - 1
    share = (
        math.log(amount / low) / math.log(high / low)
        if high > 10 * low
        else (amount - low) / (high - low)
    )
    return round(share * (HEATS - 1))
