"""Many calls on single numbers as a function of Python's floats, which take a third of the time of
NumPy's.

They are of double precision: float32 on the way is kept in double, and what leaves the function is
rounded. So that it ends where eager mode does, all numbers on the way have to be finite in their
own dtype; the function raises `ArithmeticError` or `ValueError` where one is not (what overflows,
a division by zero, a logarithm of a negative number, NaN), and the calls are to be made by NumPy
then, which has numbers for that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...core.recorder import Call, Value
from .tape import FORMULAS, tape_dtype

FROM = 24
"""From how many calls on single numbers on they are such a function."""

AT_ONCE = 1000
"""How many numbers are looked at in one call."""

MOST_MISSES = 3
"""How often in a row floats may have no number for it before they are no longer tried."""

COMPARISONS = {"gt", "ge", "lt", "le", "eq", "ne"}

_SHOWING = {"add", "sub", "mul"}
"""What is not finite if an operand is not."""

_SPELLED = {name: formula.replace("np.", "") for name, formula in FORMULAS.items()}
_SPELLED["pow"] = "pow(a, b)"

_FUNCTIONS = ("tanh", "exp", "log", "sqrt", "sin", "cos", "log1p", "expm1", "pow", "hypot")


def floats_dtype(calls: list[Call]) -> np.dtype | None:
    """The dtype of single numbers of which there are enough calls."""
    return tape_dtype(calls, FROM)


class Floats:
    """Writes the function.

    Parameters
    ----------
    calls : list of Call
        All of them may stand on a tape of ``dtype``: see `tape`.
    constants : dict of Value to array
    inputs, outputs : list of Value
        What the function takes and returns, in order.
    dtype : dtype

    Attributes
    ----------
    source : str
    function : callable
    """

    def __init__(
        self,
        calls: list[Call],
        constants: dict[Value, Any],
        inputs: Iterable[Value],
        outputs: list[Value],
        dtype: np.dtype,
    ) -> None:
        self._constants = constants
        self._dtype = dtype
        self._names: dict[Value, str] = {}
        self._taken: list[str] = []
        self._made: list[str] = []
        self._shown: set[str] = set()  # what shows in a number that is made of it
        self._lines: list[str] = []
        self._space: dict[str, Any] = {name: getattr(math, name) for name in _FUNCTIONS}
        self._space |= {"array": np.array, "bool_": np.bool_, "dtype": dtype, "number": dtype.type}
        arguments = [self._take(i, x) for i, x in enumerate(inputs)]
        for call in calls:
            self._write(call)
        self._write_check()
        returned = "".join([f"{self._returned(y)}, " for y in outputs])
        lines = [*self._lines, f"return ({returned})"]
        body = "\n".join(f"    {line}" for line in lines)
        self.source = f"def floats({', '.join(arguments)}):\n{body}\n"
        exec(compile(self.source, "<floats>", "exec"), self._space)
        self.function: Callable = self._space["floats"]

    def _take(self, i: int, x: Value) -> str:
        """An argument; vectors become lists when they are taken apart."""
        name = self._names[x] = f"a{i}"
        if x.shape == () and x not in self._constants:
            self._lines.append(f"{name} = {name}.item()")
            self._taken.append(name)
        return name

    def _write(self, call: Call) -> None:
        name = call.op.name
        if name == "unbind":
            self._unbind(call)
        elif name == "cast":
            self._names[call.outputs[0]] = self._operand(call.inputs[0])
        elif name == "stack":
            parts = "".join([f"{self._operand(x)}, " for x in call.inputs])
            self._assign(call.outputs[0], f"array(({parts}), dtype)")
        else:
            operands = dict(zip("abc", map(self._operand, call.inputs)))
            formula = re.sub(r"\b[abc]\b", lambda letter: operands[letter[0]], _SPELLED[name])
            made = self._assign(call.outputs[0], formula)
            if name not in COMPARISONS:
                self._made.append(made)
            if name in _SHOWING:
                self._shown.update(operands.values())

    def _assign(self, y: Value, text: str) -> str:
        name = self._names[y] = f"v{y.index}"
        self._lines.append(f"{name} = {text}")
        return name

    def _unbind(self, call: Call) -> None:
        names = [f"v{y.index}" for y in call.outputs]
        self._names.update(zip(call.outputs, names))
        self._lines.append(f"{', '.join(names)}, = {self._names[call.inputs[0]]}.tolist()")
        self._taken += names

    def _operand(self, x: Any) -> str:
        if isinstance(x, Value):
            if x not in self._constants or x.shape != ():
                return self._names[x]
            x = self._constants[x]
        number = x.item() if isinstance(x, (np.generic, np.ndarray)) else x
        number = float(number)
        if not math.isfinite(number):
            self._space[repr(number)] = number
        return f"({number!r})"

    def _returned(self, y: Value) -> str:
        name = self._names[y]
        if y.shape != ():
            return name
        return f"bool_({name})" if y.dtype == bool else f"number({name})"

    def _write_check(self) -> None:
        """Raise where a number is not finite in its own dtype: a hypotenuse is no shorter than any
        of its sides, and it is one call for all of them.
        """
        most = float(np.finfo(self._dtype).max)
        checked = [name for name in self._taken if name not in self._shown] + self._made
        for i in range(0, len(checked), AT_ONCE):
            numbers = ", ".join(checked[i : i + AT_ONCE])
            self._lines.append(f"if not hypot({numbers}) < {most!r}: raise OverflowError")


class FloatsOrNumPy:
    """A stretch of calls on single numbers: by Python's floats, or by NumPy where these have no
    number for it, and always once that was the case several times in a row.

    Attributes
    ----------
    misses : int
        How often in a row there was none.
    """

    def __init__(self, floats: Floats, by_numpy: Callable[[], Callable]) -> None:
        self.source = floats.source
        self._floats = floats.function
        self._write_by_numpy = by_numpy
        self._by_numpy: Callable | None = None
        self.misses = 0

    def __call__(self, *arrays: Any) -> tuple:
        if self.misses < MOST_MISSES:
            try:
                results = self._floats(*arrays)
                self.misses = 0
                return results
            except (ArithmeticError, ValueError):
                self.misses += 1
        if self._by_numpy is None:
            self._by_numpy = self._write_by_numpy()
        return self._by_numpy(*arrays)
