"""Cutting a graph that is too large to be listed: into calls of modules where these are known, else
into equal stretches.

Nobody reads the middle of ten thousand operations, and each node costs time; so it is cut before it
is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ..core.node import Node

if TYPE_CHECKING:
    from .graph import Scope

HEAD, TAIL, SEGMENTS, CALLS = 10, 30, 40, 60
"""How many operations at the beginning and at the end are listed one by one, and how many pieces
there may be between.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive operations that are drawn as one node; ``scope`` is the call that it stands
    in."""

    nodes: list[Node]
    label: str
    name: str | None = None
    scope: int | None = None
    repeats: int = 1


def homes(indices: Iterable[int], scopes: Sequence[Scope]) -> Iterator[int | None]:
    """For each of some moments, in order, the innermost call of a module that was going on."""
    pending = list(range(len(scopes)))[::-1]
    stack: list[int] = []
    for index in indices:
        while pending and scopes[pending[-1]].start < index:
            stack.append(pending.pop())
        while stack and scopes[stack[-1]].end < index:
            stack.pop()
        yield stack[-1] if stack else None


def nesting(scopes: Sequence[Scope], key: int | None) -> int:
    """How many calls a call stands in."""
    depth, parent = -1, key
    while parent is not None:
        depth, parent = depth + 1, scopes[parent].parent
    return depth


def cut(operations: list[Node], scopes: Sequence[Scope]) -> list[Node | Piece]:
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
    return [item for piece in calls for item in _listed(piece)]


def _calls(
    operations: list[Node], home: list[int | None], scopes: Sequence[Scope], depth: int
) -> list[Piece]:
    """The calls at a depth, and what stands between them."""
    around: dict[int | None, int | None] = {None: None}
    for key, scope in enumerate(scopes):  # parents come first
        around[key] = key if nesting(scopes, key) <= depth else around[scope.parent]
    found = []
    for call, run in groupby(zip(operations, home), key=lambda pair: around[pair[1]]):
        nodes = [node for node, _ in run]
        if call is None or nesting(scopes, call) < depth:
            found.append(Piece(nodes, "", scope=call))
        else:
            scope = scopes[call]
            found.append(Piece(nodes, scope.kind, scope.path or None, scope.parent))
    return [_joined(list(run)) for _, run in groupby(found, key=_signature)]


def _signature(piece: Piece) -> tuple:
    structure = (
        tuple([(node.op.name, node.shape) for node in piece.nodes])
        if piece.name
        else piece.nodes[0].index
    )
    return piece.label, piece.scope, structure


def _joined(alike: list[Piece]) -> Piece:
    first, last = alike[0], alike[-1]
    if len(alike) == 1:
        return first
    name = first.name if first.name == last.name else f"{first.name} … {last.name}"
    return Piece(
        [node for piece in alike for node in piece.nodes],
        first.label,
        name,
        first.scope,
        len(alike),
    )


def _bundles(calls: list[Piece]) -> list[Piece]:
    """Many calls in turn as few pieces, which say what is in them."""
    step = -(-len(calls) // SEGMENTS)
    found = []
    for start in range(0, len(calls), step):
        together = calls[start : start + step]
        counts: Counter[str] = Counter()
        for piece in together:
            counts.update({piece.name: piece.repeats} if piece.name else {})
        names = [f"{name} ×{n}" for name, n in counts.items()]
        found.append(
            Piece(
                [node for piece in together for node in piece.nodes],
                ", ".join(names),
                scope=together[0].scope,
            )
        )
    return found


def _listed(piece: Piece) -> Iterator[Node | Piece]:
    """A call as it is; of what stands between calls, the ends one by one and the middle in equal
    stretches.
    """
    if piece.label:
        yield piece
        return
    nodes = piece.nodes
    head, tail = (
        (HEAD, max(len(nodes) - TAIL, HEAD))
        if len(nodes) > HEAD + TAIL
        else (len(nodes), len(nodes))
    )
    yield from nodes[:head]
    step = -(-(tail - head) // SEGMENTS) or 1
    for start in range(head, tail, step):
        stretch = nodes[start : min(start + step, tail)]
        yield Piece(stretch, f"{len(stretch):,} operations", scope=piece.scope)
    yield from nodes[tail:]
