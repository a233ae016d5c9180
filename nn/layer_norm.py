"""Normalisation of each sample by itself: over its features, over groups of channels, by size
alone, by neighbouring channels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import ShapeError, named_errors, no_grad, ones, pad, zeros

from .layer import FunctionLayer
from .lists import takes_lists
from .precision import rounded, single_inside, in_single
from .module import Module
from .normalization import affine_map, divide_by_rms, standardize
from .parameter import Parameter


def _feature_dims(input: Any, normalized_shape: tuple) -> tuple:
    """The last dimensions, which must have ``normalized_shape``."""
    n = len(normalized_shape)
    if n == 0 or tuple(input.shape[-n:]) != normalized_shape:
        raise ShapeError(
            f"Given normalized_shape={list(normalized_shape)}, expected input with shape [*, "
            f"{', '.join(map(str, normalized_shape))}], "
            f"but got input of size {list(input.shape)}"
        )
    return tuple(range(-n, 0))


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
    dims = _feature_dims(input, _shape_tuple(normalized_shape))
    return affine_map(standardize(input, dims=dims, eps=eps, kept={}), weight, bias)


@named_errors
@takes_lists
def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Any:
    """Divide by the root of the mean square over the last dimensions (Zhang & Sennrich, 2019).

    The arguments are those of `layer_norm`; ``eps`` is by default the dtype's machine epsilon.
    """
    dims = _feature_dims(input, _shape_tuple(normalized_shape))
    if eps is None:
        eps = float(np.finfo(input.dtype).eps)
    y = affine_map(divide_by_rms(in_single(input), dims=dims, eps=eps), weight)
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
    y = standardize(groups, dims=(2,), eps=eps, kept={}).reshape(tuple(input.shape))
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
