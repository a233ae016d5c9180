"""Parameters: the tensors that a layer learns.

A `Parameter` is a tensor like any other; its type is what tells a `Module` that it belongs to the
model's weights.
"""

from __future__ import annotations

from typing import Any

import autograd_engine as ag
from autograd_engine import Tensor


class Parameter(Tensor):
    """A tensor that a module lists among its `parameters()` once it is an attribute of the module.

    Parameters
    ----------
    data : Tensor or array_like, optional
        The values. A tensor's memory is shared, as in PyTorch; anything else is copied. By default
        empty, shape (0,).
    requires_grad : bool
        Whether gradients are wanted with respect to it.

    Raises
    ------
    RuntimeError
        If ``data`` is not floating point and gradients are wanted.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn import Parameter
    >>> Parameter(tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    is_parameter = True
    """What tells pictures of graphs, and a graph alone does not, that a leaf is a model's own."""

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        super().__init__(0.0)
        self.data = self._values(data)
        self.requires_grad_(requires_grad)

    @staticmethod
    def _values(data: Any) -> Tensor:
        if data is None:
            return ag.zeros(0)
        if isinstance(data, Tensor):
            return data.detach()
        return ag.tensor(data)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{self.detach().requires_grad_(self.requires_grad)!r}"


class Buffer(Tensor):
    """A tensor that becomes a buffer of the module whose attribute it is set to.

    Parameters
    ----------
    data : Tensor or array_like, optional
        The values; a tensor's memory is shared. By default empty, shape (0,).
    persistent : bool
        Whether it is part of the `state_dict`.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import zeros
    >>> module = nn.Module()
    >>> module.steps = nn.Buffer(zeros(1))
    >>> list(module.state_dict())
    ['steps']
    """

    __slots__ = ()

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        super().__init__(0.0)
        self.data = Parameter._values(data)
        self.persistent = persistent


def blank(*size: int, device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter whose values a layer's ``reset_parameters`` is still to draw.

    Raises
    ------
    ValueError
        If a length is negative.
    """
    if any(length < 0 for length in size):
        raise ValueError(f"a layer's sizes cannot be negative, got a parameter of shape {size}")
    return Parameter(ag.zeros(size, dtype=dtype).to(device))
