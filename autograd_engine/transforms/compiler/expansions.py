"""What some ops consist of, said with others: those whose own code is written for arrays alone.

Each takes tensors, and the static arguments of the op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...ops.declare import normal_dims
from ...ops.elementwise import exp, log
from ...ops.reduction import amax
from ...ops.reduction import sum as total


def _count(x: Any, dim: Any) -> int:
    count = 1
    for d in normal_dims(dim, x.ndim):
        count *= x.shape[d]
    return count


def softmax_in_parts(x: Any, *, dim: Any, dtype: Any = None) -> Any:
    """``exp(x - max) / sum(exp(x - max))``"""
    powers = exp(x - amax(x, dim, keepdim=True))
    return powers / total(powers, dim, keepdim=True)


def log_softmax_in_parts(x: Any, *, dim: Any, dtype: Any = None) -> Any:
    """``x - max - log(sum(exp(x - max)))``"""
    shifted = x - amax(x, dim, keepdim=True)
    return shifted - log(total(exp(shifted), dim, keepdim=True))


def mean_in_parts(x: Any, *, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """``sum(x) / n``"""
    return total(x, dim, keepdim) / _count(x, dim)


def var_in_parts(x: Any, *, dim: Any = None, correction: int = 1, keepdim: bool = False) -> Any:
    """``sum((x - mean)²) / (n - correction)``"""
    count = _count(x, dim)
    centred = x - total(x, dim, keepdim=True) / count
    return total(centred * centred, dim, keepdim) / (count - correction)


EXPANSIONS: dict[str, Callable] = {
    "softmax": softmax_in_parts,
    "log_softmax": log_softmax_in_parts,
    "mean": mean_in_parts,
    "var": var_in_parts,
}
