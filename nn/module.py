"""Module: a layer or model, which is a function with parameters.

A module's parameters are its attributes that are `Parameter`s, its children are its attributes that
are `Module`s, in the order in which they were first set; nothing else is kept. `load_state_dict`
checks everything before it changes anything.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Iterable, Iterator, Mapping, TypeVar

from autograd_engine import Tensor, as_tensor, no_grad

from .hooks import Hooked
from .parameter import Buffer, Parameter
from .tree import html_tree

M = TypeVar("M", bound="Module")

EXTRA = "_extra_state"
"""The name under which a `state_dict` holds what `Module.get_extra_state` gives."""

NEVER_CALLED = {
    "_save_to_state_dict": "define get_extra_state(), or state_dict()",
    "_load_from_state_dict": "define set_extra_state()",
    "_apply": "make what is to be converted a buffer or a parameter",
}
"""Methods that PyTorch's modules call and these do not, and what to write in their place."""

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
    # the names of parameters and children that are None, and what they can become
    _vacant: dict[str, type] = {}

    def __init__(self) -> None:
        self.training = True

    # --- parts ------------------------------------------------------------------------------------

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for name, instead in NEVER_CALLED.items():
            if name in vars(cls):
                raise TypeError(f"{cls.__name__}.{name} would never be called here; {instead}")

    def __setattr__(self, name: str, value: Any) -> None:
        if value is not None:
            self._check_kind(name, value)
        else:
            self._vacate(name)
        if isinstance(value, Parameter) and name in self._persistence:
            self._persistence = {
                key: kept for key, kept in self._persistence.items() if key != name
            }
        if isinstance(value, Buffer):
            self._persistence = {**self._persistence, name: value.persistent}
        object.__setattr__(self, name, value)

    def _check_kind(self, name: str, value: Any) -> None:
        """Raise where a part of the state would become something that does not belong to it."""
        kind = self._vacant.get(name) or type(self.__dict__.get(name))
        given = type(value).__name__
        if issubclass(kind, Parameter) and not isinstance(value, Parameter):
            raise TypeError(
                f"{name!r} is a parameter and can only become a Parameter or None, got {given}; "
                "wrap it in nn.Parameter, or change the values: with no_grad(): p.copy_(...)"
            )
        if issubclass(kind, Module) and not isinstance(value, Module):
            raise TypeError(
                f"{name!r} is a child module and can only become a Module or None, got {given}"
            )
        if name in self._persistence and not isinstance(value, (Tensor, Module)):
            raise TypeError(
                f"{name!r} is a buffer and can only become a Tensor or None, got {given}; delete "
                "the attribute first if it is to be no buffer any more"
            )

    def _vacate(self, name: str, kind: type | None = None) -> None:
        """Keep in mind what an attribute was, which becomes None."""
        kind = kind or type(self.__dict__.get(name))
        for known in (Parameter, Module):
            if issubclass(kind, known):
                self._vacant = {**self._vacant, name: known}

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for kept in ("_persistence", "_vacant"):
            known = getattr(self, kept)
            if name in known:
                setattr(self, kept, {key: known[key] for key in known if key != name})

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
        if param is None:
            self._vacate(name, Parameter)
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
        if module is None:
            self._vacate(name, Module)
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

    optional_state: ClassVar[frozenset[str]] = frozenset()
    """The names of buffers that a `state_dict` may lack when it is loaded."""

    def get_extra_state(self) -> Any:
        """What belongs to the state besides parameters and buffers; a subclass defines it together
        with `set_extra_state`.

        It stands in the `state_dict` under ``_extra_state``.
        """
        raise NotImplementedError(f"{type(self).__name__} has no get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take over what `get_extra_state` gave; a subclass defines it."""
        raise NotImplementedError(
            f"the state_dict has an extra state for {type(self).__name__}, which has no "
            "set_extra_state()"
        )

    @classmethod
    def _has_extra_state(cls) -> bool:
        return cls.get_extra_state is not Module.get_extra_state

    def _state(self) -> dict[str, Tensor]:
        """This module's own parameters and persistent buffers by name."""
        return {
            **self._parameters,
            **{name: value for name, value in self._buffers.items() if self._persistence[name]},
        }

    def state_dict(
        self,
        *,
        destination: OrderedDict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> OrderedDict[str, Any]:
        """Every parameter and persistent buffer by its dotted name.

        Children are asked for theirs, so that one may define a `state_dict` of its own.

        Parameters
        ----------
        destination : OrderedDict, optional
            What is filled and returned, by default a new one.
        prefix : str
            Put before every name.
        keep_vars : bool
            Give the parameters themselves, not tensors outside the graph on the same memory.

        Returns
        -------
        OrderedDict
            The tensors share their memory with the module: copy them to keep a snapshot.
        """
        state = OrderedDict() if destination is None else destination
        path = prefix.removesuffix(".")
        for name, value in self._state().items():
            state[dotted(path, name)] = value if keep_vars else value.detach()
        if self._has_extra_state():
            state[dotted(path, EXTRA)] = self.get_extra_state()
        for name, module in self._modules.items():
            inside = dotted(path, name)
            module.state_dict(destination=state, prefix=f"{inside}.", keep_vars=keep_vars)
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
            Naming every missing and unexpected key and every value that does not fit; nothing has
            been changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"a state_dict is a mapping from names to tensors, got {type(state_dict).__name__}"
            )
        with ExitStack() as undoing:
            for path, module in list(self.named_modules(remove_duplicate=False)):
                undoing.callback(module._prepare_load(state_dict, path))
            slots = Slots(self)
            missing, unexpected = slots.compare(state_dict)
            errors = _key_errors(missing, unexpected) if strict else []
            values = slots.given(state_dict)
            for name, value in values.items():
                errors += _misfits(name, value, slots.tensors[name], assign)
            if errors:
                head = f"Error(s) in loading state_dict for {type(self).__name__}:"
                raise RuntimeError("\n\t".join([head, *errors]))
            slots.set_extra_states(state_dict)
            slots.fill(values, assign)
            undoing.pop_all()
        return IncompatibleKeys(missing, unexpected)

    def _prepare_load(self, state_dict: Mapping[str, Any], path: str) -> Callable[[], Any]:
        """Get ready for the entries of this module, which stands at ``path``, and return what
        undoes that: lazy layers learn their shapes here.
        """
        return _nothing

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
        self.training = mode
        for module in self.children():
            module.train(mode)
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

    def _repr_html_(self) -> str:
        return html_tree(self)

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


class Slots:
    """The places of a model's state, while one is loaded: by dotted name its tensors, and the
    modules that have an extra state.
    """

    def __init__(self, model: Module) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.extra: dict[str, Module] = {}
        self.optional: set[str] = set()
        for path, module in model.named_modules(remove_duplicate=False):
            for name, value in module._state().items():
                self.tensors[dotted(path, name)] = value
            self.optional |= {dotted(path, name) for name in module.optional_state}
            if module._has_extra_state():
                self.extra[dotted(path, EXTRA)] = module

    def compare(self, state: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """The names that a state lacks, and those that have no place here."""
        own = {**self.tensors, **self.extra}
        missing = [name for name in own if name not in state and name not in self.optional]
        return missing, [name for name in state if name not in own]

    def given(self, state: Mapping[str, Any]) -> dict[str, Tensor]:
        """The tensors of a state that have a place here."""
        return {name: as_tensor(state[name]).detach() for name in self.tensors if name in state}

    def set_extra_states(self, state: Mapping[str, Any]) -> None:
        """Hand the extra states over; if one is refused, those before it are as they were."""
        with ExitStack() as undoing:
            for name, module in self.extra.items():
                if name in state:
                    undoing.callback(module.set_extra_state, module.get_extra_state())
                    module.set_extra_state(state[name])
            undoing.pop_all()

    @no_grad()
    def fill(self, values: Mapping[str, Tensor], assign: bool) -> None:
        """Put the values, which are known to fit, into their places."""
        for name, value in values.items():
            if assign:
                self.tensors[name].data = value
            else:
                self.tensors[name].copy_(value)


def _misfits(name: str, value: Tensor, present: Tensor, assign: bool) -> list[str]:
    """What keeps a value from taking its place: one sentence each."""
    found = []
    if value.shape != present.shape:
        found.append(
            f"size mismatch for {name}: copying a param with shape {list(value.shape)} from "
            f"checkpoint, the shape in current model is {list(present.shape)}."
        )
    learned = assign and present.requires_grad
    if value.dtype.kind not in ("f" if learned else "biuf"):
        found.append(
            f"dtype mismatch for {name}: {value.dtype} from checkpoint cannot become what is "
            f"{present.dtype} in current model."
        )
    return found


def _nothing() -> None:
    """What undoes nothing."""


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
