"""How a person writes each op in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.recorder import Call, Value

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "matmul": "@",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
}
PREFIX = {"neg": "-", "bitwise_not": "~"}

Written = Callable[[Call, list, Callable], str]
"""Takes a call, the texts of its inputs, and a function that writes a static argument."""


def _reducing(method: str) -> Written:
    """``x.sum(axis=1, keepdims=True)``"""

    def write(call: Call, xs: list, text: Callable) -> str:
        given = []
        dim = call.params["dim"]
        if dim is not None and dim != ():
            if isinstance(dim, (tuple, list)):
                dim = dim[0] if len(dim) == 1 else tuple(dim)
            given.append(f"axis={dim}")
        if call.params.get("keepdim"):
            given.append("keepdims=True")
        if call.params.get("correction"):
            given.append(f"ddof={call.params['correction']}")
        if call.params.get("dtype") is not None:
            given.append(f"dtype={text(np.dtype(call.params['dtype']))}")
        return f"({xs[0]}).{method}({', '.join(given)})"

    return write


def _permuted(call: Call, xs: list, text: Callable) -> str:
    dims = tuple(d % len(call.outputs[0].shape) for d in call.params["dims"])
    if dims == tuple(range(len(dims)))[::-1]:
        return f"({xs[0]}).T"
    return f"({xs[0]}).transpose({', '.join(map(str, dims))})"


def _axes_swapped(call: Call, xs: list, text: Callable) -> str:
    dims = call.params["dim0"], call.params["dim1"]
    if len(call.outputs[0].shape) == 2 and {d % 2 for d in dims} == {0, 1}:
        return f"({xs[0]}).T"
    return f"({xs[0]}).swapaxes({dims[0]}, {dims[1]})"


def _indexed(call: Call, xs: list, text: Callable) -> str:
    index = call.params["index"]
    if hasattr(index, "mapped"):
        return f"({xs[0]})[{text(index.basic)}][{text(index.arrays)}]"
    written = text(index)
    if isinstance(index, tuple) and index:
        written = written[1:-1]
    return f"({xs[0]})[{written}]"


def _clipped(call: Call, xs: list, text: Callable) -> str:
    low, high = [
        None if x is None else f"({text_of})" for x, text_of in zip(call.inputs[1:], xs[1:])
    ]
    return f"np.clip({xs[0]}, {low}, {high})"


def _joining(function: str) -> Written:
    def write(call: Call, xs: list, text: Callable) -> str:
        return f"np.{function}([{', '.join(xs)}], axis={call.params['dim']})"

    return write


def _shape_of(call: Call) -> str:
    return repr(call.outputs[0].shape)


def _random(method: str) -> Written:
    """``rng.random((2, 3), dtype=np.float32)``"""

    def write(call: Call, xs: list, text: Callable) -> str:
        dtype = text(call.outputs[0].dtype)
        return f"rng.{method}({_shape_of(call)}, dtype={dtype})"

    return write


def _element_by_element(function: str) -> Written:
    """Functions that Python has for single numbers."""

    def write(call: Call, xs: list, text: Callable) -> str:
        dtype = text(call.outputs[0].dtype)
        return f"np.vectorize({function}, otypes=[{dtype}])({xs[0]})"

    return write


def _new_array(function: str) -> Written:
    def write(call: Call, xs: list, text: Callable) -> str:
        return f"np.{function}({_shape_of(call)}, {text(call.outputs[0].dtype)})"

    return write


WRITTEN: dict[str, Written] = {
    "sum": _reducing("sum"),
    "mean": _reducing("mean"),
    "var": _reducing("var"),
    "std": _reducing("std"),
    "amax": _reducing("max"),
    "amin": _reducing("min"),
    "argmax": _reducing("argmax"),
    "argmin": _reducing("argmin"),
    "all": _reducing("all"),
    "any": _reducing("any"),
    "reshape": lambda call, xs, text: f"({xs[0]}).reshape({_shape_of(call)})",
    "broadcast_to": lambda call, xs, text: f"np.broadcast_to({xs[0]}, {_shape_of(call)})",
    "permute": _permuted,
    "swapaxes": _axes_swapped,
    "cast": lambda call, xs, text: f"({xs[0]}).astype({text(call.outputs[0].dtype)})",
    "where": lambda call, xs, text: f"np.where({', '.join(xs)})",
    "getitem": _indexed,
    "clamp": _clipped,
    "cat": _joining("concatenate"),
    "stack": _joining("stack"),
    "erf": _element_by_element("math.erf"),
    "erfc": _element_by_element("math.erfc"),
    "lgamma": _element_by_element("math.lgamma"),
    "rand": _random("random"),
    "randn": _random("standard_normal"),
    "zeros": _new_array("zeros"),
    "ones": _new_array("ones"),
}


def is_spelled(call: Call) -> bool:
    """Whether there is a way in NumPy to write a call in one expression."""
    name = call.op.name
    return name in INFIX or name in PREFIX or name in WRITTEN or ufunc_of(call) is not None


def ufunc_of(call: Call) -> np.ufunc | None:
    """NumPy's function that is the op itself."""
    twin = call.op.numpy[0] if call.op.numpy else None
    if isinstance(twin, np.ufunc) and getattr(np, twin.__name__, None) is twin:
        return twin
    return None


def expression_of(call: Call, xs: list[str], text: Callable[[Any], str]) -> str:
    """A call as an expression.

    Parameters
    ----------
    call : Call
        One that `is_spelled`.
    xs : list of str
        Its inputs as expressions.
    text : callable
        Writes a static argument.
    """
    name = call.op.name
    if name in INFIX:
        return f"({xs[0]}) {INFIX[name]} ({xs[1]})"
    if name in PREFIX:
        return f"{PREFIX[name]}({xs[0]})"
    if name in WRITTEN:
        return WRITTEN[name](call, xs, text)
    ufunc: Any = ufunc_of(call)
    return f"np.{ufunc.__name__}({', '.join(xs)})"


def literal(x: Any, name_of: Callable[[Value], str]) -> str:
    """A static argument as an expression."""
    if isinstance(x, Value):
        return name_of(x)
    if isinstance(x, (tuple, list)):
        parts = [literal(part, name_of) for part in x]
        comma = "," if isinstance(x, tuple) and len(x) == 1 else ""
        return f"({', '.join(parts)}{comma})" if isinstance(x, tuple) else f"[{', '.join(parts)}]"
    if isinstance(x, slice):
        return _sliced(x)
    if isinstance(x, np.dtype):
        return f"np.{x.name}" if x.kind != "b" else "bool"
    if isinstance(x, np.ndarray) and x.ndim == 0:
        return _literal_number(x.item())
    if isinstance(x, np.ndarray) and x.size > 2 and np.array_equal(x, np.arange(len(x))):
        return f"np.arange({len(x)})"
    if isinstance(x, np.ndarray):
        return f"np.array({x.tolist()}, {literal(x.dtype, name_of)})"
    if isinstance(x, np.generic):
        return _literal_number(x.item())
    if x is Ellipsis:
        return "..."
    return _literal_number(x)


def _literal_number(x: Any) -> str:
    if isinstance(x, float) and (x != x or x in (float("inf"), float("-inf"))):
        return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[repr(x)]
    return repr(x)


def _sliced(x: slice) -> str:
    return f"slice({x.start}, {x.stop}, {x.step})"
