"""What `fit`, `evaluate` and `predict` take: arrays, named data, tables, data sets, a share to
validate with, the names of metrics.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F
from nn.data import DataLoader, Dataset, TensorDataset
from nn.datasets import Data, moons
from nn.training import Callback, Checkpoint, DivergenceError

QUIET = {"progress": False, "epochs": 2}


def regression(n=20):
    x = np.random.default_rng(0).normal(size=(n, 3))
    return x, x @ [1.0, -2.0, 0.5]


def classification(n=20):
    x = np.random.default_rng(0).normal(size=(n, 3))
    return x, (x.sum(1) > 0).astype(int)


class Own:
    """A data set that is derived from nothing."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        if not 0 <= i < len(self.x):
            raise IndexError(i)
        return self.x[i], self.y[i]


class Derived(Own, Dataset):
    """The same, derived from the base class."""


def pandas():
    return pytest.importorskip("pandas")


def frame(x):
    return pandas().DataFrame(x, columns=list("abc")[: x.shape[1]])


single = np.float32
REGRESSIONS = {
    "arrays": lambda x, y: (x.astype(single), y[:, None].astype(single)),
    "data": lambda x, y: Data(x, y, ("a", "b", "c")),
    "frame and series": lambda x, y: (frame(x), pandas().Series(y)),
    "frame and column": lambda x, y: (frame(x), pandas().DataFrame({"y": y})),
    "frame and array": lambda x, y: (frame(x), y[:, None].astype(single)),
    "nullable": lambda x, y: (frame(x).astype("Float64"), pandas().Series(y).astype("Float64")),
    "data set": lambda x, y: TensorDataset(x.astype(single), y[:, None].astype(single)),
    "own": lambda x, y: Own(x.astype(single), y[:, None].astype(single)),
    "derived": lambda x, y: Derived(x.astype(single), y[:, None].astype(single)),
    "loader": lambda x, y: DataLoader(
        TensorDataset(x.astype(single), y[:, None].astype(single)), 32
    ),
}
CLASSIFICATIONS = {
    "arrays": lambda x, y: (x.astype(single), y),
    "data": lambda x, y: Data(x, y, classes=("a", "b")),
    "small integers": lambda x, y: Data(x, y.astype(np.uint8)),
    "frame and series": lambda x, y: (frame(x), pandas().Series(y)),
    "booleans": lambda x, y: (frame(x), pandas().Series(y == 1)),
    "codes": lambda x, y: (
        frame(x),
        pandas().Series(np.array(["no", "yes"])[y]).astype("category").cat.codes,
    ),
    "data set": lambda x, y: TensorDataset(x.astype(single), y),
}


def trained(model, loss, data, **options):
    ag.manual_seed(0)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    return nn.fit(model, loss, optimizer, data, **(QUIET | options)).to_dict()


@pytest.mark.parametrize("name", REGRESSIONS)
def test_the_same_regression_in_other_words(name):
    x, y = regression()
    found = []
    for words in ("arrays", name):
        ag.manual_seed(1)
        model = nn.Linear(3, 1)
        data = REGRESSIONS[words](x, y)
        history = trained(model, nn.MSELoss(), data, val=data, batch_size=64)
        report = nn.evaluate(model, nn.MSELoss(), data, "mean_absolute_error")
        found.append((history, report, model.weight.tolist()))
        inputs = data
        if isinstance(data, tuple):
            inputs = data[0]
        prediction = nn.predict(model, inputs)
        assert prediction.shape == (20, 1) and prediction.dtype == np.float32
        np.testing.assert_allclose(
            prediction.numpy(), model(ag.tensor(x.astype(single))).detach().numpy(), rtol=1e-6
        )
    for column, values in found[0][0].items():
        assert found[1][0][column] == pytest.approx(values, rel=1e-5)
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-5)


@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_the_same_classification_in_other_words(name):
    x, y = classification()
    ag.manual_seed(1)
    model, twin = nn.Linear(3, 2), nn.Linear(3, 2)
    twin.load_state_dict(model.state_dict())
    options = {"metrics": ["accuracy", "f1"], "batch_size": 64, "epochs": 5}
    expected = trained(model, nn.CrossEntropyLoss(), CLASSIFICATIONS["arrays"](x, y), **options)
    found = trained(twin, nn.CrossEntropyLoss(), CLASSIFICATIONS[name](x, y), **options)
    assert list(found) == ["epoch", "lr", "loss", "accuracy", "f1"]
    for column, values in expected.items():
        assert found[column] == pytest.approx(values, rel=1e-5)


def test_the_dtype_is_that_of_the_model():
    x, y = regression()
    seen = []

    class Seeing(nn.Linear):
        def forward(self, x):
            seen.append(x.dtype)
            return super().forward(x)

    for double in (False, True):
        model = Seeing(3, 1).double() if double else Seeing(3, 1)
        trained(model, nn.MSELoss(), Data(x, y), epochs=1)
        nn.predict(model, Data(x, y))
        nn.evaluate(model, nn.MSELoss(), (frame(x), pandas().Series(y)))
        assert set(map(str, seen)) == {"float64" if double else "float32"}
        seen.clear()
    images = Data(np.zeros((4, 8, 8), np.uint8), np.arange(4))
    assert nn.predict(nn.Flatten(), images).dtype == np.float32


def test_images_of_data_are_classified():
    rng = np.random.default_rng(0)
    images = Data(rng.integers(16, size=(30, 4, 4), dtype=np.uint8), rng.integers(3, size=30))
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    history = trained(model, nn.CrossEntropyLoss(), images, val=0.2, metrics="accuracy")
    assert list(history)[-2:] == ["val_loss", "val_accuracy"]


# --- a share to validate with ---------------------------------------------------------------------


class Watching(nn.Module):
    """A model that notes which samples it learned from, and which it was evaluated with."""

    def __init__(self):
        super().__init__()
        self.linear, self.seen = nn.Linear(1, 1), {True: set(), False: set()}

    def forward(self, x):
        self.seen[self.training] |= set(x.reshape(-1).tolist())
        return self.linear(x)


NUMBERED = np.arange(50, dtype=single)[:, None]


@pytest.mark.parametrize(
    "make",
    [
        lambda: (NUMBERED, NUMBERED),
        lambda: Data(NUMBERED, NUMBERED[:, 0]),
        lambda: TensorDataset(NUMBERED, NUMBERED),
        lambda: Own(NUMBERED, NUMBERED),
        lambda: (frame(NUMBERED), pandas().Series(NUMBERED[:, 0])),
    ],
    ids=["arrays", "data", "data set", "own", "frame"],
)
def test_a_share_is_held_out(make):
    held = []
    for seed in (1, 2):
        ag.manual_seed(seed)
        model = Watching()
        optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
        history = nn.fit(model, nn.MSELoss(), optimizer, make(), val=0.2, **QUIET)
        assert len(model.seen[True]) == 40 and len(model.seen[False]) == 10
        assert model.seen[True].isdisjoint(model.seen[False])
        assert history["val_loss"][0] == history["val_loss"][1]
        held.append(model.seen[False])
    assert held[0] == held[1], "a training that is taken up again holds out the same samples"
    assert max(held[0]) - min(held[0]) > 20, "they are drawn from everywhere"


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, 2, 20])
def test_what_is_no_share(share):
    with pytest.raises(ValueError, match="share of the samples"):
        trained(nn.Linear(1, 1), nn.MSELoss(), (NUMBERED, NUMBERED), val=share)


def test_a_share_of_batches_is_refused():
    for train in ([(NUMBERED, NUMBERED)], DataLoader(TensorDataset(NUMBERED, NUMBERED))):
        with pytest.raises(ValueError, match="of arrays or of a data set"):
            trained(nn.Linear(1, 1), nn.MSELoss(), train, val=0.2)


# --- refused --------------------------------------------------------------------------------------


def test_tables_that_are_no_numbers():
    x, y = regression()
    texts = frame(x).assign(d=["text"] * 20)
    with pytest.raises(TypeError, match="something else than numbers"):
        trained(nn.Linear(4, 1), nn.MSELoss(), (texts, pandas().Series(y)))
    with pytest.raises(TypeError, match="a table alone has no targets"):
        trained(nn.Linear(3, 1), nn.MSELoss(), frame(x))


def test_metrics_by_name():
    x, y = classification()
    model = nn.Linear(3, 2)
    data = (x.astype(single), y)
    loss = nn.CrossEntropyLoss()
    found = nn.evaluate(model, loss, data, {"right": "accuracy", "f": nn.metrics.f1})
    assert list(found) == ["loss", "right", "f"]
    assert found["right"] == nn.evaluate(model, loss, data, "accuracy")["accuracy"]
    assert found["f"] == nn.evaluate(model, loss, data, nn.metrics.f1)["f1"]
    for wrong in ("accurate", "labels", "confusion_matrix", "__name__"):
        with pytest.raises(ValueError, match="in nn.metrics, but accuracy, f1"):
            nn.evaluate(model, loss, data, [wrong])


def test_yes_or_no_in_one_column():
    """Classes of named data become the column of numbers that such a loss compares with, and the
    loss says from where on a prediction is a yes.
    """
    x, y = classification(200)
    y = (x.sum(1) > 0.8).astype(int)
    for loss, last in {
        nn.BCELoss(): nn.Sigmoid(),
        F.binary_cross_entropy: nn.Sigmoid(),
        nn.BCEWithLogitsLoss(): nn.Identity(),
        nn.MSELoss(): nn.Identity(),
    }.items():
        model = nn.Sequential(nn.Linear(3, 1), last)
        data = Data(x, y, classes=("no", "yes"))
        optimizer = nn.optim.Adam(model.parameters(), 0.1)
        history = nn.fit(model, loss, optimizer, data, metrics="accuracy", **QUIET | {"epochs": 30})
        outputs = nn.predict(model, data).numpy()[:, 0]
        threshold = 0.5 if isinstance(last, nn.Sigmoid) else 0.0
        expected = ((outputs > threshold) == y).mean()
        found = nn.evaluate(model, loss, data, ["accuracy", "f1"])
        assert found["accuracy"] == expected
        if not isinstance(loss, nn.MSELoss):
            assert expected > 0.9 and history["accuracy"][-1] > 0.9
    with pytest.raises(ValueError, match=r"input size \(\[20, 1\]\): target.reshape\(-1, 1\)"):
        nn.evaluate(model, nn.BCELoss(), (x[:20].astype(single), y[:20].astype(single)))
    with pytest.warns(UserWarning, match=r"have the same size: target.reshape\(-1, 1\)") as caught:
        nn.evaluate(model, nn.MSELoss(), (x.astype(single), y.astype(single)))
    assert caught[0].filename == __file__


def test_a_model_that_says_how_sure_it_is():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (400, 1))
    data = Data(x, 2 * x[:, 0] + rng.normal(size=400) * np.exp(x[:, 0] - 1))
    model = nn.Linear(1, 2)
    optimizer = nn.optim.Adam(model.parameters(), 0.05)
    nn.fit(model, nn.GaussianNLLLoss(), optimizer, data, **QUIET | {"epochs": 60})
    mean, log_variance = model.weight.numpy()[:, 0]
    assert abs(mean - 2) < 0.2 and abs(log_variance - 2) < 0.4


# --- divergence -----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_divergence_names_the_learning_rate_and_keeps_the_history(tmp_path):
    x, y = regression()
    model = nn.Linear(3, 1)
    optimizer = nn.optim.SGD(model.parameters(), lr=3.25)
    ended = []

    class Ends(Callback):
        def on_train_end(self, run):
            ended.append(len(run.history))

    path = tmp_path / "state.npz"
    with pytest.raises(
        DivergenceError, match=r"the loss is (inf|nan) in epoch \d+.*rate 3.25:"
    ) as e:
        nn.fit(
            model,
            nn.MSELoss(),
            optimizer,
            Data(x, y),
            epochs=500,
            progress=False,
            callbacks=[Ends(), Checkpoint(path)],
        )
    history = e.value.history
    assert isinstance(e.value, FloatingPointError)
    assert len(history) == ended[0] > 1 and history["loss"][-1] > history["loss"][0]
    assert f"in epoch {len(history) + 1}," in str(e.value)
    assert nn.load(path)["history"]["loss"] == history["loss"]
    history.plot()


def test_early_stopping_is_at_hand():
    data = moons(60, generator=ag.Generator().manual_seed(0))
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    history = trained(
        model,
        nn.CrossEntropyLoss(),
        data,
        val=0.25,
        epochs=200,
        callbacks=[nn.EarlyStopping(patience=1, min_delta=0.05)],
    )
    assert 2 <= len(history["loss"]) < 200
