"""Where in the user's code an operation was called from."""

from __future__ import annotations

import linecache
import os
import sys
from pathlib import Path
from types import FrameType

_ENGINE, _LAYERS = (
    str(Path(__file__).parents[2] / package) + os.sep for package in ("autograd_engine", "nn")
)


def source_line() -> str:
    """The innermost line of the user's own code, as ``file:line: code``.

    That is a line outside the engine and outside the layers that come with it; one of these, where
    no such line called it.
    """
    frame = _before(sys._getframe(1), _ENGINE)
    user = _before(frame, _LAYERS)
    if not user.f_code.co_filename.startswith((_ENGINE, _LAYERS)):
        frame = user
    filename, number = frame.f_code.co_filename, frame.f_lineno
    return f"{filename}:{number}: {linecache.getline(filename, number).strip()}"


def _before(frame: FrameType, package: str) -> FrameType:
    """The innermost frame that is not in a package."""
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
    return frame
