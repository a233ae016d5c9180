"""Every activation against PyTorch: values, gradients, second derivatives, kinks, extremes, and how
it is printed.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F

LAYERS = [
    ("ReLU", ()),
    ("ReLU6", ()),
    ("LeakyReLU", ()),
    ("LeakyReLU", (0.2,)),
    ("PReLU", ()),
    ("PReLU", (3, 0.1)),
    ("ELU", ()),
    ("ELU", (1.7,)),
    ("SELU", ()),
    ("CELU", ()),
    ("CELU", (1.7,)),
    ("GELU", ()),
    ("GELU", ("tanh",)),
    ("SiLU", ()),
    ("Mish", ()),
    ("Softplus", ()),
    ("Softplus", (2.0, 1.0)),
    ("Softsign", ()),
    ("Softshrink", ()),
    ("Softshrink", (0.3,)),
    ("Hardshrink", ()),
    ("Hardshrink", (0.3,)),
    ("RReLU", ()),
    ("RReLU", (0.1, 0.5)),
    ("Hardtanh", ()),
    ("Hardtanh", (-0.5, 2.0)),
    ("Hardsigmoid", ()),
    ("Hardswish", ()),
    ("Tanhshrink", ()),
    ("LogSigmoid", ()),
    ("Sigmoid", ()),
    ("Tanh", ()),
    ("Softmax", (1,)),
    ("LogSoftmax", (-1,)),
    ("Softmin", (0,)),
    ("Threshold", (0.1, 20.0)),
    ("GLU", ()),
    ("GLU", (0,)),
]
IDS = [f"{name}{args}" for name, args in LAYERS]


@pytest.mark.parametrize("name, args", LAYERS, ids=IDS)
def test_agrees_with_torch(name, args, agree, twins, rng):
    ours, theirs = (layer.eval() for layer in twins(name, *args))  # RReLU draws in training
    agree(ours, theirs, rng.normal(scale=2, size=(4, 3, 2)), tol=TOLERANCE.get(name, 1e-9))
    assert repr(ours) == repr(theirs)


# PyTorch's backward kernels keep 1/6 and alpha in single precision; ours are compared as far as its
# answer goes.
TOLERANCE = {"Hardsigmoid": 1e-7, "CELU": 1e-7}

# At a kink the second derivative is that of another side than PyTorch's, or PyTorch has NaN.
SIDES = ("PReLU", "Softplus", "Mish")

KINKS = np.array(
    [
        [-6.0, -3.0, -1.0, -0.5, -0.0, 0.0],
        [0.5, 1.0, 3.0, 6.0, 20.0, -20.0],
        [1000.0, -1000.0, 50.0, -50.0, 1e-9, 88.0],
    ]
)


@pytest.mark.parametrize("name, args", LAYERS, ids=IDS)
def test_at_kinks_and_extremes(name, args, agree, twins):
    agree(
        *(layer.eval() for layer in twins(name, *args)),
        KINKS if args not in ((3, 0.1), (0,)) else KINKS.T,
        tol=TOLERANCE.get(name, 1e-9),
        second=name not in SIDES,
    )


PIECES = [
    *("ReLU6", "LeakyReLU", "Hardtanh", "Hardsigmoid", "Hardshrink", "Softshrink", "Threshold"),
]


@pytest.mark.parametrize("name", PIECES)
def test_the_gradient_of_straight_pieces_stays_in_the_graph(name):
    """Its own gradient is 0, as PyTorch's is, and no error."""
    layer = nn.Threshold(0.1, 20.0) if name == "Threshold" else getattr(nn, name)()
    x = ag.tensor(KINKS, requires_grad=True)
    (gradient,) = ag.grad(layer(x).sum(), [x], create_graph=True)
    (second,) = ag.grad(gradient.sum(), [x], create_graph=True)
    assert (second == 0).all() and second.shape == x.shape
    penalty = layer(x).sum() + (gradient * gradient).sum()  # as a gradient penalty has it
    assert (ag.grad(penalty, [x])[0] == gradient).all()


def test_a_prelu_of_a_single_number(agree, torch):
    for x in (0.7, -0.7):
        agree(F.prelu, torch.nn.functional.prelu, np.array(x), np.array([0.2]))


OF_ROWS = ("Softmax", "LogSoftmax", "Softmin", "GLU", "Softmax2d", "MultiheadAttention")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name, args", LAYERS, ids=IDS)
def test_single_numbers_of_every_precision(name, args, dtype):
    """A gradient is a number at 0 and far away, and NaN does not vanish."""
    if name in OF_ROWS or (name == "PReLU" and args):
        return
    layer = getattr(nn, name)(*args).eval().to(dtype)
    for value in (0.0, 1e-7, -1.3, 40.0, -40.0):
        x = ag.tensor(value, dtype=dtype, requires_grad=True)
        y = layer(x)
        y.backward()
        assert y.shape == x.grad.shape == () and y.dtype == x.grad.dtype == dtype
        assert np.isfinite([y.item(), x.grad.item()]).all(), value
    with np.errstate(invalid="ignore"):
        for x in (ag.tensor(np.nan, dtype=dtype), ag.tensor([1.0, np.nan], dtype=dtype)):
            assert np.isnan(layer(x).detach()).sum() == 1


@pytest.mark.parametrize("name, args", LAYERS, ids=IDS)
def test_second_derivatives(name, args, twins, rng):
    ours = twins(name, *args)[0].eval()
    x = ag.tensor(
        rng.permutation(np.linspace(-2.33, 2.41, 12)).reshape(2, 3, 2), requires_grad=True
    )
    assert ag.gradgradcheck(ours, x)


@pytest.mark.parametrize("name, args", LAYERS, ids=IDS)
def test_float32_stays(name, args):
    layer = getattr(nn, name)(*args)
    x = ag.randn(2, 3, 2).requires_grad_()
    y = layer(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize(
    "name",
    [
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "ELU",
        "SELU",
        "CELU",
        "SiLU",
        "Mish",
        "Hardtanh",
        "Hardsigmoid",
        "Hardswish",
    ],
)
def test_inplace(name, torch, rng):
    ours, theirs = getattr(nn, name)(inplace=True), getattr(torch.nn, name)(inplace=True)
    array = rng.normal(size=(3, 4))
    x, z = ag.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    a, b = x * 2, z * 2
    y, u = ours(a), theirs(b)
    np.testing.assert_allclose(a.detach(), b.detach().numpy(), rtol=1e-12)
    (y * y).sum().backward()
    (u * u).sum().backward()
    np.testing.assert_allclose(x.grad, z.grad.numpy(), rtol=TOLERANCE.get(name, 1e-9), atol=1e-12)
    with pytest.raises(RuntimeError):
        ours(x)  # a leaf that requires gradients


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.GLU()(ag.zeros(2, 3)), RuntimeError),
        (lambda: nn.PReLU(2)(ag.zeros(2, 3)), RuntimeError),
        (lambda: nn.GELU("erf")(ag.zeros(2)), ValueError),
        (lambda: nn.Softmax2d()(ag.zeros(2)), ValueError),
        (lambda: nn.Softshrink(-1.0)(ag.zeros(2)), ValueError),
        (lambda: nn.CELU(0)(ag.zeros(2)), RuntimeError),
        (lambda: nn.ELU(beta=2), TypeError),
        (lambda: nn.Threshold(1.0), TypeError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 1, 3, 2)])
def test_softmax_without_dim_warns_and_chooses_as_torch(shape, torch, rng):
    x = rng.normal(size=shape)
    with pytest.warns(UserWarning, match="Implicit dimension"):
        ours = nn.Softmax()(ag.tensor(x))
    with pytest.warns(UserWarning):
        theirs = torch.nn.Softmax()(torch.tensor(x))
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    "name",
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "softsign",
        "softshrink",
        "hardshrink",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
        "tanhshrink",
        "logsigmoid",
        "sigmoid",
        "tanh",
        "glu",
    ],
)
def test_functional_form(name, agree, torch, rng):
    theirs = getattr(torch.nn.functional, name, None) or getattr(torch, name)
    agree(
        getattr(F, name),
        theirs,
        rng.normal(size=(3, 4)),
        tol=1e-7 if name == "hardsigmoid" else 1e-9,
    )


def test_rrelu_draws_slopes_in_training():
    layer = nn.RReLU(0.1, 0.4)
    x = ag.cat([-ag.ones(20_000), ag.ones(10)]).double().requires_grad_()
    y = layer(x)
    y.sum().backward()
    slopes = -y.detach().numpy()[:20_000]
    assert slopes.min() > 0.1 and slopes.max() < 0.4
    assert slopes.mean() == pytest.approx(0.25, abs=0.005)
    assert slopes.std() == pytest.approx(0.3 / 12**0.5, abs=0.005)
    np.testing.assert_allclose(x.grad[:20_000], slopes)
    assert (y[20_000:] == 1).all() and (x.grad[20_000:] == 1).all()
    assert (layer.eval()(x)[:20_000] == -0.25).all()
    with pytest.raises(ValueError):
        F.rrelu(x, 0.5, 0.1)
    z = -ag.ones(3)
    assert F.rrelu(z, training=True, inplace=True) is z and (z > -0.5).all()


@pytest.mark.parametrize("tau", [0.5, 2.0])
@pytest.mark.parametrize("dim", [0, -1])
def test_gumbel_softmax_draws_from_the_softmax(tau, dim):
    """The greatest entry is distributed as the softmax says, whatever the temperature."""
    logits = ag.tensor([0.5, -1.0, 2.0]).double().reshape(3, 1) + ag.zeros(3, 20_000).double()
    logits = (logits if dim == 0 else logits.T).detach().requires_grad_()
    soft = F.gumbel_softmax(logits, tau, dim=dim)
    np.testing.assert_allclose(soft.sum(dim).detach(), 1, rtol=1e-12)
    hard = F.gumbel_softmax(logits, tau, hard=True, dim=dim)
    assert set(np.unique(hard.detach())) == {0, 1} and (hard.sum(dim) == 1).all()
    for drawn in (soft, hard):
        winners = np.bincount(drawn.argmax(dim).numpy(), minlength=3) / 20_000
        expected = np.exp([0.5, -1.0, 2.0]) / np.exp([0.5, -1.0, 2.0]).sum()
        np.testing.assert_allclose(winners, expected, atol=0.012)


def test_the_gradient_of_a_hard_draw_is_that_of_the_soft_one():
    logits = ag.randn(4, 3).double().requires_grad_()
    weights = ag.randn(4, 3).double()
    found = []
    for hard in (False, True):
        ag.manual_seed(5)
        loss = (F.gumbel_softmax(logits, 0.7, hard=hard) * weights).sum()
        found.append(ag.grad(loss, [logits])[0])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    with pytest.raises(ValueError):
        F.gumbel_softmax(logits, 0.0)


ARRAY_LIKE = [
    name
    for name in dir(F)
    if ": Tensor or array_like" in (getattr(F, name).__doc__ or "").partition("Returns")[0]
    and "x : " in getattr(F, name).__doc__
]


@pytest.mark.parametrize("name", ARRAY_LIKE)
def test_what_is_documented_as_array_like_may_be_a_list(name):
    more = (0.1, 20.0) if name == "threshold" else ()
    values = [[-1.0, 2.0], [0.5, 3.0]]
    expected = getattr(F, name)(ag.tensor(values, dtype="float64"), *more)
    for given in (values, tuple(map(tuple, values)), np.array(values)):
        np.testing.assert_allclose(getattr(F, name)(given, *more), expected, rtol=1e-6)


def test_there_are_functions_of_array_likes():
    assert len(ARRAY_LIKE) > 15
