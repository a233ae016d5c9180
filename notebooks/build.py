"""Runs notebooks from a clean kernel and keeps what they show: from each `name.py`, which is what
is written and read in reviews, comes `name.ipynb` with its outputs.

    python notebooks/build.py                  # all
    python notebooks/build.py 00_quickstart    # some
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SECONDS = 300
"""How long a cell may take before it is given up."""


def sources() -> list[Path]:
    """The notebooks in their readable form."""
    return [path for path in sorted(FOLDER.glob("*.py")) if path.name != "build.py"]


def executed(path: Path) -> Any:
    """The notebook in this file, run from top to bottom by a new kernel in an empty folder.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises an error: a check that fails is one.
    """
    import jupytext
    import nbclient

    notebook = jupytext.read(path)
    with tempfile.TemporaryDirectory() as folder:
        client = nbclient.NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):  # what a widget shows where no kernel runs
                output["data"].pop("application/vnd.jupyter.widget-view+json", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # the same each time, so that a change shows as one
    notebook.metadata.pop("language_info", None)  # which Python it was is of no interest
    return notebook


def complaints(notebook: Any) -> list[str]:
    """What the cells wrote where errors and warnings are written."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    errors = [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"]
    return errors + [o.text for o in outputs if o.get("name") == "stderr"]


def build(path: Path) -> None:
    """Write the executed form beside the readable one."""
    import nbformat

    start = time.perf_counter()
    notebook = executed(path)
    target = path.with_suffix(".ipynb")
    nbformat.write(notebook, target)
    seconds = time.perf_counter() - start
    print(f"{target.name}: {seconds:.0f} s, {target.stat().st_size / 1000:.0f} kB")
    for text in complaints(notebook):
        print(text)


if __name__ == "__main__":
    for source in sources():
        if not sys.argv[1:] or source.stem in sys.argv[1:]:
            build(source)
