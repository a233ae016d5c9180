"""Which values lie where: buffers that are kept, and shared by values that are not needed at the
same time.
"""

from __future__ import annotations

from collections import defaultdict
from math import prod

from ...core.recorder import Value


class Planner:
    """Hands out buffers as values are made, and takes them back after their last use.

    Parameters
    ----------
    last : dict of Value to int
        In which line each value is used for the last time; -1 for what is returned.

    Attributes
    ----------
    sizes : list of int
        The bytes of each buffer.
    bytes_unshared : int
        The bytes of all values that lie in buffers.
    """

    def __init__(self, last: dict[Value, int]) -> None:
        self.sizes: list[int] = []
        self.bytes_unshared = 0
        self._last = last
        self._slots: dict[Value, int] = {}
        self._free: dict[int, list[int]] = defaultdict(list)
        self._ending: dict[int, list[Value]] = defaultdict(list)

    @property
    def bytes(self) -> int:
        """The bytes of all buffers."""
        return sum(self.sizes)

    def keeps(self, value: Value) -> bool:
        """Whether a value may lie in a buffer: it is used, and not returned."""
        return self._last.get(value, -1) >= 0

    def ends(self, value: Value, line: int) -> bool:
        """Whether a value lies in a buffer and is used in this line for the last time."""
        return value in self._slots and self._last.get(value) == line

    def place(self, value: Value, instead_of: Value | None = None) -> int:
        """The buffer of a value: a free one of its size, or that of another one."""
        size = value.dtype.itemsize * prod(value.shape)
        self.bytes_unshared += size
        if instead_of is not None:
            slot = self._slots.pop(instead_of)
        elif self._free[size]:
            slot = self._free[size].pop()
        else:
            slot = len(self.sizes)
            self.sizes.append(size)
        self._slots[value] = slot
        self._ending[self._last[value]].append(value)
        return slot

    def release(self, line: int) -> None:
        """Take back the buffers of the values that this line was the last to use."""
        for value in self._ending.pop(line, ()):
            slot = self._slots.pop(value, None)
            if slot is not None:
                self._free[self.sizes[slot]].append(slot)
