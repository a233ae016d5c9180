"""What a model sees of an input: the maps that convolutions make of an image, the pixels that a
score hangs on, and what attention looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_engine import as_tensor, enable_grad, grad, tensor

from ..attention import MultiheadAttention
from ..convolution import Conv2d
from ..module import Module
from ..training.loop import in_evaluation
from .asking import in_dtype
from .figure import array, axes, colorbar, frameless, look, pyplot
from .mosaic import _as_images, _scaled
from .plot import Plot

MAPS = 12
"""So many maps of a layer are shown."""


def _outputs_of(model: Module, x: Any, wanted: Callable[[Module], bool]) -> dict[str, Any]:
    """What modules gave when the model saw `x`: by their names, in the order of the calls."""
    found: dict[str, Any] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: Module, args: tuple, output: Any) -> None:
            found[name] = output

        return hook

    handles = [
        module.register_forward_hook(keep(name or "model"))
        for name, module in model.named_modules()
        if wanted(module)
    ]
    try:
        in_evaluation(model, lambda: model(x))
    finally:
        for handle in handles:
            handle.remove()
    return found


def feature_maps(
    model: Module,
    x: Any,
    layers: Sequence[str] | None = None,
    most: int = MAPS,
    ax: Any = None,
) -> Plot:
    """What each convolution makes of an image: a row of maps for each layer.

    Parameters
    ----------
    model : Module
        Seen in evaluation mode, and left as it is.
    x : Tensor or array_like
        One image ``(channels, height, width)``, or ``(1, channels, height, width)``.
    layers : sequence of str, optional
        The names of the modules whose outputs are shown; by default all convolutions.
    most : int
        Maps in a row.
    ax : sequence of matplotlib axes, optional
        One for each layer.

    Returns
    -------
    Plot
        Its ``data`` has all maps of each layer, shape ``(channels, height, width)``.

    Raises
    ------
    ValueError
        If there is no such layer, or what it gives is no maps.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3))
    >>> plot = nn.visual.feature_maps(model, ag.rand(1, 9, 9))
    >>> {name: maps.shape for name, maps in plot.data.items()}
    {'0': (4, 7, 7), '2': (6, 5, 5)}
    """
    image = in_dtype(model, array(x))
    if image.ndim == 3:
        image = image[None]
    if image.ndim != 4 or len(image) != 1:
        raise ValueError(f"one image has shape (channels, height, width), got {list(image.shape)}")
    names = dict(model.named_modules())
    for name in layers or ():
        if name not in names:
            raise ValueError(f"there is no module {name!r}, but {', '.join(filter(None, names))}")
    chosen = {id(names[name]) for name in layers or ()}

    def wanted(module: Module) -> bool:
        return id(module) in chosen if layers else isinstance(module, Conv2d)

    found = {name: array(o) for name, o in _outputs_of(model, tensor(image), wanted).items()}
    if not found:
        raise ValueError("the model ran no nn.Conv2d; layers= names the modules to look at")
    for name, maps in found.items():
        if maps.ndim != 4:
            raise ValueError(f"{name!r} gives no maps, but shape {list(maps.shape)}")
    data = {name: maps[0] for name, maps in found.items()}
    tallest = max(maps.shape[1] / maps.shape[2] for maps in data.values())
    places = _rows_of_axes(len(data), ax, most, tallest)
    for place, (name, maps) in zip(places, data.items()):
        _draw_maps(place, name, maps, most)
    return Plot("feature_maps", places, data)


def _rows_of_axes(n: int, ax: Any, most: int, tall: float) -> list[Any]:
    """``n`` axes, one below the other, for rows of maps: those that were given, or new ones."""
    if ax is None:
        width = min(max(0.75 * most, 4.0), 9.0)
        size = (width, n * (width / most * tall + 0.3))
        ax = pyplot().subplots(n, 1, figsize=size, squeeze=False, layout="constrained")[1]
    found = [*np.ravel(np.asarray(getattr(ax, "axes", ax), object))]
    if len(found) != n:
        raise ValueError(f"the picture takes {n} axes, one below the other, got {len(found)}")
    return found


def _draw_maps(ax: Any, name: str, maps: np.ndarray, most: int) -> None:
    shown = maps[:most]
    n, height, width = shown.shape
    strip = np.full((height, most * (width + 1) - 1), np.nan)
    for i, one in enumerate(shown):
        strip[:, i * (width + 1) : i * (width + 1) + width] = one
    frameless(ax)
    limit = float(np.nanmax(np.abs(shown), initial=0)) or 1.0
    ax.imshow(strip, cmap=look(ax).signs, vmin=-limit, vmax=limit, interpolation="nearest")
    more = f", the first {most}" if len(maps) > most else ""
    words = f"{name}: {len(maps)} maps of {height} × {width}{more}; densest: {limit:.2g}"
    ax.set_title(words, fontsize=8, loc="left", pad=3)


def saliency(
    model: Module,
    x: Any,
    target: Any = None,
    shape: tuple[int, ...] | None = None,
    titles: Sequence[Any] | None = None,
    ax: Any = None,
) -> Plot:
    """The images, and below each the pixels that its score hangs on: the size of the score's
    derivative by each pixel, the greatest of its channels. Simonyan et al., Deep inside
    convolutional networks, 2014, section 3.

    Parameters
    ----------
    model : Module
        Gives scores ``(n, classes)`` or ``(n, 1)``. Seen in evaluation mode, and left as it is.
    x : Tensor or array_like
        Images as the model takes them: ``(n, channels, height, width)``, or rows ``(n, pixels)``.
    target : int or array_like of int, optional
        The class whose score it is, for all or for each; by default the one that the model sees.
    shape : tuple of int, optional
        Of each image, where ``x`` has rows.
    titles : sequence, optional
        One for each image; by default the class.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has ``saliency``, shape ``(n, height, width)``, and ``target``, shape (n,).

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model = nn.Linear(4, 2)
    >>> plot = nn.visual.saliency(model, ag.rand(3, 4), target=1)
    >>> bool((plot.data["saliency"][0].ravel() == model.weight[1].abs().detach().numpy()).all())
    True
    """
    given = tensor(in_dtype(model, array(x)), requires_grad=True)
    slopes, classes = in_evaluation(model, lambda: _slopes(model, given, target))
    pictures = _as_images(array(given), shape)
    sizes = _as_images(np.abs(slopes), shape)
    if sizes.ndim == 4:
        sizes = sizes.max(-1)
    n, height, width = sizes.shape
    ax = frameless(axes(ax, min(max(1.2 * n, 2.5), 9.0), min(max(1.2 * n, 2.5), 9.0) * 2.15 / n))
    _draw_pair(ax, _scaled(pictures), sizes)
    names = classes if titles is None else titles
    for i, name in enumerate(names):
        ax.text(
            i * (width + 1) + width / 2, -1, str(name), ha="center", va="bottom",
            fontsize=8, color=look(ax).ink,
        )  # fmt: skip
    return Plot("saliency", ax, {"saliency": sizes, "target": classes})


def _slopes(model: Module, x: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """The derivative of each image's score by its pixels, and whose score it is."""
    with enable_grad():
        scores = model(x)
        scores = scores.reshape(len(scores), -1)
        classes = array(scores).argmax(1)
        if target is not None:
            classes = np.broadcast_to(array(target), classes.shape).astype(int)
        chosen = scores[np.arange(len(classes)), classes]
        (slope,) = grad(chosen.sum(), (x,))
    return array(slope), classes


def _draw_pair(ax: Any, pictures: np.ndarray, sizes: np.ndarray) -> None:
    """Images above, what matters of them below: each image's on its own scale."""
    n, height, width = sizes.shape
    tops = sizes.reshape(n, -1).max(1)
    for i in range(n):
        left = i * (width + 1)
        across = (left, left + width)
        ax.imshow(pictures[i], extent=(*across, height, 0), cmap="gray", vmin=0, vmax=1)
        ax.imshow(
            sizes[i],
            extent=(*across, 2 * height + 1, height + 1),
            cmap=look(ax).warnings,
            vmin=0,
            vmax=tops[i] or 1.0,
            interpolation="nearest",
        )
    ax.set(xlim=(-0.5, n * (width + 1) - 0.5), ylim=(2 * height + 1.5, -0.5), aspect="equal")


def attention(
    model: Any,
    x: Any = None,
    tokens: Sequence[Any] | None = None,
    ax: Any = None,
) -> Plot:
    """What attention looks at: for each layer and head, how much each position (a row) takes from
    each (a column).

    Parameters
    ----------
    model : Module, Tensor or array_like
        A model with `nn.MultiheadAttention` in it, seen in evaluation mode and left as it is; or
        the weights themselves, ``(targets, sources)`` or ``(heads, targets, sources)``.
    x : Tensor, array_like or tuple of these
        What the model is called with; of several samples, the first is shown.
    tokens : sequence, optional
        What the positions are called.
    ax : sequence of matplotlib axes, optional
        One for each layer and head.

    Returns
    -------
    Plot
        Its ``data`` has for each layer its weights, shape ``(heads, targets, sources)``.

    Raises
    ------
    ValueError
        If there is no attention.

    Examples
    --------
    >>> import nn, autograd_engine as ag
    >>> model = nn.TransformerEncoderLayer(8, 2, batch_first=True)
    >>> plot = nn.visual.attention(model, ag.randn(1, 5, 8))
    >>> plot.data["self_attn"].shape, bool((abs(plot.data["self_attn"].sum(2) - 1) < 1e-6).all())
    ((2, 5, 5), True)
    """
    data = _weights_of(model, x)
    heads = max(map(len, data.values()))
    places = _grid_of_axes(len(data), heads, ax)
    top = max(float(weights.max()) for weights in data.values())
    used = []
    for (name, weights), row in zip(data.items(), places):
        for head, place in enumerate(row):
            if head >= len(weights):
                place.set_visible(False)
                continue
            label = name if len(weights) == 1 else f"{name}  head {head}"
            drawn = _draw_attention(place, weights[head], top, label, tokens)
            used.append(place)
    colorbar(drawn, used[0], places=used)
    return Plot("attention", used, data)


def _weights_of(model: Any, x: Any) -> dict[str, np.ndarray]:
    if not isinstance(model, Module):
        weights = array(model)
        if weights.ndim not in (2, 3):
            raise ValueError(
                "weights of attention have shape (targets, sources) or (heads, targets, sources), "
                f"got {list(weights.shape)}"
            )
        return {"attention": weights.reshape(-1, *weights.shape[-2:])}
    found: dict[str, np.ndarray] = {}
    handles = []
    for name, module in model.named_modules():
        if isinstance(module, MultiheadAttention):
            handles.append(module.register_forward_pre_hook(_ask_for_weights, with_kwargs=True))
            handles.append(module.register_forward_hook(_keep_weights(name or "model", found)))
    inputs = x if isinstance(x, tuple) else (x,)
    try:
        in_evaluation(model, lambda: model(*map(as_tensor, inputs)))
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise ValueError(
            "the model ran no nn.MultiheadAttention; weights of one's own are given themselves, "
            "attention(weights)"
        )
    return found


def _ask_for_weights(module: Any, args: tuple, kwargs: dict[str, Any]) -> tuple:
    """Have a call of attention return the weights of all heads."""
    names = ("query", "key", "value", "key_padding_mask", "need_weights", "attn_mask")
    kwargs = {**dict(zip(names, args)), **kwargs}
    kwargs |= {"need_weights": True, "average_attn_weights": False}
    return (), kwargs


def _keep_weights(name: str, found: dict[str, np.ndarray]) -> Callable[..., None]:
    def hook(module: Any, args: tuple, output: Any) -> None:
        weights = array(output[1])
        found[name] = weights[0] if weights.ndim == 4 else weights

    return hook


def _grid_of_axes(rows: int, columns: int, ax: Any) -> np.ndarray:
    if ax is None:
        size = (min(2.4 * columns, 12.0), min(2.4 * columns, 12.0) / columns * rows * 1.08)
        return pyplot().subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")[
            1
        ]
    found = np.ravel(np.asarray(getattr(ax, "axes", ax), object))
    if found.size != rows * columns:
        raise ValueError(f"the picture takes {rows * columns} axes, got {found.size}")
    return found.reshape(rows, columns)


def _draw_attention(
    ax: Any, weights: np.ndarray, top: float, title: str, tokens: Sequence[Any] | None
) -> Any:
    cmap = look(ax).amounts
    drawn = ax.imshow(weights, cmap=cmap, vmin=0, vmax=top, interpolation="nearest")
    ax.set_title(title, fontsize=8)
    ax.tick_params(length=0, labelsize=8)
    if tokens is not None and len(tokens) == weights.shape[1]:
        ax.set_xticks(range(len(tokens)), [*map(str, tokens)], rotation=90)
    if tokens is not None and len(tokens) == weights.shape[0]:
        ax.set_yticks(range(len(tokens)), [*map(str, tokens)])
    ax.spines[:].set_visible(False)
    return drawn
