"""Hooks and kept gradients."""

import warnings

import numpy as np
import pytest

from autograd_engine import grad, tensor

from .making import leaf

# --- hooks and kept gradients ---------------------------------------------------------------------


def test_a_hook_fires_once_on_the_complete_gradient():
    x = leaf(1.0)
    h = x * 2
    seen = []
    h.register_hook(lambda g: seen.append(g.item()))
    (h * 3 + h * 4).backward()
    assert seen == [7]
    assert x.grad.item() == 14


def test_a_hook_on_a_leaf_fires_once_before_accumulation():
    x = leaf(2.0)
    seen = []
    x.register_hook(lambda g: seen.append((g.item(), x.grad and x.grad.item())))
    (x * x + x).backward()
    (x * x + x).backward()
    assert seen == [(5, None), (5, 5)], (
        "the hook sees this sweep's gradient, not the accumulated one"
    )
    assert x.grad.item() == 10


def test_what_a_hook_returns_takes_the_gradients_place():
    x = leaf(1.0, 2.0)
    h = x * 2
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: -g)
    h.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [-20, -20])


def test_hooks_run_in_order_and_each_sees_the_result_of_the_one_before():
    x = leaf(1.0)
    seen = []
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: seen.append(g.item()))
    x.register_hook(lambda g: g * 10)
    (x * 2).backward()
    assert seen == [3] and x.grad.item() == 30


def test_a_removed_hook_is_silent():
    x = leaf(1.0)
    kept = x.register_hook(lambda g: g * 10)
    removed = x.register_hook(lambda g: g * 1000)
    removed.remove()
    (x * 2).backward()
    assert x.grad.item() == 20
    kept.remove()
    kept.remove()
    (x * 2).backward()
    assert x.grad.item() == 22


def test_hooks_of_grad_inputs_and_outputs_apply():
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * 3)
    x.register_hook(lambda g: g * 5)
    assert grad(y, x)[0].item() == 60


def test_hooks_see_a_differentiable_gradient_under_create_graph():
    x = leaf(2.0)
    h = x * x
    h.register_hook(lambda g: g * x)
    (dx,) = grad(h * 1, x, create_graph=True)
    assert dx.item() == 8
    assert grad(dx, x)[0].item() == 8, "d(2x * x)/dx"


def test_a_hook_that_changes_the_shape_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError, match="shape|size"):
        (x * 2).sum().backward()
    assert x.grad is None


def test_a_hook_on_a_tensor_without_a_graph_is_refused():
    with pytest.raises(RuntimeError, match="requires? grad"):
        tensor(1.0).register_hook(print)


def test_an_exception_in_a_hook_reaches_the_caller():
    x = leaf(1.0)
    x.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (x * 2).backward()
    assert x.grad is None


def test_retain_grad_keeps_the_gradient_of_a_result():
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    assert h.retains_grad and not x.retains_grad
    (h * h).backward()
    assert h.grad.item() == 12 and x.grad.item() == 36


def test_retain_grad_sees_the_gradient_after_the_hooks():
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    assert h.grad.item() == 10


def test_retained_gradients_accumulate_over_sweeps_like_those_of_leaves(torch):
    def twice(x):
        h = x * 3
        h.retain_grad()
        y = h * h
        y.backward(retain_graph=True)
        y.backward()
        return h.grad.item(), x.grad.item()

    assert twice(leaf(2.0)) == twice(torch.tensor(2.0, requires_grad=True))


def test_retain_grad_on_a_leaf_does_nothing():
    x = leaf(2.0)
    x.retain_grad()
    (x * x).backward()
    assert x.grad.item() == 4


def test_retain_grad_without_a_graph_is_refused():
    with pytest.raises(RuntimeError, match="requires? grad"):
        tensor(1.0).retain_grad()


def test_reading_the_gradient_of_a_result_warns_and_names_retain_grad():
    y = leaf(2.0) * 3
    with pytest.warns(UserWarning, match="retain_grad"):
        assert y.grad is None


def test_reading_a_gradient_that_is_there_or_of_a_leaf_does_not_warn():
    x = leaf(2.0)
    h = x * 3
    h.retain_grad()
    h.backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert h.grad.item() == 1 and x.grad.item() == 3
        assert tensor(1.0).grad is None and (tensor(1.0) * 2).grad is None


def test_a_kept_gradient_is_that_of_the_value_after_a_write_in_place(torch):
    def program(x):
        y = x * 2
        y.retain_grad()
        y.mul_(3)
        (y * y).sum().backward()
        return y.grad.tolist()

    assert (
        program(leaf(1.0, 2.0)) == program(torch.tensor([1.0, 2.0], requires_grad=True)) == [12, 24]
    )


def test_a_hook_on_a_result_sees_the_gradient_of_the_value_it_was_put_on():
    x, seen = leaf(1.0, 2.0), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(3)
    y.sum().backward()
    assert seen == [[3, 3]]


def test_what_a_hook_returns_takes_the_dtype_of_the_leaf_or_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.to("float32"))
    try:
        (x * 2).sum().backward()
    except RuntimeError:
        assert x.grad is None
    else:
        assert x.grad.dtype == "float64"
