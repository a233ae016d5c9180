"""Ways to initialise parameters. Each fills its tensor in place, outside the graph, and returns it.

Those that draw take a ``generator`` (`autograd_engine.Generator`); by default they use the one that
`autograd_engine.manual_seed` sets.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, Callable

import numpy as np

import autograd_engine as ag
from autograd_engine import Generator, Tensor, no_grad

__all__ = [
    "GAINS",
    "calculate_gain",
    "constant_",
    "default_",
    "dirac_",
    "eye_",
    "fans",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def __dir__() -> list[str]:
    return __all__


def _fill(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        return tensor.copy_(values)


def _uniform(shape: tuple, low: float, high: float, generator: Generator | None) -> np.ndarray:
    return low + (high - low) * ag.rand(shape, generator=generator, dtype="float64").numpy()


def _normal(shape: tuple, mean: float, std: float, generator: Generator | None) -> np.ndarray:
    return mean + std * ag.randn(shape, generator=generator, dtype="float64").numpy()


# --- constants ------------------------------------------------------------------------------------


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return _fill(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return _fill(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity.

    Raises
    ------
    ValueError
        If the tensor has not 2 dimensions.
    """
    if tensor.ndim != 2:
        raise ValueError(
            f"Only tensors with 2 dimensions are supported, got shape {list(tensor.shape)}"
        )
    rows, columns = tensor.shape
    return _fill(tensor, np.eye(rows, columns))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill convolution weights so that as many channels as possible pass unchanged.

    Parameters
    ----------
    tensor : Tensor
        Shape ``(out_channels, in_channels, *kernel)`` with 1 to 3 kernel dimensions.
    groups : int
        The groups of the convolution.

    Raises
    ------
    ValueError
        If the shape is no convolution weight's, or the output channels are not divisible by
        ``groups``.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(
            f"Only tensors with 3, 4, or 5 dimensions are supported, got shape {list(tensor.shape)}"
        )
    if tensor.shape[0] % groups:
        raise ValueError(f"dim 0 must be divisible by groups, got {tensor.shape[0]} and {groups}")
    per_group = tensor.shape[0] // groups
    centre = tuple(n // 2 for n in tensor.shape[2:])
    values = np.zeros(tensor.shape)
    for group in range(groups):
        for channel in range(min(per_group, tensor.shape[1])):
            values[(group * per_group + channel, channel, *centre)] = 1.0
    return _fill(tensor, values)


# --- draws ----------------------------------------------------------------------------------------


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with draws from the uniform distribution on [a, b).

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import zeros
    >>> bool((nn.init.uniform_(zeros(3), 2.0, 3.0) >= 2).all())
    True
    """
    return _fill(tensor, _uniform(tensor.shape, a, b, generator))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with draws from the normal distribution."""
    return _fill(tensor, _normal(tensor.shape, mean, std, generator))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with draws from the normal distribution, drawn again where they fall outside [a, b].

    Where the interval holds little of the distribution, it is drawn from evenly, and a draw is
    accepted with a probability in proportion to its density.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b]; the distribution of values may be incorrect",
            UserWarning,
            stacklevel=2,
        )
    below, above = (math.erf((end - mean) / std / math.sqrt(2)) for end in (a, b))
    inside = (above - below) / 2
    mode = max(a, min(mean, b))

    def normal(n: int) -> tuple[np.ndarray, np.ndarray]:
        draws = _normal((n,), mean, std, generator)
        return draws, (draws >= a) & (draws <= b)

    def even(n: int) -> tuple[np.ndarray, np.ndarray]:
        draws = _uniform((n,), a, b, generator)
        density = np.exp((((mode - mean) / std) ** 2 - ((draws - mean) / std) ** 2) / 2)
        return draws, _uniform((n,), 0.0, 1.0, generator) <= density

    values = _accepted(normal if inside > 0.3 else even, tensor.numel())
    return _fill(tensor, values.reshape(tensor.shape))


def _accepted(propose: Callable[[int], tuple[np.ndarray, np.ndarray]], count: int) -> np.ndarray:
    """``count`` draws, each proposed until it is accepted."""
    values = np.empty(count)
    open_places = np.arange(count)
    while open_places.size:
        draws, accepted = propose(open_places.size)
        values[open_places[accepted]] = draws[accepted]
        open_places = open_places[~accepted]
    return values


# --- draws that keep the scale of signals ---------------------------------------------------------


def fans(tensor: Tensor) -> tuple[int, int]:
    """The numbers of inputs and outputs that meet in one weight: ``(fan_in, fan_out)``.

    Parameters
    ----------
    tensor : Tensor
        A weight of shape ``(out, in, *kernel)``.

    Raises
    ------
    ValueError
        If it has fewer than 2 dimensions.
    """
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got "
            f"{list(tensor.shape)}"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before this nonlinearity are to be greater, so that signals keep
    their scale.

    Parameters
    ----------
    nonlinearity : str
        One of the keys of `GAINS`, or ``"leaky_relu"``.
    param : float, optional
        The negative slope of ``"leaky_relu"``, by default 0.01.

    Raises
    ------
    ValueError
        If the nonlinearity is unknown.

    Examples
    --------
    >>> import nn
    >>> round(nn.init.calculate_gain("leaky_relu", 0.2), 4)
    1.3868
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(
            f"Unsupported nonlinearity {nonlinearity}; known are leaky_relu, {', '.join(GAINS)}"
        )
    return GAINS[nonlinearity]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill from U(-a, a), ``a = gain √(6 / (fan_in + fan_out))`` (Glorot & Bengio, 2010)."""
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from N(0, s²), ``s = gain √(2 / (fan_in + fan_out))`` (Glorot & Bengio, 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans(tensor)[mode == "fan_out"])


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from U(-b, b), ``b = gain √(3 / fan)`` (He et al., 2015).

    Parameters
    ----------
    tensor : Tensor
        A weight of shape ``(out, in, *kernel)``.
    a : float
        The negative slope of a leaky relu behind it.
    mode : {"fan_in", "fan_out"}
        Whether the scale of signals is kept forward or backward.
    nonlinearity : str
        See `calculate_gain`.
    """
    if 0 in tensor.shape:
        return tensor
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from N(0, s²), ``s = gain / √fan`` (He et al., 2015); the arguments are those of
    `kaiming_uniform_`.
    """
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with a random matrix of orthonormal rows or columns, whichever are fewer (Saxe et al.,
    2013).

    Parameters
    ----------
    tensor : Tensor
        At least 2 dimensions; those from the second on count as one.
    gain : float
        A factor.
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"Only tensors with 2 or more dimensions are supported, got shape {list(tensor.shape)}"
        )
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    flat = _normal((rows, tensor.numel() // rows), 0.0, 1.0, generator)
    wide = rows < flat.shape[1]
    q, r = np.linalg.qr(flat.T if wide else flat)
    q = q * np.sign(np.diag(r))  # makes the distribution uniform over all orthogonal matrices
    return _fill(tensor, gain * (q.T if wide else q).reshape(tensor.shape))


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Fill a matrix from N(0, std²), and set the fraction ``sparsity`` of each column to zero
    (Martens, 2010).
    """
    if tensor.ndim != 2:
        raise ValueError(
            f"Only tensors with 2 dimensions are supported, got shape {list(tensor.shape)}"
        )
    rows = tensor.shape[0]
    values = _normal(tensor.shape, 0.0, std, generator)
    ranks = _uniform(tensor.shape, 0.0, 1.0, generator).argsort(0).argsort(0)
    return _fill(tensor, np.where(ranks < math.ceil(sparsity * rows), 0.0, values))


def default_(weight: Tensor, bias: Tensor | None = None) -> None:
    """PyTorch's initialisation of linear and convolutional layers: U(-1/√fan_in, 1/√fan_in), the
    bias too.
    """
    fan_in, _ = fans(weight)
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    uniform_(weight, -bound, bound)
    if bias is not None:
        uniform_(bias, -bound, bound)
