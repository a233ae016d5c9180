"""Pieces of mathematics as LaTeX, and LaTeX of these pieces as plain text, for terminals."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..graph.nodes import INDICES
from ..graph.rules import POWERS
from ..graph.summary import number

FACTORS = 8
"""Longer products are elided in the middle."""

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi "
    "chi psi omega"
).split()


def latex_product(factors: list[str], sign: str) -> str:
    """A product, elided in the middle where it is long."""
    if len(factors) > FACTORS:
        factors = [*factors[: FACTORS // 2], "\\cdots", *factors[-FACTORS // 2 + 1 :]]
    return sign.join(factors)


def latex_number(value: Any) -> str:
    text = str(value)
    if not isinstance(value, int):
        text = number(float(value))
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{mantissa} \\cdot 10^{{{int(exponent)}}}"
    return text.replace("nan", "\\mathrm{NaN}").replace("inf", "\\infty")


def bracketed(value: float) -> str:
    text = latex_number(value)
    if text.startswith("-") or "10^" in text:
        return f"({text})"
    return text


def latex_letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "\\\\_", text)


def identifier(name: str) -> str:
    """A variable's name as mathematics: single letters and Greek ones in italics, digits after an
    underscore as an index.
    """
    found = re.fullmatch(r"([A-Za-z]|[a-z]+?)_?(\d*)", name)
    if not found or (len(found[1]) > 1 and found[1] not in GREEK):
        return f"\\mathrm{{{latex_letters(name)}}}"
    letter = found[1]
    if len(letter) > 1:
        letter = f"\\{letter}"
    if found[2]:
        return f"{letter}_{{{found[2]}}}"
    return letter


WIDTH = 12
"""How many factors of a sum of products stand on a line, about."""


def wrapped_sum(terms: list[str]) -> str:
    """A sum, on several lines where it is long."""
    lines: list[list[str]] = [[]]
    room = WIDTH
    for term in terms:
        size = max(term.count("\\frac"), term.count("\\cdot")) + 1
        if lines[-1] and size > room:
            lines.append([])
            room = WIDTH
        lines[-1].append(term)
        room -= size
    return " \\\\\n &\\quad + ".join([" + ".join(line) for line in lines])


def grouped(text: str) -> str:
    """An expression as a factor: in brackets where it is a sum, or negative."""
    bare = re.sub(r"\{[^{}]*\}|\([^()]*\)", "", text)
    if re.search(r" [-+>] |^-", bare):
        return f"({text})"
    return text


def latex_array(value: Any) -> str:
    """Few numbers as a matrix; a vector as a column."""
    array = np.asarray(value)
    rows = array.reshape(-1, 1) if array.ndim == 1 else np.atleast_2d(array)
    cells = " \\\\ ".join([" & ".join([latex_number(float(x)) for x in row]) for row in rows])
    return f"\\begin{{bmatrix}}{cells}\\end{{bmatrix}}"


def latex_letters_kept(text: str) -> str:
    """An index in brackets, as text."""
    return re.sub(r"([_{}#$%&^~\\])", "", text)


def latex_expression(text: str) -> str:
    """An expression as pictures write it: powers, products and signs as LaTeX has them.

    >>> latex_expression("1 − y²")
    '1 - y^{2}'
    """
    signs = "0123456789".translate(POWERS)
    digits = str.maketrans(signs, "0123456789")
    text = re.sub(f"[{signs}]+", lambda found: f"^{{{found[0].translate(digits)}}}", text)
    return text.replace("·", " \\cdot ").replace("−", "-")


SIGNS = {
    "\\cdot": "·",
    "\\cdots": "···",
    "\\odot": "⊙",
    "\\nabla ": "∇",
    "\\left": "",
    "\\right": "",
    "\\partial": "∂",
    "\\infty": "∞",
    "\\vdots": "⋮",
    "\\in": "∈",
    "\\times": "×",
    "\\top": "ᵀ",
    "\\quad": "  ",
    "\\,": " ",
    "\\;": "",
    "\\_": "_",
    "\\!": "",
    "\\{": "{",
    "\\}": "}",
}
"""LaTeX's signs, and those that a terminal shows in their place."""


def plain_math(latex: str) -> str:
    """The same in plain text, its lines aligned at the signs of equality.

    >>> print(plain_math("y &= x_{2}^{3}"))
    y = x₂³
    """
    lines = [_plain_line(line) for line in latex.split("\\\\\n")]
    widths = [len(line.partition("&")[0].rstrip()) for line in lines if "&" in line]
    width = max(widths, default=0)
    return "\n".join([_aligned_line(line, width) for line in lines])


def _aligned_line(line: str, width: int) -> str:
    if "&" not in line:
        return line.strip()
    left, _, right = line.partition("&")
    return f"{left.strip():>{width}} {right.strip()}".rstrip()


def _plain_line(line: str) -> str:
    line = re.sub(r"\\(?:mathrm|operatorname|mathbb)\{([^{}]*)\}", r"\1", line)
    line = re.sub(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", _plain_matrix, line)
    line = re.sub(r"_\{(\d+)\}", lambda found: found[1].translate(INDICES), line)
    line = re.sub(r"\^\{(\d)\}", lambda found: found[1].translate(POWERS), line)
    line = line.replace("^\\top", "ᵀ")
    fraction = re.compile(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}")
    while fraction.search(line):
        line = fraction.sub(lambda found: f"{_glued(found[1])}/{_glued(found[2])}", line)
    for greek in GREEK:
        line = re.sub(rf"\\{greek}(?![a-z])", greek, line)
    for sign in sorted(SIGNS, key=len, reverse=True):
        line = line.replace(sign, SIGNS[sign])
    line = re.sub(r"([_^])\{([^{}]*)\}", r"\1(\2)", line)
    return re.sub(r"  +", " ", line.replace("{", "").replace("}", ""))


def _glued(text: str) -> str:
    """What stands above or below a fraction's line: a d, and what it is of, without a space."""
    return re.sub(r"^(d|\\partial) ", r"\1", text)


def _plain_matrix(found: re.Match) -> str:
    rows = [row.split("&") for row in found[1].split("\\\\")]
    return (
        "[" + ", ".join(["[" + ", ".join(cell.strip() for cell in row) + "]" for row in rows]) + "]"
    )
