"""The switches of the engine: is the graph recorded, is every gradient inspected, which float is
the default.

Recording and anomaly detection are context variables, so a thread or an asyncio task that turns one
never disturbs another. The default dtype is one for the whole process, as in PyTorch.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from contextvars import ContextVar
from typing import Any, Callable, TypeVar

import numpy as np

OFF, ON, TRACED, PACKED = 0, 1, 2, 4
"""What the recording switch can say: nothing is recorded, or nodes are; and added to that, that
they remember their line of source, and that hooks pack what they save.
"""

recording: ContextVar[int] = ContextVar("recording", default=ON)
is_recording = recording.get
"""What the switch says now. Called once or twice for each operation, so it is looked up once."""
extras: ContextVar[int] = ContextVar("extras", default=0)
"""What is added to ON wherever recording is turned on: TRACED, PACKED."""
anomaly: ContextVar[bool] = ContextVar("anomaly", default=False)
_default_dtype = np.dtype("float32")

F = TypeVar("F", bound=Callable[..., Any])


def on() -> int:
    """What the switch says when recording is turned on."""
    return ON | extras.get()


def as_before() -> int:
    """What the switch says when recording stays as it is and the extras have changed."""
    return on() if recording.get() else OFF


class _Stay:
    """A block that was entered: what it found, which block is around it, and whether it is over
    though nobody left it here.
    """

    __slots__ = ("around", "found", "over", "switch")

    def __init__(self, switch: Switch, around: _Stay | None) -> None:
        self.around = around
        self.found = [(variable, variable.get()) for variable in switch._settings]
        self.over = False
        self.switch: weakref.ref | None = weakref.ref(switch, _settle)

    def is_abandoned(self) -> bool:
        """Whether it was left elsewhere, or not at all: then its switch is gone."""
        return self.over or self.switch is not None and self.switch() is None

    def leave(self) -> None:
        """Restore what the block found."""
        for variable, value in self.found:
            variable.set(value)
        _innermost.set(self.around)
        self.switch = None


_innermost: ContextVar[_Stay | None] = ContextVar("innermost block", default=None)


def _settle(_: Any = None) -> _Stay | None:
    """Leave the innermost blocks that are abandoned; the innermost that is not.

    A block is abandoned when its generator is closed in another thread or out of order, or when an
    interrupt comes between any two steps of its exit.
    """
    stay = _innermost.get()
    while stay is not None and stay.is_abandoned():
        stay.leave()
        stay = stay.around
    return stay


class Switch:
    """Sets context variables on entry and restores them on exit, also after an exception; or
    decorates a function. A setting that is a function is asked for its value on entry.

    Where an interrupt kept the exit from its work, that is made up for when the exception is
    dropped, and the switch with it.
    """

    def __init__(self, settings: dict[ContextVar, Any]) -> None:
        self._settings = settings
        self._stays: list[_Stay] = []

    def __enter__(self) -> Switch:
        stay = _Stay(self, _innermost.get() and _settle())
        self._stays.append(stay)
        _innermost.set(stay)
        for variable, value in self._settings.items():
            variable.set(value() if callable(value) else value)
        return self

    def __exit__(self, *exc_info: object) -> None:
        stay = self._stays[-1]
        if _innermost.get() is stay:
            stay.leave()
            self._stays.pop()
        else:
            self._leave_from_elsewhere()
        if stay.around is not None:
            _settle()

    def _leave_from_elsewhere(self) -> None:
        """Leave a block that is not the innermost here: of those around, else of another thread."""
        stay = _innermost.get()
        while stay is not None and (stay.over or stay not in self._stays):
            stay = stay.around
        if stay is None:
            stay = self._stays[-1]
        stay.over = True
        self._stays.remove(stay)

    def __call__(self, function: F) -> F:
        def switch() -> Switch:
            return Switch(self._settings)

        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                # The switch holds while the generator runs and not while its consumer does.
                iterator = function(*args, **kwargs)
                step, payload = iterator.send, None
                while True:
                    try:
                        with switch():
                            item = step(payload)
                    except StopIteration as stop:
                        return stop.value
                    try:
                        step, payload = iterator.send, (yield item)
                    except BaseException as error:  # handed to the generator, which decides
                        step, payload = iterator.throw, error

            return generator  # type: ignore[return-value]

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def coroutine(*args: Any, **kwargs: Any) -> Any:
                with switch():
                    return await function(*args, **kwargs)

            return coroutine  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with switch():
                return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


class _Setting(Switch):
    """A switch that is turned at once, and back only at the end of a block, if it has one."""

    def __init__(self, settings: dict[ContextVar, Any]) -> None:
        super().__init__(settings)
        _settle()
        self._before = [(variable, variable.get()) for variable in settings]
        for variable, value in settings.items():
            variable.set(value() if callable(value) else value)

    def _turn_back(self) -> None:
        for variable, value in self._before:
            variable.set(value)

    def __enter__(self) -> _Setting:
        self._turn_back()  # which is what the block finds
        super().__enter__()
        return self

    def __call__(self, function: F) -> F:
        self._turn_back()  # a decorator changes nothing until the function is called
        return super().__call__(function)


class no_grad(Switch):
    """Record nothing inside: results need no gradient, and leaves may be changed in place.

    Works as ``with no_grad():`` and as the decorator ``@no_grad()`` (also bare, ``@no_grad``).

    Examples
    --------
    >>> from autograd_engine import tensor, no_grad
    >>> x = tensor(3.0, requires_grad=True)
    >>> with no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Callable | None = None) -> Any:
        switch = super().__new__(cls)
        if function is None:
            return switch
        switch.__init__()  # type: ignore[misc]
        return switch(function)

    def __init__(self, function: Callable | None = None) -> None:
        super().__init__({recording: OFF})


class enable_grad(no_grad):
    """Record again inside a ``no_grad`` block. A context manager and a decorator.

    Examples
    --------
    >>> from autograd_engine import tensor, no_grad, enable_grad
    >>> x = tensor(3.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    def __init__(self, function: Callable | None = None) -> None:
        Switch.__init__(self, {recording: on})


class inference_mode(no_grad):
    """`no_grad` under the name that newer programs use.

    Parameters
    ----------
    mode : bool
        False records again, as `enable_grad` does.

    Examples
    --------
    >>> from autograd_engine import inference_mode, tensor
    >>> with inference_mode():
    ...     (tensor(3.0, requires_grad=True) * 2).requires_grad
    False
    """

    def __new__(cls, mode: bool | Callable = True) -> Any:
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: bool = True) -> None:
        Switch.__init__(self, {recording: OFF if mode else on})


class set_grad_enabled(_Setting):
    """Turn recording on or off: at once when called, and until the block ends when used with
    ``with``.

    Parameters
    ----------
    mode : bool
        Whether the graph is to be recorded.

    Examples
    --------
    >>> from autograd_engine import is_grad_enabled, set_grad_enabled
    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__({recording: on if mode else OFF})
        self.mode = bool(mode)


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require gradients are being recorded.

    Examples
    --------
    >>> from autograd_engine import is_grad_enabled
    >>> is_grad_enabled()
    True
    """
    _settle()
    return recording.get() != OFF


def _tracing(mode: bool, check_nan: bool) -> dict[ContextVar, Any]:
    """The settings under which nodes remember their line of source, or do so no more."""

    def with_or_without() -> int:
        return extras.get() | TRACED if mode else extras.get() & ~TRACED

    return {extras: with_or_without, recording: as_before, anomaly: mode and check_nan}


class detect_anomaly(Switch):
    """Find where a NaN gradient is born.

    Inside, every node remembers the line that made it, and ``backward`` stops with an error at the
    first op whose gradient is NaN, naming the op, its shape and that line. Slower: meant for
    looking, not for training.

    Parameters
    ----------
    check_nan : bool
        Whether ``backward`` stops at NaN. Without, only the lines are remembered, which `draw` then
        shows with each op.

    Examples
    --------
    >>> from autograd_engine import tensor, detect_anomaly
    >>> x = tensor([0.0], requires_grad=True)
    >>> with detect_anomaly():  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     (x.sqrt() * 0).sum().backward()
    Traceback (most recent call last):
    AnomalyError: ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(_tracing(True, check_nan))


class set_detect_anomaly(_Setting):
    """Turn `detect_anomaly` on or off: at once when called, and until the block ends when used with
    ``with``.

    Parameters
    ----------
    mode : bool
        Whether to look for NaN gradients.
    check_nan : bool
        See `detect_anomaly`.

    Examples
    --------
    >>> from autograd_engine import autograd
    >>> with autograd.set_detect_anomaly(True):
    ...     pass  # look for the first NaN here
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(_tracing(mode, check_nan))


def get_default_dtype() -> np.dtype:
    """The dtype that Python floats become (float32 unless changed).

    Examples
    --------
    >>> from autograd_engine import get_default_dtype
    >>> get_default_dtype()
    dtype('float32')
    """
    return _default_dtype


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that Python floats, and the creation functions without ``dtype``, give.

    Parameters
    ----------
    dtype : numpy dtype or its name
        A floating point dtype.

    Raises
    ------
    TypeError
        If ``dtype`` is not a floating point dtype.

    Examples
    --------
    >>> import autograd_engine as ag
    >>> ag.set_default_dtype("float64"); ag.tensor(1.0).dtype; ag.set_default_dtype("float32")
    dtype('float64')
    """
    global _default_dtype
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"the default dtype must be a floating point dtype, got {dtype}")
    _default_dtype = dtype
