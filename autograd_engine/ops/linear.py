"""Products of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from ..core.summation import column_sums, summed
from .arrange import roll
from .declare import at, composite, function_only, in_place, normal_dims, primitive
from .reduction import norm
from .shape import as_array, unsqueeze

_DISTANCES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)
_SCALED: Any = {"beta": 0.5, "alpha": 2}


def _matrix_product(a: Any, b: Any) -> Any:
    """``a @ b``; of two matrices by ``dot``, which NumPy starts in half the time, and of a batch of
    matrices with one matrix as one product.

    Of an array and a tensor ``dot`` would give bare numbers, without a graph.
    """
    if type(a) is type(b) is np.ndarray and b.ndim == 2:
        if a.ndim == 2:
            return a.dot(b)
        if a.ndim > 2:
            return _as_rows(a).dot(b).reshape((*a.shape[:-1], b.shape[1]))
    return a @ b


def _matmul_left(g: Any, b: Any, a_shape: tuple) -> Any:
    """``g bᵀ``, with the cases of vectors."""
    if b.ndim == 1:
        return g.reshape(tuple(g.shape) + (1,)) * b
    if len(a_shape) == 1:
        row = g.reshape(tuple(g.shape[:-1]) + (1, g.shape[-1]))
        return (row @ b.swapaxes(-1, -2)).reshape(tuple(g.shape[:-1]) + a_shape)
    return _matrix_product(g, b.swapaxes(-1, -2))


def _matmul_right(g: Any, a: Any, b_shape: tuple) -> Any:
    """``aᵀ g``, with the cases of vectors; a batch of matrices times one matrix is one product."""
    if len(b_shape) == 1:
        product = a * g.reshape(tuple(g.shape) + (1,))
        return summed(product, tuple(range(g.ndim))) if g.ndim else product
    if a.ndim == 1:
        return a.reshape(a.shape + (1,)) * g.reshape(tuple(g.shape[:-1]) + (1, g.shape[-1]))
    if a.ndim > 2 and len(b_shape) == 2:
        return _as_rows(a).swapaxes(0, 1) @ _as_rows(g)
    return _matrix_product(a.swapaxes(-1, -2), g)


@primitive(
    vjp=(_matmul_left, _matmul_right),
    numpy=np.matmul,
    promote="keep",
    symbol="@",
    samples=[
        at((3,), (3,)),
        at((2, 3), (3,)),
        at((3,), (3, 2)),
        at((2, 3), (3, 4)),
        at((2, 2, 3), (3, 4)),
        at((3,), (2, 3, 2)),
        at((2, 1, 2, 3), (3, 3, 2)),
        at((2, 2, 3), (3,)),
        at((0, 3), (3, 2)),
    ],
)
def matmul(a, b):
    """The matrix product, of vectors, matrices, and stacks of matrices that broadcast.

    Parameters
    ----------
    a : Tensor
        Shape ``(n,)`` or ``(..., m, n)``.
    b : Tensor
        Shape ``(n,)`` or ``(..., n, p)``.

    Returns
    -------
    Tensor
        Shape ``(..., m, p)``, without ``m`` or ``p`` where ``a`` or ``b`` is a vector.

    Raises
    ------
    ShapeError
        If the inner dimensions differ.

    Examples
    --------
    >>> from autograd_engine import matmul, tensor
    >>> matmul(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    return _matrix_product(a, b)


def _as_rows(x: Any) -> Any:
    """All dimensions but the last as one."""
    if x.ndim == 2:
        return x
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _linear_input(g: Any, weight: Any) -> Any:
    """``g @ weight``"""
    return _matrix_product(g, weight)


def _linear_weight(g: Any, x: Any) -> Any:
    """``g.T @ x``, with all dimensions but the last as one"""
    return _matrix_product(_as_rows(g).swapaxes(0, 1), _as_rows(x))


def _linear_bias(g: Any) -> Any:
    """``g`` summed over all dimensions but the last"""
    rows = _as_rows(g)
    return column_sums(rows) if isinstance(rows, np.ndarray) else summed(rows, (0,))


@function_only
@primitive(
    vjp=(_linear_input, _linear_weight, _linear_bias),
    promote="keep",
    samples=[at((4, 3), (2, 3), (2,)), at((3,), (2, 3), (2,)), at((2, 2, 3), (1, 3), (1,))],
)
def linear(x, weight, bias=None):
    """``x @ weight.T + bias`` as one op.

    Parameters
    ----------
    x : Tensor
        Shape ``(..., in_features)``.
    weight : Tensor
        Shape ``(out_features, in_features)``.
    bias : Tensor, optional
        Shape ``(out_features,)``.

    Returns
    -------
    Tensor
        Shape ``(..., out_features)``.

    Raises
    ------
    ShapeError
        If the features differ.

    Examples
    --------
    >>> from autograd_engine import linear, tensor
    >>> linear(tensor([1., 2.]), tensor([[1., 1.], [0., 3.]]), tensor([0., 1.]))
    tensor([3., 7.])
    """
    if x.shape[-1:] != weight.shape[1:]:
        raise ShapeError(
            f"x of shape {list(x.shape)} does not end in the in_features of weight "
            f"{list(weight.shape)}"
        )
    out = _matrix_product(x, weight.T)
    if bias is not None:
        if bias.shape != weight.shape[:1]:
            raise ShapeError(
                f"bias has shape {list(bias.shape)}, the output has {weight.shape[0]} features"
            )
        out += bias
    return out


def _demand_dims(name: str, *operands: tuple[Any, int]) -> None:
    """Raise unless each operand has its number of dimensions."""
    if any(x.ndim != ndim for x, ndim in operands):
        wanted = [ndim for _, ndim in operands]
        got = [list(x.shape) for x, _ in operands]
        raise ShapeError(f"{name}() takes operands of {wanted} dimensions, got shapes {got}")


@composite(samples=[at((2, 3), (3, 4)), at((0, 3), (3, 2))])
def mm(x, mat2):
    """The product of two matrices.

    Examples
    --------
    >>> from autograd_engine import mm, ones
    >>> mm(ones(2, 3), ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    _demand_dims("mm", (x, 2), (mat2, 2))
    return matmul(x, mat2)


@composite(samples=[at((2, 2, 3), (2, 3, 4))])
def bmm(x, mat2):
    """The products of two batches of matrices.

    Examples
    --------
    >>> from autograd_engine import bmm, ones
    >>> bmm(ones(5, 2, 3), ones(5, 3, 4)).shape
    (5, 2, 4)
    """
    _demand_dims("bmm", (x, 3), (mat2, 3))
    if len(x) != len(mat2):
        raise ShapeError(f"bmm() takes two batches of one length, got {len(x)} and {len(mat2)}")
    return matmul(x, mat2)


@composite(samples=[at((2, 3), (3,)), at((2, 0), (0,))])
def mv(x, vec):
    """The product of a matrix and a vector.

    Examples
    --------
    >>> from autograd_engine import mv, ones
    >>> mv(ones(2, 3), ones(3))
    tensor([3., 3.])
    """
    _demand_dims("mv", (x, 2), (vec, 1))
    return matmul(x, vec)


@composite(samples=[at((3,), (3,)), at((0,), (0,))])
def dot(x, tensor):
    """The dot product of two vectors.

    Examples
    --------
    >>> from autograd_engine import dot, tensor
    >>> dot(tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    _demand_dims("dot", (x, 1), (tensor, 1))
    return matmul(x, tensor)


vdot = dot


@composite(samples=[at((2,), (3,)), at((0,), (3,))])
def outer(x, vec2):
    """All products of an element of one vector with an element of another.

    Examples
    --------
    >>> from autograd_engine import outer, tensor
    >>> outer(tensor([1., 2.]), tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _demand_dims("outer", (x, 1), (vec2, 1))
    return x.reshape((-1, 1)) * vec2


ger = outer


def _added(x: Any, product: Any, beta: float, alpha: float) -> Any:
    """``beta * x + alpha * product``; with ``beta`` 0, ``x`` is not looked at, so that its NaN do
    not count.
    """
    if alpha != 1:
        product = product * alpha
    x = as_array(x)
    lead = product.ndim - x.ndim
    if lead < 0 or any(n not in (1, m) for n, m in zip(x.shape, product.shape[lead:])):
        raise ShapeError(
            f"what is added, of shape {list(x.shape)}, must broadcast to the product's "
            f"{list(product.shape)}"
        )
    if beta == 0:
        return product
    if beta != 1:
        x = x * beta
    return x + product


@in_place
@composite(samples=[at((2, 4), (2, 3), (3, 4)), at((4,), (2, 3), (3, 4), **_SCALED)])
def addmm(x, mat1, mat2, *, beta=1, alpha=1):
    """``beta * x + alpha * (mat1 @ mat2)`` of matrices.

    Examples
    --------
    >>> from autograd_engine import addmm, ones
    >>> addmm(ones(2), ones(1, 3), ones(3, 2), alpha=2)
    tensor([[7., 7.]])
    """
    return _added(x, mm(mat1, mat2), beta, alpha)


@in_place
@composite(samples=[at((2,), (2, 3), (3,)), at((), (2, 3), (3,), **_SCALED)])
def addmv(x, mat, vec, *, beta=1, alpha=1):
    """``beta * x + alpha * (mat @ vec)``.

    Examples
    --------
    >>> from autograd_engine import addmv, ones
    >>> addmv(ones(2), ones(2, 3), ones(3))
    tensor([4., 4.])
    """
    return _added(x, mv(mat, vec), beta, alpha)


@in_place
@composite(samples=[at((2, 3), (2,), (3,)), at((3,), (2,), (3,), **_SCALED)])
def addr(x, vec1, vec2, *, beta=1, alpha=1):
    """``beta * x + alpha * outer(vec1, vec2)``.

    Examples
    --------
    >>> from autograd_engine import addr, ones
    >>> addr(ones(2, 2), ones(2), ones(2))
    tensor([[2., 2.],
            [2., 2.]])
    """
    return _added(x, outer(vec1, vec2), beta, alpha)


@in_place
@composite(samples=[at((2, 2, 4), (2, 2, 3), (2, 3, 4)), at((4,), (2, 2, 3), (2, 3, 4), **_SCALED)])
def baddbmm(x, batch1, batch2, *, beta=1, alpha=1):
    """``beta * x + alpha * (batch1 @ batch2)`` of batches of matrices.

    Examples
    --------
    >>> from autograd_engine import baddbmm, ones
    >>> baddbmm(ones(5, 2, 4), ones(5, 2, 3), ones(5, 3, 4)).shape
    (5, 2, 4)
    """
    return _added(x, bmm(batch1, batch2), beta, alpha)


@in_place
@composite(samples=[at((2, 4), (2, 2, 3), (2, 3, 4)), at((4,), (2, 2, 3), (2, 3, 4), **_SCALED)])
def addbmm(x, batch1, batch2, *, beta=1, alpha=1):
    """``beta * x + alpha * (batch1 @ batch2).sum(0)``.

    Examples
    --------
    >>> from autograd_engine import addbmm, ones
    >>> addbmm(ones(2, 1), ones(5, 2, 3), ones(5, 3, 1))
    tensor([[16.],
            [16.]])
    """
    return _added(x, bmm(batch1, batch2).sum(0), beta, alpha)


@composite(numpy=np.kron, samples=[at((2, 3), (4, 1)), at((2, 3), (2,)), at((), (2,))])
def kron(x, other):
    """The Kronecker product: each element of ``x`` times the whole of ``other``, as blocks.

    Examples
    --------
    >>> from autograd_engine import kron, tensor
    >>> kron(tensor([1., 2.]), tensor([1., 10.]))
    tensor([ 1., 10.,  2., 20.])
    """
    x = as_array(x)
    other = as_array(other)
    n = max(x.ndim, other.ndim)
    ours, theirs = ((1,) * (n - a.ndim) + tuple(a.shape) for a in (x, other))
    products = x.reshape([k for m in ours for k in (m, 1)]) * other.reshape(
        [k for m in theirs for k in (1, m)]
    )
    return products.reshape([a * b for a, b in zip(ours, theirs)])


@composite(numpy=np.cross, samples=[at((2, 3), (2, 3)), at((3, 2), (3, 2), axis=0)])
def _cross(a, b, axis=-1):
    """The cross product of vectors of three elements along a dimension."""
    (axis,) = normal_dims(axis, a.ndim)
    if a.ndim != b.ndim or a.shape[axis] != 3 or b.shape[axis] != 3:
        raise ShapeError(
            f"cross() needs length 3 along dimension {axis} of both, got shapes {list(a.shape)} "
            f"and {list(b.shape)}"
        )
    return roll(a, -1, axis) * roll(b, -2, axis) - roll(a, -2, axis) * roll(b, -1, axis)


@composite(samples=[at((2, 3), (2, 3)), at((3, 2), (3, 2), 0), at((3, 3), (3, 3), -1)])
def cross(x, other, dim=None):
    """The cross product of vectors along a dimension; by default the first of length 3.

    Examples
    --------
    >>> from autograd_engine import cross, tensor
    >>> cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    if dim is None:
        if 3 not in x.shape:
            raise ShapeError(f"cross() needs a dimension of length 3, got shape {list(x.shape)}")
        dim = x.shape.index(3)
    return _cross(x, other, dim)


@function_only
@composite(samples=[at((2, 3), (4, 3)), at((2, 2, 3), (2, 4, 3), 1.0), at((2, 3), (4, 3), 3.0)])
def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The distances between all rows of ``x1`` and all rows of ``x2``; the derivative at distance 0
    is 0.

    Parameters
    ----------
    x1, x2 : Tensor
        Shapes ``(..., m, n)`` and ``(..., k, n)``.
    p : float
        Which norm.
    compute_mode : str
        One of PyTorch's three ways of computing the distances. They are differences here, whatever
        is asked for.

    Returns
    -------
    Tensor
        Shape ``(..., m, k)``.

    Raises
    ------
    ShapeError
        If the rows have different lengths.
    ValueError
        For another ``compute_mode``.

    Examples
    --------
    >>> from autograd_engine import cdist, tensor
    >>> cdist(tensor([[0., 0.]]), tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(
            f"cdist() takes matrices with rows of one length, got shapes {list(x1.shape)} and "
            f"{list(x2.shape)}"
        )
    if compute_mode not in _DISTANCES:
        raise ValueError(
            f"cdist() knows the compute modes {', '.join(_DISTANCES)}, got {compute_mode!r}"
        )
    return norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)
