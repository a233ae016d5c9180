"""The chain rule of a gradient, written out as mathematics with the numbers put in.

From `x` to `y` there may be exponentially many paths. So a result that is used several times gets a
line of its own, and every other line is the sum, over the uses of one node, of the products of
local derivatives up to the next such result.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np

from ...core.errors import GraphError
from ...core.tensor import Tensor
from ..graph.listing import graph_of
from ..graph.naming import names_around
from ..graph.nodes import Graph, GraphNode
from ..graph.replay import Numbers, is_number
from ..graph.summary import number

FACTORS = 8
"""Longer products are elided in the middle."""

LINES = 12
FIRST = 6
LAST = 5
"""Longer derivations are elided in the middle: what stays of them."""

INFIX = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} \\cdot {}",
    "div": "{} / {}",
    "matmul": "{} \\, {}",
    "pow": "{}^{{{}}}",
    "neg": "-{}",
}
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi "
    "chi psi omega"
).split()


class Explanation:
    """A derivation. Shown as mathematics in a notebook; ``.latex`` is its text."""

    def __init__(self, latex: str) -> None:
        self.latex = latex

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def __repr__(self) -> str:
        return self.latex


def explain(y: Tensor, x: Tensor, names: dict[str, Tensor] | None = None) -> Explanation:
    """Write out how the gradient of ``y`` with respect to ``x`` comes about.

    Parameters
    ----------
    y : Tensor
        The result of a computation. With more than one element, shapes of Jacobians are shown and
        no numbers.
    x : Tensor
        A leaf, or a result in between.
    names : dict of str to Tensor, optional
        What to call them. By default the names of the caller's variables.

    Returns
    -------
    Explanation

    Raises
    ------
    GraphError
        If ``y`` was not computed from ``x``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.visual import explain
    >>> a, b = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
    >>> y = a * b
    >>> print(explain(y, a))
    \\begin{aligned}
    y &= a \\cdot b \\\\
    \\frac{\\mathrm{d} y}{\\mathrm{d} a} &= \\frac{\\partial y}{\\partial a} \\\\
     &= 3
    \\end{aligned}
    """
    known = names_around(names, sys._getframe(1).f_locals)
    graph = graph_of([y], known, large=sys.maxsize)
    subject: Any = x
    if not x.is_leaf:
        subject = x.node
    source = next((node.key for node in graph.nodes if node.subject is subject), None)
    if source is None or graph.outputs[0] == source:
        raise GraphError(
            "y was not computed from x through recorded operations, so there is no gradient to "
            "explain"
        )
    return Explanation(_Derivation(graph, source).text())


class _Derivation:
    """The nodes between ``x`` and ``y``, and the local derivatives along their edges."""

    def __init__(self, graph: Graph, source: int) -> None:
        self.graph = graph
        self.source = source
        self.root = graph.outputs[0]
        numbers = Numbers(graph)
        self.values = numbers.values
        reached = _reached_from(graph, source)
        self.numeric = all(is_number(self.values[key]) for key in reached)
        self.users: dict[int, list[int]] = {}
        self.local: dict[tuple[int, int], Any] = {}
        taken, self.gradients = numbers.steps()
        for step in taken:
            for part in step.contributions:
                if part.node.key in reached and step.node.key in reached:
                    self._add(step.node.key, part.node.key, part.local)
        self.shared = {key for key, users in self.users.items() if len(users) > 1 and key != source}

    def _add(self, user: int, key: int, local: Any) -> None:
        """Note an edge; of several between the same two nodes the local derivatives add up."""
        if (user, key) not in self.local:
            self.users.setdefault(key, []).append(user)
            self.local[user, key] = 0.0
        if self.numeric:
            self.local[user, key] = self.local[user, key] + local

    def text(self) -> str:
        lines = [self._definitions()]
        for key in [*sorted(self.shared, reverse=True), self.source]:
            lines += self._derivative(key)
        if len(lines) > LINES:
            lines = [*lines[:FIRST], " &\\;\\;\\vdots", *lines[-LAST:]]
        body = " \\\\\n".join(line for line in lines if line)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _derivative(self, key: int) -> list[str]:
        terms = [self._path(key, user) for user in sorted(self.users[key])]
        symbols = [
            _latex_product([self._symbol(*edge) for edge in edges], " \\, ") for edges in terms
        ]
        lines = [f"{self._ratio(self.root, key, total=True)} &= {' + '.join(symbols)}"]
        if not self.numeric:
            return [*lines, f" &\\in \\mathbb{{R}}^{{{self._jacobian(self.root, key)}}}"]
        products = [
            _latex_product([_bracketed(self._number(*edge)) for edge in edges], " \\cdot ")
            for edges in terms
        ]
        total = _latex_number(self.gradients[key])
        if products != [total]:
            lines.append(f" &= {' + '.join(products)}")
        return [*lines, f" &= {total}"]

    def _path(self, key: int, user: int) -> list[tuple[int, int, bool]]:
        """The edges from ``key`` up to the output or to the next result with a line of its own,
        outermost first.

        The last of each says whether it stands for that line, a total derivative, and not for a
        local one.
        """
        edges = [(user, key, False)]
        while user != self.root and user not in self.shared:
            (following,) = self.users[user]
            edges.append((following, user, False))
            user = following
        if user != self.root:
            edges.append((self.root, user, True))
        return edges[::-1]

    def _number(self, above: int, below: int, total: bool) -> float:
        if total:
            return float(self.gradients[below])
        return float(self.local[above, below])

    def _ratio(self, above: int, below: int, total: bool) -> str:
        d = "\\partial"
        if total:
            d = "\\mathrm{d}"
        return f"\\frac{{{d} {self._name(above)}}}{{{d} {self._name(below)}}}"

    def _symbol(self, above: int, below: int, total: bool) -> str:
        ratio = self._ratio(above, below, total)
        if self.numeric:
            return ratio
        return f"\\underbrace{{{ratio}}}_{{{self._jacobian(above, below)}}}"

    def _jacobian(self, above: int, below: int) -> str:
        return " \\times ".join(_latex_shape(self.graph.nodes[key]) for key in (above, below))

    def _definitions(self) -> str:
        """What the names between stand for, if they are few."""
        keys = sorted({key for edge in self.local for key in edge})
        on_the_way = [self.graph.nodes[key] for key in keys if self.graph.nodes[key].op]
        if len(on_the_way) > FACTORS:
            return ""
        lines = [f"{self._name(node.key)} = {self._expression(node)}" for node in on_the_way]
        lines[0] = lines[0].replace(" = ", " &= ", 1)
        return ", \\quad ".join(lines)

    def _expression(self, node: GraphNode) -> str:
        arguments = [self._operand(key) for key in node.inputs if key is not None]
        if node.op in INFIX and len(arguments) == INFIX[node.op].count("{}"):
            return INFIX[node.op].format(*arguments)
        return f"\\operatorname{{{_latex_letters(node.op)}}}({', '.join(arguments)})"

    def _operand(self, key: int) -> str:
        """An argument: by name, or its value where it is a number that the derivation says nothing
        else about.
        """
        aside = key != self.source and not any(key in edge for edge in self.local)
        if aside and not self.graph.nodes[key].name and np.shape(self.values[key]) == ():
            return _bracketed(float(self.values[key]))
        return self._name(key)

    def _name(self, key: int) -> str:
        node = self.graph.nodes[key]
        if node.name:
            return _identifier(node.name)
        return f"v_{{{node.number if node.number is not None else key}}}"


def _reached_from(graph: Graph, source: int) -> set[int]:
    """A node, and all that was computed from it."""
    reached = {source}
    for node in graph.nodes:
        if any(key in reached for key in node.inputs):
            reached.add(node.key)
    return reached


def _latex_product(factors: list[str], sign: str) -> str:
    """A product, elided in the middle where it is long."""
    if len(factors) > FACTORS:
        factors = [*factors[: FACTORS // 2], "\\cdots", *factors[-FACTORS // 2 + 1 :]]
    return sign.join(factors)


def _latex_number(value: Any) -> str:
    text = str(value)
    if not isinstance(value, int):
        text = number(float(value))
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{mantissa} \\cdot 10^{{{int(exponent)}}}"
    return text.replace("nan", "\\mathrm{NaN}").replace("inf", "\\infty")


def _bracketed(value: float) -> str:
    text = _latex_number(value)
    if text.startswith("-") or "10^" in text:
        return f"({text})"
    return text


def _latex_shape(node: GraphNode) -> str:
    if not node.shape:
        return "1"
    return f"({','.join(map(str, node.shape))})"


def _latex_letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "\\\\_", text)


def _identifier(name: str) -> str:
    """A variable's name as mathematics: single letters and Greek ones in italics, digits after an
    underscore as an index.
    """
    found = re.fullmatch(r"([A-Za-z]|[a-z]+?)_?(\d*)", name)
    if not found or (len(found[1]) > 1 and found[1] not in GREEK):
        return f"\\mathrm{{{_latex_letters(name)}}}"
    letter = found[1]
    if len(letter) > 1:
        letter = f"\\{letter}"
    if found[2]:
        return f"{letter}_{{{found[2]}}}"
    return letter
