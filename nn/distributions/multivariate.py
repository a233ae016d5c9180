"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any

from autograd_engine import Tensor, cholesky_inverse, diagonal, eye, linalg, log, randn

from . import constraints
from .discrete import one_of
from .distribution import Distribution, derived


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


class MultivariateNormal(Distribution):
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
    covariance_matrix = derived(lambda self: self.scale_tril @ self.scale_tril.mT)
    precision_matrix = derived(lambda self: cholesky_inverse(self.scale_tril))
    scale_tril: Tensor

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
        ((name, held),) = ((name, getattr(self, name)) for name in matrix)
        if held.shape[-2:] != 2 * self.event_shape:
            raise ValueError(
                f"MultivariateNormal: {name} of shape {held.shape} does not fit to loc of shape "
                f"{self.loc.shape}"
            )
        if name == "covariance_matrix":
            self.scale_tril = linalg.cholesky(held)
        elif name == "precision_matrix":
            self.scale_tril = factor_of_inverse(held)

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
