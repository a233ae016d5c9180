"""What users do to an optimizer's state and options: write optimizers of their own, look into the
state, edit it, give learning rates as tensors, hand over what does not fit.
"""

import copy
import pickle
import warnings

import numpy as np
import pytest
from .test_optim import any_case, every_case, groups, ours, run, start, theirs

import autograd_engine as ag
import nn
from autograd_engine import Tensor, tensor
from nn import optim
from nn.optim import lr_scheduler


@pytest.fixture
def torch():
    """PyTorch in float64, whose step counts and products are float64 only then."""
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


def values(params):
    return [np.array(p.detach().numpy()) for p in params]


def assert_equal(found, expected, close=0.0):
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=close, atol=close)


def plain(value):
    """A state as plain arrays and numbers, to be compared."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return np.asarray(value.detach()).tolist() if isinstance(value, Tensor) else value


# --- optimizers as PyTorch's documentation writes them --------------------------------------------


def momentum(library):
    """Gradient descent with momentum, whose buffers stand in ``self.state``."""

    class Momentum(library.optim.Optimizer):
        def __init__(self, params, lr=0.1, mu=0.9):
            super().__init__(params, {"lr": lr, "mu": mu})

        @library.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["velocity"] = library.zeros_like(p)
                    state["step"] += 1
                    state["velocity"].mul_(group["mu"]).add_(p.grad)
                    p.add_(state["velocity"], alpha=-group["lr"])

    return Momentum


def replacing(library):
    """A running average that is replaced in each step, not changed in place; and what is counted
    for all parameters together.
    """

    class Replacing(library.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        def step(self, closure=None):
            self.state["all"]["steps"] = self.state["all"].get("steps", 0) + 1
            for group in self.param_groups:
                for p in filter(lambda p: p.grad is not None, group["params"]):
                    with library.no_grad():
                        average = 0.5 * self.state[p].get("exp_avg", 0.0) + p.grad
                        self.state[p]["exp_avg"] = average
                        p.sub_(group["lr"] / self.state["all"]["steps"] * average)

    return Replacing


class Torch:
    """The names that the optimizers above use."""

    def __init__(self, torch):
        self.optim, self.no_grad, self.zeros_like = torch.optim, torch.no_grad, torch.zeros_like


class Ours:
    optim, no_grad, zeros_like = optim, ag.no_grad, ag.zeros_like


@pytest.mark.parametrize("write", [momentum, replacing])
@pytest.mark.parametrize("how", ["go on", "state_dict", "deepcopy"])
def test_an_optimizer_written_as_for_pytorch(torch, write, how):
    params = [Tensor(a, requires_grad=True) for a in start()]
    expected = [torch.tensor(a, requires_grad=True) for a in start()]
    optimizer = write(Ours)(groups(params, {}))
    oracle = write(Torch(torch))(groups(expected, {}))
    run(params, optimizer, range(4))
    run(expected, oracle, range(8), torch.tensor)
    if how == "state_dict":
        state = optimizer.state_dict()
        optimizer = write(Ours)(groups(params, {}))
        optimizer.load_state_dict(state)
    elif how == "deepcopy":
        params, optimizer = copy.deepcopy((params, optimizer))
    run(params, optimizer, range(4, 8))
    assert_equal(values(params), values(expected), 1e-12)
    mine, reference = optimizer.state_dict()["state"], oracle.state_dict()["state"]
    assert mine.keys() == reference.keys()
    for key, entry in reference.items():
        assert mine[key].keys() == entry.keys()
        assert_equal([plain(mine[key][n]) for n in entry], [np.asarray(v) for v in entry.values()])


def test_a_step_of_ones_own_is_a_step_for_schedulers():
    class Nothing(optim.SGD):
        def step(self, closure=None):
            pass

    optimizer = Nothing([tensor([1.0], requires_grad=True)], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step()
        scheduler.step()
    assert scheduler.get_last_lr() == [0.1]
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        lr_scheduler.StepLR(Nothing([tensor([1.0], requires_grad=True)], lr=1.0), 1).step()


# --- looking at the state, and editing it ---------------------------------------------------------


@any_case
def test_looking_at_the_state_changes_nothing(name, options):
    params, optimizer = ours(name, options)
    watched, other = ours(name, options)
    state = other.state
    for step in range(8):
        run(params, optimizer, [step])
        run(watched, other, [step])
        assert other.state is state
        assert plain(other.state_dict()) == plain(optimizer.state_dict())
        held = {i: plain(state[p]) for i, p in enumerate(watched) if p in state}
        assert held == plain(other.state_dict()["state"])
    assert_equal(values(params), values(watched))


@any_case
def test_an_entry_that_is_held_stays_the_state(name, options):
    params, optimizer = ours(name, options)
    run(params, optimizer, range(6))
    entries = [optimizer.state[p] for p in params]
    tensors = [dict(entry) for entry in entries]
    run(params, optimizer, range(6, 9))
    for entry, before, saved in zip(entries, tensors, optimizer.state_dict()["state"].values()):
        assert plain(entry) == plain(saved) == plain(before)


def edit_in_place(state):
    for entry in state.values():
        for name, value in entry.items():
            if name != "step" and getattr(value, "ndim", 0):
                value.mul_(0.5)


def edit_step(state):
    for entry in state.values():
        if "step" in entry:
            entry["step"] -= 1


def drop_one(state):
    state.pop(next(iter(state)))


EDITS = (edit_in_place, edit_step, drop_one, lambda state: state.clear())


@every_case
def test_what_is_written_to_the_state_counts(torch, name, options):
    params, optimizer = ours(name, options)
    expected, oracle = theirs(torch, name, options)
    for i, edit in enumerate(EDITS):
        run(params, optimizer, range(6 * i, 6 * i + 6))
        run(expected, oracle, range(6 * i, 6 * i + 6), torch.tensor)
        assert_equal(values(params), values(expected), 1e-9)
        if optimizer.state:
            with ag.no_grad(), torch.no_grad():
                edit(optimizer.state)
                edit(oracle.state)
    run(params, optimizer, range(24, 28))
    run(expected, oracle, range(24, 28), torch.tensor)
    assert_equal(values(params), values(expected), 1e-9)


@any_case
@pytest.mark.parametrize("assign", [False, True])
def test_a_state_that_is_replaced(name, options, assign):
    """Each tensor by another one, or the whole mapping by a copy of an earlier one: as loading."""
    params, optimizer = ours(name, options)
    run(params, optimizer, range(3))
    saved = optimizer.state_dict()
    again, other = ours(name, options, values(params))
    other.load_state_dict(saved)
    earlier = {p: copy.deepcopy(dict(entry)) for p, entry in optimizer.state.items()}
    run(params, optimizer, range(3, 5))
    with ag.no_grad():
        for p, q in zip(params, again):
            p.copy_(q)
    if assign:
        optimizer.state = earlier
    else:
        for p in list(optimizer.state):
            optimizer.state[p] = earlier.get(p, {})
    run(params, optimizer, range(5, 9))
    run(again, other, range(5, 9))
    assert_equal(values(params), values(again))
    assert plain(optimizer.state_dict()) == plain(other.state_dict())


def test_a_tensor_given_as_state_is_the_state():
    x = tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=1.0, momentum=0.5)
    optimizer.state[x]["momentum_buffer"] = buffer = tensor([4.0])
    x.grad = tensor([1.0])
    optimizer.step()
    assert buffer.tolist() == [3.0] and x.tolist() == [-2.0]
    assert optimizer.state[x]["momentum_buffer"] is buffer


def test_other_things_in_the_state_are_kept():
    x = tensor([1.0], requires_grad=True)
    optimizer = optim.Adam([x])
    x.grad = tensor([1.0])
    optimizer.step()
    optimizer.state[x].update(note="warm", history=[1, 2], shape=tensor([3]))
    optimizer.step()
    for loaded in (optimizer.state_dict(), pickle.loads(pickle.dumps(optimizer)).state_dict()):
        entry = loaded["state"][0]
        assert (entry["note"], entry["history"], entry["step"].item()) == ("warm", [1, 2], 2)
        assert entry["shape"].dtype == np.int64


# --- learning rates as tensors --------------------------------------------------------------------


@any_case
def test_a_learning_rate_may_be_a_tensor(name, options):
    params, optimizer = ours(name, options)
    others, other = ours(name, options)
    rates = [tensor(group["lr"], dtype="float64") for group in other.param_groups]
    for group, rate in zip(other.param_groups, rates):
        group["lr"] = rate
    for step in range(9):
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] *= 0.9
            rate.mul_(0.9)
        run(params, optimizer, [step])
        run(others, other, [step])
    assert_equal(values(params), values(others))
    assert other.param_groups[0]["lr"] is rates[0]
    saved = other.state_dict()
    rates[0].zero_()
    other.load_state_dict(saved)
    assert other.param_groups[0]["lr"] is rates[0] and rates[0].item() != 0


def test_a_learning_rate_given_as_a_tensor_stays_it():
    rate = tensor(0.5)
    x = tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=rate)
    x.grad = tensor([1.0])
    optimizer.step()
    rate.fill_(0.25)
    optimizer.step()
    assert x.item() == 0.25 and optimizer.param_groups[0]["lr"] is rate
    with pytest.raises(ValueError, match="Invalid learning rate"):
        optim.SGD([x], lr=tensor([0.1, 0.2]))


SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [1, 3]),
    "ConstantLR": lambda o: lr_scheduler.ConstantLR(o, total_iters=2),
    "LinearLR": lr_scheduler.LinearLR,
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.5),
    "PolynomialLR": lr_scheduler.PolynomialLR,
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 3),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=9),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, step_size_up=2),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o), lr_scheduler.StepLR(o, 1)], [2]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o), lr_scheduler.StepLR(o, 1)]
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_of_a_tensor(name):
    rate = tensor(0.5, dtype="float64")
    both = []
    for lr in (0.5, rate):
        x = tensor([1.0], requires_grad=True)
        x.grad = tensor([1.0])
        optimizer = optim.SGD([x], lr=lr, momentum=0.5)
        scheduler = SCHEDULES[name](optimizer)
        rates = []
        for _ in range(7):
            optimizer.step()
            scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
            rates += [float(optimizer.param_groups[0]["lr"]), *scheduler.get_last_lr()]
        both.append(rates)
    assert both[0] == both[1]
    assert optimizer.param_groups[0]["lr"] is rate and rate.item() == both[1][-1]


# --- check first, then change ---------------------------------------------------------------------


def without_lr(params, group):
    del group["lr"]


def other_shape(params, group):
    group["params"][-1].grad = ag.ones_like(group["params"][-1])
    group["params"][-1].data = tensor(np.ones((7,)))


BAD = {
    "no lr": without_lr,
    "other shape": other_shape,
    "lr None": lambda params, group: group.update(lr=None),
    "lr text": lambda params, group: group.update(lr="0.1"),
    "lr list": lambda params, group: group.update(lr=[0.1, 0.2]),
    "lr vector": lambda params, group: group.update(lr=tensor([0.1, 0.2])),
    "weight_decay text": lambda params, group: group.update(weight_decay="much"),
    "betas None": lambda params, group: group.update(betas=None),
    "betas texts": lambda params, group: group.update(betas=("a", "b")),
    "eps None": lambda params, group: group.update(eps=None),
    "momentum text": lambda params, group: group.update(momentum="fast"),
}


@any_case
@pytest.mark.parametrize("steps", [0, 6])
def test_a_step_with_a_bad_group_moves_nothing(name, options, steps):
    for bad in BAD:
        option = bad.split()[0]
        if option in ("weight_decay", "betas", "eps", "momentum"):
            if option not in ours(name, options)[1].defaults:
                continue
        if name == "Rprop" and bad == "no lr" and steps:
            continue  # the learning rate is that of its first step alone
        refuses(name, options, bad, steps)


def refuses(name, options, bad, steps):
    params, optimizer = ours(name, options)
    run(params, optimizer, range(steps))
    before = plain(optimizer.state_dict()["state"])
    BAD[bad](params, optimizer.param_groups[1])
    kept = values(params)
    with pytest.raises((ValueError, TypeError, KeyError)):
        run(params[:-1], optimizer, [6])
    assert_equal(values(params), kept)
    assert plain(optimizer.state_dict()["state"]) == before


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "update_freq": 2}])
@pytest.mark.parametrize("steps", [0, 2])
def test_shampoo_with_a_gradient_that_is_not_finite_moves_nothing(options, steps):
    params = [Tensor(np.eye(3), requires_grad=True), Tensor(np.eye(2), requires_grad=True)]
    optimizer = optim.Shampoo(params, **options)
    twins, twin = copy.deepcopy((params, optimizer))
    for _ in range(steps):
        for p, q in zip(params, twins):
            p.grad = q.grad = tensor(np.ones(p.shape))
        optimizer.step()
        twin.step()
    for bad in (np.nan, np.inf, 1e200):
        params[0].grad = tensor(np.ones((3, 3)))
        params[1].grad = tensor(np.full((2, 2), bad))
        kept = values(params)
        state = plain(optimizer.state_dict())
        with pytest.raises(np.linalg.LinAlgError, match="not finite"):
            optimizer.step()
        assert_equal(values(params), kept)
        assert plain(optimizer.state_dict()) == state
    for p, q in zip(params, twins):
        p.grad = q.grad = tensor(np.ones(p.shape))
    optimizer.step()
    twin.step()
    assert_equal(values(params), values(twins))


# --- L-BFGS ---------------------------------------------------------------------------------------

SEARCHES = [{}, {"line_search_fn": "strong_wolfe"}]


def valley(optimizer, x, raises_at=None, gives=None, at=None):
    """A closure on Rosenbrock's valley that raises at one call, or gives something at others."""
    calls = []

    def closure():
        calls.append(x.tolist())
        if len(calls) == raises_at:
            raise KeyboardInterrupt
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        if at is not None and len(calls) >= at:
            loss = loss.detach() * 0 + gives
            x.grad.fill_(gives)
        return loss

    return closure


def point():
    return tensor([-1.2, 1.0], dtype="float64", requires_grad=True)


@pytest.mark.parametrize("options", SEARCHES)
@pytest.mark.parametrize("n", range(1, 14))
def test_an_interrupted_lbfgs_keeps_its_state(options, n):
    """It stands at the last iteration that was complete, as one that was told to end there."""
    lr = 1.0 if options else 1e-3
    x = point()
    optimizer = optim.LBFGS([x], lr=lr, **options)
    optimizer.step(valley(optimizer, x))
    with pytest.raises(KeyboardInterrupt):
        optimizer.step(valley(optimizer, x, raises_at=n))
    stopped = optimizer.state_dict()["state"][0]
    for most in range(21):
        y = point()
        other = optim.LBFGS([y], lr=lr, **options)
        other.step(valley(other, y))
        if most:
            other.param_groups[0]["max_iter"] = most
            other.step(valley(other, y))
        state = other.state_dict()["state"][0]
        if state["n_iter"] == stopped["n_iter"]:
            break
    assert_equal([x.numpy()], [y.numpy()])
    for key in set(state) - {"func_evals"}:
        assert plain(stopped[key]) == plain(state[key]), key
    before = (1 - x[0]).item() ** 2 + 100 * (x[1] - x[0] ** 2).item() ** 2
    optimizer.step(valley(optimizer, x))
    assert (1 - x[0]).item() ** 2 + 100 * (x[1] - x[0] ** 2).item() ** 2 < before


@pytest.mark.parametrize("options", [*SEARCHES, {"line_search_fn": "strong_wolfe", "lr": 1e6}])
@pytest.mark.parametrize("gives", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [1, 2, 3, 5, 8])
def test_lbfgs_where_the_loss_is_not_finite(options, gives, at):
    x = point()
    optimizer = optim.LBFGS([x], **options)
    for _ in range(3):
        optimizer.step(valley(optimizer, x, gives=gives, at=at))
    assert np.isfinite(x.numpy()).all()


@pytest.mark.parametrize("options", SEARCHES)
def test_a_wall_stops_the_line_search_and_not_the_descent(options):
    """The loss is infinite or NaN beyond x = 1, and lowest just before it."""
    for wall in (np.inf, np.nan):
        x = tensor([-3.0], dtype="float64", requires_grad=True)
        optimizer = optim.LBFGS([x], lr=0.1 if not options else 10.0, **options)

        def closure(x=x, optimizer=optimizer, wall=wall):
            optimizer.zero_grad()
            if x.item() >= 1:
                return tensor(wall)
            loss = ((x - 0.9) ** 2).sum()
            loss.backward()
            return loss

        for _ in range(10):
            optimizer.step(closure)
        assert x.item() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("options", SEARCHES)
def test_lbfgs_at_a_constant_loss(options):
    x = point()
    optimizer = optim.LBFGS([x], **options)

    def closure():
        optimizer.zero_grad()
        loss = (0 * x).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 0 and x.tolist() == [-1.2, 1.0]


@pytest.mark.parametrize("options", SEARCHES)
def test_lbfgs_in_fit(options):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 3)).astype("float32")
    y = x @ np.array([[1.0], [-2.0], [0.5]], "float32")
    model = nn.Linear(3, 1)
    optimizer = optim.LBFGS(model.parameters(), **options)
    history = nn.fit(
        model, nn.MSELoss(), optimizer, (x, y), epochs=3, batch_size=30, progress=False
    )
    assert history["loss"][0] > 0.1 and history["loss"][-1] < 1e-6


def test_the_state_of_lbfgs_can_be_edited():
    x = point()
    optimizer = optim.LBFGS([x], line_search_fn="strong_wolfe", max_iter=3, max_eval=99)
    optimizer.step(valley(optimizer, x))
    assert optimizer.state[x]["n_iter"] == 3
    optimizer.state.clear()
    optimizer.step(valley(optimizer, x))
    assert optimizer.state[x]["n_iter"] == 3
    optimizer.state = {}
    assert optimizer.state_dict()["state"] == {}


# --- schedules with degenerate phases -------------------------------------------------------------

REFUSED = {
    "StepLR": (lambda o: lr_scheduler.StepLR(o, 0), "step_size"),
    "StepLR -1": (lambda o: lr_scheduler.StepLR(o, -1), "step_size"),
    "LinearLR": (lambda o: lr_scheduler.LinearLR(o, total_iters=0), "total_iters"),
    "PolynomialLR": (lambda o: lr_scheduler.PolynomialLR(o, total_iters=0), "total_iters"),
    "CosineAnnealingLR": (lambda o: lr_scheduler.CosineAnnealingLR(o, 0), "T_max"),
    "WarmRestarts": (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 0), "T_0"),
    "OneCycleLR": (lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=0), "total_steps"),
    "CyclicLR": (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 0), "step_size_up"),
    "CyclicLR -1": (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 4, -1), "step_size_down"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_phase_of_no_steps_is_refused(name):
    make, message = REFUSED[name]
    optimizer = optim.SGD([tensor([1.0], requires_grad=True)], lr=0.5, momentum=0.9)
    before = copy.deepcopy(optimizer.param_groups)
    with pytest.raises(ValueError, match=message):
        make(optimizer)
    assert plain(optimizer.param_groups) == plain(before)


SHORT = {
    "one step": lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=1),
    "rise of one": lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=5, pct_start=0.2),
    "no rise": lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=5, pct_start=0.0),
    "no fall": lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=5, pct_start=1.0),
    "three": lambda o: lr_scheduler.OneCycleLR(
        o, 1.0, total_steps=4, pct_start=0.5, three_phase=True
    ),
    "saw": lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 0, 3),
    "saw up": lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 3, 0),
    "cosine 1": lambda o: lr_scheduler.CosineAnnealingLR(o, 1),
    "linear 1": lambda o: lr_scheduler.LinearLR(o, total_iters=1),
    "constant 0": lambda o: lr_scheduler.ConstantLR(o, total_iters=0),
    "no milestones": lambda o: lr_scheduler.MultiStepLR(o, []),
    "gamma 0": lambda o: lr_scheduler.ExponentialLR(o, 0.0),
    "lr 0": lambda o: lr_scheduler.CosineAnnealingLR(o, 2, eta_min=0.5),
}


@pytest.mark.parametrize("name", SHORT)
def test_the_shortest_phases(name):
    optimizer = optim.SGD([tensor([1.0], requires_grad=True)], lr=0.5, momentum=0.9)
    scheduler = SHORT[name](optimizer)
    rates = scheduler.get_last_lr()
    total = getattr(scheduler, "total_steps", 6)
    for _ in range(total):
        optimizer.step()
        scheduler.step()
        rates += scheduler.get_last_lr()
    assert np.isfinite(rates).all() and 0 <= min(rates) and max(rates) <= 1.0


def test_a_saw_falls_from_its_peak():
    optimizer = optim.SGD([tensor([1.0], requires_grad=True)], lr=0.5)
    scheduler = lr_scheduler.CyclicLR(optimizer, 0.0, 3.0, 0, 3, cycle_momentum=False)
    rates = scheduler.get_last_lr()
    for _ in range(4):
        optimizer.step()
        scheduler.step()
        rates = rates + scheduler.get_last_lr()
    assert rates == pytest.approx([3.0, 2.0, 1.0, 3.0, 2.0])
