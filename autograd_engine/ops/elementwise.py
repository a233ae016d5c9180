"""Functions of one number (or two), applied to each: exponentials, roots, trigonometry,
rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.elementary import real
from ..core.elementary import sigmoid as sigmoid_of_number
from ..core.elementary import softplus as softplus_of_number
from ..core.kernels import for_each, with_kernels
from .choice import tied, where, zeros_like
from .declare import at, elementwise, in_place, primitive


def _exp(x):
    return np.exp(x)


def _expm1(x):
    return np.expm1(x)


def _log(x):
    return np.log(x)


def _log1p(x):
    return np.log1p(x)


def _tanh(x):
    return np.tanh(x)


def in_single(formula: Any) -> Any:
    """A kernel beside a function, for float32 alone: of float64 no loop is faster."""
    return with_kernels(for_each(formula, ["float32"]))


exp = elementwise(
    in_single(_exp)(np.exp),
    lambda g, y: g * y,
    "``e ** input``.",
    "exp(tensor([0., 1.])) -> tensor([1.0000, 2.7183])",
    numpy=np.exp,
)
expm1 = elementwise(
    in_single(_expm1)(np.expm1),
    lambda g, y: g * (y + 1),
    "``e ** input - 1``, exact near 0.",
    "expm1(tensor(1e-6)) -> tensor(1.0000e-06)",
    numpy=np.expm1,
)
exp2 = elementwise(
    np.exp2,
    lambda g, y: g * y * math.log(2),
    "``2 ** input``.",
    "exp2(tensor([0., 3.])) -> tensor([1., 8.])",
)
log = elementwise(
    in_single(_log)(np.log),
    lambda g, x: g / x,
    "The natural logarithm.",
    "log(tensor([1., 2.])) -> tensor([0.0000, 0.6931])",
    numpy=np.log,
    domain="positive",
)
log1p = elementwise(
    in_single(_log1p)(np.log1p),
    lambda g, x: g / (x + 1),
    "``log(1 + input)``, exact near 0.",
    "log1p(tensor(1e-6)) -> tensor(1.0000e-06)",
    numpy=np.log1p,
    domain="unit",
)
log2 = elementwise(
    np.log2,
    lambda g, x: g / (x * math.log(2)),
    "The logarithm to base 2.",
    "log2(tensor([1., 8.])) -> tensor([0., 3.])",
    domain="positive",
)
log10 = elementwise(
    np.log10,
    lambda g, x: g / (x * math.log(10)),
    "The logarithm to base 10.",
    "log10(tensor([1., 10.])) -> tensor([0., 1.])",
    domain="positive",
)


def _sqrt_slope(g, y):
    return g / (y + y)


sqrt = elementwise(
    np.sqrt,
    with_kernels(for_each(_sqrt_slope))(lambda g, y: g / (2 * y)),
    "The square root.",
    "sqrt(tensor([4., 9.])) -> tensor([2., 3.])",
    domain="positive",
    symbol="√",
)
rsqrt = elementwise(
    lambda x: 1 / np.sqrt(x),
    lambda g, y: g * y * y * y * -0.5,
    "``1 / sqrt(input)``.",
    "rsqrt(tensor([4., 16.])) -> tensor([0.5000, 0.2500])",
    name="rsqrt",
    domain="positive",
)
square = elementwise(
    lambda x: np.square(x, dtype="int64" if x.dtype.kind == "b" else x.dtype),
    lambda g, x: 2 * (g * x),
    "``input ** 2``.",
    "square(tensor([2., -3.])) -> tensor([4., 9.])",
    integers="keep",
    symbol="²",
    name="square",
    numpy=np.square,
)
reciprocal = elementwise(
    lambda x: 1 / x,
    lambda g, y: -g * y * y,
    "``1 / input``.",
    "reciprocal(tensor([2., -4.])) -> tensor([ 0.5000, -0.2500])",
    name="reciprocal",
    numpy=np.reciprocal,
    domain="positive",
)

sin = elementwise(
    np.sin,
    lambda g, x: g * cos(x),
    "The sine of ``input`` in radians.",
    "sin(tensor(0.)) -> tensor(0.)",
)
cos = elementwise(
    np.cos,
    lambda g, x: -g * sin(x),
    "The cosine of ``input`` in radians.",
    "cos(tensor(0.)) -> tensor(1.)",
)
tan = elementwise(
    np.tan,
    lambda g, y: g * (1 + y * y),
    "The tangent of ``input`` in radians.",
    "tan(tensor(0.)) -> tensor(0.)",
    domain="unit",
)
asin = elementwise(
    np.arcsin,
    lambda g, x: g / sqrt(1 - x * x),
    "The arc sine, in radians.",
    "asin(tensor(1.)) -> tensor(1.5708)",
    name="asin",
    domain="unit",
)
acos = elementwise(
    np.arccos,
    lambda g, x: -g / sqrt(1 - x * x),
    "The arc cosine, in radians.",
    "acos(tensor(0.)) -> tensor(1.5708)",
    name="acos",
    domain="unit",
)
atan = elementwise(
    np.arctan,
    lambda g, x: g / (1 + x * x),
    "The arc tangent, in radians.",
    "atan(tensor(1.)) -> tensor(0.7854)",
    name="atan",
)
sinh = elementwise(
    np.sinh, lambda g, x: g * cosh(x), "The hyperbolic sine.", "sinh(tensor(0.)) -> tensor(0.)"
)
cosh = elementwise(
    np.cosh, lambda g, x: g * sinh(x), "The hyperbolic cosine.", "cosh(tensor(0.)) -> tensor(1.)"
)


def _tanh_slope(g, y):
    return g * (real(1) - y * y)


tanh = elementwise(
    in_single(_tanh)(np.tanh),
    with_kernels(for_each(_tanh_slope))(lambda g, y: g * (1 - y * y)),
    "The hyperbolic tangent.",
    "tanh(tensor(1.)) -> tensor(0.7616)",
    numpy=np.tanh,
)
asinh = elementwise(
    np.arcsinh,
    lambda g, x: g / sqrt(x * x + 1),
    "The inverse hyperbolic sine.",
    "asinh(tensor(0.)) -> tensor(0.)",
    name="asinh",
)
acosh = elementwise(
    np.arccosh,
    lambda g, x: g / sqrt(x * x - 1),
    "The inverse hyperbolic cosine.",
    "acosh(tensor(1.)) -> tensor(0.)",
    name="acosh",
    domain="above_one",
)
atanh = elementwise(
    np.arctanh,
    lambda g, x: g / (1 - x * x),
    "The inverse hyperbolic tangent.",
    "atanh(tensor(0.)) -> tensor(0.)",
    name="atanh",
    domain="unit",
)


def _by_square(x: Any, a: Any, b: Any) -> Any:
    """``x / (a^2 + b^2)``, and 0 at the origin."""
    d = a * a + b * b
    return where(d == 0, 0.0, x / where(d == 0, 1.0, d))


atan2 = elementwise(
    np.arctan2,
    (
        lambda g, a, b: g * _by_square(b, a, b),
        lambda g, a, b: -g * _by_square(a, a, b),
    ),
    "The angle of the point ``(other, input)``, in radians.",
    "atan2(tensor(1.), tensor(-1.)) -> tensor(2.3562)",
    name="atan2",
    domain=("real", "positive"),
)
hypot = elementwise(
    np.hypot,
    (lambda g, a, y: g * a / y, lambda g, b, y: g * b / y),
    "``sqrt(input**2 + other**2)``, without overflow.",
    "hypot(tensor(3.), tensor(4.)) -> tensor(5.)",
    domain=("real", "positive"),
)
deg2rad = elementwise(
    np.deg2rad,
    lambda g: g * (math.pi / 180),
    "Degrees in radians.",
    "deg2rad(tensor(180.)) -> tensor(3.1416)",
    numpy=(np.deg2rad, np.radians),
)
rad2deg = elementwise(
    np.rad2deg,
    lambda g: g * (180 / math.pi),
    "Radians in degrees.",
    "rad2deg(tensor(1.)) -> tensor(57.2958)",
    numpy=(np.rad2deg, np.degrees),
)


def _sigmoid_slope(g, y):
    return g * y * (real(1) - y)


def _softplus_slope(g, x):
    return g * sigmoid_of_number(x)


@with_kernels(for_each(sigmoid_of_number))
def stable_sigmoid(x: Any) -> Any:
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is the 0 that is wanted
        return 1 / (1 + np.exp(-x))


sigmoid = elementwise(
    stable_sigmoid,
    with_kernels(for_each(_sigmoid_slope))(lambda g, y: g * y * (1 - y)),
    "``1 / (1 + exp(-input))``, without overflow.",
    "sigmoid(tensor([0., 1000.])) -> tensor([0.5000, 1.0000])",
    name="sigmoid",
    symbol="σ",
)
softplus = elementwise(
    with_kernels(for_each(softplus_of_number))(lambda x: np.logaddexp(x, x.dtype.type(0))),
    with_kernels(for_each(_softplus_slope))(lambda g, x: g * sigmoid(x)),
    "``log(1 + exp(input))``, without overflow.",
    "softplus(tensor([0., 1000.])) -> tensor([6.9315e-01, 1.0000e+03])",
    name="softplus",
    in_place=False,
)
logaddexp = elementwise(
    np.logaddexp,
    (
        lambda g, a, b: g * sigmoid(a - b),
        lambda g, a, b: g * sigmoid(b - a),
    ),
    "``log(exp(input) + exp(other))``, without overflow.",
    "logaddexp(tensor(0.), tensor(0.)) -> tensor(0.6931)",
    in_place=False,
)
logaddexp2 = elementwise(
    np.logaddexp2,
    (
        lambda g, a, b: g * sigmoid((a - b) * math.log(2)),
        lambda g, a, b: g * sigmoid((b - a) * math.log(2)),
    ),
    "``log2(2 ** input + 2 ** other)``, without overflow.",
    "logaddexp2(tensor(0.), tensor(0.)) -> tensor(1.)",
    in_place=False,
)

abs = elementwise(
    np.abs,
    lambda g, x: g * sign(x),
    "The absolute value; its derivative at 0 is 0.",
    "abs(tensor([-2., 3.])) -> tensor([2., 3.])",
    name="abs",
    integers="keep",
    symbol="|·|",
)


def piecewise_constant(
    function: Any, doc: str, example: str, vjp: Any = lambda g: zeros_like(g), **more: Any
) -> Any:
    """A function that is constant between its steps, so its derivative is 0."""
    return elementwise(
        function, vjp, doc + "; its derivative is 0.", example, integers="keep", **more
    )


sign = piecewise_constant(
    lambda x: x if x.dtype.kind == "b" else np.subtract(x > 0, x < 0, dtype=x.dtype),
    "-1, 0 or 1 by the sign, 0 for NaN",
    "sign(tensor([-2., 0.])) -> tensor([-1.,  0.])",
    vjp=lambda g, x: tied(zeros_like(g), x),
    name="sign",
    numpy=np.sign,
)
floor = piecewise_constant(
    np.floor, "The integer below", "floor(tensor([-1.5, 1.5])) -> tensor([-2.,  1.])"
)
ceil = piecewise_constant(
    np.ceil, "The integer above", "ceil(tensor([-1.5, 1.5])) -> tensor([-1.,  2.])"
)
trunc = piecewise_constant(
    np.trunc, "The integer towards 0", "trunc(tensor([-1.5, 1.5])) -> tensor([-1.,  1.])"
)
frac = elementwise(
    lambda x: x - np.trunc(x),
    lambda g: g,
    "What `trunc` takes away.",
    "frac(tensor([-1.5, 1.25])) -> tensor([-0.5000,  0.2500])",
    name="frac",
)


@in_place
@primitive(
    vjp=lambda g, input: tied(zeros_like(g), input),
    numpy=np.round,
    batching="pointwise",
    samples=[at((2, 3)), at((4,), decimals=1), at(())],
)
def round(input, *, decimals=0):
    """The nearest integer, halves to the even one; its derivative is 0.

    Parameters
    ----------
    input : Tensor
        Any shape.
    decimals : int
        How many digits after the point stay; negative counts before the point.

    Returns
    -------
    Tensor
        The shape of ``input``.

    Examples
    --------
    >>> from autograd_engine import round, tensor
    >>> round(tensor([0.5, 1.5])), round(tensor([0.125, 12.34]), decimals=1)
    (tensor([0., 2.]), tensor([ 0.1000, 12.3000]))
    """
    return np.round(input, decimals)


def _logit_rule(g: Any, input: Any, eps: float | None) -> Any:
    """``g / (input (1 - input))``; 0 where ``input`` was limited, NaN outside of [0, 1]."""
    low = eps or 0.0
    outside = math.nan if eps is None else 0.0
    return where((input >= low) & (input <= 1 - low), g / (input * (1 - input)), outside)


@in_place
@primitive(
    vjp=_logit_rule,
    promote="float",
    batching="pointwise",
    samples=[at((2, 3), domain="probability"), at((5,), eps=0.2, domain="probability")],
)
def logit(input, *, eps=None):
    """``log(input / (1 - input))``, the inverse of `sigmoid`.

    Parameters
    ----------
    input : Tensor
        Any shape, between 0 and 1.
    eps : float, optional
        Limit ``input`` to the interval from ``eps`` to ``1 - eps`` first.

    Returns
    -------
    Tensor
        The shape of ``input``; NaN outside of [0, 1].

    Examples
    --------
    >>> from autograd_engine import logit, tensor
    >>> logit(tensor([0.5, 0.9])), logit(tensor(0.), eps=0.1)
    (tensor([0.0000, 2.1972]), tensor(-2.1972))
    """
    p = input if eps is None else np.clip(input, eps, 1 - eps)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(p) - np.log1p(-p)


# PyTorch's second names.
arcsin = asin
arccos = acos
arctan = atan
arctan2 = atan2
arcsinh = asinh
arccosh = acosh
arctanh = atanh
absolute = abs
sgn = sign
fix = trunc
