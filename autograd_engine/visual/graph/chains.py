"""Folding where there are no modules: the middles of long chains, and, of what is still too large,
stretches of consecutive operations.
"""

from __future__ import annotations

from collections.abc import Sequence

from .nodes import Graph, GraphNode
from .quotient import Group, quotient
from .scale import is_wide

CHAIN = 16
"""How long a chain is folded, all but its two first and last links."""

ALIKE = 3
"""How often a pattern is there that gives a chain its name."""

PERIOD = 8
"""How long the pattern may be."""

INPUTS = 12
"""So many leaves and constants with names stay single, whatever else is taken together."""

TAILS = ((2, 8), (4, 5), (8, 8), (12, 18))
"""The shares of the limit, as divisors: how many operations at the end stay single, and how many
groups stand before them. They are tried in turn.
"""

SMALLEST = ((4, 6), (1, 4))
"""The same as numbers, where no share fits."""


def chains(graph: Graph) -> dict[int, Group]:
    """The middles of long runs of operations that each have one operation before and one after
    them.
    """
    before, after = _neighbours(graph)

    def linked(key: int) -> bool:
        node = graph.nodes[key]
        if not node.computed or node.output or node.name or node.failed:
            return False
        if len(before[key]) != 1 or len(after[key]) != 1:
            return False
        return graph.nodes[before[key][0]].scope == node.scope

    found: dict[int, Group] = {}
    seen: set[int] = set()
    for node in graph.nodes:
        if node.key in seen or not linked(node.key):
            continue
        chain = [node.key]
        while len(after[chain[-1]]) == 1 and linked(after[chain[-1]][0]):
            chain.append(after[chain[-1]][0])
        seen.update(chain)
        if len(chain) >= CHAIN:
            found |= _folded_links([graph.nodes[key] for key in chain[2:-2]])
    return found


def closed_chains(graph: Graph, limit: int) -> Graph:
    """The graph with its chains folded; without those whose members differ widely, if there is room
    for them.
    """
    found = chains(graph)
    closed = quotient(graph, found)
    wide = {closed.places[key] for key in found if is_wide(closed.nodes[closed.places[key]])}
    if not wide:
        return closed
    narrow = {key: group for key, group in found.items() if closed.places[key] not in wide}
    opened = quotient(graph, narrow)
    if len(opened.nodes) > limit:
        return closed
    return opened


def _neighbours(graph: Graph) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """For each node the operations before it, and those after it."""
    before: dict[int, list[int]] = {node.key: [] for node in graph.nodes}
    after: dict[int, list[int]] = {node.key: [] for node in graph.nodes}
    for edge in graph.edges:
        if graph.nodes[edge.source].computed and edge.target not in after[edge.source]:
            before[edge.target].append(edge.source)
            after[edge.source].append(edge.target)
    return before, after


def _folded_links(links: list[GraphNode]) -> dict[int, Group]:
    """The part of a chain that is folded: as often as its pattern fits, if there is one."""
    period = _pattern(links)
    if period:
        times = len(links) // period
        links = links[: times * period]
        label = ", ".join([node.label for node in links[:period]])
    else:
        times = 1
        label = f"{sum(node.members for node in links):,} operations in a chain"
    first = links[0]
    group = Group(("chain", first.key), label, scope=first.scope, repeats=times, swallow=True)
    return {node.key: group for node in links}


def _pattern(links: list[GraphNode]) -> int:
    """How many links are what repeats all along; 0 if nothing does."""
    if any(node.kind != "op" for node in links):
        return 0
    signs = [(node.op, node.shape) for node in links]
    for period in range(1, min(PERIOD, len(links) // ALIKE) + 1):
        if signs[period:] == signs[:-period]:
            return period
    return 0


def squeezed(graph: Graph, limit: int) -> Graph:
    """Only the operations at the end are shown one by one; those before them stand in groups of
    consecutive ones.
    """
    for tail, segments in (*((limit // a, limit // b) for a, b in TAILS), *SMALLEST):
        made = _segmented(graph, tail, segments)
        # More lines than that are a thicket.
        if len(made.nodes) <= limit and len(made.edges) <= limit:
            break
    hidden = sum(node.members for node in made.nodes if node.kind == "group")
    made.notes.append(
        f"{hidden:,} of {graph.operations:,} operations are drawn in groups, to fit {limit} nodes"
    )
    return made


def _segmented(graph: Graph, tail: int, segments: int) -> Graph:
    operations = [node for node in graph.nodes if node.computed]
    middle = [node.key for node in operations[: max(len(operations) - tail, 0)] if not node.output]
    step = max(-(-len(middle) // max(segments, 1)), 1)
    groups: dict[int, Group] = {}
    for start in range(0, len(middle), step):
        segment = middle[start : start + step]
        groups |= dict.fromkeys(segment, _segment(graph, segment, start))
    made = quotient(graph, groups)
    return quotient(made, _many_leaves(made))


def _segment(graph: Graph, keys: Sequence[int], start: int) -> Group:
    count = sum(graph.nodes[key].members for key in keys)
    return Group(("segment", start), f"{count:,} operations", swallow=True)


def _many_leaves(graph: Graph) -> dict[int, Group]:
    """The leaves and constants that only groups use, as one node; inputs, which have names, only
    where there are many.
    """
    others = {edge.source for edge in graph.edges if graph.nodes[edge.target].kind != "group"}
    leaves = [node for node in graph.nodes if node.given and node.key not in others]
    given = [node for node in leaves if node.name and not node.owned]
    inputs = [node for node in given if node.kind != "parameter"]
    if len(inputs) <= INPUTS:
        leaves = [node for node in leaves if node not in inputs]
    if len(leaves) < 2:
        return {}
    group = Group(("leaves",), f"{len(leaves):,} leaves")
    return {node.key: group for node in leaves}
