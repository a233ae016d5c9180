"""Text from the user inside DOT: escaped, so that no name can break out of its label."""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import Any

import graphviz

from ..graph.nodes import Graph
from ..graph.wording import clean, printable
from .theme import MONO

PAD = "\u00a0"
"""A space of fixed width."""

CAPTION = 100
"""How many characters a line of the caption takes."""


def html_text(text: Any) -> str:
    """Text in an HTML-like label."""
    return escape(inert(clean(text)))


def inert(text: str) -> str:
    """Graphviz puts names in the place of backslash and N, G, E, H, T or L, however it is escaped;
    an invisible word joiner parts them.
    """
    return re.sub(r"\\(?=[NGEHTL])", "\\\\\N{WORD JOINER}", text)


def plain_text(text: str) -> str:
    """A plain DOT string that is shown as it stands: no backslash, entity or angle bracket of it
    means anything.
    """
    lines = [
        inert(printable(line).replace("\\", "\\\\").replace("&", "&amp;"))
        for line in text.split("\n")
    ]
    return graphviz.nohtml("\\n".join(lines))


def caption(graph: Graph, colours: dict[str, str]) -> str:
    """What stands under a picture: what is wrong, what else there is to know, what colours mean."""
    warnings = [f"⚠ {finding.sentence}" for finding in graph.verdict]
    lines = _caption_lines(warnings, colours["bad"], 11)
    lines += _caption_lines(graph.notes, colours["muted"], 9)
    if not graph.legend:
        return f"<{lines}>"
    row = f'<tr><td align="left" balign="left" colspan="{len(graph.legend)}">{lines}</td></tr>'
    cells = []
    for role, words in graph.legend:
        attributes = f'bgcolor="{colours[role]}" cellpadding="3"'
        cells.append(f"<td {attributes}>{font(escape(words), colours['ink'], 9)}</td>")
    return f'<<table border="0" cellspacing="0">{row}<tr>{"".join(cells)}</tr></table>>'


def _caption_lines(texts: list[str], colour: str, size: int) -> str:
    wrapped = [line for text in texts for line in textwrap.wrap(printable(text), CAPTION)]
    lines = [f'{escape(inert(line))}<br align="left"/>' for line in wrapped]
    return font("".join(lines), colour, size)


def font(text: str, colour: str, size: int, mono: bool = False) -> str:
    """HTML of a label in a colour and size; nothing where there is no text."""
    if not text:
        return ""
    face = ""
    if mono:
        face = f' face="{MONO}"'
    return f'<font color="{colour}" point-size="{size}"{face}>{text}</font>'


def padded(text: str, width: int) -> str:
    """Padded on the left with spaces of fixed width, which aligns right in every renderer, whatever
    its fonts.
    """
    return PAD * (width - len(text)) + escape(text)


def table_row(cells: list[str]) -> str:
    """A row of a node's table."""
    return "<tr>" + "".join(f'<td align="left">{cell}</td>' for cell in cells) + "</tr>"


def wide_row(content: str) -> str:
    """A row of one cell."""
    return f'<tr><td align="left" colspan="9">{content}</td></tr>'
