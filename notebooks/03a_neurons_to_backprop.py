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
# # 3a · From one neuron to backpropagation
#
# A neural network is a function with numbers in it that we may turn. This notebook builds that function from its smallest part,
# says what "good" means, and then finds out which way to turn each number: by the chain rule, first with pencil and paper, then
# with the engine, and both must agree to twelve digits.
#
# Each section is a few words, a few lines, a check that would fail if the words were wrong, and a picture.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import draw, explore, jacobian, tensor

ag.manual_seed(0)
ag.set_default_dtype("float64")  # many digits, because we compare with formulas

# %% [markdown]
# ## 1. One neuron
#
# A neuron weighs its inputs, adds a bias and bends the result: $f(\mathbf{x}) = g(\mathbf{w}^\top \mathbf{x} + b)$.
# What is inside of $g$ is the *pre-activation* $z$. Ours has $\mathbf{w} = [3, -2]$, $b = 1$ and $g = \text{ReLU}$, so
#
# $$f(x_1, x_2) = \max(0,\ 3x_1 - 2x_2 + 1).$$

# %%
neuron = nn.Sequential(nn.Linear(2, 1), nn.ReLU())
with ag.no_grad():
    neuron[0].weight.copy_(tensor([[3.0, -2.0]]))
    neuron[0].bias.fill_(1.0)

points = tensor([[1.0, 1.0], [0.0, 2.0], [2.0, 0.5]])
by_hand = [[max(0, 3 * a - 2 * b + 1)] for a, b in points.tolist()]
np.testing.assert_array_equal(neuron(points), by_hand)
by_hand

# %%
nn.visual.network(neuron, title="orange pushes up, blue pushes down")

# %% [markdown]
# The same neuron as a computation, with a slider for every number (in a running notebook; in a printed one you see it still).
# Move $x_2$ up until the ReLU shuts: from there on every gradient is zero. The neuron has stopped listening.


# %%
def one_neuron(x1, x2, w1, w2, b):
    return F.relu(w1 * x1 + w2 * x2 + b)


explore(one_neuron, 1.0, 1.0, 3.0, -2.0, 1.0)

# %% [markdown]
# Over the plane of its inputs the neuron is a ramp that starts at the line $3x_1 - 2x_2 + 1 = 0$. The ramp rises in the direction
# of $\mathbf{w}$, by $\lVert\mathbf{w}\rVert = \sqrt{13}$ per unit; on the other side it is flat.

# %%
x = tensor([[1.0, 1.0], [-2.0, 2.0]], requires_grad=True)
neuron(x).sum().backward()
np.testing.assert_array_equal(x.grad, [[3, -2], [0, 0]])

x1, x2 = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-3, 3, 121))
heights = nn.predict(neuron, np.stack([x1.ravel(), x2.ravel()], 1)).numpy().reshape(x1.shape)
assert math.isclose(heights.max(), 3 * 3 - 2 * (-3) + 1)

figure = plt.figure(figsize=(9, 3.6))
ramp = figure.add_subplot(121, projection="3d")
ramp.plot_surface(x1, x2, heights, cmap="viridis", linewidth=0, rasterized=True)
ramp.set(xlabel="$x_1$", ylabel="$x_2$", title="$f(x_1, x_2)$")
ramp.view_init(elev=25, azim=150)
above = figure.add_subplot(122)
above.contourf(x1, x2, heights, 14, cmap="viridis")
above.plot([-5 / 3, 3], [-2, 5], "w--", label="$z = 0$")
above.quiver(1, 2, 3, -2, color="white", scale=25)
above.set(xlabel="$x_1$", ylabel="$x_2$", ylim=(-3, 3), title="from above, with the arrow w")
above.legend(loc="lower left")
plt.show()

# %% [markdown]
# ## 2. A layer is neurons side by side
#
# Three neurons that look at the same two inputs: write their weights as the rows of a matrix, and all three are one product,
# $\mathbf{f}(\mathbf{x}) = g(\mathbf{W}\mathbf{x} + \mathbf{b})$.

# %%
W = tensor([[3.0, -2.0], [0.5, 1.0], [-1.0, 2.0]])
b = tensor([1.0, -0.5, 0.0])
x = tensor([1.0, 2.0])

one_by_one = [F.relu(row @ x + bias).item() for row, bias in zip(W, b)]
np.testing.assert_allclose(F.relu(W @ x + b), one_by_one)
nn.visual.matrices("relu(W @ x + b)", W=W, x=x, b=b)

# %% [markdown]
# Libraries differ in how they lay $\mathbf{W}$ down. Ours (and PyTorch's) has a row for each neuron, $[H \times N]$, as the formula has.
# Keras keeps the transpose $[N \times H]$ and computes $\mathbf{x}^\top\mathbf{W}$; if a slide puts both next to each other, they are
# not the same matrix.

# %%
layer = nn.Linear(784, 200)
assert layer.weight.shape == (200, 784)

# %% [markdown]
# ## 3. One hidden layer
#
# Feed a layer into another one and the result is a *multi-layer perceptron*. Four small formulas, from the pixels of an image to
# a probability for each class:
#
# $$\mathbf{z}^h = \mathbf{W}^h\mathbf{x} + \mathbf{b}^h,\qquad \mathbf{h} = g(\mathbf{z}^h),\qquad
# \mathbf{z}^o = \mathbf{W}^o\mathbf{h} + \mathbf{b}^o,\qquad \mathbf{f} = \text{softmax}(\mathbf{z}^o).$$
#
# (If your slides break off at $g(\mathbf{W}^h\mathbf{x}$ for the second, what is missing is "$+\ \mathbf{b}^h)$".)
#
# Here it is twice: written out, and as the library says it.

# %%
N, H, K = 4, 5, 3
hidden = nn.Linear(N, H)
output = nn.Linear(H, K)
model = nn.Sequential(hidden, nn.Tanh(), output, nn.Softmax(-1))

x = ag.randn(N)
h = ag.tanh(hidden.weight @ x + hidden.bias)
z = output.weight @ h + output.bias
f = ag.exp(z) / ag.exp(z).sum()

np.testing.assert_allclose(f, model(x), rtol=1e-12)
assert math.isclose(f.sum().item(), 1)
nn.visual.network(model)

# %% [markdown]
# Without the hidden layer, what is left is logistic regression. And the hidden layer *without its bias* is another function:

# %%
without_bias = F.softmax(output.weight @ ag.tanh(hidden.weight @ x) + output.bias, -1)
assert abs(without_bias - f).max() > 1e-3

# %% [markdown]
# The other way to draw it is as a flow: what goes in, what each step makes of it. This one is not a sketch; it is drawn from the
# computation that has just run. Click a box to open it.

# %%
draw(model, x, direction="LR", depth=1)

# %% [markdown]
# ## 4. Functions that bend
#
# Without something that bends, two layers would be one ($\mathbf{W}_2\mathbf{W}_1$ is just a matrix). Functions in solid lines, their
# derivatives dashed: these are the numbers that backpropagation multiplies with.

# %%
axes = plt.subplots(1, 4, figsize=(9.5, 2.2), layout="constrained")[1]
row = nn.visual.activation(["sigmoid", "tanh", "relu", "softplus"], ax=axes)
assert row.data["sigmoid"]["derivative"].max() == 0.25
assert row.data["tanh"]["derivative"].max() == 1
assert set(row.data["relu"]["derivative"]) == {0, 1}
row

# %% [markdown]
# A sigmoid never lets through more than a quarter, so after ten sigmoids at most $4^{-10}$, a millionth, of a gradient is left. And
# softplus is a smoothed ReLU whose derivative is exactly the sigmoid:

# %%
np.testing.assert_allclose(row.data["softplus"]["derivative"], row.data["sigmoid"]["value"])
assert 0.25**10 < 1e-6

# %% [markdown]
# ## 5. Softmax and its derivative
#
# Softmax makes scores (*logits*) of any size into numbers between 0 and 1 that add up to 1. Only differences count: add a
# thousand to all of them, and nothing changes.

# %%
s = F.softmax(tensor([1.0, 2.0, 3.0]), -1)
np.testing.assert_allclose(s, [0.09, 0.24, 0.67], atol=0.005)
np.testing.assert_allclose(s, F.softmax(tensor([1001.0, 1002.0, 1003.0]), -1))
nn.visual.bars(s, title="softmax of 1, 2, 3")

# %% [markdown]
# Raise one score, and its own probability grows while all others shrink. The table of all derivatives is
#
# $$\frac{\partial s_i}{\partial x_j} = \begin{cases} s_i(1 - s_i) & i = j\\ -s_i s_j & i \neq j\end{cases}
# \qquad\text{or, in one line,}\qquad J = \text{diag}(\mathbf{s}) - \mathbf{s}\mathbf{s}^\top.$$

# %%
J = jacobian(lambda x: F.softmax(x, -1), tensor([1.0, 2.0, 3.0]))
np.testing.assert_allclose(J, np.diag(s) - np.outer(s, s), atol=1e-15)
np.testing.assert_allclose(J.sum(0), 0, atol=1e-15)  # what one gains the others lose
nn.visual.spectrum(J, title="∂ softmax / ∂ scores")

# %% [markdown]
# One eigenvalue is zero: that is the direction $(1, 1, 1)$, in which all scores grow alike and nothing happens.

# %% [markdown]
# ## 6. How wrong is it? The negative log-likelihood
#
# Class $y$ is right, and the network gives it probability $f_y$. The loss of this sample is $-\log f_y$: nothing if the network was
# sure and right, and without bound if it was sure and wrong. Over a data set we take the mean,
#
# $$L_S(\theta) = -\frac{1}{|S|}\sum_{s\in S}\log \mathbf{f}(\mathbf{x}^s; \theta)_{y^s},$$
#
# the mean negative **log**-likelihood. (Sometimes "log" falls off the name. It matters: the likelihood itself is a product,
# and a product of a thousand probabilities is zero to a computer.) The label $y$ is one of $\{0, 1, \dots, K-1\}$, a set
# of $K$ names; written with square brackets it would be an interval, and nothing is "between" a shoe and a shirt.

# %%
assert math.log(1.0) == 0 and -math.log(0.001) > 6.9
nn.visual.curves({"−log p": lambda p: -ag.log(p)}, 0.001, 1, "probability of the true class", "loss")

# %%
digits = nn.datasets.digits()
train, val = digits.split(0.75, 0.25, stratify=True, standardise=True)
images = tensor(train.x.reshape(len(train), 64))
labels = tensor(train.y)
digits

# %% [markdown]
# `cross_entropy` takes the *scores* and does softmax and logarithm in one. A fresh network knows nothing, so it should give each of
# the ten classes about a tenth: $-\log\frac{1}{10} = 2.303$.


# %%
def fresh_model():
    ag.manual_seed(1)
    return nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))


model = fresh_model()
probabilities = F.softmax(model(images), -1).detach().numpy()
by_hand = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
loss = F.cross_entropy(model(images), labels)

np.testing.assert_allclose(loss.item(), by_hand)
assert abs(by_hand - math.log(10)) < 0.15
likelihood = probabilities[np.arange(len(labels)), labels].prod()
assert likelihood == 0  # 1348 numbers around 0.1: too small for a float
print(f"{by_hand:.3f} at the start")

# %% [markdown]
# ## 7. Guess my number
#
# I think of a number $a$; you guess $\theta$; the error is $(\theta - a)^2$. The slope $2(\theta - a)$ tells you whether you are too high or
# too low, and by how much. Gradient descent moves against it:
#
# $$\theta \leftarrow \theta - \eta\,\frac{dL}{d\theta}
# \qquad\Longrightarrow\qquad
# (\theta - a) \leftarrow (1 - 2\eta)\,(\theta - a).$$
#
# So here everything about the learning rate is in one factor, $1 - 2\eta$. Five players, five temperaments:

# %%
rates = [0.1, 0.5, 0.9, 1.0, 1.02]
secret = 0.7
axes = plt.subplots(1, 5, figsize=(9.5, 2), layout="constrained", sharey=True)[1]
game = nn.visual.descent(lambda t: (t - secret) ** 2, rates, -1.0, steps=15, high=3.0, ax=axes)
for axis in game:
    axis.title.set_fontsize(8)
for eta in rates:
    error = game.data[eta]["x"] - secret
    np.testing.assert_allclose(error[1:4], (1 - 2 * eta) * error[:3], atol=1e-12)
game

# %% [markdown]
# Factor 0.8: patient. Factor 0: right at once (only a parabola allows that). Factor −0.8: overshoots and still gets there. Factor −1:
# swings forever. Factor −1.04: away.
#
# When to stop? When the loss no longer changes, or after so many steps, whichever comes first:

# %%
theta = tensor(-1.0, requires_grad=True)
losses = [math.inf]
for _ in range(1000):
    error = (theta - secret) ** 2
    theta.grad = None
    error.backward()
    with ag.no_grad():
        theta -= 0.1 * theta.grad
    losses.append(error.item())
    if losses[-2] - losses[-1] < 1e-9:
        break
assert abs(theta.item() - secret) < 1e-4 and len(losses) < 60
f"my number was {theta.item():.4f}, found in {len(losses) - 1} steps"

# %% [markdown]
# ## 8. All the data, or a handful
#
# The gradient of the mean loss is the mean of the gradients. So cut the data into batches of equal size: the *mean of the batches'
# gradients is the full gradient*, exactly. Each single one is a guess at it, cheap and noisy.


# %%
def gradient(chosen):
    loss = F.cross_entropy(model(images[chosen]), labels[chosen])
    return ag.cat([g.flatten() for g in ag.grad(loss, [*model.parameters()])]).numpy()


order = ag.randperm(1344).numpy()
full = gradient(order)
guesses = {size: [gradient(part) for part in order.reshape(-1, size)] for size in (8, 32, 192)}
for found in guesses.values():
    np.testing.assert_allclose(np.mean(found, 0), full, atol=1e-13)


# %% [markdown]
# How noisy? The distance of a guess from the truth falls with the square root of the batch: for four times the work, half the noise.

# %%
noise = {n: np.mean([np.linalg.norm(g - full) for g in found]) for n, found in guesses.items()}
assert 1.7 < noise[8] / noise[32] < 2.4

directions = np.linalg.svd(np.array(guesses[8]) - full, full_matrices=False)[2][:2]
figure, axis = plt.subplots(figsize=(5, 4))
for size, found in guesses.items():
    axis.plot(*((np.array(found) - full) @ directions.T).T, ".", label=f"batches of {size}")
axis.plot(0, 0, "k*", markersize=12, label="all 1344")
axis.set(xlabel="two directions", ylabel="in which they differ most")
axis.set_title("gradients of batches around the full one")
axis.legend()
plt.show()

# %% [markdown]
# And it pays. Both of these see every image ten times; one makes ten careful steps, the other 430 careless ones. The learning rate of
# each is the best of five.


# %%
def trained(batch_size, rate):
    model = fresh_model()
    optimizer = nn.optim.SGD(model.parameters(), lr=rate)
    return nn.fit(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        (images, labels),
        epochs=10,
        batch_size=batch_size,
        progress=False,
    )


def best_of(batch_size):
    runs = [trained(batch_size, rate) for rate in (0.03, 0.1, 0.3, 1.0, 3.0)]
    return min(runs, key=lambda history: history["loss"][-1])


whole = best_of(len(labels))
handful = best_of(32)
assert handful["loss"][-1] < 0.1 < 0.3 < whole["loss"][-1]

epochs = range(1, 11)
nn.visual.curves(
    {
        "gradient descent: 1 step an epoch": (epochs, whole["loss"]),
        "SGD: 43 steps an epoch": (epochs, handful["loss"]),
    },
    xlabel="epoch",
    ylabel="training loss",
)

# %% [markdown]
# ## 9. The chain rule
#
# A network is functions inside of functions. For $f(x) = g(h(x))$ the derivative is a product with *one factor for each function*,
#
# $$\frac{df}{dx} = \frac{dg}{dh}\cdot\frac{dh}{dx}.$$
#
# (If you have seen it with a third factor $\frac{df}{dg}$ in front: $f$ and $g(h)$ are the same number, so that factor is 1, and it is
# one name too many.) Take $h(x) = x^2 + 1$ and $g(h) = \sin h$:

# %%
x = tensor(0.8, requires_grad=True)
h = x**2 + 1
f = h.sin()
f.backward()
np.testing.assert_allclose(x.grad, math.cos(0.8**2 + 1) * 2 * 0.8, rtol=1e-12)
draw(f, direction="LR")

# %% [markdown]
# ## 10. Backpropagation, by hand
#
# Now for the real thing: the network of section 3, one sample, loss $l = -\log f_y$. Start at the loss and walk back. Each line uses
# only the line before it, which is the whole trick:
#
# | | |
# |---|---|
# | scores | $\nabla_{\mathbf{z}^o} l = \mathbf{f} - \mathbf{e}(y)$ |
# | output layer | $\nabla_{\mathbf{W}^o} l = \nabla_{\mathbf{z}^o} l\;\mathbf{h}^\top \qquad \nabla_{\mathbf{b}^o} l = \nabla_{\mathbf{z}^o} l$ |
# | hidden units | $\nabla_{\mathbf{h}} l = \mathbf{W}^{o\top}\,\nabla_{\mathbf{z}^o} l$ |
# | before they bend | $\nabla_{\mathbf{z}^h} l = \nabla_{\mathbf{h}} l \odot g'(\mathbf{z}^h)$ |
# | hidden layer | $\nabla_{\mathbf{W}^h} l = \nabla_{\mathbf{z}^h} l\;\mathbf{x}^\top \qquad \nabla_{\mathbf{b}^h} l = \nabla_{\mathbf{z}^h} l$ |
#
# The first line is worth a moment: probability given, minus probability wanted. All the exponentials and logarithms have cancelled.

# %%
ag.manual_seed(3)
x, y = ag.randn(N), 1
zh = hidden(x)
h = ag.tanh(zh)
zo = output(h)
f = F.softmax(zo, -1)
loss = -ag.log(f[y])

for t in (zh, h, zo):
    t.retain_grad()  # the engine shall keep what it passes through
loss.backward()

# %%
with ag.no_grad():
    e = F.one_hot(tensor(y), K)
    g_zo = f - e
    g_Wo = ag.outer(g_zo, h)
    g_h = output.weight.T @ g_zo
    g_zh = g_h * (1 - h**2)  # tanh' = 1 - tanh²
    g_Wh = ag.outer(g_zh, x)

by_hand = [g_zo, g_Wo, g_zo, g_h, g_zh, g_Wh, g_zh]
by_engine = [zo, output.weight, output.bias, h, zh, hidden.weight, hidden.bias]
for mine, its in zip(by_hand, by_engine):
    np.testing.assert_allclose(mine, its.grad, rtol=1e-12, atol=1e-15)

# %% [markdown]
# Seven formulas, twelve digits. And the elementwise sum behind $\nabla_{\mathbf{W}^o}$, before anyone wrote it as an outer product: each
# weight $W_{ij}$ reaches the loss through every score $z_k$, though only $k = i$ depends on it:
# $\frac{\partial l}{\partial W_{ij}} = \sum_k \frac{\partial l}{\partial z_k}\frac{\partial z_k}{\partial W_{ij}}$.

# %%
dz_dW = jacobian(lambda W: W @ h.detach() + output.bias.detach(), output.weight.detach())
np.testing.assert_allclose(ag.einsum("k,kij->ij", g_zo, dz_dW), output.weight.grad, rtol=1e-12)
assert dz_dW.shape == (K, K, H)

# %% [markdown]
# Now watch it happen. The film starts at the loss; press play, and each step shows what a box receives and what it hands down.

# %%
named = {"Wo": output.weight, "bo": output.bias, "Wh": hidden.weight, "bh": hidden.bias}
draw(loss, names=named).play()

# %% [markdown]
# ## 11. Learning to read
#
# Everything is here: a function, a measure of how wrong it is, the direction in which it gets better. What is left is a loop, and
# a rule for stopping: when the loss on images that it does *not* learn from has stopped falling.

# %%
model = fresh_model()
val_images, val_labels = tensor(val.x.reshape(len(val), 64)), tensor(val.y)
history = []
waited = 0
while waited < 5 and len(history) < 100:
    for batch in ag.randperm(len(labels)).split(32):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        gradients = ag.grad(loss, [*model.parameters()])
        with ag.no_grad():
            for p, g in zip(model.parameters(), gradients):
                p -= 0.3 * g
    history.append(F.cross_entropy(model(val_images), val_labels).item())
    waited = len(history) - 1 - int(np.argmin(history))

accuracy = nn.metrics.accuracy(model(val_images), val_labels)
assert accuracy > 0.95
print(f"{accuracy:.1%} of unseen digits are right, after {len(history)} epochs")
epochs = range(1, len(history) + 1)
nn.visual.curves({"validation": (epochs, history)}, xlabel="epoch", ylabel="loss of unseen images")

# %%
shown = val[:20]
answers = model(val_images[:20]).argmax(1).tolist()
nn.visual.images(shown, titles=[f"{a}" for a in answers], columns=10, title="what it reads")

# %% [markdown]
# ## Try it
#
# - Set the neuron's bias to $-5$ in section 1 and predict, before you run it, where the ramp begins.
# - In section 7, play with $(\theta - a)^4$. Which learning rates work now, and does it depend on where you start?
# - In section 10, replace `tanh` by a sigmoid. Exactly one line of the hand computation changes. Which one?
