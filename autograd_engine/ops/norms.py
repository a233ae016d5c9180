"""Norms of vectors and matrices under the names of ``torch.linalg``, and products along a
dimension.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, normal_dims
from .elementwise import abs
from .factorisations import svdvals
from .linear import _cross
from .reduction import amax, amin, sum
from .reduction import norm as norm_of_all
from .shape import movedim, unsqueeze
from .systems import SAMPLE, demand_square, inv


@composite(
    samples=[at((2, 3)), at((2, 3, 2), 3, dim=(0, -1)), at((3,), math.inf, keepdim=True), at(())]
)
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """``sum(abs(x) ** ord) ** (1 / ord)`` of all elements, or along dimensions.

    Parameters
    ----------
    x : Tensor
        Any shape.
    ord : number, inf or -inf
        0 counts what is not 0; infinities give the extremes.
    dim : int or tuple of int, optional
        By default all.
    keepdim : bool
        Whether reduced dimensions stay, with length 1.
    dtype : numpy dtype, optional
        Convert first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.vector_norm(tensor([3., 4.]))
    tensor(5.)
    """
    return norm_of_all(x, ord, dim, keepdim, dtype)


def _of_singular_values(x: Any, dim: tuple, ord: Any) -> Any:
    values = svdvals(movedim(x, dim, (-2, -1)))
    if ord == "nuc":
        return sum(values, -1)
    return (amax if ord > 0 else amin)(values, -1)


@composite(
    samples=[
        at((2, 3)),
        at((2, 3, 4), "nuc", dim=(-1, 0)),
        at((2, 3, 4), 1, keepdim=True),
        at((3, 2), -2),
        at((3, 2), math.inf),
    ]
)
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """The norm of each matrix.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    ord : {"fro", "nuc", inf, -inf, 1, -1, 2, -2}
        "fro": as one vector; "nuc": the sum of the singular values, 2 and -2: the greatest and
        smallest of them; 1 and -1: the greatest and smallest sum of absolute values of a column;
        the infinities: of a row.
    dim : (int, int)
        The dimensions of the matrices.
    keepdim : bool
        Whether reduced dimensions stay, with length 1.
    dtype : numpy dtype, optional
        Convert first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.matrix_norm(tensor([[1., -2.], [3., 4.]]), 1)
    tensor(6.)
    """
    if A.ndim < 2 or len(dim) != 2:
        raise ShapeError(
            f"matrix_norm() takes two dimensions of a tensor that has them, got {dim} of shape "
            f"{list(A.shape)}"
        )
    if ord not in ("fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2):
        raise ValueError(
            f"matrix_norm() knows the orders 'fro', 'nuc', inf, -inf, 1, -1, 2 and -2, got {ord!r}"
        )
    if dtype is not None:
        A = A.astype(dtype)
    rows, columns = normal_dims(dim, A.ndim)
    if ord == "fro":
        return norm_of_all(A, 2, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        out = _of_singular_values(A, (rows, columns), ord)
    else:
        summed = rows if math.fabs(ord) == 1 else columns
        sums = sum(abs(A), summed, keepdim=True)
        if ord > 0 and 0 in (A.shape[rows], A.shape[columns]):
            out = sum(sums, (rows, columns))  # the greatest of no sums is 0
        else:
            out = (amax if ord > 0 else amin)(sums, (rows, columns))
    if keepdim:
        for d in sorted((rows, columns)):
            out = unsqueeze(out, d)
    return out


@composite(
    samples=[
        at((2, 3)),
        at((3,), 1),
        at((2, 3), "nuc"),
        at((2, 3), 2, -1, True),
        at((2, 3, 4), 1, dim=(0, 1)),
    ]
)
def norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """The norm of a vector or a matrix, as the number of dimensions says.

    Parameters
    ----------
    A : Tensor
        Any shape.
    ord : optional
        As in `vector_norm` and `matrix_norm`; None for the 2-norm of all elements taken as one
        vector.
    dim : int or (int, int), optional
        One dimension for vectors, two for matrices.
    keepdim : bool
        Whether reduced dimensions stay, with length 1.
    dtype : numpy dtype, optional
        Convert first.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.norm(tensor([[3., 4.]]))
    tensor(5.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if np.size(dim) == 1 if dim is not None else A.ndim == 1:
        return vector_norm(A, ord, dim, keepdim, dtype=dtype)
    if dim is None and A.ndim != 2:
        raise ShapeError(
            f"norm() of order {ord!r} takes a vector or a matrix, or the argument dim; got shape "
            f"{list(A.shape)}"
        )
    return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)


@composite(samples=[at(SAMPLE), at((3, 2)), at((2, 2, 2)), at(SAMPLE, -2)])
def cond(A, p=None):
    """The condition number of each matrix: the norm of it times that of its inverse.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``; square, and not singular, but for ``p`` None, 2 and -2.
    p : {None, 2, -2, 1, -1, inf, -inf, "fro", "nuc"}
        Which norm, as in `matrix_norm`. None and 2: the quotient of the greatest and the smallest
        singular value; -2: its inverse.

    Returns
    -------
    Tensor
        Shape ``(...)``.

    Raises
    ------
    LinAlgError
        If the inverse is needed and there is none.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.cond(tensor([[4., 0.], [0., 1.]]))
    tensor(4.)
    """
    if 0 in A.shape[-2:]:
        return sum(A, (-2, -1))  # 0, as in PyTorch
    if p not in (None, 2, -2):
        demand_square("cond", A)
        return matrix_norm(A, p) * matrix_norm(inv(A), p)
    values = svdvals(A)
    greatest = values[..., 0]
    least = values[..., -1]
    return least / greatest if p == -2 else greatest / least


@composite(samples=[at((2, 3), (2, 3)), at((3, 2), (3, 2), dim=0), at((2, 1, 3), (1, 4, 3))])
def cross(x, other, *, dim=-1):
    """The cross product of vectors of three elements along a dimension.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    return _cross(x, other, dim)


@composite(samples=[at((2, 3), (3,)), at((3, 2), (3, 2), dim=0)])
def vecdot(x, y, *, dim=-1):
    """The dot products of vectors along a dimension, with broadcasting.

    Examples
    --------
    >>> from autograd_engine import linalg, ones
    >>> linalg.vecdot(ones(5, 3), ones(3)).shape
    (5,)
    """
    return sum(x * y, dim)
