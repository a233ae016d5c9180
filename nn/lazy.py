"""Layers that learn one of their sizes from the first input they see."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from typing import Any, Callable, ClassVar, Mapping, NoReturn

from .module import Module


class Lazy(Module):
    """The base of lazy layers: ``class LazyLinear(Lazy, Linear, unknown="in_features")``.

    It takes the constructor arguments of the complete layer (its second base class) but for the
    unknown one. The first call, or `load_state_dict`, gives the size; from then on the object is a
    complete layer and of that class. Before that it has no parameters, and asking for them raises.
    """

    complete: ClassVar[type[Module]]
    unknown: ClassVar[str]

    def __init_subclass__(cls, unknown: str = "", **more: Any) -> None:
        super().__init_subclass__(**more)
        if unknown:
            cls.unknown = unknown
            cls.complete = cls.__bases__[-1]
            known = [
                p for p in inspect.signature(cls.complete).parameters.values() if p.name != unknown
            ]
            cls.__signature__ = inspect.Signature(known)  # type: ignore[attr-defined]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Module.__init__(self)
        bound = type(self).__signature__.bind(*args, **kwargs)  # type: ignore[attr-defined]
        bound.apply_defaults()
        self._arguments = dict(bound.arguments)

    def length(self, input: Any) -> int:
        """The unknown size, from an input."""
        raise NotImplementedError

    def loaded_length(self, state: Mapping[str, Any]) -> int:
        """The unknown size, from the layer's part of a `state_dict`."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as undoing:  # an input that is refused teaches nothing
            undoing.callback(self._become_complete(self.length(*args, **kwargs)))
            output = self(*args, **kwargs)
            undoing.pop_all()
        return output

    def _prepare_load(self, state_dict: Mapping[str, Any], path: str) -> Callable[[], Any]:
        prefix = f"{path}." if path else ""
        state = {
            key.removeprefix(prefix): value
            for key, value in state_dict.items()
            if key.startswith(prefix)
        }
        if not state:
            return super()._prepare_load(state_dict, path)
        return self._become_complete(self.loaded_length(state))

    def _become_complete(self, length: int) -> Callable[[], Any]:
        """Become a complete layer, and return what makes it the lazy one again."""
        lazy = type(self)
        attributes = dict(vars(self))
        arguments = {self.unknown: length, **self._arguments}

        def undo() -> None:
            self.__class__ = lazy  # type: ignore[assignment]
            vars(self).clear()
            vars(self).update(attributes)

        try:
            del self._arguments
            self.__class__ = self.complete  # type: ignore[assignment]
            self.__init__(**arguments)  # type: ignore[misc]
        except BaseException:
            undo()
            raise
        self.training = attributes.get("training", True)
        return undo

    @property
    def _parameters(self) -> NoReturn:
        raise RuntimeError(
            f"{type(self).__name__} has no parameters before its first input: call the model on a "
            "batch first"
        )

    def extra_repr(self) -> str:
        shown = {self.unknown: 0, **self._arguments}
        return ", ".join(
            f"{name}={value!r}" for name, value in shown.items() if name not in ("device", "dtype")
        )
