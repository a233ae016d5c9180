"""What clicks on the boxes of a picture lead to, as far as it fits into one output of a notebook.

A click opens or closes a box in its place: the picture is laid out anew, and every such picture
lies in the page. Of a large model not all fit. Then a click shows what is in the box alone, which
takes little room, so that every box can be opened; and where even that does not fit, the page says
so.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from .compact import compact
from .html import BUDGET, bare, script, still, style
from .render import render_all
from .theme import palette

if TYPE_CHECKING:
    from .reading import Reading
    from .view import GraphView

IN_PLACE = 16
"""The most pictures of the whole."""

BATCH, EACH = 32, 1500
"""How many pictures of single boxes are laid out at once, and about how many bytes one takes."""

BACK = -1
"""The click that leads to where one came from."""

State = Any  # a frozenset of ("open" or "close", fold), or the fold of a box that stands alone


def clickable(view: GraphView) -> list[tuple[str, dict[str, int | None]]]:
    """The SVG of each state, the present one first, and what a click on an element leads to, by the
    element's id.

    That is the place of a state where the box is open or closed in its place; ``-2 - place`` of one
    that shows it alone; -1, back to where one came from; or None, where there was no room. The SVG
    of all but the first is `bare`.
    """
    shelf = _Shelf(view)
    first: State = frozenset()
    shelf.put([first])
    boxes = {scope.path for scope in view.graph.scopes}
    for state in islice(_reachable(shelf, [first]), IN_PLACE):
        if not shelf.put([state], reserve=max(shelf.left / 2, EACH * len(boxes))):
            break
    for opening in (True, False):
        alone = _reachable(
            shelf, [fold for state in shelf.kept for fold in shelf.missing(state, opening)]
        )
        while (together := list(islice(alone, BATCH))) and shelf.put(together):
            pass
    order = {state: i for i, state in enumerate(shelf.kept)}

    def place(click: Click) -> int | None:
        if click.to == BACK:
            return BACK
        in_place = order.get(click.to, order.get(click.near))
        return -2 - order[click.fold] if in_place is None and click.fold in order else in_place

    return [
        (svg, {key: place(click) for key, click in shelf.clicks(state).items()})
        for state, svg in shelf.kept.items()
    ]


@dataclass(frozen=True, slots=True)
class Click:
    """Where a click on a box leads: ``to`` all changes up to now and this one, or to a state that
    is ``near``; else to the box alone.
    """

    to: State
    near: State
    fold: str


class _Shelf:
    """Pictures of states, drawn when they are asked for, and kept while there is room."""

    def __init__(self, view: GraphView) -> None:
        self.view, self.left, self._ink = (
            view,
            float(BUDGET - len(script()) - len(style()) - 1000),
            palette(view.theme)["ink"],
        )
        self.kept: dict[State, str] = {}
        self._views: dict[State, GraphView] = {frozenset(): view}
        self._pack = zlib.compressobj(wbits=31)

    def drawn(self, state: State) -> GraphView:
        if state not in self._views:
            self._views[state] = self.view.read(read(self.view.reading, state))
        return self._views[state]

    def put(self, states: list[State], reserve: float = 0) -> bool:
        """Keep the pictures of states, in their order, while more room is left than is to stay;
        whether there was room for all.
        """
        fresh = [state for state in states if state not in self.kept]
        views = [self.drawn(state) for state in fresh]
        for state, view, made in zip(fresh, views, render_all([view.dot for view in views], "svg")):
            svg = view.finished(made)
            small = bare(svg, self._ink)
            size = (
                self._size(small)
                + (0 if self.kept else 4 / 3 * len(still(compact(svg))))
                + 20 * len(self.clicks(state))
            )
            if self.left - size < reserve and self.kept:
                return False
            self.kept[state] = small if self.kept else svg
            self.left -= size
        return True

    def _size(self, picture: str) -> float:
        """The bytes that a picture adds to the page, compressed after those before it, in
        base64."""
        return (
            4
            / 3
            * (
                len(self._pack.compress(picture.encode()))
                + len(self._pack.flush(zlib.Z_SYNC_FLUSH))
            )
        )

    def clicks(self, state: State) -> dict[str, Click]:
        """The boxes of a picture by their elements' ids."""
        graph = self.drawn(state).graph
        found = {
            f"n{node.key}": _click(state, "open", node.fold)
            for node in graph.nodes
            if node.fold is not None
        }
        for key in graph.open_scopes():
            path = graph.scopes[key].path
            found[f"s{key}"] = _click(state, "close", path)
        return found

    def missing(self, state: State, opening: bool) -> list[str]:
        """The boxes that cannot be opened (or else closed) in their place, because that picture is
        not kept.
        """
        clicks = [
            click for key, click in self.clicks(state).items() if key.startswith("n") is opening
        ]
        return [
            click.fold
            for click in clicks
            if click.to != BACK and click.to not in self.kept and click.near not in self.kept
        ]


def _reachable(shelf: _Shelf, start: list[State]) -> Iterator[State]:
    """The states that clicks lead to, nearest first."""
    known = dict.fromkeys(start)
    queue = list(known)
    while queue:
        state = queue.pop(0)
        yield state
        for click in shelf.clicks(state).values():
            if click.to != BACK and click.to not in known:
                known[click.to] = None
                queue.append(click.to)


def read(reading: Reading, state: State) -> Reading:
    """How the graph is read in a state."""
    if isinstance(state, str):
        return replace(reading, inside=state)
    closed = sorted(path for what, path in state if what == "close")
    return replace(
        reading,
        unfold=tuple(sorted(path for what, path in state if what == "open")),
        collapse=(*reading.collapse, *closed),
    )


def _click(state: State, what: str, fold: str) -> Click:
    around = (
        []
        if isinstance(state, str)
        else [change for change in state if change[0] == "open" and _leads_to(change[1], fold)]
    )
    return Click(_after(state, what, fold), frozenset([*around, (what, fold)]), fold)


def _leads_to(opened: str, fold: str) -> bool:
    return opened.startswith("run ") or _inside(fold, opened)


def _after(state: State, what: str, fold: str) -> State:
    """The state after a click that opens or closes a box. A closed box forgets what was open in
    it."""
    if isinstance(state, str):
        return fold if what == "open" else BACK
    opposite = ("close" if what == "open" else "open", fold)
    if what == "close":
        state = frozenset(
            change for change in state if change == opposite or not _inside(change[1], fold)
        )
    return state - {opposite} if opposite in state else state | {(what, fold)}


def _inside(fold: str, path: str) -> bool:
    own = fold.removeprefix("run ")
    return own.startswith(f"{path}.") or not path or fold == path
