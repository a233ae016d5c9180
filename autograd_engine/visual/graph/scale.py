"""How large the values and the gradients in a group are, member by member: a folded group that
showed the numbers of one member would hide what happens to the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .nodes import Graph, GraphNode
from .summary import BARS, ArraySummary, number

WIDE = 100.0
"""A group whose members differ by a larger factor is not folded, as far as there is room."""

MARKS = 24
"""The longest line of marks; of more members every so-many-th has one."""

BROKEN = "!"
"""The mark of a member that holds NaN or infinities."""


def size_of(what: ArraySummary | None) -> list[float]:
    """The root mean square of an array, NaN where it holds what is not finite; nothing if there is
    no array.
    """
    if what is None:
        return []
    if what.nans or what.infs:
        return [math.nan]
    return [what.norm]


def scales(members: Sequence[GraphNode], repeats: int) -> tuple[tuple, tuple]:
    """The sizes of the values and of the gradients of a group's members, in their order.

    What repeats is told repeat by repeat, each by its last operation.
    """
    every = len(members) // max(repeats, 1)
    if repeats > 1 and every * repeats == len(members):
        members = members[every - 1 :: every]
    values: list[float] = []
    grads: list[float] = []
    for node in members:
        values += node.value_scale or size_of(node.value)
        grads += node.grad_scale or size_of(node.grad)
    return tuple(values), tuple(grads)


def scale_in_time(array: np.ndarray) -> tuple[float, ...]:
    """The root mean square at each step, by the first axis; NaN where it is not finite.

    >>> scale_in_time(np.array([[3.0, 3.0], [0.0, 0.0]]))
    (3.0, 0.0)
    """
    sizes = [float(np.sqrt(np.mean(np.square(step, dtype=float)))) for step in array]
    return tuple([size if math.isfinite(size) else math.nan for size in sizes])


def spread(scale: Sequence[float]) -> float:
    """By which factor the largest is larger than the smallest; infinite where one is zero or not
    finite and others are not.

    >>> spread([0.5, 2.0]), spread([0.0, 1.0]), spread([0.0, 0.0])
    (4.0, inf, 1.0)
    """
    known = [size for size in scale if math.isfinite(size)]
    if len(known) < len(scale):
        return math.inf
    if not known or max(known) == min(known):
        return 1.0
    if min(known) == 0.0:
        return math.inf
    return max(known) / min(known)


def is_wide(node: GraphNode) -> bool:
    """Whether the members of a group differ so much that one number does not stand for all. Of what
    stands side by side some may well be 0 and others large, but not other than finite.
    """
    if node.parallel:
        return any(map(math.isnan, (*node.value_scale, *node.grad_scale)))
    return max(spread(node.value_scale), spread(node.grad_scale)) > WIDE


def scale_text(scale: Sequence[float]) -> str:
    """From where to where, in words.

    >>> scale_text([0.25, 0.5]), scale_text([2.0, float("nan")])
    ('0.25 … 0.5', '2, 1 not finite')
    """
    known = [size for size in scale if math.isfinite(size)]
    words = []
    if known and max(known) > min(known):
        words.append(f"{number(min(known))} … {number(max(known))}")
    elif known:
        words.append(number(known[0]))
    if len(known) < len(scale):
        words.append(f"{len(scale) - len(known)} not finite")
    return ", ".join(words)


def sparkline(scale: Sequence[float]) -> str:
    """The sizes as a line of block characters, on a logarithmic scale.

    >>> sparkline([1e-6, 1e-3, 1.0]), sparkline([1.0, 0.0, float("nan")])
    ('▁▅█', '▄▁!')
    """
    if len(scale) > MARKS:
        scale = [scale[round(i * (len(scale) - 1) / (MARKS - 1))] for i in range(MARKS)]
    logs = [math.log(size) for size in scale if size > 0 and math.isfinite(size)]
    return "".join(_mark(size, logs) for size in scale)


def _mark(size: float, logs: list[float]) -> str:
    if not math.isfinite(size):
        return BROKEN
    if size == 0:
        return BARS[0]
    low = min(logs)
    high = max(logs)
    if high - low < 0.01:
        return BARS[len(BARS) // 2 - 1]
    return BARS[round((math.log(size) - low) / (high - low) * (len(BARS) - 1))]


def layers_of(graph: Graph) -> list[int]:
    """What a gradient is followed through: the operations that use parameters; where there are too
    few, all but the output.
    """
    parameters = {node.key for node in graph.nodes if node.kind == "parameter"}
    layers = [node.key for node in graph.nodes if node.computed and _is_layer(node, parameters)]
    if len(layers) >= 2:
        return layers
    return [node.key for node in graph.nodes if node.computed and not node.output]


def _is_layer(node: GraphNode, parameters: set[int]) -> bool:
    return node.parameters > 0 or not parameters.isdisjoint(node.inputs)


def last_layer(graph: Graph) -> int | None:
    """The layer that the gradient comes to first."""
    return next(reversed(layers_of(graph)), None)
