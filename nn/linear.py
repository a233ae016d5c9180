"""Linear and bilinear maps, and the layers that only change a shape."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import ShapeError, einsum, linear, named_errors

from . import init
from .lazy import Lazy
from .lists import takes_lists
from .module import Module
from .parameter import blank


class Identity(Module):
    """Gives back its input. Takes any arguments and ignores them: it stands in for a layer that is
    left out.

    Examples
    --------
    >>> import nn
    >>> nn.Identity(54, unused=True)("anything")
    'anything'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """``y = x Wᵀ + b``.

    Parameters
    ----------
    in_features, out_features : int
        The length of the last dimension, before and after.
    bias : bool
        Whether there is a ``b``.
    device : "cpu", optional
    dtype : numpy dtype or name, optional
        Of the parameters; by default the default dtype.

    Attributes
    ----------
    weight : Parameter
        Shape ``(out_features, in_features)``, drawn from U(-1/√in_features, 1/√in_features).
    bias : Parameter or None
        Shape ``(out_features,)``, drawn from the same distribution.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.Linear(20, 30)(ones(128, 20)).shape
    (128, 30)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = blank(out_features, in_features, device=device, dtype=dtype)
        self.register_parameter(
            "bias", blank(out_features, device=device, dtype=dtype) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.default_(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class LazyLinear(Lazy, Linear, unknown="in_features"):
    """A `Linear` that learns ``in_features`` from its first input, and is a `Linear` from then on.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> layer = nn.LazyLinear(3)
    >>> _ = layer(ones(4, 2)); layer
    Linear(in_features=2, out_features=3, bias=True)
    """

    def length(self, input: Any) -> int:
        return input.shape[-1]

    def loaded_length(self, state: Any) -> int:
        return state["weight"].shape[1]


class Bilinear(Module):
    """``y[o] = x1ᵀ W[o] x2 + b[o]``.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The length of the last dimension of both inputs and of the output.
    bias : bool
        Whether there is a ``b``.

    Attributes
    ----------
    weight : Parameter
        Shape ``(out_features, in1_features, in2_features)``, drawn from U(-1/√in1_features,
        1/√in1_features).
    bias : Parameter or None
        Shape ``(out_features,)``.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = blank(out_features, in1_features, in2_features, device=device, dtype=dtype)
        self.register_parameter(
            "bias", blank(out_features, device=device, dtype=dtype) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


@named_errors
@takes_lists
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """``y[..., o] = Σ x1[..., i] W[o, i, j] x2[..., j] + b[o]``."""
    if input1.shape[:-1] != input2.shape[:-1]:
        shapes = f"{list(input1.shape)} and {list(input2.shape)}"
        raise ShapeError(
            f"bilinear takes inputs that differ in their last dimension only, got {shapes}"
        )
    out = einsum("...i,oij,...j->...o", input1, weight, input2)
    return out if bias is None else out + bias


class Flatten(Module):
    """Joins the dimensions from ``start_dim`` to ``end_dim`` into one.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.Flatten()(ones(32, 3, 5, 5)).shape
    (32, 75)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits dimension ``dim`` into several; one of their lengths may be -1.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> nn.Unflatten(1, (3, -1))(ones(32, 75)).shape
    (32, 3, 25)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)) or not all(
            isinstance(n, int) for n in unflattened_size
        ):
            raise TypeError(f"unflattened_size must be tuple of ints, but got {unflattened_size!r}")
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Any) -> Any:
        dim = range(input.ndim)[self.dim]
        return input.reshape(
            tuple(input.shape[:dim]) + self.unflattened_size + tuple(input.shape[dim + 1 :])
        )

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
