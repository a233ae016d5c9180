"""Rprop: only the sign of the gradient counts; steps grow while it stays and shrink when it
turns."""

from __future__ import annotations

from typing import Any, Callable, Iterable

from numpy import clip, multiply, sign

from .optimizer import Optimizer, switches


class Rprop(Optimizer):
    """Resilient backpropagation, for whole-batch gradients.

    Parameters
    ----------
    params, maximize
        See `Adam`.
    lr : float
        The first step of every element.
    etas : (float, float)
        What the step is multiplied by when the sign turns, and when it stays.
    step_sizes : (float, float)
        Least and largest step.

    Notes
    -----
    Where the sign turned, the element stays where it is for once. Riedmiller and Braun, A direct
    adaptive method for faster backpropagation learning, 1993; the variant without backtracking
    (Igel and Hüsken's iRprop−, 2000), as in PyTorch.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, -20.0], requires_grad=True)
    >>> optimizer = Rprop([x], lr=0.5)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([  0.5000, -19.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **implementation: Any,
    ) -> None:
        defaults = dict(
            lr=lr,
            etas=etas,
            step_sizes=step_sizes,
            maximize=maximize,
            **switches(implementation, "foreach", "differentiable", "capturable"),
        )
        super().__init__(params, defaults)

    def check(self, options: dict[str, Any]) -> None:
        super().check(options)
        if not 0 < options["etas"][0] < 1 < options["etas"][1]:
            raise ValueError(f"Invalid eta values: {options['etas'][0]}, {options['etas'][1]}")

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("prev", "step_size")

    def initial(self, name: str, group: dict[str, Any]) -> float:
        return group["lr"] if name == "step_size" else 0.0

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        shrink, grow = group["etas"]
        least, most = group["step_sizes"]

        def update(p, g, a, before, size):
            multiply(g, before, a)
            turned = a < 0
            size[turned] *= shrink
            size[a > 0] *= grow
            clip(size, least, most, size)
            g[turned] = 0
            before[...] = g
            p -= multiply(sign(g, g), size, g)

        return update
