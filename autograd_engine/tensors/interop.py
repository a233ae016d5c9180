"""What NumPy's functions do when they meet a Tensor.

A function of the same meaning as an op calls that op, so the result is part of the graph. One that
only looks at values gets the arrays. Any other raises: silently losing the graph is the one thing
that must not happen.

Most ops name their twin where they are declared. Here are the few twins that say the same with
other arguments.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable

import numpy as np

from . import creation
from .. import ops
from ..core.declaration import spelled
from ..core.primitive import numpy_functions
from ..core.tensor import Tensor

LOOKERS: set[Callable] = {
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.shape,
    np.ndim,
    np.size,
    np.array_repr,
    np.array_str,
    np.array2string,
    np.result_type,
    np.can_cast,
    np.iscomplexobj,
    np.isrealobj,
    np.may_share_memory,
    np.shares_memory,
    np.save,
    np.savez,
    np.savez_compressed,
    np.savetxt,
    np.histogram,
    np.histogram_bin_edges,
    np.histogram2d,
    np.min_scalar_type,
    np.unique,
    np.searchsorted,
    np.digitize,
    np.bincount,
    np.nonzero,
    np.flatnonzero,
    np.argwhere,
    np.argsort,
    np.copyto,
    np.isin,
    np.common_type,
    np.einsum_path,
    np.iscomplex,
    np.isreal,
}
"""Functions that only look at values: their result cannot carry a gradient, or is for the eye."""

_REDUCE = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "amax",
    np.minimum: "amin",
    np.logaddexp: "logsumexp",
}
_ACCUMULATE = {np.add: "cumsum", np.multiply: "cumprod", np.logaddexp: "logcumsumexp"}


def dispatch_ufunc(ufunc: np.ufunc, method: str, inputs: tuple, kwargs: dict) -> Any:
    """What ``Tensor.__array_ufunc__`` does."""
    if kwargs.get("out") is not None:
        target = kwargs["out"][0]
        raise TypeError(
            f"np.{ufunc.__name__} cannot write a Tensor's result into {type(target).__name__}: the "
            "graph would be lost; "
            "write a = a + t in place of a += t, or compute with t.numpy()"
        )
    if method == "__call__":
        if ufunc in numpy_functions and not (set(kwargs) - {"dtype"}):
            return numpy_functions[ufunc](*inputs)
    elif method == "reduce" and ufunc in _REDUCE:
        axis = kwargs.get("axis", inputs[1] if len(inputs) > 1 else 0)
        return getattr(inputs[0], _REDUCE[ufunc])(dim=axis, keepdim=kwargs.get("keepdims", False))
    elif method == "accumulate" and ufunc in _ACCUMULATE:
        return getattr(inputs[0], _ACCUMULATE[ufunc])(kwargs.get("axis", 0))
    call = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    raise TypeError(
        f"{call} is not defined for a Tensor; use an op of autograd_engine, or t.detach().numpy() "
        "if no gradient is needed"
    )


def dispatch_function(function: Callable, args: tuple, kwargs: dict) -> Any:
    """What ``Tensor.__array_function__`` does."""
    if function in numpy_functions:
        if kwargs.pop("out", None) is not None:
            raise TypeError(
                f"np.{function.__name__} cannot write a Tensor's result into an array: the graph "
                "would be lost"
            )
        names = _names(function, len(args))
        first = len(args) - len(names)
        return numpy_functions[function](*args[:first], **dict(zip(names, args[first:])), **kwargs)
    if function in LOOKERS or function.__module__.startswith("numpy.testing"):
        return function(*map(_bare, args), **{key: _bare(value) for key, value in kwargs.items()})
    raise TypeError(
        f"np.{function.__name__} is not defined for a Tensor: its result would lose the graph; use "
        "an op of autograd_engine "
        "(the README lists them), or t.detach().numpy() if no gradient is needed"
    )


@functools.cache
def _names(function: Callable, count: int) -> tuple[str, ...]:
    """NumPy's names of the last positional arguments, if our function has arguments of these names,
    perhaps in another order.
    """
    try:
        theirs = [
            name
            for name, p in inspect.signature(function).parameters.items()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ][1:count]
    except ValueError:  # a function of NumPy's core does not say its arguments
        return ()
    ours = tuple(inspect.signature(numpy_functions[function]).parameters)
    return tuple(theirs) if all(spelled(name, ours) in ours[1:] for name in theirs) else ()


def _bare(item: Any) -> Any:
    if isinstance(item, Tensor):
        return item._data
    if isinstance(item, (list, tuple)) and any(isinstance(part, Tensor) for part in item):
        return type(item)(map(_bare, item))
    return item


# --- the same meaning, other arguments ------------------------------------------------------------


def twin(numpy: Callable) -> Callable:
    """Enter a function as what a NumPy function calls when it meets a tensor."""

    def enter(function: Callable) -> Callable:
        numpy_functions[numpy] = function
        return function

    return enter


@twin(np.flip)
def np_flip(m: Any, axis: Any = None) -> Any:
    return ops.arrange.flip(m, tuple(range(m.ndim)) if axis is None else axis)


@twin(np.clip)
def np_clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    return ops.choice.clamp(a, a_min if min is None else min, a_max if max is None else max)


@twin(np.nan_to_num)
def np_nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    return ops.choice.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@twin(np.var)
def np_var(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return ops.statistics.var(
        a if dtype is None else a.to(dtype), axis, keepdim=keepdims, correction=ddof
    )


@twin(np.std)
def np_std(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return ops.statistics.std(
        a if dtype is None else a.to(dtype), axis, keepdim=keepdims, correction=ddof
    )


@twin(np.quantile)
def np_quantile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    return ops.statistics.quantile(a, q, axis, keepdims, interpolation=method)


@twin(np.nanquantile)
def np_nanquantile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    return ops.statistics.nanquantile(a, q, axis, keepdims, interpolation=method)


@twin(np.percentile)
def np_percentile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    return np_quantile(a, np.asarray(q) / 100, axis, method, keepdims)


@twin(np.median)
def np_median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's median is the middle of the two in the middle."""
    return np_quantile(a, 0.5, axis, "midpoint", keepdims)


@twin(np.nanmedian)
def np_nanmedian(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np_nanquantile(a, 0.5, axis, "midpoint", keepdims)


@twin(np.cumsum)
def np_cumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return ops.scan.cumsum(a.reshape(-1) if axis is None else a, axis or 0, dtype)


@twin(np.cumprod)
def np_cumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return ops.scan.cumprod(a.reshape(-1) if axis is None else a, axis or 0, dtype)


@twin(np.cov)
def np_cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, **weights: Any
) -> Any:
    if y is not None:
        raise TypeError("np.cov of a Tensor takes its variables in one: np.cov(np.stack([x, y]))")
    correction = (0 if bias else 1) if ddof is None else ddof
    return ops.statistics.cov(m if rowvar else m.T, correction=correction, **weights)


@twin(np.corrcoef)
def np_corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    if y is not None:
        raise TypeError(
            "np.corrcoef of a Tensor takes its variables in one: np.corrcoef(np.stack([x, y]))"
        )
    return ops.statistics.corrcoef(x if rowvar else x.T)


@twin(np.zeros_like)
def np_zeros_like(a: Any, dtype: Any = None) -> Any:
    return creation.zeros_like(a, dtype=dtype)


@twin(np.ones_like)
def np_ones_like(a: Any, dtype: Any = None) -> Any:
    return creation.ones_like(a, dtype=dtype)


@twin(np.empty_like)
def np_empty_like(a: Any, dtype: Any = None) -> Any:
    return creation.empty_like(a, dtype=dtype)


@twin(np.full_like)
def np_full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    return creation.full_like(a, fill_value, dtype=dtype)


_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}


@twin(np.pad)
def np_pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    """NumPy names the widths of the first dimension first, PyTorch those of the last."""
    if mode not in _MODES:
        raise TypeError(f"np.pad of a Tensor has the modes {', '.join(_MODES)}, got {mode!r}")
    pairs = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))[::-1].reshape(-1).tolist()
    fill = {"value": constant_values} if mode == "constant" else {}
    return ops.padding.pad(array, pairs, _MODES[mode], **fill)
