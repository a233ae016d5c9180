"""The graph as plain data: nodes, and edges by position. Nothing here draws.

`trace` walks from tensors back to their leaves, without recursion, and lists what it finds in the
order of creation. A node's key is its place in that list, so the same program gives the same graph,
the same DOT text and the same picture every time, whatever addresses its objects have.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.watch import reachable
from ..core.node import LEAF, Node
from ..core.tensor import Tensor
from .large import Piece, cut
from .summary import Summary, summarize


@dataclass(slots=True)
class GraphNode:
    """A leaf, a constant, an operation, or (after folding) a group of them.

    Attributes
    ----------
    key : int
        The node's place in `Graph.nodes`; the only identity it has.
    kind : {"parameter", "leaf", "constant", "op", "group", "backward"}
        A parameter is a leaf that a module owns; a constant needs no gradient; "backward" is the
        gradient of another node.
    label : str
        What it is called in the picture: the op's symbol, or the kind of a leaf.
    inputs : tuple of (int or None)
        The key of each input by position; None where the op was called without. For a group,
        whatever enters it.
    """

    key: int
    kind: str
    label: str
    name: str | None = None
    op: str = ""
    inputs: tuple[int | None, ...] = ()
    shape: tuple = ()
    dtype: str = ""
    params: str = ""
    saved: tuple[
        int, ...
    ] = ()  # the positions of the inputs that the backward sweep needs; -1 is the output itself
    scope: int | None = (
        None  # the innermost call of a module that it happened in, as a place in `Graph.scopes`
    )
    source: str = ""
    output: bool = False
    failed: str = ""  # the error, where this is the op that raised it
    members: int = 1  # how many operations a group stands for
    parameters: int = 0  # how many numbers the parameters inside a group hold
    repeats: int = 1  # how many alike a group stands for
    fold: str | None = None  # what unfolds a group: the path of its module
    value: Summary | None = None
    grad: Summary | None = None
    flows: tuple[
        Summary | None, ...
    ] = ()  # the gradient that flows back to each input, by position
    seconds: float | None = None  # how long the op took when its value was computed for the picture
    twin: int | None = None  # of a backward node: the node whose gradient it is about
    heat: int | None = None  # the step of a colouring by amount
    subject: Any = field(
        default=None, repr=False, compare=False
    )  # the engine's Node, the leaf, the constant; of a piece, its leaves

    @property
    def nbytes(self) -> int:
        """The bytes of the output."""
        return (
            int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize
            if self.dtype
            else 0
        )

    @property
    def title(self) -> str:
        """The node in a few words, for lists and tooltips."""
        if self.kind == "group":
            return f"{self.name}: {self.label}" if self.name else self.label
        what = self.label if self.label == self.op or not self.op else f"{self.op} ({self.label})"
        return f"{self.name} = {what}" if self.name and self.op else self.name or what


@dataclass(frozen=True, slots=True)
class Edge:
    """The value of ``source`` used as argument number ``position`` of ``target``."""

    source: int
    target: int
    position: int
    saved: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One call of a module: a box around what happened in it."""

    path: str  # the module's attribute path; "" for the outermost
    kind: str  # its class
    parent: int | None
    start: float  # the engine's clock, on entry and on return
    end: float


@dataclass(slots=True)
class Graph:
    """Nodes in order of creation, inputs before their users; edges; and what the reader has to be
    told.
    """

    nodes: list[GraphNode]
    outputs: tuple[int, ...]
    scopes: tuple[Scope, ...] = ()
    notes: list[str] = field(default_factory=list)
    places: tuple[
        int, ...
    ] = ()  # after folding: for each node of the graph before, the node that it went into

    @property
    def edges(self) -> list[Edge]:
        """Every edge, by user and then by position."""
        return [
            Edge(source, node.key, position, position in node.saved)
            for node in self.nodes
            for position, source in enumerate(node.inputs)
            if source is not None
        ]

    def open_scopes(self) -> set[int]:
        """The calls of modules that have a node in them, at any depth."""
        found: set[int] = set()
        for node in self.nodes:
            scope = node.scope
            while scope is not None and scope not in found:
                found.add(scope)
                scope = self.scopes[scope].parent
        return found

    @property
    def operations(self) -> int:
        """How many operations were recorded."""
        return sum(node.members for node in self.nodes if node.kind in ("op", "group"))

    def __str__(self) -> str:
        return "\n".join(_line(node) for node in self.nodes)


def _line(node: GraphNode) -> str:
    arguments = (
        f"({', '.join('none' if i is None else f'#{i}' for i in node.inputs)})" if node.op else ""
    )
    value = f" = {node.value.text}" if node.value else ""
    gradient = f"  grad {node.grad.text}" if node.grad else ""
    what = f"{node.op}{arguments}" if node.op else node.kind
    return f"#{node.key} {node.name + ': ' if node.name else ''}{what} {node.dtype}{list(node.shape)}{value}{gradient}"


# --- from tensors to the graph --------------------------------------------------------------------


LARGE = 5000
"""Above so many operations a graph is listed in pieces, see `large`."""


def trace(
    outputs: Iterable[Tensor],
    names: dict[str, Any] | None = None,
    large: int = LARGE,
    scopes: Sequence[Scope] = (),
) -> Graph:
    """The graph that tensors were computed by.

    Parameters
    ----------
    outputs : iterable of Tensor
        Where to start; a leaf or a constant gives a graph of one node.
    names : dict of str to Tensor, optional
        What to call tensors that have no ``name`` of their own.
    large : int
        The number of operations above which not every one is listed.
    scopes : sequence of Scope, optional
        Calls of modules, by which a large graph is cut.

    Returns
    -------
    Graph

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> print(trace([x * x], {"x": x}))
    #0 x: leaf float32[]
    #1 mul(#0, #0) float32[]
    """
    outputs = list(outputs)
    builder = _Builder(names or {})
    operations = reachable(tensor.node for tensor in outputs if not tensor.is_leaf)[::-1]
    items = cut(operations, scopes) if len(operations) > large else operations
    for item in items:
        builder.piece(item) if isinstance(item, Piece) else builder.operation(item)
    roots = tuple([builder.tensor(tensor) for tensor in outputs])
    for root, tensor in zip(roots, outputs):
        builder.nodes[root].output = True
        builder.nodes[root].value = summarize(tensor._data) if len(operations) > large else None
    hidden = sum(node.members for node in builder.nodes if node.kind == "group")
    notes = (
        [
            f"{hidden:,} of {len(operations):,} operations are drawn in groups, without the values "
            "between them"
        ]
        if hidden
        else []
    )
    return Graph(builder.nodes, roots, notes=notes)


class _Builder:
    """Lists nodes, each once. Leaves and constants are listed just before the first operation that
    uses them.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.nodes: list[GraphNode] = []
        self._keys: dict[Any, int] = {}  # by engine node or leaf
        self._arrays: dict[
            int, int
        ] = {}  # by address, which is safe: the graph's nodes hold the arrays meanwhile
        self._names: dict[Any, str] = {}
        self._array_names: list[tuple[Any, str]] = []
        for name, tensor in names.items():
            if isinstance(tensor, Tensor):
                if tensor.node is None:
                    self._array_names.append((tensor._data, name))
                else:
                    self._names.setdefault(tensor if tensor.node is LEAF else tensor.node, name)

    def _add(self, node: GraphNode) -> int:
        self.nodes.append(node)
        return node.key

    def operation(self, node: Node) -> int:
        inputs = tuple([self.input(value) for value in node.inputs])
        op = node.op
        several = op.outputs == 0
        return self._keys.setdefault(
            node,
            self._add(
                GraphNode(
                    key=len(self.nodes),
                    kind="op",
                    label=_label(op, node.params),
                    name=self._names.get(node),
                    op=op.name,
                    inputs=inputs,
                    shape=() if several else node.shape,
                    dtype="" if several else np.dtype(node.dtype).name,
                    params=_static(node.params),
                    saved=_saved(node),
                    source=where(getattr(node, "trace", "")),
                    subject=node,
                )
            ),
        )

    def piece(self, piece: Piece) -> int:
        """One node for consecutive operations. What enters it is kept; leaves that nothing listed
        before has used are shown if few.
        """
        nodes = piece.nodes
        inside, values = set(nodes), [value for node in nodes for value in node.inputs]
        entering = dict.fromkeys(
            [self._keys[value] for value in values if type(value) is Node and value not in inside]
        )
        leaves = dict.fromkeys([value for value in values if isinstance(value, Tensor)])
        fresh = [
            leaf
            for leaf in leaves
            if leaf not in self._keys and not (piece.name and _is_parameter(leaf))
        ]
        shown = [self.leaf(leaf) for leaf in (fresh if len(fresh) <= 3 else ())]
        known = [self._keys[leaf] for leaf in leaves if leaf in self._keys]
        owned = [leaf for leaf in leaves if _is_parameter(leaf) and leaf not in self._keys]
        single = nodes[-1].op.outputs != 0
        group = self._add(
            GraphNode(
                key=len(self.nodes),
                kind="group",
                label=piece.label,
                name=piece.name,
                op="group",
                scope=piece.scope,
                repeats=piece.repeats,
                inputs=tuple(dict.fromkeys([*entering, *known, *shown])),
                members=len(nodes),
                parameters=sum(leaf.numel() for leaf in owned),
                subject=tuple(owned),
                shape=nodes[-1].shape if single else (),
                dtype=np.dtype(nodes[-1].dtype).name if single else "",
            )
        )
        self._keys.update(dict.fromkeys(nodes, group))
        return group

    def input(self, value: Any) -> int | None:
        if type(value) is Node:
            return self._keys[value]
        if isinstance(value, Tensor):
            return self.leaf(value)
        return None if value is None else self.constant(value)

    def tensor(self, tensor: Tensor) -> int:
        if tensor.node is None:
            return self.constant(tensor._data, tensor.name)
        if tensor.node is LEAF:
            return self.leaf(tensor)
        key = self._keys[tensor.node]
        self.nodes[key].name = tensor.name or self.nodes[key].name
        return key

    def leaf(self, tensor: Tensor) -> int:
        key = self._keys.get(tensor)
        if key is None:
            kind = "parameter" if _is_parameter(tensor) else "leaf"
            key = self._keys[tensor] = self._add(
                GraphNode(
                    key=len(self.nodes),
                    kind=kind,
                    label=kind,
                    name=tensor.name or self._names.get(tensor),
                    shape=tensor.shape,
                    dtype=tensor.dtype.name,
                    subject=tensor,
                )
            )
        return key

    def constant(self, value: Any, name: str | None = None) -> int:
        if type(value) is not np.ndarray:
            return self._add(constant_node(len(self.nodes), value, name or self._name_of(value)))
        if id(value) not in self._arrays:
            self._arrays[id(value)] = self._add(
                constant_node(len(self.nodes), value, name or self._name_of(value))
            )
        return self._arrays[id(value)]

    def _name_of(self, value: Any) -> str | None:
        return next((name for known, name in self._array_names if known is value), None)


def _is_parameter(tensor: Tensor) -> bool:
    return any(base.__name__ == "Parameter" for base in type(tensor).__mro__)


def constant_node(key: int, value: Any, name: str | None = None) -> GraphNode:
    """An array or a number that needs no gradient, as a node."""
    dtype = value.dtype.name if hasattr(value, "dtype") else ""
    return GraphNode(
        key, "constant", "constant", name, shape=np.shape(value), dtype=dtype, subject=value
    )


def _label(op: Any, params: dict) -> str:
    return f"[{params['index']}]" if op.name == "component" else op.symbol or op.name


def _static(params: dict) -> str:
    """The static arguments that say something, as text."""
    texts = [
        f"{key}={_short(value)}"
        for key, value in params.items()
        if value is not False and isinstance(value, _SHOWN)
    ]
    return ", ".join(texts)


_SHOWN = (int, float, str, tuple, list, slice, type(...), np.ndarray, np.generic, np.dtype, type)
"""What a reader can make something of; what an op keeps for itself is not shown."""


def _short(value: Any) -> str:
    text = f"{value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def where(source: str) -> str:
    """A line of source as a reader knows it: the file by its last name, a notebook's cell by its
    number.
    """
    found = re.fullmatch(r"(.+?):(\d+: .*)", source)
    return f"{_cell(found[1]) or os.path.basename(found[1])}:{found[2]}" if found else source


def _cell(filename: str) -> str | None:
    """What IPython calls the cell that it has compiled under this name; IPython is not loaded for
    it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return " ".join(shell.compile.format_code_name(filename) or ()) if shell else None


def _saved(node: Node) -> tuple[int, ...]:
    """The positions of the inputs whose values the rules take, -1 for the output."""
    op, positions = node.op, []
    for name in node.plan.names:
        if name == "y":
            positions.append(-1)
        elif name in op.args:
            positions.append(op.args.index(name))
        elif "*" + name in op.args:
            positions.extend(range(len(node.inputs)))
    return tuple(positions)
