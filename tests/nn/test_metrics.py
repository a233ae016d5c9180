"""Metrics by their definitions, counted out with NumPy."""

import sys

import numpy as np
import pytest

import autograd_engine as ag
import nn
from nn import metrics

pytest.importorskip("sklearn")


@pytest.fixture
def scored(rng):
    return rng.normal(size=(200, 4)), rng.integers(4, size=200)


def counted(found, truth, classes):
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (truth, found), 1)
    return matrix


@pytest.mark.parametrize(
    "make", [np.asarray, ag.tensor, lambda a: ag.tensor(a, requires_grad=True)]
)
def test_classes_from_scores(scored, make):
    scores, truth = scored
    matrix = counted(scores.argmax(1), truth, 4)
    hits = np.diag(matrix)
    for prediction in (make(scores), ag.tensor(scores.argmax(1))):
        target = ag.tensor(truth)
        assert np.array_equal(metrics.confusion_matrix(prediction, target), matrix)
        assert metrics.accuracy(prediction, target) == pytest.approx(hits.sum() / 200)
        p, r = hits / matrix.sum(0), hits / matrix.sum(1)
        np.testing.assert_allclose(metrics.precision(prediction, target, average=None), p)
        np.testing.assert_allclose(metrics.recall(prediction, target, average=None), r)
        np.testing.assert_allclose(metrics.f1(prediction, target), np.mean(2 * p * r / (p + r)))
        assert metrics.recall(prediction, target, "micro") == pytest.approx(hits.sum() / 200)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("classes", [2, 4])
def test_top_k(scored, k, classes):
    scores, truth = scored[0][:, :classes], scored[1] % classes
    if k > classes:
        with pytest.raises(ValueError, match=f"k={k}"):
            metrics.top_k_accuracy(scores, truth, k)
        return
    expected = np.mean([t in order for t, order in zip(truth, np.argsort(-scores, 1)[:, :k])])
    assert metrics.top_k_accuracy(ag.tensor(scores), ag.tensor(truth), k=k) == pytest.approx(
        expected
    )


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_one_logit(shape):
    logits, truth = np.array([-1.0, 0.5, 2.0, -0.1, 0.0]).reshape(shape), np.array([0, 1, 0, 1, 0])
    assert (
        metrics.accuracy(logits, truth)
        == metrics.accuracy(logits, truth.reshape(shape).astype(float))
        == 0.6
    )
    assert metrics.precision(logits, truth, "binary") == 0.5


def test_a_class_that_never_occurs_is_no_error():
    assert metrics.precision([0, 0, 0], [0, 1, 2], average=None).tolist() == [
        pytest.approx(1 / 3),
        0,
        0,
    ]
    assert metrics.confusion_matrix([0, 1], [0, 1], classes=3).shape == (3, 3)


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3)])
def test_regression(rng, shape):
    prediction, target = rng.normal(size=shape), rng.normal(size=shape)
    assert metrics.mean_absolute_error(ag.tensor(prediction), ag.tensor(target)) == pytest.approx(
        np.abs(prediction - target).mean()
    )
    expected = 1 - ((target - prediction) ** 2).sum(0) / ((target - target.mean(0)) ** 2).sum(0)
    assert metrics.r2(prediction, target) == pytest.approx(np.mean(expected))


def test_metrics_in_a_training(rng):
    x = rng.normal(size=(60, 2))
    y = (x.sum(1) > 0).astype(int)
    model = nn.Linear(2, 2).double()
    wanted = [metrics.accuracy, metrics.f1]
    history = nn.fit(
        model,
        nn.CrossEntropyLoss(),
        nn.optim.Adam(model.parameters(), 0.1),
        (x, y),
        (x, y),
        20,
        wanted,
        progress=False,
    )
    assert history["val_accuracy"][-1] > 0.9 and history["f1"][-1] > 0.9


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: metrics.accuracy(np.zeros((3, 2)), np.zeros(4)),
            r"\[4\] for predictions \[3, 2\]",
        ),
        (lambda: metrics.r2(np.zeros((3, 1)), np.zeros(3)), r"\[3, 1\] and \[3\]"),
        (lambda: metrics.top_k_accuracy(np.zeros(3), np.zeros(3), 1), r"\[3\]"),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(ImportError, match=r"autograd-engine\[data\]"):
        metrics.accuracy([0], [0])


# --- probabilities in the place of logits ---------------------------------------------------------

TAKE_SCORES = {
    "accuracy": metrics.accuracy,
    "precision": metrics.precision,
    "recall": metrics.recall,
    "f1": metrics.f1,
    "confusion_matrix": metrics.confusion_matrix,
    "labels": lambda p, t, **options: metrics.labels(p, **options),
}


@pytest.mark.parametrize("name", TAKE_SCORES)
@pytest.mark.parametrize("shape", [(6,), (6, 1)])
def test_probabilities_are_known_by_their_range(name, shape):
    probabilities = np.array([0.1, 0.4, 0.6, 0.9, 0.5, 0.2])
    truth = np.array([0, 0, 1, 1, 0, 1])
    logits = np.log(probabilities / (1 - probabilities))
    metric = TAKE_SCORES[name]
    expected = metric(logits.reshape(shape), truth)
    found = metric(ag.tensor(probabilities.reshape(shape)), truth, threshold=0.5)
    np.testing.assert_array_equal(found, expected)
    with pytest.warns(UserWarning, match="between 0 and 1.*threshold=0.5") as caught:
        guessed = metric(probabilities.reshape(shape), truth)
    np.testing.assert_array_equal(guessed, expected)
    assert caught[0].filename == __file__


def test_what_is_no_probability_is_taken_without_a_word():
    for scores in ([0.2, 1.1], [-0.1, 0.5], [0.0, 1.0], [0, 1], [[0.2, 0.8], [0.6, 0.4]]):
        metrics.accuracy(np.array(scores), [0, 1])
    assert metrics.accuracy(np.array([0.2, 0.8]), [1, 1], threshold=0) == 1.0
