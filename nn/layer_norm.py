"""Normalisation of each sample by itself: over its features, over groups of channels, by size
alone, by neighbouring channels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import (
    ShapeError,
    Tensor,
    mean,
    named_errors,
    no_grad,
    ones,
    pad,
    primitive,
    rsqrt,
    zeros,
)
from autograd_engine import sum as total
from autograd_engine.kernels import kernel, real, sum_of, sum_of_squares, with_kernels

from .layer import FunctionLayer
from .lists import takes_lists
from .precision import rounded, single_inside, in_single
from .module import Module
from .normalization import affine_map, mean_over
from .parameter import Parameter

# --- rows -----------------------------------------------------------------------------------------
#
# The features of a sample are a row, whatever its shape. The op normalises and applies weight and
# bias, so that an element is read and written once. Of each row it leaves the mean and the factor
# for the rule, in ``kept``.

BLOCK = 1024
"""Of so many numbers a sum may be taken in their own dtype."""
FEW = 64
"""The sum of so many rows may."""


@kernel
def _normalize_in_loops(x, weight, bias, eps, centred, out, centres, factors):
    n = x.shape[1]
    for i in range(x.shape[0]):
        centre = real(sum_of(x[i]) / n if centred else 0.0)
        factor = real(1 / np.sqrt(sum_of_squares(x[i], centre) / n + eps))
        for j in range(n):
            out[i, j] = (x[i, j] - centre) * factor * weight[j] + bias[j]
        centres[i] = centre
        factors[i] = factor


@kernel
def _slope_in_loops(g, x, weight, centres, factors, centred, dx, dweight, dbias):
    n = x.shape[1]
    some_weight = np.empty(n, x.dtype)
    some_bias = np.empty(n, x.dtype)
    for start in range(0, x.shape[0], FEW):
        some_weight[:] = real(0)
        some_bias[:] = real(0)
        for i in range(start, min(start + FEW, x.shape[0])):
            centre = centres[i]
            factor = factors[i]
            shift = 0.0
            stretch = 0.0
            for first in range(0, n, BLOCK):
                shift_part = real(0)
                stretch_part = real(0)
                for j in range(first, min(first + BLOCK, n)):
                    y = (x[i, j] - centre) * factor
                    product = g[i, j] * y
                    some_weight[j] += product
                    some_bias[j] += g[i, j]
                    shift_part += g[i, j] * weight[j]
                    stretch_part += product * weight[j]
                shift += shift_part
                stretch += stretch_part
            of_all = real(shift / n if centred else 0.0)
            of_size = real(stretch / n)
            for j in range(n):
                y = (x[i, j] - centre) * factor
                dx[i, j] = (g[i, j] * weight[j] - of_all - y * of_size) * factor
        for j in range(n):
            dweight[j] += some_weight[j]
            dbias[j] += some_bias[j]


def _normalize_by_kernel(
    x: np.ndarray, weight: Any, bias: Any, *, count: int, eps: float, centred: bool, kept: dict
) -> Any:
    if not x.size:
        return None
    rows = _as_matrix(x, count)
    n = rows.shape[1]
    out = np.empty(rows.shape, x.dtype)
    centres = np.empty(len(rows), x.dtype)
    factors = np.empty(len(rows), x.dtype)
    shape = (*x.shape[: x.ndim - count], *(1,) * count)
    kept.update(centre=centres.reshape(shape), factor=factors.reshape(shape))
    factor = _flat(weight, n, 1, x.dtype)
    summand = _flat(bias, n, 0, x.dtype)
    _normalize_in_loops(rows, factor, summand, float(eps), centred, out, centres, factors)
    return out.reshape(x.shape)


def _rule_by_kernel(
    g: np.ndarray, x: Any, weight: Any, bias: Any, count: int, eps: float, centred: bool, kept: dict
) -> Any:
    if not x.size:
        return None
    rows = _as_matrix(x, count)
    n = rows.shape[1]
    dx = np.empty(rows.shape, x.dtype)
    dweight = np.zeros(n)
    dbias = np.zeros(n)
    _slope_in_loops(
        _as_matrix(g, count),
        rows,
        _flat(weight, n, 1, x.dtype),
        np.broadcast_to(kept["centre"], kept["factor"].shape).reshape(-1),
        kept["factor"].reshape(-1),
        centred,
        dx,
        dweight,
        dbias,
    )
    return dx.reshape(x.shape), _of_shape(dweight, weight), _of_shape(dbias, bias)


def _as_matrix(x: np.ndarray, count: int) -> np.ndarray:
    """An array whose last ``count`` dimensions are one."""
    return x.reshape(-1, math.prod(x.shape[x.ndim - count :]))


def _flat(x: Any, n: int, value: float, dtype: Any) -> np.ndarray:
    """The parameters in a row; where there are none, those that change nothing."""
    return np.full(n, value, dtype) if x is None else x.reshape(-1)


def _of_shape(total: np.ndarray, like: Any) -> Any:
    return None if like is None else total.astype(like.dtype).reshape(like.shape)


def _over_rows(x: Any, count: int) -> Any:
    """The sum over all dimensions but the last ones."""
    outer = tuple(range(x.ndim - count))
    return total(x, outer) if outer else x


@with_kernels(_rule_by_kernel)
def _rule(
    g: Any, x: Any, weight: Any, bias: Any, count: int, eps: float, centred: bool, kept: dict
) -> tuple:
    """``(g - mean(g) - y mean(g y)) / s``, for what comes through the weight: what moves the mean,
    and what scales, leaves the output as it is.
    """
    dims = tuple(range(-count, 0))
    if 0 in x.shape:
        y = x
    elif isinstance(x, Tensor):
        centred_x = x - mean(x, dims, keepdim=True) if centred else x
        factor = rsqrt(mean(centred_x * centred_x, dims, keepdim=True) + eps)
        y = centred_x * factor
    else:
        factor = kept["factor"]
        y = (x - kept["centre"]) * factor if centred else x * factor
    product = g * y
    dweight = None if weight is None else _over_rows(product, count)
    dbias = None if bias is None else _over_rows(g, count)
    if 0 in x.shape:
        return g, dweight, dbias
    if weight is not None:
        g = g * weight
        product = product * weight
    dx = g - y * mean_over(product, dims)
    if centred:
        dx -= mean_over(g, dims)
    return dx * factor, dweight, dbias


def _normalize_with_ops(
    x: Any, weight: Any, bias: Any, *, count: int, eps: float, centred: bool, kept: dict
) -> Any:
    """The same, with an op for each thing that is done."""
    dims = tuple(range(-count, 0))
    if centred:
        x = x - mean(x, dims, keepdim=True)
    return affine_map(x * rsqrt(mean(x * x, dims, keepdim=True) + eps), weight, bias)


@primitive(joint=_rule, promote="float", batching=_normalize_with_ops)
@with_kernels(_normalize_by_kernel)
def normalize_rows(x, weight, bias, *, count, eps, centred, kept):
    """``(x - mean) / sqrt(variance + eps) * weight + bias`` over the last ``count`` dimensions;
    where it is not ``centred``, without the mean.
    """
    dims = tuple(range(-count, 0))
    if x.size == 0:  # nothing to normalise, and no statistics of it
        return x.copy()
    centre = mean_over(x, dims) if centred else np.zeros((), x.dtype)
    out = x - centre
    factor = 1 / np.sqrt(mean_over(out * out, dims) + eps)
    kept.update(centre=centre, factor=factor)
    out *= factor
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out


# --- functions ------------------------------------------------------------------------------------


def _count_features(input: Any, normalized_shape: tuple) -> int:
    """The number of the last dimensions, which must have ``normalized_shape``."""
    n = len(normalized_shape)
    if n == 0 or tuple(input.shape[-n:]) != normalized_shape:
        raise ShapeError(
            f"Given normalized_shape={list(normalized_shape)}, expected input with shape [*, "
            f"{', '.join(map(str, normalized_shape))}], "
            f"but got input of size {list(input.shape)}"
        )
    return n


def _shape_tuple(normalized_shape: Any) -> tuple:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


@named_errors
@single_inside
def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Normalise over the last dimensions (Ba et al., 2016): ``(x - mean) / sqrt(variance + eps) *
    weight + bias``.

    Parameters
    ----------
    input : Tensor
        Shape ``(..., *normalized_shape)``.
    normalized_shape : int or sequence of int
    weight, bias : Tensor, optional
        Shape ``normalized_shape``.
    eps : float

    Raises
    ------
    RuntimeError
        If the input does not end with ``normalized_shape``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import layer_norm
    >>> layer_norm(tensor([1., 3.]), 2, eps=0.0)
    tensor([-1.,  1.])
    """
    count = _count_features(input, _shape_tuple(normalized_shape))
    return normalize_rows(input, weight, bias, count=count, eps=eps, centred=True, kept={})


@named_errors
@takes_lists
def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Any:
    """Divide by the root of the mean square over the last dimensions (Zhang & Sennrich, 2019).

    The arguments are those of `layer_norm`; ``eps`` is by default the dtype's machine epsilon.
    """
    count = _count_features(input, _shape_tuple(normalized_shape))
    if eps is None:
        eps = float(np.finfo(input.dtype).eps)
    wide = in_single(input)
    y = normalize_rows(wide, weight, None, count=count, eps=eps, centred=False, kept={})
    return rounded(y, input, weight)


@named_errors
@single_inside
def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Normalise each sample over groups of channels and all positions (Wu & He, 2018).

    Parameters
    ----------
    input : Tensor
        Shape ``(N, C, ...)``, with C divisible by ``num_groups``.
    num_groups : int
    weight, bias : Tensor, optional
        Shape ``(C,)``.
    eps : float
    """
    if num_groups <= 0:
        raise ValueError(f"num_groups must be positive, got {num_groups}")
    if input.ndim < 2 or input.shape[1] % num_groups:
        raise ShapeError(
            f"group_norm takes (N, C, ...) with C divisible by num_groups={num_groups}, got shape "
            f"{list(input.shape)}"
        )
    batch, channels, *positions = input.shape
    size = channels // num_groups * math.prod(positions)
    groups = input.reshape((batch, num_groups, size))
    if batch * size == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"{list(input.shape)}"
        )
    y = normalize_rows(groups, None, None, count=1, eps=eps, centred=True, kept={})
    y = y.reshape(tuple(input.shape))
    return affine_map(y, weight, bias, (1, -1) + (1,) * (input.ndim - 2))


@named_errors
@single_inside
def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """``x / (k + alpha mean(x²))^beta``, the mean over ``size`` neighbouring channels (Krizhevsky
    et al., 2012).

    Parameters
    ----------
    input : Tensor
        Shape ``(N, C, ...)``.
    """
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        )
    if size <= 0:
        raise ValueError(f"size, the number of channels in a mean, must be positive, got {size}")
    channels = input.shape[1]
    squares = pad(input * input, (0, 0) * (input.ndim - 2) + (size // 2, (size - 1) // 2))
    total = sum(squares[:, i : i + channels] for i in range(size))
    return input / (total * (alpha / size) + k) ** beta


class _PerSample(Module):
    """A learned factor and summand, which begin as 1 and 0."""

    def _fill(self, shape: Any, weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        self.register_parameter(
            "weight", Parameter(ones(shape, device=device, dtype=dtype)) if weight else None
        )
        self.register_parameter(
            "bias", Parameter(zeros(shape, device=device, dtype=dtype)) if bias else None
        )

    @no_grad()
    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            self.weight.fill_(1)
        if self.bias is not None:
            self.bias.zero_()


class LayerNorm(_PerSample):
    """`nn.functional.layer_norm` with learned weight and bias.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The last dimensions of the input.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether there is a weight (and a bias).
    bias : bool
        Whether there is a bias.

    Attributes
    ----------
    weight, bias : Parameter or None
        Shape ``normalized_shape``.
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape_tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._fill(
            self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype
        )

    def forward(self, input: Any) -> Any:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_PerSample):
    """`nn.functional.rms_norm` with a learned weight.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The last dimensions of the input.
    eps : float, optional
        Added to the mean square, by default the dtype's machine epsilon.
    elementwise_affine : bool
        Whether there is a weight.
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape_tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._fill(self.normalized_shape, elementwise_affine, False, device, dtype)

    def forward(self, input: Any) -> Any:
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_PerSample):
    """`nn.functional.group_norm` with learned weight and bias for each channel.

    Parameters
    ----------
    num_groups, num_channels : int
        The second is divisible by the first.
    eps : float
        Added to the variance.
    affine : bool
        Whether there is a weight (and a bias).
    bias : bool
        Whether there is a bias.

    Raises
    ------
    ValueError
        If the channels do not divide into the groups.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups <= 0:
            raise ValueError(f"num_groups must be positive, got {num_groups}")
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels must be divisible by num_groups, got {num_channels} and {num_groups}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._fill(num_channels, affine, affine and bias, device, dtype)

    def forward(self, input: Any) -> Any:
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(FunctionLayer, function=local_response_norm):
    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
