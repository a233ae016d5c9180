"""What all schedulers share: they set ``group["lr"]`` when they are made, and again in each
step."""

from __future__ import annotations

import copy
import types
import warnings
from typing import Any, Sequence

from ..optimizer import Optimizer, plain, set_lr


class LRScheduler:
    """Base class of the schedulers; a schedule of your own gives `get_lr`.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int
        The t of the last step when training is taken up again; -1 to begin. Each group then needs
        its ``"initial_lr"``.

    Attributes
    ----------
    last_epoch : int
        t: how many steps were taken.
    base_lrs : list of float
        The learning rates that the groups began with.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> class Halving(LRScheduler):
    ...     def get_lr(self):
    ...         return [base / 2**self.last_epoch for base in self.base_lrs]
    >>> scheduler = Halving(optimizer)
    >>> for _ in range(2):
    ...     optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    _is_initial = False
    _without: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = require_optimizer(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", plain(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0; "
                    "load the optimizer's state first"
                )
        self.base_lrs = [plain(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def get_lr(self) -> list[float]:
        """The learning rates for t = ``last_epoch``, one for each group; before, ``group["lr"]`` is
        that of t − 1.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say what the learning rate is: define get_lr()"
        )

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last, one for each group."""
        return self._last_lr

    def step(self) -> None:
        """Go on to the next t; to be called after ``optimizer.step()``."""
        if self._step_count == 1 and not self.optimizer.stepped:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first value "
                "of the schedule is skipped. "
                "Call `optimizer.step()` first",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        del self._is_initial

    def _undo(self) -> None:
        """Take back the step that was taken when this scheduler was made."""
        self.last_epoch -= 1

    def _restart(self) -> None:
        """Begin at t = 0, whatever came before."""
        self.last_epoch = 0
        self._set(self.get_lr())

    def _set(self, lrs: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            set_lr(group, lr)
        self._last_lr = self._current()

    def _current(self) -> list[float]:
        return [plain(group["lr"]) for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All that the scheduler remembers, copied; functions are left out."""
        return copy.deepcopy(
            {key: value for key, value in vars(self).items() if key not in self._without}
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave. The learning rates themselves are part of the
        optimizer's state.
        """
        vars(self).update(
            copy.deepcopy(
                {key: value for key, value in state_dict.items() if key not in self._without}
            )
        )


def require_optimizer(optimizer: Any) -> Optimizer:
    """The optimizer; raises a TypeError for anything else."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def require_positive(**counts: Any) -> None:
    """Raise a ValueError for a number of steps that is not at least 1 (or a fraction above 0)."""
    for name, value in counts.items():
        if not value > 0:
            raise ValueError(f"{name} is the number of steps of a phase, at least 1; got {value!r}")


def function_state(function: Any) -> dict[str, Any] | None:
    """The attributes of a callable object; None for a plain function, which has to be given
    again."""
    if isinstance(function, (types.FunctionType, type(None))):
        return None
    return copy.deepcopy(vars(function))
