"""A step of training as one program, the optimizer's part included: it reads parameters and state
from the vectors in which the optimizer keeps them, and writes them back.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, NamedTuple

import numpy as np

import autograd_engine as ag
from autograd_engine import Tensor

from ..module import Module
from ..optim import Optimizer
from ..optim.optimizer import WholeStep
from ..optim.rule import UpdateRule
from ..utils.clipping import TINY
from .batches import detached
from .measure import require_number


LARGEST = 2**17
"""Up to how many parameters NumPy goes through whole vectors. More do not stay in the cache from
one operation to the next; the optimizer's own step takes them in pieces.
"""


class Limits(NamedTuple):
    """How large gradients may be: the norm of all together, the largest entry of any."""

    norm: float | None = None
    value: float | None = None

    def applied(self, g: Tensor) -> Tensor:
        """The vector of all gradients, as large as it may be: what `nn.utils` does in place."""
        if self.norm is not None:
            g = g * (self.norm / (g.square().sum().sqrt() + TINY)).clamp(max=1)
        if self.value is not None:
            g = g.clamp(-self.value, self.value)
        return g


UNLIMITED = Limits()


class WholeStepProgram:
    """Forward, loss, gradients and update.

    Parameters
    ----------
    model : Module
    loss : callable
    optimizer : Optimizer
        One whose rule is a formula: see `UpdateRule.formula`.
    backend : str
    limits : Limits
    watched : bool
        Whether somebody looks at the prediction, and a loss that is not finite changes nothing.

    Attributes
    ----------
    why_not : str
        Why the last call was no such step.
    found : list or None
        The gradients, where a step could not be taken after all, because some parameters have none.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        backend: str,
        limits: Limits = UNLIMITED,
        watched: bool = False,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.backend = backend
        self.limits = limits
        self.watched = watched
        self.why_not = ""
        self.found: Any = None
        self._kind: Any = None
        self._options: list = []
        self._program: Any = None
        self._block: Any = None
        self._numbers = np.zeros(0)
        self._gradients: list[Tensor] = []
        self._unused = False
        self._seen_block: Any = None
        self._obstacle = ""
        self._step: WholeStep | None = None

    def __call__(self, inputs: tuple, target: Any) -> tuple[Any, Tensor] | None:
        """The prediction (where somebody looks at it) and the loss, after the step; None where
        the optimizer has no such step now.
        """
        step = self._step
        same = step is not None and self._is_as_it_was(step)
        if step is None or not same:
            self._step = step = self._next_step()
            if step is None:
                return None
            if self._block is not step.block or not self._has_options(step.group):
                self._begin(step)
        self._numbers[:] = step.numbers
        prediction, value, self.found = self._program(inputs, target)
        if self.found is not None:
            self._unused = True
            self.look_again()
            return prediction, value
        if self.watched and not np.isfinite(value.item()):
            return prediction, value
        self.optimizer.count(step)
        if not same:
            for p, g in zip(step.block.params, self._gradients):
                p.grad = g
        return prediction, value

    def look_again(self) -> None:
        """Look anew, in the next step, at what may have become of model and optimizer."""
        self._seen_block = None
        self._step = None

    def _is_as_it_was(self, step: WholeStep) -> bool:
        """Whether the next step is like the last one, which it then takes the place of."""
        params = step.block.params
        same = ag.are_untouched(params, step.layout.arrays, self._gradients)
        return same and self.optimizer.step_again(step)

    def _next_step(self) -> Any:
        """The next step of the optimizer, if it can be part of the program."""
        step = self.optimizer.next_step()
        if step is None:
            self.why_not = why_no_formula(self.optimizer)
            return None
        if self._seen_block is not step.block:
            self._seen_block = step.block
            self._obstacle = self._obstacle_to(step.block)
        self.why_not = self._obstacle
        if not all(p.requires_grad for p in step.block.params):
            self.why_not = "some parameters are frozen"
        return None if self.why_not else step

    def _obstacle_to(self, block: Any) -> str:
        """Why steps on these parameters cannot be part of the program, if that is so."""
        if self._unused:
            return "some parameters have no gradient"
        if self.backend == "numpy" and block.values.flat.size > LARGEST:
            return f"of more than {LARGEST} parameters, it goes through them in pieces"
        held = {id(p) for p in block.params}
        if any(p.requires_grad and id(p) not in held for p in self.model.parameters()):
            return "it does not hold all parameters that are learned"
        return changed_rule(self.optimizer)

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
        limits, watched = self.limits, self.watched
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

        def whole_step(inputs: tuple, target: Any) -> tuple:
            prediction = model(*inputs)
            value = require_number(loss(prediction, target))
            found = ag.grad(value, params, allow_unused=True)
            shown = detached(prediction) if watched else None
            if any(g is None for g in found):
                return shown, value.detach(), found
            with ag.no_grad():
                g = limits.applied(ag.cat([each.reshape(-1) for each in found]))
                new = optimizer.formula(group, flat, g, numbers.unbind(), *state)
                for vector, values in zip((gradient, flat, *state), (g, *new)):
                    if watched:
                        values = ag.where(value.isfinite(), values, vector)
                    vector.copy_(values)
            return shown, value.detach(), None

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


def why_no_formula(optimizer: Optimizer) -> str:
    """Why the step of an optimizer is no formula on one vector of all parameters."""
    cls = type(optimizer)
    if cls.step is not Optimizer.step:
        return f"{cls.__name__} has a step of its own"
    if cls.numbers is UpdateRule.numbers:
        return f"{cls.__name__} does not say its rule as a formula"
    if len(optimizer.param_groups) != 1:
        return f"it has {len(optimizer.param_groups)} groups of parameters"
    dtypes = {str(p.dtype) for p in optimizer.param_groups[0]["params"]}
    if len(dtypes) > 1:
        return f"its parameters are of {' and '.join(sorted(dtypes))}"
    return "its parameters have not all taken the same steps"


def changed_rule(optimizer: Optimizer) -> str:
    """What a class or somebody else has changed that the formula does not know of."""
    cls = type(optimizer)
    by_hand = {"step", "zero_grad"} & vars(optimizer).keys()
    if by_hand:
        return f"its {by_hand.pop()} was replaced"
    if cls.zero_grad is not Optimizer.zero_grad:
        return f"{cls.__name__} has a zero_grad of its own"
    for name in ("rule", "apply", "counted", "numbers"):
        if not issubclass(_owner(cls, "formula"), _owner(cls, name)):
            return f"{cls.__name__} has a {name} that its formula does not know of"
    return ""


def _owner(cls: type, name: str) -> type:
    """The class that defines a method."""
    return next(each for each in cls.__mro__ if name in vars(each))
