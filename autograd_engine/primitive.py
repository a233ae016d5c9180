"""The heart of the engine: what an op is, and the one place where an op is applied and recorded.

A `Primitive` is a declaration: a forward function on arrays and, for each array argument, a rule (vjp) that turns the
cotangent ``g`` of the output into the cotangent of that argument. Applying a primitive to tensors computes the output
and, where an input requires a gradient, records a `Node`: the op, its inputs by position, and exactly the values that
its rules name. The nodes are the graph; `backward.py` sweeps over it.

Rules are written once and run on raw arrays (first derivatives) as well as on tensors (derivatives of any order).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Sequence

import numpy as np

from . import memory
from .errors import explain
from .memory import tick
from .modes import TRACED, get_default_dtype, recording
from .trace import source_line

if TYPE_CHECKING:
    from .tensor import Tensor

ndarray = np.ndarray
_new = object.__new__
float32, float64 = np.float32, np.float64


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
        rules = [op.joint] if op.joint else [rule if want else None for want, rule in zip(wanted, op.rules)]
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


def constant(value: Any, op: Primitive) -> Any:
    """An argument that is no tensor: an array or a number. NumPy scalars count as Python's, so they never widen."""
    if type(value) in (float, int, bool) or isinstance(value, ndarray) and value.dtype.kind in "fiub":
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "fiub":
        return value.item()
    if isinstance(value, (float, int)):
        return value
    kind = f"an array of {value.dtype}" if isinstance(value, (ndarray, np.generic)) else type(value).__name__
    raise TypeError(f"{op.name}() takes tensors, NumPy arrays and real numbers, got {kind}; convert it with tensor(...)")


def promoted(values: Sequence[Any], mode: str) -> list[Any]:
    """The values brought to one dtype as PyTorch does it; with ``mode`` "float", to a floating one."""
    dtype = getattr(values[0], "dtype", None) if values else None
    if dtype is not None and dtype.kind == "f" and all([value is None or getattr(value, "dtype", None) is dtype for value in values]):
        return list(values)
    result = result_dtype(values)
    if mode == "float" and result.kind != "f":
        result = get_default_dtype()
    return [value if value is None or getattr(value, "dtype", None) == result else _cast(value, result) for value in values]


def result_dtype(values: Sequence[Any]) -> np.dtype:
    """The dtype of several values together, as PyTorch has it.

    The highest category among them decides (booleans, integers, floats); within it arrays with dimensions before 0-d
    ones, and these before Python's numbers.
    """
    ranked: list[list[np.dtype]] = [[], [], []]
    for value in values:
        if isinstance(value, (ndarray, np.generic)):
            ranked[0 if value.ndim else 1].append(value.dtype)
        elif value is not None:
            scalar = get_default_dtype() if isinstance(value, float) else np.dtype(type(value))
            ranked[2].append(scalar)
    result: np.dtype | None = None
    for dtypes in ranked:
        if dtypes:
            here = _join(dtypes)
            if result is None or category(here) > category(result):
                result = here
    return get_default_dtype() if result is None else result


def _cast(value: Any, dtype: np.dtype) -> Any:
    return value.astype(dtype) if isinstance(value, (ndarray, np.generic)) else dtype.type(value)


_CATEGORIES = {"b": 0, "u": 1, "i": 1, "f": 2}


def category(dtype: np.dtype) -> int:
    """0 for booleans, 1 for integers, 2 for floats."""
    return _CATEGORIES[dtype.kind]


def _join(dtypes: list[np.dtype]) -> np.dtype:
    top = max(map(category, dtypes))
    return np.result_type(*[dtype for dtype in dtypes if category(dtype) == top])


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
    values: list[Any] = []
    inputs: list[Any] = []
    wanted: list[bool] = []
    sources: list[Tensor] = []
    for arg in args:
        if isinstance(arg, Tensor):
            node, value = arg.node, arg._data
            sources.append(arg)
            wanted.append(node is not None)
            inputs.append(value if node is None else arg if node is LEAF else node)
        else:
            value = arg if arg is None or type(arg) is ndarray and arg.dtype.kind == "f" else constant(arg, op)
            wanted.append(False)
            inputs.append(value)
        values.append(value)
    if not sources:
        return _evaluate(op, promoted(args, op.promote) if op.promote else args, params)
    if op.promote:
        values = promoted(values, op.promote)
    out = _evaluate(op, values, params)
    if type(out) is not ndarray:
        out = tuple(map(_array, out)) if op.outputs == 0 else _array(out)
    node = None
    if True in wanted and (op.rules or op.joint) and recording.get():
        plan = op.plan(tuple(wanted))
        node = record(plan, tuple(inputs), plan.save(out, *values, **params), params, out)
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


def _aware(result: Tensor, sources: list[Tensor]) -> Tensor:
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


# --- declaring an op ------------------------------------------------------------------------------------------------


def primitive(
    forward: Callable | None = None,
    *,
    vjp: Callable | Sequence[Callable | None] | None = None,
    joint: Callable | None = None,
    name: str | None = None,
    numpy: Callable | Sequence[Callable] = (),
    promote: str = "",
    pack: str = "",
    outputs: int = 1,
    symbol: str = "",
    samples: Any = None,
    doc: str | None = None,
) -> Any:
    """Declare an op: its forward function on arrays and the rules of its gradients.

    The positional parameters of ``forward`` are the arrays, its keyword-only parameters are static arguments. A rule
    (vjp) takes the cotangent ``g`` and, *by name*, what else it needs: the output ``y``, an argument, its shape
    (``x_shape``), a static argument. Exactly these are kept until the backward sweep.

    Parameters
    ----------
    forward : callable
        ``forward(*arrays, **static) -> array``. May be left out: then ``primitive(...)`` is a decorator.
    vjp : callable or sequence of callables, optional
        One rule for each array argument; None marks an argument without a gradient. Without any rule the output
        carries no graph (as for ``argmax``). Write rules with operators, methods that arrays and tensors share,
        ``np.`` functions and other ops: then derivatives of any order follow.
    joint : callable, optional
        Instead of ``vjp``: one rule that returns the gradients of all array arguments as a sequence.
    name : str, optional
        The op's name (by default that of ``forward``).
    numpy : callable or sequence of callables, optional
        NumPy functions that are to call this op when they meet a tensor.
    promote : {"", "keep", "float"}
        Whether arguments are brought to one dtype first, and whether integers become floats.
    pack : str, optional
        The static argument that collects positional integers, as in ``reshape(x, 2, 3)``.
    outputs : int
        0 where ``forward`` returns a tuple of arrays; the rule then gets a tuple of cotangents.
    symbol : str, optional
        How a drawn graph shows the op.
    samples : sequence, optional
        Arguments for the generated tests, see `autograd_engine.ops.declare`.
    doc : str, optional
        The docstring (by default that of ``forward``).

    Returns
    -------
    callable
        The op as a function of tensors and arrays.

    Examples
    --------
    >>> from autograd_engine import primitive, tensor, gradcheck
    >>> @primitive(vjp=lambda g, x: g * 3 * x**2)
    ... def cube(x):
    ...     return x**3
    >>> x = tensor(2.0, requires_grad=True)
    >>> y = cube(x); y.backward(); x.grad
    tensor(12.)
    >>> gradcheck(cube, tensor(2.0, dtype="float64", requires_grad=True))
    True
    """
    if forward is None:
        return lambda function: primitive(
            function, vjp=vjp, joint=joint, name=name, numpy=numpy, promote=promote, pack=pack,
            outputs=outputs, symbol=symbol, samples=samples, doc=doc,
        )  # fmt: skip
    args, params = _signature(forward)
    op = Primitive(
        name=name or forward.__name__.strip("_"), forward=forward, args=args, params=params, promote=promote,
        pack=pack, outputs=outputs, symbol=symbol, samples=samples, numpy=(numpy,) if callable(numpy) else tuple(numpy),
    )  # fmt: skip
    set_rules(op, vjp, joint)
    op.function = _general_function(op)
    return register(op, doc or forward.__doc__)


def set_rules(op: Primitive, vjp: Any, joint: Callable | None) -> None:
    """Read the names that each rule asks for."""
    if joint is not None:
        op.joint = _rule(op, joint)
    elif vjp is not None:
        rules = (vjp,) if callable(vjp) else tuple(vjp)
        if len(rules) != len(op.args):
            raise TypeError(f"{op.name}: {len(rules)} vjp for {len(op.args)} array arguments {op.args}")
        op.rules = tuple(None if rule is None else _rule(op, rule) for rule in rules)


def register(op: Primitive, doc: str | None) -> Any:
    """Enter an op under its name and NumPy's, and give its function the face of a well-kept Python function."""
    registry[op.name] = op
    function = op.function
    function.op = op
    function.__name__ = function.__qualname__ = op.name
    function.__module__ = op.forward.__module__ or __name__
    function.__doc__ = inspect.cleandoc(doc) if doc else None
    kinds = inspect.Parameter
    parameters = [
        kinds(name.lstrip("*"), kinds.VAR_POSITIONAL if name[0] == "*" else kinds.POSITIONAL_OR_KEYWORD) for name in op.args
    ]
    kind = kinds.KEYWORD_ONLY if parameters and parameters[-1].kind is kinds.VAR_POSITIONAL else kinds.POSITIONAL_OR_KEYWORD
    parameters += [kinds(name, kind, default=default) for name, default in op.params.items()]
    function.__signature__ = inspect.Signature(parameters)
    for twin in op.numpy:
        numpy_functions[twin] = function
    return function


def _signature(forward: Callable) -> tuple[tuple[str, ...], dict[str, Any]]:
    args: list[str] = []
    params: dict[str, Any] = {}
    for parameter in inspect.signature(forward).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            params[parameter.name] = parameter.default
        elif parameter.kind is parameter.VAR_POSITIONAL:
            args.append("*" + parameter.name)
        else:
            args.append(parameter.name)
    return tuple(args), params


def _rule(op: Primitive, vjp: Callable) -> Rule:
    first, *names = inspect.signature(vjp).parameters
    known = {"y", *op.params, *(arg.lstrip("*") for arg in op.args)}
    for name in names:
        if name not in known and name.removesuffix("_shape") not in known and name.removesuffix("_shapes") not in known:
            raise TypeError(f"{op.name}: a vjp asks for {name!r}; it can have {first!r} first, then {sorted(known)}")
    return Rule(vjp, tuple(names))


_SPELLINGS = {
    "axis": "dim", "keepdims": "keepdim", "axes": "dims", "other": "b", "axis1": "dim1", "axis2": "dim2", "k": "diagonal",
}  # fmt: skip


def spelled(keyword: str, names: Sequence[str]) -> str:
    """The argument, of those named, that a keyword means: PyTorch's and NumPy's words for one thing are both taken."""
    if keyword in names:
        return keyword
    return names[0] if keyword == "input" else _SPELLINGS.get(keyword, keyword)


def _general_function(op: Primitive) -> Callable:
    """The public function of an op: sorts what it is given into arrays and static arguments."""
    variadic = bool(op.args) and op.args[-1][0] == "*"
    arity, statics = len(op.args), tuple(op.params)
    names = (*op.args, *statics)
    least = arity - len(op.forward.__defaults__ or ())
    required = [name for name, default in op.params.items() if default is inspect.Parameter.empty]

    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs or required or len(args) != arity and not variadic:
            args, params = bind(args, kwargs)
        else:
            params = op.params
        return apply(op, args, params)

    def bind(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        params = op.params.copy()
        if not variadic and len(args) > arity:
            extra = args[arity:]
            args = args[:arity]
            if op.pack and len(statics) == 1 and not (len(extra) == 1 and isinstance(extra[0], (tuple, list))):
                params[op.pack] = extra
            elif len(extra) > len(statics):
                raise TypeError(f"{op.name}() takes at most {arity + len(statics)} arguments, got {arity + len(extra)}")
            else:
                params.update(zip(statics, extra))
        for key, value in kwargs.items():
            name = spelled(key, names)
            if name in params:
                params[name] = value
            elif name in op.args:
                args += (None,) * (op.args.index(name) - len(args))
                args = (*args[: op.args.index(name)], value, *args[op.args.index(name) + 1 :])
            else:
                raise TypeError(f"{op.name}() has no argument {key!r}; it takes {', '.join((*op.args, *statics))}")
        for name in required:
            if params[name] is inspect.Parameter.empty:
                raise TypeError(f"{op.name}() needs the argument {name!r}")
        if len(args) < arity and not variadic:
            if len(args) < least:
                raise TypeError(f"{op.name}() needs the argument {op.args[len(args)]!r}")
            args += (None,) * (arity - len(args))
        return args, params

    return function


def unary_function(op: Primitive) -> Callable:
    """The public function of an elementwise op of one argument, without static arguments: the short way."""
    forward, promote, params = op.forward, op.promote, op.params
    plan = op.plan((True,)) if op.rules else None

    def function(input: Any) -> Any:
        if not isinstance(input, Tensor):
            return apply(op, (input,), {})
        value, source = input._data, input.node
        if source is None and value.dtype.kind != "f":
            value = promoted([value], promote)[0]
        try:
            out = forward(value)
        except Exception as error:
            explain(op.name, (value,), params, error)
        if source is None or plan is None or not recording.get():
            return wrap(out)
        return wrap(out, record(plan, (input if source is LEAF else source,), plan.save(out, value), params, out, True))

    return function


def binary_function(op: Primitive) -> Callable:
    """The public function of an elementwise op of two arguments: the short way, which scalars' speed depends on."""
    forward, promote, params = op.forward, op.promote, op.params
    both, first, second = (op.plan(wanted) if op.rules else None for wanted in ((True, True), (True, False), (False, True)))

    def function(input: Any, other: Any) -> Any:
        a, b = input, other
        left = right = None
        if isinstance(a, Tensor):
            x, left = a._data, a.node
            if type(b) is Tensor or isinstance(b, Tensor):
                y, right = b._data, b.node
            else:
                y = b if type(b) is float or type(b) is int else constant(b, op)
        elif isinstance(b, Tensor):
            x, y, right = constant(a, op), b._data, b.node
        else:
            return apply(op, (a, b), params)
        kind = type(x)
        scalars = kind is type(y) and (kind is float32 or kind is float64)
        if not scalars:
            x, y = _matched(x, y, left is not None or right is not None, promote)
        try:
            out = forward(x, y)
        except Exception as error:
            explain(op.name, (x, y), params, error)
        result = _new(Tensor)
        result._data = out
        if (left is None and right is None) or both is None or not (level := recording.get()):
            result.node = None
            return result
        result.node = node = Node()
        if right is None:
            node.plan = plan = first
            node.inputs = (a if left is LEAF else left, y)
        elif left is None:
            node.plan = plan = second
            node.inputs = (x, b if right is LEAF else right)
        else:
            node.plan = plan = both
            node.inputs = (a if left is LEAF else left, b if right is LEAF else right)
        node.saved = plan.save(out, x, y) if plan.names else ()
        node.params = params
        node.index = tick()
        node.exact = scalars
        node.hooks = None
        if scalars:
            node.shape, node.dtype = (), kind
        else:
            node.shape, node.dtype = out.shape, type(out) if type(out) is not ndarray else out.dtype
        if level == TRACED:
            node.trace = source_line()
        return result

    return function


def _matched(x: Any, y: Any, floating: bool, mode: str) -> Sequence[Any]:
    """Two values in one dtype; quick where nothing has to be done, as for floats with Python's numbers."""
    kind, other = type(x), type(y)
    if kind is other and kind is ndarray:
        if x.dtype is y.dtype and x.dtype.kind == "f":
            return x, y
    elif floating and (other is float or other is int or kind is float or kind is int):
        return x, y
    return promoted((x, y), mode)


from .tensor import Tensor  # noqa: E402  (a tensor's operators are primitives, and a primitive makes tensors)
