"""Schedules that are the initial learning rate times a function of t. They can be chained: the
functions multiply.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections import Counter
from typing import Any, Iterable

from ..optimizer import Optimizer
from .base import LRScheduler, function_state, require_optimizer, require_positive


class _MultipleLR(LRScheduler):
    """The learning rate is the initial one times ``multiple(t)``. Set as a ratio, so that schedules
    can be chained.
    """

    _steps_when_resumed = False

    def multiple(self, t: int) -> float:
        """What the initial learning rate is multiplied by at step t."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        before = 1.0 if t == 0 else self.multiple(t - 1)
        if before == 0 or (self._is_initial and t > 0 and not self._steps_when_resumed):
            return self._current()
        return [lr * (self.multiple(t) / before) for lr in self._current()]

    def _restart(self) -> None:
        self.last_epoch = 0
        self._set([base * self.multiple(0) for base in self.base_lrs])


class StepLR(_MultipleLR):
    """Multiply by ``gamma`` every ``step_size`` steps.

    Parameters
    ----------
    optimizer : Optimizer
    step_size : int
    gamma : float
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = StepLR(optimizer, 2)
    >>> [round(scheduler.multiple(t), 3) for t in range(6)]
    [1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """

    _steps_when_resumed = True

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        require_positive(step_size=step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def multiple(self, t: int) -> float:
        return self.gamma ** (t // self.step_size)


class MultiStepLR(_MultipleLR):
    """Multiply by ``gamma`` at each of the ``milestones``.

    Parameters
    ----------
    optimizer : Optimizer
    milestones : iterable of int
    gamma : float
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = MultiStepLR(optimizer, [2, 5])
    >>> [round(scheduler.multiple(t), 3) for t in range(6)]
    [1.0, 1.0, 0.1, 0.1, 0.1, 0.01]
    """

    _steps_when_resumed = True

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def multiple(self, t: int) -> float:
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), t)


class ConstantLR(_MultipleLR):
    """``factor`` times the learning rate for the first ``total_iters`` steps.

    Parameters
    ----------
    optimizer : Optimizer
    factor : float
        Greater than 0, at most 1.
    total_iters : int
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = ConstantLR(optimizer, 0.5, total_iters=3)
    >>> [round(scheduler.multiple(t), 3) for t in range(6)]
    [0.5, 0.5, 0.5, 1.0, 1.0, 1.0]
    """

    _steps_when_resumed = True

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < factor <= 1:
            raise ValueError(
                f"Constant multiplicative factor expected to be between 0 and 1, got {factor}"
            )
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def multiple(self, t: int) -> float:
        return self.factor if t < self.total_iters else 1.0


class LinearLR(_MultipleLR):
    """From ``start_factor`` to ``end_factor`` times the learning rate in ``total_iters`` equal
    steps: a warm-up.

    Parameters
    ----------
    optimizer : Optimizer
    start_factor, end_factor : float
        Between 0 and 1; the first is not 0.
    total_iters : int
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = LinearLR(optimizer, 0.25, total_iters=3)
    >>> [round(scheduler.multiple(t), 3) for t in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal "
                f"to 1, got {start_factor}"
            )
        if not 0 <= end_factor <= 1:
            raise ValueError(
                f"Ending multiplicative factor expected to be between 0 and 1, got {end_factor}"
            )
        require_positive(total_iters=total_iters)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def multiple(self, t: int) -> float:
        return (
            self.start_factor
            + (self.end_factor - self.start_factor) * min(self.total_iters, t) / self.total_iters
        )


class ExponentialLR(_MultipleLR):
    """Multiply by ``gamma`` in every step.

    Parameters
    ----------
    optimizer : Optimizer
    gamma : float
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = ExponentialLR(optimizer, 0.5)
    >>> [round(scheduler.multiple(t), 3) for t in range(6)]
    [1.0, 0.5, 0.25, 0.125, 0.062, 0.031]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def multiple(self, t: int) -> float:
        return self.gamma**t


class PolynomialLR(_MultipleLR):
    """(1 − t / total_iters)^power, down to 0.

    Parameters
    ----------
    optimizer : Optimizer
    total_iters : int
    power : float
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = PolynomialLR(optimizer, total_iters=4)
    >>> [round(scheduler.multiple(t), 3) for t in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        require_positive(total_iters=total_iters)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def multiple(self, t: int) -> float:
        return (1 - min(self.total_iters, t) / self.total_iters) ** self.power


class _FunctionLR(LRScheduler):
    """What the two schedules share that the user gives as functions, one for all groups or one for
    each.
    """

    _without = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        n = len(require_optimizer(optimizer).param_groups)
        self.lr_lambdas = [lr_lambda] * n
        if isinstance(lr_lambda, (list, tuple)):
            self.lr_lambdas = list(lr_lambda)
        if len(self.lr_lambdas) != n:
            raise ValueError(f"Expected {n} lr_lambdas, but got {len(self.lr_lambdas)}")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "lr_lambdas": [function_state(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        for function, state in zip(self.lr_lambdas, state_dict["lr_lambdas"]):
            if state is not None:
                vars(function).update(copy.deepcopy(state))


class LambdaLR(_FunctionLR):
    """The initial learning rate times ``lr_lambda(t)``.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or a list of one for each group
        Of t. The attributes of an object are part of the scheduler's state; a plain function has to
        be given again.
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> for _ in range(2):
    ...     optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.3333333333333333]
    """

    def get_lr(self) -> list[float]:
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas)
        ]


class MultiplicativeLR(_FunctionLR):
    """The current learning rate times ``lr_lambda(t)``.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or a list of one for each group
        Of t. The attributes of an object are part of the scheduler's state; a plain function has to
        be given again.
    last_epoch : int
        See `LRScheduler`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = MultiplicativeLR(optimizer, lambda t: 0.5)
    >>> for _ in range(2):
    ...     optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._current()
        return [
            lr * function(self.last_epoch) for lr, function in zip(self._current(), self.lr_lambdas)
        ]
