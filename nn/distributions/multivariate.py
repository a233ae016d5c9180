"""Distributions of vectors and matrices that are made of normal numbers."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import Tensor, arange, cat, cholesky_inverse, cholesky_solve, diag_embed
from autograd_engine import diagonal, digamma, eye, finfo, lgamma, linalg, log, mvlgamma, nan, randn
from autograd_engine import sqrt, tril, where, zeros

from . import constraints
from .discrete import one_of
from .distribution import Distribution, derived
from .gammas import Beta
from .implicit import gamma_draws


def solve(lower: Tensor, right: Tensor) -> Tensor:
    """The inverse of a lower triangular matrix times another one."""
    return linalg.solve_triangular(lower, right, upper=False)


def factor_of_inverse(matrix: Tensor) -> Tensor:
    """The Cholesky factor of the inverse of a matrix, which is not computed."""
    upper = linalg.cholesky(matrix.flip((-2, -1))).flip((-2, -1)).mT
    return solve(upper, eye(matrix.shape[-1], dtype=matrix.dtype).expand(matrix.shape))


def half_log_det(lower: Tensor) -> Tensor:
    """Half of the logarithm of the determinant of a matrix with this Cholesky factor."""
    return log(diagonal(lower, dim1=-2, dim2=-1)).sum(-1)


def squared_length(lower: Tensor, vector: Tensor) -> Tensor:
    """The squared length of a vector in units of a covariance with this Cholesky factor."""
    return solve(lower, vector.unsqueeze(-1)).squeeze(-1).pow(2).sum(-1)


class OfCovariance(Distribution):
    """What is common to distributions of a covariance, given as such, inverted or factored."""

    covariance_matrix = derived(lambda self: self.scale_tril @ self.scale_tril.mT)
    precision_matrix = derived(lambda self: cholesky_inverse(self.scale_tril))
    scale_tril: Tensor

    def _find_factor(self, name: str) -> None:
        """Hold the Cholesky factor, of the matrix that was given."""
        if name == "covariance_matrix":
            self.scale_tril = linalg.cholesky(self.covariance_matrix)
        elif name == "precision_matrix":
            self.scale_tril = factor_of_inverse(self.precision_matrix)


class MultivariateNormal(OfCovariance):
    """The normal distribution of vectors.

    Parameters
    ----------
    loc : Tensor
        The mean, of shape ``(..., n)``.
    covariance_matrix, precision_matrix, scale_tril : Tensor
        One of three, of shape ``(..., n, n)``: the covariance, its inverse or its Cholesky factor.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one matrix is given, or it is not what it must be.

    Examples
    --------
    >>> from nn.distributions import MultivariateNormal
    >>> p = MultivariateNormal([0.0, 0.0], [[4.0, 0.0], [0.0, 1.0]])
    >>> p.variance.tolist(), p.event_shape
    ([4.0, 1.0], (2,))
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    loc: Tensor

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        matrix = one_of(
            self,
            covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix,
            scale_tril=scale_tril,
        )
        self._hold(validate_args, loc=loc, **matrix)
        (name,) = matrix
        shape = getattr(self, name).shape
        if shape[-2:] != 2 * self.event_shape:
            raise ValueError(
                f"MultivariateNormal: {name} of shape {shape} does not fit to loc of shape "
                f"{self.loc.shape}"
            )
        self._find_factor(name)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.scale_tril.pow(2).sum(-1)

    def entropy(self) -> Tensor:
        n = self.event_shape[0]
        return n / 2 * (1 + math.log(2 * math.pi)) + half_log_det(self.scale_tril)

    def _log_prob(self, value: Tensor) -> Tensor:
        distance = squared_length(self.scale_tril, value - self.loc)
        n = self.event_shape[0]
        return -(n * math.log(2 * math.pi) + distance) / 2 - half_log_det(self.scale_tril)

    def _draw(self, shape: tuple) -> Tensor:
        noise = randn(shape, dtype=self._dtype())
        return self.loc + (self.scale_tril @ noise.unsqueeze(-1)).squeeze(-1)


class LowRankMultivariateNormal(Distribution):
    """The normal distribution of vectors whose covariance is ``cov_factor @ cov_factor.mT`` and a
    diagonal: for n numbers and m factors densities cost n m^2 steps, not n^3.

    Parameters
    ----------
    loc : Tensor
        The mean, of shape ``(..., n)``.
    cov_factor : Tensor
        Of shape ``(..., n, m)``.
    cov_diag : Tensor
        Of shape ``(..., n)``, positive.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where shapes do not fit, or ``cov_diag`` is not positive.

    Examples
    --------
    >>> from nn.distributions import LowRankMultivariateNormal
    >>> p = LowRankMultivariateNormal([0.0, 0.0], [[1.0], [0.0]], [1.0, 3.0])
    >>> p.covariance_matrix.tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True
    loc: Tensor
    cov_factor: Tensor
    cov_diag: Tensor

    def __init__(
        self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None
    ) -> None:
        self._hold(validate_args, loc=loc, cov_factor=cov_factor, cov_diag=cov_diag)
        n = self.event_shape
        if self.cov_factor.shape[-2:-1] != n or self.cov_diag.shape[-1:] != n:
            raise ValueError(
                f"LowRankMultivariateNormal: loc of shape {self.loc.shape} does not fit to "
                f"cov_factor of shape {self.cov_factor.shape} and cov_diag of shape "
                f"{self.cov_diag.shape}"
            )

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.cov_factor.pow(2).sum(-1) + self.cov_diag

    @property
    def covariance_matrix(self) -> Tensor:
        """The covariance, of shape ``(..., n, n)``."""
        return self.cov_factor @ self.cov_factor.mT + diag_embed(self.cov_diag)

    @property
    def precision_matrix(self) -> Tensor:
        """Its inverse, by Woodbury's identity."""
        part = solve(self._capacitance(), self._divided())
        return diag_embed(1 / self.cov_diag) - part.mT @ part

    @property
    def scale_tril(self) -> Tensor:
        """Its Cholesky factor, of a matrix whose eigenvalues are at least 1 (Rasmussen and Williams
        2006, section 3.4.3).
        """
        deviation = sqrt(self.cov_diag).unsqueeze(-1)
        scaled = self.cov_factor / deviation
        one = eye(self.event_shape[0], dtype=self._dtype())
        return deviation * linalg.cholesky(one + scaled @ scaled.mT)

    def _divided(self) -> Tensor:
        """The factor transposed, in units of the diagonal."""
        return self.cov_factor.mT / self.cov_diag.unsqueeze(-2)

    def _capacitance(self) -> Tensor:
        """The Cholesky factor of the small matrix in Woodbury's identity."""
        one = eye(self.cov_factor.shape[-1], dtype=self._dtype())
        return linalg.cholesky(one + self._divided() @ self.cov_factor)

    def _half_log_det(self) -> Tensor:
        return half_log_det(self._capacitance()) + log(self.cov_diag).sum(-1) / 2

    def entropy(self) -> Tensor:
        return self.event_shape[0] / 2 * (1 + math.log(2 * math.pi)) + self._half_log_det()

    def _log_prob(self, value: Tensor) -> Tensor:
        apart = value - self.loc
        inner = (self._divided() @ apart.unsqueeze(-1)).squeeze(-1)
        distance = (apart**2 / self.cov_diag).sum(-1) - squared_length(self._capacitance(), inner)
        norm = self.event_shape[0] / 2 * math.log(2 * math.pi) + self._half_log_det()
        return -distance / 2 - norm

    def _draw(self, shape: tuple) -> Tensor:
        common = randn(*shape[:-1], self.cov_factor.shape[-1], 1, dtype=self._dtype())
        own = sqrt(self.cov_diag) * randn(shape, dtype=self._dtype())
        return self.loc + (self.cov_factor @ common).squeeze(-1) + own


class Wishart(OfCovariance):
    """The Wishart distribution of the sums of ``df`` products of normal vectors with themselves.

    Parameters
    ----------
    df : Tensor or float
        The degrees of freedom, above n - 1.
    covariance_matrix, precision_matrix, scale_tril : Tensor
        One of three, of shape ``(..., n, n)``: the covariance of the vectors, its inverse or its
        Cholesky factor.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where not just one matrix is given, or a parameter is not what it must be.

    Examples
    --------
    >>> from nn.distributions import Wishart
    >>> Wishart(3.0, [[1.0, 0.0], [0.0, 4.0]]).mean.tolist()
    [[3.0, 0.0], [0.0, 12.0]]
    """

    arg_constraints = {
        "df": constraints.positive,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.positive_definite
    has_rsample = True
    df: Tensor

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        matrix = one_of(
            self,
            covariance_matrix=covariance_matrix,
            precision_matrix=precision_matrix,
            scale_tril=scale_tril,
        )
        self._hold(validate_args, df=df, **matrix)
        self._require("df", self.df, constraints.greater_than(self.event_shape[0] - 1))
        self._find_factor(*matrix)

    def _times(self, factor: Tensor) -> Tensor:
        return factor.unsqueeze(-1).unsqueeze(-1) * self.covariance_matrix

    @property
    def mean(self) -> Tensor:
        return self._times(self.df)

    @property
    def mode(self) -> Tensor:
        above = self.df - self.event_shape[0] - 1
        return self._times(where(above > 0, above, nan))

    @property
    def variance(self) -> Tensor:
        V = self.covariance_matrix
        ends = diagonal(V, dim1=-2, dim2=-1)
        products = V**2 + ends.unsqueeze(-1) * ends.unsqueeze(-2)
        return self.df.unsqueeze(-1).unsqueeze(-1) * products

    def _log_norm(self) -> Tensor:
        """The logarithm of the part of the norm that both density and entropy have."""
        n = self.event_shape[0]
        return n * math.log(2) / 2 + half_log_det(self.scale_tril)

    def entropy(self) -> Tensor:
        n = self.event_shape[0]
        halves = self.df.unsqueeze(-1) / 2 - arange(n, dtype=self._dtype()) / 2
        slope = (self.df - n - 1) / 2 * digamma(halves).sum(-1)
        return (n + 1) * self._log_norm() + mvlgamma(self.df / 2, n) - slope + self.df * n / 2

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.event_shape[0]
        trace = diagonal(cholesky_solve(value, self.scale_tril), dim1=-2, dim2=-1).sum(-1)
        volume = (self.df - n - 1) / 2 * linalg.slogdet(value).logabsdet
        return volume - trace / 2 - self.df * self._log_norm() - mvlgamma(self.df / 2, n)

    def _draw(self, shape: tuple) -> Tensor:
        n = shape[-1]
        freedom = self.df.unsqueeze(-1) - arange(n, dtype=self._dtype())
        ends = sqrt(2 * gamma_draws(freedom / 2, shape[:-1]))
        lower = self.scale_tril @ (tril(randn(shape, dtype=self._dtype()), -1) + diag_embed(ends))
        return lower @ lower.mT


class LKJCholesky(Distribution):
    """Cholesky factors of correlation matrices, with a density in proportion to the determinant of
    the matrix to the power ``concentration - 1`` (Lewandowski, Kurowicka and Joe 2009).

    Parameters
    ----------
    dim : int
        The rows of the matrix, at least 2.
    concentration : Tensor or float
        With 1 all correlation matrices are alike; above, those near to the identity are likelier.
    validate_args : bool, optional

    Raises
    ------
    ValueError
        Where ``dim`` is below 2, or ``concentration`` is not positive.

    Examples
    --------
    >>> from nn.distributions import LKJCholesky
    >>> LKJCholesky(3, 0.5).sample((2,)).shape
    (2, 3, 3)
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky
    concentration: Tensor

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None
    ) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: dim must be at least 2, got {dim}")
        self.dim = dim
        self._hold(validate_args, concentration=concentration)
        self.event_shape = (dim, dim)

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.dim - 1
        ends = diagonal(value, dim1=-2, dim2=-1)[..., 1:]
        a = self.concentration
        powers = 2 * (a - 1).unsqueeze(-1) + arange(n - 1, -1, -1, dtype=a.dtype)
        top = a + n / 2
        norm = n / 2 * math.log(math.pi) + mvlgamma(top - 0.5, n) - n * lgamma(top)
        return (powers * log(ends)).sum(-1) - norm

    def _draw(self, shape: tuple) -> Tensor:
        dtype = self._dtype()
        rows = cat([zeros(1, dtype=dtype), arange(self.dim - 1, dtype=dtype)])
        rest = self.concentration.unsqueeze(-1) + (self.dim - 2) / 2 - rows / 2
        part = Beta(rows + 0.5, rest, validate_args=False)._draw(shape[:-1]).unsqueeze(-1)
        noise = tril(randn(shape, dtype=dtype), -1)
        tiny = float(finfo(dtype).tiny)
        length = linalg.vector_norm(noise, dim=-1, keepdim=True)
        below = sqrt(part) * noise / length.clamp(min=tiny)
        ends = sqrt((1 - below.pow(2).sum(-1)).clamp(min=tiny))
        return below + diag_embed(ends)
