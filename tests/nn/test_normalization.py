"""Normalisation layers against PyTorch: outputs, gradients and running statistics, in training and
in evaluation.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn

LAYERS = [
    ("BatchNorm1d", (3,), {}, (5, 3)),
    ("BatchNorm1d", (3,), {"momentum": None}, (5, 3, 4)),
    ("BatchNorm1d", (3,), {"affine": False, "eps": 1e-2}, (5, 3)),
    ("BatchNorm1d", (3,), {"bias": False}, (5, 3)),
    ("BatchNorm1d", (3,), {"track_running_stats": False}, (5, 3)),
    ("BatchNorm2d", (3,), {"momentum": 0.3}, (4, 3, 2, 5)),
    ("BatchNorm3d", (2,), {}, (3, 2, 2, 3, 2)),
    ("InstanceNorm1d", (3,), {}, (2, 3, 4)),
    ("InstanceNorm1d", (3,), {"affine": True}, (3, 4)),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, (2, 3, 4, 2)),
    ("InstanceNorm3d", (2,), {"track_running_stats": True, "momentum": 0.4}, (2, 2, 2, 3, 2)),
    ("LayerNorm", (4,), {}, (3, 4)),
    ("LayerNorm", ((2, 4),), {"eps": 1e-2}, (3, 2, 4)),
    ("LayerNorm", (4,), {"bias": False}, (3, 2, 4)),
    ("LayerNorm", (4,), {"elementwise_affine": False}, (4,)),
    ("GroupNorm", (2, 6), {}, (3, 6)),
    ("GroupNorm", (3, 6), {"affine": False}, (2, 6, 3, 2)),
    ("GroupNorm", (1, 6), {"bias": False}, (2, 6, 3)),
    ("RMSNorm", (4,), {}, (3, 4)),
    ("RMSNorm", ((2, 4),), {"eps": 1e-2}, (3, 2, 4)),
    ("RMSNorm", (4,), {"elementwise_affine": False}, (3, 4)),
    ("LocalResponseNorm", (3,), {}, (2, 5, 3)),
    ("LocalResponseNorm", (2,), {"alpha": 0.5, "beta": 0.6, "k": 2.0}, (2, 5, 3, 2)),
]
IDS = [f"{name}{args}{kwargs}" for name, args, kwargs, _ in LAYERS]


def randomise(ours, theirs, torch, rng):
    """The same weights and statistics in both, none of them a default."""
    state = {
        name: rng.uniform(0.5, 1.5, value.shape) if value.dtype.kind == "f" else np.array(0)
        for name, value in ours.state_dict().items()
    }
    ours.load_state_dict(state)
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})


@pytest.mark.parametrize("name, args, kwargs, shape", LAYERS, ids=IDS)
def test_agrees_with_torch(name, args, kwargs, shape, agree, twins, torch, rng):
    ours, theirs = twins(name, *args, **kwargs)
    assert repr(ours) == repr(theirs)
    randomise(ours, theirs, torch, rng)
    for _ in range(3):
        agree(ours, theirs, rng.normal(2.0, 3.0, size=shape))
    ours.eval(), theirs.eval()
    agree(ours, theirs, rng.normal(size=shape))


@pytest.mark.parametrize("name, args, kwargs, shape", LAYERS, ids=IDS)
def test_second_derivatives(name, args, kwargs, shape, rng):
    layer = getattr(nn, name)(*args, **kwargs).double()
    assert ag.gradgradcheck(
        layer, ag.tensor(rng.normal(size=shape[-3:] if "1d" in name else shape), requires_grad=True)
    )


def test_large_offsets_keep_their_variance():
    x = ag.tensor(1e4 + np.random.default_rng(0).normal(size=(1000, 1)), dtype="float32")
    assert nn.BatchNorm1d(1)(x).std().item() == pytest.approx(1, abs=2e-2)


@pytest.mark.parametrize("offset", [0.1, 300.0])
def test_long_batches_keep_their_digits(offset):
    """NumPy adds float32 over rows one after the other, which loses them."""
    x = (offset + np.random.default_rng(0).normal(size=(200_000, 2))).astype("float32")
    layer = nn.BatchNorm1d(2, momentum=1.0, affine=False)
    y = layer(ag.tensor(x)).numpy()
    exact = x.astype("float64")
    np.testing.assert_allclose(layer.running_mean, exact.mean(0), rtol=3e-7, atol=1e-7)
    np.testing.assert_allclose(layer.running_var, exact.var(0, ddof=1), rtol=1e-6)
    np.testing.assert_allclose(y, (exact - exact.mean(0)) / exact.std(0), rtol=1e-4, atol=1e-4)


EMPTY = [
    ("BatchNorm1d", (3,), (0, 3)),
    ("BatchNorm1d", (3,), (0, 3, 4)),
    ("BatchNorm2d", (3,), (0, 3, 2, 2)),
    ("BatchNorm2d", (3,), (2, 3, 0, 2)),
    ("InstanceNorm1d", (3,), (0, 3, 4)),
    ("InstanceNorm1d", (3,), (2, 3, 0)),
    ("LayerNorm", (4,), (0, 4)),
    ("LayerNorm", (0,), (3, 0)),
    ("GroupNorm", (3, 6), (0, 6)),
    ("GroupNorm", (3, 6), (0, 6, 2)),
    ("RMSNorm", (4,), (0, 4)),
    ("LocalResponseNorm", (2,), (0, 3, 4)),
]


@pytest.mark.parametrize("name, args, shape", EMPTY)
@pytest.mark.parametrize("training", [True, False])
def test_of_an_empty_batch(name, args, shape, training, agree, twins):
    """Empty again, and nothing is learned from it: statistics stay."""
    ours, theirs = twins(name, *args)
    ours.train(training), theirs.train(training)
    agree(ours, theirs, np.zeros(shape))


@pytest.mark.parametrize("name, args, kwargs, shape", LAYERS, ids=IDS)
def test_float16_is_rounded_once(name, args, kwargs, shape, rng):
    """Also where the squares, or the sum of 2,000 numbers, are beyond float16."""
    shape = (shape[0], *shape[1:-1], 2000) if len(shape) > 2 or "Batch" not in name else (2000, 3)
    if "LayerNorm" in name or "RMSNorm" in name:
        args = (2000,)
    if name == "GroupNorm" and len(shape) == 2:
        shape = (*shape[:1], 6, 2000)
    half = getattr(nn, name)(*args, **kwargs).half()
    exact = getattr(nn, name)(*args, **kwargs).double()
    exact.load_state_dict(half.state_dict())
    x = ag.tensor(rng.normal(30, 100, size=shape), dtype="float16", requires_grad=True)
    z = x.detach().double().requires_grad_()
    seed = ag.tensor(np.round(rng.normal(size=shape), 1), dtype="float16")
    y, u = half(x), exact(z)
    assert y.dtype == "float16"
    np.testing.assert_allclose(y.detach(), u.detach(), rtol=2e-3, atol=2e-3)
    y.backward(seed), u.backward(seed.double())
    scale = np.abs(z.grad).max()
    np.testing.assert_allclose(x.grad.numpy() / scale, z.grad.numpy() / scale, atol=2e-3)
    for (which, p), q in zip(half.named_parameters(), exact.parameters()):
        np.testing.assert_allclose(p.grad, q.grad, rtol=2e-3, atol=0.05, err_msg=which)
    for (which, b), c in zip(half.named_buffers(), exact.buffers()):
        np.testing.assert_allclose(b, c, rtol=2e-3, err_msg=which)


@pytest.mark.parametrize("wrong", [(1, 3), (4, 2), (4, 3, 2, 2)])
@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_batch_that_is_refused_does_not_count(wrong, momentum):
    layer = nn.BatchNorm1d(3, momentum=momentum)
    layer(ag.randn(5, 3))
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    with pytest.raises((ValueError, RuntimeError)):
        layer(ag.ones(*wrong))
    with pytest.raises(RuntimeError):
        nn.functional.batch_norm(
            ag.randn(5, 3), layer.running_mean, layer.running_var, ag.ones(4), training=True
        )
    for name, value in layer.state_dict().items():
        assert (value == before[name]).all(), name


@pytest.mark.parametrize("name", ["BatchNorm1d", "InstanceNorm1d"])
def test_a_state_may_lack_the_count_of_batches(name, torch):
    """Files from before there was one have none; in PyTorch too they load."""
    for library, make in ((nn, ag.ones), (torch.nn, torch.ones)):
        layer = getattr(library, name)(3, affine=True, track_running_stats=True)
        state = {key: make(3) * 2 for key in ("weight", "bias", "running_mean", "running_var")}
        assert layer.load_state_dict(state).missing_keys == []
        assert layer.running_var.tolist() == [2, 2, 2]
        assert layer.num_batches_tracked.item() == 0


def test_eval_is_a_fixed_affine_map():
    layer = nn.BatchNorm1d(2)
    layer(ag.randn(8, 2))
    before = layer.running_mean.clone()
    layer.eval()(ag.randn(8, 2))
    assert (layer.running_mean == before).all() and layer.num_batches_tracked.item() == 1


def test_reset():
    layer = nn.BatchNorm1d(2)
    layer(ag.randn(8, 2))
    layer.reset_parameters()
    assert (
        layer.running_mean.tolist() == [0, 0]
        and layer.running_var.tolist() == [1, 1]
        and layer.num_batches_tracked.item() == 0
    )


@pytest.mark.parametrize(
    "name, shape",
    [("BatchNorm1d", (4, 3)), ("BatchNorm2d", (4, 3, 2, 2)), ("BatchNorm3d", (4, 3, 1, 2, 2))],
)
def test_lazy(name, shape):
    layer = getattr(nn, f"Lazy{name}")(momentum=0.3)
    layer(ag.randn(*shape))
    assert type(layer) is getattr(nn, name) and layer.num_features == 3 and layer.momentum == 0.3
    other = getattr(nn, f"Lazy{name}")()
    other.load_state_dict(layer.state_dict())
    assert (other.running_var == layer.running_var).all()


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.BatchNorm1d(3)(ag.ones(1, 3)), ValueError),
        (lambda: nn.BatchNorm1d(3)(ag.ones(4, 2)), RuntimeError),
        (lambda: nn.BatchNorm1d(3)(ag.ones(4, 3, 2, 2)), ValueError),
        (lambda: nn.BatchNorm2d(3)(ag.ones(4, 3)), ValueError),
        (lambda: nn.InstanceNorm1d(3)(ag.ones(2, 3, 1)), ValueError),
        (lambda: nn.InstanceNorm1d(3, affine=True)(ag.ones(2, 4, 5)), ValueError),
        (lambda: nn.LayerNorm(3)(ag.ones(2, 4)), RuntimeError),
        (lambda: nn.GroupNorm(2, 3), ValueError),
        (lambda: nn.GroupNorm(0, 3), ValueError),
        (lambda: nn.GroupNorm(-3, 3), ValueError),
        (lambda: nn.functional.group_norm(ag.ones(2, 3), 0), ValueError),
        (lambda: nn.LocalResponseNorm(0)(ag.ones(2, 3, 4)), ValueError),
        (lambda: nn.GroupNorm(2, 4)(ag.ones(2, 3)), RuntimeError),
        (lambda: nn.RMSNorm((2, 3))(ag.ones(3, 3)), RuntimeError),
        (lambda: nn.LocalResponseNorm(2)(ag.ones(3, 3)), ValueError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
