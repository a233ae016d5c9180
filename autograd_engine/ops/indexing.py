"""Reading and writing parts of a tensor. The gradient of reading is adding up, and the other way
round.

Three ops carry all indexing: ``x[index]``, its transpose, and writing. What PyTorch calls gather,
scatter, index_select, take and so on (`gathering.py`) are these with the index worked out.
"""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from ..core.batched import Batched, raw
from ..core.errors import ShapeError, describe
from ..core.recorder import listening, note_copy
from ..core.summation import narrowed, widened
from ..core.tensor import Tensor
from .declare import at, composite, function_only, in_place, primitive, rows
from .joining import unbind
from .shape import broadcast_to

_BASIC = (int, np.integer, slice, type(Ellipsis))
_MASK = np.array([True, False, True])

# --- what an index means --------------------------------------------------------------------------


class Steps:
    """An index that PyTorch reads in two steps, slices and integers first and then arrays.

    NumPy takes an integer for an array: ``x[0, :, [0, 1]]`` has the length of the list first, where
    PyTorch has it last, as in ``x[0][:, [0, 1]]``.
    """

    __slots__ = ("items", "basic", "arrays")

    def __init__(self, items: tuple, ndim: int) -> None:
        self.items = items
        first: list[Any] = []
        then: list[Any] = []
        for item in _without_ellipsis(items, ndim):
            if isinstance(item, (np.ndarray, Batched)):
                first += [slice(None)] * _spoken_for(item)
                then.append(item)
            elif isinstance(item, bool):
                first.append(None)
                then.append(np.array([item]))
            else:
                first.append(item)
                if not isinstance(item, (int, np.integer)):
                    then.append(slice(None))
        self.basic = tuple(first)
        self.arrays = tuple(then)

    def mapped(self, function: Callable) -> Steps:
        """The same index with ``function(item)`` in place of each item."""
        twin = object.__new__(Steps)
        twin.items = tuple(map(function, self.items))
        twin.basic = tuple(map(function, self.basic))
        twin.arrays = tuple(map(function, self.arrays))
        return twin

    def __repr__(self) -> str:
        return repr(self.items)


def _spoken_for(item: Any) -> int:
    """How many dimensions one item of an index takes."""
    if item is None or isinstance(item, bool):
        return 0
    if isinstance(item, (np.ndarray, Batched)) and item.dtype.kind == "b":
        return item.ndim
    return 1


def _without_ellipsis(items: tuple, ndim: int) -> tuple:
    """The items with slices in place of the Ellipsis."""
    for i, item in enumerate(items):
        if item is Ellipsis:
            rest = (*items[:i], *items[i + 1 :])
            missing = ndim - sum(map(_spoken_for, rest))
            return (*items[:i], *(slice(None),) * missing, *items[i + 1 :])
    return items


def _differs_from_numpy(items: tuple) -> bool:
    """Whether integers or an Ellipsis make NumPy put the dimensions of arrays elsewhere."""
    picks = (np.ndarray, Batched, int, np.integer)
    places = [i for i, item in enumerate(items) if isinstance(item, picks)]
    between = items[places[0] : places[-1]]
    if any(item is Ellipsis for item in between):
        return True
    mixed = any(isinstance(items[i], (int, np.integer)) for i in places)
    return mixed and len(between) >= len(places)


def plain_index(index: Any, ndim: int) -> Any:
    """What a user wrote between brackets, for a tensor of so many dimensions, as an index that
    nobody else can change: of NumPy's kind, or `Steps`.
    """
    if type(index) is int or type(index) is slice:
        return index
    if not isinstance(index, tuple):
        return _plain_item(index)
    items = tuple([_plain_item(item) for item in index])
    if any(isinstance(item, (np.ndarray, Batched)) for item in items) and _differs_from_numpy(
        items
    ):
        return Steps(items, ndim)
    return items


def _plain_item(item: Any) -> Any:
    """Tensors and arrays are copied, or become integers; lists and ranges become arrays."""
    if type(item) is int or type(item) is slice:
        return item
    if isinstance(item, list):
        return np.asarray([_plain_item(each) for each in item], None if item else int)
    if isinstance(item, range):
        return np.array(item, dtype=int)
    if isinstance(item, (Tensor, np.ndarray)):
        given = item
        item = raw(given._data if isinstance(given, Tensor) else given).copy()
        if listening and isinstance(given, Tensor):
            note_copy(given, item)
        if item.dtype.kind == "f":
            raise IndexError(
                f"indices are integers or booleans, got {item.dtype}{list(item.shape)}; convert "
                "it with .long()"
            )
        if item.dtype == np.uint8:
            raise IndexError(
                "an index of uint8 is a mask to PyTorch and positions to NumPy; say which with "
                ".bool() or .long()"
            )
        if item.ndim == 0 and item.dtype.kind != "b" and type(item) is not Batched:
            return int(item)
    return item


def read_index(array: Any, index: Any) -> Any:
    """The part of an array that an index means."""
    if type(index) is Steps:
        return array[index.basic][index.arrays]
    return array[index]


def write_index(array: np.ndarray, index: Any, value: Any) -> None:
    """Write into the part of an array that an index means."""
    if value is None:
        raise TypeError("None cannot be stored in a tensor; store float('nan') where it is meant")
    if type(index) is Steps:
        array[index.basic][index.arrays] = value
    else:
        array[index] = value


def integers(index: Any, name: str) -> np.ndarray:
    """An index argument as an integer array."""
    index = raw(index)
    if index.dtype.kind not in "iu":
        raise IndexError(
            f"{name}() needs an integer index, got {index.dtype}{list(index.shape)}; convert it "
            "with .long()"
        )
    return index


def _items(index: Any) -> tuple:
    """What an index says about one dimension after the other."""
    return index if isinstance(index, tuple) else (index,)


def _is_basic(index: Any) -> bool:
    """Whether an index has only slices, integers, None and Ellipsis, and so names no element
    twice."""
    if type(index) is Steps:
        return False
    items = _items(index)
    return all(
        item is None or isinstance(item, _BASIC) and not isinstance(item, bool) for item in items
    )


# --- reading and writing --------------------------------------------------------------------------


@primitive(
    vjp=lambda g, x_shape, index: _scatter(g, shape=x_shape, index=index),
    symbol="[]",
    samples=[
        at((4, 3), index=1),
        at((4, 3), index=(slice(None, None, 2), None, -1)),
        at((4, 3), index=np.array([0, 0, -2])),
        at((4, 3), index=(Ellipsis, [2, 0])),
        at((3,), index=np.array([True, False, True])),
        at((), index=np.array([True, True]).all()),
        at((2, 3, 4), index=(np.array([[1], [1]]), slice(None, None, -1), np.array([0, 2]))),
        at((2, 3, 4), index=Steps((1, slice(None), np.array([0, 2, 0])), 3)),
    ],
)
def getitem(x, *, index):
    """A part of ``x``, chosen as NumPy chooses: ``x[index]``."""
    part = read_index(x, index) if type(index) is Steps else x[index]
    if isinstance(part, np.ndarray):
        # NumPy lays a copy like x[:, [0, 1]] out along the chosen axis first.
        return part if part.flags.c_contiguous or _is_basic(index) else rows(part)
    if isinstance(x, np.ndarray):
        # A single number is a copy: with an Ellipsis NumPy gives a 0-d view of the same memory.
        return x[(*_items(index), ...)]
    return part


@primitive(
    vjp=lambda g, index: getitem(g, index=index),
    symbol="scatter",
    samples=[
        at((3, 3), shape=(4, 3), index=np.array([0, 0, 2])),
        at((2,), shape=(4, 3), index=(1, slice(0, 2))),
        at((2, 2), shape=(3,), index=np.array([[0, 0], [2, -3]])),
    ],
)
def _scatter(x, *, shape, index):
    """Zeros, to which ``x`` is added at ``index``; what falls on one place adds up."""
    if _is_basic(index):
        out = np.zeros(shape, x.dtype)
        out[index] = x
        return out
    dtype = x.dtype
    x = widened(x)
    out = np.zeros(shape, x.dtype)
    if len(shape) == 1 and isinstance(index, np.ndarray) and index.dtype.kind != "b":
        flat = index.reshape(-1)
    else:  # the positions in the flat array, where NumPy adds up quickly
        lead = _consumed(index, len(shape))
        row = math.prod(shape[lead:])
        places = np.arange(math.prod(shape[:lead])).reshape(shape[:lead])
        starts = read_index(places, index) * row
        flat = (starts.reshape(-1, 1) + np.arange(row)).reshape(-1)
    np.add.at(out.reshape(-1), flat, x.reshape(-1))
    return narrowed(out, dtype)


def _consumed(index: Any, ndim: int) -> int:
    """How many of the first dimensions an index speaks about; the others are taken whole, in
    rows."""
    items = _items(index)
    if type(index) is Steps or any(item is Ellipsis for item in items):
        return ndim
    return sum(map(_spoken_for, items))


def _written(g: Any, v_shape: tuple, index: Any) -> Any:
    """The cotangent of written values: what stands at ``index``, but nothing for a value that a
    later one overwrote.
    """
    part = getitem(g, index=index)
    if not _is_basic(index):
        order = np.arange(math.prod(part.shape)).reshape(part.shape)
        winner = np.empty(g.shape, int)
        write_index(winner, index, order)
        part = part * (read_index(winner, index) == order)
    extra = len(v_shape) - part.ndim
    if extra <= 0:
        return part
    return part.reshape((1,) * extra + tuple(part.shape))


@primitive(
    vjp=(
        lambda g, index: setitem(g, 0.0, index=index),
        lambda g, v_shape, index: _written(g, v_shape, index),
    ),
    symbol="[]=",
    samples=[
        at((4, 3), (3,), index=1),
        at((4, 3), (), index=(slice(1, 3), 0)),
        at((4, 3), (2, 3), index=np.array([2, 0])),
        at((2, 3, 4), (3, 2), index=Steps((1, slice(None), np.array([0, 2])), 3)),
    ],
)
def setitem(x, v, *, index):
    """A copy of ``x`` in which ``v`` stands at ``index``: what ``x[index] = v`` records."""
    out = np.array(x)
    write_index(out, index, v)
    return out


# --- by a mask ------------------------------------------------------------------------------------


def _mask(mask: Any, name: str) -> np.ndarray:
    """A mask as a boolean array."""
    array = np.asarray(mask)
    if array.dtype.kind != "b":
        raise TypeError(f"{name}() takes a boolean mask, got {describe(mask)}")
    return array


@composite(samples=[at((2, 3), _MASK), at((3,), _MASK), at((2, 3), np.zeros((2, 3), bool))])
def masked_select(x, mask):
    """The elements of ``x`` where ``mask``, which broadcasts with it, holds, as a vector.

    Examples
    --------
    >>> from autograd_engine import masked_select, tensor
    >>> x = tensor([1., -2., 3.])
    >>> masked_select(x, x > 0)
    tensor([1., 3.])
    """
    mask = _mask(mask, "masked_select")
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return getitem(
        broadcast_to(x, shape).reshape((-1,)), index=np.flatnonzero(np.broadcast_to(mask, shape))
    )


@in_place
@composite(samples=[at((2, 3), _MASK, (5,)), at((3,), _MASK, (2,))])
def masked_scatter(x, mask, source):
    """``x`` with the elements where ``mask`` holds replaced by the first elements of ``source``, in
    order.

    Examples
    --------
    >>> from autograd_engine import masked_scatter, tensor, zeros
    >>> masked_scatter(zeros(3), tensor([True, False, True]), tensor([5., 6., 7.]))
    tensor([5., 0., 6.])
    """
    mask = _mask(mask, "masked_scatter")
    shape = np.broadcast_shapes(x.shape, mask.shape)
    places = np.flatnonzero(np.broadcast_to(mask, shape))
    if len(places) > math.prod(source.shape):
        raise ShapeError(
            f"masked_scatter() has {len(places)} places to fill, the source has "
            f"{math.prod(source.shape)} elements"
        )
    flat = setitem(
        broadcast_to(x, shape).reshape((-1,)), source.reshape((-1,))[: len(places)], index=places
    )
    return flat.reshape(shape)


@composite(samples=[at((2, 3)), at((2, 3), as_tuple=True), at(())])
def nonzero(x, *, as_tuple=False):
    """The indices of the elements that are not 0: one row for each, or with ``as_tuple`` one vector
    per dimension.

    Examples
    --------
    >>> from autograd_engine import nonzero, tensor
    >>> nonzero(tensor([[0., 2.], [3., 0.]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if as_tuple:
        return unbind(argwhere(x if x.ndim else x.reshape((1,))), 1)
    return argwhere(x)


@primitive(samples=[at((2, 3), size=2), at((3,), size=5, fill_value=-2), at((), size=1)])
def nonzero_static(x, *, size, fill_value=-1):
    """The first ``size`` rows of `nonzero`, filled up where there are fewer.

    Parameters
    ----------
    x : Tensor
        Any shape.
    size : int
        How many rows.
    fill_value : int
        What stands in the rows that are left.

    Returns
    -------
    Tensor
        int64, shape ``(size, x.ndim)``.

    Raises
    ------
    ShapeError
        If ``size`` is negative.

    Examples
    --------
    >>> from autograd_engine import nonzero_static, tensor
    >>> nonzero_static(tensor([0., 2., 3.]), size=3)
    tensor([[ 1],
            [ 2],
            [-1]])
    """
    if size < 0:
        raise ShapeError(f"nonzero_static() needs a size of at least 0, got {size}")
    found = np.argwhere(x)[:size]
    left = np.full((size - len(found), np.ndim(x)), fill_value)
    return np.concatenate([found, left])


@primitive(samples=[at((2, 3)), at(())])
def argwhere(x):
    """The indices of the elements that are not 0, one row for each.

    Examples
    --------
    >>> from autograd_engine import argwhere, tensor
    >>> argwhere(tensor([0., 2., 3.]))
    tensor([[1],
            [2]])
    """
    return np.argwhere(x)


@function_only
@primitive(samples=[at(np.array([0, 2, 1]), num_classes=3), at(np.array([[0], [1]]))])
def one_hot(x, *, num_classes=-1):
    """For each class number a vector with a 1 at that place.

    Parameters
    ----------
    x : integer Tensor
        Any shape, values from 0 on.
    num_classes : int
        The length of the vectors; -1 for one more than the greatest number.

    Returns
    -------
    Tensor
        int64, of the shape of ``x`` and ``num_classes``.

    Raises
    ------
    ShapeError
        If a number is negative or not less than ``num_classes``.

    Examples
    --------
    >>> from autograd_engine import one_hot, tensor
    >>> one_hot(tensor([0, 2]), 3)
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    x = integers(x, "one_hot")
    if not x.size and num_classes < 1:
        raise ShapeError("one_hot() of no elements needs num_classes")
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    if x.size and not 0 <= x.min() <= x.max() < num_classes:
        raise ShapeError(
            f"class numbers go from 0 to {num_classes - 1}, got some from {x.min()} to {x.max()}"
        )
    return (x[..., None] == np.arange(num_classes)).astype(np.int64)
