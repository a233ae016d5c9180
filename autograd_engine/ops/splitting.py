"""Parts of a tensor along a dimension, on its memory: the ways of saying where to cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, normal_dims
from .indexing import getitem
from .joining import _split, split

split_with_sizes = split


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
    length = x.shape[dim]
    cuts = np.asarray(indices_or_sections)
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
    return _equal("hsplit", x, indices_or_sections, 1 if x.ndim > 1 else 0)


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
    """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension; of a
    length of 0, ``chunks`` empty ones.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> [len(piece) for piece in arange(5.0).chunk(2)]
    [3, 2]
    """
    if chunks <= 0:
        raise ShapeError(f"chunk() needs a positive number of chunks, got {chunks}")
    length = x.shape[normal_dims(dim, x.ndim)[0]]
    if length == 0:
        return split(x, [0] * chunks, dim)
    return split(x, -(-length // chunks), dim)


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
    start = int(start)
    if start < 0:
        start += x.shape[dim]
    if length < 0 or not 0 <= start <= start + length <= x.shape[dim]:
        raise ShapeError(
            f"narrow() cannot take {length} entries from {start} on: dimension {dim} has length "
            f"{x.shape[dim]}"
        )
    return getitem(x, index=(*(slice(None),) * dim, slice(start, start + length)))
