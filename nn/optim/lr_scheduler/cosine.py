"""Half cosine waves, once or again and again."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LRScheduler, require_positive


def cosine(start: float, end: float, fraction: float) -> float:
    """From ``start`` (fraction 0) to ``end`` (fraction 1) along half a wave."""
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2


def straight(start: float, end: float, fraction: float) -> float:
    return start + (end - start) * fraction


class CosineAnnealingLR(LRScheduler):
    """Along half a cosine wave from the initial learning rate down to ``eta_min`` at ``T_max``, and
    up again.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
        Steps on the way down.
    eta_min : float
    last_epoch : int
        See `LRScheduler`.

    Notes
    -----
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, without the
    restarts.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = CosineAnnealingLR(optimizer, T_max=4)
    >>> for _ in range(2):
    ...     optimizer.step(); scheduler.step()
    >>> round(scheduler.get_last_lr()[0], 12)
    0.5
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        require_positive(T_max=T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._current()
        t = self.last_epoch
        T = self.T_max
        if (t - 1 - T) % (2 * T) == 0:  # coming from eta_min, where there is no ratio
            return [
                lr + base - cosine(base, self.eta_min, 1 / T)
                for lr, base in zip(self._current(), self.base_lrs)
            ]
        ratio = cosine(1, 0, t / T) / cosine(1, 0, (t - 1) / T)
        return [self.eta_min + (lr - self.eta_min) * ratio for lr in self._current()]

    def _restart(self) -> None:
        self.last_epoch = 0
        self._set(self.base_lrs)


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half cosine waves from the initial learning rate down to ``eta_min``, each ``T_mult`` times
    as long as the one before.

    Parameters
    ----------
    optimizer : Optimizer
    T_0, T_mult : int
        Steps of the first wave; how much longer each is than the one before.
    eta_min : float
    last_epoch : int
        See `LRScheduler`.

    Notes
    -----
    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(2):
    ...     optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_i = T_0
        self.T_cur = float(last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [cosine(base, self.eta_min, self.T_cur / self.T_i) for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next t, or to ``epoch``, which may be a fraction: ``step(epoch + batch /
        batches)``.
        """
        self._step_count += 1
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._jump(epoch or 0)
        self.last_epoch = math.floor(epoch or 0)
        self._set(self.get_lr())

    def _jump(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        self.T_cur = epoch
        self.T_i = self.T_0
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult

    def _restart(self) -> None:
        self.last_epoch = 0
        self._set(self.get_lr())
