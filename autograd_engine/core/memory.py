"""Who shares memory with whom, and when memory was last written.

Tensors may share one buffer (views, ``detach``, ``.data``), and nodes keep arrays for the backward
sweep. Two questions follow, and this module answers both: *does another living tensor see this
buffer?* (then an in-place operation may not simply rebind the tensor) and *was this array written
to after a node saved it?* (then its gradient would be wrong).
"""

from __future__ import annotations

import functools
import collections
import itertools
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable, Iterable

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .batched import Batched, of_all

if TYPE_CHECKING:
    from .tensor import Tensor

ndarray = np.ndarray

clock = itertools.count(1)
"""The clock of the engine: ``next(clock)`` is a tick.

A node's index and a write's stamp are ticks, so *before* and *after* is a comparison.
"""

recorded_sweeps: collections.deque[tuple[int, int]] = collections.deque(maxlen=1000)
"""When the clock showed the beginning and the end of the latest backward sweeps that were recorded:
pictures tell the operations between from those of a forward pass.
"""

accumulating = threading.RLock()
"""One thread at a time adds to gradients: others may sweep towards the same leaf."""

_writes: dict[int, Writes] = {}
"""By the identity of a buffer."""
_last_write = 0


class Memory:
    """A buffer that several tensors share."""

    __slots__ = ("owner", "views", "room", "earlier", "__weakref__")

    owner: Callable[[], Tensor | None]
    views: list[weakref.ref[Tensor]]  # of the tensors besides the owner; some may be no more
    room: int  # how many the list may hold before those that are no more are taken out
    earlier: int  # how often the tensors on it had been changed in place before they got it

    def __init__(self, owner: Tensor) -> None:
        self.owner = weakref.ref(owner)
        self.views = []
        self.room = 16
        self.earlier = 0

    def add(self, view: Tensor) -> None:
        """Note that a tensor looks into the buffer."""
        view._memory = self
        self.views.append(weakref.ref(view))
        if len(self.views) > self.room:
            self.views = [found for found in self.views if found() is not None]
            self.room = 2 * len(self.views) + 16


class Writes:
    """What is noted about a buffer: when each span of its addresses was last written, and how often
    it was written at all. It goes when the buffer goes.
    """

    __slots__ = ("spans", "count", "_buffer")

    def __init__(self, buffer: Any) -> None:
        self.spans: dict[tuple[int, int], int] = {}
        self.count = 0
        # Called with the dead reference, which pop() takes as its default: no instruction of
        # Python's, at which an interrupt could keep it from its work.
        forget = functools.partial(_writes.pop, id(buffer))
        self._buffer = weakref.ref(buffer, forget)


_alone = {0: np.zeros(1)}
_COUNTING = sys.getrefcount(_alone[0]) - 1
"""The references that counting them makes, in this Python."""


def root(array: np.ndarray) -> np.ndarray:
    """The array whose buffer ``array`` is a view of (itself where it is no view)."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def aware(result: Tensor, sources: Iterable[Any]) -> Tensor:
    """The result, with a note of the tensor whose memory it is a view of, if it is."""
    array = result._data
    if type(array) is Batched:
        array = array.array
    if type(array) is ndarray:
        base = root(array)
        for source in sources:
            held = getattr(source, "_data", None)
            if type(held) is Batched:
                held = held.array
            if type(held) is ndarray and root(held) is base:
                share(source, result)
                break
    return result


def share(source: Tensor, alias: Tensor) -> None:
    """Note that ``alias`` looks into the memory of ``source``."""
    memory = getattr(source, "_memory", None)
    if memory is None:
        memory = source._memory = Memory(source)
    elif memory.owner() is None:  # (w * 1).T: nobody holds the product; its view stands for it
        memory.owner = weakref.ref(source)
    memory.add(alias)


_moved: weakref.WeakValueDictionary[int, Memory] = weakref.WeakValueDictionary()
"""The memories of tensors that were copied or unpickled, by the identity of their buffer."""


def join(tensor: Tensor, buffer: np.ndarray) -> None:
    """Note that a tensor, copied or unpickled, looks into ``buffer``, as others may."""
    memory = _moved.get(id(buffer))
    if memory is None:
        memory = _moved[id(buffer)] = Memory(tensor)
        memory.owner = _nobody
    memory.add(tensor)
    if tensor._data is buffer:
        memory.owner = weakref.ref(tensor)


def _nobody() -> None:
    return None


def views(base: Tensor) -> list[Tensor]:
    """The living tensors that look into a tensor's memory, besides itself."""
    memory = getattr(base, "_memory", None)
    if memory is None:
        return []
    found = {}
    for reference in memory.views:
        view = reference()
        if view is not None and view is not base and view._memory is memory:
            found[id(view)] = view
    return list(found.values())


def own(base: Tensor) -> None:
    """Note that a tensor's memory is its own, and that of others a view of it."""
    base._memory.owner = weakref.ref(base)


def owner(tensor: Tensor) -> Tensor | None:
    """The living tensor whose memory this one is a view of; None when it is its own, or nobody
    holds it any more.
    """
    memory = getattr(tensor, "_memory", None)
    if memory is None:
        return None
    found = memory.owner()
    return None if found is tensor else found


def record_write(tensor: Tensor) -> None:
    """Note that the tensor's memory changes now."""
    global _last_write
    array, written = _held(tensor)
    key = id(written)
    _last_write = next(clock)
    if key not in _writes:
        _writes[key] = Writes(written)
    _writes[key].count += 1
    spans = _writes[key].spans
    if array is written or len(spans) >= 64:  # all of it, or many small parts: forget where exactly
        spans.clear()
        spans[EVERYWHERE] = _last_write
    else:
        spans[_span(array)] = _last_write


def notes_of(buffer: np.ndarray) -> Writes:
    """What is noted about a buffer, for `record_writes`."""
    if id(buffer) not in _writes:
        _writes[id(buffer)] = Writes(buffer)
    return _writes[id(buffer)]


def record_writes(notes: list[Writes]) -> None:
    """Note that buffers change now, all of each."""
    global _last_write
    _last_write = next(clock)
    for entry in notes:
        entry.count += 1
        entry.spans = {EVERYWHERE: _last_write}


def version(tensor: Tensor) -> int:
    """How often the tensor was changed in place, by itself or through others on its memory."""
    if getattr(tensor, "_link", None) == "data":
        return 0
    memory = getattr(tensor, "_memory", None)
    changes = 0 if memory is None else memory.earlier
    # A tensor stands for its memory itself as long as it holds a number.
    for holder in (tensor, root(of_all(tensor))):
        entry = _writes.get(id(holder))
        if entry is not None:
            changes += entry.count
    return changes


def count_from(tensor: Tensor, number: int) -> None:
    """Have a tensor that has got other memory, and those that share it, count its changes in place
    from a number on.
    """
    memory = getattr(tensor, "_memory", None)
    if memory is None:
        memory = tensor._memory = Memory(tensor)
    memory.earlier += number - version(tensor)


def _held(holder: Any) -> tuple[np.ndarray | None, Any]:
    """The array of a tensor (or the array itself), and the object that stands for its memory.

    A 0-d tensor may hold a NumPy scalar, which nobody shares: then there is no array, and the
    tensor itself stands for its memory.
    """
    array = holder
    if not isinstance(holder, np.ndarray):
        array = getattr(holder, "_data", holder)
    if type(array) is Batched:
        array = array.array
    if isinstance(array, np.ndarray):
        return array, root(array)
    return None, holder


EVERYWHERE = (0, sys.maxsize)
"""A span that meets every other."""


def _span(array: np.ndarray | None) -> tuple[int, int]:
    """The first address of an array's elements, and the one after the last."""
    if array is None:
        return EVERYWHERE
    if array.flags.c_contiguous:
        start = array.__array_interface__["data"][0]
        return (start, start + array.nbytes)
    return byte_bounds(array)


def last_write() -> int:
    """When any memory at all was last written."""
    return _last_write


def written_since(holder: Any, index: int) -> bool:
    """Whether this array's memory (or this tensor's) was written since the clock showed
    ``index``."""
    array, written = _held(holder)
    entry = _writes.get(id(written))
    if entry is None:
        return False
    low, high = _span(array)
    for (start, end), stamp in entry.spans.copy().items():  # another thread may be writing
        if stamp > index and start < high and low < end:
            return True
    return False


def unshared(holder: dict, key: Any) -> bool:
    """Whether the array ``holder[key]`` may be written to: it owns its buffer and nobody else
    refers to it.
    """
    array = holder[key]
    writable = type(array) is np.ndarray and array.base is None and array.flags.writeable
    del array
    return writable and sys.getrefcount(holder[key]) - _COUNTING == 1
