"""Pooling layers: the greatest element or the mean of each window, of windows given by their size
or by their number.
"""

from __future__ import annotations

from typing import Any, Callable, ClassVar

from autograd_engine import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)

from .convolution import per_dimension
from .module import Module


class _Pool(Module):
    """Windows of one size that slide over the input."""

    function: ClassVar[Callable]
    shown: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding")

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(_Pool):
    """The greatest element of each window; of equal ones the first, which gets the gradient.

    Parameters
    ----------
    kernel_size : int or one per dimension
        The window.
    stride : int or one per dimension, optional
        Its step; by default its size.
    padding : int or one per dimension
        How many elements that never win are put at both ends; at most half of the window.
    dilation : int or one per dimension
        The step between the elements of a window.
    return_indices : bool
        Whether to return also where, in the flattened plane of a channel, each greatest element
        stands.
    ceil_mode : bool
        Whether a last, incomplete window counts.
    """

    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return self.function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )


class MaxPool1d(_MaxPool):
    __doc__ = f"Max pooling of shape ``(N, C, L)`` or ``(C, L)``.\n\n{_MaxPool.__doc__}"
    function = staticmethod(max_pool1d)


class MaxPool2d(_MaxPool):
    __doc__ = f"""Max pooling of images, shape ``(N, C, H, W)`` or ``(C, H, W)``.

    {_MaxPool.__doc__}
    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.MaxPool2d(2)(ones(10, 3, 28, 28)).shape
    (10, 3, 14, 14)
    """
    function = staticmethod(max_pool2d)


class MaxPool3d(_MaxPool):
    __doc__ = (
        "Max pooling of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``.\n\n"
        f"{_MaxPool.__doc__}"
    )
    function = staticmethod(max_pool3d)


class AvgPool1d(_Pool):
    """The mean of each window of shape ``(N, C, L)`` or ``(C, L)``; the arguments are those of
    `AvgPool2d`.
    """

    function = staticmethod(avg_pool1d)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dimension(kernel_size, 1)
        self.padding = per_dimension(padding, 1)
        self.stride = self.kernel_size if stride is None else per_dimension(stride, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return self.function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class AvgPool2d(_Pool):
    """The mean of each window of images, shape ``(N, C, H, W)`` or ``(C, H, W)``.

    Parameters
    ----------
    kernel_size : int or one per dimension
        The window.
    stride : int or one per dimension, optional
        Its step; by default its size.
    padding : int or one per dimension
        How many zeros are put at both ends; at most half of the window.
    ceil_mode : bool
        Whether a last, incomplete window counts.
    count_include_pad : bool
        Whether the zeros count in the mean.
    divisor_override : int, optional
        What to divide the sums by, instead of the number of elements.
    """

    function = staticmethod(avg_pool2d)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        window = (self.kernel_size, self.stride, self.padding)
        return self.function(
            input, *window, self.ceil_mode, self.count_include_pad, self.divisor_override
        )


class AvgPool3d(AvgPool2d):
    """The mean of each window of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``; the
    arguments are those of `AvgPool2d`.
    """

    function = staticmethod(avg_pool3d)


class _Adaptive(_Pool):
    shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        return self.function(input, self.output_size)


class AdaptiveAvgPool1d(_Adaptive):
    """The means of ``output_size`` windows that cover ``(N, C, L)`` or ``(C, L)`` evenly."""

    function = staticmethod(adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_Adaptive):
    """The means of windows that cover images, ``(N, C, H, W)`` or ``(C, H, W)``, evenly.

    Parameters
    ----------
    output_size : int, None or one per dimension
        The number of windows; None for the length of the input.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.AdaptiveAvgPool2d((5, None))(ones(1, 64, 8, 9)).shape
    (1, 64, 5, 9)
    """

    function = staticmethod(adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_Adaptive):
    """The means of windows that cover volumes, ``(N, C, D, H, W)`` or ``(C, D, H, W)``, evenly."""

    function = staticmethod(adaptive_avg_pool3d)


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return self.function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The greatest elements of ``output_size`` windows that cover ``(N, C, L)`` or ``(C, L)``
    evenly.
    """

    function = staticmethod(adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The greatest elements of windows that cover images evenly; the windows are those of
    `AdaptiveAvgPool2d`.
    """

    function = staticmethod(adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMax):
    """The greatest elements of windows that cover volumes evenly; the windows are those of
    `AdaptiveAvgPool3d`.
    """

    function = staticmethod(adaptive_max_pool3d)
