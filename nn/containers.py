"""Modules that hold modules or parameters: in a row, in a list, in a dictionary."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Iterable, Iterator, Mapping

from autograd_engine import Tensor

from .module import Module, indented
from .parameter import Parameter


class _Numbered(Module):
    """A list whose items are attributes named "0", "1", ...: what `Sequential`, `ModuleList` and
    `ParameterList` share.
    """

    def __init__(self, items: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(items or ())

    def _items(self) -> list:
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def _put(self, items: Iterable[Any]) -> None:
        """Make these the items, renumbered."""
        items = list(items)
        for name in list(self._names()):
            delattr(self, name)
        for i, item in enumerate(items):
            self._add(str(i), item)

    def _add(self, name: str, item: Any) -> None:
        self.register_module(name, item)

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator:
        return iter(self._items())

    def __getitem__(self, index: Any) -> Any:
        items = self._items()
        if isinstance(index, slice):
            return type(self)(items[index])
        return items[self._place(index)]

    def __setitem__(self, index: int, item: Any) -> None:
        self._add(list(self._names())[self._place(index)], item)

    def __delitem__(self, index: Any) -> None:
        items = self._items()
        if not isinstance(index, slice):
            index = self._place(index)
        del items[index]
        self._put(items)

    def _names(self) -> Iterable[str]:
        return self._modules

    def _place(self, index: Any) -> int:
        index = index.__index__()
        n = len(self)
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of range: {type(self).__name__} has {n} items")
        return index % n

    def append(self, item: Any) -> Any:
        """Add one item at the end."""
        self._add(str(len(self)), item)
        return self

    def extend(self, items: Iterable[Any]) -> Any:
        """Add several items at the end."""
        for item in list(items):
            self.append(item)
        return self

    def insert(self, index: int, item: Any) -> Any:
        """Put an item before the one at ``index``."""
        items = self._items()
        items.insert(index, item)
        self._put(items)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take an item out and return it."""
        item = self[index]
        del self[index]
        return item

    def __iadd__(self, items: Iterable[Any]) -> Any:
        return self.extend(items)

    def __add__(self, items: Iterable[Any]) -> Any:
        return type(self)([*self, *items])


class Sequential(_Numbered):
    """Modules in a row: the output of each is the input of the next.

    Parameters
    ----------
    *modules : Module, or one OrderedDict of str to Module
        The dictionary's keys become the names.

    Examples
    --------
    >>> import nn
    >>> nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    Sequential(
      (0): Linear(in_features=2, out_features=16, bias=True)
      (1): ReLU()
      (2): Linear(in_features=16, out_features=1, bias=True)
    )
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self._add(name, module)
        else:
            self.extend(modules)

    def _add(self, name: str, item: Any) -> None:
        if not isinstance(item, Module):
            raise TypeError(f"{item!r} is not a Module subclass")
        super()._add(name, item)

    def forward(self, x: Any) -> Any:
        for module in [item for item in vars(self).values() if isinstance(item, Module)]:
            x = module(x)
        return x

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return super().__getitem__(index)

    def __add__(self, other: Iterable[Module]) -> Sequential:
        return Sequential(*self, *other)


class ModuleList(_Numbered):
    """A list of modules, whose parameters count as this module's. It has no ``forward`` of its own.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> import nn
    >>> nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def _child_lines(self) -> list[str]:
        """One line for each run of modules that look the same."""
        runs: list[list] = []
        for i, text in enumerate(repr(module) for module in self):
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        return [_run_line(*run) for run in runs]


def _run_line(first: int, last: int, text: str) -> str:
    if first == last:
        return f"({first}): {indented(text)}"
    return f"({first}-{last}): {last - first + 1} x {indented(text)}"


class _Named(Module):
    """A dictionary whose values are attributes: what `ModuleDict` and `ParameterDict` share."""

    def _content(self) -> Mapping[str, Any]:
        return self._modules

    def __getitem__(self, key: str) -> Any:
        return self._content()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_module(key, value)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self._content())

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __contains__(self, key: str) -> bool:
        return key in self._content()

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._content().keys()

    def values(self) -> Iterable[Any]:
        """The values."""
        return self._content().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names with their values."""
        return self._content().items()

    def get(self, key: str, default: Any = None) -> Any:
        """The value of ``key``, or ``default``."""
        return self._content().get(key, default)

    def pop(self, key: str) -> Any:
        """Take the value of ``key`` out and return it."""
        value = self[key]
        delattr(self, key)
        return value

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self):
            self.pop(key)

    def update(self, items: Any) -> None:
        """Set the entries of a dictionary, or of pairs of key and value."""
        for key, value in dict(items).items():
            self[key] = value


class ModuleDict(_Named):
    """A dictionary of modules, whose parameters count as this module's.

    Parameters
    ----------
    modules : mapping of str to Module, or pairs of both, optional

    Examples
    --------
    >>> import nn
    >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> choices["tanh"]
    Tanh()
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self.update(modules or {})


class ParameterList(_Numbered):
    """A list of parameters; tensors that are put in become parameters.

    Parameters
    ----------
    values : iterable of Tensor, optional

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import zeros
    >>> nn.ParameterList([zeros(2, 3), zeros(3)])
    ParameterList(
      (0): Parameter containing: [float32 of size 2x3]
      (1): Parameter containing: [float32 of size 3]
    )
    """

    def _items(self) -> list:
        return list(self._parameters.values())

    def _names(self) -> Iterable[str]:
        return self._parameters

    def _add(self, name: str, item: Any) -> None:
        self.register_parameter(name, _parameter(item))

    def _child_lines(self) -> list[str]:
        return _parameter_lines(self)


class ParameterDict(_Named):
    """A dictionary of parameters; tensors that are put in become parameters.

    Parameters
    ----------
    parameters : mapping of str to Tensor, or pairs of both, optional

    Examples
    --------
    >>> import nn
    >>> from autograd_engine import zeros
    >>> nn.ParameterDict({"shift": zeros(3)})
    ParameterDict(
      (shift): Parameter containing: [float32 of size 3]
    )
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters or {})

    def _content(self) -> Mapping[str, Any]:
        return self._parameters

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _parameter(value))

    def _child_lines(self) -> list[str]:
        return _parameter_lines(self)


def _parameter(value: Any) -> Any:
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


def _parameter_lines(module: Module) -> list[str]:
    return [
        f"({name}): Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]"
        for name, p in module._parameters.items()
    ]
