"""Shapes: every gradient has the shape of what it is the gradient of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import autograd_engine as ag
from autograd_engine import grad, tensor

# --- the gradient has the shape of what it is the gradient of -------------------------------------

BINARY = {
    "add": lambda m, a, b: a + b,
    "sub": lambda m, a, b: a - b,
    "mul": lambda m, a, b: a * b,
    "div": lambda m, a, b: a / b,
    "pow": lambda m, a, b: a**b,
    "maximum": lambda m, a, b: m.maximum(a, b),
    "minimum": lambda m, a, b: m.minimum(a, b),
    "atan2": lambda m, a, b: m.atan2(a, b),
    "logaddexp": lambda m, a, b: m.logaddexp(a, b),
    "remainder": lambda m, a, b: m.remainder(a, b),
    "where": lambda m, a, b: m.where(a > b, a * 2, b * 3),
    "where_leaves": lambda m, a, b: m.where(a > b, a, b),
}
SHAPES = [
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (1, 4)),
    ((), (3,)),
    ((1,), (5,)),
    ((1, 1), ()),
    ((0, 3), (1, 3)),
    ((1, 3), (0, 1)),
    ((2, 1, 3), (4, 1)),
    ((1,), ()),
    ((1,), (0,)),
]


def positive(shape, seed):
    return np.random.default_rng(seed).uniform(0.5, 2, shape)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_broadcast_axes_are_summed_away_in_every_binary_op(name, shapes, agrees):
    agrees(BINARY[name], positive(shapes[0], 1), positive(shapes[1], 2))


@settings(max_examples=60, deadline=None)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0))
def test_any_two_broadcastable_shapes_give_gradients_of_their_own_shapes(agrees, shapes):
    a, b = shapes.input_shapes
    agrees(BINARY["mul"], positive(a, 1), positive(b, 2))
    agrees(BINARY["where_leaves"], positive(a, 1), positive(b, 2))


@pytest.mark.parametrize(
    "shapes",
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((1, 2, 3), (5, 3, 4)),
        ((6, 1, 2, 3), (5, 3, 1)),
        ((3,), (5, 3, 2)),
        ((5, 2, 3), (3,)),
        ((0, 3), (3, 2)),
        ((2, 0), (0, 3)),
        ((0,), (0,)),
        ((4, 1, 1, 3), (1, 5, 3, 2)),
    ],
    ids=str,
)
def test_matmul_gradients_have_the_shapes_of_the_factors(shapes, agrees):
    agrees(lambda m, a, b: a @ b, positive(shapes[0], 1), positive(shapes[1], 2))


def test_where_gives_gradients_of_the_branches_shapes_under_a_wider_condition(agrees):
    condition = np.array([[True, False, True], [False, False, True]])
    agrees(lambda m, c, a, b: m.where(c, a, b), condition, positive((3,), 1), positive((2, 1), 2))
    agrees(lambda m, c, a, b: m.where(c, a, b), condition, positive((), 1), positive((1, 1), 2))


def test_the_second_derivative_undoes_broadcasting_too(torch):
    def second(m, a, b):
        (da,) = (
            m.autograd.grad((a * b * b).sum(), (a,), create_graph=True)
            if m is torch
            else grad((a * b * b).sum(), (a,), create_graph=True)
        )
        (da**2).sum().backward()
        return b.grad

    a, b = positive((3, 1), 1), positive((2, 3, 4), 2)
    theirs = second(torch, torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True))
    ours = second(ag, tensor(a, requires_grad=True), tensor(b, requires_grad=True))
    assert ours.shape == (2, 3, 4)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy())
