"""Poles: powers, roots, norms and products at zero and below."""

import numpy as np
import pytest

from autograd_engine import grad, tensor

from .making import gradient, leaf, second

# --- powers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "exponent",
    [0, 0.0, tensor(0.0, dtype="float64"), tensor([0.0, 0.0, 0.0], dtype="float64"), tensor(0)],
    ids=repr,
)
def test_exponent_zero_gives_gradient_zero_even_at_base_zero(exponent):
    np.testing.assert_array_equal(gradient(lambda x: x**exponent, 0.0, 2.0, -3.0), [0, 0, 0])


@pytest.mark.parametrize(
    "exponent, first, then",
    [
        (1, [1, 1, 1], [0, 0, 0]),
        (2, [0, 4, -6], [2, 2, 2]),
        (3, [0, 12, 27], [0, 12, -18]),
        (0, [0, 0, 0], [0, 0, 0]),
    ],
)
@pytest.mark.parametrize(
    "kind", [int, float, lambda e: tensor(e, dtype="float64")], ids=["int", "float", "tensor"]
)
def test_small_exponents_are_exact_at_zero_and_below_to_second_order(exponent, first, then, kind):
    np.testing.assert_array_equal(gradient(lambda x: x ** kind(exponent), 0.0, 2.0, -3.0), first)
    np.testing.assert_array_equal(second(lambda x: x ** kind(exponent), 0.0, 2.0, -3.0), then)


def test_the_exponents_gradient_at_base_zero_is_zero():
    y = leaf(0.0, 0.5, 2.0)
    (tensor(0.0, dtype="float64") ** y).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [0, 0, 0])
    y = leaf(0.0, 0.5, 2.0)
    (0.0**y).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [0, 0, 0])


def test_a_negative_base_gives_nan_to_the_exponent_and_a_finite_gradient_to_itself():
    x, y = leaf(-2.0), leaf(3.0)
    (x**y).backward()
    assert x.grad.item() == 12 and np.isnan(y.grad.item())


def test_no_logarithm_is_taken_when_the_exponent_needs_no_gradient():
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(
            gradient(lambda x: x ** tensor([2.0, 2.0], dtype="float64"), -2.0, 0.0), [-4, 0]
        )
        np.testing.assert_array_equal(gradient(lambda x: x**2, -2.0, 0.0), [-4, 0])


@pytest.mark.parametrize("base", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.5, 1.0, 2.0])
def test_every_corner_of_pow_agrees_with_pytorch(base, exponent, agrees):
    agrees(lambda m, x, y: x**y, [base], [exponent])
    agrees(lambda m, x: x**exponent, [base])
    agrees(lambda m, y: base**y, [exponent])


# --- roots and norms ------------------------------------------------------------------------------


def test_the_slope_of_the_root_at_zero_is_infinite():
    np.testing.assert_array_equal(gradient(lambda x: x.sqrt(), 0.0, 4.0), [np.inf, 0.25])
    np.testing.assert_array_equal(gradient(lambda x: x**0.5, 0.0, 4.0), [np.inf, 0.25])


def test_the_root_below_zero_is_nan_without_an_exception():
    np.testing.assert_array_equal(gradient(lambda x: x.sqrt(), -1.0), [np.nan])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.norm(),
        lambda x: np.linalg.norm(x),
        lambda x: x.norm(dim=0),
        lambda x: x.norm(1),
        lambda x: x.norm(3.0),
    ],
)
def test_the_gradient_of_the_norm_at_zero_is_zero(f):
    np.testing.assert_array_equal(gradient(f, 0.0, 0.0), [0, 0])


def test_the_root_of_the_sum_of_squares_at_zero_is_nan():
    np.testing.assert_array_equal(
        gradient(lambda x: (x**2).sum().sqrt(), 0.0, 0.0), [np.nan, np.nan]
    )


def test_the_deviation_of_a_constant_has_gradient_zero():
    np.testing.assert_array_equal(gradient(lambda x: x.std(), 3.0, 3.0, 3.0), [0, 0, 0])
    x = leaf([[3.0, 3.0], [1.0, 2.0]])
    x.std(1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [-np.sqrt(0.5), np.sqrt(0.5)]])


@pytest.mark.parametrize(
    "name",
    [
        "log",
        "log2",
        "log10",
        "log1p",
        "reciprocal",
        "rsqrt",
        "asin",
        "acos",
        "acosh",
        "atanh",
        "tan",
        "sqrt",
    ],
)
def test_poles_and_edges_of_a_domain_agree_with_pytorch_and_the_sweep_does_not_warn(name, agrees):
    agrees(lambda m, x: getattr(m, name)(x), [0.0, 1.0, -1.0, 2.0, -2.0, np.inf, -np.inf, np.nan])


def test_division_by_zero_agrees_with_pytorch_and_the_sweep_does_not_warn(agrees):
    agrees(lambda m, a, b: a / b, [1.0, 0, -1, np.inf], [0.0, 0, 0, np.inf])
    agrees(lambda m, a: 1 / a, 0.0)
    agrees(lambda m, a: a / 0.0, 1.0)
    agrees(lambda m, a, b: m.atan2(a, b), [0.0, 0.0, 1.0], [0.0, 1.0, 0.0])


# --- products -------------------------------------------------------------------------------------


def test_a_product_with_one_zero_gives_the_zero_its_gradient():
    np.testing.assert_array_equal(gradient(lambda x: x.prod(), 2.0, 0.0, 3.0), [0, 6, 0])


def test_a_product_with_two_zeros_has_gradient_zero():
    np.testing.assert_array_equal(gradient(lambda x: x.prod(), 2.0, 0.0, 0.0), [0, 0, 0])


@pytest.mark.parametrize(
    "values",
    [[2.0, 0, 3], [2.0, 0, 0], [0.0, 0, 0], [2.0, 5, 3], [2.0, 0, 0, 5], [0.0], [4.0, 0.0]],
    ids=str,
)
def test_the_second_derivative_of_a_product_is_the_product_of_the_rest(values):
    x = leaf(values)
    (dx,) = grad(x.prod(), x, create_graph=True)
    n = len(values)
    for i in range(n):
        row = (
            grad(dx[i], x, retain_graph=True, allow_unused=True, materialize_grads=True)[0].numpy()
            if dx.requires_grad
            else np.zeros(n)
        )
        np.testing.assert_allclose(
            row, [np.prod(np.delete(values, sorted({i, j}))) * (i != j) for j in range(n)]
        )


def test_products_along_a_dimension_agree_with_pytorch(agrees):
    x = [[2.0, 0, 3], [2, 0, 0], [1, 2, 3]]
    for dim in (0, 1, -1):
        agrees(lambda m, x, dim=dim: x.prod(dim), x)
        agrees(lambda m, x, dim=dim: x.prod(dim, keepdim=True), x)
    agrees(lambda m, x: x.prod(), np.zeros((0,)))
    agrees(lambda m, x: x.prod(), 3.0)
