"""Dropout: in training, random elements or channels are set to zero, and the rest made larger so
that means stay.

A mask of zeros and factors is drawn and multiplied with the input: one node in the graph. In
evaluation, and for ``p = 0``, the input passes unchanged.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import autograd_engine as ag

from .lists import takes_lists
from .module import Module
from .outside import user_level


@ag.primitive(batching="pointwise")
def _dropout_mask(draws, *, p, factor):
    """``factor`` where a number from 0 to 1 is at least ``p``, else 0."""
    return (draws >= p) * factor


def _mask(shape: tuple, p: float, dtype: Any, factor: float = 1.0) -> Any:
    """For each place ``factor``, with probability ``1 - p``, or 0."""
    return _dropout_mask(ag.rand(shape), p=p, factor=dtype.type(factor))


def _channels(x: Any, sample_ndim: int) -> tuple:
    """The shape of a mask with one number for each channel; ``sample_ndim`` counts the dimensions
    of a single sample.
    """
    lead = 1 if x.ndim == sample_ndim else 2
    return tuple(x.shape[:lead]) + (1,) * (x.ndim - lead)


def _drop(x: Any, p: float, training: bool, inplace: bool, shape: tuple) -> Any:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return x
    factor = 1 / (1 - p) if p < 1 else 0
    mask = _mask(shape, p, x.dtype, factor)
    return x.mul_(mask) if inplace else x * mask


@takes_lists
def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Set each element to zero with probability ``p``, and multiply the others by ``1 / (1 - p)``
    (Srivastava et al., 2014).

    Parameters
    ----------
    x : Tensor
        Any shape.
    p : float
        From 0 to 1; with 1, everything is zero.
    training : bool
        Without it, ``x`` is returned as it is.
    inplace : bool
        Whether ``x`` itself is changed.

    Raises
    ------
    ValueError
        If ``p`` is no probability.

    Examples
    --------
    >>> from autograd_engine import ones
    >>> from nn.functional import dropout
    >>> dropout(ones(3), p=1.0), dropout(ones(3), training=False)
    (tensor([0., 0., 0.]), tensor([1., 1., 1.]))
    """
    return _drop(x, p, training, inplace, tuple(x.shape))


@takes_lists
def dropout1d(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels of sequences, shape ``(N, C, L)`` or ``(C, L)``."""
    if x.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {x.ndim}D input of shape "
            f"{list(x.shape)}"
        )
    return _drop(x, p, training, inplace, _channels(x, 2))


@takes_lists
def dropout2d(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels of images, shape ``(N, C, H, W)``; three dimensions count as
    ``(N, C, L)``, with a warning.
    """
    _warn_unless(x.ndim == 4, "dropout2d", x)
    return _drop(x, p, training, inplace, _channels(x, 0))


@takes_lists
def dropout3d(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    _warn_unless(x.ndim in (4, 5), "dropout3d", x)
    return _drop(x, p, training, inplace, _channels(x, 4))


def _warn_unless(usual: bool, name: str, x: Any) -> None:
    if not usual:
        warnings.warn(
            f"{name}: Received a {x.ndim}-D input of shape {list(x.shape)}; its first two "
            "dimensions are taken as samples and channels",
            UserWarning,
            stacklevel=user_level(),
        )


DROPPED = -1.7580993408473766
"""What a dropped element becomes under `alpha_dropout`: the limit of `selu` for large negative
numbers.
"""


@takes_lists
def alpha_dropout(x: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Set elements to the lower limit of `selu`, and scale all so that mean 0 and variance 1 are
    kept (Klambauer et al., 2017).
    """
    return _alpha_drop(x, p, training, inplace, tuple(x.shape))


@takes_lists
def feature_alpha_dropout(
    x: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    """`alpha_dropout` of whole channels, shape ``(N, C, ...)``."""
    return _alpha_drop(x, p, training, inplace, _channels(x, 0))


def _alpha_drop(x: Any, p: float, training: bool, inplace: bool, shape: tuple) -> Any:
    if not 0 < p < 1 or not training:
        return _drop(x, p, training, inplace, shape)
    kept = _mask(shape, p, x.dtype)
    scale = 1 / math.sqrt((1 - p) * (1 + p * DROPPED**2))
    result = x * (kept * scale) + ((1 - kept) * DROPPED - p * DROPPED) * scale
    return x.copy_(result) if inplace else result


class Dropout(Module):
    """`nn.functional.dropout` while training, the identity in evaluation.

    Parameters
    ----------
    p : float
        The probability of an element to be dropped.
    inplace : bool
        Whether the input itself is changed.

    Raises
    ------
    ValueError
        If ``p`` is not between 0 and 1.
    """

    function = staticmethod(dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, x: Any) -> Any:
        return self.function(x, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """Drops whole channels of sequences, shape ``(N, C, L)`` or ``(C, L)``, while training."""

    function = staticmethod(dropout1d)


class Dropout2d(Dropout):
    """Drops whole channels of images, shape ``(N, C, H, W)``, while training."""

    function = staticmethod(dropout2d)


class Dropout3d(Dropout):
    """Drops whole channels of volumes, shape ``(N, C, D, H, W)`` or ``(C, D, H, W)``, while
    training.
    """

    function = staticmethod(dropout3d)


class AlphaDropout(Dropout):
    """`nn.functional.alpha_dropout` while training: keeps mean 0 and variance 1 behind `SELU`."""

    function = staticmethod(alpha_dropout)


class FeatureAlphaDropout(Dropout):
    """`nn.functional.feature_alpha_dropout` while training."""

    function = staticmethod(feature_alpha_dropout)
