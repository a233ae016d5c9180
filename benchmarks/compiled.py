"""What compiling gains: the same step of training, the same derivatives and the same net of single
numbers, eager and compiled for each back end, and by PyTorch, JAX and micrograd where they are
installed; in one process, in turn.

Run it on one core, so that every engine has one thread: ``OPENBLAS_NUM_THREADS=1 taskset -c 0
python benchmarks/compiled.py``. Times include the loss's value as a Python number.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter, process_time
from typing import Any

import numpy as np
from timing import block

import autograd_engine as ag
import nn

SIZES = {
    "2-16-16-2, batch 32, Adam": ((2, 16, 16, 2), 32, 500),
    "784-200-100-60-30-10, batch 64, Adam": ((784, 200, 100, 60, 30, 10), 64, 30),
    "784-512-512-10, batch 256, Adam": ((784, 512, 512, 10), 256, 4),
}
BACK_ENDS = ("numpy", "numba") if find_spec("numba") else ("numpy",)
BLOCKS = 9


def network(sizes: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with ReLU in between."""
    layers: list[nn.Module] = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def training(sizes: tuple[int, ...], batch: int, backend: str | None) -> Callable[[], float]:
    """The function that takes one step and gives the loss."""
    ag.manual_seed(0)
    model = network(sizes)
    loss = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    x = ag.randn(batch, sizes[0])
    y = ag.randint(0, sizes[-1], (batch,))
    if backend is not None:
        step = nn.training.compiled_step(model, loss, optimizer, backend=backend)
        return lambda: step(x, y).item()

    def by_hand() -> float:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return by_hand


def training_in_torch(sizes: tuple[int, ...], batch: int) -> Callable[[], float]:
    """The same, by PyTorch as it is."""
    import torch

    torch.set_num_threads(1)
    layers: list[Any] = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    loss = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.randn(batch, sizes[0])
    y = torch.randint(0, sizes[-1], (batch,))

    def step() -> float:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def training_in_jax(sizes: tuple[int, ...], batch: int) -> Callable[[], float]:
    """The same, by JAX, compiled as one function that reuses the memory it is given."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    shapes = list(zip(sizes, sizes[1:]))
    params = [
        (jnp.asarray(rng.normal(0, n**-0.5, (n, m)), "float32"), jnp.zeros(m)) for n, m in shapes
    ]
    x = jnp.asarray(rng.normal(size=(batch, sizes[0])), "float32")
    y = jnp.asarray(rng.integers(0, sizes[-1], batch))

    def loss_of(params: Any) -> Any:
        h = x
        for w, b in params[:-1]:
            h = jax.nn.relu(h @ w + b)
        w, b = params[-1]
        return -jax.nn.log_softmax(h @ w + b)[jnp.arange(batch), y].mean()

    def step(params: Any, m: Any, v: Any, t: Any) -> Any:
        value, g = jax.value_and_grad(loss_of)(params)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)

        def moved(p: Any, m: Any, v: Any) -> Any:
            return p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)

        return jax.tree.map(moved, params, m, v), m, v, t + 1, value

    fast = jax.jit(step, donate_argnums=(0, 1, 2))
    state = [params, *[jax.tree.map(jnp.zeros_like, params) for _ in "mv"], jnp.asarray(1.0)]

    def run() -> float:
        *state[:], value = fast(*state)
        return float(value)

    return run


def derivatives() -> dict[str, tuple[Callable, tuple, Callable, int]]:
    """Functions with second and third derivatives in them: ours, what they are given, the same by
    PyTorch as a function of the same arrays, and how often one is run in a block.
    """
    w = ag.randn(20, 20) * 0.3
    x = ag.randn(50, 20)
    v = ag.randn(20, 20)

    def loss(w: ag.Tensor) -> ag.Tensor:
        return ((x @ w).tanh() @ w).square().mean()

    sizes = [(1, 32), (32,), (32, 32), (32,), (32, 1)]
    params = tuple([ag.randn(*shape) * 0.5 for shape in sizes])
    t = ag.linspace(0, 1, 64).reshape(64, 1)

    def residual(params: tuple, t: ag.Tensor) -> ag.Tensor:
        """Of the equation u'' + u = 0, for a network u of two hidden layers, squared."""
        a, b, c, d, e = params

        def u(t: ag.Tensor) -> ag.Tensor:
            return ((t @ a + b).tanh() @ c + d).tanh() @ e

        def slope(t: ag.Tensor) -> ag.Tensor:
            return ag.vjp(u, t)[1](ag.ones(64, 1))[0]

        second = ag.vjp(slope, t)[1](ag.ones(64, 1))[0]
        return (second + u(t)).square().mean()

    return {
        "Hessian-vector product": (
            lambda w, v: ag.hvp(loss, w, v),
            (w, v),
            lambda w, v: product_in_torch(x, w, v),
            30,
        ),
        "gradient of the residual of a differential equation": (
            ag.value_and_grad(residual),
            (params, t),
            residual_in_torch,
            20,
        ),
    }


def product_in_torch(x: ag.Tensor, w: ag.Tensor, v: ag.Tensor) -> Callable[[], Any]:
    """The Hessian-vector product by PyTorch: the gradient of the gradient times the vector."""
    import torch

    x, w, v = (torch.from_numpy(each.numpy().copy()) for each in (x, w, v))
    w.requires_grad_()

    def run() -> Any:
        value = ((x @ w).tanh() @ w).square().mean()
        (g,) = torch.autograd.grad(value, w, create_graph=True)
        return torch.autograd.grad(g, w, v)[0]

    return run


def residual_in_torch(params: tuple, t: ag.Tensor) -> Callable[[], Any]:
    """The residual's gradient by PyTorch, eager."""
    import torch

    weights = [torch.from_numpy(each.numpy().copy()).requires_grad_() for each in params]
    a, b, c, d, e = weights
    t = torch.from_numpy(t.numpy().copy()).requires_grad_()
    ones = torch.ones(64, 1)

    def run() -> Any:
        u = ((t @ a + b).tanh() @ c + d).tanh() @ e
        (slope,) = torch.autograd.grad(u, t, ones, create_graph=True)
        (second,) = torch.autograd.grad(slope, t, ones, create_graph=True)
        return torch.autograd.grad((second + u).square().mean(), weights)

    return run


def net_of_numbers(w: ag.Tensor, x: ag.Tensor) -> ag.Tensor:
    """The hinge loss of micrograd's net 2-16-16-1 at one point, by single numbers."""
    weights = iter(w.unbind())
    h = x.unbind()
    for m in (16, 16, 1):
        h = [sum((next(weights) * each for each in h), next(weights)) for _ in range(m)]
        if m > 1:
            h = [each.relu() for each in h]
    return (1 - h[0]).relu()


def point_in_micrograd() -> Callable[[], float]:
    """The same, by micrograd."""
    from micrograd.nn import MLP

    model = MLP(2, [16, 16, 1])

    def run() -> float:
        model.zero_grad()
        loss = (1 - model([0.5, -0.3])).relu()
        loss.backward()
        return loss.data

    return run


def by_back_end(f: Callable, args: tuple) -> dict[str, Callable[[], Any]]:
    """A function as it is, and compiled for each back end."""
    functions = {"eager": f} | {name: ag.compile(f, backend=name) for name in BACK_ENDS}
    return {name: lambda f=function: f(*args) for name, function in functions.items()}


def compare_all(label: str, runs: dict[str, Callable[[], Any]], repeats: int) -> None:
    """Print the medians of interleaved blocks of runs, in time of the processor, and of their
    ratios to the first one.
    """
    for run in runs.values():
        start = perf_counter()
        run()
        run.__dict__["first"] = perf_counter() - start
        run()
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(BLOCKS):
        for name, run in runs.items():
            times[name].append(block(run, repeats, process_time))
    gc.unfreeze()
    print(label)
    reference = next(iter(times.values()))
    for name, column in times.items():
        ratio = statistics.median(a / b for a, b in zip(column, reference))
        first = runs[name].__dict__["first"]
        print(
            f"    {name:16s} {statistics.median(column) * 1e6:10.1f} µs   {ratio:6.3f} of eager   "
            f"first call {first * 1e3:6.0f} ms"
        )


def main() -> None:
    for label, (sizes, batch, repeats) in SIZES.items():
        runs = {"eager": training(sizes, batch, None)}
        runs |= {name: training(sizes, batch, name) for name in BACK_ENDS}
        if find_spec("torch"):
            runs["PyTorch eager"] = training_in_torch(sizes, batch)
        if find_spec("jax"):
            runs["JAX jit"] = training_in_jax(sizes, batch)
        compare_all(label, runs, repeats)
    for label, (f, args, in_torch, repeats) in derivatives().items():
        runs = by_back_end(f, args)
        if find_spec("torch"):
            runs["PyTorch eager"] = in_torch(*args)
        compare_all(label, runs, repeats)
    ag.manual_seed(0)
    f = ag.value_and_grad(net_of_numbers)
    runs = by_back_end(f, (ag.randn(337) * 0.3, ag.tensor([0.5, -0.3])))
    if find_spec("micrograd"):
        runs["micrograd"] = point_in_micrograd()
    compare_all("2-16-16-1 on single numbers, one point", runs, 20)


if __name__ == "__main__":
    main()
