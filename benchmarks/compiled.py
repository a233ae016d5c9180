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


def derivative(name: str) -> dict[str, Callable[[], Run]]:
    """A function with second derivatives in it, by each engine that can say it."""
    rng = np.random.default_rng(0)
    w = rng.normal(0, 0.3, (20, 20)).astype("float32")
    x, v = rng.standard_normal((50, 20), "float32"), rng.standard_normal((20, 20), "float32")
    t, u = rng.standard_normal((64, 1), "float32"), rng.standard_normal(16, "float32")
    arrays = (w, v, x) if name == "product" else (t, u)
    functions = {"product": (our_product, torch_product, jax_product)}.get(
        name, (our_residual, torch_residual, jax_residual)
    )
    mine, in_torch, in_jax = functions
    return {
        "eager": lambda: _called(mine, map(ag.tensor, arrays)),
        "numpy": lambda: _called(ag.compile(mine), map(ag.tensor, arrays)),
        "numba": lambda: _called(ag.compile(mine, backend="numba"), map(ag.tensor, arrays)),
        "PyTorch": lambda: in_torch(*arrays),
        "JAX jit": lambda: in_jax(*arrays),
    }


def _called(f: Callable, xs: Any) -> Run:
    given = list(xs)
    return lambda: f(*given).item()


def our_product(w: ag.Tensor, v: ag.Tensor, x: ag.Tensor) -> ag.Tensor:
    """The sum of a Hessian-vector product of a network of two layers."""
    return ag.hvp(lambda w: ((x @ w).tanh() @ w).square().mean(), w, v)[1].sum()


def torch_product(w: Any, v: Any, x: Any) -> Run:
    """The same, by PyTorch."""
    import torch

    torch.set_num_threads(1)
    w, v, x = map(torch.tensor, (w, v, x))

    def loss(w: Any) -> Any:
        return ((x @ w).tanh() @ w).square().mean()

    return lambda: torch.autograd.functional.hvp(loss, w, v)[1].sum().item()


def jax_product(w: Any, v: Any, x: Any) -> Run:
    """The same, by JAX."""
    import jax.numpy as jnp
    import jax

    def loss(w: Any) -> Any:
        return jnp.square(jnp.tanh(x @ w) @ w).mean()

    fast = jax.jit(lambda w, v: jax.jvp(jax.grad(loss), (w,), (v,))[1].sum())
    return lambda: float(fast(w, v))


def our_residual(t: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
    """The sum of the second derivative of a network of one hidden layer by its input."""
    first = ag.vjp(lambda t: ag.vjp(lambda t: (t * w).tanh().sum(1), t)[1](ag.ones(64))[0], t)
    return first[1](ag.ones(64, 1))[0].sum()


def torch_residual(t: Any, w: Any) -> Run:
    """The same, by PyTorch."""
    import torch

    torch.set_num_threads(1)
    t, w = torch.tensor(t, requires_grad=True), torch.tensor(w)

    def run() -> float:
        (first,) = torch.autograd.grad((t * w).tanh().sum(), t, create_graph=True)
        return torch.autograd.grad(first.sum(), t)[0].sum().item()

    return run


def jax_residual(t: Any, w: Any) -> Run:
    """The same, by JAX."""
    import jax.numpy as jnp
    import jax

    first = jax.grad(lambda t: jnp.tanh(t * w).sum())
    fast = jax.jit(lambda t: jax.grad(lambda t: first(t).sum())(t).sum())
    return lambda: float(fast(t))


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
    Workload("Hessian-vector product, two layers, 50 points", derivative("product"), 50),
    Workload("second derivative of a network by its input, 64 points", derivative("residual"), 50),
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
