"""The graph itself, under the names that ``torch.autograd.graph`` gives it: its nodes, and what is
kept for the backward sweep.
"""

from ..core.node import Node
from ..core.packing import save_on_cpu, saved_tensors_hooks
from ..tensors.inplace import increment_version

__all__ = ["Node", "increment_version", "save_on_cpu", "saved_tensors_hooks"]


def __dir__() -> list[str]:
    return __all__
