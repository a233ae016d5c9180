"""The local derivative of an operation as mathematics, from the text of the op's rule: what a step
of the backward sweep multiplies by.

A rule says what becomes of the cotangent ``g``. Where that is a product with ``g``, element by
element or of matrices, the other factor is written with the names of the values that are there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.node import Node
from ...core.ruletext import rule_text
from .nodes import GraphNode
from .summary import number

UPSTREAM = "g"
OUTPUT = "y"
"""How rules call the cotangent and the output."""

WRAPPERS = frozenset(["tied", "spread_back"])
"""Functions that leave the numbers of their first argument as they are."""

POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Factor:
    """A matrix in a product: the cotangent, or an argument by its position."""

    slot: int | str
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Local:
    """What the gradient of one argument is computed by.

    Attributes
    ----------
    names : tuple of str
        What the arguments are called in the text.
    text : str
        The local derivative, which the upstream gradient is multiplied by element by element;
        nothing if it is not of that kind.
    factors : tuple of Factor
        The two matrices whose product it is; nothing if it is not of that kind.
    words : str
        Else, what the rule says.
    """

    names: tuple[str, ...] = ()
    text: str = ""
    factors: tuple[Factor, ...] = ()
    words: str = ""

    def said(self, name_of: Callable[[int | str], str]) -> str:
        """The local derivative with the names that values have; ``name_of`` gives them by the
        position of an argument, or by "y".
        """
        slots = {name: place for place, name in enumerate(self.names)} | {OUTPUT: OUTPUT}
        if self.text in slots:
            return name_of(slots[self.text])
        known = "|".join(map(re.escape, slots))
        text = re.sub(
            rf"(?<![\w.])({known})(?![A-Za-z0-9_(])",
            lambda found: _in_brackets(name_of(slots[found[1]])),
            self.text,
        )
        return re.sub(r"\^\((\d+)−1\)", lambda found: _power(int(found[1]) - 1), text)


def _power(exponent: int) -> str:
    return "" if exponent == 1 else str(exponent).translate(POWERS)


def _in_brackets(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def local_of(node: Node, position: int) -> Local:
    """What the gradient of an argument of an operation is computed by."""
    op = node.op
    if op.joint is not None:
        text = rule_text(op.joint)
        return Local(words="" if re.fullmatch("`[^`]*`", text) else text.replace("`", ""))
    starred = op.args[0].startswith("*")
    place = 0 if starred else position
    rule = op.rules[place] if place < len(op.rules) else None
    if rule is None:
        return Local()
    text = rule_text(rule)
    names = tuple(op.args)
    first = re.match(r"`([^`]*)`", text)
    if first is None or starred:
        return Local(names, words=text.replace("`", ""))
    factors = _factors(first[1], names)
    if factors:
        return Local(names, factors=factors)
    params = {name: _literal(value) for name, value in node.params.items()}
    many = str(_size(node.inputs[position]) // max(int(np.prod(node.shape)), 1))
    local = re.sub(r"length\([^()]*\)", many, _without_upstream(first[1], params))
    if local and "_" not in local:
        return Local(names, text=pretty(local))
    if text == first[0]:  # a rule's code, which nobody wants to read here
        return Local(names)
    return Local(names, words=text.replace("`", ""))


def _size(x: Any) -> int:
    """How many elements an input of an operation has."""
    return int(np.prod(getattr(x, "shape", ()), dtype=np.int64))


def _literal(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return ""


def _factors(text: str, names: tuple[str, ...]) -> tuple[Factor, ...]:
    """The factors of ``g.T @ x`` or ``g bᵀ``."""
    slots = {name: place for place, name in enumerate(names)}
    found = []
    for part in re.split(r" @ | ", text):
        bare = part.removesuffix(".T").removesuffix("ᵀ")
        if bare != UPSTREAM and bare not in slots:
            return ()
        found.append(Factor(slots.get(bare, UPSTREAM), bare != part))
    return tuple(found) if len(found) == 2 else ()


def _without_upstream(text: str, params: dict[str, str]) -> str:
    """The factor beside ``g`` in an expression; nothing if there is none."""
    try:
        expression = ast.parse(text, mode="eval").body
    except SyntaxError:  # mathematics in a docstring, such as b a^(b-1)
        return text if not re.search(rf"\b{UPSTREAM}\b", text) else ""
    for part in ast.walk(expression):
        if isinstance(part, ast.Name) and params.get(part.id):
            part.id = params[part.id]
    if not _has_upstream(expression):
        return ""
    factor = _factor(expression)
    return "" if factor is None else ast.unparse(factor)


def _has_upstream(expression: ast.expr) -> bool:
    return any(isinstance(x, ast.Name) and x.id == UPSTREAM for x in ast.walk(expression))


def _factor(x: ast.expr) -> ast.expr | None:
    """What ``g`` is multiplied by; None where it is not only multiplied."""
    if isinstance(x, ast.Name):
        return ast.Constant(1)
    if isinstance(x, ast.UnaryOp) and isinstance(x.op, ast.USub):
        inner = _factor(x.operand)
        return None if inner is None else ast.UnaryOp(x.op, inner)
    if isinstance(x, ast.Call) and isinstance(x.func, ast.Name) and x.func.id in WRAPPERS:
        return _factor(x.args[0])
    if not isinstance(x, ast.BinOp) or not isinstance(x.op, (ast.Mult, ast.Div)):
        return None
    left = _has_upstream(x.left)
    if left and _has_upstream(x.right) or not left and isinstance(x.op, ast.Div):
        return None
    inner = _factor(x.left if left else x.right)
    if inner is None:
        return None
    if isinstance(x.op, ast.Mult) and _is_one(inner):
        return x.right if left else x.left
    if isinstance(x.op, ast.Mult) and _is_one(getattr(inner, "operand", None)):
        return ast.UnaryOp(ast.USub(), x.right if left else x.left)
    return ast.BinOp(inner, x.op, x.right) if left else ast.BinOp(x.left, x.op, inner)


def _is_one(x: object) -> bool:
    return isinstance(x, ast.Constant) and x.value == 1


def pretty(text: str) -> str:
    """An expression of Python as mathematics.

    >>> pretty("1 - y * y"), pretty("2 * x ** 3"), pretty("-y / b")
    ('1 − y²', '2·x³', '−y / b')
    """
    text = re.sub(r"\bnp\.", "", text)
    text = re.sub(r"(?<![\w.])(\w+) \* \1(?!\w)", r"\1²", text)
    text = re.sub(r" ?\*\* ?(\d+)", lambda found: found[1].translate(POWERS), text)
    return text.replace(" ** ", "^").replace(" * ", "·").replace("-", "−")


def slot_namer(node: GraphNode, nodes: list[GraphNode]) -> Callable[[int | str], str]:
    """The names of the arguments and of the output of an operation, for `Local.said`."""

    def name_of(slot: int | str) -> str:
        if not isinstance(slot, int):
            return node.called
        key = node.inputs[slot]
        if key is None:
            return "none"
        given = nodes[key]
        if given.unnamed_constant and given.size == 1:
            return number(float(np.asarray(given.subject).item()))
        return given.called

    return name_of


def matrix_shapes(node: GraphNode, nodes: list[GraphNode], position: int) -> dict:
    """The shapes of the matrices in the product of an operation's gradient, by their slots; none
    where there are stacks of matrices.

    Vectors are rows where they stand left and columns where they stand right, as in the product
    itself; all dimensions but the last of a `linear` layer's input are one.
    """
    keys = [key for key in node.inputs[:2] if key is not None]
    left, right = [nodes[key].shape for key in keys]
    if node.op == "linear":
        rows = nodes[keys[0]].size // max(left[-1], 1)
        return {0: (rows, left[-1]), 1: right, UPSTREAM: (rows, right[0])}
    if max(len(left), len(right)) > 2:
        return {}
    if len(left) == 1:
        left = (1, *left)
    if len(right) == 1:
        right = (*right, 1)
    return {0: left, 1: right, UPSTREAM: (left[0], right[1])}
