"""`compile`: a function of tensors that runs as a program, written anew for each kind of call.

The first call of a kind runs the function itself, and is recorded. Later ones of the same kind (the
same shapes and dtypes, the same other arguments, the same surroundings) run the program. What the
function takes from elsewhere is read at each call.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.batched import open_levels
from ...core import memory
from ...core.decision import DecidedOtherwise, decided
from ...core.declaration import set_rules
from ...core.modes import enable_grad, get_default_dtype, is_grad_enabled
from ...core.primitive import Primitive, apply
from ...core.recorder import Call, Value
from ...core.tensor import Tensor, wrap
from ...tensors.random import default_generator
from ..pytree import tree_map
from .fast import FastCode, is_fast
from .lowering import lowered
from .straight import Program, needed_for, with_values
from .surroundings import Surroundings
from .tracing import RANDOM, Trace, tensors_among, traced, values_in

BACK_ENDS = ("numpy",)

MOST_KINDS = 64
"""How many kinds of call are remembered; then the oldest is forgotten."""


def compile(f: Callable | None = None, *, backend: str = "numpy") -> Any:
    """A function that computes the same, faster: as straight-line code that is written once for
    each kind of call.

    Parameters
    ----------
    f : callable, optional
        A function of tensors (and of anything else), or a model. May be left out: then
        ``compile(...)`` is a decorator. To differentiate inside of the program, compile the
        gradient: ``compile(value_and_grad(f))``.
    backend : {"numpy"}
        What the code is written for.

    Returns
    -------
    Compiled
        Called as ``f`` is. Gradients flow through it, of any order. ``report()`` says what was
        written, and what was not.

    Raises
    ------
    TraceError
        At a call, if Python takes a value out of a tensor in ``f`` (``if loss > 1``, ``.item()``):
        a program cannot follow what is decided by it. The message names the line.

    Notes
    -----
    The first call of a kind runs ``f`` itself. A kind is: shapes, dtypes and requirement of
    gradients of the tensors among the arguments, the other arguments, the modes of the engine, and
    what ``f`` sees of its surroundings (numbers it closes over, attributes of models such as
    ``training``). Parameters and buffers are read at each call, and buffers written; random
    numbers are drawn anew. Numbers are those of ``f`` to a few units in the last place, since
    sums may be taken in another order; NumPy's warnings of infinite values are not given.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> step = ag.compile(ag.value_and_grad(lambda w, x: ((w * x) ** 2).sum()))
    >>> for _ in range(2):
    ...     value, grad = step(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]))
    >>> value, grad
    (tensor(5.), tensor([2., 4.]))
    """
    if f is None:
        return functools.partial(compile, backend=backend)
    if backend not in BACK_ENDS:
        raise ValueError(f"backend is one of {', '.join(BACK_ENDS)}, got {backend!r}")
    return Compiled(f, backend)


class Compiled:
    """What `compile` returns: the function, and the programs that were written for it."""

    def __init__(self, f: Callable, backend: str) -> None:
        functools.update_wrapper(self, f, updated=())
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        self.function = f
        self.backend = backend
        self.programs: dict[Any, Specialised] = {}
        self._surroundings = Surroundings(f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if open_levels.get():  # programs are of arrays, and inside of vmap there are none
            return self.function(*args, **kwargs)
        given, key = described(args, kwargs)
        program = self.programs.get(key)
        if program is not None and program.holds(given):
            before = program.random_state()
            try:
                return program(given)
            except DecidedOtherwise:
                default_generator.numpy.bit_generator.state = before
        return self._first_call(args, kwargs, key)

    def _first_call(self, args: tuple, kwargs: dict, key: Any) -> Any:
        """Run the function itself, and write a program from that."""
        self.programs.pop(key, None)
        args, kwargs = tree_map(_as_tensor, (args, kwargs))
        surroundings = self._surroundings.seen((args, kwargs))
        trace = traced(self.function, args, kwargs)
        while len(self.programs) >= MOST_KINDS:
            self.programs.pop(next(iter(self.programs)))
        self.programs[key] = Specialised(self.__name__, trace, surroundings, (args, kwargs))
        return trace.out

    def report(self) -> str:
        """What was written for each kind of call, and what runs in it as in eager mode.

        Examples
        --------
        >>> import autograd_engine as ag
        >>> double = ag.compile(lambda x: x + x)
        >>> _ = double(ag.ones(3))
        >>> print(double.report())
        1 program of <lambda>
        (float32[3]): 1 call, all in NumPy; 0 bytes of buffers
        """
        count = f"{len(self.programs)} program{'s' * (len(self.programs) != 1)}"
        return "\n".join(
            [
                f"{count} of {self.__name__}",
                *(program.report() for program in self.programs.values()),
            ]
        )

    def __getattr__(self, name: str) -> Any:
        """What the function or model has besides."""
        if name == "function":
            raise AttributeError(name)
        return getattr(self.function, name)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}, {len(self.programs)} programs>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method: the function with its first argument."""
        return self if instance is None else functools.partial(self, instance)


# --- kinds of call --------------------------------------------------------------------------------


def described(args: tuple, kwargs: dict) -> tuple[list, Any]:
    """The tensors (and arrays) among the arguments, and what kind of call this is."""
    given: list[Any] = []
    kind = [is_grad_enabled(), get_default_dtype()]
    for x in args:
        if type(x) is Tensor:
            given.append(x)
            data = x._data
            kind += (data.shape, data.dtype, x.node is None)
        else:
            kind.append(_kind_of(x, given))
    if kwargs:
        kind.append(_kind_of(kwargs, given))
    if len(set(map(id, given))) < len(given):  # one tensor in two places
        kind.append(tuple([list(map(id, given)).index(id(x)) for x in given]))
    return given, tuple(kind)


def _kind_of(x: Any, given: list) -> Any:
    """What is the same for two arguments of one kind; tensors in them are put to the others."""
    if isinstance(x, Tensor):
        given.append(x)
        return x.shape, x.dtype, x.node is None
    if isinstance(x, np.ndarray):
        given.append(x)
        return x.shape, x.dtype
    if isinstance(x, (tuple, list)):
        return type(x), tuple([_kind_of(part, given) for part in x])
    if isinstance(x, dict):
        return type(x), tuple([(key, _kind_of(part, given)) for key, part in x.items()])
    if isinstance(x, (int, float, str, bytes, type(None))):
        return type(x), x
    return type(x), id(x)


def _as_tensor(x: Any) -> Any:
    return Tensor(x) if isinstance(x, np.ndarray) else x


# --- one kind -------------------------------------------------------------------------------------


class Specialised:
    """The program of one kind of call."""

    def __init__(self, name: str, trace: Trace, surroundings: Any, arguments: Any) -> None:
        self._trace = trace
        self._surroundings = surroundings
        self._kept_alive = arguments  # what identities in the key stand for
        first = tensors_among(arguments)
        self._pinned = [(i, x) for i, x in enumerate(first) if surroundings.saw(x)]
        self._tensors = [tensor for tensor, _ in trace.captured]
        self._known = _facts(self._tensors)
        program = self._program = lowered(trace, is_fast)
        self._taken = [value for _, value in program.captured]
        known = [*map(id, first), *map(id, self._tensors)]
        self._written = [known.index(id(tensor)) for tensor, _ in program.writes]
        self._handed_on = [
            (i, program.arguments.index(value))
            for i, value in enumerate(program.results)
            if value in program.arguments
        ]
        self._count = len(program.results)
        self._wanted = [x for x, g in program.gradients if g is not None]
        self._write_forward(program)
        self._write_backward(program)
        self._decides = any(call.op is decided for call in program.calls)
        self._built = _builder(trace.out)
        self._names = [f"{v.dtype}{list(v.shape)}" for v in program.arguments]
        self._op: Any = None
        if program.cotangents:
            self._op = _primitive_of(name, self)

    def _write_forward(self, program: Program) -> None:
        writes = [value for _, value in program.writes]
        calls = needed_for(program.calls, [*program.results, *writes])
        self._calls = [call for call in program.calls if call in calls]
        later = [call for call in program.calls if call not in calls]
        made = {y for call in self._calls for y in call.outputs}
        needed = [value for call in later for value in values_in(call)]
        needed += [g for _, g in program.gradients if g is not None]
        inputs = [*program.arguments, *self._taken]
        draws = [y for call in self._calls if call.op.name in RANDOM for y in call.outputs]
        if not program.cotangents:
            needed = draws = []
        kept = [v for v in dict.fromkeys([*needed, *draws]) if v in made or v in inputs]
        self._draws = draws
        self._kept = kept
        own = [value for value in kept if value in made]
        outputs = [*program.results, *own]
        self._places = [_where_kept(v, inputs, own, len(program.results)) for v in kept]
        self.forward = FastCode(program, self._calls, inputs, outputs, writes)

    def _write_backward(self, program: Program) -> None:
        calls = [call for call in program.calls if call not in self._calls]
        inputs = [*self._kept, *(g for _, g in program.cotangents)]
        outputs = [g for _, g in program.gradients if g is not None]
        self.backward = FastCode(program, calls, inputs, outputs) if outputs else None

    def random_state(self) -> Any:
        """Where the random numbers stand, if the program may be left halfway."""
        return default_generator.numpy.bit_generator.state if self._decides else None

    def holds(self, given: Sequence[Any]) -> bool:
        """Whether what the program takes from elsewhere is of the same kind as it was; and which of
        the arguments the function sees there too.
        """
        for i, tensor in self._pinned:
            if given[i] is not tensor:
                return False
        return self._surroundings.are_same() and _facts(self._tensors) == self._known

    # --- calls ------------------------------------------------------------------------------------

    def __call__(self, given: Sequence[Any]) -> Any:
        """Run the program on these arguments."""
        tensors = [*given, *self._tensors]
        arrays = [x._data if isinstance(x, Tensor) else x for x in tensors]
        values = self.forward(*arrays)
        count = self._count
        if self._written:
            self._write(tensors, arrays, values[len(values) - len(self._written) :])
        if self._op is None:
            outputs = list(map(wrap, values[:count]))
            for i, place in self._handed_on:
                if isinstance(given[place], Tensor):
                    outputs[i] = given[place]
        else:
            kept = [arrays[i] if outside else values[i] for outside, i in self._places]
            outputs = self._differentiable(values[:count], tensors, kept)
        return self._built(outputs)

    def _write(self, tensors: list, arrays: list, values: Sequence[Any]) -> None:
        """Give tensors from outside their new values. The gradient goes by the old ones."""
        for i, value in zip(self._written, values):
            tensor = tensors[i]
            if self._op is not None:
                arrays[i] = arrays[i].copy()
                if tensor.node is None:
                    tensors[i] = wrap(arrays[i])
            _store(tensor, value)

    def _differentiable(self, values: Sequence[Any], tensors: list, kept: list) -> list:
        """The results as tensors with a node, whose rule runs the backward program."""
        results = apply(self._op, tensors, {"values": tuple(values), "kept": kept})
        with_graph = {result for result, _ in self._trace.cotangents}
        pairs = zip(results, self._trace.results)
        return [y if value in with_graph else wrap(y._data) for y, value in pairs]

    def gradients(self, g: Sequence[Any], kept: list) -> list:
        """The gradients of arguments and captured tensors, of arrays."""
        program = self._program
        by_result = dict(zip(program.results, g))
        cotangents = [by_result[y] for y, _ in program.cotangents]
        found: dict[Value, Any] = {}
        if self.backward is not None:
            found = dict(zip(self._wanted, self.backward(*kept, *cotangents)))
        return [found.get(value) for value in [*program.arguments, *self._taken]]

    def gradients_with_graph(self, g: Sequence[Any], inputs: Sequence[Any], kept: list) -> list:
        """The gradients as tensors with a graph: the recorded calls, made again on tensors."""
        drawn = dict(zip(self._kept, kept))
        draws = [drawn[value] for value in self._draws]
        return replayed(self._trace, inputs, g, draws)

    def report(self) -> str:
        """What was written, in words."""
        codes = [self.forward, self.backward] if self.backward else [self.forward]
        calls = [call for code in codes for call in code.calls]
        eager = [call for code in codes for call in code.as_eager]
        planned = sum(code.planned for code in codes)
        text = f"({', '.join(self._names)}): {len(calls)} call{'s' * (len(calls) != 1)}, "
        text += f"{len(eager)} as in eager mode" if eager else "all in NumPy"
        text += f"; {planned} bytes of buffers"
        unshared = sum(code.unplanned for code in codes)
        if unshared > planned:
            text += f" for {unshared} bytes of values"
        for name in dict.fromkeys(call.op.name for call in eager):
            count = sum(call.op.name == name for call in eager)
            text += f"\n    {name} ×{count}: the op's own function, which NumPy has not as one call"
        return text


def _where_kept(value: Value, inputs: list, own: list, before: int) -> tuple[bool, int]:
    """Whether a kept value is an input, and its place among the inputs or the outputs."""
    if value in inputs:
        return True, inputs.index(value)
    return False, before + own.index(value)


def _facts(tensors: Sequence[Tensor]) -> list:
    """What a program counts on of the tensors that it takes from elsewhere."""
    return [(x._data.shape, x._data.dtype, x.node is None) for x in tensors]


def _store(tensor: Tensor, value: Any) -> None:
    """Write the new value of a tensor into its memory."""
    if isinstance(tensor._data, np.ndarray):
        np.copyto(tensor._data, value)
    else:
        tensor._data = value
    memory.record_write(tensor)


def _builder(out: Any) -> Callable[[list], Any]:
    """What puts tensors into the structure in which a function returned them.

    It is text that is compiled once: ``lambda ys: (ys[0], (ys[1], ys[2]))``.
    """
    space: dict[str, Any] = {}
    numbers = itertools.count()

    def text(x: Any) -> str:
        if isinstance(x, Tensor):
            return f"ys[{next(numbers)}]"
        if type(x) is tuple:
            return f"({''.join(f'{text(part)}, ' for part in x)})"
        if type(x) is list:
            return f"[{', '.join(map(text, x))}]"
        if type(x) is dict:
            return f"{{{', '.join(f'{constant(key)}: {text(part)}' for key, part in x.items())}}}"
        if isinstance(x, tuple):
            return f"{constant(type(x))}({', '.join(map(text, x))})"
        return constant(x)

    def constant(x: Any) -> str:
        name = f"k{len(space)}"
        space[name] = x
        return name

    return eval(f"lambda ys: {text(out)}", space)


# --- gradients through it -------------------------------------------------------------------------


def _primitive_of(name: str, program: Specialised) -> Primitive:
    """The op that a call of the program is in the graph."""

    def forward(*inputs: Any, values: tuple, kept: list) -> tuple:
        return values

    def rule(g: Any, inputs: tuple, kept: list) -> list:
        if any(isinstance(x, Tensor) for x in (*g, *inputs)):
            found = program.gradients_with_graph(g, inputs, kept)
            return found if is_grad_enabled() else tree_map(lambda x: wrap(x._data), found)
        return program.gradients(g, kept)

    op = Primitive(name, forward, ("*inputs",), {"values": (), "kept": []}, outputs=0)
    set_rules(op, None, rule)
    return op


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
