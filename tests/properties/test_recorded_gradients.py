"""A gradient is the same whether its sweep is recorded or not.

Rules run on arrays for a plain gradient and on tensors under ``create_graph=True``.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor
from autograd_engine.core.backward import sweep

from ..grouping import each, named, of_family
from ..ops.cases import cases, declared, differentiable_parts
from .differences import weights
from .layer_cases import FUNCTIONS, LAYERS

OPS = {
    f"{name}-{i}": case
    for name, function in declared().items()
    for i, case in enumerate(cases(function))
    if case.differentiable
}


def compare(case, dtype, precision, **options):
    """Sweep one graph twice from the same cotangents, which may want a gradient themselves."""
    xs = case.leaves(dtype)
    ys = differentiable_parts(case(*xs))
    seeds = [
        Tensor(weights(tuple(y.shape), 0.8 + i).astype(y.dtype), **options)
        for i, y in enumerate(ys)
    ]
    plain = ag.grad(ys, xs, seeds, retain_graph=True, materialize_grads=True)
    recorded = ag.grad(ys, xs, seeds, create_graph=True, materialize_grads=True)
    for a, b in zip(plain, recorded):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(b.detach(), a, rtol=precision, atol=precision)


@each([pytest.param(c, id=name) for name, c in (OPS | FUNCTIONS).items()])
def test_rules_give_the_same_on_arrays_and_on_tensors(case):
    compare(case, "float64", 1e-10)
    compare(case, "float32", 1e-4, requires_grad=True)


def handed_on_as_tensors(case):
    """The ops whose rules give tensors for arrays, in a plain sweep through both derivatives."""
    found = set()

    def observe(node, g, values):
        if any(isinstance(value, Tensor) for value in values):
            found.add(node.op.name)

    xs = case.leaves()
    ys = differentiable_parts(case(*xs))
    seeds = [Tensor(weights(tuple(y.shape), 0.8 + i), requires_grad=True) for i, y in enumerate(ys)]
    gs = ag.grad(ys, xs, seeds, create_graph=True, materialize_grads=True)
    outputs = [*ys, *[g for g in gs if g.requires_grad]]
    sweep(outputs, [Tensor(np.ones(y.shape)) for y in outputs], None, None, False, observe=observe)
    return found


@each([named(name, c) for name, c in (OPS | FUNCTIONS | LAYERS).items()], of_family)
def test_rules_give_arrays_for_arrays(case):
    """Others may write into what they are given."""
    assert not handed_on_as_tensors(case)


@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_layers_give_the_same_on_arrays_and_on_tensors(case):
    compare(case, "float64", 1e-10)
