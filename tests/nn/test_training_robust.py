"""What goes wrong in a training: refused with a sentence, taken back, or gone on from exactly."""

import random
import sys

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.data import DataLoader, Dataset, Sampler, TensorDataset
from nn.metrics import accuracy
from nn.optim import lr_scheduler
from nn.training import Callback, Checkpoint, EarlyStopping


def data(n=12):
    x = np.random.default_rng(0).standard_normal((n, 3)).astype("float32")
    return x, x.sum(1, keepdims=True)


def fit(model=None, loss=None, optimizer=None, train=None, **options):
    model = nn.Linear(3, 1) if model is None else model
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    options = {"epochs": 2, "progress": False} | options
    return nn.fit(model, loss or nn.MSELoss(), optimizer, train or data(), **options)


def weights(model):
    return np.concatenate([np.ravel(t.numpy()) for t in model.state_dict().values()])


# --- refused --------------------------------------------------------------------------------------


class Wrong(Callback):
    def after_epoch(self, run):
        """Called so elsewhere."""


class After(Callback):
    def after_batch(self, run):
        """Called so elsewhere."""


class Answers(Callback):
    def __init__(self, answer):
        self.answer = answer

    def on_epoch_end(self, run):
        return self.answer


def sgd(model=None):
    return nn.optim.SGD((model or nn.Linear(3, 1)).parameters(), lr=0.1)


MODEL = nn.Linear(3, 1)
REFUSED = {
    "model class": (lambda: nn.evaluate(nn.Identity, nn.MSELoss(), data()), "class Identity"),
    "model function": (
        lambda: nn.predict(lambda x: x, data()[0]),
        "model is a Module, got function",
    ),
    "loss class": (lambda: fit(loss=nn.MSELoss), r"loss is an object, got the class MSELoss"),
    "loss class evaluated": (lambda: nn.evaluate(MODEL, nn.MSELoss, data()), "class MSELoss"),
    "optimizer class": (lambda: fit(MODEL, optimizer=nn.optim.SGD), "class SGD"),
    "scheduler class": (lambda: fit(scheduler=lr_scheduler.StepLR), "class StepLR"),
    "callback class": (lambda: fit(callbacks=[EarlyStopping]), "class EarlyStopping"),
    "callback number": (lambda: fit(callbacks=[3]), "got 3"),
    "callback alone": (lambda: fit(callbacks=EarlyStopping()), r"callbacks=\[...\]"),
    "metric class": (lambda: fit(metrics=[nn.L1Loss]), "L1Loss"),
    "hook": (
        lambda: fit(callbacks=[Wrong()]),
        "Wrong.after_epoch would never be called.*on_train_end",
    ),
    "other hook": (lambda: fit(callbacks=[After()]), "After.after_batch would never be called"),
    "two lambdas": (lambda: fit(metrics=[lambda p, t: 0, lambda p, t: 1]), "'<lambda>'"),
    "twice": (lambda: fit(metrics=[accuracy, accuracy]), "column 'accuracy' already"),
    "metric loss": (lambda: fit(metrics={"loss": accuracy}), "column 'loss' already"),
    "metric lr": (lambda: fit(metrics={"lr": accuracy}), "column 'lr' already"),
    "metric val": (lambda: fit(metrics={"val_loss": accuracy}), "column 'val_loss' already"),
    "other optimizer": (lambda: fit(MODEL, optimizer=sgd()), r"another model.*SGD\(model.param"),
    "other scheduler": (
        lambda: fit(MODEL, optimizer=sgd(MODEL), scheduler=lr_scheduler.StepLR(sgd(), 1)),
        "another optimizer",
    ),
    "dict batch": (lambda: fit(train=[{"x": 1, "y": 2}]), "a batch is a tuple .*; got dict"),
    "tensor batch": (lambda: fit(train=[ag.ones(4, 3)]), r"got an array of shape \[4, 3\]"),
    "no target": (lambda: fit(train=DataLoader(TensorDataset(data()[0]))), "got a list of 1"),
    "loss of each": (lambda: fit(loss=nn.MSELoss(reduction="none")), r"got shape \[12, 1\]"),
    "loss number": (lambda: fit(loss=lambda p, t: 3.0), "the loss is a tensor.*got float"),
    "evaluated number": (lambda: nn.evaluate(MODEL, lambda p, t: 3.0, data()), "got float"),
    "structures": (
        lambda: nn.predict(Growing(), data()[0], batch_size=5),
        "different structures: a tuple of 1, a tuple of 2",
    ),
}


class Growing(nn.Module):
    """A model that gives more and more."""

    n = 0

    def forward(self, x):
        self.n += 1
        return (x,) * self.n


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(name):
    call, message = REFUSED[name]
    before = weights(MODEL)
    with pytest.raises((TypeError, ValueError), match=message):
        call()
    np.testing.assert_array_equal(weights(MODEL), before)


@pytest.mark.parametrize(
    "answer",
    [1, 2.5, "stop", [1], {"loss": 1}, np.float64(3), ag.tensor(1.0), object()],
    ids=lambda answer: type(answer).__name__,
)
@pytest.mark.parametrize("function", [False, True])
def test_an_answer_that_is_neither_yes_nor_no(answer, function):
    callback = Answers(answer)
    with pytest.raises(TypeError, match="returned .* after the epoch: True ends the training"):
        fit(callbacks=[callback.on_epoch_end if function else callback])


@pytest.mark.parametrize(
    ("answer", "epochs"),
    [(None, 2), (False, 2), (np.bool_(False), 2), (0, 2), (True, 1), (np.bool_(True), 1)]
    + [(ag.tensor(True), 1), (ag.tensor(False), 2)],
)
def test_yes_and_no(answer, epochs):
    assert len(fit(callbacks=[Answers(answer)])) == epochs


def test_an_optimizer_of_a_part_of_the_model_is_none_of_another():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    before = weights(model[0])
    fit(model, optimizer=sgd(model[1]))
    np.testing.assert_array_equal(weights(model[0]), before)


# --- what fails does not keep others from their end -----------------------------------------------


@pytest.mark.parametrize("error", [None, ZeroDivisionError, KeyboardInterrupt])
def test_each_callback_ends_whichever_raises(error):
    ended = []

    class Ends(Callback):
        def __init__(self, name, raises=None):
            self.name, self.raises = name, raises

        def on_epoch_end(self, run):
            if error is not None and self.name == "last":
                raise error

        def on_train_end(self, run):
            ended.append(self.name)
            if self.raises is not None:
                raise self.raises(self.name)

    callbacks = [Ends("first", OSError), Ends("second", KeyError), Ends("last")]
    with pytest.raises((OSError, KeyError)) as raised:
        fit(callbacks=callbacks)
    assert ended == ["first", "second", "last"]
    chain, link = [], raised.value
    while link is not None:
        chain.append(type(link))
        link = link.__context__
    assert {OSError, KeyError} | ({error} - {None}) == set(chain)


def test_a_callback_that_did_not_begin_does_not_end():
    ended = []

    class Begins(Callback):
        def __init__(self, name):
            self.name = name

        def on_train_begin(self, run):
            if self.name == 1:
                raise OSError

        def on_train_end(self, run):
            ended.append(self.name)

    with pytest.raises(OSError):
        fit(callbacks=[Begins(i) for i in range(3)])
    assert ended == [0]


# --- interrupts -----------------------------------------------------------------------------------


def interrupted(function, n):
    """Call a function, with Ctrl-C at the n-th line that it runs; how many lines ran."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if event == "line":
            count += 1
            if count == n:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return count


def mixed_model():
    model = nn.Sequential(nn.Linear(3, 2), nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(2)))
    model[1][1].eval()  # as is done with layers that are held
    return model


@pytest.mark.parametrize("name", ["evaluate", "predict"])
def test_an_interrupt_leaves_each_module_in_its_mode(name):
    x, _ = data()
    model = mixed_model()
    expected = [module.training for module in model.modules()]
    calls = {
        "evaluate": lambda: nn.evaluate(model, nn.MSELoss(), (x, x[:, :2]), batch_size=5),
        "predict": lambda: nn.predict(model, x, batch_size=5),
    }
    total = interrupted(calls[name], -1)
    points = {*range(1, total, max(1, total // 60)), *range(total - 40, total)}
    for n in sorted(points):
        interrupted(calls[name], n)
        assert [module.training for module in model.modules()] == expected, f"at line {n}"
        assert ag.is_grad_enabled(), f"at line {n}"


# --- exactly as if there had been no break --------------------------------------------------------


class Drawn(Dataset):
    """Samples with noise of generators of its own."""

    def __init__(self):
        self.x, self.y = data()
        self.noise = np.random.default_rng(1)
        self.more = {"flip": random.Random(2), "old": [np.random.RandomState(3)]}

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        noise = self.noise.normal() + self.more["flip"].random() + self.more["old"][0].normal()
        return self.x[i] + np.float32(0.1 * noise), self.y[i]


class Ordered(Sampler):
    """An order of its own, by a generator of its own."""

    def __init__(self, n):
        self.n, self.generator = n, ag.Generator().manual_seed(5)

    def __iter__(self):
        return iter(ag.randperm(self.n, generator=self.generator).tolist())

    def __len__(self):
        return self.n


class Buckets(Sampler):
    """Batches by a generator of its own, and a count of the epochs that it says itself."""

    def __init__(self, n):
        self.n, self.source, self.epoch = n, np.random.default_rng(7), 0

    def __iter__(self):
        self.epoch += 1
        order = np.roll(self.source.permutation(self.n), self.epoch)
        return iter(np.array_split(order, 3))

    def __len__(self):
        return 3

    def state_dict(self):
        return {"epoch": self.epoch}

    def load_state_dict(self, state):
        self.epoch = state["epoch"]


LOADERS = {
    "data set": lambda: DataLoader(Drawn(), 5),
    "subset": lambda: DataLoader(nn.data.Subset(Drawn(), range(8)), 3, shuffle=True),
    "sampler": lambda: DataLoader(TensorDataset(*data()), 5, sampler=Ordered(12)),
    "batch sampler": lambda: DataLoader(TensorDataset(*data()), batch_sampler=Buckets(12)),
    "batches of a sampler": lambda: DataLoader(
        Drawn(), batch_sampler=nn.data.BatchSampler(Ordered(12), 4, False)
    ),
    "weights": lambda: DataLoader(
        TensorDataset(*data()),
        4,
        sampler=nn.data.WeightedRandomSampler(
            np.ones(12), 12, generator=ag.Generator().manual_seed(8)
        ),
    ),
}


@pytest.mark.parametrize("name", LOADERS)
def test_a_training_goes_on_exactly(name, tmp_path):
    def train(path, stop=None):
        ag.manual_seed(3)
        model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.3), nn.Linear(4, 1))
        optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
        history = fit(
            model,
            optimizer=optimizer,
            train=LOADERS[name](),
            epochs=6,
            callbacks=[Checkpoint(path), lambda run: stopping(run, stop)],
        )
        return history.to_dict(), weights(model)

    def stopping(run, stop):
        if len(run.history) == stop:
            raise KeyboardInterrupt

    expected, last = train(tmp_path / "whole.npz")
    for stop in (2, 5):
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / f"{stop}.npz", stop)
        history, found = train(tmp_path / f"{stop}.npz")
        assert history == expected
        np.testing.assert_array_equal(found, last)


def with_momentum(model):
    return nn.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


OTHERS = {
    "optimizer": lambda model: {"optimizer": nn.optim.Adam(model.parameters())},
    "groups": lambda model: {
        "optimizer": nn.optim.SGD([{"params": [p]} for p in model.parameters()], lr=0.1)
    },
    "scheduler": lambda model: {"scheduler": None},
    "callbacks": lambda model: {"callbacks": [EarlyStopping(), EarlyStopping()]},
    "loader": lambda model: {"train": DataLoader(TensorDataset(*data()), sampler=Ordered(12))},
    "callback": lambda model: {"callbacks": [Reads()]},
    "model": lambda model: {"model": nn.Sequential(nn.Linear(3, 1))},
}


class Reads(Callback):
    """A callback that finds that the checkpoint is not its own."""

    def load_state_dict(self, state):
        raise ValueError("not mine")


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_of_another_training_changes_nothing(name, tmp_path):
    path = tmp_path / "state.npz"
    model = nn.Linear(3, 1)
    optimizer = with_momentum(model)
    scheduler = lr_scheduler.StepLR(optimizer, 1)
    fit(
        model,
        optimizer=optimizer,
        scheduler=scheduler,
        callbacks=[Checkpoint(path), lambda r: None],
    )
    model = nn.Linear(3, 1)
    changed = OTHERS[name](model)
    model = changed.pop("model", model)
    optimizer = changed.pop("optimizer", with_momentum(model))
    scheduler = changed.pop("scheduler", lr_scheduler.StepLR(optimizer, 1))
    callbacks = [*changed.pop("callbacks", [lambda r: None]), Checkpoint(path)]
    parts = [part for part in (model, optimizer, scheduler) if part is not None]
    before = [repr(part.state_dict()) for part in parts]
    random_state = ag.get_rng_state().tolist()
    with pytest.raises((ValueError, RuntimeError, KeyError)):
        fit(model, optimizer=optimizer, scheduler=scheduler, callbacks=callbacks, **changed)
    assert [repr(part.state_dict()) for part in parts] == before
    assert ag.get_rng_state().tolist() == random_state
