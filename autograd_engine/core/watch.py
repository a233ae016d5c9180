"""What a sweep may look at besides adding up: targets in the middle of the graph, NaN under anomaly
detection, an observer.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Callable, Iterable, Sequence

import numpy as np

from .batched import Batched
from .cotangent import fitted
from .errors import AnomalyError, GraphError
from .modes import anomaly
from .node import LEAF, Node
from .primitive import Parts
from .tensor import Tensor

_by_index = attrgetter("index")


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
        self.inner = set() if wanted is None else leading_to(wanted, pending, since)
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
                    refuse_nan(node, value)
        if self.observe is not None:
            if not node.plan.exact:
                pairs = zip(node.inputs, values)
                values = [fitted(value, parent, node.plan, self.create) for parent, value in pairs]
            self.observe(node, g, values)
        return values

    def _leads_on(self, value: Any, parent: Any) -> bool:
        targets: Any = self.wanted
        return value is not None and (parent in targets or parent in self.inner)


def refuse_nan(node: Node, value: Any) -> None:
    """Raise if a contribution of a node is NaN."""
    parts = [value]
    if isinstance(value, Parts):
        parts = list(value.values())
    for part in parts:
        if isinstance(part, Tensor):
            part = part._data
        if type(part) is Batched:
            part = part.array
        if np.isnan(part).any():
            place = getattr(node, "trace", "")
            where = f"; the op was called at {place}" if place else ""
            shape = list(node.shape)
            raise AnomalyError(
                f"the gradient of {node.op.name} (output shape {shape}) is NaN{where}"
            )


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


def leading_to(wanted: set, roots: Iterable[Any], since: int) -> set:
    """Every node through which a gradient reaches a target: a target itself only if another lies
    behind it.
    """
    inner: set = set()
    for node in reversed(reachable(roots, since)):
        sources = [x for x in node.inputs if isinstance(x, (Node, Tensor))]
        if any(x in wanted or x in inner for x in sources):
            inner.add(node)
    return inner
