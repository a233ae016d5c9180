"""Losses that ask for a distance: between scores, or between points that belong together and points
that do not.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from autograd_engine import (
    ShapeError,
    as_tensor,
    clamp,
    decide,
    minimum,
    named_errors,
    softplus,
    sqrt,
    take_along_dim,
    where,
)
from autograd_engine.func import is_batched

from ..distance import PairwiseDistance, pairwise_distance, unit_of
from .classification import onehot_rows, refuse_gradient, require_classes, rows_and_targets
from ..precision import single_inside
from .reduction import Loss, RowLoss, reduce


def hinge(x: Any) -> Any:
    """``max(x, 0)``, with derivative 1 at 0 as PyTorch's margin losses have it."""
    return clamp(x, min=0)


@named_errors
@single_inside
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    """The distance ``x`` of similar pairs (target 1); ``max(0, margin - x)`` of dissimilar ones
    (target -1).

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import hinge_embedding_loss
    >>> hinge_embedding_loss(tensor([0.2, 0.2]), tensor([1, -1]), reduction="none")
    tensor([0.2000, 0.8000])
    """
    return reduce(
        where(target != 1, hinge(margin - input), 0) + where(target != -1, input, 0), reduction
    )


@named_errors
@single_inside
def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """``log(1 + e^(-t x))`` for targets 1 and -1."""
    return reduce(softplus(-target * input), reduction)


@named_errors
@single_inside
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """``max(0, -t (x1 - x2) + margin)``: the first is to rank higher where ``t`` is 1, the second
    where it is -1.
    """
    if not input1.ndim == input2.ndim == target.ndim:
        shapes = ", ".join(str(list(x.shape)) for x in (input1, input2, target))
        raise ShapeError(
            f"margin_ranking_loss: all input tensors should have same dimension, got sizes {shapes}"
        )
    return reduce(hinge(-target * (input1 - input2) + margin), reduction)


@named_errors
@single_inside
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """``1 - cos`` of similar pairs (target 1); ``max(0, cos - margin)`` of dissimilar ones (target
    -1).

    Parameters
    ----------
    input1, input2 : Tensor
        Shape ``(N, D)`` or ``(D,)``.
    target : Tensor
        Shape ``(N,)`` or ``()``.
    margin : float
        From -1 to 1.
    reduction : {"mean", "sum", "none"}
    """
    if input1.ndim not in (1, 2) or input1.ndim != input2.ndim or target.ndim != input1.ndim - 1:
        raise ShapeError(
            "cosine_embedding_loss takes inputs of shape (N, D) with a target (N,), or (D,) with "
            "(); "
            f"got {list(input1.shape)}, {list(input2.shape)} and {list(target.shape)}"
        )
    cos = (_direction(input1) * _direction(input2)).sum(-1)
    return reduce(
        where(target == 1, 1 - cos, 0) + where(target == -1, hinge(cos - margin), 0), reduction
    )


def _direction(x: Any) -> Any:
    """``x / sqrt(|x|² + 1e-12)``."""
    least = 1e-12
    unit = unit_of(x, 2.0, -1)
    if unit is not None:
        x = x / unit
        least = (least / np.square(unit, dtype="float64")).astype(x.dtype)
    return x / sqrt((x * x).sum(-1, keepdims=True) + least)


@named_errors
@single_inside
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """``max(0, d(a, p) - d(a, n) + margin)``: the positive is to be nearer to the anchor than the
    negative.

    Parameters
    ----------
    anchor, positive, negative : Tensor
        Shape ``(N, D)`` or ``(D,)``.
    margin : float
        By how much nearer; positive.
    p, eps : float
        See `pairwise_distance`.
    swap : bool
        Whether ``d(p, n)`` counts in place of ``d(a, n)`` where it is smaller (Balntas et al.,
        2016).
    reduction : {"mean", "sum", "none"}
    """

    def distance(x1: Any, x2: Any) -> Any:
        return pairwise_distance(x1, x2, p, eps)

    return triplet_margin_with_distance_loss(
        anchor,
        positive,
        negative,
        distance_function=distance,
        margin=margin,
        swap=swap,
        reduction=reduction,
    )


@named_errors
@single_inside
def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_loss` with a distance of one's own, by default `pairwise_distance`."""
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        shapes = ", ".join(str(list(x.shape)) for x in (anchor, positive, negative))
        raise ShapeError(
            "the anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, got {shapes}"
        )
    distance = distance_function or pairwise_distance
    near = distance(anchor, positive)
    far = distance(anchor, negative)
    return reduce(
        hinge(near - (minimum(far, distance(positive, negative)) if swap else far) + margin),
        reduction,
    )


@named_errors
@single_inside
def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    """The mean over classes ``i ≠ t`` (divided by C) of ``max(0, margin - x[t] + x[i])^p``, times
    the target's weight.

    Parameters
    ----------
    input : Tensor
        Scores, shape ``(N, C)`` or ``(C,)``.
    target : Tensor
        Class indices, shape ``(N,)`` or ``()``.
    p : {1, 2}
    margin : float
    weight : Tensor, optional
        Shape ``(C,)``.
    reduction : {"mean", "sum", "none"}
    """
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, got {p}")
    if input.ndim == 0:  # a single class
        return multi_margin_loss(
            input.reshape((1,)), target, p, margin, weight, reduction=reduction
        )
    x, classes = rows_and_targets(input, target)
    _check(classes, x.shape[1])
    own = take_along_dim(x, classes.reshape((-1, 1)), 1)
    others = 1 - onehot_rows(classes, classes=x.shape[1], dtype=x.dtype)
    excess = hinge(margin - own + x) * others
    loss = (excess if p == 1 else excess * excess).sum(1) / x.shape[1]
    if weight is not None:
        refuse_gradient(weight, x.shape[1])
        loss = loss * as_tensor(weight).detach()[classes]
    return reduce(loss.reshape(tuple(target.shape)), reduction)


def _check(classes: Any, count: int) -> None:
    """Have a look whether all targets are classes, where there is one target for all samples."""
    if not is_batched(classes):
        decide(require_classes, classes, count=count)


@named_errors
@single_inside
def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """The sum over labels ``j`` and other classes ``i`` of ``max(0, 1 - (x[j] - x[i]))``, divided
    by C.

    Parameters
    ----------
    input : Tensor
        Scores, shape ``(N, C)`` or ``(C,)``.
    target : integer Tensor
        Of the input's shape: each row lists its labels and then -1.
    reduction : {"mean", "sum", "none"}
    """
    if input.ndim == 0 and target.ndim == 0:  # a single class
        return multilabel_margin_loss(
            input.reshape((1,)), target.reshape((1,)), reduction=reduction
        )
    if target.shape != input.shape or input.ndim not in (1, 2):
        raise ShapeError(
            f"inconsistent target size: {list(target.shape)} for an input of {list(input.shape)}"
        )
    x = input.reshape((-1, input.shape[-1]))
    listed = as_tensor(target).reshape(x.shape)
    most = x.shape[1]
    if not is_batched(listed):
        most = decide(_most_labels, listed)
    listed = listed[:, :most]
    is_label = (listed < 0).cumsum(1) == 0
    labels = where(is_label, listed, 0)
    members = (labels[..., None] == np.arange(x.shape[1])) & is_label[..., None]
    apart = is_label[..., None] & ~members.any(1)[:, None]
    excess = hinge(1 - take_along_dim(x, labels, 1)[..., None] + x[:, None])
    loss = where(apart, excess, 0).sum((1, 2)) / x.shape[1]
    return reduce(loss.reshape(tuple(input.shape[:-1])), reduction)


def _most_labels(listed: np.ndarray) -> int:
    """How many labels the row with most of them has.

    Raises
    ------
    IndexError
        If one of them is no class.
    """
    is_label = np.cumsum(listed < 0, 1) == 0
    require_classes(listed[is_label], listed.shape[1])
    return int(is_label.sum(1).max(initial=0))


class HingeEmbeddingLoss(Loss, function=hinge_embedding_loss, inputs=2):
    pass


class SoftMarginLoss(Loss, function=soft_margin_loss, inputs=2):
    pass


class MarginRankingLoss(Loss, function=margin_ranking_loss, inputs=3):
    pass


class CosineEmbeddingLoss(RowLoss, function=cosine_embedding_loss, inputs=3):
    pass


class TripletMarginLoss(RowLoss, function=triplet_margin_loss, inputs=3):
    pass


class TripletMarginWithDistanceLoss(RowLoss, function=triplet_margin_with_distance_loss, inputs=3):
    def __init__(self, *, distance_function: Callable | None = None, **arguments: Any) -> None:
        super().__init__(distance_function=distance_function or PairwiseDistance(), **arguments)


class MultiMarginLoss(RowLoss, function=multi_margin_loss, inputs=2):
    pass


class MultiLabelMarginLoss(RowLoss, function=multilabel_margin_loss, inputs=2):
    pass
