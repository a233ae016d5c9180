"""The chain rule of a gradient, written out as mathematics with the numbers put in.

From `x` to `y` there may be exponentially many paths. So a result that is used several times gets a
line of its own, and every other line is the sum, over the uses of one node, of the products of
local derivatives up to the next such result.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ...core.errors import GraphError
from ...core.tensor import Tensor
from ..graph.listing import graph_of
from ..graph.naming import names_around
from ..graph.nodes import Graph, GraphNode
from ..graph.replay import Contribution, Numbers, Step, is_number
from ..graph.rules import Factor, Local, local_of
from ..graph.summary import summarize
from .mathtext import (
    FACTORS,
    bracketed,
    grouped,
    identifier,
    latex_array,
    latex_expression,
    latex_letters,
    latex_letters_kept,
    latex_number,
    latex_product,
    plain_math,
    wrapped_sum,
)

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


class Explanation:
    """A derivation. Shown as mathematics in a notebook, and as plain text elsewhere; ``.latex`` is
    its LaTeX.
    """

    def __init__(self, latex: str) -> None:
        self.latex = latex

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def __repr__(self) -> str:
        body = self.latex.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
        return plain_math(body)


def explain(y: Tensor, x: Tensor, names: dict[str, Tensor] | None = None) -> Explanation:
    """Write out how the gradient of ``y`` with respect to ``x`` comes about.

    Parameters
    ----------
    y : Tensor
        The result of a computation. Of single numbers, the chain rule is written with the local
        derivatives; of tensors, the backward sweep as textbooks write it: ∇ for the gradient of
        ``y`` by each result in between.
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
        y = a · b
    dy/da = ∂y/∂a
          = b
          = 3
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
        seed = None
        if not is_number(self.values[self.root]):
            seed = np.ones_like(self.values[self.root])
        taken, self.gradients = numbers.steps(seed)
        self.taken = [step for step in taken if step.node.key in reached]
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
        if self.numeric:
            for key in [*sorted(self.shared, reverse=True), self.source]:
                lines += self._derivative(key)
        else:
            lines += self._sweep()
        if len(lines) > LINES:
            lines = [*lines[:FIRST], " &\\;\\;\\vdots", *lines[-LAST:]]
        body = " \\\\\n".join(line for line in lines if line)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _derivative(self, key: int) -> list[str]:
        terms = [self._path(key, user) for user in sorted(self.users[key])]
        symbols = [
            latex_product([self._symbol(*edge) for edge in edges], " \\, ") for edges in terms
        ]
        rules = [
            latex_product([self._rule(*edge) for edge in edges], " \\cdot ") for edges in terms
        ]
        products = [
            latex_product([bracketed(self._number(*edge)) for edge in edges], " \\cdot ")
            for edges in terms
        ]
        total = latex_number(self.gradients[key])
        lines = [f"{self._ratio(self.root, key, total=True)} &= {wrapped_sum(symbols)}"]
        if rules not in (symbols, products):
            lines.append(f" &= {wrapped_sum(rules)}")
        if products != [total]:
            lines.append(f" &= {wrapped_sum(products)}")
        return [*lines, f" &= {total}"]

    def _rule(self, above: int, below: int, total: bool) -> str:
        """The local derivative along an edge as its rule has it; where there is none, its ratio."""
        node = self.graph.nodes[above]
        positions = [i for i, key in enumerate(node.inputs) if key == below]
        if total or not positions:
            return self._ratio(above, below, total)
        locals_ = [local_of(node.subject, position) for position in positions]
        if not all(local.text for local in locals_):
            return self._ratio(above, below, total)
        return grouped(" + ".join([self._said(local, node) for local in locals_]))

    def _said(self, local: Local, node: GraphNode) -> str:
        """A local derivative with the names that values have here."""

        def name_of(slot: int | str) -> str:
            key = node.inputs[slot] if isinstance(slot, int) else node.key
            return "" if key is None else self._operand(key)

        return latex_expression(local.said(name_of))

    # --- tensors: the sweep -----------------------------------------------------------------------

    def _sweep(self) -> list[str]:
        """What each operation hands back, latest first, and at last the gradient of ``x``."""
        lines = []
        root = self._nabla(self.root)
        start = "1"
        if not is_number(self.values[self.root]):
            start = "\\mathbf{1}"
        lines.append(f"{root} &= {start}")
        terms: dict[int, list[str]] = {}
        order: list[int] = []
        for step in self.taken:
            for part in step.contributions:
                if part.node.key in self.users or part.node.key == self.source:
                    terms.setdefault(part.node.key, []).append(self._handed_back(step, part))
                    if part.node.key not in order:
                        order.append(part.node.key)
        for key in sorted(order, reverse=True):
            if key >= self.source and (key == self.source or self._leads_on(key)):
                lines.append(f"{self._nabla(key)} &= {wrapped_sum(terms[key])}")
        value = self.gradients[self.source]
        if np.ndim(value) <= 2 and summarize(value).cells is not None:
            lines.append(f" &= {latex_array(value)}")
        else:
            shape = " \\times ".join(map(str, np.shape(value)))
            lines.append(f" &\\in \\mathbb{{R}}^{{{shape}}}")
        return lines

    def _leads_on(self, key: int) -> bool:
        """Whether a result was computed from ``x``."""
        return any(key == user for user, _ in self.local) or key in self.users

    def _nabla(self, key: int) -> str:
        return f"\\nabla {self._name(key)}"

    def _handed_back(self, step: Step, part: Contribution) -> str:
        """What an operation hands to one of its inputs: its own gradient times the local
        derivative.
        """
        own = self._nabla(step.node.key)
        local = local_of(step.node.subject, part.position)
        if local.factors:
            return " \\, ".join([self._factor(step, factor, own) for factor in local.factors])
        if not local.text:
            ratio = self._ratio(step.node.key, part.node.key, False)
            return f"\\left({ratio}\\right)^\\top \\, {own}"
        said = self._said(local, step.node)
        verb = ""
        if np.shape(part.value) != np.shape(step.upstream):
            verb = "\\operatorname{sum} " if np.size(part.value) < np.size(step.upstream) else ""
        if said == "1":
            return f"{verb}{own}"
        sign = "\\odot" if np.ndim(step.upstream) else "\\cdot"
        return f"{verb}{own} {sign} {grouped(said)}"

    def _factor(self, step: Step, factor: Factor, own: str) -> str:
        text = own
        if isinstance(factor.slot, int):
            key = step.node.inputs[factor.slot]
            text = "" if key is None else self._operand(key)
        if not factor.transposed:
            return text
        if text.startswith("\\nabla"):
            return f"({text})^\\top"
        return f"{text}^\\top"

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
        return self._ratio(above, below, total)

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
        if node.label.startswith("["):
            return f"{arguments[0]}{latex_letters_kept(node.label)}"
        if node.op in INFIX and len(arguments) == INFIX[node.op].count("{}"):
            return INFIX[node.op].format(*arguments)
        return f"\\operatorname{{{latex_letters(node.op)}}}({', '.join(arguments)})"

    def _operand(self, key: int) -> str:
        """An argument: by name, or its value where it is a number that the derivation says nothing
        else about.
        """
        aside = key != self.source and not any(key in edge for edge in self.local)
        if aside and not self.graph.nodes[key].name and np.shape(self.values[key]) == ():
            return bracketed(float(self.values[key]))
        return self._name(key)

    def _name(self, key: int) -> str:
        node = self.graph.nodes[key]
        if node.name:
            return identifier(node.name)
        return f"v_{{{node.number if node.number is not None else key}}}"


def _reached_from(graph: Graph, source: int) -> set[int]:
    """A node, and all that was computed from it."""
    reached = {source}
    for node in graph.nodes:
        if any(key in reached for key in node.inputs):
            reached.add(node.key)
    return reached
