"""Buffers: gradients own their memory, saved arrays are guarded."""

import itertools

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine.core import memory
from autograd_engine import grad, no_grad, tensor

from .making import WRITES, leaf

# --- gradients own their memory -------------------------------------------------------------------

PASSING = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "add_twice": lambda a, b: (a + b) + (a + b),
    "add_zero": lambda a, b: (a + 0) + b,
    "times_one": lambda a, b: a * 1 + b,
    "clone": lambda a, b: a.clone() + b.clone(),
    "reshape": lambda a, b: a.reshape(3, 2).reshape(2, 3) + b,
    "transpose": lambda a, b: a.T.T + b,
    "flatten": lambda a, b: a.flatten().reshape(2, 3) + b,
    "unsqueeze": lambda a, b: (a.unsqueeze(0) + b.unsqueeze(0)).squeeze(0),
    "expand": lambda a, b: a.expand(2, 3) + b,
    "getitem_all": lambda a, b: a[:] + b[...],
    "maximum": lambda a, b: ag.maximum(a, b),
    "where": lambda a, b: ag.where(a > b, a, b),
    "cat": lambda a, b: ag.cat([a, b]),
    "stack": lambda a, b: ag.stack([a, b]),
    "flip": lambda a, b: a.flip(0) + b,
    "split": lambda a, b: a.split(1)[0] + b,
    "repeated_views": lambda a, b: a[None].reshape(2, 3)[:] + b,
    "mul": lambda a, b: a * b,
    "exp": lambda a, b: a.exp() * b,
    "sum": lambda a, b: a.sum() + b.sum(),
    "mean": lambda a, b: a.mean() * b.mean(),
    "sum_dim": lambda a, b: a.sum(0) + b.sum(0),
    "matmul": lambda a, b: a @ b.T,
    "relu": lambda a, b: a.relu() + b.clamp(-10, 10),
}


@pytest.mark.parametrize("name", PASSING)
def test_gradients_are_writable_and_share_no_memory(name):
    a, b = leaf([[1.0, 2, 3], [4, 5, 6]]), leaf([[6.0, 5, 4], [3, 2, 1]])
    y = PASSING[name](a, b)
    seed = ag.ones(tuple(y.shape), dtype="float64")
    y.backward(seed, retain_graph=True)
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())
    for gradient, t in itertools.product((a.grad, b.grad), (seed, a, b, y)):
        assert not np.shares_memory(gradient.numpy(), t.detach().numpy())
    for gradient in (a.grad, b.grad):
        assert gradient.numpy().flags.writeable
        gradient.numpy()[...] = 7
        gradient.mul_(2)
    assert (seed.numpy() == 1).all()
    for gradient in (a.grad, b.grad):
        assert (gradient.numpy() == 14).all()


@pytest.mark.parametrize("name", PASSING)
def test_writing_into_gradients_between_two_sweeps_changes_no_later_gradient(name):
    a, b = leaf([[1.0, 2, 3], [4, 5, 6]]), leaf([[6.0, 5, 4], [3, 2, 1]])
    y = PASSING[name](a, b)
    seed = ag.ones(tuple(y.shape), dtype="float64")
    y.backward(seed, retain_graph=True)
    expected = a.grad.numpy().copy(), b.grad.numpy().copy()
    for t in (a, b):
        t.grad.numpy()[...] = np.nan
        t.grad = None
    y.backward(seed)
    np.testing.assert_array_equal(a.grad.numpy(), expected[0])
    np.testing.assert_array_equal(b.grad.numpy(), expected[1])


@pytest.mark.parametrize("name", PASSING)
def test_gradients_returned_by_grad_share_no_memory(name):
    a, b = leaf([[1.0, 2, 3], [4, 5, 6]]), leaf([[6.0, 5, 4], [3, 2, 1]])
    y = PASSING[name](a, b)
    seed = ag.ones(tuple(y.shape), dtype="float64")
    da, db = grad(y, (a, b), seed)
    assert not np.shares_memory(da.numpy(), db.numpy())
    assert not any(
        np.shares_memory(g.numpy(), t.numpy()) for g in (da, db) for t in (seed, a, b, y)
    )
    for gradient in (da, db):
        assert gradient.numpy().flags.writeable
        gradient.numpy()[...] = 7


@pytest.mark.parametrize("name", PASSING)
def test_retained_gradients_share_no_memory_with_each_other_or_with_those_of_leaves(name):
    a, b = leaf([[1.0, 2, 3], [4, 5, 6]]), leaf([[6.0, 5, 4], [3, 2, 1]])
    y = PASSING[name](a, b)
    z = y.clone()
    y.retain_grad()
    z.retain_grad()
    z.backward(ag.ones(tuple(y.shape), dtype="float64"))
    for one, other in itertools.combinations((y.grad, z.grad, a.grad, b.grad), 2):
        assert not np.shares_memory(one.numpy(), other.numpy())


def test_a_retained_gradient_does_not_share_the_memory_of_the_seed():
    y = leaf(1.0, 2.0) * 1
    y.retain_grad()
    seed = tensor([1.0, 1.0], dtype="float64")
    y.backward(seed, retain_graph=True)
    assert not np.shares_memory(y.grad.numpy(), seed.numpy())
    y.backward(seed)
    np.testing.assert_array_equal(seed.numpy(), [1, 1])
    np.testing.assert_array_equal(y.grad.numpy(), [2, 2])


def test_the_seed_is_not_kept_as_the_gradient_of_a_leaf():
    x = leaf(1.0, 2.0)
    seed = tensor([1.0, 1.0], dtype="float64")
    x.backward(seed)
    x.backward(seed)
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2])
    np.testing.assert_array_equal(seed.numpy(), [1, 1])


def test_accumulating_into_a_leaf_does_not_change_a_retained_gradient():
    x = leaf(1.0, 2.0)
    h = x.clone()
    h.retain_grad()
    h.sum().backward()
    x.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2])
    np.testing.assert_array_equal(h.grad.numpy(), [1, 1])


def test_what_a_hook_returns_or_keeps_is_not_written_into():
    x = leaf(1.0, 2.0)
    replacement, kept = tensor([5.0, 5.0], dtype="float64"), []
    x.register_hook(kept.append)
    x.register_hook(lambda g: replacement)
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [10, 10])
    np.testing.assert_array_equal(replacement.numpy(), [5, 5])
    np.testing.assert_array_equal(kept[0].numpy(), [2, 2])


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 2)], ids=str)
def test_the_gradient_of_a_sum_can_be_written_element_by_element(shape):
    x = tensor(np.ones(shape), requires_grad=True)
    x.sum().backward()
    array = x.grad.numpy()
    assert array.shape == shape and array.flags.writeable
    assert array.size == 0 or 0 not in np.array(array.strides)[np.array(shape, dtype=int) > 1]
    x.grad.add_(1)
    np.testing.assert_array_equal(x.grad.numpy(), np.full(shape, 2.0))


def test_a_gradient_does_not_change_with_the_data_of_the_factor_it_equals():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x * w).sum().backward()
    with no_grad():
        w.mul_(0)
    np.testing.assert_array_equal(x.grad.numpy(), [3, 4])


# --- saved arrays are guarded ---------------------------------------------------------------------


def other():
    return leaf(2.0, 3.0, 4.0)


SAVES_ITS_INPUT = {
    "mul": lambda h: h * other(),
    "div": lambda h: other() / h,
    "pow": lambda h: h**3,
    "log": lambda h: h.log(),
    "sin": lambda h: h.sin(),
    "matmul": lambda h: h @ other(),
    "abs": lambda h: h.abs(),
    "prod": lambda h: h.prod(),
    "var": lambda h: h.var(),
    "maximum": lambda h: ag.maximum(h, other()),
    "einsum": lambda h: ag.einsum("i,i->", h, other()),
    "clamp": lambda h: h.clamp(0, 1),
    "atan2": lambda h: ag.atan2(h, other()),
}
SAVES_NOTHING_OF_IT = {
    "add": lambda h: h + other(),
    "sub": lambda h: h - other(),
    "neg": lambda h: -h,
    "mul_number": lambda h: h * 3,
    "mul_constant": lambda h: h * tensor([1.0, 2, 3], dtype="float64"),
    "div_number": lambda h: h / 3,
    "sum": lambda h: h.sum(),
    "mean": lambda h: h.mean(),
    "reshape": lambda h: h.reshape(3, 1) + 0,
    "expand": lambda h: h.expand(2, 3) + 0,
    "cat": lambda h: ag.cat([h, h]),
    "stack": lambda h: ag.stack([h, h]),
    "flip": lambda h: h.flip(0),
    "gather": lambda h: h[[0, 0, 2]],
    "cumsum": lambda h: h.cumsum(0),
    "where": lambda h: ag.where(tensor([True, False, True]), h, 0.0),
    "exp": lambda h: h.exp(),
    "tanh": lambda h: h.tanh(),
    "sqrt": lambda h: h.sqrt(),
    "sigmoid": lambda h: h.sigmoid(),
    "softmax": lambda h: h.softmax(0),
    "floor": lambda h: h.floor(),
    "clone": lambda h: h.clone(),
}


@pytest.mark.parametrize("name", SAVES_ITS_INPUT)
def test_changing_what_an_op_saved_is_an_error_that_names_the_op(name):
    x = leaf(1.0, 2.0, 3.0)
    y = SAVES_ITS_INPUT[name](x).sum()
    with no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match=rf"\b{name}\b.*(modified|changed)"):
        y.backward()
    assert x.grad is None


def test_the_error_names_the_tensor_by_shape_or_name():
    x = leaf([[1.0, 2.0, 3.0]])
    x.name = "weight"
    y = (x * leaf([[1.0, 2.0, 3.0]])).sum()
    with no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match=r"weight|\[1, 3\]|\(1, 3\)"):
        y.backward()


@pytest.mark.parametrize("write", WRITES)
def test_every_way_to_write_is_noticed(write):
    x = leaf(1.0, 2.0, 3.0)
    y = (x * other()).sum()
    with no_grad():
        WRITES[write](x)
    with pytest.raises(RuntimeError, match=r"\bmul\b"):
        y.backward()


@pytest.mark.parametrize("name", SAVES_NOTHING_OF_IT)
@pytest.mark.parametrize("write", ["add_", "through_a_view"])
def test_changing_what_no_op_saved_is_no_error_and_changes_no_gradient(name, write):
    def gradient(change):
        x = leaf(1.0, 2.0, 3.0)
        y = SAVES_NOTHING_OF_IT[name](x)
        if change:
            with no_grad():
                WRITES[write](x)
        y.backward(ag.ones(tuple(y.shape), dtype="float64"))
        return x.grad.numpy()

    np.testing.assert_array_equal(gradient(True), gradient(False))


@pytest.mark.parametrize("name", ["exp", "tanh", "sqrt", "sigmoid", "softmax"])
def test_changing_a_saved_output_is_an_error(name):
    x = leaf(1.0, 2.0, 3.0)
    y = SAVES_NOTHING_OF_IT[name](x)
    z = y.sum()
    with no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match=rf"\b{name}\b"):
        z.backward()


def test_changing_a_factor_is_noticed_only_where_the_other_needs_a_gradient():
    x, constant = leaf(1.0, 2.0), tensor([3.0, 4.0], dtype="float64")
    y = (x * constant).sum()
    with no_grad():
        x.add_(1)
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 4])
    y = (x * constant).sum()
    constant.add_(1)
    with pytest.raises(RuntimeError, match=r"\bmul\b"):
        y.backward()


@pytest.mark.parametrize("write", WRITES)
def test_a_recorded_write_into_a_result_gives_the_right_gradient_or_an_error(write):
    x = leaf(1.0, 2.0, 3.0)
    h = x * 2
    y = (h * h).sum()
    try:
        WRITES[write](h)
        y.backward()
    except RuntimeError:
        return
    np.testing.assert_array_equal(x.grad.numpy(), [8, 16, 24])


def test_a_write_after_the_sweep_is_no_error():
    x = leaf(1.0, 2.0)
    for expected in ([2, 4], [4, 6]):
        x.grad = None
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), expected)
        with no_grad():
            x.add_(1)


def test_a_write_that_fails_changes_nothing_and_spoils_no_graph():
    x = leaf(1.0, 2.0, 3.0)
    y = (x * x).sum()
    with no_grad(), pytest.raises((RuntimeError, ValueError)):
        x.add_(ag.ones(5, dtype="float64"))
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 4, 6])


def test_an_optimizer_step_between_forward_and_backward_is_an_error():
    from nn.optim import SGD

    w = leaf(1.0, 2.0, 3.0)
    optimizer = SGD([w], lr=0.1)
    (w * w).sum().backward()
    y = (w * w).sum()
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"\bmul\b"):
        y.backward()


def test_an_optimizer_made_between_forward_and_backward_is_an_error_or_harmless():
    from nn.optim import SGD

    w = leaf(1.0, 2.0, 3.0)
    (w * w).sum().backward()
    y = (w * w).sum()
    SGD([w], lr=0.1).step()
    try:
        w.grad = None
        y.backward()
    except RuntimeError:
        return
    np.testing.assert_array_equal(w.grad.numpy(), [2, 4, 6])


def test_an_optimizer_step_between_two_uses_of_a_layer_is_an_error():
    from nn.optim import Adam

    w = leaf(1.0, 2.0, 3.0)
    optimizer = Adam([w], lr=0.1)
    for _ in range(3):
        y = (w * w).sum()
        y.backward(retain_graph=True)
        optimizer.step()
        with pytest.raises(RuntimeError, match=r"\bmul\b"):
            y.backward()


def test_data_is_replaced_by_a_tensor_or_an_array_only():
    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="tensor or an array, got int"):
        x.data = 3
    assert x.tolist() == [1.0, 2.0]


def test_writes_through_data_are_the_users_own():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    x.data[...] = 10.0
    x.data.mul_(2)
    y.backward()
    np.testing.assert_array_equal(
        x.numpy() if not x.requires_grad else x.detach().numpy(), [20, 20]
    )
    assert "own" in ag.Tensor.data.__doc__


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_are_of_the_values_that_the_forward_pass_had(dtype):
    """Also where the leaf got other data since, and where it was promoted: to every order."""
    w = tensor([2.0, 3.0], dtype=dtype, requires_grad=True)
    y = (w * w * w * tensor([5.0, 7.0], dtype="float64")).sum()
    w.data = tensor([20.0, 30.0], dtype=dtype)
    (plain,) = ag.grad(y, w, retain_graph=True)
    (first,) = ag.grad(y, w, create_graph=True)
    (second,) = ag.grad(first.sum(), w, create_graph=True)
    (third,) = ag.grad(second.sum(), w)
    assert plain.tolist() == first.tolist() == [60.0, 189.0]
    assert second.tolist() == [60.0, 126.0]
    assert third.tolist() == [30.0, 42.0]


PARTS = {
    "saved strided, all written": (lambda x: x.T, lambda x: x.mul_(2)),
    "saved strided, a row written": (lambda x: x[:, ::2].T, lambda x: x[3].zero_()),
    "all saved, a column written": (lambda x: x, lambda x: x[:, 3].zero_()),
    "all saved, its end written": (lambda x: x, lambda x: x[3, 3:].zero_()),
    "column saved and written": (lambda x: x[:, 1], lambda x: x[:, 1].zero_()),
}
APART = {
    "the rows after": (lambda x: x[:2], lambda x: x[2:].zero_()),
    "the rows before": (lambda x: x[2:], lambda x: x[:2].zero_()),
    "columns of other rows": (lambda x: x[:2, ::2], lambda x: x[2:, 1].zero_()),
}


@pytest.mark.parametrize("name", [*PARTS, *APART])
def test_a_write_is_noticed_where_it_meets_what_was_saved_and_nowhere_else(name):
    part, change = (PARTS | APART)[name]
    x = ag.randn(4, 4)
    saved = part(x)
    w = ag.ones(saved.shape, requires_grad=True)
    expected = saved.clone()
    y = (w * saved).sum()
    change(x)
    if name in PARTS:
        with pytest.raises(RuntimeError, match="changed in place"):
            y.backward()
    else:
        y.backward()
        np.testing.assert_array_equal(w.grad, expected)


@pytest.mark.parametrize("change", [lambda w: w.mul_(2), lambda w: w.copy_(ag.tensor(3.0))])
def test_a_number_that_was_changed_since_is_no_longer_what_was_saved(change):
    """A 0-d leaf may hold a number of NumPy's, which nobody can write to: it is exchanged."""
    w = (ag.tensor([2.0]).sum()).requires_grad_()
    y = w * w
    with ag.no_grad():
        change(w)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    assert w.grad is None


def test_what_is_noted_of_a_buffer_goes_with_the_buffer():
    noted = len(memory._writes)
    for _ in range(20):
        x = ag.zeros(3)
        x.add_(1)
        x[1] = 2.0
    assert len(memory._writes) == noted + 1
    del x
    assert len(memory._writes) == noted
