"""Distributions of counts and classes, in terms of logits, whose logarithms cannot overflow."""

from __future__ import annotations

from typing import Any

from autograd_engine import Tensor, arange, argmax, binomial, broadcast_shapes, exp, eye, finfo
from autograd_engine import (
    floor,
    full_like,
    gather,
    inf,
    lgamma,
    log,
    log1p,
    log_softmax,
    logit,
    nan,
)
from autograd_engine import one_hot, poisson, rand, sigmoid, softplus, where, xlogy, zeros_like

from . import constraints
from .constraints import Constraint
from .continuous import open_uniform
from .distribution import Distribution, derived, parameters
from .implicit import gamma_draws


def one_of(owner: object, **given: Any) -> dict[str, Any]:
    """The parameter that was given, of those that stand for each other."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) != 1:
        raise ValueError(f"{type(owner).__name__}: give either {' or '.join(given)}")
    return found


class Odds(Distribution):
    """What is common to distributions of a chance, given as ``probs`` or as ``logits``."""

    arg_constraints: dict[str, Any] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    probs = derived(lambda self: sigmoid(self.logits))
    logits = derived(lambda self: logit(self.probs, float(finfo(self.probs.dtype).eps)))

    def _hold_odds(self, validate_args: bool | None, probs: Any, logits: Any, **more: Any) -> None:
        self._hold(validate_args, **more, **one_of(self, probs=probs, logits=logits))

    @property
    def param_shape(self) -> tuple:
        """The shape of ``probs``."""
        return self.batch_shape

    def _coin_entropy(self) -> Tensor:
        """The entropy of one trial."""
        return softplus(self.logits) - self.probs * self.logits


class Bernoulli(Odds):
    """One with probability ``probs``, else zero.

    Parameters
    ----------
    probs, logits : Tensor or float
        One of both.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` is not between 0 and 1.

    Examples
    --------
    >>> from nn.distributions import Bernoulli
    >>> Bernoulli(0.25).variance.item()
    0.1875
    """

    support = constraints.boolean
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._hold_odds(validate_args, probs, logits)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        likelier = (self.probs >= 0.5).to(self._dtype())
        return where(self.probs == 0.5, nan, likelier)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def entropy(self) -> Tensor:
        return self._coin_entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return enumerated(self, 2, expand)

    def _log_prob(self, value: Tensor) -> Tensor:
        return value * self.logits - softplus(self.logits)

    def _draw(self, shape: tuple) -> Tensor:
        dtype = self._dtype()
        return (rand(shape, dtype=dtype) < self.probs).to(dtype)


class Geometric(Odds):
    """The number of failures before the first success, which has the chance ``probs``.

    Parameters
    ----------
    probs, logits : Tensor or float
        One of both.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` is not above 0 and at most 1.

    Examples
    --------
    >>> from nn.distributions import Geometric
    >>> Geometric(0.25).mean.item()
    3.0
    """

    support = constraints.nonnegative_integer

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._hold_odds(validate_args, probs, logits)
        if probs is not None:
            self._require("probs", self.probs, constraints.positive)

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def entropy(self) -> Tensor:
        return self._coin_entropy() / self.probs

    def _log_prob(self, value: Tensor) -> Tensor:
        failure = where((self.probs == 1) & (value == 0), 0.0, self.probs)
        return value * log1p(-failure) + log(self.probs)

    def _draw(self, shape: tuple) -> Tensor:
        sure = self.probs == 1
        trials = log(open_uniform(shape, self._dtype())) / log1p(-where(sure, 0.5, self.probs))
        return where(sure, 0.0, floor(trials))


class Binomial(Odds):
    """The number of successes in ``total_count`` trials, each of chance ``probs``.

    Parameters
    ----------
    total_count : int or Tensor
        Integers of at least 0.
    probs, logits : Tensor or float
        One of both.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one of both is given, or a parameter is not what it must be.

    Examples
    --------
    >>> from nn.distributions import Binomial
    >>> Binomial(4, 0.5).log_prob(2.0).exp().item()
    0.375
    """

    arg_constraints = {"total_count": constraints.nonnegative_integer, **Odds.arg_constraints}
    has_enumerate_support = True
    total_count: Tensor

    def __init__(
        self,
        total_count: Any = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self._hold_odds(validate_args, probs, logits, total_count=total_count)

    @property
    def support(self) -> Constraint:
        """The integers from 0 to ``total_count``."""
        return Constraint(
            "an integer from 0 to total_count",
            lambda x: (x == x.floor()) & (x >= 0) & (x <= self.total_count),
            is_discrete=True,
        )

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return floor((self.total_count + 1) * self.probs).minimum(self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def _one_count(self, what: str) -> int:
        """The count that all of the batch have."""
        most = int(self.total_count.max())
        if int(self.total_count.min()) != most:
            raise NotImplementedError(
                f"Binomial has no {what} where total_count differs in the batch, got "
                f"{self.total_count.detach().numpy().tolist()}"
            )
        return most

    def entropy(self) -> Tensor:
        self._one_count("entropy")
        chances = self._log_prob(self.enumerate_support(False))
        return -(exp(chances) * chances).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return enumerated(self, 1 + self._one_count("enumerate_support"), expand)

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.total_count
        ways = lgamma(n + 1) - lgamma(value + 1) - lgamma(n - value + 1)
        return ways + value * self.logits - n * softplus(self.logits)

    def _draw(self, shape: tuple) -> Tensor:
        return binomial(self.total_count.expand(shape), self.probs.expand(shape))


class NegativeBinomial(Odds):
    """The number of successes, of chance ``probs``, before ``total_count`` failures.

    Parameters
    ----------
    total_count : float or Tensor
        Numbers of at least 0, integers or not.
    probs, logits : Tensor or float
        One of both; the chance is below 1.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one of both is given, or a parameter is not what it must be.

    Examples
    --------
    >>> from nn.distributions import NegativeBinomial
    >>> NegativeBinomial(3.0, 0.5).mean.item()
    3.0
    """

    arg_constraints = {
        "total_count": constraints.nonnegative,
        "probs": constraints.half_open_interval(0, 1),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer
    total_count: Tensor

    def __init__(
        self,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        self._hold_odds(validate_args, probs, logits, total_count=total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * exp(self.logits)

    @property
    def mode(self) -> Tensor:
        return floor((self.total_count - 1) * exp(self.logits)).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean / sigmoid(-self.logits)

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.total_count
        chance = -n * softplus(self.logits) - value * softplus(-self.logits)
        ways = lgamma(n + value) - lgamma(1 + value) - lgamma(n)
        return chance + where(n + value == 0, 0.0, ways)

    def _draw(self, shape: tuple) -> Tensor:
        return poisson(gamma_draws(self.total_count, shape) * exp(self.logits))


class Poisson(Distribution):
    """The number of events of which ``rate`` are expected.

    Parameters
    ----------
    rate : Tensor or float
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``rate`` is negative.

    Examples
    --------
    >>> from nn.distributions import Poisson
    >>> Poisson(2.0).log_prob(0.0).item()
    -2.0
    """

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer
    rate: Tensor

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self._hold(validate_args, rate=rate)

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return floor(self.rate)

    @property
    def variance(self) -> Tensor:
        return self.rate

    def _log_prob(self, value: Tensor) -> Tensor:
        return xlogy(value, self.rate) - self.rate - lgamma(value + 1)

    def _draw(self, shape: tuple) -> Tensor:
        return poisson(self.rate.expand(shape))


NOT_ALL_ZERO = Constraint("above 0 for some class", lambda x: x.sum(-1) > 0, event_dim=1)


class Categorical(Distribution):
    """A class with the probability that the last axis of ``probs`` gives it.

    Parameters
    ----------
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` are negative.

    Examples
    --------
    >>> from nn.distributions import Categorical
    >>> Categorical([1.0, 3.0]).probs.tolist()
    [0.25, 0.75]
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    probs = derived(lambda self: exp(self.logits))
    logits = derived(lambda self: log(self.probs.clamp(min=float(finfo(self.probs.dtype).eps))))

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        ((name, value),) = one_of(self, probs=probs, logits=logits).items()
        (given,) = parameters(value)
        if given.ndim == 0:
            raise ValueError(
                f"{type(self).__name__}: probs or logits need an axis of classes, got a scalar"
            )
        if validate_args is not None:
            self._validate_args = validate_args
        if name == "probs":
            self._require("probs", given, constraints.nonnegative)
            self._require("probs", given, NOT_ALL_ZERO)
            self.probs = given / given.sum(-1, keepdim=True)
        else:
            self.logits = log_softmax(given, -1)
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @property
    def param_shape(self) -> tuple:
        """The shape of ``probs``."""
        return next(iter(self._parameters().values())).shape

    @property
    def support(self) -> Constraint:
        """The classes."""
        return constraints.integer_interval(0, self.param_shape[-1] - 1)

    @property
    def mean(self) -> Tensor:
        return full_like(self.mode, nan, dtype=self._dtype())

    @property
    def mode(self) -> Tensor:
        return argmax(self.probs, -1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=float(finfo(self._dtype()).min))
        return -(self.probs * logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return enumerated(self, self.param_shape[-1], expand).long()

    def _log_prob(self, value: Tensor) -> Tensor:
        index = value.long()
        shape = broadcast_shapes(index.shape, self.batch_shape)
        logits = self.logits.expand((*shape, self.param_shape[-1]))
        return gather(logits, -1, index.expand(shape).unsqueeze(-1)).squeeze(-1)

    def _draw(self, shape: tuple) -> Tensor:
        noise = open_uniform((*shape, self.param_shape[-1]), self._dtype())
        return argmax(self.logits - log(-log(noise)), -1)


class OfClasses(Distribution):
    """What is common to vectors that are drawn by classes, whose probabilities a `Categorical`
    holds.
    """

    arg_constraints = Categorical.arg_constraints
    _categorical: Categorical

    def _hold_classes(self, probs: Any, logits: Any, validate_args: bool | None) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        event = self._categorical.param_shape[-1:]
        Distribution.__init__(self, self._categorical.batch_shape, event, validate_args)

    @property
    def probs(self) -> Tensor:
        """The probabilities of the classes."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> tuple:
        """The shape of ``probs``."""
        return self._categorical.param_shape

    def __repr__(self) -> str:
        return repr(self._categorical).replace("Categorical", type(self).__name__, 1)


class OneHotCategorical(OfClasses):
    """A class, as `Categorical` draws it, as a vector of zeros with a single one.

    Parameters
    ----------
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` are negative.

    Examples
    --------
    >>> from nn.distributions import OneHotCategorical
    >>> OneHotCategorical([1.0, 3.0]).log_prob([0.0, 1.0]).exp().item()
    0.75
    """

    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._hold_classes(probs, logits, validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._one_hot(self._categorical.mode)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        n = self.event_shape[0]
        values = eye(n, dtype=self._dtype()).reshape(n, *[1] * len(self.batch_shape), n)
        if expand:
            values = values.expand((n, *self.batch_shape, n))
        return values

    def _one_hot(self, classes: Tensor) -> Tensor:
        return one_hot(classes, self.event_shape[0]).to(self._dtype())

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._categorical._log_prob(argmax(value, -1))

    def _draw(self, shape: tuple) -> Tensor:
        return self._one_hot(self._categorical._draw(shape[:-1]))


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` with draws whose gradients are those of ``probs``, as if each draw were
    its mean (Bengio, Leonard and Courville 2013).

    Parameters
    ----------
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.
    validate_args : bool, optional

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.distributions import OneHotCategoricalStraightThrough
    >>> logits = tensor([0.0, 0.0], requires_grad=True)
    >>> draw = OneHotCategoricalStraightThrough(logits=logits).rsample()
    >>> (draw @ tensor([1.0, 3.0])).backward(); logits.grad
    tensor([-0.5000,  0.5000])
    """

    has_rsample = True

    def _draw(self, shape: tuple) -> Tensor:
        draws = super()._draw(shape).detach()
        return draws + (self.probs - self.probs.detach())


class Multinomial(OfClasses):
    """How often each class comes in ``total_count`` draws.

    Parameters
    ----------
    total_count : int
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one is given, or ``probs`` are negative.
    NotImplementedError
        Where ``total_count`` is not one number.

    Examples
    --------
    >>> from nn.distributions import Multinomial
    >>> Multinomial(4, [1.0, 3.0]).mean.tolist()
    [1.0, 3.0]
    """

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(
                f"Multinomial takes one integer as total_count, got {total_count!r}"
            )
        self.total_count = total_count
        self._hold_classes(probs, logits, validate_args)

    @property
    def support(self) -> Constraint:
        """Counts that sum to at most ``total_count``."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def entropy(self) -> Tensor:
        each = Binomial(self.total_count, self.probs, validate_args=False)
        counts = each.enumerate_support(False)[1:]
        ties = (exp(each._log_prob(counts)) * lgamma(counts + 1)).sum((0, -1))
        orders = lgamma(full_like(ties, self.total_count + 1))
        return self.total_count * self._categorical.entropy() - orders + ties

    def _log_prob(self, value: Tensor) -> Tensor:
        logits = where((value == 0) & (self.logits == -inf), 0.0, self.logits)
        orders = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        return orders + (logits * value).sum(-1)

    def _draw(self, shape: tuple) -> Tensor:
        drawn = self._categorical._draw((self.total_count, *shape[:-1]))
        return one_hot(drawn, shape[-1]).sum(0).to(self._dtype())


def enumerated(owner: Distribution, count: int, expand: bool) -> Tensor:
    """The numbers from 0 to ``count - 1`` along a first dimension."""
    values = arange(count, dtype=owner._dtype()).reshape(-1, *[1] * len(owner.batch_shape))
    if expand:
        values = values.expand((count, *owner.batch_shape))
    return values
