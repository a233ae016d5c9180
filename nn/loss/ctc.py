"""Connectionist temporal classification: the likelihood of a label sequence, summed over all its
alignments to a signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_engine import ShapeError, Tensor, as_tensor, cat, full, logaddexp, named_errors, where

from ..precision import single_inside
from .reduction import Loss, reduce

NEVER = -1e30
"""The logarithm of the probability of what cannot happen: finite, so that no infinities meet in a
gradient.
"""


def _target_rows(targets: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Target sequences as rows: they may come as such, or one after the other in one dimension."""
    if targets.ndim == 2:
        return targets
    if targets.ndim != 1 or targets.size != lengths.sum():
        raise ShapeError(
            f"targets have shape (N, S) or (sum(target_lengths),) = ({lengths.sum()},), got "
            f"{list(targets.shape)}"
        )
    rows = np.zeros((len(lengths), lengths.max(initial=0)), targets.dtype)
    rows[np.arange(rows.shape[1]) < lengths[:, None]] = targets
    return rows


def _log_likelihoods(
    log_probs: Any,
    targets: np.ndarray,
    input_lengths: np.ndarray,
    target_lengths: np.ndarray,
    blank: int,
) -> Any:
    """The forward recursion over the target with blanks around each label (Graves et al., 2006, eq.
    6-8).

    ``paths[n, s]`` is the log-probability of all alignments of the signal so far that end at place
    ``s``.
    """
    samples = np.arange(len(targets))
    labels = np.full((len(targets), 2 * targets.shape[1] + 1), blank)
    labels[:, 1::2] = targets
    # places that may be entered from two before: other labels, not blanks
    skip = np.zeros(labels.shape, bool)
    skip[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    never = full((len(targets), 2), NEVER, dtype=log_probs.dtype)
    paths = where(np.arange(labels.shape[1]) < 2, log_probs[0][samples[:, None], labels], NEVER)
    for t in range(1, log_probs.shape[0]):
        before = cat([never, paths], dim=1)
        arrived = logaddexp(logaddexp(paths, before[:, 1:-1]), where(skip, before[:, :-2], NEVER))
        paths = where(
            (t < input_lengths)[:, None], arrived + log_probs[t][samples[:, None], labels], paths
        )
    end = paths[samples, 2 * target_lengths]
    label_end = paths[samples, np.maximum(2 * target_lengths - 1, 0)]
    return logaddexp(end, where(target_lengths > 0, label_end, NEVER))


@named_errors
@single_inside
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """The negative log-likelihood of label sequences, whatever their alignment to the signal
    (Graves et al., 2006).

    Parameters
    ----------
    log_probs : Tensor
        Log-probabilities of C classes at T times, shape ``(T, N, C)`` or ``(T, C)``.
    targets : integer Tensor
        Labels, shape ``(N, S)``, or one sequence after the other in one dimension.
    input_lengths, target_lengths : integer Tensor or sequence
        The length of each signal (at most T) and of each target, shape ``(N,)`` or ``()``.
    blank : int
        The class that stands for no label.
    reduction : {"mean", "sum", "none"}
        The mean is over the samples, each divided by the length of its target.
    zero_infinity : bool
        Whether targets that are too long for their signal count 0, not infinity.

    Returns
    -------
    Tensor
        A number, or with "none" shape ``(N,)``.

    Raises
    ------
    RuntimeError
        If lengths or shapes do not fit.

    Examples
    --------
    >>> from autograd_engine import log_softmax, zeros
    >>> from nn.functional import ctc_loss
    >>> ctc_loss(log_softmax(zeros(2, 2), dim=1), zeros(1, dtype=int) + 1, [2], [1])
    tensor(0.2877)
    """
    log_probs = as_tensor(log_probs)
    single = log_probs.ndim == 2
    signal = log_probs.unsqueeze(1) if single else log_probs
    lengths, sizes = (np.atleast_1d(np.asarray(x)) for x in (input_lengths, target_lengths))
    labels = targets.numpy() if isinstance(targets, Tensor) else np.asarray(targets)
    labels = _target_rows(labels[None] if single and labels.ndim == 1 else labels, sizes)
    _check_lengths(signal, labels, lengths, sizes, blank)
    loss = -_log_likelihoods(signal, labels, lengths, sizes, blank)
    impossible = loss.detach() > -NEVER / 2
    loss = where(impossible, 0 if zero_infinity else float("inf"), loss)
    if reduction == "mean":
        loss = loss / np.maximum(sizes, 1)
    return reduce(loss.reshape(()) if single else loss, reduction)


def _check_lengths(
    signal: Any, labels: np.ndarray, lengths: np.ndarray, sizes: np.ndarray, blank: int
) -> None:
    steps, samples, classes = signal.shape
    if not len(lengths) == len(sizes) == len(labels) == samples:
        raise ShapeError(
            f"{samples} signals need as many targets and lengths; got {len(labels)}, "
            f"{len(lengths)} and {len(sizes)}"
        )
    if not 0 <= blank < classes:
        raise ShapeError(f"blank must be in label range: from 0 to {classes - 1}, got {blank}")
    if (
        (lengths > steps).any()
        or (sizes > labels.shape[1]).any()
        or (lengths < 1).any()
        or (sizes < 0).any()
    ):
        raise ShapeError(
            f"input lengths go from 1 to {steps} and target lengths from 0 to {labels.shape[1]}, "
            f"got {lengths} and {sizes}"
        )


class CTCLoss(Loss, function=ctc_loss, inputs=4):
    def counted(self, *inputs: Any) -> float:
        return inputs[0].shape[1] if inputs[0].ndim == 3 else 1
