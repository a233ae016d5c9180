"""What all plots share: Matplotlib, loaded when it is needed, axes, and colours.

The colours follow the axes that are drawn on, light or dark, whatever style of Matplotlib made
them. What colours mean amounts is as dense as there is much, so that it suits any paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_engine import Tensor

COLORS = (
    "#3b6eb4",
    "#c95f22",
    "#348a5e",
    "#8d5fa8",
    "#9c7a1d",
    "#338a9c",
    "#c4527e",
    "#747982",
    "#8a5a3c",
    "#5f7f1c",
)
ON_DARK = (
    "#7aa7e8",
    "#f0955c",
    "#6cc79a",
    "#bb91d4",
    "#e0b958",
    "#76cfe0",
    "#ea86ac",
    "#a9aeb6",
    "#c39173",
    "#9fc155",
)
BLUE = (59, 110, 180)
ORANGE = (214, 106, 44)
GREY = (115, 121, 130)
"""The colours of amounts: on any paper, as dense as there is much."""

SHARE = {"muted": 0.55, "faint": 0.16}
"""How much of the ink is in what stands back, and in lines that only guide the eye."""

DARK_INK = "#e6e9ec"
DARK_PAPER = "#15181c"


@dataclass(frozen=True)
class Look:
    """The colours of a plot.

    Attributes
    ----------
    colors : tuple of str
        Of curves and classes.
    ink, muted, faint : (float, float, float)
        Of what is to be read, of what stands back, and of lines that only guide the eye.
    paper : (float, float, float)
        What is drawn on.
    heights, amounts, warnings, signs : Colormap
        From nothing to grey, to blue, to orange; from blue over nothing to orange. What is nothing
        lets the paper through, so that they suit any.
    """

    colors: tuple[str, ...]
    ink: tuple
    muted: tuple
    faint: tuple
    paper: tuple
    heights: Any
    amounts: Any
    warnings: Any
    signs: Any


def look(ax: Any) -> Look:
    """The colours that suit axes: their paper is what stands behind them, their ink that of their
    labels.
    """
    from matplotlib.colors import to_rgb, to_rgba

    behind = [to_rgba(c) for c in (ax.get_facecolor(), ax.figure.get_facecolor())]
    ink = to_rgb(ax.xaxis.label.get_color())
    opposite = (float(sum(ink) <= 1.5),) * 3
    paper = next((c[:3] for c in behind if c[3] > 0.5), opposite)
    colors = ON_DARK if sum(paper) < 1.5 else COLORS
    muted, faint = (mixed(paper, ink, share) for share in SHARE.values())
    densest = {GREY: 0.7, BLUE: 1.0, ORANGE: 1.0}
    heights, amounts, warnings = (
        _densities([(0, color), (dense, color)]) for color, dense in densest.items()
    )
    signs = _densities([(1, BLUE), (0, BLUE), (0, ORANGE), (1, ORANGE)])
    return Look(colors, ink, muted, faint, paper, heights, amounts, warnings, signs)


def mixed(paper: tuple, ink: tuple, share: float) -> tuple:
    """A colour on the way from that of the paper to that of the ink."""
    return tuple(float(p + share * (i - p)) for p, i in zip(paper, ink))


def _densities(stops: list[tuple[float, tuple[int, int, int]]]) -> Any:
    """A colour map through colours of given densities, evenly spaced; two in the middle change
    there.
    """
    from matplotlib.colors import ListedColormap

    places = [0.0, 1.0]
    if len(stops) == 4:
        places = [0.0, 0.5, 0.5, 1.0]
    rgba = np.array([[*(c / 255 for c in color), alpha] for alpha, color in stops])
    x = np.linspace(0, 1, 256)
    columns = [np.interp(x, places, column) for column in rgba.T]
    return ListedColormap(np.stack(columns, 1), "densities")


def legend(ax: Any, **options: Any) -> Any:
    """A legend in the colours of the axes, on paper: it can be read also where a curve passes."""
    colors = look(ax)
    frame = {"framealpha": 0.85, "edgecolor": "none", "facecolor": colors.paper}
    return ax.legend(labelcolor=colors.ink, **{"fontsize": 8} | frame | options)


def colorbar(drawn: Any, ax: Any, places: Any = None, **options: Any) -> Any:
    """A bar that says what the colours of `drawn` mean, without a frame, beside axes."""
    bar = ax.figure.colorbar(drawn, ax=places or ax, **options)
    colors = look(ax)
    bar.outline.set_visible(False)
    bar.ax.tick_params(which="both", colors=colors.ink)
    bar.ax.yaxis.label.set_color(colors.ink)
    return bar


def pyplot() -> Any:
    """``matplotlib.pyplot``."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError(
            "plotting needs Matplotlib: pip install 'autograd-engine[notebook]'"
        ) from error
    return plt


def axes(ax: Any = None, width: float = 5.0, height: float = 3.6) -> Any:
    """The given axes (those of a plot, if it is one), or new ones; without the lines above and to
    the right.
    """
    ax = getattr(ax, "ax", ax)
    if ax is None:
        _, ax = pyplot().subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def row_of_axes(n: int, ax: Any = None, width: float = 3.6, height: float = 3.4) -> list[Any]:
    """``n`` axes side by side: those that were given, or new ones.

    Raises
    ------
    ValueError
        If other than ``n`` were given.
    """
    if ax is None:
        _, grid = pyplot().subplots(
            1, n, figsize=(width * n, height), squeeze=False, layout="constrained"
        )
        ax = grid[0]
    found = [*np.ravel(np.asarray(getattr(ax, "axes", ax), object))]
    if len(found) != n:
        raise ValueError(
            f"the picture takes {n} axes side by side: ax is to hold {n}, got {len(found)}"
        )
    return [axes(one) for one in found]


def frameless(ax: Any) -> Any:
    """Take away ticks and frame: what is left is a picture."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def array(values: Any) -> np.ndarray:
    """Values as a NumPy array, whatever graph they belong to."""
    return np.asarray(values.detach() if isinstance(values, Tensor) else values)
