"""When a loss becomes NaN: where it began."""

from __future__ import annotations

import math
from typing import Any, Sequence

import numpy as np

from autograd_engine import Tensor, no_grad

from ..module import Module
from .batches import detached, leaves
from .history import History
from .run import Run


LARGE = 1e15
"""What outputs do not reach in a training that goes well."""


class DivergenceError(FloatingPointError):
    """The loss became infinite or NaN.

    Attributes
    ----------
    history : History
        The epochs before.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


def require_finite(value: Tensor, run: Run, inputs: Sequence[Any], target: Any) -> None:
    """Raise if a loss is infinite or NaN, and name the culprit.

    Raises
    ------
    DivergenceError
    """
    if not math.isfinite(value.item()):
        lr = float(run.optimizer.param_groups[0]["lr"])
        raise DivergenceError(
            f"the loss is {value.item()} in epoch {run.epoch}, at learning rate "
            f"{lr:.3g}: {culprit(run.model, inputs, target)}",
            run.history,
        )


def culprit(model: Module, inputs: Sequence[Any], target: Any) -> str:
    """The first thing that is not finite, from the data to the loss; gradients are those of the
    step before.
    """
    given = [("input", x) for x in inputs] + [("target", target)]
    for what, x in given:
        if not _finite(x):
            return f"the {what} of this batch is not finite; clean the data"
    for name, p in model.named_parameters():
        if p.grad is not None and not _finite(p.grad):
            return (
                f"the gradient of {name!r} was not finite in the step before; if the loss had been "
                "growing, try a smaller learning rate, or clip_norm; if not, find the operation "
                "with autograd_engine.detect_anomaly()"
            )
    for name, p in model.named_parameters():
        if not _finite(p):
            return (
                f"the parameter {name!r} is not finite; try a smaller learning rate, or clip_norm"
            )
    return _first_module(model, inputs) or _of_the_loss(model, inputs)


def _of_the_loss(model: Module, inputs: Sequence[Any]) -> str:
    """What is wrong where all outputs are finite: they have grown too large, or the loss itself."""
    with no_grad():
        outputs = [np.asarray(x) for x in leaves(detached(model(*inputs)))]
    largest = max((float(np.abs(x).max(initial=0)) for x in outputs), default=0)
    if largest > LARGE:
        return (
            f"the outputs have grown to {largest:.2g}, and what is computed from them overflows: "
            "the steps are too large; try a smaller learning rate, or clip_norm"
        )
    return (
        "all outputs are finite, so it is the loss function itself: look for log(0), a division by "
        "0, an overflow"
    )


def _finite(x: Any) -> bool:
    return all(
        np.isfinite(array).all()
        for array in map(np.asarray, leaves(detached(x)))
        if array.dtype.kind in "fc"
    )


def _first_module(model: Module, inputs: Sequence[Any]) -> str:
    """Run the model again, and name the first module whose output is not finite."""
    found: list[str] = []

    def watch(name: str) -> Any:
        def hook(module: Module, args: tuple, output: Any) -> None:
            if not _finite(output):
                found.append(
                    f"the output of {name or 'the model'!r} ({type(module).__name__}) is not "
                    "finite, though all parameters are"
                )

        return hook

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules()]
    try:
        with no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
    return next(iter(found), "")
