"""The node: one recorded operation, and the mark of those tensors at which gradients arrive.

Nodes refer to the nodes of their inputs, and so they are the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Sequence

if TYPE_CHECKING:
    from .primitive import Plan, Primitive


class Node:
    """One recorded operation. Its inputs are nodes, leaf tensors, or constants (arrays and
    numbers).
    """

    __slots__ = (
        "plan",
        "inputs",
        "saved",
        "params",
        "index",
        "shape",
        "dtype",
        "hooks",
        "trace",
        "_metadata",
        "__weakref__",
    )

    plan: Plan  # the op, and how its gradients are computed for the inputs that want one
    inputs: Sequence[Any]
    saved: Any  # the values that the plan's rules take; None once the graph is freed
    params: dict
    index: int  # creation order, which is a topological order
    shape: tuple
    dtype: Any  # of the output: a numpy dtype, or the type where it is a NumPy scalar
    hooks: list | None
    trace: str  # only under detect_anomaly: the line of source that made the node
    _metadata: dict  # what a program notes about the node
    register_hook: Callable  # these three are attached in methods.py
    register_prehook: Callable
    metadata: Any

    @property
    def op(self) -> Primitive:
        """The op that was applied."""
        return self.plan.op

    def name(self) -> str:
        """What it is called: after the op, as `repr` has it."""
        words = [part[:1].upper() + part[1:] for part in self.op.name.split("_")]
        return f"{''.join(words)}Backward"

    @property
    def next_functions(self) -> tuple:
        """The nodes of the inputs, with None for leaves and constants."""
        return tuple(parent if type(parent) is Node else None for parent in self.inputs)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class Leaf(Node):
    """What stands in the place of a node where a tensor was made by no operation, and a gradient is
    wanted.
    """

    __slots__ = ()

    inputs = ()

    def name(self) -> str:
        """What it is called."""
        return "Leaf"


LEAF = Leaf()
"""The node of every leaf that requires a gradient: the tensor itself is the place where gradients
arrive.
"""
