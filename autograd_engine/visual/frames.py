"""What a film of the backward sweep says at each step, as plain text, about the nodes that are
drawn.

Where a group is drawn, its operations are one step: what arrives at it, what it hands on, and the
gradients of the leaves in it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..core.primitive import Parts
from .dot import clean
from .graph import Graph, GraphNode
from .replay import Contribution, Step
from .summary import summarize

INSIDE = 6
"""How many leaves inside a group are told one by one."""


def frames(graph: Graph, shown: Graph, taken: list[Step], found: dict[int, Any]) -> list[dict]:
    """The frames of a film.

    Parameters
    ----------
    graph, shown : Graph
        All operations, and how they are drawn.
    taken : list of Step
        The sweep over `graph`.
    found : dict
        The gradients that it came to, by key.
    """
    return _Film(graph, shown, taken, found).frames()


class _Film:
    """The contributions of the sweep, by the drawn node that makes them."""

    def __init__(
        self, graph: Graph, shown: Graph, taken: list[Step], found: dict[int, Any]
    ) -> None:
        self.graph, self.shown, self.found = graph, shown, found
        self.place = shown.places or range(len(graph.nodes))
        self.made: dict[int, list[tuple[Step, Contribution]]] = {}
        self.outlets: dict[
            int, dict[int, None]
        ] = {}  # of each drawn node, what of it is used elsewhere
        for step in taken:
            user = self.place[step.node.key]
            parts = [(step, part) for part in step.contributions]
            self.made.setdefault(user, []).extend(parts)
            for _, part in parts:
                if self.place[part.node.key] != user:
                    self.outlets.setdefault(self.place[part.node.key], {})[part.node.key] = None
        for root in graph.outputs:
            self.outlets.setdefault(self.place[root], {})[root] = None
        self.open = Counter(
            self.place[part.node.key] for user in self.made for _, part in self._leaving(user)
        )
        self.missing = Counter(part.node.key for parts in self.made.values() for _, part in parts)
        self.totals: dict[int, Any] = {}

    def _leaving(self, user: int) -> list[tuple[Step, Contribution]]:
        return [(step, part) for step, part in self.made[user] if self.place[part.node.key] != user]

    def frames(self) -> list[dict]:
        root = self.graph.nodes[self.graph.outputs[0]]
        node = f"n{self.place[root.key]}"
        first = {
            "node": node,
            "edges": [],
            "known": [node],
            "title": f"start at {_name(root)}",
            "rows": [],
        }
        return [
            first | {"upstream": text(self.found.get(root.key))},
            *[self._frame(user) for user in sorted(self.made, reverse=True)],
        ]

    def _frame(self, user: int) -> dict:
        node, leaving = self.shown.nodes[user], self._leaving(user)
        rows = (
            self._group_rows(user)
            if node.kind == "group"
            else [self._row(step, part) for step, part in leaving]
        )
        self.open.subtract(self.place[part.node.key] for _, part in leaving)
        targets = dict.fromkeys(self.place[part.node.key] for _, part in leaving)
        name = (
            f"{_name(node)} = {node.label}"
            if node.name and node.kind == "op"
            else clean(node.title)
        )
        return {
            "node": f"n{user}",
            "edges": list(dict.fromkeys(self._edge(user, part) for _, part in leaving)),
            "known": [f"n{key}" for key in targets if not self.open[key]],
            "title": name
            + (
                f" — {node.members:,} operations"
                if node.kind == "group" and "operations" not in name
                else ""
            ),
            "upstream": self._upstream(user),
            "rows": rows,
        }

    def _upstream(self, user: int) -> str:
        outlets = [key for key in self.outlets.get(user, ()) if key in self.found]
        return text(self.found[outlets[0]]) if len(outlets) == 1 else f"of {len(outlets)} results"

    def _edge(self, user: int, part: Contribution) -> str:
        node, source = self.shown.nodes[user], self.place[part.node.key]
        return f"e{source}-{user}-{node.inputs.index(source) if node.kind == 'group' else part.position}"

    def _row(self, step: Step, part: Contribution) -> dict:
        local = (
            f"{text(step.upstream)} × {text(part.local)} = "
            if part.local is not None
            else "upstream × Jacobian = "
        )
        return self._arrived(part.node, part.value, 1, local)

    def _group_rows(self, user: int) -> list[dict]:
        """A row for each node outside that the group hands gradients to, then one for each leaf
        inside.
        """
        sums: dict[int, list[Any]] = {}
        for _, part in self.made[user]:
            sums.setdefault(part.node.key, []).append(part.value)
        inside = [
            key for key in sums if self.place[key] == user and self.graph.nodes[key].kind != "op"
        ]
        outside: dict[int, list[int]] = {}
        for key in sums:
            if self.place[key] != user:
                outside.setdefault(self.place[key], []).append(key)
        rows = []
        for place, keys in outside.items():
            arrived = [
                self._arrived(self.graph.nodes[key], added(sums[key]), len(sums[key]), "")
                for key in keys
            ]
            many = {
                "name": f"→ {_name(self.shown.nodes[place])}",
                "text": f"{len(keys)} gradients, for results in it",
                "total": "",
            }
            rows.append(arrived[0] if len(keys) == 1 else many)
        rows += [
            self._arrived(self.graph.nodes[key], added(sums[key]), len(sums[key]), "inside, ")
            for key in inside[:INSIDE]
        ]
        return rows + (
            [{"name": "", "text": f"and {len(inside) - INSIDE} more leaves inside", "total": ""}]
            if inside[INSIDE:]
            else []
        )

    def _arrived(self, node: GraphNode, value: Any, count: int, product: str) -> dict:
        """A row about what has arrived at a node, and whether that is all."""
        key = node.key
        self.missing[key] -= count
        several = key in self.totals or self.missing[key] > 0
        self.totals[key] = total = added([self.totals[key], value]) if key in self.totals else value
        words = f"{'so far' if self.missing[key] > 0 else 'sum'} {text(total)}" if several else ""
        return {"name": f"→ {self._whose(node)}", "text": product + text(value), "total": words}

    def _whose(self, node: GraphNode) -> str:
        shown = self.shown.nodes[self.place[node.key]]
        return _name(node if node.name or shown.kind != "group" else shown)


def added(values: list[Any]) -> Any:
    """The sum of contributions; where they are parts of an op's several outputs there is none to
    show.
    """
    total = values[0]
    for value in values[1:]:
        total = total if isinstance(total, Parts) or isinstance(value, Parts) else total + value
    return total


def text(value: Any) -> str:
    """A gradient in few words."""
    return "several parts" if isinstance(value, (Parts, tuple)) else summarize(value).text


def _name(node: GraphNode) -> str:
    return clean(node.name or node.label)
