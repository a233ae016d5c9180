"""The heart of the engine: what an op is, and the one place where an op is applied and recorded.

A `Primitive` is a declaration: a forward function on arrays and, for each array argument, a rule
(vjp) that turns the cotangent ``g`` of the output into the cotangent of that argument. Applying a
primitive to tensors computes the output and, where an input requires a gradient, records a `Node`:
the op, its inputs by position, and exactly the values that its rules name. The nodes are the graph;
`backward.py` sweeps over it.

Rules are written once and run on raw arrays (first derivatives) as well as on tensors (derivatives
of any order).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Sequence

import numpy as np

from . import memory
from .errors import explain
from .memory import clock
from .modes import TRACED, is_recording
from .node import LEAF, Node
from .promotion import constant, promoted
from .tensor import Tensor, wrap
from .trace import source_line

ndarray = np.ndarray
_new = object.__new__


@dataclass(frozen=True, slots=True)
class Rule:
    """A vjp and the names of the values it takes after ``g``."""

    vjp: Callable
    names: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Primitive:
    """The declaration of one op. Made by `primitive` and its relatives, found again in
    `registry`."""

    name: str
    forward: Callable
    args: tuple[str, ...]  # the array arguments; a single "*xs" takes any number
    params: dict[str, Any]  # the static arguments with their defaults
    rules: tuple[
        Rule | None, ...
    ] = ()  # one for each argument, or none at all: the output then carries no graph
    joint: Rule | None = None  # one rule that gives the gradients of all arguments together
    promote: str = (
        ""  # "" takes arrays as they are, "keep" promotes to one dtype, "float" to a floating one
    )
    pack: str = ""  # the static argument that collects positional integers, as in reshape(2, 3)
    outputs: int = 1  # 0: forward returns a tuple, and so does the op
    # whether the joint rule gets zeros, or None, for those of several outputs that nothing used
    materialize: bool = True
    symbol: str = ""  # how a drawn graph shows it
    numpy: tuple[Callable, ...] = ()  # NumPy's functions of the same meaning
    samples: Any = None  # what the tests feed it
    function: Any = None  # the public function
    plans: dict[tuple, Plan] = field(
        default_factory=dict
    )  # by wanted, and by whether they are exact

    @property
    def differentiable(self) -> bool:
        return bool(self.rules or self.joint)

    def plan(self, wanted: tuple[bool, ...], exact: bool = False) -> Plan:
        """The plan for the inputs that want a gradient, made once."""
        plan = self.plans.get((wanted, exact))
        if plan is None:
            for name, want, rule in () if self.joint else zip(self.args, wanted, self.rules):
                if want and rule is None:
                    raise NotImplementedError(
                        f"{self.name} has no gradient for its argument {name!r}; pass it without "
                        "requires_grad "
                        "(x.detach()), or declare a rule for it"
                    )
            plan = self.plans[wanted, exact] = Plan(self, wanted, exact)
        return plan


class Plan:
    """How an op is recorded and differentiated when certain of its inputs want a gradient.

    Both functions are written as text once, as `collections.namedtuple` does it. For ``a * b / c``,
    say, declared as one op, of which ``a`` and ``c`` want a gradient::

        save = lambda y, values, params: (values[1], values[2], y,)
        pull = lambda g, saved: (rule0(g, saved[0], saved[1]), None, rule2(g, saved[2], saved[1]),)

    Where exactly the arguments are kept, or nothing, there is nothing to pick out, and ``save`` is
    None.
    """

    __slots__ = ("op", "wanted", "exact", "names", "several", "save", "pull", "frees")

    def __init__(self, op: Primitive, wanted: tuple[bool, ...], exact: bool) -> None:
        self.op = op
        self.wanted = wanted
        self.exact = (
            exact  # whether what the rules return surely has the shapes and dtypes of the inputs
        )
        rules: list[Rule | None] = (
            [op.joint]
            if op.joint
            else [rule if want else None for want, rule in zip(wanted, op.rules)]
        )
        self.names = tuple(dict.fromkeys(name for rule in rules if rule for name in rule.names))
        if set(self.names) == set(op.args):
            self.names = op.args
        picked = "".join(_source(name, op) + ", " for name in self.names)
        self.save = (
            eval(f"lambda y, values, params: ({picked})", {"shape": np.shape})
            if self.names not in ((), op.args)
            else None
        )
        self.pull = _joint_pull(op.joint, wanted) if op.joint else self._compile_pull(rules)
        self.several = op.outputs == 0
        own = {"y", *(arg.lstrip("*") for arg in op.args)}
        self.frees = not own.isdisjoint(
            self.names
        )  # whether arrays are kept, which a sweep then frees

    def kept(self, y: Any, values: Sequence[Any], params: dict) -> Sequence[Any]:
        """The values that the rules take, of an operation's output, arguments and static
        arguments."""
        save = self.save
        return save(y, values, params) if save else self.names and values

    def _compile_pull(self, rules: list[Rule | None]) -> Callable:
        calls = "".join(
            f"rule{i}({', '.join(['g', *(f'saved[{self.names.index(name)}]' for name in rule.names)])}), "
            if rule
            else "None, "
            for i, rule in enumerate(rules)
        )
        return eval(
            f"lambda g, saved: ({calls})",
            {f"rule{i}": rule.vjp for i, rule in enumerate(rules) if rule},
        )


def _joint_pull(rule: Rule, wanted: tuple[bool, ...]) -> Callable:
    def pull(g: Any, saved: tuple) -> list:
        return [
            value if want else None for want, value in zip(wanted, rule.vjp(g, *saved), strict=True)
        ]

    return pull


def _source(name: str, op: Primitive) -> str:
    """What a rule's parameter stands for: ``x`` a value, ``x_shape`` its shape, ``xs_shapes`` the
    shape of each.
    """
    if name == "y":
        return name
    if name in op.params:
        return f"params[{name!r}]"
    for i, arg in enumerate(op.args):
        value = f"values[{i}]" if arg[0] != "*" else f"tuple(values[{i}:])"
        if arg.lstrip("*") == name:
            return value
        if name in (f"{arg}_shape", f"{arg[1:]}_shapes"):
            return f"{value}.shape" if arg[0] != "*" else f"tuple([shape(x) for x in values[{i}:]])"
    raise TypeError(f"{op.name} has no value {name!r}")


registry: dict[str, Primitive] = {}
"""Every declared op by its name."""

numpy_functions: dict[Callable, Callable] = {}
"""NumPy's functions and ufuncs, and the function here that each of them dispatches to."""


# --- applying an op -------------------------------------------------------------------------------


def record(
    out: Any, plan: Plan, inputs: Sequence[Any], values: Sequence[Any], params: dict
) -> Tensor:
    """What an operation returns: a tensor on ``out`` (an array, a scalar, a tuple of them), with
    its node if there is recording.
    """
    tensor = _new(Tensor)
    tensor._data = out
    mode = is_recording()
    if mode:
        tensor.node = node = Node()
        node.plan = plan
        node.inputs = inputs
        save = plan.save
        node.saved = save(out, values, params) if save else plan.names and values
        node.params = params
        node.index = next(clock)
        node.hooks = None
        kind = type(out)
        if kind is ndarray:
            node.shape, node.dtype = out.shape, out.dtype
        elif kind is tuple:
            node.shape, node.dtype = tuple([x.shape for x in out]), tuple([x.dtype for x in out])
        else:
            node.shape, node.dtype = (), kind
        if mode == TRACED:
            node.trace = source_line()
    else:
        tensor.node = None
    return tensor


def apply(op: Primitive, args: Sequence[Any], params: dict) -> Any:
    """Compute an op and record it if gradients are wanted. Arrays in, arrays out; any tensor in,
    tensors out.
    """
    if not (args and isinstance(args[0], Tensor)) and not any(
        isinstance(arg, Tensor) for arg in args
    ):
        return _evaluate(op, promoted(args, op.promote) if op.promote else args, params)
    values, inputs, wanted = [], [], []
    for arg in args:
        if isinstance(arg, Tensor):
            value, node = arg._data, arg.node
        else:
            value, node = None if arg is None else constant(arg, op.name), None
        values.append(value)
        inputs.append(value if node is None else arg if node is LEAF else node)
        wanted.append(node is not None)
    if op.promote:
        values = promoted(values, op.promote)
    out = _evaluate(op, values, params)
    if type(out) is not ndarray:
        out = tuple(map(_array, out)) if op.outputs == 0 else _array(out)
    result = (
        record(out, op.plan(tuple(wanted)), inputs, values, params)
        if True in wanted and op.differentiable
        else wrap(out)
    )
    if op.outputs == 0:
        return tuple([aware(output(result.node, i, x), args) for i, x in enumerate(out)])
    if type(out) is ndarray and (out.base is not None or out is values[0]):
        aware(result, args)
    return result


def _evaluate(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    try:
        return op.forward(*values, **params)
    except Exception as error:
        explain(op.name, tuple(values), params, error)


def _array(value: Any) -> Any:
    """A forward function may return Python numbers and 0-d arrays; inside the engine 0-d values are
    NumPy scalars.
    """
    return value if isinstance(value, (ndarray, np.generic)) else np.asarray(value)[()]


def aware(result: Tensor, sources: Iterable[Any]) -> Tensor:
    """The result, with a note of the tensor whose memory it is a view of, if it is."""
    array = result._data
    if type(array) is ndarray:
        base = memory.root(array)
        for source in sources:
            if (
                isinstance(source, Tensor)
                and type(source._data) is ndarray
                and memory.root(source._data) is base
            ):
                memory.share(source, result)
                break
    return result


class Parts(dict):
    """The cotangent of an op with several outputs: those of the outputs that were used, by
    position.
    """

    def __add__(self, other: dict) -> Parts:
        for (
            i,
            g,
        ) in (
            other.items()
        ):  # into this one, which only the sweep has: with many outputs copies would add up
            self[i] = self[i] + g if i in self else g
        return self


component = Primitive(
    "component", lambda outputs, *, index: outputs[index], ("outputs",), {"index": 0}
)
"""The op that takes one output of an op with several."""
component.rules = (Rule(lambda g, index: Parts({index: g}), ("index",)),)


def output(node: Node | None, i: int, value: Any) -> Tensor:
    """One output of an op with several: a tensor with a node of its own, if it can have a
    gradient."""
    if node is None or value.dtype.kind != "f":
        return wrap(value)
    return record(value, component.plan((True,), exact=True), (node,), (None,), {"index": i})
