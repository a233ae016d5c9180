"""RAdam: Adam whose adaptive step is held back until the variance of its average is known well
enough.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Iterable

from numpy import multiply, sqrt

from .flat import average
from .optimizer import Optimizer, switches


class RAdam(Optimizer):
    """Rectified Adam. Arguments as for `Adam`.

    Notes
    -----
    ρ∞ = 2 / (1 − β₂) − 1, ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ). While ρ ≤ 5: p ← p − lr m̂. Then p ← p − lr
    r m̂ √(1 − β₂ᵗ) / (√v + ε) with r² = (ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ). Liu et al., On
    the variance of the adaptive learning rate and beyond, 2020.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = RAdam([x], lr=0.1)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.8000, -16.0000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
            maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
            **switches(implementation, "foreach", "capturable", "differentiable"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        beta1, beta2 = group["betas"]
        t = scalars["step"]
        eps = group["eps"]
        most = 2 / (1 - beta2) - 1
        rho = most - 2 * t * beta2**t / (1 - beta2**t)
        size = group["lr"] / (1 - beta1**t)
        if rho > 5:
            rectified = (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)
            size *= math.sqrt(rectified * (1 - beta2**t))

        def update(p, g, a, m, v):
            average(m, g, beta1, a)
            average(v, multiply(g, g, g), beta2, g)
            multiply(m, size, a)
            if rho > 5:
                sqrt(v, g)
                g += eps
                a /= g
            p -= a

        return update
