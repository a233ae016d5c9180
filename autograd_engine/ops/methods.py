"""What a Tensor can do: its operators, its methods, and their in-place forms. Each is an op of this package."""

from __future__ import annotations

import functools
from typing import Any, Callable

import numpy as np

from ..dtypes import CONVERSIONS, checked
from ..errors import GraphError
from ..inplace import assign, check_writable, write
from ..memory import owner
from ..modes import recording
from ..primitive import registry, wrap
from ..tensor import Tensor
from . import FUNCTIONS_ONLY, public_functions
from .indexing import getitem, plain_index, setitem
from .shape import _cast, _clone, permute
from .windows import unfold_along

functions = public_functions()

OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide", "mod": "remainder",
    "pow": "pow", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
}  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}
NOT_METHODS = {"where", "einsum", "tensordot", "linear", "cdist", "chain_matmul", "one_hot", "searchsorted", "bucketize", "isin"}
INPLACE = tuple(
    "add sub subtract mul multiply div divide true_divide floor_divide remainder fmod pow float_power neg negative abs absolute square sqrt rsqrt "
    "reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan arcsin arccos arctan sinh cosh tanh asinh acosh atanh arcsinh arccosh "
    "arctanh atan2 arctan2 sigmoid logit relu clamp clamp_min clamp_max clip floor ceil round trunc fix frac sign sgn erf erfc erfinv lgamma "
    "digamma polygamma mvlgamma i0 sinc hypot xlogy lerp addcmul addcdiv masked_fill heaviside copysign nan_to_num deg2rad rad2deg cumsum cumprod eq "
    "ne lt le gt ge not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor "
    "bitwise_not bitwise_left_shift bitwise_right_shift tril triu scatter scatter_add scatter_reduce index_add index_copy index_fill index_put "
    "masked_scatter addmm addmv addr baddbmm addbmm".split()
)
RESHAPED = ("squeeze", "unsqueeze", "transpose", "swapaxes", "swapdims", "t")


def reflected(function: Callable) -> Callable:
    """``b + tensor``: the operator with its operands exchanged."""

    def method(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return method


def comparison(function: Callable) -> Callable:
    """A comparison that leaves what is neither number nor array to Python, so that ``t == None`` is False."""

    def method(self: Tensor, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, (str, list, tuple, dict)) else function(self, other)

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


def reshaped(function: Callable) -> Callable:
    """The form of a view op that changes the tensor itself: its shape, not its memory."""

    @functools.wraps(function)
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self)
        view = function(self, *args, **kwargs)
        self._data, self.node = view._data, view.node
        return self

    method.__name__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}`, in place."
    return method


def attach() -> None:
    """Give Tensor its operators and methods."""
    for name, function in functions.items():
        if name not in NOT_METHODS and function.__module__ not in FUNCTIONS_ONLY:
            setattr(Tensor, name, function)
    for name in INPLACE:
        setattr(Tensor, f"{name}_", inplace(functions[name]))
    for name in RESHAPED:
        setattr(Tensor, f"{name}_", reshaped(functions[name]))
    for slot, name in OPERATORS.items():
        operator = registry[name].function  # the op itself, not a function with more arguments around it
        setattr(Tensor, f"__{slot}__", operator)
        setattr(Tensor, f"__r{slot}__", reflected(operator))
        setattr(Tensor, f"__i{slot}__", inplace(operator))
    for name in COMPARISONS:
        setattr(Tensor, f"__{name}__", comparison(functions[name]))
    for slot, name in UNARY.items():
        setattr(Tensor, f"__{slot}__", functions[name])
    for name, dtype in CONVERSIONS.items():
        setattr(Tensor, name, conversion(name, dtype))
    for method in (__getitem__, __setitem__, __pos__, where, fill_, zero_, copy_, clone, astype, cpu, cuda, to, type_as, contiguous):
        setattr(Tensor, method.__name__, method)
    Tensor.unfold = unfold_along  # type: ignore[method-assign, assignment]
    for name, function in {"T": reversed_dims, "H": functions["t"], "mT": functions["adjoint"], "mH": functions["adjoint"]}.items():
        setattr(Tensor, name, property(function))


def reversed_dims(self: Tensor) -> Tensor:
    """The dimensions in reverse order, on the same memory."""
    return permute(self, tuple(range(self.ndim))[::-1])


def __getitem__(self: Tensor, index: Any) -> Tensor:
    return getitem(self, index=plain_index(index))


def __setitem__(self: Tensor, index: Any, value: Any) -> None:
    index = plain_index(index)
    if isinstance(value, Tensor) and owner(value) is self and _same_memory(getitem.op.forward(self._data, index=index), value._data):
        return  # the end of x[i] += v, which Python writes as t = x[i]; t += v; x[i] = t: the view has changed x already
    check_writable(self)
    if recording.get() and (self.requires_grad or isinstance(value, Tensor) and value.requires_grad):
        assign(self, setitem(self, value, index=index))
    else:
        write(self, lambda array: array.__setitem__(index, value._data if isinstance(value, Tensor) else value))


def _same_memory(a: Any, b: Any) -> bool:
    return a.__array_interface__["data"] == b.__array_interface__["data"] and (a.shape, a.strides) == (b.shape, b.strides)


def __pos__(self: Tensor) -> Tensor:
    return self


def where(self: Tensor, condition: Any, other: Any) -> Tensor:
    """The elements of this tensor where ``condition`` holds, else those of ``other``."""
    return functions["where"](condition, self, other)


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set every element to ``value``."""
    check_writable(self)
    return assign(self, setitem(self, value, index=...))


def zero_(self: Tensor) -> Tensor:
    """Set every element to 0."""
    return fill_(self, 0)


def copy_(self: Tensor, source: Any) -> Tensor:
    """Set the elements to those of ``source``, which broadcasts to this tensor's shape."""
    return fill_(self, source)


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


def contiguous(self: Tensor) -> Tensor:
    """This tensor if its elements lie in memory in row-major order, else a copy that does."""
    return self if self.is_contiguous() else _clone(self, order="C")


def astype(self: Tensor, dtype: Any) -> Tensor:
    """The elements in another dtype; NumPy's name for `to`."""
    return to(self, dtype)


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The elements in the dtype of ``other``."""
    return to(self, other.dtype)


def cpu(self: Tensor) -> Tensor:
    """This tensor itself: it is on the CPU already."""
    return self


def cuda(self: Tensor, device: Any = None) -> Tensor:
    """There is no GPU here: programs that ask ``cuda.is_available()`` first never call it.

    Raises
    ------
    RuntimeError
        Always.
    """
    return self.to(device="cuda" if device is None else device)


def to(self: Tensor, *target: Any, dtype: Any = None, device: Any = None, copy: bool = False, non_blocking: bool = False) -> Tensor:
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
    if device is not None and str(device) != "cpu":
        raise GraphError(f"this engine computes on the CPU only, got device {device!r}")
    if dtype is None or (dtype := checked(dtype)) == self.dtype:
        return _clone(self) if copy else self
    return _cast(self, dtype=dtype) if dtype.kind == "f" else wrap(self._data.astype(dtype))


def conversion(name: str, dtype: np.dtype) -> Callable:
    """The method that converts to a dtype: ``t.long()``."""

    def method(self: Tensor) -> Tensor:
        return to(self, dtype)

    method.__name__, method.__doc__ = name, f"The elements as {dtype}."
    return method


attach()
