"""The program of one kind of call: its forward code, the code of its gradient, and how tensors go
in and come out.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

import numpy as np

from ...core import memory
from ...core.decision import decided
from ...core.declaration import set_rules
from ...core.modes import is_grad_enabled
from ...core.primitive import Primitive, apply
from ...core.recorder import Value, values_in
from ...core.tensor import Tensor, wrap
from ...tensors.random import default_generator
from ..pytree import leaves, tree_map
from .fast import FastCode, is_fast
from .lowering import lowered
from .quick import QuickCall, hooks_of
from .replaying import replayed
from .straight import Program, needed_for
from .tracing import RANDOM, Trace, tensors_among


class Specialised:
    """The program of one kind of call."""

    def __init__(
        self, name: str, trace: Trace, surroundings: Any, arguments: Any, code: type[FastCode]
    ) -> None:
        self.first_call = 0.0
        self._trace = trace
        self._code = code
        self.surroundings = surroundings
        # what identities in the key stand for
        self._kept_alive = [x for x in leaves(arguments) if not isinstance(x, Tensor)]
        first = tensors_among(arguments)
        self.pinned = [(i, x) for i, x in enumerate(first) if surroundings.saw(x)]
        self.tensors = [tensor for tensor, _ in trace.captured]
        self._known = _facts(self.tensors)
        self.is_hooked = any(map(hooks_of, [*first, *self.tensors]))
        self._arrays: list = []
        self._nodes: list = []
        program = self._program = lowered(trace, is_fast)
        self._taken = [value for _, value in program.captured]
        known = [*map(id, first), *map(id, self.tensors)]
        self.written = [known.index(id(tensor)) for tensor, _ in program.writes]
        self._handed_on = [
            (i, program.arguments.index(value))
            for i, value in enumerate(program.results)
            if value in program.arguments
        ]
        self.count = len(program.results)
        self._wanted = [x for x, g in program.gradients if g is not None]
        self._write_forward(program)
        self._write_backward(program)
        ops = {call.op.name for call in program.calls}
        self._draws_and_decides = decided.name in ops and not ops.isdisjoint(RANDOM)
        self.built = _builder(trace.out)
        self._names = [f"{v.dtype}{list(v.shape)}" for v in program.arguments]
        self._op: Any = None
        self._quick: Any = None
        if program.cotangents:
            self._op = _primitive_of(name, self)
        trace.forget()
        for value in program.given:
            value.data = None

    def _write_forward(self, program: Program) -> None:
        writes = [value for _, value in program.writes]
        calls = needed_for(program.calls, [*program.results, *writes])
        self._calls = [call for call in program.calls if call in calls]
        later = [call for call in program.calls if call not in calls]
        made = {y for call in self._calls for y in call.outputs}
        needed = [value for call in later for value in values_in(call)]
        needed += [g for _, g in program.gradients if g is not None]
        inputs = [*program.arguments, *self._taken]
        draws = [y for call in self._calls if call.op.name in RANDOM for y in call.outputs]
        if not program.cotangents:
            needed = draws = []
        kept = [v for v in dict.fromkeys([*needed, *draws]) if v in made or v in inputs]
        self._draws = draws
        self._kept = kept
        own = [value for value in kept if value in made]
        outputs = [*program.results, *own]
        stored = self._stored(program, inputs)
        self._places = [_where_kept(v, inputs, own, len(program.results)) for v in kept]
        if stored:
            writes = []
        self.forward = self._code(program, self._calls, inputs, outputs, writes, stored)
        self._stores = bool(stored)

    def _stored(self, program: Program, inputs: list[Value]) -> list[tuple[Value, Value]]:
        """What the code itself is to store in the memory of inputs: everything that is written, if
        no gradient asks for what was there before, and nothing is kept outside of arrays.
        """
        pairs = [(inputs[i], value) for i, (_, value) in zip(self.written, program.writes)]
        targets = {target for target, _ in pairs}
        plain = all(target.shape != () for target in targets)
        if program.cotangents or not plain or targets & {*program.results, *dict(pairs).values()}:
            return []
        return pairs

    def _write_backward(self, program: Program) -> None:
        calls = [call for call in program.calls if call not in self._calls]
        inputs = [*self._kept, *(g for _, g in program.cotangents)]
        outputs = [g for _, g in program.gradients if g is not None]
        self.backward = self._code(program, calls, inputs, outputs) if outputs else None

    def random_state(self) -> Any:
        """Where the random numbers stand, if the program may be left halfway."""
        if not self._draws_and_decides:
            return None
        return default_generator.numpy.bit_generator.state

    def holds(self, given: Sequence[Any]) -> bool:
        """Whether what the program takes from elsewhere is of the same kind as it was; and which of
        the arguments the function sees there too.
        """
        for i, tensor in self.pinned:
            if given[i] is not tensor:
                return False
        return self.surroundings.are_same() and self._tensors_are_alike()

    def _tensors_are_alike(self) -> bool:
        """Whether the tensors from elsewhere are as they were; soon seen if they are the same."""
        arrays = [x._data for x in self.tensors]
        nodes = [x.node for x in self.tensors]
        same = all(map(is_, arrays, self._arrays)) and all(map(is_, nodes, self._nodes))
        if same and not self.is_hooked and not any(map(hooks_of, self.tensors)):
            return True
        if _facts(self.tensors) != self._known:
            return False
        self._arrays = arrays
        self._nodes = nodes
        if self._quick:
            self._quick.follow()
        return True

    @property
    def is_plain(self) -> bool:
        """Whether a call is no more than a run of the code and tensors around its results."""
        stored = self._stores or not self.written
        return self._op is None and stored and not self._handed_on

    def quick_call(self, args: tuple, kwargs: dict) -> Callable | None:
        """The quick way of calls of this kind; None where there is none."""
        if self._quick is None:
            self._quick = QuickCall.of(self, args, kwargs)
        return self._quick.call if self._quick else None

    # --- calls ------------------------------------------------------------------------------------

    def __call__(self, given: Sequence[Any]) -> Any:
        """Run the program on these arguments."""
        tensors = [*given, *self.tensors]
        arrays = [x._data if isinstance(x, Tensor) else x for x in tensors]
        values = self.forward(*arrays)
        count = self.count
        if self._stores:
            for i in self.written:
                memory.record_write(tensors[i])
        elif self.written:
            self._write(tensors, arrays, values[len(values) - len(self.written) :])
        if self._op is None:
            outputs = list(map(wrap, values[:count]))
            for i, place in self._handed_on:
                if isinstance(given[place], Tensor):
                    outputs[i] = given[place]
        else:
            kept = [arrays[i] if outside else values[i] for outside, i in self._places]
            outputs = self._differentiable(values[:count], tensors, kept)
        return self.built(outputs)

    def _write(self, tensors: list, arrays: list, values: Sequence[Any]) -> None:
        """Give tensors from outside their new values. The gradient goes by the old ones."""
        for i, value in zip(self.written, values):
            tensor = tensors[i]
            if self._op is not None:
                arrays[i] = arrays[i].copy()
                if tensor.node is None:
                    tensors[i] = wrap(arrays[i])
            _store(tensor, value)

    def _differentiable(self, values: Sequence[Any], tensors: list, kept: list) -> list:
        """The results as tensors with a node, whose rule runs the backward program."""
        results = apply(self._op, tensors, {"values": tuple(values), "kept": kept})
        with_graph = {result for result, _ in self._trace.cotangents}
        pairs = zip(results, self._trace.results)
        return [y if value in with_graph else wrap(y._data) for y, value in pairs]

    def gradients(self, g: Sequence[Any], kept: list) -> list:
        """The gradients of arguments and captured tensors, of arrays."""
        program = self._program
        by_result = dict(zip(program.results, g))
        cotangents = [by_result[y] for y, _ in program.cotangents]
        found: dict[Value, Any] = {}
        if self.backward is not None:
            found = dict(zip(self._wanted, self.backward(*kept, *cotangents)))
        return [found.get(value) for value in [*program.arguments, *self._taken]]

    def gradients_with_graph(self, g: Sequence[Any], inputs: Sequence[Any], kept: list) -> list:
        """The gradients as tensors with a graph: the recorded calls, made again on tensors."""
        drawn = dict(zip(self._kept, kept))
        draws = [drawn[value] for value in self._draws]
        return replayed(self._trace, inputs, g, draws)

    def report(self) -> str:
        """What was written, in words."""
        codes = [self.forward, self.backward] if self.backward else [self.forward]
        count = sum(len(code.calls) for code in codes)
        planned = sum(code.planned for code in codes)
        text = f"({', '.join(self._names)}): {count} call{'s' * (count != 1)}, "
        text += f"{_together(codes)}; {planned} bytes of buffers"
        unshared = sum(code.unplanned for code in codes)
        if unshared > planned:
            text += f" for {unshared} bytes of values"
        text += f"; first call {self.first_call * 1e3:.0f} ms"
        ops = Counter(call.op.name for code in codes for call in code.left)
        reason = codes[0].why_left
        return "\n    ".join([text, *(f"{name} ×{n}: {reason}" for name, n in ops.items())])


def _together(codes: list[FastCode]) -> str:
    """What the calls of a program have become."""
    left = sum(len(code.left) for code in codes)
    text = f"{left} {codes[0].elsewhere}" if left else f"all in {codes[0].medium}"
    native = [code for code in codes if code.functions]
    if native:
        functions = sum(code.functions for code in native)
        seconds = sum(code.seconds for code in native)
        text += f" ({functions} function{'s' * (functions != 1)}, "
        origin = "from disk" if all(code.from_disk for code in native) else "compiled"
        text += f"{origin} in {seconds:.2f} s)"
    return text


def _where_kept(value: Value, inputs: list, own: list, before: int) -> tuple[bool, int]:
    """Whether a kept value is an input, and its place among the inputs or the outputs."""
    if value in inputs:
        return True, inputs.index(value)
    return False, before + own.index(value)


def _facts(tensors: Sequence[Tensor]) -> list:
    """What a program counts on of the tensors that it takes from elsewhere."""
    return [(x._data.shape, x._data.dtype, x.node is None, hooks_of(x)) for x in tensors]


def _store(tensor: Tensor, value: Any) -> None:
    """Write the new value of a tensor into its memory."""
    if isinstance(tensor._data, np.ndarray):
        np.copyto(tensor._data, value)
    else:
        tensor._data = value
    memory.record_write(tensor)


def _builder(out: Any) -> Callable[[list], Any]:
    """What puts tensors into the structure in which a function returned them.

    It is text that is compiled once: ``lambda ys: (ys[0], (ys[1], ys[2]))``.
    """
    space: dict[str, Any] = {}
    numbers = itertools.count()

    def text(x: Any) -> str:
        if isinstance(x, Tensor):
            return f"ys[{next(numbers)}]"
        if type(x) is tuple:
            return f"({''.join(f'{text(part)}, ' for part in x)})"
        if type(x) is list:
            return f"[{', '.join(map(text, x))}]"
        if type(x) is dict:
            return f"{{{', '.join(f'{constant(key)}: {text(part)}' for key, part in x.items())}}}"
        if isinstance(x, tuple):
            return f"{constant(type(x))}({', '.join(map(text, x))})"
        return constant(x)

    def constant(x: Any) -> str:
        name = f"k{len(space)}"
        space[name] = x
        return name

    return eval(f"lambda ys: {text(out)}", space)


def _primitive_of(name: str, program: Specialised) -> Primitive:
    """The op that a call of the program is in the graph."""

    def forward(*inputs: Any, values: tuple, kept: list) -> tuple:
        return values

    def rule(g: Any, inputs: tuple, kept: list) -> list:
        if any(isinstance(x, Tensor) for x in (*g, *inputs)):
            found = program.gradients_with_graph(g, inputs, kept)
            return found if is_grad_enabled() else tree_map(lambda x: wrap(x._data), found)
        return program.gradients(g, kept)

    op = Primitive(name, forward, ("*inputs",), {"values": (), "kept": []}, outputs=0)
    set_rules(op, None, rule)
    return op
