"""What is wrong with a computation, in sentences: where the first NaN is born, where the gradient
vanishes or explodes, which units are dead or saturated, which parameters nothing reaches.

A finding is plain data about nodes of the whole graph. Each has a sentence for the reader and a
badge for its nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .calls import module_around
from .findings import Finding, Verdict
from .nodes import Graph, GraphNode
from .replay import Numbers
from .scale import layers_of
from .summary import ArraySummary, number
from .wording import clean, some

FACTOR = 1000.0
"""A gradient that changes by more from the last layer to another is said to vanish or explode."""

SAMPLES = 8
"""Of fewer samples nothing is said about units that are zero for all of them."""

DEAD = 0.25
"""The share of units that are zero for all samples from which on it is said."""

SATURATED = 0.5
"""The share of elements on the flat parts of a function from which on it is said."""

FLAT = 0.01
"""A slope below this, of the slope that the function has at most, is flat."""

SLOPES = {
    "sigmoid": lambda y: 4 * y * (1 - y),
    "tanh": lambda y: 1 - y * y,
}
"""The slope of a function by what it gives, as a share of its largest."""


def judged(graph: Graph, numbers: Numbers | None = None) -> Verdict:
    """What is to be said about a graph with its numbers, and the badges put onto its nodes.

    Parameters
    ----------
    graph : Graph
        As `annotate` fills it in.
    numbers : Numbers, optional
        The values in between, where they were computed.
    """
    found = [*_failed(graph), *_not_finite(graph), *_fading(graph), *_fading_in_time(graph)]
    if numbers is not None:
        found += _idle(graph, numbers)
    found += [*_unreached(graph), *_detached(graph)]
    for finding in found:
        for key in finding.nodes:
            node = graph.nodes[key]
            node.badges = (*node.badges, finding.badge)
    return Verdict(found)


def _where_is(graph: Graph, node: GraphNode) -> str:
    """A node and where it is, in words."""
    what = clean(node.name or node.op or node.label)
    if node.kind == "op":
        home = node.scope
        if home is not None and graph.scopes[home].function:
            what = f"{what} of {graph.scopes[home].kind}"
        home = module_around(graph.scopes, home)
        if home is not None and graph.scopes[home].path:
            return f"{what} in {graph.scopes[home].path}"
    if node.source:
        return f"{what} ({clean(node.source)})"
    return what


def _failed(graph: Graph) -> Iterator[Finding]:
    for node in graph.nodes:
        if node.failed:
            sentence = f"it stops in {_where_is(graph, node)}, which raises {node.failed}"
            yield Finding("failed", sentence, (node.key,), "stops here")


# --- what is not finite ---------------------------------------------------------------------------


def _is_broken(what: ArraySummary | None) -> bool:
    return what is not None and bool(what.nans or what.infs)


def _broken_word(what: ArraySummary) -> str:
    if what.nans:
        return "NaN"
    return "infinity"


def _not_finite(graph: Graph) -> list[Finding]:
    """The first NaN or infinity that spreads: forward, or else backward."""
    spreading = _spreading(graph)
    for node in graph.nodes:
        if node.key in spreading:
            return [_born_forward(graph, node)]
    for node in reversed(graph.nodes):
        if not _is_broken(node.grad):
            for position, flow in enumerate(node.flows):
                if flow is not None and _is_broken(flow):
                    return [_born_backward(graph, node, position, flow)]
    return []


def _spreading(graph: Graph) -> set[int]:
    """The nodes whose NaN or infinities come through to an output; an infinity that masks something
    in a softmax does not.
    """
    users: dict[int, list[int]] = {}
    for edge in graph.edges:
        users.setdefault(edge.source, []).append(edge.target)
    found: set[int] = set()
    for node in reversed(graph.nodes):
        comes_through = node.output or found.intersection(users.get(node.key, ()))
        if comes_through and _is_broken(node.value):
            found.add(node.key)
    return found


def _count_of(graph: Graph, node: GraphNode, what: ArraySummary) -> str:
    if not what.shape:
        return ""
    return f" in {what.nans or what.infs:,} of {int(np.prod(what.shape)):,} elements"


def _born_forward(graph: Graph, node: GraphNode) -> Finding:
    assert node.value is not None
    word = _broken_word(node.value)
    count = _count_of(graph, node, node.value)
    if node.kind != "op":
        sentence = f"{word} comes in with {_where_is(graph, node)}{count}"
    else:
        sentence = f"{word} is born in {_where_is(graph, node)}{count}{_inputs_text(graph, node)}"
    amount = float(node.value.nans or node.value.infs)
    return Finding("nan", sentence, (node.key,), f"{word} born here", amount)


def _inputs_text(graph: Graph, node: GraphNode) -> str:
    """From where to where the inputs of an operation go."""
    texts = []
    for key in node.inputs:
        value = None if key is None else graph.nodes[key].value
        if value is not None and math.isfinite(value.low):
            texts.append(_range_text(value))
    if not texts:
        return ""
    return f", whose input goes {' and '.join(texts)}"


def _range_text(value: Any) -> str:
    return f"from {number(value.low)} to {number(value.high)}"


def _born_backward(graph: Graph, node: GraphNode, position: int, flow: ArraySummary) -> Finding:
    word = _broken_word(flow)
    key = node.inputs[position]
    where = ""
    if key is not None and graph.nodes[key].value:
        where = f", at an input that goes {_range_text(graph.nodes[key].value)}"
    count = _count_of(graph, node, flow)
    sentence = f"{word} is born backward, in the gradient of {_where_is(graph, node)}{count}{where}"
    amount = float(flow.nans or flow.infs)
    return Finding("nan", sentence, (node.key,), f"{word} born here, backward", amount)


# --- gradients that fade or grow ------------------------------------------------------------------


def _fading(graph: Graph) -> list[Finding]:
    """Where along the way back the gradient is smallest, or largest, against the last layer."""
    layers = layers_of(graph)
    sizes = {key: _rms(graph.nodes[key]) for key in layers}
    layers = [key for key in layers if sizes[key] is not None]
    if len(layers) < 2:
        return []
    last = layers[-1]
    end = sizes[last] or 0.0
    before = layers[:-1]
    if end == 0.0 or _arrives_elsewhere(graph, before, end):
        return []
    zero = [key for key in before if sizes[key] == 0.0]
    if zero:
        return [_cut_off(graph, zero[-1], last, end)]
    found = []
    smallest = min(before, key=lambda key: sizes[key] or 0.0)
    largest = max(before, key=lambda key: sizes[key] or 0.0)
    if (sizes[smallest] or 0.0) * FACTOR < end:
        found.append(_change(graph, "vanished", last, smallest))
    if (sizes[largest] or 0.0) > FACTOR * end:
        found.append(_change(graph, "exploded", last, largest))
    return found


def _arrives_elsewhere(graph: Graph, layers: list[int], end: float) -> bool:
    """Whether, in a network of single numbers, leaves get a gradient of a usual size: then a small
    one in between is that of one path among many.
    """
    if any(graph.nodes[key].size != 1 for key in layers):
        return False
    leaves = [_rms(node) or 0.0 for node in graph.nodes if node.kind in ("leaf", "parameter")]
    return len(leaves) > 2 and end / FACTOR <= max(leaves) <= end * FACTOR


def _fading_in_time(graph: Graph) -> Iterator[Finding]:
    """Where the gradient of a recurrent layer is far smaller, or larger, at its first step than at
    the last one that it comes back from.
    """
    for node in graph.nodes:
        arrived = [(step, size) for step, size in enumerate(node.grad_scale, 1) if size > 0]
        if not node.steps or len(arrived) < 2:
            continue
        start = node.grad_scale[0]
        last, end = arrived[-1]
        kind = ""
        if start * FACTOR < end:
            kind, verb = "vanished", "vanishes"
        elif start > FACTOR * end:
            kind, verb = "exploded", "explodes"
        if kind:
            sentence = (
                f"the gradient {verb} in time: from {number(end)} at step {last} to "
                f"{number(start)} at step 1 of {_where_is(graph, node)}"
            )
            factor = max(start, end) / max(min(start, end), 1e-300)
            yield Finding(kind, sentence, (node.key,), f"gradient {verb} in time", factor)


def _rms(node: GraphNode) -> float | None:
    if node.grad is None or _is_broken(node.grad):
        return None
    return node.grad.norm


def _cut_off(graph: Graph, key: int, last: int, end: float) -> Finding:
    sentence = (
        f"no gradient reaches {_where_is(graph, graph.nodes[key])}: it is exactly zero there, and "
        f"{number(end)} at {_where_is(graph, graph.nodes[last])}"
    )
    return Finding("zero", sentence, (key,), "gradient is zero", 0.0)


def _change(graph: Graph, kind: str, last: int, key: int) -> Finding:
    there = _rms(graph.nodes[key]) or 0.0
    end = _rms(graph.nodes[last]) or 0.0
    if kind == "vanished":
        verb = "vanishes"
        factor = end / there
        badge = f"gradient ÷{number(factor)}"
    else:
        verb = "explodes"
        factor = there / end
        badge = f"gradient ×{number(factor)}"
    sentence = (
        f"the gradient {verb}: from {number(end)} at {_where_is(graph, graph.nodes[last])} to "
        f"{number(there)} at {_where_is(graph, graph.nodes[key])}, by a factor of {number(factor)}"
    )
    return Finding(kind, sentence, (key,), badge, factor)


# --- units that do nothing ------------------------------------------------------------------------


def _idle(graph: Graph, numbers: Numbers) -> Iterator[Finding]:
    """Units of ReLUs that are zero for all samples, and elements on the flat parts of sigmoids."""
    for node in graph.nodes:
        value = numbers.values.get(node.key)
        if not isinstance(value, np.ndarray) or value.ndim < 2:
            continue
        if node.op == "relu":
            yield from _dead_units(graph, node, value)
        elif node.op in SLOPES:
            yield from _saturated(graph, node, value)


def _dead_units(graph: Graph, node: GraphNode, value: np.ndarray) -> Iterator[Finding]:
    axis = 1 if value.ndim == 4 else value.ndim - 1  # channels of images, else features
    others = tuple(i for i in range(value.ndim) if i != axis)
    units = value.shape[axis]
    samples = value.size // max(units, 1)
    dead = int((value == 0).all(others).sum())
    if samples >= SAMPLES and dead >= DEAD * units:
        yield Finding(
            "dead",
            f"{dead} of {units} units of {_where_is(graph, node)} are dead: zero in all "
            f"{samples:,} samples, so that no gradient comes through",
            (node.key,),
            f"{dead} of {units} units dead",
            dead / units,
        )


def _saturated(graph: Graph, node: GraphNode, value: np.ndarray) -> Iterator[Finding]:
    share = float(np.mean(SLOPES[node.op](value) < FLAT))
    if share >= SATURATED:
        yield Finding(
            "saturated",
            f"{share:.0%} of {_where_is(graph, node)} is saturated: so flat there that less than "
            f"{FLAT:.0%} of the gradient comes through",
            (node.key,),
            f"{share:.0%} saturated",
            share,
        )


# --- what no gradient reaches ---------------------------------------------------------------------


def _unreached(graph: Graph) -> Iterator[Finding]:
    for kind, names, words in (
        ("unused", graph.unused, "used by nothing that is drawn, and get no gradient"),
        ("frozen", graph.frozen, "frozen (requires_grad is False), and get no gradient"),
    ):
        if len(names) == 1:
            words = words.replace("get", "gets")
            yield Finding(kind, f"the parameter {names[0]} is {words}", amount=1.0)
        elif names:
            sentence = f"{len(names)} parameters are {words}: {some(list(names))}"
            yield Finding(kind, sentence, amount=float(len(names)))


def _detached(graph: Graph) -> Iterator[Finding]:
    for node in graph.nodes:
        if node.detached_from:
            users = [_where_is(graph, user) for user in graph.nodes if node.key in user.inputs]
            yield Finding(
                "detached",
                f"what goes into {some(users, 2)} was computed from {node.detached_from}, but "
                "detached: no gradient comes back through it",
                (node.key,),
                f"detached from {node.detached_from}",
            )
