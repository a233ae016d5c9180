"""Each notebook runs from top to bottom in a clean kernel, its checks hold, and its two forms, for
Jupyter with what it shows and for reading as text, say the same.
"""

import importlib.util
import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
LARGEST = 1_000_000
"""Bytes of a committed notebook."""


def load_builder():
    spec = importlib.util.spec_from_file_location("notebook_builder", FOLDER / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = load_builder()
SOURCES = builder.sources()
NEEDED = (
    "anywidget",
    "ipykernel",
    "jupytext",
    "matplotlib",
    "nbclient",
    "sklearn",
    "vega_datasets",
)
EVERY_DAY = ("00_quickstart",)
RUNS = [
    pytest.param(path, marks=[] if path.stem in EVERY_DAY else [pytest.mark.slow])
    for path in SOURCES
]


def name(path):
    return path.stem


def cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_each_form_has_the_other():
    executed = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert executed == {path.stem for path in SOURCES} >= set(EVERY_DAY)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_both_forms_agree_and_outputs_are_clean(path):
    jupytext = pytest.importorskip("jupytext")
    file = path.with_suffix(".ipynb")
    notebook = jupytext.read(file)
    again = f"run: python notebooks/build.py {path.stem}"
    assert cells(notebook) == cells(jupytext.read(path)), again
    assert notebook.cells[0].source.startswith("# ") and cells(notebook)[0][0] == "markdown", (
        "a notebook begins with its title"
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    numbers = [cell.execution_count for cell in code]
    assert numbers == list(range(1, len(code) + 1)), f"not run from top to bottom: {again}"
    assert any(cell.outputs for cell in code), again
    assert not builder.complaints(notebook)
    assert file.stat().st_size < LARGEST


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_path_of_a_machine(path):
    """Text of the outputs: pictures are letters at random."""
    notebook = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    texts = [path.read_text(encoding="utf-8")]
    for output in outputs:
        kinds = {**output.get("data", {}), "text": output.get("text", "")}
        texts += ["".join(text) for kind, text in kinds.items() if not kind.startswith("image/png")]
    found = [re.findall(r"(?:/tmp|/home|/root|/work|/Users|C:\\)[/\\]\S*", text) for text in texts]
    assert not sum(found, [])


@pytest.mark.parametrize("path", RUNS, ids=name)
@pytest.mark.filterwarnings("ignore")  # Jupyter's own; the notebook's are looked for in its outputs
def test_runs(path):
    for package in NEEDED:
        pytest.importorskip(package)
    assert not builder.complaints(builder.executed(path))
