"""Diagonals and triangles of matrices: taking them out, and making matrices of them."""

from __future__ import annotations

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, in_place, normal_dims, primitive, rows
from .shape import _clone

_TRIANGLES = [at((3, 4)), at((2, 3, 3), diagonal=-1), at((3, 4), diagonal=2)]


@primitive(
    vjp=lambda g, x_shape, offset, dim1, dim2: _embed(
        g, shape=x_shape, offset=offset, dim1=dim1, dim2=dim2
    ),
    numpy=np.diagonal,
    batching="dims",
    samples=[at((3, 3)), at((2, 3, 4), offset=1, dim1=0, dim2=-1), at((2, 3), offset=-5)],
)
def diagonal(x, *, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices in two dimensions, as the last dimension, on the same memory.

    Parameters
    ----------
    x : Tensor
        At least two dimensions.
    offset : int
        Which diagonal: 0 the main one, positive above it, negative below.
    dim1, dim2 : int
        The dimensions of the matrices.

    Returns
    -------
    Tensor
        The shape of ``x`` without the two dimensions, and the length of the diagonal.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, 2).diagonal()
    tensor([0., 3.])
    """
    if np.ndim(x) < 2:
        raise ShapeError("diagonal() needs at least 2 dimensions")
    return _writable_diagonal(x, offset, dim1, dim2)


def _writable_diagonal(x: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    part = x.diagonal(offset, dim1, dim2)
    part.flags.writeable = x.flags.writeable
    return part


@primitive(
    vjp=lambda g, offset, dim1, dim2: diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
    samples=[at((2, 3), shape=(2, 3, 4), offset=1, dim1=1, dim2=2)],
)
def _embed(x, *, shape, offset, dim1, dim2):
    """Zeros of a shape, with ``x`` on a diagonal."""
    out = np.zeros(shape, x.dtype)
    _writable_diagonal(out, offset, dim1, dim2)[...] = x
    return out


@composite(samples=[at((2, 3)), at((2, 3), 1), at((2, 3), -1, 0, 2)])
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    """Square matrices, in two new dimensions, with the last dimension of ``x`` on their diagonal.

    Examples
    --------
    >>> from autograd_engine import diag_embed, tensor
    >>> diag_embed(tensor([1., 2.]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    n = x.shape[-1] + abs(offset)
    dim1, dim2 = normal_dims((dim1, dim2), x.ndim + 1)
    others = iter(x.shape[:-1])
    shape = tuple([n if d in (dim1, dim2) else next(others) for d in range(x.ndim + 1)])
    return _embed(x, shape=shape, offset=offset, dim1=dim1, dim2=dim2)


@composite(numpy=np.diag, samples=[at((3,)), at((3,), -1), at((3, 4)), at((3, 4), 2)])
def diag(x, diagonal=0):
    """A copy of the diagonal of a matrix, or the matrix of a diagonal.

    Examples
    --------
    >>> from autograd_engine import diag, tensor
    >>> diag(tensor([[1., 2.], [3., 4.]]))
    tensor([1., 4.])
    >>> diag(tensor([1., 2.]), 1).shape
    (3, 3)
    """
    if x.ndim not in (1, 2):
        raise ShapeError(f"diag() takes a vector or a matrix, got shape {list(x.shape)}")
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    return _clone(_diagonal(x, offset=diagonal), order="C")


_diagonal = diagonal


@composite(numpy=np.diagflat, samples=[at((2, 2)), at((3,), 1)])
def diagflat(x, offset=0):
    """The matrix with the elements of ``x``, flattened, on its diagonal.

    Examples
    --------
    >>> from autograd_engine import diagflat, tensor
    >>> diagflat(tensor([[1.], [2.]]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    return diag_embed(x.reshape((-1,)), offset)


@composite(samples=[at((3, 4)), at((0, 2))])
def trace(x):
    """The sum of the diagonal of a matrix.

    Examples
    --------
    >>> from autograd_engine import tensor, trace
    >>> trace(tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    if x.ndim != 2:
        raise ShapeError(f"trace() takes a matrix, got shape {list(x.shape)}")
    return diagonal(x).sum(-1)


@in_place
@primitive(
    vjp=lambda g, diagonal: tril(g, diagonal=diagonal),
    numpy=np.tril,
    batching="front",
    samples=_TRIANGLES,
)
def tril(x, *, diagonal=0):
    """The lower triangle of each matrix, and 0 elsewhere.

    Parameters
    ----------
    x : Tensor
        Shape ``(..., m, n)``.
    diagonal : int
        The last diagonal that is kept: 0 the main one, positive above it, negative below.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import ones, tril
    >>> tril(ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    if np.ndim(x) < 2:
        raise ShapeError("tril() needs at least 2 dimensions")
    return rows(np.tril(x, diagonal))


@in_place
@primitive(
    vjp=lambda g, diagonal: triu(g, diagonal=diagonal),
    numpy=np.triu,
    batching="front",
    samples=_TRIANGLES,
)
def triu(x, *, diagonal=0):
    """The upper triangle of each matrix, and 0 elsewhere.

    Parameters
    ----------
    x : Tensor
        Shape ``(..., m, n)``.
    diagonal : int
        The first diagonal that is kept: 0 the main one, positive above it, negative below.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import ones, triu
    >>> triu(ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    if np.ndim(x) < 2:
        raise ShapeError("triu() needs at least 2 dimensions")
    return rows(np.triu(x, diagonal))
