"""What the namespaces show: the public names, all of them, and nothing else."""

import ast
import inspect
import pathlib
import pkgutil
import types

import pytest

import nn
from nn import functional, init, loss, utils
from nn.utils import parametrizations, parametrize, rnn

NAMESPACES = [nn, functional, init, loss, utils, parametrizations, parametrize, rnn]


def written(namespace):
    """The public names that a file defines, or imports from its neighbours to give them away."""
    tree = ast.parse(pathlib.Path(namespace.__file__).read_text(encoding="utf-8"))
    collects = namespace in (nn, functional, loss, utils)
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom) and collects and node.module != "types":
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("namespace", NAMESPACES, ids=lambda namespace: namespace.__name__)
def test_dir_shows_exactly_the_public_names(namespace):
    assert dir(namespace) == sorted(written(namespace))
    assert sorted(namespace.__all__) == dir(namespace)
    scope = {}
    exec(f"from {namespace.__name__} import *", scope)
    assert set(dir(namespace)) <= set(scope)


@pytest.mark.parametrize("namespace", NAMESPACES, ids=lambda namespace: namespace.__name__)
def test_what_is_shown_is_the_packages_own(namespace):
    for name in dir(namespace):
        value = getattr(namespace, name)
        home = getattr(value, "__module__", None) or getattr(value, "__name__", "")
        assert name == "GAINS" or home.startswith(("nn", "autograd_engine")), name
        if callable(value):  # an op is written in its file too, though a decorator made it
            assert value.__name__ == name
            assert inspect.getsourcefile(value).endswith(".py")


def test_inner_modules_are_not_shown():
    shown = {name for name in dir(nn) if isinstance(getattr(nn, name), types.ModuleType)}
    assert shown == {
        *("data", "datasets", "distributions", "functional", "init", "loss", "metrics"),
        *("onnx", "optim", "training", "utils", "visual"),
    }


@pytest.mark.parametrize("torch_name", ["functional", "init"])
def test_every_shared_name_is_listed(torch, torch_name):
    """What is there under PyTorch's name is found by tab completion too."""
    ours, theirs = getattr(nn, torch_name), getattr(torch.nn, torch_name)
    shared = {
        name
        for name in vars(ours)
        if not name.startswith("_") and inspect.isroutine(getattr(theirs, name, None))
    }
    assert shared <= set(dir(ours))


def test_no_public_name_hides_a_module():
    for package in [nn, *map(pkg_import, subpackages())]:
        for module in pkgutil.iter_modules(package.__path__):
            found = getattr(package, module.name, None)
            assert found is None or isinstance(found, types.ModuleType), (
                f"{package.__name__}.{module.name} is {found!r}, not the module of that name"
            )


def subpackages():
    return [f"nn.{module.name}" for module in pkgutil.iter_modules(nn.__path__) if module.ispkg]


def pkg_import(name):
    return __import__(name, fromlist=["_"])
