"""All that the rest of a training depends on, as a state that can be saved, and back: what a
checkpoint keeps.
"""

from __future__ import annotations

import copy
import random
from functools import partial
from types import ModuleType
from typing import Any, Callable, Iterator

import numpy as np

from autograd_engine import (
    Generator,
    Tensor,
    default_generator,
    get_rng_state,
    set_rng_state,
)

from ..module import Module
from ..optim import Optimizer
from .history import History
from .run import Run

LARGEST = 100
"""The longest list or dict whose entries are searched for generators."""

RANDOM = (Generator, np.random.Generator, np.random.RandomState, random.Random)
"""The sources of random numbers."""

OTHERS = (Tensor, np.ndarray, str, bytes, type, ModuleType, Module, Optimizer)
"""What is not searched."""


def state_of(run: Run) -> dict[str, Any]:
    """All that the rest of a training depends on."""
    return {
        **{name: part.state_dict() for name, part in _parts(run).items()},
        "outline": _outline(run),
        "history": run.history.to_dict(),
        "stopped": run.stopped,
        "callbacks": [callback.state_dict() for callback in run.callbacks],
        "sources": [source.state_dict() for source in sources(run.train)],
        "random": [get_rng_state(), *(_random_state(g) for g in generators(run))],
    }


def restore(run: Run, state: dict[str, Any]) -> None:
    """Go on from what `state_of` gave; if anything does not fit, nothing is changed.

    Raises
    ------
    ValueError
        If it is of another training.
    """
    _require_same_training(run, state)
    undo: list[Callable[[], None]] = []
    try:
        for part, saved in _loads(run, state):
            before = copy.deepcopy(part.state_dict())
            part.load_state_dict(saved)
            undo.append(partial(part.load_state_dict, before))
    except BaseException:
        for take_back in reversed(undo):
            take_back()
        raise
    run.history.columns = History(state["history"]).columns
    run.epoch = len(run.history)
    run.stopped = state["stopped"]
    for source, saved in zip(sources(run.train), state["sources"]):
        source.load_state_dict(saved)
    set_rng_state(state["random"][0])
    for generator, saved in zip(generators(run), state["random"][1:]):
        _set_random_state(generator, saved)


def _require_same_training(run: Run, state: Any) -> None:
    here = _outline(run)
    if not isinstance(state, dict) or not {"outline", "history", "callbacks"} <= state.keys():
        raise ValueError("the file is no checkpoint: nn.training.Checkpoint did not write it")
    there = state["outline"]
    differing = [
        f"{name} {there.get(name)!r} there and {here[name]!r} here"
        for name in here
        if there.get(name) != here[name]
    ]
    if differing:
        raise ValueError(
            "the checkpoint is of another training: it needs the same callbacks, optimizer and "
            f"scheduler, and has {', '.join(differing)}; remove the file, or "
            "Checkpoint(path, resume=False), to start anew"
        )


def _outline(run: Run) -> dict[str, Any]:
    """What has to be the same where a training goes on."""
    return {
        "optimizer": type(run.optimizer).__name__,
        "scheduler": type(run.scheduler).__name__,
        "callbacks": len(run.callbacks),
        "generators": len(generators(run)),
        "sources": len(sources(run.train)),
    }


def _parts(run: Run) -> dict[str, Any]:
    found = {"model": run.model, "optimizer": run.optimizer}
    if run.scheduler is not None:
        found["scheduler"] = run.scheduler
    return found


def _loads(run: Run, state: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """What has a state, with what was saved of it."""
    for name, part in _parts(run).items():
        yield part, state[name]
    yield from zip(run.callbacks, state["callbacks"])


# --- where random numbers come from ---------------------------------------------------------------


def reachable(start: Any) -> Iterator[Any]:
    """What a loader is made of: its samplers and data sets, what these hold, and so on; each once,
    in an order that is the same in the next run.
    """
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, OTHERS):
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, (list, tuple, dict)):
            if len(item) <= LARGEST:
                waiting += reversed([*item.values()] if isinstance(item, dict) else item)
        elif not isinstance(item, RANDOM):
            waiting += reversed([*getattr(item, "__dict__", {}).values()])


def generators(run: Run) -> list[Any]:
    """The generators that the loader, its samplers and its data sets hold, but for the default
    one.
    """
    found = [x for x in reachable(run.train) if isinstance(x, RANDOM)]
    return [generator for generator in found if generator is not default_generator]


def sources(loader: Any) -> list[Any]:
    """The samplers and data sets that say themselves what has to be kept of them."""
    return [
        item
        for item in reachable(loader)
        if hasattr(item, "state_dict") and hasattr(item, "load_state_dict")
    ]


def _random_state(generator: Any) -> Any:
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, random.Random):
        return generator.getstate()
    return generator.get_state()


def _set_random_state(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, random.Random):
        generator.setstate(_as_tuples(state))
    else:
        generator.set_state(state)


def _as_tuples(state: Any) -> Any:
    """A saved state with tuples for its lists."""
    return tuple(map(_as_tuples, state)) if isinstance(state, (list, tuple)) else state
