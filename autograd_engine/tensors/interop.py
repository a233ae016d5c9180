"""What NumPy's functions do when they meet a Tensor.

A function of the same meaning as an op calls that op, so the result is part of the graph. One that
only looks at values gets the arrays. Any other raises: silently losing the graph is the one thing
that must not happen.

An op names NumPy's function of the same meaning where it is declared. Where that takes other
arguments, the translation of these stands here, and only here.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from types import FrameType
from typing import Any, Callable, Sequence

import numpy as np

from . import creation
from ..core.declaration import spelled
from ..core.errors import DetachedWarning
from ..core.modes import is_recording
from ..core.primitive import numpy_functions
from ..core.tensor import Tensor
from ..core.trace import is_packaged
from ..ops import (
    arrange,
    choice,
    diagonal,
    einsum,
    factorisations,
    gathering,
    grids,
    norms,
    padding,
    scan,
    shape,
    sorting,
    statistics,
)
from ..ops.declare import Sample, at, normal_dims
from ..ops.indexing import getitem, plain_index
from ..ops.linear import matmul
from ..ops.systems import SAMPLE

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

READERS = {
    "_pytest",
    "altair",
    "bokeh",
    "matplotlib",
    "mpl_toolkits",
    "numpy.testing",
    "pandas",
    "plotly",
    "seaborn",
}
"""Packages that only look at values: what they plot, tabulate or compare needs no gradient."""

_PASSING = ("numpy", "scipy")  # libraries that act for the code that calls them


def watch_door(tensor: Tensor) -> None:
    """Warn that values of a tensor that requires gradients leave its graph.

    NumPy has ways to take values that no op can take its place in (``array.dot(t)``,
    ``np.array([t, u])``, ``array[:] = t``). The warning points at the user's line. Nothing is said
    under ``no_grad``, nor to `READERS`.
    """
    if tensor.node is None or not is_recording():
        return
    frame: FrameType | None = sys._getframe(2)
    level = 3
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if _is_reader(module):
            return
        package = module.partition(".")[0]
        if package not in _PASSING and not is_packaged(frame.f_code.co_filename):
            break
        frame = frame.f_back
        level += 1
    warnings.warn(
        f"the values of a tensor of shape {list(tensor.shape)} that requires gradients were taken "
        "out of its graph: what is computed from them has no gradient. Use an op of "
        "autograd_engine (a @ t, not a.dot(t); stack([t, u]), not np.array([t, u])), or say "
        "t.detach(), or t.item() for a number, where no gradient is needed",
        DetachedWarning,
        stacklevel=level,
    )


def _is_reader(module: str) -> bool:
    """Whether code of this module belongs to `READERS`."""
    names = module.split(".")
    return names[0] in READERS or ".".join(names[:2]) in READERS


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
        return function(*map(_value, args), **{key: _value(value) for key, value in kwargs.items()})
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


def _value(item: Any) -> Any:
    if isinstance(item, Tensor):
        return item._data
    if isinstance(item, (list, tuple)) and any(isinstance(part, Tensor) for part in item):
        return type(item)(map(_value, item))
    return item


# --- the same meaning, other arguments ------------------------------------------------------------

_SPREADS = [at((3, 4)), at((3, 4), axis=0, ddof=1), at((2, 3, 2), axis=(0, 2), keepdims=True)]
_QUANTILES = [
    at((3, 4), 0.3),
    at((3, 4), 0.5, axis=0, method="midpoint"),
    at((5,), [0.1, 0.7], axis=0),
]
_MIDDLES = [at((3, 4)), at((3, 4), axis=1), at((3, 4), axis=0, keepdims=True)]
_RUNNING = [at((3, 4)), at((3, 4), axis=1), at((3,), axis=0)]


def numpy_twin(numpy: Callable, samples: Sequence[Sample] = ()) -> Callable:
    """Enter a function as what a NumPy function calls when it meets a tensor; the tests compare the
    two on the samples.
    """

    def enter(function: Any) -> Callable:
        numpy_functions[numpy] = function
        function.samples = samples
        return function

    return enter


@numpy_twin(np.transpose, [at((2, 3, 4)), at((2, 3, 4), axes=(2, 0, 1)), at(())])
def _numpy_transpose(a: Any, axes: Any = None) -> Any:
    return shape.transpose(a, axes)


@numpy_twin(np.flip, [at((2, 3)), at((2, 3), axis=1), at((2, 3, 2), axis=(0, 2))])
def _numpy_flip(m: Any, axis: Any = None) -> Any:
    return arrange.flip(m, tuple(range(m.ndim)) if axis is None else axis)


@numpy_twin(np.meshgrid, [at((2,), (3,))])
def _numpy_meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    return grids.meshgrid(*xi, indexing=indexing)


_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}


@numpy_twin(np.pad, [at((2, 3), 1), at((2, 3), ((0, 1), (2, 1))), at((4,), 2, mode="reflect")])
def _numpy_pad(
    array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0
) -> Any:
    """NumPy names the widths of the first dimension first, PyTorch those of the last."""
    if mode not in _MODES:
        raise TypeError(f"np.pad of a Tensor has the modes {', '.join(_MODES)}, got {mode!r}")
    pairs = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))[::-1].reshape(-1).tolist()
    fill = {"value": constant_values} if mode == "constant" else {}
    return padding.pad(array, pairs, _MODES[mode], **fill)


@numpy_twin(np.take, [at((3, 4), np.array([0, 2, 0]), 1), at((3, 4), np.array([5, -1]))])
def _numpy_take(a: Any, indices: Any, axis: int | None = None) -> Any:
    if axis is None:
        return gathering.take(a, indices)
    (dim,) = normal_dims(axis, a.ndim)
    return getitem(a, index=plain_index((*(slice(None),) * dim, np.asarray(indices)), a.ndim))


@numpy_twin(np.clip, [at((5,), -0.5, 0.7), at((2, 3), None, 0.1), at((3,), min=-0.1)])
def _numpy_clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Any:
    return choice.clamp(a, a_min if min is None else min, a_max if max is None else max)


@numpy_twin(np.nan_to_num, [at((2, 3)), at(np.array([1.0, np.nan, -np.inf, np.inf]), nan=2.0)])
def _numpy_nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    return choice.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@numpy_twin(np.sort, [at((3, 4), 0), at((3, 4), None)])
def _numpy_sort(a: Any, axis: int | None = -1) -> Any:
    if axis is None:
        return sorting.sort(a.reshape((-1,)), 0).values
    return sorting.sort(a, axis).values


@numpy_twin(np.var, _SPREADS)
def _numpy_var(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return statistics.var(_in_dtype(a, dtype), axis, keepdim=keepdims, correction=ddof)


@numpy_twin(np.std, _SPREADS)
def _numpy_std(
    a: Any, axis: Any = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    return statistics.std(_in_dtype(a, dtype), axis, keepdim=keepdims, correction=ddof)


def _in_dtype(a: Any, dtype: Any) -> Any:
    return a if dtype is None else a.to(dtype)


@numpy_twin(np.quantile, _QUANTILES)
def _numpy_quantile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    return statistics.quantile(a, q, axis, keepdims, interpolation=method)


@numpy_twin(np.nanquantile, _QUANTILES)
def _numpy_nanquantile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    return statistics.nanquantile(a, q, axis, keepdims, interpolation=method)


@numpy_twin(np.percentile, [at((3, 4), 30.0), at((3, 4), 70.0, axis=1, keepdims=True)])
def _numpy_percentile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    return _numpy_quantile(a, np.asarray(q) / 100, axis, method, keepdims)


@numpy_twin(np.median, _MIDDLES)
def _numpy_median(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's median is the middle of the two in the middle."""
    return _numpy_quantile(a, 0.5, axis, "midpoint", keepdims)


@numpy_twin(np.nanmedian, _MIDDLES)
def _numpy_nanmedian(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _numpy_nanquantile(a, 0.5, axis, "midpoint", keepdims)


@numpy_twin(np.cumsum, _RUNNING)
def _numpy_cumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return scan.cumsum(a.reshape(-1) if axis is None else a, axis or 0, dtype)


@numpy_twin(np.cumprod, _RUNNING)
def _numpy_cumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return scan.cumprod(a.reshape(-1) if axis is None else a, axis or 0, dtype)


@numpy_twin(np.cov, [at((2, 4)), at((5,)), at((4, 2), rowvar=False), at((2, 4), bias=True)])
def _numpy_cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, **weights: Any
) -> Any:
    if y is not None:
        raise TypeError("np.cov of a Tensor takes its variables in one: np.cov(np.stack([x, y]))")
    if ddof is None:
        ddof = 0 if bias else 1
    return statistics.cov(m if rowvar else m.T, correction=ddof, **weights)


@numpy_twin(np.corrcoef, [at((2, 4)), at((4, 2), rowvar=False)])
def _numpy_corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    if y is not None:
        raise TypeError(
            "np.corrcoef of a Tensor takes its variables in one: np.corrcoef(np.stack([x, y]))"
        )
    return statistics.corrcoef(x if rowvar else x.T)


@numpy_twin(np.dot, [at((2, 3), (3,)), at((2, 3), (2, 3, 2)), at((), (3,))])
def _numpy_dot(a: Any, b: Any) -> Any:
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if max(a.ndim, b.ndim) < 3:
        return matmul(a, b)
    return einsum.tensordot(a, b, ((-1,), (-min(b.ndim, 2),)))


@numpy_twin(np.vdot, [at((2, 3), (2, 3))])
def _numpy_vdot(a: Any, b: Any) -> Any:
    """It flattens its arguments."""
    return matmul(a.reshape((-1,)), b.reshape((-1,)))


@numpy_twin(np.outer, [at((2, 3), (2,))])
def _numpy_outer(a: Any, b: Any) -> Any:
    """It flattens its arguments."""
    return a.reshape((-1, 1)) * b.reshape((-1,))


@numpy_twin(np.trace, [at((3, 4), 1), at((2, 3, 4)), at((2, 3, 4), axis1=2, axis2=0)])
def _numpy_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return diagonal.diagonal(a, offset=offset, dim1=axis1, dim2=axis2).sum(-1)


@numpy_twin(np.linalg.svd, [at((3, 2), compute_uv=False), at(SAMPLE)])
def _numpy_svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    return factorisations.svd(a, full_matrices) if compute_uv else factorisations.svdvals(a)


@numpy_twin(np.linalg.norm, [at((2, 3)), at((2, 3), "nuc"), at((2, 3), 1, -1, True)])
def _numpy_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return norms.norm(x, ord, axis, keepdims)


@numpy_twin(np.zeros_like)
def _numpy_zeros_like(a: Any, dtype: Any = None) -> Any:
    return creation.zeros_like(a, dtype=dtype)


@numpy_twin(np.ones_like)
def _numpy_ones_like(a: Any, dtype: Any = None) -> Any:
    return creation.ones_like(a, dtype=dtype)


@numpy_twin(np.empty_like)
def _numpy_empty_like(a: Any, dtype: Any = None) -> Any:
    return creation.empty_like(a, dtype=dtype)


@numpy_twin(np.full_like)
def _numpy_full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    return creation.full_like(a, fill_value, dtype=dtype)
