"""Every op can be drawn: its value and its gradients, computed again for the picture, are those of
the engine.
"""

from html import escape

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine.core.primitive import registry
from autograd_engine.visual.graph.annotate import annotate
from autograd_engine.visual.picture.dot import to_graphviz
from autograd_engine.visual.graph.listing import graph_of
from autograd_engine.visual.graph.replay import Numbers

from ..ops.cases import cases

CASES = [
    pytest.param(op, case, id=f"{name}-{i}")
    for name, op in sorted(registry.items())
    for i, case in enumerate(cases(op.function))
    if case.differentiable
]


@pytest.mark.parametrize("op, case", CASES)
def test_an_op_is_replayed_exactly(op, case):
    leaves = case.leaves()
    result = case(*leaves)
    outputs = [
        y for y in (result if isinstance(result, (tuple, list)) else [result]) if y.requires_grad
    ]
    graph = graph_of(outputs)
    values = Numbers(graph).values
    for key, y in zip(graph.outputs, outputs):
        np.testing.assert_array_equal(values[key], y.numpy())
    total = sum((y.sum() for y in outputs), start=ag.tensor(0.0, dtype="float64"))
    expected = ag.grad(total, leaves, allow_unused=True, retain_graph=True)
    whole = graph_of([total])
    found = Numbers(whole).gradients()
    for leaf, want in zip(leaves, expected):
        key = next((node.key for node in whole.nodes if node.subject is leaf), None)
        if want is not None and key is not None:
            np.testing.assert_allclose(found[key], want.numpy(), rtol=1e-12, atol=1e-12)
    assert escape(op.symbol or op.name) in to_graphviz(annotate(whole, grads=True)).source
