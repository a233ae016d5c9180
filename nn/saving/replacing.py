"""Writing a file so that there is always a whole one: the old one, or the new one.

The new one is written beside the old one and then given its name, which happens at once. While it
is written it is locked, so that the next save can tell what a killed one left behind from what
another process is writing.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO, Callable, Iterator

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be deleted in any case
    fcntl = None  # type: ignore[assignment]

LONGEST = 200
"""How much of a file's name stands in the name of the one beside it."""


def replace(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside ``path``, with the permissions of the one that is there, and then give it
    that name.
    """
    clear(path)
    beside = path.with_name(f".{path.name[:LONGEST]}.{secrets.token_hex(4)}")
    try:
        with _created(beside, path) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def clear(path: Path) -> None:
    """Delete what killed saves of this file left beside it."""
    pattern = re.compile(rf"\.{re.escape(path.name[:LONGEST])}\.[0-9a-f]{{8}}")
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if pattern.fullmatch(entry.name) and not _is_being_written(entry.path):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


@contextlib.contextmanager
def _created(beside: Path, path: Path) -> Iterator[BinaryIO]:
    """A new file, locked, that nobody may read who may not read the one that it is to replace."""
    mode = path.stat().st_mode & 0o7777 if path.exists() else None
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(beside, flags, 0o666 if mode is None else mode), "wb") as file:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # some network file systems have no locks
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if mode is not None:
            os.chmod(beside, mode)
        yield file


def _is_being_written(path: str) -> bool:
    if fcntl is None:
        return False
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
