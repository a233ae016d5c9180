"""What is reported of an epoch: the loss and the metrics that one would get if all its samples were
one batch.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from functools import partial
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from autograd_engine import Tensor, as_tensor, no_grad

from .. import loss as losses
from .. import metrics as metrics_module
from ..module import Module
from .batches import Batch, described, detached, function_of, joined

Metrics = Mapping[str, Any] | Sequence[Any] | Callable | str | None

COLUMNS = ("epoch", "lr", "loss")
"""The columns of a history that are not metrics."""


class Seen:
    """The losses of an epoch, and its predictions and targets where metrics want them."""

    def __init__(self, loss: Callable, metrics: dict[str, Callable]) -> None:
        threshold = threshold_of(loss)
        self.metrics = {name: informed(metric, threshold) for name, metric in metrics.items()}
        self.total = 0.0
        self.weight = 0.0
        self.batches = 0
        self._sums = reduction_of(loss) == "sum"
        self._counted = counting(loss)
        self._parts: list[tuple[Any, Any, int]] = []

    def add(self, batch: Batch, prediction: Any, loss: float, weight: float) -> None:
        """Take note of a batch."""
        self.batches += 1
        if self._sums:
            self.total += loss
        elif weight:  # else the mean is of nothing, and not a number
            self.total += loss * weight
        self.weight += weight
        if self.metrics:
            self._parts.append((detached(prediction), batch.target, batch.size))

    def weight_of(self, batch: Batch, prediction: Any) -> float:
        """What a batch counts for in the mean: what the loss says that it counts, or as many
        samples as it has. The loss of nothing is NaN.
        """
        known = isinstance(prediction, Tensor) and isinstance(batch.target, (Tensor, np.ndarray))
        if self._sums or self._counted is None or not known:
            return batch.size
        return self._counted(prediction, as_tensor(batch.target))

    @property
    def counts_in_its_own_way(self) -> bool:
        """Whether what a batch counts for is not said by one of the library's own losses."""
        where = getattr(self._counted, "__module__", losses.__name__)
        return not where.startswith(losses.__name__)

    def result(self) -> dict[str, float]:
        """Means over samples, and the metrics of all of them."""
        if not self.batches:
            raise ValueError(
                "there was no batch; an iterator is used up after one epoch, a list or a "
                "DataLoader is not"
            )
        found = {"loss": self.total / self.weight if self.weight else float("nan")}
        if self.metrics:
            predictions, targets, sizes = zip(*self._parts)
            prediction = joined(predictions, sizes)
            target = joined(targets, sizes)
            with no_grad():
                for name, metric in self.metrics.items():
                    found[name] = float(metric(prediction, target))
        return found


def reduction_of(loss: Callable) -> str:
    """How a loss reduces: the attribute of a module, the argument of a function (or
    `functools.partial`).
    """
    found = getattr(loss, "reduction", None)
    if not isinstance(loss, Module):
        with suppress(TypeError, ValueError):  # of a builtin that does not say
            parameters = inspect.signature(loss).parameters
            found = parameters["reduction"].default if "reduction" in parameters else None
    return found if isinstance(found, str) else "mean"


def counting(loss: Any) -> Callable[[Any, Any], float] | None:
    """The function that says how much a batch counts in the mean of a loss; that of the module
    where the loss is a function of `nn.functional`, as it is or with options. None where that is
    not known.
    """
    if isinstance(loss, Module):
        classes = type(loss).__mro__
        says = next((i for i, cls in enumerate(classes) if "counted" in vars(cls)), len(classes))
        computes = next(i for i, cls in enumerate(classes) if "forward" in vars(cls))
        return loss.counted if says <= computes else None  # else it speaks of another forward
    function = function_of(loss)
    options = getattr(loss, "keywords", {})
    for cls in vars(losses).values():
        if isinstance(cls, type) and getattr(cls, "function", None) is function:
            return cls(**options).counted
    return None


def threshold_of(loss: Any) -> float | None:
    """Where class 1 begins in the predictions that a loss is given: 0.5 for probabilities, 0 for
    logits; None where the loss does not say which it takes.
    """
    return {
        losses.binary_cross_entropy: 0.5,
        losses.binary_cross_entropy_with_logits: 0.0,
    }.get(function_of(loss))


def informed(metric: Callable, threshold: float | None) -> Callable:
    """One of `nn.metrics` that takes a threshold, with this one; any other metric as it is."""
    if threshold is None or getattr(metric, "__module__", "") != metrics_module.__name__:
        return metric
    if "threshold" not in inspect.signature(metric).parameters:
        return metric
    return partial(metric, threshold=threshold)


def require_number(value: Any) -> Tensor:
    """The loss, if it is one that can be reported and differentiated.

    Raises
    ------
    TypeError, ValueError
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"the loss is a tensor of one element, got {described(value)}")
    if value.numel() != 1:
        raise ValueError(
            f"the loss is a tensor of one element, got shape {list(value.shape)}: take its mean or "
            "sum (reduction='mean' or 'sum')"
        )
    return value


def named(metrics: Metrics) -> dict[str, Callable]:
    """Metrics by name: that of the function, where none is given; a name alone is that of one of
    `nn.metrics`.

    Raises
    ------
    TypeError
        For what cannot be called, or a class.
    ValueError
        For two of the same name, or the name of another column.
    """
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]
    if isinstance(metrics, Mapping):
        pairs = list(metrics.items())
    else:
        pairs = [(_name_of(metric), metric) for metric in metrics or ()]
    pairs = [
        (name, _known(metric) if isinstance(metric, str) else metric) for name, metric in pairs
    ]
    found: dict[str, Callable] = {}
    for name, metric in pairs:
        if not callable(metric) or inspect.isclass(metric):
            raise TypeError(
                f"a metric is called metric(predictions, targets), got {metric!r} for {name!r}"
            )
        if name in found or name in COLUMNS or name.startswith("val_"):
            raise ValueError(
                f"there is a column {name!r} already: give the metrics names of their own, "
                "metrics={'name': function}"
            )
        found[name] = metric
    return found


def _known(name: str) -> Callable:
    """The metric of this name, of those that give a number."""
    known = [
        found for found in metrics_module.__all__ if found not in ("labels", "confusion_matrix")
    ]
    if name not in known:
        raise ValueError(f"there is no metric {name!r} in nn.metrics, but {', '.join(known)}")
    return getattr(metrics_module, name)


def _name_of(metric: Any) -> str:
    """The name of a function, or of the class of an object that is called."""
    if isinstance(metric, str):
        return metric
    inner = getattr(metric, "func", metric)  # of functools.partial
    return getattr(inner, "__name__", type(inner).__name__)
