"""Eigenvalues of matrices that are not symmetric, and the exponential of matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .choice import where
from .complex import ComplexTensor
from .declare import at, primitive
from .diagonal import diag_embed, diagonal
from .joining import cat
from .linear import matmul
from .systems import SAMPLE, SYMMETRIC, _solve, column, demand_square, mT

ROTATING = np.array([[0.5, -1.3, 0.2], [1.1, 0.4, -0.3], [0.3, 0.2, 1.9]])
"""A matrix for the tests of which two eigenvalues are not real."""
MATRICES = [at(SAMPLE), at(ROTATING), at(np.stack([SAMPLE, ROTATING.T]))]


# --- eigenvalues ----------------------------------------------------------------------------------


def _as_real(real: Any, imag: Any) -> Any:
    """Complex matrices as real ones of twice the size: products, inverses and (conjugate)
    transposes of these are those of the complex matrices.
    """
    return cat([cat([real, -imag], -1), cat([imag, real], -1)], -2)


def _parts(matrix: Any) -> tuple:
    """The real and the imaginary part of what `_as_real` gave."""
    n = matrix.shape[-1] // 2
    return matrix[..., :n, :n], matrix[..., n:, :n]


def _eig_rule(g: tuple, y: tuple) -> list:
    """M. Giles, "An extended collection of matrix derivative results" (2008), for eigenvectors of
    length 1 and functions that do not depend on their phases, as in PyTorch.
    """
    g_real, g_imag, gv_real, gv_imag = g
    real, imag, v_real, v_imag = y
    vectors = _as_real(v_real, v_imag)
    turned = mT(vectors)
    inner_real, inner_imag = _parts(matmul(turned, _as_real(gv_real, gv_imag)))
    along = column(diagonal(inner_real, dim1=-2, dim2=-1))
    norm_real, norm_imag = _parts(matmul(turned, _as_real(v_real * along, v_imag * along)))
    inner_real = inner_real - norm_real
    inner_imag = inner_imag - norm_imag
    # Divided by the conjugate of the differences of eigenvalues, whose diagonal is set to 1:
    eye = np.eye(real.shape[-1], dtype=bool)
    gap_real = where(eye, 1.0, column(real) - mT(column(real)))
    gap_imag = where(eye, 0.0, column(imag) - mT(column(imag)))
    size = gap_real * gap_real + gap_imag * gap_imag
    new_real = (inner_real * gap_real - inner_imag * gap_imag) / size
    new_imag = (inner_imag * gap_real + inner_real * gap_imag) / size
    new_real = where(eye, diag_embed(g_real), new_real)
    new_imag = where(eye, diag_embed(g_imag), new_imag)
    whole = _solve(turned, matmul(_as_real(new_real, new_imag), turned))
    return [_parts(whole)[0]]


@primitive(joint=_eig_rule, outputs=0, promote="float", batching="front", samples=SYMMETRIC)
def _eig(A):
    """The real and imaginary parts of the eigenvalues and of the eigenvectors."""
    values, vectors = np.linalg.eig(A)
    parts = (values.real, values.imag, vectors.real, vectors.imag)
    return tuple([np.ascontiguousarray(part, dtype=A.dtype) for part in parts])


class Eig(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Any
    eigenvectors: Any


def eig(A: Any) -> Eig:
    """The eigenvalues and eigenvectors of matrices, which may be complex.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.

    Returns
    -------
    (eigenvalues, eigenvectors)
        A `ComplexTensor` of shape ``(..., n)``, in no particular order, and one of shape
        ``(..., n, n)``, whose columns are the eigenvectors, of length 1.

    Raises
    ------
    ShapeError
        If ``A`` is not square.

    Notes
    -----
    The phase of an eigenvector is arbitrary, so only functions that do not depend on it have a
    gradient; and so has nothing where eigenvalues coincide, but for the eigenvalues of a matrix
    that can be diagonalised.

    Examples
    --------
    >>> from autograd_engine import linalg, tensor
    >>> values, vectors = linalg.eig(tensor([[0., -1.], [1., 0.]]))
    >>> values.imag
    tensor([ 1., -1.])
    """
    demand_square("eig", A)
    real, imag, v_real, v_imag = _eig(A)
    return Eig(ComplexTensor(real, imag), ComplexTensor(v_real, v_imag))


def eigvals(A: Any) -> ComplexTensor:
    """The eigenvalues of matrices, which may be complex.

    Parameters
    ----------
    A : Tensor
        Shape ``(..., n, n)``.

    Returns
    -------
    ComplexTensor
        Shape ``(..., n)``, in no particular order.

    Raises
    ------
    ShapeError
        If ``A`` is not square.

    Examples
    --------
    The spectral radius, which says whether powers of a matrix grow:

    >>> from autograd_engine import linalg, tensor
    >>> linalg.eigvals(tensor([[0.5, 1.], [0., -0.9]])).abs().max()
    tensor(0.9000)
    """
    demand_square("eigvals", A)
    real, imag, *_ = _eig(A)
    return ComplexTensor(real, imag)


# --- the exponential ------------------------------------------------------------------------------


PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
"""The coefficients of the diagonal Padé approximant of degree 13."""
RADIUS = 5.371920351148152
"""Up to this norm it is exact to double precision."""


def _expm(A: np.ndarray) -> np.ndarray:
    """N. Higham, "The scaling and squaring method for the matrix exponential revisited" (2005)."""
    norm = np.abs(A).sum(-2).max(initial=0.0)
    if not np.isfinite(norm):
        return np.full_like(A, np.nan)
    squarings = max(0, int(np.ceil(np.log2(max(norm, 1e-300) / RADIUS))))
    a = A / 2.0**squarings
    eye = np.broadcast_to(np.eye(A.shape[-1]), A.shape)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a2 @ a4
    b = PADE
    odd = a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
    odd = a @ (odd + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * eye)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2)
    even = even + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * eye
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result


def _exp_rule(g: Any, A: Any) -> Any:
    """The derivative stands in the corner of the exponential of a matrix of twice the size; C. Van
    Loan, "Computing integrals involving the matrix exponential" (1978).
    """
    n = A.shape[-1]
    turned = mT(A)
    whole = cat([cat([turned, g], -1), cat([turned * 0, turned], -1)], -2)
    return matrix_exp(whole)[..., :n, n:]


@primitive(vjp=_exp_rule, promote="float", batching="front", samples=MATRICES)
def matrix_exp(A):
    """The exponential of each matrix, ``I + A + A @ A / 2 + ...``.

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
        If ``A`` is not square.

    Examples
    --------
    A rotation by a quarter turn is the exponential of its generator:

    >>> from autograd_engine import linalg, pi, tensor
    >>> linalg.matrix_exp(tensor([[0., -pi / 2], [pi / 2, 0.]])).round(decimals=4) + 0.0
    tensor([[ 0., -1.],
            [ 1.,  0.]])
    """
    demand_square("matrix_exp", A)
    return _expm(A.astype(np.float64)).astype(A.dtype)
