"""A layered layout (Sugiyama, Tagawa & Toda, 1981) for boxes within boxes: what is computed stands
below what it is computed from.

Each box is laid out by itself, from the inside out, and then is one large node of what is around
it. There, nodes are given to layers, ordered within them so that few edges cross, and moved to
stand near what they are connected with. Coordinates are "across" a layer and "along" the edges;
which of them is x is decided outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

Key = Hashable
Point = tuple[float, float]

ACROSS = 20.0
ALONG = 26.0
"""The room between neighbours in a layer, and between layers."""

THREAD = 6.0
"""The room that an edge takes which passes a layer."""

SWEEPS = 8
"""How often layers are ordered, and moved."""


@dataclass(eq=False, slots=True)
class Frame:
    """What is to be laid out: a box with nodes and boxes in it.

    Attributes
    ----------
    nodes : dict
        The sizes of the nodes directly in it, across and along.
    frames : dict
        The boxes in it.
    before, after : (float, float)
        The room that it keeps free around its contents, across and along.
    least : (float, float)
        How large it is at least.
    """

    nodes: dict[Key, Point] = field(default_factory=dict)
    frames: dict[Key, Frame] = field(default_factory=dict)
    before: Point = (0.0, 0.0)
    after: Point = (0.0, 0.0)
    least: Point = (0.0, 0.0)


@dataclass(eq=False, slots=True)
class Layout:
    """Where everything is.

    Attributes
    ----------
    size : (float, float)
    centres : dict
        The centre of each node.
    corners : dict
        Of each box, where it begins and how large it is.
    bends : dict
        The points that an edge goes through, by its place in the list of edges.
    ways : dict
        The same before they are put together: by how deep in boxes they are, below zero where the
        edge comes from, above where it goes to.
    """

    size: Point = (0.0, 0.0)
    centres: dict[Key, Point] = field(default_factory=dict)
    corners: dict[Key, tuple[Point, Point]] = field(default_factory=dict)
    bends: dict[int, list[Point]] = field(default_factory=dict)
    ways: dict[int, dict[int, list[Point]]] = field(default_factory=dict)

    def take(self, inner: Layout, at: Point) -> None:
        """Put the layout of a box into this one."""
        for key, centre in inner.centres.items():
            self.centres[key] = _displaced(centre, at)
        for key, (corner, size) in inner.corners.items():
            self.corners[key] = (_displaced(corner, at), size)
        for place, parts in inner.ways.items():
            for depth, points in parts.items():
                self.ways.setdefault(place, {})[depth] = [_displaced(point, at) for point in points]


def _displaced(point: Point, by: Point) -> Point:
    return point[0] + by[0], point[1] + by[1]


def laid_out(frame: Frame, edges: Sequence[tuple[Key, Key]], along: float = ALONG) -> Layout:
    """The layout of a box with all that is in it.

    Parameters
    ----------
    frame : Frame
    edges : sequence of (key, key)
        From a node to one that stands below it.
    along : float
        The room between layers.
    """
    paths: dict[Key, tuple] = {}
    _note_paths(frame, (), paths)
    lifted: dict[tuple, list[Lifted]] = defaultdict(list)
    for place, (source, target) in enumerate(edges):
        a = paths[source]
        b = paths[target]
        shared = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), None)
        if shared is None:
            continue
        lifted[a[:shared]].append(Lifted(place, 0, a[shared], b[shared]))
        for depth in range(shared + 1, len(a)):  # out of each box that it begins in
            lifted[a[:depth]].append(Lifted(place, -depth, a[depth], ("out", place)))
        for depth in range(shared + 1, len(b)):  # and into each that it ends in
            lifted[b[:depth]].append(Lifted(place, depth, ("in", place), b[depth]))
    layout = _placed(frame, (), lifted, along)
    for place, parts in layout.ways.items():
        layout.bends[place] = [point for depth in sorted(parts) for point in parts[depth]]
    return layout


@dataclass(frozen=True, slots=True)
class Lifted:
    """The part of an edge that lies in one box: between nodes and boxes there, or from or to its
    border.
    """

    place: int
    depth: int
    source: Key
    target: Key


def _note_paths(frame: Frame, path: tuple, paths: dict[Key, tuple]) -> None:
    for key in frame.nodes:
        paths[key] = (*path, key)
    for key, inner in frame.frames.items():
        _note_paths(inner, (*path, key), paths)


def _placed(frame: Frame, path: tuple, lifted: Mapping[tuple, list], along: float) -> Layout:
    inner = {key: _placed(each, (*path, key), lifted, along) for key, each in frame.frames.items()}
    sizes = {**frame.nodes, **{key: each.size for key, each in inner.items()}}
    centres, bends, size = _layered(sizes, lifted.get(path, []), along)
    layout = Layout()
    for key, centre in centres.items():
        at = _displaced(centre, frame.before)
        if key in inner:
            corner = (at[0] - sizes[key][0] / 2, at[1] - sizes[key][1] / 2)
            layout.take(inner[key], corner)
            layout.corners[key] = (corner, sizes[key])
        else:
            layout.centres[key] = at
    for lift, points in bends.items():
        parts = layout.ways.setdefault(lift.place, {})
        parts[lift.depth] = [_displaced(point, frame.before) for point in points]
    free = _displaced(frame.before, frame.after)
    layout.size = (
        max(size[0] + free[0], frame.least[0]),
        max(size[1] + free[1], frame.least[1]),
    )
    return layout


# --- one level ------------------------------------------------------------------------------------


def _layered(
    sizes: Mapping[Key, Point], edges: Sequence[Lifted], along: float
) -> tuple[dict[Key, Point], dict[Lifted, list[Point]], Point]:
    """The centres of nodes, the bends of edges, and the size of all."""
    if not sizes:
        return {}, {}, (0.0, 0.0)
    keys = list(sizes)
    inner = [edge for edge in edges if edge.source in sizes and edge.target in sizes]
    layer_of = _layers(keys, _without_cycles(keys, [(x.source, x.target) for x in inner]))
    last = max(layer_of.values())
    ends = {}  # at the border, for what has a layer between it and there
    for edge in edges:
        if edge.source not in sizes and layer_of[edge.target] > 0:
            ends[edge.source] = 0
        elif edge.target not in sizes and layer_of[edge.source] < last:
            ends[edge.target] = last
    layer_of |= ends
    edges = [edge for edge in edges if edge.source in layer_of and edge.target in layer_of]
    keys = [*sizes, *ends]
    pairs = _without_cycles(keys, [(edge.source, edge.target) for edge in edges])
    widths = {key: size[0] for key, size in sizes.items()} | dict.fromkeys(ends, THREAD)
    links: set[tuple[Key, Key]] = set()
    threads: dict[Lifted, list[Key]] = {}
    for edge, (a, b) in zip(edges, pairs):
        chain: list[Key] = [a]
        for layer in range(layer_of[a] + 1, layer_of[b]):
            thread = ("thread", edge.place, layer)
            layer_of[thread] = layer
            widths[thread] = THREAD
            chain.append(thread)
        links.update(zip(chain, [*chain[1:], b]))
        threads[edge] = [key for key in (*chain, b) if key not in sizes]
    rows = _ordered(layer_of, links)
    across = _moved_together(rows, widths, links)
    left = min(across[key] - widths[key] / 2 for key in across)
    tops, end = _tops(rows, sizes, along)
    place_of = {key: (across[key] - left, *tops[layer_of[key]]) for key in across}
    bends = {}
    for edge, chain in threads.items():
        if chain:  # a straight line past each layer
            passed = [place_of[key] for key in chain]
            bends[edge] = [(x, y) for x, top, height in passed for y in (top, top + height)]
    for edge, (start, _) in zip(edges, pairs):
        if edge.source != start and edge in bends:  # an edge against the layers
            bends[edge].reverse()
    width = max(across[key] + widths[key] / 2 for key in across) - left
    centres = {}
    for key in sizes:
        x, top, height = place_of[key]
        centres[key] = (x, top + height / 2)
    return centres, bends, (width, end)


def _tops(
    rows: list[list[Key]], sizes: Mapping[Key, Point], along: float
) -> tuple[list[Point], float]:
    """Where each layer begins, along the edges, and how high it is; and the end of the last."""
    found = []
    end = -along
    for row in rows:
        height = max((sizes[key][1] for key in row if key in sizes), default=0.0)
        found.append((end + along, height))
        end += along + height
    return found, end


def _without_cycles(keys: list[Key], pairs: list[tuple[Key, Key]]) -> list[tuple[Key, Key]]:
    """The edges, those turned round that close a cycle."""
    after: dict[Key, list[Key]] = defaultdict(list)
    for a, b in pairs:
        after[a].append(b)
    entered: set[Key] = set()
    left: dict[Key, int] = {}  # in the order in which depth-first search leaves them
    for start in keys:
        stack: list[tuple[Key, bool]] = [(start, False)]
        while stack:
            key, done = stack.pop()
            if done:
                left[key] = len(left)
            elif key not in entered:
                entered.add(key)
                stack.append((key, True))
                stack.extend((other, False) for other in after[key])
    return [(a, b) if left[a] > left[b] else (b, a) for a, b in pairs]


def _layers(keys: list[Key], pairs: list[tuple[Key, Key]]) -> dict[Key, int]:
    """The layer of each node: as high as may be, but what nothing leads to just above its first
    user.
    """
    after: dict[Key, list[Key]] = defaultdict(list)
    missing = dict.fromkeys(keys, 0)
    for a, b in set(pairs):
        after[a].append(b)
        missing[b] += 1
    leading_to = dict(missing)
    layer = dict.fromkeys(keys, 0)
    ready = [key for key in keys if not missing[key]]
    for key in ready:
        for other in after[key]:
            layer[other] = max(layer[other], layer[key] + 1)
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    for key in reversed(ready):
        if not leading_to[key] and after[key]:
            layer[key] = min(layer[other] for other in after[key]) - 1
    return layer


def _ordered(layer_of: Mapping[Key, int], links: set[tuple[Key, Key]]) -> list[list[Key]]:
    """The layers, each in an order in which few edges cross: everybody near the middle of those
    that he is connected with.
    """
    rows: list[list[Key]] = [[] for _ in range(max(layer_of.values()) + 1)]
    for key, layer in layer_of.items():
        row = rows[layer]
        row.insert(len(row) // 2 if isinstance(key, tuple) else len(row), key)
    above: dict[Key, list[Key]] = defaultdict(list)
    below: dict[Key, list[Key]] = defaultdict(list)
    for a, b in sorted(links, key=str):
        above[b].append(a)
        below[a].append(b)
    best = [list(row) for row in rows]
    fewest = _crossings(rows, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        order = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for i in order:
            beside = rows[i - 1] if down else rows[i + 1]
            _sort_row(rows[i], beside, above if down else below)
        crossing = _crossings(rows, below)
        if crossing < fewest:
            best = [list(row) for row in rows]
            fewest = crossing
    return best


def _sort_row(row: list[Key], beside: list[Key], near: Mapping[Key, list[Key]]) -> None:
    place = {key: i for i, key in enumerate(beside)}
    own = {key: i / max(len(row), 1) * len(beside) for i, key in enumerate(row)}

    def middle(key: Key) -> float:
        places = [place[other] for other in near[key] if other in place]
        if not places:
            return own[key]
        return sum(places) / len(places)

    row.sort(key=middle)


def _crossings(rows: list[list[Key]], below: Mapping[Key, list[Key]]) -> int:
    """How many edges between neighbouring layers cross."""
    count = 0
    for row, following in zip(rows, rows[1:]):
        place = {key: i for i, key in enumerate(following)}
        seen: list[int] = []
        for key in row:
            own = [place[other] for other in below[key]]
            count += sum(other > mine for mine in own for other in seen)
            seen += own
    return count


def _moved_together(
    rows: list[list[Key]], widths: Mapping[Key, float], links: set[tuple[Key, Key]]
) -> dict[Key, float]:
    """Where each node stands across its layer: near those it is connected with, in its order."""
    near: dict[Key, list[tuple[Key, float]]] = defaultdict(list)
    for a, b in links:
        weight = 1.0
        if isinstance(a, tuple) and isinstance(b, tuple):
            weight = 4.0  # long edges are to be straight
        near[a].append((b, weight))
        near[b].append((a, weight))
    across: dict[Key, float] = {}
    for row in rows:
        edge = 0.0
        for key in row:
            across[key] = edge + widths[key] / 2
            edge += widths[key] + ACROSS
    for sweep in range(2 * SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = []
            for key in row:
                weight = sum(weight for _, weight in near[key])
                place = sum(across[other] * weight for other, weight in near[key])
                wanted.append(place / weight if weight else across[key])
            for key, place in zip(row, _spaced(row, wanted, widths)):
                across[key] = place
    return across


def _spaced(row: list[Key], wanted: list[float], widths: Mapping[Key, float]) -> list[float]:
    """The places nearest to those that are wanted at which nobody overlaps: neighbours that would
    are moved as a block to the mean of what they want (pool adjacent violators).
    """
    offsets = [0.0]
    for left, right in zip(row, row[1:]):
        offsets.append(offsets[-1] + (widths[left] + widths[right]) / 2 + ACROSS)
    blocks: list[tuple[float, int]] = []
    for place, offset in zip(wanted, offsets):
        mean, count = place - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean = (mean * count + before * many) / (count + many)
            count += many
        blocks.append((mean, count))
    means = [mean for mean, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets)]
