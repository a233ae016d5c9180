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


# --- power and fractional pooling -----------------------------------------------------------------

POWER = [
    ("LPPool1d", (2, 3), {}, (2, 3, 8)),
    ("LPPool1d", (3.0, 2, 1), {}, (3, 7)),
    ("LPPool1d", (2, 3), {"ceil_mode": True}, (2, 3, 8)),
    ("LPPool1d", (float("inf"), 3), {}, (2, 3, 8)),
    ("LPPool1d", (-float("inf"), 3), {}, (2, 3, 8)),
    ("LPPool2d", (2, 2), {}, (2, 3, 4, 5)),
    ("LPPool2d", (1.5, (2, 3)), {"stride": (1, 2)}, (3, 4, 5)),
    ("LPPool3d", (2, 2), {}, (1, 2, 3, 4, 5)),
]


@pytest.mark.parametrize("name, args, kwargs, shape", POWER)
def test_power_pooling(name, args, kwargs, shape, agree, twins, rng):
    ours, theirs = twins(name, *args, **kwargs)
    assert repr(ours) == repr(theirs)
    agree(ours, theirs, np.abs(rng.normal(size=shape)) + 0.1)


def test_the_root_of_nothing_has_slope_0(agree, torch):
    x = np.array([[[0.0, 0.0, 3.0, 4.0, 0.0, 1.0]]])
    agree(nn.LPPool1d(2, 2), torch.nn.LPPool1d(2, 2), x, second=False)


FRACTIONAL = [
    (2, (2, 3, 9, 10), 2, {"output_size": 4}),
    (2, (2, 3, 9, 10), (3, 2), {"output_size": (3, 5)}),
    (2, (2, 7, 8), 2, {"output_ratio": 0.5}),
    (2, (1, 2, 5, 5), 2, {"output_size": 1}),
    (2, (1, 2, 5, 5), 1, {"output_size": 5}),
    (2, (2, 1, 9, 7), 2, {"output_ratio": (0.6, 0.7)}),
    (3, (2, 2, 6, 7, 8), 2, {"output_size": (3, 4, 5)}),
    (3, (2, 6, 5, 7), (2, 1, 3), {"output_ratio": 0.5}),
]


@pytest.mark.parametrize("n, shape, window, kwargs", FRACTIONAL)
def test_fractional_pooling(n, shape, window, kwargs, agree, torch, rng):
    """With the same random samples, the windows are PyTorch's; ties and places too."""
    samples = rng.uniform(size=(*(1,) * (n + 2 - len(shape)), *shape[:-n], n))
    if "output_ratio" in kwargs and n == 3:
        kwargs = {"output_ratio": (kwargs["output_ratio"],) * 3}
    elif "output_ratio" in kwargs and isinstance(kwargs["output_ratio"], float):
        kwargs = {"output_ratio": (kwargs["output_ratio"],) * 2}
    ours = getattr(nn, f"FractionalMaxPool{n}d")(
        window, **kwargs, return_indices=True, _random_samples=ag.tensor(samples)
    )
    theirs = getattr(torch.nn, f"FractionalMaxPool{n}d")(
        window, **kwargs, return_indices=True, _random_samples=torch.tensor(samples)
    )
    x = rng.integers(0, 20, size=shape).astype(float)
    mine, its = ours(ag.tensor(x)), theirs(torch.tensor(x))
    np.testing.assert_array_equal(mine[0], its[0].numpy())
    np.testing.assert_array_equal(mine[1], its[1].numpy())
    ours.return_indices = theirs.return_indices = False
    agree(lambda x: ours(x), lambda x: theirs(x), x)


def test_fractional_windows_are_drawn_anew():
    layer = nn.FractionalMaxPool2d(2, output_size=5)
    x = ag.randn(1, 8, 20, 20)
    assert not (layer(x) == layer(x)).all()
    ag.manual_seed(3)
    first = layer(x)
    ag.manual_seed(3)
    assert (layer(x) == first).all() and first.shape == (1, 8, 5, 5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.FractionalMaxPool2d(2),
        lambda: nn.FractionalMaxPool2d(2, output_size=3, output_ratio=0.5),
        lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5),
        lambda: nn.FractionalMaxPool2d(2, output_size=5)(ag.zeros(1, 1, 5, 5)),
        lambda: nn.FractionalMaxPool2d(0, output_size=2)(ag.zeros(1, 1, 5, 5)),
        lambda: nn.FractionalMaxPool2d(2, output_size=2)(ag.zeros(5, 5)),
    ],
)
def test_bad_fractions(call):
    with pytest.raises((ValueError, RuntimeError)):
        call()
