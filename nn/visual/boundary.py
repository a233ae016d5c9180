"""Where a classifier draws its line: of a module, an estimator or a function, in the plane of two
features, or in one that is laid through more of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .asking import answers, gives_probabilities, table_of
from .figure import array, axes, legend, look
from .plot import Plot

DENSITY = 0.45
"""How much of a class's colour is in the surface."""

CLASSES = 20
"""The most classes that a function's answers are taken for; more different numbers are scores."""


def decision_boundary(
    model: Any,
    x: Any,
    y: Any = None,
    classes: Any = None,
    resolution: int = 200,
    features: Sequence[Any] | None = None,
    rest: Any = "mean",
    names: Sequence[str] | None = None,
    title: str = "",
    ax: Any = None,
) -> Plot:
    """Where in the plane a classifier sees which class, how surely, and the data it learned from;
    what it misreads is ringed.

    Parameters
    ----------
    model : Module, estimator or callable
        Of points ``(n, features)``. A module gives logits ``(n, classes)``, or ``(n, 1)`` for two
        classes; or, where it ends in Softmax, LogSoftmax or Sigmoid, probabilities. An estimator
        has ``predict_proba``, ``decision_function`` or ``predict``. A function gives any of these,
        or classes.
    x, y : Tensor, array_like or frame; or Data as ``x`` alone
        Points, shape ``(n, features)``, and their classes, shape ``(n,)``: from 0, or -1 and 1, or
        words; or one hot, shape ``(n, classes)``.
    classes : sequence of str, optional
        For the legend.
    resolution : int
        Points along each side.
    features : (int, int) or (str, str), optional
        The two that span the plane. By default these are all; of more, the plane is that of the
        first two principal components, and the points are projected onto it.
    rest : "mean" or array_like
        Where the other features are held: at their mean, or at values of shape ``(features,)``.
    names : sequence of str, optional
        Of the features; those of the data by default.
    title : str
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``probabilities`` of shape ``(resolution, resolution, classes)``,
        ``points`` in the plane, ``truth``, ``predicted`` and ``misread``.

    Raises
    ------
    ValueError
        If the points are not of two features or more, or there are other classes than the model
        has.

    Examples
    --------
    >>> import nn
    >>> data = nn.datasets.circles(40, noise=0.0)
    >>> plot = nn.visual.decision_boundary(lambda p: (p**2).sum(1) < 0.5, data, resolution=50)
    >>> int(plot.data["misread"].sum()), plot.get_xlabel()
    (0, 'x')
    """
    points, targets, known_names, known_classes = table_of(x, y)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError(
            "the points have shape (n, features), of two features or more, got "
            f"{list(points.shape)}"
        )
    if targets is None:
        raise ValueError("the classes of the points are missing: decision_boundary(model, x, y)")
    plane = _plane_of(points, features, rest, tuple(names or known_names))
    flat = plane.places(points)
    extent = _around(flat)
    shares, own = _probabilities(model, plane.lifted(_grid(extent, resolution)), points)
    truth, labels = _classes_of(targets, shares.shape[1], own)
    chosen, _ = _probabilities(model, points, points)
    predicted = chosen.argmax(1)
    ax = axes(ax, 4.6, 4.2)
    surface = shares.reshape(resolution, resolution, -1)
    _draw_surface(ax, surface, extent)
    occurring = max(shares.shape[1], truth.max(initial=0) + 1)
    shown = (classes or known_classes or labels)[:occurring]
    _draw_points(ax, flat, truth, predicted, [*map(str, shown)])
    ax.set(xlabel=plane.names[0], ylabel=plane.names[1])
    ax.set_title(title, fontsize=10)
    return Plot(
        "decision_boundary",
        ax,
        {
            "probabilities": surface,
            "points": flat,
            "truth": truth,
            "predicted": predicted,
            "misread": predicted != truth,
        },
    )


# --- the plane ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FeaturePlane:
    """Two directions through a place, in the space of the features.

    Attributes
    ----------
    origin : ndarray
        Shape (features,).
    directions : ndarray
        Shape (2, features), of length 1, one at right angles to the other.
    names : (str, str)
    """

    origin: np.ndarray
    directions: np.ndarray
    names: tuple[str, str]

    def places(self, points: np.ndarray) -> np.ndarray:
        """Where points are, projected onto the plane: shape (n, 2)."""
        return (points - self.origin) @ self.directions.T

    def lifted(self, places: np.ndarray) -> np.ndarray:
        """Places of the plane as points: shape (n, features)."""
        return self.origin + places @ self.directions


def _plane_of(points: np.ndarray, features: Any, rest: Any, names: tuple[str, ...]) -> FeaturePlane:
    n = points.shape[1]
    names = names or tuple(f"x{i}" for i in range(n))
    if features is None and n > 2:
        return _principal_plane(points)
    chosen = [_index_of(f, names) for f in (features or (0, 1))]
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise ValueError(f"a plane takes two features, got {features!r}")
    origin = _held(points, rest)
    origin[chosen] = 0
    return FeaturePlane(origin, np.eye(n)[chosen], (names[chosen[0]], names[chosen[1]]))


def _held(points: np.ndarray, rest: Any) -> np.ndarray:
    """Where the features that do not span the plane are held."""
    if isinstance(rest, str):
        if rest != "mean":
            raise ValueError(f"rest is 'mean' or values of the features, got {rest!r}")
        return points.mean(0).astype(float)
    return np.broadcast_to(array(rest).astype(float), points.shape[1:]).copy()


def _index_of(feature: Any, names: tuple[str, ...]) -> int:
    if isinstance(feature, str):
        if feature not in names:
            raise ValueError(f"there is no feature {feature!r}, but {', '.join(names)}")
        return names.index(feature)
    return range(len(names))[feature]


def _principal_plane(points: np.ndarray) -> FeaturePlane:
    """The plane in which the points differ most."""
    origin = points.mean(0).astype(float)
    _, sizes, directions = np.linalg.svd(points - origin, full_matrices=False)
    shares = sizes**2 / max(float((sizes**2).sum()), np.finfo(float).tiny)
    signs = np.sign(directions[np.arange(2), np.abs(directions[:2]).argmax(1)])
    names = [f"principal component {i + 1} ({shares[i]:.0%})" for i in range(2)]
    return FeaturePlane(origin, directions[:2] * signs[:, None], (names[0], names[1]))


def _around(points: np.ndarray) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a picture of the points."""
    low, high = points.min(0).astype(float), points.max(0).astype(float)
    margin = 0.08 * (high - low)
    margin[margin == 0] = 1.0
    (left, bottom), (right, top) = low - margin, high + margin
    return left, right, bottom, top


def _grid(extent: tuple[float, float, float, float], resolution: int) -> np.ndarray:
    left, right, bottom, top = extent
    sides = np.linspace(left, right, resolution), np.linspace(bottom, top, resolution)
    return np.stack(np.meshgrid(*sides), -1).reshape(-1, 2)


# --- classes --------------------------------------------------------------------------------------


def _probabilities(model: Any, where: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, Any]:
    """Of each class, shape (n, classes); and what the model itself calls the classes, if it says.

    How its answers are to be read is found out where the data are.
    """
    said = answers(model, where)
    own = getattr(model, "classes_", None)
    column = said.reshape(len(said), -1)
    if own is not None and column.shape[1] == 1 and said.dtype.kind != "f":
        return np.equal.outer(said.reshape(-1), own).astype(float), own
    if said.dtype.kind in "iub" and column.shape[1] == 1:
        return _one_hot(column[:, 0], answers(model, points).reshape(-1)), own
    if column.shape[1] == 1:
        share = column[:, 0].astype(float)
        if not gives_probabilities(model, points):
            share = 1 / (1 + np.exp(-np.clip(share, -500, 500)))
        return np.stack([1 - share, share], 1), own
    return _normalised(column.astype(float)), own


def _one_hot(said: np.ndarray, on_data: np.ndarray) -> np.ndarray:
    """Classes as probabilities; -1 and 1 are two."""
    every = np.concatenate([said, on_data]).astype(int)
    if every.min() < 0 and set(np.unique(every)) <= {-1, 1}:
        return np.stack([said < 0, said > 0], 1).astype(float)
    if every.min() < 0 or every.max() >= CLASSES:
        raise ValueError(
            f"the model's answers are integers from {every.min()} to {every.max()}, which are no "
            "classes from 0 (two may be -1 and 1)"
        )
    return np.eye(max(int(every.max()) + 1, 2))[said.astype(int)]


def _normalised(outputs: np.ndarray) -> np.ndarray:
    """Probabilities, of these or of logits."""
    if (outputs >= 0).all() and np.allclose(outputs.sum(1), 1, atol=1e-4):
        return outputs
    powers = np.exp(outputs - outputs.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _classes_of(labels: np.ndarray, n: int, own: Any) -> tuple[np.ndarray, list]:
    """The classes of points as numbers from 0, and what they are called in the data."""
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    if own is not None and np.isin(labels, own).all():
        return np.searchsorted(own, labels), [*own]
    if labels.dtype.kind in "OUS":
        found = np.unique(labels)
        return np.searchsorted(found, labels), [*found]
    if n == 2 and (labels == -1).any() and np.isin(labels, (-1, 1)).all():
        return (labels == 1).astype(int), [-1, 1]
    if not np.isin(labels, range(n)).all():
        given = ", ".join(map(str, np.unique(labels)[:10].tolist()))
        raise ValueError(
            f"the model has {n} classes, 0 to {n - 1} (two may be -1 and 1), and the points are of "
            f"the classes {given}"
        )
    return labels.astype(int), list(range(n))


# --- drawing --------------------------------------------------------------------------------------


def _palette(ax: Any, n: int) -> np.ndarray:
    from matplotlib.colors import to_rgb

    hues = np.array([to_rgb(color) for color in look(ax).colors])
    return hues[np.arange(n) % len(hues)]


def _draw_surface(ax: Any, shares: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    """Each place in the colours of its classes, as much of each as the model believes in it."""
    surface = np.full((*shares.shape[:2], 4), DENSITY)
    surface[..., :3] = np.clip(shares @ _palette(ax, shares.shape[2]), 0, 1)
    where = {"origin": "lower", "extent": extent, "aspect": "auto"}
    ax.imshow(surface, interpolation="bilinear", **where)
    winner = shares.argmax(2)
    for c in range(shares.shape[2]):
        mine = (winner == c).astype(float)
        if mine.min() < mine.max():
            ax.contour(mine, [0.5], extent=extent, colors=[look(ax).ink], linewidths=0.6)


def _draw_points(
    ax: Any, places: np.ndarray, truth: np.ndarray, predicted: np.ndarray, names: list[str]
) -> None:
    colors = look(ax)
    palette = _palette(ax, max(len(names), truth.max(initial=0) + 1))
    dot = {"s": 16, "edgecolor": colors.paper, "linewidth": 0.5, "zorder": 3}
    for c, name in enumerate(names):
        ax.scatter(*places[truth == c].T, color=palette[c], label=name, **dot)
    wrong = places[predicted != truth]
    if len(wrong):
        ring = {"s": 60, "facecolor": "none", "edgecolor": colors.ink, "linewidth": 1.0}
        ax.scatter(*wrong.T, label=f"misread ({len(wrong)})", zorder=4, **ring)
    legend(ax)
