"""The values that nodes keep for their rules: whether they are still what they were, and how they
become part of the graph again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import memory
from .batched import Batched
from .errors import GraphError
from .node import Node
from .packing import Packed
from .primitive import Primitive, Rule, apply, output, record
from .tensor import wrap
from .tensor import Tensor

ndarray = np.ndarray


def check_saved(node: Node) -> None:
    """Raise if the graph was freed, or if a saved array was written to since."""
    op = node.op
    if node.saved is None:
        raise GraphError(
            f"the graph was freed: {op.name} (output shape {list(node.shape)}) was swept before; "
            "pass retain_graph=True to the first backward, or compute the output again"
        )
    if type(node.saved) is Packed:  # whoever packed a value answers for it
        return
    for name, value in zip(node.plan.names, node.saved):
        source = None
        if name in op.args:
            source = node.inputs[op.args.index(name)]
        holders = list(value) if type(value) is tuple else [value]
        for holder in [*holders, source]:
            if isinstance(holder, (ndarray, Tensor, Batched)) and memory.written_since(
                holder, node.index
            ):
                raise GraphError(
                    f"{op.name} saved {_described(name, source)} of shape {list(holder.shape)} for "
                    "its gradient, and it was changed in place since; clone() it before changing "
                    "it, or change it after backward()"
                )


def _described(name: str, source: Any) -> str:
    """What a saved value is, in words."""
    if name == "y":
        return "its output"
    if isinstance(source, Node):
        return f"its input {name!r} (the output of {source.op.name})"
    label = getattr(source, "name", None)
    return f"its input {name!r} ({label})" if label else f"its input {name!r}"


def linked(node: Node) -> tuple:
    """Saved values as tensors that are part of the graph, so that what a rule computes with them is
    recorded.
    """
    op = node.op
    values: list[Any] = []
    for name, value in zip(node.plan.names, node.saved):  # type: ignore[arg-type]
        if name == "y":
            values.append(_link_output(node, value))
        elif name in op.args:
            values.append(_link_input(node.inputs[op.args.index(name)], value))
        elif "*" + name in op.args:
            values.append(tuple(map(_link_input, node.inputs, value)))
        elif name.endswith("_place") and name[:-6] in op.args:
            values.append(_place(node.inputs[op.args.index(name[:-6])]))
        else:
            values.append(value)
    return tuple(values)


def _link_input(source: Any, value: Any) -> Any:
    if type(source) is Node:
        return wrap(value, source)
    if type(source) in (ndarray, Batched):
        return wrap(value)  # a tensor too: what an array's own methods make of tensors has no graph
    if not isinstance(source, Tensor):
        return value
    if value is source._data:
        return source
    return record(value, same.plan((True,)), (source,), (value,), {})


def _place(source: Any) -> Any:
    """A tensor of zeros in the place of an input whose values nobody kept."""
    if type(source) is Node:
        return wrap(np.broadcast_to(np.zeros((), source.dtype), source.shape), source)
    return source if isinstance(source, Tensor) else None


def _link_output(node: Node, value: Any) -> Any:
    if type(value) is not tuple:
        return wrap(value, node)
    parts: list[Any] = list(value)
    for i, part in enumerate(value):
        if part is not None:
            parts[i] = output(node, i, part)
    return tuple(parts)


same = Primitive("same", lambda x: x, ("x",), {}, (Rule(lambda g: g, ()),), batching="same")
"""A leaf's value as it was when it was saved (promoted, say) is linked to the leaf by this op."""


def link(tensor: Tensor) -> Tensor:
    """The same tensor with a node of its own: a gradient with respect to it counts only what was
    computed from the link.
    """
    return apply(same, (tensor,), {})
