"""Sizes that make no sense are refused with a sentence, by the constructor or at the first call."""

import pytest

import autograd_engine as ag
import nn

NONSENSE = [
    ("Linear", (-2, 3), (4, 2)),
    ("Bilinear", (0, 2, 3), (4, 2)),
    ("Embedding", (-2, 3), (4,)),
    ("LayerNorm", (-2,), (4, 2)),
    ("BatchNorm1d", (-2,), (4, 2)),
    ("GroupNorm", (0, 3), (4, 3)),
    ("GroupNorm", (-3, 3), (4, 3)),
    ("LocalResponseNorm", (0,), (2, 3, 4)),
    ("ChannelShuffle", (0,), (1, 4, 2, 2)),
    ("ChannelShuffle", (-2,), (1, 4, 2, 2)),
    ("Conv1d", (2, 3, 0), (2, 2, 5)),
    ("Conv1d", (2, 3, -1), (2, 2, 5)),
    ("Conv2d", (2, 3, 2, 0), (2, 2, 5, 5)),
    ("Conv1d", (2, 3, 2, 1, -1), (2, 2, 5)),
    ("Conv3d", (2, 3, 2, 1, 0, 0), (2, 2, 5, 5, 5)),
    ("ConvTranspose1d", (2, 3, 0), (2, 2, 5)),
    ("ConvTranspose2d", (2, 3, 2, 0), (2, 2, 5, 5)),
    ("MaxPool1d", (0,), (2, 2, 5)),
    ("AvgPool2d", (2, 0), (2, 2, 5, 5)),
    ("AdaptiveAvgPool1d", (-1,), (2, 2, 5)),
    ("Upsample", (-1,), (1, 2, 3)),
    ("RNN", (0, 3), (2, 2, 1)),
    ("RNNCell", (0, 3), (2, 1)),
    ("LSTMCell", (2, 0), (2, 2)),
    ("GRUCell", (2, -1), (2, 2)),
    ("MultiheadAttention", (4, 0), (3, 4)),
    ("PReLU", (-1,), (2, 3)),
    ("PReLU", (0,), (2, 3)),
    ("Dropout", (-1,), (2, 3)),
]


@pytest.mark.parametrize("name, args, shape", NONSENSE)
def test_nonsense_is_refused(name, args, shape):
    with pytest.raises((ValueError, RuntimeError), match=r"-?\d|negative"):
        layer = getattr(nn, name)(*args)
        layer(ag.zeros(*shape), *[ag.zeros(*shape)] * (name == "Bilinear"))
