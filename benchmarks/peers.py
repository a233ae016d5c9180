"""The training of a classifier, once for each engine, as its users would write it: linear layers
with ReLU in between, cross-entropy, Adam; all begin with the same weights and see the same batch.

Each function prepares, and returns what takes one step and gives the loss.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Run = Callable[[], float]


class Problem:
    """A batch of samples, their classes, and weights to begin with, ``(out, in)`` of each layer."""

    def __init__(self, sizes: tuple[int, ...], batch: int) -> None:
        rng = np.random.default_rng(0)
        self.sizes = sizes
        self.x = rng.standard_normal((batch, sizes[0]), dtype=np.float32)
        self.y = rng.integers(0, sizes[-1], batch)
        self.weights = [
            rng.normal(0, n**-0.5, (m, n)).astype("float32") for n, m in zip(sizes, sizes[1:])
        ]

    def state(self) -> dict[str, np.ndarray]:
        """The weights as the state of a Sequential; biases are zero."""
        found = {}
        for i, weight in enumerate(self.weights):
            found[f"{2 * i}.weight"] = weight.copy()
            found[f"{2 * i}.bias"] = np.zeros(len(weight), "float32")
        return found


def network(nn: Any, sizes: tuple[int, ...]) -> Any:
    """Linear layers with ReLU in between, of this engine or of PyTorch."""
    layers: list[Any] = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def ours(problem: Problem, backend: str | None) -> Run:
    """This engine: eager, or compiled for a back end."""
    import autograd_engine as ag
    import nn

    model = network(nn, problem.sizes)
    model.load_state_dict({k: ag.tensor(v) for k, v in problem.state().items()})
    loss = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    x, y = ag.tensor(problem.x), ag.tensor(problem.y)
    if backend is not None:
        step = nn.training.compiled_step(model, loss, optimizer, backend=backend)
        return lambda: step(x, y).item()
    return by_hand(model, loss, optimizer, x, y)


def by_hand(model: Any, loss: Any, optimizer: Any, x: Any, y: Any) -> Run:
    """The step that one writes for this engine and for PyTorch alike."""

    def step() -> float:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def torch(problem: Problem, compiled: bool) -> Run:
    """PyTorch as it is, or with ``torch.compile``."""
    import torch

    torch.set_num_threads(1)
    model = network(torch.nn, problem.sizes)
    model.load_state_dict({k: torch.tensor(v) for k, v in problem.state().items()})
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    if compiled:
        model = torch.compile(model)
    x, y = torch.tensor(problem.x), torch.tensor(problem.y)
    return by_hand(model, torch.nn.CrossEntropyLoss(), optimizer, x, y)


def jax(problem: Problem) -> Run:
    """JAX, compiled as one function that reuses the memory it is given."""
    import jax.numpy as jnp
    import jax

    x, y = jnp.asarray(problem.x), jnp.asarray(problem.y)
    rows = jnp.arange(len(problem.y))

    def loss_of(params: Any) -> Any:
        h = x
        for w, b in params[:-1]:
            h = jax.nn.relu(h @ w + b)
        w, b = params[-1]
        return -jax.nn.log_softmax(h @ w + b)[rows, y].mean()

    return adam_in_jax(
        loss_of, [(jnp.asarray(w.T), jnp.zeros(len(w), "float32")) for w in problem.weights]
    )


def adam_in_jax(loss_of: Callable, params: Any) -> Run:
    """Steps of Adam, each one compiled function."""
    import jax.numpy as jnp
    import jax

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


class Adam:
    """Adam on a list of arrays, in place, for engines that have no optimizers."""

    def __init__(self, params: list[np.ndarray]) -> None:
        self.params = params
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.t = 0

    def step(self, grads: list[np.ndarray]) -> None:
        """One step along these gradients."""
        self.t += 1
        for p, g, m, v in zip(self.params, grads, self.m, self.v):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= 1e-3 * (m / (1 - 0.9**self.t)) / (np.sqrt(v / (1 - 0.999**self.t)) + 1e-8)


def arrays_of(problem: Problem) -> list[np.ndarray]:
    """Weights ``(in, out)`` and biases, in turn."""
    return [
        part
        for w in problem.weights
        for part in (np.ascontiguousarray(w.T), np.zeros(len(w), "float32"))
    ]


def hips(problem: Problem) -> Run:
    """HIPS autograd, with Adam in NumPy."""
    import autograd.numpy as anp
    from autograd import value_and_grad
    from autograd.scipy.special import logsumexp

    x, y = problem.x, problem.y
    rows = np.arange(len(y))

    def loss_of(params: list) -> Any:
        h = x
        for i in range(0, len(params) - 2, 2):
            h = anp.maximum(anp.dot(h, params[i]) + params[i + 1], 0)
        scores = anp.dot(h, params[-2]) + params[-1]
        return anp.mean(logsumexp(scores, axis=1) - scores[rows, y])

    both = value_and_grad(loss_of)
    params = arrays_of(problem)
    adam = Adam(params)

    def run() -> float:
        value, grads = both(params)
        adam.step(grads)
        return float(value)

    return run


def mygrad(problem: Problem) -> Run:
    """MyGrad, with Adam in NumPy."""
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    params = [mg.tensor(a) for a in arrays_of(problem)]
    adam = Adam([p.data for p in params])

    def run() -> float:
        h = problem.x
        for i in range(0, len(params) - 2, 2):
            h = relu(mg.matmul(h, params[i]) + params[i + 1])
        loss = softmax_crossentropy(mg.matmul(h, params[-2]) + params[-1], problem.y)
        loss.backward()
        adam.step([p.grad for p in params])
        return float(loss.data)

    return run


def tinygrad(problem: Problem) -> Run:
    """tinygrad on the CPU, which needs the program ``clang``, with its own Adam and its JIT."""
    os.environ.setdefault("DEV", "CPU")
    from tinygrad import Context, Tensor, TinyJit
    from tinygrad.nn.optim import Adam as TheirAdam

    params = [Tensor(a) for a in arrays_of(problem)]
    x, y = Tensor(problem.x), Tensor(problem.y.astype("int32"))
    optimizer = TheirAdam(params, lr=1e-3)

    @TinyJit
    def step() -> Any:
        optimizer.zero_grad()
        h = x
        for i in range(0, len(params) - 2, 2):
            h = (h @ params[i] + params[i + 1]).relu()
        loss = (h @ params[-2] + params[-1]).sparse_categorical_crossentropy(y).backward()
        return loss.realize(*optimizer.schedule_step())

    def run() -> float:
        with Context(TRAINING=1):
            return step().item()

    return run


def makers(problem: Callable[[], Problem]) -> dict[str, Callable[[], Run]]:
    """What prepares a run, for each engine; the problem is made in each anew."""
    return {
        "eager": lambda: ours(problem(), None),
        "numpy": lambda: ours(problem(), "numpy"),
        "numba": lambda: ours(problem(), "numba"),
        "PyTorch": lambda: torch(problem(), False),
        "torch.compile": lambda: torch(problem(), True),
        "JAX jit": lambda: jax(problem()),
        "HIPS autograd": lambda: hips(problem()),
        "MyGrad": lambda: mygrad(problem()),
        "tinygrad": lambda: tinygrad(problem()),
    }


def classifier(sizes: tuple[int, ...], batch: int) -> dict[str, Callable[[], Run]]:
    """The training of a classifier by each engine."""
    return makers(partial(Problem, sizes, batch))
