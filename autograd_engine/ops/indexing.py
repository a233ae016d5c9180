"""Reading and writing parts of a tensor. The gradient of a gather is a scatter, and the other way round."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declare import at, normal_dims, primitive


def plain_index(index: Any) -> Any:
    """An index with tensors replaced by arrays, and lists by integer or boolean arrays."""
    if isinstance(index, tuple):
        return tuple([plain_index(item) for item in index])
    if isinstance(index, Tensor):
        index = index._data
        if index.dtype.kind == "f":
            raise IndexError(f"indices are integers or booleans, got a tensor of {index.dtype}")
    return index


def _is_basic(index: Any) -> bool:
    """Whether an index has only slices, integers, None and Ellipsis, and so names no element twice."""
    items = index if isinstance(index, tuple) else (index,)
    return all(item is None or item is Ellipsis or isinstance(item, (slice, int, np.integer)) and not isinstance(item, bool) for item in items)


@primitive(vjp=lambda g, x_shape, index: _scatter(g, shape=x_shape, index=index), symbol="[]",
           samples=[at((4, 3), index=1), at((4, 3), index=(slice(None, None, 2), None, -1)), at((4, 3), index=np.array([0, 0, 2])),
                    at((4, 3), index=(Ellipsis, [2, 0])), at((3,), index=np.array([True, False, True]))])  # fmt: skip
def getitem(x, *, index):
    """A part of ``x``, chosen as NumPy chooses: ``x[index]``."""
    part = x[index]
    # A single number would be a copy: with an Ellipsis NumPy gives a 0-d view of the same memory.
    return part if isinstance(part, np.ndarray) or not isinstance(x, np.ndarray) else x[(*index, ...) if isinstance(index, tuple) else (index, ...)]


@primitive(vjp=lambda g, index: getitem(g, index=index), symbol="scatter", samples=[at((3, 3), shape=(4, 3), index=np.array([0, 0, 2]))])
def _scatter(x, *, shape, index):
    """Zeros, to which ``x`` is added at ``index``; what falls on one place adds up."""
    out = np.zeros(shape, x.dtype)
    if _is_basic(index):
        out[index] = x
    else:
        np.add.at(out, index, x)
    return out


def _written(g: Any, v_shape: tuple, index: Any) -> Any:
    """The cotangent of written values: what stands at ``index``, but nothing for a value that a later one overwrote."""
    part = getitem(g, index=index)
    if not _is_basic(index):
        order = np.arange(math.prod(part.shape)).reshape(part.shape)
        winner = np.empty(g.shape, int)
        winner[index] = order
        part = part * (winner[index] == order)
    extra = len(v_shape) - part.ndim
    return part.reshape((1,) * extra + tuple(part.shape)) if extra > 0 else part


@primitive(vjp=(lambda g, index: setitem(g, 0.0, index=index), lambda g, v_shape, index: _written(g, v_shape, index)), symbol="[]=",
           samples=[at((4, 3), (3,), index=1), at((4, 3), (), index=(slice(1, 3), 0)), at((4, 3), (2, 3), index=np.array([2, 0]))])  # fmt: skip
def setitem(x, v, *, index):
    """A copy of ``x`` in which ``v`` stands at ``index``: what ``x[index] = v`` records."""
    out = np.array(x)
    out[index] = v
    return out


def _along(indices: np.ndarray, dim: int) -> tuple:
    """The index that picks, along ``dim``, the entries named by ``indices``, and its own place along the others."""
    grid: list[Any] = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[dim] = indices
    return tuple(grid)


@primitive(vjp=(lambda g, x_shape, indices, dim: _put_along(g, indices, shape=x_shape, dim=dim), None), numpy=np.take_along_axis,
           samples=[at((3, 4), np.array([[0, 3, 3], [1, 1, 0], [2, 0, 2]]), dim=1), at((3,), np.array([2, 2]), dim=0)])  # fmt: skip
def take_along_dim(x, indices, *, dim):
    """The elements that ``indices`` names along ``dim``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    indices : integer Tensor
        Of the dimensions of ``x``; along the others than ``dim`` it broadcasts with ``x``.
    dim : int
        The dimension.

    Returns
    -------
    Tensor
        The shape of ``indices``.

    Examples
    --------
    >>> from autograd_engine import take_along_dim, tensor
    >>> take_along_dim(tensor([[1., 2.], [3., 4.]]), tensor([[1], [0]]), dim=1)
    tensor([[2.],
            [3.]])
    """
    if np.ndim(x) == 0:
        return np.asarray(x).reshape(np.shape(indices))
    return np.take_along_axis(x, indices, normal_dims(dim, x.ndim)[0])


@primitive(vjp=(lambda g, indices, dim: take_along_dim(g, indices, dim=dim), None),
           samples=[at((3, 2), np.array([[0, 3], [1, 1], [2, 0]]), shape=(3, 4), dim=1)])  # fmt: skip
def _put_along(x, indices, *, shape, dim):
    """Zeros, to which ``x`` is added at the places that ``indices`` names along ``dim``."""
    out = np.zeros(shape, x.dtype)
    if not shape:
        return x.reshape(())
    (dim,) = normal_dims(dim, len(shape))
    wide = [n if i == dim else shape[i] for i, n in enumerate(indices.shape)]
    np.add.at(out, _along(np.broadcast_to(indices, wide), dim), x)
    return out


from ..tensor import Tensor  # noqa: E402
