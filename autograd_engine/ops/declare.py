"""The forms of declaration that most ops take: elementwise functions and reductions, with what the
tests feed them.

An op that fits neither form is declared with `autograd_engine.core.primitive`, as a user declares
one.
"""

from __future__ import annotations

import functools
import inspect
import operator
import textwrap
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from ..core import batched
from ..core.data import to_array
from ..core.declaration import (
    binary_function,
    primitive,
    register,
    set_rules,
    spelled,
    unary_function,
)
from ..core.errors import explain_call
from ..core.primitive import Primitive, numpy_functions
from ..core.recorder import listening

__all__ = [
    "Sample",
    "at",
    "composite",
    "composites",
    "elementwise",
    "function_only",
    "in_place",
    "in_place_shape",
    "normal_dims",
    "primitive",
    "reduction_doc",
    "restore_dims",
    "rows",
]

composites: dict[str, Callable] = {}
"""The public functions that are written with other ops, by module and name."""

DOMAINS: dict[str, tuple[float, float]] = {
    "real": (-2.0, 2.0),
    "wide": (-7.0, 7.0),
    "positive": (0.3, 3.0),
    "unit": (-0.9, 0.9),
    "probability": (0.1, 0.9),
    "above_one": (1.1, 3.0),
    "negative": (-3.0, -0.3),
}
"""From where the tests draw arguments. Draws are spread so that no two are closer than 0.01: kinks
are not met by chance.
"""


@dataclass(frozen=True)
class Sample:
    """One call for the generated tests.

    Of the positional arguments (also of those in a list) a tuple is the shape of an array to draw;
    anything else is passed as it is. What was drawn goes ``through`` a function first, for
    arguments that have to be of a kind.
    """

    args: tuple
    params: dict = field(default_factory=dict)
    domain: str | tuple[str, ...] = "real"
    through: Callable | None = None


def at(
    *args: Any,
    domain: str | tuple[str, ...] = "real",
    through: Callable | None = None,
    **params: Any,
) -> Sample:
    """Write a sample as the call it makes: ``at((3, 4), dim=0)``."""
    return Sample(args, params, domain, through)


def in_place(function: Any) -> Any:
    """Mark an op: tensors have it also in a form that changes them, ``x.clamp_(0, 1)``."""
    function.in_place = "values"
    return function


def in_place_shape(function: Any) -> Any:
    """Mark a view op: tensors have it also in a form that changes their shape, ``x.squeeze_()``."""
    function.in_place = "shape"
    return function


def function_only(function: Any) -> Any:
    """Mark an op: as in PyTorch, it is no method of tensors."""
    function.function_only = True
    return function


DOCUMENT = textwrap.dedent(
    """\
    {doc}

    Parameters
    ----------
    {parameters}

    Returns
    -------
    Tensor
        {result}

    Examples
    --------
    {example}"""
)


def document(
    doc: str, parameters: Mapping[str, tuple[str, str]], result: str, example: Sequence[str]
) -> str:
    """The numpydoc text of a declared function.

    Parameters
    ----------
    doc : str
        What it does, in a sentence.
    parameters : dict
        For each its type and its meaning.
    result : str
        The shape of the result.
    example : sequence of str
        The lines of an example.
    """
    lines = [f"{name} : {kind}\n    {meaning}" for name, (kind, meaning) in parameters.items()]
    return DOCUMENT.format(
        doc=doc, parameters="\n".join(lines), result=result, example="\n".join(example)
    )


def document_elementwise(name: str, doc: str, args: Sequence[str], example: str, home: str) -> str:
    """The numpydoc text of an elementwise op."""
    call, _, result = example.partition(" -> ")
    lines = (">>> from autograd_engine import tensor", f">>> from {home} import {name}")
    meaning = "Any shape."
    returned = "The shape of the input."
    if len(args) > 1:
        meaning = "Any shape, broadcast against the others."
        returned = "The broadcast shape of the input."
    parameters = dict.fromkeys(args, ("Tensor or array_like", meaning))
    return document(doc, parameters, returned, (*lines, f">>> {call}", result))


_FACES = {1: (("x",), ("input",)), 2: (("a", "b"), ("input", "other"))}
"""What the arguments are called in rules and by users, by how many there are."""

_SHAPES: dict[int, list[tuple]] = {
    1: [((),), ((3,),), ((2, 3),), ((0,),)],
    2: [
        ((), ()),
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((2, 1), (1, 3)),
        ((), (2, 2)),
        ((0, 2), (2,)),
        ((3,), 0.7),
        (0.7, (3,)),
    ],
}
"""The samples of elementwise functions, by how many arguments they have."""


def elementwise(
    forward: Callable,
    vjp: Any = None,
    doc: str = "",
    example: str = "",
    *,
    name: str | None = None,
    numpy: Callable | Sequence[Callable] | None = None,
    integers: str = "float",
    domain: str | tuple[str, ...] = "real",
    symbol: str = "",
    arity: int | None = None,
    samples: Any = None,
    in_place: bool = True,
    home: str = "autograd_engine",
) -> Any:
    """Declare a function that works element by element, with broadcasting, of one array ``x`` or
    two, ``a`` and ``b``.

    Parameters
    ----------
    forward : callable
        On arrays and on NumPy scalars.
    vjp : callable or tuple of callables, optional
        The rule for each argument, see `primitive`; left out, the output carries no graph
        (comparisons).
    doc, example : str
        The first sentence of the docstring, and a call with its printed result, ``"exp(tensor(0.))
        -> tensor(1.)"``.
    integers : {"float", "keep"}
        What becomes of integer arguments: the default float, or integers again.
    domain : str or tuple of str
        Where the tests may draw arguments from, see `DOMAINS`.
    in_place : bool
        Whether tensors have it also in a form that changes them, ``x.exp_()``.
    home : str
        The module that users import it from.
    """
    if arity is None:
        arity = len(vjp) if isinstance(vjp, tuple) else getattr(forward, "nin", 1)
    if numpy is None:
        numpy = forward if isinstance(forward, np.ufunc) else ()
    name = name or forward.__name__
    args, face = _FACES[arity]
    op = Primitive(
        name,
        forward,
        args,
        {},
        promote=integers,
        symbol=symbol,
        batching="pointwise",
        numpy=(numpy,) if callable(numpy) else tuple(numpy),
        samples=samples or [Sample(shapes, {}, domain) for shapes in _SHAPES[arity]],
    )
    set_rules(op, vjp, None)
    op.function = unary_function(op) if arity == 1 else binary_function(op)
    if example:
        doc = document_elementwise(name, doc, face, example, home)
    function = register(op, doc)
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(arg, inspect.Parameter.POSITIONAL_OR_KEYWORD) for arg in face]
    )
    function.__module__ = home
    if in_place:
        function.in_place = "values"
    return function


def array_places(
    samples: Sequence[Sample], parameters: Sequence[inspect.Parameter]
) -> tuple[int, ...]:
    """Which arguments are arrays: in samples they are arrays too, or the shapes of arrays to draw.
    Of those that take any number, as ``*tensors``, a list may be one of tensors.
    """
    found = {
        i
        for sample in samples
        for i, arg in enumerate(sample.args)
        if isinstance(arg, np.ndarray)
        or isinstance(arg, tuple)
        and all(isinstance(n, int) for n in arg)
    }
    single = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return tuple([i for i, p in enumerate(parameters) if i in found and p.kind is single])


PLAIN = {list, tuple, float, int, bool}


def with_arrays(args: tuple, places: tuple[int, ...]) -> tuple:
    """The arguments, with arrays in place of nested lists, and of a number that stands first."""
    for i in places:
        if i < len(args):
            kind = type(args[i])
            if kind in PLAIN and (i == 0 or kind is list or kind is tuple):
                args = (*args[:i], to_array(args[i], None, copy=True), *args[i + 1 :])
    return args


def composite(numpy: Callable | Sequence[Callable] = (), samples: Any = None) -> Callable:
    """Enter a function that is written with other ops: it becomes public, a method, and NumPy's
    twin, like an op.

    Parameters
    ----------
    numpy : callable or sequence of callables, optional
        NumPy functions that are to call it when they meet a tensor.
    samples : sequence of Sample, optional
        What the generated tests feed it.
    """

    def enter(written: Callable) -> Callable:
        parameters = inspect.signature(written).parameters
        names = tuple(parameters)
        arrays = array_places(samples or (), list(parameters.values()))

        @functools.wraps(written)
        def function(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                kwargs = {spelled(key, names): value for key, value in kwargs.items()}
            try:
                args = with_arrays(args, arrays)
                if listening:
                    return batched.attempt(written, args, kwargs, written.__name__)
                return written(*args, **kwargs)
            except Exception as error:
                explain_call(written.__name__, args, kwargs, error)

        composites[f"{function.__module__}.{function.__name__}"] = function
        function.samples = samples  # type: ignore[attr-defined]
        for twin in (numpy,) if callable(numpy) else numpy:
            numpy_functions[twin] = function
        return function

    return enter


_REDUCED = "The shape of ``x`` without the reduced dimensions."
_PARAMETERS = {
    "x": ("Tensor or array_like", "Any shape."),
    "dim": ("int", "The dimension."),
    "keepdim": ("bool", "Whether reduced dimensions stay, with length 1."),
    "dtype": ("numpy dtype, optional", "The dtype of the result."),
}
_DIMS = ("int or tuple of int, optional", "The dimensions to reduce; by default all.")


def reduction_doc(
    doc: str, example: str, result: str = _REDUCED, /, **more: tuple[str, str]
) -> Callable:
    """Give a forward function the numpydoc text that all reductions share.

    Parameters
    ----------
    doc, example : str
        As in `elementwise`.
    result : str
        The shape of the result.
    **more : (str, str)
        Type and meaning of parameters of its own.
    """

    def write(forward: Callable) -> Callable:
        given = inspect.signature(forward).parameters
        texts = _PARAMETERS | more
        if given["dim"].default is None:
            texts["dim"] = _DIMS
        call, _, value = example.partition(" -> ")
        imported = f">>> from autograd_engine import {forward.__name__}, tensor"
        forward.__doc__ = document(
            doc,
            {name: texts[name] for name in given},
            result,
            (imported, f">>> {call}", value),
        )
        return forward

    return write


def normal_dims(dim: Any, ndim: int) -> tuple[int, ...]:
    """A ``dim`` argument (None for all, an int, or several) as a tuple of non-negative ints.

    Raises
    ------
    IndexError
        If a dimension is out of range or named twice.
    """
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else (dim,)
    span = max(ndim, 1)
    for d in dims:
        if isinstance(d, (bool, np.bool_)) or not hasattr(d, "__index__"):
            raise TypeError(f"a dimension is an integer, got dim={d!r}")
        if not -span <= d < span:
            raise IndexError(
                f"dim {d} is out of range for {ndim} dimensions; it can be from {-span} to "
                f"{span - 1}"
            )
    normal = tuple(operator.index(d) % span for d in dims)
    if len(set(normal)) < len(normal):
        raise IndexError(f"dim {dims} names a dimension twice")
    return normal if ndim else ()


def rows(y: Any) -> Any:
    """The result of a forward function, laid out in memory row by row as PyTorch does it, so that
    ``view`` can follow.

    NumPy gives many results the layout of the argument, which may be a transposed view.
    """
    if isinstance(y, np.ndarray) and not y.flags.c_contiguous:
        return np.ascontiguousarray(y)
    return y


def restore_dims(g: Any, shape: tuple[int, ...], dim: Any, keepdim: bool) -> Any:
    """Give the cotangent of a reduction its reduced dimensions back, with length 1."""
    if keepdim:
        return g
    dims = normal_dims(dim, len(shape))
    return g.reshape(tuple([1 if i in dims else n for i, n in enumerate(shape)]))
