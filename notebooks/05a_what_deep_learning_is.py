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
# # 5a · What deep learning is
#
# Learning the features instead of choosing them; composing small functions instead of fitting a large one; and descending, in spaces of
# thousands of dimensions where intuition from three dimensions is mostly wrong. Each claim gets an experiment.

# %%
import math
import time

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import hessian, jacobian, tensor

ag.manual_seed(0)
ag.set_default_dtype("float64")


def fit(model, loss, data, epochs, lr=0.01, **options):
    optimizer = nn.optim.Adam(model.parameters(), lr=lr)
    return nn.fit(model, loss, optimizer, data, epochs=epochs, progress=False, **options)


# %% [markdown]
# ## 1. Three boundaries
#
# A linear classifier draws a line, and these two rings want a circle. Either *we* choose a basis function that makes the problem linear,
# $\phi(\mathbf{x}) = (x_1, x_2, x_1^2 + x_2^2)$, or a network finds its own.


# %%
class Chosen(nn.Module):
    """A linear model of basis functions that a person chose."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x):
        return self.linear(ag.cat([x, x.square().sum(1, keepdim=True)], 1))


rings = nn.datasets.circles(300, factor=0.4, noise=0.08)
ag.manual_seed(1)
models = {
    "linear": nn.Linear(2, 2),
    "chosen features": Chosen(),
    "learned features": nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2)),
}
figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
accuracy = {}
for axis, (name, model) in zip(axes, models.items()):
    fit(model, nn.CrossEntropyLoss(), rings, epochs=60, lr=0.03)
    accuracy[name] = nn.metrics.accuracy(nn.predict(model, rings.x), rings.y)
    nn.visual.decision_boundary(model, rings, title=f"{name}: {accuracy[name]:.0%}", ax=axis)
assert accuracy["linear"] < 0.65
assert accuracy["chosen features"] > 0.98 and accuracy["learned features"] > 0.98
plt.show()

# %% [markdown]
# *Every stage learns*: the pipeline is $\mathbf{x} \mapsto \mathbf{h}_1 \mapsto \dots \mapsto \mathbf{h}_n$, and the last stage is still a linear
# separation. How well does one do on what goes in, and on what the hidden layer makes of it?

# %%
from sklearn.linear_model import LogisticRegression

network = models["learned features"]
hidden = network[1](network[0](tensor(rings.x))).detach().numpy()
stages = {"inputs": rings.x, "hidden units": hidden}
separable = {
    name: LogisticRegression(C=100).fit(h, rings.y).score(h, rings.y) for name, h in stages.items()
}
assert separable["inputs"] < 0.65 and separable["hidden units"] > 0.98

axis = plt.figure(figsize=(4.5, 3.6)).add_subplot(projection="3d")
axis.scatter(*hidden.T, c=rings.y, cmap="coolwarm", s=8)
axis.set_title("what the hidden layer sees: a plane suffices", fontsize=10)
plt.show()

# %% [markdown]
# ## 2. Why not one wide function?
#
# One hidden layer can approximate any function, given enough units. So it can: here is a wave, and networks of 1, 3, 10 and 50 units.

# %%
x = ag.linspace(-3, 3, 200)[:, None]
y = ag.sin(2 * x) + 0.5 * ag.cos(5 * x)
errors = {}
approximations = {}
for width in (1, 3, 10, 50):
    ag.manual_seed(3)
    model = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))
    with ag.no_grad():
        model[0].weight *= 3  # steeper from the start: the wave is quick
    optimizer = nn.optim.LBFGS(model.parameters(), max_iter=300, line_search_fn="strong_wolfe")
    nn.fit(model, nn.MSELoss(), optimizer, (x, y), epochs=1, batch_size=200, progress=False)
    approximations[f"{width} units"] = model
    errors[width] = F.mse_loss(model(x), y).item()
print({width: round(error, 5) for width, error in errors.items()})
assert errors[1] > errors[3] > errors[10] > errors[50] and errors[50] < 0.01 < 0.1 < errors[1]
nn.visual.fit_curve(approximations, x, y)

# %% [markdown]
# But *depth* is cheaper than width. Two ReLUs make a tent, $t(x) = 2\,\text{relu}(x) - 4\,\text{relu}(x - \frac12)$. Feed the tent into
# itself: each layer folds the line once more, so $k$ layers with $2k$ units make $2^k$ straight pieces. A single layer gets at most one
# more piece from each unit, and would need hundreds.


# %%
def tent(x):
    return 2 * F.relu(x) - 4 * F.relu(x - 0.5)


figure, axes = plt.subplots(1, 4, figsize=(10, 2.2), layout="constrained", sharey=True)
for axis, depth in zip(axes, (1, 2, 4, 8)):
    x = tensor((np.arange(4096) + 0.5) / 4096, requires_grad=True)
    h = x
    for _ in range(depth):
        h = tent(h)
    slopes = ag.grad(h.sum(), x)[0].numpy()
    pieces = 1 + (np.diff(np.sign(slopes)) != 0).sum()
    assert pieces == 2**depth and set(np.abs(slopes)) == {2.0**depth}
    axis.plot(x.detach().numpy(), h.detach().numpy(), linewidth=0.8)
    axis.set_title(f"{depth} layers: {pieces} pieces", fontsize=9)
plt.show()

# %% [markdown]
# ## 3. Sharing what was learned
#
# **Transfer.** Learn all ten digits from many images, a big task. Then a small one: does a digit have a *closed loop* (0, 6, 8, 9)? Of that we
# have labels for twenty images only, none of which were in the big task. Keep the lower layers and learn a new last one; against it, a
# network that starts from nothing.

# %%
digits = nn.datasets.digits()
big, small = digits.split(0.6, 0.4, stratify=True)
pixels = tensor(small.x.reshape(-1, 64) / 16.0)
loop = tensor(np.isin(small.y, [0, 6, 8, 9]).astype(int))


def body():
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())


ag.manual_seed(4)
lower = body()
images, labels = tensor(big.x.reshape(-1, 64) / 16.0), tensor(big.y)
fit(nn.Sequential(lower, nn.Linear(32, 10)), nn.CrossEntropyLoss(), (images, labels), 10, 0.003)

found = {"from nothing": [], "transferred": []}
for seed in range(3):
    ag.manual_seed(seed)
    order = ag.randperm(len(loop)).numpy()
    few, rest = order[:20], order[20:]
    scratch = nn.Sequential(body(), nn.Linear(32, 2))
    fit(scratch, nn.CrossEntropyLoss(), (pixels[few], loop[few]), 60, 0.003)
    found["from nothing"].append(nn.metrics.accuracy(scratch(pixels[rest]), loop[rest]))

    features = lower(pixels).detach()
    head = nn.Linear(32, 2)
    fit(head, nn.CrossEntropyLoss(), (features[few], loop[few]), 60, 0.01)
    found["transferred"].append(nn.metrics.accuracy(head(features[rest]), loop[rest]))
found = {name: np.mean(scores).round(3).item() for name, scores in found.items()}
assert found["transferred"] > found["from nothing"] + 0.03
found

# %% [markdown]
# **Multi-task.** Two questions about one image (which digit? is it odd?), one body, two heads. Most numbers are shared, and serve both.


# %%
class TwoTasks(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = body()
        self.digit = nn.Linear(32, 10)
        self.odd = nn.Linear(32, 1)

    def forward(self, x):
        h = self.body(x)
        return self.digit(h), self.odd(h)[:, 0]


def both_losses(outputs, target):
    digit, odd = outputs
    is_odd = (target % 2).double()
    return F.cross_entropy(digit, target) + F.binary_cross_entropy_with_logits(odd, is_odd)


ag.manual_seed(6)
model = TwoTasks()
fit(model, both_losses, (images, labels), epochs=15, lr=0.003)
digit, odd = nn.predict(model, pixels)
tasks = [
    nn.metrics.accuracy(digit, small.y),
    ((odd.numpy() > 0) == small.y % 2).mean(),
]
counts = [sum(p.numel() for p in part.parameters()) for part in (model.body, model)]
shared = counts[0] / counts[1]
assert min(tasks) > 0.88 and shared > 0.9
print(f"digit {tasks[0]:.1%}, odd {tasks[1]:.1%}; {shared:.0%} of the parameters are shared")

# %% [markdown]
# **Together or in turns?** All $\theta_i$ are usually learned jointly. One may also cycle: one layer per epoch, the others held. Both go down.
# With the same number of passes, together is quicker.

# %%
curves = {}
for how in ("jointly", "in turns"):
    ag.manual_seed(7)
    model = nn.Sequential(body(), nn.Linear(32, 10))
    parts = [model[0][0], model[0][2], model[1]]
    losses = []
    for epoch in range(9):
        learning = model if how == "jointly" else parts[epoch % 3]
        optimizer = nn.optim.Adam(learning.parameters(), lr=0.002)
        loss = nn.CrossEntropyLoss()
        run = nn.fit(model, loss, optimizer, (images, labels), epochs=1, progress=False)
        losses += run["loss"]
    curves[how] = (range(1, 10), losses)
assert curves["jointly"][1][-1] < curves["in turns"][1][-1] < 0.6 * curves["in turns"][1][0]
nn.visual.curves(curves, xlabel="epoch", ylabel="training loss")

# %% [markdown]
# ## 4. Backpropagation is remembering
#
# $$\frac{\partial e}{\partial\theta_i} = \frac{\partial e}{\partial h_n}\cdot\frac{\partial h_n}{\partial h_{n-1}}\cdots
# \frac{\partial h_{i+1}}{\partial h_i}\cdot\frac{\partial h_i}{\partial\theta_i}$$
#
# Written out for each parameter, a chain of $n$ functions costs $1 + 2 + \dots + n = n(n+1)/2$ products. But they all begin alike, so keep
# the beginning: $n$ products. For $n = 40$: 820 against 40, and the same numbers.

# %%
n = 40
theta = ag.rand(n, requires_grad=True)
h = [tensor(0.5)]
for i in range(n):
    h.append(ag.tanh((1 + theta[i]) * h[-1]))
error = h[-1] ** 2
error.backward()

slope = [1 - value.item() ** 2 for value in h[1:]]  # of tanh, in each place
step = [s * (1 + t) for s, t in zip(slope, theta.tolist())]  # ∂h_i / ∂h_(i-1)
own = [s * value.item() for s, value in zip(slope, h)]  # ∂h_i / ∂θ_i

naive, naive_products = [], 0
for i in range(n):
    product = 2 * h[-1].item()
    for factor in [*step[:i:-1], own[i]]:
        product *= factor
        naive_products += 1
    naive.append(product)

memoised, upstream, products = [], 2 * h[-1].item(), 0
for i in reversed(range(n)):
    memoised.insert(0, upstream * own[i])
    upstream *= step[i]
    products += 1

np.testing.assert_allclose(naive, theta.grad, rtol=1e-10)
np.testing.assert_allclose(memoised, theta.grad, rtol=1e-10)
assert naive_products == n * (n + 1) // 2 == 820 and products == n
nn.visual.curves(
    {"each anew": lambda n: n * (n + 1) / 2, "remembered": lambda n: n},
    1,
    40,
    "functions in the chain",
    "products",
)

# %% [markdown]
# ## 5. Derivatives by matrices
#
# For $\mathbf{y} = A\mathbf{x}$ with $M$ outputs and $N$ inputs, $\partial\mathbf{y}/\partial\mathbf{x} = A$. And $\partial\mathbf{y}/\partial A$? A
# stack of $\mathbf{x}^\top$s is a good picture, but it is really a table of *three* dimensions, $(M, M, N)$: output $m$ only knows row $m$.

# %%
A, x = ag.randn(3, 4), ag.randn(4)
np.testing.assert_allclose(jacobian(lambda x: A @ x, x), A)
by_A = jacobian(lambda A: A @ x, A)
assert by_A.shape == (3, 3, 4)
np.testing.assert_allclose(by_A, np.einsum("mk,n->mkn", np.eye(3), x))

# %% [markdown]
# So in $\frac{\partial e}{\partial A_2} = \frac{\partial e}{\partial\mathbf{h}_3}\times(\dots)$ the "row times stack" is an outer product,
# $\left(\frac{\partial e}{\partial\mathbf{h}_3}\right)^{\!\top}\mathbf{h}_2^\top$: taken literally as a product of a row and a matrix, it would
# have one row, and $A_2$ has more.

# %%
A1, A2 = ag.randn(5, 4, requires_grad=True), ag.randn(3, 5, requires_grad=True)
h1 = A1 @ x
h2 = ag.sigmoid(h1)
h3 = A2 @ h2
e = (h3**2).sum()
e.backward()

with ag.no_grad():
    row = 2 * h3
    np.testing.assert_allclose(ag.outer(row, h2), A2.grad)
    diagonal = ag.diag(h2 * (1 - h2))
    np.testing.assert_allclose(ag.outer(row @ A2 @ diagonal, x), A1.grad)
    np.testing.assert_allclose(jacobian(ag.sigmoid, h1.detach()), diagonal, atol=1e-15)
nn.visual.matrices("row @ A2 @ D", row=row[None], A2=A2, D=diagonal)

# %% [markdown]
# That Jacobian is *diagonal*, because a sigmoid acts on each number alone. As a matrix it is $n^2$ numbers, as a vector $n$. At $n = 2000$:

# %%
n = 2000
slopes = np.random.default_rng(0).random(n)
upstream = np.random.default_rng(1).random((8, n))
full = np.diag(slopes)


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


as_matrix = min(seconds(lambda: upstream @ full) for _ in range(3))
as_vector = min(seconds(lambda: upstream * slopes) for _ in range(10))
np.testing.assert_allclose(upstream @ full, upstream * slopes)
assert as_matrix > 20 * as_vector
print(f"elementwise is {as_matrix / as_vector:.0f} times as fast")

# %% [markdown]
# ## 6. Where the slope is zero
#
# Minimum, maximum or saddle: the eigenvalues of the Hessian say, *if* none is zero. "$x^\top H x \ge 0$" is only *semi*definite, and not
# enough: $x^2 + y^3$ has eigenvalues 2 and 0 at its flat point, and goes down along $-y$.

# %%
zoo = {
    "bowl  x² + y²": lambda p: p[0] ** 2 + p[1] ** 2,
    "dome  −x² − y²": lambda p: -(p[0] ** 2) - p[1] ** 2,
    "saddle  x² − y²": lambda p: p[0] ** 2 - p[1] ** 2,
    "not a minimum  x² + y³": lambda p: p[0] ** 2 + p[1] ** 3,
}
expected = [(2, 2), (-2, -2), (-2, 2), (0, 2)]
grid = tensor(np.stack(np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41))))
figure = plt.figure(figsize=(10, 2.6))
for i, ((name, f), eigenvalues) in enumerate(zip(zoo.items(), expected)):
    at = ag.zeros(2)
    found = np.linalg.eigvalsh(hessian(f, at).numpy())
    np.testing.assert_allclose(ag.grad(f(p := ag.zeros(2, requires_grad=True)), p)[0], 0)
    np.testing.assert_allclose(found, eigenvalues)
    axis = figure.add_subplot(1, 4, i + 1, projection="3d")
    axis.plot_surface(*grid.numpy(), f(grid).numpy(), cmap="viridis", rasterized=True)
    axis.set_title(f"{name}\n{found.round()}", fontsize=8)
    axis.set_axis_off()
plt.show()

assert zoo["not a minimum  x² + y³"](tensor([0.0, -0.1])) < 0

# %% [markdown]
# How often is a flat point in $D$ dimensions a minimum? If each direction went up or down by a coin of its own, with probability $2^{-D}$:
# it *falls* with $D$ (to "grow as $2^{-D}$" is to shrink), and what it counts are *local* minima. The coins are not independent, though: the
# eigenvalues of a random symmetric matrix repel each other, so minima are rarer still. At $D = 2$ it is exactly $(2 - \sqrt2)/4 = 0.146$.

# %%
rng = np.random.default_rng(0)
dimensions = [1, 2, 3, 4]
share = []
for D in dimensions:
    H = rng.normal(size=(40_000, D, D))
    share.append((np.linalg.eigvalsh(H + H.transpose(0, 2, 1))[:, 0] > 0).mean())
np.testing.assert_allclose(share[:3], [0.5, (2 - math.sqrt(2)) / 4, 0.025], atol=0.008)
assert all(found < 2.0**-D for found, D in zip(share[1:], dimensions[1:]))
coins = [2.0**-D for D in dimensions]
lines = {"independent signs": (dimensions, coins), "random symmetric": (dimensions, share)}
plot = nn.visual.curves(lines, xlabel="dimensions", ylabel="share of minima")
plot.set_yscale("log")
plot

# %% [markdown]
# And a network? All second derivatives of a small one's loss, before and after training. It starts with many directions that go down, and
# ends where hardly any is left: a few steep walls, and a wide flat floor.

# %%
from autograd_engine.func import functional_call

ag.manual_seed(8)
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
points, classes = tensor(rings.x), tensor(rings.y)


def hessian_of(model):
    shapes = {name: p.shape for name, p in model.named_parameters()}
    here = ag.cat([p.detach().flatten() for p in model.parameters()])

    def loss_at(flat):
        pieces = flat.split([math.prod(shape) for shape in shapes.values()])
        weights = {name: piece.reshape(shapes[name]) for name, piece in zip(shapes, pieces)}
        return F.cross_entropy(functional_call(model, weights, (points,)), classes)

    return hessian(loss_at, here).numpy()


before = np.linalg.eigvalsh(hessian_of(model))
fit(model, nn.CrossEntropyLoss(), rings, epochs=100, lr=0.03)
after = np.linalg.eigvalsh(hessian_of(model))
downhill = [(values < -1e-4).mean() for values in (before, after)]
print(f"directions that go down: {downhill[0]:.0%} before, {downhill[1]:.0%} after")
assert downhill[0] > 0.2 > downhill[1]

figure, axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained")
for axis, values, when in zip(axes, (before, after), ("before", "after")):
    axis.stem(values[::-1], basefmt=" ", markerfmt=".")
    axis.set(title=f"{when} training", xlabel="eigenvalue no.", yscale="symlog")
    axis.set_yscale("symlog", linthresh=1e-4)
plt.show()

# %% [markdown]
# **Ways out.** Near a saddle the slope is tiny; momentum adds the tiny steps up, and the noise of small batches pushes one off the ridge.
# Only noise helps *on* it.


# %%
def steps_to_leave(momentum, noise, start):
    theta = tensor([1.0, start], requires_grad=True)
    optimizer = nn.optim.SGD([theta], lr=0.02, momentum=momentum)
    ag.manual_seed(0)
    for step in range(1500):
        if abs(theta[1].item()) > 1:
            return step
        optimizer.zero_grad()
        (theta[0] ** 2 - theta[1] ** 2 + theta[1] ** 4 / 4).backward()
        theta.grad += noise * ag.randn(2)
        optimizer.step()
    return math.inf


near = [steps_to_leave(0, 0, 1e-6), steps_to_leave(0.9, 0, 1e-6), steps_to_leave(0, 0.01, 1e-6)]
on_it = [steps_to_leave(0, 0, 0.0), steps_to_leave(0.9, 0, 0.0), steps_to_leave(0, 0.01, 0.0)]
print("plain, momentum, noise:", near, "near the ridge,", on_it, "on it")
assert near[1] < near[0] / 2 and near[2] < near[0]
assert on_it[:2] == [math.inf] * 2 and on_it[2] < 500

# %% [markdown]
# ## 7. Where one starts, and where one should stop
#
# Descent ends in different places for different starts. In small networks these differ a lot; in large ones hardly: nearly all minima
# are good, and not far from the best.

# %%
ends = {}
for width in (2, 32):
    ends[width] = []
    for seed in range(5):
        ag.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 2))
        ends[width].append(fit(model, nn.CrossEntropyLoss(), rings, epochs=40, lr=0.02)["loss"][-1])
assert np.ptp(ends[2]) > 5 * np.ptp(ends[32]) and max(ends[32]) < min(ends[2])
{width: np.round(losses, 3).tolist() for width, losses in ends.items()}

# %% [markdown]
# And the lowest point is not what we want. A network that is large enough learns the noise as well; on *unseen* patients the best moment
# was long before. Early stopping looks at these, waits a little, and goes back to the best weights.

# %%
ag.manual_seed(9)
train, val = nn.datasets.diabetes().split(0.5, 0.5, standardise=True)
mean, deviation = train.y.mean(), train.y.std()
train, val = ((part.x, (part.y[:, None] - mean) / deviation) for part in (train, val))


def regressor():
    ag.manual_seed(10)
    return nn.Sequential(nn.Linear(10, 100), nn.ReLU(), nn.Linear(100, 1))


overfit = fit(regressor(), nn.MSELoss(), train, 80, 0.003, val=val)
stopper = nn.EarlyStopping(patience=8)
stopped = regressor()
fit(stopped, nn.MSELoss(), train, 80, 0.003, val=val, callbacks=[stopper])
kept = nn.evaluate(stopped, nn.MSELoss(), val)["loss"]
assert overfit["loss"][-1] < 0.2 and overfit["val_loss"][-1] > kept + 0.15
np.testing.assert_allclose(kept, min(overfit["val_loss"][: stopper.best_epoch]), rtol=1e-6)
overfit.plot()

# %% [markdown]
# ## 8. Balls in many dimensions
#
# The volume of a ball of radius $R$ grows as $R^D$. So of all points of the ball, the share within the outer 1 % is $1 - 0.99^D$: 1 % on a
# line, 63 % in 100 dimensions, 99 % in 500. In high dimensions *everything is near the surface*, and there is always another way to go.


# %%
def in_the_shell(D, n=4000):
    """Points evenly in the unit ball: the ends of D + 2 normal numbers, D of them kept."""
    points = rng.normal(size=(n, D + 2))
    points = points[:, :D] / np.linalg.norm(points, axis=1, keepdims=True)
    return (np.linalg.norm(points, axis=1) > 0.99).mean()


dimensions = [1, 3, 10, 30, 100, 300, 500]
counted = [in_the_shell(D) for D in dimensions]
np.testing.assert_allclose(counted, [1 - 0.99**D for D in dimensions], atol=0.03)
assert abs(counted[4] - 0.634) < 0.03 and counted[6] > 0.98
plot = nn.visual.curves(
    {"1 − 0.99ᴰ": lambda D: 1 - 0.99**D, "counted": (dimensions, counted)},
    1,
    500,
    "dimensions",
    "share in the outer 1 %",
)
plot.set_xscale("log")
plot

# %% [markdown]
# ## 9. How to begin
#
# The default for linear layers is $w \sim U(-\sqrt{1/N}, \sqrt{1/N})$. A uniform distribution on $(-a, a)$ has variance $a^2/3$, so
# $\mathbb{V}[w] = \frac{1}{3N}$, and a sum over $N$ inputs of variance 1 has variance $\frac13$: *not* "around 1", as it is sometimes said, but a
# third, as the same calculation shows. Through $L$ linear layers that is $3^{-L}$. With $\sqrt{3/N}$ it stays.

# %%
variances = {"√(1/N)": [], "√(3/N)": []}
for found, factor in zip(variances.values(), (1, math.sqrt(3))):
    ag.manual_seed(11)
    h = ag.randn(500, 400)
    for _ in range(6):
        layer = nn.Linear(400, 400, bias=False)  # draws from U(−√(1/N), √(1/N))
        h = (factor * layer(h)).detach()
        found.append(h.var().item())
layers = np.arange(1, 7)
np.testing.assert_allclose(variances["√(1/N)"], 3.0**-layers, rtol=0.15)
np.testing.assert_allclose(variances["√(3/N)"], 1, rtol=0.15)
plot = nn.visual.curves({name: (layers, v) for name, v in variances.items()}, xlabel="layer", ylabel="variance")
plot.set_yscale("log")
plot

# %% [markdown]
# For convolutions the bound is one over the root of the *number of weights of one output*. $\sqrt{1/(KC)}$ is that in one dimension; an
# image's kernel has $K^2C$.

# %%
bounds = {
    "1-D": (nn.Conv1d(64, 64, 5), 1 / math.sqrt(5 * 64)),
    "2-D": (nn.Conv2d(64, 64, 5), 1 / math.sqrt(5 * 5 * 64)),
}
for layer, bound in bounds.values():
    assert 0.99 * bound < layer.weight.abs().max().item() <= bound

# %% [markdown]
# ## Try it
#
# - Section 2: build the tent of depth 8 with one hidden layer. How many units do you need, and how large do their weights get?
# - Section 6: is the share of minima the same for $H = A^\top A - c$? For which $c$ does it become a coin?
# - Section 7: does dropout, or weight decay, move the best epoch?
