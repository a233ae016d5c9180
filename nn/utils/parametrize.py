"""Parameters that are computed from others: ``layer.weight`` becomes a function of what is really
learned.

The layer's class is replaced by a subclass with a property in the parameter's place; what is
learned, and the module that computes, are found under ``layer.parametrizations.weight``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from autograd_engine import as_tensor, no_grad

from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

_computed_once: ContextVar[dict | None] = ContextVar("computed_once", default=None)
"""What has been computed in the outermost block of `cached`, by module and name."""


def __dir__() -> list[str]:
    return __all__


class ParametrizationList(ModuleList):
    """The modules that compute one parameter, in order, and the originals that the first of them
    starts from.
    """

    def __init__(self, parametrization: Module, parameter: Parameter) -> None:
        super().__init__([parametrization])
        start = parameter.detach()
        if hasattr(parametrization, "right_inverse"):
            with no_grad():
                start = parametrization.right_inverse(start)
        self.several = isinstance(start, tuple)
        for name, value in zip(self.originals(start), start if self.several else (start,)):
            setattr(self, name, Parameter(value.clone(), parameter.requires_grad))

    def originals(self, start: Any = None) -> list[str]:
        """The names of what is learned: ``original``, or ``original0`` and so on."""
        if start is None:
            return [name for name in self._parameters if name.startswith("original")]
        if isinstance(start, tuple):
            return [f"original{i}" for i in range(len(start))]
        return ["original"]

    @no_grad()
    def assign(self, value: Any) -> None:
        """Make what is computed this value, by the inverses of the modules, the last one first.

        Raises
        ------
        RuntimeError
            If a module has no ``right_inverse``.
        ValueError
            If the inverses give other originals than there are; nothing has been changed then.
        """
        for parametrization in reversed(list(self)):
            if not hasattr(parametrization, "right_inverse"):
                raise RuntimeError(
                    f"parametrization {type(parametrization).__name__} does not implement "
                    "right_inverse, so the value that it computes cannot be assigned"
                )
            value = parametrization.right_inverse(as_tensor(value))
        values = value if isinstance(value, tuple) else (value,)
        originals = [getattr(self, name) for name in self.originals()]
        given = [(tuple(v.shape), str(v.dtype)) for v in values]
        wanted = [(tuple(p.shape), str(p.dtype)) for p in originals]
        if given != wanted:
            raise ValueError(f"right_inverse gives {given} where the originals are {wanted}")
        for original, new in zip(originals, values):
            original.copy_(new)

    def forward(self) -> Any:
        values = [getattr(self, name) for name in self.originals()]
        value = self[0](*values)
        for parametrization in list(self)[1:]:
            value = parametrization(value)
        return value


@contextmanager
def cached() -> Iterator[None]:
    """Inside of the block each parameter is computed once, however often it is read: a recurrent
    step or a shared layer asks for it many times.

    Examples
    --------
    >>> import nn
    >>> from nn.utils.parametrize import cached
    >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
    >>> with cached():
    ...     layer.weight is layer.weight
    True
    """
    if _computed_once.get() is not None:
        yield
        return
    token = _computed_once.set({})
    try:
        yield
    finally:
        _computed_once.reset(token)


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before its parameters were computed.

    Examples
    --------
    >>> import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))
    >>> nn.utils.parametrize.type_before_parametrizations(layer) is nn.Linear
    True
    """
    return getattr(module, "_plain_class", type(module))


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parameters that are computed, or whether this one is."""
    own = vars(module).get("parametrizations")
    return isinstance(own, ModuleDict) and (tensor_name is None or tensor_name in own)


def register_parametrization(module: Module, tensor_name: str, parametrization: Module) -> Module:
    """Have a parameter computed by ``parametrization(original)``.

    Parameters
    ----------
    module : Module
    tensor_name : str
        The parameter's name.
    parametrization : Module
        Its ``forward`` gives the parameter. Where it has ``right_inverse``, that gives the original
        from the present value, or a tuple of originals, and values may be assigned to the
        parameter; else the original begins as the present value.

    Returns
    -------
    Module
        The same module.

    Raises
    ------
    ValueError
        If there is no such parameter, or the computed one differs in shape.

    Examples
    --------
    >>> import nn
    >>> from nn.utils.parametrize import register_parametrization
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    """
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if tensor_name not in module._parameters:
        raise ValueError(
            f"{type(module).__name__} has no parameter {tensor_name!r}; it has "
            f"{', '.join(module._parameters) or 'none'}"
        )
    parameter = module._parameters[tensor_name]
    computing = ParametrizationList(parametrization, parameter)
    with no_grad():
        shape = tuple(computing().shape)
    if shape != tuple(parameter.shape):
        raise ValueError(
            f"the parametrization gives shape {list(shape)} in the place of {list(parameter.shape)}"
        )
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.__class__ = _subclass(type(module))
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _computed(tensor_name))
    module.parametrizations[tensor_name] = computing
    return module


def _computed(name: str) -> property:
    """The attribute in a parameter's place: read, it is computed; assigned to, it is inverted."""

    def read(module: Any) -> Any:
        kept = _computed_once.get()
        if kept is None:
            return module.parametrizations[name]()
        if (module, name) not in kept:
            kept[module, name] = module.parametrizations[name]()
        return kept[module, name]

    def assign(module: Any, value: Any) -> None:
        module.parametrizations[name].assign(value)
        (_computed_once.get() or {}).pop((module, name), None)

    return property(read, assign)


def _subclass(cls: type) -> type:
    return type(
        f"Parametrized{cls.__name__}", (cls,), {"__module__": cls.__module__, "_plain_class": cls}
    )


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a computed parameter an ordinary one again, with its present value or
    (``leave_parametrized=False``) the original.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"{type(module).__name__} has no parametrization of {tensor_name!r}")
    computing = module.parametrizations[tensor_name]
    if not leave_parametrized and computing.several:
        raise ValueError("leaving the original is only possible where there is one, not several")
    kept = getattr(module, tensor_name) if leave_parametrized else computing.original
    value = kept.detach()
    wanted = any(parameter.requires_grad for parameter in computing.parameters())
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        delattr(module, "parametrizations")
        module.__class__ = type(module)._plain_class  # type: ignore[attr-defined]
    module.register_parameter(tensor_name, Parameter(value.clone(), wanted))
    return module
