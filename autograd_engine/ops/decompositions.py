"""Inverses, systems of equations and factorisations of (stacks of) matrices, as in ``torch.linalg``.

NumPy computes them; the rules of their gradients are the classical ones, written with the ops of this package, so that
they can be differentiated again. They are collected in M. Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), and J. Townsend, "Differentiating the singular value decomposition" (2016).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from .arithmetic import neg
from .choice import where
from .declare import at, composite, primitive
from .diagonal import diag_embed, tril, triu
from .joining import cat
from .linear import matmul
from .reduction import prod
from .shape import broadcast_to, reshape, unsqueeze

_LEAD = np.array([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [0.2, -0.6, 1.8]])
"""A well-conditioned matrix for the tests."""


def _t(a: Any) -> Any:
    return a.swapaxes(-1, -2)


def _column(x: Any) -> Any:
    """``x`` with a dimension more, so that it scales the columns of matrices."""
    return unsqueeze(x, -2)


def _square(name: str, a: Any) -> None:
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"{name}() takes square matrices, got shape {list(a.shape)}")


# --- inverses and determinants --------------------------------------------------------------------------------------


@primitive(vjp=lambda g, y: neg(_t(y) @ g @ _t(y)), numpy=np.linalg.inv, promote="float", samples=[at(_LEAD), at(np.stack([_LEAD, _LEAD.T]))])
def inv(A):
    """The inverse of each matrix.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.

    Returns
    -------
    Tensor
        The shape of ``A``.

    Raises
    ------
    ShapeError
        If a matrix is not square, or singular.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.inv(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return np.linalg.inv(A)


def _pinv_rule(g: Any, A: Any, y: Any) -> Any:
    """G. Golub and V. Pereyra, "The differentiation of pseudo-inverses" (1973)."""
    P, G = y, _t(g)
    beyond_rows, beyond_columns = G @ P @ _t(P), _t(P) @ P @ G
    return beyond_rows - A @ (P @ beyond_rows) + beyond_columns - (beyond_columns @ P) @ A - _t(P) @ g @ _t(P)


@primitive(vjp=_pinv_rule, promote="float", samples=[at((3, 2), rtol=1e-15), at((2, 3), rtol=1e-15), at(_LEAD, rtol=1e-15)])
def _pinv(A, *, rtol):
    """The pseudo-inverse, in which singular values of at most ``rtol`` times the greatest count as 0."""
    return np.linalg.pinv(A, rtol)


@composite(numpy=np.linalg.pinv)
def pinv(A, rtol=None, *, atol=None):
    """The pseudo-inverse (Moore-Penrose) of each matrix.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    rtol, atol : float, optional
        Singular values up to ``max(atol, rtol * greatest)`` count as 0; by default ``rtol`` is the greater length times
        the precision of the dtype.

    Returns
    -------
    Tensor
        Shape ``(..., n, m)``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.pinv(tensor([[2.], [0.]]))
    tensor([[0.5000, 0.0000]])
    """
    rtol = (max(A.shape[-2:]) * np.finfo(A.dtype).eps if atol is None else 0.0) if rtol is None else rtol
    if atol is not None:
        greatest = np.linalg.norm(np.asarray(A), 2, (-2, -1))
        rtol = np.maximum(rtol, atol / np.where(greatest == 0, 1, greatest))
    return _pinv(A, rtol=rtol)


def _det_rule(g: Any, A: Any, y: Any) -> Any:
    """The matrix of cofactors: ``det(A) inv(A).T``, or without the inverse where it does not exist or is inexact."""
    g = g.reshape((*g.shape, 1, 1))
    values = np.asarray(A)
    bound = np.sqrt(np.prod((values * values).sum(-1), -1))  # Hadamard's, of the determinant
    if (np.abs(np.linalg.det(values)) > 1e3 * np.finfo(values.dtype).eps * bound).all():
        return g * y.reshape((*y.shape, 1, 1)) * _t(inv(A))
    u, s, vh = _svd(A)
    sign = np.linalg.det(np.asarray(u)) * np.linalg.det(np.asarray(vh))
    others = prod(where(np.eye(s.shape[-1], dtype=bool), 1.0, _column(s)), dim=-1)
    return g * sign.reshape((*sign.shape, 1, 1)) * ((u * _column(others)) @ vh)


@primitive(vjp=_det_rule, numpy=np.linalg.det, promote="float", samples=[at(_LEAD), at(np.stack([_LEAD, _LEAD.T])), at(np.diag([1.0, 2.0, 0.0]) @ _LEAD)])
def det(A):
    """The determinant of each matrix; its gradient is right for singular matrices too.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.

    Returns
    -------
    Tensor
        Shape ``(...)``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.det(tensor([[1., 2.], [3., 4.]]))
    tensor(-2.0000)
    """
    return np.linalg.det(A)


class SlogDet(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


@primitive(joint=lambda g, A: [g[1].reshape((*g[1].shape, 1, 1)) * _t(inv(A))], outputs=0, promote="float",
           samples=[at(_LEAD), at(np.stack([_LEAD, -_LEAD]))])  # fmt: skip
def _slogdet(A):
    """The sign and the logarithm of the absolute value of the determinant."""
    return tuple(np.linalg.slogdet(A))


@composite(numpy=np.linalg.slogdet)
def slogdet(A):
    """The sign of the determinant of each matrix, and the logarithm of its absolute value, without overflow.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.

    Returns
    -------
    (sign, logabsdet)
        Both of shape ``(...)``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.slogdet(tensor([[1., 0.], [0., -1.]])).sign
    tensor(-1.)
    """
    return SlogDet(*_slogdet(A))


@composite()
def logdet(A):
    """The logarithm of the determinant of each matrix, NaN where that is negative.

    Examples
    --------
    >>> from autograd_engine import logdet, tensor
    >>> logdet(tensor([[2., 0.], [0., 0.5]]))
    tensor(0.)
    """
    sign, logabsdet = slogdet(A)
    return where(sign >= 0, logabsdet, float("nan"))


# --- systems of equations -------------------------------------------------------------------------------------------


@primitive(vjp=(lambda g, A, y: neg(_solve(_t(A), g) @ _t(y)), lambda g, A: _solve(_t(A), g)), promote="float",
           samples=[at(_LEAD, (3, 2)), at(np.stack([_LEAD, _LEAD.T]), (3, 1))])  # fmt: skip
def _solve(A, B):
    """``inv(A) @ B``."""
    return np.linalg.solve(A, B)


@composite(numpy=np.linalg.solve)
def solve(A, B, *, left=True):
    """The solution ``X`` of ``A X = B``.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.
    B : Tensor
        Shape ``(..., n, k)``, or ``(..., n)`` with the batch dimensions of ``A``.
    left : bool
        If False, solve ``X A = B``.

    Returns
    -------
    Tensor
        The (broadcast) shape of ``B``.

    Raises
    ------
    ShapeError
        If the shapes do not fit, or a matrix is singular.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.solve(tensor([[2., 0.], [0., 4.]]), tensor([2., 2.]))
    tensor([1.0000, 0.5000])
    """
    _square("solve", A)
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]):
        return solve(A, unsqueeze(B, -1)).squeeze(-1)
    return _solve(A, B) if left else _t(_solve(_t(A), _t(B)))


@composite()
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """The solution ``X`` of ``A X = B`` with a triangular matrix, of which only the one triangle is looked at.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.
    B : Tensor
        Shape ``(..., n, k)``.
    upper : bool
        Which triangle.
    left : bool
        If False, solve ``X A = B``.
    unitriangular : bool
        Take the diagonal to be 1.

    Returns
    -------
    Tensor
        The (broadcast) shape of ``B``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.solve_triangular(tensor([[2., 9.], [1., 1.]]), tensor([[2.], [3.]]), upper=False)
    tensor([[1.],
            [2.]])
    """
    _square("solve_triangular", A)
    triangle = (triu if upper else tril)(A, diagonal=(1 if upper else -1) if unitriangular else 0)
    return solve(triangle + np.eye(A.shape[-1], dtype=A.dtype) if unitriangular else triangle, B, left=left)


class LeastSquares(NamedTuple):
    """What `lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


@composite(numpy=np.linalg.lstsq)
def lstsq(A, B, rcond=None, *, driver=None):
    """The ``X`` of smallest norm for which ``A X`` is nearest to ``B``.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    B : Tensor
        Shape ``(..., m, k)``, or ``(..., m)`` with the batch dimensions of ``A``.
    rcond : float, optional
        Singular values up to this times the greatest count as 0.
    driver : str, optional
        Accepted, and changes nothing.

    Returns
    -------
    (solution, residuals, rank, singular_values)
        The squared distances of ``A X`` from ``B`` are empty unless ``m > n`` and the rank is ``n``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.lstsq(tensor([[1.], [1.]]), tensor([[1.], [3.]])).solution
    tensor([[2.]])
    """
    if B.ndim == A.ndim - 1:
        found = lstsq(A, unsqueeze(B, -1), rcond)
        return found._replace(solution=found.solution.squeeze(-1))
    m, n = A.shape[-2:]
    solution = matmul(pinv(A, rcond), B)
    rank = matrix_rank(A, rtol=rcond)
    full = m > n and bool((rank == n).all())
    residuals = ((matmul(A, solution) - B) ** 2).sum(-2) if full else reshape(A, (-1,))[:0]
    return LeastSquares(solution, residuals, rank, svdvals(A))


# --- factorisations -------------------------------------------------------------------------------------------------


def _cholesky_rule(g: Any, y: Any) -> Any:
    """I. Murray, "Differentiation of the Cholesky decomposition" (2016)."""
    inner = tril(_t(y) @ g)
    inner = inner - tril(triu(inner)) * 0.5
    outer = _solve(_t(y), _t(_solve(_t(y), _t(inner))))
    return (outer + _t(outer)) * 0.5


@primitive(vjp=_cholesky_rule, promote="float", samples=[at(np.array([[4.0]])), at(np.array([[[4.0]], [[9.0]]]))])
def _cholesky(A):
    """The lower triangular factor; only the lower triangle is looked at, the gradient is a symmetric matrix."""
    return np.linalg.cholesky(A)


@composite(numpy=np.linalg.cholesky)
def cholesky(A, *, upper=False):
    """The triangular matrix ``L`` with ``L @ L.T == A``, for symmetric, positive definite matrices.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.
    upper : bool
        Return the transpose of ``L``.

    Returns
    -------
    Tensor
        The shape of ``A``.

    Raises
    ------
    ShapeError
        If a matrix is not positive definite.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.cholesky(tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    return _t(_cholesky(A)) if upper else _cholesky(A)


class QR(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


def _qr_rule(g: tuple, y: tuple) -> list:
    """S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions" (2010)."""
    (gq, gr), (q, r) = g, y
    m = r @ _t(gr) - _t(gq) @ q
    return [_t(_solve(r, _t(gq + q @ (tril(m) + _t(tril(m, diagonal=-1))))))]


@primitive(joint=_qr_rule, outputs=0, promote="float", samples=[at(_LEAD), at((4, 2))])
def _qr(A):
    """``Q`` with orthonormal columns and ``R`` upper triangular, of matrices that are no wider than high."""
    return tuple(np.linalg.qr(A))


@primitive(outputs=0, promote="float", samples=[at((3, 2))])
def _qr_complete(A):
    """``Q`` square and ``R`` of the shape of ``A``."""
    return tuple(np.linalg.qr(A, "complete"))


@composite(numpy=np.linalg.qr)
def qr(A, mode="reduced"):
    """``A == Q @ R`` with orthonormal columns in ``Q`` and an upper triangular ``R``.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    mode : {"reduced", "complete", "r"}
        "complete" makes ``Q`` square, "r" leaves it out (empty).

    Returns
    -------
    (Q, R)
        Shapes ``(..., m, k)`` and ``(..., k, n)`` with ``k = min(m, n)``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.qr(tensor([[3., 1.], [4., 2.]])).R.shape
    (2, 2)
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr() knows the modes 'reduced', 'complete' and 'r', got {mode!r}")
    m, n = A.shape[-2:]
    if mode == "complete" and m > n:
        if getattr(A, "requires_grad", False):
            raise NotImplementedError("qr(mode='complete') of a matrix higher than wide has no gradient: the added columns are arbitrary")
        return QR(*_qr_complete(A))
    q, r = _qr(A[..., :m])
    if n > m:
        r = cat([r, matmul(_t(q), A[..., m:])], -1)
    return QR(reshape(q, (-1,))[:0] if mode == "r" else q, r)


class SVD(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


def _gap(part: Any, differences: Any) -> Any:
    """A quotient that is 0 where both are 0: equal values that the result does not tell apart do no harm."""
    equal = differences == 0
    return where(equal, where(part == 0, 0.0, float("inf")), part / where(equal, 1.0, differences))


def _svd_rule(g: tuple, y: tuple) -> list:
    (gu, gs, gvh), (u, s, vh) = g, y
    k = s.shape[-1]
    u, vh, gu, gvh = u[..., :, :k], vh[..., :k, :], gu[..., :, :k], gvh[..., :k, :]
    differences = _column(s * s) - unsqueeze(s * s, -1)
    uu, vv = _t(u) @ gu, vh @ _t(gvh)
    left, right = _gap(uu - _t(uu), differences), _gap(vv - _t(vv), differences)
    middle = left * _column(s) + unsqueeze(s, -1) * right + diag_embed(gs)
    tall, wide = _gap(gu - u @ uu, _column(s)), _gap(gvh - _t(vv) @ vh, unsqueeze(s, -1))
    whole = u @ middle @ vh
    whole = whole + tall @ vh if u.shape[-2] > k else whole
    return [whole + u @ wide if vh.shape[-1] > k else whole]


@primitive(joint=_svd_rule, outputs=0, promote="float", samples=[at((3, 2)), at((2, 3)), at(_LEAD)])
def _svd(A, *, full_matrices=False):
    """The singular value decomposition."""
    return tuple(np.linalg.svd(A, full_matrices))


@composite()
def svd(A, full_matrices=True):
    """``A == U @ diag(S) @ Vh`` with orthonormal columns in ``U``, orthonormal rows in ``Vh`` and ``S`` descending.

    The signs of the columns are arbitrary (and of equal singular values, their rotation): a gradient has a meaning only
    for what does not depend on them.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    full_matrices : bool
        Whether ``U`` and ``Vh`` are square.

    Returns
    -------
    (U, S, Vh)
        ``S`` of shape ``(..., min(m, n))``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.svd(tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    return SVD(*_svd(A, full_matrices=full_matrices))


@composite(numpy=np.linalg.svd)
def _numpy_svd(a, full_matrices=True, compute_uv=True):
    """``np.linalg.svd`` of a tensor."""
    return svd(a, full_matrices) if compute_uv else svdvals(a)


@composite(numpy=np.linalg.svdvals)
def svdvals(A):
    """The singular values of each matrix, in descending order.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.svdvals(tensor([[3., 0.], [0., 4.]]))
    tensor([4., 3.])
    """
    return _svd(A)[1]


class Eigh(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


def _eigh_rule(g: tuple, y: tuple) -> list:
    (gw, gv), (w, v) = g, y
    vv = _t(v) @ gv
    off = where(np.eye(w.shape[-1], dtype=bool), 0.0, vv)
    return [v @ (_gap(off, _column(w) - unsqueeze(w, -1)) + diag_embed(gw)) @ _t(v)]


@primitive(joint=_eigh_rule, outputs=0, promote="float", samples=[at(np.array([[4.0]])), at(np.array([[[4.0]], [[9.0]]]))])
def _eigh(A, *, UPLO="L"):
    """Eigenvalues and eigenvectors, from one triangle."""
    return tuple(np.linalg.eigh(A, UPLO))


@composite(numpy=np.linalg.eigh)
def eigh(A, UPLO="L"):
    """``A == V @ diag(w) @ V.T`` for symmetric matrices, with orthonormal columns in ``V`` and ``w`` ascending.

    The signs of the columns are arbitrary (and of equal eigenvalues, their rotation): a gradient has a meaning only for
    what does not depend on them.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.
    UPLO : {"L", "U"}
        Which triangle is looked at.

    Returns
    -------
    (eigenvalues, eigenvectors)
        Shapes ``(..., n)`` and ``(..., n, n)``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.eigh(tensor([[2., 1.], [1., 2.]])).eigenvalues
    tensor([1., 3.])
    """
    _square("eigh", A)
    return Eigh(*_eigh(A, UPLO=UPLO))


@composite(numpy=np.linalg.eigvalsh)
def eigvalsh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices, in ascending order.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.eigvalsh(tensor([[2., 1.], [1., 2.]]))
    tensor([1., 3.])
    """
    return eigh(A, UPLO).eigenvalues


@primitive(numpy=np.linalg.matrix_rank, samples=[at(_LEAD), at((3, 2))])
def matrix_rank(A, *, atol=None, rtol=None):
    """How many singular values of each matrix are greater than ``max(atol, rtol * greatest)``.

    Examples
    --------
    >>> from autograd_engine import linalg, ones
    >>> linalg.matrix_rank(ones(3, 3))
    tensor(1)
    """
    s = np.linalg.svd(A, compute_uv=False)
    rtol = (max(A.shape[-2:]) * np.finfo(s.dtype).eps if atol is None else 0.0) if rtol is None else rtol
    return (s > np.maximum(atol or 0.0, rtol * s.max(-1, keepdims=True, initial=0))).sum(-1)


# --- products -------------------------------------------------------------------------------------------------------


@composite(numpy=np.linalg.matrix_power)
def matrix_power(A, n):
    """Each square matrix times itself, ``n`` times; a negative ``n`` takes the inverse.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.matrix_power(tensor([[1., 1.], [0., 1.]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    _square("matrix_power", A)
    if n < 0:
        return matrix_power(inv(A), -n)
    result, square = None, A
    while n:
        n, odd = divmod(n, 2)
        result = square if odd and result is None else matmul(result, square) if odd else result
        square = matmul(square, square) if n else square
    return A * 0 + np.eye(A.shape[-1], dtype=A.dtype) if result is None else result


@composite(numpy=np.linalg.multi_dot)
def multi_dot(tensors):
    """The product of several matrices, in the order that needs the fewest multiplications; the first and last may be vectors.

    Examples
    --------
    >>> from autograd_engine import linalg, ones
    >>> linalg.multi_dot([ones(2, 3), ones(3, 4), ones(4)])
    tensor([12., 12.])
    """
    if len(tensors) < 2:
        raise ShapeError(f"multi_dot() needs at least two tensors, got {len(tensors)}")
    first, last = tensors[0].ndim == 1, tensors[-1].ndim == 1
    chain = list(tensors)
    chain[0] = unsqueeze(chain[0], 0) if first else chain[0]
    chain[-1] = unsqueeze(chain[-1], -1) if last else chain[-1]
    out = _best_product(chain)
    return reshape(out, out.shape[first : 2 - last])


def _best_product(chain: list) -> Any:
    """Multiply by the cheapest bracketing, found for ever longer parts of the chain."""
    sizes, n = [chain[0].shape[0], *[x.shape[1] for x in chain]], len(chain)
    best = {(i, i + 1): (0, i) for i in range(n)}
    for width in range(2, n + 1):
        for i in range(n - width + 1):
            j = i + width
            best[i, j] = min((best[i, k][0] + best[k, j][0] + sizes[i] * sizes[k] * sizes[j], k) for k in range(i + 1, j))

    def product(i: int, j: int) -> Any:
        return chain[i] if j == i + 1 else matmul(product(i, best[i, j][1]), product(best[i, j][1], j))

    return product(0, n)
