"""Normalisation of channels over the batch or over each image, and the op behind all
normalisations.

Batch, instance, group and layer normalisation are the same op, `standardize`, over different
dimensions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import (
    ShapeError,
    Tensor,
    is_traced,
    mean,
    named_errors,
    no_grad,
    ones,
    primitive,
    rsqrt,
    tensor,
    var,
    zeros,
)
from autograd_engine import sum as total
from autograd_engine.kernels import kernel, real, sum_of, sum_of_squares, with_kernels

from .lazy import Lazy
from .lists import takes_lists
from .module import Module
from .parameter import Parameter
from .precision import rounded, in_single


BLOCK = 1024
"""Of so many numbers a sum may be taken in their own dtype."""
POSITIONS = 8
"""The fewest numbers that lie side by side in a channel for which there are loops."""
LARGE = 2**16
"""From how many elements on a mean is the engine's, which keeps the digits of sums over many rows;
NumPy's own is faster for fewer.
"""


def mean_over(x: Any, dims: tuple) -> Any:
    """The mean of an array or tensor over ``dims``, which keep length 1."""
    if isinstance(x, Tensor) or x.size >= LARGE or dims == (-1,):
        return mean(x, dims, keepdim=True)
    return x.mean(dims, keepdims=True)


@kernel
def _normalize_channels(x, weight, bias, eps, out, centres, variances):
    """The channels are the second dimension. What is read of one stays in the processor's cache
    until it is normalised.
    """
    count = x.shape[0] * x.shape[2]
    for c in range(x.shape[1]):
        sum = 0.0
        for i in range(x.shape[0]):
            sum += sum_of(x[i, c])
        centre = real(sum / count)
        sum = 0.0
        for i in range(x.shape[0]):
            sum += sum_of_squares(x[i, c], centre)
        centres[c] = centre
        variances[c] = real(sum / count)
        scale = weight[c] / np.sqrt(variances[c] + real(eps))
        summand = bias[c]
        for i in range(x.shape[0]):
            row = x[i, c]
            into = out[i, c]
            for j in range(row.size):
                into[j] = (row[j] - centre) * scale + summand


@kernel
def _slope_of_channels(g, x, weight, centres, factors, dx, dweight, dbias):
    count = x.shape[0] * x.shape[2]
    for c in range(x.shape[1]):
        centre = centres[c]
        factor = factors[c]
        sum = 0.0
        product = 0.0
        for i in range(x.shape[0]):
            row = x[i, c]
            slope = g[i, c]
            for first in range(0, row.size, BLOCK):
                part = real(0)
                product_part = real(0)
                for j in range(first, min(first + BLOCK, row.size)):
                    part += slope[j]
                    product_part += slope[j] * (row[j] - centre)
                sum += part
                product += product_part
        dbias[c] = sum
        dweight[c] = product * factor
        shift = real(sum / count)
        stretch = real(product / count * factor * factor)
        scale = factor * weight[c]
        for i in range(x.shape[0]):
            row = x[i, c]
            slope = g[i, c]
            into = dx[i, c]
            for j in range(row.size):
                into[j] = (slope[j] - shift - (row[j] - centre) * stretch) * scale


def _as_channels(x: np.ndarray, dims: tuple) -> np.ndarray | None:
    """As ``(rows, channels, positions)``, the rows and positions being those of ``dims``; None
    where there are few positions, which lie too far apart.
    """
    positions = tuple(range(2, x.ndim))
    size = math.prod(x.shape[2:])
    if size < POSITIONS or not x.size or dims not in ((0, *positions), positions):
        return None
    rows = len(x) if dims[0] == 0 else 1
    return np.ascontiguousarray(x).reshape(rows, -1, size)


def _of_channels(x: Any, value: float, like: np.ndarray) -> np.ndarray:
    """A number for each channel; where none are given, all the same."""
    count = like.shape[1]
    if x is None:
        return np.full(count, value, like.dtype)
    return np.tile(x.reshape(-1), count // x.size)


def _standardize_by_kernel(
    x: np.ndarray, weight: Any = None, bias: Any = None, *, dims: tuple, eps: float, kept: dict
) -> Any:
    channels = _as_channels(x, dims)
    if channels is None:
        return None
    out = np.empty(channels.shape, x.dtype)
    centre, variance = np.empty((2, channels.shape[1]), x.dtype)
    factors = _of_channels(weight, 1, channels)
    _normalize_channels(
        *(channels, factors, _of_channels(bias, 0, channels), float(eps)), out, centre, variance
    )
    shape = [1 if d in dims else n for d, n in enumerate(x.shape)]
    centre = centre.reshape(shape)
    variance = variance.reshape(shape)
    kept.update(mean=centre, variance=variance, inverse=1 / np.sqrt(variance + eps))
    return out.reshape(x.shape)


def _slopes_by_kernel(
    g: np.ndarray, x: Any, weight: Any, bias: Any, dims: tuple, eps: float, kept: dict
) -> Any:
    channels = _as_channels(x, dims)
    if channels is None or g.dtype != x.dtype:
        return None
    dx = np.empty(channels.shape, x.dtype)
    dweight, dbias = np.empty((2, channels.shape[1]))
    _slope_of_channels(
        np.ascontiguousarray(g).reshape(channels.shape),
        *(channels, _of_channels(weight, 1, channels)),
        *(kept["mean"].reshape(-1), kept["inverse"].reshape(-1), dx, dweight, dbias),
    )
    dx = dx.reshape(x.shape)
    return dx, _of_parameter(dweight, weight), _of_parameter(dbias, bias)


def _of_parameter(sums: np.ndarray, like: Any) -> Any:
    if like is None:
        return None
    return sums.reshape(-1, like.size).sum(0).astype(like.dtype).reshape(like.shape)


@with_kernels(_slopes_by_kernel)
def _standardize_rule(
    g: Any, x: Any, weight: Any, bias: Any, dims: tuple, eps: float, kept: dict
) -> tuple:
    """``(g - mean(g) - y mean(g y)) / s``, for what comes through the weight: what moves the mean,
    and what scales, leaves the output as it is.
    """
    shape = _channel_shape(x)
    others = tuple(d for d in range(x.ndim) if d != 1)
    if 0 in x.shape:
        sums = total(g, others)
        return g, _shaped(sums, weight), _shaped(sums, bias)
    if isinstance(x, Tensor):
        centred = x - mean(x, dims, keepdim=True)
        inverse = rsqrt(mean(centred * centred, dims, keepdim=True) + eps)
    else:
        centred = x - kept["mean"]
        inverse = kept["inverse"]
    product = mean_over(g * centred, dims) * inverse
    centre = mean_over(g, dims)
    n = math.prod(x.shape[d] for d in dims)
    scale = inverse if weight is None else inverse * weight.reshape(shape)
    if isinstance(x, Tensor):
        dx = (g - centre - centred * (product * inverse)) * scale
    else:
        centred *= product * inverse
        dx = g - centre
        dx -= centred
        dx *= scale
    return (
        dx,
        _shaped(total(product, others) * n, weight),
        _shaped(total(centre, others) * n, bias),
    )


def _shaped(x: Any, like: Any) -> Any:
    return None if like is None else x.reshape(like.shape)


def _standardize_with_ops(
    x: Any, weight: Any = None, bias: Any = None, *, dims: tuple, eps: float, kept: dict
) -> Any:
    """The same, with an op for each thing that is done."""
    centre = mean(x, dims, keepdim=True)
    centred = x - centre
    variance = mean(centred * centred, dims, keepdim=True)
    inverse = rsqrt(variance + eps)
    kept.update(mean=centre.detach(), variance=variance.detach(), inverse=inverse.detach())
    return affine_map(centred * inverse, weight, bias, _channel_shape(x))


@primitive(joint=_standardize_rule, promote="float", batching=_standardize_with_ops)
@with_kernels(_standardize_by_kernel)
def standardize(x, weight=None, bias=None, *, dims, eps, kept):
    """``(x - mean) / sqrt(variance + eps) * weight + bias``: mean and variance over ``dims``,
    weight and bias of each channel. Mean, variance and the factor are left in the dict ``kept``.
    """
    if x.size == 0:  # nothing to normalise, and no statistics of it
        return x.copy()
    centre = mean_over(x, dims)
    out = x - centre
    variance = mean_over(out * out, dims)
    inverse = 1 / np.sqrt(variance + eps)
    kept.update(mean=centre, variance=variance, inverse=inverse)
    shape = _channel_shape(x)
    out *= inverse if weight is None else inverse * weight.reshape(shape)
    if bias is not None:
        out += bias.reshape(shape)
    return out


def affine_map(x: Any, weight: Any = None, bias: Any = None, shape: tuple | None = None) -> Any:
    """``x * weight + bias``, both given ``shape``."""
    if weight is not None:
        x = x * (weight if shape is None else weight.reshape(shape))
    if bias is not None:
        x = x + (bias if shape is None else bias.reshape(shape))
    return x


def _channel_shape(x: Any) -> tuple:
    return (1, -1) + (1,) * (x.ndim - 2)


# --- over the batch, over each image --------------------------------------------------------------


@no_grad()
def _track(running: Any, value: Any, momentum: float) -> None:
    value = value.to(running.dtype) if isinstance(value, Tensor) else value.astype(running.dtype)
    running.copy_((1 - momentum) * running + momentum * value)


def _statistics(x: Any, dims: tuple, kept: dict[str, np.ndarray]) -> tuple[Any, Any]:
    """Mean and variance: what `standardize` has kept, or computed by ops where a program is
    written of them.
    """
    if not is_traced():
        return kept["mean"], kept["variance"]
    x = x.detach()
    return mean(x, dims, keepdim=True), var(x, dims, correction=0, keepdim=True)


def _by_channel(
    x: Any,
    dims: tuple,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    own: bool,
    momentum: float,
    eps: float,
) -> Any:
    """Normalise by the statistics over ``dims`` (``own``) or by the running ones, which own
    statistics update.
    """
    wide = in_single(x)
    shape = _channel_shape(x)
    kept: dict[str, np.ndarray] = {}
    if own:
        y = standardize(wide, weight, bias, dims=dims, eps=eps, kept=kept)
    else:
        scale = rsqrt(in_single(running_var) + eps)
        y = (wide - running_mean.reshape(shape)) * scale.reshape(shape)
        y = affine_map(y, weight, bias, shape)
    y = rounded(y, x, weight, bias)
    if own and running_mean is not None and x.numel():
        n = math.prod(x.shape[d] for d in dims)
        over_batch = tuple(d for d in range(x.ndim) if d != 1)
        centre, variance = _statistics(wide, dims, kept)
        _track(running_mean, centre.mean(over_batch), momentum)
        _track(running_var, variance.mean(over_batch) * (n / (n - 1)), momentum)
    return y


@named_errors
@takes_lists
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel over the batch and all positions (Ioffe & Szegedy, 2015).

    Parameters
    ----------
    input : Tensor
        Shape ``(N, C, ...)``.
    running_mean, running_var : Tensor or None
        Shape ``(C,)``. In training they are updated in place, ``(1 - momentum) old + momentum
        new``, the variance with ``n - 1`` in the denominator; else they are what is normalised
        with.
    weight, bias : Tensor, optional
        Shape ``(C,)``: a factor and a summand for each channel.
    training : bool
    momentum, eps : float

    Raises
    ------
    ValueError
        If a channel has a single value in training.
    """
    dims = (0, *range(2, input.ndim))
    if training and math.prod(input.shape[d] for d in dims) == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input size "
            f"{list(input.shape)}"
        )
    return _by_channel(
        input, dims, running_mean, running_var, weight, bias, training, momentum, eps
    )


@named_errors
@takes_lists
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Normalise each channel of each sample over its positions (Ulyanov et al., 2016); the
    arguments are those of `batch_norm`.
    """
    dims = tuple(range(2, input.ndim))
    if use_input_stats and math.prod(input.shape[d] for d in dims) == 1:
        raise ValueError(
            "Expected more than 1 spatial element when training, got input size "
            f"{list(input.shape)}"
        )
    return _by_channel(
        input, dims, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


class _Tracking(Module):
    """The parameters and running statistics of batch and instance normalisation."""

    ranks: tuple[int, ...] = ()  # how many dimensions an input may have
    optional_state = frozenset({"num_batches_tracked"})  # older files have none

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        options = {"device": device, "dtype": dtype}
        self.register_parameter(
            "weight", Parameter(ones(num_features, **options)) if affine else None
        )
        self.register_parameter(
            "bias", Parameter(zeros(num_features, **options)) if affine and bias else None
        )
        tracked: tuple = (None, None, None)
        if track_running_stats:
            tracked = zeros(num_features, **options), ones(num_features, **options), tensor(0)
        for name, buffer in zip(("running_mean", "running_var", "num_batches_tracked"), tracked):
            self.register_buffer(name, buffer)

    def reset_running_stats(self) -> None:
        """Forget what was tracked: mean 0, variance 1, no batches."""
        if self.running_mean is not None:
            with no_grad():
                self.running_mean.zero_()
                self.running_var.fill_(1)
                self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Begin anew: statistics forgotten, weight 1, bias 0."""
        self.reset_running_stats()
        with no_grad():
            if self.weight is not None:
                self.weight.fill_(1)
            if self.bias is not None:
                self.bias.zero_()

    def _check(self, input: Any) -> None:
        if input.ndim not in self.ranks:
            expected = " or ".join(f"{rank}D" for rank in self.ranks)
            raise ValueError(
                f"expected {expected} input (got {input.ndim}D input of shape {list(input.shape)})"
            )

    def _step_momentum(self) -> float:
        """The weight of this batch: as given, or 1/n for the mean over all batches so far."""
        if self.momentum is not None:
            return self.momentum
        if not (self.training and self.track_running_stats):
            return 0.0
        return 1 / (self.num_batches_tracked.item() + 1)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Tracking):
    """Normalises each channel over the batch; in evaluation by what was tracked in training.

    Parameters
    ----------
    num_features : int
        The number of channels C.
    eps : float
        Added to the variance.
    momentum : float or None
        The weight of a new batch in the running statistics; None for the mean over all batches.
    affine : bool
        Whether a factor and a summand are learned for each channel.
    track_running_stats : bool
        Whether there are running statistics; without them, evaluation uses the batch's own.

    Attributes
    ----------
    weight, bias : Parameter or None
        Shape ``(C,)``.
    running_mean, running_var, num_batches_tracked : Tensor or None
        Buffers.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Any) -> Any:
        self._check(input)
        if input.shape[1] != self.num_features:
            raise ShapeError(
                f"the input of shape {list(input.shape)} has {input.shape[1]} channels, the layer "
                f"{self.num_features}"
            )
        own = self.training or self.running_mean is None
        mean = variance = None
        if self.track_running_stats or not self.training:
            mean, variance = self.running_mean, self.running_var
        momentum = self._step_momentum()
        y = batch_norm(input, mean, variance, self.weight, self.bias, own, momentum, self.eps)
        if self.training and self.track_running_stats:  # a batch that was refused does not count
            with no_grad():
                self.num_batches_tracked.add_(1)
        return y


class BatchNorm1d(_BatchNorm):
    __doc__ = f"Batch normalisation of shape ``(N, C)`` or ``(N, C, L)``.\n\n{_BatchNorm.__doc__}"
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    __doc__ = f"Batch normalisation of images, shape ``(N, C, H, W)``.\n\n{_BatchNorm.__doc__}"
    ranks = (4,)


class BatchNorm3d(_BatchNorm):
    __doc__ = f"Batch normalisation of volumes, shape ``(N, C, D, H, W)``.\n\n{_BatchNorm.__doc__}"
    ranks = (5,)


class _LazyNorm(Lazy):
    def length(self, input: Any) -> int:
        return input.shape[1]

    def loaded_length(self, state: Any) -> int:
        return next(value.shape[0] for value in state.values() if value.ndim == 1)


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d, unknown="num_features"):
    """A `BatchNorm1d` that learns ``num_features`` from its first input."""


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d, unknown="num_features"):
    """A `BatchNorm2d` that learns ``num_features`` from its first input."""


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d, unknown="num_features"):
    """A `BatchNorm3d` that learns ``num_features`` from its first input."""


class _InstanceNorm(_Tracking):
    """Normalises each channel of each sample over its positions.

    Parameters
    ----------
    num_features : int
        The number of channels C.
    eps, momentum, affine, track_running_stats
        As in batch normalisation; by default nothing is learned or tracked.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Any) -> Any:
        self._check(input)
        single = input.ndim == self.ranks[0]
        batch = input.unsqueeze(0) if single else input
        if batch.shape[1] != self.num_features and (self.affine or self.track_running_stats):
            raise ValueError(
                f"expected {self.num_features} channels (num_features), got an input of shape "
                f"{list(input.shape)}"
            )
        own = self.training or not self.track_running_stats
        y = instance_norm(
            batch,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            own,
            self.momentum or 0.0,
            self.eps,
        )
        return y.squeeze(0) if single else y


class InstanceNorm1d(_InstanceNorm):
    __doc__ = (
        f"Instance normalisation of shape ``(N, C, L)`` or ``(C, L)``.\n\n{_InstanceNorm.__doc__}"
    )
    ranks = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    __doc__ = (
        "Instance normalisation of images, shape ``(N, C, H, W)`` or ``(C, H, W)``.\n\n"
        f"{_InstanceNorm.__doc__}"
    )
    ranks = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    __doc__ = (
        "Instance normalisation of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``.\n\n"
        f"{_InstanceNorm.__doc__}"
    )
    ranks = (4, 5)


class _LazyInstanceNorm(_LazyNorm):
    def length(self, input: Any) -> int:
        return input.shape[-self.complete.ranks[0]]  # type: ignore[attr-defined]


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d, unknown="num_features"):
    """An `InstanceNorm1d` that learns ``num_features`` from its first input."""


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d, unknown="num_features"):
    """An `InstanceNorm2d` that learns ``num_features`` from its first input."""


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d, unknown="num_features"):
    """An `InstanceNorm3d` that learns ``num_features`` from its first input."""
