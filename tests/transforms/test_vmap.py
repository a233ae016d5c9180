"""`vmap`: programs written once for ours and for PyTorch's, and what it says where it cannot."""

import contextlib
import copy
import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import func, tensor
from autograd_engine.transforms.pytree import leaves

X = np.random.default_rng(0).standard_normal((3, 4))
Y = np.random.default_rng(1).standard_normal((4, 4))


# --- programs -------------------------------------------------------------------------------------


def cubes(e, n, f, x, y):
    """All transforms inside of it, and outside."""
    cube = lambda a: (a**3).sum()  # noqa: E731
    return {
        "hessian": f.vmap(f.hessian(cube))(x),
        "jacfwd": f.vmap(f.jacfwd(e.sin))(x),
        "jacrev": f.vmap(f.jacrev(e.sin), out_dims=-1)(x),
        "jacrev of it": f.jacrev(f.vmap(cube))(x),
        "jacfwd of it": f.jacfwd(f.vmap(e.sin))(x),
        "grad of it": f.grad(lambda a: f.vmap(cube)(a).prod())(x),
        "hessian of it": f.hessian(lambda a: f.vmap(cube)(a).sum())(x),
        "jvp": f.vmap(lambda a: f.jvp(e.exp, (a,), (a * 2,)))(x),
        "jvp of it": f.jvp(f.vmap(e.exp), (x,), (x * 2,)),
        "vjp": f.vmap(lambda a: f.vjp(e.exp, a)[1](a * 2))(x),
        "itself": f.vmap(f.vmap(lambda a, b: a * b, (None, 0)), (0, None))(x[:, 0], y[:, 0]),
        "value": f.vmap(f.grad_and_value(cube))(x),
    }


def dims(e, n, f, x, y):
    """Where the samples are, in arguments and in results."""
    pair = lambda p, b: {"sum": p["a"] + b, "product": (p["b"] @ b, p["a"])}  # noqa: E731
    where = ({"a": 0, "b": None}, 1)
    two = {"sum": 1, "product": (0, -1)}
    return {
        "nested": f.vmap(pair, where, two)({"a": y, "b": x}, y),
        "one of two": f.vmap(lambda a, b: a * b, (None, -1), 1)(x[0], y),
        "the same for all": f.vmap(lambda a, b: (a * 1, b), (0, None), (0, None))(x, y),
        "in chunks": f.vmap(lambda a: (a, a.sum()), 1, chunk_size=3)(x),
        "named": f.vmap(lambda a, k: a * k)(x, k=2.0),
    }


def closures(e, n, f, x, y):
    """Gradients for what a function uses that is no argument of it, and the same for all."""

    def inner(w):
        loss = lambda w, a: ((a @ w) ** 2).sum()  # noqa: E731
        steps = f.vmap(lambda a: w - 0.1 * f.grad(loss)(w, a))(x)
        return f.vmap(loss)(steps, x).sum()

    return f.grad(inner)(y), f.grad(lambda w: f.vmap(lambda a: (a @ w).sin())(x).sum())(y)


def in_place(e, n, f, x, y):
    """Changes of what belongs to each sample."""

    def changed(a):
        b = a.clone()
        b[1] = a[0] ** 2
        b *= a
        c = e.zeros_like(a)
        c[1:] = b[:-1]
        return c.add_(b).sum()

    return f.vmap(changed)(x), f.vmap(f.grad(changed))(x)


def indices(e, n, f, x, y):
    """Each sample has its own places."""
    i = e.tensor([[2, 0], [3, 3], [1, 2]])
    return {
        "read": f.vmap(lambda a, i: a[i])(x, i),
        "read of one": f.vmap(lambda i: y[i])(i),
        "of rows": f.vmap(lambda i: y[:, i])(i),
        "gather": f.vmap(lambda i: e.gather(y, 0, i.reshape(1, 2)))(i),
        "topk": tuple(f.vmap(lambda a: tuple(e.topk(a, 2)))(x)),
        "sort": f.vmap(lambda a: e.sort(a, descending=True)[0])(x),
        "argmax": f.vmap(lambda a: a.argmax())(x),
        "where": f.vmap(lambda a: e.where(a > 0, a, 0 * a))(x),
        "gradient": f.grad(lambda y: f.vmap(lambda i: (y[i] ** 2).sum())(i).sum())(y),
    }


def net(e, n):
    model = n.Sequential(n.Linear(4, 5), n.Tanh(), n.Linear(5, 3))
    return filled(e, model)


def filled(e, model, start=0.0):
    """Numbers that are the same in both engines."""
    for i, p in enumerate(model.parameters()):
        values = np.sin(np.arange(p.numel()) + i + start).reshape(p.shape) / 2
        p.data = e.tensor(values)
    return model


def clipping(e, n, f, x, y):
    """A step of private learning: the gradient of each sample, clipped, and their mean."""
    model = net(e, n)
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    targets = e.tensor([2, 0, 1])

    def loss(parameters, a, target):
        out = f.functional_call(model, parameters, (a[None],))
        return n.functional.cross_entropy(out, target[None])

    found = f.vmap(f.grad(loss), in_dims=(None, 0, 0))(parameters, x, targets)
    norms = sum([(g**2).flatten(1).sum(1) for g in found.values()]).sqrt()
    factor = (0.5 / norms).clamp(max=1.0)
    return found, {k: e.einsum("i,i...->...", factor, g) / 3 for k, g in found.items()}


def tangent_kernel(e, n, f, x, y):
    """The empirical neural tangent kernel, by Jacobians and by products with vectors."""
    model = net(e, n)
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def single(parameters, a):
        return f.functional_call(model, parameters, (a[None],))[0]

    jacobians = [f.vmap(f.jacrev(single), (None, 0))(parameters, z) for z in (x, y)]
    blocks = [
        e.einsum("naf,mbf->nmab", a.flatten(2), b.flatten(2))
        for a, b in zip(*[list(j.values()) for j in jacobians])
    ]

    def entry(a, b):
        out, pull = f.vjp(lambda p: single(p, a), parameters)

        def product(v):
            return f.jvp(lambda p: single(p, b), (parameters,), pull(v))[1]

        return f.vmap(product)(e.eye(3, dtype=out.dtype))

    return sum(blocks), f.vmap(f.vmap(entry, (None, 0)), (0, None))(x, y)


def ensemble(e, n, f, x, y):
    """Models side by side, on the same inputs and each on its own."""
    models = [filled(e, net(e, n), start) for start in (0.0, 1.0, 2.0)]
    parameters, buffers = f.stack_module_state(models)
    model = net(e, n)

    def call(parameters, buffers, x):
        return f.functional_call(model, (parameters, buffers), (x,))

    def loss(parameters, buffers, x):
        return (call(parameters, buffers, x) ** 2).mean()

    return {
        "same": f.vmap(call, (0, 0, None))(parameters, buffers, y),
        "own": f.vmap(call)(parameters, buffers, e.stack([y, y + 1, y + 2])),
        "gradients": f.vmap(f.grad(loss), (0, 0, None))(parameters, buffers, y),
    }


def images(e, n, f, x, y):
    """The gradient of each sample through convolutions, pooling and normalisation."""
    model = n.Sequential(
        n.Conv2d(1, 4, 2, padding=1),
        n.GroupNorm(2, 4),
        n.ReLU(),
        n.MaxPool2d(2),
        n.Conv2d(4, 2, 2, groups=2),
        n.Flatten(),
        n.Linear(2, 2),
    )
    model = filled(e, model)
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    pixels = e.tensor(np.sin(np.arange(48.0)).reshape(3, 1, 4, 4))
    targets = e.tensor([1, 0, 1])

    def loss(parameters, a, target):
        out = f.functional_call(model, parameters, (a[None],))
        return n.functional.cross_entropy(out, target[None], label_smoothing=0.1)

    return f.vmap(f.grad(loss, argnums=(0, 1)), (None, 0, 0))(parameters, pixels, targets)


def language(e, n, f, x, y):
    """The gradient of each sample of a language model; the last target is ignored."""
    model = n.ModuleDict(
        {
            "words": n.Embedding(5, 4, padding_idx=0),
            "attention": n.TransformerEncoderLayer(4, 2, 4, dropout=0.0, batch_first=True),
            "scores": n.Linear(4, 5),
        }
    )
    model = filled(e, model)
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    words = e.tensor([[1, 2, 0], [4, 4, 3]])
    targets = e.tensor([[2, 0, -100], [1, 4, -100]])

    class Model(n.Module):
        def __init__(self):
            super().__init__()
            self.words = model["words"]
            self.attention = model["attention"]
            self.scores = model["scores"]

        def forward(self, i):
            return self.scores(self.attention(self.words(i)))

    whole = Model()

    def loss(parameters, i, target):
        out = f.functional_call(whole, parameters, (i[None],))[0]
        return n.functional.cross_entropy(out, target, ignore_index=-100)

    return f.vmap(f.grad(loss), (None, 0, 0))(parameters, words, targets)


PROGRAMS = [
    cubes,
    dims,
    closures,
    in_place,
    indices,
    clipping,
    tangent_kernel,
    ensemble,
    images,
    language,
]


def reverse(torch):
    """PyTorch's transforms, with forward mode said in reverse mode: its own takes ten seconds to
    compile.
    """

    def jvp(function, primals, tangents):
        out, pull = torch.func.vjp(function, *primals)
        return out, torch.func.vjp(pull, torch.zeros_like(out))[1](tangents)[0]

    f = SimpleNamespace(**{name: getattr(torch.func, name) for name in torch.func.__all__})
    f.jvp = jvp
    f.jacfwd = f.jacrev
    f.hessian = lambda function: f.jacrev(f.jacrev(function))
    return f


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_give_what_pytorch_gives(program):
    torch = pytest.importorskip("torch")
    ours = program(ag, nn, func, tensor(X), tensor(Y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own
        theirs = program(torch, torch.nn, reverse(torch), torch.tensor(X), torch.tensor(Y))
    for a, b in zip(leaves(ours), leaves(theirs), strict=True):
        a, b = a.detach().numpy(), b.detach().numpy()
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


# --- randomness -----------------------------------------------------------------------------------

DRAWS = {
    "rand": lambda a: ag.rand(2),
    "randint": lambda a: ag.randint(9, (5,)),
    "randperm": lambda a: ag.randperm(9),
    "rand_like": lambda a: ag.rand_like(a),
    "normal": lambda a: ag.normal(a * 0, 1.0),
    "bernoulli": lambda a: ag.bernoulli(a * 0 + 0.5),
    "dropout": lambda a: nn.functional.dropout(a * 0 + 1, 0.5),
    "alpha_dropout": lambda a: nn.functional.alpha_dropout(a * 0 + 1, 0.5, training=True),
    "rrelu": lambda a: nn.functional.rrelu(a * 0 - 1, training=True),
}
OWN_DRAWS = {
    "poisson": lambda a: ag.poisson(a * 0 + 50),
    "multinomial": lambda a: ag.multinomial(a * 0 + 1, 3),
    "normal_": lambda a: ag.zeros_like(a).normal_(),
    "exponential_": lambda a: a.new_zeros(3).exponential_(),
    "gumbel_softmax": lambda a: nn.functional.gumbel_softmax(a * 0, hard=False),
}


@pytest.mark.parametrize("name", [*DRAWS, *OWN_DRAWS])
def test_random_numbers_differ_only_where_they_are_to(name):
    draw = (DRAWS | OWN_DRAWS)[name]
    xs = ag.ones(4, 8)
    with pytest.raises(RuntimeError, match="randomness"):
        func.vmap(draw)(xs)
    rows = func.vmap(draw, randomness="different")(xs).tolist()
    assert len({str(row) for row in rows}) > 1
    if name in OWN_DRAWS:
        return
    for chunk_size in (None, 3):
        same = func.vmap(draw, randomness="same", chunk_size=chunk_size)
        assert len({str(row) for row in same(xs).tolist()}) == 1


def test_a_distribution_that_differs_cannot_be_drawn_from_once():
    with pytest.raises(RuntimeError, match="differs between the samples"):
        func.vmap(ag.poisson, randomness="same")(ag.ones(2))


# --- what it refuses ------------------------------------------------------------------------------

W = ag.ones(4)
REFUSED = {
    "in_dims of another nesting": (ValueError, "nested", lambda x: func.vmap(W.mul, (0, 0))(x)),
    "in_dims of no kind": (ValueError, "in_dims is", lambda x: func.vmap(W.mul, "0")(x)),
    "no such dimension": (ValueError, r"2 is out of range .* \[3, 4\]", lambda x: at(x, 2)),
    "nothing mapped": (ValueError, "nothing to map", lambda x: at(x, None)),
    "no arguments": (ValueError, "the call has none", lambda x: func.vmap(ag.rand)()),
    "numbers": (ValueError, "argument is float", lambda x: func.vmap(ag.exp)(2.0)),
    "lengths": (ValueError, r"lengths, \[3, 4\]", lambda x: func.vmap(ag.mul, (0, 1))(x, x)),
    "no such result": (RuntimeError, "out_dim 3", lambda x: func.vmap(ag.exp, out_dims=3)(x)),
    "one result of many": (ValueError, "cannot be None", lambda x: func.vmap(ag.exp, 0, None)(x)),
    "no tensor": (ValueError, "returned int", lambda x: func.vmap(lambda a: 3)(x)),
    "nothing": (ValueError, "returned NoneType", lambda x: func.vmap(lambda a: None)(x)),
    "kind of randomness": (ValueError, "randomness", lambda x: func.vmap(ag.exp, 0, 0, "no")(x)),
    "chunks": (ValueError, "chunk_size", lambda x: func.vmap(ag.exp, chunk_size=0)(x)),
    "a branch": (RuntimeError, "where", lambda x: func.vmap(lambda a: a if a[0] > 0 else -a)(x)),
    "item": (RuntimeError, "item()", lambda x: func.vmap(lambda a: a.sum().item())(x)),
    "float": (RuntimeError, "no one number", lambda x: func.vmap(lambda a: float(a[0]))(x)),
    "tolist": (RuntimeError, "tolist()", lambda x: func.vmap(lambda a: a.tolist())(x)),
    "numpy": (RuntimeError, "numpy()", lambda x: func.vmap(lambda a: a.numpy())(x)),
    "an array": (RuntimeError, "no one number", lambda x: func.vmap(lambda a: np.array(a))(x)),
    "a mask": (RuntimeError, "mask", lambda x: func.vmap(lambda a: a[a > 0])(x)),
    "unique": (ValueError, "shape", lambda x: func.vmap(ag.unique)(ag.tensor([[1, 1], [1, 2]]))),
    "in place of one": (RuntimeError, "the same for all", lambda x: func.vmap(W.add_)(x)),
    "a part of one": (RuntimeError, "the same for all", lambda x: func.vmap(put)(x)),
    "through a view": (RuntimeError, "clone", lambda x: func.vmap(func.grad(through_view))(x)),
    "running numbers": (RuntimeError, "the same", lambda x: func.vmap(nn.BatchNorm1d(4))(x[None])),
    "backward": (RuntimeError, "backward", lambda x: func.vmap(lambda a: a.sum().backward())(x)),
}


def at(x, dim):
    return func.vmap(ag.exp, in_dims=dim)(x)


def put(a):
    W[0] = a[0]
    return W


def through_view(a):
    b = a.clone()
    b[1:].mul_(2)
    return b.sum()


@pytest.mark.filterwarnings("ignore:vmap computes")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused(name):
    kind, message, call = REFUSED[name]
    with pytest.raises(kind, match=message):
        call(tensor(X))
    np.testing.assert_array_equal(W, np.ones(4))  # nothing was changed on the way


# --- what is left behind --------------------------------------------------------------------------


def test_a_loop_is_said_at_the_users_line():
    with pytest.warns(UserWarning, match="vmap computes histc in a loop") as caught:
        found = func.vmap(lambda a: ag.histc(a, bins=2))(tensor(X))
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(found[1], ag.histc(tensor(X[1]), bins=2))


def test_samples_are_shown_and_keep_their_number():
    shown = []
    func.vmap(lambda a: (shown.append((repr(a), a.shape, len(a), a.ndim)), a)[1])(ag.ones(2, 3))
    text, shape, length, ndim = shown[0]
    assert text.startswith("tensor([[1., 1., 1.]") and "samples=(2,)" in text
    assert (shape, length, ndim) == ((3,), 3, 1)


def test_changes_in_place_reach_what_is_mapped():
    x = tensor(X)
    func.vmap(lambda a: a.mul_(2))(x)
    np.testing.assert_array_equal(x, X * 2)


def test_what_was_saved_and_then_changed_is_found_out():
    x = tensor(X, requires_grad=True)
    y = x * 1
    loss = func.vmap(lambda a: (a * a).sum())(y).sum()
    with ag.no_grad():
        y += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_nothing_is_open_after_an_error():
    with pytest.raises(ZeroDivisionError):
        func.vmap(lambda a: 1 / 0)(tensor(X))
    x = tensor(X, requires_grad=True)
    (x * x).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * X)


def test_a_recording_holds_the_ops_on_each_sample():
    from autograd_engine.core.recorder import record_calls

    with record_calls() as recording:
        found = func.vmap(lambda a: (a * a, a.sum()), out_dims=(1, 0))(tensor(X))
    np.testing.assert_allclose(found[0], (X * X).T)
    assert [call.op.name for call in recording.calls].count("mul") == 3


def test_a_primitive_says_how_it_is_batched():
    def with_ops(x, *, k):
        return ag.exp(x * k)

    ways = {"pointwise": "pointwise", "with ops": with_ops, "in a loop": ""}
    for what, batching in ways.items():
        op = ag.primitive(
            lambda x, *, k: np.exp(x * k),
            vjp=lambda g, y, k: g * y * k,
            name=f"growth_{what}",
            batching=batching,
        )
        with warnings.catch_warnings():
            if not batching:
                warnings.simplefilter("ignore")
            found = func.vmap(func.grad(lambda a, op=op: op(a, k=2.0).sum()))(tensor(X))
        np.testing.assert_allclose(found, 2 * np.exp(2 * X))
        del ag.core.primitive.registry[f"growth_{what}"]


# --- Jacobians ------------------------------------------------------------------------------------


def pair(x):
    """Two outputs of two inputs; one of them depends on only one."""
    return {"a": ag.outer(x["u"], x["v"]).sin(), "b": x["u"] ** 3}


@pytest.mark.parametrize("chunk_size", [None, 1, 5])
def test_rows_at_once_are_the_rows_one_by_one(chunk_size):
    x = {"u": tensor(X[0]), "v": tensor(X[1])}
    slow = func.jacrev(pair, chunk_size=1)(x)
    for found in (
        func.jacrev(pair, chunk_size=chunk_size)(x),
        func.jacfwd(pair)(x),
        ag.jacobian(lambda x: pair(x), x),
    ):
        for a, b in zip(leaves(found), leaves(slow), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_second_derivatives_through_rows_at_once():
    x = tensor(np.linspace(-1, 1, 9))
    f = lambda x: (x * ag.roll(x, 1)).sin()  # noqa: E731
    third = func.jacrev(func.jacrev(f))(x)
    for found in (
        func.jacfwd(func.jacrev(f))(x),
        func.jacrev(func.jacfwd(f))(x),
        func.jacrev(func.jacrev(f, chunk_size=1), chunk_size=1)(x),
        func.vmap(func.jacrev(func.jacrev(f)))(ag.stack([x, x + 1]))[0],
    ):
        np.testing.assert_allclose(found, third, rtol=1e-12, atol=1e-12)


def test_hooks_that_read_gradients_see_one_row_after_the_other():
    seen = []

    def f(x):
        y = x * 2
        y.register_hook(lambda g: seen.append(g.numpy().copy()))
        return y * y

    found = func.jacrev(f)(ag.ones(9))
    np.testing.assert_allclose(found, 8 * np.eye(9))
    assert len(seen) == 9


def test_empty_jacobians_keep_their_shape():
    x = {"u": ag.zeros(0), "v": ag.ones(2)}
    found = func.jacrev(pair)(x)
    assert {k: v.shape for k, v in found["a"].items()} == {"u": (0, 2, 0), "v": (0, 2, 2)}
    assert func.jacfwd(pair)(x)["b"]["v"].shape == (0, 2)


def cotangents(e, n, f, x, y):
    """`grad` with several cotangents at once, and what it does not depend on."""
    x = x.clone().requires_grad_()
    w = y.clone().requires_grad_()
    out = e.tanh(x @ w)
    seeds = e.stack([out.detach(), out.detach() * 2, 1 - out.detach()])
    options = {"is_grads_batched": True, "retain_graph": True}
    grad = e.autograd.grad
    first = grad(out, (x, w), seeds, create_graph=True, **options)
    second = grad((out, x * w[:3]), (x, w), (seeds, seeds), **options)
    unused = grad(x * 1, (x, w), seeds, allow_unused=True, **options)
    again = grad(first[0].sum(), w)
    vectorized = e.autograd.functional.jacobian(e.sin, x, vectorize=True)
    return first, second, unused, again, vectorized


def test_several_cotangents_at_once_give_what_pytorch_gives():
    test_programs_give_what_pytorch_gives(cotangents)
    x = tensor(X, requires_grad=True)
    with pytest.raises(RuntimeError, match="is_grads_batched"):
        ag.grad((x * x).sum(), x, is_grads_batched=True)
    with pytest.raises(RuntimeError, match="shape"):
        ag.grad(x * x, x, ag.ones(3, 4), is_grads_batched=True)


# --- what is more than an op ----------------------------------------------------------------------


class Square(ag.Function):
    """Written with ops: it is batched as they are."""

    @staticmethod
    def forward(ctx, a, k):
        ctx.save_for_backward(a)
        ctx.k = k
        return a * a * k

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return 2 * ctx.k * a * g, None


class InNumPy(ag.Function):
    """Written with arrays: a loop."""

    @staticmethod
    def forward(ctx, a, k):
        ctx.save_for_backward(a)
        ctx.k = k
        return tensor(a.detach().numpy() ** 2 * k)

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return tensor(2 * ctx.k * a.detach().numpy() * g.numpy()), None


class OfAll(InNumPy):
    """Says itself what it is for all samples."""

    @staticmethod
    def vmap(info, in_dims, a, k):
        assert in_dims == (0, None) and info.batch_size == 3 and info.randomness == "error"
        return Square.apply(a, k), 0


@pytest.mark.parametrize("cls, looped", [(Square, False), (InNumPy, True), (OfAll, False)])
def test_functions_written_as_classes(cls, looped):
    x = tensor(X, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outside = ag.grad(func.vmap(lambda a: cls.apply(a, 3.0).sum())(x).sum(), x)[0]
        within = func.vmap(func.grad(lambda a: cls.apply(a, 3.0).sum()))(x.detach())
    np.testing.assert_allclose(outside, 6 * X)
    np.testing.assert_allclose(within, 6 * X)
    assert bool(caught) == looped
    assert func.jacrev(lambda a: cls.apply(a, 3.0))(ag.ones(9)).shape == (9, 9)  # silently


def test_a_checkpoint_is_computed_again_as_inside():
    x = tensor(X, requires_grad=True)
    w = ag.ones(4, dtype="float64").requires_grad_()

    def loss(a):
        return (a.sin() * w * ag.rand(4, dtype="float64")).sum()

    found = []
    for function in (loss, lambda a: ag.checkpoint(loss, a)):
        ag.manual_seed(0)
        whole = func.vmap(function, randomness="different")(x).sum()
        found.append(ag.grad(whole, (x, w)))
    for a, b in zip(*found):
        np.testing.assert_array_equal(a, b)


def test_hooks_work_on_all_samples():
    x = tensor(X, requires_grad=True)

    def hooked(a):
        b = a * a
        b.register_hook(lambda g: g * g.sum())
        return b.sum()

    (found,) = ag.grad(func.vmap(hooked)(x).sum(), x)
    np.testing.assert_allclose(found, 8 * X)


def test_a_graph_of_many_can_be_copied_and_not_pickled():
    x = tensor(X, requires_grad=True)
    y = func.vmap(lambda a: (a * a).sum())(x).sum()
    twin, leaf = copy.deepcopy((y, x))
    np.testing.assert_allclose(ag.grad(twin, leaf)[0], 2 * X)
    with pytest.raises(RuntimeError, match="vmap"):
        pickle.dumps(y)


@pytest.mark.parametrize("name", ["anomaly", "hooks on what is saved", "a second sweep"])
def test_the_sweep_has_all_its_ways(name):
    x = tensor(X, requires_grad=True)
    way = {
        "anomaly": ag.detect_anomaly,
        "hooks on what is saved": lambda: ag.autograd.graph.saved_tensors_hooks(
            lambda a: a * 2, lambda a: a / 2
        ),
        "a second sweep": contextlib.nullcontext,
    }[name]
    with way():
        y = func.vmap(lambda a: (a * a).sum())(x).sum()
        first = ag.grad(y, x, retain_graph=True)[0]
        again = ag.grad(y, x)[0]
    np.testing.assert_allclose(first, 2 * X)
    np.testing.assert_allclose(again, 2 * X)


def test_compiled_functions_are_called_as_they_are():
    function = lambda a: a.sin() * a  # noqa: E731
    compiled = ag.compile(function)
    x = tensor(X)
    found = func.vmap(func.grad(lambda a: compiled(a).sum()))(x)
    np.testing.assert_allclose(found, func.vmap(func.grad(lambda a: function(a).sum()))(x))
    whole = ag.compile(lambda x: func.vmap(function)(x).sum())
    np.testing.assert_allclose(whole(x), function(x).sum())
    wide = tensor(np.linspace(0, 1, 12))
    for _ in range(2):  # the second call is that of a program
        rows = func.jacrev(compiled)(wide)
        np.testing.assert_allclose(rows, func.jacrev(function)(wide))
        assert not rows.requires_grad
