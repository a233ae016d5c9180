"""A step of training of the models of a first course: LeNet, a deeper convolutional network, an
LSTM, a small GPT; and two workloads without products. Written once, for PyTorch's names.

``python benchmarks/models.py [name ...]`` prints how many times faster this engine is than
PyTorch's eager mode, on one thread, in one process, in turn, by the processor's time; with
``--memory`` how much memory a step takes in a process of its own, as a share of what it takes in
PyTorch.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

import resource
import subprocess
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
from timing import compare

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


WORKLOADS = {f.__name__: f for f in (lenet, cnn, lstm, gpt, elementwise, softmax)}
REPEATS = {"lenet": 8, "cnn": 3, "lstm": 4, "gpt": 3, "elementwise": 10, "softmax": 10}


def training(
    name: str, nn: Any, tensor: Callable, start: dict | None = None
) -> tuple[Callable[[], float], Any]:
    """The function that takes one step with Adam and gives the loss, and the model."""
    model, x, loss = WORKLOADS[name](nn, tensor)
    if start is not None:
        model.load_state_dict({key: tensor(value) for key, value in start.items()})
    optimizer = _optim(nn).Adam(model.parameters(), lr=1e-3)

    def step() -> float:
        optimizer.zero_grad()
        value = loss(model(x))
        value.backward()
        optimizer.step()
        return value.item()

    return step, model


def _optim(nn: Any) -> Any:
    if nn.__name__ == "nn":
        return nn.optim
    import torch

    return torch.optim


def engine(name: str) -> tuple:
    """The module of layers, and what makes a tensor of an array: of this engine, or PyTorch's."""
    if name == "ours":
        import nn
        from autograd_engine import as_tensor

        return nn, as_tensor
    import torch

    torch.set_num_threads(1)
    return torch.nn, torch.as_tensor


def times(name: str) -> float:
    nn, tensor = engine("ours")
    ours, model = training(name, nn, tensor)
    start = {key: np.array(value.detach()) for key, value in model.state_dict().items()}
    theirs, _ = training(name, *engine("peer"), start)
    for _ in range(3):  # the same losses, or the comparison means nothing
        assert abs(ours() - theirs()) < 1e-3
    return compare(name, ours, theirs, REPEATS[name], clock=process_time)


def memory(name: str, engine_name: str) -> float:
    """MB that the fourth step takes at its peak beyond what the process has before the model is
    made.
    """
    code = f"import models; models.show_peak({name!r}, {engine_name!r})"
    here = os.path.dirname(os.path.abspath(__file__))
    out = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, check=True)
    return float(out.stdout)


def show_peak(name: str, engine_name: str) -> None:
    nn, tensor = engine(engine_name)
    training("softmax", nn, tensor)[0]()  # what the first step loads is no matter of the model
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    step, _ = training(name, nn, tensor)
    for _ in range(4):
        step()
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


def main() -> None:
    names = [name for name in sys.argv[1:] if name != "--memory"] or list(WORKLOADS)
    for name in names:
        if "--memory" not in sys.argv:
            times(name)
            continue
        ours, theirs = memory(name, "ours"), memory(name, "peer")
        print(f"{name:12s} ours {ours:6.1f} MB   peer {theirs:6.1f} MB   {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
