"""Many small pictures side by side: samples as images, and the weights of units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..module import Module
from ..table import Data
from .figure import array, axes, colorbar, frameless, look
from .plot import Plot

MOST = 64
"""So many images are shown of more."""

DARK = 32
"""Bytes below this would be black on black: they are meant to be seen, as those of digits from 0 to
16.
"""


def images(
    x: Any,
    titles: Sequence[Any] | None = None,
    shape: tuple[int, ...] | None = None,
    columns: int | None = None,
    title: str = "",
    ax: Any = None,
) -> Plot:
    """Samples as images, grey or in colours, each with its title.

    Parameters
    ----------
    x : Tensor, array_like, sequence of these, or Data
        Shape ``(n, height, width)``, or ``(n, channels, height, width)`` with one or three
        channels, or ``(n, height, width, 3)``; one image ``(height, width)``; or rows ``(n,
        pixels)``. Bytes are from 0 to 255, or to the largest where that is below 32; other
        numbers from 0 to 1, or, where they go beyond, from their least to their greatest.
    titles : sequence, optional
        One for each; of Data, the names of the classes.
    shape : tuple of int, optional
        Of each image, where ``x`` has rows; by default a square, in three colours where the pixels
        are three times a square number.
    columns : int, optional
        Images side by side.
    title : str
        Above all.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has the ``images`` that are shown, the first 64, and their ``titles``.

    Raises
    ------
    ValueError
        If ``x`` does not hold images, or the titles are another number.

    Examples
    --------
    >>> import nn
    >>> digits = nn.visual.images([[0.0, 1.0, 1.0, 0.0]] * 3, titles=["a", "b", "c"])
    >>> digits.data["images"].shape
    (3, 2, 2)
    """
    if isinstance(x, Data):
        titles = [x.name_of(label) for label in x.y] if titles is None else titles
        x = x.x
    pictures = _as_images(_stacked(x), shape)
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"there are {len(pictures)} images, and {len(titles)} titles")
    shown = _scaled(pictures)[:MOST]
    names = None if titles is None else [*map(_text, titles[:MOST])]
    ax = _draw_mosaic(ax, shown, names, columns, "gray", (0, 1))
    if len(pictures) > MOST:
        title = f"{title}  the first {MOST} of {len(pictures):,}".strip()
    ax.set_title(title, fontsize=10)
    return Plot("images", ax, {"images": pictures[:MOST], "titles": names})


def _stacked(x: Any) -> np.ndarray:
    if isinstance(x, (list, tuple)):
        return np.stack([array(one) for one in x])
    return array(x)


def _text(title: Any) -> str:
    if isinstance(title, (float, np.floating)):
        return f"{title:.3g}"
    return str(array(title).item()) if hasattr(title, "item") else str(title)


def _as_images(values: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    """Shape (n, height, width), or (n, height, width, 3)."""
    given = list(values.shape)
    if shape is not None:
        values = values.reshape(-1, *shape)
    elif values.ndim == 2 and _side_of(values.shape[1]):
        values = values.reshape(-1, *_side_of(values.shape[1]))
    if values.ndim == 2:
        values = values[None]
    if values.ndim == 4 and values.shape[1] in (1, 3):
        values = np.moveaxis(values, 1, -1)
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if values.ndim == 3 or (values.ndim == 4 and values.shape[3] == 3):
        return values
    raise ValueError(
        "images have shape (n, height, width), (n, 1 or 3, height, width) or (n, height, width, "
        f"3), got {given}; shape= says what rows are"
    )


def _side_of(n: int) -> tuple[int, ...]:
    """The shape of a square image of so many numbers, grey or in three colours, if there is one."""
    for channels in (1, 3):
        side = math.isqrt(n // channels)
        if n == channels * side * side and side > 1:
            return (side, side) if channels == 1 else (3, side, side)
    return ()


def _scaled(pictures: np.ndarray) -> np.ndarray:
    """From 0 to 1."""
    if pictures.dtype == np.uint8:
        brightest = int(pictures.max(initial=0))
        return pictures / (brightest if 0 < brightest < DARK else 255.0)
    values = pictures.astype(float)
    low, high = float(np.nanmin(values, initial=0)), float(np.nanmax(values, initial=1))
    return (values - low) / (high - low)


def weights(
    weight: Any,
    shape: tuple[int, ...] | None = None,
    columns: int | None = None,
    titles: Sequence[Any] | None = None,
    rgb: bool | None = None,
    title: str = "",
    ax: Any = None,
) -> Plot:
    """Each unit's incoming weights as a small picture: blue is negative, orange positive, and zero
    the colour of the paper. Of three channels they are a picture in colours, in which zero is grey.

    Parameters
    ----------
    weight : Tensor, array_like or Module
        A layer, or a model for its first layer with a weight matrix; or the weight: of a linear
        layer, shape ``(units, inputs)``; or of a convolution, ``(units, channels, height, width)``,
        one picture for each channel, or ``(units, channels, length)``, the channels of a unit as
        rows.
    shape : tuple of int, optional
        Of each picture, ``(height, width)`` or ``(3, height, width)``; by default a square, where
        the inputs are a square number.
    columns : int, optional
        Pictures side by side.
    titles : sequence, optional
        One for each picture.
    rgb : bool, optional
        Whether three channels are colours; by default they are.
    title : str
        Above all.
    ax : matplotlib axes, optional

    Returns
    -------
    Plot
        Its ``data`` has the ``weights`` as they are drawn: ``(pictures, height, width)``, with 3
        behind it in colours.

    Raises
    ------
    ValueError
        For a weight of other dimensions, a shape that does not fit, or another number of titles.

    Examples
    --------
    >>> import nn
    >>> layer = nn.Linear(3 * 8 * 8, 10)
    >>> nn.visual.weights(layer, shape=(3, 8, 8), titles=range(10)).data["weights"].shape
    (10, 8, 8, 3)
    """
    values = array(_weight_of(weight))
    pictures = _pictures_of(values, shape, rgb is not False)
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"there are {len(pictures)} pictures, and {len(titles)} titles")
    limit = float(np.abs(pictures).max(initial=0)) or 1.0
    in_colors = pictures.ndim == 4
    shown = 0.5 + pictures / (2 * limit) if in_colors else pictures
    names = None if titles is None else [*map(_text, titles)]
    ax = _draw_mosaic(ax, shown, names, columns, "signs", (-limit, limit))
    ax.set_title(title, fontsize=10)
    if not in_colors:
        colorbar(ax.images[0], ax, shrink=0.9)
    return Plot("weights", ax, {"weights": pictures, "titles": names})


def _weight_of(weight: Any) -> Any:
    """The weight of a layer, or of the first layer of a model; all else is one."""
    if hasattr(weight, "weight") or not isinstance(weight, Module):
        return getattr(weight, "weight", weight)
    for module in weight.modules():
        found = getattr(module, "weight", None)
        if found is not None and found.ndim > 1:
            return found
    raise ValueError("the model has no layer with a weight matrix")


def _pictures_of(values: np.ndarray, shape: tuple[int, ...] | None, rgb: bool) -> np.ndarray:
    """The weights of each unit as a picture."""
    if values.ndim not in (2, 3, 4):
        raise ValueError(
            "a weight has shape (units, inputs), (units, channels, length) or (units, channels, "
            f"height, width), got {list(values.shape)}"
        )
    if values.ndim == 2:
        each = shape or _side_of(values.shape[1])
        if not each or (len(each) == 3 and shape is None):
            each = (1, values.shape[1])
        if math.prod(each) != values.shape[1]:
            raise ValueError(
                f"{values.shape[1]} inputs are no picture of shape {list(each)}: it would have "
                f"{math.prod(each)}"
            )
        values = values.reshape(-1, *each)
    if values.ndim == 4 and values.shape[1] == 3 and rgb:
        return np.moveaxis(values, 1, -1)
    if values.ndim == 4:
        return values.reshape(-1, *values.shape[2:])
    return values


TITLE = 0.24
BAR = 0.9
"""The room for a title, and for a bar that says what colours mean, in inches."""


def _draw_mosaic(
    ax: Any,
    pictures: np.ndarray,
    titles: list[str] | None,
    columns: int | None,
    shades: str,
    limits: tuple[float, float],
) -> Any:
    """The pictures in rows, one number apart, with their titles above them; in shades of Matplotlib
    or of the look of the axes.
    """
    n, height, width = pictures.shape[:3]
    columns = min(columns or math.ceil(math.sqrt(n * height / width * 1.6)), n)
    rows = -(-n // columns)
    above = 0
    if titles is not None:
        inches = _inches(columns, width, height)
        above = math.ceil(height * TITLE / inches)
    mosaic = _mosaic(pictures, rows, columns, above)
    across, down = _figure_size(rows, columns, width, height + above)
    if shades == "signs":
        across += BAR
    ax = frameless(axes(ax, across, down))
    cmap = getattr(look(ax), shades, shades)
    ax.imshow(mosaic, interpolation="nearest", cmap=cmap, vmin=limits[0], vmax=limits[1])
    for i, text in enumerate(titles or ()):
        r, c = divmod(i, columns)
        place = (c * (width + 1) + width / 2 - 0.5, r * (height + above + 1) + above - 0.5)
        ax.annotate(
            text,
            place,
            xytext=(0, 1.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            color=look(ax).ink,
        )
    return ax


def _inches(columns: int, width: int, height: int) -> float:
    """How high a picture is drawn."""
    return 0.95 * max(0.5, min(1.0, 7.5 / columns)) * height / max(width, height)


def _figure_size(rows: int, columns: int, width: int, height: int) -> tuple[float, float]:
    """How large a figure of so many pictures is, in inches."""
    across = 0.95 * columns * max(0.5, min(1.0, 7.5 / columns)) * width / max(width, height)
    across = min(max(across, 2.5), 9.0)
    down = across * rows * (height + 1) / (columns * (width + 1))
    return across, min(max(down + 0.35, 1.2), 9.0)


def _mosaic(pictures: np.ndarray, rows: int, columns: int, above: int) -> np.ndarray:
    """One array; what is between the pictures is NaN, or has no density."""
    n, height, width = pictures.shape[:3]
    if pictures.ndim == 4:
        pictures = np.concatenate([pictures, np.ones((n, height, width, 1))], -1)
    step = height + above + 1
    size = (rows * step - 1, columns * (width + 1) - 1)
    empty = np.nan if pictures.ndim == 3 else 0.0
    made = np.full(size + pictures.shape[3:], empty)
    for i, picture in enumerate(pictures):
        r, c = divmod(i, columns)
        top = r * step + above
        left = c * (width + 1)
        made[top : top + height, left : left + width] = picture
    return made
