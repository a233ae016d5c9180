"""Discrete distributions made continuous, so that gradients reach their parameters (Maddison, Mnih
and Teh 2017; Jang, Gu and Poole 2017).
"""

from __future__ import annotations

from typing import Any

from autograd_engine import Tensor, full_like, lgamma, log, logsumexp, softplus

from . import constraints
from .composed import TransformedDistribution
from .continuous import open_uniform
from .discrete import Odds, OfClasses
from .distribution import Distribution, parameters
from .transforms import ExpTransform, SigmoidTransform, Transform


class LogitRelaxedBernoulli(Odds):
    """The logit of a draw of `RelaxedBernoulli`, which cannot reach 0 or 1.

    Parameters
    ----------
    temperature : Tensor or float
    probs, logits : Tensor or float
        One of both.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` is not between 0 and 1.

    Examples
    --------
    >>> from nn.distributions import LogitRelaxedBernoulli
    >>> LogitRelaxedBernoulli(1.0, 0.5).log_prob(0.0).exp().item()
    0.25
    """

    support = constraints.real
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        (self.temperature,) = parameters(temperature)
        self._hold_odds(validate_args, probs, logits)

    def _log_prob(self, value: Tensor) -> Tensor:
        distance = self.logits - value * self.temperature
        return log(self.temperature) + distance - 2 * softplus(distance)

    def _draw(self, shape: tuple) -> Tensor:
        noise = open_uniform(shape, self._dtype())
        return (self.logits + log(noise) - log(1 - noise)) / self.temperature


class ExpRelaxedCategorical(OfClasses):
    """The logarithm of a draw of `RelaxedOneHotCategorical`.

    Parameters
    ----------
    temperature : Tensor or float
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` are negative.

    Examples
    --------
    >>> from nn.distributions import ExpRelaxedCategorical
    >>> ExpRelaxedCategorical(1.0, [0.5, 0.5]).rsample().exp().sum().round().item()
    1.0
    """

    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        (self.temperature,) = parameters(temperature)
        self._hold_classes(probs, logits, validate_args)

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.event_shape[0]
        scores = self.logits - value * self.temperature
        scores = scores - logsumexp(scores, -1, keepdim=True)
        norm = lgamma(full_like(self.temperature, n)) + (n - 1) * log(self.temperature)
        return scores.sum(-1) + norm

    def _draw(self, shape: tuple) -> Tensor:
        noise = open_uniform(shape, self._dtype())
        scores = (self.logits - log(-log(noise))) / self.temperature
        return scores - logsumexp(scores, -1, keepdim=True)


class Relaxed(TransformedDistribution):
    """What is common to both relaxed distributions: they show the parameters of their base."""

    kind: type[Distribution]
    transform: type[Transform]

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        base = self.kind(temperature, probs, logits, validate_args)  # type: ignore[call-arg]
        super().__init__(base, self.transform(), validate_args)

    @property
    def temperature(self) -> Tensor:
        """The lower, the nearer draws are to zeros and ones."""
        return self.base_dist.temperature  # type: ignore[attr-defined]

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self.base_dist.probs  # type: ignore[attr-defined]

    @property
    def logits(self) -> Tensor:
        """The logits."""
        return self.base_dist.logits  # type: ignore[attr-defined]


class RelaxedBernoulli(Relaxed):
    """A number between 0 and 1 that is `Bernoulli` in the limit of temperature 0.

    Parameters
    ----------
    temperature : Tensor or float
    probs, logits : Tensor or float
        One of both.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` is not between 0 and 1.

    Examples
    --------
    >>> from nn.distributions import RelaxedBernoulli
    >>> 0 < RelaxedBernoulli(0.5, logits=1.0).rsample().item() < 1
    True
    """

    arg_constraints = Odds.arg_constraints
    support = constraints.unit_interval
    kind = LogitRelaxedBernoulli
    transform = SigmoidTransform


class RelaxedOneHotCategorical(Relaxed):
    """Probabilities that are `OneHotCategorical` in the limit of temperature 0.

    Parameters
    ----------
    temperature : Tensor or float
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` are negative.

    Examples
    --------
    >>> from nn.distributions import RelaxedOneHotCategorical
    >>> RelaxedOneHotCategorical(0.5, logits=[0.0, 1.0]).rsample((3,)).shape
    (3, 2)
    """

    arg_constraints = OfClasses.arg_constraints
    support = constraints.simplex
    kind = ExpRelaxedCategorical
    transform = ExpTransform
