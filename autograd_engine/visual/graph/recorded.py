"""From a recording to operations: whatever ran becomes part of the graph, whether it wants a
gradient or not.

The engine's own graph holds what gradients are computed from, and takes everything else for a
constant. Here each recorded call becomes an operation like those of the engine, whose inputs are
all that the call was given; the rest of this package need not know which of the two it reads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ...core.node import LEAF, Node
from ...core.primitive import Primitive, component
from ...core.promotion import constant
from ...core.recorder import Call, Recording, Value, static_values, substituted, values_in
from ...core.tensor import Tensor

DETACH = Primitive("detach", lambda x: x, ("x",), {})
"""What stands where the user has cut a value off from what it was computed from."""


class Recorded:
    """The operations of a recording.

    Attributes
    ----------
    known : dict of Node to array
        What operations without rules have made, random numbers above all: it is not to be computed
        again.
    extra : dict of Node to list
        What an operation uses besides its arguments: indices, the targets of a loss.
    written : set of Node
        The operations that changed a tensor in place.
    derived : set of Node
        Those that a backward sweep has made.
    names : list of (object, str)
        What stands for a value, and the variable that held it.
    taken : dict of int to object
        By the identity of a tensor from outside what stands for what it held at first.
    owned : set of int
        The identities of leaves that objects brought along.
    """

    def __init__(
        self,
        recording: Recording,
        names: Iterable[tuple[Value, str]] = (),
        owned: Iterable[tuple[Value, str]] = (),
    ) -> None:
        self.recording = recording
        self.known: dict[Node, Any] = {}
        self.extra: dict[Node, list[Any]] = {}
        self.written: set[Node] = set()
        self.derived: set[Node] = set()
        self._made: dict[Node, Node] = {}  # for operations of the engine's graph, those here
        self._subjects: dict[int, Any] = {}
        self._operations: dict[Call, Node] = {}
        self._moments = [call.index for call in recording.calls]
        for call in recording.calls:
            if call.inputs or not call.outputs:
                self._enter(call)
        unique = {value.index: (self.of(value), name) for value, name in (*owned, *names)}
        self.names = list(unique.values())
        self.taken = {id(tensor): self.of(value) for value, tensor in self._from_outside()}
        self.owned = {id(self.of(value)) for value, _ in owned}

    def _from_outside(self) -> Iterator[tuple[Value, Tensor]]:
        """The values that came in with tensors that live."""
        for value in self.recording.sources:
            if value.tensor is not None and (tensor := value.tensor()) is not None:
                yield value, tensor

    def subject(self, tensor: Tensor) -> Any:
        """What stands for a tensor: an operation, a leaf, or its data."""
        value = self.recording.known(tensor)
        if value is not None:
            return self.of(value)
        if tensor.node is None:
            return tensor._data
        if tensor.node is LEAF:
            return tensor
        return self._converted(tensor.node)

    def of(self, value: Value) -> Any:
        """What stands for a value of the program."""
        if value.index not in self._subjects:
            self._subjects[value.index] = self._source(value)
        return self._subjects[value.index]

    def _source(self, value: Value) -> Any:
        """A value that no operation has made: a leaf or a parameter as it is, if it lives."""
        tensor: Any = None
        if value.tensor is not None:
            tensor = value.tensor()
        if value.node is not None and value.node is not LEAF:
            return self._converted(value.node)
        if tensor is not None and (tensor.requires_grad or getattr(tensor, "is_parameter", False)):
            return tensor
        return value.data

    def use_in(self, start: float, end: float, values: list[Value]) -> None:
        """Note that a function which ran from ``start`` to ``end`` was given some values. Those
        that none of its operations took, such as the targets of a loss, are used by its last one.
        """
        first = bisect_left(self._moments, start)
        calls = self.recording.calls[first : bisect_left(self._moments, end)]
        taken = {x.index for call in calls for x in values_in(call)}
        made = [self._operations[call] for call in calls if call in self._operations]
        if made:
            self.use([value for value in values if value.index not in taken], made[-1])

    def use(self, values: Iterable[Value], op: Node) -> None:
        """Note that an operation uses some values besides its arguments."""
        for value in values:
            subject = self.of(value)
            if not any(subject is x for x in (*op.inputs, *self.extra.get(op, ()))):
                self.extra.setdefault(op, []).append(subject)

    def operations(self, roots: Iterable[Any]) -> list[Node]:
        """Every operation that the roots were computed by, earliest first."""
        stack = [root for root in roots if type(root) is Node]
        seen = set(stack)
        while stack:
            node = stack.pop()
            for x in (*node.inputs, *self.extra.get(node, ())):
                if type(x) is Node and x not in seen:
                    seen.add(x)
                    stack.append(x)
        return sorted(seen, key=lambda node: node.index)

    # --- one call ---------------------------------------------------------------------------------

    def _enter(self, call: Call) -> None:
        real = _real_node(call)
        if real is not None and (real.op is not call.op or len(real.inputs) != len(call.inputs)):
            made = self._converted(real)
        else:
            made = self._operation(call, real)
        if call.backward:
            self.derived.add(made)
        if call.written is not None:
            self.written.add(made)
        if not call.op.differentiable and all(value.data is not None for value in call.outputs):
            data = tuple([value.data for value in call.outputs])
            self.known[made] = data if call.op.outputs == 0 else data[0]
        self._operations[call] = made
        self.use(static_values(call), made)
        for place, value in enumerate(call.outputs):
            self._subjects[value.index] = made
            if call.op.outputs == 0:
                self._subjects[value.index] = self._part(made, place, value, call)

    def _operation(self, call: Call, real: Node | None) -> Node:
        """The operation of a call; what the engine has recorded about it is taken from there."""
        made = Node()
        made.hooks = None
        made.index = call.index
        made.trace = call.line
        made.params = {name: substituted(x, _data) for name, x in call.params.items()}
        if real is None:
            made.plan = call.op.plan((False,) * len(call.inputs))
            made.inputs = [self._given(call, x) for x in call.inputs]
        else:
            made.plan = real.plan
            made.hooks = real.hooks
            made.index = real.index
            made.params = real.params
            made.inputs = list(self._inputs(call, real))
            self._made[real] = made
        _give_type(made, call)
        made.saved = None
        return made

    def _given(self, call: Call, x: Any) -> Any:
        if isinstance(x, Value):
            return self.of(x)
        if x is None:
            return None
        return constant(x, call.op.name)

    def _inputs(self, call: Call, real: Node) -> Iterator[Any]:
        """The inputs of an operation of the engine, with what its constants were computed by."""
        wanted = (*real.plan.wanted, *[False] * len(real.inputs))
        for x, value, wants in zip(real.inputs, call.inputs, wanted):
            if type(x) is Node:
                yield self._converted(x)
            elif wants or not isinstance(value, Value):
                yield x
            else:
                yield self._cut_off(value)

    def _cut_off(self, value: Value) -> Any:
        """What stands for a value that no gradient is wanted of here."""
        subject = self.of(value)
        if type(subject) is not Node or not wants_gradient(subject):
            return subject
        made = Node()
        made.plan = DETACH.plan((False,))
        made.inputs = [subject]
        made.params = {}
        made.saved = None
        made.hooks = None
        made.index = subject.index + 1  # before what happens next
        made.trace = ""
        made.shape = subject.shape
        made.dtype = subject.dtype
        return made

    def _part(self, whole: Node, place: int, value: Value, call: Call) -> Node:
        """One output of an operation with several."""
        if type(value.node) is Node and value.node.op is component:
            return self._converted(value.node)
        made = Node()
        made.plan = component.plan((wants_gradient(whole) and value.node is not None,), True)
        made.inputs = [whole]
        made.params = {"index": place}
        made.saved = None
        made.hooks = None
        made.index = call.index + 1 + place
        made.trace = call.line
        made.shape = value.shape
        made.dtype = value.dtype
        return made

    def _converted(self, real: Node) -> Node:
        """What stands for an operation of the engine: itself, if it was made before."""
        if real in self._made or real.index < self.recording.start:
            return self._made.get(real, real)
        made = Node()
        made.plan = real.plan
        made.inputs = [self._converted(x) if type(x) is Node else x for x in real.inputs]
        made.params = real.params
        made.saved = None
        made.hooks = real.hooks
        made.index = real.index
        made.trace = getattr(real, "trace", "")
        made.shape = real.shape
        made.dtype = real.dtype
        self._made[real] = made
        return made


def wants_gradient(node: Node) -> bool:
    """Whether a gradient flows back through an operation."""
    return True in node.plan.wanted


def _real_node(call: Call) -> Node | None:
    """What the engine's graph holds of a call, if a gradient flows back through it."""
    for value in call.outputs:
        node = value.node
        if type(node) is Node and node.op is component and call.op.outputs == 0:
            return node.inputs[0]
        if type(node) is Node:
            return node
    return None


def _data(value: Value) -> Any:
    return value.data


def _give_type(made: Node, call: Call) -> None:
    """Note the shape and dtype of what an operation returns."""
    if call.op.outputs == 0:
        made.shape = tuple([value.shape for value in call.outputs])
        made.dtype = tuple([value.dtype for value in call.outputs])
    else:
        made.shape = call.outputs[0].shape
        made.dtype = np.dtype(call.outputs[0].dtype)
