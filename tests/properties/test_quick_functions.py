"""Each function that has a kernel gives with it what NumPy gives: for both dtypes, however arrays lie
in memory, of sizes that no register divides, of nothing, of infinities, NaN, ties and large numbers;
and so does its rule.
"""

import os

import nn
import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine.core import jit, kernels
from autograd_engine.core.primitive import registry

FEW = ["silu"]
"""Those that are tried every day: the compiler needs a second for each kernel."""

ELEMENTWISE = {
    **{name: registry[name] for name in "exp expm1 log log1p tanh sigmoid sqrt".split()},
    "softplus of one argument": ag.softplus.op,
    **{
        name: getattr(nn.functional, name).op
        for name in "elu celu selu softplus logsigmoid silu mish gelu".split()
    },
}
PARAMS = {
    "elu": [{"alpha": 1.5}],
    "celu": [{"alpha": 0.7}],
    "softplus": [{"beta": 1.0, "threshold": 20.0}, {"beta": 3.0, "threshold": 2.0}],
    "gelu": [{"approximate": "none"}, {"approximate": "tanh"}],
}
ALONG = ["softmax", "log_softmax", "logsumexp"]
RECURRENT = {"elman": 1, "lstm": 4, "gru": 3}
"""By op, its gates."""

SHAPES = [(3, 70), (4, 5, 6), (1, 1), (7,), (0, 3), (3, 0), (2, 1025), (2, 1030, 3)]
SPECIAL = {
    "usual": lambda x: x,
    "large": lambda x: x * 1000,
    "tiny": lambda x: x * 1e-38,
    "-inf among them": lambda x: np.where(np.arange(x.size).reshape(x.shape) % 7, x, -np.inf),
    "inf among them": lambda x: np.where(np.arange(x.size).reshape(x.shape) % 9, x, np.inf),
    "NaN among them": lambda x: np.where(np.arange(x.size).reshape(x.shape) % 11, x, np.nan),
    "nothing but -inf": lambda x: np.full_like(x, -np.inf),
    "ties": lambda x: np.full_like(x, 3),
    "zeros": lambda x: x * 0,
}
LAYOUTS = {
    "rows": lambda x: x,
    "columns": lambda x: np.asfortranarray(x),
    "every other": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "backwards": lambda x: np.ascontiguousarray(x[::-1])[::-1],
}


@pytest.fixture
def both(monkeypatch, tmp_path_factory):
    """A function's results with and without kernels, which run for arrays of any size."""
    pytest.importorskip("numba")
    if jit.CACHE_VARIABLE not in os.environ:
        monkeypatch.setenv(jit.CACHE_VARIABLE, str(tmp_path_factory.mktemp("compiled")))
    monkeypatch.setattr(kernels, "SMALLEST", 0)
    before = ag.kernels.is_enabled()
    ran = []
    call = kernels.Kernel.__call__
    monkeypatch.setattr(
        kernels.Kernel, "__call__", lambda self, *args: ran.append(self) or call(self, *args)
    )

    def results(function, *args, **params):
        found = []
        for mode in (True, False):
            ag.kernels.set_enabled(mode)
            with np.errstate(all="ignore"):
                out = function(*args, **params)
            found.append(out if isinstance(out, (tuple, list)) else [out])
        return zip(*found)

    results.ran = ran
    yield results
    ag.kernels.set_enabled(before)


def arrays(dtype):
    """Arrays of all shapes, kinds of numbers and layouts, with a text that says which."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        usual = rng.standard_normal(shape)
        for kind, special in SPECIAL.items():
            for layout, laid in LAYOUTS.items():
                if kind in ("usual", "NaN among them") or layout == "rows":
                    yield laid(special(usual).astype(dtype)), f"{kind}, {layout} {shape} {dtype}"


def check(pairs, of, size=1.0):
    """The same shape and dtype, and numbers that differ in the last places alone."""
    for quick, plain in pairs:
        if plain is None:
            assert quick is None, of
            continue
        quick, plain = np.asarray(quick), np.asarray(plain)
        assert quick.shape == plain.shape and quick.dtype == plain.dtype, of
        eps = float(np.finfo(plain.dtype).eps)
        np.testing.assert_allclose(
            quick, plain, rtol=64 * eps, atol=max(16 * eps * size, 1e-44), err_msg=of
        )


def first_rule(op, params):
    """The rule of the first argument, and how it is called with what it takes of ``values``."""
    rule = op.rules[0]
    return lambda g, values: rule.vjp(g, *[{**values, **params}[name] for name in rule.names])


def cases(names):
    return [pytest.param(x, marks=() if x in FEW else pytest.mark.slow) for x in names]


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", cases(ELEMENTWISE))
def test_of_each_element(name, dtype, both):
    op = ELEMENTWISE[name]
    for params in PARAMS.get(name, [{}]):
        rule = first_rule(op, params)
        for x, of in arrays(dtype):
            check(both(op.forward, x, **params), f"{name} {params} {of}")
            with np.errstate(all="ignore"):
                values = {"x": x, "y": op.forward(x, **params)}
            g = np.cos(np.arange(x.size, dtype=dtype)).reshape(x.shape)
            if "inf" not in of:  # inf - inf is NaN in one order and not in another
                check(both(rule, g, values), f"rule of {name} {params} {of}", size=10)
    assert both.ran or dtype == "float64"


@pytest.mark.parametrize("dtype", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", cases(ALONG))
def test_along_a_dimension(name, dtype, both):
    op = registry[name]
    for x, of in arrays(dtype):
        size = 1000.0 if "large" in of else 10.0
        g = np.cos(np.arange(x.size, dtype=dtype)).reshape(x.shape)
        for dim in range(-1, x.ndim - 1):
            if name == "logsumexp":
                check(both(op.forward, x, dim=dim, keepdim=dim == 0), f"{name} {dim} {of}", size)
                continue
            check(both(op.forward, x, dim=dim), f"{name} {dim} {of}", size)
            with np.errstate(all="ignore"):
                y = op.forward(x, dim=dim)
            check(both(op.rules[0].vjp, g, y, dim), f"rule of {name} {dim} {of}", size)
    assert both.ran


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("centred", [True, False])
def test_normalization(centred, dtype, both):
    op = registry["normalize_rows"]
    rng = np.random.default_rng(0)
    for x, of in arrays(dtype):
        if "usual" not in of and "NaN" not in of and "zeros" not in of:
            continue
        for count in range(1, x.ndim + 1):
            features = x.shape[x.ndim - count :]
            for weight, bias in ((True, True), (True, False), (False, False)):
                w = rng.standard_normal(features).astype(dtype) if weight else None
                b = rng.standard_normal(features).astype(dtype) if bias else None
                given = {"count": count, "eps": 1e-3, "centred": centred}

                def run(x=x, w=w, b=b, given=given):
                    kept = {}
                    y = op.forward(x, w, b, **given, kept=kept)
                    g = np.cos(np.arange(x.size, dtype=dtype)).reshape(x.shape)
                    return y, *op.joint.vjp(g, x, w, b, *given.values(), kept)

                check(both(run), f"{given} {of}", size=100)
    assert both.ran


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RECURRENT)
def test_recurrences(name, dtype, both):
    rng = np.random.default_rng(0)
    function = registry[name].function
    for steps, batch, size in ((3, 5, 9), (1, 1, 1), (4, 2, 33)):
        gates = RECURRENT[name]
        shapes = [(steps, batch, gates * size), (batch, size), (gates * size, size)]
        if name == "lstm":
            shapes.insert(2, (batch, size))
        given = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
        given[0] = np.asfortranarray(given[0])

        def run(given=given):
            leaves = [ag.tensor(x, requires_grad=True) for x in given]
            more = () if name == "elman" else (None,)
            out = function(*leaves, *more)
            states = out if name == "elman" else out[0]
            loss = (states * states).sum()
            if name == "lstm":
                loss = loss + out[1][-1].sum()
            return [states.numpy(), *[x.numpy() for x in ag.grad(loss, leaves)]]

        check(both(run), f"{name} {steps} {batch} {size} {dtype}", size=100)
    assert both.ran


def test_a_dimension_that_is_not_there_is_refused_by_kernels_too(both):
    for name in ALONG:
        for dim in (2, -3):
            with pytest.raises(IndexError):
                registry[name].function(ag.ones(3, 4), dim=dim)
    with pytest.raises(RuntimeError):
        nn.CELU(0)(ag.zeros(2))
    assert not both.ran
