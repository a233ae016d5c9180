"""NumPy's products of vectors and matrices, and its functions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import creation
from ...core.errors import ShapeError
from ...ops import (
    arrange,
    diagonal,
    einsum,
    factorisations,
    linear,
    matrices,
    norms,
    shape,
)
from ...ops.declare import at
from ...ops.systems import SAMPLE
from .twin import array_like, in_dtype, joined, twin


@twin(np.dot, [at((2, 3), (3,)), at((2, 3), (2, 3, 2)), at((), (3,)), at([1.0, 2.0], (2,))])
def _numpy_dot(a: Any, b: Any) -> Any:
    a, b = [creation.as_tensor(array_like(x)) for x in (a, b)]
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if max(a.ndim, b.ndim) < 3:
        return linear.matmul(a, b)
    return einsum.tensordot(a, b, ((-1,), (-min(b.ndim, 2),)))


@twin(np.vdot, [at((2, 3), (2, 3)), at(2.0, ())])
def _numpy_vdot(a: Any, b: Any) -> Any:
    """It flattens its arguments."""
    a, b = map(creation.as_tensor, (a, b))
    return linear.matmul(a.reshape((-1,)), b.reshape((-1,)))


@twin(np.outer, [at((2, 3), (2,)), at([1.0, 2.0], (3,)), at(2.0, (3,))])
def _numpy_outer(a: Any, b: Any) -> Any:
    """It flattens its arguments."""
    a, b = map(creation.as_tensor, (a, b))
    return a.reshape((-1, 1)) * b.reshape((-1,))


@twin(np.inner, [at((2, 3), (4, 3)), at((), (3,)), at(2.0, (3,)), at([1.0, 2.0], (2,))])
def _numpy_inner(a: Any, b: Any) -> Any:
    return einsum.inner(a, b)


@twin(np.kron, [at((2, 3), (4, 1)), at((2, 3), (2,)), at(2.0, (2,)), at([1.0, 2.0], (2,))])
def _numpy_kron(a: Any, b: Any) -> Any:
    a, b = [creation.as_tensor(array_like(x)) for x in (a, b)]
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return linear.kron(a, b)


@twin(
    np.cross,
    [
        at((2, 3), (2, 3)),
        at((3, 2), (3, 2), axis=0),
        at((3, 2), (2, 3), axisa=0, axisb=1, axisc=0),
        at([1.0, 2.0, 0.5], (3,)),
    ],
)
def _numpy_cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a = shape.movedim(creation.as_tensor(a), axisa, -1)
    b = shape.movedim(creation.as_tensor(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ShapeError(
            "np.cross of a Tensor takes vectors of three elements, got shapes "
            f"{list(a.shape)} and {list(b.shape)}"
        )
    product = arrange.roll(a, -1, -1) * arrange.roll(b, -2, -1)
    product = product - arrange.roll(a, -2, -1) * arrange.roll(b, -1, -1)
    return shape.movedim(product, -1, axisc)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@twin(
    np.einsum,
    [
        at("ij,jk->ik", (2, 3), (3, 2)),
        at((2, 3), [0, 1], [1, 0]),
        at((2, 3), [0, 1], (3,), [1]),
        at((2, 2, 3), [..., 0], [..., 0]),
        at("ij,j", (2, 3), (3,), optimize=True),
        at("ij->i", (2, 3), dtype="float32", casting="same_kind"),
    ],
)
def _numpy_einsum(*operands: Any, dtype: Any = None, casting: str = "safe") -> Any:
    """With letters, or with lists of numbers between the operands."""
    if not isinstance(operands[0], str):
        operands = _by_letters(operands)
    equation, *tensors = operands
    return einsum.einsum(equation, *joined(tensors, dtype, casting))


def _by_letters(operands: tuple) -> tuple:
    """Operands with lists of dimensions' numbers, as an equation and operands."""
    pairs = len(operands) // 2
    groups = ["".join(map(_letter, operands[2 * i + 1])) for i in range(pairs)]
    equation = ",".join(groups)
    if len(operands) % 2:
        equation += "->" + "".join(map(_letter, operands[-1]))
    return (equation, *operands[: 2 * pairs : 2])


def _letter(number: Any) -> str:
    return "..." if number is Ellipsis else _LETTERS[number]


@twin(
    np.trace,
    [at((3, 4), 1), at((2, 3, 4)), at((2, 3, 4), axis1=2, axis2=0), at((2, 2), dtype="float32")],
)
def _numpy_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return in_dtype(diagonal.diagonal(a, offset=offset, dim1=axis1, dim2=axis2), dtype).sum(-1)


def _symmetric(a: Any, hermitian: bool) -> Any:
    """The matrix whose lower triangle alone is looked at, where it is said to be symmetric."""
    if not hermitian:
        return a
    return diagonal.tril(a) + shape.swapaxes(diagonal.tril(a, -1), -1, -2)


@twin(
    np.linalg.svd,
    [
        at((3, 2), compute_uv=False),
        at(SAMPLE),
        at((3, 2), full_matrices=False),
        at(SAMPLE, compute_uv=False, hermitian=True),
    ],
)
def _numpy_svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    a = _symmetric(a, hermitian)
    if not compute_uv:
        return factorisations.svdvals(a)
    return factorisations.svd(a, full_matrices)


@twin(np.linalg.qr, [at(SAMPLE), at((4, 2), mode="r"), at((2, 2, 4), "complete")])
def _numpy_qr(a: Any, mode: str = "reduced") -> Any:
    found = factorisations.qr(a, mode)
    if mode == "r":
        return found.R
    return found


@twin(
    np.linalg.pinv,
    [at((3, 2)), at((2, 2, 3)), at(SAMPLE, rcond=0.1), at(SAMPLE, rtol=0.1)]
    + [at(SAMPLE, hermitian=True)],
)
def _numpy_pinv(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    return matrices.pinv(_symmetric(a, hermitian), rcond if rtol is None else rtol)


@twin(
    np.linalg.matrix_rank,
    [at(SAMPLE), at((3, 2)), at(SAMPLE, tol=1.0), at(SAMPLE, rtol=0.5)]
    + [at(SAMPLE, hermitian=True)],
)
def _numpy_matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    """NumPy's ``tol`` is absolute."""
    A = _symmetric(A, hermitian)
    if tol is not None:
        rtol = 0.0
    return matrices.matrix_rank(A, atol=tol, rtol=rtol)


@twin(np.linalg.norm, [at((2, 3)), at((2, 3), "nuc"), at((2, 3), 1, -1, True)])
def _numpy_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return norms.norm(x, ord, axis, keepdims)
