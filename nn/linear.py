"""Linear and bilinear maps."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import linear

from . import init
from .module import Module
from .parameter import blank


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

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = blank(out_features, in_features, device=device, dtype=dtype)
        self.bias = blank(out_features, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
