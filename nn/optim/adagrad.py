"""Adagrad: each element's step is divided by the root of all its squared gradients so far."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import multiply, sqrt

from .optimizer import Optimizer, switches


class Adagrad(Optimizer):
    """Adagrad.

    Parameters
    ----------
    params, lr, weight_decay, eps, maximize
        See `Adam`.
    lr_decay : float
        The learning rate of step t is lr / (1 + (t − 1) lr_decay).
    initial_accumulator_value : float
        What the sum of squares starts from.

    Notes
    -----
    s ← s + g², p ← p − lr g / (√s + ε). Duchi, Hazan and Singer, Adaptive subgradient methods,
    2011.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = Adagrad([x], lr=0.5)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.5000, -19.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            lr_decay=lr_decay,
            eps=eps,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            maximize=maximize,
            **switches(implementation, "foreach", "differentiable", "fused"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("sum",)

    def initial(self, name: str, group: dict[str, Any]) -> float:
        return group["initial_accumulator_value"]

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        size = group["lr"] / (1 + (scalars["step"] - 1) * group["lr_decay"])
        eps = group["eps"]

        def update(p, g, a, s):
            s += multiply(g, g, a)
            sqrt(s, a)
            a += eps
            g /= a
            g *= size
            p -= g

        return update

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        size = group["lr"] / (1 + (scalars["step"] - 1) * group["lr_decay"])
        return [size, group["eps"], *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        size, eps, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        s = vectors[0] + g * g
        return p - g / (s.sqrt() + eps) * size, s
