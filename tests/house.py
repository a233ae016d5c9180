"""The state of the house in figures: ``python tests/house.py`` prints them.

What imports what (lazily or not), which files import each other in a circle, how long and how
dense lines and functions are, which names stand for more than one thing. `test_layers.py` holds
the figures that must not grow.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd_engine", "nn")

FLOORS = {
    "autograd_engine": (
        ("core",),
        ("ops",),
        ("tensors",),
        ("transforms",),
        ("visual",),
        ("methods",),
        ("autograd", "cuda", "func", "kernels", "linalg", "special"),
        ("__init__",),
        ("guide",),
        ("__main__",),
    ),
    "autograd_engine.visual": (("graph",), ("picture",), ("page",), ("__init__",)),
}
"""The rooms of a package from the bottom up; those in one tuple stand beside each other."""

WIDTH = 100
"""The longest line, but for the rows of the tables in ``ops``, which may be `ROW` long."""
ROW = 110


def sources(*packages: str) -> list[Path]:
    """The source files of the packages."""
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file, which several questions are put to."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    """The module that a file is."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sources(*PACKAGES)}


def is_for_types(node: ast.If) -> bool:
    return "TYPE_CHECKING" in ast.unparse(node.test)


def statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement that runs, those inside functions too, without what is for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and is_for_types(node):
            continue
        if isinstance(node, ast.stmt):
            yield node
        yield from statements(node)


def imported(module: str) -> dict[str, int]:
    """The modules of the house that a module imports, lazily or not, and in which line."""
    path = MODULES[module]
    parts = module.split(".")
    package = parts if path.name == "__init__.py" else parts[:-1]
    found: dict[str, int] = {}
    for node in statements(parsed(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            names = [
                full if (full := f"{base}.{alias.name}") in MODULES else base
                for alias in node.names
            ]
        else:
            continue
        found |= {name: node.lineno for name in names if name in MODULES and name != module}
    return found


@functools.cache
def imports() -> dict[str, dict[str, int]]:
    """For each module what it imports of the house."""
    return {module: imported(module) for module in MODULES}


def floor(package: str, module: str) -> int | None:
    """On which floor of a package a module stands."""
    rest = module.removeprefix(package).strip(".").split(".")[0] or "__init__"
    for height, rooms in enumerate(FLOORS[package]):
        if rest in rooms:
            return height
    return None


def upward() -> list[str]:
    """The imports that run against the floors."""
    found = []
    for package in FLOORS:
        inside = [name for name in MODULES if name == package or name.startswith(f"{package}.")]
        for module in inside:
            here = floor(package, module)
            for target, line in imports()[module].items():
                if target not in inside:
                    continue
                there = floor(package, target)
                if here is None or there is None or there > here:
                    found.append(f"{module}:{line} imports {target}")
    return found


def circles() -> list[list[str]]:
    """The files that import each other, each circle as the list of its files."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(start: str, edges: dict, collect: list[str]) -> None:
        stack = [(start, iter(edges[start]))]
        seen.add(start)
        while stack:
            module, targets = stack[-1]
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    stack.append((target, iter(edges[target])))
                    break
            else:
                collect.append(stack.pop()[0])

    backwards: dict[str, list[str]] = defaultdict(list)
    for module, targets in imports().items():
        for target in targets:
            backwards[target].append(module)
    for module in imports():
        if module not in seen:
            visit(module, imports(), order)
    seen.clear()
    found = []
    for module in reversed(order):
        if module not in seen:
            component: list[str] = []
            visit(module, backwards, component)
            if len(component) > 1:
                found.append(sorted(component))
    return found


def feet() -> list[str]:
    """Imports at the foot of a file, below the first definition."""
    found = []
    for module, path in MODULES.items():
        defined = False
        for node in parsed(path).body:
            defined |= isinstance(node, (ast.FunctionDef, ast.ClassDef))
            if defined and isinstance(node, (ast.Import, ast.ImportFrom)):
                found.append(f"{module}:{node.lineno}")
    return found


def long_lines(paths: list[Path]) -> list[str]:
    """The lines that are longer than they may be."""
    found = []
    for path in paths:
        room = ROW if "ops" in path.parts else WIDTH
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > room:
                found.append(place(path, number))
    return found


def code_lines(paths: list[Path]) -> int:
    """The lines that are neither empty, nor comments, nor inside docstrings."""
    total = 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        quiet: set[int] = set()
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                quiet.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            total += bool(stripped) and not stripped.startswith("#") and number not in quiet
    return total


def conditional(paths: list[Path]) -> tuple[int, list[str]]:
    """How many conditional expressions there are, and where one stands inside another."""
    count, nested = 0, []
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.IfExp):
                count += 1
                inner = [part for part in ast.walk(node) if isinstance(part, ast.IfExp)]
                if len(inner) > 1:
                    nested.append(place(path, node.lineno))
    return count, nested


def packed(paths: list[Path]) -> list[str]:
    """Assignments of several values to several names in one line, ``a, b = x, y``."""
    found = []
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                if isinstance(node.targets[0], ast.Tuple):
                    found.append(place(path, node.lineno))
    return found


def twice(*packages: str) -> dict[str, list[str]]:
    """Top-level functions and classes of one name in several files of the packages."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sources(*packages):
        module = module_name(path)
        for node in parsed(path).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                if not re.fullmatch(r"__\w+__|main|_", node.name):
                    homes[node.name].append(module)
    return {name: places for name, places in sorted(homes.items()) if len(set(places)) > 1}


def function_lengths(paths: list[Path]) -> list[int]:
    """The lines of every function, without its docstring."""
    lengths = []
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[ast.get_docstring(node) is not None :] or node.body
                lengths.append((node.end_lineno or 0) - body[0].lineno + 1)
    return lengths


def reading() -> tuple[int, list[str]]:
    """The lines of the files that a newcomer reads, docstrings included."""
    names = ("node", "tensor", "primitive", "backward")
    paths = [ROOT / "autograd_engine" / "core" / f"{name}.py" for name in names]
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths), list(names)


def entries() -> list[str]:
    """The modules and folders that stand beside each other in the engine."""
    return [
        path.name
        for path in sorted((ROOT / "autograd_engine").iterdir())
        if path.suffix in ("", ".py") and not path.name.startswith("__")
    ]


def place(path: Path, line: int) -> str:
    """A line of a file, as the figures name it."""
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{line}"


def report() -> str:
    """The figures, one a line."""
    lines = [
        f"circles of files: {len(circles())}",
        f"imports against the floors: {len(upward())}",
        f"imports at the foot of a file: {len(feet())}",
    ]
    total, names = reading()
    lines.append(f"modules and folders in autograd_engine: {len(entries())}")
    lines.append(f"to read for x * y; backward(): {len(names)} files, {total} lines")
    for package in PACKAGES:
        paths = sources(package)
        code = code_lines(paths)
        count, nested = conditional(paths)
        lengths = function_lengths(paths)
        lines.append(
            f"{package}: {code} code lines, {len(long_lines(paths))} too long, "
            f"{1000 * count / code:.0f} conditional expressions per 1,000 ({len(nested)} nested), "
            f"{1000 * len(packed(paths)) / code:.0f} packed assignments per 1,000, functions of "
            f"{median(lengths):.0f} / {quantiles(lengths, n=10)[8]:.0f} / {max(lengths)} lines"
        )
    names_twice = twice(*PACKAGES)
    lines.append(f"top-level names defined twice or more: {len(names_twice)}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())
    if "-v" in sys.argv:
        for circle in circles():
            print("circle:", *circle)
        print(*upward(), *feet(), sep="\n")
        print(*long_lines(sources(*PACKAGES)), sep="\n")
        print(
            *(f"{name}: {', '.join(places)}" for name, places in twice(*PACKAGES).items()), sep="\n"
        )
