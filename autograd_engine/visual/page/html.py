"""A picture as HTML for every notebook front end.

What is written is an ``<img>`` with the SVG in it, which shows wherever HTML shows, also untrusted
and without scripts. A short script, run where scripts run, puts the live SVG in its place. Nothing
is loaded from anywhere.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from ..graph.findings import Finding
from ..picture.theme import DARK, LIGHT, dark_rules, palette
from .compact import compact

BUDGET = 300_000
"""The most bytes that one output may add to a saved notebook."""


@cache
def script(name: str = "view") -> str:
    """A script of the live picture, without its comments."""
    text = files(__package__).joinpath(f"{name}.js").read_text(encoding="utf-8")
    lines = re.sub(r"(?m)(^|\s)//.*$", "", text).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


@cache
def style() -> str:
    """The rules of the live picture, with the colours of the theme. What is wrong stands over it,
    and is not said again under it.
    """
    rules = files(__package__).joinpath("view.css").read_text(encoding="utf-8")
    rules = re.sub(r"/\*.*?\*/|\n\s*", "", rules, flags=re.S)
    hidden = f'.ag-svg .ag-hidden [fill="{LIGHT["grad"]}"]{{opacity:0}}'
    light = _css_variables(".ag-view", LIGHT, "#fff")
    dark = _css_variables(".ag-view.ag-dark", DARK, "#1b1f24")
    texts = ".ag-verdict~.ag-body .graph>text"
    said = "".join(f'{texts}[fill="{each["bad"]}"]{{opacity:0}}' for each in (LIGHT, DARK))
    return light + dark + rules + hidden + said + dark_rules(".ag-dark .ag-svg")


def overhead() -> int:
    """The bytes of a page without its pictures."""
    return len(script()) + len(script("inspect")) + len(style()) + 1000


def _css_variables(selector: str, colours: dict[str, str], paper: str) -> str:
    roles = {"ink": "ink", "line": "op-line", "muted": "muted", "accent": "grad", "bad": "bad"}
    pairs = ";".join(f"--ag-{name}:{colours[role]}" for name, role in roles.items())
    return f"{selector}{{{pairs};--ag-paper:{paper}}}"


def packed(pictures: Sequence[str]) -> str:
    """Pictures as they lie in the page: compressed together, because they are alike."""
    text = json.dumps(list(pictures), ensure_ascii=False)
    return b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def bare(svg: str, ink: str = LIGHT["ink"]) -> str:
    """A picture for the live page, which has rules for colours of its own."""
    return re.sub(r"<style>.*?</style>", "", compact(svg, ink), flags=re.S)


def still(svg: str) -> str:
    """For an ``<img>``, which shows no tooltips and whose elements nobody asks for."""
    return re.sub(r'</?a( [^>]*)?>|(?<=<g) id="[^"]*"( class="[^"]*")?', "", svg)


def banner(verdict: Sequence[Finding], places: Sequence[int] = ()) -> str:
    """What is wrong, in HTML; a click leads to the node.

    Parameters
    ----------
    verdict : sequence of Finding
    places : sequence of int
        For each node of the whole graph the node that is drawn for it, see `Graph.places`.
    """
    lines = []
    for finding in verdict:
        node = ""
        if finding.nodes:
            key = finding.nodes[0]
            node = f' data-node="n{places[key] if places else key}" tabindex="0" role="button"'
        lines.append(f"<li{node}>{escape(finding.sentence)}</li>")
    if not lines:
        return ""
    return f'<ul class="ag-verdict">{"".join(lines)}</ul>'


def whole_page(body: str, theme: str = "auto") -> str:
    """A file of its own around a piece of HTML, light or dark as the reader's system is."""
    schemes = {"auto": "light dark", "light": "light", "dark": "dark"}
    margin = "margin:12px;min-height:95vh"
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8"><title>computation graph</title>'
        f"<style>:root{{color-scheme:{schemes[theme]}}}body{{{margin}}}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def page(
    states: Sequence[tuple[str, Mapping[str, int | None]]],
    theme: str,
    alternative: str,
    steps: Sequence[dict] = (),
    below: str = "",
    image: str | None = None,
    verdict: Sequence[Finding] = (),
    places: Sequence[int] = (),
) -> str:
    """The HTML of a picture.

    Parameters
    ----------
    states : list of (str, dict)
        For each state of folding its SVG, and which state a click on an element leads to, by the
        element's id, as `states` says. The first is shown; the SVG of the others is `bare`.
    theme : {"auto", "light", "dark"}
    alternative : str
        What the picture shows, in words.
    steps : sequence of dict
        The steps of a film, see `play`.
    below : str
        HTML that stands under the picture until the script runs.
    image : str, optional
        The SVG that shows where no script runs, if it is not the first state's.
    verdict : sequence of Finding
        What is wrong, which stands over the picture.
    places : sequence of int
        As for `banner`.
    """
    ink = palette(theme)["ink"]
    others = [svg for svg, _ in states[1:]]
    image = still(compact(image or states[0][0], ink))
    pictures = [packed([bare(states[0][0], ink)])]
    if others:
        pictures.append(packed(others))
    clicks = [targets for _, targets in states]
    facts: dict[str, Any] = {"theme": theme, "pictures": pictures, "clicks": clicks}
    if steps:
        facts["steps"] = list(steps)
    data = json.dumps(facts, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    name = "ag" + hashlib.sha256((image + data).encode()).hexdigest()[:12]
    run = f'{script("inspect")}("{name}");{script()}("{name}")'
    if steps:
        run += f';{script("steps")}("{name}")'
    source = f"data:image/svg+xml;base64,{b64encode(image.encode()).decode()}"
    return (
        f'<div class="ag-view" data-ag="{name}"><style>{style()}</style>'
        f'{banner(verdict, places)}<img alt="{escape(alternative)}" src="{source}">{below}'
        f'<script type="application/json">{data}</script><script>{run}</script></div>'
    )
