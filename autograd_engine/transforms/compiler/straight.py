"""The straight-line program, and how it is made shorter: what is known beforehand is computed once,
what is computed twice is computed once, what nobody asks for is not computed.

A program is data: calls in order, each of a primitive on values; a value is given from outside, a
constant, or an output of an earlier call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from ...core.recorder import Call, Value, substituted, values_in
from ...core.tensor import Tensor
from .tracing import ALWAYS


@dataclass(eq=False, slots=True)
class Program:
    """A function and its gradient, written as calls one after the other.

    Attributes
    ----------
    calls : list of Call
    arguments : list of Value
        What it is called with.
    captured : list of (Tensor, Value)
        Tensors from elsewhere, which are read at each call.
    cotangents : list of (Value, Value)
        Results, and what the gradients of them are called that are given.
    constants : dict of Value to array
    results : list of Value
    gradients : list of (Value, Value or None)
        Arguments or captured values, and their gradients.
    writes : list of (Tensor, Value)
        Tensors from outside, and what they are to hold at the end.
    cotangent_of : dict of Value to Value
        What each gradient on the way is the gradient of.
    made_by : dict of Value to str
        The op that made a value in the first place.
    """

    calls: list[Call]
    arguments: list[Value] = field(default_factory=list)
    captured: list[tuple[Tensor, Value]] = field(default_factory=list)
    cotangents: list[tuple[Value, Value]] = field(default_factory=list)
    constants: dict[Value, Any] = field(default_factory=dict)
    results: list[Value] = field(default_factory=list)
    gradients: list[tuple[Value, Any]] = field(default_factory=list)
    writes: list[tuple[Tensor, Value]] = field(default_factory=list)
    cotangent_of: dict[Value, Value] = field(default_factory=dict)
    made_by: dict[Value, str] = field(default_factory=dict)

    @property
    def given(self) -> list[Value]:
        """What comes from outside at each call."""
        taken = [value for _, value in self.captured]
        return [*self.arguments, *taken, *(g for _, g in self.cotangents)]

    @property
    def roots(self) -> list[Value]:
        """What is asked for."""
        found = [*self.results, *(g for _, g in self.gradients), *(v for _, v in self.writes)]
        return [value for value in found if value is not None]

    def replaced(self, new: dict[Value, Value], calls: list[Call]) -> Program:
        """The program of other calls, with other values in the place of its own."""

        def found(value: Any) -> Any:
            return new.get(value, value)

        return Program(
            calls,
            [found(value) for value in self.arguments],
            [(tensor, found(value)) for tensor, value in self.captured],
            [(found(y), found(g)) for y, g in self.cotangents],
            {found(value): array for value, array in self.constants.items()},
            [found(value) for value in self.results],
            [(found(x), found(g)) for x, g in self.gradients],
            [(tensor, found(value)) for tensor, value in self.writes],
            {found(g): found(y) for g, y in self.cotangent_of.items()},
            {found(value): name for value, name in self.made_by.items()},
        )


def with_values(call: Call, function: Callable[[Value], Any]) -> tuple[tuple, dict]:
    """The inputs and static arguments of a call, with ``function(value)`` for each value."""
    inputs = tuple([substituted(x, function) for x in call.inputs])
    params = {name: substituted(x, function) for name, x in call.params.items()}
    return inputs, params


def shortened(program: Program) -> Program:
    """The program without what is known beforehand, computed twice, or asked for by nobody."""
    program = _without_doubles(program)
    needed = needed_for(program.calls, program.roots)
    return program.replaced({}, [call for call in program.calls if call in needed])


def needed_for(calls: list[Call], roots: Iterable[Value]) -> set[Call]:
    """The calls on which values depend, and those that are made in any case."""
    wanted = set(roots)
    found = set()
    for call in reversed(calls):
        if call.op.name in ALWAYS or not wanted.isdisjoint(call.outputs):
            found.add(call)
            wanted.update(values_in(call))
    return found


def _without_doubles(program: Program) -> Program:
    """Fold constants, drop calls that change nothing, and compute each thing once."""
    new: dict[Value, Value] = {}
    known: dict[Any, Call] = {}
    kept: list[Call] = []
    for call in program.calls:
        call.inputs, call.params = with_values(call, lambda value: new.get(value, value))
        if is_elementwise(call):
            _drop_broadcasts(call)
        same = _unchanged(call, program)
        if same is not None:
            new[call.outputs[0]] = same
        elif _is_constant(call, program):
            program.constants[call.outputs[0]] = _computed_now(call, program)
        else:
            first = known.setdefault(_key(call), call)
            if first is call:
                kept.append(call)
            new.update(zip(call.outputs, first.outputs))
    return program.replaced(new, kept)


def is_elementwise(call: Call) -> bool:
    """Whether an op works element by element, and broadcasts its inputs itself."""
    if call.op.name in ("where", "cast"):
        return True
    twin = call.op.numpy[0] if call.op.numpy else None
    return isinstance(twin, np.ufunc) and twin.signature is None


def _drop_broadcasts(call: Call) -> None:
    """Take an input as it was before it was repeated, where the others have the shape anyway."""
    shape = call.outputs[0].shape
    for i, x in enumerate(call.inputs):
        source = _before_broadcast(x)
        if source is None:
            continue
        inputs = (*call.inputs[:i], source, *call.inputs[i + 1 :])
        if np.broadcast_shapes(*[np.shape(each) for each in inputs]) == shape:
            call.inputs = inputs


def _before_broadcast(x: Any) -> Value | None:
    """What a value repeats, without leading dimensions of length 1."""
    if not isinstance(x, Value) or x.call is None or x.call.op.name != "broadcast_to":
        return None
    source = x.call.inputs[0]
    before = source.call
    if before is not None and before.op.name == "reshape" and before.inputs[0].shape == ():
        source = before.inputs[0]
    return source


def _unchanged(call: Call, program: Program) -> Value | None:
    """The input that a call returns as it is."""
    name = call.op.name
    if name in ("tied", "same", "clone"):
        return call.inputs[0]
    if name in ("cast", "reshape", "broadcast_to"):
        return _if_alike(call.inputs[0], call.outputs[0])
    if name == "setitem" and call.params["index"] is Ellipsis:
        return _if_alike(call.inputs[1], call.outputs[0])
    if name in ("pow", "div") and _equals_one(call.inputs[1], program):
        return _if_alike(call.inputs[0], call.outputs[0])
    if name == "mul":
        for x, other in (call.inputs, call.inputs[::-1]):
            if _equals_one(other, program):
                return _if_alike(x, call.outputs[0])
    return None


def _if_alike(x: Any, y: Value) -> Value | None:
    """The operand ``x``, if it is a value of the shape and dtype of ``y``."""
    if isinstance(x, Value) and (x.shape, x.dtype) == (y.shape, y.dtype):
        return x
    return None


def _equals_one(x: Any, program: Program) -> bool:
    if isinstance(x, Value):
        x = program.constants.get(x)
    if x is None or isinstance(x, bool) or np.size(x) != 1:
        return False
    return bool(np.all(np.asarray(x) == 1))


def _is_constant(call: Call, program: Program) -> bool:
    """Whether a call gives the same number, or the same new array, whenever it is made."""
    if call.op.name in ALWAYS or len(call.outputs) != 1:
        return False
    if prod(call.outputs[0].shape) != 1 and (call.inputs or call.op.name in ("zeros", "ones")):
        return False
    return all(value in program.constants for value in values_in(call))


def _computed_now(call: Call, program: Program) -> Any:
    inputs, params = with_values(call, program.constants.__getitem__)
    with np.errstate(all="ignore"):
        result = call.op.forward(*inputs, **params)
    return np.asarray(result, call.outputs[0].dtype)[()]


def _key(call: Call) -> Any:
    """What two calls share that give the same."""
    if call.op.name in ALWAYS:
        return call
    inputs = tuple([_hashed(x) for x in call.inputs])
    params = tuple([(name, _hashed(x)) for name, x in call.params.items()])
    return call.op, inputs, params


def _hashed(x: Any) -> Any:
    """A key that two operands share only if they are the same."""
    if isinstance(x, (tuple, list)):
        return type(x), tuple(map(_hashed, x))
    if isinstance(x, slice):
        return slice, x.start, x.stop, x.step
    if x is None or isinstance(x, (int, float, str, np.dtype, type)):
        return type(x), repr(x)
    return id(x)
