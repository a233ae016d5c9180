"""Cotangents on their way: brought to the shape and dtype of their tensor, through its hooks, and
at last made a gradient that is nobody else's memory.

They are arrays, or tensors where the sweep itself is recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import batched, memory
from .batched import Batched
from .errors import GraphError
from .hooks import Marked, RetainGrad
from .node import Node
from .primitive import Plan, Primitive
from .recorder import heeded, heeded_for
from .summation import summed
from .tensor import Tensor, wrap

ndarray = np.ndarray


def fitted(value: Any, parent: Any, plan: Plan, create: bool) -> Any:
    """What a rule of the plan gave for the input ``parent``, in its shape and dtype."""
    if value is None:
        return None
    if create and not isinstance(value, Tensor):
        if type(value) is not ndarray or not value.ndim:
            value = np.asarray(value)[()]
        value = wrap(value)
    like = parent
    if type(parent) is not Node:
        like = parent._data
    if type(value) is ndarray:
        if value.dtype is like.dtype and value.shape == like.shape:
            return value
    elif type(value) is like.dtype or type(value) is type(like) is not Batched:
        return value
    return fit(value, parent, plan.op)


def fit(value: Any, parent: Any, op: Primitive) -> Any:
    """Undo broadcasting and promotion: bring a contribution to the shape and dtype of the input."""
    if hasattr(getattr(value, "shape", None), "levels"):
        return _fit_many(value, parent, op)
    return _fit(value, parent, op)


def _fit_many(value: Any, parent: Any, op: Primitive) -> Any:
    """The same for a contribution of many samples; as an array, where it was one."""
    with heeded():
        if isinstance(value, Tensor):
            return _fit(batched.collapse(value, parent.shape), parent, op)
        return _fit(batched.collapse(wrap(value), parent.shape), parent, op)._data


def _fit(value: Any, parent: Any, op: Primitive) -> Any:
    dtype = np.dtype(parent.dtype)
    if not isinstance(value, (ndarray, np.generic, Tensor)):
        value = np.asarray(value)[()]
    if value.shape != parent.shape:
        value = unbroadcast(value, parent.shape, op)
    if value.dtype == dtype:
        return value
    if isinstance(value, Tensor):
        return value.to(dtype)
    return value.astype(dtype)


def unbroadcast(value: Any, shape: tuple, op: Primitive) -> Any:
    """The sum over the axes along which an input of this shape was repeated."""
    lead = value.ndim - len(shape)
    kept = value.shape[max(lead, 0) :]
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, kept)):
        raise GraphError(
            f"the vjp of {op.name} returned shape {list(value.shape)} for an input of shape "
            f"{list(shape)}; "
            "it must return the shape of the input, or one that the input broadcasts to"
        )
    axes = (*range(lead), *(lead + i for i, (n, m) in enumerate(zip(shape, kept)) if n != m))
    return summed(value, axes).reshape(shape)


def complete(node: Node, g: Any, create: bool) -> Any:
    """The cotangent that the rules get: a tuple for an op with several outputs, and what the hooks
    make of it.
    """
    if node.op.outputs == 1:
        return call_hooks(node.hooks or [], g)
    if not node.op.materialize:
        return tuple([g.get(i) for i in range(len(node.shape))])
    parts = []
    for i, (shape, dtype) in enumerate(zip(node.shape, node.dtype)):
        part = g[i] if i in g else np.zeros(shape, dtype)
        if create and not isinstance(part, Tensor):
            part = wrap(part)
        parts.append(part)
    return tuple(parts)


def call_hooks(hooks: list[Any], g: Any) -> Any:
    """The gradient ``g`` as the tensor's hooks leave it. What is retained comes last."""
    own = [hook for hook in hooks if not isinstance(hook, Marked)]
    for hook in sorted(own, key=lambda hook: isinstance(hook, RetainGrad)):
        given = g
        if not isinstance(g, Tensor):
            given = wrap(g)
        with heeded_for([given]):
            result = hook(given)
        if result is None:
            continue
        if not isinstance(result, Tensor) or result.shape != given.shape:
            raise GraphError(
                f"a hook returned {result!r} for a gradient of shape {list(given.shape)}"
            )
        result = result.to(given.dtype)
        g = result if given is g else result._data
    return g


def owned(found: dict, key: Any) -> Tensor:
    """A tensor on a gradient that shares memory with nothing: on the array itself if nobody else
    has it, else on a copy.
    """
    value = found[key]
    if isinstance(value, Tensor):
        return value
    if type(value) is Batched:
        return wrap(value.copy())
    if type(value) is not ndarray:
        return wrap(value)
    del value  # a reference, which `unshared` would count
    if memory.unshared(found, key):
        return wrap(found[key])
    return wrap(found[key].copy())


def accumulate(target: Tensor, found: dict, key: Any) -> None:
    """Add the gradient ``found[key]`` to what the tensor has."""
    before = getattr(target, "_grad", None)
    value = found[key]
    if before is None:
        target._grad = owned(found, key)
    elif isinstance(value, Tensor):
        target._grad = before + value
    elif type(before._data) is ndarray:
        with np.errstate(all="ignore"):  # what is infinite is so in the gradient, and found there
            np.add(before._data, value, out=before._data)
        memory.record_write(before)
    else:
        before._data = before._data + value
