"""Hooks on nodes and on accumulated gradients, and what else a node tells: PyTorch's answers."""

import copy
import pickle

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import GraphError

torch = pytest.importorskip("torch")

ENGINES = {"ours": ag, "torch": torch}


def product(engine):
    """Two leaves, their product and its sum."""
    a = engine.tensor([1.0, 2.0], requires_grad=True)
    b = engine.tensor([3.0, -1.0], requires_grad=True)
    m = a * b
    return a, b, m, m.sum()


def plain(value):
    """Gradients in a log as lists."""
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    return value.tolist() if hasattr(value, "tolist") else value


PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


@program
def what_the_hooks_see_and_in_which_order(engine, log):
    a, b, m, loss = product(engine)
    m.retain_grad()
    m.grad_fn.register_hook(lambda into, out: log.append(("post", into, out)))
    m.grad_fn.register_prehook(lambda out: log.append(("pre", out)))
    m.register_hook(lambda g: log.append(("tensor", g)))
    loss.backward()
    log += [a.grad, b.grad, m.grad]


@program
def what_the_hooks_return_takes_the_place(engine, log):
    a, b, m, loss = product(engine)
    m.retain_grad()
    m.register_hook(lambda g: g * 2)
    m.grad_fn.register_prehook(lambda out: (out[0] * 10,))
    m.grad_fn.register_hook(lambda into, out: (into[0] + 1, into[1] * 7))
    m.grad_fn.register_hook(lambda into, out: log.append((into, out)))
    loss.backward()
    log += [a.grad, b.grad, m.grad]


@program
def none_in_a_tuple_stops_a_gradient(engine, log):
    a, b, m, loss = product(engine)
    m.grad_fn.register_hook(lambda into, out: (None, into[1]))
    loss.backward()
    log += [a.grad, b.grad]


@program
def none_before_the_rules_stops_all(engine, log):
    a, b, m, loss = product(engine)
    m.grad_fn.register_prehook(lambda out: (None,))
    (loss + a.sum()).backward()
    log += [a.grad, b.grad]


@program
def constants_have_no_gradient_to_see(engine, log):
    a = engine.tensor([1.0, 2.0], requires_grad=True)
    y = a * engine.tensor([3.0, 4.0])
    y.grad_fn.register_hook(lambda into, out: log.append(into))
    y.sum().backward()


@program
def broadcasting_is_undone_before_a_hook_sees_it(engine, log):
    a = engine.tensor([[1.0], [2.0]], requires_grad=True)
    b = engine.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = a * b
    y.grad_fn.register_hook(lambda into, out: log.append(into))
    y.sum().backward()


@program
def an_op_with_several_outputs_has_one_node(engine, log):
    x = engine.tensor([1.0, 2.0, 3.0], requires_grad=True)
    first, *_ = x.unbind()
    first.grad_fn.register_prehook(lambda out: log.append(len(out)))
    first.grad_fn.register_hook(lambda into, out: log.append((into, len(out))))
    (first * 5).backward()
    log.append(x.grad)


@program
def removed_hooks_are_silent(engine, log):
    a, b, m, loss = product(engine)
    handles = [
        m.grad_fn.register_hook(lambda into, out: log.append("post")),
        m.grad_fn.register_prehook(lambda out: log.append("pre")),
        a.register_post_accumulate_grad_hook(lambda p: log.append("after")),
    ]
    loss.backward(retain_graph=True)
    for handle in handles:
        handle.remove()
    loss.backward()
    log += [a.grad, b.grad]


@program
def a_hook_before_the_rules_changes_no_gradient_of_the_tensor(engine, log):
    a, b, m, loss = product(engine)
    m.grad_fn.register_prehook(lambda out: (out[0] * 10,))
    log += engine.autograd.grad(loss, [m, a])


@program
def second_derivatives_go_through_hooks(engine, log):
    a, b, m, loss = product(engine)
    m.grad_fn.register_hook(lambda into, out: (into[0] * a, into[1]))
    (g,) = engine.autograd.grad((m * m).sum(), a, create_graph=True)
    log += [g, *engine.autograd.grad(g.sum(), a)]


@program
def after_accumulation(engine, log):
    a, b, m, loss = product(engine)
    a.register_hook(lambda g: g * 2)
    a.register_post_accumulate_grad_hook(lambda p: log.append((p is a, p.grad)))
    for _ in range(2):
        (a * b).sum().backward()
    engine.autograd.grad((a * b).sum(), a)
    loss.backward(inputs=[a])
    loss = (a * b).sum()
    loss.backward(inputs=[b])


@program
def an_optimizer_in_the_backward_sweep(engine, log):
    a, b, m, loss = product(engine)

    def step(p):
        with engine.no_grad():
            p -= 0.1 * p.grad
        p.grad = None

    for p in (a, b):
        p.register_post_accumulate_grad_hook(step)
    loss.backward()
    log += [a.detach(), b.detach(), a.grad, b.grad]


@program
def metadata_is_a_dictionary_of_the_node(engine, log):
    m = product(engine)[2]
    m.grad_fn.metadata["k"] = 1
    log += [m.grad_fn.metadata, (m * 2).grad_fn.metadata]


@program
def copies_of_leaves_have_no_hooks(engine, log):
    a = engine.tensor([1.0], requires_grad=True)
    a.register_post_accumulate_grad_hook(lambda p: log.append("after"))
    for twin in (copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        (twin * 2).sum().backward()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore:backward hook:UserWarning")
def test_hooks_do_what_pytorchs_do(name):
    ours, theirs = [], []
    PROGRAMS[name](ag, ours)
    PROGRAMS[name](torch, theirs)
    assert plain(ours) == plain(theirs)


WRONG = {
    "too few": lambda *_: (None,),
    "no tuple": lambda *_: ag.ones(2),
    "a number": lambda *_: 5,
    "another shape": lambda *_: (ag.ones(3), None),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_hook_returns_fits(wrong):
    m, loss = product(ag)[2:]
    m.grad_fn.register_hook(WRONG[wrong])
    with pytest.raises((TypeError, GraphError), match="hook .*<lambda>.* return"):
        loss.backward()


def test_an_exception_in_a_hook_is_the_users_own():
    m, loss = product(ag)[2:]
    mine = ValueError("mine")

    def hook(into, out):
        raise mine

    m.grad_fn.register_hook(hook)
    with pytest.raises(ValueError) as caught:
        loss.backward()
    assert caught.value is mine and str(mine) == "mine"


def test_only_leaves_with_gradients_accumulate_them():
    a = ag.tensor([1.0], requires_grad=True)
    with pytest.raises(GraphError, match="result of mul"):
        (a * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(GraphError, match="requires gradients"):
        ag.tensor([1.0]).register_post_accumulate_grad_hook(print)
    a.register_post_accumulate_grad_hook(lambda p: 5)
    with pytest.raises(TypeError, match="returns None"):
        (a * 2).sum().backward()


def test_nodes_are_named_as_they_are_shown():
    ours, theirs = (product(engine)[2:] for engine in (ag, torch))
    for a, b in zip(ours, theirs):
        assert a.grad_fn.name() == b.grad_fn.name().rstrip("0") == repr(a.grad_fn)[1:-1]


def test_a_graph_with_hooks_on_a_node_is_not_copied_and_is_replayed_without_them():
    from autograd_engine.transforms.program import replay

    m, loss = product(ag)[2:]
    called = []
    m.grad_fn.register_hook(lambda into, out: called.append(1))
    with pytest.raises(GraphError, match="mul .*has a hook"):
        copy.deepcopy(loss)
    replay(loss).twin(loss).backward()
    assert not called


def test_a_hooked_graph_is_freed_without_the_collector():
    import gc
    import weakref

    gc.disable()
    try:
        m, loss = product(ag)[2:]
        m.grad_fn.register_hook(lambda into, out: None)
        node = weakref.ref(m.grad_fn)
        del m, loss
        assert node() is None
    finally:
        gc.enable()


def test_hooks_on_large_gradients_share_no_memory_with_them():
    a, b, m, loss = product(ag)
    kept = []
    m.grad_fn.register_hook(lambda into, out: kept.extend(into))
    (loss + (a * 0).sum()).backward()
    np.testing.assert_array_equal(kept[0].numpy(), b.detach().numpy())
