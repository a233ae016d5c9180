"""How a tensor looks when it is printed: as PyTorch prints it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .modes import get_default_dtype
from .tensor import Tensor


def tensor_text(tensor: Tensor) -> str:
    """The text of ``repr``: the values, then ``dtype`` where it is not the default, then ``grad_fn`` or ``requires_grad``."""
    array = np.asarray(tensor._data)
    parts = [_array_text(array)]
    if array.dtype not in (get_default_dtype(), np.dtype("int64"), np.dtype(bool)):
        parts.append(f"dtype={array.dtype}")
    if tensor.grad_fn is not None:
        parts.append(f"grad_fn={tensor.grad_fn!r}")
    elif tensor.requires_grad:
        parts.append("requires_grad=True")
    head = type(tensor).__name__
    return f"{'tensor' if head == 'Tensor' else head}({', '.join(parts)})"


def _array_text(array: np.ndarray) -> str:
    if array.size == 0:
        return "[]" if array.shape == (0,) else f"[], size={array.shape}"
    formatter: Any = None
    if array.dtype.kind == "f":
        formatter = {"float_kind": _float_format(array)}
    elif array.dtype.kind == "b":
        width = 4 if array.all() else 5
        formatter = {"bool": lambda x: str(bool(x)).rjust(width)}
    return np.array2string(array, separator=", ", prefix="tensor(", formatter=formatter, threshold=1000, max_line_width=80)


def _float_format(array: np.ndarray) -> Any:
    """One format for all elements: ``1.`` for whole numbers, else four decimals, or an exponent if magnitudes differ much."""
    shown = array.astype(float)
    finite = np.abs(shown[np.isfinite(shown)])
    nonzero = finite[finite != 0]
    if nonzero.size == 0 or (finite == np.floor(finite)).all():
        spec = "{:.0f}." if nonzero.size == 0 or nonzero.max() < 1e8 else "{:.4e}"
    elif nonzero.max() >= 1e8 or nonzero.max() / nonzero.min() > 1000 and array.ndim > 0 or nonzero.min() < 1e-4:
        spec = "{:.4e}"
    else:
        spec = "{:.4f}"

    def text(x: float) -> str:
        return spec.format(x) if np.isfinite(x) else str(float(x))

    width = max(len(text(x)) for x in (array.flat if array.size <= 1000 else array.flat[:1000]))
    return lambda x: text(x).rjust(width)
