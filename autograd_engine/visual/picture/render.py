"""DOT text to SVG, PNG or PDF: by the ``dot`` program where it is installed, else by Graphviz
inside pygraphviz.

Boxes within boxes are laid out in Python, by `vector`: Graphviz draws what is in a box beside what
comes before it, wherever there is room. So is everything where there is no Graphviz; Matplotlib
makes the PNG and PDF of it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .paint import Sheet, painted
from .vector import vector

CLUSTER = "subgraph cluster_"
"""How a box begins in DOT text."""

FORMATS = ("svg", "png", "pdf")

MISSING = (
    'PNG and PDF need Graphviz or Matplotlib: pip install matplotlib, or "pygraphviz>=2" (both '
    'are in "autograd-engine[visual]"), or install the dot program; .svg and .html need none'
)


class RenderError(RuntimeError):
    """The picture cannot be rendered: Graphviz is missing, or refuses the DOT text."""


def render(source: str, format: str, dots: int = 72) -> bytes:
    """Lay out and render DOT text.

    Parameters
    ----------
    source : str
        DOT text.
    format : {"svg", "png", "pdf"}
    dots : int
        How many dots per inch a PNG has.

    Raises
    ------
    RenderError
        If Graphviz reports an error; for PNG and PDF, if there is neither a ``dot`` program nor
        pygraphviz nor Matplotlib.
    """
    if format not in FORMATS:
        raise ValueError(f"a picture can be {', '.join(FORMATS)}, not {format!r}")
    if format == "svg" and CLUSTER in source:
        return vector(source)
    program = shutil.which("dot")
    if format == "png":
        source = source.replace("{", f"{{\n\tgraph [dpi={dots}]", 1)
    if program:
        return _by_program(program, source, format)
    if importlib.util.find_spec("pygraphviz"):
        return _in_process(source, format)
    if format == "svg":
        return vector(source)
    if importlib.util.find_spec("matplotlib"):
        return painted(Sheet.of(vector(source)), format, dots)
    raise RenderError(MISSING)


def render_all(sources: list[str], format: str) -> list[bytes]:
    """Many pictures; the ``dot`` program is started once for all."""
    program = shutil.which("dot")
    if not program or format != "svg" or len(sources) < 2 or CLUSTER in "".join(sources):
        return [render(source, format) for source in sources]
    written = _by_program(program, "\n".join(sources), format)
    documents = [part + b"</svg>" for part in written.split(b"</svg>")[:-1]]
    if len(documents) == len(sources):
        return documents
    return [render(source, format) for source in sources]


def available() -> bool:
    """Whether Graphviz is here in some form."""
    return bool(shutil.which("dot") or importlib.util.find_spec("pygraphviz"))


def pixels_available() -> bool:
    """Whether there is anything that makes PNG and PDF."""
    return available() or importlib.util.find_spec("matplotlib") is not None


def _by_program(program: str, source: str, format: str) -> bytes:
    done = subprocess.run(
        [program, f"-T{format}"], input=source.encode(), capture_output=True, check=False
    )
    if done.returncode or not done.stdout:
        raise RenderError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _in_process(source: str, format: str) -> bytes:
    import pygraphviz

    with _quiet() as said:
        try:
            return pygraphviz.AGraph(string=source).draw(format=format, prog="dot")
        except (pygraphviz.DotError, OSError, ValueError) as error:
            words = " ".join([str(error), *said()])
    raise RenderError(
        f"pygraphviz {pygraphviz.__version__} failed: {words}; it takes pygraphviz>=2 to draw "
        "without the dot program"
    )


@contextmanager
def _quiet() -> Iterator[Callable[[], list[str]]]:
    """Catch what C code writes to the standard error: the libraries in pygraphviz remark on the
    system's fonts there.
    """
    try:
        before = os.dup(2)
    except OSError:  # a process without a console has no standard error
        yield list
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)

        def said() -> list[str]:
            caught.seek(0)
            return [
                line
                for line in caught.read().decode(errors="replace").splitlines()
                if not line.startswith("Fontconfig")
            ]

        try:
            yield said
        finally:
            os.dup2(before, 2)
            os.close(before)
