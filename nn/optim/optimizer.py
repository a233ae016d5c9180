"""The base of all optimizers: parameter groups, the step, saving and resuming.

What a family adds is its update rule, written on whole vectors: see `UpdateRule`. Where the
vectors come from is told in `flat`.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from operator import is_
from typing import Any, Callable, Iterable, Iterator

import numpy as np

from autograd_engine import Tensor, enable_grad, from_numpy, tensor

from .flat import Block, Entry, arrays, refuse_shared_memory
from .rule import UpdateRule

required: Any = type("required", (), {"__repr__": lambda self: "<required parameter>"})()
"""The default of an option that every parameter group has to give itself."""

CHECKS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "lr": ("Invalid learning rate: {}", lambda x: x >= 0),
    "eps": ("Invalid epsilon value: {}", lambda x: x >= 0),
    "weight_decay": ("Invalid weight_decay value: {}", lambda x: x >= 0),
    "momentum": ("Invalid momentum value: {}", lambda x: x >= 0),
    "momentum_decay": ("Invalid momentum_decay value: {}", lambda x: x >= 0),
    "alpha": ("Invalid alpha value: {}", lambda x: x >= 0),
    "rho": ("Invalid rho value: {}", lambda x: 0 <= x <= 1),
    "lr_decay": ("Invalid lr_decay value: {}", lambda x: x >= 0),
    "initial_accumulator_value": ("Invalid initial_accumulator_value value: {}", lambda x: x >= 0),
}
"""What an option has to satisfy, and what is said if it does not."""

SWITCHES = {"foreach": None, "capturable": False, "differentiable": False, "fused": None}


def switches(given: dict[str, Any], *names: str) -> dict[str, Any]:
    """PyTorch's choices of implementation, kept so that states can be exchanged; every step here is
    a fused one.

    Raises
    ------
    TypeError
        For an argument that the optimizer does not have.
    NotImplementedError
        For ``differentiable=True``: a step changes the parameters in place and is not recorded.
    """
    for name in given:
        if name not in names:
            raise TypeError(f"unexpected keyword argument {name!r}")
    if given.get("differentiable"):
        raise NotImplementedError(
            "a step is not recorded; write the update with tensor operations to differentiate "
            "through it"
        )
    return {name: given.get(name, SWITCHES[name]) for name in names}


class Optimizer(UpdateRule):
    """Base class of all optimizers.

    Parameters
    ----------
    params : iterable
        Of tensors, of ``(name, tensor)`` pairs, or of dicts ``{"params": ..., option: value}`` that
        say in which options a group of parameters differs.
    defaults : dict
        The options of every group that does not say otherwise.

    Attributes
    ----------
    param_groups : list of dict
        Each group's options and its ``"params"``; may be edited between steps (learning rate
        schedulers do).
    stepped : bool
        Whether there was a step yet: schedulers warn if they are stepped before. Set it in a `step`
        of your own.
    elementwise, decoupled : bool
        See `UpdateRule`.

    Raises
    ------
    ValueError
        No parameters, a parameter that is the result of an operation, a parameter twice, an invalid
        option.

    Examples
    --------
    The whole of plain gradient descent:

    >>> from autograd_engine import tensor
    >>> class Descent(Optimizer):
    ...     def rule(self, group, scalars):
    ...         def update(p, g, scratch):
    ...             p -= group["lr"] * g
    ...         return update
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Descent([x], {"lr": 0.5})
    >>> (x * x).sum().backward()
    >>> optimizer.step(); x
    tensor([0., 0.], requires_grad=True)
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.stepped = False
        self.param_groups: list[dict[str, Any]] = []
        self._layouts: list[tuple[list[np.ndarray], list[Block]]] = []
        self.check(defaults)
        for group in _groups(params):
            self._append(group)
        self._lay_out()

    # --- the step ---------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters once, by the gradients they have. Parameters without gradient are
        left alone.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew and calls ``backward``; called first.

        Returns
        -------
        The loss that the closure returned, else None.
        """
        self.stepped = True
        loss = None if closure is None else enable_grad()(closure)()
        # what is not finite shows in the parameters, as in the engine
        with np.errstate(all="ignore"):
            for i, group in enumerate(self.param_groups):
                for block in self._blocks(i, group):
                    block.step(self, group)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or (``set_to_none=False``) fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad = p.grad.detach().zero_()

    # --- parameter groups -------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize more parameters, with their own options.

        Parameters
        ----------
        param_group : dict
            ``"params"``, and the options that differ from the defaults.
        """
        self._append(param_group)
        try:
            self._lay_out()
        except ValueError:
            self.param_groups.pop()
            raise

    def _append(self, group: dict[str, Any]) -> None:
        if not isinstance(group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(group)}")
        group = {**group, **_params_and_names(group["params"])}
        for name, default in self.defaults.items():
            if group.setdefault(name, default) is required:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
        group.update(
            {name: value.item() for name, value in group.items() if isinstance(value, Tensor)}
        )
        self.check(group)
        self.check_params(group["params"])
        for other in self.param_groups:
            if ("param_names" in group) != ("param_names" in other):
                raise ValueError("all optimizer param groups should be with/without names")
            if not {*map(id, group["params"])}.isdisjoint(map(id, other["params"])):
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    def check(self, options: dict[str, Any]) -> None:
        """Raise for an invalid option."""
        for name, (message, holds) in CHECKS.items():
            if name in options and options[name] is not required and not holds(options[name]):
                raise ValueError(message.format(options[name]))
        for i, beta in enumerate(options.get("betas", ())):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")

    def check_params(self, params: list[Tensor]) -> None:
        """Raise for what cannot be optimized."""
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        if len({*map(id, params)}) < len(params):
            raise ValueError(
                "optimizer contains a parameter group with duplicate parameters; each parameter is "
                "to be given once"
            )

    def _blocks(self, i: int, group: dict[str, Any]) -> list[Block]:
        """The blocks of group ``i``, laid out anew if the user replaced parameters or the memory
        behind them.
        """
        params = group["params"]
        if i >= len(self._layouts) or len(self._layouts[i][0]) != len(params):
            self._lay_out()
        elif not all(map(is_, arrays(params), self._layouts[i][0])):
            self._lay_out()
        return self._layouts[i][1]

    def _lay_out(self, entries: dict[int, Entry] | None = None) -> None:
        """Move the parameters into flat vectors, with the state they have (or are given)."""
        refuse_shared_memory([p for group in self.param_groups for p in group["params"]])
        if entries is None:
            entries = {id(p): entry for p, entry in self._entries()}
        layouts = []
        for group in self.param_groups:
            alike: dict[Any, list[Tensor]] = {}
            for p in group["params"]:
                alike.setdefault(p.dtype, []).append(p)
            blocks = [Block(params, entries) for params in alike.values()]
            layouts.append((arrays(group["params"]), blocks))
        self._layouts = layouts

    # --- state ------------------------------------------------------------------------------------

    def _entries(self) -> Iterator[tuple[Tensor, Entry]]:
        for _, blocks in self._layouts:
            for block in blocks:
                yield from block.entries()

    @property
    def state(self) -> dict[Tensor, dict[str, Tensor]]:
        """The state of each parameter, empty before its first step. The arrays in it are the state
        itself, not copies.
        """
        entries = ((p, self.exported(p, entry)) for p, entry in self._entries())
        return defaultdict(
            dict, {p: {k: _as_tensor(v) for k, v in entry.items()} for p, entry in entries if entry}
        )

    def exported(self, param: Tensor, entry: Entry) -> Entry:
        """The state of a parameter in PyTorch's layout."""
        return entry

    def imported(self, entry: Entry) -> Entry:
        """The opposite of `exported`."""
        return entry

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, copied, in PyTorch's layout.

        Returns
        -------
        dict
            ``"state"``: for each parameter, by its number, its state as tensors.
            ``"param_groups"``: the options, with the numbers of the parameters in place of the
            parameters.
        """
        number = {id(p): i for i, p in enumerate(self._params())}
        state = {number[id(p)]: copy.deepcopy(entry) for p, entry in self.state.items()}
        groups = [
            {**group, "params": [number[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": dict(sorted(state.items())), "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state that `state_dict` gave, here or in PyTorch (tensors or arrays).

        Raises
        ------
        ValueError
            If groups or shapes do not fit; then nothing is changed.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict has a different number of parameter groups: {len(saved)}, the "
                f"optimizer {len(self.param_groups)}"
            )
        entries: dict[int, Entry] = {}
        for i, (group, other) in enumerate(zip(self.param_groups, saved)):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    f"optimizer's group: group {i} has "
                    f"{len(group['params'])} parameters, the loaded one {len(other['params'])}"
                )
            for p, number in zip(group["params"], other["params"]):
                if number in state_dict["state"]:
                    entries[id(p)] = self.imported(
                        self._fitted(p, number, state_dict["state"][number])
                    )
        for group, other in zip(self.param_groups, saved):
            group.update({key: value for key, value in other.items() if key != "params"})
        self._lay_out(entries)

    def _fitted(self, p: Tensor, number: Any, entry: dict[str, Any]) -> Entry:
        """A loaded state of a parameter: arrays of its dtype, scalars as floats."""
        fitted: Entry = {}
        for name, value in entry.items():
            if value is None:
                continue
            array = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
            if name in self.scalars(self.defaults):
                fitted[name] = float(array)
                continue
            shape = self.state_shape(name, p.shape)
            if array.shape != shape:
                raise ValueError(
                    f"state {name!r} of parameter {number} has shape {list(array.shape)}, expected "
                    f"{list(shape)}"
                )
            fitted[name] = array.astype(p.dtype)
        return fitted

    def _params(self) -> Iterator[Tensor]:
        for group in self.param_groups:
            yield from group["params"]

    def __getstate__(self) -> dict[str, Any]:
        """For pickling and copying: flat vectors are made anew, where they are needed."""
        return {
            **{k: v for k, v in vars(self).items() if k != "_layouts"},
            "saved": self.state_dict(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("saved")
        vars(self).update(state, _layouts=[])
        self.load_state_dict(saved)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _groups(params: Any) -> list[dict[str, Any]]:
    if isinstance(params, (Tensor, np.ndarray)):
        raise TypeError(
            "params argument given to the optimizer should be an iterable of Tensors or dicts, "
            f"got {type(params).__name__}"
        )
    params = list(params)
    if not params:
        raise ValueError("optimizer got an empty parameter list")
    return params if isinstance(params[0], dict) else [{"params": params}]


def _params_and_names(params: Any) -> dict[str, list]:
    """The parameters of a group as a list, and their names if they have been given."""
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections; a set has no order, "
            "use a list"
        )
    params = [params] if isinstance(params, Tensor) else list(params)
    if not any(isinstance(p, tuple) for p in params):
        return {"params": params}
    if not all(isinstance(p, tuple) for p in params):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    return {"params": [p for _, p in params], "param_names": [name for name, _ in params]}


def _as_tensor(value: Any) -> Tensor:
    return from_numpy(value) if isinstance(value, np.ndarray) else tensor(np.float64(value))
