"""Derivatives of functions: against torch.func and torch.autograd.functional, against closed forms,
and nested in each other.
"""

import warnings
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import func, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd_engine.transforms.pytree import leaves, tree_map

Pair = namedtuple("Pair", "a b")
A, B, V = np.array([0.5, -1.2, 2.0]), np.array([1.5, 0.3, -0.7]), np.array([1.0, -2.0, 0.5])
M = np.array([[0.3, -0.5, 1.1], [0.7, 0.2, -0.4]])


def leaf(array):
    return ag.tensor(np.asarray(array, dtype="float64"), requires_grad=True)


def const(array):
    return ag.tensor(np.asarray(array, dtype="float64"))


def same(ours, theirs):
    """Compare nested results: the containers, the shapes, the numbers."""
    if isinstance(theirs, (tuple, list)):
        assert isinstance(ours, (tuple, list)) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            same(a, b)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            same(ours[key], theirs[key])
    else:
        theirs = theirs.detach().numpy() if hasattr(theirs, "detach") else np.asarray(theirs)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-10, atol=1e-12)


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch.func")
    return torch


# Functions that read alike in both libraries: vector to vector, two arguments, a matrix, parts that
# do not depend on the input.
VECTOR = {
    "elementwise": lambda x: x.sin() * x**2,
    "mixed": lambda x: (x[:2] * x[1:]).exp(),
    "number": lambda x: (x * x).sum().tanh(),
    "linear": lambda x: x * 3.0,
    "identity": lambda x: x,
    "constant": lambda x: x.detach() * 2,
    "tuple": lambda x: (x.sum(), x * x[0]),
    "dict": lambda x: {"s": x.cos(), "t": [x.prod(), x[1:]]},
    "matrix": lambda x: x.reshape(3, 1) * x,
    "reused": lambda x: ((x + x) * (x.mean() - x)).sigmoid(),
}
NUMBER = {
    "cubic": lambda x: (x**3).sum(),
    "coupled": lambda x: (x[0] * x[1]).sin() * x[2].exp(),
    "linear": lambda x: (x * 2.0).sum(),
    "quadratic": lambda x: (x.reshape(3, 1) * x).sum() / 2,
}
TWO = {
    "product": lambda x, y: (x * y.exp()).sum(),
    "only the first": lambda x, y: (x**2).sum(),
    "coupled": lambda x, y: (x * y).sum() ** 2 + x[0].sin() * y[1],
}


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", VECTOR)
class TestVector:
    """One argument, against torch.func."""

    def test_jacobian(self, torch, name):
        f, x = VECTOR[name], torch.tensor(A)
        expected = torch.func.jacrev(f)(x)
        same(func.jacrev(f)(const(A)), expected)
        same(func.jacfwd(f)(const(A)), expected)
        same(jacobian(f, const(A)), expected)
        same(jacobian(f, const(A), strategy="forward-mode", create_graph=False), expected)

    def test_vjp(self, torch, name):
        f, x = VECTOR[name], torch.tensor(A)
        value, pull = torch.func.vjp(f, x)
        seeds = torch.utils._pytree.tree_map(lambda y: torch.cos(y) + 0.5, value)
        ours, our_pull = vjp(f, const(A))
        same(ours, value)
        for _ in range(2):  # it may be called again
            same(our_pull(tree_map(lambda y: y.cos() + 0.5, ours)), pull(seeds))

    def test_jvp(self, torch, name):
        f, x = VECTOR[name], torch.tensor(A)
        same(jvp(f, (const(A),), (const(V),)), torch.func.jvp(f, (x,), (torch.tensor(V),)))

    def test_second_derivatives(self, torch, name):
        f = VECTOR[name]
        same(func.hessian(f)(const(A)), torch.func.jacrev(torch.func.jacrev(f))(torch.tensor(A)))
        same(
            func.jacfwd(func.jacrev(f))(const(A)),
            torch.func.jacrev(torch.func.jacrev(f))(torch.tensor(A)),
        )


@pytest.mark.parametrize("name", NUMBER)
def test_a_function_to_a_number_agrees_with_torch(torch, name):
    f, x, v = NUMBER[name], torch.tensor(A), torch.tensor(V)
    same(func.grad(f)(const(A)), torch.func.grad(f)(x))
    same(func.grad_and_value(f)(const(A)), torch.func.grad_and_value(f)(x))
    same(hessian(f, const(A)), torch.autograd.functional.hessian(f, x))
    same(hvp(f, const(A), const(V)), torch.autograd.functional.hvp(f, x, v))


@pytest.mark.parametrize("name", TWO)
def test_two_arguments_agree_with_torch(torch, name):
    f, ours, theirs = TWO[name], (const(A), const(B)), (torch.tensor(A), torch.tensor(B))
    functional = torch.autograd.functional
    same(jacobian(f, ours), functional.jacobian(f, theirs))
    same(hessian(f, ours), functional.hessian(f, theirs))
    same(
        hvp(f, ours, (const(V), const(A))),
        functional.hvp(f, theirs, (torch.tensor(V), torch.tensor(A))),
    )
    for argnums in (0, 1, -1, (0,), (1, 0)):
        same(func.grad(f, argnums)(*ours), torch.func.grad(f, argnums)(*theirs))
        if argnums != -1:
            same(func.jacrev(f, argnums)(*ours), torch.func.jacrev(f, argnums)(*theirs))


def test_the_jacobian_nests_outputs_outside_and_inputs_inside(torch):
    def f(x, y):
        return x * y.sum(), (x.sum(),)

    ours = jacobian(f, (const(A), const(B)))
    same(
        ours[0],
        torch.autograd.functional.jacobian(
            lambda x, y: f(x, y)[0], (torch.tensor(A), torch.tensor(B))
        ),
    )
    assert (
        isinstance(ours[1], tuple) and isinstance(ours[1][0], tuple) and ours[1][0][1].shape == (3,)
    )


def test_aux_is_handed_through(torch):
    def f(x):
        return (x**2).sum(), {"twice": x * 2, "note": "said"}

    x = const(A)
    value, gradient = value_and_grad(f, has_aux=True)(x)
    same(value[0], (A**2).sum())
    same(gradient, 2 * A)
    assert value[1]["note"] == "said" and not value[1]["twice"].requires_grad
    same(func.grad(f, has_aux=True)(x)[0], 2 * A)
    same(func.grad_and_value(f, has_aux=True)(x)[1][1]["twice"], 2 * A)
    assert vjp(f, x, has_aux=True)[2]["note"] == "said"
    assert jvp(f, (x,), (x,), has_aux=True)[2]["note"] == "said"
    same(func.jacrev(f, has_aux=True)(x)[0], 2 * A)


# --- pytrees --------------------------------------------------------------------------------------


TREES = {
    "dict": {"b": A, "a": B},
    "ordered": OrderedDict(z=A, y=B),
    "list": [A, B],
    "tuple": (A, (B,)),
    "namedtuple": Pair(A, B),
    "nested": {"p": [A, {"q": B}], "none": None},
}


@pytest.mark.parametrize("name", TREES)
def test_gradients_are_nested_as_the_argument(name):
    tree = tree_map(const, TREES[name])

    def f(t):
        a, b = leaves(t)
        return (a * b).sum()

    _, gradient = value_and_grad(f)(tree)
    assert type(gradient) is type(tree)
    ga, gb = leaves(gradient)
    a, b = leaves(TREES[name])
    tree_map(lambda g, x: None, gradient, TREES[name])  # raises where the containers differ
    same(ga, b)
    same(gb, a)
    same(leaves(func.hessian(f)(tree)), [np.zeros((3, 3)), np.eye(3), np.eye(3), np.zeros((3, 3))])


def test_a_list_or_dict_of_inputs_is_one_argument():
    found = jacobian(lambda d: {"y": d["x"] ** 2}, {"x": const(A)})
    same(found, {"y": {"x": np.diag(2 * A)}})
    same(hvp(lambda d: (d["x"] ** 3).sum(), {"x": const(A)}, {"x": const(V)})[1], {"x": 6 * A * V})


def test_arrays_and_floats_are_taken_as_tensors():
    same(value_and_grad(lambda x: (x**2).sum())(A), ((A**2).sum(), 2 * A))
    assert func.grad(lambda x: x**2)(3.0).item() == 6
    same(jvp(lambda x: x**2, (A,), (V,))[1], 2 * A * V)


def test_keyword_arguments_are_handed_through():
    assert func.grad(lambda x, *, k: x**k)(const(2.0), k=3).item() == 12


# --- nesting --------------------------------------------------------------------------------------


def cube(x):
    return x**3


def derivative(f):
    return func.grad(f)


def by_jvp(f):
    return lambda x: jvp(f, (x,), (const(1.0),))[1]


def by_vjp(f):
    return lambda x: vjp(f, x)[1](const(1.0))[0]


def by_jacobian(f):
    return lambda x: jacobian(f, x)


def by_jacfwd(f):
    return func.jacfwd(f)


def by_hand(f):
    def df(x):
        x = x if x.requires_grad else x.clone().requires_grad_()
        return grad(f(x), x, create_graph=True)[0]

    return df


WAYS = [derivative, by_jvp, by_vjp, by_jacobian, by_jacfwd, by_hand]


@pytest.mark.parametrize("outer", WAYS[:-1])
@pytest.mark.parametrize("inner", WAYS)
def test_any_transform_can_be_taken_of_any_other(outer, inner):
    assert outer(inner(cube))(const(2.0)).item() == pytest.approx(12)
    assert outer(outer(inner(cube)))(const(2.0)).item() == pytest.approx(6)


@pytest.mark.parametrize("way", WAYS[:-1])
def test_gradients_flow_through_a_transform_to_its_input_and_to_what_the_function_uses(way):
    x, w = leaf(2.0), leaf(5.0)
    way(lambda x: w * x**3)(x).backward()  # 3 w x^2
    assert x.grad.item() == pytest.approx(60) and w.grad.item() == pytest.approx(12)
    w.grad = None
    way(lambda x: w * x**3)(const(2.0)).backward()
    assert w.grad.item() == pytest.approx(12)


def test_gradients_flow_through_values_too():
    x, w = leaf(2.0), leaf(5.0)

    def f(x):
        return w * x

    for value in (value_and_grad(f)(x)[0], vjp(f, x)[0], jvp(f, (x,), (x,))[0], hvp(f, x, x)[0]):
        assert [g.item() for g in grad(value, (x, w))] == [5, 2]


def test_gradients_flow_to_cotangents_and_tangents():
    v = leaf(V)
    vjp(lambda x: x**2, const(A))[1](v)[0].sum().backward()
    same(v.grad, 2 * A)
    (t,) = grad(jvp(lambda x: x**2, (const(A),), (v,))[1].sum(), v)
    same(t, 2 * A)
    (h,) = grad(hvp(lambda x: (x**3).sum(), const(A), v)[1].sum(), v)
    same(h, 6 * A)


def test_the_hessian_of_a_vjp_is_the_third_derivative():
    def f(x):
        return vjp(lambda x: x**4, x)[1](ag.ones_like(x))[0].sum()

    same(hessian(f, const(A)), np.diag(24 * A))


def test_a_closed_over_variable_of_the_outer_function_is_not_confused_with_the_inner_one():
    # d/dx (x * d/dy (x + y)) = 1, the classic of perturbation confusion.
    assert func.grad(lambda x: x * func.grad(lambda y: x + y)(const(1.0)))(const(1.0)).item() == 1
    assert by_jvp(lambda x: x * by_jvp(lambda y: x + y)(const(1.0)))(const(1.0)).item() == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda f, x: value_and_grad(f)(x),
        lambda f, x: vjp(f, x)[1](const(1.0)),
        lambda f, x: jvp(f, (x,), (x,)),
        lambda f, x: jacobian(f, x),
        lambda f, x: hessian(f, x),
        lambda f, x: hvp(f, x, x),
        lambda f, x: func.jacfwd(f)(x),
    ],
)
def test_results_carry_no_graph_where_nobody_wants_one_and_leaves_are_left_alone(call):
    x, w = leaf(A), leaf(B)
    with ag.no_grad():
        assert not any(y.requires_grad for y in leaves(call(lambda x: (w * x**3).sum(), x)))
    assert not any(y.requires_grad for y in leaves(call(lambda x: (x**3).sum(), const(A))))
    assert any(y.requires_grad for y in leaves(call(lambda x: (x**3).sum(), x)))
    assert x.grad is None and w.grad is None and x.is_leaf


def test_create_graph_false_cuts():
    x = leaf(A)
    f = NUMBER["cubic"]
    results = (
        jacobian(f, x, create_graph=False),
        hessian(f, x, create_graph=False),
        hvp(f, x, x, create_graph=False),
    )
    assert not any(y.requires_grad for y in leaves(results))
    same(results[1], np.diag(6 * A))


def test_the_graph_outside_survives():
    x = leaf(A)
    h = x * x
    same(func.grad(lambda t: (t * h).sum())(const(B)), A**2)
    with ag.no_grad():
        func.grad(lambda t: (t * h).sum())(h)
    h.sum().backward()
    same(x.grad, 2 * A)


def test_deep_histories_cost_nothing_and_do_not_recurse():
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + 0.0
    same(jacobian(lambda t: t * const(A), y), A)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: func.grad(lambda x: x)(const(A)), RuntimeError, "one number"),
        (lambda: func.grad(lambda x: (x, x))(const(1.0)), RuntimeError, "tuple"),
        (lambda: func.grad(lambda x: 3.0)(const(1.0)), TypeError, "float"),
        (lambda: func.grad(cube, argnums=1)(const(1.0)), ValueError, "argnums=1"),
        (lambda: func.grad(cube)(3), TypeError, "int"),
        (lambda: func.grad(cube)("three"), TypeError, "argnums"),
        (lambda: func.grad(cube)(ag.tensor(3)), RuntimeError, "int64"),
        (lambda: func.grad(cube, has_aux=True)(const(1.0)), TypeError, "pair"),
        (lambda: vjp(lambda x: np.ones(3), const(A)), TypeError, "ndarray"),
        (lambda: vjp(cube, const(A))[1](const(1.0)), ValueError, r"cotangent has the shape \[\]"),
        (lambda: vjp(cube, const(A))[1]((const(A),)), ValueError, "nested"),
        (lambda: jvp(cube, const(A), const(A)), TypeError, "tuple of primals"),
        (
            lambda: jvp(cube, (const(A),), (const(M),)),
            ValueError,
            r"tangent has the shape \[2, 3\]",
        ),
        (lambda: jvp(cube, (const(A),), ()), ValueError, "a tuple of 0"),
        (lambda: hvp(NUMBER["cubic"], const(A), {"v": const(A)}), ValueError, "dict with the keys"),
        (lambda: hessian(lambda x: x, const(A)), RuntimeError, "one number"),
        (lambda: jacobian(cube, const(A), strategy="sideways"), ValueError, "sideways"),
    ],
)
def test_errors_say_what_was_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_error_in_the_function_leaves_recording_as_it_was():
    with ag.no_grad(), pytest.raises(ZeroDivisionError):
        func.grad(lambda x: 1 / 0)(const(1.0))
    assert ag.is_grad_enabled()


def test_empty_and_zero_dimensional():
    assert jacobian(lambda x: x * 2, const(np.zeros((0, 2)))).shape == (0, 2, 0, 2)
    assert jacobian(lambda x: x.sum(), const(np.zeros((0,)))).shape == (0,)
    assert func.jacfwd(lambda x: x * ag.ones(2, dtype="float64"))(const(2.0)).shape == (2,)


def test_no_warnings_in_float32():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert func.hessian(lambda x: (x**3).sum())(ag.tensor([1.0, 2.0])).dtype == np.float32
