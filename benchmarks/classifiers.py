"""A step of training a classifier: forward, cross-entropy, backward, Adam. Written once, for
PyTorch's names.

The two engines run in one process, in turn. Threads contend, so run it twice: as it is, and with
``OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1`` (the script tells PyTorch the same number).
"""

from __future__ import annotations

import os

import numpy as np
import torch
from timing import compare

import autograd_engine
import nn
import nn.optim

THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
SIZES = {
    "2-16-16-2, batch 32": ((2, 16, 16, 2), 32, 200),
    "784-200-100-60-30-10, batch 64": ((784, 200, 100, 60, 30, 10), 64, 40),
    "784-512-512-10, batch 256": ((784, 512, 512, 10), 256, 8),
}


def training_step(nn, optim, as_tensor, sizes, data, labels, start):
    """The network, and the function that trains it one step further."""
    layers = []
    for i, (n, m) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(n, m)] + ([nn.ReLU()] if i < len(sizes) - 2 else [])
    model = nn.Sequential(*layers)
    model.load_state_dict({name: as_tensor(value.copy()) for name, value in start.items()})
    loss_function, optimizer = nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=1e-3)
    x, y = as_tensor(data), as_tensor(labels)

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main() -> None:
    torch.set_num_threads(THREADS)
    print(f"{THREADS} thread(s)")
    for label, (sizes, batch, repeats) in SIZES.items():
        rng = np.random.default_rng(0)
        data = rng.standard_normal((batch, sizes[0]), dtype=np.float32)
        labels = rng.integers(0, sizes[-1], batch)
        reference = nn.Sequential(
            *[layer for n, m in zip(sizes, sizes[1:]) for layer in (nn.Linear(n, m), nn.ReLU())][
                :-1
            ]
        )
        start = {name: np.array(value.detach()) for name, value in reference.state_dict().items()}
        ours = training_step(nn, nn.optim, autograd_engine.as_tensor, sizes, data, labels, start)
        theirs = training_step(torch.nn, torch.optim, torch.as_tensor, sizes, data, labels, start)
        for _ in range(5):  # the same losses, or the comparison means nothing
            assert abs(ours() - theirs()) < 1e-4
        compare(label, ours, theirs, repeats, 9)


if __name__ == "__main__":
    main()
