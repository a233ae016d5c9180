"""A program as stretches of machine code, and NumPy between them for what numba cannot take."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import Any

import numpy as np

from ...core.decision import decided
from ...core.jit import anyway, compiled
from ...core.recorder import Call, Value
from .fast import FastCode
from .native import Native, is_native
from .straight import Program
from .stretches import in_stretches, on_tape, stretch
from .tape import Tape, interpreter, is_on_tape, tape_dtype

LONGEST = 200
"""Of more calls than this the products are NumPy's, and cut the program into functions that are
compiled in a bearable time; those of layers that are alike, only once.
"""


class NativeCode(FastCode):
    """The code of some calls of a program, compiled by numba. Arguments and attributes as for
    `FastCode`.

    Attributes
    ----------
    native : list of Native
        The functions that are machine code.
    tapes : int
        How many tapes there are.
    seconds : float
        How long it took to have them.
    from_disk : bool
        Whether all of them were there already.
    """

    medium = "machine code"
    elsewhere = "in NumPy, the others in machine code"
    why_left = (
        "a decision, a draw, no loop or product that numba compiles, more elements than NumPy is "
        "slower at, or a product in a long program"
    )

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
        self.tapes = 0
        self.from_disk = True
        calls = [_with_constants(call, program) for call in calls]
        self._dtype = tape_dtype(calls)
        self._is_long = sum(map(is_native, calls)) > LONGEST
        super().__init__(program, calls, inputs, outputs, copied, stored)
        self.left = [call for call in self._stretches if call.op not in (stretch, on_tape)]
        self.functions = len(self.native) + self.tapes
        self.warns = any(call.op is not decided for call in self.left)

    def _grouped(self, calls: list[Call], wanted: list[Value]) -> list[Call]:
        ends = [value for _, value in self._stored]
        self._stretches = in_stretches(calls, wanted, ends, self._kind_of)
        return self._stretches

    def _kind_of(self, call: Call) -> str:
        """What a call is to become."""
        if self._dtype is not None and is_on_tape(call, self._dtype):
            return "tape"
        if is_native(call) and not (self._is_long and call.op.name == "matmul"):
            return "native"
        return "numpy"

    def _write(self, i: int, call: Call) -> None:
        if call.op is on_tape:
            self._write_tape(call)
            return
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

    def _write_tape(self, call: Call) -> None:
        """What is given into the tape's memory, a run of the tape, and the results out of it."""
        assert self._dtype is not None
        tape = Tape(call.params["calls"], self.constants, self._dtype)
        run = interpreter(self._dtype)
        self.tapes += 1
        self.seconds += run.seconds
        self.from_disk = self.from_disk and run.from_disk
        memory = f"t{len(self._setup)}"
        self._setup.append(f"{memory} = {self._constant(tape.memory)}.copy()")
        self.workspace += tape.memory.nbytes + tape.code.nbytes
        for x, start in tape.vectors.items():
            if x.shape == ():
                self._body.append(f"{memory}[{start}] = {self._name(x)}")
            else:
                self._body.append(f"{memory}[{start}:{start + x.shape[0]}] = {self._name(x)}")
        self._body.append(f"{self._constant(run.call)}({self._constant(tape.code)}, {memory})")
        for y in call.outputs:
            if y in tape.stacked:
                text = f"{memory}.take({self._constant(tape.stacked[y])})"
            else:
                text = f"{memory}[{tape.places[y]}]"
                if y.dtype != self._dtype:
                    text = f"{self._constant(y.dtype.type)}({text})"
            self._body.append(f"{self._new(y)} = {text}")

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
