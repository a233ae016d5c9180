"""Pairs and combinations: distances between rows, and which elements are taken together."""

from __future__ import annotations

import itertools

import numpy as np

from ..core.errors import ShapeError
from . import norms
from .declare import at, composite, function_only
from .indexing import getitem


@composite(samples=[at((3,), (3,)), at((2, 3), (3,), p=3.0), at((2, 2), (2, 2), p=1)])
def dist(x, other, p=2):
    """The norm of the difference of two tensors.

    Parameters
    ----------
    x, other : Tensor
        Broadcast against each other.
    p : float
        Which norm.

    Returns
    -------
    Tensor
        Of one element.

    Examples
    --------
    >>> from autograd_engine import dist, tensor
    >>> dist(tensor([3., 0.]), tensor([0., 4.]))
    tensor(5.)
    """
    return norms.vector_norm(x - other, p)


@function_only
@composite(samples=[at((4, 3)), at((3, 2), p=1.0), at((3, 2), p=3.0), at((1, 2))])
def pdist(x, p=2.0):
    """The distances between all pairs of rows.

    Parameters
    ----------
    x : Tensor
        Shape ``(n, m)``.
    p : float
        Which norm.

    Returns
    -------
    Tensor
        Shape ``(n * (n - 1) / 2,)``: of the rows 0 and 1, 0 and 2, and so on.

    Raises
    ------
    ShapeError
        If ``x`` is no matrix.

    Examples
    --------
    >>> from autograd_engine import pdist, tensor
    >>> pdist(tensor([[0., 0.], [3., 4.], [0., 4.]]))
    tensor([5., 4., 3.])
    """
    if x.ndim != 2:
        raise ShapeError(f"pdist() takes a matrix, got shape {list(x.shape)}")
    first, second = np.triu_indices(x.shape[0], 1)
    return norms.vector_norm(getitem(x, index=first) - getitem(x, index=second), p, -1)


@function_only
@composite(samples=[at((4,)), at((3,), r=3), at((3,), with_replacement=True), at((2,), r=3)])
def combinations(x, r=2, with_replacement=False):
    """All combinations of ``r`` elements of a vector.

    Parameters
    ----------
    x : Tensor
        Shape ``(n,)``.
    r : int
        How many are taken.
    with_replacement : bool
        Whether an element may be taken several times.

    Returns
    -------
    Tensor
        Shape ``(number of combinations, r)``.

    Raises
    ------
    ShapeError
        If ``x`` is no vector, or ``r`` below 0.

    Examples
    --------
    >>> from autograd_engine import combinations, tensor
    >>> combinations(tensor([1., 2., 3.]))
    tensor([[1., 2.],
            [1., 3.],
            [2., 3.]])
    """
    if x.ndim != 1 or r < 0:
        raise ShapeError(
            f"combinations() takes a vector and r of at least 0, got shape {list(x.shape)}, r={r}"
        )
    choose = itertools.combinations
    if with_replacement:
        choose = itertools.combinations_with_replacement
    chosen = list(choose(range(x.shape[0]), r))
    return getitem(x, index=np.array(chosen, dtype=np.intp).reshape(len(chosen), r))
