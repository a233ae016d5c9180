"""A model at a glance: every module with the shape of its output, its parameters and what it costs.

A copy of the model runs forward once. The copy has the memory of the model's parameters and its own
of all else, so that nothing of the model changes; hooks on the copy write down what comes out of
each module.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Callable

from autograd_engine import Node, Tensor, as_tensor, get_rng_state, set_rng_state, zeros

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
from .lazy import Lazy
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
from .parameter import Parameter
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .utils.rnn import PackedSequence

# --- multiply-adds --------------------------------------------------------------------------------


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


# --- the table ------------------------------------------------------------------------------------


@dataclass
class Row:
    """One module of a `Summary`.

    Attributes
    ----------
    name, type : str
        Its dotted name (of the model itself: ``""``) and its class.
    output_shape : tuple or None
        Of its last output: a shape, or a tuple of these for several outputs. None if it was not
        called.
    calls : int
        How often it was called.
    parameters, trainable : int
        Numbers in its own parameters (not its children's), and in those of them that want
        gradients.
    multiply_adds : int
        Of all its calls, without its children's.
    bytes : int
        Memory of its own parameters and buffers.
    shared : bool
        Whether the module, or one of its own parameters, stands further up too. What is shared
        counts once, there.
    unused : bool
        Whether nothing that it holds took part in the output.
    """

    name: str
    type: str
    output_shape: Any = None
    calls: int = 0
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    bytes: int = 0
    shared: bool = False
    unused: bool = False

    def cells(self) -> list[str]:
        """What the table shows of it."""
        depth = self.name.count(".") + bool(self.name)
        mark = " ".join(
            [
                *(["shared"] * self.shared),
                *(["unused"] * self.unused),
                *([f"×{self.calls}"] * (self.calls > 1)),
            ]
        )
        shape = _shape_text(self.output_shape) if self.calls else "—"
        numbers = [
            f"{n:,}" if n else "—" for n in (self.parameters, self.trainable, self.multiply_adds)
        ]
        return [
            "  " * depth + (self.name.rpartition(".")[2] or "model"),
            self.type,
            shape,
            *numbers,
            _human(self.bytes),
            mark,
        ]


@dataclass
class Summary:
    """What `summary` found: prints as a table, in a notebook as an HTML table.

    Attributes
    ----------
    rows : list of Row
        The model and all modules below it.
    output_bytes : int
        Memory of the outputs of all calls of modules without children.
    """

    rows: list[Row] = field(default_factory=list)
    output_bytes: int = 0

    HEADER = (
        "name",
        "type",
        "output shape",
        "parameters",
        "trainable",
        "multiply-adds",
        "memory",
        "",
    )

    @property
    def parameters(self) -> int:
        """How many numbers the model's parameters are."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """How many of these want gradients."""
        return sum(row.trainable for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """What one forward pass on this input takes."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def bytes(self) -> int:
        """Memory of parameters and buffers."""
        return sum(row.bytes for row in self.rows)

    def _totals(self) -> list[str]:
        return [
            f"parameters: {self.parameters:,} ({_human(self.bytes)} with buffers), trainable: "
            f"{self.trainable:,}",
            f"multiply-adds: {self.multiply_adds:,}, outputs: {_human(self.output_bytes)}",
        ]

    def __repr__(self) -> str:
        table = [self.HEADER, *(row.cells() for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = [
            "  ".join(
                cell.rjust(w) if 3 <= i <= 6 else cell.ljust(w)
                for i, (cell, w) in enumerate(zip(r, widths))
            )
            for r in table
        ]
        rule = "─" * sum(widths, 2 * len(widths) - 2)
        return "\n".join(
            line.rstrip() for line in [lines[0], rule, *lines[1:], rule, *self._totals()]
        )

    def _repr_html_(self) -> str:
        def line(tag: str, cells: Any, faint: bool = False) -> str:
            styles = [
                "text-align:right" if 3 <= i <= 6 else "text-align:left;white-space:pre"
                for i in range(8)
            ]
            inner = "".join(
                f'<{tag} style="{style};padding:2px 10px">{escape(cell)}</{tag}>'
                for style, cell in zip(styles, cells)
            )
            style = ' style="opacity:.5"' if faint else ""
            return f"<tr{style}>{inner}</tr>"

        rows = "".join(line("td", row.cells(), row.unused) for row in self.rows)
        totals = "<br>".join(map(escape, self._totals()))
        head = f"<thead>{line('th', self.HEADER)}</thead>"
        table = f'<table style="border-collapse:collapse">{head}<tbody>{rows}</tbody></table>'
        return f"{table}<p>{totals}</p>"


def _shape_text(shape: Any) -> str:
    """``[4, 3]``; several outputs as ``([4, 3], [1, 3])``."""
    return f"({', '.join(map(_shape_text, shape))})" if isinstance(shape, tuple) else str(shape)


def _human(n: int) -> str:
    """Bytes in the unit that suits.

    >>> _human(0), _human(740), _human(31_400), _human(2_500_000)
    ('—', '740 B', '31.4 kB', '2.5 MB')
    """
    if n < 1000:
        return f"{n} B" if n else "—"
    power = min(int(math.log10(n)) // 3, 4)
    return f"{n / 1000**power:.1f} {'kMGT'[power - 1]}B"


# --- the forward pass -----------------------------------------------------------------------------


def summary(model: Module, input: Any) -> Summary:
    """Run a copy of the model forward once, and list its modules with what they hold and what they
    gave.

    Parameters
    ----------
    model : Module
        Stays as it is, in everything: buffers, training flags, gradients, lazy layers, random
        numbers to come.
    input : Tensor, array, tuple or dict
        What the model is called with: a tensor or array (or a packed sequence), a tuple of these
        for several arguments, a dict whose keys are the names of arguments. Any other dict is an
        argument itself. A tuple of integers is a shape, of zeros.

    Returns
    -------
    Summary
        Prints as a table; its ``rows`` and totals are attributes.

    Raises
    ------
    TypeError
        If ``model`` is not a Module.

    Notes
    -----
    The copy is in evaluation mode. A parameter counts in the first module that holds it.

    Examples
    --------
    >>> import nn
    >>> nn.summary(nn.Linear(784, 10), (1, 784))
    name   type    output shape  parameters  trainable  multiply-adds   memory
    ────────────────────────────────────────────────────────────────────────────
    model  Linear  [1, 10]            7,850      7,850          7,840  31.4 kB
    ────────────────────────────────────────────────────────────────────────────
    parameters: 7,850 (31.4 kB with buffers), trainable: 7,850
    multiply-adds: 7,840, outputs: 40 B
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary takes a Module, got {type(model).__name__}")
    twin, originals = _copy_on_same_memory(model)
    calls: dict[int, list] = {}
    random = get_rng_state()
    try:
        args, kwargs = _arguments_of(twin, input)
        output = _watched(twin, calls)(*args, **kwargs)
    finally:
        set_rng_state(random)
    reached = _reached(output)
    return _rows_of(
        twin,
        calls,
        lambda p: id(p) in reached,
        lambda p: originals[id(p)] if id(p) in originals else p.requires_grad,
    )


def _arguments_of(model: Module, input: Any) -> tuple[tuple, dict[str, Any]]:
    """What to call the model with."""
    if isinstance(input, (tuple, list)) and all(isinstance(n, int) for n in input):
        return (zeros(tuple(input)),), {}
    if isinstance(input, Mapping) and input.keys() <= _names_of(model):
        return (), {name: _as_argument(value) for name, value in input.items()}
    if isinstance(input, tuple) and not isinstance(input, PackedSequence):
        return tuple(map(_as_argument, input)), {}
    return (_as_argument(input),), {}


def _names_of(model: Module) -> set[str]:
    """The names of the arguments that a model takes."""
    return set(inspect.signature(model.forward).parameters)


def _as_argument(value: Any) -> Any:
    """A tensor for an array, wherever it stands."""
    if value is None or isinstance(value, (Tensor, PackedSequence, bool, str)):
        return value
    if isinstance(value, Mapping):
        return {name: _as_argument(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_as_argument, value))
    if isinstance(value, list) and any(isinstance(x, (Tensor, Mapping)) for x in value):
        return [*map(_as_argument, value)]
    return as_tensor(value)


def _copy_on_same_memory(model: Module) -> tuple[Module, dict[int, bool]]:
    """A copy in evaluation mode whose parameters are new objects on the same memory, and for each
    whether the original wants gradients.
    """
    own = [
        value
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, Parameter)
    ]
    twins = {id(p): Parameter(p.detach(), requires_grad=p.is_floating_point()) for p in own}
    return copy.deepcopy(model, dict(twins)).eval(), {
        id(twins[id(p)]): p.requires_grad for p in own
    }


def _watched(model: Module, calls: dict[int, list]) -> Module:
    """The model, writing ``(shapes, multiply-adds, bytes)`` of each call of each module into
    ``calls``.
    """

    def hook(module: Module, args: tuple, kwargs: dict, output: Any) -> None:
        size = 0
        if not module._modules:
            size = sum(t.numel() * t.itemsize for t in _tensors_in(output))
        calls.setdefault(id(module), []).append(
            (_shapes(output), multiply_adds(module, args, kwargs, output), size)
        )

    for module in model.modules():
        module.register_forward_hook(hook, with_kwargs=True)
    return model


def _tensors_in(output: Any) -> list[Tensor]:
    """The tensors in an output, whatever its structure."""
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, dict):
        output = output.values()
    elif not isinstance(output, (tuple, list)):
        return []
    return [tensor for part in output for tensor in _tensors_in(part)]


def _shapes(output: Any) -> Any:
    """Lists of lengths, in tuples as the output is."""
    if isinstance(output, PackedSequence):
        output = output.data
    if isinstance(output, Tensor):
        return list(output.shape)
    if isinstance(output, dict):
        output = tuple(output.values())
    if isinstance(output, (tuple, list)):
        return tuple(map(_shapes, output))
    return type(output).__name__


def _reached(output: Any) -> set[int]:
    """The ids of the leaves that the output was computed from."""
    waiting = [t.grad_fn or t for t in _tensors_in(output)]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Node):
            waiting += [x for x in item.inputs if isinstance(x, (Node, Tensor))]
    return seen


def _rows_of(
    model: Module, calls: dict[int, list], reached: Callable, trainable: Callable
) -> Summary:
    """The rows, in the order of the modules; everything is counted where it comes first."""
    found = Summary()
    seen = set()
    for name, module in model.named_modules(remove_duplicate=False):
        held = (
            []
            if isinstance(module, Lazy)
            else [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        )
        new = [t for t in held if id(t) not in seen]
        again = id(module) in seen
        uses = calls.get(id(module), [])
        row = Row(
            name,
            type(module).__name__,
            uses[-1][0] if uses else None,
            len(uses),
            shared=again or len(new) < len(held),
        )
        row.parameters = sum(p.numel() for p in new if isinstance(p, Parameter))
        row.trainable = sum(p.numel() for p in new if isinstance(p, Parameter) and trainable(p))
        row.multiply_adds = 0 if again else sum(cost for _, cost, _ in uses)
        row.bytes = sum(t.numel() * t.itemsize for t in new)
        row.unused = (
            not uses
            and not any(map(reached, held))
            and not any(id(m) in calls for m in module.modules())
        )
        found.rows.append(row)
        found.output_bytes += 0 if again else sum(size for _, _, size in uses)
        seen.update([id(module), *map(id, held)])
    return found
