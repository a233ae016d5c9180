"""Functions of one number, applied to each: exponentials, trigonometry, roots, kinks, and the choice between two values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .declare import at, elementwise, primitive

exp = elementwise(np.exp, lambda g, y: g * y, "``e ** x``.", "exp(tensor([0., 1.])) -> tensor([1.0000, 2.7183])")
expm1 = elementwise(
    np.expm1, lambda g, y: g * (y + 1), "``e ** x - 1``, exact near 0.", "expm1(tensor(1e-6)) -> tensor(1.0000e-06)"
)
log = elementwise(
    np.log, lambda g, x: g / x, "The natural logarithm.", "log(tensor([1., 2.])) -> tensor([0.0000, 0.6931])", domain="positive"
)
log1p = elementwise(
    np.log1p, lambda g, x: g / (x + 1), "``log(1 + x)``, exact near 0.", "log1p(tensor(1e-6)) -> tensor(1.0000e-06)", domain="unit"
)
log2 = elementwise(
    np.log2, lambda g, x: g / (x * math.log(2)), "The logarithm to base 2.", "log2(tensor([1., 8.])) -> tensor([0., 3.])",
    domain="positive",
)  # fmt: skip
log10 = elementwise(
    np.log10, lambda g, x: g / (x * math.log(10)), "The logarithm to base 10.", "log10(tensor([1., 10.])) -> tensor([0., 1.])",
    domain="positive",
)  # fmt: skip
sqrt = elementwise(
    np.sqrt, lambda g, y: g / (2 * y), "The square root.", "sqrt(tensor([4., 9.])) -> tensor([2., 3.])", domain="positive", symbol="√"
)
rsqrt = elementwise(
    lambda x: 1 / np.sqrt(x), lambda g, y, x: -g * y / (2 * x), "``1 / sqrt(x)``.", "rsqrt(tensor([4., 16.])) -> tensor([0.5000, 0.2500])",
    name="rsqrt", domain="positive",
)  # fmt: skip
square = elementwise(
    np.square, lambda g, x: 2 * (g * x), "``x ** 2``.", "square(tensor([2., -3.])) -> tensor([4., 9.])", integers="keep", symbol="²"
)
reciprocal = elementwise(
    lambda x: 1 / x, lambda g, y: -g * y * y, "``1 / x``.", "reciprocal(tensor([2., -4.])) -> tensor([ 0.5000, -0.2500])",
    name="reciprocal", numpy=np.reciprocal, domain="positive",
)  # fmt: skip

sin = elementwise(np.sin, lambda g, x: g * cos(x), "The sine of ``x`` in radians.", "sin(tensor(0.)) -> tensor(0.)")
cos = elementwise(np.cos, lambda g, x: -g * sin(x), "The cosine of ``x`` in radians.", "cos(tensor(0.)) -> tensor(1.)")
tan = elementwise(np.tan, lambda g, y: g * (1 + y * y), "The tangent of ``x`` in radians.", "tan(tensor(0.)) -> tensor(0.)", domain="unit")
asin = elementwise(
    np.arcsin, lambda g, x: g / sqrt(1 - x * x), "The arc sine, in radians.", "asin(tensor(1.)) -> tensor(1.5708)", name="asin", domain="unit"
)
acos = elementwise(
    np.arccos, lambda g, x: -g / sqrt(1 - x * x), "The arc cosine, in radians.", "acos(tensor(0.)) -> tensor(1.5708)", name="acos", domain="unit"
)
atan = elementwise(np.arctan, lambda g, x: g / (1 + x * x), "The arc tangent, in radians.", "atan(tensor(1.)) -> tensor(0.7854)", name="atan")
sinh = elementwise(np.sinh, lambda g, x: g * cosh(x), "The hyperbolic sine.", "sinh(tensor(0.)) -> tensor(0.)")
cosh = elementwise(np.cosh, lambda g, x: g * sinh(x), "The hyperbolic cosine.", "cosh(tensor(0.)) -> tensor(1.)")
tanh = elementwise(np.tanh, lambda g, y: g * (1 - y * y), "The hyperbolic tangent.", "tanh(tensor(1.)) -> tensor(0.7616)")
asinh = elementwise(
    np.arcsinh, lambda g, x: g / sqrt(x * x + 1), "The inverse hyperbolic sine.", "asinh(tensor(0.)) -> tensor(0.)", name="asinh"
)
acosh = elementwise(
    np.arccosh, lambda g, x: g / sqrt(x * x - 1), "The inverse hyperbolic cosine.", "acosh(tensor(1.)) -> tensor(0.)",
    name="acosh", domain="above_one",
)  # fmt: skip
atanh = elementwise(
    np.arctanh, lambda g, x: g / (1 - x * x), "The inverse hyperbolic tangent.", "atanh(tensor(0.)) -> tensor(0.)", name="atanh", domain="unit"
)
atan2 = elementwise(
    np.arctan2, (lambda g, a, b: g * b / (a * a + b * b), lambda g, a, b: -g * a / (a * a + b * b)),
    "The angle of the point ``(b, a)``, in radians.", "atan2(tensor(1.), tensor(-1.)) -> tensor(2.3562)",
    name="atan2", domain=("real", "positive"),
)  # fmt: skip


def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1, e) / (1 + e)


def _logaddexp_rule(sign: int) -> Any:
    return (lambda g, a, b: g * sigmoid(a - b)) if sign > 0 else (lambda g, a, b: g * sigmoid(b - a))


sigmoid = elementwise(
    _sigmoid, lambda g, y: g * y * (1 - y), "``1 / (1 + exp(-x))``, without overflow.", "sigmoid(tensor([0., 1000.])) -> tensor([0.5000, 1.0000])",
    name="sigmoid", symbol="σ",
)  # fmt: skip
softplus = elementwise(
    lambda x: np.logaddexp(x, x.dtype.type(0)), lambda g, x: g * sigmoid(x), "``log(1 + exp(x))``, without overflow.",
    "softplus(tensor([0., 1000.])) -> tensor([6.9315e-01, 1.0000e+03])", name="softplus",
)  # fmt: skip
logaddexp = elementwise(
    np.logaddexp, (_logaddexp_rule(+1), _logaddexp_rule(-1)), "``log(exp(a) + exp(b))``, without overflow.",
    "logaddexp(tensor(0.), tensor(0.)) -> tensor(0.6931)",
)  # fmt: skip

abs = elementwise(
    np.abs, lambda g, x: g * sign(x), "The absolute value; its derivative at 0 is 0.", "abs(tensor([-2., 3.])) -> tensor([2., 3.])",
    name="abs", integers="keep", symbol="|·|",
)  # fmt: skip
sign = elementwise(
    np.sign, lambda g: zeros_like(g), "-1, 0 or 1 by the sign; its derivative is 0.", "sign(tensor([-2., 0.])) -> tensor([-1.,  0.])",
    integers="keep",
)  # fmt: skip
relu = elementwise(
    lambda x: np.maximum(x, 0), lambda g, y: g * (y > 0), "``max(x, 0)``; its derivative at 0 is 0.",
    "relu(tensor([-2., 3.])) -> tensor([0., 3.])", name="relu", integers="keep",
)  # fmt: skip
maximum = elementwise(
    np.maximum, (lambda g, a, b: g * _share(a > b, a == b), lambda g, a, b: g * _share(b > a, a == b)),
    "The greater of two; where they are equal, each gets half the gradient.", "maximum(tensor([1., 5.]), 3) -> tensor([3., 5.])",
    integers="keep", symbol="max",
)  # fmt: skip
minimum = elementwise(
    np.minimum, (lambda g, a, b: g * _share(a < b, a == b), lambda g, a, b: g * _share(b < a, a == b)),
    "The smaller of two; where they are equal, each gets half the gradient.", "minimum(tensor([1., 5.]), 3) -> tensor([1., 3.])",
    integers="keep", symbol="min",
)  # fmt: skip


def _share(wins: Any, ties: Any) -> Any:
    return where(ties, 0.5, where(wins, 1.0, 0.0))


def _step(function: Any, doc: str, example: str, **more: Any) -> Any:
    return elementwise(function, lambda g: zeros_like(g), doc + "; its derivative is 0.", example, integers="keep", **more)


floor = _step(np.floor, "The integer below", "floor(tensor([-1.5, 1.5])) -> tensor([-2.,  1.])")
ceil = _step(np.ceil, "The integer above", "ceil(tensor([-1.5, 1.5])) -> tensor([-1.,  2.])")
trunc = _step(np.trunc, "The integer towards 0", "trunc(tensor([-1.5, 1.5])) -> tensor([-1.,  1.])")


@primitive(
    vjp=(None, lambda g, condition: where(condition, g, 0.0), lambda g, condition: where(condition, 0.0, g)),
    numpy=np.where, symbol="?", samples=[at(np.array([True, False, True]), (3,), (2, 3)), at(np.array(True), (2,), ())],
)  # fmt: skip
def where(condition, a, b):
    """``a`` where ``condition`` holds, else ``b``.

    A NaN or an infinity in the branch that is not taken still spoils the gradient if that branch *computed* it, as in
    PyTorch: in ``where(x > 0, sqrt(x), 0)`` at ``x = -1`` the rule of ``sqrt`` gives ``0 * nan``. The remedy is to
    choose twice, ``where(x > 0, sqrt(where(x > 0, x, 1)), 0)``; ``detect_anomaly`` finds the place.

    Parameters
    ----------
    condition : boolean array_like
    a, b : Tensor or array_like
        Broadcast against each other and the condition.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import tensor, where
    >>> x = tensor([-1., 2.])
    >>> where(x > 0, x, 0)
    tensor([0., 2.])
    """
    return np.where(condition, *promoted_pair(a, b))


def promoted_pair(a: Any, b: Any) -> Any:
    return promoted((a, b), "keep")


@primitive(vjp=lambda g, x, min, max: g * ((x >= min) if max is None else (x <= max) if min is None else (x >= min) & (x <= max)),
           numpy=(), promote="keep", samples=[at((5,), min=-0.5, max=0.7), at((2, 3), min=0.1), at((), max=0.3)])  # fmt: skip
def clamp(x, *, min=None, max=None):
    """``x`` limited to the interval from ``min`` to ``max``; the derivative at the ends is 1.

    Parameters
    ----------
    x : Tensor or array_like
        Any shape.
    min, max : float, optional
        At least one of them.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import clamp, tensor
    >>> clamp(tensor([-1., 0.5, 2.]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("at least one of min and max is needed")
    return np.clip(x, min, max)


def zeros_like(x: Any) -> Any:
    """Zeros of the shape and dtype of ``x``, a tensor if ``x`` is one (for rules, which see both)."""
    return wrap(np.zeros_like(x._data)[()]) if isinstance(x, Tensor) else np.zeros_like(x)[()]


from ..primitive import promoted, wrap  # noqa: E402
from ..tensor import Tensor  # noqa: E402
