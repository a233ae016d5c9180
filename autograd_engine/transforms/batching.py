"""How each op works on values that stand for many (`core/batched.py`): one rule for a family of
ops.

The *twin* of an op is the same op with another forward function, which hands all samples at once to
the op's own: elementwise ops broadcast over the hidden axes, reductions and the like work along
dimensions that are shifted behind them, linear algebra has them in front, products broadcast,
convolutions fold them into the batch or into groups, indexing works with places in flat arrays.
What no rule is known for runs in a loop over the samples, and says so.

Gradients need no rules of their own: those of the ops are written with ops.
"""

from __future__ import annotations

import math
import string
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core import batched
from ..core.batched import (
    Batched,
    BatchedRead,
    aligned,
    lead,
    levels_of,
    open_levels,
    shaped_behind,
)
from ..core.errors import ShapeError
from ..core.primitive import Parts, Primitive, Rule, apply, registry
from ..core.recorder import heeded
from ..core.summation import total
from ..core.tensor import Tensor, wrap
from ..core.trace import user_frame
from ..ops.convolution import Geometry
from ..ops.declare import normal_dims
from ..ops.indexing import Steps, _is_basic
from ..ops.joining import stack
from .pytree import leaves, rebuild

# --- twins ----------------------------------------------------------------------------------------


def find_way(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """The op itself; where one of the values stands for many, its twin, or a function that says it
    with other ops.
    """
    if op.batched is op:
        return op
    if any(type(value) is Batched for value in values) or _holds_many(params.values()):
        if op.batched is None:
            op.batched = _said_with_ops(op) if callable(op.batching) else twin_of(op)
        return op.batched
    return op


def _holds_many(values: Any) -> bool:
    """Whether a static argument holds a value that stands for many."""
    for value in values:
        if type(value) is Batched:
            return True
        if isinstance(value, (tuple, list)) and _holds_many(value):
            return True
        if type(value) is Steps and _holds_many(value.items):
            return True
    return False


def twin_of(op: Primitive) -> Primitive:
    twin = Primitive(
        op.name,
        lambda *values, **params: _computed_its_way(op, values, params),
        op.args,
        op.params,
        promote=op.promote,
        outputs=op.outputs,
        materialize=op.materialize,
        symbol=op.symbol,
        function=op.function,
    )
    twin.rules = tuple([rule and on_tensors(op, rule) for rule in op.rules])
    twin.joint = op.joint and on_tensors(op, op.joint)
    twin.batched = twin
    return twin


def _said_with_ops(op: Primitive) -> Callable:
    def function(*args: Any, **params: Any) -> Any:
        found = op.batching(*map(_with_tensors, args), **params)
        return found if _any_tensor(args) else _raw(found)

    return function


def _computed_its_way(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    way = WAYS.get(op.batching)
    if registry.get(op.name) is op:
        way = WAYS_BY_NAME.get(op.name, way)
    return (way or one_by_one)(op, values, params)


def on_tensors(op: Primitive, rule: Rule) -> Rule:
    """A rule that sees tensors, of which it makes ops, also where the sweep hands on arrays."""
    names = rule.names
    own = [name == "y" or name in op.arg_names for name in names]

    def vjp(g: Any, *values: Any) -> Any:
        plain = not _any_tensor((g, values))
        given = [_with_tensors(value) if mine else value for mine, value in zip(own, values)]
        with heeded():
            found = try_or_loop(
                rule.vjp, (_with_tensors(g), *given), {}, f"the gradient of {op.name}"
            )
        return _raw(found) if plain else found

    return Rule(vjp, names)


def _any_tensor(tree: Any) -> bool:
    if isinstance(tree, (tuple, list)):
        return any(map(_any_tensor, tree))
    return isinstance(tree, Tensor)


def _with_tensors(value: Any) -> Any:
    """Arrays as tensors, also those in a tuple."""
    if type(value) is tuple:
        return tuple(map(_with_tensors, value))
    if isinstance(value, (np.ndarray, np.generic, Batched)):
        return wrap(value)
    return value


def _raw(value: Any) -> Any:
    if isinstance(value, Parts):
        return value
    if isinstance(value, (tuple, list)):
        return [_raw(part) for part in value]
    return value._data if isinstance(value, Tensor) else value


# --- into and out of the hidden axes --------------------------------------------------------------


def _entered(x: Any, *, dim: int, level: int) -> Batched:
    """``x``, of which dimension ``dim`` becomes hidden."""
    levels = x.levels if type(x) is Batched else ()
    array = x.array if type(x) is Batched else np.asarray(x)
    place = sum([other < level for other in levels])
    moved = np.moveaxis(array, len(levels) + dim, place)
    return Batched(moved, tuple(sorted((*levels, level))))


def _left(x: Any, *, dim: int, level: int, size: int) -> Any:
    """``x`` with a hidden axis as dimension ``dim``; without one, repeated for all samples."""
    levels = x.levels if type(x) is Batched else ()
    array = x.array if type(x) is Batched else np.asarray(x)
    others = tuple([other for other in levels if other != level])
    place = len(others) + dim
    if level in levels:
        array = np.moveaxis(array, levels.index(level), place)
    else:
        array = np.repeat(np.expand_dims(array, place), size, place)
    return Batched(array, others) if others else array


def _collapsed(x: Any, *, levels: tuple) -> Any:
    """The sum over hidden axes."""
    axes = tuple([x.levels.index(level) for level in levels])
    others = tuple([level for level in x.levels if level not in levels])
    array = total(x.array, axes)
    return Batched(array, others) if others else array


def _native(name: str, forward: Callable, params: dict, rule: Rule) -> Primitive:
    """An op whose own forward function knows of hidden axes."""
    op = Primitive(name, forward, ("x",), params)
    op.rules = (on_tensors(op, rule),)
    op.batched = op
    return op


_enter = _native(
    "enter_vmap",
    _entered,
    {"dim": 0, "level": 0},
    Rule(
        lambda g, x_shape, dim, level: leave(g, dim, level, x_shape[dim]),
        ("x_shape", "dim", "level"),
    ),
)
_leave = _native(
    "leave_vmap",
    _left,
    {"dim": 0, "level": 0, "size": 0},
    Rule(lambda g, dim, level: enter(g, dim, level), ("dim", "level")),
)
_collapse = _native("sum_over_vmap", _collapsed, {"levels": ()}, Rule(lambda g: g, ()))


def enter(x: Tensor, dim: int, level: int) -> Tensor:
    """``x`` with dimension ``dim`` as the hidden axis of a level."""
    return apply(_enter, (x,), {"dim": dim, "level": level})


def leave(x: Tensor, dim: int, level: int, size: int) -> Tensor:
    """``x`` with the hidden axis of a level as dimension ``dim``."""
    return apply(_leave, (x,), {"dim": dim, "level": level, "size": size})


def sum_over(value: Any, shape: Any) -> Any:
    """A cotangent, summed over the samples of those calls that are over and that the tensor of this
    shape was no part of.
    """
    going_on = {level.name for level in open_levels.get()} | set(getattr(shape, "levels", ()))
    over = tuple([level for level in value.shape.levels if level not in going_on])
    if not over:
        return value
    if isinstance(value, Tensor):
        return apply(_collapse, (value,), {"levels": over})
    return _collapsed(value, levels=over)


# --- families -------------------------------------------------------------------------------------


def sizes_of(values: Any, levels: Sequence[int]) -> tuple[int, ...]:
    """How many samples there are at each of these levels."""
    found: dict[int, int] = {}
    for value in values:
        if type(value) is Batched:
            found.update(zip(value.levels, value.sizes))
    return tuple([found[level] for level in levels])


def _many(out: Any, levels: tuple[int, ...], sizes: tuple[int, ...]) -> Any:
    """What a forward function gave for all samples."""
    if isinstance(out, tuple):
        return tuple([_many(part, levels, sizes) for part in out])
    out = np.asarray(out)
    if out.shape[: len(sizes)] != sizes:
        out = np.broadcast_to(out, (*sizes, *out.shape[len(sizes) :]))
    return Batched(out, levels)


def expanded(value: Any, levels: tuple[int, ...], sizes: tuple[int, ...]) -> np.ndarray:
    """The array of a value with all samples at each level."""
    array = lead(value if type(value) is Batched else np.asarray(value), levels)
    return np.broadcast_to(array, (*sizes, *array.shape[len(levels) :]))


def pointwise(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Elementwise ops broadcast over the hidden axes as over any other."""
    arrays, levels = aligned(values)
    return _many(op.forward(*arrays, **params), levels, sizes_of(values, levels))


def in_front(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Ops on the last dimensions, of linear algebra say, take others in front of them."""
    least = min([value.ndim for value in values])
    if least < 2:
        op.forward(*[np.empty(value.shape, value.dtype) for value in values], **params)
    return pointwise(op, values, params)


_DIMS = ("dim", "dims", "dim0", "dim1", "dim2")


def along_dims(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Ops along dimensions work along the same ones, behind the hidden axes."""
    (x,) = values
    count = len(x.levels)
    array = x.array
    ndim = x.ndim
    if ndim < _LEAST.get(op.name, 0):
        op.forward(np.empty(x.shape, x.dtype), **params)
    if not ndim:
        array = array[..., None]
    shifted = dict(params)
    for name in _DIMS:
        if name in params:
            shifted[name] = _shifted(params[name], ndim, count)
    out = op.forward(array, **shifted)
    if not ndim:
        out = tuple([y.reshape(x.sizes) for y in out]) if op.outputs == 0 else out.reshape(x.sizes)
    return _many(out, x.levels, x.sizes)


_LEAST = {"diagonal": 2, "unbind": 1, "split": 1, "repeat_each": 1}
"""The dimensions that an op demands."""


def _shifted(dim: Any, ndim: int, count: int) -> Any:
    if dim is None:
        return tuple(range(count, count + max(ndim, 1)))
    dims = tuple([d + count for d in normal_dims(dim, max(ndim, 1))])
    return dims if isinstance(dim, (tuple, list)) else dims[0]


def along_all(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Positions in the flat array, where no dimension is named."""
    if params["dim"] is not None:
        return along_dims(op, values, params)
    (x,) = values
    flat = Batched(shaped_behind(x.array, len(x.levels), (x.size,)), x.levels)
    found = along_dims(op, [flat], {**params, "dim": 0, "keepdim": False})
    return found.reshape((1,) * x.ndim) if params["keepdim"] else found


def _whole_extreme(reduce: Callable) -> Callable:
    def way(op: Primitive, values: Sequence[Any], params: dict) -> Any:
        (x,) = values
        if not x.size:
            op.forward(np.empty(x.shape, x.dtype))
        flat = shaped_behind(x.array, len(x.levels), (x.size,))
        return _many(reduce(flat, axis=-1), x.levels, x.sizes)

    return way


def rearranged(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Other shapes, and the hidden axes before them."""
    (x,) = values
    model = np.broadcast_to(np.zeros((), bool), x.shape)
    shape = op.forward(model, **params).shape
    if op.name == "reshape":
        return Batched(x.array.reshape(*x.sizes, *shape), x.levels)
    missing = len(shape) - x.ndim
    array = x.array[(slice(None),) * len(x.levels) + (None,) * missing]
    return Batched(np.broadcast_to(array, (*x.sizes, *shape)), x.levels)


def permuted(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    (x,) = values
    count = len(x.levels)
    order = op.forward(np.empty((1,) * x.ndim), **params).ndim  # raises if it is none
    dims = normal_dims(params["dims"], x.ndim) if order else ()
    moved = np.transpose(x.array, (*range(count), *[d + count for d in dims]))
    return Batched(moved, x.levels)


def flipped(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    if params["dims"] != ():  # which means none, and to other ops all
        return along_dims(op, values, params)
    return values[0].copy()


def exchanged(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    return along_dims(op, values, params) if values[0].ndim else values[0]


def side_by_side(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Several arrays along one dimension."""
    levels = levels_of(values)
    sizes = sizes_of(values, levels)
    ndim = max([value.ndim for value in values]) + (op.name == "stack")
    arrays = [expanded(value, levels, sizes) for value in values]
    return _many(op.forward(*arrays, dim=_shifted(params["dim"], ndim, len(levels))), levels, sizes)


def bordered(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    (x,) = values
    widths = ((0, 0),) * len(x.levels) + tuple(params["widths"])
    return _many(op.forward(x.array, **{**params, "widths": widths}), x.levels, x.sizes)


def embedded(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    (x,) = values
    shape = tuple(params["shape"])
    dims = {name: _shifted(params[name], len(shape), len(x.levels)) for name in ("dim1", "dim2")}
    given = {**params, **dims, "shape": (*x.sizes, *shape)}
    return _many(op.forward(x.array, **given), x.levels, x.sizes)


def recurrent(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    levels = levels_of(values)
    sizes = sizes_of(values, levels)
    u, a = (expanded(value, levels, sizes) for value in values)
    dim = _shifted(params["dim"], values[0].ndim, len(levels))
    return _many(op.forward(u, a, dim=dim), levels, sizes)


# --- products -------------------------------------------------------------------------------------


def product(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """The matrix product: many times one is one larger product."""
    a, b = values
    model = [np.broadcast_to(np.zeros((), bool), value.shape) for value in values]
    shape = np.matmul(*model).shape  # raises as the op does
    vector_a = a.ndim == 1
    vector_b = b.ndim == 1
    if type(b) is not Batched and b.ndim <= 2:
        rows = a.array.reshape(math.prod(a.array.shape[:-1]), a.shape[-1])
        out = rows.dot(b).reshape(*a.array.shape[:-1], *b.shape[1:])
        return Batched(out, a.levels)
    if type(a) is not Batched and a.ndim <= 2 and vector_b:
        out = b.array.reshape(math.prod(b.sizes), b.shape[0]).dot(a.T)
        return Batched(out.reshape(*b.sizes, *shape), b.levels)
    levels = levels_of(values)
    sizes = sizes_of(values, levels)
    if vector_a:
        a = a.reshape((1, a.shape[0]))
    if vector_b:
        b = b.reshape((b.shape[0], 1))
    arrays, _ = aligned([a, b])
    return _many(np.matmul(*arrays).reshape(*sizes, *shape), levels, sizes)


def affine(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """``x Wᵀ + b``, where each sample may have weights of its own."""
    x, weight, *rest = values
    bias = rest[0] if rest else None
    model = [v if v is None else np.broadcast_to(np.zeros((), bool), v.shape) for v in values]
    op.forward(*[v if v is None else np.zeros(v.shape, bool) for v in model])
    if type(weight) is Batched:
        turned = Batched(weight.array.swapaxes(-1, -2), weight.levels)
    else:
        turned = weight.T
    out = product(op, [x, turned], {}) if _holds_many([x, turned]) else x @ turned
    if bias is None:
        return out
    return pointwise(registry["add"], [out, bias], {})


def contracted(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Hidden axes are letters more."""
    levels = levels_of(values)
    used = set("".join([*params["inputs"], params["output"]]))
    free = [letter for letter in string.ascii_letters if letter not in used]
    letters = dict(zip(levels, free))
    inputs = []
    arrays = []
    for value, indices in zip(values, params["inputs"]):
        own = value.levels if type(value) is Batched else ()
        inputs.append("".join([letters[level] for level in own]) + indices)
        arrays.append(value.array if own else value)
    output = "".join(letters.values()) + params["output"]
    out = op.forward(*arrays, inputs=tuple(inputs), output=output)
    return _many(out, levels, sizes_of(values, levels))


# --- convolutions ---------------------------------------------------------------------------------


def _folded(value: Any, levels: tuple, sizes: tuple) -> Any:
    """The array of a value that stands for many, with one axis for all samples."""
    array = expanded(value, levels, sizes)
    return array.reshape(-1, *array.shape[len(levels) :])


def _into(array: np.ndarray, dim: int) -> np.ndarray:
    """The samples, which come first, made part of the dimension ``dim`` behind them."""
    moved = np.moveaxis(array, 0, dim)
    return moved.reshape(*moved.shape[:dim], -1, *moved.shape[dim + 2 :])


def _out_of(array: np.ndarray, dim: int, count: int) -> np.ndarray:
    """The other way round."""
    parts = array.reshape(*array.shape[:dim], count, -1, *array.shape[dim + 1 :])
    return np.moveaxis(parts, dim, 0)


def convolved(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Many inputs under one kernel are a larger batch; many kernels are groups."""
    first, second, *rest = values
    bias = rest[0] if rest else None
    levels = levels_of([first, second])
    if not levels:
        out: Any = op.forward(first, second, **params)
    else:
        sizes = sizes_of([first, second], levels)
        out = _convolved(op, first, second, params, levels, sizes)
    if bias is None:
        return out
    column = bias.reshape((-1,) + (1,) * (first.ndim - 2))
    return pointwise(registry["add"], [out, column], {})


def _convolved(
    op: Primitive, first: Any, second: Any, params: dict, levels: tuple, sizes: tuple
) -> Batched:
    count = math.prod(sizes)
    a = _folded(first, levels, sizes)
    shape: Any = params.get("shape")
    if type(second) is not Batched and op.name != "conv_weight":  # one kernel
        given = dict(params)
        if shape is not None:
            given["shape"] = (count * shape[0], *shape[1:])
        out = op.forward(_into(a, 0), second, **given)
        return Batched(out.reshape(*sizes, -1, *out.shape[1:]), levels)
    b = _folded(second, levels, sizes)
    geometry: Geometry = params["geometry"]
    grouped = {**params, "geometry": geometry._replace(groups=geometry.groups * count)}
    if op.name == "conv_weight":  # both are batches; what comes out are the kernels
        grouped["shape"] = (count * shape[0], *shape[1:])
        out = op.forward(_into(a, 1), _into(b, 1), **grouped)
        out = _out_of(out, 0, count)
    else:
        if shape is not None:
            grouped["shape"] = (shape[0], count * shape[1], *shape[2:])
        out = op.forward(_into(a, 1), _into(b, 0), **grouped)
        out = _out_of(out, 1, count)
    return Batched(out.reshape(*sizes, *out.shape[1:]), levels)


def window_sums(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Planes of one channel: all samples are one larger batch."""
    (x,) = values
    out = op.forward(x.array.reshape(-1, *x.shape[1:]), **params)
    return Batched(out.reshape(*x.sizes, -1, *out.shape[1:]), x.levels)


def own_places(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Positions in the flat array: of each sample in its own."""
    (x,) = values
    out = op.forward(x.array, **params)
    starts = np.arange(math.prod(x.sizes)) * x.size
    return Batched(out - starts.reshape(*x.sizes, *(1,) * (out.ndim - len(x.sizes))), x.levels)


# --- indexing -------------------------------------------------------------------------------------


def places_of(index: Any, shape: tuple) -> Any:
    """The positions in the flat array of this shape that an index means: an array, or one that
    stands for many.
    """
    flat = np.arange(math.prod(shape)).reshape(shape)
    steps = index
    if type(index) is not Steps:
        items = index if isinstance(index, tuple) else (index,)
        if not _holds_many(items):
            return flat[items]
        steps = Steps(items, len(shape))
    if not _holds_many(steps.arrays):
        return flat[steps.basic][steps.arrays]
    return _places_of_many(flat[steps.basic], steps.arrays)


def _places_of_many(flat: np.ndarray, items: tuple) -> Batched:
    """The same where index arrays stand for many; the other items are whole slices."""
    which = [i for i, item in enumerate(items) if not isinstance(item, slice)]
    arrays, levels = aligned([items[i] for i in which])
    if any(array.dtype.kind == "b" for array in arrays):
        raise BatchedRead(
            "a mask that differs between the samples of vmap chooses elements of different number; "
            "use where(mask, x, y)"
        )
    chosen = list(items)
    for i, array in zip(which, arrays):
        chosen[i] = array
    found = flat[tuple(chosen)]
    together = which == list(range(which[0], which[-1] + 1))
    start = which[0] if together else 0
    count = len(levels)
    found = np.moveaxis(found, range(start, start + count), range(count))
    return _many(found, levels, sizes_of([items[i] for i in which], levels))


def _behind(index: Any, count: int) -> tuple:
    """A basic index behind so many hidden axes."""
    items = index if isinstance(index, tuple) else (index,)
    return (*(slice(None),) * count, *items)


def _flat(array: np.ndarray, count: int) -> np.ndarray:
    return array.reshape(*array.shape[:count], -1)


def read(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """``x[index]``, where each sample may have an index of its own."""
    (x,) = values
    index = params["index"]
    if _is_basic(index):
        return Batched(x.array[_behind(index, len(x.levels))], x.levels)
    if type(x) is not Batched and type(index) is Batched and index.dtype.kind != "b":
        return Batched(x[index.array], index.levels)
    return _read_places(x, places_of(index, x.shape))


def _read_places(x: Any, places: Any) -> Any:
    if type(places) is not Batched:
        return Batched(_flat(x.array, len(x.levels)).take(places, -1), x.levels)
    if type(x) is not Batched:
        return Batched(x.reshape(-1).take(places.array), places.levels)
    levels = levels_of([x, places])
    sizes = sizes_of([x, places], levels)
    wide = _flat(expanded(places, levels, sizes), len(levels))
    found = np.take_along_axis(_flat(expanded(x, levels, sizes), len(levels)), wide, -1)
    return Batched(found.reshape(*sizes, *places.shape), levels)


def scattered(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """What falls on one place of a sample adds up."""
    (x,) = values
    index = params["index"]
    shape = tuple(params["shape"])
    if _is_basic(index):
        count = len(x.levels)
        out = np.zeros((*x.sizes, *shape), x.dtype)
        out[_behind(index, count)] = x.array
        return Batched(out, x.levels)
    places = places_of(index, shape)
    levels = levels_of([x, places])
    sizes = sizes_of([x, places], levels)
    length = math.prod(shape)
    flat = _global(places, levels, sizes, length)
    given = np.broadcast_to(expanded(x, levels, sizes), (*sizes, *places.shape))
    out = registry["scatter"].forward(
        given.reshape(-1), shape=(math.prod(sizes) * length,), index=flat
    )
    return Batched(out.reshape(*sizes, *shape), levels)


def _global(places: Any, levels: tuple, sizes: tuple, length: int) -> np.ndarray:
    """Places in the samples' flat arrays as places in all of these in a row."""
    wide = expanded(places, levels, sizes)
    starts = np.arange(math.prod(sizes)) * length
    return (wide + starts.reshape(*sizes, *(1,) * (wide.ndim - len(sizes)))).reshape(-1)


def written(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """A copy of ``x`` in which ``v`` stands at the index."""
    x, v = values
    index = params["index"]
    v = v if hasattr(v, "shape") else np.asarray(v)
    if _is_basic(index):
        levels = levels_of(values)
        sizes = sizes_of(values, levels)
        out = np.array(expanded(x, levels, sizes))
        part = _behind(index, len(levels))
        missing = out[part].ndim - len(levels) - len(v.shape)
        given = expanded(v, levels, sizes)
        out[part] = given[(slice(None),) * len(levels) + (None,) * max(missing, 0)]
        return Batched(out, levels)
    return _write_places(x, v, places_of(index, x.shape))


def _write_places(x: Any, v: Any, places: Any) -> Batched:
    values = [x, v, places]
    levels = levels_of(values)
    sizes = sizes_of(values, levels)
    out = np.array(expanded(x, levels, sizes), order="C")
    given = _padded_lead(v, levels, len(places.shape))
    wide = np.broadcast_to(given, (*sizes, *places.shape))
    out.reshape(-1)[_global(places, levels, sizes, math.prod(x.shape))] = wide.reshape(-1)
    return Batched(out, levels)


def _padded_lead(value: Any, levels: tuple, ndim: int) -> np.ndarray:
    array = lead(value, levels)
    missing = ndim - len(value.shape)
    return array[(slice(None),) * len(levels) + (None,) * max(missing, 0)]


def read_places(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    return _read_places(values[0], params["places"])


def write_places(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    x, v = values
    return _write_places(x, v if hasattr(v, "shape") else np.asarray(v), params["places"])


def put(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """What falls on one place of a vector is put together."""
    x, v = values
    places = params["index"]
    given = [x, v, places]
    levels = levels_of(given)
    sizes = sizes_of(given, levels)
    flat = _global(places, levels, sizes, x.shape[0])
    rows, parts = (expanded(value, levels, sizes).reshape(-1) for value in (x, v))
    out = op.forward(rows, parts, **{**params, "index": flat})
    return Batched(out.reshape(*sizes, -1), levels)


def searched(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Rows of sorted numbers: those of each sample are rows more."""
    sequence, wanted = values
    if type(sequence) is not Batched and sequence.ndim == 1:
        return Batched(op.forward(sequence, wanted.array, **params), wanted.levels)
    levels = levels_of(values)
    sizes = sizes_of(values, levels)
    if sequence.ndim > 1:
        rows, found = (expanded(value, levels, sizes) for value in values)
        return Batched(op.forward(rows, found, **params), levels)
    rows = expanded(sequence, levels, sizes)
    found = expanded(wanted, levels, sizes)
    out = op.forward(rows, found.reshape(*sizes, -1), **params)
    return Batched(out.reshape(found.shape), levels)


def marked(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """One-hot vectors: how long they are, must not depend on the values."""
    if params["num_classes"] == -1:
        raise BatchedRead("one_hot() inside of vmap needs num_classes: its shape depends on it")
    return pointwise(op, values, params)


def looked_up(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    elements, others = values
    if type(others) is Batched:
        return one_by_one(op, values, params)
    return Batched(op.forward(elements.array, others, **params), elements.levels)


def middle(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    (x,) = values
    flat = Batched(shaped_behind(x.array, len(x.levels), (x.size,)), x.levels)
    place = along_dims(registry["median_place"], [flat], {**params, "dim": 0})
    return Batched(np.take_along_axis(flat.array, place.array, -1)[..., 0], x.levels)


def passed_on(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Ops that give what they get."""
    return op.forward(*values, **params)


# --- one by one -----------------------------------------------------------------------------------


def one_by_one(op: Primitive, values: Sequence[Any], params: dict) -> Any:
    """Whatever has no rule: a loop over the samples."""
    _say(op.name)
    held = [*values, *leaves_of(params)]
    levels = levels_of(held)
    sizes = sizes_of(held, levels)
    found = []
    for i in np.ndindex(*sizes):
        place = dict(zip(levels, i))
        given = [_sample(value, place) for value in values]
        static = {name: _sample(value, place) for name, value in params.items()}
        found.append(op.forward(*given, **static))
    if op.outputs == 0:
        return tuple([_stacked(op, parts, levels, sizes) for parts in zip(*found)])
    return _stacked(op, found, levels, sizes)


def leaves_of(params: dict) -> list:
    """The values in static arguments."""
    found: list = []
    for value in params.values():
        if type(value) is Steps:
            value = value.items
        found.extend(value if isinstance(value, (tuple, list)) else [value])
    return found


def _sample(value: Any, place: dict[int, int]) -> Any:
    """What one sample sees of a value."""
    if type(value) is Batched:
        return value.array[tuple([place[level] for level in value.levels])]
    if isinstance(value, tuple) and _holds_many(value):
        return tuple([_sample(part, place) for part in value])
    return value


def _stacked(op: Primitive, parts: Sequence[Any], levels: tuple, sizes: tuple) -> Batched:
    arrays = [np.asarray(part) for part in parts]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) > 1:
        raise ShapeError(
            f"the samples of vmap give results of different shapes, {list(shapes[0])} and "
            f"{list(shapes[-1])}, which one tensor cannot hold"
        )
    return Batched(np.stack(arrays).reshape(*sizes, *shapes[0]), levels)


def _say(what: str) -> None:
    """Warn of a loop, in the user's line; raise where none is wanted."""
    if not all(level.loops for level in open_levels.get()):
        raise BatchedRead(f"{what} has no rule for all samples at once")
    frame = user_frame(sys._getframe(1))
    warnings.warn_explicit(
        f"vmap computes {what} in a loop over the samples: no quicker way is known for it",
        UserWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def try_or_loop(function: Callable, args: tuple, kwargs: dict, what: str) -> Any:
    """Call a function; where it asks for numbers of a batched value, call it for one sample after
    the other.
    """
    try:
        return function(*args, **kwargs)
    except BatchedRead:
        found = [_value(x) for x in leaves((args, kwargs))]
        levels = levels_of(found)
        if not levels:
            raise
    _say(what)
    return _looped(function, args, kwargs, what, levels[-1], sizes_of(found, levels)[-1])


def _value(x: Any) -> Any:
    return x._data if isinstance(x, Tensor) else x


def _looped(function: Callable, args: tuple, kwargs: dict, what: str, level: int, size: int) -> Any:
    """A function of tensors, sample by sample; it stays part of the graph."""

    def samples(x: Any) -> Any:
        """What there is to pick from. A tensor that wants a gradient wants one of each sample."""
        if isinstance(x, Tensor):
            if x.requires_grad or level in levels_of([x._data]):
                return leave(x, 0, level, size)
        elif level in levels_of([x]):
            return _left(x, dim=0, level=level, size=size)
        return None

    given = leaves((args, kwargs))
    many = [samples(x) for x in given]
    results = []
    for i in range(size):
        one = [x if whole is None else whole[i] for x, whole in zip(given, many)]
        some, named = rebuild((args, kwargs), one)
        results.append(try_or_loop(function, some, named, what))
    together = []
    for parts in zip(*map(leaves, results)):
        if isinstance(parts[0], Tensor):
            together.append(enter(stack(list(parts), 0), 0, level))
        elif all(part == parts[0] for part in parts):
            together.append(parts[0])
        else:
            raise BatchedRead(f"{what} is not the same for all samples of vmap: {list(parts)}")
    return rebuild(results[0], together)


# --- which op goes which way ----------------------------------------------------------------------

WAYS: dict[str, Callable] = {
    "pointwise": pointwise,
    "dims": along_dims,
    "front": in_front,
    "same": passed_on,
}
"""What a declaration may say with ``batching=``."""

_FAMILIES: dict[Callable, str] = {
    along_all: "argmax argmin",
    rearranged: "reshape broadcast_to",
    permuted: "permute",
    exchanged: "swapaxes",
    flipped: "flip",
    side_by_side: "cat stack",
    bordered: "pad",
    embedded: "embed",
    recurrent: "recurrence",
    product: "matmul",
    affine: "linear",
    contracted: "einsum",
    convolved: "conv conv_input conv_weight",
    window_sums: "window_sums",
    own_places: "max_places adaptive_places",
    read: "getitem",
    scattered: "scatter",
    written: "setitem",
    read_places: "elements view_of",
    write_places: "with_view",
    put: "put_extreme put_prod",
    searched: "searchsorted",
    marked: "one_hot",
    looked_up: "isin",
    middle: "middle",
    _whole_extreme(np.max): "max",
    _whole_extreme(np.min): "min",
}

WAYS_BY_NAME: dict[str, Callable] = {
    name: way for way, names in _FAMILIES.items() for name in names.split()
}
"""The ops that have a way of their own, and so are named here and not in their declarations."""

batched.way_of = find_way
batched.collapse = sum_over
batched.attempt = try_or_loop
