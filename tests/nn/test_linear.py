"""Linear and bilinear maps, lazy layers, and changes of shape, against PyTorch."""

import numpy as np
import pytest

import autograd_engine as ag
import nn


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear(shape, bias, agree, twins, rng):
    ours, theirs = twins("Linear", 3, 5, bias)
    agree(ours, theirs, rng.normal(size=shape))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("shape", [(), (4,), (2, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_bilinear(shape, bias, agree, twins, rng):
    ours, theirs = twins("Bilinear", 2, 3, 5, bias)
    agree(ours, theirs, rng.normal(size=(*shape, 2)), rng.normal(size=(*shape, 3)))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    "name, args",
    [
        ("Flatten", ()),
        ("Flatten", (0,)),
        ("Flatten", (1, 2)),
        ("Unflatten", (1, (3, 2))),
        ("Unflatten", (-1, (2, 2))),
        ("Identity", (1, 2)),
    ],
)
def test_shape_layers(name, args, agree, twins, rng):
    ours, theirs = twins(name, *args)
    agree(ours, theirs, rng.normal(size=(2, 6, 4)))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    "name, args, bound", [("Linear", (400, 300), 400**-0.5), ("Bilinear", (100, 30, 20), 100**-0.5)]
)
def test_default_initialisation(name, args, bound):
    """Uniform on ±1/√fan_in, as PyTorch draws it."""
    stats = pytest.importorskip("scipy.stats")
    layer = getattr(nn, name)(*args)
    for parameter in layer.parameters():
        assert (
            stats.kstest(
                parameter.detach().numpy().ravel(), stats.uniform(-bound, 2 * bound).cdf
            ).pvalue
            > 1e-3
        )


def test_dtype_and_device():
    layer = nn.Linear(2, 3, device="cpu", dtype="float64")
    assert layer.weight.dtype == layer.bias.dtype == np.float64
    with pytest.raises(RuntimeError, match="cuda"):
        nn.Linear(2, 3, device="cuda")


def test_seed_repeats_the_draws():
    ag.manual_seed(3)
    first = nn.Linear(4, 4).weight
    ag.manual_seed(3)
    assert (first == nn.Linear(4, 4).weight).all()


def test_lazy_linear_becomes_linear():
    layer = nn.LazyLinear(3)
    assert repr(layer) == "LazyLinear(in_features=0, out_features=3, bias=True)"
    with pytest.raises(RuntimeError, match="first input"):
        list(layer.parameters())
    model = nn.Sequential(layer, nn.ReLU()).eval()
    assert model(ag.ones(4, 2)).shape == (4, 3)
    assert type(layer) is nn.Linear and layer.weight.shape == (3, 2) and not layer.training


def test_lazy_linear_learns_its_size_from_a_state_dict():
    model = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(1, bias=False))
    source = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1, bias=False))
    model.load_state_dict(source.state_dict())
    x = ag.randn(4, 2)
    assert (model(x) == source(x)).all()


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.Linear(3, 2)(ag.ones(4, 2)), RuntimeError),
        (lambda: nn.Linear(3, 2)(ag.tensor(1.0)), RuntimeError),
        (lambda: nn.Bilinear(2, 3, 1)(ag.ones(4, 2), ag.ones(5, 3)), RuntimeError),
        (lambda: nn.Bilinear(0, 3, 1), ValueError),
        (lambda: nn.Unflatten(1, 3), TypeError),
        (lambda: nn.Unflatten(1, (3, 3))(ag.ones(2, 6)), RuntimeError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
