"""Compiled functions as machine code: the numbers of the function, and code that is found again."""

import os
import subprocess
import sys

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import tensor
from autograd_engine.core import jit
from autograd_engine.transforms.compiler import nativecode

from .programs import programs
from .test_compile import (
    LAYER_FUNCTIONS,
    LOSS,
    OPTIMIZERS,
    SAMPLES,
    by_hand,
    check_other_values,
    close,
    trained,
)


@pytest.fixture(autouse=True)
def needs_numba():
    pytest.importorskip("numba")


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory):
    """Machine code is kept where it disturbs nobody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(jit.CACHE_VARIABLE, str(tmp_path_factory.mktemp("compiled")))
        yield


def many_things(x, w, count, index):
    """Loops of several shapes, sums over every axis, views, products, decisions, integers."""
    h = (x @ w).tanh()
    shifted = h - h.amax(1, keepdim=True)
    p = shifted.exp() / shifted.exp().sum(1, keepdim=True)
    rows = ag.where(p > 0.3, p, p * p).transpose(0, 1)
    spread = (rows[1:, ::2] * 2).sum() + h.sum(0).square().mean() + (x * count).sum()
    batch = x.reshape(2, 2, 3) @ w[:, :2].reshape(3, 2).expand(2, 3, 2)
    picked = p.log()[ag.arange(4), index]
    return (
        spread + batch.clamp(-0.5, None).minimum(tensor(1.0, dtype=x.dtype)).sum() - picked.mean()
    )


def test_a_loop_and_a_product_with_gradients():
    """The small sample of every day; the tests below are thorough and slow."""

    def f(x, w):
        return ((x @ w + x.sum(1, keepdim=True)).relu() / 3).mean()

    fast = ag.compile(ag.value_and_grad(f, argnums=1), backend="numba")
    for _ in range(2):
        x, w = ag.randn(4, 3), ag.randn(3, 3).T
        (y, g), (expected, exact) = fast(x, w), fast.function(x, w)
        close([y.numpy(), g.numpy()], [expected.numpy(), exact.numpy()], 1e-5)
    assert "all in machine code (1 function, " in fast.report()


def test_single_numbers_go_through_a_tape():
    """Every operation that a tape has, and what it takes apart and puts together."""

    def f(w, x):
        a, b, c = w.unbind()
        total = x * 0
        for i in range(3):
            for y in (a + b, a * b, a - c, a / (b * b + 2), -a, a.maximum(b), a.minimum(c)):
                total = total + y.tanh() * (i + 1)
            for y in (b.exp(), (c * c + 1).log(), (a * a + 1).sqrt(), a.abs(), b.sin(), c.cos()):
                total = total * 0.5 + ag.where(y > a, y, y * y)
            total = total + (b * b).log1p() + (c / 4).expm1() + (a * a + 1) ** b + ag.square(c)
            total = total + (a >= b) * a + (b < c) * b + (a <= c) * c + (a == b) * 3 + (b != c) * 2
        return total + ag.stack([a, total, b]).sum()

    fast = ag.compile(ag.value_and_grad(f, argnums=(0, 1)), backend="numba")
    for _ in range(3):
        w, x = ag.randn(3, dtype="float64"), ag.randn((), dtype="float64")
        (y, grads), (expected, exact) = fast(w, x), fast.function(w, x)
        found = [y.numpy(), *(g.numpy() for g in grads)]
        close(found, [expected.numpy(), *(g.numpy() for g in exact)], 1e-13)
    (program,) = fast.programs.values()
    assert program.forward.tapes >= 1 and "machine code" in fast.report()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_formulas_and_greatest_numbers_of_anything():
    """NaN of either sign wins, infinities and zeros are what they are in eager mode."""

    def f(x):
        terms = [x.exp(), x.abs().log(), x.tanh(), x.sigmoid(), x.erf()]
        ends = [x.amax(1), x.amin(1), (x * 2).amax(0), x.amax()]
        blocks = (x + 1).reshape(6, 50, 50)
        ends += [blocks.sum((0, 2)), blocks.amax((0, 2)), blocks.amin((0, 2)), blocks.sum(1)]
        return [*terms, *[term.sum(1) for term in terms], *ends]

    fast = ag.compile(f, backend="numba")
    odd = [
        [np.nan, -np.nan, np.inf, -np.inf],
        [-np.inf] * 4,
        [np.inf] * 4,
        [0.0, -0.0, 1e-44, -90.0],
    ]
    for i in range(2 * len(odd)):
        x = 3 * ag.randn(6, 2500)
        x[i % 5, :4] = tensor(odd[i % len(odd)])
        x[5] = -np.inf
        x[4, i] = -np.nan
        for a, b in zip(fast(x), f(x)):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-30)
    assert "all in machine code" in fast.report()


@pytest.mark.slow
def test_a_long_program_is_cut_and_layers_that_are_alike_are_compiled_once(monkeypatch):
    made = []

    def counted(source, name, given):
        made.append(jit.compiled(source, name, given))
        return made[-1]

    monkeypatch.setattr(nativecode, "compiled", counted)
    layers = []
    for _ in range(12):
        layers += [nn.Linear(6, 6), nn.LayerNorm(6), nn.Tanh()]
    model = nn.Sequential(*layers)

    def both(x):
        y = model(x).square().mean()
        return y, *ag.grad(y, list(model.parameters()))

    fast = ag.compile(both, backend="numba")
    for _ in range(3):
        x = ag.randn(5, 6)
        for a, b in zip(fast(x), both(x)):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-6)
    different = len({id(code.call) for code in made})
    assert len(made) > 20 and different < len(made) / 2
    assert "a product in a long program" in fast.report()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_function_with_many_things_in_it(dtype):
    ag.manual_seed(0)
    both = ag.value_and_grad(many_things, argnums=(0, 1))
    fast = ag.compile(both, backend="numba")
    rtol = 1e-4 if dtype == "float32" else 1e-12
    for i in range(3):
        given = ag.randn(4, 3, dtype=dtype), ag.randn(3, 5, dtype=dtype)
        given += tensor(i), tensor([0, -1, i, 2])
        if i == 2:  # what does not lie in memory as usual
            given = given[0].T.contiguous().T, *given[1:]
        (y, grads), (expected, exact) = fast(*given), both(*given)
        close(
            [y.numpy(), *(g.numpy() for g in grads)],
            [expected.numpy(), *(g.numpy() for g in exact)],
            rtol,
        )
    assert len(fast.programs) == 1 and "machine code" in fast.report()
    with pytest.raises(IndexError, match="out of bounds"):
        fast(*given[:3], tensor([0, 1, 5, 0]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_that_are_not_finite_and_long_sums():
    def f(x):
        return (1 / x).sum(), x.log().amax(0), x.sum(), (x * 0.1).sum(1)

    fast = ag.compile(f, backend="numba")
    for x in (ag.zeros(3, 400), -ag.ones(3, 400), ag.full((3, 400), np.inf), ag.rand(3, 400)):
        x = x.double()
        x[0, 0] = -1.0
        for a, b in zip(fast(x), f(x)):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-14)


def fast_step(model, loss, optimizer):
    return nn.training.compiled_step(model, loss, optimizer, backend="numba")


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_of_training(name):
    losses, params, *_ = trained(by_hand, OPTIMIZERS[name])
    fast_losses, fast_params, *_ = trained(fast_step, OPTIMIZERS[name])
    np.testing.assert_allclose(fast_losses, losses, rtol=1e-4)
    for a, b in zip(params, fast_params):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-5)


def test_without_numba_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match=r"autograd-engine\[fast\]"):
        ag.compile(lambda x: x, backend="numba")


def test_a_file_that_holds_something_else_is_not_run(monkeypatch, tmp_path):
    monkeypatch.setenv(jit.CACHE_VARIABLE, str(tmp_path))
    path = jit._kept_source("x = 1\n", "()")
    path.write_text("raise SystemExit\n")
    assert jit._kept_source("x = 1\n", "()") == path and path.read_text() == "x = 1\n"
    assert jit._kept_source("x = 1\n", "(i8)") != path
    monkeypatch.setenv(jit.CACHE_VARIABLE, "")
    assert jit._kept_source("x = 1\n", "()") is None


@pytest.mark.slow
def test_another_process_finds_the_machine_code(tmp_path):
    code = (
        "import autograd_engine as ag\n"
        "f = ag.compile(lambda x: (x.tanh() * 2).sum(), backend='numba')\n"
        "f(ag.ones(3)); print(f.report())\n"
    )
    environment = {**os.environ, jit.CACHE_VARIABLE: str(tmp_path)}
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert "from disk" in run.stdout


# --- everything -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name]])
def test_every_op(name):
    """On its first sample: each takes a second or more to compile."""
    case = SAMPLES[name][0]
    check_other_values(name, case, (case.differentiable,), "numba")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in LAYER_FUNCTIONS if not LOSS.search(name)])
def test_every_function_of_nn(name):
    check_other_values(name, LAYER_FUNCTIONS[name], (True,), "numba")


@pytest.mark.slow
@pytest.mark.parametrize("make, shapes", [pytest.param(*row, id=id) for id, *row in programs()])
def test_programs(make, shapes):
    ag.manual_seed(0)
    f = make()
    fast = ag.compile(f, backend="numba")
    for _ in range(3):
        xs = [ag.randn(*shape).requires_grad_() for shape in shapes]
        wanted = [*xs, *getattr(f, "parameters", list)()]
        found = ag.grad(fast(*xs), wanted, materialize_grads=True)
        exact = ag.grad(f(*xs), wanted, materialize_grads=True)
        close([g.numpy() for g in found], [g.numpy() for g in exact], 1e-4)
