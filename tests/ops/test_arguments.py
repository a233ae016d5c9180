"""What an op is given is taken or refused, never guessed: nested lists, numbers, dimensions,
conditions.
"""

import inspect

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor
from autograd_engine.ops import public_functions

from autograd_engine.ops.declare import Sample

from ..grouping import each
from .cases import Case, cases, parts

FUNCTIONS = public_functions()
OF_TENSORS = {
    **dict.fromkeys(["einsum", "broadcast_tensors", "meshgrid"], "a list is a list of tensors"),
    **dict.fromkeys(["cartesian_prod", "chain_matmul", "block_diag"], "a list is one of tensors"),
    **dict.fromkeys(["atleast_1d", "atleast_2d", "atleast_3d"], "a list is a list of tensors"),
    **dict.fromkeys([f"conv{way}{n}d" for way in ("", "_transpose") for n in (1, 2, 3)], "images"),
    "masked_scatter": "its source is a tensor",
}


def without_empty(case):
    """Nested lists do not say how long an empty array's other dimensions are."""
    return all(a.size for a in case.arrays())


LISTS = [
    pytest.param(case, id=f"{name}-{i}")
    for name, function in FUNCTIONS.items()
    if name not in OF_TENSORS
    for i, case in enumerate(cases(function))
    if case.arrays() and without_empty(case) and case.sample.through is None
]


@each(LISTS)
def test_nested_lists_are_arrays(case):
    """As arrays of the default dtype."""
    expected = parts(case(*case.arrays("float32")))
    found = parts(case(*[a.tolist() for a in case.arrays()]))
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        assert not isinstance(a, Tensor)
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


TWO = [name for name, f in FUNCTIONS.items() if getattr(f, "op", None) and len(f.op.args) == 2]


@pytest.mark.parametrize("name", [name for name in TWO if name in "add mul maximum eq atan2 xlogy"])
def test_a_nested_list_beside_a_tensor(name):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    found = FUNCTIONS[name](x, [[2.0, 1.0], [1.0, 2.0]])
    expected = FUNCTIONS[name](x, Tensor([[2.0, 1.0], [1.0, 2.0]]))
    assert isinstance(found, Tensor) and found.requires_grad == expected.requires_grad
    np.testing.assert_array_equal(found.detach(), expected.detach())


REFUSED = {"a string": "abc", "strings": ["a"], "complex": [1j], "objects": [object()]}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("name", ["exp", "sum", "mul", "logsumexp", "where", "add", "sort"])
def test_what_is_no_number_is_refused_with_its_kind(name, what):
    more = {"mul": (1.0,), "where": (1.0, 2.0), "add": (1.0,), "logsumexp": (0,)}.get(name, ())
    with pytest.raises(TypeError, match="number|condition"):
        FUNCTIONS[name](REFUSED[what], *more)


def test_a_list_of_tensors_with_gradients_is_not_an_array():
    x = ag.tensor(1.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="stack"):
        ag.exp([x, x])


DIM = ("dim", "dim0", "dim1", "dims")


def with_dim(case, value):
    """The call with another dimension, by name; None where it takes none."""
    names = list(inspect.signature(case.function).parameters)
    for word in DIM:
        if word in names[1:]:
            place = names.index(word)
            args = list(case.sample.args)
            params = dict(case.sample.params)
            if place < len(args):
                args[place] = value
            else:
                params[word] = value
            return Case(case.function, Sample(tuple(args), params, case.sample.domain))
    return None


DIMS = [
    pytest.param(called, id=name)
    for name, function in FUNCTIONS.items()
    if cases(function) and (called := with_dim(cases(function)[0], 1.7)) is not None
]


@pytest.mark.parametrize("case", DIMS)
def test_a_dimension_is_an_integer(case):
    for wrong in (1.7, "a", np.float64(0.0)):
        called = with_dim(case, wrong)
        with pytest.raises((TypeError, IndexError, ValueError)) as raised:
            called(*map(Tensor, case.arrays()))
        assert "missing" not in str(raised.value)


@pytest.mark.parametrize("name", ["sum", "amax", "softmax", "cumsum", "sort", "squeeze", "argmax"])
def test_true_is_no_dimension(name):
    with pytest.raises(TypeError, match="a dimension is an integer, got dim=True"):
        FUNCTIONS[name](Tensor(np.ones((2, 3))), dim=True)


@pytest.mark.parametrize("name", ["max", "min"])
def test_a_second_tensor_is_told_from_a_dimension(name):
    """A NumPy integer is a dimension; a float is neither."""
    x = Tensor(np.arange(6.0).reshape(2, 3))
    expected = FUNCTIONS[name](x, 1).values
    np.testing.assert_array_equal(FUNCTIONS[name](x, np.int64(1)).values, expected)
    np.testing.assert_array_equal(FUNCTIONS[name](x, 4 - x), FUNCTIONS[name + "imum"](x, 4 - x))
    with pytest.raises(TypeError, match="1.7"):
        FUNCTIONS[name](x, 1.7)


def test_numpys_integers_and_tensors_are_dimensions():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    for dim in (np.int64(1), ag.tensor(1), np.uint8(1)):
        np.testing.assert_array_equal(x.sum(dim), [3, 12])
        np.testing.assert_array_equal(x.cumsum(dim)[:, -1], [3, 12])


@pytest.mark.parametrize("condition", [[1.0, 0.0], [1, 0], 1.0, np.array([1, 0], "uint8")])
def test_a_condition_is_boolean(condition):
    x = ag.tensor([1.0, 2.0])
    for given in (condition, Tensor(condition)):
        with pytest.raises(TypeError, match="boolean condition"):
            ag.where(given, x, 0.0)
    np.testing.assert_array_equal(ag.where(Tensor(condition) != 0, x, 0.0).shape, x.shape)
