"""All parameters of a model as one vector, and back."""

from __future__ import annotations

from typing import Iterable

from autograd_engine import ShapeError, Tensor, cat


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other; gradients flow through.

    Examples
    --------
    >>> import nn
    >>> nn.utils.parameters_to_vector(nn.Linear(2, 3).parameters()).shape
    (9,)
    """
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give the parameters the values of a vector, one after the other.

    Raises
    ------
    RuntimeError
        If the vector has not as many elements as the parameters; nothing has been changed then.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected a Tensor, but got: {type(vec).__name__}")
    parameters = list(parameters)
    total = sum(parameter.numel() for parameter in parameters)
    if vec.numel() != total:
        raise ShapeError(f"a vector of shape {list(vec.shape)} for parameters of {total} elements")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].reshape(tuple(parameter.shape)).detach().clone()
        start = end
