"""The operators and methods of Tensor and their types. Written by tools/regenerate.py from the declarations of the ops."""

import builtins
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .tensor import Tensor

TensorLike: TypeAlias = Tensor | npt.ArrayLike

class Methods:
    def add(self, b: TensorLike) -> Tensor:
        """``a + b``."""
    def sub(self, b: TensorLike) -> Tensor:
        """``a - b``."""
    def mul(self, b: TensorLike) -> Tensor:
        """``a * b``."""
    def div(self, b: TensorLike) -> Tensor:
        """``a / b``; the quotient of integers is a float."""
    def pow(self, b: TensorLike) -> Tensor:
        """``a ** b``."""
    def neg(self) -> Tensor:
        """``-x``."""
    def floor_divide(self, b: TensorLike) -> Tensor:
        """``a // b``, rounded towards minus infinity."""
    def remainder(self, b: TensorLike) -> Tensor:
        """``a % b``, with the sign of ``b``."""
    def eq(self, b: TensorLike) -> Tensor:
        """``a == b``, a boolean tensor without a graph."""
    def ne(self, b: TensorLike) -> Tensor:
        """``a != b``, a boolean tensor without a graph."""
    def lt(self, b: TensorLike) -> Tensor:
        """``a < b``, a boolean tensor without a graph."""
    def le(self, b: TensorLike) -> Tensor:
        """``a <= b``, a boolean tensor without a graph."""
    def gt(self, b: TensorLike) -> Tensor:
        """``a > b``, a boolean tensor without a graph."""
    def ge(self, b: TensorLike) -> Tensor:
        """``a >= b``, a boolean tensor without a graph."""
    def bitwise_and(self, b: TensorLike) -> Tensor:
        """``a & b`` on integers, or on booleans."""
    def bitwise_or(self, b: TensorLike) -> Tensor:
        """``a | b`` on integers, or on booleans."""
    def bitwise_xor(self, b: TensorLike) -> Tensor:
        """``a ^ b`` on integers, or on booleans."""
    def bitwise_not(self) -> Tensor:
        """``~x`` on integers, or on booleans."""
    def log(self) -> Tensor:
        """The natural logarithm."""
    def exp(self) -> Tensor:
        """``e ** x``."""
    def expm1(self) -> Tensor:
        """``e ** x - 1``, exact near 0."""
    def log1p(self) -> Tensor:
        """``log(1 + x)``, exact near 0."""
    def log2(self) -> Tensor:
        """The logarithm to base 2."""
    def log10(self) -> Tensor:
        """The logarithm to base 10."""
    def sqrt(self) -> Tensor:
        """The square root."""
    def rsqrt(self) -> Tensor:
        """``1 / sqrt(x)``."""
    def square(self) -> Tensor:
        """``x ** 2``."""
    def reciprocal(self) -> Tensor:
        """``1 / x``."""
    def sin(self) -> Tensor:
        """The sine of ``x`` in radians."""
    def cos(self) -> Tensor:
        """The cosine of ``x`` in radians."""
    def tan(self) -> Tensor:
        """The tangent of ``x`` in radians."""
    def asin(self) -> Tensor:
        """The arc sine, in radians."""
    def acos(self) -> Tensor:
        """The arc cosine, in radians."""
    def atan(self) -> Tensor:
        """The arc tangent, in radians."""
    def sinh(self) -> Tensor:
        """The hyperbolic sine."""
    def cosh(self) -> Tensor:
        """The hyperbolic cosine."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent."""
    def asinh(self) -> Tensor:
        """The inverse hyperbolic sine."""
    def acosh(self) -> Tensor:
        """The inverse hyperbolic cosine."""
    def atanh(self) -> Tensor:
        """The inverse hyperbolic tangent."""
    def atan2(self, b: TensorLike) -> Tensor:
        """The angle of the point ``(b, a)``, in radians."""
    def sigmoid(self) -> Tensor:
        """``1 / (1 + exp(-x))``, without overflow."""
    def softplus(self) -> Tensor:
        """``log(1 + exp(x))``, without overflow."""
    def logaddexp(self, b: TensorLike) -> Tensor:
        """``log(exp(a) + exp(b))``, without overflow."""
    def abs(self) -> Tensor:
        """The absolute value; its derivative at 0 is 0."""
    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign; its derivative is 0."""
    def relu(self) -> Tensor:
        """``max(x, 0)``; its derivative at 0 is 0."""
    def maximum(self, b: TensorLike) -> Tensor:
        """The greater of two; where they are equal, each gets half the gradient."""
    def minimum(self, b: TensorLike) -> Tensor:
        """The smaller of two; where they are equal, each gets half the gradient."""
    def floor(self) -> Tensor:
        """The integer below; its derivative is 0."""
    def ceil(self) -> Tensor:
        """The integer above; its derivative is 0."""
    def trunc(self) -> Tensor:
        """The integer towards 0; its derivative is 0."""
    def clamp(self, min: Any = ..., max: Any = ...) -> Tensor:
        """``x`` limited to the interval from ``min`` to ``max``; the derivative at the ends is 1."""
    def broadcast_to(self, *shape: Any, **kwargs: Any) -> Tensor:
        """``x`` repeated, without copying, to a larger shape."""
    def flip(self, *dims: Any, **kwargs: Any) -> Tensor:
        """The elements in reverse order along ``dims``."""
    def sum(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The sum."""
    def mean(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The mean."""
    def amax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The greatest element; equal ones share the gradient."""
    def amin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The smallest element; equal ones share the gradient."""
    def any(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """Whether any element is true (not 0)."""
    def all(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """Whether all elements are true (not 0)."""
    def argmax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The position of the greatest element, the first of equals."""
    def argmin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The position of the smallest element, the first of equals."""
    def max(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ...) -> Any:
        """The greatest element of all; or, along one dimension, the greatest and its position; or of two tensors."""
    def min(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ...) -> Any:
        """The smallest element of all; or, along one dimension, the smallest and its position; or of two tensors."""
    def prod(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The product; its gradient is right at zeros too."""
    def var(self, dim: builtins.int | Sequence[builtins.int] | None = ..., correction: Any = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The variance; ``correction`` is subtracted from the count (1: unbiased)."""
    def std(self, dim: builtins.int | Sequence[builtins.int] | None = ..., correction: Any = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The standard deviation; that of a constant has derivative 0."""
    def logsumexp(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """``log(sum(exp(x)))``, without overflow."""
    def softmax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``exp(x) / sum(exp(x))`` along one dimension, without overflow."""
    def log_softmax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``log(softmax(x))`` along one dimension, without overflow."""
    def cumsum(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The running sum along one dimension."""
    def take_along_dim(self, indices: TensorLike, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The elements that ``indices`` names along ``dim``."""
    def reshape(self, *shape: Any, **kwargs: Any) -> Tensor:
        """The elements in row-major order in another shape, on the same memory where possible."""
    def permute(self, *dims: Any, **kwargs: Any) -> Tensor:
        """The dimensions in another order, on the same memory."""
    def swapaxes(self, dim0: Any, dim1: Any) -> Tensor:
        """Two dimensions exchanged, on the same memory."""
    def transpose(self, dim0: Any = ..., dim1: Any = ...) -> Tensor:
        """Two dimensions exchanged (PyTorch), or all reversed or permuted (NumPy: ``transpose(x)``, ``transpose(x, axes)``)."""
    def squeeze(self, dim: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """Drop dimensions of length 1: all, or those named (a named one of another length stays)."""
    def unsqueeze(self, dim: builtins.int | Sequence[builtins.int] | None) -> Tensor:
        """Insert a dimension of length 1."""
    def flatten(self, start_dim: Any = ..., end_dim: Any = ...) -> Tensor:
        """Make one dimension of those from ``start_dim`` to ``end_dim``."""
    def expand(self, *sizes: Any) -> Tensor:
        """``x`` repeated, without copying: each dimension of length 1 may be given a length; -1 leaves one as it is."""
    def split(self, split_size: Any, dim: builtins.int | Sequence[builtins.int] | None = ...) -> tuple[Tensor, ...]:
        """Consecutive pieces along a dimension, on the same memory."""
    def chunk(self, chunks: Any, dim: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension."""
    def pad(self, pad: Any, mode: str = ..., value: Any = ...) -> Tensor:
        """A border around ``x``."""
    def matmul(self, b: TensorLike) -> Tensor:
        """The matrix product, of vectors, matrices, and stacks of matrices that broadcast."""
    def add_(self, b: TensorLike) -> Tensor:
        """`add`, in place."""
    def sub_(self, b: TensorLike) -> Tensor:
        """`sub`, in place."""
    def mul_(self, b: TensorLike) -> Tensor:
        """`mul`, in place."""
    def div_(self, b: TensorLike) -> Tensor:
        """`div`, in place."""
    def pow_(self, b: TensorLike) -> Tensor:
        """`pow`, in place."""
    def floor_divide_(self, b: TensorLike) -> Tensor:
        """`floor_divide`, in place."""
    def remainder_(self, b: TensorLike) -> Tensor:
        """`remainder`, in place."""
    def neg_(self) -> Tensor:
        """`neg`, in place."""
    def abs_(self) -> Tensor:
        """`abs`, in place."""
    def exp_(self) -> Tensor:
        """`exp`, in place."""
    def log_(self) -> Tensor:
        """`log`, in place."""
    def sqrt_(self) -> Tensor:
        """`sqrt`, in place."""
    def rsqrt_(self) -> Tensor:
        """`rsqrt`, in place."""
    def square_(self) -> Tensor:
        """`square`, in place."""
    def reciprocal_(self) -> Tensor:
        """`reciprocal`, in place."""
    def sin_(self) -> Tensor:
        """`sin`, in place."""
    def cos_(self) -> Tensor:
        """`cos`, in place."""
    def tanh_(self) -> Tensor:
        """`tanh`, in place."""
    def sigmoid_(self) -> Tensor:
        """`sigmoid`, in place."""
    def relu_(self) -> Tensor:
        """`relu`, in place."""
    def clamp_(self, min: Any = ..., max: Any = ...) -> Tensor:
        """`clamp`, in place."""
    def floor_(self) -> Tensor:
        """`floor`, in place."""
    def ceil_(self) -> Tensor:
        """`ceil`, in place."""
    def trunc_(self) -> Tensor:
        """`trunc`, in place."""
    def sign_(self) -> Tensor:
        """`sign`, in place."""
    def __add__(self, other: TensorLike) -> Tensor: ...
    def __radd__(self, other: TensorLike) -> Tensor: ...
    def __iadd__(self, other: TensorLike) -> Tensor: ...
    def __sub__(self, other: TensorLike) -> Tensor: ...
    def __rsub__(self, other: TensorLike) -> Tensor: ...
    def __isub__(self, other: TensorLike) -> Tensor: ...
    def __mul__(self, other: TensorLike) -> Tensor: ...
    def __rmul__(self, other: TensorLike) -> Tensor: ...
    def __imul__(self, other: TensorLike) -> Tensor: ...
    def __truediv__(self, other: TensorLike) -> Tensor: ...
    def __rtruediv__(self, other: TensorLike) -> Tensor: ...
    def __itruediv__(self, other: TensorLike) -> Tensor: ...
    def __floordiv__(self, other: TensorLike) -> Tensor: ...
    def __rfloordiv__(self, other: TensorLike) -> Tensor: ...
    def __ifloordiv__(self, other: TensorLike) -> Tensor: ...
    def __mod__(self, other: TensorLike) -> Tensor: ...
    def __rmod__(self, other: TensorLike) -> Tensor: ...
    def __imod__(self, other: TensorLike) -> Tensor: ...
    def __pow__(self, other: TensorLike) -> Tensor: ...
    def __rpow__(self, other: TensorLike) -> Tensor: ...
    def __ipow__(self, other: TensorLike) -> Tensor: ...
    def __matmul__(self, other: TensorLike) -> Tensor: ...
    def __rmatmul__(self, other: TensorLike) -> Tensor: ...
    def __imatmul__(self, other: TensorLike) -> Tensor: ...
    def __and__(self, other: TensorLike) -> Tensor: ...
    def __rand__(self, other: TensorLike) -> Tensor: ...
    def __iand__(self, other: TensorLike) -> Tensor: ...
    def __or__(self, other: TensorLike) -> Tensor: ...
    def __ror__(self, other: TensorLike) -> Tensor: ...
    def __ior__(self, other: TensorLike) -> Tensor: ...
    def __xor__(self, other: TensorLike) -> Tensor: ...
    def __rxor__(self, other: TensorLike) -> Tensor: ...
    def __ixor__(self, other: TensorLike) -> Tensor: ...
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __lt__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __gt__(self, other: Any) -> Tensor: ...
    def __ge__(self, other: Any) -> Tensor: ...
    def __neg__(self) -> Tensor:
        """``-x``."""
    def __abs__(self) -> Tensor:
        """The absolute value; its derivative at 0 is 0."""
    def __invert__(self) -> Tensor:
        """``~x`` on integers, or on booleans."""
    def __getitem__(self, index: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __pos__(self) -> Tensor: ...
    def fill_(self, value: Any) -> Tensor:
        """Set every element to ``value``."""
    def zero_(self) -> Tensor:
        """Set every element to 0."""
    def copy_(self, source: Any) -> Tensor:
        """Set the elements to those of ``source``, which broadcasts to this tensor's shape."""
    def clone(self) -> Tensor:
        """A copy that is part of the graph."""
    def astype(self, dtype: Any) -> Tensor:
        """The elements in another dtype; NumPy's name for `to`."""
    def to(self, target: Any = ..., dtype: Any = ...) -> Tensor:
        """The elements in another dtype (this tensor itself where nothing changes)."""
    def type_as(self, other: Tensor) -> Tensor:
        """The elements in the dtype of ``other``."""
    def contiguous(self) -> Tensor:
        """This tensor if its elements lie in memory in row-major order, else a copy that does."""
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
