"""A recurrent layer is one node that shows its steps in time, with the gradient at each."""

from dataclasses import replace

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import draw


def last_state(layer):
    outer = nn.Sequential(nn.Linear(3, 3), layer)
    x = ag.randn(7, 2, 3)

    def loss(x):
        return outer(x)[0][-1].sum()

    loss(x).backward()
    return outer, loss, x


def test_the_gradient_at_each_step_is_that_of_the_unrolled_layer():
    layer = nn.RNN(3, 4)
    outer, loss, x = last_state(layer)
    (node,) = [node for node in draw(loss, x).graph.nodes if node.steps]
    z = outer[0](x).detach() @ layer.weight_ih_l0.T + layer.bias_ih_l0 + layer.bias_hh_l0
    z = z.detach().requires_grad_()
    h = ag.zeros(2, 4)
    states = []
    for step in range(7):
        h = (z[step] + h @ layer.weight_hh_l0.T).tanh()
        states.append(h)
    h.sum().backward()
    assert (node.steps, node.label, node.kind) == (7, "RNN", "group")
    for scale, arrays in ((node.grad_scale, z.grad), (node.value_scale, states)):
        sizes = [float((array.detach() ** 2).mean().sqrt()) for array in arrays]
        np.testing.assert_allclose(scale, sizes, rtol=1e-5)


@pytest.mark.parametrize("make", [nn.LSTM, nn.GRU, nn.RNN])
def test_the_layer_says_its_steps_and_opens_to_its_parts(make):
    _, loss, x = last_state(make(3, 4))
    view = draw(loss, x)
    (node,) = [node for node in view.graph.nodes if node.steps]
    assert "root mean square of 7 steps in time" in view.dot and "grad at step: 1: " in view.dot
    opened = view.read(replace(view.reading, unfold=(node.fold,)))
    (op,) = [node for node in opened.graph.nodes if node.steps]
    assert op.op in ("lstm", "gru", "elman") and op.grad_scale == node.grad_scale


def test_a_gradient_that_vanishes_in_time_is_said():
    layer = nn.RNN(3, 4)
    with ag.no_grad():
        layer.weight_hh_l0.mul_(0.05)
    _, loss, x = last_state(layer)
    view = draw(loss, x)
    assert [finding.kind for finding in view.verdict][0] == "vanished"
    assert "in time" in str(view.verdict) and "at step 7 to" in str(view.verdict)
    assert "gradient vanishes in time" in view.dot
