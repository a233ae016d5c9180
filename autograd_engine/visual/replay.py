"""The numbers of a graph, computed again: values forward from the leaves, gradients backward from
the output.

The engine keeps no intermediate value longer than a rule needs it, and a swept graph keeps none at
all. But the graph is a program: leaves and constants are still there, so every value and every
gradient can be had again, without touching a tensor or its ``.grad``. Where a leaf was changed
since the graph was made, this gives today's numbers, not those of then; `changed_leaves` says so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..core.cotangent import complete, fit
from ..core.errors import GraphError
from ..core.modes import OFF, recording
from ..core.node import Node
from ..core.primitive import Parts
from ..transforms.program import changed_since, computed
from ..core.promotion import promoted
from ..core.tensor import Tensor
from .graph import Graph, GraphNode, trace
from .summary import summarize


def replay(graph: Graph) -> dict[int, Any]:
    """The value of every node by key: leaves as they are now, operations computed again in order of
    creation.

    Parameters
    ----------
    graph : Graph
        As `trace` gives it, not folded.
    """
    values: dict[int, Any] = {}
    token = recording.set(OFF)
    try:
        with np.errstate(all="ignore"):
            for node in graph.nodes:
                if node.kind != "op":
                    values[node.key] = _present(node.subject)
                elif not node.failed:
                    values[node.key] = _compute(node, values)
    finally:
        recording.reset(token)
    return values


def _present(subject: Any) -> Any:
    return subject._data if isinstance(subject, Tensor) else subject


def _arguments(node: GraphNode, values: dict[int, Any]) -> list[Any]:
    given = [None if key is None else values[key] for key in node.inputs]
    op = node.subject.op
    return promoted(given, op.promote) if op.promote else given


def _compute(node: GraphNode, values: dict[int, Any]) -> Any:
    start = perf_counter()
    value = computed(node.subject, [None if key is None else values[key] for key in node.inputs])
    node.seconds = perf_counter() - start
    return value if isinstance(value, tuple) else value[()]


def changed_leaves(graph: Graph) -> list[GraphNode]:
    """The leaves and constants whose memory was written to after an operation of the graph had read
    them.
    """
    first_use: dict[int, int] = {}
    for node in graph.nodes:
        if isinstance(node.subject, Node):
            for key in node.inputs:
                if key is not None:
                    first_use.setdefault(key, node.subject.index)
    holders = [node for node in graph.nodes if node.kind != "op" and node.key in first_use]
    return [node for node in holders if changed_since(node.subject, first_use[node.key])]


# --- backward -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an operation hands to one of its inputs.

    Attributes
    ----------
    node : GraphNode
        The input.
    position : int
        Which argument of the operation it is.
    value : array
        The upstream gradient times the local derivative.
    total : array
        What has arrived at the input so far, this contribution included.
    local : number or None
        The local derivative itself, where it is a single number.
    """

    node: GraphNode
    position: int
    value: Any
    total: Any
    local: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the backward sweep.

    Attributes
    ----------
    node : GraphNode
        The operation.
    upstream : array
        The gradient of the graph's output with respect to this operation's output, complete.
    contributions : tuple of Contribution
        One for each input that wants a gradient.
    """

    node: GraphNode
    upstream: Any
    contributions: tuple[Contribution, ...]

    def __str__(self) -> str:
        parts = "; ".join(map(self.describe, self.contributions))
        return f"{self.node.name + ' = ' if self.node.name else ''}{self.node.op}, upstream {_text(self.upstream)}: {parts}"

    def describe(self, part: Contribution) -> str:
        """What one input gets, as a line: upstream × local = contribution."""
        name = part.node.name or f"#{part.node.key} {part.node.op or part.node.kind}"
        product = "" if part.local is None else f"{_text(self.upstream)} × {_text(part.local)} = "
        return f"{name} += {product}{_text(part.value)}" + (
            "" if part.local is None else f" (now {_text(part.total)})"
        )


def _text(value: Any) -> str:
    return "several parts" if isinstance(value, (tuple, dict)) else summarize(value).text


def backward_steps(
    output: Tensor, gradient: Any = None, names: dict[str, Any] | None = None
) -> Iterator[Step]:
    """What `Tensor.backward_steps` gives.

    Raises
    ------
    GraphError
        If the tensor has no graph, or no gradient to start from.
    """
    if output.is_leaf:
        raise GraphError(
            "this tensor was not computed from one that requires gradients, so there is no sweep "
            "to step through"
        )
    if gradient is None and output.numel() != 1:
        raise GraphError(
            f"stepping back from a tensor of shape {list(output.shape)} needs a gradient to start "
            "from; pass gradient="
        )
    graph = trace([output], names, large=sys.maxsize)
    seed = gradient._data if isinstance(gradient, Tensor) else gradient
    return steps(graph, replay(graph), seed)


def steps(
    graph: Graph,
    values: dict[int, Any],
    seed: Any = None,
    gradients: dict[int, Any] | None = None,
    detailed: bool = True,
) -> Iterator[Step]:
    """Sweep the graph backward, one operation at a time, from the values that `replay` gave.

    Parameters
    ----------
    seed : array, optional
        The gradient to start from; by default 1.
    gradients : dict, optional
        Is filled with the complete gradient of every node, by key.
    detailed : bool
        Whether local derivatives are computed too.

    Yields
    ------
    Step
    """
    gradients = {} if gradients is None else gradients
    for root in graph.outputs:
        start = (
            np.ones_like(values[root])[()]
            if seed is None
            else np.asarray(seed, dtype=graph.nodes[root].dtype)
        )
        gradients[root] = gradients[root] + start if root in gradients else start
    for node in reversed(graph.nodes):
        if node.kind == "op" and node.key in gradients and not node.failed:
            yield _step(graph, node, values, gradients, detailed)


def _step(
    graph: Graph, node: GraphNode, values: dict[int, Any], found: dict[int, Any], detailed: bool
) -> Step:
    engine_node, plan = node.subject, node.subject.plan
    g = found[node.key]
    upstream = complete(engine_node, g, False) if isinstance(g, Parts) else g
    token = recording.set(OFF)
    try:
        with np.errstate(all="ignore"):
            saved = plan.kept(values[node.key], _arguments(node, values), engine_node.params)
            pulled = list(plan.pull(upstream, saved))
            local = (
                list(plan.pull(np.ones_like(upstream)[()], saved))
                if detailed and np.size(upstream) == 1
                else [None] * len(pulled)
            )
    finally:
        recording.reset(token)
    contributions = []
    for position, value in enumerate(pulled):
        key = node.inputs[position]
        if value is None or key is None:
            continue
        if not isinstance(value, Parts):
            value = fit(value, _Like(values[key]), plan.op)
        found[key] = found[key] + value if key in found else value
        single = (
            not isinstance(value, Parts) and np.size(value) == 1 and local[position] is not None
        )
        contributions.append(
            Contribution(
                graph.nodes[key], position, value, found[key], local[position] if single else None
            )
        )
    return Step(node, upstream, tuple(contributions))


class _Like:
    """The shape and dtype that a gradient is to have."""

    __slots__ = ("dtype", "shape")

    def __init__(self, value: Any) -> None:
        self.shape, self.dtype = np.shape(value), value.dtype


def gradients(graph: Graph, values: dict[int, Any], seed: Any = None) -> dict[int, Any]:
    """The gradient of the outputs' sum with respect to every node that one reaches, by key."""
    found: dict[int, Any] = {}
    for _ in steps(graph, values, seed, found, detailed=False):
        pass
    return found
