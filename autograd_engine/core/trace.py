"""Where in the user's code an operation was called from."""

from __future__ import annotations

import linecache
import os
import sys
from pathlib import Path
from types import FrameType

_ENGINE = str(Path(__file__).parents[1]) + os.sep
RULES = "<op "
"""How the file names of text begin that is compiled from the rules of an op."""
_packages: list[str] = [_ENGINE, RULES]


def register_package(file: str) -> None:
    """Say that the code of a package is not the user's own.

    Messages and pictures then name the line outside of it that called it.

    Parameters
    ----------
    file : str
        A package's ``__file__``, or that of a single module.

    Examples
    --------
    >>> from autograd_engine import register_package
    >>> register_package(__file__)  # doctest: +SKIP
    """
    path = Path(file)
    place = str(path.parent) + os.sep if path.name == "__init__.py" else str(path)
    if place not in _packages:
        _packages.append(place)


def is_packaged(filename: str) -> bool:
    """Whether a file belongs to the engine, or to a package that is registered."""
    return filename.startswith(tuple(_packages))


def user_frame(frame: FrameType) -> FrameType:
    """The innermost frame of the user's own code, from ``frame`` outwards.

    Where there is none, it is the innermost outside the engine.
    """
    while frame.f_back is not None and frame.f_code.co_filename.startswith((_ENGINE, RULES)):
        frame = frame.f_back
    user: FrameType | None = frame
    while user is not None and is_packaged(user.f_code.co_filename):
        user = user.f_back
    return user or frame


def source_line() -> str:
    """The innermost line of the user's own code, as ``file:line: code``."""
    frame = user_frame(sys._getframe(1))
    filename = frame.f_code.co_filename
    code = linecache.getline(filename, frame.f_lineno).strip()
    return f"{filename}:{frame.f_lineno}: {code}"
