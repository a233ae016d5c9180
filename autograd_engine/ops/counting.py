"""How often things occur. Counts are steps as functions of the elements, so they carry no graph."""

from __future__ import annotations

import numpy as np

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
