"""Layers that rearrange or resample the pixels of images."""

from __future__ import annotations

from typing import Any

from autograd_engine import (
    ShapeError,
    fold,
    interpolate,
    named_errors,
    pixel_shuffle,
    pixel_unshuffle,
    unfold,
)

from .layer import FunctionLayer
from .module import Module


@named_errors
def channel_shuffle(x: Any, groups: int) -> Any:
    """Deal the channels out anew: the first of each group, then the second of each, and so on
    (Zhang et al., 2017).

    Parameters
    ----------
    x : Tensor
        Shape ``(N, C, ...)``, with C divisible by ``groups``.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> from nn.functional import channel_shuffle
    >>> channel_shuffle(arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    if groups <= 0:
        raise ValueError(f"groups must be positive, got {groups}")
    if x.ndim < 3 or x.shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle takes (N, C, ...) with C divisible by {groups}, got shape "
            f"{list(x.shape)}"
        )
    split = x.reshape((x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))
    return split.swapaxes(1, 2).reshape(tuple(x.shape))


class PixelShuffle(FunctionLayer, function=pixel_shuffle):
    pass


class PixelUnshuffle(FunctionLayer, function=pixel_unshuffle):
    pass


class ChannelShuffle(FunctionLayer, function=channel_shuffle):
    pass


class Fold(FunctionLayer, function=fold):
    pass


class Unfold(FunctionLayer, function=unfold):
    pass


class Upsample(Module):
    """Resamples sequences, images or volumes, shape ``(N, C, ...)``; see
    `autograd_engine.interpolate`.

    Parameters
    ----------
    size : int or tuple of int, optional
        The lengths of the output's dimensions,
    scale_factor : float or tuple of float, optional
        or how many times as long they are.
    mode : str
        "nearest", "linear", "bilinear", "bicubic" or "trilinear".
    align_corners : bool, optional
        Whether the corners of input and output coincide.
    recompute_scale_factor : bool, optional
        Whether the factor is computed anew from the rounded output size.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import tensor
    >>> nn.Upsample(scale_factor=2)(tensor([[[1., 2.]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor
        self.scale_factor: Any = scale_factor
        if isinstance(scale_factor, (tuple, list)):
            self.scale_factor = tuple(map(float, scale_factor))
        elif scale_factor is not None:
            self.scale_factor = float(scale_factor)

    def forward(self, input: Any) -> Any:
        return interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        if self.scale_factor is None:
            return f"size={self.size}, mode={self.mode!r}"
        return f"scale_factor={self.scale_factor}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images by the nearest pixel."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images by bilinear interpolation that keeps the corners."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """`autograd_engine.interpolate` under an older name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`autograd_engine.interpolate` by the nearest element, under an older name."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`autograd_engine.interpolate` of images that keeps the corners, under an older name."""
    return interpolate(input, size, scale_factor, "bilinear", True)
