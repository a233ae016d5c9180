"""Elementary functions of float32 as formulas that a compiler turns into instructions for several
numbers at a time; the library functions that NumPy and numba call take one after the other.

In a `kernel` they stand for the library's functions of the same names, where it is compiled for
float32. Errors are in units in the last place, found by comparing with float64 over all magnitudes
(`test_kernels`). Infinities and NaN come out as they do in NumPy.

The polynomials of ``exp``, ``log`` and ``tanh`` are those of Cephes (S. Moshier's expf.c, logf.c,
tanhf.c).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import float32, float64, int32, int64

real: Any = float
"""Of a number, that number in the dtype that a kernel is compiled for; in a kernel only."""


def pieces_of_exp_float32(x):
    """What ``e**x`` consists of: ``e**r - 1`` of a small ``r``, and the whole power of 2 that it is
    to be taken times, and its half.
    """
    x = float32(-104) if x < float32(-104) else x
    x = float32(89) if x > float32(89) else x
    n = np.rint(x * float32(1.4426950408889634))
    r = x - n * float32(0.693359375)
    r = r - n * float32(-2.12194440e-4)
    p = float32(1.9875691500e-4)
    p = p * r + float32(1.3981999507e-3)
    p = p * r + float32(8.3334519073e-3)
    p = p * r + float32(4.1665795894e-2)
    p = p * r + float32(1.6666665459e-1)
    p = p * r + float32(5.0000001201e-1)
    whole = int32(n if n == n else float32(0))
    return p * (r * r) + r, whole, whole >> int32(1)


def power_of_2_float32(n):
    """``2**n``, where that is no subnormal number and not infinite."""
    return int32((n + int32(127)) << int32(23)).view(np.float32)


def exp_float32(x):
    """``e**x``; 1 unit."""
    y, whole, half = pieces_of_exp_float32(x)
    y = (y + float32(1)) * power_of_2_float32(half)  # in two steps: 2**whole may be none of those
    return y * power_of_2_float32(whole - half)


def expm1_float32(x):
    """``e**x - 1``, with all its digits near 0; 2 units."""
    y, whole, half = pieces_of_exp_float32(x)
    low = power_of_2_float32(half)
    one = power_of_2_float32(half - whole)  # before the second step
    y = (y * low + (low - one)) * power_of_2_float32(whole - half)
    return x if x == float32(0) else y  # which keeps the sign of 0


def log_float32(x):
    """The natural logarithm; 2 units."""
    tiny = x < float32(1.1754944e-38)
    scaled = x * float32(8388608) if tiny else x
    bits = float32(scaled).view(np.int32)
    exponent = float32((bits >> int32(23)) - int32(126)) - (float32(23) if tiny else float32(0))
    m = int32((bits & int32(0x007FFFFF)) | int32(0x3F000000)).view(np.float32)
    low = m < float32(0.70710678)
    exponent = exponent - (float32(1) if low else float32(0))
    f = (m + m if low else m) - float32(1)
    z = f * f
    p = float32(7.0376836292e-2)
    p = p * f + float32(-1.1514610310e-1)
    p = p * f + float32(1.1676998740e-1)
    p = p * f + float32(-1.2420140846e-1)
    p = p * f + float32(1.4249322787e-1)
    p = p * f + float32(-1.6668057665e-1)
    p = p * f + float32(2.0000714765e-1)
    p = p * f + float32(-2.4999993993e-1)
    p = p * f + float32(3.3333331174e-1)
    y = f * z * p + exponent * float32(-2.12194440e-4) - float32(0.5) * z
    y = f + y + exponent * float32(0.693359375)
    y = y if x < float32(np.inf) else x  # infinity, and NaN
    y = float32(-np.inf) if x == float32(0) else y
    return float32(np.nan) if x < float32(0) else y


def log1p_float32(x):
    """``log(1 + x)``, with all its digits near 0; 2 units."""
    w = float32(1) + x
    lost = (x - (w - float32(1))) / w  # what rounding took from 1 + x, in proportion
    y = log_float32(w)
    y = y + lost if abs(y) < float32(np.inf) else y
    return x if abs(x) < float32(1e-7) else y


def tanh_float32(x):
    """The hyperbolic tangent; 2 units."""
    z = x * x
    p = float32(-5.70498872745e-3)
    p = p * z + float32(2.06390887954e-2)
    p = p * z + float32(-5.37397155531e-2)
    p = p * z + float32(1.33314422036e-1)
    p = p * z + float32(-3.33332819422e-1)
    near = x * (p * z + float32(1))  # which keeps the sign of 0
    size = abs(x)
    far = float32(1) - float32(2) / (exp_float32(size + size) + float32(1))
    far = -far if x < float32(0) else far
    return near if size < float32(0.625) else far


def sigmoid_float32(x):
    """``1 / (1 + exp(-x))``, with all its digits for small results too; 3 units."""
    e = exp_float32(-abs(x))
    y = float32(1) / (float32(1) + e)
    return e * y if x < float32(0) else y


ERF = (
    *(1.41852612e-07, -5.66848296e-06, 8.76373762e-05, -6.19784800e-04),
    *(-1.91830623e-04, 1.02769056e-01, 1.12837927),
)
"""Of ``artanh(erf(x)) / x``, the coefficients in powers of ``x²``, the highest first: fitted for
the least error of ``erf`` in proportion to its value, 1e-7.
"""


def erf_float32(x):
    """The error function, as the hyperbolic tangent of an odd polynomial; 4 units."""
    z = x * x
    p = float32(ERF[0])
    p = p * z + float32(ERF[1])
    p = p * z + float32(ERF[2])
    p = p * z + float32(ERF[3])
    p = p * z + float32(ERF[4])
    p = p * z + float32(ERF[5])
    p = p * z + float32(ERF[6])
    return tanh_float32(x * p)


def sigmoid_float64(x):
    """``1 / (1 + exp(-x))``, likewise."""
    e = np.exp(-abs(x))
    y = 1 / (1 + e)
    return e * y if x < 0 else y


def sigmoid(x):
    """``1 / (1 + exp(-x))`` of a number in a kernel.

    Examples
    --------
    >>> from autograd_engine.kernels import sigmoid
    >>> sigmoid(0.0)
    0.5
    """
    return float(sigmoid_float64(x))


def softplus(x):
    """``log(1 + exp(x))`` of a number in a kernel, without overflow.

    Examples
    --------
    >>> from autograd_engine.kernels import softplus
    >>> float(softplus(1000.0))
    1000.0
    """
    return (x if x > real(0) else real(0)) + np.log1p(np.exp(-abs(x)))


def added(a, b):
    """``a + b``, where the order of many does not matter: a loop may take several at a time."""
    return a + b


IN_ANY_ORDER = {added}
"""Those whose additions may be reordered."""


def ordered_float32(x):
    """An integer that grows with ``x``; NaN is the greatest. A maximum of integers is taken of
    several at a time.
    """
    bits = float32(x).view(np.int32)
    bits = int32(bits ^ ((bits >> int32(31)) & int32(0x7FFFFFFF)))
    return bits if x == x else int32(0x7FFFFFFF)


def unordered_float32(n):
    """The number of which `ordered_float32` is ``n``."""
    return int32(n ^ ((n >> int32(31)) & int32(0x7FFFFFFF))).view(np.float32)


def ordered_float64(x):
    """The same of float64."""
    bits = float64(x).view(np.int64)
    bits = bits ^ ((bits >> 63) & 0x7FFFFFFFFFFFFFFF)
    return bits if x == x else 0x7FFFFFFFFFFFFFFF


def unordered_float64(n):
    """The number of which `ordered_float64` is ``n``."""
    return int64(n ^ ((n >> 63) & 0x7FFFFFFFFFFFFFFF)).view(np.float64)


def greatest_float32(x):
    """The greatest number of a row; NaN, if one is."""
    top = ordered_float32(x[0])
    for j in range(x.size):
        n = ordered_float32(x[j])
        top = n if n > top else top
    return unordered_float32(top)


def greatest_float64(x):
    """The greatest number of a row; NaN, if one is."""
    top = ordered_float64(x[0])
    for j in range(x.size):
        n = ordered_float64(x[j])
        top = n if n > top else top
    return unordered_float64(top)


def greatest(x):
    """The greatest number of a row of either dtype."""
    return greatest_float64(x)
