"""Loops over arrays as machine code, where numba (the extra ``fast``) is installed: how those that
the engine has are turned off and on, and how one is written.

Examples
--------
>>> import numpy as np
>>> from autograd_engine import primitive
>>> from autograd_engine.kernels import kernel, real, with_kernels
>>> @kernel
... def _halves(x, out):
...     for i in range(x.size):
...         out[i] = x[i] * real(0.5)
>>> def _half_by_kernel(x):
...     out = np.empty(x.shape, x.dtype)
...     _halves(x.reshape(-1), out.reshape(-1))
...     return out
>>> @primitive(vjp=lambda g: g * 0.5)
... @with_kernels(_half_by_kernel)
... def half(x):
...     return x * 0.5
"""

from .core.elementary import greatest, real, sigmoid, softplus
from .core.kernels import is_enabled, kernel, for_each, serves, set_enabled, with_kernels
from .core.rows import sum_of, sum_of_squares, take_powers

__all__ = [
    "greatest",
    "is_enabled",
    "kernel",
    "for_each",
    "real",
    "serves",
    "set_enabled",
    "sigmoid",
    "softplus",
    "sum_of",
    "sum_of_squares",
    "take_powers",
    "with_kernels",
]
