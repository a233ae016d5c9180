"""The exceptions of the engine, and how they explain themselves: what was wrong, with what values,
and what to do.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Callable, NoReturn, Sequence, TypeVar, cast

import numpy as np

F = TypeVar("F", bound=Callable)


class GraphError(RuntimeError):
    """The graph cannot be differentiated as asked: it was freed, has no gradient, or its saved
    values were changed.
    """


class ShapeError(RuntimeError, ValueError):
    """Shapes, dtypes or values that an op cannot take. Both a ``RuntimeError`` (PyTorch) and a
    ``ValueError`` (NumPy).
    """


class LinAlgError(ShapeError, np.linalg.LinAlgError):
    """A matrix that does not allow what was asked: singular, not positive definite, not square.
    NumPy's error of this name too.
    """


class DetachedWarning(UserWarning, RuntimeError):
    """NumPy took the values of a tensor that requires gradients, and left the graph behind.

    PyTorch raises a ``RuntimeError`` here; where warnings are errors, so does this engine.
    """


class TraceError(RuntimeError):
    """A function that cannot be written as one straight program: Python decides in it by a value,
    or takes values out of it.
    """


class AnomalyError(RuntimeError):
    """``detect_anomaly`` found the op whose gradient is NaN."""


FEW = 4
"""Of so many numbers each is said; of more only their shape."""

INDEXED = ("getitem", "setitem")
"""What the user writes with brackets."""


def describe(value: Any) -> str:
    """Say a value's shape and dtype, or the value itself where it is a plain Python object.

    >>> describe(np.zeros((2, 3)))
    'float64[2, 3]'
    >>> describe(3)
    '3'
    """
    dtype = getattr(value, "dtype", None)
    shape = getattr(value, "shape", None)
    if isinstance(value, (list, tuple)) and any(hasattr(item, "dtype") for item in value[:3]):
        shown = [describe(item) for item in value[:3]]
        return f"[{', '.join(shown)}{', ...' if len(value) > 3 else ''}]"
    if dtype is None or shape is None:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"{np.dtype(dtype).name}{list(shape)}"


def index_text(index: Any) -> str:
    """What stands between brackets.

    >>> index_text((slice(1, None), Ellipsis, None, slice(None, None, 2))), index_text(-1)
    ('1:, ..., None, ::2', '-1')
    """
    parts = getattr(index, "items", index)
    if not isinstance(parts, tuple):
        parts = (parts,)
    return ", ".join(map(_index_part, parts))


def _index_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = [_end(part.start), _end(part.stop)]
        if part.step is not None:
            ends.append(_end(part.step))
        return ":".join(ends)
    if part is ...:
        return "..."
    if isinstance(part, np.ndarray) and part.ndim + (part.size > FEW) > 1:
        what = "indices"
        if part.dtype.kind == "b":
            what = "mask"
        return f"{'×'.join(map(str, part.shape))} {what}"
    if isinstance(part, np.ndarray):
        return str(part.tolist())
    if isinstance(part, str):
        return repr(part)
    return str(part)


def _end(end: Any) -> str:
    if end is None:
        return ""
    return str(end)


def _call_text(name: str, args: Sequence[Any], params: dict) -> str:
    """A call as the user wrote it: ``sum(float32[2, 3], dim=1)``, or ``float32[3][5]``."""
    if name in INDEXED and args:
        text = f"{describe(args[0])}[{index_text(params.get('index'))}]"
        return text if name == "getitem" else f"{text} = {', '.join(map(describe, args[1:]))}"
    given = [describe(value) for value in args]
    given += [f"{key}={describe(value)}" for key, value in params.items()]
    return f"{name}({', '.join(given)})"


def explain_forward(
    op: Any, operands: Sequence[Any], values: Sequence[Any], params: dict, error: Exception
) -> NoReturn:
    """Raise ``error`` again, saying which op failed on which shapes, dtypes and arguments.

    What is raised carries ``op`` and ``operands``, the tensors and arrays that the op was given.
    """
    told = in_terms_of(op.name, values, params, error)
    told.op = op  # type: ignore[attr-defined]
    told.operands = tuple(operands)  # type: ignore[attr-defined]
    if told is error:
        raise error
    raise told from error


def explain_call(name: str, args: Sequence[Any], params: dict, error: Exception) -> NoReturn:
    """Raise an error, which came up inside of a public function that is written with others, again
    in terms of what the user called.
    """
    if not hasattr(error, "said") and str(error).startswith((f"{name}(", f"{name}:")):
        raise named(error, name)
    told = in_terms_of(name, args, params, error)
    if told is error:
        raise error
    for kept in ("op", "operands"):
        if hasattr(error, kept):
            setattr(told, kept, getattr(error, kept))
    raise told from error.__cause__ or error


def named_errors(function: F) -> F:
    """Have the errors that come up inside of a function speak of the function, and of what it was
    called with.

    Parameters
    ----------
    function : callable
        Written with ops, as a loss or a layer's function.

    Returns
    -------
    callable
        The same function. An exception keeps its type.

    Examples
    --------
    >>> from autograd_engine import named_errors, ones
    >>> @named_errors
    ... def distance(a, b):
    ...     return (a - b).norm()
    >>> try:
    ...     distance(ones(2), ones(3))
    ... except RuntimeError as error:
    ...     print(str(error).partition(":")[0])
    distance(float32[2], float32[3])
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            explain_call(function.__name__, args, kwargs, error)

    return cast(F, call)


def named(error: Exception, name: str) -> Exception:
    """The error, with a note for the program of the function that its message speaks of."""
    error.called = name  # type: ignore[attr-defined]
    error.said = str(error)  # type: ignore[attr-defined]
    return error


def in_terms_of(name: str, args: Sequence[Any], params: dict, error: Exception) -> Exception:
    """The error, told of a call of ``name``. What was told of a function inside of that is told
    anew: the user has never called it.
    """
    inner = getattr(error, "called", name)
    said = getattr(error, "said", None) or str(error)
    if inner != name:
        said = re.sub(rf"(?<![\w.]){re.escape(inner)}\(", f"{name}(", said)
        notes = getattr(error, "__notes__", [])
        kept = [note for note in notes if not note.startswith(f"{inner}(")]
        error.__notes__ = kept  # type: ignore[attr-defined]
    message = said
    if inner == name or not said.startswith(f"{name}("):
        message = f"{_call_text(name, args, params)}: {said}"
    told = retold(error, message)
    told.called = name  # type: ignore[attr-defined]
    told.said = said  # type: ignore[attr-defined]
    return told


def explain_rule(node: Any, g: Any, error: Exception) -> NoReturn:
    """Raise ``error``, which a rule raised in the backward sweep, again, saying of which op.

    What a hook raised is the user's own.
    """
    if getattr(error, "of_a_hook", False):
        raise error
    inputs = ", ".join([describe(value) for value in node.inputs])
    line = getattr(node, "trace", "")
    where = f"called at {line}" if line else "detect_anomaly() finds the line that called it"
    message = f"the vjp of {node.op.name}({inputs}) failed on a gradient {describe(g)}: {error}"
    told = retold(error, f"{message} ({where})")
    if told is error:
        raise error
    raise told from error


_BUILT_IN = (TypeError, NotImplementedError, MemoryError, IndexError, KeyError, GraphError)
_NUMBERS = (ValueError, RuntimeError, ArithmeticError, ZeroDivisionError, OverflowError, ShapeError)


def retold(error: Exception, message: str) -> Exception:
    """An exception of the same meaning with this message.

    Python's own exceptions are made anew. Any other type may need other arguments, or carry more
    than a message: that exception stays as it is, and the message is added to it as a note.
    """
    kind = type(error)
    if kind in _BUILT_IN:
        return kind(message)
    if kind in _NUMBERS:
        return ShapeError(message)
    if kind in (np.linalg.LinAlgError, LinAlgError):
        return LinAlgError(message)
    notes = [*getattr(error, "__notes__", ()), message]
    error.__notes__ = notes  # type: ignore[attr-defined]
    return error
