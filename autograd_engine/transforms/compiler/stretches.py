"""Which calls of a program go together: stretches that become a function of their own, in machine
code or of Python's numbers, and what stands between them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

from ...core.primitive import Primitive
from ...core.recorder import Call, Value, values_in
from .nests import is_view
from .tracing import ALWAYS

FEWEST = 2
"""Fewer calls than this are not worth a function of their own."""


def _never(*args: Any) -> tuple:
    raise NotImplementedError("a stretch is called as such")


stretch = Primitive("native", _never, ("*inputs",), {"calls": ()}, outputs=0)
"""The op that a stretch of calls becomes."""
on_tape = Primitive("tape", _never, ("*inputs",), {"calls": ()}, outputs=0)
"""The op that calls on single numbers become."""

KINDS = ("numpy", "tape", "native")


def in_stretches(
    calls: list[Call],
    wanted: list[Value],
    ends: list[Value],
    kind_of: Callable[[Call], str],
) -> list[Call]:
    """The calls, with those that can be machine code put together to as few stretches as their
    order allows. The last of them stores what is wanted at the end itself.
    """
    groups = _groups(calls, kind_of)
    if not groups or groups[-1][0] != "native" or len(groups[-1][1]) < FEWEST:
        wanted = wanted + ends
        ends = []
    earlier = {y for _, group in groups[:-1] for call in group for y in call.outputs}
    wanted = wanted + [value for value in ends if value in earlier]
    users: dict[Value, set[int]] = {}
    for i, (_, group) in enumerate(groups):
        for call in group:
            for x in values_in(call):
                users.setdefault(x, set()).add(i)
    needed = set(wanted)
    found: list[Call] = []
    for i, (kind, group) in enumerate(groups):
        if kind == "numpy":
            found += group
            continue
        outside = {x for x, places in users.items() if places - {i}} | needed
        looks: list[Call] = []
        if kind == "native" and i < len(groups) - 1:
            group, looks = _without_looks(group, outside)
            outside |= {x for call in looks for x in values_in(call)}
            outside -= {y for call in looks for y in call.outputs}
        if len(group) < FEWEST:
            found += group + looks
            continue
        made = [y for call in group for y in call.outputs]
        inside = set(made)
        outputs = [y for y in made if y in outside]
        inputs = dict.fromkeys(x for call in group for x in values_in(call) if x not in inside)
        params = {"calls": group}
        op = stretch if kind == "native" else on_tape
        found.append(Call(op, tuple(inputs), params, outputs, group[0].line, False))
        found += looks
    return found


def _without_looks(calls: list[Call], outside: set[Value]) -> tuple[list[Call], list[Call]]:
    """The calls without the views that none of them reads; and the views that are read outside,
    which cost nothing there, where machine code would have to copy.
    """
    kept: list[Call] = []
    looks: list[Call] = []
    read: set[Value] = set()
    outside = set(outside)
    for call in reversed(calls):
        if is_view(call):
            if not outside.isdisjoint(call.outputs):
                looks.append(call)
                outside.update(values_in(call))
            if read.isdisjoint(call.outputs):
                continue
        kept.append(call)
        read.update(values_in(call))
    return kept[::-1], looks[::-1]


def _groups(calls: list[Call], kind_of: Callable[[Call], str]) -> list[tuple[str, list[Call]]]:
    """The calls in groups, in turn of each kind, each as large as can be."""
    groups: list[tuple[str, list[Call]]] = []
    made = {y for call in calls for y in call.outputs}
    kinds = {call: kind_of(call) for call in calls}
    known: set[Value] = set()
    left = list(calls)
    turns = cycle(KINDS)
    while left:
        kind = next(turns)
        group, waiting = [], []
        blocked = False  # calls that count whoever uses them keep their order
        for call in left:
            ready = all(x in known or x not in made for x in values_in(call))
            if ready and kinds[call] == kind and not (blocked and call.op.name in ALWAYS):
                group.append(call)
                known.update(call.outputs)
            else:
                waiting.append(call)
                blocked = blocked or call.op.name in ALWAYS
        if group:
            groups.append((kind, group))
        left = waiting
    return groups
