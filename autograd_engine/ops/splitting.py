"""Parts of a tensor along a dimension, on its memory. All pieces of one cut share one gradient,
joined once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, normal_dims, primitive
from .indexing import getitem


@primitive(
    joint=lambda g, dim: [cat(g, dim)],
    outputs=0,
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
    length, sizes = x.shape[dim], split_size_or_sections
    if isinstance(sizes, (int, np.integer)):
        if sizes <= 0 and length:
            raise ShapeError(f"split() needs a positive size, got {sizes}")
        return _split(x, dim=dim, cuts=tuple(range(sizes, length, sizes)) if length else ())
    if min(sizes, default=0) < 0 or sum(sizes) != length:
        raise ShapeError(
            f"split() got sizes {list(sizes)}, which do not add up to the length {length} of "
            f"dimension {dim}"
        )
    return _split(x, dim=dim, cuts=tuple(np.cumsum(sizes[:-1]).tolist()))


@composite(
    numpy=(np.split, np.array_split),
    samples=[at((5, 2), 3), at((2, 7), [2, 9], -1), at((5,), [3, -4]), at((2,), 3)],
)
def tensor_split(x, indices_or_sections, dim=0):
    """Pieces of nearly equal length, or cut before the given indices, along a dimension.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(5.0).tensor_split(3)
    (tensor([0., 1.]), tensor([2., 3.]), tensor([4.]))
    >>> arange(5.0).tensor_split((1, 3))
    (tensor([0.]), tensor([1., 2.]), tensor([3., 4.]))
    """
    (dim,) = normal_dims(dim, x.ndim)
    length, cuts = x.shape[dim], np.asarray(indices_or_sections)
    if cuts.ndim == 0:
        if cuts < 1:
            raise ShapeError(f"tensor_split() needs a positive number of sections, got {cuts}")
        each, longer = divmod(length, int(cuts))
        cuts = np.cumsum([each + (i < longer) for i in range(int(cuts) - 1)], dtype=int)
    places = tuple([slice(*slice(None, int(c)).indices(length)).stop for c in cuts])
    if list(places) == sorted(places):
        return _split(x, dim=dim, cuts=places)
    lead = (slice(None),) * dim
    return tuple(
        [getitem(x, index=(*lead, slice(a, b))) for a, b in zip((0, *places), (*places, length))]
    )


def _equal(name: str, x: Any, sections: Any, dim: int) -> Any:
    """`tensor_split`, where a number of sections must divide the length."""
    if x.ndim <= dim:
        raise ShapeError(f"{name}() needs more than {dim} dimensions, got shape {list(x.shape)}")
    if isinstance(sections, int) and (sections < 1 or x.shape[dim] % sections):
        raise ShapeError(
            f"{name}() cannot cut the length {x.shape[dim]} into {sections} equal pieces"
        )
    return tensor_split(x, sections, dim)


@composite(numpy=np.hsplit, samples=[at((2, 4), 2), at((6,), [2])])
def hsplit(x, indices_or_sections):
    """`tensor_split` along dimension 1, of a vector along dimension 0; a number of sections must
    divide the length.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).hsplit(2)
    (tensor([0., 1.]), tensor([2., 3.]))
    """
    return _equal("hsplit", x, indices_or_sections, 0 if x.ndim == 1 else 1)


@composite(numpy=np.vsplit, samples=[at((4, 2), 2), at((4, 2), [1])])
def vsplit(x, indices_or_sections):
    """`tensor_split` along dimension 0; a number of sections must divide the length.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> [part.shape for part in zeros(4, 3).vsplit(2)]
    [(2, 3), (2, 3)]
    """
    return _equal("vsplit", x, indices_or_sections, 0)


@composite(numpy=np.dsplit, samples=[at((2, 1, 4), 2), at((2, 1, 4), [1])])
def dsplit(x, indices_or_sections):
    """`tensor_split` along dimension 2; a number of sections must divide the length.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> [part.shape for part in zeros(4, 3, 2).dsplit(2)]
    [(4, 3, 1), (4, 3, 1)]
    """
    return _equal("dsplit", x, indices_or_sections, 2)


@composite(samples=[at((5, 2), 3), at((2, 5), 9, -1)])
def chunk(x, chunks, dim=0):
    """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> [len(piece) for piece in arange(5.0).chunk(2)]
    [3, 2]
    """
    if chunks <= 0:
        raise ShapeError(f"chunk() needs a positive number of chunks, got {chunks}")
    return split(x, max(-(-x.shape[normal_dims(dim, x.ndim)[0]] // chunks), 1), dim)


@primitive(
    joint=lambda g, dim: [stack(g, dim)],
    outputs=0,
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


@composite(samples=[at((5, 2), -1, -1), at((3,), 0, 1)])
def select(x, dim, index):
    """The entry at ``index`` along a dimension, without it, on the same memory.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, 2).select(1, -1)
    tensor([1., 3.])
    """
    (dim,) = normal_dims(dim, x.ndim)
    return getitem(x, index=(*(slice(None),) * dim, int(index)))


@composite(samples=[at((5, 2), 0, 1, 3), at((5, 2), 0, -3, 2), at((5, 2), -1, 0, 0)])
def narrow(x, dim, start, length):
    """The entries from ``start`` on, ``length`` of them, along a dimension, on the same memory.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(5.0).narrow(0, 1, 3)
    tensor([1., 2., 3.])
    """
    (dim,) = normal_dims(dim, x.ndim)
    start = int(start) + (x.shape[dim] if start < 0 else 0)
    if length < 0 or not 0 <= start <= start + length <= x.shape[dim]:
        raise ShapeError(
            f"narrow() cannot take {length} entries from {start} on: dimension {dim} has length "
            f"{x.shape[dim]}"
        )
    return getitem(x, index=(*(slice(None),) * dim, slice(start, start + length)))


from .joining import cat, stack  # noqa: E402  (the gradient of taking apart is joining, and the other way round)
