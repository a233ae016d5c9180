"""Everything that runs, as one flat list of calls: whatever wants a gradient, in place or not,
random or not, forward or in the backward sweep.

The graph of nodes holds what gradients are computed from. A `Recording` holds the whole program, in
the order in which it ran: each call of a primitive with its operands, its static arguments and what
it returned. Pictures, replay, source code and compilation read it; none looks anywhere else.

Nothing is recorded, and one list asked whether it is empty, unless `record_calls` is entered.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .batched import Batched, Level, open_levels
from .data import holds_data
from .memory import clock
from .trace import source_line

if TYPE_CHECKING:
    from .primitive import Primitive
    from .tensor import Tensor

listening: list[Recording] = []
"""The recordings that go on, in any thread. Ops ask whether there is one."""

_mine: ContextVar[Recording | None] = ContextVar("recording of calls", default=None)


@contextmanager
def heeded() -> Iterator[None]:
    """Have all ops look what they are given, in any thread, until the block ends: it may be values
    that stand for many.
    """
    mark: Any = object()
    listening.append(mark)
    try:
        yield
    finally:
        listening.remove(mark)


@contextmanager
def inside(levels: tuple[Level, ...]) -> Iterator[None]:
    """Have these calls under `vmap` go on until the block ends, besides those that do already."""
    token = open_levels.set(tuple(sorted({*open_levels.get(), *levels})))
    try:
        with heeded():
            yield
    finally:
        open_levels.reset(token)


def heeded_for(tensors: Iterable[Any]) -> AbstractContextManager:
    """The same if one of these tensors stands for many."""
    many = any(type(getattr(x, "_data", None)) is Batched for x in tensors)
    return heeded() if many else nullcontext()


@dataclass(eq=False, slots=True)
class Value:
    """A value of a program: what came from outside, or one output of a call.

    Attributes
    ----------
    index : int
        Its place among the program's values.
    shape, dtype
        Those of the tensor that held it.
    data : array or None
        What came from outside, as it was when the program first took it; and what was made without
        a rule to differentiate it, such as random numbers and indices.
    tensor : weak reference to Tensor, or None
        The tensor that it came in, or was made in out of nothing.
    node : Node or None
        The node of that tensor.
    call : Call or None
        The call that returned it, as output number ``output``.
    """

    index: int
    shape: tuple[int, ...]
    dtype: np.dtype
    data: Any = None
    tensor: weakref.ref | None = None
    node: Any = None
    call: Call | None = None
    output: int = 0

    def __repr__(self) -> str:
        return f"%{self.index}"


@dataclass(eq=False, slots=True)
class Call:
    """One call of a primitive.

    Attributes
    ----------
    op : Primitive
    inputs : tuple
        By position a `Value`, or what else was given: an array, a number, None.
    params : dict
        The static arguments.
    outputs : list of Value
    written : Value or None
        For a call in place: the value that the result took the place of.
    line : str
        The user's line that made the call, ``file:line: code``.
    backward : bool
        Whether it belongs to a backward sweep.
    index : int
        What the engine's clock showed.
    wanted : tuple of bool
        By position, whether a gradient flows back to the input: not to what was detached, and to
        nothing under ``no_grad``.
    """

    op: Primitive
    inputs: tuple
    params: dict
    outputs: list[Value]
    line: str
    backward: bool
    index: int = 0
    wanted: tuple[bool, ...] = ()
    written: Value | None = None

    def __repr__(self) -> str:
        given = [f"{x!r}" if isinstance(x, Value) else _short(x) for x in self.inputs]
        given += [f"{name}={_short(value)}" for name, value in self.params.items()]
        text = f"{', '.join(map(repr, self.outputs))} = {self.op.name}({', '.join(given)})"
        if self.written is not None:
            text += f"  # in place of {self.written!r}"
        return text


def _wanted(args: Sequence[Any], result: Any) -> tuple[bool, ...]:
    """Which of the arguments a gradient flows back to from the result."""
    outputs = result if isinstance(result, tuple) else (result,)
    graph = any(y.requires_grad for y in outputs)
    return tuple([graph and holds_data(x) and x.requires_grad for x in args])


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value)


@dataclass(frozen=True, slots=True)
class Read:
    """A value that left the program: what asked for it, and in which of the user's lines."""

    value: Value
    how: str
    line: str


def values_in(call: Call) -> list[Value]:
    """The values that a call takes: as inputs, and among its static arguments."""
    return [x for x in call.inputs if isinstance(x, Value)] + static_values(call)


def static_values(call: Call) -> list[Value]:
    """The values among the static arguments of a call, as the arrays of an index."""
    found: list[Value] = []
    for x in call.params.values():
        substituted(x, found.append)
    return found


def substituted(x: Any, function: Callable[[Value], Any]) -> Any:
    """An operand or static argument with ``function(value)`` in place of each value in it."""
    if isinstance(x, Value):
        return function(x)
    if type(x) is tuple or type(x) is list:
        return type(x)([substituted(part, function) for part in x])
    if hasattr(x, "mapped"):
        return x.mapped(lambda part: substituted(part, function))
    return x


@dataclass(eq=False, slots=True)
class Recording:
    """A program: the calls that were made, in order, and the values that they made and took.

    Attributes
    ----------
    calls : list of Call
    values : list of Value
    reads : list of Read
        Where Python looked at a value, and may have decided by it what to do.
    decisions : list of (int, Call)
        What Python decided by values with `decide`, and before which of the calls.
    lost : list of str
        The lines that use a tensor after its memory was written through another one: what it holds
        then is not in the list.
    for_program : bool
        Whether it is made to write a program of it.
    for_picture : bool
        Whether it is made to show all that runs, so that checkpoints are plain calls.
    start : int
        What the engine's clock showed when it began.
    """

    calls: list[Call] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    decisions: list[tuple[int, Call]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    backward: bool = False
    for_program: bool = False
    for_picture: bool = False
    start: int = field(default_factory=lambda: next(clock))
    # Weakly, since a tensor that is kept alive would forbid in-place operations on its memory:
    _held: dict[int, tuple[weakref.ref, Value]] = field(default_factory=dict)
    _nodes: dict[Any, Value] = field(default_factory=dict)
    _arrays: dict[int, tuple[Any, Value]] = field(default_factory=dict)
    _stale: dict[int, tuple[weakref.ref, str]] = field(default_factory=dict)

    def value_of(self, tensor: Tensor) -> Value:
        """The value that a tensor holds now; one that is not known came from outside."""
        value = self.known(tensor)
        if value is None:
            value = self._value(tensor)
            value.data = tensor._data
            value.tensor = weakref.ref(tensor)
        return value

    def known(self, tensor: Tensor) -> Value | None:
        """The value that a tensor holds now; None if it was neither made nor taken here."""
        stale = self._stale.get(id(tensor))
        if stale is not None and stale[0]() is tensor:
            self.lost.append(stale[1])
        entry = self._held.get(id(tensor))
        if entry is not None and entry[0]() is tensor:
            return entry[1]
        if tensor.node in self._nodes:  # what the sweep makes of a saved value
            return self._nodes[tensor.node]
        return self._of_array(tensor._data)

    def knows_array(self, array: Any) -> bool:
        """Whether an array is known as a value."""
        return self._of_array(array) is not None

    def _of_array(self, array: Any) -> Value | None:
        """The value that an array was known as, which the engine handed on without its tensor."""
        entry = self._arrays.get(id(array))
        if entry is not None and entry[0] is array:
            return entry[1]
        return None

    @property
    def sources(self) -> list[Value]:
        """What came from outside, in the order of its first use."""
        return [value for value in self.values if value.call is None]

    def note(self, op: Primitive, args: Sequence[Any], params: dict, result: Any) -> None:
        """Enter a call."""
        inputs = tuple([self._operand(x) for x in args])
        params = {name: self._static(value) for name, value in params.items()}
        outputs = list(result) if isinstance(result, tuple) else [result]
        call = Call(op, inputs, params, [], source_line(), self.backward, next(clock))
        call.wanted = _wanted(args, result)
        for i, tensor in enumerate(outputs):
            next(clock)  # each output has a moment of its own
            value = self._value(tensor)
            value.call = call
            value.output = i
            if not op.differentiable or value.dtype.kind != "f":
                value.data = tensor._data
            if not args:
                value.tensor = weakref.ref(tensor)
            call.outputs.append(value)
        self.calls.append(call)

    def _operand(self, x: Any) -> Any:
        return self.value_of(x) if holds_data(x) else self._static(x)

    def _static(self, x: Any) -> Any:
        """A static argument, with values in the place of tensors, and of arrays that are values."""
        if type(x) is tuple or type(x) is list:
            return type(x)(map(self._static, x))
        if hasattr(x, "mapped"):  # an index in several steps
            return x.mapped(self._static)
        if holds_data(x):
            return self.value_of(x)
        if isinstance(x, np.ndarray):
            value = self._of_array(x)
            if value is not None:
                return value
        return x

    def alias(self, source: Tensor, alias: Tensor) -> None:
        """Enter that ``alias`` holds the value of ``source``."""
        self._hold(alias, self.value_of(source))

    def note_array(self, op: Primitive, x: Tensor, params: dict, array: np.ndarray) -> None:
        """Enter a call whose result is an array and no tensor yet."""
        call = Call(op, (self.value_of(x),), params, [], source_line(), self.backward, next(clock))
        value = Value(len(self.values), array.shape, array.dtype, call=call)
        self.values.append(value)
        self._arrays[id(array)] = (array, value)
        call.outputs.append(value)
        self.calls.append(call)

    def copied(self, tensor: Tensor, array: np.ndarray) -> None:
        """Enter that an array is a copy of what ``tensor`` holds."""
        self._arrays[id(array)] = (array, self.value_of(tensor))

    def rename(self, tensor: Tensor, result: Tensor, sharing: Sequence[Tensor] = ()) -> None:
        """Enter that a tensor was changed in place, and now holds what ``result`` does; and with it
        others that look into its memory.
        """
        before = self.value_of(tensor)
        after = self.value_of(result)
        if after.call is not None:
            after.call.written = before
        self._hold(tensor, after)
        self._stale.pop(id(tensor), None)
        for other in sharing:
            self._stale[id(other)] = (weakref.ref(other), source_line())

    def known_again(self, tensor: Tensor) -> None:
        """Take a tensor for what it held before another wrote to its memory."""
        self._stale.pop(id(tensor), None)

    def _value(self, tensor: Tensor) -> Value:
        value = Value(len(self.values), tensor.shape, np.dtype(tensor.dtype), node=tensor.node)
        self.values.append(value)
        self._hold(tensor, value)
        return value

    def _hold(self, tensor: Tensor, value: Value) -> None:
        if self.for_program and isinstance(tensor._data, np.generic):
            tensor._data = np.asarray(tensor._data)  # which can be told from any other
        self._held[id(tensor)] = (weakref.ref(tensor), value)
        if tensor.grad_fn is not None:
            self._nodes[tensor.node] = value
        if isinstance(tensor._data, np.ndarray):
            self._arrays[id(tensor._data)] = (tensor._data, value)


@contextmanager
def record_calls() -> Iterator[Recording]:
    """Record every call of a primitive in this thread (or task) until the block ends.

    Examples
    --------
    >>> from autograd_engine import record_calls, tensor
    >>> with record_calls() as program:
    ...     y = (tensor([1.0, 2.0]) * 3).sum()
    >>> program.calls
    [%1 = mul(%0, 3), %2 = sum(%1, dim=None, keepdim=False, dtype=None)]
    """
    recording = Recording()
    token = _mine.set(recording)
    listening.append(recording)
    try:
        yield recording
    finally:
        _mine.reset(token)
        listening.remove(recording)


@contextmanager
def paused() -> Iterator[None]:
    """Record nothing in this thread until the block ends."""
    token = _mine.set(None)
    try:
        yield
    finally:
        _mine.reset(token)


@contextmanager
def backward_calls() -> Iterator[None]:
    """Mark what is recorded in this thread until the block ends as part of a backward sweep."""
    recording = _mine.get()
    if recording is None:
        yield
        return
    before = recording.backward
    recording.backward = True
    try:
        yield
    finally:
        recording.backward = before


def is_traced() -> bool:
    """Whether a program is being written of what this thread computes.

    Then code that looks at values, or keeps arrays to itself, had better say with ops what it
    computes, if it can.

    Examples
    --------
    >>> from autograd_engine import is_traced
    >>> is_traced()
    False
    """
    if not listening:
        return False
    recording = _mine.get()
    return recording is not None and recording.for_program


def is_pictured() -> bool:
    """Whether a picture is being made of what this thread computes."""
    recording = _mine.get()
    return recording is not None and recording.for_picture


def current() -> Recording | None:
    """The recording that goes on in this thread."""
    return _mine.get()


def note(op: Primitive, args: Sequence[Any], params: dict, result: Any) -> Any:
    """Enter a call in the recording of this thread, if one goes on here, and give its result."""
    recording = _mine.get()
    if recording is not None:
        recording.note(op, args, params, result)
    return result


def note_taken(args: Sequence[Any]) -> None:
    """Know the tensors that an op is called with, before their arrays are handed on."""
    recording = _mine.get()
    if recording is not None and recording.for_program:
        for x in args:
            if holds_data(x):
                recording.value_of(x)


def note_promoted(cast: Primitive, args: Sequence[Any], values: list[Any]) -> list[Any]:
    """Enter the conversions of tensors that an op's promotion of dtypes has made; the values, each
    as an array that is known.
    """
    recording = _mine.get()
    if recording is None or not recording.for_program:
        return values
    found = list(values)
    for i, (x, value) in enumerate(zip(args, values)):
        if holds_data(x) and isinstance(value, (np.ndarray, np.generic)) and value is not x._data:
            found[i] = np.asarray(value)
            recording.note_array(cast, x, {"dtype": value.dtype}, found[i])
    return found


def note_alias(source: Tensor, alias: Tensor) -> None:
    """Enter that ``alias`` holds the value of ``source``."""
    recording = _mine.get()
    if recording is not None:
        recording.alias(source, alias)


def note_copy(tensor: Tensor, array: np.ndarray) -> None:
    """Enter that an array, which an op is to take, is a copy of what ``tensor`` holds."""
    recording = _mine.get()
    if recording is not None:
        recording.copied(tensor, array)


def looked_at(x: Any) -> Any:
    """The array of a tensor, or ``x`` itself. What an op's own code decides by it, is a read."""
    if not holds_data(x):
        return x
    if listening:
        note_read(x, "its values")
    return x._data


def note_read(tensor: Tensor, how: str) -> None:
    """Enter that Python looks at the value of a tensor that the program has made or taken."""
    recording = _mine.get()
    if recording is not None:
        recording.reads.append(Read(recording.value_of(tensor), how, source_line()))


def note_before_write(tensor: Tensor) -> None:
    """Keep what a tensor from outside holds, which is going to be changed in place."""
    recording = _mine.get()
    if recording is not None:
        value = recording.value_of(tensor)
        if value.call is None and isinstance(value.data, np.ndarray):
            value.data = value.data.copy()


def note_written_through(tensor: Tensor, write: Callable[[], Tensor]) -> None:
    """Enter that what was written through a view of ``tensor`` is now a part of it, as the op that
    ``write`` calls says.
    """
    recording = _mine.get()
    if recording is not None:
        recording.known_again(tensor)
        recording.rename(tensor, write())


def note_write(tensor: Tensor, result: Tensor, sharing: Sequence[Tensor] = ()) -> None:
    """Enter that a tensor was changed in place, and now holds what ``result`` does; and with it
    others that look into its memory.
    """
    recording = _mine.get()
    if recording is not None:
        recording.rename(tensor, result, sharing)
