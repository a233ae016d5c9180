"""Matrices as pictures, beside the numbers that say what they do: their eigenvalues or singular
values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .figure import array, axes, colorbar, frameless, look
from .plot import Plot


def spectrum(matrix: Any, title: str | None = None, ax: Any = None) -> Plot:
    """A Hessian, Jacobian or weight matrix as a heat map, and beside it its eigenvalues, in the
    complex plane with the unit circle where it is not symmetric; or its singular values, where it
    is not square.

    Parameters
    ----------
    matrix : Tensor or array_like
        Shape ``(m, n)``; of more dimensions, the first half makes the rows.
    title : str, optional
        Of the heat map; by default its shape.
    ax : matplotlib axes, optional
        Its right part is given to the values.

    Returns
    -------
    Plot
        Its ``data`` has ``matrix``, and ``eigenvalues`` or ``singular values``, the largest first.

    Raises
    ------
    ValueError
        For what is not a matrix of finite numbers.

    Examples
    --------
    >>> import nn, numpy as np
    >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> nn.visual.spectrum(turn, title="a quarter turn").data["eigenvalues"]
    array([0.+1.j, 0.-1.j])
    """
    values = array(matrix)
    if values.ndim < 2 or not np.isfinite(values).all():
        raise ValueError(
            f"a spectrum is of a matrix of finite numbers, got shape {list(values.shape)}"
        )
    values = values.reshape(math.prod(values.shape[: values.ndim // 2]), -1)
    kind, found = _values_of(values)
    ax = frameless(axes(ax, 8, 3.6))
    inside = ax.inset_axes((0.0, 0.0, 0.44, 1.0))
    beside = ax.inset_axes((0.64, 0.0, 0.36, 1.0))
    _heat_map(ax, inside, values)
    inside.set_title(title or " × ".join(map(str, values.shape)), fontsize=10)
    if np.iscomplexobj(found):
        _in_the_plane(beside, found)
    else:
        _stems(beside, found)
    beside.set_title(kind, fontsize=10)
    return Plot("spectrum", [ax, inside, beside], {"matrix": values, kind: found})


def _values_of(matrix: np.ndarray) -> tuple[str, np.ndarray]:
    """What the values are, and the values, the largest first."""
    if matrix.shape[0] != matrix.shape[1]:
        return "singular values", np.linalg.svd(matrix, compute_uv=False)
    if np.allclose(matrix, matrix.T):
        return "eigenvalues", np.linalg.eigvalsh(matrix)[::-1]
    found = np.linalg.eigvals(matrix).astype(complex)
    order = np.lexsort((-found.imag, -np.abs(found).round(12)))
    return "eigenvalues", found[order]


def _heat_map(ax: Any, inside: Any, values: np.ndarray) -> None:
    limit = float(np.abs(values).max(initial=0)) or 1.0
    drawn = inside.imshow(
        values, cmap=look(ax).signs, vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest"
    )
    colorbar(drawn, ax, cax=ax.inset_axes((0.455, 0.0, 0.015, 1.0)))
    for axis in (inside.xaxis, inside.yaxis):
        axis.get_major_locator().set_params(integer=True)


def _stems(ax: Any, values: np.ndarray) -> None:
    """Real values, one after the other."""
    colors = look(ax)
    places = np.arange(1, len(values) + 1)
    ax.axhline(0, color=colors.faint, linewidth=0.8)
    ax.vlines(places, 0, values, color=colors.muted, linewidth=1)
    signs = [colors.colors[int(v < 0)] for v in values]
    ax.scatter(places, values, s=14, zorder=2, color=signs)
    ax.locator_params(axis="x", integer=True)
    ax.spines[["top", "right"]].set_visible(False)


def _in_the_plane(ax: Any, values: np.ndarray) -> None:
    """Complex values, with the circle that they are inside of where powers of the matrix fade."""
    colors = look(ax)
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angle), np.sin(angle), color=colors.muted, linewidth=1)
    ax.axhline(0, color=colors.faint, linewidth=0.8)
    ax.axvline(0, color=colors.faint, linewidth=0.8)
    outside = np.abs(values) > 1 + 1e-9
    shades = [colors.colors[int(out)] for out in outside]
    ax.scatter(values.real, values.imag, s=18, zorder=3, color=shades)
    reach = 1.12 * max(1.0, float(np.abs(values).max(initial=0)))
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.set_xlabel("real", labelpad=1)
    ax.set_ylabel("imaginary", labelpad=1)
    ax.spines[["top", "right"]].set_visible(False)
