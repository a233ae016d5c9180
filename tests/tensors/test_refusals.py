"""What PyTorch refuses is refused, and what it makes is made: creation, random numbers and dtypes with
arguments at and beyond their edges.
"""

import warnings

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import tensor

CALLS = """
m.tensor(300, dtype=m.int8)
m.tensor([1, 300], dtype=m.int8)
m.tensor([[1], [300]], dtype=m.uint8)
m.tensor(-1, dtype=m.uint8)
m.tensor(-200, dtype=m.uint8)
m.tensor(-300, dtype=m.uint8)
m.tensor(255, dtype=m.uint8)
m.tensor(-128, dtype=m.int8)
m.tensor(-129, dtype=m.int8)
m.tensor(3.7, dtype=m.int8)
m.tensor(-3.7, dtype=m.int64)
m.tensor(300.5, dtype=m.int8)
m.tensor([1.0, 300.5], dtype=m.int8)
m.tensor(float('nan'), dtype=m.int64)
m.tensor(float('inf'), dtype=m.int32)
m.tensor([float('nan')], dtype=m.int64)
m.tensor(float('nan'), dtype=m.bool)
m.tensor(2, dtype=m.bool)
m.tensor(1e30, dtype=m.float16)
m.tensor(1e300)
m.tensor(70000, dtype=m.float16)
m.tensor(2**63)
m.tensor(2**62)
m.tensor(2**70)
m.tensor([2**63])
m.tensor(-2**63)
m.tensor(2**40, dtype=m.int32)
m.tensor(True, dtype=m.int8)
m.tensor(np.array([300]), dtype=m.int8)
m.tensor(np.int64(300), dtype=m.int8)
m.tensor(np.array(300.7), dtype=m.int8)
m.tensor(m.tensor([300]), dtype=m.int8)
m.tensor('abc')
m.tensor(None)
m.tensor([None])
m.tensor([1, [2]])
m.tensor([[1, 2], [3]])
m.tensor({})
m.tensor([1, 'a'])
m.tensor([1, 2.5, True])
m.tensor([True, 2])
m.tensor([])
m.tensor([[], []])
m.tensor(())
m.tensor(range(3))
m.tensor([1.0], requires_grad=True)
m.tensor([1], requires_grad=True)
m.tensor([True], requires_grad=True)
m.Tensor([1, 2])
m.Tensor([True, False])
m.Tensor([[1, 2], [3, 4]])
m.Tensor([1.5])
m.Tensor([])
m.as_tensor(300, dtype=m.int8)
m.as_tensor([300], dtype=m.int8)
m.as_tensor([1, 2])
m.from_numpy([1.0])
m.from_numpy(np.array(['a']))
m.zeros(-1)
m.zeros(2, -1)
m.zeros(1.5)
m.zeros('a')
m.zeros((2, 3.0))
m.zeros(2, dtype='nonsense')
m.ones(-1)
m.ones(())
m.empty(-1)
m.full((-1,), 0)
m.full((2,), 300, dtype=m.int8)
m.full((2,), 300.5, dtype=m.int8)
m.full((2,), -1, dtype=m.uint8)
m.full((2,), float('nan'), dtype=m.int64)
m.full((2,), 'a')
m.full((2,), 2)
m.full((2,), True)
m.full_like(m.ones(2), 3)
m.full_like(m.tensor([1, 2], dtype=m.int8), 300)
m.arange(5, 0)
m.arange(0, 5, -1)
m.arange(0, 5, 0)
m.arange(0, float('nan'))
m.arange(0, float('inf'))
m.arange(-3)
m.arange(0)
m.arange(0, 1, 0.3)
m.arange(0.0, 5)
m.arange(1, 3, dtype=m.float64)
m.arange('a')
m.arange(True)
m.arange(0, 300, 100, dtype=m.int8)
m.arange(2**40, 2**40 + 2)
m.linspace(0, 1, -1)
m.linspace(0, 1, 0)
m.linspace(0, 1, 1)
m.linspace(0, 1, 2.5)
m.linspace(1, 0, 3)
m.linspace(0, 10, 4, dtype=m.int64)
m.linspace(0, 1, 'a')
m.linspace(0, 1)
m.linspace(0, 1, 3, requires_grad=True)
m.logspace(0, 1, -1)
m.logspace(0, 1, 0)
m.logspace(0, 2, 3, dtype=m.int64)
m.logspace(0, 2, 3, base=2)
m.eye(-1)
m.eye(2, -1)
m.eye(2.5)
m.eye(0)
m.eye(2, 3, dtype=m.int64)
m.tril_indices(-1, 2)
m.triu_indices(2, -1)
m.tril_indices(2, 3, 1)
m.tril_indices(0, 0)
m.zeros_like(3)
m.ones_like([1])
m.ones(2).new_zeros(-1)
m.ones(2).new_tensor([1, 2])
m.ones(2).new_full((2,), 3)
m.tensor([1], dtype=m.int8).new_tensor(300)
m.tensor([1], dtype=m.int8).new_full((2,), 300)
m.randperm(-1)
m.randperm(0)
m.randperm(2.5)
m.randperm('a')
m.randperm(3, requires_grad=True)
m.randint(3, 1, (2,))
m.randint(3, 3, (2,))
m.randint(0, 5, (-1,))
m.randint(0, 300, (2,), dtype=m.int8)
m.randint(-200, 5, (2,), dtype=m.int8)
m.randint(0, 5, 2)
m.randint(0, 1.5, (2,))
m.randint(0, 2, (3,)).dtype.itemsize
m.rand(-1)
m.rand(2, -1)
m.rand(2, dtype=m.int64)
m.randn(2, dtype=m.int64)
m.rand(1.5)
m.rand(0).shape[0]
m.normal(0.0, -1.0, (2,))
m.normal(m.zeros(2), -m.ones(2))
m.normal(m.zeros(2), m.ones(3))
m.normal(0.0, 1.0)
m.normal(m.zeros(2), 0.0)
m.bernoulli(m.tensor([1.5]))
m.bernoulli(m.tensor([-0.5]))
m.bernoulli(m.tensor([float('nan')]))
m.bernoulli(m.tensor([0, 1]))
m.poisson(m.tensor([-1.0]))
m.poisson(m.tensor([1, 2]))
m.multinomial(m.tensor([0.0, 0.0]), 1)
m.multinomial(m.tensor([1.0, -1.0]), 1)
m.multinomial(m.tensor([1.0, 1.0]), 3)
m.multinomial(m.tensor([1.0, 1.0]), 0)
m.multinomial(m.tensor([1.0, 1.0]), -1)
m.multinomial(m.tensor([float('nan'), 1.0]), 1)
m.multinomial(m.tensor([float('inf'), 1.0]), 1)
m.multinomial(m.tensor([1, 1]), 1)
m.multinomial(m.ones(2, 2, 2), 1)
m.multinomial(m.tensor([0.0, 2.0]), 3, True)
m.empty(2).uniform_(3, 1)
m.empty(2).uniform_(1, 1)
m.empty(2).uniform_(0, float('inf'))
m.empty(2).uniform_(float('nan'), 1)
m.tensor([1, 2]).uniform_()
m.empty(2).normal_(0, -1)
m.tensor([1, 2]).normal_()
m.empty(2).log_normal_(0, -1)
m.empty(2).log_normal_(0, 0)
m.tensor([1, 2]).log_normal_()
m.empty(2).exponential_(-1)
m.empty(2).exponential_(0)
m.tensor([1, 2]).exponential_()
m.empty(2).cauchy_(0, -1)
m.empty(2).cauchy_(0, 0)
m.tensor([1, 2]).cauchy_()
m.empty(2).geometric_(0)
m.empty(2).geometric_(1)
m.empty(2).geometric_(1.5)
m.empty(2).geometric_(-0.5)
m.tensor([1, 2]).geometric_(1)
m.empty(2).bernoulli_(1.5)
m.empty(2).bernoulli_(-1)
m.empty(2).bernoulli_(1)
m.tensor([1, 2]).bernoulli_(1)
m.empty(2).random_(3, 1)
m.empty(2).random_(0)
m.empty(2).random_(-5)
m.empty(2).random_(1)
m.tensor([1, 2], dtype=m.int8).random_(300)
m.tensor([1, 2], dtype=m.int8).random_(-300, 3)
m.tensor([1, 2], dtype=m.uint8).random_(0, 257)
m.tensor([1, 2], dtype=m.uint8).random_(0, 256)
m.manual_seed('a')
m.manual_seed(2**64)
m.Generator().manual_seed('a')
m.Generator('cuda')
m.set_rng_state(m.zeros(3, dtype=m.uint8))
m.set_rng_state(m.zeros(3))
m.rand(2, generator=3)
m.rand(2, device='cuda')
m.tensor([1], dtype=m.int8).fill_(300)
m.tensor([1], dtype=m.int8).fill_(1.5)
m.tensor([1], dtype=m.uint8).fill_(-1)
m.ones(2).fill_(m.ones(2))
m.set_default_dtype(m.int64)
m.finfo(m.int64)
m.iinfo(m.float32)
m.broadcast_shapes((2,), (3,))
m.broadcast_shapes((2, -1), (1,))
m.is_tensor(3)
m.numel([1])
m.is_floating_point(3)
m.can_cast(m.float32, m.int64)
m.result_type(m.ones(2), 'a')
""".strip().splitlines()

MORE = {
    "m.randint(0, 5, 2)",
    "m.normal(0.0, 1.0)",
    "m.bernoulli(m.tensor([0, 1]))",
    "m.poisson(m.tensor([1, 2]))",
    "m.multinomial(m.tensor([1, 1]), 1)",
    "m.empty(2).geometric_(1)",
    "m.tensor([1, 2]).geometric_(1)",
    "m.manual_seed(2**64)",
    "m.ones(2).fill_(m.ones(2))",
}
"""Calls that PyTorch refuses though they have a plain meaning, which is given."""

LESS = {"m.tensor([1], dtype=m.uint8).fill_(-1)"}
"""Calls that PyTorch takes and that are refused: a number that does not fit."""

RANDOM = (
    "rand",
    "normal",
    "uniform",
    "cauchy",
    "expon",
    "geometric",
    "bernoulli",
    "multinomial",
    "empty",
    "poisson",
)


def outcome(call, module):
    """The dtype and the values that a call gives, or that it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = eval(call, {"m": module, "np": np})
        except Exception as error:
            return error
    if not hasattr(result, "tolist"):
        return "a value"
    dtype = str(result.dtype).removeprefix("torch.")
    if any(word in call for word in RANDOM):
        return dtype, tuple(result.shape)
    return dtype, str(result.tolist())


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_refused_where_pytorch_refuses_it(call):
    torch = pytest.importorskip("torch")
    ours, theirs = outcome(call, ag), outcome(call, torch)
    if isinstance(ours, Exception):
        assert isinstance(ours, (TypeError, ValueError, RuntimeError, AttributeError))
    if call in MORE:
        assert isinstance(theirs, Exception) and not isinstance(ours, Exception)
    elif call in LESS:
        assert isinstance(ours, Exception) and not isinstance(theirs, Exception)
    elif isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"PyTorch says: {theirs}"
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    "call, words",
    [
        ("m.tensor([1, 300], dtype=m.int8)", "300 does not fit into int8, which holds -128 to 127"),
        ("m.tensor(2**63)", "9223372036854775808 does not fit into int64"),
        ("m.linspace(0, 1, -1)", r"linspace\(\).*steps=-1"),
        ("m.randperm(-1)", r"randperm\(\).*-1"),
        ("m.empty(2).uniform_(3, 1)", r"uniform_\(\).*3, 1"),
        ("m.randint(0, 300, (2,), dtype=m.int8)", r"randint\(\).*0 to 299.*int8"),
        ("m.randint(0, 1.5, (2,))", r"randint\(\).*1.5"),
        ("m.empty(2).random_(0)", r"random_\(\).*0 and 0"),
        ("m.empty(2).cauchy_(0, 0)", r"cauchy_\(\).*sigma"),
        ("m.tensor([1, 2]).exponential_()", r"exponential_\(\).*int64"),
        ("m.multinomial(m.ones(2), 0)", r"multinomial\(\).*num_samples=0"),
        ("m.full((2,), m.ones((), requires_grad=True))", "expand"),
        ("m.tril_indices(-1, 2)", r"tril_indices\(\).*-1, 2"),
    ],
)
def test_a_refusal_says_what_was_wrong(call, words):
    error = outcome(call, ag)
    with pytest.raises((ValueError, TypeError), match=words):
        raise error


def test_arrays_wrap_as_numpys_do():
    assert tensor(np.array([300]), dtype="int8").item() == 44
    assert tensor(tensor([300]), dtype="int8").item() == 44


def test_python_numbers_are_floats_for_the_class_and_integers_for_the_function():
    assert ag.Tensor([1, 2]).dtype == ag.Tensor(3).dtype == ag.float32
    assert tensor([1, 2]).dtype == ag.int64 and ag.Tensor(np.array([1, 2])).dtype == ag.int64
    assert ag.Tensor([1, 2], dtype="int64").dtype == ag.int64
