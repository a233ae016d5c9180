"""Whether a training is healthy: gradients, updates, dead and saturated units, layer by layer."""

from __future__ import annotations

import copy
from typing import Any, Callable

import numpy as np

from autograd_engine import as_tensor, get_rng_state, set_rng_state

from ..activation_layers import Hardsigmoid, Hardtanh, ReLU, ReLU6, Sigmoid, Softsign, Tanh
from ..training.loop import needs_closure
from .figure import array, axes, look

LIMITS: dict[type[Any], Callable[[Any], tuple[float, float]]] = {
    Sigmoid: lambda layer: (0.0, 1.0),
    Hardsigmoid: lambda layer: (0.0, 1.0),
    Tanh: lambda layer: (-1.0, 1.0),
    Softsign: lambda layer: (-1.0, 1.0),
    Hardtanh: lambda layer: (layer.min_val, layer.max_val),
}
"""Between which values the outputs of an activation lie."""

MEASURES = ("log₁₀\n|gradient|", "log₁₀\nupdate / weight", "dead\nunits", "satu-\nrated")

Rows = dict[str, tuple[float, ...]]
"""The four measures by what they are of; NaN where one does not apply."""


def gradient_health(
    model: Any, loss: Any, inputs: Any, target: Any, optimizer: Any, ax: Any = None
) -> Any:
    """A table of what tells a healthy training from a sick one, layer by layer; the darker, the
    more worrying.

    The root mean square of each parameter's gradient; how far one step of the optimizer moves it,
    relative to its size (about 10⁻³ is usual); the share of ReLU units that are 0 on the whole
    batch; the share of sigmoids and the like within 2 % of their limits. All of it is measured on
    copies.

    Parameters
    ----------
    model : Module
    loss : callable
    inputs, target : Tensor or array (inputs: also a tuple of these)
        A batch.
    optimizer : Optimizer
        Of the model's parameters.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.
    """
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    state = get_rng_state()
    try:
        rows = _measured(model, loss, [as_tensor(x) for x in given], as_tensor(target), optimizer)
    finally:
        set_rng_state(state)
    order = {name: i for i, (name, _) in enumerate(model.named_modules())}
    names = sorted(rows, key=lambda row: order.get(_module_of(row), 0))
    return _drawn(names, np.array([rows[name] for name in names]), ax)


def _module_of(row: str) -> str:
    """The module that a row is of: ``"name Kind"``, or ``"name.weight"`` of a parameter."""
    return row.split(" ")[0] if " " in row else row.rpartition(".")[0]


def _measured(model: Any, loss: Any, inputs: Any, target: Any, optimizer: Any) -> Rows:
    """The measures of copies of model and optimizer."""
    twin, stepper = copy.deepcopy((model, optimizer))
    rows: Rows = {}
    activations: tuple[type[Any], ...] = (ReLU, ReLU6, *LIMITS)
    watched = [
        module.register_forward_hook(_watch(f"{name} {type(module).__name__}", rows))
        for name, module in twin.named_modules()
        if isinstance(module, activations)
    ]
    twin.zero_grad()
    value = loss(twin(*inputs), target)
    for handle in watched:
        handle.remove()
    value.backward()
    before = {name: array(p).copy() for name, p in twin.named_parameters()}
    grads = {name: p.grad for name, p in twin.named_parameters()}
    if needs_closure(stepper):
        stepper.step(lambda: _again(twin, loss, inputs, target))
    else:
        stepper.step()
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, p in twin.named_parameters():
            moved = np.linalg.norm(array(p) - before[name]) / np.linalg.norm(before[name])
            rows[name] = (np.log10(_size(grads[name])), np.log10(moved), np.nan, np.nan)
    return rows


def _again(model: Any, loss: Any, inputs: Any, target: Any) -> Any:
    """The loss with new gradients, for an optimizer that evaluates it itself."""
    model.zero_grad()
    value = loss(model(*inputs), target)
    value.backward()
    return value


def _size(gradient: Any) -> float:
    """The root mean square of a gradient."""
    return np.nan if gradient is None else float(np.sqrt(np.mean(array(gradient) ** 2)))


def _watch(name: str, rows: Rows) -> Callable[..., None]:
    """A hook that measures the outputs of an activation."""

    def hook(module: Any, args: tuple, output: Any) -> None:
        values = array(output)
        kind = next((cls for cls in LIMITS if isinstance(module, cls)), None)
        if kind is None:
            dead = (values.reshape(len(values), -1) == 0).all(0)
            rows.setdefault(name, (np.nan, np.nan, float(dead.mean()), np.nan))
            return
        low, high = LIMITS[kind](module)
        margin = 0.02 * (high - low)
        near = (values < low + margin) | (values > high - margin)
        rows.setdefault(name, (np.nan, np.nan, np.nan, float(near.mean())))

    return hook


def _drawn(names: list[str], table: np.ndarray, ax: Any) -> Any:
    """The table, each cell as dark as it is worrying."""
    worry = np.stack(
        [np.abs(table[:, 0] + 2.5) / 4, np.abs(table[:, 1] + 3) / 2.5, table[:, 2], table[:, 3]], 1
    )
    ax = axes(ax, 5.6, 0.8 + 0.3 * len(names))
    colors = look(ax)
    ax.imshow(
        np.ma.masked_invalid(np.minimum(worry, 1)),
        cmap=colors.warnings,
        vmin=0,
        vmax=1.4,
        aspect="auto",
    )
    for (i, j), value in np.ndenumerate(table):
        text = f"{value:.1f}" if j < 2 else f"{value:.0%}"
        if np.isnan(value):
            text = ""
        ax.text(j, i, text, ha="center", va="center", fontsize=9, color=colors.ink)
    ax.set_xticks(range(4), MEASURES, fontsize=8)
    ax.set_yticks(range(len(names)), names)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax
