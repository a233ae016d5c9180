"""Draws of gamma and Dirichlet distributions whose gradients reach the concentrations.

A draw z of a distribution function F(z; a) moves with its parameter as dz/da = -(dF/da) / p(z)
(Figurnov, Mohamed and Mnih 2018). dF/da is the integral of p(t) (log t - E log t) over the tail
below z, or minus that over the tail above it. With t = z exp(-v), or z exp(v), the integrand over v
from 0 to infinity is smooth; where z is below the mean the lower tail is taken, else the upper one,
and the factor beside the density has one sign there: nothing cancels. A double exponential rule
(Takahasi and Mori 1974) gives about twelve digits.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from autograd_engine import Tensor, exp, finfo, log, no_grad, primitive, rand, softmax


def special() -> Any:
    """SciPy's special functions."""
    try:
        import scipy.special
    except ImportError:
        raise ImportError(
            "draws of gamma, beta and Dirichlet distributions are computed by SciPy: "
            "pip install 'autograd-engine[special]'"
        ) from None
    return scipy.special


STEP = 0.1
"""Between the nodes of the rule."""


def half_line(integrand: Callable[[Any], Any], scale: Any, longest: float = 1.0) -> Any:
    """The integral of ``integrand`` from 0 to infinity: it begins to fall within ``scale`` and in
    the end falls exponentially, within at most ``longest`` scales.
    """
    total: Any = 0.0
    for node in np.arange(-3.5, np.log(80 * longest), STEP):
        v = scale * np.exp(node - np.exp(-node))
        total = total + integrand(v) * v * (1 + np.exp(-node))
    return STEP * total


@np.errstate(over="ignore", under="ignore")
def gamma_moves(a: np.ndarray, z: np.ndarray) -> np.ndarray:
    """How a draw ``z`` moves with the concentration ``a``, of rate 1."""
    z = np.maximum(z, 1e-300)
    below = z <= a
    side = np.where(below, 1.0, -1.0)
    level = side * (special().digamma(np.where(below, a + 1, a)) - np.log(z))
    rate = np.abs(a - z) + np.where(z < 1, z, np.sqrt(z))

    def integrand(v: np.ndarray) -> np.ndarray:
        # below, 1/a - v was integrated by parts, for it nearly cancels where a is small
        slope = np.where(below, z / a * np.exp(-v), 1.0)
        return np.exp(-(side * a * v + z * np.expm1(-side * v))) * (level + slope * v)

    return z * half_line(integrand, np.where(below, 1 / rate, np.log1p(1 / rate)))


@np.errstate(over="ignore", under="ignore")
def beta_moves(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """How a draw ``x`` moves with the first concentration ``a``, divided by ``1 - x``."""
    digamma = special().digamma
    x = np.clip(x, 1e-300, 1 - 1e-16)
    below = x <= a / (a + b)
    near = np.where(below, x, 1 - x)
    far = np.where(below, 1 - x, x)
    own = np.where(below, a, b)
    other = np.where(below, b, a) - 1
    level = np.where(below, digamma(a + 1) - np.log(x), -digamma(a))
    level = level + np.where(below, -1.0, 1.0) * digamma(a + b)
    rate = np.abs(own - other * near / far) + np.sqrt(np.maximum(other, 0) * near) / far

    def integrand(v: np.ndarray) -> np.ndarray:
        part = near * np.exp(-v)
        slope = np.where(below, other / a * part * v / (1 - part), np.log1p(-part))
        weight = np.exp(other * np.log1p(-near * np.expm1(-v) / far) - own * v)
        return weight * (level + slope)

    return near / (1 - x) * half_line(integrand, 1 / rate, max(1.0, (rate / own).max(initial=0)))


def once_only(g: Any, name: str) -> Any:
    """The rule of a slope, which has no derivative itself."""
    raise NotImplementedError(
        f"second derivatives through rsample() of {name} distributions are not known; log_prob() "
        "of a draw, detached, has derivatives of any order"
    )


def _in_double(moves: Callable, *arrays: Any) -> Any:
    """What ``moves`` gives, computed in float64, in the dtype of the arrays."""
    exact = moves(*[np.asarray(array, np.float64) for array in arrays])
    return exact.astype(np.result_type(*arrays))


def _no_second(name: str, count: int) -> tuple:
    return (lambda g: once_only(g, name),) * count


@primitive(vjp=_no_second("gamma", 2), batching="pointwise")
def gamma_slope(a, z):
    """How a draw ``z`` moves with its concentration ``a``."""
    return _in_double(gamma_moves, a, z)


@primitive(vjp=_no_second("beta and Dirichlet", 3), batching="pointwise")
def beta_slope(a, b, x):
    """How a draw ``x`` moves with ``a``, and all others of its Dirichlet draw with it."""
    return _in_double(beta_moves, a, b, x)


@primitive(vjp=(lambda g, a, z: g * gamma_slope(a, z), None), batching="pointwise")
def follow_gamma(a, z):
    """A draw that moves with its concentration."""
    return z + 0 * a


def _dirichlet_rule(g: Any, a: Any, x: Any) -> Any:
    rest = a.sum(-1, keepdims=True) - a
    return beta_slope(a, rest, x) * (g - (g * x).sum(-1, keepdims=True))


@primitive(vjp=(_dirichlet_rule, None), batching="front")
def follow_dirichlet(a, x):
    """A draw along the last axis that moves with its concentrations."""
    return x + 0 * a


@primitive(batching="pointwise")
def gamma_quantile(a, u):
    """Below which a gamma draw falls with probability ``u``."""
    return special().gammaincinv(a, u)


def log_gamma(concentration: Tensor, shape: tuple) -> Tensor:
    """Logarithms of gamma draws, in float64.

    A draw of concentration a is one of a + 1 times a uniform number to the power 1/a: so small
    concentrations, whose draws are smaller than any float, have logarithms still.
    """
    a = concentration.detach().double()
    u = rand(shape, dtype="float64").clamp(min=1e-300)
    v = 1 - rand(shape, dtype="float64")
    return log(gamma_quantile(a + 1, u)) + log(v) / a


def gamma_draws(concentration: Tensor, shape: tuple) -> Tensor:
    """Gamma draws of rate 1 of this shape, above 0."""
    dtype = concentration.dtype
    with no_grad():
        z = exp(log_gamma(concentration, shape)).to(dtype).clamp(min=float(finfo(dtype).tiny))
    return follow_gamma(concentration.expand(shape), z)


def dirichlet_draws(concentration: Tensor, shape: tuple) -> Tensor:
    """Dirichlet draws along the last axis, of this shape, above 0."""
    dtype = concentration.dtype
    with no_grad():
        x = softmax(log_gamma(concentration, shape), -1).to(dtype)
        x = x.clamp(min=float(finfo(dtype).tiny))
    return follow_dirichlet(concentration.expand(shape), x)
