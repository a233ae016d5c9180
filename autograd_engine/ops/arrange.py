"""The same elements in another order, or several times over: flips, rotations, tiles and
repeats."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.errors import ShapeError
from ..core.summation import summed
from .declare import at, composite, normal_dims, primitive, rows
from .indexing import getitem
from .shape import _clone, _sizes, broadcast_to, reshape, swapaxes


@primitive(
    vjp=lambda g, dims: flip(g, dims),
    numpy=np.flip,
    pack="dims",
    samples=[at((2, 3), dims=(0,)), at((2, 3), dims=(0, -1))],
)
def flip(x, *, dims=None):
    """The elements in reverse order along ``dims``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dims : int... or tuple of int, optional
        By default all.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import flip, tensor
    >>> flip(tensor([1., 2., 3.]), 0)
    tensor([3., 2., 1.])
    """
    if dims is not None and dims != ():
        dims = normal_dims(_sizes(dims), np.ndim(x))
    return np.flip(x, dims).copy()


@composite(numpy=np.fliplr, samples=[at((2, 3)), at((2, 0))])
def fliplr(x):
    """The columns in reverse order.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, 2).fliplr()
    tensor([[1., 0.],
            [3., 2.]])
    """
    return flip(_at_least(x, 2, "fliplr"), (1,))


@composite(numpy=np.flipud, samples=[at((2, 3)), at((3,))])
def flipud(x):
    """The rows in reverse order.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, 2).flipud()
    tensor([[2., 3.],
            [0., 1.]])
    """
    return flip(_at_least(x, 1, "flipud"), (0,))


@composite(
    numpy=np.rot90,
    samples=[at((2, 3)), at((2, 3), 2), at((2, 3, 2), -1, dims=(0, -1)), at((2, 3), 0)],
)
def rot90(x, k=1, dims=(0, 1)):
    """``x`` turned by ``k`` quarters of a circle in the plane of two dimensions, from the first
    towards the second.

    Examples
    --------
    >>> from autograd_engine import arange, rot90
    >>> rot90(arange(4.0).reshape(2, 2))
    tensor([[1., 3.],
            [0., 2.]])
    """
    if len(dims) != 2:
        raise ShapeError(f"rot90() turns in the plane of 2 dimensions, got {dims}")
    first, second = normal_dims(dims, x.ndim)
    quarters = k % 4
    if quarters == 1:
        return swapaxes(flip(x, (second,)), first, second)
    if quarters == 2:
        return flip(x, (first, second))
    if quarters == 3:
        return flip(swapaxes(x, first, second), (second,))
    return flip(x, ())


@primitive(
    vjp=lambda g, shifts, dims: _roll(g, shifts=tuple([-s for s in shifts]), dims=dims),
    batching="dims",
    samples=[at((2, 3), shifts=(1, -2), dims=(0, 1))],
)
def _roll(x, *, shifts, dims):
    """The elements moved along dimensions; what leaves at one end comes in at the other."""
    return rows(np.roll(x, shifts, dims))


@composite(
    numpy=np.roll,
    samples=[at((2, 3), 1), at((2, 3), -2, -1), at((2, 3), shifts=(1, 2), dims=(0, 1))],
)
def roll(x, shifts, dims=None):
    """The elements moved along ``dims``; what leaves at one end comes in at the other.

    Parameters
    ----------
    x : Tensor
        Any shape.
    shifts : int or tuple of int
        By how many places.
    dims : int or tuple of int, optional
        Along which dimensions; by default ``x`` is rolled as if it were flat.

    Returns
    -------
    Tensor
        The shape of ``x``.

    Examples
    --------
    >>> from autograd_engine import roll, tensor
    >>> roll(tensor([1., 2., 3.]), 1)
    tensor([3., 1., 2.])
    """
    if dims is None:
        return reshape(roll(reshape(x, (-1,)), shifts, 0), x.shape)
    shifts = _sizes(shifts)
    dims = _sizes(dims)
    if len(shifts) != len(dims):
        raise ShapeError(f"roll() needs as many shifts as dims, got {shifts} and {dims}")
    return _roll(x, shifts=shifts, dims=tuple([normal_dims(d, x.ndim)[0] for d in dims]))


@composite(
    numpy=np.tile,
    samples=[at((2, 3), [2]), at((2, 3), [2, 1, 2]), at((), [3]), at((2, 3), dims=(2, 1))],
)
def tile(x, *repeats, dims=None):
    """Copies of ``x`` side by side, ``dims[i]`` along dimension ``i``; too few numbers are filled
    up with 1 in front.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> tensor([1., 2.]).tile(2, 2)
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])
    """
    times = _sizes(repeats if dims is None else dims)
    times = (1,) * (x.ndim - len(times)) + times
    shape = (1,) * (len(times) - x.ndim) + tuple(x.shape)
    single = [n for length in shape for n in (1, length)]
    copies = [n for pair in zip(times, shape) for n in pair]
    return reshape(
        _clone(broadcast_to(reshape(x, single), copies), order="C"),
        tuple([n * length for n, length in zip(times, shape)]),
    )


@composite(samples=[at((2, 3), 2, 2), at((3,), 2, 1, 2), at((3,), 0, 2)])
def repeat(x, *sizes):
    """Copies of ``x`` side by side, ``sizes[i]`` along dimension ``i``; NumPy's ``repeat`` is
    `repeat_interleave`.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> tensor([1., 2.]).repeat(2, 1)
    tensor([[1., 2.],
            [1., 2.]])
    """
    times = _sizes(sizes)
    if len(times) < x.ndim:
        raise ShapeError(
            f"repeat() needs a number for each of the {x.ndim} dimensions, got {times}"
        )
    return tile(x, times)


def _repeat_each_rule(g: Any, x_shape: tuple, times: int, dim: int) -> Any:
    """The sum over the copies."""
    return summed(g.reshape((*x_shape[: dim + 1], times, *x_shape[dim + 1 :])), (dim + 1,))


@primitive(
    vjp=_repeat_each_rule,
    batching="dims",
    samples=[at((2, 3), times=2, dim=0), at((2, 3), times=0, dim=1)],
)
def _repeat_each(x, *, times, dim):
    """Each entry along a dimension so many times in a row."""
    return np.repeat(x, times, dim)


@composite(
    numpy=np.repeat, samples=[at((2, 3), 2), at((2, 3), 2, -1), at((3, 2), np.array([0, 2, 1]), 0)]
)
def repeat_interleave(x, repeats, dim=None, *, output_size=None):
    """Each entry along a dimension several times in a row.

    Parameters
    ----------
    x : Tensor
        Any shape.
    repeats : int or integer Tensor
        How many times, for all entries or for each.
    dim : int, optional
        The dimension; by default ``x`` is flattened.
    output_size : int, optional
        The length that the dimension will have, if it is known: checked, nothing more.

    Returns
    -------
    Tensor

    Raises
    ------
    ShapeError
        If a number of times is negative, or the numbers do not fit the entries or
        ``output_size``.

    Examples
    --------
    >>> from autograd_engine import repeat_interleave, tensor
    >>> repeat_interleave(tensor([1., 2.]), 2)
    tensor([1., 1., 2., 2.])
    """
    if dim is None:
        x = reshape(x, (-1,))
        dim = 0
    (dim,) = normal_dims(dim, x.ndim)
    repeats = np.asarray(repeats)
    if repeats.size not in (1, x.shape[dim]):
        raise ShapeError(
            f"repeat_interleave() needs one number, or one for each of the {x.shape[dim]} entries, "
            f"got {repeats.size}"
        )
    if repeats.size and repeats.min() < 0:
        raise ShapeError(f"repeat_interleave() repeats at least 0 times, got {repeats.min()}")
    if repeats.size == 1:
        copies = _repeat_each(x, times=repeats.item(), dim=dim)
    else:
        entries = np.repeat(np.arange(x.shape[dim]), repeats)
        copies = getitem(x, index=(*(slice(None),) * dim, entries))
    if output_size not in (None, copies.shape[dim]):
        raise ShapeError(
            f"repeat_interleave() gives {copies.shape[dim]} entries, got output_size={output_size}"
        )
    return copies


def _at_least(x: Any, ndim: int, name: str) -> Any:
    if x.ndim < ndim:
        raise ShapeError(f"{name}() needs at least {ndim} dimensions, got shape {list(x.shape)}")
    return x
