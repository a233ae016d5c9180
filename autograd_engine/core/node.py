"""The node: one recorded operation, and the mark of those tensors at which gradients arrive.

Nodes refer to the nodes of their inputs, and so they are the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

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
        "__weakref__",
    )

    plan: Plan  # the op, and how its gradients are computed for the inputs that want one
    inputs: Sequence[Any]
    saved: (
        Sequence[Any] | None
    )  # the values that the plan's rules take; None once the graph is freed
    params: dict
    index: int  # creation order, which is a topological order
    shape: tuple
    dtype: (
        Any  # of the output: a numpy dtype, or the scalar type where the output is a NumPy scalar
    )
    hooks: list | None
    trace: str  # only under detect_anomaly: the line of source that made the node

    @property
    def op(self) -> Primitive:
        """The op that was applied."""
        return self.plan.op

    @property
    def name(self) -> str:
        """The op's name."""
        return self.plan.op.name

    @property
    def next_functions(self) -> tuple:
        """The nodes of the inputs, with None for leaves and constants."""
        return tuple(parent if type(parent) is Node else None for parent in self.inputs)

    def __repr__(self) -> str:
        return (
            f"<{''.join([part[:1].upper() + part[1:] for part in self.name.split('_')])}Backward>"
        )


class Leaf(Node):
    """What stands in the place of a node where a tensor was made by no operation, and a gradient is
    wanted.
    """

    __slots__ = ()

    name = "leaf"
    inputs = ()

    def __repr__(self) -> str:
        return "<Leaf>"


LEAF = Leaf()
"""The node of every leaf that requires a gradient: the tensor itself is the place where gradients
arrive.
"""
