"""The functions of packages that the user's code calls: what he reads as one operation, as
``max_pool2d(x, 2)``, may be several.

While a function runs for a picture, Python says of every call which code is entered (as a profiler
is told). A call counts where a public function of a package is entered from the user's code, or
from the ``forward`` of a package's module.
"""

from __future__ import annotations

import inspect
import sys
from functools import lru_cache
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ...core.tensor import Tensor
from ...core.trace import is_packaged
from .arguments import argument_text
from .naming import has_parameters, tensors_in

FORWARD = "forward"
"""The method of a module that what it calls is told of."""


Arguments = tuple[tuple[int, str], ...]
"""The arguments of a call that say something: their positions, and what is said."""


class CallWatch:
    """Tells of the calls that count, by ``enter(name, arguments, tensors)``, which gives a key, and
    ``leave(key)``; and, by ``returned(variables, attributes)``, what the variables of the user's
    own functions hold at their end, and the attributes of the objects whose methods they are.

    Where another profiler is at work, nothing is told.
    """

    def __init__(
        self,
        enter: Callable[[str, Arguments, list[Tensor]], int],
        leave: Callable[[int], None],
        returned: Callable[[Mapping[str, Any], Mapping[str, Any]], None],
    ) -> None:
        self._enter = enter
        self._leave = leave
        self._returned = returned
        self._going_on: dict[FrameType, int] = {}
        self._packaged: dict[CodeType, bool] = {}
        self._functions = dict(_public_functions())
        self._codes = {code for code, _ in self._functions}
        self._other = sys.getprofile()

    def __enter__(self) -> CallWatch:
        if self._other is None:
            sys.setprofile(self._told)
        return self

    def __exit__(self, *error: Any) -> None:
        if self._other is None:
            sys.setprofile(None)

    def _told(self, frame: FrameType, event: str, argument: Any) -> None:
        # There are hundreds of events for each operation.
        if event == "return":
            if frame in self._going_on:
                self._leave(self._going_on.pop(frame))
            elif not self._packaged.get(frame.f_code) and not self._is_packaged(frame):
                self._returned(_own_variables(frame), _attributes(frame))
        elif event == "call" and frame.f_code in self._codes and self._counts(frame.f_back):
            function = self._functions.get(_key_of_call(frame))
            if function is not None:
                given = _given(function, frame)
                tensors = list(tensors_in(list(given.values())))
                arguments = _told_arguments(function, given)
                self._going_on[frame] = self._enter(function.__name__, arguments, tensors)

    def _is_packaged(self, frame: FrameType) -> bool:
        code = frame.f_code
        if code not in self._packaged:
            self._packaged[code] = is_packaged(code.co_filename)
        return self._packaged[code]

    def _counts(self, caller: FrameType | None) -> bool:
        """Whether what is called from here is called by the user, or by a module."""
        if caller is None:
            return False
        return caller.f_code.co_name == FORWARD or not self._is_packaged(caller)


def _own_variables(frame: FrameType) -> dict[str, Any]:
    """The variables of a function but its arguments, which hold what others have made."""
    code = frame.f_code
    given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: value for name, value in frame.f_locals.items() if name not in given}


def _attributes(frame: FrameType) -> dict[str, Any]:
    """What the object of a method has, unless modules say it themselves."""
    code = frame.f_code
    if code.co_argcount == 0 or code.co_varnames[0] != "self":
        return {}
    owner = frame.f_locals.get("self")
    if has_parameters(owner):
        return {}
    return getattr(owner, "__dict__", {})


# --- which function is called ---------------------------------------------------------------------


def _public_functions() -> Iterator[tuple[tuple, Callable]]:
    """The functions of packages and the methods of tensors, by what tells a call of them."""
    for module in list(sys.modules.values()):
        if is_packaged(getattr(module, "__file__", None) or ""):
            yield from _functions_among(vars(module))
    yield from _functions_among(vars(Tensor))


def _functions_among(variables: Any) -> Iterator[tuple[tuple, Callable]]:
    for name, function in list(variables.items()):
        if inspect.isfunction(function) and not name.startswith("_"):
            cells = [cell.cell_contents for cell in function.__closure__ or ()]
            yield (function.__code__, tuple(map(id, cells))), function


def _key_of_call(frame: FrameType) -> tuple:
    """What tells which function a frame is a call of: several may share their code, and differ in
    the variables that it finds around it.
    """
    if not frame.f_code.co_freevars:
        return frame.f_code, ()
    variables = frame.f_locals
    around = [variables.get(name) for name in frame.f_code.co_freevars]
    return frame.f_code, tuple(map(id, around))


@lru_cache(maxsize=1024)
def signature_of(function: Callable) -> inspect.Signature:
    """The signature of a function, which takes long to find."""
    return inspect.signature(function)


def _given(function: Callable, frame: FrameType) -> dict[str, Any]:
    """The arguments of a call by their names."""
    names, many, named, values = inspect.getargvalues(frame)
    count = frame.f_code.co_argcount
    args = [values[name] for name in names[:count]]
    kwargs = {name: values[name] for name in names[count:]}
    if many:
        args += values[many]
    if named:
        kwargs |= values[named]
    try:
        return signature_of(function).bind(*args, **kwargs).arguments
    except TypeError:  # the function will say so itself
        return {}


def _told_arguments(function: Callable, given: dict[str, Any]) -> Arguments:
    """Those that are neither tensors nor as the function has them by itself."""
    texts = []
    for position, (name, parameter) in enumerate(signature_of(function).parameters.items()):
        if name not in given:
            continue
        value = given[name]
        default = parameter.default
        if not isinstance(value, (Tensor, np.ndarray)) and not _is_default(value, default):
            texts += [(position, text) for text in argument_text(name, value)]
    return tuple(texts)


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
