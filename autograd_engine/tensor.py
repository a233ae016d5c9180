"""The Tensor: an array, and its place in the graph.

This file holds what a tensor *is*: its array, its gradient, the node that made it, how it turns into NumPy and back. What
a tensor can *do*, the operators and the several hundred methods, are the ops themselves, attached in `ops/methods.py`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Callable, Iterator

import numpy as np

from . import memory
from .errors import GraphError, ShapeError

if TYPE_CHECKING:
    from .devices import device
    from ._methods import Methods  # the operators and methods that ops/methods.py attaches
    from .primitive import Node
else:
    Methods = object


class Tensor(Methods):
    """A multi-dimensional array that knows how it was computed.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists of numbers, or an array (whose dtype is kept). Copied.
    dtype : numpy dtype or name, optional
        By default: the dtype of an array; float32 (see `set_default_dtype`) for Python floats, int64 for ints.
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

    # The array (a NumPy scalar where 0-d and not shared); the Node that made it, LEAF, or None for a constant.
    __slots__ = ("_data", "node", "_grad", "_memory", "_link", "_hooks", "_name", "__weakref__")

    _data: Any
    node: Node | None
    _grad: Tensor | None  # set on leaves that require gradients; elsewhere only when needed, like the three below
    _memory: Any
    _link: str
    _hooks: list | None

    def __init__(self, data: Any, dtype: Any = None, requires_grad: bool = False) -> None:
        self._data = to_array(data, dtype, copy=True)
        self.node = None
        if requires_grad:
            self.requires_grad_()

    # --- what it is -------------------------------------------------------------------------------------------------

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

    @property
    def device(self) -> device:
        """Always the CPU."""
        return CPU

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

    # --- its place in the graph -------------------------------------------------------------------------------------

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
            For an integer or boolean tensor, or when switching off what is the result of an operation.
        """
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(f"requires_grad is True or False, got {requires_grad!r}")
        if not self.is_leaf:
            if not requires_grad:
                raise GraphError("only a leaf's requires_grad can be switched off; use detach() for a result")
        elif requires_grad:
            if self._data.dtype.kind != "f":
                raise GraphError(f"only floating point tensors can require gradients, this one is {self.dtype}")
            if self.node is None:
                self.node, self._grad, self._hooks = LEAF, getattr(self, "_grad", None), None
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
        return not self.is_leaf and any(isinstance(hook, RetainGrad) for hook in self.node.hooks or ())  # type: ignore

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
                    f"a gradient has the shape and dtype of its tensor: expected {self.dtype}{list(self.shape)}, "
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

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Call ``hook(grad)`` once in each backward sweep, on the complete gradient of this tensor.

        Parameters
        ----------
        hook : callable
            Gets the gradient; a tensor that it returns takes the gradient's place.

        Returns
        -------
        Handle
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
        return Handle(self._hook_list(), hook)

    def _hook_list(self) -> list:
        if self.is_leaf:
            if self._hooks is None:
                self._hooks = []
            return self._hooks
        node: Any = self.node
        if node.hooks is None:
            node.hooks = []
        return node.hooks

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulate the gradients of this tensor into the ``.grad`` of the leaves it was computed from.

        Parameters
        ----------
        gradient : Tensor, optional
            The cotangent to start from, of this tensor's shape; may be left out for a tensor of one element.
        retain_graph : bool, optional
            Keep what the sweep needs, so that it can be swept again. Default: the value of ``create_graph``.
        create_graph : bool
            Record the sweep itself, so that the gradients can be differentiated in turn.
        inputs : Tensor or sequence of Tensor, optional
            Accumulate into these only.

        Raises
        ------
        RuntimeError
            If the tensor has no graph, the graph was freed by an earlier sweep, or a saved array was changed since.
        """
        backward((self,), (gradient,), retain_graph, create_graph, inputs)

    def backward_steps(self, gradient: Any = None) -> Iterator[Any]:
        """Watch the backward sweep, one operation at a time. No ``.grad`` is touched, and no graph freed.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent to start from, of this tensor's shape; may be left out for a tensor of one element.

        Yields
        ------
        autograd_engine.visual.Step
            The operation, the gradient that has arrived at its output, and what it hands to each input.

        Examples
        --------
        >>> from autograd_engine import tensor
        >>> a, b = tensor(2.0, requires_grad=True), tensor(3.0, requires_grad=True)
        >>> a.name, b.name = "a", "b"
        >>> for step in (a * b + a).backward_steps():
        ...     print(step)
        add, upstream 1: #2 mul += 1 × 1 = 1 (now 1); a += 1 × 1 = 1 (now 1)
        mul, upstream 1: a += 1 × 3 = 3 (now 4); b += 1 × 2 = 2 (now 2)
        """
        from .visual.replay import backward_steps

        return backward_steps(self, gradient)

    @property
    def data(self) -> Tensor:
        """A tensor on the same memory, outside the graph. Assigning to it replaces the memory.

        What is written through it is the user's own affair: the backward sweep is not warned that a saved array changed.
        Prefer ``with no_grad():``, which is as quick and exact.
        """
        alias = self.detach()
        alias._link = "data"
        return alias

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, (Tensor, np.ndarray, np.generic)):
            raise TypeError(f"data is a tensor or an array, got {type(value).__name__}")
        source = value if isinstance(value, Tensor) else Tensor._of(to_array(value, None, copy=False))
        if self.requires_grad and source._data.dtype.kind != "f":
            raise TypeError(f"a tensor that requires gradients holds floats, got {source._data.dtype}")
        self._data = source._data if source._data.ndim == 0 and not isinstance(value, Tensor) else source.numpy()
        if isinstance(value, Tensor):
            memory.share(value, self)

    @classmethod
    def _of(cls, array: Any) -> Tensor:
        tensor = object.__new__(Tensor)
        tensor._data = array
        tensor.node = None
        return tensor

    def detach(self) -> Tensor:
        """A tensor on the same memory, outside the graph."""
        alias = Tensor._of(self.numpy())
        alias._link = "detach"
        memory.share(self, alias)
        return alias

    # --- to NumPy and Python ----------------------------------------------------------------------------------------

    def numpy(self) -> np.ndarray:
        """The array itself, not a copy: what is written into it, the tensor sees."""
        if not isinstance(self._data, np.ndarray):
            self._data = np.array(self._data)
        return self._data

    def item(self) -> Any:
        """The single element as a Python number."""
        if self._data.size != 1:
            raise ShapeError(f"item() needs a tensor of one element, this one has shape {self.shape}")
        return self._data.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._data if copy else self.numpy(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .interop import dispatch_ufunc

        return dispatch_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        from .interop import dispatch_function

        return dispatch_function(function, args, kwargs)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ShapeError(
                f"a tensor of shape {self.shape} is neither true nor false; use .any() or .all(), or & | ~ in place of and or not"
            )
        return bool(self._data.item())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iub" or self._data.size != 1:
            raise TypeError(f"only an integer tensor of one element can be an index, this one is {self!r}")
        return int(self._data.item())

    def __len__(self) -> int:
        if self._data.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._data.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor; use .item() for its number")
        return iter(self.unbind())

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self._data == (value._data if isinstance(value, Tensor) else value)))

    def __format__(self, spec: str) -> str:
        return format(self.item() if spec else self, spec) if self._data.ndim == 0 and spec else format(repr(self), spec)

    __hash__ = object.__hash__  # == compares elements, so identity has to be said

    def __repr__(self) -> str:
        from .display import tensor_text

        return tensor_text(self)

    def _repr_html_(self) -> str:
        from .visual.card import card

        return card(self)

    def __copy__(self) -> Tensor:
        from .program import aliased

        return aliased(self)

    def __deepcopy__(self, memo: dict) -> Tensor:
        from .program import copied

        return copied(self, memo)

    def __reduce__(self) -> tuple:
        from .program import reduced

        return reduced(self)

    def __setstate__(self, state: tuple) -> None:
        self._grad, retains = state
        if retains:
            self.retain_grad()


from .backward import backward  # noqa: E402  (a tensor is made by a primitive, and a primitive makes tensors)
from .data import to_array  # noqa: E402
from .devices import CPU  # noqa: E402
from .hooks import Handle, RetainGrad  # noqa: E402
from .primitive import LEAF  # noqa: E402
