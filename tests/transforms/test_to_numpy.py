"""The NumPy source of a function and its gradient: it computes what the engine does, it needs
NumPy alone, and it reads as a person would have written it.
"""

import inspect
import re

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import TraceError, tensor, to_numpy

from .programs import programs


def alike(found, expected):
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("make, shapes", [pytest.param(*row, id=id) for id, *row in programs()])
def test_it_computes_the_value_and_the_gradients(make, shapes):
    ag.manual_seed(0)
    f = make()
    xs = [ag.randn(*shape).requires_grad_() for shape in shapes]
    program = to_numpy(f, *xs)
    imports = set(re.findall(r"^(?:import|from) (\w+)", program.source, re.M))
    assert imports <= {"numpy", "math", "operator", "collections", "typing"}
    value, grads = program(*xs)
    y = f(*xs)
    alike(value, y)
    wanted = [*xs, *program.parameters.values()]
    names = list(inspect.signature(program.function).parameters)
    wanted = {name: x for name, x in zip(names, wanted) if isinstance(x, ag.Tensor)}
    wanted = {name: x for name, x in wanted.items() if x.requires_grad}
    expected = ag.grad(y, list(wanted.values()), allow_unused=True)
    for (name, x), g in zip(wanted.items(), expected):
        assert (g is None) == (name not in grads)
        if g is not None:
            alike(grads[name], g)
            assert grads[name].shape == x.shape


def test_it_reads_as_a_person_would_have_written_it():
    w, v = tensor([[1.0, 2.0]], requires_grad=True), tensor([[0.5]], requires_grad=True)

    def loss(x, y):
        h = (x @ w.T).tanh()
        error = h @ v - y
        return (error**2).mean()

    source = to_numpy(loss, ag.ones(4, 2), ag.zeros(4, 1)).source
    body = source.partition("def ")[2].splitlines()
    assert body == [
        "loss(x, y, w, v):",
        "    # h = (x @ w.T).tanh()",
        "    h = np.tanh(x @ w.T)",
        "    error = h @ v - y",
        "    # return (error ** 2).mean()",
        "    out = (error ** 2).mean()",
        "",
        "    # backward",
        "    # through return (error ** 2).mean()",
        "    d_error = 0.25 * (2.0 * error)",
        "    # through error = h @ v - y",
        "    d_h = d_error @ v.T",
        "    d_v = h.T @ d_error",
        "    # through h = (x @ w.T).tanh()",
        "    d_w = (x.T @ (d_h * (1 - h * h))).T",
        "    return out, {'w': d_w, 'v': d_v}",
    ]


def test_a_result_of_several_elements_takes_its_gradient():
    x = tensor([1.0, 2.0], requires_grad=True)
    program = to_numpy(lambda x: x * x, x)
    value, grads = program(x, d_out=np.array([1.0, 10.0]))
    np.testing.assert_array_equal(value, [1.0, 4.0])
    np.testing.assert_array_equal(grads["x"], [2.0, 40.0])


def test_parameters_are_read_afresh_and_buffers_are_returned():
    layer = nn.Linear(1, 1, bias=False)
    program = to_numpy(lambda x: layer(x).sum(), tensor([[2.0]]))
    with ag.no_grad():
        layer.weight.fill_(10.0)
    assert program(np.array([[2.0]]))[0] == 20.0
    count = tensor(1.0)

    def counted(x):
        count.add_(1.0)
        return x * count

    assert to_numpy(counted, tensor(3.0))(np.array(3.0))[-1]["count"] == 3.0


def test_random_numbers_come_from_a_generator():
    program = to_numpy(lambda x: x + ag.rand(3), tensor([0.0, 0.0, 0.0]))
    drawn = program(np.zeros(3), rng=np.random.default_rng(0))
    np.testing.assert_allclose(drawn, np.random.default_rng(0).random(3, np.float32))


STUCK = {
    "item()": lambda x: x * x.sum().item(),
    "bool()": lambda x: x if (x.sum() > 0) else -x,
    "numpy()": lambda x: x * float(x.detach().numpy()[0]),
    "an array": lambda x: x * np.array(x.detach()),
}


@pytest.mark.parametrize("how", STUCK)
def test_what_python_decides_by_a_value_is_refused_with_the_line(how):
    with pytest.raises(TraceError, match="test_to_numpy.py:[0-9]+"):
        to_numpy(STUCK[how], tensor([1.0, 2.0]))


def test_memory_that_two_tensors_look_into_is_followed_or_refused():
    def through_a_view(x):
        y = x * 1
        y[0].mul_(3)
        return y.sum()

    with pytest.raises(TraceError, match="written through another tensor"):
        to_numpy(through_a_view, tensor([1.0, 2.0]))
    with pytest.raises(TraceError, match="value_and_grad"):
        to_numpy(lambda x: (x * 2).sum().backward(), tensor([1.0], requires_grad=True))


def test_it_is_shown_in_colour_in_notebooks():
    shown = to_numpy(lambda x: x + 1, tensor([1.0]))._repr_html_()
    assert shown.startswith("<pre") and ">def</b>" in shown and "x + 1" in shown
