"""A step of training of the models of a first course: LeNet, a deeper convolutional network, an
LSTM, a small GPT; and two workloads without products. Written once, for this engine's and PyTorch's
names; `models_in_jax` has them for JAX.

``python benchmarks/models.py [name ...]`` measures them side by side: see ``contest.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

import numpy as np
from contest import Run, Workload, report
from peers import by_hand

VOCABULARY = 65
LENGTH = 64


def lenet(nn: Any, tensor: Callable) -> tuple:
    """LeCun's network on 64 pictures of 28 by 28."""
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    return model, *classified(nn, tensor, (64, 1, 28, 28))


def cnn(nn: Any, tensor: Callable) -> tuple:
    """Three blocks of convolution, batch normalisation, ReLU and pooling on 32 pictures of 32 by
    32.
    """
    layers = []
    for n, m in ((3, 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(n, m, 3, padding=1), nn.BatchNorm2d(m), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 10))
    return model, *classified(nn, tensor, (32, 3, 32, 32))


def classified(nn: Any, tensor: Callable, shape: tuple) -> tuple:
    """What a classifier of ten classes is called with, and its loss."""
    rng = np.random.default_rng(0)
    x = tensor(rng.standard_normal(shape, dtype=np.float32))
    y = tensor(rng.integers(0, 10, shape[0]))
    return x, lambda scores: nn.functional.cross_entropy(scores, y)


def lstm(nn: Any, tensor: Callable) -> tuple:
    """128 cells over 50 steps of 32 sequences."""

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(32, 128, batch_first=True)
            self.head = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.lstm(x)[0][:, -1])

    return Reader(), *classified(nn, tensor, (32, 50, 32))


def gpt(nn: Any, tensor: Callable) -> tuple:
    """Four blocks of four heads, 64 wide, on 16 pieces of 64 letters; attention written out, as a
    lecture has it.
    """
    functional = nn.functional
    width, heads = 64, 4
    mask = tensor(np.tril(np.ones((LENGTH, LENGTH), bool)))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.LayerNorm(width)
            self.attend = nn.Linear(width, 3 * width)
            self.project = nn.Linear(width, width)
            self.second = nn.LayerNorm(width)
            self.net = nn.Sequential(
                nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
            )

        def forward(self, x: Any) -> Any:
            batch, length, _ = x.shape
            parts = self.attend(self.first(x)).split(width, dim=2)
            q, k, v = [
                part.reshape(batch, length, heads, width // heads).transpose(1, 2) for part in parts
            ]
            scores = (q @ k.transpose(-2, -1)) * (width // heads) ** -0.5
            weights = functional.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1)
            mixed = (weights @ v).transpose(1, 2).reshape(batch, length, width)
            x = x + self.project(mixed)
            return x + self.net(self.second(x))

    class GPT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.letter = nn.Embedding(VOCABULARY, width)
            self.place = nn.Embedding(LENGTH, width)
            self.blocks = nn.Sequential(*[Block() for _ in range(4)])
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, VOCABULARY)

        def forward(self, letters: Any) -> Any:
            x = self.letter(letters) + self.place(places)
            return self.head(self.norm(self.blocks(x)))

    rng = np.random.default_rng(0)
    letters = tensor(rng.integers(0, VOCABULARY, (16, LENGTH)))
    following = tensor(rng.integers(0, VOCABULARY, (16 * LENGTH,)))
    places = tensor(np.arange(LENGTH))
    return (
        GPT(),
        letters,
        lambda scores: functional.cross_entropy(scores.reshape(-1, VOCABULARY), following),
    )


def elementwise(nn: Any, tensor: Callable) -> tuple:
    """A chain of functions of 300,000 numbers."""

    class Chain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(tensor(np.linspace(-1, 1, 300_000, dtype=np.float32)))

        def forward(self, x: Any) -> Any:
            h = (self.weight * x).tanh()
            h = (h * h + 1).log() * x
            return ((h - x).exp() + 1).sqrt()

    x = tensor(np.random.default_rng(0).standard_normal(300_000, dtype=np.float32))
    return Chain(), x, lambda y: y.mean()


def softmax(nn: Any, tensor: Callable) -> tuple:
    """The softmax of 4,096 rows of 64 numbers, and the logarithm of another."""

    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            rows = np.random.default_rng(0).standard_normal((4096, 64), dtype=np.float32)
            self.weight = nn.Parameter(tensor(rows))

        def forward(self, x: Any) -> Any:
            shares = nn.functional.softmax(self.weight, dim=-1)
            return shares * nn.functional.log_softmax(self.weight * x, dim=-1)

    return Rows(), tensor(np.full((64,), 2, np.float32)), lambda y: -y.mean()


# --- the step by each engine ----------------------------------------------------------------------

MODELS = {f.__name__: f for f in (lenet, cnn, lstm, gpt, elementwise, softmax)}


@cache
def start(name: str) -> dict[str, np.ndarray]:
    """The state that all engines begin with."""
    import autograd_engine as ag
    import nn

    ag.manual_seed(0)
    model = MODELS[name](nn, ag.as_tensor)[0]
    return {key: np.array(value.detach()) for key, value in model.state_dict().items()}


def ours(name: str, backend: str | None) -> Run:
    """This engine: eager, or compiled for a back end."""
    import autograd_engine as ag
    import nn

    model, x, loss = MODELS[name](nn, ag.as_tensor)
    model.load_state_dict({key: ag.tensor(value) for key, value in start(name).items()})
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    if backend is None:
        return by_hand(model, lambda y, _: loss(y), optimizer, x, None)
    step = nn.training.compiled_step(model, lambda y, _: loss(y), optimizer, backend=backend)
    return lambda: step(x, None).item()


def in_torch(name: str, compiled: bool) -> Run:
    """PyTorch as it is, or with ``torch.compile``."""
    import torch

    torch.set_num_threads(1)
    model, x, loss = MODELS[name](torch.nn, torch.as_tensor)
    model.load_state_dict({key: torch.tensor(value) for key, value in start(name).items()})
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    if compiled:
        model = torch.compile(model)
    return by_hand(model, lambda y, _: loss(y), optimizer, x, None)


def in_jax(name: str) -> Run:
    """JAX, compiled as one function."""
    import autograd_engine as ag
    import models_in_jax
    import nn

    x, target = data_of(MODELS[name](nn, ag.as_tensor))
    return models_in_jax.training(name, start(name), x, target)


def data_of(made: tuple) -> tuple[np.ndarray, Any]:
    """The input of a model, and the classes that its loss closes over, where there are any."""
    _, x, loss = made
    cells = dict(zip(loss.__code__.co_freevars, loss.__closure__ or ()))
    found = [cells[key].cell_contents.numpy() for key in ("y", "following") if key in cells]
    return x.numpy(), found[0] if found else None


LABELS = {
    "lenet": ("LeNet, batch 64", 8),
    "cnn": ("CNN of three blocks, batch 32", 3),
    "lstm": ("LSTM of 128 cells, 50 steps, batch 32", 4),
    "gpt": ("GPT of 4 blocks, 64 wide, 16 pieces of 64 letters", 3),
    "elementwise": ("chain of elementwise functions, 300,000 numbers", 10),
    "softmax": ("softmax and its logarithm, 4096 rows of 64", 10),
}


def workload(name: str) -> Workload:
    """A model, by each engine."""
    label, repeats = LABELS[name]
    makers = {
        "eager": lambda: ours(name, None),
        "numpy": lambda: ours(name, "numpy"),
        "numba": lambda: ours(name, "numba"),
        "PyTorch": lambda: in_torch(name, False),
        "torch.compile": lambda: in_torch(name, True),
        "JAX jit": lambda: in_jax(name),
    }
    return Workload(label, makers, repeats, apart=3e-3)


WORKLOADS = [workload(name) for name in MODELS]

if __name__ == "__main__":
    report("models", WORKLOADS)
