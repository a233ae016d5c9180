"""The table of all ops, read from their declarations: what each is called, and the rule of its
gradient as its source has it.

Nothing is written twice: names come from the registry, rules from the text of the declaring file,
first sentences from docstrings.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from types import CodeType, ModuleType
from typing import Any, Callable, Sequence

import numpy as np

from ..tensors import interop  # noqa: F401  (it knows more of NumPy's functions)
from .. import methods
from ..ops import FAMILIES, public_functions
from ..core.primitive import Primitive, numpy_functions
from ..core.ruletext import first_paragraph, rule_text
from ..core.tensor import Tensor

HEAD = (
    "| op | also written | meaning | gradient, from the cotangent `g` of the output `y` |\n"
    "| --- | --- | --- | --- |\n"
)
BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "and": "&",
    "or": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
UNARY = {"neg": "-x", "abs": "abs(x)", "invert": "~x"}
PACKAGE = __name__.partition(".")[0]


def table() -> str:
    """Every op in Markdown, a table for each family.

    Examples
    --------
    >>> from autograd_engine.guide.optable import table
    >>> print(*[line for line in table().splitlines() if line.startswith("| `tanh`")])
    | `tanh` | `np.tanh`, `tanh_` | The hyperbolic tangent. | `g * (1 - y * y)` |
    """
    named: dict[Any, list[str]] = {}
    for name, function in public_functions().items():
        named.setdefault(function, []).append(name)
    rows: dict[ModuleType, list[str]] = {family: [] for family in FAMILIES}
    for function, names in named.items():
        names = sorted(
            names, key=(function.__name__).__ne__
        )  # its own name, then others for the same
        rows[home(function, names)].append(row(function, *names))
    titles = {family: (inspect.getdoc(family) or "").partition("\n")[0] for family in FAMILIES}
    return "\n\n".join(
        f"**{titles[family]}**\n\n{HEAD}" + "\n".join(lines)
        for family, lines in rows.items()
        if lines
    )


def home(function: Callable, names: Sequence[str]) -> ModuleType:
    """The family that declares a function: not every one that has it, for families use each
    other's.
    """
    having = [
        family for family in FAMILIES if any(vars(family).get(name) is function for name in names)
    ]
    declaring = [
        family
        for family in having
        if function.__module__ == family.__name__ or not assigned(family).isdisjoint(names)
    ]
    return (declaring or having)[0]


def row(function: Callable, name: str, *aliases: str) -> str:
    """One line of the table."""
    also = ", ".join(f"`{form}`" for form in [*aliases, *other_forms(name, function)])
    cells = [f"`{name}`", also, meaning(function), gradient_text(function)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def other_forms(name: str, function: Callable) -> list[str]:
    """The operator, NumPy's functions and the in-place method that mean the same op."""
    forms = [f"a {BINARY[slot]} b" for slot, op in methods.OPERATORS.items() if op == name]
    forms += [f"a {BINARY[name]} b"] if name in methods.COMPARISONS else []
    forms += [UNARY[slot] for slot, op in methods.UNARY.items() if op == name]
    declared = function.op.numpy if hasattr(function, "op") else ()
    twins = dict.fromkeys(
        [*declared, *(twin for twin, target in numpy_functions.items() if target is function)]
    )
    forms += [twin_name(twin) for twin in twins]
    return forms + [f"{name}_"] * hasattr(Tensor, f"{name}_")


def twin_name(twin: Callable) -> str:
    """How a NumPy function is called, ``np.exp`` or ``np.linalg.inv``."""
    spaces = {"np": np, "np.linalg": np.linalg}
    space = next(
        (space for space, module in spaces.items() if getattr(module, twin.__name__, None) is twin),
        "np",
    )
    return f"{space}.{twin.__name__}"


def meaning(function: Callable) -> str:
    """What a function does, in Markdown: the first paragraph of its docstring.

    >>> meaning(table)
    'Every op in Markdown, a table for each family.'
    """
    return first_paragraph(inspect.getdoc(function) or "")


def gradient_text(function: Callable) -> str:
    """What is said of a function's gradient: the rule of each argument, or the ops that the
    function is composed of.
    """
    op: Primitive | None = getattr(function, "op", None)
    if op is None:
        return by_ops(function)
    if op.joint:
        return rule_text(op.joint)
    if not op.rules:
        return "no graph"
    texts = ["—" if rule is None else rule_text(rule).removesuffix(".") for rule in op.rules]
    if len(texts) == 1:
        return texts[0]
    return "; ".join(f"{arg}: {text}" for arg, text in zip(op.args, texts))


def by_ops(function: Callable) -> str:
    """The ops that a function is composed of; the rule itself where it only dresses an op of its
    own name.
    """
    ops = composed_of(inspect.unwrap(function), set())
    for op in ops:
        if op.op.name == function.__name__:
            return gradient_text(op)
    names = sorted(f"`{op.op.name}`" for op in ops)
    return "by " + (", ".join(names) or "operators")


def composed_of(function: Any, seen: set) -> list[Any]:
    """The ops that a function calls, itself or through other functions of the package."""
    seen.add(function)
    ops = []
    for value in map(inspect.unwrap, filter(callable, used_by(function))):
        if hasattr(value, "op"):
            ops.append(value)
        elif (
            inspect.isfunction(value) and value not in seen and value.__module__.startswith(PACKAGE)
        ):
            ops += composed_of(value, seen)
    return list(dict.fromkeys(ops))


def used_by(function: Any) -> list[Any]:
    """The values of the names that a function takes from around it."""
    code: CodeType = function.__code__
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    names = dict.fromkeys(name for part in (code, *inner) for name in part.co_names)
    enclosed = [cell.cell_contents for cell in function.__closure__ or ()]
    return enclosed + [function.__globals__[name] for name in names if name in function.__globals__]


def assigned(family: ModuleType) -> set[str]:
    """The names that a file itself gives a value by an assignment."""
    body = ast.parse("".join(linecache.getlines(family.__file__ or ""))).body
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return {
        node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)
    }
