"""What a user may hand in as a tensor's data, and the array that it becomes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import GraphError, ShapeError
from .modes import get_default_dtype


def holds_data(x: Any) -> bool:
    """Whether it is a tensor, for those below the class itself."""
    return hasattr(x, "_data")


def to_array(data: Any, dtype: Any, copy: bool) -> Any:
    """The array (or NumPy scalar) of what a user may hand in as data.

    Arrays keep their dtype; Python floats get the default dtype.
    """
    if holds_data(data):
        data = data._data
    if isinstance(data, np.generic) and dtype is not None:
        check_range(data, np.dtype(dtype))
    if hasattr(data, "__array__"):
        array = np.array(data, dtype=dtype, copy=copy or None)
    else:
        _refuse_graph(data)
        array = _from_numbers(data, dtype)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"a tensor holds real numbers or booleans, got {array.dtype} from {type(data).__name__}"
        )
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    return array if array.ndim or not copy else array[()]


def _from_numbers(data: Any, dtype: Any) -> np.ndarray:
    """The array of Python's numbers, which have to fit into the dtype."""
    array = np.array(data)
    if dtype is not None:
        dtype = np.dtype(dtype)
    elif array.dtype == np.float64:
        dtype = get_default_dtype()
    elif array.dtype == np.uint64:
        dtype = np.dtype("int64")
    if dtype is None or array.dtype.kind not in "iufb":
        return array
    check_range(array, dtype)
    return array.astype(dtype, copy=False)


def check_range(values: Any, dtype: np.dtype) -> None:
    """Raise if numbers do not fit into an integer dtype. A negative one wraps in an unsigned dtype,
    as in PyTorch.
    """
    if dtype.kind not in "iu" or values.dtype.kind == "b":
        return
    limits = np.iinfo(dtype)
    least = limits.min or -limits.max
    if values.dtype.kind == "f":
        below = values < float(limits.max) + 1  # the greatest int64 is no float
    else:
        below = values <= limits.max
    fits = (values >= least) & below
    if not np.all(fits):
        raise ShapeError(
            f"{np.asarray(values)[~fits].flat[0]} does not fit into {dtype}, which holds "
            f"{limits.min} to {limits.max}; choose another dtype"
        )


def _refuse_graph(data: Any) -> None:
    if isinstance(data, (list, tuple)):
        for item in data:
            if holds_data(item):
                if item.requires_grad:
                    raise GraphError(
                        "tensor([...]) would cut its elements out of their graph; use stack([...]) "
                        "to join tensors"
                    )
            else:
                _refuse_graph(item)
