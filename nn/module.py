"""Module: a layer or model, which is a function with parameters.

A module's parameters are its attributes that are `Parameter`s, its children are its attributes that
are `Module`s, in the order in which they were first set; nothing else is kept. `load_state_dict`
checks everything before it changes anything.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping, TypeVar

from autograd_engine import Tensor, as_tensor, no_grad

from .hooks import Hooked
from .parameter import Parameter

M = TypeVar("M", bound="Module")

IncompatibleKeys = namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])
"""What `Module.load_state_dict` did not find, and what it found no place for."""


class Module(Hooked):
    """The base class of all layers and models: write ``__init__`` and ``forward``.

    Attributes
    ----------
    training : bool
        Whether the module behaves as in training (`train`) or as in evaluation (`eval`).

    Examples
    --------
    >>> import nn
    >>> class Model(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = nn.Linear(2, 3)
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> model = Model(); model
    Model(
      (fc): Linear(in_features=2, out_features=3, bias=True)
    )
    >>> [name for name, _ in model.named_parameters()]
    ['fc.weight', 'fc.bias']
    """

    training: bool = True
    # the names of the buffers, and whether each belongs to the state_dict
    _persistence: dict[str, bool] = {}

    def __init__(self) -> None:
        self.training = True

    # --- parts ------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if (
            value is not None
            and not isinstance(value, Parameter)
            and isinstance(self.__dict__.get(name), Parameter)
        ):
            raise TypeError(
                f"{name!r} is a parameter and can only become a Parameter or None, got "
                f"{type(value).__name__}; "
                "wrap it in nn.Parameter, or change the values: with no_grad(): p.copy_(...)"
            )
        if isinstance(value, Parameter) and name in self._persistence:
            self._persistence = {
                key: kept for key, kept in self._persistence.items() if key != name
            }
        object.__setattr__(self, name, value)

    if TYPE_CHECKING:  # buffers, parameters and modules that are registered by name

        def __getattr__(self, name: str) -> Any: ...

    @property
    def _parameters(self) -> Mapping[str, Parameter]:
        return MappingProxyType(
            {name: value for name, value in vars(self).items() if isinstance(value, Parameter)}
        )

    @property
    def _buffers(self) -> Mapping[str, Tensor]:
        own = vars(self)
        return MappingProxyType(
            {name: own[name] for name in self._persistence if isinstance(own.get(name), Tensor)}
        )

    @property
    def _modules(self) -> Mapping[str, Module]:
        return MappingProxyType(
            {name: value for name, value in vars(self).items() if isinstance(value, Module)}
        )

    def _check_name(self, name: Any, kind: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a {kind} is a string, got {name!r}")
        if "." in name or not name:
            raise KeyError(f"the name of a {kind} has no dot and is not empty, got {name!r}")
        if hasattr(self, name) and name not in {
            **self._parameters,
            **self._buffers,
            **self._modules,
        }:
            raise KeyError(f"attribute {name!r} already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set the attribute ``name`` to a parameter (or to None, for a parameter that this layer
        does without).
        """
        self._check_name(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot register {type(param).__name__} as parameter {name!r}: nn.Parameter or "
                "None is required"
            )
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Set the attribute ``name`` to a tensor that belongs to the state but is not learned.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool
            Whether it is part of the `state_dict`.
        """
        self._check_name(name, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot register {type(tensor).__name__} as buffer {name!r}: a Tensor or None is "
                "required"
            )
        self._persistence = {**self._persistence, name: persistent}
        setattr(self, name, tensor)

    def register_module(self, name: str, module: Module | None) -> None:
        """Set the attribute ``name`` to a child module."""
        self._check_name(name, "module")
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        setattr(self, name, module)

    add_module = register_module

    def named_modules(
        self, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once (unless ``remove_duplicate=False``), with their
        dotted names.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            yield from module.named_modules(memo, dotted(prefix, name), remove_duplicate)

    def _named(
        self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules: Iterable[tuple[str, Module]] = [(prefix, self)]
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules:
            for name, value in getattr(module, kind).items():
                if value not in seen:
                    yield dotted(path, name), value
                if remove_duplicate:
                    seen.add(value)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names; a shared one comes once, under its first name."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct children with their names, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module not in seen:
                seen.add(module)
                yield name, module

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and of those below it: what an optimizer takes."""
        return (value for _, value in self.named_parameters(recurse=recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and of those below it."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def children(self) -> Iterator[Module]:
        """The direct children."""
        return (module for _, module in self.named_children())

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name; ``""`` is this module itself."""
        module = self
        names = target.split(".") if target else []
        for name in names:
            if name not in module._modules:
                raise AttributeError(
                    f"{type(module).__name__} has no module {name!r}; it has "
                    f"{', '.join(module._modules) or 'none'}"
                )
            module = module._modules[name]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        return self._get("_parameters", target, "parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name."""
        return self._get("_buffers", target, "buffer")

    def _get(self, kind: str, target: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        found = getattr(self.get_submodule(path), kind)
        if name not in found:
            raise AttributeError(
                f"{type(self.get_submodule(path)).__name__} has no {what} {name!r}; it has "
                f"{', '.join(found) or 'none'}"
            )
        return found[name]

    # --- state ------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Tensor]:
        """This module's own parameters and persistent buffers by name."""
        return {
            **self._parameters,
            **{name: value for name, value in self._buffers.items() if self._persistence[name]},
        }

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Tensor]:
        """Every parameter and persistent buffer by its dotted name.

        Parameters
        ----------
        prefix : str
            Put before every name.
        keep_vars : bool
            Give the parameters themselves, not tensors outside the graph on the same memory.

        Returns
        -------
        OrderedDict
            The tensors share their memory with the module: copy them to keep a snapshot.
        """
        state: OrderedDict[str, Tensor] = OrderedDict()
        for path, module in self.named_modules(
            prefix=prefix.removesuffix("."), remove_duplicate=False
        ):
            for name, value in module._state().items():
                state[dotted(path, name)] = value
        if not keep_vars:
            for name, value in state.items():
                state[name] = value.detach()
        return state

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Take over the values of a `state_dict` (tensors or arrays, PyTorch's layout).

        Parameters
        ----------
        state_dict : mapping
            Values by dotted name.
        strict : bool
            Whether the names must be exactly those of `state_dict`.
        assign : bool
            Put the given tensors in place of the present ones instead of copying their values
            (dtypes may then change).

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys`` (both empty if ``strict``).

        Raises
        ------
        RuntimeError
            Naming every missing and unexpected key and every differing shape; nothing has been
            changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"a state_dict is a mapping from names to tensors, got {type(state_dict).__name__}"
            )
        for path, module in list(self.named_modules(remove_duplicate=False)):
            module._prepare_load(state_dict, path)
        own = self.state_dict(keep_vars=True)
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors = _key_errors(missing, unexpected) if strict else []
        given = {name: as_tensor(state_dict[name]).detach() for name in own if name in state_dict}
        errors += [
            f"size mismatch for {name}: copying a param with shape {list(value.shape)} from "
            "checkpoint, "
            f"the shape in current model is {list(own[name].shape)}."
            for name, value in given.items()
            if value.shape != own[name].shape
        ]
        if errors:
            raise RuntimeError(
                "\n\t".join([f"Error(s) in loading state_dict for {type(self).__name__}:", *errors])
            )
        with no_grad():
            for name, value in given.items():
                if assign:
                    own[name].data = value
                else:
                    own[name].copy_(value)
        return IncompatibleKeys(missing, unexpected)

    def _prepare_load(self, state_dict: Mapping[str, Any], path: str) -> None:
        """Get ready for the entries of this module, which stands at ``path``: lazy layers learn
        their shapes here.
        """

    # --- changing all of it -----------------------------------------------------------------------

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call ``fn`` on every module below this one, and on it: the way to initialise a model.

        Examples
        --------
        >>> import nn
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        >>> _ = model.apply(lambda m: nn.init.zeros_(m.bias) if isinstance(m, nn.Linear) else None)
        >>> model[0].bias
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Set training (``mode=True``) or evaluation behaviour, for this module and all below
        it."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Set evaluation behaviour: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Say for every parameter whether gradients are wanted: ``False`` freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad.zero_()

    def to(self: M, target: Any = None, dtype: Any = None) -> M:
        """Convert the floating point parameters and buffers to another dtype, in place.

        Parameters
        ----------
        target : dtype, Tensor or "cpu"
            A floating dtype, or a tensor whose dtype is taken; the device "cpu" changes nothing.

        Raises
        ------
        TypeError
            If the dtype is not floating point.
        """
        tensors = [*self.parameters(), *self.buffers()]
        converted = [
            (t, t.detach().to(target, dtype=dtype)) for t in tensors if t.is_floating_point()
        ]
        if any(not new.is_floating_point() for _, new in converted):
            raise TypeError(
                f"a module can only be converted to a floating point dtype, got {dtype or target}"
            )
        for tensor, new in converted:
            if new.dtype == tensor.dtype:
                continue
            grad = tensor.grad
            tensor.data = new
            if grad is not None:
                tensor.grad = grad.detach().to(new.dtype)
        return self

    def type(self: M, dst_type: Any) -> M:
        """Convert the floating point parameters and buffers: `to`."""
        return self.to(dst_type)

    def float(self: M) -> M:
        """Convert the floating point parameters and buffers to float32."""
        return self.to("float32")

    def double(self: M) -> M:
        """Convert the floating point parameters and buffers to float64."""
        return self.to("float64")

    def half(self: M) -> M:
        """Convert the floating point parameters and buffers to float16."""
        return self.to("float16")

    def cpu(self: M) -> M:
        """This module: it is on the CPU already."""
        return self

    # --- how it is shown --------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What ``repr`` shows between the brackets besides the children."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def _child_lines(self) -> list[str]:
        return [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = self._child_lines()
        if not children and "\n" not in extra:
            return f"{self._get_name()}({extra})"
        lines = [*filter(None, extra.split("\n")), *children]
        inside = "".join(f"\n  {line}" for line in lines)
        return f"{self._get_name()}({inside}\n)"


def dotted(path: str, name: str) -> str:
    """The name of what stands under ``name`` in the module at ``path``."""
    return f"{path}.{name}" if path else name


def indented(text: str) -> str:
    """A text whose further lines are indented by two."""
    return text.replace("\n", "\n  ")


def _key_errors(missing: list[str], unexpected: list[str]) -> list[str]:
    named = [("Missing", missing), ("Unexpected", unexpected)]
    return [
        "{} key(s) in state_dict: {}. ".format(kind, ", ".join(f'"{key}"' for key in keys))
        for kind, keys in named
        if keys
    ]
