"""How often things occur. Counts are steps as functions of the elements, so they carry no graph."""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple

import numpy as np

from ..core.recorder import looked_at
from ..core.errors import ShapeError
from .declare import at, composite, function_only, primitive
from .sorting import found, plain

_CLASSES = np.array([1, 3, 1])


@primitive(
    numpy=np.bincount,
    samples=[
        at(_CLASSES),
        at(_CLASSES, np.array([2, 1, 5]), minlength=6),
        at(np.array([], int), minlength=2),
    ],
)
def bincount(x, weights=None, *, minlength=0):
    """How often each number from 0 to the greatest occurs, as the number of samples of each class.

    Parameters
    ----------
    x : Tensor
        A vector of integers of at least 0.
    weights : Tensor, optional
        Of the shape of ``x``: what each element counts, instead of 1.
    minlength : int
        Count at least up to, but not including, this number.

    Returns
    -------
    Tensor
        A vector of int64; with weights, of their floating point dtype (float64 for integers).

    Raises
    ------
    RuntimeError
        If ``x`` is not a vector of integers of at least 0, or ``weights`` has another shape.

    Examples
    --------
    >>> from autograd_engine import bincount, tensor
    >>> bincount(tensor([1, 3, 1]))
    tensor([0, 2, 0, 1])
    """
    x = np.asarray(x)
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x < 0).any():
        raise ShapeError(
            f"bincount() counts a vector of integers of at least 0, got {x.dtype}{list(x.shape)}; "
            "flatten it, or convert it with .long()"
        )
    if weights is None:
        return np.bincount(x, minlength=minlength)
    if np.shape(weights) != x.shape:
        raise ShapeError(
            f"bincount() needs a weight for each element, got shapes {list(np.shape(weights))} and "
            f"{list(x.shape)}"
        )
    dtype = weights.dtype if weights.dtype.kind == "f" else np.float64
    return np.bincount(x, weights, minlength).astype(dtype)


@primitive(samples=[at((3, 4)), at((5,), bins=4, min=-1.0, max=1.0), at(np.ones(3), bins=3)])
def histc(x, *, bins=100, min=0, max=0):
    """How many elements lie in each of ``bins`` equally wide intervals.

    Parameters
    ----------
    x : Tensor
        Any shape, of floating point numbers.
    bins : int
        How many intervals.
    min, max : number
        From where to where; what is outside is not counted. Where they are equal, the range of the
        elements is taken.

    Returns
    -------
    Tensor
        A vector of length ``bins``, of the dtype of ``x``.

    Raises
    ------
    RuntimeError
        If ``max`` is below ``min``.

    Examples
    --------
    >>> from autograd_engine import histc, tensor
    >>> histc(tensor([1., 2., 1.]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    if max < min:
        raise ShapeError(f"histc() needs max to be at least min, got {min} and {max}")
    if min == max and np.size(x):
        min = np.min(x)
        max = np.max(x)
    if min == max:
        min = min - 1
        max = max + 1
    return np.histogram(x, bins, (min, max))[0].astype(x.dtype)


@function_only
@primitive(
    numpy=np.isin,
    samples=[at((2, 3), (2,)), at(_CLASSES, np.array([3, 5]), invert=True), at(_CLASSES, 3)],
)
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Whether each element is one of ``test_elements``.

    Parameters
    ----------
    elements, test_elements : Tensor or number
        Any shapes.
    assume_unique : bool
        That no element occurs twice in either, which is faster to look up.
    invert : bool
        Ask whether it is none of them.

    Returns
    -------
    Tensor
        Booleans, of the shape of ``elements``.

    Examples
    --------
    >>> from autograd_engine import isin, tensor
    >>> isin(tensor([1, 2, 3]), tensor([3, 1]))
    tensor([ True, False,  True])
    """
    return np.isin(elements, test_elements, assume_unique=assume_unique, invert=invert)


@composite(
    samples=[
        at(np.array([1, 1, 3, 1])),
        at(np.array([1, 1, 3, 1]), return_inverse=True, return_counts=True),
        at(np.array([], int)),
    ]
)
def unique_consecutive(x, return_inverse=False, return_counts=False):
    """The first element of every run of equal ones.

    Parameters
    ----------
    x : Tensor
        Any shape; it is read as one vector.
    return_inverse : bool
        Return also, for each element of ``x``, in which run it is.
    return_counts : bool
        Return also how long each run is.

    Returns
    -------
    Tensor, or a tuple of Tensor
        Without a graph.

    Examples
    --------
    >>> from autograd_engine import tensor, unique_consecutive
    >>> unique_consecutive(tensor([1, 1, 3, 1]), return_counts=True)
    (tensor([1, 3, 1]), tensor([2, 1, 1]))
    """
    array = plain(x)
    flat = array.reshape(-1)
    first = np.ones(flat.size, bool)
    first[1:] = flat[1:] != flat[:-1]
    starts = np.flatnonzero(first)
    inverse = (first.cumsum() - 1).reshape(array.shape)
    counts = np.diff(starts, append=flat.size)
    return found(x, flat[starts], (inverse, return_inverse), (counts, return_counts))


class Histogram(NamedTuple):
    """What `histogram` returns."""

    hist: Any
    bin_edges: Any


@primitive(outputs=0, samples=[at((5,), bins=3, range=(-2.0, 2.0))])
def _histogram(x, weight=None, *, bins, range=None, density=False):
    """Counts and edges."""
    if not isinstance(bins, int):
        bins = np.asarray(bins)
    found, edges = np.histogram(x, bins, range, density, weight)
    return found.astype(x.dtype), np.asarray(edges, dtype=x.dtype)


@composite(samples=[at((5,), 3, range=(-2.0, 2.0)), at((2, 3), 2, density=True)])
def histogram(x, bins, *, range=None, weight=None, density=False):
    """How many elements (or how much weight) fall into each bin; it carries no graph.

    Parameters
    ----------
    x : Tensor
        Any shape.
    bins : int or Tensor
        The number of bins of one width, or their increasing edges.
    range : pair of float, optional
        From where to where the bins go; by default from the smallest to the largest element.
    weight : Tensor, optional
        The shape of ``x``.
    density : bool
        Divide by the total and by the widths.

    Returns
    -------
    (hist, bin_edges)
        Shapes ``(bins,)`` and ``(bins + 1,)``.

    Examples
    --------
    >>> from autograd_engine import histogram, tensor
    >>> histogram(tensor([1., 2., 1.]), bins=4, range=(0., 3.)).hist
    tensor([0., 2., 1., 0.])
    """
    bins = looked_at(bins)
    return Histogram(*_histogram(x, weight, bins=bins, range=range, density=density))


@function_only
@composite(samples=[at((5, 2), [2, 3])])
def histogramdd(x, bins, *, range=None, weight=None, density=False):
    """`histogram` in several dimensions.

    Parameters
    ----------
    x : Tensor
        Shape ``(n, d)``: points.
    bins : int, sequence of int or sequence of Tensor
        The number of bins in each dimension, or their edges.
    range : sequence of float, optional
        The ends in the first dimension, in the second, and so on.
    weight : Tensor, optional
        Shape ``(n,)``.
    density : bool
        Divide by the total and by the volumes.

    Returns
    -------
    (hist, bin_edges)
        Shape ``(bins of each dimension)``, and a tuple of edges.

    Examples
    --------
    >>> from autograd_engine import histogramdd, tensor
    >>> histogramdd(tensor([[0., 1.], [1., 0.], [1., 1.]]), bins=[2, 2]).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    if not isinstance(bins, int):
        bins = [looked_at(edges) for edges in bins]
    if range is not None:
        range = tuple([tuple(range[i : i + 2]) for i in builtins.range(0, len(range), 2)])
    found, *edges = _histogramdd(x, weight, bins=bins, range=range, density=density)
    return Histogram(found, tuple(edges))


@primitive(outputs=0, samples=[at((5, 2), bins=[2, 3])])
def _histogramdd(x, weight=None, *, bins, range=None, density=False):
    """Counts, and the edges of each dimension."""
    found, edges = np.histogramdd(x, bins, range, density, weight)
    return (found.astype(x.dtype), *[np.asarray(each, dtype=x.dtype) for each in edges])


@function_only
@composite(samples=[at(np.array([5, 0, 3]), [2, 3])])
def unravel_index(indices, shape):
    """The coordinates of places that are counted row by row.

    Parameters
    ----------
    indices : Tensor of int
        Any shape.
    shape : tuple of int
        The shape of what they are places in.

    Returns
    -------
    tuple of Tensor
        One for each dimension, of the shape of ``indices``.

    Raises
    ------
    ShapeError
        If a place lies outside of the shape.

    Examples
    --------
    >>> from autograd_engine import tensor, unravel_index
    >>> unravel_index(tensor([5, 0]), (2, 3))
    (tensor([1, 0]), tensor([2, 0]))
    """
    return _unravelled(indices, shape=tuple(shape) if not isinstance(shape, int) else (shape,))


@primitive(outputs=0, batching="pointwise", samples=[at(np.array([5, 0, 3]), shape=[2, 3])])
def _unravelled(indices, *, shape):
    """The coordinates."""
    return tuple([np.asarray(part) for part in np.unravel_index(indices, shape)])
