"""The dtypes under PyTorch's names. They are NumPy's own, so ``t.dtype == np.float32`` and
``np.zeros(3, ag.float32)`` just work.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.modes import get_default_dtype
from ..core.promotion import category, result_dtype

float16, float32, float64 = (np.dtype(name) for name in ("float16", "float32", "float64"))
int8, int16, int32, int64, uint8 = (
    np.dtype(name) for name in ("int8", "int16", "int32", "int64", "uint8")
)

CONVERSIONS = {
    "half": float16,
    "float": float32,
    "double": float64,
    "char": int8,
    "short": int16,
    "int": int32,
    "long": int64,
    "byte": uint8,
    "bool": np.dtype(bool),
}
"""PyTorch's second names, which are also the names of tensors' methods that convert: ``t.long()``.
"""

__all__ = [
    "can_cast",
    "finfo",
    "float16",
    "float32",
    "float64",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_floating_point",
    "promote_types",
    "result_type",
    "uint8",
]


def tensor_dtype(dtype: Any) -> np.dtype:
    """The dtype, if tensors can have it.

    Raises
    ------
    TypeError
        For another, as of complex numbers or text.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "fiub":
        raise TypeError(
            f"a tensor holds real numbers or booleans, not {dtype}; take float32, float64, int64, "
            "bool ..."
        )
    return dtype


def finfo(dtype: Any = None) -> np.finfo:
    """The limits of a floating point dtype: ``eps``, ``max``, ``min``, ``tiny``, ``bits``.

    Parameters
    ----------
    dtype : dtype, optional
        By default the default dtype.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> float(ag.finfo(ag.float64).eps), ag.finfo().bits
    (2.220446049250313e-16, 32)
    """
    return np.finfo(dtype or get_default_dtype())


def iinfo(dtype: Any) -> np.iinfo:
    """The limits of an integer dtype: ``max``, ``min``, ``bits``.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.iinfo(ag.int8).max
    127
    """
    return np.iinfo(dtype)


def promote_types(type1: Any, type2: Any) -> np.dtype:
    """The smallest dtype that holds both, as PyTorch has it: an integer and a float give that
    float.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.promote_types(ag.int64, ag.float32)
    dtype('float32')
    """
    return result_dtype([np.empty(1, type1), np.empty(1, type2)])


def result_type(*tensors: Any) -> np.dtype:
    """The dtype of an operation on these tensors and numbers.

    Parameters
    ----------
    *tensors : Tensor, array or number
        A tensor with dimensions decides over a 0-d one, and this over a number, unless the other is
        of a higher category: boolean, integer, float.

    Returns
    -------
    numpy.dtype

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.result_type(ag.tensor([1.0]), ag.tensor(2.0, dtype=ag.float64))
    dtype('float32')
    >>> ag.result_type(ag.tensor([1]), 2.5)
    dtype('float32')
    """
    return result_dtype([_operand(x) for x in tensors])


def _operand(x: Any) -> Any:
    """The array or number that an operation would compute with."""
    value = getattr(x, "_data", x)
    if isinstance(value, (int, float)):
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") not in ("f", "i", "u", "b"):
        raise TypeError(f"result_type() takes tensors and real numbers, got {type(x).__name__}")
    return value


def can_cast(from_: Any, to: Any) -> bool:
    """Whether PyTorch converts between these dtypes in place: not from a higher category (boolean,
    integer, float) to a lower.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.can_cast(ag.float64, ag.float32), ag.can_cast(ag.float32, ag.int64)
    (True, False)
    """
    return category(np.dtype(from_)) <= category(np.dtype(to))


def is_floating_point(input: Any) -> bool:
    """Whether the elements are floats.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.is_floating_point(ag.tensor(1.0))
    True
    """
    return input.dtype.kind == "f"
