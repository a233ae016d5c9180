"""Hooks on a node: what `grad_fn.register_prehook` and `grad_fn.register_hook` leave behind.

They stand around the node's rules, in a plan of its own: a sweep over nodes without such hooks does
not even ask for them.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, Callable, Sequence

from .cotangent import fitted
from .errors import GraphError
from .hooks import Marked, RemovableHandle
from .node import Node
from .primitive import Plan, component
from .recorder import heeded_for
from .tensor import Tensor, wrap


class PreHook(Marked):
    """A hook that sees what arrives at a node."""


class PostHook(Marked):
    """A hook that sees what a node hands on."""


def register_hook(self: Node, hook: Callable) -> RemovableHandle:
    """Call ``hook(grad_inputs, grad_outputs)`` in each backward sweep, after the operation's rules.

    Parameters
    ----------
    hook : callable
        Gets two tuples: the gradient for each input of the operation (None where none is wanted),
        and that of its output (of each, where there are several). A tuple that it returns takes the
        place of the first.

    Returns
    -------
    RemovableHandle
        ``handle.remove()`` takes the hook away.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> a, b = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
    >>> y = a * b
    >>> handle = y.grad_fn.register_hook(lambda inputs, outputs: print(inputs, outputs))
    >>> y.backward()
    (tensor(3.), tensor(2.)) (tensor(1.),)
    """
    return RemovableHandle(_hooked(self), PostHook(hook))


def register_prehook(self: Node, hook: Callable) -> RemovableHandle:
    """Call ``hook(grad_outputs)`` in each backward sweep, after the tensor's hooks and before the
    operation's rules.

    Parameters
    ----------
    hook : callable
        Gets a tuple with the gradient of the output (of each, where there are several). A tuple
        that it returns takes its place.

    Returns
    -------
    RemovableHandle
        ``handle.remove()`` takes the hook away.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor(2.0, requires_grad=True)
    >>> y = x * 3
    >>> handle = y.grad_fn.register_prehook(lambda grads: (grads[0] * 10,))
    >>> y.backward(); x.grad
    tensor(30.)
    """
    return RemovableHandle(_hooked(self), PreHook(hook))


def metadata(self: Node) -> dict:
    """A dictionary for whatever a program wants to note about the operation."""
    try:
        return self._metadata
    except AttributeError:
        self._metadata = {}
        return self._metadata


def _hooked(node: Node) -> list:
    """The hooks of a node, whose plan calls them from now on."""
    if node.op is component:  # one output of several: the operation stands behind it
        node = node.inputs[0]
    if node.hooks is None:
        node.hooks = []
    if not any(isinstance(entry, (PreHook, PostHook)) for entry in node.hooks):
        # What is called refers to the inputs and not to the node, which would be a circle.
        plan = node.op.plan(node.plan.wanted, node.plan.exact)
        around = copy.copy(plan)
        around.pull = partial(_pull, plan, node.hooks, node.inputs)
        node.plan = around
    return node.hooks


def _pull(plan: Plan, hooks: list, inputs: Sequence[Any], g: Any, saved: Any) -> Sequence[Any]:
    """What the rules give, and the hooks before and after them."""
    given = g if plan.several else (g,)
    for entry in hooks:
        if isinstance(entry, PreHook):
            shown = _shown(given)
            given = _like(_called(entry.hook, shown), given)
    g = given if plan.several else given[0]
    if g is None:
        return [None] * len(inputs)
    values = plan.pull(g, saved)
    tensors = any(isinstance(x, Tensor) for x in given)
    for entry in hooks:
        if isinstance(entry, PostHook):
            pairs = zip(values, inputs)
            values = [fitted(value, parent, plan, tensors) for value, parent in pairs]
            values = _like(_called(entry.hook, _shown(values), _shown(given)), values)
    return values


def _shown(gradients: Sequence[Any]) -> tuple:
    """Cotangents as hooks see them."""
    return tuple([g if g is None or isinstance(g, Tensor) else wrap(g) for g in gradients])


def _called(hook: Callable, given: tuple, *others: tuple) -> tuple:
    """What a hook makes of the gradients that it is given first; None is no change."""
    try:
        with heeded_for([*given, *[g for each in others for g in each]]):
            result = hook(given, *others)
    except Exception as error:
        error.of_a_hook = True  # type: ignore[attr-defined]
        raise
    if result is None:
        return given
    name = getattr(hook, "__name__", repr(hook))
    if not isinstance(result, tuple):
        raise TypeError(f"the hook {name!r} returns a tuple or None, got {type(result).__name__}")
    if len(result) != len(given):
        raise GraphError(
            f"the hook {name!r} returned {len(result)} gradients in place of {len(given)}"
        )
    for new, old in zip(result, given):
        if new is not None and old is not None and new.shape != old.shape:
            raise GraphError(
                f"the hook {name!r} returned a gradient of shape {list(new.shape)} in place of "
                f"{list(old.shape)}"
            )
    return result


def _like(result: Sequence[Any], before: Sequence[Any]) -> tuple:
    """What hooks returned, as the sweep works: with tensors while it is recorded, else arrays."""
    found: list[Any] = list(result)
    for i, (new, old) in enumerate(zip(result, before)):
        if isinstance(new, Tensor) and not isinstance(old, Tensor):
            found[i] = new._data
    return tuple(found)
