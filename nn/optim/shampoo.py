"""Shampoo: the gradient of a matrix is whitened along its rows and along its columns."""

from __future__ import annotations

from math import prod
from typing import Any, Callable, Iterable, Iterator

import numpy as np

from .optimizer import Optimizer


class Shampoo(Optimizer):
    """Shampoo. Every dimension of length n keeps an n × n matrix: for layers of moderate size.

    Parameters
    ----------
    params, weight_decay
        See `SGD`.
    lr, momentum : float
    eps : float
        The matrices start as ε times the identity.
    update_freq : int
        The inverse roots, which are expensive, are computed in every so-many-th step.

    Notes
    -----
    For a matrix: L ← L + G Gᵀ, R ← R + Gᵀ G, p ← p − lr L^(−1/4) G R^(−1/4); for a tensor of k
    dimensions, one such matrix and the power −1/(2k) for each. With momentum, v ← μ v + whitened
    gradient, p ← p − lr v. Gupta, Koren and Singer, Shampoo: preconditioned stochastic tensor
    optimization, 2018.

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> x = tensor([[8.0, 0.0], [0.0, 0.5]], requires_grad=True)
    >>> optimizer = Shampoo([x], lr=0.1, eps=1e-12)
    >>> (x * x).sum().backward(); optimizer.step(); x
    tensor([[7.9000, 0.0000],
            [0.0000, 0.4000]], requires_grad=True)
    """

    elementwise = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-1,
        momentum: float = 0,
        weight_decay: float = 0,
        eps: float = 1e-4,
        update_freq: int = 1,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "weight_decay": weight_decay,
                "eps": eps,
                "update_freq": update_freq,
            },
        )

    def check(self, options: dict[str, Any]) -> None:
        super().check(options)
        if not isinstance(options["update_freq"], int) or options["update_freq"] < 1:
            raise ValueError(
                f"Invalid update_freq value: {options['update_freq']}; expected an integer of at "
                "least 1"
            )

    def vectors(self, group: dict[str, Any]) -> tuple[str, ...]:
        matrices = ("preconditioners", "inverse_roots")
        return (*matrices, "momentum_buffer") if group["momentum"] else matrices

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape if name == "momentum_buffer" else (sum(n * n for n in shape),)

    def rule(self, group: dict[str, Any], scalars: dict[str, float]) -> Callable[..., None]:
        t = scalars["step"]
        eps = group["eps"]

        def update(p, g, statistics, roots, velocity=None):
            for dim, (matrix, root) in enumerate(
                zip(_matrices(statistics, p.shape), _matrices(roots, p.shape))
            ):
                if t == 1:
                    matrix += eps * np.eye(len(matrix), dtype=p.dtype)
                rows = np.moveaxis(g, dim, 0).reshape(
                    len(matrix), prod(p.shape[:dim] + p.shape[dim + 1 :])
                )
                matrix += rows @ rows.T
                if (t - 1) % group["update_freq"] == 0:
                    root[...] = power(matrix, -1 / (2 * p.ndim))
            for dim, root in enumerate(_matrices(roots, p.shape)):
                g = np.moveaxis(np.tensordot(root, g, (1, dim)), 0, dim)
            if velocity is not None:
                velocity *= group["momentum"]
                velocity += g
                g = velocity
            p -= group["lr"] * g

        return update


def _matrices(flat: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """For each dimension of a parameter its square matrix, as a view of the one vector they are
    kept in.
    """
    start = 0
    for n in shape:
        yield flat[start : start + n * n].reshape(n, n)
        start += n * n


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """A power of a symmetric positive definite matrix, by its eigenvalues (of which rounding may
    make tiny negative ones).

    Raises
    ------
    LinAlgError
        If it is not finite.
    """
    if not np.isfinite(matrix).all():
        raise np.linalg.LinAlgError(
            "the products of the gradients are not finite: a gradient is NaN, infinite or so large "
            "that its square overflows; nothing was changed by this step"
        )
    values, vectors = np.linalg.eigh(matrix)
    least = np.finfo(matrix.dtype).eps * values.max(initial=0)
    return (vectors * np.maximum(values, least) ** exponent) @ vectors.T
