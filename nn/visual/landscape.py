"""The landscape of a model's loss, in a plane through its weights or over two of them, and the ways
that optimizers took through it.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_engine import Generator, as_tensor, default_generator, no_grad

from .figure import array, colorbar, legend, look
from .figure import axes as new_axes
from .plot import Plot


def loss_surface(
    model: Any,
    loss: Any,
    inputs: Any,
    target: Any,
    extent: float = 1.0,
    resolution: int = 31,
    generator: Generator | None = None,
    paths: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    axes: tuple[str, str] | None = None,
    title: str = "",
    ax: Any = None,
) -> Plot:
    """The loss around the present weights: over two of the weights, or along two directions through
    all, random ones or those in which given paths went farthest.

    Each row of a random direction is scaled to the size of the weights' row, so that the picture
    does not depend on how layers are scaled; vectors (biases and the like) are held. With paths,
    the directions are the first two principal components of the way from the present weights to the
    places on them. Li et al., Visualizing the loss landscape of neural nets, 2018, sections 4 and
    7.

    Parameters
    ----------
    model : Module
        A copy of it is evaluated.
    loss : callable
    inputs, target : Tensor or array
    extent : float
        How far to go: along random directions, 1 is as far as the weights are from 0; over single
        weights, 1 is as far as each is from 0, or by 1 where it is nearer than that.
    resolution : int
        Evaluations along each side.
    generator : Generator, optional
        Of the random directions.
    paths : dict of str to sequence of dict, optional
        For each optimizer the weights on its way, as copies of ``model.state_dict()``.
    axes : (str, str), optional
        Two single weights, as ``("0.weight[0, 1]", "0.bias[2]")``; one number in all needs no
        index. All others are held.
    title : str
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``sides`` (the two scales), ``loss`` of shape ``(len(sides[1]),
        len(sides[0]))``, and ``paths``: for each optimizer the places in the picture, shape (n, 2).

    Raises
    ------
    ValueError
        For paths of another model, a weight that there is not, or where the loss is nowhere finite.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model, x, way = nn.Linear(1, 1), ag.randn(10, 1), []
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> def keep(run):
    ...     way.append({name: value.clone() for name, value in run.model.state_dict().items()})
    >>> y, loss = 2 * x + 1, nn.MSELoss()
    >>> history = nn.fit(
    ...     model, loss, optimizer, (x, y), epochs=5, callbacks=[keep], progress=False
    ... )
    >>> plot = nn.visual.loss_surface(
    ...     model, loss, x, y, resolution=5, axes=("weight", "bias"), paths={"SGD": way}
    ... )
    >>> plot.data["loss"].shape, plot.data["paths"]["SGD"].shape
    ((5, 5), (5, 2))
    """
    twin = copy.deepcopy(model).eval()
    start = {name: p.numpy().copy() for name, p in twin.named_parameters()}
    plane = _chosen_plane(start, axes, paths, extent, generator)
    places = {label: plane.places(way) for label, way in _ways(start, paths or {}).items()}
    sides = plane.sides(places, extent, resolution)
    heights = _heights(twin, loss, as_tensor(inputs), as_tensor(target), start, plane, sides)
    ax = new_axes(ax, 4.8, 4.0)
    flat = _level_lines(ax, sides, heights)
    colors = look(ax)
    for color, (label, place) in zip(colors.colors[1:], places.items()):
        ax.plot(*place.T, color=color, linewidth=1.5, marker=".", markersize=4, label=label)
        ax.plot(*place[0], "o", color=color, markeredgecolor=colors.paper)
    if not places:
        here = plane.offset
        ax.plot(*here, "o", color=colors.colors[1], label="present weights")
    ax.set(xlabel=plane.names[0], ylabel=plane.names[1])
    if not places and axes is None:
        ax.set_aspect("equal")
    ax.set_title(" ".join(filter(None, (title, flat))), fontsize=10)
    legend(ax, loc="upper right")
    return Plot("loss_surface", ax, {"sides": sides, "loss": heights, "paths": places})


# --- the plane ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WeightPlane:
    """Two directions through the weights.

    Attributes
    ----------
    directions : list of dict
        Two, each with an array for each parameter.
    names : (str, str)
        Of the axes.
    offset : ndarray
        Where the present weights are, shape (2,).
    """

    directions: list[dict[str, np.ndarray]]
    names: tuple[str, str]
    offset: np.ndarray

    def places(self, way: np.ndarray) -> np.ndarray:
        """Where weights are, given as differences from the present ones: shape (n, 2)."""
        flat = [np.concatenate([d.ravel() for d in one.values()]) for one in self.directions]
        return way @ np.stack(flat, 1) + self.offset

    def sides(
        self, places: Mapping[str, np.ndarray], extent: float, resolution: int
    ) -> list[np.ndarray]:
        """Where to evaluate along both sides."""
        if places:
            every = np.concatenate([*places.values(), self.offset[None]])
            return [_side(every[:, i], resolution) for i in range(2)]
        reach = extent * np.maximum(np.abs(self.offset), 1.0)
        return [np.linspace(h - r, h + r, resolution) for h, r in zip(self.offset, reach)]


def _chosen_plane(
    start: dict[str, np.ndarray], names: Any, paths: Any, extent: float, generator: Any
) -> WeightPlane:
    """The plane that was asked for."""
    if names is not None:
        return _plane_of_two(start, names)
    two = ("first direction", "second direction")
    if paths is not None:
        return WeightPlane(_principal(start, _ways(start, paths)), two, np.zeros(2))
    source = (generator or default_generator).numpy
    directions = [
        {name: _random_direction(w, source) for name, w in start.items()} for _ in range(2)
    ]
    return WeightPlane(directions, two, np.zeros(2))


WEIGHT = re.compile(r"(?P<name>[\w.]+?)(?P<index>(\[[-\d, ]+\])*)")


def _plane_of_two(start: dict[str, np.ndarray], names: Sequence[str]) -> WeightPlane:
    """The plane that two single weights span."""
    if isinstance(names, str) or len(names) != 2 or names[0] == names[1]:
        raise ValueError(f"axes are two single weights, got {names!r}")
    directions = []
    offset = []
    for name in names:
        parameter, index = _single(start, name)
        direction = {key: np.zeros_like(w) for key, w in start.items()}
        direction[parameter][index] = 1
        directions.append(direction)
        offset.append(float(start[parameter][index]))
    return WeightPlane(directions, (names[0], names[1]), np.array(offset))


def _single(start: dict[str, np.ndarray], name: str) -> tuple[str, tuple[int, ...]]:
    """The parameter and the place in it that ``"0.weight[0, 1]"`` means."""
    found = WEIGHT.fullmatch(name)
    if found is None or found["name"] not in start:
        raise ValueError(f"there is no weight {name!r}; the parameters are {', '.join(start)}")
    weight = start[found["name"]]
    places = np.arange(weight.size).reshape(weight.shape)
    index = tuple(int(n) for n in re.findall(r"-?\d+", found["index"]))
    try:
        chosen = places[index]
    except IndexError as error:
        raise ValueError(f"{name!r}: {error}") from error
    if chosen.size != 1:
        raise ValueError(
            f"{name!r} is {chosen.size} numbers, of shape {list(chosen.shape)}; an axis is one: "
            f"{name}{[0] * chosen.ndim}"
        )
    place = np.unravel_index(int(chosen.item()), weight.shape)
    return found["name"], tuple(map(int, place))


def _heights(
    twin: Any,
    loss: Any,
    x: Any,
    target: Any,
    start: dict,
    plane: WeightPlane,
    sides: list[np.ndarray],
) -> np.ndarray:
    """The loss at each place of the plane."""
    across, up = plane.directions
    steps = [side - here for side, here in zip(sides, plane.offset)]
    heights = np.empty((len(sides[1]), len(sides[0])))
    with no_grad():
        for (i, j), _ in np.ndenumerate(heights):
            for name, p in twin.named_parameters():
                p.copy_(start[name] + steps[0][j] * across[name] + steps[1][i] * up[name])
            heights[i, j] = loss(twin(x), target).item()
    return heights


LEVEL = 1e-6
"""Up to this share of its size, what a loss differs by is rounding: the surface is flat."""


def _level_lines(ax: Any, sides: list[np.ndarray], heights: np.ndarray) -> str:
    """Draw the surface; what to say of it where it is flat."""
    levels = _levels(heights)
    colors = look(ax)
    shown = np.ma.masked_invalid(heights)
    if len(levels) == 1:
        ax.imshow(
            np.full((2, 2), 0.3),
            extent=(sides[0][0], sides[0][-1], sides[1][0], sides[1][-1]),
            cmap=colors.amounts,
            vmin=0,
            vmax=1,
            aspect="auto",
        )
        return f"flat: the loss is {levels[0]:.4g} everywhere"
    ax.set_rasterization_zorder(0)  # what lies below 0 is one image in a drawing of lines
    cmap = colors.amounts.reversed()
    drawn = ax.contourf(*sides, shown, levels, cmap=cmap, extend="max", zorder=-2)
    ax.contour(*sides, shown, levels, colors=[colors.paper], linewidths=0.4, zorder=-1)
    colorbar(drawn, ax, label="loss", format=_digits(levels))
    return ""


def _digits(levels: np.ndarray) -> str:
    """A format that tells one level from the next."""
    apart = np.diff(levels) / np.maximum(np.abs(levels[1:]), np.abs(levels[:-1]))
    return f"%.{min(2 - math.floor(math.log10(min(apart.min(), 1.0))), 8)}g"


def _levels(heights: np.ndarray) -> np.ndarray:
    """Heights to draw lines at, up to where most of the surface is; one where it is flat."""
    finite = heights[np.isfinite(heights)]
    if not finite.size:
        raise ValueError("the loss is nowhere finite in this plane; take a smaller extent")
    low, high = finite.min(), np.quantile(finite, 0.95)
    if high - low <= LEVEL * max(abs(low), abs(high)):
        high = finite.max()  # flat but for some places
    if high - low <= LEVEL * max(abs(low), abs(high)):
        return np.array([float(np.median(finite))])
    return np.geomspace(low, high, 20) if low > 0 else np.linspace(low, high, 20)


def _random_direction(weight: np.ndarray, source: Any) -> np.ndarray:
    if weight.ndim < 2:
        return np.zeros_like(weight)
    drawn = source.normal(size=weight.shape)
    rows = tuple(range(1, weight.ndim))
    sizes = [np.sqrt((w**2).sum(rows, keepdims=True)) for w in (weight, drawn)]
    scale = sizes[0] / np.maximum(sizes[1], np.finfo(float).tiny)
    return (drawn * scale).astype(weight.dtype)


def _ways(
    start: dict[str, np.ndarray], paths: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, np.ndarray]:
    """The weights on each way, as differences from the present ones: shape (n, weights)."""
    flat = np.concatenate([w.ravel() for w in start.values()]).astype(float)
    for label, states in paths.items():
        for state in states:
            _require_same_model(start, state, label)
    return {
        label: np.array(
            [np.concatenate([array(state[name]).ravel() for name in start]) for state in states]
        ).reshape(len(states), flat.size)
        - flat
        for label, states in paths.items()
    }


def _require_same_model(start: dict[str, np.ndarray], state: Mapping[str, Any], label: str) -> None:
    for name, w in start.items():
        if name not in state or array(state[name]).shape != w.shape:
            raise ValueError(
                f"the path {label!r} is of another model: it has no {name!r} of shape "
                f"{list(w.shape)}"
            )


def _principal(
    start: dict[str, np.ndarray], ways: dict[str, np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """The two directions of unit length in which the ways went farthest."""
    size = sum(w.size for w in start.values())
    every = np.concatenate([np.empty((0, size)), *ways.values()])
    if min(every.shape) < 2:
        raise ValueError(
            f"a plane takes at least two places on the paths and two weights, got {every.shape[0]} "
            f"and {size}"
        )
    directions = np.linalg.svd(every, full_matrices=False)[2][:2]
    ends = np.cumsum([w.size for w in start.values()])[:-1]
    return [
        {name: part.reshape(start[name].shape) for name, part in zip(start, np.split(d, ends))}
        for d in directions
    ]


def _side(places: np.ndarray, resolution: int) -> np.ndarray:
    """Where to evaluate along a side, so that all places are seen."""
    low, high = places.min(), places.max()
    margin = 0.15 * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)
