"""Adam and AdamW: each element's step is scaled by running averages of its gradient and squared
gradient.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Callable, Iterable

import numpy as np
from numpy import divide, maximum, multiply

from autograd_engine import maximum as maximum_of
from autograd_engine.kernels import kernel, real, serves

from .flat import average
from .optimizer import Optimizer, switches


@kernel
def _adam_in_one_pass(p, g, m, v, beta1, beta2, size, eps):
    kept, new = real(beta1), real(1 - beta1)
    kept_square, new_square = real(beta2), real(1 - beta2)
    size, eps = real(size), real(eps)
    for i in range(p.size):
        m[i] = kept * m[i] + new * g[i]
        v[i] = kept_square * v[i] + new_square * (g[i] * g[i])
        p[i] -= m[i] / (np.sqrt(v[i]) + eps) * size


class Adam(Optimizer):
    """Adam.

    Parameters
    ----------
    params : iterable
        See `Optimizer`.
    lr : float
    betas : (float, float)
        What the averages of the gradient and of its square keep in each step.
    eps : float
        Added to the root of the second average.
    weight_decay : float
        L2 penalty, part of the gradient (or taken off the weights, with
        ``decoupled_weight_decay``).
    amsgrad : bool
        Divide by the largest second average so far.
    maximize : bool
        Go up instead of down.
    **implementation
        ``foreach``, ``capturable``, ``differentiable``, ``fused``: see `switches`.

    Notes
    -----
    m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← p − lr m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ)
    and v̂ = v / (1 − β₂ᵗ). Kingma and Ba, Adam: a method for stochastic optimization, 2015; Reddi
    et al., On the convergence of Adam and beyond, 2018.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = Adam([x], lr=0.5)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.5000, -19.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
            **switches(implementation, "foreach", "capturable", "differentiable", "fused"),
            decoupled_weight_decay=decoupled_weight_decay,
        )
        super().__init__(params, defaults)

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        averages = ("exp_avg", "exp_avg_sq")
        return (*averages, "max_exp_avg_sq") if group["amsgrad"] else averages

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        beta1, beta2 = group["betas"]
        t = scalars["step"]
        root = sqrt(1 - beta2**t)  # numerator and denominator are both taken times this
        size = group["lr"] * root / (1 - beta1**t)
        eps = group["eps"] * root
        single = isinstance(size, float) and isinstance(beta1, float)  # not one for each element

        def update(p, g, a, m, v, v_max=None):
            if single and v_max is None and serves(p):
                _adam_in_one_pass(p, g, m, v, beta1, beta2, size, eps)
                return
            average(m, g, beta1, a)
            average(v, multiply(g, g, g), beta2, g)
            np.sqrt(v if v_max is None else maximum(v_max, v, out=v_max), a)
            a += eps
            divide(m, a, a)
            a *= size
            p -= a

        return update

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        beta1, beta2 = group["betas"]
        t = scalars["step"]
        root = sqrt(1 - beta2**t)
        size = group["lr"] * root / (1 - beta1**t)
        betas = [beta1, 1 - beta1, beta2, 1 - beta2]
        return [*betas, size, group["eps"] * root, *self.decay_numbers(group)]

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        beta1, rest1, beta2, rest2, size, eps, *decays = numbers
        p, g = self.decayed(group, p, g, *decays)
        m = vectors[0] * beta1 + g * rest1
        v = vectors[1] * beta2 + g * g * rest2
        largest = v
        if group["amsgrad"]:
            largest = maximum_of(vectors[2], v)
        p = p - m / (largest.sqrt() + eps) * size
        return (p, m, v, largest) if group["amsgrad"] else (p, m, v)


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p − lr λ p, whatever the gradient. Arguments as for
    `Adam`.

    Notes
    -----
    Loshchilov and Hutter, Decoupled weight decay regularization, 2019.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([x], lr=0.1, weight_decay=1.0)
    >>> (0 * x).sum().backward(); optimizer.step(); x
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
            **implementation,
        )
