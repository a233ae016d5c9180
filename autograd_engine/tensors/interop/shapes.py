"""NumPy's functions that give tensors another shape, join them, cut them, or make them alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import creation
from ...core.errors import ShapeError
from ...ops import (
    arrange,
    grids,
    joining,
    padding,
    shape,
    splitting,
)
from ...ops.declare import at
from .twin import array_like, joined, twin


@twin(np.transpose, [at((2, 3, 4)), at((2, 3, 4), axes=(2, 0, 1)), at(())])
def _numpy_transpose(a: Any, axes: Any = None) -> Any:
    return shape.transpose(a, axes)


@twin(
    np.reshape,
    [
        at((2, 3), [3, -1]),
        at((2, 3), 6),
        at((2, 3), [3, 2], order="F"),
        at((2, 3), [6], copy=True),
        at((2, 3), [3, 2], order="A"),
    ],
)
def _numpy_reshape(a: Any, shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    if copy is False:
        raise TypeError("np.reshape of a Tensor does not take copy=False; a view is made if it can")
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    if _order(a, order) == "C":
        result = a.reshape(shape)
    else:
        result = a.T.reshape(shape[::-1]).T
    if copy:
        return result.clone()
    return result


@twin(np.ravel, [at((2, 3)), at(()), at((2, 3), order="F"), at((2, 3), order="K")])
def _numpy_ravel(a: Any, order: str = "C") -> Any:
    if _order(a, order) == "F":
        a = a.T
    return a.reshape(-1)


def _order(a: Any, order: str) -> str:
    """The order of elements, "C" or "F", that a word of NumPy's means for a tensor."""
    if order in ("C", "F"):
        return order
    strides = a.stride()
    if order in ("A", "K") and a.is_contiguous():
        return "C"
    if order in ("A", "K") and list(strides) == sorted(strides):
        return "F"
    if order == "A":
        return "C"
    raise TypeError(f"the elements of a Tensor are taken in the order 'C' or 'F', got {order!r}")


@twin(np.swapaxes, [at((2, 3, 4), 0, 2), at((2, 3), axis1=0, axis2=-1)])
def _numpy_swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return shape.swapaxes(a, axis1, axis2)


@twin(np.flip, [at((2, 3)), at((2, 3), axis=1), at((2, 3, 2), axis=(0, 2))])
def _numpy_flip(m: Any, axis: Any = None) -> Any:
    if axis is None:
        axis = tuple(range(m.ndim))
    return arrange.flip(m, axis)


@twin(np.tile, [at((2, 3), 2), at((2, 3), reps=(2, 1, 2)), at((), 3), at((2,), [])])
def _numpy_tile(A: Any, reps: Any) -> Any:
    return arrange.tile(A, tuple(reps) if np.ndim(reps) else (int(reps),))


@twin(
    np.meshgrid,
    [
        at((2,), (3,)),
        at((2,), (3,), indexing="ij", copy=False),
        at((2,), (3,), (4,), sparse=True),
        at((2,), (3,), indexing="ij", sparse=True),
    ],
)
def _numpy_meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    """Tensors are never written to, so a view does as well as a copy."""
    found = grids.meshgrid(*xi, indexing=indexing)
    if not sparse:
        return found
    order = [*range(len(xi))]
    if indexing == "xy":
        order[:2] = order[1::-1]
    return tuple([_along_axis(grid, dim) for grid, dim in zip(found, order)])


def _along_axis(grid: Any, dim: int) -> Any:
    """The first entries of a grid along all dimensions but one."""
    return grid[tuple([slice(None if i == dim else 1) for i in range(grid.ndim)])]


_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}


@twin(
    np.pad,
    [
        at((2, 3), 1),
        at((2, 3), ((0, 1), (2, 1))),
        at((4,), 2, mode="reflect"),
        at((3,), [1, 2], constant_values=2.0),
    ],
)
def _numpy_pad(
    array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0
) -> Any:
    """NumPy names the widths of the first dimension first, PyTorch those of the last."""
    if mode not in _MODES:
        raise TypeError(f"np.pad of a Tensor has the modes {', '.join(_MODES)}, got {mode!r}")
    if np.ndim(constant_values):
        raise TypeError(
            f"np.pad of a Tensor takes one number as constant_values, got {constant_values}"
        )
    pairs = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))[::-1].reshape(-1).tolist()
    if mode == "constant":
        return padding.pad(array, pairs, value=constant_values)
    return padding.pad(array, pairs, _MODES[mode])


# --- joining and splitting ------------------------------------------------------------------------

_CASTS: dict[str, Any] = {"dtype": "float32", "casting": "same_kind"}


@twin(
    np.concatenate,
    [at([(2, 3), (1, 3)]), at([(2, 1), (2, 2)], axis=-1), at([(2, 1), (3,)], None)]
    + [at([(2,), (3,)], **_CASTS)],
)
def _numpy_concatenate(
    arrays: Any, axis: int | None = 0, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    parts = joined(arrays, dtype, casting)
    if axis is None:
        parts = [creation.as_tensor(x).reshape(-1) for x in parts]
        axis = 0
    return joining.cat(parts, axis)


@twin(np.stack, [at([(2, 3), (2, 3)], -1), at([(), ()]), at([(2,), (2,)], axis=1, **_CASTS)])
def _numpy_stack(arrays: Any, axis: int = 0, dtype: Any = None, casting: str = "same_kind") -> Any:
    return joining.stack(joined(arrays, dtype, casting), axis)


@twin(np.hstack, [at([(2,), (3,)]), at([(2, 1), (2, 2)]), at([(2,), (2,)], **_CASTS)])
def _numpy_hstack(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Any:
    return grids.hstack(joined(tup, dtype, casting))


@twin(np.vstack, [at([(2,), (2,)]), at([(2, 1), (1, 1)]), at([(2,), (2,)], **_CASTS)])
def _numpy_vstack(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Any:
    return grids.vstack(joined(tup, dtype, casting))


@twin(np.dstack, [at([(2,), (2,)]), at([(2, 1), (2, 1)])])
def _numpy_dstack(tup: Any) -> Any:
    return grids.dstack(joined(tup, None, ""))


@twin(np.column_stack, [at([(2,), (2,)]), at([(2, 1), (2,)])])
def _numpy_column_stack(tup: Any) -> Any:
    return grids.column_stack(joined(tup, None, ""))


@twin(np.split, [at((4, 2), 2), at((2, 5), [1, 4], axis=-1)])
def _numpy_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Unlike `np.array_split`, into parts of one length."""
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ShapeError(
            f"np.split cannot make {indices_or_sections} equal parts of a length of "
            f"{ary.shape[axis]}; np.array_split makes unequal ones"
        )
    return splitting.tensor_split(ary, indices_or_sections, axis)


@twin(np.array_split, [at((5, 2), 3), at((2, 5), [1, 4], axis=-1)])
def _numpy_array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return splitting.tensor_split(ary, indices_or_sections, axis)


# --- like a tensor --------------------------------------------------------------------------------

_LIKE = [at((2, 3)), at((2, 3), dtype="float32", shape=(4,)), at((2, 3), device="cpu")]


def _shaped(a: Any, shape: Any) -> tuple:
    return tuple(a.shape) if shape is None else creation.tuple_of(shape)


@twin(np.zeros_like, _LIKE)
def _numpy_zeros_like(a: Any, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    return creation.zeros(_shaped(a, shape), dtype=dtype or a.dtype, device=device)


@twin(np.ones_like, _LIKE)
def _numpy_ones_like(a: Any, dtype: Any = None, shape: Any = None, device: Any = None) -> Any:
    return creation.ones(_shaped(a, shape), dtype=dtype or a.dtype, device=device)


@twin(np.empty_like, [at((2, 0), dtype="float32"), at((2, 3), shape=(0,), device="cpu")])
def _numpy_empty_like(
    prototype: Any, dtype: Any = None, shape: Any = None, device: Any = None
) -> Any:
    dtype = dtype or prototype.dtype
    return creation.empty(_shaped(prototype, shape), dtype=dtype, device=device)


@twin(
    np.full_like,
    [at((2, 3), 7.0), at((2, 3), fill_value=7.0, dtype="float32", shape=(4,))]
    + [at((2, 3), 7.0, device="cpu")],
)
def _numpy_full_like(
    a: Any, fill_value: Any, dtype: Any = None, shape: Any = None, device: Any = None
) -> Any:
    creation.check_device(device)
    filled = creation.as_tensor(array_like(fill_value)).astype(dtype or a.dtype)
    return filled.expand(_shaped(a, shape)).clone()
