"""ASGD: gradient descent that also keeps the average of the points it visits."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import multiply, subtract

from .optimizer import Optimizer, switches


class ASGD(Optimizer):
    """Averaged stochastic gradient descent. The average is ``optimizer.state[p]["ax"]``.

    Parameters
    ----------
    params, lr, weight_decay, maximize
        See `SGD`.
    lambd, alpha : float
        The learning rate of step t + 1 is lr / (1 + lambd lr t)^alpha; ``lambd`` also shrinks the
        weights.
    t0 : float
        The step after which averaging begins.

    Notes
    -----
    p ← (1 − λη) p − η g, a ← a + μ (p − a), with η as above and μ = 1 / max(1, t − t₀). Polyak and
    Juditsky, Acceleration of stochastic approximation by averaging, 1992, with Bottou's schedule.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0], requires_grad=True)
    >>> optimizer = ASGD([x], lr=0.1, t0=0)
    >>> (x * x).sum().backward(); optimizer.step()
    >>> x, optimizer.state[x]["ax"]
    (tensor([0.8000], requires_grad=True), tensor([0.8000]))
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            lambd=lambd,
            alpha=alpha,
            t0=t0,
            weight_decay=weight_decay,
            maximize=maximize,
            **switches(implementation, "foreach", "differentiable", "capturable"),
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("ax",)

    def scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "eta": group["lr"], "mu": 1.0}

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        lr, lambd, eta, mu, t = (
            group["lr"],
            group["lambd"],
            scalars["eta"],
            scalars["mu"],
            scalars["step"],
        )
        scalars["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
        scalars["mu"] = 1 / max(1, t - group["t0"])

        def update(p, g, a, average):
            p *= 1 - lambd * eta
            p -= multiply(g, eta, a)
            subtract(p, average, a)
            a *= mu
            average += a

        return update
