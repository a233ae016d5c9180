"""Which of our functions one of NumPy's calls when it meets a Tensor, and with what.

A function of the same meaning as an op calls that op, so the result is part of the graph. One that
only looks at values gets the arrays. Any other raises: silently losing the graph is the one thing
that must not happen.

An op names NumPy's function of the same meaning where it is declared. Where that takes other
arguments, the families here say what they mean. A keyword is honoured, or refused by name; none is
ignored.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any, Callable

import numpy as np

from . import (
    choosing,
    deviations,
    numerics,
    products,
    rearranged,
    reductions,
    shapes,
    standard,
)
from ...core.declaration import spelled
from ...core.primitive import numpy_functions
from ...core.tensor import Tensor
from ...ops import choice, reduction, scan, softmax
from .doors import watch_door
from .twin import array_like, without_graph, in_dtype

FAMILIES = (
    choosing,
    deviations,
    numerics,
    products,
    rearranged,
    reductions,
    shapes,
    standard,
)
"""The files of the functions that take NumPy's own arguments."""

LOOKERS: set[Callable] = {
    np.allclose,
    np.argwhere,
    np.array2string,
    np.array_equal,
    np.array_equiv,
    np.array_repr,
    np.array_str,
    np.can_cast,
    np.common_type,
    np.digitize,
    np.einsum_path,
    np.flatnonzero,
    np.iscomplex,
    np.iscomplexobj,
    np.isreal,
    np.isrealobj,
    np.lexsort,
    np.may_share_memory,
    np.min_scalar_type,
    np.ndim,
    np.nonzero,
    np.result_type,
    np.save,
    np.savetxt,
    np.savez,
    np.savez_compressed,
    np.searchsorted,
    np.shape,
    np.shares_memory,
    np.size,
}
"""Functions that only look at values: their result has no gradient, or is for the eye or a file."""

TAKERS: set[Callable] = {
    np.histogram,
    np.histogram2d,
    np.histogram_bin_edges,
    np.histogramdd,
    np.unique,
    np.unique_all,
    np.unique_counts,
    np.unique_inverse,
    np.unique_values,
}
"""Functions whose result holds values without their graph, which the user is told."""

NO_EFFECT = {"subok", "overwrite_input", "optimize", "kind", "stable", "like"}
"""Arguments of NumPy's that change no value: how to compute, or which class of array to give."""

ARRAYS = {
    *("a", "b", "x", "y", "m", "v", "A", "p", "arr", "array", "ary", "element", "test_elements"),
    *("condition", "values", "prepend", "append", "weights", "fp", "xp", "a_min", "a_max", "q"),
}
"""What NumPy calls arguments for which a list stands for an array."""


# --- ufuncs ---------------------------------------------------------------------------------------

_REDUCE: dict[np.ufunc, tuple[Callable, Any]] = {
    np.add: (reduction.sum, 0),
    np.multiply: (reduction.prod, 1),
    np.maximum: (reduction.amax, None),
    np.minimum: (reduction.amin, None),
    np.logaddexp: (softmax.logsumexp, -np.inf),
    np.logical_and: (reduction.all, True),
    np.logical_or: (reduction.any, False),
}
"""What reduces as a ufunc does, and the number that changes nothing, if there is one."""
_ACCUMULATE: dict[np.ufunc, Callable] = {
    np.add: scan.cumsum,
    np.multiply: scan.cumprod,
    np.logaddexp: scan.logcumsumexp,
    np.maximum: lambda x, axis: scan.cummax(x, axis).values,
    np.minimum: lambda x, axis: scan.cummin(x, axis).values,
}


def dispatch_ufunc(ufunc: np.ufunc, method: str, inputs: tuple, kwargs: dict) -> Any:
    """What ``Tensor.__array_ufunc__`` does."""
    if kwargs.get("out") is not None:
        target = kwargs["out"][0]
        raise TypeError(
            f"{numpy_name(ufunc)} cannot write a Tensor's result into {type(target).__name__}: the "
            "graph would be lost; write a = a + t in place of a += t, or compute with t.detach()"
        )
    ours = numpy_functions.get(ufunc) or _of_scipy(ufunc)
    if method == "__call__" and ours is not None:
        return _as_called(ufunc, ours, inputs, kwargs)
    if method == "outer" and ours is not None:
        a, b = map(array_like, inputs)
        return _as_called(ufunc, ours, (np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b), kwargs)
    if method == "reduce" and ufunc in _REDUCE and isinstance(inputs[0], Tensor):
        return _reduced(ufunc, *inputs, **kwargs)
    if method == "accumulate" and ufunc in _ACCUMULATE:
        return _accumulate_of(ufunc, *inputs, **kwargs)
    call = numpy_name(ufunc)
    if method != "__call__":
        call += f".{method}"
    raise TypeError(
        f"{call} is not defined for a Tensor; use an op of autograd_engine, or t.detach().numpy() "
        "if no gradient is needed"
    )


def _reduced(
    ufunc: np.ufunc,
    x: Tensor,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
    out: None = None,
) -> Tensor:
    """``ufunc.reduce``. Elements where ``where`` is false count as the number that changes nothing,
    or as ``initial``.
    """
    reduce, neutral = _REDUCE[ufunc]
    x = in_dtype(x, dtype)
    if where is not True:
        if neutral is None and initial is None:
            raise ValueError(f"{numpy_name(ufunc)}.reduce with where= needs initial=")
        x = choice.where(where, x, initial if neutral is None else neutral)
    y = reduce(x, dim=axis, keepdim=keepdims)
    return y if initial is None else numpy_functions[ufunc](y, initial)


def _accumulate_of(
    ufunc: np.ufunc, x: Tensor, axis: int = 0, dtype: Any = None, out: None = None
) -> Tensor:
    """``ufunc.accumulate``."""
    return _ACCUMULATE[ufunc](in_dtype(x, dtype), axis)


_UFUNC_DEFAULTS = {"where": (True,), "casting": ("same_kind",), "order": ("K", "C", "A")}


def _as_called(ufunc: np.ufunc, ours: Callable, inputs: tuple, kwargs: dict) -> Any:
    """A ufunc's call, with NumPy's keywords."""
    for name, value in kwargs.items():
        plain = isinstance(value, (bool, str)) and value in _UFUNC_DEFAULTS.get(name, ())
        if name not in ("dtype", "out", *NO_EFFECT) and not plain:
            raise _refused(ufunc, name, value)
    dtype = kwargs.get("dtype")
    if dtype is None:
        return ours(*map(array_like, inputs))
    result = ours(*[in_dtype(array_like(x), dtype) for x in inputs])
    if result.dtype != dtype:
        raise TypeError(f"{numpy_name(ufunc)} of a Tensor cannot give {np.dtype(dtype)}")
    return result


def _of_scipy(ufunc: np.ufunc) -> Callable | None:
    """Our function for one of SciPy's special ufuncs, if there is one."""
    special = sys.modules.get("scipy.special")
    if special is not None and getattr(special, ufunc.__name__, None) is ufunc:
        return numerics.of_scipy(ufunc.__name__)
    return None


# --- functions ------------------------------------------------------------------------------------


def dispatch_function(function: Callable, args: tuple, kwargs: dict) -> Any:
    """What ``Tensor.__array_function__`` does."""
    if function in numpy_functions:
        arrays, named = _arguments(function, args, kwargs)
        return numpy_functions[function](*arrays, **named)
    if function in TAKERS:
        for tensor in _tensors((args, kwargs)):
            watch_door(tensor)
    elif function not in LOOKERS and not function.__module__.startswith("numpy.testing"):
        raise TypeError(
            f"{numpy_name(function)} is not defined for a Tensor: its result would lose the graph; "
            "use an op of autograd_engine (the README lists them), or t.detach().numpy() if no "
            "gradient is needed"
        )
    return function(*without_graph(args), **without_graph(kwargs))


def _arguments(function: Callable, args: tuple, kwargs: dict) -> tuple[list, dict]:
    """The arguments of our function for those of NumPy's."""
    signature = _numpy_signature(function)
    if signature is None:
        return [*args], kwargs
    places = _places(function)
    given = signature.bind(*args, **kwargs)
    given.apply_defaults()
    arrays: list = []
    named: dict[str, Any] = {}
    for name, value in given.arguments.items():
        parameter = signature.parameters[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            arrays = [*named.values(), *map(array_like, value)]
            named = {}
        elif parameter.kind is parameter.VAR_KEYWORD:
            for key, more in value.items():
                if key not in places.values() and "kw" not in places:
                    raise _refused(function, key, more)
                named[key] = more
        elif name in places and name != "out":
            if value is not np._NoValue:
                if name in ARRAYS:
                    value = array_like(value)
                named[places[name]] = value
        elif name not in NO_EFFECT and not _same(value, parameter.default):
            raise _refused(function, name, value)
    return arrays, named


@functools.cache
def _numpy_signature(function: Callable) -> inspect.Signature | None:
    """NumPy's signature; None where an older NumPy does not tell it."""
    try:
        return inspect.signature(function)
    except ValueError:
        return None


@functools.cache
def _places(function: Callable) -> dict[str, str]:
    """What our function calls each argument of NumPy's.

    The name decides, in PyTorch's spelling or NumPy's; arguments without a default that are not
    found by name are those that stand in the same places.
    """
    signature: Any = _numpy_signature(function)
    ours = [*inspect.signature(numpy_functions[function]).parameters]
    found = {}
    for place, parameter in zip(ours, signature.parameters.values()):
        if parameter.default is parameter.empty:
            found[parameter.name] = place
    words = {name: spelled(name, ours) for name in signature.parameters}
    return (
        {place: place for place in ours}
        | found
        | {name: word for name, word in words.items() if word in ours}
    )


def _same(value: Any, default: Any) -> bool:
    """Whether an argument says what it says by default."""
    if value is default:
        return True
    return type(value) is type(default) and isinstance(value, (bool, int, str)) and value == default


def _refused(function: Any, name: str, value: Any) -> TypeError:
    if name == "out":
        return TypeError(
            f"{numpy_name(function)} cannot write a Tensor's result into an array: the graph would "
            "be lost"
        )
    return TypeError(
        f"{numpy_name(function)} of a Tensor does not take {name}={value!r}; leave it out, or "
        "compute with t.detach().numpy() if no gradient is needed"
    )


def numpy_name(function: Any) -> str:
    """How a user writes a function of NumPy's: ``np.linalg.det``."""
    name = function.__name__
    if isinstance(function, np.ufunc):
        return f"np.{name}" if getattr(np, name, None) is function else name
    return f"{function.__module__}.{name}".replace("numpy.", "np.", 1)


def _tensors(item: Any) -> list[Tensor]:
    """The tensors among arguments."""
    if isinstance(item, Tensor):
        return [item]
    if isinstance(item, dict):
        return _tensors([*item.values()])
    if isinstance(item, (list, tuple)):
        return [tensor for part in item for tensor in _tensors(part)]
    return []
