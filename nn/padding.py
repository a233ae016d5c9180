"""Layers that put a border around sequences, images and volumes."""

from __future__ import annotations

from typing import Any, ClassVar

from autograd_engine import pad

from .module import Module


class _Pad(Module):
    """Extends the last dimensions at both ends.

    Parameters
    ----------
    padding : int or tuple of int
        One number for all sides, or (left, right), then (top, bottom), then (front, back).
    """

    sides: ClassVar[int]  # 2 for each padded dimension
    mode: ClassVar[str] = "constant"
    value: float | None = None

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = (padding,) * self.sides if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != self.sides:
            raise ValueError(
                f"{type(self).__name__} takes one number or {self.sides}, got {padding!r}"
            )

    def forward(self, input: Any) -> Any:
        least = self.sides // 2 + 1
        if input.ndim < least or self.mode != "constant" and input.ndim > least + 1:
            raise RuntimeError(
                f"{type(self).__name__} takes {least} dimensions, or {least + 1} with a batch; "
                f"got shape {list(input.shape)}"
            )
        return pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ConstantPad1d(_ConstantPad):
    """Pads sequences with ``value``; ``padding`` is one number or (left, right)."""

    sides = 2


class ConstantPad2d(_ConstantPad):
    """Pads images with ``value``; ``padding`` is one number or (left, right, top, bottom)."""

    sides = 4


class ConstantPad3d(_ConstantPad):
    """Pads volumes with ``value``; ``padding`` is one number or (left, right, top, bottom, front,
    back).
    """

    sides = 6


class ZeroPad1d(_ZeroPad):
    """Pads sequences with zeros; ``padding`` is one number or (left, right)."""

    sides = 2


class ZeroPad2d(_ZeroPad):
    """Pads images with zeros; ``padding`` is one number or (left, right, top, bottom).

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.ZeroPad2d((1, 0, 1, 0))(ones(1, 1, 1))
    tensor([[[0., 0.],
             [0., 1.]]])
    """

    sides = 4


class ZeroPad3d(_ZeroPad):
    """Pads volumes with zeros; ``padding`` is one number or (left, right, top, bottom, front,
    back).
    """

    sides = 6


class ReflectionPad1d(_Pad):
    """Pads sequences with their mirror image, which does not repeat the edge."""

    sides = 2
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Pads images with their mirror image, which does not repeat the edge."""

    sides = 4
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Pads volumes with their mirror image, which does not repeat the edge."""

    sides = 6
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Pads sequences by repeating the edge."""

    sides = 2
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Pads images by repeating the edge."""

    sides = 4
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Pads volumes by repeating the edge."""

    sides = 6
    mode = "replicate"


class CircularPad1d(_Pad):
    """Pads sequences from their other end."""

    sides = 2
    mode = "circular"


class CircularPad2d(_Pad):
    """Pads images from their other side."""

    sides = 4
    mode = "circular"


class CircularPad3d(_Pad):
    """Pads volumes from their other side."""

    sides = 6
    mode = "circular"
