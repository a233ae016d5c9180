"""Where the user's own line stands: what a warning is to point at."""

from __future__ import annotations

import sys
from types import FrameType

OURS = (__name__.partition(".")[0], "autograd_engine")


def user_level() -> int:
    """The ``stacklevel`` for a warning of the caller: that of the first line that is not ours."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in OURS:
        frame = frame.f_back
        level += 1
    return level
