"""A stretch of a program as one function that numba compiles: loops, products, and nothing of
Python in between.

Arrays come in and go out flat; what lies in between is in one kept workspace for each dtype, or is
no array at all (`nests`), and views are ways to index (`places`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ...core.decision import are_within
from ...core.kernels import definitions
from ...core.recorder import Call, Value, values_in
from .elements import DTYPES, converted, is_reduced_in_loops, number_text
from .loops import Loop
from .memory import Planner
from .nests import Unit, is_basic, is_view, shape_of_loop, units_of
from .places import Place, places_of_views, part_of, row_major, whole

HEAD = """import math

import numpy as np
from numba import njit
from numpy import bool_ as b1, float32 as f4, float64 as f8, int32 as i4, int64 as i8
from numpy import float32, int32

from autograd_engine.core.decision import DecidedOtherwise

"""

_ALIGNED = 16
"""Values in the workspace begin at multiples of this many elements."""

SMALL = 2048
"""Up to how many multiplications a product is a loop rather than a call of BLAS."""

WIDEST = 32
"""How many columns such a product has at most."""

IN_REGISTERS = 8
"""How many columns of it are computed at once."""

LARGEST_DIMS = 6
"""More dimensions than this no loop goes through."""


def is_native(call: Call) -> bool:
    """Whether a call can stand in a compiled function."""
    values = [*call.outputs, *values_in(call)]
    if any(x.dtype.name not in DTYPES or 0 in x.shape for x in values):
        return False
    if any(len(x.shape) > LARGEST_DIMS for x in values):
        return False
    if is_view(call) or shape_of_loop(call) is not None:
        return True
    writer = _WRITERS.get(call.op.name)
    return writer is not None and writer[0](call)


class Native:
    """The text of a function that computes some calls.

    Parameters
    ----------
    calls : list of Call
        All of them `is_native`.
    constants : dict of Value to array
    wanted : set of Value
        What is needed of it afterwards.
    stored : sequence of (Value, Value)
        What it is given, and what it is to hold at the end.

    Attributes
    ----------
    given : list of Value
        The arrays and numbers that the function takes first.
    arrays : list of Value
        What it writes into arrays that it is given after these.
    numbers : list of Value
        What it returns.
    workspaces : dict of dtype to int
        How many elements it needs of each dtype, given last.
    """

    def __init__(
        self,
        calls: list[Call],
        constants: dict[Value, Any],
        wanted: set[Value],
        stored: Sequence[tuple[Value, Value]] = (),
    ) -> None:
        self.constants = constants
        self.lines: list[str] = []
        self.places: dict[Value, Place] = {}
        self.names: dict[Value, str] = {}  # of numbers
        self.workspaces: dict[np.dtype, int] = {}
        self._head: list[str] = []
        self._literals: dict[str, str] = {}
        self._numbered: dict[Value, int] = {}
        self._arguments: list[str] = []
        made = [y for call in calls for y in call.outputs]
        self.given = self._taken(calls, set(made), stored)
        self.arrays = [y for y in made if y in wanted and y.shape != ()]
        self.numbers = [y for y in made if y in wanted and y.shape == ()]
        for i, value in enumerate(self.given):
            self._receive(value, f"a{i}")
        self._results = {
            value: self._argument(value, f"o{i}") for i, value in enumerate(self.arrays)
        }
        units = units_of(calls)
        ends = [value for _, value in stored]
        self.in_memory = _needing_memory(units, [*self.arrays, *ends])
        last = _last_units(units, ends)
        self._plans = {np.dtype(name): Planner(last) for name in DTYPES}
        self._slots: dict[tuple[np.dtype, int], int] = {}
        for i, unit in enumerate(units):
            if i < len(units) - 1:
                self._write(unit)
            else:
                stored = self._write_last(unit, list(stored))
            for plan in self._plans.values():
                plan.release(i)
        for target, value in stored:
            self._copy(value, self.places[target], target.shape)
        returned = ", ".join(self.element(y, y.dtype) for y in self.numbers)
        self.lines.append(f"return ({returned},)" if returned else "return ()")

    def _taken(self, calls: list[Call], made: set[Value], stored: Sequence) -> list[Value]:
        """What comes from outside, constants that are arrays included."""
        used = [x for call in calls for x in values_in(call)]
        used += [x for pair in stored for x in pair]
        given = [x for x in used if x not in made]
        return [x for x in dict.fromkeys(given) if x not in self.constants or x.shape != ()]

    def _write_last(self, unit: Unit, stored: list) -> list:
        """Write the last unit, which stores at once what goes through the same loop; what is left
        to be stored.
        """
        made = {y for call in unit.calls for y in call.outputs}
        copies, left = [], []
        for target, value in stored:
            if not self._may_store(unit, target) or value.dtype != target.dtype:
                left.append((target, value))
            elif value not in made:
                copies.append((value, self.places[target]))
            elif value in self._results:
                left.append((target, value))
            else:
                self._results[value] = self.places[target]
        self._write(unit, copies)
        return left

    def _may_store(self, unit: Unit, target: Value) -> bool:
        """Whether the last loop may overwrite what it is given: it reads none of it later than it
        writes it.
        """
        here = self.places[target]
        read = [self.places.get(x) for call in unit.calls for x in values_in(call)]
        return (
            unit.shape == target.shape
            and not unit.views
            and all(place is None or place.name != here.name or place == here for place in read)
        )

    def text(self, name: str) -> str:
        """The source of the function."""
        spaces = [_space(dtype) for dtype in self.workspaces]
        body = "\n".join(f"    {line}" for line in [*self._head, *self.lines])
        used = definitions(body)
        return f"{HEAD}{used}\ndef {name}({', '.join([*self._arguments, *spaces])}):\n{body}\n"

    def number(self, value: Value) -> int:
        """A number for the names of a value: alike in functions that are alike."""
        return self._numbered.setdefault(value, len(self._numbered))

    # --- memory -----------------------------------------------------------------------------------

    def _receive(self, value: Value, name: str) -> None:
        if value.shape == ():
            self._arguments.append(name)
            self.names[value] = name
        else:
            self.places[value] = self._argument(value, name)

    def _argument(self, value: Value, name: str) -> Place:
        """An array that the function is given, looked at as a flat one."""
        self._arguments.append(name)
        size = prod(value.shape)
        if len(value.shape) == 1:
            return whole(name, size, 0, value.shape)
        self._head.append(f"{name}_ = {name}.reshape(({size},))")
        return whole(f"{name}_", size, 0, value.shape)

    def new(self, value: Value) -> Place:
        """A place for an array that is about to be made."""
        place = self._results.get(value)
        if place is None:
            place = self._in_workspace(value)
        self.places[value] = place
        return place

    def _in_workspace(self, value: Value) -> Place:
        plan = self._plans[value.dtype]
        slot = value.dtype, plan.place(value)
        if slot not in self._slots:
            self._slots[slot] = self._more(value)
        return whole(_space(value.dtype), -1, self._slots[slot], value.shape)

    def _more(self, value: Value) -> int:
        """The start of so much more workspace."""
        start = self.workspaces.get(value.dtype, 0)
        self.workspaces[value.dtype] = start + -(-prod(value.shape) // _ALIGNED) * _ALIGNED
        return start

    def in_rows(self, value: Value) -> Place:
        """The place of a value whose elements lie in row-major order; if need be, of a copy."""
        place = self.places[value]
        if place.strides != row_major(value.shape):
            start = self._more(value)
            place = whole(_space(value.dtype), -1, start, value.shape)
            self._copy(value, place, value.shape)
        return place

    # --- units ------------------------------------------------------------------------------------

    def _write(self, unit: Unit, copies: Sequence[tuple[Value, Place]] = ()) -> None:
        if unit.shape is not None:
            Loop(self, unit.calls, unit.shape, copies).write()
        else:
            for call in unit.calls:
                _WRITERS[call.op.name][1](self, call)
        for call in unit.views:
            self._look(call)

    def _look(self, call: Call) -> None:
        """Find the place of a view; what is returned is copied."""
        x = call.inputs[0]
        if x.shape == ():
            self.places[x] = self._number_in_memory(x)
        places = places_of_views(call, _within_reach(self.places[x], x.shape))
        if places is None:
            places = places_of_views(call, _within_reach(self.in_rows(x), x.shape))
        if places is None:
            raise NotImplementedError(f"{call.op.name} of shape {x.shape}")
        for y, place in zip(call.outputs, places):
            self.places[y] = place
            if y in self._results:
                self._copy(y, self._results[y], y.shape)

    def _number_in_memory(self, x: Value) -> Place:
        """A place for a number, which is to be looked at as an array."""
        if x in self.places:
            return self.places[x]
        start = self._more(x)
        self.lines.append(f"{_space(x.dtype)}[{start}] = {self.element(x, x.dtype)}")
        return whole(_space(x.dtype), -1, start, ())

    def _copy(self, value: Value, target: Place, shape: tuple[int, ...]) -> None:
        """Copy a value to another place."""
        Loop(self, [], shape, [(value, target)]).write()

    def _literal(self, x: Any, dtype: np.dtype) -> str:
        """A number; one that has to be converted is so once, at the beginning."""
        text = number_text(x, dtype)
        if "(" not in text or text.startswith("("):
            return text
        if text not in self._literals:
            self._literals[text] = f"c{len(self._literals)}"
            self._head.append(f"{self._literals[text]} = {text}")
        return self._literals[text]

    def element(self, x: Any, dtype: np.dtype, index: str = "") -> str:
        """One element of an operand, in a dtype."""
        if not isinstance(x, Value):
            return self._literal(x, dtype)
        if x in self.constants and x.shape == ():
            return self._literal(self.constants[x], dtype)
        text = self.names.get(x)
        if text is None:
            place = self.places[x]
            text = f"{place.name}[{index or place.start}]"
        return converted(text, x.dtype, dtype)


def _space(dtype: np.dtype) -> str:
    return f"w_{DTYPES[dtype.name]}"


def _within_reach(place: Place, shape: tuple[int, ...]) -> Place:
    """The place, in an array that is as long as need be."""
    reach = [max(0, (n - 1) * stride) for n, stride in zip(shape, place.strides)]
    return Place(place.name, place.start + sum(reach) + 1, place.start, place.strides)


def _needing_memory(units: list[Unit], ends: list[Value]) -> set[Value]:
    """The values that are arrays: all but those that only their own loop reads."""
    found = set(ends)
    for unit in units:
        inside = set()
        if unit.shape is not None:
            inside = {c.outputs[0] for c in unit.calls if not is_reduced_in_loops(c)}
        for call in unit.calls:
            found.update(y for y in call.outputs if y not in inside)
            found.update(x for x in values_in(call) if x not in inside)
        found.update(x for view in unit.views for x in values_in(view))
    return found


def _last_units(units: list[Unit], at_the_end: list[Value]) -> dict[Value, int]:
    """In which unit each value is used for the last time, itself or through a view."""
    last: dict[Value, int] = {}
    for i, unit in enumerate(units):
        for call in unit.calls:
            last.update(dict.fromkeys([*call.outputs, *values_in(call)], i))
    last.update(dict.fromkeys(at_the_end, len(units)))
    for unit in reversed(units):
        for view in reversed(unit.views):
            end = max(last.get(y, 0) for y in view.outputs)
            for x in values_in(view):
                last[x] = max(last.get(x, 0), end)
    return last


# --- calls that are no loops ----------------------------------------------------------------------


def _is_range(call: Call) -> bool:
    """Whether a decision says that integers lie in a range."""
    x = call.inputs[0] if call.inputs else None
    named = call.params["function"] is are_within and call.params["answer"] is True
    return named and isinstance(x, Value) and x.dtype.kind == "i" and x.shape != ()


def _write_range(native: Native, call: Call) -> None:
    x = call.inputs[0]
    place = native.places[x]
    if place.strides != row_major(x.shape):
        place = native.in_rows(x)
    low, high = (call.params["params"][name] for name in ("low", "high"))
    native.lines += [
        "outside = 0",
        f"for i0 in range({prod(x.shape)}):",
        f"    j = {place.name}[{place.start} + i0]",
        f"    outside |= (j < {low}) | (j >= {high})",
        "if outside:",
        "    raise DecidedOtherwise('are_within')",
    ]


def _is_lookup(call: Call) -> bool:
    """Whether a call takes one element of each row."""
    x, index = call.inputs[0], call.params["index"]
    if not isinstance(x, Value) or len(x.shape) != 2 or type(index) is not tuple:
        return False
    rows, columns = index if len(index) == 2 else (None, None)
    return (
        isinstance(rows, np.ndarray)
        and np.array_equal(rows, np.arange(x.shape[0]))
        and isinstance(columns, Value)
        and columns.dtype.name in ("int32", "int64")
        and columns.shape == x.shape[:1]
    )


def _write_lookup(native: Native, call: Call) -> None:
    x, y = call.inputs[0], call.outputs[0]
    count, width = x.shape
    source, at = native.places[x], native.places[call.params["index"][1]]
    target = native.new(y)
    native.lines += [
        f"for i0 in range({count}):",
        f"    j = {at.name}[{at.start} + i0 * {at.strides[0]}]",
        "    if j < 0:",
        f"        j += {width}",
        f"    if j < 0 or j >= {width}:",
        f"        raise IndexError('an index is out of bounds for a length of {width}')",
        f"    {target.name}[{target.start} + i0] = "
        f"{source.name}[{source.start} + i0 * {source.strides[0]} + j * {source.strides[1]}]",
    ]


def _is_product(call: Call) -> bool:
    a, b = call.inputs
    if not (isinstance(a, Value) and isinstance(b, Value)):
        return False
    if a.dtype != b.dtype or a.dtype.name not in ("float32", "float64"):
        return False
    return len(a.shape) == len(b.shape) >= 2 and a.shape[:-2] == b.shape[:-2]


def _write_product(native: Native, call: Call) -> None:
    """A product of matrices, or of stacks of matrices."""
    a, b = call.inputs
    y = call.outputs[0]
    if len(y.shape) == 2 and prod(a.shape) * b.shape[1] <= SMALL and y.shape[1] <= WIDEST:
        _write_small_product(native, a, b, y)
        return
    places = [_as_matrices(native, x) for x in (a, b)]
    places.append(native.new(y))
    if len(y.shape) == 2:
        xs = [_matrix_text(place, x.shape, str(place.start)) for place, x in zip(places, (a, b, y))]
        native.lines.append(f"np.dot({', '.join(xs)})")
        return
    count = prod(y.shape[:-2])
    xs = []
    for place, x in zip(places, (a, b, y)):
        step = prod(x.shape[-2:])
        xs.append(_matrix_text(place, x.shape, f"{place.start} + i0 * {step}"))
    native.lines += [f"for i0 in range({count}):", f"    np.dot({', '.join(xs)})"]


def _write_small_product(native: Native, a: Value, b: Value, y: Value) -> None:
    """A product that takes less time than to call BLAS: some columns of a row at once, as numbers
    that stay in registers.
    """
    x, w = native.places[a], native.places[b]
    out = native.new(y)
    rows, columns = y.shape
    zero = f"{DTYPES[y.dtype.name]}(0)"
    native.lines.append(f"for i0 in range({rows}):")
    for first in range(0, columns, IN_REGISTERS):
        numbers = range(first, min(columns, first + IN_REGISTERS))
        lines = [f"p{j} = {zero}" for j in numbers]
        lines.append(f"for i1 in range({a.shape[1]}):")
        at = f"{x.start} + i0 * {x.strides[0]} + i1 * {x.strides[1]}"
        lines.append(f"    q = {x.name}[{at}]")
        for j in numbers:
            at = f"{w.start + j * w.strides[1]} + i1 * {w.strides[0]}"
            lines.append(f"    p{j} += q * {w.name}[{at}]")
        lines += [f"{out.name}[{out.start + j} + i0 * {columns}] = p{j}" for j in numbers]
        native.lines += [f"    {line}" for line in lines]


def _as_matrices(native: Native, x: Value) -> Place:
    """The place of matrices that lie one after the other, each by rows or each by columns."""
    place = native.places[x]
    by_columns = _by_columns(x.shape)
    if place.strides == by_columns and by_columns != row_major(x.shape):
        return place
    return native.in_rows(x)


def _by_columns(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of matrices that are transposed ones in row-major order."""
    *outer, n, m = row_major((*shape[:-2], shape[-1], shape[-2]))
    return (*outer, m, n)


def _matrix_text(place: Place, shape: tuple[int, ...], start: str) -> str:
    rows, columns = shape[-2:]
    stop = f"{start} + {rows * columns}"
    if start.isdigit():
        stop = str(int(start) + rows * columns)
    part = f"{place.name}[{start}:{stop}]"
    if place.strides == row_major(shape):
        return f"{part}.reshape(({rows}, {columns}))"
    return f"{part}.reshape(({columns}, {rows})).T"


def _is_joined(call: Call) -> bool:
    y = call.outputs[0]
    return all(isinstance(x, Value) and x.dtype == y.dtype and x.shape for x in call.inputs)


def _write_joined(native: Native, call: Call) -> None:
    y = call.outputs[0]
    dim = call.params["dim"] % len(y.shape)
    place = native.new(y)
    start = place.start
    for x in call.inputs:
        part = Place(place.name, place.length, start, place.strides)
        native._copy(x, part, x.shape)
        start += x.shape[dim] * place.strides[dim]


def _is_placed(call: Call) -> bool:
    """Whether a call puts a value into zeros, where slices and numbers say."""
    return isinstance(call.inputs[0], Value) and is_basic(call.params["index"])


def _write_placed(native: Native, call: Call) -> None:
    x, y = call.inputs[0], call.outputs[0]
    place = native.new(y)
    native.lines += [
        f"for i0 in range({prod(y.shape)}):",
        f"    {place.name}[{place.start} + i0] = 0",
    ]
    native._copy(x, part_of(place, y.shape, call.params["index"]), x.shape)


_WRITERS: dict[str, tuple[Any, Any]] = {
    "decided": (_is_range, _write_range),
    "getitem": (_is_lookup, _write_lookup),
    "matmul": (_is_product, _write_product),
    "cat": (_is_joined, _write_joined),
    "scatter": (_is_placed, _write_placed),
}
"""By op, whether a call of it can be written, and how it is."""
