"""Losses between numbers: squared and absolute errors, and the likelihoods of counts and of noisy
measurements.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import (
    abs,
    as_tensor,
    clamp,
    decide,
    diagonal,
    exp,
    log,
    log_softmax,
    logsumexp,
    named_errors,
    ones_like,
    square,
    unsqueeze,
    where,
)
from autograd_engine.func import is_batched
from autograd_engine.linalg import solve_triangular

from ..precision import single_inside
from .reduction import Loss, RowLoss, reduce, reduce_weighted, warn_if_broadcast, weighted


@named_errors
@single_inside
def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The squared error ``(x - t)²``.

    Parameters
    ----------
    input, target : Tensor
        Any shape, the same for both: a difference broadcasts, with a warning.
    reduction : {"mean", "sum", "none"}
    weight : Tensor, optional
        A weight for each element; the mean then divides by their sum.

    Returns
    -------
    Tensor
        A number, or with "none" the elements.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import mse_loss
    >>> mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    warn_if_broadcast(input, target)
    return reduce_weighted(square(input - target), weight, reduction)


@named_errors
@single_inside
def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The absolute error ``|x - t|``; the arguments are those of `mse_loss`."""
    warn_if_broadcast(input, target)
    return reduce_weighted(abs(input - target), weight, reduction)


@named_errors
@single_inside
def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, *, weight: Any = None
) -> Any:
    """``d²/2`` for an error ``d`` up to ``delta``, else ``delta (|d| - delta/2)`` (Huber, 1964).

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import huber_loss
    >>> huber_loss(tensor([0., 0.]), tensor([1., 4.]), reduction="none")
    tensor([0.5000, 3.5000])
    """
    if delta <= 0:
        raise RuntimeError(
            f"huber_loss does not support non-positive values for delta, got {delta}"
        )
    warn_if_broadcast(input, target)
    d = input - target
    size = abs(d)
    return reduce(
        weighted(where(size < delta, d * d / 2, delta * (size - delta / 2)), weight), reduction
    )


@named_errors
@single_inside
def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """``d²/(2 beta)`` for an error ``d`` below ``beta``, else ``|d| - beta/2`` (Girshick, 2015)."""
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    warn_if_broadcast(input, target)
    d = input - target
    size = abs(d)
    return reduce(where(size < beta, d * d / (2 * beta), size - beta / 2), reduction)


@named_errors
@single_inside
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """The negative log-likelihood of counts ``t`` under Poisson distributions of rate ``e^x`` (or
    ``x``).

    Parameters
    ----------
    input, target : Tensor
        Any shape, the same for both.
    log_input : bool
        Whether ``input`` is the logarithm of the rate.
    full : bool
        Whether Stirling's approximation of ``log t!`` is added where ``t > 1``.
    eps : float
        Added to a rate before its logarithm is taken.
    reduction : {"mean", "sum", "none"}
    """
    if log_input:
        loss = exp(input) - target * input
    else:
        loss = input - target * log(input + eps)
    if full:
        t = where(target > 1, target, ones_like(target))
        loss = loss + where(target > 1, t * log(t) - t + log(2 * math.pi * t) / 2, 0)
    return reduce(loss, reduction)


def _refuse_negative(var: Any) -> None:
    if (var < 0).any():
        raise ValueError(f"var has negative entry/entries: the least is {var.min().item()}")


def _refuse_below_zero(std: Any) -> None:
    if (std <= 0).any():
        raise ValueError(
            f"every standard deviation must be positive, the least is {std.min().item()}"
        )


@named_errors
@single_inside
def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """The negative log-likelihood under normal distributions: ``(log v + (x - t)²/v) / 2``, for
    heteroscedastic regression.

    Parameters
    ----------
    input, target : Tensor
        The expected and the observed values.
    var : Tensor or float
        The variances, of the input's shape, or with the last dimension missing or one dimension of
        length 1.
    full : bool
        Whether the constant ``log(2π)/2`` is added.
    eps : float
        The least variance counted with (the gradient passes as if there were no such limit).
    reduction : {"mean", "sum", "none"}

    Raises
    ------
    ValueError
        If a variance is negative, or their shape does not fit.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import gaussian_nll_loss
    >>> gaussian_nll_loss(tensor([0.]), tensor([2.]), tensor([4.]))
    tensor(1.1931)
    """
    warn_if_broadcast(input, target)
    if isinstance(var, (int, float)):
        var = var * ones_like(input)
    var = as_tensor(var)
    if not is_batched(var):
        decide(_refuse_negative, var)
    if var.shape == input.shape[:-1] and var.shape != input.shape:
        var = var.unsqueeze(-1)
    different = [m for n, m in zip(input.shape, var.shape) if n != m]
    if input.ndim != var.ndim or different not in ([], [1]):
        raise ValueError(
            f"var is of incorrect size: {list(var.shape)} for an input of {list(input.shape)}"
        )
    limited = clamp(var.detach(), min=eps)
    var = where(limited.detach() == var.detach(), var, limited + (var - var.detach()))
    loss = (log(var) + square(input - target) / var) / 2
    if full:
        loss = loss + math.log(2 * math.pi) / 2
    return reduce(loss, reduction)


@single_inside
def gaussian_mixture_nll_loss(
    logits: Any, mean: Any, std: Any, target: Any, *, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood under mixtures of normal distributions (Bishop, *Mixture Density
    Networks*, 1994).

    Parameters
    ----------
    logits : Tensor
        Shape ``(N, K)``: the weights of the K components before their softmax.
    mean : Tensor
        Shape ``(N, K)``, or ``(N, K, D)`` for targets of D dimensions.
    std : Tensor
        The standard deviations, positive and of the mean's shape: dimensions are independent. Or
        with full covariances, shape ``(N, K, D, D)``: their Cholesky factors ``L``, lower
        triangular with a positive diagonal, of which ``L Lᵀ`` is the covariance.
    target : Tensor
        Shape ``(N,)``, or ``(N, D)``.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor
        A number, or with "none" shape ``(N,)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a standard deviation is not positive.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import gaussian_mixture_nll_loss
    >>> mean, std = tensor([[-1., 1.]]), tensor([[1., 1.]])
    >>> gaussian_mixture_nll_loss(tensor([[0., 0.]]), mean, std, tensor([0.]))
    tensor(1.4189)
    """
    _require_mixture(logits, mean, std, target)
    full = std.ndim == 4
    deviations = diagonal(std, dim1=-2, dim2=-1) if full else std
    if not is_batched(deviations):
        decide(_refuse_below_zero, as_tensor(deviations))
    away = unsqueeze(target, 1) - mean
    if full:
        away = solve_triangular(std, unsqueeze(away, -1), upper=False).squeeze(-1)
    else:
        away = away / std
    log_density = -square(away) / 2 - log(deviations) - math.log(2 * math.pi) / 2
    if log_density.ndim == 3:
        log_density = log_density.sum(-1)
    return reduce(-logsumexp(log_softmax(logits, dim=1) + log_density, dim=1), reduction)


def _require_mixture(logits: Any, mean: Any, std: Any, target: Any) -> None:
    shapes = tuple(mean.shape), (*mean.shape, *mean.shape[2:])
    fits = logits.ndim == 2 and mean.shape[:2] == logits.shape and tuple(std.shape) in shapes
    if not fits or tuple(target.shape) != (*mean.shape[:1], *mean.shape[2:]):
        raise ValueError(
            "a mixture takes logits (N, K), mean and std (N, K) or (N, K, D), or Cholesky factors "
            "(N, K, D, D) for std, and target (N,) or (N, D); "
            f"got {list(logits.shape)}, {list(mean.shape)}, {list(std.shape)}, {list(target.shape)}"
        )


class MSELoss(Loss, function=mse_loss, inputs=2, without="weight"):
    pass


class L1Loss(Loss, function=l1_loss, inputs=2, without="weight"):
    pass


class HuberLoss(Loss, function=huber_loss, inputs=2, without="weight"):
    pass


class SmoothL1Loss(Loss, function=smooth_l1_loss, inputs=2):
    pass


class PoissonNLLLoss(Loss, function=poisson_nll_loss, inputs=2):
    pass


class GaussianNLLLoss(Loss, function=gaussian_nll_loss, inputs=3):
    """The negative log-likelihood under normal distributions: ``(log v + (x - t)²/v) / 2``, for
    heteroscedastic regression.

    It is called with ``(mean, target, var)``. `nn.fit` calls it with ``(prediction, target)``: the
    prediction is a tuple ``(mean, var)``, or one tensor that is twice as wide as the target, whose
    last dimension holds the means and then the logarithms of the variances, so that any number
    will do. The layer of `nn.functional.gaussian_nll_loss`, which says more.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import tensor
    >>> loss = nn.GaussianNLLLoss()
    >>> loss(tensor([[0.0, 0.0]]), tensor([[2.0]]))
    tensor(2.)
    """

    def forward(self, *inputs: Any) -> Any:
        return super().forward(*(_mean_and_variance(*inputs) if len(inputs) == 2 else inputs))

    def counted(self, *inputs: Any) -> float:
        return math.prod(inputs[1].shape)


def _mean_and_variance(prediction: Any, target: Any) -> tuple[Any, Any, Any]:
    """What a model gives, as mean, target and variance."""
    if isinstance(prediction, (tuple, list)):
        mean, var = prediction
        return mean, target, var
    if tuple(prediction.shape) == (*target.shape, 2):
        return prediction[..., 0], target, exp(prediction[..., 1])
    n = target.shape[-1] if target.ndim else 0
    if tuple(prediction.shape) != (*target.shape[:-1], 2 * n):
        raise ValueError(
            "means and logarithms of variances are one tensor twice as wide as the target "
            f"{list(target.shape)}, or a tuple (mean, var); got {list(prediction.shape)}"
        )
    return prediction[..., :n], target, exp(prediction[..., n:])


class GaussianMixtureNLLLoss(RowLoss, function=gaussian_mixture_nll_loss, inputs=4):
    """The negative log-likelihood under mixtures of normal distributions (Bishop, *Mixture Density
    Networks*, 1994).

    It is called with ``(logits, mean, std, target)``, or as `nn.fit` does with ``(prediction,
    target)``, where the prediction is a tuple ``(logits, mean, std)``. The layer of
    `nn.functional.gaussian_mixture_nll_loss`, which says more.
    """

    def forward(self, *inputs: Any) -> Any:
        if len(inputs) == 2:
            parts, target = inputs
            if not isinstance(parts, (tuple, list)) or len(parts) != 3:
                raise ValueError("the prediction of a mixture is a tuple (logits, mean, std)")
            if parts[1].ndim == 2 and target.ndim == 2:  # numbers in a column
                target = target.squeeze(1)
            inputs = (*parts, target)
        return super().forward(*inputs)
