"""The public names and their types. Written by tests/regenerate.py from the declarations of the ops."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from autograd_engine.core.tensor import Tensor as Tensor
from . import autograd as autograd
from . import cuda as cuda
from . import func as func
from . import kernels as kernels
from . import linalg as linalg
from . import methods as methods
from . import ops as ops
from . import special as special
from .core.backward import grad as grad
from .core.decision import are_within as are_within
from .core.decision import decide as decide
from .core.declaration import primitive as primitive
from .core.errors import AnomalyError as AnomalyError
from .core.errors import DetachedWarning as DetachedWarning
from .core.errors import GraphError as GraphError
from .core.errors import ShapeError as ShapeError
from .core.errors import TraceError as TraceError
from .core.errors import named_errors as named_errors
from .core.hooks import RemovableHandle as RemovableHandle
from .core.modes import detect_anomaly as detect_anomaly
from .core.modes import enable_grad as enable_grad
from .core.modes import get_default_dtype as get_default_dtype
from .core.modes import inference_mode as inference_mode
from .core.modes import is_grad_enabled as is_grad_enabled
from .core.modes import no_grad as no_grad
from .core.modes import set_default_dtype as set_default_dtype
from .core.modes import set_grad_enabled as set_grad_enabled
from .core.node import Node as Node
from .core.recorder import is_traced as is_traced
from .core.recorder import record_calls as record_calls
from .core.trace import register_package as register_package
from .methods import clone as clone
from .methods import detach as detach
from .ops.complex import ComplexTensor as ComplexTensor
from .special import gammainc as igamma
from .special import gammaincc as igammac
from .tensors.creation import arange as arange
from .tensors.creation import as_tensor as as_tensor
from .tensors.creation import asarray as asarray
from .tensors.creation import empty as empty
from .tensors.creation import empty_like as empty_like
from .tensors.creation import eye as eye
from .tensors.creation import from_dlpack as from_dlpack
from .tensors.creation import from_numpy as from_numpy
from .tensors.creation import full as full
from .tensors.creation import full_like as full_like
from .tensors.creation import linspace as linspace
from .tensors.creation import logspace as logspace
from .tensors.creation import ones as ones
from .tensors.creation import ones_like as ones_like
from .tensors.creation import scalar_tensor as scalar_tensor
from .tensors.creation import tensor as tensor
from .tensors.creation import tril_indices as tril_indices
from .tensors.creation import triu_indices as triu_indices
from .tensors.creation import zeros as zeros
from .tensors.creation import zeros_like as zeros_like
from .tensors.devices import backends as backends
from .tensors.devices import device as device
from .tensors.devices import get_default_device as get_default_device
from .tensors.devices import set_default_device as set_default_device
from .tensors.devices import set_float32_matmul_precision as set_float32_matmul_precision
from .tensors.devices import use_deterministic_algorithms as use_deterministic_algorithms
from .tensors.display import set_printoptions as set_printoptions
from .tensors.dtypes import CONVERSIONS as CONVERSIONS
from .tensors.dtypes import can_cast as can_cast
from .tensors.dtypes import finfo as finfo
from .tensors.dtypes import float16 as float16
from .tensors.dtypes import float32 as float32
from .tensors.dtypes import float64 as float64
from .tensors.dtypes import iinfo as iinfo
from .tensors.dtypes import int16 as int16
from .tensors.dtypes import int32 as int32
from .tensors.dtypes import int64 as int64
from .tensors.dtypes import int8 as int8
from .tensors.dtypes import is_floating_point as is_floating_point
from .tensors.dtypes import promote_types as promote_types
from .tensors.dtypes import result_type as result_type
from .tensors.dtypes import uint8 as uint8
from .tensors.inplace import are_untouched as are_untouched
from .tensors.inplace import increment_version as increment_version
from .tensors.inplace import lie_in as lie_in
from .tensors.inquiry import broadcast_shapes as broadcast_shapes
from .tensors.inquiry import is_complex as is_complex
from .tensors.inquiry import is_nonzero as is_nonzero
from .tensors.inquiry import is_same_size as is_same_size
from .tensors.inquiry import is_signed as is_signed
from .tensors.inquiry import is_tensor as is_tensor
from .tensors.inquiry import numel as numel
from .tensors.random import Generator as Generator
from .tensors.random import bernoulli as bernoulli
from .tensors.random import binomial as binomial
from .tensors.random import default_generator as default_generator
from .tensors.random import get_rng_state as get_rng_state
from .tensors.random import initial_seed as initial_seed
from .tensors.random import manual_seed as manual_seed
from .tensors.random import multinomial as multinomial
from .tensors.random import normal as normal
from .tensors.random import poisson as poisson
from .tensors.random import rand as rand
from .tensors.random import rand_like as rand_like
from .tensors.random import randint as randint
from .tensors.random import randint_like as randint_like
from .tensors.random import randn as randn
from .tensors.random import randn_like as randn_like
from .tensors.random import randperm as randperm
from .tensors.random import seed as seed
from .tensors.random import set_rng_state as set_rng_state
from .tensors.tapers import bartlett_window as bartlett_window
from .tensors.tapers import blackman_window as blackman_window
from .tensors.tapers import hamming_window as hamming_window
from .tensors.tapers import hann_window as hann_window
from .tensors.tapers import kaiser_window as kaiser_window
from .tensors.threads import get_num_threads as get_num_threads
from .tensors.threads import set_num_threads as set_num_threads
from .tensors.threads import show_config as show_config
from .transforms.checkpoint import checkpoint as checkpoint
from .transforms.compiler.compiled import compile as compile
from .transforms.compiler.readable import to_numpy as to_numpy
from .transforms.derivatives import hessian as hessian
from .transforms.derivatives import hvp as hvp
from .transforms.derivatives import jacobian as jacobian
from .transforms.derivatives import jvp as jvp
from .transforms.derivatives import value_and_grad as value_and_grad
from .transforms.derivatives import vjp as vjp
from .transforms.function import Function as Function
from .transforms.gradcheck import GradcheckError as GradcheckError
from .transforms.gradcheck import gradcheck as gradcheck
from .transforms.gradcheck import gradgradcheck as gradgradcheck
from .transforms.vmap import vmap as vmap
from autograd_engine.ops.algebra import SingularValues
from autograd_engine.ops.counting import Histogram
from autograd_engine.ops.elimination import LU
from autograd_engine.ops.factorisations import QR
from autograd_engine.ops.floats import FloatParts
from autograd_engine.ops.matrices import SlogDet
from autograd_engine.ops.reduction import Extremes
from autograd_engine.ops.reduction import MinMax
from autograd_engine.ops.sorting import Sorted
from autograd_engine.visual.page.explore import explore as explore
from autograd_engine.visual.page.view import draw as draw
from autograd_engine.visual.picture.derivation import explain as explain
from builtins import tuple as Size
from numpy import dtype as dtype

TensorLike: TypeAlias = Tensor | npt.ArrayLike

byte: np.dtype[Any]
char: np.dtype[Any]
double: np.dtype[Any]
e: float
half: np.dtype[Any]
inf: float
long: np.dtype[Any]
nan: float
newaxis: None
pi: float
short: np.dtype[Any]
def where(condition: TensorLike, input: Any = ..., other: Any = ...) -> Tensor | Any:
    """``input`` where ``condition`` holds, else ``other``; with a condition alone, where it holds, as ``nonzero(as_tuple=True)``."""
def log(x: TensorLike) -> Tensor:
    """The natural logarithm."""
def mul(a: TensorLike, b: TensorLike) -> Tensor:
    """``input * other``."""
def neg(x: TensorLike) -> Tensor:
    """``-input``."""
def floor_divide(a: TensorLike, b: TensorLike) -> Tensor:
    """``input // other``, rounded downwards; its derivatives are 0."""
def remainder(a: TensorLike, b: TensorLike) -> Tensor:
    """``input % other``, with the sign of ``other``."""
def fmod(a: TensorLike, b: TensorLike) -> Tensor:
    """What ``input / other`` rounded towards 0 leaves, with the sign of ``input``."""
def add(input: TensorLike, other: Any, *, alpha: Any = ...) -> Tensor:
    """``input + alpha * other``."""
def sub(input: TensorLike, other: Any, *, alpha: Any = ...) -> Tensor:
    """``input - alpha * other``."""
def rsub(input: TensorLike, other: Any, *, alpha: Any = ...) -> Tensor:
    """``other - alpha * input``: `sub` with its operands exchanged."""
def div(input: TensorLike, other: Any, *, rounding_mode: Any = ...) -> Tensor:
    """``input / other``, rounded if asked."""
def pow(input: TensorLike, exponent: Any) -> Tensor:
    """``input ** exponent``."""
def float_power(input: TensorLike, exponent: Any) -> Tensor:
    """``input ** exponent`` in float64, whatever the dtypes."""
def positive(input: TensorLike) -> Tensor:
    """``+input``: the tensor itself."""
def addcmul(input: TensorLike, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
    """``input + value * tensor1 * tensor2``, all broadcast."""
def addcdiv(input: TensorLike, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
    """``input + value * tensor1 / tensor2``, all broadcast."""
def lerp(input: TensorLike, end: Any, weight: Any) -> Tensor:
    """The point ``weight`` of the way from ``input`` to ``end``: ``input + weight * (end - input)``, all broadcast."""
def subtract(input: TensorLike, other: Any, *, alpha: Any = ...) -> Tensor:
    """``input - alpha * other``."""
def multiply(a: TensorLike, b: TensorLike) -> Tensor:
    """``input * other``."""
def divide(input: TensorLike, other: Any, *, rounding_mode: Any = ...) -> Tensor:
    """``input / other``, rounded if asked."""
def true_divide(input: TensorLike, other: Any, *, rounding_mode: Any = ...) -> Tensor:
    """``input / other``, rounded if asked."""
def negative(x: TensorLike) -> Tensor:
    """``-input``."""
def eq(a: TensorLike, b: TensorLike) -> Tensor:
    """``input == other``, a boolean tensor without a graph."""
def ne(a: TensorLike, b: TensorLike) -> Tensor:
    """``input != other``, a boolean tensor without a graph."""
def lt(a: TensorLike, b: TensorLike) -> Tensor:
    """``input < other``, a boolean tensor without a graph."""
def le(a: TensorLike, b: TensorLike) -> Tensor:
    """``input <= other``, a boolean tensor without a graph."""
def gt(a: TensorLike, b: TensorLike) -> Tensor:
    """``input > other``, a boolean tensor without a graph."""
def ge(a: TensorLike, b: TensorLike) -> Tensor:
    """``input >= other``, a boolean tensor without a graph."""
def bitwise_and(a: TensorLike, b: TensorLike) -> Tensor:
    """``input & other`` on integers, or on booleans."""
def bitwise_or(a: TensorLike, b: TensorLike) -> Tensor:
    """``input | other`` on integers, or on booleans."""
def bitwise_xor(a: TensorLike, b: TensorLike) -> Tensor:
    """``input ^ other`` on integers, or on booleans."""
def bitwise_not(x: TensorLike) -> Tensor:
    """``~input`` on integers, or on booleans."""
def bitwise_left_shift(a: TensorLike, b: TensorLike) -> Tensor:
    """``input << other`` on integers."""
def bitwise_right_shift(a: TensorLike, b: TensorLike) -> Tensor:
    """``input >> other`` on integers."""
def logical_and(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether both are true (not 0)."""
def logical_or(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether one or both are true (not 0)."""
def logical_xor(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether just one is true (not 0)."""
def logical_not(x: TensorLike) -> Tensor:
    """Whether it is 0."""
def isnan(x: TensorLike) -> Tensor:
    """Whether it is NaN."""
def isinf(x: TensorLike) -> Tensor:
    """Whether it is infinite."""
def isfinite(x: TensorLike) -> Tensor:
    """Whether it is neither infinite nor NaN."""
def isposinf(x: TensorLike) -> Tensor:
    """Whether it is plus infinity."""
def isneginf(x: TensorLike) -> Tensor:
    """Whether it is minus infinity."""
def signbit(x: TensorLike) -> Tensor:
    """Whether its sign is minus, also that of -0."""
def isclose(input: TensorLike, other: TensorLike, rtol: Any = ..., atol: Any = ..., equal_nan: bool = ...) -> Tensor:
    """Whether ``abs(input - other) <= atol + rtol * abs(other)``, elementwise."""
def allclose(input: TensorLike, other: Any, rtol: Any = ..., atol: Any = ..., equal_nan: bool = ...) -> bool:
    """Whether `isclose` holds for all elements, as a Python bool."""
def equal(input: TensorLike, other: Any) -> bool:
    """Whether two tensors have the same shape and the same elements, as a Python bool."""
def not_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``input != other``, a boolean tensor without a graph."""
def less(a: TensorLike, b: TensorLike) -> Tensor:
    """``input < other``, a boolean tensor without a graph."""
def less_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``input <= other``, a boolean tensor without a graph."""
def greater(a: TensorLike, b: TensorLike) -> Tensor:
    """``input > other``, a boolean tensor without a graph."""
def greater_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``input >= other``, a boolean tensor without a graph."""
def exp(x: TensorLike) -> Tensor:
    """``e ** input``."""
def expm1(x: TensorLike) -> Tensor:
    """``e ** input - 1``, exact near 0."""
def exp2(x: TensorLike) -> Tensor:
    """``2 ** input``."""
def log1p(x: TensorLike) -> Tensor:
    """``log(1 + input)``, exact near 0."""
def log2(x: TensorLike) -> Tensor:
    """The logarithm to base 2."""
def log10(x: TensorLike) -> Tensor:
    """The logarithm to base 10."""
def sqrt(x: TensorLike) -> Tensor:
    """The square root."""
def rsqrt(x: TensorLike) -> Tensor:
    """``1 / sqrt(input)``."""
def square(x: TensorLike) -> Tensor:
    """``input ** 2``."""
def reciprocal(x: TensorLike) -> Tensor:
    """``1 / input``."""
def sin(x: TensorLike) -> Tensor:
    """The sine of ``input`` in radians."""
def cos(x: TensorLike) -> Tensor:
    """The cosine of ``input`` in radians."""
def tan(x: TensorLike) -> Tensor:
    """The tangent of ``input`` in radians."""
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
    """The angle of the point ``(other, input)``, in radians."""
def hypot(a: TensorLike, b: TensorLike) -> Tensor:
    """``sqrt(input**2 + other**2)``, without overflow."""
def deg2rad(x: TensorLike) -> Tensor:
    """Degrees in radians."""
def rad2deg(x: TensorLike) -> Tensor:
    """Radians in degrees."""
def sigmoid(x: TensorLike) -> Tensor:
    """``1 / (1 + exp(-input))``, without overflow."""
def softplus(x: TensorLike) -> Tensor:
    """``log(1 + exp(input))``, without overflow."""
def logaddexp(a: TensorLike, b: TensorLike) -> Tensor:
    """``log(exp(input) + exp(other))``, without overflow."""
def logaddexp2(a: TensorLike, b: TensorLike) -> Tensor:
    """``log2(2 ** input + 2 ** other)``, without overflow."""
def abs(x: TensorLike) -> Tensor:
    """The absolute value; its derivative at 0 is 0."""
def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign, 0 for NaN; its derivative is 0."""
def floor(x: TensorLike) -> Tensor:
    """The integer below; its derivative is 0."""
def ceil(x: TensorLike) -> Tensor:
    """The integer above; its derivative is 0."""
def trunc(x: TensorLike) -> Tensor:
    """The integer towards 0; its derivative is 0."""
def frac(x: TensorLike) -> Tensor:
    """What `trunc` takes away."""
def round(input: TensorLike, decimals: Any = ...) -> Tensor:
    """The nearest integer, halves to the even one; its derivative is 0."""
def logit(input: TensorLike, eps: Any = ...) -> Tensor:
    """``log(input / (1 - input))``, the inverse of `sigmoid`."""
def arcsin(x: TensorLike) -> Tensor:
    """The arc sine, in radians."""
def arccos(x: TensorLike) -> Tensor:
    """The arc cosine, in radians."""
def arctan(x: TensorLike) -> Tensor:
    """The arc tangent, in radians."""
def arctan2(a: TensorLike, b: TensorLike) -> Tensor:
    """The angle of the point ``(other, input)``, in radians."""
def arcsinh(x: TensorLike) -> Tensor:
    """The inverse hyperbolic sine."""
def arccosh(x: TensorLike) -> Tensor:
    """The inverse hyperbolic cosine."""
def arctanh(x: TensorLike) -> Tensor:
    """The inverse hyperbolic tangent."""
def absolute(x: TensorLike) -> Tensor:
    """The absolute value; its derivative at 0 is 0."""
def sgn(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign, 0 for NaN; its derivative is 0."""
def fix(x: TensorLike) -> Tensor:
    """The integer towards 0; its derivative is 0."""
def nextafter(a: TensorLike, b: TensorLike) -> Tensor:
    """The next float after ``input`` in the direction of ``other``."""
def gcd(a: TensorLike, b: TensorLike) -> Tensor:
    """The greatest common divisor of integers."""
def lcm(a: TensorLike, b: TensorLike) -> Tensor:
    """The least common multiple of integers."""
def ldexp(x: TensorLike, other: Any) -> Tensor:
    """``x * 2 ** other``."""
def frexp(x: TensorLike) -> FloatParts:
    """The mantissa, in [0.5, 1) but for its sign, and the exponent of each float."""
def maximum(a: TensorLike, b: TensorLike) -> Tensor:
    """The greater of two, NaN if one is; where they are equal, each gets half the gradient."""
def minimum(a: TensorLike, b: TensorLike) -> Tensor:
    """The smaller of two, NaN if one is; where they are equal, each gets half the gradient."""
def fmax(a: TensorLike, b: TensorLike) -> Tensor:
    """The greater of two, the other one if one is NaN; where they are equal, the first gets the gradient."""
def fmin(a: TensorLike, b: TensorLike) -> Tensor:
    """The smaller of two, the other one if one is NaN; where they are equal, the first gets the gradient."""
def relu(x: TensorLike) -> Tensor:
    """``max(input, 0)``; its derivative at 0 is 0."""
def heaviside(a: TensorLike, b: TensorLike) -> Tensor:
    """0 below 0, 1 above, and ``other`` at 0."""
def copysign(a: TensorLike, b: TensorLike) -> Tensor:
    """The magnitude of ``input`` with the sign of ``other``."""
def clamp(input: TensorLike, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
    """``input`` limited to the interval from ``min`` to ``max``; its derivative at the ends is 1."""
def clamp_min(input: TensorLike, min: Any) -> Tensor:
    """``input``, but at least ``min``."""
def clamp_max(input: TensorLike, max: Any) -> Tensor:
    """``input``, but at most ``max``."""
def clip(input: TensorLike, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
    """``input`` limited to the interval from ``min`` to ``max``; its derivative at the ends is 1."""
def masked_fill(input: TensorLike, mask: Any, value: Any) -> Tensor:
    """``value`` where ``mask`` is true, else ``input``, in the dtype of ``input``."""
def nan_to_num(input: TensorLike, nan: Any = ..., posinf: Any = ..., neginf: Any = ...) -> Tensor:
    """``input`` with its NaN and infinities replaced; what is replaced gets no gradient."""
def fill(input: TensorLike, value: Any) -> Tensor:
    """``value`` everywhere, in the shape and dtype of ``input``."""
def erf(x: TensorLike) -> Tensor:
    """The error function."""
def erfc(x: TensorLike) -> Tensor:
    """``1 - erf(input)``, exact for large ``input``."""
def erfinv(x: TensorLike) -> Tensor:
    """The inverse of `erf`."""
def lgamma(x: TensorLike) -> Tensor:
    """The logarithm of the absolute value of the gamma function."""
def digamma(x: TensorLike) -> Tensor:
    """The derivative of `lgamma`."""
def i0(x: TensorLike) -> Tensor:
    """The modified Bessel function of the first kind, of order 0."""
def sinc(x: TensorLike) -> Tensor:
    """``sin(pi input) / (pi input)``, and 1 at 0."""
def xlogy(a: TensorLike, b: TensorLike) -> Tensor:
    """``input * log(other)``, and 0 where ``input`` is 0."""
def polygamma(n: TensorLike, input: Any) -> Tensor:
    """The ``n``-th derivative of `digamma`."""
def mvlgamma(input: TensorLike, p: Any) -> Tensor:
    """The logarithm of the multivariate gamma function of dimension ``p``, where ``input > (p - 1) / 2``."""
def take_along_dim(x: TensorLike, indices: Any, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The elements that ``indices`` names along ``dim``, for instance by ``argsort`` or ``argmax``."""
def permute(x: TensorLike, *dims: Any, **kwargs: Any) -> Tensor:
    """The dimensions in another order, on the same memory."""
def sum(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The sum."""
def nansum(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The sum of what is not NaN."""
def mean(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The mean."""
def nanmean(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, dtype: npt.DTypeLike | None = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The mean of what is not NaN."""
def prod(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The product; its gradient is right at zeros too."""
def amax(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The greatest element; equal ones share the gradient."""
def amin(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The smallest element; equal ones share the gradient."""
def aminmax(x: TensorLike, *, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> MinMax:
    """The smallest and the greatest element, as ``(min, max)``."""
def any(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """Whether any element is true (not 0)."""
def all(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """Whether all elements are true (not 0)."""
def count_nonzero(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """How many elements are not 0."""
def argmax(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The position of the greatest element, the first of equals."""
def argmin(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The position of the smallest element, the first of equals."""
def max(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, other: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Any:
    """The greatest element of all; or, along one dimension, the greatest and its position; or of two tensors."""
def min(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, other: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Any:
    """The smallest element of all; or, along one dimension, the smallest and its position; or of two tensors."""
def norm(x: TensorLike, p: Any = ..., dim: int | Sequence[int] | None = ..., keepdim: bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The norm of all elements, or along dimensions, as one vector; at 0 its derivative is 0."""
def stack(tensors: Sequence[Tensor], dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Join tensors of one shape along a new dimension."""
def var(x: TensorLike, dim: int | Sequence[int] | None = ..., unbiased: Any = ..., keepdim: bool = ..., *, correction: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The variance."""
def std(x: TensorLike, dim: int | Sequence[int] | None = ..., unbiased: Any = ..., keepdim: bool = ..., *, correction: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The standard deviation; that of a constant has derivative 0."""
def var_mean(x: TensorLike, dim: int | Sequence[int] | None = ..., unbiased: Any = ..., keepdim: bool = ..., *, correction: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> tuple[Tensor, ...]:
    """The variance and the mean."""
def std_mean(x: TensorLike, dim: int | Sequence[int] | None = ..., unbiased: Any = ..., keepdim: bool = ..., *, correction: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> tuple[Tensor, ...]:
    """The standard deviation and the mean."""
def median(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Any:
    """The median, of two in the middle the lower one; NaN if one is there."""
def nanmedian(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Any:
    """The median of what is not NaN, of two in the middle the lower one."""
def kthvalue(x: TensorLike, k: Any, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Extremes:
    """The ``k``-th smallest element along one dimension, and where it is."""
def mode(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Extremes:
    """The most frequent element along one dimension (of several the smallest), and where it is last."""
def quantile(x: TensorLike, q: Any, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, interpolation: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The quantile ``q``: below it lies that part of the elements. NaN if one is there."""
def nanquantile(x: TensorLike, q: Any, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, interpolation: Any = ..., axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """The quantile ``q`` of what is not NaN."""
def cov(x: TensorLike, *, correction: Any = ..., fweights: Any = ..., aweights: Any = ...) -> Tensor:
    """The covariance matrix of variables."""
def corrcoef(x: TensorLike) -> Tensor:
    """The matrix of Pearson's correlation coefficients of variables, the rows of ``x``."""
def flip(x: TensorLike, *dims: Any, **kwargs: Any) -> Tensor:
    """The elements in reverse order along ``dims``."""
def cat(tensors: Sequence[Tensor], dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Join tensors one after the other along a dimension that they have."""
def broadcast_to(x: TensorLike, *shape: Any, **kwargs: Any) -> Tensor:
    """``x`` repeated, without copying, to a larger shape."""
def cumsum(x: TensorLike, dim: int | Sequence[int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The running sum along one dimension."""
def cumprod(x: TensorLike, dim: int | Sequence[int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The running product along one dimension; its gradient is right at zeros too."""
def logcumsumexp(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``log(cumsum(exp(x)))`` along one dimension, without overflow."""
def cummax(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Extremes:
    """The running maxima along one dimension, and where they are, the last of equals."""
def cummin(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Extremes:
    """The running minima along one dimension, and where they are, the last of equals."""
def diff(x: TensorLike, n: Any = ..., dim: int | Sequence[int] | None = ..., prepend: Any = ..., append: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The differences of neighbours along a dimension, ``n`` times over (of booleans: whether they differ)."""
def trapezoid(y: TensorLike, x: Any = ..., dx: Any = ..., dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The integral of ``y`` along a dimension by the trapezoidal rule."""
def trapz(y: TensorLike, x: Any = ..., dx: Any = ..., dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The integral of ``y`` along a dimension by the trapezoidal rule."""
def cumulative_trapezoid(y: TensorLike, x: Any = ..., dx: Any = ..., dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The running integral of ``y`` along a dimension by the trapezoidal rule; the arguments are those of `trapezoid`."""
def gradient(input: TensorLike, *, spacing: Any = ..., dim: int | Sequence[int] | None = ..., edge_order: Any = ..., axis: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """The derivatives of a function whose values on a grid are given, by differences of second order."""
def logsumexp(x: TensorLike, dim: int | Sequence[int] | None = ..., keepdim: bool = ..., *, axis: int | Sequence[int] | None = ..., keepdims: bool = ...) -> Tensor:
    """``log(sum(exp(x)))``, without overflow."""
def softmax(x: TensorLike, dim: int | Sequence[int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``exp(x) / sum(exp(x))`` along one dimension, without overflow."""
def log_softmax(x: TensorLike, dim: int | Sequence[int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``log(softmax(x))`` along one dimension, without overflow."""
def softmin(x: TensorLike, dim: int | Sequence[int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``softmax(-x)``."""
def reshape(x: TensorLike, *shape: Any, **kwargs: Any) -> Tensor:
    """The elements in row-major order in another shape, on the same memory where possible."""
def swapaxes(x: TensorLike, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged, on the same memory."""
def transpose(x: TensorLike, dim0: Any = ..., dim1: Any = ...) -> Tensor:
    """Two dimensions exchanged (PyTorch), or all reversed or permuted (NumPy: ``transpose(x)``, ``transpose(x, axes)``)."""
def squeeze(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Drop dimensions of length 1: all, or those named (a named one of another length stays)."""
def unsqueeze(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Insert a dimension of length 1."""
def flatten(x: TensorLike, start_dim: Any = ..., end_dim: Any = ...) -> Tensor:
    """Make one dimension of those from ``start_dim`` to ``end_dim``."""
def unflatten(x: TensorLike, dim: int | Sequence[int] | None = ..., sizes: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Make several dimensions of one; one of the ``sizes`` may be -1."""
def ravel(x: TensorLike) -> Tensor:
    """The elements in row-major order, as a vector."""
def view(x: TensorLike, *shape: Any) -> Tensor:
    """The same memory in another shape; where that would need a copy, an error says so and `reshape` makes it."""
def view_as(x: TensorLike, other: Any) -> Tensor:
    """The same memory in the shape of ``other``."""
def reshape_as(x: TensorLike, other: Any) -> Tensor:
    """The elements in the shape of ``other``."""
def movedim(x: TensorLike, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to other positions; the others keep their order."""
def moveaxis(x: TensorLike, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to other positions; the others keep their order."""
def swapdims(x: TensorLike, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged, on the same memory."""
def t(x: TensorLike) -> Tensor:
    """The transpose of a matrix; a vector or number as it is."""
def adjoint(x: TensorLike) -> Tensor:
    """Each matrix transposed: the last two dimensions exchanged."""
def expand(x: TensorLike, *sizes: Any) -> Tensor:
    """``x`` repeated, without copying: each dimension of length 1 may be given a length; -1 leaves one as it is."""
def expand_as(x: TensorLike, other: Any) -> Tensor:
    """``x`` repeated, without copying, to the shape of ``other``."""
def fliplr(x: TensorLike) -> Tensor:
    """The columns in reverse order."""
def flipud(x: TensorLike) -> Tensor:
    """The rows in reverse order."""
def rot90(x: TensorLike, k: Any = ..., dims: int | Sequence[int] = ...) -> Tensor:
    """``x`` turned by ``k`` quarters of a circle in the plane of two dimensions, from the first towards the second."""
def roll(x: TensorLike, shifts: Any, dims: int | Sequence[int] = ...) -> Tensor:
    """The elements moved along ``dims``; what leaves at one end comes in at the other."""
def tile(x: TensorLike, *repeats: Any, dims: int | Sequence[int] = ...) -> Tensor:
    """Copies of ``x`` side by side, ``dims[i]`` along dimension ``i``; too few numbers are filled up with 1 in front."""
def repeat(x: TensorLike, *sizes: Any) -> Tensor:
    """Copies of ``x`` side by side, ``sizes[i]`` along dimension ``i``; NumPy's ``repeat`` is `repeat_interleave`."""
def repeat_interleave(x: TensorLike, repeats: Any, dim: int | Sequence[int] | None = ..., *, output_size: Any = ..., axis: int | Sequence[int] | None = ...) -> Tensor:
    """Each entry along a dimension several times in a row."""
def concat(tensors: Sequence[Tensor], dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Join tensors one after the other along a dimension that they have."""
def concatenate(tensors: Sequence[Tensor], dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """Join tensors one after the other along a dimension that they have."""
def split(x: TensorLike, split_size_or_sections: Any, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """Consecutive pieces along a dimension, on the same memory."""
def unbind(x: TensorLike, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """The slices along a dimension, without it, on the same memory."""
def split_with_sizes(x: TensorLike, split_size_or_sections: Any, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """Consecutive pieces along a dimension, on the same memory."""
def tensor_split(x: TensorLike, indices_or_sections: Any, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """Pieces of nearly equal length, or cut before the given indices, along a dimension."""
def hsplit(x: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along dimension 1, of a vector along dimension 0; a number of sections must divide the length."""
def vsplit(x: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along dimension 0; a number of sections must divide the length."""
def dsplit(x: TensorLike, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """`tensor_split` along dimension 2; a number of sections must divide the length."""
def chunk(x: TensorLike, chunks: Any, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> tuple[Tensor, ...]:
    """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension; of a length of 0, ``chunks`` empty ones."""
def select(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The entry at ``index`` along a dimension, without it, on the same memory."""
def narrow(x: TensorLike, dim: int | Sequence[int] | None = ..., start: Any = ..., length: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The entries from ``start`` on, ``length`` of them, along a dimension, on the same memory."""
def pad(x: TensorLike, pad: Any, mode: Any = ..., value: Any = ...) -> Tensor:
    """A border around ``x``."""
def atleast_1d(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor | Any:
    """A number as a vector of one element; anything else as it is. Several tensors give a tuple."""
def atleast_2d(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor | Any:
    """A number or a vector as a matrix of one row; anything else as it is. Several tensors give a tuple."""
def atleast_3d(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor | Any:
    """Shapes (), (n,) and (m, n) as (1, 1, 1), (1, n, 1) and (m, n, 1). Several tensors give a tuple."""
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join side by side: vectors end to end, anything else along dimension 1."""
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join on top of each other: numbers and vectors as rows, along dimension 0."""
def row_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join on top of each other: numbers and vectors as rows, along dimension 0."""
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join in depth, along dimension 2."""
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join side by side, numbers and vectors as columns."""
def broadcast_tensors(*tensors: TensorLike | Sequence[TensorLike]) -> tuple[Tensor, ...]:
    """The tensors expanded, without copying, to the one shape that they broadcast to."""
def meshgrid(*tensors: TensorLike | Sequence[TensorLike], indexing: Any = ...) -> tuple[Tensor, ...]:
    """The coordinates of all points of a grid, from the coordinates along each of its dimensions."""
def cartesian_prod(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor:
    """All combinations of one element from each vector, as rows."""
def block_diag(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor:
    """Matrices along the diagonal of a larger one that is 0 elsewhere; vectors and numbers count as rows."""
def diagonal(x: TensorLike, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
    """The diagonal of the matrices in two dimensions, as the last dimension, on the same memory."""
def diag_embed(x: TensorLike, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
    """Square matrices, in two new dimensions, with the last dimension of ``x`` on their diagonal."""
def diag(x: TensorLike, diagonal: Any = ...) -> Tensor:
    """A copy of the diagonal of a matrix, or the matrix of a diagonal."""
def diagflat(x: TensorLike, offset: Any = ...) -> Tensor:
    """The matrix with the elements of ``x``, flattened, on its diagonal."""
def trace(x: TensorLike) -> Tensor:
    """The sum of the diagonal of a matrix."""
def tril(x: TensorLike, diagonal: Any = ...) -> Tensor:
    """The lower triangle of each matrix, and 0 elsewhere."""
def triu(x: TensorLike, diagonal: Any = ...) -> Tensor:
    """The upper triangle of each matrix, and 0 elsewhere."""
def masked_select(x: TensorLike, mask: Any) -> Tensor:
    """The elements of ``x`` where ``mask``, which broadcasts with it, holds, as a vector."""
def masked_scatter(x: TensorLike, mask: Any, source: Any) -> Tensor:
    """``x`` with the elements where ``mask`` holds replaced by the first elements of ``source``, in order."""
def nonzero(x: TensorLike, *, as_tuple: bool = ...) -> Tensor | Any:
    """The indices of the elements that are not 0: one row for each, or with ``as_tuple`` one vector per dimension."""
def nonzero_static(x: TensorLike, size: Any, fill_value: Any = ...) -> Tensor:
    """The first ``size`` rows of `nonzero`, filled up where there are fewer."""
def argwhere(x: TensorLike) -> Tensor:
    """The indices of the elements that are not 0, one row for each."""
def one_hot(x: TensorLike, num_classes: Any = ...) -> Tensor:
    """For each class number a vector with a 1 at that place."""
def gather(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """For each place of ``index``, the element of ``x`` at that place, but along ``dim`` where the index says."""
def index_select(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The entries of ``x`` along ``dim`` that ``index``, a vector, names."""
def take(x: TensorLike, index: Any) -> Tensor:
    """The elements that ``index`` names in the flattened ``x``."""
def scatter(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., src: Any = ..., *, value: Any = ..., reduce: Any = ..., axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with other values at the places that `gather` would read."""
def scatter_add(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., src: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with ``src`` added at the places that `gather` would read; what falls on one place adds up."""
def scatter_reduce(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., src: Any = ..., reduce: Any = ..., *, include_self: bool = ..., axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` combined with ``src`` at the places that `gather` would read."""
def index_add(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., source: Any = ..., *, alpha: Any = ..., axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with ``alpha * source`` added to the entries along ``dim`` that ``index`` names."""
def index_copy(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., source: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with the entries along ``dim`` that ``index`` names replaced by those of ``source``."""
def index_fill(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., value: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with the entries along ``dim`` that ``index`` names set to one value."""
def index_put(x: TensorLike, indices: Any, values: Any, accumulate: bool = ...) -> Tensor:
    """``x`` with ``values`` at ``indices``, a tuple of integer or boolean tensors; added up if ``accumulate``."""
def put(input: TensorLike, index: Any, source: Any, accumulate: bool = ...) -> Tensor:
    """``input`` with ``source`` at the places ``index`` of its elements, read as one vector."""
def diagonal_scatter(x: TensorLike, src: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
    """``x`` with its diagonal replaced by ``src``."""
def select_scatter(x: TensorLike, src: Any, dim: int | Sequence[int] | None = ..., index: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with its entry ``index`` along one dimension replaced by ``src``."""
def slice_scatter(x: TensorLike, src: Any, dim: int | Sequence[int] | None = ..., start: Any = ..., end: Any = ..., step: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with a slice along one dimension replaced by ``src``."""
def index_reduce(x: TensorLike, dim: int | Sequence[int] | None = ..., index: Any = ..., source: Any = ..., reduce: Any = ..., *, include_self: bool = ..., axis: int | Sequence[int] | None = ...) -> Tensor:
    """The entries of ``source`` along one dimension combined with those of ``x`` at ``index``."""
def renorm(x: TensorLike, p: Any, dim: int | Sequence[int] | None = ..., maxnorm: Any = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """``x`` with each entry along one dimension scaled down to a norm of at most ``maxnorm``."""
def argsort(x: TensorLike, dim: int | Sequence[int] | None = ..., descending: bool = ..., stable: bool = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The indices that put the elements in order along a dimension."""
def sort(x: TensorLike, dim: int | Sequence[int] | None = ..., descending: bool = ..., stable: bool = ..., *, axis: int | Sequence[int] | None = ...) -> Sorted:
    """The elements in order along a dimension, and where each was."""
def msort(x: TensorLike) -> Tensor:
    """The elements in order along the first dimension."""
def topk(x: TensorLike, k: Any, dim: int | Sequence[int] | None = ..., largest: bool = ..., sorted: bool = ..., *, axis: int | Sequence[int] | None = ...) -> Sorted:
    """The ``k`` greatest (or smallest) elements along a dimension, in order, and where they are."""
def unique(x: TensorLike, sorted: bool = ..., return_inverse: bool = ..., return_counts: bool = ..., dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor | Any:
    """The different elements, in order."""
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, out_int32: bool = ..., right: bool = ..., side: Any = ...) -> Tensor:
    """Where each value would have to be inserted so that a sequence stays in order."""
def bucketize(x: TensorLike, boundaries: Any, *, out_int32: bool = ..., right: bool = ...) -> Tensor:
    """Between which boundaries each element lies: the number of boundaries below it."""
def bincount(x: TensorLike, weights: TensorLike | None = ..., minlength: Any = ...) -> Tensor:
    """How often each number from 0 to the greatest occurs, as the number of samples of each class."""
def histc(x: TensorLike, bins: Any = ..., min: Any = ..., max: Any = ...) -> Tensor:
    """How many elements lie in each of ``bins`` equally wide intervals."""
def isin(elements: TensorLike, test_elements: TensorLike, assume_unique: bool = ..., invert: bool = ...) -> Tensor:
    """Whether each element is one of ``test_elements``."""
def unique_consecutive(x: TensorLike, return_inverse: bool = ..., return_counts: bool = ...) -> Tensor | Any:
    """The first element of every run of equal ones."""
def histogram(x: TensorLike, bins: Any, *, range: Any = ..., weight: Any = ..., density: bool = ...) -> Histogram:
    """How many elements (or how much weight) fall into each bin; it carries no graph."""
def histogramdd(x: TensorLike, bins: Any, *, range: Any = ..., weight: Any = ..., density: bool = ...) -> Histogram:
    """`histogram` in several dimensions."""
def unravel_index(indices: TensorLike, shape: Any) -> tuple[Tensor, ...]:
    """The coordinates of places that are counted row by row."""
def matmul(a: TensorLike, b: TensorLike) -> Tensor:
    """The matrix product, of vectors, matrices, and stacks of matrices that broadcast."""
def linear(x: TensorLike, weight: TensorLike, bias: TensorLike | None = ...) -> Tensor:
    """``x @ weight.T + bias`` as one op."""
def mm(x: TensorLike, mat2: Any) -> Tensor:
    """The product of two matrices."""
def bmm(x: TensorLike, mat2: Any) -> Tensor:
    """The products of two batches of matrices."""
def mv(x: TensorLike, vec: Any) -> Tensor:
    """The product of a matrix and a vector."""
def dot(x: TensorLike, tensor: Any) -> Tensor:
    """The dot product of two vectors."""
def vdot(x: TensorLike, tensor: Any) -> Tensor:
    """The dot product of two vectors."""
def outer(x: TensorLike, vec2: Any) -> Tensor:
    """All products of an element of one vector with an element of another."""
def ger(x: TensorLike, vec2: Any) -> Tensor:
    """All products of an element of one vector with an element of another."""
def addmm(x: TensorLike, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
    """``beta * x + alpha * (mat1 @ mat2)`` of matrices."""
def addmv(x: TensorLike, mat: Any, vec: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
    """``beta * x + alpha * (mat @ vec)``."""
def addr(x: TensorLike, vec1: Any, vec2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
    """``beta * x + alpha * outer(vec1, vec2)``."""
def baddbmm(x: TensorLike, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
    """``beta * x + alpha * (batch1 @ batch2)`` of batches of matrices."""
def addbmm(x: TensorLike, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
    """``beta * x + alpha * (batch1 @ batch2).sum(0)``."""
def kron(x: TensorLike, other: Any) -> Tensor:
    """The Kronecker product: each element of ``x`` times the whole of ``other``, as blocks."""
def cross(x: TensorLike, other: Any, dim: int | Sequence[int] | None = ..., *, axis: int | Sequence[int] | None = ...) -> Tensor:
    """The cross product of vectors along a dimension; by default the first of length 3."""
def cdist(x1: TensorLike, x2: Any, p: Any = ..., compute_mode: Any = ...) -> Tensor:
    """The distances between all rows of ``x1`` and all rows of ``x2``; the derivative at distance 0 is 0."""
def dist(x: TensorLike, other: Any, p: Any = ...) -> Tensor:
    """The norm of the difference of two tensors."""
def pdist(x: TensorLike, p: Any = ...) -> Tensor:
    """The distances between all pairs of rows."""
def combinations(x: TensorLike, r: Any = ..., with_replacement: bool = ...) -> Tensor:
    """All combinations of ``r`` elements of a vector."""
def einsum(equation: TensorLike, *operands: Any) -> Tensor:
    """A sum of products, named by letters: Einstein's notation."""
def tensordot(a: TensorLike, b: Any, dims: int | Sequence[int] = ...) -> Tensor:
    """The sum of products over several dimensions of two tensors."""
def inner(x: TensorLike, other: Any) -> Tensor:
    """The sum of products over the last dimension of both."""
def cholesky_inverse(L: TensorLike, upper: bool = ...) -> Tensor:
    """The inverse of ``L @ L.T`` from its factor."""
def cholesky_solve(B: TensorLike, L: Any, upper: bool = ...) -> Tensor:
    """The solution ``X`` of ``L @ L.T @ X == B``."""
def lu_unpack(LU_data: TensorLike, LU_pivots: Any, unpack_data: bool = ..., unpack_pivots: bool = ...) -> LU:
    """The permutation and the factors that `linalg.lu_factor` gives in one."""
def cholesky(A: TensorLike, *, upper: bool = ...) -> Tensor:
    """The triangular matrix ``L`` with ``L @ L.T == A``, for symmetric, positive definite matrices."""
def det(A: TensorLike) -> Tensor:
    """The determinant of each matrix; its gradient is right for singular matrices too."""
def logdet(A: TensorLike) -> Tensor:
    """The logarithm of the determinant of each matrix, NaN where that is negative."""
def matrix_power(A: TensorLike, n: Any) -> Tensor:
    """Each square matrix times itself, ``n`` times; a negative ``n`` takes the inverse."""
def slogdet(A: TensorLike) -> SlogDet:
    """The sign of the determinant of each matrix, and the logarithm of its absolute value, without overflow."""
def pinverse(A: TensorLike, rtol: Any = ..., *, atol: Any = ...) -> Tensor:
    """The pseudo-inverse (Moore-Penrose) of each matrix."""
def matrix_exp(A: TensorLike) -> Tensor:
    """The exponential of each matrix, ``I + A + A @ A / 2 + ...``."""
def inverse(A: TensorLike) -> Tensor:
    """The inverse of each matrix."""
def qr(x: TensorLike, some: bool = ...) -> QR:
    """`linalg.qr`, complete where not ``some``."""
def lu_solve(b: TensorLike, LU_data: Any, LU_pivots: Any) -> Tensor:
    """`linalg.lu_solve`, with the right-hand side first."""
def svd(x: TensorLike, some: bool = ...) -> SingularValues:
    """``x == U @ diag(S) @ V.T``: `linalg.svd` with ``V`` in place of its transpose."""
def chain_matmul(*matrices: TensorLike) -> Tensor:
    """`linalg.multi_dot` of the arguments."""
def unfold(x: TensorLike, kernel_size: Any, dilation: Any = ..., padding: Any = ..., stride: Any = ...) -> Tensor:
    """The blocks that a sliding window meets, as columns (im2col)."""
def fold(x: TensorLike, output_size: Any, kernel_size: Any, dilation: Any = ..., padding: Any = ..., stride: Any = ...) -> Tensor:
    """Columns of blocks added up where `unfold` took them from (col2im)."""
def conv1d(x: TensorLike, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., dilation: Any = ..., groups: Any = ...) -> Tensor:
    """Slide kernels over ``length`` and take the dot product at each place (cross-correlation)."""
def conv2d(x: TensorLike, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., dilation: Any = ..., groups: Any = ...) -> Tensor:
    """Slide kernels over ``height, width`` and take the dot product at each place (cross-correlation)."""
def conv3d(x: TensorLike, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., dilation: Any = ..., groups: Any = ...) -> Tensor:
    """Slide kernels over ``depth, height, width`` and take the dot product at each place (cross-correlation)."""
def conv_transpose1d(x: TensorLike, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., output_padding: Any = ..., groups: Any = ..., dilation: Any = ...) -> Tensor:
    """The transpose of `conv1d` as a linear map: what spreads each input element over a kernel's places in the output."""
def conv_transpose2d(x: TensorLike, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., output_padding: Any = ..., groups: Any = ..., dilation: Any = ...) -> Tensor:
    """The transpose of `conv2d` as a linear map: what spreads each input element over a kernel's places in the output."""
def conv_transpose3d(x: TensorLike, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., output_padding: Any = ..., groups: Any = ..., dilation: Any = ...) -> Tensor:
    """The transpose of `conv3d` as a linear map: what spreads each input element over a kernel's places in the output."""
def max_pool1d(x: TensorLike, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: bool = ..., return_indices: bool = ...) -> Tensor | Any:
    """The greatest element of each window."""
def max_pool2d(x: TensorLike, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: bool = ..., return_indices: bool = ...) -> Tensor | Any:
    """The greatest element of each window."""
def max_pool3d(x: TensorLike, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: bool = ..., return_indices: bool = ...) -> Tensor | Any:
    """The greatest element of each window."""
def avg_pool1d(x: TensorLike, kernel_size: Any, stride: Any = ..., padding: Any = ..., ceil_mode: bool = ..., count_include_pad: bool = ..., divisor_override: Any = ...) -> Tensor:
    """The mean of each window."""
def avg_pool2d(x: TensorLike, kernel_size: Any, stride: Any = ..., padding: Any = ..., ceil_mode: bool = ..., count_include_pad: bool = ..., divisor_override: Any = ...) -> Tensor:
    """The mean of each window."""
def avg_pool3d(x: TensorLike, kernel_size: Any, stride: Any = ..., padding: Any = ..., ceil_mode: bool = ..., count_include_pad: bool = ..., divisor_override: Any = ...) -> Tensor:
    """The mean of each window."""
def adaptive_avg_pool1d(x: TensorLike, output_size: Any) -> Tensor:
    """The means of as many windows as are wanted, which cover the input evenly."""
def adaptive_avg_pool2d(x: TensorLike, output_size: Any) -> Tensor:
    """The means of as many windows as are wanted, which cover the input evenly."""
def adaptive_avg_pool3d(x: TensorLike, output_size: Any) -> Tensor:
    """The means of as many windows as are wanted, which cover the input evenly."""
def adaptive_max_pool1d(x: TensorLike, output_size: Any, return_indices: bool = ...) -> Tensor | Any:
    """The greatest elements of as many windows as are wanted, which cover the input evenly."""
def adaptive_max_pool2d(x: TensorLike, output_size: Any, return_indices: bool = ...) -> Tensor | Any:
    """The greatest elements of as many windows as are wanted, which cover the input evenly."""
def adaptive_max_pool3d(x: TensorLike, output_size: Any, return_indices: bool = ...) -> Tensor | Any:
    """The greatest elements of as many windows as are wanted, which cover the input evenly."""
def interpolate(x: TensorLike, size: Any = ..., scale_factor: Any = ..., mode: Any = ..., align_corners: Any = ..., recompute_scale_factor: Any = ...) -> Tensor:
    """``x`` in another resolution."""
def pixel_shuffle(x: TensorLike, upscale_factor: Any) -> Tensor:
    """``(..., channels * r * r, height, width)`` as ``(..., channels, height * r, width * r)``."""
def pixel_unshuffle(x: TensorLike, downscale_factor: Any) -> Tensor:
    """``(..., channels, height * r, width * r)`` as ``(..., channels * r * r, height, width)``."""
def affine_grid(theta: TensorLike, size: Any, align_corners: bool = ...) -> Tensor:
    """The places at which an affine transform of an image reads it, for `grid_sample`."""
def grid_sample(x: TensorLike, grid: Any, mode: Any = ..., padding_mode: Any = ..., align_corners: bool = ...) -> Tensor:
    """Read images (or volumes) at places between their elements."""
def max_unpool1d(x: TensorLike, indices: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., output_size: Any = ...) -> Tensor:
    """Put the values that `max_pool1d` gave back where they were, and zeros elsewhere."""
def max_unpool2d(x: TensorLike, indices: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., output_size: Any = ...) -> Tensor:
    """Put the values that `max_pool2d` gave back where they were, and zeros elsewhere."""
def max_unpool3d(x: TensorLike, indices: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., output_size: Any = ...) -> Tensor:
    """Put the values that `max_pool3d` gave back where they were, and zeros elsewhere."""
