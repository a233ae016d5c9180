"""Two ways to compute a weight: from its direction and length, and divided by its greatest singular
value.
"""

from __future__ import annotations

from typing import Any

from autograd_engine import Tensor, no_grad, randn, sqrt

from ..distance import normalize
from ..module import Module
from .parametrize import register_parametrization

__all__ = [
    "spectral_norm",
    "weight_norm",
]


def __dir__() -> list[str]:
    return __all__


def _norm_except(v: Any, dim: int) -> Any:
    """The length of each slice along ``dim`` (of the whole for -1), with all dimensions kept."""
    if dim < 0:
        return sqrt((v * v).sum())
    dims = tuple(d for d in range(v.ndim) if d != dim)
    return sqrt((v * v).sum(dims, keepdim=True))


class _WeightNorm(Module):
    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, g: Any, v: Any) -> Any:
        return v * (g / _norm_except(v, self.dim))

    def right_inverse(self, weight: Any) -> tuple:
        """The lengths and the directions of a weight."""
        return _norm_except(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn a weight as length ``g`` and direction ``v``: ``w = g v / |v|`` (Salimans & Kingma,
    2016).

    Parameters
    ----------
    module : Module
    name : str
        The parameter's name.
    dim : int, optional
        The dimension along which each slice has a length of its own; None for one length in all.

    Returns
    -------
    Module
        The same module; ``g`` and ``v`` are ``parametrizations.weight.original0`` and
        ``original1``.

    Examples
    --------
    >>> import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape, layer.parametrizations.weight.original1.shape
    ((40, 1), (40, 20))
    """
    return register_parametrization(module, name, _WeightNorm(dim))


def _normalized(x: Tensor, eps: float) -> Tensor:
    return x / max(float(sqrt((x * x).sum())), eps)


class _SpectralNorm(Module):
    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % weight.ndim
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if weight.ndim > 1:
            matrix = self._matrix(weight.detach())
            self.register_buffer("_u", _normalized(randn(matrix.shape[0], dtype=weight.dtype), eps))
            self.register_buffer("_v", _normalized(randn(matrix.shape[1], dtype=weight.dtype), eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        """The weight with ``dim`` first and all other dimensions as one."""
        order = (self.dim, *(d for d in range(weight.ndim) if d != self.dim))
        return weight.permute(order).reshape((weight.shape[self.dim], -1))

    @no_grad()
    def _iterate(self, matrix: Any, times: int) -> None:
        """Power iteration: ``u`` and ``v`` approach the singular vectors of the greatest singular
        value.
        """
        for _ in range(times):
            self._u.copy_(_normalized(matrix @ self._v, self.eps))
            self._v.copy_(_normalized(matrix.T @ self._u, self.eps))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        return weight / (self._u.clone() @ (matrix @ self._v.clone()))


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight by its greatest singular value, found by power iteration (Miyato et al.,
    2018).

    Parameters
    ----------
    module : Module
    name : str
        The parameter's name.
    n_power_iterations : int
        How many at each use while training.
    eps : float
        The least length divided by in the iteration.
    dim : int, optional
        The dimension of the outputs, by default 0, for transposed convolutions 1.

    Returns
    -------
    Module
        The same module; the weight before is ``parametrizations.weight.original``.
    """
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    return register_parametrization(
        module, name, _SpectralNorm(getattr(module, name), n_power_iterations, dim, eps)
    )
