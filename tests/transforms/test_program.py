"""The graph as a program: pickled, copied and computed again, however deep."""

import copy
import pickle

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import grad, primitive
from autograd_engine.transforms.program import operations, replay

MOVES = {"deepcopy": copy.deepcopy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}


def leaf(*shape):
    return ag.randn(*shape, dtype="float64").requires_grad_()


def network(x, w):
    h = (x @ w).tanh()
    a, b = h.split([1, 2], dim=1)
    c = h.clone()
    c[0] = a.sum()
    return (
        ((b * b).mean() + h[[0, 0, 1]].max(dim=1)[0].sum() + ag.cat([a, b], 1).logsumexp(1).sum())
        * 2
        - c.std()
        + c[1:, ::2].prod()
    )


@pytest.fixture(params=MOVES)
def move(request):
    return MOVES[request.param]


def test_a_moved_graph_gives_the_same_gradients_of_any_order(move):
    x, w = leaf(3, 4), leaf(4, 3)
    y = network(x, w)
    x2, w2, y2 = move((x, w, y))
    assert y2.item() == y.item() and repr(y2) == repr(y)
    mine = grad(y, (x, w), create_graph=True)
    theirs = grad(y2, (x2, w2), create_graph=True)
    for a, b in zip(
        (*mine, *grad(mine[0].sum(), (x, w))), (*theirs, *grad(theirs[0].sum(), (x2, w2)))
    ):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


def test_a_moved_graph_is_its_own(move):
    x = leaf(3)
    y2 = move((x * x).sum())
    y2.backward()
    assert x.grad is None
    (leaf2,) = {v for node in operations(y2) for v in node.inputs if isinstance(v, ag.Tensor)}
    np.testing.assert_array_equal(leaf2.grad.numpy(), 2 * x.detach().numpy())
    assert not np.shares_memory(leaf2.numpy(), x.numpy())


def test_tensors_moved_together_stay_related(move):
    x = leaf(3)
    h = x.exp()
    y = (h * h).sum()
    x2, y2, h2, again = move([x, y, h, y])
    assert again is y2
    np.testing.assert_allclose(grad(y2, h2, retain_graph=True)[0].numpy(), 2 * h.detach().numpy())
    np.testing.assert_allclose(grad(y2 + h2.sum(), x2)[0].numpy(), (2 * h * h + h).detach().numpy())


def test_many_operations_in_a_row(move):
    w = ag.tensor(1.00001, dtype="float64", requires_grad=True)
    y = w
    for _ in range(20_000):
        y = y * w
    w2, y2 = move((w, y))
    y2.backward()
    assert w2.grad.item() == pytest.approx(20_001 * 1.00001**20_000)
    assert len(operations(y2)) == 20_000


def test_gradients_names_and_retained_gradients_come_along(move):
    x = leaf(3)
    x.name = "x"
    y = x * x
    y.name = "y"
    y.retain_grad()
    y.sum().backward(create_graph=True)
    x2, y2 = move((x, y))
    assert (x2.name, y2.name) == ("x", "y") and y2.retains_grad
    np.testing.assert_array_equal(y2.grad.numpy(), np.ones(3))
    np.testing.assert_array_equal(
        grad(x2.grad.sum(), x2)[0].numpy(), [2, 2, 2]
    )  # the gradient has a graph, which leads back to x
    y2.sum().backward()
    np.testing.assert_array_equal(y2.grad.numpy(), [2, 2, 2])


def test_a_freed_graph_stays_freed(move):
    x = leaf(3)
    y = x.exp().sum()
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        move(y).backward()


def test_changes_in_place_are_still_noticed(move):
    x = leaf(3)
    x2, y2 = move((x, (x * x).sum()))
    with ag.no_grad():
        x2 += 1
    with pytest.raises(RuntimeError, match="changed in"):
        y2.backward()


def test_what_was_changed_in_place_cannot_be_moved(move):
    x = leaf(3)
    y = (x * x).sum()
    with ag.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="changed in"):
        move(y)


def test_a_graph_with_hooks_cannot_be_moved(move):
    y = leaf(3).exp()
    handle = y.register_hook(lambda g: g * 2)
    with pytest.raises(RuntimeError, match="exp.*has a hook"):
        move(y.sum())
    handle.remove()
    assert move(y.sum()).requires_grad


def test_an_op_that_was_declared_over_can_be_copied_but_not_pickled():
    def declare(factor):
        @primitive(name="program_test_scaled", vjp=lambda g: g * factor)
        def scaled(x):
            return x * factor

        return scaled

    first = declare(2.0)
    x = leaf(2)
    y = first(x).sum()
    assert pickle.loads(pickle.dumps(y)).item() == y.item()
    declare(3.0)
    with pytest.raises(RuntimeError, match="program_test_scaled.*registry"):
        pickle.dumps(y)
    x2, y2 = copy.deepcopy((x, y))
    np.testing.assert_array_equal(grad(y2, x2)[0].numpy(), [2, 2])


def test_an_op_that_is_not_declared_when_loading_says_so():
    from autograd_engine.core.primitive import registry

    @primitive(name="program_test_gone", vjp=lambda g: g)
    def gone(x):
        return x + 1

    text = pickle.dumps(gone(leaf(2)))
    del registry["program_test_gone"]
    with pytest.raises(RuntimeError, match="program_test_gone.*not declared"):
        pickle.loads(text)


def test_leaves_and_constants_move_as_before(move):
    for x in (leaf(2), ag.tensor([1, 2]), ag.tensor(2.5), ag.tensor(2.5, requires_grad=True)):
        y = move(x)
        assert type(y) is type(x) and y.requires_grad == x.requires_grad and y.dtype == x.dtype
        np.testing.assert_array_equal(y.numpy(), x.numpy())


# --- computing it again ---------------------------------------------------------------------------


def test_replay_gives_the_value_of_every_operation():
    x, w = leaf(3, 4), leaf(4, 3)
    y = network(x, w)
    y.backward()  # which frees what was saved
    again = replay(y)
    assert again.changed == ()
    assert list(again.values) == operations(y)
    np.testing.assert_array_equal(again.values[y.node], y.numpy())
    h = next(value for node, value in again.values.items() if node.op.name == "tanh")
    np.testing.assert_array_equal(h, np.tanh(x.numpy() @ w.numpy()))


def test_replay_keeps_dtypes():
    x = ag.tensor([1, 2], dtype="float32").requires_grad_()
    y = (np.float64(2.0) * x + 1).sum() * ag.tensor([3])
    for node, value in replay(y).values.items():
        assert value.dtype == node.dtype and value.shape == node.shape


def test_replay_of_checkpoints_functions_and_leaves():
    x, w = leaf(3), leaf(3)
    y = ag.checkpoint(lambda t: (t * w).exp().sum(), x)
    np.testing.assert_allclose(replay(y * 2).values[y.node], y.numpy())
    a, b = ag.checkpoint(lambda t: (t * w, t + w), x)
    np.testing.assert_allclose(replay(a * b).values[b.node], b.numpy())

    class Double(ag.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * n

        @staticmethod
        def backward(ctx, g):
            return g * 2, None

    z = Double.apply(x, 2)
    np.testing.assert_allclose(replay(z.sum()).values[z.node], 2 * x.numpy())
    assert replay(x).values == {}


@pytest.mark.parametrize("shape", [(3,), ()])
def test_replay_says_which_leaves_were_changed(shape):
    x, w, c = leaf(*shape), leaf(*shape), ag.ones(3, dtype="float64")
    y = (x * w + c).sum()
    with ag.no_grad():
        x += 1
    again = replay(y)
    assert len(again.changed) == 1 and again.changed[0] is x
    np.testing.assert_allclose(again.values[y.node], (x * w + c).sum().item())
    c.add_(1.0)
    assert len(replay(y).changed) == 2


def test_replay_records_nothing_and_touches_nothing():
    x = leaf(3)
    y = (x * x).sum()
    replay(y)
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.numpy())


VIEWS = {
    "row": lambda x: x[1],
    "columns": lambda x: x[:, ::2].transpose(0, 1),
    "transposed": lambda x: x.t(),
    "whole": lambda x: x.reshape(-1),
    "element": lambda x: x[1, 2],
    "detached": lambda x: x.detach(),
}


@pytest.mark.parametrize("move", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", VIEWS)
def test_tensors_that_share_memory_share_it_after_they_are_moved(name, order, move):
    x = ag.tensor(np.asarray(np.arange(12.0).reshape(3, 4), order=order))
    view = VIEWS[name](x)
    shared = np.shares_memory(view.numpy(), x.numpy())
    held = {"x": x, "view": view, "again": x}
    moved = move(held)
    assert moved["x"] is moved["again"]
    for key in ("x", "view"):
        assert moved[key].tolist() == held[key].tolist()
        assert moved[key].stride() == held[key].stride()
    assert not np.shares_memory(moved["x"].numpy(), x.numpy())
    assert np.shares_memory(moved["view"].numpy(), moved["x"].numpy()) == shared
    moved["x"].mul_(2)
    if shared:
        assert moved["view"].tolist() == VIEWS[name](moved["x"]).tolist()
    assert x.tolist() == np.arange(12.0).reshape(3, 4).tolist()


@pytest.mark.parametrize("move", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("first", ["base", "view"])
def test_a_recorded_write_into_a_moved_view_reaches_its_moved_base_or_raises(move, first):
    base = ag.tensor([1.0, 2.0, 3.0])
    both = {"base": base, "view": base[:2]}
    moved = move({first: both[first]} | both)
    w = ag.tensor(5.0, requires_grad=True)
    moved["view"].mul_(w)
    assert moved["base"].tolist() == [5.0, 10.0, 3.0] and base.tolist() == [1.0, 2.0, 3.0]
    moved["base"].sum().backward()
    assert w.grad.item() == 3.0
