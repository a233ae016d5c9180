"""How the site is built: `sphinx-build -W docs docs/_build`.

The reference is written from the packages' own lists of public names, so none can be forgotten.
"""

import inspect
import shutil
import sys
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import autograd_engine  # noqa: E402
import nn  # noqa: E402
from autograd_engine.guide.optable import home  # noqa: E402
from autograd_engine.ops import FAMILIES, public_functions  # noqa: E402

project = "autograd-engine"
author = "the contributors of autograd-engine"
copyright = "the contributors of autograd-engine"
version = release = autograd_engine.__version__
extensions = ["sphinx.ext.autodoc", "sphinx.ext.mathjax", "numpydoc", "myst_nb"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_title = project
exclude_patterns = ["_build"]
nb_execution_mode = "off"  # notebooks are kept with what they showed
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
suppress_warnings = ["myst.header", "mystnb.unknown_mime_type"]  # of notebooks' cells

REFERENCE = HERE / "reference"
NOTEBOOKS = HERE / "notebooks"
SPACES = {
    "autograd_engine.autograd": autograd_engine.autograd,
    "autograd_engine.func": autograd_engine.func,
    "autograd_engine.kernels": autograd_engine.kernels,
    "autograd_engine.linalg": autograd_engine.linalg,
    "autograd_engine.special": autograd_engine.special,
    "nn": nn,
    "nn.functional": nn.functional,
    "nn.optim": nn.optim,
    "nn.init": nn.init,
    "nn.data": nn.data,
    "nn.datasets": nn.datasets,
    "nn.distributions": nn.distributions,
    "nn.distributions.constraints": nn.distributions.constraints,
    "nn.distributions.transforms": nn.distributions.transforms,
    "nn.metrics": nn.metrics,
    "nn.training": nn.training,
    "nn.utils": nn.utils,
    "nn.visual": nn.visual,
}


def names(space: types.ModuleType) -> list[str]:
    """What a namespace shows, but for the namespaces in it."""
    shown = [name for name in dir(space) if not name.startswith("_")]
    return [name for name in shown if not inspect.ismodule(getattr(space, name))]


def directive(space: str, name: str, value: object, seen: set[int]) -> str:
    """How autodoc is asked for one name; what stands elsewhere already has its entry there."""
    if id(value) in seen:
        options = "   :no-index:\n"
    else:
        options = "   :members:\n" if inspect.isclass(value) else ""
    seen.add(id(value))
    written_in = getattr(value, "__module__", None) or ""
    if not callable(value) or not written_in.startswith(("autograd_engine", "nn")):
        return f".. py:data:: {space}.{name}\n   :no-index:\n\n   {value!r}\n"
    kind = "autoclass" if inspect.isclass(value) else "autofunction"
    return f".. {kind}:: {space}.{name}\n{options}"


def page(title: str, intro: str, entries: list[str]) -> str:
    return "\n".join([title, "=" * len(title), "", intro, "", *entries])


def reference() -> dict[str, str]:
    """The pages of the reference by their names."""
    seen: set[int] = set()
    ops: dict[types.ModuleType, list[str]] = {family: [] for family in FAMILIES}
    functions = public_functions()
    for name, function in functions.items():
        entry = directive("autograd_engine", name, function, seen)
        ops[home(function, [name])].append(entry)
    pages = {}
    for family, entries in ops.items():
        about = inspect.getdoc(family) or ""
        title = family.__name__.rpartition(".")[2].capitalize()
        if entries:
            pages[f"ops_{title.lower()}"] = page(title, about, entries)
    rest = [name for name in names(autograd_engine) if name not in functions]
    entries = [directive("autograd_engine", n, getattr(autograd_engine, n), seen) for n in rest]
    about = "The tensor, creation, random numbers, modes, derivatives and pictures."
    pages["autograd_engine"] = page("autograd_engine", about, entries)
    for space, module in SPACES.items():
        entries = [directive(space, name, getattr(module, name), seen) for name in names(module)]
        pages[space] = page(space, inspect.getdoc(module) or "", entries)
    return pages


def write(app: object) -> None:
    """Write the reference and bring the notebooks here, where Sphinx looks for them."""
    REFERENCE.mkdir(exist_ok=True)
    pages = reference()
    for name, text in pages.items():
        (REFERENCE / f"{name}.rst").write_text(text, encoding="utf-8")
    listed = "\n".join(f"   {name}" for name in sorted(pages))
    index = page("Reference", ".. toctree::\n   :maxdepth: 1\n", [listed, ""])
    (REFERENCE / "index.rst").write_text(index, encoding="utf-8")
    shutil.rmtree(NOTEBOOKS, ignore_errors=True)
    NOTEBOOKS.mkdir()
    for path in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
        shutil.copy(path, NOTEBOOKS)


def setup(app: object) -> None:
    app.connect("builder-inited", write)
