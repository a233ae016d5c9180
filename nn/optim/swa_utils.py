"""Averages of a model's weights over the steps of training, which often generalise better than the
last weights.
"""

from __future__ import annotations

import copy
import math
from typing import Any, Callable, Iterable, Sequence

from autograd_engine import Tensor, no_grad, tensor

from ..module import Module
from ..normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .lr_scheduler import LRScheduler
from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__


# --- averages -------------------------------------------------------------------------------------


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The exponential moving average ``decay * average + (1 - decay) * new``, for ``avg_fn``.

    Parameters
    ----------
    decay : float
        Between 0 and 1.

    Returns
    -------
    callable
        ``average(averaged, new, count)``.

    Raises
    ------
    ValueError
        If ``decay`` is not between 0 and 1.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> get_ema_avg_fn(0.9)(tensor(1.0), tensor(2.0), 5)
    tensor(1.1000)
    """
    if not 0 <= decay <= 1:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )

    def average(averaged: Tensor, new: Tensor, count: Any) -> Tensor:
        return decay * averaged + (1 - decay) * new

    return average


def get_swa_avg_fn() -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The mean of all models so far (stochastic weight averaging, Izmailov et al., 2018), for
    ``avg_fn``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> get_swa_avg_fn()(tensor(1.0), tensor(2.0), 3)
    tensor(1.2500)
    """
    return _mean_of_all


def _mean_of_all(averaged: Tensor, new: Tensor, count: Any) -> Tensor:
    return averaged + (new - averaged) / (count + 1)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[Sequence, Sequence, Any], None]:
    """The same as `get_ema_avg_fn` for all parameters in one call, for ``multi_avg_fn``.

    Raises
    ------
    ValueError
        If ``decay`` is not between 0 and 1.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> averaged = [tensor(1.0)]
    >>> get_ema_multi_avg_fn(0.9)(averaged, [tensor(2.0)], 5); averaged
    [tensor(1.1000)]
    """
    return _of_all(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Callable[[Sequence, Sequence, Any], None]:
    """The same as `get_swa_avg_fn` for all parameters in one call, for ``multi_avg_fn``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> averaged = [tensor(1.0)]
    >>> get_swa_multi_avg_fn()(averaged, [tensor(2.0)], 3); averaged
    [tensor(1.2500)]
    """
    return _of_all(_mean_of_all)


def _of_all(average: Callable) -> Callable[[Sequence, Sequence, Any], None]:
    """The average of one parameter as one that changes many in place."""

    @no_grad()
    def averages(averaged: Sequence, new: Sequence, count: Any) -> None:
        for mine, latest in zip(averaged, new, strict=True):
            mine.copy_(average(mine, latest, count))

    return averages


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's over the calls of
    `update_parameters`.

    Parameters
    ----------
    model : Module
        It is copied; the copy is ``module``.
    device : device, optional
        There is only the CPU.
    avg_fn : callable, optional
        ``avg_fn(average, new, count)`` gives the new average of one parameter, by default the mean
        of all; see `get_ema_avg_fn`.
    multi_avg_fn : callable, optional
        ``multi_avg_fn(averages, new, count)`` changes those of all parameters in place; see
        `get_ema_multi_avg_fn`.
    use_buffers : bool
        Whether floating point buffers are averaged too; else they are copied, as are counts always.

    Attributes
    ----------
    n_averaged : Tensor
        How many models have been taken in.

    Raises
    ------
    ValueError
        If both functions are given.

    Examples
    --------
    >>> import nn
    >>> from nn.optim.swa_utils import AveragedModel, get_ema_avg_fn
    >>> model = nn.Linear(2, 1)
    >>> average = AveragedModel(model, avg_fn=get_ema_avg_fn(0.99))
    >>> average.update_parameters(model); average.n_averaged
    tensor(1)
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable | None = None,
        multi_avg_fn: Callable | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("avg_fn and multi_avg_fn say the same thing: give one of them")
        self.module = copy.deepcopy(model).to(device or "cpu")
        self.register_buffer("n_averaged", tensor(0))
        self.averages = multi_avg_fn or _of_all(avg_fn or _mean_of_all)
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take in the model's present weights."""
        mine: list[Tensor] = list(self.module.parameters())
        new: list[Tensor] = list(model.parameters())
        for kept, current in zip(self.module.buffers(), model.buffers(), strict=True):
            if self.use_buffers and kept.is_floating_point():
                mine.append(kept)
                new.append(current)
            else:
                kept.copy_(current)
        if self.n_averaged.item() == 0:
            for averaged, latest in zip(mine, new, strict=True):
                averaged.copy_(latest)
        else:
            means = [value.detach() for value in mine]
            self.averages(means, [value.detach() for value in new], self.n_averaged)
        self.n_averaged.add_(1)


# --- around them ----------------------------------------------------------------------------------


class SWALR(LRScheduler):
    """From the present learning rate to that at which weights are averaged, where it stays.

    Parameters
    ----------
    optimizer : Optimizer
    swa_lr : float or sequence of float
        The last learning rate, of all groups or of each.
    anneal_epochs : int
        How many steps it takes.
    anneal_strategy : {"cos", "linear"}
        Along half a cosine, or a line.
    last_epoch : int
        See `LRScheduler`.

    Raises
    ------
    ValueError
        For another strategy, a negative number of steps, or another number of rates than groups.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = SWALR(optimizer, swa_lr=0.2, anneal_epochs=2, anneal_strategy="linear")
    >>> for _ in range(3):
    ...     optimizer.step(); scheduler.step(); print(round(scheduler.get_last_lr()[0], 3))
    0.6
    0.2
    0.2
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        groups = optimizer.param_groups
        rates = [swa_lr] * len(groups) if isinstance(swa_lr, (int, float)) else list(swa_lr)
        if len(rates) != len(groups):
            raise ValueError(f"swa_lr has {len(rates)} rates for {len(groups)} groups")
        for group, rate in zip(groups, rates):
            group["swa_lr"] = rate
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _part(self, step: int) -> float:
        """How much of the way has been gone after so many steps."""
        t = min(1.0, max(0, step) / max(1, self.anneal_epochs))
        if self.anneal_strategy == "linear":
            return t
        return (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[float]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        rates = []
        for group in self.optimizer.param_groups:
            end = group["swa_lr"]
            # Where it began, by where it is: another scheduler may have moved it.
            start = end if before == 1 else (group["lr"] - before * end) / (1 - before)
            rates.append(end * now + start * (1 - now))
        return rates


@no_grad()
def update_bn(loader: Iterable, model: Module, device: Any = None) -> None:
    """Find the running statistics of batch normalisation anew, in one pass over the data: averaged
    weights have none that fit.

    Parameters
    ----------
    loader : iterable
        Batches: tensors, or tuples and lists whose first element is the input.
    model : Module
        Its mode is kept.
    device : device, optional
        There is only the CPU.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import randn
    >>> model = nn.BatchNorm1d(3)
    >>> nn.optim.swa_utils.update_bn([randn(8, 3) + 5, randn(8, 3) + 5], model)
    >>> bool((model.running_mean > 4).all())
    True
    """
    kinds = (BatchNorm1d, BatchNorm2d, BatchNorm3d)
    layers = [layer for layer in model.modules() if isinstance(layer, kinds)]
    momenta = [layer.momentum for layer in layers]
    if not layers:
        return
    was_training = model.training
    try:
        model.train()
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # the mean of all batches
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x.to(device or "cpu"))
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum
        model.train(was_training)
