"""NAdam: Adam with Nesterov's look ahead."""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable

from numpy import multiply, sqrt

from .flat import average
from .optimizer import Optimizer, switches


class NAdam(Optimizer):
    """NAdam.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize
        See `Adam`.
    momentum_decay : float
        How fast the momentum rises towards β₁.

    Notes
    -----
    μₜ = β₁ (1 − ½ 0.96^(tψ)); m and v as in Adam; p ← p − lr (μₜ₊₁ m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ) g /
    (1 − μ₁⋯μₜ)) / (√v̂ + ε). Dozat, Incorporating Nesterov momentum into Adam, 2016.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = NAdam([x], lr=0.1)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.8944, -19.8944], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay,
            maximize=maximize,
            **switches(implementation, "foreach", "capturable", "differentiable"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0}

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        beta1, beta2 = group["betas"]
        t = scalars["step"]
        mu, mu_next = (
            beta1 * (1 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (t, t + 1)
        )
        product = scalars["mu_product"] = scalars["mu_product"] * mu
        root = math.sqrt(1 - beta2**t)  # numerator and denominator are both taken times this
        lr = group["lr"] * root
        eps = group["eps"] * root
        of_gradient, of_momentum = (
            lr * (1 - mu) / (1 - product),
            lr * mu_next / (1 - product * mu_next),
        )

        def update(p, g, a, m, v):
            average(m, g, beta1, a)
            average(v, multiply(g, g, a), beta2, a)
            g *= of_gradient
            g += multiply(m, of_momentum, a)
            sqrt(v, a)
            a += eps
            g /= a
            p -= g

        return update
