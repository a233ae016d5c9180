"""`vmap`: a function of one sample becomes a function of many, computed all at once.

The samples' dimension is hidden (`core/batched.py`) while the function runs, and brought back in
what it returns. How ops work on what is hidden, say the rules in `batching.py`.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..core import batched
from ..core.batched import Batched, Level
from ..core.errors import ShapeError
from ..core.memory import clock
from ..core.recorder import current, heeded, inside
from ..core.tensor import Tensor
from ..ops.joining import cat
from ..tensors.creation import as_tensor
from ..tensors.random import default_generator
from .batching import enter, leave
from .pytree import leaves, rebuild, tree_map

RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """The function that computes ``func`` for many samples at once.

    What ``func`` does with one sample is written for one sample; ops work on all of them. Calls
    nest, with each other and with `grad`, `jvp`, `jacrev` and the other transforms in any order.

    Parameters
    ----------
    func : callable
        Takes and returns pytrees of tensors. It may use other tensors, which are the same for all
        samples. Arguments by name are, too.
    in_dims : int, None, or nested tuple of them
        Which dimension of each argument counts the samples; None for an argument that is the same
        for all. One for all arguments, or a tuple with one for each, nested as they are.
    out_dims : int, None, or nested tuple of them
        Where that dimension is in what is returned. None for what is the same for all samples.
    randomness : {"error", "different", "same"}
        What random functions do in ``func``: raise, draw for each sample, or draw once for all.
    chunk_size : int, optional
        Compute so many samples at a time, for want of memory.

    Returns
    -------
    callable
        Takes what ``func`` takes, with a dimension more.

    Raises
    ------
    ValueError
        If ``in_dims`` does not fit the arguments, nothing is mapped, sizes differ, or ``func``
        returns anything but tensors.
    RuntimeError
        In ``func``: if it asks for the number in a tensor (``item()``, ``if x > 0``), draws random
        numbers with "error", changes a tensor that is the same for all in place, or calls
        `Tensor.backward`.

    Notes
    -----
    An op for which no rule is known is computed in a loop, with a warning. While a program is
    recorded (`record_calls`), everything is a loop: what is recorded are the ops on each sample.

    Examples
    --------
    >>> from autograd_engine import func, tensor
    >>> dot = lambda a, b: (a * b).sum()
    >>> a, b = tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([1.0, 10.0])
    >>> func.vmap(dot, in_dims=(0, None))(a, b)
    tensor([21., 43.])
    >>> func.vmap(func.grad(dot))(a, a)  # the gradient of each sample
    tensor([[1., 2.],
            [3., 4.]])
    """
    check_randomness(randomness)
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"chunk_size is None or at least 1, got {chunk_size}")

    @functools.wraps(func)
    def function(*args: Any, **kwargs: Any) -> Any:
        mapped = _Arguments(args, in_dims)
        if current() is not None and mapped.size:
            parts = mapped.parts(1)
            way = _alone
        elif chunk_size is None or chunk_size >= mapped.size:
            level = Level(next(clock), mapped.size, randomness)
            return _all_at_once(func, mapped, kwargs, out_dims, level)
        else:
            parts = mapped.parts(chunk_size)
            way = _all_at_once
        found = []
        state = default_generator.get_state()
        for part in parts:
            if randomness == "same":
                default_generator.set_state(state)
            level = Level(next(clock), part.size, randomness)
            found.append(way(func, part, kwargs, out_dims, level))
        return _in_a_row(found, out_dims)

    return function


def without_loops(func: Callable, x: Tensor, out_dim: int, chunk_size: int) -> Any:
    """`vmap` of a function over the first dimension of a tensor.

    Raises
    ------
    BatchedRead
        If anything in it has no rule, or asks for numbers.
    """
    found = []
    for part in _Arguments((x,), 0).parts(chunk_size):
        level = Level(next(clock), part.size, loops=False)
        found.append(_all_at_once(func, part, {}, out_dim, level))
    return found[0] if len(found) == 1 else _in_a_row(found, out_dim)


def check_randomness(randomness: str) -> None:
    """Raise for anything but the three things that random functions may do."""
    if randomness not in RANDOMNESS:
        raise ValueError(f"randomness is one of {', '.join(RANDOMNESS)}, got {randomness!r}")


class _Arguments:
    """The arguments of a call, and which dimension of each leaf counts the samples."""

    def __init__(self, args: tuple, in_dims: Any) -> None:
        if not args:
            raise ValueError("vmap maps over positional arguments, and the call has none")
        if not (in_dims is None or isinstance(in_dims, (int, tuple))):
            raise ValueError(
                f"in_dims is an int or a tuple of them, nested as the arguments, got {in_dims!r}"
            )
        self.args = args
        self.leaves = leaves(args)
        self.dims = _spread(in_dims, args, "in_dims")
        sizes: dict[int, int] = {}
        for i, (x, dim) in enumerate(zip(self.leaves, self.dims)):
            if dim is None:
                continue
            x = self.leaves[i] = _checked(x, dim)
            self.dims[i] = dim % x.ndim
            sizes.setdefault(x.shape[dim], i)
        if not sizes:
            raise ValueError(f"vmap has nothing to map over: in_dims={in_dims!r}")
        if len(sizes) > 1:
            raise ValueError(
                f"the mapped dimensions have different lengths, {sorted(sizes)}; they count the "
                "samples"
            )
        (self.size,) = sizes

    def parts(self, size: int) -> Iterator[_Arguments]:
        """So many samples at a time."""
        for start in range(0, self.size, size):
            stop = min(start + size, self.size)
            part = copy.copy(self)
            part.size = stop - start
            part.leaves = self._chosen(slice(start, stop))
            yield part

    def single(self) -> tuple:
        """The arguments of the only sample."""
        return rebuild(self.args, self._chosen(0))

    def _chosen(self, which: Any) -> list:
        chosen = list(self.leaves)
        for i, dim in enumerate(self.dims):
            if dim is not None:
                chosen[i] = chosen[i][(slice(None),) * dim + (which,)]
        return chosen


def _checked(x: Any, dim: int) -> Tensor:
    if not isinstance(x, (Tensor, np.ndarray)):
        raise ValueError(
            f"vmap maps over tensors, and an argument is {type(x).__name__}; give it the in_dim "
            "None"
        )
    x = as_tensor(x)
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"the in_dim {dim} is out of range for an argument of shape {list(x.shape)}"
        )
    return x


def _spread(dims: Any, tree: Any, what: str) -> list[int | None]:
    """One dimension for each leaf of a tree, from a tree of dimensions that may end earlier."""
    if dims is None or isinstance(dims, int):
        return [dims] * len(leaves(tree))
    parts: list[Any] = []
    if isinstance(tree, dict) and isinstance(dims, dict) and tree.keys() == dims.keys():
        parts = [(dims[key], tree[key]) for key in tree]
    elif isinstance(tree, (tuple, list)) and isinstance(dims, (tuple, list)):
        parts = list(zip(dims, tree)) if len(dims) == len(tree) else []
    if not parts and (leaves(tree) or not isinstance(tree, (tuple, list, dict))):
        raise ValueError(
            f"{what} is nested otherwise than what it belongs to: {dims!r} for "
            f"{tree_map(lambda x: type(x).__name__, tree)!r}"
        )
    return [dim for some, part in parts for dim in _spread(some, part, what)]


def _all_at_once(
    func: Callable, mapped: _Arguments, kwargs: dict, out_dims: Any, level: Level
) -> Any:
    with inside((level,)):
        given = list(mapped.leaves)
        for i, dim in enumerate(mapped.dims):
            if dim is not None:
                given[i] = enter(given[i], dim, level.name)
        result = func(*rebuild(mapped.args, given), **kwargs)
    _check_outputs(result)
    dims = _spread(out_dims, result, "out_dims")
    with heeded():
        found = [_returned(y, dim, level) for y, dim in zip(leaves(result), dims)]
    return rebuild(result, found)


def _returned(y: Tensor, dim: int | None, level: Level) -> Tensor:
    """One output, with the samples' dimension."""
    if dim is None:
        if type(y._data) is Batched and level.name in y._data.levels:
            raise ValueError(
                f"an output of shape {list(y.shape)} differs between the samples, so its out_dim "
                "cannot be None"
            )
        return y
    return leave(y, _out_place(dim, y), level.name, level.size)


def _check_outputs(result: Any) -> None:
    for y in leaves(result) if result is not None else [None]:
        if not isinstance(y, Tensor):
            raise ValueError(
                "a function under vmap returns tensors (or tuples, lists, dicts of them), this one "
                f"returned {type(y).__name__}"
            )


def _out_place(dim: int, y: Tensor) -> int:
    """The dimension that counts the samples, among those of the result."""
    ndim = y.ndim + 1
    if not -ndim <= dim < ndim:
        raise ShapeError(f"the out_dim {dim} is out of range for a result of {ndim} dimensions")
    return dim % ndim


def _in_a_row(parts: list, out_dims: Any) -> Any:
    """The results of several parts of the samples, as one."""
    dims = _spread(out_dims, parts[0], "out_dims")
    found = []
    for dim, *pieces in zip(dims, *map(leaves, parts)):
        found.append(pieces[0] if dim is None else cat(pieces, dim))
    return rebuild(parts[0], found)


def _alone(func: Callable, mapped: _Arguments, kwargs: dict, out_dims: Any, level: Level) -> Any:
    """The same for a single sample, as it is: a recording can hold that."""
    if level.randomness == "error":
        with inside((level,)):
            result = func(*mapped.single(), **kwargs)
    else:
        result = func(*mapped.single(), **kwargs)
    _check_outputs(result)
    dims = _spread(out_dims, result, "out_dims")
    found = [
        y if dim is None else y.unsqueeze(_out_place(dim, y))
        for y, dim in zip(leaves(result), dims)
    ]
    return rebuild(result, found)


batched.of_each = vmap  # type: ignore[assignment]
