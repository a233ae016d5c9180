"""First and second derivatives by finite differences: the oracle of these nets.

A function of arrays is brought to one number, ``sum(a y + b y² / 2)`` over its outputs, whose
cotangent depends on the arguments. So a rule that drops the graph of what arrives from above is
seen in the Hessian, and not only one that drops the graph of what it saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable, Sequence

import numpy as np

import autograd_engine as ag
from autograd_engine import Tensor

from ..ops.cases import parts

STEP = 1e-5
MAKERS = {
    "tensor": Tensor,
    "array": np.array,
    "number": lambda a: a.item() if a.ndim == 0 else a,
}
LARGEST_HESSIAN = 24
"""In numbers; a larger one is only multiplied with a direction."""


@lru_cache(maxsize=1000)
def weights(shape: tuple[int, ...], phase: float) -> np.ndarray:
    """Fixed numbers between -1 and 1, no two alike."""
    return np.cos(phase + 1.7 * np.arange(np.prod(shape, dtype=int))).reshape(shape)


def to_number(ys: Sequence[Any]) -> Any:
    """``sum(a y + b y² / 2)`` over all elements of all outputs, for arrays and for tensors."""
    total = 0.0
    for k, y in enumerate(ys):
        a = weights(tuple(y.shape), 0.3 + k)
        b = weights(tuple(y.shape), 1.1 + k) / 2
        total = total + (y * (a + b * y)).sum()
    return total


def value(array: Any) -> np.ndarray:
    """A copy of the numbers of a tensor or an array."""
    return np.array(array.detach().numpy() if isinstance(array, Tensor) else array, dtype=float)


@dataclass
class Reference:
    """What the derivatives of ``function`` at ``arrays`` are."""

    function: Callable  # takes tensors or arrays, returns any outputs
    arrays: list[np.ndarray]
    outputs: list[int]  # which of the outputs have a gradient
    gradient: np.ndarray  # of the number, by the rules on arrays, all arguments in one row
    hessian: np.ndarray
    tangents: list[np.ndarray]  # a direction for each argument
    pushed: list[list[np.ndarray]]  # for each argument the change of the outputs in its direction

    def differentiable(self, *xs: Any) -> list:
        """The outputs that have a gradient."""
        ys = parts(self.function(*xs))
        return [ys[i] for i in self.outputs]

    def number(self, *xs: Any) -> Any:
        return to_number(self.differentiable(*xs))

    def places(self, wanted: Sequence[int]) -> np.ndarray:
        """The positions of these arguments in the one row of all."""
        ends = np.cumsum([0, *[a.size for a in self.arrays]])
        return np.concatenate([np.arange(ends[i], ends[i + 1]) for i in wanted]).astype(int)


def reference(function: Callable, arrays: Sequence[np.ndarray]) -> Reference:
    """Derivatives by central differences: of the values along a direction for each argument, and
    of the gradient, in every element, for the Hessian.

    Raises
    ------
    AssertionError
        If the gradient by the rules is not that of the values.
    """
    arrays = [np.asarray(a) for a in arrays]
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    outputs = [
        i for i, y in enumerate(parts(function(*leaves))) if getattr(y, "requires_grad", False)
    ]
    tangents = [weights(a.shape, 2.3 + i) for i, a in enumerate(arrays)]
    found = Reference(function, arrays, outputs, np.zeros(0), np.zeros((0, 0)), tangents, [])
    found.gradient = plain_gradient(found, arrays)
    found.hessian = _slopes(lambda *xs: plain_gradient(found, xs), arrays)
    for i, tangent in enumerate(tangents):
        ahead, behind = (
            list(map(value, found.differentiable(*map(Tensor, moved(arrays, i, step * tangent)))))
            for step in (STEP, -STEP)
        )
        found.pushed.append([(a - b) / (2 * STEP) for a, b in zip(ahead, behind)])
        slope = (to_number(ahead) - to_number(behind)) / (2 * STEP)
        by_rules = found.gradient[found.places([i])] @ tangent.reshape(-1)
        assert close(by_rules, np.asarray(slope)), f"the gradient of argument {i} is wrong"
    return found


def plain_gradient(found: Reference, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The gradient of the number by the rules on arrays, all arguments in one row."""
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    gs = ag.grad(found.number(*leaves), leaves, materialize_grads=True)
    return np.concatenate([value(g).reshape(-1) for g in gs])


def moved(arrays: Sequence[np.ndarray], i: int, step: np.ndarray) -> list[np.ndarray]:
    """The arrays with a step added to one of them."""
    return [a + step if i == j else a for j, a in enumerate(arrays)]


def _slopes(f: Callable, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """A row for every element of every array: the slopes of ``f``, which gives one row."""
    rows = []
    for i, a in enumerate(arrays):
        for k in range(a.size):
            step = STEP * np.eye(1, a.size, k).reshape(a.shape)
            ahead, behind = (f(*moved(arrays, i, s)) for s in (step, -step))
            rows.append((ahead - behind) / (2 * STEP))
    return np.array(rows).reshape(len(rows), len(rows[0]) if rows else 1)


def close(found: Any, expected: np.ndarray, tolerance: float = 1e-5) -> bool:
    """Whether all numbers agree, measured by the largest of those expected."""
    found = value(found)
    scale = max(1.0, np.abs(expected).max(initial=0.0))
    return found.shape == expected.shape and bool(
        np.allclose(found, expected, rtol=tolerance, atol=tolerance * scale)
    )


class Choice:
    """The function of some arguments, the others being constants of a kind."""

    def __init__(self, expected, wanted, kind):
        self.expected = expected
        self.wanted = wanted
        self.kind = kind
        self.held = {i: MAKERS[kind](a) for i, a in enumerate(expected.arrays) if i not in wanted}
        places = expected.places(wanted)
        self.gradient = expected.gradient[places]
        self.hessian = expected.hessian[np.ix_(places, places)]
        self.direction = [Tensor(expected.tangents[i]) for i in wanted]

    def leaves(self):
        return [Tensor(self.expected.arrays[i], requires_grad=True) for i in self.wanted]

    def all_arguments(self, xs):
        following = iter(xs)
        places = range(len(self.expected.arrays))
        return [self.held[i] if i in self.held else next(following) for i in places]

    def number(self, *xs):
        return self.expected.number(*self.all_arguments(xs))

    def outputs(self, *xs):
        ys = self.expected.differentiable(*self.all_arguments(xs))
        return tuple(ag.as_tensor(y) for y in ys)  # one that depends on constants only is an array

    def first(self):
        xs = self.leaves()
        return flat(gradients(self.number(*xs), xs)), self.gradient

    def second(self):
        xs = self.leaves()
        gs = gradients(self.number(*xs), xs, create_graph=True)
        along = sum((g * v).sum() for g, v in zip(gs, self.direction))
        found = [flat(gs), flat(gradients(along, xs))]
        right = [self.gradient, self.hessian @ flat(self.direction)]
        return np.concatenate(found), np.concatenate(right)

    def jvp(self):
        _, found = ag.jvp(self.outputs, tuple(self.leaves()), tuple(self.direction))
        pushed = [self.expected.pushed[i] for i in self.wanted]
        return flat(found), flat([sum(parts) for parts in zip(*pushed)])

    def whole(self):
        xs = self.leaves()
        blocks = ag.hessian(lambda *xs: ag.as_tensor(self.number(*xs)), tuple(xs))
        rows = [
            [value(block).reshape(x.numel(), z.numel()) for block, z in zip(row, xs)]
            for row, x in zip(blocks, xs)
        ]
        return np.block(rows), self.hessian

    def checks(self):
        checks = {"gradient": self.first, "second": self.second}
        if self.kind == "tensor":  # these are the same two, asked for in another way
            checks["jvp"] = self.jvp
            if not self.held and len(self.gradient) <= LARGEST_HESSIAN:
                checks["hessian"] = self.whole
        return checks


def gradients(y, xs, **options):
    """The gradients of a number; zeros where it depends on nothing, or on constants only."""
    if not getattr(y, "requires_grad", False):
        return [Tensor(np.zeros(x.shape)) for x in xs]
    return ag.grad(y, xs, materialize_grads=True, **options)


def flat(values):
    return np.concatenate([value(v).reshape(-1) for v in values])


def faults(expected, wanted, kind):
    """What is wrong if these arguments are wanted and the others are constants of a kind."""
    for name, check in Choice(expected, wanted, kind).checks().items():
        told = f"{name} for {wanted}, each other a {kind}"
        try:
            found, right = check()
        except Exception as error:
            yield f"{told}: {type(error).__name__}: {error}"
            continue
        if not close(found, right):
            yield f"{told}: {how_far(found, right)}"


def how_far(found, right):
    if found.shape != right.shape:
        return f"shape {found.shape} and not {right.shape}"
    place = np.unravel_index(np.argmax(np.abs(found - right)), right.shape)
    return f"{found[place]:.6g} and not {right[place]:.6g} at {[int(i) for i in place]}"
