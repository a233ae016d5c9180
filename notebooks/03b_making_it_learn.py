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
# # 3b · Making it learn
#
# Notebook 3a ended with a loop that works. Whether it works *well* hangs on things that no formula of backpropagation mentions: how
# the inputs are scaled, where the weights begin, what the output means, how long the steps are and in which direction they go. Each
# of these is one experiment here.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import tensor

ag.manual_seed(0)
ag.set_default_dtype("float64")

digits = nn.datasets.digits()
train, val = digits.split(0.75, 0.25, stratify=True, standardise=True)
images, labels = tensor(train.x.reshape(-1, 64)), tensor(train.y)
unseen, answers = tensor(val.x.reshape(-1, 64)), tensor(val.y)


def network(seed=0, hidden=32):
    ag.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, hidden), nn.Tanh(), nn.Linear(hidden, 10))


def train_it(model, optimizer, epochs=5, **options):
    loss = nn.CrossEntropyLoss()
    return nn.fit(model, loss, optimizer, (images, labels), epochs=epochs, progress=False, **options)


# %% [markdown]
# ## 1. Inputs on one scale
#
# A wine's proline is around 750, its hue around 1. For a linear model the loss is then a valley that is thousands of times steeper in one
# direction than in another; the condition number of $X^\top X$ says how many times. Two remedies: *standardise* (mean 0, deviation 1),
# or send each column through its own *quantiles* to a normal distribution, which also tames outliers.

# %%
from sklearn.preprocessing import QuantileTransformer

wine = nn.datasets.wine()
standard, _ = wine.split(0.999, standardise=True, shuffle=False)
quantile = QuantileTransformer(n_quantiles=100, output_distribution="normal").fit_transform(wine.x)
scaled = {"as it is": wine.x, "standardised": standard.x, "quantiles": quantile.clip(-3, 3)}


def condition(x):
    return np.linalg.cond(x.T @ x)


def accuracy_after_training(x):
    ag.manual_seed(0)
    model = nn.Linear(13, 3)
    optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()
    target = wine.y[: len(x)]
    nn.fit(model, loss, optimizer, (x, target), epochs=30, batch_size=178, progress=False)
    return nn.metrics.accuracy(nn.predict(model, x), target)


table = {name: (condition(x), accuracy_after_training(x)) for name, x in scaled.items()}
for name, (number, accuracy) in table.items():
    print(f"{name:13}  condition number {number:10.3g}   accuracy after 30 steps {accuracy:.2f}")
assert table["as it is"][0] > 1e7 and table["as it is"][1] < 0.75
assert all(table[name][0] < 200 and table[name][1] > 0.97 for name in ("standardised", "quantiles"))

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained")
for axis, (name, x) in zip(axes, scaled.items()):
    axis.scatter(x[:, 12], x[:, 10], c=wine.y[: len(x)], s=8, cmap="viridis")
    axis.set(title=name, xlabel="proline", aspect="equal" if name != "as it is" else "auto")
axes[0].set_ylabel("hue")
plt.show()

# %% [markdown]
# ## 2. Zero is a saddle point
#
# Set all weights and biases to zero. Then the hidden units are zero, so $\nabla\mathbf{W}^o = \nabla\mathbf{z}^o\,\mathbf{h}^\top = 0$; and
# $\nabla\mathbf{h} = \mathbf{W}^{o\top}\nabla\mathbf{z}^o = 0$, so nothing reaches the first layer either. "No gradient, no learning" is nearly
# right: one gradient is there, that of the output bias, which learns how frequent the classes are. Nothing else ever moves.

# %%
model = network()
for p in model.parameters():
    nn.init.zeros_(p)
F.cross_entropy(model(images), labels).backward()
sizes = {name: p.grad.abs().max().item() for name, p in model.named_parameters()}
assert sizes["2.bias"] > 0 and sizes["0.weight"] == sizes["0.bias"] == sizes["2.weight"] == 0

train_it(model, nn.optim.SGD(model.parameters(), lr=0.1))
assert model[0].weight.abs().max() == 0
sizes

# %% [markdown]
# A point without slope is a minimum, a maximum or a saddle; the eigenvalues of the *Hessian*, the matrix of all second derivatives, tell.
# For a small regression network at zero they come in pairs $\pm s$: for each way up there is one down, one pair for each hidden unit.
# With $y$ of mean 0, $s = 2\,\lVert\text{mean}(y\,\mathbf{x})\rVert$.

# %%
from autograd_engine.func import functional_call

x = ag.randn(100, 2)
y = x @ tensor([[0.2], [-0.1]]) + 0.1 * ag.randn(100, 1)
y = y - y.mean()
small = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
shapes = {name: p.shape for name, p in small.named_parameters()}


def loss_at(flat):
    pieces = flat.split([math.prod(shape) for shape in shapes.values()])
    weights = {name: piece.reshape(shapes[name]) for name, piece in zip(shapes, pieces)}
    return F.mse_loss(functional_call(small, weights, (x,)), y)


hessian = ag.hessian(loss_at, ag.zeros(17))
found = nn.visual.spectrum(hessian, title="Hessian at zero")
eigenvalues = found.data["eigenvalues"]
s = 2 * np.linalg.norm((y * x).mean(0))
np.testing.assert_allclose(eigenvalues, [2, *[s] * 4, *[0] * 8, *[-s] * 4], atol=1e-12)
found

# %% [markdown]
# The 2 at the front is the output bias, which alone has a proper bowl. The eight zeros are flat directions.

# %% [markdown]
# ## 3. All the same is not better
#
# Any other constant breaks the saddle, but not the *symmetry*: units that begin alike see the same gradient and stay alike for ever. 32
# neurons, one filter.

# %%
alike = network()
for p in alike.parameters():
    nn.init.constant_(p, 0.05)
train_it(alike, nn.optim.SGD(alike.parameters(), lr=0.1))
different = network()
train_it(different, nn.optim.SGD(different.parameters(), lr=0.1))

filters = alike[0].weight.detach().numpy()
assert np.ptp(filters, 0).max() < 1e-12 and np.ptp(filters[0]) > 0.01
both = np.concatenate([filters[:8], different[0].weight.detach().numpy()[:8]])
titles = ["constant"] * 8 + ["random"] * 8
nn.visual.weights(both, shape=(8, 8), columns=8, titles=titles)

# %% [markdown]
# ## 4. Random, but how large?
#
# $w \sim \mathcal{N}(0, \sigma^2)$. Too small: a long plateau beside the saddle. Too large: every tanh is saturated, and the first losses are
# enormous. (Slides say $\mathcal{N}(0, 0.1)$ in one place and $\mathcal{N}(0, 0.01)$ in another. They agree if one is a deviation and the
# other a variance: $0.1^2 = 0.01$.)


# %%
def from_sigma(sigma):
    model = network()
    for layer in (model[0], model[2]):
        nn.init.normal_(layer.weight, std=sigma)
        nn.init.zeros_(layer.bias)
    return train_it(model, nn.optim.SGD(model.parameters(), lr=0.03), epochs=5)["loss"]


curves = {sigma: from_sigma(sigma) for sigma in (0.001, 0.01, 0.1, 1, 10)}
last = {sigma: round(losses[-1], 3) for sigma, losses in curves.items()}
assert min(last, key=last.get) == 0.1 and last[0.001] > 1.5 and last[10] > 2
plot = nn.visual.curves(
    {f"σ = {sigma}": (range(1, 6), losses) for sigma, losses in curves.items()},
    xlabel="epoch",
    ylabel="training loss",
)
plot.set_yscale("log")
plot

# %% [markdown]
# ## 5. As large as keeps the signal alive
#
# A sum of $N$ products has $N$ times the variance of one. So divide by $N$, and the signal neither fades nor grows from layer to layer:
#
# | name | variance of a weight | for |
# |---|---|---|
# | Xavier Glorot | $2/(N_{in} + N_{out})$ | tanh: forward *and* backward |
# | Kaiming He | $2/N_{in}$ | ReLU, which throws half away |
# | orthogonal | $\mathbf{W}^\top\mathbf{W} = 1$ | keeps lengths exactly |

# %%
W = ag.empty(400, 200)
assert math.isclose(nn.init.xavier_normal_(W).var().item(), 2 / 600, rel_tol=0.03)
assert math.isclose(nn.init.xavier_uniform_(W).var().item(), 2 / 600, rel_tol=0.03)
assert math.isclose(nn.init.kaiming_normal_(W).var().item(), 2 / 200, rel_tol=0.03)
nn.init.orthogonal_(W)
np.testing.assert_allclose(W.T @ W, np.eye(200), atol=1e-12)

# %% [markdown]
# Twenty layers of 100 units, and the standard deviation of what each gives. On a logarithmic axis, a wrong scale is a straight line to
# nowhere.


# %%
def scale_by_layer(bend, initialise):
    ag.manual_seed(1)
    h = ag.randn(500, 100)
    scales = [h.std().item()]
    for _ in range(20):
        h = bend(h @ initialise(ag.empty(100, 100)).T)
        scales.append(h.std().item())
    return scales


layers = range(21)
signals = {
    "tanh, σ = 0.01": scale_by_layer(ag.tanh, lambda w: nn.init.normal_(w, std=0.01)),
    "ReLU, σ = 0.5": scale_by_layer(F.relu, lambda w: nn.init.normal_(w, std=0.5)),
    "tanh, Xavier": scale_by_layer(ag.tanh, nn.init.xavier_normal_),
    "ReLU, Kaiming": scale_by_layer(F.relu, nn.init.kaiming_normal_),
    "linear, orthogonal": scale_by_layer(lambda h: h, nn.init.orthogonal_),
}
assert signals["tanh, σ = 0.01"][-1] < 1e-15 and signals["ReLU, σ = 0.5"][-1] > 1e5
assert 0.1 < signals["tanh, Xavier"][-1] < 1 and 0.1 < signals["ReLU, Kaiming"][-1] < 3
np.testing.assert_allclose(signals["linear, orthogonal"], signals["linear, orthogonal"][0], rtol=1e-3)
lines = {name: (layers, s) for name, s in signals.items()}
plot = nn.visual.curves(lines, xlabel="layer", ylabel="deviation")
plot.set_yscale("log")
plot

# %% [markdown]
# And *biases*? Zero is right: weights have broken the symmetry already. A bias drawn at random and large kills: a ReLU with bias −30 never
# opens, so its gradient is zero and it never recovers.

# %%
unit = nn.Linear(64, 1)
nn.init.constant_(unit.bias, -30.0)
F.relu(unit(images)).sum().backward()
assert unit.weight.grad.abs().max() == 0

# %% [markdown]
# ## 6. What the output means decides the loss
#
# A network's outputs are the *parameters of a distribution* of $y$; the loss is minus its log-likelihood. One row for each distribution:
#
# | $y$ | distribution | output function | loss |
# |---|---|---|---|
# | $\{0, 1\}$ | Bernoulli | sigmoid | binary cross-entropy |
# | $\{0, \dots, K-1\}$ | categorical | softmax | cross-entropy |
# | $\mathbb{R}^n$ | $\mathcal{N}(\mu, 1)$ | identity | half the squared error |
# | $\mathbb{R}$ | $\mathcal{N}(\mu(x), \sigma^2(x))$ | identity, softplus | Gaussian |
# | $\mathbb{R}^n$ | mixture of Gaussians | softmax, identity, … | mixture density |

# %%
z = ag.randn(50)
t = tensor((np.arange(50) % 2).astype(float))
as_two_classes = F.cross_entropy(ag.stack([ag.zeros(50), z], 1), t.long())
np.testing.assert_allclose(F.binary_cross_entropy_with_logits(z, t), as_two_classes, rtol=1e-12)

mu, target = ag.randn(50), ag.randn(50)
gaussian = F.gaussian_nll_loss(mu, target, ag.ones(50))
np.testing.assert_allclose(gaussian, F.mse_loss(mu, target) / 2, rtol=1e-12)

# %% [markdown]
# **Heteroscedastic.** Where the noise differs, let the network say so: it gives $\mu$ and $\sigma^2$, and the band (two deviations) opens
# where the data scatter.


# %%
class MeanAndVariance(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, x):
        mean, raw = self.body(x).split(1, 1)
        return mean, F.softplus(raw) + 1e-4


ag.manual_seed(2)
x = 4 * ag.rand(250, 1) - 2
noise = 0.05 + 0.2 * (x + 2)
y = ag.sin(2 * x) + noise * ag.randn(250, 1)

model = MeanAndVariance()
optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
nn.fit(model, nn.GaussianNLLLoss(), optimizer, (x, y), epochs=90, progress=False)
found = nn.visual.fit_curve(model, x, y)
spread = np.interp([-1.5, 1.5], found.data["x"], found.data["model"]["std"])
assert 0.5 < spread[0] / 0.15 < 2 and 0.6 < spread[1] / 0.75 < 1.5
found

# %% [markdown]
# **Mixture density.** Turn a sine around, and one $x$ has up to three answers. A mean would go right between them, where there is no
# data at all. A mixture of three Gaussians says: here, or here, or here.


# %%
from nn.distributions import Categorical, MixtureSameFamily, Normal


class Mixture(nn.Module):
    def __init__(self, parts=3):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 3 * parts))

    def forward(self, x):
        return self.body(x).chunk(3, 1)


def mixture_loss(outputs, y):
    scores, mean, raw = outputs
    gaussians = Normal(mean, F.softplus(raw) + 1e-3)
    return -MixtureSameFamily(Categorical(logits=scores), gaussians).log_prob(y[:, 0])


ag.manual_seed(3)
answer = 2 * ag.rand(300, 1) - 1
question = answer + 0.4 * ag.sin(2 * math.pi * answer) + 0.03 * ag.randn(300, 1)

model = Mixture()
optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
nn.fit(
    model,
    lambda outputs, y: mixture_loss(outputs, y).mean(),
    optimizer,
    (question, answer),
    epochs=90,
    progress=False,
)
by_mixture = mixture_loss(model(question), answer).mean().item()
by_one_gaussian = 0.5 * math.log(2 * math.pi * math.e * answer.var().item())
print(f"negative log-likelihood {by_mixture:.2f}; of one Gaussian for all {by_one_gaussian:.2f}")
assert by_mixture < by_one_gaussian - 0.8
nn.visual.fit_curve(model, question, answer, density=mixture_loss)

# %% [markdown]
# **Which way the error goes.** In the plane, noise may have a direction: here it lies along a diagonal that turns with $x$. A mixture of Gaussians with full
# covariances (here of one part) says so by a triangular factor $L$, of which $L L^\top$ is the covariance; any triangle with a positive diagonal will do, so
# that the network's outputs are free. With a correlation of $\rho$ it knows $-\frac12 \log(1 - \rho^2)$ more than one whose dimensions are independent. (Here it
# finds the larger part of that: the direction jumps at 0, and a small network is smooth.)


# %%
class Direction(nn.Module):
    def __init__(self, full):
        super().__init__()
        self.full = full
        self.body = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 5))

    def forward(self, x):
        mean, scale, slant = self.body(x).split([2, 2, 1], 1)
        corner = F.pad(slant[:, :, None], (0, 1, 1, 0)) if self.full else 0
        factor = ag.diag_embed(scale.exp()) + corner
        return ag.zeros(len(x), 1), mean[:, None], factor[:, None]


ag.manual_seed(4)
rho = 0.9
x = 2 * ag.rand(400, 1) - 1
first, second = ag.randn(400, 1), ag.randn(400, 1)
turned = rho * ag.sign(x) * first + math.sqrt(1 - rho**2) * second
y = ag.cat([2 * x + 0.3 * first, 0.3 * turned], 1)

found = {}
for name, full in {"independent": False, "full": True}.items():
    model = Direction(full)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    history = nn.fit(
        model, nn.GaussianMixtureNLLLoss(), optimizer, (x, y), epochs=80, progress=False
    )
    found[name] = history["loss"][-1]
gain = found["independent"] - found["full"]
in_theory = -0.5 * math.log(1 - rho**2)
print(f"the full covariance gains {gain:.2f} of {in_theory:.2f}")
assert 0.6 * in_theory < gain < 1.15 * in_theory

# %%
_, centers, factors = (part.detach() for part in model(tensor([[-0.8], [-0.4], [0.4], [0.8]])))
circle = np.linspace(0, 2 * np.pi, 60)
fig, ax = plt.subplots(figsize=(7, 3.4))
ax.scatter(*y.numpy().T, s=6, color="gray", alpha=0.5)
for center, factor in zip(centers.numpy()[:, 0], factors.numpy()[:, 0]):
    ax.plot(*(center[:, None] + 2 * factor @ [np.cos(circle), np.sin(circle)]), linewidth=2)
ax.set(title="two standard deviations, at four x", xlabel="$y_1$", ylabel="$y_2$")
plt.show()
# %% [markdown]
# **A penalty is a prior.** Adding $\lambda(\lVert\mathbf{W}^h\rVert^2 + \lVert\mathbf{W}^o\rVert^2)$ to the loss is what optimizers call
# `weight_decay=2λ`, since the gradient of $\lambda w^2$ is $2\lambda w$; biases go into a group without it.

# %%
penalty = 0.01
written, built_in = network(), network()
optimizer = nn.optim.SGD(written.parameters(), lr=0.1)
loss = F.cross_entropy(written(images), labels)
loss = loss + penalty * (written[0].weight.square().sum() + written[2].weight.square().sum())
loss.backward()
optimizer.step()

groups = [
    {"params": [built_in[0].weight, built_in[2].weight], "weight_decay": 2 * penalty},
    {"params": [built_in[0].bias, built_in[2].bias]},
]
optimizer = nn.optim.SGD(groups, lr=0.1)
F.cross_entropy(built_in(images), labels).backward()
optimizer.step()
for p, q in zip(written.parameters(), built_in.parameters()):
    np.testing.assert_allclose(p, q, rtol=1e-12)

# %% [markdown]
# ## 7. How long a step?
#
# Start too large and divide by ten until it no longer explodes:

# %%
found = {}
for rate in (1000, 100, 10, 1, 0.1, 0.01):
    model = network()
    found[rate] = train_it(model, nn.optim.SGD(model.parameters(), lr=rate), epochs=2)["loss"][-1]
assert found[1000] > found[100] > found[10] > 10 > found[1] and min(found, key=found.get) == 1
{rate: round(loss, 3) for rate, loss in found.items()}

# %% [markdown]
# Or in one go: let the rate grow with every batch and watch where the loss falls fastest. Afterwards the weights are put back.

# %%
from nn.data import DataLoader, TensorDataset

model = network()
before = model[0].weight.detach().clone()
batches = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True)
curve = nn.optim.lr_range_test(
    model, nn.CrossEntropyLoss(), nn.optim.SGD(model.parameters(), lr=1.0), batches, 1e-4, 100.0
)
assert 0.01 < curve.suggestion < 5
np.testing.assert_array_equal(model[0].weight, before)
nn.visual.lr_range(curve)

# %% [markdown]
# A large constant rate is quick at first and then jumps around the minimum for ever. So make it smaller: either by a factor after each
# epoch, or, *when the validation loss no longer falls*, by a factor of two or ten.


# %%
def with_schedule(make):
    model = network()
    optimizer = nn.optim.SGD(model.parameters(), lr=2.0)
    schedule = make and make(optimizer)
    return train_it(model, optimizer, epochs=20, val=(unseen, answers), scheduler=schedule)


schedules = nn.optim.lr_scheduler
runs = {
    "constant": with_schedule(None),
    "× 0.8 each epoch": with_schedule(lambda o: schedules.ExponentialLR(o, 0.8)),
    "÷ 5 on a plateau": with_schedule(lambda o: schedules.ReduceLROnPlateau(o, factor=0.2, patience=1)),
}
end = {name: np.mean(run["loss"][-3:]) for name, run in runs.items()}
assert max(end["× 0.8 each epoch"], end["÷ 5 on a plateau"]) < 0.5 * end["constant"]
assert runs["÷ 5 on a plateau"]["lr"][-1] < 2.0

figure, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
for axis, column in zip(axes, ("loss", "lr")):
    for name, run in runs.items():
        axis.semilogy(run["epoch"], run[column], label=name)
    axis.set(xlabel="epoch", ylabel=column)
axes[0].legend()
plt.show()

# %% [markdown]
# ## 8. Momentum
#
# $$m_t = \gamma m_{t-1} + \eta\nabla L,\qquad \theta_t = \theta_{t-1} - m_t$$
#
# In a valley that is $\kappa = 100$ times steeper across than along, plain descent can do no better than shrink the error by
# $\frac{\kappa - 1}{\kappa + 1} = 0.9802$ per step. With the right momentum it is $\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1} = 0.8182$, as if the
# valley were only ten times as steep.


# %%
def error_after(steps, lr, momentum):
    theta = tensor([1.0, 1.0], requires_grad=True)
    optimizer = nn.optim.SGD([theta], lr=lr, momentum=momentum)
    sizes = []
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * (tensor([1.0, 100.0]) * theta**2).sum()).backward()
        optimizer.step()
        sizes.append(np.linalg.norm(theta.detach()))
    return np.array(sizes)


plain = error_after(200, lr=2 / 101, momentum=0)
heavy = error_after(200, lr=(2 / 11) ** 2, momentum=(9 / 11) ** 2)
per_step = [(e[-1] / e[99]) ** 0.01 for e in (plain, heavy)]
np.testing.assert_allclose(per_step, [99 / 101, 9 / 11], rtol=0.01)
both = {"γ = 0": (range(200), plain), "γ = 0.67": (range(200), heavy)}
plot = nn.visual.curves(both, xlabel="step", ylabel="error")
plot.set_yscale("log")
plot


# %% [markdown]
# The same rate, four momenta: none crawls along the valley, much swings.

# %%
def valley(x, y):
    return 0.5 * (x**2 + 100 * y**2) / 10


figure, axes = plt.subplots(1, 4, figsize=(10, 2.4), layout="constrained")
distance = {}
for axis, gamma in zip(axes, (0.0, 0.6, 0.8, 0.9)):
    make = {f"γ = {gamma}": lambda p, g=gamma: nn.optim.SGD(p, lr=0.03, momentum=g)}
    window = {"start": (-1.8, 0.5), "xlim": (-2, 1), "ylim": (-0.8, 0.8)}
    path = nn.visual.optimizer_paths(valley, 60, make, axis, **window).data[f"γ = {gamma}"]
    axis.set_title("")
    distance[gamma] = np.linalg.norm(path[-1])
assert distance[0.0] > distance[0.6] > distance[0.8] and distance[0.9] < distance[0.0]
plt.show()

# %% [markdown]
# **Nesterov** looks at the slope where the momentum is about to carry it, $\nabla L(\theta - \gamma m)$. Libraries store that place instead
# of $\theta$: what PyTorch and we call the parameter is the lecture's $\theta - \gamma m$. Same algorithm, other bookkeeping:


# %%
def slope(theta):
    return tensor([1.0, 100.0]) * theta


theta, m = tensor([1.0, 1.0]), ag.zeros(2)
stored = tensor([1.0, 1.0], requires_grad=True)
optimizer = nn.optim.SGD([stored], lr=0.005, momentum=0.9, nesterov=True)
for _ in range(30):
    m = 0.9 * m + 0.005 * slope(theta - 0.9 * m)
    theta = theta - m
    stored.grad = slope(stored.detach())
    optimizer.step()
    np.testing.assert_allclose(stored.detach(), theta - 0.9 * m, rtol=1e-9)

# %% [markdown]
# (One more difference in bookkeeping: with $\eta$ *inside* of $m$, as above, a change of the rate acts slowly; libraries keep it outside.
# At a constant rate they are the same.)

# %% [markdown]
# ## 9. The others, around a saddle point
#
# Adagrad divides each step by the root of all squared gradients so far; RMSprop lets the old ones fade; Adam adds momentum and corrects
# for having started at zero, so its *first* step is $\eta$ in every direction, however small the gradient. Adadelta needs no rate at all;
# NAdam is Adam with Nesterov's look ahead. Six of them race over a saddle, started almost on its ridge. Press play, and move the
# sliders for the rate and the momentum:

# %%
nn.visual.animate("saddle", 60)

# %%
theta = tensor([1.0, -1.0], requires_grad=True)
theta.grad = tensor([1e-3, -50.0])
nn.optim.Adam([theta], lr=0.1).step()
np.testing.assert_allclose(theta.detach(), [0.9, -0.9], atol=1e-5)

# %% [markdown]
# How long to get away, from a millionth beside the ridge? Those that divide by the size of the gradient are out at once; and from the
# ridge itself, where the slope sideways is exactly zero, **nobody ever gets away**. Noise is what saves one.


# %%
def steps_to_escape(make, start, most=1000):
    theta = tensor([1.0, start], requires_grad=True)
    optimizer = make([theta])
    for step in range(most):
        if abs(theta[1].item()) > 1:
            return step
        optimizer.zero_grad()
        (theta[0] ** 2 - theta[1] ** 2 + theta[1] ** 4 / 4).backward()
        optimizer.step()
    return math.inf


makers = {
    "SGD": lambda p: nn.optim.SGD(p, lr=0.03),
    "momentum": lambda p: nn.optim.SGD(p, lr=0.03, momentum=0.9),
    "Nesterov": lambda p: nn.optim.SGD(p, lr=0.03, momentum=0.9, nesterov=True),
    "Adagrad": lambda p: nn.optim.Adagrad(p, lr=0.1),
    "RMSprop": lambda p: nn.optim.RMSprop(p, lr=0.03),
    "Adam": lambda p: nn.optim.Adam(p, lr=0.1),
    "NAdam": lambda p: nn.optim.NAdam(p, lr=0.1),
    "Adadelta": lambda p: nn.optim.Adadelta(p, lr=1.0),
}
escape = {name: steps_to_escape(make, 1e-6) for name, make in makers.items()}
never = {name: steps_to_escape(make, 0.0, most=300) for name, make in makers.items()}
assert escape["Adam"] < escape["momentum"] < escape["SGD"] < 300
assert set(never.values()) == {math.inf}

plt.figure(figsize=(6, 2.6))
plt.barh([*escape], [min(n, 1000) for n in escape.values()], color="C0")
plt.xlabel("steps to leave the saddle from y = 0.000001")
plt.gca().invert_yaxis()
plt.show()

# %% [markdown]
# **AdamW** takes weight decay out of the gradient: a weight without gradient shrinks by $(1 - \eta\lambda)$ each step, whatever Adam's scale.

# %%
theta = tensor([1.0], requires_grad=True)
optimizer = nn.optim.AdamW([theta], lr=0.01, weight_decay=0.1)
for _ in range(200):
    theta.grad = ag.zeros(1)
    optimizer.step()
np.testing.assert_allclose(theta.item(), (1 - 0.01 * 0.1) ** 200, rtol=1e-9)
theta.item()

# %% [markdown]
# ## 10. What holds of "3e-4"
#
# There is a joke that $3\cdot10^{-4}$ is the best learning rate for Adam, hands down. Let us ask the digits.

# %%
rates = np.logspace(-4, 1, 11)


def after_three_epochs(make, rate):
    model = network()
    with np.errstate(all="ignore"):
        return train_it(model, make(model.parameters(), lr=rate), epochs=3)["loss"][-1]


swept = {
    make.__name__: [after_three_epochs(make, rate) for rate in rates]
    for make in (nn.optim.SGD, nn.optim.Adam)
}
best = {name: rates[np.argmin(losses)] for name, losses in swept.items()}
assert best["Adam"] > 10 * 3e-4  # not the best here, by more than ten
print("best:", {name: f"{rate:.2g}" for name, rate in best.items()})

lines = {name: (rates, losses) for name, losses in swept.items()}
plot = nn.visual.curves(lines, xlabel="learning rate", ylabel="loss after 3 epochs")
plot.set(xscale="log", yscale="log")
plot.axvline(3e-4, linestyle=":", color="gray")
plot

# %% [markdown]
# A small network on small data likes larger steps; $3\cdot10^{-4}$ is a safe choice for large ones, not a law. And "well-tuned SGD generalises
# better than Adam"? With a good rate and a schedule for each, on images that neither has seen:

# %%
tuned = {}
for make, rate in ((nn.optim.SGD, 1.0), (nn.optim.Adam, 0.01)):
    scores = []
    for seed in range(4):
        model = network(seed)
        optimizer = make(model.parameters(), lr=rate)
        schedule = schedules.ExponentialLR(optimizer, 0.8)
        train_it(model, optimizer, epochs=12, scheduler=schedule)
        scores.append(nn.metrics.accuracy(model(unseen), answers))
    tuned[make.__name__] = np.mean(scores)
assert abs(tuned["SGD"] - tuned["Adam"]) < 0.015  # a tie, as far as 449 images can tell
{name: round(float(score), 3) for name, score in tuned.items()}

# %% [markdown]
# ## 11. Second order: K-FAC and Shampoo
#
# Both look at the curvature, as two small matrices for each layer instead of one that nobody could store. Fewer epochs, each at a
# higher price:

# %%
loss = nn.CrossEntropyLoss()
second_order = {
    "SGD": lambda m: nn.optim.SGD(m.parameters(), lr=0.3),
    "Shampoo": lambda m: nn.optim.Shampoo(m.parameters(), lr=0.3),
    "K-FAC": lambda m: nn.optim.KFAC(m, loss, lr=0.3),
}
histories = {}
for name, make in second_order.items():
    model = network()
    data = (images, labels)
    histories[name] = nn.fit(
        model, loss, make(model), data, epochs=5, batch_size=128, progress=False
    )
ends = {name: history["loss"][-1] for name, history in histories.items()}
assert max(ends["K-FAC"], ends["Shampoo"]) < ends["SGD"]
nn.visual.curves(
    {name: (range(1, 6), history["loss"]) for name, history in histories.items()},
    xlabel="epoch",
    ylabel="training loss",
)

# %% [markdown]
# ## Try it
#
# - Section 2: start from zero with Adam instead of SGD. Does it leave the saddle? And if you add noise of $10^{-8}$?
# - Section 5: what does a sigmoid need? `nn.init.calculate_gain` has an opinion.
# - Section 8: find by trial the best momentum for κ = 400, and compare with the formula.
