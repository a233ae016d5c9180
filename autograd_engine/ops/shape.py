"""The same numbers in another arrangement: reshaping, permuting, joining, splitting, padding."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from .declare import at, composite, normal_dims, primitive


def _sizes(sizes: Any) -> tuple[int, ...]:
    """Sizes given as ``2, 3`` or ``(2, 3)`` or ``((2, 3),)``."""
    if isinstance(sizes, (int, np.integer)):
        return (int(sizes),)
    return tuple([int(n) for n in sizes])


@primitive(vjp=lambda g, x_shape: g.reshape(x_shape), numpy=np.reshape, pack="shape",
           samples=[at((2, 3), shape=(3, 2)), at((2, 3), shape=(-1,)), at((), shape=(1, 1)), at((0, 2), shape=(0,))])  # fmt: skip
def reshape(x, *, shape):
    """The elements in row-major order in another shape, on the same memory where possible.

    Parameters
    ----------
    x : Tensor
        Any shape.
    shape : int... or tuple of int
        The new shape; one entry may be -1 and is worked out.

    Returns
    -------
    Tensor
        Of shape ``shape``.

    Raises
    ------
    ShapeError
        If the number of elements differs.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, -1)
    tensor([[0., 1.],
            [2., 3.]])
    """
    return np.asarray(x).reshape(_sizes(shape))


@primitive(vjp=lambda g, dims: permute(g, tuple(np.argsort([d % g.ndim for d in _sizes(dims)]).tolist())), pack="dims",
           samples=[at((2, 3, 4), dims=(2, 0, 1)), at((2, 3), dims=(-1, 0)), at((), dims=())])  # fmt: skip
def permute(x, *, dims):
    """The dimensions in another order, on the same memory.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dims : int... or tuple of int
        For each new dimension, the old one.

    Returns
    -------
    Tensor
        With ``shape[i] == x.shape[dims[i]]``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).permute(2, 0, 1).shape
    (4, 2, 3)
    """
    return np.transpose(x, _sizes(dims))


@primitive(vjp=lambda g, dim0, dim1: g.swapaxes(dim0, dim1), numpy=np.swapaxes, samples=[at((2, 3, 4), 0, -1), at((2, 3), 0, 1)])
def swapaxes(x, *, dim0, dim1):
    """Two dimensions exchanged, on the same memory.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dim0, dim1 : int
        The dimensions.

    Returns
    -------
    Tensor
        The shape of ``x`` with the two lengths exchanged.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3).swapaxes(0, 1).shape
    (3, 2)
    """
    return np.swapaxes(x, dim0, dim1) if np.ndim(x) else np.asarray(x)


@composite(numpy=np.transpose)
def transpose(x, dim0=None, dim1=None):
    """Two dimensions exchanged (PyTorch), or all reversed or permuted (NumPy: ``transpose(x)``, ``transpose(x, axes)``).

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).transpose(0, 1).shape
    (3, 2, 4)
    """
    if dim1 is None:
        return permute(x, tuple(range(np.ndim(x)))[::-1] if dim0 is None else tuple(dim0))
    return swapaxes(x, dim0, dim1)


@composite(numpy=np.squeeze)
def squeeze(x, dim=None):
    """Drop dimensions of length 1: all, or those named (a named one of another length stays).

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(1, 3, 1).squeeze().shape, zeros(1, 3, 1).squeeze(0).shape
    ((3,), (3, 1))
    """
    dims = normal_dims(dim, x.ndim)
    return reshape(x, tuple([n for i, n in enumerate(x.shape) if n != 1 or i not in dims]))


@composite()
def unsqueeze(x, dim):
    """Insert a dimension of length 1.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(3).unsqueeze(0).shape, zeros(3).unsqueeze(-1).shape
    ((1, 3), (3, 1))
    """
    (dim,) = normal_dims(dim, x.ndim + 1)
    return reshape(x, x.shape[:dim] + (1,) + x.shape[dim:])


@composite()
def flatten(x, start_dim=0, end_dim=-1):
    """Make one dimension of those from ``start_dim`` to ``end_dim``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 3, 4).flatten(1).shape
    (2, 12)
    """
    if x.ndim == 0:
        return reshape(x, (1,))
    first, last = start_dim % x.ndim, end_dim % x.ndim
    if first > last:
        raise ValueError(f"flatten() got start_dim {start_dim} after end_dim {end_dim}")
    return reshape(x, x.shape[:first] + (int(np.prod(x.shape[first : last + 1], dtype=int)),) + x.shape[last + 1 :])


@primitive(vjp=lambda g: g, numpy=np.broadcast_to, pack="shape", samples=[at((3, 1), shape=(2, 3, 4)), at((), shape=(2,))])
def broadcast_to(x, *, shape):
    """``x`` repeated, without copying, to a larger shape.

    Parameters
    ----------
    x : Tensor
        A shape that broadcasts to ``shape``.
    shape : tuple of int

    Returns
    -------
    Tensor
        Of shape ``shape``; it cannot be written to in place.

    Examples
    --------
    >>> from autograd_engine import broadcast_to, tensor
    >>> broadcast_to(tensor([1., 2.]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return np.broadcast_to(x, _sizes(shape))


@composite()
def expand(x, *sizes):
    """``x`` repeated, without copying: each dimension of length 1 may be given a length; -1 leaves one as it is.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(3, 1).expand(-1, 4).shape
    (3, 4)
    """
    sizes = _sizes(sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)
    lead = len(sizes) - x.ndim
    return broadcast_to(x, tuple([x.shape[i - lead] if n == -1 and i >= lead else n for i, n in enumerate(sizes)]))


@primitive(vjp=lambda g, dims: flip(g, dims), numpy=np.flip, pack="dims", samples=[at((2, 3), dims=(0,)), at((2, 3), dims=(0, -1))])
def flip(x, *, dims):
    """The elements in reverse order along ``dims``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    dims : int... or tuple of int

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
    return np.flip(x, normal_dims(_sizes(dims), np.ndim(x))).copy()


def _cat_rule(g: Any, xs_shapes: Sequence[tuple], dim: int) -> list:
    (dim,) = normal_dims(dim, g.ndim)
    stops = np.cumsum([shape[dim] for shape in xs_shapes]).tolist()
    lead = (slice(None),) * dim
    return [g[(*lead, slice(start, stop))] for start, stop in zip([0, *stops], stops)]


@primitive(joint=_cat_rule, promote="keep", samples=[at((2, 3), (1, 3), dim=0), at((2, 1), (2, 2), (2, 3), dim=-1)])
def _cat(*xs, dim):
    """Arrays one after the other along a dimension that they have."""
    return np.concatenate(xs, axis=dim)


@composite(numpy=np.concatenate)
def cat(tensors, dim=0):
    """Join tensors one after the other along a dimension that they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of equal shapes but for dimension ``dim``.
    dim : int
        The dimension.

    Returns
    -------
    Tensor
        Its length along ``dim`` is the sum of theirs.

    Examples
    --------
    >>> from autograd_engine import cat, tensor
    >>> cat([tensor([1., 2.]), tensor([3.])])
    tensor([1., 2., 3.])
    """
    if len(tensors) == 0:
        raise ValueError("cat() needs at least one tensor")
    return _cat(*tensors, dim=dim)


@composite(numpy=np.stack)
def stack(tensors, dim=0):
    """Join tensors of one shape along a new dimension.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape.
    dim : int
        Where the new dimension goes.

    Returns
    -------
    Tensor
        With one dimension more, of length ``len(tensors)``.

    Examples
    --------
    >>> from autograd_engine import stack, tensor
    >>> stack([tensor(1.), tensor(2.)])
    tensor([1., 2.])
    """
    if len(tensors) == 0:
        raise ValueError("stack() needs at least one tensor")
    shapes = {np.shape(x) for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(f"stack() needs tensors of one shape, got {', '.join(str(list(shape)) for shape in sorted(shapes))}")
    return _cat(*[unsqueeze(x, dim) for x in tensors], dim=dim)


def _pieces(x: Any, dim: int, sizes: Sequence[int]) -> tuple:
    return _split(x, dim=dim, sizes=tuple(sizes))


@primitive(joint=lambda g, dim: [cat(g, dim)], outputs=0, samples=[at((5, 2), dim=0, sizes=(2, 3)), at((2, 4), dim=-1, sizes=(1, 1, 2))])
def _split(x, *, dim, sizes):
    """Consecutive pieces of the given lengths."""
    return tuple(np.split(x, np.cumsum(sizes[:-1]), axis=dim))


@composite(samples=[at((5, 2), 2), at((5, 2), [1, 4], dim=0)])
def split(x, split_size, dim=0):
    """Consecutive pieces along a dimension, on the same memory.

    Parameters
    ----------
    x : Tensor
        Any shape.
    split_size : int or list of int
        The length of every piece (the last may be shorter), or the length of each.
    dim : int
        The dimension.

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(5.0).split(2)
    (tensor([0., 1.]), tensor([2., 3.]), tensor([4.]))
    """
    (dim,) = normal_dims(dim, x.ndim)
    length = x.shape[dim]
    if isinstance(split_size, int):
        if split_size <= 0:
            raise ValueError(f"split() needs a positive size, got {split_size}")
        sizes = [min(split_size, length - start) for start in range(0, length, split_size)] or [0]
    else:
        sizes = list(split_size)
        if sum(sizes) != length:
            raise ValueError(f"split() got sizes {sizes}, which do not add up to the length {length} of dimension {dim}")
    return _pieces(x, dim, sizes)


@composite(samples=[at((5, 2), 3)])
def chunk(x, chunks, dim=0):
    """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> [len(piece) for piece in arange(5.0).chunk(2)]
    [3, 2]
    """
    if chunks <= 0:
        raise ValueError(f"chunk() needs a positive number of chunks, got {chunks}")
    return split(x, max(-(-x.shape[normal_dims(dim, x.ndim)[0]] // chunks), 1), dim)


@primitive(joint=lambda g, dim: [stack(g, dim)], outputs=0, samples=[at((3, 2), dim=0), at((2, 3), dim=-1), at((2,), dim=0)])
def unbind(x, *, dim=0):
    """The slices along a dimension, without it, on the same memory.

    Parameters
    ----------
    x : Tensor
        At least one dimension.
    dim : int

    Returns
    -------
    tuple of Tensor

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(4.0).reshape(2, 2).unbind()
    (tensor([0., 1.]), tensor([2., 3.]))
    """
    (dim,) = normal_dims(dim, np.ndim(x))
    lead = (slice(None),) * dim
    return tuple([x[(*lead, i, ...)] for i in range(x.shape[dim])])


@primitive(vjp=lambda g, widths: g[tuple([slice(a, g.shape[i] - b) for i, (a, b) in enumerate(widths)])], samples=[at((2, 3), widths=((1, 0), (2, 1)))])
def _pad(x, *, widths, value=0.0):
    """A border of ``value``; a negative width crops."""
    crop = tuple([slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, widths)])
    return np.pad(x[crop], [(max(a, 0), max(b, 0)) for a, b in widths], constant_values=value)


@composite(samples=[at((2, 3), (1, 2)), at((2, 3), (1, 2, 0, 1), value=1.5)])
def pad(x, pad, mode="constant", value=0.0):
    """A border around ``x``.

    Parameters
    ----------
    x : Tensor
        Any shape.
    pad : sequence of int
        How much before and after, in pairs, the *last* dimension first, as in PyTorch.
    mode : {"constant"}
    value : float
        What the border is filled with.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import pad, tensor
    >>> pad(tensor([1., 2.]), (1, 2))
    tensor([0., 1., 2., 0., 0.])
    """
    if mode != "constant":
        raise NotImplementedError(f"pad() knows the mode 'constant', got {mode!r}")
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ValueError(f"pad() needs pairs for at most {x.ndim} dimensions, got {tuple(pad)}")
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    widths = ((0, 0),) * (x.ndim - len(pairs)) + tuple(reversed(pairs))
    return _pad(x, widths=widths, value=value)


@primitive(vjp=lambda g: g, samples=[at((2, 3))])
def _clone(x):
    """A copy."""
    return np.array(x)[()]


@primitive(vjp=lambda g: g, samples=[at((2, 3), dtype=np.dtype("float64"))])
def _cast(x, *, dtype):
    """The elements in another floating dtype."""
    return x.astype(dtype)


from ..errors import ShapeError  # noqa: E402
