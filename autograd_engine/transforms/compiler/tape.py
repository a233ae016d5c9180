"""Many calls on single numbers as a tape: rows of an operation and the places of its operands,
which one small interpreter runs. It is compiled once for each dtype, however long the program.

Comparisons are 1 or 0 among the numbers; what they were made for, mostly a product, takes them so.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ...core.jit import MachineCode, compiled
from ...core.recorder import Call, Value

FORMULAS = {
    "add": "a + b",
    "mul": "a * b",
    "sub": "a - b",
    "div": "a / b",
    "neg": "-a",
    "gt": "a > b",
    "maximum": "a if a >= b or a != a else b",
    "minimum": "a if a <= b or a != a else b",
    "where": "b if a != 0 else c",
    "tanh": "np.tanh(a)",
    "exp": "np.exp(a)",
    "log": "np.log(a)",
    "sqrt": "np.sqrt(a)",
    "square": "a * a",
    "pow": "a ** b",
    "abs": "abs(a)",
    "sin": "np.sin(a)",
    "cos": "np.cos(a)",
    "log1p": "np.log1p(a)",
    "expm1": "np.expm1(a)",
    "ge": "a >= b",
    "lt": "a < b",
    "le": "a <= b",
    "eq": "a == b",
    "ne": "a != b",
}
"""The operations, the most frequent first."""

OPERATIONS = {name: i for i, name in enumerate(FORMULAS)}

FROM = 64
"""From how many calls on single numbers on they are a tape."""

DTYPES = ("float32", "float64")


def is_on_tape(call: Call, dtype: np.dtype) -> bool:
    """Whether a call can stand on a tape of a dtype: as an operation, or as what takes a vector
    apart or makes one.
    """
    name = call.op.name
    if name == "unbind":
        return call.inputs[0].shape[1:] == () and call.inputs[0].dtype == dtype
    if name == "stack":
        return call.outputs[0].shape[1:] == () and all(_is_number(x, dtype) for x in call.inputs)
    if len(call.outputs) != 1 or not _is_number(call.outputs[0], dtype):
        return False
    if name == "cast":
        return call.outputs[0].dtype == dtype and _is_number(call.inputs[0], dtype)
    return name in OPERATIONS and all(_is_number(x, dtype) for x in call.inputs)


def _is_number(x: Any, dtype: np.dtype) -> bool:
    if isinstance(x, Value):
        return x.shape == () and (x.dtype == dtype or x.dtype.kind == "b")
    return isinstance(x, (int, float, np.generic)) and not isinstance(x, complex)


def tape_dtype(calls: list[Call], fewest: int = FROM) -> np.dtype | None:
    """The dtype of a tape for these calls; None where it would be too short."""
    for name in DTYPES:
        dtype = np.dtype(name)
        if sum(is_on_tape(call, dtype) for call in calls) >= fewest:
            return dtype
    return None


class Tape:
    """Calls as rows of numbers.

    Attributes
    ----------
    code : array of int32, shape (n, 4)
        In each row an operation and the places of its operands; its result has the next place.
    memory : array
        What lies in all places beforehand: constants, and nothing yet.
    vectors : dict of Value to int
        What is given, and from which place on it is put.
    places : dict of Value to int
        Where each number is.
    stacked : dict of Value to array of int
        The vectors that are made, and where their elements are.
    """

    def __init__(self, calls: list[Call], constants: dict[Value, Any], dtype: np.dtype) -> None:
        self._constants = constants
        self._dtype = dtype
        self.vectors: dict[Value, int] = {}
        self.places: dict[Value, int] = {}
        self.stacked: dict[Value, np.ndarray] = {}
        self._numbers: dict[str, int] = {}
        self._before: list[Any] = []
        made = {y for call in calls for y in call.outputs}
        for call in calls:
            self._take(call, made)
        rows = [call for call in calls if call.op.name in OPERATIONS]
        place = len(self._before)
        for call in calls:
            if call in rows:
                self.places[call.outputs[0]] = place
                place += 1
            elif call.op.name == "cast":
                self.places[call.outputs[0]] = self._place(call.inputs[0])
            elif call.op.name == "stack":
                found = [self._place(x) for x in call.inputs]
                self.stacked[call.outputs[0]] = np.array(found)
        self.code = np.array([self._row(call) for call in rows], np.int32).reshape(-1, 4)
        self.memory = np.zeros(place, dtype)
        self.memory[: len(self._before)] = self._before

    def _take(self, call: Call, made: set[Value]) -> None:
        """Find places for what a call takes from outside."""
        if call.op.name == "unbind":
            start = self._vector(call.inputs[0])
            self.places.update((y, start + i) for i, y in enumerate(call.outputs))
            return
        for x in call.inputs:
            if not isinstance(x, Value) or (x in self._constants and x.shape == ()):
                number = x if not isinstance(x, Value) else self._constants[x]
                if repr(number) not in self._numbers:
                    self._numbers[repr(number)] = len(self._before)
                    self._before.append(number)
            elif x not in made:
                self.places[x] = self._vector(x)

    def _vector(self, x: Value) -> int:
        if x not in self.vectors:
            self.vectors[x] = len(self._before)
            self._before += [0] * int(np.prod(x.shape))
        return self.vectors[x]

    def _place(self, x: Any) -> int:
        if isinstance(x, Value) and x in self.places:
            return self.places[x]
        return self._numbers[repr(self._constants[x] if isinstance(x, Value) else x)]

    def _row(self, call: Call) -> list[int]:
        operands = [self._place(x) for x in call.inputs]
        return [OPERATIONS[call.op.name], *operands, *[0] * (3 - len(operands))]


@cache
def interpreter(dtype: np.dtype) -> MachineCode:
    """The function that runs tapes of a dtype: ``run(code, memory)``."""
    code = Value(0, (1, 4), np.dtype(np.int32))
    return compiled(interpreter_source(), "run", [code, Value(0, (1,), dtype)])


def interpreter_source() -> str:
    """What is compiled."""
    lines = [
        "import numpy as np",
        "",
        "",
        "def run(code, memory):",
        "    first = len(memory) - len(code)",
        "    for i in range(len(code)):",
        "        operation = code[i, 0]",
        "        a = memory[code[i, 1]]",
        "        b = memory[code[i, 2]]",
    ]
    for name, number in OPERATIONS.items():
        word = "if" if number == 0 else "elif"
        formula = FORMULAS[name].replace("else c", "else memory[code[i, 3]]")
        lines.append(f"        {word} operation == {number}:  # {name}")
        lines.append(f"            memory[first + i] = {formula}")
    return "\n".join([*lines, "    return ()"]) + "\n"
