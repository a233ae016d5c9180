"""Elementary functions of float32 as formulas that a compiler turns into instructions for several
numbers at a time; the library functions that NumPy and numba call take one after the other.

In a `kernel` they stand for the library's functions of the same names, where it is compiled for
float32. Errors are in units in the last place, found by comparing
with float64 over all magnitudes (`test_kernels`). Infinities and NaN come out as they do in NumPy.

The polynomials of ``exp``, ``log`` and ``tanh`` are those of Cephes (S. Moshier's expf.c, logf.c,
tanhf.c).
"""

from __future__ import annotations

import numpy as np
from numpy import float32, float64, int32, int64


def exp_float32(x):
    """``e**x``; 1 unit."""
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
    y = p * (r * r) + r + float32(1)
    whole = int32(n if n == n else float32(0))
    half = whole >> int32(1)  # 2**n in two steps: n may lie beyond what one exponent can say
    y = y * int32((half + int32(127)) << int32(23)).view(np.float32)
    return y * int32((whole - half + int32(127)) << int32(23)).view(np.float32)


def expm1_float32(x):
    """``e**x - 1``, with all its digits near 0; 2 units."""
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
    y = p * (r * r) + r
    whole = int32(n if n == n else float32(0))
    half = whole >> int32(1)
    low = int32((half + int32(127)) << int32(23)).view(np.float32)
    high = int32((whole - half + int32(127)) << int32(23)).view(np.float32)
    one = int32((half - whole + int32(127)) << int32(23)).view(np.float32)  # before the second step
    y = (y * low + (low - one)) * high
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


def erf_float32(x):
    """The error function, as the hyperbolic tangent of an odd polynomial fitted for the least error
    in proportion to its value; 4 units.
    """
    z = x * x
    p = float32(1.41852612e-07)
    p = p * z + float32(-5.66848296e-06)
    p = p * z + float32(8.76373762e-05)
    p = p * z + float32(-6.19784800e-04)
    p = p * z + float32(-1.91830623e-04)
    p = p * z + float32(1.02769056e-01)
    p = p * z + float32(1.12837927)
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
