"""Questions about numbers: comparisons, logic, what is finite. The answers are booleans, so they
carry no graph.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .declare import at, composite, elementwise, primitive

_PAIRS = [at((2, 3), (2, 3)), at(np.array([1, 2]), np.array([1, 2])), at((), ()), at((0,), (0,))]


def _compare(forward: Any, numpy: Any, symbol: str, example: str) -> Any:
    return elementwise(
        forward,
        None,
        f"``input {symbol} other``, a boolean tensor without a graph.",
        example,
        numpy=numpy,
        integers="keep",
        symbol=symbol,
        arity=2,
    )


eq = _compare(operator.eq, np.equal, "==", "eq(tensor([1., 2.]), 2) -> tensor([False,  True])")
ne = _compare(operator.ne, np.not_equal, "!=", "ne(tensor([1., 2.]), 2) -> tensor([ True, False])")
lt = _compare(operator.lt, np.less, "<", "lt(tensor([1., 2.]), 2) -> tensor([ True, False])")
le = _compare(operator.le, np.less_equal, "<=", "le(tensor([1., 2.]), 2) -> tensor([True, True])")
gt = _compare(operator.gt, np.greater, ">", "gt(tensor([1., 2.]), 1) -> tensor([False,  True])")
ge = _compare(
    operator.ge, np.greater_equal, ">=", "ge(tensor([1., 2.]), 1) -> tensor([True, True])"
)


def _bitwise(
    forward: Any, numpy: Any, symbol: str, example: str, on: str = "integers, or on booleans"
) -> Any:
    call = {1: f"{symbol}input", 2: f"input {symbol} other"}[numpy.nin]
    samples = [at(*[np.array([6, 3, 5]), np.array([3, 3, 4])][: numpy.nin])]
    name = example.partition("(")[0]
    return elementwise(
        forward,
        None,
        f"``{call}`` on {on}.",
        example,
        name=name,
        numpy=numpy,
        integers="keep",
        symbol=symbol,
        arity=numpy.nin,
        samples=samples,
    )


bitwise_and = _bitwise(
    operator.and_,
    np.bitwise_and,
    "&",
    "bitwise_and(tensor([True, False]), True) -> tensor([ True, False])",
)
bitwise_or = _bitwise(
    operator.or_,
    np.bitwise_or,
    "|",
    "bitwise_or(tensor([True, False]), True) -> tensor([True, True])",
)
bitwise_xor = _bitwise(
    operator.xor,
    np.bitwise_xor,
    "^",
    "bitwise_xor(tensor([True, False]), True) -> tensor([False,  True])",
)
bitwise_not = _bitwise(
    operator.invert, np.invert, "~", "bitwise_not(tensor([True, False])) -> tensor([False,  True])"
)
bitwise_left_shift = _bitwise(
    operator.lshift,
    np.left_shift,
    "<<",
    "bitwise_left_shift(tensor([1, 3]), 2) -> tensor([ 4, 12])",
    "integers",
)
bitwise_right_shift = _bitwise(
    operator.rshift,
    np.right_shift,
    ">>",
    "bitwise_right_shift(tensor([4, 13]), 2) -> tensor([1, 3])",
    "integers",
)


def _question(forward: Any, doc: str, example: str, **more: Any) -> Any:
    return elementwise(forward, None, doc, example, integers="keep", **more)


logical_and = _question(
    np.logical_and,
    "Whether both are true (not 0).",
    "logical_and(tensor([1., 0.]), 2) -> tensor([ True, False])",
)
logical_or = _question(
    np.logical_or,
    "Whether one or both are true (not 0).",
    "logical_or(tensor([1., 0.]), 0) -> tensor([ True, False])",
)
logical_xor = _question(
    np.logical_xor,
    "Whether just one is true (not 0).",
    "logical_xor(tensor([1., 0.]), 2) -> tensor([False,  True])",
)
logical_not = _question(
    np.logical_not, "Whether it is 0.", "logical_not(tensor([1., 0.])) -> tensor([False,  True])"
)
isnan = _question(
    np.isnan,
    "Whether it is NaN.",
    "isnan(tensor([1., float('nan')])) -> tensor([False,  True])",
    in_place=False,
)
isinf = _question(
    np.isinf,
    "Whether it is infinite.",
    "isinf(tensor([1., float('-inf')])) -> tensor([False,  True])",
    in_place=False,
)
isfinite = _question(
    np.isfinite,
    "Whether it is neither infinite nor NaN.",
    "isfinite(tensor([1., float('inf')])) -> tensor([ True, False])",
    in_place=False,
)
isposinf = _question(
    lambda x: x == np.inf,
    "Whether it is plus infinity.",
    "isposinf(tensor([1., float('inf')])) -> tensor([False,  True])",
    name="isposinf",
    numpy=np.isposinf,
    in_place=False,
)
isneginf = _question(
    lambda x: x == -np.inf,
    "Whether it is minus infinity.",
    "isneginf(tensor([1., float('-inf')])) -> tensor([False,  True])",
    name="isneginf",
    numpy=np.isneginf,
    in_place=False,
)
signbit = _question(
    np.signbit,
    "Whether its sign is minus, also that of -0.",
    "signbit(tensor([1., -0.])) -> tensor([False,  True])",
    in_place=False,
)


@primitive(
    numpy=np.isclose,
    promote="keep",
    batching="pointwise",
    samples=[at((2, 3), (3,)), at((2, 3), (3,), rtol=0.1, atol=0.5)],
)
def isclose(input, other, *, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether ``abs(input - other) <= atol + rtol * abs(other)``, elementwise.

    Parameters
    ----------
    input, other : Tensor or array_like
        Any shapes that broadcast.
    rtol, atol : float
        What difference is allowed: relative to ``other``, and absolute.
    equal_nan : bool
        Whether NaN is close to NaN.

    Returns
    -------
    Tensor
        Booleans of the broadcast shape.

    Examples
    --------
    >>> from autograd_engine import isclose, tensor
    >>> isclose(tensor([1., 2.]), tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    return np.isclose(input, other, rtol, atol, equal_nan)


@composite(samples=_PAIRS)
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether `isclose` holds for all elements, as a Python bool.

    Examples
    --------
    >>> from autograd_engine import allclose, tensor
    >>> allclose(tensor([1., 2.]), tensor([1.000001, 2.]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@composite(samples=_PAIRS)
def equal(input, other):
    """Whether two tensors have the same shape and the same elements, as a Python bool.

    Examples
    --------
    >>> from autograd_engine import equal, tensor
    >>> equal(tensor([1., 2.]), tensor([1., 2.])), equal(tensor([1., 2.]), tensor([1.]))
    (True, False)
    """
    return np.shape(input) == np.shape(other) and bool(eq(input, other).all())


# PyTorch's second names.
not_equal = ne
less = lt
less_equal = le
greater = gt
greater_equal = ge
