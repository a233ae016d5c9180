"""An op is drawn as the user called it: one function is one node, whatever it is made of, with the
arguments that say something; it opens to its parts.
"""

import sys
from dataclasses import replace

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw

F = nn.functional
INDEX = ag.tensor([0, 2, 1])


def image():
    return ag.randn(2, 3, 8, 8, requires_grad=True)


def table():
    return ag.randn(4, 6, requires_grad=True)


CALLED = {
    "max_pool2d, kernel_size 3, stride 2, padding 1": (
        image,
        lambda x: F.max_pool2d(x, 3, stride=2, padding=1),
    ),
    "avg_pool2d, kernel_size 2": (image, lambda x: F.avg_pool2d(x, 2)),
    "conv2d, padding 1": (image, lambda x: F.conv2d(x, ag.ones(4, 3, 3, 3), padding=1)),
    "interpolate, scale_factor 2": (image, lambda x: F.interpolate(x, scale_factor=2)),
    "group_norm, num_groups 3": (image, lambda x: F.group_norm(x, 3)),
    "flatten, start_dim 1": (image, lambda x: x.flatten(1)),
    "max, dim 1": (table, lambda x: x.max(dim=1)[0]),
    "median, dim 1": (table, lambda x: x.median(dim=1)[0]),
    "topk, k 2": (table, lambda x: x.topk(2)[0]),
    "layer_norm, normalized_shape 6": (table, lambda x: F.layer_norm(x, (6,))),
    "embedding, ": (table, lambda x: F.embedding(INDEX, x)),
    "dropout, p 0.3": (table, lambda x: F.dropout(x, 0.3)),
    "cross_entropy, label_smoothing 0.1": (
        table,
        lambda x: F.cross_entropy(x, ag.tensor([0, 1, 2, 0]), label_smoothing=0.1),
    ),
    "mse_loss, ": (table, lambda x: F.mse_loss(x, ag.ones(4, 6))),
    "view, shape (2, -1)": (table, lambda x: x.view(2, -1)),
    "Σ, dim 1, keepdim": (table, lambda x: x.sum(dim=1, keepdim=True)),
    "mul_, ": (table, lambda x: (x + 1).mul_(2)),
    "×, ": (table, lambda x: x * 2),
    "[1:], ": (table, lambda x: x[1:]),
    "scaled_dot_product_attention, is_causal": (
        table,
        lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
    ),
}


@pytest.mark.parametrize("name", CALLED)
def test_what_the_user_calls_is_one_node(name):
    make, function = CALLED[name]
    x = make()
    view = draw(function, x)
    last = [node for node in view.graph.nodes if node.computed][-1]
    assert f"{last.label}, {last.params}" == name
    assert last.shape == function(x).shape and last.value is not None
    if last.kind == "group":
        parts = view.read(replace(view.reading, unfold=(last.fold,))).graph
        assert len(parts.nodes) > len(view.graph.nodes) and last.members > 1
        assert "root mean square of" not in view.dot and f"made of {last.members}" in view.dot


@pytest.mark.parametrize(
    "layer, shape, called",
    [
        (lambda: nn.MaxPool2d(2), (2, 3, 8, 8), "max_pool2d"),
        (lambda: nn.LayerNorm(6), (4, 6), "layer_norm"),
        (lambda: nn.BatchNorm1d(6), (4, 6), "batch_norm"),
    ],
)
def test_a_layer_calls_a_function_and_its_parameters_stay_beside_it(layer, shape, called):
    layer = layer()
    nodes = draw(layer, ag.randn(*shape, requires_grad=True)).graph.nodes
    assert [node.label for node in nodes if node.computed] == [called]
    parameters = {name for name, _ in layer.named_parameters()}
    assert {node.name for node in nodes if node.kind == "parameter"} == parameters


def test_functions_of_the_users_own_and_what_they_call_are_told_apart():
    def own(x):
        return F.softplus(x) * x.tanh()

    def loss(x):
        return own(own(x)).sum()

    nodes = draw(loss, table()).graph.nodes
    called = [node.label for node in nodes if node.computed]
    assert called == ["softplus", "tanh", "×"] * 2 + ["Σ"]


def test_a_model_without_gradients_keeps_its_numbers():
    x = table()
    view = draw(lambda x: F.layer_norm(x, (6,)), x)
    (norm,) = [node for node in view.graph.nodes if node.computed]
    assert norm.value.norm == pytest.approx(1.0, abs=1e-3)
    assert "root mean square of" not in view.dot


def test_watching_leaves_no_trace_and_another_profiler_alone():
    draw(lambda x: F.layer_norm(x, (7,)), table())  # fails
    assert sys.getprofile() is None
    seen = []
    sys.setprofile(lambda frame, event, arg: seen.append(event))
    try:
        view = draw(lambda x: F.layer_norm(x, (6,)) * 2, table())
        assert sys.getprofile() is not None
    finally:
        sys.setprofile(None)
    assert not any(node.function for node in view.graph.nodes) and seen


def test_a_large_graph_is_cut_by_modules_only(monkeypatch):
    monkeypatch.setattr("autograd_engine.visual.page.view.LARGE", 12)
    net = nn.Sequential(*[nn.Sequential(nn.Linear(6, 6), nn.LayerNorm(6)) for _ in range(10)])
    view = draw(net, table())
    assert not view.whole.whole and not any(scope.function for scope in view.graph.scopes)
    np.testing.assert_equal(view.graph.operations, 10 * 2)


def test_a_checkpoint_opens_to_what_ran_in_it_and_says_where_it_is_computed_again():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = ag.randn(5, 3, requires_grad=True)

    def loss(x):
        return ag.checkpoint(model, x).sum()

    view = draw(loss, x)
    (closed,) = [node for node in view.graph.nodes if node.kind == "group"]
    assert (closed.label, closed.members) == ("checkpoint", 3)
    opened = view.read(replace(view.reading, unfold=(closed.fold,))).graph
    assert [node.op for node in opened.nodes if node.computed] == "linear tanh linear sum".split()
    assert {scope.kind for scope in opened.scopes} >= {"Sequential", "Linear", "Tanh"}
    kept = draw(loss(x)).graph.nodes[-2]
    assert kept.params == "of Sequential, whose operations are computed again in the backward sweep"
    single = draw(lambda x: ag.checkpoint(ag.exp, x), x).graph
    assert [node.op for node in single.nodes if node.computed] == ["exp"]
