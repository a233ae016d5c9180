"""`draw`: what the user calls, and the picture that he gets."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..graph.annotate import with_numbers
from ..graph.computation import computation
from ..graph.folding import LIMIT
from ..graph.listing import LARGE
from ..graph.nodes import Graph
from ..graph.reading import Reading
from ..graph.verdict import Verdict
from ..picture.drawing import Drawing
from ..picture.render import pixels_available
from .film import TIGHTER, Play
from .html import BUDGET, page, whole_page
from .showing import show
from .states import clickable


DOTS = (144, 96)
"""How sharp the still picture of a notebook's output is, in dots per inch."""

STILL = 120_000
"""The most bytes that it may take."""


class GraphView(Drawing):
    """A drawn graph. Shown by itself in a notebook; saved, or taken as text, elsewhere.

    Attributes
    ----------
    graph : Graph
        What is drawn, as plain nodes and edges.
    whole : Graph
        The same before anything was folded.
    dot, source : str
        The DOT text.

    Examples
    --------
    >>> from autograd_engine import draw, tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> view = draw(x * x)
    >>> print(view.graph)
    #0 x: leaf float32[] = 3
    #1 mul(#0, #0) float32[] = 9
    """

    @property
    def source(self) -> str:
        """The DOT text."""
        return self.dot

    @property
    def verdict(self) -> Verdict:
        """What is wrong with the computation, as far as its numbers tell: plain data, and sentences
        where it is printed.

        The first NaN and where it is born, a gradient that vanishes or explodes, dead and saturated
        units, parameters that nothing uses or that are frozen, detached values. What is about
        gradients is known once they are shown.
        """
        return self.whole.verdict

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format that the suffix names.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.png``, ``.pdf``, ``.dot``, or ``.html`` for the live picture.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            For another suffix.
        RenderError
            If neither Graphviz nor Matplotlib is installed, for ``.png`` and ``.pdf``.
        """
        path = Path(path)
        makers: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg,
            ".png": self.png,
            ".pdf": self.pdf,
            ".dot": lambda: self.dot,
            ".html": lambda: whole_page(self.html(), self.theme),
        }
        if path.suffix.lower() not in makers:
            raise ValueError(
                f"cannot save a graph as {path.name!r}; the name can end in {', '.join(makers)}"
            )
        made = makers[path.suffix.lower()]()
        if isinstance(made, str):
            made = made.encode()
        path.write_bytes(made)
        return path

    def __repr__(self) -> str:
        operations = self.graph.operations
        plural = "s" * (operations != 1)
        nodes = len(self.graph.nodes)
        what = f"GraphView({operations:,} operation{plural}, {nodes} nodes drawn)"
        return f"{what}: .show() opens it, .save('graph.svg') keeps it"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": repr(self), "text/html": self.html()}
        still = self._small_png(BUDGET - len(bundle["text/html"]))
        if still:
            bundle["image/png"] = still
        return bundle

    def _small_png(self, room: int) -> str:
        """A still picture in base64, for what shows no HTML (GitHub, LaTeX, PDF): as sharp as there
        is room for; nothing where it cannot be made.
        """
        if not pixels_available():
            return ""
        for dots in DOTS:
            made = b64encode(self.png(dots)).decode()
            if len(made) <= min(room, STILL):
                return made
        return ""

    def show(self) -> None:
        """Show the live picture: where the code runs in a notebook there, else in the browser."""
        show(self, self.html(), self.theme)

    def html(self) -> str:
        """The live picture as a piece of HTML: pan, zoom, tooltips, and modules that a click folds
        and unfolds.

        It needs nothing from elsewhere, and shows as a still picture where scripts do not run.
        """
        words = f"computation graph of {self.graph.operations:,} operations"
        states: list = [(self.svg(), {})]
        if self.graph.scopes:
            states = clickable(self)
        places = self.graph.places
        made = page(states, self.theme, words, verdict=self.verdict, places=places)
        for limit in TIGHTER:
            if len(made) <= BUDGET:
                break
            # Too large for one output: the still picture is folded further.
            still = self.read(replace(self.reading, limit=limit))
            made = page(
                states, self.theme, words, image=still.svg(), verdict=self.verdict, places=places
            )
        return made

    def play(self, gradient: Any = None, live: bool = False) -> Any:
        """The backward sweep as a film on the picture, with a slider and a play button. What is
        drawn as one node is one step.

        Parameters
        ----------
        gradient : array_like, optional
            The gradient to start from, where the output is not a single number.
        live : bool
            Whether to make a widget of a running notebook, which needs anywidget: its ``step`` says
            which step is shown, and setting it shows another.

        Returns
        -------
        Play or anywidget.AnyWidget
            The latter has the former as ``film``.

        Raises
        ------
        ImportError
            If anywidget is not installed and the film is to be live.
        ValueError
            If the graph has more than 5,000 operations, or there is no gradient to start from.

        Examples
        --------
        >>> from autograd_engine import draw, tensor
        >>> a, b = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
        >>> draw(a * b + a).play()
        0. start at v₃: upstream 1
        1. v₃ = +: upstream 1: → v₂ 1 × 1 = 1 (∂v₃/∂v₂ = 1); → a 1 × 1 = 1 (∂v₃/∂a = 1)
        2. v₂ = ×: upstream 1: → a 1 × 3 = 3 (∂v₂/∂a = b = 3); → b 1 × 2 = 2 (∂v₂/∂b = a = 2)
        """

        def drawn(graph: Graph, limit: int) -> Drawing:
            limit = min(limit, self.reading.limit or limit)
            reading = replace(self.reading, backward=False, limit=limit)
            return Drawing(graph, self.direction, self.theme, reading)

        film = Play(self.whole, drawn, gradient)
        if live:
            return film.live()
        return film


def draw(
    obj: Any,
    *args: Any,
    depth: int | None = None,
    collapse: Collection[str] = (),
    color_by: str | None = None,
    edges: Collection[str] = (),
    tables: bool = False,
    values: bool = True,
    grads: bool | None = None,
    gradient: Any = None,
    names: Any = None,
    backward: bool = False,
    direction: str = "TB",
    theme: str = "auto",
    limit: int | None = LIMIT,
) -> GraphView:
    """Draw a computation with its values and gradients: of a tensor, of a function, or of a module.

    Parameters
    ----------
    obj : Tensor, sequence of Tensor, callable or module
        Tensors are drawn with what computed them. A function or a module is called with ``args``
        and drawn with the calls of modules as nested boxes, and the line of each operation in its
        tooltip; if it raises, what came before is drawn, with the failing op in red. Of a tensor
        the lines are known if it was computed under ``detect_anomaly(check_nan=False)``.
    *args
        Sample arguments (floats given to a function, in short lists too, become scalar leaves); or,
        after a tensor, more tensors.
    depth : int, optional
        How many levels of modules are opened.
    collapse : collection of str
        Attribute paths or class names of modules to draw as one node.
    color_by : {"grad", "value", "time", "bytes"}, optional
        What the nodes' colour shows: the root mean square of the gradient against that of the last
        layer (too small in blue, too large in orange, in powers of ten), the root mean square of
        the value, seconds of the op, or size of the output.
    edges : {"width", "text"} or collection of them
        What edges show of the gradient that flows back along them: its size, by their width on a
        logarithmic scale; and what it is, as text (in any case in their tooltips).
    tables : bool
        Whether nodes of many numbers show their mean, deviation, range and histogram, as a page
        does where a node is clicked, and not only their root mean square. A few numbers are always
        written out, and in a small graph matrices of up to 4 × 4.
    values : bool
        Whether to show the values in between, computed again from the leaves.
    grads : bool, optional
        Whether to show the gradients in between, computed for the picture (and those of leaves, if
        none has one yet). By default, once a leaf has a gradient.
    gradient : array_like, optional
        The gradient to start from, where the output is not a single number.
    names : dict of str to Tensor, module, or False, optional
        What to call the tensors. A module gives its parameters' names. By default the names of the
        caller's variables (a ``name`` that a tensor has itself comes first); False turns that off.
    backward : bool
        Whether to draw the backward graph beside the forward graph, with the values that it keeps.
    direction : {"TB", "LR", "BT", "RL"}
        Where the computation flows.
    theme : {"auto", "light", "dark"}
        "auto" follows the reader's.
    limit : int, optional
        With more nodes than this, modules are closed and operations are taken together, and the
        picture says so. What repeats, and long chains, are one node in any case, with the range of
        their members' values and gradients, unless these differ by more than a factor of 100. With
        None every operation is a node, but for what ``depth`` and ``collapse`` close.

    Returns
    -------
    GraphView

    Raises
    ------
    TypeError
        If there is nothing to draw.
    ValueError
        For a colouring, direction, theme or way to show edges that does not exist, or a module to
        collapse that is not there.

    Notes
    -----
    Modules are known by what they offer: ``named_parameters`` gives names; ``named_modules``,
    ``register_forward_pre_hook`` and ``register_forward_hook`` give boxes. A subclass of Tensor
    with a true ``is_parameter`` is drawn as a parameter.

    Examples
    --------
    >>> from autograd_engine import draw, tensor
    >>> a, b = tensor(2.0, requires_grad=True), tensor(-3.0, requires_grad=True)
    >>> c = a * b + a
    >>> c.backward()
    >>> view = draw(c)
    >>> view
    GraphView(2 operations, 4 nodes drawn): .show() opens it, .save('graph.svg') keeps it
    >>> print(view.graph)
    #0 a: leaf float32[] = 2  grad -2
    #1 b: leaf float32[] = -3  grad 2
    #2 mul(#0, #1) float32[] = -6  grad 1
    #3 c: add(#2, #0) float32[] = -4  grad 1
    """
    large = LARGE
    if limit is None:
        large = sys.maxsize
    graph = computation(obj, args, names, sys._getframe(1).f_locals, large)
    with_numbers(graph, values or color_by in ("time", "value"), grads, gradient)
    if isinstance(collapse, str):
        collapse = (collapse,)
    if isinstance(edges, str):
        edges = (edges,)
    closed = tuple(collapse)
    reading = Reading(depth, closed, color_by, tuple(edges), tables, backward, limit)
    return GraphView(graph, direction, theme, reading)
