"""Connectionist temporal classification: the likelihood of a label sequence, summed over all its
alignments to a signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_engine import (
    ShapeError,
    Tensor,
    arange,
    as_tensor,
    cat,
    decide,
    full,
    full_like,
    logaddexp,
    named_errors,
    stack,
    take_along_dim,
    where,
)

from ..precision import single_inside
from .reduction import Loss, reduce

NEVER = -1e30
"""The logarithm of the probability of what cannot happen: finite, so that no infinities meet in a
gradient.
"""


def _target_rows(targets: Tensor, sizes: Tensor, longest: int) -> Tensor:
    """Target sequences as rows: they may come as such, or one after the other in one dimension."""
    if targets.ndim == 2:
        return targets
    begins = (sizes.cumsum(0) - sizes)[:, None]
    place = arange(longest)
    return targets[where(place < sizes[:, None], begins + place, 0)]


def _with_blanks(rows: Tensor, blank: int) -> Tensor:
    """Each row with a blank before and behind each label."""
    blanks = full_like(rows, blank)
    pairs = stack([blanks, rows], 2).reshape((len(rows), -1))
    return cat([pairs, full((len(rows), 1), blank, dtype=rows.dtype)], 1)


def _log_likelihoods(
    log_probs: Tensor, rows: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int
) -> Tensor:
    """The forward recursion over the target with blanks around each label (Graves et al., 2006, eq.
    6-8).

    ``paths[n, s]`` is the log-probability of all alignments of the signal so far that end at place
    ``s``.
    """
    labels = _with_blanks(rows, blank)
    # places that may be entered from two before: other labels, not blanks
    skip = (labels != blank) & (labels != cat([labels[:, :2], labels[:, :-2]], 1))
    never = full((len(rows), 2), NEVER, dtype=log_probs.dtype)
    wanted = labels.expand(len(log_probs), *labels.shape)
    first, *others = take_along_dim(log_probs, wanted, 2).unbind(0)
    paths = where(arange(labels.shape[1]) < 2, first, NEVER)
    for t, found in enumerate(others, 1):
        before = cat([never, paths], 1)
        arrived = logaddexp(logaddexp(paths, before[:, 1:-1]), where(skip, before[:, :-2], NEVER))
        paths = where((t < input_lengths)[:, None], arrived + found, paths)
    end = _at(paths, 2 * target_lengths)
    label_end = _at(paths, (2 * target_lengths - 1).clamp(min=0))
    return logaddexp(end, where(target_lengths > 0, label_end, NEVER))


def _at(rows: Tensor, places: Tensor) -> Tensor:
    """The number at one place of each row."""
    return take_along_dim(rows, places[:, None], 1).squeeze(1)


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
    targets = as_tensor(targets)
    single = log_probs.ndim == 2
    signal = log_probs
    if single:
        signal = log_probs.unsqueeze(1)
        targets = targets.unsqueeze(0) if targets.ndim == 1 else targets
    lengths, sizes = (as_tensor(x).reshape(-1) for x in (input_lengths, target_lengths))
    shapes = {"signal": signal.shape, "targets": targets.shape}
    longest = decide(_longest_target, lengths, sizes, blank=blank, **shapes)
    rows = _target_rows(targets, sizes, longest)
    loss = -_log_likelihoods(signal, rows, lengths, sizes, blank)
    impossible = loss.detach() > -NEVER / 2
    loss = where(impossible, 0 if zero_infinity else float("inf"), loss)
    if reduction == "mean":
        loss = loss / sizes.clamp(min=1)
    return reduce(loss.reshape(()) if single else loss, reduction)


def _longest_target(
    lengths: np.ndarray, sizes: np.ndarray, *, signal: tuple, targets: tuple, blank: int
) -> int:
    """How many labels a target has at most.

    Raises
    ------
    ShapeError
        If lengths or shapes do not fit.
    """
    steps, samples, classes = signal
    count, longest = len(sizes), int(sizes.max(initial=0))
    if len(targets) == 2:
        count, longest = targets
    elif len(targets) != 1 or targets[0] != sizes.sum():
        raise ShapeError(
            f"targets have shape (N, S) or (sum(target_lengths),) = ({sizes.sum()},), got "
            f"{list(targets)}"
        )
    if not len(lengths) == len(sizes) == count == samples:
        raise ShapeError(
            f"{samples} signals need as many targets and lengths; got {count}, "
            f"{len(lengths)} and {len(sizes)}"
        )
    if not 0 <= blank < classes:
        raise ShapeError(f"blank must be in label range: from 0 to {classes - 1}, got {blank}")
    if (
        (lengths > steps).any()
        or (sizes > longest).any()
        or (lengths < 1).any()
        or (sizes < 0).any()
    ):
        raise ShapeError(
            f"input lengths go from 1 to {steps} and target lengths from 0 to {longest}, "
            f"got {lengths} and {sizes}"
        )
    return longest


class CTCLoss(Loss, function=ctc_loss, inputs=4):
    def counted(self, *inputs: Any) -> float:
        return inputs[0].shape[1] if inputs[0].ndim == 3 else 1
