"""Adadelta: the step has the size of recent steps, so that there is no learning rate to choose."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import add, multiply, sqrt

from .flat import average
from .optimizer import Optimizer, switches


class Adadelta(Optimizer):
    """Adadelta.

    Parameters
    ----------
    params, weight_decay, maximize
        See `Adam`.
    lr : float
        Scales the step (the paper has 1).
    rho : float
        What the averages keep in each step.
    eps : float
        Added to both averages under the root; gets the steps started.

    Notes
    -----
    v ← ρ v + (1 − ρ) g², δ = √(u + ε) / √(v + ε) g, u ← ρ u + (1 − ρ) δ², p ← p − lr δ. Zeiler,
    ADADELTA: an adaptive learning rate method, 2012.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0], requires_grad=True)
    >>> optimizer = Adadelta([x])
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([0.9968], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            rho=rho,
            eps=eps,
            weight_decay=weight_decay,
            maximize=maximize,
            **switches(implementation, "capturable", "foreach", "differentiable"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        lr = group["lr"]
        rho = group["rho"]
        eps = group["eps"]

        def update(p, g, a, v, u):
            average(v, multiply(g, g, a), rho, a)
            g *= sqrt(add(u, eps, a), a)
            g /= sqrt(add(v, eps, a), a)
            average(u, multiply(g, g, a), rho, a)
            g *= lr
            p -= g

        return update

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        rho = group["rho"]
        return [group["lr"], rho, 1 - rho, group["eps"], *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        lr, rho, rest, eps, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        v = vectors[0] * rho + g * g * rest
        move = g * (vectors[1] + eps).sqrt() / (v + eps).sqrt()
        return p - move * lr, v, vectors[1] * rho + move * move * rest
