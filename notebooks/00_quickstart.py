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
# # Quickstart: from one derivative to a network that reads digits
#
# Everything that a neural network learns, it learns from derivatives. In this notebook we differentiate one number,
# look at how that is done, and then use the very same thing to read handwritten digits.
#
# Each step is a few words, a few lines, and a check. Change the lines and run them again: that is what they are for.

# %%
import math

import numpy as np

import autograd_engine as ag
import nn
from autograd_engine import draw, explain, explore, gradcheck, primitive, tensor

ag.manual_seed(0);  # the same random numbers each time

# %% [markdown]
# ## 1. A number that remembers how it was computed
#
# A `tensor` is a number (or an array of numbers). With `requires_grad=True` it is a number *with respect to which* we want
# derivatives: whatever is computed from it remembers how.

# %%
x = tensor(2.0, requires_grad=True)
y = x**3 + x.sin()
y

# %% [markdown]
# `backward()` walks from `y` back to `x` and leaves dy/dx in `x.grad`. By hand it is $3x^2 + \cos x$.

# %%
y.backward()
by_hand = 3 * 2**2 + math.cos(2)
print("backward:", x.grad.item(), "   by hand:", by_hand)
assert abs(x.grad.item() - by_hand) < 1e-5

# %% [markdown]
# ## 2. Look at it
#
# What `y` remembers is a graph: the numbers we started from, and each operation on the way. Every box shows its value and,
# after `backward()`, its gradient: how much `y` would change if that number grew a little.

# %%
draw(y)

# %% [markdown]
# The picture is read from below for the chain rule: the gradient of a box is the sum, over the arrows that leave it, of
# the gradient at the arrow's end times the derivative of that operation. Nothing else is needed, however large the graph.

# %% [markdown]
# `play` shows how the gradients come about, one step of the sweep at a time: press the button, or move the slider. The film needs no
# kernel; it also plays in the saved file.

# %%
film = draw(y).play()
assert str(film).startswith("0. start at y: upstream 1")
film

# %% [markdown]
# And `explain` writes it down as one would on the blackboard, with the derivatives of this very computation: as mathematics in a notebook, and printed, as text.

# %%
written = explain(y, x)
assert "11.58" in str(written)
print(written)
written

# %% [markdown]
# With `explore`, the numbers are on sliders. Move one, and every value and gradient follows. (This one needs a running notebook.)


# %%
def neuron(x, w, b):
    return (w * x + b).tanh()


sliders = explore(neuron, 0.5, 1.5, -0.25)
sliders

# %% [markdown]
# ## 3. Arrays work the same way
#
# A tensor may hold a whole array, with NumPy's rules: operations are elementwise, shapes broadcast, `@` is the matrix product.
# NumPy's own functions work too, and take part in the graph.

# %%
a = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
b = np.tanh(a) * np.array([1.0, 10.0])
b.sum().backward()
a.grad

# %% [markdown]
# The gradient has the shape of the tensor, always. Is it right? The derivative of $\tanh$ is $1 - \tanh^2$, and the second
# column counts ten times.

# %%
expected = (1 - np.tanh(a.detach().numpy()) ** 2) * [1, 10]
assert a.grad.shape == a.shape
np.testing.assert_allclose(a.grad, expected, rtol=1e-4)

# %% [markdown]
# When there is no formula to compare with, `gradcheck` compares with finite differences: it nudges each number and looks at
# what happens. It wants 64-bit floats, for small nudges need many digits.

# %%
p = tensor([0.5, -1.0, 2.0], dtype="float64", requires_grad=True)
assert gradcheck(lambda p: (p.exp() * p).sum(), p)

# %% [markdown]
# ## 4. Real data: handwritten digits
#
# 1797 images of 8 × 8 pixels, each with the digit that a person meant. We hold a quarter of them back: what counts is how the
# network reads images that it has *never seen*. Pixels are shifted and scaled so that they are around 0 and of size 1.

# %%
digits = nn.datasets.digits()
train, test = digits.split(0.75, 0.25, stratify=True, standardise=True)
print(len(train), "to learn from,", len(test), "to test with")
assert len(train) + len(test) == 1797
nn.visual.images(digits.x[:10], titles=digits.y[:10], columns=10)

# %% [markdown]
# ## 5. A network
#
# Two layers: 64 pixels to 64 hidden numbers, and these to one score for each digit. A layer is a matrix product and a sum,
# `x @ weight.T + bias`; the `ReLU` in between, $\max(x, 0)$, is what makes two layers more than one.

# %%
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
parameters = sum(p.numel() for p in model.parameters())
assert parameters == 64 * 64 + 64 + 64 * 10 + 10
nn.summary(model, (1, 8, 8))

# %% [markdown]
# The loss says how wrong the network is: the *cross entropy*, minus the logarithm of the probability that it gives the right
# digit. A network that knows nothing gives each of the ten digits 1/10, so we should start near $\log 10 \approx 2.3$.

# %%
loss_function = nn.CrossEntropyLoss()
before = nn.evaluate(model, loss_function, test, "accuracy")
print("before learning:", before, "   log 10:", math.log(10))
assert abs(before["loss"] - math.log(10)) < 0.5

# %% [markdown]
# ## 6. Learning
#
# The gradient of the loss says, for each of the 4810 numbers, which way is worse. So we go the other way, a little, and again. `Adam` decides
# how long each step is. This is one step, all of it:

# %%
optimizer = nn.optim.Adam(model.parameters(), lr=0.003)
pixels, labels = tensor(train.x[:32], dtype="float32"), tensor(train.y[:32])

loss = loss_function(model(pixels), labels)
optimizer.zero_grad()
loss.backward()
optimizer.step()
assert loss_function(model(pixels), labels).item() < loss.item()

# %% [markdown]
# `fit` does that with 32 images at a time, in random order, 15 times over all of them, and measures how it goes.

# %%
history = nn.fit(model, loss_function, optimizer, train, val=test, epochs=15, metrics="accuracy", progress=False)
assert history["loss"][-1] < 0.05 < 0.3 < history["loss"][0]
nn.visual.loss_curves(history)

# %% [markdown]
# And the images that it has never seen?

# %%
answers = nn.predict(model, test).argmax(1).numpy()
accuracy = (answers == test.y).mean()
print(f"{accuracy:.1%} of the held-out images are read rightly")
assert accuracy > 0.95
assert abs(accuracy - history["val_accuracy"][-1]) < 1e-6

# %% [markdown]
# Those that it misreads (what it is → what it was read as) are hard for us, too.

# %%
wrong = np.flatnonzero(answers != test.y)[:8]
nn.visual.images(test.x[wrong], titles=[f"{test.y[i]} → {answers[i]}" for i in wrong])

# %% [markdown]
# ## 7. The same picture, of a network
#
# This is the graph of the loss of three images. It is the graph of section 2, with arrays in it.

# %%
optimizer.zero_grad()
loss = loss_function(model(pixels[:3]), labels[:3])
loss.backward()
draw(loss, names=dict(model.named_parameters()))

# %% [markdown]
# ## 8. An operation of your own
#
# Is an operation missing? Three lines declare it: what it computes, and the rule that takes the gradient `g` of its output to the
# gradient of its input. From then on it is like all the others: it is drawn, checked, and differentiated as often as you
# like.


# %%
@primitive(vjp=lambda g, x: g * 3 * x**2)
def cube(x):
    return x**3


z = tensor(2.0, dtype="float64", requires_grad=True)
assert gradcheck(cube, z)
(first,) = ag.grad(cube(z), z, create_graph=True)
(second,) = ag.grad(first, z)
assert (first.item(), second.item()) == (12.0, 12.0)  # 3 x² and 6 x, at 2
second

# %% [markdown]
# ## Where to go next
#
# - `draw` anything you compute: `draw(y).save("picture.svg")` writes it to a file.
# - `01_losses_and_backprop` begins the course: losses, softmax, the chain rule. `02_regressors_and_classifiers` goes on with real data.
# - `micrograd_in_an_hour` builds the engine from nothing. `when_gradients_go_wrong` is for the day when it does not learn. `your_own_parts` makes operations,
#   layers, optimizers and callbacks; `a_physics_informed_net` and `a_small_gpt` are what their names say.
# - All operations and the rules of their gradients: `python -m autograd_engine ops`, or the page `docs/ops.md`.
# - How does it work? `node.py`, `tensor.py`, `primitive.py` and `backward.py` in `autograd_engine/core`, read in this order, are the engine.
