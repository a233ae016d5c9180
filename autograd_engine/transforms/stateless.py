"""Models as functions of their parameters: calls in which other tensors stand in the place of a
module's own.

A module is whatever can be called and has ``named_parameters`` and ``named_buffers`` with dotted
names. What a name means is found by walking attributes; nothing else is asked of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..core.errors import GraphError
from ..core.node import LEAF
from ..core.saved import link
from ..core.tensor import Tensor
from ..ops.joining import stack
from .program import aliased


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with these tensors in the place of its parameters and buffers.

    Afterwards, also after an exception, the module has its own again.

    Parameters
    ----------
    module : callable
        A module, with ``named_parameters()`` and ``named_buffers()``.
    parameter_and_buffer_dicts : dict of str to Tensor, or sequence of them
        By dotted name. What is not named stays the module's own. A buffer that the call replaces
        by another tensor is put in the place of the given one.
    args : tuple, optional
        The positional arguments; anything else than a tuple is taken as the only one.
    kwargs : dict, optional
        The arguments by name.
    tie_weights : bool
        Whether a tensor that the module has under several names takes the given value under all of
        them.
    strict : bool
        Whether exactly the module's parameters and buffers have to be given.

    Returns
    -------
    object
        What the module returns.

    Raises
    ------
    ValueError
        If a name is given twice, or tied names are given different values.
    RuntimeError
        If ``strict`` and names are missing or unexpected.
    TypeError, AttributeError
        If a value is no tensor, or a name does not lead to a tensor of the module.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import func, ones
    >>> layer = nn.Linear(2, 1)
    >>> func.functional_call(layer, {"weight": ones(1, 2), "bias": ones(1)}, (ones(2),))
    tensor([3.])
    """
    given = _merged(parameter_and_buffer_dicts)
    names = _names(module)
    places = _named_places(given, names, tie_weights)
    if strict:
        _check_complete(module, places, names)
    arguments = args if isinstance(args, tuple) else (args,)
    if args is None:
        arguments = ()
    with _swapped(module, places, given):
        return module(*arguments, **(kwargs or {}))


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several models of one kind, stacked: an ensemble.

    Parameters
    ----------
    models : sequence of modules
        Of one class and in one mode.

    Returns
    -------
    tuple of dict
        By name, the parameters and the buffers of all models, each stacked along a new first
        dimension. They are leaves, on memory of their own, and require gradients as the models' do.

    Raises
    ------
    RuntimeError
        If there is no model, or the models differ in class, mode, names or requirement of
        gradients.

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import func
    >>> params, buffers = func.stack_module_state([nn.Linear(2, 1) for _ in range(3)])
    >>> {name: p.shape for name, p in params.items()}, buffers
    ({'weight': (3, 1, 2), 'bias': (3, 1)}, {})
    """
    models = list(models)
    if not models:
        raise GraphError("stack_module_state() needs at least one model")
    kinds = sorted({type(model).__name__ for model in models})
    if len({type(model) for model in models}) > 1:
        raise GraphError(f"only models of one class can be stacked, got {', '.join(kinds)}")
    if len({model.training for model in models}) > 1:
        raise GraphError("the models must all be in training mode, or all in evaluation mode")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return _stacked_leaves(parameters), _stacked_leaves(buffers)


def _stacked_leaves(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    stacked = {}
    for name in states[0]:
        if any(name not in state for state in states):
            raise GraphError(f"not every model has {name!r}")
        parts = [state[name] for state in states]
        if len({part.requires_grad for part in parts}) > 1:
            raise GraphError(f"{name!r} requires a gradient in some of the models only")
        together = stack([part.detach() for part in parts], 0)
        stacked[name] = together.requires_grad_(parts[0].requires_grad)
    return stacked


# --- what is given --------------------------------------------------------------------------------


def _merged(dicts: Any) -> Any:
    """One dictionary of what is given: the user's own where there is one."""
    if isinstance(dicts, Mapping):
        return dicts
    if not isinstance(dicts, Sequence) or not all(isinstance(each, Mapping) for each in dicts):
        raise ValueError(
            "the parameters and buffers are a dictionary or a sequence of dictionaries, got "
            f"{type(dicts).__name__}"
        )
    merged: dict[str, Any] = {}
    for each in dicts:
        twice = [name for name in each if name in merged]
        if twice:
            raise ValueError(f"{', '.join(twice)} stand in more than one of the dictionaries")
        merged.update(each)
    return merged


def _names(module: Any) -> dict[str, Any]:
    """The module's own tensors, each under all of its names."""
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _named_places(given: Mapping[str, Any], names: dict[str, Any], tie: bool) -> dict[str, str]:
    """Each name that gets a value, and the name under which that is given."""
    for name, value in given.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{name!r} stands for a tensor, got {type(value).__name__}")
    places = {name: name for name in given}
    if not tie:
        return places
    groups = defaultdict(list)
    for name, value in names.items():
        groups[id(value)].append(name)
    for group in groups.values():
        sources = [name for name in group if name in given]
        if len({id(given[name]) for name in sources}) > 1:
            raise ValueError(
                f"{', '.join(sources)} are one tensor of the module and are given different "
                "values; pass tie_weights=False to untie them"
            )
        if sources:
            places.update(dict.fromkeys([name for name in group if name not in given], sources[0]))
    return places


def _check_complete(module: Any, places: dict[str, str], names: dict[str, Any]) -> None:
    missing = [name for name in names if name not in places]
    unexpected = [name for name in places if name not in names]
    if missing or unexpected:
        raise GraphError(
            f"the names do not fit {type(module).__name__}: missing {missing}, "
            f"unexpected {unexpected}"
        )


# --- the module -----------------------------------------------------------------------------------


@contextmanager
def _swapped(module: Any, places: dict[str, str], given: Any) -> Iterator[None]:
    """Have values stand in the place of a module's attributes until the block ends."""
    # all are found before any is changed
    spots = {name: _holder_of(module, name) for name in places}
    before = {name: own.get(last, _ABSENT) for name, (own, last) in spots.items()}
    standing = {}
    for name, source in places.items():
        standing[name] = _in_place_of(before[name], given[source])
    try:
        for name, (own, last) in spots.items():
            own[last] = standing[name]
        yield
    finally:
        for name, (own, last) in spots.items():
            now = own.get(last, _ABSENT)
            if name in given and isinstance(now, Tensor) and now is not standing[name]:
                given[name] = now
            if before[name] is _ABSENT:
                own.pop(last, None)
            else:
                own[last] = before[name]


_ABSENT: Any = object()


def _holder_of(module: Any, name: str) -> tuple[dict[str, Any], str]:
    """The attributes in which a dotted name is found, and its last part."""
    *path, last = name.split(".")
    owner = module
    for part in path:
        if not hasattr(owner, part):
            raise AttributeError(f"{type(owner).__name__} has no {part!r}, which {name!r} asks for")
        owner = getattr(owner, part)
    if not last:
        raise KeyError(f"a name of a parameter or buffer is not empty, got {name!r}")
    present = vars(owner).get(last)
    if present is not None and not isinstance(present, Tensor):
        raise TypeError(f"{name!r} is no tensor of the module but {type(present).__name__}")
    return vars(owner), last


def _in_place_of(present: Any, value: Tensor) -> Tensor:
    """A value as it stands in the place of a parameter: containers ask for the type."""
    kind = type(present)
    if not isinstance(present, Tensor) or isinstance(value, kind):
        return value
    twin = link(value) if value.node is LEAF else aliased(value)
    twin.__class__ = kind
    return twin
