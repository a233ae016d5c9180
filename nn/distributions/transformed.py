"""Distributions with a name of their own that are transforms of others."""

from __future__ import annotations

from typing import Any

from autograd_engine import Tensor, digamma, exp, expm1, inf, lgamma, log, nan, ones_like
from autograd_engine import where, zeros_like

from . import constraints
from .composed import TransformedDistribution
from .constraints import Constraint
from .continuous import EULER, Exponential, Normal, Uniform
from .gammas import Gamma
from .transforms import AffineTransform, ExpTransform, PowerTransform, StickBreakingTransform


class LogNormal(TransformedDistribution):
    """The exponential of a normal number.

    Parameters
    ----------
    loc, scale : Tensor or float
        Mean and standard deviation of the logarithm.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import LogNormal
    >>> round(LogNormal(0.0, 1.0).mean.item(), 4)
    1.6487
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.positive
    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, loc=loc, scale=scale)
        base = Normal(self.loc, self.scale, validate_args=False)
        super().__init__(base, ExpTransform(), validate_args)

    @property
    def mean(self) -> Tensor:
        return exp(self.loc + self.scale**2 / 2)

    @property
    def mode(self) -> Tensor:
        return exp(self.loc - self.scale**2)

    @property
    def variance(self) -> Tensor:
        return expm1(self.scale**2) * exp(2 * self.loc + self.scale**2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc


class InverseGamma(TransformedDistribution):
    """The inverse of a gamma number.

    Parameters
    ----------
    concentration, rate : Tensor or float
        Those of the gamma number.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a parameter is not positive.

    Examples
    --------
    >>> from nn.distributions import InverseGamma
    >>> InverseGamma(3.0, 4.0).mean.item()
    2.0
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    concentration: Tensor
    rate: Tensor

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, concentration=concentration, rate=rate)
        base = Gamma(self.concentration, self.rate, validate_args=False)
        super().__init__(base, PowerTransform(-ones_like(self.rate)), validate_args)

    @property
    def mean(self) -> Tensor:
        has = self.concentration > 1
        return where(has, self.rate / (where(has, self.concentration, 2.0) - 1), inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        has = self.concentration > 2
        a = where(has, self.concentration, 3.0)
        return where(has, self.rate**2 / ((a - 1) ** 2 * (a - 2)), inf)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a + log(self.rate) + lgamma(a) - (1 + a) * digamma(a)


class Pareto(TransformedDistribution):
    """The Pareto distribution, whose tail falls as a power.

    Parameters
    ----------
    scale, alpha : Tensor or float
        The least value, and the power.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a parameter is not positive.

    Examples
    --------
    >>> from nn.distributions import Pareto
    >>> Pareto(1.0, 2.0).mean.item()
    2.0
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}
    scale: Tensor
    alpha: Tensor

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, scale=scale, alpha=alpha)
        base = Exponential(self.alpha, validate_args=False)
        scaled = AffineTransform(zeros_like(self.scale), self.scale)
        super().__init__(base, [ExpTransform(), scaled], validate_args)

    @property
    def support(self) -> Constraint:
        """The numbers from ``scale`` on."""
        return Constraint("at least scale", lambda x: x >= self.scale)

    @property
    def mean(self) -> Tensor:
        has = self.alpha > 1
        a = where(has, self.alpha, 2.0)
        return where(has, a * self.scale / (a - 1), inf)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        has = self.alpha > 2
        a = where(has, self.alpha, 3.0)
        return where(has, self.scale**2 * a / ((a - 1) ** 2 * (a - 2)), inf)

    def entropy(self) -> Tensor:
        return log(self.scale / self.alpha) + 1 + 1 / self.alpha


class Weibull(TransformedDistribution):
    """The Weibull distribution, of lifetimes.

    Parameters
    ----------
    scale, concentration : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a parameter is not positive.

    Examples
    --------
    >>> from nn.distributions import Weibull
    >>> round(Weibull(3.0, 1.0).mean.item(), 4)
    3.0
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    scale: Tensor
    concentration: Tensor

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, scale=scale, concentration=concentration)
        base = Exponential(ones_like(self.scale), validate_args=False)
        scaled = AffineTransform(zeros_like(self.scale), self.scale)
        super().__init__(base, [PowerTransform(1 / self.concentration), scaled], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * exp(lgamma(1 + 1 / self.concentration))

    @property
    def mode(self) -> Tensor:
        has = self.concentration >= 1
        a = where(has, self.concentration, 2.0)
        return where(has, self.scale * (1 - 1 / a) ** (1 / a), nan)

    @property
    def variance(self) -> Tensor:
        second = exp(lgamma(1 + 2 / self.concentration))
        return self.scale**2 * (second - exp(2 * lgamma(1 + 1 / self.concentration)))

    def entropy(self) -> Tensor:
        return EULER * (1 - 1 / self.concentration) + log(self.scale / self.concentration) + 1


class Kumaraswamy(TransformedDistribution):
    """A distribution of probabilities that is much like `Beta` and whose draws are simpler.

    Parameters
    ----------
    concentration1, concentration0 : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a concentration is not positive.

    Examples
    --------
    >>> from nn.distributions import Kumaraswamy
    >>> round(Kumaraswamy(1.0, 3.0).mean.item(), 4)
    0.25
    """

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    concentration1: Tensor
    concentration0: Tensor

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        self._hold(validate_args, concentration1=concentration1, concentration0=concentration0)
        one = ones_like(self.concentration0)
        base = Uniform(0 * one, one, validate_args=False)
        steps = [
            PowerTransform(1 / self.concentration0),
            AffineTransform(1.0, -1.0),
            PowerTransform(1 / self.concentration1),
        ]
        super().__init__(base, steps, validate_args)

    def _moment(self, order: int) -> Tensor:
        a = 1 + order / self.concentration1
        b = self.concentration0
        return b * exp(lgamma(a) + lgamma(b) - lgamma(a + b))

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a = self.concentration1
        b = self.concentration0
        has = (a >= 1) & (b >= 1) & (a * b > 1)
        a = where(has, a, 2.0)
        b = where(has, b, 2.0)
        return where(has, ((a - 1) / (a * b - 1)) ** (1 / a), nan)

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self.mean**2

    def entropy(self) -> Tensor:
        a = self.concentration1
        b = self.concentration0
        return (1 - 1 / b) + (1 - 1 / a) * (digamma(b + 1) + EULER) - log(a) - log(b)


class LogisticNormal(TransformedDistribution):
    """Probabilities made of a vector of normal numbers by stick breaking, one more of them.

    Parameters
    ----------
    loc, scale : Tensor or float
        Of at least one dimension.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive, or there is no dimension.

    Examples
    --------
    >>> from nn.distributions import LogisticNormal
    >>> LogisticNormal([0.0, 0.0], 1.0).event_shape
    (3,)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._normal = Normal(loc, scale, validate_args)
        super().__init__(self._normal, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The means of the normal numbers."""
        return self._normal.loc

    @property
    def scale(self) -> Tensor:
        """Their standard deviations."""
        return self._normal.scale
