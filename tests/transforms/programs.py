"""Functions, layers and losses that programs are written for."""

import autograd_engine as ag
import nn
from autograd_engine import tensor

F = nn.functional


def model(*layers):
    return nn.Sequential(*layers)


MODELS = {
    "linear": (lambda: nn.Linear(3, 2), (4, 3)),
    "mlp": (lambda: model(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), (5, 3)),
    "layer norm": (lambda: model(nn.Linear(3, 4), nn.LayerNorm(4)), (5, 3)),
    "group norm": (lambda: nn.GroupNorm(2, 4), (5, 4, 3)),
    "rms norm": (lambda: nn.RMSNorm(4), (5, 4)),
    "batch norm in evaluation": (lambda: nn.BatchNorm1d(3).eval(), (5, 3)),
    "convolution": (lambda: nn.Conv2d(1, 2, 2), (2, 1, 4, 4)),
    "max pooling": (lambda: nn.MaxPool2d(2), (2, 1, 4, 4)),
    "average pooling": (lambda: nn.AvgPool2d(2), (2, 1, 4, 4)),
    "cnn": (
        lambda: model(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 2)
        ),
        (3, 1, 4, 4),
    ),
    "masked attention": (
        lambda: lambda x: F.scaled_dot_product_attention(x, x, x, x.argsort(-1) > 0),
        (2, 3, 3),
    ),
    "embedding": (lambda: lambda x: F.embedding(x.argmax(1), x), (3, 3)),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), (2, 3, 4)),
    "recurrent": (lambda: nn.RNN(3, 2), (4, 2, 3)),
    "lstm": (lambda: nn.LSTM(3, 2), (4, 2, 3)),
    "gru": (lambda: nn.GRU(3, 2), (4, 2, 3)),
}

ACTIVATIONS = (
    *("relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "sigmoid"),
    *("tanh", "softsign", "hardtanh", "hardswish", "hardsigmoid", "logsigmoid", "tanhshrink"),
)

LOSSES = {
    "mse": lambda x, y: F.mse_loss(x, y),
    "l1": lambda x, y: F.l1_loss(x, y),
    "huber": lambda x, y: F.huber_loss(x, y),
    "smooth l1": lambda x, y: F.smooth_l1_loss(x, y),
    "bce": lambda x, y: F.binary_cross_entropy(x.sigmoid(), y.sigmoid()),
    "bce with logits": lambda x, y: F.binary_cross_entropy_with_logits(x, y.sigmoid()),
    "kl": lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1), reduction="batchmean"),
    "soft cross entropy": lambda x, y: F.cross_entropy(x, y.softmax(1)),
    "cross entropy": lambda x, y: F.cross_entropy(x, y[:, 0].argsort()),
    "weighted": lambda x, y: F.cross_entropy(x, y[:, 0].argsort(), tensor([1.0, 2.0, 3.0, 1.0])),
    "smoothed": lambda x, y: F.cross_entropy(x, y[:, 0].argsort(), label_smoothing=0.1),
    "nll": lambda x, y: F.nll_loss(x.log_softmax(1), y[:, 0].argsort(), ignore_index=1),
    "cosine": lambda x, y: F.cosine_similarity(x, y).sum(),
    "poisson": lambda x, y: F.poisson_nll_loss(x, y.exp()),
}

FUNCTIONS = {
    "indices": lambda x, y: (x[1:, ::2] * y[0, :2]).sum() + x[-1, 0],
    "a list as index": lambda x, y: x[[0, 0, 1]].sum() * y.mean(),
    "loops": lambda x, y: sum((x @ y.T).tanh()[i].prod() for i in range(3)),
    "in place": lambda x, y: (x * 1).mul_(y).add_(1).prod(),
    "cat": lambda x, y: (ag.cat([x, y], 1).cumsum(1) ** 3).sum(),
    "where": lambda x, y: ag.where(x > y, x, y * y).sum(),
    "detach": lambda x, y: (x.detach() * y).sum() + x.sum(),
    "reductions": lambda x, y: x.var() + y.std(0).sum() + x.amax(1).sum() + y.logsumexp(1).sum(),
    "integers": lambda x, y: (x * ag.arange(4)).sum() / (y**2).sum().sqrt(),
}


def programs():
    for name, (make, shape) in MODELS.items():
        yield name, lambda make=make: squares(make()), [shape]
    for name in ACTIVATIONS:
        yield name, lambda name=name: squares(getattr(F, name)), [(3, 4)]
    for name, function in (LOSSES | FUNCTIONS).items():
        yield name, lambda function=function: function, [(3, 4), (3, 4)]


def squares(f):
    def loss(x):
        y = f(x)
        return ((y[0] if isinstance(y, tuple) else y) ** 2).sum()

    return loss
