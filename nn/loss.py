"""Losses."""

from __future__ import annotations

from typing import Any

from autograd_engine import log_softmax, take_along_dim

from .layer import FunctionLayer


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The mean of ``(input - target)²``."""
    loss = (input - target) ** 2
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


class MSELoss(FunctionLayer, function=mse_loss, inputs=2, shown=False):
    """The mean squared error."""


def cross_entropy(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The mean of ``-log softmax(input)[target]``."""
    loss = -take_along_dim(log_softmax(input, dim=1), target.reshape((-1, 1)), dim=1)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


class CrossEntropyLoss(FunctionLayer, function=cross_entropy, inputs=2, shown=False):
    """The cross entropy of logits and class indices."""
