"""Optimizers racing down a surface, in a page that needs nothing from elsewhere: an SVG, and a
script that moves it.

The paths of all settings of the sliders are computed here, by the optimizers of `nn.optim`; the
script only chooses among them.
"""

from __future__ import annotations

import itertools
import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from .. import optim
from ..png import data_url
from .downhill import RATE, RATES, Surface, evenly, heights_of, surface_of
from .figure import COLORS, DARK_INK, DARK_PAPER, GREY, ON_DARK
from .racers import paths_of

WIDTH = 560
HEIGHT = 380
"""Of the surface, in pixels of the page."""

REACH = 3000
"""How far beyond the picture a path is followed, in tenths of a pixel."""

MOMENTA = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)
SPREAD = (1 / 10, 1 / 5, 1 / 2, 1, 2, 5, 10)
"""The learning rates of the slider, as multiples of one that suits."""

RACERS: dict[str, Callable[[list, float, float], Any]] = {
    "SGD": lambda p, lr, m: optim.SGD(p, lr=lr),
    "momentum": lambda p, lr, m: optim.SGD(p, lr=lr, momentum=m),
    "Nesterov": lambda p, lr, m: optim.SGD(p, lr=lr, momentum=m, nesterov=m > 0),
    "Adagrad": lambda p, lr, m: optim.Adagrad(p, lr=lr),
    "RMSprop": lambda p, lr, m: optim.RMSprop(p, lr=lr, alpha=0.9),
    "Adam": lambda p, lr, m: optim.Adam(p, lr=lr, betas=(m, 0.999)),
}
"""Each makes an optimizer of parameters, a learning rate and a momentum (of Adam, its β₁)."""

WITH_MOMENTUM = ("momentum", "Nesterov", "Adam")

HERE = Path(__file__).parent


class Race:
    """What `animate` gives: shows itself in a notebook, and is saved as a page.

    Attributes
    ----------
    surface : Surface
    rates, momenta : list of float
        The settings of the sliders.
    data : dict
        For each optimizer the places, shape ``(rates, momenta, steps + 1, 2)``.
    """

    def __init__(
        self, surface: Surface, rates: list[float], momenta: list[float], data: dict[str, Any]
    ) -> None:
        self.surface = surface
        self.rates = rates
        self.momenta = momenta
        self.data = data

    @property
    def steps(self) -> int:
        """How many steps a path has."""
        return next(iter(self.data.values())).shape[2] - 1

    def __repr__(self) -> str:
        return f"animate: {', '.join(self.data)} over {self.surface.name or 'a surface'}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}

    def save(self, path: str | Path) -> Path:
        """Write a page that moves in any browser; the name ends in ``.html``."""
        path = Path(path)
        if path.suffix != ".html":
            raise ValueError(
                f"an animation is saved as a page, its name ends in .html: {path.name}"
            )
        head = '<!doctype html><meta charset="utf-8">'
        head += '<meta name="color-scheme" content="light dark">'
        title = f"<title>{escape(self.surface.name)}</title>"
        path.write_text(head + title + self.html(), encoding="utf-8")
        return path

    def html(self) -> str:
        """The picture with its sliders as a piece of HTML: where scripts do not run, an image of
        the whole paths at the middle settings.
        """
        paths = _Paths(self)
        middle = (len(self.rates) // 2, _nearest(self.momenta, 0.9))
        facts = {
            "labels": [*self.data],
            "rates": [f"{rate:.3g}" for rate in self.rates],
            "momenta": [f"{m:g}" for m in self.momenta],
            "steps": self.steps,
            "pace": self.surface.pace,
            "starts": paths.starts,
            "places": b64encode(paths.bytes()).decode(),
            "live": _svg(self, paths, middle) + _keys(self) + _controls(self, middle),
        }
        data = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
        script = (HERE / "race.js").read_text(encoding="utf-8")
        return (
            f'<div data-race="{paths.key}"><style>{_sheet(paths.key)}</style>'
            f"{_still(self, paths, middle)}"
            f'<script type="application/json">{data}</script><script>{script}</script></div>'
        )


def animate(
    surface: Any = "saddle",
    steps: int = 100,
    lrs: Sequence[float] | None = None,
    momenta: Sequence[float] = MOMENTA,
    *,
    start: Sequence[float] | None = None,
    xlim: Sequence[float] | None = None,
    ylim: Sequence[float] | None = None,
    optimizers: dict[str, Callable] | None = None,
) -> Race:
    """Optimizers racing over a surface, with sliders for the learning rate (of all) and the
    momentum (of those that have one; of Adam, its β₁). Needs neither Matplotlib nor ffmpeg.

    Parameters
    ----------
    surface : "saddle", "ravine", "rosenbrock", "beale", Surface or callable
        A function of two numbers, elementwise on tensors, is one too.
    steps : int
    lrs : sequence of float, optional
        The learning rates of the slider, in order; by default seven around one that suits.
    momenta : sequence of float
        The momenta of the slider, in order.
    start : (float, float), optional
    xlim, ylim : (float, float), optional
        What is shown.
    optimizers : dict, optional
        Functions ``optimizer(parameters, lr, momentum)`` by label; by default six well-known ones.

    Returns
    -------
    Race
        Shows itself in a notebook; ``save("race.html")`` makes a page. Its ``data`` has the places.

    Raises
    ------
    ValueError
        For a surface that there is not, or no settings.

    Examples
    --------
    >>> import nn
    >>> race = nn.visual.animate(lambda x, y: x**2 + y**2, 3, [0.1, 0.25], [0.0], start=(-1, 1))
    >>> race.data["SGD"][1, 0, -1]
    array([-0.125,  0.125])
    """
    key, surface = surface_of(surface, start, xlim, ylim)
    base = RATES[key]["SGD"] if key else RATE
    rates = [*map(float, lrs if lrs is not None else base * np.array(SPREAD))]
    if not rates or not len(momenta) or steps < 1:
        raise ValueError("a race takes steps, learning rates and momenta, one of each at least")
    makers = optimizers or RACERS
    settings = {}
    for label, make in makers.items():
        own = momenta
        if make is RACERS.get(label) and label not in WITH_MOMENTUM:
            own = momenta[:1]
        settings[str(label)] = (make, [*itertools.product(rates, map(float, own))])
    all_makers = [_with(make, *each) for make, pairs in settings.values() for each in pairs]
    ways = iter(paths_of(surface, all_makers, steps))
    data = {}
    for label, (_, pairs) in settings.items():
        own_ways = np.array([next(ways) for _ in pairs])
        own_ways = own_ways.reshape(len(rates), -1, steps + 1, 2)
        data[label] = own_ways.repeat(len(momenta) // own_ways.shape[1], 1)
    return Race(surface, rates, [*map(float, momenta)], data)


def _with(make: Callable[[list, float, float], Any], lr: float, momentum: float) -> Any:
    """What makes an optimizer of parameters, at a setting of the sliders."""
    return lambda parameters: make(parameters, lr, momentum)


# --- the page -------------------------------------------------------------------------------------


STILL = "data-still"
"""What an image is known by in its own style."""


class _Paths:
    """The paths in pixels, each that differs once: in tenths, as whole numbers."""

    def __init__(self, race: Race) -> None:
        self.surface = race.surface
        self.rows: list[np.ndarray] = []
        self.starts: list[list[int]] = []
        known: dict[bytes, int] = {}
        for ways in race.data.values():
            own = []
            for way in ways.reshape(-1, *ways.shape[2:]):
                pixels = self.pixels(way)
                place = known.setdefault(pixels.tobytes(), len(known))
                if place == len(self.rows):
                    self.rows.append(pixels)
                own.append(place)
            self.starts.append(own)
        self.key = f"race{zlib.crc32(self.bytes()):x}"

    def pixels(self, way: np.ndarray) -> np.ndarray:
        """Places in tenths of pixels, shape (n, 2); far out, at the edge of what is followed."""
        (left, right), (bottom, top) = self.surface.xlim, self.surface.ylim
        x = (way[:, 0] - left) / (right - left) * WIDTH * 10
        y = (top - way[:, 1]) / (top - bottom) * HEIGHT * 10
        limits = np.array([[-REACH, WIDTH * 10 + REACH], [-REACH, HEIGHT * 10 + REACH]])
        inside = np.clip(np.stack([x, y], 1), limits[:, 0], limits[:, 1])
        return inside.round().astype("<i2")

    def bytes(self) -> bytes:
        """All of them, one after the other."""
        return np.stack(self.rows).tobytes()


def _nearest(values: list[float], wanted: float) -> int:
    return int(np.argmin(np.abs(np.array(values) - wanted)))


def _sheet(key: str, scope: str = "") -> str:
    """The style, for light and for dark readers and notebooks; of an image, for readers alone."""
    is_image = bool(scope)
    scope = scope or f'[data-race="{key}"]'
    dark = [
        f"DARK, DARK text{{color:{DARK_INK}}}",
        f"DARK text, DARK .mark{{fill:{DARK_INK}}}",
        f"DARK circle{{stroke:{DARK_PAPER}}} DARK .paper{{fill:{DARK_PAPER}}}",
    ]
    colors = ""
    for i, (light, on_dark) in enumerate(zip(COLORS, ON_DARK)):
        for rule in (
            "{s} polyline.c{i}{{stroke:{c}}}",
            "{s} circle.c{i}, {s} tspan.c{i}{{fill:{c}}}",
            "{s} .swatch.c{i}{{background:{c}}}",
        ):
            colors += rule.format(s=scope, i=i, c=light)
            dark.append(rule.format(s="DARK", i=i, c=on_dark))
    rules = "".join(dark)
    reader = rules.replace("DARK", f'body:not([data-jp-theme-light="true"]) {scope}')
    notebook = rules.replace("DARK", f'body[data-jp-theme-light="false"] {scope}')
    if is_image:
        reader = rules.replace("DARK", scope)
        notebook = ""
    chosen = f"@media (prefers-color-scheme: dark){{{reader}}}{notebook}"
    sheet = (HERE / "race.css").read_text(encoding="utf-8")
    return sheet.replace("SCOPE", scope).replace("LIGHT", colors + chosen)


def _still(race: Race, paths: _Paths, middle: tuple[int, int]) -> str:
    """The picture as an image, on paper, with a key."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {STILL}="yes" '
    svg = _svg(race, paths, middle, below=30).replace("<svg ", head, 1)
    start = svg.index(">") + 1
    style = f"<style>{_sheet(paths.key, f'svg[{STILL}]')}</style>"
    paper = f'<rect class="paper" x="-40" y="-24" width="{WIDTH + 50}" height="{HEIGHT + 78}"/>'
    names = [
        f'<tspan class="c{i % len(COLORS)}" dx="14">● {escape(label)}</tspan>'
        for i, label in enumerate(race.data)
    ]
    key = f'<text x="-14" y="{HEIGHT + 40}">{"".join(names)}</text></svg>'
    svg = svg[:start] + style + paper + svg[start:].removesuffix("</svg>") + key
    words = escape(repr(race), quote=True)
    code = b64encode(svg.encode()).decode()
    return f'<img alt="{words}" src="data:image/svg+xml;base64,{code}" style="max-width:620px">'


def _svg(race: Race, paths: _Paths, middle: tuple[int, int], below: int = 0) -> str:
    surface = race.surface
    start = paths.pixels(np.array([surface.start])) / 10
    marks = f'<circle class="mark" cx="{start[0, 0]}" cy="{start[0, 1]}" r="4"/>'
    if surface.lowest is not None:
        x, y = (paths.pixels(np.array([surface.lowest])) / 10)[0]
        marks += f'<text class="mark" x="{x}" y="{y + 6}" text-anchor="middle">★</text>'
    lines = ""
    for i, ways in enumerate(race.data.values()):
        way = paths.pixels(ways[middle]) / 10
        points = " ".join(f"{x:g},{y:g}" for x, y in way)
        x, y = way[-1]
        shade = f"c{i % len(COLORS)}"
        lines += f'<polyline class="{shade}" data-part="path-{i}" points="{points}"/>'
        lines += f'<circle class="{shade}" data-part="head-{i}" cx="{x:g}" cy="{y:g}" r="6"/>'
    box = f'width="{WIDTH}" height="{HEIGHT}"'
    return (
        f'<svg viewBox="-40 -24 {WIDTH + 50} {HEIGHT + 48 + below}" role="img" aria-label="'
        f'{escape(repr(race), quote=True)}"><clipPath id="{paths.key}"><rect {box}/></clipPath>'
        f'<text x="{WIDTH / 2}" y="-9" text-anchor="middle">{escape(surface.name)}</text>'
        f'<image href="{_background(surface)}" {box} preserveAspectRatio="none"/>'
        f'<g clip-path="url(#{paths.key})">{marks}{lines}</g>'
        f'<rect class="frame" {box}/>{_scales(surface)}</svg>'
    )


BANDS = 18


def _background(surface: Surface) -> str:
    """The heights as an image in bands, grey as dense as they are high."""
    _, _, heights = heights_of(surface, 240)
    level = evenly(heights)
    share = np.floor(level / (level.max() or 1.0) * (BANDS - 1e-9)) / BANDS
    pixels = np.empty((*share.shape, 4), np.uint8)
    pixels[..., :3] = GREY
    pixels[..., 3] = (20 + 130 * share)[::-1]
    return data_url(pixels)


def _scales(surface: Surface) -> str:
    """Numbers at the sides."""
    (left, right), (bottom, top) = surface.xlim, surface.ylim
    words = ""
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = share * WIDTH, (1 - share) * HEIGHT
        across, up = left + share * (right - left), bottom + share * (top - bottom)
        words += f'<text x="{x}" y="{HEIGHT + 16}" text-anchor="middle">{across:.3g}</text>'
        words += f'<text x="-6" y="{y + 4}" text-anchor="end">{up:.3g}</text>'
    return words


def _keys(race: Race) -> str:
    """What each colour is; a click hides it."""
    buttons = ""
    for i, label in enumerate(race.data):
        swatch = f'<span class="swatch c{i % len(COLORS)}"></span>'
        buttons += (
            f'<button type="button" data-key="{i}" aria-pressed="true">{swatch}'
            f"{escape(label)}</button>"
        )
    return f"<div>{buttons}</div>"


def _controls(race: Race, middle: tuple[int, int]) -> str:
    """The sliders."""

    def slider(part: str, words: str, last: int, value: int) -> str:
        return (
            f'<span>{words}</span><input type="range" data-part="{part}" min="0" '
            f'max="{last}" value="{value}" aria-label="{words}">'
            f'<output data-part="{part}-text"></output>'
        )

    rows = slider("rate", "learning rate", len(race.rates) - 1, middle[0])
    rows += slider("momentum", "momentum", len(race.momenta) - 1, middle[1])
    rows += (
        '<button type="button" data-part="play" aria-label="play or pause">▶</button>'
        f'<input type="range" data-part="time" min="0" max="{race.steps}" value="{race.steps}" '
        'aria-label="step"><output data-part="time-text"></output>'
    )
    return f'<div class="controls" data-part="controls">{rows}</div>'
