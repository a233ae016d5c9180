"""Windows of signal processing: weights that fade a stretch of a signal in and out.

A periodic window is a symmetric one of one more element without its last, so that copies side by
side add up evenly, as a Fourier transform wants it.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ..core.errors import ShapeError
from ..core.modes import get_default_dtype
from .creation import creator

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(name: str, length: int, periodic: bool, dtype: Any, symmetric: Callable) -> np.ndarray:
    """The weights, given those of the symmetric window of any length."""
    if length < 0:
        raise ShapeError(f"{name}() needs a length of at least 0, got {length}")
    weights = np.ones(length)
    if length > 1:
        weights = symmetric(length + bool(periodic))[:length]
    return weights.astype(dtype or get_default_dtype())


@creator
def hann_window(window_length, periodic=True, *, dtype=None):
    """Hann's window: one wave of a cosine, raised to begin and end at 0.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether it is to be repeated, as for a Fourier transform; else it is symmetric.
    dtype : dtype, optional
        By default the default floating dtype.

    Returns
    -------
    Tensor
        Shape ``(window_length,)``.

    Raises
    ------
    ShapeError
        If the length is negative.

    Examples
    --------
    >>> from autograd_engine import hann_window
    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("hann_window", window_length, periodic, dtype, np.hanning)


@creator
def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, *, dtype=None):
    """Hamming's window: a raised cosine that does not quite reach 0.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether it is to be repeated, as for a Fourier transform; else it is symmetric.
    alpha, beta : float
        The window is ``alpha - beta * cos``.
    dtype : dtype, optional
        By default the default floating dtype.

    Returns
    -------
    Tensor
        Shape ``(window_length,)``.

    Raises
    ------
    ShapeError
        If the length is negative.

    Examples
    --------
    >>> from autograd_engine import hamming_window
    >>> hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    return _window(
        "hamming_window",
        window_length,
        periodic,
        dtype,
        lambda n: alpha - beta * np.cos(2 * np.pi * np.arange(n) / (n - 1)),
    )


@creator
def blackman_window(window_length, periodic=True, *, dtype=None):
    """Blackman's window: a raised cosine and one of twice its frequency.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether it is to be repeated, as for a Fourier transform; else it is symmetric.
    dtype : dtype, optional
        By default the default floating dtype.

    Returns
    -------
    Tensor
        Shape ``(window_length,)``.

    Raises
    ------
    ShapeError
        If the length is negative.

    Examples
    --------
    >>> from autograd_engine import blackman_window
    >>> blackman_window(4)
    tensor([0.0000, 0.3400, 1.0000, 0.3400])
    """
    return _window(
        "blackman_window", window_length, periodic, dtype, lambda n: np.blackman(n).clip(0)
    )


@creator
def bartlett_window(window_length, periodic=True, *, dtype=None):
    """Bartlett's window, a triangle.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether it is to be repeated, as for a Fourier transform; else it is symmetric.
    dtype : dtype, optional
        By default the default floating dtype.

    Returns
    -------
    Tensor
        Shape ``(window_length,)``.

    Raises
    ------
    ShapeError
        If the length is negative.

    Examples
    --------
    >>> from autograd_engine import bartlett_window
    >>> bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _window("bartlett_window", window_length, periodic, dtype, np.bartlett)


@creator
def kaiser_window(window_length, periodic=True, beta=12.0, *, dtype=None):
    """Kaiser's window: the greater ``beta``, the narrower.

    Parameters
    ----------
    window_length : int
    periodic : bool
        Whether it is to be repeated, as for a Fourier transform; else it is symmetric.
    beta : float
        How steeply it falls.
    dtype : dtype, optional
        By default the default floating dtype.

    Returns
    -------
    Tensor
        Shape ``(window_length,)``.

    Raises
    ------
    ShapeError
        If the length is negative.

    Examples
    --------
    >>> from autograd_engine import kaiser_window
    >>> kaiser_window(4)
    tensor([5.2773e-05, 2.1567e-01, 1.0000e+00, 2.1567e-01])
    """
    return _window("kaiser_window", window_length, periodic, dtype, lambda n: np.kaiser(n, beta))
