"""Creation against PyTorch, and randomness: reproducible, distributed as it should be, drawn from
the generator given.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Generator, GraphError, Tensor, tensor

N = 20000

CALLS = {
    "tensor": [
        lambda m: m.tensor([[1, 2], [3, 4]]),
        lambda m: m.tensor(2.5),
        lambda m: m.tensor([True, False]),
        lambda m: m.tensor([1, 2.5]),
        lambda m: m.tensor([]),
        lambda m: m.tensor([1, 2], dtype=m.float64),
        lambda m: m.tensor([1.5], device="cpu"),
        lambda m: m.tensor([[]]),
    ],
    "zeros": [
        lambda m: m.zeros(2, 3),
        lambda m: m.zeros((2, 3)),
        lambda m: m.zeros([2]),
        lambda m: m.zeros(()),
        lambda m: m.zeros(size=(2, 1)),
        lambda m: m.zeros(0, 3),
        lambda m: m.zeros(2, dtype=m.int64),
        lambda m: m.zeros(3, requires_grad=True),
        lambda m: m.zeros_like(m.ones(2, 3)),
        lambda m: m.zeros(2, device="cpu"),
        lambda m: m.zeros_like(m.arange(3)),
        lambda m: m.zeros_like(m.arange(3), dtype=m.float64),
        lambda m: m.arange(3).new_zeros(2, 2),
    ],
    "ones": [
        lambda m: m.ones(2, 3),
        lambda m: m.ones_like(m.arange(3)),
        lambda m: m.ones(2).new_ones((3,), dtype=m.int32),
        lambda m: m.ones(2, dtype=m.bool),
    ],
    "full": [
        lambda m: m.full((2, 3), 7),
        lambda m: m.full((2,), 0.5),
        lambda m: m.full((), True),
        lambda m: m.full((2,), 7, dtype=m.float32),
        lambda m: m.full([1], 2.0),
        lambda m: m.full_like(m.ones(2), 7),
        lambda m: m.full_like(m.arange(2), 7),
        lambda m: m.ones(1).new_full((2, 2), 3),
    ],
    "arange": [
        lambda m: m.arange(5),
        lambda m: m.arange(2, 5),
        lambda m: m.arange(5, 2, -1),
        lambda m: m.arange(0, 1, 0.25),
        lambda m: m.arange(5.0),
        lambda m: m.arange(0),
        lambda m: m.arange(3, dtype=m.float64),
        lambda m: m.arange(1, 2.0, 0.1),
        lambda m: m.arange(start=1, end=9, step=3),
        lambda m: m.arange(end=3),
    ],
    "linspace": [
        lambda m: m.linspace(0, 1, 5),
        lambda m: m.linspace(3, -3, steps=4, dtype=m.float64),
        lambda m: m.linspace(2, 5, 1),
        lambda m: m.linspace(0, 1, 0),
        lambda m: m.logspace(0, 2, 3),
        lambda m: m.logspace(0, 3, 4, base=2),
        lambda m: m.logspace(-1, 1, steps=5, dtype=m.float64),
    ],
    "eye": [
        lambda m: m.eye(3),
        lambda m: m.eye(2, 3),
        lambda m: m.eye(2, dtype=m.int64),
        lambda m: m.eye(3, 2, requires_grad=True),
    ],
    "triangles": [
        lambda m: m.tril_indices(3, 4),
        lambda m: m.tril_indices(3, 3, -1),
        lambda m: m.triu_indices(3, 4, 1),
        lambda m: m.triu_indices(4, 2, offset=-1),
    ],
    "new_tensor": [
        lambda m: m.arange(2).new_tensor([1, 2]),
        lambda m: m.as_tensor([1.0, 2.0]),
        lambda m: m.as_tensor([1, 2], dtype=m.float32),
        lambda m: m.asarray([1.0]),
    ],
}


@pytest.mark.parametrize("name", CALLS)
def test_values_dtypes_and_shapes(name):
    torch = pytest.importorskip("torch")
    for call in CALLS[name]:
        ours, theirs = call(ag), call(torch)
        assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
        assert ours.shape == tuple(theirs.shape) and ours.requires_grad == theirs.requires_grad
        np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=2e-7)


def test_empty_has_the_shape_and_dtype_asked_for():
    assert (ag.empty(2, 3).shape, ag.empty(2, 3).dtype) == ((2, 3), ag.float32)
    assert ag.empty_like(tensor([1, 2])).dtype == ag.int64
    assert tensor([1, 2]).new_empty(3, 1).shape == (3, 1)


def test_memory_is_shared_where_promised():
    array = np.zeros(3)
    assert ag.from_numpy(array).numpy() is array and ag.as_tensor(array).numpy() is array
    assert ag.tensor(array).numpy() is not array
    t = tensor([1.0])
    assert ag.as_tensor(t) is t and ag.as_tensor(t, dtype=ag.float64).dtype == ag.float64


def test_bad_arguments_say_what_is_wrong():
    with pytest.raises(GraphError, match="CPU only.*cuda"):
        ag.zeros(2, device="cuda")
    with pytest.raises(ValueError, match="cannot reach 0 from 5"):
        ag.arange(5, 0)
    with pytest.raises(TypeError, match="takes an array, got list"):
        ag.from_numpy([1.0])
    with pytest.raises(TypeError, match="int64.*randint"):
        ag.rand(2, dtype=ag.int64)
    with pytest.raises(ValueError, match="low below high, got 3 and 3"):
        ag.randint(3, 3, (2,))
    with pytest.raises(ValueError, match="probabilities from 0 to 1"):
        ag.bernoulli(tensor([1.5]))
    with pytest.raises(ValueError, match="standard deviations"):
        ag.normal(0.0, -1.0, (2,))
    with pytest.raises(ValueError, match="at least 3 weights above 0"):
        ag.multinomial(tensor([0.0, 1.0, 1.0]), 3)
    with pytest.raises(ValueError, match=r"finite weights.*\[2\]"):
        ag.multinomial(tensor([-1.0, 1.0]), 1)
    with pytest.raises(ValueError, match="80 bytes, got 3"):
        Generator().set_state(tensor([1, 2, 3]))
    with pytest.raises(GraphError, match="in place"):
        ag.zeros(2, requires_grad=True).uniform_()


# --- randomness -----------------------------------------------------------------------------------

DRAWS = {
    "rand": lambda g: ag.rand(3, 2, generator=g),
    "randn": lambda g: ag.randn((3,), generator=g),
    "randint": lambda g: ag.randint(0, 1000, (5,), generator=g),
    "randperm": lambda g: ag.randperm(20, generator=g),
    "normal": lambda g: ag.normal(0.0, 1.0, (4,), generator=g),
    "bernoulli": lambda g: ag.bernoulli(ag.full((40,), 0.5), generator=g),
    "multinomial": lambda g: ag.multinomial(ag.ones(50), 20, generator=g),
    "poisson": lambda g: ag.poisson(ag.full((9,), 30.0), generator=g),
    "replaced": lambda g: ag.multinomial(ag.ones(2, 50), 20, True, generator=g),
    "rand_like": lambda g: ag.rand_like(ag.ones(4), generator=g),
    "randn_like": lambda g: ag.randn_like(ag.ones(4), generator=g),
    "randint_like": lambda g: ag.randint_like(ag.ones(9), 1000, generator=g),
    **{
        name: lambda g, name=name: getattr(ag.zeros(9), name)(generator=g)
        for name in ("uniform_", "normal_", "log_normal_", "exponential_", "cauchy_", "random_")
    },
    "geometric_": lambda g: ag.zeros(30).geometric_(0.1, generator=g),
    "bernoulli_": lambda g: ag.zeros(40).bernoulli_(generator=g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_reproducible_and_from_the_generator_given(name):
    draw = DRAWS[name]
    ag.manual_seed(3)
    first, following = draw(None), draw(None)
    assert not ag.equal(first, following)
    ag.manual_seed(3)
    state = ag.get_rng_state()
    own = Generator().manual_seed(3)
    assert ag.equal(draw(own), first) and ag.equal(draw(own), following)
    assert ag.equal(ag.get_rng_state(), state), (
        "a generator of one's own leaves the default one alone"
    )
    assert ag.equal(draw(None), first)


def test_the_state_of_a_generator():
    g = Generator().manual_seed(-5)
    assert g.initial_seed() == -5
    ag.randint(0, 9, (3,), generator=g, dtype=ag.int32)
    state = g.get_state()
    a = ag.rand(3, generator=g)
    assert state.dtype == ag.uint8 and ag.equal(
        ag.rand(3, generator=Generator().set_state(state)), a
    )
    seed = g.seed()
    assert g.initial_seed() == seed and ag.equal(
        ag.rand(2, generator=g), ag.rand(2, generator=Generator().manual_seed(seed))
    )
    assert ag.manual_seed(7) is ag.default_generator and ag.initial_seed() == 7
    assert ag.seed() == ag.initial_seed() != 7


def moments(x):
    return float(x.double().mean()), float(x.double().std())


@pytest.mark.parametrize(
    "draw, mean, deviation",
    [
        (lambda: ag.rand(N), 0.5, math.sqrt(1 / 12)),
        (lambda: ag.randn(N, dtype=ag.float64), 0, 1),
        (lambda: ag.randint(-3, 4, (N,)), 0, 2),
        (lambda: ag.normal(ag.full((N,), 2.0), 3.0), 2, 3),
        (lambda: ag.normal(2.0, 3.0, (N,)), 2, 3),
        (lambda: ag.bernoulli(ag.full((N,), 0.3)), 0.3, math.sqrt(0.21)),
        (lambda: ag.poisson(ag.full((N,), 4.0)), 4, 2),
        (lambda: ag.empty(N).uniform_(-1, 3), 1, 4 / math.sqrt(12)),
        (lambda: ag.empty(N).normal_(1, 2), 1, 2),
        (lambda: ag.empty(N).exponential_(2.0), 0.5, 0.5),
        (lambda: ag.empty(N).geometric_(0.5), 2, math.sqrt(2)),
        (lambda: ag.empty(N).bernoulli_(0.2), 0.2, 0.4),
        (
            lambda: ag.empty(N).log_normal_(0.0, 0.25),
            math.exp(1 / 32),
            math.exp(1 / 32) * math.sqrt(math.exp(1 / 16) - 1),
        ),
        (lambda: ag.empty(N).random_(5), 2, math.sqrt(2)),
        (lambda: ag.empty(N).cauchy_(1.0, 2.0).sub(1).div(2).atan(), 0, math.pi / math.sqrt(12)),
        (
            lambda: ag.multinomial(tensor([1.0, 0.0, 3.0]), N, replacement=True),
            1.5,
            math.sqrt(0.75),
        ),
        (lambda: ag.randint_like(ag.zeros(N), 2, 5), 3, math.sqrt(2 / 3)),
    ],
)
def test_moments(draw, mean, deviation):
    """Mean and deviation lie within five standard errors (of the deviation: with room for heavy
    tails).
    """
    ag.manual_seed(11)
    m, s = moments(draw())
    assert abs(m - mean) < 5 * deviation / math.sqrt(N)
    assert abs(s - deviation) < 0.05 * deviation


def test_ranges_dtypes_and_gradients():
    x = ag.rand(N)
    assert x.dtype == ag.float32 and float(x.min()) >= 0 and float(x.max()) < 1
    assert (
        ag.rand(2, dtype=ag.float64).dtype == ag.float64
        and ag.randn(2, dtype=ag.float16).dtype == ag.float16
    )
    assert ag.rand(2, requires_grad=True).requires_grad and ag.rand(()).shape == ()
    assert (
        sorted(ag.randperm(9).tolist()) == list(range(9))
        and ag.randint(5, (2, 3)).shape == (2, 3)
        and ag.randint(high=5, size=(2,)).shape == (2,)
    )
    assert ag.zeros(3, dtype=ag.int64).random_(2, 4).dtype == ag.int64
    assert ag.bernoulli(tensor([0.0, 1.0], dtype=ag.float64)).dtype == ag.float64
    assert tensor([0.0, 1.0]).bernoulli().tolist() == [0.0, 1.0] and tensor([0.0, 1.0]).multinomial(
        1
    ).tolist() == [1]


def test_multinomial_without_replacement_draws_each_position_once_and_in_proportion():
    draws = ag.multinomial(ag.ones(3, 10), 10)
    assert draws.shape == (3, 10) and all(sorted(row) == list(range(10)) for row in draws.tolist())
    first = ag.multinomial(tensor([1.0, 3.0]).expand(N, 2), 2)[:, 0]
    assert abs(float(first.double().mean()) - 0.75) < 5 * math.sqrt(0.1875 / N)


def test_initialisers_write_the_memory_and_return_the_tensor():
    x = ag.zeros(4, requires_grad=True)
    with ag.no_grad():
        assert x.uniform_(1, 2) is x
    assert x.requires_grad and x.is_leaf and bool((x >= 1).all())
    base = ag.zeros(2, 3)
    base[0].normal_()
    assert bool((base[0] != 0).all()) and bool((base[1] == 0).all())
    leaf = tensor([1.0, 2.0], requires_grad=True)
    y = leaf * 2
    y.normal_()
    y.sum().backward()
    assert leaf.grad.tolist() == [0.0, 0.0]


def test_numpy_functions_of_the_same_meaning():
    x = Tensor([[1.0, 2.0]])
    for result, expected in (
        (np.zeros_like(x), [[0, 0]]),
        (np.ones_like(x), [[1, 1]]),
        (np.full_like(x, 3), [[3, 3]]),
    ):
        assert (
            isinstance(result, Tensor)
            and result.dtype == ag.float32
            and result.tolist() == expected
        )
    assert np.empty_like(x, dtype=np.int64).dtype == ag.int64


@pytest.mark.parametrize("name", ["e", "inf", "nan", "pi"])
def test_constants(name):
    np.testing.assert_equal(getattr(ag, name), getattr(math, name))
