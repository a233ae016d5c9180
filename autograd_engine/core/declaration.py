"""How an op is declared: from a forward function and its rules to a public function.

`primitive` is what a user calls, and what `ops/declare.py` builds its shorter forms on. Three kinds
of public function are made here: the general one, and the short ways of elementwise ops with one
argument and with two.
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Sequence

import numpy as np

from .errors import explain_forward
from .node import LEAF
from .primitive import Primitive, Rule, apply, numpy_functions, record, registry
from .recorder import listening
from .promotion import constant, promoted
from .tensor import Tensor, wrap

ndarray, float32, float64 = np.ndarray, np.float32, np.float64


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
    batching: str | Callable = "",
    samples: Any = None,
    doc: str | None = None,
) -> Any:
    """Declare an op: its forward function on arrays and the rules of its gradients.

    The positional parameters of ``forward`` are the arrays, its keyword-only parameters are static
    arguments. A rule (vjp) takes the cotangent ``g`` and, *by name*, what else it needs: the output
    ``y``, an argument, its shape (``x_shape``), its place in the graph without its values
    (``x_place``, None unless the sweep is recorded), a static argument. Exactly these are kept
    until the backward sweep.

    Parameters
    ----------
    forward : callable
        ``forward(*arrays, **static) -> array``. May be left out: then ``primitive(...)`` is a
        decorator.
    vjp : callable or sequence of callables, optional
        One rule for each array argument; None marks an argument without a gradient. Without any
        rule the output carries no graph (as for ``argmax``). Write rules with operators, methods
        that arrays and tensors share, ``np.`` functions and other ops: then derivatives of any
        order follow.
    joint : callable, optional
        Instead of ``vjp``: one rule that returns the gradients of all array arguments as a
        sequence.
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
    batching : {"", "pointwise", "dims", "front", "same"} or callable
        How `func.vmap` computes it for all samples at once: element by element with broadcasting;
        along the dimensions that the static arguments ``dim`` or ``dims`` name, of one array; on
        the last dimensions, with any others in front of them; or as it is, because ``forward``
        gives what it gets. A function of the same arguments, which are tensors then, says it with
        other ops. Without, in a loop.
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
            function,
            vjp=vjp,
            joint=joint,
            name=name,
            numpy=numpy,
            promote=promote,
            pack=pack,
            outputs=outputs,
            symbol=symbol,
            batching=batching,
            samples=samples,
            doc=doc,
        )
    args, params = _signature(forward)
    op = Primitive(
        name=name or forward.__name__.strip("_"),
        forward=forward,
        args=args,
        params=params,
        promote=promote,
        pack=pack,
        outputs=outputs,
        symbol=symbol,
        batching=batching,
        samples=samples,
        numpy=(numpy,) if callable(numpy) else tuple(numpy),
    )
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
            raise TypeError(
                f"{op.name}: {len(rules)} vjp for {len(op.args)} array arguments {op.args}"
            )
        op.rules = tuple(None if rule is None else _rule(op, rule) for rule in rules)


def register(op: Primitive, doc: str | None) -> Any:
    """Enter an op under its name and NumPy's, and give its function the face of a well-kept Python
    function.
    """
    registry[op.name] = op
    function = op.function
    function.op = op
    function.__name__ = function.__qualname__ = op.name
    function.__module__ = op.forward.__module__ or __name__
    function.__doc__ = inspect.cleandoc(doc) if doc else None
    kinds = inspect.Parameter
    parameters = [
        kinds(
            name.lstrip("*"),
            kinds.VAR_POSITIONAL if name[0] == "*" else kinds.POSITIONAL_OR_KEYWORD,
        )
        for name in op.args
    ]
    kind = (
        kinds.KEYWORD_ONLY
        if parameters and parameters[-1].kind is kinds.VAR_POSITIONAL
        else kinds.POSITIONAL_OR_KEYWORD
    )
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
    if "y" in op.args:
        raise TypeError(
            f"{op.name}: no argument can be called 'y', which is the output in a vjp; call it "
            "another name"
        )
    known = {"y", *op.params, *(arg.lstrip("*") for arg in op.args)}
    for name in names:
        if known.isdisjoint(
            [name, *(name.removesuffix(f"_{what}") for what in ("shape", "shapes", "place"))]
        ):
            raise TypeError(
                f"{op.name}: a vjp asks for {name!r}; it can have {first!r} first, then "
                f"{sorted(known)}"
            )
    return Rule(vjp, tuple(names))


_SPELLINGS = {
    "axis": "dim",
    "keepdims": "keepdim",
    "axes": "dims",
    "other": "b",
    "axis0": "dim0",
    "axis1": "dim1",
    "axis2": "dim2",
    "k": "diagonal",
}
"""What an argument is called elsewhere; ``axis`` is `dims` where an op has no `dim`."""


def spelled(keyword: str, names: Sequence[str]) -> str:
    """The argument, of those named, that a keyword means: PyTorch's and NumPy's words for one thing
    are both taken.
    """
    if keyword in names:
        return keyword
    if keyword == "axis" and "dims" in names and "dim" not in names:
        return "dims"
    if keyword == "input":
        return names[0]
    return _SPELLINGS.get(keyword, keyword)


def _general_function(op: Primitive) -> Callable:
    """The public function of an op: sorts what it is given into arrays and static arguments."""
    variadic = bool(op.args) and op.args[-1][0] == "*"
    arity = len(op.args)
    statics = tuple(op.params)
    names = (*op.args, *statics)
    needed = [
        *op.args[: arity - len(inspect.unwrap(op.forward).__defaults__ or ())],
        *(n for n in statics if op.params[n] is inspect.Parameter.empty),
    ]
    incomplete = any(name in statics for name in needed)  # its static arguments have no defaults

    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) == arity or variadic:
            if not kwargs and not incomplete:
                return apply(op, args, op.params)
            if kwargs.keys() == op.params.keys():
                return apply(op, args, kwargs)
        return apply(op, *bind(args, kwargs))

    def bind(args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        given: dict[str, Any] = {}
        if not variadic:
            given.update(zip(names, packed(args)))
        for key, value in kwargs.items():
            name = spelled(key, names)
            if name not in names:
                raise TypeError(f"{op.name}() has no argument {key!r}; it takes {', '.join(names)}")
            if name in given:
                raise TypeError(f"{op.name}() got the argument {name!r} twice")
            given[name] = value
        for name in needed:
            if name not in given and not variadic:
                raise TypeError(f"{op.name}() needs the argument {name!r}")
        if not variadic:
            args = tuple([given.get(name) for name in op.args])
        return args, {name: given.get(name, default) for name, default in op.params.items()}

    def packed(args: tuple) -> tuple:
        """The arguments, with loose integers as in ``reshape(x, 2, 3)`` made one tuple."""
        if op.pack and len(args) > arity:
            together = len(args) == arity + 1 and isinstance(args[arity], (tuple, list))
            if not together:
                args = (*args[:arity], args[arity:])
        if len(args) > len(names):
            raise TypeError(f"{op.name}() takes at most {len(names)} arguments, got {len(args)}")
        return args

    return function


def unary_function(op: Primitive) -> Callable:
    """The public function of an elementwise op of one argument, without static arguments: the short
    way.
    """
    forward = op.forward
    of_number = inspect.unwrap(forward)  # which no kernel is for
    promote = op.promote
    params = op.params
    plan: Any = None

    def function(input: Any) -> Any:
        nonlocal plan
        if listening or not isinstance(input, Tensor):
            return apply(op, (input,), params)
        value = input._data
        source: Any = input.node
        if source is None and value.dtype.kind != "f":
            value = promoted([value], promote)[0]
        try:
            out = forward(value) if type(value) is ndarray else of_number(value)
        except Exception as error:
            explain_forward(op, (input,), (value,), params, error)
        if source is None:
            return wrap(out)
        if plan is None:
            if not op.rules:
                return wrap(out)
            plan = op.plan((True,), exact=True)
        if source is LEAF:
            source = input
        return record(out, plan, (source,), (value,), params)

    return function


def binary_function(op: Primitive) -> Callable:
    """The public function of an elementwise op of two arguments: the short way, which scalars'
    speed depends on.
    """
    forward = op.forward
    promote = op.promote
    params = op.params
    # By which of them want a gradient, and by whether both are numbers; made when first needed:
    plans: list[list[Any]] = [[None, None] for _ in range(4)]

    def function(input: Any, other: Any) -> Any:
        if listening:
            return apply(op, (input, other), params)
        left = right = None
        if isinstance(input, Tensor):
            x = input._data
            left = input.node
            if isinstance(other, Tensor):
                y = other._data
                right = other.node
            else:
                y = constant(other, op.name)
        elif isinstance(other, Tensor):
            x = constant(input, op.name)
            y = other._data
            right = other.node
        else:
            return apply(op, (input, other), params)
        kind = type(x)
        numbers = kind is type(y) and (kind is float32 or kind is float64)
        if not numbers:
            x, y = _matched(x, y, left is not None or right is not None, promote)
        try:
            out = forward(x, y)
        except Exception as error:
            explain_forward(op, (input, other), (x, y), params, error)
        case = 0
        if left is None:
            left = x
        else:
            case = 1
            if left is LEAF:
                left = input
        if right is None:
            right = y
        else:
            case += 2
            if right is LEAF:
                right = other
        if not case:
            return wrap(out)
        plan = plans[case][numbers]
        if plan is None:
            if not op.rules:
                return wrap(out)
            plan = plans[case][numbers] = op.plan((case != 2, case != 1), exact=numbers)
        return record(out, plan, (left, right), (x, y), params)

    return function


def _matched(x: Any, y: Any, floating: bool, mode: str) -> Sequence[Any]:
    """Two values in one dtype; quick where nothing has to be done, as for floats with Python's
    numbers.
    """
    kind = type(x)
    other = type(y)
    if kind is other and kind is ndarray:
        if x.dtype is y.dtype and x.dtype.kind == "f":
            return x, y
    elif floating and (other is float or other is int or kind is float or kind is int):
        return x, y
    return promoted((x, y), mode)
