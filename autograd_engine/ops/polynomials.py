"""The classical orthogonal polynomials, by the recurrences in their degree.

A recurrence is made of sums and products of ops, so derivatives of any order follow, also at the
ends of the interval, where the formulas by angles and quotients break down. They are in the NIST
Digital Library of Mathematical Functions, table 18.9.1.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..core.errors import GraphError
from ..core.modes import get_default_dtype
from ..core.tensor import Tensor
from .choice import where
from .declare import at, composite, document

_HOME = "autograd_engine.special"


def _degrees(name: str, n: Any) -> np.ndarray:
    """The degrees as whole numbers."""
    if isinstance(n, Tensor):
        if n.requires_grad:
            raise GraphError(f"{name}() has no gradient for its degree n; pass n.detach()")
        n = n._data
    return np.trunc(np.asarray(n)).astype(int)


def _polynomial(name: str, first: Callable, step: Callable, what: str, example: str) -> Callable:
    """Declare the polynomials of a kind: that of degree 1, and how ``step(k, x, before, here)``
    leads from degrees k - 1 and k to k + 1.
    """

    def written(input, n):
        degrees = _degrees(name, n)
        x = input
        if x.dtype.kind != "f":
            x = x.astype(get_default_dtype())
        before = x**0
        here = first(x)
        result = where(degrees == 0, before, before * 0)
        for k in range(1, degrees.max(initial=0) + 1):
            result = where(degrees == k, here, result)
            before, here = here, step(k, x, before, here)
        return result

    call, _, shown = example.partition(" -> ")
    written.__name__ = written.__qualname__ = name
    written.__module__ = _HOME
    written.__doc__ = document(
        f"The {what} of degree ``n``; 0 where ``n`` is negative.",
        {
            "input": ("Tensor", "Any shape."),
            "n": ("int or Tensor", "The degree; it broadcasts and has no gradient."),
        },
        "The broadcast shape.",
        (
            ">>> from autograd_engine import tensor",
            f">>> from {_HOME} import {name}",
            f">>> {call}",
            shown,
        ),
    )
    return composite(samples=[at((3,), np.array([0, 2, 5])), at((2,), 1)])(written)


def _chebyshev_step(k: int, x: Any, before: Any, here: Any) -> Any:
    return 2 * x * here - before


def _shifted_step(k: int, x: Any, before: Any, here: Any) -> Any:
    return (4 * x - 2) * here - before


_FIRST: dict[str, Callable] = {
    "t": lambda x: x,
    "u": lambda x: 2 * x,
    "v": lambda x: 2 * x - 1,
    "w": lambda x: 2 * x + 1,
}
_WHICH = {"t": "first", "u": "second", "v": "third", "w": "fourth"}
_AT_HALF = {"t": "-0.5000", "u": "0.", "v": "-1.", "w": "1."}
"""Of degree 2, at 0.5."""


def _chebyshev(kind: str) -> Callable:
    return _polynomial(
        f"chebyshev_polynomial_{kind}",
        _FIRST[kind],
        _chebyshev_step,
        f"Chebyshev polynomial of the {_WHICH[kind]} kind",
        f"chebyshev_polynomial_{kind}(tensor(0.5), 2) -> tensor({_AT_HALF[kind]})",
    )


def _chebyshev_shifted(kind: str) -> Callable:
    first = _FIRST[kind]
    return _polynomial(
        f"shifted_chebyshev_polynomial_{kind}",
        lambda x: first(2 * x - 1),
        _shifted_step,
        f"Chebyshev polynomial of the {_WHICH[kind]} kind of ``2 input - 1``",
        f"shifted_chebyshev_polynomial_{kind}(tensor(0.75), 2) -> tensor({_AT_HALF[kind]})",
    )


chebyshev_polynomial_t = _chebyshev("t")
chebyshev_polynomial_u = _chebyshev("u")
chebyshev_polynomial_v = _chebyshev("v")
chebyshev_polynomial_w = _chebyshev("w")
shifted_chebyshev_polynomial_t = _chebyshev_shifted("t")
shifted_chebyshev_polynomial_u = _chebyshev_shifted("u")
shifted_chebyshev_polynomial_v = _chebyshev_shifted("v")
shifted_chebyshev_polynomial_w = _chebyshev_shifted("w")
hermite_polynomial_h = _polynomial(
    "hermite_polynomial_h",
    lambda x: 2 * x,
    lambda k, x, before, here: 2 * x * here - 2 * k * before,
    "Hermite polynomial of physics",
    "hermite_polynomial_h(tensor(1.), 2) -> tensor(2.)",
)
hermite_polynomial_he = _polynomial(
    "hermite_polynomial_he",
    lambda x: x,
    lambda k, x, before, here: x * here - k * before,
    "Hermite polynomial of probability",
    "hermite_polynomial_he(tensor(2.), 2) -> tensor(3.)",
)
laguerre_polynomial_l = _polynomial(
    "laguerre_polynomial_l",
    lambda x: 1 - x,
    lambda k, x, before, here: ((2 * k + 1 - x) * here - k * before) / (k + 1),
    "Laguerre polynomial",
    "laguerre_polynomial_l(tensor(2.), 2) -> tensor(-1.)",
)
legendre_polynomial_p = _polynomial(
    "legendre_polynomial_p",
    lambda x: x,
    lambda k, x, before, here: ((2 * k + 1) * x * here - k * before) / (k + 1),
    "Legendre polynomial",
    "legendre_polynomial_p(tensor(1.), 3) -> tensor(1.)",
)
