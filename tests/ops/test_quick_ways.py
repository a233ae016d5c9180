"""Where a kernel has a quick way for common cases, it gives what the plain way gives, also for NaN,
infinities, ties, odd sizes, other layouts in memory, other dtypes and nothing at all.
"""

import itertools
import math
import os
import platform
import subprocess
import sys
import warnings

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.recurrence
from autograd_engine import Tensor
from autograd_engine.ops import convolution, pooling
from autograd_engine.ops.convolution import Geometry

SPECIAL = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e30, -1e30, 1e-45, 3e38], np.float32)


def test_erf_in_float32_is_right_to_a_millionth_everywhere():
    special = pytest.importorskip("scipy.special")
    ramp = np.linspace(-7, 7, 300_001)
    sizes = np.geomspace(1e-38, 3e38, 50_001)
    x = np.concatenate([ramp, sizes, -sizes]).astype(np.float32)
    y = ag.erf(x)
    exact = special.erf(x.astype(float))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, exact, rtol=4e-7, atol=0)
    assert abs(y).max() == 1
    np.testing.assert_array_equal(ag.erf(SPECIAL[:5]), [math.nan, 1, -1, 0, -0.0])
    assert np.signbit(ag.erf(np.float32(-0.0)))
    for part in (x[::999], x[:300_000].reshape(300, 1000).T, x[:0], x[:5]):  # whatever the layout
        np.testing.assert_array_equal(ag.erf(part), np.array([ag.erf(v) for v in part]))


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_of_many_numbers(approximate):
    rng = np.random.default_rng(0)
    x = rng.uniform(-6, 6, 100_003)
    x[:6] = [0, -0.0, 1e-310, -1e-35, 40, -40]

    def both(values):
        leaf = Tensor(values, requires_grad=True)
        y = nn.functional.gelu(leaf, approximate=approximate)
        weights = np.linspace(-1, 1, values.size).reshape(values.shape).astype(values.dtype)
        (slope,) = ag.grad(y, leaf, Tensor(weights), create_graph=True)
        (plain,) = ag.grad(nn.functional.gelu(leaf, approximate=approximate), leaf, Tensor(weights))
        (second,) = ag.grad(slope.sum(), leaf)
        return y.numpy(), slope.numpy(), plain.numpy(), second.numpy()

    wide = both(x)
    np.testing.assert_allclose(wide[1], wide[2], rtol=1e-12, atol=1e-14)
    narrow = both(x.astype(np.float32))
    for found, expected in zip(narrow, wide):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    few = both(x[:100].reshape(10, 10).T)
    many = [part[:100].reshape(10, 10).T for part in wide]
    for found, expected in zip(few[:1], many[:1]):
        np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    "shape, kernel",
    [
        ((2, 3, 5, 7), (2, 2)),
        ((2, 1, 6, 7), (3, 2)),
        ((1, 2, 9), (4,)),
        ((1, 2, 4, 5, 2), (2,) * 3),
    ],
)
def test_windows_edge_to_edge(shape, kernel, dtype):
    """Against the way by places, with ties, NaN and infinite cotangents."""
    rng = np.random.default_rng(0)
    n = len(kernel)
    values = rng.integers(0, 3, shape).astype(dtype)
    with_nan = values.copy()
    with_nan.reshape(-1)[rng.integers(0, values.size, 5)] = math.nan
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(values, -1, 0)), 0, -1)
    for x in (values, with_nan, turned, values[:0]):
        x = Tensor(x, requires_grad=True)
        y = getattr(ag, f"max_pool{n}d")(x, kernel)
        places = pooling._places_of(x, kernel)
        np.testing.assert_array_equal(y.numpy(), pooling._elements(x.numpy(), places=places))
        values_too, indices = getattr(ag, f"max_pool{n}d")(x, kernel, return_indices=True)
        np.testing.assert_array_equal(y.numpy(), values_too.numpy())
        g = rng.standard_normal(y.shape).astype(dtype)
        g.reshape(-1)[:2] = [math.inf, -math.inf][: g.size]
        (found,) = ag.grad(y, x, Tensor(g), retain_graph=True)
        expected = np.zeros(x.shape, dtype)
        expected.reshape(-1)[np.asarray(places)] = g
        np.testing.assert_array_equal(found.numpy(), expected)
        if dtype == "float64" and x.size:
            cotangent = Tensor(rng.standard_normal(y.shape), requires_grad=True)
            (first,) = ag.grad(y, x, cotangent, create_graph=True)
            back, none = ag.grad((first * first).sum(), [cotangent, x])
            np.testing.assert_allclose(back.numpy(), 2 * cotangent.detach().numpy())
            assert not none.numpy().any()


CONVOLUTIONS = [
    ((2, 4, 9, 8), (6, 4, 3, 3), Geometry((1, 1), ((1, 1), (1, 1)), (1, 1), 1)),
    ((3, 4, 9, 8), (6, 2, 3, 2), Geometry((1, 1), ((0, 2), (-1, 1)), (2, 1), 2)),
    ((2, 4, 40), (4, 1, 5), Geometry((1,), ((2, 2),), (1,), 4)),
    ((2, 3, 5, 6, 7), (4, 3, 2, 3, 1), Geometry((1, 1, 1), ((0, 0), (1, 0), (0, 0)), (1,) * 3, 1)),
    ((0, 2, 5, 5), (2, 2, 3, 3), Geometry((1, 1), ((1, 1), (1, 1)), (1, 1), 1)),
]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("case", range(len(CONVOLUTIONS)))
def test_a_kernel_that_moves_by_one(case, dtype, monkeypatch):
    """Against columns of windows, and in parts of one sample."""
    shape, weight_shape, geometry = CONVOLUTIONS[case]
    rng = np.random.default_rng(0)
    x, w, bias = (rng.standard_normal(s) for s in (shape, weight_shape, weight_shape[:1]))
    x, w, bias = x.astype(dtype), w.astype(dtype), bias.astype(dtype)
    x[..., :1] *= 1e3

    def results():
        y = convolution._conv(x, w, bias, geometry=geometry)
        g = np.cos(y)
        return y, convolution._conv_input(g, w, shape=shape, geometry=geometry)

    monkeypatch.setattr(convolution, "_rows_run_on", lambda *args: False)
    plain = results()
    monkeypatch.setattr(convolution, "_rows_run_on", lambda *args: True)
    tolerance = {"float16": 2e-2, "float32": 2e-4, "float64": 1e-10}[dtype]
    for cache in (2**21, 1):
        monkeypatch.setattr(convolution, "CACHE", cache)
        for found, expected in zip(results(), plain):
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_softmax_of_many_short_rows(dtype):
    rng = np.random.default_rng(0)
    x = (4 * rng.standard_normal((3, 50, 40))).astype(dtype)
    x[0, 0, :3] = [math.inf, math.nan, 1]
    x[1, :5, 1:] = -math.inf
    x[2, 0] = -math.inf
    g = rng.standard_normal(x.shape).astype(dtype)
    tolerance = {"float16": 2e-3, "float32": 2e-6, "float64": 1e-14}[dtype]
    for name in ("softmax", "log_softmax"):
        function = getattr(ag, name)
        leaf = Tensor(x, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is infinite
            found = function(leaf, -1)
            slope = ag.grad(found, leaf, Tensor(g), retain_graph=True)[0]
            recorded = ag.grad(found, leaf, Tensor(g), create_graph=True)[0]
            rows = np.array([[function(row, -1) for row in block] for block in x])
        np.testing.assert_allclose(found.numpy(), rows, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(
            slope.numpy(), recorded.numpy(), rtol=8 * tolerance, atol=0.05 * tolerance**0.5
        )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_choice_by_a_mask_for_many_parts(dtype):
    """To the bit, on both sides, through the sweep too."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 5, 6, 7)).astype(dtype)
    x[0, 0] = np.resize(SPECIAL[:5], (6, 7))
    bits = f"i{x.itemsize}"
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 0)), 0, -1)
    masks = [rng.random(shape) < 0.5 for shape in ((6, 7), (5, 1, 7), (1, 1, 1, 1), x.shape)]
    for mask, value, array in itertools.product(masks, (-math.inf, math.nan, -0.0), (x, turned)):
        leaf = Tensor(array, requires_grad=True)
        number = np.array(value, dtype)
        wide = np.broadcast_to(mask, x.shape).copy()
        for y, kept in ((ag.where(mask, leaf, value), wide), (ag.where(mask, value, leaf), ~wide)):
            expected = np.where(kept, array, number)
            np.testing.assert_array_equal(y.numpy().view(bits), expected.view(bits))
            (slope,) = ag.grad(y, leaf, Tensor(array))
            expected = np.where(kept, array, np.zeros((), dtype))
            np.testing.assert_array_equal(slope.numpy().view(bits), expected.view(bits))


def test_products_of_batches_with_one_matrix():
    rng = np.random.default_rng(0)
    w = rng.standard_normal((4, 3))
    for shape in ((2, 5, 3), (2, 0, 3), (2, 1, 5, 3), (0, 2, 3)):
        x = rng.standard_normal(shape)
        turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 0)), 0, -1)
        for array in (x, turned, x[::-1]):
            y = ag.linear(Tensor(array), Tensor(w)).numpy()
            np.testing.assert_allclose(y, np.einsum("...i,oi->...o", array, w), rtol=1e-12)
            assert (Tensor(array) @ Tensor(w.T)).shape == y.shape


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layer_norm_of_many_short_rows(dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 40, 30))
    x[0] += 1e3
    x[1] = 12345.0
    g = rng.standard_normal(x.shape)
    leaf = Tensor(x.astype(dtype), requires_grad=True)
    y = nn.functional.layer_norm(leaf, 30)
    quick = ag.grad(y, leaf, Tensor(g.astype(dtype)), retain_graph=True)[0]
    recorded = ag.grad(y, leaf, Tensor(g.astype(dtype)), create_graph=True)[0]
    centred = x - x.mean(-1, keepdims=True)
    expected = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    tolerance = {"float32": 3e-4, "float64": 1e-11}[dtype]
    np.testing.assert_allclose(y.numpy(), expected, atol=tolerance)
    np.testing.assert_allclose(
        quick.numpy(), recorded.numpy(), rtol=tolerance, atol=100 * tolerance
    )


def test_memory_that_was_freed_is_used_again():
    """Without new pages of the system, of which each costs as much as a thousand numbers."""
    pytest.importorskip("resource")
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another allocator")
    code = """
import resource, autograd_engine, numpy as np
for repeat in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    arrays = [np.ones(2**18, np.float32) for _ in range(16)]
    del arrays
    count = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(count)
"""
    settings = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
    run = [sys.executable, "-c", code]
    out = subprocess.run(run, capture_output=True, text=True, check=True, env=settings)
    assert int(out.stdout) < 200


@pytest.mark.parametrize("projected", [False, True])
def test_the_lstm_sweep(projected):
    """On arrays as on tensors."""
    rng = np.random.default_rng(0)
    steps, batch, size = 4, 3, 5
    width = 2 if projected else size
    shapes = [(steps, batch, 4 * size), (batch, width), (batch, size), (4 * size, width)]
    if projected:
        shapes.append((width, size))
    leaves = [Tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]
    for used in ([0], [1], [2], [0, 1, 2]):
        outputs = nn.recurrence.lstm(*leaves)
        loss = sum((outputs[i] * outputs[i].detach().cos()).sum() for i in used)
        quick = ag.grad(loss, leaves, retain_graph=True)
        slow = ag.grad(loss, leaves, create_graph=True)
        for a, b in zip(quick, slow):
            np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-12)
