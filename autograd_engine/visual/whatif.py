"""What if: sliders on the leaves, and the picture computed again at every move.

Of a tensor, the graph is replayed with other numbers in its leaves. A function is run again with
them, so that it takes the branches that it takes there; what is then different from the start is
said. What the gradient predicts for a move (gradient times change, summed) stands beside what
really happened. No number of the user's is changed for longer than that takes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core.errors import GraphError
from ..core.tensor import Tensor
from .compact import compact
from .dot import clean
from .graph import Graph, GraphNode, trace
from .html import page
from .replay import gradients, replay
from .summary import number, summarize
from .theme import palette
from .view import GraphView, names_around, whole_graph, with_leaves
from .widget import module, widget_class

MOST = 150
FROZEN = "replayed as recorded: where Python's if or while chose a branch, that branch is frozen; explore(function, ...) runs it again"


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
    >>> a = tensor(3.0, requires_grad=True)
    >>> study = WhatIf(trace([a * a], {"a": a}))
    >>> study.at({"a": 3.5})
    Outcome(value=12.25, actual=3.25, predicted=3.0)
    """

    def __init__(self, graph: Graph, again: Callable[[], Graph] | None = None) -> None:
        self.graph, self._again = graph, again
        self._start = self._checked(graph)
        self._gradients = gradients(graph, self._start)
        wanted = [
            node for node in graph.nodes if node.kind in ("leaf", "parameter") and node.shape == ()
        ]
        self._keys = {clean(node.name or f"#{node.key}"): node.key for node in wanted}
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
            values = replay(graph)
            failed = any(node.failed for node in graph.nodes)
            found = {} if failed else gradients(graph, values)
        value = float("nan") if failed else float(values[graph.outputs[0]])
        nodes = [
            replace(node, value=_summary(values.get(node.key)), grad=_summary(found.get(node.key)))
            for node in graph.nodes
        ]
        outcome = Outcome(value, value - float(self._start[self.graph.outputs[0]]), predicted)
        return outcome, replace(graph, nodes=nodes, notes=notes)

    def _present(self) -> tuple[Graph, list[str]]:
        """The graph with the leaves as they are now, and what there is to say about it."""
        if self._again is None:
            return self.graph, [FROZEN, *_masks(self.graph)]
        graph = self._again()
        if any(node.failed for node in graph.nodes):
            return graph, graph.notes
        try:
            self._checked(graph)
        except ValueError as error:
            return self.graph, [
                f"replayed as at the start, because with these numbers it cannot be shown: {error}"
            ]
        return graph, differences(self.graph, graph)

    @staticmethod
    def _checked(graph: Graph) -> dict[int, Any]:
        if (
            len(graph.outputs) != 1
            or len(graph.nodes) > MOST
            or any(node.kind == "group" for node in graph.nodes)
        ):
            raise ValueError(
                f"explore() takes one output and a graph of up to {MOST} nodes, this one has "
                f"{len(graph.nodes):,}"
            )
        values = replay(graph)
        if np.size(values[graph.outputs[0]]) != 1:
            raise ValueError(
                "explore() takes an output that is a single number; reduce it first (.sum(), "
                ".mean())"
            )
        return values


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


def _summary(value: Any) -> Any:
    return None if value is None or isinstance(value, (tuple, dict)) else summarize(value)


# --- what is frozen, and what is different --------------------------------------------------------


def _masks(graph: Graph) -> list[str]:
    """The conditions that a finished graph holds as constants: it is not known what they were
    computed from.
    """
    masks = {node.key for node in graph.nodes if node.kind == "constant" and node.dtype == "bool"}
    users = [_place(node) for node in graph.nodes if node.op and masks & set(node.inputs)]
    return (
        [f"frozen too: the condition of {', '.join(users[:5])}{', …' if users[5:] else ''}"]
        if users
        else []
    )


def differences(before: Graph, now: Graph) -> list[str]:
    """How a function's graph is different with other numbers in its leaves: the first operation
    that is another one, or constants.
    """
    for old, new in zip(before.nodes, now.nodes):
        if _structure(old) != _structure(new):
            return [
                f"another branch than at the start: {_branch(now, new.key)}, in the place of "
                f"{_branch(before, old.key)}"
            ]
    if len(before.nodes) != len(now.nodes):
        longer, word = (
            (now, "goes on with")
            if len(now.nodes) > len(before.nodes)
            else (before, "stops before")
        )
        return [
            f"another branch than at the start: it {word} "
            f"{_branch(longer, min(len(before.nodes), len(now.nodes)))}"
        ]
    changed = {
        old.key
        for old, new in zip(before.nodes, now.nodes)
        if old.kind == "constant" and not _same(old.subject, new.subject)
    }
    users = [_place(node) for node in now.nodes if node.op and changed & set(node.inputs)]
    return (
        [
            "changed outside the graph, so that no gradient knows of it: a constant of "
            f"{', '.join(users[:5])}"
        ]
        if users
        else []
    )


def _structure(node: GraphNode) -> tuple:
    leaf = id(node.subject) if node.kind in ("leaf", "parameter") else None
    return node.kind, node.op, node.params, node.inputs, node.shape, leaf


def _same(a: Any, b: Any) -> bool:
    return bool(
        np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f" == np.asarray(b).dtype.kind)
    )


def _branch(graph: Graph, start: int) -> str:
    """The first operation from a place on: what stands before it are its leaves and constants."""
    return next((_place(node) for node in graph.nodes[start:] if node.op), "the end")


def _place(node: GraphNode) -> str:
    return (
        f"{clean(node.title)} ({node.source})"
        if node.source
        else f"{clean(node.title)} (#{node.key})"
    )


# --- the widget -----------------------------------------------------------------------------------


def explore(
    y: Any, *args: Any, names: Any = None, direction: str = "LR", theme: str = "auto"
) -> Any:
    """Sliders on the scalar leaves of a computation, in a live notebook: every value and gradient
    follows.

    Parameters
    ----------
    y : Tensor, callable or module
        A single number, computed from leaves some of which are single numbers that require
        gradients; its graph is replayed, and the picture says what is frozen. Or a function that
        computes one from ``args``: it is run again at every move, and the picture says where it
        takes another branch.
    *args
        For a function. Python floats become leaves.
    names : dict of str to Tensor, module, or False, optional
        As for `draw`.
    direction, theme : str
        As for `draw`.

    Returns
    -------
    anywidget.AnyWidget
        With the `WhatIf` behind it as ``.study``, and the numbers that the sliders show as
        ``.moved``.

    Raises
    ------
    ImportError
        If anywidget is not installed.
    GraphError, ValueError
        If there is no such leaf, or the graph is too large to be shown whole.
    """
    base = widget_class("explore()")
    import traitlets

    study = _study(
        y, args, names, names_around(None if isinstance(names, dict) else names, sys._getframe(1))
    )

    class Explorer(base):  # type: ignore[misc,valid-type]
        _esm = module("explore")
        html = traitlets.Unicode().tag(sync=True)
        moved = traitlets.Dict().tag(sync=True)
        sliders: Any = traitlets.List().tag(sync=True)
        shown = traitlets.Dict().tag(sync=True)

    html = page(
        [(GraphView(study.drawn({}), direction, theme).svg(), {})],
        theme,
        "computation graph with sliders",
    )
    sliders = [_slider(study, name) for name in study.leaves]
    widget = Explorer(html=html, sliders=sliders, shown=_shown(study, {}, direction, theme))
    widget.study = study
    widget.observe(
        lambda change: setattr(widget, "shown", _shown(study, change.new, direction, theme)),
        names="moved",
    )
    return widget


def _study(y: Any, args: tuple, names: Any, around: dict[str, Tensor]) -> WhatIf:
    given = names if isinstance(names, dict) else {}
    if isinstance(y, Tensor) or not callable(y):
        return WhatIf(trace([y], given or around))
    leaves = with_leaves(args)

    def again() -> Graph:
        return whole_graph(y, leaves, given, around)

    graph = again()
    if any(node.failed for node in graph.nodes):
        raise GraphError(
            f"explore() needs a function that works at the start; it was {graph.notes[-1]}"
        )
    return WhatIf(graph, again)


def _slider(study: WhatIf, name: str) -> dict[str, Any]:
    start = study.start(name)
    reach = max(2 * abs(start), 1.0)
    return {"name": name, "start": start, "low": start - reach, "high": start + reach}


def _shown(study: WhatIf, moved: dict[str, float], direction: str, theme: str) -> dict[str, str]:
    """What the page shows: the picture, and the sentence under it."""
    known = {name: float(to) for name, to in moved.items() if name in study.leaves}
    outcome, graph = study.moved(known)
    words = f"output {number(outcome.value)}    change: predicted {number(outcome.predicted)}, actual {number(outcome.actual)}"
    return {
        "svg": compact(GraphView(graph, direction, theme).svg(), palette(theme)["ink"]),
        "words": words,
    }
