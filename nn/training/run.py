"""A training in progress, and what watches it: both stand below the loop, the progress bar and the
plots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Callable

from ..module import Module
from ..optim import Optimizer
from .history import History


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
        if name is None:
            name = "val_loss" if "val_loss" in self.history else "loss"
        return self.history[name][-1]

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


class Callback:
    """The base class of callbacks; override what is needed. A plain function ``f(run)`` is one too:
    it is `after_epoch`.

    Examples
    --------
    >>> from nn.training import Callback
    >>> class Goal(Callback):
    ...     def after_epoch(self, run):
    ...         return run.history.last["loss"] < 0.1  # True ends the training
    """

    def begin(self, run: Run) -> None:
        """Called before the first epoch."""

    def on_batch_end(self, run: Run) -> None:
        """Called after each step of the optimizer, with ``run.batch`` and ``run.batch_loss``; costs
        nothing where it is not overridden.
        """

    def after_epoch(self, run: Run) -> bool | None:
        """Called after each epoch, when its row is in ``run.history``; a true value ends the
        training.
        """

    def end(self, run: Run) -> None:
        """Called at the end, also if there was an error."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to keep of it."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""


class FunctionCallback(Callback):
    """A plain function in the place of a callback."""

    def __init__(self, function: Callable[[Run], bool | None]) -> None:
        self.function = function

    def after_epoch(self, run: Run) -> bool | None:
        return self.function(run)
