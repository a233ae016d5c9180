"""The exceptions of the engine, and how they explain themselves: what was wrong, with what values,
and what to do.
"""

from __future__ import annotations

from typing import Any, NoReturn, Sequence

import numpy as np


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


def describe(value: Any) -> str:
    """Say a value's shape and dtype, or the value itself where it is a plain Python object.

    >>> describe(np.zeros((2, 3)))
    'float64[2, 3]'
    >>> describe(3)
    '3'
    """
    dtype = getattr(value, "dtype", None)
    shape = getattr(value, "shape", None)
    if dtype is None or shape is None:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"{np.dtype(dtype).name}{list(shape)}"


def explain_forward(
    op: Any, operands: Sequence[Any], values: Sequence[Any], params: dict, error: Exception
) -> NoReturn:
    """Raise ``error`` again, saying which op failed on which shapes, dtypes and arguments.

    What is raised carries ``op`` and ``operands``, the tensors and arrays that the op was given.
    """
    given = [describe(value) for value in values]
    given += [f"{key}={describe(value)}" for key, value in params.items()]
    told = retold(error, f"{op.name}({', '.join(given)}): {error}")
    told.op = op  # type: ignore[attr-defined]
    told.operands = tuple(operands)  # type: ignore[attr-defined]
    if told is error:
        raise error
    raise told from error


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
