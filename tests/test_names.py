"""What completion shows: the public names, all of them, and nothing else."""

import importlib
import types

import pytest

import autograd_engine as ag
import nn

PACKAGES = [
    "autograd_engine",
    "autograd_engine.autograd",
    "autograd_engine.autograd.functional",
    "autograd_engine.autograd.graph",
    "autograd_engine.cuda",
    "autograd_engine.func",
    "autograd_engine.kernels",
    "autograd_engine.linalg",
    "autograd_engine.special",
    "autograd_engine.visual",
]
NAMESPACES = {"autograd", "cuda", "func", "functional", "graph", "kernels", "linalg", "special"}


@pytest.mark.parametrize("name", PACKAGES)
def test_dir_shows_public_names_only(name):
    package = importlib.import_module(name)
    shown = [each for each in dir(package) if not each.startswith("__")]
    assert len(shown) == len(set(shown))
    for each in shown:
        value = getattr(package, each)
        assert not each.startswith("_")
        if isinstance(value, types.ModuleType):
            assert each in NAMESPACES, f"{name}.{each} is an inner module"
        else:
            home = getattr(value, "__module__", None) or "autograd_engine"
            assert home.split(".")[0] in ("autograd_engine", "numpy", "builtins"), (name, each)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_shown(name):
    package = importlib.import_module(name)
    assert set(package.__all__) <= set(dir(package))


def test_completion_finds_pictures_ops_and_dtypes():
    wanted = {"draw", "explain", "explore", "tensor", "sum", "linear", "float32", "long", "pi"}
    assert wanted <= set(dir(ag))
    assert "__version__" in dir(ag)
    assert not {"Any", "builtins", "ops", "core", "annotations"} & set(dir(ag))


def test_no_public_function_hides_a_module_of_its_package():
    packages = [ag, nn, *map(importlib.import_module, PACKAGES[1:])]
    for package in (each for each in packages if hasattr(each, "__path__")):
        for name in dir(package):
            if not isinstance(getattr(package, name), types.ModuleType):
                hidden = f"{package.__name__}.{name}"
                assert importlib.util.find_spec(hidden) is None, hidden


def test_nn_is_found_with_the_engine():
    from autograd_engine import nn as found
    from autograd_engine import distributions, optim

    assert found is nn and optim is nn.optim and distributions is nn.distributions


def test_version_is_that_of_the_distribution():
    assert ag.__version__.count(".") == 2


@pytest.mark.parametrize("name", ["save", "load"])
def test_what_is_elsewhere_is_said(name):
    with pytest.raises(AttributeError, match=f"nn.{name}"):
        getattr(ag, name)
