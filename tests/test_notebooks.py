"""Each notebook runs from top to bottom, and its two forms, for Jupyter and for reading as text,
say the same.
"""

from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.py"))


def cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_both_forms_agree_and_hold_no_output(path):
    jupytext = pytest.importorskip("jupytext")
    notebook = jupytext.read(path.with_suffix(".ipynb"))
    assert cells(notebook) == cells(jupytext.read(path)), (
        f"run: jupytext --sync notebooks/{path.name}"
    )
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells), (
        "clear the outputs before committing"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings(
    "ignore"
)  # Jupyter's own, which are not ours to mend; those in the notebook's kernel are not seen here
def test_runs(path, tmp_path):
    pytest.importorskip("ipykernel")
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    jupytext, nbclient = pytest.importorskip("jupytext"), pytest.importorskip("nbclient")
    notebook = jupytext.read(path)
    nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    printed = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.get("name") == "stderr"
    ]
    assert not [output.text for output in printed if "Warning" in output.text]
