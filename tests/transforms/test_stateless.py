"""`functional_call` and `stack_module_state`: PyTorch's answers, on models written once."""

import itertools

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import func, tensor

torch = pytest.importorskip("torch")
ENGINES = {"ours": (ag, nn, ag.func), "torch": (torch, torch.nn, torch.func)}


def models(engine, layers):
    """Classes of models, written with one engine's names."""

    class Tied(layers.Module):
        def __init__(self):
            super().__init__()
            self.a = layers.Linear(2, 2)
            self.b = layers.Linear(2, 2)
            self.b.weight = self.a.weight
            self.register_buffer("scale", engine.ones(1))
            self.register_buffer("none", None)
            for i, p in enumerate(self.parameters()):
                with engine.no_grad():
                    p.copy_(engine.arange(p.numel()).reshape(p.shape) * 0.1 + i)

        def forward(self, x, k=1):
            return (self.b(self.a(x)) * self.scale * k).sum()

    class Counting(layers.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("n", engine.zeros(1))
            self.w = layers.Parameter(engine.ones(1))

        def forward(self, x):
            self.n = self.n + 1
            self.last = x
            return self.w * x * self.n

    class Listed(layers.Module):
        def __init__(self):
            super().__init__()
            self.ws = layers.ParameterList([engine.ones(2), engine.ones(2) * 2])
            self.named = layers.ParameterDict({"k": engine.ones(2) * 3})
            self.inner = layers.Sequential(layers.Linear(2, 2), layers.Tanh())

        def forward(self, x):
            for w in self.ws:
                x = x * w
            for p in self.inner[0].parameters():
                x = x * p.sum() * 0 + x
            return x * self.named["k"]

    class Failing(layers.Module):
        def __init__(self):
            super().__init__()
            self.w = layers.Parameter(engine.ones(1))

        def forward(self, x):
            raise ArithmeticError("mine")

    class Extra(layers.Module):
        def forward(self, x):
            return self.extra * x

    return {c.__name__: c for c in (Tied, Counting, Listed, Failing, Extra)}


def zeros(e, *shape):
    return e.zeros(*shape)


CALLS = {
    "all": ("Tied", lambda e, m: {n: e.zeros_like(p) for n, p in m.named_parameters()}, {}),
    "some": ("Tied", lambda e, m: {"scale": e.ones(1) * 3}, {}),
    "by_first_name": ("Tied", lambda e, m: {"a.weight": zeros(e, 2, 2)}, {}),
    "by_other_name": ("Tied", lambda e, m: {"b.weight": zeros(e, 2, 2)}, {}),
    "by_both_names": (
        "Tied",
        lambda e, m: dict.fromkeys(("a.weight", "b.weight"), zeros(e, 2, 2)),
        {},
    ),
    "tied_and_different": (
        "Tied",
        lambda e, m: {"a.weight": zeros(e, 2, 2), "b.weight": zeros(e, 2, 2)},
        {},
    ),
    "untied": ("Tied", lambda e, m: {"a.weight": zeros(e, 2, 2)}, {"tie_weights": False}),
    "two_dicts": ("Tied", lambda e, m: ({"a.bias": zeros(e, 2)}, {"scale": e.ones(1)}), {}),
    "named_twice": ("Tied", lambda e, m: ({"a.bias": zeros(e, 2)}, {"a.bias": zeros(e, 2)}), {}),
    "unexpected": ("Tied", lambda e, m: {"foo": zeros(e, 2)}, {}),
    "unexpected_below": ("Tied", lambda e, m: {"a.foo": zeros(e, 2)}, {}),
    "no_such_module": ("Tied", lambda e, m: {"c.foo": zeros(e, 2)}, {}),
    "strict": (
        "Tied",
        lambda e, m: {n: e.zeros_like(p) for n, p in m.state_dict().items() if n != "b.weight"},
        {"strict": True},
    ),
    "strict_missing": ("Tied", lambda e, m: {"a.bias": zeros(e, 2)}, {"strict": True}),
    "strict_unexpected": (
        "Tied",
        lambda e, m: {**m.state_dict(), "foo": zeros(e, 2)},
        {"strict": True},
    ),
    "absent_buffer": ("Tied", lambda e, m: {"none": e.ones(1)}, {}),
    "empty_name": ("Tied", lambda e, m: {"": e.ones(1)}, {}),
    "a_module": ("Tied", lambda e, m: {"a": e.ones(1)}, {}),
    "no_tensor": ("Tied", lambda e, m: {"a.bias": 3}, {}),
    "no_dict": ("Tied", lambda e, m: [1], {}),
    "wrong_shape": ("Tied", lambda e, m: {"a.bias": zeros(e, 3)}, {}),
    "buffers_move": ("Counting", lambda e, m: {"n": e.ones(1) * 5}, {}),
    "buffers_move_in_two": ("Counting", lambda e, m: ({"n": e.ones(1) * 5}, {"w": e.ones(1)}), {}),
    "lists": ("Listed", lambda e, m: {"ws.1": e.ones(2) * 7, "named.k": zeros(e, 2) + 2}, {}),
    "numbered": ("Listed", lambda e, m: {"inner.0.weight": e.ones(2, 2)}, {}),
    "failing": ("Failing", lambda e, m: {"w": zeros(e, 1)}, {}),
    "extra": ("Extra", lambda e, m: {"extra": e.ones(1) * 3}, {}),
}
REFUSALS = (ValueError, TypeError, RuntimeError, AttributeError, KeyError, ArithmeticError)


def state_of(model):
    """Everything that a call must leave as it was."""
    found = [(name, id(p)) for name, p in model.named_parameters(remove_duplicate=False)]
    found += [(name, id(b)) for name, b in model.named_buffers(remove_duplicate=False)]
    return found + [sorted(vars(module)) for module in model.modules()]


def outcome(engine, layers, functions, name):
    kind, make, options = CALLS[name]
    model = models(engine, layers)[kind]()
    given = make(engine, model)
    before = state_of(model)
    try:
        y = functions.functional_call(model, given, (engine.ones(2),), **options)
        result = y.detach().numpy()
    except REFUSALS:
        result = None
    after = state_of(model)
    if kind != "Counting":
        assert after == before
    elif result is not None:
        assert after[:2] == before[:2] and hasattr(model, "last")
    shown = given.get("n") if isinstance(given, dict) else None
    return result, None if shown is None else shown.tolist()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_what_pytorch_gives_and_leaves_the_module_as_it_was(name):
    ours, theirs = (outcome(*engine, name) for engine in ENGINES.values())
    assert (ours[0] is None) == (theirs[0] is None), (ours, theirs)
    if ours[0] is not None:
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    assert ours[1] == theirs[1]


def test_arguments_are_taken_in_every_way():
    layer = nn.Linear(2, 1)
    given = {"weight": ag.ones(1, 2), "bias": ag.zeros(1)}
    x = tensor([1.0, 2.0])
    assert func.functional_call(layer, given, x).item() == 3
    assert func.functional_call(layer, given, (x,)).item() == 3
    assert func.functional_call(layer, given, kwargs={"input": x}).item() == 3
    assert func.functional_call(layer, given, None, {"input": x}).item() == 3


def test_gradients_flow_to_what_is_given_and_not_to_the_module():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.ParameterList([ag.ones(3)]))
    model[2].forward = lambda x: (x * model[2][0]).sum()
    params = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
    x = tensor([1.0, -2.0])
    func.functional_call(model, params, (x,)).backward()
    model(x).backward()
    for name, p in model.named_parameters():
        np.testing.assert_allclose(params[name].grad.numpy(), p.grad.numpy(), rtol=1e-6)


def test_a_gradient_with_respect_to_all_parameters_is_a_dictionary():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    params = dict(model.named_parameters())
    x, y = ag.randn(5, 2), ag.randn(5, 1)

    def loss(params):
        return nn.functional.mse_loss(func.functional_call(model, params, (x,)), y)

    found = func.grad(loss)(params)
    loss(params).backward()
    assert found.keys() == params.keys()
    for name, p in params.items():
        np.testing.assert_allclose(found[name].numpy(), p.grad.numpy(), rtol=1e-5)


def test_buffers_that_are_changed_in_place_are_those_given():
    layer = nn.BatchNorm1d(2)
    given = {name: b.clone() for name, b in layer.named_buffers()}
    x = ag.randn(4, 2)
    func.functional_call(layer, given, (x,))
    assert layer.num_batches_tracked.item() == 0 and given["num_batches_tracked"].item() == 1
    np.testing.assert_allclose(given["running_mean"].numpy(), x.mean(0).numpy() * 0.1, rtol=1e-5)
    assert not layer.running_mean.any()


def test_a_call_that_fails_at_any_name_leaves_the_module_as_it_was():
    layer = nn.Linear(2, 1)
    before = state_of(layer)
    good = {"weight": ag.ones(1, 2), "bias": ag.zeros(1)}
    for order in itertools.permutations([*good, "missing.x"]):
        given = {name: good.get(name, ag.ones(1)) for name in order}
        with pytest.raises(AttributeError, match="missing"):
            func.functional_call(layer, given, (ag.ones(2),))
        assert state_of(layer) == before


STACKED = {
    "linear": lambda e, n: [n.Linear(2, 1) for _ in range(3)],
    "with_buffers": lambda e, n: [n.BatchNorm1d(2) for _ in range(2)],
    "one": lambda e, n: [n.Linear(2, 1, bias=False)],
    "frozen": lambda e, n: [n.Linear(2, 1).requires_grad_(False) for _ in range(2)],
    "none": lambda e, n: [],
    "different": lambda e, n: [n.Linear(2, 1), n.ReLU()],
    "modes": lambda e, n: [n.Linear(2, 1), n.Linear(2, 1).eval()],
    "partly_frozen": lambda e, n: [n.Linear(2, 1), n.Linear(2, 1).requires_grad_(False)],
    "module_list": lambda e, n: n.ModuleList([n.Linear(2, 1) for _ in range(3)]),
}


@pytest.mark.parametrize("name", STACKED)
def test_ensembles_are_stacked_as_pytorch_stacks_them(name):
    found = []
    for engine, layers, functions in ENGINES.values():
        together = STACKED[name](engine, layers)
        try:
            states = functions.stack_module_state(together)
        except RuntimeError:
            found.append("refused")
            continue
        found.append(
            [
                {key: (tuple(x.shape), x.requires_grad, x.is_leaf) for key, x in state.items()}
                for state in states
            ]
        )
        for state in states:
            for key, x in state.items():
                for i, model in enumerate(together):
                    own = dict([*model.named_parameters(), *model.named_buffers()])[key]
                    np.testing.assert_array_equal(x.detach().numpy()[i], own.detach().numpy())
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore")  # PyTorch traces, and warns of its own ways
def test_a_linearized_function_is_called_once():
    calls = []

    def f(x, y):
        calls.append(1)
        return x * y.sin(), {"a": x}

    ours = func.linearize(f, tensor([1.0, 2.0]), tensor(3.0))
    theirs = torch.func.linearize(f, torch.tensor([1.0, 2.0]), torch.tensor(3.0))
    called = len(calls)
    for direction in (([1.0, 0.0], 2.0), ([0.0, 5.0], -1.0)):
        a = ours[1](*map(tensor, direction))
        b = theirs[1](*map(torch.tensor, direction))
        np.testing.assert_allclose(a[0].numpy(), b[0].numpy(), rtol=1e-5)
        np.testing.assert_allclose(a[1]["a"].numpy(), b[1]["a"].numpy(), rtol=1e-5)
    assert len(calls) == called
    with pytest.raises(ValueError, match="tangent"):
        ours[1](ag.ones(3), tensor(1.0))
    second = func.grad(lambda x: func.linearize(lambda z: z**3, x)[1](tensor(1.0)))
    assert second(tensor(2.0)).item() == 12
