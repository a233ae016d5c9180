"""Random programs of 5 to 15 ops: derivatives are what calculus says they are, and PyTorch.

Hessians are symmetric; a product with a Jacobian is the same from both sides; one sweep over a
graph that is recorded gives what one that is not gives.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor

from .differences import flat, weights
from .programs import points, program

EVERYDAY = range(80)
MANY = [
    pytest.param(range(n, n + 100), id=f"{n}..", marks=pytest.mark.slow) for n in (80, 180, 280)
]


def leaves(seed):
    return [Tensor(a, requires_grad=True) for a in points(seed)]


def directions():
    return [weights(a.shape, 1.9 + i) for i, a in enumerate(points(0))]


def derivatives(module, grad, tensor, f, seed):
    """The value, the gradient, and the Hessian times a direction."""
    xs = [tensor(a, requires_grad=True) for a in points(seed)]
    y = f.number(module, *xs)
    gs = grad(y, xs, create_graph=True, materialize_grads=True)
    along = sum((g * tensor(v)).sum() for g, v in zip(gs, directions()))
    hvp = grad(along, xs, materialize_grads=True)
    return [np.concatenate([t.detach().numpy().reshape(-1) for t in ts]) for ts in ([y], gs, hvp)]


def close(found, expected, f):
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * scale, err_msg=str(f))


@pytest.mark.parametrize("seed", EVERYDAY)
def test_values_first_and_second_derivatives_are_those_of_pytorch(seed):
    torch = pytest.importorskip("torch")
    f = program(seed)
    ours = derivatives(ag, ag.grad, Tensor, f, seed)
    theirs = derivatives(torch, torch.autograd.grad, torch.tensor, f, seed)
    for found, expected in zip(ours, theirs):
        close(found, expected, f)


@pytest.mark.parametrize("seed", EVERYDAY)
def test_hessians_are_symmetric_and_products_are_the_same_from_both_sides(seed):
    f = program(seed)
    xs = leaves(seed)
    blocks = ag.hessian(lambda *xs: f.number(ag, *xs), tuple(xs))
    hessian = np.block(
        [
            [block.detach().numpy().reshape(x.numel(), z.numel()) for block, z in zip(row, xs)]
            for row, x in zip(blocks, xs)
        ]
    )
    close(hessian, hessian.T, f)
    ys, pull = ag.vjp(lambda *xs: f(ag, *xs), *xs)
    us = tuple([Tensor(weights(y.shape, 0.4 + i)) for i, y in enumerate(ys)])
    vs = tuple([Tensor(v) for v in directions()])
    _, pushed = ag.jvp(lambda *xs: f(ag, *xs), tuple(xs), vs)
    close(flat(pushed) @ flat(us), flat(vs) @ flat(pull(us)), f)


@pytest.mark.parametrize("seed", EVERYDAY)
def test_a_recorded_sweep_gives_what_a_plain_one_gives(seed):
    f = program(seed)
    xs = leaves(seed)
    y = f.number(ag, *xs)
    plain = ag.grad(y, xs, retain_graph=True, materialize_grads=True)
    recorded = ag.grad(y, xs, create_graph=True, materialize_grads=True)
    close(flat(recorded), flat(plain), f)


@pytest.mark.parametrize("seeds", MANY)
def test_many_programs(seeds):
    for seed in seeds:
        test_values_first_and_second_derivatives_are_those_of_pytorch(seed)


@pytest.mark.parametrize(
    "seed, backend",
    [
        *[(seed, "numpy") for seed in range(15)],
        *[pytest.param(seed, "numba", marks=pytest.mark.slow) for seed in range(15, 19)],
    ],
)
def test_compiled_programs_give_the_same_for_other_points(seed, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    f = program(seed)

    def number(*xs):
        return f.number(ag, *xs)

    argnums = tuple(range(len(points(seed))))
    gradient = ag.compile(ag.value_and_grad(number, argnums=argnums), backend=backend)
    through = ag.compile(number, backend=backend)
    for shift in (0.0, 0.013):
        xs = [Tensor(a + shift, requires_grad=True) for a in points(seed)]
        number_there = number(*xs)
        expected = flat([number_there])
        expected_gs = flat(ag.grad(number_there, xs, materialize_grads=True))
        try:
            value, gs = gradient(*[x.detach() for x in xs])
        except ag.TraceError as error:
            assert "written through another tensor" in str(error)
            return
        close(flat([value]), expected, f)
        close(flat(gs), expected_gs, f)
        y = through(*xs)
        close(flat(ag.grad(y, xs, materialize_grads=True)), expected_gs, f)
