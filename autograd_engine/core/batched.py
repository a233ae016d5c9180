"""A value that stands for many: an array with hidden leading axes, one for each `vmap` that it is
inside of.

Programs see one of the many: its shape, its dtype. Ops work on all of them at once; how, says
`transforms/batching.py`. Nothing here can be looked at value by value: whatever asks for numbers
gets an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from .errors import GraphError


class BatchedRead(GraphError):
    """A number of a batched value was asked for, of which there are many."""


class Level(NamedTuple):
    """One `vmap` that goes on: a tick of the clock that names it, how many samples there are, what
    random functions do, and whether what has no rule may be a loop.
    """

    name: int
    size: int
    randomness: str = "error"
    loops: bool = True


open_levels: ContextVar[tuple[Level, ...]] = ContextVar("open_levels", default=())
"""The calls under `vmap` that go on in this thread, the outermost first."""


class BatchShape(tuple):
    """The shape of one sample. It knows which levels the value is batched at."""

    levels: tuple[int, ...] = ()


class Batched(np.lib.mixins.NDArrayOperatorsMixin):
    """Many arrays of one shape.

    Attributes
    ----------
    array : ndarray
        One axis for each of the levels, then those of a sample.
    levels : tuple of int
        The names of the levels, in ascending order.
    shape : BatchShape
        Of a sample.
    """

    __slots__ = ("array", "levels", "shape", "dtype")

    def __init__(self, array: np.ndarray, levels: tuple[int, ...]) -> None:
        self.array = array
        self.levels = levels
        self.shape = BatchShape(array.shape[len(levels) :])
        self.shape.levels = levels
        self.dtype = array.dtype

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many samples there are at each level."""
        return self.array.shape[: len(self.levels)]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    @property
    def itemsize(self) -> int:
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        return self.array.strides[len(self.levels) :]

    @property
    def flags(self) -> Any:
        return self.array.flags

    @property
    def base(self) -> Any:
        return self.array.base

    def astype(self, dtype: Any, copy: bool = True) -> Batched:
        """Each sample in another dtype."""
        return Batched(self.array.astype(dtype, copy=copy), self.levels)

    def copy(self) -> Batched:
        """The same on memory of its own."""
        return Batched(self.array.copy(), self.levels)

    def reshape(self, *shape: Any) -> Batched:
        """Each sample in another shape."""
        sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return Batched(shaped_behind(self.array, len(self.levels), tuple(sizes)), self.levels)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs.get("out") is not None:
            raise BatchedRead(_NO_NUMBERS.format(f"numpy.{ufunc.__name__}()"))
        arrays, levels = aligned(inputs)
        out = ufunc(*arrays, **kwargs)
        if isinstance(out, tuple):
            return tuple([Batched(part, levels) for part in out])
        return Batched(out, levels)

    def __array_function__(self, function: Any, types: Any, args: tuple, kwargs: dict) -> Any:
        if function in _MADE:  # these look at shapes only
            return function(np.empty(self.shape, self.dtype), *args[1:], **kwargs)
        if function is np.shape:
            return self.shape
        if function is np.ndim:
            return self.ndim
        if function is np.where and len(args) == 3:
            arrays, levels = aligned(args)
            return Batched(np.where(*arrays), levels)
        if function is np.reshape:
            return self.reshape(*args[1:], *kwargs.values())
        if function is np.broadcast_to:
            (shape,) = (*args[1:], *kwargs.values())
            arrays, levels = aligned([self, np.empty(shape)])
            return Batched(np.broadcast_to(arrays[0], (*self.sizes, *shape)), levels)
        raise BatchedRead(_NO_NUMBERS.format(f"numpy.{function.__name__}()"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise BatchedRead(_NO_NUMBERS.format("the values"))

    def item(self) -> Any:
        """There is no one number."""
        raise BatchedRead(_NO_NUMBERS.format("item()"))

    def tolist(self) -> Any:
        """There is no one list."""
        raise BatchedRead(_NO_NUMBERS.format("tolist()"))

    def __bool__(self) -> bool:
        raise BatchedRead(_NO_NUMBERS.format("bool()"))

    def __getitem__(self, index: Any) -> Batched:
        """A part of each sample, by a basic index."""
        items = index if isinstance(index, tuple) else (index,)
        return Batched(self.array[(*(slice(None),) * len(self.levels), *items)], self.levels)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d value")
        return self.shape[0]

    def __repr__(self) -> str:
        many = " x ".join(map(str, self.sizes))
        return f"<{many} batched values of {self.dtype}{list(self.shape)}>"


_MADE = (np.zeros_like, np.ones_like, np.empty_like, np.full_like)
_NO_NUMBERS = (
    "{} of a tensor inside of vmap: it stands for many samples and has no one number. Write "
    "where(condition, a, b) in place of an if, and keep the value a tensor"
)


# --- many values at once --------------------------------------------------------------------------


def is_batched(x: Any) -> bool:
    """Whether a tensor stands for many inside of `vmap`, and so has no numbers to look at.

    For functions that look at numbers to check them, or to be quicker.

    Examples
    --------
    >>> from autograd_engine import func, tensor
    >>> _ = func.vmap(lambda x: (print(func.is_batched(x)), x)[1])(tensor([1.0, 2.0]))
    True
    """
    return type(getattr(x, "_data", None)) is Batched


def raw(value: Any) -> Any:
    """What holds the numbers of a tensor, or of anything array-like: an array, or many."""
    data = getattr(value, "_data", value)
    return data if type(data) is Batched else np.asarray(value)


def single(value: Any, asked: str) -> Any:
    """An array itself; many raise, of which one was asked for."""
    if type(value) is Batched:
        raise BatchedRead(_NO_NUMBERS.format(asked))
    return value


def of_all(value: Any) -> np.ndarray:
    """The numbers of a tensor or array, those of all samples together. Whoever asks makes no result
    of them.
    """
    data = getattr(value, "_data", value)
    return data.array if type(data) is Batched else np.asarray(data)


def levels_of(values: Any) -> tuple[int, ...]:
    """The levels at which any of these values is batched, in ascending order."""
    found: set[int] = set()
    for value in values:
        if type(value) is Batched:
            found.update(value.levels)
    return tuple(sorted(found))


def lead(value: Any, levels: Sequence[int]) -> np.ndarray:
    """The array of a value with one axis for each of these levels, of length 1 where it is the same
    for all samples.
    """
    if type(value) is not Batched:
        return value[(None,) * len(levels)]
    if value.levels == tuple(levels):
        return value.array
    index = [slice(None) if level in value.levels else None for level in levels]
    return value.array[tuple(index)]


def repeated(array: Any, many: Batched) -> Batched:
    """The array for each of the samples that ``many`` stands for, on memory of their own."""
    shape = (*many.sizes, *array.shape)
    return Batched(np.array(np.broadcast_to(lead(array, many.levels), shape)), many.levels)


def aligned(values: Sequence[Any]) -> tuple[list[Any], tuple[int, ...]]:
    """Arrays that broadcast against each other as the samples do, and their levels.

    Numbers and None stay as they are.
    """
    levels = levels_of(values)
    ndim = max([len(getattr(value, "shape", ())) for value in values])
    arrays: list[Any] = []
    for value in values:
        shape = getattr(value, "shape", None)
        if shape is None:
            arrays.append(value)
            continue
        array = lead(value if type(value) is Batched else np.asarray(value), levels)
        missing = ndim - len(shape)
        if missing:
            array = array[(slice(None),) * len(levels) + (None,) * missing]
        arrays.append(array)
    return arrays, levels


def shaped_behind(array: np.ndarray, count: int, shape: tuple[int, ...]) -> np.ndarray:
    """An array whose axes after the first ``count`` take another shape."""
    sizes = array.shape[:count]
    if -1 in shape:
        whole = int(np.prod(array.shape[count:], dtype=int))
        rest = int(np.prod([n for n in shape if n != -1], dtype=int))
        length = whole // rest if rest else 0
        shape = tuple([length if n == -1 else n for n in shape])
    return array.reshape(*sizes, *shape)


def check_outside() -> None:
    """Raise where a `vmap` goes on."""
    if open_levels.get():
        raise GraphError(
            "backward() inside of vmap would add the gradients of many samples to one .grad; use "
            "func.grad, or autograd.grad, which return them"
        )


# --- what is asked of those that stand above ------------------------------------------------------


def way_of(op: Any, values: Sequence[Any], params: dict) -> Any:
    """The op that works on these values. The batching rules put a function of theirs in the place
    of this one and the others here.
    """
    return op


def collapse(value: Any, shape: tuple) -> Any:
    """A cotangent, summed over those samples that the tensor of this shape was no part of."""
    return value


def attempt(function: Callable, args: tuple, kwargs: dict, what: str) -> Any:
    """Call a function, sample by sample where it asks for numbers; ``what`` says which it is."""
    return function(*args, **kwargs)


def of_each(function: Callable) -> Callable:
    """The function that computes another for several arguments at once: `vmap`."""
    return function
