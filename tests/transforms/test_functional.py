"""`autograd.functional` and `autograd.backward`: PyTorch's arguments, defaults and refusals."""

import inspect

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import GraphError, autograd, no_grad, tensor

torch = pytest.importorskip("torch")
ENGINES = (ag, torch)


def points(engine, requires_grad=False):
    values = ([1.0, -2.0], [0.5, 3.0])
    return tuple(engine.tensor(v, requires_grad=requires_grad) for v in values)


def shaped(engine, values):
    """Tensors from nested tuples of lists."""
    if isinstance(values, tuple):
        return tuple(shaped(engine, value) for value in values)
    return None if values is None else engine.tensor(values)


def plain(tree):
    if isinstance(tree, (tuple, list)):
        return [plain(part) for part in tree]
    return tree.detach().numpy()


def assert_alike(ours, theirs):
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            assert_alike(a, b)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


FUNCTIONS = {
    "one": (lambda e: lambda x: x**3 * x.sum(), 1, [2.0, 1.0]),
    "number": (lambda e: lambda x: (x**3).sum(), 1, 3.0),
    "two": (lambda e: lambda x, y: x * y.exp(), 2, [2.0, 1.0]),
    "two_out": (lambda e: lambda x: (x * 2, x.prod()), 1, ([2.0, 1.0], 5.0)),
    "many": (
        lambda e: lambda x, y: (x.sin() * y, (x * y).sum(), y),
        2,
        ([2.0, 1.0], 5.0, [1.0, 4.0]),
    ),
    "unused": (lambda e: lambda x, y: x * 2, 2, [2.0, 1.0]),
    "constant": (lambda e: lambda x: e.ones(2), 1, [2.0, 1.0]),
    "same": (lambda e: lambda x: x, 1, [2.0, 1.0]),
}
SCALARS = {
    "cubic": (lambda e: lambda x: (x**3).sum() * x.prod(), 1),
    "of_shape_1": (lambda e: lambda x: (x**3).sum().reshape(1), 1),
    "two": (lambda e: lambda x, y: (x**2 * y.exp()).sum(), 2),
    "unused": (lambda e: lambda x, y: (x**3).sum(), 2),
    "linear": (lambda e: lambda x: (x * 2).sum(), 1),
}


def given(engine, count, **options):
    both = points(engine, **options)
    return both if count == 2 else both[0]


def outcome(call, engine):
    """What a call returns; None where it is refused."""
    try:
        return plain(call(engine))
    except (RuntimeError, ValueError, TypeError):
        return None


def compare(call):
    ours, theirs = (outcome(call, engine) for engine in ENGINES)
    assert (ours is None) == (theirs is None), f"{ours} and {theirs}"
    if ours is not None:
        assert_alike(ours, theirs)


MODES = [(create, strict) for create in (False, True) for strict in (False, True)]


@pytest.mark.parametrize("create, strict", MODES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_products_with_a_jacobian_are_pytorchs(name, create, strict):
    make, count, v = FUNCTIONS[name]
    tangent = ([1.0, 10.0], [2.0, -1.0]) if count == 2 else [1.0, 10.0]
    options = {"create_graph": create, "strict": strict}

    def vjp(engine):
        x = given(engine, count, requires_grad=create)
        return engine.autograd.functional.vjp(make(engine), x, shaped(engine, v), **options)

    def jvp(engine):
        x = given(engine, count, requires_grad=create)
        return engine.autograd.functional.jvp(make(engine), x, shaped(engine, tangent), **options)

    compare(vjp)
    compare(jvp)


@pytest.mark.parametrize("create, strict", MODES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_jacobians_are_pytorchs(name, create, strict):
    make, count, _ = FUNCTIONS[name]

    def jacobian(engine, **options):
        x = given(engine, count, requires_grad=create)
        return engine.autograd.functional.jacobian(make(engine), x, create, strict, **options)

    compare(jacobian)
    if not strict:
        expected = plain(jacobian(ag))
        for vectorize in (False, True):
            for strategy in ("reverse-mode", "forward-mode"):
                found = plain(jacobian(ag, vectorize=vectorize, strategy=strategy))
                assert_alike(found, expected)


@pytest.mark.parametrize("create, strict", MODES)
@pytest.mark.parametrize("name", SCALARS)
def test_hessians_and_products_with_one_are_pytorchs(name, create, strict):
    make, count = SCALARS[name]
    v = ([1.0, 10.0], [2.0, -1.0]) if count == 2 else [1.0, 10.0]

    def hessian(engine, **options):
        x = given(engine, count, requires_grad=create)
        return engine.autograd.functional.hessian(make(engine), x, create, strict, **options)

    def product(way):
        def call(engine):
            x = given(engine, count, requires_grad=create)
            function = getattr(engine.autograd.functional, way)
            return function(make(engine), x, shaped(engine, v), create, strict)

        return call

    compare(hessian)
    compare(product("vhp"))
    compare(product("hvp"))
    if not strict:
        for vectorize in (False, True):
            for strategy in ("reverse-mode", "forward-mode"):
                ways = {"vectorize": vectorize, "outer_jacobian_strategy": strategy}
                assert_alike(plain(hessian(ag, **ways)), plain(hessian(ag)))


@pytest.mark.parametrize("name", autograd.functional.__all__)
def test_the_arguments_are_pytorchs(name):
    ours, theirs = (getattr(e.autograd.functional, name) for e in ENGINES)
    assert [(p.name, p.default) for p in inspect.signature(ours).parameters.values()] == [
        (p.name, p.default) for p in inspect.signature(theirs).parameters.values()
    ]


REFUSED = {
    "no v": lambda e, f, x: f.vjp(lambda x: x * 2, x),
    "no v for the input": lambda e, f, x: f.jvp(lambda x: x * 2, x),
    "no v for a Hessian": lambda e, f, x: f.hvp(lambda x: x.sum(), x),
    "a short v": lambda e, f, x: f.vjp(lambda x: x * 2, x, e.ones(3)),
    "too few of v": lambda e, f, x: f.vjp(lambda x: (x, x), x, e.ones(2)),
    "no tensor": lambda e, f, x: f.vjp(lambda x: x * 2, (x, 2), e.ones(2)),
    "no number": lambda e, f, x: f.hessian(lambda x: x * 2, x),
    "a tuple": lambda e, f, x: f.vhp(lambda x: (x.sum(),), x, x),
    "strict and vectorized": lambda e, f, x: f.jacobian(lambda x: x, x, False, True, True),
    "strict and forward": lambda e, f, x: f.jacobian(
        lambda x: x, x, strict=True, vectorize=True, strategy="forward-mode"
    ),
    "no input": lambda e, f, x: e.autograd.backward([x.requires_grad_().sum()], inputs=[]),
    "no seed": lambda e, f, x: e.autograd.backward(x.requires_grad_() * 2, None),
    "both names": lambda e, f, x: e.autograd.backward(
        x.requires_grad_() * 2, e.ones(2), grad_variables=e.ones(2)
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore:.*grad_variables:FutureWarning")
def test_what_pytorch_refuses_is_refused(name):
    for engine in ENGINES:
        with pytest.raises((RuntimeError, ValueError, TypeError)):
            REFUSED[name](engine, engine.autograd.functional, engine.tensor([1.0, 2.0]))


def test_one_v_may_stand_in_a_tuple():
    x = tensor([1.0, 2.0])
    for v in (x, (x,)):
        assert autograd.functional.vjp(lambda x: x * 2, x, v)[1].tolist() == [2, 4]
        assert autograd.functional.jvp(lambda x: x * 2, (x,), v)[1].tolist() == [2, 4]


def test_results_have_a_graph_only_where_one_is_asked_for():
    x = tensor([1.0, 2.0], requires_grad=True)
    f = autograd.functional
    for make in (lambda c: f.jacobian(lambda x: x**3, x, c), lambda c: f.vjp(sum3, x, None, c)[1]):
        assert not make(False).requires_grad
        with no_grad():
            assert make(True).requires_grad, "as in PyTorch, create_graph counts for more"
    (g,) = autograd.grad(f.hessian(sum3, x, create_graph=True).sum(), x)
    assert g.tolist() == [6, 6]


def sum3(x):
    return (x**3).sum()


def test_a_gradient_flows_to_what_the_function_uses():
    w = tensor(3.0, requires_grad=True)
    x = tensor([1.0, 2.0])
    jac = autograd.functional.jacobian(lambda x: w * x**2, x, create_graph=True)
    assert autograd.grad(jac.sum(), w)[0].item() == 6
    assert not autograd.functional.jacobian(lambda x: w * x**2, x).requires_grad


BACKWARD = {
    "one": lambda e, x, y: e.autograd.backward((x * y).sum()),
    "seeded": lambda e, x, y: e.autograd.backward(x * y, e.tensor([1.0, 2.0])),
    "several": lambda e, x, y: e.autograd.backward(
        [(x * y).sum(), x**2], [None, e.tensor([3.0, 4.0])]
    ),
    "tuple": lambda e, x, y: e.autograd.backward((x.sum(), y.prod())),
    "one_input": lambda e, x, y: e.autograd.backward([(x * y).sum()], inputs=x),
    "inputs": lambda e, x, y: e.autograd.backward([(x * y).sum()], inputs=[y]),
    "nothing": lambda e, x, y: e.autograd.backward([]),
    "twice": lambda e, x, y: [e.autograd.backward([(x * y).sum(), x.sum()]) for _ in "12"],
}


@pytest.mark.parametrize("name", BACKWARD)
def test_several_tensors_are_swept_at_once(name):
    found = []
    for engine in ENGINES:
        x, y = points(engine, requires_grad=True)
        BACKWARD[name](engine, x, y)
        found.append([None if t.grad is None else t.grad.tolist() for t in (x, y)])
    assert found[0] == found[1]


def test_shared_graphs_are_swept_once():
    x = tensor(2.0, requires_grad=True)
    h = x * 3
    seen = []
    h.register_hook(lambda g: seen.append(g.item()))
    autograd.backward([h * 2, h**2])
    assert seen == [14]
    with pytest.raises(GraphError, match="no graph"):
        autograd.backward([tensor(1.0)])
    with pytest.raises(GraphError, match="1 outputs and 2 gradients"):
        autograd.backward([x * 2], [None, None])
