"""Random numbers in ONNX: whatever runs the model draws them, from a generator of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .building import Building
from .operators import number, operator

DRAWS = {"rand", "randn", "normal", "randint"}
"""The ops that draw random numbers."""

DRAWN = {"RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike", "Bernoulli"}
"""The operators of which nobody knows the result."""


def _drawn(g: Building, kind: str, **options: Any) -> str:
    """Random numbers of the shape and dtype of the result; a batch of any size is looked up."""
    out = g.out[0]
    dtype = np.dtype(out.dtype if out.dtype.kind == "f" else "float32")
    code = g.helper.np_dtype_to_tensor_dtype(dtype)
    if g.batch is None or not out.shape or out.shape[0] != g.batch:
        return g.op(kind, shape=list(out.shape), dtype=code, **options)
    length = g.op("Shape", g.first_input, start=0, end=1)
    shape = g.op("Concat", length, np.array(out.shape[1:], np.int64), axis=0)
    zeros = g.op("Expand", np.array(0, dtype), shape)
    return g.op(f"{kind}Like", zeros, dtype=code, **options)


@operator("rand")
def _(g: Building, sizes: Any, options: dict) -> str:
    return _drawn(g, "RandomUniform")


@operator("randn")
def _(g: Building, sizes: Any, options: dict) -> str:
    return _drawn(g, "RandomNormal")


@operator("normal")
def _(g: Building, sizes: Sequence[Any], options: dict) -> str:
    mean, std = (*sizes, 1.0)[:2]
    if isinstance(mean, str) or isinstance(std, str):
        raise NotImplementedError("drawing by numbers in a tensor; scale what randn() draws:")
    return _drawn(g, "RandomNormal", mean=float(mean), scale=float(std))


@operator("randint")
def _(g: Building, sizes: Sequence[Any], options: dict) -> str:
    low, high = sizes[:2] if isinstance(sizes[1], (int, np.integer)) else (0, sizes[0])
    drawn = g.op("Floor", _drawn(g, "RandomUniform", low=float(low), high=float(high)))
    return g.cast_to(drawn, g.out[0].dtype)


@operator("dropout_mask")
def _(g: Building, draws: Any, p: float, factor: Any) -> str:
    kept = g.op("GreaterOrEqual", draws, np.array(p, g.dtype(draws)))
    return g.op("Mul", g.cast_to(kept, g.out[0].dtype), number(g, factor))
