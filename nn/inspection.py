"""A model at a glance: every module with the shapes of what goes in and comes out, its parameters
and what it costs.

A copy of the model runs forward once. The copy has the memory of the model's parameters and its own
of all else, so that nothing of the model changes; hooks on the copy write down what goes into each
module and what comes out.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from autograd_engine import Node, Tensor, as_tensor, get_rng_state, set_rng_state, zeros

from .costs import multiply_adds
from .lazy import Lazy
from .module import Module
from .parameter import Parameter
from .table_of_modules import Row, Summary
from .utils.rnn import PackedSequence


class Call(NamedTuple):
    """One call of a module: what it took and gave, multiply-adds, bytes of the output."""

    inputs: Any
    outputs: Any
    cost: int
    size: int


def summary(model: Module, input: Any, depth: int | None = None, fold: bool = True) -> Summary:
    """Run a copy of the model forward once, and list its modules: what they hold, took and gave.

    Parameters
    ----------
    model : Module
        Stays as it is, in everything: buffers, training flags, gradients, lazy layers, random
        numbers to come.
    input : Tensor, array, tuple or dict
        What the model is called with: a tensor or array (or a packed sequence), a tuple of these
        for several arguments, a dict whose keys are the names of arguments. Any other dict is an
        argument itself. A tuple of integers is a shape, of zeros.
    depth : int, optional
        How many levels of modules are listed; what lies deeper counts in its parent.
    fold : bool
        Whether modules that repeat are listed once, with what they hold and cost as ``3 × 4,160``.

    Returns
    -------
    Summary
        Prints as a table; its ``rows`` and totals are attributes.

    Raises
    ------
    TypeError
        If ``model`` is not a Module.
    ValueError
        If ``depth`` is negative.

    Notes
    -----
    The copy is in evaluation mode. A parameter counts in the first module that holds it. Numbers in
    brackets are the sums of what is listed below them.

    Examples
    --------
    >>> import nn
    >>> nn.summary(nn.Sequential(nn.Linear(784, 10), nn.Softmax(1)), (1, 784))
    name   type        input     output   parameters  multiply-adds   memory
    ────────────────────────────────────────────────────────────────────────
    model  Sequential  [1, 784]  [1, 10]     (7,850)        (7,840)
      0    Linear      [1, 784]  [1, 10]       7,850          7,840  31.4 kB
      1    Softmax     [1, 10]   [1, 10]           0              0
    ────────────────────────────────────────────────────────────────────────
    parameters: 7,850 (trainable: 7,850, not trainable: 0)
    multiply-adds: 7,840
    memory: 31.4 kB of parameters and buffers + 31.4 kB of gradients + 80 B of outputs = 62.9 kB
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary takes a Module, got {type(model).__name__}")
    if depth is not None and depth < 0:
        raise ValueError(f"depth is a number of levels, got {depth}")
    twin, originals = _copy_on_same_memory(model)
    calls: dict[int, list[Call]] = {}
    random = get_rng_state()
    try:
        args, kwargs = _arguments_of(twin, input)
        output = _watched(twin, calls)(*args, **kwargs)
    finally:
        set_rng_state(random)
    reached = _reached(output)
    found = _rows_of(
        twin,
        calls,
        lambda p: id(p) in reached,
        lambda p: originals[id(p)] if id(p) in originals else p.requires_grad,
    )
    found.depth = depth
    found.fold = fold
    return found


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


def _watched(model: Module, calls: dict[int, list[Call]]) -> Module:
    """The model, writing down each call of each module in ``calls``."""

    def hook(module: Module, args: tuple, kwargs: dict, output: Any) -> None:
        size = 0
        if not module._modules:
            size = sum(t.numel() * t.itemsize for t in _tensors_in(output))
        given = tuple(x for x in (*args, *kwargs.values()) if _tensors_in(x))
        taken = _shapes(given[0] if len(given) == 1 else given)
        cost = multiply_adds(module, args, kwargs, output)
        calls.setdefault(id(module), []).append(Call(taken, _shapes(output), cost, size))

    for module in model.modules():
        module.register_forward_hook(hook, with_kwargs=True)
    return model


def _tensors_in(output: Any) -> list[Tensor]:
    """The tensors in an output, whatever its structure."""
    if isinstance(output, PackedSequence):
        output = output.data
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
    model: Module, calls: dict[int, list[Call]], reached: Callable, trainable: Callable
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
            uses[-1].outputs if uses else None,
            len(uses),
            shared=again or len(new) < len(held),
            input_shape=uses[-1].inputs if uses else None,
            kernel=_kernel(module),
        )
        row.parameters = sum(p.numel() for p in new if isinstance(p, Parameter))
        row.multiply_adds = 0 if again else sum(use.cost for use in uses)
        row.bytes = sum(t.numel() * t.itemsize for t in new)
        own = [p for p in new if isinstance(p, Parameter) and trainable(p)]
        row.trainable = sum(p.numel() for p in own)
        row.trainable_bytes = sum(p.numel() * p.itemsize for p in own)
        row.unused = (
            not uses
            and not any(map(reached, held))
            and not any(id(m) in calls for m in module.modules())
        )
        found.rows.append(row)
        found.output_bytes += 0 if again else sum(use.size for use in uses)
        seen.update([id(module), *map(id, held)])
    return found


def _kernel(module: Module) -> str:
    """The kernel of a convolution or pooling, and its stride where it is not 1."""
    size = getattr(module, "kernel_size", None)
    if size is None:
        return ""
    stride = getattr(module, "stride", None)
    words = _times(size)
    if stride is not None and stride != 1 and set(_pair(stride)) != {1}:
        words += f", stride {_times(stride)}"
    return words


def _pair(size: Any) -> tuple:
    return size if isinstance(size, tuple) else (size,)


def _times(size: Any) -> str:
    """``3×5``; one number as it is."""
    return "×".join(map(str, _pair(size)))
