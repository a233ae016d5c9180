"""One call of a function, made so that it can be differentiated without anybody noticing.

The transforms call a function once on inputs of its own, and remember where the graph of that call
begins. Inputs that the world outside wants gradients for are linked to it, so transforms nest to
any depth and a gradient also flows to tensors that the function merely uses; where nobody outside
wants one, the results carry no graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core.backward import sweep
from ..core.cotangent import owned
from ..core.watch import key_of
from ..tensors.creation import as_tensor
from ..core.errors import GraphError, ShapeError
from ..core.memory import clock
from ..core.modes import enable_grad, is_grad_enabled
from ..core.node import Node
from ..core.recorder import listening, note_alias
from ..core.tensor import wrap
from .pytree import leaves, tree_map
from ..core.saved import link
from ..core.tensor import Tensor


class Run:
    """One call of ``f(*args)`` on inputs of its own.

    Attributes
    ----------
    out, aux : pytree
        What ``f`` returned; with ``has_aux``, the two things that it returned.
    inputs, outputs : list of Tensor
        The leaves of the arguments and of ``out``.
    outside : bool
        Whether a gradient is wanted through this call from outside: by a linked input, or by a
        tensor that ``f`` uses.
    """

    def __init__(self, f: Callable, args: tuple, has_aux: bool = False) -> None:
        outer = is_grad_enabled()
        self.started = next(clock)
        self.args = tree_map(lambda x: fresh(x, outer), args)
        self.inputs = leaves(self.args)
        result = recorded(f, *self.args)
        self.out = result
        self.aux = None
        if has_aux:
            self.out, self.aux = _output_and_aux(result)
        self.outputs = leaves(tree_map(_checked_output, self.out))
        given = [x for x in [*self.outputs, *leaves(self.aux)] if isinstance(x, Tensor)]
        _, origins = reached(given, self.started)
        own = {id(x) for x in self.inputs}
        self.outside = outer and any(id(x) not in own for x in origins)

    def largest(self) -> int:
        """How many elements the largest result of an op in this call has."""
        nodes, _ = reached(self.outputs, self.started)
        shapes = [shape for node in nodes for shape in shapes_of(node)]
        return max(map(math.prod, [*shapes, *[x.shape for x in self.inputs]]), default=0)

    def release(self, tree: Any) -> Any:
        """Results for the outside: without the graph of this call where nobody outside wants a
        gradient.
        """
        return tree if self.outside else tree_map(cut, tree)

    def pull(self, outputs: list, cotangents: list, create: bool) -> list:
        """The gradients of the inputs for these cotangents of these outputs; zeros where nothing
        depends on an input.
        """
        found = self.reach(outputs, cotangents, self.inputs, create)
        return [zeros_of(x) if g is None else g for x, g in zip(self.inputs, found)]

    def reach(
        self, outputs: Sequence, cotangents: Sequence, inputs: list, create: bool
    ) -> list[Tensor | None]:
        """The gradients of these tensors, and None where nothing depends on one."""
        pairs = [(y, g) for y, g in zip(outputs, cotangents) if y is not None and y.requires_grad]
        if not pairs:
            return [None] * len(inputs)
        ys, gs = zip(*pairs)
        found = sweep(ys, gs, inputs, retain_graph=True, create_graph=create, since=self.started)
        return [owned(found, key_of(x)) if key_of(x) in found else None for x in inputs]

    def pushes(
        self, outputs: Sequence[Tensor], check: Callable | None = None
    ) -> Callable[[list, bool], list]:
        """The function from tangents of the inputs to tangents of the outputs.

        The gradients of the inputs are linear in the cotangents ``u``; differentiating them with
        respect to ``u`` gives the transposed map, whatever the value of ``u``. What they are is
        shown to ``check``.
        """
        us = [zeros_of(y).requires_grad_() if y.requires_grad else zeros_of(y) for y in outputs]
        found = recorded(self.reach, outputs, us, self.inputs, True)
        if check is not None:
            check(found)

        def push(tangents: list, create: bool) -> list:
            moved = iter(self.reach(found, tangents, [u for u in us if u.requires_grad], create))
            steps = [next(moved) if u.requires_grad else None for u in us]
            return [zeros_of(y) if step is None else step for y, step in zip(outputs, steps)]

        return push


def recorded(f: Callable, *args: Any) -> Any:
    """Call ``f`` with recording on."""
    if is_grad_enabled():
        return f(*args)
    with enable_grad():
        return f(*args)


def fresh(x: Any, outer: bool) -> Tensor:
    """An input for one call: a leaf on the same memory, or a link to ``x`` where gradients are
    wanted beyond it.
    """
    if not isinstance(x, Tensor):
        if not isinstance(x, (float, np.ndarray, np.generic)):
            raise TypeError(
                f"only tensors can be differentiated, got {type(x).__name__}; pass tensors (or "
                "tuples, lists, dicts of them), "
                "and leave other arguments out with argnums or a lambda"
            )
        x = as_tensor(x)
    if x._data.dtype.kind != "f":
        raise GraphError(
            "only floating point tensors can be differentiated, this one is "
            f"{x.dtype}{list(x.shape)}; convert it with .to('float32'), "
            "or leave it out with argnums or a lambda"
        )
    if outer and x.requires_grad:
        return link(x)
    return cut(x).requires_grad_()


def sources_of(tensors: Sequence[Tensor]) -> tuple:
    """What stands for tensors among the inputs of a node."""
    return tuple([x._data if x.node is None else key_of(x) for x in tensors])


def reached(tensors: Sequence[Tensor], started: int) -> tuple[set[Node], list]:
    """The nodes since the clock showed ``started`` that tensors were computed by, and what from:
    leaves, and earlier nodes.
    """
    found: dict = {}
    seen: set[Node] = set()
    stack: list = [key_of(x) for x in tensors if x.node is not None]
    while stack:
        x = stack.pop()
        if type(x) is Node and x.index > started:
            if x not in seen:
                seen.add(x)
                stack.extend(x.inputs)
        elif isinstance(x, (Node, Tensor)):
            found[x] = None
    return seen, list(found)


def shapes_of(node: Node) -> list[tuple]:
    """The shapes of what a node's op returned."""
    return list(node.shape) if node.plan.several else [node.shape]


def cut(x: Any) -> Any:
    """The tensor without its graph: on the same memory where it has any to share."""
    if not isinstance(x, Tensor):
        return x
    if isinstance(x._data, np.ndarray):
        return x.detach()
    alone = wrap(x._data)
    if listening:
        note_alias(x, alone)
    return alone


def zeros_of(x: Tensor) -> Tensor:
    return wrap(np.zeros_like(x._data))


def _checked_output(y: Any) -> Tensor:
    if not isinstance(y, Tensor):
        raise TypeError(
            "the function must return tensors (or tuples, lists, dicts of them), it returned "
            f"{type(y).__name__}"
        )
    return y


def _output_and_aux(result: Any) -> tuple:
    if not (isinstance(result, tuple) and len(result) == 2):
        raise TypeError(
            "with has_aux=True the function must return a pair (output, aux), it returned "
            f"{type(result).__name__}"
        )
    return result


def matching(given: Any, tree: Any, what: str) -> list:
    """The leaves of ``given`` as tensors, each of the shape of the leaf of ``tree`` that it belongs
    to.
    """

    def match(value: Any, x: Tensor) -> Tensor:
        value = as_tensor(value)
        if value.shape != x.shape:
            raise ValueError(
                f"a {what} has the shape {list(value.shape)}, it belongs to a tensor of shape "
                f"{list(x.shape)}"
            )
        return value if value.dtype == x.dtype else value.to(x.dtype)

    try:
        return leaves(tree_map(match, given, tree))
    except ValueError as error:
        raise ShapeError(
            f"{what}s are nested and shaped as the tensors that they belong to: {error}"
        ) from None


def is_wanted(run: Run, given: Sequence[Tensor]) -> bool:
    return is_grad_enabled() and (run.outside or any(x.requires_grad for x in given))
