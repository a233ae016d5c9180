"""What the loop does with a batch: forward, backward, step; and the same as a program, as far as
that computes the same.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable

from autograd_engine import Tensor

from ..hooks import are_hooked, is_hooked
from ..optim.optimizer import needs_closure
from ..utils import clip_grad_norm_, clip_grad_value_
from .batches import Batch
from .callbacks import Checkpoint, EarlyStopping
from .compiled import GradientProgram, reports_of
from .finite import require_finite
from .measure import Seen, require_number
from .run import Run
from .wholestep import Limits, WholeStepProgram


class BatchStep:
    """What is done with a batch: forward, backward, step.

    Parameters
    ----------
    run : Run
    limits : Limits
        How large gradients may be.
    """

    def __init__(self, run: Run, limits: Limits) -> None:
        self.run = run
        self.limits = limits
        self._needs_closure = needs_closure(run.optimizer)

    def begin_epoch(self, seen: Seen) -> None:
        """Look at what may have changed since the last epoch."""

    def forward(self, batch: Batch) -> tuple[Any, Tensor]:
        """The prediction and the loss."""
        prediction = self.run.model(*batch.inputs)
        return prediction, require_number(self.run.loss(prediction, batch.target))

    def update(self, batch: Batch, value: Tensor) -> None:
        """Differentiate the loss, and let the optimizer take a step."""
        require_finite(value, self.run, batch.inputs, batch.target)
        if self._needs_closure:
            self.run.optimizer.step(self._closure(batch, value))
        else:
            self._backward(value)
            self.run.optimizer.step()

    def _closure(self, batch: Batch, value: Tensor) -> Callable[[], Tensor]:
        """The function that computes the loss anew; the first time it is known already."""
        known = [value]

        def closure() -> Tensor:
            value = known.pop() if known else self.forward(batch)[1]
            self._backward(value)
            return value

        return closure

    def _backward(self, value: Tensor) -> None:
        self.run.optimizer.zero_grad()
        value.backward()
        self.clip()

    def clip(self) -> None:
        """Keep the gradients as small as they are to be."""
        if self.limits.norm is not None:
            clip_grad_norm_(self.run.model.parameters(), self.limits.norm)
        if self.limits.value is not None:
            clip_grad_value_(self.run.model.parameters(), self.limits.value)

    def report(self) -> str:
        """What of it ran as a program."""
        return ""


WHOLE = "the whole step is one program"
GRADIENTS = "forward and backward are a program, the step is the optimizer's own"
EAGER = "nothing is a program"


class CompiledBatchStep(BatchStep):
    """The same as a program: the whole step where the optimizer's is a formula, else forward, loss
    and backward; nothing where somebody watches from inside, as hooks do.
    """

    def __init__(self, run: Run, limits: Limits, backend: str) -> None:
        super().__init__(run, limits)
        self._gradients = GradientProgram(run.model, run.loss, run.optimizer, backend)
        self._whole = WholeStepProgram(
            run.model, run.loss, run.optimizer, backend, limits, watched=True
        )
        self._backend = backend
        self._how = EAGER
        self._counts: Counter[tuple[str, str]] = Counter()
        self._looks_often = False
        self._keeps_gradients = False
        self._watchers = ""
        self._own_count = False

    def begin_epoch(self, seen: Seen) -> None:
        """Look who watches, and whether the optimizer's step can be part of the program."""
        self._own_count = seen.counts_in_its_own_way
        strangers = [c for c in self.run.callbacks if type(c) not in (Checkpoint, EarlyStopping)]
        self._keeps_gradients = bool(strangers)
        self._looks_often = bool(self.run.listeners())
        self._look()

    def _look(self) -> None:
        self._whole.look_again()
        self._watchers = ""
        if any(map(is_hooked, self.run.model.modules())):
            self._watchers = "hooks on modules"
        elif are_hooked(self.run.model.parameters()):
            self._watchers = "hooks on parameters"

    def forward(self, batch: Batch) -> tuple[Any, Tensor]:
        """The prediction and the loss; the step is taken already, where it is one program."""
        if self._looks_often:
            self._look()
        why = self._watchers
        if not batch.size:
            why = "a batch is empty"
        if why:
            self._note(EAGER, why)
            return super().forward(batch)
        found = None
        why = "the loss says itself what a batch counts"
        if not self._own_count:
            found = self._whole(batch.inputs, batch.target)
            why = self._whole.why_not
        if found is not None and self._whole.found is None:
            self._note(WHOLE, "")
            return found
        if found is None:
            self._note(GRADIENTS, why)
            found = self._gradients(batch.inputs, batch.target)
        else:
            self._note(GRADIENTS, "some parameters have no gradient")
            self._gradients.take(self._whole.found)
        return found

    def _note(self, how: str, why: str) -> None:
        self._how = how
        self._counts[how, why] += 1

    def update(self, batch: Batch, value: Tensor) -> None:
        """Do what is left of the step."""
        if self._how == EAGER:
            super().update(batch, value)
            return
        require_finite(value, self.run, batch.inputs, batch.target)
        if self._how == GRADIENTS:
            self._gradients.deliver()
            self.clip()
            self.run.optimizer.step()
        elif self._keeps_gradients:  # the next step writes its own in the same memory
            for p in self.run.model.parameters():
                p.grad = None if p.grad is None else p.grad.clone()

    def report(self) -> str:
        lines = [f"for the back end {self._backend}:"]
        for (how, why), count in self._counts.items():
            reason = why and f" ({why})"
            lines.append(f"{count} batch{'es' * (count != 1)}: {how}{reason}")
        return "\n".join([*lines, reports_of(self._whole, self._gradients)])
