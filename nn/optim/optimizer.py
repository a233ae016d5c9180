"""The base of all optimizers: parameter groups, the step, saving and resuming.

What a family adds is its update rule, written on whole vectors: see `UpdateRule`. Where the
vectors come from is told in `flat`.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections import defaultdict
from dataclasses import dataclass, field
from operator import is_
from typing import Any, Callable, Iterable, Iterator, Mapping, MutableMapping

import numpy as np

from autograd_engine import Tensor, enable_grad, from_numpy, no_grad, tensor

from .flat import Block, Layout, Plan, States, refuse_shared_memory
from .rule import Stretch, UpdateRule

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


@dataclass(eq=False, slots=True)
class WholeStep:
    """A step on one vector of all parameters, prepared: its options, where the vectors are, what is
    counted after it, and its numbers.
    """

    group: dict[str, Any]
    layout: Layout
    block: Block
    stretch: Stretch
    scalars: dict[str, float] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)


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
        Whether there was a step yet: schedulers warn if they are stepped before.
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
        self._state: States = defaultdict(dict)
        self._watched = False
        self._layouts: list[Layout] = []
        self.check(defaults)
        for group in _groups(params):
            self._append(group)
        self._lay_out()

    def __init_subclass__(cls, **options: Any) -> None:
        """Every `step` notes that there was one, also one that a user writes."""
        super().__init_subclass__(**options)
        if "step" in vars(cls):
            cls.step = _noted(cls.step)  # type: ignore[method-assign]

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

        Notes
        -----
        An option or a gradient that does not fit raises before anything is changed, whichever
        group it is in.
        """
        self.stepped = True
        loss = None
        if closure is not None:
            loss = enable_grad()(closure)()
        self._follow()
        # what is not finite shows in the parameters, as in the engine
        with np.errstate(all="ignore"):
            planned = []
            for group, layout in zip(self.param_groups, self._layouts):
                options = self._options(group, layout)
                for block in layout.blocks:
                    planned.append((block, block.plan(self, options), options))
            if self.elementwise:
                for block, plan, options in planned:
                    block.carry_out(plan, self, options)
            else:
                self._carry_out_or_undo(planned)
        if self._watched:
            self._publish()
        return loss

    def next_step(self) -> WholeStep | None:
        """The next step, prepared for a program that carries it out; None where a step is not a
        formula on one vector of all parameters.
        """
        if type(self).step is not Optimizer.step or len(self.param_groups) != 1:
            return None
        self._follow()
        (group,), (layout,) = self.param_groups, self._layouts
        if len(layout.blocks) != 1 or not self.elementwise:
            return None
        group = self._options(group, layout)
        (block,) = layout.blocks
        stretch = block.only_stretch(self, group)
        if stretch is None:
            return None
        step = WholeStep(group, layout, block, stretch)
        return step if self._prepare(step) else None

    def step_again(self, step: WholeStep) -> bool:
        """Prepare the step that follows one which was carried out; whether it is of the same kind,
        with the very same options. Whether the parameters are where they were is for others to see.
        """
        layout = step.layout
        groups = self.param_groups
        if len(groups) != 1 or groups[0] is not step.group or self._watched:
            return False
        if self._layouts[0] is not layout or not layout.has_options(step.group):
            return False
        held = step.group["params"]
        params = step.block.params
        if len(held) != len(params) or not all(map(is_, held, params)):
            return False
        if not step.block.is_one_stretch(step.stretch) or type(self).step is not Optimizer.step:
            return False
        return self._prepare(step)

    def _prepare(self, step: WholeStep) -> bool:
        """Work out the numbers of a step, if the rule is a formula."""
        scalars = dict(step.stretch.scalars)
        if "step" in scalars:
            scalars["step"] += 1
        numbers = self.numbers(step.group, scalars)
        if numbers is None:
            return False
        if "moving" in scalars:
            scalars["moving"] = True
        step.scalars = scalars
        step.numbers = numbers
        return True

    def count(self, step: WholeStep) -> None:
        """Note that a program has carried out a step."""
        self.stepped = True
        step.block.count(step.stretch, step.scalars)
        if self._watched:
            self._publish()

    def _carry_out_or_undo(self, planned: list[tuple[Block, Plan, dict[str, Any]]]) -> None:
        """A rule on whole parameters may fail (to find eigenvalues, say); then all that was changed
        is put back.
        """
        undo = [block.snapshot() for block, _, _ in planned]
        try:
            for block, plan, options in planned:
                block.carry_out(plan, self, options)
        except BaseException:
            for restore in undo:
                restore()
            raise

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
        for name, value in group.items():
            if isinstance(value, Tensor) and name != "lr":
                group[name] = value.item()
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
            if name not in options or options[name] is required:
                continue
            if not _is_number(options[name]) or not holds(options[name]):
                raise ValueError(message.format(options[name]))
        for i, beta in enumerate(options.get("betas", ())):
            if not _is_number(beta) or not 0 <= beta < 1:
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

    # --- the layout -------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Follow what the user did since the last step: replaced parameters or the memory behind
        them, wrote to the state.
        """
        if len(self._layouts) != len(self.param_groups):
            self._lay_out()
        for group, layout in zip(self.param_groups, self._layouts):
            if not layout.holds(group["params"]):
                self._lay_out()
                break
        if self._watched:
            self._adopt()

    def _options(self, group: dict[str, Any], layout: Layout) -> dict[str, Any]:
        """The options of a group as plain numbers, checked where they have changed."""
        if not layout.has_options(group):
            values = [*group.values()]
            kinds = [*map(type, values)]
            if kinds != layout.kinds:
                self.check(group)
            layout.seen = values
            layout.kinds = kinds
            layout.has_tensors = not {Tensor, np.ndarray}.isdisjoint(kinds)
        if layout.has_tensors:
            return {name: plain(value) for name, value in group.items()}
        return group

    def _lay_out(self) -> None:
        """Move the parameters into flat vectors, with the state they have."""
        refuse_shared_memory([p for group in self.param_groups for p in group["params"]])
        if not self._watched:
            self._publish()
        self._layouts = [Layout(group["params"], self._state) for group in self.param_groups]

    # --- state ------------------------------------------------------------------------------------

    @property
    def state(self) -> States:
        """The state of each parameter, empty before its first step. The tensors in it are the state
        itself, not copies, and what is written to it counts; a `step` of one's own may keep there
        what it likes.
        """
        if not self._watched:
            self._publish()
            self._watched = True  # from now on it is kept up to date, and read in each step
        return self._state

    @state.setter
    def state(self, state: MutableMapping[Any, dict[str, Any]]) -> None:
        self._state = state if isinstance(state, defaultdict) else defaultdict(dict, state)
        self._watched = True
        self._lay_out()

    def _publish(self) -> None:
        """Write what is counted into the state that the user sees."""
        for layout in self._layouts:
            for block in layout.blocks:
                block.publish()

    def _adopt(self) -> None:
        """Go on from what the user wrote to the state."""
        for layout in self._layouts:
            for block in layout.blocks:
                block.adopt()

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on exactly from here, copied, in PyTorch's layout.

        Returns
        -------
        dict
            ``"state"``: for each parameter, by its number, its state as tensors.
            ``"param_groups"``: the options, with the numbers of the parameters in place of the
            parameters.
        """
        if not self._watched:
            self._publish()
        number = {id(p): i for i, p in enumerate(self._params())}
        state = {number.get(id(key), key): _copied(entry) for key, entry in self._state.items()}
        groups = [
            {**_copied(group, "params"), "params": [number[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        return {"state": dict(sorted(state.items(), key=_rank)), "param_groups": groups}

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
        state = dict(state_dict["state"])
        found: dict[Any, dict[str, Any]] = {}
        for i, (group, other) in enumerate(zip(self.param_groups, saved)):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    f"optimizer's group: group {i} has "
                    f"{len(group['params'])} parameters, the loaded one {len(other['params'])}"
                )
            for p, number in zip(group["params"], other["params"]):
                if number in state:
                    options = {**group, **other}
                    found[p] = self._fitted(p, number, state.pop(number), options)
        found.update({key: _copied(value) for key, value in state.items()})
        for group, other in zip(self.param_groups, saved):
            _set_options(group, _copied(other, "params"))
        self._layouts = []
        self._state.clear()
        self._state.update(found)
        self._lay_out()

    def _fitted(
        self, p: Tensor, number: Any, entry: Mapping[str, Any], group: dict[str, Any]
    ) -> dict[str, Any]:
        """A copy of a parameter's loaded state, with tensors in its dtype."""
        fitted: dict[str, Any] = {}
        vectors = self.vectors(group)
        scalars = self.scalars(group)
        for name, value in entry.items():
            if value is None:
                continue
            if name in scalars:
                fitted[name] = tensor(np.float64(plain(value)))
                continue
            shape = self.state_shape(name, p.shape) if name in vectors else None
            if shape is not None and np.shape(value) != shape:
                raise ValueError(
                    f"state {name!r} of parameter {number} has shape {list(np.shape(value))}, "
                    f"expected {list(shape)}"
                )
            fitted[name] = _in_dtype_of(p, value)
        return fitted

    def _params(self) -> Iterator[Tensor]:
        for group in self.param_groups:
            yield from group["params"]

    def __getstate__(self) -> dict[str, Any]:
        """For pickling and copying: flat vectors are made anew, where they are needed."""
        made_anew = ("_layouts", "_state", "_watched")
        kept = {name: value for name, value in vars(self).items() if name not in made_anew}
        return {**kept, "saved": self.state_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("saved")
        vars(self).update(state, _layouts=[], _state=defaultdict(dict), _watched=False)
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


def _noted(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step that notes that there was one."""

    @functools.wraps(step)
    def noted(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        self.stepped = True
        return step(self, *args, **kwargs)

    return noted


def _is_number(value: Any) -> bool:
    if isinstance(value, (Tensor, np.ndarray)):
        return np.size(value) == 1
    return isinstance(value, (int, float, np.number, np.bool_))


def plain(value: Any) -> Any:
    """A tensor or an array of one element as a number; anything else as it is."""
    return value.item() if isinstance(value, (Tensor, np.ndarray)) else value


def _in_dtype_of(p: Tensor, value: Any) -> Any:
    """A copy of a loaded value: numbers in arrays as a tensor of the parameter's dtype."""
    if not isinstance(value, (Tensor, np.ndarray)) and not hasattr(value, "__array__"):
        return copy.deepcopy(value)
    array = np.asarray(value.detach() if isinstance(value, Tensor) else value)
    dtype = p.dtype if array.dtype.kind == p.dtype.kind else array.dtype
    return from_numpy(array.astype(dtype))


def _copied(entry: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """A deep copy without some keys; tensors leave their graph."""
    return {name: _copied_value(value) for name, value in entry.items() if name not in but}


def _copied_value(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else copy.deepcopy(value)


def _set_options(group: dict[str, Any], options: dict[str, Any]) -> None:
    """Change a group's options; a learning rate that is a tensor keeps its identity."""
    lr = options.get("lr")
    if isinstance(group.get("lr"), Tensor) and lr is not None:
        set_lr(group, plain(lr))
        del options["lr"]
    group.update(options)


def set_lr(group: dict[str, Any], lr: float) -> None:
    """Set a group's learning rate, in place where it is a tensor."""
    if isinstance(group["lr"], Tensor):
        with no_grad():
            group["lr"].fill_(lr)
    else:
        group["lr"] = lr


def _rank(item: tuple[Any, Any]) -> tuple[bool, Any]:
    """Parameters by their numbers; what is kept under other keys behind them."""
    number = item[0]
    return (False, number) if isinstance(number, int) else (True, str(number))


def needs_closure(optimizer: Optimizer) -> bool:
    """Whether a step evaluates the loss itself, as that of L-BFGS does."""
    parameters = inspect.signature(optimizer.step).parameters.values()
    return any(p.default is p.empty and p.kind < p.VAR_POSITIONAL for p in parameters)
