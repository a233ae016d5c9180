"""What is reported does not depend on how it was batched: losses and metrics of every loss, every
reduction, any structure of inputs, outputs and targets, equal and unequal last batches.
"""

import functools
import math

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn import functional as F
from nn import loss as losses
from nn.data import DataLoader, Dataset, TensorDataset

N = 7
SIZES = (1, 2, 3, 6, 7)
QUIET = {"progress": False}


def rng():
    return np.random.default_rng(0)


def normal(*shape):
    return rng().standard_normal(shape)


def unit(*shape):
    return rng().uniform(0.05, 0.95, shape)


def classes(*shape, n=4):
    return rng().integers(0, n, shape)


WEIGHT = np.array([0.5, 2.0, 0.1, 3.0])
IGNORED = classes(N, 3)
IGNORED[2:4] = 1  # a whole batch of two is ignored
SIGNS = np.sign(normal(N))


def spread(name, *arguments):
    """A loss of more than two arguments, of which the last stand in the target's tuple."""

    def loss(prediction, target, reduction="mean"):
        return getattr(F, name)(prediction, *target, reduction=reduction)

    return loss


CASES = {
    "MSELoss": (nn.MSELoss, {}, normal(N, 3), unit(N, 3)),
    "L1Loss": (nn.L1Loss, {}, normal(N, 3), unit(N, 3)),
    "SmoothL1Loss": (nn.SmoothL1Loss, {"beta": 0.5}, normal(N, 3), unit(N, 3)),
    "HuberLoss": (nn.HuberLoss, {}, normal(N, 3), unit(N, 3)),
    "BCELoss": (nn.BCELoss, {}, unit(N, 3), unit(N, 3)),
    "BCEWithLogitsLoss": (
        nn.BCEWithLogitsLoss,
        {"pos_weight": ag.tensor(WEIGHT[:3])},
        normal(N, 3),
        unit(N, 3),
    ),
    "PoissonNLLLoss": (nn.PoissonNLLLoss, {}, normal(N, 3), unit(N, 3)),
    "KLDivLoss": (nn.KLDivLoss, {}, np.log(unit(N, 3)), unit(N, 3)),
    "SoftMarginLoss": (nn.SoftMarginLoss, {}, normal(N, 3), np.sign(normal(N, 3))),
    "HingeEmbeddingLoss": (nn.HingeEmbeddingLoss, {}, normal(N, 3), np.sign(normal(N, 3))),
    "MultiLabelMarginLoss": (nn.MultiLabelMarginLoss, {}, normal(N, 4), classes(N, 4)),
    "MultiLabelSoftMarginLoss": (
        nn.MultiLabelSoftMarginLoss,
        {"weight": ag.tensor(WEIGHT)},
        normal(N, 4),
        classes(N, 4, n=2).astype(float),
    ),
    "MultiMarginLoss": (
        nn.MultiMarginLoss,
        {"weight": ag.tensor(WEIGHT)},
        normal(N, 4),
        classes(N),
    ),
    "NLLLoss": (nn.NLLLoss, {}, np.log(unit(N, 4)), classes(N)),
    "NLLLoss weight": (nn.NLLLoss, {"weight": ag.tensor(WEIGHT)}, np.log(unit(N, 4)), classes(N)),
    "CrossEntropyLoss": (nn.CrossEntropyLoss, {}, normal(N, 4), classes(N)),
    "CrossEntropyLoss weight": (
        nn.CrossEntropyLoss,
        {"weight": ag.tensor(WEIGHT)},
        normal(N, 4),
        classes(N),
    ),
    "CrossEntropyLoss ignored": (
        nn.CrossEntropyLoss,
        {"weight": ag.tensor(WEIGHT), "ignore_index": 1, "label_smoothing": 0.1},
        normal(N, 4, 3),
        IGNORED,
    ),
    "CrossEntropyLoss ignored alone": (
        nn.CrossEntropyLoss,
        {"ignore_index": -100},
        normal(N, 4),
        np.where(np.arange(N) < 5, -100, classes(N)),
    ),
    "CrossEntropyLoss probabilities": (
        nn.CrossEntropyLoss,
        {"weight": ag.tensor(WEIGHT)},
        normal(N, 4),
        np.full((N, 4), 0.25),
    ),
    "FocalLoss": (
        nn.FocalLoss,
        {"weight": ag.tensor(WEIGHT), "ignore_index": 1},
        normal(N, 4),
        classes(N),
    ),
    "LinearCrossEntropyLoss": (
        functools.partial(nn.LinearCrossEntropyLoss, 3, 4, out_features=(2,), dtype="float64"),
        {"weight": ag.tensor(WEIGHT), "ignore_index": 1},
        normal(N, 3),
        classes(N, 2),
    ),
    "GaussianNLLLoss": (
        functools.partial(functools.partial, spread("gaussian_nll_loss")),
        {},
        normal(N, 3),
        (normal(N, 3), unit(N, 3)),
    ),
    "MarginRankingLoss": (
        functools.partial(functools.partial, spread("margin_ranking_loss")),
        {},
        normal(N),
        (unit(N), SIGNS),
    ),
    "CosineEmbeddingLoss": (
        functools.partial(functools.partial, spread("cosine_embedding_loss")),
        {},
        normal(N, 3),
        (unit(N, 3), SIGNS),
    ),
    "TripletMarginLoss": (
        functools.partial(functools.partial, spread("triplet_margin_loss")),
        {},
        normal(N, 3),
        (unit(N, 3), normal(N, 3) + 1),
    ),
    "TripletMarginWithDistanceLoss": (
        functools.partial(functools.partial, spread("triplet_margin_with_distance_loss")),
        {},
        normal(N, 3),
        (unit(N, 3), normal(N, 3) + 1),
    ),
    "GaussianMixtureNLLLoss": (
        functools.partial(functools.partial, spread("gaussian_mixture_nll_loss")),
        {},
        normal(N, 2),
        (normal(N, 2), unit(N, 2), normal(N)),
    ),
    "functional weighted": (
        functools.partial(functools.partial, F.cross_entropy, weight=ag.tensor(WEIGHT)),
        {"ignore_index": 1},
        normal(N, 4),
        classes(N),
    ),
    "function": (functools.partial(functools.partial, F.nll_loss), {}, normal(N, 4), classes(N)),
}
BELOW = {"CTCLoss"}
"""Of which time comes first; tested below."""
NO_NUMBER = {"AdaptiveLogSoftmaxWithLoss"}
"""Gives more than a loss."""


class Structured(Dataset):
    """Samples of inputs and targets of any structure, of arrays."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return N

    def __getitem__(self, i):
        return entry(self.x, i), entry(self.y, i)


def entry(structure, i):
    if isinstance(structure, dict):
        return {key: entry(part, i) for key, part in structure.items()}
    if isinstance(structure, tuple):
        return tuple(entry(part, i) for part in structure)
    return None if structure is None else structure[i]


def tensors(structure):
    if isinstance(structure, tuple):
        return tuple(map(tensors, structure))
    return ag.tensor(structure)


def loaders(x, y, shuffle=False):
    """The data in batches of several sizes, as a loader, a list of batches, and one of lists."""
    for size in SIZES:
        loader = DataLoader(Structured(x, y), size, shuffle=shuffle)
        yield loader
        yield list(loader)
        yield DataLoader(Structured(x, y), batch_sampler=[[3], [0, 1], [2, 4, 5, 6]])


def test_every_loss_is_among_the_cases():
    named = {name for name in vars(losses) if name.endswith("Loss") and name != "Loss"}
    assert named <= {name.split()[0] for name in CASES} | BELOW | NO_NUMBER


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss by both")
@pytest.mark.parametrize(
    ("name", "reduction"),
    [(name, reduction) for name in CASES for reduction in ("mean", "sum")]
    + [("KLDivLoss", "batchmean")],
)
def test_a_loss_does_not_depend_on_batches(name, reduction):
    make, options, x, y = CASES[name]
    loss = make(**options, reduction=reduction)
    whole = loss(ag.tensor(x), tensors(y)).item() / (N if reduction == "sum" else 1)
    metrics = {"same": lambda p, t: F.mse_loss(p, ag.tensor(x)).item()}
    for loader in loaders(x, y):
        if isinstance(loader, DataLoader) and not isinstance(loader.batch_sampler, list):
            found = nn.evaluate(nn.Identity(), loss, loader, metrics)
            assert found["same"] == 0
        else:
            found = nn.evaluate(nn.Identity(), loss, loader)
        assert found["loss"] == pytest.approx(whole, rel=1e-6, abs=1e-9)


class Scale(nn.Module):
    """A model that gives its inputs, and has a parameter."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(ag.tensor(1.0, dtype="float64"))

    def forward(self, x):
        return x * self.factor


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss by both")
@pytest.mark.parametrize("name", CASES)
def test_the_loss_of_the_training_does_not_either(name):
    make, options, x, y = CASES[name]
    loss = make(**options)
    whole = loss(ag.tensor(x), tensors(y)).item()
    for loader in loaders(x, y, shuffle=True):
        model = Scale()
        optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
        history = nn.fit(model, loss, optimizer, loader, loader, epochs=1, **QUIET)
        for column in ("loss", "val_loss"):
            assert history[column] == pytest.approx([whole], rel=1e-6)


# --- structures -----------------------------------------------------------------------------------

X = normal(N, 3)
TARGETS = {
    "tuple": (X + 1, X * 2),
    "dict": {"a": X + 1, "b": (X * 2, X)},
    "None": None,
    "texts": ([str(i) for i in range(N)], X + 1),
    "numbers": [float(i) for i in range(N)],
}


def flat(structure):
    """The numbers of a structure, in one row."""
    if isinstance(structure, dict):
        structure = tuple(structure.values())
    if isinstance(structure, (tuple, list)):
        return np.concatenate([flat(part) for part in structure] or [np.zeros(0)])
    if structure is None or isinstance(structure, str):
        return np.zeros(0)
    return np.ravel(np.asarray(ag.as_tensor(structure).detach()))


def distance(prediction, target):
    """A loss of a sample's sum of squares, whatever the target is made of."""
    return (prediction**2).sum(1).mean() + sum(flat(target)) / len(prediction)


def collate_none(samples):
    x = ag.tensor(np.stack([x for x, _ in samples]))
    return x, None


@pytest.mark.parametrize("name", TARGETS)
def test_targets_of_any_structure(name):
    y = TARGETS[name]
    whole = (X**2).sum(1).mean() + flat(y).sum() / N
    metrics = {
        "total": lambda p, t: flat(t).sum(),
        "rows": lambda p, t: len(p),
        "kind": lambda p, t: t is None,
    }
    found = []
    for size in SIZES:
        collate = collate_none if y is None else None
        loader = DataLoader(Structured(X, y), size, collate_fn=collate)
        found.append(nn.evaluate(nn.Identity(), distance, loader, metrics))
        found.append(nn.evaluate(nn.Identity(), distance, list(loader), metrics))
    for report in found:
        assert report == pytest.approx(found[0])
        assert report["loss"] == pytest.approx(whole)
        assert report["rows"] == N and report["total"] == pytest.approx(flat(y).sum())


@pytest.mark.parametrize("targets", ["per step", "per sequence"])
def test_sequences_of_which_time_comes_first(targets):
    x = normal(5, N, 3)  # time, samples, features
    y = classes(5, N, n=3) if targets == "per step" else classes(N, n=3)

    class Last(nn.Module):
        def forward(self, x):
            return x if targets == "per step" else x[-1]

    def loss(p, t):
        return F.cross_entropy(p.reshape(-1, 3), t.reshape(-1))

    def collate(samples):
        return [ag.stack(part, dim=-2 + (i and p)) for i, (part, p) in enumerate(parts(samples))]

    def parts(samples):
        inputs, labels = zip(*samples)
        yield [ag.tensor(a) for a in inputs], 0
        yield [ag.tensor(a) for a in labels], 1

    samples = [(x[:, i], y[..., i]) for i in range(N)]
    metrics = {
        "shape": lambda p, t: float(p.shape == ((5, N, 3) if targets == "per step" else (N, 3))),
        "right": lambda p, t: float((p.argmax(-1) == t).double().mean()),
    }
    whole = None
    for size in (N, 1, 2, 3, 5, 6):
        loader = DataLoader(samples, size, collate_fn=collate)
        batch = next(iter(loader))
        assert batch[0].shape == (5, size, 3)
        found = nn.evaluate(Last(), loss, loader, metrics)
        whole = whole or found
        assert found == pytest.approx(whole) and found["shape"] == 1
        if targets == "per sequence":
            assert nn.evaluate(Last(), loss, list(loader)) == pytest.approx({"loss": whole["loss"]})


def test_ctc_of_which_time_comes_first():
    logits = np.log(unit(6, N, 4) / 4)
    targets = 1 + classes(N, 2, n=3)
    lengths = np.array([6, 5, 6, 4, 6, 5, 6])

    def collate(indices):
        i = np.array(indices)
        aims = ag.tensor(targets[i]), ag.tensor(lengths[i]), ag.tensor(np.full(len(i), 2))
        return ag.tensor(logits[:, i]), aims

    def loss(prediction, target):
        return F.ctc_loss(prediction, *target)

    found = [
        nn.evaluate(nn.Identity(), loss, DataLoader(range(N), size, collate_fn=collate))["loss"]
        for size in SIZES
    ]
    assert found == pytest.approx([found[0]] * len(found))


class Several(nn.Module):
    """A model with several outputs."""

    def __init__(self, how):
        super().__init__()
        self.how, self.linear = how, nn.Linear(3, 2).double()

    def forward(self, x):
        y = self.linear(x)
        if self.how == "tuple":
            return y, (x.sum(1), [x])
        return {"y": y, "norms": (x * x).sum(1), "mean": y.mean()}


@pytest.mark.parametrize("how", ["tuple", "dict"])
def test_models_with_several_outputs(how):
    model = Several(how)
    whole = model(ag.tensor(X))
    y = normal(N, 2)

    def loss(prediction, target):
        return F.mse_loss(prediction[0] if how == "tuple" else prediction["y"], target)

    def total(prediction, target):
        rest = prediction[1] if how == "tuple" else prediction["norms"]
        return flat(rest).sum() + flat(target).sum()

    for size in SIZES:
        found = nn.predict(model, X, batch_size=size)
        assert type(found) is type(whole)
        if how == "tuple":
            np.testing.assert_allclose(found[0].numpy(), whole[0].detach().numpy())
            np.testing.assert_allclose(found[1][0].numpy(), X.sum(1))
            assert found[1][1][0].shape == (N, 3)
        else:
            np.testing.assert_allclose(found["y"].numpy(), whole["y"].detach().numpy())
            assert list(found) == list(whole) and found["norms"].shape == (N,)
            assert found["mean"].shape == (math.ceil(N / size),)
        found = nn.evaluate(model, loss, (X, y), [total], batch_size=size)
        assert found["total"] == pytest.approx(total(whole, y))
        optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
        history = nn.fit(
            model, loss, optimizer, (X, y), metrics=[total], epochs=1, batch_size=size, **QUIET
        )
        assert history["total"] == pytest.approx([total(whole, y)])


def test_predict_of_loaders_without_targets():
    for data in (DataLoader(TensorDataset(X), 2), DataLoader(X, 2), iter([X[:4], X[4:]])):
        np.testing.assert_array_equal(nn.predict(nn.Identity(), data).numpy(), X)
    with pytest.raises(ValueError, match="no batch to predict"):
        nn.predict(nn.Identity(), iter([]))


# --- batches that count for nothing ---------------------------------------------------------------


def test_a_batch_that_is_ignored_moves_nothing():
    model = nn.Linear(3, 4).double()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.1)
    y = np.full(N, -100)
    y[:2] = 1
    loader = DataLoader(TensorDataset(X, y), 2)
    history = nn.fit(model, nn.CrossEntropyLoss(), optimizer, loader, epochs=3, **QUIET)
    assert np.isfinite(history["loss"]).all()
    assert optimizer.state_dict()["state"][0]["step"].item() == 3
    twin = nn.Linear(3, 4).double()
    ignored = nn.evaluate(twin, nn.CrossEntropyLoss(), (X[2:], y[2:]), batch_size=2)
    assert math.isnan(ignored["loss"])


class Doubled(nn.CrossEntropyLoss):
    """A loss with a forward of its own, of which its base says nothing: a mean over samples."""

    def forward(self, prediction, target):
        return 2 * (prediction[:, 0] * target).mean()


class Counted(nn.Module):
    """A loss of one's own that says how much a batch counts."""

    def forward(self, prediction, target):
        return (prediction[:, 0] * target).sum() / target.sum()

    def counted(self, prediction, target):
        return target.sum().item()


def test_losses_of_ones_own():
    y = unit(N)
    for loss in (Doubled(ignore_index=1), Counted()):
        whole = loss(ag.tensor(X), ag.tensor(y)).item()
        for size in SIZES:
            found = nn.evaluate(nn.Identity(), loss, (X, y), batch_size=size)
            assert found["loss"] == pytest.approx(whole)
