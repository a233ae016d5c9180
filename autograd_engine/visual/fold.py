"""Making a graph small enough to read: module calls, repeats and long chains become single nodes.

Every way of folding is one thing, an assignment of nodes to groups; `quotient` then draws each
group as a node. What only a group uses (its parameters, its constants) goes into it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from .graph import Graph, GraphNode, Scope
from .large import nesting

LIMIT = 150
"""More nodes than this nobody reads."""

CHAIN, ALIKE, PERIOD = 16, 3, 8
"""How long a chain, and how many alike, are folded; how many calls and operations may be what
repeats.
"""


@dataclass(frozen=True, slots=True)
class Group:
    """What a group is called, and where it stands."""

    key: Any
    label: str
    name: str | None = None
    scope: int | None = None
    repeats: int = 1
    fold: str | None = None
    swallow: bool = (
        False  # whether all leaves that only it uses go into it, or only parameters and constants
    )


def fold(
    graph: Graph,
    depth: int | None = None,
    collapse: Collection[str] = (),
    limit: int = LIMIT,
    unfold: Collection[str] = (),
) -> Graph:
    """A graph with fewer nodes.

    Parameters
    ----------
    graph : Graph
    depth : int, optional
        How many levels of modules are opened: 0 shows the outermost module as one node.
    collapse : collection of str
        Attribute paths or class names of modules to show as one node.
    limit : int
        The number of nodes above which modules are closed from the inside out, and then operations
        taken together.
    unfold : collection of str
        The `GraphNode.fold` of groups that are to be opened.

    Returns
    -------
    Graph
        With a note about what did not fit. The graph itself if there is nothing to fold.
    """
    closed = _closed_by_request(graph.scopes, depth, collapse)
    runs, between = _repeats(graph, unfold)
    groups = _opened(
        graph.scopes, runs | {key: _module_group(graph.scopes, key) for key in closed}, unfold
    )
    small = quotient(graph, _by_scope(graph, groups, between))
    levels = sorted(
        {nesting(graph.scopes, key) for key in range(len(graph.scopes))} - {0}, reverse=True
    )
    fitted = small
    for level in levels if depth is None else ():
        if len(fitted.nodes) <= limit:
            break
        inner = {
            key: _module_group(graph.scopes, key)
            for key in range(len(graph.scopes))
            if nesting(graph.scopes, key) == level
        }
        groups = _opened(graph.scopes, inner, unfold) | groups
        fitted = quotient(graph, _by_scope(graph, groups, between))
    if len(fitted.nodes) < len(small.nodes):
        fitted.notes.append(
            f"modules are closed to fit {limit} nodes; draw(..., depth=...) or collapse=... "
            "chooses otherwise"
        )
    chained = _chains(fitted)
    fitted = quotient(fitted, chained) if chained else fitted
    return fitted if len(fitted.nodes) <= limit else _squeeze(fitted, limit)


def quotient(graph: Graph, assignment: dict[int, Group]) -> Graph:
    """The graph with every group drawn as one node; `assignment` maps the keys of operations to
    their groups.
    """
    if not assignment:
        return graph
    assignment = assignment | _swallowed(graph, assignment)
    last = {
        group.key: key
        for key, group in sorted(assignment.items(), key=lambda item: _rank(graph.nodes[item[0]]))
    }
    keys: dict[Any, int] = {}
    shown = [
        node
        for node in graph.nodes
        if node.key not in assignment or last.get(assignment[node.key].key) == node.key
    ]
    for new, node in enumerate(shown):
        keys[assignment[node.key].key if node.key in assignment else node.key] = new
    new_key = [
        keys[assignment[node.key].key if node.key in assignment else node.key]
        for node in graph.nodes
    ]
    members: dict[Any, list[GraphNode]] = {}
    for key, group in assignment.items():
        members.setdefault(group.key, []).append(graph.nodes[key])
    nodes = []
    for new, node in enumerate(shown):
        if node.key in assignment:
            nodes.append(
                _group_node(
                    new, assignment[node.key], members[assignment[node.key].key], node, new_key
                )
            )
        else:
            inputs = [None if i is None else new_key[i] for i in node.inputs]
            nodes.append(
                replace(
                    node,
                    key=new,
                    inputs=tuple(dict.fromkeys(inputs) if node.kind == "group" else inputs),
                )
            )
    outputs = tuple(dict.fromkeys(new_key[i] for i in graph.outputs))
    places = tuple([new_key[i] for i in graph.places or range(len(graph.nodes))])
    return Graph(nodes, outputs, graph.scopes, list(graph.notes), places)


def _rank(node: GraphNode) -> tuple[bool, int]:
    """A group stands where its last operation stood."""
    return node.kind in ("op", "group"), node.key


def _group_node(
    key: int, group: Group, members: list[GraphNode], last: GraphNode, new_key: list[int]
) -> GraphNode:
    operations = [node for node in members if node.kind in ("op", "group")]
    entering = sorted(
        {new_key[i] for node in operations for i in node.inputs if i is not None} - {key}
    )
    seconds = [node.seconds for node in operations if node.seconds is not None]
    owned = {
        leaf: leaf.numel()
        for node in members
        if type(node.subject) is tuple
        for leaf in node.subject
    }  # each once
    parameters = sum(owned.values()) + sum(
        _count(node) for node in members if type(node.subject) is not tuple
    )
    return GraphNode(
        key=key,
        kind="group",
        label=group.label,
        name=group.name,
        op="group",
        inputs=tuple(entering),
        shape=last.shape,
        dtype=last.dtype,
        scope=group.scope,
        output=any(node.output for node in members),
        members=sum(node.members for node in operations),
        parameters=parameters,
        repeats=group.repeats,
        fold=group.fold,
        value=last.value if operations else None,
        grad=last.grad if operations else None,
        seconds=sum(seconds) if seconds else None,
        failed=next((node.failed for node in members if node.failed), ""),
        subject=tuple(owned) if owned else None,
    )


def _count(node: GraphNode) -> int:
    size = 1
    for n in node.shape:
        size *= n
    return size if node.kind in ("parameter", "leaf") else node.parameters


def _swallowed(graph: Graph, assignment: dict[int, Group]) -> dict[int, Group]:
    """The leaves that go into a group: those that only it uses."""
    users: dict[int, set[Any]] = {}
    for edge in graph.edges:
        group = assignment.get(edge.target)
        users.setdefault(edge.source, set()).add(group)
    found = {}
    for node in graph.nodes:
        if node.kind in ("parameter", "leaf", "constant") and len(users.get(node.key, ())) == 1:
            (group,) = users[node.key]
            own = node.kind == "parameter" or (node.kind == "constant" and not node.name)
            if group is not None and (own or group.swallow) and not node.output:
                found[node.key] = group
    return found


# --- modules --------------------------------------------------------------------------------------


def _closed_by_request(
    scopes: tuple[Scope, ...], depth: int | None, collapse: Collection[str]
) -> list[int]:
    for name in collapse:
        if not any(name in (scope.path, scope.kind) for scope in scopes):
            known = (
                ", ".join(sorted({scope.path for scope in scopes} - {""}))
                or "none: draw(module, sample) records them"
            )
            raise ValueError(f"collapse={name!r} names no module of the graph; it has {known}")
    return [
        key
        for key, scope in enumerate(scopes)
        if (depth is not None and nesting(scopes, key) == depth)
        or scope.path in collapse
        or scope.kind in collapse
    ]


def members_of(graph: Graph, fold: str) -> tuple[list[int], list[int]]:
    """The calls that a group stands for, by its `GraphNode.fold`, and the operations between
    them."""
    if not fold.startswith("run "):
        return [key for key, scope in enumerate(graph.scopes) if scope.path == fold], []
    calls, between = _repeats(graph, ())
    return [key for key, group in calls.items() if group.fold == fold], [
        key for key, group in between.items() if group.fold == fold
    ]


def _opened(
    scopes: tuple[Scope, ...], groups: dict[int, Group], unfold: Collection[str]
) -> dict[int, Group]:
    return {
        key: group
        for key, group in groups.items()
        if group.repeats > 1 or scopes[key].path not in unfold
    }


def _module_group(scopes: tuple[Scope, ...], key: int) -> Group:
    scope = scopes[key]
    return Group(("scope", key), scope.kind, scope.path or None, scope.parent, fold=scope.path)


def _by_scope(
    graph: Graph, groups: dict[int, Group], between: dict[int, Group]
) -> dict[int, Group]:
    """The operations of the closed scopes, and those between repeats; where closed scopes are
    nested, the outermost counts.
    """
    outermost: dict[int, Group | None] = {}
    for key, scope in enumerate(graph.scopes):  # parents come first
        above = outermost[scope.parent] if scope.parent is not None else None
        outermost[key] = above or groups.get(key)
    found = {}
    for node in graph.nodes:
        group = (
            outermost[node.scope]
            if node.kind in ("op", "group") and node.scope is not None
            else None
        )
        if group := group or between.get(node.key):
            found[node.key] = group
    return found


def _repeats(graph: Graph, unfold: Collection[str]) -> tuple[dict[int, Group], dict[int, Group]]:
    """What happens several times in a row in one call: calls with the same structure, and the same
    operations between them.

    Returns
    -------
    tuple of dict
        The groups of calls, and those of the operations between them.
    """
    shapes = _signatures(graph)
    calls: dict[int, Group] = {}
    between: dict[int, Group] = {}
    for items in _contents(graph):
        signs = [shapes[key] if is_call else _structure(graph.nodes[key]) for is_call, key in items]
        start = 0
        while start < len(items):
            period, times = _repeat(items, signs, start)
            run = [key for is_call, key in items[start : start + period * times] if is_call]
            if run:
                group = _run_group(graph.scopes, run, times)
                closed = group.fold not in unfold
                calls |= {key: group if closed else _module_group(graph.scopes, key) for key in run}
                between |= {
                    key: group
                    for is_call, key in items[start : start + period * times]
                    if not is_call and closed
                }
            start += max(period * times, 1)
    return calls, between


def _repeat(items: list[tuple[bool, int]], signs: list[tuple], start: int) -> tuple[int, int]:
    """How long a pattern is that repeats from a place on, and how often it is there; (0, 0) if
    there is none with a call in it.
    """
    best = (0, 0)
    for period in range(1, min(PERIOD, (len(items) - start) // ALIKE) + 1):
        block, calls = (
            signs[start : start + period],
            sum(is_call for is_call, _ in items[start : start + period]),
        )
        if (
            not calls
            or sum(
                len(sign[1]) if is_call else 1 for sign, (is_call, _) in zip(block, items[start:])
            )
            < 2
        ):
            continue
        times = 1
        while signs[start + times * period : start + (times + 1) * period] == block:
            times += 1
        if times >= (ALIKE if calls == 1 else ALIKE + 1) and times * period > best[0] * best[1]:
            best = period, times
    return best


def _contents(graph: Graph) -> list[list[tuple[bool, int]]]:
    """For each call, and for the outside, what happens directly in it, in order: (True, a call) or
    (False, an operation).
    """
    found: dict[int | None, list[tuple[bool, int]]] = {}
    for node in graph.nodes:
        if node.kind in ("op", "group"):
            item, scope = (False, node.key), node.scope
            while True:
                inside = found.setdefault(scope, [])
                if not inside or inside[-1] != item:
                    inside.append(item)
                if scope is None:
                    break
                item, scope = (True, scope), graph.scopes[scope].parent
    return list(found.values())


def _run_group(scopes: tuple[Scope, ...], run: list[int], times: int) -> Group:
    first, last = scopes[run[0]], scopes[run[-1]]
    kinds = ", ".join([scopes[key].kind for key in run[: len(run) // times]])
    name = f"{first.path} … {last.path}" if first.path != last.path else first.path
    return Group(
        ("run", run[0]), kinds, name, first.parent, repeats=times, fold=f"run {first.path}"
    )


def _structure(node: GraphNode) -> tuple:
    return (node.op, node.shape) if node.kind == "op" else (node.label, node.members, node.shape)


def _signatures(graph: Graph) -> list[tuple]:
    """For each call its class and the operations in it, with their shapes."""
    inside: list[list] = [[] for _ in graph.scopes]
    for node in graph.nodes:
        scope = node.scope if node.kind in ("op", "group") else None
        while scope is not None:
            inside[scope].append(_structure(node))
            scope = graph.scopes[scope].parent
    return [(scope.kind, tuple(operations)) for scope, operations in zip(graph.scopes, inside)]


# --- without modules ------------------------------------------------------------------------------


def _chains(graph: Graph) -> dict[int, Group]:
    """The middles of long runs of operations that each have one operation before and one after
    them.
    """
    before, after = _neighbours(graph)
    found: dict[int, Group] = {}
    seen: set[int] = set()
    for node in graph.nodes:
        if node.key in seen or not _linked(graph, node, before, after):
            continue
        chain = [node.key]
        while len(after[chain[-1]]) == 1 and _linked(
            graph, graph.nodes[after[chain[-1]][0]], before, after
        ):
            chain.append(after[chain[-1]][0])
        seen.update(chain)
        if len(chain) >= CHAIN:
            middle, label, times = _links([graph.nodes[key] for key in chain[2:-2]])
            group = Group(
                ("chain", chain[0]), label, scope=middle[0].scope, repeats=times, swallow=True
            )
            found |= {node.key: group for node in middle}
    return found


def _links(chain: list[GraphNode]) -> tuple[list[GraphNode], str, int]:
    """The part of a chain that is folded, what it is called, and how often its pattern is there: as
    often as it fits, if there is one.
    """
    signs = [_structure(node) for node in chain]
    for period in range(1, min(PERIOD, len(chain) // ALIKE) + 1):
        if signs[period:] == signs[:-period] and all(node.kind == "op" for node in chain):
            times = len(chain) // period
            return (
                chain[: times * period],
                ", ".join([node.label for node in chain[:period]]),
                times,
            )
    return chain, f"{sum(node.members for node in chain):,} operations in a chain", 1


def _neighbours(graph: Graph) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = {node.key: [] for node in graph.nodes}
    after: dict[int, list[int]] = {node.key: [] for node in graph.nodes}
    for edge in graph.edges:
        if (
            graph.nodes[edge.source].kind in ("op", "group")
            and edge.target not in after[edge.source]
        ):
            before[edge.target].append(edge.source)
            after[edge.source].append(edge.target)
    return before, after


def _linked(graph: Graph, node: GraphNode, before: dict, after: dict) -> bool:
    plain = node.kind in ("op", "group") and not node.output and not node.name and not node.failed
    return (
        plain
        and len(before[node.key]) == 1
        and len(after[node.key]) == 1
        and graph.nodes[before[node.key][0]].scope == node.scope
    )


def _squeeze(graph: Graph, limit: int) -> Graph:
    """Only the operations at the end are shown one by one; those before them stand in groups of
    consecutive ones.
    """
    operations = [node.key for node in graph.nodes if node.kind in ("op", "group")]
    for tail, segments in (
        (limit // 2, limit // 8),
        (limit // 4, limit // 5),
        (limit // 8, limit // 8),
        (limit // 12, limit // 18),
        (4, 6),
        (1, 4),
    ):
        middle = operations[: max(len(operations) - tail, 0)]
        step = max(-(-len(middle) // segments), 1)
        groups: dict[int, Group] = {}
        for start in range(0, len(middle), step):
            segment = middle[start : start + step]
            count = sum(graph.nodes[key].members for key in segment)
            groups |= dict.fromkeys(
                segment, Group(("segment", start), f"{count:,} operations", swallow=True)
            )
        made = quotient(graph, groups)
        made = quotient(made, _many_leaves(made))
        if (
            len(made.nodes) <= limit and len(made.edges) <= limit
        ):  # more lines than that are a thicket
            break
    hidden = sum(node.members for node in made.nodes if node.kind == "group")
    made.notes.append(
        f"{hidden:,} of {graph.operations:,} operations are drawn in groups, to fit {limit} nodes"
    )
    return made


def _many_leaves(graph: Graph) -> dict[int, Group]:
    """The leaves and constants that only groups use, as one node."""
    others = {edge.source for edge in graph.edges if graph.nodes[edge.target].kind != "group"}
    leaves = [
        node.key
        for node in graph.nodes
        if node.kind in ("parameter", "leaf", "constant") and node.key not in others
    ]
    return (
        dict.fromkeys(leaves, Group(("leaves",), f"{len(leaves):,} leaves"))
        if len(leaves) > 1
        else {}
    )
