"""Numbers: extreme values and dtypes."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, grad, tensor

from .making import OPERATORS, UNARY, leaf

# --- extreme values -------------------------------------------------------------------------------


def functional(m):
    if m is ag:
        import nn.functional as F
    else:
        import torch.nn.functional as F
    return F


EXTREME = {
    "softmax": lambda m, x: x.softmax(0) if m is ag else m.softmax(x, 0),
    "log_softmax": lambda m, x: x.log_softmax(0),
    "logsumexp": lambda m, x: m.logsumexp(x, 0),
    "sigmoid": lambda m, x: m.sigmoid(x),
    "log_sigmoid": lambda m, x: functional(m).logsigmoid(x),
    "softplus": lambda m, x: (m if m is ag else functional(m)).softplus(x),
    "tanh": lambda m, x: m.tanh(x),
    "logaddexp": lambda m, x: m.logaddexp(x, -x),
    "binary_cross_entropy_with_logits": lambda m, x: functional(m).binary_cross_entropy_with_logits(
        x, x * 0 + 0.25
    ),
    "binary_cross_entropy_with_logits_hard": lambda m, x: functional(
        m
    ).binary_cross_entropy_with_logits(x, (x < 0) + 0 * x.detach()),
    "cross_entropy": lambda m, x: functional(m).cross_entropy(x.reshape(1, 2), m.tensor([1])),
    "cross_entropy_right": lambda m, x: functional(m).cross_entropy(x.reshape(1, 2), m.tensor([0])),
}


@pytest.mark.parametrize("name", EXTREME)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_thousand_either_way_is_finite_and_silent_and_agrees_with_pytorch(name, dtype, agrees):
    x = np.array([1000.0, -1000.0], dtype=dtype)
    agrees(EXTREME[name], x)
    t = tensor(x, requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        y = EXTREME[name](ag, t)
        y.sum().backward()
    assert np.isfinite(y.detach().numpy()).all() and np.isfinite(t.grad.numpy()).all()


@pytest.mark.parametrize(
    "name", ["softmax", "log_softmax", "logsumexp", "sigmoid", "softplus", "tanh", "logaddexp"]
)
def test_the_second_derivative_at_a_thousand_is_finite_and_silent(name):
    t = leaf(1000.0, -1000.0)
    with np.errstate(all="raise", under="ignore"):
        (dx,) = grad(EXTREME[name](ag, t).sum(), t, create_graph=True)
        (ddx,) = grad((dx * dx).sum(), t)
    assert np.isfinite(ddx.numpy()).all()


def test_equal_huge_logits_share_the_probability():
    x = leaf(1e6, 1e6, -1e6)
    np.testing.assert_allclose(x.softmax(0).detach().numpy(), [0.5, 0.5, 0])
    np.testing.assert_allclose(x.logsumexp(0).item(), 1e6 + np.log(2))


def test_masked_logits_get_probability_and_gradient_zero(agrees):
    x = np.array([[1.0, -np.inf, 2.0], [-np.inf, -np.inf, 0.0]])
    for f in (lambda m, x: x.softmax(1), lambda m, x: m.logsumexp(x, 1)):
        agrees(f, x)
    t = tensor(x, requires_grad=True)
    (t.softmax(1)[:, 2]).sum().backward()
    assert t.grad.numpy()[0, 1] == 0 and np.isfinite(t.grad.numpy()).all()


def test_logsumexp_of_infinities_is_an_infinity_as_in_pytorch(torch):
    for values in ([-np.inf, -np.inf], [np.inf, 1.0], [np.inf, -np.inf]):
        with np.errstate(all="ignore"):
            assert tensor(values).logsumexp(0).item() == torch.tensor(values).logsumexp(0).item()


def test_small_numbers_keep_their_precision(agrees):
    tiny = np.array([1e-20, -1e-20, 1e-10])
    for name in ("expm1", "log1p", "tanh", "sin"):
        agrees(lambda m, x, name=name: getattr(m, name)(x), tiny, rtol=1e-12, atol=0)


# --- dtypes ---------------------------------------------------------------------------------------

SCALARS = {
    "int": 2,
    "float": 2.0,
    "bool": True,
    "np.float64": np.float64(2),
    "np.float32": np.float32(2),
    "np.int64": np.int64(2),
}


@pytest.mark.parametrize("shape", [(3,), (), (0,)], ids=str)
@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize("name", OPERATORS)
def test_float32_stays_float32_against_every_scalar(name, scalar, shape):
    x = tensor(np.full(shape, 0.5, "float32"), requires_grad=True)
    y = OPERATORS[name](x, SCALARS[scalar])
    assert isinstance(y, Tensor) and y.dtype == "float32" and y.shape == shape
    if name != "floordiv":
        y.sum().backward()
        assert x.grad.dtype == "float32" and x.grad.shape == shape


@pytest.mark.parametrize("shape", [(2, 2), ()], ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_float32_stays_float32_through_every_function_and_to_second_order(name, shape):
    x = tensor(
        np.full(shape, 0.5, "float32")
        if not shape
        else np.array([[0.2, 0.5], [0.3, 0.7]], "float32"),
        requires_grad=True,
    )
    if not shape and name in ("var", "std"):
        pytest.skip("one number has no variance")
    y = getattr(x, name)()
    assert y.dtype == "float32"
    (dx,) = grad(y.sum(), x, create_graph=True)
    assert dx.dtype == "float32"
    if dx.requires_grad:
        assert grad(dx.sum(), x, allow_unused=True, materialize_grads=True)[0].dtype == "float32"


def test_the_seed_has_the_dtype_of_the_result():
    x = leaf(1.0, 2.0, dtype="float32")
    h = x * 2
    y = h.sum()
    h.retain_grad()
    y.retain_grad()
    y.backward()
    assert {x.grad.dtype, h.grad.dtype, y.grad.dtype} == {np.dtype("float32")}


def test_a_float64_seed_or_hook_does_not_change_the_dtype_of_the_gradient():
    x = leaf(1.0, 2.0, dtype="float32")
    (x * 2).backward(tensor([1.0, 1.0], dtype="float64"))
    assert x.grad.dtype == "float32"


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a * b,
        lambda a, b: a + b,
        lambda a, b: ag.where(a > 0, a, b),
        lambda a, b: ag.cat([a, b]),
        lambda a, b: ag.stack([a, b]),
        lambda a, b: ag.maximum(a, b),
        lambda a, b: a**b,
        lambda a, b: ag.atan2(a, b),
    ],
)
def test_each_gradient_has_the_dtype_of_its_leaf_in_mixed_arithmetic(f):
    a, b = leaf(1.0, 2.0, dtype="float32"), leaf(3.0, 4.0, dtype="float64")
    y = f(a, b)
    assert y.dtype == "float64"
    y.sum().backward()
    assert a.grad.dtype == "float32" and b.grad.dtype == "float64"


def test_a_cast_is_differentiable_and_gives_back_the_dtype_of_its_leaf():
    x = leaf(1.0, 2.0, dtype="float32")
    for y in (x.to("float64"), x.astype("float64"), x.type_as(tensor(1.0, dtype="float64"))):
        x.grad = None
        assert y.dtype == "float64"
        (y * y).sum().backward()
        assert x.grad.dtype == "float32"
        np.testing.assert_array_equal(x.grad.numpy(), [2, 4])


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@pytest.mark.parametrize("ranks", ["11", "10", "01", "00"])
@pytest.mark.parametrize("name", ["add", "mul", "div"])
def test_mixed_dtypes_give_the_dtype_of_pytorch(name, ranks, torch):
    wrong = []
    for a in DTYPES:
        for b in DTYPES:
            x, y = np.ones((2,) * int(ranks[0]), a), np.ones((2,) * int(ranks[1]), b)
            theirs = OPERATORS[name](torch.as_tensor(x), torch.as_tensor(y))
            ours = OPERATORS[name](tensor(x), tensor(y))
            if str(ours.dtype) != str(theirs.dtype).removeprefix("torch."):
                wrong.append(
                    f"{a}{x.shape} {name} {b}{y.shape}: {ours.dtype}, PyTorch {theirs.dtype}"
                )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scalar", [2, 2.5, True], ids=repr)
def test_a_python_scalar_changes_the_kind_of_a_dtype_only(scalar, torch):
    wrong = []
    for a in DTYPES:
        for shape in ((2,), ()):
            for name in ("add", "mul", "div", "pow"):
                if a == "bool" and name == "pow" and scalar is True:
                    continue  # booleans have no powers in NumPy; PyTorch's answer is a boolean
                theirs = OPERATORS[name](torch.as_tensor(np.ones(shape, a)), scalar)
                ours = OPERATORS[name](tensor(np.ones(shape, a)), scalar)
                if str(ours.dtype) != str(theirs.dtype).removeprefix("torch."):
                    wrong.append(
                        f"{a}{shape} {name} {scalar!r}: {ours.dtype}, PyTorch {theirs.dtype}"
                    )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "prod",
        "cumsum",
        "exp",
        "sqrt",
        "sigmoid",
        "abs",
        "max",
        "argmax",
        "relu",
        "sin",
        "any",
        "square",
        "reciprocal",
        "logsumexp",
        "softplus",
    ],
)
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_functions_of_integers_give_the_dtype_of_pytorch(name, dtype, torch):
    if (name, dtype) == ("any", "uint8"):
        pytest.skip("PyTorch keeps uint8 here for the sake of old programs only")
    x = np.array([1, 0, 1], dtype)
    arguments = (0,) if name in ("cumsum", "logsumexp") else ()
    try:
        t = torch.as_tensor(x)
        theirs = (
            getattr(t, name)(*arguments) if hasattr(t, name) else torch.nn.functional.softplus(t)
        )
    except RuntimeError:
        pytest.skip("PyTorch does not define it")
    with np.errstate(divide="ignore"):
        assert str(getattr(tensor(x), name)(*arguments).dtype) == str(theirs.dtype).removeprefix(
            "torch."
        )


def test_new_tensors_take_the_dtype_of_what_they_are_made_of():
    assert (
        tensor(1.0).dtype
        == tensor([1.0, 2]).dtype
        == ag.zeros(2).dtype
        == ag.get_default_dtype()
        == "float32"
    )
    assert tensor(1).dtype == tensor([1, 2]).dtype == ag.arange(3).dtype == "int64"
    assert tensor(True).dtype == tensor([True]).dtype == "bool"
    assert tensor(np.ones(2)).dtype == tensor(np.float64(1)).dtype == "float64"
    assert ag.arange(0, 1, 0.5).dtype == ag.arange(3.0).dtype == "float32"
