"""The ops: tables of declarations, one file for each family, and what makes them functions and
methods.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from . import (
    arithmetic,
    arrange,
    choice,
    convolution,
    counting,
    diagonal,
    einsum,
    elementwise,
    gathering,
    indexing,
    joining,
    linalg,
    linear,
    logic,
    norms,
    padding,
    pooling,
    reduction,
    resampling,
    scan,
    shape,
    softmax,
    sorting,
    special,
    splitting,
    statistics,
    windows,
)
from .declare import composites

FAMILIES: tuple[ModuleType, ...] = (
    arithmetic,
    logic,
    elementwise,
    choice,
    special,
    reduction,
    statistics,
    scan,
    softmax,
    shape,
    arrange,
    joining,
    splitting,
    diagonal,
    padding,
    indexing,
    gathering,
    sorting,
    counting,
    linear,
    einsum,
    linalg,
    windows,
    convolution,
    pooling,
    resampling,
)

FUNCTIONS_ONLY = {
    family.__name__ for family in (joining, padding, windows, convolution, pooling, resampling)
}
"""Families whose ops are no methods of tensors, as in PyTorch."""

UNNAMED = {"getitem", "setitem"}
"""Ops that users write as syntax, ``x[index]``, and not by name."""


def public_functions() -> dict[str, Any]:
    """Every public op by name: what a family declares or composes under a name without an
    underscore.
    """
    composed = {id(function) for function in composites.values()}
    return {
        name: value
        for family in FAMILIES
        for name, value in vars(family).items()
        if not name.startswith("_")
        and name not in UNNAMED
        and (hasattr(value, "op") or id(value) in composed)
    }
