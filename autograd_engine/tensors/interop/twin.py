"""What a twin is: the function that stands for one of NumPy's when that meets a tensor.

It has the arguments of NumPy's function under NumPy's names, but for those that change no value and
those that are refused (`dispatch` sees to both), and samples on which the tests compare the two.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np

from .. import creation
from ...core.primitive import numpy_functions
from ...core.tensor import Tensor
from ...ops import (
    joining,
)
from ...ops.declare import Sample


MASK = np.array([[True, False, True], [False, True, True]])
"""What several samples choose by."""


def twin(numpy: Callable, samples: Sequence[Sample] = ()) -> Callable:
    """Enter a function as what a NumPy function calls when it meets a tensor; the tests compare the
    two on the samples.
    """

    def enter(function: Any) -> Callable:
        numpy_functions[numpy] = function
        function.samples = samples
        return function

    return enter


def array_like(value: Any) -> Any:
    """An argument in which a list stands for an array; tensors in a list are joined, and keep their
    graph.
    """
    if not isinstance(value, (list, tuple)):
        return value
    if _holds_tensor(value):
        return joining.stack([array_like(item) for item in value])
    return np.asarray(value)


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_tensor, value))
    return isinstance(value, Tensor)


def without_graph(item: Any) -> Any:
    """An argument with arrays in the place of tensors, as a mask, which has no gradient."""
    if isinstance(item, Tensor):
        return item._data
    if isinstance(item, dict):
        return {key: without_graph(value) for key, value in item.items()}
    if _holds_tensor(item):
        return type(item)(map(without_graph, item))
    return item


def in_dtype(x: Any, dtype: Any) -> Any:
    """A tensor or array in another dtype, where NumPy would convert without being asked twice."""
    if dtype is None or not hasattr(x, "dtype"):
        return x
    if not np.can_cast(x.dtype, dtype, "same_kind"):
        raise TypeError(f"{x.dtype} is not converted to {np.dtype(dtype)} without losing its kind")
    return x.astype(dtype)


def joined(tensors: Sequence, dtype: Any, casting: Any) -> list:
    """The parts that a function joins, in the dtype asked for."""
    parts = [array_like(x) for x in tensors]
    if dtype is None:
        return parts
    for x in parts:
        if not np.can_cast(getattr(x, "dtype", dtype), dtype, casting):
            raise TypeError(f"{x.dtype} is not converted to {np.dtype(dtype)} by {casting!r}")
    return [creation.as_tensor(x).astype(dtype) for x in parts]
