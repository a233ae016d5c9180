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
from typing import Any

from ..graph.folding import RUN, is_run
from ..graph.reading import Reading
from ..picture.drawing import Drawing, draw_all
from ..picture.theme import palette
from .compact import compact
from .html import BUDGET, bare, overhead, still

IN_PLACE = 16
"""The most pictures of the whole."""

BATCH = 32
"""How many pictures of single boxes are laid out at once."""

EACH = 1500
"""About how many bytes one of these takes."""

BACK = -1
"""The click that leads to where one came from."""

State = Any  # a frozenset of ("open" or "close", fold), or the fold of a box that stands alone


def clickable(drawing: Drawing) -> list[tuple[str, dict[str, int | None]]]:
    """The SVG of each state, the present one first, and what a click on an element leads to, by the
    element's id.

    That is the place of a state where the box is open or closed in its place; ``-2 - place`` of one
    that shows it alone; -1, back to where one came from; or None, where there was no room. The SVG
    of all but the first is `bare`.
    """
    shelf = _Shelf(drawing)
    first: State = frozenset()
    shelf.put([first])
    boxes = {scope.path for scope in drawing.graph.scopes}
    for state in islice(_reachable(shelf, [first]), IN_PLACE):
        if not shelf.put([state], reserve=max(shelf.left / 2, EACH * len(boxes))):
            break
    for opening in (True, False):
        missing = [fold for state in shelf.kept for fold in shelf.missing(state, opening)]
        alone = _reachable(shelf, missing)
        while (together := list(islice(alone, BATCH))) and shelf.put(together):
            pass
    order = {state: place for place, state in enumerate(shelf.kept)}
    return [
        (svg, {key: _target(click, order) for key, click in shelf.clicks(state).items()})
        for state, svg in shelf.kept.items()
    ]


def _target(click: Click, order: dict[State, int]) -> int | None:
    """The number that a page says for a click, by the places of the states in it."""
    if click.to == BACK:
        return BACK
    in_place = order.get(click.to, order.get(click.near))
    if in_place is None and click.fold in order:
        return -2 - order[click.fold]
    return in_place


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

    def __init__(self, drawing: Drawing) -> None:
        self.first = drawing
        self.left = float(BUDGET - overhead())
        self.kept: dict[State, str] = {}
        self._ink = palette(drawing.theme)["ink"]
        self._drawings: dict[State, Drawing] = {frozenset(): drawing}
        self._pack = zlib.compressobj(wbits=31)

    def drawn(self, state: State) -> Drawing:
        if state not in self._drawings:
            self._drawings[state] = self.first.read(reading_in(self.first.reading, state))
        return self._drawings[state]

    def put(self, states: list[State], reserve: float = 0) -> bool:
        """Keep the pictures of states, in their order, while more room is left than is to stay;
        whether there was room for all.
        """
        fresh = [state for state in states if state not in self.kept]
        draw_all([self.drawn(state) for state in fresh])
        for state in fresh:
            svg = self.drawn(state).svg()
            small = bare(svg, self._ink)
            size = self._packed_size(small) + 20 * len(self.clicks(state))
            if not self.kept:  # the first lies in the page as a still picture too
                self.left -= size + 4 / 3 * len(still(compact(svg, self._ink)))
                self.kept[state] = svg
            elif self.left - size < reserve:
                return False
            else:
                self.left -= size
                self.kept[state] = small
        return True

    def _packed_size(self, picture: str) -> float:
        """The bytes that a picture adds to the page, compressed after those before it, in
        base64."""
        packed = self._pack.compress(picture.encode()) + self._pack.flush(zlib.Z_SYNC_FLUSH)
        return 4 / 3 * len(packed)

    def clicks(self, state: State) -> dict[str, Click]:
        """The boxes of a picture by their elements' ids."""
        graph = self.drawn(state).graph
        found = {}
        for node in graph.nodes:
            if node.fold is not None:
                found[f"n{node.key}"] = _click(state, "open", node.fold)
        for key in graph.open_scopes():
            found[f"s{key}"] = _click(state, "close", graph.scopes[key].path)
        return found

    def missing(self, state: State, opening: bool) -> list[str]:
        """The boxes that cannot be opened (or else closed) in their place, because that picture is
        not kept.
        """
        found = []
        for key, click in self.clicks(state).items():
            leads = click.to == BACK or click.to in self.kept or click.near in self.kept
            if key.startswith("n") is opening and not leads:
                found.append(click.fold)
        return found


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


def reading_in(reading: Reading, state: State) -> Reading:
    """How the graph is read in a state."""
    if isinstance(state, str):
        return replace(reading, inside=state)
    closed = sorted(path for what, path in state if what == "close")
    opened = sorted(path for what, path in state if what == "open")
    return replace(reading, unfold=tuple(opened), collapse=(*reading.collapse, *closed))


def _click(state: State, what: str, fold: str) -> Click:
    around = []
    if not isinstance(state, str):
        around = [change for change in state if change[0] == "open" and _leads_to(change[1], fold)]
    return Click(_after(state, what, fold), frozenset([*around, (what, fold)]), fold)


def _leads_to(opened: str, fold: str) -> bool:
    return is_run(opened) or _is_inside(fold, opened)


def _after(state: State, what: str, fold: str) -> State:
    """The state after a click that opens or closes a box. A closed box forgets what was open in
    it."""
    if isinstance(state, str):
        if what == "open":
            return fold
        return BACK
    opposite = ("close", fold)
    if what == "close":
        opposite = ("open", fold)
        state = frozenset(
            change for change in state if change == opposite or not _is_inside(change[1], fold)
        )
    if opposite in state:
        return state - {opposite}
    return state | {(what, fold)}


def _is_inside(fold: str, path: str) -> bool:
    own = fold.removeprefix(RUN)
    return own.startswith(f"{path}.") or not path or fold == path
