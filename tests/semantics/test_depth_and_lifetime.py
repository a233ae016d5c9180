"""Graphs of any depth, which die when they are dropped."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import grad

from .making import leaf

DEEP = 30_000
"""Operations: deeper than Python's stack (a thousand calls) and C's (some ten thousand)."""

# --- depth ----------------------------------------------------------------------------------------


def chain(x, step=lambda y: y + 1, length=DEEP):
    for _ in range(length):
        x = step(x)
    return x


STEPS = {
    "add": (lambda y: y + 1, 1.0),
    "mul": (lambda y: y * 1.00001, 1.00001**DEEP),
    "unary": (lambda y: -y, 1.0),
    "in_place": (lambda y: y.add_(1), 1.0),
    "both_operands": (lambda y: (y + y) * 0.5, 1.0),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_deep_graph_is_built_swept_and_freed(name):
    step, slope = STEPS[name]
    x = leaf(1.0)
    y = chain(x * 1, step, DEEP // 2 if name == "both_operands" else DEEP)
    y.backward()
    np.testing.assert_allclose(x.grad.item(), slope)
    del y


def test_a_deep_graph_of_arrays_is_swept():
    x = leaf(1.0, 2.0)
    chain(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1])


def test_a_deep_graph_is_freed_without_having_been_swept():
    x = leaf(1.0)
    y = chain(x)
    first = weakref.ref(x)
    del y, x
    assert first() is None


def test_a_deep_graph_swept_with_create_graph_can_be_swept_again_and_freed():
    x = leaf(1.0)
    y = chain(x, lambda y: y * 1.00001) * x
    (dx,) = grad(y, x, create_graph=True)
    np.testing.assert_allclose(dx.item(), 2 * 1.00001**DEEP)
    (ddx,) = grad(dx, x)
    np.testing.assert_allclose(ddx.item(), 2 * 1.00001**DEEP)
    del dx, y


def test_a_deep_result_is_printed():
    assert "grad_fn" in repr(chain(leaf(1.0)))


COPIES = {"pickle": lambda thing: pickle.loads(pickle.dumps(thing)), "deepcopy": copy.deepcopy}


@pytest.mark.parametrize("name", COPIES)
def test_a_deep_result_is_copied_with_its_graph_or_refused_but_never_recursed_into_nor_detached(
    name,
):
    x = leaf(1.0)
    y = chain(x)
    try:
        x2, y2 = COPIES[name]((x, y))
    except RuntimeError as refusal:
        assert not isinstance(refusal, RecursionError) and "detach" in str(refusal)
    else:
        assert y2.item() == y.item() and x2 is not x and not y2.is_leaf
        y2.backward()
        assert x2.grad.item() == 1 and x.grad is None
        y.backward()
        assert x.grad.item() == 1, "the copy has a graph of its own"


@pytest.mark.parametrize("name", COPIES)
def test_the_detached_value_of_a_deep_result_is_copied(name):
    y = chain(leaf(1.0)).detach()
    copied = COPIES[name](y)
    assert copied is not y and copied.item() == y.item() and not copied.requires_grad


def test_a_shallow_copy_of_a_result_is_connected_or_refused():
    x = leaf(1.0, 2.0)
    try:
        y = copy.copy(x * 2)
    except RuntimeError:
        return
    assert y.requires_grad
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2])


def test_a_leaf_of_a_deep_graph_is_pickled_and_deep_copied_without_the_graph():
    x = leaf(1.0)
    y = chain(x)
    y.backward()
    for copied in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert copied is not x and copied.is_leaf and copied.requires_grad and copied.item() == 1
    assert copy.deepcopy(x).grad.item() == 1


def test_a_deep_graph_is_drawn_without_recursion():
    assert "add" in ag.draw(chain(leaf(1.0))).source


# --- lifetime -------------------------------------------------------------------------------------


@pytest.fixture
def no_collector():
    gc.disable()
    yield
    gc.enable()


LIFETIME = {
    name: (lambda x, name=name: getattr(x, name)())
    for name in "exp tanh sigmoid sqrt rsqrt reciprocal tan relu softplus expm1 "
    "log abs square sum mean prod amax max std var neg clone flatten "
    "trunc sinh cosh".split()
}
LIFETIME |= {
    "softmax": lambda x: x.softmax(0),
    "log_softmax": lambda x: x.log_softmax(0),
    "logsumexp": lambda x: x.logsumexp(0),
    "cumsum": lambda x: x.cumsum(0),
    "max_dim": lambda x: x.max(0)[0],
    "split": lambda x: x.split(2)[0],
    "pow": lambda x: x**2.5,
    "pow_tensor": lambda x: x**x,
    "mul": lambda x: x * x,
    "div": lambda x: x / x,
    "matmul": lambda x: x @ x,
    "getitem": lambda x: x[1:],
    "gather": lambda x: x[[0, 0]],
    "cat": lambda x: ag.cat([x, x]),
    "stack": lambda x: ag.stack([x, x]),
    "where": lambda x: ag.where(x > 1, x, -x),
    "einsum": lambda x: ag.einsum("i,i->", x, x),
    "reshape": lambda x: x.reshape(2, 2),
    "clamp": lambda x: x.clamp(0, 1),
    "in_place": lambda x: (x * 2).mul_(3),
    "in_place_exp": lambda x: (x * 2).exp_(),
    "logaddexp": lambda x: ag.logaddexp(x, x),
    "numpy": lambda x: np.exp(x),
}


def setitem(x):
    y = x * 2
    y[1] = x[0]
    return y


def hooked(x):
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    return y


LIFETIME |= {"setitem": setitem, "hooks": hooked}


@pytest.mark.parametrize("name", LIFETIME)
@pytest.mark.parametrize("swept", [False, True], ids=["unswept", "swept"])
def test_a_dropped_result_dies_without_the_garbage_collector(name, swept, no_collector):
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = LIFETIME[name](x)
    z = (y * y).sum()
    if swept:
        z.backward()
    dead = [weakref.ref(y), weakref.ref(z)]
    if isinstance(y.numpy(), np.ndarray) and y.numpy().base is None:
        dead.append(weakref.ref(y.numpy()))
    del y, z
    assert [ref() for ref in dead] == [None] * len(dead)


@pytest.mark.parametrize("name", sorted(set(LIFETIME) - {"trunc", "hooks"}))
def test_a_second_order_graph_dies_without_the_garbage_collector(name, no_collector):
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = LIFETIME[name](x)
    z = (y * y).sum()
    (dx,) = grad(z, x, create_graph=True)
    (ddx,) = grad((dx * dx).sum(), x, create_graph=True)
    dead = [weakref.ref(t) for t in (x, y, z, dx, ddx)]
    del x, y, z, dx, ddx
    assert [ref() for ref in dead] == [None] * len(dead)


def test_a_leaf_dies_with_its_gradient_and_its_graph(no_collector):
    x = leaf(1.0, 2.0)
    (x.exp() * x).sum().backward()
    dead = [weakref.ref(x), weakref.ref(x.grad)]
    del x
    assert [ref() for ref in dead] == [None, None]


def test_a_failed_sweep_leaves_no_cycle(no_collector):
    x = leaf(1.0, 2.0)
    y = x.exp()
    with pytest.raises(RuntimeError):
        y.backward()
    dead = weakref.ref(y)
    del y
    assert dead() is None


def test_what_no_rule_needs_is_freed_while_the_graph_lives(no_collector):
    x = leaf(1.0, 2.0)
    h = x + 1
    array = weakref.ref(h.numpy())
    y = (h + 1).sum()
    del h
    assert array() is None
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1])


def test_what_a_rule_saved_is_freed_by_the_sweep(no_collector):
    x = leaf(1.0, 2.0)
    h = x + 1
    array = weakref.ref(h.detach().numpy())
    y = (h * h).sum()
    del h
    assert array() is not None, "mul needs its factors"
    y.backward()
    assert array() is None, "a swept graph holds nothing"
