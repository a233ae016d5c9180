"""Function classes as PyTorch has them: each is written once, for both libraries, and compared."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Function, func, grad, gradcheck, gradgradcheck
from autograd_engine.transforms.function import once_differentiable

X, Y = np.array([0.5, -1.2, 2.0]), np.array([1.5, 0.3, -0.7])


def classes(base):
    """Function classes on the ``Function`` of either library."""

    class Cube(base):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x * x

    class Exp(base):  # saves its output
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y

    class Scaled(
        base
    ):  # several inputs, one of which is no tensor, broadcasting left to the engine
        @staticmethod
        def forward(ctx, x, scale, y):
            ctx.save_for_backward(x, y)
            ctx.scale = scale
            return x * scale * y

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            gx = g * ctx.scale * y if ctx.needs_input_grad[0] else None
            gy = (g * ctx.scale * x) if ctx.needs_input_grad[2] else None
            return gx, None, gy

    class Polar(base):  # several outputs, one of them without a graph, and one that is no tensor
        @staticmethod
        def forward(ctx, r, angle):
            x, y, side = r * angle.cos(), r * angle.sin(), angle.cos().sign()
            ctx.save_for_backward(r, angle, x, y)
            ctx.mark_non_differentiable(side)
            return x, y, side, "polar"

        @staticmethod
        def backward(ctx, gx, gy, gside, gtext):
            assert gtext is None
            r, angle, x, y = ctx.saved_tensors
            return gx * angle.cos() + gy * angle.sin(), gy * x - gx * y

    class Sparse(base):  # sees None for outputs that are not used
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, ga, gb):
            assert ga is None or gb is None
            return ga * 2 if gb is None else gb * 3

    class Split(base):  # forward without ctx
        @staticmethod
        def forward(x, power):
            return x**power

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.power = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * ctx.power * x ** (ctx.power - 1), None

    class Identity(base):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    return {cls.__name__: cls for cls in (Cube, Exp, Scaled, Polar, Sparse, Split, Identity)}


OURS = classes(Function)
CALLS = {
    "Cube": lambda F, x, y: F["Cube"].apply(x * y),
    "Cube twice": lambda F, x, y: F["Cube"].apply(F["Cube"].apply(x) * y),
    "Exp": lambda F, x, y: F["Exp"].apply(x) * y,
    "Scaled": lambda F, x, y: F["Scaled"].apply(x, 3.0, y),
    "Scaled, one constant": lambda F, x, y: F["Scaled"].apply(x.detach(), 3.0, y) * x,
    "Scaled, twice the same": lambda F, x, y: F["Scaled"].apply(x, 3.0, x) * y,
    "Polar": lambda F, x, y: (lambda out: out[0] * out[1] + out[2])(F["Polar"].apply(x, y)),
    "Polar, one output": lambda F, x, y: F["Polar"].apply(x, y)[1] * x,
    "Sparse, first": lambda F, x, y: F["Sparse"].apply(x)[0] * y * x,
    "Sparse, second": lambda F, x, y: F["Sparse"].apply(x)[1] * y * y * x,
    "Split": lambda F, x, y: F["Split"].apply(x * x, 3) * y,
    "Identity": lambda F, x, y: F["Identity"].apply(x) * y * x,
}


def derivatives(F, call, x, y, grad):
    z = call(F, x, y)
    first = grad(z.sum(), (x, y), create_graph=True)
    second = grad((first[0] * first[1]).sum(), (x, y))
    return [z, *first, *second]


@pytest.mark.parametrize("name", CALLS)
def test_first_and_second_derivatives_agree_with_torch(name):
    torch = pytest.importorskip("torch")
    leaves = [torch.tensor(a, requires_grad=True) for a in (X, Y)]
    theirs = derivatives(
        classes(torch.autograd.Function), CALLS[name], *leaves, torch.autograd.grad
    )
    ours = derivatives(OURS, CALLS[name], *(ag.tensor(a, requires_grad=True) for a in (X, Y)), grad)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "name", [name for name in CALLS if name not in ("Identity", "Scaled, one constant")]
)
def test_gradients_agree_with_finite_differences(name):
    x, y = (ag.tensor(a, requires_grad=True) for a in (X, Y))
    assert gradcheck(lambda x, y: CALLS[name](OURS, x, y), (x, y))
    assert gradgradcheck(lambda x, y: CALLS[name](OURS, x, y), (x, y))


def test_broadcasting_is_undone_by_the_engine():
    x, y = ag.tensor(X, requires_grad=True), ag.tensor(2.0, dtype="float64", requires_grad=True)
    OURS["Scaled"].apply(x, 3.0, y).sum().backward()
    assert x.grad.shape == (3,) and y.grad.shape == ()
    np.testing.assert_allclose(y.grad.numpy(), 3 * X.sum())


def test_the_node_bears_the_name_of_the_class():
    x = ag.tensor(X, requires_grad=True)
    y = OURS["Cube"].apply(x)
    assert (
        y.grad_fn.name() == "CubeBackward" and repr(y.grad_fn) == "<CubeBackward>" and not y.is_leaf
    )
    assert OURS["Polar"].apply(x, x)[0].grad_fn.next_functions[0].name() == "PolarBackward"


def test_outputs_without_a_graph():
    x = ag.tensor(X, requires_grad=True)
    a, b, side, text = OURS["Polar"].apply(x, x)
    assert a.requires_grad and b.requires_grad and not side.requires_grad and text == "polar"
    with ag.no_grad():
        assert not OURS["Cube"].apply(x).requires_grad
    assert not OURS["Cube"].apply(ag.tensor(X)).requires_grad

    class Larger(Function):
        @staticmethod
        def forward(ctx, x):
            return x > 0

    assert not Larger.apply(x).requires_grad


def test_needs_input_grad_counts_every_argument():
    seen = []

    class Spy(Function):
        @staticmethod
        def forward(ctx, x, n, y, z):
            seen.append((ctx.needs_input_grad, ag.is_grad_enabled()))
            return x + y + z

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g, None, g, g

    Spy.apply(
        ag.tensor(X, requires_grad=True), 1, ag.tensor(Y), ag.tensor(Y, requires_grad=True)
    ).sum().backward()
    assert seen == [((True, False, False, True), False), (True, False, False, True)]


@pytest.mark.parametrize("name", ["Cube", "Exp", "Polar"])
def test_there_is_no_reference_cycle(name):
    x = ag.tensor(X, requires_grad=True)
    gc.collect()
    gc.disable()
    try:
        out = OURS[name].apply(x, x) if name == "Polar" else OURS[name].apply(x)
        y = out[0] if name == "Polar" else out
        refs = [weakref.ref(y), weakref.ref(y.node)]
        y.sum().backward(retain_graph=True)
        grad(y.sum(), x, create_graph=True)
        del out, y
        assert [ref() for ref in refs] == [None, None]
    finally:
        gc.enable()


def test_saved_values_are_freed_and_guarded():
    x = ag.tensor(X, requires_grad=True)
    h = x * 1.0
    y = OURS["Cube"].apply(h)
    y.sum().backward()
    with pytest.raises(RuntimeError, match=r"Cube.*retain_graph"):
        y.sum().backward()
    y = OURS["Exp"].apply(x)
    with ag.no_grad():
        y.mul_(2)
    with pytest.raises(RuntimeError, match=r"Exp saved its output.*changed in\s+place"):
        y.sum().backward()
    y = OURS["Cube"].apply(x)
    with ag.no_grad():
        x.mul_(2)
    with pytest.raises(RuntimeError, match=r"Cube saved its input.*changed in\s+place"):
        y.sum().backward()


def test_once_differentiable():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @once_differentiable
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return ag.tensor(g.numpy() * 2 * x.numpy())

    x = ag.tensor(X, requires_grad=True)
    np.testing.assert_allclose(grad(Once.apply(x).sum(), x)[0].numpy(), 2 * X)
    (g,) = grad(Once.apply(x).sum(), x, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), 2 * X)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.sum().backward()


def test_transforms_checkpoints_and_anomaly_mode_take_functions():
    x = ag.tensor(X)
    np.testing.assert_allclose(
        func.hessian(lambda t: OURS["Cube"].apply(t).sum())(x).numpy(), np.diag(6 * X)
    )
    np.testing.assert_allclose(
        func.grad(lambda t: ag.checkpoint(OURS["Cube"].apply, t).sum())(x).numpy(), 3 * X**2
    )
    leaf = ag.tensor(X, requires_grad=True)
    with ag.detect_anomaly():
        sum(OURS["Polar"].apply(leaf, leaf)[:2]).sum().backward()
    np.testing.assert_allclose(
        leaf.grad.numpy(), np.cos(X) + np.sin(X) + X * (np.cos(X) - np.sin(X))
    )


def returning(*grads):
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x, n, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return grads

    x = ag.tensor(X, requires_grad=True)
    return Wrong.apply(x, 2, x).sum().backward


G = ag.tensor(X)


def with_forward(forward):
    return type("Made", (Function,), {"forward": staticmethod(forward)}).apply(G)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            returning(G, None),
            RuntimeError,
            "Wrong.backward returned 2 gradients for the 3 arguments",
        ),
        (returning(G, None, G, G), RuntimeError, "Wrong.backward returned 4 gradients"),
        (
            returning(G, G, G),
            RuntimeError,
            "Wrong.backward returned a gradient for argument 1 of forward, which is no tensor",
        ),
        (returning(X, None, G), TypeError, "Wrong.backward returned ndarray for argument 0"),
        (
            returning(ag.ones(2), None, G),
            RuntimeError,
            r"Wrong returned shape \[2\] for an input of shape \[3\]",
        ),
        (lambda: OURS["Cube"](), TypeError, r"Cube.apply"),
        (lambda: Function.apply(G), TypeError, "derived"),
        (lambda: type("Empty", (Function,), {}).apply(G), NotImplementedError, "forward"),
        (lambda: with_forward(lambda ctx, x: "text"), TypeError, "Made.forward must return"),
        (lambda: with_forward(lambda ctx, x: ctx.save_for_backward(3)), TypeError, "ctx.name ="),
        (lambda: with_forward(lambda ctx, x: ctx.saved_tensors), RuntimeError, "backward"),
        (lambda: with_forward(lambda ctx, x: ctx.mark_dirty(x)), NotImplementedError, "in place"),
    ],
)
def test_errors_say_what_was_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_more_nones_than_arguments_are_taken_as_in_torch():
    returning(G, None, G, None, None)()


class Named(Function):
    """At module level, where pickle finds it."""

    @staticmethod
    def forward(ctx, x, n):
        ctx.n = n
        y = x**n
        ctx.save_for_backward(x, y, ag.tensor([7.0]))
        return y, y * 2

    @staticmethod
    def backward(ctx, g, g2):
        x, y, seven = ctx.saved_tensors
        assert seven.item() == 7
        return (g + g2 * 2) * ctx.n * y / x, None


@pytest.mark.parametrize("move", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_graphs_with_functions_can_be_copied(move):
    x = ag.tensor(X, requires_grad=True)
    moved = move([x, Named.apply(x, 3)[1]])
    moved[1].sum().backward()
    np.testing.assert_allclose(moved[0].grad.numpy(), 6 * X**2)
    assert x.grad is None


def kept(how):
    """The exponential, whose backward takes its output from where it was kept."""

    class Kept(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            if how == "output in a list":
                ctx.values = [y, {"n": 3}]
            elif how == "output":
                ctx.y = y
            elif how == "input":
                ctx.x = x
            elif how == "intermediate":
                ctx.y = y * 1
            elif how == "saved intermediate":
                ctx.save_for_backward(y * 1)
            return y

        @staticmethod
        def backward(ctx, g):
            if how == "output in a list":
                assert ctx.values[1] == {"n": 3}
                return g * ctx.values[0]
            if how == "input":
                return g * ctx.x.exp()
            if how == "saved intermediate":
                return g * ctx.saved_tensors[0]
            return g * ctx.y

    return Kept.apply


@pytest.mark.parametrize("how", ["output", "output in a list", "input"])
def test_what_is_kept_on_ctx_is_right_to_third_order(how):
    x = ag.tensor(X, requires_grad=True)
    first = kept(how)(x).sum()
    for _ in range(3):
        (first,) = grad(first.sum(), x, create_graph=True)
        np.testing.assert_allclose(first.detach().numpy(), np.exp(X))
    assert gradgradcheck(kept(how), (x,))


@pytest.mark.parametrize("how", ["intermediate", "saved intermediate"])
def test_an_intermediate_kept_on_ctx_is_right_at_first_order_and_raises_at_second(how):
    x = ag.tensor(X, requires_grad=True)
    (first,) = grad(kept(how)(x).sum(), x, create_graph=True)
    np.testing.assert_allclose(first.detach().numpy(), np.exp(X))
    with pytest.raises(ag.GraphError, match="return that tensor as an output"):
        grad(first.sum(), x)


def test_a_tensor_on_ctx_makes_no_reference_cycle():
    x = ag.tensor(X, requires_grad=True)
    gc.disable()
    try:
        y = kept("output")(x)
        dead = weakref.ref(y)
        del y
        assert dead() is None
    finally:
        gc.enable()
