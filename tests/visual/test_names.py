"""What values are called: by the variables of the functions that ran, else by one number in every
picture, and never twice by the path of the box that they stand in.
"""

import re

import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.visual import explain

from .graphs import drawn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.last = nn.Linear(4, 1)

    def forward(self, x):
        h = self.first(x).tanh()
        parts = [h * 2, h + 1]
        return self.last(parts[0] * parts[1])


def test_variables_of_functions_that_have_ended_give_names():
    net = Net()

    def loss(x, y):
        p = net(x)
        d = p - y
        return (d**2).mean()

    view = draw(loss, ag.randn(5, 3), ag.randn(5, 1))
    names = {node.name: node.op for node in view.whole.nodes if node.computed and node.name}
    assert names == {"h": "tanh", "parts[0]": "mul", "parts[1]": "add", "p": "linear", "d": "sub"}


def test_names_do_not_repeat_the_path_of_their_box():
    net = nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), nn.Linear(4, 1))
    view = draw(lambda x: net(x).sum(), ag.randn(2, 3))
    written = set(re.findall(r"<b>([\w.]+)</b>", view.dot))
    assert {"net", "0", "1", "weight", "bias"} <= written
    assert not any("." in word for word in written)
    assert {node.name for node in view.graph.nodes if node.kind == "parameter"} == {
        f"net.{name}" for name, _ in net.named_parameters()
    }
    assert "net.0.0.weight" in view.dot, "the tooltip says it in full"


def test_a_value_without_a_name_has_one_number_everywhere():
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
    y = (a * b + a).tanh()
    view = draw(y)
    numbers = {node.op: node.called for node in view.graph.nodes if node.computed}
    assert numbers == {"mul": "v₂", "add": "v₃", "tanh": "y"}
    assert all(f">{called}<" in view.dot for called in ("v₂", "v₃"))
    titles = [step["title"] for step in view.play().steps]
    assert titles[1:] == ["y = tanh", "v₃ = +", "v₂ = ×"]
    assert (
        "v_{2} &= a \\cdot b" in explain(y, a).latex and "v_{3} = v_{2} + a" in explain(y, a).latex
    )


@pytest.mark.parametrize("limit", [8, 150])
def test_folding_changes_no_number(limit):
    x = ag.tensor(0.5, requires_grad=True)
    y = x
    for _ in range(30):
        y = y.sin()
    view = draw(y * x, limit=limit)
    for place, node in zip(view.graph.places, view.whole.nodes):
        shown = view.graph.nodes[place]
        assert shown.number in (None, node.number)


def test_objects_name_what_they_bring_along_and_arguments_name_nothing():
    view = drawn("perceptron")
    names = {node.name for node in view.whole.nodes if node.kind == "leaf"}
    assert names == {"x[0]", "x[1]", "x[2]", "w[0]", "w[1]", "w[2]", "w[3]", "b"}

    def inner(argument):
        return argument.tanh()

    def outer(x):
        return inner(x * 2).sum()

    nodes = draw(outer, ag.randn(3)).whole.nodes
    assert not any(node.name == "argument" for node in nodes)


def test_where_not_all_is_listed_nothing_has_a_number():
    view = drawn("large")
    assert not view.whole.whole and all(node.number is None for node in view.graph.nodes)
    assert "v₁" not in view.dot


def test_integers_show_from_where_to_where_they_go():
    view = draw(lambda i: ag.ones(9)[i].sum(), ag.arange(9))
    assert "0 to 8" in view.dot and "rms 4" not in view.dot
