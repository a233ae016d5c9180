"""What a regressor makes of one input: its curve through the data, how sure it is, and the density
that it gives each place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_engine import no_grad, tensor

from .asking import answers, in_dtype, table_of
from ..module import Module
from .figure import array, axes, colorbar, legend, look
from .plot import Plot


def fit_curve(
    model: Any,
    x: Any,
    y: Any = None,
    density: Callable[[Any, Any], Any] | None = None,
    spread: Callable[[Any], Any] | None = None,
    resolution: int = 200,
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    ax: Any = None,
) -> Plot:
    """The curves of one or several regressors of one input, over the data; with a band of two
    standard deviations, or the density, where the model says how sure it is.

    Parameters
    ----------
    model : Module, estimator, callable, or dict of these by label
        Of points ``(n, 1)``. What gives a pair of outputs gives means and variances, as
        `nn.GaussianNLLLoss` takes them.
    x, y : Tensor, array_like, frame or series; or Data as ``x`` alone
        Points, shape ``(n,)`` or ``(n, 1)``, and their targets, shape ``(n,)`` or ``(n, 1)``.
    density : callable, optional
        The loss that the model learned by, with ``reduction="none"``: a negative log-likelihood
        ``density(outputs, targets)``, of which the density is drawn. Of one model.
    spread : callable, optional
        ``spread(outputs)`` gives means and standard deviations of outputs of another form.
    resolution : int
        Points along each side.
    xlabel, ylabel, title : str
        By default the names of the data.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``x``; for each label the ``mean``, and where it is known the ``std``; and
        ``y`` and ``density``, shape ``(resolution, resolution)``.

    Raises
    ------
    ValueError
        If there is more than one input, a density of several models, or a label of x, y, density.

    Examples
    --------
    >>> import nn
    >>> line = nn.Linear(1, 1).double()
    >>> plot = nn.visual.fit_curve({"a line": line, "x²": lambda x: x**2}, [0.0, 1.0], [0.0, 1.0])
    >>> plot.data["x"][[0, -1]], plot.data["x²"]["mean"][[0, -1]].round(4)
    (array([-0.08,  1.08]), array([0.0064, 1.1664]))
    """
    points, targets, names, _ = table_of(x, y)
    points = points.reshape(len(points), -1).astype(float)
    if points.shape[1] != 1:
        raise ValueError(f"a curve is over one input, got points of shape {list(points.shape)}")
    models = dict(model) if isinstance(model, Mapping) else {"model": model}
    taken = {"x", "y", "density"} & set(map(str, models))
    if taken:
        raise ValueError(f"no curve is called {', '.join(sorted(taken))}: these are in the data")
    if density is not None and len(models) > 1:
        raise ValueError(f"a density is of one model, got {', '.join(map(str, models))}")
    low, high = _wider(points)
    line = np.linspace(low, high, resolution)
    data: dict[str, Any] = {"x": line}
    for label, one in models.items():
        data[str(label)] = _read(answers(one, line[:, None]), spread, density is not None)
    ax = axes(ax, 5.0, 3.6)
    if density is not None:
        heights = _wider(np.concatenate([targets.ravel(), points[:0, 0]]), 0.25)
        data["y"] = np.linspace(*heights, resolution)
        data["density"] = _density(next(iter(models.values())), density, line, data["y"])
        _draw_density(ax, line, data["y"], data["density"])
    _draw_curves(ax, data, [*map(str, models)])
    if targets is not None:
        ink = look(ax).ink
        ax.scatter(points[:, 0], targets.reshape(-1), s=12, color=ink, alpha=0.55, zorder=2)
    ax.set(xlabel=xlabel or (names[0] if names else "x"), ylabel=ylabel or _target_name(x, y))
    ax.set_title(title, fontsize=10)
    if ax.get_legend_handles_labels()[0]:
        legend(ax)
    return Plot("fit_curve", ax, data)


def _target_name(x: Any, y: Any) -> str:
    """What the targets are called."""
    return str(getattr(y, "name", None) or getattr(x, "target", None) or "y")


def _wider(values: np.ndarray, share: float = 0.08) -> tuple[float, float]:
    """The range of values, with some room."""
    low, high = float(values.min()), float(values.max())
    room = share * (high - low) or 1.0
    return low - room, high + room


def _read(outputs: Any, spread: Any, dense: bool) -> dict[str, np.ndarray]:
    """Means, and standard deviations where there are any, of what a model gives of a line."""
    if spread is not None:
        mean, std = map(array, spread(_as_tensors(outputs)))
    elif isinstance(outputs, tuple) and len(outputs) == 2:
        mean, variance = outputs
        std = np.sqrt(variance)
    elif dense:
        return {}
    else:
        mean, std = outputs, None
    if mean.size != len(mean):
        raise ValueError(
            f"a curve takes one number for each point, got outputs of shape {list(mean.shape)}; "
            "spread=, a function of the outputs, gives means and standard deviations"
        )
    found = {"mean": mean.reshape(-1).astype(float)}
    if std is not None:
        found["std"] = std.reshape(-1).astype(float)
    return found


def _as_tensors(outputs: Any) -> Any:
    if isinstance(outputs, tuple):
        return tuple(map(tensor, outputs))
    return tensor(outputs)


def _density(model: Any, loss: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How dense the targets are expected to be at each place: shape (y, x), by a negative
    log-likelihood of each place.
    """
    outputs = answers(model, x[:, None])
    dtype = outputs[0].dtype if isinstance(outputs, tuple) else outputs.dtype
    if isinstance(model, Module):
        dtype = in_dtype(model, x).dtype
    rows = []
    with no_grad():
        for height in y:
            target = tensor(np.full((len(x), 1), height), dtype=dtype)
            negative = array(loss(_as_tensors(outputs), target))
            if negative.size != len(x):
                raise ValueError(
                    f"density= gives one number for each point, got shape {list(negative.shape)}: "
                    'the loss needs reduction="none"'
                )
            rows.append(np.exp(-negative.reshape(-1).astype(float)))
    return np.stack(rows)


def _draw_density(ax: Any, x: np.ndarray, y: np.ndarray, density: np.ndarray) -> None:
    top = float(np.quantile(density, 0.99)) or 1.0
    drawn = ax.imshow(
        density,
        origin="lower",
        extent=(x[0], x[-1], y[0], y[-1]),
        aspect="auto",
        cmap=look(ax).amounts,
        vmin=0,
        vmax=top,
        interpolation="bilinear",
    )
    colorbar(drawn, ax, label="density", extend="max")


def _draw_curves(ax: Any, data: dict[str, Any], labels: list[str]) -> None:
    colors = look(ax).colors
    for i, label in enumerate(labels):
        if "mean" not in data[label]:
            continue
        color = colors[(i + 1) % len(colors)] if "density" in data else colors[i % len(colors)]
        mean = data[label]["mean"]
        ax.plot(data["x"], mean, color=color, linewidth=1.8, label=label, zorder=3)
        if "std" in data[label] and "density" not in data:
            wide = 2 * data[label]["std"]
            ax.fill_between(
                data["x"],
                mean - wide,
                mean + wide,
                color=color,
                alpha=0.2,
                linewidth=0,
                label="± 2σ",
            )
