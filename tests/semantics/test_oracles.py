"""The oracles that these tests trust: closed forms, differences and PyTorch say the same."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import tensor

PROGRAMS = {
    "tanh of a product": (lambda m, x: m.tanh(x * x).sum(), lambda x: 2 * x / np.cosh(x * x) ** 2),
    "logsumexp": (lambda m, x: m.log(m.exp(x).sum()), lambda x: np.exp(x) / np.exp(x).sum()),
    "ratio": (lambda m, x: (x / (1 + x * x)).sum(), lambda x: (1 - x * x) / (1 + x * x) ** 2),
    "cube root of a sum": (
        lambda m, x: (x * x).sum() ** (1 / 3),
        lambda x: 2 * x / 3 * (x * x).sum() ** (-2 / 3),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_engine_closed_form_finite_differences_and_pytorch_agree(name, differences, agrees):
    program, derivative = PROGRAMS[name]
    x = np.array([0.3, -1.2, 2.1])
    t = tensor(x, requires_grad=True)
    program(ag, t).backward()
    np.testing.assert_allclose(t.grad.numpy(), derivative(x), rtol=1e-10)
    np.testing.assert_allclose(t.grad.numpy(), differences(lambda a: program(np, a), x), rtol=1e-6)
    agrees(program, x)
