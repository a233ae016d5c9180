"""Watching a function or a module run: its outputs, which module call each operation belongs to,
and where it failed.

Modules are known by what they offer (``named_modules`` and forward hooks), not by their class: this
package does not import `nn`. When the run fails, the graph up to the failure is found through the
traceback.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..core.memory import clock
from ..core.modes import detect_anomaly
from ..core.node import Node
from ..core.primitive import Primitive
from ..core.tensor import Tensor
from .graph import Graph, GraphNode, Scope, constant_node, trace, where
from .large import homes


@dataclass(slots=True)
class Run:
    """What came of calling a function on sample arguments."""

    outputs: list[Tensor]
    scopes: list[Scope] = field(default_factory=list)
    names: dict[str, Tensor] = field(default_factory=dict)
    error: Exception | None = None


def is_module(value: Any) -> bool:
    """Whether it offers what modules offer."""
    return (
        not isinstance(value, type)
        and hasattr(type(value), "named_modules")
        and hasattr(type(value), "register_forward_pre_hook")
    )


def run(function: Callable, args: tuple) -> Run:
    """Call a function or a module, recording operations and their lines; buffers that a module's
    forward changes are put back.

    Returns
    -------
    Run
        With ``error`` set, and no outputs, where the call raised.
    """
    modules = modules_of(function)
    watch = _Watch(modules)
    result = Run([], names=_argument_names(function, args))
    found = {
        id(buffer): buffer
        for module in modules.values()
        if hasattr(module, "named_buffers")
        for _, buffer in module.named_buffers()
    }
    buffers = [(buffer, buffer.numpy().copy()) for buffer in found.values()]
    try:
        with detect_anomaly(check_nan=False):
            result.outputs = list(tensors_in(function(*args)))
    except Exception as error:
        result.error = error
    finally:
        for buffer, before in buffers:
            buffer.numpy()[...] = before
        result.scopes = watch.close()
    return result


def modules_of(function: Callable) -> dict[str, Any]:
    """The modules that a call runs, by their path: a module itself, or those that a function knows
    by a variable of its own.
    """
    if is_module(function):
        return {"": function}
    try:
        variables = inspect.getclosurevars(function)
    except TypeError:  # not written in Python
        return {}
    return {
        name: value
        for name, value in {**variables.globals, **variables.nonlocals}.items()
        if is_module(value)
    }


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)


def _argument_names(function: Any, args: tuple) -> dict[str, Tensor]:
    called = function.forward if is_module(function) else function
    try:
        parameters = list(inspect.signature(called).parameters)
    except (TypeError, ValueError):  # a builtin has no signature to read
        return {}
    return {name: value for name, value in zip(parameters, args) if isinstance(value, Tensor)}


class _Watch:
    """Notes the engine's clock when each module is entered and left."""

    def __init__(self, modules: dict[str, Any]) -> None:
        self.scopes: list[list] = []  # path, kind, parent, start, end
        self._stack: list[int] = []
        parts: dict[int, tuple[str, Any]] = {}
        for name, module in modules.items():
            for path, part in module.named_modules():
                parts.setdefault(id(part), (".".join(filter(None, (name, path))), part))
        self._handles = []
        for path, part in parts.values():
            self._handles.append(
                part.register_forward_pre_hook(self._enter(path, type(part).__name__))
            )
            self._handles.append(part.register_forward_hook(self._leave))

    def _enter(self, path: str, kind: str) -> Callable:
        def hook(module: Any, args: Any) -> None:
            self.scopes.append(
                [path, kind, self._stack[-1] if self._stack else None, next(clock), float("inf")]
            )
            self._stack.append(len(self.scopes) - 1)

        return hook

    def _leave(self, module: Any, args: Any, output: Any) -> None:
        self.scopes[self._stack.pop()][4] = next(clock)

    def close(self) -> list[Scope]:
        for handle in self._handles:
            handle.remove()
        return [Scope(*scope) for scope in self.scopes]


def place(graph: Graph, scopes: list[Scope]) -> None:
    """Say for every node which call it belongs to. A parameter stands with its users if they are
    all in one call.
    """
    graph.scopes = tuple(scopes)
    placed = [node for node in graph.nodes if isinstance(node.subject, Node)]
    for node, home in zip(placed, homes((node.subject.index for node in placed), scopes)):
        node.scope = home
    for node in graph.nodes:
        if node.failed:
            node.scope = _unfinished(scopes)
    _place_leaves(graph)


def _unfinished(scopes: list[Scope]) -> int | None:
    """The innermost call that never returned."""
    return max((key for key, scope in enumerate(scopes) if scope.end == float("inf")), default=None)


def _place_leaves(graph: Graph) -> None:
    homes: dict[int, set[int | None]] = {}
    for edge in graph.edges:
        homes.setdefault(edge.source, set()).add(graph.nodes[edge.target].scope)
    for node in graph.nodes:
        own = node.kind == "parameter" or (node.kind == "constant" and not node.name)
        if own and node.key in homes:
            node.scope = _common(graph.scopes, homes[node.key])


def _common(scopes: tuple[Scope, ...], places: set[int | None]) -> int | None:
    """The innermost call that all the places are in."""
    paths = []
    for place in places:
        path = []
        while place is not None:
            path.append(place)
            place = scopes[place].parent
        paths.append(path)
    shared = [key for key in paths[0] if all(key in path for path in paths)]
    return shared[0] if shared else None


# --- failures -------------------------------------------------------------------------------------


def failed_graph(error: Exception, names: dict[str, Any]) -> Graph:
    """What had been computed when ``error`` was raised, with the op that raised it as the last
    node.

    Raises
    ------
    Exception
        ``error`` itself, where no tensor was in sight.
    """
    op, operands, around, line = _wreck(error)
    tensors = [value for value in operands if isinstance(value, Tensor)]
    graph = trace(
        tensors + [tensor for tensor in around if not any(tensor is other for other in tensors)],
        names,
    )
    if not graph.nodes:
        raise error
    for node in graph.nodes:
        node.output = False
    message = str(error).partition("\n")[0]
    graph.notes.append(f"stopped by {type(error).__name__}: {message}")
    if op is not None:
        inputs = iter(graph.outputs)
        positions = tuple(
            [
                next(inputs) if isinstance(value, Tensor) else _literal(graph, value)
                for value in operands
            ]
        )
        graph.nodes.append(
            GraphNode(
                key=len(graph.nodes),
                kind="op",
                label=op.symbol or op.name,
                op=op.name,
                inputs=positions,
                output=True,
                failed=type(error).__name__,
                source=where(line),
            )
        )
        graph.outputs = (len(graph.nodes) - 1,)
    return graph


def _literal(graph: Graph, value: Any) -> int | None:
    if value is None:
        return None
    graph.nodes.append(constant_node(len(graph.nodes), value))
    return len(graph.nodes) - 1


def _wreck(error: Exception) -> tuple[Primitive | None, tuple, list[Tensor], str]:
    """The failing op and its operands from the engine's frame, the tensors in the user's frames
    around it, and the last line of these.
    """
    op, operands, around, line = None, (), [], ""
    step = error.__traceback__
    while step is not None:
        local, module = step.tb_frame.f_locals, step.tb_frame.f_globals.get("__name__", "")
        if module.startswith("autograd_engine.") and isinstance(local.get("op"), Primitive):
            if step.tb_frame.f_code.co_name == "apply":
                op, operands = local["op"], tuple(local["args"])
            elif "input" in local:  # the short way of elementwise ops
                op, operands = (
                    local["op"],
                    tuple([local[name] for name in ("input", "other") if name in local]),
                )
        elif not module.startswith("autograd_engine"):
            around += [
                value
                for value in local.values()
                if isinstance(value, Tensor) and value.requires_grad
            ]
            filename = step.tb_frame.f_code.co_filename
            line = f"{filename}:{step.tb_lineno}: {linecache.getline(filename, step.tb_lineno).strip()}"
        step = step.tb_next
    return op, operands, around, line
