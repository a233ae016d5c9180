"""What every loss does at its two ends: compare the shapes of input and target, and reduce the
elements to one number.
"""

from __future__ import annotations

import warnings
from typing import Any

from ..layer import FunctionLayer


class Loss(FunctionLayer):
    """A loss function as a module. Class weights become buffers."""

    def extra_repr(self) -> str:
        return ""


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
    if reduction == "mean":
        return loss.mean() if total is None else loss.sum() / total
    return loss.sum() if reduction == "sum" else loss


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


def warn_if_broadcast(input: Any, target: Any) -> None:
    """Warn where input and target differ in shape: ``(n, 1)`` against ``(n,)`` compares each with
    each.
    """
    if input.shape != target.shape:
        warnings.warn(
            f"Using a target size ({list(target.shape)}) that is different to the input size "
            f"({list(input.shape)}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they "
            "have the same size.",
            UserWarning,
            stacklevel=3,
        )
