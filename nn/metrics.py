"""How good predictions are. Scikit-learn computes; here its functions take tensors, and scores in
place of labels.

Each metric is called ``metric(prediction, target)``, so `nn.fit` and `nn.evaluate` take it as it
is.
"""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np

from autograd_engine import ShapeError, Tensor

from .outside import user_level

__all__ = [
    "accuracy",
    "confusion_matrix",
    "f1",
    "labels",
    "mean_absolute_error",
    "precision",
    "r2",
    "recall",
    "top_k_accuracy",
]


def __dir__() -> list[str]:
    """The public names, for completion."""
    return __all__


def _sklearn_metrics() -> ModuleType:
    try:
        import sklearn.metrics
    except ImportError as error:
        raise ImportError(
            "metrics need scikit-learn: pip install 'autograd-engine[data]'"
        ) from error
    return sklearn.metrics


def _values(values: Any) -> np.ndarray:
    return np.asarray(values.detach() if isinstance(values, Tensor) else values)


def labels(prediction: Any, threshold: float | None = None) -> np.ndarray:
    """The classes that scores speak for.

    Parameters
    ----------
    prediction : Tensor or array_like
        Scores, logits or probabilities of shape ``(n, classes)``: the largest wins. Of one score
        each, floats of shape ``(n,)`` or ``(n, 1)``: class 1 where it is above ``threshold``.
        Integers and booleans of shape ``(n,)`` are classes already.
    threshold : float, optional
        By default 0, as is right for logits, or 0.5 where all scores lie between 0 and 1, as
        probabilities do. In `nn.fit` and `nn.evaluate` the loss says which it is, if it is
        `nn.BCELoss` or `nn.BCEWithLogitsLoss`.

    Returns
    -------
    ndarray
        Integers, shape ``(n,)``.

    Warns
    -----
    UserWarning
        If no threshold was given and all scores lie between 0 and 1: they are taken for
        probabilities.

    Examples
    --------
    >>> from nn.metrics import labels
    >>> labels([[0.1, 2.0], [1.0, 0.0]]), labels([-0.3, 0.2]), labels([0, 2])
    (array([1, 0]), array([0, 1]), array([0, 2]))
    >>> labels([0.3, 0.6], threshold=0.5)
    array([0, 1])
    """
    scores = _values(prediction)
    if scores.ndim == 2 and scores.shape[1] > 1:
        return scores.argmax(1)
    flat = scores.reshape(-1)
    if flat.dtype.kind == "f":
        if threshold is None:
            threshold = _guessed_threshold(flat)
        flat = flat > threshold
    return flat.astype(int)


def _guessed_threshold(scores: np.ndarray) -> float:
    """Where class 1 begins: at 0.5 for what looks like probabilities, with a warning, else at 0.
    Scores that are all 0 or 1 are classes.
    """
    if not scores.size or scores.min() < 0 or scores.max() > 1 or np.isin(scores, (0, 1)).all():
        return 0.0
    warnings.warn(
        "all scores lie between 0 and 1, so they are taken for probabilities, and class 1 where "
        "they are above 0.5; say threshold=0.5, or threshold=0 if they are logits",
        UserWarning,
        stacklevel=user_level(),
    )
    return 0.5


def _true_and_found(
    prediction: Any, target: Any, threshold: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted classes, in scikit-learn's order."""
    found, truth = labels(prediction, threshold), _values(target)
    if truth.ndim == 2 and truth.shape[1] == 1:
        truth = truth.reshape(-1)
    if truth.shape != found.shape:
        raise ShapeError(
            f"targets are one class for each prediction: got {list(truth.shape)} for predictions "
            f"{list(np.shape(prediction))}"
        )
    return truth.astype(int), found


def accuracy(prediction: Any, target: Any, threshold: float | None = None) -> float:
    """The share of predictions that are right.

    Parameters
    ----------
    prediction : Tensor or array_like
        Scores or classes, see `labels`.
    target : Tensor or array_like
        Classes, shape ``(n,)``.
    threshold : float, optional
        Above which a single score speaks for class 1: 0 for logits, 0.5 for probabilities; see
        `labels` for what is taken without it.

    Examples
    --------
    >>> from nn.metrics import accuracy
    >>> accuracy([[0.1, 2.0], [1.0, 0.0]], [1, 1])
    0.5
    >>> accuracy([0.3, 0.6], [0, 1], threshold=0.5)
    1.0
    """
    return float(_sklearn_metrics().accuracy_score(*_true_and_found(prediction, target, threshold)))


def top_k_accuracy(prediction: Any, target: Any, k: int = 5) -> float:
    """The share of targets that are among the ``k`` highest scores.

    Parameters
    ----------
    prediction : Tensor or array_like
        Scores, shape ``(n, classes)``.
    target : Tensor or array_like
        Classes, shape ``(n,)``.
    k : int

    Examples
    --------
    >>> from nn.metrics import top_k_accuracy
    >>> top_k_accuracy([[0.1, 0.2, 0.7], [0.8, 0.15, 0.05]], [1, 2], k=2)
    0.5
    """
    scores = _values(prediction)
    if scores.ndim != 2 or not 1 <= k <= scores.shape[1]:
        raise ShapeError(
            "top_k_accuracy takes scores of shape (n, classes) and 1 <= k <= classes, got "
            f"{list(scores.shape)} and k={k}"
        )
    if k == 1:  # scikit-learn takes two classes to be one score
        return accuracy(scores, target)
    if k == scores.shape[1]:  # scikit-learn warns of it
        return 1.0
    return float(
        _sklearn_metrics().top_k_accuracy_score(
            _values(target), scores, k=k, labels=range(scores.shape[1])
        )
    )


def confusion_matrix(
    prediction: Any, target: Any, classes: int | None = None, threshold: float | None = None
) -> np.ndarray:
    """How often each class (row) was taken for each (column).

    Parameters
    ----------
    prediction, target, threshold
        As in `accuracy`.
    classes : int, optional
        How many there are; by default as many as scores, or as occur.

    Returns
    -------
    ndarray
        Counts, shape ``(classes, classes)``; what is right stands on the diagonal.

    Examples
    --------
    >>> from nn.metrics import confusion_matrix
    >>> confusion_matrix([0, 1, 1], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """
    truth, found = _true_and_found(prediction, target, threshold)
    if classes is None:
        shape = np.shape(_values(prediction))
        classes = int(max(truth.max(initial=0), found.max(initial=0))) + 1
        if len(shape) == 2 and shape[1] > 1:
            classes = shape[1]
    return _sklearn_metrics().confusion_matrix(truth, found, labels=range(classes))


def precision(
    prediction: Any,
    target: Any,
    average: str | None = "macro",
    threshold: float | None = None,
) -> Any:
    """Of what was taken for a class, the share that is of it.

    Parameters
    ----------
    prediction, target, threshold
        As in `accuracy`.
    average : {"macro", "micro", "weighted", "binary"} or None
        The mean over classes, over samples, over classes by their size; of class 1 alone; None
        gives an array with each class.

    Examples
    --------
    >>> from nn.metrics import precision
    >>> precision([0, 1, 1], [0, 0, 1], average=None)
    array([1. , 0.5])
    """
    return _sklearn_metrics().precision_score(
        *_true_and_found(prediction, target, threshold), average=average, zero_division=0.0
    )


def recall(
    prediction: Any,
    target: Any,
    average: str | None = "macro",
    threshold: float | None = None,
) -> Any:
    """Of what is of a class, the share that was taken for it; the arguments are those of
    `precision`.
    """
    return _sklearn_metrics().recall_score(
        *_true_and_found(prediction, target, threshold), average=average, zero_division=0.0
    )


def f1(
    prediction: Any,
    target: Any,
    average: str | None = "macro",
    threshold: float | None = None,
) -> Any:
    """The harmonic mean of `precision` and `recall`, whose arguments it has."""
    return _sklearn_metrics().f1_score(
        *_true_and_found(prediction, target, threshold), average=average, zero_division=0.0
    )


def _true_and_found_numbers(prediction: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    found, truth = _values(prediction), _values(target)
    if found.shape != truth.shape:
        raise ShapeError(
            f"prediction and target have the same shape, got {list(found.shape)} and "
            f"{list(truth.shape)}"
        )
    return truth.reshape(len(truth), -1), found.reshape(len(found), -1)


def mean_absolute_error(prediction: Any, target: Any) -> float:
    """The mean distance between prediction and target.

    Examples
    --------
    >>> from nn.metrics import mean_absolute_error
    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return float(
        _sklearn_metrics().mean_absolute_error(*_true_and_found_numbers(prediction, target))
    )


def r2(prediction: Any, target: Any) -> float:
    """The share of the targets' variance that is explained: 1 is perfect, 0 is no better than their
    mean.

    Examples
    --------
    >>> from nn.metrics import r2
    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), r2([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    (1.0, 0.0)
    """
    return float(_sklearn_metrics().r2_score(*_true_and_found_numbers(prediction, target)))
