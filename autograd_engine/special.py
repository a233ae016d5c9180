"""Special functions under the names of ``torch.special``: those of its own, and the twins of
functions of the package.

They are computed by SciPy (the extra ``special``); `autograd_engine.ops.special` says why.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .ops.choice import in_dtype_of, where
from .ops.declare import at, elementwise, primitive
from .ops.elementwise import exp, exp2, expm1, log, log1p, logit, round, sigmoid, sign
from .ops.polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from .ops.softmax import log_softmax, logsumexp, softmax
from .ops.special import _gammainc as gammainc
from .ops.special import _gammaincc as gammaincc
from .ops.special import _i1 as i1
from .ops.special import (
    _spherical_bessel,
    bessel_function,
    digamma,
    erf,
    erfc,
    erfinv,
    i0,
    lgamma,
    mvlgamma,
    polygamma,
    scipy_function,
    sinc,
    special_function,
    without_scipy,
    xlogy,
)

__all__ = [
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]


def __dir__() -> list[str]:
    return __all__


_special = functools.partial(special_function, home="autograd_engine.special")

expit = sigmoid
psi = digamma
gammaln = lgamma
multigammaln = mvlgamma

entr = _special(
    "entr",
    lambda g, x: -g * (log(x) + 1),
    "``-input * log(input)``, and 0 at 0: what a probability adds to the entropy.",
    "entr(tensor([0., 0.5])) -> tensor([0.0000, 0.3466])",
    domain="positive",
)
erfcx = _special(
    "erfcx",
    lambda g, x, y: g * (2 * x * y - 2 / math.sqrt(math.pi)),
    "``exp(input**2) * erfc(input)``, without overflow.",
    "erfcx(tensor([0., 10.])) -> tensor([1.0000, 0.0561])",
)
ndtr = _special(
    "ndtr",
    lambda g, x: g * exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "The standard normal distribution function.",
    "ndtr(tensor([0., 1.])) -> tensor([0.5000, 0.8413])",
)
ndtri = _special(
    "ndtri",
    lambda g, y: g * exp(y * y / 2) * math.sqrt(2 * math.pi),
    "The inverse of `ndtr`: quantiles of the normal distribution.",
    "ndtri(tensor([0.5, 0.975])) -> tensor([0.0000, 1.9600])",
    domain="probability",
)
_density_over_ndtr = elementwise(
    lambda x: math.sqrt(2 / math.pi) / erfcx.op.forward(x * x.dtype.type(-math.sqrt(0.5))),
    lambda g, x, y: -g * y * (x + y),
    "The derivative of `log_ndtr`.",
    name="density_over_ndtr",
)
log_ndtr = _special(
    "log_ndtr",
    lambda g, x: g * _density_over_ndtr(x),
    "``log(ndtr(input))``, exact far below 0.",
    "log_ndtr(tensor([0., -10.])) -> tensor([ -0.6931, -53.2313])",
)


@primitive(
    vjp=lambda g, x, y, n: (
        g * ((_bessel_ie(x, n=n - 1) + _bessel_ie(x, n=n + 1)) / 2 - sign(x) * y)
    ),
    promote="float",
    batching="pointwise",
    samples=[at((2, 3), n=2)],
)
def _bessel_ie(x, *, n):
    """``exp(-abs(x))`` times the modified Bessel function of the first kind, of order ``n``."""
    return scipy_function("ive")(n, x)


_bessel_j = bessel_function("jv", -1)

i0e = _special(
    "i0e",
    lambda g, x, y: g * (i1e(x) - sign(x) * y),
    "``exp(-abs(input)) * i0(input)``, without overflow.",
    "i0e(tensor([0., 1.])) -> tensor([1.0000, 0.4658])",
)
i1e = _special(
    "i1e",
    lambda g, x, y: g * ((i0e(x) + _bessel_ie(x, n=2)) / 2 - sign(x) * y),
    "``exp(-abs(input)) * i1(input)``, without overflow.",
    "i1e(tensor([0., 1.])) -> tensor([0.0000, 0.2079])",
)
bessel_j0 = _special(
    "bessel_j0",
    lambda g, x: -g * bessel_j1(x),
    "The Bessel function of the first kind, of order 0.",
    "bessel_j0(tensor([0., 1.])) -> tensor([1.0000, 0.7652])",
    scipy="j0",
)
bessel_j1 = _special(
    "bessel_j1",
    lambda g, x: g * (bessel_j0(x) - _bessel_j(x, n=2)) / 2,
    "The Bessel function of the first kind, of order 1.",
    "bessel_j1(tensor([0., 1.])) -> tensor([0.0000, 0.4401])",
    scipy="j1",
)
bessel_y0 = _special(
    "bessel_y0",
    lambda g, x: -g * bessel_y1(x),
    "The Bessel function of the second kind, of order 0.",
    "bessel_y0(tensor(1.)) -> tensor(0.0883)",
    scipy="y0",
    domain="positive",
)
bessel_y1 = _special(
    "bessel_y1",
    lambda g, x, y: g * (bessel_y0(x) - y / x),
    "The Bessel function of the second kind, of order 1.",
    "bessel_y1(tensor(1.)) -> tensor(-0.7812)",
    scipy="y1",
    domain="positive",
)
modified_bessel_i0 = i0
modified_bessel_i1 = i1
modified_bessel_k0 = _special(
    "modified_bessel_k0",
    lambda g, x: -g * modified_bessel_k1(x),
    "The modified Bessel function of the second kind, of order 0.",
    "modified_bessel_k0(tensor(1.)) -> tensor(0.4210)",
    scipy="k0",
    domain="positive",
)
modified_bessel_k1 = _special(
    "modified_bessel_k1",
    lambda g, x, y: -g * (modified_bessel_k0(x) + y / x),
    "The modified Bessel function of the second kind, of order 1.",
    "modified_bessel_k1(tensor(1.)) -> tensor(0.6019)",
    scipy="k1",
    domain="positive",
)
scaled_modified_bessel_k0 = _special(
    "scaled_modified_bessel_k0",
    lambda g, x, y: g * (y - scaled_modified_bessel_k1(x)),
    "``exp(input) * modified_bessel_k0(input)``, without underflow.",
    "scaled_modified_bessel_k0(tensor(1.)) -> tensor(1.1445)",
    scipy="k0e",
    domain="positive",
)
scaled_modified_bessel_k1 = _special(
    "scaled_modified_bessel_k1",
    lambda g, x, y: g * (y - scaled_modified_bessel_k0(x) - y / x),
    "``exp(input) * modified_bessel_k1(input)``, without underflow.",
    "scaled_modified_bessel_k1(tensor(1.)) -> tensor(1.6362)",
    scipy="k1e",
    domain="positive",
)
spherical_bessel_j0 = elementwise(
    lambda x: np.where(np.isinf(x), 0, _spherical_bessel.op.forward(x, n=0)).astype(x.dtype)[()],
    lambda g, x: -g * _spherical_bessel(x, n=1),
    "The spherical Bessel function of the first kind, of order 0: ``sin(input) / input``.",
    "spherical_bessel_j0(tensor([0., 1.])) -> tensor([1.0000, 0.8415])",
    name="spherical_bessel_j0",
    home="autograd_engine.special",
    in_place=False,
)


def _airy_values(x: Any, place: int) -> Any:
    """Airy's function Ai (place 0) or its derivative (place 1)."""
    try:
        from scipy.special import airy
    except ImportError:
        return without_scipy("airy_ai", x)
    far = x > 1000  # where it has long vanished, and SciPy gives NaN
    return np.where(far, 0, airy(np.where(far, 0, x))[place]).astype(x.dtype)[()]


_airy_slope = elementwise(
    lambda x: _airy_values(x, 1),
    lambda g, x: g * x * airy_ai(x),
    "The derivative of `airy_ai`.",
    name="airy_slope",
)
airy_ai = elementwise(
    lambda x: _airy_values(x, 0),
    lambda g, x: g * _airy_slope(x),
    "Airy's function Ai, which solves ``y'' = x y`` and vanishes far to the right.",
    "airy_ai(tensor([0., 1.])) -> tensor([0.3550, 0.1353])",
    name="airy_ai",
    home="autograd_engine.special",
    in_place=False,
)


def _xlog1py_first(g: Any, a: Any, b: Any) -> Any:
    """``g * log1p(b)``, and 0 where ``a`` is 0 and ``b`` is at most -1."""
    b = in_dtype_of(g, b)
    flat = (a == 0) & (b <= -1)
    return g * where(flat, 0.0, log1p(where(flat, 0.0, b)))


xlog1py = _special(
    "xlog1py",
    (_xlog1py_first, lambda g, a, b: g * a / (b + 1)),
    "``input * log1p(other)``, and 0 where ``input`` is 0.",
    "xlog1py(tensor([0., 2.]), tensor([-1., 0.])) -> tensor([0., 0.])",
    domain=("real", "positive"),
)


@primitive(
    vjp=(None, lambda g, input, other: -g * input * zeta(input + 1, other)),
    promote="float",
    batching="pointwise",
    samples=[at(2.0, (2, 3), domain="positive")],
)
def zeta(input, other):
    """The Hurwitz zeta function: the sum of ``(k + other) ** -input`` over ``k = 0, 1, 2 ...``.

    Parameters
    ----------
    input : Tensor or number
        The exponent, above 1; no gradient flows to it, as in PyTorch.
    other : Tensor or number
        Positive; 1 gives Riemann's zeta function.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from autograd_engine.special import zeta
    >>> zeta(2.0, tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    return scipy_function("zeta")(input, other)
