"""A picture in fewer bytes: what a notebook keeps of every drawn graph is about a third of what
Graphviz writes.
"""

from __future__ import annotations

import re
from collections import Counter

from .theme import LIGHT


def compact(svg: str, ink: str = LIGHT["ink"]) -> str:
    """The same picture without comments and repeated names; what is usual is said once, and lines
    go from point to point.
    """
    svg = re.sub(r"<!--.*?-->|<title>.*?</title>", "", svg, flags=re.S)
    svg = re.sub(
        r"<text [^>]*>[ \u00a0]*</text>|\n| id=\"a_[^\"]*\"",
        "",
        svg.replace("&#45;", "-").replace("\n viewBox", " viewBox"),
    )
    svg = re.sub(r"(\.\d)\d+(?=[ ,\"A-Z])", r"\1", svg)  # a tenth of a point is fine enough
    svg = re.sub(r' d="(M[^"]*)"', lambda found: f' d="{_short(found[1])}"', svg)
    svg = re.sub(
        r' points="(\S+) ([^"]*) \1"', r' points="\1 \2"', svg
    )  # a polygon is closed anyway
    svg = (
        svg.replace(' xml:space="preserve"', "")
        .replace(' text-anchor="start"', "")
        .replace('.0"', '"')
    )
    svg = re.sub(rf'(<text [^>]*?) fill="{ink}"', r"\1", svg)
    fonts = Counter(re.findall(r' font-family="[^"]*"', svg))
    for font, _ in fonts.most_common():
        svg = svg.replace(font, ' class="m"' if "Menlo" in font else "")
    sizes = Counter(re.findall(r' font-size="[^"]*"', svg))
    size = sizes.most_common(1)[0][0] if sizes else ""
    svg = svg.replace(size, "") if size else svg
    rule = ".m{font-family:Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    svg = (
        svg.replace("<style>", f"<style>{rule}", 1)
        if "<style>" in svg
        else svg.replace(">", f"><style>{rule}</style>", 1)
    )
    return svg.replace(
        "<svg ", f'<svg font-family="Helvetica,Arial,sans-serif"{size} fill="{ink}" ', 1
    )


def _short(path: str) -> str:
    """A path of Graphviz: a box with round corners as what it is, other curves in steps from point
    to point.
    """
    if not re.fullmatch(r"M[-\d.]+,[-\d.]+C[-\d., ]+", path):
        return path
    points = [
        (round(10 * float(x)), round(10 * float(y)))
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", path)
    ]
    if len(points) == 25 and points[0] == points[-1]:
        return _box(points)
    steps = []
    for i in range(1, len(points), 3):
        x, y = points[i - 1]
        steps.append(" ".join(f"{_tenth(a - x)},{_tenth(b - y)}" for a, b in points[i : i + 3]))
    return f"M{_tenth(points[0][0])},{_tenth(points[0][1])}c{' '.join(steps)}"


def _box(points: list[tuple[int, int]]) -> str:
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    radius = right - max(x for x, y in points if y == top)
    r, across, down = (
        _tenth(radius),
        _tenth(right - left - 2 * radius),
        _tenth(bottom - top - 2 * radius),
    )
    start = f"M{_tenth(left + radius)},{_tenth(top)}h{across}q{r},0 {r},{r}v{down}q0,{r} -{r},{r}"
    return f"{start}h-{across}q-{r},0 -{r},-{r}v-{down}q0,-{r} {r},-{r}z"


def _tenth(tenths: int) -> str:
    return f"{tenths / 10:g}" if abs(tenths) < 1_000_000 else f"{tenths / 10:.1f}"
