"""A model as a tree that opens and closes, for notebooks: plain HTML, without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

OPEN = 2
"""So many levels are open at first, where they are short."""

SHORT = 12
"""So many children are shown at first."""


def html_tree(model: Any) -> str:
    """The HTML of a model: a line for each module, with its parameters in all; what follows with
    the same lines is told by its number.
    """
    style = "font:13px/1.6 Menlo,Consolas,DejaVu Sans Mono,monospace"
    return f'<div style="{style}">{_branch(model._get_name(), model, 0)}</div>'


def _branch(label: str, module: Any, level: int) -> str:
    children = [*_folded(module._modules.items())]
    line = _line(label, module)
    if not children:
        return f'<div style="padding-left:1.1em">{line}</div>'
    inner = "".join(_branch(name, child, level + 1) for name, child in children)
    is_open = " open" if level < OPEN and len(children) <= SHORT or level == 0 else ""
    body = f'<div style="padding-left:1.4em">{inner}</div>'
    return f'<details{is_open}><summary style="cursor:pointer">{line}</summary>{body}</details>'


def _line(label: str, module: Any) -> str:
    kind = escape(module._get_name())
    what = escape(module.extra_repr().replace("\n", " "))
    if len(what) > 90:
        what = f'<span title="{what}">{what[:88]}…</span>'
    words = f"<b>{escape(label)}</b>"
    if label != module._get_name():
        words += f" {kind}"
    return f'{words}({what}) <span style="opacity:.75">{_counts(module)}</span>'


def _counts(module: Any) -> str:
    """How many parameters there are, and how many of them do not learn."""
    try:
        parameters = [(p.numel(), p.requires_grad) for p in module.parameters()]
    except RuntimeError:  # of a lazy layer
        return "parameters are made when it is called"
    total = sum(n for n, _ in parameters)
    frozen = sum(n for n, learns in parameters if not learns)
    if not total:
        return ""
    if frozen == total:
        return f"{total:,} parameters, frozen"
    if frozen:
        return f"{total:,} parameters, {frozen:,} of them frozen"
    return f"{total:,} parameters"


def _is_written(module: Any, written: tuple[str, str]) -> bool:
    return repr(module) == written[0] and _counts(module) == written[1]


def _folded(children: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The children; of those that follow each other and are written the same, the first."""
    waiting = [*children]
    while waiting:
        name, child = waiting[0]
        written = (repr(child), _counts(child))
        same = 1
        while same < len(waiting) and _is_written(waiting[same][1], written):
            same += 1
        if same > 2:
            name = f"{name} … {waiting[same - 1][0]}  ×{same}"
        else:
            same = 1
        yield name, child
        waiting = waiting[same:]
