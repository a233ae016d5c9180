"""K-FAC: a step of Newton's kind, by the Fisher information of each layer as a product of two small
matrices.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Callable, Mapping

import numpy as np

from autograd_engine import Generator, Tensor, enable_grad, from_numpy, no_grad

from ..module import Module
from .fisher import Factors, Watch, require_likelihood
from .optimizer import Optimizer, plain

REMEMBERED = ("input_factor", "output_factor", "input_inverse", "output_inverse")


class KFAC(Optimizer):
    """Natural gradient descent with Kronecker-factored curvature, for the weights of `Linear` and
    `Conv1d` to `Conv3d` (without groups); other parameters take plain gradient steps.

    Parameters
    ----------
    model : Module
        All its parameters are optimised. It is watched in training mode; call `remove` to end that.
    loss : CrossEntropyLoss, MSELoss or BCEWithLogitsLoss
        What is minimised. It says how targets are distributed around the model's predictions.
    lr : float
    momentum : float
        Share of the velocity that is kept.
    damping : float
        What is added to the curvature in each direction.
    weight_decay : float
        L2 penalty, part of the gradient.
    decay : float
        What the averages of the two matrices keep with each new estimate.
    factor_freq : int
        The matrices are estimated in every so-many-th forward pass, which takes one more backward
        pass.
    inverse_freq : int
        They are inverted in every so-many-th step.
    kl_clip : float or None
        The largest step, as a change of the predicted distributions.
    generator : Generator, optional
        Of the targets that are drawn.

    Raises
    ------
    TypeError, ValueError
        For a loss that is no plain likelihood, or an invalid option.
    RuntimeError
        In `step`, if there was no forward pass in training mode.

    Notes
    -----
    With inputs a and gradients g of the outputs of a layer: A ← E[a aᵀ], G ← E[g gᵀ], W ← W − lr
    (G + √λ/π)⁻¹ ∇W (A + π√λ)⁻¹, π² = mean trace of A over that of G. The g are those of targets
    drawn from the model's prediction, not those of the data. Martens and Grosse, Optimizing neural
    networks with Kronecker-factored approximate curvature, 2015, sections 3, 5 and 6.3; Grosse and
    Martens, A Kronecker-factored approximate Fisher matrix for convolution layers, 2016; the
    largest step as in Ba, Grosse and Martens, Distributed second-order optimization, 2017. Outputs
    of these layers must not be changed in place.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> x = ag.randn(64, 3); y = x @ ag.tensor([[10.0], [0.1], [1.0]])
    >>> model, loss = nn.Linear(3, 1), nn.MSELoss()
    >>> optimizer = KFAC(model, loss, lr=0.5, momentum=0, kl_clip=None)
    >>> history = nn.fit(model, loss, optimizer, (x, y), epochs=20, batch_size=64, progress=False)
    >>> history["loss"][-1] < 1e-3
    True
    """

    def __init__(
        self,
        model: Module,
        loss: Any,
        lr: float = 1e-2,
        momentum: float = 0.9,
        damping: float = 1e-3,
        weight_decay: float = 0.0,
        *,
        decay: float = 0.95,
        factor_freq: int = 1,
        inverse_freq: int = 10,
        kl_clip: float | None = 1e-3,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"KFAC takes the model itself, got {type(model).__name__}")
        require_likelihood(loss)
        if min(factor_freq, inverse_freq) < 1:
            raise ValueError(
                f"factor_freq and inverse_freq are at least 1, got {factor_freq} and {inverse_freq}"
            )
        super().__init__(
            model.parameters(),
            {
                "lr": lr,
                "momentum": momentum,
                "damping": damping,
                "weight_decay": weight_decay,
                "decay": decay,
                "inverse_freq": inverse_freq,
                "kl_clip": kl_clip,
            },
        )
        self._watch = Watch(model, loss, factor_freq, generator)

    def check(self, options: dict[str, Any]) -> None:
        super().check(options)
        if not plain(options["damping"]) > 0:
            raise ValueError(f"Invalid damping value: {options['damping']}")
        if not 0 <= options["decay"] < 1:
            raise ValueError(f"Invalid decay value: {options['decay']}")

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        raise ValueError("KFAC takes all parameters of its model, in one group")

    def remove(self) -> None:
        """Watch the model no longer."""
        self._watch.remove()

    # --- the step ---------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once, by the gradients they have and the curvature that was seen.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew and calls ``backward``; called first.

        Returns
        -------
        The loss that the closure returned, else None.
        """
        loss = None
        if closure is not None:
            loss = enable_grad()(closure)()
        group = {name: plain(value) for name, value in self.param_groups[0].items()}
        self.check(group)
        with no_grad():
            self._learn(group)
            self._move(self._directions(group), group)
        return loss

    def _learn(self, group: dict[str, Any]) -> None:
        """Blend what was seen of the curvature into the averages."""
        for factors in self._watch.taken():
            for pair in factors.values():
                require_finite_factors(*pair)
            for name, pair in factors.items():
                state = self.state[self._watch.layers[name].weight]
                seen = state.get("seen", 0) + 1
                keep = min(1 - 1 / seen, group["decay"])
                state["seen"] = seen
                for key, new in zip(REMEMBERED[:2], pair):
                    old = np.asarray(state[key]) if keep else 0.0
                    state[key] = from_numpy(keep * old + (1 - keep) * new)

    def _directions(self, group: dict[str, Any]) -> dict[Tensor, np.ndarray]:
        """Where to go: for each parameter with a gradient. Nothing is changed but inverses."""
        found: dict[Tensor, np.ndarray] = {}
        agreement = 0.0
        for layer in self._watch.layers.values():
            if layer.weight.grad is None:
                continue
            gradient = _joined(layer, group["weight_decay"])
            a, g = self._inverses(layer, group)
            step = g @ gradient @ a
            agreement += float((step * gradient).sum())
            found.update(_parted(layer, step))
        shrink = 1.0
        if group["kl_clip"] is not None and agreement > 0:
            shrink = min(1.0, sqrt(group["kl_clip"] / agreement) / max(group["lr"], 1e-30))
        found = {p: shrink * step for p, step in found.items()}
        for p in group["params"]:
            if p.grad is not None and p not in found:
                found[p] = p.grad.numpy() + group["weight_decay"] * p.numpy()
        return found

    def _inverses(self, layer: Any, group: dict[str, Any]) -> Factors:
        state = self.state[layer.weight]
        if "seen" not in state:
            raise RuntimeError(
                "KFAC has seen no forward pass of its model: call the model itself, in training "
                "mode, before step()"
            )
        if "input_inverse" not in state or plain(state["step"]) % group["inverse_freq"] == 0:
            factors = np.asarray(state["input_factor"]), np.asarray(state["output_factor"])
            for key, inverse in zip(REMEMBERED[2:], damped_inverses(*factors, group["damping"])):
                state[key] = from_numpy(inverse)
        return np.asarray(state["input_inverse"]), np.asarray(state["output_inverse"])

    def _fitted(
        self, p: Tensor, number: Any, entry: Mapping[str, Any], group: dict[str, Any]
    ) -> dict[str, Any]:
        """The matrices keep their digits, whatever the dtype of the parameter."""
        matrices = {name: entry[name] for name in REMEMBERED if name in entry}
        others = {name: value for name, value in entry.items() if name not in matrices}
        fitted = super()._fitted(p, number, others, group)
        return {**fitted, **{name: from_numpy(np.array(m)) for name, m in matrices.items()}}

    def _move(self, steps: dict[Tensor, np.ndarray], group: dict[str, Any]) -> None:
        for p, step in steps.items():
            state = self.state[p]
            state["step"] = from_numpy(np.array(plain(state.get("step", 0.0)) + 1.0))
            direction = from_numpy(step.astype(p.dtype))
            if group["momentum"]:
                if "momentum_buffer" in state:
                    direction = state["momentum_buffer"].mul_(group["momentum"]).add_(direction)
                state["momentum_buffer"] = direction
            p.sub_(direction, alpha=group["lr"])


def require_finite_factors(a: np.ndarray, g: np.ndarray) -> None:
    """Raise for an estimate that would spoil all that was learned before.

    Raises
    ------
    LinAlgError
    """
    if not (np.isfinite(a).all() and np.isfinite(g).all()):
        raise np.linalg.LinAlgError(
            "the curvature is not finite: an input of a layer, or a gradient, is NaN or infinite; "
            "nothing was changed by this step"
        )


def damped_inverses(a: np.ndarray, g: np.ndarray, damping: float) -> Factors:
    """The inverses of A + π√λ and G + √λ/π, where π balances the two."""
    sizes = [max(float(np.trace(m)) / len(m), 1e-30) for m in (a, g)]
    balance = sqrt(sizes[0] / sizes[1])
    root = sqrt(damping)
    return (
        np.linalg.inv(a + balance * root * np.eye(len(a))),
        np.linalg.inv(g + root / balance * np.eye(len(g))),
    )


def _joined(layer: Any, decay: float) -> np.ndarray:
    """The gradient of weight and bias as one matrix, the bias its last column."""
    parts = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    columns = []
    for p in parts:
        gradient = np.zeros(p.shape) if p.grad is None else p.grad.numpy()
        columns.append((gradient + decay * p.numpy()).reshape(len(p), -1))
    return np.concatenate(columns, axis=1).astype(float)


def _parted(layer: Any, step: np.ndarray) -> dict[Tensor, np.ndarray]:
    """The opposite of `_joined`."""
    if layer.bias is None:
        return {layer.weight: step.reshape(layer.weight.shape)}
    return {
        layer.weight: step[:, :-1].reshape(layer.weight.shape),
        layer.bias: step[:, -1].reshape(layer.bias.shape),
    }
