"""Dropout: what is kept, how it is scaled, how gradients pass, and that evaluation is the
identity."""

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F

LAYERS = ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"]
SHAPES = {"Dropout1d": (40, 50, 3), "Dropout2d": (40, 50, 2, 2), "Dropout3d": (40, 50, 2, 1, 2)}


@pytest.mark.parametrize("name", LAYERS)
def test_identity_in_evaluation_and_for_p_0(name):
    x = ag.randn(*SHAPES.get(name, (40, 50)))
    assert getattr(nn, name)(0.3).eval()(x) is x
    assert getattr(nn, name)(0.0)(x) is x


@pytest.mark.parametrize("name", LAYERS)
def test_p_1_gives_zeros(name, torch):
    x = ag.randn(*SHAPES.get(name, (40, 50))).requires_grad_()
    y = getattr(nn, name)(1.0)(x)
    y.sum().backward()
    assert (y == 0).all() and (x.grad == 0).all()
    assert (getattr(torch.nn, name)(1.0)(torch.ones(SHAPES.get(name, (40, 50)))) == 0).all()


@pytest.mark.parametrize("name", ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d"])
@pytest.mark.parametrize("p", [0.1, 0.7])
def test_fraction_and_scale(name, p):
    shape = SHAPES.get(name, (40, 50))
    x = ag.ones(*shape).requires_grad_()
    y = getattr(nn, name)(p)(x)
    values = y.detach().numpy()
    assert y.dtype == np.float32
    np.testing.assert_allclose(np.unique(values), [0, np.float32(1 / (1 - p))])
    assert abs((values == 0).mean() - p) < 4 * np.sqrt(
        p * (1 - p) / 2000
    )  # 2000 independent draws in every case
    if name != "Dropout":  # channels fall together
        flat = values.reshape(2000, -1)
        assert (flat == flat[:, :1]).all()
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, values)  # the gradient of x is the mask


@pytest.mark.parametrize("name, shape", [("Dropout1d", (2000, 3)), ("Dropout3d", (2000, 2, 2, 2))])
def test_single_samples(name, shape):
    values = getattr(nn, name)(0.5)(ag.ones(*shape)).numpy().reshape(2000, -1)
    assert (values == values[:, :1]).all() and 0.4 < (values == 0).mean() < 0.6


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p, torch):
    x = ag.randn(400, 500)
    y = nn.AlphaDropout(p)(x)
    assert abs(y.mean().item()) < 0.02 and abs(y.var().item() - 1) < 0.03
    reference = np.unique(torch.nn.AlphaDropout(p)(torch.zeros(50, 50)).numpy())
    np.testing.assert_allclose(
        np.unique(nn.AlphaDropout(p)(ag.zeros(50, 50)).numpy()), reference, rtol=1e-6
    )  # what is dropped and what is kept


def test_each_call_draws_anew_and_the_seed_repeats():
    layer, x = nn.Dropout(0.5), ag.ones(100)
    ag.manual_seed(1)
    first, second = layer(x), layer(x)
    ag.manual_seed(1)
    assert (layer(x) == first).all() and not (first == second).all()


def test_inplace():
    x = ag.ones(100)
    y = nn.Dropout(0.5, inplace=True)(x)
    assert y is x and set(x.tolist()) == {0.0, 2.0}


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4)])
def test_unusual_shapes_warn(shape):
    with pytest.warns(UserWarning, match="dropout2d"):
        F.dropout2d(ag.ones(*shape))


@pytest.mark.parametrize("name", LAYERS)
def test_repr(name, torch):
    assert repr(getattr(nn, name)(0.2, True)) == repr(getattr(torch.nn, name)(0.2, True))


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.Dropout(1.5), ValueError),
        (lambda: nn.Dropout(-0.1), ValueError),
        (lambda: F.dropout(ag.ones(2), p=2.0), ValueError),
        (lambda: F.alpha_dropout(ag.ones(2), p=-1.0, training=True), ValueError),
        (lambda: nn.Dropout1d()(ag.ones(2)), RuntimeError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
