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

from ..core.errors import GraphError
from ..core.tensor import Tensor
from .graph import Graph, GraphNode, trace
from .replay import replay, steps
from .summary import number

FACTORS, LINES = 8, 12
"""Longer products, and longer derivations, are elided in the middle."""

INFIX = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} \\cdot {}",
    "div": "{} / {}",
    "matmul": "{} \\, {}",
    "pow": "{}^{{{}}}",
    "neg": "-{}",
}
GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega".split()


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
    from .view import names_around

    graph = trace(
        [y], names_around(None, sys._getframe(1)) if names is None else names, large=sys.maxsize
    )
    source = next(
        (
            node.key
            for node in graph.nodes
            if node.subject is x or (not x.is_leaf and node.subject is x.node)
        ),
        None,
    )
    if source is None or graph.outputs[0] == source:
        raise GraphError(
            "y was not computed from x through recorded operations, so there is no gradient to "
            "explain"
        )
    return Explanation(_Derivation(graph, source).text())


class _Derivation:
    """The nodes between ``x`` and ``y``, and the local derivatives along their edges."""

    def __init__(self, graph: Graph, source: int) -> None:
        self.graph, self.source, self.root = graph, source, graph.outputs[0]
        values = self.values = replay(graph)
        self.gradients: dict[int, Any] = {}
        reached = {source}
        for node in graph.nodes:
            if any(key in reached for key in node.inputs):
                reached.add(node.key)
        self.users: dict[int, list[int]] = {}
        self.local: dict[tuple[int, int], Any] = {}
        self.numeric = all(
            np.size(values[key]) == 1 and not isinstance(values[key], tuple) for key in reached
        )
        for step in steps(
            graph,
            values,
            None if np.size(values[self.root]) == 1 else np.ones_like(values[self.root]),
            self.gradients,
        ):
            for part in step.contributions:
                if part.node.key in reached and step.node.key in reached:
                    edge = (step.node.key, part.node.key)
                    if edge not in self.local:
                        self.users.setdefault(part.node.key, []).append(step.node.key)
                    self.local[edge] = self.local.get(edge, 0.0) + (
                        part.local if self.numeric else 0.0
                    )
        self.shared = {key for key, users in self.users.items() if len(users) > 1 and key != source}

    def text(self) -> str:
        shared = sorted(self.shared, reverse=True)
        lines = [
            self._definitions(),
            *[line for key in [*shared, self.source] for line in self._derivative(key)],
        ]
        if len(lines) > LINES:
            lines = [*lines[: LINES - 6], " &\\;\\;\\vdots", *lines[-5:]]
        return (
            "\\begin{aligned}\n"
            + " \\\\\n".join(line for line in lines if line)
            + "\n\\end{aligned}"
        )

    def _derivative(self, key: int) -> list[str]:
        terms = [self._path(key, user) for user in sorted(self.users[key])]
        symbols = [_product([self._symbol(*edge) for edge in edges], " \\, ") for edges in terms]
        lines = [f"{self._ratio(self.root, key, total=True)} &= {' + '.join(symbols)}"]
        if not self.numeric:
            return [*lines, f" &\\in \\mathbb{{R}}^{{{self._jacobian(self.root, key)}}}"]
        numbers = [
            _product([_bracketed(self._number(*edge)) for edge in edges], " \\cdot ")
            for edges in terms
        ]
        written = " + ".join(numbers)
        total = _latex_number(self.gradients[key])
        return lines + ([f" &= {written}"] if written != total else []) + [f" &= {total}"]

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
        return float(self.gradients[below] if total else self.local[above, below])

    def _ratio(self, above: int, below: int, total: bool) -> str:
        d = "\\mathrm{d}" if total else "\\partial"
        return f"\\frac{{{d} {self._name(above)}}}{{{d} {self._name(below)}}}"

    def _symbol(self, above: int, below: int, total: bool) -> str:
        ratio = self._ratio(above, below, total)
        return (
            ratio if self.numeric else f"\\underbrace{{{ratio}}}_{{{self._jacobian(above, below)}}}"
        )

    def _jacobian(self, above: int, below: int) -> str:
        return " \\times ".join(_shape(self.graph.nodes[key]) for key in (above, below))

    def _definitions(self) -> str:
        """What the names between stand for, if they are few."""
        on_the_way = [
            self.graph.nodes[key]
            for key in sorted({key for edge in self.local for key in edge})
            if self.graph.nodes[key].op
        ]
        if len(on_the_way) > FACTORS:
            return ""
        first, *others = [
            f"{self._name(node.key)} = {self._expression(node)}" for node in on_the_way
        ]
        return ", \\quad ".join([first.replace(" = ", " &= ", 1), *others])

    def _expression(self, node: GraphNode) -> str:
        arguments = [self._operand(key) for key in node.inputs if key is not None]
        if node.op in INFIX and len(arguments) == INFIX[node.op].count("{}"):
            return INFIX[node.op].format(*arguments)
        return f"\\operatorname{{{_plain(node.op)}}}({', '.join(arguments)})"

    def _operand(self, key: int) -> str:
        """An argument: by name, or its value where it is a number that the derivation says nothing
        else about.
        """
        node, value = self.graph.nodes[key], self.values[key]
        aside = key != self.source and not any(key in edge for edge in self.local)
        return (
            _bracketed(float(value))
            if aside and not node.name and np.shape(value) == ()
            else self._name(key)
        )

    def _name(self, key: int) -> str:
        node = self.graph.nodes[key]
        return _identifier(node.name) if node.name else f"v_{{{key}}}"


def _product(factors: list[str], sign: str) -> str:
    if len(factors) > FACTORS:
        factors = [*factors[: FACTORS // 2], "\\cdots", *factors[-FACTORS // 2 + 1 :]]
    return sign.join(factors)


def _latex_number(value: Any) -> str:
    text = number(float(value)) if not isinstance(value, int) else str(value)
    mantissa, e, exponent = text.partition("e")
    return (
        f"{mantissa} \\cdot 10^{{{int(exponent)}}}"
        if e
        else text.replace("nan", "\\mathrm{NaN}").replace("inf", "\\infty")
    )


def _bracketed(value: float) -> str:
    text = _latex_number(value)
    return f"({text})" if text.startswith("-") or "10^" in text else text


def _shape(node: GraphNode) -> str:
    return f"({','.join(map(str, node.shape))})" if node.shape else "1"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "\\\\_", text)


def _identifier(name: str) -> str:
    """A variable's name as mathematics: single letters and Greek ones in italics, digits after an
    underscore as an index.
    """
    found = re.fullmatch(r"([A-Za-z]|[a-z]+?)_?(\d*)", name)
    if found and (len(found[1]) == 1 or found[1] in GREEK):
        letter = found[1] if len(found[1]) == 1 else f"\\{found[1]}"
        return f"{letter}_{{{found[2]}}}" if found[2] else letter
    return f"\\mathrm{{{_plain(name)}}}"
