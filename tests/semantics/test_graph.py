"""The graph: reuse, sweeping again, and what backward refuses."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import grad, tensor

from .making import leaf

# --- reuse ----------------------------------------------------------------------------------------


def test_a_tensor_added_to_itself_gets_gradient_two():
    a = leaf(3.0)
    (a + a).backward()
    assert a.grad.item() == 2


def test_a_sum_added_to_itself_gets_gradient_four():
    a = leaf(3.0)
    b = a + a
    (b + b).backward()
    assert a.grad.item() == 4


def test_one_tensor_in_three_places_of_an_einsum_gets_three_x_squared():
    x = leaf(1.0, -2.0, 3.0)
    ag.einsum("i,i,i->", x, x, x).backward()
    np.testing.assert_allclose(x.grad.numpy(), [3, 12, 27])


@pytest.mark.parametrize(
    "f, slope",
    [
        (lambda x: x * x, 6),
        (lambda x: x - x, 0),
        (lambda x: x / x, 0),
        (lambda x: x**x, 27 * (1 + np.log(3))),
        (lambda x: ag.stack([x, x, x]).sum(), 3),
        (lambda x: ag.cat([x.reshape(1)] * 4).sum(), 4),
        (lambda x: ag.where(x > 0, x, x), 1),
        (lambda x: ag.maximum(x, x), 1),
    ],
)
def test_an_operand_used_twice_in_one_op_gets_both_contributions(f, slope):
    x = leaf(3.0)
    f(x).backward()
    np.testing.assert_allclose(x.grad.item(), slope, atol=1e-12)


def test_a_diamond_waits_for_both_branches():
    x = leaf(2.0)
    a = x * 3
    b, c = a.exp(), a.sin()
    d = b * c
    (d + a).backward()
    np.testing.assert_allclose(
        x.grad.item(), 3 * (np.exp(6) * np.sin(6) + np.exp(6) * np.cos(6) + 1)
    )


def test_a_branch_that_does_not_lead_to_the_result_takes_no_part():
    x = leaf(2.0)
    a = x * 3
    _unused = a.log() * a
    (a * a).backward()
    assert x.grad.item() == 36


# --- sweeping again -------------------------------------------------------------------------------


def test_a_second_backward_raises_and_names_retain_graph():
    x = leaf(3.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward()
    assert x.grad.item() == 6, "the failed sweep must leave the gradient alone"


def test_a_second_grad_raises_and_names_retain_graph():
    x = leaf(3.0)
    y = x * x
    grad(y, x)
    with pytest.raises(RuntimeError, match="retain_graph"):
        grad(y, x)


def test_a_graph_freed_through_another_result_raises_and_leaves_every_gradient_alone():
    x, w = leaf(3.0), leaf(2.0)
    shared = x * x
    first, second = shared * 2, shared * 5 + w
    first.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        second.backward()
    assert x.grad.item() == 12
    assert w.grad is None, "nothing may be half-accumulated"


def test_with_retain_graph_the_leaf_accumulates_exactly():
    x = leaf(3.0)
    y = x * x * x
    y.backward(retain_graph=True)
    assert x.grad.item() == 27
    y.backward(retain_graph=True)
    assert x.grad.item() == 54
    y.backward()
    assert x.grad.item() == 81


def test_with_retain_graph_intermediates_do_not_accumulate():
    x = leaf(3.0)
    y = x * x * x
    y.backward(retain_graph=True)
    x.grad.zero_()
    y.backward()
    assert x.grad.item() == 27


def test_create_graph_keeps_the_graph_unless_told_otherwise():
    x = leaf(3.0)
    y = x * x
    grad(y, x, create_graph=True)
    assert grad(y, x)[0].item() == 6
    with pytest.raises(RuntimeError, match="retain_graph"):
        grad(y, x)


def test_two_graphs_accumulate_into_one_leaf():
    x = leaf(2.0)
    (x**2).backward()
    assert x.grad.item() == 4
    (x**2).backward()
    assert x.grad.item() == 8


def test_accumulation_goes_on_in_the_gradient_the_user_holds():
    x = leaf(2.0, 3.0)
    (x * x).sum().backward()
    held = x.grad
    (x * x).sum().backward()
    np.testing.assert_array_equal(held.numpy(), [8, 12])


def test_a_gradient_set_by_the_user_is_accumulated_into():
    x = leaf(2.0)
    x.grad = tensor(10.0, dtype="float64")
    (x**2).backward()
    assert x.grad.item() == 14


def test_a_leaf_frozen_after_the_forward_pass_gets_no_gradient():
    x, w = leaf(2.0), leaf(3.0)
    y = x * w
    w.requires_grad_(False)
    y.backward()
    assert x.grad.item() == 3 and w.grad is None


# --- what backward refuses ------------------------------------------------------------------------


def test_backward_of_many_elements_without_a_seed_raises():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"gradient"):
        (x * 2).backward()
    assert x.grad is None


def test_one_element_of_any_rank_needs_no_seed():
    x = leaf([[3.0]])
    (x * x).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[6]])


@pytest.mark.parametrize("shape", [(3,), (1,), (), (2, 1), (1, 2), (0,)], ids=str)
def test_a_seed_of_another_shape_raises_even_if_it_would_broadcast(shape):
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="shape"):
        (x * 2).backward(ag.ones(shape, dtype="float64"))
    with pytest.raises(RuntimeError, match="shape"):
        grad(x * 2, x, ag.ones(shape, dtype="float64"))
    assert x.grad is None


def test_a_seed_for_a_scalar_must_be_a_scalar():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="shape"):
        (x * 2).backward(ag.ones((1,), dtype="float64"))


def test_backward_without_a_graph_raises():
    for x in (tensor(1.0), tensor(1.0) * 2, leaf(1.0).detach(), leaf(1.0).detach() * 2):
        with pytest.raises(RuntimeError, match="grad"):
            x.backward()
        assert x.grad is None


def test_backward_on_a_leaf_gives_it_the_seed():
    x = leaf(5.0)
    x.backward()
    assert x.grad.item() == 1


def test_grad_of_an_unused_input_raises_unless_allowed():
    x, unused = leaf(1.0), leaf(2.0)
    with pytest.raises(RuntimeError, match="allow_unused"):
        grad(x * 2, (x, unused))
    dx, none = grad(x * 2, (x, unused), only_inputs=True, allow_unused=True)
    assert dx.item() == 2 and none is None
    _, zeros = grad(x * 2, (x, unused), materialize_grads=True)
    assert zeros.item() == 0 and zeros.shape == ()
    with pytest.raises(ValueError, match="use backward"):
        grad(x * 2, x, only_inputs=False)
    with pytest.raises(TypeError, match="requires_grad is True or False, got 'x'"):
        x.requires_grad = "x"


def test_grad_of_an_input_that_requires_none_raises():
    x, constant = leaf(1.0), tensor(2.0)
    with pytest.raises(RuntimeError, match="grad"):
        grad(x * constant, (x, constant), allow_unused=True)


def test_grad_leaves_the_leaves_alone():
    x, w = leaf(2.0), leaf(3.0)
    dx, dw = grad(x * w, (x, w))
    assert (dx.item(), dw.item()) == (3, 2)
    assert x.grad is None and w.grad is None


def test_grad_with_respect_to_a_result_in_between_stops_there():
    x = leaf(2.0)
    h = x * 5
    (dh,) = grad(h**2, h)
    assert dh.item() == 20


def test_backward_with_inputs_accumulates_into_these_only():
    x, w = leaf(2.0), leaf(3.0)
    (x * w).backward(inputs=[w])
    assert x.grad is None and w.grad.item() == 2


@pytest.mark.parametrize("outputs, inputs, what", [(1, 0, "inputs"), (0, 1, "outputs")])
def test_grad_of_or_with_respect_to_nothing_is_refused(outputs, inputs, what):
    x = ag.tensor(2.0, requires_grad=True)
    y = x * 3
    with pytest.raises(ValueError, match=f"no {what}"):
        ag.grad([y] * outputs, [x] * inputs)
    assert ag.grad(y, x)[0].item() == 3.0


def test_several_outputs_without_seeds_add_up_also_the_same_twice():
    x = leaf(1.0, 2.0)
    a, b = x.sum(), (x * x).sum()
    np.testing.assert_array_equal(ag.grad([a, b], x, retain_graph=True)[0], [3, 5])
    np.testing.assert_array_equal(ag.grad([b, a, b], x, retain_graph=True)[0], [5, 9])
    ag.autograd.backward([b, b])
    np.testing.assert_array_equal(x.grad, [4, 8])
