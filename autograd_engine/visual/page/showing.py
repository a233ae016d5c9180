"""Showing a live picture at once: in the notebook that runs the code, else in a browser."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

from .html import whole_page


def show(picture: Any, html: str, theme: str) -> None:
    """Show a picture.

    Parameters
    ----------
    picture : object
        What a notebook displays.
    html : str
        What a browser opens, from a file in the directory for temporary ones.
    theme : {"auto", "light", "dark"}
    """
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell and hasattr(shell, "kernel"):
        ipython.display.display(picture)  # type: ignore[union-attr]
        return
    path = Path(tempfile.mkdtemp(prefix="graph")) / "graph.html"
    path.write_text(whole_page(html, theme), encoding="utf-8")
    webbrowser.open(path.as_uri())
