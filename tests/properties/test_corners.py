"""Corners in which a wrong rule once went unnoticed, each with its own test.

They were found by mutants (see ``tests/mutation.py``) that survived all other tests.
"""

import gc

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import GraphError, Tensor, grad, tensor
from autograd_engine.core import memory

from ..semantics.making import leaf


def second(f, *xs):
    """The gradients of the sum of all gradients of ``f``."""
    gs = grad(f(*xs).sum(), xs, create_graph=True)
    return grad(sum(g.sum() for g in gs), xs)


# --- saved values ---------------------------------------------------------------------------------


def test_a_leaf_whose_data_was_replaced_is_differentiated_where_it_was():
    x = leaf(1.0, 2.0)
    y = (x**3).sum()
    x.data = tensor([10.0, 20.0], dtype="float64")
    (g,) = grad(y, x, create_graph=True)
    np.testing.assert_array_equal(g.detach(), [3.0, 12.0])
    (h,) = grad(g.sum(), x)
    np.testing.assert_array_equal(h, [6.0, 12.0])


@pytest.mark.parametrize("other", ["float64", "float32"])
@pytest.mark.parametrize("op", ["mul", "div", "pow", "atan2", "matmul"])
def test_second_derivatives_through_a_leaf_that_was_promoted(op, other):
    torch = pytest.importorskip("torch")
    a = np.array([0.5, 1.5, 2.5], "float16" if other == "float32" else "float32")
    b = np.array([1.25, 0.75, 2.0], other)
    if op == "matmul":  # PyTorch multiplies no matrices of two dtypes
        xs = [Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)]
        found = second(lambda x, y: (x @ y) ** 2, *xs)
        wide = [Tensor(v.astype("float64"), requires_grad=True) for v in (a, b)]
        expected = [h.numpy() for h in second(lambda x, y: (x @ y) ** 2, *wide)]
    else:
        xs = [Tensor(a, requires_grad=True), Tensor(b, requires_grad=True)]
        found = second(lambda x, y: getattr(ag, op)(x, y) ** 2, *xs)
        ts = [torch.tensor(v, requires_grad=True) for v in (a, b)]
        ys = (getattr(torch, op)(*ts) ** 2).sum()
        gs = torch.autograd.grad(ys, ts, create_graph=True)
        expected = [h.numpy() for h in torch.autograd.grad(sum(g.sum() for g in gs), ts)]
    for x, mine, theirs in zip(xs, found, expected):
        assert mine.dtype == x.dtype
        np.testing.assert_allclose(mine, theirs, rtol=2e-2 if x.dtype == "float16" else 1e-5)


@pytest.mark.parametrize(
    "op", [lambda x: x * x, lambda x: x.sin(), lambda x: x**2, lambda x: 1 / x, lambda x: x @ x]
)
def test_a_leaf_without_dimensions_that_was_changed_is_stale(op):
    x = leaf(2.0) if op(leaf([2.0])).ndim else leaf([2.0])
    y = op(x)
    with ag.no_grad():
        x.add_(1)
    with pytest.raises(GraphError, match="in place"):
        y.backward()


def test_the_message_says_what_was_saved_and_what_it_is_called():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.detach().mul_(2)
    with pytest.raises(GraphError, match=r"exp saved its output of shape \[2\]"):
        y.sum().backward()
    w = leaf(1.0, 2.0)
    y = x * w
    with ag.no_grad():
        w.mul_(2)
    with pytest.raises(GraphError, match=r"mul saved its input 'b' of shape"):
        y.sum().backward()
    w.name = "weight"
    y = x * w
    with ag.no_grad():
        w.mul_(2)
    with pytest.raises(GraphError, match=r"mul saved its input 'b' \(weight\) of shape"):
        y.sum().backward()
    inner = x.exp()
    y = inner * inner.sin()
    with ag.no_grad():
        inner.mul_(2)
    with pytest.raises(GraphError, match=r"saved its input '\w' \(the output of exp\) of shape"):
        y.sum().backward()


def test_a_constant_without_dimensions_counts_as_it_was():
    constant, x = tensor(3.0, dtype="float64"), leaf(2.0)
    y = x * constant
    constant.mul_(2)
    try:  # the number itself was kept, and no one can change it
        y.backward()
    except GraphError as error:
        assert "in place" in str(error)
    else:
        assert float(x.grad) == 3


def test_a_gradient_that_a_graph_uses_is_stale_once_more_is_added_to_it():
    x, w = leaf(1.0, 2.0), leaf(3.0, 5.0)
    (x * x).sum().backward()
    z = (x.grad * w).sum()
    (x * x).sum().backward()
    with pytest.raises(GraphError, match="in place"):
        z.backward()
    x, w = leaf(1.0), leaf(3.0)
    (x * x).backward()
    z = x.grad * w
    (x * x).backward()
    try:  # of a number without dimensions a new one is made
        z.backward()
    except GraphError as error:
        assert "in place" in str(error)
    else:
        assert float(w.grad) == 2


def test_gradients_of_several_outputs_need_no_seeds_where_each_is_one_number():
    x = leaf(1.0, 2.0)
    a, b = (x * x).sum(), (3 * x).sum()
    np.testing.assert_array_equal(grad([a, b], x)[0], [5.0, 7.0])
    a, b = (x * x).sum(), x * 2
    with pytest.raises(GraphError, match="needs a gradient to start from"):
        grad([a, b], x)


@pytest.mark.parametrize(
    "zero", [0.0, 0, np.float64(0), np.zeros(()), np.zeros(1), np.float32(0), False]
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_rule_may_give_a_number(zero, create_graph):
    """Recorded or not, it comes out as a tensor of the input's shape and dtype."""
    step = ag.primitive(lambda x: np.sign(x), vjp=lambda g: zero, name="step")
    for x in (leaf(2.0), leaf([2.0])):
        if x.ndim and np.ndim(zero) == 0:
            continue  # a number is no gradient of a vector
        y = step(x) * x  # what the other way brings is added
        (g,) = grad(y.sum(), x, create_graph=create_graph)
        assert isinstance(g, Tensor) and g.shape == x.shape and g.dtype == np.float64
        np.testing.assert_array_equal(g.detach(), np.ones(x.shape))
        (g,) = grad(step(x).sum(), x, create_graph=create_graph)
        assert isinstance(g, Tensor) and g.shape == x.shape and g.dtype == np.float64
        assert not g.detach().numpy().any()


@pytest.mark.parametrize("shape", [(), (2,), (1, 3), (4, 3), (3, 1, 3)])
def test_a_rule_that_gives_a_gradient_of_another_shape_is_refused(shape):
    """Unless broadcasting made the one of the other: then it is summed."""
    double = ag.primitive(lambda x: 2 * x, vjp=lambda g: 2 * np.ones(shape), name="double")
    x = leaf([1.0, 2.0, 3.0])
    if shape and shape[-1] == 3:
        (g,) = grad(double(x).sum(), x)
        np.testing.assert_array_equal(g, np.full(3, 2.0 * np.prod(shape) / 3))
    else:
        told = (
            rf"double returned shape \[{', '.join(map(str, shape))}\] for an input of shape \[3\]"
        )
        with pytest.raises(GraphError, match=told):
            grad(double(x).sum(), x)


# --- memory ---------------------------------------------------------------------------------------

VIEWS = {
    "every second": lambda t: t[::2],
    "in the middle": lambda t: t[1:3],
    "a column": lambda t: t.reshape(2, 3)[:, 1],
    "transposed": lambda t: t.reshape(2, 3).T[:2],
    "a square": lambda t: t.reshape(2, 3)[:, :2],
    "a diagonal": lambda t: t.reshape(2, 3).diagonal(),
    "spread": lambda t: t[:1].expand(3),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_write_into_a_saved_view_is_seen_and_one_elsewhere_does_no_harm(name):
    """Elsewhere: where neither the elements nor the span from the first to the last meet."""
    places = VIEWS[name](ag.arange(6)).numpy()
    for i in range(6):
        base = tensor(np.arange(1.0, 7.0))
        view = VIEWS[name](base)
        w = ag.ones(*view.shape, dtype="float64", requires_grad=True)
        y = (w * view).sum()
        expected = view.numpy().copy()
        base[i : i + 1].mul_(10)
        if i in places:
            with pytest.raises(GraphError, match="in place"):
                y.backward()
        elif i < places.min() or i > places.max():
            y.backward()
            np.testing.assert_array_equal(w.grad, expected)
        else:
            try:
                y.backward()
            except GraphError as error:
                assert "in place" in str(error)
            else:
                np.testing.assert_array_equal(w.grad, expected)


def test_a_write_through_a_view_reaches_the_whole():
    x = tensor([1.0, 2.0])
    y = x[0]
    y.add_(1)
    np.testing.assert_array_equal(x, [2.0, 2.0])
    w = leaf([1.0, 2.0])
    x = w * 3
    y = x[0]
    y.mul_(y.detach())
    np.testing.assert_array_equal(x.detach(), [9.0, 6.0])
    (x * tensor([1.0, 10.0], dtype="float64")).sum().backward()
    np.testing.assert_array_equal(w.grad, [9.0, 30.0])


def test_a_recorded_write_into_a_view_of_what_does_not_lie_in_rows():
    torch = pytest.importorskip("torch")

    def run(m, x, transpose):
        base = (x * 2).T if transpose else (x * 2)[:, ::2]
        base[0].mul_(3)
        base[1].add_(base[0].detach())
        return (base * base).sum()

    for transpose in (True, False):
        array = np.arange(1.0, 9.0).reshape(2, 4)
        theirs = torch.tensor(array, requires_grad=True)
        run(torch, theirs, transpose).backward()
        mine = Tensor(array, requires_grad=True)
        run(ag, mine, transpose).backward()
        np.testing.assert_array_equal(mine.grad, theirs.grad.numpy())


def test_writes_of_many_parts_become_one_of_everything():
    """What is noted stays small, and a stale value is found all the same."""
    base = ag.zeros(200, dtype="float64")
    w = leaf(1.0)
    untouched, touched = w * base[199], w * base[0]
    for i in range(150):
        base[i].add_(1)
        assert len(memory._writes[id(memory.root(base.numpy()))].spans) <= 64
    with pytest.raises(GraphError, match="in place"):
        touched.backward()
    try:  # where exactly was forgotten
        untouched.backward()
    except GraphError as error:
        assert "in place" in str(error)
    base.add_(1)
    assert len(memory._writes[id(memory.root(base.numpy()))].spans) == 1


def test_a_tensor_on_its_own_memory_is_no_view():
    base = ag.zeros(3)
    assert memory.owner(base) is None
    view = base[:2]
    assert memory.owner(view) is base and memory.owner(base) is None
    del base
    gc.collect()
    assert memory.owner(view) is None


def test_nothing_is_kept_of_buffers_that_are_no_more():
    gc.collect()
    before = set(memory._writes)
    for _ in range(3):
        t = ag.zeros(3)
        t.add_(1)
        s = tensor(1.0)
        s.add_(1)
        assert set(memory._writes) - before
    del t, s
    assert not set(memory._writes) - before


# --- ops ------------------------------------------------------------------------------------------

TWINS = {
    "fmod, several times around": (
        lambda m, a, b: m.fmod(a, b),
        [[5.3, -7.1, 9.4], [2.1, 1.3, -2.2]],
    ),
    "remainder": (lambda m, a, b: m.remainder(a, b), [[5.3, -7.1, 9.4], [2.1, 1.3, -2.2]]),
    "prod, a zero in a column": (lambda m, x: m.prod(x, 0), [[[2.0, 0.0], [3.0, 4.0], [5.0, 7.0]]]),
    "prod, two zeros": (lambda m, x: m.prod(x, 0), [[[0.0, 0.0], [3.0, 0.0], [5.0, 7.0]]]),
    "prod of all": (lambda m, x: m.prod(x), [[[2.0, 0.0], [3.0, 4.0]]]),
    "cumprod, zeros": (lambda m, x: m.cumprod(x, 0), [[[2.0, 0.0], [0.0, 4.0], [5.0, 0.0]]]),
    "rot90, five": (lambda m, x: m.rot90(x, 5), [[[1.0, 2.0], [3.0, 4.0]]]),
    "rot90, minus one": (lambda m, x: m.rot90(x, -1, (1, 0)), [[[1.0, 2.0, 3.0]]]),
    "scatter of a number": (
        lambda m, x: m.scatter(x, 1, m.tensor([[0, 1], [2, 0]]), 7.0),
        [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    ),
    "scatter of a number by name": (
        lambda m, x: x.scatter(0, m.tensor([[1, 0]]), value=7.0),
        [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    ),
    "trapezoid along dim 0": (
        lambda m, y, x: m.trapezoid(y, x, dim=0),
        [[[1.0, 2.0], [3.0, 5.0], [4.0, 1.0]], [0.0, 1.0, 3.0]],
    ),
    "div trunc": (
        lambda m, a, b: m.div(a, b, rounding_mode="trunc"),
        [[7.0, -7.0, np.inf, -np.inf, 1.0, 0.0], [2.0, 2.0, 2.0, 2.0, np.inf, 3.0]],
    ),
    "div floor": (
        lambda m, a, b: m.div(a, b, rounding_mode="floor"),
        [[7.0, -7.0, 1.0, 0.0], [2.0, 2.0, np.inf, 3.0]],
    ),
}


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@pytest.mark.parametrize("name", TWINS)
def test_as_pytorch(name):
    torch = pytest.importorskip("torch")
    function, values = TWINS[name]
    results = []
    for module, make, derive in ((ag, tensor, grad), (torch, torch.tensor, torch.autograd.grad)):
        xs = [make(np.array(v), requires_grad=True) for v in values]
        y = function(module, *xs)
        seed = make(np.cos(np.arange(float(y.numel()))).reshape(tuple(y.shape)))
        gs = derive(y, xs, seed, create_graph=True, materialize_grads=True)
        total = sum((g * g).sum() for g in gs)
        hs = [0 * x for x in xs]
        if total.requires_grad and "div" not in name:  # 0 times infinity there
            hs = derive(total, xs, materialize_grads=True)
        results.append([y, *gs, *hs])
    for mine, theirs in zip(*results):
        np.testing.assert_allclose(mine.detach(), theirs.detach().numpy(), rtol=1e-10)


def test_a_plane_of_rotation_has_two_dimensions():
    with pytest.raises((ValueError, RuntimeError, IndexError), match="dim"):
        ag.rot90(ag.ones(2, 2), 1, (0, 0))


def test_counting_from_zero():
    np.testing.assert_array_equal(ag.bincount(tensor([0, 0, 2])), [2, 0, 1])
    np.testing.assert_array_equal(ag.bincount(tensor([0])), [1])


@pytest.mark.parametrize("shape", [(2, 2, 3), (3, 2, 2), (2, 3, 4, 2)])
def test_numpys_trace_of_more_dimensions(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    t = Tensor(x, requires_grad=True)
    for args in [(), (1,), (0, 1, 2), (-1, 2, 0)]:
        found = np.trace(t, *args)
        np.testing.assert_allclose(found.detach(), np.trace(x, *args))
    (g,) = grad(np.trace(t).sum(), t)
    expected = np.zeros(shape)
    expected[np.arange(2), np.arange(2)] = 1
    np.testing.assert_array_equal(g, expected)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_at_least_n_dimensions_of_a_list(n):
    function = getattr(ag, f"atleast_{n}d")
    xs = [leaf(2.0), leaf([1.0, 2.0])]
    found = function(xs)
    assert isinstance(found, tuple) and [y.ndim for y in found] == [max(n, x.ndim) for x in xs]
    sum(y.sum() for y in found).backward()
    assert [x.grad.shape for x in xs] == [(), (2,)]
    np.testing.assert_array_equal(found[1].detach().reshape(-1), [1.0, 2.0])
