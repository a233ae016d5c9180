"""Reverse-mode differentiation: order the graph, sweep it once from the end to the leaves, add up
what arrives.

The order is the order of creation, reversed. Each node hands its cotangent to its rules; what they
return is added to the cotangents of its inputs, without axes that broadcasting made, in its dtype.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import Any, Callable, Sequence

import numpy as np

from . import batched, memory
from .cotangent import accumulate, call_hooks, complete, fitted, owned
from .errors import GraphError, explain_rule
from .hooks import accumulated
from .modes import OFF, anomaly, on, recording
from .recorder import backward_calls, current
from .node import LEAF, Node
from .saved import check_saved, linked
from .tensor import Tensor, wrap
from .watch import Watch, key_of

ndarray = np.ndarray


def backward(
    tensors: Sequence[Tensor],
    gradients: Sequence[Any],
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate gradients into the ``.grad`` of leaves: what `Tensor.backward` calls."""
    batched.check_outside()
    targets = None if inputs is None else _sequence(inputs)
    found = sweep(tensors, gradients, targets, retain_graph, create_graph)
    with memory.accumulating:
        if targets is None:
            for leaf in found:
                if leaf.node is not None:  # not frozen since the forward pass
                    if leaf._grad is None:
                        leaf._grad = owned(found, leaf)
                    else:
                        accumulate(leaf, found, leaf)
        else:
            for target in targets:
                if key_of(target) in found:
                    accumulate(target, found, key_of(target))
    for leaf in found if targets is None else targets:
        if leaf.node is LEAF and leaf._hooks and leaf in found:
            accumulated(leaf)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
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
    is_grads_batched : bool
        ``grad_outputs`` and the results have a first dimension more: many cotangents in one sweep.
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
        If there are no outputs or no inputs; if ``only_inputs`` is False: use `Tensor.backward` to
        accumulate gradients.

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
    outputs = _sequence(outputs)
    inputs = _sequence(inputs)
    if not outputs or not inputs:
        what = "inputs" if outputs else "outputs"
        raise ValueError(f"grad() got no {what}; pass the tensors whose gradients are wanted")
    seeds = [None] * len(outputs)
    if grad_outputs is not None:
        seeds = _sequence(grad_outputs)
    if is_grads_batched:
        if grad_outputs is None:
            raise GraphError("is_grads_batched=True is said of grad_outputs, and there are none")
        options = (retain_graph, create_graph, True, allow_unused, False, materialize_grads)
        return batched.of_each(lambda *gs: grad(outputs, inputs, gs, *options))(*seeds)
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
    # Whether rules run on tensors:
    tensors = create_graph or current() is not None or bool(batched.open_levels.get())
    pending = _seeded(outputs, seeds, tensors)
    watch = None
    if targets is not None or observe is not None or anomaly.get():
        wanted = None if targets is None else {key_of(target) for target in targets}
        watch = Watch(pending, wanted, since, observe, tensors)
    started = next(memory.clock)
    try:  # in a context of its own, which ends with the sweep, whatever interrupts it
        return copy_context().run(_within, pending, retain, create_graph, tensors, watch)
    finally:
        if create_graph:
            memory.recorded_sweeps.append((started, next(memory.clock)))


def _within(pending: dict, retain: bool, create_graph: bool, tensors: bool, watch: Any) -> dict:
    """The sweep, recorded or not."""
    recording.set(on() if create_graph else OFF)
    with np.errstate(all="ignore"), backward_calls():
        _sweep(pending, retain, tensors, watch)
        return _deliver(pending, watch)


def _sweep(pending: dict, retain: bool, tensors: bool, watch: Watch | None) -> None:
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
            g = complete(node, g, tensors)
        if watch is not None and watch.ends(node, g):
            continue
        saved = node.saved
        if saved is None or index < last_write:
            check_saved(node)
        if tensors:
            saved = linked(node)
        try:
            values = plan.pull(g, saved)
        except Exception as error:
            explain_rule(node, g, error)
        if watch is not None:
            values = watch.passed(node, g, values)
        parents = node.inputs
        exact = plan.exact
        i = -1  # counting is quicker than zip()
        for value in values:
            i += 1
            if value is None:
                continue
            parent = parents[i]
            if not exact:
                value = fitted(value, parent, plan, tensors)
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


# --- before the sweep -----------------------------------------------------------------------------


def _seeded(outputs: Sequence[Tensor], seeds: Sequence[Any], tensors: bool) -> dict:
    """The cotangents to start with."""
    if len(outputs) != len(seeds):
        raise GraphError(f"got {len(outputs)} outputs and {len(seeds)} gradients for them")
    pending: dict = {}
    for result, given in zip(outputs, seeds):
        if not isinstance(result, Tensor) or result.node is None:
            raise GraphError(
                f"this {type(result).__name__} has no graph: it does not require gradients and "
                "neither does anything it was computed from; set requires_grad=True on the leaves "
                "before computing it"
            )
        seed = _first_cotangent(result, given)
        if not tensors:
            seed = seed._data
        key = key_of(result)
        if key in pending:
            seed = pending[key] + seed
        pending[key] = seed
    return pending


def _first_cotangent(result: Tensor, given: Any) -> Tensor:
    """The cotangent of one output: 1 for a single element, else what the user gave."""
    if given is None:
        if result._data.size != 1:
            raise GraphError(
                f"backward from a tensor of shape {list(result.shape)} needs a gradient to start "
                "from; reduce it to one element (.sum(), .mean()) or pass gradient="
            )
        return wrap(np.ones_like(result._data)[()])
    if not isinstance(given, Tensor):
        given = wrap(np.asarray(given))
    if given.shape != result.shape:
        raise GraphError(
            f"the gradient has shape {list(given.shape)}, the tensor {list(result.shape)}"
        )
    return given.to(result.dtype)


def _sequence(value: Any) -> list:
    return [value] if isinstance(value, (Tensor, ndarray)) else list(value)


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
