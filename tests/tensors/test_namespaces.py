"""Whatever function of NumPy or SciPy meets a tensor that requires gradients: the graph is carried on,
or an error raised, or a warning given. None hands out values that depend on the tensor silently.

Every public function is called in many ways on two tensors. What comes out of a call that works, and
differs between the two, has to be part of the graph or to have been told.
"""

import importlib
import json
import os
import subprocess
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograd_engine import DetachedWarning, Tensor, tensor

EXCLUDED = (
    "empty",
    "fromfile",
    "info",
    "load",
    "memmap",
    "print",
    "runstring",
    "save",
    "set",
    "show",
    "test",
)
"""How names begin of functions that read, write, print or set something."""

READERS = {
    "array2string",
    "array_repr",
    "array_str",
    "format_float_positional",
    "format_float_scientific",
}
"""Functions that print: their texts hold values."""


def arguments(shift):
    """Ways to call a function, on tensors of values that ``shift`` moves, and on arrays."""
    t = tensor(np.array([0.3, 0.5, 0.8]) + shift, requires_grad=True)
    m = tensor(
        np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 3.0]]) + shift, requires_grad=True
    )
    s = tensor(0.7 + shift, dtype="float64", requires_grad=True)
    a = np.array([0.2, 0.4, 0.9])
    b = np.eye(3) + 0.1
    flags = np.array([True, False, True])
    return [
        (t,),
        (m,),
        (s,),
        (t, t),
        (m, m),
        (m, t),
        (a.copy(), t),
        (t, a.copy()),
        (b.copy(), t),
        (b.copy(), m),
        (2, t),
        (t, 2),
        (m, 0),
        (0.5, s),
        (a.copy(), s),
        (s, s),
        ([s, s],),
        ([t, t],),
        ([[s, 0.1], [0.1, s]],),
        ([s, s], a[:2].copy()),
        (t, t, t),
        (a.copy(), a.copy(), t),
        (a.copy(), 0, s),
        (a.copy(), [0, 1], t[:2]),
        (a.copy(), flags, t),
        (flags, a.copy(), t),
        (flags, t),
        ([flags], [t]),
        (lambda x: x, t),
        (lambda x: s, 0, b.copy()),
        (2, 0.5, s),
        (0.5, s, 3),
        ((2,), s),
    ]


def floats(item, found):
    """The numbers in a result (or in what was written to) that carry no graph."""
    if isinstance(item, Tensor):
        if not item.requires_grad and item.dtype.kind == "f":
            found.append(item.numpy().copy())
    elif isinstance(item, (np.ndarray, np.generic)):
        array = np.asarray(item)
        if array.dtype.kind in "fc":
            found.append(array.copy())
        elif array.dtype == object:
            for part in array.reshape(-1).tolist():
                floats(part, found)
    elif isinstance(item, (float, complex)):
        found.append(np.asarray(item))
    elif isinstance(item, (list, tuple, np.broadcast)):
        for part in item:
            floats(part, found)
    elif isinstance(item, dict):
        floats([*item.values()], found)
    return found


def outcome(function, args):
    """What a call gives away, and whether it was told; None where it raises."""
    with warnings.catch_warnings(record=True) as told, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            result = function(*args)
            if isinstance(result, types.GeneratorType) or hasattr(result, "__next__"):
                result = [part for part, _ in zip(result, range(3))]
        except (Exception, SystemExit):
            return None
    away = floats([result, *[arg for arg in args if isinstance(arg, np.ndarray)]], [])
    return away, any(warning.category is DetachedWarning for warning in told)


def differ(first, second):
    """Whether two outcomes are not the same numbers: they depend on the tensors."""
    if len(first) != len(second):
        return True
    return any(
        a.shape != b.shape or not np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(first, second)
    )


CONSTANT = ("nextafter",)
"""Functions that have no gradient, as in PyTorch."""


def escapes(functions):
    """The calls that hand out values silently."""
    found = []
    for name, function in functions:
        if name.startswith(CONSTANT):
            continue
        for number, (args, others) in enumerate(zip(arguments(0.0), arguments(0.05), strict=True)):
            one, other = outcome(function, args), outcome(function, others)
            if one and other and differ(one[0], other[0]) and not (one[1] and other[1]):
                found.append(f"{name}, call {number}")
    return found


def public(module):
    """The functions of a module that can be called without harm."""
    return [
        (name, function)
        for name, function in sorted(vars(module).items())
        if callable(function)
        and not name.startswith(("_", *EXCLUDED))
        and name not in READERS
        and not (isinstance(function, type) and issubclass(function, (Exception, Warning)))
    ]


NUMPY = ["numpy", "linalg"]
RARER = "fft emath ma lib.stride_tricks polynomial.polynomial polynomial.chebyshev".split()


def of_numpy(name):
    """What escapes from the functions of one of NumPy's modules."""
    modules = {"numpy": np, "emath": np.emath}
    module = modules.get(name) or importlib.import_module(f"numpy.{name}")
    found = escapes(public(module))
    if name == "ma":  # np.ma.getdata() takes the attribute in which a tensor, too, has its array
        return [call for call in found if not call.startswith(("getdata,", "median,"))]
    return found


def of_arrays():
    """What escapes from the methods of arrays."""

    def method(name):
        return lambda *args: getattr(np.asarray(args[0]), name)(*args[1:])

    names = [
        name for name in dir(np.ndarray) if not name.startswith(("_", "to", "dump", *EXCLUDED))
    ]
    names += ["__setitem__", "__getitem__", "__matmul__", "__add__", "__pow__", "__divmod__"]
    calls = [(name, method(name)) for name in names]
    return [call for call in escapes(calls) if call.endswith(NDARRAY_FIRST)]


NDARRAY_FIRST = tuple(
    f", call {i}" for i, args in enumerate(arguments(0.0)) if isinstance(args[0], np.ndarray)
)


def of_generators():
    """What escapes from the methods of a generator of random numbers."""

    def method(name):
        return lambda *args: getattr(np.random.default_rng(0), name)(*args)

    names = [
        name for name in dir(np.random.Generator) if not name.startswith(("_", "bit", "spawn"))
    ]
    return escapes([(name, method(name)) for name in names])


def of_ufuncs():
    """What escapes from the methods of ufuncs."""
    return escapes(
        [
            (f"{name}.{method}", getattr(ufunc, method))
            for name, ufunc in public(np)
            if isinstance(ufunc, np.ufunc)
            for method in ("reduce", "accumulate", "outer", "reduceat", "at")
        ]
    )


def of_scipy(name):
    """What escapes from the functions of one of SciPy's modules."""
    return escapes(public(importlib.import_module(f"scipy.{name}")))


def of_distributions():
    """What escapes from SciPy's distributions and statistics."""
    stats = importlib.import_module("scipy.stats")
    methods = ("pdf", "logpdf", "cdf", "logcdf", "sf", "ppf", "mean", "std", "entropy", "interval")
    calls = [
        (f"{name}.{method}", getattr(getattr(stats, name), method))
        for name in ("norm", "gamma", "beta", "expon", "t")
        for method in methods
    ]
    names = "zscore pearsonr spearmanr ttest_ind describe skew kurtosis gmean hmean iqr trim_mean"
    return escapes([*calls, *[(name, getattr(stats, name)) for name in names.split()]])


def elsewhere(call):
    """What a call of this module gives, in a process of its own.

    NumPy and SciPy are called with arguments that nobody had in mind, and on some of them, at times,
    they end their process: then it is tried once more.
    """
    root = Path(__file__).resolve().parents[2]
    program = (
        f"import json; from tests.tensors import test_namespaces as t; print(json.dumps(t.{call}))"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            capture_output=True,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        if done.returncode >= 0:
            break
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def seldom(calls):
    """Calls of what tensors seldom meet: each takes a process of a second or two."""
    return [pytest.param(call, marks=pytest.mark.slow) for call in calls]


CALLS = [f"of_numpy({name!r})" for name in NUMPY] + ["of_arrays()", "of_ufuncs()"]
CALLS += seldom(["of_generators()", *[f"of_numpy({name!r})" for name in RARER]])
SCIPY = ["of_scipy('special')"]
SCIPY += seldom([f"of_scipy({name!r})" for name in ("linalg", "fft", "integrate", "signal")])
SCIPY += seldom(["of_distributions()"])


@pytest.mark.parametrize("call", CALLS)
def test_nothing_of_numpy_hands_out_values_silently(call):
    assert elsewhere(call) == []


@pytest.mark.parametrize("call", SCIPY)
def test_nothing_of_scipy_hands_out_values_silently(call):
    pytest.importorskip("scipy")
    assert elsewhere(call) == []


def test_the_net_catches_what_escapes():
    def quiet(x):
        return x.detach().numpy() * 2

    def sly(x, y):
        x[...] = y.detach().numpy()

    assert "quiet, call 0" in escapes([("quiet", quiet)])
    assert "sly, call 6" in escapes([("sly", sly)])
    assert escapes([("loud", np.asarray), ("connected", np.exp), ("shape", np.shape)]) == []
