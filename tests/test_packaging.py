"""What is shipped: metadata, extras, types, and distributions that work away from the checkout."""

import configparser
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import autograd_engine
import nn

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = configparser.ConfigParser()
SETTINGS.read(ROOT / "setup.cfg", encoding="utf-8")


def run(*command, cwd, **more):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        **more,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_distribution_gives_both_packages():
    assert SETTINGS["metadata"]["version"] == "attr: autograd_engine.__version__"
    assert importlib.metadata.version("autograd-engine") == autograd_engine.__version__
    for package in (autograd_engine, nn):
        assert (Path(package.__file__).parent / "py.typed").is_file()


def test_core_needs_numpy_and_graphviz_only():
    needed = SETTINGS["options"]["install_requires"].split()
    assert needed == ["numpy>=2", "graphviz>=0.20"]


def test_import_loads_no_optional_package():
    extras = "sklearn scipy matplotlib tqdm pygraphviz torch IPython".split()
    loaded = run(
        sys.executable,
        "-c",
        f"import sys, autograd_engine, nn; print([m for m in {extras} if m in sys.modules])",
        cwd=ROOT,
    )
    assert loaded.strip() == "[]"


def written_from(page, library):
    """Whether a page was written from the installed version of a library."""
    version = importlib.metadata.version(library).partition("+")[0]
    return f"PyTorch {version};" in page.read_text(encoding="utf-8")


def test_signatures_are_up_to_date():
    spec = importlib.util.spec_from_file_location("regenerate", ROOT / "tests" / "regenerate.py")
    regenerate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(regenerate)
    for path, text in regenerate.documents().items():
        if path.name == "missing.md" and not written_from(path, "torch"):
            continue  # another version has other names
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} lags behind the ops: run python tests/regenerate.py"
        )


USER = """
import numpy as np
import autograd_engine as ag
import nn
from autograd_engine import Tensor, exp, no_grad, tensor

x = tensor([1.0, 2.0], requires_grad=True)
y: Tensor = exp(x) + 2 * x**2 - x.reshape(1, 2).squeeze(0).tanh() @ x / 3
total: Tensor = ag.sum(y, dim=0, keepdim=True) + x.max() + (x == 1).sum()
total.backward()
with no_grad():
    x -= 0.1 * x
first, *rest = x.split(1)
entry: Tensor = x[0] + first
halves: tuple[Tensor, ...] = x.chunk(2)
left, right = ag.broadcast_tensors(x, entry)
best, places = x.max(0).values, x.sort().indices
close: bool = ag.allclose(x, x)
model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
loss = nn.functional.mse_loss(model(ag.ones(4, 2)), ag.zeros(4, 3))
x.reshpae(2)
"""


@pytest.mark.slow
def test_type_checkers_know_functions_methods_and_operators(tmp_path):
    """A strict checker accepts what is right and finds what is misspelt."""
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--follow-imports=silent",
        "--cache-dir",
        str(tmp_path),
        "user.py",
    ]
    environment = os.environ | {"MYPYPATH": str(ROOT)}
    found = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment
    ).stdout.splitlines()
    assert found[:-1] == [
        'user.py:21: error: "Tensor" has no attribute "reshpae"  [attr-defined]'
    ], found


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The wheel and the sdist, built from a copy, so that nothing is left in the checkout."""
    pytest.importorskip("build", reason="the builder comes with the dev extra")
    if int(importlib.metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("needs setuptools>=77")
    copy = tmp_path_factory.mktemp("source") / "checkout"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist"),
    )
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", copy.parent, ".", cwd=copy)
    return next(copy.parent.glob("*.whl")), next(copy.parent.glob("*.tar.gz"))


@pytest.mark.slow
def test_wheel_holds_the_packages_and_nothing_else(distributions):
    names = zipfile.ZipFile(distributions[0]).namelist()
    assert {name.split("/")[0].removesuffix(".dist-info").split("-")[0] for name in names} == {
        "autograd_engine",
        "nn",
    }
    sources = {
        p.relative_to(ROOT).as_posix()
        for package in ("autograd_engine", "nn")
        for p in (ROOT / package).rglob("*.py*")
    }
    sources = {name for name in sources if "__pycache__" not in name} | {
        "autograd_engine/py.typed",
        "nn/py.typed",
    }
    assert sources <= set(names), "files that the wheel lacks"


@pytest.mark.slow
def test_wheel_works_outside_the_checkout(distributions, tmp_path):
    zipfile.ZipFile(distributions[0]).extractall(tmp_path / "site")
    program = "import nn, autograd_engine as ag; loss = nn.Linear(2, 1)(ag.ones(3, 2)).sum(); loss.backward(); print(ag.__file__)"
    printed = run(sys.executable, "-c", program, cwd=tmp_path / "site")
    assert printed.startswith(str(tmp_path / "site"))


@pytest.mark.slow
def test_sdist_holds_tests_licence_and_what_contributors_read(distributions):
    names = {name.partition("/")[2] for name in tarfile.open(distributions[1]).getnames()}
    assert {
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "setup.cfg",
        "pyproject.toml",
        "tests/conftest.py",
        "autograd_engine/py.typed",
    } <= names
