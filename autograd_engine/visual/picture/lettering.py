"""Labels as Graphviz's HTML, read into cells of text and measured without a font: by the widths of
Helvetica's letters (Adobe's font metrics), which all its replacements share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape

PART = re.compile(r"<[^<>]*>|[^<>]+")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')

LINE = 1.2
"""The height of a line, in sizes of its letters."""

PADDING = 1.0
"""Around what stands in a cell."""

MONO_WIDTH = 0.602
BOLD = 1.06
OTHER = 0.6
"""The width of a letter of fixed width; how much wider bold letters are; that of unknown ones."""

WIDTHS = dict(
    zip(
        map(chr, range(32, 127)),
        [
            *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
            *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
            *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
            *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
            *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
            *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
        ],
    )
)
"""In thousandths of the size, by character."""
WIDTHS["\u00a0"] = WIDTHS[" "]
WIDTHS |= dict.fromkeys("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹", 340)
WIDTHS |= {"…": 1000, "→": 1000, "—": 1000, "⚠": 1000, "×": 584, "−": 584, "Σ": 618}


@dataclass(frozen=True, slots=True)
class Style:
    """How letters look."""

    size: float
    colour: str
    bold: bool = False
    italic: bool = False
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text of one style."""

    text: str
    style: Style

    @property
    def width(self) -> float:
        if self.style.mono:
            return len(self.text) * MONO_WIDTH * self.style.size
        wide = sum(WIDTHS.get(letter, 1000 * OTHER) for letter in self.text) / 1000
        return wide * self.style.size * (BOLD if self.style.bold else 1.0)


@dataclass(slots=True)
class Cell:
    """Lines of text, some columns wide."""

    columns: int = 1
    paper: str = ""
    lines: list[list[Stretch]] = field(default_factory=lambda: [[]])

    @property
    def width(self) -> float:
        return max(sum(run.width for run in line) for line in self.lines) + 2 * PADDING

    @property
    def height(self) -> float:
        return sum(map(line_height, self.lines)) + 2 * PADDING


def line_height(line: list[Stretch]) -> float:
    """The height of a line of text."""
    return LINE * max((run.style.size for run in line), default=9.0)


@dataclass(frozen=True, slots=True)
class Lettering:
    """The rows of a label, with the widths of its columns and the heights of its rows."""

    rows: list[list[Cell]]
    columns: list[float]
    heights: list[float]

    @property
    def size(self) -> tuple[float, float]:
        return sum(self.columns), sum(self.heights)


def _measured(rows: list[list[Cell]]) -> Lettering:
    return Lettering(rows, _columns(rows), [max(cell.height for cell in row) for row in rows])


def _columns(rows: list[list[Cell]]) -> list[float]:
    """The width of each column; what goes over several makes the last one wider."""
    count = max((sum(cell.columns == 1 for cell in row) for row in rows), default=1)
    widths = [0.0] * max(count, 1)
    for row in rows:
        for i, cell in enumerate(row):
            if cell.columns == 1:
                widths[i] = max(widths[i], cell.width)
    whole = max((row[0].width for row in rows if row[0].columns > 1), default=0.0)
    widths[-1] += max(whole - sum(widths), 0.0)
    return widths


@lru_cache(maxsize=4096)
def lettering(label: str, style: Style) -> Lettering:
    """A label as it is to be written: HTML in angle brackets, or plain text."""
    if not label.startswith("<"):
        return _measured([[Cell(lines=[[Stretch(label, style)]])]])
    parser = _Parser(style)
    for part in PART.findall(label[1:-1]):
        parser.take(part)
    return _measured([row for row in parser.rows if row] or [[Cell()]])


class _Parser:
    """Reads the HTML of labels: tables of cells, fonts, bold and italic letters, line breaks."""

    def __init__(self, style: Style) -> None:
        self.rows: list[list[Cell]] = [[]]
        self._styles = [style]

    def take(self, part: str) -> None:
        """A tag, or the text between two."""
        if not part.startswith("<"):
            self._cell().lines[-1].append(Stretch(unescape(part), self._styles[-1]))
        elif part in ("</font>", "</b>", "</i>"):
            self._styles.pop()
        elif not part.startswith("</"):
            self._open(part[1:].partition(" ")[0].strip("/>"), dict(ATTRIBUTE.findall(part)))

    def _open(self, tag: str, given: dict[str, str]) -> None:
        style = self._styles[-1]
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append(Cell(int(given.get("colspan", 1)), given.get("bgcolor", "")))
        elif tag == "br":
            self._cell().lines.append([])
        elif tag in ("font", "b", "i"):
            self._styles.append(
                Style(
                    float(given.get("point-size", style.size)),
                    given.get("color", style.colour),
                    style.bold or tag == "b",
                    style.italic or tag == "i",
                    style.mono or "mono" in given.get("face", ""),
                )
            )

    def _cell(self) -> Cell:
        if not self.rows[-1]:
            self.rows[-1].append(Cell())
        return self.rows[-1][-1]
