"""What a model computes: activations, decisions, weights, and curvature."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import grad, tensor

from ..training.loop import predict
from .figure import array, axes, frameless, colorbar, legend, look


def activation(function: Any, low: float = -4.0, high: float = 4.0, ax: Any = None) -> Any:
    """A function of one number and its derivative.

    Parameters
    ----------
    function : Module or callable
        Elementwise.
    low, high : float
        Where it is drawn.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.
    """
    ax = axes(ax, 4, 3)
    x = tensor(np.linspace(low, high, 801), requires_grad=True)
    y = function(x)
    (slope,) = grad(y.sum(), (x,))
    colors = look(ax)
    ax.axhline(0, color=colors.faint, linewidth=0.8)
    ax.axvline(0, color=colors.faint, linewidth=0.8)
    ax.plot(array(x), array(y), color=colors.colors[0], label="value")
    ax.plot(array(x), array(slope), color=colors.colors[1], linestyle="--", label="derivative")
    ax.set_title(getattr(function, "__name__", type(function).__name__), fontsize=10)
    legend(ax)
    return ax


def decision_boundary(
    model: Any, x: Any, y: Any, classes: Any = None, resolution: int = 200, ax: Any = None
) -> Any:
    """Where in the plane a classifier sees which class, how surely, and the data it learned from.

    Parameters
    ----------
    model : Module
        Points ``(n, 2)`` in, logits out: ``(n, classes)``, or ``(n, 1)`` for two classes.
    x, y : Tensor or array_like
        Points, shape ``(n, 2)``, and their classes, shape ``(n,)``: from 0, or -1 and 1; or one
        hot, shape ``(n, classes)``.
    classes : sequence of str, optional
        For the legend.
    resolution : int
        Points along each side.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.

    Raises
    ------
    ValueError
        If the points are not of a plane, or there are other classes than the model has.
    """
    points = array(x)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"the points of a plane have shape (n, 2), got {list(points.shape)}")
    extent = _around(points)
    shares = _probabilities(_seen(model, _grid(extent, resolution), points.dtype))
    truth, names = _classes_of(y, shares.shape[1])
    ax = axes(ax, 4.6, 4.2)
    colors = look(ax)
    hues = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colors.colors])
    palette = hues[np.arange(shares.shape[1]) % len(hues)]
    surface = 0.45 * shares @ palette + 0.55 * np.array(colors.paper)
    ax.imshow(
        surface.reshape(resolution, resolution, 3),
        origin="lower",
        extent=extent,
        aspect="auto",
        interpolation="bilinear",
    )
    winner = shares.argmax(1).reshape(resolution, resolution)
    for c, name in enumerate(names if classes is None else classes):
        mine = (winner == c).astype(float)
        if mine.min() < mine.max():
            ax.contour(mine, [0.5], extent=extent, colors=[colors.ink], linewidths=0.6)
        chosen = points[truth == c]
        ax.scatter(
            *chosen.T,
            s=16,
            color=palette[c],
            edgecolor=colors.paper,
            linewidth=0.5,
            label=str(name),
        )
    legend(ax, framed=True)
    return ax


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


def _seen(model: Any, grid: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """What the model gives on a grid, in the dtype of the data; of integers there is nothing
    between, so these are taken in that of the model.
    """
    if dtype.kind != "f":
        dtype = next((p.dtype for p in model.parameters()), np.dtype("float32"))
    return array(predict(model, grid.astype(dtype), batch_size=4096))


def _probabilities(outputs: np.ndarray) -> np.ndarray:
    """Of each class, from logits; of two classes, where there is one logit."""
    logits = outputs
    if outputs.ndim != 2 or outputs.shape[1] == 1:
        logits = np.stack([np.zeros(len(outputs)), outputs.reshape(-1)], 1)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _classes_of(y: Any, n: int) -> tuple[np.ndarray, list[int]]:
    """The classes of points as numbers from 0, and what they are called in the data."""
    labels = array(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(1)
    labels = labels.reshape(-1)
    if n == 2 and (labels == -1).any() and np.isin(labels, (-1, 1)).all():
        return (labels == 1).astype(int), [-1, 1]
    if not np.isin(labels, range(n)).all():
        found = ", ".join(map(str, np.unique(labels)[:10].tolist()))
        raise ValueError(
            f"the model has {n} classes, 0 to {n - 1} (two may be -1 and 1), and the points are of "
            f"the classes {found}"
        )
    return labels.astype(int), list(range(n))


def weights(
    weight: Any, shape: tuple[int, ...] | None = None, columns: int | None = None, ax: Any = None
) -> Any:
    """Each unit's incoming weights as a small picture: blue is negative, red positive, and zero the
    colour of the paper.

    Parameters
    ----------
    weight : Tensor, array_like or Module
        A layer, or its weight: of a linear layer, shape ``(units, inputs)``; or of a convolution,
        ``(units, channels, height, width)``, one picture for each channel.
    shape : (int, int), optional
        Of each picture; by default a square, where the inputs are a square number.
    columns : int, optional
        Pictures side by side.
    ax : matplotlib axes, optional

    Returns
    -------
    The axes.

    Raises
    ------
    ValueError
        For a weight of other dimensions.
    """
    values = array(getattr(weight, "weight", weight))
    if values.ndim not in (2, 4):
        raise ValueError(
            "a weight has shape (units, inputs) or (units, channels, height, width), got "
            f"{list(values.shape)}"
        )
    if values.ndim == 4:
        values, shape = values.reshape(-1, values.shape[2] * values.shape[3]), values.shape[2:]
    if shape is None:
        side = math.isqrt(values.shape[1])
        shape = (1, values.shape[1])
        if side * side == values.shape[1]:
            shape = (side, side)
    height, width = shape
    n = len(values)
    columns = columns or math.ceil(math.sqrt(n * height / width))
    rows = -(-n // columns)
    mosaic = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for i, picture in enumerate(values.reshape(n, height, width)):
        r, c = divmod(i, columns)
        mosaic[r * (height + 1) :, c * (width + 1) :][:height, :width] = picture
    ax = frameless(axes(ax, 4.6, 4.2))
    limit = float(np.abs(values).max())
    drawn = ax.imshow(mosaic, cmap=look(ax).signs, vmin=-limit, vmax=limit, interpolation="nearest")
    colorbar(drawn, ax, shrink=0.7)
    return ax


def spectrum(matrix: Any, ax: Any = None) -> Any:
    """A Hessian or Jacobian as a heat map, and beside it its eigenvalues (of a symmetric matrix) or
    singular values.

    Parameters
    ----------
    matrix : Tensor or array_like
        Shape ``(m, n)``; of more dimensions, the first half makes the rows.
    ax : matplotlib axes, optional
        Its right part is given to the values.

    Returns
    -------
    The axes of the heat map.
    """
    values = array(matrix)
    values = values.reshape(math.prod(values.shape[: values.ndim // 2]), -1)
    symmetric = values.shape[0] == values.shape[1] and np.allclose(values, values.T)
    if symmetric:
        titles = ("Hessian", "eigenvalues")
        found = np.linalg.eigvalsh(values)[::-1]
    else:
        titles = (f"{values.shape[0]} × {values.shape[1]}", "singular values")
        found = np.linalg.svd(values, compute_uv=False)
    ax = axes(ax, 8, 3.6)
    limit = float(np.abs(values).max()) or 1.0
    beside = ax.inset_axes((0.64, 0.0, 0.36, 1.0))
    inside = ax.inset_axes((0.0, 0.0, 0.44, 1.0))
    colors = look(frameless(ax))
    drawn = inside.imshow(
        values, cmap=colors.signs, vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    colorbar(drawn, ax, cax=ax.inset_axes((0.455, 0.0, 0.015, 1.0)))
    inside.set_title(titles[0], fontsize=10)
    beside.axhline(0, color=colors.faint, linewidth=0.8)
    beside.vlines(range(1, len(found) + 1), 0, found, color=colors.muted, linewidth=1)
    beside.scatter(
        range(1, len(found) + 1),
        found,
        s=14,
        zorder=2,
        color=[colors.colors[int(v < 0)] for v in found],
    )
    beside.spines[["top", "right"]].set_visible(False)
    beside.set_title(titles[1], fontsize=10)
    return ax
