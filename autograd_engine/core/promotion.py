"""What an op accepts as an argument, and the one dtype that its arguments are brought to: PyTorch's
promotion.
"""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .batched import Batched
from .data import to_array
from .errors import named
from .modes import get_default_dtype

ndarray = np.ndarray


def constant(value: Any, name: str) -> Any:
    """An argument that is no tensor: an array, a nested list or a number. NumPy scalars count as
    Python's, so they never widen.
    """
    if type(value) in (float, int, bool):
        return value
    if isinstance(value, ndarray) and value.dtype.kind in "fiub":
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "fiub":
        return value.item()
    if isinstance(value, (float, int, Batched)):
        return value
    kind = type(value).__name__
    if isinstance(value, (ndarray, np.generic)):
        kind = f"an array of {value.dtype}"
    elif isinstance(value, (list, tuple)) or hasattr(value, "__array__"):
        return to_array(value, None, copy=False)
    message = f"{name}() takes tensors, NumPy arrays and real numbers, got {kind}"
    raise named(TypeError(f"{message}; convert it with tensor(...)"), name)


def as_operand(value: Any, name: str) -> Any:
    """An argument of a call without any tensor, which keeps the dtype of NumPy's scalars."""
    if value is None or isinstance(value, (ndarray, np.generic, float, int, Batched)):
        return value
    return constant(value, name)


def promoted(values: Sequence[Any], mode: str) -> list[Any]:
    """The values brought to one dtype as PyTorch does it; with ``mode`` "float", to a floating
    one."""
    if _of_one_float(values):
        return list(values)
    result = result_dtype(values)
    if mode == "float" and result.kind != "f":
        result = get_default_dtype()
    return [_brought(value, result) for value in values]


def _of_one_float(values: Sequence[Any]) -> bool:
    """Whether all are arrays of one floating dtype, as they mostly are."""
    if not isinstance(values[0], ndarray):
        return False
    first = values[0].dtype
    if first.kind != "f":
        return False
    for value in values:
        if value is not None and getattr(value, "dtype", None) is not first:
            return False
    return True


def result_dtype(values: Sequence[Any]) -> np.dtype:
    """The dtype of several values together, as PyTorch has it.

    The highest category among them decides (booleans, integers, floats); within it arrays with
    dimensions before 0-d ones, and these before Python's numbers.
    """
    ranked: list[list[np.dtype]] = [[], [], []]
    for value in values:
        if isinstance(value, (ndarray, np.generic, Batched)):
            ranked[0 if value.ndim else 1].append(value.dtype)
        elif isinstance(value, float):
            ranked[2].append(get_default_dtype())
        elif value is not None:
            ranked[2].append(np.dtype(type(value)))
    result: np.dtype | None = None
    for dtypes in ranked:
        if dtypes:
            here = _join(dtypes)
            if result is None or category(here) > category(result):
                result = here
    return get_default_dtype() if result is None else result


def _brought(value: Any, dtype: np.dtype) -> Any:
    """The value in a dtype. A Python number that does not fit stays as it is: a comparison has an
    answer all the same, and where there is none NumPy says so.
    """
    if value is None or getattr(value, "dtype", None) == dtype:
        return value
    if isinstance(value, (ndarray, np.generic, Batched)):
        return value.astype(dtype)
    try:
        return dtype.type(value)
    except OverflowError:
        return value


_CATEGORIES = {"b": 0, "u": 1, "i": 1, "f": 2}


def category(dtype: np.dtype) -> int:
    """0 for booleans, 1 for integers, 2 for floats."""
    if dtype.kind not in _CATEGORIES:
        raise TypeError(f"only real numbers and booleans are taken, got an array of {dtype}")
    return _CATEGORIES[dtype.kind]


def _join(dtypes: list[np.dtype]) -> np.dtype:
    top = max(map(category, dtypes))
    return np.result_type(*[dtype for dtype in dtypes if category(dtype) == top])
