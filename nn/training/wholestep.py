"""A step of training as one program, the optimizer's part included: it reads parameters and state
from the vectors in which the optimizer keeps them, and writes them back.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any

import numpy as np

import autograd_engine as ag
from autograd_engine import Tensor

from ..module import Module
from ..optim import Optimizer
from ..optim.flat import CHUNK


class WholeStepProgram:
    """Forward, loss, gradients and update.

    Parameters
    ----------
    model : Module
    loss : callable
    optimizer : Optimizer
        One whose rule is a formula: see `UpdateRule.formula`.
    backend : str
    """

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Tensor], optimizer: Optimizer, backend: str
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.backend = backend
        self._kind: Any = None
        self._options: list = []
        self._program: Any = None
        self._block: Any = None
        self._numbers = np.zeros(0)
        self._gradients: list[Tensor] = []

    def __call__(self, inputs: tuple, target: Any) -> Tensor | None:
        """The loss, after the step; None where the optimizer has no such step now."""
        step = self.optimizer.next_step()
        if step is None:
            return None
        params = step.block.params
        if not all(p.requires_grad for p in params):
            return None
        if self.backend == "numpy" and step.block.values.flat.size > CHUNK:
            return None  # the optimizer's own step goes through the vectors in pieces
        if self._block is not step.block or not self._has_options(step.group):
            self._begin(step)
        self._numbers[:] = step.numbers
        value = self._program(inputs, target)
        self.optimizer.count(step)
        for p, g in zip(params, self._gradients):
            if p.grad is not g:
                p.grad = g
        return value

    def _has_options(self, group: dict[str, Any]) -> bool:
        """Whether the program is right for these options: numbers may change, but not to zero."""
        values = [*group.values()]
        if len(values) == len(self._options) and all(map(is_, values, self._options)):
            return True
        self._options = values
        kind = [(type(x), x if isinstance(x, bool) else x == 0) for x in _numbers_in(group)]
        same = kind == self._kind
        self._kind = kind
        return same

    def _begin(self, step: Any) -> None:
        """Write the function that is to become a program."""
        optimizer, model, loss = self.optimizer, self.model, self.loss
        block, group = step.block, step.group
        params = list(block.params)
        flat, *state = block.whole_vectors(optimizer.vectors(group))
        gradient = ag.zeros_like(flat)
        numbers = ag.from_numpy(np.array(step.numbers, flat.dtype))
        self._numbers = numbers.numpy()
        ends = block.values.ends
        self._gradients = [
            gradient[a:b].reshape(p.shape) for a, b, p in zip(ends, ends[1:], params)
        ]

        def whole_step(inputs: tuple, target: Any) -> Tensor:
            value = loss(model(*inputs), target)
            found = ag.grad(value, params, materialize_grads=True)
            with ag.no_grad():
                g = ag.cat([each.reshape(-1) for each in found])
                new = optimizer.formula(group, flat, g, numbers.unbind(), *state)
                gradient.copy_(g)
                for vector, values in zip((flat, *state), new):
                    vector.copy_(values)
            return value.detach()

        self._block = block
        self._has_options(group)
        self._program = ag.compile(whole_step, backend=self.backend)

    def report(self) -> str:
        """What was written for each kind of batch."""
        if self._program is None:
            return "0 programs of whole_step"
        return self._program.report()


def _numbers_in(group: dict[str, Any]) -> list:
    return [x for x in group.values() if isinstance(x, (bool, int, float))]
