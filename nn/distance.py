"""Distances and similarities between vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_engine import Tensor, broadcast_tensors, clamp, decide, named_errors, norm
from autograd_engine.func import is_batched

from .layer import FunctionLayer
from .precision import single_inside


@named_errors
@single_inside
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
    length = _length(x1 - x2 + eps, p, -1)
    return length if keepdim else length.squeeze(-1)


@named_errors
@single_inside
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """``x1 · x2 / (|x1| |x2|)`` along ``dim``, with lengths of at least ``eps``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import cosine_similarity
    >>> cosine_similarity(tensor([3., 0.]), tensor([4., 3.]), dim=0)
    tensor(0.8000)
    """
    x1, x2 = broadcast_tensors(x1, x2)
    return (normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps)).sum(dim)


@named_errors
@single_inside
def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """``x`` divided by its p-norm along ``dim``, or by ``eps`` where that is greater.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import normalize
    >>> normalize(tensor([3., 4.]), dim=0)
    tensor([0.6000, 0.8000])
    """
    return x / clamp(_length(x, p, dim), min=eps)


def _length(x: Any, p: float, dim: int) -> Any:
    """The p-norm along ``dim``, with that dimension kept."""
    unit = unit_of(x, p, dim)
    if unit is None:
        return norm(x, p, dim, keepdim=True)
    return norm(x / unit, p, dim, keepdim=True) * unit


def unit_of(x: Any, p: float, dim: int) -> np.ndarray | None:
    """In what units to measure vectors along ``dim`` so that powers neither overflow nor vanish:
    their greatest magnitudes, 1 where that is usual, None where it is so everywhere.
    """
    if not math.isfinite(p) or is_batched(x) or decide(_are_usual, x, p, dim):
        return None
    unit, usual = _magnitudes(x.detach().numpy() if isinstance(x, Tensor) else x, p, dim)
    unit[usual | ~np.isfinite(unit)] = 1
    return unit


def _are_usual(values: np.ndarray, p: float, dim: int) -> bool:
    return bool(_magnitudes(values, p, dim)[1].all())


def _magnitudes(values: np.ndarray, p: float, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """The greatest magnitudes along ``dim``, and which of them are safe to take to a power."""
    unit = np.abs(values).max(dim, keepdims=True, initial=0)
    limits = np.finfo(values.dtype)
    power = max(p, 2.0)
    low = (limits.tiny / limits.eps) ** (1 / power)
    high = (limits.max / max(values.size, 1)) ** (1 / power)
    return unit, (unit == 0) | (unit > low) & (unit < high)


class PairwiseDistance(FunctionLayer, function=pairwise_distance, inputs=2):
    def extra_repr(self) -> str:
        return ""


class CosineSimilarity(FunctionLayer, function=cosine_similarity, inputs=2):
    def extra_repr(self) -> str:
        return ""
