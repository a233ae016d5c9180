"""The numbers of a graph, computed again: values forward from the leaves, gradients backward from
the output.

The engine keeps no intermediate value longer than a rule needs it, and a swept graph keeps none at
all. But the graph is a program: leaves and constants are still there, so `transforms.program` runs
it again, and the engine's own sweep goes over what that has recorded, watched here, without
touching a tensor of the user's or its ``.grad``. Where a leaf was changed since the graph was made,
this gives today's numbers, not those of then; `Numbers.changed` says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.backward import sweep
from ...core.errors import GraphError
from ...core.node import Node
from ...core.primitive import Parts
from ...core.tensor import Tensor
from ...transforms.program import run_again
from .listing import graph_of
from .rules import local_of
from .nodes import Graph, GraphNode
from .summary import ArraySummary, summarize


FEW = 16
"""Of so many numbers the local derivatives are told one by one."""


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
    slopes : array or None
        The local derivatives, where an operation acts element by element on few numbers.
    """

    node: GraphNode
    position: int
    value: Any
    total: Any
    local: Any
    slopes: Any = None


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
        line = f"{self.node.op}, upstream {gradient_words(self.upstream)}: {parts}"
        if self.node.name:
            return f"{self.node.name} = {line}"
        return line

    def describe(self, part: Contribution) -> str:
        """What one input gets, as a line: upstream × local = contribution."""
        name = part.node.name or f"#{part.node.key} {part.node.op or part.node.kind}"
        value = gradient_words(part.value)
        if part.local is None:
            return f"{name} += {value}"
        product = product_text(self.upstream, part.local, part.value)
        return f"{name} += {product} (now {gradient_words(part.total)})"


def gradient_words(value: Any) -> str:
    """A gradient in few words."""
    if is_array(value):
        return summarize(value).text
    return "several parts"


def is_array(value: Any) -> bool:
    """Whether a value or gradient is one array, and not that of an op with several outputs."""
    return value is not None and not isinstance(value, (Parts, tuple))


def is_number(value: Any) -> bool:
    """Whether a value or gradient is a single number."""
    return is_array(value) and np.size(value) == 1


def summary_of(value: Any) -> ArraySummary | None:
    """A value or gradient as it is shown, if it is one array."""
    if not is_array(value):
        return None
    return summarize(value)


def product_text(upstream: Any, local: Any, value: Any) -> str:
    """Upstream × local = contribution, where these are single numbers; else nothing."""
    if local is None or not is_number(value):
        return ""
    factors = f"{gradient_words(upstream)} × {gradient_words(local)}"
    return f"{factors} = {gradient_words(value)}"


class Numbers:
    """What the nodes of a graph hold, and what a sweep over it comes to.

    Parameters
    ----------
    graph : Graph
        As `graph_of` gives it, not folded.

    Attributes
    ----------
    values : dict of int to array
        The value of every node by key: leaves as they are now, operations computed again.
    changed : list of GraphNode
        The leaves and constants whose memory was written to after an operation of the graph had
        read them.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        operations = [node for node in graph.nodes if isinstance(node.subject, Node)]
        self._again = run_again([node.subject for node in operations], graph.known)
        self.values = {
            node.key: _own_value(node.subject) for node in graph.nodes if node.kind != "op"
        }
        for node in operations:
            self.values[node.key] = self._again.values[node.subject]
            node.seconds = self._again.seconds.get(node.subject)
        changed = set(map(id, self._again.changed))
        self.changed = [node for node in graph.nodes if id(node.subject) in changed]

    def gradients(self, seed: Any = None) -> dict[int, Any]:
        """The gradient of the outputs' sum with respect to every node that one reaches, by key.

        Parameters
        ----------
        seed : array, optional
            The gradient to start from; by default 1.
        """
        return self.watch(lambda node, upstream, values, twin: None, seed)

    def steps(self, seed: Any = None) -> tuple[list[Step], dict[int, Any]]:
        """The operations of the sweep, in its order, with their local derivatives; and what
        `gradients` gives.
        """
        taken: list[Step] = []
        totals: dict[int, Any] = {}

        def note(node: GraphNode, upstream: Any, values: list, twin: Node) -> None:
            parts = zip(node.inputs, values, local_derivatives(twin, upstream))
            contributions = []
            for position, (key, value, local) in enumerate(parts):
                if value is None or key is None:
                    continue
                total = totals[key] = _sum(totals.get(key), value)
                slopes = None
                if not is_number(value):
                    slopes = _slopes(twin, position, upstream, value)
                    local = None
                target = self.graph.nodes[key]
                contributions.append(Contribution(target, position, value, total, local, slopes))
            taken.append(Step(node, upstream, tuple(contributions)))

        found = self.watch(note, seed)
        return taken, found

    def watch(
        self, note: Callable[[GraphNode, Any, list, Node], None], seed: Any = None
    ) -> dict[int, Any]:
        """Sweep, and give what `gradients` gives. ``note`` is called for every operation: with its
        node, its complete gradient, what it hands to each input, and the engine's node that holds
        what its rules take.
        """
        found: dict[int, Any] = {}
        nodes = {
            self._again.twins[node.subject]: node
            for node in self.graph.nodes
            if node.key in self.values and node.kind == "op"
        }

        def observe(twin: Node, upstream: Any, values: list) -> None:
            node = nodes[twin]
            found[node.key] = upstream
            note(node, upstream, values, twin)

        wanted = [key for key in self.graph.outputs if self.graph.nodes[key].wants]
        roots = [root for root in map(self._root, wanted) if root is not None]
        seeds = [_seed(root, seed) for root in roots]
        arrived = sweep(roots, seeds, None, True, False, observe=observe)
        for node in self.graph.nodes:
            if isinstance(node.subject, Tensor) and self._again.twin(node.subject) in arrived:
                found[node.key] = arrived[self._again.twin(node.subject)]
        return found

    def _root(self, key: int) -> Tensor | None:
        """One of the outputs in the graph that was recorded again; None for a constant."""
        subject = self.graph.nodes[key].subject
        if isinstance(subject, Node):
            return self._again.result(subject)
        if isinstance(subject, Tensor):
            return self._again.twin(subject)
        return None


def _seed(root: Tensor, given: Any) -> Any:
    if given is None and root.numel() != 1:
        return np.ones_like(root._data)
    return given


def _own_value(subject: Any) -> Any:
    if isinstance(subject, Tensor):
        return subject._data
    return subject


def local_derivatives(twin: Node, upstream: Any) -> list[Any]:
    """The local derivative by each input, where the output is a single number."""
    if not is_number(upstream):
        return [None] * len(twin.inputs)
    return list(twin.plan.pull(np.ones_like(upstream)[()], twin.saved))


def _slopes(twin: Node, position: int, upstream: Any, value: Any) -> Any:
    """The local derivatives, element by element, where there are few and the op acts so."""
    if not is_array(upstream) or not is_array(value) or np.size(upstream) > FEW:
        return None
    if np.shape(upstream) != twin.shape or not local_of(twin, position).text:
        return None
    slopes = twin.plan.pull(np.ones_like(upstream), twin.saved)[position]
    return slopes if np.shape(slopes) == np.shape(upstream) else None


def _sum(before: Any, value: Any) -> Any:
    """What has arrived; of the parts of an op's several outputs there is no sum to show."""
    if before is None or not is_array(value):
        return value
    return before + value


def steps_of(
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
    graph = graph_of([output], names, large=sys.maxsize)
    taken, _ = Numbers(graph).steps(gradient)
    return iter(taken)
