"""Activation functions, each declared once: its value and its derivative.

An activation is an op of its own (`autograd_engine.primitive`): one node in the graph, whatever its
formula. At a kink the derivative is PyTorch's choice among the two sides.
"""

from __future__ import annotations

import functools
import inspect
import math
import warnings
from typing import Any, Callable

import numpy as np

import autograd_engine as ag
from autograd_engine import (
    Tensor,
    exp,
    named_errors,
    primitive,
    sigmoid,
    split,
    tanh,
    where,
    zeros_like,
)

from autograd_engine.kernels import for_each, real, with_kernels
from autograd_engine.kernels import sigmoid as sigmoid_of_number
from autograd_engine.kernels import softplus as softplus_of_number

from .lists import takes_lists
from .outside import user_level


def declare_activation(vjp: Callable, example: str = "", **arguments: str) -> Callable:
    """Declare an activation: the decorated function on arrays, and the rule of its gradient.

    Parameters
    ----------
    vjp : callable
        The rule, see `autograd_engine.primitive`.
    example : str
        Arguments of a call and what is printed, ``"tensor([-1., 1.]) -> tensor([0., 1.])"``.
    **arguments : str
        What each static argument means.

    Returns
    -------
    callable
        The activation, with a further argument ``inplace``: whether its input is changed.
    """

    def declare(forward: Callable) -> Callable:
        op = primitive(forward, vjp=vjp, promote="float", batching="pointwise")

        @functools.wraps(op)
        def function(x: Any, *args: Any, inplace: bool = False, **params: Any) -> Any:
            y = op(x, *args, **params)
            return x.copy_(y) if inplace else y

        own = inspect.signature(op)
        last = inspect.Parameter("inplace", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False)
        parameters = [*own.parameters.values(), last]
        function.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        function.__doc__ = _document(forward, example, arguments)
        return function

    return declare


def _document(forward: Callable, example: str, arguments: dict[str, str]) -> str:
    parameters = "".join(f"{name} : float\n    {text}\n" for name, text in arguments.items())
    text = (
        f"{inspect.getdoc(forward)}\n\nParameters\n----------\nx : Tensor or array_like\n    Any "
        f"shape.\n{parameters}"
        "inplace : bool\n    Whether the input itself is changed.\n\nReturns\n-------\nTensor\n    "
        "The shape of ``x``."
    )
    call, _, result = example.partition(" -> ")
    return (
        f"{text}\n\nExamples\n--------\n>>> from autograd_engine import tensor\n"
        f">>> from nn.functional import {forward.__name__}\n"
        f">>> {forward.__name__}({call})\n{result}\n"
    )


# --- kinks ----------------------------------------------------------------------------------------


def zeros_for(x: Any) -> Any:
    """Zeros for an array or a tensor, of the same kind."""
    return zeros_like(x) if isinstance(x, Tensor) else np.zeros_like(x)


@primitive(vjp=(lambda g: g, lambda g, x: kinked(zeros_for(x), x)), batching="pointwise")
def _with_slope_zero(grad, x):
    """``grad`` itself, as a function of ``x`` too, whose derivative is 0."""
    return grad


def kinked(grad: Any, x: Any) -> Any:
    """The gradient of a function of straight pieces: the same all along a piece of ``x``.

    Where it is recorded it stays in the graph of ``x``, so that its own gradient is 0 and not
    an error.
    """
    return _with_slope_zero(grad, x) if isinstance(x, Tensor) else grad


@primitive(vjp=lambda g, x: kinked(g, x), batching="pointwise")
def _bent(x):
    """``x``, on its way into a function of straight pieces that is written with other ops."""
    return x


def relu(x: Any, inplace: bool = False) -> Any:
    """``max(x, 0)``; with ``inplace``, the input itself is changed.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import relu
    >>> relu(tensor([-2., 3.]))
    tensor([0., 3.])
    """
    return x.relu_() if inplace else ag.relu(x)


@declare_activation(
    lambda g, x: kinked(g * ((x > 0) & (x < 6)), x), "tensor([-2., 3., 8.]) -> tensor([0., 3., 6.])"
)
def relu6(x):
    """``min(max(x, 0), 6)``."""
    return np.clip(x, 0, 6)


@declare_activation(
    lambda g, x, negative_slope: kinked(where(x > 0, g, g * negative_slope), x),
    "tensor([-2., 3.]) -> tensor([-0.0200,  3.0000])",
    negative_slope="The slope for negative numbers.",
)
def leaky_relu(x, *, negative_slope=0.01):
    """``x`` where positive, else ``negative_slope * x``."""
    return np.where(x > 0, x, negative_slope * x)


@declare_activation(
    lambda g, x, min_val, max_val: kinked(g * ((x > min_val) & (x < max_val)), x),
    "tensor([-2., 0.5]) -> tensor([-1.0000,  0.5000])",
    min_val="The least value.",
    max_val="The greatest value.",
)
def hardtanh(x, *, min_val=-1.0, max_val=1.0):
    """``x`` limited to the interval from ``min_val`` to ``max_val``."""
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} and {max_val}")
    return np.clip(x, min_val, max_val)


@declare_activation(
    lambda g, x: kinked(g * ((x > -3) & (x < 3)) / 6, x),
    "tensor([-4., 0., 4.]) -> tensor([0.0000, 0.5000, 1.0000])",
)
def hardsigmoid(x):
    """``x / 6 + 1/2`` limited to the interval from 0 to 1."""
    return np.clip(x + 3, 0, 6) / 6


@declare_activation(
    lambda g, x: where(x >= 3, g, g * (x > -3) * (x / 3 + 0.5)),
    "tensor([-1., 1.]) -> tensor([-0.3333,  0.6667])",
)
def hardswish(x):
    """``x * hardsigmoid(x)`` (Howard et al., *Searching for MobileNetV3*, 2019)."""
    return x * np.clip(x + 3, 0, 6) / 6


@declare_activation(
    lambda g, x, lambd: kinked(g * ((x > lambd) | (x < -lambd)), x),
    "tensor([-2., 0.2]) -> tensor([-2.,  0.])",
    lambd="Numbers up to this magnitude become 0.",
)
def hardshrink(x, *, lambd=0.5):
    """``x`` where its magnitude is greater than ``lambd``, else 0."""
    return np.where(np.abs(x) <= lambd, 0, x)  # NaN stays


@declare_activation(
    lambda g, x, lambd: kinked(g * ((x > lambd) | (x < -lambd)), x),
    "tensor([-2., 0.2]) -> tensor([-1.5000,  0.0000])",
    lambd="How far numbers move towards 0.",
)
def softshrink(x, *, lambd=0.5):
    """``x`` moved towards 0 by ``lambd``, and 0 where it is nearer than that."""
    if lambd < 0:
        raise ValueError(f"lambd must be greater or equal to 0, but found to be {lambd}")
    return np.sign(x) * np.maximum(np.abs(x) - lambd, 0)


@declare_activation(
    lambda g, x, threshold: kinked(g * (x > threshold), x),
    "tensor([-2., 3.]), 1.0, 9.0 -> tensor([9., 3.])",
    threshold="Above it, numbers stay.",
    value="What the others become.",
)
def threshold(x, *, threshold, value):
    """``x`` where it is greater than ``threshold``, else ``value``."""
    return np.where(x <= threshold, x.dtype.type(value), x)  # NaN stays


# --- exponentials ---------------------------------------------------------------------------------
#
# The functions of numbers are what runs over large arrays where there is numba.


def _negative_part(x):
    return x if x < real(0) else real(0)


def _elu_of_number(x, *, alpha):
    return x if x > real(0) else alpha * np.expm1(x)


def _elu_slope(g, x, *, alpha):
    return g if x > real(0) else g * alpha * np.exp(_negative_part(x))


def _celu_of_number(x, *, alpha):
    return x if x > real(0) else alpha * np.expm1(x / alpha)


_celu_loop = for_each(_celu_of_number)


def _celu_by_kernel(x: Any, *, alpha: float) -> Any:
    return _celu_loop(x, alpha=alpha) if alpha else None


def _celu_slope(g, x, *, alpha):
    return g if x > real(0) else g * np.exp(_negative_part(x) / alpha)


def _selu_of_number(x):
    return real(SELU_SCALE) * (x if x > real(0) else real(SELU_ALPHA) * np.expm1(x))


def _selu_slope(g, x):
    factor = real(1) if x > real(0) else real(SELU_ALPHA) * np.exp(_negative_part(x))
    return real(SELU_SCALE) * g * factor


def _bent_softplus(x, *, beta, threshold):
    bx = beta * x
    return x if bx > threshold else softplus_of_number(bx) / beta


def _bent_softplus_slope(g, x, *, beta, threshold):
    bx = beta * x
    return g if bx > threshold else g * sigmoid_of_number(bx)


def _logsigmoid_of_number(x):
    return -softplus_of_number(-x)


def _logsigmoid_slope(g, x):
    return g * sigmoid_of_number(-x)


def _silu_of_number(x):
    return x * sigmoid_of_number(x)


def _silu_slope(g, x):
    s = sigmoid_of_number(x)
    return g * s * (real(1) + x * (real(1) - s))


def _mish_of_number(x):
    return x * np.tanh(softplus_of_number(x))


def _mish_slope(g, x):
    t = np.tanh(softplus_of_number(x))
    return g * (t + x * (real(1) - t * t) * sigmoid_of_number(x))


@declare_activation(
    with_kernels(for_each(_elu_slope))(
        lambda g, x, alpha: where(x > 0, g, g * alpha * exp(where(x < 0, x, 0)))
    ),
    "tensor([-1., 1.]) -> tensor([-0.6321,  1.0000])",
    alpha="The limit for large negative numbers is ``-alpha``.",
)
@with_kernels(for_each(_elu_of_number))
def elu(x, *, alpha=1.0):
    """``x`` where positive, else ``alpha (eˣ - 1)`` (Clevert et al., 2016)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@declare_activation(
    with_kernels(for_each(_celu_slope))(
        lambda g, x, alpha: where(x > 0, g, g * exp(where(x < 0, x, 0) / alpha))
    ),
    "tensor([-1., 1.]) -> tensor([-0.6321,  1.0000])",
    alpha="The limit for large negative numbers is ``-alpha``.",
)
@with_kernels(_celu_by_kernel)
def celu(x, *, alpha=1.0):
    """``x`` where positive, else ``alpha (e^(x/alpha) - 1)``: `elu` with a continuous derivative
    (Barron, 2017).
    """
    if alpha == 0:
        raise ZeroDivisionError("alpha cannot be 0 for celu")
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
"""The constants for which mean 0 and variance 1 are a fixed point (Klambauer et al., 2017)."""


@declare_activation(
    with_kernels(for_each(_selu_slope))(
        lambda g, x: SELU_SCALE * where(x > 0, g, g * SELU_ALPHA * exp(where(x < 0, x, 0)))
    ),
    "tensor([-1., 1.]) -> tensor([-1.1113,  1.0507])",
)
@with_kernels(for_each(_selu_of_number))
def selu(x):
    """`elu` scaled so that mean 0 and variance 1 are kept (Klambauer et al., *Self-Normalizing
    Neural Networks*, 2017).
    """
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


@declare_activation(
    with_kernels(for_each(_bent_softplus_slope))(
        lambda g, x, beta, threshold: g * where(x * beta > threshold, 1, sigmoid(x * beta))
    ),
    "tensor([0., 10.]), beta=0.5 -> tensor([ 1.3863, 10.0134])",
    beta="The sharpness of the bend.",
    threshold="Where ``beta * x`` is greater, the function is the identity.",
)
@with_kernels(for_each(_bent_softplus))
def softplus(x, *, beta=1.0, threshold=20.0):
    """``log(1 + e^(beta x)) / beta``: a smooth `relu`."""
    return np.where(x * beta > threshold, x, ag.softplus(x * beta) / beta)


@declare_activation(
    with_kernels(for_each(_logsigmoid_slope))(lambda g, x: g * sigmoid(-x)),
    "tensor([0., -1000.]) -> tensor([-6.9315e-01, -1.0000e+03])",
)
@with_kernels(for_each(_logsigmoid_of_number))
def logsigmoid(x):
    """``log(sigmoid(x))``, without overflow."""
    return -ag.softplus(-x)


@declare_activation(
    with_kernels(for_each(_silu_slope))(lambda g, x: _silu_rule(g, x, sigmoid(x))),
    "tensor([0., 1.]) -> tensor([0.0000, 0.7311])",
)
@with_kernels(for_each(_silu_of_number))
def silu(x):
    """``x * sigmoid(x)``, also called swish."""
    return x * sigmoid(x)


def _silu_rule(g: Any, x: Any, s: Any) -> Any:
    return g * s * (1 + x * (1 - s))


@declare_activation(
    with_kernels(for_each(_mish_slope, ["float32"]))(
        lambda g, x: _mish_rule(g, x, tanh(ag.softplus(x)))
    ),
    "tensor([0., 1.]) -> tensor([0.0000, 0.8651])",
)
@with_kernels(for_each(_mish_of_number, ["float32"]))
def mish(x):
    """``x * tanh(softplus(x))`` (Misra, 2019)."""
    return x * np.tanh(ag.softplus(x))


def _mish_rule(g: Any, x: Any, t: Any) -> Any:
    return g * (t + x * (1 - t * t) * sigmoid(x))


# --- the rest -------------------------------------------------------------------------------------


_PEAK = 1 / math.sqrt(2 * math.pi)
_ROOT = math.sqrt(2 / math.pi)
_HALF_ROOT = math.sqrt(0.5)


def _gelu_of_number(x):
    return real(0.5) * x * (real(1) + math.erf(x * real(_HALF_ROOT)))


def _gelu_slope_of_number(g, x, y, *, tiny):
    share = real(0.5) if abs(x) < tiny else y / x
    return g * (share + x * real(_PEAK) * np.exp(real(-0.5) * x * x))


def _gelu_tanh_of_number(x):
    inner = real(_ROOT) * (x + real(0.044715) * x * x * x)
    return real(0.5) * x * (real(1) + np.tanh(inner))


def _gelu_tanh_slope_of_number(g, x):
    square = real(0.044715) * x * x
    t = np.tanh(real(_ROOT) * (x + square * x))
    bend = x * (real(1) - t * t) * (real(1) + real(3) * square)
    return g * (real(0.5) * (real(1) + t) + real(0.5 * _ROOT) * bend)


_gelu_loop = for_each(_gelu_of_number)
_gelu_tanh_loop = for_each(_gelu_tanh_of_number)
_gelu_slope_loop = for_each(_gelu_slope_of_number)
_gelu_tanh_slope_loop = for_each(_gelu_tanh_slope_of_number)


def _gelu_by_kernel(x: Any, *, approximate: str) -> Any:
    if approximate == "none":
        return _gelu_loop(x)
    return _gelu_tanh_loop(x) if approximate == "tanh" else None


def _gelu_rule_by_kernel(g: Any, x: Any, y: Any, approximate: str) -> Any:
    if approximate == "none":
        return _gelu_slope_loop(g, x, y, _least(x.dtype))
    return _gelu_tanh_slope_loop(g, x)


@with_kernels(_gelu_rule_by_kernel)
def _gelu_rule(g: Any, x: Any, y: Any, approximate: str) -> Any:
    if approximate == "none":
        if isinstance(x, Tensor):
            share = (1 + ag.erf(x * math.sqrt(0.5))) / 2
            return g * (share + x * exp(x * x * -0.5) * _PEAK)
        return by_pieces(_gelu_slope, g, x, y)
    t = tanh(_gelu_inner(x))
    return g * ((1 + t) / 2 + x * (1 - t * t) * (1 + 3 * 0.044715 * x * x) * (_ROOT / 2))


def _gelu_slope(g: Any, x: Any, y: Any) -> Any:
    """``g (Φ(x) + x Φ'(x))``, with ``Φ(x)`` of the output ``y = x Φ(x)``."""
    density = x * x
    density *= -0.5
    if density.ndim:
        np.exp(density, out=density)
    else:
        density = np.exp(density)  # a number has no memory to write to
    density *= x
    density *= _PEAK
    slope = y / x
    small = abs(x) < _least(x.dtype)
    if small.any():
        slope = np.where(small, x.dtype.type(0.5), slope)
    slope += density
    slope *= g
    return slope


def _least(dtype: Any) -> float:
    """Where the output of `gelu` is smaller it has lost digits."""
    return 2 * float(np.finfo(dtype).tiny)


def _gelu_inner(x: Any) -> Any:
    return _ROOT * (x + 0.044715 * x * x * x)


def _gelu_exactly(x: Any) -> Any:
    y = ag.erf(x * math.sqrt(0.5))
    y += 1
    y *= x
    y *= 0.5
    return y


def _gelu_by_tanh(x: Any) -> Any:
    return x * (1 + np.tanh(_gelu_inner(x))) / 2


PIECE = 2**14
"""The elements that are worked on at a time."""


def by_pieces(function: Callable, *arrays: Any) -> Any:
    """An elementwise function of arrays of one shape, large ones piece by piece: what a formula
    leaves in between stays in the processor's cache.
    """
    first = arrays[0]
    if type(first) is not np.ndarray or first.size < 2 * PIECE:
        return function(*arrays)
    if not all(array.flags.c_contiguous for array in arrays):
        return function(*arrays)
    out = np.empty(first.shape, first.dtype)
    flat = [array.reshape(-1) for array in (out, *arrays)]
    for start in range(0, first.size, PIECE):
        result, *pieces = [array[start : start + PIECE] for array in flat]
        result[...] = function(*pieces)
    return out


@declare_activation(
    _gelu_rule,
    "tensor([0., 1.]) -> tensor([0.0000, 0.8413])",
    approximate='``"none"``, or ``"tanh"`` for an approximation without the error function.',
)
@with_kernels(_gelu_by_kernel)
def gelu(x, *, approximate="none"):
    """``x Φ(x)`` with the normal distribution function Φ (Hendrycks & Gimpel, 2016)."""
    if approximate == "none":
        return by_pieces(_gelu_exactly, x)
    if approximate == "tanh":
        return by_pieces(_gelu_by_tanh, x)
    raise ValueError(f"approximate argument must be either none or tanh, got {approximate!r}")


@declare_activation(
    lambda g, x: g / (1 + abs(x)) ** 2, "tensor([-1., 3.]) -> tensor([-0.5000,  0.7500])"
)
def softsign(x):
    """``x / (1 + |x|)``."""
    return x / (1 + np.abs(x))


@declare_activation(lambda g, x: g * tanh(x) ** 2, "tensor([0., 1.]) -> tensor([0.0000, 0.2384])")
def tanhshrink(x):
    """``x - tanh(x)``."""
    return x - np.tanh(x)


@named_errors
@takes_lists
def glu(x: Any, dim: int = -1) -> Any:
    """The gated linear unit ``a * sigmoid(b)``, with ``a`` and ``b`` the halves of ``x`` along
    ``dim`` (Dauphin et al., 2017).

    Raises
    ------
    RuntimeError
        If the length of ``dim`` is odd.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import glu
    >>> glu(tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """
    if x.ndim == 0 or x.shape[dim] % 2:
        raise ag.ShapeError(
            f"glu halves dimension {dim}, so its length must be even; the input has shape "
            f"{list(x.shape)}"
        )
    a, b = split(x, x.shape[dim] // 2, dim=dim)
    return a * sigmoid(b)


@named_errors
@takes_lists
def prelu(x: Any, weight: Any) -> Any:
    """``x`` where positive, else ``weight * x``, with one weight or one for each channel (dimension
    1) (He et al., 2015).

    Raises
    ------
    RuntimeError
        If the number of weights is neither 1 nor that of the channels.
    """
    channels = x.shape[1] if x.ndim > 1 else 1
    count = math.prod(weight.shape)
    if weight.ndim > 1 or count not in (1, channels):
        raise ag.ShapeError(
            f"prelu takes 1 weight or {channels}, one for each channel of {list(x.shape)}; got "
            f"{list(weight.shape)}"
        )
    if count > 1:
        weight = weight.reshape((-1,) + (1,) * (x.ndim - 2))
    elif x.ndim == 0:
        weight = weight.reshape(())
    x = _bent(x)
    return where(x > 0, x, weight * x)


@named_errors
def rrelu(
    x: Any,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    """`leaky_relu` with slopes that are drawn evenly from [lower, upper] in training, one for each
    negative element, and else are the middle of it (Xu et al., 2015).

    Raises
    ------
    ValueError
        If ``lower`` is greater than ``upper``.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import rrelu
    >>> rrelu(tensor([-2., 3.]), 0.1, 0.3)
    tensor([-0.4000,  3.0000])
    """
    if lower > upper:
        raise ValueError(f"lower cannot be greater than upper, got {lower} and {upper}")
    if not training:
        return leaky_relu(x, negative_slope=(lower + upper) / 2, inplace=inplace)
    drawn = lower + (upper - lower) * ag.rand(tuple(x.shape), dtype="float64")
    slope = where(x.detach() > 0, 1.0, drawn).to(x.dtype)
    return x.mul_(slope) if inplace else _bent(x) * slope


def _in_place(function: Callable) -> Callable:
    """The form of an activation that changes its input."""

    @functools.wraps(function)
    def changing(input: Any, *args: Any, **params: Any) -> Any:
        return function(input, *args, inplace=True, **params)

    changing.__name__ = changing.__qualname__ = f"{function.__name__}_"
    changing.__doc__ = f"`{function.__name__}`, in place."
    return changing


celu_ = _in_place(celu)
elu_ = _in_place(elu)
hardtanh_ = _in_place(hardtanh)
leaky_relu_ = _in_place(leaky_relu)
relu_ = _in_place(relu)
rrelu_ = _in_place(rrelu)
selu_ = _in_place(selu)
threshold_ = _in_place(threshold)


@named_errors
@takes_lists
def gumbel_softmax(
    logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Any:
    """A draw from a categorical distribution that gradients flow through: the softmax of logits
    with Gumbel noise (Jang et al., 2017; Maddison et al., 2017).

    Parameters
    ----------
    logits : Tensor
        Unnormalised log-probabilities, any shape.
    tau : float
        The temperature: the lower, the nearer is the result to one class.
    hard : bool
        Whether the result is exactly one-hot; its gradient is that of the soft one.
    eps : float
        Without effect, as in PyTorch.
    dim : int
        The dimension of the classes.

    Returns
    -------
    Tensor
        The logits' shape, with sums 1 along ``dim``.

    Raises
    ------
    ValueError
        If ``tau`` is not positive.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> from nn.functional import gumbel_softmax
    >>> gumbel_softmax(tensor([0., 1000.]), hard=True)
    tensor([0., 1.])
    """
    if tau <= 0:
        raise ValueError(f"tau must be positive, got {tau}")
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=user_level())
    noise = -ag.log(ag.zeros_like(logits, dtype="float64").exponential_())
    soft = ag.softmax((logits + noise.to(logits.dtype)) / tau, dim=dim)
    if not hard:
        return soft
    values = soft.detach()
    places = values.argmax(dim, keepdim=True)
    return ag.zeros_like(values).scatter(dim, places, 1) - values + soft


def _softmax_dim(dim: int | None, ndim: int) -> int:
    """PyTorch's deprecated default of the softmax functions' ``dim``, with its warning."""
    if dim is None:
        warnings.warn(
            "Implicit dimension choice for softmax has been deprecated. Change the call to "
            "include dim=X.",
            UserWarning,
            stacklevel=user_level(),
        )
        return 0 if ndim in (0, 1, 3) else 1
    return dim


@takes_lists
def softmax(x: Any, dim: int | None = None) -> Any:
    """``eˣ`` divided by its sum along ``dim``; to leave ``dim`` out is deprecated, as in
    PyTorch."""
    return ag.softmax(x, dim=_softmax_dim(dim, x.ndim))


@takes_lists
def log_softmax(x: Any, dim: int | None = None) -> Any:
    """The logarithm of the softmax along ``dim``, without overflow; to leave ``dim`` out is
    deprecated, as in PyTorch.
    """
    return ag.log_softmax(x, dim=_softmax_dim(dim, x.ndim))


@named_errors
@takes_lists
def softmin(x: Any, dim: int | None = None) -> Any:
    """``softmax(-x)`` along ``dim``."""
    return ag.softmax(-x, dim=_softmax_dim(dim, x.ndim))
