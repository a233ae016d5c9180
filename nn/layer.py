"""Layers that are a function and its arguments: how every activation and loss becomes a module in
one line.

``class ELU(FunctionLayer, function=elu)`` has the arguments of ``elu(input, alpha=1.0)`` after its
inputs as arguments of its constructor, keeps them as attributes, and passes them on in ``forward``.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, ClassVar

from autograd_engine import Tensor

from .module import Module


class FunctionLayer(Module):
    """A function of its ``inputs`` first arguments, as a module that holds the further ones.

    Tensors among the further arguments (class weights) become buffers, so they are part of the
    `state_dict`.
    """

    function: ClassVar[Callable]
    arguments: ClassVar[tuple[str, ...]]

    def __init_subclass__(
        cls, function: Callable | None = None, inputs: int = 1, without: str = "", **more: Any
    ) -> None:
        """Read the signature of ``function``: ``inputs`` tensors, then the constructor's arguments,
        but for ``without``.
        """
        super().__init_subclass__(**more)
        if function is not None:
            parameters = [
                p
                for p in list(inspect.signature(function).parameters.values())[inputs:]
                if p.name != without
            ]
            cls.function = staticmethod(function)
            cls.arguments = tuple(parameter.name for parameter in parameters)
            cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
            cls.__doc__ = vars(cls).get("__doc__") or _layer_document(function)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        signature: inspect.Signature = self.__signature__  # type: ignore[attr-defined]
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}{signature}: {error}") from None
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
        values = {name: getattr(self, name) for name in self.arguments}
        return ", ".join(
            f"{name}={value!r}" for name, value in values.items() if name != "inplace" or value
        )


def _layer_document(function: Callable) -> str:
    """The docstring of a layer: the function's first paragraph, and where more stands."""
    summary, _, _ = (inspect.getdoc(function) or "").partition("\n\n")
    return f"{summary}\n\nThe layer of `nn.functional.{function.__name__}`, which says more."
