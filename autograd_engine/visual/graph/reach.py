"""What gradients do not reach, as far as the graph alone cannot tell: parameters of a module that
nothing uses, frozen ones, and values that were detached from what they were computed from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ...core.recorder import Recording, Value
from ...core.tensor import Tensor, wrap
from .nodes import Graph
from .wording import clean


def note_unreached(graph: Graph, owned: Iterable[dict[str, Tensor]]) -> None:
    """Say which parameters of modules the graph does not use, and which want no gradient.

    Parameters
    ----------
    graph : Graph
    owned : iterable of dict of str to Tensor
        The parameters of each module that ran.
    """
    used = _leaves(graph)
    unused: dict[int, str] = {}
    frozen: dict[int, str] = {}
    for parameters in owned:
        for name, parameter in parameters.items():
            if not parameter.requires_grad:
                frozen.setdefault(id(parameter), name)
            elif id(parameter) not in used:
                unused.setdefault(id(parameter), name)
    graph.unused = tuple(unused.values())
    graph.frozen = tuple(frozen.values())


def uses_any(graph: Graph, parameters: dict[str, Tensor]) -> bool:
    """Whether a parameter of a module is in the graph."""
    used = _leaves(graph)
    return any(id(parameter) in used for parameter in parameters.values())


def _leaves(graph: Graph) -> set[int]:
    """The leaves in the graph, those in groups too, by identity."""
    found = set()
    for node in graph.nodes:
        if isinstance(node.subject, Tensor):
            found.add(id(node.subject))
        elif isinstance(node.subject, tuple):
            found.update(map(id, node.subject))
    return found


def note_detached(graph: Graph, program: Recording) -> None:
    """Say of each constant what it was computed from, where that wants a gradient."""
    names = {id(node.subject): node.name for node in graph.nodes if node.name}
    origins = _origins(program, names)
    for node in graph.nodes:
        if node.kind == "constant" and _is_float(node.subject):
            value = program.known(wrap(node.subject))
            if value is not None and value.call is not None:
                node.detached_from = origins[value.index]


def _is_float(subject: Any) -> bool:
    return isinstance(subject, np.ndarray) and subject.dtype.kind == "f"


def _origins(program: Recording, names: Mapping[int, str | None]) -> dict[int, str]:
    """For each value of a program the leaf that it was computed from, if one wants a gradient."""
    found = {value.index: _leaf_name(value, names) for value in program.sources}
    for call in program.calls:
        given = [found.get(x.index, "") for x in call.inputs if isinstance(x, Value)]
        for value in call.outputs:
            found[value.index] = next(filter(None, given), "")
    return found


def _leaf_name(value: Value, names: Mapping[int, str | None]) -> str:
    tensor: Any = None
    if value.tensor is not None:
        tensor = value.tensor()
    if tensor is None or not tensor.requires_grad:
        return ""
    return clean(names.get(id(tensor)) or tensor.name or "a leaf")
