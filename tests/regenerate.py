"""Write what is derived from the declarations of the ops: the table of ops, docs/ops.md, and the signatures
that editors and type checkers read.

python tests/regenerate.py           # after an op was added or changed; the tests say so when it
was forgotten
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Mapping

import numpy as np

import autograd_engine
from autograd_engine import Tensor
from autograd_engine import methods
from autograd_engine.ops import FAMILIES, public_functions
from autograd_engine.ops.declare import composites
from autograd_engine.guide import missing
from autograd_engine.guide.optable import table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.ops.cases import cases  # noqa: E402

PACKAGE = ROOT / "autograd_engine"
OPS_INTRO = """# All ops

Each is a function of `autograd_engine` and, but for a few like `where` and `cat`, a method of `Tensor`. A name with a trailing
underscore works in place. The rules are quoted from the source; `dim` may be spelled `axis`, and `keepdim` `keepdims`.

Written by `python tests/regenerate.py` from the declarations; `python -m autograd_engine ops` prints the table.
"""
HEADER = '''"""{what} Written by tests/regenerate.py from the declarations of the ops."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from autograd_engine.core.tensor import Tensor{more}

TensorLike: TypeAlias = Tensor | npt.ArrayLike

'''
TYPES = {
    "dim": "int | Sequence[int] | None",
    "dims": "int | Sequence[int]",
    "tensors": "Sequence[Tensor]",
    "*tensors": "TensorLike | Sequence[TensorLike]",
    "dtype": "npt.DTypeLike | None",
}
SPELLINGS = {"dim": "axis", "keepdim": "keepdims"}
SLOTS = {f"__{prefix}{slot}__" for slot in methods.OPERATORS for prefix in ("", "r", "i")}


def documents() -> dict[Path, str]:
    """Each derived file with the text that it should have."""
    pages = {}
    if importlib.util.find_spec("torch"):
        pages[ROOT / "docs" / "missing.md"] = missing.missing_page()
    return pages | {
        ROOT / "docs" / "ops.md": f"{OPS_INTRO}\n{table()}\n",
        PACKAGE / "ops" / "names.py": ops_names(),
        PACKAGE / "__init__.pyi": package_stub(),
        PACKAGE / "core" / "_methods.pyi": methods_stub(),
        ROOT / "nn" / "__init__.pyi": names_stub(ROOT / "nn" / "__init__.py"),
        ROOT / "nn" / "functional.pyi": names_stub(ROOT / "nn" / "functional.py"),
    }


def ops_names() -> str:
    """The module that imports every public op by name, so that editors find where it is written."""
    title = "Every public op, by name. Written by tests/regenerate.py from the declarations."
    lines = [f'"""{title}"""', "", "# ruff: noqa: F401", ""]
    homes: dict[str, list[str]] = {}
    for name, function in public_functions().items():
        homes.setdefault(home_of(name, function), []).append(name)
    for home, names in sorted(homes.items()):
        lines += [f"from .{home} import (", *[f"    {name}," for name in sorted(names)], ")"]
    return "\n".join(lines) + "\n"


def home_of(name: str, function: Callable) -> str:
    """The file of the ops in which a public op is written, or given another name."""
    prefix = f"{FAMILIES[0].__package__}."
    files = {
        module.removeprefix(prefix): sys.modules[module]
        for module in sys.modules
        if module.startswith(prefix) and module != f"{prefix}names"
    }
    known = [file for file, module in files.items() if vars(module).get(name) is function]
    own = [file for file in known if name not in imported_names(files[file])]
    return min(own or known)


@functools.cache
def imported_names(module: ModuleType) -> set[str]:
    """The names that a module takes from others."""
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def given_away(path: Path) -> list[str]:
    """The imports of a module, one by one, in the form in which type checkers take the names to be
    public.
    """
    return [
        f"from {'.' * node.level}{node.module or ''} import {alias.name} as "
        f"{alias.asname or alias.name}"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        and (node.level or (node.module or "").startswith("autograd_engine"))
        for alias in node.names
        if not (alias.asname or alias.name).startswith("_")
    ]


def about_names(node: ast.stmt) -> bool:
    """Whether a statement collects names, or says of its own module by private ones."""
    if isinstance(node, ast.FunctionDef):
        return node.name == "__dir__"
    if isinstance(node, (ast.Assign, ast.Expr)):
        return ast.unparse(node).startswith("_")
    return isinstance(node, (ast.Import, ast.ImportFrom))


def names_stub(path: Path) -> str:
    """The types of a module that does nothing but collect names."""
    docstring, *body = ast.parse(path.read_text(encoding="utf-8")).body
    if not all(map(about_names, body)):
        raise ValueError(
            f"{path.relative_to(ROOT)} does more than collect names: take it out of "
            "tests/regenerate.py"
        )
    return (
        '"""Its names, for type checkers. Written by tests/regenerate.py."""\n\n'
        + "\n".join(given_away(path))
        + "\n"
    )


def package_stub() -> str:
    """The types of `autograd_engine`: what it imports, and its op functions."""
    imports = given_away(PACKAGE / "__init__.py")
    imports = [line for line in imports if hasattr(autograd_engine, line.rpartition(" ")[2])]
    here = {line.rpartition(" ")[2] for line in imports} | set(public_functions())
    others = {
        name: getattr(autograd_engine, name) for name in autograd_engine.__all__ if name not in here
    }  # lazy, or made in a loop
    imports += [
        f"from {value.__module__} import {value.__name__} as {name}"
        for name, value in others.items()
        if callable(value)
    ]
    constants = [
        f"{name}: {annotation(value)}" for name, value in others.items() if not callable(value)
    ]
    more = "".join(
        f"\n{line}"
        for line in sorted([*imports, *named_results()])
        if line != "from .core.tensor import Tensor as Tensor"
    )
    functions = [declaration(name, function) for name, function in public_functions().items()]
    return (
        HEADER.format(what="The public names and their types.", more=" as Tensor" + more)
        + "\n".join(constants + functions)
        + "\n"
    )


def annotation(value: Any) -> str:
    if value is None:
        return "None"
    return "np.dtype[Any]" if isinstance(value, np.dtype) else type(value).__name__


def methods_stub() -> str:
    """The types of what `methods.py` attaches to Tensor."""
    tree = ast.parse((PACKAGE / "core" / "tensor.py").read_text(encoding="utf-8"))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Tensor"
    )
    own = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    attached = {name: value for name, value in vars(Tensor).items() if name not in own}
    lines = [
        method(name, value)
        for name, value in attached.items()
        if inspect.isfunction(value) or isinstance(value, property)
    ]
    named = {
        name for line in lines for name in re.findall(r"\b[A-Z]\w+\b", line.partition('"""')[0])
    }
    classes = [
        value
        for name, value in vars(autograd_engine).items()
        if name in named - {"Tensor"} and inspect.isclass(value)
    ]
    more = "".join(
        f"\nfrom {cls.__module__} import {cls.__name__}"
        for cls in classes
        if cls.__module__ != "typing"
    )
    more += "".join(f"\n{line}" for line in named_results())
    head = HEADER.format(what="The operators and methods of Tensor and their types.", more=more)
    return head + "class Methods:\n" + "\n".join(lines) + "\n"


def method(name: str, value: Any) -> str:
    """The stub of one attribute of Tensor."""
    if isinstance(value, property):
        return (
            f'    @property\n    def {name}(self) -> Tensor:\n        """{inspect.getdoc(value)}"""'
        )
    if name in SLOTS:
        return f"    def {name}(self, other: TensorLike) -> Tensor: ..."
    if name.strip("_") in methods.COMPARISONS and name.endswith("__"):
        return f"    def {name}(self, other: Any) -> Tensor: ...{'  # type: ignore[override]' if name in ('__eq__', '__ne__') else ''}"
    head, _, doc = declaration(name, value, first="self").partition("\n")
    head = re.sub(
        r"\b(bool|float|int)\b(?!\()", r"builtins.\1", head
    )  # Tensor has methods of these names
    return f"    {head}\n    {doc}" if doc else f"    {head}"


def declaration(name: str, function: Callable, first: str = "") -> str:
    """``def name(parameters) -> type:`` with the first paragraph of the docstring."""
    inner: Any = inspect.unwrap(function, stop=lambda f: isinstance(f, functools.partial))
    parts = op_parameters(inner) if hasattr(inner, "op") else function_parameters(inner)
    if first:
        parts = [first, *parts[1:]]
    head = f"def {name}({', '.join(in_order(parts))}) -> {returns(name, inner)}:"
    doc = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    return f'{head}\n    """{doc}"""' if doc else f"{head} ..."


def in_order(parts: list[str]) -> list[str]:
    """Give a default to every positional parameter that follows one with a default."""
    stars = [i for i, part in enumerate(parts) if part[0] == "*"]
    optionals = [i for i, part in enumerate(parts) if part.endswith("= ...")]
    bound = range(min(optionals, default=len(parts)), min(stars, default=len(parts)))
    return [
        f"{part} = ..." if i in bound and i not in optionals else part
        for i, part in enumerate(parts)
    ]


def op_parameters(function: Any) -> list[str]:
    """The parameters of an op: its arrays, its static arguments, and NumPy's names for these."""
    op = function.op
    given = inspect.signature(op.forward).parameters if inspect.isfunction(op.forward) else {}
    nothing = [
        arg for arg in op.args if arg in given and given[arg].default is None
    ]  # as the bias of a linear map
    parts = [
        f"{arg}: TensorLike{' | None' if arg in nothing else ''}{optional(given.get(arg))}"
        for arg in op.args
    ]
    if op.pack:
        return [*parts, f"*{op.pack}: Any", "**kwargs: Any"]
    for name, default in op.params.items():
        needed = default is inspect.Parameter.empty and name not in SPELLINGS
        parts.append(f"{name}: {type_of(name, default)}{'' if needed else ' = ...'}")
    return parts + other_spellings(op.params, "*")


def other_spellings(defaults: Mapping[str, Any], *star: str) -> list[str]:
    """NumPy's names for PyTorch's static arguments."""
    return [
        *star,
        *(
            f"{SPELLINGS[name]}: {type_of(name, defaults[name])} = ..."
            for name in defaults
            if name in SPELLINGS
        ),
    ] * any(name in SPELLINGS for name in defaults)


def function_parameters(function: Callable) -> list[str]:
    """The parameters of an ordinary function; the first is a tensor where nothing else is said."""
    given = inspect.signature(function).parameters
    composed = any(
        inspect.unwrap(known) is inspect.unwrap(function) for known in composites.values()
    )
    parts: list[str] = []
    starred = False
    for i, (name, parameter) in enumerate(given.items()):
        star = "*" * {parameter.VAR_POSITIONAL: 1, parameter.VAR_KEYWORD: 2}.get(parameter.kind, 0)
        known = TYPES.get(star + name)
        known = known or ("TensorLike" if i == 0 else type_of(name, parameter.default))
        written = parameter.annotation if isinstance(parameter.annotation, str) else known
        parts += ["*"] if parameter.kind is parameter.KEYWORD_ONLY and not starred else []
        starred |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        spelled = (
            composed and name in SPELLINGS
        )  # may be left out, as it may come under its other name
        parts.append(f"{star}{name}: {written}{' = ...' if spelled else optional(parameter)}")
    defaults = {name: parameter.default for name, parameter in given.items()}
    return parts + (other_spellings(defaults, *([] if starred else ["*"])) if composed else [])


def optional(parameter: inspect.Parameter | None) -> str:
    return "" if parameter is None or parameter.default is parameter.empty else " = ..."


def type_of(name: str, default: Any) -> str:
    """The type of a static argument, by its name or its default."""
    return TYPES.get(name) or ("bool" if isinstance(default, bool) else "Any")


def returns(name: str, function: Any) -> str:
    """The type of the result: as annotated, else as the samples give it, else as the docstring says
    it. ``Any`` is what depends on the arguments.
    """
    annotation = inspect.signature(function).return_annotation
    if isinstance(annotation, str):
        return annotation
    _, _, text = (inspect.getdoc(function) or "").partition("Returns\n-------\n")
    said = text.partition("\n")[0].strip() or "Tensor"
    known = {"Tensor": "Tensor", "tuple of Tensor": "tuple[Tensor, ...]", "bool": "bool"}
    found = {kind(result) for result in results(public_functions().get(name, function))}
    if not found:
        return known.get(said, "Any")
    if found == {"Tensor"} and said == "Tensor" or len(found) == 1 and found != {"Tensor"}:
        return found.pop()
    return "Tensor | Any" if found <= {"Tensor", "tuple[Tensor, ...]"} else "Any"


@functools.cache
def results(function: Any) -> list:
    """What the samples of a function give for tensors."""
    return [case(*map(Tensor, case.arrays()), make=as_tensor) for case in cases(function)]


def as_tensor(arg: Any) -> Any:
    return Tensor(arg) if isinstance(arg, np.ndarray) else arg


def kind(result: Any) -> str:
    """The type of a result, as it is written."""
    if isinstance(result, Tensor):
        return "Tensor"
    if type(result) is tuple:
        return "tuple[Tensor, ...]"
    return type(result).__name__


def named_results() -> list[str]:
    """The imports of the classes that some functions return."""
    classes = {
        type(result)
        for function in public_functions().values()
        for result in results(function)
        if hasattr(result, "_fields")
    }
    return sorted(f"from {cls.__module__} import {cls.__name__}" for cls in classes)


def main() -> int:
    changed = [
        path
        for path, text in documents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(documents()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    print(f"{len(changed)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
