"""The exceptions of the engine, and how they explain themselves: what was wrong, with what values,
and what to do.
"""

from __future__ import annotations

from typing import Any, NoReturn

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


class AnomalyError(RuntimeError):
    """``detect_anomaly`` found the op whose gradient is NaN."""


def describe(value: Any) -> str:
    """Say a value's shape and dtype, or the value itself where it is a plain Python object.

    >>> describe(np.zeros((2, 3)))
    'float64[2, 3]'
    >>> describe(3)
    '3'
    """
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is None or shape is None:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"{np.dtype(dtype).name}{list(shape)}"


def explain(name: str, values: tuple, params: dict, error: Exception) -> NoReturn:
    """Raise ``error`` again, saying which op failed on which shapes, dtypes and arguments."""
    given = ", ".join(
        [*map(describe, values), *(f"{key}={describe(value)}" for key, value in params.items())]
    )
    message = f"{name}({given}): {error}"
    if isinstance(error, (TypeError, NotImplementedError, MemoryError)):
        raise type(error)(message) from error
    if isinstance(error, IndexError):
        raise IndexError(message) from error
    if isinstance(error, np.linalg.LinAlgError):
        raise LinAlgError(message) from error
    if isinstance(error, (ValueError, RuntimeError, ArithmeticError)):
        raise ShapeError(message) from error
    raise error
