"""From tensors to the graph: a walk back to their leaves, without recursion, that lists what it
finds in the order of creation.

A node's key is its place in that list, so the same program gives the same graph, the same DOT text
and the same picture every time, whatever addresses its objects have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...core.watch import reachable
from ...core.memory import recorded_sweeps
from ...core.node import LEAF, Node
from ...core.tensor import Tensor
from .arguments import op_arguments, op_label
from .large import Piece, pieces
from .nodes import Graph, GraphNode, Scope
from .recorded import Recorded, wants_gradient
from .summary import summarize
from .wording import readable_source

LARGE = 5000
"""Above so many operations a graph is listed in pieces, see `large`."""

DERIVED = "in the colour of gradients: operations of a backward pass that was recorded itself"

FRESH = 3
"""Of a piece, so many leaves that nothing before it has used are shown, or none."""


def graph_of(
    outputs: Iterable[Tensor],
    names: dict[str, Any] | None = None,
    large: int = LARGE,
    scopes: Sequence[Scope] = (),
    recorded: Recorded | None = None,
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
    recorded : Recorded, optional
        What ran. With it the graph has every operation, and not only those that want a gradient.

    Returns
    -------
    Graph

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> print(graph_of([x * x], {"x": x}))
    #0 x: leaf float32[]
    #1 mul(#0, #0) float32[]
    """
    outputs = list(outputs)
    subjects = [_subject(tensor, recorded) for tensor in outputs]
    if recorded is None:
        operations = reachable(subjects)[::-1]
    else:
        operations = recorded.operations(subjects)
    is_large = len(operations) > large
    items: Sequence[Node | Piece] = operations
    if is_large:
        items = pieces(operations, scopes)
    listing = _Listing(names or {}, recorded)
    for item in items:
        listing.add(item)
    roots = tuple([listing.root(*pair) for pair in zip(outputs, subjects)])
    if is_large:
        for root, tensor in zip(roots, outputs):
            listing.nodes[root].value = summarize(tensor._data)
    if is_large:  # not every one is counted
        for node in listing.nodes:
            node.number = None
    notes = _hidden(listing.nodes, len(operations))
    if any(node.derived for node in listing.nodes):
        notes.append(DERIVED)
    known = {} if recorded is None else recorded.known
    return Graph(listing.nodes, roots, notes=notes, known=known)


def _subject(tensor: Tensor, recorded: Recorded | None = None) -> Any:
    """What stands for a tensor in the graph: an operation, a leaf, or its data."""
    if recorded is not None:
        return recorded.subject(tensor)
    if tensor.node is None:
        return tensor._data
    if tensor.node is LEAF:
        return tensor
    return tensor.node


def _hidden(nodes: list[GraphNode], operations: int) -> list[str]:
    """A note about what is not listed."""
    hidden = sum(node.members for node in nodes if node.kind == "group")
    if not hidden:
        return []
    share = f"{hidden:,} of {operations:,} operations"
    return [f"{share} are drawn in groups, without the values between them"]


def _is_derived(index: int) -> bool:
    """Whether an operation was recorded while a backward sweep was going on."""
    return any(start < index < end for start, end in recorded_sweeps)


class _Listing:
    """Nodes, each once. Leaves and constants are listed just before the first operation that uses
    them.
    """

    def __init__(self, names: dict[str, Any], recorded: Recorded | None) -> None:
        self.recorded = recorded
        self.nodes: list[GraphNode] = []
        self._keys: dict[Any, int] = {}  # by engine node or leaf
        # Addresses are safe: the graph's nodes hold the arrays meanwhile.
        self._arrays: dict[int, int] = {}
        self._names: dict[Any, str] = {}
        self._array_names: list[tuple[Any, str]] = []
        for name, tensor in names.items():
            if isinstance(tensor, Tensor):
                self._call(_subject(tensor, recorded), name)
                if recorded is not None and id(tensor) in recorded.taken:
                    self._call(recorded.taken[id(tensor)], name)
        if recorded is not None:
            for subject, name in recorded.names:
                self._call(subject, name)

    def _call(self, subject: Any, name: str) -> None:
        if isinstance(subject, (Tensor, Node)):
            self._names.setdefault(subject, name)
        else:
            self._array_names.append((subject, name))

    def _append(self, node: GraphNode) -> int:
        if node.kind != "group":
            node.number = node.key
        self.nodes.append(node)
        return node.key

    def add(self, item: Node | Piece) -> None:
        if isinstance(item, Piece):
            self._piece(item)
        else:
            self._operation(item)

    def _operation(self, node: Node) -> None:
        used = list(node.inputs)
        derived = _is_derived(node.index)
        in_place = False
        if self.recorded is not None:
            used += self.recorded.extra.get(node, ())
            derived = derived or node in self.recorded.derived
            in_place = node in self.recorded.written
        inputs = tuple([self._input(value) for value in used])
        shape, dtype = _output_type(node)
        self._keys[node] = self._append(
            GraphNode(
                key=len(self.nodes),
                kind="op",
                label=op_label(node.op, node.params, in_place),
                name=self._names.get(node),
                op=node.op.name,
                inputs=inputs,
                shape=shape,
                dtype=dtype,
                params=op_arguments(node.op, node.params),
                saved=_saved(node),
                derived=derived,
                in_place=in_place,
                wants=wants_gradient(node),
                source=readable_source(getattr(node, "trace", "")),
                subject=node,
            )
        )

    def _piece(self, piece: Piece) -> None:
        """One node for consecutive operations. What enters it is kept; leaves that nothing listed
        before has used are shown if few.
        """
        nodes = piece.nodes
        inside = set(nodes)
        values = [value for node in nodes for value in node.inputs]
        before = [value for value in values if type(value) is Node and value not in inside]
        leaves = list(dict.fromkeys([value for value in values if isinstance(value, Tensor)]))
        fresh = [leaf for leaf in leaves if leaf not in self._keys]
        if piece.name:
            fresh = [leaf for leaf in fresh if not is_parameter(leaf)]
        if len(fresh) <= FRESH:
            for leaf in fresh:
                self._leaf(leaf)
        owned = [leaf for leaf in leaves if leaf not in self._keys and is_parameter(leaf)]
        known = [leaf for leaf in leaves if leaf in self._keys]
        entering = [self._keys[value] for value in (*before, *known)]
        shape, dtype = _output_type(nodes[-1])
        group = GraphNode(
            key=len(self.nodes),
            kind="group",
            label=piece.label,
            name=piece.name,
            op="group",
            scope=piece.scope,
            derived=_is_derived(nodes[0].index) and _is_derived(nodes[-1].index),
            repeats=piece.repeats,
            parallel=piece.parallel,
            inputs=tuple(dict.fromkeys(entering)),
            members=len(nodes),
            parameters=sum(leaf.numel() for leaf in owned),
            subject=tuple(owned),
            shape=shape,
            dtype=dtype,
        )
        self._keys.update(dict.fromkeys(nodes, self._append(group)))

    def _input(self, value: Any) -> int | None:
        if type(value) is Node:
            return self._keys[value]
        if isinstance(value, Tensor):
            return self._leaf(value)
        if value is None:
            return None
        return self._constant(value)

    def root(self, tensor: Tensor, subject: Any) -> int:
        """The key of one of the tensors that are drawn."""
        if isinstance(subject, Tensor):
            key = self._leaf(subject)
        elif type(subject) is Node:
            key = self._keys[subject]
            self.nodes[key].name = tensor.name or self.nodes[key].name
        else:
            key = self._constant(subject, tensor.name)
        self.nodes[key].output = True
        return key

    def _leaf(self, tensor: Tensor) -> int:
        if tensor in self._keys:
            return self._keys[tensor]
        kind = "leaf"
        if is_parameter(tensor):
            kind = "parameter"
        key = self._keys[tensor] = self._append(
            GraphNode(
                key=len(self.nodes),
                kind=kind,
                label=kind,
                name=tensor.name or self._names.get(tensor),
                shape=tensor.shape,
                dtype=tensor.dtype.name,
                wants=tensor.requires_grad,
                owned=self.recorded is not None and id(tensor) in self.recorded.owned,
                subject=tensor,
            )
        )
        return key

    def _constant(self, value: Any, name: str | None = None) -> int:
        known = self._name_of(value)
        name = name or known
        if type(value) is not np.ndarray and known is None:  # each number is one of its own
            return self._append(constant_node(len(self.nodes), value, name))
        if id(value) not in self._arrays:
            self._arrays[id(value)] = self._append(constant_node(len(self.nodes), value, name))
        return self._arrays[id(value)]

    def _name_of(self, value: Any) -> str | None:
        return next((name for known, name in self._array_names if known is value), None)


def is_parameter(tensor: Tensor) -> bool:
    """Whether a tensor's class says so, by a true attribute ``is_parameter``."""
    return getattr(tensor, "is_parameter", False)


def _output_type(node: Node) -> tuple[tuple, str]:
    """The shape and the dtype of an operation's output; nothing where there are several."""
    if node.op.outputs == 0:
        return (), ""
    return node.shape, np.dtype(node.dtype).name


def constant_node(key: int, value: Any, name: str | None = None) -> GraphNode:
    """An array or a number that needs no gradient, as a node."""
    dtype = ""
    if hasattr(value, "dtype"):
        dtype = value.dtype.name
    shape = np.shape(value)
    return GraphNode(
        key, "constant", "constant", name, shape=shape, dtype=dtype, wants=False, subject=value
    )


def _saved(node: Node) -> tuple[int, ...]:
    """The positions of the inputs whose values the rules take, -1 for the output."""
    args = node.op.args
    positions: list[int] = []
    for name in node.plan.names:
        if name == "y":
            positions.append(-1)
        elif name in args:
            positions.append(args.index(name))
        elif "*" + name in args:
            positions.extend(range(len(node.inputs)))
    return tuple(positions)
