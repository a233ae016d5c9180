"""Layers on batches without samples: what comes out is as empty, gradients of weights are zeros.
PyTorch says which shapes.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn

LAYERS = [
    ("Linear", (3, 4), (0, 3)),
    ("Linear", (3, 4), (2, 0, 3)),
    ("Bilinear", (3, 3, 4), (0, 3)),
    ("Conv1d", (2, 4, 3), (0, 2, 5)),
    ("Conv2d", (2, 4, 3, 2, 1), (0, 2, 5, 6)),
    ("Conv2d", (2, 4, 3, 1, 1, 1, 2), (0, 2, 5, 6)),
    ("Conv3d", (2, 4, 2), (0, 2, 3, 4, 5)),
    ("ConvTranspose1d", (2, 4, 3), (0, 2, 5)),
    ("ConvTranspose2d", (2, 4, 3, 2), (0, 2, 5, 6)),
    ("MaxPool1d", (2,), (0, 2, 5)),
    ("MaxPool2d", (2,), (0, 2, 5, 6)),
    ("AvgPool1d", (2,), (0, 2, 5)),
    ("AvgPool2d", (2, 1, 1), (0, 2, 5, 6)),
    ("AdaptiveAvgPool1d", (2,), (0, 2, 5)),
    ("AdaptiveAvgPool2d", (2,), (0, 2, 5, 6)),
    ("LPPool2d", (2, 2), (0, 2, 4, 6)),
    ("ReflectionPad1d", (1,), (0, 2, 5)),
    ("ZeroPad2d", (1,), (0, 2, 5, 6)),
    ("CircularPad1d", (1,), (0, 2, 5)),
    ("ChannelShuffle", (2,), (0, 4, 5, 6)),
    ("Upsample", (None, 2.0), (0, 2, 5)),
    ("Upsample", (None, 2.0, "bilinear"), (0, 2, 5, 6)),
    ("Unfold", (2,), (0, 2, 5, 6)),
    ("Flatten", (), (0, 2, 3)),
    ("Unflatten", (1, (2, 2)), (0, 4)),
    ("ReLU", (), (0, 3)),
    ("PReLU", (3,), (0, 3)),
    ("GLU", (), (0, 4)),
    ("Softmax", (1,), (0, 4)),
    ("LogSoftmax", (1,), (0, 4)),
    ("Dropout", (0.0,), (0, 4)),
    ("RNN", (3, 2), (5, 0, 3)),
    ("LSTM", (3, 2), (5, 0, 3)),
    ("GRU", (3, 2), (5, 0, 3)),
    ("LSTMCell", (3, 2), (0, 3)),
    ("GRUCell", (3, 2), (0, 3)),
    ("TransformerEncoderLayer", (4, 2, 3, 0.0), (5, 0, 4)),
    ("CosineSimilarity", (), (0, 4)),
    ("PairwiseDistance", (), (0, 4)),
]
TWO_INPUTS = ("Bilinear", "CosineSimilarity", "PairwiseDistance")


@pytest.mark.parametrize("name, args, shape", LAYERS)
def test_of_an_empty_batch(name, args, shape, torch):
    outputs, gradients = [], []
    for lib, tensor in ((nn, nn.Parameter), (torch.nn, lambda a: torch.tensor(a).requires_grad_())):
        layer = getattr(lib, name)(*args).double()
        inputs = [tensor(np.zeros(shape)) for _ in range(1 + (name in TWO_INPUTS))]
        y = layer(*inputs)
        y = y[0] if isinstance(y, tuple) else y
        y.sum().backward()
        outputs.append(tuple(y.shape))
        assert all(tuple(x.grad.shape) == shape for x in inputs)
        gradients.append({n: p.grad for n, p in layer.named_parameters()})
    assert outputs[0] == outputs[1]
    for which, gradient in gradients[0].items():
        expected = gradients[1][which]
        assert (gradient is None) == (expected is None), which
        assert gradient is None or (np.asarray(gradient) == 0).all(), which


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_of_no_words(name, torch):
    ours = getattr(nn, name)(5, 3)
    y = ours(ag.zeros(0, 2, dtype="int64"))
    theirs = getattr(torch.nn, name)(5, 3)(torch.zeros(0, 2, dtype=torch.long))
    assert tuple(y.shape) == tuple(theirs.shape)
    y.sum().backward()
    assert (ours.weight.grad == 0).all()
