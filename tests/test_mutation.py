"""The script that makes mutants finds places, makes them wrong, and the tests notice."""

import subprocess
import sys

import pytest

from . import mutation


def test_every_mutant_is_another_program():
    """What is changed can still be compiled, and is not what stood there."""
    for mutant in mutation.all_mutants("core/saved.py"):
        source = (mutation.ROOT / mutant.path).read_bytes()
        assert source[mutant.start : mutant.end].decode() == mutant.before != mutant.after
        changed = source[: mutant.start] + mutant.after.encode() + source[mutant.end :]
        compile(changed, mutant.path, "exec")


def test_there_are_mutants_of_every_kind():
    kinds = {mutant.kind for mutant in mutation.all_mutants()}
    assert {"sign", "dropped", "swapped", "aliased", "left out", "comparison", "number"} <= kinds


def test_what_is_called_equivalent_still_stands_in_the_source():
    keys = {mutant.key for mutant in mutation.all_mutants()}
    assert set(mutation.EQUIVALENT) <= keys


CHOSEN = {
    "a sign in a rule": ("ops/elementwise.py", "sign", "-g * sin(x)", "ops/test_registry.py"),
    "broadcasting that is not undone": (
        "core/cotangent.py",
        "left out",
        "unbroadcast(",
        "semantics/test_shapes.py",
    ),
    "stale values that are not looked for": (
        "core/backward.py",
        "left out",
        "check_saved",
        "semantics/test_buffers.py",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHOSEN)
def test_the_tests_notice(name):
    file, kind, text, tests = CHOSEN[name]
    found = [m for m in mutation.all_mutants(file) if m.kind == kind and text in m.source]
    assert found
    chosen = ["--file", file, "--line", str(found[0].line), "--kind", kind]
    script = [sys.executable, mutation.__file__, *chosen, "--tests", f"tests/{tests}"]
    done = subprocess.run(script, capture_output=True, text=True)  # with nothing imported yet
    assert done.returncode == 0, done.stdout + done.stderr
