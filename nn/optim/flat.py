"""Where optimizers keep their numbers: many parameters as one flat vector.

A step of Adam is a dozen operations on arrays. Done for each parameter, most of the time goes into
starting them; done once on one vector that all parameters are views of, it goes into arithmetic. So
a `Block` moves the parameters of one group and dtype into one vector, keeps each kind of optimizer
state in another, and hands both to the update rule in chunks that fit the processor's cache.

The parameters keep their identity and shape; only the memory behind them is new. An array or a view
taken from a parameter *before* its optimizer was made (``p.numpy()``, ``p.detach()``) therefore no
longer follows the parameter.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import Any, Iterable, Iterator

import numpy as np

from autograd_engine import Tensor, from_numpy, increment_version, no_grad

from .rule import Stretch, UpdateRule

CHUNK = 32768
"""Elements handed to an update rule at once: its half-dozen float32 vectors then stay in the
second-level cache.
"""

Entry = dict[str, Any]
"""The state of one parameter: arrays by name, and scalars (the step count, say) as floats."""


class Packed:
    """Arrays of several shapes, one after the other in one flat vector."""

    def __init__(self, shapes: Iterable[tuple[int, ...]], dtype: Any) -> None:
        shapes = list(shapes)
        self.ends = list(accumulate(map(prod, shapes), initial=0))
        self.flat = np.zeros(self.ends[-1], dtype)
        self.views = [
            self.flat[a:b].reshape(shape) for a, b, shape in zip(self.ends, self.ends[1:], shapes)
        ]


class Block:
    """The parameters of one group that share a dtype, and their state.

    Parameters
    ----------
    params : list of Tensor
        Moved into one vector: each ``p.data`` becomes a view of it.
    entries : dict
        The state that parameters have already, by ``id(parameter)``.
    """

    def __init__(self, params: list[Tensor], entries: dict[int, Entry]) -> None:
        self.params = params
        self.values = Packed([p.shape for p in params], params[0].dtype)
        self.gradients = Packed([p.shape for p in params], params[0].dtype)
        self.state: dict[str, Packed] = {}
        self._entries = [dict(entries.get(id(p), {})) for p in params]
        self._stretches: list[Stretch] = []
        self._arranged_for: Any = None
        self._root = from_numpy(self.values.flat)
        for p, view in zip(params, self.values.views):
            np.copyto(view, p.numpy())
        for p, view in zip(params, self.values.views):
            p.data = view

    def step(self, rule: UpdateRule, group: dict[str, Any]) -> None:
        """Update every parameter that has a gradient, by the optimizer's rule."""
        grads = [p.grad for p in self.params]
        arrangement = [g is None for g in grads], rule.vectors(group)
        if arrangement != self._arranged_for:
            self._arrange(*arrangement, rule, group)
        for view, g in zip(self.gradients.views, grads):
            if g is not None:
                view[...] = g.numpy()
        for stretch in self._stretches:
            rule.advance(stretch, group)
        if self._stretches:
            increment_version(self._root)

    def entries(self) -> Iterator[tuple[Tensor, Entry]]:
        """Each parameter with its state (empty if it was never stepped); the arrays are the state
        itself, no copies.
        """
        for stretch in self._stretches:
            for entry in self._entries[stretch.first : stretch.last]:
                entry.update(stretch.scalars)
        return zip(self.params, self._entries)

    def _arrange(
        self,
        absent: list[bool],
        names: tuple[str, ...],
        rule: UpdateRule,
        group: dict[str, Any],
    ) -> None:
        """Cut the parameters into stretches, for the gradients and kinds of state that there are
        now.
        """
        self.entries()
        self._arranged_for = None
        for i, p in enumerate(self.params):
            if p.grad is not None and p.grad.shape != p.shape:
                raise ValueError(
                    f"parameter {i} of the group has shape {list(p.shape)}, its gradient "
                    f"{list(p.grad.shape)}"
                )
        for name in names:
            if name not in self.state:
                shapes = [rule.state_shape(name, p.shape) for p in self.params]
                self.state[name] = Packed(shapes, self.values.flat.dtype)
        self._stretches = []
        for i, skip in enumerate(absent):
            if not skip:
                self._join(i, self._begin(i, names, rule, group), rule.elementwise)
        for stretch in self._stretches:
            stretch.chunks = list(self._chunks(stretch, names, rule.elementwise))
        self._arranged_for = absent, names

    def _begin(
        self, i: int, names: tuple[str, ...], rule: UpdateRule, group: dict[str, Any]
    ) -> dict[str, float]:
        """Give parameter ``i`` the state it lacks, its arrays in the state vectors; return its
        scalars.
        """
        scalars = rule.scalars(group)
        entry = self._entries[i]
        entry.update({**scalars, **entry})
        for name in names:
            view = self.state[name].views[i]
            if entry.get(name) is not view:
                if name in entry and entry[name].shape != view.shape:
                    raise ValueError(
                        f"a parameter now has shape {list(self.params[i].shape)}, but its "
                        f"optimizer state {name!r} still has "
                        f"{list(entry[name].shape)}; make a new optimizer for the new shape"
                    )
                view[...] = entry[name] if name in entry else rule.initial(name, group)
                entry[name] = view
        return {key: entry[key] for key in scalars}

    def _join(self, i: int, scalars: dict[str, float], elementwise: bool) -> None:
        last = self._stretches[-1] if self._stretches and elementwise else None
        if last is not None and last.last == i and last.scalars == scalars:
            last.last = i + 1
        else:
            self._stretches.append(Stretch(i, i + 1, scalars))

    def _chunks(
        self, stretch: Stretch, names: tuple[str, ...], elementwise: bool
    ) -> Iterator[tuple[np.ndarray, ...]]:
        packs = [self.values, self.gradients, *(self.state[name] for name in names)]
        if not elementwise:
            yield tuple(pack.views[stretch.first] for pack in packs)
            return
        start, stop = self.values.ends[stretch.first], self.values.ends[stretch.last]
        scratch = np.empty(min(CHUNK, stop - start), self.values.flat.dtype)
        for a in range(start, stop, CHUNK):
            b = min(a + CHUNK, stop)
            value, gradient, *state = (pack.flat[a:b] for pack in packs)
            yield value, gradient, scratch[: b - a], *state


def average(m: np.ndarray, x: np.ndarray, beta: float, scratch: np.ndarray) -> None:
    """m ← β m + (1 − β) x: the running average that most rules keep. ``scratch`` may be ``x``."""
    m *= beta
    m += np.multiply(x, 1 - beta, scratch)


def arrays(params: list[Tensor]) -> list[np.ndarray]:
    """The arrays that hold the parameters: always the same objects, until memory is replaced.

    Outside of ``no_grad`` they would be read-only views, new ones each time.
    """
    with no_grad():
        return [p.numpy() for p in params]


def refuse_shared_memory(params: list[Tensor]) -> None:
    """Raise if two parameters look into the same memory, which a flat vector could not keep
    shared."""
    spans = []
    for i, p in enumerate(params):
        if p.numel():
            low, high = np.lib.array_utils.byte_bounds(p.numpy())
            spans.append((low, high, i))
    spans.sort()
    for (_, end, i), (start, _, j) in zip(spans, spans[1:]):
        if start < end and np.shares_memory(params[i].numpy(), params[j].numpy()):
            raise ValueError(
                f"parameters {min(i, j)} and {max(i, j)} (shapes {list(params[min(i, j)].shape)} "
                f"and {list(params[max(i, j)].shape)}) are "
                "different tensors on the same memory; share one parameter object instead "
                "(b.weight = a.weight)"
            )
