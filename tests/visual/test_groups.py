"""What a folded group says: from where to where its members lie, whether they stand one after the
other or side by side, and what goes in and out.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual.graph.scale import WIDE, spread
from autograd_engine.visual.picture.labels import label, tooltip
from autograd_engine.visual.picture.numbers import Ruler
from autograd_engine.visual.picture.theme import palette

from .graphs import Perceptron, drawn


def rms(x):
    return float(np.sqrt(np.mean(np.square(np.asarray(x, float)))))


def layers(activation, scale=1.0, count=8):
    """Layers in a row, how the gradient changes from one to the next, and their sum at the end."""
    net = nn.Sequential(*[nn.Sequential(nn.Linear(6, 6), activation()) for _ in range(count)])
    with ag.no_grad():
        for parameter in net.parameters():
            parameter *= scale
    return net


def groups_of(graph):
    return [node for node in graph.nodes if node.kind == "group"]


def groups(view):
    return groups_of(view.graph)


def transformer():
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), 3).eval()


def test_a_repeat_shows_each_of_its_members():
    net = layers(lambda: nn.LeakyReLU(1.0))
    with ag.no_grad():
        for parameter in net.parameters():
            parameter.copy_(ag.eye(6) * 0.9 if parameter.ndim == 2 else parameter * 0)
    x = ag.randn(4, 6)
    results, y = [], x
    for layer in net:
        y = layer(y)
        y.retain_grad()
        results.append(y)
    y.sum().backward()
    (group,) = groups(draw(lambda x: net(x).sum(), x))
    assert group.times == "×8"
    np.testing.assert_allclose(group.value_scale, [rms(y.numpy()) for y in results], rtol=1e-4)
    np.testing.assert_allclose(group.grad_scale, [rms(y.grad.numpy()) for y in results], rtol=1e-4)
    low, high = (f"{float(edge(group.grad_scale)):.4g}" for edge in (min, max))
    for said in (tooltip(group), label(group, palette("light"), Ruler(False, 4, {}))):
        assert f"{low} … {high}" in said
    assert "▁" in label(group, palette("light"), Ruler(False, 4, {})) and "█" in label(
        group, palette("light"), Ruler(False, 4, {})
    )


def test_a_vanishing_gradient_opens_the_repeat_that_it_vanishes_in():
    net = layers(nn.Sigmoid)
    x = ag.randn(4, 6)
    net(x).sum().backward()
    view = draw(net, x, gradient=ag.ones(4, 6))
    sizes = [node.grad_scale[-1] for node in groups(view)]
    assert len(sizes) == 8 and sizes == sorted(sizes) and spread(sizes) > WIDE
    small = draw(net, x, gradient=ag.ones(4, 6), limit=5)
    (group,) = groups(small)
    assert group.grad_scale[0] < 1e-5 and f"{min(group.grad_scale):.4g}" in tooltip(group)


@pytest.mark.parametrize("factor, folded", [(0.98, True), (0.8, False)])
def test_a_chain_is_folded_where_its_links_are_alike(factor, folded):
    x = ag.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(40):
        y = y * factor
    assert bool(groups(draw(y))) is folded
    assert groups(draw(y, limit=30)), "there is no room for all"


def test_what_is_not_finite_in_a_group_is_said():
    net = layers(nn.Tanh)
    with ag.no_grad():
        net[3][0].bias[0] = float("nan")
    (group,) = groups(draw(net, ag.randn(4, 6), limit=5))
    assert [np.isnan(size) for size in group.value_scale] == [False] * 3 + [True] * 5
    assert "5 not finite" in tooltip(group) and "!" in label(
        group, palette("light"), Ruler(False, 4, {})
    )
    assert len(groups(draw(net, ag.randn(4, 6)))) == 8


class Side(nn.Module):
    """Modules side by side."""

    def __init__(self, count, inner=nn.Tanh):
        super().__init__()
        parts = [nn.Sequential(nn.Linear(3, 1), inner()) for _ in range(count)]
        self.parts = nn.ModuleList(parts)

    def forward(self, x):
        return ag.cat([part(x) for part in self.parts], -1)


@pytest.mark.parametrize("large", [5000, 50], ids=["listed", "cut"])
def test_side_by_side_is_told_from_in_turn(large, monkeypatch):
    monkeypatch.setattr("autograd_engine.visual.page.view.LARGE", large)
    repeats = 40
    x = ag.randn(2, 3)
    beside = draw(Side(repeats), x)
    found = [node for node in groups(beside) if node.repeats == repeats]
    assert [node.times for node in found] == [f"{repeats} in parallel"]
    assert f"<b>{repeats} in parallel</b>" in beside.dot and "×" not in found[0].times
    in_turn = layers(nn.Tanh, count=repeats)
    found = groups(draw(in_turn, ag.randn(2, 6), depth=1, limit=20))
    assert any(node.times == f"×{repeats}" for node in found)


class Neurons(nn.Module):
    """A layer of neurons of single numbers, as one writes them by hand: some are at rest."""

    class Neuron(nn.Module):
        def __init__(self, start):
            super().__init__()
            weights = [nn.Parameter(ag.tensor(start + i)) for i in range(2)]
            self.weights = nn.ParameterList(weights)

        def forward(self, x):
            return sum((w * each for w, each in zip(self.weights, x)), 0.5).relu()

    def __init__(self, count):
        super().__init__()
        starts = [100.0 * (i % 2) - 1.0 for i in range(count)]
        self.neurons = nn.ModuleList([self.Neuron(start) for start in starts])

    def forward(self, x):
        return [neuron(x) for neuron in self.neurons]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_neurons_of_numbers_are_side_by_side_whatever_they_say():
    """One box for all of them, and each input once, however many neurons read it."""
    view = draw(Neurons(16), [ag.tensor(1.0), ag.tensor(0.5)])
    (box,) = groups(view)
    assert box.times == "16 in parallel" and 0.0 in box.value_scale and max(box.value_scale) > 90
    assert [node.name for node in view.graph.nodes if node.input] == ["x[0]", "x[1]"]
    broken = draw(Neurons(16), [ag.tensor(1.0), ag.tensor(float("inf"))])
    assert len([node for node in broken.graph.nodes if node.label == "Neuron"]) == 16


def test_inputs_and_outputs_of_a_model_of_numbers_keep_their_edges():
    view = draw(Perceptron(3, 8, 8, 1), [2.0, 3.0, -1.0])
    inputs = {node.name: node.key for node in view.graph.nodes if node.input}
    assert list(inputs) == ["x[0]", "x[1]", "x[2]"] and len(view.graph.nodes) <= 150
    used = {edge.source for edge in view.graph.edges}
    assert used.issuperset(inputs.values())
    (output,) = view.graph.outputs
    assert view.graph.nodes[output].op == "tanh"


def test_outputs_in_the_middle_of_many_operations_stay_single():
    x = ag.tensor(1.5, requires_grad=True)
    first = x.exp()
    y = first
    for i in range(400):
        y = y.sin() + x if i % 3 else y * 0.5
    view = draw(first, y)
    assert [view.graph.nodes[key].name for key in view.graph.outputs] == ["first", "y"]
    assert len(view.graph.nodes) <= 150


MODELS = {
    "in turn": (lambda: layers(nn.Tanh), (2, 6)),
    "side by side": (lambda: Side(16), (2, 3)),
    "blocks": (transformer, (2, 4, 6)),
    "nested": (lambda: nn.Sequential(layers(nn.ReLU, count=2), nn.Linear(6, 1)), (2, 6)),
}


@pytest.mark.parametrize("limit", [150, 8, None])
@pytest.mark.parametrize("name", MODELS)
def test_more_depth_never_shows_less(name, limit):
    make, shape = MODELS[name]
    model, x = make(), ag.randn(*shape)
    counts = [len(draw(model, x, depth=depth, limit=limit).graph.nodes) for depth in range(5)]
    assert counts == sorted(counts)
    if limit is None or name == "nested":
        assert counts[0] < counts[-1]


@pytest.mark.parametrize("name", ["chain", "many", "deep"])
def test_without_a_limit_every_operation_is_a_node(name, monkeypatch):
    monkeypatch.setattr("autograd_engine.visual.page.view.LARGE", 100)
    graph = drawn(name, limit=None).graph
    assert not groups_of(graph) and len(graph.nodes) >= graph.operations
    assert len(str(graph).splitlines()) == len(graph.nodes)


def test_without_a_limit_what_is_asked_for_is_closed():
    view = draw(layers(nn.Tanh), ag.randn(2, 6), limit=None, collapse="3")
    assert [node.name for node in groups(view)] == ["3"]


def test_the_backward_pass_in_a_graph_is_told_from_the_forward_pass():
    x = ag.tensor([0.5, 2.0], requires_grad=True)
    y = (x * x).tanh().sum()
    (dy,) = ag.grad(y, x, create_graph=True)
    z = (dy * 2).sum()
    z.backward()
    view = draw(z)
    derived = {node.op for node in view.graph.nodes if node.derived}
    forward = {node.op for node in view.graph.nodes if node.op and not node.derived}
    assert "tanh" in forward and "sum" in forward and "tanh" not in derived
    assert view.graph.nodes[view.graph.outputs[0]].derived is False
    assert {node.kind for node in view.graph.nodes if node.derived} == {"op"}
    assert all(node.grad is not None for node in view.graph.nodes if node.op)
    assert "recorded itself" in view.graph.notes[0]
    assert not any(node.derived for node in draw(y).graph.nodes)
