"""Making tensors: from data, from nothing, from a random number generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from .modes import get_default_dtype
from .primitive import wrap
from .tensor import Tensor, to_array


def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor from numbers, nested lists or an array, which is copied.

    Parameters
    ----------
    data : array_like
        Python floats get the default dtype, Python ints int64; an array keeps its dtype.
    dtype : numpy dtype or name, optional
    requires_grad : bool
        Whether gradients are wanted with respect to it.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> tensor([[1.0, 2.5]], requires_grad=True)
    tensor([[1.0000, 2.5000]], requires_grad=True)
    """
    return Tensor(data, dtype=dtype, requires_grad=requires_grad)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """A tensor on ``data``: the same tensor, or the same memory for an array, where nothing has to be converted."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return wrap(to_array(data, dtype, copy=False))


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor on the memory of an array: a change to one shows in the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy() takes an array, got {type(array).__name__}")
    return wrap(to_array(array, None, copy=False))


def _size(size: tuple) -> tuple[int, ...]:
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def _made(array: Any, requires_grad: bool) -> Tensor:
    made = wrap(array if array.ndim else array[()])
    return made.requires_grad_() if requires_grad else made


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros.

    >>> from autograd_engine import zeros
    >>> zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return _made(np.zeros(_size(size), dtype or get_default_dtype()), requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones."""
    return _made(np.ones(_size(size), dtype or get_default_dtype()), requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor filled with one value, whose type decides the dtype."""
    size = (size,) if isinstance(size, int) else tuple(size)
    return _made(np.full(size, to_array(fill_value, dtype, copy=True)), requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The numbers from ``start`` (0 if one number is given) up to but without ``end``, in steps.

    >>> from autograd_engine import arange
    >>> arange(3), arange(1.0, 2.0, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    start, end = (0, start) if end is None else (start, end)
    floating = any(isinstance(x, float) for x in (start, end, step))
    return _made(np.arange(start, end, step, dtype=dtype or (get_default_dtype() if floating else np.int64)), requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, evenly spaced, both included."""
    return _made(np.linspace(start, end, steps, dtype=dtype or get_default_dtype()), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix."""
    return _made(np.eye(n, m, dtype=dtype or get_default_dtype()), requires_grad)


def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and dtype of ``x``."""
    return zeros(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and dtype of ``x``."""
    return ones(x.shape, dtype=dtype or x.dtype, requires_grad=requires_grad)


_generator = np.random.default_rng()


def manual_seed(seed: int) -> None:
    """Make all randomness that follows reproducible.

    >>> from autograd_engine import manual_seed, randn
    >>> manual_seed(0); a = randn(3)
    >>> manual_seed(0); bool((a == randn(3)).numpy().all())
    True
    """
    global _generator
    _generator = np.random.default_rng(seed)


def default_generator() -> np.random.Generator:
    """The NumPy generator behind all randomness."""
    return _generator


def rand(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform random numbers in [0, 1)."""
    return _made(np.asarray(_generator.random(_size(size))).astype(dtype or get_default_dtype()), requires_grad)


def randn(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Normal random numbers of mean 0 and variance 1."""
    return _made(np.asarray(_generator.standard_normal(_size(size))).astype(dtype or get_default_dtype()), requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, dtype: Any = None) -> Tensor:
    """Random integers from ``low`` up to but without ``high``; ``randint(high, size)`` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    return _made(np.asarray(_generator.integers(low, high, tuple(size), dtype=dtype or np.int64)), False)


def randperm(n: int) -> Tensor:
    """The numbers from 0 to ``n - 1`` in random order."""
    return _made(_generator.permutation(n), False)
