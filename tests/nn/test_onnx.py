"""Models as ONNX compute what they compute here, in the reference evaluator and in onnxruntime."""

import sys

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F
from nn.onnx import export

from ..grouping import each, named


def image(*shape):
    return ag.randn(*(shape or (2, 4, 8, 8)))


ACTIVATIONS = (
    "ReLU Tanh Sigmoid GELU SiLU Mish Softplus Softsign ELU SELU CELU LeakyReLU ReLU6 Hardtanh "
    "Hardsigmoid Hardswish LogSigmoid Tanhshrink Softshrink Hardshrink PReLU GLU Identity"
).split()
ALONG = "Softmax LogSoftmax Softmin".split()

LAYERS = {
    **{f"activation {name}": lambda n=name: (getattr(nn, n)(), image(3, 4)) for name in ACTIVATIONS},
    **{f"activation {name}": lambda n=name: (getattr(nn, n)(1), image(3, 4)) for name in ALONG},
    "activation Threshold": lambda: (nn.Threshold(0.1, 2.0), image(3, 4)),
    "activation GELU by tanh": lambda: (nn.GELU(approximate="tanh"), image(3, 4)),
    "activation Softplus of beta": lambda: (nn.Softplus(beta=2.0), image(3, 4)),
    "linear of rows": lambda: (nn.Linear(4, 3), image(2, 4)),
    "linear of more": lambda: (nn.Linear(4, 3, bias=False), image(2, 5, 4)),
    "linear Bilinear": lambda: (nn.Bilinear(2, 3, 4), image(5, 2), image(5, 3)),
    "convolution 1d": lambda: (nn.Conv1d(4, 2, 3, padding=1), image(2, 4, 8)),
    "convolution 2d": lambda: (nn.Conv2d(4, 2, 3, stride=2, padding=1), image()),
    "convolution by groups": lambda: (nn.Conv2d(4, 8, 3, groups=4, dilation=2, bias=False), image()),
    "convolution 3d": lambda: (nn.Conv3d(1, 2, 2), image(1, 1, 4, 4, 4)),
    "convolution same": lambda: (nn.Conv2d(4, 2, 3, padding="same", padding_mode="reflect"), image()),
    "convolution transposed": lambda: (
        nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1),
        image(2, 4, 5, 5),
    ),
    "convolution transposed 1d": lambda: (nn.ConvTranspose1d(2, 3, 3, stride=2), image(2, 2, 5)),
    "convolution Fold": lambda: (nn.Fold((4, 4), 2, stride=2), image(1, 8, 4)),
    "convolution Unfold": lambda: (nn.Unfold(2, padding=1), image(2, 4, 4, 4)),
    "pool max": lambda: (nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), image()),
    "pool max 1d": lambda: (nn.MaxPool1d(2), image(2, 4, 8)),
    "pool max of one image": lambda: (nn.MaxPool2d(2), image(3, 5, 4)),
    "pool mean": lambda: (nn.AvgPool2d(2, padding=1), image()),
    "pool mean of what is there": lambda: (
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        image(),
    ),
    "pool mean 3d": lambda: (nn.AvgPool3d(2), image(1, 2, 4, 4, 4)),
    "pool of powers": lambda: (nn.LPPool2d(2, 2), image()),
    "pool adaptive": lambda: (nn.AdaptiveAvgPool2d((3, 5)), image()),
    "pool to one": lambda: (nn.AdaptiveAvgPool2d(1), image()),
    "pool max adaptive": lambda: (nn.AdaptiveMaxPool2d(4), image()),
    "norm BatchNorm1d": lambda: (nn.BatchNorm1d(4), image(3, 4)),
    "norm BatchNorm2d": lambda: (nn.BatchNorm2d(4), image()),
    "norm InstanceNorm2d": lambda: (nn.InstanceNorm2d(4, affine=True), image()),
    "norm LayerNorm": lambda: (nn.LayerNorm(4), image(2, 3, 4)),
    "norm RMSNorm": lambda: (nn.RMSNorm(4), image(2, 3, 4)),
    "norm GroupNorm": lambda: (nn.GroupNorm(2, 4), image(2, 4, 5)),
    "norm LocalResponseNorm": lambda: (nn.LocalResponseNorm(2), image()),
    "embedding": lambda: (nn.Embedding(5, 3), ag.tensor([[0, 4], [2, 1]])),
    "embedding bag": lambda: (nn.EmbeddingBag(5, 3), ag.tensor([[0, 4], [2, 1]])),
    "shape Dropout": lambda: (nn.Dropout(0.5), image(2, 3)),
    "shape Flatten": lambda: (nn.Flatten(), image()),
    "shape Unflatten": lambda: (nn.Unflatten(1, (2, 3)), image(2, 6)),
    "shape Upsample": lambda: (nn.Upsample(scale_factor=2), image(1, 2, 3, 3)),
    "shape Upsample bilinear": lambda: (nn.Upsample(scale_factor=2, mode="bilinear"), image(1, 2, 3, 3)),
    "shape PixelShuffle": lambda: (nn.PixelShuffle(2), image()),
    "shape ChannelShuffle": lambda: (nn.ChannelShuffle(2), image()),
    "shape ReplicationPad2d": lambda: (nn.ReplicationPad2d((1, 2, 0, 1)), image()),
    "shape CircularPad1d": lambda: (nn.CircularPad1d(2), image(1, 2, 5)),
    "shape ConstantPad1d": lambda: (nn.ConstantPad1d(1, 2.5), image(1, 2, 5)),
    "distance CosineSimilarity": lambda: (nn.CosineSimilarity(), image(2, 3), image(2, 3)),
    "distance PairwiseDistance": lambda: (nn.PairwiseDistance(), image(2, 3), image(2, 3)),
    "recurrent RNN": lambda: (nn.RNN(3, 4, nonlinearity="relu"), image(3, 2, 3)),
    "recurrent LSTM": lambda: (nn.LSTM(3, 4, num_layers=2, batch_first=True, proj_size=2), image(2, 3, 3)),
    "recurrent GRU": lambda: (nn.GRU(3, 4, bidirectional=True), image(3, 2, 3)),
    "recurrent LSTMCell": lambda: (nn.LSTMCell(3, 4), image(2, 3)),
    "recurrent GRUCell": lambda: (nn.GRUCell(3, 4, bias=False), image(2, 3)),
    "attention Multihead": lambda: (nn.MultiheadAttention(4, 2), *[image(2, 3, 4)] * 3),
    "attention Encoder": lambda: (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), image(2, 3, 4)),
    "attention Decoder": lambda: (nn.TransformerDecoderLayer(4, 2, 8), image(3, 2, 4), image(5, 2, 4)),
}  # fmt: skip


class Unpooling(nn.Module):
    """Pools, and puts the maxima back to where they were."""

    def __init__(self, dims):
        super().__init__()
        self.pool = getattr(nn, f"MaxPool{dims}d")(2, return_indices=True)
        self.back = getattr(nn, f"MaxUnpool{dims}d")(2)

    def forward(self, x):
        return self.back(*self.pool(x))


def cube():
    return image(1, 2, 4, 4, 4)


LAYERS |= {
    **{f"padding {name}": lambda n=name, d=dims, v=value: (getattr(nn, n)(1, *v), image(*[2] * 2, *[3] * d))
       for kind, value in {"Circular": (), "Constant": (2.5,), "Reflection": (), "Replication": (), "Zero": ()}.items()
       for dims in (1, 2, 3) for name in [f"{kind}Pad{dims}d"]},
    **{f"unpooling {d}": lambda d=d: (Unpooling(d), image(1, 2, *[4] * d)) for d in (1, 2, 3)},
    **{f"pools {name}": lambda n=name: (getattr(nn, n)(2), image(1, 2, 6))
       for name in ("AvgPool1d", "AdaptiveAvgPool1d", "AdaptiveMaxPool1d")},
    **{f"pools {name}": lambda n=name: (getattr(nn, n)(2), cube())
       for name in ("MaxPool3d", "AdaptiveAvgPool3d", "AdaptiveMaxPool3d")},
    "pools LPPool1d": lambda: (nn.LPPool1d(2, 3), image(1, 2, 6)),
    "pools LPPool3d": lambda: (nn.LPPool3d(2, 2), cube()),
    **{f"dropping {name}": lambda n=name: (getattr(nn, n)(0.3), image(2, 3, *([2] * int("0123".find(n[-2]) if n[-2] in "123" else 0))))
       for name in ("Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")},
    "dropping RReLU": lambda: (nn.RReLU(), image(3, 4)),
    "norms BatchNorm3d": lambda: (nn.BatchNorm3d(2), cube()),
    "norms InstanceNorm1d": lambda: (nn.InstanceNorm1d(2, track_running_stats=True), image(2, 2, 5)),
    "norms InstanceNorm3d": lambda: (nn.InstanceNorm3d(2), cube()),
    "shapes PixelUnshuffle": lambda: (nn.PixelUnshuffle(2), image()),
    "shapes Softmax2d": lambda: (nn.Softmax2d(), image()),
    "shapes UpsamplingBilinear2d": lambda: (nn.UpsamplingBilinear2d(scale_factor=2), image(1, 2, 3, 3)),
    "shapes UpsamplingNearest2d": lambda: (nn.UpsamplingNearest2d(scale_factor=2), image(1, 2, 3, 3)),
    "shapes ConvTranspose3d": lambda: (nn.ConvTranspose3d(2, 1, 2), image(1, 2, 3, 3, 3)),
    "shapes RNNCell": lambda: (nn.RNNCell(3, 4), image(2, 3)),
    "transformers Transformer": lambda: (nn.Transformer(4, 2, 1, 1, 8), image(3, 2, 4), image(2, 2, 4)),
    "transformers Encoder": lambda: (nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2), image(3, 2, 4)),
    "transformers Decoder": lambda: (
        nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 1),
        image(3, 2, 4),
        image(2, 2, 4),
    ),
}  # fmt: skip


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(64, 3)

    def forward(self, image):
        h = F.max_pool2d(F.relu(self.norm(self.first(image))), 2)
        h = h + self.second(h)
        return F.log_softmax(self.last(h.flatten(1)), -1)


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(11, 8)
        self.places = nn.Parameter(ag.randn(6, 8))
        self.block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
        self.out = nn.Linear(8, 11)

    def forward(self, tokens):
        n = tokens.shape[1]
        mask = ag.ones(n, n, dtype="bool").triu(1)
        return self.out(self.block(self.words(tokens) + self.places[:n], src_mask=mask))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.LSTM(3, 4, batch_first=True)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.steps(x)[0][:, -1])


class Mixed(nn.Module):
    """All kinds of ops, results in a dict."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(ag.randn(3, 4))

    def forward(self, x, y):
        h = (x @ self.w).exp().clamp(max=5.0)
        h[:, 0] = 0.5
        z = ag.where(h > 1, h, y) ** 2 / 3 + ag.arange(4)
        return {
            "sums": z.sum(0) / 2 + z.cumsum(1).log1p() - z % 2,
            "places": z.argmax(1),
            "truth": ~(z.sum(-1, keepdim=True) > 2),
            "parts": ag.cat([z, z], 1)[:, ::2][None, ..., 1:3].flip(0),
            "spread": z.var(1) + z.std(1, correction=0) + z.amax(1) + z.max(),
            "triangle": ag.tril(z),
            "whole": z.argmax(1).to(z.dtype) * 1.5,
        }


MODELS = {
    "perceptron": lambda: (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), image(5, 3)),
    "convolutional": lambda: (Convolutional(), image(2, 1, 8, 8)),
    "language": lambda: (Language(), ag.tensor([[1, 2, 3, 4], [5, 6, 7, 8]])),
    "recurrent": lambda: (Recurrent(), image(2, 3, 3)),
}


def tensors(result):
    if isinstance(result, dict):
        result = [*result.values()]
    if isinstance(result, (tuple, list)):
        return [y for part in result for y in tensors(part)]
    return [] if result is None else [result.numpy()]


def same(model, made, xs):
    """The outputs of both programs that run ONNX are the model's."""
    from onnx.reference import ReferenceEvaluator

    with ag.no_grad():
        wanted = tensors(model.eval()(*xs))
    given = {entry.name: x.numpy() for entry, x in zip(made.graph.input, xs)}
    runs = [ReferenceEvaluator(made).run(None, given)]
    try:
        import onnxruntime
    except ImportError:
        pass
    else:
        session = onnxruntime.InferenceSession(
            made.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        runs.append(session.run(None, given))
    for found in runs:
        for a, b in zip(found, wanted, strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            np.testing.assert_allclose(a, b, 2e-4, 2e-5)


@pytest.fixture
def onnx():
    return pytest.importorskip("onnx")


@each(
    [named(f"{name} {i}", make) for i, (name, make) in enumerate(LAYERS.items())],
    lambda x: x.split()[0],
)
def test_every_layer_computes_the_same(make):
    pytest.importorskip("onnx")
    model, *xs = make()
    same(model, export(model, tuple(xs)), xs)


@pytest.mark.parametrize("name", MODELS)
def test_models_compute_the_same_of_batches_of_any_size(onnx, name, tmp_path):
    model, x = MODELS[name]()
    path = tmp_path / "model.onnx"
    made = export(model, x, path, dynamic_batch=True)
    assert onnx.load(path) == made and model.training
    (entry,) = made.graph.input
    assert entry.type.tensor_type.shape.dim[0].dim_param == "batch"
    names = {constant.name for constant in made.graph.initializer}
    assert {name for name, _ in model.named_parameters()} <= names
    for xs in (x, x[:1], ag.cat([x, x, x])):
        same(model, made, [xs])


def test_ops_of_all_kinds_and_their_names(onnx):
    model, xs = Mixed(), (image(2, 3), image(2, 4))
    made = export(model, xs)
    same(model, made, xs)
    assert [entry.name for entry in made.graph.input] == ["x", "y"]
    assert [entry.name for entry in made.graph.output] == [f"output_{i}" for i in range(7)]
    net = nn.Linear(3, 2)
    given = export(net, image(1, 3), input_names=["a"], output_names=["b"])
    (node,) = given.graph.node
    assert (node.op_type, *node.input, *node.output) == ("Gemm", "a", "weight", "bias", "b")


class Odd(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def volume(x):
    return x.reshape(2, 1, 2, 2)


def masked(x):
    y = x * 2
    y[y > 0] = 0.5
    y[ag.tensor([[True, False, False, True]] * 2)] = ag.tensor([1.0, 2.0, 3.0, 4.0])
    return y


ROWS, COLUMNS = ag.tensor([1, 0, 1]), ag.tensor([[1, 1, 0]])
PLACES = {
    "order sort": lambda x: x.sort(1),
    "order sort, descending": lambda x: x.sort(0, descending=True),
    "order sort of equal elements": lambda x: ((x > 0).to("float32").sort(1), (x > 0).sort(1, True)[1]),
    "order of numbers": lambda x: (x.reshape(-1).sort()[1], x.sum().sort()[1]),
    "order topk": lambda x: (x.topk(2), x.topk(3, 1, largest=False)[1]),
    "order ranks": lambda x: (x.kthvalue(2, 1), x.median(1), x.median(0)[1]),
    "order searchsorted": lambda x: ag.searchsorted(ag.tensor([-0.5, 0.0, 1.0]), x),
    "best max": lambda x: (x.max(1), x.min(0, keepdim=True), x.max(-1)[1]),
    "best one_hot": lambda x: F.one_hot(x.argmax(1), 4),
    "read gather": lambda x: (x.gather(1, ag.tensor([[0, -1], [2, 0]])), x.gather(0, (x > 0).to(int))),
    "read take_along_dim": lambda x: (ag.take_along_dim(x, x.argsort(1)[:, :2], 1), ag.take(x, x.argmax(1))),
    "read index_select": lambda x: (x.index_select(1, x.argmax(1)), x[:, x.argmax(1)], x[x.argmax(1) % 2]),
    "read embedding": lambda x: F.embedding(x.argmax(1), ag.ones(4, 3)),
    "read pairs": lambda x: (x[x.argmax(0) % 2, ag.arange(4)], x[ag.arange(2), x.argmax(1)], x[ROWS, 2]),
    "read in the middle": lambda x: (volume(x)[:, :, ROWS, COLUMNS], volume(x)[None, :, 0, ROWS, None, COLUMNS]),
    "read apart": lambda x: (volume(x)[ROWS, :, COLUMNS], volume(x)[ROWS, None, 0, :, COLUMNS], volume(x)[0, :, ROWS]),
    "read masks": lambda x: (x[:, ag.tensor([True, False, True, True])], x[ag.tensor([[True, False] * 2] * 2)]),
    "read repeated": lambda x: (x.repeat_interleave(2, 1), x.repeat_interleave(ag.tensor([1, 3]), 0)),
    "written masks": masked,
    "written scatter": lambda x: (x.scatter(1, ag.tensor([[0], [1]]), 9.0), ag.zeros(2, 4).scatter(1, x.argsort(1), x)),
    "written index_add": lambda x: (x.index_add(1, ag.tensor([0, 1, 1]), x[:, :3]), x.index_add(0, x.argmax(1) % 2, x)),
    "pools": lambda x: F.max_pool1d(x, 2, return_indices=True),
    "pools, overlapping": lambda x: F.max_pool2d(volume(x), 2, 1, 1, return_indices=True),
    "pools of a batch": lambda x: F.max_pool1d(x[None], 2, 1, 1, return_indices=True),
    "pools, dilated": lambda x: F.max_pool1d(x, 2, 1, 0, 2, return_indices=True),
    "pools, uneven": lambda x: (F.adaptive_max_pool1d(x, 3, return_indices=True), F.adaptive_max_pool2d(volume(x), 1)),
    "pools and back": lambda x: F.max_unpool1d(*F.max_pool1d(x[None], 2, return_indices=True), 2),
    "numbers": lambda x: (x.frac(), x.argmax(1) % 3),
}  # fmt: skip


@each(
    [named(f"{name} {i}", f) for i, (name, f) in enumerate(PLACES.items())], lambda x: x.split()[0]
)
def test_reading_and_writing_at_places(function):
    pytest.importorskip("onnx")
    model, x = Odd(function), image(2, 4)
    same(model, export(model, x), [x])
    same(model, export(model, x), [image(2, 4)])


def test_places_in_batches_of_any_size(onnx):
    def found(x):
        values, places = F.max_pool2d(x, 2, return_indices=True)
        return values.flatten(1).topk(2)[0], places, x.flatten(1).max(1), x.flatten(1).sort(1)[1]

    x = image(3, 2, 4, 4)
    made = export(Odd(found), x, dynamic_batch=True)
    for given in (x, image(5, 2, 4, 4), x[:1]):
        same(Odd(found), made, [given])


DRAWN = {
    "rand": (lambda x: ag.rand(len(x)) + 1, 1.5, 12**-0.5),
    "randn": (lambda x: 2 * ag.randn(len(x)), 0, 2),
    "normal": (lambda x: ag.normal(1.0, 3.0, (len(x),)), 1, 3),
    "randint": (lambda x: ag.randint(2, 5, (len(x),)).to("float32"), 3, (2 / 3) ** 0.5),
    "dropout": (lambda x: F.dropout(ag.ones_like(x), 0.25), 1, 3**-0.5),
}


@each([named(f"{name}-0", *row) for name, row in DRAWN.items()], lambda name: "all")
def test_random_numbers_are_drawn_by_what_runs_the_model(function, mean, std):
    onnxruntime = pytest.importorskip("onnxruntime")
    from onnx.reference import ReferenceEvaluator

    x = image(2000, 1)
    for dynamic in (False, True):
        made = export(Odd(function), x, dynamic_batch=dynamic)
        session = onnxruntime.InferenceSession(made.SerializeToString())
        for run in (session.run, ReferenceEvaluator(made).run):
            (first,), (second,) = (run(None, {"x": x.numpy()}) for _ in range(2))
            assert len(first) == 2000 and (first != second).any()
            assert abs(first.mean() - mean) < 0.15 * std and abs(first.std() / std - 1) < 0.1


REFUSED = {
    "cummax": (NotImplementedError, r"cummax_places\(\) has no.*test_onnx.py:[0-9]+", lambda x: x.cummax(1)[0]),
    "lgamma": (NotImplementedError, r"lgamma\(\) has no counterpart.*test_onnx.py:[0-9]+", lambda x: x.lgamma()),
    "bernoulli": (NotImplementedError, r"bernoulli\(\) draws.*test_onnx.py:[0-9]+", lambda x: ag.bernoulli(x.sigmoid())),
    "drawn unseen": (ag.TraceError, "not recorded", lambda x: F.gumbel_softmax(x)),
    "masks": (NotImplementedError, "as many elements as it holds.*test_onnx.py:[0-9]+", lambda x: x[x > 0]),
    "nonzero": (NotImplementedError, "as many rows as.*test_onnx.py:[0-9]+", lambda x: x.nonzero()),
    "decision": (ag.TraceError, "test_onnx.py:[0-9]+", lambda x: x if x.sum() > 0 else -x),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_named_with_its_line(onnx, name):
    error, words, function = REFUSED[name]
    with pytest.raises(error, match=words):
        export(Odd(function), image(2, 3))


def test_what_cannot_be_written_is_said(onnx, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="size of the batch, 2, is part of"):
        export(Odd(lambda x: x * x.shape[0]), image(2, 3), dynamic_batch=True)
    with pytest.raises(ValueError, match="named .*onnx, not 'model.bin'"):
        export(nn.Linear(3, 2), image(2, 3), tmp_path / "model.bin")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install onnx .*autograd-engine\[onnx\]"):
        export(nn.Linear(3, 2), image(2, 3))
