"""Do the tests notice when a rule is wrong? Make it wrong, in one place at a time, and see.

``python tests/mutation.py --sample 50`` takes 50 places at random in the engine's ops and core. In
a copy of the project it flips a sign, drops a term, swaps operands, turns a comparison or a
condition round, aliases a buffer, or leaves a call out (undoing broadcasting, looking for stale
values), runs the tests that belong there until one fails, and reports the mutants that no test
noticed. Each of those needs a test, or a line in `EQUIVALENT` that says why it is no fault.

``--list`` only shows the mutants; ``--file core/saved.py`` takes those of one file; ``--thorough``
gives a mutant that survived all tests of the engine and of ``nn``, ``--tests`` names the only ones.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("autograd_engine/core/*.py", "autograd_engine/ops/*.py")
TESTS = ("ops", "properties", "core", "semantics", "transforms", "tensors")
SECONDS = 120
"""Of the processor. After more a mutant hangs, which is noticed too."""
GIGABYTES = 6
LIMITS = (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM)
"""What ends a mutant that hangs."""

EQUIVALENT: dict[tuple[str, str, str], str] = {}
"""Mutants that are no fault, by file, line of source and what stands there instead; and why."""


@dataclass(frozen=True)
class Mutant:
    """Another text in the place of one expression or statement."""

    path: str
    line: int
    kind: str
    start: int
    end: int
    after: str
    source: str  # the line as it was
    before: str

    def __str__(self) -> str:
        place = f"{self.path.removeprefix('autograd_engine/')}:{self.line}"
        return f"{place} {self.kind}: {_one_line(self.before)} -> {_one_line(self.after)}"

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.path.removeprefix("autograd_engine/"), self.source.strip(), self.after)


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- where to change what -------------------------------------------------------------------------

OTHER_OPERATOR = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.Lt: ">",
    ast.Gt: "<",
    ast.LtE: "<",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
TAKEN_OUT = {"unbroadcast", "fit", "fitted", "owned", "rows", "restore_dims", "promoted", "aware"}
"""Functions whose first argument takes their place."""
SKIPPED = {"at", "reduction_doc", "document", "TypeVar"}
"""Calls in which nothing is changed: what tests and documentation read."""


def mutants(path: Path) -> list[Mutant]:
    """All that can be changed in a file."""
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = text.encode()

    def span(node: ast.AST) -> tuple[int, int]:
        return (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )

    found = []
    for node in _changeable(ast.parse(text)):
        start, end = span(node)
        before = data[start:end].decode()

        def part(child: ast.AST) -> str:
            a, b = span(child)
            return data[a:b].decode()

        for kind, after in _changes(node, part):
            if after != before:
                name = str(path.relative_to(ROOT))
                line = lines[node.lineno - 1]
                found.append(
                    Mutant(name, node.lineno, kind, start, end, after, line.strip(), before)
                )
    return found


def _changeable(node: ast.AST, inside: bool = False) -> Iterator[ast.AST]:
    """Expressions and statements of functions and lambdas, without messages and declarations."""
    if isinstance(node, (ast.Raise, ast.JoinedStr, ast.arguments, ast.Assert)):
        return
    if isinstance(node, ast.Call) and _called(node) in SKIPPED:
        return
    if inside and isinstance(node, (ast.expr, ast.stmt)):
        yield node
    if isinstance(node, ast.FunctionDef):
        for decorator in node.decorator_list:
            yield from _changeable(decorator, inside)
        for statement in node.body:
            yield from _changeable(statement, True)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from _changeable(node.value, inside)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _changeable(child, inside or isinstance(node, ast.Lambda))


def _called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "id", getattr(function, "attr", ""))


def _changes(node: ast.AST, part) -> Iterator[tuple[str, str]]:
    """What can stand in the place of the node, and which kind of fault that is."""
    if isinstance(node, ast.BinOp):
        yield from _of_binary(node, part)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", f"({part(node.operand)})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
        yield "condition", f"({part(node.operand)})"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = OTHER_OPERATOR[type(node.ops[0])]
        yield "comparison", f"({part(node.left)} {other} {part(node.comparators[0])})"
        if isinstance(node.ops[0], (ast.Lt, ast.Gt)):
            edge = "<=" if isinstance(node.ops[0], ast.Lt) else ">="
            yield "edge", f"({part(node.left)} {edge} {part(node.comparators[0])})"
    elif isinstance(node, ast.BoolOp):
        yield "condition", f"({part(node.values[0])})"
        yield "condition", f"({part(node.values[-1])})"
    elif isinstance(node, ast.IfExp):
        yield "condition", f"({part(node.body)})"
        yield "condition", f"({part(node.orelse)})"
    elif isinstance(node, ast.Call):
        yield from _of_call(node, part)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "left out", "pass"
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "number", repr(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "flag", repr(not node.value)


def _of_binary(node: ast.BinOp, part) -> Iterator[tuple[str, str]]:
    left, right = part(node.left), part(node.right)
    operator = type(node.op)
    if operator in OTHER_OPERATOR:
        kind = "sign" if operator in (ast.Add, ast.Sub) else "inverse"
        yield kind, f"({left} {OTHER_OPERATOR[operator]} {right})"
    if operator in (ast.Add, ast.Sub, ast.Mult, ast.Div):
        yield "dropped", f"({left})"
    if operator in (ast.Add, ast.Mult):
        yield "dropped", f"({right})"
    if operator in (ast.MatMult, ast.Pow):
        sign = "@" if operator is ast.MatMult else "**"
        yield "swapped", f"({right} {sign} {left})"


def _of_call(node: ast.Call, part) -> Iterator[tuple[str, str]]:
    name = _called(node)
    if isinstance(node.func, ast.Attribute) and name in ("copy", "astype", "swapaxes", "conj"):
        yield "aliased", part(node.func.value)
    if name in TAKEN_OUT and node.args:
        yield "left out", f"({part(node.args[0])})"
    if name == "where" and len(node.args) == 3:
        condition, a, b = map(part, node.args)
        yield "swapped", f"{part(node.func)}({condition}, {b}, {a})"


# --- trying one -----------------------------------------------------------------------------------


class First:
    """Sorts the tests of the changed file's ops to the front, and leaves those of others out."""

    def __init__(self, module: str, others: bool):
        self.module = module
        self.others = others

    def pytest_collection_modifyitems(self, config, items):
        ranked = [(self._rank(item), i, item) for i, item in enumerate(items)]
        kept = [item for rank, _, item in sorted(ranked, key=lambda r: r[:2]) if rank < 3]
        config.hook.pytest_deselected(items=[item for rank, _, item in ranked if rank >= 3])
        items[:] = kept

    def _rank(self, item) -> int:
        cases = [
            value.function
            for value in getattr(item, "callspec", _NoParameters).params.values()
            if hasattr(value, "function") and hasattr(value, "sample")
        ]
        if not cases:
            return 1
        home = _home(cases[0])
        if home == self.module:
            return 0
        return 2 if self.others or self.module.startswith("autograd_engine.core") else 3


class _NoParameters:
    params: dict = {}


def _home(function) -> str:
    """The module that declares what a case calls."""
    op = getattr(function, "op", None)
    if op is None:
        return getattr(function, "__wrapped__", function).__module__
    rules = [rule for rule in (op.joint, *op.rules) if rule]
    return (rules[0].vjp if rules else op.forward).__module__


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """A copy of the project, to make mutants of."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__", "mutation.py", "test_mutation.py")
        for name in ("autograd_engine", "nn", "tests"):
            shutil.copytree(ROOT / name, there / name, ignore=ignored)
        for name in ("setup.cfg", "pyproject.toml"):
            shutil.copy(ROOT / name, there)
        yield there


class Trials:
    """Tries mutants in the copy, one after the other."""

    def __init__(self, there: Path):
        self.there = there
        self.good: set[str] = set()  # tests that pass without a mutant
        self.broken: set[str] = set()  # and those that do not, which notice nothing

    def verdict(self, mutant: Mutant, tests: list[str], others: bool = False) -> str:
        """ "survived", or what noticed the mutant: a test, or the time that it took."""
        module = mutant.path.removesuffix(".py").replace("/", ".")
        while True:
            with changed(self.there, mutant):
                told = self._tried(tests, First(module, others))
            if "::" not in told or told in self.good:
                return told
            alone = self._tried([told], First(module, others=True))
            (self.good if alone == "survived" else self.broken).add(told)

    def _tried(self, tests: list[str], plugin: First) -> str:
        skipped = [f"--deselect={test}" for test in self.broken]
        return _tried(self.there, plugin, [*tests, *skipped])


@contextlib.contextmanager
def changed(there: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with the mutant in it."""
    target = there / mutant.path
    original = target.read_bytes()
    after = mutant.after.encode()
    target.write_bytes(original[: mutant.start] + after + original[mutant.end :])
    try:
        yield
    finally:
        target.write_bytes(original)


def _tried(there: Path, plugin: First, arguments: list[str]) -> str:
    report = there / "report.txt"
    child = os.fork()
    if child == 0:
        _run_tests(there, report, plugin, arguments)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in LIMITS:
        return "hung"
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return "survived"
    if code in (4, 5):  # pytest was called wrongly, or found nothing to run
        raise RuntimeError(report.read_text())
    failed = [
        line for line in report.read_text().splitlines() if line.startswith(("FAILED", "ERROR"))
    ]
    return failed[0].split(" - ")[0].split(" ", 1)[1] if failed else "crashed"


def _run_tests(there: Path, report: Path, plugin: First, arguments: list[str]) -> None:
    """In the child: run the tests on the copy, and leave with pytest's exit code."""
    import pytest

    code = 3
    try:
        limit = GIGABYTES * 2**30
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))
        signal.alarm(2 * SECONDS)  # what waits for ever takes no time of the processor
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)  # a pool of threads does not survive the fork
        os.chdir(there)
        sys.path.insert(0, str(there))
        sys.dont_write_bytecode = True
        with (
            open(report, "w") as out,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            quickly = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow", "--tb=no"]
            code = int(pytest.main([*quickly, *arguments], plugins=[plugin]))
    finally:
        os._exit(code)


def stages(
    mutant: Mutant, thorough: bool, tests: list[str] | None
) -> Iterator[tuple[list[str], bool]]:
    """Tests to run one after the other until one notices: the likeliest first."""
    if tests:
        yield tests, True
        return
    if "/core/" in mutant.path:
        yield ["tests/semantics", "tests/properties/test_corners.py"], False
    else:
        yield ["tests/ops/test_registry.py", "tests/properties/test_constant_operands.py"], False
    everything = [f"tests/{name}" for name in TESTS]
    yield everything, False
    if thorough:
        yield [*everything, "tests/nn"], True


def survivors(
    chosen: list[Mutant], thorough: bool = False, tests: list[str] | None = None
) -> list[Mutant]:
    """Try the mutants; say of each what noticed it, and return those that nothing did."""
    for name in ("numpy", "scipy.special", "torch", "pytest"):
        with contextlib.suppress(ImportError):
            __import__(name)  # once, and not in every child
    found = []
    with copied() as there:
        trials = Trials(there)
        for i, mutant in enumerate(chosen, 1):
            told = EQUIVALENT.get(mutant.key, "")
            for paths, others in stages(mutant, thorough, tests) if not told else ():
                told = trials.verdict(mutant, paths, others)
                if told != "survived":
                    break
            if told == "survived":
                found.append(mutant)
            print(f"[{i}/{len(chosen)}] {mutant}\n    {told}", flush=True)
    if trials.broken:
        print("these tests fail without a mutant:", *sorted(trials.broken), sep="\n    ")
    return found


def all_mutants(file: str | None = None) -> list[Mutant]:
    paths = sorted(path for pattern in PLACES for path in ROOT.glob(pattern))
    if file:
        paths = [path for path in paths if str(path).endswith(file)]
    return [mutant for path in paths for mutant in mutants(path)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--file", help="the end of a path: core/saved.py")
    parser.add_argument("--line", type=int)
    parser.add_argument("--kind", help="sign, dropped, swapped, aliased, left out ...")
    parser.add_argument("--sample", type=int, help="how many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true", help="show them and try none")
    parser.add_argument("--thorough", action="store_true", help="all tests for those that survive")
    parser.add_argument("--tests", nargs="+", help="the tests to run instead of those chosen")
    options = parser.parse_args()
    chosen = [
        mutant
        for mutant in all_mutants(options.file)
        if options.kind in (None, mutant.kind) and options.line in (None, mutant.line)
    ]
    if options.sample and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    if options.list:
        print(*chosen, sep="\n")
        return 0
    found = survivors(chosen, options.thorough, options.tests)
    print(f"\n{len(found)} of {len(chosen)} mutants survived", *found, sep="\n")
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
