"""The operators and methods of Tensor and their types. Written by tests/regenerate.py from the declarations of the ops."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from autograd_engine.core.tensor import Tensor
from autograd_engine.core.hooks import RemovableHandle
from autograd_engine.tensors.random import Generator
from autograd_engine.ops.algebra import SingularValues
from autograd_engine.ops.counting import Histogram
from autograd_engine.ops.elimination import LU
from autograd_engine.ops.factorisations import QR
from autograd_engine.ops.floats import FloatParts
from autograd_engine.ops.matrices import SlogDet
from autograd_engine.ops.reduction import Extremes
from autograd_engine.ops.reduction import MinMax
from autograd_engine.ops.sorting import Sorted

TensorLike: TypeAlias = Tensor | npt.ArrayLike

class Methods:
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def ndimension(self) -> builtins.int:
        """The number of dimensions."""
    def new_zeros(self, *args: Any, dtype: Any = ..., **options: Any) -> Tensor:
        """Zeros in the dtype of this tensor; the arguments are those of `zeros`."""
    def new_ones(self, *args: Any, dtype: Any = ..., **options: Any) -> Tensor:
        """Ones in the dtype of this tensor; the arguments are those of `ones`."""
    def new_empty(self, *args: Any, dtype: Any = ..., **options: Any) -> Tensor:
        """Whatever the memory held, in the dtype of this tensor; the arguments are those of `empty`."""
    def new_full(self, *args: Any, dtype: Any = ..., **options: Any) -> Tensor:
        """One value in the dtype of this tensor; the arguments are those of `full`."""
    def new_tensor(self, data: Any, *, dtype: Any = ..., device: Any = ..., requires_grad: builtins.bool = ...) -> Tensor:
        """A tensor from data, as `tensor` makes it, in the dtype of this one."""
    def uniform_(self, start: builtins.float = ..., to: builtins.float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with uniform random numbers in [start, to)."""
    def normal_(self, mean: builtins.float = ..., std: builtins.float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with normal random numbers."""
    def log_normal_(self, mean: builtins.float = ..., std: builtins.float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with random numbers whose logarithms are normal, of this mean and standard deviation."""
    def exponential_(self, lambd: builtins.float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with exponential random numbers of rate ``lambd``."""
    def cauchy_(self, median: builtins.float = ..., sigma: builtins.float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with Cauchy random numbers."""
    def geometric_(self, p: builtins.float, *, generator: Generator | None = ...) -> Tensor:
        """Fill with random numbers of trials until the first success, each of which has probability ``p``."""
    def bernoulli_(self, p: Any = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with ones, with probability ``p`` (a number, or a tensor of this shape), and zeros."""
    def random_(self, start: builtins.int | None = ..., to: builtins.int | None = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill with random integers in [start, to), or [0, start) if one number is given; by default all that the dtype holds exactly."""
    def bernoulli(self, p: Any = ..., *, generator: Any = ...) -> Tensor:
        """1 with the probability that ``input`` says (or ``p``), else 0."""
    def multinomial(self, num_samples: Any, replacement: builtins.bool = ..., *, generator: Any = ...) -> Tensor:
        """Random positions, each with a probability in proportion to its weight."""
    def __getitem__(self, index: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __pos__(self) -> Tensor: ...
    def where(self, condition: Any, other: Any) -> Tensor:
        """The elements of this tensor where ``condition`` holds, else those of ``other``."""
    def fill_(self, value: Any) -> Tensor:
        """Set every element to ``value``."""
    def zero_(self) -> Tensor:
        """Set every element to 0."""
    def copy_(self, source: Any) -> Tensor:
        """Set the elements to those of ``source``, which broadcasts to this tensor's shape."""
    def clone(self) -> Tensor:
        """A copy that is part of the graph."""
    def detach_(self) -> Tensor:
        """Take this tensor itself out of its graph."""
    def fill_diagonal_(self, fill_value: builtins.float, wrap: builtins.bool = ...) -> Tensor:
        """Set the main diagonal of a matrix to a number; with ``wrap``, that of a tall one begins again below."""
    def apply_(self, callable: Callable[[Any], Any]) -> Tensor:
        """Change every element to what a Python function makes of it: slow, and for a tensor outside of any graph."""
    def sum_to_size(self, *size: Any) -> Tensor:
        """The sum over the dimensions that ``size`` lacks, or has with length 1: the opposite of `expand`."""
    def type(self, dtype: Any = ...) -> Any:
        """The elements in another dtype, as `to`; without one, the name of the dtype."""
    def element_size(self) -> builtins.int:
        """The bytes one element takes."""
    def get_device(self) -> builtins.int:
        """Always -1, which is the CPU."""
    def contiguous(self) -> Tensor:
        """This tensor if its elements lie in memory in row-major order, else a copy that does."""
    def astype(self, dtype: Any) -> Tensor:
        """The elements in another dtype; NumPy's name for `to`."""
    def type_as(self, other: Tensor) -> Tensor:
        """The elements in the dtype of ``other``."""
    def cpu(self) -> Tensor:
        """This tensor itself: it is on the CPU already."""
    def cuda(self, device: Any = ...) -> Tensor:
        """There is no GPU here: programs that ask ``cuda.is_available()`` first never call it."""
    def to(self, *target: Any, dtype: Any = ..., device: Any = ..., copy: builtins.bool = ..., non_blocking: builtins.bool = ...) -> Tensor:
        """The elements in another dtype (this tensor itself where nothing changes)."""
    def log(self) -> Tensor:
        """The natural logarithm."""
    def log_(self) -> Tensor:
        """`log`, in place."""
    def mul(self, b: TensorLike) -> Tensor:
        """``input * other``."""
    def mul_(self, b: TensorLike) -> Tensor:
        """`mul`, in place."""
    def neg(self) -> Tensor:
        """``-input``."""
    def neg_(self) -> Tensor:
        """`neg`, in place."""
    def floor_divide(self, b: TensorLike) -> Tensor:
        """``input // other``, rounded downwards; its derivatives are 0."""
    def floor_divide_(self, b: TensorLike) -> Tensor:
        """`floor_divide`, in place."""
    def remainder(self, b: TensorLike) -> Tensor:
        """``input % other``, with the sign of ``other``."""
    def remainder_(self, b: TensorLike) -> Tensor:
        """`remainder`, in place."""
    def fmod(self, b: TensorLike) -> Tensor:
        """What ``input / other`` rounded towards 0 leaves, with the sign of ``input``."""
    def fmod_(self, b: TensorLike) -> Tensor:
        """`fmod`, in place."""
    def add(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """``input + alpha * other``."""
    def add_(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """`add`, in place."""
    def sub(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """``input - alpha * other``."""
    def sub_(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """`sub`, in place."""
    def rsub(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """``other - alpha * input``: `sub` with its operands exchanged."""
    def div(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """``input / other``, rounded if asked."""
    def div_(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """`div`, in place."""
    def pow(self, exponent: Any) -> Tensor:
        """``input ** exponent``."""
    def pow_(self, exponent: Any) -> Tensor:
        """`pow`, in place."""
    def float_power(self, exponent: Any) -> Tensor:
        """``input ** exponent`` in float64, whatever the dtypes."""
    def float_power_(self, exponent: Any) -> Tensor:
        """`float_power`, in place."""
    def positive(self) -> Tensor:
        """``+input``: the tensor itself."""
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
        """``input + value * tensor1 * tensor2``, all broadcast."""
    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
        """`addcmul`, in place."""
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
        """``input + value * tensor1 / tensor2``, all broadcast."""
    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
        """`addcdiv`, in place."""
    def lerp(self, end: Any, weight: Any) -> Tensor:
        """The point ``weight`` of the way from ``input`` to ``end``: ``input + weight * (end - input)``, all broadcast."""
    def lerp_(self, end: Any, weight: Any) -> Tensor:
        """`lerp`, in place."""
    def subtract(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """``input - alpha * other``."""
    def subtract_(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """`sub`, in place."""
    def multiply(self, b: TensorLike) -> Tensor:
        """``input * other``."""
    def multiply_(self, b: TensorLike) -> Tensor:
        """`mul`, in place."""
    def divide(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """``input / other``, rounded if asked."""
    def divide_(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """`div`, in place."""
    def true_divide(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """``input / other``, rounded if asked."""
    def true_divide_(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """`div`, in place."""
    def negative(self) -> Tensor:
        """``-input``."""
    def negative_(self) -> Tensor:
        """`neg`, in place."""
    def eq(self, b: TensorLike) -> Tensor:
        """``input == other``, a boolean tensor without a graph."""
    def eq_(self, b: TensorLike) -> Tensor:
        """`eq`, in place."""
    def ne(self, b: TensorLike) -> Tensor:
        """``input != other``, a boolean tensor without a graph."""
    def ne_(self, b: TensorLike) -> Tensor:
        """`ne`, in place."""
    def lt(self, b: TensorLike) -> Tensor:
        """``input < other``, a boolean tensor without a graph."""
    def lt_(self, b: TensorLike) -> Tensor:
        """`lt`, in place."""
    def le(self, b: TensorLike) -> Tensor:
        """``input <= other``, a boolean tensor without a graph."""
    def le_(self, b: TensorLike) -> Tensor:
        """`le`, in place."""
    def gt(self, b: TensorLike) -> Tensor:
        """``input > other``, a boolean tensor without a graph."""
    def gt_(self, b: TensorLike) -> Tensor:
        """`gt`, in place."""
    def ge(self, b: TensorLike) -> Tensor:
        """``input >= other``, a boolean tensor without a graph."""
    def ge_(self, b: TensorLike) -> Tensor:
        """`ge`, in place."""
    def bitwise_and(self, b: TensorLike) -> Tensor:
        """``input & other`` on integers, or on booleans."""
    def bitwise_and_(self, b: TensorLike) -> Tensor:
        """`bitwise_and`, in place."""
    def bitwise_or(self, b: TensorLike) -> Tensor:
        """``input | other`` on integers, or on booleans."""
    def bitwise_or_(self, b: TensorLike) -> Tensor:
        """`bitwise_or`, in place."""
    def bitwise_xor(self, b: TensorLike) -> Tensor:
        """``input ^ other`` on integers, or on booleans."""
    def bitwise_xor_(self, b: TensorLike) -> Tensor:
        """`bitwise_xor`, in place."""
    def bitwise_not(self) -> Tensor:
        """``~input`` on integers, or on booleans."""
    def bitwise_not_(self) -> Tensor:
        """`bitwise_not`, in place."""
    def bitwise_left_shift(self, b: TensorLike) -> Tensor:
        """``input << other`` on integers."""
    def bitwise_left_shift_(self, b: TensorLike) -> Tensor:
        """`bitwise_left_shift`, in place."""
    def bitwise_right_shift(self, b: TensorLike) -> Tensor:
        """``input >> other`` on integers."""
    def bitwise_right_shift_(self, b: TensorLike) -> Tensor:
        """`bitwise_right_shift`, in place."""
    def logical_and(self, b: TensorLike) -> Tensor:
        """Whether both are true (not 0)."""
    def logical_and_(self, b: TensorLike) -> Tensor:
        """`logical_and`, in place."""
    def logical_or(self, b: TensorLike) -> Tensor:
        """Whether one or both are true (not 0)."""
    def logical_or_(self, b: TensorLike) -> Tensor:
        """`logical_or`, in place."""
    def logical_xor(self, b: TensorLike) -> Tensor:
        """Whether just one is true (not 0)."""
    def logical_xor_(self, b: TensorLike) -> Tensor:
        """`logical_xor`, in place."""
    def logical_not(self) -> Tensor:
        """Whether it is 0."""
    def logical_not_(self) -> Tensor:
        """`logical_not`, in place."""
    def isnan(self) -> Tensor:
        """Whether it is NaN."""
    def isinf(self) -> Tensor:
        """Whether it is infinite."""
    def isfinite(self) -> Tensor:
        """Whether it is neither infinite nor NaN."""
    def isposinf(self) -> Tensor:
        """Whether it is plus infinity."""
    def isneginf(self) -> Tensor:
        """Whether it is minus infinity."""
    def signbit(self) -> Tensor:
        """Whether its sign is minus, also that of -0."""
    def isclose(self, other: TensorLike, rtol: Any = ..., atol: Any = ..., equal_nan: builtins.bool = ...) -> Tensor:
        """Whether ``abs(input - other) <= atol + rtol * abs(other)``, elementwise."""
    def allclose(self, other: Any, rtol: Any = ..., atol: Any = ..., equal_nan: builtins.bool = ...) -> builtins.bool:
        """Whether `isclose` holds for all elements, as a Python bool."""
    def equal(self, other: Any) -> builtins.bool:
        """Whether two tensors have the same shape and the same elements, as a Python bool."""
    def not_equal(self, b: TensorLike) -> Tensor:
        """``input != other``, a boolean tensor without a graph."""
    def not_equal_(self, b: TensorLike) -> Tensor:
        """`ne`, in place."""
    def less(self, b: TensorLike) -> Tensor:
        """``input < other``, a boolean tensor without a graph."""
    def less_(self, b: TensorLike) -> Tensor:
        """`lt`, in place."""
    def less_equal(self, b: TensorLike) -> Tensor:
        """``input <= other``, a boolean tensor without a graph."""
    def less_equal_(self, b: TensorLike) -> Tensor:
        """`le`, in place."""
    def greater(self, b: TensorLike) -> Tensor:
        """``input > other``, a boolean tensor without a graph."""
    def greater_(self, b: TensorLike) -> Tensor:
        """`gt`, in place."""
    def greater_equal(self, b: TensorLike) -> Tensor:
        """``input >= other``, a boolean tensor without a graph."""
    def greater_equal_(self, b: TensorLike) -> Tensor:
        """`ge`, in place."""
    def exp(self) -> Tensor:
        """``e ** input``."""
    def exp_(self) -> Tensor:
        """`exp`, in place."""
    def expm1(self) -> Tensor:
        """``e ** input - 1``, exact near 0."""
    def expm1_(self) -> Tensor:
        """`expm1`, in place."""
    def exp2(self) -> Tensor:
        """``2 ** input``."""
    def exp2_(self) -> Tensor:
        """`exp2`, in place."""
    def log1p(self) -> Tensor:
        """``log(1 + input)``, exact near 0."""
    def log1p_(self) -> Tensor:
        """`log1p`, in place."""
    def log2(self) -> Tensor:
        """The logarithm to base 2."""
    def log2_(self) -> Tensor:
        """`log2`, in place."""
    def log10(self) -> Tensor:
        """The logarithm to base 10."""
    def log10_(self) -> Tensor:
        """`log10`, in place."""
    def sqrt(self) -> Tensor:
        """The square root."""
    def sqrt_(self) -> Tensor:
        """`sqrt`, in place."""
    def rsqrt(self) -> Tensor:
        """``1 / sqrt(input)``."""
    def rsqrt_(self) -> Tensor:
        """`rsqrt`, in place."""
    def square(self) -> Tensor:
        """``input ** 2``."""
    def square_(self) -> Tensor:
        """`square`, in place."""
    def reciprocal(self) -> Tensor:
        """``1 / input``."""
    def reciprocal_(self) -> Tensor:
        """`reciprocal`, in place."""
    def sin(self) -> Tensor:
        """The sine of ``input`` in radians."""
    def sin_(self) -> Tensor:
        """`sin`, in place."""
    def cos(self) -> Tensor:
        """The cosine of ``input`` in radians."""
    def cos_(self) -> Tensor:
        """`cos`, in place."""
    def tan(self) -> Tensor:
        """The tangent of ``input`` in radians."""
    def tan_(self) -> Tensor:
        """`tan`, in place."""
    def asin(self) -> Tensor:
        """The arc sine, in radians."""
    def asin_(self) -> Tensor:
        """`asin`, in place."""
    def acos(self) -> Tensor:
        """The arc cosine, in radians."""
    def acos_(self) -> Tensor:
        """`acos`, in place."""
    def atan(self) -> Tensor:
        """The arc tangent, in radians."""
    def atan_(self) -> Tensor:
        """`atan`, in place."""
    def sinh(self) -> Tensor:
        """The hyperbolic sine."""
    def sinh_(self) -> Tensor:
        """`sinh`, in place."""
    def cosh(self) -> Tensor:
        """The hyperbolic cosine."""
    def cosh_(self) -> Tensor:
        """`cosh`, in place."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent."""
    def tanh_(self) -> Tensor:
        """`tanh`, in place."""
    def asinh(self) -> Tensor:
        """The inverse hyperbolic sine."""
    def asinh_(self) -> Tensor:
        """`asinh`, in place."""
    def acosh(self) -> Tensor:
        """The inverse hyperbolic cosine."""
    def acosh_(self) -> Tensor:
        """`acosh`, in place."""
    def atanh(self) -> Tensor:
        """The inverse hyperbolic tangent."""
    def atanh_(self) -> Tensor:
        """`atanh`, in place."""
    def atan2(self, b: TensorLike) -> Tensor:
        """The angle of the point ``(other, input)``, in radians."""
    def atan2_(self, b: TensorLike) -> Tensor:
        """`atan2`, in place."""
    def hypot(self, b: TensorLike) -> Tensor:
        """``sqrt(input**2 + other**2)``, without overflow."""
    def hypot_(self, b: TensorLike) -> Tensor:
        """`hypot`, in place."""
    def deg2rad(self) -> Tensor:
        """Degrees in radians."""
    def deg2rad_(self) -> Tensor:
        """`deg2rad`, in place."""
    def rad2deg(self) -> Tensor:
        """Radians in degrees."""
    def rad2deg_(self) -> Tensor:
        """`rad2deg`, in place."""
    def sigmoid(self) -> Tensor:
        """``1 / (1 + exp(-input))``, without overflow."""
    def sigmoid_(self) -> Tensor:
        """`sigmoid`, in place."""
    def softplus(self) -> Tensor:
        """``log(1 + exp(input))``, without overflow."""
    def logaddexp(self, b: TensorLike) -> Tensor:
        """``log(exp(input) + exp(other))``, without overflow."""
    def logaddexp2(self, b: TensorLike) -> Tensor:
        """``log2(2 ** input + 2 ** other)``, without overflow."""
    def abs(self) -> Tensor:
        """The absolute value; its derivative at 0 is 0."""
    def abs_(self) -> Tensor:
        """`abs`, in place."""
    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign, 0 for NaN; its derivative is 0."""
    def sign_(self) -> Tensor:
        """`sign`, in place."""
    def floor(self) -> Tensor:
        """The integer below; its derivative is 0."""
    def floor_(self) -> Tensor:
        """`floor`, in place."""
    def ceil(self) -> Tensor:
        """The integer above; its derivative is 0."""
    def ceil_(self) -> Tensor:
        """`ceil`, in place."""
    def trunc(self) -> Tensor:
        """The integer towards 0; its derivative is 0."""
    def trunc_(self) -> Tensor:
        """`trunc`, in place."""
    def frac(self) -> Tensor:
        """What `trunc` takes away."""
    def frac_(self) -> Tensor:
        """`frac`, in place."""
    def round(self, decimals: Any = ...) -> Tensor:
        """The nearest integer, halves to the even one; its derivative is 0."""
    def round_(self, decimals: Any = ...) -> Tensor:
        """`round`, in place."""
    def logit(self, eps: Any = ...) -> Tensor:
        """``log(input / (1 - input))``, the inverse of `sigmoid`."""
    def logit_(self, eps: Any = ...) -> Tensor:
        """`logit`, in place."""
    def arcsin(self) -> Tensor:
        """The arc sine, in radians."""
    def arcsin_(self) -> Tensor:
        """`asin`, in place."""
    def arccos(self) -> Tensor:
        """The arc cosine, in radians."""
    def arccos_(self) -> Tensor:
        """`acos`, in place."""
    def arctan(self) -> Tensor:
        """The arc tangent, in radians."""
    def arctan_(self) -> Tensor:
        """`atan`, in place."""
    def arctan2(self, b: TensorLike) -> Tensor:
        """The angle of the point ``(other, input)``, in radians."""
    def arctan2_(self, b: TensorLike) -> Tensor:
        """`atan2`, in place."""
    def arcsinh(self) -> Tensor:
        """The inverse hyperbolic sine."""
    def arcsinh_(self) -> Tensor:
        """`asinh`, in place."""
    def arccosh(self) -> Tensor:
        """The inverse hyperbolic cosine."""
    def arccosh_(self) -> Tensor:
        """`acosh`, in place."""
    def arctanh(self) -> Tensor:
        """The inverse hyperbolic tangent."""
    def arctanh_(self) -> Tensor:
        """`atanh`, in place."""
    def absolute(self) -> Tensor:
        """The absolute value; its derivative at 0 is 0."""
    def absolute_(self) -> Tensor:
        """`abs`, in place."""
    def sgn(self) -> Tensor:
        """-1, 0 or 1 by the sign, 0 for NaN; its derivative is 0."""
    def sgn_(self) -> Tensor:
        """`sign`, in place."""
    def fix(self) -> Tensor:
        """The integer towards 0; its derivative is 0."""
    def fix_(self) -> Tensor:
        """`trunc`, in place."""
    def nextafter(self, b: TensorLike) -> Tensor:
        """The next float after ``input`` in the direction of ``other``."""
    def nextafter_(self, b: TensorLike) -> Tensor:
        """`nextafter`, in place."""
    def gcd(self, b: TensorLike) -> Tensor:
        """The greatest common divisor of integers."""
    def gcd_(self, b: TensorLike) -> Tensor:
        """`gcd`, in place."""
    def lcm(self, b: TensorLike) -> Tensor:
        """The least common multiple of integers."""
    def lcm_(self, b: TensorLike) -> Tensor:
        """`lcm`, in place."""
    def ldexp(self, other: Any) -> Tensor:
        """``x * 2 ** other``."""
    def ldexp_(self, other: Any) -> Tensor:
        """`ldexp`, in place."""
    def frexp(self) -> FloatParts:
        """The mantissa, in [0.5, 1) but for its sign, and the exponent of each float."""
    def maximum(self, b: TensorLike) -> Tensor:
        """The greater of two, NaN if one is; where they are equal, each gets half the gradient."""
    def minimum(self, b: TensorLike) -> Tensor:
        """The smaller of two, NaN if one is; where they are equal, each gets half the gradient."""
    def fmax(self, b: TensorLike) -> Tensor:
        """The greater of two, the other one if one is NaN; where they are equal, the first gets the gradient."""
    def fmin(self, b: TensorLike) -> Tensor:
        """The smaller of two, the other one if one is NaN; where they are equal, the first gets the gradient."""
    def relu(self) -> Tensor:
        """``max(input, 0)``; its derivative at 0 is 0."""
    def relu_(self) -> Tensor:
        """`relu`, in place."""
    def heaviside(self, b: TensorLike) -> Tensor:
        """0 below 0, 1 above, and ``other`` at 0."""
    def heaviside_(self, b: TensorLike) -> Tensor:
        """`heaviside`, in place."""
    def copysign(self, b: TensorLike) -> Tensor:
        """The magnitude of ``input`` with the sign of ``other``."""
    def copysign_(self, b: TensorLike) -> Tensor:
        """`copysign`, in place."""
    def clamp(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """``input`` limited to the interval from ``min`` to ``max``; its derivative at the ends is 1."""
    def clamp_(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """`clamp`, in place."""
    def clamp_min(self, min: Any) -> Tensor:
        """``input``, but at least ``min``."""
    def clamp_min_(self, min: Any) -> Tensor:
        """`clamp_min`, in place."""
    def clamp_max(self, max: Any) -> Tensor:
        """``input``, but at most ``max``."""
    def clamp_max_(self, max: Any) -> Tensor:
        """`clamp_max`, in place."""
    def clip(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """``input`` limited to the interval from ``min`` to ``max``; its derivative at the ends is 1."""
    def clip_(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """`clamp`, in place."""
    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """``value`` where ``mask`` is true, else ``input``, in the dtype of ``input``."""
    def masked_fill_(self, mask: Any, value: Any) -> Tensor:
        """`masked_fill`, in place."""
    def nan_to_num(self, nan: Any = ..., posinf: Any = ..., neginf: Any = ...) -> Tensor:
        """``input`` with its NaN and infinities replaced; what is replaced gets no gradient."""
    def nan_to_num_(self, nan: Any = ..., posinf: Any = ..., neginf: Any = ...) -> Tensor:
        """`nan_to_num`, in place."""
    def erf(self) -> Tensor:
        """The error function."""
    def erf_(self) -> Tensor:
        """`erf`, in place."""
    def erfc(self) -> Tensor:
        """``1 - erf(input)``, exact for large ``input``."""
    def erfc_(self) -> Tensor:
        """`erfc`, in place."""
    def erfinv(self) -> Tensor:
        """The inverse of `erf`."""
    def erfinv_(self) -> Tensor:
        """`erfinv`, in place."""
    def lgamma(self) -> Tensor:
        """The logarithm of the absolute value of the gamma function."""
    def lgamma_(self) -> Tensor:
        """`lgamma`, in place."""
    def digamma(self) -> Tensor:
        """The derivative of `lgamma`."""
    def digamma_(self) -> Tensor:
        """`digamma`, in place."""
    def i0(self) -> Tensor:
        """The modified Bessel function of the first kind, of order 0."""
    def i0_(self) -> Tensor:
        """`i0`, in place."""
    def sinc(self) -> Tensor:
        """``sin(pi input) / (pi input)``, and 1 at 0."""
    def sinc_(self) -> Tensor:
        """`sinc`, in place."""
    def xlogy(self, b: TensorLike) -> Tensor:
        """``input * log(other)``, and 0 where ``input`` is 0."""
    def xlogy_(self, b: TensorLike) -> Tensor:
        """`xlogy`, in place."""
    def polygamma(self, input: Any) -> Tensor:
        """The ``n``-th derivative of `digamma`."""
    def polygamma_(self, input: Any) -> Tensor:
        """`polygamma`, in place."""
    def mvlgamma(self, p: Any) -> Tensor:
        """The logarithm of the multivariate gamma function of dimension ``p``, where ``input > (p - 1) / 2``."""
    def mvlgamma_(self, p: Any) -> Tensor:
        """`mvlgamma`, in place."""
    def take_along_dim(self, indices: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The elements that ``indices`` names along ``dim``, for instance by ``argsort`` or ``argmax``."""
    def permute(self, *dims: Any, **kwargs: Any) -> Tensor:
        """The dimensions in another order, on the same memory."""
    def sum(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The sum."""
    def nansum(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The sum of what is not NaN."""
    def mean(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The mean."""
    def nanmean(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, dtype: npt.DTypeLike | None = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The mean of what is not NaN."""
    def prod(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The product; its gradient is right at zeros too."""
    def amax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The greatest element; equal ones share the gradient."""
    def amin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The smallest element; equal ones share the gradient."""
    def aminmax(self, *, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> MinMax:
        """The smallest and the greatest element, as ``(min, max)``."""
    def any(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """Whether any element is true (not 0)."""
    def all(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """Whether all elements are true (not 0)."""
    def count_nonzero(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """How many elements are not 0."""
    def argmax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The position of the greatest element, the first of equals."""
    def argmin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The position of the smallest element, the first of equals."""
    def max(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, other: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Any:
        """The greatest element of all; or, along one dimension, the greatest and its position; or of two tensors."""
    def min(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, other: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Any:
        """The smallest element of all; or, along one dimension, the smallest and its position; or of two tensors."""
    def norm(self, p: Any = ..., dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The norm of all elements, or along dimensions, as one vector; at 0 its derivative is 0."""
    def var(self, dim: builtins.int | Sequence[builtins.int] | None = ..., unbiased: Any = ..., keepdim: builtins.bool = ..., *, correction: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The variance."""
    def std(self, dim: builtins.int | Sequence[builtins.int] | None = ..., unbiased: Any = ..., keepdim: builtins.bool = ..., *, correction: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The standard deviation; that of a constant has derivative 0."""
    def var_mean(self, dim: builtins.int | Sequence[builtins.int] | None = ..., unbiased: Any = ..., keepdim: builtins.bool = ..., *, correction: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> tuple[Tensor, ...]:
        """The variance and the mean."""
    def std_mean(self, dim: builtins.int | Sequence[builtins.int] | None = ..., unbiased: Any = ..., keepdim: builtins.bool = ..., *, correction: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> tuple[Tensor, ...]:
        """The standard deviation and the mean."""
    def median(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Any:
        """The median, of two in the middle the lower one; NaN if one is there."""
    def nanmedian(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Any:
        """The median of what is not NaN, of two in the middle the lower one."""
    def kthvalue(self, k: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Extremes:
        """The ``k``-th smallest element along one dimension, and where it is."""
    def mode(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Extremes:
        """The most frequent element along one dimension (of several the smallest), and where it is last."""
    def quantile(self, q: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, interpolation: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The quantile ``q``: below it lies that part of the elements. NaN if one is there."""
    def nanquantile(self, q: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, interpolation: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """The quantile ``q`` of what is not NaN."""
    def cov(self, *, correction: Any = ..., fweights: Any = ..., aweights: Any = ...) -> Tensor:
        """The covariance matrix of variables."""
    def corrcoef(self) -> Tensor:
        """The matrix of Pearson's correlation coefficients of variables, the rows of ``x``."""
    def flip(self, *dims: Any, **kwargs: Any) -> Tensor:
        """The elements in reverse order along ``dims``."""
    def broadcast_to(self, *shape: Any, **kwargs: Any) -> Tensor:
        """``x`` repeated, without copying, to a larger shape."""
    def cumsum(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The running sum along one dimension."""
    def cumsum_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`cumsum`, in place."""
    def cumprod(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The running product along one dimension; its gradient is right at zeros too."""
    def cumprod_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`cumprod`, in place."""
    def logcumsumexp(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``log(cumsum(exp(x)))`` along one dimension, without overflow."""
    def cummax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Extremes:
        """The running maxima along one dimension, and where they are, the last of equals."""
    def cummin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Extremes:
        """The running minima along one dimension, and where they are, the last of equals."""
    def diff(self, n: Any = ..., dim: builtins.int | Sequence[builtins.int] | None = ..., prepend: Any = ..., append: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The differences of neighbours along a dimension, ``n`` times over (of booleans: whether they differ)."""
    def trapezoid(self, x: Any = ..., dx: Any = ..., dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The integral of ``y`` along a dimension by the trapezoidal rule."""
    def trapz(self, x: Any = ..., dx: Any = ..., dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The integral of ``y`` along a dimension by the trapezoidal rule."""
    def cumulative_trapezoid(self, x: Any = ..., dx: Any = ..., dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The running integral of ``y`` along a dimension by the trapezoidal rule; the arguments are those of `trapezoid`."""
    def logsumexp(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ..., keepdims: builtins.bool = ...) -> Tensor:
        """``log(sum(exp(x)))``, without overflow."""
    def softmax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``exp(x) / sum(exp(x))`` along one dimension, without overflow."""
    def log_softmax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``log(softmax(x))`` along one dimension, without overflow."""
    def softmin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., dtype: npt.DTypeLike | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``softmax(-x)``."""
    def reshape(self, *shape: Any, **kwargs: Any) -> Tensor:
        """The elements in row-major order in another shape, on the same memory where possible."""
    def swapaxes(self, dim0: Any, dim1: Any) -> Tensor:
        """Two dimensions exchanged, on the same memory."""
    def swapaxes_(self, dim0: Any, dim1: Any) -> Tensor:
        """`swapaxes`, in place."""
    def transpose(self, dim0: Any = ..., dim1: Any = ...) -> Tensor:
        """Two dimensions exchanged (PyTorch), or all reversed or permuted (NumPy: ``transpose(x)``, ``transpose(x, axes)``)."""
    def transpose_(self, dim0: Any = ..., dim1: Any = ...) -> Tensor:
        """`transpose`, in place."""
    def squeeze(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """Drop dimensions of length 1: all, or those named (a named one of another length stays)."""
    def squeeze_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`squeeze`, in place."""
    def unsqueeze(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """Insert a dimension of length 1."""
    def unsqueeze_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`unsqueeze`, in place."""
    def flatten(self, start_dim: Any = ..., end_dim: Any = ...) -> Tensor:
        """Make one dimension of those from ``start_dim`` to ``end_dim``."""
    def unflatten(self, dim: builtins.int | Sequence[builtins.int] | None = ..., sizes: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """Make several dimensions of one; one of the ``sizes`` may be -1."""
    def ravel(self) -> Tensor:
        """The elements in row-major order, as a vector."""
    def view(self, *shape: Any) -> Tensor:
        """The same memory in another shape; where that would need a copy, an error says so and `reshape` makes it."""
    def view_as(self, other: Any) -> Tensor:
        """The same memory in the shape of ``other``."""
    def reshape_as(self, other: Any) -> Tensor:
        """The elements in the shape of ``other``."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """Dimensions moved to other positions; the others keep their order."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """Dimensions moved to other positions; the others keep their order."""
    def swapdims(self, dim0: Any, dim1: Any) -> Tensor:
        """Two dimensions exchanged, on the same memory."""
    def swapdims_(self, dim0: Any, dim1: Any) -> Tensor:
        """`swapaxes`, in place."""
    def t(self) -> Tensor:
        """The transpose of a matrix; a vector or number as it is."""
    def t_(self) -> Tensor:
        """`t`, in place."""
    def adjoint(self) -> Tensor:
        """Each matrix transposed: the last two dimensions exchanged."""
    def expand(self, *sizes: Any) -> Tensor:
        """``x`` repeated, without copying: each dimension of length 1 may be given a length; -1 leaves one as it is."""
    def expand_as(self, other: Any) -> Tensor:
        """``x`` repeated, without copying, to the shape of ``other``."""
    def fliplr(self) -> Tensor:
        """The columns in reverse order."""
    def flipud(self) -> Tensor:
        """The rows in reverse order."""
    def rot90(self, k: Any = ..., dims: builtins.int | Sequence[builtins.int] = ...) -> Tensor:
        """``x`` turned by ``k`` quarters of a circle in the plane of two dimensions, from the first towards the second."""
    def roll(self, shifts: Any, dims: builtins.int | Sequence[builtins.int] = ...) -> Tensor:
        """The elements moved along ``dims``; what leaves at one end comes in at the other."""
    def tile(self, *repeats: Any, dims: builtins.int | Sequence[builtins.int] = ...) -> Tensor:
        """Copies of ``x`` side by side, ``dims[i]`` along dimension ``i``; too few numbers are filled up with 1 in front."""
    def repeat(self, *sizes: Any) -> Tensor:
        """Copies of ``x`` side by side, ``sizes[i]`` along dimension ``i``; NumPy's ``repeat`` is `repeat_interleave`."""
    def repeat_interleave(self, repeats: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, output_size: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """Each entry along a dimension several times in a row."""
    def split(self, split_size_or_sections: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> tuple[Tensor, ...]:
        """Consecutive pieces along a dimension, on the same memory."""
    def unbind(self, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> tuple[Tensor, ...]:
        """The slices along a dimension, without it, on the same memory."""
    def split_with_sizes(self, split_size_or_sections: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> tuple[Tensor, ...]:
        """Consecutive pieces along a dimension, on the same memory."""
    def tensor_split(self, indices_or_sections: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> tuple[Tensor, ...]:
        """Pieces of nearly equal length, or cut before the given indices, along a dimension."""
    def hsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`tensor_split` along dimension 1, of a vector along dimension 0; a number of sections must divide the length."""
    def vsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`tensor_split` along dimension 0; a number of sections must divide the length."""
    def dsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`tensor_split` along dimension 2; a number of sections must divide the length."""
    def chunk(self, chunks: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> tuple[Tensor, ...]:
        """At most ``chunks`` pieces of equal length (the last may be shorter) along a dimension; of a length of 0, ``chunks`` empty ones."""
    def select(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The entry at ``index`` along a dimension, without it, on the same memory."""
    def narrow(self, dim: builtins.int | Sequence[builtins.int] | None = ..., start: Any = ..., length: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The entries from ``start`` on, ``length`` of them, along a dimension, on the same memory."""
    def diagonal(self, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
        """The diagonal of the matrices in two dimensions, as the last dimension, on the same memory."""
    def diag_embed(self, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
        """Square matrices, in two new dimensions, with the last dimension of ``x`` on their diagonal."""
    def diag(self, diagonal: Any = ...) -> Tensor:
        """A copy of the diagonal of a matrix, or the matrix of a diagonal."""
    def diagflat(self, offset: Any = ...) -> Tensor:
        """The matrix with the elements of ``x``, flattened, on its diagonal."""
    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix."""
    def tril(self, diagonal: Any = ...) -> Tensor:
        """The lower triangle of each matrix, and 0 elsewhere."""
    def tril_(self, diagonal: Any = ...) -> Tensor:
        """`tril`, in place."""
    def triu(self, diagonal: Any = ...) -> Tensor:
        """The upper triangle of each matrix, and 0 elsewhere."""
    def triu_(self, diagonal: Any = ...) -> Tensor:
        """`triu`, in place."""
    def masked_select(self, mask: Any) -> Tensor:
        """The elements of ``x`` where ``mask``, which broadcasts with it, holds, as a vector."""
    def masked_scatter(self, mask: Any, source: Any) -> Tensor:
        """``x`` with the elements where ``mask`` holds replaced by the first elements of ``source``, in order."""
    def masked_scatter_(self, mask: Any, source: Any) -> Tensor:
        """`masked_scatter`, in place."""
    def nonzero(self, *, as_tuple: builtins.bool = ...) -> Tensor | Any:
        """The indices of the elements that are not 0: one row for each, or with ``as_tuple`` one vector per dimension."""
    def nonzero_static(self, size: Any, fill_value: Any = ...) -> Tensor:
        """The first ``size`` rows of `nonzero`, filled up where there are fewer."""
    def argwhere(self) -> Tensor:
        """The indices of the elements that are not 0, one row for each."""
    def gather(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """For each place of ``index``, the element of ``x`` at that place, but along ``dim`` where the index says."""
    def index_select(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The entries of ``x`` along ``dim`` that ``index``, a vector, names."""
    def take(self, index: Any) -> Tensor:
        """The elements that ``index`` names in the flattened ``x``."""
    def scatter(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., src: Any = ..., *, value: Any = ..., reduce: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with other values at the places that `gather` would read."""
    def scatter_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., src: Any = ..., *, value: Any = ..., reduce: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`scatter`, in place."""
    def scatter_add(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., src: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with ``src`` added at the places that `gather` would read; what falls on one place adds up."""
    def scatter_add_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., src: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`scatter_add`, in place."""
    def scatter_reduce(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., src: Any = ..., reduce: Any = ..., *, include_self: builtins.bool = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` combined with ``src`` at the places that `gather` would read."""
    def scatter_reduce_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., src: Any = ..., reduce: Any = ..., *, include_self: builtins.bool = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`scatter_reduce`, in place."""
    def index_add(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., source: Any = ..., *, alpha: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with ``alpha * source`` added to the entries along ``dim`` that ``index`` names."""
    def index_add_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., source: Any = ..., *, alpha: Any = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`index_add`, in place."""
    def index_copy(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., source: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with the entries along ``dim`` that ``index`` names replaced by those of ``source``."""
    def index_copy_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., source: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`index_copy`, in place."""
    def index_fill(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., value: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with the entries along ``dim`` that ``index`` names set to one value."""
    def index_fill_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., value: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`index_fill`, in place."""
    def index_put(self, indices: Any, values: Any, accumulate: builtins.bool = ...) -> Tensor:
        """``x`` with ``values`` at ``indices``, a tuple of integer or boolean tensors; added up if ``accumulate``."""
    def index_put_(self, indices: Any, values: Any, accumulate: builtins.bool = ...) -> Tensor:
        """`index_put`, in place."""
    def put(self, index: Any, source: Any, accumulate: builtins.bool = ...) -> Tensor:
        """``input`` with ``source`` at the places ``index`` of its elements, read as one vector."""
    def put_(self, index: Any, source: Any, accumulate: builtins.bool = ...) -> Tensor:
        """`put`, in place."""
    def diagonal_scatter(self, src: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
        """``x`` with its diagonal replaced by ``src``."""
    def select_scatter(self, src: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with its entry ``index`` along one dimension replaced by ``src``."""
    def slice_scatter(self, src: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., start: Any = ..., end: Any = ..., step: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with a slice along one dimension replaced by ``src``."""
    def index_reduce(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., source: Any = ..., reduce: Any = ..., *, include_self: builtins.bool = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The entries of ``source`` along one dimension combined with those of ``x`` at ``index``."""
    def index_reduce_(self, dim: builtins.int | Sequence[builtins.int] | None = ..., index: Any = ..., source: Any = ..., reduce: Any = ..., *, include_self: builtins.bool = ..., axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`index_reduce`, in place."""
    def renorm(self, p: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., maxnorm: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """``x`` with each entry along one dimension scaled down to a norm of at most ``maxnorm``."""
    def renorm_(self, p: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., maxnorm: Any = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """`renorm`, in place."""
    def argsort(self, dim: builtins.int | Sequence[builtins.int] | None = ..., descending: builtins.bool = ..., stable: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The indices that put the elements in order along a dimension."""
    def sort(self, dim: builtins.int | Sequence[builtins.int] | None = ..., descending: builtins.bool = ..., stable: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Sorted:
        """The elements in order along a dimension, and where each was."""
    def msort(self) -> Tensor:
        """The elements in order along the first dimension."""
    def topk(self, k: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., largest: builtins.bool = ..., sorted: builtins.bool = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Sorted:
        """The ``k`` greatest (or smallest) elements along a dimension, in order, and where they are."""
    def unique(self, sorted: builtins.bool = ..., return_inverse: builtins.bool = ..., return_counts: builtins.bool = ..., dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor | Any:
        """The different elements, in order."""
    def bincount(self, weights: TensorLike | None = ..., minlength: Any = ...) -> Tensor:
        """How often each number from 0 to the greatest occurs, as the number of samples of each class."""
    def histc(self, bins: Any = ..., min: Any = ..., max: Any = ...) -> Tensor:
        """How many elements lie in each of ``bins`` equally wide intervals."""
    def unique_consecutive(self, return_inverse: builtins.bool = ..., return_counts: builtins.bool = ...) -> Tensor | Any:
        """The first element of every run of equal ones."""
    def histogram(self, bins: Any, *, range: Any = ..., weight: Any = ..., density: builtins.bool = ...) -> Histogram:
        """How many elements (or how much weight) fall into each bin; it carries no graph."""
    def matmul(self, b: TensorLike) -> Tensor:
        """The matrix product, of vectors, matrices, and stacks of matrices that broadcast."""
    def mm(self, mat2: Any) -> Tensor:
        """The product of two matrices."""
    def bmm(self, mat2: Any) -> Tensor:
        """The products of two batches of matrices."""
    def mv(self, vec: Any) -> Tensor:
        """The product of a matrix and a vector."""
    def dot(self, tensor: Any) -> Tensor:
        """The dot product of two vectors."""
    def vdot(self, tensor: Any) -> Tensor:
        """The dot product of two vectors."""
    def outer(self, vec2: Any) -> Tensor:
        """All products of an element of one vector with an element of another."""
    def ger(self, vec2: Any) -> Tensor:
        """All products of an element of one vector with an element of another."""
    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """``beta * x + alpha * (mat1 @ mat2)`` of matrices."""
    def addmm_(self, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """`addmm`, in place."""
    def addmv(self, mat: Any, vec: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """``beta * x + alpha * (mat @ vec)``."""
    def addmv_(self, mat: Any, vec: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """`addmv`, in place."""
    def addr(self, vec1: Any, vec2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """``beta * x + alpha * outer(vec1, vec2)``."""
    def addr_(self, vec1: Any, vec2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """`addr`, in place."""
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """``beta * x + alpha * (batch1 @ batch2)`` of batches of matrices."""
    def baddbmm_(self, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """`baddbmm`, in place."""
    def addbmm(self, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """``beta * x + alpha * (batch1 @ batch2).sum(0)``."""
    def addbmm_(self, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ...) -> Tensor:
        """`addbmm`, in place."""
    def kron(self, other: Any) -> Tensor:
        """The Kronecker product: each element of ``x`` times the whole of ``other``, as blocks."""
    def cross(self, other: Any, dim: builtins.int | Sequence[builtins.int] | None = ..., *, axis: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """The cross product of vectors along a dimension; by default the first of length 3."""
    def dist(self, other: Any, p: Any = ...) -> Tensor:
        """The norm of the difference of two tensors."""
    def inner(self, other: Any) -> Tensor:
        """The sum of products over the last dimension of both."""
    def cholesky_inverse(self, upper: builtins.bool = ...) -> Tensor:
        """The inverse of ``L @ L.T`` from its factor."""
    def cholesky_solve(self, L: Any, upper: builtins.bool = ...) -> Tensor:
        """The solution ``X`` of ``L @ L.T @ X == B``."""
    def lu_unpack(self, LU_pivots: Any, unpack_data: builtins.bool = ..., unpack_pivots: builtins.bool = ...) -> LU:
        """The permutation and the factors that `linalg.lu_factor` gives in one."""
    def cholesky(self, *, upper: builtins.bool = ...) -> Tensor:
        """The triangular matrix ``L`` with ``L @ L.T == A``, for symmetric, positive definite matrices."""
    def det(self) -> Tensor:
        """The determinant of each matrix; its gradient is right for singular matrices too."""
    def logdet(self) -> Tensor:
        """The logarithm of the determinant of each matrix, NaN where that is negative."""
    def matrix_power(self, n: Any) -> Tensor:
        """Each square matrix times itself, ``n`` times; a negative ``n`` takes the inverse."""
    def slogdet(self) -> SlogDet:
        """The sign of the determinant of each matrix, and the logarithm of its absolute value, without overflow."""
    def pinverse(self, rtol: Any = ..., *, atol: Any = ...) -> Tensor:
        """The pseudo-inverse (Moore-Penrose) of each matrix."""
    def matrix_exp(self) -> Tensor:
        """The exponential of each matrix, ``I + A + A @ A / 2 + ...``."""
    def inverse(self) -> Tensor:
        """The inverse of each matrix."""
    def qr(self, some: builtins.bool = ...) -> QR:
        """`linalg.qr`, complete where not ``some``."""
    def lu_solve(self, LU_data: Any, LU_pivots: Any) -> Tensor:
        """`linalg.lu_solve`, with the right-hand side first."""
    def svd(self, some: builtins.bool = ...) -> SingularValues:
        """``x == U @ diag(S) @ V.T``: `linalg.svd` with ``V`` in place of its transpose."""
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
    def __lshift__(self, other: TensorLike) -> Tensor: ...
    def __rlshift__(self, other: TensorLike) -> Tensor: ...
    def __ilshift__(self, other: TensorLike) -> Tensor: ...
    def __rshift__(self, other: TensorLike) -> Tensor: ...
    def __rrshift__(self, other: TensorLike) -> Tensor: ...
    def __irshift__(self, other: TensorLike) -> Tensor: ...
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __lt__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __gt__(self, other: Any) -> Tensor: ...
    def __ge__(self, other: Any) -> Tensor: ...
    def __neg__(self) -> Tensor:
        """``-input``."""
    def __abs__(self) -> Tensor:
        """The absolute value; its derivative at 0 is 0."""
    def __invert__(self) -> Tensor:
        """``~input`` on integers, or on booleans."""
    def half(self) -> Tensor:
        """The elements as float16."""
    def float(self) -> Tensor:
        """The elements as float32."""
    def double(self) -> Tensor:
        """The elements as float64."""
    def char(self) -> Tensor:
        """The elements as int8."""
    def short(self) -> Tensor:
        """The elements as int16."""
    def int(self) -> Tensor:
        """The elements as int32."""
    def long(self) -> Tensor:
        """The elements as int64."""
    def byte(self) -> Tensor:
        """The elements as uint8."""
    def bool(self) -> Tensor:
        """The elements as bool."""
    def igamma(self, other: TensorLike) -> Tensor:
        """The regularised lower incomplete gamma function."""
    def igamma_(self, other: TensorLike) -> Tensor:
        """`gammainc`, in place."""
    def igammac(self, other: TensorLike) -> Tensor:
        """The regularised upper incomplete gamma function, ``1 - gammainc(input, other)``."""
    def igammac_(self, other: TensorLike) -> Tensor:
        """`gammaincc`, in place."""
    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Any:
        """All slices of length ``size`` along a dimension, ``step`` apart, as a view; the slices are the new last dimension."""
    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order, on the same memory."""
    @property
    def H(self) -> Tensor:
        """The transpose of a matrix; a vector or number as it is.

Examples
--------
>>> from autograd_engine import zeros
>>> zeros(2, 3).t().shape
(3, 2)"""
    @property
    def mT(self) -> Tensor:
        """Each matrix transposed: the last two dimensions exchanged.

Examples
--------
>>> from autograd_engine import zeros
>>> zeros(5, 2, 3).adjoint().shape
(5, 3, 2)"""
    @property
    def mH(self) -> Tensor:
        """Each matrix transposed: the last two dimensions exchanged.

Examples
--------
>>> from autograd_engine import zeros
>>> zeros(5, 2, 3).adjoint().shape
(5, 3, 2)"""
    def is_complex(self) -> builtins.bool:
        """Always False: tensors are real."""
    def is_nonzero(self) -> builtins.bool:
        """Whether its one element is not 0."""
    def is_same_size(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have the same shape."""
    def is_signed(self) -> builtins.bool:
        """Whether its dtype has negative numbers."""
    @property
    def device(self) -> Tensor:
        """Always the CPU."""
    def backward(self, gradient: Tensor | None = ..., retain_graph: builtins.bool | None = ..., create_graph: builtins.bool = ..., inputs: Any = ...) -> None:
        """Accumulate the gradients of this tensor into the ``.grad`` of the leaves it was computed from."""
    def backward_steps(self, gradient: Any = ...) -> Iterator[Any]:
        """Watch the backward sweep, one operation at a time. No ``.grad`` is touched, and no graph freed."""
    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` each time that `backward` has added to the ``.grad`` of this leaf."""
    @property
    def _version(self) -> Tensor:
        """How often this tensor was changed in place: by itself, or through a view or what it is a view
of.

Writes through ``.data`` and into ``.numpy()`` are not counted."""
    def __float__(self) -> builtins.float: ...
    def __int__(self) -> builtins.int: ...
    def __bool__(self) -> builtins.bool: ...
    def __index__(self) -> builtins.int: ...
    def __len__(self) -> builtins.int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __contains__(self, value: Any) -> builtins.bool: ...
    def __format__(self, spec: str) -> str: ...
    def __array__(self, dtype: Any = ..., copy: builtins.bool | None = ...) -> np.ndarray: ...
    def __dlpack__(self, *, stream: Any = ..., **wanted: Any) -> Any:
        """The memory as a capsule of DLPack, for ``from_dlpack`` of any library; nothing is copied."""
    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]: ...
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any: ...
    def __array_function__(self, function: Callable, types: Any, args: tuple, kwargs: dict) -> Any: ...
    @property
    def _mask(self) -> Tensor:
        """No mask. NumPy's masked arrays ask for one as they take the values of what they are given."""
    def __repr__(self) -> str: ...
    def _repr_html_(self) -> str: ...
    def __copy__(self) -> Tensor: ...
    def __deepcopy__(self, memo: dict) -> Tensor: ...
    def __reduce__(self) -> tuple: ...
    def __setstate__(self, state: tuple) -> None: ...
