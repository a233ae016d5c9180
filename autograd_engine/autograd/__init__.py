"""The engine under the names that ``torch.autograd`` gives it, for programs that write them out:
``autograd.grad(loss, w)``.

Everything here is also one level higher: `autograd_engine.grad` is the same function.
"""

from ..core.backward import grad
from ..transforms.function import Function
from ..transforms.gradcheck import gradcheck, gradgradcheck
from ..core.modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from . import functional, graph

__all__ = [
    "Function",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "graph",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
