"""A program as stretches of machine code, and NumPy between them for what numba cannot take."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

import numpy as np

from ...core.decision import decided
from ...core.primitive import Primitive
from ...core.recorder import Call, Value
from .fast import FastCode
from .jit import anyway, compiled
from .native import Native, is_native
from .straight import Program
from .tracing import ALWAYS, values_in

FEWEST = 2
"""Fewer calls than this are not worth a function of their own."""


def _never(*args: Any) -> tuple:
    raise NotImplementedError("a stretch of machine code is called as such")


stretch = Primitive("native", _never, ("*inputs",), {"calls": ()}, outputs=0)
"""The op that a stretch of calls becomes."""


class NativeCode(FastCode):
    """The code of some calls of a program, compiled by numba. Arguments and attributes as for
    `FastCode`.

    Attributes
    ----------
    native : list of Native
        The functions that are machine code.
    seconds : float
        How long it took to have them.
    from_disk : bool
        Whether all of them were there already.
    """

    medium = "machine code"
    elsewhere = "in NumPy, the others in machine code"
    why_left = "no loop or product that numba compiles, or NumPy is faster at so many"

    def __init__(
        self,
        program: Program,
        calls: list[Call],
        inputs: list[Value],
        outputs: list[Value],
        copied: Sequence[Value] = (),
        stored: Sequence[tuple[Value, Value]] = (),
    ) -> None:
        self.native: list[Native] = []
        self.from_disk = True
        ends = [value for _, value in stored]
        calls = [_with_constants(call, program) for call in calls]
        stretches = _stretches(calls, [*outputs, *copied], ends)
        super().__init__(program, stretches, inputs, outputs, copied, stored)
        self.calls = calls
        self.left = [call for call in stretches if call.op is not stretch]
        self.functions = len(self.native)
        self.warns = any(call.op is not stretch and call.op is not decided for call in stretches)

    def _write(self, i: int, call: Call) -> None:
        if call.op is not stretch:
            super()._write(i, call)
            return
        stored: list[tuple[Value, Value]] = []
        if i == len(self.calls) - 1:  # nobody reads what was there before
            stored = self._stored
            self._stored = []
        native = Native(call.params["calls"], self.constants, set(call.outputs), stored)
        self._write_native(i, call, native)

    def _write_native(self, i: int, call: Call, native: Native) -> None:
        """Memory for the results, and the call of the machine code."""
        self.native.append(native)
        outs = [self._memory(i, call, y) for y in native.arrays]
        spaces = [self._workspace(dtype, n) for dtype, n in native.workspaces.items()]
        given = [self._name(x) if x.shape else f"{self._name(x)}[()]" for x in native.given]
        sizes = [Value(0, (n,), dtype) for dtype, n in native.workspaces.items()]
        kinds = [*native.given, *native.arrays, *sizes]
        name = "native"
        function = compiled(native.text(name), name, kinds)
        self.seconds += function.seconds
        self.from_disk = self.from_disk and function.from_disk
        function_name = self._constant(function.call)
        arguments = ", ".join([*given, *outs, *spaces])
        numbers = [self._new(y) for y in native.numbers]
        target = "".join(f"{each}, " for each in numbers) + "= " if numbers else ""
        target = target.replace(", = ", ", = ")
        self._body += [
            "try:",
            f"    {target}{function_name}({arguments})",
            "except TypeError:",
            f"    {target}{self._constant(anyway)}({function_name}, {arguments})",
        ]
        for y, each in zip(native.numbers, numbers):
            self._body.append(f"{each} = {self._constant(y.dtype.type)}({each})")

    def _memory(self, i: int, call: Call, y: Value) -> str:
        """A kept buffer for a result, or new memory if it is returned."""
        buffer = self._buffered(call, i, y)
        if buffer is None:
            buffer = self._new(y)
            shape, dtype = self._constant(y.shape), self._constant(y.dtype)
            self._body.append(f"{buffer} = empty({shape}, {dtype})")
        return buffer

    def _workspace(self, dtype: np.dtype, count: int) -> str:
        name = f"w{len(self._setup)}"
        self._setup.append(f"{name} = empty({count}, {self._constant(dtype)})")
        self.workspace += count * dtype.itemsize
        return name


def _with_constants(call: Call, program: Program) -> Call:
    """The call, with constants of the program in the place of arrays among its inputs."""
    inputs = [_as_constant(x, program) for x in call.inputs]
    if all(map(is_, inputs, call.inputs)):
        return call
    new = Call(call.op, tuple(inputs), call.params, call.outputs, call.line, call.backward)
    for y in new.outputs:
        y.call = new
    return new


def _as_constant(x: Any, program: Program) -> Any:
    if not isinstance(x, np.ndarray) or x.size == 1:
        return x
    value = Value(-1, x.shape, x.dtype, data=x)
    program.constants[value] = x
    return value


def _stretches(calls: list[Call], wanted: list[Value], ends: list[Value]) -> list[Call]:
    """The calls, with those that can be machine code put together to as few stretches as their
    order allows. The last of them stores what is wanted at the end itself.
    """
    groups = _groups(calls)
    if not groups or not groups[-1][0] or len(groups[-1][1]) < FEWEST:
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
    for i, (native, group) in enumerate(groups):
        if not native or len(group) < FEWEST:
            found += group
            continue
        made = [y for call in group for y in call.outputs]
        inside = set(made)
        outputs = [y for y in made if y in needed or users.get(y, set()) - {i}]
        inputs = dict.fromkeys(x for call in group for x in values_in(call) if x not in inside)
        params = {"calls": group}
        found.append(Call(stretch, tuple(inputs), params, outputs, group[0].line, False))
    return found


def _groups(calls: list[Call]) -> list[tuple[bool, list[Call]]]:
    """The calls in groups, in turn of machine code and not, each as large as can be."""
    groups: list[tuple[bool, list[Call]]] = []
    made = {y for call in calls for y in call.outputs}
    known: set[Value] = set()
    left = list(calls)
    native = False
    while left:
        group, waiting = [], []
        blocked = False  # calls that count whoever uses them keep their order
        for call in left:
            ready = all(x in known or x not in made for x in values_in(call))
            if ready and is_native(call) == native and not (blocked and call.op.name in ALWAYS):
                group.append(call)
                known.update(call.outputs)
            else:
                waiting.append(call)
                blocked = blocked or call.op.name in ALWAYS
        if group:
            groups.append((native, group))
        left = waiting
        native = not native
    return groups
