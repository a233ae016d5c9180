"""Cutting a graph that is too large to be listed: into calls of modules where these are known, else
into equal stretches.

Nobody reads the middle of ten thousand operations, and each node costs time; so it is cut before it
is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...core.node import Node
from .calls import homes, nesting
from .nodes import Scope

HEAD = 10
TAIL = 30
"""How many operations at the beginning and at the end are listed one by one."""

SEGMENTS = 40
CALLS = 60
"""How many stretches, and how many calls, there may be between."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive operations that are drawn as one node; ``scope`` is the call that it stands
    in."""

    nodes: list[Node]
    label: str
    name: str | None = None
    scope: int | None = None
    repeats: int = 1
    parallel: bool = False


def pieces(operations: list[Node], scopes: Sequence[Scope]) -> list[Node | Piece]:
    """Single operations and pieces, in order: calls of modules as deep as they are few, alike
    neighbours together.
    """
    home = list(homes((node.index for node in operations), scopes))
    calls = _calls(operations, home, scopes, 1)
    deepest = max((nesting(scopes, key) for key in range(len(scopes))), default=0)
    for depth in range(2, deepest + 1):
        deeper = _calls(operations, home, scopes, depth)
        if len(deeper) > CALLS:
            break
        calls = deeper
    if len(calls) > CALLS:
        calls = _bundles(calls)
    return [item for piece in calls for item in _without_middle(piece)]


def _calls(
    operations: list[Node], home: list[int | None], scopes: Sequence[Scope], depth: int
) -> list[Piece]:
    """The calls at a depth, and what stands between them."""
    around: dict[int | None, int | None] = {None: None}
    for key, scope in enumerate(scopes):  # parents come first
        around[key] = around[scope.parent]
        if nesting(scopes, key) <= depth:
            around[key] = key
    found = []
    for call, run in groupby(zip(operations, home), key=lambda pair: around[pair[1]]):
        nodes = [node for node, _ in run]
        if call is None or nesting(scopes, call) < depth:
            found.append(Piece(nodes, "", scope=call))
        else:
            scope = scopes[call]
            found.append(Piece(nodes, scope.kind, scope.path or None, scope.parent))
    return [_joined(list(run)) for _, run in groupby(found, key=_resemblance)]


def _resemblance(piece: Piece) -> tuple:
    """What neighbours that are drawn as one have in common; what stands between calls has nothing
    in common with others.
    """
    if not piece.name:
        return piece.label, piece.scope, piece.nodes[0].index
    structure = tuple([(node.op.name, node.shape) for node in piece.nodes])
    return piece.label, piece.scope, structure


def _joined(alike: list[Piece]) -> Piece:
    first = alike[0]
    last = alike[-1]
    if len(alike) == 1:
        return first
    name = first.name
    if first.name != last.name:
        name = f"{first.name} … {last.name}"
    nodes = [node for piece in alike for node in piece.nodes]
    return Piece(nodes, first.label, name, first.scope, len(alike), not _in_turn(alike))


def _in_turn(alike: list[Piece]) -> bool:
    """Whether one piece uses what another has computed."""
    of = {node: i for i, piece in enumerate(alike) for node in piece.nodes}
    return any(of.get(x, i) != i for node, i in of.items() for x in node.inputs if type(x) is Node)


def _bundles(calls: list[Piece]) -> list[Piece]:
    """Many calls in turn as few pieces, which say what is in them."""
    step = -(-len(calls) // SEGMENTS)
    return [_bundle(calls[start : start + step]) for start in range(0, len(calls), step)]


def _bundle(together: list[Piece]) -> Piece:
    counts: Counter[str] = Counter()
    for piece in together:
        if piece.name:
            counts[piece.name] += piece.repeats
    label = ", ".join([f"{name} ×{count}" for name, count in counts.items()])
    nodes = [node for piece in together for node in piece.nodes]
    return Piece(nodes, label, scope=together[0].scope)


def _without_middle(piece: Piece) -> Iterator[Node | Piece]:
    """A call as it is; of what stands between calls, the ends one by one and the middle in equal
    stretches.
    """
    nodes = piece.nodes
    if piece.label:
        yield piece
    elif len(nodes) <= HEAD + TAIL:
        yield from nodes
    else:
        tail = max(len(nodes) - TAIL, HEAD)
        step = max(-(-(tail - HEAD) // SEGMENTS), 1)
        yield from nodes[:HEAD]
        for start in range(HEAD, tail, step):
            stretch = nodes[start : min(start + step, tail)]
            yield Piece(stretch, f"{len(stretch):,} operations", scope=piece.scope)
        yield from nodes[tail:]
