"""The operators: arithmetic, powers, comparisons and logic."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .declare import at, elementwise

add = elementwise(
    operator.add, (lambda g: g, lambda g: g),
    "``a + b``.", "add(tensor([1., 2.]), 3) -> tensor([4., 5.])", numpy=np.add, integers="keep", symbol="+",
)  # fmt: skip
sub = elementwise(
    operator.sub, (lambda g: g, lambda g: -g),
    "``a - b``.", "sub(tensor([1., 2.]), 3) -> tensor([-2., -1.])", numpy=np.subtract, integers="keep", symbol="−",
)  # fmt: skip
mul = elementwise(
    operator.mul, (lambda g, b: g * b, lambda g, a: g * a),
    "``a * b``.", "mul(tensor([1., 2.]), 3) -> tensor([3., 6.])", numpy=np.multiply, integers="keep", symbol="×",
)  # fmt: skip
div = elementwise(
    operator.truediv, (lambda g, b: g / b, lambda g, y, b: -g * y / b),
    "``a / b``; the quotient of integers is a float.", "div(tensor([1., 2.]), 4) -> tensor([0.2500, 0.5000])",
    name="div", numpy=np.divide, domain=("real", "positive"), symbol="÷",
)  # fmt: skip


def _pow_base(g: Any, a: Any, b: Any) -> Any:
    """``b a^(b-1)``, and 0 where ``b`` is 0, also at ``a = 0``."""
    if isinstance(b, (int, float)):
        return g * (b * a ** (b - 1)) if b != 0 else zeros_like(g)
    flat = b == 0
    return where(flat, 0.0, g * (b * a ** where(flat, 1.0, b - 1)))


def _pow_exponent(g: Any, a: Any, b: Any, y: Any) -> Any:
    """``a^b log a``, and 0 at ``a = 0`` where ``b`` is not negative."""
    flat = (a == 0) & (b >= 0)
    return g * where(flat, 0.0, y * log(where(flat, 1.0, a)))


pow = elementwise(
    operator.pow, (_pow_base, _pow_exponent),
    "``a ** b``.", "pow(tensor([1., 2.]), 3) -> tensor([1., 8.])",
    numpy=np.power, integers="keep", domain=("positive", "real"), symbol="^",
)  # fmt: skip
neg = elementwise(
    operator.neg, lambda g: -g,
    "``-x``.", "neg(tensor([1., -2.])) -> tensor([-1.,  2.])", name="neg", numpy=np.negative, integers="keep", symbol="−",
)  # fmt: skip
floor_divide = elementwise(
    operator.floordiv, (lambda g: zeros_like(g), lambda g: zeros_like(g)),
    "``a // b``, rounded towards minus infinity.", "floor_divide(tensor([7., -7.]), 2) -> tensor([ 3., -4.])",
    name="floor_divide", numpy=np.floor_divide, integers="keep", domain=("real", "positive"), symbol="//",
)  # fmt: skip
remainder = elementwise(
    operator.mod, (lambda g: g, lambda g, a, b: -g * (a // b)),
    "``a % b``, with the sign of ``b``.", "remainder(tensor([7., -7.]), 4) -> tensor([3., 1.])",
    name="remainder", numpy=np.remainder, integers="keep", domain=("real", "positive"), symbol="%",
)  # fmt: skip


def _compare(forward: Any, numpy: Any, symbol: str, example: str) -> Any:
    return elementwise(
        forward, None, f"``a {symbol} b``, a boolean tensor without a graph.", example,
        name=forward.__name__.strip("_"), numpy=numpy, integers="keep", symbol=symbol, arity=2,
    )  # fmt: skip


eq = _compare(operator.eq, np.equal, "==", "eq(tensor([1., 2.]), 2) -> tensor([False,  True])")
ne = _compare(operator.ne, np.not_equal, "!=", "ne(tensor([1., 2.]), 2) -> tensor([ True, False])")
lt = _compare(operator.lt, np.less, "<", "lt(tensor([1., 2.]), 2) -> tensor([ True, False])")
le = _compare(operator.le, np.less_equal, "<=", "le(tensor([1., 2.]), 2) -> tensor([True, True])")
gt = _compare(operator.gt, np.greater, ">", "gt(tensor([1., 2.]), 1) -> tensor([False,  True])")
ge = _compare(operator.ge, np.greater_equal, ">=", "ge(tensor([1., 2.]), 1) -> tensor([True, True])")


def _bitwise(forward: Any, numpy: Any, symbol: str, example: str, arity: int = 2) -> Any:
    return elementwise(
        forward, None, f"``{'a ' * (arity == 2)}{symbol}{' b' if arity == 2 else 'x'}`` on integers, or on booleans.", example,
        name=numpy.__name__.replace("invert", "bitwise_not"), numpy=numpy, integers="keep", symbol=symbol, arity=arity,
        samples=[at(*[np.array([6, 3, 5]), np.array([3, 3, 4])][:arity])],
    )  # fmt: skip


bitwise_and = _bitwise(operator.and_, np.bitwise_and, "&", "bitwise_and(tensor([True, False]), True) -> tensor([ True, False])")
bitwise_or = _bitwise(operator.or_, np.bitwise_or, "|", "bitwise_or(tensor([True, False]), True) -> tensor([True, True])")
bitwise_xor = _bitwise(operator.xor, np.bitwise_xor, "^", "bitwise_xor(tensor([True, False]), True) -> tensor([False,  True])")
bitwise_not = _bitwise(np.invert, np.invert, "~", "bitwise_not(tensor([True, False])) -> tensor([False,  True])", arity=1)

from .elementwise import log, where, zeros_like  # noqa: E402  (the rules of powers need them)
