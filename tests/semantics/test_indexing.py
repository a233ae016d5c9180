"""Indexing: reading accumulates, writing is differentiable in target and value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_engine import grad, tensor

from .making import leaf

# --- reading and assigning ------------------------------------------------------------------------

INDICES = {
    "integer": 1,
    "negative": -1,
    "slice": slice(1, None),
    "step": slice(None, None, 2),
    "reverse": [2, 1, 0],
    "list": [0, 2],
    "tuple": (1, 2),
    "column": (slice(None), 1),
    "ellipsis": (..., 0),
    "newaxis": (None, 1),
    "pairs": ([0, 2], [1, 3]),
    "mixed": ([0, 2], slice(1, 3)),
    "row_of_list": (1, [0, 3]),
    "outer": ([[0], [2]], [1, 3]),
    "mask": np.array([True, False, True]),
    "mask_2d": np.arange(12).reshape(3, 4) % 5 == 0,
    "empty_slice": slice(0, 0),
    "empty_list": np.array([], dtype=int),
    "all": ...,
}


def indexable(m, index):
    return (
        tuple(indexable(m, i) for i in index)
        if isinstance(index, tuple)
        else m.tensor(index)
        if isinstance(index, np.ndarray) and m is not np
        else index
    )


@pytest.mark.parametrize("name", INDICES)
def test_reading_an_index_is_differentiable(name, agrees):
    x = np.random.default_rng(0).normal(size=(3, 4))
    agrees(lambda m, x: x[indexable(m, INDICES[name])] * 1, x)


@pytest.mark.parametrize("name", INDICES)
def test_assigning_to_an_index_is_differentiable_in_target_and_value(name, agrees):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4))

    def assign(m, x, v):
        y = x * 1
        y[indexable(m, INDICES[name])] = v
        return y * y

    agrees(assign, x, rng.normal(size=x[INDICES[name]].shape))
    agrees(assign, x, rng.normal())


def test_assigning_a_broadcast_value_sums_its_gradient(agrees):
    def assign(m, x, v):
        y = x * 1
        y[:, 1:] = v
        return y * y

    agrees(assign, np.ones((3, 4)), np.arange(3.0))
    agrees(assign, np.ones((3, 4)), np.arange(3.0).reshape(3, 1))
    agrees(assign, np.ones((3, 4)), np.ones((1, 1)))


@pytest.mark.parametrize(
    "index, error",
    [
        (5, IndexError),
        (-4, IndexError),
        ((0, 0, 0), IndexError),
        ([0, 9], IndexError),
        (np.ones(5, bool), IndexError),
        ("a", (TypeError, IndexError)),
        (1.0, (TypeError, IndexError)),
    ],
    ids=str,
)
def test_an_index_outside_is_refused_and_writes_nothing(index, error):
    x = leaf([[1.0, 2], [3, 4]])
    y = x * 1
    with pytest.raises(error):
        y[index]
    with pytest.raises(error):
        y[index] = 0.0
    np.testing.assert_array_equal(y.detach().numpy(), x.detach().numpy())


def test_assigning_a_value_of_the_wrong_shape_is_refused_and_writes_nothing():
    y = leaf(1.0, 2.0, 3.0) * 1
    with pytest.raises((RuntimeError, ValueError), match="shape|broadcast"):
        y[:2] = tensor([1.0, 2.0, 3.0], dtype="float64")
    np.testing.assert_array_equal(y.detach().numpy(), [1, 2, 3])


# --- gathering and scattering ---------------------------------------------------------------------


def test_a_gather_with_repeated_indices_accumulates():
    x = leaf(5.0, 6.0)
    x[[0, 0, 1]].sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 1])


@pytest.mark.parametrize(
    "index",
    [np.array([0, 0, 1]), [0, 0, 1], tensor([0, 0, 1]), tensor([0, -2, 1])],
    ids=["array", "list", "tensor", "negative"],
)
def test_a_gather_accumulates_however_the_index_is_written(index):
    x = leaf(5.0, 6.0)
    x[index].backward(tensor([1.0, 10.0, 100.0], dtype="float64"))
    np.testing.assert_array_equal(x.grad.numpy(), [11, 100])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-4, 3), max_size=12), st.lists(st.integers(-3, 2), min_size=1, max_size=1)
)
def test_any_gather_counts_how_often_each_entry_is_read(rows, column):
    x = tensor(np.zeros((4, 3)), requires_grad=True)
    index = np.array(rows, dtype=int)
    x[index, column[0]].sum().backward()
    expected = np.zeros((4, 3))
    np.add.at(expected, (index, column[0]), 1)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_a_gather_is_differentiated_twice():
    x = leaf(5.0, 6.0)
    (dx,) = grad((x[[0, 0, 1]] ** 3).sum(), x, create_graph=True)
    dx.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [60, 36])


def test_take_along_dim_with_repeated_indices_accumulates(agrees):
    agrees(
        lambda m, x, i: m.take_along_dim(x, i, dim=1),
        [[1.0, 2, 3], [4, 5, 6]],
        np.array([[0, 0, 2, 0], [1, 1, 1, 1]]),
    )


def test_an_overwritten_entry_gets_no_gradient():
    x, v = leaf(1.0, 2.0, 3.0), leaf(7.0)
    y = x * 2
    y[1] = v
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [8, 0, 24])
    assert v.grad.item() == 14


def test_a_value_written_and_overwritten_gets_no_gradient():
    x, v, w = leaf(1.0, 2.0), leaf(7.0), leaf(9.0)
    y = x * 1
    y[0] = v
    y[0] = w
    y.sum().backward()
    assert v.grad.item() == 0 and w.grad.item() == 1
    np.testing.assert_array_equal(x.grad.numpy(), [0, 1])


def test_of_two_values_written_to_one_place_the_gradient_follows_the_one_that_stayed(differences):
    def program(v):
        y = np.zeros(2)
        y[[0, 0, 1]] = v
        return (y * [3, 5]).sum()

    v = leaf(1.0, 2.0, 4.0)
    y = tensor([0.0, 0.0], dtype="float64")
    y[[0, 0, 1]] = v
    (y * tensor([3.0, 5.0], dtype="float64")).sum().backward()
    np.testing.assert_allclose(
        v.grad.numpy(), differences(program, np.array([1.0, 2.0, 4.0])), atol=1e-8
    )


@pytest.mark.parametrize(
    "make", [list, np.array, lambda i: tensor(np.array(i))], ids=["list", "array", "tensor"]
)
def test_changing_the_index_after_the_gather_does_not_change_the_gradient(make):
    x, index = leaf(1.0, 2.0, 3.0), make([0, 1])
    y = x[index].sum()
    index[0] = 2
    try:
        y.backward()
    except RuntimeError:
        return
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1, 0])
