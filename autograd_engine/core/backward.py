"""Reverse-mode differentiation: order the graph, sweep it once from the end to the leaves, add up
what arrives.

The order is the order of creation, reversed. Each node hands its cotangent to its rules, and what
they return is added to the cotangents of its inputs. Two things are done here, once, so that no
rule has to: axes that broadcasting made are summed away, and the dtype of the input is restored.
"""

from __future__ import annotations

import threading
from operator import attrgetter
from typing import Any, Callable, Iterable, Sequence

import numpy as np

from . import memory
from .errors import AnomalyError, GraphError, explain_rule
from .hooks import RetainGrad
from .modes import OFF, ON, anomaly, recording
from .node import LEAF, Node
from .primitive import Parts, Primitive
from .saved import check_saved, linked
from .tensor import Tensor, wrap

ndarray = np.ndarray
_by_index = attrgetter("index")
_accumulating = threading.RLock()
"""One thread at a time adds to gradients: others may sweep towards the same leaf."""


def backward(
    tensors: Sequence[Tensor],
    gradients: Sequence[Any],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate gradients into the ``.grad`` of leaves: what `Tensor.backward` calls."""
    targets = None if inputs is None else _sequence(inputs)
    found = sweep(tensors, gradients, targets, retain_graph, create_graph)
    with _accumulating:
        if targets is None:
            for leaf in found:
                if leaf.node is not None:  # not frozen since the forward pass
                    if leaf._grad is None:
                        leaf._grad = owned(found, leaf)
                    else:
                        _accumulate(leaf, found, leaf)
        else:
            for target in targets:
                if key_of(target) in found:
                    _accumulate(target, found, key_of(target))


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple:
    """The gradients of ``outputs`` with respect to ``inputs``, returned and not accumulated.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What to differentiate. With several, the sum of their gradients is given.
    inputs : Tensor or sequence of Tensor
        Leaves or results in between.
    grad_outputs : Tensor or sequence, optional
        The cotangent of each output (needed for an output of more than one element).
    retain_graph, create_graph : bool
        See `Tensor.backward`.
    only_inputs : bool
        Always True; PyTorch programs say it.
    allow_unused : bool, optional
        Give None for an input that the outputs do not depend on, instead of raising.
    materialize_grads : bool
        Give zeros instead of None.

    Returns
    -------
    tuple of Tensor
        One gradient for each input.

    Raises
    ------
    RuntimeError
        If an input is not part of the graph, or does not require gradients.
    ValueError
        If ``only_inputs`` is False: use `Tensor.backward` to accumulate gradients.

    Examples
    --------
    >>> from autograd_engine import tensor, grad
    >>> x = tensor(3.0, requires_grad=True)
    >>> (dy,) = grad(x**3, x, create_graph=True); dy
    tensor(27., grad_fn=<MulBackward>)
    >>> grad(dy, x)
    (tensor(18.),)
    """
    if not only_inputs:
        raise ValueError(
            "grad() returns gradients and accumulates none, so only_inputs cannot be False; use "
            "backward() for that"
        )
    outputs, inputs = _sequence(outputs), _sequence(inputs)
    seeds = [None] * len(outputs) if grad_outputs is None else _sequence(grad_outputs)
    found = sweep(outputs, seeds, inputs, retain_graph, create_graph)
    results: list[Tensor | None] = []
    for i, x in enumerate(inputs):
        if key_of(x) in found:
            results.append(owned(found, key_of(x)))
        elif materialize_grads:
            results.append(wrap(np.zeros_like(x._data)))
        elif allow_unused:
            results.append(None)
        else:
            raise GraphError(
                f"input {i} (shape {list(x.shape)}) is not used in the graph of the outputs; "
                "pass allow_unused=True if its gradient may be None"
            )
    return tuple(results)


def sweep(
    outputs: Sequence[Tensor],
    seeds: Sequence[Any],
    targets: Sequence[Tensor] | None,
    retain_graph: bool | None,
    create_graph: bool,
    since: int = 0,
    observe: Callable | None = None,
) -> dict:
    """The cotangents of the leaves (or of the targets), in a dictionary by leaf tensor (or by
    node).

    With targets, nodes made before the clock showed ``since`` are looked at no further. For each
    node ``observe(node, g, values)`` is called: with its complete cotangent, and with what it hands
    to each of its inputs.
    """
    retain = create_graph if retain_graph is None else retain_graph
    pending = _seeded(outputs, seeds, create_graph)
    watch = None
    if targets is not None or observe is not None or anomaly.get():
        wanted = None if targets is None else {key_of(target) for target in targets}
        watch = Watch(pending, wanted, since, observe, create_graph)
    token = recording.set(ON if create_graph else OFF)
    try:
        with np.errstate(all="ignore"):
            _sweep(pending, retain, create_graph, watch)
            return _deliver(pending, watch)
    finally:
        recording.reset(token)


def _sweep(pending: dict, retain: bool, create: bool, watch: Watch | None) -> None:
    """Visit the nodes from the latest to the earliest; leave in ``pending`` what has arrived at the
    leaves.

    ``waiting`` holds the nodes that have a cotangent, by index. Indices are creation order and
    nearly dense, so counting down finds the next node; only a long gap is jumped.
    """
    waiting = {node.index: node for node in pending if type(node) is Node}
    index = max(waiting, default=0) + 1
    misses = 0
    last_write = memory.last_write()
    while waiting:
        index -= 1
        node = waiting.pop(index, None)
        if node is None:
            misses += 1
            if misses > len(waiting):
                index = max(waiting) + 1
                misses = 0
            continue
        g = pending.pop(node)
        plan = node.plan
        if node.hooks or plan.several:
            g = complete(node, g, create)
        if watch is not None and watch.ends(node, g):
            continue
        saved = node.saved
        if saved is None or index < last_write:
            check_saved(node)
        if create:
            saved = linked(node)
        try:
            values = plan.pull(g, saved)
        except Exception as error:
            explain_rule(node, g, error)
        if watch is not None:
            values = watch.passed(node, g, values)
        exact = plan.exact
        for parent, value in zip(node.inputs, values):
            if value is None:
                continue
            if not exact:
                value = _fitted(value, parent, node, create)
            if parent not in pending:
                pending[parent] = value
                if type(parent) is Node:
                    waiting[parent.index] = parent
            elif type(value) is ndarray and memory.unshared(pending, parent):
                pending[parent] += value
            else:
                pending[parent] = pending[parent] + value
        if plan.frees and not retain:
            node.saved = None


class Watch:
    """What a sweep looks at besides: targets, NaN under anomaly detection, an observer.

    Where only some targets are ``wanted``, a gradient is handed on by the ``inner`` nodes alone,
    from which one is reached, and the cotangents of targets that are nodes are ``found``.
    """

    def __init__(
        self,
        pending: dict,
        wanted: set | None,
        since: int,
        observe: Callable | None,
        create: bool,
    ) -> None:
        self.wanted = wanted
        self.inner = set() if wanted is None else _leading_to(wanted, pending, since)
        self.found: dict = {}
        self.observe = observe
        self.inspect = anomaly.get()
        self.create = create

    def ends(self, node: Node, g: Any) -> bool:
        """Note the complete cotangent of a target; say whether the sweep goes no further here."""
        if self.wanted is None:
            return False
        if node in self.wanted:
            self.found[node] = g
        return node not in self.inner

    def passed(self, node: Node, g: Any, values: Sequence[Any]) -> Sequence[Any]:
        """What a node hands on of the values that its rules gave."""
        if self.wanted is not None:
            pairs = zip(node.inputs, values)
            values = [value if self._leads_on(value, parent) else None for parent, value in pairs]
        if self.inspect:
            for value in values:
                if value is not None:
                    _inspect(node, value)
        if self.observe is not None:
            pairs = zip(node.inputs, values)
            values = [_fitted(value, parent, node, self.create) for parent, value in pairs]
            self.observe(node, g, values)
        return values

    def _leads_on(self, value: Any, parent: Any) -> bool:
        return value is not None and (parent in self.wanted or parent in self.inner)


def _fitted(value: Any, parent: Any, node: Node, create: bool) -> Any:
    """A contribution in the shape and dtype of its input."""
    if value is None:
        return None
    if create and not isinstance(value, Tensor):
        value = wrap(np.asarray(value)[()])
    if type(value) is ndarray:
        like = parent if type(parent) is Node else parent._data
        if value.dtype is like.dtype and value.shape == like.shape:
            return value
    elif type(value) is (parent.dtype if type(parent) is Node else type(parent._data)):
        return value
    return fit(value, parent, node.op)


def fit(value: Any, parent: Any, op: Primitive) -> Any:
    """Undo broadcasting and promotion: bring a contribution to the shape and dtype of the input."""
    shape, dtype = parent.shape, np.dtype(parent.dtype)
    if not isinstance(value, (ndarray, np.generic, Tensor)):
        value = np.asarray(value)[()]
    if value.shape != shape:
        value = _unbroadcast(value, shape, op)
    if value.dtype != dtype:
        value = value.astype(dtype) if not isinstance(value, Tensor) else value.to(dtype)
    return value


def _unbroadcast(value: Any, shape: tuple, op: Primitive) -> Any:
    lead = value.ndim - len(shape)
    kept = value.shape[lead:] if lead >= 0 else ()
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, kept)):
        raise GraphError(
            f"the vjp of {op.name} returned shape {list(value.shape)} for an input of shape "
            f"{list(shape)}; "
            "it must return the shape of the input, or one that the input broadcasts to"
        )
    axes = (*range(lead), *(lead + i for i, (n, m) in enumerate(zip(shape, kept)) if n != m))
    return value.sum(axes).reshape(shape)


# --- before the sweep -----------------------------------------------------------------------------


def _seeded(outputs: Sequence[Tensor], seeds: Sequence[Any], create: bool) -> dict:
    """The cotangents to start with: ones for a single element, else what the user gave."""
    if len(outputs) != len(seeds):
        raise GraphError(f"got {len(outputs)} outputs and {len(seeds)} gradients for them")
    pending: dict = {}
    for result, seed in zip(outputs, seeds):
        if not isinstance(result, Tensor) or result.node is None:
            raise GraphError(
                f"this {type(result).__name__} has no graph: it does not require gradients and "
                "neither does anything "
                "it was computed from; set requires_grad=True on the leaves before computing it"
            )
        if seed is None:
            if result._data.size != 1:
                raise GraphError(
                    f"backward from a tensor of shape {list(result.shape)} needs a gradient to "
                    "start from; "
                    "reduce it to one element (.sum(), .mean()) or pass gradient="
                )
            seed = result.dtype.type(1) if result._data.ndim == 0 else np.ones_like(result._data)
            seed = wrap(seed) if create else seed
        else:
            value = seed._data if isinstance(seed, Tensor) else np.asarray(seed)
            if value.shape != result.shape:
                raise GraphError(
                    f"the gradient has shape {list(value.shape)}, the tensor {list(result.shape)}"
                )
            if value.dtype != result.dtype:
                seed = (
                    seed.to(result.dtype)
                    if create and isinstance(seed, Tensor)
                    else value.astype(result.dtype)
                )
            elif not create:
                seed = value
            if create and not isinstance(seed, Tensor):
                seed = wrap(seed)
        key = key_of(result)
        pending[key] = pending[key] + seed if key in pending else seed
    return pending


def reachable(roots: Iterable[Any], since: int = 0) -> list[Node]:
    """Every node that the roots were computed from (after the clock showed ``since``), latest
    first.
    """
    stack = [root for root in roots if type(root) is Node and root.index > since]
    seen = set(stack)
    while stack:
        for parent in stack.pop().inputs:
            if type(parent) is Node and parent not in seen and parent.index > since:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_by_index, reverse=True)


def _leading_to(wanted: set, roots: Iterable[Any], since: int) -> set:
    """Every node through which a gradient reaches a target: a target itself only if another lies
    behind it.
    """
    inner: set = set()
    for node in reversed(reachable(roots, since)):
        for parent in node.inputs:
            if (type(parent) is Node or isinstance(parent, Tensor)) and (
                parent in wanted or parent in inner
            ):
                inner.add(node)
                break
    return inner


def key_of(tensor: Tensor) -> Any:
    """What stands for a tensor in the sweep: the tensor itself for a leaf, else its node."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"gradients are taken with respect to tensors, got {type(tensor).__name__}")
    if tensor.node is None:
        raise GraphError(
            f"a tensor of shape {list(tensor.shape)} does not require gradients; set "
            "requires_grad=True before computing with it"
        )
    return tensor if tensor.node is LEAF else tensor.node


def _sequence(value: Any) -> list:
    return [value] if isinstance(value, (Tensor, ndarray)) else list(value)


# --- during the sweep -----------------------------------------------------------------------------


def complete(node: Node, g: Any, create: bool) -> Any:
    """The cotangent that the rules get: a tuple for an op with several outputs, and what the hooks
    make of it.
    """
    if node.op.outputs == 0:
        if not node.op.materialize:
            return tuple([g.get(i) for i in range(len(node.shape))])
        parts = [
            g[i] if i in g else np.zeros(shape, dtype)
            for i, (shape, dtype) in enumerate(zip(node.shape, node.dtype))
        ]
        return tuple(
            [wrap(part) if create and not isinstance(part, Tensor) else part for part in parts]
        )
    return call_hooks(node.hooks, g)  # type: ignore[arg-type]


def call_hooks(hooks: list[Callable], g: Any) -> Any:
    """The gradient ``g`` (an array, or a tensor where it is recorded) as the hooks leave it."""
    raw = not isinstance(g, Tensor)
    for hook in sorted(
        hooks, key=lambda hook: isinstance(hook, RetainGrad)
    ):  # what is retained is what flows on
        given = wrap(g) if raw else g
        result = hook(given)
        if result is not None:
            if not isinstance(result, Tensor) or result.shape != given.shape:
                raise GraphError(
                    f"a hook returned {result!r} for a gradient of shape {list(given.shape)}"
                )
            result = result.to(given.dtype)
            g = result._data if raw else result
    return g


def _inspect(node: Node, value: Any) -> None:
    parts = value.values() if isinstance(value, Parts) else (value,)
    if any(np.isnan(part._data if isinstance(part, Tensor) else part).any() for part in parts):
        where = getattr(node, "trace", "")
        raise AnomalyError(
            f"the gradient of {node.op.name} (output shape {list(node.shape)}) is NaN"
            + (f"; the op was called at {where}" if where else "")
        )


# --- after the sweep ------------------------------------------------------------------------------


def _deliver(pending: dict, watch: Watch | None) -> dict:
    """The complete cotangents of the leaves, through the hooks on them, added to those of the other
    targets.
    """
    found = pending
    if watch is not None and watch.wanted is not None:
        found = watch.found
        found.update({leaf: pending[leaf] for leaf in watch.wanted if leaf in pending})
        pending.clear()  # nobody else is to refer to the arrays
    for leaf in found:
        if type(leaf) is not Node and leaf._hooks:
            found[leaf] = call_hooks(leaf._hooks, found[leaf])
    return found


def owned(found: dict, key: Any) -> Tensor:
    """A tensor on a gradient that shares memory with nothing: the array itself if nobody else has
    it, else a copy.
    """
    value = found[key]
    if type(value) is ndarray:
        del value  # a reference, which `unshared` would count
        return wrap(found[key] if memory.unshared(found, key) else found[key].copy())
    return value if isinstance(value, Tensor) else wrap(value)


def _accumulate(target: Tensor, found: dict, key: Any) -> None:
    before = target._grad if target.node is LEAF else getattr(target, "_grad", None)
    value = found[key]
    if before is None:
        target._grad = owned(found, key)
    elif isinstance(value, Tensor):
        target._grad = before + value
    elif type(before._data) is ndarray:
        with np.errstate(
            all="ignore"
        ):  # what is infinite or NaN is so in the gradient, and found there
            np.add(before._data, value, out=before._data)
        memory.record_write(before)
    else:
        before._data = before._data + value
