"""PyTorch's way to write an op: a class with ``forward(ctx, ...)`` and ``backward(ctx, ...)``.

For people who come with such code; `primitive` is the shorter way. Each class becomes a `Primitive`
of its own name, so it is drawn, replayed and differentiated like any other op. The context of a
call keeps no tensor that the graph made: what is saved is kept as arrays, and is linked to the
graph again when ``backward`` asks for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..core import batched
from ..core.batched import levels_of, open_levels
from ..core.errors import GraphError
from ..core.modes import is_grad_enabled, no_grad
from ..core.declaration import set_rules
from ..core.packing import Packed, pack, packed_tensor, packing, unpacked
from ..core.recorder import listening, note, paused
from ..core.memory import aware
from ..core.primitive import Primitive, Rule, apply, output, record
from ..core.tensor import Tensor, wrap
from .batching import enter, leave, on_tensors
from .pytree import leaves, tree_map
from .run import sources_of


class Context:
    """What ``forward`` hands to ``backward``: saved tensors, and whatever is set on it as an
    attribute.

    Attributes
    ----------
    saved_tensors : tuple of Tensor
        In ``backward``: what `save_for_backward` was given.
    needs_input_grad : tuple of bool
        For each argument of ``forward``, whether a gradient is wanted.
    """

    needs_input_grad: tuple[bool, ...]

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._given: tuple = ()
        self._places: list = []  # for each saved tensor: see `_place_of`
        self._attributes: dict[str, Any] = {}  # what was set, with places instead of tensors
        self._saved: tuple | None = None
        self._constant: set[int] = set()
        # for each output: its shape and dtype, or None for what is no tensor
        self._layout: list = []
        self._tensors: list[bool] = []  # for each argument: whether it is a tensor
        self._materialize = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs, outputs or other tensors until ``backward``. The last call counts."""
        for x in tensors:
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(
                    f"save_for_backward takes tensors, got {type(x).__name__}; set it as an "
                    "attribute, ctx.name = ..."
                )
        self._given = tensors

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """Say which outputs carry no graph. Integer and boolean outputs never do."""
        self._constant = {id(x) for x in outputs}

    def mark_dirty(self, *inputs: Tensor) -> None:
        """Not supported: an op of this engine does not change its inputs."""
        raise NotImplementedError(
            "mark_dirty: a Function cannot change its inputs in place here; return a new tensor"
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward`` gets zeros (the default) or None for an output that nothing was
        computed from.
        """
        self._materialize = bool(value)

    @property
    def saved_tensors(self) -> tuple:
        """What `save_for_backward` was given, in ``backward``."""
        if self._saved is None:
            raise GraphError("ctx.saved_tensors is there in backward() only")
        return self._saved

    def _settle(self, inputs: list[Tensor], outputs: list) -> None:
        """Note where the tensors that are kept come from, and let go of the tensors themselves."""
        self._places = [_place_of(x, inputs, outputs) for x in self._given]
        for place in self._places:
            place.pack()
        self._given = ()
        own = {name: value for name, value in vars(self).items() if name[0] != "_"}
        for name, value in own.items():
            if any(isinstance(x, Tensor) for x in leaves(value)):
                self._attributes[name] = tree_map(lambda x: _place_of(x, inputs, outputs), value)

    def _kept(self, kind: str, values: Any) -> tuple:
        """Of these values of inputs or outputs, those that are kept; None in place of the
        others."""
        places = [*self._places, *leaves([*self._attributes.values()])]
        wanted = {place.source for place in places if place.kind == kind}
        return tuple([value if i in wanted else None for i, value in enumerate(values)])

    def _restore(self, xs: tuple, ys: tuple) -> None:
        def found(place: _Place) -> Any:
            return place.tensor(xs, ys)

        self._saved = tuple(map(found, self._places))
        for name, places in self._attributes.items():
            setattr(self, name, tree_map(found, places))


class _Place:
    """Where a value that is kept for ``backward`` comes from: ("x", i) is an input, ("y", i) an
    output, ("", value) anything else.
    """

    __slots__ = ("kind", "source")

    def __init__(self, kind: str, source: Any) -> None:
        self.kind = kind
        self.source = source

    def pack(self) -> None:
        """Pack a tensor that is neither input nor output: those are packed with the node."""
        if isinstance(self.source, Tensor) and packing():
            self.source = packed_tensor(self.source)

    def tensor(self, xs: tuple, ys: tuple) -> Any:
        """The tensor itself: part of the graph, where the sweep is recorded."""
        if self.kind:
            return _tensor({"x": xs, "y": ys}[self.kind][self.source])
        value = self.source
        if type(value) is Packed:
            value = wrap(value[0])
        if not isinstance(value, Tensor) or value.requires_grad or not is_grad_enabled():
            return value
        behind = [x for x in (*xs, *ys) if isinstance(x, Tensor)]
        if value._data.dtype.kind != "f" or not behind:
            return value
        return apply(_intermediate, (value, *behind), {})


def _place_of(x: Any, inputs: list, outputs: list) -> _Place:
    for kind, known in (("x", inputs), ("y", outputs)):
        for i, other in enumerate(known):
            if x is other and isinstance(x, Tensor):
                return _Place(kind, i)
    return _Place("", x)


def _tensor(value: Any) -> Any:
    return value if value is None or isinstance(value, Tensor) else wrap(value)


class _Mark:
    """Stands for a tensor among the arguments of a recorded call."""

    def __repr__(self) -> str:
        return "tensor"

    def __reduce__(self) -> str:
        return "_MARK"


_MARK = _Mark()


class Function:
    """An op written as a class: derive from it, write ``forward`` and ``backward``, call ``apply``.

    Examples
    --------
    >>> from autograd_engine import Function, tensor
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = tensor(2.0, requires_grad=True)
    >>> y = Cube.apply(x); y.backward(); x.grad
    tensor(12.)
    """

    _ops: tuple[Primitive, Primitive]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._ops = _function_op(cls, 1), _function_op(cls, 0)

    def __init__(self) -> None:
        raise TypeError(
            f"{type(self).__name__} is not made, it is applied: {type(self).__name__}.apply(...)"
        )

    @staticmethod
    def forward(ctx: Context, *args: Any) -> Any:
        """Compute the output, a tensor or a tuple of them, from tensors and anything else. Nothing
        is recorded inside.

        With a `setup_context`, it is written without ``ctx``.
        """
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def setup_context(ctx: Context, inputs: tuple, output: Any) -> None:
        """Optional: fill the context after ``forward(*inputs)`` gave ``output``."""

    @staticmethod
    def backward(ctx: Context, *grad_outputs: Any) -> Any:
        """Compute the gradient of each argument of ``forward`` (None for what is no tensor) from
        those of the outputs.

        Written with tensor operations, it can be differentiated in turn.
        """
        raise NotImplementedError("a Function needs a static method backward(ctx, ...)")

    vmap: Callable | None = None
    """Optional, a static method ``vmap(info, in_dims, *args)``: the op on all samples of
    `func.vmap`, of which there are ``info.batch_size``. It returns the output and where the samples
    are in it, as `in_dims` says it of the arguments. Without, the op is batched as what it is
    written with, or is a loop.
    """

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute the op, and record it if gradients are wanted.

        Returns
        -------
        Tensor or tuple
            What ``forward`` returns.

        Raises
        ------
        RuntimeError
            In the backward sweep, if ``backward`` returns the wrong number of gradients, or
            gradients of wrong shapes.
        """
        if cls is Function:
            raise TypeError("Function is derived from: write a class with forward and backward")
        if not listening:
            return cls._applied(*args)
        if cls.vmap is not None and levels_of([x._data for x in args if isinstance(x, Tensor)]):
            return _by_own_rule(cls, args)
        return batched.attempt(cls._applied, args, {}, cls.__name__)

    @classmethod
    def _applied(cls, *args: Any) -> Any:
        inputs = [x for x in args if isinstance(x, Tensor)]
        needs = tuple([isinstance(x, Tensor) and x.requires_grad for x in args])
        with paused():
            context, result = _call(cls, args, needs)
        if is_grad_enabled() and any(needs):
            result = _recorded_call(cls, args, inputs, context, result)
        if listening:
            params = {"args": tuple([_MARK if isinstance(x, Tensor) else x for x in args])}
            note(cls._ops[isinstance(result, tuple)], inputs, params, result)
        return result


def once_differentiable(backward: Callable) -> Callable:
    """Say that a ``backward`` is not written with tensor operations: differentiating it raises
    instead of giving nonsense.

    Examples
    --------
    >>> from autograd_engine.transforms.function import Function, once_differentiable
    >>> class Double(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, g):
    ...         return g * 2
    """

    @functools.wraps(backward)
    def wrapper(ctx: Context, *grads: Any) -> Any:
        with no_grad():
            result = backward(ctx, *grads)
        if not is_grad_enabled():
            return result
        behind = [
            x for x in (*grads, *ctx.saved_tensors) if isinstance(x, Tensor) and x._data is not None
        ]
        guarded = list(_as_tuple(result))
        for i, x in enumerate(guarded):
            if isinstance(x, Tensor):
                guarded[i] = apply(_barrier, (x, *behind), {})
        return tuple(guarded)

    return wrapper


def _refuse(g: Any) -> Any:
    raise GraphError(
        "this gradient was computed by a backward marked once_differentiable: it cannot be "
        "differentiated again"
    )


_barrier = Primitive("once_differentiable", lambda *xs: xs[0], ("*xs",), {}, batching="same")
set_rules(_barrier, None, _refuse)


def _refuse_intermediate(g: Any) -> Any:
    raise GraphError(
        "a second derivative needs that of a tensor which forward computed and kept on ctx, and "
        "forward is not recorded: return that tensor as an output, or compute it in backward from "
        "saved inputs; what does not depend on the inputs is passed to apply() as an argument"
    )


_intermediate = Primitive("intermediate", lambda *xs: xs[0], ("*xs",), {}, batching="same")
set_rules(_intermediate, None, _refuse_intermediate)


# --- a class as a primitive -----------------------------------------------------------------------


def _function_op(cls: type[Function], outputs: int) -> Primitive:
    """The op of a class whose ``forward`` returns one tensor (1), or a tuple (0)."""

    def forward(*xs: Any, args: tuple) -> Any:
        _, result = _call(cls, _filled(args, xs), ())
        if isinstance(result, tuple):
            return tuple([x._data for x in result if isinstance(x, Tensor)])
        return result._data

    def rule(g: Any, y: Any, xs: tuple, args: Any) -> list:
        context = args
        if not isinstance(args, Context):
            context = _context_again(cls, args, xs)
        return _pulled(cls, context, _as_tuple(g), xs, _as_tuple(y))

    def either(g: Any, y: Any, xs: tuple, args: Any) -> list:
        given = [getattr(x, "_data", x) for x in leaves((g, y, xs))]
        if levels_of(given):
            return on_tensors(op, joint).vjp(g, y, xs, args)
        return rule(g, y, xs, args)

    op = Primitive(
        cls.__name__,
        forward,
        ("*xs",),
        {"args": ()},
        outputs=outputs,
        materialize=False,
        function=cls.apply,
    )
    joint = Rule(rule, ("y", "xs", "args"))
    set_rules(op, None, either)
    return op


def _by_own_rule(cls: type[Function], args: tuple) -> Any:
    """The op on all samples of the innermost `vmap`, as the class itself says it."""
    levels = levels_of([x._data for x in args if isinstance(x, Tensor)])
    (level,) = [level for level in open_levels.get() if level.name == levels[-1]]
    given = list(args)
    in_dims: list[int | None] = [None] * len(args)
    for i, x in enumerate(args):
        if isinstance(x, Tensor) and level.name in levels_of([x._data]):
            given[i] = leave(x, 0, level.name, level.size)
            in_dims[i] = 0
    info = SimpleNamespace(batch_size=level.size, randomness=level.randomness)
    outputs, out_dims = cls.vmap(info, tuple(in_dims), *given)  # type: ignore[misc]
    if not isinstance(outputs, tuple):
        return outputs if out_dims is None else enter(outputs, out_dims, level.name)
    pairs = zip(outputs, out_dims if isinstance(out_dims, tuple) else [out_dims] * len(outputs))
    return tuple([y if dim is None else enter(y, dim, level.name) for y, dim in pairs])


def _as_tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _filled(args: tuple, xs: tuple) -> tuple:
    """The arguments of a call, with these in the places of its tensors."""
    following = iter(xs)
    return tuple([_tensor(next(following)) if arg is _MARK else arg for arg in args])


def _call(cls: type[Function], args: tuple, needs: tuple[bool, ...]) -> tuple[Context, Any]:
    context = Context(needs)
    with no_grad():
        if cls.setup_context is Function.setup_context:
            result = cls.forward(context, *args)
        else:
            result = cls.forward(*args)
            cls.setup_context(context, args, result)
    if not isinstance(result, tuple) and not isinstance(result, Tensor):
        raise TypeError(
            f"{cls.__name__}.forward must return a tensor or a tuple of them, it returned "
            f"{type(result).__name__}"
        )
    context._settle(
        [x for x in args if isinstance(x, Tensor)],
        [x for x in _as_tuple(result) if isinstance(x, Tensor)],
    )
    context._layout = [None] * len(_as_tuple(result))
    for i, x in enumerate(_as_tuple(result)):
        if isinstance(x, Tensor):
            context._layout[i] = (x.shape, x.dtype)
    context._tensors = [isinstance(x, Tensor) for x in args]
    return context, result


def _context_again(cls: type[Function], args: tuple, xs: tuple) -> Context:
    """The context of a call that is made again, for whoever replays the graph."""
    return _call(cls, _filled(args, xs), tuple([arg is _MARK for arg in args]))[0]


def _recorded_call(
    cls: type[Function], args: tuple, inputs: list[Tensor], context: Context, result: Any
) -> Any:
    """The outputs, as tensors of their own that the node of this call made."""
    outputs = [x for x in _as_tuple(result) if isinstance(x, Tensor)]
    graph = [x._data.dtype.kind == "f" and id(x) not in context._constant for x in outputs]
    if not any(graph):
        return result
    several = isinstance(result, tuple)
    plan = cls._ops[several].plan(tuple([x.requires_grad for x in inputs]))
    values = tuple([x._data for x in outputs])
    ys = context._kept("y", values)
    xs = context._kept("x", [x._data for x in inputs])
    params = {"args": tuple([_MARK if isinstance(x, Tensor) else x for x in args])}
    with unpacked():
        out = values if several else values[0]
        made = record(out, plan, sources_of(inputs), values, params)
    made.node.saved = (ys if several else ys[0], xs, context)  # type: ignore[union-attr]
    if packing():
        pack(made.node)  # type: ignore[arg-type]
    if not several:
        return aware(made, inputs)
    parts = list(result)
    places = [i for i, x in enumerate(result) if isinstance(x, Tensor)]
    for i, place in enumerate(places):
        node = made.node if graph[i] else None
        parts[place] = aware(output(node, i, values[i]), inputs)
    return tuple(parts)


def _pulled(cls: type[Function], context: Context, g: tuple, xs: tuple, ys: tuple) -> list:
    """The rule of the op: the gradients of its tensors, as the engine hands them on."""
    create = is_grad_enabled() or any(isinstance(x, Tensor) for x in g)
    context._restore(xs, ys)
    arrived = iter(g)
    given: list[Any] = []
    for layout in context._layout:
        g_of_output = None
        if layout is not None:
            g_of_output = _cotangent(next(arrived), layout, context._materialize)
        given.append(g_of_output)
    try:
        result = _as_tuple(cls.backward(context, *given))
    finally:
        context._saved = None
    _check_gradients(cls, context, result)
    found = [x for x, is_tensor in zip(result, context._tensors) if is_tensor]
    return [x if create or x is None else x._data for x in found]


def _cotangent(g: Any, layout: tuple, materialize: bool) -> Tensor | None:
    if g is None:
        return wrap(np.zeros(*layout)) if materialize else None
    return _tensor(g)


def _check_gradients(cls: type[Function], context: Context, result: tuple) -> None:
    count = len(context._tensors)
    if len(result) < count or any(x is not None for x in result[count:]):
        raise GraphError(
            f"{cls.__name__}.backward returned {len(result)} gradients for the {count} arguments "
            "of forward"
        )
    for i, (x, is_tensor) in enumerate(zip(result, context._tensors)):
        if x is not None and not is_tensor:
            raise GraphError(
                f"{cls.__name__}.backward returned a gradient for argument {i} of forward, which "
                "is no tensor; return None"
            )
        if x is not None and not isinstance(x, Tensor):
            raise TypeError(
                f"{cls.__name__}.backward returned {type(x).__name__} for argument {i}; a gradient "
                "is a Tensor or None"
            )
