"""Derivatives of functions at a point, under the names that ``torch.autograd.functional`` gives
them.
"""

from ..transforms.derivatives import hessian, hvp, jacobian

__all__ = ["hessian", "hvp", "jacobian"]
