"""`compile`: a function of tensors that runs as a program, written anew for each kind of call.

The first call of a kind runs the function itself, and is recorded. Later ones of the same kind (the
same shapes and dtypes, the same other arguments, the same surroundings) run the program. What the
function takes from elsewhere is read at each call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from ...core.batched import open_levels
from ...core.decision import DecidedOtherwise
from ...core.jit import require_numba
from ...core.modes import get_default_dtype, is_grad_enabled
from ...core.node import LEAF
from ...core.recorder import is_pictured
from ...core.tensor import Tensor
from ...tensors.random import default_generator
from ..pytree import tree_map
from .fast import FastCode
from .nativecode import NativeCode
from .quick import MISSED, hooks_of
from .specialised import Specialised
from .surroundings import Surroundings
from .tracing import traced

BACK_ENDS = {"numpy": FastCode, "numba": NativeCode}

MOST_KINDS = 64
"""How many kinds of call are remembered; then the oldest is forgotten."""

MOST_ANSWERS = 8
"""How many programs of one kind are remembered that were written for other decisions."""


def compile(f: Callable | None = None, *, backend: str = "numpy") -> Any:
    """A function that computes the same, faster: as straight-line code that is written once for
    each kind of call.

    Parameters
    ----------
    f : callable, optional
        A function of tensors (and of anything else), or a model. May be left out: then
        ``compile(...)`` is a decorator. To differentiate inside of the program, compile the
        gradient: ``compile(value_and_grad(f))``.
    backend : {"numpy", "numba"}
        What the code is written for. With NumPy, calls on single numbers are Python's arithmetic,
        of double precision: float32 on the way is kept in double there. With numba (the extra
        ``fast``), loops and products become machine code, many calls on single numbers a tape, and
        NumPy's calls stand between them for all else. The first call takes seconds then; machine
        code is kept in the user's cache folder, or in the one that the environment variable
        ``AUTOGRAD_ENGINE_CACHE`` names (if it is empty, nowhere).

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
    what ``f`` sees of its surroundings: what it closes over, names outside of it, attributes of
    models (``training``) and objects, what is in lists and dictionaries, hooks on parameters.
    Parameters and buffers are read at each call, and buffers written; random numbers are drawn
    anew. Numbers are those of ``f`` to a few units in the last place, since sums may be taken in
    another order; NumPy's warnings of infinite values are not given.

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
    if backend == "numba":
        require_numba()
    return Compiled(f, backend)


class Compiled:
    """What `compile` returns: the function, and the programs that were written for it."""

    def __init__(self, f: Callable, backend: str) -> None:
        functools.update_wrapper(self, f, updated=())
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        self.function = f
        self.backend = backend
        self.programs: dict[Any, Specialised] = {}
        self._decided_otherwise: dict[Any, list[Specialised]] = {}
        self._surroundings = Surroundings(f)
        self._quick: Callable | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._quick is not None:
            try:
                out = self._quick(args, kwargs)
            except DecidedOtherwise:
                out = MISSED
            if out is not MISSED:
                return out
        return self._the_long_way(args, kwargs)

    def _the_long_way(self, args: tuple, kwargs: dict) -> Any:
        """By the key of the kind of call."""
        # Programs are of arrays, and inside of vmap there are none; pictures show what is in them.
        if open_levels.get() or is_pictured():
            return self.function(*args, **kwargs)
        given, key = described(args, kwargs)
        program = self.programs.get(key)
        if program is not None and program.holds(given):
            before = program.random_state()
            try:
                out = program(given)
                self._quick = program.quick_call(args, kwargs)
                return out
            except DecidedOtherwise:
                _draw_from(before)
                return self._by_other_decisions(args, kwargs, given, key)
        return self._first_call(args, kwargs, key)

    def _by_other_decisions(self, args: tuple, kwargs: dict, given: list, key: Any) -> Any:
        """By a program that was written for the decisions of this call: an earlier one if there is
        one, which is tried first next time.
        """
        others = self._decided_otherwise.setdefault(key, [])
        last = self.programs[key]
        for i, program in enumerate(others):
            if not program.holds(given):
                continue
            before = program.random_state()
            try:
                out = program(given)
            except DecidedOtherwise:
                _draw_from(before)
                continue
            others[i] = last
            self.programs[key] = program
            return out
        others.append(last)
        del others[:-MOST_ANSWERS]
        return self._first_call(args, kwargs, key)

    def _first_call(self, args: tuple, kwargs: dict, key: Any) -> Any:
        """Run the function itself, and write a program from that."""
        start = perf_counter()
        self.programs.pop(key, None)
        args, kwargs = tree_map(_as_tensor, (args, kwargs))
        surroundings = self._surroundings.seen((args, kwargs))
        trace = traced(self.function, args, kwargs)
        out = trace.out
        while len(self.programs) >= MOST_KINDS:
            oldest = next(iter(self.programs))
            self.programs.pop(oldest)
            self._decided_otherwise.pop(oldest, None)
        code = BACK_ENDS[self.backend]
        program = Specialised(self.__name__, trace, surroundings, (args, kwargs), code)
        program.first_call = perf_counter() - start
        self.programs[key] = program
        return out

    def report(self) -> str:
        """What was written for each kind of call, and what runs in it as in eager mode.

        Examples
        --------
        >>> import autograd_engine as ag
        >>> double = ag.compile(lambda x: x + x)
        >>> _ = double(ag.ones(3))
        >>> print(double.report())  # doctest: +ELLIPSIS
        1 program of <lambda>
        (float32[3]): 1 call, all in NumPy; 0 bytes of buffers; first call ... ms
        """
        programs = [*self.programs.values()]
        programs += [other for others in self._decided_otherwise.values() for other in others]
        count = f"{len(programs)} program{'s' * (len(programs) != 1)}"
        return "\n".join([f"{count} of {self.__name__}", *(each.report() for each in programs)])

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


def _draw_from(state: Any) -> None:
    """Draw random numbers from there on, where a state was kept."""
    if state is not None:
        default_generator.numpy.bit_generator.state = state


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
            if x.node is LEAF and x._hooks:
                kind.append(hooks_of(x))
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
        return x.shape, x.dtype, x.node is None, hooks_of(x)
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
