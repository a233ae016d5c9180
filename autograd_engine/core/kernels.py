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

Where each number of the result depends on one number of each array, `for_each` makes the loop, and
what calls it, of the formula alone.
"""

from __future__ import annotations

import ast
import functools
import inspect
import os
import textwrap
from collections.abc import Callable, Collection
from types import FunctionType
from typing import Any

import numpy as np

from . import elementary
from .jit import from_source

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

    Returns
    -------
    bool

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
    when it is first called, in about a second; machine code is kept in the user's cache folder, or
    in the one that ``AUTOGRAD_ENGINE_CACHE`` names.

    Parameters
    ----------
    mode : bool

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
    """Whether kernels are to be run for an array: it is one of NumPy, large, of float32 or float64,
    and they are enabled.

    Parameters
    ----------
    x : object

    Returns
    -------
    bool

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine.kernels import serves
    >>> serves(np.ones(3)), serves(np.ones(100000, dtype=int))
    (False, False)
    """
    return type(x) is np.ndarray and x.size >= SMALLEST and x.dtype in DTYPES and is_enabled()


def with_kernels(quick: Callable) -> Callable:
    """Have another function, which uses kernels, compute what the decorated one does.

    Parameters
    ----------
    quick : callable
        Called with the same arguments where kernels `serve <serves>` the first of them. It returns
        the result, or None where it does not take such arguments; then the decorated function,
        which stays the definition, computes as it does for everything else.

    Returns
    -------
    callable
        The decorator.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine.kernels import kernel, with_kernels
    >>> @kernel
    ... def _fill_squares(x, out):
    ...     for i in range(x.size):
    ...         out[i] = x[i] * x[i]
    >>> def _squares_by_kernel(x):
    ...     if not x.flags.c_contiguous:
    ...         return None
    ...     out = np.empty(x.shape, x.dtype)
    ...     _fill_squares(x.reshape(-1), out.reshape(-1))
    ...     return out
    >>> @with_kernels(_squares_by_kernel)
    ... def squares(x):
    ...     return x * x
    >>> squares(np.array([1.0, 3.0]))
    array([1., 9.])
    """

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def either(x: Any, *args: Any, **params: Any) -> Any:
            if type(x) is np.ndarray and serves(x):
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
        """Run the machine code."""
        code = self._code.get(x.dtype)
        if code is None:
            code = self._code[x.dtype] = self.compiled(x.dtype)
        return code(x, *args)

    def compiled(self, dtype: np.dtype) -> Callable:
        """The machine code for float32 or float64, which numba makes for each kind of arguments."""
        return from_source(source(self.function, DTYPES[dtype]), self.function.__name__)


def kernel(function: Callable) -> Kernel:
    """Mark a function of arrays, which writes into some of them, as a loop for numba.

    It is compiled when it is first called, for the dtype of its first argument, with the functions
    of its file that it calls; its machine code is kept on disk. It is written for one dtype:
    `real` is that, and a plain ``0.5`` beside float32 would compute in float64. Sums may be taken
    in another order than they are written in, several terms at a time.

    Parameters
    ----------
    function : callable
        What numba takes: loops, arithmetic, indices; NumPy's functions of numbers.

    Returns
    -------
    Kernel
        Called as the function is; by `with_kernels` only where numba is.

    Raises
    ------
    ImportError
        When it is called, if numba is not installed.

    Examples
    --------
    >>> from autograd_engine.kernels import kernel, real
    >>> @kernel
    ... def _halve(x):
    ...     for i in range(x.size):
    ...         x[i] *= real(0.5)
    """
    return Kernel(function)  # type: ignore[arg-type]


class _ForEach(Kernel):
    """What `for_each` makes."""

    def __init__(self, formula: FunctionType, dtypes: Collection[Any]) -> None:
        super().__init__(formula)
        self._dtypes = {np.dtype(dtype) for dtype in dtypes}
        self._names = _argument_names(formula)

    def __call__(self, x: np.ndarray, *others: Any, **params: Any) -> np.ndarray | None:
        names, numbers = self._names
        count = len(names) - 1
        arrays = [x, *others[:count]]
        if x.dtype not in self._dtypes or not x.ndim or not all(is_like(x, a) for a in arrays):
            return None
        given = [*others[count:], *[params[name] for name in numbers if name in params]]
        columns = x.flags.f_contiguous and not x.flags.c_contiguous
        if columns:
            arrays = [array.T for array in arrays]
        out = np.empty(arrays[0].shape, x.dtype)
        flat = [array.reshape(-1) for array in [*arrays, out]]
        super().__call__(*flat, *map(float, given))
        return out.T if columns else out

    def compiled(self, dtype: np.dtype) -> Callable:
        return from_source(source_for_each(self.function, DTYPES[dtype]), "for_each")


def _argument_names(formula: Callable) -> tuple[list[str], list[str]]:
    """The arguments of a formula that are numbers of arrays, and those that are numbers for all."""
    parameters = inspect.signature(formula).parameters.values()
    numbers = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    return [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY], numbers


def is_like(x: np.ndarray, other: Any) -> bool:
    """Whether another thing is an array of the same shape and dtype."""
    return type(other) is np.ndarray and other.dtype == x.dtype and other.shape == x.shape


def for_each(formula: Callable, dtypes: Collection[Any] = ("float32", "float64")) -> Callable:
    """The function, for `with_kernels`, that computes a formula for each element of an array, or of
    several of one shape.

    Parameters
    ----------
    formula : callable
        A function of numbers, written like a kernel: of one number of each array, and by keyword
        only of numbers that are the same for all elements.
    dtypes : collection
        For what it is compiled. Functions of NumPy's that are exponentials and the like take as
        long in a loop over float64.
    """
    return _ForEach(formula, dtypes)  # type: ignore[arg-type]


# --- the text that is compiled --------------------------------------------------------------------

_HEAD = """import math

import numpy as np
from numba import njit
from numpy import float32, float64, int32, int64, {real} as real

"""
_ROUNDED_ONCE = 'fastmath={"contract"}, error_model="numpy", forceinline=True'
_IN_ANY_ORDER = 'fastmath={"contract", "reassoc"}, error_model="numpy", nogil=True'
"""Sums may be taken in any order, several at a time; infinities and NaN stay what they are."""


def source(function: FunctionType, dtype: str) -> str:
    """A kernel and the functions that it calls, as a module that needs numba and NumPy only."""
    found: dict[str, str] = {}
    _add(function, dtype, found, f"njit({_IN_ANY_ORDER}, cache=CACHE)")
    return _HEAD.format(real=dtype) + "\n\n".join(found.values())


def source_for_each(formula: FunctionType, dtype: str) -> str:
    """The loop ``for_each`` over the elements of arrays, as such a module."""
    found: dict[str, str] = {}
    name = _add(formula, dtype, found, f"njit({_options(formula)})")
    names, numbers = _argument_names(formula)
    given = ", ".join([*[f"{x}[i]" for x in names], *[f"real({x})" for x in numbers]])
    found["for_each"] = (
        f"@njit({_IN_ANY_ORDER}, cache=CACHE)\n"
        f"def for_each({', '.join([*names, 'out', *numbers])}):\n"
        f"    for i in range(out.size):\n"
        f"        out[i] = {name}({given})\n"
    )
    return _HEAD.format(real=dtype) + "\n\n".join(found.values())


def definitions(text: str) -> str:
    """The functions of `elementary` that a text calls, for numba."""
    found: dict[str, str] = {}
    for name, function in vars(elementary).items():
        if f"{name}(" in text and isinstance(function, FunctionType):
            _add(function, "", found, f"njit({_options(function)})")
    return "\n".join(found.values())


def _options(function: FunctionType) -> str:
    """How a function that a kernel calls is compiled."""
    if function.__module__ != elementary.__name__ or function in elementary.IN_ANY_ORDER:
        return f"{_IN_ANY_ORDER}, forceinline=True"
    return _ROUNDED_ONCE


def _add(function: FunctionType, dtype: str, found: dict[str, str], decorator: str) -> str:
    """Add a function after those that it calls; the name that it has."""
    name = function.__name__
    if name in found:
        return name
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    node.args.args += node.args.kwonlyargs
    node.args.kwonlyargs = []
    node.args.kw_defaults = []
    node.decorator_list = [ast.parse(decorator, mode="eval").body]
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]

    own = _bound_in(node)

    def linked(part: Any) -> Any:
        """The name of what stands for a library's function or for something of the file."""
        text = ast.unparse(part)
        if text in own:
            return part
        meaning: Any = function.__globals__.get(text)
        called = text.split(".")[-1]
        if getattr(meaning, "__module__", None) == elementary.__name__:
            called = meaning.__name__  # it may go by another name here
        meaning = getattr(elementary, f"{called}_{dtype}", meaning)
        if isinstance(meaning, Kernel):
            meaning = meaning.function
        if isinstance(meaning, FunctionType) and meaning is not function:
            return ast.Name(_add(meaning, dtype, found, f"njit({_options(meaning)})"))
        if isinstance(meaning, (int, float, tuple)):
            return ast.parse(repr(meaning), mode="eval").body
        return part

    node = _Linker(linked).visit(node)
    found[name] = ast.unparse(ast.fix_missing_locations(node)) + "\n"
    return name


def _bound_in(node: ast.FunctionDef) -> set[str]:
    """The names that a function has of its own."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    bound = {part.id for part in names if not isinstance(part.ctx, ast.Load)}
    return bound | {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}


class _Linker(ast.NodeTransformer):
    """Put ``linked(part)`` in the place of all names and attributes that are read."""

    def __init__(self, linked: Callable[[Any], Any]) -> None:
        self._linked = linked

    def visit_Name(self, part: ast.Name) -> Any:
        return self._linked(part) if isinstance(part.ctx, ast.Load) else part

    def visit_Attribute(self, part: ast.Attribute) -> Any:
        return self._linked(part) if isinstance(part.value, ast.Name) else self.generic_visit(part)
