"""The Tensor: an array, and its place in the graph.

This file holds what a tensor *is*: its array, its gradient, the node that made it, how it turns
into NumPy and back. What a tensor can *do*, the operators and the several hundred methods, are the
ops themselves, attached in `methods.py`.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from . import memory
from .batched import Batched, single
from .data import to_array
from .errors import GraphError, ShapeError
from .hooks import RemovableHandle, RetainGrad
from .modes import get_default_dtype, is_recording
from .node import LEAF, Node
from .recorder import listening, note_alias, note_read

if TYPE_CHECKING:
    from ._methods import Methods  # the operators and methods that methods.py attaches
else:
    Methods = object


class Tensor(Methods):
    """A multi-dimensional array that knows how it was computed.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists of numbers, or an array (whose dtype is kept). Copied.
    dtype : numpy dtype or name, optional
        By default: the dtype of an array; float32 (see `set_default_dtype`) for Python's numbers,
        also for integers, which `tensor` keeps as int64.
    requires_grad : bool
        Whether gradients are wanted with respect to this tensor.

    Attributes
    ----------
    grad : Tensor or None
        The gradient that `backward` accumulated.
    grad_fn : Node or None
        The operation that made this tensor; None for a leaf.
    name : str or None
        How pictures and messages call it.

    Examples
    --------
    >>> from autograd_engine import Tensor
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # The array (a NumPy scalar where 0-d and not shared); the Node that made it, LEAF, or None for
    # a constant. A program may set attributes of its own, which stand in the dictionary.
    __slots__ = (
        *("_data", "node", "_grad", "_memory", "_link", "_hooks", "_name"),
        *("__dict__", "__weakref__"),
    )

    _data: Any
    node: Node | None
    _grad: (
        Tensor | None
    )  # set on leaves that require gradients; elsewhere only when needed, like the three below
    _memory: Any
    _link: str
    _hooks: list | None

    def __init__(self, data: Any, dtype: Any = None, requires_grad: bool = False) -> None:
        if dtype is None and not hasattr(data, "__array__"):
            dtype = get_default_dtype()
        self._data = to_array(data, dtype, copy=True)
        self.node = None
        if requires_grad:
            self.requires_grad_()

    # --- what it is -------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the elements."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def nbytes(self) -> int:
        """The bytes its elements take."""
        return self._data.nbytes

    @property
    def itemsize(self) -> int:
        """The bytes one element takes."""
        return self._data.itemsize

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of dimension ``dim``.

        >>> from autograd_engine import zeros
        >>> zeros(2, 3).size(), zeros(2, 3).size(-1)
        ((2, 3), 3)
        """
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    nelement, ndimension = numel, dim

    def stride(self) -> tuple[int, ...]:
        """The step, in elements, from one entry to the next along each dimension."""
        return tuple(step // self._data.itemsize for step in self._data.strides)

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in row-major order."""
        return bool(self._data.flags.c_contiguous)

    def is_floating_point(self) -> bool:
        """Whether the elements are floats."""
        return self._data.dtype.kind == "f"

    @property
    def name(self) -> str | None:
        """How pictures and messages call it."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    # --- its place in the graph -------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this tensor."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether gradients are wanted with respect to this leaf.

        Raises
        ------
        RuntimeError
            For an integer or boolean tensor, or when switching off what is the result of an
            operation.
        """
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(f"requires_grad is True or False, got {requires_grad!r}")
        if not self.is_leaf:
            if not requires_grad:
                raise GraphError(
                    "only a leaf's requires_grad can be switched off; use detach() for a result"
                )
        elif requires_grad:
            if self._data.dtype.kind != "f":
                raise GraphError(
                    f"only floating point tensors can require gradients, this one is {self.dtype}"
                )
            if self.node is None:
                self.node = LEAF
                self._grad = getattr(self, "_grad", None)
                self._hooks = None
        else:
            self.node = None
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user, not by a recorded operation."""
        return self.node is None or self.node is LEAF

    @property
    def grad_fn(self) -> Node | None:
        """The operation that made it; None for a leaf."""
        return None if self.is_leaf else self.node

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was asked for on a result of an operation."""
        hooks = getattr(self.grad_fn, "hooks", None)
        return any(isinstance(hook, RetainGrad) for hook in hooks or ())

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated, or None."""
        grad = getattr(self, "_grad", None)
        if grad is None and not self.is_leaf and not self.retains_grad:
            warnings.warn(
                "the .grad of a tensor that is not a leaf is not kept by backward(); "
                "call retain_grad() on it before, or look at the leaf it was computed from",
                UserWarning,
                stacklevel=2,
            )
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"a gradient is a Tensor or None, got {type(value).__name__}")
            if value.shape != self.shape or value.dtype != self.dtype:
                raise ValueError(
                    "a gradient has the shape and dtype of its tensor: expected "
                    f"{self.dtype}{list(self.shape)}, "
                    f"got {value.dtype}{list(value.shape)}"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def retain_grad(self) -> None:
        """Have `backward` keep the gradient of this result of an operation in ``.grad``."""
        if not self.requires_grad:
            raise GraphError("retain_grad() needs a tensor that requires gradients")
        if not self.is_leaf and not self.retains_grad:
            hooks = self._hook_list()
            hooks.append(RetainGrad(self))

    def release_grad(self) -> bool:
        """Undo `retain_grad`, and say whether there was anything to undo."""
        retained = self.retains_grad
        if retained:
            node: Any = self.node
            node.hooks = [hook for hook in node.hooks if not isinstance(hook, RetainGrad)]
        return retained

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` once in each backward sweep, on the complete gradient of this tensor.

        Parameters
        ----------
        hook : callable
            Gets the gradient; a tensor that it returns takes the gradient's place.

        Returns
        -------
        RemovableHandle
            ``handle.remove()`` takes the hook away.

        Examples
        --------
        >>> from autograd_engine import tensor
        >>> x = tensor(1.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (2 * x).backward(); x.grad
        tensor(20.)
        """
        if not self.requires_grad:
            raise GraphError("register_hook() needs a tensor that requires gradients")
        return RemovableHandle(self._hook_list(), hook)

    def _hook_list(self) -> list:
        if self.is_leaf:
            if self._hooks is None:
                self._hooks = []
            return self._hooks
        node: Any = self.node
        if node.hooks is None:
            node.hooks = []
        return node.hooks

    @property
    def data(self) -> Tensor:
        """A tensor on the same memory, outside the graph. Assigning to it replaces the memory.

        What is written through it is the user's own affair: the backward sweep is not warned that a
        saved array changed. Prefer ``with no_grad():``, which is as quick and exact.
        """
        alias = self.detach()
        alias._link = "data"
        return alias

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, (Tensor, np.ndarray, np.generic)):
            raise TypeError(f"data is a tensor or an array, got {type(value).__name__}")
        source: Any = value
        if not isinstance(value, Tensor):
            source = wrap(to_array(value, None, copy=False))
        if self.requires_grad and source._data.dtype.kind != "f":
            raise TypeError(
                f"a tensor that requires gradients holds floats, got {source._data.dtype}"
            )
        if isinstance(value, Tensor):
            self._data = _buffer(value)
            memory.share(value, self)
        else:
            self._data = source._data

    def detach(self) -> Tensor:
        """A tensor on the same memory, outside the graph."""
        alias = wrap(_buffer(self))
        alias._link = "detach"
        memory.share(self, alias)
        if listening:
            note_alias(self, alias)
        return alias

    # --- to NumPy and Python ----------------------------------------------------------------------

    def numpy(self) -> np.ndarray:
        """The values as an array on the same memory: what is written into it, the tensor sees.

        Where the graph counts on the values (also of a leaf, outside of ``no_grad``), the array is
        read-only. ``detach().numpy()`` can be written to, at the user's own risk.
        """
        if listening:
            note_read(self, "numpy()")
        array = single(_buffer(self), "numpy()")
        if self.node is not None and (self.node is not LEAF or is_recording()):
            array = array.view()
            array.flags.writeable = False
        return array

    def item(self) -> Any:
        """The single element as a Python number."""
        if listening:
            note_read(self, "item()")
        if self._data.size != 1:
            raise ShapeError(
                f"item() needs a tensor of one element, this one has shape {self.shape}"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        if listening:
            note_read(self, "tolist()")
        return self._data.tolist()


blank = functools.partial(object.__new__, Tensor)  # the quickest way


def _buffer(tensor: Tensor) -> Any:
    """The memory of a tensor: from now on an array, where a 0-d one has held a NumPy scalar."""
    if not isinstance(tensor._data, (np.ndarray, Batched)):
        tensor._data = np.array(tensor._data)
    return tensor._data


def wrap(value: Any, node: Node | None = None) -> Tensor:
    """A tensor on ``value`` (an array or NumPy scalar, taken as it is) made by ``node``."""
    tensor = blank()
    tensor._data = value
    tensor.node = node
    return tensor
