"""The film of the backward sweep as a GIF, for slides and pages where no script runs.

A frame is drawn upon the one before it: what has become known stays, and only what is lit in a
step, and what the step says, is drawn anew.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from ..picture.lettering import MONO_WIDTH
from ..picture.paint import MISSING, Shape, Sheet, pixels
from ..picture.theme import MONO, PAPER, palette
from ..picture.vector import vector

DOTS = 96
"""Pixels per inch."""

SECONDS = 1.6
LAST = 4.0
"""How long a step is shown, and the last one."""

COLOURS = 128

LETTERS = 62
"""How many a line takes of what a step says."""

SIZE = 9.0
LINE = 13.0
GAP = 14.0

Line = tuple[str, str, str]
"""Words, their colour and their weight."""


def gif(dot: str, steps: Sequence[dict], theme: str) -> bytes:
    """A film as GIF.

    Parameters
    ----------
    dot : str
        The drawing as DOT text.
    steps : sequence of dict
        As `frames` gives them.
    theme : {"auto", "light", "dark"}

    Raises
    ------
    ImportError
        If Matplotlib is not installed, which draws, and has Pillow with it.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(MISSING) from error
    made = [*_images(Image, Sheet.of(vector(dot)), steps, theme)]
    colours = made[-1].quantize(COLOURS)
    flat = [image.quantize(palette=colours, dither=Image.Dither.NONE) for image in made]
    shown = [int(1000 * SECONDS)] * (len(flat) - 1) + [int(1000 * LAST)]
    file = BytesIO()
    flat[0].save(file, "GIF", save_all=True, append_images=flat[1:], duration=shown, loop=0)
    return file.getvalue()


def _images(module: Any, sheet: Sheet, steps: Sequence[dict], theme: str) -> Iterator[Any]:
    """The frames as Pillow's images."""
    colours = palette(theme)
    texts = [[*_said(step, i, len(steps), colours)] for i, step in enumerate(steps)]
    sheet, corner = _with_room(sheet, texts)
    scene = _Scene(sheet, colours["grad"])

    def layer(shapes: Sequence[Shape], paper: str = "none") -> Any:
        return module.fromarray(pixels(replace(sheet, shapes=shapes), DOTS, paper))

    ground = layer(scene.unknown(), PAPER.get(theme, PAPER["light"]))
    for step, lines in zip(steps, texts):
        if step["known"]:
            ground = module.alpha_composite(ground, layer(scene.learned(step["known"])))
        lit = layer([*scene.lit(step), *_said_at(lines, corner)])
        yield module.alpha_composite(ground, lit).convert("RGB")


class _Scene:
    """The shapes of a picture, in the states that a film shows them in.

    Attributes
    ----------
    known : set of str
        The nodes whose gradients are shown.
    """

    def __init__(self, sheet: Sheet, grad: str) -> None:
        self.shapes = sheet.shapes
        self.grad = grad
        self.known: set[str] = set()

    def unknown(self) -> list[Shape]:
        """All, without gradients."""
        return [shape for shape in self.shapes if not self._says_gradient(shape)]

    def learned(self, nodes: Sequence[str]) -> list[Shape]:
        """Nodes whose gradients are known from now on."""
        self.known.update(nodes)
        return [shape for shape in self.shapes if shape.owner in nodes]

    def lit(self, step: dict) -> Iterator[Shape]:
        """The node of a step, and the edges that its gradients flow along."""
        edges = set(step["edges"])
        for shape in self.shapes:
            if shape.owner in edges:
                yield self._bright(shape)
            elif shape.owner == step["node"]:
                if shape.tag != "text":
                    yield self._bright(shape)
                elif shape.owner in self.known or not self._says_gradient(shape):
                    yield shape

    def _says_gradient(self, shape: Shape) -> bool:
        return (
            shape.tag == "text" and shape.owner.startswith("n") and shape.look["fill"] == self.grad
        )

    def _bright(self, shape: Shape) -> Shape:
        look = {**shape.look}
        if shape.tag == "polygon":
            look["fill"] = self.grad
        if shape.tag != "text" and look["stroke"] != "none":
            look |= {"stroke": self.grad, "stroke-width": "2.4"}
        return replace(shape, look=look)


def _with_room(sheet: Sheet, texts: Sequence[Sequence[Line]]) -> tuple[Sheet, tuple[float, float]]:
    """A sheet with room for text, beside a picture that is high and below one that is wide; and
    where the text begins.
    """
    width, height = sheet.size
    letters = max(len(words) for lines in texts for words, _, _ in lines)
    across = letters * MONO_WIDTH * SIZE + GAP
    down = max(map(len, texts)) * LINE + GAP
    if height > width:
        size = (width + across, max(height, down))
        return replace(sheet, size=size), (width, GAP)
    size = (max(width, across + sheet.origin[0]), height + down)
    return replace(sheet, size=size), (0.0, height)


def _said(step: dict, place: int, count: int, colours: dict[str, str]) -> Iterator[Line]:
    """The lines of what a step says, each with its colour and weight."""
    muted = colours["muted"]
    yield f"step {place} of {count - 1}", muted, "normal"
    yield from _wrapped(step["title"], colours["ink"], "bold")
    yield from _wrapped(f"upstream {step['upstream']}", muted)
    for row in step["rows"]:
        words = f"{row['name']}  {row['text']}"
        if row["total"]:
            words += f"  ({row['total']})"
        yield from _wrapped(words, colours["grad"])
        yield from _wrapped(row.get("rule", ""), muted, indent="    ")


def _wrapped(text: str, colour: str, weight: str = "normal", indent: str = "") -> Iterator[Line]:
    later = indent + "  "
    for line in textwrap.wrap(text, LETTERS, initial_indent=indent, subsequent_indent=later):
        yield line, colour, weight


def _said_at(lines: Sequence[Line], corner: tuple[float, float]) -> Iterator[Shape]:
    x, y = corner
    for words, colour, weight in lines:
        y += LINE
        look = {
            "x": str(x),
            "y": str(y),
            "fill": colour,
            "font-family": MONO,
            "font-size": str(SIZE),
            "font-weight": weight,
            "textLength": str(len(words) * MONO_WIDTH * SIZE),
        }
        yield Shape("said", "text", look, words)
