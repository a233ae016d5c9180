"""How a training goes: losses, learning rates, gradients layer by layer, and what is confused with
what.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_engine import as_tensor, get_rng_state, no_grad, set_rng_state

from ..training.history import History
from .figure import array, axes, legend, look


def loss_curves(history: Any, ax: Any = None) -> Any:
    """Losses over epochs; the lowest of the validation is marked, and the learning rate drawn in if
    it changes.

    Parameters
    ----------
    history : History, dict of list, or sequence of float
        With columns ``loss``, and ``val_loss``, ``lr`` if there are such; or the losses alone.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.

    Raises
    ------
    ValueError
        If there is no column ``loss``.
    """
    columns = _table(history)
    ax = axes(ax)
    epochs, shown = _curves(columns, "loss", ax)
    if "val_loss" in shown and not np.isnan(shown["val_loss"]).all():
        best = int(np.nanargmin(shown["val_loss"]))
        ax.plot(
            epochs[best],
            shown["val_loss"][best],
            "o",
            color=look(ax).colors[1],
            label=f"lowest: {shown['val_loss'][best]:.3g}",
        )
    values = np.concatenate([*shown.values()])
    if np.nanmin(values) > 0 and np.nanmax(values) > 20 * np.nanmin(values):
        ax.set_yscale("log")
    if len(set(columns.get("lr", ()))) > 1:
        rates = ax.twinx()
        muted = look(ax).muted
        rates.spines["top"].set_visible(False)
        rates.plot(epochs, columns["lr"], color=muted, linestyle=":", drawstyle="steps-mid")
        rates.set_ylabel("learning rate (dotted)", color=muted)
        if 0 < 20 * min(columns["lr"]) < max(columns["lr"]):
            rates.set_yscale("log")
        rates.tick_params(which="both", colors=muted)
    legend(ax, fontsize=9)
    return ax


History.plot = loss_curves


def metric_curves(history: Any, name: str, ax: Any = None) -> Any:
    """A metric over epochs, of the training and, if there is one, of the validation.

    Parameters
    ----------
    history : History or dict of list
        With a column ``name``, and ``val_<name>`` if there is validation.
    name : str
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    columns = _table(history)
    ax = axes(ax)
    _curves(columns, name, ax)
    legend(ax, fontsize=9)
    return ax


def _table(history: Any) -> dict[str, list]:
    if isinstance(history, History):
        return history.to_dict()
    if isinstance(history, Mapping):
        return dict(history)
    with no_grad():
        return {"loss": [float(loss) for loss in history]}


def _curves(columns: dict[str, list], name: str, ax: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """Draw a quantity of training and validation; the epochs, and the values by column."""
    if name not in columns:
        raise ValueError(f"there is no column {name!r}, but {', '.join(columns) or 'none at all'}")
    epochs = columns.get("epoch") or list(range(1, len(columns[name]) + 1))
    labels = {name: "training", f"val_{name}": "validation"}
    shown = {column: np.array(columns[column], float) for column in labels if column in columns}
    for color, (column, values) in zip(look(ax).colors, shown.items()):
        ax.plot(
            epochs,
            values,
            color=color,
            label=labels[column],
            marker="." if len(values) == 1 else None,
        )
    ax.set(xlabel="epoch", ylabel=name)
    ax.locator_params(axis="x", integer=True)
    return epochs, shown


def lr_range(curve: Any, ax: Any = None) -> Any:
    """The curve of a learning rate range test (`nn.optim.lr_range_test`) with its suggestion."""
    ax = axes(ax)
    ax.set_prop_cycle(color=look(ax).colors)
    legend(curve.plot(ax=ax))
    return ax


def confusion_matrix(matrix: Any, classes: Any = None, ax: Any = None) -> Any:
    """How often each class was taken for each: counts, coloured by their share of the true class.

    Parameters
    ----------
    matrix : array_like of int
        True classes in rows, see `nn.metrics.confusion_matrix`.
    classes : sequence of str, optional
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.

    Raises
    ------
    ValueError
        If ``matrix`` is not square.
    """
    counts = array(matrix)
    if counts.ndim != 2 or len(counts) != counts.shape[1]:
        raise ValueError(
            f"a confusion matrix is square, got shape {list(counts.shape)}; "
            "nn.metrics.confusion_matrix makes one"
        )
    n = len(counts)
    names = list(map(str, range(n) if classes is None else classes))
    ax = axes(ax, 1.5 + 0.45 * n, 1.2 + 0.45 * n)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    colors = look(ax)
    ax.imshow(shares, cmap=colors.amounts, vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        color = colors.ink if count else colors.muted
        if shares[i, j] > 0.55:
            color = colors.paper
        ax.text(j, i, f"{count}", ha="center", va="center", fontsize=8, color=color)
    turned = {}
    if max(map(len, names)) > 3:
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(n), names, **turned)
    ax.set_yticks(range(n), names)
    ax.set(xlabel="predicted", ylabel="true")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


# --- gradients ------------------------------------------------------------------------------------

LIMITS = {
    "Sigmoid": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "Hardtanh": (-1.0, 1.0),
    "Hardsigmoid": (0.0, 1.0),
    "Softsign": (-1.0, 1.0),
}
MEASURES = ("log₁₀\n|gradient|", "log₁₀\nupdate / weight", "dead\nunits", "satu-\nrated")


def _measured(
    model: Any, loss: Any, inputs: Any, target: Any, optimizer: Any
) -> dict[str, list[float]]:
    """The four measures for each layer, of copies of model and optimizer; NaN where one does not
    apply.
    """
    twin, stepper = copy.deepcopy((model, optimizer))
    rows: dict[str, list[float]] = {}

    def watch(name: str) -> Any:
        def hook(module: Any, args: tuple, output: Any) -> None:
            values = array(output)
            kind = type(module).__name__
            row = rows.setdefault(f"{name} {kind}", [np.nan] * 4)
            if kind in LIMITS:
                low, high = LIMITS[kind]
                row[3] = float(
                    np.mean(
                        (values < low + 0.02 * (high - low)) | (values > high - 0.02 * (high - low))
                    )
                )
            else:
                row[2] = float(np.mean((values.reshape(len(values), -1) == 0).all(0)))

        return hook

    named = [
        (name, m)
        for name, m in twin.named_modules()
        if type(m).__name__ in (*LIMITS, "ReLU", "ReLU6")
    ]
    handles = [module.register_forward_hook(watch(name)) for name, module in named]
    twin.zero_grad()
    loss(twin(*inputs), target).backward()
    before = {name: p.numpy().copy() for name, p in twin.named_parameters()}
    grads = {
        name: np.nan if p.grad is None else float(np.sqrt(np.mean(array(p.grad) ** 2)))
        for name, p in twin.named_parameters()
    }
    stepper.step()
    for handle in handles:
        handle.remove()
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, p in twin.named_parameters():
            ratio = np.linalg.norm(p.numpy() - before[name]) / np.linalg.norm(before[name])
            rows[name] = [float(np.log10(grads[name])), float(np.log10(ratio)), np.nan, np.nan]
    return rows


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
    names = sorted(
        rows,
        key=lambda row: order.get(row.split(" ")[0] if " " in row else row.rpartition(".")[0], 0),
    )
    table = np.array([rows[name] for name in names])
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
