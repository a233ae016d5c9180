"""Averages of a model's weights over the steps of training, which often generalise better than the
last weights.
"""

from __future__ import annotations

import copy
from typing import Any, Callable

from autograd_engine import Tensor, no_grad, tensor

from ..module import Module


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The exponential moving average ``decay * average + (1 - decay) * new``, for `AveragedModel`.

    Raises
    ------
    ValueError
        If ``decay`` is not between 0 and 1.
    """
    if not 0 <= decay <= 1:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )

    def average(averaged: Tensor, new: Tensor, count: Any) -> Tensor:
        return decay * averaged + (1 - decay) * new

    return average


def equal_average(averaged: Tensor, new: Tensor, count: Any) -> Tensor:
    """The mean of all models so far (stochastic weight averaging, Izmailov et al., 2018)."""
    return averaged + (new - averaged) / (count + 1)


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's over the calls of
    `update_parameters`.

    Parameters
    ----------
    model : Module
        It is copied; the copy is ``module``.
    avg_fn : callable, optional
        ``avg_fn(average, new, count)``, by default the mean of all; see `get_ema_avg_fn`.
    use_buffers : bool
        Whether floating point buffers are averaged too; else they are copied.

    Attributes
    ----------
    n_averaged : Tensor
        How many models have been taken in.

    Examples
    --------
    >>> import nn
    >>> from nn.utils import AveragedModel, get_ema_avg_fn
    >>> model = nn.Linear(2, 1)
    >>> average = AveragedModel(model, get_ema_avg_fn(0.99))
    >>> average.update_parameters(model); average.n_averaged
    tensor(1)
    """

    def __init__(
        self, model: Module, avg_fn: Callable | None = None, use_buffers: bool = False
    ) -> None:
        super().__init__()
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", tensor(0))
        self.avg_fn = avg_fn or equal_average
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take in the model's present weights."""
        count = self.n_averaged.item()
        for mine, new in zip(self.module.parameters(), model.parameters(), strict=True):
            if count == 0:
                mine.copy_(new)
            else:
                mine.copy_(self.avg_fn(mine.detach(), new.detach(), count))
        for kept, current in zip(self.module.buffers(), model.buffers(), strict=True):
            if self.use_buffers and count > 0 and kept.is_floating_point():
                current = self.avg_fn(kept, current, count)
            kept.copy_(current)
        self.n_averaged.add_(1)
