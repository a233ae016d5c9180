"""What programs written for PyTorch ask for besides: windows, questions, methods that change a
tensor, and names that say what to use instead.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import Tensor, tensor


def same(found, expected):
    np.testing.assert_allclose(
        found.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6
    )
    assert str(found.dtype) == str(expected.dtype).removeprefix("torch.")
    assert tuple(found.shape) == tuple(expected.shape)


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman", "bartlett", "kaiser"])
def test_windows_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    ours = getattr(ag, f"{name}_window")
    theirs = getattr(torch, f"{name}_window")
    for length in (0, 1, 2, 5, 8):
        for periodic in (True, False):
            same(ours(length, periodic), theirs(length, periodic))
    same(ours(4, dtype="float64"), theirs(4, dtype=torch.float64))
    assert ours(3, requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match=f"{name}_window.*-1"):
        ours(-1)


CALLS = {
    "fill": lambda m, x: m.fill(x, 7),
    "fill_": lambda m, x: m.fill_(x, 7),
    "zero_": lambda m, x: m.zero_(x),
    "exp_": lambda m, x: m.exp_(x),
    "relu_": lambda m, x: m.nn.functional.relu_(x),
    "leaky_relu_": lambda m, x: m.nn.functional.leaky_relu_(x, 0.2),
    "hardtanh_": lambda m, x: m.nn.functional.hardtanh_(x, -0.3, 0.4),
    "threshold_": lambda m, x: m.threshold_(x, 0.1, 2.0),
    "celu_": lambda m, x: m.celu_(x),
    "layer_norm": lambda m, x: m.layer_norm(x, (3,)),
    "cosine_similarity": lambda m, x: m.cosine_similarity(x, x + 1, dim=0),
    "detach": lambda m, x: m.detach(x),
    "fill_diagonal_": lambda m, x: x.fill_diagonal_(5),
    "fill_diagonal_ wrapped": lambda m, x: x[:, :1].repeat(1, 2).fill_diagonal_(5, wrap=True),
    "apply_": lambda m, x: x.apply_(lambda v: 2 * v + 1),
    "sum_to_size": lambda m, x: x.sum_to_size(1, 3),
    "sum_to_size of fewer": lambda m, x: x.sum_to_size((3,)),
    "put_": lambda m, x: x.put_(m.tensor([1, -1]), m.tensor([5.0, 6.0])),
    "igamma": lambda m, x: x.abs().igamma(x.abs() + 1),
    "igammac_": lambda m, x: x.abs().igammac_(x.abs() + 1),
    "ldexp_": lambda m, x: x.ldexp_(m.tensor([1, 2, 3])),
    "renorm_": lambda m, x: x.renorm_(2, 0, 0.5),
    "index_reduce_": lambda m, x: x.index_reduce_(0, m.tensor([1, 1]), x.clone()[:2], "amax"),
    "gradient at places": lambda m, x: m.gradient(
        x, spacing=[m.tensor([0.0, 1.0, 1.5, 3.5])], dim=0
    )[0],
    "scalar_tensor": lambda m, x: m.scalar_tensor(3),
    "lu_solve": lambda m, x: m.lu_solve(x[:3, :1], *m.linalg.lu_factor(x[:3] + m.eye(3))),
    "nonzero_static": lambda m, x: m.nonzero_static(x > 0, size=20),
    "linalg.diagonal": lambda m, x: m.linalg.diagonal(x, offset=1),
}


@pytest.mark.filterwarnings("ignore:.*(beta|deprecated):UserWarning")
@pytest.mark.parametrize("name", CALLS)
def test_calls_give_what_pytorch_gives(name):
    torch = pytest.importorskip("torch")
    array = np.linspace(-1.3, 1.7, 12, dtype="float32").reshape(4, 3)
    same(CALLS[name](ag, tensor(array.copy())), CALLS[name](torch, torch.tensor(array.copy())))


def test_questions():
    x = tensor([[1.0, 2.0]], dtype="float64")
    assert (x.element_size(), x.type(), x.get_device()) == (8, "float64", -1)
    assert x.type("float32").dtype == "float32"
    assert x.is_signed() and not tensor([1], dtype="uint8").is_signed()
    assert not x.is_cuda and x.is_cpu and not x.is_complex() and not x.is_sparse
    assert x.is_same_size(x + 1) and not ag.is_same_size(x, x[0])
    assert ag.is_nonzero(tensor([3])) and not tensor(0.0).is_nonzero()
    with pytest.raises(RuntimeError, match=r"is_nonzero.*\[1, 2\]"):
        x.is_nonzero()


@pytest.mark.parametrize("name", "data_ptr storage as_strided set_ resize_ new map_ imag".split())
def test_names_of_memory_say_what_to_use_instead(name):
    assert not hasattr(Tensor, name)
    with pytest.raises(AttributeError, match=f"no '{name}': .*t\\.|'{name}': .*ComplexTensor"):
        getattr(ag.ones(2), name)


def test_what_cannot_be_done_in_place_says_so():
    x = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(ag.GraphError, match="apply_"):
        (x * 2).apply_(float)
    y = x * 2
    assert y.detach_() is y and not y.requires_grad
    with pytest.raises(ag.GraphError, match="view"):
        (base := x * 2)[:1].detach_()
    assert base.requires_grad
    with pytest.raises(ag.ShapeError, match=r"sum_to_size.*\[2\].*\[3\]"):
        x.sum_to_size(3)
    with pytest.raises(ag.ShapeError, match=r"fill_diagonal_.*\[2\]"):
        ag.ones(2).fill_diagonal_(1)
    with pytest.raises(ag.ShapeError, match="put.*3 for 2"):
        ag.put(ag.ones(4), tensor([0, 1]), ag.ones(3))


def test_binomial_draws_counts_of_successes():
    ag.manual_seed(0)
    drawn = ag.binomial(ag.full((4000,), 10.0), tensor(0.3))
    assert drawn.dtype == "float32" and abs(drawn.mean().item() - 3) < 0.1
    assert abs(drawn.var().item() - 2.1) < 0.2
    with pytest.raises(ValueError, match="binomial"):
        ag.binomial(tensor([1.0]), tensor([1.5]))


def test_buffers_by_assignment_and_lazy_instance_norm():
    module = nn.Module()
    module.steps = nn.Buffer(ag.zeros(2))
    module.cache = nn.Buffer(ag.zeros(2), persistent=False)
    assert list(module.state_dict()) == ["steps"]
    assert [name for name, _ in module.named_buffers()] == ["steps", "cache"]
    for rank in (1, 2, 3):
        layer = getattr(nn, f"LazyInstanceNorm{rank}d")(affine=True)
        layer(ag.randn(2, 3, *[4] * rank))
        assert type(layer) is getattr(nn, f"InstanceNorm{rank}d") and layer.num_features == 3
        single = getattr(nn, f"LazyInstanceNorm{rank}d")()
        assert single(ag.randn(3, *[4] * rank)).shape == (3, *[4] * rank)


def test_samples_are_converted_as_they_are():
    found = nn.data.default_convert({"x": np.ones(2), "y": [np.float32(1), "a"], "z": None})
    assert isinstance(found["x"], Tensor) and isinstance(found["y"][0], Tensor)
    assert found["y"][1] == "a" and found["z"] is None


def test_functions_that_change_their_input_do():
    x = tensor([-1.0, 2.0])
    assert F.elu_(x) is x and x[1].item() == 2 and x[0].item() != -1


@pytest.mark.parametrize("name", ["k0", "k1", "k0e", "k1e"])
def test_scipys_bessel_functions_take_tensors(name):
    function = getattr(pytest.importorskip("scipy.special"), name)
    x = tensor([0.5, 2.0], dtype="float64", requires_grad=True)
    y = function(x)
    np.testing.assert_allclose(y.detach(), function(np.array([0.5, 2.0])), rtol=1e-12)
    assert ag.gradcheck(function, x)


def test_what_programs_set_before_they_begin():
    assert not ag.backends.mps.is_available() and not ag.backends.cudnn.enabled
    ag.backends.cudnn.benchmark = True
    ag.use_deterministic_algorithms(True)
    ag.set_float32_matmul_precision("high")
    ag.set_default_device(ag.get_default_device())
    ag.random.manual_seed(0)
    assert isinstance(ag.ones(2).dtype, ag.dtype) and isinstance(ag.ones(2).shape, ag.Size)
    assert ag.ones(2)[:, ag.newaxis].shape == (2, 1)
    for refused in (
        lambda: ag.set_default_device("cuda"),
        lambda: ag.set_float32_matmul_precision("low"),
        lambda: ag.set_num_threads(0),
    ):
        with pytest.raises((RuntimeError, ValueError), match="cuda|'low'|0"):
            refused()
