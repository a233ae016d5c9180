"""Distributions: densities, moments, divergences and gradients are PyTorch's."""

import numpy as np
import pytest

import autograd_engine as ag
from nn import distributions

A = np.array([0.3, 0.6, 0.2])
B = np.array([1.5, 0.8, 2.0])
CASES = {
    "Normal": ((A, B), 0.7),
    "Laplace": ((A, B), 0.7),
    "Uniform": ((A, B), 0.7),
    "Exponential": ((B,), 0.7),
    "Bernoulli": ((A,), 1.0),
    "Categorical": ((A,), 1),
}


@pytest.mark.parametrize("name", CASES)
def test_as_pytorch(name):
    torch = pytest.importorskip("torch")
    args, value = CASES[name]
    ours = [ag.tensor(a, requires_grad=True) for a in args]
    theirs = [torch.tensor(a, requires_grad=True) for a in args]
    p = getattr(distributions, name)(*ours)
    q = getattr(torch.distributions, name)(*theirs)
    assert p.batch_shape == tuple(q.batch_shape) and p.has_rsample == q.has_rsample
    asked = ["log_prob", "entropy"]
    if name != "Categorical":
        asked += ["mean", "variance", "stddev"]
    if q.has_rsample:
        asked.append("cdf")
    for what in asked:
        results = []
        for d, tensor in [(p, ag.tensor), (q, torch.tensor)]:
            found = getattr(d, what)
            if what in ("log_prob", "cdf"):
                found = found(tensor(value))
            elif what == "entropy":
                found = found()
            results.append(found)
        np.testing.assert_allclose(results[0].detach().numpy(), results[1].detach().numpy(), 1e-6)
    p.log_prob(ag.tensor(value)).sum().backward()
    q.log_prob(torch.tensor(value)).sum().backward()
    for a, b in zip(ours, theirs):
        expected = 0 * b if b.grad is None else b.grad
        np.testing.assert_allclose(a.grad.numpy(), expected.detach().numpy(), 1e-6, 1e-9)


@pytest.mark.parametrize("name", ["Normal", "Exponential", "Bernoulli", "Categorical"])
def test_divergence(name):
    torch = pytest.importorskip("torch")
    args, _ = CASES[name]
    results = []
    for space, tensor in [(distributions, ag.tensor), (torch.distributions, torch.tensor)]:
        kind = getattr(space, name)
        p = kind(*[tensor(a) for a in args])
        q = kind(*[tensor(a[::-1].copy() * 0.9) for a in args])
        results.append(space.kl_divergence(p, q).numpy())
    np.testing.assert_allclose(*results, 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_samples(name):
    args, _ = CASES[name]
    d = getattr(distributions, name)(*[ag.tensor(a) for a in args])
    ag.manual_seed(0)
    x = d.sample((20000,))
    ag.manual_seed(0)
    assert (d.sample((20000,)).numpy() == x.numpy()).all()
    if name == "Categorical":
        found = np.bincount(x.numpy()) / 20000
        np.testing.assert_allclose(found, A / A.sum(), atol=0.02)
        return
    assert x.shape == (20000, 3)
    np.testing.assert_allclose(x.numpy().mean(0), d.mean.numpy(), atol=0.07)
    np.testing.assert_allclose(x.numpy().var(0), d.variance.numpy(), rtol=0.08)


def test_gradients_reach_parameters():
    loc = ag.tensor([0.0, 1.0], requires_grad=True)
    distributions.Normal(loc, 2.0).rsample((5,)).sum().backward()
    assert loc.grad.tolist() == [5.0, 5.0]


def test_errors_give_values():
    with pytest.raises(ValueError, match=r"Normal: scale must be positive, got \[-1"):
        distributions.Normal(0.0, -1.0)
    with pytest.raises(ValueError, match="either probs or logits"):
        distributions.Bernoulli()
    with pytest.raises(NotImplementedError, match="Normal and Laplace"):
        distributions.kl_divergence(distributions.Normal(0, 1), distributions.Laplace(0, 1))


@pytest.mark.parametrize("shape", [(), (2,), (3, 1), (3, 2), (4, 3, 1)])
def test_classes_broadcast_against_the_batch(shape):
    p = distributions.Categorical(ag.tensor([[0.2, 0.8], [0.5, 0.5]]))
    found = p.log_prob(ag.ones(shape, dtype=int)).numpy()
    expected = np.broadcast_to(np.log([0.8, 0.5]), np.broadcast_shapes(shape, (2,)))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, 1e-6)


@pytest.mark.parametrize(
    "distribution, value",
    [
        (lambda: distributions.Bernoulli(0.3), 0.5),
        (lambda: distributions.Categorical([0.2, 0.8]), 2),
        (lambda: distributions.Categorical([0.2, 0.8]), 0.5),
        (lambda: distributions.Exponential(1.0), -1.0),
        (lambda: distributions.Uniform([0.0, 1.0], 2.0), 0.5),
    ],
)
def test_a_value_outside_of_the_support_is_refused(distribution, value):
    with pytest.raises(ValueError, match=rf"a value must be .*, got \[{value}\]"):
        distribution().log_prob(value)


def test_certain_and_impossible_outcomes_are_exact_to_the_dtype():
    torch = pytest.importorskip("torch")
    for p in (0.0, 1.0):
        ours = distributions.Bernoulli(ag.tensor(p, dtype="float64"))
        theirs = torch.distributions.Bernoulli(torch.tensor(p, dtype=torch.float64))
        for value in (0.0, 1.0):
            expected = theirs.log_prob(torch.tensor(value, dtype=torch.float64)).item()
            np.testing.assert_allclose(
                ours.log_prob(value).item(), expected, rtol=1e-12, atol=1e-15
            )
