"""What all plots share: Matplotlib, loaded when it is needed, axes, and colours."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograd_engine import Tensor

COLORS = ("#3b6eb4", "#d66a2c", "#3f9b6c", "#8d5fa8", "#b8912b", "#4aa3b5", "#c4527e", "#7a7f87", "#8a5a3c", "#6b8e23")
INK, FAINT = "#1f2328", "#8c959f"


def pyplot() -> Any:
    """``matplotlib.pyplot``."""
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError("plotting needs Matplotlib: pip install 'autograd-engine[notebook]'") from error
    return plt


def axes(ax: Any = None, width: float = 5.0, height: float = 3.6) -> Any:
    """The given axes, or new ones; without the lines above and to the right."""
    if ax is None:
        _, ax = pyplot().subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def row_of_axes(n: int, width: float = 3.6, height: float = 3.4) -> Any:
    """``n`` new axes side by side, as an array."""
    _, found = pyplot().subplots(1, n, figsize=(width * n, height), squeeze=False, layout="constrained")
    return found[0]


def bare(ax: Any) -> Any:
    """Take away ticks and frame: what is left is a picture."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def array(values: Any) -> np.ndarray:
    """Values as a NumPy array, whatever graph they belong to."""
    return np.asarray(values.detach() if isinstance(values, Tensor) else values)


SIGNS = {
    "minus": "−", "fast-backward": "«", "step-backward": "‹", "play fa-flip-horizontal": "◀", "pause": "❚❚", "play": "▶",
    "step-forward": "›", "fast-forward": "»", "plus": "+",
}  # fmt: skip


def without_icons(html: str) -> str:
    """Matplotlib's player with plain signs on its buttons, in the place of an icon font from the network."""
    html = re.sub(r"<link[^>]*font-awesome[^>]*>", "", html)
    return re.sub(r'<i class="fa fa-([^"]*)"></i>', lambda found: SIGNS[found[1]], html)
