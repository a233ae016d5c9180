"""The engine under the names that ``torch.autograd`` gives it, for programs that write them out:
``autograd.grad(loss, w)``.

Everything here is also one level higher: `autograd_engine.grad` is the same function.
"""

from collections.abc import Sequence
from typing import Any
import warnings

from ..core.backward import backward as sweep_backward, grad
from ..core.errors import GraphError
from ..core.tensor import Tensor
from ..transforms.function import Function
from ..transforms.gradcheck import gradcheck, gradgradcheck
from ..core.modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from . import functional, graph

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "graph",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def __dir__() -> list[str]:
    return __all__


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of several tensors, in one sweep, into the ``.grad`` of the leaves
    they were computed from.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        What to differentiate; the sum of their gradients is accumulated.
    grad_tensors : Tensor or sequence of (Tensor or None), optional
        The cotangent of each, of its shape; None stands for 1 where a tensor has one element.
    retain_graph, create_graph, inputs
        See `Tensor.backward`.
    grad_variables
        What ``grad_tensors`` was called once.

    Raises
    ------
    RuntimeError
        If there are not as many ``grad_tensors`` as ``tensors``, ``inputs`` is empty, or a tensor
        cannot be differentiated.

    Examples
    --------
    >>> from autograd_engine import autograd, tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> autograd.backward([x**2, 2 * x])
    >>> x.grad
    tensor(8.)
    """
    if grad_variables is not None:
        warnings.warn("grad_variables is called grad_tensors now", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise GraphError("grad_variables is the old name of grad_tensors: give one of them")
        grad_tensors = grad_variables
    if inputs is not None and not isinstance(inputs, Tensor) and not len(inputs):
        raise GraphError(
            "inputs=[] asks for no gradient at all; leave it out for those of all leaves"
        )
    targets = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    seeds: list[Any] = [None] * len(targets)
    if isinstance(grad_tensors, Tensor):
        seeds = [grad_tensors]
    elif grad_tensors is not None:
        seeds = list(grad_tensors)
    if targets:
        sweep_backward(targets, seeds, retain_graph, create_graph, inputs)
