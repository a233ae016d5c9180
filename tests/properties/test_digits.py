"""Sums keep their digits: over every axis, in every layout, however long, in float16 too.

The oracle is the same computation in float64.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor
from autograd_engine.core.summation import total

LONG = 20_000
REDUCTIONS = {
    "sum": lambda x, dim: x.sum(dim),
    "mean": lambda x, dim: x.mean(dim),
    "nansum": lambda x, dim: x.nansum(dim),
    "nanmean": lambda x, dim: x.nanmean(dim),
    "var": lambda x, dim: x.var(dim),
    "std": lambda x, dim: x.std(dim),
    "norm": lambda x, dim: x.norm(dim=dim),
    "norm 1": lambda x, dim: x.norm(1, dim),
    "norm 3": lambda x, dim: x.norm(3, dim),
    "logsumexp": lambda x, dim: x.logsumexp(dim),
    "softmax": lambda x, dim: x.softmax(dim) if isinstance(dim, int) else x.logsumexp(dim),
    "log_softmax": lambda x, dim: x.log_softmax(dim) if isinstance(dim, int) else x.sum(dim),
    "trapezoid": lambda x, dim: ag.trapezoid(x, dim=dim if isinstance(dim, int) else 0),
    "unbroadcast": lambda x, dim: _gradient_of_a_bias(x, dim),
    "linear bias": lambda x, dim: _gradient_of_linear(x),
}
LAYOUTS = {
    "rows": (lambda a: a, 0),
    "columns": (lambda a: np.ascontiguousarray(a.T), 1),
    "transposed": (lambda a: np.ascontiguousarray(a.T).T, 0),
    "both": (lambda a: a.reshape(200, -1, a.shape[-1]), (0, 1)),
    "outer of three": (lambda a: a.reshape(-1, 4, a.shape[-1]), (0, 2)),
    "strided": (lambda a: np.repeat(a, 2, axis=1)[:, ::2], 0),
    "reversed": (lambda a: a[::-1], 0),
}


def _gradient_of_a_bias(x, dim):
    """Of ``x * b``, where ``b`` has length 1 in ``dim``."""
    bias = ag.ones([1 if i in np.atleast_1d(dim) else n for i, n in enumerate(x.shape)])
    bias = bias.to(x.dtype).requires_grad_()
    return ag.grad((x.detach() * bias).sum(), bias)[0]


def _gradient_of_linear(x):
    flat = x.detach().reshape(-1, min(x.shape[-1], 4))
    bias = ag.zeros(flat.shape[-1], dtype=x.dtype, requires_grad=True)
    weight = ag.eye(flat.shape[-1], dtype=x.dtype)
    return ag.grad(ag.linear(flat, weight, bias), bias, flat)[0]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_float32_over_any_axis(name, layout):
    values = np.random.default_rng(0).uniform(0.05, 0.15, (LONG, 2)).astype("float32")
    arrange, dim = LAYOUTS[layout]
    x = arrange(values)
    found = REDUCTIONS[name](Tensor(x), dim)
    expected = REDUCTIONS[name](Tensor(x, dtype="float64"), dim)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=2e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_float16_is_accumulated_in_float32(name, layout):
    """Right to the last of its digits, and no sum in between overflows."""
    values = np.random.default_rng(1).uniform(1, 2, (2_000, 2)).astype("float16")
    arrange, dim = LAYOUTS[layout]
    x = arrange(values * np.float16(10 if name in ("mean", "var", "std", "norm") else 1))
    found = REDUCTIONS[name](Tensor(x), dim)
    expected = REDUCTIONS[name](Tensor(x, dtype="float64"), dim).detach()
    assert found.dtype == np.float16
    np.testing.assert_allclose(found.detach(), expected, rtol=1.1e-3)


def test_the_mean_of_a_million_rows():
    np.testing.assert_allclose(ag.full((1_000_000, 2), 0.1).mean(0), 0.1, rtol=1e-6)


def test_the_deviation_of_numbers_far_from_zero():
    """Two passes, and the second one corrects what the rounding of the mean has left."""
    noise = np.random.default_rng(0).standard_normal((60_000, 2))
    x = (1e4 + noise).astype("float32")
    for dim in (0, None):
        expected = x.astype("float64").std(dim, ddof=1)
        np.testing.assert_allclose(Tensor(x).std(dim), expected, rtol=1e-5)
    assert float(ag.full((60_000,), 1e4 + 0.1).std()) == 0


RUNNING = {
    "cumsum": (ag.cumsum, np.full(3_000_000, 0.1)),
    "cumprod": (ag.cumprod, np.full(100_000, 1.0001)),
    "logcumsumexp": (ag.logcumsumexp, np.zeros(200_000)),
}


@pytest.mark.parametrize("name", RUNNING)
def test_running_totals(name):
    function, values = RUNNING[name]
    values = values.astype("float32")
    found = function(Tensor(values), 0).numpy()
    expected = function(values.astype("float64"), 0)
    np.testing.assert_allclose(
        found[:: len(found) // 100], expected[:: len(found) // 100], rtol=1e-6
    )


def test_running_totals_of_float16():
    x = np.full((5_000,), 0.7, "float16")
    np.testing.assert_allclose(ag.cumsum(Tensor(x), 0), np.cumsum(x.astype("float64")), rtol=1e-3)
    assert float(ag.prod(ag.full((40,), 0.5, dtype="float16") * 2)) == 1
    mixed = np.array([300.0, 300.0, 300.0, 0.01, 0.01, 0.01], "float16")
    expected = np.prod(mixed.astype("float64"))
    np.testing.assert_allclose(ag.prod(Tensor(mixed)), expected, rtol=1e-3)


SHAPES = [
    (),
    (1,),
    (0,),
    (100,),
    (100, 0),
    (3, 100),
    (100, 3),
    (90, 2, 80),
    (2, 70, 3, 70),
    (1000, 1),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sum_is_numpys_for_all_axes_and_layouts(shape):
    values = np.random.default_rng(0).standard_normal(shape)
    subsets = [[d for d in range(len(shape)) if mask >> d & 1] for mask in range(2 ** len(shape))]
    for axes in [None, *map(tuple, subsets)]:
        for keepdims in (False, True):
            for x in (values, np.asfortranarray(values), np.flip(values), values.astype("float32")):
                expected = np.sum(x.astype("float64"), axis=axes, keepdims=keepdims)
                found = total(x, axes, keepdims)
                assert found.shape == expected.shape and found.dtype == x.dtype
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
                wide = total(x, axes, keepdims, np.dtype("float64"))
                assert wide.dtype == np.float64
                np.testing.assert_allclose(wide, expected, rtol=1e-12, atol=1e-11)
