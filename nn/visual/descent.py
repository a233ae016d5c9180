"""Optimizers on the way down: their paths over surfaces that are known for being difficult, side by
side, still or moving.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from autograd_engine import tensor

from .. import optim
from .figure import array, axes, legend, look, pyplot, row_of_axes, without_icons


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
}


def path(surface: Surface, make: Callable[[list], Any], steps: int = 100) -> np.ndarray:
    """Where an optimizer goes, shape ``(steps + 1, 2)``; `make` makes it of a list of parameters.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> from nn.visual.descent import SURFACES, path
    >>> path(SURFACES["ravine"], lambda p: SGD(p, lr=0.5), steps=1).round(2)
    array([[-9.  ,  2.4 ],
           [-8.55,  0.  ]])
    """
    point = tensor(surface.start, dtype="float64", requires_grad=True)
    optimizer = make([point])
    found = [surface.start]
    for _ in range(steps):
        for _ in range(surface.pace):
            optimizer.zero_grad()
            surface.function(point[0], point[1]).backward()
            optimizer.step()
        found.append(tuple(point.tolist()))
    return np.array(found)


def _paths(name: str, steps: int, optimizers: Any) -> dict[str, np.ndarray]:
    makers = {
        label: (lambda p, label=label: OPTIMIZERS[label](p, RATES[name][label]))
        for label in OPTIMIZERS
    }
    return {
        label: path(SURFACES[name], make, steps) for label, make in (optimizers or makers).items()
    }


def _contours(surface: Surface, ax: Any) -> Any:
    """Contours of a surface, evenly spaced in what the eye takes for height."""
    ax = axes(ax, 4.4, 3.8)
    colors = look(ax)
    x, y = np.meshgrid(np.linspace(*surface.xlim, 160), np.linspace(*surface.ylim, 160))
    heights = array(surface.function(tensor(x), tensor(y)))
    height = np.broadcast_to(np.cbrt(heights - heights.min()), x.shape)
    if height.max() > 0:
        ax.contourf(x, y, height, 18, cmap=colors.heights, alpha=0.35)
        ax.contour(x, y, height, 18, colors=[colors.paper], linewidths=0.6)
    ax.plot(*surface.start, "o", color=colors.ink, markersize=5)
    if surface.lowest is not None:
        ax.plot(*surface.lowest, "*", color=colors.ink, markersize=10)
    ax.set(xlim=surface.xlim, ylim=surface.ylim)
    ax.set_title(surface.name, fontsize=10)
    return ax


def optimizer_paths(
    name: str = "rosenbrock",
    steps: int = 100,
    optimizers: dict[str, Callable] | None = None,
    ax: Any = None,
) -> Any:
    """The paths of several optimizers over one of the `SURFACES`: from the dot, to the star if
    there is a lowest point.

    Parameters
    ----------
    name : "saddle", "ravine" or "rosenbrock"
    steps : int
    optimizers : dict, optional
        Functions that make an optimizer of a list of parameters, by label; by default six
        well-known ones.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.
    """
    if name not in SURFACES:
        raise ValueError(f"there is no surface {name!r}, but {', '.join(SURFACES)}")
    ax = _contours(SURFACES[name], ax)
    colors = look(ax)
    for color, (label, points) in zip(colors.colors, _paths(name, steps, optimizers).items()):
        ax.plot(*points.T, color=color, linewidth=1.4, label=label)
        ax.plot(*points[-1], "o", color=color, markersize=5, markeredgecolor=colors.paper)
    legend(ax, framed=True, fontsize=7)
    return ax


def _axes_for_surfaces(ax: Any) -> np.ndarray:
    """Axes for all surfaces: those that were given, or new ones."""
    found = row_of_axes(len(SURFACES), 4.2, 3.8) if ax is None else np.ravel(ax)
    if len(found) != len(SURFACES):
        raise ValueError(
            f"ax is to hold {len(SURFACES)} axes, one for each of {', '.join(SURFACES)}; got "
            f"{len(found)}"
        )
    return found


def descents(steps: int = 100, ax: Any = None) -> Any:
    """All surfaces side by side; an array of axes, which may be given."""
    found = _axes_for_surfaces(ax)
    for i, (place, name) in enumerate(zip(found, SURFACES)):
        optimizer_paths(name, steps, ax=place)
        if i:
            place.get_legend().remove()
    return found


def animate(steps: int = 100, every: int = 2, interval: int = 60, ax: Any = None) -> Any:
    """All surfaces side by side, the optimizers moving.

    Parameters
    ----------
    steps : int
    every : int
        Steps between two frames.
    interval : int
        Milliseconds between two frames.
    ax : sequence of matplotlib axes, optional
        One for each surface.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        A notebook shows it with a slider and buttons; ``animation.save("descent.gif",
        writer="pillow")`` saves it. Neither needs ffmpeg.
    """
    plt = pyplot()
    from matplotlib.animation import FuncAnimation

    class Film(FuncAnimation):
        """Shows itself in a notebook, also where there is no network."""

        def to_jshtml(self, *args: Any, **kwargs: Any) -> str:
            return without_icons(super().to_jshtml(*args, **kwargs))

        _repr_html_ = to_jshtml

    found = _axes_for_surfaces(ax)
    moving = []
    for place, name in zip(found, SURFACES):
        colors = look(_contours(SURFACES[name], place))
        for color, (label, points) in zip(colors.colors, _paths(name, steps, None).items()):
            (line,) = place.plot([], [], color=color, linewidth=1.4, label=label)
            (head,) = place.plot(
                [], [], "o", color=color, markersize=5, markeredgecolor=colors.paper
            )
            moving.append((line, head, points))
    legend(found[0], framed=True, fontsize=7)

    def draw(step: int) -> list[Any]:
        for line, head, points in moving:
            line.set_data(*points[: step + 1].T)
            head.set_data(*points[step : step + 1].T)
        return [artist for line, head, _ in moving for artist in (line, head)]

    animation = Film(
        found[0].figure, draw, frames=range(0, steps + 1, every), interval=interval, blit=True
    )
    if ax is None:
        plt.close(found[0].figure)
    return animation
