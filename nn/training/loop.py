"""The training loop, and its two halves without learning: `evaluate` and `predict`."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Iterable

from autograd_engine import Tensor, is_grad_enabled, no_grad, set_grad_enabled

from ..data import DataLoader
from ..module import Module
from ..optim import Optimizer
from ..optim.lr_scheduler import ReduceLROnPlateau
from .batches import (
    batches,
    counted,
    held_out,
    inputs_in,
    inputs_of,
    joined,
    opened,
    size_of,
)
from .callbacks import Checkpoint
from .history import History
from .measure import Metrics, Seen, named, require_number
from .progress import Progress
from .run import Callback, FunctionCallback, Run, require_known_hooks
from .steps import BatchStep, CompiledBatchStep
from .wholestep import Limits


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
    compile: bool | str = False,
) -> History:
    """Train a model: for each batch forward, backward, step; for each epoch a row of numbers.

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(predictions, targets)`` gives a tensor of one element: a mean over the batch, or a
        sum (where the loss says ``reduction="sum"``).
    optimizer : Optimizer
        Of the model's parameters.
    train : tuple of arrays, Data, Dataset, DataLoader or iterable of batches
        Batches are ``(inputs, targets)``, or ``(input1, input2, ..., targets)``; targets are what
        the loss takes: a tensor, a tuple or dict of these, None. Whole arrays and data sets are
        shuffled and cut. `nn.datasets.Data`, and frames and series of pandas in a tuple, are
        converted to the model's dtype, and targets that are no classes to a column ``(n, 1)``; so
        are classes where the loss compares numbers, as `nn.BCELoss` does with 0 and 1.
    val : the same, or float, optional
        Evaluated after each epoch. A number is the share of ``train`` that is held out for it:
        always the same samples.
    epochs : int
    metrics : str, callable, sequence or dict of these, optional
        ``metric(predictions, targets)`` gives a number, from all of an epoch's; of the structure
        that the model and the batches have. A string is the name of one of `nn.metrics`. With
        `nn.BCELoss` these take predictions for probabilities (class 1 is above 0.5), with
        `nn.BCEWithLogitsLoss` for logits (above 0).
    scheduler : LRScheduler or ReduceLROnPlateau, optional
        The latter watches ``val_loss``, or ``loss`` where there is no validation.
    callbacks : iterable of Callback or callable
        A function is called with the `Run` after each epoch; returning True ends the training.
    scheduler_per : "epoch" or "batch"
        When the scheduler takes a step.
    clip_norm, clip_value : float, optional
        The largest norm of all gradients together, the largest entry of any.
    batch_size : int
        For what is cut.
    progress : bool
        Whether to show a progress bar (with the package tqdm), or a line for each epoch (without).
    compile : bool or str
        Whether the step runs as a program that is written once for each shape of batch: all of it
        where the optimizer's own step is a formula (see `compiled_step`), else forward, loss and
        backward, and nothing while there are hooks. A string says for which back end. The numbers
        are the same up to rounding; ``history.compiled`` says what ran how, and why.

    Returns
    -------
    History
        The columns epoch, lr, loss, each metric, and with ``val`` the same as ``val_loss`` ... The
        loss is the mean over all samples, as if they were one batch, whatever the loss reduces,
        weighs or ignores.

    Raises
    ------
    DivergenceError
        If the loss becomes infinite or NaN: a FloatingPointError whose message says where it began,
        and whose ``history`` has the epochs before.
    TypeError, ValueError
        For a class in the place of an object, another model's optimizer, a batch without targets,
        two metrics of one name, a callback with a hook that is none or that returns something else
        than True, False or None.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> x = ag.randn(64, 3); y = x @ ag.tensor([[1.0], [-2.0], [0.5]])
    >>> model = nn.Linear(3, 1)
    >>> optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    >>> history = nn.fit(model, nn.MSELoss(), optimizer, (x, y), epochs=100, progress=False)
    >>> history["loss"][-1] < 0.01
    True
    """
    if scheduler_per not in ("epoch", "batch"):
        raise ValueError(f"scheduler_per is 'epoch' or 'batch', got {scheduler_per!r}")
    require_instances(model, loss, optimizer, scheduler)
    if isinstance(val, (int, float)):
        train, val = held_out(train, val, model, loss)
    train = batches(train, model, loss, batch_size, shuffle=True)
    val = batches(val, model, loss, batch_size)
    metrics = named(metrics)
    run = Run(model, loss, optimizer, train, scheduler, epochs, callbacks=ordered(callbacks))
    limits = Limits(clip_norm, clip_value)
    step = BatchStep(run, limits)
    if compile:
        step = CompiledBatchStep(run, limits, "numpy" if compile is True else compile)
    per_batch = scheduler if scheduler_per == "batch" else None
    per_epoch = scheduler if scheduler_per == "epoch" else None
    begun: list[Callback] = []
    try:
        for callback in run.callbacks:
            callback.on_train_begin(run)
            begun.append(callback)
        with Progress(train, run, progress) as bar:
            while len(run.history) < epochs and not run.stopped:
                row = train_epoch(run, bar, metrics, step, per_batch)
                if val is not None:
                    found = evaluate(model, loss, val, metrics)
                    row |= {f"val_{name}": value for name, value in found.items()}
                run.history.append(row)
                advance(per_epoch, run)
                run.end_epoch()
                bar.report(row)
    finally:
        run.history.compiled = step.report()
        end(begun, run)
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
        For what is cut.

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
    require_instances(model, loss)
    seen = Seen(loss, named(metrics))

    def look() -> dict[str, float]:
        for batch in opened(batches(data, model, loss, batch_size)):
            prediction = model(*batch.inputs)
            value = require_number(loss(prediction, batch.target))
            weight = seen.weight_of(batch, prediction)
            seen.add(batch, prediction, value.item(), weight)
        return seen.result()

    return in_evaluation(model, look)


def predict(model: Module, data: Any, *, batch_size: int = 256) -> Any:
    """The model's outputs for many inputs, batch by batch, in evaluation mode.

    Parameters
    ----------
    model : Module
    data : Tensor, array, table, Data, Dataset or DataLoader
        Inputs alone; or batches of ``(inputs, targets)`` as in `fit`, whose targets are left out.
    batch_size : int
        For what is cut.

    Returns
    -------
    Tensor, or tuple or dict of these
        All outputs, one after the other, in the structure that the model gives.

    Examples
    --------
    >>> import nn
    >>> nn.predict(nn.ReLU(), [[-1.0], [2.0]])
    tensor([[0.],
            [2.]])
    """
    require_instances(model)
    samples = inputs_in(data, model)
    if samples is not None:
        data = DataLoader(samples, batch_size)
    outputs: list[Any] = []
    sizes: list[int] = []

    def look() -> Any:
        for size, batch in counted(data):
            inputs = inputs_of(batch)
            outputs.append(model(*inputs))
            sizes.append(size_of(inputs, None) if size is None else size)
        if not outputs:
            raise ValueError("there was no batch to predict; an iterator is used up after one pass")
        return joined(outputs, sizes)

    return in_evaluation(model, look)


# --- what an epoch is made of --------------------------------------------------------------------


def train_epoch(
    run: Run, bar: Progress, metrics: dict[str, Callable], step: BatchStep, scheduler: Any
) -> dict[str, Any]:
    """Train on each batch once; the row of the epoch. The scheduler, if there is one, takes a step
    with each batch.
    """
    run.model.train()
    run.epoch = len(run.history) + 1
    run.batch = 0
    seen = Seen(run.loss, metrics)
    step.begin_epoch(seen)
    listeners = run.listeners()
    for batch in bar:
        prediction, value = step.forward(batch)
        weight = seen.weight_of(batch, prediction)
        if weight:  # else all targets are ignored, and there is nothing to learn
            step.update(batch, value)
        advance(scheduler, run)
        run.batch += 1
        run.batch_loss = value.item()
        seen.add(batch, prediction, run.batch_loss, weight)
        for callback in listeners:
            callback.on_batch_end(run)
    lr = float(run.optimizer.param_groups[0]["lr"])
    return {"epoch": run.epoch, "lr": lr, **seen.result()}


def advance(scheduler: Any, run: Run) -> None:
    """Let the scheduler, if there is one, take a step."""
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(run.watched())
    elif scheduler is not None:
        scheduler.step()


# --- callbacks ------------------------------------------------------------------------------------


def ordered(callbacks: Iterable[Any]) -> list[Callback]:
    """The callbacks, with functions made to callbacks and checkpoints last.

    Raises
    ------
    TypeError
        For a class in place of an object, what cannot be called, or a hook that is none.
    """
    if isinstance(callbacks, Callback) or callable(callbacks):
        raise TypeError(f"callbacks is a list, got {callbacks!r} alone: callbacks=[...]")
    found = [c if isinstance(c, Callback) else FunctionCallback(c) for c in callbacks]
    for callback in found:
        require_known_hooks(callback)
    return sorted(found, key=lambda callback: isinstance(callback, Checkpoint))


def end(callbacks: list[Callback], run: Run) -> None:
    """Let each callback end, also when another one raises; then raise what was raised."""
    if callbacks:
        first, *others = callbacks
        try:
            first.on_train_end(run)
        finally:
            end(others, run)


# --- evaluation -----------------------------------------------------------------------------------


def in_evaluation(model: Module, look: Callable[[], Any]) -> Any:
    """Do something in evaluation mode, without gradients. Afterwards each module is in its own mode
    again, whenever one was interrupted.
    """
    modes = [(module, module.training) for module in model.modules()]
    recording = is_grad_enabled()

    def restore() -> None:
        set_grad_enabled(recording)
        for module, training in modes:
            module.training = training

    try:
        try:
            model.eval()
            with no_grad():
                return look()
        finally:
            restore()
    finally:  # once more, if what was interrupted is the restoring
        restore()


# --- checks ---------------------------------------------------------------------------------------


def require_instances(
    model: Any, loss: Any = None, optimizer: Any = None, scheduler: Any = None
) -> None:
    """Raise for a class in the place of an object, and for an optimizer of another model.

    Raises
    ------
    TypeError, ValueError
    """
    given = {"model": model, "loss": loss, "optimizer": optimizer, "scheduler": scheduler}
    for what, value in given.items():
        if inspect.isclass(value):
            raise TypeError(
                f"the {what} is an object, got the class {value.__name__}: {value.__name__}(...)"
            )
    if not isinstance(model, Module):
        raise TypeError(f"the model is a Module, got {type(model).__name__}")
    if optimizer is None:
        return
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    own = [*model.parameters()]
    if own and held.isdisjoint(map(id, own)):
        raise ValueError(
            "the optimizer is of another model: none of its parameters is one of this model's; "
            f"make it of these, {type(optimizer).__name__}(model.parameters(), ...)"
        )
    of_scheduler = getattr(scheduler, "optimizer", optimizer)
    if of_scheduler is not optimizer:
        raise ValueError("the scheduler is of another optimizer: make it of the one given here")
