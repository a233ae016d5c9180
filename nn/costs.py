"""How many multiply-adds a layer takes, by its kind."""

from __future__ import annotations

import inspect
from typing import Any, Callable

from .attention import MultiheadAttention
from .convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from .layer_norm import GroupNorm, LayerNorm, RMSNorm
from .linear import Bilinear, Linear
from .module import Module
from .normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .utils.rnn import PackedSequence


def _recurrent(module: Any, inputs: list, output: Any) -> int:
    x = inputs[0].data if isinstance(inputs[0], PackedSequence) else inputs[0]
    positions = x.numel() // x.shape[-1]
    return positions * sum(p.numel() for p in module.parameters(recurse=False) if p.ndim == 2)


def _attention(module: Any, inputs: list, output: Any) -> int:
    """Projections of query, key and value, scores and mixture; the projection of the output is a
    Linear of its own.
    """
    query, key, value = inputs[:3]
    sources = key.shape[1 if key.ndim == 3 and module.batch_first else 0]
    return (
        module.embed_dim * (query.numel() + key.numel() + value.numel())
        + 2 * query.numel() * sources
    )


def _per_output(module: Any, inputs: list, output: Any) -> int:
    return output.numel() * module.weight[0].numel()


def _per_input(module: Any, inputs: list, output: Any) -> int:
    return inputs[0].numel() * module.weight[0].numel()


def _scaling(module: Any, inputs: list, output: Any) -> int:
    return output.numel() if module.weight is not None else 0


MULTIPLY_ADDS: dict[type[Module], Callable[[Any, list, Any], int]] = {
    **dict.fromkeys((Linear, Bilinear, Conv1d, Conv2d, Conv3d), _per_output),
    **dict.fromkeys((ConvTranspose1d, ConvTranspose2d, ConvTranspose3d), _per_input),
    **dict.fromkeys((BatchNorm1d, BatchNorm2d, BatchNorm3d), _scaling),
    **dict.fromkeys((InstanceNorm1d, InstanceNorm2d, InstanceNorm3d), _scaling),
    **dict.fromkeys((LayerNorm, GroupNorm, RMSNorm), _scaling),
    **dict.fromkeys((RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell), _recurrent),
    MultiheadAttention: _attention,
}
"""How many multiplications with an addition a layer takes: ``rule(module, inputs, output)`` by its
class or a base, with the inputs in the order of the parameters of ``forward``. Biases, activations
and pooling are not counted.
"""


def multiply_adds(module: Module, args: tuple, kwargs: dict[str, Any], output: Any) -> int:
    """What one call of this very module costs, without its children."""
    known = [cls for cls in type(module).__mro__ if cls in MULTIPLY_ADDS]
    if not known:
        return 0
    return MULTIPLY_ADDS[known[0]](module, _in_order(module, args, kwargs), output)


def _in_order(module: Module, args: tuple, kwargs: dict[str, Any]) -> list[Any]:
    """The arguments of a call, in the order of the parameters of ``forward``."""
    bound = inspect.signature(type(module).forward).bind(module, *args, **kwargs)
    return [*bound.arguments.values()][1:]
