"""The same numbers in another shape, on the same memory where possible: reshaping, permuting,
broadcasting.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..core.batched import of_all
from ..core.errors import ShapeError
from .declare import at, composite, in_place_shape, normal_dims, primitive

_EXCHANGED = [at((2, 3, 4), 0, -1), at((2, 3), 0, 1), at((), 0, -1)]
_AS_ANOTHER = [at((6,), np.zeros((2, 3))), at((), np.zeros(1))]


def _sizes(sizes: Any) -> tuple[int, ...]:
    """Sizes given as ``2, 3`` or ``(2, 3)`` or ``((2, 3),)``."""
    if not hasattr(sizes, "__len__"):
        return (operator.index(sizes),)
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = sizes[0]
    return tuple([operator.index(n) for n in sizes])


def as_array(x: Any) -> Any:
    """A number as an array; tensors and arrays as they are."""
    return x if hasattr(x, "ndim") else np.asarray(x)


@primitive(
    vjp=lambda g, x_shape: g.reshape(x_shape),
    numpy=np.reshape,
    pack="shape",
    samples=[
        at((2, 3), shape=(3, 2)),
        at((2, 3), shape=(-1,)),
        at((), shape=(1, 1)),
        at((0, 2), shape=(0,)),
    ],
)
def reshape(x, *, shape):
    """The elements in row-major order in another shape, on the same memory where possible.

    Parameters
    ----------
    x : Tensor
        Any shape.
    shape : int... or tuple of int
        The new shape; one entry may be -1 and is worked out.

    Returns
    -------
    Tensor
        Of shape ``shape``.

    Raises
    ------
    ShapeError
        If the number of elements differs.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, -1)
    tensor([[0., 1.],
            [2., 3.]])
    """
    x = np.asarray(x)
    sizes = _sizes(shape)
    if sizes and min(sizes) < -1:
        raise ShapeError(f"a length is negative in shape {list(sizes)}; one can be -1")
    try:
        return x.reshape(sizes)
    except ValueError as error:
        problem = f"{x.size} elements do not fill shape {list(sizes)}"
        if sizes.count(-1) > 1:
            problem = f"only one length can be -1, got shape {list(sizes)}"
        raise ShapeError(problem) from error


@primitive(
    vjp=lambda g, dims: permute(g, tuple(np.argsort([d % g.ndim for d in _sizes(dims)]).tolist())),
    pack="dims",
    samples=[at((2, 3, 4), dims=(2, 0, 1)), at((2, 3), dims=(-1, 0)), at((), dims=())],
)
def permute(x, *, dims):
    """The dimensions in another order, on the same memory.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dims : int... or tuple of int
        For each new dimension, the old one.

    Returns
    -------
    Tensor
        With ``shape[i] == x.shape[dims[i]]``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).permute(2, 0, 1).shape
    (4, 2, 3)
    """
    return np.transpose(x, _sizes(dims))


@in_place_shape
@primitive(vjp=lambda g, dim0, dim1: swapaxes(g, dim0, dim1), numpy=np.swapaxes, samples=_EXCHANGED)
def swapaxes(x, *, dim0, dim1):
    """Two dimensions exchanged, on the same memory.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim0, dim1 : int
        The dimensions.

    Returns
    -------
    Tensor
        The shape of ``x`` with the two lengths exchanged.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3).swapaxes(0, 1).shape
    (3, 2)
    """
    if np.ndim(x) == 0:
        return np.asarray(x)
    return np.swapaxes(x, dim0, dim1)


@in_place_shape
@composite(samples=_EXCHANGED)
def transpose(x, dim0=None, dim1=None):
    """Two dimensions exchanged (PyTorch), or all reversed or permuted (NumPy: ``transpose(x)``,
    ``transpose(x, axes)``).

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).transpose(0, 1).shape
    (3, 2, 4)
    """
    if dim1 is not None:
        return swapaxes(x, dim0, dim1)
    if dim0 is None:
        dim0 = range(np.ndim(x) - 1, -1, -1)
    return permute(x, tuple(dim0))


@in_place_shape
@composite(
    numpy=np.squeeze,
    samples=[
        at((1, 2, 1)),
        at((1, 2, 1), -1),
        at((1, 2, 1), 1),
        at((1, 2, 1), dim=(0, -1)),
        at(()),
    ],
)
def squeeze(x, dim=None):
    """Drop dimensions of length 1: all, or those named (a named one of another length stays).

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(1, 3, 1).squeeze().shape, zeros(1, 3, 1).squeeze(0).shape
    ((3,), (3, 1))
    """
    none = isinstance(dim, (tuple, list)) and not dim
    dims = () if none else normal_dims(dim, x.ndim)
    return reshape(x, tuple([n for i, n in enumerate(x.shape) if n != 1 or i not in dims]))


@in_place_shape
@composite(numpy=np.expand_dims, samples=[at((2, 3), -1), at((2, 3), 1), at((), 0)])
def unsqueeze(x, dim):
    """Insert a dimension of length 1.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(3).unsqueeze(0).shape, zeros(3).unsqueeze(-1).shape
    ((1, 3), (3, 1))
    """
    (dim,) = normal_dims(dim, x.ndim + 1)
    return reshape(x, x.shape[:dim] + (1,) + x.shape[dim:])


@composite(samples=[at((2, 3, 4), 1), at((2, 3, 4), 0, -2), at(()), at((0, 3))])
def flatten(x, start_dim=0, end_dim=-1):
    """Make one dimension of those from ``start_dim`` to ``end_dim``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).flatten(1).shape
    (2, 12)
    """
    if x.ndim == 0:
        return reshape(x, (1,))
    first, last = (normal_dims(dim, x.ndim)[0] for dim in (start_dim, end_dim))
    if first > last:
        raise ShapeError(f"flatten() got start_dim {start_dim} after end_dim {end_dim}")
    return reshape(
        x, (*x.shape[:first], math.prod(x.shape[first : last + 1]), *x.shape[last + 1 :])
    )


@composite(samples=[at((2, 6), -1, sizes=(2, -1)), at((0, 4), 0, sizes=(0, 3))])
def unflatten(x, dim, sizes):
    """Make several dimensions of one; one of the ``sizes`` may be -1.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 12).unflatten(1, (3, -1)).shape
    (2, 3, 4)
    """
    (dim,) = normal_dims(dim, x.ndim)
    known = math.prod([n for n in sizes if n != -1])
    sizes = tuple([x.shape[dim] // max(known, 1) if n == -1 else n for n in sizes])
    if math.prod(sizes) != x.shape[dim]:
        raise ShapeError(f"unflatten() cannot make {sizes} of length {x.shape[dim]}")
    return reshape(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


@composite(numpy=np.ravel, samples=[at((2, 3)), at(()), at((0, 3))])
def ravel(x):
    """The elements in row-major order, as a vector.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3).ravel().shape
    (6,)
    """
    return reshape(x, (-1,))


@composite(samples=[at((6,), 2, -1), at((3,), 1, 3), at((), 1), at((0, 3), 3, 0)])
def view(x, *shape):
    """The same memory in another shape; where that would need a copy, an error says so and
    `reshape` makes it.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).view(2, -1)
    tensor([[0., 1.],
            [2., 3.]])
    """
    if len(shape) == 1 and isinstance(shape[0], (np.dtype, type, str)):
        raise ShapeError(
            f"view() takes a shape, got the dtype {np.dtype(shape[0])}; "
            f"to({str(np.dtype(shape[0]))!r}) converts the elements"
        )
    try:
        out = reshape(x, *shape)
    except ShapeError as error:
        raise ShapeError(f"view{str(error).removeprefix('reshape')}") from error
    if math.prod(out.shape) > 1 and not np.may_share_memory(of_all(out), of_all(x)):
        raise ShapeError(
            f"view() to {list(out.shape)} needs a copy, since this tensor of shape {list(x.shape)} "
            "is not contiguous; use reshape()"
        )
    return out


@composite(samples=_AS_ANOTHER)
def view_as(x, other):
    """The same memory in the shape of ``other``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(6).view_as(zeros(2, 3)).shape
    (2, 3)
    """
    return view(x, other.shape)


@composite(samples=_AS_ANOTHER)
def reshape_as(x, other):
    """The elements in the shape of ``other``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(6).reshape_as(zeros(2, 3)).shape
    (2, 3)
    """
    return reshape(x, other.shape)


@composite(
    numpy=np.moveaxis,
    samples=[at((2, 3, 4), 0, -1), at((2, 3, 4), source=(0, 1), destination=(-1, 0))],
)
def movedim(x, source, destination):
    """Dimensions moved to other positions; the others keep their order.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).movedim(0, -1).shape
    (3, 4, 2)
    """
    source = normal_dims(source, x.ndim)
    destination = normal_dims(destination, x.ndim)
    if len(source) != len(destination):
        raise ShapeError(f"movedim() got {len(source)} dimensions for {len(destination)} positions")
    order = [d for d in range(x.ndim) if d not in source]
    for position, d in sorted(zip(destination, source)):
        order.insert(position, d)
    return permute(x, tuple(order))


moveaxis = movedim
swapdims = swapaxes


@in_place_shape
@composite(samples=[at((2, 3)), at((3,)), at(())])
def t(x):
    """The transpose of a matrix; a vector or number as it is.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3).t().shape
    (3, 2)
    """
    if x.ndim > 2:
        raise ShapeError(
            f"t() takes at most 2 dimensions, got shape {list(x.shape)}; use mT or transpose()"
        )
    return swapaxes(x, 0, 1) if x.ndim == 2 else x


@composite(numpy=np.matrix_transpose, samples=[at((2, 3)), at((2, 2, 3))])
def adjoint(x):
    """Each matrix transposed: the last two dimensions exchanged.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(5, 2, 3).adjoint().shape
    (5, 3, 2)
    """
    return swapaxes(x, -2, -1)


@primitive(
    vjp=lambda g: g,
    numpy=np.broadcast_to,
    pack="shape",
    samples=[at((3, 1), [2, 3, 4]), at((), [2])],
)
def broadcast_to(x, *, shape):
    """``x`` repeated, without copying, to a larger shape.

    Parameters
    ----------
    x : Tensor
        A shape that broadcasts to ``shape``.
    shape : tuple of int

    Returns
    -------
    Tensor
        Of shape ``shape``; it cannot be written to in place.

    Examples
    --------
    >>> from autograd_engine import broadcast_to, tensor
    >>> broadcast_to(tensor([1., 2.]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return np.broadcast_to(x, _sizes(shape))


@composite(samples=[at((3, 1), -1, 4), at((3, 1), 2, 3, 4), at((), 2)])
def expand(x, *sizes):
    """``x`` repeated, without copying: each dimension of length 1 may be given a length; -1 leaves
    one as it is.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(3, 1).expand(-1, 4).shape
    (3, 4)
    """
    sizes = list(_sizes(sizes))
    for i in range(-min(len(sizes), x.ndim), 0):
        if sizes[i] == -1:
            sizes[i] = x.shape[i]
    return broadcast_to(x, tuple(sizes))


@composite(samples=[at((3, 1), np.zeros((2, 3, 4), int)), at((), np.zeros(2, int))])
def expand_as(x, other):
    """``x`` repeated, without copying, to the shape of ``other``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(3, 1).expand_as(zeros(2, 3, 4)).shape
    (2, 3, 4)
    """
    return expand(x, other.shape)


@primitive(vjp=lambda g: g, batching="pointwise", samples=[at((2, 3)), at((2, 3), order="C")])
def _clone(x, *, order="K"):
    """A copy; in memory as ``x`` lies ("K"), or row by row ("C")."""
    return np.array(x, order=order)[()]


@primitive(vjp=lambda g: g, batching="pointwise", samples=[at((2, 3), dtype=np.dtype("float64"))])
def _cast(x, *, dtype):
    """The elements in another floating dtype."""
    return x.astype(dtype)
