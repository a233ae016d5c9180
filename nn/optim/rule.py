"""What a family of optimizers says about itself: the update rule, written on whole vectors, and the
state it keeps.

The flat storage asks it, the optimizer is one: both stand on this file.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np


class Stretch:
    """Consecutive parameters that all have a gradient and the same scalars, so that one update
    serves them together.
    """

    def __init__(self, first: int, last: int, scalars: dict[str, float]) -> None:
        self.first = first
        self.last = last
        self.scalars = scalars
        self.chunks: list[tuple[np.ndarray, ...]] = []
        """What the rule gets, chunk by chunk: values, gradients, scratch, state vectors."""


class UpdateRule:
    """How parameters are updated, whatever holds them.

    Attributes
    ----------
    elementwise : bool
        Whether the rule treats each element alone. Then it gets vectors, else one parameter at a
        time in its own shape.
    decoupled : bool
        Whether ``weight_decay`` shrinks the weights themselves, rather than being part of the
        gradient.
    """

    elementwise = True
    decoupled = False

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        """The function ``update(p, g, scratch, *vectors)`` that changes the values ``p`` in place,
        given the gradient ``g``.

        Called once a step, after the step is counted; what depends on scalars alone is computed
        here. ``update`` is called for each chunk; it may overwrite ``g`` and ``scratch``. Where the
        optimizer is not `elementwise` there is no ``scratch``, and the arrays have the parameter's
        shape.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what its update rule is")

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of the state vectors, in the order in which the rule takes them."""
        return ()

    def scalars(self, group: dict[str, Any]) -> dict[str, float]:
        """What is counted for each parameter, before its first step."""
        return {"step": 0.0}

    def initial(self, name: str, group: dict[str, Any]) -> float:
        """What a state vector holds before the first step."""
        return 0.0

    def derived(self, entry: Mapping[str, Any]) -> dict[str, float]:
        """Scalars that are not part of a parameter's state, but follow from what is in it when its
        steps begin.
        """
        return {}

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shape of the state array ``name`` of a parameter; None where a parameter of this
        shape has none (of a rule that is not `elementwise`).
        """
        return shape

    def numbers(self, group: dict[str, Any], scalars: dict[str, float]) -> list[float] | None:
        """What `formula` takes besides vectors in the next step; None without a formula."""
        return None

    def formula(self, group: dict[str, Any], p: Any, g: Any, numbers: Any, *vectors: Any) -> tuple:
        """The rule once more, as a formula with tensors, for programs that hold a whole step.

        Parameters
        ----------
        group : dict
            What in it is no number, and which numbers are zero, is the same in every step.
        p, g : Tensor
            Values and gradients, as vectors.
        numbers : sequence of Tensor
            `numbers`, in order.
        *vectors : Tensor
            The state vectors.

        Returns
        -------
        tuple of Tensor
            The new values, and the new state vectors.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say its rule as a formula")

    def decay_numbers(self, group: dict[str, Any]) -> list[float]:
        """The `numbers` that `decayed` takes."""
        decay = group["weight_decay"]
        return [decay, 1 - group["lr"] * decay]

    def decayed(self, group: dict[str, Any], p: Any, g: Any, decay: Any, kept: Any) -> tuple:
        """Values and gradients as `apply` leaves them before the rule, for `formula`."""
        if group.get("maximize"):
            g = -g
        if not group["weight_decay"]:
            return p, g
        if group.get("decoupled_weight_decay", self.decoupled):
            return p * kept, g
        return p, g + p * decay

    def counted(
        self, scalars: dict[str, float], group: dict[str, Any]
    ) -> tuple[dict[str, float], Callable[..., None]]:
        """The scalars of the next step, and the rule for it. Nothing is changed yet."""
        scalars = dict(scalars)
        if "step" in scalars:
            scalars["step"] += 1
        return scalars, self.rule(group, scalars)

    def apply(
        self, update: Callable[..., None], chunks: list[tuple], group: dict[str, Any]
    ) -> None:
        """Decay the weights, and apply the rule."""
        maximize = group.get("maximize")
        decay = group.get("weight_decay")
        decoupled = decay and group.get("decoupled_weight_decay", self.decoupled)
        for chunk in chunks:
            if maximize:
                np.negative(chunk[1], chunk[1])
            if decoupled:
                np.multiply(chunk[0], 1 - group["lr"] * decay, chunk[0])
            elif decay:
                np.add(chunk[1], decay * chunk[0], chunk[1])
            update(*chunk)
