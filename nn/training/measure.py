"""What is reported of an epoch: the loss and the metrics that one would get if all its samples were
one batch.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from autograd_engine import Tensor, no_grad

from .. import metrics as metrics_module
from ..module import Module
from .batches import Batch, described, detached, joined

Metrics = Mapping[str, Any] | Sequence[Any] | Callable | str | None

COLUMNS = ("epoch", "lr", "loss")
"""The columns of a history that are not metrics."""


class Seen:
    """The losses of an epoch, and its predictions and targets where metrics want them."""

    def __init__(self, loss: Callable, metrics: dict[str, Callable]) -> None:
        self.loss = loss
        self.metrics = metrics
        self.total = 0.0
        self.weight = 0.0
        self.batches = 0
        self._options = options_of(loss)
        self._parts: list[tuple[Any, Any, int]] = []

    def add(self, batch: Batch, prediction: Any, loss: float) -> None:
        """Take note of a batch."""
        weight = self.weight_of(batch)
        self.batches += 1
        if self._options["reduction"] == "sum":
            self.total += loss
        elif weight:  # else the mean is of nothing, and not a number
            self.total += loss * weight
        self.weight += weight
        if self.metrics:
            self._parts.append((detached(prediction), batch.target, batch.size))

    def weight_of(self, batch: Batch) -> float:
        """What a batch counts for in the mean: as many samples as it has, or, where classes have
        weights or are ignored, the weights of its targets. The loss of nothing is NaN.
        """
        ignored = self._options["ignore_index"]
        if ignored is None or self._options["reduction"] != "mean":
            return batch.size
        if not isinstance(batch.target, (Tensor, np.ndarray)):
            return batch.size
        target = np.asarray(detached(batch.target))
        if target.dtype.kind not in "iu":  # probabilities: no class is ignored
            return batch.size
        counts = target != ignored
        weight = self._options["weight"]
        if weight is None:
            return float(counts.sum())
        return float(np.asarray(detached(weight))[target[counts]].sum(dtype=float))

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


def options_of(loss: Callable) -> dict[str, Any]:
    """How a loss reduces, which classes it weighs how and which it ignores: the attributes of a
    module, the arguments of a function (or `functools.partial`).
    """
    usual = {"reduction": "mean", "weight": None, "ignore_index": None}
    if isinstance(loss, Module):
        return {name: getattr(loss, name, default) for name, default in usual.items()}
    try:
        given = inspect.signature(loss).parameters
    except (TypeError, ValueError):  # a builtin that does not say
        return usual
    found = {name: given[name].default for name in usual if name in given}
    return usual | {name: value for name, value in found.items() if value is not inspect._empty}


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
