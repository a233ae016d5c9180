"""The layers of the activation functions in `activation.py`."""

# ruff: noqa: I001  (many to a line)

from __future__ import annotations

from typing import Any

import autograd_engine as ag
from autograd_engine import sigmoid, tanh

from . import init
from .activation import (
    celu,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from .layer import FunctionLayer
from .module import Module
from .parameter import blank


class ReLU(FunctionLayer, function=relu):
    pass


class ReLU6(FunctionLayer, function=relu6):
    pass


class LeakyReLU(FunctionLayer, function=leaky_relu):
    pass


class ELU(FunctionLayer, function=elu):
    pass


class SELU(FunctionLayer, function=selu):
    pass


class CELU(FunctionLayer, function=celu):
    pass


class GELU(FunctionLayer, function=gelu, without="inplace"):
    pass


class SiLU(FunctionLayer, function=silu):
    pass


class Mish(FunctionLayer, function=mish):
    pass


class Softplus(FunctionLayer, function=softplus, without="inplace"):
    pass


class Softsign(FunctionLayer, function=softsign, without="inplace"):
    pass


class Tanhshrink(FunctionLayer, function=tanhshrink, without="inplace"):
    pass


class LogSigmoid(FunctionLayer, function=logsigmoid, without="inplace"):
    pass


class Hardtanh(FunctionLayer, function=hardtanh):
    pass


class Hardsigmoid(FunctionLayer, function=hardsigmoid):
    pass


class Hardswish(FunctionLayer, function=hardswish):
    pass


class Threshold(FunctionLayer, function=threshold):
    pass


class Sigmoid(FunctionLayer, function=sigmoid):
    pass


class Tanh(FunctionLayer, function=tanh):
    pass


class GLU(FunctionLayer, function=glu):
    pass


class Softmax(FunctionLayer, function=softmax):
    """``eˣ`` divided by its sum along ``dim``."""


class LogSoftmax(FunctionLayer, function=log_softmax):
    """The logarithm of the softmax along ``dim``, without overflow."""


class Softmin(FunctionLayer, function=softmin):
    pass


class RReLU(Module):
    """`nn.functional.rrelu`: a leaky relu whose slopes are drawn anew at each call in training.

    Parameters
    ----------
    lower, upper : float
        Between which the slopes of negative numbers are drawn; in evaluation they are the middle.
    inplace : bool
        Whether the input itself is changed.
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, x: Any) -> Any:
        return rrelu(x, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        text = f"lower={self.lower}, upper={self.upper}"
        return f"{text}, inplace=True" if self.inplace else text


class _Shrink(FunctionLayer):
    def extra_repr(self) -> str:
        return str(self.lambd)


class Softshrink(_Shrink, function=softshrink, without="inplace"):
    pass


class Hardshrink(_Shrink, function=hardshrink, without="inplace"):
    pass


class Softmax2d(Module):
    """The softmax over the channels of images, shape ``(N, C, H, W)`` or ``(C, H, W)``."""

    def forward(self, x: Any) -> Any:
        if x.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {x.ndim}D instead")
        return ag.softmax(x, dim=-3)


class PReLU(Module):
    """`prelu` with weights that are learned.

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels.
    init : float
        The weights to begin with.

    Attributes
    ----------
    weight : Parameter
        Shape ``(num_parameters,)``.
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = blank(num_parameters, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to ``init``."""
        init.constant_(self.weight, self.init)

    def forward(self, x: Any) -> Any:
        return prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
