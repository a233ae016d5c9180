"""The graph as a program: a list of operations in the order in which they were recorded.

Creation order is a topological order, so whoever goes through the list meets inputs before what is
computed from them, and nothing recurses, however deep the graph. That is how graphs are pickled,
copied and computed again.
"""

from __future__ import annotations

import copy
import copyreg
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ..core import memory
from ..core.watch import reachable
from ..core.errors import GraphError
from .function import Function, _barrier, _intermediate
from ..core.hooks import RetainGrad
from ..core.modes import no_grad
from ..core.node import LEAF, Node
from ..core.primitive import Primitive, component, registry
from ..core.promotion import promoted
from ..core.saved import check_saved, same
from ..core.tensor import Tensor, wrap

_INNER = {op.name: op for op in (component, same, _barrier, _intermediate)}
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
    """The values of a graph, computed again, and recorded again as a graph of their own.

    Attributes
    ----------
    values : dict of Node to array
        The output of every operation (a tuple of arrays where an op has several), in order of
        creation.
    twins : dict of (Node or Tensor) to (Node or Tensor)
        What stands for each operation, and for each leaf, in the graph of its own. A sweep over
        that graph reaches no leaf of the user's and calls none of his hooks.
    seconds : dict of Node to float
        How long each operation took.
    changed : tuple
        The leaves and constants that were changed in place after an operation had used them. If
        there are any, the values are those of the leaves as they are now.
    """

    values: dict[Node, Any]
    twins: dict[Any, Any]
    seconds: dict[Node, float]
    changed: tuple

    def twin(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor of the graph (a leaf, or a result) in the graph of its own."""
        if tensor.node is not None and tensor.node is not LEAF:
            return self.result(tensor.node)
        if tensor not in self.twins:
            self.twins[tensor] = _rebuilt(Tensor, tensor._data, leaf=True, name=None)
        return self.twins[tensor]

    def result(self, node: Node) -> Tensor:
        """The result of an operation as a tensor, in the graph of its own."""
        result = wrap(self.values[node])
        result.node = self.twins[node]
        return result


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
    return run_again(operations(tensor))


def run_again(nodes: Sequence[Node], known: Mapping[Node, Any] | None = None) -> Replay:
    """Compute operations again, in this order: each after those that its inputs come from. What is
    ``known`` is not.
    """
    known = known or {}
    values: dict[Node, Any] = {}
    twins: dict[Any, Any] = {}
    seconds: dict[Node, float] = {}
    changed: dict[int, Any] = {}
    with no_grad(), np.errstate(all="ignore"):
        for node in nodes:
            changed.update((id(x), x) for x in node.inputs if changed_since(x, node.index))
            start = perf_counter()
            given = [_present(x, values) for x in node.inputs]
            if node.op.promote:
                given = promoted(given, node.op.promote)
            if node in known:
                value = values[node] = known[node]
            else:
                value = values[node] = _computed(node, given)
                seconds[node] = perf_counter() - start
            twins[node] = _twin(node, value, given, twins)
    return Replay(values, twins, seconds, tuple(changed.values()))


def _present(x: Any, values: dict[Node, Any]) -> Any:
    """The value of an operation's input as it is now."""
    if type(x) is Node:
        return values[x]
    if isinstance(x, Tensor):
        return x._data
    return x


def _computed(node: Node, given: Sequence[Any]) -> Any:
    """An operation's output, as the engine holds it: 0-d values are NumPy scalars."""
    out = node.op.forward(*given, **node.params)
    if node.op.outputs == 0:
        return tuple([np.asarray(part) for part in out])
    return np.asarray(out, dtype=node.dtype)[()]


def _twin(node: Node, value: Any, given: Sequence[Any], twins: dict[Any, Any]) -> Node:
    """The same operation on the twins of its inputs, as if it had just been recorded."""
    for x in node.inputs:
        if isinstance(x, Tensor) and x not in twins:
            twins[x] = _rebuilt(Tensor, x._data, leaf=True, name=None)
    twin = Node()
    twin.plan = node.op.plan(node.plan.wanted, node.plan.exact)  # without hooks
    twin.inputs = [twins.get(x, x) if isinstance(x, (Node, Tensor)) else x for x in node.inputs]
    twin.saved = node.plan.kept(value, given, node.params)
    twin.params = node.params
    twin.index = next(memory.clock)
    twin.shape = node.shape
    twin.dtype = node.dtype
    twin.hooks = None
    if node.op.outputs != 0:
        twin.shape = np.shape(value)
    return twin


def changed_since(x: Any, index: int) -> bool:
    return isinstance(x, (Tensor, np.ndarray)) and memory.written_since(x, index)


# --- pickle and copy ------------------------------------------------------------------------------


def aliased(tensor: Tensor) -> Tensor:
    """What ``copy.copy`` gives: another tensor on the same memory, at the same place in the
    graph."""
    result = _rebuilt(type(tensor), tensor._data, tensor.node is LEAF, tensor.name)
    result.__dict__.update(tensor.__dict__)
    result.node = tensor.node
    memory.share(tensor, result)
    return result


def copied(tensor: Tensor, memo: dict) -> Tensor:
    """What ``copy.deepcopy`` gives: a copy of a leaf, or the result of an operation on a copy of
    its whole graph.
    """
    if tensor.is_leaf:
        data = copy.deepcopy(_portable(tensor._data), memo)
        result = memo[id(tensor)] = _rebuilt(type(tensor), data, tensor.node is LEAF, tensor.name)
        result._grad = copy.deepcopy(getattr(tensor, "_grad", None), memo)
        result.__dict__.update(copy.deepcopy(tensor.__dict__, memo))
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
    kept = None
    grad = getattr(tensor, "_grad", None)
    if grad is not None or tensor.retains_grad or tensor.__dict__:
        kept = (grad, tensor.retains_grad, tensor.__dict__)
    if tensor.is_leaf:
        data = _portable(tensor._data)
        return _rebuilt, (type(tensor), data, tensor.node is LEAF, tensor.name), kept
    nodes = operations(tensor)
    for node in nodes:
        _check_movable(node)
    return _restored, (type(tensor), _portable(tensor._data), nodes, tensor.name), kept


@dataclass(frozen=True, slots=True)
class View:
    """A view as it is copied and pickled: with the whole buffer, which other tensors may share."""

    base: np.ndarray
    offset: int
    shape: tuple
    strides: tuple
    dtype: np.dtype

    def array(self) -> np.ndarray:
        """The view, into the buffer that came with it."""
        buffer = self.base.ravel(order="K").view("uint8")
        return np.ndarray(self.shape, self.dtype, buffer, self.offset, self.strides)


def _portable(data: Any) -> Any:
    """What is copied or pickled in place of a tensor's array: a view is to stay one."""
    if not isinstance(data, np.ndarray) or data.base is None or not data.size:
        return data
    base = memory.root(data)
    packed = base.size * base.itemsize == _bytes_spanned(base)
    if base is data or not packed or not data.flags.writeable:
        return data
    return View(base, _address(data) - _address(base), data.shape, data.strides, data.dtype)


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _bytes_spanned(array: np.ndarray) -> int:
    """The bytes from an array's first element to the end of its last."""
    low, high = byte_bounds(array)
    return high - low


def _settle_data(tensor: Tensor, data: Any) -> None:
    """Give a tensor the data that came with it, and the company of those that share it."""
    tensor._data = data
    if type(data) is View:
        tensor._data = data.array()
        memory.join(tensor, data.base)
    elif isinstance(data, np.ndarray):
        memory.join(tensor, data)


def _rebuilt(cls: type, data: Any, leaf: bool, name: str | None) -> Tensor:
    tensor: Tensor = object.__new__(cls)
    _settle_data(tensor, data)
    tensor.node = None
    tensor._grad = None
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
            f"a graph in which {node.op.name} (output shape {list(node.shape)}) has a hook cannot "
            "be pickled or copied; remove the hook, or detach() the tensor"
        )


def _restored(cls: type, data: Any, nodes: list[Node], name: str | None) -> Tensor:
    tensor: Tensor = object.__new__(cls)
    _settle_data(tensor, data)
    tensor.node = nodes[-1]
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
    node.plan = op.plan(wanted, exact)
    node.inputs = inputs
    node.saved = saved
    node.params = params
    node.shape = shape
    node.dtype = dtype
    node.index = next(memory.clock)
    node.hooks = None
    return node


def _reduce_op(op: Primitive) -> tuple:
    if registry.get(op.name) is op or _INNER.get(op.name) is op:
        return _find_op, (op.name,)
    cls = getattr(op.function, "__self__", None)
    if isinstance(cls, type) and issubclass(cls, Function):
        return _find_function, (cls, cls._ops.index(op))
    if op.batched is op:
        raise GraphError(
            f"{op.name} was computed inside of vmap, for many samples at once, and such a graph "
            "cannot be pickled; pickle values without a graph, y.detach()"
        )
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
