"""Adamax: Adam with the largest recent gradient in place of the root of the mean square."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import absolute, divide, maximum

from autograd_engine import maximum as maximum_of

from .flat import average
from .optimizer import Optimizer, switches


class Adamax(Optimizer):
    """Adamax. Arguments as for `Adam`.

    Notes
    -----
    m ← β₁ m + (1 − β₁) g, u ← max(β₂ u, abs(g) + ε), p ← p − lr m / ((1 − β₁ᵗ) u). Kingma and Ba,
    Adam: a method for stochastic optimization, 2015, section 7.1.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = Adamax([x], lr=0.5)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.5000, -19.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
            **switches(implementation, "foreach", "differentiable", "capturable"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        beta1, beta2 = group["betas"]
        eps = group["eps"]
        size = group["lr"] / (1 - beta1 ** scalars["step"])

        def update(p, g, a, m, u):
            average(m, g, beta1, a)
            absolute(g, g)
            g += eps
            u *= beta2
            maximum(u, g, out=u)
            divide(m, u, a)
            a *= size
            p -= a

        return update

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        beta1, beta2 = group["betas"]
        size = group["lr"] / (1 - beta1 ** scalars["step"])
        return [beta1, 1 - beta1, beta2, size, group["eps"], *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        beta1, rest1, beta2, size, eps, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        m = vectors[0] * beta1 + g * rest1
        u = maximum_of(vectors[1] * beta2, g.abs() + eps)
        return p - m / u * size, m, u
