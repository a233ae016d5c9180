"""What can be added to the loop from outside: to stop in time, to keep what was reached, and
anything of one's own.
"""

from __future__ import annotations

import math
import os
from typing import Any

from ..saving import load, save
from .resume import restore, state_of
from .run import Callback, Run


class EarlyStopping(Callback):
    """Stop when a quantity has not improved for ``patience`` epochs; at the end, go back to the
    best weights.

    Parameters
    ----------
    monitor : str, optional
        The column of the history to watch; by default ``"val_loss"``, or ``"loss"`` where there is
        no validation.
    patience : int
        Epochs without improvement after which it stops.
    min_delta : float
        What counts as improvement is larger than this.
    mode : "min" or "max"
        Whether the quantity is to get smaller or larger.
    restore_best : bool
        Whether the model has the weights (and buffers) of its best epoch at the end, however the
        training ended.

    Attributes
    ----------
    best, best_epoch : float, int
        The best value so far, and its epoch (from 1).
    """

    def __init__(
        self,
        monitor: str | None = None,
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str = "min",
        restore_best: bool = True,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode is 'min' or 'max', got {mode!r}")
        self.monitor = monitor
        self.patience = patience
        self.min_delta = min_delta
        self.mode = mode
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = 0
        self.weights: dict[str, Any] | None = None

    def on_train_begin(self, run: Run) -> None:
        if not len(run.history):
            self._forget()

    def on_epoch_end(self, run: Run) -> bool:
        value = float(run.watched(self.monitor))
        epoch = len(run.history)
        gain = (value - self.best) * (1 if self.mode == "max" else -1)
        if gain > self.min_delta:
            self.best = value
            self.best_epoch = epoch
            if self.restore_best:
                self.weights = {name: t.clone() for name, t in run.model.state_dict().items()}
        return epoch - self.best_epoch >= self.patience

    def on_train_end(self, run: Run) -> None:
        if self.weights is not None:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]
        self.best_epoch = state_dict["best_epoch"]
        self.weights = state_dict["weights"]


class Checkpoint(Callback):
    """Save everything after each epoch; if the file exists already, go on from it, exactly as if
    there had been no break.

    Parameters
    ----------
    path : path
        The file; see `nn.save`.
    every : int
        Epochs between two saves. The end of the training is saved in any case.
    resume : bool
        Whether to go on from an existing file. Otherwise it is replaced after the first epoch.

    Notes
    -----
    Kept are model, optimizer, scheduler, history, the other callbacks, the states of the default
    random number generator and of those that the loader, its samplers and its data sets hold (of
    the engine, NumPy or Python), and the ``state_dict()`` of a sampler or data set that has one.
    The global generators of ``numpy.random`` and ``random`` are not. A file of another training is
    refused, and nothing is changed then.
    """

    def __init__(self, path: str | os.PathLike, every: int = 1, resume: bool = True) -> None:
        if every < 1:
            raise ValueError(f"every is at least 1, got {every}")
        self.path = path
        self.every = every
        self.resume = resume

    def on_train_begin(self, run: Run) -> None:
        if self.resume and os.path.exists(self.path):
            restore(run, load(self.path))

    def on_epoch_end(self, run: Run) -> None:
        if run.stopped or len(run.history) % self.every == 0 or len(run.history) == run.epochs:
            save(state_of(run), self.path)
