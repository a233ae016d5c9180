"""How large the signals in a network are, layer by layer, forward and backward: in one look, and
over a training.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_engine import Tensor, as_tensor, get_rng_state, set_rng_state

from ..module import Module
from ..training.run import Callback, Run
from .figure import BLUE, ORANGE, array, legend, look, pyplot, row_of_axes
from .plot import Plot

BINS = 41
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Listeners:
    """Hooks on all modules without children: what they gave, and the gradient of it.

    Parameters
    ----------
    model : Module
    heard : callable
        ``heard(name, array, backward)`` is called with what came out of a module, and again, with
        ``backward`` True, with the gradient of it.

    Attributes
    ----------
    on : bool
        Whether anybody listens.
    """

    def __init__(self, model: Module, heard: Callable[[str, np.ndarray, bool], None]) -> None:
        self.heard = heard
        self.on = True
        self.handles = [
            module.register_forward_hook(self._hook(f"{name} {type(module).__name__}".strip()))
            for name, module in model.named_modules()
            if not module._modules
        ]

    def _hook(self, name: str) -> Callable[..., None]:
        def hook(module: Module, args: tuple, output: Any) -> None:
            if not self.on:
                return
            while isinstance(output, (tuple, list)) and output:
                output = output[0]
            if not isinstance(output, Tensor) or not output.is_floating_point():
                return
            self.heard(name, array(output), False)
            if output.requires_grad:
                output.register_hook(lambda g: self.heard(name, array(g), True))

        return hook

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self.handles:
            handle.remove()


def _root_mean_square(values: np.ndarray) -> float:
    return _norm_of(values.astype(float).reshape(-1))


def _spread(values: np.ndarray) -> float:
    """The standard deviation."""
    wide = values.astype(float).reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        return _norm_of(wide - wide.sum() / max(len(wide), 1))


def _norm_of(values: np.ndarray) -> float:
    """The root mean square of a vector."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.sqrt(values @ values / max(len(values), 1))


def _quantiles(values: np.ndarray) -> list[float]:
    """`QUANTILES` of the finite values, as `numpy.quantile` has them, which takes ten times as
    long for few values.
    """
    ordered = np.sort(values, axis=None)  # NaN comes last
    if ordered.size and not (math.isfinite(ordered[0]) and math.isfinite(ordered[-1])):
        ordered = ordered[np.isfinite(ordered)]
    if not ordered.size:
        return [math.nan] * len(QUANTILES)
    found = []
    for share in QUANTILES:
        place = share * (len(ordered) - 1)
        low = int(place)
        below = float(ordered[low])
        above = float(ordered[min(low + 1, len(ordered) - 1)])
        found.append(below + (above - below) * (place - low))
    return found


# --- one look -------------------------------------------------------------------------------------


def signals(model: Module, loss: Any, x: Any, y: Any, ax: Any = None) -> Plot:
    """The scale of activations and gradients by layer, and how they are spread: whether signals
    fade or grow on their way through a network, and back.

    Parameters
    ----------
    model : Module
        A copy of it is measured, in the mode that it is in.
    loss : callable
    x, y : Tensor or array_like (x: also a tuple of these)
        A batch.
    ax : sequence of matplotlib axes, optional
        Three: for the scales, the histograms of the activations, and those of their gradients.

    Returns
    -------
    Plot
        Its ``data`` has for each module without children ``std``, of what it gave; ``gradient``,
        the root mean square of the loss's derivative by that; and both as histograms, pairs of
        counts and edges, ``values`` and ``gradients``.

    Raises
    ------
    ValueError
        If no module gave numbers.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    >>> plot = nn.visual.signals(model, nn.MSELoss(), ag.randn(8, 3), ag.randn(8, 1))
    >>> [*plot.data]
    ['0 Linear', '1 Tanh', '2 Linear']
    """
    twin = copy.deepcopy(model)
    found: dict[str, dict[str, Any]] = {}

    def heard(name: str, values: np.ndarray, backward: bool) -> None:
        own = found.setdefault(name, {"std": np.nan, "gradient": np.nan})
        if backward:
            own |= {"gradient": _root_mean_square(values), "gradients": _histogram(values)}
        else:
            own |= {"std": _spread(values), "values": _histogram(values)}

    listeners = Listeners(twin, heard)
    state = get_rng_state()
    given = x if isinstance(x, tuple) else (x,)
    try:
        loss(twin(*map(as_tensor, given)), as_tensor(y)).backward()
    finally:
        set_rng_state(state)
        listeners.remove()
    if not found:
        raise ValueError("no module of the model gave numbers")
    return Plot("signals", _draw_signals(found, ax), found)


def _histogram(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and edges of the finite values."""
    finite = values[np.isfinite(values)].astype(float)
    if not finite.size:
        return np.zeros(BINS, int), np.linspace(-1, 1, BINS + 1)
    low, high = finite.min(), finite.max()
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        room = max(abs(low), 1e-12) / 2
        low, high = low - room, high + room
    counts, edges = np.histogram(finite, BINS, (low, high))
    return counts, edges


def _draw_signals(found: dict[str, dict[str, Any]], ax: Any) -> list[Any]:
    n = len(found)
    places = ax
    if ax is None:
        size = (11.5, max(3.0, 0.9 + 0.24 * n))
        places = pyplot().subplots(1, 3, figsize=size, sharey=False, layout="constrained")[1]
    scales, values, gradients = row_of_axes(3, places)
    _draw_scales(scales, found)
    for place, key, title in (
        (values, "values", "activations"),
        (gradients, "gradients", "their gradients"),
    ):
        _draw_ridges(place, found, key)
        place.set_title(title, fontsize=10)
    gradients.set_yticklabels([])
    return [scales, values, gradients]


def _draw_scales(ax: Any, found: dict[str, dict[str, Any]]) -> None:
    """Both scales, the layers from top to bottom."""
    colors = look(ax).colors
    rows = np.arange(len(found))
    for key, color, label in (
        ("std", colors[0], "activations (standard deviation)"),
        ("gradient", colors[1], "gradients (root mean square)"),
    ):
        sizes = np.array([own[key] for own in found.values()], float)
        shown = np.where((sizes > 0) & np.isfinite(sizes), sizes, np.nan)
        ax.plot(shown, rows, ".-", color=color, label=label)
    ax.set_xscale("log")
    ax.set_yticks(rows, [*found], fontsize=8)
    ax.set_ylim(len(found) - 0.5, -0.7)
    ax.grid(axis="x", color=look(ax).faint, linewidth=0.6)
    ax.set_title("scale by layer", fontsize=10)
    legend(ax, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.06))


def _draw_ridges(ax: Any, found: dict[str, dict[str, Any]], key: str) -> None:
    """A histogram for each layer, one below the other, each on a scale of its own."""
    colors = look(ax)
    for row, own in enumerate(found.values()):
        if key not in own:
            continue
        counts, edges = own[key]
        reach = float(np.abs(edges).max()) or 1.0
        height = counts / max(counts.max(), 1) * 0.85
        middles = (edges[:-1] + edges[1:]) / 2 / reach
        color = colors.colors[int(key == "gradients")]
        base = np.full(len(middles), row + 0.4)
        ax.fill_between(
            middles, base, base - height, color=color, alpha=0.55, linewidth=0, step="mid"
        )
        ax.text(1.04, row + 0.3, f"±{reach:.2g}", fontsize=8, color=colors.muted)
    ax.axvline(0, color=colors.faint, linewidth=0.8)
    ax.set(xlim=(-1.05, 1.05), ylim=(len(found) - 0.5, -0.7), xticks=[])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)


# --- over a training ------------------------------------------------------------------------------


class SignalWatch(Callback):
    """A callback that writes down the scale of activations and gradients by layer, while `nn.fit`
    runs; shows itself in a notebook.

    Attributes
    ----------
    epochs : list of float
        When it was written down.
    data : dict
        For each module without children lists of the same length: ``std`` and ``gradient`` as in
        `signals`, and of the values and the gradients the quantiles at 5, 25, 50, 75 and 95 %.
    """

    def __init__(self, model: Module | None = None, every: int | None = None) -> None:
        if every is not None and every < 1:
            raise ValueError(f"every is a number of batches, at least 1, got {every}")
        self.model = model
        self.every = every
        self.epochs: list[float] = []
        self.data: dict[str, dict[str, list]] = {}
        self._listeners: Listeners | None = None
        self._now: dict[str, dict[str, Any]] = {}

    def on_train_begin(self, run: Run) -> None:
        if self.model is not None and run.model is not self.model:
            raise ValueError("another model is trained than the one to watch")
        self._batches = 0
        self._listeners = Listeners(run.model, self._heard)

    def _heard(self, name: str, values: np.ndarray, backward: bool) -> None:
        own = self._now.setdefault(name, {"gradient": math.nan, "gradients": [math.nan] * 5})
        if backward:
            own |= {"gradient": _root_mean_square(values), "gradients": _quantiles(values)}
        else:
            own |= {"std": _spread(values), "values": _quantiles(values)}

    def on_batch_end(self, run: Run) -> None:
        self._batches += 1
        listeners = self._listeners
        if listeners is None:
            return
        if listeners.on:
            longest = len(run.train) if hasattr(run.train, "__len__") else max(run.batch, 1)
            self.epochs.append(len(run.history) + run.batch / longest)
            for name, row in self._now.items():
                columns = self.data.setdefault(name, {key: [] for key in row})
                for key, value in row.items():
                    columns[key].append(value)
        self._now = {}
        listeners.on = self.every is not None and self._batches % self.every == 0

    def on_epoch_end(self, run: Run) -> None:
        if self.every is None and self._listeners is not None:
            self._listeners.on = True

    def on_train_end(self, run: Run) -> None:
        if self._listeners is not None:
            self._listeners.remove()

    def plot(self, layer: str | None = None, ax: Any = None) -> Plot:
        """The scales of all layers over the epochs; or of one layer, how its activations and their
        gradients are spread.

        Parameters
        ----------
        layer : str, optional
            Its name, as in ``data``, or the part before the space.
        ax : sequence of two matplotlib axes, optional

        Returns
        -------
        Plot

        Raises
        ------
        ValueError
            If nothing was watched yet, or there is no such layer.
        """
        if not self.epochs:
            raise ValueError("nothing was watched yet: nn.fit(..., callbacks=[watch])")
        found = row_of_axes(2, ax, 4.8, 3.2)
        if layer is None:
            self._draw_scales(found)
            return Plot("watch", found, self.data)
        name = next((n for n in self.data if layer in (n, n.rpartition(" ")[0])), None)
        if name is None:
            raise ValueError(f"there is no layer {layer!r}, but {', '.join(self.data)}")
        self._draw_bands(found, name)
        return Plot("watch", found, {name: self.data[name]})

    def _draw_scales(self, places: list[Any]) -> None:
        titles = ("activations: standard deviation", "gradients: root mean square")
        for place, key, title in zip(places, ("std", "gradient"), titles):
            colors = _colors_by_depth(place, len(self.data))
            for color, (name, columns) in zip(colors, self.data.items()):
                sizes = np.array(columns[key], float)
                shown = np.where((sizes > 0) & np.isfinite(sizes), sizes, np.nan)
                marker = "." if len(shown) == 1 else None
                place.plot(self.epochs, shown, color=color, label=name, marker=marker)
            place.set_yscale("log")
            place.set_title(title, fontsize=10)
            place.set_xlabel("epoch")
        side_by_side = -(-len(self.data) // 12)
        beside: dict[str, Any] = {
            "loc": "upper left",
            "bbox_to_anchor": (1, 1),
            "ncols": side_by_side,
        }
        legend(places[-1], fontsize=8, **beside)

    def _draw_bands(self, places: list[Any], name: str) -> None:
        """The middle, the middle half and nearly all, over the epochs."""
        for i, (place, key) in enumerate(zip(places, ("values", "gradients"))):
            color = look(place).colors[i]
            low, lower, middle, upper, high = np.array(self.data[name][key], float).T
            for below, above, dense in ((low, high, 0.2), (lower, upper, 0.35)):
                place.fill_between(self.epochs, below, above, color=color, alpha=dense, linewidth=0)
            place.plot(self.epochs, middle, color=color)
            what = ("activations", "their gradients")[i]
            place.set_title(f"{name}: {what}", fontsize=10)
            place.set_xlabel("epoch  (bands: 25 to 75 and 5 to 95 %)")

    def __repr__(self) -> str:
        return f"watch: {len(self.data)} layers, {len(self.epochs)} times"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if not self.epochs:
            return {"text/plain": repr(self)}
        return self.plot()._repr_mimebundle_()


def watch(model: Module | None = None, every: int | None = None) -> SignalWatch:
    """A callback that watches the scale of activations and gradients by layer over a training.

    Parameters
    ----------
    model : Module, optional
        The one to be trained.
    every : int, optional
        Batches between two looks; by default one look at the first batch of each epoch.

    Returns
    -------
    SignalWatch
        Shows itself in a notebook after the training; ``plot("0")`` shows one layer.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model, x = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)), ag.randn(16, 2)
    >>> watcher, sgd = nn.visual.watch(model), nn.optim.SGD(model.parameters(), lr=0.1)
    >>> history = nn.fit(
    ...     model, nn.MSELoss(), sgd, (x, x[:, :1]), epochs=3, callbacks=[watcher], progress=False
    ... )
    >>> watcher
    watch: 3 layers, 3 times
    """
    return SignalWatch(model, every)


def _colors_by_depth(ax: Any, n: int) -> list[Any]:
    """Colours of layers: of few, each its own; of many, from blue to orange."""
    colors = look(ax).colors
    if n <= len(colors):
        return [*colors[:n]]
    shares = np.linspace(0, 1, n)[:, None]
    return [*((1 - shares) * np.array(BLUE) / 255 + shares * np.array(ORANGE) / 255)]
