"""Distributions of real numbers; each draws by transforming noise that has no parameters."""

import math
from typing import Any

from autograd_engine import Tensor, abs, as_tensor, erf, exp, expm1, finfo, log, log1p, rand, randn
from autograd_engine import sign

from .distribution import Distribution, parameters, require_values


class LocationScale(Distribution):
    """What is common to distributions of ``loc + scale * noise``, symmetric about ``loc``."""

    has_rsample = True

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = parameters(loc, scale)
        require_values(self, "scale", self.scale, self.scale > 0, "positive")
        super().__init__(self.loc.shape)

    @property
    def mean(self) -> Tensor:
        return self.loc

    def _standardized(self, value: Any) -> Tensor:
        """How many scales ``value`` lies above the middle."""
        return (as_tensor(value) - self.loc) / self.scale


class Normal(LocationScale):
    """The normal distribution.

    Parameters
    ----------
    loc, scale : Tensor or float
        Mean and standard deviation.

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

    def log_prob(self, value: Any) -> Tensor:
        z = self._standardized(value)
        return -(z**2) / 2 - log(self.scale) - math.log(2 * math.pi) / 2

    def cdf(self, value: Any) -> Tensor:
        """The probability of at most ``value``."""
        z = self._standardized(value)
        return (1 + erf(z / math.sqrt(2))) / 2

    def entropy(self) -> Tensor:
        return 0.5 + math.log(2 * math.pi) / 2 + log(self.scale)

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        noise = randn(self._extended(sample_shape), dtype=self.loc.dtype)
        return self.loc + self.scale * noise


class Laplace(LocationScale):
    """The Laplace distribution.

    Parameters
    ----------
    loc, scale : Tensor or float

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

    def log_prob(self, value: Any) -> Tensor:
        return -abs(self._standardized(value)) - log(2 * self.scale)

    def cdf(self, value: Any) -> Tensor:
        """The probability of at most ``value``."""
        z = self._standardized(value)
        return 0.5 - 0.5 * sign(z) * expm1(-abs(z))

    def entropy(self) -> Tensor:
        return 1 + log(2 * self.scale)

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        u = rand(self._extended(sample_shape), dtype=self.loc.dtype) - 0.5
        largest = (1 - float(finfo(u.dtype).eps)) / 2
        return self.loc - self.scale * sign(u) * log1p(-2 * abs(u).clamp(max=largest))


class Uniform(Distribution):
    """The uniform distribution on ``[low, high)``.

    Parameters
    ----------
    low, high : Tensor or float

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

    has_rsample = True

    def __init__(self, low: Any, high: Any) -> None:
        self.low, self.high = parameters(low, high)
        require_values(self, "high", self.high, self.high > self.low, "above low")
        super().__init__(self.low.shape)

    @property
    def mean(self) -> Tensor:
        return (self.low + self.high) / 2

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low) ** 2 / 12

    def log_prob(self, value: Any) -> Tensor:
        x = as_tensor(value)
        inside = (x >= self.low) & (x <= self.high)
        require_values(self, "a value", x + 0 * self.low, inside, "from low to high")
        return -log(self.high - self.low) + 0 * x

    def cdf(self, value: Any) -> Tensor:
        """The probability of at most ``value``."""
        return ((as_tensor(value) - self.low) / (self.high - self.low)).clamp(0, 1)

    def entropy(self) -> Tensor:
        return log(self.high - self.low)

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        noise = rand(self._extended(sample_shape), dtype=self.low.dtype)
        return self.low + (self.high - self.low) * noise


class Exponential(Distribution):
    """The exponential distribution.

    Parameters
    ----------
    rate : Tensor or float

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

    has_rsample = True

    def __init__(self, rate: Any) -> None:
        (self.rate,) = parameters(rate)
        require_values(self, "rate", self.rate, self.rate > 0, "positive")
        super().__init__(self.rate.shape)

    @property
    def mean(self) -> Tensor:
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        return 1 / self.rate**2

    def log_prob(self, value: Any) -> Tensor:
        x = as_tensor(value)
        require_values(self, "a value", x, x >= 0, "at least 0")
        return log(self.rate) - self.rate * x

    def cdf(self, value: Any) -> Tensor:
        """The probability of at most ``value``."""
        return 1 - exp(-self.rate * as_tensor(value).clamp(min=0))

    def entropy(self) -> Tensor:
        return 1 - log(self.rate)

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        noise = rand(self._extended(sample_shape), dtype=self.rate.dtype)
        return -log1p(-noise) / self.rate
