"""Types: the names, the conversions, and promotion in every pairing of dtypes and kinds, as PyTorch
has it.
"""

import itertools
import operator

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import GraphError, tensor

torch = pytest.importorskip("torch")

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
KINDS = {"dimensioned": [1], "0-d": 1}
SCALARS = [True, 2, 2.5]


def name_of(x):
    return str(x.dtype).removeprefix("torch.")


def both(name, kind):
    return ag.tensor(KINDS[kind], dtype=name), torch.tensor(KINDS[kind], dtype=getattr(torch, name))


OPERATORS = {
    "add": operator.add,
    "mul": operator.mul,
    "div": operator.truediv,
    "lt": operator.lt,
    "maximum": None,
    "where": None,
}


def applied(m, name, a, b):
    if name == "where":
        return m.where(m.tensor(True), a, b)
    return m.maximum(a, b) if name == "maximum" else OPERATORS[name](a, b)


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, repeat=2)), ids="-".join)
def test_promotion_of_tensors(op, kinds):
    for first, second in itertools.product(NAMES, repeat=2):
        (a, ta), (b, tb) = both(first, kinds[0]), both(second, kinds[1])
        assert name_of(applied(ag, op, a, b)) == name_of(applied(torch, op, ta, tb)), (
            first,
            second,
        )


@pytest.mark.parametrize("op", ["add", "mul", "div", "lt", "where"])
@pytest.mark.parametrize("kind", KINDS)
def test_promotion_with_numbers(op, kind):
    for name, scalar in itertools.product(NAMES, SCALARS):
        a, ta = both(name, kind)
        assert name_of(applied(ag, op, a, scalar)) == name_of(applied(torch, op, ta, scalar)), (
            name,
            scalar,
        )
        assert name_of(applied(ag, op, scalar, a)) == name_of(applied(torch, op, scalar, ta)), (
            scalar,
            name,
        )


@pytest.mark.parametrize(
    "function",
    [
        "sin",
        "sqrt",
        "exp",
        "sigmoid",
        "sum",
        "prod",
        "abs",
        "neg",
        "floor",
        "reciprocal",
        "softmax",
        "logsumexp",
        "cumsum",
        "max",
        "amax",
        "argmax",
        "isnan",
        "sign",
        "relu",
        "erf",
        "logical_not",
        "count_nonzero",
        "median",
        "expm1",
        "trunc",
        "rsqrt",
    ],
)
def test_the_dtype_of_a_result(function):
    more = {"softmax": {"dim": 0}, "logsumexp": {"dim": 0}, "cumsum": {"dim": 0}}.get(function, {})
    for name in NAMES:
        a, ta = both(name, "dimensioned")
        try:
            expected = name_of(getattr(torch, function)(ta, **more))
        except RuntimeError:  # what PyTorch has not for this dtype may be here
            continue
        assert name_of(getattr(ag, function)(a, **more)) == expected, name


def test_promote_types_result_type_and_can_cast():
    for a, b in itertools.product(NAMES, repeat=2):
        ours, theirs = (getattr(ag, a), getattr(ag, b)), (getattr(torch, a), getattr(torch, b))
        assert str(ag.promote_types(*ours)) == str(torch.promote_types(*theirs)).removeprefix(
            "torch."
        )
        assert ag.can_cast(*ours) == torch.can_cast(*theirs), (a, b)
        for kinds in itertools.product(KINDS, repeat=2):
            (x, tx), (y, ty) = both(a, kinds[0]), both(b, kinds[1])
            assert str(ag.result_type(x, y)) == str(torch.result_type(tx, ty)).removeprefix(
                "torch."
            )
    assert ag.result_type(tensor([1]), 2.5) == ag.float32 and ag.result_type(1, 2) == ag.int64


def test_names_are_numpys_dtypes():
    for name in NAMES:
        assert getattr(ag, name) == np.dtype(name) and isinstance(getattr(ag, name), np.dtype)
    for name in ("half", "float", "double", "short", "int", "long"):
        assert str(getattr(ag, name)) == str(getattr(torch, name)).removeprefix("torch.")
    for name in ("float16", "float32", "float64"):
        ours, theirs = ag.finfo(getattr(ag, name)), torch.finfo(getattr(torch, name))
        assert (ours.eps, ours.max, ours.min, ours.tiny, ours.bits) == (
            theirs.eps,
            theirs.max,
            theirs.min,
            theirs.tiny,
            theirs.bits,
        )
    assert (
        ag.iinfo(ag.uint8).max == 255
        and ag.iinfo(ag.int64).min == -(2**63)
        and ag.finfo().bits == 32
    )


@pytest.mark.parametrize("method", "half float double char short int long byte bool".split())
def test_methods_that_convert(method):
    for values in ([-1.0, 0.0, 2.0], [1, 0, 3]) if method != "byte" else ([0.0, 2.0],):
        ours, theirs = getattr(tensor(values), method)(), getattr(torch.tensor(values), method)()
        assert name_of(ours) == name_of(theirs)
        np.testing.assert_array_equal(ours, theirs)


def test_to():
    x = tensor([1.5, 2.5], requires_grad=True)
    assert x.to("cpu") is x and x.to(ag.float32) is x and x.to(device="cpu") is x and x.float() is x
    assert x.to(copy=True) is not x
    for converted in (
        x.to(ag.float64),
        x.to("float64"),
        x.to("cpu", ag.float64),
        x.to(dtype=np.float64),
        x.to(tensor([1.0], dtype="float64")),
        x.double(),
        x.type_as(tensor(1.0, dtype=ag.double)),
    ):
        assert converted.dtype == ag.float64 and converted.requires_grad
    (x.double() * 3).sum().backward()
    assert x.grad.dtype == ag.float32
    np.testing.assert_array_equal(x.grad, [3, 3])
    assert not x.long().requires_grad
    with pytest.raises(GraphError, match="CPU only.*cuda"):
        x.to("cuda:0")


@pytest.mark.parametrize("dtype", ["complex", "complex64", "O", "S3", str])
def test_a_dtype_that_tensors_cannot_have_is_refused(dtype):
    for make in (
        ag.ones(2).to,
        ag.ones(2).astype,
        lambda dtype: ag.zeros(2, dtype=dtype),
        lambda dtype: ag.full((2,), 1, dtype=dtype),
    ):
        with pytest.raises(TypeError, match="real numbers or booleans"):
            make(dtype)


def test_float32_is_kept_against_python_and_numpy_scalars():
    x = tensor([1.0, 2.0], requires_grad=True)
    for y in (
        x * 2,
        x * 2.0,
        x * np.float64(2),
        np.float64(2) * x,
        x + True,
        1 - x,
        x ** np.float64(2),
        ag.where(x > 1, x, 0.0),
        x.clamp(0.5, np.float64(1)),
    ):
        assert y.dtype == ag.float32
    assert (tensor([1, 2]) * 2.5).dtype == ag.get_default_dtype()
    assert (tensor([1, 2], dtype="uint8") + tensor(300)).dtype == ag.uint8
