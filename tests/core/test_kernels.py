"""Loops as machine code: the formulas behind them, when they run, and that they give NumPy's
numbers.
"""

import importlib
import math
import os
import subprocess
import sys
import types

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine.core import elementary, jit, kernels

KINDS = {
    **{"exp": 1.0, "expm1": 2.0, "log": 2.0, "log1p": 2.0, "tanh": 2.0, "sigmoid": 3.0},
    "erf": 4.0,
}
"""By formula, the greatest error in units in the last place."""
EDGES = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-44, -1e-44, 88.8, 89.0, -103.0, -104.0, 1e30, -1e30)


@pytest.fixture
def numba(monkeypatch, tmp_path_factory):
    """numba, with kernels enabled and their machine code in a folder of the test run."""
    numba = pytest.importorskip("numba")
    if jit.CACHE_VARIABLE not in os.environ:
        monkeypatch.setenv(jit.CACHE_VARIABLE, str(tmp_path_factory.mktemp("compiled")))
    before = ag.kernels.is_enabled()
    ag.kernels.set_enabled(True)
    yield numba
    ag.kernels.set_enabled(before)


def _elementwise(formula):
    """The machine code of a loop that computes a formula for each number."""

    def run(x, out):
        for i in range(x.size):
            out[i] = formula(x[i])

    named = types.FunctionType(run.__code__, {"formula": formula}, closure=run.__closure__)
    return jit.from_source(kernels.source(named, "float32"), "run")


def _reference(name, x):
    if name == "sigmoid":
        return 1 / (1 + np.exp(-x))
    return np.vectorize(math.erf)(x) if name == "erf" else getattr(np, name)(x)


def _magnitudes(name):
    rng = np.random.default_rng(0)
    sizes = (1e-30, 1e-6, 1e-3, 0.1, 1, 10, 60)
    x = np.concatenate([rng.standard_normal(4000) * size for size in sizes])
    x = np.append(x, np.linspace(-110, 95, 4001)).astype(np.float32)
    return abs(x) if name.startswith("log") else x


def test_formulas_are_exact_to_the_units_that_they_say_and_end_as_numpy_does(numba):
    for name, units in KINDS.items():
        code = _elementwise(getattr(elementary, f"{name}_float32"))
        x = np.append(_magnitudes(name), np.float32(EDGES))
        out = np.empty_like(x)
        code(x, out)
        with np.errstate(all="ignore"):
            exact = _reference(name, x.astype(float))
            rounded = exact.astype(np.float32)
        assert np.array_equal(np.isfinite(out), np.isfinite(rounded)), name
        odd = ~np.isfinite(rounded) | (rounded == 0)
        assert np.array_equal(out[odd], rounded[odd], equal_nan=True), name
        assert np.array_equal(np.signbit(out[rounded == 0]), np.signbit(rounded[rounded == 0]))
        usual = np.isfinite(rounded) & (abs(rounded) > 1.2e-38)
        errors = abs(out[usual] - exact[usual]) / np.spacing(abs(rounded[usual])).astype(float)
        assert errors.max() <= units, (name, errors.max())


def test_the_units_that_docstrings_say_are_the_tested_ones():
    for name, units in KINDS.items():
        assert f"{int(units)} unit" in getattr(elementary, f"{name}_float32").__doc__, name


def test_a_kernel_runs_for_large_arrays_of_real_numbers_only(numba, monkeypatch):
    monkeypatch.setattr(kernels, "SMALLEST", 2**13)
    seen = []

    def quick(x, factor):
        seen.append((x.size, x.dtype.name))
        return None if factor == 3 else x * factor

    @kernels.with_kernels(quick)
    def scaled(x, factor):
        """By a factor."""
        return x * factor

    assert scaled.__doc__ == "By a factor." and scaled.__name__ == "scaled"
    for dtype in ("float16", "float32", "float64", "int64"):
        for size in (0, 3, kernels.SMALLEST - 1, kernels.SMALLEST):
            x = np.ones(size, dtype)
            assert np.array_equal(scaled(x, 2), x * 2) and np.array_equal(scaled(x, 3), x * 3)
    large = kernels.SMALLEST
    assert seen == [(large, "float32")] * 2 + [(large, "float64")] * 2
    ag.kernels.set_enabled(False)
    scaled(np.ones(large), 2)
    ag.kernels.set_enabled(True)
    monkeypatch.setattr(kernels, "_numba_is_there", lambda: False)
    scaled(np.ones(large), 2)
    assert len(seen) == 4 and not ag.kernels.is_enabled()


def test_kernels_are_off_where_the_environment_says_so():
    code = "import autograd_engine as ag; print(ag.kernels.is_enabled())"
    environment = {**os.environ, kernels.VARIABLE: "0"}
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert out.stdout.strip() == b"False"


def test_importing_the_engine_imports_no_numba():
    code = "import sys, autograd_engine, nn; print('numba' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert out.stdout.strip() == b"False"


def test_a_kernel_calls_functions_and_constants_of_its_file(numba):
    path = importlib.import_module("autograd_engine.ops.softmax")
    loop = path._softmax_of_columns.function
    text = kernels.source(loop, "float32")
    assert "def exp_float32" in text and "def _find_greatest" in text and "np.exp(" not in text
    assert "np.exp(" in kernels.source(loop, "float64")
