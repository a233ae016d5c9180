"""The ops: tables of declarations, one file for each family, and what makes them functions and
methods.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Callable

from .declare import composites

FAMILIES: tuple[ModuleType, ...] = tuple(
    [
        import_module(f"{__name__}.{family}")
        for family in (
            "arithmetic",
            "logic",
            "elementwise",
            "floats",
            "choice",
            "special",
            "reduction",
            "statistics",
            "scan",
            "softmax",
            "shape",
            "arrange",
            "joining",
            "splitting",
            "grids",
            "diagonal",
            "padding",
            "indexing",
            "gathering",
            "scattering",
            "placing",
            "sorting",
            "counting",
            "linear",
            "pairs",
            "einsum",
            "algebra",
            "windows",
            "convolution",
            "pooling",
            "resampling",
            "sampling",
        )
    ]
)
"""The families, in the order of the README's table."""

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


def is_method(function: Callable) -> bool:
    """Whether a public op is a method of tensors too: unless it, or its whole family, says
    otherwise.
    """
    family = sys.modules[function.__module__]
    return not (hasattr(function, "function_only") or hasattr(family, "FUNCTIONS_ONLY"))
