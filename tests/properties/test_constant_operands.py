"""Any operand may be constant: no derivative may depend on what else wants one.

Every op and composite with several arrays is differentiated with each non-empty choice of them; the
others are held constant, as tensors without gradient, as NumPy arrays and, where 0-d, as Python's
numbers. What is differentiated once, twice, along a direction and into a Hessian is compared with
finite differences.
"""

import itertools

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor

from ..ops.cases import cases, declared
from .differences import close, reference, value
from .layer_cases import FUNCTIONS, LAYERS

MAKERS = {
    "tensor": Tensor,
    "array": np.array,
    "number": lambda a: a.item() if a.ndim == 0 else a,
}
LARGEST_HESSIAN = 24
"""In numbers; a larger one is only multiplied with a direction."""
_DETACHES = "the product of an array and a tensor, in a rule, gives bare numbers"
_NO_NUMBER = "a number is taken for a tensor: AttributeError"
_NO_ARRAY = "an array is taken for a tensor: AttributeError or TypeError"
_NO_GRADIENT = "the weight of classes that wants a gradient gets none, without a word"
KNOWN = {
    **dict.fromkeys(
        [
            "matmul-3",
            "linear.mm-0",
            "linear.addmm-0",
            "linear.addmm-1",
            *[f"einsum.tensordot-{i}" for i in range(4)],
            *[f"einsum.inner-{i}" for i in (0, 1, 3)],
            "einsum._numpy_dot-1",
            *[f"matrices.lstsq-{i}" for i in (0, 1)],
            *[f"matrices.multi_dot-{i}" for i in range(3)],
            "linalg.chain_matmul-0",
        ],
        _DETACHES,
    ),
    **dict.fromkeys(["linear.addmv-1", "linear.kron-2", "einsum.inner-2"], _NO_NUMBER),
    "mse_loss-2": _NO_NUMBER,
    **dict.fromkeys(
        [
            "prelu-0",
            "prelu-1",
            "gaussian_nll_loss-0",
            "gaussian_nll_loss-1",
            "triplet_margin_loss-0",
            "triplet_margin_loss-1",
            "triplet_margin_with_distance_loss-0",
            "gaussian_mixture_nll_loss-0",
        ],
        _NO_ARRAY,
    ),
    **dict.fromkeys(
        [
            "cross_entropy, weighed-0",
            "cross_entropy, weighed and smooth-0",
            "nll_loss, weighed-0",
            "multi_margin_loss, weighed-0",
        ],
        _NO_GRADIENT,
    ),
}
"""What is wrong at present, by case, and why. An entry must go when its fault does."""


def known(name, case):
    marks = [pytest.mark.xfail(strict=True, reason=KNOWN[name])] if name in KNOWN else []
    return pytest.param(case, id=name, marks=marks)


OPS = {
    f"{name}-{i}": case
    for name, function in declared().items()
    for i, case in enumerate(cases(function))
    if case.differentiable
}
CASES = [known(name, case) for name, case in (OPS | FUNCTIONS).items() if len(case.arrays()) > 1]


def choices(n):
    """Each non-empty choice among n arguments; of many only single ones, all but one, and all."""
    sizes = range(1, n + 1) if n < 4 else (1, n - 1, n)
    for size in sizes:
        yield from itertools.combinations(range(n), size)


def kinds(arrays, wanted):
    """The kinds of constants that the arguments which are not wanted can be."""
    held = [a for i, a in enumerate(arrays) if i not in wanted]
    yield "tensor"
    if held:
        yield "array"
    if any(a.ndim == 0 for a in held):
        yield "number"


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
            if len(self.gradient) <= LARGEST_HESSIAN:
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


@pytest.mark.parametrize("case", CASES)
def test_any_operand_may_be_constant(case):
    arrays = case.arrays()
    expected = reference(case, arrays)
    found = [
        fault
        for wanted in choices(len(arrays))
        for kind in kinds(arrays, wanted)
        for fault in faults(expected, wanted, kind)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("case", [known(name, case) for name, case in LAYERS.items()])
def test_the_input_and_any_parameter_of_a_layer_may_be_frozen(case):
    arrays = case.arrays()
    expected = reference(case, arrays)
    found = [
        fault for wanted in choices(len(arrays)) for fault in faults(expected, wanted, "tensor")
    ]
    assert not found, "\n".join(found)
