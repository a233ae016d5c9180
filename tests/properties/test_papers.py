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


# --- with distributions: m.distributions is torch.distributions or nn.distributions ---------------


def of_pixels(m, F, x, z, W):
    """The logarithm of the probability that a linear decoder gives binary images."""
    return m.distributions.Bernoulli(logits=z @ W).log_prob((x > 0).to(x.dtype)).sum(-1)


def encoded(m, x, E):
    """A linear encoder: the mean and the standard deviation of each latent number."""
    mean, logs = (x @ E).chunk(2, 1)
    return mean, m.exp(0.5 * logs)


def vae_with_a_standard_prior(m, F, x, E, W, noise):
    """A variational autoencoder, its divergence in closed form (Kingma and Welling 2014)."""
    D = m.distributions
    q = D.Normal(*encoded(m, x, E))
    prior = D.Normal(m.zeros_like(q.loc), m.ones_like(q.scale))
    z = q.mean + q.stddev * noise
    return (D.kl_divergence(q, prior).sum(1) - of_pixels(m, F, x, z, W)).mean()


def vae_with_a_mixture_prior(m, F, x, E, W, noise, scores, centres):
    """A prior of several learned Gaussians (Dilokthanakul et al. 2016)."""
    D = m.distributions
    mean, scale = encoded(m, x, E)
    z = mean + scale * noise
    parts = D.Independent(D.Normal(centres, m.ones_like(centres)), 1)
    prior = D.MixtureSameFamily(D.Categorical(logits=scores), parts)
    q = D.Independent(D.Normal(mean, scale), 1)
    return (q.log_prob(z) - prior.log_prob(z) - of_pixels(m, F, x, z, W)).mean()


def vae_with_a_prior_of_pseudo_inputs(m, F, x, E, W, noise, pseudo):
    """VampPrior: the encoder's answer to learned inputs (Tomczak and Welling 2018)."""
    D = m.distributions
    q = D.Independent(D.Normal(*encoded(m, x, E)), 1)
    z = q.mean + q.stddev * noise
    parts = D.Independent(D.Normal(*encoded(m, pseudo, E)), 1)
    prior = D.MixtureSameFamily(D.Categorical(m.ones(2, dtype=x.dtype)), parts)
    return (q.log_prob(z) - prior.log_prob(z) - of_pixels(m, F, x, z, W)).mean()


def vae_with_a_laplace_prior(m, F, x, E, W, noise):
    """Heavy tails make sparse codes; draws by the quantile function."""
    D = m.distributions
    q = D.Laplace(*encoded(m, x, E))
    z = q.icdf(m.sigmoid(noise))
    prior = D.Laplace(m.zeros_like(q.loc), m.ones_like(q.scale))
    return (D.kl_divergence(q, prior).sum(1) - of_pixels(m, F, x, z, W)).mean()


def vae_with_broken_sticks(m, F, x, E, W, noise):
    """Probabilities as code, by the Kumaraswamy distribution (Nalisnick and Smyth 2017)."""
    D = m.distributions
    a, b = F.softplus(x @ E).chunk(2, 1)
    q = D.Kumaraswamy(a, b)
    z = D.StickBreakingTransform()(m.logit(q.icdf(m.sigmoid(noise))))
    prior = D.Beta(m.ones_like(a), 2 * m.ones_like(a))
    v = q.icdf(m.sigmoid(noise))
    return (q.log_prob(v) - prior.log_prob(v)).sum(1).mean() - of_pixels(m, F, x, z, W).mean()


def actor_critic(m, F, states, policy, value):
    """The gradient of the score with a learned baseline and a bonus of entropy (Mnih et al. 2016)."""
    p = m.distributions.Categorical(logits=states @ policy)
    advantage = m.tensor([1.0, 0.0, 2.0, -1.0], dtype=states.dtype) - states @ value
    actor = -(p.log_prob(m.tensor([0, 2, 1, 1])) * advantage.detach()).mean()
    return actor + 0.5 * (advantage**2).mean() - 0.01 * p.entropy().mean()


def clipped_policy(m, F, states, mean, logs, actions):
    """Proximal policy optimisation of continuous actions (Schulman et al. 2017)."""
    D = m.distributions
    new = D.Independent(D.Normal(states @ mean, m.exp(logs).expand(4, 2)), 1)
    old = D.Independent(D.Normal(states @ mean.detach() + 0.3, m.exp(logs).detach() * 1.2), 1)
    ratio = m.exp(new.log_prob(actions) - old.log_prob(actions))
    gain = m.tensor([1.0, -0.5, 2.0, 0.3], dtype=states.dtype)
    clipped = m.clamp(ratio, 0.8, 1.2) * gain
    return D.kl_divergence(old, new).mean() - m.minimum(ratio * gain, clipped).mean()


def squashed_policy(m, F, states, mean, logs, noise):
    """Soft actor-critic: the entropy of a Gaussian through tanh (Haarnoja et al. 2018)."""
    D = m.distributions
    base = D.Normal(states @ mean, m.exp(logs).expand(4, 2))
    step = D.TanhTransform(cache_size=1)
    policy = D.Independent(D.TransformedDistribution(base, step), 1)
    action = step(base.mean + base.stddev * noise)
    return (0.2 * policy.log_prob(action) + (action**2).sum(1)).mean()


def network_of_mixtures(m, F, x, W, V):
    """A mixture density network as `mixture_density`, said by distributions."""
    D = m.distributions
    scores, means, logs = (m.tanh(x @ W) @ V).chunk(3, 1)
    p = D.MixtureSameFamily(D.Categorical(logits=scores), D.Normal(means, m.exp(logs)))
    return -p.log_prob(x.sum(1)).mean()


def bayes_by_backprop(m, F, x, mean, rho, noise):
    """Uncertain weights under a prior of two scales (Blundell et al. 2015)."""
    D = m.distributions
    q = D.Normal(mean, F.softplus(rho))
    w = q.mean + q.stddev * noise
    scales = m.tensor([1.0, 0.05], dtype=x.dtype)
    parts = D.Normal(m.zeros_like(scales), scales)
    prior = D.MixtureSameFamily(D.Categorical(m.tensor([0.3, 0.7], dtype=x.dtype)), parts)
    likelihood = D.Normal(x @ w, m.ones(4, dtype=x.dtype)).log_prob(x.sum(1))
    return (q.log_prob(w) - prior.log_prob(w)).sum() - likelihood.sum()


def black_box_inference(m, F, mean, logs, data):
    """The gradient of the score of q, for any model (Ranganath, Gerrish and Blei 2014)."""
    D = m.distributions
    q = D.LogNormal(mean, m.exp(logs))
    z = m.tensor([[0.5, 1.2], [2.0, 0.3], [0.9, 0.9]], dtype=mean.dtype)
    joint = D.Gamma(2.0, z).log_prob(m.exp(data)) + D.Exponential(1.0).log_prob(z)
    score = q.log_prob(z)
    return -(score * (joint - score).detach()).mean() - 0.01 * joint.sum()


def relaxed_choice(m, F, logits, values, noise):
    """A categorical choice made continuous (Jang et al. 2017; Maddison et al. 2017)."""
    D = m.distributions
    gumbel = D.Gumbel(m.zeros_like(noise), m.ones_like(noise)).icdf(m.sigmoid(noise))
    chosen = m.softmax((logits + gumbel) / 0.7, -1)
    temperature = m.tensor(0.7, dtype=logits.dtype)
    q = D.RelaxedOneHotCategorical(temperature, logits=logits)
    prior = D.RelaxedOneHotCategorical(temperature, logits=m.zeros_like(logits))
    return ((chosen @ values) ** 2).sum() + (q.log_prob(chosen) - prior.log_prob(chosen)).mean()


def coupled_flow(m, F, x, W, shift):
    """Real NVP: half of the numbers say how the others are moved (Dinh et al. 2017)."""
    D = m.distributions

    class Coupling(D.Transform):
        bijective = True
        domain = codomain = D.constraints.real_vector

        def parts(self, x):
            kept, moved = x.chunk(2, -1)
            logs, by = m.tanh(kept @ W).chunk(2, -1)
            return kept, moved, logs, by

        def _call(self, x):
            kept, moved, logs, by = self.parts(x)
            return m.cat([kept, moved * m.exp(logs) + by], -1)

        def _inverse(self, y):
            kept, moved, logs, by = self.parts(y)
            return m.cat([kept, (moved - by) * m.exp(-logs)], -1)

        def log_abs_det_jacobian(self, x, y):
            return self.parts(x)[2].sum(-1)

    steps = [Coupling(), D.AffineTransform(shift, 0.8, event_dim=1), Coupling()]
    base = D.Independent(D.Normal(m.zeros_like(shift), m.ones_like(shift)), 1)
    return -D.TransformedDistribution(base, steps).log_prob(x).mean()


def hidden_markov_model(m, F, x, start, moves, means):
    """The likelihood of a sequence by the forward algorithm (Rabiner 1989)."""
    D = m.distributions
    seen = D.Normal(means, m.ones_like(means)).log_prob(x.unsqueeze(1))
    moves = D.Categorical(logits=moves).logits
    state = D.Categorical(logits=start).logits + seen[0]
    for each in seen[1:]:
        state = m.logsumexp(state.unsqueeze(1) + moves, 0) + each
    return -m.logsumexp(state, 0)


def topic_model(m, F, topics, words):
    """Documents as counts of words of mixed topics (Blei, Ng and Jordan 2003)."""
    D = m.distributions
    theta = m.softmax(topics, -1)
    beta = m.softmax(words, -1)
    counts = m.tensor([[2.0, 0.0, 1.0, 0.0], [0.0, 3.0, 1.0, 1.0]], dtype=topics.dtype)
    seen = D.Multinomial(5, probs=theta @ beta, validate_args=False).log_prob(counts)
    prior = D.Dirichlet(m.full((3,), 0.5, dtype=topics.dtype)).log_prob(theta)
    return -(seen + prior).sum()


def state_space_model(m, F, A, logs, x):
    """The likelihood of a linear system by the Kalman filter (Kalman 1960)."""
    D = m.distributions
    mean = m.zeros(2, dtype=A.dtype)
    P = m.eye(2, dtype=A.dtype)
    Q = m.diag(m.exp(logs))
    total = 0.0
    for y in x:
        mean = A @ mean
        P = A @ P @ A.T + Q
        S = P + 0.5 * m.eye(2, dtype=A.dtype)
        total = total + D.MultivariateNormal(mean, 0.5 * (S + S.T)).log_prob(y)
        gain = m.linalg.solve(S, P).T
        mean = mean + gain @ (y - mean)
        P = P - gain @ P
    return -total


def count_regression(m, F, x, w, dispersion):
    """Counts with more spread than Poisson's, of which a part never happens (Lambert 1992)."""
    D = m.distributions
    counts = m.tensor([0.0, 3.0, 1.0, 7.0], dtype=x.dtype)
    rate = m.exp(x @ w)
    total = m.exp(dispersion)
    seen = D.NegativeBinomial(total, logits=m.log(rate / total)).log_prob(counts)
    return -(seen + D.Poisson(rate).log_prob(counts)).sum()


def robust_regression(m, F, x, w, logs):
    """Errors with heavy tails, as many as the data say (Lange, Little and Taylor 1989)."""
    p = m.distributions.StudentT(1 + m.exp(logs[0]), x @ w, m.exp(logs[1]))
    return -p.log_prob(x.sum(1)).sum()


def hopfield_retrieval(m, F, patterns, state):
    """An associative memory whose steps are attention (Ramsauer et al. 2021)."""
    energy = 0.5 * (state * state).sum() - m.logsumexp(2 * patterns @ state, 0) / 2
    (down,) = m.autograd.grad(energy, [state], create_graph=True)
    step = m.softmax(2 * patterns @ state, 0) @ patterns
    return ((state - down - step) ** 2).sum() + (step**2).sum()


def penalised_critic(m, F, x, W, v):
    """A critic whose gradient is held at length 1 (Gulrajani et al. 2017)."""
    points = x.detach().clone().requires_grad_()
    (slope,) = m.autograd.grad((m.tanh(points @ W) @ v).sum(), [points], create_graph=True)
    return (m.tanh(x @ W) @ v).mean() + 10 * ((slope.norm(dim=1) - 1) ** 2).mean()


def learning_to_learn(m, F, x, w):
    """One inner step of gradient descent is part of the program (Finn, Abbeel and Levine 2017)."""
    loss = lambda w, y: ((m.tanh(x @ w) - y) ** 2).mean()  # noqa: E731
    (inner,) = m.autograd.grad(loss(w, x.detach()[:, :2]), [w], create_graph=True)
    return loss(w - 0.5 * inner, x.detach()[:, 1:])


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
    vae_with_a_standard_prior: [(4, 3), (3, 4), (2, 3), (4, 2)],
    vae_with_a_mixture_prior: [(4, 3), (3, 4), (2, 3), (4, 2), (2,), (2, 2)],
    vae_with_a_prior_of_pseudo_inputs: [(4, 3), (3, 4), (2, 3), (4, 2), (2, 3)],
    vae_with_a_laplace_prior: [(4, 3), (3, 4), (2, 3), (4, 2)],
    vae_with_broken_sticks: [(4, 3), (3, 4), (3, 3), (4, 2)],
    actor_critic: [(4, 3), (3, 3), (3,)],
    clipped_policy: [(4, 3), (3, 2), (2,), (4, 2)],
    squashed_policy: [(4, 3), (3, 2), (2,), (4, 2)],
    network_of_mixtures: [(4, 3), (3, 5), (5, 6)],
    bayes_by_backprop: [(4, 3), (3,), (3,), (3,)],
    black_box_inference: [(2,), (2,), (2,)],
    relaxed_choice: [(4, 3), (3, 2), (4, 3)],
    coupled_flow: [(4, 4), (2, 4), (4,)],
    hidden_markov_model: [(5,), (3,), (3, 3), (3,)],
    topic_model: [(2, 3), (3, 4)],
    state_space_model: [(2, 2), (2,), (3, 2)],
    count_regression: [(4, 3), (3,), ()],
    robust_regression: [(4, 3), (3,), (2,)],
    hopfield_retrieval: [(4, 3), (3,)],
    penalised_critic: [(4, 3), (3, 5), (5,)],
    learning_to_learn: [(4, 3), (3, 2)],
}


def both_orders(engine, functional, program, points):
    """The value of a program, its gradients, and those of a sum of the gradients."""
    leaves = [engine.tensor(point, requires_grad=True) for point in points]
    value = program(engine, functional, *leaves)
    first = engine.autograd.grad(value, leaves, create_graph=True)
    mixed = sum((g * g.detach()).sum() for g in first)
    second = engine.autograd.grad(mixed, leaves, allow_unused=True)
    kept = [g for g in second if g is not None]
    return value.item(), *[[g.detach().numpy() for g in grads] for grads in (first, kept)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_values_and_derivatives_are_those_of_pytorch(program):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    points = [np.asarray(0.6 * rng.standard_normal(shape)) for shape in PROGRAMS[program]]
    value, first, second = both_orders(ag, nn.functional, program, points)
    expected = both_orders(torch, torch.nn.functional, program, points)
    np.testing.assert_allclose(value, expected[0], rtol=1e-9)
    assert len(second) == len(expected[2]) > 0
    for found, exact in zip(first, expected[1]):
        assert np.abs(exact).max() > 0
        np.testing.assert_allclose(found, exact, rtol=1e-8, atol=1e-10)
    for found, exact in zip(second, expected[2]):
        np.testing.assert_allclose(found, exact, rtol=1e-7, atol=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "program, backend",
    [
        *[pytest.param(each, "numpy", id=each.__name__) for each in PROGRAMS],
        *[pytest.param(each, "numba", id=f"{each.__name__}-numba") for each in [*PROGRAMS][::4]],
    ],
)
def test_compiled_they_give_the_same_for_other_points(program, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    shapes = PROGRAMS[program]

    def value(*xs):
        return program(ag, nn.functional, *xs)

    both = ag.value_and_grad(value, argnums=tuple(range(len(shapes))))
    fast = ag.compile(both, backend=backend)
    rng = np.random.default_rng(3)
    for _ in range(3):
        points = [ag.tensor(0.6 * rng.standard_normal(shape)) for shape in shapes]
        (found, found_grads), (exact, exact_grads) = fast(*points), both(*points)
        np.testing.assert_allclose(found.item(), exact.item(), rtol=1e-9)
        for g, h in zip(found_grads, exact_grads):
            np.testing.assert_allclose(g.numpy(), h.numpy(), rtol=1e-7, atol=1e-10)
    assert len(fast.programs) == 1


def conjugate_pairs(D):
    """Priors, what is seen, and posteriors, all known in closed form (Raiffa and Schlaifer 1961)."""
    counts = ag.tensor([3.0, 0.0, 2.0], dtype="float64")
    a = ag.tensor([0.5, 1.5, 2.0], dtype="float64")
    one = ag.tensor(1.5, dtype="float64")
    x = ag.tensor([[1.0, 0.2], [0.3, -1.0], [0.5, 0.5]], dtype="float64")
    precision = ag.eye(2, dtype="float64") + 4 * x.T @ x
    normal = D.MultivariateNormal(ag.linalg.solve(precision, 4 * x.T @ counts), None, precision)
    return {
        "coins": (
            D.Beta(one, 2.0),
            lambda z: D.Binomial(5, z).log_prob(3.0),
            D.Beta(4.5, 4 * one / 1.5),
        ),
        "counts": (
            D.Gamma(one, 2.0),
            lambda z: D.Poisson(z.unsqueeze(-1)).log_prob(counts).sum(-1),
            D.Gamma(one + 5, 5.0),
        ),
        "dice": (
            D.Dirichlet(a),
            lambda z: (counts * ag.log(z)).sum(-1),
            D.Dirichlet(a + counts),
        ),
        "lines": (
            D.MultivariateNormal(ag.zeros(2, dtype="float64"), ag.eye(2, dtype="float64")),
            lambda z: D.Normal(z @ x.T, 0.5).log_prob(counts).sum(-1),
            normal,
        ),
    }


@pytest.mark.parametrize("name", ["coins", "counts", "dice", "lines"])
def test_the_evidence_bound_is_tight_at_the_posterior(name):
    """Joint minus posterior is the evidence, whatever is drawn, so its gradient along the path of a
    draw is zero (Roeder, Wu and Duvenaud 2017)."""
    D = ag.distributions
    ag.manual_seed(0)
    prior, likelihood, posterior = conjugate_pairs(D)[name]
    z = posterior.sample((6,)).requires_grad_()
    evidence = prior.log_prob(z) + likelihood(z) - posterior.log_prob(z)
    np.testing.assert_allclose(evidence.detach().numpy(), evidence[0].item(), rtol=1e-9)
    (slope,) = ag.autograd.grad(evidence.sum(), [z])
    if name == "dice":  # along the simplex only
        slope = slope - slope.mean(-1, keepdim=True)
    np.testing.assert_allclose(slope.numpy(), 0, atol=1e-8)
    if name == "lines":
        x = ag.tensor([[1.0, 0.2], [0.3, -1.0], [0.5, 0.5]], dtype="float64")
        marginal = 0.25 * ag.eye(3, dtype="float64") + x @ x.T
        seen = ag.tensor([3.0, 0.0, 2.0], dtype="float64")
        exact = D.MultivariateNormal(ag.zeros(3, dtype="float64"), marginal).log_prob(seen)
        np.testing.assert_allclose(evidence[0].item(), exact.item(), rtol=1e-9)


def test_a_dirichlet_code_learns_by_its_draws():
    """The likelihood by draws with implicit gradients moves as its expectation in closed form."""
    D = ag.distributions
    ag.manual_seed(0)
    counts = ag.tensor([3.0, 0.0, 2.0], dtype="float64")
    a = ag.tensor([0.9, 1.5, 3.0], dtype="float64", requires_grad=True)
    q = D.Dirichlet(a)
    by_draws = (counts * ag.log(q.rsample((2000,)))).sum(-1).mean()
    exact = (counts * (ag.digamma(a) - ag.digamma(a.sum()))).sum()
    found, expected = [ag.autograd.grad(bound, [a])[0].numpy() for bound in (by_draws, exact)]
    np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.02)
