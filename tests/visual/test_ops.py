"""Every op can be drawn: its value and its gradients, computed again for the picture, are those of
the engine.
"""

import re
from html import escape

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine.core.primitive import registry
from autograd_engine.visual.graph.annotate import with_numbers
from autograd_engine.visual.picture.dot import to_graphviz
from autograd_engine.visual.graph.listing import graph_of
from autograd_engine.visual.graph.replay import Numbers

from ..grouping import each
from ..ops.cases import cases

INTERNAL = re.compile(r"(?<!\])=|\w\(|slice|Ellipsis|dtype\(|(int|float|bool)\d*\[")
"""What a reader did not write: Python's own way to show objects."""

CASES = [
    pytest.param(op, case, id=f"{name}-{i}")
    for name, op in sorted(registry.items())
    for i, case in enumerate(cases(op.function))
    if case.differentiable
]


@each(CASES)
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
    source = to_graphviz(with_numbers(whole, grads=True)).source
    for node in whole.nodes:
        assert escape(node.label) in source
        assert not INTERNAL.search(f"{node.label} {node.params}"), "said as a reader would"


@pytest.mark.parametrize(
    "call, label, arguments",
    [
        (lambda x: x[1:, ::2], "[1:, ::2]", ""),
        (lambda x: x[..., None, -1], "[..., None, -1]", ""),
        (lambda x: x[ag.tensor([0, 2])], "[[0, 2]]", ""),
        (lambda x: x[ag.zeros(3, 7).long()], "[3×7 indices]", ""),
        (lambda x: x[x > 0], "[4×6 mask]", ""),
        (lambda x: x.sum(dim=1, keepdim=True), "Σ", "dim 1, keepdim"),
        (lambda x: x.std(0), "std", "dim 0"),
        (lambda x: x.var(0, unbiased=False), "var", "dim 0, correction 0"),
        (lambda x: x.softmax(-1), "softmax", "dim -1"),
        (lambda x: x.double(), "cast", "dtype float64"),
        (lambda x: x.reshape(-1), "reshape", ""),
        (lambda x: nn.functional.leaky_relu(x, 0.2), "leaky_relu", "negative_slope 0.2"),
        (
            lambda x: nn.functional.conv1d(x[None], ag.ones(2, 4, 3), stride=2, padding=1),
            "∗",
            "stride 2, padding 1",
        ),
        (
            lambda x: nn.functional.conv2d(
                x[None, None], ag.ones(2, 1, 3, 1), stride=(2, 1), padding=(1, 0)
            ),
            "∗",
            "stride (2, 1), padding (1, 0)",
        ),
    ],
)
def test_arguments_are_said_as_a_reader_would(call, label, arguments):
    node = graph_of([call(ag.ones(4, 6, requires_grad=True))]).nodes[-1]
    assert (node.label, node.params) == (label, arguments)


def test_what_is_written_into_is_told_from_what_is_taken():
    x = ag.ones(4, requires_grad=True) * 2
    x[1:3] = 0.0
    assert graph_of([x]).nodes[-1].label == "[1:3]="
