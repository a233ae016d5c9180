"""Power-average pooling: the p-norm of each window, between the sum (p = 1) and the maximum
(p = ∞).
"""

from __future__ import annotations

import math
from typing import Any, Callable

from autograd_engine import (
    abs,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    named_errors,
    where,
)

from .convolution import per_dimension
from .layer import FunctionLayer


def _power_pool(
    mean: Callable,
    greatest: Callable,
    n: int,
    x: Any,
    norm_type: float,
    kernel_size: Any,
    stride: Any,
    ceil_mode: bool,
) -> Any:
    if norm_type == math.inf:
        return greatest(abs(x), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -greatest(-abs(x), kernel_size, stride, 0, 1, ceil_mode)
    size = math.prod(per_dimension(kernel_size, n))
    total = mean(x**norm_type, kernel_size, stride, 0, ceil_mode) * size
    nothing = total == 0  # there the root has no slope, and 0 is taken for it
    return where(nothing, 0, where(nothing, 1, total) ** (1 / norm_type))


@named_errors
def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """``(Σ x^p)^(1/p)`` over windows that slide along ``(N, C, L)`` or ``(C, L)``.

    Parameters
    ----------
    input : Tensor
    norm_type : float
        The power ``p``; infinity for the greatest magnitude.
    kernel_size : int or one per dimension
        The window.
    stride : int or one per dimension, optional
        Its step; by default its size.
    ceil_mode : bool
        Whether a last, incomplete window counts.

    Returns
    -------
    Tensor
        Where a window holds zeros only the gradient is 0.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import lp_pool1d
    >>> lp_pool1d(tensor([[3., 4., 0., 0.]]), 2, 2)
    tensor([[5., 0.]])
    """
    options = (norm_type, kernel_size, stride, ceil_mode)
    return _power_pool(avg_pool1d, max_pool1d, 1, input, *options)


@named_errors
def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """`lp_pool1d` of images, shape ``(N, C, H, W)`` or ``(C, H, W)``."""
    options = (norm_type, kernel_size, stride, ceil_mode)
    return _power_pool(avg_pool2d, max_pool2d, 2, input, *options)


@named_errors
def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """`lp_pool1d` of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    options = (norm_type, kernel_size, stride, ceil_mode)
    return _power_pool(avg_pool3d, max_pool3d, 3, input, *options)


class LPPool1d(FunctionLayer, function=lp_pool1d):
    pass


class LPPool2d(FunctionLayer, function=lp_pool2d):
    pass


class LPPool3d(FunctionLayer, function=lp_pool3d):
    pass
