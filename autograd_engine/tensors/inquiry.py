"""What programs ask about tensors and shapes without computing anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import ShapeError
from ..core.tensor import Tensor

__all__ = [
    "broadcast_shapes",
    "is_complex",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "numel",
]


def is_tensor(obj: Any) -> bool:
    """Whether it is a Tensor.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.is_tensor(ag.ones(2)), ag.is_tensor([1.0, 1.0])
    (True, False)
    """
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of elements.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.numel(ag.ones(2, 3))
    6
    """
    return input.numel()


def broadcast_shapes(*shapes: int | Sequence[int]) -> tuple[int, ...]:
    """The shape to which all of several broadcast.

    Parameters
    ----------
    *shapes : tuple of int, or int

    Raises
    ------
    RuntimeError
        If they do not broadcast.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    try:
        return np.broadcast_shapes(*shapes)  # type: ignore[arg-type]
    except ValueError as error:
        raise ShapeError(
            f"broadcast_shapes() got shapes that do not broadcast: {[*shapes]}"
        ) from error


def is_signed(input: Tensor) -> bool:
    """Whether its dtype has negative numbers.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.is_signed(ag.ones(2)), ag.is_signed(ag.ones(2, dtype="uint8"))
    (True, False)
    """
    return input.dtype.kind in "fi"


def is_complex(input: Tensor) -> bool:
    """Always False: tensors are real.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.is_complex(ag.ones(2))
    False
    """
    return False


def is_nonzero(input: Tensor) -> bool:
    """Whether its one element is not 0.

    Raises
    ------
    RuntimeError
        If it has not one element.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.is_nonzero(ag.tensor([2.0]))
    True
    """
    if input.numel() != 1:
        raise ShapeError(
            f"is_nonzero() asks about one element, and this tensor has shape {list(input.shape)}"
        )
    return input.item() != 0


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.is_same_size(ag.ones(2), ag.ones(2, 1))
    False
    """
    return input.shape == other.shape
