"""What each op of the engine is in ONNX: one small declaration for each, by its name.

A declaration takes the graph that is being built, the operands (names, or numbers and arrays that
are constants), and the static arguments; it returns the name of the result, or of several.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .building import Building

Rule = Callable[..., Any]

OPERATORS: dict[str, Rule] = {}
"""By the name of the op."""


def operator(*names: str) -> Callable[[Rule], Rule]:
    """Declare what ops of these names are."""

    def declare(rule: Rule) -> Rule:
        OPERATORS.update(dict.fromkeys(names, rule))
        return rule

    return declare


# --- elementwise ----------------------------------------------------------------------------------

SAME = {
    **{name: name.capitalize() for name in "relu tanh sigmoid exp log sqrt neg abs floor".split()},
    **{name: name.capitalize() for name in "sin cos tan asin acos atan sinh cosh".split()},
    **{name: name.capitalize() for name in "asinh acosh atanh erf sign round elu celu".split()},
    **{name: name.capitalize() for name in "selu mish softsign reciprocal ceil".split()},
    **{"hardswish": "HardSwish", "logical_not": "Not", "isnan": "IsNaN", "isinf": "IsInf"},
    **dict.fromkeys(["clone", "straight", "bent", "detach", "contiguous"], "Identity"),
}
"""The ops that ONNX knows under a name of its own, with the same arguments."""

PAIRS = {
    **{"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow"},
    **{"maximum": "Max", "minimum": "Min"},
}
LOGIC = {
    **{"eq": "Equal", "gt": "Greater", "ge": "GreaterOrEqual", "lt": "Less", "le": "LessOrEqual"},
    **{"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor"},
}


def _of_one(kind: str) -> Rule:
    def rule(g: Building, x: Any, **params: Any) -> str:
        attributes = {key: params[key] for key in ("alpha",) if key in params}
        return g.op(kind, x, **attributes)

    return rule


def _of_two(kind: str) -> Rule:
    def rule(g: Building, a: Any, b: Any) -> str:
        return g.op(kind, *[g.cast(x, g.out[0].dtype) for x in (a, b)])

    return rule


def _logic(kind: str) -> Rule:
    return lambda g, a, b: g.op(kind, *g.alike(a, b))


OPERATORS |= {name: _of_one(kind) for name, kind in SAME.items()}
OPERATORS |= {name: _of_two(kind) for name, kind in PAIRS.items()}
OPERATORS |= {name: _logic(kind) for name, kind in LOGIC.items()}


def number(g: Building, value: float) -> np.ndarray:
    """A number in the dtype of the result."""
    return np.array(value, g.out[0].dtype)


@operator("bitwise_not", "bitwise_and", "bitwise_or", "bitwise_xor")
def _(g: Building, *xs: Any) -> str:
    if any(g.dtype(x).kind != "b" for x in xs):
        raise NotImplementedError("bits of integers")
    if len(xs) == 1:
        return g.op("Not", *xs)
    raise NotImplementedError("bits of two tensors; logical_and and logical_or are known")


@operator("remainder")
def _(g: Building, a: Any, b: Any) -> str:
    a, b = [g.cast(x, g.out[0].dtype) for x in (a, b)]
    if g.out[0].dtype.kind in "iu":
        return g.op("Mod", a, b)
    return g.op("Sub", a, g.op("Mul", g.op("Floor", g.op("Div", a, b)), b))


LOGARITHMS = {"log2": 2.0, "log10": 10.0}


def _log_of_base(base: float) -> Rule:
    return lambda g, x: g.op("Div", g.op("Log", x), number(g, math.log(base)))


OPERATORS |= {name: _log_of_base(base) for name, base in LOGARITHMS.items()}


@operator("log1p")
def _(g: Building, x: Any) -> str:
    return g.op("Log", g.op("Add", x, number(g, 1)))


@operator("expm1")
def _(g: Building, x: Any) -> str:
    return g.op("Sub", g.op("Exp", x), number(g, 1))


@operator("ne")
def _(g: Building, a: Any, b: Any) -> str:
    return g.op("Not", g.op("Equal", *g.alike(a, b)))


@operator("where")
def _(g: Building, condition: Any, a: Any, b: Any) -> str:
    return g.op("Where", g.cast(condition, bool), *[g.cast(x, g.out[0].dtype) for x in (a, b)])


@operator("cast", "to")
def _(g: Building, x: Any, dtype: Any) -> str:
    return g.cast(x, dtype)


@operator("clamp")
def _(g: Building, x: Any, low: Any = None, high: Any = None) -> str:
    dtype = g.out[0].dtype
    for kind, bound in (("Max", low), ("Min", high)):
        if bound is not None:
            x = g.op(kind, g.name_of(x), g.cast(bound, dtype))
    return g.name_of(x)


@operator("hardtanh")
def _(g: Building, x: Any, min_val: float, max_val: float) -> str:
    return g.op("Clip", x, number(g, min_val), number(g, max_val))


@operator("relu6")
def _(g: Building, x: Any) -> str:
    return g.op("Clip", x, number(g, 0), number(g, 6))


@operator("frac")
def _(g: Building, x: Any) -> str:
    return g.op("Sub", x, g.op("Mul", g.op("Sign", x), g.op("Floor", g.op("Abs", x))))


@operator("square")
def _(g: Building, x: Any) -> str:
    return g.op("Mul", x, x)


@operator("rsqrt")
def _(g: Building, x: Any) -> str:
    return g.op("Reciprocal", g.op("Sqrt", x))


@operator("hardsigmoid")
def _(g: Building, x: Any) -> str:
    return g.op("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@operator("leaky_relu")
def _(g: Building, x: Any, negative_slope: float) -> str:
    return g.op("LeakyRelu", x, alpha=negative_slope)


@operator("gelu")
def _(g: Building, x: Any, approximate: str) -> str:
    return g.op("Gelu", x, approximate=approximate)


@operator("silu")
def _(g: Building, x: Any) -> str:
    return g.op("Mul", x, g.op("Sigmoid", x))


@operator("softplus")
def _(g: Building, x: Any, beta: float = 1.0, threshold: float = 20.0) -> str:
    if beta == 1:
        return g.op("Softplus", x)
    return g.op("Div", g.op("Softplus", g.op("Mul", x, number(g, beta))), number(g, beta))


@operator("logsigmoid")
def _(g: Building, x: Any) -> str:
    return g.op("Neg", g.op("Softplus", g.op("Neg", x)))


@operator("tanhshrink")
def _(g: Building, x: Any) -> str:
    return g.op("Sub", x, g.op("Tanh", x))


@operator("softshrink")
def _(g: Building, x: Any, lambd: float) -> str:
    return g.op("Shrink", x, lambd=lambd, bias=lambd)


@operator("hardshrink")
def _(g: Building, x: Any, lambd: float) -> str:
    return g.op("Shrink", x, lambd=lambd, bias=0.0)


@operator("threshold")
def _(g: Building, x: Any, threshold: float, value: float) -> str:
    return g.op("Where", g.op("Greater", x, number(g, threshold)), x, number(g, value))


# --- products -------------------------------------------------------------------------------------


@operator("matmul")
def _(g: Building, a: Any, b: Any) -> str:
    return g.op("MatMul", a, b)


@operator("linear")
def _(g: Building, x: Any, weight: Any, bias: Any = None) -> str:
    if len(g.shape(x)) == 2:
        return g.op("Gemm", x, weight, bias, transB=1)
    product = g.op("MatMul", x, g.op("Transpose", weight, perm=[1, 0]))
    return product if bias is None else g.op("Add", product, bias)


@operator("einsum")
def _(g: Building, *xs: Any, inputs: tuple, output: str) -> str:
    return g.op("Einsum", *xs, equation=f"{','.join(inputs)}->{output}")


# --- convolution, windows and pools ---------------------------------------------------------------


def pads_of(geometry: Any) -> list[int]:
    """All beginnings, then all ends."""
    return [before for before, _ in geometry.padding] + [after for _, after in geometry.padding]


@operator("conv")
def _(g: Building, x: Any, w: Any, bias: Any = None, *, geometry: Any) -> str:
    return g.op(
        "Conv",
        x,
        w,
        bias,
        strides=list(geometry.stride),
        pads=pads_of(geometry),
        dilations=list(geometry.dilation),
        group=geometry.groups,
    )


@operator("conv_input")
def _(g: Building, x: Any, w: Any, *, shape: Any, geometry: Any) -> str:
    pads = pads_of(geometry)
    n = len(geometry.stride)
    sizes = zip(g.shape(x)[-n:], g.shape(w)[-n:], geometry.stride, geometry.dilation)
    full = [(length - 1) * s + (k - 1) * d + 1 for length, k, s, d in sizes]
    more = [
        length - (whole - before - after)
        for length, whole, before, after in zip(shape[-n:], full, pads[:n], pads[n:])
    ]
    return g.op(
        "ConvTranspose",
        x,
        w,
        strides=list(geometry.stride),
        pads=pads,
        dilations=list(geometry.dilation),
        group=geometry.groups,
        output_padding=more if any(more) else None,
    )


@operator("window_max")
def _(g: Building, x: Any, kernel: tuple) -> str:
    """Of windows side by side."""
    if len(g.shape(x)) == len(kernel) + 2:
        return g.op("MaxPool", x, kernel_shape=list(kernel), strides=list(kernel))
    flat = g.op("Reshape", x, np.array([-1, 1, *g.shape(x)[-len(kernel) :]]))
    return reshaped(g, g.op("MaxPool", flat, kernel_shape=list(kernel), strides=list(kernel)))


@operator("window_sums")
def _(g: Building, x: Any, kernel: tuple, geometry: Any) -> str:
    n = len(kernel)
    own = g.shape(x)
    flat = g.op("Reshape", x, np.array([-1, 1, *own[-n:]]))
    means = g.op(
        "AveragePool",
        flat,
        kernel_shape=list(kernel),
        strides=list(geometry.stride),
        pads=pads_of(geometry),
        dilations=list(geometry.dilation),
        count_include_pad=1,
    )
    return reshaped(g, g.op("Mul", means, number(g, math.prod(kernel))))


@operator("windows")
def _(g: Building, x: Any, kernel: tuple, stride: tuple, dilation: tuple) -> str:
    """A convolution whose kernels are one at one place each."""
    n = len(kernel)
    count = math.prod(kernel)
    flat = g.op("Reshape", x, np.array([-1, 1, *g.shape(x)[-n:]]))
    picking = np.eye(count, dtype=g.out[0].dtype).reshape(count, 1, *kernel)
    made = g.op("Conv", flat, picking, strides=list(stride), dilations=list(dilation))
    return reshaped(g, made)


@operator("overlap_add")
def _(g: Building, x: Any, length: tuple, kernel: tuple, stride: tuple, dilation: tuple) -> str:
    n = len(kernel)
    shape = g.shape(x)
    columns = [-1, math.prod(kernel), math.prod(shape[-n:])]
    made = g.op(
        "Col2Im",
        g.op("Reshape", x, np.array(columns)),
        np.array(length),
        np.array(kernel),
        strides=list(stride),
        dilations=list(dilation),
    )
    return reshaped(g, made)


@operator("tapped")
def _(g: Building, x: Any, dim: int, taps: Any) -> str:
    """Elements along a dimension, or sums of them: a product with a matrix."""
    if taps.weights is None and len(taps.places) == 1:
        return g.op("Gather", x, np.asarray(taps.places[0], np.int64), axis=dim)
    shape = g.shape(x)
    last = len(shape) - 1
    turned = [*range(last + 1)]
    turned[dim] = last
    turned[last] = dim
    matrix = taps.matrix(shape[dim], g.out[0].dtype)
    made = g.op("MatMul", g.op("Transpose", x, perm=turned), matrix.T)
    return g.op("Transpose", made, perm=turned)


# --- sums and normalisation -----------------------------------------------------------------------


def _axes(dim: Any) -> Any:
    if dim is None or dim == ():
        return None
    return np.array([dim] if isinstance(dim, (int, np.integer)) else list(dim), np.int64)


def _reduction(kind: str) -> Rule:
    def rule(g: Building, x: Any, dim: Any = None, keepdim: bool = False, **other: Any) -> str:
        x = g.cast(x, g.out[0].dtype)
        return g.op(kind, x, _axes(dim), keepdims=int(keepdim))

    return rule


REDUCTIONS = {
    **{"sum": "ReduceSum", "mean": "ReduceMean", "prod": "ReduceProd", "amax": "ReduceMax"},
    **{"amin": "ReduceMin", "logsumexp": "ReduceLogSumExp", "max": "ReduceMax", "min": "ReduceMin"},
}
OPERATORS |= {name: _reduction(kind) for name, kind in REDUCTIONS.items()}


@operator("var")
def _variance(
    g: Building, x: Any, dim: Any = None, correction: float = 1, keepdim: bool = False
) -> str:
    axes = _axes(dim)
    shape = g.shape(x)
    count = math.prod(shape if axes is None else [shape[axis] for axis in axes])
    centred = g.op("Sub", x, g.op("ReduceMean", x, axes, keepdims=1))
    total = g.op("ReduceSum", g.op("Mul", centred, centred), axes, keepdims=int(keepdim))
    return g.op("Div", total, number(g, count - correction))


@operator("std")
def _(g: Building, x: Any, **params: Any) -> str:
    return g.op("Sqrt", _variance(g, x, **params))


@operator("cumsum")
def _(g: Building, x: Any, dim: int) -> str:
    return g.op("CumSum", g.cast(x, g.out[0].dtype), np.array(dim, np.int64))


@operator("norm")
def _(g: Building, x: Any, p: float, dim: Any, keepdim: bool) -> str:
    kinds = {1.0: "ReduceL1", 2.0: "ReduceL2"}
    if p not in kinds:
        raise NotImplementedError(f"a norm of order {p}")
    return g.op(kinds[p], x, _axes(dim), keepdims=int(keepdim))


def _place(kind: str) -> Rule:
    def rule(g: Building, x: Any, dim: Any = None, keepdim: bool = False) -> str:
        if dim is None:
            return g.op(kind, g.op("Reshape", x, np.array([-1])), axis=0, keepdims=0)
        return g.op(kind, x, axis=dim, keepdims=int(keepdim))

    return rule


OPERATORS |= {"argmax": _place("ArgMax"), "argmin": _place("ArgMin")}


def _soft(kind: str) -> Rule:
    def rule(g: Building, x: Any, dim: int, dtype: Any = None) -> str:
        return g.op(kind, g.cast(x, g.out[0].dtype), axis=dim)

    return rule


OPERATORS |= {"softmax": _soft("Softmax"), "log_softmax": _soft("LogSoftmax")}


@operator("standardize")
def _(
    g: Building,
    x: Any,
    weight: Any = None,
    bias: Any = None,
    *,
    dims: tuple,
    eps: float,
    kept: Any = None,
) -> str:
    axes = _axes(dims)
    centred = g.op("Sub", x, g.op("ReduceMean", x, axes, keepdims=1))
    variance = g.op("ReduceMean", g.op("Mul", centred, centred), axes, keepdims=1)
    out = g.op("Div", centred, g.op("Sqrt", g.op("Add", variance, number(g, eps))))
    shape = np.array([-1, *[1] * (len(g.shape(x)) - 2)])
    if weight is not None:
        out = g.op("Mul", out, g.op("Reshape", weight, shape))
    if bias is not None:
        out = g.op("Add", out, g.op("Reshape", bias, shape))
    return out


@operator("normalize_rows")
def _(
    g: Building, x: Any, weight: Any, bias: Any, count: int, eps: float, centred: bool, kept: Any
) -> str:
    x = g.cast(x, g.out[0].dtype)
    axes = np.arange(-count, 0)
    if centred:
        x = g.op("Sub", x, g.op("ReduceMean", x, axes, keepdims=1))
    square = g.op("ReduceMean", g.op("Mul", x, x), axes, keepdims=1)
    y = g.op("Div", x, g.op("Sqrt", g.op("Add", square, number(g, eps))))
    for kind, parameter in (("Mul", weight), ("Add", bias)):
        if parameter is not None:
            y = g.op(kind, y, g.cast(parameter, g.out[0].dtype))
    return y


# --- shapes ---------------------------------------------------------------------------------------


def reshaped(g: Building, x: Any) -> str:
    """In the shape of the result; of a batch of any size the first length is left open."""
    shape = list(g.out[0].shape)
    if g.batch is not None and shape and shape[0] % g.batch == 0:
        shape[0] = -1
    return g.op("Reshape", x, np.array(shape, np.int64))


@operator("reshape", "squeeze", "unsqueeze", "flatten", "expand_dims", "view")
def _(g: Building, x: Any, **params: Any) -> str:
    return reshaped(g, x)


@operator("broadcast_to")
def _(g: Building, x: Any, shape: tuple) -> str:
    own = g.shape(x)
    own = (*[1] * (len(shape) - len(own)), *own)
    wanted = [1 if a == b else b for a, b in zip(own, shape)]
    return g.op("Expand", x, np.array(wanted, np.int64))


@operator("permute")
def _(g: Building, x: Any, dims: tuple) -> str:
    count = len(g.shape(x))
    return g.op("Transpose", x, perm=[dim % count for dim in dims])


@operator("swapaxes")
def _(g: Building, x: Any, dim0: int, dim1: int) -> str:
    perm = [*range(len(g.shape(x)))]
    perm[dim0], perm[dim1] = perm[dim1], perm[dim0]
    return g.op("Transpose", x, perm=perm)


@operator("cat")
def _(g: Building, *xs: Any, dim: int) -> str:
    return g.op("Concat", *[g.cast(x, g.out[0].dtype) for x in xs], axis=dim)


@operator("stack")
def _(g: Building, *xs: Any, dim: int) -> str:
    place = np.array([dim % len(g.out[0].shape)], np.int64)
    return g.op("Concat", *[g.op("Unsqueeze", x, place) for x in xs], axis=int(place[0]))


@operator("split")
def _(g: Building, x: Any, dim: int, cuts: tuple) -> list[str]:
    ends = [0, *cuts, g.shape(x)[dim]]
    sizes = np.diff(ends).astype(np.int64)
    return g.op("Split", x, sizes, count=len(sizes), axis=dim)


@operator("unbind")
def _(g: Building, x: Any, dim: int) -> list[str]:
    return [part_of(g, x, i, dim) for i in range(g.shape(x)[dim])]


def part_of(g: Building, x: Any, place: int, dim: int = 0) -> str:
    return g.op("Gather", x, np.array(place, np.int64), axis=dim)


@operator("flip")
def _(g: Building, x: Any, dims: tuple) -> str:
    count = len(dims)
    ends = np.full(count, np.iinfo(np.int64).min)
    back = np.full(count, -1)
    return g.op("Slice", x, back, ends, np.array(dims, np.int64), back)


def _triangle(upper: int) -> Rule:
    def rule(g: Building, x: Any, diagonal: int = 0) -> str:
        return g.op("Trilu", x, np.array(diagonal, np.int64), upper=upper)

    return rule


OPERATORS |= {"tril": _triangle(0), "triu": _triangle(1)}


@operator("pad")
def _(g: Building, x: Any, widths: tuple, value: float) -> str:
    pads = [before for before, _ in widths] + [after for _, after in widths]
    return g.op("Pad", x, np.array(pads, np.int64), number(g, value))


# --- recurrence, step by step ---------------------------------------------------------------------


def _refuse_lengths(live: Any) -> None:
    if live is not None:
        raise NotImplementedError("sequences of different lengths")


def _all_steps(g: Building, steps: list[str]) -> str:
    start = np.array([0], np.int64)
    return g.op("Concat", *[g.op("Unsqueeze", step, start) for step in steps], axis=0)


@operator("elman")
def _(g: Building, z: Any, h: Any, weight: Any, relu: bool = False, live: Any = None) -> str:
    _refuse_lengths(live)
    turned = g.op("Transpose", weight, perm=[1, 0])
    steps = []
    for t in range(g.shape(z)[0]):
        total = g.op("Add", part_of(g, z, t), g.op("MatMul", h, turned))
        h = g.op("Relu" if relu else "Tanh", total)
        steps.append(h)
    return _all_steps(g, steps)


@operator("lstm")
def _(
    g: Building, z: Any, h: Any, c: Any, weight: Any, projection: Any = None, live: Any = None
) -> list[str]:
    _refuse_lengths(live)
    turned = g.op("Transpose", weight, perm=[1, 0])
    hs, cs, gates = [], [], []
    for t in range(g.shape(z)[0]):
        total = g.op("Add", part_of(g, z, t), g.op("MatMul", h, turned))
        i, f, n, o = g.op("Split", total, count=4, axis=-1, num_outputs=4)
        i, f, o = [g.op("Sigmoid", gate) for gate in (i, f, o)]
        n = g.op("Tanh", n)
        c = g.op("Add", g.op("Mul", f, c), g.op("Mul", i, n))
        h = g.op("Mul", o, g.op("Tanh", c))
        if projection is not None:
            h = g.op("MatMul", h, g.op("Transpose", projection, perm=[1, 0]))
        hs.append(h)
        cs.append(c)
        gates.append(g.op("Concat", i, f, n, o, axis=-1))
    return [_all_steps(g, steps) for steps in (hs, cs, gates)]


@operator("gru")
def _(g: Building, z: Any, h: Any, weight: Any, bias: Any = None, live: Any = None) -> list[str]:
    _refuse_lengths(live)
    turned = g.op("Transpose", weight, perm=[1, 0])
    hs, gates, shares = [], [], []
    for t in range(g.shape(z)[0]):
        own = g.op("MatMul", h, turned)
        if bias is not None:
            own = g.op("Add", own, bias)
        s_r, s_u, s_n = g.op("Split", own, count=3, axis=-1, num_outputs=3)
        z_r, z_u, z_n = g.op("Split", part_of(g, z, t), count=3, axis=-1, num_outputs=3)
        r = g.op("Sigmoid", g.op("Add", z_r, s_r))
        u = g.op("Sigmoid", g.op("Add", z_u, s_u))
        n = g.op("Tanh", g.op("Add", z_n, g.op("Mul", r, s_n)))
        h = g.op("Add", n, g.op("Mul", u, g.op("Sub", h, n)))
        hs.append(h)
        gates.append(g.op("Concat", r, u, n, axis=-1))
        shares.append(s_n)
    return [_all_steps(g, steps) for steps in (hs, gates, shares)]
