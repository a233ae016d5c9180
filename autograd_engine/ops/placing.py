"""A tensor with a part of it replaced: the part is named as `diagonal`, `select` and slicing name
it; and entries combined where several fall on one place.
"""

from __future__ import annotations


import numpy as np

from ..core.recorder import looked_at
from ..core.errors import ShapeError
from . import norms
from .declare import at, composite, in_place, normal_dims
from .scattering import scatter_reduce
from .indexing import setitem
from .choice import where
from .shape import movedim


def _whole(dim: int) -> tuple:
    """An index of the dimensions before ``dim``."""
    return (slice(None),) * dim


@composite(samples=[at((3, 4), (3,)), at((3, 4), (3,), offset=1), at((2, 3, 3), (2, 3), 0, 2, 1)])
def diagonal_scatter(x, src, offset=0, dim1=0, dim2=1):
    """``x`` with its diagonal replaced by ``src``.

    Parameters
    ----------
    x : Tensor
    src : Tensor
        The shape of ``diagonal(x, offset, dim1, dim2)``.
    offset, dim1, dim2 : int
        Which diagonal, see `diagonal`.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Raises
    ------
    ShapeError
        If ``src`` has another shape than the diagonal.

    Examples
    --------
    >>> from autograd_engine import diagonal_scatter, ones, zeros
    >>> diagonal_scatter(zeros(2, 2), ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    first, second = normal_dims((dim1, dim2), x.ndim)
    places = np.arange(max(x.shape[first], x.shape[second]))
    rows = places - min(offset, 0)
    columns = places + max(offset, 0)
    inside = (rows < x.shape[first]) & (columns < x.shape[second])
    moved = movedim(x, (first, second), (-2, -1))
    shape = (*moved.shape[:-2], int(inside.sum()))
    if src.shape != shape:
        raise ShapeError(
            f"diagonal_scatter() needs a src of shape {list(shape)}, got {list(src.shape)}"
        )
    index = (..., rows[inside], columns[inside])
    return movedim(setitem(moved, src, index=index), (-2, -1), (first, second))


@composite(samples=[at((3, 4), (4,), 0, 1), at((3, 4), (3,), 1, -1)])
def select_scatter(x, src, dim, index):
    """``x`` with its entry ``index`` along one dimension replaced by ``src``.

    Parameters
    ----------
    x : Tensor
    src : Tensor
        The shape of ``x`` without dimension ``dim``.
    dim, index : int

    Returns
    -------
    Tensor
        The shape of ``x``.

    Raises
    ------
    ShapeError
        If ``src`` has another shape.

    Examples
    --------
    >>> from autograd_engine import ones, select_scatter, zeros
    >>> select_scatter(zeros(2, 2), ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    (d,) = normal_dims(dim, x.ndim)
    shape = x.shape[:d] + x.shape[d + 1 :]
    if src.shape != shape:
        raise ShapeError(
            f"select_scatter() needs a src of shape {list(shape)}, got {list(src.shape)}"
        )
    return setitem(x, src, index=(*_whole(d), index))


@composite(samples=[at((4, 3), (2, 3), 0, 1, 3), at((4, 3), (4, 2), 1, 0, None, 2)])
def slice_scatter(x, src, dim=0, start=None, end=None, step=1):
    """``x`` with a slice along one dimension replaced by ``src``.

    Parameters
    ----------
    x : Tensor
    src : Tensor
        The shape of the slice.
    dim : int
    start, end, step : int, optional

    Returns
    -------
    Tensor
        The shape of ``x``.

    Raises
    ------
    ShapeError
        If ``src`` has another shape.

    Examples
    --------
    >>> from autograd_engine import ones, slice_scatter, zeros
    >>> slice_scatter(zeros(4), ones(2), start=1, end=3)
    tensor([0., 1., 1., 0.])
    """
    (d,) = normal_dims(dim, x.ndim)
    count = len(range(*slice(start, end, step).indices(x.shape[d])))
    shape = (*x.shape[:d], count, *x.shape[d + 1 :])
    if src.shape != shape:
        raise ShapeError(
            f"slice_scatter() needs a src of shape {list(shape)}, got {list(src.shape)}"
        )
    return setitem(x, src, index=(*_whole(d), slice(start, end, step)))


INDEX = np.array([0, 2, 0])


@in_place
@composite(
    samples=[
        at((3, 2), 0, INDEX, (3, 2), "prod"),
        at((2, 3), 1, INDEX, (2, 3), "mean"),
        at((3, 2), 0, INDEX, (3, 2), "amax", include_self=False),
        at((3,), 0, INDEX, (3,), "amin"),
    ]
)
def index_reduce(x, dim, index, source, reduce, *, include_self=True):
    """The entries of ``source`` along one dimension combined with those of ``x`` at ``index``.

    Parameters
    ----------
    x : Tensor
    dim : int
    index : Tensor of int
        Shape ``(n,)``.
    source : Tensor
        The shape of ``x``, but for a length of ``n`` along ``dim``.
    reduce : {"prod", "mean", "amax", "amin"}
    include_self : bool
        Whether the elements of ``x`` count among those that are combined.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Raises
    ------
    ValueError
        For any other ``reduce``.

    Examples
    --------
    >>> from autograd_engine import index_reduce, ones, tensor
    >>> index_reduce(ones(2), 0, tensor([0, 0]), tensor([3., 4.]), "prod")
    tensor([12.,  1.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ValueError(f"index_reduce() takes prod, mean, amax or amin, got {reduce!r}")
    (d,) = normal_dims(dim, x.ndim)
    places = np.asarray(looked_at(index))
    shape = [1] * source.ndim
    shape[d] = -1
    places = np.broadcast_to(places.reshape(shape), source.shape)
    return scatter_reduce(x, d, places, source, reduce, include_self=include_self)


@in_place
@composite(samples=[at((3, 4), 2, 0, 1.5), at((3, 4), 1, 1, 2.0), at((2, 3, 2), 3, 2, 0.5)])
def renorm(x, p, dim, maxnorm):
    """``x`` with each entry along one dimension scaled down to a norm of at most ``maxnorm``.

    Parameters
    ----------
    x : Tensor
    p : float
        Which norm.
    dim : int
    maxnorm : float

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import renorm, tensor
    >>> renorm(tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    (d,) = normal_dims(dim, x.ndim)
    others = tuple([i for i in range(x.ndim) if i != d])
    size = norms.vector_norm(x, p, others, True)
    return x * where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)
