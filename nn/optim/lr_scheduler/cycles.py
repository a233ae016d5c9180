"""Schedules of up and down, in which the momentum moves against the learning rate."""

from __future__ import annotations

import copy
import math
from typing import Any, Callable

from ..optimizer import Optimizer, set_lr
from .base import LRScheduler, function_state, require_optimizer
from .cosine import cosine, straight


class _MomentumCycle(LRScheduler):
    """What the two schedules share that move the momentum (or β₁) against the learning rate."""

    cycle_momentum: bool

    def _prepare_momentum(self, last_epoch: int, base: Any, most: Any) -> None:
        if not self.cycle_momentum:
            return
        self.use_beta1 = "betas" in self.optimizer.defaults
        if not self.use_beta1 and "momentum" not in self.optimizer.defaults:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.base_momentums = _one_per_group("base_momentum", self.optimizer, base)
        self.max_momentums = _one_per_group("max_momentum", self.optimizer, most)
        if last_epoch == -1:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums
            ):
                group.update(base_momentum=low, max_momentum=high)
                self._set_momentum(group, high)

    def _set_momentum(self, group: dict[str, Any], value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value


def _one_per_group(name: str, optimizer: Optimizer, value: Any) -> list[float]:
    """One value for each group."""
    n = len(require_optimizer(optimizer).param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * n
    if len(value) != n:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups: got {len(value)}, "
            f"expected {n}"
        )
    return list(value)


PHASE = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
"""A phase of `OneCycleLR`: its last t, and between which learning rates and momentums it goes, by
their names in a group.
"""


class OneCycleLR(_MomentumCycle):
    """One cycle: up to ``max_lr`` in the first part of training, then down to almost nothing. Step
    it after every batch.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
        The peak, for all groups or for each.
    total_steps, epochs, steps_per_epoch : int
        The length of training: either the first, or the two others.
    pct_start : float
        Share of the steps that go up.
    anneal_strategy : "cos" or "linear"
    cycle_momentum, base_momentum, max_momentum
        Whether the momentum (β₁ in the Adam family) moves the other way, and between which values.
    div_factor, final_div_factor : float
        Training begins at max_lr / div_factor, and ends at that divided by final_div_factor.
    three_phase : bool
        Come down as one went up, then go on to the end.

    Notes
    -----
    Smith and Topin, Super-convergence: very fast training of neural networks using large learning
    rates, 2018.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], momentum=0.9)
    >>> scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=10, pct_start=0.5)
    >>> rates = []
    >>> for _ in range(9):
    ...     optimizer.step(); scheduler.step(); rates += scheduler.get_last_lr()
    >>> [round(lr, 2) for lr in rates]
    [0.18, 0.52, 0.86, 1.0, 0.9, 0.65, 0.35, 0.1, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = require_optimizer(optimizer)
        self.total_steps = _total_steps(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        turn = pct_start * self.total_steps - 1
        end = self.total_steps - 1
        rise = (turn, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        fall = (2 * turn, "max_lr", "initial_lr", "base_momentum", "max_momentum")
        if three_phase:
            phases = [rise, fall, (end, "initial_lr", "min_lr", "max_momentum", "max_momentum")]
        else:
            phases = [rise, (end, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        self._schedule_phases: list[dict[str, Any]] = [dict(zip(PHASE, phase)) for phase in phases]
        if last_epoch == -1:
            for group, high in zip(
                optimizer.param_groups, _one_per_group("max_lr", optimizer, max_lr)
            ):
                group.update(
                    initial_lr=high / div_factor,
                    max_lr=high,
                    min_lr=high / div_factor / final_div_factor,
                )
        self.cycle_momentum = cycle_momentum
        self._prepare_momentum(last_epoch, base_momentum, max_momentum)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(
                f"Tried to step {t} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        anneal = cosine if self._anneal_func_type == "cos" else straight
        begin = 0.0
        for phase in self._schedule_phases:
            if t <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            begin = phase["end_step"]
        length = phase["end_step"] - begin
        fraction = (t - begin) / length if length else 1.0  # a phase of no steps is at its end
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                self._set_momentum(
                    group,
                    anneal(group[phase["start_momentum"]], group[phase["end_momentum"]], fraction),
                )
        return [
            anneal(group[phase["start_lr"]], group[phase["end_lr"]], fraction)
            for group in self.optimizer.param_groups
        ]


def _total_steps(total: Any, epochs: Any, per_epoch: Any) -> int:
    if total is None and (epochs is None or per_epoch is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = {"epochs": epochs, "steps_per_epoch": per_epoch}
    if total is not None:
        given = {"total_steps": total}
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return math.prod(given.values())


SCALES: dict[str, Callable[[float, float], float]] = {
    "triangular": lambda gamma, x: 1.0,
    "triangular2": lambda gamma, x: 0.5 ** (x - 1),
    "exp_range": lambda gamma, x: gamma**x,
}
"""How high the cycles of `CyclicLR` are, by mode."""


class CyclicLR(_MomentumCycle):
    """Up and down between ``base_lr`` and ``max_lr``, again and again. Step it after every batch.

    Parameters
    ----------
    optimizer : Optimizer
    base_lr, max_lr : float or list of float
        The valleys and peaks, for all groups or for each.
    step_size_up, step_size_down : int
        Steps from valley to peak, and back (by default the same).
    mode : "triangular", "triangular2" or "exp_range"
        Peaks of the same height, halved with each cycle, or times gammaᵗ.
    gamma : float
    scale_fn : callable, optional
        The height of the peaks instead of ``mode``: of the cycle (1, 2, ...) or of t, as
        ``scale_mode`` says.
    scale_mode : "cycle" or "iterations"
    cycle_momentum, base_momentum, max_momentum
        Whether the momentum (β₁ in the Adam family) moves the other way, and between which values.

    Notes
    -----
    Smith, Cyclical learning rates for training neural networks, 2017.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = CyclicLR(optimizer, 0.0, 1.0, step_size_up=4, cycle_momentum=False)
    >>> for _ in range(3):
    ...     optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.75]
    """

    _without = ("optimizer", "_scale_fn_custom")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = require_optimizer(optimizer)
        base_lrs = _one_per_group("base_lr", optimizer, base_lr)
        self.max_lrs = _one_per_group("max_lr", optimizer, max_lr)
        if mode not in SCALES and scale_fn is None:
            raise ValueError(
                f"mode is invalid and scale_fn is None: expected one of {', '.join(SCALES)}, got "
                f"{mode!r}"
            )
        if step_size_down is None:
            step_size_down = step_size_up
        self.total_size = float(step_size_up + step_size_down)
        if min(step_size_up, step_size_down) < 0 or not self.total_size:
            raise ValueError(
                "step_size_up and step_size_down are numbers of steps, not both 0; got "
                f"{step_size_up} and {step_size_down}"
            )
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        self._prepare_momentum(last_epoch, base_momentum, max_momentum)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs):
                set_lr(group, lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of the peak of a cycle, or at t."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return SCALES[self.mode](self.gamma, x)

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        cycle = math.floor(1 + t / self.total_size)
        x = 1 + t / self.total_size - cycle
        if x < self.step_ratio or x == self.step_ratio > 0:
            height = x / self.step_ratio
        else:
            height = (1 - x) / (1 - self.step_ratio)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else t)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums
            ):
                self._set_momentum(group, straight(high, low, height))
        return [straight(low, high, height) for low, high in zip(self.base_lrs, self.max_lrs)]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_scale_fn_custom": function_state(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        if state_dict.get("_scale_fn_custom") is not None:
            vars(self._scale_fn_custom).update(copy.deepcopy(state_dict["_scale_fn_custom"]))
