"""What loops of machine code compute for convolution, pooling and normalisation, against the NumPy
code beside which they stand.
"""

import contextlib
import itertools
import math

import numpy as np
import pytest

import autograd_engine as ag
import nn.normalization as normalization
from autograd_engine.core import kernels
from autograd_engine.ops import convolution, convolution_loops, pooling
from autograd_engine.ops.geometry import Geometry

DTYPES = [np.float32, pytest.param(np.float64, marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def loops(monkeypatch):
    """Loops for arrays of any size."""
    pytest.importorskip("numba")
    monkeypatch.setattr(kernels, "SMALLEST", 0)
    before = ag.kernels.is_enabled()
    ag.kernels.set_enabled(True)
    yield
    ag.kernels.set_enabled(before)


@contextlib.contextmanager
def numpy_alone():
    ag.kernels.set_enabled(False)
    try:
        yield
    finally:
        ag.kernels.set_enabled(True)


def assert_same(function, *args, taken=True, quick=None, **params):
    """That loops give what NumPy gives, with the same dtype and shape."""
    with np.errstate(all="ignore"):
        found = function(*args, **params)
        with numpy_alone():
            expected = function(*args, **params)
        if quick is not None:
            assert (quick(*args, **params) is not None) == taken
    assert found.dtype == expected.dtype and found.shape == expected.shape
    finite = expected[np.isfinite(expected)]
    scale = abs(finite).max() if finite.size else 1.0
    few = 40 * np.finfo(found.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=few, atol=few * scale)


def layouts(x):
    """The same numbers, lying in memory in several ways."""
    turned = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return {
        "contiguous": x,
        "channels last": turned,
        "every other": wide[..., ::2],
        "transposed": np.ascontiguousarray(x.swapaxes(0, 1)).swapaxes(0, 1),
    }


def numbers(rng, shape, dtype):
    return rng.standard_normal(shape).astype(dtype)


def plain(n, **params):
    usual = {"stride": (1,) * n, "padding": ((0, 0),) * n, "dilation": (1,) * n, "groups": 1}
    return Geometry(**(usual | params))


CONVOLUTIONS = {
    "columns": ((3, 4, 9, 11), (6, 4, 3, 3), plain(2, padding=((1, 1), (1, 1)))),
    "wide rows": ((2, 5, 3, 21), (4, 5, 2, 4), plain(2, padding=((0, 1), (2, -1)))),
    "few taps": ((3, 2, 9, 8), (5, 2, 2, 3), plain(2, padding=((1, 0), (0, 2)))),
    "strided": ((2, 6, 9, 17), (8, 6, 3, 3), plain(2, stride=(2, 2), padding=((1, 1), (1, 1)))),
    "few strided": ((2, 2, 9, 8), (3, 2, 3, 2), plain(2, stride=(1, 3), dilation=(2, 1))),
    "dilated": ((2, 6, 13, 12), (4, 6, 3, 3), plain(2, dilation=(3, 2), padding=((3, 3), (0, 1)))),
    "groups": ((2, 12, 7, 9), (8, 6, 3, 3), plain(2, groups=2, padding=((1, 1), (1, 1)))),
    "depthwise": ((3, 5, 9, 8), (5, 1, 3, 3), plain(2, groups=5, padding=((1, 1), (1, 1)))),
    "depthwise twice": ((2, 3, 9, 8), (6, 1, 3, 2), plain(2, groups=3, stride=(2, 1))),
    "one tap": ((3, 40, 4, 5), (6, 40, 1, 1), plain(2)),
    "one tap strided": ((3, 40, 4, 5), (6, 40, 1, 1), plain(2, stride=(2, 3))),
    "one tap cropped": ((3, 40, 4, 5), (6, 40, 1, 1), plain(2, padding=((-1, 0), (0, -2)))),
    "many channels": ((2, 20, 5, 6), (3, 20, 3, 3), plain(2, padding=((1, 1), (1, 1)))),
    "long": ((2, 7, 60), (6, 7, 5), plain(1, padding=((2, 2),))),
    "longer": ((1, 1, 9000), (1, 1, 4), plain(1)),
    "volumes": ((2, 4, 4, 5, 6), (4, 4, 3, 2, 2), plain(3, stride=(1, 2, 1))),
    "one sample": ((1, 4, 9, 11), (6, 4, 3, 3), plain(2)),
    "no sample": ((0, 4, 9, 11), (6, 4, 3, 3), plain(2)),
    "a place": ((2, 4, 3, 3), (6, 4, 3, 3), plain(2)),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_convolution(dtype, monkeypatch):
    rng = np.random.default_rng(0)
    for room, (shape, w_shape, geometry) in itertools.product((1, 2**20), CONVOLUTIONS.values()):
        monkeypatch.setattr(convolution_loops, "ROOM", room)  # a sample at a time, or all
        x = numbers(rng, shape, dtype)
        w = numbers(rng, w_shape, dtype)
        bias = numbers(rng, w_shape[:1], dtype)
        given = {"geometry": geometry}
        y = convolution._conv(x, w, bias, **given)
        g = numbers(rng, y.shape, dtype)
        for part in layouts(x).values():
            assert_same(
                convolution._conv, part, w, bias, quick=convolution_loops.convolve_in_loops, **given
            )
            assert_same(convolution._conv, part, w, None, **given)
            assert_same(convolution._conv_weight, g, part, shape=w_shape, **given)
            if room == 1:
                break
        for part in layouts(g).values():
            assert_same(convolution._conv_input, part, w, shape=shape, **given)
            assert_same(convolution._conv_weight, part, x, shape=w_shape, **given)
            if room == 1:
                break
        for part in layouts(w).values():
            assert_same(convolution._conv, x, part, bias, **given)
            assert_same(convolution._conv_input, g, part, shape=shape, **given)


def test_convolution_of_what_is_not_finite():
    """NaN and infinities reach those places only that meet them."""
    rng = np.random.default_rng(0)
    for shape, w_shape, geometry in CONVOLUTIONS.values():
        x = numbers(rng, shape, np.float32)
        w = numbers(rng, w_shape, np.float32)
        g = numbers(rng, (len(x), len(w), *geometry.positions(shape[2:], w_shape[2:])), np.float32)
        if not x.size:
            continue
        x.reshape(-1)[[0, x.size // 2]] = math.nan, math.inf
        g.reshape(-1)[-1] = math.nan
        with np.errstate(all="ignore"):
            loops = convolution._conv(x, w, None, geometry=geometry)
            back = convolution._conv_input(g, w, shape=shape, geometry=geometry)
            weight = convolution._conv_weight(g, x, shape=w_shape, geometry=geometry)
            with numpy_alone():
                for found, expected in (
                    (loops, convolution._conv(x, w, None, geometry=geometry)),
                    (back, convolution._conv_input(g, w, shape=shape, geometry=geometry)),
                    (weight, convolution._conv_weight(g, x, shape=w_shape, geometry=geometry)),
                ):
                    assert np.array_equal(np.isnan(found), np.isnan(expected))


def test_sums_of_many_products_keep_their_digits():
    x = np.full((1, 1, 2**17), 0.1, np.float32)
    geometry = plain(1)
    weight = convolution._conv_weight(np.ones_like(x), x, shape=(1, 1, 1), geometry=geometry)
    np.testing.assert_allclose(weight, 2**17 * 0.1, rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_windows_side_by_side(dtype):
    """With ties, NaN and infinities, in rows that have a rest and in planes that have none."""
    rng = np.random.default_rng(0)
    for kernel in ((2, 2), (3, 2), (1, 3), (2, 5), (4,), (2,), (2, 2, 2)):
        n = len(kernel)
        for length in ((8, 18, 5), (7, 5, 4)):
            shape = (3, 2, *length[:n])
            x = rng.integers(0, 3, shape).astype(dtype)
            odd = rng.choice(np.array([0, 1, math.nan, math.inf, -math.inf], dtype), shape)
            for values in (*layouts(x).values(), odd, np.full_like(x, -math.inf), x[:0]):
                y = pooling._window_tops(values, kernel)
                g = numbers(rng, y.shape, dtype)
                g.reshape(-1)[:1] = math.inf
                assert_same(pooling._window_tops, values, kernel)
                for part in (g, layouts(g)["every other"]):
                    assert_same(pooling._to_greatest, part, values, kernel=kernel)


@pytest.mark.parametrize("dtype", DTYPES)
def test_places_of_the_greatest(dtype):
    rng = np.random.default_rng(0)
    for n, kernel, params in (
        (2, (3, 3), {"stride": (2, 2), "padding": ((1, 1), (1, 1))}),
        (2, (2, 3), {"stride": (1, 2), "dilation": (2, 1), "padding": ((1, 1), (0, 2))}),
        (1, (3,), {"stride": (1,), "padding": ((1, 2),)}),
        (3, (2, 1, 2), {"stride": (2, 1, 1), "padding": ((1, 0), (0, 0), (0, 0))}),
    ):
        shape = (3, 2, *(9, 8, 7)[:n])
        x = rng.integers(0, 3, shape).astype(dtype)
        odd = rng.choice(np.array([0, math.nan, math.inf, -math.inf], dtype), shape)
        lowest = np.full_like(x, -math.inf)  # which padding is not greater than
        for values in (*layouts(x).values(), odd, lowest, x[:0]):
            found = pooling._max_places(values, kernel=kernel, geometry=plain(n, **params))
            with numpy_alone():
                expected = pooling._max_places(values, kernel=kernel, geometry=plain(n, **params))
            assert np.array_equal(found, expected) and found.dtype == expected.dtype


@pytest.mark.parametrize("dtype", DTYPES)
def test_standardize(dtype):
    rng = np.random.default_rng(0)
    for shape, dims in (
        ((5, 3, 4, 5), (0, 2, 3)),
        ((5, 3, 4, 5), (2, 3)),
        ((2, 3, 3000), (0, 2)),
        ((1, 4, 9), (0, 2)),
        ((4, 3), (0,)),
        ((0, 3, 9), (0, 2)),
    ):
        x = numbers(rng, shape, dtype) + dtype(30)
        weight = numbers(rng, shape[1], dtype)
        bias = numbers(rng, shape[1], dtype)
        for part, w, b in itertools.product(layouts(x).values(), (weight, None), (bias, None)):
            given = {"dims": dims, "eps": 1e-5}
            kept: dict = {}
            exact: dict = {}
            y = normalization.standardize(part, w, b, kept=kept, **given)
            g = numbers(rng, shape, dtype)
            slopes = normalization._standardize_rule(g, part, w, b, kept=kept, **given)
            wide = [None if p is None else p.astype(float) for p in (part, w, b)]
            with numpy_alone():
                expected = normalization.standardize(*wide, kept=exact, **given)
                wanted = normalization._standardize_rule(
                    g.astype(float), *wide, kept=exact, **given
                )
            few = 4e-5 if dtype == np.float32 else 1e-12
            found = [y, *slopes, *[kept[name] for name in exact]]
            for value, right in zip(found, [expected, *wanted, *exact.values()], strict=True):
                assert (value is None) == (right is None)
                if value is not None:
                    assert value.shape == right.shape and value.dtype == dtype
                    np.testing.assert_allclose(value, right, rtol=few, atol=few)


def test_statistics_keep_their_digits():
    x = np.random.default_rng(0).standard_normal((64, 1, 4096)).astype(np.float32) + 1000
    kept: dict = {}
    normalization.standardize(x, dims=(0, 2), eps=0.0, kept=kept)
    exact = x.astype(float)
    np.testing.assert_allclose(kept["mean"].item(), exact.mean(), rtol=1e-7)
    np.testing.assert_allclose(kept["variance"].item(), exact.var(), rtol=1e-5)


def test_second_derivatives():
    """Of what is recorded by rules that run on tensors, where the first ones run in loops."""
    rng = np.random.default_rng(0)
    x, w, weight = (
        ag.tensor(numbers(rng, shape, np.float32), requires_grad=True)
        for shape in ((2, 3, 6, 9), (4, 3, 3, 3), (4,))
    )

    def loss(x, w, weight):
        h = ag.conv2d(x, w, padding=1)
        h = normalization.batch_norm(h, None, None, weight, None, True)
        return (ag.max_pool2d(h, 2) ** 2).sum() + ag.avg_pool2d(h, 3, 2, 1).sum()

    def second():
        slopes = ag.grad(loss(x, w, weight), [x, w, weight], create_graph=True)
        return ag.grad(sum((slope * slope).sum() for slope in slopes), [x, w, weight])

    with numpy_alone():
        expected = second()
    for found, value in zip(second(), expected):
        np.testing.assert_allclose(found.numpy(), value.numpy(), rtol=1e-3, atol=1e-3)
