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
from autograd_engine import draw, gradcheck, no_grad, primitive, tensor

ag.manual_seed(0)  # the same random numbers each time

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
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

pixels, labels = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(pixels, labels, test_size=0.25, stratify=labels, random_state=0)

figure, axes = plt.subplots(1, 10, figsize=(10, 1.3))
for axis, image, label in zip(axes, train_x, train_y):
    axis.imshow(image.reshape(8, 8), cmap="gray_r")
    axis.set_title(label)
    axis.axis("off")

# %%
scaler = StandardScaler().fit(train_x)  # on the training images only: the others are not to be looked at
train_x, test_x = (tensor(scaler.transform(x), dtype="float32") for x in (train_x, test_x))
train_y, test_y = tensor(train_y), tensor(test_y)
print("train:", train_x.shape, "  test:", test_x.shape)
assert len(train_x) + len(test_x) == 1797

# %% [markdown]
# ## 5. A network
#
# Two layers: 64 pixels to 64 hidden numbers, and these to one score for each digit. A layer is a matrix product and a sum,
# `x @ weight.T + bias`; the `ReLU` in between, $\max(x, 0)$, is what makes two layers more than one.

# %%
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
print(model)
parameters = sum(p.numel() for p in model.parameters())
print(parameters, "numbers to learn")
assert parameters == 64 * 64 + 64 + 64 * 10 + 10

# %% [markdown]
# The loss says how wrong the network is: the *cross entropy*, minus the logarithm of the probability that it gives the right
# digit. A network that knows nothing gives each of the ten digits 1/10, so we should start near $\log 10 \approx 2.3$.

# %%
loss_function = nn.CrossEntropyLoss()
loss = loss_function(model(train_x), train_y)
print("before learning:", loss.item(), "   log 10:", math.log(10))
assert abs(loss.item() - math.log(10)) < 0.5

# %% [markdown]
# ## 6. Learning
#
# The gradient of the loss says, for each of the 4810 numbers, which way is worse. So we go the other way, a little, and again:
# 32 images at a time, in random order, 20 times over all of them. `Adam` decides how long each step is.

# %%
from nn.data import DataLoader, TensorDataset

optimizer = nn.optim.Adam(model.parameters(), lr=0.003)
batches = DataLoader(TensorDataset(train_x, train_y), batch_size=32, shuffle=True)
losses = []
for _ in range(20):
    for x, y in batches:
        loss = loss_function(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

# %%
plt.figure(figsize=(6, 3))
plt.semilogy(losses, linewidth=0.7)
plt.xlabel("step")
plt.ylabel("loss of the batch")
assert np.mean(losses[-40:]) < 0.1 < 1 < np.mean(losses[:5])

# %% [markdown]
# And the images that it has never seen? `no_grad()` says that nothing needs to be remembered: we only want the answers.

# %%
with no_grad():
    answers = model(test_x).argmax(1)
accuracy = (answers == test_y).numpy().mean()
print(f"{accuracy:.1%} of the held-out images are read rightly")
assert accuracy > 0.95

# %% [markdown]
# Those that it misreads are hard for us, too.

# %%
wrong = np.flatnonzero((answers != test_y).numpy())
shown = wrong[:8]
figure, axes = plt.subplots(1, len(shown), figsize=(1.4 * len(shown), 1.7), squeeze=False)
for axis, i in zip(axes[0], shown):
    axis.imshow(scaler.inverse_transform(test_x[i : i + 1].numpy()).reshape(8, 8), cmap="gray_r")
    axis.set_title(f"{test_y[i].item()}, read as {answers[i].item()}", fontsize=8)
    axis.axis("off")

# %% [markdown]
# ## 7. The same picture, of a network
#
# This is the graph of the loss of three images. It is the graph of section 2, with arrays in it.

# %%
optimizer.zero_grad()
loss = loss_function(model(test_x[:3]), test_y[:3])
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
# - All operations and the rules of their gradients: `python -m autograd_engine ops`, or the table in the README.
# - How does it work? `node.py`, `tensor.py`, `primitive.py` and `backward.py` in `autograd_engine/core`, read in this order, are the engine.
