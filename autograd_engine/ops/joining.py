"""Several tensors become one, or are brought to one shape: joining, stacking, grids."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, normal_dims, primitive, rows
from .shape import broadcast_to, permute, reshape, unsqueeze

FUNCTIONS_ONLY = True  # as in PyTorch, none of these ops is a method of tensors

_EACH = [at(()), at((3,)), at((2, 3)), at((), (2, 2))]
_JOINED = [at([(2, 3), (2, 3)]), at([(3,), (3,)]), at([(), ()])]


def _several(tensors: Any, name: str) -> list:
    """Tensors and arrays, of which there must be one at least."""
    several = [x if hasattr(x, "ndim") else np.asarray(x) for x in tensors]
    if not several:
        raise ShapeError(f"{name}() needs at least one tensor")
    return several


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
    tensors = _several(tensors, "cat")
    if dim is None:  # NumPy's way of saying: flattened
        return _cat(*[reshape(x, (-1,)) for x in tensors], dim=0)
    if any(x.ndim != 1 for x in tensors):  # PyTorch lets an empty vector stand for nothing at all
        tensors = [x for x in tensors if x.shape != (0,)]
    return _cat(*tensors, dim=dim)


concat = concatenate = cat


@primitive(
    joint=lambda g, dim: list(unbind(g, dim)),
    promote="keep",
    samples=[at((2, 3), (2, 3), dim=-1), at((), (), dim=0)],
)
def _stack(*xs, dim):
    """Arrays of one shape along a new dimension."""
    return rows(np.stack(xs, axis=dim))


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
    tensors = _several(tensors, "stack")
    shapes = {tuple(x.shape) for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(
            "stack() needs tensors of one shape, got "
            f"{', '.join(str(list(shape)) for shape in sorted(shapes))}"
        )
    return _stack(*tensors, dim=dim)


def _each(function: Any, tensors: tuple) -> Any:
    """The function of one tensor, or of each of several (given one by one or as a sequence)."""
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return function(_several(tensors, "atleast")[0])
    return tuple(map(function, _several(tensors[0] if len(tensors) == 1 else tensors, "atleast")))


@composite(numpy=np.atleast_1d, samples=_EACH)
def atleast_1d(*tensors):
    """A number as a vector of one element; anything else as it is. Several tensors give a tuple.

    Examples
    --------
    >>> from autograd_engine import atleast_1d, tensor
    >>> atleast_1d(tensor(1.))
    tensor([1.])
    """
    return _each(lambda x: x if x.ndim else reshape(x, (1,)), tensors)


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
    return _each(lambda x: x if x.ndim > 1 else reshape(x, (1, -1)), tensors)


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
    return _each(lambda x: x if x.ndim > 2 else unsqueeze(atleast_2d(x), -1), tensors)


@composite(numpy=np.hstack, samples=_JOINED)
def hstack(tensors):
    """Join side by side: vectors end to end, anything else along dimension 1.

    Examples
    --------
    >>> from autograd_engine import hstack, tensor
    >>> hstack([tensor([1., 2.]), tensor([3.])])
    tensor([1., 2., 3.])
    """
    parts = [atleast_1d(x) for x in _several(tensors, "hstack")]
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


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
    return cat([atleast_2d(x) for x in _several(tensors, "vstack")], 0)


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
    return cat([atleast_3d(x) for x in _several(tensors, "dstack")], 2)


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
    return cat(
        [x if x.ndim > 1 else reshape(x, (-1, 1)) for x in _several(tensors, "column_stack")], 1
    )


@composite(numpy=np.broadcast_arrays, samples=[at((3, 1), (2,), ()), at((0, 1), (2,))])
def broadcast_tensors(*tensors):
    """The tensors expanded, without copying, to the one shape that they broadcast to.

    Examples
    --------
    >>> from autograd_engine import broadcast_tensors, zeros
    >>> [x.shape for x in broadcast_tensors(zeros(3, 1), zeros(2))]
    [(3, 2), (3, 2)]
    """
    several = _several(
        tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors,
        "broadcast_tensors",
    )
    shape = np.broadcast_shapes(*[x.shape for x in several])
    return tuple([broadcast_to(x, shape) for x in several])


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
    vectors = _several(
        tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors,
        "meshgrid",
    )
    if any(x.ndim > 1 for x in vectors):
        raise ShapeError(
            f"meshgrid() takes vectors and numbers, got shapes {[list(x.shape) for x in vectors]}"
        )
    n = len(vectors)
    grids = broadcast_tensors(
        *[reshape(x, (*(1,) * i, -1, *(1,) * (n - i - 1))) for i, x in enumerate(vectors)]
    )
    return (
        grids
        if indexing == "ij" or n < 2
        else tuple([permute(x, (1, 0, *range(2, n))) for x in grids])
    )


@composite(samples=[at((2,), (3,)), at((3,))])
def cartesian_prod(*tensors):
    """All combinations of one element from each vector, as rows.

    Examples
    --------
    >>> from autograd_engine import cartesian_prod, tensor
    >>> cartesian_prod(tensor([1, 2]), tensor([5, 6])).tolist()
    [[1, 5], [1, 6], [2, 5], [2, 6]]
    """
    return (
        tensors[0]
        if len(tensors) == 1
        else stack([reshape(x, (-1,)) for x in meshgrid(*tensors)], 1)
    )


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
    blocks = [atleast_2d(x) for x in _several(tensors, "block_diag")]
    if any(x.ndim > 2 for x in blocks):
        raise ShapeError(
            f"block_diag() takes at most 2 dimensions, got shapes {[list(x.shape) for x in blocks]}"
        )
    ends = np.cumsum([x.shape[1] for x in blocks]).tolist()
    return cat([pad(x, (end - x.shape[1], ends[-1] - end)) for x, end in zip(blocks, ends)])


from .padding import pad  # noqa: E402
from .splitting import unbind  # noqa: E402
