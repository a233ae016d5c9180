"""micrograd's demonstration on scalars: its own network class, written once, with either engine's
scalars as weights.
"""

from __future__ import annotations

import random

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP
from timing import compare

from autograd_engine import tensor


def moons(n: int) -> tuple[list, list]:
    """Two interleaved half circles, with labels -1 and 1."""
    rng = np.random.default_rng(1)
    angles = np.pi * rng.random(n)
    labels = np.where(np.arange(n) % 2 == 0, -1, 1)
    x = np.where(labels < 0, np.cos(angles), 1 - np.cos(angles)) + 0.1 * rng.standard_normal(n)
    y = np.where(labels < 0, np.sin(angles), 0.5 - np.sin(angles)) + 0.1 * rng.standard_normal(n)
    return np.stack([x, y], 1).tolist(), labels.tolist()


def network(scalar) -> MLP:
    """micrograd's MLP; its neurons compute with whatever their weights are."""
    random.seed(0)
    model = MLP(2, [16, 16, 1])
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.w = [scalar(float(w.data)) for w in neuron.w]
            neuron.b = scalar(float(neuron.b.data))
    return model


def step(model: MLP, constant, points: list, labels: list):
    """Forward and backward of micrograd's loss: hinge loss, and a penalty on the weights."""
    parameters = model.parameters()
    for p in parameters:
        p.grad = None if hasattr(p, "requires_grad") else 0
    scores = [model([constant(v) for v in point]) for point in points]
    losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
    loss.backward()
    return loss


def main() -> None:
    ours, theirs = network(lambda v: tensor(v, requires_grad=True)), network(Value)
    for n, repeats in ((1, 40), (20, 3), (100, 1)):
        points, labels = moons(n)
        step(ours, tensor, points, labels), step(theirs, Value, points, labels)
        for a, b in zip(ours.parameters(), theirs.parameters()):
            assert abs(a.grad.item() - b.grad) < 1e-4 * max(1.0, abs(b.grad))
        compare(
            f"2-16-16-1 on scalars, {n} points",
            lambda: step(ours, tensor, points, labels),
            lambda: step(theirs, Value, points, labels),
            repeats,
            5,
        )


if __name__ == "__main__":
    main()
