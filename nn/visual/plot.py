"""What the plots return: a picture that shows itself at the end of a cell, on light and on dark
paper, and holds the numbers that it shows.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from .figure import COLORS, DARK_INK, DARK_PAPER, ON_DARK, SHARE, mixed, pyplot

LARGEST = 250_000
"""The most characters of an SVG in a notebook; what is larger is shown as pixels."""


class Plot:
    """A picture made with Matplotlib. What it does not know itself it asks its axes, so that
    ``plot.set_title(...)`` works.

    A notebook shows it as SVG whose colours follow the reader's, light or dark, with a PNG beside
    for where there is none. In a program ``matplotlib.pyplot.show()`` shows it.

    Parameters
    ----------
    name : str
        What drew it.
    axes : matplotlib axes, or sequence of them
    data : dict
        What is shown, as numbers.

    Attributes
    ----------
    ax : matplotlib axes
        The first of them.
    axes : list
    figure : matplotlib figure
    data : dict

    Examples
    --------
    >>> import nn
    >>> plot = nn.visual.activation(nn.ReLU(), low=-1, high=1)
    >>> plot
    activation: ReLU
    >>> plot.data["ReLU"]["derivative"][[0, -1]]
    array([0., 1.])
    """

    def __init__(self, name: str, axes: Any, data: Mapping[Any, Any]) -> None:
        self.name = name
        self.axes = [*np.ravel(np.asarray(axes, object))]
        self.ax = self.axes[0]
        self.data = dict(data)

    @property
    def figure(self) -> Any:
        """The figure that the axes stand in."""
        return self.ax.figure

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "ax":
            raise AttributeError(name)
        return getattr(self.ax, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.axes)

    def __len__(self) -> int:
        return len(self.axes)

    def __getitem__(self, index: int) -> Any:
        return self.axes[index]

    def __repr__(self) -> str:
        return f"{self.name}: {', '.join(map(str, self.data))}"

    def svg(self) -> str:
        """The picture as SVG, in colours that follow the reader's."""
        made = self._written("svg", metadata={"Date": None}, dpi=100).decode()
        made = shorter(made[made.index("<svg") :])
        made = made.replace("<svg", '<svg style="max-width:100%;height:auto"', 1)
        return with_dark_colors(made, self.figure)

    def png(self, dpi: int = 110) -> bytes:
        """The picture as PNG, in as many colours as it takes and no more."""
        from PIL import Image

        image = Image.open(BytesIO(self._written("png", dpi=dpi))).convert("RGB")
        small = BytesIO()
        image.quantize(128).save(small, "PNG", optimize=True)
        return small.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format that the suffix names: ``.svg`` with both sets
        of colours, or whatever Matplotlib writes.
        """
        path = Path(path)
        if path.suffix == ".svg":
            path.write_text(self.svg(), encoding="utf-8")
        else:
            self.figure.savefig(path, dpi=160, bbox_inches="tight")
        return path

    def _written(self, kind: str, **options: Any) -> bytes:
        file = BytesIO()
        with pyplot().rc_context({"svg.fonttype": "none", "svg.hashsalt": "plot"}):
            self.figure.savefig(file, format=kind, bbox_inches="tight", **options)
        return file.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown: dict[str, Any] = {"text/plain": repr(self)}
        if not is_still(pyplot().get_backend()):
            return shown
        svg = self.svg()
        if len(svg) <= LARGEST:
            shown["image/svg+xml"] = svg
        shown["image/png"] = b64encode(self.png()).decode()
        pyplot().close(self.figure)  # else the notebook shows it once more at the end of the cell
        return shown


def is_still(backend: str) -> bool:
    """Whether a backend of Matplotlib draws into outputs and files, and opens no figure of its own
    that moves.
    """
    return "inline" in backend.lower() or backend.lower() in ("agg", "svg", "pdf", "ps", "cairo")


def smaller(image: bytes) -> bytes:
    """A PNG with 64 shades of each colour, as many as the eye tells apart, which compress well."""
    from PIL import Image

    pixels = np.asarray(Image.open(BytesIO(image)).convert("RGBA"))
    shades = pixels >> 2
    file = BytesIO()
    Image.fromarray(shades << 2 | shades >> 4).save(file, "PNG", optimize=True)
    return min(image, file.getvalue(), key=len)


def shorter(svg: str) -> str:
    """An SVG with the places on its paths in hundredths of a point, and its images made smaller."""

    def rounded(number: re.Match) -> str:
        return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")

    def path(found: re.Match) -> str:
        return re.sub(r"-?\d+\.\d{3,}", rounded, found[0])

    def image(found: re.Match) -> str:
        return found[1] + b64encode(smaller(b64decode(found[2]))).decode()

    svg = re.sub(r"(data:image/png;base64,)([A-Za-z0-9+/=\s]+)", image, svg)
    return re.sub(r' d="[^"]*"', path, svg)


def with_dark_colors(svg: str, figure: Any) -> str:
    """An SVG that was drawn on white paper, with rules for readers who like it dark."""
    from matplotlib.colors import to_hex, to_rgb

    if to_hex(figure.get_facecolor()) != "#ffffff":
        return svg
    pairs = [*zip(COLORS, ON_DARK), ("#000000", DARK_INK), ("#ffffff", DARK_PAPER)]
    for share in SHARE.values():
        on_white = mixed((1, 1, 1), (0, 0, 0), share)
        on_dark = mixed(to_rgb(DARK_PAPER), to_rgb(DARK_INK), share)
        pairs.append((to_hex(on_white), to_hex(on_dark)))
    rules = [f"text{{fill:{DARK_INK}}}"]  # what is black has no fill of its own
    rules.append(f'[style*="stroke: #000000"]:not([style*="fill"]){{fill:{DARK_INK}}}')
    for light, dark in pairs:
        for what in ("fill", "stroke"):
            rules.append(f'[style*="{what}: {light}"]{{{what}:{dark}!important}}')
    sheet = f"<style>@media (prefers-color-scheme: dark){{{''.join(rules)}}}</style>"
    start = svg.index(">") + 1
    return svg[:start] + sheet + svg[start:]
