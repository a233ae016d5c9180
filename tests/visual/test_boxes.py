"""A graph of tensors has the boxes of the modules whose parameters it uses."""

import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw


class Tied(nn.Module):
    """Uses the weight of its first part again at the end."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.between = nn.Linear(3, 3)

    def forward(self, x):
        return self.first(self.between(self.first(x)).tanh())


def stack():
    parts = [nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)) for _ in range(2)]
    return nn.Sequential(*parts, nn.ReLU(), nn.Linear(4, 1))


def places(view):
    """For each operation the path and class of the box that it stands in."""
    found = []
    for node in view.whole.nodes:
        if node.computed:
            scope = view.whole.scopes[node.scope]
            found.append((node.op, scope.path, scope.kind))
    return found


def test_the_boxes_are_those_of_the_calls():
    model = stack()
    x = ag.randn(3, 4)
    seen, found = places(draw(model, x)), places(draw(model(x)))
    assert [place for place in found if place[0] == "linear"] == [
        place for place in seen if place[0] == "linear"
    ]
    outer = ("0", "1", "")  # what has no parameters stands in the module around it
    assert [path for op, path, _ in found if op in ("tanh", "relu")] == list(outer)


def test_a_module_that_is_used_twice_has_two_boxes():
    model = Tied()
    view = draw(model(ag.randn(2, 3)))
    homes = [node.scope for node in view.whole.nodes if node.op == "linear"]
    assert len(set(homes)) == 3
    assert [view.whole.scopes[home].path for home in homes] == ["first", "between", "first"]


@pytest.mark.parametrize("named", [True, False])
def test_names_alone_are_enough_and_without_names_there_are_no_boxes(named):
    parameters = dict(stack().named_parameters())
    names = {f"net.{name}": parameter for name, parameter in parameters.items()}
    weights = list(parameters.values())
    y = (ag.randn(2, 4) @ weights[0] + weights[1]).tanh() @ weights[2] + weights[3]
    view = draw(y, names=names if named else False)
    paths = [scope.path for scope in view.whole.scopes]
    assert paths == (["net", "net.0", "net.0.0", "net.0.2"] if named else [])


def test_boxes_fold_as_those_of_calls_do():
    parts = [nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)) for _ in range(6)]
    model = nn.Sequential(*parts)
    loss = model(ag.randn(2, 4)).sum()
    shown = [node.times for node in draw(loss).graph.nodes if node.times]
    assert shown == ["×6"]


def test_what_comes_in_is_marked():
    model, x = stack(), ag.randn(3, 4)
    target = ag.zeros(3, 1)
    loss = ((model(x) - target) ** 2).mean()
    marked = [node.name for node in draw(loss).whole.nodes if node.input]
    assert marked == ["x", "target"]
