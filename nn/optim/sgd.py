"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from numpy import add, copyto, multiply

from .optimizer import Optimizer, switches


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with (Nesterov) momentum.

    Parameters
    ----------
    params : iterable
        See `Optimizer`.
    lr, momentum, dampening, weight_decay : float
        Learning rate; share of the velocity that is kept; share of the gradient that is left out of
        it; L2 penalty.
    nesterov : bool
        Look ahead along the velocity.
    maximize : bool
        Go up instead of down.
    **implementation
        ``foreach``, ``differentiable``, ``fused``: see `switches`.

    Notes
    -----
    v ← μ v + (1 − τ) g (the first v is g), p ← p − lr v, or p ← p − lr (g + μ v) with Nesterov.
    Sutskever et al., On the importance of initialization and momentum in deep learning, 2013, as
    PyTorch has it.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([x], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad(); (x * x).sum().backward(); optimizer.step()
    >>> x
    tensor([0.4600], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
            **switches(implementation, "foreach", "differentiable", "fused"),
        )
        super().__init__(params, defaults)

    def check(self, options: dict[str, Any]) -> None:
        super().check(options)
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] else ()

    def scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {}

    def derived(self, entry: Mapping[str, Any]) -> dict[str, float]:
        return {"moving": "momentum_buffer" in entry}

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        lr, momentum, nesterov, dampening = (
            group["lr"],
            group["momentum"],
            group["nesterov"],
            group["dampening"],
        )
        moving = scalars["moving"]

        def descend(p, g, a):
            p -= multiply(g, lr, a)

        def roll(p, g, a, v):
            if moving:
                v *= momentum
                v += multiply(g, 1 - dampening, a)
            else:
                copyto(v, g)
            if nesterov:
                add(g, multiply(v, momentum, a), g)
            p -= multiply(g if nesterov else v, lr, a)

        if not momentum:
            return descend
        scalars["moving"] = True
        return roll

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        moving = scalars["moving"]
        kept = group["momentum"] if moving else 0.0  # the first velocity is the gradient itself
        added = 1 - group["dampening"] if moving else 1.0
        return [group["lr"], group["momentum"], kept, added, *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        lr, momentum, kept, added, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        if not group["momentum"]:
            return (p - g * lr,)
        v = vectors[0] * kept + g * added
        if group["nesterov"]:
            return p - (g + v * momentum) * lr, v
        return p - v * lr, v
