"""Layers that are a function and its arguments: how every activation and loss becomes a module in one line.

``class ELU(FunctionLayer, function=elu)`` has the arguments of ``elu(input, alpha=1.0)`` after its inputs as arguments of
its constructor, keeps them as attributes, and passes them on in ``forward``.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, ClassVar

from autograd_engine import Tensor

from .module import Module


class FunctionLayer(Module):
    """A function of its ``inputs`` first arguments, as a module that holds the further ones.

    Tensors among the further arguments (class weights) become buffers, so they are part of the `state_dict`.
    """

    function: ClassVar[Callable]
    arguments: ClassVar[tuple[str, ...]]
    shown: ClassVar[bool] = True  # whether repr shows the arguments

    def __init_subclass__(cls, function: Callable | None = None, inputs: int = 1, shown: bool | None = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        if shown is not None:
            cls.shown = shown
        if function is not None:
            cls.function = staticmethod(function)
            parameters = list(inspect.signature(function).parameters.values())[inputs:]
            cls.arguments = tuple(parameter.name for parameter in parameters)
            cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        try:
            bound = self.__signature__.bind(*args, **kwargs)  # type: ignore[attr-defined]
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}{self.__signature__}: {error}") from None  # type: ignore[attr-defined]
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            if isinstance(value, Tensor):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, *inputs: Any) -> Any:
        if not self.arguments:
            return self.function(*inputs)
        own = self.__dict__
        return self.function(*inputs, **{name: own[name] for name in self.arguments})

    def extra_repr(self) -> str:
        if not self.shown:
            return ""
        values = {name: getattr(self, name) for name in self.arguments}
        return ", ".join(f"{name}={value!r}" for name, value in values.items() if name != "inplace" or value)
