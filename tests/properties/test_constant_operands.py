"""Any operand may be constant: no derivative may depend on what else wants one.

Every op and composite with several arrays is differentiated with each non-empty choice of them; the
others are held constant, as tensors without gradient, as NumPy arrays and, where 0-d, as Python's
numbers. What is differentiated once, twice, along a direction and into a Hessian is compared with
finite differences.
"""

import itertools

import pytest

import autograd_engine as ag
import nn.functional as F

from ..grouping import named
from ..ops.cases import cases, declared
from .differences import faults, reference
from .layer_cases import FUNCTIONS, LAYERS


OPS = {
    f"{name}-{i}": case
    for name, function in declared().items()
    for i, case in enumerate(cases(function))
    if case.differentiable
}
CASES = [named(name, case) for name, case in (OPS | FUNCTIONS).items() if case.has_choices]


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


@pytest.mark.parametrize("case", [named(name, case) for name, case in LAYERS.items()])
def test_the_input_and_any_parameter_of_a_layer_may_be_frozen(case):
    arrays = case.arrays()
    expected = reference(case, arrays)
    found = [
        fault for wanted in choices(len(arrays)) for fault in faults(expected, wanted, "tensor")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss, F.multi_margin_loss])
def test_a_weight_of_classes_that_wants_a_gradient_is_refused(loss):
    """It is no argument of the op: better a word than no gradient."""
    scores, weight = ag.ones(2, 3), ag.ones(3, requires_grad=True)
    target = ag.tensor([2, 0])
    with pytest.raises(RuntimeError, match="weight of classes.*requires gradients.*detach"):
        loss(scores, target, weight=weight)
    loss(scores, target, weight=weight.detach())
    with ag.no_grad():
        loss(scores, target, weight=weight)
