"""The functions of linear algebra that PyTorch has at its top level too, and as methods."""

from __future__ import annotations

from typing import Any, NamedTuple

from . import factorisations
from .declare import at, composite, function_only
from . import factored
from .elimination import cholesky_inverse, cholesky_solve
from .factored import lu_unpack
from .factorisations import cholesky
from .matrices import det, logdet, matrix_power, slogdet
from .matrices import multi_dot as _multi_dot
from .matrices import pinv as pinverse
from .spectral import matrix_exp
from .systems import inv as inverse

__all__ = [
    "chain_matmul",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "inverse",
    "logdet",
    "lu_solve",
    "lu_unpack",
    "matrix_exp",
    "matrix_power",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
]


@composite(samples=[at((3, 2)), at((2, 3))])
def qr(x, some=True):
    """`linalg.qr`, complete where not ``some``.

    Examples
    --------
    >>> from autograd_engine import qr, tensor
    >>> qr(tensor([[3., 1.], [4., 2.]])).R.shape
    (2, 2)
    """
    mode = "reduced" if some else "complete"
    return factorisations.qr(x, mode)


_LU = factored.lu_unpack.samples[0].args


@composite(samples=[at((3, 2), *_LU)])
def lu_solve(b, LU_data, LU_pivots):
    """`linalg.lu_solve`, with the right-hand side first.

    Examples
    --------
    >>> from autograd_engine import linalg, lu_solve, tensor
    >>> lu_solve(tensor([[2.], [4.]]), *linalg.lu_factor(tensor([[2., 0.], [0., 4.]])))
    tensor([[1.],
            [1.]])
    """
    return factored.lu_solve(LU_data, LU_pivots, b)


class SingularValues(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    V: Any


@composite(samples=[at((3, 2)), at((2, 2, 3))])
def svd(x, some=True):
    """``x == U @ diag(S) @ V.T``: `linalg.svd` with ``V`` in place of its transpose.

    Examples
    --------
    >>> from autograd_engine import svd, tensor
    >>> svd(tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    u, s, vh = factorisations.svd(x, not some)
    return SingularValues(u, s, vh.swapaxes(-1, -2))


@function_only
@composite(samples=[at((2, 3), (3, 4), (4, 2))])
def chain_matmul(*matrices):
    """`linalg.multi_dot` of the arguments.

    Examples
    --------
    >>> from autograd_engine import chain_matmul, ones
    >>> chain_matmul(ones(2, 3), ones(3, 4)).shape
    (2, 4)
    """
    return _multi_dot(matrices)
