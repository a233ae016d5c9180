"""``python -m autograd_engine`` keeps its promises: quick, over 95 %, a picture, and one line where something is missing."""

import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest


def run(*arguments, cwd):
    return subprocess.run([sys.executable, "-W", "error", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120)


def test_tour(tmp_path):
    pytest.importorskip("sklearn")
    pytest.importorskip("tqdm")
    started = time.monotonic()
    done = run("-m", "autograd_engine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 30
    assert float(re.search(r"never seen: ([\d.]+)%", done.stdout)[1]) > 95
    slopes = re.findall(r"(?:dy/dx|cos\(x\)) += ([\d.]+)", done.stdout)
    assert len(slopes) == 2 and slopes[0] == slopes[1]
    assert "100%" in done.stderr, "no progress bar"
    picture = (tmp_path / "digits_loss.svg").read_text(encoding="utf-8")
    assert str(tmp_path / "digits_loss.svg") in done.stdout
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "0.weight" in picture and "2.bias" in picture, "parameters are drawn under their names"


@pytest.mark.parametrize("module, name", [("sklearn", "scikit-learn"), ("tqdm", "tqdm")])
def test_missing_extra_is_said_in_one_line_before_anything_runs(tmp_path, module, name):
    done = run("-c", f"import sys; sys.modules[{module!r}] = None; from autograd_engine.__main__ import main; main([])", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f'the tour needs {name}: pip install "autograd-engine[notebook]"\n'


def test_missing_graphviz_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    from autograd_engine import tour
    from autograd_engine.visual import render

    monkeypatch.setattr(render, "available", lambda: False)
    monkeypatch.setattr(tour, "NEEDED", {})
    with pytest.raises(SystemExit, match=r"the tour needs Graphviz: pip install \"autograd-engine\[notebook\]\""):
        tour.main()


def test_ops_are_listed(tmp_path):
    done = run("-m", "autograd_engine", "ops", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "| `tanh` |" in done.stdout


def test_unknown_command_names_the_known_ones(tmp_path):
    done = run("-m", "autograd_engine", "tuor", cwd=tmp_path)
    assert done.returncode == 2
    assert "tour" in done.stderr and "ops" in done.stderr
