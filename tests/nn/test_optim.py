"""Every optimizer against PyTorch: 20 steps in float64, two groups, gradients missing now and then,
resumed half-way.
"""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import Tensor, tensor
from nn import optim

SHAPES = [(3, 4), (4,), (), (2, 0), (2, 3, 2), (5, 2)]
GROUPS = (slice(0, 3), slice(3, None))

CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    ("Adamax", {"lr": 0.1}),
    (
        "Adamax",
        {"lr": 0.1, "betas": (0.5, 0.6), "eps": 1e-2, "weight_decay": 0.1, "maximize": True},
    ),
    ("NAdam", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.2, "maximize": True}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.1}),
    ("RAdam", {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RMSprop", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "centered": True, "eps": 1e-2, "maximize": True}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "centered": True, "momentum": 0.9, "eps": 1e-2}),
    ("Adagrad", {"lr": 0.1}),
    (
        "Adagrad",
        {
            "lr": 0.1,
            "lr_decay": 0.1,
            "weight_decay": 0.1,
            "initial_accumulator_value": 0.5,
            "maximize": True,
        },
    ),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Rprop", {"lr": 0.1}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (1e-2, 0.2), "maximize": True}),
    ("ASGD", {"lr": 0.1}),
    (
        "ASGD",
        {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 5, "weight_decay": 0.1, "maximize": True},
    ),
]
ADAFACTOR = [
    ("Adafactor", {}),
    (
        "Adafactor",
        {"lr": 0.5, "beta2_decay": -0.5, "d": 1.5, "weight_decay": 0.1, "maximize": True},
    ),
    ("Adafactor", {"lr": 0.1, "eps": (1e-2, 0.5)}),
]
"""PyTorch's divides by 0 where a parameter is empty, so it is compared by itself."""

BEYOND = [
    *ADAFACTOR,
    ("Lion", {"lr": 0.1}),
    ("Lion", {"lr": 0.1, "betas": (0.7, 0.8), "weight_decay": 0.1, "maximize": True}),
    ("Shampoo", {"lr": 0.1}),
    ("Shampoo", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "update_freq": 3}),
]
every_case = pytest.mark.parametrize(
    ("name", "options"), CASES, ids=lambda x: x if isinstance(x, str) else ",".join(x)
)
any_case = pytest.mark.parametrize(
    ("name", "options"), CASES + BEYOND, ids=lambda x: x if isinstance(x, str) else ",".join(x)
)


@pytest.fixture
def torch():
    """PyTorch, whose step counts and products are float64 only while the default dtype is."""
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


def start():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in SHAPES]


def gradients(step):
    """The gradients of one step; parameter 1 never has one in the first five, and others have none
    now and then.
    """
    rng = np.random.default_rng(100 + step)
    found = [rng.standard_normal(shape) for shape in SHAPES]
    return [
        None if (i == 1 and step < 5) or (step + i) % 7 == 3 else np.asarray(g)
        for i, g in enumerate(found)
    ]


def groups(params, options):
    """Two groups, the second of which differs in its learning rate."""
    lr = options.get("lr", 0.1)
    return [{"params": params[GROUPS[0]]}, {"params": params[GROUPS[1]], "lr": lr / 2}]


def ours(name, options, arrays=None):
    params = [Tensor(a, requires_grad=True) for a in (arrays or start())]
    return params, getattr(optim, name)(groups(params, options), **options)


def theirs(torch, name, options):
    params = [torch.tensor(a, requires_grad=True) for a in start()]
    return params, getattr(torch.optim, name)(groups(params, options), **options)


def run(params, optimizer, steps, make=tensor):
    for step in steps:
        for p, g in zip(params, gradients(step)):
            p.grad = None if g is None else make(g)
        optimizer.step()


def values(params):
    return [np.array(p.detach().numpy()) for p in params]


def assert_same(params, expected):
    for p, q in zip(params, expected):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-9, atol=1e-9)


def assert_same_state(state, expected):
    assert state["state"].keys() == expected["state"].keys()
    for i, entry in expected["state"].items():
        assert state["state"][i].keys() == entry.keys()
        for key, value in entry.items():
            np.testing.assert_allclose(
                np.asarray(state["state"][i][key]),
                np.asarray(value),
                rtol=1e-9,
                atol=1e-9,
                err_msg=key,
            )
    for group, other in zip(state["param_groups"], expected["param_groups"]):
        assert group == other


def as_arrays(state):
    """A state of PyTorch's, as it would be saved without PyTorch: tensors as arrays."""
    entries = {
        i: {k: np.asarray(v) for k, v in entry.items() if v is not None}
        for i, entry in state["state"].items()
    }
    return {"state": entries, "param_groups": copy.deepcopy(state["param_groups"])}


# --- PyTorch's numbers ----------------------------------------------------------------------------


@every_case
def test_twenty_steps(torch, name, options):
    params, optimizer = ours(name, options)
    expected, oracle = theirs(torch, name, options)
    for step in range(20):
        run(params, optimizer, [step])
        run(expected, oracle, [step], torch.tensor)
        assert_same(params, expected)
    assert_same_state(optimizer.state_dict(), oracle.state_dict())


@every_case
def test_state_from_pytorch(torch, name, options):
    expected, oracle = theirs(torch, name, options)
    run(expected, oracle, range(8), torch.tensor)
    params, optimizer = ours(name, options, values(expected))
    optimizer.load_state_dict(as_arrays(oracle.state_dict()))
    run(params, optimizer, range(8, 20))
    run(expected, oracle, range(8, 20), torch.tensor)
    assert_same(params, expected)


@every_case
def test_state_to_pytorch(torch, name, options):
    params, optimizer = ours(name, options)
    run(params, optimizer, range(8))
    expected, oracle = theirs(torch, name, options)
    with torch.no_grad():
        for p, q in zip(expected, params):
            p.copy_(torch.tensor(q.numpy()))
    state = as_arrays(optimizer.state_dict())
    state["state"] = {
        i: {k: torch.tensor(v) for k, v in entry.items()} for i, entry in state["state"].items()
    }
    oracle.load_state_dict(state)
    run(params, optimizer, range(8, 20))
    run(expected, oracle, range(8, 20), torch.tensor)
    assert_same(params, expected)


# --- resuming -------------------------------------------------------------------------------------


@any_case
@pytest.mark.parametrize("how", ["state_dict", "pickle", "deepcopy"])
def test_resume_is_exact(name, options, how):
    params, optimizer = ours(name, options)
    run(params, optimizer, range(9))
    if how == "state_dict":
        resumed, other = ours(name, {}, values(params))
        other.load_state_dict(optimizer.state_dict())
    else:
        other = (
            pickle.loads(pickle.dumps(optimizer)) if how == "pickle" else copy.deepcopy(optimizer)
        )
        resumed = [p for group in other.param_groups for p in group["params"]]
    run(params, optimizer, range(9, 20))
    run(resumed, other, range(9, 20))
    for p, q in zip(params, resumed):
        assert p is not q
        np.testing.assert_array_equal(p.numpy(), q.numpy())


def test_state_dict_is_a_copy():
    params, optimizer = ours("Adam", {})
    run(params, optimizer, range(3))
    state = optimizer.state_dict()
    before = state["state"][0]["exp_avg"].numpy().copy()
    run(params, optimizer, range(3, 5))
    np.testing.assert_array_equal(state["state"][0]["exp_avg"].numpy(), before)
    assert state["state"][0]["step"].item() == 3


def test_a_state_that_does_not_fit_changes_nothing():
    params, optimizer = ours("Adam", {})
    run(params, optimizer, range(3))
    state = optimizer.state_dict()
    for change, message in (
        (lambda s: s["param_groups"].pop(), "different number of parameter groups"),
        (
            lambda s: s["param_groups"][0]["params"].pop(),
            "doesn't match the size of optimizer's group",
        ),
        (
            lambda s: s["state"][4].update(exp_avg=np.zeros(3)),
            r"'exp_avg' of parameter 4 has shape \[3\], expected \[2, 3, 2\]",
        ),
    ):
        bad = copy.deepcopy(state)
        bad["param_groups"][0]["lr"] = 7.0
        change(bad)
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(bad)
    assert_same_state(optimizer.state_dict(), as_arrays(state))


# --- semantics ------------------------------------------------------------------------------------


@any_case
def test_a_parameter_without_gradient_is_left_alone(name, options):
    """No decay, no momentum, no step count; and what it missed does not show later."""
    params, optimizer = ours(name, {**options, "lr": 0.1})
    run(params, optimizer, range(10, 14))
    before, state = values(params), optimizer.state_dict()["state"]
    for p in params:
        p.grad = None
    params[0].grad = ag.ones_like(params[0])
    optimizer.step()
    after = optimizer.state_dict()["state"]
    for i, (p, q) in enumerate(zip(params, before)):
        assert np.array_equal(p.numpy(), q) == (i != 0)
        for key, value in state.get(i, {}).items() if i else ():
            np.testing.assert_array_equal(value.numpy(), after[i][key].numpy())


def test_a_shared_parameter_steps_once():
    w = tensor([2.0], dtype="float64", requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    (w * 3 + w * 4).sum().backward()
    optimizer.step()
    assert w.item() == pytest.approx(2 - 0.7)
    with pytest.raises(ValueError, match="duplicate parameters"):
        optim.SGD([w, w], lr=0.1)
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        optim.SGD([{"params": [w]}, {"params": [w]}], lr=0.1)


def test_two_parameters_on_the_same_memory_are_refused():
    a, b = tensor([1.0, 2.0], requires_grad=True), tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([a, b], lr=0.1)
    b.data = a.data
    a.grad = tensor([1.0, 1.0])
    with pytest.raises(
        ValueError, match="parameters 0 and 1 .* are different tensors on the same memory"
    ):
        optimizer.step()


def test_adam_has_eps_outside_the_root():
    x = tensor([0.0], dtype="float64", requires_grad=True)
    optimizer = optim.Adam([x], lr=1.0, eps=0.5)
    x.grad = tensor([2.0], dtype="float64")
    optimizer.step()
    assert x.item() == pytest.approx(-2 / (2 + 0.5))


def test_adamw_decay_is_decoupled():
    """A zero gradient: the weight shrinks by lr·λ exactly, and the averages stay empty. Adam's
    decay goes through them.
    """
    for cls, expected in ((optim.AdamW, 1 - 0.1 * 0.5), (optim.Adam, 1 - 0.1)):
        x = tensor([1.0], dtype="float64", requires_grad=True)
        optimizer = cls([x], lr=0.1, weight_decay=0.5)
        x.grad = tensor([0.0], dtype="float64")
        optimizer.step()
        assert x.item() == pytest.approx(expected)
        assert (optimizer.state[x]["exp_avg"].item() == 0) == (cls is optim.AdamW)


def test_sgd_first_momentum_buffer_is_the_gradient():
    x = tensor([1.0], dtype="float64", requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1, momentum=0.9, dampening=0.5)
    x.grad = tensor([2.0], dtype="float64")
    optimizer.step()
    assert optimizer.state[x]["momentum_buffer"].item() == 2.0
    optimizer.step()
    assert optimizer.state[x]["momentum_buffer"].item() == pytest.approx(0.9 * 2 + 0.5 * 2)


def test_a_step_between_forward_and_backward_is_found():
    x = tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1)
    loss = (x * x).sum()
    x.grad = tensor([1.0, 1.0])
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_the_gradient_itself_is_not_changed():
    for name, options in CASES:
        params, optimizer = ours(name, options)
        run(params, optimizer, [0])
        for p, g in zip(params, gradients(0)):
            assert p.grad is None if g is None else np.array_equal(p.grad.numpy(), g)


def test_what_is_not_finite_is_as_in_pytorch(torch):
    for name, options in (
        ("Adam", {"eps": 0.0}),
        ("RMSprop", {"eps": 0.0}),
        ("Adadelta", {}),
        ("SGD", {"momentum": 0.9}),
    ):
        p, q = tensor(np.zeros(4), requires_grad=True), torch.zeros(4, requires_grad=True)
        optimizer, oracle = (
            getattr(optim, name)([p], **options),
            getattr(torch.optim, name)([q], **options),
        )
        for _ in range(2):
            grad = [0.0, np.inf, np.nan, 1e300]
            p.grad, q.grad = tensor(np.array(grad)), torch.tensor(grad)
            optimizer.step()
            oracle.step()
        np.testing.assert_array_equal(
            np.isnan(p.numpy()), np.isnan(q.detach().numpy()), err_msg=name
        )


def test_options_may_be_tensors():
    optimizer = optim.SGD(
        [{"params": [tensor([1.0], requires_grad=True)], "momentum": tensor(0.5)}], lr=tensor(0.25)
    )
    assert [optimizer.param_groups[0][key] for key in ("lr", "momentum")] == [0.25, 0.5]


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", ["rebind data", "write data", "write in place", "two optimizers"]
)
def test_what_the_user_does_to_a_parameter_counts(torch, change):
    params, optimizer = ours("Adam", {"lr": 0.1})
    expected, oracle = theirs(torch, "Adam", {"lr": 0.1})
    run(params, optimizer, range(5))
    run(expected, oracle, range(5), torch.tensor)
    if change == "rebind data":
        params[0].data = tensor(np.ones((3, 4)))
        expected[0].data = torch.ones(3, 4)
    elif change == "write data":
        params[0].data[1] = 5.0
        expected[0].data[1] = 5.0
    elif change == "write in place":
        with ag.no_grad():
            params[0].mul_(2)
            params[2].fill_(3)
        with torch.no_grad():
            expected[0].mul_(2)
            expected[2].fill_(3)
    else:
        run(params, optim.SGD(params, lr=0.1), [5])
        run(expected, torch.optim.SGD(expected, lr=0.1), [5], torch.tensor)
    run(params, optimizer, range(6, 12))
    run(expected, oracle, range(6, 12), torch.tensor)
    assert_same(params, expected)


def test_a_new_dtype_is_followed():
    params, optimizer = ours("Adam", {"lr": 0.1})
    run(params, optimizer, range(5))
    for p in params:
        p.data = p.data.to("float32")
    run(params, optimizer, range(5, 8), lambda g: tensor(g.astype("float32")))
    assert all(p.dtype == np.float32 for p in params)
    assert optimizer.state[params[0]]["exp_avg"].dtype == np.float32
    expected, reference = ours("Adam", {"lr": 0.1})
    run(expected, reference, range(8))
    for p, q in zip(params, expected):
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-4, atol=1e-5)


def test_mixed_dtypes_in_one_group():
    a, b = (
        tensor([1.0], dtype="float64", requires_grad=True),
        tensor([1.0], dtype="float32", requires_grad=True),
    )
    optimizer = optim.AdamW([a, b], lr=0.1)
    (a * 2 + b).sum().backward()
    optimizer.step()
    assert (a.dtype, b.dtype) == (np.float64, np.float32)
    assert a.item() == pytest.approx(0.899) and b.item() == pytest.approx(0.899)
    assert list(optimizer.state_dict()["state"]) == [0, 1]


def test_large_parameters_go_through_in_chunks(torch):
    rng = np.random.default_rng(0)
    first, grads = rng.standard_normal((3, 40000)), rng.standard_normal((4, 3, 40000))
    p, q = Tensor(first, requires_grad=True), torch.tensor(first, requires_grad=True)
    optimizer, oracle = optim.AdamW([p], lr=0.1), torch.optim.AdamW([q], lr=0.1)
    for g in grads:
        p.grad, q.grad = tensor(g), torch.tensor(g)
        optimizer.step()
        oracle.step()
    assert_same([p], [q])


@any_case
def test_no_reference_cycle(name, options):
    """A dropped optimizer is gone at once, with its state, and not when the garbage collector comes
    by.
    """
    params, optimizer = ours(name, options)
    run(params, optimizer, range(3))
    watch = weakref.ref(optimizer)
    gc.disable()
    try:
        del optimizer
        assert watch() is None
    finally:
        gc.enable()


def test_a_gradient_in_any_memory_order():
    x = tensor(np.zeros((2, 3)), requires_grad=True)
    optimizer = optim.SGD([x], lr=1.0)
    x.grad = tensor(np.arange(6.0).reshape(3, 2)).T
    optimizer.step()
    np.testing.assert_array_equal(x.numpy(), -np.arange(6.0).reshape(3, 2).T)


# --- groups, closures, zero_grad ------------------------------------------------------------------


def test_options_may_be_changed_between_steps(torch):
    options = {"lr": 0.1, "momentum": 0.9}
    params, optimizer = ours("SGD", options)
    expected, oracle = theirs(torch, "SGD", options)
    for step in range(12):
        for group in (optimizer.param_groups[1], oracle.param_groups[1]):
            group["lr"] *= 0.9
            group["momentum"] = 0.0 if 4 <= step < 7 else 0.9
            group["weight_decay"] = 0.1 * (step > 3)
        run(params, optimizer, [step])
        run(expected, oracle, [step], torch.tensor)
        assert_same(params, expected)


def test_add_param_group(torch):
    options = {"lr": 0.1}
    params, optimizer = ours("Adam", options)
    expected, oracle = theirs(torch, "Adam", options)
    run(params, optimizer, range(3))
    run(expected, oracle, range(3), torch.tensor)
    p, q = Tensor(np.ones(3), requires_grad=True), torch.ones(3, requires_grad=True)
    optimizer.add_param_group({"params": p, "lr": 0.5})
    oracle.add_param_group({"params": q, "lr": 0.5})
    p.grad, q.grad = tensor(np.arange(3.0)), torch.arange(3.0)
    run(params, optimizer, range(3, 6))
    run(expected, oracle, range(3, 6), torch.tensor)
    assert_same([*params, p], [*expected, q])
    assert_same_state(optimizer.state_dict(), oracle.state_dict())


def test_named_parameters():
    a, b = tensor([1.0], requires_grad=True), tensor([2.0], requires_grad=True)
    optimizer = optim.Adam([("a", a), ("b", b)])
    assert optimizer.param_groups[0]["param_names"] == ["a", "b"]
    assert optimizer.param_groups[0]["params"][1] is b
    with pytest.raises(ValueError, match="with/without names"):
        optim.Adam([("a", a), b])


def test_closure_and_zero_grad():
    x = tensor([3.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with ag.no_grad():  # the closure records all the same
        assert optimizer.step(closure).item() == 9.0
    assert x.item() == pytest.approx(2.4)
    kept = x.grad
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.item() == 0.0 and kept.item() == 0.0
    optimizer.zero_grad()
    assert x.grad is None


X = tensor([1.0], requires_grad=True)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optim.SGD([X], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda: optim.SGD([X], momentum=-0.5), ValueError, "Invalid momentum value: -0.5"),
        (lambda: optim.SGD([X], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
        (
            lambda: optim.SGD([X], nesterov=True),
            ValueError,
            "Nesterov momentum requires a momentum and zero dampening",
        ),
        (
            lambda: optim.Adam([X], betas=(1.0, 0.9)),
            ValueError,
            "Invalid beta parameter at index 0: 1.0",
        ),
        (
            lambda: optim.NAdam([X], betas=(0.9, -1)),
            ValueError,
            "Invalid beta parameter at index 1: -1",
        ),
        (lambda: optim.Adam([X], eps=-1), ValueError, "Invalid epsilon value: -1"),
        (
            lambda: optim.NAdam([X], momentum_decay=-1),
            ValueError,
            "Invalid momentum_decay value: -1",
        ),
        (lambda: optim.RMSprop([X], alpha=-1), ValueError, "Invalid alpha value: -1"),
        (lambda: optim.Adagrad([X], lr_decay=-1), ValueError, "Invalid lr_decay value: -1"),
        (
            lambda: optim.Adagrad([X], initial_accumulator_value=-1),
            ValueError,
            "Invalid initial_accumulator_value value: -1",
        ),
        (lambda: optim.Adadelta([X], rho=2), ValueError, "Invalid rho value: 2"),
        (lambda: optim.Rprop([X], etas=(1.5, 1.2)), ValueError, "Invalid eta values: 1.5, 1.2"),
        (lambda: optim.Adam([]), ValueError, "optimizer got an empty parameter list"),
        (lambda: optim.Adam(X), TypeError, "should be an iterable of Tensors or dicts, got Tensor"),
        (
            lambda: optim.Adam([1.0]),
            TypeError,
            "can only optimize Tensors, but one of the params is float",
        ),
        (lambda: optim.Adam([X * 2]), ValueError, "can't optimize a non-leaf Tensor"),
        (lambda: optim.Adam([{"params": {X}}]), TypeError, "ordered collections"),
        (lambda: optim.Adam([X], nonsense=True), TypeError, "nonsense"),
        (lambda: optim.Adam([X], differentiable=True), NotImplementedError, "not recorded"),
        (
            lambda: optim.Optimizer([X], {"lr": optim.optimizer.required}),
            ValueError,
            "didn't specify .* optimization parameter lr",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("name", ["foreach", "capturable", "fused"])
def test_implementation_switches_are_kept(name):
    assert optim.Adam([X], **{name: True}).param_groups[0][name] is True


@pytest.mark.parametrize(("name", "options"), ADAFACTOR, ids=str)
def test_adafactor(torch, name, options):
    rng = np.random.default_rng(0)
    first = [rng.standard_normal(shape) for shape in SHAPES if 0 not in shape]
    params = [Tensor(a, requires_grad=True) for a in first]
    expected = [torch.tensor(a, requires_grad=True) for a in first]
    optimizer, oracle = (
        optim.Adafactor(params, **options),
        torch.optim.Adafactor(expected, **options),
    )
    for step in range(12):
        if step == 6:  # from PyTorch's state
            optimizer = optim.Adafactor(params)
            optimizer.load_state_dict(oracle.state_dict())
        for i, (p, q) in enumerate(zip(params, expected)):
            g = rng.standard_normal(p.shape)
            skip = (i + step) % 5 == 3
            p.grad = None if skip else tensor(g)
            q.grad = None if skip else torch.as_tensor(g)
        optimizer.step()
        oracle.step()
        assert_same(params, expected)
    assert_same_state(optimizer.state_dict(), oracle.state_dict())
    with pytest.raises(ValueError, match="epsilon1 should be >= 0 but is: -1"):
        optim.Adafactor(params, eps=(-1, 0.1))
    with pytest.raises(ValueError, match="d should be >= 1 but is: 0.5"):
        optim.Adafactor(params, d=0.5)
    with pytest.raises(ValueError, match="beta2_decay should be <= 0 but is: 1"):
        optim.Adafactor(params, beta2_decay=1)


# --- beyond elementwise rules ---------------------------------------------------------------------


def lion(p, g, m, lr, betas, decay):
    p = p * (1 - lr * decay) - lr * np.sign(betas[0] * m + (1 - betas[0]) * g)
    return p, betas[1] * m + (1 - betas[1]) * g


@pytest.mark.parametrize(
    "options",
    [{"lr": 0.1}, {"lr": 0.02, "betas": (0.7, 0.8), "weight_decay": 0.3, "maximize": True}],
)
def test_lion_is_the_paper(options):
    params, optimizer = ours("Lion", options)
    expected, moments = start(), [np.zeros(shape) for shape in SHAPES]
    for step in range(20):
        run(params, optimizer, [step])
        for i, g in enumerate(gradients(step)):
            if g is not None:
                g = -g if options.get("maximize") else g
                lr = options["lr"] / (1 if i < 3 else 2)
                arguments = lr, options.get("betas", (0.9, 0.99)), options.get("weight_decay", 0)
                expected[i], moments[i] = lion(expected[i], g, moments[i], *arguments)
        for p, q in zip(params, expected):
            np.testing.assert_allclose(p.numpy(), q, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "options", [{"momentum": 0.9}, {"momentum": 0.5, "weight_decay": 0.3}, {"update_freq": 3}]
)
def test_shampoo_is_the_paper(options):
    """Against roots that SciPy takes of matrices that are added up here, for one to three
    dimensions.
    """
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(0)
    decay, momentum, freq = (
        options.get("weight_decay", 0),
        options.get("momentum", 0),
        options.get("update_freq", 1),
    )
    for shape, letters in (((3,), "a"), ((3, 4), "ab"), ((2, 3, 2), "abc")):
        p = rng.standard_normal(shape)
        x, v = Tensor(p, requires_grad=True), np.zeros(shape)
        optimizer = optim.Shampoo([x], lr=0.1, eps=1e-2, **options)
        sums = [1e-2 * np.eye(n) for n in shape]
        for step in range(7):
            grad = rng.standard_normal(shape)
            x.grad = tensor(grad)
            optimizer.step()
            g = whitened = grad + decay * p
            for dim, letter in enumerate(letters):
                sums[dim] += np.einsum(f"{letters},{letters.replace(letter, 'z')}->{letter}z", g, g)
            if step % freq == 0:
                roots = [linalg.fractional_matrix_power(s, -1 / (2 * len(shape))) for s in sums]
            for letter, root in zip(letters, roots):
                whitened = np.einsum(
                    f"z{letter},{letters}->{letters.replace(letter, 'z')}", root, whitened
                )
            v = momentum * v + whitened
            p = p - 0.1 * v
            np.testing.assert_allclose(x.numpy(), p, rtol=1e-9, atol=1e-9)


MUON = [
    {"lr": 0.1},
    {
        "lr": 0.1,
        "momentum": 0.5,
        "nesterov": False,
        "weight_decay": 0.0,
        "adjust_lr_fn": "match_rms_adamw",
    },
    {
        "lr": 0.1,
        "ns_coefficients": (2.0, -1.5, 0.5),
        "ns_steps": 8,
        "eps": 1e-3,
        "adjust_lr_fn": "original",
    },
]


@pytest.mark.parametrize("options", MUON)
def test_muon(torch, options, monkeypatch):
    """PyTorch's iterates in bfloat16, which is left out here."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in ((3, 5), (6, 2), (4, 4))]
    params, expected = (
        [Tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )
    optimizer, oracle = optim.Muon(params, **options), torch.optim.Muon(expected, **options)
    for step in range(20):
        for i, (p, q) in enumerate(zip(params, expected)):
            g = rng.standard_normal(p.shape)
            p.grad, q.grad = (None, None) if (step + i) % 5 == 2 else (tensor(g), torch.tensor(g))
        optimizer.step()
        oracle.step()
        if step == 9:
            state = as_arrays(oracle.state_dict())
            optimizer = optim.Muon(params)
            optimizer.load_state_dict(state)
        assert_same(params, expected)
    assert_same_state(optimizer.state_dict(), oracle.state_dict())


def test_muon_takes_matrices_only():
    with pytest.raises(ValueError, match=r"only supports 2D parameters .* size: \[1\]"):
        optim.Muon([X])
    with pytest.raises(ValueError, match="Adjust learning rate function sqrt is not supported"):
        optim.Muon([tensor(np.ones((2, 2)), requires_grad=True)], adjust_lr_fn="sqrt")


# --- L-BFGS ---------------------------------------------------------------------------------------

LBFGS = [
    {},
    {"lr": 0.1, "max_iter": 5, "history_size": 3},
    {"max_iter": 1},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "lr": 3.0, "max_iter": 7, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "max_eval": 6},
    {
        "line_search_fn": "strong_wolfe",
        "lr": 1e-3,
        "tolerance_change": 1e-6,
        "tolerance_grad": 1e-4,
    },
]


def rosenbrock(x, y):
    """A valley that bends, in a vector and a number."""
    return ((1 - x[:-1]) ** 2).sum() + 100 * ((x[1:] - x[:-1] ** 2) ** 2).sum() + (y - x[0]) ** 2


def quartic(x, y):
    return ((x - 0.5) ** 4).sum() + (x * x).sum() * y * y + (y - 2) ** 2


def closure_of(function, optimizer, x, y):
    def closure():
        optimizer.zero_grad()
        loss = function(x, y)
        loss.backward()
        return loss

    return closure


def pair(make):
    return make([-1.2, 1.0, 0.7], requires_grad=True), make(0.3, requires_grad=True)


@pytest.mark.parametrize(
    "options", LBFGS, ids=lambda o: ",".join(f"{k}={v}" for k, v in o.items()) or "plain"
)
@pytest.mark.parametrize("function", [rosenbrock, quartic])
def test_lbfgs(torch, options, function):
    if function is rosenbrock and "line_search_fn" not in options:
        options = {**options, "lr": 1e-3}  # without a line search it runs away
    ours, theirs = pair(lambda *a, **k: tensor(*a, dtype="float64", **k)), pair(torch.tensor)
    unused = (
        tensor([5.0], dtype="float64", requires_grad=True),
        torch.tensor([5.0], requires_grad=True),
    )
    optimizer, oracle = (
        optim.LBFGS([*ours, unused[0]], **options),
        torch.optim.LBFGS([*theirs, unused[1]], **options),
    )
    for step in range(6):
        if step == 3:  # resumed, from our own state
            state = pickle.loads(pickle.dumps(optimizer.state_dict()))
            optimizer = optim.LBFGS([*ours, unused[0]])
            optimizer.load_state_dict(state)
        if step == 5:  # and from PyTorch's
            optimizer = optim.LBFGS([*ours, unused[0]])
            optimizer.load_state_dict(oracle.state_dict())
        loss = optimizer.step(closure_of(function, optimizer, *ours))
        expected = oracle.step(closure_of(function, oracle, *theirs))
        np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-7, atol=1e-9)
        for p, q in zip(ours, theirs):
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-7, atol=1e-7)
    mine, reference = (next(iter(o.state_dict()["state"].values())) for o in (optimizer, oracle))
    assert (mine["func_evals"], mine["n_iter"]) == (reference["func_evals"], reference["n_iter"])


def test_lbfgs_finds_the_bottom_of_the_valley():
    ours = pair(lambda *a, **k: tensor(*a, dtype="float64", **k))
    optimizer = optim.LBFGS(
        ours, max_iter=200, line_search_fn="strong_wolfe", tolerance_change=1e-14
    )
    optimizer.step(closure_of(rosenbrock, optimizer, *ours))
    np.testing.assert_allclose(ours[0].numpy(), 1, atol=1e-6)


def test_lbfgs_errors():
    with pytest.raises(ValueError, match="doesn't support per-parameter options"):
        optim.LBFGS([{"params": [X]}, {"params": [tensor([1.0], requires_grad=True)]}])
    with pytest.raises(ValueError, match="doesn't support per-parameter options"):
        optim.LBFGS([X]).add_param_group({"params": [tensor([1.0], requires_grad=True)]})
    with pytest.raises(ValueError, match="one dtype, got float32, float64"):
        optim.LBFGS([X, tensor([1.0], dtype="float64", requires_grad=True)])
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optim.LBFGS([X], line_search_fn="armijo")
    optimizer = optim.LBFGS([tensor([1.0], requires_grad=True)])
    with pytest.raises(ValueError, match="state 'd' has 3 elements, the parameters have 1"):
        optimizer.load_state_dict(
            {
                "state": {0: {"d": np.zeros(3)}},
                "param_groups": optimizer.state_dict()["param_groups"],
            }
        )


@pytest.mark.parametrize(
    ("name", "options"),
    [("Lion", {"lr": -1}), ("Shampoo", {"update_freq": 0}), ("LBFGS", {"lr": -1})],
)
def test_errors_beyond(name, options):
    with pytest.raises(ValueError, match="Invalid (learning rate: -1|update_freq value: 0)"):
        getattr(optim, name)([X], **options)


def test_a_new_shape_is_an_error():
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    optimizer = optim.Adam([x])
    x.grad = tensor([1.0, 1.0, 1.0])
    optimizer.step()
    x.data = tensor(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match=r"shape \[2, 3\], its gradient \[3\]"):
        optimizer.step()
    x.grad = ag.ones_like(x)
    with pytest.raises(
        ValueError,
        match=r"now has shape \[2, 3\], but its optimizer state 'exp_avg' still has \[3\]",
    ):
        optimizer.step()


# --- the learning rate range test -----------------------------------------------------------------


class Regression:
    """A linear model with a buffer, in place of a module."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.w, self.calls = tensor(rng.standard_normal(3), requires_grad=True), tensor(0)
        x = rng.standard_normal((40, 3))
        y = x @ np.array([1.0, -2.0, 3.0])
        self.batches = [(tensor(x[i : i + 10]), tensor(y[i : i + 10])) for i in range(0, 40, 10)]

    def __call__(self, x):
        self.calls = self.calls + 1
        return x @ self.w

    def state_dict(self):
        return {"calls": self.calls}

    def load_state_dict(self, state):
        self.calls = state["calls"]


def mse(y, t):
    return ((y - t) ** 2).mean()


def test_lr_range_test():
    model = Regression()
    optimizer = optim.SGD([model.w], lr=0.01, momentum=0.5)
    mse(model(model.batches[0][0]), model.batches[0][1]).backward()
    optimizer.step()
    before, state, grad = values([model.w]), optimizer.state_dict(), model.w.grad
    curve = optim.lr_range_test(model, mse, optimizer, model.batches, 1e-5, 100.0, num_iter=80)
    assert len(curve.lrs) == len(curve.losses) < 80  # it ended early, because the loss exploded
    np.testing.assert_allclose(np.diff(np.log(curve.lrs)), np.log(1e7) / 79)
    assert curve.losses[0] > 4 * min(curve.losses) and curve.smoothed[-1] > 4 * min(curve.smoothed)
    x = model.batches[0][0].numpy()
    limit = (
        2 / np.linalg.eigvalsh(2 * x.T @ x / len(x)).max()
    )  # beyond it, gradient descent diverges
    assert limit / 200 < curve.suggestion < 3 * limit
    np.testing.assert_array_equal(model.w.numpy(), before[0])
    assert model.w.grad is grad and model.calls.item() == 1
    assert_same_state(optimizer.state_dict(), as_arrays(state))


def test_lr_range_test_restores_after_an_error():
    model = Regression()
    optimizer = optim.Adam([{"params": [model.w]}], lr=0.5)

    def broken(y, t):
        if model.calls.item() == 5:
            raise ZeroDivisionError
        return mse(y, t)

    before = values([model.w])
    with pytest.raises(ZeroDivisionError):
        optim.lr_range_test(model, broken, optimizer, model.batches)
    np.testing.assert_array_equal(model.w.numpy(), before[0])
    assert optimizer.param_groups[0]["lr"] == 0.5 and not optimizer.state and not optimizer.stepped
    with pytest.raises(ValueError, match="no batches"):
        optim.lr_range_test(model, mse, optimizer, iter([]))
    with pytest.raises(ValueError, match="0 < start_lr < end_lr"):
        optim.lr_range_test(model, mse, optimizer, model.batches, 1.0, 0.1)


def test_a_curve_without_descent_suggests_nothing():
    curve = optim.LRCurve([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="the loss does not fall between learning rates 1 and 3"):
        curve.suggestion  # noqa: B018
    falling = optim.LRCurve([1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 5.0, 5.0, 0.0, 0.0])
    assert falling.suggestion == 4.0


def test_plot():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    ax = optim.LRCurve([0.1, 1.0, 2.0, 3.0], [3.0, 2.0, 1.0, 5.0]).plot()
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "learning rate" and len(ax.lines) == 3
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [3.0, 2.0, 1.0, 5.0])
    pyplot.close("all")
    assert optim.LRCurve([1.0, 2.0], [1.0, 2.0]).plot().get_title() == "the loss does not fall"
    pyplot.close("all")


def test_a_second_step_finds_the_parameters_where_the_first_left_them():
    """Comparing memory has to compare the arrays themselves: outside of ``no_grad`` ``p.numpy()``
    is a new read-only view each time.
    """
    p = tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    places = []
    for _ in range(3):
        p.grad = ag.ones(2)
        optimizer.step()
        places.append(p.detach().numpy())
    assert places[0] is places[1] is places[2]


def test_lbfgs_takes_a_loss_that_was_computed_before_its_step():
    """A step that has not moved anything leaves what is known of the place as it is."""
    model = nn.Sequential(nn.Linear(1, 3), nn.Tanh(), nn.Linear(3, 1)).double()
    x = np.linspace(-1, 1, 20)[:, None]
    optimizer = nn.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    history = nn.fit(
        model, nn.MSELoss(), optimizer, (x, x**2), epochs=3, batch_size=20, progress=False
    )
    assert history["loss"][-1] < 0.2 * history["loss"][0]
