"""Joining along a dimension and taking apart: `cat` and `split`, `stack` and `unbind` are each
other's gradient.

What was cut in one go shares one gradient, joined once.
"""

from __future__ import annotations

from typing import Any, Iterable, Sequence

import numpy as np

from ..core.errors import ShapeError
from ..core.tensor import Tensor
from .declare import at, composite, function_only, normal_dims, primitive, rows
from .shape import as_array, reshape


def several(tensors: Iterable, name: str) -> list:
    """Tensors and arrays, of which there must be one at least. A tuple of tensors is none of them:
    it is what a function with several outputs gave.
    """
    tensors = list(tensors)
    for i, x in enumerate(tensors):
        if isinstance(x, tuple) and any(isinstance(part, Tensor) for part in x):
            raise TypeError(
                f"{name}() takes tensors, got a tuple of {len(x)} at {i}: join each of the outputs "
                "by itself"
            )
    parts = [as_array(x) for x in tensors]
    if not parts:
        raise ShapeError(f"{name}() needs at least one tensor")
    return parts


def _cat_rule(g: Any, xs_shapes: Sequence[tuple], dim: int) -> list:
    """To each its piece of ``g``: ``split(g, lengths, dim)``."""
    (dim,) = normal_dims(dim, g.ndim)
    stops = np.cumsum([shape[dim] for shape in xs_shapes]).tolist()
    lead = (slice(None),) * dim
    return [g[(*lead, slice(start, stop))] for start, stop in zip([0, *stops], stops)]


@primitive(
    joint=_cat_rule,
    promote="keep",
    samples=[at((2, 3), (1, 3), dim=0), at((2, 1), (2, 2), (2, 3), dim=-1)],
)
def _cat(*xs, dim):
    """Arrays one after the other along a dimension that they have."""
    return rows(np.concatenate(xs, axis=dim))


@function_only
@composite(
    numpy=np.concatenate,
    samples=[at([(2, 3), (1, 3)]), at([(2, 1), (2, 2)], -1), at([(0,), (2, 2)])],
)
def cat(tensors, dim=0):
    """Join tensors one after the other along a dimension that they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of equal shapes but for dimension ``dim``.
    dim : int
        The dimension.

    Returns
    -------
    Tensor
        Its length along ``dim`` is the sum of theirs.

    Examples
    --------
    >>> from autograd_engine import cat, tensor
    >>> cat([tensor([1., 2.]), tensor([3.])])
    tensor([1., 2., 3.])
    """
    tensors = several(tensors, "cat")
    if dim is None:  # NumPy's way of saying: flattened
        return _cat(*[reshape(x, (-1,)) for x in tensors], dim=0)
    whole = [x for x in tensors if x.shape != (0,)]
    if whole and whole[0].ndim != 1 and len(whole) < len(tensors):
        tensors = _without_vectors(tensors, whole[0], dim)
    return _cat(*tensors, dim=dim)


def _without_vectors(tensors: list, like: Any, dim: int) -> list:
    """PyTorch lets an empty vector stand for nothing at all: for no entries along the dimension."""
    shape = list(like.shape)
    shape[normal_dims(dim, like.ndim)[0]] = 0
    return [reshape(x, tuple(shape)) if x.shape == (0,) else x for x in tensors]


concat = concatenate = cat


@primitive(
    joint=lambda g, dim: list(unbind(g, dim)),
    promote="keep",
    samples=[at((2, 3), (2, 3), dim=-1), at((), (), dim=0)],
)
def _stack(*xs, dim):
    """Arrays of one shape along a new dimension."""
    return rows(np.stack(xs, axis=dim))


@function_only
@composite(numpy=np.stack, samples=[at([(2, 3), (2, 3)], -1), at([(), ()])])
def stack(tensors, dim=0):
    """Join tensors of one shape along a new dimension.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape.
    dim : int
        Where the new dimension goes.

    Returns
    -------
    Tensor
        With one dimension more, of length ``len(tensors)``.

    Examples
    --------
    >>> from autograd_engine import stack, tensor
    >>> stack([tensor(1.), tensor(2.)])
    tensor([1., 2.])
    """
    tensors = several(tensors, "stack")
    shapes = {tuple(x.shape) for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(
            "stack() needs tensors of one shape, got "
            f"{', '.join(str(list(shape)) for shape in sorted(shapes))}"
        )
    return _stack(*tensors, dim=dim)


@primitive(
    joint=lambda g, dim: [cat(g, dim)],
    outputs=0,
    batching="dims",
    samples=[at((5, 2), dim=0, cuts=(2,)), at((2, 4), dim=1, cuts=(1, 2))],
)
def _split(x, *, dim, cuts):
    """The pieces between consecutive cuts, which are in ascending order."""
    lead = (slice(None),) * dim
    return tuple([x[(*lead, slice(a, b))] for a, b in zip((0, *cuts), (*cuts, x.shape[dim]))])


@composite(samples=[at((5, 2), 2), at((2, 5), [1, 4], -1), at((0, 2), 2)])
def split(x, split_size_or_sections, dim=0):
    """Consecutive pieces along a dimension, on the same memory.

    Parameters
    ----------
    x : Tensor
        Any shape.
    split_size_or_sections : int or list of int
        The length of every piece (the last may be shorter), or the length of each.
    dim : int
        The dimension.

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    ShapeError
        If the lengths do not add up.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(5.0).split(2)
    (tensor([0., 1.]), tensor([2., 3.]), tensor([4.]))
    """
    (dim,) = normal_dims(dim, x.ndim)
    length = x.shape[dim]
    sizes = split_size_or_sections
    if isinstance(sizes, (int, np.integer)):
        if sizes <= 0 and length:
            raise ShapeError(f"split() needs a positive size, got {sizes}")
        return _split(x, dim=dim, cuts=tuple(range(sizes, length, max(sizes, 1))))
    if min(sizes, default=0) < 0 or sum(sizes) != length:
        raise ShapeError(
            f"split() got sizes {list(sizes)}, which do not add up to the length {length} of "
            f"dimension {dim}"
        )
    if not sizes:
        return ()
    return _split(x, dim=dim, cuts=tuple(np.cumsum(sizes[:-1]).tolist()))


@primitive(
    joint=lambda g, dim: [stack(g, dim)],
    outputs=0,
    batching="dims",
    samples=[at((3, 2), dim=0), at((2, 3), dim=-1), at((2,), dim=0)],
)
def unbind(x, *, dim=0):
    """The slices along a dimension, without it, on the same memory.

    Parameters
    ----------
    x : Tensor
        At least one dimension.
    dim : int

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, 2).unbind()
    (tensor([0., 1.]), tensor([2., 3.]))
    """
    if np.ndim(x) == 0:
        raise ShapeError("unbind() needs at least one dimension, got a 0-d tensor")
    lead = (slice(None),) * normal_dims(dim, x.ndim)[0]
    return tuple([x[(*lead, i, ...)] for i in range(x.shape[dim])])
