"""Sums over a row of numbers in a kernel that keep their digits: of blocks in the dtype of the
numbers, several terms at a time, and of the blocks in float64.
"""

from __future__ import annotations

import numpy as np

from .elementary import real

BLOCK = 1024
"""Of so many numbers a sum may be taken in their own dtype."""


def sum_of(row):
    """The sum of a row in a kernel.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine.kernels import sum_of
    >>> float(sum_of(np.ones(3)))
    3.0
    """
    total = 0.0
    for first in range(0, row.size, BLOCK):
        part = real(0)
        for j in range(first, min(first + BLOCK, row.size)):
            part += row[j]
        total += part
    return total


def sum_of_products(row, other):
    """The sum of the products of two rows."""
    total = 0.0
    for first in range(0, row.size, BLOCK):
        part = real(0)
        for j in range(first, min(first + BLOCK, row.size)):
            part += row[j] * other[j]
        total += part
    return total


def sum_of_squares(row, centre):
    """The sum, in a kernel, of the squares of how far the numbers of a row lie from a centre.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine.kernels import sum_of_squares
    >>> float(sum_of_squares(np.array([1.0, 3.0]), 2.0))
    2.0
    """
    total = 0.0
    for first in range(0, row.size, BLOCK):
        part = real(0)
        for j in range(first, min(first + BLOCK, row.size)):
            part += (row[j] - centre) * (row[j] - centre)
        total += part
    return total


def sum_of_powers(row, top):
    """The sum of ``exp(x - top)`` over a row."""
    total = 0.0
    for first in range(0, row.size, BLOCK):
        part = real(0)
        for j in range(first, min(first + BLOCK, row.size)):
            part += np.exp(row[j] - top)
        total += part
    return total


def take_powers(row, top, out):
    """Write ``exp(x - top)`` of a row in a kernel, and return the sum.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine.kernels import take_powers
    >>> powers = np.empty(2)
    >>> float(take_powers(np.zeros(2), 0.0, powers)), powers
    (2.0, array([1., 1.]))
    """
    total = 0.0
    for first in range(0, row.size, BLOCK):
        part = real(0)
        for j in range(first, min(first + BLOCK, row.size)):
            out[j] = np.exp(row[j] - top)
            part += out[j]
        total += part
    return total
