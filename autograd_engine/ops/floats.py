"""Floats as they are stored: neighbours, exponents, mantissas; and divisors of integers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .declare import at, composite, elementwise, in_place, primitive
from .elementwise import exp2

WHOLE = [
    at(np.array([12, -18, 0, 7]), np.array([8, 12, 5, 7])),
    at(np.array([[4], [6]]), np.array([10])),
]

nextafter = elementwise(
    np.nextafter,
    numpy=(),  # it carries no graph, so NumPy's own refuses tensors
    doc="The next float after ``input`` in the direction of ``other``.",
    example="nextafter(tensor(1.), tensor(2.)) > 1 -> tensor(True)",
)
gcd = elementwise(
    np.gcd,
    doc="The greatest common divisor of integers.",
    example="gcd(tensor([12, 7]), tensor(8)) -> tensor([4, 1])",
    integers="keep",
    samples=WHOLE,
)
lcm = elementwise(
    np.lcm,
    doc="The least common multiple of integers.",
    example="lcm(tensor([4, 6]), tensor(10)) -> tensor([20, 30])",
    integers="keep",
    samples=WHOLE,
)


@in_place
@composite(numpy=np.ldexp, samples=[at((3,), np.array([1, 0, 3])), at((2, 2), np.array([3, 1]))])
def ldexp(x, other):
    """``x * 2 ** other``.

    Parameters
    ----------
    x, other : Tensor or array_like
        Any shapes, broadcast against each other.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import ldexp, tensor
    >>> ldexp(tensor([1., 3.]), tensor([2, -1]))
    tensor([4.0000, 1.5000])
    """
    if isinstance(other, (int, float)):
        return x * 2.0**other
    return x * exp2(other)


class FloatParts(NamedTuple):
    """What `frexp` returns."""

    mantissa: object
    exponent: object


@primitive(
    joint=lambda g, y: [g[0] * np.ldexp(np.ones_like(y[1], float), -y[1]).astype(g[0].dtype)],
    outputs=0,
    promote="float",
    batching="pointwise",
    samples=[at((3,)), at((2, 3))],
)
def _frexp(x):
    """Mantissas and exponents."""
    return np.frexp(x)


@composite(samples=[at((3,)), at((2, 3))])
def frexp(x):
    """The mantissa, in [0.5, 1) but for its sign, and the exponent of each float.

    Parameters
    ----------
    x : Tensor
        Any shape.

    Returns
    -------
    (mantissa, exponent)
        ``x == mantissa * 2 ** exponent``; the exponents are integers.

    Examples
    --------
    >>> from autograd_engine import frexp, tensor
    >>> frexp(tensor([1., -6.])).mantissa
    tensor([ 0.5000, -0.7500])
    """
    return FloatParts(*_frexp(x))
