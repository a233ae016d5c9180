"""What if: other numbers in the leaves, and every value and gradient computed again.

Of a tensor, the graph is replayed with them. A function is run again with them, so that it takes
the branches that it takes there; what is then different from the start is said. What the gradient
predicts for a move (gradient times change, summed) stands beside what really happened. No number of
the user's is changed for longer than that takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...core.errors import GraphError
from ...core.tensor import Tensor
from .nodes import Graph, GraphNode
from .replay import Numbers, summary_of
from .wording import clean, some

MOST = 150
"""The most nodes of a graph that is explored."""

FROZEN = (
    "replayed as recorded: where Python's if or while chose a branch, that branch is frozen; "
    "explore(function, ...) runs it again"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change of leaves comes to.

    Attributes
    ----------
    value : float
        The output.
    actual : float
        How much it changed.
    predicted : float
        How much the gradient at the starting point says it changes: the sum of gradient times
        change of each leaf.
    """

    value: float
    actual: float
    predicted: float


class WhatIf:
    """The numbers behind `explore`: a graph, its scalar leaves, and what other numbers in them
    give.

    Parameters
    ----------
    graph : Graph
    again : callable, optional
        Computes the graph anew. Without, it is replayed as it is.

    Attributes
    ----------
    graph : Graph
        At the start.
    leaves : dict of str to Tensor
        The scalar leaves by name.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.visual.graph.listing import graph_of
    >>> a = tensor(3.0, requires_grad=True)
    >>> study = WhatIf(graph_of([a * a], {"a": a}))
    >>> study.at({"a": 3.5})
    Outcome(value=12.25, actual=3.25, predicted=3.0)
    """

    def __init__(self, graph: Graph, again: Callable[[], Graph] | None = None) -> None:
        self.graph = graph
        self._again = again
        start = _explorable(graph)
        self._start = start.values
        self._gradients = start.gradients()
        self._keys = {
            clean(node.name or f"#{node.key}"): node.key
            for node in graph.nodes
            if node.kind in ("leaf", "parameter") and node.shape == ()
        }
        self.leaves: dict[str, Tensor] = {
            name: graph.nodes[key].subject for name, key in self._keys.items()
        }
        if not self.leaves:
            raise GraphError(
                "explore() moves leaves that are single numbers and require gradients; this graph "
                "has none"
            )

    def start(self, name: str) -> float:
        """The value of a leaf before any change."""
        return float(self._start[self._keys[name]])

    def at(self, moved: dict[str, float]) -> Outcome:
        """What comes out with other numbers in some leaves; NaN where the function raises an error
        there.
        """
        return self.moved(moved)[0]

    def drawn(self, moved: dict[str, float]) -> Graph:
        """The graph with the values and the gradients that it has then."""
        return self.moved(moved)[1]

    def moved(self, moved: dict[str, float]) -> tuple[Outcome, Graph]:
        """Both at once."""
        predicted = sum(
            float(self._gradients.get(self._keys[name], 0.0)) * (to - self.start(name))
            for name, to in moved.items()
        )
        with _holding({self.leaves[name]: to for name, to in moved.items()}):
            graph, notes = self._present()
            numbers = Numbers(graph)
            found: dict[int, Any] = {}
            value = float("nan")
            if not graph.stopped:
                found = numbers.gradients()
                value = float(numbers.values[graph.outputs[0]])
        nodes = []
        for node in graph.nodes:
            own = summary_of(numbers.values.get(node.key))
            nodes.append(replace(node, value=own, grad=summary_of(found.get(node.key))))
        outcome = Outcome(value, value - float(self._start[self.graph.outputs[0]]), predicted)
        return outcome, replace(graph, nodes=nodes, notes=notes)

    def _present(self) -> tuple[Graph, list[str]]:
        """The graph with the leaves as they are now, and what there is to say about it."""
        if self._again is None:
            return self.graph, [FROZEN, *_masks(self.graph)]
        graph = self._again()
        if graph.stopped:
            return graph, graph.notes
        try:
            _explorable(graph)
        except ValueError as error:
            return self.graph, [
                f"replayed as at the start, because with these numbers it cannot be shown: {error}"
            ]
        return graph, differences(self.graph, graph)


def _explorable(graph: Graph) -> Numbers:
    """The numbers of a graph that can be explored."""
    if len(graph.outputs) != 1 or len(graph.nodes) > MOST or not graph.whole:
        raise ValueError(
            f"explore() takes one output and a graph of up to {MOST} nodes, this one has "
            f"{len(graph.nodes):,}"
        )
    numbers = Numbers(graph)
    if np.size(numbers.values[graph.outputs[0]]) != 1:
        raise ValueError(
            "explore() takes an output that is a single number; reduce it first (.sum(), .mean())"
        )
    return numbers


@contextmanager
def _holding(numbers: dict[Tensor, float]) -> Iterator[None]:
    """Other numbers in some leaves, which then have their own again."""
    before = {leaf: leaf._data for leaf in numbers}
    try:
        for leaf, to in numbers.items():
            leaf._data = leaf.dtype.type(to)
        yield
    finally:
        for leaf, own in before.items():
            leaf._data = own


# --- what is frozen, and what is different --------------------------------------------------------


def _masks(graph: Graph) -> list[str]:
    """The conditions that a finished graph holds as constants: it is not known what they were
    computed from.
    """
    masks = {node.key for node in graph.nodes if node.kind == "constant" and node.dtype == "bool"}
    users = _users_of(graph, masks)
    if not users:
        return []
    return [f"frozen too: the condition of {users}"]


def differences(before: Graph, now: Graph) -> list[str]:
    """How a function's graph is different with other numbers in its leaves: the first operation
    that is another one, or constants.
    """
    start = "another branch than at the start:"
    for old, new in zip(before.nodes, now.nodes):
        if _likeness(old) != _likeness(new):
            instead = f"in the place of {_branch(before, old.key)}"
            return [f"{start} {_branch(now, new.key)}, {instead}"]
    shorter = min(len(before.nodes), len(now.nodes))
    if len(now.nodes) > shorter:
        return [f"{start} it goes on with {_branch(now, shorter)}"]
    if len(before.nodes) > shorter:
        return [f"{start} it stops before {_branch(before, shorter)}"]
    changed = {
        old.key
        for old, new in zip(before.nodes, now.nodes)
        if old.kind == "constant" and not _same_number(old.subject, new.subject)
    }
    users = _users_of(now, changed)
    if not users:
        return []
    return [f"changed outside the graph, so that no gradient knows of it: a constant of {users}"]


def _users_of(graph: Graph, keys: set[int]) -> str:
    """The operations that use some nodes, in words."""
    return some([_spot(node) for node in graph.nodes if node.op and keys & set(node.inputs)])


def _likeness(node: GraphNode) -> tuple:
    """What a node has in common with the one in its place in another run of the same branch."""
    leaf = None
    if node.kind in ("leaf", "parameter"):
        leaf = id(node.subject)
    return node.kind, node.op, node.params, node.inputs, node.shape, leaf


def _same_number(a: Any, b: Any) -> bool:
    floats = np.asarray(a).dtype.kind == "f" == np.asarray(b).dtype.kind
    return bool(np.array_equal(a, b, equal_nan=floats))


def _branch(graph: Graph, start: int) -> str:
    """The first operation from a place on: what stands before it are its leaves and constants."""
    return next((_spot(node) for node in graph.nodes[start:] if node.op), "the end")


def _spot(node: GraphNode) -> str:
    """An operation and where it is."""
    return f"{clean(node.title)} ({node.source or f'#{node.key}'})"
