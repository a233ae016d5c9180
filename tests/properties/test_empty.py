"""Empty tensors and empty batches: PyTorch's shape and value, or a refusal where PyTorch refuses.

Of each op's samples every length is made 0 in turn, in all arguments that share it.
"""

import functools

import numpy as np
import pytest

import autograd_engine as ag
import nn
from autograd_engine import Tensor

from ..grouping import each, named
from ..ops.cases import Case, is_drawn, parts
from ..ops.twins import CASES, OTHER_ARGUMENTS, VALUES_ONLY, by_torch, by_us

torch = pytest.importorskip("torch")

_NATURAL = "no channels in, none out; PyTorch takes empty batches only"
LENIENT = {
    **VALUES_ONLY,
    **dict.fromkeys(["quantile", "nanquantile"], "of no rows there are no quantiles, as in NumPy"),
    **dict.fromkeys(
        ["trapezoid", "trapz", "linalg.cond", "linalg.matrix_norm", "linalg.norm"],
        "PyTorch's result has no graph",
    ),
    **dict.fromkeys(["pad", "unfold", "fold", "interpolate", "grid_sample"], _NATURAL),
    **dict.fromkeys([f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)], _NATURAL),
    **dict.fromkeys([f"adaptive_avg_pool{n}d" for n in (1, 2, 3)], _NATURAL),
    **dict.fromkeys([f"conv{n}d" for n in (1, 2, 3)], "what is padded may be empty"),
    **dict.fromkeys([f"conv_transpose{n}d" for n in (1, 2, 3)], _NATURAL),
    **dict.fromkeys(
        ["pixel_shuffle", "pixel_unshuffle", "PixelShuffle", "PixelUnshuffle", "addmv"],
        "PyTorch's own rule fails",
    ),
}
"""What PyTorch refuses and we answer, and why that is right."""


def shape_of(arg):
    return arg if isinstance(arg, tuple) else arg.shape


def emptied(case):
    """The case with each of its lengths made 0, by that length."""
    sample = case.sample
    drawn = [a for arg in sample.args for a in (arg if isinstance(arg, list) else [arg])]
    lengths = sorted({n for a in drawn if is_drawn(a) for n in shape_of(a) if n > 0})

    def without(arg, n):
        if isinstance(arg, list):
            return [without(a, n) for a in arg]
        if not is_drawn(arg):
            return arg
        return tuple([0 if m == n else m for m in shape_of(arg)])

    for n in lengths:
        args = tuple([without(arg, n) for arg in sample.args])
        yield (
            n,
            Case(case.function, type(sample)(args, sample.params, sample.domain, sample.through)),
        )


def outcome(call, grad, tensor, ones, arrays):
    """The outputs and the gradients as arrays, or the exception."""
    try:
        inputs = [tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
        xs = [x for x in inputs if x.requires_grad]
        with np.errstate(all="ignore"):
            ys = [y for y in parts(call(*inputs)) if hasattr(y, "detach")]
        wanted = [y for y in ys if y.requires_grad]
        gs = ()
        if wanted and xs:
            gs = grad(wanted, xs, [ones(y) for y in wanted], materialize_grads=True)
    except Exception as error:
        return error
    return [y.detach().numpy() for y in (*ys, *gs)]


def outcomes(ours, theirs, arrays):
    found = outcome(ours, ag.grad, Tensor, ag.ones_like, arrays)
    expected = outcome(theirs, torch.autograd.grad, torch.tensor, torch.ones_like, arrays)
    return found, expected


def disagreement(name, found, expected):
    """What differs between our outcome and PyTorch's; None if nothing does."""
    if isinstance(expected, Exception):
        if isinstance(found, Exception) or name in LENIENT:
            return None
        return f"{[a.shape for a in found]}, PyTorch {expected!r}"
    if isinstance(found, Exception):
        return f"{found!r}, PyTorch {[a.shape for a in expected]}"
    if name in LENIENT:
        found, expected = zip(*zip(found, expected))  # the gradients that both have
    if [a.shape for a in found] != [a.shape for a in expected]:
        return f"{[a.shape for a in found]}, PyTorch {[a.shape for a in expected]}"
    for a, b in zip(found, expected):
        if a.dtype != b.dtype or not np.allclose(a, b, equal_nan=True, rtol=1e-6):
            return f"{a}, PyTorch {b}"
    return None


CRASHES = ["pdist"]
"""The gradients of these, of nothing, end PyTorch's process."""
FITTING = ["lu_unpack"]
"""Their integers belong to a matrix of one shape."""
LEFT_OUT = {*OTHER_ARGUMENTS, *CRASHES, *FITTING}
OPS = [param for param in CASES if param.values[0] not in LEFT_OUT]


@pytest.mark.filterwarnings("ignore")
@each(OPS)
def test_ops(name, case):
    faults = []
    for n, empty in emptied(case):
        ours = functools.partial(by_us, empty)
        theirs = functools.partial(by_torch, name, empty)
        told = disagreement(name, *outcomes(ours, theirs, empty.arrays()))
        if told:
            faults.append(f"with 0 for {n}, {empty.sample.args}: {told}")
    assert not faults, "\n".join(faults)


# --- layers and losses ----------------------------------------------------------------------------

NO_CLASSES = np.zeros(0, dtype=int)
NO_ROWS = np.zeros((0, 4), dtype=int)
LAYERS = {
    "Linear": [((3, 2), {}, [(0, 3)]), ((3, 2), {}, [(2, 0, 3)])],
    "Bilinear": [((2, 3, 2), {}, [(0, 2), (0, 3)])],
    "Flatten": [((), {}, [(0, 2, 3)])],
    "Unflatten": [((1, (2, 3)), {}, [(0, 6)])],
    "Conv1d": [((2, 3, 2), {}, [(0, 2, 5)])],
    "Conv2d": [((2, 3, 2), {"padding": 1, "groups": 1}, [(0, 2, 4, 4)])],
    "Conv3d": [((1, 2, 2), {}, [(0, 1, 3, 3, 3)])],
    "ConvTranspose1d": [((2, 3, 2), {}, [(0, 2, 5)])],
    "ConvTranspose2d": [((2, 3, 2), {"stride": 2}, [(0, 2, 4, 4)])],
    "MaxPool1d": [((2,), {}, [(0, 2, 4)])],
    "MaxPool2d": [((2,), {}, [(0, 2, 4, 4)])],
    "MaxPool3d": [((2,), {}, [(0, 2, 4, 4, 4)])],
    "AvgPool1d": [((2,), {}, [(0, 2, 4)])],
    "AvgPool2d": [((2,), {}, [(0, 2, 4, 4)])],
    "AdaptiveAvgPool1d": [((2,), {}, [(0, 2, 4)])],
    "AdaptiveAvgPool2d": [((2,), {}, [(0, 2, 4, 4)])],
    "AdaptiveMaxPool1d": [((2,), {}, [(0, 2, 4)])],
    "AdaptiveMaxPool2d": [((2,), {}, [(0, 2, 4, 4)])],
    "BatchNorm1d": [((3,), {}, [(0, 3)]), ((3,), {}, [(0, 3, 2)]), ((3,), {}, [(1, 3, 0)])],
    "BatchNorm2d": [((3,), {}, [(0, 3, 2, 2)])],
    "InstanceNorm1d": [((3,), {}, [(0, 3, 2)])],
    "LayerNorm": [((3,), {}, [(0, 3)]), (((2, 3),), {}, [(0, 2, 3)])],
    "RMSNorm": [((3,), {}, [(0, 3)])],
    "GroupNorm": [((1, 4), {}, [(0, 4)]), ((2, 4), {}, [(0, 4, 3)])],
    "LocalResponseNorm": [((2,), {}, [(0, 4, 3)])],
    "Dropout": [((0.5,), {}, [(0, 3)])],
    "Dropout2d": [((0.5,), {}, [(0, 3, 2, 2)])],
    "AlphaDropout": [((0.5,), {}, [(0, 3)])],
    "PReLU": [((), {}, [(0, 3)]), ((3,), {}, [(0, 3)])],
    **{
        name: [((), {}, [(0, 3)])]
        for name in (
            "ReLU ReLU6 LeakyReLU ELU CELU SELU GELU SiLU Mish Sigmoid Tanh Hardtanh Hardshrink "
            "Hardsigmoid Hardswish Softplus Softshrink Softsign Tanhshrink LogSigmoid Identity"
        ).split()
    },
    "GLU": [((), {}, [(0, 4)])],
    "Softmax": [((-1,), {}, [(0, 3)]), ((0,), {}, [(0, 3)])],
    "LogSoftmax": [((-1,), {}, [(0, 3)]), ((0,), {}, [(0, 3)])],
    "Softmin": [((-1,), {}, [(0, 3)])],
    "Threshold": [((0.1, 20.0), {}, [(0, 3)])],
    "CosineSimilarity": [((), {}, [(0, 3), (0, 3)])],
    "PairwiseDistance": [((), {}, [(0, 3), (0, 3)])],
    "PixelShuffle": [((2,), {}, [(0, 4, 2, 2)])],
    "PixelUnshuffle": [((2,), {}, [(0, 1, 4, 4)])],
    "ChannelShuffle": [((2,), {}, [(0, 4, 2, 2)])],
    "Upsample": [((), {"scale_factor": 2}, [(0, 2, 3)])],
    "ZeroPad2d": [((1,), {}, [(0, 2, 3, 3)])],
    "ReflectionPad1d": [((1,), {}, [(0, 2, 3)])],
    "ReplicationPad2d": [((1,), {}, [(0, 2, 3, 3)])],
    "CircularPad1d": [((1,), {}, [(0, 2, 3)])],
    "Unfold": [((2,), {}, [(0, 2, 3, 3)])],
    "Fold": [((3, 2), {}, [(0, 8, 4)])],
    "RNNCell": [((2, 3), {}, [(0, 2)])],
    "LSTMCell": [((2, 3), {}, [(0, 2)])],
    "GRUCell": [((2, 3), {}, [(0, 2)])],
    "RNN": [((2, 3), {}, [(4, 0, 2)]), ((2, 3), {}, [(0, 2, 2)])],
    "LSTM": [((2, 3), {}, [(4, 0, 2)]), ((2, 3), {"batch_first": True}, [(0, 4, 2)])],
    "GRU": [((2, 3), {}, [(4, 0, 2)]), ((2, 3), {"bidirectional": True}, [(4, 0, 2)])],
    "MultiheadAttention": [((4, 2), {}, [(3, 0, 4)] * 3), ((4, 2), {}, [(0, 2, 4)] * 3)],
    "Embedding": [((5, 3), {}, [NO_CLASSES]), ((5, 3), {"padding_idx": 0}, [NO_ROWS])],
    "EmbeddingBag": [
        ((5, 3), {"mode": "sum"}, [NO_ROWS]),
        ((5, 3), {}, [NO_CLASSES, NO_CLASSES]),
    ],
    "Dropout1d": [((0.5,), {}, [(0, 3, 2)])],
    "Dropout3d": [((0.5,), {}, [(0, 3, 2, 2, 2)])],
    "FeatureAlphaDropout": [((0.5,), {}, [(0, 3, 2)])],
    "ConstantPad1d": [((1, 0.5), {}, [(0, 2, 3)])],
    "AdaptiveAvgPool3d": [((2,), {}, [(0, 2, 4, 4, 4)])],
    "BatchNorm3d": [((3,), {}, [(0, 3, 2, 2, 2)])],
    "ConvTranspose3d": [((1, 2, 2), {}, [(0, 1, 3, 3, 3)])],
    "TransformerEncoderLayer": [((4, 2, 3, 0.0), {}, [(3, 0, 4)])],
    "TransformerDecoderLayer": [((4, 2, 3, 0.0), {}, [(3, 0, 4), (2, 0, 4)])],
}


def twins(name, args, params):
    """Our layer and PyTorch's with the same parameters, of float64."""
    ours, theirs = getattr(nn, name)(*args, **params), getattr(torch.nn, name)(*args, **params)
    ours.double()
    theirs.double()
    theirs.load_state_dict(
        {key: torch.tensor(value.detach().numpy()) for key, value in ours.state_dict().items()},
        strict=False,
    )
    return ours, theirs


def of_all(module):
    """The module's outputs; the gradients of its parameters are asked for in their place."""

    def call(*xs):
        return parts(module(*xs))

    return call


@pytest.mark.filterwarnings("ignore")
@each(
    [
        named(f"{name}-{i}", name, *entry)
        for name, table in LAYERS.items()
        for i, entry in enumerate(table)
    ],
)
def test_layers(name, args, params, shapes):
    ours, theirs = twins(name, args, params)
    arrays = [np.zeros(shape) if isinstance(shape, tuple) else shape for shape in shapes]
    found, expected = outcomes(of_all(ours), of_all(theirs), arrays)
    told = disagreement(name, found, expected)
    assert not told, told
    if not isinstance(found, Exception):
        by_name = [parameters_gradients(m, arrays) for m in (ours, theirs)]
        assert by_name[0].keys() == by_name[1].keys()
        for key, g in by_name[0].items():
            np.testing.assert_allclose(g, by_name[1][key], err_msg=key)


def parameters_gradients(module, arrays):
    """What backward leaves in the parameters after the sum of all outputs."""
    tensor = torch.tensor if isinstance(module, torch.nn.Module) else Tensor
    ys = [y for y in parts(module(*map(tensor, arrays))) if hasattr(y, "requires_grad")]
    ys = [y for y in ys if y.requires_grad]
    if ys:
        sum(y.sum() for y in ys).backward()
    return {name: p.grad.numpy() for name, p in module.named_parameters() if p.grad is not None}


LOSSES = {
    **{
        name: [[np.zeros((0, 3)), np.zeros((0, 3))], [np.zeros(0), np.zeros(0)]]
        for name in (
            "MSELoss L1Loss SmoothL1Loss HuberLoss PoissonNLLLoss BCELoss BCEWithLogitsLoss "
            "SoftMarginLoss HingeEmbeddingLoss"
        ).split()
    },
    "KLDivLoss": [[np.zeros((0, 3)), np.zeros((0, 3))]],
    "CrossEntropyLoss": [
        [np.zeros((0, 3)), NO_CLASSES],
        [np.zeros((0, 3, 2)), np.zeros((0, 2), dtype=int)],
        [np.zeros((0, 3)), np.zeros((0, 3))],
    ],
    "NLLLoss": [[np.zeros((0, 3)), NO_CLASSES]],
    "GaussianNLLLoss": [[np.zeros((0, 3))] * 3],
    "MultiMarginLoss": [[np.zeros((0, 3)), NO_CLASSES]],
    "MultiLabelMarginLoss": [[np.zeros((0, 3)), np.zeros((0, 3), dtype=int)]],
    "MultiLabelSoftMarginLoss": [[np.zeros((0, 3)), np.zeros((0, 3))]],
    "MarginRankingLoss": [[np.zeros(0)] * 3],
    "CosineEmbeddingLoss": [[np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0)]],
    "TripletMarginLoss": [[np.zeros((0, 3))] * 3],
}


UNDEFINED = [("MultiMarginLoss", "mean"), ("MultiLabelMarginLoss", "mean")]
"""PyTorch gives what happens to be in memory."""


@pytest.mark.filterwarnings("ignore")
@each(
    [
        named(f"{name}-{i}-{reduction}", name, reduction, arrays)
        for name, table in LOSSES.items()
        for i, arrays in enumerate(table)
        for reduction in ("mean", "sum", "none")
        if (name, reduction) not in UNDEFINED
    ],
)
def test_losses(name, reduction, arrays):
    ours = getattr(nn, name)(reduction=reduction)
    theirs = getattr(torch.nn, name)(reduction=reduction)
    first, rest = arrays[:1], arrays[1:]
    found, expected = outcomes(
        lambda x: ours(x, *map(Tensor, rest)), lambda x: theirs(x, *map(torch.tensor, rest)), first
    )
    told = disagreement(name, found, expected)
    assert not told, told
