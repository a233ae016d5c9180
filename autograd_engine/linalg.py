"""Linear algebra under the names of ``torch.linalg``.

Examples
--------
>>> from autograd_engine import linalg, tensor
>>> A = tensor([[2., 0.], [0., 4.]], requires_grad=True)
>>> linalg.det(A).backward(); A.grad
tensor([[4., 0.],
        [0., 2.]])
"""

from .core.errors import LinAlgError
from .ops.elimination import (
    householder_product,
    ldl_factor,
    lu,
    lu_factor,
    tensorinv,
    tensorsolve,
    vander,
)
from .ops.factored import diagonal, lu_solve
from .ops.factorisations import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .ops.linear import matmul
from .ops.matrices import det, lstsq, matrix_power, matrix_rank, multi_dot, pinv, slogdet
from .ops.norms import cond, cross, matrix_norm, norm, vecdot, vector_norm
from .ops.spectral import eig, eigvals, matrix_exp
from .ops.systems import inv, solve, solve_triangular

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "ldl_factor",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
