"""A network as the blackboard shows it: neurons as circles, weights as arrows between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..linear import Flatten, Identity, Linear
from ..module import Module
from .figure import array, axes, frameless, look
from .plot import Plot

GAP = 2.4
"""How far the layers are apart, where neurons of one are 1 apart."""


def network(model: Any, most: int = 8, title: str = "", ax: Any = None) -> Plot:
    """The neurons of a network of linear layers, and arrows as wide as the weights are large: blue
    is negative, orange positive. Large layers are shown with "⋮" in the middle.

    Parameters
    ----------
    model : Module, or sequence of int
        Its `nn.Linear` layers in order, each fed by the one before; or the sizes of layers, the
        inputs first.
    most : int
        Neurons of a layer that are shown of more.
    title : str
        By default how many parameters there are.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``sizes`` of all layers, ``parameters`` between them, ``activations``, and
        ``arrows``: from which neuron of which layer to which of the next, with what weight (NaN
        where only sizes are given).

    Raises
    ------
    ValueError
        If there are no linear layers, or they do not follow each other.

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> plot = nn.visual.network(model)
    >>> plot.data["sizes"], plot.data["parameters"], plot.data["activations"]
    ([2, 3, 1], [9, 4], ['Tanh', ''])
    """
    sizes, weights, biases, activations = _layers_of(model)
    if most < 2:
        raise ValueError(f"most is at least 2, got {most}")
    shown = [_shown(n, most) for n in sizes]
    arrows = [
        (k, i, j, float(w[j, i]))
        for k, w in enumerate(weights)
        for i in shown[k]
        for j in shown[k + 1]
    ]
    counts = [w.size + b.size for w, b in zip(weights, biases)]
    tallest = max(map(len, shown)) + (max(sizes) > most)
    ax = frameless(axes(ax, 1.0 + 1.75 * (len(sizes) - 1) + 0.6, 0.36 * tallest + 1.2))
    places = [_places(n, most, k * GAP) for k, n in enumerate(sizes)]
    _draw_arrows(ax, arrows, places, weights)
    for k, n in enumerate(sizes):
        _draw_neurons(ax, places[k], biases[k - 1] if k else np.zeros(n), n > most)
    _draw_words(ax, sizes, weights, biases, activations, places)
    ax.set_title(title or f"{sum(counts):,} parameters", fontsize=10)
    data = {"sizes": sizes, "parameters": counts, "activations": activations, "arrows": arrows}
    return Plot("network", ax, data)


Layers = tuple[list[int], list[np.ndarray], list[np.ndarray], list[str]]


def _layers_of(model: Any) -> Layers:
    """The sizes of the layers, the weights and biases between them, and what is behind each."""
    if not isinstance(model, Module):
        sizes = [int(n) for n in model]
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"a network has two layers of neurons or more, got sizes {sizes}")
        weights = [np.full((b, a), np.nan) for a, b in zip(sizes, sizes[1:])]
        return sizes, weights, [np.full(n, np.nan) for n in sizes[1:]], [""] * len(weights)
    linear: list[Linear] = []
    activations: list[str] = []
    for module in model.modules():
        if isinstance(module, Linear):
            linear.append(module)
            activations.append("")
        elif linear and not module._modules and not isinstance(module, (Identity, Flatten)):
            words = [activations[-1], type(module).__name__]
            activations[-1] = ", ".join(filter(None, words))
    _require_chain(linear)
    weights = [array(layer.weight) for layer in linear]
    biases = [np.zeros(0) if layer.bias is None else array(layer.bias) for layer in linear]
    return [linear[0].in_features, *(len(w) for w in weights)], weights, biases, activations


def _require_chain(linear: list[Linear]) -> None:
    if not linear:
        raise ValueError("network draws nn.Linear layers, and the model has none; shapes(model, x)")
    for before, after in zip(linear, linear[1:]):
        if before.out_features != after.in_features:
            raise ValueError(
                f"the linear layers do not follow each other: one gives {before.out_features} "
                f"numbers, the next takes {after.in_features}; shapes(model, x) draws any model"
            )


def _shown(n: int, most: int) -> list[int]:
    """The neurons that are drawn: all, or the first and the last."""
    if n <= most:
        return [*range(n)]
    first = -(-most // 2)
    return [*range(first), *range(n - (most - first), n)]


def _places(n: int, most: int, x: float) -> dict[int, tuple[float, float]]:
    """Where the neurons of a layer are, with room for the dots in the middle."""
    shown = _shown(n, most)
    rows = np.arange(len(shown), dtype=float)
    if n > most:
        rows[-(-most // 2) :] += 1
    rows -= rows.mean() if n <= most else rows[-1] / 2
    return {i: (x, -row) for i, row in zip(shown, rows)}


def _draw_arrows(ax: Any, arrows: list, places: list, weights: list[np.ndarray]) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    colors = look(ax)
    largest = [float(np.nanmax(np.abs(w), initial=0)) or 1.0 for w in weights]
    lines = []
    widths = []
    shades = []
    for k, i, j, weight in arrows:
        lines.append([places[k][i], places[k + 1][j]])
        share = 0.3 if np.isnan(weight) else abs(weight) / largest[k]
        widths.append(0.4 + 2.2 * share)
        shade = colors.muted if np.isnan(weight) else colors.colors[int(weight > 0)]
        shades.append(to_rgba(shade, 0.25 + 0.7 * share))
    ax.add_collection(LineCollection(lines, linewidths=widths, colors=shades, zorder=1))


def _draw_neurons(ax: Any, places: dict, biases: np.ndarray, more: bool) -> None:
    """Circles, in the colour of their bias; and dots where there are more."""
    from matplotlib.colors import to_rgba

    colors = look(ax)
    xy = np.array([*places.values()])
    size = 170
    ax.scatter(*xy.T, s=size, color=colors.paper, edgecolor=colors.muted, linewidth=1, zorder=2)
    top = float(np.nanmax(np.abs(biases), initial=0)) or 1.0
    for i, (x, y) in places.items():
        if i < len(biases) and not np.isnan(biases[i]) and biases[i]:
            shade = colors.colors[int(biases[i] > 0)]
            dense = 0.6 * abs(biases[i]) / top
            ax.scatter(x, y, s=size, color=[to_rgba(shade, dense)], linewidth=0, zorder=3)
    if more:
        rows = np.sort(xy[:, 1])
        gap = int(np.diff(rows).argmax())
        middle = (rows[gap] + rows[gap + 1]) / 2
        ax.text(xy[0, 0], middle, "⋮", ha="center", va="center", fontsize=14, color=colors.ink)


def _draw_words(
    ax: Any, sizes: list[int], weights: list, biases: list, activations: list[str], places: list
) -> None:
    """What each layer is, below it; how many parameters it takes, above."""
    colors = look(ax)
    rows = [y for layer in places for _, y in layer.values()]
    bottom, top = min(rows) - 0.8, max(rows) + 0.9
    words = {"ha": "center", "fontsize": 8}
    for k, n in enumerate(sizes):
        what = f"{n:,} input{'s' * (n > 1)}"
        if k:
            what = f"{n:,}\n{activations[k - 1]}".strip()
        ax.text(k * GAP, bottom, what, va="top", color=colors.ink, **words)
    for k, (w, b) in enumerate(zip(weights, biases)):
        count = f"{w.size:,} + {b.size:,}" if b.size else f"{w.size:,}"
        ax.text((k + 0.5) * GAP, top, count, va="bottom", color=colors.muted, **words)
    ax.set(xlim=(-0.7, (len(sizes) - 1) * GAP + 0.7), ylim=(bottom - 1.1, top + 0.5))
