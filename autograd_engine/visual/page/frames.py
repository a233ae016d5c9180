"""What a film of the backward sweep says at each step, as plain text, about the nodes that are
drawn.

Where a group is drawn, its operations are one step: what arrives at it, what it hands on, and the
gradients of the leaves in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from typing import Any

from ..graph.nodes import Graph, GraphNode
from ..graph.replay import Contribution, Step, gradient_words, is_array
from ..graph.wording import clean
from .multiplied import Multiplied

INSIDE = 6
"""How many leaves inside a group are told one by one."""


def frames(
    graph: Graph,
    shown: Graph,
    taken: list[Step],
    found: dict[int, Any],
    values: Mapping[int, Any],
) -> list[dict]:
    """The frames of a film.

    Parameters
    ----------
    graph, shown : Graph
        All operations, and how they are drawn.
    taken : list of Step
        The sweep over `graph`.
    found : dict
        The gradients that it came to, by key.
    values : dict
        The values of the nodes, by key.
    """
    return _Frames(graph, shown, taken, found, values).all()


class _Frames:
    """The contributions of the sweep, by the drawn node that makes them.

    Attributes
    ----------
    place : sequence of int
        For each node the drawn node that it is in.
    made : dict
        The contributions by the drawn node that makes them.
    outlets : dict
        Of each drawn node, what of it is used elsewhere.
    open : Counter
        How many contributions from elsewhere a drawn node still waits for.
    missing : Counter
        How many contributions a node still waits for.
    totals : dict
        What has arrived at a node so far.
    """

    def __init__(
        self,
        graph: Graph,
        shown: Graph,
        taken: list[Step],
        found: dict[int, Any],
        values: Mapping[int, Any],
    ) -> None:
        self.multiplied = Multiplied(graph, values)
        self.graph = graph
        self.shown = shown
        self.found = found
        self.place = shown.places or range(len(graph.nodes))
        self.made: dict[int, list[tuple[Step, Contribution]]] = {}
        for step in taken:
            parts = [(step, part) for part in step.contributions]
            self.made.setdefault(self.place[step.node.key], []).extend(parts)
        self.open: Counter[int] = Counter()
        self.missing: Counter[int] = Counter()
        self.outlets: dict[int, dict[int, None]] = {}
        for user, made in self.made.items():
            self.missing.update(part.node.key for _, part in made)
            for part in self._leaving(user):
                self.open[self.place[part.node.key]] += 1
                self._outlet(part.node.key)
        for root in graph.outputs:
            self._outlet(root)
        self.totals: dict[int, Any] = {}

    def _outlet(self, key: int) -> None:
        self.outlets.setdefault(self.place[key], {})[key] = None

    def _leaving(self, user: int) -> list[Contribution]:
        """What a drawn node hands to others."""
        return [part for _, part in self.made[user] if self.place[part.node.key] != user]

    def all(self) -> list[dict]:
        root = self.graph.nodes[self.graph.outputs[0]]
        node = f"n{self.place[root.key]}"
        first = {
            "node": node,
            "edges": [],
            "known": [node],
            "title": f"start at {_name_shown(root)}",
            "upstream": gradient_words(self.found.get(root.key)),
            "rows": [],
        }
        return [first, *[self._frame(user) for user in sorted(self.made, reverse=True)]]

    def _frame(self, user: int) -> dict:
        node = self.shown.nodes[user]
        leaving = self._leaving(user)
        if node.kind == "group":
            rows = self._group_rows(user)
        else:
            rows = [self._row(step, part) for step, part in self.made[user]]
        self.open.subtract(self.place[part.node.key] for part in leaving)
        targets = dict.fromkeys(self.place[part.node.key] for part in leaving)
        return {
            "node": f"n{user}",
            "edges": list(dict.fromkeys(self._edge(user, part) for part in leaving)),
            "known": [f"n{key}" for key in targets if not self.open[key]],
            "title": _title(node),
            "upstream": self._upstream(user),
            "rows": rows,
        }

    def _upstream(self, user: int) -> str:
        outlets = [key for key in self.outlets.get(user, ()) if key in self.found]
        if len(outlets) == 1:
            return gradient_words(self.found[outlets[0]])
        return f"of {len(outlets)} results"

    def _edge(self, user: int, part: Contribution) -> str:
        node = self.shown.nodes[user]
        source = self.place[part.node.key]
        position = part.position
        if node.kind == "group":
            position = node.inputs.index(source)
        return f"e{source}-{user}-{position}"

    def _row(self, step: Step, part: Contribution) -> dict:
        row = self._arrived(part.node, part.value, 1, self.multiplied.numbers(step, part))
        row["rule"] = self.multiplied.rule(step, part)
        row["boxes"] = self.multiplied.boxes(step, part)
        return row

    def _group_rows(self, user: int) -> list[dict]:
        """A row for each node outside that the group hands gradients to, then one for each leaf
        inside.
        """
        values: dict[int, list[Any]] = {}
        for _, part in self.made[user]:
            values.setdefault(part.node.key, []).append(part.value)
        inside = []
        outside: dict[int, list[int]] = {}
        for key in values:
            if self.place[key] != user:
                outside.setdefault(self.place[key], []).append(key)
            elif self.graph.nodes[key].kind != "op":
                inside.append(key)
        rows = []
        for place, keys in outside.items():
            arrived = [self._sum_row(key, values[key], "") for key in keys]
            if len(keys) == 1:
                rows += arrived
            else:
                words = f"{len(keys)} gradients, for results in it"
                rows.append(_words_row(f"→ {_name_shown(self.shown.nodes[place])}", words))
        rows += [self._sum_row(key, values[key], "inside, ") for key in inside[:INSIDE]]
        if len(inside) > INSIDE:
            rows.append(_words_row("", f"and {len(inside) - INSIDE} more leaves inside"))
        return rows

    def _sum_row(self, key: int, values: list[Any], words: str) -> dict:
        return self._arrived(self.graph.nodes[key], reduce(_plus, values), len(values), words)

    def _arrived(self, node: GraphNode, value: Any, count: int, product: str) -> dict:
        """A row about what has arrived at a node, and whether that is all."""
        key = node.key
        first = key not in self.totals
        self.missing[key] -= count
        self.totals[key] = value if first else _plus(self.totals[key], value)
        total = gradient_words(self.totals[key])
        words = ""
        if self.missing[key] > 0:
            words = f"so far {total}"
        elif not first:
            words = f"sum {total}"
        text = product + gradient_words(value)
        return {"name": f"→ {self._whose(node)}", "text": text, "total": words}

    def _whose(self, node: GraphNode) -> str:
        shown = self.shown.nodes[self.place[node.key]]
        if node.name or shown.kind != "group":
            return _name_shown(node)
        return _name_shown(shown)


def _words_row(name: str, text: str) -> dict:
    return {"name": name, "text": text, "total": ""}


def _title(node: GraphNode) -> str:
    if node.kind == "op":
        return f"{_name_shown(node)} = {node.label}"
    title = clean(node.title)
    if node.kind == "group" and "operations" not in title:
        return f"{title} — {node.members:,} operations"
    return title


def _plus(a: Any, b: Any) -> Any:
    """The sum of contributions; where they are parts of an op's several outputs there is none to
    show.
    """
    if is_array(a) and is_array(b):
        return a + b
    return a


def _name_shown(node: GraphNode) -> str:
    return clean(node.called)
