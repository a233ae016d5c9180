"""Watching a function or a module run: its outputs, and which module call each operation belongs
to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.memory import clock
from ...core.recorder import Recording, Value, current, record_calls
from ...core.tensor import Tensor
from .called import Arguments, CallWatch
from .calls import NEVER
from .naming import (
    argument_names,
    buffers_of,
    modules_of,
    named_tensors,
    path_of,
    tensors_in,
)
from .nodes import Scope


@dataclass(slots=True)
class Watched:
    """What came of calling a function on sample arguments.

    Attributes
    ----------
    outputs : list of Tensor
        Those in what it returned; none where it raised.
    scopes : list of Scope
        The calls of modules, and of functions of packages.
    names : dict of str to Tensor
        The arguments' names.
    error : Exception or None
        What it raised.
    program : Recording
        Every call of an op.
    entered : list of Tensor
        Where it raised: what had been given to the calls that never returned.
    locals : list of (Value, str)
        What the variables of the user's functions held, and their names; those of the outermost
        function come last.
    owned : list of (Value, str)
        What objects brought along, as their attributes, and how they call it.
    given : dict of int to list of Value
        The tensors that functions of packages were given, by their place in `scopes`.
    lost : list of str
        The lines that wrote into memory which other tensors look into, and use.
    """

    outputs: list[Tensor] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    names: dict[str, Tensor] = field(default_factory=dict)
    error: Exception | None = None
    program: Recording = field(default_factory=Recording)
    entered: list[Tensor] = field(default_factory=list)
    locals: list[tuple[Value, str]] = field(default_factory=list)
    owned: list[tuple[Value, str]] = field(default_factory=list)
    given: dict[int, list[Value]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def watched(function: Callable, args: tuple) -> Watched:
    """Call a function or a module, recording operations and their lines; buffers that a module's
    forward changes are put back.
    """
    modules = modules_of(function)
    watch = _Watch(modules)
    result = Watched(names=argument_names(function, args))
    buffers = {id(buffer): buffer for part in modules.values() for _, buffer in buffers_of(part)}
    before = [(buffer, buffer.numpy().copy()) for buffer in buffers.values()]
    try:
        with record_calls() as result.program, watch.functions:
            result.program.for_picture = True
            result.outputs = list(tensors_in(function(*args)))
    except Exception as error:
        result.error = error
        result.entered = watch.entered()
    finally:
        for buffer, values in before:
            buffer.numpy()[...] = values
        result.scopes = watch.close()
        result.given = watch.given
        result.locals = watch.locals
        result.owned = watch.owned
        result.lost = list(dict.fromkeys(result.program.lost))
    return result


class _Watch:
    """Notes the engine's clock when each module, and each function of a package, is entered and
    left.
    """

    def __init__(self, modules: dict[str, Any]) -> None:
        self._scopes: list[list] = []  # the fields of a scope
        self._stack: list[tuple[int, Any]] = []  # the calls that go on, with their arguments
        self.functions = CallWatch(self._enter_function, self._leave, self._note_variables)
        self.locals: list[tuple[Value, str]] = []
        self.owned: list[tuple[Value, str]] = []
        self.given: dict[int, list[Value]] = {}
        parts: dict[int, tuple[str, Any]] = {}
        for name, module in modules.items():
            for path, part in module.named_modules():
                parts.setdefault(id(part), (path_of(name, path), part))
        self._handles = []
        for path, part in parts.values():
            enter = self._entering(path, type(part).__name__)
            self._handles.append(part.register_forward_pre_hook(enter))
            self._handles.append(part.register_forward_hook(self._left))

    def _enter(self, path: str, kind: str, given: Any, *function: Any) -> int:
        parent = None
        if self._stack:
            parent, _ = self._stack[-1]
        key = len(self._scopes)
        self._stack.append((key, given))
        self._scopes.append([path, kind, parent, next(clock), NEVER, *function])
        return key

    def _entering(self, path: str, kind: str) -> Callable:
        def hook(module: Any, args: Any) -> None:
            self._enter(path, kind, args)

        return hook

    def _left(self, module: Any, args: Any, output: Any) -> None:
        self._leave(self._stack[-1][0])

    def _enter_function(self, name: str, params: Arguments, tensors: list[Tensor]) -> int:
        path = name
        if self._stack:
            path = path_of(self._scopes[self._stack[-1][0]][0], name)
        key = self._enter(path, name, (), True, params)
        program = current()
        if program is not None:
            self.given[key] = [program.value_of(tensor) for tensor in tensors]
        return key

    def _note_variables(self, variables: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        """Note the names of what was computed, and of what an object brought along."""
        program = current()
        if program is None:
            return
        reads = len(program.lost)
        for names, own in ((attributes, True), (variables, False)):
            for name, held in list(names.items()):
                if name.startswith(("_", ".")):
                    continue
                for path, tensor in named_tensors(name, held):
                    value = program.known(tensor)
                    if value is None:
                        continue
                    if own and value.call is None:
                        self.owned.append((value, path))
                    elif value.call is not None:
                        self.locals.append((value, path))
        del program.lost[reads:]  # a look is no use

    def _leave(self, key: int) -> None:
        """Note that a call has returned; a function that an error passes through has too."""
        self._stack = [call for call in self._stack if call[0] != key]
        self._scopes[key][4] = next(clock)

    def entered(self) -> list[Tensor]:
        """What the calls that go on were given."""
        return [tensor for _, args in self._stack for tensor in tensors_in(args)]

    def close(self) -> list[Scope]:
        for handle in self._handles:
            handle.remove()
        return [Scope(*scope) for scope in self._scopes]
