"""Changing a tensor in place, exactly or not at all.

Outside recording the memory is written, and every tensor that shares it sees the change. Under
recording the change is an operation like any other, so the tensor is *rebound* to the result: what
the graph saved before stays intact. A view takes the tensor it is a view of along, and both take
along every other tensor that looks into their memory: all see the change, and where they are in the
graph, they are in that of the new value.
"""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ..core import memory
from ..core.batched import Batched, lead, levels_of
from ..core.errors import GraphError, ShapeError
from ..core.declaration import primitive
from ..core.modes import recording
from ..core.node import LEAF
from ..core.recorder import listening, note_before_write, note_write, paused
from ..core.tensor import Tensor
from ..ops.declare import at
from ..ops.indexing import _scatter, setitem


def check_writable(tensor: Tensor) -> None:
    """Raise if recording is on and the tensor is a leaf that requires a gradient, or a view of
    one."""
    if not recording.get():
        return
    base = memory.owner(tensor)
    if tensor.node is LEAF or (base is not None and base.node is LEAF and tensor.node is not None):
        which = "a leaf" if tensor.node is LEAF else "a view of a leaf"
        raise GraphError(
            f"{which} that requires gradients (shape {list(tensor.shape)}) cannot be changed in "
            "place while recording; do it under no_grad()"
        )


def assign(tensor: Tensor, result: Tensor) -> Tensor:
    """Make ``result``, computed from ``tensor``, its new value."""
    _check_fits(tensor, result)
    if not listening:
        return _assigned(tensor, result)
    if result.dtype != tensor.dtype:
        result = result.to(tensor.dtype)
    if levels_of([tensor._data, result._data]):
        return _assigned_many(tensor, result)
    sharing = _sharing(tensor)
    note_before_write(tensor)
    with paused():
        _assigned(tensor, result)
    note_write(tensor, result, sharing)
    return tensor


def _assigned(tensor: Tensor, result: Tensor) -> Tensor:
    if result.node is None and tensor.node is not None and recording.get():
        # A value without a graph, as of y.eq_(0), still takes the place of one with it.
        result = setitem(tensor, result, index=...)
    if result.node is None:
        return write(tensor, lambda array: np.copyto(array, result._data, casting="same_kind"))
    if result.dtype != tensor.dtype:
        result = result.to(tensor.dtype)
    if getattr(tensor, "_link", None):
        # detach() and .data share memory and no graph: so only the memory goes on being shared.
        write(tensor, lambda array: np.copyto(array, result._data))
        tensor.node = result.node
        return tensor
    base = memory.owner(tensor)
    if base is None:  # its own, or nobody holds what it and others are views of
        base = max([tensor, *_overlapping(tensor)], key=lambda each: each._data.nbytes)
    views = _overlapping(base)
    changes = memory.version(tensor) + 1
    if views:
        _rebind_all(base, views, tensor, result)
    else:
        rebind(tensor, result._data, result.node)
        tensor._memory = None
    memory.count_from(tensor, changes)
    return tensor


def _assigned_many(tensor: Tensor, result: Tensor) -> Tensor:
    """The same where one of the two stands for many, inside of `vmap`."""
    levels = levels_of([tensor._data])
    if not set(levels_of([result._data])) <= set(levels):
        raise GraphError(
            f"a tensor of shape {list(tensor.shape)} that is the same for all samples of vmap "
            "cannot be changed in place by values that differ between them; compute a new tensor, "
            "or change one that differs between the samples, as x.new_zeros() of a sample x does"
        )
    if result.node is None and (tensor.node is None or not recording.get()):
        given = lead(result._data, levels)
        return write(tensor, lambda array: np.copyto(array, given))
    if memory.owner(tensor) is not None or memory.views(tensor):
        raise GraphError(
            f"inside of vmap a tensor of shape {list(tensor.shape)} whose memory others look into "
            "cannot be changed in place while recording: write x[i] = x[i] + y for x[i] += y, or "
            "work on a clone()"
        )
    rebind(tensor, result._data, result.node)
    return tensor


def _check_fits(tensor: Tensor, result: Tensor) -> None:
    """Raise if a result cannot be stored in a tensor."""
    if result.shape != tensor.shape:
        raise ShapeError(
            f"an in-place operation cannot change shape {list(tensor.shape)} into "
            f"{list(result.shape)}"
        )
    if not np.can_cast(result.dtype, tensor.dtype, "same_kind"):
        raise ShapeError(
            f"a result of {result.dtype} cannot be stored in place in a tensor of {tensor.dtype}"
        )


def rebind(tensor: Tensor, data: Any, node: Any) -> None:
    """Give a tensor another value and place in the graph; it goes on retaining its gradient."""
    retained = tensor.release_grad()
    tensor._data = data
    tensor.node = node
    if retained:
        tensor.retain_grad()


# --- views ----------------------------------------------------------------------------------------


def _sharing(tensor: Tensor) -> list[Tensor]:
    """The other tensors that see what is written to this one."""
    base = memory.owner(tensor)
    if base is None:
        base = tensor
    return [x for x in [base, *_overlapping(base)] if x is not tensor]


def _overlapping(base: Tensor) -> list[Tensor]:
    """The other tensors that look into a part of memory that this one looks into."""
    views = memory.views(base)
    return [view for view in views if np.may_share_memory(view._data, base._data)]


def _rebind_all(base: Tensor, views: list[Tensor], tensor: Tensor, result: Tensor) -> None:
    """Give the base its new value, a view's new ``result`` written into it; the views look into
    that.

    The new memory is laid out as the old one, so that each view lies in it where it lay.
    """
    old = base._data
    low, high = byte_bounds(old)
    places = {id(view): _places_in(old, view._data, low, high) for view in views}
    whole = result
    if tensor is not base:
        if not tensor._data.flags.writeable:
            raise _read_only(tensor)
        whole = _with_view(base, result, places=places[id(tensor)])
    if whole is not result and old.flags.c_contiguous:
        buffer = whole._data.reshape(-1)
    else:
        buffer = np.empty((high - low) // old.itemsize, old.dtype)
        _laid(buffer, old, low)[...] = whole._data
    rebind(base, _laid(buffer, old, low), whole.node)
    memory.own(base)
    for view in views:
        node = view.node
        if node is not LEAF and not hasattr(view, "_link"):
            node = _view_of(base, places=places[id(view)]).node
        rebind(view, _laid(buffer, view._data, low), node)


@primitive(
    vjp=lambda g, x_shape, places: _scatter(g, shape=(math.prod(x_shape),), index=places).reshape(
        x_shape
    ),
    symbol="[]",
    samples=[at((2, 3), places=np.array([[0, 4], [4, 1]]))],
)
def _view_of(x, *, places):
    """What a view sees of ``x``: the elements at its places in the flat array."""
    return x.reshape(-1)[places]


@primitive(
    vjp=(
        lambda g, places: _with_view(g, 0.0, places=places),
        lambda g, places: _view_of(g, places=places),
    ),
    symbol="[…]=",
    samples=[at((2, 3), (2, 2), places=np.array([[0, 4], [2, 1]]))],
)
def _with_view(x, v, *, places):
    """A copy of ``x`` into which ``v`` was written through a view."""
    out = np.array(x, order="C")
    out.reshape(-1)[places] = v
    return out


def _places_in(base: np.ndarray, view: np.ndarray, low: int, high: int) -> np.ndarray:
    """For each element of the view its position among those of the base, which lies in memory from
    ``low`` to ``high``.
    """
    places: Any = np.array((view.__array_interface__["data"][0] - low) // base.itemsize)
    for n, step in zip(np.ogrid[tuple(map(slice, view.shape))], view.strides):
        places = places + n * (step // base.itemsize)
    size = (high - low) // base.itemsize
    inside = ((0 <= places) & (places < size)).all()
    if inside and not base.flags.c_contiguous:
        numbers = np.full(size, -1)
        _laid(numbers, base, low)[...] = np.arange(base.size).reshape(base.shape)
        places = numbers[places]
        inside = (places >= 0).all()
    if not inside:
        raise GraphError(
            f"tensors of shapes {list(base.shape)} and {list(view.shape)} look into the memory of "
            "one that nobody holds any more, so neither can be changed in place while recording; "
            "work on a clone()"
        )
    return places


def _laid(buffer: np.ndarray, like: np.ndarray, low: int) -> np.ndarray:
    """A view of the buffer that lies in it as ``like`` lies in the memory from address ``low``."""
    start = (like.__array_interface__["data"][0] - low) // like.itemsize
    strides = [step // like.itemsize * buffer.itemsize for step in like.strides]
    part = np.ndarray(like.shape, buffer.dtype, buffer, start * buffer.itemsize, strides)
    part.flags.writeable = like.flags.writeable
    return part


def _read_only(tensor: Tensor) -> GraphError:
    return GraphError(
        f"this tensor of shape {list(tensor.shape)} is read-only: several of its elements are one "
        "place in memory (expand, broadcast_to); clone() it before changing it"
    )


def write(tensor: Tensor, change: Callable[[Any], Any]) -> Tensor:
    """Change the memory itself; every tensor that shares it sees it, and the backward sweep is
    warned.
    """
    array = tensor._data
    many = type(array) is Batched
    if many:
        array = array.array
    elif not isinstance(array, np.ndarray):
        array = np.array(array)
    try:
        change(array)
    except ValueError as error:
        if "read-only" in str(error):
            raise _read_only(tensor) from error
        raise ShapeError(
            f"in-place change of a tensor of {tensor.dtype}{list(tensor.shape)}: {error}"
        ) from error
    if tensor._data is not array and not many:
        tensor._data = array[()]
    if getattr(tensor, "_link", None) != "data":
        memory.record_write(tensor)
    return tensor


def increment_version(tensor: Tensor) -> None:
    """Tell the engine that the memory of a tensor was written to by other means than the engine's.

    After it, a backward sweep through an op that saved this memory before raises instead of giving
    a wrong gradient.

    Examples
    --------
    >>> from autograd_engine import increment_version, tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> x.detach().numpy()[0] = 5.0
    >>> increment_version(x)
    >>> y.backward()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    GraphError: ...
    """
    memory.record_write(tensor)


def lie_in(tensors: list[Tensor], arrays: list[Any]) -> bool:
    """Whether tensors lie in these very arrays: not, where one was given other memory.

    Parameters
    ----------
    tensors : list of Tensor
    arrays : list of array

    Examples
    --------
    >>> from autograd_engine import lie_in, tensor
    >>> x = tensor([1.0])
    >>> array = x.numpy()
    >>> before = lie_in([x], [array])
    >>> x.data = array.copy()
    >>> before, lie_in([x], [array])
    (True, False)
    """
    for tensor, array in zip(tensors, arrays):
        if tensor._data is not array:
            return False
    return len(tensors) == len(arrays)


def are_untouched(leaves: list[Tensor], arrays: list[Any], grads: list[Tensor]) -> bool:
    """Whether leaves lie in these very arrays, want gradients, and have these very gradients: what
    a step of training leaves behind that has memory of its own for all of it.

    Parameters
    ----------
    leaves : list of Tensor
    arrays : list of array
    grads : list of Tensor

    Examples
    --------
    >>> from autograd_engine import are_untouched, no_grad, tensor
    >>> p, g = tensor([1.0], requires_grad=True), tensor([0.0])
    >>> p.grad = g
    >>> with no_grad():
    ...     array = p.numpy()
    >>> are_untouched([p], [array], [g]), are_untouched([p], [array.copy()], [g])
    (True, False)
    """
    for leaf, array, grad in zip(leaves, arrays, grads):
        if leaf._data is not array or leaf.node is not LEAF or leaf._grad is not grad:
            return False
    return True
