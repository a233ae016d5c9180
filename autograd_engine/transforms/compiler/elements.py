"""How one element of each op is computed, as an expression that numba compiles.

Every operand is brought to the dtype that NumPy computes in, and every result to the op's own:
numba's promotion is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.recorder import Call, Value
from ...ops.declare import normal_dims
from .spelling import INFIX

DTYPES = {"float32": "f4", "float64": "f8", "int32": "i4", "int64": "i8", "bool": "b1"}
"""What numba computes in, and what the generated code calls it."""

COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
_ARITHMETIC = {"add", "sub", "mul", "div"}
_BITWISE = {"bitwise_and", "bitwise_or", "bitwise_xor"}

_FORMULAS: dict[str, str] = {
    "neg": "-{0}",
    "abs": "abs({0})",
    "square": "{0} * {0}",
    "reciprocal": "1 / {0}",  # of float32 in float64, and then rounded
    "sign": "(1 if {0} > 0 else (-1 if {0} < 0 else {0}))",
    "maximum": "({0} if {0} >= {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} <= {1} or {0} != {0} else {1})",
}
_MIXED = {"reciprocal", "sign"}
"""Those whose formula has another dtype than the operands."""

_FUNCTIONS = {
    **{name: f"np.{name}" for name in ("exp", "expm1", "log", "log1p", "sqrt", "floor", "ceil")},
    **{name: f"np.{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "trunc")},
    "asin": "np.arcsin",
    "acos": "np.arccos",
    "atan": "np.arctan",
    "logaddexp": "np.logaddexp",
    "isnan": "np.isnan",
    "isinf": "np.isinf",
    "isfinite": "np.isfinite",
}

FORMULAS = {"exp", "log", "tanh", "sigmoid", "erf"}
"""Those that in float32 are formulas of `elementary`, by which loops compute several numbers at a
time.
"""

SLOW = {
    *("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "logaddexp"),
    *("asin", "acos", "atan", "erf", "sigmoid", "pow"),
}
"""What compiled loops otherwise compute one by one, and NumPy several at a time."""

MANY = 4096
"""From how many elements on that is worth a call of NumPy's own."""


def is_computed_in_loops(call: Call) -> bool:
    """Whether there is an expression for one element of a call."""
    name = call.op.name
    if len(call.outputs) != 1 or not all(map(_has_dtype, [*call.inputs, call.outputs[0]])):
        return False
    y = call.outputs[0]
    if name in SLOW and _count_in(y) >= MANY and not (_is_square(call) or _is_formula(call)):
        return False
    if name in _BITWISE or name in ("bitwise_not", "logical_not"):
        return all(isinstance(x, Value) and x.dtype == bool for x in call.inputs)
    if name in ("floor", "ceil", "trunc", "pow", "sign", "div", "reciprocal", "abs", "neg"):
        return y.dtype.kind == "f"
    if name in _FUNCTIONS or name in FORMULAS:
        return all(isinstance(x, Value) and x.dtype.kind == "f" for x in call.inputs)
    if name in ("add", "sub", "mul", "square", "maximum", "minimum"):
        return y.dtype.kind in "fi"
    if name == "clamp":
        return y.dtype.kind == "f" and isinstance(call.inputs[0], Value)
    if name == "cast":
        return not (call.inputs[0].dtype.kind == "f" and y.dtype.kind == "i")
    return name in COMPARISONS or name == "where"


def _has_dtype(x: Any) -> bool:
    if x is None or isinstance(x, (int, float)):
        return True
    return getattr(x, "dtype", None) is not None and x.dtype.name in DTYPES and not _is_big(x)


def _is_big(x: Any) -> bool:
    """Whether it is an array that is no value of the program."""
    return isinstance(x, np.ndarray) and x.size != 1


def _count_in(x: Value) -> int:
    return int(np.prod(x.shape))


def _is_formula(call: Call) -> bool:
    return call.op.name in FORMULAS and call.outputs[0].dtype == np.float32


def _is_square(call: Call) -> bool:
    if call.op.name != "pow" or isinstance(call.inputs[1], Value):
        return False
    return np.size(call.inputs[1]) == 1 and bool(call.inputs[1] == 2)


def expression(call: Call, text_of: Callable[[Any, np.dtype], str]) -> str:
    """One element of what a call gives.

    Parameters
    ----------
    call : Call
    text_of : callable
        The expression of one element of an operand, in a dtype.
    """
    name = call.op.name
    out = call.outputs[0].dtype
    if name == "where":
        condition = text_of(call.inputs[0], np.dtype(bool))
        yes, no = [text_of(x, out) for x in call.inputs[1:]]
        return f"({yes} if {condition} else {no})"
    if name in COMPARISONS:
        dtype = _compared_in(call.inputs)
        a, b = [text_of(x, dtype) for x in call.inputs]
        return f"({a} {INFIX[name]} {b})"
    if name in ("isnan", "isinf", "isfinite"):
        return f"{_FUNCTIONS[name]}({text_of(call.inputs[0], call.inputs[0].dtype)})"
    if name == "clamp":
        return _clamped(call, text_of)
    xs = [text_of(x, out) for x in call.inputs]
    if name == "cast":
        return xs[0]
    formula = _formula(call, xs)
    if name in _MIXED or out.kind != "f":
        formula = f"{DTYPES[out.name]}({formula})"
    return formula


def _formula(call: Call, xs: list[str]) -> str:
    name = call.op.name
    if name == "pow":
        return f"{xs[0]} * {xs[0]}" if _is_square(call) else f"{xs[0]} ** {xs[1]}"
    if name in _ARITHMETIC or name in _BITWISE:
        return f"{xs[0]} {INFIX[name]} {xs[1]}"
    if name in ("bitwise_not", "logical_not"):
        return f"not {xs[0]}"
    if _is_formula(call) or name == "sigmoid":
        return f"{name}_{call.outputs[0].dtype}({xs[0]})"
    if name == "erf":
        return f"math.erf({xs[0]})"
    if name in _FUNCTIONS:
        return f"{_FUNCTIONS[name]}({', '.join(xs)})"
    return _FORMULAS[name].format(*xs)


def _clamped(call: Call, text_of: Callable[[Any, np.dtype], str]) -> str:
    dtype = call.outputs[0].dtype
    text = text_of(call.inputs[0], dtype)
    for x, sign in zip(call.inputs[1:], "<>"):
        if x is not None:
            bound = text_of(x, dtype)
            text = f"({bound} if {text} {sign} {bound} else {text})"
    return text


def _compared_in(inputs: tuple) -> np.dtype:
    """The dtype in which two operands are compared."""
    return np.result_type(*[x.dtype if isinstance(x, Value) else x for x in inputs])


def number_text(x: Any, dtype: np.dtype) -> str:
    """A number as it is written in the generated code."""
    value = np.asarray(x).astype(dtype).item()
    if dtype.kind == "b":
        return repr(bool(value))
    text = repr(value)
    if value != value or value in (float("inf"), float("-inf")):
        text = f"np.{text}" if not text.startswith("-") else f"-np.{text[1:]}"
    if dtype.itemsize == 8:  # as which numba takes what is written plainly
        return text if value == value and value >= 0 else f"({text})"
    return f"{DTYPES[dtype.name]}({text})"


def converted(text: str, given: np.dtype, dtype: np.dtype) -> str:
    """An expression of one dtype in another."""
    if given == dtype:
        return text
    return f"({text} != 0)" if dtype.kind == "b" else f"{DTYPES[dtype.name]}({text})"


def reduced_axes(call: Call) -> tuple[int, ...]:
    """The axes over which a sum or a maximum goes."""
    return normal_dims(call.params["dim"], len(call.inputs[0].shape))


def is_reduced_in_loops(call: Call) -> bool:
    """Whether a call is a sum, maximum or minimum that a loop can take along."""
    if call.op.name not in ("sum", "amax", "amin") or not isinstance(call.inputs[0], Value):
        return False
    x, y = call.inputs[0], call.outputs[0]
    return x.shape != () and x.dtype == y.dtype and x.dtype.name in ("float32", "float64")
