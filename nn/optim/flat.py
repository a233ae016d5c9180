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
from operator import is_
from typing import Any, Callable, Iterable, Iterator, MutableMapping

import numpy as np

from autograd_engine import Tensor, from_numpy, increment_version, lie_in, no_grad, tensor

from .rule import Stretch, UpdateRule

CHUNK = 32768
"""Elements handed to an update rule at once: its half-dozen float32 vectors then stay in the
second-level cache.
"""

States = MutableMapping[Tensor, dict[str, Any]]
"""The state of each parameter, as the user sees it: tensors by name."""

Plan = list[tuple[Stretch, dict[str, float], Callable[..., None]]]
"""A step that has been prepared: for each stretch the scalars after it, and the rule for it."""


class Packed:
    """Arrays of several shapes, one after the other in one flat vector; None where there is no
    shape.
    """

    def __init__(self, shapes: Iterable[tuple[int, ...] | None], dtype: Any) -> None:
        shapes = list(shapes)
        sizes = [0 if shape is None else prod(shape) for shape in shapes]
        self.ends = list(accumulate(sizes, initial=0))
        self.flat = np.zeros(self.ends[-1], dtype)
        self.views: list[Any] = [
            None if shape is None else self.flat[a:b].reshape(shape)
            for a, b, shape in zip(self.ends, self.ends[1:], shapes)
        ]


class Block:
    """The parameters of one group that share a dtype, and their state.

    Parameters
    ----------
    params : list of Tensor
        Moved into one vector: each ``p.data`` becomes a view of it.
    states : mapping
        The state of all parameters. What it holds of these is taken over, and moved into vectors
        when they are stepped.
    """

    def __init__(self, params: list[Tensor], states: States) -> None:
        self.params = params
        self.values = Packed([p.shape for p in params], params[0].dtype)
        self.gradients = Packed([p.shape for p in params], params[0].dtype)
        self.state: dict[str, Packed] = {}
        self._states = states
        self._scalars: list[dict[str, float] | None] = [None] * len(params)
        self._counted: tuple[str, ...] = ()  # those of the scalars that the user sees
        self._begun: list[tuple[Tensor, str, np.ndarray]] = []  # to be shown after the step
        self._stretches: list[Stretch] = []
        self._stepped = False  # whether the stretches have counted a step
        self._arranged_for: Any = None
        self._root = from_numpy(self.values.flat)
        for p, view in zip(params, self.values.views):
            np.copyto(view, p.numpy())
        for p, view in zip(params, self.values.views):
            p.data = view

    # --- a step -----------------------------------------------------------------------------------

    def plan(self, rule: UpdateRule, group: dict[str, Any]) -> Plan:
        """Prepare a step: all that can fail, before anything is changed."""
        grads = [p.grad for p in self.params]
        arrangement = [g is None for g in grads], rule.vectors(group)
        if arrangement != self._arranged_for:
            self._arrange(*arrangement, rule, group)
        for view, g in zip(self.gradients.views, grads):
            if g is not None:
                view[...] = g.numpy()
        return [(stretch, *rule.counted(stretch.scalars, group)) for stretch in self._stretches]

    def carry_out(self, plan: Plan, rule: UpdateRule, group: dict[str, Any]) -> None:
        """Update every parameter that has a gradient, as planned."""
        for stretch, scalars, update in plan:
            stretch.scalars = scalars
            rule.apply(update, stretch.chunks, group)
        if plan:
            self._stepped = True
            increment_version(self._root)
        if self._begun:
            self._show()

    # --- a step that is carried out elsewhere -----------------------------------------------------

    def only_stretch(self, rule: UpdateRule, group: dict[str, Any]) -> Stretch | None:
        """The stretch that all parameters are in, each with a gradient; None if they are not in
        one.
        """
        arrangement = [False] * len(self.params), rule.vectors(group)
        if arrangement != self._arranged_for:
            self._arrange(*arrangement, rule, group)
        return self._stretches[0] if len(self._stretches) == 1 else None

    def is_one_stretch(self, stretch: Stretch) -> bool:
        """Whether all parameters are in this stretch still."""
        return len(self._stretches) == 1 and self._stretches[0] is stretch

    def whole_vectors(self, names: tuple[str, ...]) -> list[Tensor]:
        """The values of all parameters, and their state, as vectors."""
        return [self._root, *(from_numpy(self.state[name].flat) for name in names)]

    def count(self, stretch: Stretch, scalars: dict[str, float]) -> None:
        """Note a step that was carried out elsewhere."""
        stretch.scalars = scalars
        self._stepped = True
        if self._begun:
            self._show()

    def snapshot(self) -> Callable[[], None]:
        """Remember values and state; the function that puts them back."""
        vectors = [self.values.flat, *(pack.flat for pack in self.state.values())]
        copies = [vector.copy() for vector in vectors]
        scalars = [stretch.scalars for stretch in self._stretches]
        entries = {p: dict(self._states[p]) for p in self.params if p in self._states}
        flags = self._begun, self._stepped

        def restore() -> None:
            for vector, kept in zip(vectors, copies):
                vector[...] = kept
            for stretch, before in zip(self._stretches, scalars):
                stretch.scalars = before
            for p in self.params:
                self._states.pop(p, None)
            self._states.update(entries)
            self._begun, self._stepped = flags

        return restore

    # --- the state, as the user sees it -----------------------------------------------------------

    def publish(self) -> None:
        """Write what is counted into the state that the user sees (the vectors stand there)."""
        self._settle()
        for p, scalars in zip(self.params, self._scalars):
            if scalars is not None:
                for name in self._counted:
                    _set_number(self._states[p], name, scalars[name])

    def adopt(self) -> None:
        """Begin anew from the state that the user sees, if it is not what was published."""
        for i, (p, scalars) in enumerate(zip(self.params, self._scalars)):
            if not self._is_current(i, self._states.get(p, {}), scalars):
                self._scalars = [None] * len(self.params)
                self._stepped = False
                self._arranged_for = None
                return

    def _is_current(self, i: int, entry: dict[str, Any], scalars: Any) -> bool:
        if scalars is None:  # it will be read when the parameter has a gradient
            return True
        vectors = all(
            isinstance(entry.get(name), Tensor) and _array(entry[name]) is pack.views[i]
            for name, pack in self.state.items()
            if pack.views[i] is not None
        )
        return vectors and all(_same(entry.get(name), scalars[name]) for name in self._counted)

    def _settle(self) -> None:
        """Note the scalars of each parameter, which its stretch has counted."""
        if self._stepped:
            for stretch in self._stretches:
                for i in range(stretch.first, stretch.last):
                    self._scalars[i] = dict(stretch.scalars)

    def _show(self) -> None:
        """Put new state vectors into the state that the user sees."""
        for p, name, view in self._begun:
            entry = self._states[p]
            shown = entry.get(name)
            if isinstance(shown, Tensor) and (shown.shape, shown.dtype) == (view.shape, view.dtype):
                shown.data = view
            else:
                entry[name] = from_numpy(view)
        self._begun = []

    # --- the arrangement --------------------------------------------------------------------------

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
        self._settle()
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
        self._begun = []
        self._stretches = []
        self._stepped = False
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
        p = self.params[i]
        entry = self._states.get(p, {})
        scalars = self._scalars[i]
        if scalars is None:
            counted = rule.scalars(group)
            self._counted = tuple(counted)
            scalars = {name: _number(entry.get(name, first)) for name, first in counted.items()}
            scalars |= rule.derived(entry)
        for name in names:
            view = self.state[name].views[i]
            if view is None:
                continue
            if name not in entry:
                view[...] = rule.initial(name, group)
            elif _array(entry[name]) is not view:
                view[...] = self._checked(name, entry[name], p, view.shape)
            else:
                continue
            self._begun.append((p, name, view))
        return scalars

    def _checked(self, name: str, value: Any, p: Tensor, shape: tuple[int, ...]) -> np.ndarray:
        array = _array(value)
        if array.shape != shape:
            raise ValueError(
                f"a parameter now has shape {list(p.shape)}, but its optimizer state {name!r} "
                f"still has {list(array.shape)}; make a new optimizer for the new shape"
            )
        return array

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


def arrays(params: list[Tensor]) -> list[np.ndarray]:
    """The arrays that hold the parameters: always the same objects, until memory is replaced.

    Outside of ``no_grad`` they would be read-only views, new ones each time.
    """
    with no_grad():
        return [p.numpy() for p in params]


class Layout:
    """The parameters of one group, in blocks of one dtype each."""

    def __init__(self, params: list[Tensor], states: States) -> None:
        alike: dict[Any, list[Tensor]] = {}
        for p in params:
            alike.setdefault(p.dtype, []).append(p)
        self.blocks = [Block(those, states) for those in alike.values()]
        self.arrays = arrays(params)
        self.kinds: list[type] = []
        self.seen: list[Any] = []
        """The group's options when they were looked at last."""
        self.has_tensors = False
        """Whether there are tensors among them."""

    def has_options(self, group: dict[str, Any]) -> bool:
        """Whether the group's options are the very objects that were seen last."""
        return len(group) == len(self.seen) and all(map(is_, group.values(), self.seen))

    def holds(self, params: list[Tensor]) -> bool:
        """Whether it is still these parameters, on the same memory."""
        return lie_in(params, self.arrays)


def _array(value: Any) -> np.ndarray:
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)


def _number(value: Any) -> float:
    return value.item() if isinstance(value, Tensor) else float(value)


def _same(shown: Any, value: float) -> bool:
    return shown is not None and _number(shown) == value


def _set_number(entry: dict[str, Any], name: str, value: float) -> None:
    """Set a number of the state, in the tensor that stands there already if there is one."""
    shown = entry.get(name)
    if isinstance(shown, Tensor) and shown.dtype == np.float64:
        with no_grad():
            shown.fill_(value)
    else:
        entry[name] = tensor(np.float64(value))


def average(m: np.ndarray, x: np.ndarray, beta: float, scratch: np.ndarray) -> None:
    """m ← β m + (1 − β) x: the running average that most rules keep. ``scratch`` may be ``x``."""
    m *= beta
    m += np.multiply(x, 1 - beta, scratch)


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
