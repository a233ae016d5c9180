"""Optimizers on the way down: over a curve, and over surfaces known for being difficult."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable

import numpy as np

from autograd_engine import tensor

from .. import optim
from .figure import array, axes, legend, look, pyplot, row_of_axes
from .plot import Plot


@dataclass(frozen=True)
class Surface:
    """A function of two numbers, where to look at it, and where to start.

    Attributes
    ----------
    name : str
    function : callable
        ``function(x, y)``, elementwise on tensors.
    xlim, ylim : (float, float)
    start : (float, float)
    lowest : (float, float) or None
        Where its minimum is.
    pace : int
        How many steps of an optimizer are one step of a picture.
    """

    name: str
    function: Callable[[Any, Any], Any]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    start: tuple[float, float]
    lowest: tuple[float, float] | None = None
    pace: int = 1


SURFACES = {
    "saddle": Surface(
        "saddle point  x² − y² + y⁴/4",
        lambda x, y: x**2 - y**2 + y**4 / 4,
        (-1.6, 1.6),
        (-2.1, 2.1),
        (-1.3, 0.01),
    ),
    "ravine": Surface(
        "ravine  x²/20 + y²", lambda x, y: x**2 / 20 + y**2, (-10, 4), (-3, 3), (-9.0, 2.4), (0, 0)
    ),
    "rosenbrock": Surface(
        "Rosenbrock  (1 − x)² + 100 (y − x²)²",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        (-2, 2),
        (-1, 3),
        (-1.2, 1.8),
        (1, 1),
        8,
    ),
    "beale": Surface(
        "Beale  (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
        lambda x, y: (
            (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
        ),
        (-0.5, 4.2),
        (-1.5, 1.8),
        (0.8, 1.5),
        (3, 0.5),
        4,
    ),
}

OPTIMIZERS: dict[str, Callable[[list, float], Any]] = {
    "SGD": lambda p, lr: optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9),
    "Nesterov": lambda p, lr: optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "Adagrad": lambda p, lr: optim.Adagrad(p, lr=10 * lr),
    "RMSprop": lambda p, lr: optim.RMSprop(p, lr=lr, alpha=0.9),
    "Adam": lambda p, lr: optim.Adam(p, lr=lr),
}
"""Each makes an optimizer of some parameters, with a learning rate that suits it beside the others.
"""

RATES = {
    "saddle": {
        "SGD": 0.03,
        "momentum": 0.03,
        "Nesterov": 0.03,
        "Adagrad": 0.03,
        "RMSprop": 0.06,
        "Adam": 0.08,
    },
    "ravine": {
        "SGD": 0.3,
        "momentum": 0.1,
        "Nesterov": 0.1,
        "Adagrad": 0.15,
        "RMSprop": 0.15,
        "Adam": 0.4,
    },
    "rosenbrock": {
        "SGD": 0.0015,
        "momentum": 0.0005,
        "Nesterov": 0.0005,
        "Adagrad": 0.04,
        "RMSprop": 0.01,
        "Adam": 0.03,
    },
    "beale": {
        "SGD": 0.006,
        "momentum": 0.001,
        "Nesterov": 0.001,
        "Adagrad": 0.03,
        "RMSprop": 0.015,
        "Adam": 0.04,
    },
}
"""Learning rates that suit each optimizer on each surface."""

RATE = 0.03
"""The learning rate of all of them on a surface of one's own."""


def surface_of(
    surface: Any, start: Any = None, xlim: Any = None, ylim: Any = None
) -> tuple[str, Surface]:
    """A surface, and its key in `SURFACES` ("" of another): one of those, or a function of two
    numbers.

    Raises
    ------
    ValueError
        For a name that there is not.
    """
    key = surface if isinstance(surface, str) else ""
    if key and key not in SURFACES:
        raise ValueError(f"there is no surface {key!r}, but {', '.join(SURFACES)}")
    if key:
        surface = SURFACES[key]
    elif not isinstance(surface, Surface):
        name = getattr(surface, "__name__", "surface")
        name = "" if name == "<lambda>" else name
        surface = Surface(name, surface, (-2.0, 2.0), (-2.0, 2.0), (-1.5, 1.5))
    given = {"start": start, "xlim": xlim, "ylim": ylim}
    return key, replace(surface, **{k: tuple(v) for k, v in given.items() if v is not None})


def path(surface: Surface, make: Callable[[list], Any], steps: int = 100) -> np.ndarray:
    """Where an optimizer goes, shape ``(steps + 1, 2)``; `make` makes it of a list of parameters.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> from nn.visual.downhill import SURFACES, path
    >>> path(SURFACES["ravine"], lambda p: SGD(p, lr=0.5), steps=1).round(2)
    array([[-9.  ,  2.4 ],
           [-8.55,  0.  ]])
    """
    point = tensor(surface.start, dtype="float64", requires_grad=True)
    optimizer = make([point])
    found = [tuple(map(float, surface.start))]
    with np.errstate(all="ignore"):  # where it diverges
        for _ in range(steps):
            for _ in range(surface.pace):
                optimizer.zero_grad()
                surface.function(point[0], point[1]).backward()
                optimizer.step()
            found.append(tuple(point.tolist()))
    return np.array(found)


def _makers(key: str) -> dict[str, Callable[[list], Any]]:
    """The well-known optimizers, with the learning rates that suit a surface."""

    def maker(label: str) -> Callable[[list], Any]:
        if key in RATES:
            return lambda p: OPTIMIZERS[label](p, RATES[key][label])
        return lambda p: OPTIMIZERS[label](p, RATE)

    return {label: maker(label) for label in OPTIMIZERS}


def heights_of(surface: Surface, n: int = 160) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The x, the y and the heights of a grid of places, shape (n, n) each."""
    x, y = np.meshgrid(np.linspace(*surface.xlim, n), np.linspace(*surface.ylim, n))
    heights = array(surface.function(tensor(x), tensor(y)))
    return x, y, np.broadcast_to(heights, x.shape)


def evenly(heights: np.ndarray) -> np.ndarray:
    """Heights from 0 up, evenly spaced in what the eye takes for height."""
    return np.cbrt(heights - heights.min())


def _contours(surface: Surface, ax: Any) -> Any:
    """The level lines of a surface."""
    ax = axes(ax, 4.4, 3.8)
    colors = look(ax)
    x, y, heights = heights_of(surface)
    height = evenly(heights)
    if height.max() > 0:
        ax.set_rasterization_zorder(0)  # what lies below 0 is one image in a drawing of lines
        ax.contourf(x, y, height, 18, cmap=colors.heights, zorder=-2)
        ax.contour(x, y, height, 18, colors=[BETWEEN], linewidths=0.5, zorder=-1)
    ax.plot(*surface.start, "o", color=colors.ink, markersize=5)
    if surface.lowest is not None:
        ax.plot(*surface.lowest, "*", color=colors.ink, markersize=10)
    ax.set(xlim=surface.xlim, ylim=surface.ylim)
    ax.set_title(surface.name, fontsize=10 if len(surface.name) < 45 else 8)
    return ax


BETWEEN = "#8a9099"
"""Of lines that are to be seen on light and on dark paper."""

LOFTY = 60
"""From this range on, heights in space are drawn as their cube roots."""


def _in_space(surface: Surface, ax: Any) -> tuple[Any, Callable[[np.ndarray], np.ndarray]]:
    """The surface in three dimensions, and how high places on it are drawn."""
    if ax is None:
        figure = pyplot().figure(figsize=(5.6, 4.6), layout="constrained")
        ax = figure.add_subplot(projection="3d")
    x, y, heights = heights_of(surface, 60)
    lofty = np.ptp(heights) > LOFTY
    low = heights.min()

    def level(z: np.ndarray) -> np.ndarray:
        return np.cbrt(z - low) if lofty else z

    shade = look(ax).heights
    ax.plot_surface(x, y, level(heights), cmap=shade, linewidth=0, rasterized=True)
    ax.set_zlabel("∛(height)" if lofty else "height")
    ax.set(xlabel="x", ylabel="y", xlim=surface.xlim, ylim=surface.ylim)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set_visible(False)
    ax.grid(False)
    ax.view_init(elev=48, azim=-60)
    ax.set_title(surface.name, fontsize=10 if len(surface.name) < 45 else 8)
    return ax, level


def optimizer_paths(
    surface: Any = "rosenbrock",
    steps: int = 100,
    optimizers: dict[str, Callable] | None = None,
    ax: Any = None,
    *,
    start: Sequence[float] | None = None,
    xlim: Sequence[float] | None = None,
    ylim: Sequence[float] | None = None,
    view: str = "2d",
) -> Plot:
    """The paths of several optimizers over a surface: from the dot, to the star if there is a
    lowest point.

    Parameters
    ----------
    surface : "saddle", "ravine", "rosenbrock", "beale", Surface or callable
        A function of two numbers, elementwise on tensors, is one too.
    steps : int
    optimizers : dict, optional
        Functions that make an optimizer of a list of parameters, by label; by default six
        well-known ones, with learning rates that suit the surface (0.03 on one's own).
    ax : matplotlib axes, optional
    start : (float, float), optional
    xlim, ylim : (float, float), optional
        What is shown.
    view : "2d" or "3d"
        From above, or in space.

    Returns
    -------
    Plot
        Its ``data`` has for each label the places, shape ``(steps + 1, 2)``.

    Raises
    ------
    ValueError
        For a surface or view that there is not.

    Examples
    --------
    >>> import nn
    >>> sgd = {"SGD": lambda p: nn.optim.SGD(p, lr=0.25)}
    >>> bowl = nn.visual.optimizer_paths(lambda x, y: x**2 + y**2, 2, sgd, start=(-1, 1))
    >>> bowl.data["SGD"][-1]
    array([-0.25,  0.25])
    """
    if view not in ("2d", "3d"):
        raise ValueError(f"view is '2d' or '3d', got {view!r}")
    key, surface = surface_of(surface, start, xlim, ylim)
    makers = optimizers or _makers(key)
    data = {str(label): path(surface, make, steps) for label, make in makers.items()}
    level = None
    if view == "3d":
        ax, level = _in_space(surface, ax)
    else:
        ax = _contours(surface, ax)
    colors = look(ax)
    for i, (label, points) in enumerate(data.items()):
        color = colors.colors[i % len(colors.colors)]
        lines = [*points.T]
        if level is not None:
            lines = _on_surface(surface, points, level)
        ax.plot(*lines, color=color, linewidth=1.4, label=label, zorder=5)
        end = [coordinate[-1:] for coordinate in lines]
        ax.plot(*end, "o", color=color, markersize=5, markeredgecolor=colors.paper, zorder=6)
    legend(ax, fontsize=8, loc="best" if level is None else "upper right")
    return Plot("optimizer_paths", ax, data)


def _on_surface(
    surface: Surface, points: np.ndarray, level: Callable[[np.ndarray], np.ndarray]
) -> list[np.ndarray]:
    """The coordinates of places in space; NaN outside of the picture."""
    x, y = points.T
    (left, right), (bottom, top) = surface.xlim, surface.ylim
    with np.errstate(all="ignore"):
        z = level(np.broadcast_to(array(surface.function(tensor(x), tensor(y))), x.shape))
        inside = (left <= x) & (x <= right) & (bottom <= y) & (y <= top) & np.isfinite(z)
    return [np.where(inside, coordinate, np.nan) for coordinate in (x, y, z)]


def descents(steps: int = 100, ax: Any = None) -> Plot:
    """All surfaces side by side.

    Parameters
    ----------
    steps : int
    ax : sequence of matplotlib axes, optional
        One for each surface.

    Returns
    -------
    Plot
        Its ``data`` has for each surface the paths of `optimizer_paths`.

    Examples
    --------
    >>> import nn
    >>> nn.visual.descents(steps=2).data["saddle"]["SGD"].shape
    (3, 2)
    """
    found = row_of_axes(len(SURFACES), ax, 4.2, 3.8)
    data = {}
    for i, (place, name) in enumerate(zip(found, SURFACES)):
        data[name] = optimizer_paths(name, steps, ax=place).data
        if i:
            place.get_legend().remove()
    return Plot("descents", found, data)


# --- over a curve ---------------------------------------------------------------------------------


def descent(
    function: Callable[[Any], Any],
    lrs: float | Sequence[float] = (0.1,),
    start: float = -1.5,
    steps: int = 20,
    low: float = -2.0,
    high: float = 2.0,
    optimizer: Callable[[list, float], Any] | None = None,
    ax: Any = None,
) -> Plot:
    """Gradient descent over a function of one number: a picture for each learning rate.

    Parameters
    ----------
    function : callable
        Of a tensor, elementwise.
    lrs : float or sequence of float
        Learning rates.
    start : float
    steps : int
    low, high : float
        Where the function is drawn.
    optimizer : callable, optional
        ``optimizer(parameters, lr)``; by default `nn.optim.SGD`.
    ax : sequence of matplotlib axes, optional
        One for each learning rate.

    Returns
    -------
    Plot
        Its ``data`` has for each learning rate ``x`` and ``value`` of all places, from the start.

    Examples
    --------
    >>> import nn
    >>> plot = nn.visual.descent(lambda x: x**2, lrs=[0.1, 0.5, 1.1], start=1.0, steps=2)
    >>> plot.data[0.1]["x"].round(2), plot.data[1.1]["x"].round(2)
    (array([1.  , 0.8 , 0.64]), array([ 1.  , -1.2 ,  1.44]))
    """
    make = optimizer or (lambda p, lr: optim.SGD(p, lr=lr))
    rates = [lrs] if isinstance(lrs, (int, float)) else lrs
    data = {lr: _down(function, make, lr, start, steps) for lr in rates}
    line = np.linspace(low, high, 401)
    values = np.broadcast_to(array(function(tensor(line))), line.shape)
    found = row_of_axes(len(data), ax, 3.2, 2.8)
    room = 0.08 * float(np.ptp(values)) or 1.0
    for place, (lr, way) in zip(found, data.items()):
        colors = look(place)
        place.plot(line, values, color=colors.muted, linewidth=1.2)
        place.set(xlim=(low, high), ylim=(values.min() - room, values.max() + room))
        color = colors.colors[0]
        place.plot(way["x"], way["value"], ".-", color=color, linewidth=0.9, markersize=7)
        place.plot(way["x"][0], way["value"][0], "o", color=colors.ink, markersize=6)
        place.set_title(f"learning rate {lr:g}{_how_it_went(way)}", fontsize=10)
    return Plot("descent", found, data)


def _down(
    function: Callable, make: Callable, lr: float, start: float, steps: int
) -> dict[str, np.ndarray]:
    """The places of one descent, as far as they are finite, and the function there."""
    x = tensor(float(start), dtype="float64", requires_grad=True)
    optimizer = make([x], lr)
    places = []
    values = []
    with np.errstate(all="ignore"):
        for _ in range(steps + 1):
            optimizer.zero_grad()
            value = function(x)
            places.append(x.item())
            values.append(value.item())
            if not np.isfinite(values[-1]):
                break
            value.backward()
            optimizer.step()
    return {"x": np.array(places), "value": np.array(values)}


def _how_it_went(way: dict[str, np.ndarray]) -> str:
    """A word where it did not go down."""
    first, last = way["value"][[0, -1]]
    return "" if last <= first else ": diverges"
