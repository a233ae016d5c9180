"""The gradients of a compiled function as tensors with a graph, for derivatives of higher order.

The calls that were recorded are made again, by ops and on tensors. So they record themselves, and
what was detached in the function is detached here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...core.modes import enable_grad
from ...core.primitive import apply
from ...core.recorder import Call, Value
from ...core.tensor import Tensor, wrap
from .straight import needed_for, with_values
from .tracing import RANDOM, Trace


def replayed(trace: Trace, inputs: Sequence[Any], g: Sequence[Any], draws: Sequence[Any]) -> list:
    """The gradients that a trace computed, computed again by ops on other tensors, so that they
    have a graph.

    Parameters
    ----------
    trace : Trace
    inputs : sequence of Tensor or array
        In the place of the arguments and the captured tensors.
    g : sequence of Tensor
        In the place of the gradients of the results.
    draws : sequence of array
        In the place of the random numbers, in order.
    """
    given = [*trace.arguments, *(value for _, value in trace.captured)]
    values: dict[Value, Any] = {v: wrap(v.data) for v in trace.recording.sources}
    values.update((v, x if isinstance(x, Tensor) else wrap(x)) for v, x in zip(given, inputs))
    by_result = dict(zip(trace.results, g))
    values.update((seed, _as_wrapped(by_result[y])) for y, seed in trace.cotangents)
    following = iter(draws)
    gradients = dict(trace.gradients)
    needed = needed_for(trace.calls, [x for x in gradients.values() if x is not None])
    with enable_grad(), np.errstate(all="ignore"):
        for call in trace.calls:
            if call in needed:
                values.update(zip(call.outputs, _made(call, values, following)))
    return [None if gradients.get(v) is None else values[gradients[v]] for v in given]


def _as_wrapped(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else wrap(x)


def _made(call: Call, values: dict[Value, Any], draws: Any) -> Sequence[Any]:
    """The results of one call; of random numbers, those that were drawn."""
    if call.op.name in RANDOM:
        return [wrap(next(draws)) for _ in call.outputs]
    if call.op.name == "decided":
        return []
    inputs, params = with_values(call, values.__getitem__)
    params = {name: x._data if isinstance(x, Tensor) else x for name, x in params.items()}
    if not call.inputs:
        made = call.op.forward(**params)
        return [wrap(np.asarray(made)[()])]
    pairs = zip(inputs, call.wanted)
    inputs = tuple(
        [x if wanted or not isinstance(x, Tensor) else x.detach() for x, wanted in pairs]
    )
    results = apply(call.op, inputs, params)
    results = results if isinstance(results, tuple) else (results,)
    return [_as_wrapped(y) for y in results]
