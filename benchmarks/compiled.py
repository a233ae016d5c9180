"""What compiling gains: the same step of training, and the same derivatives, eager and compiled, in
one process, in turn.

Run it on one core, so that every engine has one thread: ``OPENBLAS_NUM_THREADS=1 taskset -c 0
python benchmarks/compiled.py``. Times include the loss's value as a Python number.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from timing import compare

import autograd_engine as ag
import nn

SIZES = {
    "2-16-16-2, batch 32, Adam": ((2, 16, 16, 2), 32, 1000),
    "784-200-100-60-30-10, batch 64, Adam": ((784, 200, 100, 60, 30, 10), 64, 30),
    "784-512-512-10, batch 256, Adam": ((784, 512, 512, 10), 256, 4),
}


def network(sizes: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with ReLU in between."""
    layers: list[nn.Module] = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def training(sizes: tuple[int, ...], batch: int, compiled: bool) -> Callable[[], float]:
    """The function that takes one step and gives the loss."""
    ag.manual_seed(0)
    model = network(sizes)
    loss = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    x = ag.randn(batch, sizes[0])
    y = ag.randint(0, sizes[-1], (batch,))
    if compiled:
        step = nn.training.compiled_step(model, loss, optimizer)
        return lambda: step(x, y).item()

    def by_hand() -> float:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return by_hand


def derivatives() -> dict[str, tuple[Callable, tuple, int]]:
    """Functions with second derivatives in them."""
    w = ag.randn(20, 20) * 0.3
    x = ag.randn(50, 20)
    v = ag.randn(20, 20)

    def loss(w: ag.Tensor) -> ag.Tensor:
        return ((x @ w).tanh() @ w).square().mean()

    def residual(t: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
        """Of the equation u'' + u = 0, for a network u of one hidden layer."""
        second = ag.vjp(lambda t: ag.vjp(lambda t: (t * w).tanh().sum(1), t)[1](ag.ones(64))[0], t)
        return second[1](ag.ones(64, 1))[0]

    return {
        "Hessian-vector product": (lambda w, v: ag.hvp(loss, w, v), (w, v), 30),
        "second derivative of a network": (residual, (ag.randn(64, 1), ag.randn(16)), 50),
    }


def main() -> None:
    for label, (sizes, batch, repeats) in SIZES.items():
        eager = training(sizes, batch, compiled=False)
        start = perf_counter()
        fast = training(sizes, batch, compiled=True)
        fast()
        seconds = perf_counter() - start
        assert abs(eager() - fast()) < 1  # both learn the same
        compare(f"{label} (first call {seconds * 1e3:.0f} ms)", fast, eager, repeats)
    for label, (f, args, repeats) in derivatives().items():
        compiled = ag.compile(f)
        compiled(*args)
        compare(label, lambda: compiled(*args), lambda: f(*args), repeats)  # noqa: B023


if __name__ == "__main__":
    main()
