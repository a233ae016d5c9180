"""The public names and their types. Written by tools/regenerate.py from the declarations of the ops."""

import builtins
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .tensor import Tensor as Tensor
from . import ops as ops
from .backward import grad as grad
from .creation import arange as arange
from .creation import as_tensor as as_tensor
from .creation import eye as eye
from .creation import from_numpy as from_numpy
from .creation import full as full
from .creation import linspace as linspace
from .creation import manual_seed as manual_seed
from .creation import ones as ones
from .creation import ones_like as ones_like
from .creation import rand as rand
from .creation import randint as randint
from .creation import randn as randn
from .creation import randperm as randperm
from .creation import tensor as tensor
from .creation import zeros as zeros
from .creation import zeros_like as zeros_like
from .errors import AnomalyError as AnomalyError
from .errors import GraphError as GraphError
from .errors import ShapeError as ShapeError
from .gradcheck import GradcheckError as GradcheckError
from .gradcheck import gradcheck as gradcheck
from .gradcheck import gradgradcheck as gradgradcheck
from .inplace import increment_version as increment_version
from .modes import detect_anomaly as detect_anomaly
from .modes import enable_grad as enable_grad
from .modes import get_default_dtype as get_default_dtype
from .modes import is_grad_enabled as is_grad_enabled
from .modes import no_grad as no_grad
from .modes import set_default_dtype as set_default_dtype
from .modes import set_grad_enabled as set_grad_enabled
from .primitive import Node as Node
from .primitive import primitive as primitive

TensorLike: TypeAlias = Tensor | npt.ArrayLike

def add(a: TensorLike, b: TensorLike) -> Tensor:
    """``a + b``."""
def sub(a: TensorLike, b: TensorLike) -> Tensor:
    """``a - b``."""
def mul(a: TensorLike, b: TensorLike) -> Tensor:
    """``a * b``."""
def div(a: TensorLike, b: TensorLike) -> Tensor:
    """``a / b``; the quotient of integers is a float."""
def pow(a: TensorLike, b: TensorLike) -> Tensor:
    """``a ** b``."""
def neg(x: TensorLike) -> Tensor:
    """``-x``."""
def floor_divide(a: TensorLike, b: TensorLike) -> Tensor:
    """``a // b``, rounded towards minus infinity."""
def remainder(a: TensorLike, b: TensorLike) -> Tensor:
    """``a % b``, with the sign of ``b``."""
def eq(a: TensorLike, b: TensorLike) -> Tensor:
    """``a == b``, a boolean tensor without a graph."""
def ne(a: TensorLike, b: TensorLike) -> Tensor:
    """``a != b``, a boolean tensor without a graph."""
def lt(a: TensorLike, b: TensorLike) -> Tensor:
    """``a < b``, a boolean tensor without a graph."""
def le(a: TensorLike, b: TensorLike) -> Tensor:
    """``a <= b``, a boolean tensor without a graph."""
def gt(a: TensorLike, b: TensorLike) -> Tensor:
    """``a > b``, a boolean tensor without a graph."""
def ge(a: TensorLike, b: TensorLike) -> Tensor:
    """``a >= b``, a boolean tensor without a graph."""
def bitwise_and(a: TensorLike, b: TensorLike) -> Tensor:
    """``a & b`` on integers, or on booleans."""
def bitwise_or(a: TensorLike, b: TensorLike) -> Tensor:
    """``a | b`` on integers, or on booleans."""
def bitwise_xor(a: TensorLike, b: TensorLike) -> Tensor:
    """``a ^ b`` on integers, or on booleans."""
def bitwise_not(x: TensorLike) -> Tensor:
    """``~x`` on integers, or on booleans."""
def log(x: TensorLike) -> Tensor:
    """The natural logarithm."""
def where(condition: TensorLike, a: TensorLike, b: TensorLike) -> Tensor:
    """``a`` where ``condition`` holds, else ``b``."""
def exp(x: TensorLike) -> Tensor:
    """``e ** x``."""
def expm1(x: TensorLike) -> Tensor:
    """``e ** x - 1``, exact near 0."""
def log1p(x: TensorLike) -> Tensor:
    """``log(1 + x)``, exact near 0."""
def log2(x: TensorLike) -> Tensor:
    """The logarithm to base 2."""
def log10(x: TensorLike) -> Tensor:
    """The logarithm to base 10."""
def sqrt(x: TensorLike) -> Tensor:
    """The square root."""
def rsqrt(x: TensorLike) -> Tensor:
    """``1 / sqrt(x)``."""
def square(x: TensorLike) -> Tensor:
    """``x ** 2``."""
def reciprocal(x: TensorLike) -> Tensor:
    """``1 / x``."""
def sin(x: TensorLike) -> Tensor:
    """The sine of ``x`` in radians."""
def cos(x: TensorLike) -> Tensor:
    """The cosine of ``x`` in radians."""
def tan(x: TensorLike) -> Tensor:
    """The tangent of ``x`` in radians."""
def asin(x: TensorLike) -> Tensor:
    """The arc sine, in radians."""
def acos(x: TensorLike) -> Tensor:
    """The arc cosine, in radians."""
def atan(x: TensorLike) -> Tensor:
    """The arc tangent, in radians."""
def sinh(x: TensorLike) -> Tensor:
    """The hyperbolic sine."""
def cosh(x: TensorLike) -> Tensor:
    """The hyperbolic cosine."""
def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent."""
def asinh(x: TensorLike) -> Tensor:
    """The inverse hyperbolic sine."""
def acosh(x: TensorLike) -> Tensor:
    """The inverse hyperbolic cosine."""
def atanh(x: TensorLike) -> Tensor:
    """The inverse hyperbolic tangent."""
def atan2(a: TensorLike, b: TensorLike) -> Tensor:
    """The angle of the point ``(b, a)``, in radians."""
def sigmoid(x: TensorLike) -> Tensor:
    """``1 / (1 + exp(-x))``, without overflow."""
def softplus(x: TensorLike) -> Tensor:
    """``log(1 + exp(x))``, without overflow."""
def logaddexp(a: TensorLike, b: TensorLike) -> Tensor:
    """``log(exp(a) + exp(b))``, without overflow."""
def abs(x: TensorLike) -> Tensor:
    """The absolute value; its derivative at 0 is 0."""
def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign; its derivative is 0."""
def relu(x: TensorLike) -> Tensor:
    """``max(x, 0)``; its derivative at 0 is 0."""
def maximum(a: TensorLike, b: TensorLike) -> Tensor:
    """The greater of two; where they are equal, each gets half the gradient."""
def minimum(a: TensorLike, b: TensorLike) -> Tensor:
    """The smaller of two; where they are equal, each gets half the gradient."""
def floor(x: TensorLike) -> Tensor:
    """The integer below; its derivative is 0."""
def ceil(x: TensorLike) -> Tensor:
    """The integer above; its derivative is 0."""
def trunc(x: TensorLike) -> Tensor:
    """The integer towards 0; its derivative is 0."""
def clamp(x: TensorLike, min: Any = ..., max: Any = ...) -> Tensor:
    """``x`` limited to the interval from ``min`` to ``max``; the derivative at the ends is 1."""
def broadcast_to(x: TensorLike, *shape: Any, **kwargs: Any) -> Tensor:
    """``x`` repeated, without copying, to a larger shape."""
def flip(x: TensorLike, *dims: Any, **kwargs: Any) -> Tensor:
    """The elements in reverse order along ``dims``."""
def sum(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The sum."""
def mean(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The mean."""
def amax(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The greatest element; equal ones share the gradient."""
def amin(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The smallest element; equal ones share the gradient."""
def any(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """Whether any element is true (not 0)."""
def all(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """Whether all elements are true (not 0)."""
def argmax(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The position of the greatest element, the first of equals."""
def argmin(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The position of the smallest element, the first of equals."""
def max(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ...) -> Any:
    """The greatest element of all; or, along one dimension, the greatest and its position; or of two tensors."""
def min(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ...) -> Any:
    """The smallest element of all; or, along one dimension, the smallest and its position; or of two tensors."""
def prod(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The product; its gradient is right at zeros too."""
def var(x: TensorLike, dim: int | Sequence[int] | None = ..., correction: Any = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The variance; ``correction`` is subtracted from the count (1: unbiased)."""
def std(x: TensorLike, dim: int | Sequence[int] | None = ..., correction: Any = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The standard deviation; that of a constant has derivative 0."""
def logsumexp(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """``log(sum(exp(x)))``, without overflow."""
def softmax(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``exp(x) / sum(exp(x))`` along one dimension, without overflow."""
def log_softmax(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``log(softmax(x))`` along one dimension, without overflow."""
def cumsum(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The running sum along one dimension."""
def take_along_dim(x: TensorLike, indices: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The elements that ``indices`` names along ``dim``."""
def reshape(x: TensorLike, *shape: Any, **kwargs: Any) -> Tensor:
    """The elements in row-major order in another shape, on the same memory where possible."""
def permute(x: TensorLike, *dims: Any, **kwargs: Any) -> Tensor:
    """The dimensions in another order, on the same memory."""
def swapaxes(x: TensorLike, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged, on the same memory."""
def transpose(x: TensorLike, dim0: Any = ..., dim1: Any = ...) -> Tensor:
    """Two dimensions exchanged (PyTorch), or all reversed or permuted (NumPy: ``transpose(x)``, ``transpose(x, axes)``)."""
def squeeze(x: TensorLike, dim: int | Sequence[int] | None = ...) -> Tensor:
    """Drop dimensions of length 1: all, or those named (a named one of another length stays)."""
def unsqueeze(x: TensorLike, dim: int | Sequence[int] | None) -> Tensor:
    """Insert a dimension of length 1."""
def flatten(x: TensorLike, start_dim: Any = ..., end_dim: Any = ...) -> Tensor:
    """Make one dimension of those from ``start_dim`` to ``end_dim``."""
def expand(x: TensorLike, *sizes: Any) -> Tensor:
    """``x`` repeated, without copying: each dimension of length 1 may be given a length; -1 leaves one as it is."""
def cat(tensors: Sequence[Tensor], dim: int | Sequence[int] | None = ...) -> Tensor:
    """Join tensors one after the other along a dimension that they have."""
def stack(tensors: Sequence[Tensor], dim: int | Sequence[int] | None = ...) -> Tensor:
    """Join tensors of one shape along a new dimension."""
def split(x: TensorLike, split_size: Any, dim: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """Consecutive pieces along a dimension, on the same memory."""
def chunk(x: TensorLike, chunks: Any, dim: int | Sequence[int] | None = ...) -> Tensor:
    """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension."""
def pad(x: TensorLike, pad: Any, mode: str = ..., value: Any = ...) -> Tensor:
    """A border around ``x``."""
def matmul(a: TensorLike, b: TensorLike) -> Tensor:
    """The matrix product, of vectors, matrices, and stacks of matrices that broadcast."""
def linear(x: TensorLike, weight: TensorLike, bias: TensorLike = ...) -> Tensor:
    """``x @ weight.T + bias`` as one op."""
def einsum(equation: TensorLike, *operands: Any) -> Tensor:
    """A sum of products, named by letters: Einstein's notation."""
