"""Distributions of real numbers; each draws by transforming noise that has no parameters."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import Tensor, abs, erf, erfinv, exp, expm1, finfo, full_like, inf, log, log1p
from autograd_engine import nan, rand, randn, sign, tan, where, zeros_like

from . import constraints
from .constraints import Constraint
from .distribution import Distribution

EULER = 0.5772156649015329
"""Euler's constant, the mean of the standard Gumbel distribution."""


def open_uniform(shape: tuple, dtype: Any) -> Tensor:
    """Uniform noise without 0 and 1, whose logarithms are finite."""
    limits = finfo(dtype)
    return rand(shape, dtype=dtype).clamp(float(limits.tiny), 1 - float(limits.eps))


class LocationScale(Distribution):
    """What is common to distributions of ``loc + scale * noise``, with ``noise`` symmetric about 0
    or not.

    A subclass says what the noise is: its `_log_density`, `_below`, `_quantile` and `_noise`.
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, loc=loc, scale=scale)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    def _standardized(self, value: Tensor) -> Tensor:
        """How many scales ``value`` lies above ``loc``."""
        return (value - self.loc) / self.scale

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._log_density(self._standardized(value)) - log(self.scale)

    def _cdf(self, value: Tensor) -> Tensor:
        return self._below(self._standardized(value))

    def _icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * self._quantile(value)

    def _draw(self, shape: tuple) -> Tensor:
        return self.loc + self.scale * self._noise(shape)

    def _log_density(self, z: Tensor) -> Tensor:
        raise NotImplementedError

    def _below(self, z: Tensor) -> Tensor:
        raise NotImplementedError

    def _quantile(self, u: Tensor) -> Tensor:
        raise NotImplementedError

    def _noise(self, shape: tuple) -> Tensor:
        return self._quantile(open_uniform(shape, self.loc.dtype))


class Normal(LocationScale):
    """The normal distribution.

    Parameters
    ----------
    loc, scale : Tensor or float
        Mean and standard deviation.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import Normal
    >>> round(Normal(0.0, 1.0).log_prob(0.0).item(), 4)
    -0.9189
    """

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    def entropy(self) -> Tensor:
        return 0.5 + math.log(2 * math.pi) / 2 + log(self.scale)

    def _log_density(self, z: Tensor) -> Tensor:
        return -(z**2) / 2 - math.log(2 * math.pi) / 2

    def _below(self, z: Tensor) -> Tensor:
        return (1 + erf(z / math.sqrt(2))) / 2

    def _quantile(self, u: Tensor) -> Tensor:
        return math.sqrt(2) * erfinv(2 * u - 1)

    def _noise(self, shape: tuple) -> Tensor:
        return randn(shape, dtype=self.loc.dtype)


class Laplace(LocationScale):
    """The Laplace distribution.

    Parameters
    ----------
    loc, scale : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import Laplace
    >>> Laplace(0.0, 1.0).variance.item()
    2.0
    """

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    def entropy(self) -> Tensor:
        return 1 + log(2 * self.scale)

    def _log_density(self, z: Tensor) -> Tensor:
        return -abs(z) - math.log(2)

    def _below(self, z: Tensor) -> Tensor:
        return 0.5 - 0.5 * sign(z) * expm1(-abs(z))

    def _quantile(self, u: Tensor) -> Tensor:
        return -sign(u - 0.5) * log1p(-2 * abs(u - 0.5))


class Cauchy(LocationScale):
    """The Cauchy distribution, which has neither mean nor variance.

    Parameters
    ----------
    loc, scale : Tensor or float
        Median and half width at half maximum.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import Cauchy
    >>> Cauchy(0.0, 1.0).cdf(1.0).item()
    0.75
    """

    @property
    def mean(self) -> Tensor:
        return full_like(self.loc, nan)

    @property
    def variance(self) -> Tensor:
        return full_like(self.loc, inf)

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + log(self.scale)

    def _log_density(self, z: Tensor) -> Tensor:
        return -math.log(math.pi) - log1p(z**2)

    def _below(self, z: Tensor) -> Tensor:
        return z.atan() / math.pi + 0.5

    def _quantile(self, u: Tensor) -> Tensor:
        return tan(math.pi * (u - 0.5))


class Gumbel(LocationScale):
    """The Gumbel distribution, that of the largest of many.

    Parameters
    ----------
    loc, scale : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import Gumbel
    >>> round(Gumbel(0.0, 1.0).mean.item(), 4)
    0.5772
    """

    @property
    def mean(self) -> Tensor:
        return self.loc + EULER * self.scale

    @property
    def variance(self) -> Tensor:
        return math.pi**2 / 6 * self.scale**2

    def entropy(self) -> Tensor:
        return 1 + EULER + log(self.scale)

    def _log_density(self, z: Tensor) -> Tensor:
        return -z - exp(-z)

    def _below(self, z: Tensor) -> Tensor:
        return exp(-exp(-z))

    def _quantile(self, u: Tensor) -> Tensor:
        return -log(-log(u))


class Folded(Distribution):
    """What is common to the absolute values of draws that are symmetric about 0."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    kind: type[LocationScale]
    scale: Tensor

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, scale=scale)

    @property
    def base_dist(self) -> LocationScale:
        """The distribution before the sign is lost."""
        return self.kind(zeros_like(self.scale), self.scale, validate_args=False)

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)

    def _log_prob(self, value: Tensor) -> Tensor:
        return where(value >= 0, self.base_dist._log_prob(value) + math.log(2), -inf)

    def _cdf(self, value: Tensor) -> Tensor:
        return 2 * self.base_dist._cdf(value) - 1

    def _icdf(self, value: Tensor) -> Tensor:
        return self.base_dist._icdf((value + 1) / 2)

    def _draw(self, shape: tuple) -> Tensor:
        return abs(self.base_dist._draw(shape))


class HalfNormal(Folded):
    """The absolute value of a normal number of mean 0.

    Parameters
    ----------
    scale : Tensor or float
        The standard deviation of the normal number.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import HalfNormal
    >>> round(HalfNormal(1.0).mean.item(), 4)
    0.7979
    """

    kind = Normal

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (1 - 2 / math.pi)


class HalfCauchy(Folded):
    """The absolute value of a Cauchy number about 0.

    Parameters
    ----------
    scale : Tensor or float
        Its median.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import HalfCauchy
    >>> round(HalfCauchy(2.0).cdf(2.0).item(), 6)
    0.5
    """

    kind = Cauchy

    @property
    def mean(self) -> Tensor:
        return full_like(self.scale, inf)

    @property
    def variance(self) -> Tensor:
        return full_like(self.scale, inf)


class Uniform(Distribution):
    """The uniform distribution on ``[low, high)``.

    Parameters
    ----------
    low, high : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``high`` is not above ``low``.

    Examples
    --------
    >>> from nn.distributions import Uniform
    >>> Uniform(0.0, 4.0).mean.item()
    2.0
    """

    arg_constraints = {"low": constraints.dependent, "high": constraints.dependent}
    has_rsample = True
    low: Tensor
    high: Tensor

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, low=low, high=high)
        self._require("high", self.high, Constraint("above low", lambda x: x > self.low))

    @property
    def support(self) -> Constraint:
        """The numbers from ``low`` to ``high``."""
        return Constraint("from low to high", self._inside)

    def _inside(self, value: Tensor) -> Tensor:
        return (value >= self.low) & (value <= self.high)

    @property
    def mean(self) -> Tensor:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Tensor:
        return full_like(self.low, nan)

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low) ** 2 / 12

    def entropy(self) -> Tensor:
        return log(self.high - self.low)

    def _log_prob(self, value: Tensor) -> Tensor:
        inside = (value >= self.low) & (value < self.high)
        return where(inside, -log(self.high - self.low), -inf)

    def _cdf(self, value: Tensor) -> Tensor:
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def _icdf(self, value: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * value

    def _draw(self, shape: tuple) -> Tensor:
        return self._icdf(rand(shape, dtype=self.low.dtype))


class Exponential(Distribution):
    """The exponential distribution.

    Parameters
    ----------
    rate : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``rate`` is not positive.

    Examples
    --------
    >>> from nn.distributions import Exponential
    >>> Exponential(4.0).mean.item()
    0.25
    """

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    rate: Tensor

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, rate=rate)

    @property
    def mean(self) -> Tensor:
        return 1 / self.rate

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.rate)

    @property
    def variance(self) -> Tensor:
        return 1 / self.rate**2

    def entropy(self) -> Tensor:
        return 1 - log(self.rate)

    def _log_prob(self, value: Tensor) -> Tensor:
        return log(self.rate) - self.rate * value

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1(-self.rate * value)

    def _icdf(self, value: Tensor) -> Tensor:
        return -log1p(-value) / self.rate

    def _draw(self, shape: tuple) -> Tensor:
        return self._icdf(rand(shape, dtype=self.rate.dtype))
