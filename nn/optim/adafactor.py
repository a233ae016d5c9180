"""Adafactor: Adam's second average of a matrix, kept as one number for each row and each column."""

from __future__ import annotations

from math import sqrt
from typing import Any, Callable, Iterable

import numpy as np

from .optimizer import Optimizer, switches


class Adafactor(Optimizer):
    """Adafactor: memory for the state of a matrix grows with its rows and columns, not with their
    product.

    Parameters
    ----------
    params, weight_decay, maximize
        See `AdamW`.
    lr : float
        The largest step, relative to the size of the parameter.
    beta2_decay : float
        The averages keep 1 − t^beta2_decay in step t; at most 0.
    eps : (float or None, float)
        The least root mean square of the gradient (by default the precision of the dtype), and of
        the parameter.
    d : float
        The largest root mean square of the scaled gradient; at least 1.

    Notes
    -----
    R ← β R + (1 − β) (mean of g² along rows), C the same along columns, β = 1 − t^beta2_decay; u =
    g / √(R C / mean R), or of a vector g / √V; p ← p − α u / max(1, rms(u) / d) with α = max(ε₂,
    rms(p)) min(lr, 1 / √t). Shazeer and Stern, Adafactor: adaptive learning rates with sublinear
    memory cost, 2018; dimensions before the last two are of different matrices, as in PyTorch.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> optimizer = Adafactor([x], lr=0.1)
    >>> (x * x).sum().backward(); optimizer.step()
    >>> optimizer.state[x]["row_var"].shape, optimizer.state[x]["col_var"].shape
    ((2, 1), (1, 2))
    """

    elementwise = False
    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            beta2_decay=beta2_decay,
            eps=eps,
            d=d,
            weight_decay=weight_decay,
            maximize=maximize,
            **switches(implementation, "foreach"),
        )
        super().__init__(params, defaults)

    def check(self, options: dict[str, Any]) -> None:
        super().check({name: value for name, value in options.items() if name != "eps"})
        if not options["beta2_decay"] <= 0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {options['beta2_decay']}")
        for number, eps in enumerate(options["eps"], 1):
            if eps is not None and not eps >= 0:
                raise ValueError(f"epsilon{number} should be >= 0 but is: {eps}")
        if not options["d"] >= 1:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {options['d']}")

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("row_var", "col_var", "variance")

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        if len(shape) < 2:
            return shape if name == "variance" else None
        return {
            "row_var": (*shape[:-1], 1),
            "col_var": (*shape[:-2], 1, shape[-1]),
            "variance": None,
        }[name]

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        t = scalars["step"]
        fresh = t ** group["beta2_decay"]
        most = min(group["lr"], 1 / sqrt(t))
        least, least_size = group["eps"]
        shrink = 1 - group["lr"] * group["weight_decay"]
        d = float(group["d"])

        def update(p, g, rows, columns, variance):
            if not p.size:
                return
            eps = np.finfo(p.dtype).eps if least is None else least
            size = max(least_size, _rms(p)) * most  # before the weights decay
            p *= shrink
            if variance is None:
                rows += fresh * ((g * g).mean(-1, keepdims=True) - rows)
                columns += fresh * ((g * g).mean(-2, keepdims=True) - columns)
                square = rows * columns / np.maximum(rows.mean(-2, keepdims=True), eps)
            else:
                variance += fresh * (g * g - variance)
                square = variance
            scaled = g / np.sqrt(np.maximum(square, eps * eps))
            p -= size / max(1.0, _rms(scaled) / d) * scaled

        return update

    def apply(
        self, update: Callable[..., None], chunks: list[tuple], group: dict[str, Any]
    ) -> None:
        """The weights decay inside the rule, which looks at their size before."""
        super().apply(update, chunks, {**group, "weight_decay": 0})


def _rms(x: np.ndarray) -> float:
    """The root mean square."""
    return sqrt(float(np.vdot(x, x)) / x.size)
