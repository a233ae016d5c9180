"""Graphs of every kind that pictures are made of, for tests that hold for all of them."""

import numpy as np

import autograd_engine as ag
import nn


class Neuron:
    """As lectures write it, of numbers: sums of products in Python loops."""

    def __init__(self, inputs):
        self.w = [ag.tensor(0.1 * (i + 1), requires_grad=True) for i in range(inputs)]
        self.b = ag.tensor(0.05, requires_grad=True)

    def __call__(self, x):
        return sum((w * xi for w, xi in zip(self.w, x)), self.b).tanh()


class Perceptron:
    """Layers of `Neuron`."""

    def __init__(self, *sizes):
        self.layers = [[Neuron(a) for _ in range(b)] for a, b in zip(sizes, sizes[1:])]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]


def swept(result):
    result.backward()
    return result


def numbers():
    a = ag.tensor(0.02801, requires_grad=True)
    b = ag.tensor(-123.456, requires_grad=True)
    return swept((a * b * 0.12345).tanh())


def matrices():
    x = ag.randn(4, 3)
    w = ag.randn(3, 2, requires_grad=True)
    return swept(((x @ w).sigmoid() * 1.0005).mean())


def indices():
    x = ag.randn(6, 5, requires_grad=True)
    return (x[1:, ::2].max(dim=1)[0] + x.sum(0, keepdim=True).T.squeeze()[:1]).std()


def broken():
    x = ag.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    with np.errstate(all="ignore"):
        return swept(x.log().sum())


def chain():
    x = ag.tensor(1.5, requires_grad=True)
    y = x
    for _ in range(40):
        y = (y * 1.01).sin()
    return swept(y)


def many():
    x = ag.tensor(1.5, requires_grad=True)
    y = x
    for i in range(300):
        y = y.sin() + x if i % 3 else y * 0.5
    return y


def large():
    x = ag.tensor(1.5, requires_grad=True)
    y = x
    for _ in range(6000):
        y = y * 0.999
    return y


def mlp():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
    target = ag.tensor([0, 2, 1])
    return (lambda x: nn.functional.cross_entropy(model(x), target)), ag.randn(3, 4)


def deep():
    layers = [nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(5)]
    return nn.Sequential(*layers), ag.randn(2, 6)


def convolutional():
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    return model, ag.randn(2, 1, 8, 8)


def recurrent():
    model = nn.LSTM(3, 5)
    return (lambda x: model(x)[0].sum()), ag.randn(4, 2, 3)


def failing():
    def product(a, b):
        return a.exp() @ b

    return product, ag.ones(2, 3, requires_grad=True), ag.ones(2, 3, requires_grad=True)


def perceptron():
    return Perceptron(3, 4, 4, 1), [2.0, 3.0, -1.0]


GRAPHS = {
    make.__name__: make
    for make in (
        numbers,
        matrices,
        indices,
        broken,
        chain,
        many,
        large,
        mlp,
        deep,
        convolutional,
        recurrent,
        failing,
        perceptron,
    )
}
"""By name, what makes the arguments of `draw`: a tensor, or a function and what it is given."""


def drawn(name, **options):
    """The drawing of a graph by its name."""
    made = GRAPHS[name]()
    if not isinstance(made, tuple):
        made = (made,)
    return ag.draw(*made, **options)
