"""Functions of one number, and distributions over a few classes: what a lecture draws on the
blackboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_engine import grad, tensor

from .. import functional
from .figure import array, axes, legend, look, row_of_axes
from .plot import Plot


def activation(
    functions: Any,
    low: float = -4.0,
    high: float = 4.0,
    derivative: bool = True,
    ax: Any = None,
) -> Plot:
    """Functions of one number and their derivatives, side by side.

    Parameters
    ----------
    functions : Module, callable, str, or sequence of these
        Elementwise; a string is the name of one of `nn.functional`.
    low, high : float
        Where they are drawn.
    derivative : bool
        Whether to draw the derivatives too.
    ax : matplotlib axes, or sequence of them, optional
        One for each function.

    Returns
    -------
    Plot
        Its ``data`` has for each name ``x``, ``value`` and ``derivative``.

    Examples
    --------
    >>> import nn
    >>> row = nn.visual.activation(["sigmoid", "tanh", nn.ReLU()])
    >>> float(row.data["sigmoid"]["derivative"].max())
    0.25
    """
    if not isinstance(functions, (list, tuple)):
        functions = [functions]
    named = {_label_of(f): _function_of(f) for f in functions}
    data = {name: _with_slopes(f, low, high) for name, f in named.items()}
    found = row_of_axes(len(data), ax, width=3.6, height=2.8)
    for place, (name, columns) in zip(found, data.items()):
        colors = look(place)
        _cross(place)
        place.plot(columns["x"], columns["value"], color=colors.colors[0], label="value")
        if derivative:
            slopes = columns["derivative"]
            place.plot(columns["x"], slopes, "--", color=colors.colors[1], label="derivative")
        place.set_title(name, fontsize=10)
        place.set_xlim(low, high)
    if derivative:
        legend(found[0])
    return Plot("activation", found, data)


def _label_of(function: Any) -> str:
    if isinstance(function, str):
        return function
    return getattr(function, "__name__", type(function).__name__)


def _function_of(function: Any) -> Callable[[Any], Any]:
    if not isinstance(function, str):
        return function
    found = getattr(functional, function, None)
    if found is None:
        raise ValueError(f"nn.functional has no {function!r}")
    return found


def _with_slopes(function: Callable[[Any], Any], low: float, high: float) -> dict[str, np.ndarray]:
    x = tensor(np.linspace(low, high, 801), requires_grad=True)
    y = function(x)
    (slope,) = grad(y.sum(), (x,))
    return {"x": array(x), "value": array(y), "derivative": array(slope)}


def _cross(ax: Any) -> None:
    """The lines where x is 0 and where y is 0."""
    faint = look(ax).faint
    ax.axhline(0, color=faint, linewidth=0.8)
    ax.axvline(0, color=faint, linewidth=0.8)


def curves(
    functions: Mapping[str, Any],
    low: float = -4.0,
    high: float = 4.0,
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    ax: Any = None,
) -> Plot:
    """Several functions of one number in one picture.

    Parameters
    ----------
    functions : dict of str to callable, or to a pair of arrays
        What is drawn, by its label: a function of a tensor of shape (n,), or the x and the y of
        points.
    low, high : float
        Where functions are drawn. Where one is not finite, nothing is.
    xlabel, ylabel, title : str
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has a pair ``(x, y)`` for each label.

    Examples
    --------
    >>> import nn
    >>> losses = {"−log p": lambda p: -p.log(), "1 − p": lambda p: 1 - p}
    >>> plot = nn.visual.curves(losses, 0, 1, xlabel="p of the true class", ylabel="loss")
    >>> plot.data["1 − p"][1][[0, -1]]
    array([1., 0.])
    """
    data = {label: _points_of(f, low, high) for label, f in functions.items()}
    ax = axes(ax)
    colors = look(ax).colors
    for i, (label, (x, y)) in enumerate(data.items()):
        shown = np.where(np.isfinite(y), y, np.nan)
        ax.plot(x, shown, color=colors[i % len(colors)], label=label)
    if all(x.dtype.kind in "iu" for x, _ in data.values()):
        _tick_whole_numbers(ax)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title, fontsize=10)
    legend(ax, fontsize=9)
    return Plot("curves", ax, data)


def _tick_whole_numbers(ax: Any) -> None:
    """No half epochs, steps or layers, unless the axes have ticks of their own."""
    from matplotlib.ticker import MaxNLocator

    locator = ax.xaxis.get_major_locator()
    if isinstance(locator, MaxNLocator):
        locator.set_params(integer=True)


def _points_of(function: Any, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    if not callable(function):
        x, y = map(array, function)
        return x, y
    x = np.linspace(low, high, 401)
    with np.errstate(all="ignore"):
        y = array(function(tensor(x)))
    return x, np.broadcast_to(y, x.shape)


def bars(
    p: Any,
    target: Any = None,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    ax: Any = None,
) -> Plot:
    """A distribution over classes as bars, beside the one that it is to be.

    Parameters
    ----------
    p : Tensor or array_like
        Shape (classes,).
    target : int, Tensor or array_like, optional
        The true class, or a distribution of shape (classes,).
    classes : sequence of str, optional
    title : str, optional
        By default the cross-entropy, where there is a target and both are distributions.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``p``, and with a target ``target`` and ``cross_entropy``.

    Raises
    ------
    ValueError
        If the two are not of the same classes.

    Examples
    --------
    >>> import nn
    >>> plot = nn.visual.bars([0.7, 0.2, 0.1], 0, classes=["cat", "dog", "fish"])
    >>> round(plot.data["cross_entropy"], 3)
    0.357
    """
    shares = array(p).astype(float)
    if shares.ndim != 1:
        raise ValueError(f"a distribution has shape (classes,), got {list(shares.shape)}")
    data: dict[str, Any] = {"p": shares}
    if target is not None:
        data["target"] = _distribution(target, len(shares))
        if _is_distribution(shares) and _is_distribution(data["target"]):
            data["cross_entropy"] = _surprise(shares, data["target"])
            title = f"cross-entropy {data['cross_entropy']:.3f}" if title is None else title
    ax = axes(ax, max(3.6, 1 + 0.6 * len(shares)), 3.0)
    _draw_bars(ax, data, classes)
    ax.set_title(title or "", fontsize=10)
    return Plot("bars", ax, data)


def _distribution(target: Any, n: int) -> np.ndarray:
    """A target as one share for each class."""
    shares = array(target)
    if shares.ndim == 0 and shares.dtype.kind in "iu" and 0 <= shares < n:
        return np.eye(n)[int(shares)]
    if shares.shape != (n,):
        raise ValueError(f"the target is one of {n} classes or has shape [{n}], got {target!r}")
    return shares.astype(float)


def _is_distribution(shares: np.ndarray) -> bool:
    return bool((shares >= 0).all() and abs(shares.sum() - 1) < 1e-3)


def _surprise(p: np.ndarray, target: np.ndarray) -> float:
    there = target > 0
    with np.errstate(divide="ignore"):
        return -float((target[there] * np.log(p[there])).sum())


def _draw_bars(ax: Any, data: dict[str, Any], classes: Sequence[str] | None) -> None:
    colors = look(ax)
    sides = [name for name in ("p", "target") if name in data]
    width = 0.8 / len(sides)
    places = np.arange(len(data["p"]))
    for i, name in enumerate(sides):
        middles = places + (i - (len(sides) - 1) / 2) * width
        drawn = ax.bar(middles, data[name], width * 0.94, color=colors.colors[i], label=name)
        if len(places) <= 12:
            digits = 3 if len(places) <= 6 else 2
            words = f"{{:.{digits}g}}"
            ax.bar_label(drawn, fmt=words, fontsize=8, color=colors.ink, padding=1)
    ax.axhline(0, color=colors.muted, linewidth=0.8)
    ax.set_xticks(places, [*map(str, places if classes is None else classes)])
    ax.tick_params(axis="x", length=0)
    ax.margins(y=0.12)
    if len(sides) > 1:
        legend(ax)
