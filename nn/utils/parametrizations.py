"""Three ways to compute a weight: from its direction and length, divided by its greatest singular
value, and as an orthogonal matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_engine import ShapeError, Tensor, cat, eye, linalg, no_grad, randn, sqrt, tensor

from ..distance import normalize
from ..module import Module
from .parametrize import register_parametrization

__all__ = [
    "orthogonal",
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


# --- orthogonal -----------------------------------------------------------------------------------


def _skew(x: Any) -> Any:
    """The square skew-symmetric matrix whose lower triangle begins with that of ``x``."""
    rows, columns = x.shape[-2:]
    x = x.tril()
    if columns < rows:
        x = cat([x, x.new_zeros((*x.shape[:-1], rows - columns))], -1)
    return x - x.mT


def _by_exponential(x: Any) -> Any:
    return linalg.matrix_exp(_skew(x))[..., : x.shape[-1]]


def _by_cayley(x: Any) -> Any:
    half = _skew(x) / 2
    one = eye(half.shape[-1], dtype=half.dtype)
    return linalg.solve(one - half, one + half)[..., : x.shape[-1]]


def _by_reflections(x: Any) -> Any:
    below = x.tril(-1)
    scales = 2 / (1 + (below * below).sum(-2))
    signs = x.detach().diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
    return linalg.householder_product(below, scales) * signs


_MAPS = {"matrix_exp": _by_exponential, "cayley": _by_cayley, "householder": _by_reflections}


def _orthogonal_factor(x: Any) -> Any:
    """The orthogonal factor of QR whose R has a positive diagonal."""
    found = linalg.qr(x)
    return found.Q * found.R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)


class _Orthogonal(Module):
    """A tall matrix with orthonormal columns, or a wide one with orthonormal rows."""

    def __init__(self, kind: str, has_base: bool) -> None:
        super().__init__()
        self.kind = kind
        self.has_base = has_base
        if has_base:
            self.register_buffer("base", None)

    def forward(self, x: Any) -> Any:
        wide = x.shape[-2] < x.shape[-1]
        q = _MAPS[self.kind](x.mT if wide else x)
        if self.has_base:
            q = self.base @ q
        return q.mT if wide else q

    @no_grad()
    def right_inverse(self, weight: Any) -> Any:
        """What gives the orthogonal matrix that the QR factorisation of a weight has."""
        wide = weight.shape[-2] < weight.shape[-1]
        tall = weight.mT if wide else weight
        if not self.has_base:
            start = self._without_base(tall)
            return start.mT if wide else start
        rows, columns = tall.shape[-2:]
        if columns < rows:
            more = randn((*tall.shape[:-2], rows, rows - columns), dtype=tall.dtype)
            tall = cat([tall, more], -1)
        self.base = _orthogonal_factor(tall)
        # The map of it is the identity; the signs on the diagonal are those of reflections.
        return -eye(*weight.shape[-2:], dtype=weight.dtype).expand(weight.shape)

    def _without_base(self, tall: Any) -> Any:
        if self.kind != "householder":
            raise NotImplementedError(
                f"nothing can be assigned to a weight by {self.kind} without a base; pass "
                "use_trivialization=True, or orthogonal_map='householder'"
            )
        vectors, scales = np.linalg.qr(tall.numpy(), mode="raw")
        vectors = np.swapaxes(vectors, -1, -2).copy()
        place = np.arange(vectors.shape[-1])
        signs = np.sign(vectors[..., place, place])
        vectors[..., place, place] = np.where(scales == 0, -signs, signs)
        return tensor(vectors)


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Have a weight whose columns (rows, if it is wide) stay orthonormal while it learns (Lezcano
    Casado & Martínez-Rubio, 2019).

    Parameters
    ----------
    module : Module
    name : str
        The parameter's name; its last two dimensions are the matrix.
    orthogonal_map : {"matrix_exp", "cayley", "householder"}, optional
        How an orthogonal matrix is computed from free numbers: the exponential or Cayley's map of a
        skew-symmetric matrix, or a product of reflections. By default the first for a square
        matrix, else the last.
    use_trivialization : bool
        Whether it is multiplied with a fixed one, ``base``, so that learning begins at the
        identity, and values may be assigned.

    Returns
    -------
    Module
        The same module; the weight begins as the orthogonal factor of its QR factorisation.

    Raises
    ------
    ShapeError
        If the weight is no matrix.
    ValueError
        For another ``orthogonal_map``.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import dist, eye
    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(20, 40))
    >>> bool(dist(layer.weight.T @ layer.weight, eye(20)) < 1e-5)
    True
    """
    weight = getattr(module, name)
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal() needs a matrix, got {name} of shape {list(weight.shape)}")
    square = weight.shape[-1] == weight.shape[-2]
    kind = orthogonal_map or ("matrix_exp" if square else "householder")
    if kind not in _MAPS:
        raise ValueError(
            f"orthogonal_map has to be one of {', '.join(map(repr, _MAPS))}. Got: {orthogonal_map}"
        )
    return register_parametrization(module, name, _Orthogonal(kind, use_trivialization))
