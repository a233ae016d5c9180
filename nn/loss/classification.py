"""Losses between scores and classes: cross-entropy in its forms.

Cross-entropy with class indices is one op. Its forward pass leaves the probabilities behind, and
the gradient is these minus one at each target, so that a step costs one pass over the logits each
way.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from autograd_engine import (
    GraphError,
    ShapeError,
    Tensor,
    as_tensor,
    exp,
    expm1,
    get_default_dtype,
    is_grad_enabled,
    log,
    log_softmax,
    named_errors,
    primitive,
    softmax,
    take_along_dim,
    where,
)
from autograd_engine import are_within, decide, is_traced
from autograd_engine.func import is_batched
from autograd_engine import sum as total
from autograd_engine.kernels import greatest, kernel, real, take_powers, with_kernels

from ..activation import kinked
from ..outside import user_level
from ..precision import single_inside
from .reduction import Loss, check, reduce, undefined_mean


MANY = 2048
"""From how many classes on the engine's sum is taken, which keeps the digits of so many terms;
NumPy's own is faster for fewer.
"""


class Rows(NamedTuple):
    """How the rows of scores count in a loss: computed once from targets, weights and reduction."""

    target: np.ndarray  # the class of each row, 0 where it is ignored
    scale: Any  # the factor of each row, or one number for all
    ignored: np.ndarray | None  # which rows are ignored, if any are
    empty: bool  # whether there is no mean, because nothing counts


def _operand(target: Any, index: np.ndarray, rows: Rows) -> Any:
    """The class of each row, as what a recording knows: a tensor where the targets are one and
    stand for themselves.
    """
    if rows.target is index and isinstance(target, Tensor):
        return target if target.ndim == 1 else target.reshape(-1)
    return rows.target


def _by_target(values: Any, target: np.ndarray, shape: tuple, dtype: Any) -> np.ndarray:
    """A matrix that holds ``values`` in each row at its target, and else zeros."""
    matrix = np.zeros(shape, dtype)
    matrix[np.arange(len(target)), target] = values
    return matrix


def _onehot_with_ops(target: Any, *, classes: int, dtype: Any) -> Any:
    """The same, with ops."""
    return (target.reshape((-1, 1)) == np.arange(classes)).to(dtype)


@primitive(batching=_onehot_with_ops)
def onehot_rows(target, *, classes, dtype):
    """A matrix that holds 1 in each row at its target, and else zeros."""
    return _by_target(1, target, (len(target), classes), dtype)


def _as_column(factor: Any) -> Any:
    return factor.reshape((-1, 1)) if factor.ndim else factor


def _cross_entropy_rule(
    g: Any, x: Any, target: Any, scale: Any, ignored: Any, summed: bool, kept: dict
) -> Any:
    """``(softmax(x) - onehot(target)) * scale * g``, from the kept probabilities; with ops where it
    is recorded.
    """
    factor = g * scale
    if isinstance(x, Tensor):
        onehot = onehot_rows(target, classes=x.shape[1], dtype=x.dtype)
        return (softmax(without(x, ignored), dim=1) - onehot) * _as_column(factor)
    grad = kept["probabilities"] * factor  # in the order in memory that these have
    flat = grad.reshape(-1, order="A")
    flat[kept["places"]] -= factor
    return grad.T


def _cross_entropy_with_ops(
    x: Any, target: Any, *, scale: Any, ignored: Any, summed: bool, kept: dict
) -> Any:
    """The same, with an op for each thing that is done."""
    log_p = log_softmax(without(x, ignored), dim=1)
    return _nll_with_ops(log_p, target, scale=scale, ignored=None, summed=summed)


@kernel
def _cross_entropy_of_rows(x, target, probabilities, losses):
    for i in range(x.shape[0]):
        top = greatest(x[i])
        whole = real(take_powers(x[i], top, probabilities[i]))
        for j in range(x.shape[1]):
            probabilities[i, j] /= whole
        losses[i] = np.log(whole) - (x[i, target[i]] - top)


def _cross_entropy_by_kernel(
    x: np.ndarray, target: Any, *, scale: Any, ignored: Any, summed: bool, kept: dict
) -> Any:
    if ignored is not None or not x.size:
        return None
    _look_for_probabilities(x)
    probabilities = np.empty(x.shape, x.dtype)
    losses = np.empty(len(x), x.dtype)
    target = np.ascontiguousarray(target, np.int64)
    _cross_entropy_of_rows(np.ascontiguousarray(x), target, probabilities, losses)
    kept["probabilities"] = probabilities.T
    kept["places"] = np.arange(len(x)) * x.shape[1] + target
    return _weighted(losses, scale, summed)


def _weighted(losses: Any, scale: Any, summed: bool) -> Any:
    if summed and isinstance(scale, (int, float)):
        return losses.sum() * losses.dtype.type(scale)
    losses *= scale
    return losses.sum() if summed else losses


def _look_for_probabilities(x: Any) -> None:
    """Warn of probabilities; no more is looked at where the first number cannot be one."""
    if x.size and 0 <= x.item(0) <= 1:
        warn_of_probabilities(x, SCORES_WANTED)


@primitive(vjp=(_cross_entropy_rule, None), batching=_cross_entropy_with_ops)
@with_kernels(_cross_entropy_by_kernel)
def _cross_entropy(x, target, *, scale, ignored, summed, kept):
    """``scale * (logsumexp(x) - x[target])`` for each row of ``x``, or the sum of these."""
    _look_for_probabilities(x)
    columns = np.ascontiguousarray(x.T)  # NumPy reduces short rows much slower than long columns
    if ignored is not None:
        columns = np.where(ignored, 0, columns)  # whatever stands there does not count
    columns = columns - np.maximum.reduce(columns, 0)
    powers = np.exp(columns)
    sums = np.add.reduce(powers, 0) if len(powers) < MANY else total(powers, 0)
    powers /= sums
    n = len(target)
    kept["probabilities"] = powers
    kept["places"] = target.astype(np.intp, copy=False) * n + np.arange(n)
    return _weighted(np.log(sums) - columns.take(kept["places"]), scale, summed)


SCORES_WANTED = (
    "this loss takes their softmax itself: give it the scores before the softmax; of probabilities "
    "it can never get near 0"
)
LOGS_WANTED = "this loss takes their logarithms: give it log_softmax in place of softmax"
SEEN = 8
"""How many scores of the first row are looked at before the others are."""


def warn_of_probabilities(x: Any, wanted: str) -> None:
    """Warn where scores are rows of probabilities: a softmax is taken of them once more, or their
    logarithm was forgotten. Written-down rows of zeros and ones are scores.
    """
    if is_batched(x) or is_traced():
        return
    scores = x.numpy() if isinstance(x, Tensor) else x
    if scores.ndim == 1:
        scores = scores[None]
    if not scores.size or scores.shape[1] == 1 or scores.dtype.kind != "f":
        return
    first = scores[(0, slice(SEEN)) + (0,) * (scores.ndim - 2)].tolist()
    if min(first) < 0:
        return
    least = 0.99 if scores.shape[1] <= SEEN else 0.0
    if not least < sum(first) < 1.01:  # as nearly all: no more is looked at
        return
    with np.errstate(invalid="ignore"):
        off = np.abs(scores.sum(1, dtype=np.float64) - 1).max()
    if scores.min() < 0 or not off < _rounding(scores) or np.isin(scores, (0, 1)).all():
        return
    warnings.warn(
        f"the input is rows of probabilities (they add up to 1), and {wanted}",
        stacklevel=user_level(),
    )


def _rounding(scores: np.ndarray) -> float:
    """How far from 1 the sum of a row of probabilities may lie."""
    return 4 * float(np.finfo(scores.dtype).eps) * math.sqrt(scores.shape[1])


def class_rows(x: Any, target: Any) -> tuple[Any, np.ndarray]:
    """Logits ``(N, C, d1, ...)`` and targets ``(N, d1, ...)`` as rows ``(n, C)`` and a plain index
    array ``(n,)``.
    """
    x, target = rows_and_targets(x, target)
    return x, target.numpy() if isinstance(target, Tensor) else target


def rows_and_targets(x: Any, target: Any) -> tuple[Any, Any]:
    """The same, without a look at the targets: a tensor stays one."""
    if not isinstance(target, Tensor):
        target = np.asarray(target)
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"class indices are integers, got a target of {target.dtype}; for probabilities its "
            "shape is the input's"
        )
    expected = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
    if x.ndim == 0 or target.shape != expected:
        raise ShapeError(
            f"for an input of shape {list(x.shape)} the target has shape {list(expected)}, got "
            f"{list(target.shape)}"
        )
    if x.dtype.kind != "f":
        x = as_tensor(x).to(get_default_dtype())
    if x.ndim == 1:
        return x.reshape((1, -1)), target.reshape(-1)
    if x.ndim > 2:
        x = x.permute((0, *range(2, x.ndim), 1)).reshape((-1, x.shape[1]))
        target = target.reshape(-1)
    return x, target


def row_weights(target: np.ndarray, weight: Any, ignore_index: int | None, x: Any) -> np.ndarray:
    """The weight of each row: that of its class, and 0 where it is to be ignored."""
    keep = np.ones(target.shape, bool) if ignore_index is None else target != ignore_index
    safe = np.where(keep, target, 0)
    classes = x.shape[1]
    require_classes(safe, classes)
    return keep * (np.ones(classes, x.dtype) if weight is None else weight)[safe]


def require_classes(target: np.ndarray, count: int) -> None:
    """Raise an IndexError for a target that is none of so many classes."""
    if target.size and (target.min() < 0 or target.max() >= count):
        wrong = int(target.min() if target.min() < 0 else target.max())
        raise IndexError(
            f"Target {wrong} is out of bounds: there are {count} classes, from 0 to {count - 1}"
        )


def _require_kept_classes(target: np.ndarray, ignored: int, count: int) -> None:
    """The same, but for targets that are ignored."""
    require_classes(np.where(target == ignored, 0, target), count)


def rows_of(
    x: Any, target: np.ndarray, weight: Any, ignore_index: int, reduction: str = "none"
) -> Rows:
    """How rows ``x`` of shape (n, C) count; for a mean, the scale is already divided."""
    ignored = None
    scale: Any = 1
    count = len(target)
    if _needs_weights(target, weight, ignore_index, x.shape[1]):
        scale = row_weights(target, weight, ignore_index, x)
        count = scale.sum()
        ignored = target == ignore_index
        target = np.where(ignored, 0, target)
        if not ignored.any():
            ignored = None
    if reduction == "mean":
        scale = scale / (count or 1)
    return Rows(target, scale, ignored, reduction == "mean" and not count)


def without(x: Any, ignored: np.ndarray | None) -> Any:
    """Scores with zeros in the rows that are ignored: what stands there may not even be finite."""
    return x if ignored is None else where(ignored[:, None], 0, x)


def checked_weights(weight: Any, classes: int) -> Any:
    """The weights as a plain array. They are no argument of the ops here, so none of them can have
    a gradient, and one that wants it is refused.
    """
    if weight is None:
        return None
    refuse_gradient(weight, classes)
    return weight.detach().numpy() if isinstance(weight, Tensor) else weight


def refuse_gradient(weight: Any, classes: int) -> None:
    """Raise unless there is one weight for each class, and none is to have a gradient."""
    _check_shape(weight, classes)
    if isinstance(weight, Tensor) and weight.requires_grad and is_grad_enabled():
        raise GraphError(
            f"the weight of classes, of shape {list(weight.shape)}, requires gradients, and for "
            "class indices the loss has none for it; pass weight.detach(), or probabilities as "
            "target"
        )


def _check_shape(weight: Any, classes: int) -> None:
    """Raise unless there is one weight for each class."""
    if tuple(weight.shape) != (classes,):
        raise ShapeError(
            f"weight must have one entry for each of {classes} classes, got shape "
            f"{list(weight.shape)}"
        )


def _needs_weights(target: np.ndarray, weight: Any, ignore_index: int, classes: int) -> bool:
    """Whether rows differ in weight, or a target may be out of bounds."""
    if weight is not None or ignore_index >= 0 or not target.size:
        return True
    return not are_within(target, low=0, high=classes)


@named_errors
@single_inside
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """The cross-entropy ``-log softmax(input)[target]`` between logits and classes.

    Parameters
    ----------
    input : Tensor
        Logits, shape ``(C,)``, ``(N, C)`` or ``(N, C, d1, ...)``.
    target : Tensor
        Class indices, of the input's shape without ``C``; or probabilities, of the input's shape.
    weight : Tensor, optional
        Shape ``(C,)``: a weight for each class. The mean over class indices divides by the weights
        of the targets.
    ignore_index : int
        Targets with this index count for nothing.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        From 0 to 1: the part of each target's probability that is spread evenly over all classes.

    Returns
    -------
    Tensor
        A number, or with "none" the input's shape without ``C``.

    Raises
    ------
    IndexError
        If a target is no class.
    RuntimeError
        If the shapes do not fit.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import cross_entropy
    >>> cross_entropy(tensor([[0., 0.], [1000., -1000.]]), tensor([1, 0]))
    tensor(0.3466)
    """
    check(reduction)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target.shape == input.shape and target.dtype.kind == "f":
        warn_of_probabilities(input, SCORES_WANTED)
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    if counts_alike(input, target, weight, ignore_index) and not label_smoothing:
        return _mean_or_sum(_cross_entropy, input, target, reduction, kept={})
    if is_batched(target) or is_batched(weight) or is_traced():
        log_p = _log_softmax_of_kept(input, target, ignore_index)
        return _nll_of_each(log_p, target, weight, ignore_index, reduction, label_smoothing)
    x, index = class_rows(input, target)
    weight = checked_weights(weight, x.shape[1])
    if label_smoothing:
        warn_of_probabilities(input, SCORES_WANTED)
        return _smoothed_cross_entropy(
            x, index, target, weight, ignore_index, reduction, label_smoothing
        )
    rows = rows_of(x, index, weight, ignore_index, reduction)
    scale, ignored, empty = rows[1:]
    summed = reduction != "none"
    classes = _operand(target, index, rows)
    loss = _cross_entropy(x, classes, scale=scale, ignored=ignored, summed=summed, kept={})
    if empty:
        return undefined_mean(loss)
    return loss if summed else loss.reshape(tuple(target.shape))


def counts_alike(x: Any, target: Any, weight: Any, ignore_index: int) -> bool:
    """Whether a program may be written in which every target is a class and counts as 1."""
    if not is_traced() or not isinstance(target, Tensor) or is_batched(target):
        return False
    if weight is not None or target.dtype.kind not in "iu" or not target.numel():
        return False
    classes = x.shape[_class_dim(x)]
    return ignore_index < 0 and decide(are_within, target, low=0, high=classes)


def _mean_or_sum(op: Any, x: Any, target: Any, reduction: str, **more: Any) -> Any:
    """The loss where every target counts as 1."""
    rows, classes = rows_and_targets(x, target)
    scale = 1 / len(classes) if reduction == "mean" else 1
    loss = op(rows, classes, scale=scale, ignored=None, summed=reduction != "none", **more)
    return loss if reduction != "none" else loss.reshape(tuple(target.shape))


def _class_dim(x: Any) -> int:
    return 0 if x.ndim == 1 else 1


def _log_softmax_of_kept(x: Any, target: Any, ignore_index: int) -> Any:
    """The logarithms of probabilities, with zeros for the scores of targets that are ignored."""
    dim = _class_dim(x)
    if not is_batched(target) and isinstance(target, Tensor):
        decide(_require_kept_classes, target, ignored=ignore_index, count=x.shape[dim])
    return log_softmax(where((target != ignore_index).unsqueeze(dim), x, 0), dim=dim)


def _nll_of_each(
    log_p: Any,
    target: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    label_smoothing: float = 0.0,
) -> Any:
    """The loss for targets that differ between the samples of `vmap`, and so cannot be looked
    at.
    """
    found, counts = _of_targets(log_p, target, weight, ignore_index)
    loss = -found * counts
    if label_smoothing:
        dim = _class_dim(log_p)
        log_p = where((target != ignore_index).unsqueeze(dim), log_p, 0)
        factors: Any = 1
        if weight is not None:
            factors = as_tensor(weight).reshape((-1,) + (1,) * (log_p.ndim - dim - 1))
        spread = -(log_p * factors).sum(dim) * (label_smoothing / log_p.shape[dim])
        loss = (1 - label_smoothing) * loss + spread
    return reduce(loss, reduction, counts.sum())


def _of_targets(log_p: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any]:
    """The entry at each target, 0 where it is ignored, and what it counts, without a look at the
    targets.
    """
    dim = _class_dim(log_p)
    keep = target != ignore_index
    index = where(keep, target, 0)
    counts = keep.to(log_p.dtype)
    if weight is not None:
        _check_shape(weight, log_p.shape[dim])
        counts = counts * as_tensor(weight)[index]
    log_p = where(keep.unsqueeze(dim), log_p, 0)
    return take_along_dim(log_p, index.unsqueeze(dim), dim).squeeze(dim), counts


def _soft_cross_entropy(
    input: Any, target: Any, weight: Any, reduction: str, label_smoothing: float
) -> Any:
    """Cross-entropy with probabilities ``p`` as targets: ``-Σ w p log softmax(x)``; the mean is
    over samples.
    """
    dim = _class_dim(input)
    classes = input.shape[dim]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    if weight is not None:
        _check_shape(weight, classes)
        target = target * weight.reshape((-1,) + (1,) * (input.ndim - dim - 1))
    return reduce(-(log_softmax(input, dim=dim) * target).sum(dim), reduction)


def _smoothed_cross_entropy(
    x: Any,
    index: np.ndarray,
    target: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    """Class indices as probabilities: ``(1 - ε) w`` at the target and ``ε w / C`` at every
    class."""
    weights = row_weights(index, weight, ignore_index, x)
    rows = rows_of(x, index, weight, ignore_index)
    spread = np.ones(x.shape[1], x.dtype) if weight is None else weight
    soft = (index != ignore_index)[:, None] * spread * (label_smoothing / x.shape[1])
    soft[np.arange(len(index)), rows.target] += (1 - label_smoothing) * weights
    log_p = log_softmax(without(x, rows.ignored), dim=1)
    loss = -(log_p * soft.astype(x.dtype, copy=False)).sum(1)
    return reduce(loss.reshape(tuple(target.shape)), reduction, float(weights.sum()))


def _nll_rule(g: Any, x: Any, target: Any, scale: Any) -> Any:
    factor = g * scale
    if isinstance(x, Tensor):
        onehot = onehot_rows(target, classes=x.shape[1], dtype=x.dtype)
        return kinked(-_as_column(factor) * onehot, x)
    return _by_target(-factor, target, x.shape, x.dtype)


def _nll_with_ops(x: Any, target: Any, *, scale: Any, ignored: Any, summed: bool) -> Any:
    """The same, with an op for each thing that is done."""
    losses = -without(x, ignored)[np.arange(len(target)), target] * scale
    return losses.sum() if summed else losses


@primitive(vjp=(_nll_rule, None), batching=_nll_with_ops)
def _nll(x, target, *, scale, ignored, summed):
    """``-scale * x[target]`` for each row of ``x``, or the sum of these."""
    losses = -x[np.arange(len(target)), target]
    if ignored is not None:
        losses[ignored] = 0
    losses *= scale
    return losses.sum() if summed else losses


@named_errors
@single_inside
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """``-input[target]``: the negative log-likelihood of classes, from log-probabilities.

    The arguments are those of `cross_entropy`, with log-probabilities as input.
    """
    check(reduction)
    warn_of_probabilities(input, LOGS_WANTED)
    if counts_alike(input, target, weight, ignore_index):
        return _mean_or_sum(_nll, input, target, reduction)
    if is_batched(target) or is_batched(weight) or is_traced():
        return _nll_of_each(input, target, weight, ignore_index, reduction)
    x, index = class_rows(input, target)
    weight = checked_weights(weight, x.shape[1])
    rows = rows_of(x, index, weight, ignore_index, reduction)
    scale, ignored, empty = rows[1:]
    summed = reduction != "none"
    classes = _operand(target, index, rows)
    loss = _nll(x, classes, scale=scale, ignored=ignored, summed=summed)
    if empty:
        return undefined_mean(loss)
    return loss if summed else loss.reshape(tuple(target.shape))


def _focal_rule(g: Any, x: Any, gamma: float) -> Any:
    """``-(1 - p)^gamma (1 + gamma p r)`` with ``r = x / (p - 1)``, which is 1 where p is."""
    less = expm1(x)  # p - 1, with all its digits where p is nearly 1
    certain = less == 0
    ratio = where(certain, 1, x / where(certain, 1, less))
    # a power below 1 has an infinite slope at 0, which has no part in the second derivative
    missing = where(certain, np.finfo(x.dtype).tiny, -less)
    return -g * missing**gamma * (1 + gamma * exp(x) * ratio)


@primitive(vjp=_focal_rule, promote="float", batching="pointwise")
def _focal(x, *, gamma):
    """``-(1 - p)^gamma log p`` for ``x = log p``."""
    return -((-np.expm1(x)) ** gamma) * x


@named_errors
@single_inside
def focal_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    gamma: float = 2.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """``-(1 - p)^gamma log p`` for the probability ``p`` of the target: cross-entropy that looks
    past easy examples.

    Lin et al., *Focal Loss for Dense Object Detection*, 2017. With ``gamma = 0`` it is
    `cross_entropy`, whose other arguments it takes.

    Parameters
    ----------
    gamma : float
        How strongly examples count less that are classified well.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import focal_loss
    >>> focal_loss(tensor([[0., 0.]]), tensor([1]))
    tensor(0.1733)
    """
    warn_of_probabilities(input, SCORES_WANTED)
    if is_batched(target) or is_batched(weight) or is_traced():
        log_p = _log_softmax_of_kept(input, target, ignore_index)
        found, counts = _of_targets(log_p, target, weight, ignore_index)
        return reduce(_focal(found, gamma=gamma) * counts, reduction, counts.sum())
    x, index = class_rows(input, target)
    weight = checked_weights(weight, x.shape[1])
    weights = row_weights(index, weight, ignore_index, x)
    rows = rows_of(x, index, weight, ignore_index)
    log_p = log_softmax(without(x, rows.ignored), dim=1)[np.arange(len(index)), rows.target]
    loss = _focal(log_p, gamma=gamma) * weights
    return reduce(loss.reshape(tuple(target.shape)), reduction, float(weights.sum()))


def class_weights(target: Any, num_classes: int | None = None) -> Tensor:
    """A weight for each class by its inverse frequency, ``n / (C count)``: rare classes count as
    much as common ones.

    Parameters
    ----------
    target : integer Tensor or array_like
        Class indices.
    num_classes : int, optional
        By default the greatest index and 1.

    Returns
    -------
    Tensor
        Shape ``(num_classes,)``, for the argument ``weight`` of a loss. Their mean over the targets
        is 1.

    Raises
    ------
    ValueError
        If a class never occurs.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import class_weights
    >>> class_weights(tensor([0, 0, 0, 1]))
    tensor([0.6667, 2.0000])
    """
    index = as_tensor(target).numpy().reshape(-1)
    counts = np.bincount(index, minlength=num_classes or 0)
    if (counts == 0).any():
        raise ValueError(
            f"classes {np.flatnonzero(counts == 0).tolist()} never occur, so they have no inverse "
            "frequency"
        )
    weights = index.size / (len(counts) * counts)
    return as_tensor(weights.tolist())


@named_errors
@single_inside
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """The Kullback-Leibler divergence ``t (log t - x)`` of distributions ``t`` from
    log-probabilities ``x``.

    Parameters
    ----------
    input : Tensor
        Log-probabilities, any shape.
    target : Tensor
        Probabilities, or with ``log_target`` their logarithms.
    reduction : {"batchmean", "mean", "sum", "none"}
        "batchmean" divides the sum by the length of dimension 0, as the definition has it; "mean"
        warns.
    """
    if log_target:
        loss = exp(target) * (target - input)
    else:
        loss = target * (log(where(target == 0, 1, target)) - input)
    if reduction == "batchmean":
        return reduce(loss, "mean", input.shape[0] if input.ndim else 1)
    if reduction == "mean":
        warn_mean()
    return reduce(loss, reduction)


def warn_mean() -> None:
    """PyTorch's warning that the mean over all elements is not the divergence."""
    warnings.warn(
        "reduction: 'mean' divides the total loss by both the batch size and the support size. "
        "'batchmean' divides only by the batch size, and aligns with the KL div math definition.",
        UserWarning,
        stacklevel=user_level(),
    )


class _ClassLoss(Loss):
    """A loss of classes, whose mean is over the weights of the targets that are not ignored."""

    def counted(self, *inputs: Any) -> float:
        scores, target = inputs
        if target.shape == scores.shape and target.dtype.kind == "f":  # probabilities
            return scores.numel() / scores.shape[0 if scores.ndim == 1 else 1]
        x, index = class_rows(scores, target)
        weight = checked_weights(self.weight, x.shape[1])
        if not _needs_weights(index, weight, self.ignore_index, x.shape[1]):
            return float(len(index))
        return float(row_weights(index, weight, self.ignore_index, x).sum())


class CrossEntropyLoss(_ClassLoss, function=cross_entropy, inputs=2):
    pass


class NLLLoss(_ClassLoss, function=nll_loss, inputs=2):
    pass


class FocalLoss(_ClassLoss, function=focal_loss, inputs=2):
    pass


class KLDivLoss(Loss, function=kl_div, inputs=2):
    def counted(self, *inputs: Any) -> float:
        if self.reduction == "batchmean":
            return inputs[0].shape[0] if inputs[0].ndim else 1
        return super().counted(*inputs)
