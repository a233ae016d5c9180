"""`explore`: sliders on the leaves of a drawn graph, in a live notebook."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ...core.errors import GraphError
from ...core.tensor import Tensor
from ..graph.computation import computation, with_leaves
from ..graph.listing import graph_of
from ..graph.naming import names_around
from ..graph.nodes import Graph
from ..graph.summary import number
from ..graph.whatif import WhatIf
from ..picture.drawing import Drawing
from ..picture.theme import palette
from .compact import compact
from .html import page
from .widget import still_beside, widget_class, widget_script


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

    study = study_of(y, args, names, sys._getframe(1).f_locals)

    class Explorer(base):  # type: ignore[misc,valid-type]
        _esm = widget_script("explore")
        html = traitlets.Unicode().tag(sync=True)
        moved = traitlets.Dict().tag(sync=True)
        sliders: Any = traitlets.List().tag(sync=True)
        shown = traitlets.Dict().tag(sync=True)

        def _repr_mimebundle_(self, **options: Any) -> Any:
            words = f"sliders on {', '.join(study.leaves)}: {self.shown['words']}"
            return still_beside(super()._repr_mimebundle_(**options), self.html, words)

    def show(change: Any) -> None:
        widget.shown = _page_state(study, change.new, direction, theme)

    svg = Drawing(study.drawn({}), direction, theme).svg()
    html = page([(svg, {})], theme, "computation graph with sliders")
    sliders = [_slider(study, name) for name in study.leaves]
    widget = Explorer(html=html, sliders=sliders, shown=_page_state(study, {}, direction, theme))
    widget.study = study
    widget.observe(show, names="moved")
    return widget


def study_of(y: Any, args: tuple, names: Any, variables: Mapping[str, Any]) -> WhatIf:
    """The numbers behind the sliders: of a tensor, or of a function that is run again."""
    if isinstance(y, Tensor) or not callable(y):
        return WhatIf(graph_of([y], names_around(names, variables)))
    leaves = with_leaves(args)

    def again() -> Graph:
        return computation(y, leaves, names, variables)

    graph = again()
    if graph.stopped:
        raise GraphError(
            f"explore() needs a function that works at the start; it was {graph.notes[-1]}"
        )
    return WhatIf(graph, again)


def _slider(study: WhatIf, name: str) -> dict[str, Any]:
    start = study.start(name)
    reach = max(2 * abs(start), 1.0)
    return {"name": name, "start": start, "low": start - reach, "high": start + reach}


def _page_state(
    study: WhatIf, moved: dict[str, float], direction: str, theme: str
) -> dict[str, str]:
    """What the page shows: the picture, and the sentence under it."""
    known = {name: float(to) for name, to in moved.items() if name in study.leaves}
    outcome, graph = study.moved(known)
    svg = Drawing(graph, direction, theme).svg()
    output = f"output {number(outcome.value)}"
    change = f"predicted {number(outcome.predicted)}, actual {number(outcome.actual)}"
    return {
        "svg": compact(svg, palette(theme)["ink"]),
        "words": f"{output}    change: {change}",
    }
