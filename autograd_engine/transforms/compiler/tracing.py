"""From a call of a function to a program: its values, its gradient, and what it changed.

The function runs once, as always, while everything is recorded; then so is the backward sweep from
its results. What cannot be said as a straight list of calls raises `TraceError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...core.backward import sweep
from ...core.decision import decided
from ...core.errors import TraceError
from ...core.memory import clock
from ...core.node import Node
from ...core.recorder import Call, Recording, Value, record_calls, static_values, values_in
from ...core.tensor import Tensor, wrap
from ...core.watch import key_of, reachable
from ...tensors.random import default_generator
from ..pytree import leaves

RANDOM = {
    *("rand", "randn", "randint", "randperm", "normal", "bernoulli", "poisson", "multinomial"),
    *("cauchy", "exponential", "geometric", "log_normal", "uniform"),
}
"""The ops that draw from a generator: each call of them counts, and gives other numbers."""

ALWAYS = {*RANDOM, "decided"}
"""The ops that are called whether somebody uses what they return or not."""


@dataclass(eq=False, slots=True)
class Trace:
    """One call of a function, recorded.

    Attributes
    ----------
    recording : Recording
    calls : list of Call
        All calls of primitives, those of the function, then those of its gradient; and what was
        decided in between.
    out : pytree
        What the function returned.
    arguments : list of Value
        The tensors that it was given.
    captured : list of (Tensor, Value)
        The tensors that it took from elsewhere: parameters, buffers.
    results : list of Value
        The tensors that it returned.
    cotangents : list of (Value, Value)
        For each result with a graph, the result and what its gradient is called.
    gradients : list of (Value, Value or None)
        For each argument or captured tensor that wants one.
    cotangent_of : dict of Value to Value
        What each cotangent of the sweep is the cotangent of.
    writes : list of (Tensor, Value)
        Tensors from outside that were changed in place, and what they hold at the end.
    """

    recording: Recording
    calls: list[Call] = field(default_factory=list)
    out: Any = None
    arguments: list[Value] = field(default_factory=list)
    captured: list[tuple[Tensor, Value]] = field(default_factory=list)
    results: list[Value] = field(default_factory=list)
    cotangents: list[tuple[Value, Value]] = field(default_factory=list)
    gradients: list[tuple[Value, Any]] = field(default_factory=list)
    cotangent_of: dict[Value, Value] = field(default_factory=dict)
    writes: list[tuple[Tensor, Value]] = field(default_factory=list)

    def forget(self) -> None:
        """Let go of what the call has made: of its results, their graph and all arrays but the
        constants.
        """
        recording = self.recording
        for kept in (recording._arrays, recording._held, recording._nodes):
            kept.clear()
        given = {*self.arguments, *(value for _, value in self.captured)}
        given.update(g for _, g in self.cotangents)
        for value in recording.values:
            value.node = None
            if value.call is not None or value in given:
                value.data = None
        self.out = None


def tensors_among(tree: Any) -> list[Tensor]:
    """The tensors among the leaves of a pytree."""
    return [leaf for leaf in leaves(tree) if isinstance(leaf, Tensor)]


def traced(f: Callable, args: tuple, kwargs: dict) -> Trace:
    """Call a function and record it, and its gradient.

    Raises
    ------
    TraceError
        If Python took a value out of it, or it called ``backward``.
    """
    with record_calls() as recording:
        recording.for_program = True
        trace = Trace(recording)
        given = tensors_among((args, kwargs))
        trace.arguments = [recording.value_of(x) for x in given]
        before = [x.grad if x.is_leaf else None for x in given]
        started = next(clock)
        random_state = _random_state()
        trace.out = f(*args, **kwargs)
        returned = tensors_among(trace.out)
        trace.results = [recording.value_of(y) for y in returned]
        trace.captured = _captured(trace)
        _refuse_hidden_draws(recording, random_state)
        _check(trace)
        _refuse_accumulated(given, before, trace)
        _differentiate(trace, given, returned, started)
    trace.calls = _with_decisions(recording)
    trace.writes = _writes(trace, given)
    return trace


def _with_decisions(recording: Recording) -> list[Call]:
    """The calls, with what was decided where it was decided."""
    calls = list(recording.calls)
    for place, call in reversed(recording.decisions):
        calls.insert(place, call)
    return calls


def _random_state() -> Any:
    return default_generator.numpy.bit_generator.state


def _refuse_hidden_draws(recording: Recording, before: Any) -> None:
    """Raise if random numbers were drawn by what is no call in the list."""
    drawn = any(call.op.name in RANDOM for call in recording.calls)
    if not drawn and _random_state() != before:
        raise TraceError(
            "random numbers are drawn in a way that is not recorded (exponential_(), cauchy_(), "
            "geometric_(), or the generator itself); draw with rand() or randn()"
        )


def _captured(trace: Trace) -> list[tuple[Tensor, Value]]:
    """The tensors from elsewhere. One that nobody holds any more was made by the function itself,
    from numbers; its value is a constant.
    """
    found = []
    for value in trace.recording.sources:
        tensor = None if value.tensor is None else value.tensor()
        if tensor is not None and value not in trace.arguments:
            found.append((tensor, value))
    return found


def _check(trace: Trace) -> None:
    """Raise for what the list of calls does not say."""
    recording = trace.recording
    if recording.lost:
        raise TraceError(
            "a tensor is used after its memory was written through another tensor (a view, "
            f".data or .detach()), in {recording.lost[0]}; change the tensor itself, or compute a "
            "new one"
        )
    varying = _varying(trace)
    _decide_sizes(recording)
    for call in recording.calls:
        if _has_varying_shape(call, varying):
            name = f"{call.op.name}()"
            if call.op.name == "getitem":
                name = "a mask"
            raise TraceError(
                f"how many elements {name} gives depends on values, in {call.line}; ag.where keeps "
                "the shape: of x[mask] the sum is where(mask, x, 0).sum(), and the mean that by "
                "mask.sum()"
            )
        if call.op.name in RANDOM and static_values(call):
            raise TraceError(
                f"{call.op.name}() draws by numbers in a tensor, in {call.line}; draw with rand() "
                "or randn() and compute from that"
            )
    for read in recording.reads:
        if read.value in varying:
            raise TraceError(
                f"Python takes a value out of a tensor of shape {list(read.value.shape)} by "
                f"{read.how}, in {read.line}; a program that is written once cannot follow what is "
                "decided by it: use ag.where and other functions of tensors, or take the value "
                "outside of the function"
            )


def _has_varying_shape(call: Call, varying: set[Value]) -> bool:
    """Whether the shape of what a call returns may differ in another call."""
    if call.op.name == "repeat_each":
        return not varying.isdisjoint(static_values(call))
    if call.op.name in ("argwhere", "bincount"):
        return not varying.isdisjoint(values_in(call))
    if call.op.name != "getitem":
        return False
    masks = [x for x in static_values(call) if x.dtype == bool and x in varying]
    return any(mask.call is not None for mask in masks)


def _decide_sizes(recording: Recording) -> None:
    """Have each call look whether masks that are given choose as many elements as they did."""
    for i, call in reversed(list(enumerate(recording.calls))):
        if call.op.name != "getitem":
            continue
        for mask in static_values(call):
            if mask.dtype == bool and mask.call is None:
                static = {"function": _count_true, "params": {}, "answer": _count_true(mask.data)}
                decision = Call(decided, (mask,), static, [], call.line, call.backward)
                recording.decisions.append((i, decision))
    recording.decisions.sort(key=lambda pair: pair[0])


def _count_true(mask: Any) -> int:
    return int(np.count_nonzero(mask))


def _varying(trace: Trace) -> set[Value]:
    """The values that may differ in another call."""
    varying = {*trace.arguments, *(value for _, value in trace.captured)}
    for call in trace.recording.calls:
        if call.op.name in RANDOM or not varying.isdisjoint(values_in(call)):
            varying.update(call.outputs)
    return varying


def _refuse_accumulated(given: Sequence[Tensor], before: list, trace: Trace) -> None:
    """Raise if the function accumulated gradients: a program returns what it computes."""
    if any(x.is_leaf and x.grad is not g for x, g in zip(given, before)) or any(
        tensor.is_leaf and _made_here(tensor.grad, trace) for tensor, _ in trace.captured
    ):
        raise TraceError(
            "the function calls backward(), which changes .grad; return gradients instead, with "
            "value_and_grad, or use nn.training.compiled_step for a step of training"
        )


def _made_here(grad: Tensor | None, trace: Trace) -> bool:
    if grad is None:
        return False
    value = trace.recording.known(grad)
    return value is not None and value.call is not None


def _differentiate(trace: Trace, given: list[Tensor], returned: list[Tensor], started: int) -> None:
    """Record the sweep from the results to whatever wants a gradient."""
    recording = trace.recording
    told = len(recording.calls)
    pairs = [*zip(given, trace.arguments), *trace.captured]
    wanted = [(x, value) for x, value in pairs if x.requires_grad]
    roots = [
        (y, value)
        for y, value in zip(returned, trace.results)
        if y.requires_grad and not _is_freed(y, started)
    ]
    if not wanted or not roots:
        return
    seeds = [wrap(np.ones_like(y._data)).requires_grad_() for y, _ in roots]
    trace.cotangents = [(value, recording.value_of(g)) for (_, value), g in zip(roots, seeds)]

    def observe(node: Node, g: Any, values: Any) -> None:
        """Note what ``g`` is the gradient of, and that it was led through the line of that."""
        nonlocal told
        y = recording._nodes.get(node)
        if y is None or y.call is None:
            return
        if isinstance(g, Tensor):
            trace.cotangent_of.setdefault(recording.value_of(g), y)
        for call in recording.calls[told:]:
            call.line = y.call.line
        told = len(recording.calls)

    outputs = [y for y, _ in roots]
    targets = [x for x, _ in wanted]
    with _hooks_asleep(targets):  # they are called when the program's gradient arrives
        found = sweep(outputs, seeds, targets, True, True, since=started, observe=observe)
    for x, value in wanted:
        g = found.get(key_of(x))
        trace.gradients.append((value, None if g is None else recording.value_of(g)))


@contextmanager
def _hooks_asleep(tensors: list[Tensor]) -> Iterator[None]:
    """Have a sweep call none of the hooks on these tensors."""
    leaves = [(x, x._hooks) for x in tensors if x.is_leaf]
    nodes: list[Any] = [x.node for x in tensors if not x.is_leaf]
    hooks = [node.hooks for node in nodes]
    try:
        for leaf, _ in leaves:
            leaf._hooks = None
        for node in nodes:
            node.hooks = None
        yield
    finally:
        for leaf, kept in leaves:
            leaf._hooks = kept
        for node, kept in zip(nodes, hooks):
            node.hooks = kept


def _is_freed(y: Tensor, started: int) -> bool:
    """Whether the graph of a result was swept in the function already, and is of no use: the
    program's result has none. What stands before the function is no matter of the program.
    """
    return any(node.saved is None for node in reachable([y.node], started))


def _writes(trace: Trace, given: list[Tensor]) -> list[tuple[Tensor, Value]]:
    """The tensors from outside that hold another value now."""
    pairs = [*zip(given, trace.arguments), *trace.captured]
    found = []
    for tensor, value in pairs:
        now = trace.recording.known(tensor)
        if now is not None and now is not value:
            found.append((tensor, now))
    return found
