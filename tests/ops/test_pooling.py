"""Pooling, unfolding and resampling against PyTorch, with the cases where windows, ties and borders
are easy to get wrong.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ShapeError, Tensor

from .oracle import agree, draw

torch = pytest.importorskip("torch")
functional = torch.nn.functional


def compare(name, shape, *args, **kwargs):
    agree(
        lambda x: getattr(ag, name)(x, *args, **kwargs),
        lambda x: getattr(functional, name)(x, *args, **kwargs),
        [draw(*shape)],
    )


POOLS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        *POOLS,
        {"kernel_size": 2, "dilation": 2},
        {"kernel_size": 3, "dilation": 2, "padding": 1, "stride": 2},
    ],
)
def test_max_pool(n, settings):
    compare(f"max_pool{n}d", (2, 3, 7, 6, 5)[: n + 2], **settings)
    compare(f"max_pool{n}d", (3, 7, 6, 5)[: n + 1], **settings)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("settings", POOLS)
@pytest.mark.parametrize("count_include_pad", [True, False])
def test_avg_pool(n, settings, count_include_pad):
    compare(
        f"avg_pool{n}d", (2, 3, 7, 6, 5)[: n + 2], count_include_pad=count_include_pad, **settings
    )
    compare(f"avg_pool{n}d", (3, 7, 6, 5)[: n + 1], count_include_pad=count_include_pad, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": (3, 2), "divisor_override": 5},
        {"kernel_size": (2, 3), "stride": (1, 2), "padding": (1, 0)},
    ],
)
def test_avg_pool_with_one_setting_per_dimension(settings):
    compare("avg_pool2d", (2, 3, 7, 6), **settings)


@pytest.mark.parametrize(
    "n, size",
    [(1, 3), (1, 7), (2, (3, 2)), (2, 1), (2, (None, 4)), (2, (7, 3)), (3, (2, 3, 4)), (3, 1)],
)
@pytest.mark.parametrize("kind", ["avg", "max"])
def test_adaptive_pools(kind, n, size):
    compare(f"adaptive_{kind}_pool{n}d", (2, 3, 7, 6, 5)[: n + 2], size)
    compare(f"adaptive_{kind}_pool{n}d", (3, 7, 6, 5)[: n + 1], size)


@pytest.mark.parametrize(
    "name, args",
    [("max_pool2d", (3, 2, 1)), ("max_pool2d", (2, 2, 0, 2)), ("adaptive_max_pool2d", (3,))],
)
def test_indices(name, args):
    x = draw(2, 3, 6, 7)
    values, indices = getattr(ag, name)(Tensor(x), *args, return_indices=True)
    expected = getattr(functional, name)(torch.tensor(x), *args, return_indices=True)
    np.testing.assert_array_equal(values, expected[0])
    np.testing.assert_array_equal(indices, expected[1])
    named = getattr(ag, name)(Tensor(x), *args, return_indices=True)
    np.testing.assert_array_equal(named.values, values)


@pytest.mark.parametrize(
    "name, args", [("max_pool1d", (2, 1)), ("max_pool1d", (3, 3, 1)), ("adaptive_max_pool1d", (2,))]
)
@pytest.mark.parametrize("row", [[3.0, 3.0, 3.0, 1.0, 3.0], [-np.inf] * 5])
def test_of_equal_elements_the_first_gets_the_gradient(name, args, row):
    x, t = Tensor([[row]], requires_grad=True), torch.tensor([[row]], requires_grad=True)
    getattr(ag, name)(x, *args).sum().backward()
    getattr(functional, name)(t, *args).sum().backward()
    np.testing.assert_array_equal(x.grad, t.grad)


def test_nan_wins_and_borders_never_do():
    x = np.array([[[1.0, np.nan, 2.0, -5.0, -7.0]]])
    np.testing.assert_array_equal(
        ag.max_pool1d(Tensor(x), 2, 1), functional.max_pool1d(torch.tensor(x), 2, 1)
    )
    np.testing.assert_array_equal(
        ag.max_pool1d(Tensor(-np.abs(x)), 3, 2, 1),
        functional.max_pool1d(-torch.tensor(x).abs(), 3, 2, 1),
    )


BLOCKS = [
    {"kernel_size": 2},
    {"kernel_size": (2, 3), "stride": 2},
    {"kernel_size": 3, "dilation": (2, 1), "padding": (2, 1), "stride": (1, 2)},
]


@pytest.mark.parametrize("settings", BLOCKS)
def test_unfold_and_fold(settings):
    compare("unfold", (2, 3, 7, 6), **settings)
    columns = functional.unfold(torch.tensor(draw(2, 3, 7, 6)), **settings).shape
    compare("fold", columns, (7, 6), **settings)
    compare("fold", columns[1:], (7, 6), **settings)


@pytest.mark.parametrize("dim, size, step", [(0, 2, 1), (-1, 3, 2), (1, 5, 1)])
def test_unfold_along_one_dimension(dim, size, step):
    agree(lambda x: x.unfold(dim, size, step), lambda x: x.unfold(dim, size, step), [draw(4, 5, 6)])


RESIZED = [
    ("nearest", 1),
    ("nearest", 2),
    ("nearest", 3),
    ("nearest-exact", 2),
    ("linear", 1),
    ("bilinear", 2),
    ("trilinear", 3),
    ("bicubic", 2),
    ("area", 2),
]


@pytest.mark.parametrize("mode, n", RESIZED)
@pytest.mark.parametrize(
    "target",
    [
        {"size": 7},
        {"size": 3},
        {"scale_factor": 2},
        {"scale_factor": 1.7},
        {"scale_factor": 0.6, "recompute_scale_factor": True},
        {"size": 1},
    ],
)
def test_interpolate(mode, n, target):
    for align in (None,) if mode in ("nearest", "nearest-exact", "area") else (False, True):
        compare("interpolate", (2, 2, 5, 4, 6)[: n + 2], mode=mode, align_corners=align, **target)


def test_nearest_takes_torchs_neighbour_for_every_size():
    for length in range(1, 30):
        x = np.arange(float(length)).reshape(1, 1, -1)
        for size in range(1, 60):
            for mode in ("nearest", "nearest-exact"):
                np.testing.assert_array_equal(
                    ag.interpolate(Tensor(x), size, mode=mode),
                    functional.interpolate(torch.tensor(x), size, mode=mode),
                    f"{length} to {size}, {mode}",
                )


@pytest.mark.parametrize(
    "name, shape",
    [
        ("pixel_shuffle", (2, 12, 2, 3)),
        ("pixel_unshuffle", (2, 3, 4, 6)),
        ("pixel_shuffle", (4, 2, 2)),
    ],
)
def test_pixel_shuffle(name, shape):
    compare(name, shape, 2)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize(
    "shape, widths",
    [((2, 3, 5), (2, 1)), ((2, 3, 5, 4), (1, 3, 0, 2)), ((2, 2, 3, 4, 5), (1, 2, 2, 1, 0, 1))],
)
def test_pad(mode, shape, widths):
    compare("pad", shape, widths, mode=mode)
    compare("pad", shape[1:], widths, mode=mode)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda x: ag.max_pool2d(x, 3, padding=2), "at most half"),
        (lambda x: ag.max_pool2d(x, 9), "does not fit"),
        (lambda x: ag.avg_pool2d(x[0, 0], 2), "height, width"),
        (lambda x: ag.avg_pool2d(x, (2, 2, 2)), "kernel_size must be"),
        (lambda x: ag.adaptive_avg_pool2d(x, (1, 2, 3)), "output_size"),
        (lambda x: ag.interpolate(x), "either size or scale_factor"),
        (lambda x: ag.interpolate(x, 2, mode="linear"), "does not take shape"),
        (lambda x: ag.interpolate(x, 2, align_corners=True), "means nothing"),
        (lambda x: ag.pixel_shuffle(x, 3), "multiple of 9"),
        (lambda x: ag.fold(x[0], 5, 2), "for this output"),
        (lambda x: ag.pad(x, (4, 0), mode="reflect"), "reflect"),
    ],
)
def test_errors_say_what_does_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call(ag.zeros(2, 4, 4, 4))


HALF = {
    "a sum greater than any float16": (lambda x: ag.avg_pool1d(x, 3000), (1, 1, 3000)),
    "a pool over planes": (lambda x: ag.avg_pool2d(x, 40, padding=1), (1, 1, 40, 40)),
    "an area": (lambda x: ag.interpolate(x, 1, mode="area"), (1, 2, 999)),
    "linear": (lambda x: ag.interpolate(x, 2000, mode="linear"), (1, 1, 3)),
    "bicubic": (lambda x: ag.interpolate(x, [60, 60], mode="bicubic"), (1, 1, 3, 3)),
    "overlapping blocks": (lambda x: ag.fold(x, (40, 40), 20), (400, 441)),
    "blocks": (lambda x: ag.unfold(x, 20), (1, 40, 40)),
    "a border": (lambda x: ag.pad(x, (1500, 1500), mode="replicate"), (1, 1, 3)),
}


@pytest.mark.parametrize("name", HALF)
def test_float16_is_added_up_in_float32(name):
    function, shape = HALF[name]
    a = np.random.default_rng(0).uniform(50, 150, shape).astype("float16")
    results = []
    for dtype in ("float16", "float64"):
        x = Tensor(a.astype(dtype), requires_grad=True)
        y = function(x)
        seed = np.full(y.shape, 0.37 / (1 + y.numel() // 1000), "float16").astype(dtype)
        (g,) = ag.grad(y, x, Tensor(seed))
        assert y.dtype == g.dtype == np.dtype(dtype)
        results.append((y.detach().numpy(), g.numpy()))
    for found, expected in zip(*results):
        np.testing.assert_allclose(found, expected, rtol=2e-3)
