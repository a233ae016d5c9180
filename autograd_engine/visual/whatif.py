"""What if: sliders on the leaves, and the picture computed again at every move.

The graph is replayed with other numbers in its leaves; no tensor of the user is touched. What the gradient predicts for a
move (gradient times change, summed) stands beside what really happened.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import GraphError
from ..tensor import Tensor
from .dot import clean
from .graph import Graph, trace
from .compact import compact
from .html import page
from .replay import gradients, replay
from .summary import number, summarize
from .theme import palette
from .view import GraphView, names_around
from .widget import module, widget_class

MOST = 150
BRANCHES = "replayed as recorded: where Python's if or while chose a branch, that branch is frozen"


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
        How much the gradient at the starting point says it changes: the sum of gradient times change of each leaf.
    """

    value: float
    actual: float
    predicted: float


class WhatIf:
    """The numbers behind `explore`: a graph, its scalar leaves, and what other numbers in them give.

    Attributes
    ----------
    graph : Graph
    leaves : dict of str to int
        The scalar leaves by name, and their keys in the graph.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> a = tensor(3.0, requires_grad=True)
    >>> study = WhatIf(trace([a * a], {"a": a}))
    >>> study.at({"a": 3.5})
    Outcome(value=12.25, actual=3.25, predicted=3.0)
    """

    def __init__(self, graph: Graph) -> None:
        if len(graph.outputs) != 1 or len(graph.nodes) > MOST or any(node.kind == "group" for node in graph.nodes):
            raise ValueError(f"explore() takes one output and a graph of up to {MOST} nodes, this one has {len(graph.nodes):,}")
        self.graph = graph
        self._start = replay(graph)
        if np.size(self._start[graph.outputs[0]]) != 1:
            raise ValueError("explore() takes an output that is a single number; reduce it first (.sum(), .mean())")
        self._gradients = gradients(graph, self._start)
        wanted = [node for node in graph.nodes if node.kind in ("leaf", "parameter") and node.shape == ()]
        self.leaves = {clean(node.name or f"#{node.key}"): node.key for node in wanted}
        if not self.leaves:
            raise GraphError("explore() moves leaves that are single numbers and require gradients; this graph has none")

    def start(self, name: str) -> float:
        """The value of a leaf before any change."""
        return float(self._start[self.leaves[name]])

    def at(self, moved: dict[str, float]) -> Outcome:
        """What comes out with other numbers in some leaves."""
        root = self.graph.outputs[0]
        value = float(self._values(moved)[root])
        predicted = sum(float(self._gradients.get(self.leaves[name], 0.0)) * (to - self.start(name)) for name, to in moved.items())
        return Outcome(value, value - float(self._start[root]), predicted)

    def drawn(self, moved: dict[str, float]) -> Graph:
        """The graph with the values and the gradients that it has then."""
        values = self._values(moved)
        found = gradients(self.graph, values)
        nodes = [replace(node, value=_summary(values.get(node.key)), grad=_summary(found.get(node.key))) for node in self.graph.nodes]
        return replace(self.graph, nodes=nodes, notes=[BRANCHES])

    def _values(self, moved: dict[str, float]) -> dict[int, Any]:
        changes = {self.leaves[name]: np.dtype(self.graph.nodes[self.leaves[name]].dtype).type(to) for name, to in moved.items()}
        return replay(self.graph, changes)


def _summary(value: Any) -> Any:
    return None if value is None or isinstance(value, (tuple, dict)) else summarize(value)


def explore(y: Tensor, names: Any = None, direction: str = "LR", theme: str = "auto") -> Any:
    """Sliders on the scalar leaves of a graph, in a live notebook: every value and gradient follows.

    Parameters
    ----------
    y : Tensor
        A single number, computed from leaves some of which are single numbers that require gradients.
    names : dict of str to Tensor, module, or False, optional
        As for `draw`.
    direction, theme : str
        As for `draw`.

    Returns
    -------
    anywidget.AnyWidget
        With the `WhatIf` behind it as ``.study``, and the numbers that the sliders show as ``.moved``.

    Raises
    ------
    ImportError
        If anywidget is not installed.
    GraphError, ValueError
        If there is no such leaf, or the graph is too large to be shown whole.
    """
    base = widget_class("explore()")
    import traitlets

    study = WhatIf(trace([y], names if isinstance(names, dict) else names_around(names, sys._getframe(1))))

    class Explorer(base):  # type: ignore[misc,valid-type]
        _esm = module("explore")
        html = traitlets.Unicode().tag(sync=True)
        moved = traitlets.Dict().tag(sync=True)
        sliders: Any = traitlets.List().tag(sync=True)
        shown = traitlets.Dict().tag(sync=True)

    html = page([(GraphView(study.drawn({}), direction, theme).svg(), {})], theme, "computation graph with sliders")
    sliders = [_slider(study, name) for name in study.leaves]
    widget = Explorer(html=html, sliders=sliders, shown=_shown(study, {}, direction, theme))
    widget.study = study
    widget.observe(lambda change: setattr(widget, "shown", _shown(study, change.new, direction, theme)), names="moved")
    return widget


def _slider(study: WhatIf, name: str) -> dict[str, Any]:
    start = study.start(name)
    reach = max(2 * abs(start), 1.0)
    return {"name": name, "start": start, "low": start - reach, "high": start + reach}


def _shown(study: WhatIf, moved: dict[str, float], direction: str, theme: str) -> dict[str, str]:
    """What the page shows: the picture, and the sentence under it."""
    known = {name: float(to) for name, to in moved.items() if name in study.leaves}
    outcome = study.at(known)
    words = f"output {number(outcome.value)}    change: predicted {number(outcome.predicted)}, actual {number(outcome.actual)}"
    return {"svg": compact(GraphView(study.drawn(known), direction, theme).svg(), palette(theme)["ink"]), "words": words}
