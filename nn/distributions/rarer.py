"""Distributions that few programs ask for: on the unit interval, of excesses, on the circle."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import Tensor, abs, acos, argmax, cos, expm1, gather, inf, log, log1p, nan
from autograd_engine import rand, sign, sinh, where
from autograd_engine.special import i0e, i1e

from . import constraints
from .constraints import Constraint
from .discrete import Odds
from .distribution import Distribution

NEAR = 0.2
"""So near to logits of 0 a series is more exact than the formula."""


class ContinuousBernoulli(Odds):
    """Numbers from 0 to 1 with a density in proportion to ``probs**x * (1 - probs)**(1 - x)``
    (Loaiza-Ganem and Cunningham 2019).

    Parameters
    ----------
    probs, logits : Tensor or float
        One of both.
    lims : tuple of float
        Accepted for PyTorch's sake: near 0.5 a series is used, where it is exact.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` is not between 0 and 1.

    Examples
    --------
    >>> from nn.distributions import ContinuousBernoulli
    >>> ContinuousBernoulli(0.5).mean.item()
    0.5
    """

    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._hold_odds(validate_args, probs, logits)

    def _apart(self) -> tuple[Tensor, Tensor, Tensor]:
        """The logits, whether they are near 0, and logits that are not."""
        near = abs(self.logits) < NEAR
        return self.logits, near, where(near, 1.0, self.logits)

    def _log_norm(self) -> Tensor:
        """The logarithm of ``expm1(logits) / logits``."""
        x, near, far = self._apart()
        series = x / 2 + x**2 / 24 - x**4 / 2880 + x**6 / 181440
        whole = far.clamp(min=0) + log(-expm1(-abs(far)) / abs(far))
        return where(near, series, whole)

    @property
    def mean(self) -> Tensor:
        x, near, far = self._apart()
        series = 0.5 + x / 12 - x**3 / 720 + x**5 / 30240
        return where(near, series, -1 / expm1(-far) - 1 / far)

    @property
    def variance(self) -> Tensor:
        x, near, far = self._apart()
        series = 1 / 12 - x**2 / 240 + x**4 / 6048 - x**6 / 172800
        return where(near, series, 1 / far**2 - 1 / (2 * sinh(far / 2)) ** 2)

    def entropy(self) -> Tensor:
        return self._log_norm() - self.logits * self.mean

    def _log_prob(self, value: Tensor) -> Tensor:
        return value * self.logits - self._log_norm()

    def _cdf(self, value: Tensor) -> Tensor:
        x = self.logits
        none = abs(x) < 1e-6
        far = where(none, 1.0, x)
        return where(none, value + x * value * (value - 1) / 2, expm1(far * value) / expm1(far))

    def _icdf(self, value: Tensor) -> Tensor:
        x = self.logits
        none = abs(x) < 1e-6
        far = where(none, 1.0, x)
        near = value + x * value * (1 - value) / 2
        return where(none, near, log1p(value * expm1(far)) / far)

    def _draw(self, shape: tuple) -> Tensor:
        return self._icdf(rand(shape, dtype=self._dtype()))


class GeneralizedPareto(Distribution):
    """The generalized Pareto distribution, of what exceeds a high threshold.

    Parameters
    ----------
    loc, scale, concentration : Tensor or float
        With a concentration above 0 the tail falls as a power, at 0 exponentially, below 0 it ends.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import GeneralizedPareto
    >>> GeneralizedPareto(0.0, 1.0, 0.5).mean.item()
    2.0
    """

    arg_constraints = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True
    loc: Tensor
    scale: Tensor
    concentration: Tensor

    def __init__(
        self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None
    ) -> None:
        self._hold(validate_args, loc=loc, scale=scale, concentration=concentration)

    @property
    def support(self) -> Constraint:
        """The numbers from ``loc`` on, and where the concentration is negative up to an end."""
        a = self.concentration
        end = where(a < 0, self.loc - self.scale / where(a < 0, a, -1.0), inf)
        return Constraint("from loc to the end", lambda x: (x >= self.loc) & (x <= end))

    @property
    def mean(self) -> Tensor:
        a = self.concentration
        has = a < 1
        return where(has, self.loc + self.scale / (1 - where(has, a, 0.5)), nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        has = self.concentration < 0.5
        a = where(has, self.concentration, 0.25)
        return where(has, self.scale**2 / ((1 - a) ** 2 * (1 - 2 * a)), nan)

    def entropy(self) -> Tensor:
        return log(self.scale) + self.concentration + 1

    def _hazard(self, value: Tensor) -> Tensor:
        """Minus the logarithm of the probability of more."""
        z = (value - self.loc) / self.scale
        none = abs(self.concentration) < 1e-8
        a = where(none, 1.0, self.concentration)
        return where(none, z, log1p(a * z) / a)

    def _log_prob(self, value: Tensor) -> Tensor:
        return -(1 + self.concentration) * self._hazard(value) - log(self.scale)

    def log_survival_function(self, value: Any) -> Tensor:
        """The logarithm of the probability of more than ``value``."""
        return -self._hazard(self._value(value, self.support))

    def log_cdf(self, value: Any) -> Tensor:
        """The logarithm of the probability of at most ``value``."""
        return log(self.cdf(value))

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1(-self._hazard(value))

    def _icdf(self, value: Tensor) -> Tensor:
        waited = -log1p(-value)
        none = abs(self.concentration) < 1e-8
        a = where(none, 1.0, self.concentration)
        return self.loc + self.scale * where(none, waited, expm1(a * waited) / a)

    def _draw(self, shape: tuple) -> Tensor:
        return self._icdf(rand(shape, dtype=self._dtype()))


class VonMises(Distribution):
    """The von Mises distribution of angles; mean and variance are those of the circle.

    Parameters
    ----------
    loc, concentration : Tensor or float
        An angle, and how near to it draws are.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``concentration`` is not positive.

    Examples
    --------
    >>> from nn.distributions import VonMises
    >>> round(VonMises(0.0, 1.0).log_prob(0.0).item(), 4)
    -1.0738
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    loc: Tensor
    concentration: Tensor

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, loc=loc, concentration=concentration)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return 1 - i1e(self.concentration) / i0e(self.concentration)

    def _log_prob(self, value: Tensor) -> Tensor:
        k = self.concentration
        return k * (cos(value - self.loc) - 1) - math.log(2 * math.pi) - log(i0e(k))

    def _draw(self, shape: tuple) -> Tensor:
        """By rejection (Best and Fisher 1979): of 40 proposals, each of which is taken with a
        probability above 0.65, the first that is."""
        k = self.concentration.double()
        root = (1 + 4 * k**2).sqrt()
        rho = (1 + root - (2 * (1 + root)).sqrt()) / (2 * k)
        r = where(k < 1e-5, 1 / k + k, (1 + rho**2) / (2 * rho))
        z = cos(math.pi * rand(40, *shape, dtype="float64"))
        cosine = ((1 + r * z) / (r + z)).clamp(-1, 1)
        cost = k * (r - cosine)
        limit = 1 - rand(40, *shape, dtype="float64")
        taken = (cost * (2 - cost) > limit) | (log(cost.clamp(min=1e-300) / limit) + 1 >= cost)
        first = argmax(taken.long(), 0).unsqueeze(0)
        angle = acos(gather(cosine, 0, first).squeeze(0))
        angle = self.loc + angle * sign(rand(shape, dtype="float64") - 0.5)
        return ((angle + math.pi) % (2 * math.pi) - math.pi).to(self._dtype())
