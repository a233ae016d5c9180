"""How a training goes: losses, metrics, learning rates, and what is confused with what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_engine import no_grad

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
