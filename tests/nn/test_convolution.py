"""Convolution layers against PyTorch: every option, transposed and lazy forms, initialisation,
errors.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn

LENGTHS = (7, 6, 5)
pytestmark = pytest.mark.filterwarnings(
    "ignore:Using padding='same' with even kernel lengths"
)  # PyTorch's copy, not ours

CONVOLUTIONS = [
    ((2, 4, 3), {}),
    ((2, 4, 3), {"stride": 2, "padding": 1}),
    ((4, 6, 2), {"groups": 2, "bias": False}),
    ((2, 3, 2), {"dilation": 2, "padding": 2}),
    ((2, 3, 3), {"padding": "same"}),
    ((2, 3, 2), {"padding": "same", "dilation": 3}),
    ((2, 3, 2), {"padding": "valid"}),
    ((2, 3, 3), {"padding": 1, "padding_mode": "circular"}),
    ((2, 3, 3), {"padding": 2, "stride": 2, "padding_mode": "reflect"}),
    ((2, 3, 2), {"padding": 1, "padding_mode": "replicate"}),
    ((2, 3, 2), {"padding": "same", "padding_mode": "circular"}),
    ((2, 3, 2), {"padding": "valid", "padding_mode": "reflect"}),
    ((3, 3, 1), {"groups": 3}),
]
UNEVEN = [
    ("Conv1d", (2, 3, (4,)), {"stride": (2,), "padding": (1,)}),
    ("Conv2d", (2, 3, (3, 2)), {"stride": (1, 2), "padding": (2, 0), "dilation": (1, 2)}),
    ("Conv2d", (2, 3, (2, 3)), {"padding": (1, 2), "padding_mode": "reflect"}),
    ("Conv2d", (2, 3, (4, 1)), {"padding": "same", "padding_mode": "replicate"}),
    ("Conv3d", (2, 3, (3, 2, 1)), {"padding": (0, 1, 2), "stride": (2, 1, 2)}),
    (
        "ConvTranspose2d",
        (2, 3, (3, 2)),
        {"stride": (2, 1), "padding": (1, 0), "output_padding": (1, 0), "dilation": (1, 2)},
    ),
]
TRANSPOSED = [
    ((2, 3, 3), {}),
    ((2, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((4, 6, 2), {"groups": 2, "bias": False, "stride": 2}),
    ((2, 3, 2), {"dilation": 2}),
]


def check(ours, theirs, agree, rng, channels, n, batch=(2,)):
    agree(ours, theirs, rng.normal(size=(*batch, channels, *LENGTHS[:n])))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("args, options", CONVOLUTIONS)
def test_convolution(n, args, options, agree, twins, rng):
    check(*twins(f"Conv{n}d", *args, **options), agree, rng, args[0], n)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("args, options", TRANSPOSED)
def test_transposed(n, args, options, agree, twins, rng):
    check(*twins(f"ConvTranspose{n}d", *args, **options), agree, rng, args[0], n)


@pytest.mark.parametrize("name, args, options", UNEVEN)
def test_sizes_of_each_dimension(name, args, options, agree, twins, rng):
    check(*twins(name, *args, **options), agree, rng, args[0], int(name[-2]))


@pytest.mark.parametrize(
    "name", ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]
)
def test_without_a_batch(name, agree, twins, rng):
    check(*twins(name, 2, 3, 2), agree, rng, 2, int(name[-2]), batch=())


@pytest.mark.parametrize("size", [(13, 11), (14, 12), (2, 3, 14, 11)])
def test_output_size(size, twins, rng, torch):
    ours, theirs = twins("ConvTranspose2d", 2, 3, 3, stride=2, padding=1)
    x = rng.normal(size=(2, 2, 7, 6))
    y = ours(ag.tensor(x), output_size=size)
    assert y.shape[2:] == size[-2:]
    np.testing.assert_allclose(
        y.detach(),
        theirs(torch.tensor(x), output_size=size).detach().numpy(),
        rtol=1e-9,
        atol=1e-12,
    )


@pytest.mark.parametrize(
    "name, args",
    [
        ("Conv2d", (20, 60, 5)),
        ("Conv1d", (30, 90, 4, 1, 0, 1, 3)),
        ("ConvTranspose2d", (40, 30, 5)),
    ],
)
def test_default_initialisation(name, args):
    """Uniform on ±1/√fan_in, where the fan is the weight's second length times the kernel, as in
    PyTorch.
    """
    stats = pytest.importorskip("scipy.stats")
    ag.manual_seed(0)
    layer = getattr(nn, name)(*args)
    bound = layer.weight[0].numel() ** -0.5
    for parameter in layer.parameters():
        assert (
            stats.kstest(
                parameter.detach().numpy().ravel(), stats.uniform(-bound, 2 * bound).cdf
            ).pvalue
            > 1e-3
        )


@pytest.mark.parametrize(
    "name", [f"{kind}{n}d" for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)]
)
def test_lazy(name, rng):
    n = int(name[-2])
    lazy, complete = getattr(nn, f"Lazy{name}"), getattr(nn, name)(4, 6, 2, groups=2)
    seeing, loading = lazy(6, 2, groups=2), nn.Sequential(lazy(6, 2, groups=2))
    x = ag.tensor(rng.normal(size=(2, 4, *LENGTHS[:n])), dtype="float32")
    assert (
        seeing(x[0]).shape[0] == 6
        and type(seeing) is type(complete)
        and repr(seeing) == repr(complete)
    )
    loading.load_state_dict({f"0.{key}": value for key, value in complete.state_dict().items()})
    assert (loading(x) == complete(x)).all()


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: nn.Conv2d(3, 4, 2, groups=0), ValueError, "positive"),
        (lambda: nn.Conv2d(3, 4, 2, groups=2), ValueError, "in_channels must be divisible"),
        (lambda: nn.Conv2d(4, 3, 2, groups=2), ValueError, "out_channels must be divisible"),
        (lambda: nn.Conv2d(3, 4, 2, padding="sames"), ValueError, "Invalid padding string"),
        (lambda: nn.Conv2d(3, 4, 2, 2, padding="same"), ValueError, "strided"),
        (lambda: nn.Conv2d(3, 4, 2, padding_mode="mirror"), ValueError, "padding_mode"),
        (lambda: nn.ConvTranspose2d(3, 4, 2, padding_mode="reflect"), ValueError, "padding mode"),
        (
            lambda: nn.ConvTranspose2d(3, 4, 2, output_padding=1)(ag.ones(1, 3, 4, 4)),
            RuntimeError,
            "output_padding",
        ),
        (
            lambda: nn.ConvTranspose2d(3, 4, 2)(ag.ones(1, 3, 4, 4), output_size=(9, 9)),
            ValueError,
            "valid sizes range from",
        ),
        (
            lambda: nn.ConvTranspose2d(3, 4, 2)(ag.ones(1, 3, 4, 4), output_size=(5,)),
            ValueError,
            "elements",
        ),
        (lambda: nn.Conv2d(3, 4, 2)(ag.ones(1, 2, 4, 4)), RuntimeError, "channels"),
        (lambda: nn.Conv2d(3, 4, 2)(ag.ones(3, 4)), RuntimeError, "batch"),
        (lambda: nn.Conv2d(3, 4, 5)(ag.ones(1, 3, 4, 4)), RuntimeError, "fit"),
        (lambda: nn.LazyConv2d(4, 5)(ag.ones(1, 3)), RuntimeError, "3D or 4D"),
    ],
)
def test_bad_arguments(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_an_edge_detector_is_learned(rng):
    """A 1x2 kernel trained on differences of neighbours becomes (-1, 1)."""
    ag.manual_seed(0)
    layer = nn.Conv2d(1, 1, (1, 2))
    optimizer = nn.optim.SGD(layer.parameters(), lr=0.3)
    x = ag.tensor(rng.normal(size=(8, 1, 6, 6)), dtype="float32")
    for _ in range(60):
        optimizer.zero_grad()
        ((layer(x) - (x[..., 1:] - x[..., :-1])) ** 2).mean().backward()
        optimizer.step()
    np.testing.assert_allclose(layer.weight.detach().numpy().ravel(), [-1, 1], atol=1e-3)
