"""The text of one loop over all elements of a shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ...core.recorder import Call, Value, values_in
from ...core.summation import FEW
from .elements import DTYPES, converted, expression, is_reduced_in_loops, reduced_axes
from .places import Place

Pieces = dict[int, list[str]]
"""Lines by the depth at which they stand."""


class Loop:
    """A loop that computes calls element by element, adds up some of what it computes, and stores
    what is needed elsewhere.

    Neighbouring axes along which all operands run alike are one: mostly one or two loops are left.

    Parameters
    ----------
    native : Native
        The function that it stands in.
    calls : list of Call
    shape : tuple of int
    copies : sequence of (Value, Place)
        What is copied besides.
    """

    def __init__(
        self,
        native: Any,
        calls: list[Call],
        shape: tuple[int, ...],
        copies: Sequence[tuple[Value, Place]] = (),
    ) -> None:
        self.native = native
        self.calls = calls
        self.shape = shape
        self.copies = copies
        self.fixed: dict[Any, str] = {}
        self.reductions = [call for call in calls if is_reduced_in_loops(call)]
        self.inside = {c.outputs[0] for c in calls if c not in self.reductions}
        read = [x for call in calls for x in values_in(call)] + [x for x, _ in copies]
        self.read = [x for x in dict.fromkeys(read) if x in native.places and x not in self.inside]

    # --- which loops ------------------------------------------------------------------------------

    def _place_all(self) -> None:
        """Find where everything lies, and which axes are left."""
        native = self.native
        self.places: dict[Any, Place] = {x: native.places[x] for x in self.read}
        strides: dict[Any, tuple[int, ...]] = {
            x: self.places[x].along(x.shape, self.shape) for x in self.read
        }
        for call in self.calls:
            y = call.outputs[0]
            if call in self.reductions:
                kept = [d not in reduced_axes(call) for d in range(len(self.shape))]
                if y.shape != ():
                    self.places[call] = native.new(y)
                    strides[call] = _along_input(self.places[call], y.shape, kept)
                strides[call, "runs"] = tuple(map(int, kept))
            elif y in native.in_memory and y.shape != ():
                self.places[y] = native.new(y)
                strides[y] = self.places[y].strides
        for i, (x, target) in enumerate(self.copies):
            self.places[i] = target
            strides[i] = target.along(x.shape, self.shape)
        self.sizes, self.strides = _neighbours_together(self.shape, strides)

    def _at(self, key: Any) -> str:
        """The index of an operand's element."""
        terms = []
        for d, stride in enumerate(self.strides[key]):
            if stride:
                terms.append(f"i{d}" if stride == 1 else f"i{d} * {stride}")
        start = self.places[key].start
        if start or not terms:
            terms.insert(0, str(start))
        return " + ".join(terms)

    def _operand(self, x: Any, dtype: np.dtype) -> str:
        if isinstance(x, Value) and x in self.fixed:
            return converted(self.fixed[x], x.dtype, dtype)
        if isinstance(x, Value) and x in self.places and x not in self.inside:
            return self.native.element(x, dtype, self._at(x))
        return self.native.element(x, dtype)

    def _fix(self, opening: Pieces) -> None:
        """Read what is the same in all turns of the inner loop before it: of a loop that reads
        only what it runs along, several turns can be taken at a time.
        """
        depth = len(self.sizes)
        for x in self.read:
            if not depth or self.strides[x][-1] or x in self.native.names:
                continue
            level = max([d + 1 for d in range(depth) if self.strides[x][d]], default=0)
            name = f"z{self.native.number(x)}"
            element = self.native.element(x, x.dtype, self._at(x))
            opening.setdefault(level, []).append(f"{name} = {element}")
            self.fixed[x] = name

    # --- the text ---------------------------------------------------------------------------------

    def write(self) -> None:
        """Put the text to that of the function."""
        opening: Pieces = {}
        closing: Pieces = {}
        body: list[str] = []
        self._place_all()
        self._fix(opening)
        for y in [c.outputs[0] for c in self.calls if c not in self.reductions]:
            self.native.names[y] = f"e{self.native.number(y)}"
        for call in self.calls:
            if call in self.reductions:
                body += self._sum(call, opening, closing)
                continue
            y = call.outputs[0]
            element = self.native.names[y]
            body.append(f"{element} = {expression(call, self._operand)}")
            if y in self.places:
                body.append(f"{self.places[y].name}[{self._at(y)}] = {element}")
        for i, (x, target) in enumerate(self.copies):
            body.append(f"{target.name}[{self._at(i)}] = {self._operand(x, x.dtype)}")
        lines = self.native.lines
        depth = len(self.sizes)
        for level in range(depth + 1):
            lines += [f"{'    ' * level}{line}" for line in opening.get(level, ())]
            if level < depth:
                lines.append(f"{'    ' * level}for i{level} in range({self.sizes[level]}):")
        lines += [f"{'    ' * depth}{line}" for line in body]
        for level in reversed(range(depth + 1)):
            lines += [f"{'    ' * level}{line}" for line in closing.get(level, ())]
        for y in self.inside:
            if y.shape != ():
                del self.native.names[y]

    # --- sums and maxima --------------------------------------------------------------------------

    def _sum(self, call: Call, opening: Pieces, closing: Pieces) -> list[str]:
        """What a sum does in each turn; what it begins and ends with is put to the other lines."""
        x, y = call.inputs[0], call.outputs[0]
        runs = self.strides[call, "runs"]
        level = sum(runs)
        number = self.native.number(y)
        name = f"s{number}"
        count = prod([n for n, along in zip(self.sizes, runs) if not along])
        term = self._operand(x, x.dtype)
        if all(runs[:level]):
            sums = Accumulator(call, count, name, f"{name}_c")
            opening.setdefault(level, []).extend(sums.begin())
            target = f"e{number}"
            if y.shape != ():
                target = f"{self.places[call].name}[{self._at(call)}]"
            else:
                self.native.names[y] = target
            closing.setdefault(level, []).append(f"{target} = {sums.result()}")
            return sums.step(term)
        return self._outer_sum(
            call, runs, Accumulator(call, count, name, ""), term, opening, closing
        )

    def _outer_sum(
        self,
        call: Call,
        runs: tuple[int, ...],
        sums: Accumulator,
        term: str,
        opening: Pieces,
        closing: Pieces,
    ) -> list[str]:
        """A sum over outer loops: each inner one adds to an array."""
        kept = [d for d, along in enumerate(runs) if along]
        size = prod([self.sizes[d] for d in kept])
        name = sums.total
        index, factor = [], size
        for d in kept:
            factor //= self.sizes[d]
            index.append(f"i{d}" if factor == 1 else f"i{d} * {factor}")
        at = " + ".join(index)
        first = opening.setdefault(0, [])
        first.append(f"{name} = np.full(({size},), {sums.first()})")
        if sums.is_compensated:
            first.append(f"{name}_c = np.zeros(({size},))")
        sums.total, sums.lost = f"{name}[{at}]", f"{name}_c[{at}]"
        ending = closing.setdefault(0, [])
        for depth, d in enumerate(kept):
            ending.append(f"{'    ' * depth}for i{d} in range({self.sizes[d]}):")
        target = f"{self.places[call].name}[{self._at(call)}]"
        ending.append(f"{'    ' * len(kept)}{target} = {sums.result()}")
        inner = max(kept) + 1
        if inner == len(runs) or sums.is_compensated:
            return sums.step(term)
        part = f"{name}_p"  # of the inner loops, which so add up several terms at a time
        opening.setdefault(inner, []).append(f"{part} = {sums.first()}")
        closing.setdefault(inner, []).extend(sums.step_by(part))
        sums.total = part
        return sums.step(term)


class Accumulator:
    """How a sum, maximum or minimum is taken, term by term.

    Sums keep their digits: float32 is added up in float64, and many float64 numbers together with
    what is lost in each addition.
    """

    def __init__(self, call: Call, count: int, total: str, lost: str) -> None:
        self.kind = call.op.name
        self.dtype = DTYPES[call.outputs[0].dtype.name]
        self.is_compensated = self.kind == "sum" and self.dtype == "f8" and count > FEW
        self.is_ordered = self.kind != "sum" and self.dtype == "f4"  # by integers, several at once
        self.total = total
        self.lost = lost

    def first(self) -> str:
        """What it is before the first term."""
        if self.kind == "sum":
            return "0.0"
        if self.is_ordered:
            return "i4(-2147483648)"
        return f"{self.dtype}({'-' * (self.kind == 'amax')}np.inf)"

    def begin(self) -> list[str]:
        """What stands before the loop."""
        lines = [f"{self.total} = {self.first()}"]
        return [*lines, f"{self.lost} = 0.0"] if self.is_compensated else lines

    def step(self, term: str) -> list[str]:
        """What is done with a term."""
        total = self.total
        if self.is_ordered:
            sign = "-" * (self.kind == "amin")
            return [
                f"t_ = ordered_float32({sign}{term})",
                f"{total} = t_ if t_ > {total} else {total}",
            ]
        if self.kind != "sum":
            sign = ">" if self.kind == "amax" else "<"
            return [
                f"t_ = {term}",
                f"{total} = t_ if t_ {sign} {total} or t_ != t_ else {total}",
            ]
        if not self.is_compensated:
            return [f"{total} = added({total}, {term})"]
        return [
            f"t_ = {term}",
            f"n_ = {total} + t_",
            f"d_ = n_ - {total}",
            f"{self.lost} += ({total} - (n_ - d_)) + (t_ - d_)",
            f"{total} = n_",
        ]

    def step_by(self, part: str) -> list[str]:
        """What is done with what was found of several terms in the same way."""
        if not self.is_ordered:
            return self.step(part)
        return [f"{self.total} = {part} if {part} > {self.total} else {self.total}"]

    def result(self) -> str:
        """What it is after the last term. Of infinite sums nothing is lost that could be added."""
        if self.is_ordered:
            return f"{'-' * (self.kind == 'amin')}unordered_float32({self.total})"
        if not self.is_compensated:
            if self.kind == "sum" and self.dtype == "f4":
                return f"f4({self.total})"
            return self.total
        return f"{self.total} + {self.lost} if {self.lost} == {self.lost} else {self.total}"


def _along_input(place: Place, shape: tuple[int, ...], kept: list[bool]) -> tuple[int, ...]:
    """The strides of a result along the axes of what it was reduced from."""
    if len(shape) == len(kept):
        return tuple([s if k else 0 for s, k in zip(place.strides, kept)])
    strides = iter(place.strides)
    return tuple([next(strides) if k else 0 for k in kept])


def _neighbours_together(
    shape: tuple[int, ...], strides: dict[Any, tuple[int, ...]]
) -> tuple[list[int], dict[Any, tuple[int, ...]]]:
    """The axes that are left when neighbours are taken together along which everything runs alike,
    and the strides along these.
    """
    axes: list[tuple[int, list[int]]] = []
    flags = [isinstance(key, tuple) for key in strides]  # whether a sum keeps the axis
    for d in reversed([d for d, n in enumerate(shape) if n != 1]):
        steps = [each[d] for each in strides.values()]
        if axes:
            inner, inner_steps = axes[-1]
            alike = [
                a == b if flag else a == b * inner for a, b, flag in zip(steps, inner_steps, flags)
            ]
            if all(alike):
                axes[-1] = inner * shape[d], inner_steps
                continue
        axes.append((shape[d], steps))
    axes.reverse()
    columns = list(zip(*[steps for _, steps in axes])) or [() for _ in strides]
    return [n for n, _ in axes], dict(zip(strides, columns))
