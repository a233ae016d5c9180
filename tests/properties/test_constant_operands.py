"""Any operand may be constant: no derivative may depend on what else wants one.

Every op and composite with several arrays is differentiated with each non-empty choice of them; the
others are held constant, as tensors without gradient, as NumPy arrays and, where 0-d, as Python's
numbers. What is differentiated once, twice, along a direction and into a Hessian is compared with
finite differences.
"""

import itertools

import pytest

from ..ops.cases import cases, declared
from .differences import faults, reference
from .layer_cases import FUNCTIONS, LAYERS

_NO_NUMBER = "a number is taken for a tensor: AttributeError"
_NO_ARRAY = "an array is taken for a tensor: AttributeError or TypeError"
_NO_GRADIENT = "the weight of classes that wants a gradient gets none, without a word"
KNOWN = {
    "mse_loss-2": _NO_NUMBER,
    "batch_norm of running numbers-0": "an output of arrays' values is narrowed to float16",
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
            "cosine_similarity-0",
            "cosine_similarity-1",
            "cosine_embedding_loss-0",
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
LARGEST = 90
"""In numbers; each op has smaller samples too."""
CASES = [
    known(name, case)
    for name, case in (OPS | FUNCTIONS).items()
    if len(case.arrays()) > 1 and sum(a.size for a in case.arrays()) <= LARGEST
]


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
