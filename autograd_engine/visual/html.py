"""A picture as HTML for every notebook front end.

What is written is an ``<img>`` with the SVG in it, which shows wherever HTML shows, also untrusted and without scripts.
A short script, run where scripts run, puts the live SVG in its place. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from .theme import DARK, LIGHT, dark_rules, palette

BUDGET = 300_000
"""The most bytes that one output may add to a saved notebook."""


@cache
def script(name: str = "view") -> str:
    """A script of the live picture, without its comments."""
    text = files(__package__).joinpath(f"{name}.js").read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in re.sub(r"(?m)(^|\s)//.*$", "", text).splitlines() if line.strip())


@cache
def style() -> str:
    """The rules of the live picture, with the colours of the theme."""
    rules = files(__package__).joinpath("view.css").read_text(encoding="utf-8")
    rules = re.sub(r"/\*.*?\*/|\n\s*", "", rules, flags=re.S)
    hidden = f'.ag-svg .ag-hidden [fill="{LIGHT["grad"]}"]{{opacity:0}}'
    variables = _variables(".ag-view", LIGHT, "#fff") + _variables(".ag-view.ag-dark", DARK, "#1b1f24")
    return variables + rules + hidden + dark_rules(".ag-dark .ag-svg")


def _variables(selector: str, colours: dict[str, str], paper: str) -> str:
    roles = {"ink": "ink", "line": "op-line", "muted": "muted", "accent": "grad"}
    pairs = ";".join(f"--ag-{name}:{colours[role]}" for name, role in roles.items())
    return f"{selector}{{{pairs};--ag-paper:{paper}}}"


def compact(svg: str, ink: str = LIGHT["ink"]) -> str:
    """The same picture in fewer bytes: no comments and no titles that repeat internal names, what is usual said once."""
    svg = re.sub(r"<!--.*?-->|<title>.*?</title>", "", svg, flags=re.S)
    svg = re.sub(r"<text [^>]*>[ \u00a0]*</text>|\n| id=\"a_[^\"]*\"", "", svg.replace("&#45;", "-").replace("\n viewBox", " viewBox"))
    svg = re.sub(r"(\.\d)\d+(?=[ ,\"A-Z])", r"\1", svg)  # a tenth of a point is fine enough
    svg = svg.replace(' xml:space="preserve"', "").replace(' text-anchor="start"', "")
    svg = re.sub(rf'(<text [^>]*?) fill="{ink}"', r"\1", svg)
    fonts = Counter(re.findall(r' font-family="[^"]*"', svg))
    for font, _ in fonts.most_common():
        svg = svg.replace(font, ' class="m"' if "Menlo" in font else "")
    sizes = Counter(re.findall(r' font-size="[^"]*"', svg))
    size = sizes.most_common(1)[0][0] if sizes else ""
    svg = svg.replace(size, "") if size else svg
    rule = ".m{font-family:Menlo,Consolas,'DejaVu Sans Mono',monospace}"
    svg = svg.replace("<style>", f"<style>{rule}", 1) if "<style>" in svg else svg.replace(">", f"><style>{rule}</style>", 1)
    return svg.replace("<svg ", f'<svg font-family="Helvetica,Arial,sans-serif"{size} fill="{ink}" ', 1)


def _packed(svg: str) -> str:
    return b64encode(gzip.compress(svg.encode(), mtime=0)).decode()


def page(states: list[tuple[str, dict[str, int]]], theme: str, alternative: str, steps: Sequence[dict] = (), below: str = "") -> str:
    """The HTML of a picture.

    Parameters
    ----------
    states : list of (str, dict)
        For each state of folding its SVG, and which state a click on an element leads to, by the element's id. The
        first is shown.
    theme : {"auto", "light", "dark"}
    alternative : str
        What the picture shows, in words.
    steps : sequence of dict
        The steps of a film, see `play`.
    below : str
        HTML that stands under the picture until the script runs.
    """
    ink = palette(theme)["ink"]
    packed = [{"svg": _packed(compact(svg, ink)), "clicks": clicks} for svg, clicks in states]
    still = re.sub(r"</?a( [^>]*)?>", "", compact(states[0][0], ink))  # an <img> shows no tooltips
    facts = {"theme": theme, "states": packed} | ({"steps": list(steps)} if steps else {})
    data = json.dumps(facts, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")
    name = "ag" + hashlib.sha256((still + data).encode()).hexdigest()[:12]
    image = b64encode(still.encode()).decode()
    film = f';{script("steps")}("{name}")' if steps else ""
    return (
        f'<div class="ag-view" data-ag="{name}"><style>{style()}</style>'
        f'<img alt="{escape(alternative)}" src="data:image/svg+xml;base64,{image}">'
        f'{below}<script type="application/json">{data}</script><script>{script()}("{name}"){film}</script></div>'
    )


def reachable_states(
    draw: Callable[[frozenset], tuple[str, dict[str, frozenset]]], start: frozenset, most: int = 16, budget: int = BUDGET
) -> list[tuple[str, dict[str, int]]]:
    """The states of folding that clicks lead to, nearest first, as many as fit into one output.

    Parameters
    ----------
    draw : callable
        From a state to its SVG, and the states that clicks on its elements lead to.
    """
    queue, known = [start], {start}
    drawn: dict[frozenset, tuple[str, dict[str, frozenset]]] = {}
    left = float(budget)
    while queue and len(drawn) < most:
        state = queue.pop(0)
        svg, clicks = draw(state)
        small = compact(svg)
        left -= len(_packed(small)) + 400
        if not drawn:
            left -= len(small) * 4 / 3 + len(script()) + len(style())
        elif left < 0:
            break
        drawn[state] = svg, clicks
        fresh = [target for target in clicks.values() if target not in known]
        known.update(fresh)
        queue += dict.fromkeys(fresh)
    order = {state: i for i, state in enumerate(drawn)}
    return [(svg, {key: order[target] for key, target in clicks.items() if target in order}) for svg, clicks in drawn.values()]
