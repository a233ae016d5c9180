"""What every loss does at its two ends: compare the shapes of input and target, and reduce the
elements to one number.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from autograd_engine import as_tensor, decide
from autograd_engine.func import is_batched

from ..layer import FunctionLayer
from ..outside import user_level


class Loss(FunctionLayer):
    """A loss function as a module. Class weights become buffers."""

    def counted(self, *inputs: Any) -> float:
        """How much a batch counts: what its mean divides the sum by.

        ``Σ mean * counted / Σ counted`` over batches is the mean over all of them, also where
        classes have weights, targets are ignored or batches differ in length.

        Parameters
        ----------
        *inputs
            What the loss is called with.
        """
        return math.prod(np.broadcast_shapes(*(tuple(x.shape) for x in inputs[:2])))

    def extra_repr(self) -> str:
        return ""


class RowLoss(Loss):
    """A loss with one number for each row of its first input, over which the mean is taken."""

    def counted(self, *inputs: Any) -> float:
        return math.prod(inputs[0].shape[:-1])


def reduce(loss: Any, reduction: str, total: Any = None) -> Any:
    """The mean, the sum, or the elements themselves.

    Parameters
    ----------
    loss : Tensor
        The elements.
    reduction : {"mean", "sum", "none"}
    total : Tensor or float, optional
        What the mean divides the sum by, by default the number of elements.

    Raises
    ------
    ValueError
        For any other ``reduction``.
    """
    check(reduction)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if total is None:
        return loss.mean()
    if not is_batched(total) and decide(_is_nothing, as_tensor(total)):
        return undefined_mean(loss.sum())
    return loss.sum() / total


def _is_nothing(total: Any) -> bool:
    return bool(total == 0)


def undefined_mean(total: Any) -> Any:
    """The mean of a sum in which nothing counts: NaN, whose gradient is 0.

    A batch without a single target says nothing about what is to be learned, and does it no harm.
    """
    return total + math.nan


def check(reduction: str) -> None:
    """Raise unless ``reduction`` is "mean", "sum" or "none"."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(
            f"{reduction!r} is not a valid value for reduction; it is 'mean', 'sum' or 'none'"
        )


def weighted(loss: Any, weight: Any) -> Any:
    """The elements times their weights, which have their shape."""
    if weight is None:
        return loss
    if weight.shape != loss.shape:
        raise ValueError(
            f"Weights and input must have the same size, got {list(weight.shape)} and "
            f"{list(loss.shape)}"
        )
    return loss * weight


def reduce_weighted(loss: Any, weight: Any, reduction: str) -> Any:
    """The weighted elements, or their sum, or their mean: the sum divided by the weights'."""
    if weight is None:
        return reduce(loss, reduction)
    return reduce(weighted(loss, weight), reduction, weight.sum())


def how_to_fit(shape: Any, expected: Any) -> str:
    """How a target of shape ``expected`` gets the input's, where that is a matter of writing."""
    if math.prod(shape) != math.prod(expected):
        return ""
    return f": target.reshape{(-1, *tuple(shape)[1:])}"


def warn_if_broadcast(input: Any, target: Any) -> None:
    """Warn where input and target differ in shape: ``(n, 1)`` against ``(n,)`` compares each with
    each.
    """
    shape = getattr(input, "shape", ())  # a number has none
    expected = getattr(target, "shape", ())
    if shape != expected:
        warnings.warn(
            f"Using a target size ({list(expected)}) that is different to the input size "
            f"({list(shape)}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they "
            f"have the same size{how_to_fit(shape, expected)}.",
            UserWarning,
            stacklevel=user_level(),
        )
