"""Making tensors: from data, and filled with one value or a simple pattern. What is random is in
`random.py`.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable

import numpy as np

from ..core.batched import Batched, repeated
from ..core.errors import ShapeError
from ..core.modes import get_default_dtype
from ..core.primitive import Primitive
from ..core.recorder import listening, note
from ..core.data import to_array
from ..core.tensor import Tensor, wrap
from .devices import check_device
from .dtypes import tensor_dtype


def made(array: Any, requires_grad: bool = False) -> Tensor:
    """A tensor on a new array."""
    tensor_dtype(array.dtype)
    if np.ndim(array) == 0:
        array = array[()]
    return wrap(array).requires_grad_(requires_grad)


def creator(function: Callable) -> Callable:
    """Make of a function that returns an array one that returns a tensor, with PyTorch's options.

    It takes ``requires_grad`` and ``device`` too, ``size=`` in the place of positional sizes, and
    gives its ``dtype`` as an argument of the name or None.
    """
    signature = inspect.signature(function)
    sizes = next(iter(signature.parameters.values()), None)
    again = lambda *, sizes, options: made(function(*sizes, **options))._data  # noqa: E731
    op = Primitive(function.__name__, again, (), {"sizes": (), "options": {}})

    @functools.wraps(function)
    def create(
        *args: Any, requires_grad: bool = False, device: Any = None, **options: Any
    ) -> Tensor:
        check_device(device)
        if sizes is not None and sizes.kind is sizes.VAR_POSITIONAL:
            args = tuple_of(options.pop("size", args))
        result = made(function(*args, **options), requires_grad)
        if listening:
            note(op, (), {"sizes": args, "options": options}, result)
        return result

    option = functools.partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY)
    extra = [option("requires_grad", default=False), option("device", default=None)]
    shown = signature.replace(parameters=[*signature.parameters.values(), *extra])
    create.__signature__ = shown  # type: ignore[attr-defined]
    return create


def tuple_of(size: Any) -> tuple[int, ...]:
    """A size given as ``2, 3`` or ``(2, 3)`` or ``2``."""
    if isinstance(size, (int, np.integer)):
        return (int(size),)
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        return tuple(size[0])
    return tuple(size)


# --- from data ------------------------------------------------------------------------------------


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor from numbers, nested lists or an array, which is copied.

    Parameters
    ----------
    data : array_like
        Python floats get the default dtype, Python ints int64; an array keeps its dtype.
    dtype : numpy dtype or name, optional
    device : {"cpu"}, optional
    requires_grad : bool
        Whether gradients are wanted with respect to it.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> from autograd_engine import tensor
    >>> tensor([[1.0, 2.5]], requires_grad=True)
    tensor([[1.0000, 2.5000]], requires_grad=True)
    """
    check_device(device)
    return wrap(to_array(data, dtype, copy=True)).requires_grad_(requires_grad)


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of one number, of the default floating dtype if no other is named.

    Examples
    --------
    >>> from autograd_engine import scalar_tensor
    >>> scalar_tensor(3)
    tensor(3.)
    """
    return tensor(s, dtype=dtype or get_default_dtype(), device=device)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor on ``data``: the same tensor, or the same memory for an array, where nothing has to
    be converted.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine import as_tensor
    >>> array = np.zeros(2)
    >>> as_tensor(array).numpy() is array
    True
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data.to(dtype)
    return wrap(to_array(data, dtype, copy=False))


asarray = as_tensor


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor on the memory of an array: a change to one shows in the other.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine import from_numpy
    >>> array = np.zeros(2)
    >>> t = from_numpy(array); array[0] = 7; t
    tensor([7., 0.], dtype=float64)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy() takes an array, got {type(array).__name__}")
    return wrap(to_array(array, None, copy=False))


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor on the memory of another library's array (of PyTorch, JAX, CuPy, ...), through the
    DLPack protocol: a change to one shows in the other.

    Parameters
    ----------
    ext_tensor : object
        Has ``__dlpack__`` and ``__dlpack_device__``.
    device : {"cpu"}, optional
    copy : bool, optional
        Whether to copy: always, never (an error where it would be needed), or where it is needed.

    Returns
    -------
    Tensor
        Read-only where the memory is.

    Raises
    ------
    TypeError
        If it does not speak DLPack, or holds no real numbers or booleans.
    BufferError
        If its memory cannot be shared: it is on another device, or part of a graph.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_engine import from_dlpack
    >>> array = np.zeros(2)
    >>> t = from_dlpack(array); array[0] = 7; t
    tensor([7., 0.], dtype=float64)
    """
    check_device(device)
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            "from_dlpack() takes an array of a library that speaks DLPack, got "
            f"{type(ext_tensor).__name__}"
        )
    return from_numpy(np.from_dlpack(ext_tensor, copy=copy))


# --- one value ------------------------------------------------------------------------------------


@creator
def zeros(*size, dtype=None):
    """Zeros.

    Parameters
    ----------
    *size : int... or tuple of int
    dtype : dtype, optional
        By default the default dtype.
    requires_grad : bool
    device : {"cpu"}, optional

    Returns
    -------
    Tensor
        Of shape ``size``.

    Examples
    --------
    >>> from autograd_engine import zeros
    >>> zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return np.zeros(size, dtype or get_default_dtype())


@creator
def ones(*size, dtype=None):
    """Ones; the arguments are those of `zeros`.

    Examples
    --------
    >>> from autograd_engine import ones
    >>> ones(2)
    tensor([1., 1.])
    """
    return np.ones(size, dtype or get_default_dtype())


@creator
def empty(*size, dtype=None):
    """A tensor whose elements are whatever the memory held; the arguments are those of `zeros`.

    Examples
    --------
    >>> from autograd_engine import empty
    >>> empty(2, 3).shape
    (2, 3)
    """
    return np.empty(size, dtype or get_default_dtype())


@creator
def full(size, fill_value, *, dtype=None):
    """A tensor filled with one value, whose type decides the dtype.

    Examples
    --------
    >>> from autograd_engine import full
    >>> full((2,), 7), full((2,), 0.5)
    (tensor([7, 7]), tensor([0.5000, 0.5000]))
    """
    if getattr(fill_value, "requires_grad", False):
        raise TypeError("full() makes a new leaf of a number; use t.expand(size) to keep the graph")
    return np.full(tuple_of(size), to_array(fill_value, dtype, copy=True))


# --- patterns -------------------------------------------------------------------------------------


@creator
def arange(start=0, end=None, step=1, *, dtype=None):
    """The numbers from ``start`` (0 if one number is given) up to but without ``end``, in steps.

    Parameters
    ----------
    start, end, step : number
    dtype : dtype, optional
        By default int64 for integers, else the default dtype.

    Returns
    -------
    Tensor
        One-dimensional.

    Examples
    --------
    >>> from autograd_engine import arange
    >>> arange(3), arange(1.0, 2.0, 0.5)
    (tensor([0, 1, 2]), tensor([1.0000, 1.5000]))
    """
    if end is None:
        start, end = 0, start
    start, end, step = map(_number, (start, end, step))
    if step == 0 or (end - start) * step < 0:
        raise ValueError(f"arange() cannot reach {end} from {start} in steps of {step}")
    if dtype is None:
        floating = any(isinstance(x, float) for x in (start, end, step))
        dtype = get_default_dtype() if floating else np.int64
    return np.arange(start, end, step).astype(dtype)


def _number(value: Any) -> Any:
    """A number given as Python's, NumPy's or a tensor of one element."""
    return value.item() if hasattr(value, "item") else value


@creator
def linspace(start, end, steps, *, dtype=None):
    """``steps`` numbers from ``start`` to ``end``, evenly spaced, both included.

    Examples
    --------
    >>> from autograd_engine import linspace
    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    _check_steps("linspace", steps)
    return np.linspace(float(start), float(end), steps).astype(dtype or get_default_dtype())


def _check_steps(name: str, steps: Any) -> None:
    if steps < 0:
        raise ShapeError(f"{name}() makes a number of elements of at least 0, got steps={steps}")


@creator
def logspace(start, end, steps, base=10.0, *, dtype=None):
    """``base`` to the powers from ``start`` to ``end``, evenly spaced in ``steps``, both included.

    Examples
    --------
    >>> from autograd_engine import logspace
    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    _check_steps("logspace", steps)
    return np.logspace(float(start), float(end), steps, base=base).astype(
        dtype or get_default_dtype()
    )


@creator
def eye(n, m=None, *, dtype=None):
    """The identity matrix, of ``n`` rows and ``m`` (by default ``n``) columns.

    Examples
    --------
    >>> from autograd_engine import eye
    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return np.eye(n, m, dtype=dtype or get_default_dtype())


def _check_size(name: str, *lengths: Any) -> None:
    """Raise for lengths that nothing can have."""
    if min(lengths) < 0:
        raise ShapeError(
            f"{name}() needs lengths of at least 0, got {', '.join(map(str, lengths))}"
        )


@creator
def tril_indices(row, col, offset=0, *, dtype=None):
    """Where the lower triangle of a ``row`` by ``col`` matrix is: row numbers, then column numbers.

    Examples
    --------
    >>> from autograd_engine import tril_indices
    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    _check_size("tril_indices", row, col)
    return np.array(np.tril_indices(row, offset, col), dtype or np.int64)


@creator
def triu_indices(row, col, offset=0, *, dtype=None):
    """Where the upper triangle of a ``row`` by ``col`` matrix is: row numbers, then column numbers.

    Examples
    --------
    >>> from autograd_engine import triu_indices
    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    _check_size("triu_indices", row, col)
    return np.array(np.triu_indices(row, offset, col), dtype or np.int64)


# --- like another tensor --------------------------------------------------------------------------


def like(function: Callable, what: str, example: str) -> Callable:
    """The form of a creation function that takes the shape and the dtype of a tensor,
    ``zeros_like(x)``.
    """

    def create(input: Any, *args: Any, dtype: Any = None, **options: Any) -> Tensor:
        sized = _sized(function, input.shape, args)
        return _for_each(function(*sized, dtype=dtype or input.dtype, **options), input)

    doc = f"{what} of the shape and dtype of ``input``."
    return _documented(create, f"{function.__name__}_like", doc, example)


def new(function: Callable, what: str, example: str) -> Callable:
    """The form of a creation function that takes the dtype of a tensor, the method ``x.new_zeros(2,
    3)``.
    """

    def create(self: Tensor, *args: Any, dtype: Any = None, **options: Any) -> Tensor:
        return _for_each(function(*args, dtype=dtype or self.dtype, **options), self)

    doc = f"{what} in the dtype of this tensor; the arguments are those of `{function.__name__}`."
    return _documented(create, f"new_{function.__name__}", doc, example)


def _for_each(result: Tensor, source: Any) -> Tensor:
    """A new tensor, of which there is one for each sample of `vmap` where the source is such."""
    many = getattr(source, "_data", None)
    if type(many) is Batched and type(result._data) is not Batched:
        result._data = repeated(result._data, many)
    return result


def _sized(function: Callable, shape: tuple, args: tuple) -> tuple:
    """The positional arguments of a creation function: its size goes last in `randint`, and first
    in all others.
    """
    if function.__name__ == "randint":
        return (*args, shape)
    return (shape, *args)


_DOC = """{doc}

Examples
--------
>>> from autograd_engine import {imported}
>>> {call}
{result}
"""


def _documented(create: Callable, name: str, doc: str, example: str) -> Callable:
    """The function under a name, with a docstring made of an example ``call -> result``."""
    create.__name__ = create.__qualname__ = name
    call, _, result = example.partition(" -> ")
    imported = "tensor"
    if not name.startswith("new_"):
        imported = f"{name}, tensor"
    create.__doc__ = _DOC.format(doc=doc, imported=imported, call=call, result=result)
    return create


zeros_like = like(zeros, "Zeros", "zeros_like(tensor([3, 4])) -> tensor([0, 0])")
ones_like = like(ones, "Ones", "ones_like(tensor([3, 4])) -> tensor([1, 1])")
empty_like = like(
    empty, "Whatever the memory held, in a tensor", "empty_like(tensor([3, 4])).shape -> (2,)"
)
full_like = like(
    full, "One value, in a tensor", "full_like(tensor([3., 4.]), 7) -> tensor([7., 7.])"
)


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor from data, as `tensor` makes it, in the dtype of this one."""
    return tensor(data, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


METHODS = (
    new(zeros, "Zeros", "tensor([3, 4]).new_zeros(3) -> tensor([0, 0, 0])"),
    new(ones, "Ones", "tensor([3, 4]).new_ones(3) -> tensor([1, 1, 1])"),
    new(empty, "Whatever the memory held,", "tensor([3, 4]).new_empty(3).shape -> (3,)"),
    new(full, "One value", "tensor([3., 4.]).new_full((3,), 7) -> tensor([7., 7., 7.])"),
    new_tensor,
)
for method in METHODS:
    setattr(Tensor, method.__name__, method)
