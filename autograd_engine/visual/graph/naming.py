"""What tensors are called: by the variables that hold them, and by the modules that own them.

Modules are known by what they offer, not by their class: whatever has ``named_parameters`` gives
names, and whatever has ``named_modules`` and forward hooks too gives boxes around what its parts
compute.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...core.tensor import Tensor


LISTED = 64
"""In longer lists nothing gets a name."""


def has_parameters(value: Any) -> bool:
    """Whether it gives names to tensors."""
    return not isinstance(value, type) and hasattr(type(value), "named_parameters")


def is_module(value: Any) -> bool:
    """Whether it offers what modules offer: parts with names, and hooks around their calls."""
    offers = ("named_modules", "register_forward_pre_hook", "register_forward_hook")
    return not isinstance(value, type) and all(hasattr(type(value), name) for name in offers)


def modules_of(function: Callable) -> dict[str, Any]:
    """The modules that a call runs, by their path: a module itself, or those that a function knows
    by a variable of its own.
    """
    if is_module(function):
        return {"": function}
    try:
        variables = inspect.getclosurevars(function)
    except TypeError:  # not written in Python
        return {}
    known = {**variables.globals, **variables.nonlocals}
    return {name: value for name, value in known.items() if is_module(value)}


def owned_names(module: Any, prefix: str = "") -> dict[str, Tensor]:
    """The parameters and buffers of a module by their path."""
    buffers = {path_of(prefix, name): buffer for name, buffer in buffers_of(module)}
    return parameters_of(module, prefix) | buffers


def parameters_of(module: Any, prefix: str = "") -> dict[str, Tensor]:
    """The parameters of a module by their path."""
    return {
        path_of(prefix, name): parameter
        for name, parameter in module.named_parameters()
        if isinstance(parameter, Tensor)
    }


def buffers_of(module: Any) -> list[tuple[str, Tensor]]:
    """The buffers of a module with their paths; none if it knows no buffers."""
    if not hasattr(module, "named_buffers"):
        return []
    return [pair for pair in module.named_buffers() if isinstance(pair[1], Tensor)]


def path_of(*parts: str) -> str:
    """An attribute path of its parts."""
    return ".".join(filter(None, parts))


def argument_names(function: Any, args: tuple) -> dict[str, Tensor]:
    """The tensors among the arguments of a call, by the names of the parameters."""
    called = function
    if is_module(function):
        called = function.forward
    try:
        given = inspect.signature(called).bind(*args).arguments
    except (TypeError, ValueError):  # a builtin has no signature to read; wrong calls raise later
        return {}
    found: dict[str, Tensor] = {}
    for name, value in given.items():
        found.update(named_tensors(name, value))
    return found


def named_tensors(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors in nested lists, tuples and dicts, with the expressions that lead to them."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, dict) and len(value) <= LISTED:
        for key, item in value.items():
            yield from named_tensors(f"{name}[{key!r}]", item)
    elif isinstance(value, (list, tuple)) and len(value) <= LISTED:
        for i, item in enumerate(value):
            yield from named_tensors(f"{name}[{i}]", item)


def names_around(source: Any, variables: Mapping[str, Any]) -> dict[str, Tensor]:
    """What a user's ``names=`` says: the names of a dict or a module, none for False, and by
    default those of the variables of the code that draws.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if source is False:
        return {}
    if isinstance(source, dict):
        return source
    if source is None:
        return _of_variables(variables)
    if not has_parameters(source):
        raise TypeError(
            f"names is a dict of tensors, a module, or False, got {type(source).__name__}"
        )
    return owned_names(source)


def _of_variables(variables: Mapping[str, Any]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, value in list(variables.items()):
        if name.startswith("_"):
            continue
        if isinstance(value, (Tensor, list, tuple)):
            found |= {key: own for key, own in named_tensors(name, value) if key not in found}
        elif has_parameters(value):
            fresh = owned_names(value)
            found |= {key: fresh[key] for key in fresh if key not in found}
    return found


def classes_around(source: Any, variables: Mapping[str, Any]) -> dict[str, str]:
    """The classes of the modules whose parameters `names_around` gives names to, by their paths;
    those of a whole model by "", if there is one alone.
    """
    modules = [source]
    if source is None or isinstance(source, dict):
        unique = {id(value): value for value in variables.values() if is_module(value)}
        modules = list(unique.values())
    if isinstance(source, dict):  # another model may have parts of the same names
        given = {id(value) for value in source.values()}
        modules = [m for m in modules if any(id(p) in given for _, p in m.named_parameters())]
    found: dict[str, str] = {}
    for module in modules:
        if is_module(module):
            for path, part in module.named_modules():
                if path or len(modules) == 1:
                    found.setdefault(path, type(part).__name__)
    return found


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
