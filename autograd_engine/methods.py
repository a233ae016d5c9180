"""What a Tensor can do: its operators, its methods, and their in-place forms. Each is an op of this
package.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Iterator

import numpy as np

from .core.batched import Batched, of_all
from .core.backward import backward as sweep_backward
from .core.errors import GraphError, ShapeError
from .tensors import devices
from .tensors.display import tensor_text
from .tensors import inquiry
from .tensors.interop import dispatch_function, dispatch_ufunc, watch_door
from .transforms.program import aliased, copied, reduced
from .tensors.creation import tuple_of
from .tensors.dtypes import CONVERSIONS, tensor_dtype
from .tensors.inplace import assign, check_writable, rebind, write
from .core import nodehooks
from .core.hooks import Accumulated, RemovableHandle
from .core.memory import count_from, owner, version
from .core.modes import recording
from .core.node import Node
from .core.recorder import listening, note, note_read, note_written_through
from .core.primitive import registry
from .core.tensor import wrap
from .core.tensor import Tensor
from .ops import is_method, public_functions
from .ops.indexing import getitem, plain_index, setitem, write_index
from .ops.special import _gammainc, _gammaincc
from .ops.shape import _cast, _clone, permute
from .ops.windows import unfold_along

functions = public_functions()

OPERATORS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "truediv": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}


def method(function: Callable) -> Callable:
    """Make a function of a tensor one of its methods."""
    setattr(Tensor, function.__name__, function)
    return function


def reflected(function: Callable) -> Callable:
    """``b + tensor``: the operator with its operands exchanged."""

    def method(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return method


COMPARABLE = (Tensor, np.ndarray, np.generic, int, float)
"""What a tensor is compared with element by element."""


def comparison(function: Callable) -> Callable:
    """A comparison that leaves what is neither number nor array to Python, so that ``t == None`` is
    False.
    """

    def method(self: Tensor, other: Any) -> Any:
        if isinstance(other, COMPARABLE):
            return function(self, other)
        return NotImplemented

    return method


def inplace(function: Callable) -> Callable:
    """The form of an op that changes its first argument: ``x.exp_()``, ``x += y``."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self)
        return assign(self, function(self, *args, **kwargs))

    method.__name__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}`, in place."
    return method


def augmented(function: Callable) -> Callable:
    """The operator that changes its left side, ``x += y``; code of its own, so that a picture tells
    it from ``x.add_(y)``.
    """

    @functools.wraps(function)
    def operator(self: Tensor, other: Any) -> Tensor:
        check_writable(self)
        return assign(self, function(self, other))

    operator.__name__ = f"{function.__name__}_"
    operator.__doc__ = f"`{function.__name__}`, in place."
    return operator


def reshaped(function: Callable) -> Callable:
    """The form of a view op that changes the tensor itself: its shape, not its memory."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self)
        view = function(self, *args, **kwargs)
        changes = version(self) + 1
        rebind(self, view._data, view.node)
        count_from(self, changes)
        return self

    method.__name__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}`, in place."
    return method


IN_PLACE = {"values": inplace, "shape": reshaped}
"""What makes the form of an op that changes the tensor, by what of it changes."""


def attach() -> None:
    """Give Tensor its operators and methods."""
    for name, function in functions.items():
        if is_method(function):
            setattr(Tensor, name, function)
        if form := getattr(function, "in_place", None):
            setattr(Tensor, f"{name}_", IN_PLACE[form](function))
    for slot, name in OPERATORS.items():
        operator = registry[
            name
        ].function  # the op itself, not a function with more arguments around it
        setattr(Tensor, f"__{slot}__", operator)
        setattr(Tensor, f"__r{slot}__", reflected(operator))
        setattr(Tensor, f"__i{slot}__", augmented(operator))
    for name in COMPARISONS:
        setattr(Tensor, f"__{name}__", comparison(functions[name]))
    for slot, name in UNARY.items():
        setattr(Tensor, f"__{slot}__", functions[name])
    for name, dtype in CONVERSIONS.items():
        setattr(Tensor, name, conversion(name, dtype))
    for name, function in {"igamma": _gammainc, "igammac": _gammaincc}.items():
        setattr(Tensor, name, function)
        setattr(Tensor, f"{name}_", inplace(function))
    Tensor.unfold = unfold_along  # type: ignore[method-assign, assignment]
    for name, function in {
        "T": reversed_dims,
        "H": functions["t"],
        "mT": functions["adjoint"],
        "mH": functions["adjoint"],
    }.items():
        setattr(Tensor, name, property(function))


def reversed_dims(self: Tensor) -> Tensor:
    """The dimensions in reverse order, on the same memory."""
    return permute(self, tuple(range(self.ndim))[::-1])


@method
def __getitem__(self: Tensor, index: Any) -> Tensor:
    return getitem(self, index=plain_index(index, self.ndim))


@method
def __setitem__(self: Tensor, index: Any, value: Any) -> None:
    index = plain_index(index, self.ndim)
    given = value
    wanted = self.requires_grad
    if isinstance(value, Tensor):
        given = value._data
        wanted |= value.requires_grad
        # The end of x[i] += v, which Python writes as t = x[i]; t += v; x[i] = t: the view has
        # changed x already.
        if owner(value) is self and _same_memory(_part(self._data, index), given):
            if listening:
                note_written_through(self, lambda: setitem(self, value, index=index))
            return
    check_writable(self)
    if listening or recording.get() and wanted:
        assign(self, setitem(self, value, index=index))
    else:
        write(self, lambda array: write_index(array, index, given))


def _part(data: Any, index: Any) -> Any:
    if type(data) is Batched:
        return getitem(wrap(data), index=index)._data
    return getitem.op.forward(data, index=index)


def _same_memory(a: Any, b: Any) -> bool:
    if (a.shape, a.strides) != (b.shape, b.strides):
        return False
    a = of_all(a)
    b = of_all(b)
    return a.__array_interface__["data"] == b.__array_interface__["data"]


@method
def __pos__(self: Tensor) -> Tensor:
    return self


@method
def where(self: Tensor, condition: Any, other: Any) -> Tensor:
    """The elements of this tensor where ``condition`` holds, else those of ``other``."""
    return functions["where"](condition, self, other)


@method
def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to ``value``."""
    check_writable(self)
    return assign(self, setitem(self, value, index=...))


@method
def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    return fill_(self, 0)


@method
def copy_(self: Tensor, source: Any) -> Tensor:
    """Set the elements to those of ``source``, which broadcasts to this tensor's shape."""
    return fill_(self, source)


@method
def clone(self: Tensor) -> Tensor:
    """A copy that is part of the graph.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([1.0, 2.0])
    >>> copy = x.clone().zero_()
    >>> x
    tensor([1., 2.])
    """
    return _clone(self)


def detach(input: Tensor) -> Tensor:
    """A tensor on the same memory, outside the graph.

    Examples
    --------
    >>> from autograd_engine import detach, tensor
    >>> detach(tensor(1.0, requires_grad=True)).requires_grad
    False
    """
    return input.detach()


@method
def detach_(self: Tensor) -> Tensor:
    """Take this tensor itself out of its graph.

    Raises
    ------
    RuntimeError
        If it is a view, whose memory the graph of another tensor counts on.
    """
    if owner(self) is not None:
        raise GraphError("a view cannot be detached in place; use detach()")
    rebind(self, self._data, None)
    return self


@method
def fill_diagonal_(self: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Set the main diagonal of a matrix to a number; with ``wrap``, that of a tall one begins again
    below.

    Raises
    ------
    ShapeError
        If the tensor has fewer than two dimensions, or more of different lengths.
    """
    if self.ndim < 2 or (self.ndim > 2 and len(set(self.shape)) > 1):
        raise ShapeError(
            "fill_diagonal_() takes a matrix, or more dimensions of one length, got shape "
            f"{list(self.shape)}"
        )
    places = np.zeros(self.shape, bool)
    np.fill_diagonal(places, True, wrap)
    return self.masked_fill_(places, fill_value)


@method
def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Change every element to what a Python function makes of it: slow, and for a tensor outside of
    any graph.

    Raises
    ------
    GraphError
        If the tensor requires gradients, which cannot flow through the function.
    """
    if self.requires_grad:
        raise GraphError("apply_() has no gradient; use ops, or detach() the tensor first")
    changed = [callable(value) for value in self.reshape(-1).tolist()]
    return self.copy_(np.array(changed, self.dtype).reshape(self.shape))


@method
def sum_to_size(self: Tensor, *size: Any) -> Tensor:
    """The sum over the dimensions that ``size`` lacks, or has with length 1: the opposite of
    `expand`.

    Raises
    ------
    ShapeError
        If this tensor's shape is not what ``size`` expands to.
    """
    shape = tuple_of(size)
    lead = self.ndim - len(shape)
    pairs = list(zip(self.shape[max(lead, 0) :], shape))
    if lead < 0 or any(m not in (1, n) for n, m in pairs):
        raise ShapeError(
            f"sum_to_size() cannot sum shape {list(self.shape)} to shape {list(shape)}"
        )
    dims = [i for i in range(self.ndim) if i < lead or shape[i - lead] != self.shape[i]]
    if not dims:
        return self
    return self.sum(dims, keepdim=True).reshape(shape)


@method
def type(self: Tensor, dtype: Any = None) -> Any:
    """The elements in another dtype, as `to`; without one, the name of the dtype."""
    if dtype is None:
        return self.dtype.name
    return to(self, dtype)


@method
def element_size(self: Tensor) -> int:
    """The bytes one element takes."""
    return self.itemsize


@method
def get_device(self: Tensor) -> int:
    """Always -1, which is the CPU."""
    return -1


@method
def contiguous(self: Tensor) -> Tensor:
    """This tensor if its elements lie in memory in row-major order, else a copy that does."""
    if self.is_contiguous():
        return self
    return _clone(self, order="C")


@method
def astype(self: Tensor, dtype: Any) -> Tensor:
    """The elements in another dtype; NumPy's name for `to`."""
    return to(self, dtype)


@method
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The elements in the dtype of ``other``."""
    return to(self, other.dtype)


@method
def cpu(self: Tensor) -> Tensor:
    """This tensor itself: it is on the CPU already."""
    return self


@method
def cuda(self: Tensor, device: Any = None) -> Tensor:
    """There is no GPU here: programs that ask ``cuda.is_available()`` first never call it.

    Raises
    ------
    RuntimeError
        Always.
    """
    return self.to(device=device or "cuda")


@method
def to(
    self: Tensor,
    *target: Any,
    dtype: Any = None,
    device: Any = None,
    copy: bool = False,
    non_blocking: bool = False,
) -> Tensor:
    """The elements in another dtype (this tensor itself where nothing changes).

    Parameters
    ----------
    *target : dtype, Tensor or "cpu"
        A dtype, a tensor whose dtype is taken, or the device and then perhaps a dtype.
    dtype, device
        The same by name.
    copy : bool
        Copy even where nothing changes.
    non_blocking : bool
        Accepted for PyTorch's sake.

    Returns
    -------
    Tensor
        Part of the graph, if the new dtype is a floating one.

    Raises
    ------
    RuntimeError
        For another device than the CPU.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> tensor([1.9, -1.9]).to("int64"), tensor([1, 2]).to("cpu", dtype="float32")
    (tensor([ 1, -1]), tensor([1., 2.]))
    """
    for item in target:
        if isinstance(item, Tensor):
            dtype = item.dtype
        elif str(item).partition(":")[0] in ("cpu", "cuda", "mps"):
            device = item
        elif item is not None:
            dtype = item
    devices.check_device(device)
    if dtype is None or (dtype := tensor_dtype(dtype)) == self.dtype:
        return _clone(self) if copy else self
    if dtype.kind == "f":
        return _cast(self, dtype=dtype)
    result = wrap(self._data.astype(dtype))
    if listening:
        note(_cast.op, (self,), {"dtype": dtype}, result)
    return result


def conversion(name: str, dtype: np.dtype) -> Callable:
    """The method that converts to a dtype: ``t.long()``."""

    def method(self: Tensor) -> Tensor:
        return to(self, dtype)

    method.__name__ = name
    method.__doc__ = f"The elements as {dtype}."
    return method


attach()


def device_of(self: Tensor) -> devices.device:
    """Always the CPU."""
    return devices.CPU


for asked in (inquiry.is_complex, inquiry.is_nonzero, inquiry.is_same_size, inquiry.is_signed):
    method(asked)
for known, answer in {
    "is_cpu": True,
    **dict.fromkeys(
        ["is_cuda", "is_meta", "is_mps", "is_nested", "is_sparse", "is_quantized", "is_xpu"], False
    ),
}.items():
    setattr(Tensor, known, answer)


class Instead:
    """A name that PyTorch's tensors have and these have not: whoever asks for it is told what to
    use.
    """

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        self.what = what

    def __get__(self, tensor: Any, owner: Any) -> Any:
        raise AttributeError(f"a Tensor has no {self.name!r}: {self.what}")


_MEMORY = "its memory is that of t.numpy(), whose address is t.numpy().ctypes.data"
_NO_RESIZE = "memory does not change its size; make a new tensor, as by t.new_zeros() or pad()"
for known, what in {
    **dict.fromkeys(["data_ptr", "storage", "untyped_storage", "storage_offset"], _MEMORY),
    **dict.fromkeys(["resize_", "resize_as_"], _NO_RESIZE),
    "as_strided": "use np.lib.stride_tricks.as_strided(t.numpy(), ...), or t.unfold()",
    "set_": "assign t.data = other",
    "bfloat16": "NumPy has no bfloat16; use t.half() or t.float()",
    "to_sparse": "tensors are dense",
    "new": "use t.new_tensor(data), t.new_empty(size) or t.new_zeros(size)",
    "map_": "use ops, or t.apply_() of one argument",
    "map2_": "use ops, or t.apply_() of one argument",
    "imag": "tensors are real; complex results are of the class ComplexTensor",
    "share_memory_": "there is one process; threads share every tensor",
    "pin_memory": "there is one device, the CPU",
}.items():
    setattr(Tensor, known, Instead(known, what))

Tensor.device = property(device_of)  # type: ignore[method-assign, assignment]
Tensor.__hash__ = object.__hash__  # type: ignore[method-assign, assignment]
"""``==`` compares elements, so identity has to be said."""


# --- the backward sweep ---------------------------------------------------------------------------


@method
def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of this tensor into the ``.grad`` of the leaves it was computed
    from.

    Parameters
    ----------
    gradient : Tensor, optional
        The cotangent to start from, of this tensor's shape; may be left out for a tensor of one
        element.
    retain_graph : bool, optional
        Keep what the sweep needs, so that it can be swept again. Default: the value of
        ``create_graph``.
    create_graph : bool
        Record the sweep itself, so that the gradients can be differentiated in turn.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate into these only.

    Raises
    ------
    RuntimeError
        If the tensor has no graph, the graph was freed by an earlier sweep, or a saved array was
        changed since.
    """
    sweep_backward((self,), (gradient,), retain_graph, create_graph, inputs)


@method
def backward_steps(self: Tensor, gradient: Any = None) -> Iterator[Any]:
    """Watch the backward sweep, one operation at a time. No ``.grad`` is touched, and no graph
    freed.

    Parameters
    ----------
    gradient : array_like, optional
        The cotangent to start from, of this tensor's shape; may be left out for a tensor of one
        element.

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
    from .visual.graph.replay import steps_of

    return steps_of(self, gradient)


@method
def register_post_accumulate_grad_hook(
    self: Tensor, hook: Callable[[Tensor], None]
) -> RemovableHandle:
    """Call ``hook(tensor)`` each time that `backward` has added to the ``.grad`` of this leaf.

    Parameters
    ----------
    hook : callable
        Gets the leaf itself. It may change the leaf, as an optimizer does, and set ``.grad`` to
        None to free the gradient.

    Returns
    -------
    RemovableHandle
        ``handle.remove()`` takes the hook away.

    Raises
    ------
    RuntimeError
        If the tensor is no leaf, or requires no gradients.

    Examples
    --------
    >>> from autograd_engine import no_grad, tensor
    >>> w = tensor(1.0, requires_grad=True)
    >>> def step(p):
    ...     with no_grad():
    ...         p -= 0.1 * p.grad
    ...     p.grad = None
    >>> handle = w.register_post_accumulate_grad_hook(step)
    >>> (w * 5).backward(); w
    tensor(0.5000, requires_grad=True)
    """
    if not self.is_leaf:
        raise GraphError(
            "gradients are accumulated in leaves, and this tensor is the result of "
            f"{self.node.op.name}; use register_hook()"  # type: ignore[union-attr]
        )
    if not self.requires_grad:
        raise GraphError("a hook on its gradient needs a tensor that requires gradients")
    return RemovableHandle(self._hook_list(), Accumulated(hook))


def _version(self: Tensor) -> int:
    """How often this tensor was changed in place: by itself, or through a view or what it is a view
    of.

    Writes through ``.data`` and into ``.numpy()`` are not counted.
    """
    return version(self)


Tensor._version = property(_version)  # type: ignore[method-assign, assignment]
Node.register_hook = nodehooks.register_hook  # type: ignore[method-assign]
Node.register_prehook = nodehooks.register_prehook  # type: ignore[method-assign]
Node.metadata = property(nodehooks.metadata)  # type: ignore[method-assign, assignment]


# --- as Python sees it ----------------------------------------------------------------------------


@method
def __float__(self: Tensor) -> float:
    watch_door(self)
    return float(self.item())


@method
def __int__(self: Tensor) -> int:
    watch_door(self)
    return int(self.item())


@method
def __bool__(self: Tensor) -> bool:
    if self._data.size != 1:
        raise ShapeError(
            f"a tensor of shape {self.shape} is neither true nor false; use .any() or .all(), or & "
            "| ~ in place of and or not"
        )
    if listening:
        note_read(self, "bool()")
    return bool(self._data.item())


@method
def __index__(self: Tensor) -> int:
    if self._data.dtype.kind not in "iub" or self._data.size != 1:
        raise TypeError(
            f"only an integer tensor of one element can be an index, this one is {self!r}"
        )
    if listening:
        note_read(self, "an index")
    return int(self._data.item())


@method
def __len__(self: Tensor) -> int:
    if self._data.ndim == 0:
        raise TypeError("len() of a 0-d tensor")
    return self._data.shape[0]


@method
def __iter__(self: Tensor) -> Iterator[Tensor]:
    if self._data.ndim == 0:
        raise TypeError("iteration over a 0-d tensor; use .item() for its number")
    return iter(self.unbind())


@method
def __contains__(self: Tensor, value: Any) -> bool:
    return bool(np.any(self._data == (value._data if isinstance(value, Tensor) else value)))


@method
def __format__(self: Tensor, spec: str) -> str:
    if spec and self._data.ndim == 0:
        return format(self.item(), spec)
    return format(repr(self), spec)


# --- as NumPy sees it -----------------------------------------------------------------------------


@method
def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    watch_door(self)
    if copy:
        if listening:
            note_read(self, "an array")
        return np.array(self._data, dtype)
    return np.array(self.numpy(), dtype, copy=copy)


@method
def __dlpack__(self: Tensor, *, stream: Any = None, **wanted: Any) -> Any:
    """The memory as a capsule of DLPack, for ``from_dlpack`` of any library; nothing is copied."""
    if self.requires_grad:
        raise BufferError(
            f"a tensor of shape {list(self.shape)} that requires gradients cannot be exported, "
            "since others know no graph; use t.detach()"
        )
    return self.numpy().__dlpack__(stream=stream, **wanted)


@method
def __dlpack_device__(self: Tensor) -> tuple[int, int]:
    return np.empty(0).__dlpack_device__()  # the CPU


@method
def __array_ufunc__(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    return dispatch_ufunc(ufunc, method, inputs, kwargs)


@method
def __array_function__(
    self: Tensor, function: Callable, types: Any, args: tuple, kwargs: dict
) -> Any:
    return dispatch_function(function, args, kwargs)


def mask_of(self: Tensor) -> np.bool_:
    """No mask. NumPy's masked arrays ask for one as they take the values of what they are given."""
    watch_door(self)
    return np.ma.nomask


Tensor._mask = property(mask_of)  # type: ignore[method-assign, assignment]


# --- as a reader sees it --------------------------------------------------------------------------


@method
def __repr__(self: Tensor) -> str:
    return tensor_text(self)


@method
def _repr_html_(self: Tensor) -> str:
    from .visual.picture.card import card

    return card(self)


# --- copies and pickles ---------------------------------------------------------------------------


@method
def __copy__(self: Tensor) -> Tensor:
    return aliased(self)


@method
def __deepcopy__(self: Tensor, memo: dict) -> Tensor:
    return copied(self, memo)


@method
def __reduce__(self: Tensor) -> tuple:
    return reduced(self)


@method
def __setstate__(self: Tensor, state: tuple) -> None:
    self._grad, retains, attributes = state
    self.__dict__.update(attributes)
    if retains:
        self.retain_grad()
