"""Making a graph small enough to read: module calls, repeats and long chains become single nodes.

What goes together is decided here for calls of modules and for what repeats; `chains` does the same
where there are no modules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .calls import nesting
from .chains import closed_chains, squeezed
from .nodes import Graph, GraphNode, Scope
from .quotient import Group, quotient
from .scale import is_wide

LIMIT = 150
"""More nodes than this nobody reads."""

ALIKE = 3
"""How many alike in turn are folded."""

PERIOD = 8
"""How many calls and operations may be what repeats."""

RUN = "run "
"""How the `GraphNode.fold` of a repeat begins; that of a module is its path."""


def folded(
    graph: Graph,
    depth: int | None = None,
    collapse: Collection[str] = (),
    limit: int | None = LIMIT,
    unfold: Collection[str] = (),
) -> Graph:
    """A graph with fewer nodes.

    Repeats and chains whose members differ widely in the size of their values or gradients stay
    open, as far as there is room: one node would hide where that begins.

    Parameters
    ----------
    graph : Graph
    depth : int, optional
        How many levels of modules are opened: 0 shows the outermost module as one node.
    collapse : collection of str
        Attribute paths or class names of modules to show as one node.
    limit : int, optional
        The number of nodes above which modules are closed from the inside out, and then operations
        taken together. With None nothing is folded but what is asked for.
    unfold : collection of str
        The `GraphNode.fold` of groups that are to be opened.

    Returns
    -------
    Graph
        With a note about what did not fit. The graph itself if there is nothing to fold.
    """
    if limit is None:
        requested = _closed_by_request(graph.scopes, depth, collapse)
        return quotient(graph, _by_call(graph, _modules(graph.scopes, requested), {}))
    closing = _Closing(graph, depth, collapse, limit, unfold)
    small = closing.quotient()
    wide = [node.fold for node in small.nodes if node.fold and is_run(node.fold) and is_wide(node)]
    if wide:
        opening = _Closing(graph, depth, collapse, limit, (*unfold, *wide))
        opened = opening.quotient()
        if len(opened.nodes) <= limit:
            closing = opening
            small = opened
    fitted = closing.fitted(small)
    if len(fitted.nodes) < len(small.nodes):
        fitted.notes.append(
            f"modules are closed to fit {limit} nodes; draw(..., depth=...) or collapse=... "
            "chooses otherwise"
        )
    fitted = closed_chains(fitted, limit)
    if len(fitted.nodes) > limit:
        fitted = squeezed(fitted, limit)
    return fitted


class _Closing:
    """Which calls of modules, and which repeats of them, are drawn as one node."""

    def __init__(
        self,
        graph: Graph,
        depth: int | None,
        collapse: Collection[str],
        limit: int,
        unfold: Collection[str],
    ) -> None:
        self.graph = graph
        self.limit = limit
        self.unfold = unfold
        self.levels = _closing_levels(graph.scopes, depth)
        self.repeats = _repeats(graph, unfold)
        requested = _closed_by_request(graph.scopes, depth, collapse)
        whole = [*requested, *_functions(graph.scopes), *_calls_in_time(graph)]
        closed = _modules(graph.scopes, whole)
        self.groups = self._still_closed(closed | self.repeats.calls)

    def _still_closed(self, groups: dict[int, Group]) -> dict[int, Group]:
        """The groups of calls without those that are to be opened."""
        return {
            key: group
            for key, group in groups.items()
            if group.repeats > 1 or self.graph.scopes[key].path not in self.unfold
        }

    def quotient(self) -> Graph:
        """The graph with all that is closed as single nodes."""
        return quotient(self.graph, _by_call(self.graph, self.groups, self.repeats.between))

    def fitted(self, small: Graph) -> Graph:
        """The graph with more and more closed, from the inside out, until it fits."""
        scopes = self.graph.scopes
        for level in self.levels:
            if len(small.nodes) <= self.limit:
                break
            inner = [key for key in range(len(scopes)) if nesting(scopes, key) == level]
            self.groups = self._still_closed(_modules(scopes, inner)) | self.groups
            small = self.quotient()
        return small


def _closing_levels(scopes: Sequence[Scope], depth: int | None) -> list[int]:
    """The levels of modules that are open and may be closed, from the inside out."""
    levels = {nesting(scopes, key) for key in range(len(scopes))} - {0}
    if depth is not None:
        levels = {level for level in levels if level < depth}
    return sorted(levels, reverse=True)


def is_run(fold: str) -> bool:
    """Whether a `GraphNode.fold` is that of a repeat."""
    return fold.startswith(RUN)


def members_of(graph: Graph, fold: str) -> tuple[list[int], list[int]]:
    """The calls that a group stands for, by its `GraphNode.fold`, and the operations between
    them."""
    if not is_run(fold):
        return [key for key, scope in enumerate(graph.scopes) if scope.path == fold], []
    repeats = _repeats(graph, ())
    calls = [key for key, group in repeats.calls.items() if group.fold == fold]
    between = [key for key, group in repeats.between.items() if group.fold == fold]
    return calls, between


# --- calls of modules -----------------------------------------------------------------------------


def _closed_by_request(
    scopes: Sequence[Scope], depth: int | None, collapse: Collection[str]
) -> list[int]:
    """The calls that the user wants closed."""
    for name in collapse:
        if not any(name in (scope.path, scope.kind) for scope in scopes):
            known = ", ".join(sorted({scope.path for scope in scopes} - {""}))
            known = known or "none: draw(module, sample) records them"
            raise ValueError(f"collapse={name!r} names no module of the graph; it has {known}")
    return [
        key
        for key, scope in enumerate(scopes)
        if nesting(scopes, key) == depth or scope.path in collapse or scope.kind in collapse
    ]


def _functions(scopes: Sequence[Scope]) -> list[int]:
    """The calls that read as one operation, and are closed until they are opened."""
    return [key for key, scope in enumerate(scopes) if scope.function]


def _calls_in_time(graph: Graph) -> list[int]:
    """The calls that run over time, and read as one step after the other; the outermost is open."""
    homes = {node.scope for node in graph.nodes if node.steps}
    return [key for key in homes if key is not None and graph.scopes[key].parent is not None]


def _modules(scopes: Sequence[Scope], keys: Iterable[int]) -> dict[int, Group]:
    return {key: _module_group(scopes, key) for key in keys}


def _module_group(scopes: Sequence[Scope], key: int) -> Group:
    scope = scopes[key]
    if scope.function:
        return Group(("scope", key), scope.kind, None, scope.parent, fold=scope.path, call=scope)
    return Group(("scope", key), scope.kind, scope.path or None, scope.parent, fold=scope.path)


def _by_call(graph: Graph, groups: dict[int, Group], between: dict[int, Group]) -> dict[int, Group]:
    """The operations of the closed calls, and those between repeats; where closed calls are nested,
    the outermost counts.
    """
    outermost: dict[int | None, Group | None] = {None: None}
    for key, scope in enumerate(graph.scopes):  # parents come first
        outermost[key] = outermost[scope.parent] or groups.get(key)
    found = {}
    for node in graph.nodes:
        if node.computed:
            group = outermost[node.scope] or between.get(node.key)
            if group:
                found[node.key] = group
    return found


# --- repeats --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """Something that happens directly in a call: an operation, or another call.

    Attributes
    ----------
    sign : tuple
        What it has in common with what is like it.
    operations : int
        How many there are in it.
    """

    key: int
    is_call: bool
    sign: tuple
    operations: int = 1


@dataclass(frozen=True, slots=True)
class Repeats:
    """The groups of the calls that repeat, and of the operations between them, by their keys."""

    calls: dict[int, Group]
    between: dict[int, Group]


def _repeats(graph: Graph, unfold: Collection[str]) -> Repeats:
    """What happens several times in a row in one call: calls with the same structure, and the same
    operations between them.
    """
    found = Repeats({}, {})
    for items in _contents_of_calls(graph):
        start = 0
        while start < len(items):
            period, times = _repeat(items, start)
            run = items[start : start + period * times]
            if run:
                _take_together(graph.scopes, run, times, unfold, found)
            start += max(period * times, 1)
    return found


def _take_together(
    scopes: Sequence[Scope], run: list[Item], times: int, unfold: Collection[str], found: Repeats
) -> None:
    """Note the group of a run, or, if that is to be opened, each of its calls as a group."""
    calls = [item.key for item in run if item.is_call]
    group = _run_group(scopes, calls, times)
    if group.fold in unfold:
        found.calls.update({key: _module_group(scopes, key) for key in calls})
    else:
        found.calls.update(dict.fromkeys(calls, group))
        found.between.update({item.key: group for item in run if not item.is_call})


def _repeat(items: list[Item], start: int) -> tuple[int, int]:
    """How long a pattern is that repeats from a place on, and how often it is there; (0, 0) if
    there is none with a call in it.
    """
    best = (0, 0)
    for period in range(1, min(PERIOD, (len(items) - start) // ALIKE) + 1):
        block = items[start : start + period]
        calls = sum(item.is_call for item in block)
        if not calls or sum(item.operations for item in block) < 2:
            continue
        times = _times(items, start, period)
        needed = ALIKE + (calls > 1)
        if times >= needed and times * period > best[0] * best[1]:
            best = (period, times)
    return best


def _times(items: list[Item], start: int, period: int) -> int:
    """How often in turn the pattern of so many items from a place on is there."""
    signs = [item.sign for item in items[start : start + period]]
    times = 1
    while True:
        begin = start + times * period
        if [item.sign for item in items[begin : begin + period]] != signs:
            return times
        times += 1


def _contents_of_calls(graph: Graph) -> list[list[Item]]:
    """For each call, and for the outside, what happens directly in it, in order."""
    signatures = _signatures(graph)
    found: dict[int | None, list[Item]] = {}
    for node in graph.nodes:
        if not node.computed:
            continue
        item = Item(node.key, False, structure(node))
        scope = node.scope
        while True:
            inside = found.setdefault(scope, [])
            if not inside or inside[-1] != item:
                inside.append(item)
            if scope is None:
                break
            sign = signatures[scope]
            item = Item(scope, True, sign, len(sign[1]))
            scope = graph.scopes[scope].parent
    return list(found.values())


def _run_group(scopes: Sequence[Scope], run: list[int], times: int) -> Group:
    first = scopes[run[0]]
    last = scopes[run[-1]]
    kinds = ", ".join([scopes[key].kind for key in run[: len(run) // times]])
    name = first.path
    if first.path != last.path:
        name = f"{first.path} … {last.path}"
    key = ("run", run[0])
    return Group(key, kinds, name, first.parent, repeats=times, fold=f"{RUN}{first.path}")


def structure(node: GraphNode) -> tuple:
    """What an operation or group has in common with those that are like it."""
    if node.kind == "op":
        return node.op, node.shape
    return node.label, node.members, node.shape


def _signatures(graph: Graph) -> list[tuple]:
    """For each call its class and the operations in it, with their shapes."""
    inside: list[list] = [[] for _ in graph.scopes]
    for node in graph.nodes:
        if node.computed:
            scope = node.scope
            while scope is not None:
                inside[scope].append(structure(node))
                scope = graph.scopes[scope].parent
    return [(scope.kind, tuple(operations)) for scope, operations in zip(graph.scopes, inside)]
