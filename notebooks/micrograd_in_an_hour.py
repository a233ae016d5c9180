# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # micrograd in an hour
#
# An engine that differentiates any program is about forty lines of Python. Here we write them, from nothing: numbers that remember, the chain rule, a
# neuron, a network that learns to tell two moons apart. Then we do the same with the real one, and see that it is the same idea, with arrays.
#
# After Andrej Karpathy's [micrograd](https://github.com/karpathy/micrograd), which showed the world how small this can be.

# %%
import math
import random

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
from autograd_engine import draw, tensor

# %% [markdown]
# ## 1. What is a derivative?
#
# Nudge the input and see how far the output moves. That needs no theory at all, and will be our judge for everything that follows.


# %%
def slope(f, x, nudge=1e-6):
    return (f(x + nudge) - f(x - nudge)) / (2 * nudge)


parabola = lambda x: 3 * x**2 - 4 * x + 5  # noqa: E731
print(slope(parabola, 3.0))
assert abs(slope(parabola, 3.0) - 14) < 1e-6  # 6 x − 4

# %% [markdown]
# But it costs two runs *for each number* that we may nudge, and a network has thousands. We want all derivatives from one run. So each number has to remember where it
# came from.

# %% [markdown]
# ## 2. A number that remembers
#
# A `Value` holds a number, the values that it was made of, and for each of them the *local* derivative: how fast it moves if that one moves. For a sum it is 1, for a product the
# other factor.


# %%
class Value:
    """A number that remembers how it was computed."""

    def __init__(self, data, parents=(), slopes=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.slopes = slopes

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (1 - y**2,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    __radd__, __rmul__ = __add__, __mul__

    def __repr__(self):
        return f"Value({self.data:.4f}, grad {self.grad:.4f})"


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


a, b = Value(2.0), Value(-3.0)
c = a * b + 10
assert c.data == 4 and c.parents[0].slopes == (-3.0, 2.0)
c

# %% [markdown]
# Subtraction and division needed no rule: they are made of the others. Few rules are enough for everything.

# %% [markdown]
# ## 3. The chain rule, backwards
#
# The end moves with itself at speed 1. Whoever moves the end at speed $g$, and is moved by a parent at speed $s$, gives that parent $g \cdot s$. A parent that is used twice gets
# both, so these are *added*. The one condition: a value hands on only when it has everything, so children come before parents.


# %%
def in_order(end):
    """All values that the end was made of, each after those that it was made of itself."""
    found, seen = [], set()

    def visit(value):
        if id(value) not in seen:
            seen.add(id(value))
            for parent in value.parents:
                visit(parent)
            found.append(value)

    visit(end)
    return found


def backward(end):
    end.grad = 1.0
    for value in reversed(in_order(end)):
        for parent, local in zip(value.parents, value.slopes):
            parent.grad += value.grad * local


backward(c)
print("a:", a, "   b:", b)
assert (a.grad, b.grad) == (-3.0, 2.0)

# %% [markdown]
# That is it. That is backpropagation. A value used twice is the case that most first attempts get wrong; ours does not:

# %%
a = Value(3.0)
backward(a + a)
assert a.grad == 2

a = Value(3.0)
backward(a * a * a)
assert a.grad == 27  # 3 a²

# %% [markdown]
# And something wilder, against the judge of section 1, and against the real engine:


# %%
def wild(x):
    y = x * x + 2.0
    return (y / (x + 5.0) - x * 0.5).tanh() * y + (x * -1.0).exp()


ours = Value(0.7)
backward(wild(ours))
real = tensor(0.7, dtype="float64", requires_grad=True)
wild(real).backward()
judge = slope(lambda x: wild(Value(x)).data, 0.7)
print(ours.grad, real.grad.item(), judge)
assert abs(ours.grad - real.grad.item()) < 1e-12
assert abs(ours.grad - judge) < 1e-6

# %% [markdown]
# The same function `wild` ran on both: the engine does not know what is computed, it only sees what happens. Here is what it saw.

# %%
draw(wild(real), backward=False)

# %% [markdown]
# ## 4. A neuron
#
# Weights, a bias, and something that bends: $\tanh(w \cdot x + b)$.


# %%
def neuron(weights, x):
    *w, b = weights
    return sum((w_i * x_i for w_i, x_i in zip(w, x)), b).tanh()


weights = [Value(-3.0), Value(1.0), Value(6.8813735870195432)]
x = [Value(2.0), Value(0.0)]
out = neuron(weights, x)
backward(out)
print("out", out, "   weights", [round(w.grad, 4) for w in weights])
assert abs(out.data - 0.7071) < 1e-4
assert [round(w.grad, 4) for w in weights] == [1.0, 0.0, 0.5]

# %% [markdown]
# ## 5. A network, and data
#
# A layer is a list of neurons, a network a list of layers. Everything is `Value`s, also each of the hundreds of products.


# %%
class Network:
    def __init__(self, *sizes):
        rng = random.Random(0)
        self.layers = [
            [[Value(rng.uniform(-1, 1)) for _ in range(n_in + 1)] for _ in range(n_out)]
            for n_in, n_out in zip(sizes, sizes[1:])
        ]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = [neuron(weights, x) for weights in layer]
        *w, b = self.layers[-1][0]
        return sum((w_i * x_i for w_i, x_i in zip(w, x)), b)

    def parameters(self):
        return [w for layer in self.layers for weights in layer for w in weights]


moons = nn.datasets.moons(60, noise=0.1, generator=ag.Generator().manual_seed(0))
points, labels = moons.x.tolist(), np.where(moons.y == 1, 1, -1).tolist()
network = Network(2, 8, 1)
print(len(network.parameters()), "parameters")
assert len(network.parameters()) == 8 * 3 + 9

# %% [markdown]
# The loss: the squared distance from +1 or −1. And then what all training is: forward, backward, a step.


# %%
def loss_of(network):
    return sum(((network(x) - y) ** 2 for x, y in zip(points, labels)), Value(0.0)) * (1 / len(points))


losses = []
for _ in range(80):
    loss = loss_of(network)
    for p in network.parameters():
        p.grad = 0.0  # it is added to, so it has to be cleared: the classic bug
    backward(loss)
    for p in network.parameters():
        p.data -= 0.2 * p.grad
    losses.append(loss.data)

right = np.mean([(network(x).data > 0) == (y > 0) for x, y in zip(points, labels)])
print(f"loss {losses[0]:.2f} → {losses[-1]:.2f}, {right:.0%} right; the graph of one loss has {len(in_order(loss)):,} values")
assert losses[-1] < 0.4 * losses[0] and right > 0.85
nn.visual.loss_curves(losses)

# %% [markdown]
# ## 6. The same with arrays
#
# Ours spends its time on Python objects: one for each number. The real engine makes one for each *array*. Its rules are the same, of matrices: where we had "the other factor", there is
# "the other factor, transposed". We give it our weights, and it has to come to the same gradient.

# %%
hidden, last = network.layers
W1 = tensor([[w.data for w in weights[:-1]] for weights in hidden], dtype="float64", requires_grad=True)
b1 = tensor([weights[-1].data for weights in hidden], dtype="float64", requires_grad=True)
W2 = tensor([w.data for w in last[0][:-1]], dtype="float64", requires_grad=True)
b2 = tensor(last[0][-1].data, dtype="float64", requires_grad=True)

X, t = tensor(points, dtype="float64"), tensor(labels, dtype="float64")
loss = ((((X @ W1.T + b1).tanh() @ W2 + b2) - t) ** 2).mean()
loss.backward()

theirs = loss_of(network)
for p in network.parameters():
    p.grad = 0.0
backward(theirs)
np.testing.assert_allclose(loss.item(), theirs.data, rtol=1e-12)
np.testing.assert_allclose(W1.grad, [[w.grad for w in weights[:-1]] for weights in hidden], rtol=1e-9)
np.testing.assert_allclose(W2.grad, [w.grad for w in last[0][:-1]], rtol=1e-9)
draw(loss, names={"W1": W1, "b1": b1, "W2": W2, "b2": b2, "X": X, "t": t})

# %% [markdown]
# A dozen boxes instead of thousands. From here on it is `nn`: the same network, trained to the end, in four lines.

# %%
ag.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
optimizer = nn.optim.Adam(model.parameters(), lr=0.03)
nn.fit(model, nn.CrossEntropyLoss(), optimizer, moons, epochs=150, progress=False)
found = nn.evaluate(model, nn.CrossEntropyLoss(), moons, "accuracy")
print(found)
assert found["accuracy"] > 0.97

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")


def by_hand(grid):
    return np.array([network(x).data > 0 for x in np.asarray(grid).tolist()]).astype(int)


nn.visual.decision_boundary(by_hand, moons, resolution=40, title="ours, after 80 steps", ax=axes[0])
nn.visual.decision_boundary(model, moons, resolution=100, title="nn", ax=axes[1]);

# %% [markdown]
# ## What the forty lines leave out
#
# - **Arrays**, and broadcasting: a gradient has the shape of its tensor, so what was broadcast is summed.
# - **Depth**: `visit` calls itself, and Python gives up at a thousand. The engine uses a list, and takes graphs a hundred thousand deep.
# - **Memory**: we keep every number for ever. It keeps what a rule needs, and drops it as the sweep passes.
# - **Higher derivatives**: our slopes are numbers. Its rules can run on tensors, and then record themselves.
#
# The engine's four files, `node.py`, `tensor.py`, `primitive.py` and `backward.py` in `autograd_engine/core`, are this notebook, with these four.

# %%
deep = tensor(1.0, dtype="float64", requires_grad=True)
y = deep
for _ in range(20_000):
    y = y * 1.0001
y.backward()
assert abs(deep.grad.item() - 1.0001**20_000) < 1e-8

(first,) = ag.grad(wild(real), real, create_graph=True)
(second,) = ag.grad(first, real)
assert abs(second.item() - slope(lambda x: ag.grad(wild(z := tensor(x, dtype="float64", requires_grad=True)), z)[0].item(), 0.7)) < 1e-5
second

# %% [markdown]
# **Try:** add `log` and `sin` to `Value`, each in two lines, and let the judge decide. Break the `+=` in `backward` into `=`, and see which checks notice. Make `visit` a loop.
