"""Short programs from papers, written once and run on this engine and on PyTorch: only the imports
differ. Values and gradients of all that is learned agree.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
import nn


def chain_likelihood(m, F, emissions, transitions):
    """A conditional random field over a chain (Lafferty, McCallum and Pereira 2001)."""
    tags = [0, 2, 1, 1]
    total = emissions[0]
    score = emissions[0, tags[0]]
    for t in range(1, 4):
        total = m.logsumexp(total.unsqueeze(1) + transitions, 0) + emissions[t]
        score = score + transitions[tags[t - 1], tags[t]] + emissions[t, tags[t]]
    return m.logsumexp(total, 0) - score


def gaussian_process(m, F, x, y, logs):
    """The marginal likelihood by a Cholesky factor (Rasmussen and Williams 2006, algorithm 2.1)."""
    distance = ((x.unsqueeze(1) - x.unsqueeze(0)) ** 2).sum(-1)
    K = m.exp(-distance / m.exp(logs[0])) + m.exp(logs[1]) * m.eye(4, dtype=x.dtype)
    L = m.linalg.cholesky(K)
    alpha = m.cholesky_solve(y.unsqueeze(1), L).squeeze(1)
    return 0.5 * y @ alpha + m.log(m.diagonal(L)).sum()


def matrix_exponential_flow(m, F, x, A):
    """A linear flow whose log-determinant is a trace (Hoogeboom et al. 2020)."""
    z = x @ m.matrix_exp(A).T
    return (0.5 * z**2).sum() - x.shape[0] * m.trace(A)


def spatial_transformer(m, F, images, theta):
    """A learned affine map of images (Jaderberg et al. 2015)."""
    grid = F.affine_grid(theta, images.shape, align_corners=False)
    return (F.grid_sample(images, grid, align_corners=False) ** 2).sum()


def spectral_radius(m, F, W, x):
    """A recurrent matrix divided by the largest absolute value of its eigenvalues."""
    return m.tanh(x @ (W / m.linalg.eigvals(W).abs().max())).sum()


def mixture_density(m, F, logits, means, logs, y):
    """A mixture of normal distributions as the output of a network (Bishop 1994)."""
    deviation = (y.unsqueeze(1) - means) * m.exp(-logs)
    normal = -0.5 * deviation**2 - logs - 0.5 * math.log(2 * math.pi)
    return -m.logsumexp(F.log_softmax(logits, 1) + normal, 1).mean()


def planar_flow(m, F, x, u, w, b):
    """One layer of a normalising flow and its Jacobian (Rezende and Mohamed 2015)."""
    inner = x @ w + b
    u = u + (F.softplus(w @ u) - 1 - w @ u) * w / (w @ w)
    z = x + m.outer(m.tanh(inner), u)
    slope = 1 - m.tanh(inner) ** 2
    return (0.5 * z**2).sum() - m.log(m.abs(1 + slope * (w @ u))).sum()


def policy_gradient(m, F, logits):
    """REINFORCE with the mean reward as baseline (Williams 1992)."""
    chosen = F.log_softmax(logits, 1)[range(4), [0, 2, 1, 1]]
    rewards = m.tensor([0.5, -1.0, 0.0, 2.0], dtype=logits.dtype)
    returns = rewards.flip(0).cumsum(0).flip(0)
    return -(chosen * (returns - returns.mean())).mean()


def variational_logistic_regression(m, F, x, mean, logs, noise):
    """The evidence bound with reparameterised weights (Kingma and Welling 2014)."""
    weights = mean + m.exp(logs) * noise
    target = m.tensor([0.0, 1.0, 1.0, 0.0], dtype=x.dtype)
    data = F.binary_cross_entropy_with_logits(x @ weights, target, reduction="sum")
    return data + (0.5 * (m.exp(2 * logs) + mean**2 - 1) - logs).sum()


PROGRAMS = {
    chain_likelihood: [(4, 3), (3, 3)],
    gaussian_process: [(4, 2), (4,), (2,)],
    matrix_exponential_flow: [(5, 3), (3, 3)],
    spatial_transformer: [(2, 1, 4, 5), (2, 2, 3)],
    spectral_radius: [(3, 3), (2, 3)],
    planar_flow: [(4, 3), (3,), (3,), ()],
    variational_logistic_regression: [(4, 3), (3,), (3,), (3,)],
    policy_gradient: [(4, 3)],
    mixture_density: [(4, 3), (4, 3), (4, 3), (4,)],
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_value_and_gradients_are_those_of_pytorch(program):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    points = [np.asarray(0.6 * rng.standard_normal(shape)) for shape in PROGRAMS[program]]
    ours = [ag.tensor(point, requires_grad=True) for point in points]
    theirs = [torch.tensor(point, requires_grad=True) for point in points]
    found = program(ag, nn.functional, *ours)
    expected = program(torch, torch.nn.functional, *theirs)
    np.testing.assert_allclose(found.item(), expected.item(), rtol=1e-9)
    found.backward()
    expected.backward()
    for x, t in zip(ours, theirs):
        assert np.abs(t.grad.numpy()).max() > 0
        np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=1e-8, atol=1e-10)
