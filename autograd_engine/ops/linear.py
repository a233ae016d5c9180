"""Products of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from .declare import at, composite, primitive


def _matmul_left(g: Any, b: Any, a_shape: tuple) -> Any:
    """``g bᵀ``, with the cases of vectors."""
    if b.ndim == 1:
        return g.reshape(tuple(g.shape) + (1,)) * b
    if len(a_shape) == 1:
        row = g.reshape(tuple(g.shape[:-1]) + (1, g.shape[-1]))
        return (row @ b.swapaxes(-1, -2)).reshape(tuple(g.shape[:-1]) + a_shape)
    return g @ b.swapaxes(-1, -2)


def _matmul_right(g: Any, a: Any, b_shape: tuple) -> Any:
    """``aᵀ g``, with the cases of vectors; a batch of matrices times one matrix is one product."""
    if len(b_shape) == 1:
        product = a * g.reshape(tuple(g.shape) + (1,))
        return product.sum(tuple(range(g.ndim))) if g.ndim else product
    if a.ndim == 1:
        return a.reshape(a.shape + (1,)) * g.reshape(tuple(g.shape[:-1]) + (1, g.shape[-1]))
    if a.ndim > 2 and len(b_shape) == 2:
        return a.reshape((-1, a.shape[-1])).swapaxes(0, 1) @ g.reshape((-1, g.shape[-1]))
    return a.swapaxes(-1, -2) @ g


@primitive(vjp=(_matmul_left, _matmul_right), numpy=np.matmul, promote="keep", symbol="@",
           samples=[at((3,), (3,)), at((2, 3), (3,)), at((3,), (3, 2)), at((2, 3), (3, 4)), at((2, 2, 3), (3, 4)), at((3,), (2, 3, 2)),
                    at((2, 1, 2, 3), (3, 3, 2)), at((2, 2, 3), (3,)), at((0, 3), (3, 2))])  # fmt: skip
def matmul(a, b):
    """The matrix product, of vectors, matrices, and stacks of matrices that broadcast.

    Parameters
    ----------
    a : Tensor
        Shape ``(n,)`` or ``(..., m, n)``.
    b : Tensor
        Shape ``(n,)`` or ``(..., n, p)``.

    Returns
    -------
    Tensor
        Shape ``(..., m, p)``, without ``m`` or ``p`` where ``a`` or ``b`` is a vector.

    Raises
    ------
    ShapeError
        If the inner dimensions differ.

    Examples
    --------
    >>> from autograd_engine import matmul, tensor
    >>> matmul(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    return np.matmul(a, b)


def _linear_weight(g: Any, x: Any) -> Any:
    return g.reshape((-1, g.shape[-1])).swapaxes(0, 1) @ x.reshape((-1, x.shape[-1]))


@primitive(vjp=(lambda g, weight: g @ weight, _linear_weight, lambda g: g.reshape((-1, g.shape[-1])).sum(0)), promote="keep",
           samples=[at((4, 3), (2, 3), (2,)), at((3,), (2, 3), (2,)), at((2, 2, 3), (1, 3), (1,))])  # fmt: skip
def linear(x, weight, bias=None):
    """``x @ weight.T + bias`` as one op.

    Parameters
    ----------
    x : Tensor
        Shape ``(..., in_features)``.
    weight : Tensor
        Shape ``(out_features, in_features)``.
    bias : Tensor, optional
        Shape ``(out_features,)``.

    Returns
    -------
    Tensor
        Shape ``(..., out_features)``.

    Raises
    ------
    ShapeError
        If the features differ.

    Examples
    --------
    >>> from autograd_engine import linear, tensor
    >>> linear(tensor([1., 2.]), tensor([[1., 1.], [0., 3.]]), tensor([0., 1.]))
    tensor([3., 7.])
    """
    if np.ndim(weight) != 2 or np.ndim(x) == 0 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(f"x has {x.shape[-1] if np.ndim(x) else 'no'} features, weight takes {weight.shape[-1]}")
    out = x @ weight.T
    if bias is not None:
        if out.ndim > bias.ndim - 1 and bias.shape[-1:] == out.shape[-1:]:
            out += bias
        else:
            raise ShapeError(f"bias has shape {list(bias.shape)}, the output has {out.shape[-1]} features")
    return out


def _einsum_rule(g: Any, xs: tuple, inputs: tuple, output: str) -> list:
    """The cotangent of each operand: the same product, of ``g`` and the others, with the operand's letters as output."""
    grads = []
    for i, letters in enumerate(inputs):
        others = [x for j, x in enumerate(xs) if j != i]
        names = tuple([s for j, s in enumerate(inputs) if j != i])
        grads.append(_einsum(g, *others, inputs=(output, *names), output=letters))
    return grads


@primitive(joint=_einsum_rule, promote="keep", samples=[at((2, 3), (3, 4), inputs=("ij", "jk"), output="ki")])
def _einsum(*xs, inputs, output):
    """The product of operands in which no letter repeats and every letter is in the output or in another operand."""
    return np.einsum(f"{','.join(inputs)}->{output}", *xs, optimize=len(xs) > 1 and max(x.size for x in xs) > 512)


@composite(numpy=np.einsum, samples=[at("ij,jk->ik", (2, 3), (3, 2)), at("ii->", (3, 3)), at("nd,nn->d", (2, 3), (2, 2)), at("i,i,i->", (3,), (3,), (3,)),
                                     at("ij->", (2, 3)), at("...ij,...j->...i", (2, 2, 3), (3,)), at("bij,bjk", (1, 2, 3), (4, 3, 2))])  # fmt: skip
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
                    raise ShapeError(f"einsum({equation!r}): {letter!r} has lengths {sizes[letter]} and {n}")
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


def _explicit(equation: str, operands: tuple) -> tuple[list[str], str]:
    """The letters of each operand and of the output, with ``...`` written out in capital letters not used otherwise."""
    left, arrow, output = equation.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(operands):
        raise ShapeError(f"einsum({equation!r}) names {len(groups)} operands, got {len(operands)}")
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in equation]
    widths = [x.ndim - len(group.replace("...", "")) for group, x in zip(groups, operands)]
    for group, x, width in zip(groups, operands, widths):
        if width < 0 or (width > 0 and "..." not in group):
            raise ShapeError(f"einsum({equation!r}): {group!r} does not fit an operand of shape {list(x.shape)}")
    most = "".join(reversed(spare[: max(widths)]))
    groups = [group.replace("...", most[len(most) - width :]) for group, width in zip(groups, widths)]
    if arrow:
        output = output.replace("...", most)
    else:
        together = "".join(groups)
        output = most + "".join(sorted(c for c in set(together) if together.count(c) == 1 and c not in most))
    for letter in output:
        if output.count(letter) > 1 or not any(letter in group for group in groups):
            raise ShapeError(f"einsum({equation!r}): output letter {letter!r} must stand once in the output and in an operand")
    return groups, output


def _distinct(letters: str, x: Any, sizes: dict[str, int]) -> tuple[str, Any]:
    """Take the diagonal where a letter repeats, and drop lengths of 1 that broadcast, so that each letter stands once."""
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
            # NumPy puts the paired dimension first if slices stand between the two, else where they stood.
            letters = rest[:first] + letter + rest[first:] if second == first + 1 else letter + rest
    for d in reversed(range(x.ndim)):
        if x.shape[d] == 1 and sizes[letters[d]] != 1:
            x = x.reshape(tuple(x.shape[:d]) + tuple(x.shape[d + 1 :]))
            letters = letters[:d] + letters[d + 1 :]
    return letters, x
