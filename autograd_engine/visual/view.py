"""`draw`: what the user calls, and the picture that he gets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import graphviz

from ..tensors.creation import tensor
from ..core.tensor import Tensor
from .annotate import annotate
from .dot import to_graphviz
from .fold import LIMIT
from .graph import Graph, trace
from .html import BUDGET, page
from .play import TIGHTER, Play
from .reading import Reading
from .render import MISSING, available, render
from .states import clickable
from .theme import dark_rules
from .tracing import failed_graph, is_module, modules_of, place, run


class GraphView:
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

    def __init__(
        self,
        whole: Graph,
        direction: str = "TB",
        theme: str = "auto",
        reading: Reading | None = None,
    ) -> None:
        self.whole = whole
        self.reading = reading or Reading()
        self.graph = self.reading.apply(whole)
        self._drawing = to_graphviz(self.graph, direction, theme)
        self.theme, self._direction = theme, direction

    @property
    def dot(self) -> str:
        """The DOT text."""
        return self._drawing.source

    source = dot

    def to_graphviz(self) -> graphviz.Digraph:
        """The drawing as an object of the graphviz package, to go on with."""
        return self._drawing.copy()

    def svg(self) -> str:
        """The picture as SVG text, which follows the reader's dark mode if the theme is "auto".

        Raises
        ------
        RenderError
            If Graphviz is not installed in any form.
        """
        return self._svg

    @cached_property
    def _svg(self) -> str:
        return self.finished(render(self.dot, "svg"))

    def finished(self, rendered: bytes) -> str:
        """The SVG text of the picture from what Graphviz has made of its DOT text."""
        text = rendered.decode()
        text = text[text.index("<svg") :]
        if self.theme != "auto":
            return text
        return text.replace(
            ">", f"><style>@media (prefers-color-scheme:dark){{{dark_rules('svg')}}}</style>", 1
        )

    def read(self, reading: Reading) -> GraphView:
        """The same graph, read in another way."""
        return GraphView(self.whole, self._direction, self.theme, reading)

    def png(self) -> bytes:
        """The picture as PNG, with twice the usual number of dots, for sharp screens."""
        return render(self.dot.replace("{", "{\n\tgraph [dpi=144]", 1), "png")

    def pdf(self) -> bytes:
        """The picture as PDF."""
        return render(self.dot, "pdf")

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format that the suffix names.

        Parameters
        ----------
        path : str or Path
            Ends in ``.svg``, ``.png``, ``.pdf`` or ``.dot``.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            For another suffix.
        RenderError
            If Graphviz is not installed in any form (``.dot`` needs none).
        """
        path = Path(path)
        makers: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg,
            ".png": self.png,
            ".pdf": self.pdf,
            ".dot": lambda: self.dot,
        }
        if path.suffix.lower() not in makers:
            raise ValueError(
                f"cannot save a graph as {path.name!r}; the name can end in {', '.join(makers)}"
            )
        made = makers[path.suffix.lower()]()
        path.write_bytes(made if isinstance(made, bytes) else made.encode())
        return path

    def __repr__(self) -> str:
        operations = self.graph.operations
        return f"GraphView({operations:,} operation{'s' if operations != 1 else ''}, {len(self.graph.nodes)} nodes drawn)"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not available():
            return {"text/plain": f"{self!r}\n{self.graph}\n\n{MISSING}"}
        return {"text/plain": repr(self), "text/html": self.html()}

    def html(self) -> str:
        """The live picture as a piece of HTML: pan, zoom, tooltips, and modules that a click folds
        and unfolds.

        It needs nothing from elsewhere, and shows as a still picture where scripts do not run.
        """
        operations = f"computation graph of {self.graph.operations:,} operations"
        states = clickable(self) if self.graph.scopes else [(self.svg(), {})]
        made = page(states, self.theme, operations)
        for limit in (
            TIGHTER
        ):  # of a picture that is too large for one output, the still one is folded further
            if len(made) <= BUDGET:
                break
            made = page(
                states,
                self.theme,
                operations,
                image=self.read(replace(self.reading, limit=limit)).svg(),
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
        0. start at +: upstream 1
        1. add (+): upstream 1: → × 1 × 1 = 1; → a 1 × 1 = 1
        2. mul (×): upstream 1: → a 1 × 3 = 3; → b 1 × 2 = 2
        """

        def folded(graph: Graph, limit: int) -> tuple[Graph, str]:
            reading = replace(self.reading, backward=False, limit=min(limit, self.reading.limit))
            view = GraphView(graph, self._direction, self.theme, reading)
            return view.graph, view.svg()

        film = Play(self.whole, folded, self.theme, gradient)
        return film.live() if live else film


def draw(
    obj: Any,
    *args: Any,
    depth: int | None = None,
    collapse: Collection[str] = (),
    color_by: str | None = None,
    values: bool = True,
    grads: bool | None = None,
    gradient: Any = None,
    names: Any = None,
    backward: bool = False,
    direction: str = "TB",
    theme: str = "auto",
    limit: int = LIMIT,
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
        Sample arguments (floats given to a function become scalar leaves); or, after a tensor, more
        tensors.
    depth : int, optional
        How many levels of modules are opened.
    collapse : collection of str
        Attribute paths or class names of modules to draw as one node.
    color_by : {"grad", "value", "time", "bytes"}, optional
        What the nodes' colour shows: root mean square of gradient or value, seconds of the op, or
        size of the output.
    values : bool
        Whether to show the values in between, computed again from the leaves.
    grads : bool, optional
        Whether to show the gradients in between, computed for the picture. By default, once a leaf
        has a gradient.
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
    limit : int
        With more nodes than this, modules are closed and operations are taken together, and the
        picture says so.

    Returns
    -------
    GraphView

    Raises
    ------
    TypeError
        If there is nothing to draw.
    ValueError
        For a colouring, direction or theme that does not exist, or a module to collapse that is not
        there.

    Examples
    --------
    >>> from autograd_engine import draw, tensor
    >>> a, b = tensor(2.0, requires_grad=True), tensor(-3.0, requires_grad=True)
    >>> c = a * b + a
    >>> c.backward()
    >>> view = draw(c)
    >>> view
    GraphView(2 operations, 4 nodes drawn)
    >>> print(view.graph)
    #0 a: leaf float32[] = 2  grad -2
    #1 b: leaf float32[] = -3  grad 2
    #2 mul(#0, #1) float32[] = -6  grad 1
    #3 c: add(#2, #0) float32[] = -4  grad 1
    """
    given = names if isinstance(names, dict) else {}
    graph = whole_graph(
        obj, args, given, {} if isinstance(names, dict) else names_around(names, sys._getframe(1))
    )
    annotate(graph, values or color_by in ("time", "value"), grads, gradient)
    closed = (collapse,) if isinstance(collapse, str) else tuple(collapse)
    return GraphView(graph, direction, theme, Reading(depth, closed, color_by, backward, limit))


def whole_graph(
    obj: Any, args: tuple, given: dict[str, Tensor], around: dict[str, Tensor]
) -> Graph:
    """The graph, not folded; names that are given come first, then the module's own, then those of
    variables around.
    """
    if isinstance(obj, (Tensor, list, tuple)) or not callable(obj):
        return trace(_tensors((obj, *args)), given | around)
    done = run(obj, args if is_module(obj) else with_leaves(args))
    names: dict[str, Tensor] = {}
    own = [_of_module(module, prefix) for prefix, module in modules_of(obj).items()]
    for source in (given, *own, done.names, around):
        names |= {name: tensor for name, tensor in source.items() if name not in names}
    if done.error is not None:
        graph = failed_graph(done.error, names)
    elif done.outputs:
        graph = trace(done.outputs, names, scopes=done.scopes)
    else:
        raise TypeError(
            f"{getattr(obj, '__name__', type(obj).__name__)}() returned no tensor to draw"
        )
    place(graph, done.scopes)
    return graph


def with_leaves(args: tuple) -> tuple:
    """The arguments of a function with each float, as 2.0, made a leaf that has a gradient."""
    return tuple(
        [tensor(arg, requires_grad=True) if isinstance(arg, float) else arg for arg in args]
    )


def _tensors(given: Iterable[Any]) -> list[Tensor]:
    flat: list[Tensor] = []
    for item in given:
        if isinstance(item, Tensor):
            flat.append(item)
        elif isinstance(item, (list, tuple)):
            flat.extend(_tensors(item))
        else:
            raise TypeError(
                "draw() takes tensors, or a function or module with sample arguments, got "
                f"{type(item).__name__}"
            )
    if not flat:
        raise TypeError("draw() takes at least one tensor")
    return flat


def names_around(source: Any, frame: Any) -> dict[str, Tensor]:
    """Names from a module, or from the variables of the code that draws."""
    if source is False:
        return {}
    if source is not None:
        if not hasattr(source, "named_parameters"):
            raise TypeError(
                f"names is a dict of tensors, a module, or False, got {type(source).__name__}"
            )
        return _of_module(source)
    scope: Mapping[str, Any] = frame.f_locals
    found: dict[str, Tensor] = {}
    for name, value in list(scope.items()):
        if name.startswith("_"):
            continue
        if isinstance(value, Tensor):
            found[name] = value
        elif not isinstance(value, type) and hasattr(type(value), "named_parameters"):
            found |= {
                key: parameter for key, parameter in _of_module(value).items() if key not in found
            }
    return found


def _of_module(module: Any, prefix: str = "") -> dict[str, Tensor]:
    pairs = [
        *module.named_parameters(),
        *(module.named_buffers() if hasattr(module, "named_buffers") else ()),
    ]
    return {
        f"{prefix}.{name}" if prefix else name: tensor
        for name, tensor in pairs
        if isinstance(tensor, Tensor)
    }
