"""What a user may hand in as a tensor's data, and the array that it becomes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import GraphError
from .modes import get_default_dtype


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor, for those below the class itself."""
    return hasattr(x, "_data")


def to_array(data: Any, dtype: Any, copy: bool) -> Any:
    """The array (or NumPy scalar) of what a user may hand in as data.

    Arrays keep their dtype; Python floats get the default dtype.
    """
    if is_tensor(data):
        data = data._data
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data, dtype=dtype, copy=copy or None)
    else:
        _refuse_graph(data)
        array = np.array(data) if not hasattr(data, "__array__") else np.asarray(data)
        if dtype is None and array.dtype == np.float64 and not hasattr(data, "__array__"):
            dtype = get_default_dtype()
        array = array.astype(dtype, copy=copy) if dtype is not None else array
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"a tensor holds real numbers or booleans, got {array.dtype} from {type(data).__name__}"
        )
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    return array if array.ndim or not copy else array[()]


def _refuse_graph(data: Any) -> None:
    if isinstance(data, (list, tuple)):
        for item in data:
            if is_tensor(item):
                if item.requires_grad:
                    raise GraphError(
                        "tensor([...]) would cut its elements out of their graph; use stack([...]) "
                        "to join tensors"
                    )
            else:
                _refuse_graph(item)
