"""Whether a training is healthy: gradients, updates, dead and saturated units, layer by layer.

What lets too little through is blue, what grows too large is orange, and what is as it should be
has no colour.
"""

from __future__ import annotations

import copy
from typing import Any, Callable

import numpy as np

from autograd_engine import as_tensor, get_rng_state, set_rng_state

from ..activation_layers import Hardsigmoid, Hardtanh, ReLU, ReLU6, Sigmoid, Softsign, Tanh
from ..optim.optimizer import needs_closure
from .figure import array, axes, look
from .plot import Plot

LIMITS: dict[type[Any], Callable[[Any], tuple[float, float]]] = {
    Sigmoid: lambda layer: (0.0, 1.0),
    Hardsigmoid: lambda layer: (0.0, 1.0),
    Tanh: lambda layer: (-1.0, 1.0),
    Softsign: lambda layer: (-1.0, 1.0),
    Hardtanh: lambda layer: (layer.min_val, layer.max_val),
}
"""Between which values the outputs of an activation lie."""

MEASURES = ("log₁₀\n|gradient|", "log₁₀\nupdate / weight", "dead\nunits", "satu-\nrated")

KEYS = ("gradient", "update", "dead", "saturated")
"""The same measures in the data."""

USUAL_UPDATE = -3.0
"""The logarithm of how far a step moves a weight, relative to its size, in a healthy training."""

LARGE_GRADIENT = 0.0
"""The logarithm of a gradient that is not taken for the usual one, even in the last layer."""

ROOM = 1.5
"""So many powers of ten up or down are no cause for worry; twice as many more are the worst."""

Rows = dict[str, tuple[float, ...]]
"""The four measures by what they are of; NaN where one does not apply."""


def gradient_health(
    model: Any, loss: Any, inputs: Any, target: Any, optimizer: Any = None, ax: Any = None
) -> Plot:
    """A table of what tells a healthy training from a sick one, layer by layer: blue where too
    little gets through (gradients that vanish, dead and saturated units), orange where too much
    does (gradients that explode); the denser, the more worrying.

    The root mean square of each parameter's gradient, coloured by how far it is from that of the
    last layer (or from 1, where that is larger); how far one step of the optimizer moves it,
    relative to its size (about 10⁻³ is usual; of what is still 0, as new biases are, nothing is
    said); the share of ReLU units that are 0 on the whole batch; the share of sigmoids and the like
    within 2 % of their limits. All of it is measured on copies.

    Parameters
    ----------
    model : Module
    loss : callable
    inputs, target : Tensor or array (inputs: also a tuple of these)
        A batch.
    optimizer : Optimizer, optional
        Of the model's parameters; without one, nothing is said of updates.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has for each row ``gradient``, ``update`` (both as logarithms), ``dead``,
        ``saturated`` (as shares), NaN where one does not apply; and ``verdict``, a word, "" where
        all is well.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> layers = [part for _ in range(12) for part in (nn.Linear(8, 8), nn.Sigmoid())]
    >>> model = nn.Sequential(*layers, nn.Linear(8, 1))
    >>> sgd, x = nn.optim.SGD(model.parameters(), lr=0.1), ag.randn(16, 8)
    >>> plot = nn.visual.gradient_health(model, nn.MSELoss(), x, x.sum(1, keepdim=True), sgd)
    >>> plot.data["0.weight"]["verdict"]
    'vanishing'
    """
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    state = get_rng_state()
    try:
        rows = _measured(model, loss, [as_tensor(x) for x in given], as_tensor(target), optimizer)
    finally:
        set_rng_state(state)
    order = {name: i for i, (name, _) in enumerate(model.named_modules())}
    names = sorted(rows, key=lambda row: order.get(_module_of(row), 0))
    table = np.array([rows[name] for name in names]).reshape(-1, 4)
    worry = _worry(table)
    ax = _draw_health(names, table, worry, ax)
    data = {
        name: {**dict(zip(KEYS, map(float, row))), "verdict": _verdict(signs)}
        for name, row, signs in zip(names, table, worry)
    }
    return Plot("gradient_health", ax, data)


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
    moving = {name for name, gradient in grads.items() if gradient is not None}
    if stepper is None:
        moving = set()
    elif needs_closure(stepper):
        stepper.step(lambda: _again(twin, loss, inputs, target))
    else:
        stepper.step()
    for name, p in twin.named_parameters():
        moved = _moved(before[name], array(p)) if name in moving else np.nan
        rows[name] = (_logarithm(_size(grads[name])), _logarithm(moved), np.nan, np.nan)
    return rows


def _moved(before: np.ndarray, after: np.ndarray) -> float:
    """How far a parameter went, relative to its size; NaN of one that was 0."""
    size = np.linalg.norm(before)
    return float(np.linalg.norm(after - before) / size) if size else np.nan


def _logarithm(value: float) -> float:
    """To the base of 10; infinite of what is not finite, NaN of NaN."""
    with np.errstate(divide="ignore"):
        return float(np.log10(value))


def _again(model: Any, loss: Any, inputs: Any, target: Any) -> Any:
    """The loss with new gradients, for an optimizer that evaluates it itself."""
    model.zero_grad()
    value = loss(model(*inputs), target)
    value.backward()
    return value


def _size(gradient: Any) -> float:
    """The root mean square of a gradient: NaN of none, infinite where it is not finite."""
    if gradient is None:
        return np.nan
    values = array(gradient).astype(float)
    if not np.isfinite(values).all():
        return np.inf
    return float(np.sqrt(np.mean(values**2)))


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


def _worry(table: np.ndarray) -> np.ndarray:
    """How worrying each measure is, from -1 (too little) to 1 (too much), and NaN of none."""
    gradients = table[:, 0]
    there = gradients[np.isfinite(gradients)]
    usual = min(there[-1], LARGE_GRADIENT) if there.size else LARGE_GRADIENT
    distances = np.stack([gradients - usual, table[:, 1] - USUAL_UPDATE], 1)
    beyond = np.clip((np.abs(distances) - ROOM) / (2 * ROOM), 0, 1) * np.sign(distances)
    return np.concatenate(
        [beyond, -np.where(table[:, 2:] > 0.2, table[:, 2:], 0 * table[:, 2:])], 1
    )


def _verdict(worry: np.ndarray) -> str:
    """The worst that there is to say of a row."""
    words = [
        ("vanishing", "exploding"),
        ("hardly moves", "moves too far"),
        ("dead",),
        ("saturated",),
    ]
    worst = np.nan_to_num(np.abs(worry))
    column = int(worst.argmax())
    if worst[column] < 0.1:
        return ""
    return words[column][int(worry[column] > 0)]


def _draw_health(names: list[str], table: np.ndarray, worry: np.ndarray, ax: Any) -> Any:
    """The table, each cell in the colour of what is wrong, as dense as it is worrying."""
    ax = axes(ax, 5.6, 1.0 + 0.3 * len(names))
    colors = look(ax)
    ax.imshow(
        np.ma.masked_invalid(worry),
        cmap=colors.signs,
        vmin=-1.3,
        vmax=1.3,
        aspect="auto",
        interpolation="nearest",
    )
    for (i, j), value in np.ndenumerate(table):
        text = f"{value:.1f}" if j < 2 else f"{value:.0%}"
        if np.isnan(value):
            text = ""
        ax.text(j, i, text, ha="center", va="center", fontsize=9, color=colors.ink)
    ax.set_xticks(range(4), MEASURES, fontsize=8)
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("blue: too little gets through  ·  orange: too much", fontsize=8)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax
