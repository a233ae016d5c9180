"""Functions of (stacks of) matrices: determinants, pseudo-inverses and least squares, powers and
products.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core.batched import of_all
from ..core.decision import decide
from ..core.recorder import looked_at
from ..core.errors import ShapeError
from .choice import where
from .declare import at, composite, primitive
from .diagonal import diag_embed
from .factorisations import _svd, svdvals
from .linear import matmul
from .reduction import prod
from .shape import reshape, unsqueeze
from .systems import SAMPLE, SQUARE, column, demand_square, inv, mT


def _pinv_rule(g: Any, A: Any, y: Any) -> Any:
    """G. Golub and V. Pereyra, "The differentiation of pseudo-inverses" (1973)."""
    P = y
    G = mT(g)
    beyond_rows = G @ P @ mT(P)
    beyond_columns = mT(P) @ P @ G
    return (
        beyond_rows
        - A @ (P @ beyond_rows)
        + beyond_columns
        - (beyond_columns @ P) @ A
        - mT(P) @ g @ mT(P)
    )


@primitive(
    vjp=_pinv_rule,
    promote="float",
    batching="front",
    samples=[at((3, 2), rtol=1e-15), at((2, 3), rtol=1e-15), at(SAMPLE, rtol=1e-15)],
)
def _pinv(A, *, rtol):
    """The pseudo-inverse, in which singular values of at most ``rtol`` times the greatest count as
    0.
    """
    return np.linalg.pinv(A, rtol)


def _relative_tolerance(A: Any, rtol: Any, atol: Any) -> Any:
    """The part of the greatest singular value that counts as 0: by default what rounding leaves."""
    if rtol is not None:
        return rtol
    if atol is not None:
        return 0.0
    dtype = A.dtype if A.dtype.kind == "f" else np.dtype("float64")
    return max(A.shape[-2:]) * np.finfo(dtype).eps


@composite(numpy=np.linalg.pinv, samples=[at((3, 2)), at((2, 2, 3)), at(SAMPLE, atol=0.1)])
def pinv(A, rtol=None, *, atol=None):
    """The pseudo-inverse (Moore-Penrose) of each matrix.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., m, n)``.
    rtol, atol : float, optional
        Singular values up to ``max(atol, rtol * greatest)`` count as 0; by default ``rtol`` is the
        greater length times the precision of the dtype.

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
    rtol = _relative_tolerance(A, rtol, atol)
    if atol is not None:
        values = looked_at(A)  # the limit is a constant
        greatest = np.linalg.norm(values, 2, (-2, -1))
        rtol = np.maximum(rtol, atol / np.where(greatest == 0, 1, greatest))
    return _pinv(A, rtol=rtol)


def _cofactors_rule(g: Any, A: Any) -> Any:
    """Of a diagonal matrix the derivative is known: products of all values but two. Any other is
    turned into one by its singular vectors.
    """
    u, s, vh = _svd(A)
    n = s.shape[-1]
    eye = np.eye(n, dtype=bool)
    others = prod(where(eye[:, None] | eye, 1.0, column(column(s))), dim=-1)
    others = where(eye, 0.0, others)
    turned = mT(u) @ g @ mT(vh)
    on = matmul(others, unsqueeze(turned.diagonal(0, -2, -1), -1)).squeeze(-1)
    whole = u @ (diag_embed(on) - others * mT(turned)) @ vh
    sign = det(looked_at(u)) * det(looked_at(vh))
    return whole * sign.reshape((*sign.shape, 1, 1))


@primitive(
    vjp=_cofactors_rule,
    promote="float",
    batching="front",
    samples=[at(SAMPLE), at(np.stack([SAMPLE, np.diag([1.0, 2.0, 0.0]) @ SAMPLE]))],
)
def _cofactors(A):
    """The determinants of what each matrix is without a row and a column, with signs: the gradient
    of `det`, and like it a polynomial in the elements.
    """
    u, s, vh = np.linalg.svd(A)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :]).prod(-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def _det_rule(g: Any, A: Any, y: Any) -> Any:
    """The matrix of cofactors: ``det(A) inv(A).T``, or without the inverse where it does not exist
    or is inexact.
    """
    g = g.reshape((*g.shape, 1, 1))
    values = of_all(looked_at(A))
    bound = np.sqrt(np.prod((values * values).sum(-1), -1))  # Hadamard's, of the determinant
    if (np.abs(np.linalg.det(values)) > 1e3 * np.finfo(values.dtype).eps * bound).all():
        return g * y.reshape((*y.shape, 1, 1)) * mT(inv(A))
    return g * _cofactors(A)


@primitive(
    vjp=_det_rule,
    numpy=np.linalg.det,
    promote="float",
    batching="front",
    samples=[*SQUARE, at(np.diag([1.0, 2.0, 0.0]) @ SAMPLE)],
)
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
    >>> linalg.det(tensor([[2., 0.], [0., 4.]]))
    tensor(8.)
    """
    return np.linalg.det(A)


class SlogDet(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


@primitive(
    joint=lambda g, A: [g[1].reshape((*g[1].shape, 1, 1)) * mT(inv(A))],
    outputs=0,
    promote="float",
    batching="front",
    samples=[at(SAMPLE), at(np.stack([SAMPLE, -SAMPLE]))],
)
def _slogdet(A):
    """The sign and the logarithm of the absolute value of the determinant."""
    return tuple(np.linalg.slogdet(A))


@composite(numpy=np.linalg.slogdet, samples=SQUARE)
def slogdet(A):
    """The sign of the determinant of each matrix, and the logarithm of its absolute value, without
    overflow.

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


@composite(samples=SQUARE)
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


class LeastSquares(NamedTuple):
    """What `lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


@composite(
    numpy=np.linalg.lstsq, samples=[at((4, 2), (4, 3)), at((2, 3), (2, 1)), at((2, 3, 2), (2, 3))]
)
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
        The squared distances of ``A X`` from ``B`` are empty unless ``m > n`` and the rank is
        ``n``.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.lstsq(tensor([[1.], [0.]]), tensor([[3.], [5.]])).solution
    tensor([[3.]])
    """
    if B.ndim == A.ndim - 1:
        found = lstsq(A, unsqueeze(B, -1), rcond)
        return found._replace(solution=found.solution.squeeze(-1))
    m, n = A.shape[-2:]
    solution = matmul(pinv(A, rcond), B)
    rank = matrix_rank(A, rtol=rcond)
    residuals = reshape(A, (-1,))[:0]
    if m > n and decide(_all_are, rank, number=n):
        residuals = ((matmul(A, solution) - B) ** 2).sum(-2)
    return LeastSquares(solution, residuals, rank, svdvals(A))


def _all_are(x: Any, number: int) -> bool:
    return bool((x == number).all())


@primitive(numpy=np.linalg.matrix_rank, batching="front", samples=[at(SAMPLE), at((3, 2))])
def matrix_rank(A, *, atol=None, rtol=None):
    """How many singular values of each matrix are greater than ``max(atol, rtol * greatest)``.

    Examples
    --------
    >>> from autograd_engine import linalg, ones
    >>> linalg.matrix_rank(ones(3, 3))
    tensor(1)
    """
    s = np.linalg.svd(A, compute_uv=False)
    rtol = _relative_tolerance(A, rtol, atol)
    least = np.maximum(atol or 0.0, rtol * s.max(-1, keepdims=True, initial=0))
    return (s > least).sum(-1)


@composite(
    numpy=np.linalg.matrix_power,
    samples=[at(SAMPLE, 3), at(SAMPLE, 0), at(np.stack([SAMPLE, SAMPLE.T]), -2)],
)
def matrix_power(A, n):
    """Each square matrix times itself, ``n`` times; a negative ``n`` takes the inverse.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> linalg.matrix_power(tensor([[1., 1.], [0., 1.]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    demand_square("matrix_power", A)
    if n < 0:
        return matrix_power(inv(A), -n)
    if n == 0:
        return where(False, A, np.eye(A.shape[-1], dtype=A.dtype))
    if n == 1:
        return A
    half = matrix_power(A, n // 2)
    square = matmul(half, half)
    return matmul(square, A) if n % 2 else square


@composite(
    numpy=np.linalg.multi_dot,
    samples=[
        at([(2, 3), (3, 4), (4,)]),
        at([(3,), (3, 4), (4, 2)]),
        at([(2, 3), (3, 1), (1, 4), (4, 2)]),
    ],
)
def multi_dot(tensors):
    """The product of several matrices, in the order that needs the fewest multiplications; the
    first and last may be vectors.

    Examples
    --------
    >>> from autograd_engine import linalg, ones
    >>> linalg.multi_dot([ones(2, 3), ones(3, 4), ones(4)])
    tensor([12., 12.])
    """
    if len(tensors) < 2:
        raise ShapeError(f"multi_dot() needs at least two tensors, got {len(tensors)}")
    chain = list(tensors)
    begins_with_vector = chain[0].ndim == 1
    if begins_with_vector:
        chain[0] = unsqueeze(chain[0], 0)
    ends_with_vector = chain[-1].ndim == 1
    if ends_with_vector:
        chain[-1] = unsqueeze(chain[-1], -1)
    out = _best_product(chain)
    return reshape(out, out.shape[begins_with_vector : 2 - ends_with_vector])


def _best_product(chain: list) -> Any:
    """Multiply by the cheapest bracketing, found for ever longer parts of the chain."""
    n = len(chain)
    sizes = [chain[0].shape[0], *[x.shape[1] for x in chain]]
    best = {(i, i + 1): (0, i) for i in range(n)}
    for width in range(2, n + 1):
        for i in range(n - width + 1):
            j = i + width
            best[i, j] = min(
                (best[i, k][0] + best[k, j][0] + sizes[i] * sizes[k] * sizes[j], k)
                for k in range(i + 1, j)
            )

    def product_of(i: int, j: int) -> Any:
        if j == i + 1:
            return chain[i]
        middle = best[i, j][1]
        return matmul(product_of(i, middle), product_of(middle, j))

    return product_of(0, n)
