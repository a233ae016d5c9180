"""Where a formula has a case of its own: zeros in a product, infinities, one variable, no elements.

PyTorch is the oracle, to second derivatives.
"""

import numpy as np
import pytest

import autograd_engine as ag

from .oracle import agree

torch = pytest.importorskip("torch")

INF = np.inf
ZEROS = [
    np.array([[2.0, 0.0, 3.0], [0.5, 1.5, -1.0], [1.2, 0.3, 0.7]]),
    np.array([[2.0, 0.0, 3.0], [0.0, 1.5, -1.0], [0.0, 0.3, 0.7]]),
    np.array([[0.0, 0.0, 3.0], [0.0, 0.0, -1.0], [0.0, 1.3, 0.0]]),
    np.array([0.0, 0.4, 2.0, 0.0, -1.1, 0.7, 1.3, 0.0, -0.2, 0.0, 0.9, 1.6]).reshape(2, 3, 2),
]
PRODUCTS = {
    "of all": lambda m, x: x.prod(),
    "of dim 0": lambda m, x: x.prod(0),
    "of dim 1": lambda m, x: x.prod(1, keepdim=True),
    "running over dim 0": lambda m, x: x.cumprod(0),
    "running over dim 1": lambda m, x: x.cumprod(1),
}


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("zeros", ZEROS)
def test_products_with_zeros(name, zeros):
    agree(lambda x: PRODUCTS[name](ag, x), lambda x: PRODUCTS[name](torch, x), [zeros])


A = np.array([7.5, -7.5, 0.4, -3.2, 9.9, 2.1])
B = np.array([2.0, 1.7, -3.0, -0.9, 4.4, 0.3])
Y = np.array([[1.0, 4.0, 2.0, 0.5], [3.0, -1.0, 2.5, 1.1], [0.2, 0.3, 0.9, -2.0]])
EDGES = {
    "fmod": (lambda m, a, b: m.fmod(a, b), [A, B]),
    "fmod of all quadrants": (lambda m, a, b: m.fmod(a, b), [A, -B]),
    "remainder": (lambda m, a, b: m.remainder(a, b), [A, B]),
    "remainder of all quadrants": (lambda m, a, b: m.remainder(-a, b), [A, B]),
    "trapezoid of dim 0": (
        lambda m, y, x: m.trapezoid(y, x, dim=0),
        [Y, np.array([0.0, 1.0, 3.0])],
    ),
    "trapezoid of dim 1": (lambda m, y, x: m.trapezoid(y, x), [Y, np.array([0.0, 1.0, 3.0, 3.5])]),
    "cumulative_trapezoid of dim 0": (
        lambda m, y, x: m.cumulative_trapezoid(y, x, dim=0),
        [Y, np.array([0.0, 1.0, 3.0])],
    ),
    "trapezoid of three dimensions": (
        lambda m, y, x: m.trapezoid(y, x, dim=1),
        [np.arange(12.0).reshape(2, 3, 2) ** 2, np.array([0.0, 1.0, 3.0])],
    ),
    "cov of one row": (lambda m, x: m.cov(x), [Y[:1]]),
    "cov of one variable": (lambda m, x: m.cov(x), [Y[0]]),
    "corrcoef of one row": (lambda m, x: m.corrcoef(x), [Y[:1]]),
    "corrcoef": (lambda m, x: m.corrcoef(x), [Y]),
    "quantile": (lambda m, x, q: m.quantile(x, q), [Y, np.array(0.3)]),
    "quantile, levels": (lambda m, x, q: m.quantile(x, q, dim=1), [Y, np.array([0.3, 0.77])]),
    "quantile, kept": (
        lambda m, x, q: m.quantile(x, q, dim=0, keepdim=True),
        [Y, np.array([0.3, 0.8])],
    ),
    "nanquantile": (
        lambda m, x, q: m.nanquantile(x, q, dim=1),
        [np.where(Y > 2.9, np.nan, Y), np.array([0.3, 0.8])],
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_derivatives_to_second_order(name):
    function, arrays = EDGES[name]
    agree(lambda *xs: function(ag, *xs), lambda *xs: function(torch, *xs), arrays)


INFINITE = {
    "div trunc": (
        lambda m, a, b: m.div(a, b, rounding_mode="trunc"),
        [np.array([INF, -INF, 1.0, 1.0, -1.0, 0.0]), np.array([2.0, 2.0, INF, 0.0, 0.0, 0.0])],
    ),
    "div floor": (
        lambda m, a, b: m.div(a, b, rounding_mode="floor"),
        [np.array([1.0, 7.5, -7.5]), np.array([0.3, 2.0, 2.0])],
    ),
}


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@pytest.mark.parametrize("name", INFINITE)
def test_infinities(name):
    function, arrays = INFINITE[name]
    agree(lambda *xs: function(ag, *xs), lambda *xs: function(torch, *xs), arrays, second=False)


@pytest.mark.parametrize("interpolation", ["lower", "higher", "nearest", "midpoint"])
def test_a_quantile_between_elements_does_not_move_with_its_level(interpolation):
    q = ag.tensor([0.3, 0.6], dtype="float64", requires_grad=True)
    y = ag.quantile(ag.tensor(Y), q, dim=1, interpolation=interpolation)
    np.testing.assert_array_equal(ag.grad(y.sum(), q)[0], [0, 0])


def test_the_number_of_what_is_not_zero_is_in_the_graph():
    x = ag.tensor([1.0, 0.0, 2.0], requires_grad=True)
    for count in (x.norm(0), ag.linalg.vector_norm(x, 0)):
        assert count.item() == 2
        np.testing.assert_array_equal(ag.grad(count, x)[0], [0, 0, 0])


def test_zeros_are_counted():
    for counts in ([0, 0, 2, 5], [0], []):
        found = ag.bincount(ag.tensor(np.array(counts, int)))
        assert found.tolist() == torch.bincount(torch.tensor(counts, dtype=torch.int64)).tolist()


def test_the_median_of_nothing_is_nan_and_of_no_integers_an_error():
    assert np.isnan(ag.tensor([]).median().item()) and np.isnan(ag.tensor([]).nanmedian().item())
    with pytest.raises((ValueError, IndexError, RuntimeError), match="median|no elements"):
        ag.tensor(np.array([], int)).median()
    with pytest.raises((ValueError, IndexError, RuntimeError), match="element"):
        ag.zeros(2, 0).mode(1)
