"""Sums of products named by letters, and the contraction of two tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from .declare import at, composite, normal_dims, primitive, rows
from .linear import matmul
from .shape import permute


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


@primitive(
    joint=_einsum_rule,
    promote="keep",
    samples=[at((2, 3), (3, 4), inputs=("ij", "jk"), output="ki")],
)
def _einsum(*xs, inputs, output):
    """The product of operands in which no letter repeats and every letter is in the output or in
    another operand.
    """
    return rows(
        np.einsum(
            f"{','.join(inputs)}->{output}",
            *xs,
            optimize=len(xs) > 1 and max(x.size for x in xs) > 512,
        )
    )


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
    sizes: dict[str, int] = {}
    for letters, x in zip(groups, operands):
        for letter, n in zip(letters, x.shape):
            if sizes.setdefault(letter, n) != n and n != 1:
                if sizes[letter] != 1:
                    raise ShapeError(
                        f"einsum({equation!r}): {letter!r} has lengths {sizes[letter]} and {n}"
                    )
                sizes[letter] = n
    xs = []
    for i, x in enumerate(operands):
        letters, x = _distinct(groups[i], x, sizes)
        elsewhere = set(output).union(*groups[:i], *groups[i + 1 :])
        alone = tuple([d for d, letter in enumerate(letters) if letter not in elsewhere])
        groups[i] = "".join([letter for letter in letters if letter in elsewhere])
        xs.append(x.sum(alone) if alone else x)
    missing = [letter for letter in output if not any(letter in group for group in groups)]
    if missing:  # only lengths of 1 carried these letters
        groups[0] = "".join(missing) + groups[0]
        xs[0] = xs[0].reshape((1,) * len(missing) + tuple(xs[0].shape))
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


def _distinct(letters: str, x: Any, sizes: dict[str, int]) -> tuple[str, Any]:
    """Take the diagonal where a letter repeats, and drop lengths of 1 that broadcast, so that each
    letter stands once.
    """
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            n = sizes[letter]
            index: list[Any] = [slice(None)] * x.ndim
            index[first] = np.arange(n) if x.shape[first] == n else np.zeros(n, int)
            index[second] = np.arange(n) if x.shape[second] == n else np.zeros(n, int)
            rest = letters[:first] + letters[first + 1 : second] + letters[second + 1 :]
            x = x[tuple(index)]
            # NumPy puts the paired dimension first if slices stand between the two, else where they
            # stood.
            letters = rest[:first] + letter + rest[first:] if second == first + 1 else letter + rest
    for d in reversed(range(x.ndim)):
        if x.shape[d] == 1 and sizes[letters[d]] != 1:
            x = x.reshape(tuple(x.shape[:d]) + tuple(x.shape[d + 1 :]))
            letters = letters[:d] + letters[d + 1 :]
    return letters, x


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
        Any shapes whose contracted lengths are equal.
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
    if isinstance(dims, (int, np.integer)):
        dims = (tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims)))
    ours, theirs = (
        normal_dims(d if np.ndim(d) else (int(d),), x.ndim) if np.size(d) else ()
        for d, x in zip(dims, (a, b))
    )
    lengths, others = [a.shape[d] for d in ours], [b.shape[d] for d in theirs]
    if lengths != others:
        raise ShapeError(
            f"tensordot() cannot contract lengths {lengths} with lengths {others} (shapes "
            f"{list(a.shape)} and {list(b.shape)})"
        )
    left, right = (
        [d for d in range(x.ndim) if d not in used] for x, used in ((a, ours), (b, theirs))
    )
    rows = permute(a, (*left, *ours)).reshape(
        (math.prod([a.shape[d] for d in left]), math.prod(lengths))
    )
    columns = permute(b, (*theirs, *right)).reshape(
        (math.prod(lengths), math.prod([b.shape[d] for d in right]))
    )
    return matmul(rows, columns).reshape(
        (*[a.shape[d] for d in left], *[b.shape[d] for d in right])
    )


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
    if x.ndim == 0 or other.ndim == 0:
        return x * other
    return tensordot(x, other, ((-1,), (-1,)))


@composite(numpy=np.dot, samples=[at((2, 3), (3,)), at((2, 3), (2, 3, 2)), at((), (3,))])
def _numpy_dot(a, b):
    """``np.dot`` of tensors."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if max(a.ndim, b.ndim) < 3:
        return matmul(a, b)
    return tensordot(a, b, ((-1,), (-min(b.ndim, 2),)))
