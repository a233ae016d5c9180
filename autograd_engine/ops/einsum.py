"""Sums of products named by letters, and the contraction of two tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from ..core.summation import narrowed, widened
from .declare import at, composite, function_only, normal_dims, primitive, rows
from .diagonal import diagonal
from .linear import matmul
from .shape import permute, unsqueeze


FEW = 512
"""Up to how many elements NumPy's loops are quicker than to lay out matrices."""


def _einsum_rule(g: Any, xs: tuple, inputs: tuple, output: str) -> list:
    """The cotangent of each operand: the same product, of ``g`` and the others, with the operand's
    letters as output.
    """
    grads = []
    for i, letters in enumerate(inputs):
        others = [x for j, x in enumerate(xs) if j != i]
        names = tuple([s for j, s in enumerate(inputs) if j != i])
        grads.append(_einsum(g, *others, inputs=(output, *names), output=letters))
    return grads


def _contracted_pair(a: Any, b: Any, left: str, right: str, output: str) -> np.ndarray:
    """Two operands as stacks of matrices, whose product has the digits and the speed of BLAS."""
    stacked = [c for c in output if c in left and c in right]
    lines = [c for c in left if c not in right]
    columns = [c for c in right if c not in left]
    summed = [c for c in left if c in right and c not in output]
    a = a.transpose([left.index(c) for c in (*stacked, *lines, *summed)])
    b = b.transpose([right.index(c) for c in (*stacked, *summed, *columns)])
    outer, inner = len(stacked), len(stacked) + len(lines)
    shape = (*a.shape[:inner], *b.shape[outer + len(summed) :])
    size = math.prod(a.shape[inner:])
    stack = a.shape[:outer]
    y = np.matmul(
        a.reshape((*stack, math.prod(a.shape[outer:inner]), size)),
        b.reshape((*stack, size, math.prod(shape[inner:]))),
    ).reshape(shape)
    order = (*stacked, *lines, *columns)
    return y.transpose([order.index(c) for c in output])


@primitive(
    joint=_einsum_rule,
    promote="keep",
    samples=[at((2, 3), (3, 4), inputs=("ij", "jk"), output="ki")],
)
def _einsum(*xs, inputs, output):
    """The product of operands in which no letter repeats and every letter is in the output or in
    another operand.
    """
    dtype = np.result_type(*xs)
    operands = [widened(np.asarray(x, dtype)) for x in xs]
    many = max(x.size for x in operands) > FEW
    if many and len(operands) == 2 and set(inputs[0]) & set(inputs[1]) - set(output):
        y = _contracted_pair(*operands, *inputs, output)
    else:
        y = np.einsum(f"{','.join(inputs)}->{output}", *operands, optimize=many)
    return narrowed(rows(y), dtype)


@function_only
@composite(
    numpy=np.einsum,
    samples=[
        at("ij,jk->ik", (2, 3), (3, 2)),
        at("ii->", (3, 3)),
        at("nd,nn->d", (2, 3), (2, 2)),
        at("i,i,i->", (3,), (3,), (3,)),
        at("ij->", (2, 3)),
        at("...ij,...j->...i", (2, 2, 3), (3,)),
        at("bij,bjk", (1, 2, 3), (4, 3, 2)),
    ],
)
def einsum(equation, *operands):
    """A sum of products, named by letters: Einstein's notation.

    Parameters
    ----------
    equation : str
        As in NumPy and PyTorch: ``"ij,jk->ik"``, with ``...`` for any further dimensions.
    *operands : Tensor
        One for each group of letters. A length of 1 broadcasts.

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If the equation does not fit the operands.

    Examples
    --------
    >>> from autograd_engine import einsum, tensor
    >>> einsum("i,i->", tensor([1., 2.]), tensor([3., 4.]))
    tensor(11.)
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    groups, output = _explicit(equation, operands)
    sizes = _lengths(equation, groups, operands)
    xs = list(operands)
    for i, letters in enumerate(groups):
        groups[i], xs[i] = _without_ones(*_on_diagonal(equation, letters, xs[i]), sizes)
    for i, letters in enumerate(groups):
        elsewhere = set(output).union(*groups[:i], *groups[i + 1 :])
        groups[i], xs[i] = _without_sums(letters, xs[i], elsewhere)
    return _einsum(*xs, inputs=tuple(groups), output=output)


def _letters(equation: str) -> tuple[list[str], str, str]:
    """The letters of each operand, whether there is an arrow, and the letters after it."""
    left, arrow, output = equation.replace(" ", "").partition("->")
    for c in (left + output).replace("...", "").replace(",", ""):
        if not (c.isascii() and c.isalpha()):
            raise ShapeError(f"einsum({equation!r}): dimensions are named by letters, got {c!r}")
    return left.split(","), arrow, output


def _widths(equation: str, groups: list[str], operands: tuple) -> list[int]:
    """For how many dimensions ``...`` stands in each operand."""
    if len(groups) != len(operands):
        raise ShapeError(f"einsum({equation!r}) names {len(groups)} operands, got {len(operands)}")
    widths = []
    for group, x in zip(groups, operands):
        width = x.ndim - len(group.replace("...", ""))
        if width < 0 or (width > 0 and "..." not in group):
            raise ShapeError(
                f"einsum({equation!r}): {group!r} does not fit an operand of shape {list(x.shape)}"
            )
        widths.append(width)
    return widths


def _explicit(equation: str, operands: tuple) -> tuple[list[str], str]:
    """The letters of each operand and of the output, with ``...`` written out in capital letters
    not used otherwise.
    """
    groups, arrow, output = _letters(equation)
    widths = _widths(equation, groups, operands)
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in equation]
    most = "".join(reversed(spare[: max(widths)]))
    groups = [
        group.replace("...", most[len(most) - width :]) for group, width in zip(groups, widths)
    ]
    if arrow:
        output = output.replace("...", most)
    else:
        together = "".join(groups)
        once = [c for c in set(together) if together.count(c) == 1 and c not in most]
        output = most + "".join(sorted(once))
    for letter in output:
        if output.count(letter) > 1 or not any(letter in group for group in groups):
            raise ShapeError(
                f"einsum({equation!r}): output letter {letter!r} must stand once in the output and "
                "in an operand"
            )
    return groups, output


def _lengths(equation: str, groups: list[str], operands: tuple) -> dict[str, int]:
    """The length of each letter; lengths of 1 give way to others."""
    sizes: dict[str, int] = {}
    for letters, x in zip(groups, operands):
        for letter, n in zip(letters, x.shape):
            known = sizes.get(letter, 1)
            if known == 1:
                sizes[letter] = n
            elif n not in (1, known):
                raise ShapeError(f"einsum({equation!r}): {letter!r} has lengths {known} and {n}")
    return sizes


def _on_diagonal(equation: str, letters: str, x: Any) -> tuple[str, Any]:
    """The diagonal of dimensions with the same letter, so that each letter stands once."""
    for letter in letters:
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            if x.shape[first] != x.shape[second]:
                raise ShapeError(
                    f"einsum({equation!r}): {letter!r} repeats in an operand of shape "
                    f"{list(x.shape)}, and its lengths differ"
                )
            x = diagonal(x, dim1=first, dim2=second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + letter
    return letters, x


def _without_ones(letters: str, x: Any, sizes: dict[str, int]) -> tuple[str, Any]:
    """Without the dimensions of length 1 that broadcast: in the others the letter stays."""
    kept = [d for d, letter in enumerate(letters) if x.shape[d] == sizes[letter]]
    if len(kept) < len(letters):
        x = x.reshape(tuple([x.shape[d] for d in kept]))
        letters = "".join([letters[d] for d in kept])
    return letters, x


def _without_sums(letters: str, x: Any, elsewhere: set[str]) -> tuple[str, Any]:
    """Summed over the letters that stand nowhere else."""
    alone = tuple([d for d, letter in enumerate(letters) if letter not in elsewhere])
    if alone:
        x = x.sum(alone)
        letters = "".join([letter for letter in letters if letter in elsewhere])
    return letters, x


@function_only
@composite(
    numpy=np.tensordot,
    samples=[
        at((2, 3, 4), (3, 4, 2)),
        at((2, 3), (3, 2), 1),
        at((2, 3, 4), (4, 3, 2), dims=([0, 2], [-1, 0])),
        at((2,), (3,), 0),
    ],
)
def tensordot(a, b, dims=2):
    """The sum of products over several dimensions of two tensors.

    Parameters
    ----------
    a, b : Tensor
        Any shapes whose contracted lengths are equal, or 1, which broadcasts.
    dims : int or (sequence of int, sequence of int)
        The last so many dimensions of ``a`` with the first of ``b``; or which of ``a`` with which
        of ``b``.

    Returns
    -------
    Tensor
        The dimensions of ``a`` that are left, then those of ``b``.

    Raises
    ------
    ShapeError
        If the contracted lengths differ.

    Examples
    --------
    >>> from autograd_engine import ones, tensordot
    >>> tensordot(ones(2, 3, 4), ones(3, 4, 5)).shape
    (2, 5)
    """
    ours, theirs = _contracted(a, b, dims)
    for d, e in zip(ours, theirs):
        if a.shape[d] == 1 != b.shape[e]:
            b = unsqueeze(b.sum(e), e)
        elif b.shape[e] == 1 != a.shape[d]:
            a = unsqueeze(a.sum(d), d)
    lengths = [a.shape[d] for d in ours]
    if lengths != [b.shape[d] for d in theirs]:
        raise ShapeError(
            f"tensordot() cannot contract dimensions {ours} of shape {list(a.shape)} with "
            f"dimensions {theirs} of shape {list(b.shape)}"
        )
    left = [d for d in range(a.ndim) if d not in ours]
    right = [d for d in range(b.ndim) if d not in theirs]
    shape = (*[a.shape[d] for d in left], *[b.shape[d] for d in right])
    n = math.prod(lengths)
    rows = permute(a, (*left, *ours)).reshape((math.prod(shape[: len(left)]), n))
    columns = permute(b, (*theirs, *right)).reshape((n, math.prod(shape[len(left) :])))
    return matmul(rows, columns).reshape(shape)


def _contracted(a: Any, b: Any, dims: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions of ``a``, and those of ``b``, that ``dims`` means."""
    if isinstance(dims, (int, np.integer)):
        return tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims))
    ours, theirs = [np.atleast_1d(np.asarray(d, int)).tolist() for d in dims]
    return _dims(ours, a.ndim), _dims(theirs, b.ndim)


def _dims(dims: list[int], ndim: int) -> tuple[int, ...]:
    """Named dimensions, of which there may be none."""
    return normal_dims(dims, ndim) if dims else ()


@composite(
    numpy=np.inner,
    samples=[at((2, 3), (4, 3)), at((3,), (3,)), at((), (2, 3)), at((2, 1, 3), (4, 3))],
)
def inner(x, other):
    """The sum of products over the last dimension of both.

    Examples
    --------
    >>> from autograd_engine import inner, ones
    >>> inner(ones(2, 3), ones(4, 3)).shape
    (2, 4)
    """
    if np.ndim(x) == 0 or np.ndim(other) == 0:
        return x * other
    return tensordot(x, other, ((-1,), (-1,)))
