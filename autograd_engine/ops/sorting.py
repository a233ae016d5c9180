"""Order: sorting, the greatest few, and searching. The order is found without a graph, then the
elements are read by it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..core.recorder import looked_at
from ..core.errors import ShapeError
from ..core.tensor import Tensor
from .declare import at, composite, function_only, normal_dims, primitive
from .gathering import take_along_dim

_REPEATED = np.array([[3, 1], [1, 2], [3, 1]])
_EDGES = np.array([-1.0, 0.0, 1.0])


class Sorted(NamedTuple):
    """What `sort` and `topk` return."""

    values: Any
    indices: Any


@primitive(
    numpy=np.argsort,
    batching="dims",
    samples=[at((3, 4)), at((3, 4), dim=0, descending=True), at(()), at((0, 2))],
)
def argsort(x, *, dim=-1, descending=False, stable=True):
    """The indices that put the elements in order along a dimension.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int
        The dimension.
    descending : bool
        From the greatest to the smallest.
    stable : bool
        Equal elements always keep their order.

    Returns
    -------
    Tensor
        int64, of the shape of ``x``. NaN counts as greater than any number.

    Examples
    --------
    >>> from autograd_engine import argsort, tensor
    >>> argsort(tensor([3., 1., 2.]))
    tensor([1, 2, 0])
    """
    if np.ndim(x) == 0:
        return np.zeros((), int)
    (dim,) = normal_dims(dim, x.ndim)
    if not descending:
        return np.argsort(x, dim, kind="stable")
    # The mirror image of the ascending order of the mirror image: so equal elements keep their
    # order.
    return x.shape[dim] - 1 - np.flip(np.argsort(np.flip(x, dim), dim, kind="stable"), dim)


@composite(samples=[at((3, 4)), at((3, 4), 0, True), at(()), at((0, 2))])
def sort(x, dim=-1, descending=False, stable=True):
    """The elements in order along a dimension, and where each was.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim, descending, stable
        As in `argsort`.

    Returns
    -------
    (values, indices)
        Both of the shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import sort, tensor
    >>> sort(tensor([3., 1., 2.])).values
    tensor([1., 2., 3.])
    """
    indices = argsort(x, dim=dim, descending=descending, stable=stable)
    return Sorted(take_along_dim(x, indices, dim), indices)


@composite(samples=[at((3, 2)), at((3,))])
def msort(x):
    """The elements in order along the first dimension.

    Examples
    --------
    >>> from autograd_engine import msort, tensor
    >>> msort(tensor([[3., 1.], [2., 5.]]))
    tensor([[2., 1.],
            [3., 5.]])
    """
    return sort(x, 0).values


@composite(samples=[at((3, 4), 2), at((3, 4), 2, 0, False), at((), 1), at((3,), 0)])
def topk(x, k, dim=-1, largest=True, sorted=True):
    """The ``k`` greatest (or smallest) elements along a dimension, in order, and where they are.

    Parameters
    ----------
    x : Tensor
        Any shape.
    k : int
        How many.
    dim : int
        The dimension.
    largest : bool
        The greatest, or else the smallest.
    sorted : bool
        They always come in order.

    Returns
    -------
    (values, indices)
        With the length ``k`` along ``dim``.

    Raises
    ------
    ShapeError
        If there are not so many.

    Examples
    --------
    >>> from autograd_engine import tensor, topk
    >>> topk(tensor([3., 1., 2.]), 2).values
    tensor([3., 2.])
    """
    (dim,) = normal_dims(dim, x.ndim) or (0,)
    length = x.shape[dim] if x.ndim else 1
    if not 0 <= k <= length:
        raise ShapeError(f"topk() cannot take {k} of the {length} elements of dimension {dim}")
    indices = argsort(x, dim=dim, descending=largest)
    if x.ndim:
        indices = indices[(*(slice(None),) * dim, np.arange(k))]
    return Sorted(take_along_dim(x, indices, dim), indices)


def plain(x: Any) -> np.ndarray:
    """The array of a tensor, or what is one already."""
    return np.asarray(looked_at(x))


def found(x: Any, first: Any, *others: tuple[Any, bool]) -> Any:
    """What a search through ``x`` returns: one result, and those others that were wanted."""
    results = [first, *[result for result, wanted in others if wanted]]
    if isinstance(x, Tensor):
        results = [Tensor(result) for result in results]
    return tuple(results) if len(results) > 1 else results[0]


@composite(
    samples=[
        at(_REPEATED),
        at(_REPEATED, return_inverse=True, return_counts=True),
        at(_REPEATED, dim=0, return_inverse=True),
    ]
)
def unique(x, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements, in order.

    Parameters
    ----------
    x : Tensor
        Any shape.
    sorted : bool
        They always come in order.
    return_inverse : bool
        Return also, for each element of ``x``, which of them it is.
    return_counts : bool
        Return also how often each occurs.
    dim : int, optional
        Compare whole entries along a dimension instead of single elements.

    Returns
    -------
    Tensor, or a tuple of Tensor
        A vector without a graph (with ``dim``, as many dimensions as ``x``).

    Examples
    --------
    >>> from autograd_engine import tensor, unique
    >>> unique(tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    if dim is not None:
        (dim,) = normal_dims(dim, x.ndim)
    values, inverse, counts = np.unique(
        plain(x), return_inverse=True, return_counts=True, axis=dim, equal_nan=False
    )
    inverse = inverse.reshape(x.shape if dim is None else (-1,))
    return found(x, values, (inverse, return_inverse), (counts, return_counts))


@function_only
@primitive(
    samples=[
        at(np.array([1.0, 3.0, 5.0]), (2, 3)),
        at(np.array([[1.0, 3.0], [0.0, 1.0]]), (2, 3), right=True),
    ]
)
def searchsorted(sorted_sequence, values, *, out_int32=False, right=False, side=None):
    """Where each value would have to be inserted so that a sequence stays in order.

    Parameters
    ----------
    sorted_sequence : Tensor
        In ascending order along its last dimension: a vector, or one for each row of ``values``.
    values : Tensor or number
    out_int32 : bool
        Return int32 instead of int64.
    right : bool
        Insert behind equal elements, not before them. ``side="right"`` says the same.

    Returns
    -------
    Tensor
        The shape of ``values``.

    Examples
    --------
    >>> from autograd_engine import searchsorted, tensor
    >>> searchsorted(tensor([1., 3., 5.]), tensor([3., 4.]))
    tensor([1, 2])
    """
    if side is None:
        side = "right" if right else "left"
    dtype = np.int32 if out_int32 else np.int64
    sequence = np.asarray(sorted_sequence)
    values = np.asarray(values)
    if sequence.ndim == 1:
        return np.asarray(np.searchsorted(sequence, values, side)).astype(dtype)
    if sequence.shape[:-1] != values.shape[:-1]:
        raise ShapeError(
            f"rows of shape {list(sequence.shape[:-1])} cannot be searched for values of shape "
            f"{list(values.shape)}"
        )
    count = math.prod(values.shape[:-1])
    rows = zip(sequence.reshape(count, -1), values.reshape(count, -1)) if values.size else ()
    places = np.array([np.searchsorted(row, wanted, side) for row, wanted in rows], dtype)
    return places.reshape(values.shape)


@function_only
@composite(samples=[at((2, 3), _EDGES), at((), _EDGES, right=True)])
def bucketize(x, boundaries, *, out_int32=False, right=False):
    """Between which boundaries each element lies: the number of boundaries below it.

    Parameters
    ----------
    x : Tensor or number
        Any shape.
    boundaries : Tensor
        A vector in ascending order.
    out_int32 : bool
        Return int32 instead of int64.
    right : bool
        Whether a boundary that equals the element counts.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import bucketize, tensor
    >>> bucketize(tensor([0.5, 3., 9.]), tensor([1., 3., 5.]))
    tensor([0, 1, 3])
    """
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)
