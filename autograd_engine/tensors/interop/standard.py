"""The names of the array API standard, which NumPy 2 has beside its older ones.

A NumPy that has not yet got one of them never calls what stands here for it.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from .. import creation
from ...core.primitive import numpy_functions
from ...ops import diagonal, einsum, joining, linear, norms, scan, shape
from ...ops import elimination
from ...ops.declare import Sample, at, normal_dims
from ...ops.systems import SAMPLE
from .products import _numpy_trace
from .twin import in_dtype, twin


def _named(space: Any, name: str, samples: list[Sample]) -> Callable:
    """`twin`, of a function that an older NumPy may lack."""
    numpy = getattr(space, name, None)
    return twin(numpy, samples) if numpy is not None else lambda function: function


@_named(np.linalg, "matmul", [at((2, 3), (3, 2))])
def _numpy_matmul(x1: Any, x2: Any) -> Any:
    return linear.matmul(x1, x2)


@_named(np.linalg, "outer", [at((2,), (3,))])
def _standard_outer(x1: Any, x2: Any) -> Any:
    return linear.outer(x1, x2)


@_named(np.linalg, "vecdot", [at((2, 3), (3,)), at((3, 2), (3, 2), axis=0)])
def _numpy_vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    return norms.vecdot(x1, x2, dim=axis)


@_named(np.linalg, "cross", [at((2, 3), (2, 3)), at((3, 2), (3, 2), axis=0)])
def _standard_cross(x1: Any, x2: Any, axis: int = -1) -> Any:
    return norms.cross(x1, x2, dim=axis)


@_named(np.linalg, "tensordot", [at((2, 3), (3, 2), axes=1), at((2, 3), (2, 3))])
def _numpy_tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    return einsum.tensordot(x1, x2, axes)


@_named(np.linalg, "diagonal", [at((2, 3, 3)), at((3, 4), offset=1)])
def _numpy_diagonal(x: Any, offset: int = 0) -> Any:
    return diagonal.diagonal(x, offset, -2, -1)


@_named(np.linalg, "trace", [at((2, 3, 3)), at((3, 4), offset=1, dtype="float32")])
def _numpy_trace_of_last(x: Any, offset: int = 0, dtype: Any = None) -> Any:
    return _numpy_trace(x, offset, -2, -1, dtype)


@_named(np.linalg, "matrix_transpose", [at((2, 3)), at((2, 3, 4))])
def _numpy_matrix_transpose(x: Any) -> Any:
    return shape.swapaxes(x, -2, -1)


@_named(np.linalg, "matrix_norm", [at((2, 3)), at((2, 2, 3), ord=2, keepdims=True)])
def _numpy_matrix_norm(x: Any, keepdims: bool = False, ord: Any = "fro") -> Any:
    return norms.matrix_norm(x, ord, keepdim=keepdims)


@_named(np.linalg, "vector_norm", [at((2, 3)), at((2, 3), axis=1, ord=3, keepdims=True)])
def _numpy_vector_norm(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return norms.vector_norm(x, ord, axis, keepdims)


@twin(np.linalg.cond, [at(SAMPLE), at(SAMPLE, 1), at(SAMPLE, "fro")])
def _numpy_cond(x: Any, p: Any = None) -> Any:
    return norms.cond(x, p)


@twin(np.linalg.tensorinv, [at((2, 3, 6)), at((6, 2, 3), 1)])
def _numpy_tensorinv(a: Any, ind: int = 2) -> Any:
    return elimination.tensorinv(a, ind)


@twin(np.linalg.tensorsolve, [at((2, 3, 6), (2, 3)), at((2, 6, 3), (2, 3), axes=(1,))])
def _numpy_tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    return elimination.tensorsolve(a, b, axes)


for _name in ("vecdot", "matvec", "vecmat"):  # of the last dimensions, as ufuncs
    if hasattr(np, _name):
        _ours: dict[str, Callable] = {
            "vecdot": lambda x1, x2: norms.vecdot(x1, x2),
            "matvec": lambda x1, x2: linear.matmul(x1, x2[..., None])[..., 0],
            "vecmat": lambda x1, x2: linear.matmul(x1[..., None, :], x2)[..., 0, :],
        }
        numpy_functions[getattr(np, _name)] = _ours[_name]


# --- running, cutting, converting -----------------------------------------------------------------


def _cumulative(function: Callable, first: float) -> Callable:
    """The twin of a running total, which may begin with that of nothing."""

    def run(x: Any, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
        if axis is None and x.ndim > 1:
            raise ValueError(f"an axis is needed for {x.ndim} dimensions")
        (dim,) = normal_dims(-1 if axis is None else axis, x.ndim)
        totals = function(x, dim, dtype)
        if not include_initial:
            return totals
        one = [1 if i == dim else n for i, n in enumerate(x.shape)]
        return joining.cat([np.full(one, first, totals.dtype), totals], dim)

    return run


_RUNNING = [at((3,)), at((3, 4), axis=1, include_initial=True), at((3,), dtype="float32")]
_named(np, "cumulative_sum", _RUNNING)(_cumulative(scan.cumsum, 0.0))
_named(np, "cumulative_prod", _RUNNING)(_cumulative(scan.cumprod, 1.0))


@_named(np, "unstack", [at((2, 3)), at((2, 3), axis=1)])
def _numpy_unstack(x: Any, axis: int = 0) -> Any:
    return joining.unbind(x, axis)


@_named(np, "astype", [at((2, 3), "float32"), at((2,), "float64", copy=False, device="cpu")])
def _numpy_astype(x: Any, dtype: Any, copy: bool = True, device: Any = None) -> Any:
    creation.check_device(device)
    return creation.as_tensor(x).to(dtype, copy=copy)


@twin(np.ediff1d, [at((2, 3)), at((3,), (1,), (2,)), at((3,), to_begin=1.0)])
def _numpy_ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = ary.reshape(-1)
    parts = [to_begin, flat[1:] - flat[:-1], to_end]
    given = [creation.as_tensor(part).reshape(-1) for part in parts if part is not None]
    return joining.cat([in_dtype(part, ary.dtype) for part in given])


@twin(
    np.linspace,
    [
        at(0.0, (), 4),
        at((2,), (2,), num=3, axis=-1),
        at((), 1.0, 4, endpoint=False, retstep=True),
        at((), 1.0, 3, dtype="float32", device="cpu"),
    ],
)
def _numpy_linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    device: Any = None,
) -> Any:
    """Between tensors, whose gradients are those of the ends of a line."""
    creation.check_device(device)
    span = stop - start
    pieces = num - 1 if endpoint else num
    share = np.arange(num) / max(pieces, 1)
    column = share.reshape((-1,) + (1,) * span.ndim)
    found = in_dtype(start + span * column.astype(span.dtype), dtype).movedim(0, axis)
    return (found, span / pieces) if retstep else found
