"""The backward sweep as a film: every step lies in the page, so that it plays in a saved notebook
without a kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np

from ..core.primitive import Parts
from .fold import LIMIT
from .frames import frames
from .graph import Graph
from .html import BUDGET, page
from .replay import replay, steps
from .summary import summarize
from .widget import module, widget_class

TIGHTER = (LIMIT, 100, 60, 30, 15)
"""The limits of nodes that are tried in turn until the film fits into one output."""


class Play:
    """A drawn graph with a slider and a play button. Made by `GraphView.play`.

    Attributes
    ----------
    steps : list of dict
        What is shown at each step, as plain text.
    shown : Graph
        The graph as it is drawn: folded as `draw` folds it, and further where the film would be too
        large for one output.
    """

    def __init__(
        self,
        graph: Graph,
        fold: Callable[[Graph, int], tuple[Graph, str]],
        theme: str,
        gradient: Any = None,
    ) -> None:
        """`fold` gives a graph as it is to be drawn, with at most so many nodes, and its SVG."""
        if any(node.kind == "group" for node in graph.nodes):
            raise ValueError(
                "play() steps through graphs of up to 5,000 operations, this one has "
                f"{graph.operations:,}; play a part of it"
            )
        if not graph.nodes[graph.outputs[0]].inputs:
            raise ValueError("play() needs a tensor that was computed from others, with gradients")
        values = replay(graph)
        if gradient is None and any(np.size(values[root]) != 1 for root in graph.outputs):
            raise ValueError(
                "play() needs gradient=... to start from, because the output is not a single number"
            )
        found: dict[int, Any] = {}
        taken = list(steps(graph, values, gradient, found))
        swept = replace(
            graph, nodes=[replace(node, grad=_summary(found.get(node.key))) for node in graph.nodes]
        )
        self._theme = theme
        for limit in TIGHTER:
            self.shown, self._svg = fold(swept, limit)
            self.steps = frames(graph, self.shown, taken, found)
            if len(self.html()) <= BUDGET:
                break

    def html(self) -> str:
        """The film as a piece of HTML; where scripts do not run, the picture with a list of the
        steps.
        """
        lines = "".join(f"<li>{escape(_line(step))}</li>" for step in self.steps)
        below = f'<ol class="ag-list" start="0">{lines}</ol>'
        return page(
            [(self._svg, {})], self._theme, "computation graph, played backward", self.steps, below
        )

    def live(self) -> Any:
        """The film as a widget of a live notebook; see `GraphView.play`."""
        base = widget_class("play(live=True)")
        import traitlets

        class Film(base):  # type: ignore[misc,valid-type]
            _esm = module("film")
            html = traitlets.Unicode().tag(sync=True)
            step = traitlets.Int().tag(sync=True)

            @traitlets.validate("step")
            def _within(self, proposal: Any) -> int:
                return min(max(proposal.value, 0), len(self.film.steps) - 1)

        Film.film = self
        return Film(html=self.html())

    def __repr__(self) -> str:
        return "\n".join(f"{i}. {_line(step)}" for i, step in enumerate(self.steps))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}


def _summary(value: Any) -> Any:
    return None if value is None or isinstance(value, Parts) else summarize(value)


def _line(step: dict) -> str:
    rows = "; ".join(f"{row['name']} {row['text']}" for row in step["rows"])
    return f"{step['title']}: upstream {step['upstream']}" + (f": {rows}" if rows else "")
