"""Nodes of a graph taken together: every way of folding is an assignment of nodes to groups, and
the quotient draws each group as a node.

What only a group uses (its parameters, its constants) goes into it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .nodes import Graph, GraphNode, Scope
from .scale import scales


@dataclass(frozen=True, slots=True)
class Group:
    """What a group is called, and where it stands.

    Attributes
    ----------
    swallow : bool
        Whether all leaves without a name that only it uses go into it, or only parameters and
        constants.
    call : Scope or None
        The call of a function that it is, which reads as an operation.
    """

    key: Any
    label: str
    name: str | None = None
    scope: int | None = None
    repeats: int = 1
    fold: str | None = None
    swallow: bool = False
    call: Scope | None = None


def quotient(graph: Graph, assignment: dict[int, Group]) -> Graph:
    """The graph with every group drawn as one node; `assignment` maps the keys of operations to
    their groups.
    """
    if not assignment:
        return graph
    assignment = assignment | _swallowed(graph, assignment)
    whose = {node.key: node.key for node in graph.nodes}
    members: dict[Any, list[GraphNode]] = {}
    for key, group in assignment.items():
        whose[key] = group.key
        members.setdefault(group.key, []).append(graph.nodes[key])
    last = {key: max(nodes, key=_rank) for key, nodes in members.items()}
    shown = [node for node in graph.nodes if last.get(whose[node.key], node).key == node.key]
    new = {whose[node.key]: place for place, node in enumerate(shown)}
    place_of = [new[whose[node.key]] for node in graph.nodes]
    nodes = []
    for place, node in enumerate(shown):
        if node.key in assignment:
            group = assignment[node.key]
            nodes.append(_group_node(place, group, members[group.key], node, place_of))
        else:
            nodes.append(_moved_edge(node, place, place_of))
    outputs = tuple(dict.fromkeys(place_of[key] for key in graph.outputs))
    places = tuple([place_of[key] for key in graph.places or range(len(graph.nodes))])
    return replace(graph, nodes=nodes, outputs=outputs, notes=list(graph.notes), places=places)


def _rank(node: GraphNode) -> tuple[bool, int]:
    """A group stands where its last operation stood."""
    return node.computed, node.key


def _moved_edge(node: GraphNode, place: int, place_of: list[int]) -> GraphNode:
    """A node that is in no group, in another place."""
    inputs = [None if key is None else place_of[key] for key in node.inputs]
    if node.kind == "group":
        inputs = list(dict.fromkeys(inputs))
    return replace(node, key=place, inputs=tuple(inputs))


def _group_node(
    place: int, group: Group, members: list[GraphNode], last: GraphNode, place_of: list[int]
) -> GraphNode:
    operations = [node for node in members if node.computed]
    entering = {place_of[key] for node in operations for key in node.inputs if key is not None}
    owned = _owned(members)
    listed = [node for node in members if type(node.subject) is not tuple]
    made = GraphNode(
        key=place,
        kind="group",
        label=group.label,
        name=group.name,
        op="group",
        inputs=tuple(sorted(entering - {place})),
        shape=last.shape,
        dtype=last.dtype,
        scope=group.scope,
        output=any(node.output for node in members),
        derived=all(node.derived for node in operations),
        in_place=group.call is not None and last.in_place,
        wants=any(node.wants for node in operations),
        members=sum(node.members for node in operations),
        parameters=sum(leaf.numel() for leaf in owned) + sum(map(_parameters, listed)),
        repeats=group.repeats,
        fold=group.fold,
        badges=tuple(dict.fromkeys(badge for node in members for badge in node.badges)),
        failed=next((node.failed for node in members if node.failed), ""),
        subject=owned or None,
    )
    if operations:
        made.value = last.value
        made.grad = last.grad
        in_time = [node for node in operations if node.steps]
        if in_time and group.repeats == 1:
            made.steps = in_time[-1].steps
            made.value_scale = in_time[-1].value_scale
            made.grad_scale = in_time[-1].grad_scale
        else:
            made.value_scale, made.grad_scale = scales(operations, group.repeats)
        made.parallel = group.repeats > 1 and not _in_sequence(operations, group.repeats)
    if group.call is not None:
        _read_as_operation(made, group.call, last)
    seconds = [node.seconds for node in operations if node.seconds is not None]
    if seconds:
        made.seconds = sum(seconds)
    return made


def _read_as_operation(made: GraphNode, call: Scope, last: GraphNode) -> None:
    """Have the group of a function's operations say what an operation says."""
    made.function = True
    made.params = ", ".join([text for _, text in call.params])
    made.name = last.name
    made.number = last.number
    made.source = last.source
    if last.op == "component":  # one of several results
        made.shape = ()
        made.dtype = ""
        made.value = None
        made.grad = None


def _in_sequence(operations: list[GraphNode], repeats: int) -> bool:
    """Whether one of what repeats uses what another has computed."""
    each = len(operations) / repeats
    repeat_of = {node.key: int(i / each) for i, node in enumerate(operations)}
    return any(
        repeat_of.get(key, repeat_of[node.key]) != repeat_of[node.key]
        for node in operations
        for key in node.inputs
        if key is not None
    )


def _owned(members: list[GraphNode]) -> tuple:
    """The parameters in groups among the members, each once."""
    groups = [node.subject for node in members if type(node.subject) is tuple]
    return tuple(dict.fromkeys(leaf for leaves in groups for leaf in leaves))


def _parameters(node: GraphNode) -> int:
    if node.kind in ("parameter", "leaf"):
        return node.size
    return node.parameters


def _swallowed(graph: Graph, assignment: dict[int, Group]) -> dict[int, Group]:
    """The leaves that go into a group: those that only it uses."""
    users: dict[int, set[Group | None]] = {}
    for edge in graph.edges:
        users.setdefault(edge.source, set()).add(assignment.get(edge.target))
    found = {}
    for node in graph.nodes:
        groups = users.get(node.key, set())
        if not node.given or node.output or len(groups) != 1:
            continue
        (group,) = groups
        if group is not None and _goes_into(node, group):
            found[node.key] = group
    return found


def _goes_into(node: GraphNode, group: Group) -> bool:
    """Whether a leaf that only a group uses is not shown beside it: what has a name is an input."""
    if node.unnamed_constant:
        return True
    if node.kind == "parameter":
        return group.call is None
    return group.swallow and (node.owned or not node.name)
