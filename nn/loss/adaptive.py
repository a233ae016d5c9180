"""The adaptive softmax: a classifier of very many classes whose rare ones stand in clusters (Grave
et al., *Efficient softmax approximation for GPUs*, 2017).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple, Sequence

import numpy as np

from autograd_engine import (
    ShapeError,
    Tensor,
    cat,
    decide,
    is_traced,
    log_softmax,
    take_along_dim,
    where,
    zeros,
)

from ..containers import ModuleList, Sequential
from ..linear import Linear
from ..module import Module


class AdaptiveOutput(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` gives.

    Attributes
    ----------
    output : Tensor
        The log-probability of each target, shape ``(N,)`` or ``()``.
    loss : Tensor
        Minus their mean.
    """

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """A linear classifier whose classes are sorted by frequency, the most frequent one first.

    A head tells the first classes from each other and from the clusters of the rest; each cluster
    has a smaller classifier of its own, which is only asked about targets in it.

    Parameters
    ----------
    in_features : int
    n_classes : int
    cutoffs : sequence of int
        Where the clusters begin, rising, each between 1 and ``n_classes - 1``.
    div_value : float
        The i-th cluster (from 1) works on ``in_features // div_value ** i`` features.
    head_bias : bool
        Whether the head has a bias.

    Attributes
    ----------
    head : Linear
    tail : ModuleList
        Of each cluster, two `Linear` in a row.

    Raises
    ------
    ValueError
        If the cutoffs are not as described.
    RuntimeError
        If a target is no class, or shapes do not fit.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import ones, tensor
    >>> layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10])
    >>> layer(ones(3, 8), tensor([0, 5, 19])).output.shape, layer.log_prob(ones(3, 8)).shape
    ((3,), (3, 20))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = [*cutoffs, n_classes]
        if len(ends) < 2 or ends[0] <= 0 or any(a >= b or int(a) != a for a, b in pairwise(ends)):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                f"order, each between 1 and n_classes-1={n_classes - 1}; got {list(cutoffs)}"
            )
        options = {"device": device, "dtype": dtype}
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = ends
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **options)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(ends), 1):
            width = int(in_features // div_value**i)
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **options),
                    Linear(width, high - low, bias=False, **options),
                )
            )

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        for module in (self.head, *(layer for pair in self.tail for layer in pair)):
            module.reset_parameters()

    def forward(self, input: Any, target: Any) -> AdaptiveOutput:
        """The log-probabilities of targets, and the loss.

        Parameters
        ----------
        input : Tensor
            Shape ``(N, in_features)`` or ``(in_features,)``.
        target : integer Tensor
            Shape ``(N,)`` or ``()``.
        """
        if target.ndim > 1 or input.ndim != target.ndim + 1 or input.shape[:-1] != target.shape:
            raise ShapeError(
                "an input of shape (N, features) takes a target (N,), one of (features,) takes (); "
                f"got {list(input.shape)} and {list(target.shape)}"
            )
        x = input.reshape((-1, self.in_features)) if input.ndim == 1 else input
        decide(_require_classes, target, count=self.n_classes)
        if is_traced():  # which rows are in a cluster differs from call to call
            places = target.reshape((-1, 1))
            output = take_along_dim(self.log_prob(x), places, 1).squeeze(1)
        else:
            output = self._of_classes(x, target.numpy().reshape(-1))
        return AdaptiveOutput(output.reshape(tuple(target.shape)), -output.mean())

    def _of_classes(self, x: Any, classes: np.ndarray) -> Any:
        """The log-probability of each row's class; each cluster is asked about its own rows."""
        cluster = np.searchsorted(self.cutoffs, classes, side="right")  # 0 for the head's own
        entry = np.where(cluster == 0, classes, self.shortlist_size + cluster - 1)
        head = log_softmax(self.head(x), dim=1)
        return head[np.arange(len(classes)), entry] + self._inside(x, classes, cluster)

    def _inside(self, x: Any, classes: np.ndarray, cluster: np.ndarray) -> Any:
        """The log-probability of each class within its cluster; 0 for those of the head."""
        own = np.flatnonzero(cluster == 0)
        order = [own]
        parts = [zeros(len(own), dtype=x.dtype)]
        for i, (classifier, low) in enumerate(zip(self.tail, self.cutoffs), 1):
            rows = np.flatnonzero(cluster == i)
            if len(rows):
                log_p = log_softmax(classifier(x[rows]), dim=1)
                order.append(rows)
                parts.append(log_p[np.arange(len(rows)), classes[rows] - low])
        return cat(parts)[np.argsort(np.concatenate(order))]

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes, shape ``(N, n_classes)``, of an input ``(N,
        in_features)``.
        """
        head = log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, classifier in enumerate(self.tail):
            entry = self.shortlist_size + i
            inside = log_softmax(classifier(input), dim=1)
            parts.append(inside + head[:, entry : entry + 1])
        return cat(parts, 1)

    def predict(self, input: Any) -> Any:
        """The most probable class of each row, shape ``(N,)``: where the head is surest of one of
        its own classes, it is that one.
        """
        head = self.head(input).argmax(1)
        return where(head < self.shortlist_size, head, self.log_prob(input).argmax(1))


def _require_classes(target: np.ndarray, *, count: int) -> None:
    """Raise for a target that is none of so many classes."""
    if ((target < 0) | (target >= count)).any():
        raise RuntimeError(
            f"Target values should be in [0, {count - 1}], but values in range "
            f"[{target.min()}, {target.max()}] were found."
        )
