"""Systems of linear equations and inverses, of (stacks of) matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import ShapeError
from .arithmetic import neg
from .declare import at, composite, primitive
from .diagonal import tril, triu
from .shape import unsqueeze

SAMPLE = np.array([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [0.2, -0.6, 1.8]])
"""A well-conditioned matrix for the tests."""
SQUARE = [at(SAMPLE), at(np.stack([SAMPLE, SAMPLE.T]))]


def gram(x: Any) -> Any:
    """A symmetric, positive definite matrix made of any."""
    return x @ mT(x)


SYMMETRIC = [at((3, 5), through=gram), at((2, 2, 3), through=gram)]


def mT(a: Any) -> Any:
    return a.swapaxes(-1, -2)


def column(x: Any) -> Any:
    """``x`` with a dimension more, so that it scales the columns of matrices."""
    return unsqueeze(x, -2)


def demand_square(name: str, a: Any) -> None:
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"{name}() takes square matrices, got shape {list(a.shape)}")


@primitive(
    vjp=lambda g, y: neg(mT(y) @ g @ mT(y)),
    numpy=np.linalg.inv,
    promote="float",
    batching="front",
    samples=SQUARE,
)
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


@primitive(
    vjp=(lambda g, A, y: neg(_solve(mT(A), g) @ mT(y)), lambda g, A: _solve(mT(A), g)),
    promote="float",
    batching="front",
    samples=[at(SAMPLE, (3, 2)), at(np.stack([SAMPLE, SAMPLE.T]), (3, 1))],
)
def _solve(A, B):
    """``inv(A) @ B``."""
    return np.linalg.solve(A, B)


@composite(
    numpy=np.linalg.solve,
    samples=[
        at(SAMPLE, (3, 2)),
        at(np.stack([SAMPLE, SAMPLE.T]), (2, 3)),
        at(SAMPLE, (3,)),
        at(SAMPLE, (2, 3), left=False),
    ],
)
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
    demand_square("solve", A)
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1]):
        return solve(A, unsqueeze(B, -1)).squeeze(-1)
    if left:
        return _solve(A, B)
    return mT(_solve(mT(A), mT(B)))


@composite(
    samples=[
        at(SAMPLE, (3, 2), upper=True),
        at(SAMPLE, (2, 2, 3), upper=False, left=False, unitriangular=True),
    ]
)
def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    """The solution ``X`` of ``A X = B`` with a triangular matrix, of which only the one triangle is
    looked at.

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
    demand_square("solve_triangular", A)
    first = int(unitriangular)
    triangle = triu(A, diagonal=first) if upper else tril(A, diagonal=-first)
    if unitriangular:
        triangle = triangle + np.eye(A.shape[-1], dtype=A.dtype)
    return solve(triangle, B, left=left)
