"""Convolution layers, and their transposes: for 1, 2 and 3 spatial dimensions one and the same
text.

The mathematics is `autograd_engine.conv2d` and its relatives; the layers hold the weights, and put
a border around the input that is not zeros.
"""

from __future__ import annotations

from typing import Any, Callable, ClassVar

from autograd_engine import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    pad,
)

from . import init
from .lazy import Lazy
from .module import Module
from .parameter import blank

MODES = ("zeros", "reflect", "replicate", "circular")


def per_dimension(value: Any, n: int) -> Any:
    """A number as ``n`` equal ones; several stay as they are, and so does a name."""
    if isinstance(value, int):
        return (value,) * n
    return value if isinstance(value, str) else tuple(value)


class _Convolution(Module):
    """What a convolution and its transpose have in common: sizes that fit, a weight and a bias, how
    they are shown.
    """

    n: ClassVar[int]
    function: ClassVar[Callable]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        padding_mode: str,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError(f"groups must be a positive integer, got {groups}")
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(f"{name} must be divisible by groups, got {channels} and {groups}")
        if padding_mode not in MODES:
            raise ValueError(
                f"padding_mode must be one of {MODES}, but got padding_mode={padding_mode!r}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.groups = groups
        self.padding_mode = padding_mode
        self.kernel_size = per_dimension(kernel_size, self.n)
        self.stride = per_dimension(stride, self.n)
        self.padding = per_dimension(padding, self.n)
        self.dilation = per_dimension(dilation, self.n)
        self.output_padding = (0,) * self.n
        for name in ("kernel_size", "stride", "dilation"):
            if any(length < 1 for length in getattr(self, name)):
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.default_(self.weight, self.bias)

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        usual = {
            "padding": (0,) * self.n,
            "dilation": (1,) * self.n,
            "output_padding": (0,) * self.n,
            "groups": 1,
        }
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_Convolution):
    """``y[o] = b[o] + Σ_c W[o, c] ⋆ x[c]``: kernels slide over the input, and a dot product is
    taken at each place.

    Parameters
    ----------
    in_channels, out_channels : int
        The channels of the input and of the output.
    kernel_size : int or one per dimension
    stride : int or one per dimension
        The step of the kernel.
    padding : int, one per dimension, "same" or "valid"
        How much is added at both ends of the input; "same" gives the output its lengths.
    dilation : int or one per dimension
        The step between the elements of a kernel.
    groups : int
        The channels are split into so many groups, each with kernels of its own.
    bias : bool
        Whether there is a ``b``.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What is added.

    Attributes
    ----------
    weight : Parameter
        Shape ``(out_channels, in_channels / groups, *kernel_size)``, drawn from U(-1/√fan_in,
        1/√fan_in).
    bias : Parameter or None
        Shape ``(out_channels,)``, drawn from the same distribution.

    Raises
    ------
    ValueError
        If the channels are not divisible by the groups, or there is no such padding.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode
        )
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be 'same' or 'valid'")
        if padding == "same" and set(self.stride) != {1}:
            raise ValueError("padding='same' is not supported for strided convolutions")
        self.weight = blank(
            out_channels, in_channels // groups, *self.kernel_size, device=device, dtype=dtype
        )
        self.register_parameter(
            "bias", blank(out_channels, device=device, dtype=dtype) if bias else None
        )
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = pad(input, self._borders(), mode=self.padding_mode)
            padding = 0
        return self.function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _borders(self) -> list[int]:
        """The border before and after each dimension, the last dimension first."""
        if self.padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            pairs = [(total // 2, total - total // 2) for total in totals]
        elif self.padding == "valid":
            pairs = [(0, 0)] * self.n
        else:
            pairs = [(p, p) for p in self.padding]
        return [width for pair in reversed(pairs) for width in pair]


class Conv1d(_Conv):
    __doc__ = f"Convolution of shape ``(N, C, L)`` or ``(C, L)``.\n\n{_Conv.__doc__}"
    n = 1
    function = staticmethod(conv1d)


class Conv2d(_Conv):
    __doc__ = f"""Convolution of images, shape ``(N, C, H, W)`` or ``(C, H, W)``.\n\n{_Conv.__doc__}
    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.Conv2d(3, 8, 5, padding=2)(ones(10, 3, 28, 28)).shape
    (10, 8, 28, 28)
    """
    n = 2
    function = staticmethod(conv2d)


class Conv3d(_Conv):
    __doc__ = (
        f"Convolution of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``.\n\n{_Conv.__doc__}"
    )
    n = 3
    function = staticmethod(conv3d)


class _ConvTranspose(_Convolution):
    """The transpose of a convolution as a linear map: each element of the input is spread over a
    kernel's places.

    Parameters
    ----------
    in_channels, out_channels : int
        The channels of the input and of the output.
    kernel_size : int or one per dimension
    stride : int or one per dimension
        The step of the kernel in the output.
    padding : int or one per dimension
        How much is cut off at both ends of the output.
    output_padding : int or one per dimension
        How much is cut off less at the end.
    groups : int
        The channels are split into so many groups, each with kernels of its own.
    bias : bool
        Whether a bias is added.
    dilation : int or one per dimension
        The step between the elements of a kernel.
    padding_mode : {"zeros"}

    Attributes
    ----------
    weight : Parameter
        Shape ``(in_channels, out_channels / groups, *kernel_size)``.
    bias : Parameter or None
        Shape ``(out_channels,)``.

    Raises
    ------
    ValueError
        If the channels are not divisible by the groups, or on a padding mode other than "zeros".
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(
                f'Only "zeros" padding mode is supported for {type(self).__name__}, '
                f"got {padding_mode!r}"
            )
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode
        )
        self.output_padding = per_dimension(output_padding, self.n)
        self.weight = blank(
            in_channels, out_channels // groups, *self.kernel_size, device=device, dtype=dtype
        )
        self.register_parameter(
            "bias", blank(out_channels, device=device, dtype=dtype) if bias else None
        )
        self.reset_parameters()

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """``output_size``, the lengths wanted, is an alternative to ``output_padding``."""
        more = self.output_padding
        if output_size is not None:
            more = self._output_padding(input, tuple(output_size))
        return self.function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            more,
            self.groups,
            self.dilation,
        )

    def _output_padding(self, input: Any, output_size: tuple) -> tuple:
        """How much more than the least the lengths in ``output_size`` are."""
        lengths = input.shape[-self.n :]
        wanted = output_size
        if len(output_size) == input.ndim:
            wanted = output_size[-self.n :]
        if len(wanted) != self.n:
            raise ValueError(
                f"output_size must have {self.n} or {input.ndim} elements (got {len(output_size)})"
            )
        sizes = zip(lengths, self.stride, self.padding, self.dilation, self.kernel_size)
        least = [(length - 1) * s - 2 * p + d * (k - 1) + 1 for length, s, p, d, k in sizes]
        most = [a + s - 1 for a, s in zip(least, self.stride)]
        if not all(a <= size <= b for a, size, b in zip(least, wanted, most)):
            valid = f"valid sizes range from {least} to {most} (for an input of {lengths})"
            raise ValueError(f"requested an output size of {wanted}, but {valid}")
        return tuple(size - a for size, a in zip(wanted, least))


class ConvTranspose1d(_ConvTranspose):
    __doc__ = (
        f"Transposed convolution of shape ``(N, C, L)`` or ``(C, L)``.\n\n{_ConvTranspose.__doc__}"
    )
    n = 1
    function = staticmethod(conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    __doc__ = (
        "Transposed convolution of images, shape ``(N, C, H, W)`` or ``(C, H, W)``.\n\n"
        f"{_ConvTranspose.__doc__}"
    )
    n = 2
    function = staticmethod(conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    __doc__ = (
        "Transposed convolution of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``.\n\n"
        f"{_ConvTranspose.__doc__}"
    )
    n = 3
    function = staticmethod(conv_transpose3d)


# --- channels learned from the first input --------------------------------------------------------


class _LazyConvolution(Lazy):
    def length(self, input: Any, *args: Any) -> int:
        n = self.complete.n  # type: ignore[attr-defined]
        if input.ndim not in (n + 1, n + 2):
            raise RuntimeError(
                f"Expected {n + 1}D or {n + 2}D input to {type(self).__name__}, got shape "
                f"{list(input.shape)}"
            )
        return input.shape[-n - 1]

    def loaded_length(self, state: Any) -> int:
        return state["weight"].shape[1] * self._arguments["groups"]


class LazyConv1d(_LazyConvolution, Conv1d, unknown="in_channels"):
    """A `Conv1d` that learns ``in_channels`` from its first input."""


class LazyConv2d(_LazyConvolution, Conv2d, unknown="in_channels"):
    """A `Conv2d` that learns ``in_channels`` from its first input.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> layer = nn.LazyConv2d(4, 3)
    >>> _ = layer(ones(1, 3, 8, 8)); layer
    Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    """


class LazyConv3d(_LazyConvolution, Conv3d, unknown="in_channels"):
    """A `Conv3d` that learns ``in_channels`` from its first input."""


class _LazyTransposed(_LazyConvolution):
    def loaded_length(self, state: Any) -> int:
        return state["weight"].shape[0]


class LazyConvTranspose1d(_LazyTransposed, ConvTranspose1d, unknown="in_channels"):
    """A `ConvTranspose1d` that learns ``in_channels`` from its first input."""


class LazyConvTranspose2d(_LazyTransposed, ConvTranspose2d, unknown="in_channels"):
    """A `ConvTranspose2d` that learns ``in_channels`` from its first input."""


class LazyConvTranspose3d(_LazyTransposed, ConvTranspose3d, unknown="in_channels"):
    """A `ConvTranspose3d` that learns ``in_channels`` from its first input."""
