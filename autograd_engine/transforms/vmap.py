"""`vmap`: a function of one sample becomes a function of many, computed all at once.

The samples' dimension is hidden (`core/batched.py`) while the function runs, and brought back in
what it returns. How ops work on what is hidden, say the rules in `batching.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.batched import Batched, Level, heeded, open_levels
from ..core.errors import ShapeError
from ..core.memory import clock
from ..core.recorder import current
from ..core.tensor import Tensor
from ..ops.joining import cat, stack
from ..tensors.creation import as_tensor
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
    if randomness not in RANDOMNESS:
        raise ValueError(f"randomness is one of {', '.join(RANDOMNESS)}, got {randomness!r}")
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"chunk_size is None or at least 1, got {chunk_size}")

    @functools.wraps(func)
    def function(*args: Any, **kwargs: Any) -> Any:
        mapped = _Arguments(args, in_dims)
        if current() is not None:
            return _one_after_the_other(func, mapped, kwargs, out_dims)
        if chunk_size is None or chunk_size >= mapped.size:
            return _all_at_once(func, mapped, kwargs, out_dims, randomness)
        found = []
        for start in range(0, mapped.size, chunk_size):
            part = mapped.part(start, min(start + chunk_size, mapped.size))
            found.append(_all_at_once(func, part, kwargs, out_dims, randomness))
        return _in_a_row(found, out_dims)

    return function


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
        sizes = {}
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

    def part(self, start: int, stop: int) -> _Arguments:
        """The samples from one number to another."""
        found = object.__new__(_Arguments)
        found.args = self.args
        found.dims = self.dims
        found.size = stop - start
        found.leaves = [
            x if dim is None else x[(slice(None),) * dim + (slice(start, stop),)]
            for x, dim in zip(self.leaves, self.dims)
        ]
        return found

    def sample(self, i: int) -> tuple:
        """The arguments of one sample."""
        return rebuild(
            self.args,
            [
                x if dim is None else x[(slice(None),) * dim + (i,)]
                for x, dim in zip(self.leaves, self.dims)
            ],
        )


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
    func: Callable, mapped: _Arguments, kwargs: dict, out_dims: Any, randomness: str
) -> Any:
    level = Level(next(clock), mapped.size, randomness)
    token = open_levels.set((*open_levels.get(), level))
    try:
        with heeded():
            given = [
                x if dim is None else enter(x, dim, level.name)
                for x, dim in zip(mapped.leaves, mapped.dims)
            ]
            result = func(*rebuild(mapped.args, given), **kwargs)
    finally:
        open_levels.reset(token)
    dims = _spread(out_dims, result, "out_dims")
    with heeded():
        found = [_returned(y, dim, level) for y, dim in zip(leaves(result), dims)]
    return rebuild(result, found)


def _returned(y: Any, dim: int | None, level: Level) -> Any:
    """One output, with the samples' dimension."""
    _check_output(y)
    if dim is None:
        if type(y._data) is Batched and level.name in y._data.levels:
            raise ValueError(
                f"an output of shape {list(y.shape)} differs between the samples, so its out_dim "
                "cannot be None"
            )
        return y
    return leave(y, _place(dim, y), level.name, level.size)


def _check_output(y: Any) -> None:
    if not isinstance(y, Tensor):
        raise ValueError(
            f"a function under vmap returns tensors (or tuples, lists, dicts of them), this one "
            f"returned {type(y).__name__}"
        )


def _place(dim: int, y: Tensor) -> int:
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


def _one_after_the_other(func: Callable, mapped: _Arguments, kwargs: dict, out_dims: Any) -> Any:
    """The same as a loop, which a recording can hold."""
    results = [func(*mapped.sample(i), **kwargs) for i in range(mapped.size)]
    dims = _spread(out_dims, results[0], "out_dims")
    found = []
    for dim, *pieces in zip(dims, *map(leaves, results)):
        _check_output(pieces[0])
        found.append(pieces[0] if dim is None else stack(pieces, _place(dim, pieces[0])))
    return rebuild(results[0], found)
