"""The graph of a run that failed: what had been computed, and the op that raised.

An op that cannot be computed says so on its exception (``error.op``, ``error.operands``). What had
been computed besides is found in the variables of the user's own code that the traceback goes
through, and in what was given to the modules that never returned.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from ...core.tensor import Tensor
from ...core.trace import is_packaged
from .listing import constant_node, graph_of
from .recorded import Recorded
from .nodes import Graph, GraphNode
from .wording import readable_source


def failed_graph(
    error: Exception, entered: Sequence[Tensor], names: dict[str, Any], recorded: Recorded
) -> Graph:
    """What had been computed when ``error`` was raised, with the op that raised it as the last
    node.

    Parameters
    ----------
    error : Exception
    entered : sequence of Tensor
        What had been given to modules that never returned.
    names : dict of str to Tensor
        What to call tensors.
    recorded : Recorded
        What had run.

    Raises
    ------
    Exception
        ``error`` itself, where no tensor was in sight.
    """
    operands = getattr(error, "operands", ())
    tensors = [value for value in operands if isinstance(value, Tensor)]
    around = [
        tensor
        for tensor in [*_in_variables(error), *entered]
        if tensor.requires_grad or recorded.recording.known(tensor) is not None
    ]
    unique = {id(tensor): tensor for tensor in [*tensors, *around]}
    graph = graph_of(list(unique.values()), names, recorded=recorded)
    if not graph.nodes:
        raise error
    for node in graph.nodes:
        node.output = False
    message = str(error).partition("\n")[0]
    graph.notes.append(f"stopped by {type(error).__name__}: {message}")
    if hasattr(error, "op"):
        _add_failing(graph, error, operands)
    return graph


def _add_failing(graph: Graph, error: Any, operands: Sequence[Any]) -> None:
    roots = iter(graph.outputs)
    keys: dict[int, int] = {}
    for value in operands:
        if isinstance(value, Tensor) and id(value) not in keys:
            keys[id(value)] = next(roots)
    inputs = tuple(
        [
            keys[id(value)] if id(value) in keys else _constant_key(graph, value)
            for value in operands
        ]
    )
    failing = GraphNode(
        key=len(graph.nodes),
        kind="op",
        label=error.op.symbol or error.op.name,
        op=error.op.name,
        inputs=inputs,
        output=True,
        failed=type(error).__name__,
        source=readable_source(_last_line(error)),
    )
    graph.nodes.append(failing)
    graph.outputs = (failing.key,)


def _constant_key(graph: Graph, value: Any) -> int | None:
    if value is None:
        return None
    graph.nodes.append(constant_node(len(graph.nodes), value))
    return len(graph.nodes) - 1


def _users_steps(error: Exception) -> Iterator[TracebackType]:
    """The steps of the traceback through code that belongs to no package."""
    step = error.__traceback__
    while step is not None:
        if not is_packaged(step.tb_frame.f_code.co_filename):
            yield step
        step = step.tb_next


def _in_variables(error: Exception) -> list[Tensor]:
    """The tensors that the user's variables hold."""
    values = [value for step in _users_steps(error) for value in step.tb_frame.f_locals.values()]
    return [value for value in values if isinstance(value, Tensor)]


def _last_line(error: Exception) -> str:
    """The user's line that was running; nothing where only packages were."""
    steps = list(_users_steps(error))
    if not steps:
        return ""
    filename = steps[-1].tb_frame.f_code.co_filename
    line = steps[-1].tb_lineno
    return f"{filename}:{line}: {linecache.getline(filename, line).strip()}"
