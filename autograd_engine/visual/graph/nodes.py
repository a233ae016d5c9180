"""What a graph is made of: nodes, edges by position, calls of modules. All of it plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .findings import Verdict
from .summary import ArraySummary


INDICES = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


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
    number : int or None
        By what number it is called where it has no name, in every picture of its graph and in
        what is written about it.
    function : bool
        Of a group: whether it is one call of a function, and reads as an operation.
    inputs : tuple of (int or None)
        The key of each input by position; None where the op was called without. For a group,
        whatever enters it.
    saved : tuple of int
        The positions of the inputs that the backward sweep needs; -1 is the output itself.
    scope : int or None
        The innermost call of a module that it happened in, as a place in `Graph.scopes`.
    input, output : bool
        Whether it was given to what is drawn, and whether it is what came out.
    derived : bool
        Whether a backward sweep that was itself recorded has made it.
    in_place : bool
        Whether it changed a tensor in place.
    wants : bool
        Whether a gradient flows back to it.
    owned : bool
        Of a leaf with a name: whether an object has it as its attribute, and so it is no input.
    failed : str
        The error, where this is the op that raised it.
    members, parameters, repeats : int
        Of a group: how many operations it stands for, how many numbers the parameters in it hold,
        how many alike it stands for.
    parallel : bool
        Whether those alike stand beside each other, and none uses what another has computed.
    value_scale, grad_scale : tuple of float
        Of a group: the root mean square of value and gradient, member by member. Of what runs over
        time: of the state after each step, and of the gradient that has come back to it there.
    steps : int
        How many steps in time these tell of.
    fold : str or None
        What unfolds a group: the path of its module.
    flows : tuple of (ArraySummary or None)
        The gradient that flows back to each input, by position.
    products : tuple of str
        The same as upstream × local = contribution, where these are single numbers.
    seconds : float or None
        How long the op took when its value was computed for the picture.
    twin : int or None
        Of a backward node: the node whose gradient it is about.
    heat : str or None
        The colour of a colouring by amount, as a role of the theme.
    badges : tuple of str
        What is wrong with it, see `verdict`.
    detached_from : str
        What it was computed from, where that wants a gradient and none flows back.
    subject : object
        The engine's Node, the leaf, the constant; of a group, the parameters in it.
    """

    key: int
    kind: str
    label: str
    name: str | None = None
    op: str = ""
    number: int | None = None
    function: bool = False
    inputs: tuple[int | None, ...] = ()
    shape: tuple = ()
    dtype: str = ""
    params: str = ""
    saved: tuple[int, ...] = ()
    scope: int | None = None
    source: str = ""
    input: bool = False
    output: bool = False
    derived: bool = False
    in_place: bool = False
    wants: bool = True
    owned: bool = False
    failed: str = ""
    members: int = 1
    parameters: int = 0
    repeats: int = 1
    parallel: bool = False
    value_scale: tuple[float, ...] = ()
    grad_scale: tuple[float, ...] = ()
    steps: int = 0
    fold: str | None = None
    value: ArraySummary | None = None
    grad: ArraySummary | None = None
    flows: tuple[ArraySummary | None, ...] = ()
    products: tuple[str, ...] = ()
    seconds: float | None = None
    twin: int | None = None
    heat: str | None = None
    badges: tuple[str, ...] = ()
    detached_from: str = ""
    subject: Any = field(default=None, repr=False, compare=False)

    @property
    def size(self) -> int:
        """The number of elements of the output."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """The bytes of the output."""
        if not self.dtype:
            return 0
        return self.size * np.dtype(self.dtype).itemsize

    @property
    def members_text(self) -> str:
        """What the scales tell of, in words."""
        if self.steps:
            return f"{self.steps} steps in time"
        return f"{max(len(self.value_scale), len(self.grad_scale))} results"

    @property
    def computed(self) -> bool:
        """Whether it is an operation, or several."""
        return self.kind in ("op", "group")

    @property
    def given(self) -> bool:
        """Whether it was there before any operation."""
        return self.kind in ("parameter", "leaf", "constant")

    @property
    def unnamed_constant(self) -> bool:
        return self.kind == "constant" and not self.name

    def flow(self, position: int) -> ArraySummary | None:
        """The gradient that flows back to an input."""
        if position < len(self.flows):
            return self.flows[position]
        return None

    def flow_text(self, position: int) -> str:
        """The same in words, as a product where it is one of single numbers."""
        flow = self.flow(position)
        if flow is None:
            return ""
        return self.products[position] or flow.text

    @property
    def times(self) -> str:
        """How often what a group stands for is there, in words: one after the other, or side by
        side; nothing if it is there once.
        """
        if self.repeats < 2:
            return ""
        if self.parallel:
            return f"{self.repeats} in parallel"
        return f"×{self.repeats}"

    @property
    def called(self) -> str:
        """Its name, or else its number as an index: v₂; of what has neither, its label."""
        if self.name or self.number is None:
            return self.name or self.label
        return f"v{str(self.number).translate(INDICES)}"

    @property
    def title(self) -> str:
        """The node in a few words, for lists and tooltips."""
        if self.kind == "group":
            return self._named(self.label, ": ")
        if not self.op:
            return self.name or self.label
        if self.label == self.op:
            return self._named(self.label, " = ")
        return self._named(f"{self.op} ({self.label})", " = ")

    def _named(self, what: str, sign: str) -> str:
        if not self.name:
            return what
        return f"{self.name}{sign}{what}"

    def __str__(self) -> str:
        what = self.kind
        if self.op:
            inputs = ["none" if key is None else f"#{key}" for key in self.inputs]
            what = f"{self.op}({', '.join(inputs)})"
        line = f"#{self.key} {self._named(what, ': ')} {self.dtype}{list(self.shape)}"
        if self.value:
            line += f" = {self.value.text}"
        if self.grad:
            line += f"  grad {self.grad.text}"
        return line


@dataclass(frozen=True, slots=True)
class Edge:
    """The value of ``source`` used as argument number ``position`` of ``target``."""

    source: int
    target: int
    position: int
    saved: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One call of a module, or of a function that takes several operations: a box around what
    happened in it.

    Attributes
    ----------
    path : str
        The module's attribute path; "" for the outermost.
    kind : str
        Its class.
    parent : int or None
        The call around it.
    start, end : float
        The engine's clock, on entry and on return.
    function : bool
        Whether it is a function, and not a module.
    params : tuple of (int, str)
        The arguments of a function that say something: their positions, and what is said.
    """

    path: str
    kind: str
    parent: int | None
    start: float
    end: float
    function: bool = False
    params: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Graph:
    """Nodes in order of creation, inputs before their users; edges; and what the reader has to be
    told.

    Attributes
    ----------
    places : tuple of int
        After folding: for each node of the graph before, the node that it went into.
    unused, frozen : tuple of str
        The parameters of the modules that were drawn which nothing here uses, or which want no
        gradient.
    verdict : Verdict
        What is wrong.
    known : dict of Node to array
        Results that are not to be computed again, such as random numbers.
    legend : tuple of (str, str)
        The colours of a colouring, as roles of the theme, and what each of them says.
    """

    nodes: list[GraphNode]
    outputs: tuple[int, ...]
    scopes: tuple[Scope, ...] = ()
    notes: list[str] = field(default_factory=list)
    places: tuple[int, ...] = ()
    unused: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    verdict: Verdict = Verdict()
    legend: tuple[tuple[str, str], ...] = ()
    known: dict[Any, Any] = field(default_factory=dict, repr=False)

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
        return sum(node.members for node in self.nodes if node.computed)

    @property
    def whole(self) -> bool:
        """Whether every operation is a node of its own."""
        return all(node.kind != "group" for node in self.nodes)

    @property
    def stopped(self) -> bool:
        """Whether an op raised an error."""
        return any(node.failed for node in self.nodes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.nodes))
