"""The training loop, and its two halves without learning: `evaluate` and `predict`."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from autograd_engine import Tensor, as_tensor, cat, no_grad

from ..data import DataLoader, TensorDataset
from ..module import Module
from ..optim import Optimizer
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..utils import clip_grad_norm_, clip_grad_value_
from .callbacks import Callback, Checkpoint, Function
from .finite import require_finite
from .history import History
from .progress import Progress

Metrics = Mapping[str, Callable] | Sequence[Callable] | None


@dataclass
class Run:
    """A training in progress: what callbacks see of it.

    Attributes
    ----------
    model, loss, optimizer, train, scheduler, epochs
        What `fit` was given.
    history : History
        The epochs so far.
    callbacks : list of Callback
        Checkpoints last, so that they keep what the others have just learned.
    stopped : bool
        Whether a callback ended the training.
    batch : int
        How many batches of the present epoch are done.
    batch_loss : float
        The loss of the last of them.
    """

    model: Module
    loss: Callable
    optimizer: Optimizer
    train: Any
    scheduler: Any
    epochs: int
    history: History = field(default_factory=History)
    callbacks: list[Callback] = field(default_factory=list)
    stopped: bool = False
    batch: int = 0
    batch_loss: float = math.nan

    def watched(self, name: str | None = None) -> float:
        """The last value of a column; by default of ``"val_loss"``, or else of ``"loss"``."""
        return self.history[name or ("val_loss" if "val_loss" in self.history else "loss")][-1]

    def listeners(self) -> list[Callback]:
        """The callbacks that want to hear of batches."""
        return [
            callback
            for callback in self.callbacks
            if type(callback).on_batch_end is not Callback.on_batch_end
        ]

    def after_epoch(self) -> None:
        """Ask all callbacks, and checkpoints when it is known what the others say."""
        for callback in self.callbacks:
            self.stopped = bool(callback.after_epoch(self)) or self.stopped


def fit(
    model: Module,
    loss: Callable[[Any, Any], Tensor],
    optimizer: Optimizer,
    train: Any,
    val: Any = None,
    epochs: int = 10,
    metrics: Metrics = None,
    scheduler: Any = None,
    callbacks: Iterable[Any] = (),
    *,
    scheduler_per: str = "epoch",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    batch_size: int = 32,
    progress: bool = True,
) -> History:
    """Train a model: for each batch forward, backward, step; for each epoch a row of numbers.

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(predictions, targets)`` gives a tensor of one element, a mean over the batch.
    optimizer : Optimizer
        Of the model's parameters.
    train : DataLoader, iterable of batches, or tuple of arrays
        Batches are ``(inputs, targets)``, or ``(input1, input2, ..., targets)``. A tuple of whole
        arrays is shuffled and cut.
    val : the same, optional
        Evaluated after each epoch.
    epochs : int
    metrics : dict or sequence of callables, optional
        ``metric(predictions, targets)`` gives a number, from all of an epoch's.
    scheduler : LRScheduler or ReduceLROnPlateau, optional
        The latter watches ``val_loss``, or ``loss`` where there is no validation.
    callbacks : iterable of Callback or callable
        A function is called with the `Run` after each epoch; returning True ends the training.
    scheduler_per : "epoch" or "batch"
        When the scheduler takes a step.
    clip_norm, clip_value : float, optional
        The largest norm of all gradients together, the largest entry of any.
    batch_size : int
        For a tuple of arrays.
    progress : bool
        Whether to show a progress bar (with the package tqdm), or a line for each epoch (without).

    Returns
    -------
    History
        The columns epoch, lr, loss, each metric, and with ``val`` the same as ``val_loss`` ...

    Raises
    ------
    FloatingPointError
        If the loss becomes infinite or NaN; the message says where it began.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> x = ag.randn(64, 3); y = x @ ag.tensor([[1.0], [-2.0], [0.5]])
    >>> model = nn.Linear(3, 1)
    >>> history = nn.fit(model, nn.MSELoss(), nn.optim.Adam(model.parameters(), lr=0.1), (x, y), epochs=30, progress=False)
    >>> history["loss"][-1] < 0.01
    True
    """
    if scheduler_per not in ("epoch", "batch"):
        raise ValueError(f"scheduler_per is 'epoch' or 'batch', got {scheduler_per!r}")
    train, val, metrics = (
        batches(train, batch_size, shuffle=True),
        batches(val, batch_size),
        named(metrics),
    )
    ready = sorted(
        (c if isinstance(c, Callback) else Function(c) for c in callbacks),
        key=lambda c: isinstance(c, Checkpoint),
    )
    run = Run(model, loss, optimizer, train, scheduler, epochs, callbacks=ready)
    listeners = run.listeners()
    try:
        for callback in ready:
            callback.begin(run)
        with Progress(train, run, progress) as bar:
            while len(run.history) < epochs and not run.stopped:
                model.train()
                seen, run.batch = Seen(loss, metrics), 0
                for *inputs, target in bar:
                    prediction = model(*inputs)
                    value = loss(prediction, target)
                    require_finite(value, model, inputs, target, len(run.history) + 1)
                    optimizer.zero_grad()
                    value.backward()
                    if clip_norm is not None:
                        clip_grad_norm_(model.parameters(), clip_norm)
                    if clip_value is not None:
                        clip_grad_value_(model.parameters(), clip_value)
                    optimizer.step()
                    if scheduler is not None and scheduler_per == "batch":
                        scheduler.step()
                    run.batch, run.batch_loss = run.batch + 1, seen.add(prediction, target, value)
                    for callback in listeners:
                        callback.on_batch_end(run)
                row = {
                    "epoch": len(run.history) + 1,
                    "lr": optimizer.param_groups[0]["lr"],
                    **seen.result(),
                }
                if val is not None:
                    row |= {
                        f"val_{name}": value
                        for name, value in evaluate(model, loss, val, metrics).items()
                    }
                run.history.append(row)
                if scheduler is not None and scheduler_per == "epoch":
                    scheduler.step(
                        *([run.watched()] if isinstance(scheduler, ReduceLROnPlateau) else [])
                    )
                run.after_epoch()
                bar.report(row)
    finally:
        for callback in ready:
            callback.end(run)
    return run.history


def evaluate(
    model: Module,
    loss: Callable[[Any, Any], Tensor],
    data: Any,
    metrics: Metrics = None,
    *,
    batch_size: int = 256,
) -> dict[str, float]:
    """The loss and the metrics of a model on data it does not learn from.

    Parameters
    ----------
    model, loss, data, metrics
        As in `fit`.
    batch_size : int
        For a tuple of arrays.

    Returns
    -------
    dict
        ``"loss"``, the mean over all samples, and each metric, of all samples together.

    Examples
    --------
    >>> import nn
    >>> nn.evaluate(nn.Identity(), nn.MSELoss(), ([1.0, 2.0], [1.0, 4.0]), {"largest": lambda p, t: p.max().item()})
    {'loss': 2.0, 'largest': 2.0}
    """
    seen = Seen(loss, named(metrics))
    with evaluating(model):
        for *inputs, target in batches(data, batch_size):
            prediction = model(*inputs)
            seen.add(prediction, target, loss(prediction, target))
    return seen.result()


def predict(model: Module, data: Any, *, batch_size: int = 256) -> Tensor:
    """The model's outputs for many inputs, batch by batch, in evaluation mode.

    Parameters
    ----------
    model : Module
    data : Tensor, array, or DataLoader
        Inputs alone; or a loader of ``(inputs, targets)`` as in `fit`, whose targets are left out.
    batch_size : int
        For a tensor or array.

    Returns
    -------
    Tensor
        All outputs, one after the other.

    Examples
    --------
    >>> import nn
    >>> nn.predict(nn.ReLU(), [[-1.0], [2.0]])
    tensor([[0.],
            [2.]])
    """
    if not isinstance(data, Iterator) and not hasattr(data, "batch_sampler"):
        data = DataLoader(as_tensor(data), batch_size)
    with evaluating(model):
        outputs = [
            model(*(batch[:-1] if isinstance(batch, (tuple, list)) else (batch,))) for batch in data
        ]
    return cat(outputs)


# --- helpers --------------------------------------------------------------------------------------


class Seen:
    """The losses of an epoch, and its predictions and targets where metrics want them."""

    def __init__(self, loss: Callable, metrics: dict[str, Callable]) -> None:
        self.metrics, self.total, self.count = metrics, 0.0, 0
        self.predictions: list[Tensor] = []
        self.targets: list[Tensor] = []

    def add(self, prediction: Any, target: Any, value: Tensor) -> float:
        """Take note of a batch; its loss as a number."""
        n, loss = len(target), value.item()
        self.total, self.count = self.total + loss * n, self.count + n
        if self.metrics:
            self.predictions.append(prediction.detach())
            self.targets.append(target)
        return loss

    def result(self) -> dict[str, float]:
        """Means over samples, and the metrics of all of them."""
        if not self.count:
            raise ValueError(
                "there was no batch; an iterator is used up after one epoch, a list or a "
                "DataLoader is not"
            )
        found = {"loss": self.total / self.count}
        if self.metrics:
            with no_grad():
                prediction, target = cat(self.predictions), cat(self.targets)
                found |= {
                    name: float(metric(prediction, target)) for name, metric in self.metrics.items()
                }
        return found


def named(metrics: Metrics) -> dict[str, Callable]:
    """Metrics by name: that of the function, where none is given."""
    return (
        dict(metrics)
        if isinstance(metrics, Mapping)
        else {metric.__name__: metric for metric in metrics or ()}
    )


def batches(data: Any, batch_size: int, shuffle: bool = False) -> Any:
    """The data as batches: a tuple of arrays is cut, all else is taken to be batches already."""
    if isinstance(data, tuple) and all(
        isinstance(part, (Tensor, np.ndarray, list)) for part in data
    ):
        return DataLoader(TensorDataset(*data), batch_size, shuffle)
    return data


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards each module is in its own mode again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training
