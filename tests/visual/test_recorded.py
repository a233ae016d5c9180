"""A drawn function shows everything that ran, whether it wants a gradient or not."""

from collections import Counter

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw
from autograd_engine.core.recorder import Value, current
from autograd_engine.visual.graph.replay import Numbers

F = nn.functional


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 2, 3),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8, 3),
    )


def evaluated():
    return convolutional().eval(), ag.randn(2, 1, 6, 6)


def frozen():
    model = convolutional()
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    return model, ag.randn(2, 1, 6, 6)


def flattened():
    return nn.Flatten(), ag.randn(2, 3, 4)


def targets():
    model = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 4))
    x, y = ag.tensor([[0, 1], [2, 3]]), ag.tensor([1, 3])
    return (lambda x, y: F.cross_entropy(model(x), y)), x, y


def constants():
    W, b, x = ag.randn(2, 3), ag.randn(2), ag.randn(3)
    return (lambda x: (W @ x + b).tanh()), x


def in_place():
    def scaled(x):
        x = x + 1
        x *= 2
        x[0] = 0.5
        return x.relu_().sum()

    return scaled, ag.randn(3)


def random():
    return (lambda x: (x * ag.rand(3) + ag.bernoulli(0.5 * ag.ones(3))).max(dim=0)[0]), ag.randn(3)


def cut_off():
    w = ag.randn(3, requires_grad=True)
    return (lambda x: ((x * w).detach() * w).sum()), ag.randn(3)


RUNS = [evaluated, frozen, flattened, targets, constants, in_place, random, cut_off]


def leading_to(value):
    """The ops that a value of a program was computed by."""
    calls, queue = {}, [value]
    while queue:
        call = queue.pop().call
        if call is not None and call.inputs and call not in calls:
            calls[call] = call.op.name
            queue += [x for x in (*call.inputs, *call.params.values()) if isinstance(x, Value)]
    return Counter(calls.values())


@pytest.mark.parametrize("graded", [True, False])
@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_everything_that_led_to_the_output_is_drawn_with_its_value(make, graded):
    function, *args = make()
    seen = []

    def run(*args):
        with ag.set_grad_enabled(graded):
            result = function(*args)
        seen.append((result.numpy().copy(), leading_to(current().known(result))))
        return result

    view = draw(run, *args, limit=None)
    result, expected = seen[0]
    shown = Counter(node.op for node in view.whole.nodes if node.computed)
    del shown["detach"]
    assert shown == expected
    (output,) = view.whole.outputs
    np.testing.assert_allclose(Numbers(view.whole).values[output], result, rtol=1e-5)
    inputs = [node.name for node in view.whole.nodes if node.input]
    assert len(inputs) == len(args), "what was given is there and marked"


def test_what_wants_no_gradient_shows_none_and_says_so():
    model, x = frozen()
    loss = model(x).sum()
    loss.backward()
    view = draw(lambda x: model(x).sum(), x)
    nodes = {node.name or node.op: node for node in view.whole.nodes}
    assert nodes["model.0.weight"].kind == "parameter" and not nodes["model.0.weight"].wants
    assert nodes["conv"].grad is None and nodes["model.5.weight"].grad is not None
    assert view.dot.count("<i>frozen</i>") == 2


def test_changes_in_place_are_marked():
    function, x = in_place()
    view = draw(function, x)
    marked = [node.label for node in view.graph.nodes if node.in_place]
    assert marked == ["×=", "[0]=", "relu_"] and view.dot.count("<i>in place</i>") == 3


def test_what_changes_in_place_is_called_as_it_was_written():
    def changed(x, y):
        x = x * 2
        x *= y
        x += y
        x -= 1
        x /= y
        x **= 2
        x @= ag.eye(2)
        x.mul_(y)
        x.add_(y)
        x.sqrt_()
        x[0] += 1
        x *= x
        return x

    x, y = ag.rand(2, 2) + 1, ag.rand(2, 2)
    for given, written in ((x, "[0]="), (x.clone().requires_grad_(), "[…]=")):
        made = [node for node in draw(changed, given, y).graph.nodes if node.computed]
        assert [node.label for node in made] == [
            *("×", "×=", "+=", "−=", "÷=", "^=", "@=", "mul_", "add_", "sqrt_"),
            *("[0]", "+=", written, "×="),
        ]
        assert {node.label for node in made if not node.in_place} <= {"×", "[0]", "[…]="}


def test_what_was_given_is_shown_as_it_was_before_it_was_changed_in_place():
    def doubled(x):
        x *= 2
        return x.sum()

    view = draw(doubled, ag.ones(3))
    first, _, product, total = view.whole.nodes
    assert first.name == "x" and first.input and first.value.text == "[1, 1, 1]"
    assert product.value.text == "[2, 2, 2]" and total.value.text == "6"
    assert not view.graph.notes


@pytest.mark.parametrize("graded", [True, False])
def test_a_write_through_a_view_is_shown_or_said_not_to_be(graded):
    def shifted(x):
        x = x * 1
        y = x[1:]
        y += 1
        return x.sum()

    view = draw(shifted, ag.ones(3, requires_grad=graded))
    (output,) = view.whole.outputs
    seen = view.whole.nodes[output].value.text == "5"
    assert seen == graded and bool(view.graph.notes) != graded


def test_compiled_functions_are_drawn_as_what_they_compute():
    def wave(x):
        u = x * 2
        return u.sin().sum()

    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    x = ag.randn(3)
    for plain, compiled in ((wave, ag.compile(wave)), (model, nn.compile(model))):
        compiled(x)  # from now on there is a program
        wanted = draw(plain, x)
        for view in (draw(compiled, x), draw(lambda x, f=compiled: f(x), x)):
            ops = [(node.op, node.shape) for node in view.whole.nodes]
            assert ops == [(node.op, node.shape) for node in wanted.whole.nodes]
        named = [node.name for node in draw(compiled, x).graph.nodes]
        assert named == [node.name for node in draw(plain, x).graph.nodes]
    both = ag.compile(ag.value_and_grad(wave))
    both(x)
    assert "cos" in [node.op for node in draw(both, x).graph.nodes]
    step = nn.training.compiled_step(model, nn.MSELoss(), nn.optim.SGD(model.parameters(), 0.1))
    assert "linear" in [node.op for node in draw(step, x[None], ag.randn(1, 4)).whole.nodes]
