"""Convolution against PyTorch: values, first and second derivatives, every way of padding, and
clear errors.
"""

import itertools

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ShapeError, Tensor, gradcheck, gradgradcheck

from .oracle import agree, draw

torch = pytest.importorskip("torch")
functional = torch.nn.functional
pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same:UserWarning")


def compare(name, shapes, **settings):
    arrays = [draw(*shape, seed=i) for i, shape in enumerate(shapes)]
    agree(
        lambda *xs: getattr(ag, name)(*xs, **settings),
        lambda *xs: getattr(functional, name)(*xs, **settings),
        arrays,
    )


SETTINGS = [
    {},
    {"stride": 2},
    {"padding": 2},
    {"dilation": 2},
    {"stride": 3, "padding": 1},
    {"stride": 2, "padding": 1, "dilation": 2},
    {"padding": "valid"},
    {"padding": "same"},
    {"padding": "same", "dilation": 3},
]


@pytest.mark.parametrize(
    "n, groups, settings",
    [
        (n, g, s)
        for n, g, s in itertools.product((1, 2, 3), (1, 2), SETTINGS)
        if n < 3 or len(s) < 3
    ],
)
def test_conv(n, groups, settings):
    lengths, kernel = (7, 6, 5)[:n], (2, 3, 2)[:n]
    compare(
        f"conv{n}d", [(2, 4, *lengths), (6, 4 // groups, *kernel), (6,)], groups=groups, **settings
    )


@pytest.mark.parametrize(
    "settings",
    [{"stride": (2, 1), "padding": (0, 2)}, {"dilation": (1, 2), "groups": 4}, {"padding": (1,)}],
)
def test_conv_with_one_setting_per_dimension(settings):
    groups = settings.get("groups", 1)
    compare("conv2d", [(2, 4, 7, 6), (8, 4 // groups, 3, 2)], **settings)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_conv_without_batch(n):
    compare(f"conv{n}d", [(2, *(5,) * n), (3, 2, *(3,) * n), (3,)], padding=1)
    compare(f"conv_transpose{n}d", [(2, *(3,) * n), (2, 3, *(3,) * n), (3,)], padding=1)


TRANSPOSED = [
    {},
    {"stride": 2},
    {"padding": 1},
    {"dilation": 2},
    {"stride": 2, "output_padding": 1},
    {"stride": 3, "padding": 1, "output_padding": 2},
    {"dilation": 3, "output_padding": 2},
    {"stride": 2, "padding": 2, "dilation": 2, "output_padding": 1},
]


@pytest.mark.parametrize(
    "n, groups, settings",
    [
        (n, g, s)
        for n, g, s in itertools.product((1, 2, 3), (1, 2), TRANSPOSED)
        if n < 3 or len(s) < 3
    ],
)
def test_conv_transpose(n, groups, settings):
    lengths, kernel = (5, 4, 3)[:n], (3, 2, 3)[:n]
    compare(
        f"conv_transpose{n}d",
        [(2, 4, *lengths), (4, 6 // groups, *kernel), (6,)],
        groups=groups,
        **settings,
    )


def test_many_chunks_give_the_same_as_one(monkeypatch):
    from autograd_engine.ops import convolution

    x, w = (Tensor(draw(*shape), requires_grad=True) for shape in ((5, 2, 6, 6), (3, 2, 3, 3)))

    def results():
        y = ag.conv2d(x, w, padding=1)
        return [y.detach().numpy(), *(g.numpy() for g in ag.grad((y * y).sum(), (x, w)))]

    whole = results()
    monkeypatch.setattr(convolution, "CACHE", 2 * 18 * 36 * 8)
    for a, b in zip(whole, results()):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_conv_is_right_to_third_order():
    x, w = Tensor(draw(1, 1, 4), requires_grad=True), Tensor(draw(1, 1, 2), requires_grad=True)

    def slope(x, w):
        return ag.grad((ag.conv1d(x, w) ** 3).sum(), (x, w), create_graph=True)

    assert gradcheck(slope, (x, w)) and gradgradcheck(slope, (x, w), fast_mode=True, atol=1e-3)


def test_only_the_gradient_that_is_wanted_is_computed(monkeypatch):
    x, w = Tensor(draw(1, 1, 4)), Tensor(draw(1, 1, 2), requires_grad=True)
    y = ag.conv1d(x, w).sum()
    from autograd_engine.core.primitive import registry

    def forbidden(*args, **params):
        raise AssertionError("the gradient of the data was computed")

    monkeypatch.setattr(registry["conv_input"], "forward", forbidden)
    y.backward()
    assert w.grad.shape == (1, 1, 2)


def test_empty_batch_and_integers():
    x, w = ag.zeros(0, 2, 5, requires_grad=True), ag.ones(3, 2, 2, requires_grad=True)
    y = ag.conv1d(x, w)
    assert y.shape == (0, 3, 4)
    y.sum().backward()
    assert x.grad.shape == (0, 2, 5) and not w.grad.numpy().any()
    np.testing.assert_array_equal(
        ag.conv1d(np.arange(4).reshape(1, 1, 4), np.array([[[1, 10]]])), [[[10, 21, 32]]]
    )


@pytest.mark.parametrize(
    "name, shapes, settings, message",
    [
        ("conv2d", [(1, 3, 5, 5), (2, 4, 3, 3)], {}, "takes 4 channels"),
        ("conv2d", [(1, 2, 2, 2), (2, 2, 3, 3)], {}, "does not fit"),
        ("conv2d", [(1, 2, 5, 5), (2, 2, 3)], {}, "4 dimensions"),
        ("conv2d", [(5, 5), (2, 2, 3, 3)], {}, "height, width"),
        ("conv2d", [(1, 2, 5, 5), (3, 1, 3, 3)], {"groups": 2}, "multiple of groups"),
        ("conv1d", [(1, 2, 5), (3, 2, 3), (2,)], {}, "3 output channels"),
        ("conv1d", [(1, 2, 5), (3, 2, 3)], {"stride": 0}, "stride must be"),
        ("conv1d", [(1, 2, 5), (3, 2, 3)], {"padding": "full"}, "'same', 'valid'"),
        ("conv1d", [(1, 2, 5), (3, 2, 3)], {"padding": "same", "stride": 2}, "stride 1"),
        ("conv_transpose1d", [(1, 2, 5), (2, 2, 3)], {"output_padding": 1}, "smaller than stride"),
        ("conv_transpose1d", [(1, 2, 1), (2, 2, 1)], {"padding": 1}, "leaves an output"),
    ],
)
def test_errors_say_what_does_not_fit(name, shapes, settings, message):
    with pytest.raises(ShapeError, match=message):
        getattr(ag, name)(*[Tensor(draw(*shape)) for shape in shapes], **settings)
