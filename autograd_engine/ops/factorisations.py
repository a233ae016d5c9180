"""Factorisations of (stacks of) matrices, as in ``torch.linalg``: Cholesky, QR, singular values,
eigenvalues.

NumPy computes them; the rules of their gradients are written with the ops of this package, so that
they can be differentiated again. Where a factor is arbitrary (signs, and rotations among equal
values) its gradient has a meaning only for functions that do not depend on the choice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .choice import where, zeros_like
from .declare import at, composite, primitive
from .diagonal import diag_embed, tril, triu
from .joining import cat
from .linear import matmul
from .shape import reshape, unsqueeze
from .systems import SAMPLE, SYMMETRIC, _solve, column, demand_square, gram, mT


def _cholesky_rule(g: Any, y: Any) -> Any:
    """I. Murray, "Differentiation of the Cholesky decomposition" (2016)."""
    inner = tril(mT(y) @ g)
    inner = inner - tril(triu(inner)) * 0.5
    outer = _solve(mT(y), mT(_solve(mT(y), mT(inner))))
    return (outer + mT(outer)) * 0.5


@primitive(vjp=_cholesky_rule, promote="float", batching="front", samples=SYMMETRIC)
def _cholesky(A):
    """The lower triangular factor; only the lower triangle is looked at, the gradient is a
    symmetric matrix.
    """
    return np.linalg.cholesky(A)


@composite(numpy=np.linalg.cholesky, samples=[*SYMMETRIC, at((2, 3), through=gram, upper=True)])
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
    factor = _cholesky(A)
    return mT(factor) if upper else factor


class QR(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


def _qr_rule(g: tuple, y: tuple) -> list:
    """S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions"
    (2010)."""
    gq, gr = g
    q, r = y
    m = r @ mT(gr) - mT(gq) @ q
    return [mT(_solve(r, mT(gq + q @ (tril(m) + mT(tril(m, diagonal=-1))))))]


@primitive(
    joint=_qr_rule, outputs=0, promote="float", batching="front", samples=[at(SAMPLE), at((4, 2))]
)
def _qr(A):
    """``Q`` with orthonormal columns and ``R`` upper triangular, of matrices that are no wider than
    high.
    """
    return tuple(np.linalg.qr(A))


@primitive(outputs=0, promote="float", batching="front", samples=[at((3, 2))])
def _qr_complete(A):
    """``Q`` square and ``R`` of the shape of ``A``."""
    return tuple(np.linalg.qr(A, "complete"))


@composite(numpy=np.linalg.qr, samples=[at(SAMPLE), at((4, 2)), at((2, 2, 4))])
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
            raise NotImplementedError(
                "qr(mode='complete') of a matrix higher than wide has no gradient: the added "
                "columns are arbitrary"
            )
        return QR(*_qr_complete(A))
    q, r = _qr(A[..., :m])
    if n > m:
        r = cat([r, matmul(mT(q), A[..., m:])], -1)
    if mode == "r":
        q = reshape(q, (-1,))[:0]
    return QR(q, r)


class SVD(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


def _over_gap(part: Any, gap: Any, touched: Any) -> Any:
    """``part / gap``. Where the gap is 0, two vectors may be exchanged for any rotation of them:
    what does not touch them gets 0. What does gets NaN, since then the gradient cannot be told from
    the cotangents of one choice.
    """
    equal = gap == 0
    return where(equal, where(touched, float("nan"), 0.0), part / where(equal, 1.0, gap))


def _cotangent_of_factor(g: Any, y: Any) -> Any:
    """The cotangent of an output, which may not have been used."""
    return zeros_like(y) if g is None else g


def _svd_rule(g: tuple, y: tuple) -> list:
    """J. Townsend, "Differentiating the singular value decomposition" (2016)."""
    u, s, vh = y
    k = s.shape[-1]
    gu = _cotangent_of_factor(g[0], u)[..., :, :k]
    gs = _cotangent_of_factor(g[1], s)
    gvh = _cotangent_of_factor(g[2], vh)[..., :k, :]
    u = u[..., :, :k]
    vh = vh[..., :k, :]
    if g[0] is None and g[2] is None:
        return [(u * column(gs)) @ vh]
    touched = (gu != 0).any(-2) | (gvh != 0).any(-1) | (gs != 0)
    uu = mT(u) @ gu
    vv = vh @ mT(gvh)
    mixed = (uu - mT(uu)) * column(s) + unsqueeze(s, -1) * (vv - mT(vv))
    whole = u @ (_over_gap(mixed, _gaps(s * s), _pairs(touched)) + diag_embed(gs)) @ vh
    if u.shape[-2] > k:
        whole = whole + _over_gap(gu - u @ uu, column(s), column(touched)) @ vh
    if vh.shape[-1] > k:
        whole = whole + u @ _over_gap(gvh - mT(vv) @ vh, unsqueeze(s, -1), unsqueeze(touched, -1))
    return [whole]


def _gaps(values: Any) -> Any:
    """How much each value is greater than each other, as a matrix with 1 on its diagonal."""
    return column(values) - unsqueeze(values, -1) + np.eye(values.shape[-1], dtype=values.dtype)


def _pairs(touched: Any) -> Any:
    """Which two have one that is touched."""
    return column(touched) | unsqueeze(touched, -1)


@primitive(
    joint=_svd_rule,
    outputs=0,
    promote="float",
    batching="front",
    samples=[at((3, 2)), at((2, 3)), at(SAMPLE)],
)
def _svd(A, *, full_matrices=False):
    """The singular value decomposition."""
    return tuple(np.linalg.svd(A, full_matrices))


_svd.op.materialize = False  # its rule asks which of the outputs were used


@composite(
    samples=[at(SAMPLE), at((3, 2), full_matrices=False), at((2, 2, 3), full_matrices=False)]
)
def svd(A, full_matrices=True):
    """``A == U @ diag(S) @ Vh`` with orthonormal columns in ``U``, orthonormal rows in ``Vh`` and
    ``S`` descending.

    The signs of the columns are arbitrary (and of equal singular values, their rotation): a
    gradient has a meaning only for what does not depend on them. Through vectors of equal singular
    values, or of one that is 0, it is NaN, as in PyTorch; the values alone are differentiated at
    any matrix.

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


@composite(numpy=np.linalg.svdvals, samples=[at(SAMPLE), at((3, 2)), at((2, 2, 3))])
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
    w, v = y
    gw = _cotangent_of_factor(g[0], w)
    if g[1] is None:
        return [(v * column(gw)) @ mT(v)]
    gv = g[1]
    touched = (gv != 0).any(-2) | (gw != 0)
    off = where(np.eye(w.shape[-1], dtype=bool), 0.0, mT(v) @ gv)
    return [v @ (_over_gap(off, _gaps(w), _pairs(touched)) + diag_embed(gw)) @ mT(v)]


@primitive(joint=_eigh_rule, outputs=0, promote="float", batching="front", samples=SYMMETRIC)
def _eigh(A, *, UPLO="L"):
    """Eigenvalues and eigenvectors, from one triangle."""
    return tuple(np.linalg.eigh(A, UPLO))


_eigh.op.materialize = False


@composite(numpy=np.linalg.eigh, samples=[*SYMMETRIC, at((2, 3), through=gram, UPLO="U")])
def eigh(A, UPLO="L"):
    """``A == V @ diag(w) @ V.T`` for symmetric matrices, with orthonormal columns in ``V`` and
    ``w`` ascending.

    The signs of the columns are arbitrary (and of equal eigenvalues, their rotation): a gradient
    has a meaning only for what does not depend on them. Through vectors of equal eigenvalues it is
    NaN, as in PyTorch; the values alone are differentiated at any matrix.

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
    demand_square("eigh", A)
    return Eigh(*_eigh(A, UPLO=UPLO))


@composite(numpy=np.linalg.eigvalsh, samples=[*SYMMETRIC, at((2, 3), through=gram, UPLO="U")])
def eigvalsh(A, UPLO="L"):
    """The eigenvalues of symmetric matrices, in ascending order.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.eigvalsh(tensor([[2., 1.], [1., 2.]]))
    tensor([1., 3.])
    """
    return eigh(A, UPLO).eigenvalues
