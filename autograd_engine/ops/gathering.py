"""Reading along a dimension by an index tensor: gather and its relatives.

Each works out which elements it means and leaves reading to `getitem`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.decision import worked_out
from ..core.batched import of_all
from ..core.errors import ShapeError
from .declare import at, composite, normal_dims
from .indexing import getitem, integers
from .shape import broadcast_to

_INDEX = np.array([[0, 2, 2], [1, 0, 1]])
_ROWS = np.array([2, 0, 2])


def flat_places(index: Any, shape: tuple, dim: int, name: str) -> np.ndarray:
    """The positions, in the flat array of this shape, of the entries that ``index`` names along
    ``dim``, its own place along the others.
    """
    return worked_out(_flat_places, index, shape=shape, dim=dim, name=name)


def _flat_places(index: Any, shape: tuple, dim: int, name: str) -> np.ndarray:
    index = integers(index, name)
    (dim,) = normal_dims(dim, max(len(shape), 1))
    if index.size == 0:
        return index
    shape = shape or (1,)
    wide = index.reshape(index.shape or (1,))
    if wide.ndim != len(shape) or any(
        m > n for d, (m, n) in enumerate(zip(wide.shape, shape)) if d != dim
    ):
        raise ShapeError(
            f"{name}() needs an index of at most shape {list(shape)} but for dimension {dim}, got "
            f"{list(index.shape)}"
        )
    named = of_all(wide)
    if not -shape[dim] <= named.min() <= named.max() < shape[dim]:
        raise IndexError(
            f"{name}(): indices from {named.min()} to {named.max()} are out of range for dimension "
            f"{dim} of length {shape[dim]}"
        )
    flat: Any = np.where(wide < 0, wide + shape[dim], wide) * math.prod(shape[dim + 1 :])
    for d, places in enumerate(np.ogrid[tuple(map(slice, wide.shape))]):
        if d != dim:
            flat = flat + places * math.prod(shape[d + 1 :])
    return flat.reshape(index.shape)


def entry_index(dim: int, index: Any, ndim: int, name: str) -> tuple:
    """The index that picks whole entries along ``dim``."""
    entries = worked_out(_entries, index, name=name)
    return (*(slice(None),) * normal_dims(dim, max(ndim, 1))[0], entries)


def _entries(index: Any, name: str) -> np.ndarray:
    index = integers(index, name)
    if index.ndim > 1:
        raise ShapeError(f"{name}() needs a 1-d index, got shape {list(index.shape)}")
    return index.reshape(-1).copy()


@composite(
    samples=[
        at((3, 4), 1, _INDEX),
        at((3, 4), -2, _INDEX),
        at((3,), 0, _ROWS),
        at((), 0, np.array(0)),
    ]
)
def gather(x, dim, index):
    """For each place of ``index``, the element of ``x`` at that place, but along ``dim`` where the
    index says.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int
        The dimension.
    index : integer Tensor
        Of the dimensions of ``x``, and nowhere longer but along ``dim``.

    Returns
    -------
    Tensor
        The shape of ``index``: ``out[i, j] = x[index[i, j], j]`` for ``dim=0``.

    Raises
    ------
    IndexError
        If an index is out of range.

    Examples
    --------
    >>> from autograd_engine import gather, tensor
    >>> gather(tensor([[1., 2.], [3., 4.]]), 1, tensor([[0, 0], [1, 0]]))
    tensor([[1., 1.],
            [4., 3.]])
    """
    return getitem(x.reshape((-1,)), index=flat_places(index, x.shape, dim, "gather"))


@composite(
    numpy=np.take_along_axis,
    samples=[at((3, 4), _INDEX[:1], 1), at((3, 3), _INDEX[:1], -2), at((3, 4), _ROWS)],
)
def take_along_dim(x, indices, dim=None):
    """The elements that ``indices`` names along ``dim``, for instance by ``argsort`` or ``argmax``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    indices : integer Tensor
        Of the dimensions of ``x``; along the others than ``dim`` the two broadcast.
    dim : int, optional
        The dimension; without it both are flattened.

    Returns
    -------
    Tensor
        The broadcast shape, with the length of ``indices`` along ``dim``.

    Examples
    --------
    >>> from autograd_engine import take_along_dim, tensor
    >>> take_along_dim(tensor([[1., 2.], [3., 4.]]), tensor([[1], [0]]), dim=1)
    tensor([[2.],
            [3.]])
    """
    if dim is None:
        return gather(x.reshape((-1,)), 0, indices.reshape((-1,)))
    index = worked_out(integers, indices, name="take_along_dim")
    if index.ndim == x.ndim:
        if x.ndim:
            x, index = _alike_but_for(normal_dims(dim, x.ndim)[0], x, index)
    return gather(x, dim, index)


def _alike_but_for(dim: int, x: Any, index: np.ndarray) -> tuple[Any, np.ndarray]:
    """Both broadcast along the other dimensions."""
    ones = [(*shape[:dim], 1, *shape[dim + 1 :]) for shape in (x.shape, index.shape)]
    common = list(np.broadcast_shapes(*ones))
    shapes = []
    for length in (x.shape[dim], index.shape[dim]):
        common[dim] = length
        shapes.append(tuple(common))
    return broadcast_to(x, shapes[0]), worked_out(np.broadcast_to, index, shape=shapes[1])


@composite(samples=[at((3, 4), 0, _ROWS), at((3, 4), -1, _ROWS), at((), 0, np.array(0))])
def index_select(x, dim, index):
    """The entries of ``x`` along ``dim`` that ``index``, a vector, names.

    Examples
    --------
    >>> from autograd_engine import index_select, tensor
    >>> index_select(tensor([[1., 2.], [3., 4.]]), 1, tensor([1, 1]))
    tensor([[2., 2.],
            [4., 4.]])
    """
    if x.ndim == 0:
        return index_select(x.reshape((1,)), dim, index).reshape(())
    return getitem(x, index=entry_index(dim, index, x.ndim, "index_select"))


@composite(samples=[at((3, 4), np.array([[0, 11], [-1, 0]])), at((), np.array([0, 0]))])
def take(x, index):
    """The elements that ``index`` names in the flattened ``x``.

    Examples
    --------
    >>> from autograd_engine import take, tensor
    >>> take(tensor([[1., 2.], [3., 4.]]), tensor([[0, 3]]))
    tensor([[1., 4.]])
    """
    places = worked_out(_places_in_all, index, size=math.prod(x.shape))
    return getitem(x.reshape((-1,)), index=places)


def _places_in_all(index: Any, size: int) -> np.ndarray:
    flat = _flat_places(np.reshape(index, -1), (size,), 0, "take")
    return flat.reshape(np.shape(index))
