"""Initialisations: their distributions by Kolmogorov-Smirnov tests, their constants against
PyTorch's.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
from nn import init

SHAPE = (60, 40, 3)  # fan_in 120, fan_out 180


@pytest.fixture(scope="module")
def stats():
    return pytest.importorskip("scipy.stats")


DRAWS = {
    "uniform": (lambda t: init.uniform_(t, -1.0, 3.0), lambda s: s.uniform(-1, 4)),
    "normal": (lambda t: init.normal_(t, 2.0, 0.5), lambda s: s.norm(2, 0.5)),
    "trunc_normal": (
        lambda t: init.trunc_normal_(t, 1.0, 2.0, -1.0, 2.0),
        lambda s: s.truncnorm(-1, 0.5, 1, 2),
    ),
    "trunc_normal around its mean": (
        lambda t: init.trunc_normal_(t, 1.0, 2.0, 0.5, 1.8),
        lambda s: s.truncnorm(-0.25, 0.4, 1, 2),
    ),
    "trunc_normal below its mean": (
        lambda t: init.trunc_normal_(t, 3.0, 2.0, -2.0, 1.0),
        lambda s: s.truncnorm(-2.5, -1, 3, 2),
    ),
    "trunc_normal far away": (
        lambda t: init.trunc_normal_(t, 0.0, 1.0, 1.5, 2.0),
        lambda s: s.truncnorm(1.5, 2),
    ),
    "xavier_uniform": (
        lambda t: init.xavier_uniform_(t, 2.0),
        lambda s: _even(s, 2 * math.sqrt(6 / 300)),
    ),
    "xavier_normal": (lambda t: init.xavier_normal_(t), lambda s: s.norm(0, math.sqrt(2 / 300))),
    "kaiming_uniform": (
        lambda t: init.kaiming_uniform_(t, a=math.sqrt(5)),
        lambda s: _even(s, 1 / math.sqrt(120)),
    ),
    "kaiming_uniform relu": (
        lambda t: init.kaiming_uniform_(t, nonlinearity="relu"),
        lambda s: _even(s, math.sqrt(6 / 120)),
    ),
    "kaiming_normal": (
        lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh"),
        lambda s: s.norm(0, 5 / 3 / math.sqrt(180)),
    ),
}


def _even(stats, bound):
    return stats.uniform(-bound, 2 * bound)


@pytest.mark.parametrize("name", DRAWS)
def test_distribution(name, stats):
    fill, expected = DRAWS[name]
    t = ag.zeros(SHAPE, dtype="float64", requires_grad=True)
    assert fill(t) is t and t.is_leaf and t.requires_grad
    assert stats.kstest(t.detach().numpy().ravel(), expected(stats).cdf).pvalue > 1e-3


def test_generator_repeats():
    draws = [init.normal_(ag.zeros(5), generator=ag.Generator().manual_seed(3)) for _ in range(2)]
    assert (draws[0] == draws[1]).all()


CONSTANTS = {
    "zeros": lambda lib, t: lib.zeros_(t),
    "ones": lambda lib, t: lib.ones_(t),
    "constant": lambda lib, t: lib.constant_(t, 0.3),
    "eye": lambda lib, t: lib.eye_(t[0]),
    "dirac": lambda lib, t: lib.dirac_(t),
    "dirac groups": lambda lib, t: lib.dirac_(t, 3),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_as_in_torch(name, torch):
    ours = CONSTANTS[name](init, ag.randn(6, 2, 3, dtype="float64"))
    theirs = CONSTANTS[name](torch.nn.init, torch.randn(6, 2, 3, dtype=torch.float64))
    np.testing.assert_array_equal(ours, theirs.numpy())


@pytest.mark.parametrize(
    "nonlinearity",
    [
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
        "sigmoid",
        "tanh",
        "relu",
        "selu",
        "leaky_relu",
    ],
)
def test_gains_as_in_torch(nonlinearity, torch):
    assert init.calculate_gain(nonlinearity) == pytest.approx(
        torch.nn.init.calculate_gain(nonlinearity), rel=1e-15
    )


def test_gain_with_a_slope(torch):
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3), (2, 5, 1, 2)])
def test_orthogonal(shape):
    q = (
        init.orthogonal_(ag.zeros(shape, dtype="float64"), gain=2.0).numpy().reshape(shape[0], -1)
        / 2
    )
    gram = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-12)


def test_orthogonal_is_uniform_over_rotations(stats):
    """The angle of the first column of a random 2x2 orthogonal matrix is uniform."""
    ag.manual_seed(0)
    columns = np.array(
        [init.orthogonal_(ag.zeros(2, 2, dtype="float64")).numpy()[:, 0] for _ in range(500)]
    )
    angles = np.arctan2(columns[:, 1], columns[:, 0])
    assert stats.kstest(angles, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-3


def test_sparse():
    values = init.sparse_(ag.zeros(100, 7), sparsity=0.33, std=0.5).numpy()
    assert ((values == 0).sum(0) == 33).all() and abs(values[values != 0].std() - 0.5) < 0.1


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: init.eye_(ag.zeros(3)), ValueError),
        (lambda: init.dirac_(ag.zeros(3, 3)), ValueError),
        (lambda: init.dirac_(ag.zeros(3, 3, 3), groups=2), ValueError),
        (lambda: init.sparse_(ag.zeros(3), 0.1), ValueError),
        (lambda: init.orthogonal_(ag.zeros(3)), ValueError),
        (lambda: init.xavier_normal_(ag.zeros(3)), ValueError),
        (lambda: init.kaiming_normal_(ag.zeros(3, 3), mode="fan"), ValueError),
        (lambda: init.calculate_gain("softplus"), ValueError),
        (lambda: init.calculate_gain("leaky_relu", True), ValueError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()


def test_trunc_normal_warns_of_a_mean_far_outside():
    with pytest.warns(UserWarning, match="2 std"):
        init.trunc_normal_(ag.zeros(3), mean=10.0)


def test_trunc_normal_wastes_few_draws(monkeypatch):
    """Where the interval holds nearly all of the distribution, it draws from that."""
    drawn = []

    def counting(draw):
        def counted(shape, *rest):
            drawn.append(math.prod(shape))
            return draw(shape, *rest)

        return counted

    for name in ("_normal", "_uniform"):
        monkeypatch.setattr(init, name, counting(getattr(init, name)))
    init.trunc_normal_(ag.zeros(10_000), mean=5.0, std=1.0, a=3.0, b=7.0)
    assert sum(drawn) < 12_000
