"""What compiling gains: the same step of training, the same derivatives and the same net of single
numbers, eager and compiled for each back end, and by the peers that are installed.

See ``contest.py`` for how it is run. Times include the loss's value as a Python number.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

import numpy as np
from contest import Run, Workload, report
from peers import classifier

import autograd_engine as ag


# --- derivatives of higher order ------------------------------------------------------------------


def product_arrays() -> list[np.ndarray]:
    """Weights, a vector and inputs."""
    rng = np.random.default_rng(0)
    w = rng.normal(0, 0.3, (20, 20)).astype("float32")
    return [w, rng.standard_normal((20, 20), "float32"), rng.standard_normal((50, 20), "float32")]


def our_product(w: ag.Tensor, v: ag.Tensor, x: ag.Tensor) -> ag.Tensor:
    """The sum of a Hessian-vector product of a network of two layers."""
    return ag.hvp(lambda w: ((x @ w).tanh() @ w).square().mean(), w, v)[1].sum()


def product_in_torch() -> Run:
    """The same, by PyTorch: the gradient of the gradient times the vector."""
    import torch

    torch.set_num_threads(1)
    w, v, x = map(torch.tensor, product_arrays())
    w.requires_grad_()

    def run() -> float:
        value = ((x @ w).tanh() @ w).square().mean()
        (g,) = torch.autograd.grad(value, w, create_graph=True)
        return torch.autograd.grad(g, w, v)[0].sum().item()

    return run


def product_in_jax() -> Run:
    """The same, by JAX."""
    import jax.numpy as jnp
    import jax

    w, v, x = product_arrays()

    def loss(w: Any) -> Any:
        return jnp.square(jnp.tanh(x @ w) @ w).mean()

    fast = jax.jit(lambda w, v: jax.jvp(jax.grad(loss), (w,), (v,))[1].sum())
    return lambda: float(fast(w, v))


def residual_arrays() -> list[np.ndarray]:
    """Points in time, and the weights of a network of two hidden layers."""
    rng = np.random.default_rng(0)
    shapes = [(1, 32), (32,), (32, 32), (32,), (32, 1)]
    weights = [rng.normal(0, 0.5, shape).astype("float32") for shape in shapes]
    return [np.linspace(0, 1, 64, dtype="float32").reshape(64, 1), *weights]


def our_residual(t: ag.Tensor, *params: ag.Tensor) -> ag.Tensor:
    """The residual of the equation u'' + u = 0, squared, for a network u."""
    a, b, c, d, e = params

    def u(t: ag.Tensor) -> ag.Tensor:
        return ((t @ a + b).tanh() @ c + d).tanh() @ e

    def slope(t: ag.Tensor) -> ag.Tensor:
        return ag.vjp(u, t)[1](ag.ones(64, 1))[0]

    second = ag.vjp(slope, t)[1](ag.ones(64, 1))[0]
    return (second + u(t)).square().mean()


def residual_in_torch() -> Run:
    """The residual and its gradient by the weights, by PyTorch."""
    import torch

    torch.set_num_threads(1)
    t, *weights = [torch.tensor(each).requires_grad_() for each in residual_arrays()]
    a, b, c, d, e = weights
    ones = torch.ones(64, 1)

    def run() -> float:
        u = ((t @ a + b).tanh() @ c + d).tanh() @ e
        (slope,) = torch.autograd.grad(u, t, ones, create_graph=True)
        (second,) = torch.autograd.grad(slope, t, ones, create_graph=True)
        value = (second + u).square().mean()
        torch.autograd.grad(value, weights)
        return value.item()

    return run


def residual_in_jax() -> Run:
    """The same, by JAX."""
    import jax.numpy as jnp
    import jax

    t, *weights = residual_arrays()

    def residual(params: Any) -> Any:
        a, b, c, d, e = params

        def u(t: Any) -> Any:
            return jnp.tanh(jnp.tanh(t @ a + b) @ c + d) @ e

        def slope(t: Any) -> Any:
            return jax.grad(lambda t: u(t).sum())(t)

        return jnp.square(jax.grad(lambda t: slope(t).sum())(t) + u(t)).mean()

    fast = jax.jit(jax.value_and_grad(residual))
    return lambda: float(fast(weights)[0])


def derivative(f: Callable, arrays: Callable, in_torch: Callable, in_jax: Callable) -> dict:
    """A function with derivatives in it, by each engine that can say it."""

    def ours(backend: str | None) -> Run:
        function = f if backend is None else ag.compile(f, backend=backend)
        given = [*map(ag.tensor, arrays())]

        def run() -> float:
            found = function(*given)
            return (found[0] if isinstance(found, tuple) else found).item()

        return run

    return {
        "eager": lambda: ours(None),
        "numpy": lambda: ours("numpy"),
        "numba": lambda: ours("numba"),
        "PyTorch": in_torch,
        "JAX jit": in_jax,
    }


PRODUCT = (our_product, product_arrays, product_in_torch, product_in_jax)
RESIDUAL = (
    ag.value_and_grad(our_residual, argnums=(1, 2, 3, 4, 5)),
    residual_arrays,
    residual_in_torch,
    residual_in_jax,
)


# --- single numbers -------------------------------------------------------------------------------

POINT = (0.5, -0.3)


def net_of_numbers(w: ag.Tensor, x: ag.Tensor) -> ag.Tensor:
    """The hinge loss of micrograd's net 2-16-16-1 at one point, by single numbers."""
    weights = iter(w.unbind())
    h = x.unbind()
    for m in (16, 16, 1):
        h = [sum((next(weights) * each for each in h), next(weights)) for _ in range(m)]
        if m > 1:
            h = [each.relu() for each in h]
    return (1 - h[0]).relu()


def numbers(compile_for: str | None) -> Run:
    """Value and gradient, by this engine."""
    f = ag.value_and_grad(net_of_numbers)
    if compile_for is not None:
        f = ag.compile(f, backend=compile_for)
    w = ag.tensor(np.random.default_rng(0).normal(0, 0.3, 337).astype("float32"))
    x = ag.tensor(POINT)
    return lambda: f(w, x)[0].item()


def numbers_in_micrograd() -> Run:
    """The same, by micrograd, with weights of its own."""
    from micrograd.nn import MLP

    model = MLP(2, [16, 16, 1])

    def run() -> float:
        model.zero_grad()
        loss = (1 - model(list(POINT))).relu()
        loss.backward()
        return loss.data

    return run


def numbers_in_torch() -> Run:
    """The same, by tensors of one number in PyTorch."""
    import torch

    torch.set_num_threads(1)
    w = torch.tensor(np.random.default_rng(0).normal(0, 0.3, 337).astype("float32"))
    w.requires_grad_()
    x = torch.tensor(POINT)

    def run() -> float:
        w.grad = None
        loss = net_of_numbers(w, x)
        loss.backward()
        return loss.item()

    return run


WORKLOADS = [
    Workload("2-16-16-2, batch 32, Adam", classifier((2, 16, 16, 2), 32), 200),
    Workload(
        "784-200-100-60-30-10, batch 64, Adam", classifier((784, 200, 100, 60, 30, 10), 64), 20
    ),
    Workload("784-512-512-10, batch 256, Adam", classifier((784, 512, 512, 10), 256), 4),
    Workload("Hessian-vector product, two layers, 50 points", derivative(*PRODUCT), 50),
    Workload("gradient of the residual of u'' + u = 0, 64 points", derivative(*RESIDUAL), 20),
    Workload(
        "2-16-16-1 on single numbers, one point",
        {
            "eager": lambda: numbers(None),
            "numpy": lambda: numbers("numpy"),
            "numba": lambda: numbers("numba"),
            "PyTorch": numbers_in_torch,
            "micrograd": numbers_in_micrograd,
        },
        20,
        apart=math.inf,
    ),
]

if __name__ == "__main__":
    report("compiled", WORKLOADS)
