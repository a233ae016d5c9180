"""Writing along a dimension by an index tensor: scatter, index_add and their relatives.

Each works out which elements it means, as `gathering.py` does for reading.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.decision import worked_out
from ..core.errors import ShapeError
from ..core.tensor import Tensor
from .choice import where
from .declare import at, composite, in_place, primitive
from .gathering import _INDEX, _ROWS, entry_index, flat_places
from .indexing import _scatter, integers, plain_index, read_index, setitem
from .reduction import prod
from .shape import broadcast_to

_ONCE = np.array([[3, 0], [2, 1]])


def _cropped(source: Any, index: Any) -> Any:
    """The part of ``source`` that an index of the same number of dimensions speaks about."""
    shape = np.shape(index)
    if np.ndim(source) != len(shape) or any(m > n for m, n in zip(shape, source.shape)):
        raise ShapeError(
            f"the source needs at least the shape of the index, {list(shape)}, got "
            f"{list(np.shape(source))}"
        )
    if source.shape == shape:
        return source
    return source[tuple(map(slice, shape))]


_SCATTERED = {"add": "sum", "multiply": "prod"}
"""What `scatter` calls its reductions, and `scatter_reduce` the same ones."""


@in_place
@composite(samples=[at((3, 4), 1, _ONCE, (2, 2)), at((3, 4), -2, _INDEX, 2.5)])
def scatter(x, dim, index, src=None, *, value=None, reduce=None):
    """``x`` with other values at the places that `gather` would read.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int
        The dimension.
    index : integer Tensor
        Of the dimensions of ``x``.
    src : Tensor or number
        At least the shape of ``index``. Where an index repeats the last value wins, and only it
        gets a gradient.
    value : number, optional
        Instead of ``src``.
    reduce : {"add", "multiply"}, optional
        Combine with what stands there instead of replacing it.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import scatter, tensor, zeros
    >>> scatter(zeros(2, 3), 1, tensor([[2], [0]]), tensor([[5.], [6.]]))
    tensor([[0., 0., 5.],
            [6., 0., 0.]])
    """
    if src is None:
        src = value
    if src is None:
        raise TypeError("scatter() needs src, or a value")
    if reduce is not None:
        if reduce not in _SCATTERED:
            raise ValueError(f"scatter() knows reduce='add' and 'multiply', got {reduce!r}")
        if not np.ndim(src):
            src = np.full(np.shape(index), src, x.dtype)
        return scatter_reduce(x, dim, index, src, _SCATTERED[reduce])
    if np.ndim(src):
        src = _cropped(src, index)
    flat = flat_places(index, x.shape, dim, "scatter")
    return setitem(x.reshape((-1,)), src, index=flat).reshape(x.shape)


@in_place
@composite(samples=[at((3, 4), 0, _INDEX, (2, 3)), at((3, 4), -1, _INDEX, (2, 3))])
def scatter_add(x, dim, index, src):
    """``x`` with ``src`` added at the places that `gather` would read; what falls on one place adds
    up.

    Examples
    --------
    >>> from autograd_engine import scatter_add, tensor, zeros
    >>> scatter_add(zeros(3), 0, tensor([0, 0, 2]), tensor([1., 2., 3.]))
    tensor([3., 0., 3.])
    """
    flat = flat_places(index, x.shape, dim, "scatter_add")
    return x + _scatter(_cropped(src, index), shape=(math.prod(x.shape),), index=flat).reshape(
        x.shape
    )


def _put_extreme_rule(g: Any, x: Any, v: Any, y: Any, index: np.ndarray) -> list:
    """The elements that attain the extreme share its cotangent equally."""
    ours = where(x == y, 1.0, 0.0)
    theirs = where(v == y[index], 1.0, 0.0)
    share = g / (ours + _scatter(theirs, shape=x.shape, index=index))
    return [share * ours, share[index] * theirs]


@primitive(
    joint=_put_extreme_rule,
    samples=[
        at((3,), (4,), index=np.array([0, 0, 2, 0]), largest=True),
        at((3,), (2,), index=np.array([0, 0]), largest=False),
    ],
)
def _put_extreme(x, v, *, index, largest):
    """A copy of the vector ``x`` in which each place is the extreme of itself and of the values
    that fall on it.
    """
    out = np.array(x)
    (np.maximum if largest else np.minimum).at(out, index, v)
    return out


def _put_prod_rule(g: Any, x: Any, v: Any, index: np.ndarray) -> list:
    """The product of all others: that of the elements that are not 0, where no other element is
    0."""
    if isinstance(g, Tensor) and not (x.all() and v.all()):
        return _put_prod_by_table(g, x, v, index)
    zero_x = x == 0
    zero_v = v == 0
    zeros = where(zero_x, 1.0, 0.0) + _scatter(where(zero_v, 1.0, 0.0), shape=x.shape, index=index)
    rest = g * _put_prod(where(zero_x, 1.0, x), where(zero_v, 1.0, v), index=index)
    others_x = where(
        zero_x, where(zeros == 1, rest, 0.0), where(zeros == 0, rest, 0.0) / where(zero_x, 1.0, x)
    )
    others_v = where(
        zero_v,
        where(zeros == 1, rest, 0.0)[index],
        where(zeros == 0, rest, 0.0)[index] / where(zero_v, 1.0, v),
    )
    return [others_x, others_v]


def _put_prod_by_table(g: Any, x: Any, v: Any, index: np.ndarray) -> list:
    """The same without a quotient, for higher derivatives at zeros: in a table whose rows are the
    places that are multiplied, with what stands there and what falls on it.
    """
    places, row = np.unique(index, return_inverse=True)
    counts = np.bincount(row)
    order = np.argsort(row, kind="stable")
    column = np.empty_like(row)
    column[order] = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    table = np.ones((len(places), counts.max(initial=0) + 1), x.dtype)
    table = setitem(table, x[places], index=(slice(None), 0))
    table = setitem(table, v, index=(row, column))
    others = where(np.eye(table.shape[1], dtype=bool), 1.0, table[:, None])
    shares = g[places][:, None] * prod(others, dim=-1)
    return [setitem(g, shares[:, 0], index=places), shares[row, column]]


@primitive(joint=_put_prod_rule, samples=[at((3,), (4,), index=np.array([0, 0, 2, 0]))])
def _put_prod(x, v, *, index):
    """A copy of the vector ``x`` in which each place is multiplied by the values that fall on
    it."""
    out = np.array(x)
    np.multiply.at(out, index, v)
    return out


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def _neutral(reduce: str, dtype: np.dtype) -> Any:
    """What changes nothing when it is combined with others."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    if dtype.kind == "b":
        return reduce == "amin"
    if dtype.kind == "f":
        return math.inf if reduce == "amin" else -math.inf
    limits = np.iinfo(dtype)
    return limits.max if reduce == "amin" else limits.min


@in_place
@composite(
    samples=[
        at((3, 4), 0, _INDEX, (2, 3), "sum"),
        at((3, 4), -1, _INDEX, (2, 3), "prod"),
        at((3, 4), 0, _INDEX, (2, 3), "amax", include_self=False),
        at((3, 4), 1, _INDEX, (2, 3), "amin"),
        at((3, 4), 0, _INDEX, (2, 3), "mean"),
    ]
)
def scatter_reduce(x, dim, index, src, reduce, *, include_self=True):
    """``x`` combined with ``src`` at the places that `gather` would read.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim : int
        The dimension.
    index : integer Tensor
        Of the dimensions of ``x``.
    src : Tensor
        At least the shape of ``index``.
    reduce : {"sum", "prod", "mean", "amax", "amin"}
    include_self : bool
        Whether the element of ``x`` is one of those that are combined; else it is replaced where an
        index names it.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import scatter_reduce, tensor, zeros
    >>> scatter_reduce(zeros(2), 0, tensor([0, 0, 1]), tensor([1., 3., 5.]), "amax")
    tensor([3., 5.])
    """
    if reduce not in _REDUCTIONS:
        raise ValueError(
            f"scatter_reduce() knows the reductions {', '.join(_REDUCTIONS)}, got {reduce!r}"
        )
    flat = flat_places(index, x.shape, dim, "scatter_reduce")
    flat = worked_out(np.reshape, flat, shape=-1)
    values = _cropped(src, index).reshape((-1,))
    out = x.reshape((-1,))
    if not include_self:
        out = setitem(out, _neutral(reduce, x.dtype), index=flat)
    if reduce == "prod":
        out = _put_prod(out, values, index=flat)
    elif reduce in ("amax", "amin"):
        out = _put_extreme(out, values, index=flat, largest=reduce == "amax")
    else:
        out = out + _scatter(values, shape=out.shape, index=flat)
    if reduce == "mean":
        out = _divided(out, np.bincount(flat, minlength=out.shape[0]) + include_self)
    return out.reshape(x.shape)


def _divided(sums: Any, counts: np.ndarray) -> Any:
    """Sums of so many elements as means; integers stay integers."""
    counts = np.maximum(counts, 1)
    if sums.dtype.kind == "f":
        return sums / counts.astype(sums.dtype)
    return sums // counts


# --- whole entries --------------------------------------------------------------------------------


def _one_entry(source: Any) -> Any:
    """The source for a number, with the one dimension that it is indexed along."""
    return source.reshape((-1,)) if np.ndim(source) == 0 else source


def _check_source(name: str, x: Any, entries: tuple, source: Any) -> None:
    """Raise unless the source has the shape of the entries."""
    dim = len(entries) - 1
    needed = (*x.shape[:dim], len(entries[dim]), *x.shape[dim + 1 :])
    if np.shape(source) != needed:
        raise ShapeError(
            f"{name}() along dimension {dim} of shape {list(x.shape)} needs a source of shape "
            f"{list(needed)}, got {list(np.shape(source))}"
        )


@in_place
@composite(samples=[at((3, 4), 0, _ROWS, (3, 4)), at((2, 4), -1, _ROWS, (2, 3), alpha=3)])
def index_add(x, dim, index, source, *, alpha=1):
    """``x`` with ``alpha * source`` added to the entries along ``dim`` that ``index`` names.

    Examples
    --------
    >>> from autograd_engine import index_add, ones, tensor, zeros
    >>> index_add(zeros(3), 0, tensor([0, 0, 2]), ones(3))
    tensor([2., 0., 1.])
    """
    if x.ndim == 0:
        return index_add(x.reshape((1,)), dim, index, _one_entry(source), alpha=alpha).reshape(())
    entries = entry_index(dim, index, x.ndim, "index_add")
    _check_source("index_add", x, entries, source)
    added = _scatter(source, shape=x.shape, index=entries)
    if alpha != 1:
        added = added * alpha
    return x + added


@in_place
@composite(samples=[at((3, 4), 0, _ROWS[:2], (2, 4)), at((2, 4), -1, _ROWS[:2], (2, 2))])
def index_copy(x, dim, index, source):
    """``x`` with the entries along ``dim`` that ``index`` names replaced by those of ``source``.

    Examples
    --------
    >>> from autograd_engine import index_copy, tensor, zeros
    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 5.]))
    tensor([5., 0., 1.])
    """
    if x.ndim == 0:
        return index_copy(x.reshape((1,)), dim, index, _one_entry(source)).reshape(())
    entries = entry_index(dim, index, x.ndim, "index_copy")
    _check_source("index_copy", x, entries, source)
    return setitem(x, source, index=entries)


@in_place
@composite(samples=[at((3, 4), 0, _ROWS, 1.5), at((3, 4), -1, _ROWS, ())])
def index_fill(x, dim, index, value):
    """``x`` with the entries along ``dim`` that ``index`` names set to one value.

    Examples
    --------
    >>> from autograd_engine import index_fill, tensor, zeros
    >>> index_fill(zeros(3), 0, tensor([2, 0]), 7.0)
    tensor([7., 0., 7.])
    """
    if x.ndim == 0:
        return index_fill(x.reshape((1,)), dim, index, value).reshape(())
    if np.ndim(value):
        raise ShapeError(f"index_fill() takes one value, got shape {list(value.shape)}")
    return setitem(x, value, index=entry_index(dim, index, x.ndim, "index_fill"))


@in_place
@composite(
    samples=[at((3, 4), [_ROWS, _ROWS], (3,), True), at((3, 4), [_ROWS[:2], np.array([1, 1])], ())]
)
def index_put(x, indices, values, accumulate=False):
    """``x`` with ``values`` at ``indices``, a tuple of integer or boolean tensors; added up if
    ``accumulate``.

    Examples
    --------
    >>> from autograd_engine import index_put, tensor, zeros
    >>> index_put(zeros(2, 2), (tensor([0, 0]), tensor([1, 1])), tensor([1., 2.]), accumulate=True)
    tensor([[0., 3.],
            [0., 0.]])
    """
    given = tuple([slice(None) if item is None else item for item in indices])
    index = plain_index(given, x.ndim)
    if not accumulate:
        return setitem(x, values, index=index)
    shape = read_index(np.broadcast_to(0, x.shape), index).shape
    return x + _scatter(broadcast_to(values, shape), shape=x.shape, index=index)


@in_place
@composite(
    samples=[
        at((3, 4), _ROWS, (3,), True),
        at((3, 4), np.array([[0, -1]]), (1, 2)),
        at((), np.array([0]), (1,)),
    ]
)
def put(input, index, source, accumulate=False):
    """``input`` with ``source`` at the places ``index`` of its elements, read as one vector.

    Parameters
    ----------
    input : Tensor
        Any shape.
    index : integer Tensor
        Any shape; negative ones count from the end.
    source : Tensor
        As many elements as ``index``.
    accumulate : bool
        Add instead of replacing.

    Returns
    -------
    Tensor
        The shape of ``input``.

    Raises
    ------
    ShapeError
        If ``index`` and ``source`` differ in how many elements they have.

    Examples
    --------
    >>> from autograd_engine import put, tensor, zeros
    >>> put(zeros(2, 2), tensor([1, 2]), tensor([5., 6.]))
    tensor([[0., 5.],
            [6., 0.]])
    """
    places = np.reshape(integers(index, "put"), -1)
    if places.size != math.prod(source.shape):
        raise ShapeError(
            f"put() takes as many elements as places, got {math.prod(source.shape)} for "
            f"{places.size}"
        )
    places = flat_places(places, (math.prod(input.shape),), 0, "put")
    flat = index_put(input.reshape((-1,)), (places,), source.reshape((-1,)), accumulate)
    return flat.reshape(tuple(input.shape))
