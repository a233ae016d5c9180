"""From the ops of the engine to those that NumPy has.

The forward function of an op is written with NumPy's functions, and tensors answer to these. So an
op is taken apart by calling its own forward function on tensors and recording that: softmax becomes
a maximum, a difference, an exponential, a sum and a quotient. Where that is not possible (the code
looks at values, or writes into arrays), the op stays as it is, one call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.decision import decided
from ...core.modes import no_grad
from ...core.promotion import promoted
from ...core.recorder import Call, Recording, Value, record_calls, static_values
from ...core.tensor import Tensor, wrap
from ...ops.shape import _cast
from .expansions import EXPANSIONS
from .straight import Program, needed_for, shortened, with_values
from .tracing import ALWAYS, RANDOM, Trace

MOST = 16
"""Into how many calls an op is taken apart at most."""


def lowered(
    trace: Trace, is_atomic: Callable[[Call], bool], starts_with_one: bool = False
) -> Program:
    """The program of a trace, in ops that are atomic as far as possible.

    Parameters
    ----------
    trace : Trace
    is_atomic : callable
        Whether a call is to stay as it is.
    starts_with_one : bool
        Whether the gradient of a result that is one number is 1, and not given.
    """
    recording = trace.recording
    program = Program(
        trace.calls,
        trace.arguments,
        trace.captured,
        trace.cotangents,
        {},
        trace.results,
        trace.gradients,
        trace.writes,
        trace.cotangent_of,
    )
    given = set(program.given)
    program.constants = {v: v.data for v in recording.sources if v not in given}
    if len(trace.cotangents) == 1 and trace.cotangents[0][0].shape == () and starts_with_one:
        ((_, seed),) = trace.cotangents
        program.constants[seed] = seed.data
        program.cotangents = []
    needed = needed_for(trace.calls, program.roots)
    data = {value: array for array, value in recording._arrays.values()}
    with record_calls() as record, no_grad(), np.errstate(all="ignore"):
        lowering = Lowering(record, is_atomic, data)
        for value in recording.sources:
            lowering.take(value)
        for call in trace.calls:
            if call in needed:
                lowering.make(call)
        new = {value: record.value_of(tensor) for value, tensor in lowering.values.items()}
    kept = program.cotangent_of.items()
    program.cotangent_of = {g: y for g, y in kept if g in new and y in new}
    program.made_by = {value: value.call.op.name for value in new if value.call is not None}
    return shortened(program.replaced(new, record.calls))


class Lowering:
    """Making calls again, on other tensors, while that is recorded."""

    def __init__(
        self, record: Recording, is_atomic: Callable[[Call], bool], data: dict[Value, np.ndarray]
    ) -> None:
        self.record = record
        self.is_atomic = is_atomic
        self.values: dict[Value, Tensor] = {}
        self._data = data

    def take(self, value: Value) -> None:
        """Begin with a value from outside."""
        tensor = wrap(value.data)
        self.values[value] = tensor
        taken = self.record._value(tensor)
        taken.data = value.data

    def make(self, call: Call) -> None:
        """Make a call, or those that it consists of."""
        results = self._by_parts(call) or self._as_it_is(call)
        self.values.update(zip(call.outputs, results))

    def _as_it_is(self, call: Call) -> Sequence[Tensor]:
        inputs, params = with_values(call, self.values.__getitem__)
        if call.op.promote:
            inputs = self._promoted(call, inputs)
        results = self._computed(call, inputs)
        self._note(call, inputs, params, results)
        return results

    def _note(self, like: Call, inputs: Sequence, params: dict, results: Sequence[Tensor]) -> None:
        """Enter a call as one of the line that another stands in."""
        self.record.note(like.op, inputs, params, tuple(results))
        self._place(self.record.calls[-1], like)

    def _place(self, call: Call, like: Call) -> None:
        call.line = like.line
        call.backward = like.backward

    def _computed(self, call: Call, inputs: Sequence[Any]) -> list[Tensor]:
        """What a call gives; of random numbers, those that it gave before."""
        if call.op.name in RANDOM:
            return [wrap(self._drawn(value)) for value in call.outputs]
        if call.op is decided:
            return []
        params = with_values(call, lambda value: self.values[value]._data)[1]
        out = call.op.forward(*map(_array_of, inputs), **params)
        parts = out if isinstance(out, tuple) else (out,)
        pairs = zip(parts, call.outputs)
        return [wrap(np.asarray(part, value.dtype)[()]) for part, value in pairs]

    def _drawn(self, value: Value) -> Any:
        if value in self._data:
            return self._data[value]
        return np.zeros(value.shape, value.dtype)[()]

    def _promoted(self, call: Call, inputs: Sequence[Any]) -> tuple:
        """The inputs, converted by calls of their own where the op would convert them."""
        arrays = list(map(_array_of, inputs))
        found: list[Any] = []
        for x, given, wanted in zip(inputs, arrays, promoted(arrays, call.op.promote)):
            if getattr(given, "dtype", None) is not None and given.dtype != wanted.dtype:
                x = wanted
                if isinstance(given, (np.ndarray, np.generic)) and wanted is not given:
                    x = self._converted(call, inputs[len(found)], wanted)
            found.append(x)
        return tuple(found)

    def _converted(self, call: Call, x: Any, wanted: Any) -> Any:
        if not isinstance(x, Tensor):
            return wanted
        converted = wrap(wanted)
        self.record.note(_cast.op, (x,), {"dtype": wanted.dtype}, converted)
        self._place(self.record.calls[-1], call)
        return converted

    # --- taking an op apart -----------------------------------------------------------------------

    def _by_parts(self, call: Call) -> Sequence[Tensor] | None:
        """The results of a call by the calls that its forward function makes; None where it is to
        stay as it is.
        """
        if self.is_atomic(call) or call.op.name in ALWAYS or len(call.outputs) != 1:
            return None
        inputs = with_values(call, self.values.__getitem__)[0]
        if call.op.promote:
            inputs = self._promoted(call, inputs)
        parts = _taken_apart(call, inputs)
        if parts is None:
            return None
        inner, twins, result = parts
        lowering = Lowering(self.record, self.is_atomic, {})
        for twin, tensor in twins:
            lowering.values[twin] = tensor
        for value in inner.sources:
            if value not in lowering.values:
                lowering.take(value)
        for each in inner.calls:
            self._place(each, call)
            lowering.make(each)
        return [lowering.values[result]]


def _array_of(x: Any) -> Any:
    return x._data if isinstance(x, Tensor) else x


def _taken_apart(call: Call, inputs: Sequence[Any]) -> tuple[Recording, list, Value] | None:
    """What the forward function of a call records when it is called on tensors, if it computes the
    same by several other ops: the recording, what stands in it for which tensor, and the result.
    """
    if static_values(call):
        return None
    stand_ins = [wrap(x._data) if isinstance(x, Tensor) else x for x in inputs]
    with record_calls() as inner:
        pairs = [(y, x) for x, y in zip(inputs, stand_ins) if isinstance(x, Tensor)]
        twins = [(inner._value(twin), tensor) for twin, tensor in pairs]
        for (value, _), (twin, _) in zip(twins, pairs):
            value.data = twin._data
        written = EXPANSIONS.get(call.op.name)
        if written is None:
            written = call.op.batching if callable(call.op.batching) else call.op.forward
        try:
            y = written(*stand_ins, **call.params)
        except (TypeError, ValueError, AttributeError, RuntimeError, LookupError):
            return None  # it is written for arrays alone
    if not isinstance(y, Tensor) or inner.reads or inner.lost:
        return None
    if not 0 < len(inner.calls) <= MOST or any(each.op is call.op for each in inner.calls):
        return None
    result = inner.known(y)
    if result is None or not _agrees(y, call, inputs):
        return None
    return inner, twins, result


def _agrees(y: Tensor, call: Call, inputs: Sequence[Any]) -> bool:
    """Whether the parts give what the op gives."""
    out = call.outputs[0]
    if y.shape != out.shape or y.dtype != out.dtype:
        return False
    expected = call.op.forward(*map(_array_of, inputs), **call.params)
    eps = np.finfo(out.dtype).eps if out.dtype.kind == "f" else 0
    return np.allclose(y._data, expected, rtol=16 * eps, atol=16 * eps, equal_nan=True)
