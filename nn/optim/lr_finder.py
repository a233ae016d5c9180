"""The learning rate range test: train for a moment with ever larger learning rates, and look where
the loss falls fastest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Iterable, Iterator

import numpy as np

from autograd_engine import no_grad

from .optimizer import Optimizer, plain, set_lr


@dataclass(frozen=True)
class LRCurve:
    """What `lr_range_test` found.

    Attributes
    ----------
    lrs : list of float
        The learning rate of each step (of the first parameter group).
    losses : list of float
        The loss before that step.
    """

    lrs: list[float]
    losses: list[float]

    plot: ClassVar[Callable[..., Any]]
    """Draw losses over learning rates, and the suggestion: ``curve.plot(ax=None)``, lent by
    `nn.visual.lr_range`.
    """

    @property
    def smoothed(self) -> list[float]:
        """The losses as a running average that keeps 90 % in each step, corrected for its start."""
        average = 0.0
        found = []
        for i, loss in enumerate(self.losses, 1):
            average = 0.9 * average + 0.1 * loss
            found.append(average / (1 - 0.9**i))
        return found

    @property
    def suggestion(self) -> float:
        """The learning rate at which the smoothed loss falls fastest, over the logarithm of the
        learning rate.

        Raises
        ------
        ValueError
            If the loss never falls, so that there is nothing to suggest.
        """
        lowest = int(np.argmin(self.smoothed)) + 1
        if lowest < 3:
            raise ValueError(
                f"the loss does not fall between learning rates {self.lrs[0]:.3g} and "
                f"{self.lrs[-1]:.3g}: begin with a smaller "
                "start_lr, or take more steps (num_iter)"
            )
        begin = min(10, lowest // 2)  # before, the average is of too few losses to say anything
        slopes = np.gradient(self.smoothed[:lowest], np.log(self.lrs[:lowest]))
        return self.lrs[begin + int(np.argmin(slopes[begin:]))]


def lr_range_test(
    model: Any,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    batches: Iterable[tuple[Any, Any]],
    start_lr: float = 1e-7,
    end_lr: float = 10.0,
    num_iter: int = 100,
    diverged: float = 4.0,
) -> LRCurve:
    """Train with learning rates that grow exponentially, until the loss explodes; then put
    everything back.

    Parameters
    ----------
    model : callable
        ``model(inputs)`` gives predictions.
    loss : callable
        ``loss(predictions, targets)`` gives a tensor of one element.
    optimizer : Optimizer
        Of the model's parameters. Parameter groups keep the ratios of their learning rates.
    batches : iterable of (inputs, targets)
        Begun again when it ends.
    start_lr, end_lr : float
        The learning rates of the first and the last step (of the first group).
    num_iter : int
        Steps.
    diverged : float
        The test ends when the smoothed loss is this many times its lowest value so far, or is not a
        number.

    Returns
    -------
    LRCurve
        With ``lrs``, ``losses``, ``suggestion`` and ``plot()``.

    Notes
    -----
    Afterwards the parameters, their gradients, the optimizer's state and (for a model with
    ``state_dict()``) the model's buffers are what they were. What was drawn from random number
    generators stays drawn. Smith, Cyclical learning rates for training neural networks, 2017,
    section 3.3.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.optim import SGD
    >>> w = tensor([5.0], requires_grad=True)
    >>> batches = [(tensor([1.0]), tensor([2.0])), (tensor([2.0]), tensor([4.0]))]
    >>> def loss(y, t):
    ...     return ((y - t) ** 2).sum()
    >>> curve = lr_range_test(lambda x: x * w, loss, SGD([w]), batches, 1e-4, 1.0)
    >>> 0.01 < curve.suggestion < 0.3, w
    (True, tensor([5.], requires_grad=True))
    """
    if not (0 < start_lr < end_lr and num_iter >= 2):
        raise ValueError(
            f"expected 0 < start_lr < end_lr and num_iter >= 2, got {start_lr}, {end_lr} and "
            f"{num_iter}"
        )
    rates = [plain(group["lr"]) for group in optimizer.param_groups]
    shares = [rate / rates[0] if rates[0] else 1.0 for rate in rates]
    restore = _snapshot(model, optimizer)
    curve = LRCurve([], [])
    try:
        for i, (inputs, targets) in zip(range(num_iter), _endless(batches)):
            lr = start_lr * (end_lr / start_lr) ** (i / (num_iter - 1))
            for group, share in zip(optimizer.param_groups, shares):
                set_lr(group, lr * share)
            optimizer.zero_grad()
            value = loss(model(inputs), targets)
            value.backward()
            if not math.isfinite(value.item()):
                break
            curve.lrs.append(lr)
            curve.losses.append(value.item())
            if curve.smoothed[-1] > diverged * min(curve.smoothed):
                break
            optimizer.step()
    finally:
        restore()
    return curve


def _endless(batches: Iterable[Any]) -> Iterator[Any]:
    """The batches, again and again."""
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise ValueError(
                "there are no batches, or no more: an iterator cannot be begun again, a list or a "
                "loader can"
            )


def _snapshot(model: Any, optimizer: Optimizer) -> Callable[[], None]:
    """Remember the model and the optimizer; the function that puts them back."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    values = [p.numpy().copy() for p in params]
    grads = [p.grad for p in params]
    state = optimizer.state_dict()
    stepped = optimizer.stepped
    buffers = None
    if hasattr(model, "state_dict"):
        buffers = {name: value.clone() for name, value in model.state_dict().items()}

    def restore() -> None:
        if buffers is not None:
            model.load_state_dict(buffers)
        with no_grad():
            for p, value, grad in zip(params, values, grads):
                p.copy_(value)
                p.grad = grad
        optimizer.load_state_dict(state)
        optimizer.stepped = stepped

    return restore
