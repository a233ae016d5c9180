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

import linecache
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

import numpy as np

from . import batched, memory
from .batched import Batched
from .data import to_array
from .errors import explain_forward
from .memory import clock
from .modes import ON, is_recording
from .node import LEAF, Node
from .packing import note_placement
from .promotion import as_operand, constant, promoted
from .recorder import listening, note, note_promoted, note_taken
from .tensor import Tensor, blank, wrap
from .trace import RULES

ndarray = np.ndarray
_HELD = {ndarray, Batched}  # what a tensor may hold that others can look into


@dataclass(frozen=True, slots=True)
class Rule:
    """A vjp and the names of the values it takes after ``g``."""

    vjp: Callable
    names: tuple[str, ...]


@dataclass(eq=False, repr=False, slots=True)
class Primitive:
    """The declaration of one op, found again in `registry` by its name."""

    name: str
    forward: Callable
    args: tuple[str, ...]  # the array arguments; a single "*xs" takes any number
    params: dict[str, Any]  # the static arguments with their defaults
    rules: tuple[Rule | None, ...] = ()  # one for each argument; without any, no output has a graph
    joint: Rule | None = None  # one rule that gives the gradients of all arguments together
    promote: str = ""  # "keep" brings arrays to one dtype, "float" to a floating one
    pack: str = ""  # the static argument that collects positional integers, as in reshape(2, 3)
    outputs: int = 1  # 0: forward returns a tuple, and so does the op
    materialize: bool = True  # whether the joint rule gets zeros, or None, for unused outputs
    symbol: str = ""  # how a drawn graph shows it
    numpy: tuple[Callable, ...] = ()  # NumPy's functions of the same meaning
    samples: Any = None  # what the tests feed it
    function: Any = None  # the public function
    plans: dict[tuple, Plan] = field(default_factory=dict)  # by wanted and exact
    batching: Any = ""  # how it works on values that stand for many; one by one if nothing is said
    batched: Any = None  # the same op for these, or a function, once it is needed

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    @property
    def differentiable(self) -> bool:
        return bool(self.rules or self.joint)

    @property
    def arg_names(self) -> list[str]:
        """The names of the array arguments, without a star."""
        return [arg.lstrip("*") for arg in self.args]

    def plan(self, wanted: tuple[bool, ...], exact: bool = False) -> Plan:
        """The plan for the inputs that want a gradient, made once."""
        plan = self.plans.get((wanted, exact))
        if plan is None:
            plan = self.plans[wanted, exact] = Plan(self, wanted, exact)
        return plan

    def wanted_rules(self, wanted: tuple[bool, ...]) -> list[Rule | None]:
        """The rules of the arguments that want a gradient, with None for the others."""
        for name, want, rule in zip(self.args, wanted, self.rules):
            if want and rule is None:
                raise NotImplementedError(
                    f"{self.name} has no gradient for its argument {name!r}; pass it without "
                    "requires_grad (x.detach()), or declare a rule for it"
                )
        return [rule if want else None for want, rule in zip(wanted, self.rules)]


class Plan:
    """How an op is recorded and differentiated when certain of its inputs want a gradient.

    Both functions are written as text once, as `collections.namedtuple` does it. For ``a * b / c``,
    say, declared as one op, of which ``a`` and ``c`` want a gradient::

        save = lambda y, values, params: (values[1], values[2], y,)
        pull = lambda g, saved: (rule0(g, saved[0], saved[1]), None, rule2(g, saved[2], saved[1]),)

    Where exactly the arguments are kept, or nothing, there is nothing to pick out, and ``save`` is
    None. ``exact`` says that what the rules return surely has the shapes and dtypes of the inputs,
    ``frees`` that arrays are kept, which a sweep then frees.
    """

    __slots__ = ("op", "wanted", "exact", "names", "several", "save", "pull", "frees")

    def __init__(self, op: Primitive, wanted: tuple[bool, ...], exact: bool) -> None:
        self.op = op
        self.wanted = wanted
        self.exact = exact
        self.several = op.outputs == 0
        rules = [op.joint] if op.joint else op.wanted_rules(wanted)
        self.names = tuple(dict.fromkeys(name for rule in rules if rule for name in rule.names))
        if set(self.names) == set(op.args):
            self.names = op.args
        self.save = None
        if self.names not in ((), op.args):
            picked = "".join([f"{_source(name, op)}, " for name in self.names])
            self.save = _compiled(op, f"lambda y, values, params: ({picked})", {"shape": np.shape})
        self.pull = self._joint_pull(op.joint) if op.joint else self._compiled_pull(rules)
        self.frees = not {"y", *op.arg_names}.isdisjoint(self.names)

    def kept(self, y: Any, values: Sequence[Any], params: dict) -> Sequence[Any]:
        """The values that the rules take, of an operation's output, arguments and static
        arguments.
        """
        if self.save:
            return self.save(y, values, params)
        return self.names and values

    def _compiled_pull(self, rules: Sequence[Rule | None]) -> Callable:
        calls = []
        for i, rule in enumerate(rules):
            if rule is None:
                calls.append("None, ")
            else:
                given = [f", saved[{self.names.index(name)}]" for name in rule.names]
                calls.append(f"rule{i}(g{''.join(given)}), ")
        names = {f"rule{i}": rule.vjp for i, rule in enumerate(rules) if rule}
        return _compiled(self.op, f"lambda g, saved: ({''.join(calls)})", names)

    def _joint_pull(self, rule: Rule) -> Callable:
        wanted = self.wanted

        def pull(g: Any, saved: tuple) -> list:
            pairs = zip(wanted, rule.vjp(g, *saved), strict=True)
            return [value if want else None for want, value in pairs]

        return pull


def _compiled(op: Primitive, text: str, names: dict) -> Callable:
    """The function that is written as text; tracebacks show the text."""
    filename = f"{RULES}{op.name} {len(linecache.cache)}>"
    linecache.cache[filename] = (len(text), None, [text], filename)
    return eval(compile(text, filename, "eval"), names)


def _source(name: str, op: Primitive) -> str:
    """What a rule's parameter stands for: ``x`` a value, ``x_shape`` its shape, ``xs_shapes`` the
    shape of each. ``x_place`` is nothing until the sweep is recorded.
    """
    if name == "y":
        return name
    if name in op.params:
        return f"params[{name!r}]"
    for i, arg in enumerate(op.args):
        value = f"values[{i}]" if arg[0] != "*" else f"tuple(values[{i}:])"
        if arg.lstrip("*") == name:
            return value
        if name == f"{arg}_place":
            return "None"
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
    tensor = blank()
    tensor._data = out
    mode = is_recording()
    if mode:
        tensor.node = node = Node()
        node.plan = plan
        node.inputs = inputs
        save = plan.save
        if save:
            node.saved = save(out, values, params)
        else:
            node.saved = plan.names and values
        node.params = params
        node.index = next(clock)
        node.hooks = None
        kind = type(out)
        if kind is ndarray or kind is Batched:
            node.shape = out.shape
            node.dtype = out.dtype
        elif kind is tuple:
            node.shape = tuple([x.shape for x in out])
            node.dtype = tuple([x.dtype for x in out])
        else:
            node.shape = ()
            node.dtype = kind
        if mode > ON:
            note_placement(node, mode)
    else:
        tensor.node = None
    return tensor


def apply(op: Primitive, args: Sequence[Any], params: dict) -> Any:
    """Compute an op and record it if gradients are wanted.

    Arrays in, arrays out; any tensor in, tensors out.
    """
    if not any(isinstance(arg, Tensor) for arg in args):
        values = [arg if type(arg) is ndarray else as_operand(arg, op.name) for arg in args]
        if op.promote:
            values = promoted(values, op.promote)
        elif values and type(values[0]) in (float, int, bool):
            values[0] = to_array(values[0], None, copy=True)
        if listening:
            op = batched.way_of(op, values, params)
            if type(op) is not Primitive:
                return op(*args, **params)  # type: ignore[operator]
        return _computed_by(op, args, values, params)
    if listening:
        note_taken(args)
    values = []
    inputs = []
    wanted = []
    for arg in args:
        node = None
        if isinstance(arg, Tensor):
            value = arg._data
            node = arg.node
        elif arg is None:
            value = None
        else:
            value = constant(arg, op.name)
        values.append(value)
        wanted.append(node is not None)
        if node is None:
            inputs.append(value)
        else:
            inputs.append(arg if node is LEAF else node)
    if op.promote:
        values = promoted(values, op.promote)
    if listening:
        values = note_promoted(registry["cast"], args, values)
        op = batched.way_of(op, values, params)
        if type(op) is not Primitive:
            return op(*args, **params)  # type: ignore[operator]
    out = _computed_by(op, args, values, params)
    if type(out) is not ndarray:
        out = tuple(map(_array, out)) if op.outputs == 0 else _array(out)
    result: Any
    if True in wanted and op.differentiable:
        result = record(out, op.plan(tuple(wanted)), inputs, values, params)
    else:
        result = wrap(out)
    if op.outputs == 0:
        result = tuple([memory.aware(output(result.node, i, x), args) for i, x in enumerate(out)])
    elif type(out) in _HELD and (out.base is not None or out is values[0]):
        memory.aware(result, args)
    if listening:
        note(op, args, params, result)
    return result


def _computed_by(op: Primitive, args: Sequence[Any], values: Sequence[Any], params: dict) -> Any:
    try:
        return op.forward(*values, **params)
    except Exception as error:
        explain_forward(op, args, values, params, error)


def _array(value: Any) -> Any:
    """A forward function may return Python numbers and 0-d arrays; inside the engine 0-d values are
    NumPy scalars.
    """
    return value if isinstance(value, (ndarray, np.generic, Batched)) else np.asarray(value)[()]


class Parts(dict):
    """The cotangent of an op with several outputs: those of the outputs that were used, by
    position.
    """

    def __add__(self, other: dict) -> Parts:
        # Into this one, which only the sweep has: with many outputs copies would add up.
        for i, g in other.items():
            if i in self:
                self[i] = self[i] + g
            else:
                self[i] = g
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
