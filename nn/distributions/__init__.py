"""Probability distributions whose densities and samples have derivatives, under PyTorch's names."""

from .continuous import Exponential, Laplace, Normal, Uniform
from .discrete import Bernoulli, Categorical
from .distribution import Distribution
from .divergence import kl_divergence, register_kl

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Exponential",
    "Laplace",
    "Normal",
    "Uniform",
    "kl_divergence",
    "register_kl",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__
