"""The README tells the truth: its examples run, its picture is what they draw, its commands are
those that are checked.
"""

import doctest
import functools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from autograd_engine.ops import public_functions
from autograd_engine.guide import optable

table = functools.cache(optable.table)
ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried > 20 and not failed
    drawn, shown = texts(tmp_path / "neuron.svg"), texts(ROOT / "notebooks" / "neuron.svg")
    assert drawn == shown, (
        "notebooks/neuron.svg is not what the README's first lines draw: draw it anew"
    )


def texts(picture):
    """What a picture says, wherever it says it."""
    return sorted(
        element.text.strip()
        for element in ElementTree.parse(picture).iter()
        if element.tag.endswith("text") and element.text
    )


def test_op_table_is_up_to_date():
    page = (ROOT / "docs" / "ops.md").read_text(encoding="utf-8")
    assert table() in page, "the op table lags behind the ops: run python tests/regenerate.py"


def test_op_table_names_every_op():
    named = re.findall(r"^\| `(\w+)` \|((?: `[^`]+`,?)*)", table(), re.MULTILINE)
    names = [
        name
        for main, others in named
        for name in [main, *re.findall(r"`(\w+)`", others)]
        if not name.endswith("_")
    ]
    assert sorted(names) == sorted(public_functions())


@pytest.mark.parametrize(
    "name, first, second",
    [
        ("logaddexp", "a - b", "b - a"),
        ("logaddexp2", "(a - b)", "(b - a)"),
        ("mul", "g * b", "g * a"),
    ],
)
def test_rules_on_one_line_are_told_apart(name, first, second):
    (line,) = [line for line in table().splitlines() if line.startswith(f"| `{name}`")]
    of_a, of_b = line.strip("| ").rpartition("| ")[2].split("; ")
    assert of_a.startswith("a: ") and first in of_a and second not in of_a
    assert of_b.startswith("b: ") and second in of_b and first not in of_b


def test_every_rule_was_found_in_its_source():
    """A lone name in the last column stands for a rule whose text was not found, or that has
    neither one line nor a docstring.
    """
    nameless = [line for line in table().splitlines() if re.search(r"`<lambda>`", line)]
    assert not nameless


@pytest.mark.parametrize("command", re.findall(r"```bash\n(.+)\n```", README))
def test_commands_are_those_that_ci_runs(command):
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_both_commands_are_there():
    assert len(re.findall(r"```bash\n(.+)\n```", README)) == 2


def test_it_is_read_in_one_go():
    assert len(README.splitlines()) <= 150


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links and not [
        link for link in links if "://" not in link and not (ROOT / link).exists()
    ]


@pytest.mark.slow
def test_the_gallery_is_what_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    shown = {Path(link) for link in re.findall(r"\]\((docs/pictures/[^)]+)\)", README)}
    command = [sys.executable, str(ROOT / "docs" / "pictures.py"), str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    drawn = {Path("docs/pictures") / path.name for path in tmp_path.iterdir()}
    assert shown == drawn and len(shown) == 4
    measured = {Path("docs/pictures/growth.svg")}  # by benchmarks/growth.py
    kept = {path.relative_to(ROOT) for path in (ROOT / "docs" / "pictures").iterdir()}
    assert kept == shown | measured


def test_extras_are_those_of_the_package():
    import configparser

    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    described = re.search(r"\| extra \| for \|\n\| --- \| --- \|\n((?:\| .*\n)+)", README)[1]
    named = [row.split("|")[1] for row in described.splitlines()]
    assert set(re.findall(r"`(\w+)`", " ".join(named))) == set(settings["options.extras_require"])
