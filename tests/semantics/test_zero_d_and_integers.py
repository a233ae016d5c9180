"""0-d tensors stay 0-d; integers and booleans carry no gradient."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import tensor

from .making import OPERATORS, UNARY, leaf

# --- 0-d ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNARY)
def test_zero_d_in_gives_zero_d_out_and_a_gradient_of_shape_empty(name):
    x = leaf(0.5)
    if name in ("var", "std"):
        y = getattr(x, name)(correction=0)
    else:
        y = getattr(x, name)()
    expected = (1,) if name == "flatten" else ()
    assert (
        y.shape == expected
        and isinstance(y.numpy() if not y.requires_grad else y.detach().numpy(), np.ndarray)
        and y.ndim == len(expected)
    )
    with np.errstate(invalid="ignore"):
        y.backward()
    assert x.grad.shape == () and x.grad.detach().numpy().shape == ()


@pytest.mark.parametrize("name", [n for n in OPERATORS if n != "floordiv"])
def test_zero_d_with_zero_d_gives_zero_d(name):
    a, b = leaf(2.0), leaf(3.0)
    y = OPERATORS[name](a, b)
    assert y.shape == ()
    y.backward()
    assert a.grad.shape == b.grad.shape == ()


def test_zero_d_tensors_cannot_be_iterated_nor_counted():
    x = leaf(1.0)
    with pytest.raises(TypeError, match="0-d"):
        iter(x)
    with pytest.raises(TypeError, match="0-d"):
        len(x)
    with pytest.raises(TypeError):
        a, b = x
    with pytest.raises(IndexError):
        x[0]


def test_zero_d_tensors_can_be_indexed_by_nothing(agrees):
    agrees(lambda m, x: x[()] * 2, 3.0)
    agrees(lambda m, x: x[...] * 2, 3.0)
    agrees(lambda m, x: x[None] * 2, 3.0)
    agrees(lambda m, x: x[m.tensor(True)] * 2, 3.0)


def test_zero_d_reductions_with_a_dimension_agree_with_pytorch(agrees):
    for dim in (0, -1):
        agrees(lambda m, x, dim=dim: x.sum(dim), 3.0)
        agrees(lambda m, x, dim=dim: x.max(dim)[0], 3.0)
        agrees(lambda m, x, dim=dim: x.cumsum(dim), 3.0)
        agrees(lambda m, x, dim=dim: x.softmax(dim), 3.0)
    with pytest.raises(IndexError):
        leaf(1.0).sum(1)


def test_iterating_gives_connected_rows():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    (first * 10 + second).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[10, 10], [1, 1]])
    assert len(x) == 2 and [row.shape for row in x] == [(2,), (2,)]


def test_a_zero_d_tensor_outlives_being_written_as_numbers():
    x = leaf(2.0)
    with ag.no_grad():
        x.sub_(0.5)
        x += 1
        x[...] = x * 2
    assert x.item() == 5 and x.shape == () and x.dtype == "float64" and x.is_leaf
    (x * x).backward()
    assert x.grad.item() == 10


# --- integers and booleans ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [1, [1, 2], True, [True], np.ones(2, "int32"), np.ones(2, "uint8")], ids=repr
)
def test_integers_and_booleans_cannot_require_gradients(data):
    with pytest.raises(RuntimeError, match="(?i)float"):
        tensor(data, requires_grad=True)
    x = tensor(data)
    with pytest.raises(RuntimeError, match="(?i)float"):
        x.requires_grad_()
    with pytest.raises(RuntimeError, match="(?i)float"):
        x.requires_grad = True
    assert not x.requires_grad
    x.requires_grad_(False)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.argmax(),
        lambda x: x.argmin(0),
        lambda x: x > 1,
        lambda x: x == x,
        lambda x: x != 1,
        lambda x: x <= x,
        lambda x: x.max(0)[1],
        lambda x: (x > 1).any(),
        lambda x: x.to("int64"),
        lambda x: x.astype("bool"),
        lambda x: x.isnan(),
        lambda x: x.isfinite(),
    ],
    ids="argmax argmin gt eq ne le max_index any to astype isnan isfinite".split(),
)
def test_integer_and_boolean_results_carry_no_graph(f):
    y = f(leaf(1.0, 2.0))
    assert y.dtype.kind in "bi" and not y.requires_grad and y.grad_fn is None and y.is_leaf
    with pytest.raises(RuntimeError):
        y.sum().backward()


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round", "sign"])
def test_step_functions_are_connected_with_gradient_zero(name):
    x = leaf(-1.5, 0.0, 0.3, 2.0)
    y = getattr(x, name)()
    assert y.requires_grad
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0, 0, 0])


def test_a_comparison_does_not_cut_the_graph_of_what_it_masks():
    x = leaf(-1.0, 2.0)
    (x * (x > 0)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 1])
    assert x.grad.dtype == "float64"


def test_integers_take_part_in_floating_arithmetic_without_gradients():
    n, x = tensor([1, 2]), leaf(0.5, 0.25, dtype="float32")
    y = n * x
    y.sum().backward()
    assert y.dtype == "float32" and n.grad is None
    np.testing.assert_array_equal(x.grad.numpy(), [1, 2])
