"""The backward sweep as a film: every step lies in the page, so that it plays in a saved notebook without a kernel."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import numpy as np

from ..primitive import Parts
from .dot import clean
from .graph import Graph, GraphNode
from .html import BUDGET, page
from .replay import Contribution, Step, replay, steps
from .summary import summarize
from .widget import module, widget_class

MOST = 150
"""The most nodes of a graph that can be played."""


class Play:
    """A drawn graph with a slider and a play button. Made by `GraphView.play`.

    Attributes
    ----------
    steps : list of dict
        What is shown at each step, as plain text.
    """

    def __init__(self, graph: Graph, draw_svg: Any, theme: str, gradient: Any = None) -> None:
        if len(graph.nodes) > MOST or any(node.kind == "group" for node in graph.nodes):
            raise ValueError(f"play() shows graphs of up to {MOST} nodes, this one has {len(graph.nodes):,}; play a smaller part of it")
        if not graph.nodes[graph.outputs[0]].inputs:
            raise ValueError("play() needs a tensor that was computed from others, with gradients")
        values = replay(graph)
        if gradient is None and any(np.size(values[root]) != 1 for root in graph.outputs):
            raise ValueError("play() needs gradient=... to start from, because the output is not a single number")
        found: dict[int, Any] = {}
        taken = list(steps(graph, values, gradient, found))
        self.steps = [_seed(graph, found, taken), *_frames(graph, taken)]
        shown = [replace(node, grad=_summary(found.get(node.key))) for node in graph.nodes]
        self._svg = draw_svg(replace(graph, nodes=shown))
        self._theme = theme

    def html(self) -> str:
        """The film as a piece of HTML; where scripts do not run, the picture with a list of the steps."""
        lines = "".join(f"<li>{escape(_line(step))}</li>" for step in self.steps)
        below = f'<ol class="ag-list" start="0">{lines}</ol>'
        return page([(self._svg, {})], self._theme, "computation graph, played backward", self.steps, below)

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
        made = self.html()
        return {"text/plain": repr(self)} | ({"text/html": made} if len(made) <= 2 * BUDGET else {})


def _summary(value: Any) -> Any:
    return None if value is None or isinstance(value, Parts) else summarize(value)


def _text(value: Any) -> str:
    return "several parts" if isinstance(value, (Parts, tuple)) else summarize(value).text


def _line(step: dict) -> str:
    rows = "; ".join(f"{row['name']} {row['text']}" for row in step["rows"])
    return f"{step['title']}: upstream {step['upstream']}" + (f": {rows}" if rows else "")


def _name(node: GraphNode) -> str:
    return clean(node.name or node.label)


def _seed(graph: Graph, found: dict[int, Any], taken: list[Step]) -> dict:
    """Before the first step: the output has its gradient, which is where the sweep starts."""
    root = graph.nodes[graph.outputs[0]]
    upstream = _text(taken[0].upstream) if taken else "1"
    node, title = f"n{root.key}", f"start at {_name(root)}"
    return {"node": node, "edges": [], "known": [node], "title": title, "upstream": upstream, "rows": []}


def _frames(graph: Graph, taken: list[Step]) -> list[dict]:
    """What each step shows. The gradient of a node is known when the last contribution to it has arrived."""
    last = {part.node.key: part for step in taken for part in step.contributions}
    return [
        {
            "node": f"n{step.node.key}",
            "edges": [f"e{part.node.key}-{step.node.key}-{part.position}" for part in step.contributions],
            "known": [f"n{part.node.key}" for part in step.contributions if last[part.node.key] is part],
            "title": f"{_name(step.node)} = {step.node.label}" if step.node.name else clean(step.node.title),
            "upstream": _text(step.upstream),
            "rows": [_row(step, part, last[part.node.key] is part) for part in step.contributions],
        }
        for step in taken
    ]


def _row(step: Step, part: Contribution, complete: bool) -> dict:
    product = f"{_text(step.upstream)} × {_text(part.local)} = " if part.local is not None else "upstream × Jacobian = "
    several = part.total is not part.value or not complete
    total = f"{'sum' if complete else 'so far'} {_text(part.total)}" if several else ""
    return {"name": f"→ {_name(part.node)}", "text": product + _text(part.value), "total": total}
