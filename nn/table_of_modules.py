"""The table that a summary prints: modules as rows, folded where they repeat, with subtotals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, NamedTuple


@dataclass
class Row:
    """One module of a `Summary`.

    Attributes
    ----------
    name, type : str
        Its dotted name (of the model itself: ``""``) and its class.
    output_shape : tuple or None
        Of its last output: a shape, or a tuple of these for several outputs. None if it was not
        called.
    calls : int
        How often it was called.
    parameters, trainable : int
        Numbers in its own parameters (not its children's), and in those of them that want
        gradients.
    multiply_adds : int
        Of all its calls, without its children's.
    bytes : int
        Memory of its own parameters and buffers.
    shared : bool
        Whether the module, or one of its own parameters, stands further up too. What is shared
        counts once, there.
    unused : bool
        Whether nothing that it holds took part in the output.
    input_shape : tuple or None
        Of what it was called with last, as ``output_shape``.
    kernel : str
        Of a convolution or pooling.
    trainable_bytes : int
        Memory of its own parameters that want gradients, and so of these.
    """

    name: str
    type: str
    output_shape: Any = None
    calls: int = 0
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    bytes: int = 0
    shared: bool = False
    unused: bool = False
    input_shape: Any = None
    kernel: str = ""
    trainable_bytes: int = 0

    @property
    def alike(self) -> tuple:
        """What is the same of modules that repeat."""
        without_name = replace(self, name="")
        return tuple(map(str, vars(without_name).values()))


NUMBERS = ("parameters", "trainable", "multiply_adds", "bytes")


class Branch:
    """A row with those of the modules below it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.children: list[Branch] = []

    @property
    def label(self) -> str:
        """The last part of its name."""
        return self.row.name.rpartition(".")[2] or "model"

    def total(self, number: str) -> int:
        """What it and all below it have."""
        return getattr(self.row, number) + self.below(number)

    def below(self, number: str) -> int:
        """What all below it have."""
        return sum(child.total(number) for child in self.children)

    def alike(self) -> tuple:
        """The same for branches that show the same, but for their names."""
        return (self.row.alike, *((child.label, child.alike()) for child in self.children))


def tree_of(rows: list[Row]) -> Branch:
    """The first row with all others below it, in the order of the rows."""
    branches = {row.name: Branch(row) for row in rows}
    for name, branch in branches.items():
        if name:
            branches[name.rpartition(".")[0]].children.append(branch)
    return branches[""]


class Repeat(NamedTuple):
    """Branches that come several times in a row, as ``linear, relu, linear, relu``."""

    branches: list[Branch]
    times: int
    labels: list[str]


LONGEST = 6
"""The most modules that repeat together."""


def repeats(branches: list[Branch]) -> Iterator[Repeat]:
    """The branches of one parent, those that repeat three times or more taken together."""
    shapes = [branch.alike() for branch in branches]
    start = 0
    while start < len(branches):
        length, times = _longest_repeat(shapes, start)
        group = branches[start : start + length]
        last = branches[start + length * (times - 1) :][:length]
        labels = [
            first.label if times == 1 else f"{first.label} … {end.label}"
            for first, end in zip(group, last)
        ]
        yield Repeat(group, times, labels)
        start += length * times


def _longest_repeat(shapes: list, start: int) -> tuple[int, int]:
    """How many make what repeats from here on, and how often; 1 and 1 where nothing does."""
    best = (1, 1)
    for length in range(1, LONGEST + 1):
        pattern = shapes[start : start + length]
        times = 1
        while shapes[start + times * length :][:length] == pattern and len(pattern) == length:
            times += 1
        if times >= 3 and times * length > best[0] * best[1]:
            best = (length, times)
    return best


class Line(NamedTuple):
    """A line of the table."""

    level: int
    label: str
    branch: Branch
    times: int
    closed: bool

    def number(self, name: str) -> str:
        """A number of it: its own, in brackets the sum of what is listed below it."""
        row = self.branch.row
        own = getattr(row, name)
        if self.closed:
            own = self.branch.total(name)
        if name == "bytes":
            return self._times(own, human(own)) if own else ""
        words = [self._times(own, f"{own:,}")]
        if not self.closed:
            below = self.branch.below(name)
            words = words[: bool(own)]
            words.append(f"({self._times(below, f'{below:,}')})")
        return " + ".join(words)

    def _times(self, number: int, words: str) -> str:
        """A number of one of those that repeat, and how many there are."""
        return f"{self.times} × {words}" if self.times > 1 and number else words

    def marks(self) -> str:
        """What is special about it."""
        row = self.branch.row
        words = []
        if row.shared:
            words.append("shared")
        if row.unused:
            words.append("unused")
        if row.parameters and not row.trainable:
            words.append("frozen")
        if row.calls > 1:
            words.append(f"called {row.calls}×")
        if self.closed and self.branch.children:
            words.append("…")
        return ", ".join(words)


def lines_of(tree: Branch, depth: int | None, fold: bool) -> Iterator[Line]:
    """The lines of a tree, down to a depth."""

    def walk(group: Repeat, level: int, times: int) -> Iterator[Line]:
        closed = depth is not None and level >= depth
        together = times * group.times
        for branch, label in zip(group.branches, group.labels):
            yield Line(level, label, branch, together, closed or not branch.children)
            if not closed:
                for part in parts(branch.children):
                    yield from walk(part, level + 1, together)

    def parts(branches: list[Branch]) -> list[Repeat]:
        if fold:
            return [*repeats(branches)]
        return [Repeat([branch], 1, [branch.label]) for branch in branches]

    yield from walk(Repeat([tree], 1, [tree.label]), 0, 1)


TEXTS = ("name", "type", "input", "output", "kernel")
COUNTS = {"parameters": "parameters", "trainable": "trainable", "multiply-adds": "multiply_adds"}


@dataclass
class Summary:
    """What `summary` found: prints as a table, in a notebook as an HTML table.

    Attributes
    ----------
    rows : list of Row
        The model and all modules below it.
    output_bytes : int
        Memory of the outputs of all calls of modules without children.
    depth : int or None
        How many levels the table lists.
    fold : bool
        Whether what repeats is listed once.
    """

    rows: list[Row] = field(default_factory=list)
    output_bytes: int = 0
    depth: int | None = None
    fold: bool = True

    @property
    def parameters(self) -> int:
        """How many numbers the model's parameters are."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """How many of these want gradients."""
        return sum(row.trainable for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """What one forward pass on this input takes."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def bytes(self) -> int:
        """Memory of parameters and buffers."""
        return sum(row.bytes for row in self.rows)

    @property
    def gradient_bytes(self) -> int:
        """Memory of the gradients of all parameters that want one."""
        return sum(row.trainable_bytes for row in self.rows)

    @property
    def total_bytes(self) -> int:
        """Memory of parameters, buffers, gradients and outputs: what a training step holds, without
        what an optimizer remembers.
        """
        return self.bytes + self.gradient_bytes + self.output_bytes

    def totals(self) -> list[str]:
        """The lines below the table."""
        frozen = self.parameters - self.trainable
        return [
            f"parameters: {self.parameters:,} (trainable: {self.trainable:,}, "
            f"not trainable: {frozen:,})",
            f"multiply-adds: {self.multiply_adds:,}",
            f"memory: {human(self.bytes)} of parameters and buffers + "
            f"{human(self.gradient_bytes)} of gradients + {human(self.output_bytes)} of outputs = "
            f"{human(self.total_bytes)}",
        ]

    def table(self) -> list[list[str]]:
        """The cells, with the names of the columns first."""
        lines = [*lines_of(tree_of(self.rows), self.depth, self.fold)]
        frozen = self.trainable < self.parameters
        kernels = any(line.branch.row.kernel for line in lines)
        texts = [name for name in TEXTS if name != "kernel" or kernels]
        counts = [name for name in COUNTS if name != "trainable" or frozen]
        made = [[*texts, *counts, "memory", ""]]
        for line in lines:
            row = line.branch.row
            cells = {
                "name": "  " * line.level + line.label,
                "type": row.type,
                "input": _shape_text(row.input_shape, row.calls),
                "output": _shape_text(row.output_shape, row.calls),
                "kernel": row.kernel,
            }
            numbers = [line.number(COUNTS[name]) for name in counts]
            known = [cells[name] for name in texts]
            made.append([*known, *numbers, line.number("bytes"), line.marks()])
        return made

    def __repr__(self) -> str:
        table = self.table()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = []
        for cells in table:
            sides = zip(table[0], cells, widths)
            padded = [c.ljust(w) if _is_text(name) else c.rjust(w) for name, c, w in sides]
            lines.append("  ".join(padded).rstrip())
        rule = "─" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:], rule, *self.totals()])

    def _repr_html_(self) -> str:
        head, *body = self.table()
        rows = ""
        for cells in body:
            rows += _html_line("td", head, cells, faint="unused" in cells[-1])
        totals = "<br>".join(map(escape, self.totals()))
        thead = f"<thead>{_html_line('th', head, head)}</thead>"
        style = "border-collapse:collapse;font-variant-numeric:tabular-nums"
        return f'<table style="{style}">{thead}<tbody>{rows}</tbody></table><p>{totals}</p>'


def _is_text(column: str) -> bool:
    return column in TEXTS or not column


def _html_line(tag: str, head: list[str], cells: list[str], faint: bool = False) -> str:
    inner = ""
    for name, cell in zip(head, cells):
        side = "left;white-space:pre" if _is_text(name) else "right;white-space:nowrap"
        text = escape(cell)
        if "(" in text and not _is_text(name):
            text = f'<span style="opacity:.7">{text}</span>'
        inner += f'<{tag} style="text-align:{side};padding:2px 10px">{text}</{tag}>'
    style = ' style="opacity:.6"' if faint else ""
    return f"<tr{style}>{inner}</tr>"


def _shape_text(shape: Any, calls: int = 1) -> str:
    """``[4, 3]``; several as ``([4, 3], [1, 3])``; a dash where there was no call."""
    if not calls:
        return "—"
    if isinstance(shape, tuple):
        return f"({', '.join(map(_shape_text, shape))})" if shape else "—"
    return str(shape)


def human(n: int) -> str:
    """Bytes in the unit that suits.

    >>> human(0), human(740), human(31_400), human(2_500_000)
    ('0 B', '740 B', '31.4 kB', '2.5 MB')
    """
    if n < 1000:
        return f"{n} B"
    power = min(int(math.log10(n)) // 3, 4)
    return f"{n / 1000**power:.1f} {'kMGT'[power - 1]}B"
