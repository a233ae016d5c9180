"""How the cost of a step grows: with the length of a graph of single numbers, with depth, width and
batch of a network. ``python benchmarks/growth.py`` prints a table and writes
``docs/pictures/growth.svg``.

Both axes are logarithms, so that a cost in proportion to a size is a line of slope 1.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

import numpy as np
from peers import by_hand, network

import autograd_engine as ag
import nn

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "growth.svg"

Run = Callable[[], Any]


def chain(length: int, engine: str) -> Run:
    """A graph of so many nodes, each a product of two single numbers, forward and backward."""
    if engine == "PyTorch":
        import torch

        torch.set_num_threads(1)
        tensor = torch.tensor
    else:
        tensor = ag.tensor

    def run() -> None:
        x = y = tensor(1.0, requires_grad=True)
        for _ in range(length):
            y = y * x
        y.backward()

    return run


def step(depth: int, width: int, batch: int, engine: str) -> Run:
    """A step of training a network of so many hidden layers, with Adam."""
    sizes = (width,) * (depth + 1)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((batch, width), "float32"), rng.integers(0, width, batch)
    if engine == "PyTorch":
        import torch

        torch.set_num_threads(1)
        model = network(torch.nn, sizes)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        loss = torch.nn.CrossEntropyLoss()
        return by_hand(model, loss, optimizer, torch.tensor(x), torch.tensor(y))
    model = network(nn, sizes)
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    loss = nn.CrossEntropyLoss()
    given = ag.tensor(x), ag.tensor(y)
    if engine == "eager":
        return by_hand(model, loss, optimizer, *given)
    fast = nn.training.compiled_step(model, loss, optimizer, backend=engine)
    return lambda: fast(*given).item()


AXES: dict[str, tuple[list[int], Callable[[int, str], Run], tuple[str, ...]]] = {
    "nodes of a chain of products": (
        [100, 1_000, 10_000, 100_000, 500_000],
        chain,
        ("eager", "PyTorch"),
    ),
    "layers, 32 wide, batch 32": (
        [1, 2, 4, 8, 16, 32, 64],
        lambda n, engine: step(n, 32, 32, engine),
        ("eager", "numpy", "numba", "PyTorch"),
    ),
    "width of 3 layers, batch 32": (
        [8, 16, 32, 64, 128, 256, 512, 1024],
        lambda n, engine: step(3, n, 32, engine),
        ("eager", "numpy", "numba", "PyTorch"),
    ),
    "samples in a batch, 3 layers 64 wide": (
        [1, 4, 16, 64, 256, 1024, 4096],
        lambda n, engine: step(3, 64, n, engine),
        ("eager", "numpy", "numba", "PyTorch"),
    ),
}
"""What grows: the sizes, what makes a run of a size by an engine, and the engines."""

ONCE_IS_ENOUGH = 0.5
"""From how many seconds on a run is measured once, after one that is not."""

PACKAGES = {"numba": "numba", "PyTorch": "torch"}


def measured(make: Callable[[int, str], Run], sizes: list[int], engine: str) -> list[float]:
    """Seconds of one run for each size."""
    found = []
    for size in sizes:
        run = make(size, engine)
        run()
        begin = process_time()
        run()
        once = process_time() - begin
        repeats = max(1, min(200, int(0.05 / max(once, 1e-6))))
        times = [once]
        while len(times) < 4 and once < ONCE_IS_ENOUGH:
            begin = process_time()
            for _ in range(repeats):
                run()
            times.append((process_time() - begin) / repeats)
        found.append(statistics.median(times))
        del run
        gc.collect()
    return found


def slope(sizes: list[int], times: list[float]) -> float:
    """The slope between the last two points: 1 is in proportion."""
    return float(np.log(times[-1] / times[-2]) / np.log(sizes[-1] / sizes[-2]))


def draw(results: dict[str, dict[str, list[float]]], path: Path) -> None:
    """One plot for each thing that grows."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "growth", "font.size": 9})
    figure, axes = plt.subplots(2, 2, figsize=(8, 6), layout="constrained")
    for axis, (label, columns) in zip(axes.flat, results.items()):
        sizes = AXES[label][0]
        for engine, times in columns.items():
            axis.loglog(sizes, [t * 1e3 for t in times], marker="o", markersize=3, label=engine)
        axis.set_xlabel(label)
        axis.set_ylabel("ms")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=10**9, help="the largest size to measure")
    parser.add_argument("--only", default="eager,numpy,numba,PyTorch", help="of the engines")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="where to draw")
    options = parser.parse_args()
    results: dict[str, dict[str, list[float]]] = {}
    for label, (sizes, make, engines) in AXES.items():
        sizes[:] = [n for n in sizes if n <= options.most]
        wanted = [e for e in engines if e in options.only.split(",")]
        there = [e for e in wanted if find_spec(PACKAGES.get(e, "numpy"))]
        results[label] = {engine: measured(make, sizes, engine) for engine in there}
        print(f"\n| {label} | {' | '.join(map(str, sizes))} | slope at the end |")
        print(f"|{' --- |' * (len(sizes) + 2)}", flush=True)
        for engine, times in results[label].items():
            cells = [f"{t * 1e6:,.0f} µs" for t in times]
            print(f"| {engine} | {' | '.join(cells)} | {slope(sizes, times):.2f} |", flush=True)
    draw(results, options.picture)


if __name__ == "__main__":
    main()
