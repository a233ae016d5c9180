"""Muon: momentum whose matrix is replaced by the nearest orthogonal one, so that all directions
move alike.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Callable, Iterable

import numpy as np

from autograd_engine import Tensor

from .optimizer import Optimizer

SCALES: dict[str, Callable[[int, int], float]] = {
    "original": lambda rows, columns: sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * sqrt(max(rows, columns)),
}
"""How the learning rate depends on the shape of the matrix."""


class Muon(Optimizer):
    """Muon, for the weight matrices of hidden layers; biases, embeddings and the last layer are
    better left to AdamW.

    Parameters
    ----------
    params : iterable
        See `Optimizer`. Matrices only.
    lr, weight_decay, momentum : float
        Learning rate; decoupled weight decay; what the running average of the gradient keeps in
        each step.
    nesterov : bool
        Blend the gradient in once more.
    ns_coefficients : (float, float, float)
        The polynomial a X + b X Xᵀ X + c (X Xᵀ)² X of one iteration.
    eps : float
        The least norm that the matrix is divided by.
    ns_steps : int
        Iterations.
    adjust_lr_fn : "original" or "match_rms_adamw"
        lr √max(1, rows / columns), or 0.2 lr √max(rows, columns).

    Notes
    -----
    Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024. PyTorch's iterates
    in bfloat16, this one in the parameter's own dtype.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([[3.0, 0.0], [0.0, 1e-3]], requires_grad=True)
    >>> optimizer = Muon([x], lr=1.0, weight_decay=0)
    >>> (x * x).sum().backward(); optimizer.step()
    >>> bool(x[0, 0] < 2.4), bool(x[1, 1] < -0.6)
    (True, False)
    """

    elementwise = False
    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        if adjust_lr_fn is not None and adjust_lr_fn not in SCALES:
            raise ValueError(
                f"Adjust learning rate function {adjust_lr_fn} is not supported; choose from "
                f"{', '.join(SCALES)}"
            )
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def check_params(self, params: list[Tensor]) -> None:
        super().check_params(params)
        for p in params:
            if p.ndim != 2:
                raise ValueError(
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                    f"{list(p.shape)}"
                )

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",)

    def scalars(self, group: dict[str, Any]) -> dict[str, float]:
        return {}

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        momentum = group["momentum"]
        scale = SCALES[group["adjust_lr_fn"] or "original"]

        def update(p, g, m):
            m += (1 - momentum) * (g - m)
            direction = g + momentum * (m - g) if group["nesterov"] else m
            p -= (
                group["lr"]
                * scale(*p.shape)
                * orthogonalized(
                    direction, group["ns_coefficients"], group["ns_steps"], group["eps"]
                )
            )

        return update


def orthogonalized(
    matrix: np.ndarray, coefficients: tuple[float, float, float], steps: int, eps: float
) -> np.ndarray:
    """U Vᵀ, roughly, of the singular value decomposition U S Vᵀ: a Newton-Schulz iteration moves
    all singular values near 1.
    """
    a, b, c = coefficients
    if matrix.shape[0] > matrix.shape[1]:  # the product below is the smaller for a wide one
        return orthogonalized(matrix.T, coefficients, steps, eps).T
    x = matrix / max(np.linalg.norm(matrix), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x
