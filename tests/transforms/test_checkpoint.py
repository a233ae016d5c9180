"""Checkpoints: the same gradients as without, less memory, and errors where the second call would
be another one.
"""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import checkpoint, func, grad, primitive


def leaf(*shape):
    return ag.randn(*shape, dtype="float64").requires_grad_()


def block(x, w):
    return (x @ w).tanh() * x.exp()


def product(out):
    return (out["a"] * out["b"][0]).sum()


def both_ways(f, tensors):
    """The value, gradients and second derivatives of f(call, *tensors): with checkpoints, and with
    plain calls.
    """
    results = []
    for call in (checkpoint, lambda g, *args, **kwargs: g(*args, **kwargs)):
        y = f(call, *tensors)
        first = grad(y, tensors, create_graph=True)
        second = grad(sum((g * g).sum() for g in first), tensors, materialize_grads=True)
        results.append([y, *first, *second])
    return results


CASES = {
    "arguments": lambda call, x, w: call(block, x, w).sum(),
    "closed over": lambda call, x, w: call(lambda t: block(t, w), x).sum(),
    "an argument that is also closed over": lambda call, x, w: call(
        lambda t: block(t, w) * x, x
    ).sum(),
    "the same argument twice": lambda call, x, w: call(lambda a, b: block(a, w) * b, x, x).sum(),
    "an intermediate closed over": lambda call, x, w: (
        lambda h: call(lambda t: block(t, h) * w.sum(), x).sum() + h.sum()
    )(w * 2 + x),
    "no arguments": lambda call, x, w: call(lambda: block(x, w).sum()),
    "one in the other": lambda call, x, w: call(
        lambda t: call(block, call(block, t, w), w) + t, x
    ).sum(),
    "a chain": lambda call, x, w: call(block, call(block, call(block, x, w), w), w).sum(),
    "several outputs": lambda call, x, w: product(
        call(lambda t: {"a": block(t, w), "b": [t.sin()]}, x)
    ),
    "one of several outputs used": lambda call, x, w: call(lambda t: (block(t, w), t.sin()), x)[
        0
    ].sum(),
    "trees and keywords": lambda call, x, w: call(
        lambda d, *, scale: block(d["x"], d["w"][0]) * scale, {"x": x, "w": [w]}, scale=3
    ).sum(),
    "a constant argument": lambda call, x, w: call(
        lambda t, c: block(t, w) * c, x, ag.ones(3, dtype="float64")
    ).sum(),
    "an output that is the input": lambda call, x, w: (
        call(lambda t: (t, t * w), x)[0].exp().sum() + w.sum()
    ),
    "a transform inside": lambda call, x, w: call(
        lambda t: func.grad(lambda s: (block(s, w) ** 2).sum())(t), x
    ).sum(),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_without_a_checkpoint(name):
    x, w = leaf(3, 3), leaf(3, 3)
    for ours, plain in zip(*both_ways(CASES[name], (x, w))):
        np.testing.assert_allclose(ours.numpy(), plain.numpy(), rtol=1e-9)


def test_backward_agrees_with_torch():
    torch = pytest.importorskip("torch")
    from torch.utils.checkpoint import checkpoint as theirs

    a, b = np.random.default_rng(0).standard_normal((2, 3, 3))
    x, w = ag.tensor(a, requires_grad=True), ag.tensor(b, requires_grad=True)
    tx, tw = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    checkpoint(lambda t: block(t, w), x, use_reentrant=False).sum().backward()
    theirs(lambda t: block(t, tw), tx, use_reentrant=False).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), tx.grad.numpy())
    np.testing.assert_allclose(w.grad.numpy(), tw.grad.numpy())


def test_transforms_go_through_a_checkpoint():
    x = ag.tensor([0.5, -1.0], dtype="float64")
    np.testing.assert_allclose(
        func.hessian(lambda t: checkpoint(lambda s: (s**3).sum(), t))(x).numpy(),
        np.diag(6 * x.numpy()),
    )


def test_intermediates_are_freed_after_the_forward_pass():
    made = []

    @primitive(vjp=lambda g, y: g * y)
    def spied_exp(x):
        out = np.exp(x)
        made.append(weakref.ref(out))
        return out

    x = leaf(5)
    gc.disable()
    try:
        y = checkpoint(lambda t: spied_exp(spied_exp(t) * 0.1).sum(), x)
        assert len(made) == 2 and all(ref() is None for ref in made)
        y.backward()
        assert len(made) == 4 and all(ref() is None for ref in made)
    finally:
        gc.enable()


def test_dropping_the_output_frees_the_checkpoint():
    x = leaf(3)
    gc.disable()
    try:
        inside = x * 2
        ref = weakref.ref(inside.node)
        y = checkpoint(lambda t: t.exp().sum(), inside)
        del inside
        assert ref() is not None
        del y
        assert ref() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("preserve", [True, False])
def test_the_second_call_draws_the_same_random_numbers(preserve):
    x = ag.ones(50, dtype="float64", requires_grad=True)
    drawn = []

    def noisy(t):
        drawn.append(ag.randn(50, dtype="float64"))
        return (t * drawn[-1]).sum()

    y = checkpoint(noisy, x, preserve_rng_state=preserve)
    after = ag.randn(3)
    ag.manual_seed(1)
    expected = ag.randn(2).tolist()
    ag.manual_seed(1)
    y.backward()
    assert (x.grad.tolist() == drawn[0].tolist()) == preserve
    assert (ag.randn(2).tolist() == expected) == preserve and after.shape == (3,)


def test_without_gradients_it_is_a_plain_call():
    x = leaf(3)
    with ag.no_grad():
        assert not checkpoint(lambda t: t * 2, x).requires_grad
    assert not checkpoint(lambda t: t * 2, ag.ones(3)).requires_grad
    assert checkpoint(lambda t: (t > 0, "text", t * 2), x)[1] == "text"


def test_hooks_of_tensors_it_uses_fire_once_on_the_whole_gradient():
    x, w = leaf(2), leaf(2)
    seen = []
    h = w * 3
    h.register_hook(lambda g: seen.append(("h", g.numpy().copy())))
    w.register_hook(lambda g: seen.append(("w", g.numpy().copy())))
    (checkpoint(lambda t: t * h * w, x) + h).sum().backward()
    assert [name for name, _ in seen] == ["h", "w"]
    np.testing.assert_allclose(seen[0][1], (x * w + 1).detach().numpy())
    np.testing.assert_allclose(seen[1][1], w.grad.numpy())


@pytest.mark.parametrize("shape", [(2,), ()])
@pytest.mark.parametrize("which", ["argument", "closed over"])
def test_a_tensor_changed_since_is_an_error(which, shape):
    x, w = leaf(*shape), leaf(*shape)
    y = checkpoint(lambda t: (t * w).exp().sum(), x)
    with ag.no_grad():
        (x if which == "argument" else w).add_(1.0)
    if which == "argument" and shape == ():
        y.backward()  # a number is kept as it was
        return
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_a_function_that_does_something_else_the_second_time_is_an_error():
    sizes = iter([2, 3])
    y = checkpoint(lambda t: t[: next(sizes)], leaf(4))
    with pytest.raises(RuntimeError, match="when it was called again"):
        y.sum().backward()


def test_a_second_sweep_needs_the_graph_retained():
    x = leaf(3)
    y = checkpoint(lambda t: t.exp().sum(), x)
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(x.detach().numpy()))
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward()


@pytest.mark.parametrize("move", [pickle.dumps, copy.deepcopy])
def test_it_cannot_be_copied_and_says_so(move):
    with pytest.raises(RuntimeError, match="checkpoint"):
        move(checkpoint(lambda t: t.exp(), leaf(3)))


def test_a_thousand_checkpoints_in_a_row():
    x = leaf(2)
    y = x
    for _ in range(1000):
        y = checkpoint(lambda t: t + 0.001 * t.sin(), y)
    y.sum().backward()
    z = x
    for _ in range(1000):
        z = z + 0.001 * z.sin()
    np.testing.assert_allclose(x.grad.numpy(), grad(z.sum(), x)[0].numpy())
