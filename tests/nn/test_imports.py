"""`nn` is written with public names alone, so that whatever it does, a user can do."""

import ast
import pathlib

import numpy as np
import pytest

import autograd_engine as ag
import nn

ROOT = pathlib.Path(nn.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def private_uses(source):
    """The places where a module reaches past the engine's public names."""
    tree, aliases = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.startswith("autograd_engine."):
                    yield f"import {name.name}"
                elif name.name == "autograd_engine":
                    aliases.add(name.asname or name.name)
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.startswith("autograd_engine")
            and not node.level
        ):
            for name in node.names:
                if name.name not in SPACES.get(node.module, ()):
                    yield f"from {node.module} import {name.name}"
                if name.name in PRIVATE_MODULES:
                    yield f"from {node.module} import {name.name}, a module of the engine"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if (
                isinstance(node.value, ast.Name)
                and node.value.id in aliases
                and (node.attr.startswith("_") or not hasattr(ag, node.attr))
            ):
                yield f"{node.value.id}.{node.attr}"
            if node.attr in TENSOR_INTERNALS:
                yield f".{node.attr}"


SPACES = {
    "autograd_engine": {name for name in dir(ag) if not name.startswith("_")},
    **{
        f"autograd_engine.{name}": getattr(ag, name).__all__
        for name in ("func", "kernels", "linalg", "special")
    },
}
"""What each namespace of the engine gives away."""
PRIVATE_MODULES = {"backward", "creation", "errors", "inplace", "memory", "modes", "ops"}
TENSOR_INTERNALS = {"_data", "_grad", "_of", "_hook_list"}


def test_there_is_something_to_read():
    assert len(FILES) > 15 and any("autograd_engine" in path.read_text() for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_public_names_only(path):
    assert list(private_uses(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import autograd_engine.core.tensor",
        "from autograd_engine.core.primitive import apply",
        "from autograd_engine import memory",
        "from autograd_engine import no_such_name",
        "import autograd_engine as ag\nag._secret",
        "import autograd_engine as ag\nag.no_such_name",
        "x._data",
    ],
)
def test_the_reader_finds_private_uses(source):
    assert list(private_uses(source))


def test_messages_name_the_users_line_not_one_of_the_package():
    x = ag.zeros(2, requires_grad=True)
    with np.errstate(all="ignore"), ag.detect_anomaly():
        loss = nn.functional.mse_loss(x / 0, x)
        with pytest.raises(RuntimeError, match=r"test_imports\.py:\d+: loss = nn"):
            loss.backward()
