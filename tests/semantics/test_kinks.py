"""Kinks: ties, corners, zeros and one sample, where a derivative is a convention and PyTorch's
convention is ours.
"""

import warnings

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import AnomalyError, detect_anomaly, tensor

from .making import gradient, leaf

# --- ties -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.max(),
        lambda x: x.amax(),
        lambda x: x.amax(0),
        lambda x: ag.max(x),
        lambda x: np.max(x),
    ],
)
def test_the_greatest_of_all_shares_its_gradient_among_equals(f):
    np.testing.assert_array_equal(gradient(f, 1.0, 3.0, 3.0), [0, 0.5, 0.5])


@pytest.mark.parametrize("f", [lambda x: x.min(), lambda x: x.amin(), lambda x: x.amin(0)])
def test_the_least_of_all_shares_its_gradient_among_equals(f):
    np.testing.assert_array_equal(gradient(f, 1.0, 1.0, 3.0), [0.5, 0.5, 0])


@pytest.mark.parametrize("name", ["max", "min"])
def test_along_a_dimension_one_index_gets_the_gradient(name):
    x = leaf([[1.0, 3, 3], [2, 2, 2], [5, 4, 5]])
    values, indices = getattr(x, name)(1)
    values.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.eye(3)[indices.numpy()])
    np.testing.assert_array_equal(
        np.take_along_axis(x.detach().numpy(), indices.numpy()[:, None], 1)[:, 0],
        values.detach().numpy(),
    )


def test_along_a_dimension_the_first_of_equals_is_chosen_as_in_pytorch(agrees):
    agrees(lambda m, x: x.max(1)[0], [[1.0, 3, 3], [2, 2, 2], [5, 4, 5]])
    agrees(lambda m, x: x.min(dim=0, keepdim=True).values, [[1.0, 3, 3], [1, 2, 2], [5, 4, 2]])


def test_amax_over_several_dimensions_shares_among_all_equals(agrees):
    x = np.array([[[1.0, 3], [3, 0]], [[2, 2], [2, 2]]])
    agrees(lambda m, x: x.amax((1, 2)), x)
    agrees(lambda m, x: x.amax((0, 2), keepdim=True), x)
    agrees(lambda m, x: x.max(), x)


@pytest.mark.parametrize("f", [ag.maximum, ag.minimum])
def test_equal_operands_get_half_each(f):
    a, b = leaf(2.0, 1.0), leaf(2.0, 1.0)
    f(a, b).sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), [0.5, 0.5])
    np.testing.assert_array_equal(b.grad.numpy(), [0.5, 0.5])


def test_nan_wins_every_comparison_as_in_pytorch(torch):
    for name in ("max", "min", "amax", "amin"):
        x, t = (
            leaf(1.0, np.nan, 3.0),
            torch.tensor([1.0, np.nan, 3.0], dtype=torch.float64, requires_grad=True),
        )
        y, u = getattr(x, name)(), getattr(t, name)()
        y.backward()
        u.backward()
        assert np.isnan(y.item()) and np.isnan(u.item())
        np.testing.assert_array_equal(x.grad.numpy(), t.grad.numpy())


# --- the derivative at the corner -----------------------------------------------------------------


@pytest.mark.parametrize(
    "f, slope",
    [
        (lambda x: x.relu(), 0),
        (lambda x: abs(x), 0),
        (lambda x: x.abs(), 0),
        (lambda x: np.abs(x), 0),
        (lambda x: ag.maximum(x, tensor(0.0, dtype="float64")), 0.5),
        (lambda x: np.maximum(x, 0), 0.5),
        (lambda x: np.maximum(0.0, x), 0.5),
        (lambda x: ag.minimum(x, tensor(0.0, dtype="float64")), 0.5),
        (lambda x: x.clamp(0, 1), 1),
        (lambda x: x.clamp(min=0), 1),
        (lambda x: x.clamp(max=0), 1),
        (lambda x: x.clamp(-1, 0), 1),
        (lambda x: x.clamp(0, 0), 1),
        (lambda x: x.sign(), 0),
        (lambda x: x.floor(), 0),
        (lambda x: x.ceil(), 0),
    ],
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_slope_at_zero(f, slope, zero):
    np.testing.assert_array_equal(gradient(f, zero), [slope])


def test_clamp_lets_the_gradient_through_at_both_edges():
    np.testing.assert_array_equal(
        gradient(lambda x: x.clamp(-1, 1), -2.0, -1.0, 0.0, 1.0, 2.0), [0, 1, 1, 1, 0]
    )


def test_clamp_between_tensors_agrees_with_pytorch(agrees):
    agrees(lambda m, x, lo, hi: m.clamp(x, lo, hi), [-2.0, -1, 0, 1, 2], [-1.0] * 5, [1.0] * 5)
    agrees(lambda m, x, lo, hi: m.clamp(x, lo, hi), [-2.0, -1, 0, 1, 2], [1.0] * 5, [-1.0] * 5)
    agrees(lambda m, x, lo: m.clamp(x, min=lo), [-2.0, -1, 0], [-1.0])


def test_clamp_without_bounds_is_refused():
    with pytest.raises((RuntimeError, ValueError, TypeError)):
        leaf(1.0).clamp()


# --- where ----------------------------------------------------------------------------------------


def poisoned(x):
    return ag.where(x > 0, x.sqrt(), 0.0)


def rescued(x):
    return ag.where(x > 0, ag.where(x > 0, x, 1.0).sqrt(), 0.0)


def test_nan_in_the_branch_not_taken_poisons_the_gradient_as_in_pytorch(agrees):
    np.testing.assert_array_equal(gradient(poisoned, -1.0, 4.0), [np.nan, 0.25])
    agrees(lambda m, x: m.where(x > 0, x.sqrt(), 0.0 * x), [-1.0, 0.0, 4.0])
    agrees(lambda m, x: m.where(x > 0, x.log(), x), [-1.0, 0.0, 4.0])


def test_choosing_twice_is_the_remedy_and_is_documented():
    np.testing.assert_array_equal(gradient(rescued, -1.0, 4.0), [0, 0.25])
    assert "where(x > 0, x, 1)" in ag.where.__doc__


def test_nan_that_is_not_computed_from_the_input_does_not_poison():
    np.testing.assert_array_equal(gradient(lambda x: ag.where(x > 0, x, np.nan), -1.0, 4.0), [0, 1])


def test_anomaly_mode_finds_where_the_nan_came_from():
    x = leaf(-1.0, 4.0)
    with detect_anomaly():
        with np.errstate(invalid="ignore"):
            y = poisoned(x).sum()
        with pytest.raises(AnomalyError, match=r"sqrt.*test_kinks\.py"):
            y.backward()
    with detect_anomaly():
        rescued(x).sum().backward()


def test_anomaly_mode_ends_with_its_block():
    with pytest.raises(ZeroDivisionError), detect_anomaly():
        raise ZeroDivisionError
    np.testing.assert_array_equal(gradient(poisoned, -1.0), [np.nan])


def test_a_mask_by_where_stops_the_gradient_of_the_other_branch():
    x = leaf(-1.0, 0.0, 2.0)
    ag.where(x > 0, x * 3, x * 5).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [5, 5, 3])


# --- one sample -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["var", "std"])
@pytest.mark.parametrize(
    "dim, keepdim, shape", [(1, False, (3,)), (1, True, (3, 1)), ((1,), False, (3,))]
)
def test_the_variance_of_one_sample_is_nan_of_the_right_shape_with_a_warning(
    name, dim, keepdim, shape
):
    x = tensor(np.ones((3, 1)), requires_grad=True)
    with pytest.warns((UserWarning, RuntimeWarning), match="(?i)degrees of freedom|correction"):
        y = getattr(x, name)(dim=dim, keepdim=keepdim)
    assert y.shape == shape and np.isnan(y.detach().numpy()).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y.sum().backward()
    assert x.grad.shape == (3, 1) and np.isnan(x.grad.numpy()).all()


def test_the_variance_of_one_number_and_of_nothing_is_nan():
    for x in (leaf(1.0), leaf([]), tensor(np.ones((1, 1)))):
        with pytest.warns((UserWarning, RuntimeWarning), match="(?i)degrees of freedom|correction"):
            y = x.var()
        assert y.shape == () and np.isnan(y.item())


def test_the_biased_variance_of_one_sample_is_zero_without_a_warning():
    x = leaf([[2.0]])
    y = x.var(dim=1, correction=0)
    y.backward()
    assert y.item() == 0 and x.grad.numpy() == [[0]]


def test_the_mean_of_nothing_is_nan_and_the_greatest_of_nothing_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(leaf([]).mean().item())
    assert leaf([]).sum().item() == 0 and leaf([]).prod().item() == 1
    for name in ("max", "min", "amax", "amin", "argmax"):
        with pytest.raises((RuntimeError, ValueError, IndexError)):
            getattr(leaf([]), name)()


def test_heaviside_has_the_gradient_of_what_stands_at_0():
    x, values = leaf(-1.0, 0.0, 2.0), leaf(5.0, 6.0, 7.0)
    ag.heaviside(x, values).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0] and values.grad.tolist() == [0.0, 1.0, 0.0]
