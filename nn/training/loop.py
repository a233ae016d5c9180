"""The training loop, and its two halves without learning: `evaluate` and `predict`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

import numpy as np

from autograd_engine import Tensor, as_tensor, cat, no_grad

from ..data import DataLoader, TensorDataset
from ..module import Module
from ..optim import Optimizer
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..utils import clip_grad_norm_, clip_grad_value_
from .callbacks import Checkpoint
from .finite import require_finite
from .history import History
from .progress import Progress
from .run import Callback, FunctionCallback, Run

Metrics = Mapping[str, Callable] | Sequence[Callable] | None


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
    >>> optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    >>> history = nn.fit(model, nn.MSELoss(), optimizer, (x, y), epochs=30, progress=False)
    >>> history["loss"][-1] < 0.01
    True
    """
    if scheduler_per not in ("epoch", "batch"):
        raise ValueError(f"scheduler_per is 'epoch' or 'batch', got {scheduler_per!r}")
    train = batches(train, batch_size, shuffle=True)
    val = batches(val, batch_size)
    metrics = named(metrics)
    run = Run(model, loss, optimizer, train, scheduler, epochs, callbacks=ordered(callbacks))
    limits = Limits(clip_norm, clip_value)
    per_batch = scheduler if scheduler_per == "batch" else None
    per_epoch = scheduler if scheduler_per == "epoch" else None
    try:
        for callback in run.callbacks:
            callback.begin(run)
        with Progress(train, run, progress) as bar:
            while len(run.history) < epochs and not run.stopped:
                row = train_epoch(run, bar, metrics, limits, per_batch)
                if val is not None:
                    found = evaluate(model, loss, val, metrics)
                    row |= {f"val_{name}": value for name, value in found.items()}
                run.history.append(row)
                advance(per_epoch, run)
                run.after_epoch()
                bar.report(row)
    finally:
        for callback in run.callbacks:
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
    >>> data, metrics = ([1.0, 2.0], [1.0, 4.0]), {"largest": lambda p, t: p.max().item()}
    >>> nn.evaluate(nn.Identity(), nn.MSELoss(), data, metrics)
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
        return cat([model(*inputs_of(batch)) for batch in data])


def inputs_of(batch: Any) -> Sequence[Any]:
    """The inputs in a batch: all but the targets, or the batch itself where there are none."""
    return batch[:-1] if isinstance(batch, (tuple, list)) else (batch,)


# --- what an epoch is made of --------------------------------------------------------------------


class Limits(NamedTuple):
    """How large gradients may be: the norm of all together, the largest entry of any."""

    norm: float | None
    value: float | None

    def hold(self, model: Module) -> None:
        """Clip the model's gradients."""
        if self.norm is not None:
            clip_grad_norm_(model.parameters(), self.norm)
        if self.value is not None:
            clip_grad_value_(model.parameters(), self.value)


def train_epoch(
    run: Run, batches: Iterable[Any], metrics: dict[str, Callable], limits: Limits, scheduler: Any
) -> dict[str, Any]:
    """Train on each batch once; the row of the epoch. The scheduler, if there is one, takes a step
    with each batch.
    """
    run.model.train()
    run.batch = 0
    seen = Seen(run.loss, metrics)
    listeners = run.listeners()
    for *inputs, target in batches:
        prediction, value = train_batch(run, inputs, target, limits)
        advance(scheduler, run)
        run.batch += 1
        run.batch_loss = seen.add(prediction, target, value)
        for callback in listeners:
            callback.on_batch_end(run)
    lr = run.optimizer.param_groups[0]["lr"]
    return {"epoch": len(run.history) + 1, "lr": lr, **seen.result()}


def train_batch(run: Run, inputs: list, target: Any, limits: Limits) -> tuple[Any, Tensor]:
    """Forward, backward, step; the prediction and the loss before the step."""
    prediction = run.model(*inputs)
    value = run.loss(prediction, target)
    require_finite(value, run.model, inputs, target, len(run.history) + 1)
    run.optimizer.zero_grad()
    value.backward()
    limits.hold(run.model)
    run.optimizer.step()
    return prediction, value


def advance(scheduler: Any, run: Run) -> None:
    """Let the scheduler, if there is one, take a step."""
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(run.watched())
    elif scheduler is not None:
        scheduler.step()


def ordered(callbacks: Iterable[Any]) -> list[Callback]:
    """The callbacks, with functions made to callbacks and checkpoints last."""
    found = [c if isinstance(c, Callback) else FunctionCallback(c) for c in callbacks]
    return sorted(found, key=lambda callback: isinstance(callback, Checkpoint))


# --- helpers --------------------------------------------------------------------------------------


class Seen:
    """The losses of an epoch, and its predictions and targets where metrics want them."""

    def __init__(self, loss: Callable, metrics: dict[str, Callable]) -> None:
        self.metrics = metrics
        self.total = 0.0
        self.count = 0
        self.predictions: list[Tensor] = []
        self.targets: list[Tensor] = []

    def add(self, prediction: Any, target: Any, value: Tensor) -> float:
        """Take note of a batch; its loss as a number."""
        n = len(target)
        loss = value.item()
        self.total += loss * n
        self.count += n
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
                prediction = cat(self.predictions)
                target = cat(self.targets)
                found |= {
                    name: float(metric(prediction, target)) for name, metric in self.metrics.items()
                }
        return found


def named(metrics: Metrics) -> dict[str, Callable]:
    """Metrics by name: that of the function, where none is given."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    return {metric.__name__: metric for metric in metrics or ()}


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
