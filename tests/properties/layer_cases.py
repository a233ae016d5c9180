"""The functions and layers of ``nn`` as cases, like those that the engine's ops declare."""

import contextlib
import functools


import autograd_engine as ag
import nn
import nn.functional as F

from autograd_engine.ops.declare import at

from ..ops.cases import Case

CLASSES = ag.tensor([2, 0, 1])
IGNORING = ag.tensor([2, -100, 1])
WEIGHTS = ag.tensor([0.3, 1.7, 0.9, 2.2], dtype="float64")
SIGNS = ag.tensor([1.0, -1.0, 1.0], dtype="float64")
MANY = ag.tensor([[2, 0, -1, 1], [1, 3, -1, 0], [0, -1, 2, 3]])


def with_weight(loss, **options):
    """The loss with a weight for each class."""
    return lambda x: loss(x, CLASSES, weight=WEIGHTS, **options)


def functional(name, call, *samples):
    return {f"{name}-{i}": Case(call, sample) for i, sample in enumerate(samples)}


def layer(name, module, *shapes, call=lambda module, *xs: module(*xs)):
    """The layer as a function of its inputs, whose shapes are given, and of its parameters."""
    module = module.double()
    places = [(owner, key) for owner in module.modules() for key in owner._parameters]

    def function(*xs):
        n = len(shapes)
        with replaced(places, xs[n:]):
            return call(module, *xs[:n])

    parameters = [tuple(p.shape) for p in module.parameters()]
    return {name: Case(function, at(*shapes, *parameters, domain="unit"))}


@contextlib.contextmanager
def replaced(places, values):
    """Other tensors in the places of parameters."""
    before = [vars(owner)[key] for owner, key in places]
    for (owner, key), tensor in zip(places, values, strict=True):
        vars(owner)[key] = tensor
    try:
        yield
    finally:
        for (owner, key), parameter in zip(places, before):
            vars(owner)[key] = parameter


PROBABILITIES = ("real", "probability")
FUNCTIONS = {
    **functional("layer_norm", lambda x, w, b: F.layer_norm(x, (3,), w, b), at((2, 3), (3,), (3,))),
    **functional("rms_norm", lambda x, w: F.rms_norm(x, (3,), w, eps=1e-5), at((2, 3), (3,))),
    **functional("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), at((2, 4, 2), (4,), (4,))),
    **functional(
        "batch_norm",
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        at((3, 2), (2,), (2,)),
        at((2, 2, 3), (2,), (2,)),
    ),
    **functional(
        "batch_norm of running numbers",
        lambda x, mean, var, w, b: F.batch_norm(x, mean, var, w, b),
        at((3, 2), (2,), (2,), (2,), (2,), domain=("real", "real", "positive", "real", "real")),
    ),
    **functional("instance_norm", lambda x: F.instance_norm(x), at((2, 2, 4))),
    **functional("local_response_norm", lambda x: F.local_response_norm(x, 2), at((2, 3, 2))),
    **functional("normalize", F.normalize, at((2, 3)), at((3,), dim=0)),
    **functional("cosine_similarity", F.cosine_similarity, at((2, 3), (2, 3)), at((2, 3), (1, 3))),
    **functional("pairwise_distance", F.pairwise_distance, at((2, 3), (2, 3)), at((2, 3), (3,))),
    **functional(
        "bilinear", F.bilinear, at((2, 3), (2, 4), (2, 3, 4), (2,)), at((2, 2), (2, 2), (1, 2, 2))
    ),
    **functional("prelu", F.prelu, at((2, 3), (3,)), at((2, 3), (1,))),
    **functional("glu", F.glu, at((2, 4)), at((4, 2), 0)),
    **functional("embedding", lambda w: F.embedding(ag.tensor([1, 0, 1]), w), at((3, 2))),
    **functional(
        "embedding_bag",
        lambda w, s: F.embedding_bag(
            ag.tensor([[1, 0], [2, 1]]), w, per_sample_weights=s, mode="sum"
        ),
        at((3, 2), (2, 2)),
    ),
    **functional(
        "scaled_dot_product_attention",
        F.scaled_dot_product_attention,
        at((2, 3, 2), (2, 3, 2), (2, 3, 2)),
        at((1, 3, 2), (1, 3, 2), (1, 3, 2), is_causal=True),
        at((1, 2, 2), (1, 3, 2), (1, 3, 2), (2, 3)),
    ),
    **functional("softmax", lambda x: F.softmax(x, dim=-1), at((2, 3))),
    **functional("softmin", lambda x: F.softmin(x, dim=-1), at((2, 3))),
    **functional("log_softmax", lambda x: F.log_softmax(x, dim=-1), at((2, 3))),
    # losses
    **functional("cross_entropy", lambda x: F.cross_entropy(x, CLASSES), at((3, 4))),
    **functional("cross_entropy, one row", lambda x: F.cross_entropy(x, ag.tensor(2)), at((4,))),
    **functional("cross_entropy, ignoring", lambda x: F.cross_entropy(x, IGNORING), at((3, 4))),
    **functional(
        "cross_entropy, smooth",
        lambda x: F.cross_entropy(x, CLASSES, label_smoothing=0.2, reduction="none"),
        at((3, 4)),
        at((3, 4, 1), through=lambda x: x[..., 0]),
    ),
    **functional(
        "cross_entropy, of images",
        lambda x: F.cross_entropy(x, ag.tensor([[2, 0], [1, 3]]), reduction="sum"),
        at((2, 4, 2)),
    ),
    **functional(
        "cross_entropy, weighed",
        with_weight(F.cross_entropy),
        at((3, 4)),
    ),
    **functional(
        "cross_entropy, weighed and smooth",
        with_weight(F.cross_entropy, label_smoothing=0.2),
        at((3, 4)),
    ),
    **functional("cross_entropy, of probabilities", F.cross_entropy, at((3, 4), (3, 4))),
    **functional(
        "cross_entropy, of probabilities, weighed",
        lambda x, target, weight: F.cross_entropy(x, target, weight=weight, label_smoothing=0.1),
        at((3, 4), (3, 4), (4,), domain=("real", "probability", "positive")),
    ),
    **functional("nll_loss", lambda x: F.nll_loss(x, CLASSES), at((3, 4))),
    **functional("nll_loss, weighed", with_weight(F.nll_loss), at((3, 4))),
    **functional(
        "mse_loss",
        F.mse_loss,
        at((2, 3), (2, 3)),
        at((3,), (3,), reduction="none"),
        at((), (), reduction="sum"),
    ),
    **functional("l1_loss", F.l1_loss, at((2, 3), (2, 3)), at((3,), (3,), reduction="none")),
    **functional("smooth_l1_loss", F.smooth_l1_loss, at((2, 3), (2, 3)), at((3,), (3,), beta=0.3)),
    **functional("huber_loss", F.huber_loss, at((2, 3), (2, 3)), at((3,), (3,), delta=0.3)),
    **functional(
        "binary_cross_entropy", F.binary_cross_entropy, at((2, 3), (2, 3), domain="probability")
    ),
    **functional(
        "binary_cross_entropy, weighed",
        lambda x, target, weight: F.binary_cross_entropy(x, target, weight=weight),
        at((2, 3), (2, 3), (3,), domain=("probability", "probability", "positive")),
    ),
    **functional(
        "binary_cross_entropy_with_logits",
        F.binary_cross_entropy_with_logits,
        at((2, 3), (2, 3), domain=PROBABILITIES),
        at((3,), (3,), reduction="none", domain=PROBABILITIES),
    ),
    **functional(
        "binary_cross_entropy_with_logits, weighed",
        lambda x, target, weight, positive: F.binary_cross_entropy_with_logits(
            x, target, weight=weight, pos_weight=positive
        ),
        at((2, 3), (2, 3), (2, 1), (3,), domain=(*PROBABILITIES, "positive", "positive")),
    ),
    **functional("kl_div", F.kl_div, at((2, 3), (2, 3), reduction="sum", domain=PROBABILITIES)),
    **functional(
        "kl_div of logarithms",
        F.kl_div,
        at((2, 3), (2, 3), log_target=True, reduction="batchmean"),
    ),
    **functional(
        "poisson_nll_loss",
        F.poisson_nll_loss,
        at((2, 3), (2, 3), domain=("real", "positive")),
        at((2, 3), (2, 3), log_input=False, domain="positive"),
        at((2, 3), (2, 3), full=True, domain=("real", "above_one")),
    ),
    **functional(
        "gaussian_nll_loss",
        F.gaussian_nll_loss,
        at((2, 3), (2, 3), (2, 3), domain=("real", "real", "positive")),
        at((2, 3), (2, 3), (2, 1), full=True, domain=("real", "real", "positive")),
    ),
    **functional("hinge_embedding_loss", lambda x: F.hinge_embedding_loss(x, SIGNS), at((3,))),
    **functional(
        "margin_ranking_loss",
        lambda a, b: F.margin_ranking_loss(a, b, SIGNS, margin=0.3),
        at((3,), (3,)),
    ),
    **functional(
        "cosine_embedding_loss",
        lambda a, b: F.cosine_embedding_loss(a, b, SIGNS),
        at((3, 2), (3, 2)),
    ),
    **functional("soft_margin_loss", lambda x: F.soft_margin_loss(x, SIGNS), at((3,))),
    **functional("multi_margin_loss", lambda x: F.multi_margin_loss(x, CLASSES), at((3, 4))),
    **functional(
        "multi_margin_loss, weighed",
        with_weight(F.multi_margin_loss, p=2),
        at((3, 4)),
    ),
    **functional("multilabel_margin_loss", lambda x: F.multilabel_margin_loss(x, MANY), at((3, 4))),
    **functional(
        "multilabel_soft_margin_loss",
        F.multilabel_soft_margin_loss,
        at((2, 3), (2, 3), domain=PROBABILITIES),
    ),
    **functional(
        "triplet_margin_loss",
        functools.partial(F.triplet_margin_loss, margin=3.0),
        at((2, 3), (2, 3), (2, 3)),
        at((2, 3), (2, 3), (2, 3), swap=True, p=3.0),
    ),
    **functional(
        "triplet_margin_with_distance_loss",
        F.triplet_margin_with_distance_loss,
        at((2, 3), (2, 3), (2, 3), margin=3.0),
    ),
    **functional("focal_loss", lambda x: F.focal_loss(x, CLASSES), at((3, 4))),
    **functional(
        "gaussian_mixture_nll_loss",
        F.gaussian_mixture_nll_loss,
        at((2, 3), (2, 3), (2, 3), (2,), domain=("real", "real", "positive", "real")),
    ),
    **functional(
        "ctc_loss",
        lambda x: F.ctc_loss(
            x.log_softmax(-1), ag.tensor([[1, 2]]), ag.tensor([3]), ag.tensor([2])
        ),
        at((3, 1, 3)),
    ),
}

LAYERS = {
    **layer("Linear", nn.Linear(3, 2), (2, 3)),
    **layer("Conv1d", nn.Conv1d(2, 2, 2), (1, 2, 3)),
    **layer("Bilinear", nn.Bilinear(2, 3, 2), (2, 2), (2, 3)),
    **layer("LayerNorm", nn.LayerNorm(3), (2, 3)),
    **layer("BatchNorm1d", nn.BatchNorm1d(2), (3, 2)),
    **layer("GroupNorm", nn.GroupNorm(2, 4), (2, 4)),
    **layer("PReLU", nn.PReLU(3), (2, 3)),
    **layer("RNNCell", nn.RNNCell(2, 2), (1, 2), (1, 2)),
    **layer("GRUCell", nn.GRUCell(2, 2), (1, 2), (1, 2)),
    **layer(
        "LSTMCell", nn.LSTMCell(2, 2), (1, 2), (1, 2), (1, 2), call=lambda m, x, *s: m(x, tuple(s))
    ),
    **layer("RNN", nn.RNN(2, 2), (2, 1, 2), (1, 1, 2)),
    **layer("RNN with relu", nn.RNN(2, 2, nonlinearity="relu"), (2, 1, 2), (1, 1, 2)),
    **layer("GRU", nn.GRU(2, 2), (2, 1, 2), (1, 1, 2)),
    **layer(
        "LSTM",
        nn.LSTM(2, 2),
        (2, 1, 2),
        (1, 1, 2),
        (1, 1, 2),
        call=lambda m, x, *s: m(x, tuple(s)),
    ),
    **layer("MultiheadAttention", nn.MultiheadAttention(2, 1), (2, 2), (3, 2), (3, 2)),
    **layer("TransformerEncoderLayer", nn.TransformerEncoderLayer(2, 1, 2, dropout=0.0), (2, 1, 2)),
}
