"""Whatever is changed between two steps, a compiled step takes the same step as one by hand: it
counts on what it sees around it only as long as that is there.
"""

import functools
import itertools

import numpy as np
import pytest

import autograd_engine as ag
import nn

SCALE = 2.0


class Settings:
    factor = 1.0

    def doubled(self, x):
        return x * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4, bias=False)
        self.norm = nn.BatchNorm1d(4)
        self.b = nn.Linear(4, 2)
        self.scale = 1.0
        self.factors = [1.0, 2.0]
        self.options = {"k": 1.0}
        self.extra = [nn.Tanh()]

    def forward(self, x):
        h = self.extra[0](self.norm(self.a(x)) * self.scale)
        return self.b(h) * self.factors[1] * self.options["k"] * self.all()

    def all(self):
        return SCALE


class Case:
    """A model, a loss that sees an object and a list, an optimizer."""

    def __init__(self):
        ag.manual_seed(0)
        self.model = Net()
        self.settings = settings = Settings()
        self.weights = weights = [1.0]
        self.calls = calls = itertools.count()

        def loss(p, y):
            next(calls)
            return (
                settings.doubled(nn.functional.cross_entropy(p, y)) * settings.factor * weights[0]
            )

        self.loss = loss
        self.optimizer = nn.optim.Adam(self.model.parameters(), lr=0.01)

    def set_option(self, **options):
        self.optimizer.param_groups[0].update(options)

    def fill(self, tensor, value):
        with ag.no_grad():
            tensor.fill_(value)

    def watch(self, parameter):
        self.handle = parameter.register_hook(lambda g: -g)

    def replace(self):
        self.model.b = nn.Linear(4, 2)
        for p in self.model.b.parameters():
            self.fill(p, 0.3)

    def load_changed_state(self):
        state = self.optimizer.state_dict()
        self.fill(state["state"][1]["exp_avg"], 1.0)
        self.optimizer.load_state_dict(state)


def set_global(case):
    global SCALE
    SCALE = 0.5


def hooked_twice(case):
    case.model.a.register_forward_hook(lambda module, args, y: y + 3)
    case.model.b.register_forward_hook(lambda module, args, y: y * 3)


CHANGES = {
    "nothing": lambda case: None,
    "an attribute": lambda case: setattr(case.model, "scale", 3.0),
    "a list": lambda case: case.model.factors.__setitem__(1, 3.0),
    "a dictionary": lambda case: case.model.options.update(k=3.0),
    "a part in a list": lambda case: case.model.extra.__setitem__(0, nn.Sigmoid()),
    "a global name": set_global,
    "an object closed over": lambda case: setattr(case.settings, "factor", 3.0),
    "its class": lambda case: setattr(Settings, "factor", 4.0),
    "its method": lambda case: setattr(case.settings, "doubled", lambda x: x),
    "a list closed over": lambda case: case.weights.__setitem__(0, 3.0),
    "eval": lambda case: case.model.eval(),
    "forward": lambda case: setattr(case.model.b, "forward", lambda x: x @ case.model.b.weight.T),
    "a hook on a module": hooked_twice,
    "a hook on a parameter": lambda case: case.watch(case.model.b.weight),
    "no hook": lambda case: case.handle.remove(),
    "data": lambda case: setattr(case.model.a.weight, "data", np.ones((4, 3), "f4")),
    "values": lambda case: case.fill(case.model.a.weight, 0.3),
    "a buffer": lambda case: setattr(case.model.norm, "running_mean", nn.Buffer(ag.ones(4))),
    "frozen": lambda case: case.model.a.weight.requires_grad_(False),
    "a new layer": lambda case: case.replace(),
    "learning rate": lambda case: case.set_option(lr=0.5),
    "learning rate, a tensor": lambda case: case.set_option(lr=ag.tensor(0.3)),
    "learning rate, zero": lambda case: case.set_option(lr=0.0),
    "betas": lambda case: case.set_option(betas=(0.5, 0.6)),
    "weight decay": lambda case: case.set_option(weight_decay=0.3),
    "amsgrad": lambda case: case.set_option(amsgrad=True),
    "maximize": lambda case: case.set_option(maximize=True),
    "gradients": lambda case: case.optimizer.zero_grad(),
    "fewer parameters": lambda case: case.optimizer.param_groups[0]["params"].pop(),
    "another group": lambda case: case.set_option(
        params=case.optimizer.param_groups[0]["params"][:-1]
    ),
    "state, emptied": lambda case: case.optimizer.state.clear(),
    "state, loaded": lambda case: case.load_changed_state(),
    "state, written": lambda case: case.fill(
        case.optimizer.state[case.model.norm.weight]["exp_avg"], 1.0
    ),
    "thawed": lambda case: case.model.a.weight.requires_grad_(True),
    "train": lambda case: case.model.train(),
    "float64": lambda case: case.model.double(),
}


def by_hand(model, loss, optimizer):
    def step(x, y):
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step


def losses(step_of, monkeypatch):
    """Of two steps after each of the changes, one after the other; how often the loss was called
    as a function.
    """
    case = Case()
    step = step_of(case.model, case.loss, case.optimizer)
    found = {}
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "SCALE", SCALE)
        patch.setattr(Settings, "factor", 1.0)
        for name, change in CHANGES.items():
            change(case)
            dtype = case.model.a.weight.dtype
            batches = [(ag.randn(6, 3, dtype=dtype), ag.randint(0, 2, (6,))) for _ in range(3)]
            found[name] = [step(x, y).item() for x, y in batches]
    return found, next(case.calls)


def check(step_of, monkeypatch):
    expected, _ = losses(by_hand, monkeypatch)
    found, calls = losses(step_of, monkeypatch)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=2e-3, err_msg=name)
    assert calls <= 1.2 * len(CHANGES)


def test_a_compiled_step_sees_every_change(monkeypatch):
    check(nn.training.compiled_step, monkeypatch)


@pytest.mark.slow
def test_a_compiled_step_of_machine_code_sees_every_change(monkeypatch):
    pytest.importorskip("numba")
    check(functools.partial(nn.training.compiled_step, backend="numba"), monkeypatch)


def test_hooks_are_called_once():
    """Those on leaves, whether closed over or given, when the program's gradient arrives."""
    w, x = (ag.tensor([v], requires_grad=True) for v in (2.0, 3.0))
    handles = [w.register_hook(lambda g: -2 * g), x.register_hook(lambda g: -5 * g)]
    fast = ag.compile(lambda x: (w * x).sum())
    for expected in (-6.0, -10.0), (-6.0, -10.0), (-6.0, -10.0), (3.0, 2.0), (3.0, 2.0):
        if expected[0] > 0:
            [handle.remove() for handle in handles]
        w.grad = x.grad = None
        fast(x).backward()
        assert (w.grad.item(), x.grad.item()) == expected


def test_modes_kinds_and_numbers_of_a_call_are_compared():
    """One function, called in turn in all ways in which a call may differ from the one before."""
    w = ag.tensor([2.0], requires_grad=True)

    def f(x, power=2, how=None):
        y = (x["a"] * w) ** power + 0.5
        return (y, y.sum(), ag.ones(1)) if how is None else (y * how[0],)

    fast = ag.compile(f)
    x = ag.tensor([1.0, 3.0])
    calls = [
        lambda g: g({"a": x}),
        lambda g: g({"a": x.clone().requires_grad_()}),
        lambda g: g({"a": x.to(ag.float64)}),
        lambda g: g({"a": ag.ones(3)}),
        lambda g: g({"a": w}),
        lambda g: g({"a": x}, 3),
        lambda g: g({"a": x}, 3.0),
        lambda g: g({"a": x}, power=3),
        lambda g: g({"a": x}, how=[2.0]),
        lambda g: g({"a": x}, how=(-2.0,)),
        lambda g: ag.no_grad()(g)({"a": x}),
        lambda g: ag.vmap(lambda a: g({"a": a})[0])(x),
    ]
    for call in [*calls, *calls, *reversed(calls)]:
        for a in (call(fast), call(fast)):
            for found, expected in zip(a, call(f), strict=True):
                assert found.requires_grad == expected.requires_grad
                assert found.dtype == expected.dtype
                np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-6)
    ag.set_default_dtype("float64")
    try:
        assert fast({"a": x})[2].dtype == fast({"a": x})[2].dtype == ag.float64
    finally:
        ag.set_default_dtype("float32")
