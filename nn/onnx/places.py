"""Reading and writing at places in ONNX: indices and masks, sorting, what pools return, and places
that follow from values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .building import Building, Later
from .operators import number, operator, pads_of, part_of, reshaped

TAKE_LATER = {"elements", "getitem", "setitem", "working_out"}
"""The ops that take places as they are."""

FAR = np.iinfo(np.int64).max


# --- what finds places ----------------------------------------------------------------------------


class PoolPlaces(Later):
    """The places that a pool finds in the flat array; ONNX has the values there as an op of its
    own, where windows are even, so that places are written only where somebody wants them.

    Parameters
    ----------
    x : str
        What is pooled.
    table : array
        For each window the places of its elements in a plane, shape ``(*windows, elements)``.
    """

    def __init__(self, x: str, table: np.ndarray) -> None:
        self.x = x
        self.table = table
        self.pooled: str | None = None

    def values(self, g: Building) -> str:
        """The greatest elements."""
        if self.pooled is not None:
            return self.pooled
        found = g.op("ReduceMax", self._windows(g), np.array([-1]), keepdims=0)
        return reshaped(g, found)

    def _windows(self, g: Building) -> str:
        lead = self._lead(g)
        planes = g.op("Reshape", self.x, np.array([*lead, self.table.max() + 1], np.int64))
        return g.op("Gather", planes, self._rows(), axis=len(lead))

    def _lead(self, g: Building) -> list[int]:
        """The lengths before the planes, of which that of the batch may be any."""
        lead = list(g.shape(self.x)[: 1 - self.table.ndim])
        if g.batch is not None and lead:
            lead[0] = -1
        return lead

    def _rows(self) -> np.ndarray:
        return self.table.reshape((-1, self.table.shape[-1]))

    def written(self, g: Building) -> str:
        """The places in their planes: what is asked for is always the rest by the plane's size."""
        rows = self._rows()
        best = g.op("ArgMax", self._windows(g), axis=-1, keepdims=0)
        place = g.op("Add", best, np.arange(len(rows)) * rows.shape[1])
        found = g.op("Gather", rows.reshape(-1), place)
        shape = (*self._lead(g), *self.table.shape[:-1])
        made = g.op("Reshape", found, np.array(shape, np.int64))
        g.types[made] = (shape, np.dtype(np.int64))
        return made


def _window_table(lengths: tuple, kernel: tuple, geometry: Any) -> np.ndarray:
    """The places of the elements in each window; what lies in the padding is the first that does
    not.
    """
    places = np.arange(math.prod(lengths)).reshape(lengths)
    places = np.pad(places, geometry.padding, constant_values=-1)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, geometry.dilation)]
    windows = np.lib.stride_tricks.sliding_window_view(places, spans)
    steps = [slice(None, None, s) for s in (*geometry.stride, *geometry.dilation)]
    windows = windows[tuple(steps)]
    return _filled(windows.reshape((*windows.shape[: len(kernel)], -1)))


def _filled(table: np.ndarray) -> np.ndarray:
    first = np.take_along_axis(table, (table >= 0).argmax(-1)[..., None], -1)
    return np.where(table < 0, first, table)


@operator("max_places")
def _(g: Building, x: Any, kernel: tuple, geometry: Any) -> PoolPlaces:
    n = len(kernel)
    places = PoolPlaces(x, _window_table(g.shape(x)[-n:], kernel, geometry))
    pads = pads_of(geometry)
    if n == 1 and any(pads):  # the reference evaluator reads them wrongly there
        lowest = np.array(-np.inf, g.dtype(x))
        x = g.op("Pad", x, np.array(pads), lowest, np.array([-1]))
        pads = [0, 0]
    if len(places.table.shape) == len(g.shape(places.x)) - 1:
        places.pooled = g.op(
            "MaxPool",
            x,
            kernel_shape=list(kernel),
            strides=list(geometry.stride),
            pads=pads,
            dilations=list(geometry.dilation),
        )
    return places


@operator("adaptive_places")
def _(g: Building, x: Any, sizes: tuple) -> PoolPlaces:
    lengths = g.shape(x)[-len(sizes) :]
    whole = np.arange(math.prod(lengths)).reshape(lengths)
    cuts = [
        [slice(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(lengths, sizes)
    ]
    windows = [whole[cell].reshape(-1) for cell in itertools.product(*cuts)]
    widest = max(map(len, windows))
    rows = [np.pad(w, (0, widest - len(w)), constant_values=-1) for w in windows]
    return PoolPlaces(x, _filled(np.array(rows).reshape((*sizes, widest))))


@operator("elements")
def _(g: Building, x: Any, places: Any) -> str:
    if isinstance(places, PoolPlaces):
        return places.values(g)
    return g.op("Gather", g.op("Reshape", x, np.array([-1])), g.cast(places, np.int64))


@operator("argsort")
def _(g: Building, x: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> str:
    """The indices of the largest or smallest; of equal elements ONNX takes the first first too."""
    if not g.shape(x):
        return g.name_of(np.array(0))
    return _order(g, x, dim, int(descending))


def _order(g: Building, x: Any, dim: int, largest: int) -> str:
    axis = dim % len(g.shape(x))
    if g.dtype(x).kind == "b":
        x = g.cast(x, np.int64)
    length = g.op("Shape", x, start=axis, end=axis + 1)
    return g.op("TopK", x, length, count=2, axis=axis, largest=largest)[1]


@operator("one_hot")
def _(g: Building, x: Any, num_classes: int = -1) -> str:
    classes = np.arange(g.out[0].shape[-1], dtype=g.dtype(x))
    wide = g.op("Unsqueeze", x, np.array([-1]))
    return g.cast_to(g.op("Equal", wide, classes), g.out[0].dtype)


@operator("kth_place")
def _(g: Building, x: Any, k: int, dim: int) -> str:
    return _ranked(g, x, k - 1, dim)


@operator("median_place")
def _(g: Building, x: Any, dim: int, skip_nan: bool = False) -> str:
    if skip_nan:
        raise NotImplementedError("a median that skips NaN")
    return _ranked(g, x, (g.shape(x)[dim] - 1) // 2, dim)


def _ranked(g: Building, x: Any, rank: int, dim: int) -> str:
    """The place of the element of a rank, as a dimension of one."""
    if not g.shape(x):
        return g.name_of(np.array(0))
    return g.op("Gather", _order(g, x, dim, 0), np.array([rank]), axis=dim)


@operator("argwhere")
def _(g: Building, x: Any) -> str:
    raise NotImplementedError("as many rows as there are elements that are not 0")


@operator("searchsorted")
def _(
    g: Building,
    sequence: Any,
    x: Any,
    out_int32: bool = False,
    right: bool = False,
    side: Any = None,
) -> str:
    """How many elements of a sorted vector are less."""
    if len(g.shape(sequence)) != 1:
        raise NotImplementedError("searching in several sequences")
    kind = "LessOrEqual" if right or side == "right" else "Less"
    sequence, x = g.alike(sequence, x)
    less = g.op(kind, sequence, g.op("Unsqueeze", x, np.array([-1])))
    counts = g.op("ReduceSum", g.cast_to(less, np.int64), np.array([-1]), keepdims=0)
    return g.cast_to(counts, g.out[0].dtype)


@operator("repeat_each")
def _(g: Building, x: Any, times: Any, dim: int) -> str:
    if isinstance(times, str):
        raise NotImplementedError("repeating as often as values say")
    places = np.repeat(np.arange(g.shape(x)[dim]), times)
    return g.op("Gather", x, places, axis=dim)


# --- places that follow from values ---------------------------------------------------------------


class Along(Later):
    """Places in a flat tensor of a shape, that an index names along one dimension."""

    def __init__(self, index: str, shape: tuple, dim: int) -> None:
        self.index = index
        self.shape = shape or (1,)
        self.dim = dim % len(self.shape)

    def whole(self, g: Building, flat: Any) -> str:
        """The tensor before it was made flat, or one of this shape."""
        for node in g.nodes:
            if node.op_type == "Reshape" and node.output[0] == flat:
                if g.types.get(node.input[0], [None])[0] == self.shape:
                    return node.input[0]
        return g.op("Reshape", flat, np.array([-1, *self.shape[1:]], np.int64))

    def written(self, g: Building) -> str:
        raise NotImplementedError("counting in a flat tensor by places that follow from values")

    def places(self, g: Building) -> str:
        """The index, of as many dimensions as the tensor has."""
        if not g.shape(self.index):
            self.index = g.op("Reshape", self.index, np.array([1]))
            g.types[self.index] = ((1,), np.dtype(np.int64))
        return self.index


def _flat_places(g: Building, x: str, shape: tuple, dim: int, name: str) -> Any:
    return Along(g.cast(x, np.int64), shape, dim)


def _broadcast(g: Building, x: str, shape: tuple) -> str:
    if g.shape(x) == tuple(shape):
        return x
    own = (1,) * (len(shape) - len(g.shape(x))) + g.shape(x)
    wanted = [1 if a == b else b for a, b in zip(own, shape)]
    return g.op("Expand", x, np.array(wanted, np.int64))


def _places_in_all(g: Building, x: str, size: int) -> str:
    return g.cast(x, np.int64)


def _nearest_inside(g: Building, x: str, length: int) -> str:
    bounds = np.array(0, g.dtype(x)), np.array(length - 1, g.dtype(x))
    return g.cast_to(g.op("Clip", x, *bounds), np.int64)


WORKED_OUT: dict[str, Callable] = {
    "integers": lambda g, x, name: g.cast(x, np.int64),
    "_entries": lambda g, x, name: reshaped(g, g.cast(x, np.int64)),
    "reshape": lambda g, x, shape: reshaped(g, x),
    "_in_planes": lambda g, x, **params: reshaped(g, x),
    "broadcast_to": _broadcast,
    "_flat_places": _flat_places,
    "_places_in_all": _places_in_all,
    "_nearest_inside": _nearest_inside,
}
"""What the functions that work out an index are in ONNX."""


@operator("working_out")
def _(g: Building, x: Any, function: Callable, params: dict) -> Any:
    name = getattr(function, "__name__", "")
    if isinstance(x, Later):
        x = x.written(g)
    if name not in WORKED_OUT:
        raise NotImplementedError(f"an index that {name} works out from values")
    return WORKED_OUT[name](g, g.name_of(x), **params)


# --- reading and writing --------------------------------------------------------------------------


@operator("getitem")
def _(g: Building, x: Any, index: Any) -> str:
    """Slices first, then places and masks, then new dimensions."""
    if isinstance(index, Along):
        whole = index.whole(g, x)
        found = g.op("GatherElements", whole, index.places(g), axis=index.dim)
        return found if g.out[0].shape else reshaped(g, found)
    parts: list[Any] = []
    for part in _whole_index(g, index, len(g.shape(x))):
        axis = dimensions(parts)
        if isinstance(part, int):
            x = part_of(g, x, part, axis)
            continue
        if isinstance(part, slice):
            x = _sliced(g, x, part, axis)
        parts.append(part)
    at = [i for i, part in enumerate(parts) if part is not None and not isinstance(part, slice)]
    in_front = bool(at) and at[-1] - at[0] != len(at) - 1
    width = 0
    if at:
        width, x = _gathered(g, x, parts, at, in_front)
    new = _new_dimensions(parts, at, in_front, width)
    return g.op("Unsqueeze", x, np.array(new, np.int64)) if new else g.name_of(x)


def dimensions(parts: list) -> int:
    """How many dimensions of a tensor parts of an index speak of."""
    return sum(part is not None for part in parts)


def _whole_index(g: Building, index: Any, ndim: int) -> list:
    """What an index says of each dimension: a slice, an int, the name of places, or None for a new
    one. Masks that are known become places.
    """
    index = getattr(index, "items", index)
    given = list(index) if isinstance(index, tuple) else [index]
    parts: list[Any] = []
    for part in given:
        if isinstance(part, str) and part in g.constants:
            part = g.constants[part]
        if isinstance(part, (list, np.ndarray)):
            part = np.asarray(part)
            if part.dtype.kind == "b":
                parts += part.nonzero()
                continue
        if isinstance(part, str) and g.dtype(part).kind == "b":
            raise NotImplementedError("a mask of values, which gives as many elements as it holds,")
        parts.append(int(part) if isinstance(part, np.integer) else part)
    count = sum(part is not None and part is not Ellipsis for part in parts)
    at = next((i for i, part in enumerate(parts) if part is Ellipsis), len(parts))
    parts[at : at + 1] = [slice(None)] * (ndim - count)
    return parts


def _gathered(g: Building, x: Any, parts: list, at: list[int], in_front: bool) -> tuple[int, Any]:
    """The elements at places along some dimensions, and how many dimensions the places have, which
    stand where the first of these was, or in front.
    """
    indices = [g.cast(g.name_of(parts[i]), np.int64) for i in at]
    axes = [dimensions(parts[:i]) for i in at]
    shape = np.broadcast_shapes(*map(g.shape, indices))
    width = len(shape)
    if len(axes) == 1:
        return width, g.op("Gather", x, indices[0], axis=axes[0])
    others = [i for i in range(dimensions(parts)) if i not in axes]
    if [*axes, *others] != sorted([*axes, *others]):
        x = g.op("Transpose", x, perm=[*axes, *others])
    columns = [g.op("Unsqueeze", _broadcast(g, i, shape), np.array([-1])) for i in indices]
    found = g.op("GatherND", x, g.op("Concat", *columns, axis=-1))
    first = axes[0]
    if first and not in_front:
        before = [*range(width, width + first)]
        after = [*range(width + first, width + len(others))]
        found = g.op("Transpose", found, perm=[*before, *range(width), *after])
    return width, found


def _new_dimensions(parts: list, at: list[int], in_front: bool, width: int) -> list[int]:
    """Where new dimensions stand in the result."""
    new: list[int] = []
    axis = 0
    if in_front:
        axis = width
    for i, part in enumerate(parts):
        if part is None:
            new.append(axis)
        if i in at:
            axis += width * (i == at[0] and not in_front)
        else:
            axis += 1
    return new


def _sliced(g: Building, x: Any, part: slice, axis: int) -> Any:
    if part == slice(None):
        return x
    step = part.step or 1
    start = part.start
    if start is None:
        start = 0 if step > 0 else FAR
    stop = part.stop
    if stop is None:
        stop = FAR if step > 0 else -FAR
    return g.op("Slice", x, *[np.array([n], np.int64) for n in (start, stop, axis, step)])


@operator("setitem")
def _(g: Building, x: Any, value: Any, index: Any) -> str:
    """The elements scattered to their places; under a mask of values, chosen."""
    dtype = g.out[0].dtype
    x, value = g.cast(x, dtype), g.cast(value, dtype)
    if isinstance(index, Along):
        places = index.places(g)
        new = _broadcast(g, value, g.shape(places))
        made = g.op("ScatterElements", index.whole(g, x), places, new, axis=index.dim)
        return g.op("Reshape", made, np.array([-1]))
    known = _known_index(g, index)
    if known is None:
        return _masked(g, x, value, index)
    shape = g.shape(x)
    places = np.arange(math.prod(shape)).reshape(shape)[known]
    made = g.op(
        "ScatterElements",
        g.op("Reshape", x, np.array([-1])),
        places.reshape(-1),
        g.op("Reshape", g.op("Expand", value, np.array(places.shape, np.int64)), np.array([-1])),
    )
    return reshaped(g, made)


def _known_index(g: Building, index: Any) -> Any:
    """The index with arrays in the place of constants; None where some follow from values."""
    parts = index if isinstance(index, tuple) else (index,)
    found = tuple(
        [g.constants.get(part, part) if isinstance(part, str) else part for part in parts]
    )
    if any(isinstance(part, (str, Along)) for part in found):
        return None
    return found if isinstance(index, tuple) else found[0]


def _masked(g: Building, x: str, value: str, mask: Any) -> str:
    if not isinstance(mask, str) or g.dtype(mask).kind != "b":
        raise NotImplementedError("writing at several places that follow from values")
    if math.prod(g.shape(value)) != 1:
        raise NotImplementedError("writing as many values as a mask of values holds")
    more = len(g.shape(x)) - len(g.shape(mask))
    if more:
        ends = np.arange(len(g.shape(mask)), len(g.shape(x)))
        mask = g.op("Unsqueeze", mask, ends)
    return g.op("Where", mask, g.op("Reshape", value, np.array([1])), x)


@operator("scatter")
def _(g: Building, x: Any, shape: tuple, index: Any) -> str:
    """Zeros, to which elements are added at whole entries along one dimension."""
    parts = index if isinstance(index, tuple) else (index,)
    *before, places = parts
    whole = all(part == slice(None) for part in before if isinstance(part, slice))
    if not whole or not all(isinstance(part, slice) for part in before):
        raise NotImplementedError("adding at places along several dimensions")
    if not isinstance(places, str) or len(g.shape(places)) != 1:
        raise NotImplementedError("adding at such places")
    axis = len(before)
    zeros = g.op("Expand", number(g, 0), np.array(shape, np.int64))
    ones = [n for i, n in enumerate(g.shape(x)) if i != axis]
    tall = g.op(
        "Reshape",
        g.cast(places, np.int64),
        np.array([-1 if i == axis else 1 for i in range(len(shape))]),
    )
    wide = list(ones)
    wide.insert(axis, g.shape(places)[0])
    everywhere = g.op("Expand", tall, np.array(wide, np.int64))
    return g.op("ScatterElements", zeros, everywhere, x, axis=axis, reduction="add")
