"""The operators of arithmetic, and the functions that are one line of it.

Each operator is an op; where PyTorch's function of that name takes more (``alpha``,
``rounding_mode``), the function is composed of it.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .choice import in_dtype_of, tied, where, zeros_like
from .declare import at, composite, elementwise, in_place
from .elementwise import log

_SUMS = [at((), ()), at((2, 3), (3,)), at((2, 1), (1, 3), alpha=3), at((3,), 2.0), at((0, 2), (2,))]
_DIVIDED = ("wide", "positive")
_POWERS = [at((2, 3), (3,), domain=("positive", "real")), at((2, 3), 3), at((), 0), at(2.0, (3,))]
_THREE = [
    at((2, 3), (3,), (2, 1), domain=("real", "real", "positive")),
    at((), (), (), value=0.5, domain="positive"),
]

_add = elementwise(
    operator.add,
    (
        lambda g: g,
        lambda g: g,
    ),
    "``a + b``.",
    name="add",
    numpy=np.add,
    integers="keep",
    symbol="+",
)
_sub = elementwise(
    operator.sub,
    (
        lambda g: g,
        lambda g: -g,
    ),
    "``a - b``.",
    name="sub",
    numpy=np.subtract,
    integers="keep",
    symbol="−",
)
mul = elementwise(
    operator.mul,
    (lambda g, b: g * b, lambda g, a: g * a),
    "``input * other``.",
    "mul(tensor([1., 2.]), 3) -> tensor([3., 6.])",
    numpy=np.multiply,
    integers="keep",
    symbol="×",
)
_div = elementwise(
    operator.truediv,
    (lambda g, b: g / b, lambda g, y, b: -g * y / b),
    "``a / b``; the quotient of integers is a float.",
    name="div",
    numpy=np.divide,
    domain=_DIVIDED,
    symbol="÷",
)


def _pow_base(g: Any, a: Any, b: Any) -> Any:
    """``b a^(b-1)``, and 0 where ``b`` is 0, also at ``a = 0`` (and where ``a`` is NaN)."""
    if isinstance(b, (int, float, np.generic)):
        return g * (b * a ** (b - 1)) if b != 0 else tied(zeros_like(g), a)  # type: ignore[operator]
    flat = (b == 0) & ~(a * a > 0)
    return where(flat, 0.0, g * (b * a ** where(flat, 1.0, b - 1)))


def _pow_exponent(g: Any, a: Any, b: Any, y: Any) -> Any:
    """``a^b log a``, and 0 at ``a = 0`` where ``b`` is not negative."""
    a = in_dtype_of(y, a)
    flat = (a == 0) & (b >= 0)
    return g * where(flat, 0.0, y * log(where(flat, 1.0, a)))


_pow = elementwise(
    operator.pow,
    (_pow_base, _pow_exponent),
    "``a ** b``.",
    name="pow",
    numpy=np.power,
    integers="keep",
    domain=("positive", "real"),
    symbol="^",
)
neg = elementwise(
    operator.neg,
    lambda g: -g,
    "``-input``.",
    "neg(tensor([1., -2.])) -> tensor([-1.,  2.])",
    numpy=np.negative,
    integers="keep",
    symbol="−",
)


def _quotient(forward: Any, doc: str, example: str = "", **more: Any) -> Any:
    """A rounded quotient: it is constant between its steps, so its derivatives are 0."""
    return elementwise(
        forward,
        (lambda g, a: tied(zeros_like(g), a), lambda g, b: tied(zeros_like(g), b)),
        doc,
        example,
        integers="keep",
        domain=_DIVIDED,
        **more,
    )


floor_divide = _quotient(
    operator.floordiv,
    "``input // other``, rounded downwards; its derivatives are 0.",
    "floor_divide(tensor([7., -7.]), 2) -> tensor([ 3., -4.])",
    name="floor_divide",
    numpy=np.floor_divide,
    symbol="//",
)
_div_trunc = _quotient(
    lambda a, b: (a - np.fmod(a, b)) // b if np.result_type(a, b).kind in "iu" else np.trunc(a / b),
    "``a / b``, rounded towards 0.",
    name="div_trunc",
)
remainder = elementwise(
    operator.mod,
    (lambda g: g, lambda g, a, b: -g * floor_divide(a, b)),
    "``input % other``, with the sign of ``other``.",
    "remainder(tensor([7., -7.]), 4) -> tensor([3., 1.])",
    name="remainder",
    numpy=np.remainder,
    integers="keep",
    domain=_DIVIDED,
    symbol="%",
)
fmod = elementwise(
    np.fmod,
    (lambda g: g, lambda g, a, b: -g * _div_trunc(a, b)),
    "What ``input / other`` rounded towards 0 leaves, with the sign of ``input``.",
    "fmod(tensor([7., -7.]), 4) -> tensor([ 3., -3.])",
    integers="keep",
    domain=_DIVIDED,
)


@in_place
@composite(samples=_SUMS)
def add(input, other, *, alpha=1):
    """``input + alpha * other``.

    Parameters
    ----------
    input, other : Tensor or number
        Any shapes that broadcast.
    alpha : number
        What multiplies ``other``.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import add, tensor
    >>> add(tensor([1., 2.]), 3), add(tensor([1., 2.]), tensor([1., 1.]), alpha=10)
    (tensor([4., 5.]), tensor([11., 12.]))
    """
    return _add(input, other if alpha == 1 else alpha * other)


@in_place
@composite(samples=_SUMS)
def sub(input, other, *, alpha=1):
    """``input - alpha * other``.

    Parameters
    ----------
    input, other : Tensor or number
        Any shapes that broadcast.
    alpha : number
        What multiplies ``other``.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import sub, tensor
    >>> sub(tensor([1., 2.]), 3), sub(tensor([1., 2.]), tensor([1., 1.]), alpha=10)
    (tensor([-2., -1.]), tensor([-9., -8.]))
    """
    return _sub(input, other if alpha == 1 else alpha * other)


@composite(samples=_SUMS)
def rsub(input, other, *, alpha=1):
    """``other - alpha * input``: `sub` with its operands exchanged.

    Examples
    --------
    >>> from autograd_engine import rsub, tensor
    >>> rsub(tensor([1., 2.]), 3)
    tensor([2., 1.])
    """
    return sub(other, input, alpha=alpha)


@in_place
@composite(
    samples=[
        at((2, 3), (3,), domain=_DIVIDED),
        at((), 2.0),
        at((2, 1), (3,), rounding_mode="floor", domain=_DIVIDED),
        at((3,), (3,), rounding_mode="trunc", domain=_DIVIDED),
    ]
)
def div(input, other, *, rounding_mode=None):
    """``input / other``, rounded if asked.

    Parameters
    ----------
    input, other : Tensor or number
        Any shapes that broadcast.
    rounding_mode : {None, "trunc", "floor"}
        None gives a float even for integers; "trunc" rounds towards 0 and "floor" downwards, both
        keep integers, and their derivatives are 0.

    Returns
    -------
    Tensor
        The broadcast shape.

    Raises
    ------
    ValueError
        For another ``rounding_mode``.

    Examples
    --------
    >>> from autograd_engine import div, tensor
    >>> x = tensor([7, -7])
    >>> div(x, 2), div(x, 2, rounding_mode="trunc"), div(x, 2, rounding_mode="floor")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -3]), tensor([ 3, -4]))
    """
    divisions = {None: _div, "trunc": _div_trunc, "floor": floor_divide}
    if rounding_mode not in divisions:
        raise ValueError(
            f"div() rounds by None, 'trunc' or 'floor', got rounding_mode={rounding_mode!r}"
        )
    return divisions[rounding_mode](input, other)


@in_place
@composite(samples=_POWERS)
def pow(input, exponent):
    """``input ** exponent``.

    The derivative with respect to the base is 0 where the exponent is 0, also at a base of 0; the
    derivative with respect to the exponent is 0 at a base of 0.

    Parameters
    ----------
    input, exponent : Tensor or number
        Any shapes that broadcast.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import pow, tensor
    >>> pow(tensor([1., 2.]), 3), pow(2, tensor([1., 2.]))
    (tensor([1., 8.]), tensor([2., 4.]))
    """
    return _pow(input, exponent)


@in_place
@composite(numpy=np.float_power, samples=_POWERS)
def float_power(input, exponent):
    """``input ** exponent`` in float64, whatever the dtypes.

    Examples
    --------
    >>> from autograd_engine import float_power, tensor
    >>> float_power(tensor([2, 4]), -1)
    tensor([0.5000, 0.2500], dtype=float64)
    """
    return _pow(
        *[x.astype("float64") if hasattr(x, "astype") else float(x) for x in (input, exponent)]
    )


@composite(numpy=np.positive, samples=[at((2, 3)), at(())])
def positive(input):
    """``+input``: the tensor itself.

    Examples
    --------
    >>> from autograd_engine import positive, tensor
    >>> positive(tensor([-1.]))
    tensor([-1.])
    """
    if input.dtype.kind == "b":
        raise TypeError("positive() is not defined for booleans; convert first, with .int()")
    return input


@in_place
@composite(samples=_THREE)
def addcmul(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 * tensor2``, all broadcast.

    Examples
    --------
    >>> from autograd_engine import addcmul, tensor
    >>> addcmul(tensor([1., 1.]), tensor([2., 3.]), tensor([4., 5.]), value=10)
    tensor([ 81., 151.])
    """
    return input + value * (tensor1 * tensor2)


@in_place
@composite(samples=_THREE)
def addcdiv(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 / tensor2``, all broadcast.

    Examples
    --------
    >>> from autograd_engine import addcdiv, tensor
    >>> addcdiv(tensor([1., 1.]), tensor([2., 3.]), tensor([4., 4.]), value=10)
    tensor([6.0000, 8.5000])
    """
    return input + value * (tensor1 / tensor2)


@in_place
@composite(samples=[at((2, 3), (3,), 0.3), at((2, 1), (1, 3), (3,)), at((), (), 0.7)])
def lerp(input, end, weight):
    """The point ``weight`` of the way from ``input`` to ``end``: ``input + weight * (end -
    input)``, all broadcast.

    Examples
    --------
    >>> from autograd_engine import lerp, tensor
    >>> lerp(tensor([0., 10.]), tensor([10., 20.]), 0.5)
    tensor([ 5., 15.])
    """
    return input + weight * (end - input)


# PyTorch's second names.
subtract = sub
multiply = mul
divide = true_divide = div
negative = neg
