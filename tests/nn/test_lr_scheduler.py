"""Every schedule against PyTorch: 50 steps on two groups, momentum included, resumed half-way from
a saved state.
"""

import copy
import math
import pickle

import numpy as np
import pytest

from autograd_engine import tensor
from nn import optim
from nn.optim import lr_scheduler


class Decay:
    """A schedule function with a memory, which belongs to the scheduler's state."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, t):
        return self.rate


CASES = {
    "StepLR": lambda s, o: s.StepLR(o, 7, gamma=0.5),
    "StepLR gamma 0": lambda s, o: s.StepLR(o, 7, gamma=0.0),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 10, 10, 31], gamma=0.5),
    "ConstantLR": lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=10),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.1, 0.8, total_iters=20),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.93),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, total_iters=30, power=2.0),
    "LambdaLR": lambda s, o: s.LambdaLR(o, [lambda t: 0.9**t, lambda t: 1 / (1 + t)]),
    "LambdaLR object": lambda s, o: s.LambdaLR(o, Decay(0.5)),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda t: 0.95 if t % 2 else 1.01),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, T_max=12, eta_min=0.01),
    "CosineAnnealingLR 0": lambda s, o: s.CosineAnnealingLR(o, T_max=50),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(
        o, T_0=8, eta_min=0.01
    ),
    "CosineAnnealingWarmRestarts doubling": lambda s, o: s.CosineAnnealingWarmRestarts(
        o, T_0=5, T_mult=2
    ),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, max_lr=0.5, total_steps=55),
    "OneCycleLR three phases": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.2], epochs=11, steps_per_epoch=5, three_phase=True, pct_start=0.4
    ),
    "OneCycleLR linear": lambda s, o: s.OneCycleLR(
        o, 0.5, total_steps=55, anneal_strategy="linear", base_momentum=0.7
    ),
    "OneCycleLR no momentum": lambda s, o: s.OneCycleLR(
        o, 0.5, total_steps=55, cycle_momentum=False, div_factor=3.0
    ),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.5, step_size_up=4, step_size_down=7),
    "CyclicLR triangular2": lambda s, o: s.CyclicLR(
        o, [0.01, 0.1], [0.5, 0.9], step_size_up=6, mode="triangular2", base_momentum=0.7
    ),
    "CyclicLR exp_range": lambda s, o: s.CyclicLR(
        o, 0.01, 0.5, step_size_up=6, mode="exp_range", gamma=0.97, cycle_momentum=False
    ),
    "CyclicLR own scale": lambda s, o: s.CyclicLR(
        o, 0.01, 0.5, 6, scale_fn=lambda x: 1 / (1 + x), scale_mode="iterations"
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o,
        [s.LinearLR(o, 0.1, total_iters=5), s.ExponentialLR(o, 0.9), s.ConstantLR(o, 0.5, 30)],
        milestones=[6, 20],
    ),
    "SequentialLR cosine": lambda s, o: s.SequentialLR(
        o,
        [
            s.ConstantLR(o, 0.1, 100),
            s.CosineAnnealingLR(o, 10),
            s.StepLR(o, 4),
            s.LambdaLR(o, lambda t: 0.9**t),
        ],
        [4, 12, 25],
    ),
    "SequentialLR restarts": lambda s, o: s.SequentialLR(
        o, [s.PolynomialLR(o, 5), s.CosineAnnealingWarmRestarts(o, 6)], [5]
    ),
    "SequentialLR products": lambda s, o: s.SequentialLR(
        o, [s.MultiStepLR(o, [2, 3]), s.MultiplicativeLR(o, lambda t: 0.95)], [10]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [
            s.ConstantLR(o, 0.1, 10),
            s.ExponentialLR(o, 0.95),
            s.CosineAnnealingLR(o, 20),
            s.MultiStepLR(o, [5, 8]),
        ],
        optimizer=o,
    ),
}
every_case = pytest.mark.parametrize("case", CASES)
OPTIMIZERS = {"SGD": {"lr": 0.2, "momentum": 0.9}, "Adam": {"lr": 0.2}}


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def ours(name="SGD"):
    a, b = tensor([1.0], requires_grad=True), tensor([1.0], requires_grad=True)
    return getattr(optim, name)([{"params": [a]}, {"params": [b], "lr": 0.05}], **OPTIMIZERS[name])


def theirs(torch, name="SGD"):
    a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    return getattr(torch.optim, name)(
        [{"params": [a]}, {"params": [b], "lr": 0.05}], **OPTIMIZERS[name]
    )


def settings(optimizer):
    return [
        [group["lr"], group.get("momentum", 0.0), *group.get("betas", ())]
        for group in optimizer.param_groups
    ]


def advance(optimizer, scheduler, steps, *args):
    """The learning rates and momentums after each step."""
    seen = []
    for _ in range(steps):
        optimizer.step()
        scheduler.step(*args)
        assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        seen.append(settings(optimizer))
    return np.array(seen)


def assert_same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


# --- PyTorch's numbers ----------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps(torch, case, name):
    optimizer, oracle = ours(name), theirs(torch, name)
    scheduler, reference = (
        CASES[case](lr_scheduler, optimizer),
        CASES[case](torch.optim.lr_scheduler, oracle),
    )
    assert_same(settings(optimizer), settings(oracle))
    assert_same(scheduler.get_last_lr(), reference.get_last_lr())
    assert_same(advance(optimizer, scheduler, 50), advance(oracle, reference, 50))


@every_case
@pytest.mark.parametrize("when", [1, 13, 26])
def test_resume(torch, case, when):
    optimizer, oracle = ours(), theirs(torch)
    scheduler, reference = (
        CASES[case](lr_scheduler, optimizer),
        CASES[case](torch.optim.lr_scheduler, oracle),
    )
    advance(optimizer, scheduler, when)
    advance(oracle, reference, when)
    saved = pickle.loads(pickle.dumps((optimizer.state_dict(), scheduler.state_dict())))
    advance(optimizer, scheduler, 3)  # what was saved does not follow
    resumed = ours()
    second = CASES[case](lr_scheduler, resumed)
    second.load_state_dict(saved[1])
    resumed.load_state_dict(saved[0])
    assert_same(second.get_last_lr(), reference.get_last_lr())
    assert_same(advance(resumed, second, 50 - when), advance(oracle, reference, 50 - when))


@every_case
def test_state_from_pytorch(torch, case):
    oracle = theirs(torch)
    reference = CASES[case](torch.optim.lr_scheduler, oracle)
    advance(oracle, reference, 17)
    optimizer = ours()
    scheduler = CASES[case](lr_scheduler, optimizer)
    scheduler.load_state_dict(reference.state_dict())
    for group, other in zip(optimizer.param_groups, oracle.param_groups):
        group.update({key: value for key, value in other.items() if key != "params"})
    assert_same(advance(optimizer, scheduler, 30), advance(oracle, reference, 30))


RESUMABLE = [
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "PolynomialLR",
    "CosineAnnealingLR",
]


@pytest.mark.parametrize("name", RESUMABLE)
@pytest.mark.parametrize("last_epoch", [2, 3, 5, 9])
def test_last_epoch(torch, name, last_epoch):
    args = {
        "StepLR": (3,),
        "MultiStepLR": ([3, 6],),
        "ExponentialLR": (0.9,),
        "CosineAnnealingLR": (6,),
    }.get(name, ())
    found = []
    for optimizer, module in ((ours(), lr_scheduler), (theirs(torch), torch.optim.lr_scheduler)):
        for group in optimizer.param_groups:
            group["initial_lr"] = 0.3
        found.append(
            advance(optimizer, getattr(module, name)(optimizer, *args, last_epoch=last_epoch), 8)
        )
    assert_same(*found)


def test_last_epoch_needs_the_initial_lr():
    with pytest.raises(KeyError, match=r"'initial_lr' is not specified in param_groups\[0\]"):
        lr_scheduler.StepLR(ours(), 3, last_epoch=4)


@pytest.mark.parametrize("t_mult", [1, 2, 3])
def test_fractional_epochs(torch, t_mult):
    optimizer, oracle = ours(), theirs(torch)
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 4, t_mult)
    reference = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(oracle, 4, t_mult)
    for epoch in [*np.arange(0, 30, 0.3), 2.5, 40]:
        scheduler.step(epoch)
        reference.step(epoch)
        assert_same(settings(optimizer), settings(oracle))


# --- plateau --------------------------------------------------------------------------------------

METRICS = [
    5,
    4,
    4,
    4,
    4,
    3.9999,
    3.99,
    3.5,
    3.6,
    3.7,
    math.nan,
    3.5,
    3.4999,
    3.2,
    1,
    1,
    1,
    1,
    1.2,
    0.5,
    0,
    0,
    0,
    -1,
    -1,
    -1,
    *[-2] * 4,
]
METRICS += [7] * 20


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 0, "cooldown": 3, "factor": 0.5},
        {"patience": 1, "min_lr": [0.05, 0.01], "threshold": 0.1},
        {"patience": 1, "eps": 1e-3, "factor": 0.3},
    ],
)
def test_plateau(torch, mode, threshold_mode, options):
    options = {"mode": mode, "threshold_mode": threshold_mode, **options}
    optimizer, oracle = ours(), theirs(torch)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    reference = torch.optim.lr_scheduler.ReduceLROnPlateau(oracle, **options)
    for i, metric in enumerate(METRICS):
        if i == 15:  # resumed in the middle
            saved = scheduler.state_dict(), optimizer.state_dict()
            optimizer = ours()
            scheduler = lr_scheduler.ReduceLROnPlateau(optimizer)
            scheduler.load_state_dict(saved[0])
            optimizer.load_state_dict(saved[1])
        scheduler.step(tensor(float(metric)) if i % 2 else metric)
        reference.step(metric)
        assert_same(settings(optimizer), settings(oracle))
        assert (scheduler.num_bad_epochs, scheduler.in_cooldown) == (
            reference.num_bad_epochs,
            reference.in_cooldown,
        )
    assert settings(optimizer) != settings(ours())


def test_plateau_follows_added_groups():
    optimizer = ours()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    fixed = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.0, 0.0])
    optimizer.add_param_group({"params": tensor([1.0], requires_grad=True), "lr": 1.0})
    for _ in range(2):
        scheduler.step(1.0)
    assert optimizer.param_groups[2]["lr"] == 0.1
    fixed.step(1.0)
    with pytest.raises(
        RuntimeError, match=r"param groups in the `optimizer` \(3\) differs .* \(2\)"
    ):
        fixed.step(1.0)


# --- what goes wrong ------------------------------------------------------------------------------


def test_a_step_before_the_optimizers_warns():
    scheduler = lr_scheduler.StepLR(ours(), 3)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    scheduler.step()  # once is enough


def test_the_state_of_a_function_object_is_saved():
    optimizer = ours()
    scheduler = lr_scheduler.LambdaLR(optimizer, [Decay(0.5), lambda t: 1.0])
    state = scheduler.state_dict()
    assert state["lr_lambdas"] == [{"rate": 0.5}, None]
    other = lr_scheduler.LambdaLR(ours(), [Decay(0.9), lambda t: 1.0])
    other.load_state_dict(state)
    assert other.lr_lambdas[0].rate == 0.5


def test_deepcopied_with_its_optimizer():
    optimizer = ours()
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    other, schedule = copy.deepcopy((optimizer, scheduler))
    advance(other, schedule, 2)
    assert schedule.optimizer is other
    assert optimizer.param_groups[0]["lr"] == 0.2 and other.param_groups[0]["lr"] == 0.05


S = lr_scheduler


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: S.StepLR("no optimizer", 3), TypeError, "str is not an Optimizer"),
        (
            lambda o: S.ConstantLR(o, factor=2.0),
            ValueError,
            "Constant multiplicative factor .* got 2.0",
        ),
        (
            lambda o: S.LinearLR(o, start_factor=0.0),
            ValueError,
            "Starting multiplicative factor .* got 0.0",
        ),
        (
            lambda o: S.LinearLR(o, end_factor=2.0),
            ValueError,
            "Ending multiplicative factor .* got 2.0",
        ),
        (lambda o: S.LambdaLR(o, [len]), ValueError, "Expected 2 lr_lambdas, but got 1"),
        (
            lambda o: S.MultiplicativeLR(o, 0.5),
            TypeError,
            "lr_lambda should be a function, but got float",
        ),
        (
            lambda o: S.CosineAnnealingWarmRestarts(o, 0),
            ValueError,
            "Expected positive integer T_0, but got 0",
        ),
        (
            lambda o: S.CosineAnnealingWarmRestarts(o, 5, 0),
            ValueError,
            "Expected integer T_mult >= 1, but got 0",
        ),
        (
            lambda o: S.CosineAnnealingWarmRestarts(o, 5).step(-1),
            ValueError,
            "Expected non-negative epoch, but got -1",
        ),
        (
            lambda o: S.OneCycleLR(o, 0.1),
            ValueError,
            r"either total_steps OR \(epochs AND steps_per_epoch\)",
        ),
        (
            lambda o: S.OneCycleLR(o, 0.1, total_steps=0),
            ValueError,
            "Expected positive integer total_steps, but got 0",
        ),
        (
            lambda o: S.OneCycleLR(o, 0.1, epochs=3, steps_per_epoch=1.5),
            ValueError,
            "positive integer steps_per_epoch, but got 1.5",
        ),
        (
            lambda o: S.OneCycleLR(o, 0.1, 10, pct_start=2.0),
            ValueError,
            "Expected float between 0 and 1 pct_start, but got 2.0",
        ),
        (
            lambda o: S.OneCycleLR(o, 0.1, 10, anneal_strategy="sin"),
            ValueError,
            "must be one of 'cos' or 'linear', instead got sin",
        ),
        (
            lambda o: S.OneCycleLR(o, [0.1], 10),
            ValueError,
            "max_lr must have the same length .* got 1, expected 2",
        ),
        (
            lambda o: S.CyclicLR(o, 0.1, 0.2, mode="square"),
            ValueError,
            "mode is invalid and scale_fn is None",
        ),
        (lambda o: S.ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0"),
        (lambda o: S.ReduceLROnPlateau(o, mode="up"), ValueError, "mode up is unknown"),
        (
            lambda o: S.ReduceLROnPlateau(o, threshold_mode="x"),
            ValueError,
            "threshold mode x is unknown",
        ),
        (lambda o: S.ReduceLROnPlateau(o, min_lr=[0.1]), ValueError, "expected 2 min_lrs, got 1"),
        (lambda o: S.SequentialLR(o, [], []), ValueError, "expects at least one scheduler"),
        (
            lambda o: S.SequentialLR(o, [S.StepLR(o, 3)], [5]),
            ValueError,
            "number of milestones to be equal to 1",
        ),
        (
            lambda o: S.SequentialLR(o, [S.ReduceLROnPlateau(o)], []),
            ValueError,
            "does not support `ReduceLROnPlateau`",
        ),
        (
            lambda o: S.ChainedScheduler([S.StepLR(o, 3), S.StepLR(ours(), 3)]),
            ValueError,
            "belong to the same optimizer",
        ),
        (
            lambda o: S.ChainedScheduler([S.StepLR(o, 3), 5]),
            TypeError,
            "should have `optimizer` as its attribute",
        ),
        (lambda o: S.LRScheduler(o), NotImplementedError, r"define get_lr\(\)"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make(ours())


def test_momentum_cycles_need_a_momentum():
    optimizer = optim.Adagrad([tensor([1.0], requires_grad=True)])
    for make in (lambda: S.OneCycleLR(optimizer, 0.1, 10), lambda: S.CyclicLR(optimizer, 0.1, 0.2)):
        with pytest.raises(ValueError, match="must support momentum or beta1"):
            make()
