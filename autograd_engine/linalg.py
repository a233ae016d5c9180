"""Linear algebra under the names of ``torch.linalg``.

Examples
--------
>>> from autograd_engine import linalg, tensor
>>> A = tensor([[2., 0.], [0., 4.]], requires_grad=True)
>>> linalg.det(A).backward(); A.grad
tensor([[4., 0.],
        [0., 2.]])
"""

from .ops.decompositions import (
    cholesky, det, eigh, eigvalsh, inv, lstsq, matrix_power, matrix_rank, multi_dot, pinv, qr, slogdet, solve, solve_triangular, svd,
    svdvals,
)  # fmt: skip
from .ops.diagonal import diagonal
from .ops.linear import matmul
from .ops.norms import cond, cross, matrix_norm, norm, vecdot, vector_norm

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "vecdot", "vector_norm",
]  # fmt: skip
