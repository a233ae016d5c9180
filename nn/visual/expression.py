"""The matrices of an expression as boxes to scale: what fits whom, and what comes out."""

from __future__ import annotations

import ast
import operator
from typing import Any, NamedTuple

import numpy as np

from autograd_engine import as_tensor, no_grad

from .. import functional
from .figure import axes, frameless, look
from .plot import Plot

LARGE = 2.4
"""How long the longest side is drawn."""

THIN = 0.1
"""How thin the shortest."""

SIGNS: dict[type[ast.operator], tuple[str, Any, int]] = {
    ast.Add: ("+", operator.add, 1),
    ast.Sub: ("−", operator.sub, 1),
    ast.Mult: ("∗", operator.mul, 2),
    ast.Div: ("/", operator.truediv, 2),
    ast.MatMult: ("@", operator.matmul, 2),
    ast.Pow: ("^", operator.pow, 3),
}
"""How an operator is written, what it does, and how strongly it binds."""


OVER_ROWS = ("softmax", "log_softmax", "softmin")
"""Functions of each row, where no ``dim`` is given."""


class Box(NamedTuple):
    """A matrix of the picture: its name, its shape, and how it lies."""

    name: str
    shape: tuple[int, ...]
    rows: int
    columns: int


class Picture(NamedTuple):
    """A part of the expression: boxes and signs from left to right, and its value."""

    parts: list[Any]
    value: Any


def matrices(expression: str, title: str = "", ax: Any = None, **operands: Any) -> Plot:
    """The matrices of an expression as boxes to scale, with their shapes, and what they make.

    A vector is a column; a row, where it is multiplied from the left or added to the rows of a
    matrix. The sides that a product sums over are orange.

    Parameters
    ----------
    expression : str
        Of names, ``@``, ``+``, ``-``, ``*``, ``/``, ``**``, ``.T``, brackets, and functions of
        `nn.functional`.
    title : str
    ax : matplotlib axes, optional
    **operands : Tensor or array_like
        What the names are.

    Returns
    -------
    Plot
        Its ``data`` has the shape of each box by its name, and of the ``result``; and ``boxes``,
        each with its name and its drawn width and height.

    Raises
    ------
    ValueError
        For a name without a value, or what is no such expression.
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> import nn, numpy as np
    >>> W, x, b = np.ones((3, 5)), np.ones(5), np.ones(3)
    >>> plot = nn.visual.matrices("relu(W @ x + b)", W=W, x=x, b=b)
    >>> plot.data["W"], plot.data["result"]
    ((3, 5), (3,))
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{expression!r} is no expression: {error.msg}") from error
    values = {name: as_tensor(value) for name, value in operands.items()}
    with no_grad():
        left = _picture(tree, values)
    shape = tuple(left.value.shape)
    parts = [*left.parts, "=", _box("", left.value, is_row=_is_row(left))]
    ax = frameless(axes(ax, 7.0, 2.6))
    boxes = _draw_parts(ax, parts)
    ax.set_title(title or expression, fontsize=10)
    data: dict[str, Any] = {part.name: part.shape for part in parts[:-1] if isinstance(part, Box)}
    return Plot("matrices", ax, data | {"result": shape, "boxes": boxes})


def _box(name: str, value: Any, is_row: bool = False) -> Box:
    shape = tuple(value.shape)
    if len(shape) < 2:
        n = int(np.prod(shape))
        return Box(name, shape, 1, n) if is_row else Box(name, shape, n, 1)
    return Box(name, shape, int(np.prod(shape[:-1])), shape[-1])


def _is_row(picture: Picture) -> bool:
    """Whether a vector came out that lies, as its factors do."""
    boxes = [part for part in picture.parts if isinstance(part, Box)]
    return len(picture.value.shape) == 1 and all(
        box.rows == 1 or len(box.shape) > 1 for box in boxes
    )


def _picture(node: ast.AST, values: dict[str, Any], is_row: bool = False) -> Picture:
    """The boxes and signs of a part of the expression, and its value."""
    if isinstance(node, ast.Name):
        if node.id not in values:
            known = ", ".join(values) or "none at all"
            raise ValueError(f"there is no {node.id!r} among the matrices, but {known}")
        value = values[node.id]
        return Picture([_box(node.id, value, is_row)], value)
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        inner = _picture(node.value, values)
        if len(inner.parts) == 1:
            name = f"{inner.parts[0].name}ᵀ"
            return Picture([_box(name, inner.value.T, is_row)], inner.value.T)
        return Picture(["(", *inner.parts, ")ᵀ"], inner.value.T)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return Picture([f"{node.value:g}"], as_tensor(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _picture(node.operand, values, is_row)
        return Picture(["−", *inner.parts], -inner.value)
    if isinstance(node, ast.Call):
        return _called(node, values, is_row)
    if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
        return _with_sign(node, values, is_row)
    raise ValueError(
        f"{ast.unparse(node)!r} is not among what is drawn: names, @ + - * / ** and .T"
    )


def _called(node: ast.Call, values: dict[str, Any], is_row: bool) -> Picture:
    """A function of `nn.functional`, in its brackets."""
    name = ast.unparse(node.func)
    function = getattr(functional, name.rpartition(".")[2], None)
    if function is None or len(node.args) != 1:
        raise ValueError(f"{ast.unparse(node)!r} is no function of nn.functional of one matrix")
    options = {str(given.arg): ast.literal_eval(given.value) for given in node.keywords}
    if name in OVER_ROWS:
        options.setdefault("dim", -1)
    inner = _picture(node.args[0], values, is_row)
    value = function(inner.value, **options)
    return Picture([f"{name.rpartition('.')[2]}(", *inner.parts, ")"], value)


def _with_sign(node: ast.BinOp, values: dict[str, Any], is_row: bool) -> Picture:
    """Two parts with a sign between them."""
    sign, function, strength = SIGNS[type(node.op)]
    product = sign == "@"
    left = _picture(node.left, values, is_row or product)
    right = _picture(node.right, values, is_row and not product)
    if not product and len(left.value.shape) > 1 and len(right.value.shape) == 1:
        right = _picture(node.right, values, True)
    value = function(left.value, right.value)
    before = _bracketed(node.left, left, strength)
    return Picture([*before, sign, *_bracketed(node.right, right, strength + 1)], value)


def _bracketed(node: ast.AST, picture: Picture, strength: int) -> list[Any]:
    """The parts, in brackets where they bind less than what stands beside them."""
    if isinstance(node, ast.BinOp) and SIGNS[type(node.op)][2] < strength:
        return ["(", *picture.parts, ")"]
    return picture.parts


# --- drawing --------------------------------------------------------------------------------------


def _draw_parts(ax: Any, parts: list[Any]) -> list[tuple[str, float, float]]:
    """Draw boxes and signs from left to right; the boxes with their widths and heights."""
    from matplotlib.patches import Rectangle

    colors = look(ax)
    longest = max(max(part.rows, part.columns) for part in parts if isinstance(part, Box))
    drawn = []
    x = 0.0
    for i, part in enumerate(parts):
        if isinstance(part, str):
            wide = 0.26 + 0.14 * len(part)
            ax.text(x + wide / 2, 0, part, ha="center", va="center", fontsize=13, color=colors.ink)
            x += wide
            continue
        width, height = (max(n / longest * LARGE, THIN) for n in (part.columns, part.rows))
        room = max(width, 0.085 * len(str(part.shape)), 0.4)
        left = x + (room - width) / 2
        edge = colors.colors[0] if part.name else colors.colors[2]
        box = Rectangle((left, -height / 2), width, height, edgecolor=edge, facecolor="none")
        ax.add_patch(box)
        corners = (left, left + width, -height / 2, height / 2)
        _mark_sums(ax, parts, i, corners)
        words = {"ha": "center", "color": colors.ink}
        ax.text(x + room / 2, height / 2 + 0.08, part.name, va="bottom", fontsize=11, **words)
        shape = " × ".join(map(str, part.shape)) or "a number"
        ax.text(x + room / 2, -height / 2 - 0.08, shape, va="top", fontsize=8, **words)
        drawn.append((part.name or "result", width, height))
        x += room + 0.06
    tallest = max(height for *_, height in drawn)
    ax.set(xlim=(-0.1, x + 0.1), ylim=(-tallest / 2 - 0.45, tallest / 2 + 0.45), aspect="equal")
    return drawn


def _mark_sums(ax: Any, parts: list[Any], i: int, corners: tuple) -> None:
    """The sides of two neighbouring factors that their product sums over."""
    left, right, bottom, top = corners
    line = {"color": look(ax).colors[1], "linewidth": 3, "solid_capstyle": "butt"}
    if parts[i + 1 : i + 2] == ["@"]:
        ax.plot([left, right], [top, top], **line)
    if i > 1 and parts[i - 1] == "@":
        ax.plot([left, left], [bottom, top], **line)
