"""Tools around training: clipping gradients, parameters as one vector, weights that are
computed.
"""

# ruff: noqa: I001  (grouped by file, many to a line)

from . import parametrizations, parametrize, rnn
from .clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "rnn",
    "vector_to_parameters",
]


def __dir__() -> list[str]:
    return __all__
