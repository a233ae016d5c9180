"""Distributions against PyTorch's, against what their draws show, and against the definition of
implicit gradients.
"""

import itertools
import math
import pickle

import numpy as np
import pytest

import autograd_engine as ag
from nn import distributions

from ..grouping import named

A = np.array([0.3, 0.8, 0.6])
B = np.array([0.7, 1.9, 1.2])
L = np.array([-0.4, 0.9, 0.2])
P = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
C = np.array([[1.2, 0.6, 2.5], [3.0, 1.7, 0.8]])
Q = np.array([[0.3, 0.5, 0.2], [0.1, 0.6, 0.3]])
M = np.array([[2.0, 0.3, -0.4], [0.3, 1.5, 0.2], [-0.4, 0.2, 1.1]])
T = np.array([[1.4, 0.0, 0.0], [0.5, 1.1, 0.0], [-0.3, 0.2, 0.9]])
X = np.array([[0.4, -0.3, 0.8], [0.1, 0.2, -0.5]])
ONE_HOT = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def of(name, **static):
    """How a case is made, from the namespace and the parameters."""
    return lambda D, *parameters: getattr(D, name)(*parameters, **static)


def by(name, *keywords, first=()):
    """The same, with parameters by keyword."""
    return lambda D, *args: getattr(D, name)(*first, **dict(zip(keywords, args)))


def flow(D, loc, scale, shift):
    """A normal number through a chain of transforms."""
    steps = [D.TanhTransform(), D.AffineTransform(shift, -2.0), D.ExpTransform()]
    return D.TransformedDistribution(D.Normal(loc, scale), steps)


def vectors(D, loc, scale):
    """Transforms that mix what is and what is not one event."""
    steps = [D.AffineTransform(0.2, 1.5), D.StickBreakingTransform()]
    return D.TransformedDistribution(D.Normal(loc, scale), steps)


CASES = {
    "Normal": (of("Normal"), (A, B), L),
    "Laplace": (of("Laplace"), (A, B), L),
    "Cauchy": (of("Cauchy"), (A, B), L),
    "Gumbel": (of("Gumbel"), (A, B), L),
    "LogNormal": (of("LogNormal"), (A, A), B),
    "HalfNormal": (of("HalfNormal"), (B,), A),
    "HalfCauchy": (of("HalfCauchy"), (B,), A),
    "Uniform": (of("Uniform"), (A, B), np.array([0.65, 1.1, 0.7])),
    "Exponential": (of("Exponential"), (B,), A),
    "Gamma": (of("Gamma"), (B, A), B),
    "Chi2": (of("Chi2"), (3 * B,), B),
    "InverseGamma": (of("InverseGamma"), (9 * B, A), B),
    "Beta": (of("Beta"), (B, A), A),
    "Dirichlet": (of("Dirichlet"), (C,), Q),
    "StudentT": (of("StudentT"), (3 * B, A, B), L),
    "FisherSnedecor": (of("FisherSnedecor"), (3 * B, 6 * B), B),
    "Pareto": (of("Pareto"), (A, 8 * B), A + B),
    "Weibull": (of("Weibull"), (A, B), B),
    "Kumaraswamy": (of("Kumaraswamy"), (B, A), A),
    "LogisticNormal": (
        of("LogisticNormal"),
        (X, C),
        np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.1, 0.3, 0.2]]),
    ),
    "Bernoulli": (of("Bernoulli"), (A,), np.array([1.0, 0.0, 1.0])),
    "Bernoulli-logits": (by("Bernoulli", "logits"), (L,), np.array([1.0, 0.0, 1.0])),
    "Binomial": (of("Binomial"), (np.array(4.0), A), np.array([4.0, 0.0, 1.0])),
    "Binomial-logits": (by("Binomial", "logits", first=(4,)), (L,), np.array([4.0, 0.0, 1.0])),
    "NegativeBinomial": (of("NegativeBinomial"), (B, A), np.array([4.0, 0.0, 1.0])),
    "Geometric": (of("Geometric"), (A,), np.array([4.0, 0.0, 1.0])),
    "Geometric-logits": (by("Geometric", "logits"), (L,), np.array([4.0, 0.0, 1.0])),
    "Poisson": (of("Poisson"), (B,), np.array([4.0, 0.0, 1.0])),
    "Categorical": (of("Categorical"), (P,), np.array([2, 0])),
    "Categorical-logits": (by("Categorical", "logits"), (X,), np.array([2, 0])),
    "OneHotCategorical": (of("OneHotCategorical"), (P,), ONE_HOT),
    "OneHotCategoricalStraightThrough": (
        by("OneHotCategoricalStraightThrough", "logits"),
        (X,),
        ONE_HOT,
    ),
    "Multinomial": (by("Multinomial", "probs", first=(4,)), (P,), np.array([1.0, 3.0, 0.0])),
    "MultivariateNormal": (of("MultivariateNormal"), (X, M), L),
    "MultivariateNormal-precision": (
        by("MultivariateNormal", "loc", "precision_matrix"),
        (L, M),
        L,
    ),
    "MultivariateNormal-tril": (by("MultivariateNormal", "loc", "scale_tril"), (X, T), L),
    "LowRankMultivariateNormal": (of("LowRankMultivariateNormal"), (X, X.T, A), L),
    "Wishart": (by("Wishart", "df", "covariance_matrix"), (np.array([4.5, 6.0]), M), T @ T.T),
    "Wishart-precision": (by("Wishart", "df", "precision_matrix"), (np.array(4.5), M), T @ T.T),
    "LKJCholesky": (
        by("LKJCholesky", "concentration", first=(3,)),
        (A,),
        np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.48, 0.36, 0.8]]),
    ),
    "ContinuousBernoulli": (of("ContinuousBernoulli"), (A,), A),
    "ContinuousBernoulli-logits": (by("ContinuousBernoulli", "logits"), (L,), A),
    "GeneralizedPareto": (of("GeneralizedPareto"), (A, B, L / 4), A + 0.2),
    "VonMises": (of("VonMises"), (L, B), A),
    "RelaxedBernoulli": (by("RelaxedBernoulli", "temperature", "logits"), (np.array(0.7), L), A),
    "LogitRelaxedBernoulli": (
        by("RelaxedBernoulli", "temperature", "probs"),
        (np.array(0.7), A),
        A,
    ),
    "RelaxedOneHotCategorical": (
        by("RelaxedOneHotCategorical", "temperature", "logits"),
        (np.array(0.7), X),
        Q,
    ),
    "Independent": (lambda D, a, b: D.Independent(D.Normal(a, b), 1), (X, C), L),
    "MixtureSameFamily": (
        lambda D, a, b, c: D.MixtureSameFamily(D.Categorical(a), D.Normal(b, c)),
        (P, X, C),
        A[:2],
    ),
    "MixtureSameFamily-vectors": (
        lambda D, a, b, c: D.MixtureSameFamily(
            D.Categorical(logits=a), D.Independent(D.Laplace(b, c), 1)
        ),
        (X[0, :2], X, C),
        Q[0],
    ),
    "TransformedDistribution": (flow, (L, B, A), np.array([1.5, 2.0, 0.7])),
    "TransformedDistribution-vectors": (vectors, (X, C), np.array([0.5, 0.2, 0.2, 0.1])),
}
ALL = [named(name, name, *case) for name, case in CASES.items()]
every = pytest.mark.parametrize("name, make, arrays, value", ALL)
PROPERTIES = ("mean", "mode", "variance", "stddev")
FUNCTIONS = ("entropy", "perplexity", "enumerate_support", "log_prob", "cdf", "icdf")


def asked(distribution, what, value, tensor):
    """What a distribution answers, as an array; None where it has no answer."""
    try:
        found = getattr(distribution, what)
        if what in ("log_prob", "cdf"):
            found = found(tensor(value))
        elif what == "icdf":
            found = found(tensor(np.array(0.3)))
        elif what in FUNCTIONS:
            found = found()
    except (NotImplementedError, AttributeError, RuntimeError):
        return None  # PyTorch's GeneralizedPareto takes float32 only
    return found.detach().numpy()


@every
def test_as_pytorch(name, make, arrays, value):
    torch = pytest.importorskip("torch")
    p = make(distributions, *map(ag.tensor, arrays))
    q = make(torch.distributions, *map(torch.tensor, arrays))
    shape = (4, *p.batch_shape)
    for ours, theirs in ((p, q), (p.expand(shape), q.expand(shape))):
        assert ours.batch_shape == tuple(theirs.batch_shape)
        assert ours.event_shape == tuple(theirs.event_shape)
        for what in ("has_rsample", "has_enumerate_support"):
            assert getattr(ours, what) == getattr(theirs, what)
        for what in (*PROPERTIES, *FUNCTIONS):
            expected = asked(theirs, what, value, torch.tensor)
            if expected is None or (name == "Kumaraswamy" and what == "mode"):
                continue  # PyTorch's mode of this one is NaN where there is one
            found = asked(ours, what, value, ag.tensor)
            assert found is not None, f"{what} is missing"
            assert found.shape == expected.shape, what
            np.testing.assert_allclose(found, expected, 1e-6, 1e-12, err_msg=what)


def derivatives(make, space, tensors, value, grad, weights):
    """Both orders of derivatives of log_prob by all parameters and the value."""
    inputs = list(tensors)
    if value.is_floating_point():
        inputs.append(value)
    score = make(space, *tensors).log_prob(value)
    first = grad(score.sum(), inputs, create_graph=True, allow_unused=True)
    kept = [g for g in first if g is not None]
    total = sum((g * w).sum() for g, w in zip(kept, weights))
    second = grad(total, inputs, allow_unused=True) if total.requires_grad else []
    return [None if g is None else g.detach().numpy() for g in itertools.chain(first, second or ())]


@every
def test_derivatives_of_log_prob(name, make, arrays, value):
    torch = pytest.importorskip("torch")
    if name == "GeneralizedPareto":
        leaves = [ag.tensor(a, requires_grad=True) for a in (*arrays, value)]
        score = lambda *xs: make(distributions, *xs[:-1]).log_prob(xs[-1])  # noqa: E731
        assert ag.gradcheck(score, leaves) and ag.gradgradcheck(score, leaves)
        return
    found, expected = [
        derivatives(
            make,
            space,
            [tensor(a, requires_grad=True) for a in arrays],
            tensor(value, requires_grad=True) if value.dtype.kind == "f" else tensor(value),
            grad,
            (0.7, -1.3, 0.4, 0.9),
        )
        for space, tensor, grad in (
            (distributions, ag.tensor, ag.autograd.grad),
            (torch.distributions, torch.tensor, torch.autograd.grad),
        )
    ]
    for ours, theirs in itertools.zip_longest(found, expected):
        ours = 0.0 if ours is None else ours
        theirs = 0.0 if theirs is None else theirs
        np.testing.assert_allclose(*np.broadcast_arrays(ours, theirs), rtol=1e-6, atol=1e-8)


@every
def test_what_is_held_constant_changes_nothing(name, make, arrays, value):
    """Parameters may be arrays, tensors without gradient and numbers, in float32 too."""
    whole = [ag.tensor(a, requires_grad=True) for a in arrays]
    expected = make(distributions, *whole).log_prob(value)
    expected.sum().backward()
    for i, wanted in enumerate(whole):
        for constant in (np.asarray, ag.tensor, lambda a: a.item() if a.ndim == 0 else a.tolist()):
            held = [constant(a) for a in arrays]
            held[i] = leaf = ag.tensor(arrays[i], requires_grad=True)
            found = make(distributions, *held).log_prob(constant(value))
            np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), 1e-5)
            found.sum().backward()
            np.testing.assert_allclose(leaf.grad.numpy(), wanted.grad.numpy(), 1e-5, 1e-7)
    small = make(distributions, *[ag.tensor(a.astype(np.float32)) for a in arrays])
    if value.dtype.kind == "f":
        value = value.astype(np.float32)
        assert small.sample((2,)).dtype == np.float32
    assert small.log_prob(value).dtype == np.float32


CERTAIN = {"Cauchy", "HalfCauchy"}
"""What has no moments to compare."""


@every
def test_draws_have_the_moments_and_come_again(name, make, arrays, value):
    d = make(distributions, *map(ag.tensor, arrays))
    ag.manual_seed(0)
    x = d.sample((4000,))
    ag.manual_seed(0)
    assert (d.sample((4000,)).numpy() == x.numpy()).all()
    assert not x.requires_grad and x.shape == (4000, *d.batch_shape, *d.event_shape)
    d.log_prob(x)  # says so where a draw is not in the support
    if name.startswith("Categorical"):
        found = np.stack([(x.numpy() == k).mean(0) for k in range(3)], -1)
        np.testing.assert_allclose(found, d.probs.numpy(), atol=0.03)
        return
    if name == "VonMises":
        on_circle = np.exp(1j * x.numpy()).mean(0)
        np.testing.assert_allclose(np.angle(on_circle), d.mean.numpy(), atol=0.1)
        np.testing.assert_allclose(1 - np.abs(on_circle), d.variance.numpy(), atol=0.03)
        return
    try:
        mean = d.mean.numpy()
        variance = d.variance.numpy()
    except NotImplementedError:
        return
    if name in CERTAIN:
        np.testing.assert_allclose((d.cdf(x).numpy() < 0.3).mean(0), 0.3, atol=0.02)
        return
    np.testing.assert_allclose(x.numpy().mean(0), mean, atol=0.07 * np.sqrt(variance.max()))
    if variance.max() < 5:
        np.testing.assert_allclose(x.numpy().var(0), variance, rtol=0.2, atol=0.01)


@every
def test_empty_batches(name, make, arrays, value):
    d = make(distributions, *map(ag.tensor, arrays))
    batch = (0, *d.batch_shape)
    d = d.expand(batch)
    assert d.sample((2,)).shape == (2, *batch, *d.event_shape)
    assert d.log_prob(d.sample()).shape == batch


@pytest.mark.parametrize("a", [0.1, 0.0, -0.3])
def test_excesses_agree_with_themselves(a):
    """PyTorch's GeneralizedPareto takes float32 only."""
    d = distributions.GeneralizedPareto(0.5, ag.tensor(1.3, dtype="float64"), a)
    x = ag.tensor([0.6, 1.0, 2.5], dtype="float64", requires_grad=True)
    z = (x.detach().numpy() - 0.5) / 1.3
    more = (1 + a * z) ** (-1 / a) if a else np.exp(-z)
    np.testing.assert_allclose(d.cdf(x).detach().numpy(), 1 - more, 1e-9)
    np.testing.assert_allclose(d.log_cdf(x).detach().numpy(), np.log(1 - more), 1e-9)
    np.testing.assert_allclose(d.log_survival_function(x).detach().numpy(), np.log(more), 1e-9)
    (density,) = ag.autograd.grad(d.cdf(x).sum(), [x])
    np.testing.assert_allclose(d.log_prob(x).exp().detach().numpy(), density.numpy(), 1e-9)
    every = d.icdf((np.arange(100000) + 0.5) / 100000)
    np.testing.assert_allclose(d.mean.item(), every.mean().item(), 1e-3)
    np.testing.assert_allclose(d.variance.item(), every.var().item(), 1e-2)
    np.testing.assert_allclose(d.entropy().item(), -d.log_prob(every).mean().item(), 1e-3)


def test_near_even_odds_nothing_is_lost():
    """The continuous Bernoulli's norm and moments across the point where a formula takes over."""
    x = ag.tensor([-0.2001, -0.1999, -1e-9, 0.0, 1e-4, 0.1999, 0.2001], dtype="float64")
    x.requires_grad_()
    d = distributions.ContinuousBernoulli(logits=x)
    (mean,) = ag.autograd.grad(d._log_norm().sum(), [x], create_graph=True)
    np.testing.assert_allclose(d.mean.detach().numpy(), mean.detach().numpy(), 1e-9)
    (variance,) = ag.autograd.grad(mean.sum(), [x])
    np.testing.assert_allclose(d.variance.detach().numpy(), variance.numpy(), 1e-6)
    np.testing.assert_allclose(d.cdf(d.icdf(0.3)).detach().numpy(), 0.3, 1e-8)


def test_gradients_of_draws_by_paths():
    """With the same noise a draw is a function of the parameters."""
    names = ["Normal", "Laplace", "Cauchy", "Gumbel", "LogNormal", "HalfNormal", "HalfCauchy"]
    names += ["Uniform", "Exponential", "Pareto", "Weibull", "Kumaraswamy", "LogisticNormal"]
    names += ["MultivariateNormal-tril", "RelaxedBernoulli", "RelaxedOneHotCategorical"]
    names += ["ContinuousBernoulli", "GeneralizedPareto", "LowRankMultivariateNormal"]
    names += ["Independent", "TransformedDistribution", "TransformedDistribution-vectors"]
    for name in names:
        make, arrays, _ = CASES[name]

        def drawn(*tensors, make=make):
            ag.manual_seed(1)
            x = make(distributions, *tensors).rsample((2,))
            return (x * ag.arange(x.numel()).reshape(x.shape)).sum()

        leaves = [ag.tensor(a, requires_grad=True) for a in arrays]
        if name.endswith("tril"):
            leaves[1] = ag.tensor(arrays[1])  # differences would leave what is triangular
        assert ag.gradcheck(drawn, leaves), name


def cumulative(name):
    """The distribution function of draws, from SciPy, with what it is differentiated by first."""
    special = pytest.importorskip("scipy.special")
    return {
        "Gamma": lambda z, a, rate: special.gammainc(a, z * rate),
        "Chi2": lambda z, df: special.gammainc(df / 2, z / 2),
        "Beta": lambda x, a, b: special.betainc(a, b, x),
        "Dirichlet": lambda x, a, b: special.betainc(a, b, x),
    }[name]


def moved(name, z, *parameters):
    """How draws move with the first parameter, by the definition: the probability below stays."""
    F = cumulative(name)
    a, *rest = parameters
    h = 1e-4 * a
    by_a = [F(z, a + k * h, *rest) - F(z, a - k * h, *rest) for k in (1, 2)]
    e = 1e-4 * np.minimum(z, 1 - z if name in ("Beta", "Dirichlet") else z)
    by_z = [F(z + k * e, *parameters) - F(z - k * e, *parameters) for k in (1, 2)]
    return -((8 * by_a[0] - by_a[1]) / h) / ((8 * by_z[0] - by_z[1]) / e)


@pytest.mark.parametrize(
    "name, parameters",
    [
        ("Gamma", ([1e-3, 0.02, 0.3, 1.0, 2.5, 40.0, 1e3, 1e4], 1.7)),
        ("Chi2", ([0.5, 3.0, 90.0],)),
        ("Beta", ([0.02, 0.3, 1.0, 2.5, 40.0, 1e3], [[0.3], [1.0], [7.0], [200.0]])),
    ],
)
def test_implicit_gradients_are_those_of_the_definition(name, parameters):
    pytest.importorskip("scipy")
    ag.manual_seed(0)
    arrays = np.broadcast_arrays(*[np.array(p, np.float64) for p in parameters])
    leaves = [ag.tensor(a.copy(), requires_grad=True) for a in arrays]
    draws = getattr(distributions, name)(*leaves).rsample((20,))
    z = draws.detach().numpy()
    (found,) = ag.autograd.grad(draws.sum(), leaves[:1])
    expected = moved(name, np.where(z < 1e-8, np.nan, z), *arrays)
    seen = np.isfinite(expected) & (np.minimum(z, 1 - z if name == "Beta" else z) > 1e-8)
    for i in np.ndindex(found.shape):
        column = (slice(None), *i)
        if seen[column].all():
            np.testing.assert_allclose(found.numpy()[i], expected[column].sum(), 1e-5)
    assert seen.all(0).sum() > len(arrays[0]) / 2


def test_implicit_gradients_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    ag.manual_seed(0)
    a = ag.tensor(C, requires_grad=True)
    x = distributions.Dirichlet(a).rsample((50,))
    weights = np.arange(3.0)
    (x * weights).sum().backward()
    t = torch.tensor(x.detach().numpy())
    concentration = torch.tensor(C).expand(t.shape)
    total = concentration.sum(-1, keepdim=True).expand(t.shape)
    slope = torch._dirichlet_grad(t, concentration, total).numpy()
    g = weights - (t.numpy() * weights).sum(-1, keepdims=True)
    np.testing.assert_allclose(a.grad.numpy(), (slope * g).sum(0), rtol=2e-3)
    b = ag.tensor(B, requires_grad=True)
    z = distributions.Gamma(b, 1.0).rsample((50,))
    z.sum().backward()
    rows = torch.tensor(B).expand(50, 3)
    expected = torch._standard_gamma_grad(rows, torch.tensor(z.detach().numpy())).sum(0)
    np.testing.assert_allclose(b.grad.numpy(), expected.numpy(), rtol=1e-4)


def test_expectations_move_as_they_must():
    """Gradients of mean draws are the gradients of means, though each is another estimate."""
    for name, arrays in {
        "Gamma": (B, A),
        "Beta": (B, A),
        "Dirichlet": (C,),
        "StudentT": (9 * B, A, B),
    }.items():
        leaves = [ag.tensor(a, requires_grad=True) for a in arrays]
        d = getattr(distributions, name)(*leaves)
        ag.manual_seed(0)
        x = d.rsample((3000,))
        what = (x**2).mean(0)
        found = ag.autograd.grad((what * ag.arange(1.0, 4.0)).sum(), leaves)
        exact = d.variance + d.mean**2
        expected = ag.autograd.grad((exact * ag.arange(1.0, 4.0)).sum(), leaves)
        for ours, theirs in zip(found, expected):
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0.2, atol=0.06)


@pytest.mark.parametrize("name", ["Gamma", "Dirichlet"])
def test_second_derivatives_of_such_draws_are_refused(name):
    a = ag.tensor(C, requires_grad=True)
    d = distributions.Gamma(a, 1.0) if name == "Gamma" else distributions.Dirichlet(a)
    (first,) = ag.autograd.grad((d.rsample() ** 2).sum(), [a], create_graph=True)
    with pytest.raises(NotImplementedError, match=r"second derivatives through rsample\(\) of"):
        first.sum().backward()


def test_tiny_concentrations_stay_finite():
    for dtype in ("float32", "float64"):
        a = ag.tensor([[1e-4, 1e-4, 2e-4]], dtype=dtype, requires_grad=True)
        for d in (
            distributions.Dirichlet(a),
            distributions.Gamma(a, 1.0),
            distributions.Beta(a, a),
        ):
            x = d.rsample((50,))
            assert x.dtype == a.dtype and bool((x > 0).all())
            (g,) = ag.autograd.grad(x.sum(), [a])
            assert np.isfinite(g.numpy()).all()


def kinds(D, tensor):
    """Two distributions of each kind that has divergences."""
    a, b, c, x, m, t, r = map(tensor, (A, B, C, X, M, T, P))
    n = tensor(np.array(4.0))
    pairs = [
        (D.Normal, (a, b), (b, a)),
        (D.Laplace, (a, b), (b, a)),
        (D.Cauchy, (a, b), (b, a)),
        (D.Gumbel, (a, b), (b, a)),
        (D.Exponential, (a,), (b,)),
        (D.HalfNormal, (a,), (b,)),
        (D.Uniform, (a, b), (a - 0.1, b + 0.2)),
        (D.Uniform, (-a, b), (a - 1, b + 1)),
        (D.Uniform, (a / 2, a), (a, 2 * b)),
        (D.Gamma, (a, b), (b, a)),
        (D.Chi2, (a,), (b,)),
        (D.Beta, (a, b), (b, a)),
        (D.Pareto, (b, 3 * a + 2), (a, b)),
        (D.Dirichlet, (c,), (2 * c,)),
        (D.Bernoulli, (a,), (b / 2,)),
        (D.Binomial, (n, a), (n, b / 2)),
        (D.Geometric, (a,), (b / 2,)),
        (D.Poisson, (a,), (b,)),
        (D.Categorical, (r,), (c,)),
        (D.OneHotCategorical, (r,), (c,)),
        (D.MultivariateNormal, (x, m), (2 * x, m + t @ t.mT)),
        (D.LowRankMultivariateNormal, (x, x.mT, a), (2 * x, x.mT, b)),
        (D.ContinuousBernoulli, (a,), (b / 2,)),
        (D.LogNormal, (a, b), (b, a)),
        (D.LogisticNormal, (x, c), (2 * x, c + 1)),
    ]
    made = [[kind(*p), kind(*q)] for kind, p, q in pairs]
    made.append([D.Independent(D.Normal(x, c), 1), D.Independent(D.Normal(x + 1, c), 1)])
    return made


@pytest.fixture(scope="module")
def divergences():
    torch = pytest.importorskip("torch")
    return kinds(distributions, ag.tensor), kinds(torch.distributions, torch.tensor)


def test_divergences(divergences):
    torch = pytest.importorskip("torch")
    ours, theirs = divergences
    count = 0
    for (i, (p, _)), (j, (_, q)) in itertools.product(enumerate(ours), enumerate(ours)):
        try:
            expected = torch.distributions.kl_divergence(theirs[i][0], theirs[j][1])
        except (NotImplementedError, RuntimeError):
            if len(p.batch_shape) == len(q.batch_shape):
                with pytest.raises(NotImplementedError):
                    distributions.kl_divergence(p, q)
            continue
        found = distributions.kl_divergence(p, q)
        count += 1
        pair = f"{p} from {q}"
        assert found.shape == tuple(expected.shape), pair
        np.testing.assert_allclose(found.numpy(), expected.numpy(), 1e-6, 1e-9, err_msg=pair)
    assert count > 90


def test_the_nearest_rule_holds():
    class Near(distributions.Normal):
        """A subclass has its parents' divergence until it has its own."""

    class Nearer(Near):
        """And so has one of its own."""

    p = Nearer(0.0, 1.0)
    assert distributions.kl_divergence(p, distributions.Normal(0.0, 1.0)).item() == 0.0
    distributions.register_kl(Near, distributions.Normal)(lambda p, q: "near")
    assert distributions.kl_divergence(p, distributions.Normal(0.0, 1.0)) == "near"
    assert distributions.kl_divergence(distributions.Normal(0.0, 1.0), p).item() == 0.0


STEPS = {
    "AbsTransform": (lambda D, a: D.AbsTransform(), L, A),
    "AffineTransform": (lambda D, a: D.AffineTransform(a, -2.0), L, L),
    "AffineTransform-vectors": (lambda D, a: D.AffineTransform(0.5, a, event_dim=1), X, X),
    "CatTransform": (
        lambda D, a: D.CatTransform([D.ExpTransform(), D.TanhTransform()], 1, [2, 1]),
        X,
        np.abs(X),
    ),
    "ComposeTransform": (
        lambda D, a: D.ComposeTransform([D.AffineTransform(a, 3.0), D.StickBreakingTransform()]),
        X,
        np.array([0.1, 0.2, 0.4, 0.3]),
    ),
    "CorrCholeskyTransform": (
        lambda D, a: D.CorrCholeskyTransform(),
        X,
        np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.48, 0.36, 0.8]]),
    ),
    "CumulativeDistributionTransform": (
        lambda D, a: D.CumulativeDistributionTransform(D.Laplace(a, 1.5)),
        L,
        A,
    ),
    "ExpTransform": (lambda D, a: D.ExpTransform(), L, A),
    "IndependentTransform": (lambda D, a: D.IndependentTransform(D.ExpTransform(), 1), X, C),
    "LowerCholeskyTransform": (lambda D, a: D.LowerCholeskyTransform(), M, T),
    "PositiveDefiniteTransform": (lambda D, a: D.PositiveDefiniteTransform(), T, M),
    "PowerTransform": (lambda D, a: D.PowerTransform(a), C, C),
    "ReshapeTransform": (lambda D, a: D.ReshapeTransform((2, 3), (6,)), X, X.reshape(6)),
    "SigmoidTransform": (lambda D, a: D.SigmoidTransform(), L, A),
    "SoftmaxTransform": (lambda D, a: D.SoftmaxTransform(), X, P),
    "SoftplusTransform": (lambda D, a: D.SoftplusTransform(), L, A),
    "StackTransform": (
        lambda D, a: D.StackTransform([D.ExpTransform(), D.TanhTransform()], -2),
        X,
        np.abs(X),
    ),
    "StickBreakingTransform": (
        lambda D, a: D.StickBreakingTransform(),
        X,
        np.array([0.1, 0.2, 0.7]),
    ),
    "TanhTransform": (lambda D, a: D.TanhTransform(), L, L),
    "identity_transform": (lambda D, a: D.identity_transform, L, L),
}


def everything(space, tensor, make, x, y):
    """What there is to know of a transform: values, volumes, shapes, backwards too, gradients."""
    x = tensor(x, requires_grad=True)
    a = tensor(A, requires_grad=True)
    transform = make(space, a)
    found = [transform(x), transform.inv(tensor(y)), transform.inv.inv(x)]
    if transform.bijective:
        found.append(transform.log_abs_det_jacobian(x, transform(x)))
        found.append(transform.inv.log_abs_det_jacobian(transform(x), x))
    total = sum((each * each).sum() for each in found if each.requires_grad)
    if total.requires_grad:
        total.backward()
        found += [leaf.grad for leaf in (x, a) if leaf.grad is not None]
    arrays = [each.detach().numpy() for each in found]
    sizes = [tuple(transform.forward_shape(x.shape)), tuple(transform.inverse_shape(y.shape))]
    dims = [transform.domain.event_dim, transform.codomain.event_dim]
    return arrays, [*sizes, *dims, bool(transform.bijective)]


@pytest.mark.parametrize("name", STEPS)
def test_transforms(name):
    torch = pytest.importorskip("torch")
    ours = everything(distributions, ag.tensor, *STEPS[name])
    theirs = everything(torch.distributions, torch.tensor, *STEPS[name])
    assert ours[1] == theirs[1]
    for found, expected in itertools.zip_longest(ours[0], theirs[0]):
        np.testing.assert_allclose(found, expected, 1e-7, 1e-10)


def test_transforms_are_equal_keep_the_last_and_are_copied():
    D = distributions
    assert D.ExpTransform() == D.ExpTransform() != D.TanhTransform()
    assert D.AffineTransform(0.0, ag.tensor(2.0)) == D.AffineTransform(0.0, 2.0)
    assert D.AffineTransform(0.0, 2.0) != D.AffineTransform(1.0, 2.0)
    step = D.TanhTransform(cache_size=1)
    x = ag.tensor(30.0)
    assert step.inv(step(x)) is x
    with np.errstate(divide="ignore"):
        assert D.TanhTransform().inv(step(x)).item() == math.inf
    assert step.with_cache(0).inv(ag.tensor(0.5)) == D.TanhTransform().inv(0.5)
    p = flow(D, 0.0, 1.0, 2.0)
    again = pickle.loads(pickle.dumps(p))
    assert again.transforms == p.transforms and again.log_prob(2.0) == p.log_prob(2.0)
    with pytest.raises(ValueError, match="cache_size must be 0 or 1, got 2"):
        D.ExpTransform(cache_size=2)


def bounded(c):
    """Constraints of all kinds that can be reached from all numbers, and points to come from."""
    return [
        (c.real, X),
        (c.positive, X),
        (c.nonnegative, X),
        (c.unit_interval, X),
        (c.greater_than(1.5), X),
        (c.greater_than_eq(-0.5), X),
        (c.less_than(0.3), X),
        (c.interval(-1.0, 3.0), X),
        (c.half_open_interval(-1.0, 3.0), X),
        (c.real_vector, X),
        (c.independent(c.positive, 1), X),
        (c.simplex, X),
        (c.corr_cholesky, X),
        (c.cat([c.positive, c.unit_interval], 1, [2, 1]), X),
        (c.stack([c.positive, c.unit_interval], 0), X),
        (c.lower_cholesky, M),
        (c.positive_definite, M),
        (c.positive_semidefinite, M),
    ]


def test_constraints_are_reached():
    torch = pytest.importorskip("torch")
    spaces = (distributions, torch.distributions)
    for (ours, x), (theirs, _) in zip(*[bounded(space.constraints) for space in spaces]):
        assert (ours.event_dim, ours.is_discrete) == (theirs.event_dim, theirs.is_discrete)
        for way in ("biject_to", "transform_to"):
            mine, other = [getattr(space, way) for space in spaces]
            try:
                expected = other(theirs)(torch.tensor(x)).numpy()
            except NotImplementedError:
                with pytest.raises(NotImplementedError, match=f"no transform onto {ours!r} is"):
                    mine(ours)
                continue
            y = mine(ours)(ag.tensor(x))
            np.testing.assert_allclose(y.numpy(), expected, 1e-9, 1e-12)
            assert bool(ours.check(y).all())
    with pytest.raises(NotImplementedError, match="no transform onto <constraint: 0 or 1> is"):
        distributions.transform_to(distributions.constraints.boolean)


SETS = {
    "boolean": [0.0, 1.0, 0.5],
    "real": [0.0, np.nan, np.inf],
    "positive": [0.0, 1.0, -1.0],
    "nonnegative": [0.0, 1.0, -1.0],
    "positive_integer": [0.0, 1.0, 1.5],
    "nonnegative_integer": [0.0, -1.0, 1.5],
    "unit_interval": [0.0, 1.0, 1.5],
    "real_vector": [[0.0, 1.0], [np.nan, 1.0]],
    "simplex": [[0.4, 0.6], [0.5, 0.6], [-1.0, 2.0]],
    "one_hot": [[0.0, 1.0], [1.0, 1.0], [0.5, 0.5]],
    "lower_cholesky": [T, M, -T],
    "lower_triangular": [T, M, -T],
    "corr_cholesky": [np.eye(3), T],
    "positive_definite": [M, -M],
    "positive_semidefinite": [M, -M],
    "symmetric": [M, -M, T],
    "square": [X],
    "greater_than 1.5": [1.0, 1.5, 2.0],
    "greater_than_eq 1.5": [1.0, 1.5, 2.0],
    "less_than 1.5": [1.0, 1.5, 2.0],
    "interval 1.0 2.0": [0.5, 1.0, 2.0, 2.5],
    "half_open_interval 1.0 2.0": [0.5, 1.0, 2.0, 2.5],
    "integer_interval 1 2": [0.5, 1.0, 1.5, 2.0, 3.0],
    "multinomial 3": [[1.0, 2.0], [2.0, 2.0], [1.0, -1.0]],
}


def test_constraints():
    torch = pytest.importorskip("torch")
    for text, values in SETS.items():
        name, *bounds = text.split()
        ours, theirs = [
            getattr(space.constraints, name) for space in (distributions, torch.distributions)
        ]
        if bounds:
            ours, theirs = [kind(*map(float, bounds)) for kind in (ours, theirs)]
        found = ours.check(ag.tensor(np.array(values)))
        expected = theirs.check(torch.tensor(np.array(values)))
        assert found.tolist() == expected.tolist() and not found.all(), text
        assert (ours.event_dim, ours.is_discrete) == (theirs.event_dim, theirs.is_discrete), text
    independent = distributions.constraints.independent(distributions.constraints.positive, 2)
    assert independent.check(C).item() and independent.event_dim == 2
    with pytest.raises(ValueError, match=r"an event of 2 dimensions cannot be of shape \(3,\)"):
        independent.check(A)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda D: D.Normal(0.0, -1.0), r"Normal: scale must be positive, got \[-1.0\]"),
        (lambda D: D.Normal(np.nan, 1.0), r"Normal: loc must be a number, got \[nan\]"),
        (lambda D: D.Gamma([1.0, -2.0], 1.0), r"Gamma: concentration must be positive, got \[-2.0"),
        (lambda D: D.Uniform(1.0, 0.0), r"Uniform: high must be above low, got \[0.0\]"),
        (lambda D: D.Bernoulli(), "Bernoulli: give either probs or logits"),
        (lambda D: D.Bernoulli(0.1, 0.2), "Bernoulli: give either probs or logits"),
        (lambda D: D.Bernoulli(1.5), r"Bernoulli: probs must be from 0 to 1, got \[1.5\]"),
        (lambda D: D.Geometric(0.0), r"Geometric: probs must be positive, got \[0.0\]"),
        (
            lambda D: D.Binomial(1.5, 0.5),
            r"total_count must be an integer of at least 0, got \[1.5",
        ),
        (
            lambda D: D.Categorical([0.5, -0.1]),
            r"Categorical: probs must be at least 0, got \[-0.1",
        ),
        (
            lambda D: D.Categorical([0.0, 0.0]),
            r"probs must be above 0 for some class, got \[\[0.0, 0.0",
        ),
        (lambda D: D.Categorical(0.5), "Categorical: probs or logits need an axis of classes"),
        (lambda D: D.Dirichlet(1.0), r"concentration needs at least 1 dimensions, got shape \(\)"),
        (
            lambda D: D.MultivariateNormal([0.0]),
            "give either covariance_matrix or precision_matrix",
        ),
        (
            lambda D: D.MultivariateNormal([0.0, 0.0], -np.eye(2)),
            "covariance_matrix must be a symmetric positive definite matrix, got",
        ),
        (
            lambda D: D.MultivariateNormal([0.0, 0.0], np.eye(3)),
            r"covariance_matrix of shape \(3, 3\) does not fit to loc of shape \(2,\)",
        ),
        (lambda D: D.Independent(D.Normal(0.0, 1.0), 1), r"batch_shape \(\) has no 1 dimensions"),
        (
            lambda D: D.MixtureSameFamily(D.Categorical([0.5, 0.5]), D.Normal(A, 1.0)),
            r"2 probabilities do not fit to components of batch_shape \(3,\)",
        ),
        (
            lambda D: D.TransformedDistribution(D.Normal(0.0, 1.0), D.StickBreakingTransform()),
            r"the transforms take events of 1 dimensions, the base has .* \(\)",
        ),
        (lambda D: D.Bernoulli(0.3).log_prob(0.5), r"a value must be 0 or 1, got \[0.5\]"),
        (
            lambda D: D.Categorical([0.2, 0.8]).log_prob(2),
            r"a value must be .* from 0 to 1, got \[2",
        ),
        (lambda D: D.Categorical([0.2, 0.8]).log_prob(0.5), r"a value must be .*, got \[0.5\]"),
        (lambda D: D.Exponential(1.0).log_prob(-1.0), r"a value must be at least 0, got \[-1.0\]"),
        (lambda D: D.Uniform([0.0, 1.0], 2.0).log_prob(0.5), r"a value must be .*, got \[0.5\]"),
        (lambda D: D.Normal(0.0, 1.0).icdf(1.5), r"a value must be from 0 to 1, got \[1.5\]"),
        (
            lambda D: D.Dirichlet(A).log_prob([0.5, 0.5]),
            r"must have the event shape \(3,\) last, got shape \(2,\)",
        ),
        (
            lambda D: D.Normal(A, 1.0).log_prob([0.5, 0.5]),
            r"a value of shape \(2,\) does not broadcast with batch_shape \+ event_shape, \(3,\)",
        ),
    ],
)
def test_errors_say_what_and_what_it_must_be(make, message):
    with pytest.raises(ValueError, match=message):
        make(distributions)


def test_what_a_distribution_has_not_is_said():
    p = distributions.Poisson(1.0)
    for what, ask in {
        "rsample: use sample": p.rsample,
        "entropy": p.entropy,
        "enumerate_support": p.enumerate_support,
        "cdf": lambda: p.cdf(1.0),
    }.items():
        with pytest.raises(NotImplementedError, match=f"Poisson has no {what}"):
            ask()
    with pytest.raises(NotImplementedError, match="Normal and Poisson"):
        distributions.kl_divergence(distributions.Normal(0, 1), p)


def test_checks_may_be_left_out():
    D = distributions
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    assert D.Exponential(1.0, validate_args=False).log_prob(-1.0).item() == 1
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)


@pytest.mark.parametrize("shape", [(), (2,), (3, 1), (3, 2), (4, 3, 1)])
def test_classes_broadcast_against_the_batch(shape):
    p = distributions.Categorical(ag.tensor([[0.2, 0.8], [0.5, 0.5]]))
    found = p.log_prob(ag.ones(shape, dtype=int)).numpy()
    expected = np.broadcast_to(np.log([0.8, 0.5]), np.broadcast_shapes(shape, (2,)))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, 1e-6)


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
    assert distributions.Geometric(1.0).sample((3,)).tolist() == [0.0] * 3
    assert distributions.Geometric(1.0).log_prob(0.0).item() == 0
    assert distributions.Multinomial(2, [0.0, 1.0]).log_prob([0.0, 2.0]).item() == 0


def test_one_of_ones_own():
    """As PyTorch's documentation has users write them."""

    class Triangular(distributions.Distribution):
        arg_constraints = {"width": distributions.constraints.positive}
        support = distributions.constraints.real
        has_rsample = True

        def __init__(self, width, validate_args=None):
            self.width = ag.as_tensor(width)
            super().__init__(self.width.shape, validate_args=validate_args)

        def rsample(self, sample_shape=()):
            return self.width * (ag.rand(self._extended_shape(sample_shape)) - ag.rand(2))

    p = Triangular([1.0, 2.0]).expand((3, 2))
    assert p.rsample((4,)).shape == (4, 3, 2) and repr(p) == "Triangular(width: of shape (3, 2))"
    with pytest.raises(ValueError, match="Triangular: width must be positive"):
        Triangular(-1.0)
    with pytest.raises(NotImplementedError, match="Triangular has no log_prob"):
        p.log_prob(0.0)


def test_draws_inside_of_vmap_and_of_recordings():
    ag.manual_seed(0)
    rows = ag.tensor(C)
    gamma = lambda a: distributions.Gamma(a, 1.0).rsample()  # noqa: E731
    normal = lambda a: distributions.Normal(a, 1.0).rsample()  # noqa: E731
    assert ag.vmap(gamma, randomness="different")(rows).shape == (2, 3)
    same = ag.vmap(normal, randomness="same")(rows) - rows
    np.testing.assert_allclose(same[0].numpy(), same[1].numpy())
    twice = ag.compile(lambda a: distributions.Dirichlet(a).rsample().sum(-1))
    np.testing.assert_allclose(twice(rows).numpy(), 1.0)
    changing = ag.compile(lambda a: distributions.Gamma(a, 1.0).rsample())
    assert len({float(changing(rows)[0, 0]) for _ in range(3)}) == 3
