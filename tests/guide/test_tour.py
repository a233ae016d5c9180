"""``python -m autograd_engine`` keeps its promises: quick, over 95 %, a picture, and one line where
something is missing.
"""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from autograd_engine.guide import tour
from autograd_engine.__main__ import main
from autograd_engine.visual.picture import render


@pytest.mark.slow
def test_tour(tmp_path):
    pytest.importorskip("sklearn")
    pytest.importorskip("tqdm")
    command = [sys.executable, "-W", "error", "-m", "autograd_engine"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert float(re.search(r"never seen: ([\d.]+)%", done.stdout)[1]) > 95
    slopes = re.findall(r"(?:dy/dx|cos\(x\)) += ([\d.]+)", done.stdout)
    assert len(slopes) == 2 and slopes[0] == slopes[1]
    assert "100%" in done.stderr, "no progress bar"
    picture = (tmp_path / "digits_loss.svg").read_text(encoding="utf-8")
    assert str(tmp_path / "digits_loss.svg") in done.stdout
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "0.weight" in picture and "2.bias" in picture, "parameters are drawn under their names"


@pytest.mark.parametrize("module, name", [("sklearn", "scikit-learn"), ("tqdm", "tqdm")])
def test_missing_extra_is_said_in_one_line_before_anything_runs(monkeypatch, capsys, module, name):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(tour, "NEEDED", {module: name})
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == f'the tour needs {name}: pip install "autograd-engine[notebook]"'
    assert capsys.readouterr().out == ""


def test_missing_graphviz_is_said_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(render, "available", lambda: False)
    monkeypatch.setattr(tour, "NEEDED", {})
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 'the tour needs Graphviz: pip install "autograd-engine[notebook]"'
    assert capsys.readouterr().out == ""


def test_ops_are_listed(capsys):
    main(["ops"])
    assert "\n| `tanh` |" in capsys.readouterr().out


def test_unknown_command_names_the_known_ones(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["tuor"])
    explained = capsys.readouterr().err
    assert "tour" in explained and "ops" in explained
