"""A picture in fewer bytes: what a notebook keeps of every drawn graph is about a third of what
Graphviz writes.

Only what draws lines and boxes is rewritten, each attribute by itself. Text, tooltips and ids stay
as they are, whatever numbers stand in them.
"""

from __future__ import annotations

import re
from collections import Counter

from ..picture.theme import LIGHT

MONO_RULE = ".m{font-family:Menlo,Consolas,'DejaVu Sans Mono',monospace}"

TAG = re.compile(r"<[^>]*>")
ATTRIBUTE = re.compile(r'\s+([\w:-]+)="([^"]*)"')

NUMBERS = frozenset("points x y x1 x2 y1 y2 cx cy rx ry r width height viewBox transform".split())
"""The attributes that are coordinates; those of a path stand in ``d``."""

USUAL = frozenset([("xml:space", "preserve"), ("text-anchor", "start")])
"""What every text says, and need not."""


def compact(svg: str, ink: str = LIGHT["ink"]) -> str:
    """The same picture without comments and repeated names; what is usual is said once, and lines
    go from point to point.
    """
    svg = svg.replace("&#45;", "-")
    svg = re.sub(
        r"<!--.*?-->|<title>.*?</title>|<text [^>]*>[ \u00a0]*</text>", "", svg, flags=re.S
    )
    sizes = Counter(re.findall(r' font-size="([^"]*)"', svg))
    size = max(sizes, key=sizes.__getitem__, default="")

    def attribute(found: re.Match) -> str:
        return _shorter_attribute(found[1], found[2], ink, size)

    # Between tags there are only line breaks, or text, which has none.
    svg = TAG.sub(lambda tag: ATTRIBUTE.sub(attribute, tag[0]), svg).replace(">\n", ">")
    if "<style>" in svg:
        svg = svg.replace("<style>", f"<style>{MONO_RULE}", 1)
    else:
        svg = svg.replace(">", f"><style>{MONO_RULE}</style>", 1)
    usual = f'font-family="Helvetica,Arial,sans-serif" font-size="{size}" fill="{ink}"'
    return svg.replace("<svg ", f"<svg {usual} ", 1)


def _shorter_attribute(name: str, value: str, ink: str, size: str) -> str:
    """An attribute as it is written, or nothing where it says what is usual."""
    if (name, value) in USUAL or (name == "fill" and value == ink):
        return ""
    if (name == "font-size" and value == size) or (name == "id" and value.startswith("a_")):
        return ""
    if name == "font-family":
        if "Menlo" in value:
            return ' class="m"'
        return ""
    if name == "d":
        value = _shorter_path(_tenths(value))
    elif name == "points":
        value = re.sub(r"^(\S+) (.*) \1$", r"\1 \2", _tenths(value))  # it is closed anyway
    elif name in NUMBERS:
        value = _tenths(value)
    return f' {name}="{value}"'


def _tenths(numbers: str) -> str:
    """Coordinates to a tenth of a point, which is fine enough."""
    return re.sub(r"\.0(?!\d)", "", re.sub(r"(\.\d)\d+", r"\1", numbers))


def _shorter_path(path: str) -> str:
    """A path of Graphviz: a box with round corners as what it is, other curves in steps from point
    to point.
    """
    if not re.fullmatch(r"M[-\d.]+,[-\d.]+C[-\d., ]+", path):
        return path
    pairs = re.findall(r"([-\d.]+),([-\d.]+)", path)
    points = [(round(10 * float(x)), round(10 * float(y))) for x, y in pairs]
    if len(points) == 25 and points[0] == points[-1]:
        return _round_box(points)
    steps = []
    for i in range(1, len(points), 3):
        x, y = points[i - 1]
        steps.append(" ".join(f"{_tenth(a - x)},{_tenth(b - y)}" for a, b in points[i : i + 3]))
    return f"M{_tenth(points[0][0])},{_tenth(points[0][1])}c{' '.join(steps)}"


def _round_box(points: list[tuple[int, int]]) -> str:
    left = min(x for x, _ in points)
    right = max(x for x, _ in points)
    top = min(y for _, y in points)
    bottom = max(y for _, y in points)
    radius = right - max(x for x, y in points if y == top)
    r = _tenth(radius)
    across = _tenth(right - left - 2 * radius)
    down = _tenth(bottom - top - 2 * radius)
    start = f"M{_tenth(left + radius)},{_tenth(top)}h{across}q{r},0 {r},{r}v{down}q0,{r} -{r},{r}"
    return f"{start}h-{across}q-{r},0 -{r},-{r}v-{down}q0,-{r} {r},-{r}z"


def _tenth(tenths: int) -> str:
    if abs(tenths) < 1_000_000:
        return f"{tenths / 10:g}"
    return f"{tenths / 10:.1f}"
