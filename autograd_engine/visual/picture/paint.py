"""The SVG that `vector` writes, as PNG, as PDF and as the frames of a film: drawn by Matplotlib, so
that none of them needs Graphviz or a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np

from .theme import SANS

INCH = 72.0

LARGEST = 30_000
"""The most pixels along a side; what would be larger is drawn less sharp."""

COLOURS = 128
"""How many a PNG has, which makes it a third as large."""

DRAWN = ("path", "polygon", "text")
STEP = re.compile(r"([MChvqz])|(-?[\d.]+(?:e-?\d+)?)")
MISSING = 'drawing pixels needs Matplotlib: pip install matplotlib (or "autograd-engine[visual]")'


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, an area or a text of a picture.

    Attributes
    ----------
    owner : str
        The id of the node, edge or box that it belongs to.
    tag : {"path", "polygon", "text"}
    look : dict of str to str
        The attributes of the SVG element.
    words : str
        What a text says.
    """

    owner: str
    tag: str
    look: dict[str, str]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture as its shapes, from the bottom to the top, on paper of a size in points."""

    size: tuple[float, float]
    origin: tuple[float, float]
    shapes: Sequence[Shape]

    @staticmethod
    def of(svg: bytes) -> Sheet:
        """What an SVG of `vector` shows."""
        root = ElementTree.fromstring(svg)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        (graph,) = root
        across, down = re.findall(r"[\d.]+", graph.attrib["transform"])
        shapes = [*_shapes(graph, "")]
        return Sheet((width, height), (float(across), float(down)), shapes)


def _shapes(element: ElementTree.Element, owner: str) -> Iterator[Shape]:
    for each in element:
        tag = each.tag.rpartition("}")[2]
        if tag == "text" and not (each.text or "").strip():
            continue
        if tag in DRAWN:
            yield Shape(owner, tag, each.attrib, each.text or "")
        else:
            name = each.get("id", "")
            yield from _shapes(each, owner if name.startswith("a_") else name or owner)


def painted(sheet: Sheet, format: str, dots: int = 72) -> bytes:
    """A picture as PNG or PDF.

    Parameters
    ----------
    sheet : Sheet
    format : {"png", "pdf"}
    dots : int
        Pixels per inch.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    file = BytesIO()
    if format == "pdf":
        figure = _figure(sheet, dots, "none")
        figure.savefig(file, format="pdf", metadata={"CreationDate": None})
    else:
        from PIL import Image

        image = Image.fromarray(pixels(sheet, dots, "white")).convert("RGB")
        image.quantize(COLOURS).save(file, "PNG", optimize=True, dpi=(dots, dots))
    return file.getvalue()


def pixels(sheet: Sheet, dots: int, paper: str = "none") -> np.ndarray:
    """A picture as numbers of red, green, blue and opacity, shape (height, width, 4), on paper of a
    colour.
    """
    figure = _figure(sheet, dots, paper)
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def _figure(sheet: Sheet, dots: int, paper: str) -> Any:
    try:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D
    except ImportError as error:
        raise ImportError(MISSING) from error
    width, height = sheet.size
    dots = min(dots, int(LARGEST * INCH / max(sheet.size)))
    figure = Figure(figsize=(width / INCH, height / INCH), dpi=dots, facecolor=paper)
    place: Any = Affine2D().translate(*sheet.origin).scale(1 / width, -1 / height).translate(0, 1)
    place += figure.transFigure
    for shape in sheet.shapes:
        figure.add_artist(_ARTISTS[shape.tag](shape, place))
    return figure


def _polygon(shape: Shape, place: Any) -> Any:
    from matplotlib.path import Path

    pairs = [tuple(map(float, pair.split(","))) for pair in shape.look["points"].split()]
    return _patch(Path(pairs, closed=True), shape.look, place)


def _curve(shape: Shape, place: Any) -> Any:
    from matplotlib.path import Path

    return _patch(Path(*_steps(shape.look["d"])), shape.look, place)


def _patch(path: Any, look: dict[str, str], place: Any) -> Any:
    from matplotlib.patches import PathPatch

    line: Any = "solid"
    if "stroke-dasharray" in look:
        line = (0, tuple(map(float, look["stroke-dasharray"].split(","))))
    return PathPatch(
        path,
        facecolor=look["fill"],
        edgecolor=look["stroke"],
        linewidth=float(look.get("stroke-width", 1)),
        linestyle=line,
        transform=place,
    )


def _steps(d: str) -> tuple[list[tuple[float, float]], list[int]]:
    """The points and codes of Matplotlib's path, of the letters that `vector` uses."""
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    for letter, numbers in _path_letters(d):
        x, y = points[-1] if points else (0.0, 0.0)
        pairs = list(zip(numbers[::2], numbers[1::2]))
        if letter == "h":
            pairs = [(x + numbers[0], y)]
        elif letter == "v":
            pairs = [(x, y + numbers[0])]
        elif letter == "q":
            pairs = [(x + across, y + down) for across, down in pairs]
        elif letter == "z":
            pairs = points[:1]
        points += pairs
        codes += [_CODES[letter]] * len(pairs)
    return points, codes


def _path_letters(d: str) -> Iterator[tuple[str, list[float]]]:
    found: list[tuple[str, list[float]]] = []
    for letter, number in STEP.findall(d):
        if letter:
            found.append((letter, []))
        else:
            found[-1][1].append(float(number))
    return iter(found)


_CODES = {"M": 1, "h": 2, "v": 2, "q": 3, "C": 4, "z": 79}
"""As in ``matplotlib.path.Path``."""


def _writing(shape: Shape, place: Any) -> Any:
    """A text, as wide as it was measured to be."""
    from matplotlib.patches import PathPatch
    from matplotlib.transforms import Affine2D

    look = shape.look
    bold = look.get("font-weight", "normal")
    letters, width = _letterforms(
        shape.words, bold, look.get("font-style", "normal"), look["font-family"] != SANS
    )
    size = float(look["font-size"]) / FORM
    across = size
    if width:
        across = float(look["textLength"]) / width
    move = Affine2D().scale(across, -size).translate(float(look["x"]), float(look["y"]))
    return PathPatch(letters, facecolor=look["fill"], linewidth=0, transform=move + place)


FORM = 10.0
"""The size in which letters are kept."""


@lru_cache(maxsize=4096)
def _letterforms(words: str, weight: Any, slant: Any, mono: bool) -> tuple[Any, float]:
    """The outline of letters and how wide they are, in the fonts that come with Matplotlib."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath, text_to_path

    family = "DejaVu Sans Mono" if mono else "DejaVu Sans"
    font = FontProperties(family=family, weight=weight, style=slant, size=FORM)
    words = words.replace("\N{WORD JOINER}", "")
    width, _, _ = text_to_path.get_text_width_height_descent(words, font, ismath=False)
    # what would begin a formula is a sign
    return TextPath((0, 0), words.replace("$", r"\$"), prop=font), width


_ARTISTS: dict[str, Callable[[Shape, Any], Any]] = {
    "path": _curve,
    "polygon": _polygon,
    "text": _writing,
}
