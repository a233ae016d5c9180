"""DOT text to SVG, PNG or PDF: by the ``dot`` program where it is installed, else by Graphviz inside pygraphviz."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess

FORMATS = ("svg", "png", "pdf")

MISSING = 'drawing needs Graphviz: pip install "pygraphviz>=2" (or "autograd-engine[visual]"), which carries it, or install the dot program'


class RenderError(RuntimeError):
    """The picture cannot be rendered: Graphviz is missing, or refuses the DOT text."""


def render(source: str, format: str) -> bytes:
    """Lay out and render DOT text.

    Parameters
    ----------
    source : str
        DOT text.
    format : {"svg", "png", "pdf"}

    Raises
    ------
    RenderError
        If there is neither a ``dot`` program nor pygraphviz, or Graphviz reports an error.
    """
    if format not in FORMATS:
        raise ValueError(f"a picture can be {', '.join(FORMATS)}, not {format!r}")
    program = shutil.which("dot")
    if program:
        return _by_program(program, source, format)
    if importlib.util.find_spec("pygraphviz"):
        return _in_process(source, format)
    raise RenderError(MISSING)


def available() -> bool:
    """Whether anything here can render."""
    return bool(shutil.which("dot") or importlib.util.find_spec("pygraphviz"))


def _by_program(program: str, source: str, format: str) -> bytes:
    done = subprocess.run([program, f"-T{format}"], input=source.encode(), capture_output=True, check=False)
    if done.returncode or not done.stdout:
        raise RenderError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _in_process(source: str, format: str) -> bytes:
    import pygraphviz

    try:
        return pygraphviz.AGraph(string=source).draw(format=format, prog="dot")
    except (pygraphviz.DotError, OSError, ValueError) as error:
        version = f"pygraphviz {pygraphviz.__version__}"
        raise RenderError(f"{version} failed: {error}; it takes pygraphviz>=2 to draw without the dot program") from error
