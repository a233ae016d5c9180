"""The graph as a program: a list of operations in the order in which they were recorded.

Creation order is a topological order, so whoever goes through the list meets inputs before what is
computed from them, and nothing recurses, however deep the graph. That is how graphs are pickled,
copied and computed again.
"""

from __future__ import annotations

import copy
import copyreg
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import memory
from ..core.watch import reachable
from ..core.errors import GraphError
from .function import Function, _barrier
from ..core.hooks import RetainGrad
from ..core.modes import no_grad
from ..core.node import LEAF, Node
from ..core.primitive import Primitive, component, registry
from ..core.promotion import promoted
from ..core.saved import check_saved, same
from ..core.tensor import Tensor

_INNER = {op.name: op for op in (component, same, _barrier)}
"""Ops of the engine itself, which are in no family."""


def operations(tensor: Tensor) -> list[Node]:
    """Every operation that a tensor was computed by, earliest first; none for a leaf.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.transforms.program import operations
    >>> x = tensor(2.0, requires_grad=True)
    >>> operations((x * x).exp())
    [<MulBackward>, <ExpBackward>]
    """
    return reachable([tensor.node])[::-1] if not tensor.is_leaf else []


# --- computing it again ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Replay:
    """The values of a graph, computed again.

    Attributes
    ----------
    values : dict of Node to array
        The output of every operation (a tuple of arrays where an op has several), in order of
        creation.
    changed : tuple
        The leaves and constants that were changed in place after an operation had used them. If
        there are any, the values are those of the leaves as they are now.
    """

    values: dict[Node, Any]
    changed: tuple


def replay(tensor: Tensor) -> Replay:
    """Compute every operation behind a tensor again, from the leaves and constants.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.transforms.program import replay
    >>> x = tensor(2.0, requires_grad=True)
    >>> [float(value) for value in replay((x * x) + 1).values.values()]
    [4.0, 5.0]
    """
    values: dict[Node, Any] = {}
    changed: dict[int, Any] = {}
    with no_grad(), np.errstate(all="ignore"):
        for node in operations(tensor):
            changed.update((id(x), x) for x in node.inputs if changed_since(x, node.index))
            values[node] = computed(node, [_value(x, values) for x in node.inputs])
    return Replay(values, tuple(changed.values()))


def _value(x: Any, values: dict[Node, Any]) -> Any:
    return values[x] if type(x) is Node else x._data if isinstance(x, Tensor) else x


def computed(node: Node, inputs: Sequence[Any]) -> Any:
    op = node.op
    out = op.forward(*(promoted(inputs, op.promote) if op.promote else inputs), **node.params)
    return tuple(map(np.asarray, out)) if op.outputs == 0 else np.asarray(out, dtype=node.dtype)


def changed_since(x: Any, index: int) -> bool:
    return isinstance(x, (Tensor, np.ndarray)) and memory.written_since(x, index)


# --- pickle and copy ------------------------------------------------------------------------------


def aliased(tensor: Tensor) -> Tensor:
    """What ``copy.copy`` gives: another tensor on the same memory, at the same place in the
    graph."""
    result = _rebuilt(type(tensor), tensor._data, tensor.node is LEAF, tensor.name)
    result.node = tensor.node
    memory.share(tensor, result)
    return result


def copied(tensor: Tensor, memo: dict) -> Tensor:
    """What ``copy.deepcopy`` gives: a copy of a leaf, or the result of an operation on a copy of
    its whole graph.
    """
    if tensor.is_leaf:
        data = copy.deepcopy(tensor._data, memo)
        result = memo[id(tensor)] = _rebuilt(type(tensor), data, tensor.node is LEAF, tensor.name)
        result._grad = copy.deepcopy(getattr(tensor, "_grad", None), memo)
        return result
    memo.update((id(op), op) for op in {node.op for node in operations(tensor)})
    make, arguments, state = reduced(tensor)
    result = memo[id(tensor)] = make(*copy.deepcopy(arguments, memo))
    if state is not None:
        result.__setstate__(copy.deepcopy(state, memo))
    return result


def reduced(tensor: Tensor) -> tuple:
    """What is pickled: the data, and for the result of an operation the operations in order.

    Each operation refers to earlier ones only, which are pickled already when its turn comes. The
    gradient stands apart, because its own graph may lead back here.
    """
    state = (getattr(tensor, "_grad", None), tensor.retains_grad)
    kept = None if state == (None, False) else state
    if tensor.is_leaf:
        return _rebuilt, (type(tensor), tensor._data, tensor.node is LEAF, tensor.name), kept
    nodes = operations(tensor)
    for node in nodes:
        _check_movable(node)
    return _restored, (type(tensor), tensor._data, nodes, tensor.name), kept


def _rebuilt(cls: type, data: Any, leaf: bool, name: str | None) -> Tensor:
    tensor: Tensor = object.__new__(cls)
    tensor._data, tensor.node, tensor._grad = data, None, None
    if leaf:
        tensor.requires_grad_()
    if name is not None:
        tensor.name = name
    return tensor


def _check_movable(node: Node) -> None:
    if node.saved is not None and node.index < memory.last_write():
        check_saved(node)
    if any(not isinstance(hook, RetainGrad) for hook in node.hooks or ()):
        raise GraphError(
            f"a graph in which {node.name} (output shape {list(node.shape)}) has a hook cannot be "
            "pickled or copied; "
            "remove the hook, or detach() the tensor"
        )


def _restored(cls: type, data: Any, nodes: list[Node], name: str | None) -> Tensor:
    tensor: Tensor = object.__new__(cls)
    tensor._data, tensor.node = data, nodes[-1]
    if name is not None:
        tensor.name = name
    return tensor


def _reduce_node(node: Node) -> tuple:
    plan = node.plan
    return _make_node, (
        plan.op,
        plan.wanted,
        plan.exact,
        node.inputs,
        node.saved,
        node.params,
        node.shape,
        node.dtype,
    )


def _make_node(
    op: Primitive,
    wanted: tuple,
    exact: bool,
    inputs: tuple,
    saved: Any,
    params: dict,
    shape: tuple,
    dtype: Any,
) -> Node:
    node = Node()
    node.plan, node.inputs, node.saved, node.params = op.plan(wanted, exact), inputs, saved, params
    node.shape, node.dtype = shape, dtype
    node.index, node.hooks = next(memory.clock), None
    return node


def _reduce_op(op: Primitive) -> tuple:
    if registry.get(op.name) is op or _INNER.get(op.name) is op:
        return _find_op, (op.name,)
    cls = getattr(op.function, "__self__", None)
    if isinstance(cls, type) and issubclass(cls, Function):
        return _find_function, (cls, cls._ops.index(op))
    raise GraphError(
        f"the op {op.name!r} is not in the registry any more, so a pickled graph cannot name it; "
        "declare it once, under a name of its own"
    )


def _find_op(name: str) -> Primitive:
    op = registry.get(name) or _INNER.get(name)
    if op is None:
        raise GraphError(
            f"the pickled graph uses the op {name!r}, which is not declared here; import the "
            "module that declares it first"
        )
    return op


def _find_function(cls: type[Function], several: int) -> Primitive:
    return cls._ops[several]


copyreg.pickle(Node, _reduce_node)
copyreg.pickle(Primitive, _reduce_op)
