"""The documentation is complete, and its examples run."""

import doctest
import importlib
import inspect
import io
import pkgutil
import sys

import pytest

import autograd_engine
import nn


def modules():
    """Every module of both packages, but for the scripts."""
    for package in (autograd_engine, nn):
        yield package
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


MODULES = {module.__name__: module for module in modules()}
SUBPACKAGES = [module for module in MODULES.values() if hasattr(module, "__path__")]
PUBLIC = {
    f"{package.__name__}.{name}": value
    for package in SUBPACKAGES
    for name, value in vars(package).items()
    if not name.startswith("_")
    and (inspect.isclass(value) or inspect.isfunction(value))
    and value.__module__ != "typing"
}
METHODS = {
    f"{cls}.{name}": (value, name)
    for cls, value in PUBLIC.items()
    if inspect.isclass(value)
    for name, member in vars(value).items()
    if not name.startswith("_")
    and (inspect.isfunction(member) or isinstance(member, (property, classmethod)))
}


def examples():
    """The doctests of modules, and those of op functions, which are made elsewhere than in the
    module that shows them.
    """
    finder = doctest.DocTestFinder(exclude_empty=True)
    # a package's examples import what they use, for the package may have names of Python's own, as
    # sum and float
    found = [
        test
        for module in MODULES.values()
        for test in finder.find(module, globs={} if module in SUBPACKAGES else None)
    ]
    known = {test.docstring for test in found}
    for module in MODULES.values():
        for name, value in vars(module).items():
            if (
                (hasattr(value, "op") or hasattr(value, "__wrapped__"))
                and not name.startswith("_")
                and value.__doc__ not in known
            ):
                known.add(value.__doc__)
                found += finder.find(value, f"{module.__name__}.{name}", module=False, globs={})
    return {test.name: test for test in found if test.examples and "._" not in test.name}


EXAMPLES = examples()


def test_there_is_something_to_check():
    assert len(PUBLIC) > 100 and len(METHODS) > 100 and len(EXAMPLES) > 100


def test_modules_say_why_they_exist():
    assert [name for name, module in MODULES.items() if not module.__doc__] == []


def test_public_names_have_a_docstring():
    assert [name for name, value in PUBLIC.items() if not inspect.getdoc(value)] == []


def test_public_methods_have_a_docstring():
    def text(cls, attribute):
        own = inspect.getdoc(inspect.getattr_static(cls, attribute))
        return own or inspect.getdoc(getattr(cls, attribute))

    assert [name for name, place in METHODS.items() if not text(*place)] == []


@pytest.fixture
def figures_closed():
    """Whatever was drawn is closed again, as at the end of a cell."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.usefixtures("figures_closed")
def test_example(name):
    if name.startswith("nn.visual."):
        pytest.importorskip("matplotlib")
    report = io.StringIO()
    failed, _ = doctest.DocTestRunner(verbose=False).run(
        EXAMPLES[name], out=report.write, clear_globs=False
    )
    assert not failed, report.getvalue()
