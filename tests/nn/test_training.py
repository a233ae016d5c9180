"""The training loop against PyTorch's loop written out, and its callbacks: stopping, resuming,
finding what is not finite.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn.data import DataLoader, TensorDataset
from nn.optim import lr_scheduler
from nn.training import Callback, Checkpoint, EarlyStopping, History


@pytest.fixture
def problem(rng):
    """Inputs and noisy targets of a linear map, in float64."""
    x = rng.normal(size=(30, 3))
    return x, x @ [[1.0], [-2.0], [0.5]] + 0.1 * rng.normal(size=(30, 1))


def network(bias=True):
    return nn.Sequential(
        nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 1, bias)
    ).double()


def weights(model):
    return np.concatenate([np.ravel(t.numpy()) for t in model.state_dict().values()])


SCHEDULES = {
    "none": (lambda s, o: None, "epoch"),
    "per epoch": (lambda s, o: s.StepLR(o, 2, 0.5), "epoch"),
    "per batch": (lambda s, o: s.OneCycleLR(o, 0.1, total_steps=20), "batch"),
    "plateau": (
        lambda s, o: s.ReduceLROnPlateau(o, factor=0.5, patience=0, threshold=0.3),
        "epoch",
    ),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("clip", [{}, {"clip_norm": 0.05}, {"clip_value": 0.01}])
def test_fit_is_the_loop_of_pytorch(torch, problem, schedule, clip):
    x, y = problem
    make, per = SCHEDULES[schedule]
    torch.manual_seed(0)
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 5, bias=False),
        torch.nn.BatchNorm1d(5),
        torch.nn.Tanh(),
        torch.nn.Linear(5, 1),
    ).double()
    ours = nn.Sequential(
        nn.Linear(3, 5, bias=False), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1)
    ).double()
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    optimizer, oracle = (
        nn.optim.Adam(ours.parameters(), lr=0.1),
        torch.optim.Adam(theirs.parameters(), lr=0.1),
    )
    scheduler, reference = make(lr_scheduler, optimizer), make(torch.optim.lr_scheduler, oracle)
    train, val = (x[:20], y[:20]), (x[20:], y[20:])

    history = nn.fit(
        ours,
        nn.MSELoss(),
        optimizer,
        DataLoader(TensorDataset(*train), 6),
        val,
        epochs=5,
        scheduler=scheduler,
        scheduler_per=per,
        progress=False,
        **clip,
    )

    tensors = [[torch.from_numpy(part) for part in pair] for pair in (train, val)]
    loss_function, columns = torch.nn.MSELoss(), {"epoch": [], "lr": [], "loss": [], "val_loss": []}
    for epoch in range(5):
        theirs.train()
        total = 0.0
        for a, b in zip(tensors[0][0].split(6), tensors[0][1].split(6)):
            loss = loss_function(theirs(a), b)
            oracle.zero_grad()
            loss.backward()
            if "clip_norm" in clip:
                torch.nn.utils.clip_grad_norm_(theirs.parameters(), clip["clip_norm"])
            if "clip_value" in clip:
                torch.nn.utils.clip_grad_value_(theirs.parameters(), clip["clip_value"])
            oracle.step()
            total += loss.item() * len(a)
            if per == "batch":
                reference.step()
        theirs.eval()
        with torch.no_grad():
            val_loss = loss_function(theirs(tensors[1][0]), tensors[1][1]).item()
        for name, value in zip(
            columns, (epoch + 1, oracle.param_groups[0]["lr"], total / 20, val_loss)
        ):
            columns[name].append(value)
        if reference is not None and per == "epoch":
            reference.step(*([val_loss] if schedule == "plateau" else []))
    assert list(history.to_dict()) == list(columns)
    for name, values in columns.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-8, err_msg=name)
    np.testing.assert_allclose(
        weights(ours),
        np.concatenate([t.numpy().ravel() for t in theirs.state_dict().values()]),
        rtol=1e-7,
    )
    assert ours.training, "evaluation put the mode back"


def test_metrics_are_of_the_whole_epoch_and_not_a_mean_of_batches(problem):
    x, y = problem
    metrics = {"largest": lambda p, t: (p - t).abs().max(), "n": lambda p, t: len(p)}
    model = network().eval()
    found = nn.evaluate(model, nn.L1Loss(), (x, y), metrics, batch_size=7)
    error = np.abs(model(ag.tensor(x)).detach().numpy() - y)
    assert (
        found["n"] == 30
        and found["largest"] == pytest.approx(error.max())
        and found["loss"] == pytest.approx(error.mean())
    )

    def spread(p, t):
        return p.std()

    history = nn.fit(
        model,
        nn.L1Loss(),
        nn.optim.SGD(model.parameters(), 0.0),
        (x, y),
        (x, y),
        2,
        [spread],
        batch_size=30,
        progress=False,
    )
    assert list(history.columns) == ["epoch", "lr", "loss", "spread", "val_loss", "val_spread"]


def test_predict(problem):
    x, y = problem
    model = network().train()
    model[3].eval()
    for data in (x, ag.tensor(x), DataLoader(TensorDataset(x, y), 7), DataLoader(x, 4)):
        found = nn.predict(model, data, batch_size=8)
        assert found.shape == (30, 1) and not found.requires_grad
        np.testing.assert_allclose(found, nn.predict(model, x))
    assert model.training and not model[3].training
    expected = model.eval()(ag.tensor(x)).detach()
    np.testing.assert_allclose(found, expected)


def test_several_inputs():
    class Add(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(ag.tensor([1.0]))

        def forward(self, a, b):
            return self.w * a + b

    model, a = Add(), ag.arange(8.0)
    history = nn.fit(
        model,
        nn.MSELoss(),
        nn.optim.SGD(model.parameters(), 0.01),
        (a, a, 3 * a),
        epochs=60,
        progress=False,
    )
    assert model.w.item() == pytest.approx(2, abs=1e-3) and len(history) == 60


# --- stopping and resuming ------------------------------------------------------------------------


class Script(Callback):
    """Puts given numbers in the place of the losses."""

    def __init__(self, losses):
        self.losses = losses

    def on_epoch_end(self, run):
        run.history["val_loss"][-1] = self.losses[len(run.history) - 1]


@pytest.mark.parametrize(
    "losses, options, epochs, best",
    [
        ([3, 2, 2.5, 2.2, 2.1, 1], {"patience": 3}, 5, 2),
        ([3, 2, 2.5, 2.2, 1, 4], {"patience": 3}, 6, 5),
        ([3, 2.9, 2.8, 2.7, 0, 0], {"patience": 2, "min_delta": 0.5}, 3, 1),
        ([1, 2, 3, 3, 3, 3], {"patience": 2, "mode": "max"}, 5, 3),
        ([math.nan, 1, math.nan, math.nan, 1, 1], {"patience": 2}, 4, 2),
        ([3, 2, 1, 1, 1, 1], {"patience": 9}, 6, 3),
    ],
)
def test_early_stopping_restores_the_best_weights(problem, losses, options, epochs, best):
    model, seen = network(), []
    stopping = EarlyStopping(**options)
    history = nn.fit(
        model,
        nn.MSELoss(),
        nn.optim.SGD(model.parameters(), 0.1),
        problem,
        problem,
        6,
        progress=False,
        callbacks=[Script(losses), lambda run: seen.append(weights(run.model)), stopping],
    )
    assert (
        len(history) == epochs and stopping.best_epoch == best and stopping.best == losses[best - 1]
    )
    assert np.array_equal(weights(model), seen[best - 1])
    assert not any(np.array_equal(a, b) for a, b in zip(seen, seen[1:]))


class Failing(DataLoader):
    """A loader that breaks off in the middle of an epoch."""

    epochs = -1

    def __iter__(self):
        self.epochs -= 1
        for i, batch in enumerate(super().__iter__()):
            if self.epochs == -1 and i == 1:
                raise KeyboardInterrupt
            yield batch


def checkpointed(problem, path, own_generator, fails_in=0):
    """A training with all that has a state; its history and last weights."""
    model = network()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
    generator = ag.Generator().manual_seed(4) if own_generator else None
    loader = Failing(TensorDataset(*problem), 8, shuffle=True, generator=generator)
    loader.epochs = fails_in - 1 if fails_in else -1
    history = nn.fit(
        model,
        nn.MSELoss(),
        optimizer,
        loader,
        problem,
        9,
        scheduler=lr_scheduler.StepLR(optimizer, 3),
        progress=False,
        callbacks=[Checkpoint(path), EarlyStopping(patience=4, min_delta=0.02)],
    )
    return history, weights(model)


@pytest.mark.parametrize("fails_in", [2, 3, 5])
@pytest.mark.parametrize("own_generator", [True, False])
def test_a_checkpoint_goes_on_exactly(problem, tmp_path, fails_in, own_generator):
    ag.manual_seed(1)
    whole, expected = checkpointed(problem, tmp_path / "a.npz", own_generator)
    ag.manual_seed(1)
    with pytest.raises(KeyboardInterrupt):
        checkpointed(problem, tmp_path / "b.npz", own_generator, fails_in)
    assert len(nn.load(tmp_path / "b.npz")["history"]["epoch"]) == fails_in - 1 < len(whole)
    for seed in (99, 100):  # the second time there is nothing left to do
        ag.manual_seed(seed)
        resumed, found = checkpointed(problem, tmp_path / "b.npz", own_generator)
        assert resumed.to_dict() == whole.to_dict() and np.array_equal(found, expected)


def test_checkpoints_of_other_trainings_are_refused(problem, tmp_path):
    path = tmp_path / "c.npz"
    checkpointed(problem, path, False)
    model = network()
    before = weights(model)
    with pytest.raises(ValueError, match="another training"):
        nn.fit(
            model,
            nn.MSELoss(),
            nn.optim.Adam(model.parameters()),
            problem,
            epochs=2,
            callbacks=[Checkpoint(path)],
            progress=False,
        )
    assert np.array_equal(weights(model), before)
    history = nn.fit(
        model,
        nn.MSELoss(),
        nn.optim.Adam(model.parameters()),
        problem,
        epochs=5,
        progress=False,
        callbacks=[Checkpoint(path, every=2, resume=False), lambda run: len(run.history) == 3],
    )
    assert (
        len(history) == 3
        and nn.load(path)["history"]["epoch"] == [1, 2, 3]
        and nn.load(path)["stopped"]
    )


def test_callbacks_end_also_after_an_error(problem):
    model, calls = network(), []

    class Recorder(Callback):
        def on_train_begin(self, run):
            calls.append("begin")

        def on_epoch_end(self, run):
            raise ZeroDivisionError

        def on_train_end(self, run):
            calls.append("end")

    with pytest.raises(ZeroDivisionError):
        nn.fit(
            model,
            nn.MSELoss(),
            nn.optim.SGD(model.parameters()),
            problem,
            callbacks=[Recorder()],
            progress=False,
        )
    assert calls == ["begin", "end"]


def test_callbacks_hear_of_batches(problem):
    model, heard = network(), []

    class Recorder(Callback):
        def on_batch_end(self, run):
            heard.append((run.epoch, run.batch, run.batch_loss))

        def on_epoch_end(self, run):
            assert run.epoch == len(run.history)

    history = nn.fit(
        model,
        nn.MSELoss(),
        nn.optim.SGD(model.parameters(), lr=0.01),
        problem,
        epochs=2,
        batch_size=10,
        callbacks=[Recorder()],
        progress=False,
    )
    n = -(-len(problem[0]) // 10)
    assert [(epoch, batch) for epoch, batch, _ in heard] == [
        (e, b) for e in (1, 2) for b in range(1, n + 1)
    ]
    weights = [min(10, len(problem[0]) - 10 * i) for i in range(n)]
    for epoch in range(2):
        assert np.average(
            [loss for e, _, loss in heard if e == epoch + 1], weights=weights
        ) == pytest.approx(history["loss"][epoch])


# --- what is not finite ---------------------------------------------------------------------------


class Log(nn.Module):
    def forward(self, x):
        return (x * 0 - 1).log()


def poisoned(x, y, where):
    """A model, a loss and data of which one part is not finite."""
    model, loss = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1)).double(), nn.MSELoss()
    x, y = x.copy(), y.copy()
    if where == "input":
        x[3, 1] = np.nan
    elif where == "target":
        y[3] = np.inf
    elif where == "parameter '1.weight'":
        model[1].weight.detach().numpy()[:] = np.nan
    elif where == "output of '1' (Log)":
        model = nn.Sequential(nn.Linear(3, 1).double(), Log())
    elif where == "the loss function itself":
        loss = lambda p, t: (p.sum() * 0) / 0  # noqa: E731
    elif where == "gradient of '0.weight'":
        model[0].weight.register_hook(lambda g: g * np.nan)
    return model, loss, (x, y)


@pytest.mark.parametrize(
    "where",
    [
        "input",
        "target",
        "parameter '1.weight'",
        "output of '1' (Log)",
        "the loss function itself",
        "gradient of '0.weight'",
    ],
)
def test_the_culprit_of_a_nan_is_named(problem, where):
    model, loss, data = poisoned(*problem, where)
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) in epoch [12]") as error,
    ):
        nn.fit(
            model,
            loss,
            nn.optim.SGD(model.parameters(), 0.01),
            data,
            epochs=3,
            batch_size=30,
            progress=False,
        )
    assert where in str(error.value)
    assert model[0]._hooks is None or not any(model[0]._hooks.values())


def test_a_learning_rate_that_is_too_large_is_named(problem):
    model = nn.Linear(3, 1).double()
    with (
        np.errstate(all="ignore"),
        pytest.raises(
            FloatingPointError, match="at learning rate 1e\\+10: .*smaller learning rate"
        ),
    ):
        nn.fit(
            model,
            nn.MSELoss(),
            nn.optim.SGD(model.parameters(), 1e10),
            problem,
            epochs=100,
            progress=False,
        )


# --- history and progress -------------------------------------------------------------------------


def test_history_is_a_table():
    history = History()
    assert repr(history) == "History()" and len(history) == 0
    history.append({"epoch": 1, "loss": 0.123456})
    history.append({"epoch": 2, "loss": math.nan, "<b>": 3})
    assert repr(history).splitlines() == [
        "epoch    loss  <b>",
        "    1  0.1235    —",
        "    2     nan    3",
    ]
    assert (
        history.last == {"epoch": 2, "loss": history["loss"][1], "<b>": 3}
        and history.best("loss") == 1
        and "loss" in history
    )
    assert "&lt;b&gt;" in history._repr_html_() and "<b>" not in history._repr_html_()
    with pytest.raises(KeyError, match="no column 'x', but epoch, loss"):
        history["x"]
    history.to_dict()["loss"].append(4)
    assert len(history) == 2
    for i in range(100):
        history.append({"epoch": i + 3, "loss": -i})
    assert (
        len(repr(history).splitlines()) == 22
        and history.best("loss") == 102
        and history.best("loss", "max") == 1
    )


def test_history_as_a_data_frame():
    pytest.importorskip("pandas")
    frame = History({"epoch": [1, 2], "loss": [0.5, 0.25]}).to_pandas()
    assert frame.shape == (2, 2) and frame["loss"].tolist() == [0.5, 0.25]


def test_progress_bar(problem, capsys):
    pytest.importorskip("tqdm")
    model = network()
    nn.fit(model, nn.MSELoss(), nn.optim.SGD(model.parameters()), problem, epochs=2, batch_size=10)
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown and "6/6" in shown and "loss=" in shown


def test_lines_without_tqdm(problem, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    model = network()
    nn.fit(model, nn.MSELoss(), nn.optim.SGD(model.parameters()), problem, problem, epochs=2)
    out, err = capsys.readouterr()
    assert (
        [line.split(":")[0] for line in out.splitlines()] == ["epoch 1/2", "epoch 2/2"]
        and "val_loss" in out
        and not err
    )
    nn.fit(model, nn.MSELoss(), nn.optim.SGD(model.parameters()), problem, epochs=2, progress=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda m, o: nn.fit(m, nn.MSELoss(), o, [], progress=False), "no batch"),
        (lambda m, o: nn.fit(m, nn.MSELoss(), o, [], scheduler_per="step"), "'step'"),
        (lambda m, o: EarlyStopping(mode="auto"), "'auto'"),
        (lambda m, o: Checkpoint("x", every=0), "0"),
        (lambda m, o: History({"loss": [math.nan]}).best("loss"), "no values"),
    ],
)
def test_bad_arguments(call, message):
    model = network()
    with pytest.raises(ValueError, match=message):
        call(model, nn.optim.SGD(model.parameters()))
