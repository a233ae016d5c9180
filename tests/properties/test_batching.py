"""`vmap` of everything that is declared is the loop of single calls, and `vmap` of a gradient the
loop of gradients.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, func

from ..grouping import each_name
from ..ops.cases import cases, declared, parts
from .layer_cases import FUNCTIONS, LAYERS

SAMPLES = 2
pytestmark = pytest.mark.filterwarnings("ignore:vmap computes")


def chosen(function):
    """Of the samples of a function two, and which dimensions of the arrays count the samples of
    `vmap`: of all arrays, of only one, of all others.
    """
    found = [case for case in cases(function) if case.arrays()]
    if not found or function.__name__ in ("allclose", "equal"):  # which give no tensors
        return []
    if getattr(getattr(function, "op", None), "batching", "") == "pointwise":  # one way for all
        return ways(found[-1])[1:2]
    return [*ways(found[0])[:1], *ways(found[-1])[1:]]


def ways(case):
    n = len(case.arrays())
    if n == 1:
        return [(case, [0]), (case, [-1])]
    return [(case, [0] * n), (case, [-1, *[None] * (n - 1)]), (case, [None, *[0] * (n - 1)])]


def spread(array, dim):
    """Several arrays near this one, along a dimension; or this one, the same for all."""
    if dim is None:
        return Tensor(array)
    return Tensor(np.stack([array * (1 - 0.03 * i) for i in range(SAMPLES)], dim))


def sample(x, dim, i):
    return x if dim is None else Tensor(np.take(x.numpy(), i, dim))


def tensors(result):
    return tuple([part for part in parts(result) if isinstance(part, Tensor)])


def agree(function, xs, dims, tolerance):
    """Check `vmap` of a function against the loop."""
    found = func.vmap(function, in_dims=tuple(dims))(*xs)
    loop = [function(*[sample(x, dim, i) for x, dim in zip(xs, dims)]) for i in range(SAMPLES)]
    for part, *expected in zip(found, *loop, strict=True):
        expected = np.stack([each.numpy() for each in expected])
        assert part.dtype == expected.dtype
        np.testing.assert_allclose(part.numpy(), expected, rtol=tolerance, atol=tolerance)


def weighted(outputs):
    """The sum of all elements that can have a gradient, with different weights."""
    total = ag.zeros((), dtype="float64")
    for y in outputs:
        if y.dtype.kind == "f":
            weights = np.cos(np.arange(y.numel())).reshape(y.shape) + 0.3
            total = total + (y * weights).sum()
    return total


def check(case, dims, differentiable):
    xs = [spread(array, dim) for array, dim in zip(case.arrays(), dims)]

    def outputs(*args):
        return tensors(case(*args))

    agree(outputs, xs, dims, 1e-9)
    if differentiable:
        places = tuple(range(len(xs)))
        gradient = func.grad(lambda *args: weighted(outputs(*args)), argnums=places)
        agree(gradient, xs, dims, 1e-8)


OPS = {name: chosen(function) for name, function in declared().items()}


@each_name([name for name, found in OPS.items() if found])
def test_ops_work_on_all_samples_at_once(name):
    for case, dims in OPS[name]:
        check(case, dims, case.differentiable)


@pytest.mark.parametrize("name", sorted({*FUNCTIONS, *LAYERS} - {"BatchNorm1d"}))
def test_functions_and_layers_of_nn_do(name):
    for case, dims in ways((FUNCTIONS | LAYERS)[name]):
        check(case, dims, differentiable=True)


NESTED = [
    "matmul",
    "linear",
    "conv",
    "einsum",
    "getitem",
    "setitem",
    "cat",
    "pad",
    "det",
    "slogdet",
]
NESTED += ["gathering.gather", "sorting.sort", "scattering.scatter_add", "pooling.max_pool2d"]


@pytest.mark.parametrize("name", NESTED)
def test_two_calls_one_in_the_other_are_the_loop_of_one(name):
    case = next(case for case in cases(declared()[name]) if case.arrays())
    arrays = case.arrays()
    outer = [0, *[None] * (len(arrays) - 1)]
    inner = [None, *[0] * (len(arrays) - 1)] if len(arrays) > 1 else [0]
    if len(arrays) == 1:
        arrays = [np.stack([arrays[0], arrays[0] * 0.9])]
    xs = [spread(array, 0) for array in arrays]

    def within(*args):
        function = lambda *args: weighted(tensors(case(*args)))  # noqa: E731
        gradient = func.grad(function, argnums=tuple(range(len(xs))))
        return func.vmap(gradient, in_dims=tuple(inner))(*args)

    agree(within, xs, outer, 1e-8)
