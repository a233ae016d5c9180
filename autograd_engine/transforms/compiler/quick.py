"""The quick way of a call: one function that is written for a program, which looks whether
everything is, to the object, as it was when the program ran last, and runs it.

All that a call depends on is compared: the modes of the engine, the kinds of the arguments, the
memory of the tensors that come from elsewhere, what the function closes over. Written out, a
comparison takes some 20 ns, a tenth of what a function that looks takes. Whatever differs, the call
goes the long way, by the key of its kind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core import modes
from ...core.batched import open_levels
from ...core.memory import notes_of, record_write, record_writes, root
from ...core.node import LEAF
from ...core.recorder import listening
from ...core.tensor import Tensor, blank
from .surroundings import ABSENT

MISSED: Any = object()
"""What a quick call returns where something is not as it was."""

MOST_CHECKS = 20_000
"""Longer text than this many lines is not written."""

_BY_VALUE = (int, str, bytes)
"""The types of which equal objects of one type are the same."""

_MODES = """
if listening or open_levels(): return MISSED
if innermost() is not None: settle()
if recording() {recording} 0 or modes._default_dtype is not {dtype}: return MISSED
"""


class NotQuick(Exception):
    """A call of a kind that has no quick way."""


class QuickCall:
    """The quick way of the calls of one kind.

    Parameters
    ----------
    program : Specialised
        It has run once, so it knows the memory of what it takes from elsewhere.
    args, kwargs : tuple, dict
        Arguments of the kind.

    Attributes
    ----------
    call : callable
        ``call(args, kwargs)`` gives what the function returns, or `MISSED`.
    """

    def __init__(self, program: Any, args: tuple, kwargs: dict) -> None:
        self._program = program
        self._space: dict[str, Any] = {"MISSED": MISSED, "blank": blank, "LEAF": LEAF}
        self._lines: list[str] = []
        self._given: list[str] = []  # the tensors and arrays among the arguments
        self._first: list[Any] = []
        self._arrays: list[str] = []  # their memory
        self._write_modes()
        self._write_argument(args, "args")
        self._write_argument(kwargs, "kwargs")
        self._write_identities()
        self._write_surroundings()
        self._write_tensors()
        checks = self._lines
        self._lines = []
        self._write_run()
        if len(checks) > MOST_CHECKS:
            raise NotQuick
        lines = ["def call(args, kwargs):", "    try:"]
        lines += [f"        {line}" for line in checks]
        lines += ["    except (KeyError, ValueError, AttributeError):", "        return MISSED"]
        lines += [f"    {line}" for line in self._lines]
        exec("\n".join(lines), self._space)
        self.call = self._space["call"]
        self.follow()

    @staticmethod
    def of(program: Any, args: tuple, kwargs: dict) -> QuickCall | bool:
        """The quick way; False where there is none."""
        if program.is_hooked or program.random_state() is not None:
            return False  # a hook is to be looked for; a decision would come too late
        try:
            return QuickCall(program, args, kwargs)
        except NotQuick:
            return False

    def _constant(self, x: Any) -> str:
        name = f"k{len(self._space)}"
        self._space[name] = x
        return name

    def _require(self, *conditions: str) -> None:
        self._lines.append(f"if not ({' and '.join(conditions)}): return MISSED")

    # --- the checks -------------------------------------------------------------------------------

    def _write_modes(self) -> None:
        self._space |= {
            "listening": listening,
            "open_levels": open_levels.get,
            "innermost": modes._innermost.get,
            "settle": modes._settle,
            "recording": modes.recording.get,
            "modes": modes,
        }
        sign = "==" if modes.is_grad_enabled() else "!="
        dtype = self._constant(modes.get_default_dtype())
        self._lines += _MODES.format(recording=sign, dtype=dtype).strip().splitlines()

    def _write_argument(self, x: Any, text: str) -> None:
        """Whether an argument, or a part of one, is of the kind of ``x``."""
        if isinstance(x, (Tensor, np.ndarray)):
            self._write_array(x, text)
        elif type(x) in (tuple, list):
            self._require(f"type({text}) is {type(x).__name__}", f"len({text}) == {len(x)}")
            parts = [self._local() for _ in x]
            if parts:
                self._lines.append(f"{', '.join(parts)}, = {text}")
            for part, name in zip(x, parts):
                self._write_argument(part, name)
        elif type(x) is dict:
            self._require(f"len({text}) == {len(x)}")
            for key, part in x.items():
                name = self._local()
                self._lines.append(f"{name} = {text}[{self._constant(key)}]")
                self._write_argument(part, name)
        elif type(x) in _BY_VALUE:
            kind = type(x).__name__
            self._require(f"type({text}) is {kind}", f"{text} == {self._constant(x)}")
        else:
            self._require(f"{text} is {self._constant(x)}")

    def _local(self) -> str:
        self._space["count"] = count = self._space.get("count", 0) + 1
        return f"x{count}"

    def _write_array(self, x: Any, text: str) -> None:
        name = f"t{len(self._given)}"
        array = f"d{len(self._given)}"
        self._given.append(name)
        self._first.append(x)
        self._arrays.append(array)
        data = x._data if isinstance(x, Tensor) else x
        shape, dtype = self._constant(data.shape), self._constant(data.dtype)
        self._lines.append(f"{name} = {text}")
        self._require(f"type({name}) is {self._constant(type(x))}")
        wanted = []
        if isinstance(x, Tensor):
            self._lines.append(f"{array} = {name}._data")
            wanted = [f"{name}.node is {'' if x.node is None else 'not '}None"]
            if x.node is not None:
                wanted.append(f"not ({name}.node is LEAF and {name}._hooks)")
        else:
            self._lines.append(f"{array} = {name}")
        self._require(f"{array}.shape == {shape}", f"{array}.dtype is {dtype}", *wanted)

    def _write_identities(self) -> None:
        """No tensor is given twice, and those that are seen elsewhere too are the same ones."""
        count = len(self._given)
        if len(set(map(id, self._first))) < count:
            raise NotQuick
        if count == 2:
            self._require("t0 is not t1")
        elif count > 2:
            self._require(f"len({{*map(id, ({', '.join(self._given)}))}}) == {count}")
        for i, tensor in self._program.pinned:
            self._require(f"t{i} is {self._constant(tensor)}")

    def _write_surroundings(self) -> None:
        """What the function closes over, names, the attributes of models."""
        seen = self._program.surroundings
        for cell, value in seen.cells:
            self._require(f"{self._constant(cell)}.cell_contents is {self._constant(value)}")
        for space, name, value in seen.names:
            if value is ABSENT:
                self._require(f"{name!r} not in {self._constant(space)}")
            else:
                self._require(f"{self._constant(space)}[{name!r}] is {self._constant(value)}")
        for mapping, keys, values in seen.mappings:
            self._require_items(mapping, keys, values)
        for held, values in seen.lists:
            self._require_items(held, range(len(values)), values)

    def _require_items(self, held: Any, keys: Any, values: list) -> None:
        name = self._constant(held)
        pairs = zip(map(self._constant, keys), map(self._constant, values))
        same = [f"{name}[{key}] is {value}" for key, value in pairs]
        self._require(f"len({name}) == {len(values)}", *same)

    def _write_tensors(self) -> None:
        """The memory of the tensors that come from elsewhere, and whether gradients are wanted."""
        for i, tensor in enumerate(self._program.tensors):
            self._lines.append(f"a{i} = {self._constant(tensor)}._data")
            self._arrays.append(f"a{i}")
            checks = [f"a{i} is seen_a{i}", f"{self._last()}.node is seen_n{i}"]
            if tensor.node is not None and tensor.is_leaf:
                checks.append(f"not {self._last()}._hooks")
            self._require(*checks)

    def _last(self) -> str:
        return f"k{len(self._space) - 1}"

    # --- the run ----------------------------------------------------------------------------------

    def _write_run(self) -> None:
        program = self._program
        if not program.is_plain or any(i < len(self._given) for i in program.written):
            run = self._constant(program)
            self._lines.append(f"return {run}([{', '.join(self._given)}])")
            return
        forward = program.forward
        self._space |= {
            "makers": forward.makers,
            "make": forward.make,
            "errstate": np.errstate,
        }
        results = "".join([f"y{i}, " for i in range(program.count)])
        call = f"run({', '.join(self._arrays)})"
        if results:
            call = f"{results}= {call}".replace(", =", ", =")
        self._lines += [
            "try: run = makers.pop()",
            "except IndexError: run = make()",
        ]
        if forward.warns:
            self._lines.append("with errstate(all='ignore'):")
            call = f"    {call}"
        self._lines += [call, "makers.append(run)"]
        if program.written:
            self._lines.append("record_writes(notes)")
        for i in range(program.count):
            self._lines += [f"r{i} = blank()", f"r{i}._data = y{i}", f"r{i}.node = None"]
        outputs = ", ".join([f"r{i}" for i in range(program.count)])
        self._lines.append(f"return {self._constant(program.built)}([{outputs}])")

    def follow(self) -> None:
        """Take what the program has found last as what is to be found."""
        program = self._program
        arrays = [tensor._data for tensor in program.tensors]
        self._space |= {f"seen_a{i}": array for i, array in enumerate(arrays)}
        self._space |= {f"seen_n{i}": x.node for i, x in enumerate(program.tensors)}
        if program.is_plain and program.written and min(program.written) >= len(self._given):
            first = len(self._given)
            written = [arrays[i - first] for i in program.written]
            if all(root(array) is array for array in written):
                self._space["notes"] = [notes_of(array) for array in written]
                self._space["record_writes"] = record_writes
            else:
                self._space["notes"] = [program.tensors[i - first] for i in program.written]
                self._space["record_writes"] = _record_each


def hooks_of(leaf: Tensor) -> tuple:
    """The hooks that wait for the gradient of a leaf."""
    return tuple(leaf._hooks or ()) if leaf.node is LEAF else ()


def _record_each(tensors: list[Tensor]) -> None:
    for tensor in tensors:
        record_write(tensor)
