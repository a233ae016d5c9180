"""In which call of a module each node happened, by the engine's clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from ...core.node import Node
from .nodes import Graph, GraphNode, Scope

NEVER = float("inf")
"""When a call ended that never returned."""


def homes(indices: Iterable[int], scopes: Sequence[Scope]) -> Iterator[int | None]:
    """For each of some moments, in order, the innermost call of a module that was going on."""
    pending = list(range(len(scopes)))[::-1]
    stack: list[int] = []
    for index in indices:
        while pending and scopes[pending[-1]].start < index:
            stack.append(pending.pop())
        while stack and scopes[stack[-1]].end < index:
            stack.pop()
        if stack:
            yield stack[-1]
        else:
            yield None


def nesting(scopes: Sequence[Scope], key: int | None) -> int:
    """How many calls a call stands in."""
    depth = -1
    while key is not None:
        depth += 1
        key = scopes[key].parent
    return depth


def without(scopes: Sequence[Scope], unwanted: Collection[int]) -> list[Scope]:
    """The calls without some of them: what stood in these stands in what is around them."""
    new: dict[int | None, int | None] = {None: None}
    kept: list[Scope] = []
    for key, scope in enumerate(scopes):  # parents come first
        new[key] = new[scope.parent]
        if key not in unwanted:
            new[key] = len(kept)
            kept.append(replace(scope, parent=new[scope.parent]))
    return kept


def modules_only(scopes: Sequence[Scope]) -> list[Scope]:
    """The calls of modules."""
    return without(scopes, [key for key, scope in enumerate(scopes) if scope.function])


def settle_functions(graph: Graph, scopes: Sequence[Scope]) -> list[Scope]:
    """The calls without functions of less than two operations; where there is one, it is called
    as the function is.
    """
    placed = [node for node in graph.nodes if isinstance(node.subject, Node)]
    inside: dict[int, list[GraphNode]] = {}
    for node, home in zip(placed, homes((node.subject.index for node in placed), scopes)):
        for key in _way_up(scopes, home):  # a function may call one that the user wrote
            inside.setdefault(key, []).append(node)
    unwanted = set()
    for key, scope in enumerate(scopes):
        if scope.function and len(inside.get(key, ())) < 2:
            unwanted.add(key)
            for node in inside.get(key, ()):
                _call_as(node, scope)
    return without(scopes, unwanted)


def _call_as(node: GraphNode, scope: Scope) -> None:
    """Call an operation as the function that the user called."""
    if node.op == "component":
        return
    operands = 0
    if scope.kind.removesuffix("_") == node.op:
        operands = len(node.subject.op.args)  # these have nodes of their own
    node.params = ", ".join([text for position, text in scope.params if position >= operands])
    if node.op != scope.kind:
        node.label = scope.kind


def place(graph: Graph, scopes: Sequence[Scope]) -> None:
    """Say for every node which call it belongs to. A parameter stands with its users if they are
    all in one call.
    """
    graph.scopes = tuple(scopes)
    placed = [node for node in graph.nodes if isinstance(node.subject, Node)]
    for node, home in zip(placed, homes((node.subject.index for node in placed), scopes)):
        node.scope = home
    for node in graph.nodes:
        if node.failed:
            node.scope = unfinished(scopes)
    place_leaves(graph)


def module_around(scopes: Sequence[Scope], key: int | None) -> int | None:
    """The innermost call of a module that a call is, or stands in."""
    while key is not None and scopes[key].function:
        key = scopes[key].parent
    return key


def path_around(scopes: Sequence[Scope], key: int | None) -> str:
    """The path of the innermost module around; nothing outside of all."""
    home = module_around(scopes, key)
    if home is None:
        return ""
    return scopes[home].path


def unfinished(scopes: Sequence[Scope]) -> int | None:
    """The innermost call that never returned."""
    return max((key for key, scope in enumerate(scopes) if scope.end == NEVER), default=None)


def place_leaves(graph: Graph) -> None:
    """Have the parameters, and the constants without a name, stand with what uses them."""
    used_in: dict[int, set[int | None]] = {}
    for edge in graph.edges:
        used_in.setdefault(edge.source, set()).add(graph.nodes[edge.target].scope)
    for node in graph.nodes:
        if node.unnamed_constant or node.kind == "parameter":
            if node.key in used_in:
                node.scope = _common(graph.scopes, used_in[node.key])
                if node.kind == "parameter":  # an argument of a function stands beside it
                    node.scope = module_around(graph.scopes, node.scope)


def _common(scopes: Sequence[Scope], places: Iterable[int | None]) -> int | None:
    """The innermost call that all the places are in."""
    paths = [_way_up(scopes, place) for place in places]
    shared = [key for key in paths[0] if all(key in path for path in paths)]
    return next(iter(shared), None)


def _way_up(scopes: Sequence[Scope], key: int | None) -> list[int]:
    """A call and those around it, from the inside out."""
    path = []
    while key is not None:
        path.append(key)
        key = scopes[key].parent
    return path
