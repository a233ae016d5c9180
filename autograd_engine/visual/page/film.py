"""The backward sweep as a film: every step lies in the page, so that it plays in a saved notebook
without a kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..graph.folding import LIMIT
from ..graph.nodes import Graph
from ..graph.replay import Numbers, summary_of
from ..picture.drawing import Drawing
from .frames import frames
from .gif import gif
from .html import BUDGET, page, whole_page
from .showing import show
from .widget import still_beside, widget_class, widget_script

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
        self, graph: Graph, drawn: Callable[[Graph, int], Drawing], gradient: Any = None
    ) -> None:
        """`drawn` gives the drawing of a graph with at most so many nodes."""
        _check_playable(graph)
        numbers = Numbers(graph)
        single = all(np.size(numbers.values[root]) == 1 for root in graph.outputs)
        if gradient is None and not single:
            raise ValueError(
                "play() needs gradient=... to start from, because the output is not a single number"
            )
        taken, found = numbers.steps(gradient)
        nodes = [replace(node, grad=summary_of(found.get(node.key))) for node in graph.nodes]
        swept = replace(graph, nodes=nodes)
        for limit in TIGHTER:
            self._drawing = drawn(swept, limit)
            self.shown = self._drawing.graph
            self.steps = frames(graph, self.shown, taken, found, numbers.values)
            if len(self.html()) <= BUDGET:
                break

    def html(self) -> str:
        """The film as a piece of HTML; where scripts do not run, the picture with a list of the
        steps.
        """
        lines = "".join(f"<li>{escape(_frame_line(step))}</li>" for step in self.steps)
        below = f'<ol class="ag-list" start="0">{lines}</ol>'
        words = "computation graph, played backward"
        states: list = [(self._drawing.svg(), {})]
        theme = self._drawing.theme
        return page(
            states,
            theme,
            words,
            self.steps,
            below,
            verdict=self.shown.verdict,
            places=self.shown.places,
        )

    def save(self, path: str | Path) -> Path:
        """Write the film to a page that any browser plays, or to a GIF.

        Parameters
        ----------
        path : str or Path
            Ends in ``.html`` or ``.gif``.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            For another suffix.
        ImportError
            If Matplotlib is not installed, for ``.gif``.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix == ".gif":
            path.write_bytes(gif(self._drawing.dot, self.steps, self._drawing.theme))
        elif suffix == ".html":
            path.write_text(whole_page(self.html(), self._drawing.theme), encoding="utf-8")
        else:
            raise ValueError(
                f"cannot save a film as {path.name!r}; the name can end in .html, .gif"
            )
        return path

    def show(self) -> None:
        """Show the film: where the code runs in a notebook there, else in the browser."""
        show(self, self.html(), self._drawing.theme)

    def live(self) -> Any:
        """The film as a widget of a live notebook; see `GraphView.play`."""
        base = widget_class("play(live=True)")
        import traitlets

        class Film(base):  # type: ignore[misc,valid-type]
            _esm = widget_script("film")
            html = traitlets.Unicode().tag(sync=True)
            step = traitlets.Int().tag(sync=True)

            @traitlets.validate("step")
            def _within(self, proposal: Any) -> int:
                return min(max(proposal.value, 0), len(self.film.steps) - 1)

            def _repr_mimebundle_(self, **options: Any) -> Any:
                return still_beside(
                    super()._repr_mimebundle_(**options), self.html, repr(self.film)
                )

        Film.film = self
        return Film(html=self.html())

    def __repr__(self) -> str:
        return "\n".join(f"{i}. {_frame_line(step)}" for i, step in enumerate(self.steps))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}


def _check_playable(graph: Graph) -> None:
    if not graph.whole:
        raise ValueError(
            "play() steps through graphs of up to 5,000 operations, this one has "
            f"{graph.operations:,}; play a part of it"
        )
    stopped = next((node for node in graph.nodes if node.failed), None)
    if stopped is not None:
        raise ValueError(
            f"play() sweeps back from a result, and there is none: {stopped.op or stopped.label} "
            f"stopped with {stopped.failed.splitlines()[0]}"
        )
    if not graph.nodes[graph.outputs[0]].inputs:
        raise ValueError("play() needs a tensor that was computed from others, with gradients")


def _frame_line(step: dict) -> str:
    line = f"{step['title']}: upstream {step['upstream']}"
    if not step["rows"]:
        return line
    rows = "; ".join(map(_row_line, step["rows"]))
    return f"{line}: {rows}"


def _row_line(row: dict) -> str:
    line = f"{row['name']} {row['text']}"
    if row.get("rule"):
        line += f" ({row['rule']})"
    return line
