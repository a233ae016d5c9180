"""Losses between scores and yes-or-no answers, one or several for each sample."""

from __future__ import annotations

from typing import Any

from autograd_engine import clamp, decide, log, named_errors, primitive, sigmoid, softplus, where
from autograd_engine.func import is_batched

from ..precision import single_inside
from .reduction import Loss, RowLoss, how_to_fit, reduce


def _log_at_least(x: Any) -> Any:
    """``log x``, but no less than -100."""
    return where(x > 0, clamp(log(where(x > 0, x, 1)), min=-100), -100)


def _require_same_shape(input: Any, target: Any) -> None:
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({list(target.shape)}) must be the same as input size "
            f"({list(input.shape)}){how_to_fit(tuple(input.shape), tuple(target.shape))}"
        )


@primitive(
    vjp=(
        lambda g, x, target: g * (x - target) / clamp(x * (1 - x), min=1e-12),
        lambda g, x: g * (log(1 - x) - log(x)),
    ),
    promote="float",
    batching="pointwise",
)
def _binary_cross_entropy(x, target):
    """``-(t log x + (1 - t) log(1 - x))`` with logarithms of at least -100."""
    return -(target * _log_at_least(x) + (1 - target) * _log_at_least(1 - x))


@named_errors
@single_inside
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The cross-entropy ``-(t log x + (1 - t) log(1 - x))`` of probabilities ``x``.

    Logarithms are limited to at least -100, so that the loss is finite. For logits take
    `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    input : Tensor
        Probabilities, any shape.
    target : Tensor
        Numbers from 0 to 1, of the input's shape.
    weight : Tensor, optional
        A weight for each element, broadcast to the input's shape.
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If the shapes differ.
    RuntimeError
        If an input is no probability.
    """
    _require_same_shape(input, target)
    if not is_batched(input):
        decide(_check_probabilities, input)
    loss = _binary_cross_entropy(input, target)
    return reduce(loss if weight is None else loss * weight, reduction)


def _check_probabilities(x: Any) -> None:
    if not ((x >= 0) & (x <= 1)).all():
        raise RuntimeError(
            "all elements of input should be between 0 and 1; for logits use "
            "binary_cross_entropy_with_logits"
        )


@primitive(
    vjp=(lambda g, x, target: g * (sigmoid(x) - target), lambda g, x: -g * x),
    promote="float",
    batching="pointwise",
)
def _logistic(x, target):
    """``-(t log σ(x) + (1 - t) log(1 - σ(x)))``."""
    return (1 - target) * x + softplus(-x)


@named_errors
@single_inside
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """The cross-entropy ``-(t log σ(x) + (1 - t) log(1 - σ(x)))`` of logits ``x``, finite for any
    logit.

    Parameters
    ----------
    input : Tensor
        Logits, any shape.
    target : Tensor
        Numbers from 0 to 1, of the input's shape.
    weight : Tensor, optional
        A weight for each element, broadcast to the input's shape.
    reduction : {"mean", "sum", "none"}
    pos_weight : Tensor, optional
        A factor for the first term, for each class (the last dimension).

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits(tensor([0., 1000.]), tensor([1., 0.]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    _require_same_shape(input, target)
    if pos_weight is None:
        loss = _logistic(input, target)
    else:
        loss = (1 - target) * input + (1 + (pos_weight - 1) * target) * softplus(-input)
    return reduce(loss if weight is None else loss * weight, reduction)


@named_errors
@single_inside
def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """`binary_cross_entropy_with_logits`, averaged over the classes (the last dimension)."""
    loss = _logistic(input, target)
    return reduce((loss if weight is None else loss * weight).mean(-1), reduction)


class BCELoss(Loss, function=binary_cross_entropy, inputs=2):
    pass


class BCEWithLogitsLoss(Loss, function=binary_cross_entropy_with_logits, inputs=2):
    pass


class MultiLabelSoftMarginLoss(RowLoss, function=multilabel_soft_margin_loss, inputs=2):
    pass
