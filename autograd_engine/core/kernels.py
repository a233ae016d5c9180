"""Loops over arrays, for what NumPy has no call for or takes many passes over memory: machine code
where numba is installed (the extra ``fast``), and never called where it is not.

`kernel` marks a loop. `with_kernels` puts what uses loops beside a function of NumPy's calls, which
stays the definition: it computes where there is no numba, where arrays are small, and where the
other one declines. A function with a kernel is

    @kernel
    def _squares(x, out):
        for i in range(x.size):
            out[i] = x[i] * x[i]

    def _square_by_kernel(x):
        out = np.empty_like(x)
        _squares(x.reshape(-1), out.reshape(-1))
        return out

    @with_kernels(_square_by_kernel)
    def square(x):
        return x * x

A kernel is written for numbers of either dtype: ``real`` is the one that it is compiled for (of a
plain ``0.5`` numba would make float64). ``np.exp``, ``np.log``, ``np.tanh`` and ``math.erf`` of
float32 become the formulas of `elementary`, as ``sigmoid`` does.
"""

from __future__ import annotations

import ast
import functools
import inspect
import os
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from . import elementary
from .jit import from_source

real: Any = float
"""Of a number, that number in the dtype that a kernel is compiled for."""

VARIABLE = "AUTOGRAD_ENGINE_KERNELS"
"""The environment variable that turns kernels off, if it is 0."""

SMALLEST = 2**13
"""Arrays of fewer elements are left to NumPy: what calling a kernel costs is no gain for them, and
who works with small ones only need not wait for numba.
"""

DTYPES = {np.dtype("float32"): "float32", np.dtype("float64"): "float64"}
"""What kernels are compiled for."""

_state: dict[str, bool] = {"enabled": os.environ.get(VARIABLE) != "0"}


@functools.cache
def _numba_is_there() -> bool:
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def is_enabled() -> bool:
    """Whether loops over large arrays are machine code: numba is there, and nobody turned it off.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> isinstance(ag.kernels.is_enabled(), bool)
    True
    """
    return _state["enabled"] and _numba_is_there()


def set_enabled(mode: bool) -> None:
    """Whether loops over large arrays may be machine code, where numba (the extra ``fast``) is
    installed. They are from the start, unless the environment variable ``AUTOGRAD_ENGINE_KERNELS``
    is 0.

    Numbers differ in the last places, since sums are taken in another order. Each loop is compiled
    when it is first called, in about a second; machine code is kept in the user's cache folder.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> before = ag.kernels.is_enabled()
    >>> ag.kernels.set_enabled(False)
    >>> ag.kernels.is_enabled()
    False
    >>> ag.kernels.set_enabled(before)
    """
    _state["enabled"] = bool(mode)


def serves(x: Any) -> bool:
    """Whether kernels are to be run for an array: it is large, of float32 or float64, and they are
    enabled.
    """
    return type(x) is np.ndarray and x.size >= SMALLEST and x.dtype in DTYPES and is_enabled()


def with_kernels(quick: Callable) -> Callable:
    """Have ``quick`` compute what a function does, where its first argument is a large array of
    float32 or float64; where ``quick`` returns None the function itself does.
    """

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def either(x: Any, *args: Any, **params: Any) -> Any:
            if serves(x):
                found = quick(x, *args, **params)
                if found is not None:
                    return found
            return function(x, *args, **params)

        return either

    return decorate


class Kernel:
    """A loop over arrays that numba compiles when it is first called, for each dtype of its first
    argument.
    """

    def __init__(self, function: FunctionType) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self._code: dict[np.dtype, Callable] = {}

    def __call__(self, x: np.ndarray, *args: Any) -> Any:
        code = self._code.get(x.dtype)
        if code is None:
            code = self._code[x.dtype] = self.compiled(x.dtype)
        return code(x, *args)

    def compiled(self, dtype: np.dtype) -> Callable:
        """The machine code for float32 or float64, which numba makes for each kind of arguments."""
        return from_source(source(self.function, DTYPES[dtype]), self.function.__name__)


def kernel(function: Callable) -> Kernel:
    """Mark a loop as a kernel."""
    return Kernel(function)  # type: ignore[arg-type]


# --- the text that is compiled --------------------------------------------------------------------

_HEAD = """import math

import numpy as np
from numba import njit
from numpy import float32, float64, int32, int64, {real} as real

"""
_ROUNDED_ONCE = 'fastmath={"contract"}, error_model="numpy"'
_IN_ANY_ORDER = 'fastmath={"contract", "reassoc"}, error_model="numpy", nogil=True'
"""Sums may be taken in any order, several at a time; infinities and NaN stay what they are."""


def source(function: FunctionType, dtype: str) -> str:
    """A kernel and the functions that it calls, as a module that needs numba and NumPy only."""
    found: dict[str, str] = {}
    _add(function, dtype, found, f"njit({_IN_ANY_ORDER}, cache=CACHE)")
    return _HEAD.format(real=dtype) + "\n\n".join(found.values())


def _add(function: FunctionType, dtype: str, found: dict[str, str], decorator: str) -> str:
    """Add a function after those that it calls; the name that it has."""
    name = function.__name__
    if name in found:
        return name
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    node.decorator_list = [ast.parse(decorator, mode="eval").body]
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]

    def linked(part: Any) -> Any:
        """The name of what stands for a library's function or for something of the file."""
        text = ast.unparse(part)
        formula = getattr(elementary, f"{text.split('.')[-1]}_{dtype}", None)
        meaning = formula or function.__globals__.get(text)
        if isinstance(meaning, Kernel):
            meaning = meaning.function
        if isinstance(meaning, FunctionType) and meaning is not function:
            options = _IN_ANY_ORDER if formula is None else _ROUNDED_ONCE
            return ast.Name(_add(meaning, dtype, found, f"njit({options}, forceinline=True)"))
        if isinstance(meaning, (int, float)):
            return ast.Constant(meaning)
        return part

    node = _Linker(linked).visit(node)
    found[name] = ast.unparse(ast.fix_missing_locations(node)) + "\n"
    return name


class _Linker(ast.NodeTransformer):
    """Put ``linked(part)`` in the place of all names and attributes that are read."""

    def __init__(self, linked: Callable[[Any], Any]) -> None:
        self._linked = linked

    def visit_Name(self, part: ast.Name) -> Any:
        return self._linked(part) if isinstance(part.ctx, ast.Load) else part

    def visit_Attribute(self, part: ast.Attribute) -> Any:
        return self._linked(part) if isinstance(part.value, ast.Name) else self.generic_visit(part)
