"""The source of functions with all that they need, so that it runs where this package is not.

The forward functions of ops are NumPy code. Their text is taken from the files they stand in,
together with the helpers and constants that it names, and theirs in turn.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
import textwrap
import types
from typing import Any

import numpy as np

from ...core.batched import Batched
from ...core.summation import total
from ...core.tensor import Tensor


BUILT_IN = {"math": "math", "_operator": "operator"}
PURE = (
    "numpy",
    "math",
    "builtins",
    "collections",
    "functools",
    "itertools",
    "warnings",
    "operator",
)
"""The modules that are there wherever NumPy is."""


SHORTER = {
    total: (
        "def total(x, axes=None, keepdims=False, dtype=None):\n"
        "    return x.sum(axes, dtype, keepdims=keepdims)"
    )
}
"""Helpers of the engine that are long for the sake of the last digits."""


class CannotBundle(TypeError):
    """A function's source cannot be taken out of its surroundings."""


class Bundle:
    """Definitions, in an order in which each comes after those that it uses.

    Attributes
    ----------
    imports : set of str
        Lines of import.
    definitions : dict of str to str
        By name, the text of each.
    """

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.definitions: dict[str, str] = {}
        self._names: dict[int, str] = {}
        self._kept: list[Any] = []  # what identities in `_names` stand for

    def add(self, function: Any, name: str) -> str:
        """Add a function and what it needs; the name under which it stands."""
        if id(function) in self._names:
            return self._names[id(function)]
        if function in SHORTER:
            self.definitions[function.__name__] = SHORTER[function]
            return function.__name__
        node = _definition(function)
        unique = self._unused(name)
        self._names[id(function)] = unique
        self._kept.append(function)
        self._close_over(node, inspect.unwrap(function))
        node.name = unique
        self.definitions[unique] = ast.unparse(ast.fix_missing_locations(node))
        return unique

    def _unused(self, name: str) -> str:
        found = name
        count = 2
        while found in self.definitions or found in self._names.values():
            found = f"{name}_{count}"
            count += 1
        return found

    def _close_over(self, node: ast.FunctionDef, function: types.FunctionType) -> None:
        """Bundle what the names in a function mean, and call it by its name here."""
        self._link(node, {**function.__globals__, **inspect.getclosurevars(function).nonlocals})

    def _link(self, node: ast.AST, meaning: dict[str, Any]) -> None:
        """Have the free names in a definition stand for what they mean."""
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        bound = {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
        bound |= {part.id for part in names if not isinstance(part.ctx, ast.Load)}
        for part in names:
            if part.id in meaning and part.id not in bound:
                part.id = self.name_of(part.id, meaning[part.id])

    def name_of(self, name: str, value: Any) -> str:
        """The name under which a value stands here."""
        if getattr(value, "__module__", None) == Tensor.__module__ or value is Batched:
            self.definitions["of_tensors"] = "of_tensors = ()"  # no array is one of these
            return "of_tensors"
        if getattr(value, "__module__", None) == "typing":
            self.imports.add("import typing")
            return f"typing.{name}"
        if isinstance(value, types.ModuleType):
            return self._module(name, value)
        called = getattr(value, "__name__", "")
        if getattr(np, called, None) is value:
            self.imports.add("import numpy as np")
            return f"np.{called}"
        ufunc = inspect.unwrap(value)  # a kernel may stand beside it
        if isinstance(ufunc, np.ufunc):
            self.imports.add("import numpy as np")
            return f"np.{ufunc.__name__}"
        if getattr(builtins, name, None) is value:
            return name
        if isinstance(value, type):
            return self._class(name, value)
        op = getattr(value, "op", None)
        if op is not None:
            return self.name_of(op.name, op.forward)
        if isinstance(value, types.BuiltinFunctionType) and value.__module__ in BUILT_IN:
            module = BUILT_IN[value.__module__]
            self.imports.add(f"import {module}")
            return f"{module}.{value.__name__}"
        if isinstance(value, types.FunctionType):
            return self.add(value, name)
        return self._constant(name, value)

    def _module(self, name: str, module: types.ModuleType) -> str:
        if module.__name__.split(".")[0] not in PURE:
            raise CannotBundle(f"it uses the module {module.__name__}")
        alias = "" if name == module.__name__ else f" as {name}"
        self.imports.add(f"import {module.__name__}{alias}")
        return name

    def _class(self, name: str, cls: type) -> str:
        if cls.__module__ in ("numpy", "builtins"):
            self.imports.add("import numpy as np")
            return f"np.{name}" if cls.__module__ == "numpy" else name
        if issubclass(cls, Exception):
            return "ValueError"
        return self.add_class(cls)

    def add_class(self, cls: type) -> str:
        """Add a class and what its methods need; the name under which it stands."""
        if id(cls) in self._names:
            return self._names[id(cls)]
        node = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
        if not isinstance(node, ast.ClassDef):
            raise CannotBundle(f"it uses the class {cls.__name__}")
        name = self._names[id(cls)] = self._unused(cls.__name__)
        self._kept.append(cls)
        _without_annotations(node)
        self._link(node, dict(vars(sys.modules[cls.__module__])))
        node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
        self.definitions[name] = ast.unparse(ast.fix_missing_locations(node))
        return name

    def _constant(self, name: str, value: Any) -> str:
        if isinstance(value, np.dtype):
            text = f"np.dtype({value.name!r})"
            self.imports.add("import numpy as np")
        elif isinstance(value, (int, float, str, tuple, list, dict, type(None), set, frozenset)):
            text = self._literal(value)
        elif getattr(value, "__self__", None) is np.add:
            return "np.add.reduce"
        else:
            raise CannotBundle(f"it uses {name}, a {type(value).__name__}")
        if name in self.definitions and self.definitions[name] != f"{name} = {text}":
            raise CannotBundle(f"{name} means two things")
        self.definitions.setdefault(name, f"{name} = {text}")
        return name

    def _literal(self, value: Any) -> str:
        if isinstance(value, dict):
            pairs = [f"{self._literal(k)}: {self._literal(v)}" for k, v in value.items()]
            return f"{{{', '.join(pairs)}}}"
        if isinstance(value, (np.dtype, type)):
            self.imports.add("import numpy as np")
            return f"np.dtype({np.dtype(value).name!r})"
        if isinstance(value, (int, float, str, type(None))):
            return repr(value)
        if isinstance(value, (tuple, list, set, frozenset)) and not value:
            return f"{type(value).__name__}()"
        if isinstance(value, (tuple, list, set, frozenset)):
            return f"{type(value).__name__}([{', '.join(map(self._literal, value))}])"
        raise CannotBundle(f"it uses {value!r}")


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _without_annotations(tree: ast.AST) -> None:
    for part in ast.walk(tree):
        if isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, ast.AnnAssign):
            part.annotation = ast.Name("object", ast.Load())
        elif isinstance(part, ast.FunctionDef):
            part.returns = None


def _definition(function: Any) -> ast.FunctionDef:
    """The definition of a function, without decorators and docstring."""
    function = inspect.unwrap(function)
    if not isinstance(function, types.FunctionType):
        raise CannotBundle(f"{function!r} is not written in Python")
    try:
        text = textwrap.dedent(inspect.getsource(function))
        tree = ast.parse(text)
    except (OSError, SyntaxError) as error:
        raise CannotBundle(f"the source of {function.__name__} cannot be read") from error
    node = tree.body[0]
    if not isinstance(node, ast.FunctionDef):
        raise CannotBundle(f"{function.__name__} is no plain function")
    node.decorator_list = []
    _without_annotations(node)
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        node.body = node.body[1:]
    return node
