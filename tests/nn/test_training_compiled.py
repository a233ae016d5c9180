"""``fit(..., compile=True)``: the numbers of the loop that is not compiled, whatever is asked of it,
and an account of what ran as a program.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.optim import SGD, Adam, AdamW, Rprop, lr_scheduler
from nn.optim.swa_utils import AveragedModel
from nn.training import Callback, Checkpoint, DivergenceError, EarlyStopping


WHOLE = "the whole step is one program"
GRADIENTS = "the step is the optimizer's own"
EAGER = "nothing is a program"


def network():
    return nn.Sequential(
        nn.Linear(3, 5, bias=False), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2)
    ).double()


def noisy():
    return nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.4), nn.Linear(4, 2)).double()


class Unused(nn.Module):
    """A model with a parameter that nobody uses; it is not to decay."""

    def __init__(self):
        super().__init__()
        self.body = network()
        self.spare = nn.Parameter(ag.ones(4, dtype="float64"))

    def forward(self, x):
        return self.body(x)


class Gradients(Callback):
    """Keeps the gradients of every batch, as they are given."""

    def __init__(self):
        self.kept = []

    def on_batch_end(self, run):
        self.kept += [p.grad for p in run.model.parameters()]

    def found(self):
        return [g.numpy() for g in self.kept if g is not None]


class Freezing(Callback):
    """Freezes a layer in the middle of an epoch, and lets it go in another."""

    def on_batch_end(self, run):
        if (run.epoch, run.batch) in ((2, 1), (3, 2)):
            run.model[0].requires_grad_(run.epoch == 3)


class Averaging(Callback):
    def on_train_begin(self, run):
        self.model = AveragedModel(run.model)

    def on_batch_end(self, run):
        self.model.update_parameters(run.model)

    def found(self):
        return [p.detach().numpy() for p in self.model.parameters()]


class Looking(Callback):
    """Has hooks on a layer and on a parameter in the second epoch."""

    def __init__(self):
        self.means = []

    def note(self, module, args, y):
        self.means.append(y.detach().mean().numpy())

    def on_epoch_end(self, run):
        if run.epoch == 1:
            self.handles = [
                run.model[0].register_forward_hook(self.note),
                run.model[0].weight.register_hook(lambda g: g * 2),
            ]
        elif run.epoch == 2:
            for handle in self.handles:
                handle.remove()

    def found(self):
        return self.means


class Accumulating(SGD):
    """Takes every second step, with the gradients of two batches."""

    turn = 0

    def zero_grad(self, set_to_none=True):
        if self.turn % 2 == 0:
            super().zero_grad(set_to_none)

    def step(self, closure=None):
        self.turn += 1
        if self.turn % 2 == 0:
            super().step()


class Signed(SGD):
    """Another rule under the formula of the first."""

    def rule(self, group, scalars):
        def update(p, g, a):
            p -= group["lr"] * np.sign(g)

        return update


class Counting(nn.MSELoss):
    """Says itself what a batch counts: nothing, if it is short."""

    def counted(self, prediction, target):
        return float(len(prediction) > 2)


def classes(y):
    return (y[:, 0] > 0).astype(int) - (y[:, 0] > 1)  # some are -1, and ignored


def worst(prediction, target):
    return (prediction - target).abs().max().item()


def parts_of(optimizer):
    def make(model):
        head, *body = [*model.parameters()][::-1]
        return optimizer([{"params": body}, {"params": [head], "lr": 0.01}], lr=0.05)

    return make


def adam(model):
    return Adam(model.parameters(), lr=0.05)


MSE = nn.MSELoss()

CASES = {
    "plain": (adam, {}, WHOLE),
    "momentum and decay": (lambda m: SGD(m.parameters(), 0.05, 0.9, 0.1, 0.2), {}, WHOLE),
    "decoupled decay": (lambda m: AdamW(m.parameters(), 0.05, weight_decay=0.1), {}, WHOLE),
    "clipped by norm": (adam, {"clip_norm": 0.05}, WHOLE),
    "clipped by value": (adam, {"clip_value": 0.01, "clip_norm": 0.5}, WHOLE),
    "rate per epoch": (adam, {"scheduler": lambda o: lr_scheduler.StepLR(o, 1, 0.5)}, WHOLE),
    "rate per batch": (
        lambda m: SGD(m.parameters(), 0.05, 0.9),
        {
            "scheduler": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=30),
            "scheduler_per": "batch",
        },
        WHOLE,
    ),
    "plateau": (adam, {"scheduler": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0)}, WHOLE),
    "rate from zero": (
        adam,
        {"scheduler": lambda o: lr_scheduler.LambdaLR(o, lambda n: n / 4)},
        WHOLE,
    ),
    "stopped early": (adam, {"callbacks": lambda: [EarlyStopping(patience=1)], "val": 0.2}, WHOLE),
    "gradients kept": (adam, {"callbacks": lambda: [Gradients()], "clip_norm": 0.1}, WHOLE),
    "averaged": (adam, {"callbacks": lambda: [Averaging(), Gradients()]}, WHOLE),
    "frozen": (adam, {"callbacks": lambda: [Freezing(), Gradients()]}, GRADIENTS),
    "hooks": (adam, {"callbacks": lambda: [Looking()]}, EAGER),
    "metrics": (adam, {"metrics": {"worst": worst}, "val": 0.2}, WHOLE),
    "weighed": (
        adam,
        {"loss": nn.CrossEntropyLoss(ag.tensor([0.3, 2.0], dtype="float64"), ignore_index=-1)},
        WHOLE,
    ),
    "smooth": (adam, {"loss": nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=-1)}, WHOLE),
    "summed": (adam, {"loss": nn.MSELoss(reduction="sum")}, WHOLE),
    "ignored": (
        adam,
        {"loss": nn.CrossEntropyLoss(ignore_index=0), "batch_size": 1, "model": noisy},
        WHOLE,
    ),
    "random": (adam, {"model": noisy}, WHOLE),
    "counted otherwise": (adam, {"loss": Counting()}, "the loss says itself"),
    "accumulated": (lambda m: Accumulating(m.parameters(), 0.05), {"clip_norm": 0.2}, "a step of its own"),
    "another rule": (lambda m: Signed(m.parameters(), 0.01), {}, "does not know of"),
    "no formula": (lambda m: Rprop(m.parameters(), 0.01), {}, "does not say its rule"),
    "groups": (parts_of(Adam), {"clip_norm": 0.1}, "2 groups"),
    "half": (lambda m: Adam(m[3].parameters(), 0.05), {"clip_norm": 0.1}, "does not hold all"),
    "unused": (
        lambda m: AdamW(m.parameters(), 0.05, weight_decay=0.3),
        {"model": Unused},
        "have no gradient",
    ),
}  # fmt: skip


def trained(optimizer, options, choice, epochs=4, extra=()):
    """All numbers of a training, and what was said of it."""
    options = dict(options)
    ag.manual_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(29, 3))
    y = x @ rng.normal(size=(3, 2)) + 0.1
    loss = options.pop("loss", MSE)
    if isinstance(loss, nn.CrossEntropyLoss):
        y = classes(y)
    model = options.pop("model", network)()
    optimizer = optimizer(model)
    callbacks = [*options.pop("callbacks", list)(), *extra]
    if "scheduler" in options:
        options["scheduler"] = options["scheduler"](optimizer)
    options = {"batch_size": 9, **options}
    history = nn.fit(
        *(model, loss, optimizer, (x, y)),
        epochs=epochs,
        callbacks=callbacks,
        compile=choice,
        progress=False,
        **options,
    )
    numbers = [np.array(history[name]) for name in history.columns]
    numbers += [t.numpy() for t in model.state_dict().values()]
    numbers += [p.grad.numpy() for p in model.parameters() if p.grad is not None]
    for entry in optimizer.state_dict()["state"].values():
        numbers += [np.asarray(value) for value in entry.values()]
    for callback in callbacks:
        numbers += getattr(callback, "found", list)()
    return numbers, history.compiled


def same(found, expected, tolerance=1e-9):
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, tolerance, tolerance)


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_of_the_loop(name):
    check(name, "numpy")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_numbers_in_machine_code(name):
    pytest.importorskip("numba")
    check(name, "numba")


def check(name, backend):
    optimizer, options, how = CASES[name]
    expected, _ = trained(optimizer, options, False)
    found, said = trained(optimizer, options, backend)
    assert how in said, said
    same(found, expected)


def test_a_training_is_taken_up_again(tmp_path):
    class Crash(Callback):
        def on_batch_end(self, run):
            if (run.epoch, run.batch) == (3, 1):
                raise KeyboardInterrupt

    options = {"model": noisy, "scheduler": lambda o: lr_scheduler.StepLR(o, 1, 0.7)}
    whole, _ = trained(adam, options, True)
    path = tmp_path / "training.npz"
    with pytest.raises(KeyboardInterrupt):
        trained(adam, options, True, extra=[Checkpoint(path), Crash()])
    found, said = trained(adam, options, True, extra=[Checkpoint(path), Callback()])
    assert f"8 batches: {WHOLE}" in said
    same(found, whole, 1e-12)


class Worsening(Callback):
    """Makes the second batch of the second epoch one whose loss is not finite."""

    def on_batch_end(self, run):
        if (run.epoch, run.batch) == (2, 1):
            run.train.dataset.tensors[0].fill_(float("nan"))


def test_what_is_not_finite_changes_nothing():
    """The model has the weights of the last good step, and the message is that of the loop."""
    ends = []
    for choice in (False, True):
        ag.manual_seed(0)
        model = noisy()
        optimizer = Adam(model.parameters(), lr=0.1)
        x, y = ag.randn(12, 3, dtype="float64"), ag.randn(12, 2, dtype="float64")
        with pytest.raises(DivergenceError, match="the input of this batch is not finite") as error:
            nn.fit(
                *(model, MSE, optimizer, (x, y), None, 4),
                batch_size=4,
                callbacks=[Worsening()],
                progress=False,
                compile=choice,
            )
        state = optimizer.state_dict()["state"]
        numbers = [p.detach().numpy() for p in model.parameters()]
        numbers += [p.grad.numpy() for p in model.parameters()]
        numbers += [np.asarray(value) for entry in state.values() for value in entry.values()]
        ends.append(numbers)
        assert bool(choice) == (f"5 batches: {WHOLE}" in error.value.history.compiled)
    same(ends[1], ends[0])


def test_steps_that_evaluate_the_loss_themselves_are_refused():
    with pytest.raises(TypeError, match="several times in a step"):
        trained(lambda model: nn.optim.LBFGS(model.parameters()), {}, True)
    with pytest.raises(ag.TraceError, match="test_training_compiled.py"):
        trained(adam, {"loss": lambda y, t: MSE(y, t) if y.sum() > 0 else MSE(y, t)}, True)
