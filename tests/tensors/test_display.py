"""Printed tensors, character by character as PyTorch prints them."""

import math

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import tensor

RNG = np.random.default_rng(0)
VALUES = [
    1.0,
    2.5,
    1e-6,
    1e10,
    123456.0,
    True,
    3,
    [],
    [1.0, 2.0],
    [1.5, 2.0],
    [1e-5, 1.0],
    [1e5, 1.5],
    [1e9, 1.0],
    [0.0, 0.0],
    [math.nan, 1.0],
    [math.inf, 1.5],
    [-math.inf, 1.0],
    [-1.0, 1.0],
    [1, 2],
    [-1, 10],
    [True, False],
    [True, True],
    [[1.0, 2.0], [3.0, 4.5]],
    [1e-8, 1e-7],
    [1e4, 1e-4],
    [99999999.0, 1.0],
    [12345678.5, 1.0],
    [0.00012, 0.5],
    [1e3, 0.9],
    [1001.0, 1.5],
    [-0.0, 1.0],
    [[[1.0]]],
    [1e38, 1.0],
    [math.nan, math.nan],
    np.zeros((0, 3), "f"),
    np.arange(3.0),
    np.arange(3, dtype="int32"),
    np.array([1, 2], "uint8"),
    np.array([1.5], "float16"),
    np.float64(3.0),
    np.arange(30),
    np.arange(2000.0, dtype="f"),
    np.arange(2000),
    np.arange(60.0) + 0.5,
    RNG.standard_normal((3, 4)),
    RNG.standard_normal((2, 2, 2)).astype("f"),
    RNG.standard_normal(30).astype("f"),
    RNG.standard_normal((40, 40)).astype("f"),
    RNG.standard_normal((11, 3, 12)).astype("f"),
    RNG.standard_normal((1, 4)),
    np.ones((3, 5)) > 0,
]


def same(values):
    torch = pytest.importorskip("torch")
    theirs = repr(torch.tensor(values)).replace("torch.", "")
    assert repr(tensor(values)) == theirs


@pytest.mark.parametrize("values", VALUES, ids=lambda values: str(np.shape(values)))
def test_as_pytorch_prints(values):
    same(values)


def test_set_printoptions_as_pytorch():
    torch = pytest.importorskip("torch")
    try:
        for settings in (
            {"precision": 2},
            {"threshold": 5, "edgeitems": 1},
            {"linewidth": 40},
            {"sci_mode": True},
            {"profile": "short"},
            {"profile": "full"},
        ):
            for m in (ag, torch):
                m.set_printoptions(profile="default")
                m.set_printoptions(**settings)
            for values in (
                RNG.standard_normal((4, 12)),
                np.arange(20.0),
                np.arange(1500),
                [[1, 2]],
            ):
                same(values)
    finally:
        ag.set_printoptions(profile="default")
        torch.set_printoptions(profile="default")
    with pytest.raises(ValueError, match="one of default, short, full, got 'long'"):
        ag.set_printoptions(profile="long")


def test_the_graph_is_named():
    x = tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MulBackward>)"
