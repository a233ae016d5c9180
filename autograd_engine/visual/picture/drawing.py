"""A graph, read in some way, as a picture: its DOT text, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterable

import graphviz

from ..graph.nodes import Graph
from ..graph.reading import Reading
from .dot import to_graphviz
from .render import render, render_all
from .theme import PAPER, dark_rules


class Drawing:
    """A picture of a graph.

    Parameters
    ----------
    whole : Graph
        As `computation` gives it.
    direction, theme : str
        See `to_graphviz`.
    reading : Reading, optional
        How the graph is read; by default as it is, as far as it fits.

    Attributes
    ----------
    graph : Graph
        What is drawn.
    dot : str
        The DOT text.
    """

    def __init__(
        self,
        whole: Graph,
        direction: str = "TB",
        theme: str = "auto",
        reading: Reading | None = None,
    ) -> None:
        self.whole = whole
        self.direction = direction
        self.theme = theme
        self.reading = reading or Reading()
        self.graph = self.reading.apply(whole)
        shown = (self.reading.edges, self.reading.tables)
        self._drawn = to_graphviz(self.graph, direction, theme, *shown)
        self._svg: str | None = None

    def read(self, reading: Reading) -> Drawing:
        """The same graph, read in another way."""
        return Drawing(self.whole, self.direction, self.theme, reading)

    @property
    def dot(self) -> str:
        """The DOT text."""
        return self._drawn.source

    def to_graphviz(self) -> graphviz.Digraph:
        """The drawing as an object of the graphviz package, to go on with."""
        return self._drawn.copy()

    def svg(self) -> str:
        """The picture as SVG text, which follows the reader's dark mode if the theme is "auto".

        Raises
        ------
        RenderError
            If Graphviz refuses the DOT text.
        """
        if self._svg is None:
            self._svg = self._finished(render(self.dot, "svg"))
        return self._svg

    def _finished(self, rendered: bytes) -> str:
        """The SVG text of what was made of the DOT text."""
        text = rendered.decode()
        text = text[text.index("<svg") :]
        if self.theme != "auto":
            return text
        rules = f"<style>@media (prefers-color-scheme:dark){{{dark_rules('svg')}}}</style>"
        return text.replace(">", f">{rules}", 1)

    def png(self, dots: int = 144) -> bytes:
        """The picture as PNG, by default with twice the usual number of dots per inch, for sharp
        screens; on white, where it would follow the reader's theme.
        """
        source = self.dot.replace("bgcolor=transparent", f'bgcolor="{PAPER["light"]}"', 1)
        return render(source, "png", dots)

    def pdf(self) -> bytes:
        """The picture as PDF."""
        return render(self.dot, "pdf")


def draw_all(drawings: Iterable[Drawing]) -> None:
    """Have the SVG of many pictures made at once, which is faster than one by one."""
    fresh = [drawing for drawing in drawings if drawing._svg is None]
    for drawing, rendered in zip(fresh, render_all([each.dot for each in fresh], "svg")):
        drawing._svg = drawing._finished(rendered)
