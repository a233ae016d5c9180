"""What hooks make of the values that nodes save: packed when a node is recorded, unpacked when a
sweep asks for them.

So saved values may wait on a disk, in float16, or not at all and be computed again.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Callable, Iterator, Sequence

import numpy as np

from . import memory
from .errors import GraphError
from .modes import OFF, PACKED, TRACED, Switch, as_before, extras, recording
from .node import Node
from .tensor import Tensor, wrap
from .trace import source_line

_hooks: ContextVar[Any] = ContextVar("the hooks, pack and unpack", default=None)


class saved_tensors_hooks(Switch):
    """Pass every tensor that operations inside save for the backward sweep through two functions.

    Parameters
    ----------
    pack_hook : callable
        ``pack_hook(tensor)`` is called when an operation saves a tensor, and returns what is kept
        in its place: any object. It must not change the tensor.
    unpack_hook : callable
        ``unpack_hook(packed)`` is called in the backward sweep, and returns a tensor of the same
        values.

    Notes
    -----
    Of nested blocks the innermost counts. What is packed is not watched: a tensor may be changed in
    place after the hook has made a copy of it.

    Examples
    --------
    >>> from autograd_engine import autograd, tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> half, single = lambda t: t.half(), lambda t: t.float()
    >>> with autograd.graph.saved_tensors_hooks(half, single):
    ...     y = (x * x).sum()
    >>> y.backward(); x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable, unpack_hook: Callable) -> None:
        super().__init__(
            {
                _hooks: (pack_hook, unpack_hook),
                extras: lambda: extras.get() | PACKED,
                recording: as_before,
            }
        )


class save_on_cpu(saved_tensors_hooks):
    """Keep saved tensors on the CPU. They are there already, so this changes nothing.

    Parameters
    ----------
    pin_memory, device_type
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> from autograd_engine import autograd, tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> with autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> y.backward(); x.grad
    tensor(6.)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        Switch.__init__(self, {})


class Packed:
    """The saved values of a node, of which some are packed. Whoever takes one gets it unpacked."""

    __slots__ = ("_values", "_unpack")

    def __init__(self, values: Sequence[Any], unpack: Callable) -> None:
        self._values = values
        self._unpack = unpack

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, i: int) -> Any:
        return self._unpacked(self._values[i])

    def __iter__(self) -> Iterator[Any]:
        return map(self._unpacked, self._values)

    def _unpacked(self, value: Any) -> Any:
        if type(value) is tuple:
            return tuple(map(self._unpacked, value))
        if type(value) is not _Box:
            return value
        token = recording.set(OFF)
        try:
            found = self._unpack(value.content)
        finally:
            recording.reset(token)
        if not isinstance(found, Tensor):
            raise TypeError(f"an unpack hook returns a tensor, got {type(found).__name__}")
        return found._data


class _Box:
    """What a pack hook returned."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        self.content = content


def note_placement(node: Node, mode: int) -> None:
    """Give a node what the recording switch asks for besides."""
    if mode & TRACED:
        node.trace = source_line()
    if mode & PACKED:
        pack(node)


def packing() -> bool:
    """Whether what is saved now is to be packed."""
    return bool(recording.get() & PACKED)


def unpacked() -> Switch:
    """A block in which nothing is packed: whoever fills in later what a node saves packs it
    then."""
    return Switch({recording: lambda: recording.get() & ~PACKED})


def packed_tensor(tensor: Tensor) -> Packed:
    """One tensor, packed."""
    pack_hook, unpack_hook = _hooks.get()
    token = recording.set(OFF)
    try:
        return Packed([_boxed(tensor._data, tensor, pack_hook)], unpack_hook)
    finally:
        recording.reset(token)


def pack(node: Node) -> None:
    """Pass what a node saved through the pack hook."""
    pack_hook, unpack_hook = _hooks.get()
    token = recording.set(OFF)
    try:
        pairs = zip(node.plan.names, node.saved or ())
        values = [_packed(name, value, node, pack_hook) for name, value in pairs]
    finally:
        recording.reset(token)
    if values:
        node.saved = Packed(values, unpack_hook)


def _packed(name: str, value: Any, node: Node, hook: Callable) -> Any:
    """One saved value, packed if it is a tensor's."""
    names = node.op.args
    if name in names:
        return _boxed(value, node.inputs[names.index(name)], hook)
    if "*" + name in names:
        return tuple([_boxed(x, source, hook) for x, source in zip(value, node.inputs)])
    if name != "y":
        return value
    if type(value) is tuple:
        return tuple([_boxed(x, None, hook) for x in value])
    return _boxed(value, None, hook)


def _boxed(value: Any, source: Any, hook: Callable) -> Any:
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    given = wrap(value)
    if isinstance(source, Tensor) and source._data is value:
        given = source
    elif type(source) is Node:
        given.node = source
    now = next(memory.clock)
    box = _Box(hook(given))
    if memory.written_since(given, now):
        raise GraphError(
            f"a pack hook changed the tensor of shape {list(given.shape)} that it was given; it "
            "may change a clone() of it"
        )
    return box
