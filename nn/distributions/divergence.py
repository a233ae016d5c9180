"""The Kullback-Leibler divergence, by rules for pairs of distributions."""

from typing import Any, Callable

from autograd_engine import Tensor, log

from .continuous import Exponential, Normal
from .discrete import Bernoulli, Categorical
from .distribution import Distribution

RULES: dict[tuple[type, type], Callable[[Any, Any], Tensor]] = {}


def register_kl(type_p: type, type_q: type) -> Callable:
    """Register the decorated function as the divergence of such a pair.

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
    pair = f"{type(p).__name__} and {type(q).__name__}"
    raise NotImplementedError(f"kl_divergence: no rule for {pair}; add one with register_kl")


@register_kl(Normal, Normal)
def _normal_kl(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - log(ratio)) / 2


@register_kl(Exponential, Exponential)
def _exponential_kl(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - log(ratio)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli_kl(p: Bernoulli, q: Bernoulli) -> Tensor:
    return -p.entropy() - p.probs * q.log_prob(1.0) - (1 - p.probs) * q.log_prob(0.0)


@register_kl(Categorical, Categorical)
def _categorical_kl(p: Categorical, q: Categorical) -> Tensor:
    return (p.probs * (p.logits - q.logits)).sum(-1)
