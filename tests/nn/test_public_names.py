"""What tab completion shows of the namespaces: their public names, all of them, and nothing else."""

import importlib
import inspect
import pkgutil

import pytest

import nn

NAMESPACES = (
    "data",
    "datasets",
    "distributions",
    "distributions.constraints",
    "distributions.transforms",
    "metrics",
    "optim",
    "optim.lr_scheduler",
    "saving",
    "training",
    "visual",
)


@pytest.fixture(params=NAMESPACES)
def namespace(request):
    return importlib.import_module(f"nn.{request.param}")


def test_completion_shows_the_public_names(namespace):
    assert dir(namespace) == sorted(namespace.__all__)
    assert all(hasattr(namespace, name) for name in namespace.__all__)


@pytest.mark.parametrize("namespace", ("datasets", "metrics"), indirect=True)
def test_what_is_defined_in_public_is_shown(namespace):
    defined = {
        name
        for name, value in vars(namespace).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == namespace.__name__
    }
    assert defined <= set(namespace.__all__)


@pytest.mark.parametrize("name", ("nn", *(f"nn.{name}" for name in NAMESPACES)))
def test_no_public_name_shadows_a_module_of_its_package(name):
    package = importlib.import_module(name)
    modules = {module.name for module in pkgutil.iter_modules(getattr(package, "__path__", ()))}
    shadowed = {m for m in modules & set(vars(package)) if not inspect.ismodule(vars(package)[m])}
    assert not shadowed


def test_summary_is_the_function():
    assert nn.summary.__module__ == "nn.inspection"
