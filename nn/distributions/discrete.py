"""Distributions of counts and classes, in terms of logits, whose logarithms cannot overflow."""

from typing import Any

from autograd_engine import Tensor, as_tensor, exp, gather, log, log_softmax, logit, rand, sigmoid
from autograd_engine import argmax, broadcast_shapes, finfo, softplus

from .distribution import Distribution, parameters, require_values


def one_of(owner: object, probs: Any, logits: Any) -> Tensor:
    """The parameter that was given, of the two that may be."""
    if (probs is None) == (logits is None):
        raise ValueError(f"{type(owner).__name__}: give either probs or logits")
    (given,) = parameters(logits if probs is None else probs)
    if probs is not None:
        require_values(owner, "probs", given, given >= 0, "at least 0")
    return given


class Bernoulli(Distribution):
    """One with probability ``probs``, else zero.

    Parameters
    ----------
    probs, logits : Tensor or float
        One of both.

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

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        given = one_of(self, probs, logits)
        if probs is not None:
            require_values(self, "probs", given, given <= 1, "at most 1")
            self.probs = given
            self.logits = logit(given, float(finfo(given.dtype).eps))
        else:
            self.probs = sigmoid(given)
            self.logits = given
        super().__init__(given.shape)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def log_prob(self, value: Any) -> Tensor:
        x = as_tensor(value)
        require_values(self, "a value", x, (x == 0) | (x == 1), "0 or 1")
        return x * self.logits - softplus(self.logits)

    def entropy(self) -> Tensor:
        return softplus(self.logits) - self.probs * self.logits

    def sample(self, sample_shape: tuple = ()) -> Tensor:
        noise = rand(self._extended(sample_shape), dtype=self.probs.dtype)
        return (noise < self.probs.detach()).to(self.probs.dtype)


class Categorical(Distribution):
    """A class with the probability that the last axis of ``probs`` gives it.

    Parameters
    ----------
    probs, logits : Tensor
        One of both, of shape ``(..., classes)``; need not be normalized.

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

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        given = one_of(self, probs, logits)
        if given.ndim == 0:
            raise ValueError("Categorical: probs or logits need an axis of classes, got a scalar")
        if probs is not None:
            self.probs = given / given.sum(-1, keepdim=True)
            self.logits = log(self.probs.clamp(min=float(finfo(given.dtype).eps)))
        else:
            self.logits = log_softmax(given, -1)
            self.probs = exp(self.logits)
        super().__init__(given.shape[:-1])

    def log_prob(self, value: Any) -> Tensor:
        x = as_tensor(value)
        classes = self.logits.shape[-1]
        known = (x >= 0) & (x < classes) & (x == x.floor())
        require_values(self, "a value", x, known, f"a class from 0 to {classes - 1}")
        index = x.long()
        shape = broadcast_shapes(index.shape, self.batch_shape)
        logits = self.logits.expand((*shape, self.logits.shape[-1]))
        return gather(logits, -1, index.expand(shape).unsqueeze(-1)).squeeze(-1)

    def entropy(self) -> Tensor:
        return -(self.probs * self.logits).sum(-1)

    def sample(self, sample_shape: tuple = ()) -> Tensor:
        shape = (*self._extended(sample_shape), self.logits.shape[-1])
        noise = rand(shape, dtype=self.logits.dtype).clamp(min=1e-38)
        return argmax(self.logits.detach() - log(-log(noise)), -1)
