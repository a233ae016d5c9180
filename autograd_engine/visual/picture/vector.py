"""DOT text to SVG without Graphviz: in a browser (Pyodide), and wherever no native program is.

The SVG has the elements, ids and classes that Graphviz gives it, so that live pages take either.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from .dottext import Arrow, Attributes, Box, Dot, read
from .layers import ALONG, Frame, Layout, Point, laid_out
from .lettering import LINE, Cell, Lettering, Stretch, Style, lettering, line_height
from .theme import MONO, SANS

INCH = 72.0
ROUND = 9.0
"""The radius of the corners of boxes."""

HEAD = 6.0
"""The length of an arrow's head."""

ASCENT = 0.93
"""How far below the top of a line its letters stand, in sizes."""

DASHES = {"dashed": "5,2", "dotted": "1,5"}


def vector(source: str) -> bytes:
    """The SVG of a DOT text, as `dot` writes it."""
    return _Picture(read(source)).svg().encode()


@dataclass(frozen=True, slots=True)
class Corner:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> Point:
        return self.left + self.width / 2, self.top + self.height / 2


class _Picture:
    """Lays out a picture and writes it."""

    def __init__(self, dot: Dot) -> None:
        self.dot = dot
        self.graph = dot.root.attributes
        self.direction = self.graph.get("rankdir", "TB")
        self.sideways = self.direction in ("LR", "RL")
        self.labels: dict[str, Lettering] = {}
        self.looks: dict[str, Attributes] = {}
        self.boxes: dict[str, tuple[Box, Lettering]] = {}
        frame = self._frame(dot.root)
        self.leading = [arrow for arrow in dot.arrows if "constraint" not in arrow.attributes]
        pairs = [(arrow.source, arrow.target) for arrow in self.leading]
        layout = laid_out(frame, pairs, ALONG + self._labels_room())
        self.places = self._in_place(layout)
        self.bends = self._bends(layout)

    # --- sizes ------------------------------------------------------------------------------------

    def _frame(self, box: Box) -> Frame:
        frame = Frame()
        for key, look in box.nodes.items():
            self.looks[key] = look
            self.labels[key] = self._lettering(look)
            width, height = self.labels[key].size
            across, along = [float(margin) * INCH for margin in look["margin"].split(",")]
            frame.nodes[key] = self._turned((width + 2 * across, height + 2 * along))
        for inner in box.boxes:
            key = inner.attributes["id"]
            label = self._lettering(inner.attributes)
            self.boxes[key] = (inner, label)
            made = self._frame(inner)
            margin = float(inner.attributes["margin"])
            width, height = label.size
            top = self._turned((margin, margin + height))
            rest = (margin, margin)
            made.before, made.after = top, rest
            if self.direction in ("BT", "RL"):  # what comes last stands at the top, or left
                made.before = (top[0], rest[1])
                made.after = (rest[0], top[1])
            made.least = self._turned((width + 2 * margin, height + 2 * margin))
            frame.frames[key] = made
        return frame

    def _lettering(self, look: Attributes) -> Lettering:
        size = float(look.get("fontsize", self.graph.get("fontsize", 10)))
        return lettering(look["label"], Style(size, look.get("fontcolor", "#000000")))

    def _turned(self, size: Point) -> Point:
        return size[::-1] if self.sideways else size

    def _labels_room(self) -> float:
        """What the largest label of an edge takes between layers."""
        sizes = [
            self._lettering(x.attributes).size for x in self.leading if "label" in x.attributes
        ]
        return max([self._turned(size)[1] for size in sizes], default=0.0)

    # --- places -----------------------------------------------------------------------------------

    def _point(self, point: Point, layout: Layout) -> Point:
        """From across and along to x and y."""
        across, along = point
        if self.direction in ("BT", "RL"):
            along = layout.size[1] - along
        return self._turned((across, along))

    def _in_place(self, layout: Layout) -> dict[str, Corner]:
        found: dict[str, Corner] = {}
        for key, centre in layout.centres.items():
            x, y = self._point(centre, layout)
            look = self.looks[str(key)]
            width, height = self.labels[str(key)].size
            across, along = [float(margin) * INCH for margin in look["margin"].split(",")]
            width += 2 * across
            height += 2 * along
            found[str(key)] = Corner(x - width / 2, y - height / 2, width, height)
        for key, (corner, size) in layout.corners.items():
            x, y = self._point(corner, layout)
            across, along = self._point((corner[0] + size[0], corner[1] + size[1]), layout)
            found[str(key)] = Corner(min(x, across), min(y, along), abs(across - x), abs(along - y))
        return found

    def _bends(self, layout: Layout) -> dict[Arrow, list[Point]]:
        return {
            self.leading[place]: [self._point(point, layout) for point in points]
            for place, points in layout.bends.items()
        }

    # --- writing ----------------------------------------------------------------------------------

    def svg(self) -> str:
        pad = float(self.graph.get("pad", 0)) * INCH
        caption = None
        width = max((place.right for place in self.places.values()), default=0.0)
        height = max((place.bottom for place in self.places.values()), default=0.0)
        body = [*self._all_boxes(self.dot.root), *map(self._node, self.looks)]
        body += [self._edge(arrow) for arrow in self.dot.arrows]
        if "label" in self.graph:
            caption = self._lettering(self.graph)
            body.append(_lettered(caption, Corner(0, height + 8, *caption.size)))
            width = max(width, caption.size[0])
            height += 8 + caption.size[1]
        width += 2 * pad
        height += 2 * pad
        paper = self.graph.get("bgcolor", "transparent")
        if paper != "transparent":
            area = f"M{-pad:.2f},{-pad:.2f}h{width:.2f}v{height:.2f}h{-width:.2f}z"
            body.insert(0, f'<path fill="{paper}" stroke="none" d="{area}"/>')
        return (
            f'<svg width="{width:.0f}pt" height="{height:.0f}pt" '
            f'viewBox="0.00 0.00 {width:.2f} {height:.2f}" xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink">\n'
            f'<g id="graph0" class="graph" transform="translate({pad:.2f} {pad:.2f})">\n'
            f"{''.join(body)}</g>\n</svg>\n"
        )

    def _all_boxes(self, box: Box) -> Iterator[str]:
        for inner in box.boxes:
            key = inner.attributes["id"]
            place = self.places[key]
            label = self.boxes[key][1]
            at = Corner(place.left + 8, place.top + 3, *label.size)
            shape = _frame(place, inner.attributes) + _lettered(label, at)
            yield _group(key, "cluster", inner.attributes, shape)
            yield from self._all_boxes(inner)

    def _node(self, key: str) -> str:
        look = self.looks[key]
        place = self.places[key]
        label = self.labels[key]
        width, height = label.size
        x, y = place.middle
        shape = ""
        if look.get("peripheries") == "2":
            wider = Corner(place.left - 4, place.top - 4, place.width + 8, place.height + 8)
            shape = _frame(wider, look)
        shape += _frame(place, look)
        shape += _lettered(label, Corner(x - width / 2, y - height / 2, width, height))
        return _group(look["id"], f"node {look['class']}", look, shape)

    def _edge(self, arrow: Arrow) -> str:
        source = self.places[arrow.source]
        target = self.places[arrow.target]
        points = [source.middle, *self.bends.get(arrow, []), target.middle]
        if arrow.attributes.get("constraint") == "false":
            start, end = _towards(source, points[1]), _towards(target, points[-2])
        else:
            start, end = self._ports(source, target)
        points = [start, *points[1:-1], end]
        look = arrow.attributes
        colour = look["color"]
        line = f'fill="none" stroke="{colour}"'
        if look.get("penwidth", "1") != "1":
            line += f' stroke-width="{look["penwidth"]}"'
        if look.get("style") in DASHES:
            line += f' stroke-dasharray="{DASHES[look["style"]]}"'
        if look.get("dir") == "back":
            points.reverse()
        tip = points[-1]
        before = self._before(tip, points[-2], arrow)
        shape = f'<path {line} d="{self._curve([*points[:-1], before], tip)}"/>'
        shape += _head(tip, before, colour)
        if "label" in look:
            label = self._lettering(look)
            x, y = points[len(points) // 2]
            if len(points) == 2:
                x, y = (points[0][0] + x) / 2, (points[0][1] + y) / 2
            shape += _lettered(label, Corner(x + 3, y - label.size[1] / 2, *label.size))
        return _group(look["id"], "edge", look, shape)

    def _ports(self, source: Corner, target: Corner) -> tuple[Point, Point]:
        """Where an edge leaves a node, and where it arrives: a little towards the other."""
        if self.sideways:
            start = (source.right, _facing(source.top, source.height, target.middle[1]))
            end = (target.left, _facing(target.top, target.height, source.middle[1]))
            if self.direction == "RL":
                start, end = (source.left, start[1]), (target.right, end[1])
        else:
            start = (_facing(source.left, source.width, target.middle[0]), source.bottom)
            end = (_facing(target.left, target.width, source.middle[0]), target.top)
            if self.direction == "BT":
                start, end = (start[0], source.top), (end[0], target.bottom)
        return start, end

    def _before(self, tip: Point, start: Point, arrow: Arrow) -> Point:
        """Where the head of an arrow begins: it points along the layers, or where it comes from."""
        across = tip[0] - start[0]
        along = tip[1] - start[1]
        if arrow.attributes.get("constraint") != "false":
            across, along = (across, 0.0) if self.sideways else (0.0, along)
        length = math.hypot(across, along) or 1.0
        return tip[0] - across / length * HEAD, tip[1] - along / length * HEAD

    def _curve(self, points: list[Point], tip: Point) -> str:
        """A curve through points that goes along the layers at each, and straight on to its tip."""
        path = f"M{points[0][0]:.2f},{points[0][1]:.2f}C"
        steps = []
        for (ax, ay), (bx, by) in zip(points, points[1:]):
            if self.sideways:
                middle = (ax + bx) / 2
                steps.append(((middle, ay), (middle, by), (bx, by)))
            else:
                middle = (ay + by) / 2
                steps.append(((ax, middle), (bx, middle), (bx, by)))
        steps.append((points[-1], tip, tip))
        return path + " ".join(f"{x:.2f},{y:.2f}" for step in steps for x, y in step)


def _facing(start: float, length: float, wanted: float) -> float:
    """A place on a side: its middle, moved towards what is wanted."""
    middle = start + length / 2
    reach = length * 0.3
    return middle + max(-reach, min(reach, (wanted - middle) * 0.25))


def _towards(place: Corner, other: Point) -> Point:
    """Where the way from the middle of a box to a point crosses its side."""
    x, y = place.middle
    dx = other[0] - x
    dy = other[1] - y
    share = max(abs(dx) / (place.width / 2), abs(dy) / (place.height / 2), 1e-9)
    return x + dx / share, y + dy / share


def _head(tip: Point, base: Point, colour: str) -> str:
    across = (tip[0] - base[0]) * 0.35
    along = (tip[1] - base[1]) * 0.35
    corners = [tip, (base[0] - along, base[1] + across), (base[0] + along, base[1] - across), tip]
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in corners)
    return f'<polygon fill="{colour}" stroke="{colour}" points="{points}"/>'


def _frame(place: Corner, look: Attributes) -> str:
    """A box with round corners."""
    r = min(ROUND, place.height / 2, place.width / 2)
    across = place.width - 2 * r
    down = place.height - 2 * r
    path = (
        f"M{place.left + r:.2f},{place.top:.2f}h{across:.2f}q{r:.2f},0 {r:.2f},{r:.2f}"
        f"v{down:.2f}q0,{r:.2f} {-r:.2f},{r:.2f}h{-across:.2f}q{-r:.2f},0 {-r:.2f},{-r:.2f}"
        f"v{-down:.2f}q0,{-r:.2f} {r:.2f},{-r:.2f}z"
    )
    dashes = ""
    if "dashed" in look.get("style", ""):
        dashes = ' stroke-dasharray="5,2"'
    width = ""
    if look.get("penwidth", "1") != "1":
        width = f' stroke-width="{look["penwidth"]}"'
    return f'<path fill="{look["fillcolor"]}" stroke="{look["color"]}"{width}{dashes} d="{path}"/>'


def _lettered(label: Lettering, place: Corner) -> str:
    """The text of a label, cell by cell."""
    columns = label.columns
    made: list[str] = []
    top = place.top
    for row, height in zip(label.rows, label.heights):
        left = place.left
        for i, cell in enumerate(row):
            width = sum(columns)
            if cell.columns == 1:
                width = columns[min(i, len(columns) - 1)]
            made += _cell(cell, Corner(left, top, width, height))
            left += width
        top += height
    return "".join(made)


def _cell(cell: Cell, place: Corner) -> Iterator[str]:
    if cell.paper:
        area = f"M{place.left:.2f},{place.top:.2f}h{place.width:.2f}v{place.height:.2f}"
        yield f'<path fill="{cell.paper}" stroke="none" d="{area}h{-place.width:.2f}z"/>'
    top = place.top + 1
    for line in cell.lines:
        x = place.left + 1
        for run in line:
            yield _text(run, x, top + ASCENT * line_height(line) / LINE)
            x += run.width
        top += line_height(line)


def _kept_spaces(text: str) -> str:
    """Text whose first and last spaces are not left out."""
    bare = text.strip(" ")
    start = len(text) - len(text.lstrip(" "))
    return "\u00a0" * start + bare + "\u00a0" * (len(text) - start - len(bare))


def _text(run: Stretch, x: float, y: float) -> str:
    style = run.style
    family = MONO if style.mono else SANS
    look = f'font-family="{family}" font-size="{style.size:.2f}" fill="{style.colour}"'
    if style.bold:
        look += ' font-weight="bold"'
    if style.italic:
        look += ' font-style="italic"'
    # said in the width that was measured, whatever font there is
    look += f' textLength="{run.width:.2f}"'
    return (
        f'<text xml:space="preserve" text-anchor="start" x="{x:.2f}" y="{y:.2f}" {look}>'
        f"{escape(_kept_spaces(run.text), quote=False)}</text>\n"
    )


def _group(key: str, classes: str, look: Attributes, shape: str) -> str:
    """An element with its tooltip."""
    words = escape(look.get("tooltip", "")).replace("\n", "&#10;")
    return (
        f'<g id="{escape(key)}" class="{escape(classes)}">\n<g id="a_{escape(key)}">'
        f'<a xlink:title="{words}">\n{shape}</a>\n</g>\n</g>\n'
    )
