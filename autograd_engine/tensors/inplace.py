"""Changing a tensor in place, exactly or not at all.

Outside recording the memory is written, and every tensor that shares it sees the change. Under
recording the change is an operation like any other, so the tensor is *rebound* to the result: what
the graph saved before stays intact. A view takes the tensor it is a view of along; where any other
living tensor shares the memory, an error is raised, because it would not see the change.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..core import memory
from ..core.errors import GraphError, ShapeError
from ..core.modes import recording
from ..core.node import LEAF
from ..core.tensor import Tensor
from ..ops.indexing import setitem


def check_writable(tensor: Tensor) -> None:
    """Raise if recording is on and the tensor is a leaf that requires a gradient, or a view of
    one."""
    if not recording.get():
        return
    base = memory.owner(tensor)
    if tensor.node is LEAF or (base is not None and base.node is LEAF and tensor.node is not None):
        which = (
            "a leaf that requires gradients"
            if tensor.node is LEAF
            else "a view of a leaf that requires gradients"
        )
        raise GraphError(
            f"{which} (shape {list(tensor.shape)}) cannot be changed in place while recording; do "
            "it under no_grad()"
        )


def assign(tensor: Tensor, result: Tensor) -> Tensor:
    """Make ``result``, computed from ``tensor``, its new value."""
    if result.shape != tensor.shape:
        raise ShapeError(
            f"an in-place operation cannot change shape {list(tensor.shape)} into "
            f"{list(result.shape)}"
        )
    if not np.can_cast(result.dtype, tensor.dtype, "same_kind"):
        raise ShapeError(
            f"a result of {result.dtype} cannot be stored in place in a tensor of {tensor.dtype}"
        )
    if result.node is None and tensor.node is not None and recording.get():
        result = setitem(
            tensor, result, index=...
        )  # a value without a graph, as of y.eq_(0), still takes the place of one with it
    if result.node is None:
        return write(tensor, lambda array: np.copyto(array, result._data, casting="same_kind"))
    if result.dtype != tensor.dtype:
        result = result.to(tensor.dtype)
    if getattr(
        tensor, "_link", None
    ):  # detach() and .data share memory and no graph: so only the memory goes on being shared
        write(tensor, lambda array: np.copyto(array, result._data))
        tensor.node = result.node
        return tensor
    base = memory.owner(tensor)
    sharing = memory.aliases(tensor)
    if sharing > 2 or (sharing == 2 and base is None):
        raise GraphError(
            f"this tensor of shape {list(tensor.shape)} shares its memory with another, which "
            "would not see the recorded "
            "in-place operation; work on a clone(), or write x = x + ... in place of x += ..."
        )
    retained = tensor.release_grad()
    if base is not None and sharing == 2:
        _rebind_base(base, tensor, result)
    else:
        tensor._data, tensor.node = result._data, result.node
        tensor._memory = None
    if retained:
        tensor.retain_grad()
    return tensor


def _rebind_base(base: Tensor, view: Tensor, result: Tensor) -> None:
    """Write a view's new value into what it is a view of: a copy of the base, with the value at the
    view's places.
    """
    places = _places(base._data, view._data)
    flat = setitem(base.reshape((-1,)), result.reshape((-1,)), index=places.reshape(-1))
    whole = flat.reshape(base.shape)
    data = np.ascontiguousarray(whole._data)
    rest = data.reshape(-1)[int(places.flat[0]) :] if places.size else data
    start = np.lib.stride_tricks.as_strided(rest, view.shape, view._data.strides)
    base._data, base.node = data, whole.node
    view._data, view.node = start, result.node


def _places(base: np.ndarray, view: np.ndarray) -> np.ndarray:
    """For each element of the view, its position in the (contiguous) base."""
    if not base.flags.c_contiguous:
        raise GraphError(
            "a recorded in-place operation on a view needs a contiguous tensor behind it; work on "
            "a clone()"
        )
    offset = (
        view.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    ) // base.itemsize
    steps = [n // base.itemsize for n in view.strides]
    places = np.full(view.shape, offset)
    for dim, (n, step) in enumerate(zip(view.shape, steps)):
        places += (np.arange(n) * step).reshape([-1 if i == dim else 1 for i in range(view.ndim)])
    return places


def write(tensor: Tensor, change: Callable[[Any], Any]) -> Tensor:
    """Change the memory itself; every tensor that shares it sees it, and the backward sweep is
    warned.
    """
    array = tensor._data
    if not isinstance(array, np.ndarray):
        array = np.array(array)
    try:
        change(array)
    except ValueError as error:
        if "read-only" in str(error):
            raise GraphError(
                f"this tensor of shape {list(tensor.shape)} is read-only: several of its elements "
                "are one place in memory "
                "(expand, broadcast_to); clone() it before changing it"
            ) from error
        raise ShapeError(
            f"in-place change of a tensor of {tensor.dtype}{list(tensor.shape)}: {error}"
        ) from error
    if tensor._data is not array:
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
    >>> x.numpy()[0] = 5.0
    >>> increment_version(x)
    >>> y.backward()  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    GraphError: ...
    """
    memory.record_write(tensor)
