"""One dimension of a tensor made anew: each new element is a weighted sum of a few old ones (its
taps).

Interpolation and borders made of a tensor's own elements are this. Reading the taps keeps
infinities where they are; the gradient, which adds up what several new elements took from an old
one, is a matrix product.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.summation import narrowed, widened
from .choice import tied
from .declare import at, primitive


class Taps:
    """For each of ``places.shape[1]`` new elements the places of its taps and, unless they are 1,
    their weights.
    """

    def __init__(self, places: Any, weights: Any = None) -> None:
        self.places = np.atleast_2d(places)
        self.weights = weights
        if weights is not None:
            self.weights = np.atleast_2d(weights)

    def matrix(self, length: int, dtype: np.dtype) -> np.ndarray:
        """The weights as a matrix, of shape (new length, old length)."""
        weights = self.weights
        if weights is None:
            weights = np.ones(self.places.shape)
        out = np.zeros((self.places.shape[1], length), dtype)
        np.add.at(out, (np.arange(len(out)), self.places), weights)
        return out


_SAMPLE = Taps([[0, 0, 2, 1], [1, 0, 0, 1]], [[0.5, 1.0, 0.2, 0.3], [0.1, 0.7, 0.4, 0.6]])


@primitive(
    vjp=lambda g, x_shape, x_place, dim, taps: tied(
        _untapped(g, dim=dim, taps=taps, length=x_shape[dim]), x_place
    ),
    batching="dims",
    samples=[at((2, 3), dim=1, taps=_SAMPLE), at((3, 2), dim=0, taps=Taps([2, 0, 0]))],
)
def _tapped(x, *, dim, taps):
    """``x`` with dimension ``dim`` made anew."""
    dtype = x.dtype
    x = widened(x)
    total: Any = None
    for i, places in enumerate(taps.places):
        part = x.take(places, dim)
        if taps.weights is not None:
            part *= taps.weights[i].astype(x.dtype).reshape(-1, *(1,) * (x.ndim - dim - 1))
        if total is None:
            total = part
        else:
            total += part
    return narrowed(total, dtype)


@primitive(
    vjp=lambda g, dim, taps: _tapped(g, dim=dim, taps=taps),
    batching="dims",
    samples=[at((2, 4), dim=1, taps=_SAMPLE, length=3)],
)
def _untapped(x, *, dim, taps, length):
    """The transpose of `_tapped`: what each old element of the dimension gave, added up."""
    wide = widened(x)
    y = (wide.swapaxes(dim, -1) @ taps.matrix(length, wide.dtype)).swapaxes(dim, -1)
    return narrowed(y, x.dtype)
