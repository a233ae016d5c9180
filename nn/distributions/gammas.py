"""The gamma distribution and those made of it; their draws have implicit gradients."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import Tensor, argmax, digamma, inf, lgamma, log, log1p, nan, one_hot, randn
from autograd_engine import rsqrt, stack, where, xlogy
from autograd_engine.special import gammainc

from . import constraints
from .distribution import Distribution, parameters
from .implicit import dirichlet_draws, gamma_draws


class Gamma(Distribution):
    """The gamma distribution.

    Parameters
    ----------
    concentration, rate : Tensor or float
        Its shape, and the inverse of its scale.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a parameter is not positive.

    Examples
    --------
    >>> from nn.distributions import Gamma
    >>> Gamma(3.0, 2.0).mean.item()
    1.5
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    concentration: Tensor
    rate: Tensor

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, concentration=concentration, rate=rate)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate**2

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - log(self.rate) + lgamma(a) + (1 - a) * digamma(a)

    def _log_prob(self, value: Tensor) -> Tensor:
        a = self.concentration
        return xlogy(a, self.rate) + xlogy(a - 1, value) - self.rate * value - lgamma(a)

    def _cdf(self, value: Tensor) -> Tensor:
        return gammainc(self.concentration, self.rate * value)

    def _draw(self, shape: tuple) -> Tensor:
        return gamma_draws(self.concentration, shape) / self.rate


class Chi2(Gamma):
    """The chi-squared distribution, of the sum of ``df`` squares of normal numbers.

    Parameters
    ----------
    df : Tensor or float
        The degrees of freedom.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``df`` is not positive.

    Examples
    --------
    >>> from nn.distributions import Chi2
    >>> Chi2(3.0).mean.item()
    3.0
    """

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (df,) = parameters(df)
        super().__init__(df / 2, 0.5, validate_args)

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return 2 * self.concentration


class Dirichlet(Distribution):
    """The Dirichlet distribution of probabilities that sum to 1.

    Parameters
    ----------
    concentration : Tensor
        Of shape ``(..., classes)``.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a concentration is not positive.

    Examples
    --------
    >>> from nn.distributions import Dirichlet
    >>> Dirichlet([1.0, 3.0]).mean.tolist()
    [0.25, 0.75]
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True
    concentration: Tensor

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, concentration=concentration)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0)
        corner = one_hot(argmax(above, -1), self.event_shape[0]).to(above.dtype)
        total = above.sum(-1, keepdim=True)
        has_none = (self.concentration < 1).all(-1, keepdim=True)
        return where(has_none, corner, above / where(has_none, 1.0, total))

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def entropy(self) -> Tensor:
        a = self.concentration
        total = a.sum(-1)
        each = lgamma(a) - (a - 1) * digamma(a)
        return each.sum(-1) - lgamma(total) - (a.shape[-1] - total) * digamma(total)

    def _log_prob(self, value: Tensor) -> Tensor:
        a = self.concentration
        return (xlogy(a - 1, value) - lgamma(a)).sum(-1) + lgamma(a.sum(-1))

    def _draw(self, shape: tuple) -> Tensor:
        return dirichlet_draws(self.concentration, shape)


class Beta(Distribution):
    """The beta distribution of a probability.

    Parameters
    ----------
    concentration1, concentration0 : Tensor or float
        Those of one and of zero.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a concentration is not positive.

    Examples
    --------
    >>> from nn.distributions import Beta
    >>> Beta(1.0, 3.0).mean.item()
    0.25
    """

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True
    concentration1: Tensor
    concentration0: Tensor

    def __init__(
        self, concentration1: Any, concentration0: Any, validate_args: bool | None = None
    ) -> None:
        self._hold(validate_args, concentration1=concentration1, concentration0=concentration0)

    def _dirichlet(self) -> Dirichlet:
        """The distribution of the probability and its complement."""
        both = stack([self.concentration1, self.concentration0], -1)
        return Dirichlet(both, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        return self._dirichlet().mode[..., 0]

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def entropy(self) -> Tensor:
        return self._dirichlet().entropy()

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._dirichlet()._log_prob(stack([value, 1 - value], -1))

    def _draw(self, shape: tuple) -> Tensor:
        return self._dirichlet()._draw((*shape, 2))[..., 0]


class StudentT(Distribution):
    """Student's t distribution.

    Parameters
    ----------
    df : Tensor or float
        The degrees of freedom.
    loc, scale : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``df`` or ``scale`` is not positive.

    Examples
    --------
    >>> from nn.distributions import StudentT
    >>> StudentT(4.0).variance.item()
    2.0
    """

    arg_constraints = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True
    df: Tensor
    loc: Tensor
    scale: Tensor

    def __init__(
        self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        self._hold(validate_args, df=df, loc=loc, scale=scale)

    @property
    def mean(self) -> Tensor:
        return where(self.df > 1, self.loc, nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        has = self.df > 2
        df = where(has, self.df, 3.0)
        finite = where(has, self.scale**2 * df / (df - 2), inf)
        return where(self.df > 1, finite, nan)

    def _log_norm(self) -> Tensor:
        """The logarithm of what the density of scale 1 is divided by."""
        ratio = lgamma(self.df / 2) - lgamma((self.df + 1) / 2)
        return ratio + log(self.df * math.pi) / 2

    def entropy(self) -> Tensor:
        half = (self.df + 1) / 2
        rise = digamma(half) - digamma(self.df / 2)
        return half * rise + self._log_norm() + log(self.scale)

    def _log_prob(self, value: Tensor) -> Tensor:
        z = (value - self.loc) / self.scale
        density = -(self.df + 1) / 2 * log1p(z**2 / self.df)
        return density - self._log_norm() - log(self.scale)

    def _draw(self, shape: tuple) -> Tensor:
        noise = randn(shape, dtype=self._dtype())
        spread = gamma_draws(self.df / 2, shape) * 2 / self.df
        return self.loc + self.scale * noise * rsqrt(spread)


class FisherSnedecor(Distribution):
    """The F distribution, of the ratio of two mean squares of normal numbers.

    Parameters
    ----------
    df1, df2 : Tensor or float
        The degrees of freedom above and below.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where a parameter is not positive.

    Examples
    --------
    >>> from nn.distributions import FisherSnedecor
    >>> FisherSnedecor(2.0, 4.0).mean.item()
    2.0
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True
    df1: Tensor
    df2: Tensor

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, df1=df1, df2=df2)

    @property
    def mean(self) -> Tensor:
        has = self.df2 > 2
        df2 = where(has, self.df2, 3.0)
        return where(has, df2 / (df2 - 2), nan)

    @property
    def mode(self) -> Tensor:
        has = self.df1 > 2
        return where(has, (1 - 2 / self.df1) * self.df2 / (self.df2 + 2), nan)

    @property
    def variance(self) -> Tensor:
        has = self.df2 > 4
        df2 = where(has, self.df2, 5.0)
        full = 2 * df2**2 * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2) ** 2 * (df2 - 4))
        return where(has, full, nan)

    def _log_prob(self, value: Tensor) -> Tensor:
        above = self.df1 / 2
        below = self.df2 / 2
        ratio = self.df1 / self.df2
        norm = lgamma(above + below) - lgamma(above) - lgamma(below)
        powers = above * log(ratio) + (above - 1) * log(value)
        return norm + powers - (above + below) * log1p(ratio * value)

    def _draw(self, shape: tuple) -> Tensor:
        above = gamma_draws(self.df1 / 2, shape) / self.df1
        below = gamma_draws(self.df2 / 2, shape) / self.df2
        return above / below
