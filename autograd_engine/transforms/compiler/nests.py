"""Which calls of a program share a loop.

What works element by element on the same shape goes through one loop, in which the values on the
way are numbers and no arrays; sums and maxima over such values are taken along. A loop stands as
early as what it reads allows, so that calls join which are far from each other in the program.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...core.recorder import Call, Value, values_in
from .elements import is_computed_in_loops, is_reduced_in_loops

VIEWS = {"reshape", "permute", "swapaxes", "broadcast_to", "getitem", "unbind", "split"}
"""The ops that look at the memory of their input in another way."""


def is_view(call: Call) -> bool:
    """Whether a call gives views: its results are found in the memory of its input."""
    if call.op.name not in VIEWS or len(values_in(call)) != 1:
        return False
    return is_basic(call.params.get("index", ()))


def is_basic(index: Any) -> bool:
    """Whether an index consists of slices and numbers."""
    items = index if isinstance(index, tuple) else (index,)
    return all(x is Ellipsis or x is None or type(x) in (slice, int) for x in items)


@dataclass(eq=False, slots=True)
class Unit:
    """A loop, or a call that is none.

    Attributes
    ----------
    calls : list of Call
    shape : tuple of int, or None
        What a loop goes through; None for a call that is no loop.
    views : list of Call
        What looks at the results, after them.
    """

    calls: list[Call] = field(default_factory=list)
    shape: tuple[int, ...] | None = None
    views: list[Call] = field(default_factory=list)


def shape_of_loop(call: Call) -> tuple[int, ...] | None:
    """What a loop goes through that computes a call; None where none can."""
    if is_computed_in_loops(call):
        return call.outputs[0].shape
    if is_reduced_in_loops(call):
        return call.inputs[0].shape
    return None


def units_of(calls: list[Call]) -> list[Unit]:
    """The calls, in loops as few as possible; the first unit has no calls, only views of what is
    given.
    """
    units = [Unit()]
    place: dict[Value, int] = {}  # in which unit a value is made
    loose: dict[Value, tuple] = {}  # elements of a loop, and the loop's shape
    for call in calls:
        if is_view(call):
            at = place.get(call.inputs[0], 0)
            units[at].views.append(call)
            place.update((y, at) for y in call.outputs)
            continue
        shape = shape_of_loop(call)
        if shape is None:
            units.append(Unit([call]))
            at = len(units) - 1
        else:
            at = _into_loop(units, call, shape, place, loose)
            if not is_reduced_in_loops(call):
                loose[call.outputs[0]] = shape
        place.update((y, at) for y in call.outputs)
    return units


def _into_loop(
    units: list[Unit],
    call: Call,
    shape: tuple[int, ...],
    place: dict[Value, int],
    loose: dict[Value, tuple],
) -> int:
    """Put a call into the first loop of its shape that comes late enough, or into a new one."""
    first = 1
    for x in values_in(call):
        if x in place:
            same_loop = loose.get(x) == shape
            first = max(first, place[x] + (not same_loop))
    for at in range(first, len(units)):
        if units[at].shape == shape:
            units[at].calls.append(call)
            return at
    units.append(Unit([call], shape))
    return len(units) - 1
