"""Steps of training as programs: forward, loss and gradient in one piece of straight-line code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd_engine as ag
from autograd_engine import Tensor

from ..hooks import are_hooked
from ..module import Module
from ..optim import Optimizer
from ..optim.optimizer import needs_closure
from .batches import detached
from .measure import require_number
from .wholestep import WholeStepProgram


def compile(model: Module, *, backend: str = "numpy") -> Any:
    """A model that computes the same, faster: see `autograd_engine.compile`.

    Parameters
    ----------
    model : Module
        Its parameters and buffers are read at each call, and a program is written for each mode.
    backend : {"numpy", "numba"}

    Returns
    -------
    Compiled
        Called as the model is; it has the model's attributes and methods.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones
    >>> model = nn.Linear(2, 1)
    >>> fast = nn.compile(model)
    >>> _ = fast(ones(3, 2))
    >>> bool((fast(ones(3, 2)) == model(ones(3, 2))).all())
    True
    """
    return ag.compile(model, backend=backend)


def compiled_step(
    model: Module,
    loss: Callable[[Any, Any], Tensor],
    optimizer: Optimizer,
    *,
    backend: str = "numpy",
) -> CompiledStep:
    """A step of training as one call: forward, loss, backward and the optimizer's step.

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(prediction, target)`` gives a tensor of one element.
    optimizer : Optimizer
        Of the model's parameters; one that evaluates the loss itself (L-BFGS) is refused.
    backend : {"numpy", "numba"}
        See `autograd_engine.compile`.

    Returns
    -------
    callable
        ``step(x, y)`` (or ``step(x1, x2, ..., y)``) takes the step and returns the loss. The
        gradients are in ``.grad`` afterwards, as after ``zero_grad(); loss.backward()``, until the
        next step writes its own in the same memory. ``step.report()`` says what was written.

    Notes
    -----
    SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax and Lion with one group of parameters
    become part of the program, which reads and writes the optimizer's own vectors: options (the
    learning rate above all) are read in each step, and the state is the optimizer's as ever. Any
    other optimizer takes its own step after the program. While there are hooks on parameters, steps
    are taken as in eager mode, so that the hooks are called.

    Raises
    ------
    TraceError
        At a call, if Python takes a value out of a tensor on the way.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model = nn.Linear(1, 1)
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> step = nn.training.compiled_step(model, nn.MSELoss(), optimizer)
    >>> for _ in range(100):
    ...     value = step(ag.tensor([[1.0], [2.0]]), ag.tensor([[3.0], [5.0]]))
    >>> value.item() < 0.01
    True
    """
    return CompiledStep(model, loss, optimizer, backend)


class CompiledStep:
    """What `compiled_step` returns."""

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Tensor], optimizer: Optimizer, backend: str
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.gradients = GradientProgram(model, loss, optimizer, backend)
        self.whole = WholeStepProgram(model, loss, optimizer, backend)
        self.eager = 0

    def __call__(self, *batch: Any) -> Tensor:
        if any(are_hooked(group["params"]) for group in self.optimizer.param_groups):
            return self._with_hooks(*batch)
        done = self.whole(batch[:-1], batch[-1])
        if done is None and are_hooked(self.model.parameters()):  # some are not the optimizer's
            return self._with_hooks(*batch)
        if done is None:
            done = self.gradients(batch[:-1], batch[-1])
            self.gradients.deliver()
            self.optimizer.step()
        elif self.whole.found is not None:
            self.gradients.take(self.whole.found)
            self.gradients.deliver()
            self.optimizer.step()
        return done[1]

    def _with_hooks(self, *batch: Any) -> Tensor:
        """A step as in eager mode: who waits for gradients sees each when it is there."""
        self.eager += 1
        value = require_number(self.loss(self.model(*batch[:-1]), batch[-1]))
        self.optimizer.zero_grad()
        value.backward()
        self.optimizer.step()
        return value.detach()

    def report(self) -> str:
        """What was written for each kind of batch, and what runs in it as in eager mode."""
        text = reports_of(self.whole, self.gradients)
        if not self.eager:
            return text
        return f"{self.eager} steps as in eager mode, for hooks on parameters\n{text}".rstrip()


def reports_of(*programs: Any) -> str:
    """What the programs say of themselves, but for those that were not written."""
    reports = [program.report() for program in programs]
    return "\n".join(text for text in reports if not text.startswith("0 "))


class GradientProgram:
    """The prediction, the loss and the gradients of all parameters, as a program.

    Raises
    ------
    TypeError
        For an optimizer that evaluates the loss itself.
    """

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Tensor], optimizer: Optimizer, backend: str
    ) -> None:
        if needs_closure(optimizer):
            raise TypeError(
                f"{type(optimizer).__name__} evaluates the loss several times in a step, so the "
                "step is not one program; compile the model instead, with nn.compile"
            )
        self.model = model
        self.optimizer = optimizer
        self._found: Sequence[Tensor | None] = ()

        def loss_and_gradients(inputs: tuple, target: Any, params: tuple) -> tuple:
            prediction = model(*inputs)
            value = require_number(loss(prediction, target))
            found = ag.grad(value, params, allow_unused=True) if params else ()
            return detached(prediction), value.detach(), found

        self._program = ag.compile(loss_and_gradients, backend=backend)

    def __call__(self, inputs: tuple, target: Any) -> tuple[Any, Tensor]:
        """The prediction and the loss."""
        prediction, value, self._found = self._program(inputs, target, tuple(self._params()))
        return prediction, value

    def _params(self) -> list[Tensor]:
        """The parameters that are learned: first the optimizer's, then others of the model."""
        groups = self.optimizer.param_groups
        held = [p for group in groups for p in group["params"]]
        known = set(map(id, held))
        others = [p for p in self.model.parameters() if id(p) not in known]
        return [p for p in [*held, *others] if p.requires_grad]

    def take(self, found: Sequence[Tensor | None]) -> None:
        """Take gradients of the optimizer's parameters that were found elsewhere."""
        self._found = found

    def deliver(self) -> None:
        """Put the gradients where the optimizer finds them, as ``zero_grad(); backward()`` does."""
        params = self._params()
        self.optimizer.zero_grad()  # also those of parameters that are learned no more
        for p, g in zip(params, self._found):
            if g is not None:
                p.grad = g if p.grad is None else p.grad + g

    def report(self) -> str:
        """What was written for each kind of batch."""
        return self._program.report()
