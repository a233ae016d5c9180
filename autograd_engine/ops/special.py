"""The special functions of mathematical physics and statistics, computed by SciPy.

SciPy's implementations are the well-kept source for them (Cephes, Boost), and writing our own would
only be worse. It is an extra and not a core dependency because most programs never ask for them;
the one that many do, ``erf`` (in GELU), is the hyperbolic tangent of a polynomial in float32, and
works without SciPy in float64 too, through `math.erf`: exact, but some thirty times slower on large
arrays.

Derivatives are from the NIST Digital Library of Mathematical Functions: 7.10 (error functions),
5.15 (polygamma), 10.29 (modified Bessel functions).
"""

from __future__ import annotations

import math
from typing import Any, Callable

import numpy as np

from ..core.elementary import ERF
from .choice import in_dtype_of, where
from .declare import at, composite, elementwise, in_place, primitive
from .elementwise import exp, log

_IN_MATH = {"erf": math.erf, "erfc": math.erfc}


def scipy_function(name: str, scipy: str = "") -> Callable:
    """A special function of SciPy, which may have another name there, imported when it is first
    called.
    """

    def forward(*args: Any) -> Any:
        try:
            from scipy import special
        except ImportError:
            return without_scipy(name, *args)
        return getattr(special, scipy or name)(*args).astype(np.result_type(*args), copy=False)

    return forward


def without_scipy(name: str, *args: Any) -> Any:
    if name not in _IN_MATH:
        raise ImportError(f"{name}() is computed by SciPy: pip install 'autograd-engine[special]'")
    (x,) = args
    return (
        np.frompyfunc(_IN_MATH[name], 1, 1)(x).astype(x.dtype)
        if np.ndim(x)
        else np.asarray(_IN_MATH[name](x), getattr(x, "dtype", None))[()]
    )


PIECE = 2**14
"""The elements that are worked on at a time, so that what is in between stays in the cache."""


_erf_of_scipy = scipy_function("erf")


def _erf_piece(x: np.ndarray, out: np.ndarray) -> None:
    square = x * x
    first, second, *others = ERF
    np.multiply(square, np.float32(first), out=out)
    out += np.float32(second)
    for coefficient in others:
        out *= square
        out += np.float32(coefficient)
    out *= x
    np.tanh(out, out=out)


def _erf(x: Any) -> Any:
    """In float32 by a hyperbolic tangent, which NumPy has at a tenth of the time that SciPy takes,
    whose ``erf`` computes in float64.
    """
    if getattr(x, "dtype", None) != np.float32:
        return _erf_of_scipy(x)
    out = np.empty(np.shape(x), np.float32)
    flat = np.ravel(x)
    results = out.reshape(-1)
    with np.errstate(over="ignore"):  # a square may be infinite
        for start in range(0, flat.size, PIECE):
            part = slice(start, start + PIECE)
            _erf_piece(flat[part], results[part])
    return out[()]


def special_function(
    name: str, vjp: Any, doc: str, example: str, scipy: str = "", **more: Any
) -> Any:
    """Declare an elementwise function that SciPy computes."""
    return elementwise(scipy_function(name, scipy), vjp, doc, example, name=name, **more)


erf = elementwise(
    _erf,
    lambda g, x: g * exp(-x * x) * (2 / math.sqrt(math.pi)),
    "The error function.",
    "erf(tensor([0., 1.])) -> tensor([0.0000, 0.8427])",
    name="erf",
    arity=1,
)
erfc = special_function(
    "erfc",
    lambda g, x: -g * exp(-x * x) * (2 / math.sqrt(math.pi)),
    "``1 - erf(input)``, exact for large ``input``.",
    "erfc(tensor([0., 1.])) -> tensor([1.0000, 0.1573])",
)
erfinv = special_function(
    "erfinv",
    lambda g, y: g * exp(y * y) * (math.sqrt(math.pi) / 2),
    "The inverse of `erf`.",
    "erfinv(tensor([0., 0.8427])) -> tensor([0.0000, 1.0000])",
    domain="unit",
)
lgamma = special_function(
    "lgamma",
    lambda g, x: g * digamma(x),
    "The logarithm of the absolute value of the gamma function.",
    "lgamma(tensor([1., 5.])) -> tensor([0.0000, 3.1781])",
    scipy="gammaln",
    domain="positive",
)
digamma = special_function(
    "digamma",
    lambda g, x: g * polygamma(1, x),
    "The derivative of `lgamma`.",
    "digamma(tensor(1.)) -> tensor(-0.5772)",
    scipy="psi",
    domain="positive",
)


def bessel_function(scipy: str, sign: int) -> Callable:
    """The Bessel functions of a kind, of any whole order ``n``. Each is differentiated by its two
    neighbours: by a formula that divides by nothing, so that no digit is lost near 0.
    """

    def vjp(g: Any, x: Any, n: int) -> Any:
        return g * (of_order(x, n=n - 1) + sign * of_order(x, n=n + 1)) / 2

    of_order = primitive(
        lambda x, *, n: scipy_function(scipy)(n, x),
        vjp=vjp,
        name=scipy,
        doc=f"What SciPy's ``{scipy}`` computes.",
        promote="float",
        batching="pointwise",
        samples=[at((2, 3), n=2), at((), n=0)],
    )
    return of_order


_bessel_i = bessel_function("iv", 1)

i0 = special_function(
    "i0",
    lambda g, x: g * _i1(x),
    "The modified Bessel function of the first kind, of order 0.",
    "i0(tensor([0., 1.])) -> tensor([1.0000, 1.2661])",
    numpy=np.i0,
)


_i1 = special_function(
    "i1",
    lambda g, x: g * (i0(x) + _bessel_i(x, n=2)) / 2,
    "The modified Bessel function of the first kind, of order 1.",
    "i1(tensor([0., 1.])) -> tensor([0.0000, 0.5652])",
    home="autograd_engine.special",
)


def _spherical_rule(g: Any, x: Any, n: int) -> Any:
    """``g (n j[n-1] - (n + 1) j[n+1]) / (2 n + 1)``"""
    after = _spherical_bessel(x, n=n + 1)
    if n == 0:
        return -g * after
    return g * (n * _spherical_bessel(x, n=n - 1) - (n + 1) * after) / (2 * n + 1)


@primitive(
    vjp=_spherical_rule,
    batching="pointwise",
    samples=[at((2, 3), n=1), at((3,), n=2, domain="positive"), at(np.array([9.0, -20.0]), n=0)],
)
def _spherical_bessel(x, *, n):
    """The spherical Bessel function of the first kind: for small arguments by its series, for large
    ones by the recurrence in the order, which is stable there.
    """
    z = np.asarray(x, float)
    near = np.abs(z) <= n + 2
    return np.where(
        near, _by_series(np.where(near, z, 0.0), n), _by_recurrence(z, n, ~near)
    ).astype(x.dtype)[()]


def _by_series(z: np.ndarray, n: int) -> np.ndarray:
    term = z**n / math.prod(range(1, 2 * n + 2, 2))
    total = term
    for k in range(1, 20):
        term = term * (-z * z / 2) / (k * (2 * (n + k) + 1))
        total = total + term
    return total


def _by_recurrence(z: np.ndarray, n: int, far: np.ndarray) -> np.ndarray:
    z = np.where(far, z, 1.0)
    with np.errstate(invalid="ignore"):  # the sine of infinity
        before = np.cos(z) / z
        here = np.sin(z) / z
        for k in range(n):
            before, here = here, (2 * k + 1) / z * here - before
    return here


sinc = elementwise(
    lambda x: np.sinc(x).astype(x.dtype),
    lambda g, x: g * (-math.pi * _spherical_bessel(x * math.pi, n=1)),
    "``sin(pi input) / (pi input)``, and 1 at 0.",
    "sinc(tensor([0., 0.5])) -> tensor([1.0000, 0.6366])",
    name="sinc",
    numpy=np.sinc,
)


def _xlogy(a: Any, b: Any) -> Any:
    return a * np.log(np.where((a == 0) & ~np.isnan(b), 1, b).astype(np.result_type(a, b)))


def _xlogy_first(g: Any, a: Any, b: Any) -> Any:
    """``g * log(b)``, and 0 where ``a`` is 0 and ``b`` is not positive."""
    b = in_dtype_of(g, b)
    flat = (a == 0) & (b <= 0)
    return g * where(flat, 0.0, log(where(flat, 1.0, b)))


xlogy = elementwise(
    _xlogy,
    (_xlogy_first, lambda g, a, b: g * a / b),
    "``input * log(other)``, and 0 where ``input`` is 0.",
    "xlogy(tensor([0., 2.]), tensor([0., 1.])) -> tensor([0., 0.])",
    name="xlogy",
    domain=("real", "positive"),
)


@primitive(
    vjp=lambda g, input, n: g * polygamma(n + 1, input),
    promote="float",
    batching="pointwise",
    samples=[
        at((2, 3), n=1, domain="positive"),
        at((3,), n=2, domain="positive"),
        at((), n=0, domain="positive"),
    ],
)
def _polygamma(input, *, n):
    """What `polygamma` computes."""
    return scipy_function("polygamma")(n, input)


@in_place
@composite(samples=[at(1, (2, 3), domain="positive"), at(0, (), domain="positive")])
def polygamma(n, input):
    """The ``n``-th derivative of `digamma`.

    Parameters
    ----------
    n : int
        The order, from 0. (The method is ``input.polygamma(n)``.)
    input : Tensor
        Any shape.

    Returns
    -------
    Tensor
        The shape of ``input``.

    Examples
    --------
    >>> from autograd_engine import polygamma, tensor
    >>> polygamma(1, tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    n, input = (n, input) if isinstance(n, int) else (input, n)
    if n < 0:
        raise ValueError(f"polygamma() needs an order of at least 0, got {n}")
    return _polygamma(input, n=n)


@in_place
@composite(samples=[at((2, 3), 3, domain="above_one"), at((), 1, domain="above_one")])
def mvlgamma(input, p):
    """The logarithm of the multivariate gamma function of dimension ``p``, where ``input > (p - 1)
    / 2``.

    Examples
    --------
    >>> from autograd_engine import mvlgamma, tensor
    >>> mvlgamma(tensor([2., 3.]), 2)
    tensor([0.4516, 1.5502])
    """
    terms = [lgamma(input - i / 2) for i in range(1, p)]
    return sum(terms, lgamma(input) + p * (p - 1) / 4 * math.log(math.pi))


def _gamma_density(g: Any, input: Any, other: Any) -> Any:
    """``g other^(input - 1) exp(-other) / gamma(input)``."""
    input = in_dtype_of(g, input)
    return g * exp((input - 1) * log(other) - other - lgamma(input))


@primitive(
    vjp=(None, _gamma_density),
    promote="float",
    batching="pointwise",
    samples=[at(2.0, (2, 3), domain="positive")],
)
def _gammainc(input, other):
    """The regularised lower incomplete gamma function.

    Parameters
    ----------
    input : Tensor or number
        The shape parameter; no gradient flows to it, as in PyTorch.
    other : Tensor
        The upper limit of the integral.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.special import gammainc
    >>> gammainc(2.0, tensor([1., 2.]))
    tensor([0.2642, 0.5940])
    """
    return scipy_function("gammainc")(input, other)


@primitive(
    vjp=(None, lambda g, input, other: -_gamma_density(g, input, other)),
    promote="float",
    batching="pointwise",
    samples=[at(2.0, (2, 3), domain="positive")],
)
def _gammaincc(input, other):
    """The regularised upper incomplete gamma function, ``1 - gammainc(input, other)``.

    Parameters
    ----------
    input : Tensor or number
        The shape parameter; no gradient flows to it, as in PyTorch.
    other : Tensor
        The lower limit of the integral.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.special import gammaincc
    >>> gammaincc(2.0, tensor([1., 2.]))
    tensor([0.7358, 0.4060])
    """
    return scipy_function("gammaincc")(input, other)
