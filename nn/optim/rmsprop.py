"""RMSprop: each element's step is divided by the root of its mean squared gradient."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import divide, multiply, sqrt, subtract

from .flat import average
from .optimizer import Optimizer, switches


class RMSprop(Optimizer):
    """RMSprop.

    Parameters
    ----------
    params, lr, eps, weight_decay, maximize
        See `Adam`.
    alpha : float
        What the averages keep in each step.
    momentum : float
        Share of the velocity that is kept.
    centered : bool
        Divide by the estimated standard deviation of the gradient instead.

    Notes
    -----
    v ← α v + (1 − α) g², step g / (√v + ε), or with m ← α m + (1 − α) g centered: g / (√(v − m²) +
    ε). Tieleman and Hinton, lecture 6.5 of Neural networks for machine learning, 2012; Graves,
    Generating sequences with recurrent neural networks, 2013.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = RMSprop([x], lr=0.01)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.9000, -19.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            alpha=alpha,
            eps=eps,
            centered=centered,
            weight_decay=weight_decay,
            maximize=maximize,
            **switches(implementation, "capturable", "foreach", "differentiable"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return (
            ("square_avg",)
            + ("momentum_buffer",) * (group["momentum"] > 0)
            + ("grad_avg",) * bool(group["centered"])
        )

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        lr, alpha, eps, momentum, centered = (
            group[key] for key in ("lr", "alpha", "eps", "momentum", "centered")
        )

        def update(p, g, a, v, *more):
            average(v, multiply(g, g, a), alpha, a)
            if centered:
                m = more[-1]
                average(m, g, alpha, a)
                sqrt(subtract(v, multiply(m, m, a), a), a)
            else:
                sqrt(v, a)
            a += eps
            divide(g, a, a)
            if momentum > 0:
                velocity = more[0]
                velocity *= momentum
                velocity += a
                a[...] = velocity
            a *= lr
            p -= a

        return update

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        alpha = group["alpha"]
        given = [group["lr"], alpha, 1 - alpha, group["eps"], group["momentum"]]
        return [*given, *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        lr, alpha, rest, eps, momentum, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        v = vectors[0] * alpha + g * g * rest
        new = [v]
        spread = v
        if group["centered"]:
            m = vectors[-1] * alpha + g * rest
            new.append(m)
            spread = v - m * m
        move = g / (spread.sqrt() + eps)
        if group["momentum"] > 0:
            move = vectors[1] * momentum + move
            new.insert(1, move)
        return (p - move * lr, *new)
