"""What is solved with matrices that are factored already."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import ShapeError
from ..core.tensor import wrap
from . import elimination
from .declare import at, composite, primitive
from .diagonal import tril, triu
from .diagonal import diagonal as _diagonal
from .linear import matmul
from .systems import mT, solve_triangular

_FACTORS = np.array([[2.0, 0.5, -0.3], [0.5, 1.5, 0.4], [-0.2, 0.6, 1.8]])
_PIVOTS = np.array([2, 3, 3], dtype=np.int32)


def _permutation(pivots: np.ndarray, m: int) -> np.ndarray:
    """The matrix ``P`` of the exchanges of rows that LAPACK counts from 1: ``A == P L U``."""
    flat = pivots.reshape(-1, pivots.shape[-1]) if pivots.size else np.zeros((0, 0), int)
    orders = np.tile(np.arange(m), (int(np.prod(pivots.shape[:-1])), 1))
    for order, exchanges in zip(orders, flat):
        for i, j in enumerate(exchanges):
            order[[i, j - 1]] = order[[j - 1, i]]
    permuted = np.ascontiguousarray(np.swapaxes(np.eye(m)[orders], -1, -2))
    return permuted.reshape(*pivots.shape[:-1], m, m)


@primitive(batching="front", samples=[at(_PIVOTS, m=3, dtype=np.dtype("float64"))])
def _exchanges(pivots, *, m, dtype):
    """The permutation that the exchanges of rows make."""
    return _permutation(np.asarray(pivots), m).astype(dtype)


@composite(
    samples=[
        at(_FACTORS, _PIVOTS),
        at((3, 2), _PIVOTS[:2]),
        at((2, 3), np.array([2, 2], dtype=np.int32)),
    ]
)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """The permutation and the factors that `linalg.lu_factor` gives in one.

    Parameters
    ----------
    LU_data : Tensor
        Shape ``(..., m, n)``: ``L`` below the diagonal, ``U`` on and above it.
    LU_pivots : integer Tensor
        Shape ``(..., k)`` with ``k = min(m, n)``.
    unpack_data, unpack_pivots : bool
        Whether ``L`` and ``U``, and whether ``P`` are wanted; what is not is empty.

    Returns
    -------
    (P, L, U)
        As of `linalg.lu`.

    Raises
    ------
    ShapeError
        If ``LU_data`` is no matrix, or the pivots do not fit.

    Examples
    --------
    >>> from autograd_engine import linalg, lu_unpack, tensor
    >>> P, L, U = lu_unpack(*linalg.lu_factor(tensor([[1., 2.], [4., 4.]])))
    >>> P @ L @ U
    tensor([[1., 2.],
            [4., 4.]])
    """
    _check_factors("lu_unpack", LU_data, LU_pivots)
    m, n = LU_data.shape[-2:]
    k = min(m, n)
    nothing = np.zeros(0, LU_data.dtype)
    P = L = U = wrap(nothing)
    if unpack_data:
        L = tril(LU_data[..., :, :k], diagonal=-1) + np.eye(m, k, dtype=LU_data.dtype)
        U = triu(LU_data[..., :k, :])
    if unpack_pivots:
        P = _exchanges(LU_pivots, m=m, dtype=LU_data.dtype)
    return elimination.LU(P, L, U)


def _check_factors(name: str, LU: Any, pivots: Any) -> None:
    if LU.ndim < 2 or tuple(pivots.shape) != (*LU.shape[:-2], min(LU.shape[-2:])):
        raise ShapeError(
            f"{name}() takes factors of shape (..., m, n) with pivots (..., min(m, n)), got "
            f"{list(LU.shape)} and {list(pivots.shape)}"
        )


@composite(
    samples=[
        at(_FACTORS, _PIVOTS, (3, 2)),
        at(_FACTORS, _PIVOTS, (3, 2), adjoint=True),
        at(_FACTORS, _PIVOTS, (2, 3), left=False),
    ]
)
def lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """The solution ``X`` of ``A @ X == B``, from what `lu_factor` made of ``A``.

    Parameters
    ----------
    LU, pivots
        See `lu_factor`.
    B : Tensor
        Shape ``(..., n, k)``; ``(..., k, n)`` from the right.
    left : bool
        Whether ``A`` stands to the left of ``X``; else ``X @ A == B``.
    adjoint : bool
        Whether ``A`` is transposed.

    Returns
    -------
    Tensor
        The shape of ``B``, broadcast.

    Raises
    ------
    ShapeError
        If the factors are not of square matrices.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> LU, pivots = linalg.lu_factor(tensor([[2., 0.], [0., 4.]]))
    >>> linalg.lu_solve(LU, pivots, tensor([[2.], [4.]]))
    tensor([[1.],
            [1.]])
    """
    if not left:
        return mT(lu_solve(LU, pivots, mT(B), adjoint=not adjoint))
    _check_factors("lu_solve", LU, pivots)
    n = LU.shape[-1]
    if LU.shape[-2] != n or B.ndim < 2 or B.shape[-2] != n:
        raise ShapeError(
            f"lu_solve() takes factors of square matrices (..., n, n) and a B of (..., n, k), got "
            f"{list(LU.shape)} and {list(B.shape)}"
        )
    P = _exchanges(pivots, m=n, dtype=LU.dtype)
    if adjoint:
        inner = solve_triangular(mT(LU), B, upper=False)
        return matmul(P, solve_triangular(mT(LU), inner, upper=True, unitriangular=True))
    inner = solve_triangular(LU, matmul(mT(P), B), upper=False, unitriangular=True)
    return solve_triangular(LU, inner, upper=True)


@composite(samples=[at((3, 3)), at((2, 3, 4), offset=1), at((2, 3, 3), dim1=0, dim2=2)])
def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonal of each matrix: `autograd_engine.diagonal` of the last two dimensions.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    offset : int
        Which diagonal: above the main one where positive.
    dim1, dim2 : int
        The dimensions of the matrices.

    Returns
    -------
    Tensor
        Shape ``(..., k)``, a view.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.diagonal(tensor([[1., 2.], [3., 4.]]))
    tensor([1., 4.])
    """
    return _diagonal(A, offset, dim1, dim2)
