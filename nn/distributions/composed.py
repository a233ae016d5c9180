"""Distributions made of others: transformed, mixed, with batch dimensions taken as the event's."""

from __future__ import annotations

from typing import Any, Sequence

from autograd_engine import Tensor, gather, log_softmax, logsumexp

from . import constraints
from .constraints import Constraint
from .discrete import Categorical
from .distribution import Distribution, sum_last
from .transforms import ComposeTransform, Transform


class Independent(Distribution):
    """A distribution whose last batch dimensions are part of the event: its probabilities are
    multiplied along them.

    Parameters
    ----------
    base_distribution : Distribution
    reinterpreted_batch_ndims : int
        How many dimensions.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where the batch has not as many dimensions.

    Examples
    --------
    >>> from nn.distributions import Independent, Normal
    >>> p = Independent(Normal([0.0, 0.0, 0.0], 1.0), 1)
    >>> p.event_shape, p.log_prob([0.0, 0.0, 0.0]).shape
    ((3,), ())
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        batch = base_distribution.batch_shape
        cut = len(batch) - reinterpreted_batch_ndims
        if cut < 0:
            raise ValueError(
                f"Independent: batch_shape {batch} has no {reinterpreted_batch_ndims} dimensions"
            )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        event = (*batch[cut:], *base_distribution.event_shape)
        super().__init__(batch[:cut], event, validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the base has, and there is nothing to combine."""
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self) -> Constraint:
        """That of the base, for each part of an event."""
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def entropy(self) -> Tensor:
        return sum_last(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError(
                "Independent has no enumerate_support of events with several parts"
            )
        return self.base_dist.enumerate_support(expand)

    def _log_prob(self, value: Tensor) -> Tensor:
        return sum_last(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def sample(self, sample_shape: tuple = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamily(Distribution):
    """A mixture of distributions of one kind.

    Parameters
    ----------
    mixture_distribution : Categorical
        Chooses among the components.
    component_distribution : Distribution
        The last batch dimension is that of the components.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where the numbers of components or the batch shapes differ.

    Examples
    --------
    >>> from nn.distributions import Categorical, MixtureSameFamily, Normal
    >>> p = MixtureSameFamily(Categorical([0.5, 0.5]), Normal([-1.0, 3.0], 1.0))
    >>> p.mean.item(), p.variance.item()
    (1.0, 5.0)
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                "MixtureSameFamily: mixture_distribution must be a Categorical, got "
                f"{mixture_distribution!r}"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "MixtureSameFamily: component_distribution must be a Distribution, got "
                f"{component_distribution!r}"
            )
        count = mixture_distribution.param_shape[-1]
        shape = component_distribution.batch_shape
        if shape[-1:] != (count,):
            raise ValueError(
                f"MixtureSameFamily: {count} probabilities do not fit to components of "
                f"batch_shape {shape}"
            )
        batch = shape[:-1]
        self.mixture_distribution = mixture_distribution.expand(batch)
        self.component_distribution = component_distribution
        super().__init__(batch, component_distribution.event_shape, validate_args)

    @property
    def support(self) -> Constraint:
        """That of the components, of which every value must be in all."""
        inner = self.component_distribution.support
        return Constraint(
            inner.wanted,
            lambda value: inner.check(self._beside(value)).all(-1),
            inner.event_dim,
            inner.is_discrete,
        )

    def _beside(self, value: Tensor) -> Tensor:
        """With a dimension for the components."""
        return value.unsqueeze(-1 - len(self.event_shape))

    def _mixed(self, values: Tensor) -> Tensor:
        """The mean over the components."""
        probs = self.mixture_distribution.probs
        probs = probs.reshape(*probs.shape, *[1] * len(self.event_shape))
        return (probs * values).sum(-1 - len(self.event_shape))

    @property
    def mean(self) -> Tensor:
        return self._mixed(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        means = self.component_distribution.mean
        between = (means - self._beside(self.mean)).pow(2)
        return self._mixed(self.component_distribution.variance + between)

    def _log_prob(self, value: Tensor) -> Tensor:
        each = self.component_distribution.log_prob(self._beside(value))
        return logsumexp(each + log_softmax(self.mixture_distribution.logits, -1), -1)

    def _cdf(self, value: Tensor) -> Tensor:
        each = self.component_distribution.cdf(self._beside(value))
        return (each * self.mixture_distribution.probs).sum(-1)

    def _draw(self, shape: tuple) -> Tensor:
        dim = len(shape) - len(self.event_shape)
        batch = shape[: dim - len(self.batch_shape)]
        which = self.mixture_distribution.sample(batch)
        each = self.component_distribution.sample(batch)
        index = which.reshape(*which.shape, *[1] * (1 + len(self.event_shape)))
        return gather(each, dim, index.expand((*which.shape, 1, *self.event_shape))).squeeze(dim)

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self.mixture_distribution}, {self.component_distribution})"


class TransformedDistribution(Distribution):
    """What transforms make of draws of a distribution.

    Parameters
    ----------
    base_distribution : Distribution
    transforms : Transform or list of Transform
        The first is applied first.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where these are no transforms, or an event has too few dimensions for them.

    Examples
    --------
    >>> from nn.distributions import Normal, TransformedDistribution
    >>> from nn.distributions.transforms import ExpTransform
    >>> p = TransformedDistribution(Normal(0.0, 1.0), ExpTransform())
    >>> round(p.cdf(1.0).item(), 6)
    0.5
    """

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | Sequence[Transform],
        validate_args: bool | None = None,
    ) -> None:
        if isinstance(transforms, Transform):
            transforms = [transforms]
        if not all(isinstance(each, Transform) for each in transforms):
            raise ValueError(
                f"TransformedDistribution: transforms must be Transforms, got {transforms!r}"
            )
        self.transforms = list(transforms)
        whole = ComposeTransform(self.transforms)
        base = base_distribution
        own = (*base.batch_shape, *base.event_shape)
        least = whole.domain.event_dim
        if len(own) < least:
            raise ValueError(
                f"TransformedDistribution: the transforms take events of {least} dimensions, the "
                f"base has batch_shape + event_shape {own}"
            )
        shape = whole.forward_shape(own)
        before = whole.inverse_shape(shape)
        if before != own:
            base = base.expand(before[: len(before) - len(base.event_shape)])
        missing = least - len(base.event_shape)
        grown = whole.codomain.event_dim - least
        dims = max(whole.codomain.event_dim, len(base.event_shape) + grown)
        if missing > 0:
            base = Independent(base, missing)
        self.base_dist = base
        cut = len(shape) - dims
        super().__init__(shape[:cut], shape[cut:], validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> Any:
        """What the last transform gives."""
        if not self.transforms:
            return self.base_dist.support
        last = self.transforms[-1].codomain
        extra = len(self.event_shape) - last.event_dim
        if extra > 0:
            return constraints.independent(last, extra)
        return last

    def _through(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def _back(self, y: Tensor) -> Tensor:
        for transform in reversed(self.transforms):
            y = transform.inv(y)
        return y

    def _rising(self, chance: Tensor) -> Tensor:
        """A probability of at most, or of at least where the transforms fall."""
        sign = ComposeTransform(self.transforms).sign
        return sign * (chance - 0.5) + 0.5

    def _log_prob(self, value: Tensor) -> Tensor:
        dim = len(self.event_shape)
        stretched: Any = 0.0
        y = value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            dim += transform.domain.event_dim - transform.codomain.event_dim
            grown = transform.log_abs_det_jacobian(x, y)
            stretched = stretched + sum_last(grown, dim - transform.domain.event_dim)
            y = x
        inner = self.base_dist.log_prob(y)
        return sum_last(inner, dim - len(self.base_dist.event_shape)) - stretched

    def _cdf(self, value: Tensor) -> Tensor:
        return self._rising(self.base_dist.cdf(self._back(value)))

    def _icdf(self, value: Tensor) -> Tensor:
        return self._through(self.base_dist.icdf(self._rising(value)))

    def rsample(self, sample_shape: tuple = ()) -> Tensor:
        return self._through(self.base_dist.rsample(sample_shape))

    def sample(self, sample_shape: tuple = ()) -> Tensor:
        return self._through(self.base_dist.sample(sample_shape)).detach()

    def __repr__(self) -> str:
        if self._parameters():
            return super().__repr__()
        return f"{type(self).__name__}({self.base_dist}, {self.transforms})"
