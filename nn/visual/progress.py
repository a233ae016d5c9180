"""How a training goes: losses, metrics, learning rates, and what is confused with what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_engine import no_grad

from ..optim import LRCurve
from ..training.history import History
from .figure import array, axes, legend, look
from .plot import Plot


def loss_curves(history: Any, ax: Any = None) -> Plot:
    """Losses over epochs: of one training, with the lowest of the validation marked, and the
    learning rate drawn in if it changes; or of several, in one picture.

    Parameters
    ----------
    history : History, dict, or sequence of float
        With columns ``loss``, and ``val_loss``, ``lr`` if there are such; or the losses alone; or a
        dict of any of these, by labels of which none is ``"loss"``. Validation is dashed then, and
        a loss that is not finite any more is marked with a cross.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has the columns that are drawn, of several trainings by their labels.

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Examples
    --------
    >>> import nn
    >>> plot = nn.visual.loss_curves({"lr 0.1": [4.0, 2.0, 1.0], "lr 2": [4.0, 40.0, 1e99]})
    >>> plot
    loss_curves: lr 0.1, lr 2
    """
    if isinstance(history, Mapping) and "loss" not in history:
        return _several(history, ax)
    columns = _table(history)
    ax = axes(ax)
    epochs, shown = _curves(columns, "loss", ax)
    _mark_lowest(ax, epochs, shown)
    _logarithmic_if_wide(ax, [*shown.values()])
    if len(set(columns.get("lr", ()))) > 1:
        _draw_rates(ax, epochs, columns["lr"])
    legend(ax, fontsize=9)
    return Plot("loss_curves", ax, shown)


History.plot = loss_curves


def _mark_lowest(ax: Any, epochs: Any, shown: dict[str, np.ndarray]) -> None:
    """A dot where the validation is lowest."""
    values = shown.get("val_loss", np.array([np.nan]))
    if np.isnan(values).all():
        return
    best = int(np.nanargmin(values))
    label = f"lowest: {values[best]:.3g}"
    ax.plot(epochs[best], values[best], "o", color=look(ax).colors[1], label=label)


def _logarithmic_if_wide(ax: Any, columns: list[np.ndarray]) -> None:
    values = np.concatenate(columns)
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > 20 * values.min():
        ax.set_yscale("log")


def _draw_rates(ax: Any, epochs: Any, rates: list[float]) -> None:
    """The learning rate, at the right."""
    muted = look(ax).muted
    beside = ax.twinx()
    beside.spines["top"].set_visible(False)
    beside.plot(epochs, rates, color=muted, linestyle=":", drawstyle="steps-mid")
    beside.set_ylabel("learning rate (dotted)", color=muted)
    if 0 < 20 * min(rates) < max(rates):
        beside.set_yscale("log")
    beside.tick_params(which="both", colors=muted)


HIGHEST = 30
"""So many times the highest of all first losses is what is still drawn of one that diverges."""


def _several(runs: Mapping[Any, Any], ax: Any) -> Plot:
    """The losses of several trainings, each in its colour."""
    tables = {str(label): _table(run) for label, run in runs.items()}
    for label, columns in tables.items():
        if "loss" not in columns:
            there = ", ".join(columns) or "none at all"
            raise ValueError(f"there is no column 'loss' in {label!r}, but {there}")
    data = {
        label: {
            column: np.array(columns[column], float)
            for column in ("loss", "val_loss")
            if column in columns
        }
        for label, columns in tables.items()
    }
    if not data:
        raise ValueError("there is no training to draw: the dict is empty")
    ax = axes(ax)
    colors = look(ax).colors
    starts = [run["loss"][:1] for run in data.values()]
    top = HIGHEST * np.nanmax(np.concatenate([*starts, [0.0]]))
    drawn = []
    for i, (label, run) in enumerate(data.items()):
        color = colors[i % len(colors)]
        for column, style in (("loss", "-"), ("val_loss", "--")):
            if column in run:
                drawn.append(_draw_run(ax, run[column], top, style, color, label))
                label = "_"
    _logarithmic_if_wide(ax, drawn)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.locator_params(axis="x", integer=True)
    legend(ax, fontsize=9)
    return Plot("loss_curves", ax, data)


def _draw_run(
    ax: Any, losses: np.ndarray, top: float, style: str, color: str, label: str
) -> np.ndarray:
    """The losses as far as they can be seen; a cross where they leave the picture."""
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(losses) | (losses > top if top > 0 else False)
    seen = losses[: int(bad.argmax())] if bad.any() else losses
    epochs = np.arange(1, len(seen) + 1)
    marker = "." if len(seen) == 1 else None
    ax.plot(epochs, seen, style, color=color, label=label, marker=marker)
    if bad.any() and len(seen):
        ax.plot(epochs[-1], seen[-1], "x", color=color, markersize=9, markeredgewidth=2)
    return seen


def metric_curves(history: Any, name: str, ax: Any = None) -> Plot:
    """A metric over epochs, of the training and, if there is one, of the validation.

    Parameters
    ----------
    history : History or dict of list
        With a column ``name``, and ``val_<name>`` if there is validation.
    name : str
    ax : matplotlib axes, optional

    Returns
    -------
    Plot

    Raises
    ------
    ValueError
        If there is no such column.

    Examples
    --------
    >>> import nn
    >>> columns = {"accuracy": [0.5, 0.8], "val_accuracy": [0.5, 0.7]}
    >>> nn.visual.metric_curves(columns, "accuracy")
    metric_curves: accuracy, val_accuracy
    """
    columns = _table(history)
    ax = axes(ax)
    _, shown = _curves(columns, name, ax)
    legend(ax, fontsize=9)
    return Plot("metric_curves", ax, shown)


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


def lr_range(curve: LRCurve, ax: Any = None) -> Plot:
    """The curve of a learning rate range test with its suggestion.

    Parameters
    ----------
    curve : LRCurve
        Of `nn.optim.lr_range_test`.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``lr``, ``loss``, and ``smoothed`` losses.

    Examples
    --------
    >>> import nn
    >>> curve = nn.optim.LRCurve([0.01, 0.1, 1.0], [3.0, 2.0, 1.0])
    >>> nn.visual.lr_range(curve).data["loss"]
    [3.0, 2.0, 1.0]
    """
    ax = axes(ax)
    colors = look(ax)
    ax.plot(curve.lrs, curve.losses, color=colors.colors[0], alpha=0.3, label="loss")
    ax.plot(curve.lrs, curve.smoothed, color=colors.colors[0], label="smoothed")
    try:
        found = curve.suggestion
        words = f"suggestion {found:.2g}"
        ax.axvline(found, color=colors.muted, linestyle="--", label=words)
    except ValueError:
        ax.set_title("the loss does not fall", fontsize=10)
    ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
    legend(ax)
    data = {"lr": curve.lrs, "loss": curve.losses, "smoothed": curve.smoothed}
    return Plot("lr_range", ax, data)


LRCurve.plot = lr_range


ON_DENSE = "#fefefe"
"""What is written on dense colours, on any paper."""


def confusion_matrix(matrix: Any, classes: Any = None, ax: Any = None) -> Plot:
    """How often each class was taken for each: counts, coloured by their share of the true class.

    Parameters
    ----------
    matrix : array_like of int
        True classes in rows, see `nn.metrics.confusion_matrix`.
    classes : sequence of str, optional
    ax : matplotlib axes, optional

    Returns
    -------
    Plot

    Raises
    ------
    ValueError
        If ``matrix`` is not square.

    Examples
    --------
    >>> import nn
    >>> plot = nn.visual.confusion_matrix([[8, 2], [0, 5]], classes=["cat", "dog"])
    >>> plot.data["shares"]
    array([[0.8, 0.2],
           [0. , 1. ]])
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
        color: Any = colors.ink if count else colors.muted
        if shares[i, j] > 0.55:
            color = ON_DENSE
        ax.text(j, i, f"{count}", ha="center", va="center", fontsize=8, color=color)
    turned = {}
    if max(map(len, names)) > 3:
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(n), names, **turned)
    ax.set_yticks(range(n), names)
    ax.set(xlabel="predicted", ylabel="true")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return Plot("confusion_matrix", ax, {"counts": counts, "shares": shares})
