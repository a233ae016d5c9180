"""The heart of the engine: what an op is, and the one place where an op is applied and recorded.

A `Primitive` is a declaration: a forward function on arrays and, for each array argument, a rule (vjp) that turns the
cotangent ``g`` of the output into the cotangent of that argument. Applying a primitive to tensors computes the output
and, where an input requires a gradient, records a `Node`: the op, its inputs by position, and exactly the values that
its rules name. The nodes are the graph; `backward.py` sweeps over it.

Rules are written once and run on raw arrays (first derivatives) as well as on tensors (derivatives of any order).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Sequence

import numpy as np

from . import memory
from .errors import explain
from .memory import tick
from .modes import TRACED, recording
from .promotion import constant, promoted
from .trace import source_line

if TYPE_CHECKING:
    from .tensor import Tensor

ndarray = np.ndarray
_new = object.__new__


class Node:
    """One recorded operation. Its inputs are nodes, leaf tensors, or constants (arrays and numbers)."""

    __slots__ = ("plan", "inputs", "saved", "params", "index", "shape", "dtype", "exact", "hooks", "trace", "__weakref__")

    plan: Plan  # the op, and how its gradients are computed for the inputs that want one
    inputs: tuple
    saved: tuple | None  # the values that the plan's rules take; None once the graph is freed
    params: dict
    index: int  # creation order, which is a topological order
    shape: tuple
    dtype: Any  # of the output: a numpy dtype, or the scalar type where the output is a NumPy scalar
    exact: bool  # whether contributions surely have the inputs' shapes and dtypes
    hooks: list | None
    trace: str  # only under detect_anomaly: the line of source that made the node

    @property
    def op(self) -> Primitive:
        """The op that was applied."""
        return self.plan.op

    @property
    def name(self) -> str:
        """The op's name."""
        return self.plan.op.name

    @property
    def next_functions(self) -> tuple:
        """The nodes of the inputs, with None for leaves and constants."""
        return tuple(parent if type(parent) is Node else None for parent in self.inputs)

    def __repr__(self) -> str:
        return f"<{''.join([part[:1].upper() + part[1:] for part in self.name.split('_')])}Backward>"


LEAF = Node()
"""The node of every leaf that requires a gradient: it marks the tensor itself as the place where gradients arrive."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A vjp and the names of the values it takes after ``g``."""

    vjp: Callable
    names: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Primitive:
    """The declaration of one op. Made by `primitive` and its relatives, found again in `registry`."""

    name: str
    forward: Callable
    args: tuple[str, ...]  # the array arguments; a single "*xs" takes any number
    params: dict[str, Any]  # the static arguments with their defaults
    rules: tuple[Rule | None, ...] = ()  # one for each argument, or none at all: the output then carries no graph
    joint: Rule | None = None  # one rule that gives the gradients of all arguments together
    promote: str = ""  # "" takes arrays as they are, "keep" promotes to one dtype, "float" to a floating one
    pack: str = ""  # the static argument that collects positional integers, as in reshape(2, 3)
    outputs: int = 1  # 0: forward returns a tuple, and so does the op
    materialize: bool = True  # whether the joint rule gets zeros, or None, for those of several outputs that nothing used
    symbol: str = ""  # how a drawn graph shows it
    numpy: tuple[Callable, ...] = ()  # NumPy's functions of the same meaning
    samples: Any = None  # what the tests feed it
    function: Any = None  # the public function
    plans: dict[tuple, Plan] = field(default_factory=dict)

    @property
    def differentiable(self) -> bool:
        return bool(self.rules or self.joint)

    def plan(self, wanted: tuple[bool, ...]) -> Plan:
        """The plan for the inputs that want a gradient, made once."""
        plan = self.plans.get(wanted)
        if plan is None:
            for name, want, rule in () if self.joint else zip(self.args, wanted, self.rules):
                if want and rule is None:
                    raise NotImplementedError(
                        f"{self.name} has no gradient for its argument {name!r}; pass it without requires_grad "
                        "(x.detach()), or declare a rule for it"
                    )
            plan = self.plans[wanted] = Plan(self, wanted)
        return plan


class Plan:
    """How an op is recorded and differentiated when certain of its inputs want a gradient.

    Both functions are written as text once, as `collections.namedtuple` does it. For a product of which both factors
    want one::

        save = lambda y, a, b: (b, a,)
        pull = lambda g, saved: (rule0(g, saved[0]), rule1(g, saved[1]),)
    """

    __slots__ = ("op", "names", "save", "pull", "frees")

    def __init__(self, op: Primitive, wanted: tuple[bool, ...]) -> None:
        self.op = op
        rules: list[Rule | None] = [op.joint] if op.joint else [rule if want else None for want, rule in zip(wanted, op.rules)]
        self.names = tuple(dict.fromkeys(name for rule in rules if rule for name in rule.names))
        own = {"y", *(arg.lstrip("*") for arg in op.args)}
        self.frees = not own.isdisjoint(self.names)  # whether arrays are kept, which a sweep then frees
        self.save = self._compile_save()
        self.pull = self._compile_joint(wanted) if op.joint else self._compile_pull(rules)

    def _compile_save(self) -> Callable:
        op = self.op
        parameters = ["y", *op.args]
        if op.params:
            parameters += [*(() if op.args[-1:] and op.args[-1][0] == "*" else ("*",)), *op.params]
        values = "".join(_value_source(name, op) + ", " for name in self.names)
        return eval(f"lambda {', '.join(parameters)}: ({values})", {"shape": np.shape})

    def _compile_pull(self, rules: list[Rule | None]) -> Callable:
        calls = "".join(
            f"rule{i}({', '.join(['g', *(f'saved[{self.names.index(name)}]' for name in rule.names)])}), " if rule else "None, "
            for i, rule in enumerate(rules)
        )
        return eval(f"lambda g, saved: ({calls})", {f"rule{i}": rule.vjp for i, rule in enumerate(rules) if rule})

    def _compile_joint(self, wanted: tuple[bool, ...]) -> Callable:
        vjp = self.op.joint.vjp  # type: ignore[union-attr]

        def pull(g: Any, saved: tuple) -> list:
            return [value if want else None for want, value in zip(wanted, vjp(g, *saved), strict=True)]

        return pull


def _value_source(name: str, op: Primitive) -> str:
    """What a rule's parameter stands for: ``x`` a value, ``x_shape`` its shape, ``xs_shapes`` the shape of each."""
    if name in op.params or name == "y":
        return name
    if name.endswith("_shapes"):
        return f"tuple([shape(x) for x in {name[:-7]}])"
    return f"{name[:-6]}.shape" if name.endswith("_shape") else name


registry: dict[str, Primitive] = {}
"""Every declared op by its name."""

numpy_functions: dict[Callable, Callable] = {}
"""NumPy's functions and ufuncs, and the function here that each of them dispatches to."""


# --- applying an op -------------------------------------------------------------------------------------------------


def record(plan: Plan, inputs: tuple, saved: tuple, params: dict, out: Any, exact: bool = False) -> Node:
    """Make the node of an operation whose output is ``out`` (an array, a scalar, or a tuple of them)."""
    node = Node()
    node.plan = plan
    node.inputs = inputs
    node.saved = saved
    node.params = params
    node.index = tick()
    node.exact = exact
    node.hooks = None
    if type(out) is ndarray:
        node.shape, node.dtype = out.shape, out.dtype
    elif type(out) is tuple:
        node.shape, node.dtype = tuple([x.shape for x in out]), tuple([x.dtype for x in out])
    else:
        node.shape, node.dtype = (), type(out)
    if recording.get() == TRACED:
        node.trace = source_line()
    return node


def wrap(value: Any, node: Node | None = None) -> Tensor:
    """A tensor on ``value`` (an array or NumPy scalar, taken as it is) made by ``node``."""
    tensor = _new(Tensor)
    tensor._data = value
    tensor.node = node
    return tensor


def apply(op: Primitive, args: tuple, params: dict) -> Any:
    """Compute an op and record it if gradients are wanted. Arrays in, arrays out; any tensor in, tensors out."""
    try:  # mostly all arguments are tensors
        values = [arg._data for arg in args]
        nodes = [arg.node for arg in args]
        sources: Sequence[Tensor] = args
    except AttributeError:
        sources = [arg for arg in args if isinstance(arg, Tensor)]
        if not sources:
            return _evaluate(op, promoted(args, op.promote) if op.promote else args, params)
        values = [arg._data if isinstance(arg, Tensor) else None if arg is None else constant(arg, op.name) for arg in args]
        nodes = [arg.node if isinstance(arg, Tensor) else None for arg in args]
    given = values
    if op.promote:
        values = promoted(values, op.promote)
    out = _evaluate(op, values, params)
    if type(out) is not ndarray:
        out = tuple(map(_array, out)) if op.outputs == 0 else _array(out)
    node = None
    if (op.rules or op.joint) and recording.get():
        wanted = tuple([node is not None for node in nodes])
        if True in wanted:
            plan = op.plan(wanted)
            inputs = tuple([v if node is None else arg if node is LEAF else node for v, node, arg in zip(given, nodes, args)])
            node = record(plan, inputs, plan.save(out, *values, **params), params, out)
    if op.outputs == 0:
        parts = [wrap(x) if node is None or x.dtype.kind != "f" else output(node, i, x) for i, x in enumerate(out)]
        return tuple([_aware(part, sources) for part in parts])
    result = wrap(out, node)
    if type(out) is ndarray and (out.base is not None or out is values[0]):
        _aware(result, sources)
    return result


def _evaluate(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    try:
        return op.forward(*values, **params)
    except Exception as error:
        explain(op.name, tuple(values), params, error)


def _array(value: Any) -> Any:
    """A forward function may return Python numbers and 0-d arrays; inside the engine 0-d values are NumPy scalars."""
    return value if isinstance(value, (ndarray, np.generic)) else np.asarray(value)[()]


def _aware(result: Tensor, sources: Sequence[Tensor]) -> Tensor:
    """The result, with a note of the tensor whose memory it is a view of, if it is."""
    array = result._data
    if type(array) is ndarray:
        base = memory.root(array)
        for source in sources:
            if type(source._data) is ndarray and memory.root(source._data) is base:
                memory.share(source, result)
                break
    return result


class Parts(dict):
    """The cotangent of an op with several outputs: those of the outputs that were used, by position."""

    def __add__(self, other: dict) -> Parts:
        for i, g in other.items():  # into this one, which only the sweep has: with many outputs copies would add up
            self[i] = self[i] + g if i in self else g
        return self


component = Primitive("component", lambda outputs, *, index: outputs[index], ("outputs",), {"index": 0})
"""The op that takes one output of an op with several."""
component.rules = (Rule(lambda g, index: Parts({index: g}), ("index",)),)


def output(node: Node, i: int, value: Any) -> Tensor:
    """One output of an op with several: a tensor with a node of its own."""
    return wrap(value, record(component.plan((True,)), (node,), (i,), {"index": i}, value, exact=True))


from .tensor import Tensor  # noqa: E402  (a tensor's operators are primitives, and a primitive makes tensors)
