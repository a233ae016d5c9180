"""How far to go along a direction: the line search of `LBFGS`."""

from __future__ import annotations

from math import inf, isfinite, nan, sqrt
from typing import Callable, NamedTuple

import numpy as np


class Point(NamedTuple):
    """What is known at distance t: the loss, its gradient, and its slope along the direction."""

    t: float
    loss: float
    gradient: np.ndarray
    slope: float


def strong_wolfe(
    look: Callable[[float], Point],
    start: Point,
    t: float,
    reach: float,
    max_iter: int,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> tuple[Point, int]:
    """A point that meets the strong Wolfe conditions, and how often was looked for it.

    Parameters
    ----------
    look : callable
        The point at a distance.
    start : Point
        At distance 0, going down.
    t : float
        The first distance to try.
    reach : float
        The largest element of the direction: the search ends where it moves nothing by more than
        1e-9.
    max_iter : int
        Looks after the first.

    Notes
    -----
    Loss(t) ≤ loss(0) + c₁ t slope(0) and |slope(t)| ≤ c₂ |slope(0)|: go on until such a point or a
    bracket around one is found, then close in on it. Nocedal and Wright, Numerical optimization,
    2006, algorithms 3.5 and 3.6, with Schmidt's safeguards.
    """

    def seen(t: float) -> Point:
        """What is not finite is a wall: too high, and of no known slope."""
        point = look(t)
        if isfinite(point.loss) and isfinite(point.slope):
            return point
        return point._replace(loss=inf, slope=nan)

    def falls_short(now: Point) -> bool:
        return now.loss > start.loss + c1 * now.t * start.slope

    def is_flat(now: Point) -> bool:
        return abs(now.slope) <= -c2 * start.slope

    before, now, i = start, seen(t), 0
    while i < max_iter and not (falls_short(now) or (i > 1 and now.loss >= before.loss)):
        if is_flat(now):
            return now, i + 1
        if now.slope >= 0:
            break
        t = lowest(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)
        before, now, i = now, seen(t), i + 1

    ends = [before if i < max_iter else start, now]
    low = _lower(ends)
    stuck = False
    while i < max_iter and abs(ends[1].t - ends[0].t) * reach >= 1e-9:
        t, stuck = _between(ends, stuck)
        now, i = seen(t), i + 1
        if falls_short(now) or now.loss >= ends[low].loss:
            ends[1 - low] = now
            low = _lower(ends)
            continue
        if not is_flat(now) and now.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = now
        if is_flat(now):
            break
    return ends[low], i + 1


def _lower(ends: list[Point]) -> int:
    return 0 if ends[0].loss <= ends[1].loss else 1


def _between(ends: list[Point], stuck: bool) -> tuple[float, bool]:
    """Where to look next; and whether that is close to an end, which happens once but not twice in
    a row.
    """
    left, right = sorted(end.t for end in ends)
    t = lowest(ends[0], ends[1], left, right)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stuck and left < t < right:
        return t, True
    return (right - margin if right - t < t - left else left + margin), False


def lowest(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through two points, with their slopes, is lowest, within bounds; their middle
    if it has no minimum.
    """
    if a.t > b.t:
        a, b = b, a
    if a.t == b.t:
        return (least + most) / 2
    bend = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = bend**2 - a.slope * b.slope
    if not 0 <= square < inf:
        return (least + most) / 2
    root = sqrt(square)
    rise = b.slope - a.slope + 2 * root
    t = b.t - (b.t - a.t) * (b.slope + root - bend) / rise if rise else (least + most) / 2
    return min(max(t, least), most)
