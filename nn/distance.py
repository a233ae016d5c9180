"""Distances and similarities between vectors."""

from __future__ import annotations

from typing import Any

from autograd_engine import abs, clamp, norm, sqrt

from .layer import FunctionLayer


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """The p-norm of ``x1 - x2 + eps`` along the last dimension.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import pairwise_distance
    >>> pairwise_distance(tensor([3., 0.]), tensor([0., 4.]))
    tensor(5.)
    """
    d = x1 - x2 + eps
    if p == 2:
        return sqrt((d * d).sum(-1, keepdim=keepdim))
    if p == 1:
        return abs(d).sum(-1, keepdim=keepdim)
    if p == float("inf"):
        return abs(d).amax(-1, keepdim=keepdim)
    return (abs(d) ** p).sum(-1, keepdim=keepdim) ** (1 / p)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """``x1 · x2 / (|x1| |x2|)`` along ``dim``, with lengths of at least ``eps``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import cosine_similarity
    >>> cosine_similarity(tensor([3., 0.]), tensor([4., 3.]), dim=0)
    tensor(0.8000)
    """

    def length(x: Any) -> Any:
        return sqrt(clamp((x * x).sum(dim), min=eps * eps))

    return (x1 * x2).sum(dim) / (length(x1) * length(x2))


def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x`` divided by its p-norm along ``dim``, or by ``eps`` where that is greater.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import normalize
    >>> normalize(tensor([3., 4.]), dim=0)
    tensor([0.6000, 0.8000])
    """
    return x / clamp(norm(x, p, dim, keepdim=True), min=eps)


class PairwiseDistance(FunctionLayer, function=pairwise_distance, inputs=2):
    def extra_repr(self) -> str:
        return ""


class CosineSimilarity(FunctionLayer, function=cosine_similarity, inputs=2):
    def extra_repr(self) -> str:
        return ""
