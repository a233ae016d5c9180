"""Where in the user's code an operation was called from."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path

_OWN = str(Path(__file__).parent)


def source_line() -> str:
    """The innermost line outside this package, as ``file:line: code``."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    filename, number = frame.f_code.co_filename, frame.f_lineno
    return f"{filename}:{number}: {linecache.getline(filename, number).strip()}"
