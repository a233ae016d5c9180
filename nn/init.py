"""Ways to initialise parameters, in place."""

from __future__ import annotations

from autograd_engine import Tensor, no_grad, rand


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Fill with draws from the uniform distribution on [a, b)."""
    return tensor.copy_(rand(tensor.shape, dtype=tensor.dtype) * (b - a) + a)


@no_grad()
def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return tensor.zero_()
