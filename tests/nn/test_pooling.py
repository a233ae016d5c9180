"""Pooling layers against PyTorch: every option, ties, indices, errors."""

import numpy as np
import pytest

import autograd_engine as ag
import nn

LENGTHS = (7, 6, 5)

POOLS = [
    ("MaxPool", (2,), {}),
    ("MaxPool", (3, 2), {}),
    ("MaxPool", (3, 1, 1), {}),
    ("MaxPool", (2, 2, 1), {"ceil_mode": True}),
    ("MaxPool", (2, 1, 0, 2), {}),
    ("MaxPool", (3, 2, 1), {"ceil_mode": True}),
    ("AvgPool", (2,), {}),
    ("AvgPool", (3, 2, 1), {}),
    ("AvgPool", (3, 2, 1), {"count_include_pad": False}),
    ("AvgPool", (2,), {"ceil_mode": True}),
    ("AvgPool", (3, 2, 1, True, False), {}),
    ("AvgPool", (3, 2, 1, True), {}),
    ("AdaptiveAvgPool", (1,), {}),
    ("AdaptiveAvgPool", (3,), {}),
    ("AdaptiveMaxPool", (1,), {}),
    ("AdaptiveMaxPool", (3,), {}),
]
UNEVEN = [
    ("MaxPool2d", ((2, 3), (1, 2), (1, 0)), {}),
    ("AvgPool2d", ((2, 3), (1, 2), (1, 0)), {}),
    ("AvgPool2d", (2,), {"divisor_override": 3}),
    ("AvgPool3d", ((2, 1, 2),), {"divisor_override": 5, "ceil_mode": True}),
    ("MaxPool1d", ((2,),), {}),
    ("AvgPool1d", ((2,), (1,)), {}),
    ("AdaptiveAvgPool2d", ((3, None),), {}),
    ("AdaptiveAvgPool3d", ((2, 3, None),), {}),
    ("AdaptiveMaxPool2d", ((None, 4),), {}),
    ("AdaptiveMaxPool3d", ((1, 2, 3),), {}),
]


def check(name, args, options, agree, twins, rng, batch=(2,)):
    ours, theirs = twins(name, *args, **options)
    agree(ours, theirs, rng.normal(size=(*batch, 3, *LENGTHS[: int(name[-2])])))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("name, args, options", POOLS)
def test_pooling(name, args, options, n, agree, twins, rng):
    check(f"{name}{n}d", args, options, agree, twins, rng)


@pytest.mark.parametrize("name, args, options", UNEVEN)
def test_sizes_of_each_dimension(name, args, options, agree, twins, rng):
    check(name, args, options, agree, twins, rng)


@pytest.mark.parametrize(
    "name, n",
    [
        (name, n)
        for name in ("MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool")
        for n in (1, 2, 3)
    ],
)
def test_without_a_batch(name, n, agree, twins, rng):
    check(f"{name}{n}d", (2,), {}, agree, twins, rng, batch=())


@pytest.mark.parametrize(
    "name, args",
    [
        ("MaxPool1d", (3, 2, 1)),
        ("MaxPool2d", (2,)),
        ("MaxPool3d", (2,)),
        ("AdaptiveMaxPool1d", (3,)),
        ("AdaptiveMaxPool2d", (3,)),
    ],
)
def test_indices(name, args, agree, twins, rng):
    check(name, args, {"return_indices": True}, agree, twins, rng)


def test_ties_go_to_the_first(agree, twins):
    agree(
        *twins("MaxPool2d", 2, 1), np.array([[[[1.0, 1.0, 0.0], [1.0, 1.0, 2.0], [2.0, 2.0, 2.0]]]])
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.MaxPool2d(2, padding=2)(ag.ones(1, 1, 4, 4)),
        lambda: nn.MaxPool2d(5)(ag.ones(1, 1, 4, 4)),
        lambda: nn.AvgPool2d(2)(ag.ones(4, 4)),
        lambda: nn.MaxPool1d(2)(ag.ones(1, 1, 4, 4)),
        lambda: nn.AvgPool2d(2, divisor_override=0)(ag.ones(1, 1, 4, 4)),
        lambda: nn.AdaptiveAvgPool2d((1, 2, 3))(ag.ones(1, 1, 4, 4)),
    ],
)
def test_bad_shapes(call):
    with pytest.raises(RuntimeError):
        call()
