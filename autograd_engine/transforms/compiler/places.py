"""Where a value lies: in which flat array, from where on, and how far apart its elements are.

So every view is free: transposed, sliced and broadcast values are read in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...core.recorder import Call


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an array in a flat one.

    Attributes
    ----------
    name : str
        What the flat array is called.
    length : int
        How many elements it has.
    start : int
    strides : tuple of int
        In elements.
    """

    name: str
    length: int
    start: int
    strides: tuple[int, ...]

    def along(self, shape: tuple[int, ...], whole: tuple[int, ...]) -> tuple[int, ...]:
        """The strides along the axes of a larger shape to which ``shape`` is broadcast."""
        missing = len(whole) - len(shape)
        own = [0 if n == 1 else stride for n, stride in zip(shape, self.strides)]
        return (0,) * missing + tuple(own)


def whole(name: str, length: int, start: int, shape: tuple[int, ...]) -> Place:
    """The place of an array whose elements lie in row-major order, one after the other."""
    return Place(name, length, start, row_major(shape))


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array in row-major order."""
    return tuple([prod(shape[d + 1 :]) for d in range(len(shape))])


def places_of_views(call: Call, place: Place) -> list[Place] | None:
    """Where the results of a view lie; None where there is no way to look at it like that."""
    memory = np.empty(place.length, np.int8)
    x = as_strided(memory[place.start :], call.inputs[0].shape, place.strides)
    found = []
    for part, y in zip(_views_of(call, x), call.outputs):
        if not isinstance(part, np.ndarray) or part.shape != y.shape:
            return None
        if not np.may_share_memory(part, memory):
            return None
        start = part.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
        found.append(Place(place.name, place.length, start, part.strides))
    return found


def part_of(place: Place, shape: tuple[int, ...], index: Any) -> Place:
    """Where a part of an array lies that slices and numbers choose."""
    memory = np.empty(place.start + prod(shape), np.int8)
    items = index if isinstance(index, tuple) else (index,)
    if not any(item is Ellipsis for item in items):
        items = (*items, ...)
    part = as_strided(memory[place.start :], shape, place.strides)[items]
    start = part.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    return Place(place.name, place.length, start, part.strides)


def _views_of(call: Call, x: np.ndarray) -> Any:
    """What a view makes of an array; single elements as views too."""
    if call.op.name == "getitem":
        index = call.params["index"]
        items = index if isinstance(index, tuple) else (index,)
        if not any(item is Ellipsis for item in items):
            items = (*items, ...)
        return [x[items]]
    if call.op.name == "unbind":
        moved = np.moveaxis(x, call.params["dim"], 0)
        return [moved[i, ...] for i in range(len(moved))]
    made = call.op.forward(x, **call.params)
    return made if isinstance(made, (tuple, list)) else [made]
