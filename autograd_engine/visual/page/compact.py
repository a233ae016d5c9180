"""A picture in fewer bytes: what a notebook keeps of every drawn graph is about a third of what
Graphviz writes.
"""

from __future__ import annotations

import re
from collections import Counter

from ..picture.theme import LIGHT

MONO_RULE = ".m{font-family:Menlo,Consolas,'DejaVu Sans Mono',monospace}"


def compact(svg: str, ink: str = LIGHT["ink"]) -> str:
    """The same picture without comments and repeated names; what is usual is said once, and lines
    go from point to point.
    """
    svg = svg.replace("&#45;", "-").replace("\n viewBox", " viewBox")
    svg = re.sub(r"<!--.*?-->|<title>.*?</title>", "", svg, flags=re.S)
    svg = re.sub(r"<text [^>]*>[ \u00a0]*</text>|\n| id=\"a_[^\"]*\"", "", svg)
    svg = re.sub(r"(\.\d)\d+(?=[ ,\"A-Z])", r"\1", svg)  # a tenth of a point is fine enough
    svg = re.sub(r' d="(M[^"]*)"', lambda found: f' d="{_shorter_path(found[1])}"', svg)
    # A polygon is closed anyway.
    svg = re.sub(r' points="(\S+) ([^"]*) \1"', r' points="\1 \2"', svg)
    for usual in (' xml:space="preserve"', ' text-anchor="start"'):
        svg = svg.replace(usual, "")
    svg = svg.replace('.0"', '"')
    svg = re.sub(rf'(<text [^>]*?) fill="{ink}"', r"\1", svg)
    for font in set(re.findall(r' font-family="[^"]*"', svg)):
        svg = svg.replace(font, ' class="m"' * ("Menlo" in font))
    size = _most_common(re.findall(r' font-size="[^"]*"', svg))
    if size:
        svg = svg.replace(size, "")
    if "<style>" in svg:
        svg = svg.replace("<style>", f"<style>{MONO_RULE}", 1)
    else:
        svg = svg.replace(">", f"><style>{MONO_RULE}</style>", 1)
    usual = f'font-family="Helvetica,Arial,sans-serif"{size} fill="{ink}"'
    return svg.replace("<svg ", f"<svg {usual} ", 1)


def _most_common(texts: list[str]) -> str:
    if not texts:
        return ""
    return Counter(texts).most_common(1)[0][0]


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
