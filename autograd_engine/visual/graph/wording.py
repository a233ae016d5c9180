"""How names and places are put into words."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

LONGEST = 48
"""Longer names are cut."""


def clean(text: Any) -> str:
    """Text without what no label can hold, and not longer than a label may be."""
    text = printable(str(text))
    if len(text) > LONGEST:
        return text[: LONGEST - 1] + "…"
    return text


def printable(text: str) -> str:
    """Text without control characters and lone surrogates."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "�", text)


def readable_source(source: str) -> str:
    """A line of source as a reader knows it: the file by its last name, a notebook's cell by its
    number.
    """
    found = re.fullmatch(r"(.+?):(\d+: .*)", source)
    if not found:
        return source
    return f"{_notebook_cell(found[1]) or os.path.basename(found[1])}:{found[2]}"


def _notebook_cell(filename: str) -> str | None:
    """What IPython calls the cell that it has compiled under this name; IPython is not loaded for
    it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if not shell:
        return None
    return " ".join(shell.compile.format_code_name(filename) or ())


def some(texts: list[str], most: int = 5) -> str:
    """A list in words, cut where it is long.

    >>> some(["a", "b", "c"], most=2)
    'a, b, …'
    """
    if len(texts) > most:
        texts = [*texts[:most], "…"]
    return ", ".join(texts)
