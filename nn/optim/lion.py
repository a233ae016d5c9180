"""Lion: the sign of a blend of gradient and momentum; every element moves by the learning rate."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import multiply, sign

from .flat import average
from .optimizer import Optimizer


class Lion(Optimizer):
    """Lion, evolved sign momentum.

    Parameters
    ----------
    params, maximize
        See `Adam`.
    lr : float
        Every element moves by this much; three to ten times smaller than for Adam.
    betas : (float, float)
        Share of the momentum in the step, and what the momentum keeps.
    weight_decay : float
        Decoupled: p ← p − lr λ p.

    Notes
    -----
    p ← p − lr (sign(β₁ m + (1 − β₁) g) + λ p), then m ← β₂ m + (1 − β₂) g. Chen et al., Symbolic
    discovery of optimization algorithms, 2023.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = Lion([x], lr=0.5)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.5000, -19.5000], requires_grad=True)
    """

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize}
        )

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg",)

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        lr = group["lr"]
        beta1, beta2 = group["betas"]

        share = beta1 / (1 - beta1)

        def update(p, g, a, m):
            multiply(m, share, a)
            a += g  # (β₁ m + (1 − β₁) g) / (1 − β₁): the sign is the same
            sign(a, a)
            a *= lr
            p -= a
            average(m, g, beta2, g)

        return update

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        beta1, beta2 = group["betas"]
        share = beta1 / (1 - beta1)
        return [group["lr"], share, beta2, 1 - beta2, *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        lr, share, beta2, rest2, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        move = (vectors[0] * share + g).sign()
        return p - move * lr, vectors[0] * beta2 + g * rest2
