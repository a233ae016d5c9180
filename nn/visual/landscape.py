"""The landscape of a model's loss, in a plane through its weights, and the ways that optimizers
took through it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_engine import Generator, as_tensor, default_generator, no_grad

from .figure import array, axes, colorbar, legend, look


def loss_surface(
    model: Any,
    loss: Any,
    inputs: Any,
    target: Any,
    extent: float = 1.0,
    resolution: int = 31,
    generator: Generator | None = None,
    paths: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ax: Any = None,
) -> Any:
    """The loss around the present weights, along two directions: random ones, or those in which
    given paths went farthest.

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
        How far to go along random directions: 1 is as far as the weights are from 0.
    resolution : int
        Evaluations along each side.
    generator : Generator, optional
        Of the random directions.
    paths : dict of str to sequence of dict, optional
        For each optimizer the weights on its way, as copies of ``model.state_dict()``.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.

    Examples
    --------
    >>> import copy, nn, autograd_engine as ag
    >>> model, x, way = nn.Linear(2, 1), ag.randn(10, 2), []
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> def watch(run):
    ...     way.append(copy.deepcopy(run.model.state_dict()))
    >>> y, loss = x.sum(1, keepdim=True), nn.MSELoss()
    >>> history = nn.fit(
    ...     model, loss, optimizer, (x, y), epochs=5, callbacks=[watch], progress=False
    ... )
    >>> ax = nn.visual.loss_surface(model, loss, x, y, resolution=5, paths={"SGD": way})
    """
    twin = copy.deepcopy(model).eval()
    source = (generator or default_generator).numpy
    start = {name: p.numpy().copy() for name, p in twin.named_parameters()}
    if paths is None:
        places: dict[str, np.ndarray] = {}
        directions = [
            {name: _random_direction(w, source) for name, w in start.items()} for _ in range(2)
        ]
        sides = [np.linspace(-extent, extent, resolution)] * 2
    else:
        directions, places = _principal(start, paths)
        sides = [_side(np.concatenate(list(places.values()))[:, i], resolution) for i in range(2)]
    heights = _heights(twin, loss, as_tensor(inputs), as_tensor(target), start, directions, sides)
    ax = axes(ax, 4.8, 4.0)
    _level_lines(ax, sides, heights)
    colors = look(ax)
    for color, (label, place) in zip(colors.colors[1:], places.items()):
        ax.plot(*place.T, color=color, linewidth=1.5, marker=".", markersize=4, label=label)
        ax.plot(*place[0], "o", color=color, markeredgecolor=colors.paper)
    if paths is None:
        ax.plot(0, 0, "o", color=colors.colors[1], label="present weights")
    ax.set(
        xlabel="first direction",
        ylabel="second direction",
        aspect="equal" if paths is None else "auto",
    )
    legend(ax, framed=True, loc="upper right")
    return ax


def _heights(
    twin: Any,
    loss: Any,
    x: Any,
    target: Any,
    start: dict,
    directions: list[dict],
    sides: list[np.ndarray],
) -> np.ndarray:
    heights = np.empty((len(sides[1]), len(sides[0])))
    with no_grad():
        for (i, j), _ in np.ndenumerate(heights):
            for name, p in twin.named_parameters():
                p.copy_(
                    start[name]
                    + sides[0][j] * directions[0][name]
                    + sides[1][i] * directions[1][name]
                )
            heights[i, j] = loss(twin(x), target).item()
    return heights


def _level_lines(ax: Any, sides: list[np.ndarray], heights: np.ndarray) -> None:
    levels = _levels(heights)
    colors = look(ax)
    heights = np.ma.masked_invalid(heights)
    drawn = ax.contourf(*sides, heights, levels, cmap=colors.amounts.reversed(), extend="max")
    ax.contour(*sides, heights, levels, colors=[colors.paper], linewidths=0.4)
    colorbar(drawn, ax, label="loss", format="%.2g")


def _levels(heights: np.ndarray) -> np.ndarray:
    """Heights to draw lines at, up to where most of the surface is. One that is flat has a single
    one, in the middle of a narrow range.
    """
    finite = heights[np.isfinite(heights)]
    if not finite.size:
        raise ValueError("the loss is nowhere finite in this plane; take a smaller extent")
    low, high = finite.min(), np.quantile(finite, 0.95)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        room = 0.5 * abs(low) or 0.5
        return np.array([low - room, low, low + room])
    return np.geomspace(low, high, 20) if low > 0 else np.linspace(low, high, 20)


def _random_direction(weight: np.ndarray, source: Any) -> np.ndarray:
    if weight.ndim < 2:
        return np.zeros_like(weight)
    drawn = source.normal(size=weight.shape)
    rows = tuple(range(1, weight.ndim))
    sizes = [np.sqrt((w**2).sum(rows, keepdims=True)) for w in (weight, drawn)]
    scale = sizes[0] / np.maximum(sizes[1], np.finfo(float).tiny)
    return (drawn * scale).astype(weight.dtype)


def _principal(
    start: dict[str, np.ndarray], paths: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[list[dict], dict[str, np.ndarray]]:
    """The two directions of unit length in which the paths went farthest, and the places of the
    paths along them, shape (n, 2).
    """
    flat = np.concatenate([w.ravel() for w in start.values()]).astype(float)
    ways = {}
    for label, states in paths.items():
        for state in states:
            wrong = [
                name
                for name, w in start.items()
                if name not in state or array(state[name]).shape != w.shape
            ]
            if wrong:
                raise ValueError(
                    f"the path {label!r} is of another model: it has no {wrong[0]!r} of shape "
                    f"{list(start[wrong[0]].shape)}"
                )
        ways[label] = (
            np.array(
                [np.concatenate([array(state[name]).ravel() for name in start]) for state in states]
            )
            - flat
        )
    every = np.concatenate([np.empty((0, flat.size)), *ways.values()])
    if min(every.shape) < 2:
        raise ValueError(
            f"a plane takes at least two places on the paths and two weights, got {every.shape[0]} "
            f"and {flat.size}"
        )
    axis = np.linalg.svd(every, full_matrices=False)[2][:2]
    ends = np.cumsum([w.size for w in start.values()])[:-1]
    directions = [
        dict(zip(start, [p.reshape(w.shape) for p, w in zip(np.split(v, ends), start.values())]))
        for v in axis
    ]
    return directions, {label: way @ axis.T for label, way in ways.items()}


def _side(places: np.ndarray, resolution: int) -> np.ndarray:
    """Where to evaluate along a side, so that all places are seen."""
    low, high = min(places.min(), 0.0), max(places.max(), 0.0)
    margin = 0.15 * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)
