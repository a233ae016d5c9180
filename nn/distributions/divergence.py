"""The Kullback-Leibler divergence, by rules for pairs of distributions.

The rule of the nearest classes holds: of all registered pairs that the two distributions are
instances of, the one furthest down.
"""

from __future__ import annotations

import math
from typing import Any, Callable

from autograd_engine import Tensor, abs, broadcast_shapes, digamma, erf, exp, full, inf, lgamma, log
from autograd_engine import log1p, softplus, where, xlogy

from .composed import Independent, TransformedDistribution
from .continuous import EULER, Cauchy, Exponential, Gumbel, HalfNormal, Laplace, Normal, Uniform
from .discrete import Bernoulli, Binomial, Categorical, Geometric, OneHotCategorical, Poisson
from .distribution import Distribution, sum_last
from .gammas import Beta, Dirichlet, Gamma
from .multivariate import LowRankMultivariateNormal, MultivariateNormal, half_log_det, solve
from .multivariate import squared_length
from .rarer import ContinuousBernoulli
from .transformed import Pareto

RULES: dict[tuple[type, type], Callable[[Any, Any], Tensor]] = {}


def register_kl(type_p: type, type_q: type) -> Callable:
    """Register the decorated function as the divergence of such a pair, and of pairs of their
    subclasses that have none of their own.

    Examples
    --------
    >>> from nn.distributions import Distribution, register_kl
    >>> class Mine(Distribution): ...
    >>> @register_kl(Mine, Mine)
    ... def rule(p, q):
    ...     return 0.0
    """

    def keep(rule: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
        RULES[type_p, type_q] = rule
        return rule

    return keep


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The divergence of ``q`` from ``p``, of their broadcast ``batch_shape``.

    Raises
    ------
    NotImplementedError
        Where no rule is registered for the pair.

    Examples
    --------
    >>> from nn.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0)).item()
    0.5
    """
    for of_p in type(p).__mro__:
        for of_q in type(q).__mro__:
            if (of_p, of_q) in RULES:
                return RULES[of_p, of_q](p, q)
    raise _no_rule(p, q)


def _no_rule(p: Distribution, q: Distribution) -> NotImplementedError:
    pair = f"{type(p).__name__} and {type(q).__name__}"
    return NotImplementedError(f"no divergence of {pair} is registered: see register_kl")


# --- of the same kind -----------------------------------------------------------------------------


@register_kl(Normal, Normal)
def _normals(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - log(ratio)) / 2


@register_kl(HalfNormal, HalfNormal)
def _half_normals(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normals(p.base_dist, q.base_dist)  # type: ignore[arg-type]


@register_kl(Laplace, Laplace)
def _laplaces(p: Laplace, q: Laplace) -> Tensor:
    ratio = p.scale / q.scale
    apart = abs(p.loc - q.loc)
    return -log(ratio) + apart / q.scale + ratio * exp(-apart / p.scale) - 1


@register_kl(Cauchy, Cauchy)
def _cauchys(p: Cauchy, q: Cauchy) -> Tensor:
    return log((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2) - log(4 * p.scale * q.scale)


@register_kl(Gumbel, Gumbel)
def _gumbels(p: Gumbel, q: Gumbel) -> Tensor:
    ratio = p.scale / q.scale
    apart = (p.loc - q.loc) / q.scale
    return EULER * ratio - log(ratio) + apart + exp(lgamma(1 + ratio) - apart) - (1 + EULER)


@register_kl(Exponential, Exponential)
def _exponentials(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - log(ratio) - 1


@register_kl(Uniform, Uniform)
def _uniforms(p: Uniform, q: Uniform) -> Tensor:
    inside = (q.low <= p.low) & (q.high >= p.high)
    return where(inside, log((q.high - q.low) / (p.high - p.low)), inf)


@register_kl(Pareto, Pareto)
def _paretos(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    found = q.alpha * log(p.scale / q.scale) - log(ratio) + ratio - 1
    return where(p.scale < q.scale, inf, found)


@register_kl(Gamma, Gamma)
def _gammas(p: Gamma, q: Gamma) -> Tensor:
    a = p.concentration
    rates = q.concentration * log(p.rate / q.rate) + (q.rate - p.rate) * a / p.rate
    return rates + lgamma(q.concentration) - lgamma(a) + (a - q.concentration) * digamma(a)


def _between_concentrations(p: Tensor, q: Tensor) -> Tensor:
    """The divergence of Dirichlet distributions."""
    total = p.sum(-1)
    centred = digamma(p) - digamma(total).unsqueeze(-1)
    each = (p - q) * centred - lgamma(p) + lgamma(q)
    return each.sum(-1) + lgamma(total) - lgamma(q.sum(-1))


@register_kl(Dirichlet, Dirichlet)
def _dirichlets(p: Dirichlet, q: Dirichlet) -> Tensor:
    return _between_concentrations(p.concentration, q.concentration)


@register_kl(Beta, Beta)
def _betas(p: Beta, q: Beta) -> Tensor:
    return _dirichlets(p._dirichlet(), q._dirichlet())


@register_kl(Bernoulli, Bernoulli)
def _bernoullis(p: Bernoulli, q: Bernoulli) -> Tensor:
    ones = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zeros = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    ones = where(p.probs == 0, 0.0, where(q.probs == 0, inf, ones))
    zeros = where(p.probs == 1, 0.0, where(q.probs == 1, inf, zeros))
    return ones + zeros


@register_kl(Binomial, Binomial)
def _binomials(p: Binomial, q: Binomial) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError(
            "the divergence of Binomial distributions is not known where q has more trials than p"
        )
    trial = p.probs * (p.logits - q.logits) + log1p(-p.probs) - log1p(-q.probs)
    return where(p.total_count > q.total_count, inf, p.total_count * trial)


@register_kl(Geometric, Geometric)
def _geometrics(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - log1p(-q.probs) / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poissons(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (log(p.rate) - log(q.rate)) - (p.rate - q.rate)


@register_kl(Categorical, Categorical)
def _categoricals(p: Categorical, q: Categorical) -> Tensor:
    each = p.probs * (p.logits - q.logits)
    return where(p.probs == 0, 0.0, where(q.probs == 0, inf, each)).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hots(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categoricals(p._categorical, q._categorical)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normals(p: Any, q: Any) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"the divergence of normal distributions of event_shape {p.event_shape} and "
            f"{q.event_shape} is not defined"
        )
    matrix = (*broadcast_shapes(p.batch_shape, q.batch_shape), *2 * p.event_shape)
    own = p.scale_tril.expand(matrix)
    other = q.scale_tril.expand(matrix)
    spread = solve(other, own).pow(2).sum((-2, -1))
    distance = squared_length(other, p.loc - q.loc)
    volumes = half_log_det(other) - half_log_det(own)
    return volumes + (spread + distance - p.event_shape[0]) / 2


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            "no divergence of Independent distributions with "
            f"{p.reinterpreted_batch_ndims} and {q.reinterpreted_batch_ndims} dimensions"
        )
    return sum_last(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            "the divergence of transformed distributions is known where both have the same "
            f"transforms, got {p.transforms} and {q.transforms}"
        )
    return kl_divergence(p.base_dist, q.base_dist)


# --- of different kinds: the expected logarithm of q's density is taken under p -------------------


def _infinite(p: Distribution, q: Distribution) -> Tensor:
    """Where p draws what q never does."""
    return full(broadcast_shapes(p.batch_shape, q.batch_shape), inf, dtype=p._dtype())


NEVER: dict[type, tuple[type, ...]] = {
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Poisson: (Bernoulli, Binomial),
}
"""Which distributions never draw what others do."""

for kind, others in NEVER.items():
    for other in others:
        RULES[kind, other] = _infinite


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (p.probs * log(q.rate) - q.rate)


def _to_exponential(p: Any, q: Exponential) -> Tensor:
    return -p.entropy() - log(q.rate) + q.rate * p.mean


def _to_gamma(p: Any, q: Gamma, mean_log: Tensor) -> Tensor:
    a = q.concentration
    norm = lgamma(a) - a * log(q.rate)
    return -p.entropy() + norm - (a - 1) * mean_log + q.rate * p.mean


def _to_normal(p: Any, q: Normal) -> Tensor:
    spread = p.variance + (p.mean - q.loc) ** 2
    return -p.entropy() + log(2 * math.pi * q.scale**2) / 2 + spread / (2 * q.scale**2)


def _to_gumbel(p: Any, q: Gumbel, mean_exp: Tensor) -> Tensor:
    """``mean_exp`` is the expected value of ``exp(-x / q.scale)``."""
    shift = (p.mean - q.loc) / q.scale
    return -p.entropy() + log(q.scale) + shift + exp(q.loc / q.scale) * mean_exp


@register_kl(Beta, ContinuousBernoulli)
@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _to_continuous_bernoulli(p: Any, q: ContinuousBernoulli) -> Tensor:
    return -p.entropy() - q.logits * p.mean + q._log_norm()


for kind in (Beta, ContinuousBernoulli, Gamma, Pareto):
    RULES[kind, Exponential] = _to_exponential
for kind in (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform):
    RULES[kind, Normal] = _to_normal


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Uniform, q: ContinuousBernoulli) -> Tensor:
    inside = (p.low >= 0) & (p.high <= 1)
    return where(inside, _to_continuous_bernoulli(p, q), inf)


@register_kl(Beta, Gamma)
def _beta_gamma(p: Beta, q: Gamma) -> Tensor:
    total = p.concentration1 + p.concentration0
    return _to_gamma(p, q, digamma(p.concentration1) - digamma(total))


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Tensor:
    return _to_gamma(p, q, -EULER - log(p.rate))


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Pareto, q: Gamma) -> Tensor:
    return _to_gamma(p, q, log(p.scale) + 1 / p.alpha)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Exponential, q: Gumbel) -> Tensor:
    product = p.rate * q.scale
    return _to_gumbel(p, q, product / (product + 1))


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Gamma, q: Gumbel) -> Tensor:
    return _to_gumbel(p, q, (1 + 1 / (p.rate * q.scale)) ** -p.concentration)


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Normal, q: Gumbel) -> Tensor:
    return _to_gumbel(p, q, exp(-p.loc / q.scale + (p.scale / q.scale) ** 2 / 2))


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Uniform, q: Gumbel) -> Tensor:
    ends = exp(-p.low / q.scale) - exp(-p.high / q.scale)
    return _to_gumbel(p, q, q.scale * ends / (p.high - p.low))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    apart = (p.loc - q.loc) / p.scale
    bell = math.sqrt(2 / math.pi) * exp(-(apart**2) / 2)
    distance = p.scale * (bell + apart * erf(apart / math.sqrt(2)))
    return -p.entropy() + log(2 * q.scale) + distance / q.scale


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _unit_uniform(p: Any, q: Uniform) -> Tensor:
    inside = (q.low <= 0) & (q.high >= 1)
    return where(inside, log(q.high - q.low) - p.entropy(), inf)


def _mean_log(low: Tensor, high: Tensor) -> Tensor:
    """The mean logarithm of the numbers from ``low`` to ``high``."""
    return (xlogy(high, high) - xlogy(low, low)) / (high - low) - 1


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    inside = (p.low >= 0) & (p.high <= 1)
    low = where(inside, p.low, 0.0)
    high = where(inside, p.high, 1.0)
    a = q.concentration1
    b = q.concentration0
    norm = lgamma(a) + lgamma(b) - lgamma(a + b)
    powers = (a - 1) * _mean_log(low, high) + (b - 1) * _mean_log(1 - high, 1 - low)
    return where(inside, norm - powers - log(high - low), inf)


def _from_zero(p: Uniform) -> tuple[Tensor, Uniform]:
    """Whether a distribution has no negative numbers, and one that has none."""
    inside = p.low >= 0
    low = where(inside, p.low, 0.0)
    high = where(inside, p.high, 1.0)
    return inside, Uniform(low, high, validate_args=False)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Uniform, q: Exponential) -> Tensor:
    inside, p = _from_zero(p)
    return where(inside, _to_exponential(p, q), inf)


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Uniform, q: Gamma) -> Tensor:
    inside, p = _from_zero(p)
    return where(inside, _to_gamma(p, q, _mean_log(p.low, p.high)), inf)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    inside = p.low >= q.scale
    low = where(inside, p.low, 1.0)
    high = where(inside, p.high, 2.0)
    norm = log(q.alpha) + q.alpha * log(q.scale) + log(high - low)
    return where(inside, (q.alpha + 1) * _mean_log(low, high) - norm, inf)
