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
# # 5b · Sharing and structure
#
# A network that may be any function has to learn everything from data. What we *believe* about the data can be built in instead: by using
# the same weights in many places of an image (convolution), at many times of a sequence (recurrence), or by any structure at all that
# can be differentiated.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import draw, grad, jacobian, tensor

ag.manual_seed(0)
ag.set_default_dtype("float64")


def fit(model, data, epochs, lr=0.01):
    optimizer = nn.optim.Adam(model.parameters(), lr=lr)
    return nn.fit(model, nn.CrossEntropyLoss(), optimizer, data, epochs=epochs, progress=False)


def accuracy(model, x, y):
    return nn.metrics.accuracy(nn.predict(model, x), y)


# %% [markdown]
# ## 1. What is a convolution?
#
# A small window of weights slides over the image, and in each place gives one number: the sum of pixels times weights. Dense layers give
# each pair of pixels a weight of its own. From 8 × 8 pixels to 8 × 8 pixels that is 4160 numbers against 10.

# %%
dense = nn.Linear(64, 64)
conv = nn.Conv2d(1, 1, 3, padding=1)
counts = [sum(p.numel() for p in layer.parameters()) for layer in (dense, conv)]
assert counts == [64 * 64 + 64, 3 * 3 + 1] == [4160, 10]

# %%
image = ag.randn(1, 1, 6, 6)
window = ag.randn(1, 1, 3, 3)
slid = ag.zeros(4, 4)
for i in range(4):
    for j in range(4):
        slid[i, j] = (image[0, 0, i : i + 3, j : j + 3] * window[0, 0]).sum()
np.testing.assert_allclose(F.conv2d(image, window)[0, 0], slid, rtol=1e-12)

# %% [markdown]
# Sliding is linear, so it *is* a matrix: mostly zeros, and the same nine numbers on its diagonals (a Toeplitz matrix). That is what "sharing"
# looks like from far away.

# %%
toeplitz = jacobian(lambda x: F.conv2d(x.reshape(1, 1, 6, 6), window).flatten(), image.flatten())
np.testing.assert_allclose(toeplitz @ image.flatten(), slid.flatten(), rtol=1e-12)
values = np.unique(toeplitz.numpy().round(12))
assert toeplitz.shape == (16, 36) and len(values) == 9 + 1 and (toeplitz.numpy() != 0).sum() == 16 * 9

plt.figure(figsize=(7, 3))
plt.imshow(toeplitz.numpy(), cmap="PuOr", vmin=-2.5, vmax=2.5)
plt.xlabel("36 pixels in")
plt.ylabel("16 pixels out")
plt.show()

# %% [markdown]
# ## 2. What it promises
#
# **Equivariance**: shift the image and the result shifts along, exactly (at the border too, if the image is thought to be round).
# **Invariance**: take the maximum over all places, and the shift is gone.

# %%
circular = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")
x = ag.randn(1, 1, 8, 8)
shifted = ag.roll(x, (2, 3), (2, 3))
np.testing.assert_allclose(circular(shifted), ag.roll(circular(x), (2, 3), (2, 3)), atol=1e-14)
np.testing.assert_allclose(circular(shifted).amax((2, 3)), circular(x).amax((2, 3)), atol=1e-14)

result, of_shifted = (dense(image.reshape(64)).reshape(8, 8) for image in (x, shifted))
assert abs(of_shifted - ag.roll(result, (2, 3), (0, 1))).max() > 0.1  # a dense layer promises nothing

# %% [markdown]
# So what is learned in the *centre* holds in the *corner*. Two kinds of strokes, shown in the middle only; then tested in a corner, where
# there was never anything:


# %%
def strokes(n, place, seed):
    """Horizontal (0) or vertical (1) strokes of 5 pixels, in noise."""
    rng = np.random.default_rng(seed)
    x = 0.1 * rng.normal(size=(n, 1, 16, 16))
    y = rng.integers(0, 2, n)
    for image, kind in zip(x[:, 0], y):
        i, j = place + rng.integers(-1, 2, 2)
        if kind:
            image[i - 2 : i + 3, j] += 1
        else:
            image[i, j - 2 : j + 3] += 1
    return x, y


class Everywhere(nn.Module):
    """One convolution, the strongest answer of each filter, a decision."""

    def __init__(self, channels=8, classes=2, size=5):
        super().__init__()
        self.conv = nn.Conv2d(1, channels, size, padding=size // 2)
        self.last = nn.Linear(channels, classes)

    def forward(self, x):
        return self.last(F.relu(self.conv(x)).amax((2, 3)))


def dense_network(pixels, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, 32), nn.ReLU(), nn.Linear(32, classes))


centre, corner = strokes(200, 8, 0), strokes(200, 3, 1)
ag.manual_seed(1)
rivals = {"convolution": Everywhere(), "dense": dense_network(256, 2)}
scores = {}
for name, model in rivals.items():
    fit(model, centre, epochs=12)
    scores[name] = (accuracy(model, *centre), accuracy(model, *corner))
print("in the centre, in the corner:", scores)
assert min(scores["convolution"]) > 0.97
assert scores["dense"][0] > 0.97 and scores["dense"][1] < 0.7
both = np.concatenate([centre[0][:4], corner[0][:4]])
nn.visual.images(both.clip(0, 1), titles=["learned"] * 4 + ["asked"] * 4, columns=8)

# %% [markdown]
# **Data efficiency.** Whoever shares need not see everything everywhere. Digits at random places of a larger image, and few of them:

# %%
digits = nn.datasets.digits()


def somewhere(data, seed):
    rng = np.random.default_rng(seed)
    x = np.zeros((len(data), 1, 14, 14))
    for image, digit, (i, j) in zip(x[:, 0], data.x, rng.integers(0, 7, (len(data), 2))):
        image[i : i + 8, j : j + 8] = digit / 16
    return x


places = somewhere(digits, 0)
test_x, test_y = places[1000:], digits.y[1000:]
learned = {"convolution": [], "dense": []}
sizes = (100, 300, 900)
for n in sizes:
    ag.manual_seed(2)
    pair = {"convolution": Everywhere(24, 10, 7), "dense": dense_network(196, 10)}
    for name, model in pair.items():
        fit(model, (places[:n], digits.y[:n]), epochs=12, lr=0.01)
        learned[name].append(accuracy(model, test_x, test_y))
print({name: np.round(found, 2).tolist() for name, found in learned.items()})
assert all(c > d + 0.1 for c, d in zip(*learned.values()))
lines = {name: (sizes, scores) for name, scores in learned.items()}
nn.visual.curves(lines, xlabel="images to learn from", ylabel="accuracy")

# %% [markdown]
# ## 3. One image is thousands of examples
#
# A window that finds edges is trained by every place of an image. So from *one* photograph it can be found: give a convolution the image
# and what Sobel's edge filter makes of it, and its nine weights become Sobel's.

# %%
from sklearn.datasets import load_sample_image

grey = load_sample_image("flower.jpg")[:416:4, 120:536:4].mean(2) / 255
photo = tensor(grey[None, None])
sobel = tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
edges = F.conv2d(photo, sobel)

ag.manual_seed(3)
student = nn.Conv2d(1, 1, 3)
optimizer = nn.optim.LBFGS(student.parameters(), max_iter=100, line_search_fn="strong_wolfe")
nn.fit(student, nn.MSELoss(), optimizer, (photo, edges), epochs=3, batch_size=1, progress=False)
np.testing.assert_allclose(student.weight, sobel, atol=0.02)
assert edges.numel() == 102 * 102
shown = [grey[1:-1, 1:-1], abs(edges[0, 0].numpy()) / 2]
nn.visual.images(shown, titles=["photograph", "edges"], columns=2)

# %% [markdown]
# What a network that learned digits looks at: each of its filters slid over an image.

# %%
ag.manual_seed(4)
reader = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10)
)
x = digits.x[:, None] / 16.0
fit(reader, (x[:1300], digits.y[:1300]), epochs=10)
assert accuracy(reader, x[1300:], digits.y[1300:]) > 0.9
nn.visual.feature_maps(reader, x[1300])

# %% [markdown]
# ## 4. The same function at every step
#
# A recurrent network calls one function again and again, $h_t = f(x_{t-1}, h_{t-1}, \theta)$. Its gradient is a sum over the steps, one term
# for each use of $\theta$; written nested (left to right, remembering), or expanded (each path for itself), it is the same number:

# %%
theta = tensor(0.8, requires_grad=True)
inputs = [0.5, -0.3, 0.9]


def f(x, h, theta):
    return ag.tanh(theta * h + x)


h = [tensor(0.1)]
for x in inputs:
    h.append(f(x, h[-1], theta))
e = h[3] ** 2
e.backward()

slopes = [1 - value.item() ** 2 for value in h[1:]]
by_theta = [s * value.item() for s, value in zip(slopes, h)]  # ∂h_t/∂θ, of this use alone
by_h = [s * theta.item() for s in slopes]  # ∂h_t/∂h_(t-1)
e_by_h3 = 2 * h[3].item()

nested = e_by_h3 * (by_theta[2] + by_h[2] * (by_theta[1] + by_h[1] * by_theta[0]))
expanded = [
    e_by_h3 * by_theta[2],
    e_by_h3 * by_h[2] * by_theta[1],
    e_by_h3 * by_h[2] * by_h[1] * by_theta[0],
]
np.testing.assert_allclose([nested, sum(expanded)], theta.grad.item(), rtol=1e-12)

# %%
draw(e, direction="LR")

# %% [markdown]
# How much of the gradient comes from long ago? Give each step a $\theta$ of its own (all equal), and look at their gradients: the share of the
# first step fades with the number of steps.


# %%
def share_per_step(theta, steps=30):
    each = ag.full((steps,), theta, requires_grad=True)
    h = tensor(0.1)
    for t in range(steps):
        h = f(0.1, h, each[t])
    (gradient,) = grad(h, each)
    return (gradient.abs() / gradient.abs().sum()).numpy()


shares = {f"θ = {theta}": (range(1, 31), share_per_step(theta)) for theta in (0.5, 0.9, 1.0)}
assert shares["θ = 0.5"][1][0] < 1e-8
plot = nn.visual.curves(shares, xlabel="step", ylabel="share of the gradient")
plot.set_yscale("log")
plot

# %% [markdown]
# ## 5. Powers of a matrix
#
# Without the tanh, $h_n$ depends on $h_0$ by $W_{22}^n$. Its size grows or shrinks as $\rho^n$, where $\rho$ is the largest eigenvalue in size:
# the slope in a logarithmic picture is $\log\rho$.

# %%
rng = np.random.default_rng(0)
W = rng.normal(size=(20, 20)) / math.sqrt(20)
radius = abs(np.linalg.eigvals(W)).max()
powers = {}
for rho in (0.8, 1.0, 1.2):
    scaled = W * rho / radius
    sizes = [np.linalg.norm(np.linalg.matrix_power(scaled, n), 2) for n in range(1, 201)]
    powers[f"ρ = {rho}"] = (range(1, 201), sizes)
    slope = (math.log(sizes[199]) - math.log(sizes[99])) / 100
    np.testing.assert_allclose(slope, math.log(rho), atol=0.01)
plot = nn.visual.curves(powers, xlabel="n", ylabel="size of Wⁿ")
plot.set_yscale("log")
plot

# %% [markdown]
# It is often said that $W_{22}$ can be diagonalised because it is square, and that its powers must explode or vanish. Neither is so. A
# *Jordan block* has no basis of eigenvectors, and its power grows like $n$, not like $\rho^n$. A *rotation* does neither: its powers stay exactly
# as large as it is.

# %%
jordan = np.array([[1.0, 1.0], [0.0, 1.0]])
angle = 0.3
rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
np.testing.assert_array_equal(np.linalg.matrix_power(jordan, 50), [[1, 50], [0, 1]])
assert abs(np.linalg.det(np.linalg.eig(jordan)[1])) < 1e-12  # both eigenvectors are the same
assert math.isclose(np.linalg.norm(np.linalg.matrix_power(rotation, 1000), 2), 1)
nn.visual.spectrum(rotation, title="a rotation: on the circle")

# %% [markdown]
# **Remembering the first of forty.** Forty numbers, each +1 or −1; at the end, say what the first one was. (A second input marks it.) A plain
# network has lost it. LSTM and GRU have gates that can keep a state as it is, a factor of one; we start them open.


# %%
class Memory(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cells = kind(2, 16, batch_first=True)
        self.last = nn.Linear(16, 2)
        if kind is not nn.RNN:
            with ag.no_grad():
                self.cells.bias_hh_l0[16:32] = 3.0  # of the gate that keeps

    def forward(self, x):
        return self.last(self.cells(x)[0][:, -1])


def first_of(n, steps=40, seed=0):
    rng = np.random.default_rng(seed)
    x = np.zeros((n, steps, 2))
    x[:, :, 0] = rng.choice([-1, 1], (n, steps))
    x[:, 0, 1] = 1
    return x, (x[:, 0, 0] > 0).astype(int)


learn, ask = first_of(600), first_of(200, seed=1)
memory = {}
for kind in (nn.RNN, nn.LSTM, nn.GRU):
    ag.manual_seed(6)
    model = Memory(kind)
    fit(model, learn, epochs=15, lr=0.02)
    memory[kind.__name__] = accuracy(model, *ask)
print(memory)
assert memory["RNN"] < 0.7 < 0.9 < min(memory["LSTM"], memory["GRU"])
figure, axis = plt.subplots(figsize=(4.5, 2.4))
axis.bar(list(memory), list(memory.values()))
axis.axhline(0.5, linestyle=":", color="gray")
axis.set(ylabel="accuracy", title="the first of forty inputs")
plt.show()

# %% [markdown]
# ## 6. Thirty layers
#
# Depth is recurrence without sharing, and has the same trouble. Three remedies and their mixture: what is the gradient of the first layer's
# output against that of the last?


# %%
class Residual(nn.Module):
    def __init__(self, inside):
        super().__init__()
        self.inside = inside

    def forward(self, x):
        return x + self.inside(x)


def tower(bend, residual=False, norm=False):
    ag.manual_seed(6)
    blocks = []
    for _ in range(30):
        parts = [nn.Linear(32, 32), *[nn.BatchNorm1d(32)] * norm, bend()]
        block = nn.Sequential(*parts)
        blocks.append(Residual(block) if residual else block)
    return nn.Sequential(*blocks)


def first_to_last(model):
    h = ag.randn(64, 32)
    outputs = []
    for block in model:
        h = block(h)
        outputs.append(h)
    loss = F.cross_entropy(h[:, :10], tensor(np.arange(64) % 10))
    first, last = grad(loss, (outputs[0], outputs[-1]))
    return (first.norm() / last.norm()).item()


ratios = {
    "sigmoid": first_to_last(tower(nn.Sigmoid)),
    "tanh": first_to_last(tower(nn.Tanh)),
    "ReLU": first_to_last(tower(nn.ReLU)),
    "ReLU, residual": first_to_last(tower(nn.ReLU, residual=True)),
    "ReLU, batch norm": first_to_last(tower(nn.ReLU, norm=True)),
    "ReLU, both": first_to_last(tower(nn.ReLU, residual=True, norm=True)),
}
assert max(ratios["sigmoid"], ratios["tanh"], ratios["ReLU"]) < 1e-3
assert min(ratios[name] for name in ratios if "," in name) > 0.1
plt.figure(figsize=(7, 2.6))
plt.barh([*ratios], [*ratios.values()], log=True)
plt.axvline(1, linestyle=":", color="gray")
plt.xlabel("gradient at the first layer / at the last")
plt.gca().invert_yaxis()
plt.show()

# %% [markdown]
# Why residual helps: the derivative of $x + f(x)$ is $1 + J_f$, and a product of these never loses the one. Batch norm alone *overshoots*: with
# thirty layers the gradient of the first is many times that of the last.

# %%
block = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
x = ag.randn(4)
np.testing.assert_allclose(jacobian(Residual(block), x), np.eye(4) + jacobian(block, x).numpy(), rtol=1e-10)
assert ratios["ReLU, batch norm"] > 5 * ratios["ReLU, both"]

# %% [markdown]
# ## 7. Any structure?
#
# "Any structure, as long as one can differentiate it?" Nearly. Branches that meet again (a *directed acyclic graph*) add their gradients:

# %%
x = tensor(0.7, requires_grad=True)
a = x.exp()
b = a * x
c = b.sin() + a  # a is used twice
c.backward()
value = math.exp(0.7)
np.testing.assert_allclose(x.grad, math.cos(0.7 * value) * (value + 0.7 * value) + value, rtol=1e-12)
draw(c, direction="LR")

# %% [markdown]
# A *while loop* is fine: the graph is what has run. Here Newton's method finds a root, and the engine differentiates the root, through as
# many turns as it took.

# %%
number = tensor(2.0, requires_grad=True)
root = number.detach()
turns = 0
while abs(root.item() ** 2 - number.item()) > 1e-12 or turns < 5:
    root = (root + number / root) / 2
    turns += 1
root.backward()
np.testing.assert_allclose([root.item(), number.grad.item()], [math.sqrt(2), 0.5 / math.sqrt(2)], rtol=1e-9)
turns

# %% [markdown]
# A *step* can be differentiated, but it does not help: its slope is zero wherever it has one. "As long as it is derivable" is thus not enough; the
# derivative has to say something. A way out is the *straight-through* estimate: the step forward, and backward as if it were a line.

# %%
x = tensor([-0.6, 0.2, 1.4], requires_grad=True)
ag.round(x).sum().backward()
np.testing.assert_array_equal(x.grad, 0)


@ag.primitive(vjp=lambda g, x: g)
def straight_through(x):
    return np.round(x)


x.grad = None
straight_through(x).sum().backward()
np.testing.assert_array_equal(x.grad, 1)

# %% [markdown]
# And a part may be *hard-coded*: what one knows, one need not learn. How fast does this ball fall? The physics is written down, one number, the
# gravity, is not; the engine learns it through the simulation.

# %%
times = np.arange(1, 11) * 0.1
measured = tensor(20 - 0.5 * 9.81 * times**2 + 0.01 * np.random.default_rng(0).normal(size=10))
gravity = tensor(5.0, requires_grad=True)
optimizer = nn.optim.Adam([gravity], lr=0.3)
for _ in range(150):
    height, speed, heights = tensor(20.0), tensor(0.0), []
    for _ in times:
        height = height - 0.1 * speed - 0.005 * gravity
        speed = speed + 0.1 * gravity
        heights.append(height)
    loss = F.mse_loss(ag.stack(heights), measured)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
assert abs(gravity.item() - 9.81) < 0.05
gravity.item()

# %% [markdown]
# That is the last of it: a network is a program with numbers in it that may be turned, and everything one knows about the world may
# be part of the program.
#
# ## Try it
#
# - Section 2: train the dense network on strokes *everywhere*. How many images does it need to equal the convolution?
# - Section 5: initialise the plain RNN's recurrent weights with `nn.init.orthogonal_`. Does it remember now?
# - Section 6: put the batch norm after the addition instead of inside. What becomes of the ratio?
