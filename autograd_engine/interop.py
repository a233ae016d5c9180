"""What NumPy's functions do when they meet a Tensor.

A function of the same meaning as an op calls that op, so the result is part of the graph. One that only looks at values
gets the arrays. Any other raises: silently losing the graph is the one thing that must not happen.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from .primitive import numpy_functions
from .tensor import Tensor

LOOKERS: set[Callable] = {
    np.allclose, np.array_equal, np.array_equiv, np.isclose, np.shape, np.ndim, np.size, np.array_repr, np.array_str,
    np.array2string, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory,
    np.save, np.savez, np.savez_compressed, np.savetxt, np.histogram, np.histogram_bin_edges, np.histogram2d, np.min_scalar_type,
    np.unique, np.searchsorted, np.digitize, np.bincount, np.count_nonzero, np.nonzero, np.flatnonzero, np.argwhere, np.argsort,
    np.any, np.all, np.percentile, np.copyto, np.isin, np.common_type, np.einsum_path, np.iscomplex, np.isreal,
}  # fmt: skip
"""Functions that only look at values: their result cannot carry a gradient, or is for the eye."""

_REDUCE = {np.add: "sum", np.multiply: "prod", np.maximum: "amax", np.minimum: "amin", np.logaddexp: "logsumexp"}
_VALUE_UFUNCS = {np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.spacing, np.nextafter}


def dispatch_ufunc(ufunc: np.ufunc, method: str, inputs: tuple, kwargs: dict) -> Any:
    """What ``Tensor.__array_ufunc__`` does."""
    if kwargs.get("out") is not None:
        target = kwargs["out"][0]
        raise TypeError(
            f"np.{ufunc.__name__} cannot write a Tensor's result into {type(target).__name__}: the graph would be lost; "
            "write a = a + t in place of a += t, or compute with t.numpy()"
        )
    if method == "__call__":
        if ufunc in numpy_functions and not (set(kwargs) - {"dtype"}):
            return numpy_functions[ufunc](*inputs)
        if ufunc in _VALUE_UFUNCS:
            return Tensor(ufunc(*map(_value, inputs), **kwargs))
    elif method == "reduce" and ufunc in _REDUCE:
        axis = kwargs.get("axis", inputs[1] if len(inputs) > 1 else 0)
        return getattr(inputs[0], _REDUCE[ufunc])(dim=axis, keepdim=kwargs.get("keepdims", False))
    elif method == "accumulate" and ufunc is np.add:
        return inputs[0].cumsum(kwargs.get("axis", 0))
    call = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    raise TypeError(f"{call} is not defined for a Tensor; use an op of autograd_engine, or t.detach().numpy() if no gradient is needed")


def dispatch_function(function: Callable, args: tuple, kwargs: dict) -> Any:
    """What ``Tensor.__array_function__`` does."""
    if function in numpy_functions:
        if kwargs.get("out") is not None:
            raise TypeError(f"np.{function.__name__} cannot write a Tensor's result into an array: the graph would be lost")
        return numpy_functions[function](*args, **kwargs)
    if function in LOOKERS or function.__module__.startswith("numpy.testing"):
        return function(*map(_value, args), **{key: _value(value) for key, value in kwargs.items()})
    raise TypeError(
        f"np.{function.__name__} is not defined for a Tensor: its result would lose the graph; use an op of autograd_engine "
        "(the README lists them), or t.detach().numpy() if no gradient is needed"
    )


def _value(item: Any) -> Any:
    if isinstance(item, Tensor):
        return item._data
    if isinstance(item, (list, tuple)) and any(isinstance(part, Tensor) for part in item):
        return type(item)(map(_value, item))
    return item
