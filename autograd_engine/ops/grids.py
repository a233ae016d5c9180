"""Several tensors as the rows, columns and blocks of a larger one, or brought to one shape."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite
from .joining import cat, several, stack
from .padding import pad
from .shape import broadcast_to, permute, reshape, unsqueeze

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors

_EACH = [at(()), at((3,)), at((2, 3)), at((), (2, 2))]
_JOINED = [at([(2, 3), (2, 3)]), at([(3,), (3,)]), at([(), ()])]


def _unpacked(tensors: tuple) -> Any:
    """Tensors given one by one, or as one sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        return tensors[0]
    return tensors


def _of_each(function: Callable, tensors: tuple) -> Any:
    """The function of one tensor, or of each of several."""
    if len(tensors) == 1 and _unpacked(tensors) is tensors:
        return function(*several(tensors, "atleast"))
    return tuple(map(function, several(_unpacked(tensors), "atleast")))


def _vector(x: Any) -> Any:
    """A number as a vector."""
    return x if x.ndim else reshape(x, (1,))


def _matrix(x: Any) -> Any:
    """A number or a vector as a matrix of one row."""
    return x if x.ndim > 1 else reshape(x, (1, -1))


def _stack_of_matrices(x: Any) -> Any:
    """Anything of fewer than three dimensions with the last of length 1."""
    return x if x.ndim > 2 else unsqueeze(_matrix(x), -1)


@composite(numpy=np.atleast_1d, samples=_EACH)
def atleast_1d(*tensors):
    """A number as a vector of one element; anything else as it is. Several tensors give a tuple.

    Examples
    --------
    >>> from autograd_engine import atleast_1d, tensor
    >>> atleast_1d(tensor(1.))
    tensor([1.])
    """
    return _of_each(_vector, tensors)


@composite(numpy=np.atleast_2d, samples=_EACH)
def atleast_2d(*tensors):
    """A number or a vector as a matrix of one row; anything else as it is. Several tensors give a
    tuple.

    Examples
    --------
    >>> from autograd_engine import atleast_2d, tensor
    >>> atleast_2d(tensor([1., 2.]))
    tensor([[1., 2.]])
    """
    return _of_each(_matrix, tensors)


@composite(numpy=np.atleast_3d, samples=_EACH)
def atleast_3d(*tensors):
    """Shapes (), (n,) and (m, n) as (1, 1, 1), (1, n, 1) and (m, n, 1). Several tensors give a
    tuple.

    Examples
    --------
    >>> from autograd_engine import atleast_3d, zeros
    >>> atleast_3d(zeros(2, 3)).shape
    (2, 3, 1)
    """
    return _of_each(_stack_of_matrices, tensors)


@composite(numpy=np.hstack, samples=_JOINED)
def hstack(tensors):
    """Join side by side: vectors end to end, anything else along dimension 1.

    Examples
    --------
    >>> from autograd_engine import hstack, tensor
    >>> hstack([tensor([1., 2.]), tensor([3.])])
    tensor([1., 2., 3.])
    """
    parts = [_vector(x) for x in several(tensors, "hstack")]
    return cat(parts, min(parts[0].ndim - 1, 1))


@composite(numpy=np.vstack, samples=_JOINED)
def vstack(tensors):
    """Join on top of each other: numbers and vectors as rows, along dimension 0.

    Examples
    --------
    >>> from autograd_engine import tensor, vstack
    >>> vstack([tensor([1., 2.]), tensor([3., 4.])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return cat([_matrix(x) for x in several(tensors, "vstack")], 0)


row_stack = vstack


@composite(numpy=np.dstack, samples=_JOINED)
def dstack(tensors):
    """Join in depth, along dimension 2.

    Examples
    --------
    >>> from autograd_engine import dstack, zeros
    >>> dstack([zeros(2, 3), zeros(2, 3)]).shape
    (2, 3, 2)
    """
    return cat([_stack_of_matrices(x) for x in several(tensors, "dstack")], 2)


@composite(numpy=np.column_stack, samples=_JOINED)
def column_stack(tensors):
    """Join side by side, numbers and vectors as columns.

    Examples
    --------
    >>> from autograd_engine import column_stack, tensor
    >>> column_stack([tensor([1., 2.]), tensor([3., 4.])])
    tensor([[1., 3.],
            [2., 4.]])
    """
    columns = list(several(tensors, "column_stack"))
    for i, x in enumerate(columns):
        if x.ndim < 2:
            columns[i] = reshape(x, (-1, 1))
    return cat(columns, 1)


@composite(numpy=np.broadcast_arrays, samples=[at((3, 1), (2,), ()), at((0, 1), (2,))])
def broadcast_tensors(*tensors):
    """The tensors expanded, without copying, to the one shape that they broadcast to.

    Examples
    --------
    >>> from autograd_engine import broadcast_tensors, zeros
    >>> [x.shape for x in broadcast_tensors(zeros(3, 1), zeros(2))]
    [(3, 2), (3, 2)]
    """
    parts = several(_unpacked(tensors), "broadcast_tensors")
    shape = np.broadcast_shapes(*[x.shape for x in parts])
    return tuple([broadcast_to(x, shape) for x in parts])


@composite(samples=[at((2,), (3,), indexing="ij"), at((2,), (3,), (), indexing="xy")])
def meshgrid(*tensors, indexing="ij"):
    """The coordinates of all points of a grid, from the coordinates along each of its dimensions.

    Parameters
    ----------
    *tensors : Tensor
        Vectors or numbers.
    indexing : {"ij", "xy"}
        "xy" exchanges the first two dimensions of the grid, as in pictures.

    Returns
    -------
    tuple of Tensor
        One for each vector, of the shape of the grid.

    Examples
    --------
    >>> from autograd_engine import meshgrid, tensor
    >>> meshgrid(tensor([1., 2.]), tensor([3., 4.]))[1]
    tensor([[3., 4.],
            [3., 4.]])
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid() knows indexing='ij' and 'xy', got {indexing!r}")
    vectors = several(_unpacked(tensors), "meshgrid")
    if any(x.ndim > 1 for x in vectors):
        raise ShapeError(
            f"meshgrid() takes vectors and numbers, got shapes {[list(x.shape) for x in vectors]}"
        )
    n = len(vectors)
    grids = broadcast_tensors(
        *[reshape(x, (*(1,) * i, -1, *(1,) * (n - i - 1))) for i, x in enumerate(vectors)]
    )
    if indexing == "xy" and n > 1:
        return tuple([permute(x, (1, 0, *range(2, n))) for x in grids])
    return grids


@composite(samples=[at((2,), (3,)), at((3,))])
def cartesian_prod(*tensors):
    """All combinations of one element from each vector, as rows.

    Examples
    --------
    >>> from autograd_engine import cartesian_prod, tensor
    >>> cartesian_prod(tensor([1, 2]), tensor([5, 6])).tolist()
    [[1, 5], [1, 6], [2, 5], [2, 6]]
    """
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape(x, (-1,)) for x in meshgrid(*tensors)], 1)


@composite(samples=[at((2, 3), (1, 2)), at((2,), (), (2, 2))])
def block_diag(*tensors):
    """Matrices along the diagonal of a larger one that is 0 elsewhere; vectors and numbers count as
    rows.

    Examples
    --------
    >>> from autograd_engine import block_diag, tensor
    >>> block_diag(tensor([[1., 2.]]), tensor(3.))
    tensor([[1., 2., 0.],
            [0., 0., 3.]])
    """
    blocks = [_matrix(x) for x in several(tensors, "block_diag")]
    if any(x.ndim > 2 for x in blocks):
        raise ShapeError(
            f"block_diag() takes at most 2 dimensions, got shapes {[list(x.shape) for x in blocks]}"
        )
    ends = np.cumsum([x.shape[1] for x in blocks]).tolist()
    return cat([pad(x, (end - x.shape[1], ends[-1] - end)) for x, end in zip(blocks, ends)])
