"""Checkpoints: a part of the graph that keeps only its inputs, and is computed again in the
backward sweep.

The whole function becomes one node. Its inputs are the arguments, and also the tensors that the
function uses from outside, which a first call finds out: the graph of that call is read and
dropped. The node's rule calls the function again and sweeps over what that records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from ..core import memory
from ..core.batched import open_levels
from ..core.backward import sweep
from ..core.watch import key_of
from ..tensors.random import default_generator
from ..core.errors import GraphError
from ..core.modes import is_grad_enabled, no_grad
from ..core.declaration import set_rules
from ..core.node import Node
from ..core.recorder import inside, is_pictured, note_alias
from ..core.primitive import Primitive, output, record
from ..core.tensor import wrap
from .pytree import leaves, tree_map
from .run import fresh, reached, recorded, sources_of
from ..core.tensor import Tensor


def checkpoint(
    f: Callable,
    *args: Any,
    use_reentrant: bool = False,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call ``f(*args, **kwargs)`` without keeping what its gradient needs: the backward sweep calls
    ``f`` again.

    Memory is traded for time. Gradients flow to the arguments and to all tensors that ``f`` uses,
    such as the parameters of a module, to any order.

    Parameters
    ----------
    f : callable
        Returns a tensor or a pytree of tensors, and the same whenever it is called.
    *args, **kwargs
        Pytrees of tensors, and anything else.
    use_reentrant : bool
        Taken for the sake of code written for PyTorch; there is one kind of checkpoint here.
    preserve_rng_state : bool
        Whether the second call draws the same random numbers as the first.

    Returns
    -------
    pytree
        What ``f`` returns.

    Raises
    ------
    RuntimeError
        In the backward sweep, if a tensor that ``f`` uses was changed in place since, or ``f``
        returns other shapes.

    Examples
    --------
    >>> from autograd_engine import checkpoint, tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> y = checkpoint(lambda x: x.exp().sin().sum(), x); y.backward(); x.grad
    tensor([-2.4784,  3.3129])
    """
    if not is_grad_enabled() or is_pictured():
        return f(*args, **kwargs)
    tensors = [x for x in leaves((args, kwargs)) if isinstance(x, Tensor)]
    call = Rerun(f, args, kwargs, tensors, preserve_rng_state)
    result = call.result
    call.result = None
    outputs = [x for x in leaves(result) if isinstance(x, Tensor)]
    if not any(x.requires_grad for x in outputs):
        return result
    made = _with_checkpoint(call, tensors, outputs)
    for inner, x in zip(outputs, made):
        note_alias(inner, x)
    attached = iter(made)
    return tree_map(lambda x: next(attached) if isinstance(x, Tensor) else x, result)


class Rerun:
    """A function with its arguments, which can be called again on other tensors in the place of its
    own.
    """

    def __init__(
        self, f: Callable, args: tuple, kwargs: dict, tensors: list[Tensor], preserve: bool
    ) -> None:
        self.f = f
        self.started = next(memory.clock)
        self.arguments = tree_map(lambda x: _HOLE if isinstance(x, Tensor) else x, (args, kwargs))
        self.wanted = [x.requires_grad for x in tensors]
        self.levels = open_levels.get()  # a call inside of vmap is made again as if inside of it
        self.state = None
        if preserve:
            self.state = default_generator.get_state()
        inputs = self._own(tensors, outer=False)
        self.result: Any = recorded(self.again, inputs)
        results = [x for x in leaves(self.result) if isinstance(x, Tensor)]
        _, origins = reached(results, self.started)
        # Leaves and nodes from outside:
        self.used = [x for x in origins if not any(x is y for y in inputs)]
        self.shapes = [x.shape for x in results]

    def _own(self, tensors: list[Tensor], outer: bool) -> list[Tensor]:
        """The tensors, with those that want a gradient as inputs of one call."""
        pairs = zip(tensors, self.wanted)
        return [fresh(x, outer) if want else x for x, want in pairs]

    def __repr__(self) -> str:
        return getattr(self.f, "__name__", type(self.f).__name__)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise GraphError(
            f"a graph with checkpoint({self!r}) in it cannot be pickled or copied: the function "
            "that it would call again uses "
            "the tensors of this process; detach() the tensor, or compute it without checkpoint"
        )

    def again(self, tensors: list[Tensor]) -> Any:
        """Call the function on these tensors."""
        following = iter(tensors)
        args, kwargs = tree_map(lambda x: next(following) if x is _HOLE else x, self.arguments)
        return self.f(*args, **kwargs)

    def repeated(self, tensors: list[Tensor]) -> list[Tensor]:
        """The tensors that the function returns when called again, with the random numbers of the
        first call.
        """
        state = default_generator.get_state()
        try:
            if self.state is not None:
                default_generator.set_state(self.state)
            outputs = [x for x in leaves(self.again(tensors)) if isinstance(x, Tensor)]
        finally:
            if self.state is not None:
                default_generator.set_state(state)
        if [x.shape for x in outputs] != self.shapes:
            raise GraphError(
                f"checkpoint({self!r}) returned tensors of the shapes {self.shapes}, and "
                f"{[x.shape for x in outputs]} when it was "
                "called again in the backward sweep; a function under checkpoint must do the same "
                "each time"
            )
        return outputs

    def values(self, *xs: Any) -> Any:
        """The forward function of the op, on arrays."""
        with no_grad():
            outputs = [x._data for x in self.repeated([wrap(x) for x in xs[: len(self.wanted)]])]
        return alone_or_all(outputs)

    def rule(self, g: Any, xs: tuple) -> list:
        """The rule of the op: the gradients of the arguments and of the tensors used."""
        if not self.levels:
            return self.gradients(g, xs)
        arrays = not any(isinstance(x, Tensor) for x in leaves(g))
        with inside(self.levels):
            found = self.gradients(tree_map(wrap, g) if arrays else g, xs)
        return [getattr(x, "_data", x) for x in found] if arrays else found

    def gradients(self, g: Any, xs: tuple) -> list:
        """What the function's own graph gives, when it is called again."""
        create = is_grad_enabled()
        self._check_unchanged()
        given = [x if isinstance(x, Tensor) else wrap(x) for x in xs[: len(self.wanted)]]
        inputs = self._own(given, create)
        # The sweep ends at what is older than now: at the inputs, and at the tensors used.
        now = next(memory.clock)
        outputs = recorded(self.repeated, inputs)
        targets = [x for x, want in zip(inputs, self.wanted) if want]
        targets += [_handle(x) for x in self.used]
        ends: list[Tensor] = []
        seeds: list[Any] = []
        for y, seed in zip(outputs, g if type(g) is tuple else (g,)):
            if seed is not None and y.requires_grad:
                ends.append(y)
                seeds.append(seed)
        found: dict = {}
        if ends:
            with _without_hooks(self.used):
                found = sweep(ends, seeds, targets, create, create, now)
        own = [found.get(key_of(x)) if x.requires_grad else None for x in inputs]
        return own + [found.get(x) for x in self.used]

    def _check_unchanged(self) -> None:
        for x in self.used:
            if isinstance(x, Tensor) and memory.written_since(x, self.started):
                named = f" ({x.name})" if x.name else ""
                raise GraphError(
                    f"checkpoint({self!r}) uses a tensor of shape {list(x.shape)}{named} that was "
                    "changed in place since; change it after backward()"
                )


class _Hole:
    """The place of a tensor among the arguments."""


_HOLE = _Hole()


def alone_or_all(values: list) -> Any:
    """The one value, or a tuple of several."""
    return values[0] if len(values) == 1 else tuple(values)


def _checkpoint_op(outputs: int) -> Primitive:
    forward = lambda *xs, call: call.values(*xs)  # noqa: E731
    op = Primitive(
        "checkpoint", forward, ("*xs",), {"call": None}, outputs=outputs, materialize=False
    )
    set_rules(op, None, lambda g, xs, call: call.rule(g, xs))
    return op


_single = _checkpoint_op(1)
_several = _checkpoint_op(0)


def _with_checkpoint(call: Rerun, tensors: list[Tensor], outputs: list[Tensor]) -> list[Tensor]:
    """The outputs with the checkpoint's node behind them, in place of the graph of the first
    call."""
    op = _single if len(outputs) == 1 else _several
    plan = op.plan((*call.wanted, *[True] * len(call.used)))
    values = alone_or_all([x._data for x in outputs])
    xs = [*[x._data for x in tensors], *[None] * len(call.used)]
    made = record(values, plan, (*sources_of(tensors), *call.used), xs, {"call": call})
    if len(outputs) == 1:
        return [made]
    attached = list(outputs)
    for i, x in enumerate(outputs):
        if x.requires_grad:
            attached[i] = output(made.node, i, x._data)
    return attached


def _handle(x: Any) -> Tensor:
    """A tensor that stands for a leaf or a node from outside."""
    return wrap(np.empty(0), x) if type(x) is Node else x


@contextmanager
def _without_hooks(used: list) -> Iterator[None]:
    """Keep the hooks of tensors from outside still: they are called later, on the complete
    gradient.
    """
    kept = [(x, x.hooks if type(x) is Node else x._hooks) for x in used]
    try:
        for x, _ in kept:
            _set_hooks(x, None)
        yield
    finally:
        for x, hooks in kept:
            _set_hooks(x, hooks)


def _set_hooks(x: Any, hooks: list | None) -> None:
    if type(x) is Node:
        x.hooks = hooks
    else:
        x._hooks = hooks
