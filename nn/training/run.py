"""A training in progress, and what watches it: both stand below the loop, the progress bar and the
plots.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Callable

import numpy as np

from autograd_engine import Tensor

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
    epoch : int
        The number of the present epoch, from 1 to ``epochs``.
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
    epoch: int = 0
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

    def end_epoch(self) -> None:
        """Ask all callbacks, and checkpoints when it is known what the others say."""
        for callback in self.callbacks:
            if wants_to_stop(callback.on_epoch_end(self), callback):
                self.stopped = True


class Callback:
    """The base class of callbacks; override what is needed. A plain function ``f(run)`` is one too:
    it is `on_epoch_end`.

    Examples
    --------
    >>> from nn.training import Callback
    >>> class Goal(Callback):
    ...     def on_epoch_end(self, run):
    ...         return run.history.last["loss"] < 0.1  # True ends the training
    """

    def on_train_begin(self, run: Run) -> None:
        """Called before the first epoch."""

    def on_batch_end(self, run: Run) -> None:
        """Called after each step of the optimizer, with ``run.batch`` and ``run.batch_loss``; costs
        nothing where it is not overridden.
        """

    def on_epoch_end(self, run: Run) -> bool | None:
        """Called after each epoch, the one numbered ``run.epoch``, when its row is in
        ``run.history``; True ends the training.
        """

    def on_train_end(self, run: Run) -> None:
        """Called at the end, also if there was an error."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint has to keep of it."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""


class FunctionCallback(Callback):
    """A plain function in the place of a callback.

    Raises
    ------
    TypeError
        For a class, or what cannot be called.
    """

    def __init__(self, function: Callable[[Run], bool | None]) -> None:
        if isinstance(function, type):
            name = function.__name__
            raise TypeError(f"a callback is an object, got the class {name}: {name}(...)")
        if not callable(function):
            raise TypeError(f"a callback is a Callback or a function f(run), got {function!r}")
        self.function = function

    def on_epoch_end(self, run: Run) -> bool | None:
        return self.function(run)


HOOKS = ("on_train_begin", "on_batch_end", "on_epoch_end", "on_train_end")
LIKE_A_HOOK = re.compile(r"(on|before|after|begin|end)_\w+|\w+_(begin|start|end)")
"""What other libraries call their hooks."""


def require_known_hooks(callback: Callback) -> None:
    """Raise for a method that looks like a hook and is none, so that it would never be called.

    Raises
    ------
    TypeError
    """
    for name in dir(type(callback)):
        if name in HOOKS or name.startswith("_") or not LIKE_A_HOOK.fullmatch(name):
            continue
        if callable(getattr(type(callback), name)):
            raise TypeError(
                f"{type(callback).__name__}.{name} would never be called: the hooks of a callback "
                f"are {', '.join(HOOKS)}"
            )


def wants_to_stop(answer: Any, callback: Callback) -> bool:
    """What `on_epoch_end` returned, as a yes or no.

    Raises
    ------
    TypeError
        For what is neither, but would count as a yes.
    """
    if isinstance(answer, (bool, np.bool_)):
        return bool(answer)
    if isinstance(answer, (Tensor, np.ndarray)) and answer.dtype == bool:
        return bool(answer)
    if answer is None or isinstance(answer, (int, float, str)) and not answer:
        return False
    name = getattr(getattr(callback, "function", None), "__name__", type(callback).__name__)
    raise TypeError(
        f"the callback {name} returned {answer!r} after the epoch: True ends the training, None or "
        "False goes on"
    )
