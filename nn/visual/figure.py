"""What all plots share: Matplotlib, loaded when it is needed, axes, and colours.

The colours follow the axes that are drawn on, light or dark, whatever style of Matplotlib made
them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_engine import Tensor

COLORS = (
    "#3b6eb4",
    "#d66a2c",
    "#3f9b6c",
    "#8d5fa8",
    "#b8912b",
    "#4aa3b5",
    "#c4527e",
    "#7a7f87",
    "#8a5a3c",
    "#6b8e23",
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
        From paper to grey, to blue, to orange; from blue over paper to red.
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
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap, to_rgb, to_rgba

    behind = [to_rgba(c) for c in (ax.get_facecolor(), ax.figure.get_facecolor())]
    ink = to_rgb(ax.xaxis.label.get_color())
    opposite = (float(sum(ink) <= 1.5),) * 3
    paper = next((c[:3] for c in behind if c[3] > 0.5), opposite)
    dark = sum(paper) < 1.5
    maps = [colormaps[name] for name in ("Greys", "Blues", "Oranges", "RdBu_r")]
    if dark:
        ways: Any = (
            [paper, "#c9ced4"],
            [paper, "#24527f", "#a9d0ff"],
            [paper, "#7d431b", "#e39b60"],
            ["#7aa7e8", paper, "#f0784c"],
        )
        maps = [LinearSegmentedColormap.from_list("on_dark", way) for way in ways]
    muted, faint = (
        tuple(float(p + share * (i - p)) for p, i in zip(paper, ink)) for share in (0.55, 0.16)
    )
    return Look(ON_DARK if dark else COLORS, ink, muted, faint, paper, *maps)


def legend(ax: Any, framed: bool = False, **options: Any) -> Any:
    """A legend in the colours of the axes."""
    colors = look(ax)
    frame: dict[str, Any] = {"frameon": False}
    if framed:
        frame = {"framealpha": 0.85, "edgecolor": "none", "facecolor": colors.paper}
    return ax.legend(labelcolor=colors.ink, **{"fontsize": 8} | frame | options)


def colorbar(drawn: Any, ax: Any, **options: Any) -> Any:
    """A bar that says what the colours of `drawn` mean, without a frame."""
    bar = ax.figure.colorbar(drawn, ax=ax, **options)
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
    """The given axes, or new ones; without the lines above and to the right."""
    if ax is None:
        _, ax = pyplot().subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def row_of_axes(n: int, width: float = 3.6, height: float = 3.4) -> Any:
    """``n`` new axes side by side, as an array."""
    _, found = pyplot().subplots(
        1, n, figsize=(width * n, height), squeeze=False, layout="constrained"
    )
    return found[0]


def frameless(ax: Any) -> Any:
    """Take away ticks and frame: what is left is a picture."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def array(values: Any) -> np.ndarray:
    """Values as a NumPy array, whatever graph they belong to."""
    return np.asarray(values.detach() if isinstance(values, Tensor) else values)


SIGNS = {
    "minus": "−",
    "fast-backward": "«",
    "step-backward": "‹",
    "play fa-flip-horizontal": "◀",
    "pause": "❚❚",
    "play": "▶",
    "step-forward": "›",
    "fast-forward": "»",
    "plus": "+",
}


def without_icons(html: str) -> str:
    """Matplotlib's player with plain signs on its buttons, in the place of an icon font from the
    network.
    """
    html = re.sub(r"<link[^>]*font-awesome[^>]*>", "", html)
    return re.sub(r'<i class="fa fa-([^"]*)"></i>', lambda found: SIGNS[found[1]], html)
