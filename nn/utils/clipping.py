"""Gradients kept within bounds, in place, between ``backward()`` and ``step()``."""

from __future__ import annotations

import math
from typing import Iterable

import numpy as np

from autograd_engine import Tensor, no_grad, tensor

from ..precision import in_single

TINY = 1e-6
"""What is added to a norm, so that one of zero can be divided by."""

ROW = 2**12
"""How many squares are added up in one go: in float32 longer sums lose digits."""


def _present_gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in _as_list(parameters) if p.grad is not None]


def _as_list(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The norm of several tensors as if they were one vector.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float
        The order of the norm; ``float("inf")`` for the greatest magnitude. That of float16 is
        float32, in which it is finite.
    error_if_nonfinite : bool
        Whether a norm that is infinite or NaN is an error.

    Raises
    ------
    RuntimeError
        See ``error_if_nonfinite``.
    """
    arrays = [in_single(t.detach()).numpy().ravel() for t in _as_list(tensors)]
    if not arrays:
        return tensor(0.0)
    norms = [_norm(array, norm_type) for array in arrays]
    total = arrays[0].dtype.type(np.linalg.norm(np.asarray(norms, "float64"), norm_type))
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"the total norm of order {norm_type} of the gradients is {total}, so it cannot be "
            "clipped; "
            "look for its cause with detect_anomaly(), or scale all the same with "
            "error_if_nonfinite=False"
        )
    return tensor(total)


def _norm(vector: np.ndarray, norm_type: float) -> float:
    if norm_type == 2:
        return math.sqrt(_sum_of_squares(vector))
    return float(np.linalg.norm(vector, norm_type))


def _sum_of_squares(vector: np.ndarray) -> float:
    whole = vector.size // ROW * ROW
    rest = vector[whole:]
    found = float(rest @ rest)
    if whole:
        rows = vector[:whole].reshape((-1, 1, ROW))
        with np.errstate(all="ignore"):  # what overflows is infinite, as `dot` has it
            found += float((rows @ rows.swapaxes(1, 2)).sum(dtype="float64"))
    return found


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor
) -> None:
    """Multiply the gradients by ``max_norm / (total_norm + 1e-6)`` where that is less than 1, in
    place.
    """
    factor = float(max_norm) / (float(total_norm) + TINY)
    if not factor >= 1:  # also where it is NaN
        for gradient in _present_gradients(parameters):
            gradient.mul_(factor)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale the gradients down, in place, so that their norm as one vector is at most ``max_norm``
    (Pascanu et al., 2013).

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
    norm_type, error_if_nonfinite
        See `get_total_norm`.

    Returns
    -------
    Tensor
        The norm before.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.utils import clip_grad_norm_
    >>> x = tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> clip_grad_norm_(x, 1.0), x.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    parameters = _as_list(parameters)
    total = get_total_norm(_present_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit each element of the gradients to the interval from ``-clip_value`` to ``clip_value``,
    in place.
    """
    for gradient in _present_gradients(parameters):
        gradient.clamp_(-float(clip_value), float(clip_value))
