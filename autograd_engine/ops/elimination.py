"""Factorisations by elimination, what is solved with them, and products of reflections."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..core.recorder import looked_at
from ..core.errors import ShapeError
from ..core.tensor import Tensor
from .declare import at, composite, primitive
from .diagonal import tril, triu
from .joining import cat, stack
from .linear import matmul
from .shape import reshape, unsqueeze
from .systems import SAMPLE, SQUARE, _solve, demand_square, inv, mT, solve_triangular

# --- LU -------------------------------------------------------------------------------------------


def _row_order(A: np.ndarray) -> np.ndarray:
    """The order of rows that elimination with partial pivoting finds.

    Stacks of matrices are eliminated together, a column at a time.
    """
    *batch, m, n = A.shape
    a = np.array(A, copy=True).reshape(math.prod(batch), m, n)
    order = np.tile(np.arange(m), (len(a), 1))
    every = np.arange(len(a))
    for k in range(min(m, n)):
        pivot = k + np.abs(a[:, k:, k]).argmax(1)
        for rows in (a, order):
            rows[every, k], rows[every, pivot] = rows[every, pivot], rows[every, k].copy()
        first = a[:, k, None, k]
        factors = a[:, k + 1 :, k] / np.where(first == 0, 1, first)
        a[:, k + 1 :, k + 1 :] -= factors[..., None] * a[:, k, None, k + 1 :]
    return order.reshape(*batch, m)


def _lu_rule(g: tuple, y: tuple) -> list:
    """From ``inv(L) dA inv(U) = inv(L) dL + dU inv(U)``, the sum of a strictly lower and an upper
    triangular matrix.
    """
    gl, gu = g
    lower, upper = y
    inner = tril(matmul(mT(lower), gl), diagonal=-1) + triu(matmul(gu, mT(upper)))
    left = solve_triangular(mT(lower), inner, upper=True, unitriangular=True)
    return [solve_triangular(mT(upper), left, upper=False, left=False)]


@primitive(joint=_lu_rule, outputs=0, promote="float", batching="front", samples=SQUARE)
def _lu_ordered(A):
    """``L`` and ``U`` of square matrices whose rows are in the right order."""
    both = np.array(A, copy=True)
    for k in range(both.shape[-1] - 1):
        both[..., k + 1 :, k] /= both[..., k, None, k]
        both[..., k + 1 :, k + 1 :] -= both[..., k + 1 :, k, None] * both[..., k, None, k + 1 :]
    return np.tril(both, -1) + np.eye(both.shape[-1], dtype=both.dtype), np.triu(both)


class LU(NamedTuple):
    """What `lu` returns."""

    P: Any
    L: Any
    U: Any


class LUFactor(NamedTuple):
    """What `lu_factor` returns."""

    LU: Any
    pivots: Any


def _values(A: Any) -> np.ndarray:
    array = np.asarray(looked_at(A))
    return np.asarray(array, dtype=np.result_type(array.dtype, np.float32))


def _pivots(order: np.ndarray) -> np.ndarray:
    """The exchanges of rows, counted from 1 as LAPACK does, that lead to an order of rows."""
    flat = order.reshape(math.prod(order.shape[:-1]), order.shape[-1])
    found = np.empty_like(flat)
    for rows, pivots in zip(flat, found):
        now = list(range(len(rows)))
        for i, row in enumerate(rows):
            j = now.index(row)
            now[i], now[j] = now[j], now[i]
            pivots[i] = j + 1
    return found.reshape(order.shape).astype(np.int32)


@primitive(outputs=0, promote="float", batching="front", samples=[*SQUARE, at((3, 2)), at((2, 3))])
def _pivoting(A):
    """The permutation that partial pivoting finds, as a matrix and as exchanges of rows."""
    order = _row_order(A)
    permutation = np.swapaxes(np.eye(A.shape[-2], dtype=A.dtype)[order], -1, -2)
    return permutation, _pivots(order)[..., : min(A.shape[-2:])]


def _lu_factors(A: Any) -> tuple[Any, Any, Any, Any]:
    """``L`` and ``U``, the permutation and the exchanges of rows."""
    if A.ndim < 2:
        raise ShapeError(f"lu() takes matrices, got shape {list(A.shape)}")
    permutation, pivots = _pivoting(A)
    rows = matmul(mT(permutation), A)
    k = min(A.shape[-2:])
    lower, upper = _lu_ordered(rows[..., :k, :k])
    if A.shape[-2] > k:
        below = solve_triangular(upper, rows[..., k:, :], upper=True, left=False)
        lower = cat([lower, below], -2)
    if A.shape[-1] > k:
        beyond = solve_triangular(lower, rows[..., k:], upper=False, unitriangular=True)
        upper = cat([upper, beyond], -1)
    return lower, upper, permutation, pivots


@composite(samples=[*SQUARE, at((3, 2)), at((2, 3))])
def lu(A, *, pivot=True):
    """``A == P @ L @ U`` by elimination with partial pivoting: a permutation, a unit lower and an
    upper triangular matrix.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    pivot : bool
        True; without pivoting the factors need not exist.

    Returns
    -------
    (P, L, U)
        Shapes ``(..., m, m)``, ``(..., m, k)`` and ``(..., k, n)`` with ``k = min(m, n)``.

    Raises
    ------
    ShapeError
        If ``A`` is no matrix.
    NotImplementedError
        If ``pivot`` is False.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> P, L, U = linalg.lu(tensor([[1., 2.], [4., 4.]]))
    >>> P @ L @ U
    tensor([[1., 2.],
            [4., 4.]])
    """
    if not pivot:
        raise NotImplementedError("lu() pivots always; PyTorch does without on GPUs only")
    lower, upper, permutation, _ = _lu_factors(A)
    return LU(permutation, lower, upper)


@composite(samples=[*SQUARE, at((3, 2)), at((2, 3))])
def lu_factor(A, *, pivot=True):
    """The factors of `lu` in one matrix, and the exchanges of rows.

    Parameters
    ----------
    A, pivot
        See `lu`.

    Returns
    -------
    (LU, pivots)
        Shape ``(..., m, n)``, with ``L`` below the diagonal and ``U`` on and above it, and
        ``(..., k)``: row ``i`` was exchanged with row ``pivots[i] - 1``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.lu_factor(tensor([[1., 2.], [4., 4.]]))
    LUFactor(LU=tensor([[4.0000, 4.0000],
            [0.2500, 1.0000]]), pivots=tensor([2, 2], dtype=int32))
    """
    if not pivot:
        raise NotImplementedError("lu_factor() pivots always; PyTorch does without on GPUs only")
    lower, upper, _, pivots = _lu_factors(A)
    m, n = A.shape[-2:]
    k = min(m, n)
    square = tril(lower[..., :k, :], diagonal=-1) + upper[..., :, :k]
    whole = square
    if m > k:
        whole = cat([square, lower[..., k:, :]], -2)
    if n > k:
        whole = cat([square, upper[..., k:]], -1)
    return LUFactor(whole, pivots)


# --- with the factor of Cholesky ------------------------------------------------------------------


@composite(samples=[at((3, 2), SAMPLE), at((3, 2), SAMPLE, upper=True)])
def cholesky_solve(B, L, upper=False):
    """The solution ``X`` of ``L @ L.T @ X == B``.

    Parameters
    ----------
    B : Tensor
        Shape ``(..., n, k)``.
    L : Tensor
        The factor that `linalg.cholesky` gives, ``(..., n, n)``; only its triangle is looked at.
    upper : bool
        Whether the factor is the upper one.

    Returns
    -------
    Tensor
        The (broadcast) shape of ``B``.

    Examples
    --------
    >>> from autograd_engine import cholesky_solve, linalg, tensor
    >>> L = linalg.cholesky(tensor([[4., 2.], [2., 5.]]))
    >>> cholesky_solve(tensor([[6.], [7.]]), L)
    tensor([[1.],
            [1.]])
    """
    demand_square("cholesky_solve", L)
    lower = mT(L) if upper else L
    half = solve_triangular(lower, B, upper=False)
    return solve_triangular(mT(lower), half, upper=True)


@composite(samples=[at(SAMPLE), at(SAMPLE, upper=True), at(np.stack([SAMPLE, SAMPLE.T]))])
def cholesky_inverse(L, upper=False):
    """The inverse of ``L @ L.T`` from its factor.

    Parameters
    ----------
    L : Tensor
        Shape ``(..., n, n)``; only its triangle is looked at.
    upper : bool
        Whether the factor is the upper one.

    Returns
    -------
    Tensor
        The shape of ``L``.

    Examples
    --------
    >>> from autograd_engine import cholesky_inverse, tensor
    >>> cholesky_inverse(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.2500, 0.0000],
            [0.0000, 0.0625]])
    """
    demand_square("cholesky_inverse", L)
    n = L.shape[-1]
    eye = np.broadcast_to(np.eye(n, dtype=L.dtype), L.shape)
    return cholesky_solve(eye, L, upper)


# --- symmetric, indefinite ------------------------------------------------------------------------


class LDLFactor(NamedTuple):
    """What `ldl_factor` returns."""

    LD: Any
    pivots: Any


def ldl_factor(A: Any, *, hermitian: bool = False) -> LDLFactor:
    """The factors ``L D L^T`` of symmetric matrices that need not be positive definite.

    They carry no graph, as in PyTorch.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``, of which the lower triangle is looked at.
    hermitian : bool
        Makes no difference for real numbers.

    Returns
    -------
    (LD, pivots)
        Both factors in one matrix, and LAPACK's pivots, counted from 1.

    Raises
    ------
    ImportError
        Where SciPy is not installed.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.ldl_factor(tensor([[2., 4.], [4., 3.]])).pivots.shape
    (2,)
    """
    try:
        from scipy.linalg import lapack
    except ImportError as error:
        raise ImportError(
            'ldl_factor() needs SciPy: pip install "autograd-engine[special]"'
        ) from error
    demand_square("ldl_factor", A)
    values = _values(A)
    n = values.shape[-1]
    factor = lapack.ssytrf if values.dtype == np.float32 else lapack.dsytrf
    found = [factor(matrix, lower=1)[:2] for matrix in values.reshape(-1, n, n)]
    factors = np.array([np.tril(both) for both, _ in found], dtype=values.dtype)
    pivots = np.array([pivot for _, pivot in found], dtype=np.int32)
    return LDLFactor(Tensor(factors.reshape(values.shape)), Tensor(pivots.reshape(A.shape[:-1])))


# --- reflections ----------------------------------------------------------------------------------


@composite(samples=[at((4, 3), (3,)), at((3, 3), (2,)), at((2, 4, 2), (2, 2))])
def householder_product(A, tau):
    """The first columns of the product of the reflections ``I - tau[i] v[i] v[i]^T``.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``: below the diagonal of column ``i`` stands ``v[i]``, which has a 1 on
        the diagonal and zeros above.
    tau : Tensor
        Shape ``(..., k)`` with ``k <= n <= m``.

    Returns
    -------
    Tensor
        Shape ``(..., m, n)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.householder_product(tensor([[0.], [1.]]), tensor([1.]))
    tensor([[ 0.],
            [-1.]])
    """
    m, n = A.shape[-2:]
    k = tau.shape[-1]
    if not k <= n <= m:
        raise ShapeError(
            f"householder_product() needs shapes (..., m, n) and (..., k) with k <= n <= m, got "
            f"{list(A.shape)} and {list(tau.shape)}"
        )
    vectors = tril(A, diagonal=-1) + np.eye(m, n, dtype=A.dtype)
    result: Any = np.broadcast_to(np.eye(m, n, dtype=A.dtype), A.shape)
    if k == 0:  # a sum of no terms, which is in the graph of both
        nothing = np.zeros((0, n), A.dtype)
        return result + matmul(vectors[..., :0] * unsqueeze(tau, -2), nothing)
    for i in reversed(range(k)):
        v = vectors[..., i : i + 1]
        scaled = v * unsqueeze(unsqueeze(tau[..., i], -1), -1)
        result = result - matmul(scaled, matmul(mT(v), result))
    return result


# --- tensors as matrices --------------------------------------------------------------------------


@composite(samples=[at((2, 3, 6), ind=2), at((6, 3, 2), ind=1)])
def tensorinv(A, ind=2):
    """The inverse for `tensordot` over the first ``ind`` dimensions.

    Parameters
    ----------
    A : Tensor
        The lengths of the first ``ind`` dimensions have the same product as the others.
    ind : int

    Returns
    -------
    Tensor
        Shape ``A.shape[ind:] + A.shape[:ind]``.

    Raises
    ------
    ShapeError
        If the products differ, or the matrix is singular.

    Examples
    --------
    >>> from autograd_engine import eye, linalg
    >>> linalg.tensorinv(eye(6).reshape(2, 3, 6) * 2).shape
    (6, 2, 3)
    """
    if ind < 1:
        raise ShapeError(f"tensorinv() needs ind of at least 1, got {ind}")
    first, last = A.shape[:ind], A.shape[ind:]
    rows, columns = math.prod(first), math.prod(last)
    if rows != columns:
        raise ShapeError(
            f"tensorinv() needs as many elements in the first {ind} dimensions as in the others, "
            f"got {list(first)} and {list(last)}"
        )
    return reshape(inv(reshape(A, (rows, columns))), (*last, *first))


@composite(samples=[at((2, 3, 6), (2, 3)), at((4, 2, 2), (4,))])
def tensorsolve(A, B, dims=None):
    """The ``X`` for which ``tensordot(A, X, X.ndim) == B``.

    Parameters
    ----------
    A : Tensor
        Shape ``B.shape + X.shape``.
    B : Tensor
    dims : sequence of int, optional
        Dimensions of ``A`` to move to its end first.

    Returns
    -------
    Tensor
        The shape of ``A`` without that of ``B`` at its front.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or the matrix is singular.

    Examples
    --------
    >>> from autograd_engine import eye, linalg, ones
    >>> linalg.tensorsolve(eye(6).reshape(2, 3, 6) * 2, ones(2, 3))
    tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000])
    """
    if dims is not None:
        moved = [dim % A.ndim for dim in dims]
        kept = [dim for dim in range(A.ndim) if dim not in moved]
        A = A.permute(*kept, *moved) if isinstance(A, Tensor) else A.transpose(*kept, *moved)
    shape = A.shape[B.ndim :]
    size = math.prod(shape)
    if math.prod(B.shape) != size or math.prod(A.shape) != size * size:
        raise ShapeError(
            f"tensorsolve() needs A of the shape of B and then of X, with as many elements in "
            f"either, got {list(A.shape)} and {list(B.shape)}"
        )
    flat = _solve(reshape(A, (size, size)), reshape(B, (size, 1)))
    return reshape(flat, shape)


@composite(samples=[at((3,), N=4), at((2, 3)), at((3,), N=2)])
def vander(x, *, N=None):
    """The powers of the elements: row ``i`` is ``1, x[i], x[i]^2, ...``.

    Parameters
    ----------
    x : Tensor
        Shape ``(..., n)``.
    N : int, optional
        The number of powers, by default ``n``.

    Returns
    -------
    Tensor
        Shape ``(..., n, N)``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.vander(tensor([1., 2., 3.]))
    tensor([[1., 1., 1.],
            [1., 2., 4.],
            [1., 3., 9.]])
    """
    count = x.shape[-1] if N is None else N
    if count < 1:
        raise ShapeError(f"vander() needs N of at least 1, got {count}")
    powers = [x * 0 + 1]
    for _ in range(count - 1):
        powers.append(powers[-1] * x)
    return stack(powers, -1)
