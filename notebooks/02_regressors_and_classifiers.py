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
# # 02 · Crash course: regressors and classifiers
#
# A *regressor* says how much, a *classifier* says which. Inside they are the same: linear models, stacked, with something bent in between. We fit
# cars and wine with networks that grow, look at what each addition buys, and then spend the second half on what is really difficult:
# not to believe the training set.
#
# It goes with Terence Parr's *Fundamentals of deep learning: crash course in using PyTorch to train models*.

# %%
import dataclasses
import math
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from vega_datasets import local_data

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import tensor
from nn.visual import bars, curves, decision_boundary, fit_curve, loss_curves, matrices

ag.manual_seed(0);

# %% [markdown]
# ## 1. Features and targets
#
# A row is a *feature vector* $x$, the last column is the *target* $y$. Here are cars of the seventies, and how far they go with a gallon.

# %%
cars = nn.datasets.cars()
assert len(cars) == 392 and cars.features[3] == "weight (lbs)"
cars

# %% [markdown]
# ### Why standardise
#
# Power is a number around 100, weight one around 3000. A step that is right for one is wrong for the other: the loss is a long valley. How long is told by
# the *condition number* of its Hessian. With every column shifted to mean 0 and scaled to standard deviation 1, it is almost a bowl.

# %%
two = cars[["horsepower", "weight (lbs)"]].x
raw = np.cov(two.T)
standard = np.corrcoef(two.T)
print(f"condition number: {np.linalg.cond(raw):.0f} as measured, {np.linalg.cond(standard):.1f} standardised")
assert round(np.linalg.cond(raw)) == 1934
assert round(np.linalg.cond(standard)) == 14

# %% [markdown]
# So the same 100 steps of gradient descent, each with the longest steps that are safe, come to different places. (The best that any line can do is the last number.)


# %%
def loss_after(x, y, steps=100):
    x = np.c_[x - x.mean(0), np.ones(len(x))]
    lr = 1 / np.linalg.eigvalsh(2 * x.T @ x / len(x)).max()
    x, y, theta = tensor(x), tensor(y), ag.zeros(3, dtype="float64", requires_grad=True)
    theta.data[2] = y.mean()
    for _ in range(steps):
        theta.grad = None
        F.mse_loss(x @ theta, y).backward()
        theta.data -= lr * theta.grad
    return F.mse_loss(x @ theta, y).item()


as_measured = loss_after(two, cars.y)
standardised = loss_after(two / two.std(0), cars.y)
x = np.c_[two, np.ones(392)]
best = ((x @ np.linalg.lstsq(x, cars.y)[0] - cars.y) ** 2).mean()
print(f"{as_measured:.2f} as measured, {standardised:.2f} standardised, {best:.2f} at best")
assert as_measured > best + 0.3 and standardised < best + 0.05

# %% [markdown]
# The valley and the bowl, with one scale on both axes of each, and the way of 100 such steps, from 0 (no slope at all) towards the star. In the valley the coefficient of the weight is
# found at once; then the way crawls along the floor, where the slope is next to nothing.

# %%
fig, axes = plt.subplots(1, 2, figsize=(10, 4))
ends = {}
for ax, (title, x) in zip(axes, {"as measured": two, "standardised": two / two.std(0)}.items()):
    x = x - x.mean(0)
    hessian = 2 * x.T @ x / len(x)
    slope = 2 * x.T @ (cars.y - cars.y.mean()) / len(x)
    goal = np.linalg.solve(hessian, slope)
    way = [np.zeros(2)]
    for _ in range(100):
        way.append(way[-1] - (hessian @ way[-1] - slope) / np.linalg.eigvalsh(hessian).max())
    way = np.array(way)
    ends[title] = np.linalg.norm((way[-1] - goal) / goal)
    reach = 1.3 * abs(goal).max()
    a, b = np.meshgrid(*(np.linspace(g - reach, g + reach, 301) for g in goal))
    away = np.stack([a, b], -1) - goal
    height = (away @ hessian * away).sum(-1) / 2
    ax.contour(a, b, np.sqrt(height), levels=14, cmap="viridis", linewidths=0.8)
    ax.plot(*way.T, ".-", color="crimson", markersize=4)
    ax.plot(*goal, "*", color="black", markersize=12)
    ax.set(title=title, xlabel="coefficient of the power", ylabel="coefficient of the weight", aspect="equal")
print({title: f"{end:.1%} from the goal" for title, end in ends.items()})
assert ends["as measured"] > 0.5 and ends["standardised"] < 0.01
plt.tight_layout()

# %% [markdown]
# The lecture calls this *whitening*. Strictly, that is more: white data have no correlation left. Standardising keeps it.

# %%
again = np.corrcoef(((two - two.mean(0)) / two.std(0)).T)[0, 1]
print("correlation of power and weight, before and after:", standard[0, 1].round(2), again.round(2))
assert abs(again - standard[0, 1]) < 1e-12 and again > 0.8

# %% [markdown]
# ### What is no number
#
# Where a car is from is a *category*. Numbered 0, 1, 2 it would say that Japan is as far from Europe as Europe from the USA, and a linear model would have to believe it. As *dummies*,
# a column of 0 and 1 for each country, each gets a value of its own. (They add up to 1, as the column of the bias does, so that one of them could be left out.)

# %%
table = local_data.cars().dropna()
dummies = pd.get_dummies(table["Origin"]).astype(float)
weight_in_tons = table[["Weight_in_lbs"]] / 2204.6
codes = table["Origin"].map({"USA": 0.0, "Japan": 1.0, "Europe": 2.0})
frames = {
    "weight alone": weight_in_tons,
    "and a number for the origin": weight_in_tons.assign(origin=codes),
    "and dummies": weight_in_tons.join(dummies),
}
errors = {}
for name, frame in frames.items():
    x = np.c_[frame.to_numpy(), np.ones(len(frame))]
    mpg_of = table["Miles_per_Gallon"].to_numpy()
    errors[name] = ((x @ np.linalg.lstsq(x, mpg_of)[0] - mpg_of) ** 2).mean()
    print(f"{name:30} squared error {errors[name]:.2f}")
alone, numbered, dummy = errors.values()
assert dummy < numbered - 0.1 and dummy < alone - 0.1
frames["and dummies"].head(3)

# %% [markdown]
# ## 2. A line, and why two are no better
#
# From the weight to the miles per gallon. Least squares has a formula; a `Linear` layer with gradient descent finds the same line. And a `Linear` after a `Linear` is
# $w'(wx + b) + b' = (w'w)\,x + (w'b + b')$: a line again.

# %%
weight, mpg = cars["weight (lbs)"], cars.y
x = tensor((weight - weight.mean()) / weight.std(), dtype="float32").reshape(-1, 1)
y = tensor((mpg - mpg.mean()) / mpg.std(), dtype="float32").reshape(-1, 1)


def trained(*layers, seed=1, epochs=120):
    ag.manual_seed(seed)
    model = nn.Sequential(*[layer() for layer in layers])
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    history = nn.fit(model, nn.MSELoss(), optimizer, (x, y), epochs=epochs, batch_size=392, progress=False)
    return model, history["loss"][-1]


def linear(a, b):
    return lambda: nn.Linear(a, b)


models = {
    "Linear": trained(linear(1, 1)),
    "Linear + Linear": trained(linear(1, 1), linear(1, 1)),
    "1 ReLU": trained(linear(1, 1), nn.ReLU, linear(1, 1), seed=3),
    "5 ReLU": trained(linear(1, 5), nn.ReLU, linear(5, 1)),
    "5-2 ReLU": trained(linear(1, 5), nn.ReLU, linear(5, 2), nn.ReLU, linear(2, 1)),
    "1000 ReLU": trained(linear(1, 1000), nn.ReLU, linear(1000, 1)),
}

slope, intercept = np.polyfit(x.numpy()[:, 0], y.numpy()[:, 0], 1)
ols = ((slope * x.numpy() + intercept - y.numpy()) ** 2).mean()
print(f"{'least squares':16} {ols:.4f}")
for name, (_, loss) in models.items():
    print(f"{name:16} {loss:.4f}")

# %%
loss = {name: found for name, (_, found) in models.items()}
assert abs(ols - 0.3074) < 1e-4
assert abs(loss["Linear"] - ols) < 2e-3 and abs(loss["Linear + Linear"] - ols) < 2e-3
assert loss["1 ReLU"] < ols + 2e-3
assert max(loss["5 ReLU"], loss["5-2 ReLU"], loss["1000 ReLU"]) < 0.3

# %%
fit_curve({name: model for name, (model, _) in models.items()}, x, y, xlabel="weight, standardised", ylabel="miles per gallon, standardised")

# %% [markdown]
# Heavy cars are further above the line than a line can follow. One `ReLU` gives one bend, five give five. The thousand are hardly better than the five, with 3001 parameters against 16; after 120
# epochs they do not overfit yet.
#
# The two lines in a row *are* one line, to the last digit:

# %%
double, _ = models["Linear + Linear"]
one = double[1].weight @ double[0].weight
rest = double[1].weight @ double[0].bias + double[1].bias
np.testing.assert_allclose(double(x).detach(), (x @ one.T + rest).detach(), atol=1e-5)

# %% [markdown]
# ### What a network of five neurons looks like
#
# Each hidden neuron is a line, clipped; the output is a weighted sum of them.

# %%
five, _ = models["5 ReLU"]
bends = (-five[0].bias / five[0].weight[:, 0]).detach().numpy()
print("it bends at:", np.sort(bends).round(2))
nn.visual.network(five)

# %%
W1, b1 = five[0].weight.detach(), five[0].bias.detach()
W2, b2 = five[2].weight.detach(), five[2].bias.detach()
x0 = x[0]
by_hand = W2 @ F.relu(W1 @ x0 + b1) + b2
np.testing.assert_allclose(by_hand, five(x0).detach(), rtol=1e-5)
matrices("W2 @ relu(W1 @ x + b1) + b2", W1=W1, b1=b1, W2=W2, b2=b2, x=x0)

# %% [markdown]
# ### Dead on arrival
#
# A `ReLU` that is 0 for *every* car has no gradient, so it never learns. How often does it begin like that? With the weight in pounds, half of the time: a negative
# weight is enough. Standardising saves most of them.


# %%
def dead_at_birth(x, seeds=200):
    ag.manual_seed(0)
    return np.mean([bool((nn.Linear(1, 1)(x) <= 0).all()) for _ in range(seeds)])


in_pounds = dead_at_birth(tensor(weight, dtype="float32").reshape(-1, 1))
standardised = dead_at_birth(x)
print(f"dead at birth: {in_pounds:.0%} in pounds, {standardised:.0%} standardised")
assert in_pounds > 0.4 and standardised < 0.2

# %%
seeds = range(8)
fates = [trained(linear(1, 1), nn.ReLU, linear(1, 1), seed=seed, epochs=200)[1] for seed in seeds]
print("one ReLU, eight seeds:", np.round(fates, 3))
assert sum(fate > 0.99 for fate in fates) == 2  # these say the mean for every car, for ever
assert min(fates) < 0.3

# %% [markdown]
# ## 3. Two classes: a line with a sigmoid
#
# Wine of two growers, told by two measurements. `Linear + Sigmoid` gives the probability of class 1. It is *logistic regression*, nothing else; scikit-learn finds the same
# numbers.

# %%
wine = nn.datasets.wine()
wine = wine[wine.y < 2][["proline", "alcohol"]]
mean, deviation = wine.x.mean(0), wine.x.std(0)
x, y = tensor((wine.x - mean) / deviation), tensor(wine.y[:, None].astype(float))

logistic = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()).double()
optimizer = nn.optim.LBFGS(logistic.parameters(), line_search_fn="strong_wolfe")
nn.fit(logistic, nn.BCELoss(), optimizer, (x, y), epochs=10, batch_size=130, progress=False)

from sklearn.linear_model import LogisticRegression

theirs = LogisticRegression(C=np.inf, tol=1e-8).fit(x.numpy(), wine.y)
print("ours:  ", logistic[0].weight.detach().numpy().round(4), logistic[0].bias.detach().numpy().round(4))
print("theirs:", theirs.coef_.round(4), theirs.intercept_.round(4))
np.testing.assert_allclose(logistic[0].weight.detach(), theirs.coef_, atol=1e-3)
np.testing.assert_allclose(logistic[0].bias.detach(), theirs.intercept_, atol=1e-3)

# %% [markdown]
# With neurons in between the surface may bend; with more it may come in pieces. The last activation has to remain a sigmoid, for we want a probability.

# %%
classifiers = {
    "Linear + Sigmoid": logistic,
    "3 sigmoids": nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1), nn.Sigmoid()),
    "30 sigmoids": nn.Sequential(nn.Linear(2, 30), nn.Sigmoid(), nn.Linear(30, 1), nn.Sigmoid()),
    "10-10 ReLU": nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 1), nn.Sigmoid()),
}
ag.manual_seed(0)
for model in list(classifiers.values())[1:]:
    optimizer = nn.optim.Adam(model.double().parameters(), lr=0.05)
    nn.fit(model, nn.BCELoss(), optimizer, (x, y), epochs=400, batch_size=130, progress=False)

figure, axes = plt.subplots(2, 2, figsize=(10, 8), layout="constrained")
accuracies = []
for (name, model), ax in zip(classifiers.items(), axes.flat):
    with ag.no_grad():
        right = ((model(x) > 0.5) == (y > 0.5)).numpy().mean()
    accuracies.append(right)

    def in_units(points, model=model):
        return model((points - mean) / deviation)

    decision_boundary(in_units, wine, resolution=100, title=f"{name}: {right:.1%}", ax=ax)
print(np.round(accuracies, 3))
assert 0.94 < accuracies[0] < 0.97 and min(accuracies[1:]) > accuracies[0]

# %% [markdown]
# The larger ones are better *on the data that they learned from*. Whether that is good news is what the second half is about.

# %% [markdown]
# ## 4. More classes: softmax
#
# For $k$ classes: $k$ outputs, and softmax instead of the sigmoid.

# %%
z = np.array([0.1, 1, 5])
np.testing.assert_allclose(np.exp(z), [1.10517092, 2.71828183, 148.4131591], rtol=1e-8)
p = F.softmax(tensor(z), dim=0)
np.testing.assert_allclose(p, [0.00725956, 0.01785564, 0.9748848], atol=5e-9)
bars(p, classes=["0.1", "1", "5"], title="softmax([0.1, 1, 5])")

# %% [markdown]
# ## 5. Losses
#
# **Regression**: the squared error, as a rule. The absolute error works too. (It is the error itself that is a V; its derivative, which the lecture calls one, is a *step*.) Huber's
# is a parabola inside and a V outside.

# %%
errors = {"squared": F.mse_loss, "absolute": F.l1_loss, "Huber": F.huber_loss}
e = ag.linspace(-2, 2, 81, dtype="float64").requires_grad_()
shown = {name: (e.detach(), loss(e, ag.zeros_like(e), reduction="none").detach()) for name, loss in errors.items()}
(step,) = ag.grad(F.l1_loss(e, ag.zeros_like(e), reduction="sum"), e)
np.testing.assert_array_equal(step, np.sign(e.detach()))
curves(shown, xlabel="error", ylabel="loss")

# %% [markdown]
# **Two classes**: *log loss*. The penalty is $-\log p$ for what happened: 0 when sure and right, without bound when sure and wrong.

# %%
penalty = {"if y = 1: −log p": lambda p: -p.log(), "if y = 0: −log(1 − p)": lambda p: -(1 - p).log()}
curves(penalty, 0, 1, xlabel="p that we give to class 1", ylabel="penalty")

# %% [markdown]
# The printed formula $-\frac1n \sum y_i \log p + (1 - y_i)\log(1 - p_i)$ lacks its brackets, and an index. Read as it stands, the minus and the sum belong to the first term
# alone, and the "loss" is negative. For six samples, each given .6 for what happened:

# %%
y6 = np.array([1, 1, 1, 0, 0, 0])
p6 = np.where(y6 == 1, 0.6, 0.4)
right = -(y6 * np.log(p6) + (1 - y6) * np.log(1 - p6)).mean()
printed = -(y6 * np.log(p6)).mean() + ((1 - y6) * np.log(1 - p6)).sum()
print(f"with brackets {right:.4f}, as printed {printed:.3f}")
assert abs(right - 0.5108) < 1e-4 and -1.28 < printed < -1.27
np.testing.assert_allclose(F.binary_cross_entropy(tensor(p6), tensor(y6.astype(float))), right)

# %% [markdown]
# `BCELoss` has a lid: a probability of 0 for what happened would cost infinitely much, and one such sample would spoil the mean, so that the logarithm is cut off at −100.

# %%
lid = F.binary_cross_entropy(tensor([0.0]), tensor([1.0])).item()
assert lid == 100

# %% [markdown]
# **Many classes**: cross-entropy. A trap, and the slide falls into it: `cross_entropy(y_softmax, y_true)`. PyTorch's `cross_entropy`, and ours, takes *scores*, and does the softmax itself.
# Given probabilities, it does it twice, and learns badly: the largest "score" is 1 and the others are 0, so the loss can *never* fall below
# $\log(1 + 2/e)$ with three classes, however right the answers. PyTorch says nothing; ours warns when it sees rows that add up to 1.

# %%
perfect = tensor([[1.0, 0.0, 0.0]])  # sure, and right
twice = F.cross_entropy(perfect, tensor([0])).item()
print("perfect answers cost", round(twice, 4))
assert abs(twice - math.log(1 + 2 / math.e)) < 1e-6 and abs(twice - 0.551) < 1e-3

# %%
iris, _ = nn.datasets.iris().split(0.9, 0.1, standardise=True)
histories = {}
for name, last in {"scores": nn.Identity, "softmax": lambda: nn.Softmax(1)}.items():
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3), last())
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        histories[name] = nn.fit(model, nn.CrossEntropyLoss(), optimizer, iris, epochs=30, progress=False)
    assert len(warned) == (name == "softmax")  # once, however many the batches
print(warned[0].message)
assert histories["scores"]["loss"][-1] < 0.1
assert min(histories["softmax"]["loss"]) > 0.551
trap = loss_curves(histories)
trap.ax.axhline(math.log(1 + 2 / math.e), linestyle=":", color="gray")
trap

# %% [markdown]
# ## 6. Training
#
# The loop is always the same, and short enough to be written once by hand. `nn.fit` is this loop, with the bookkeeping.

# %%
x = tensor((weight - weight.mean()) / weight.std()).reshape(-1, 1)
y = tensor((mpg - mpg.mean()) / mpg.std()).reshape(-1, 1)


def learn(lr, epochs=40):
    ag.manual_seed(0)
    model = nn.Linear(1, 1).double()
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


crawls, converges, diverges = (learn(lr) for lr in (0.005, 0.2, 1.05))
assert crawls[-1] > 1.5 * ols and abs(converges[-1] - ols) < 1e-3 and diverges[-1] > 10 * diverges[0]
plot = loss_curves({"0.005 crawls": crawls, "0.2 converges": converges, "1.05 diverges": diverges})
plot.ax.set_yscale("log")
plot

# %% [markdown]
# Written with `fit`, a divergence ends with a message that names the learning rate, and keeps the history until then.

# %%
model = nn.Linear(1, 1)
optimizer = nn.optim.SGD(model.parameters(), lr=30.0)
try:
    with np.errstate(over="ignore"):
        nn.fit(model, nn.MSELoss(), optimizer, (x.float(), y.float()), epochs=100, progress=False)
except FloatingPointError as error:
    print(error)
else:
    raise AssertionError("it should have diverged")

# %% [markdown]
# ## 7. Training, validation, test
#
# Three sets: one to learn from, one to choose by, and one in the *vault*, to be looked at once, when everything has been decided. Every look at the second that changes something makes it a little more
# of the first.
#
# 442 patients, ten measurements each, and how far their diabetes had advanced after a year. It is a small, noisy set, and a network of 200-200 neurons has 42,601 parameters for 221 patients: it will learn them by heart.

# %%
patients = nn.datasets.diabetes()
patients = dataclasses.replace(patients, y=(patients.y - patients.y.mean()) / patients.y.std())


def study(seed, hidden=200, dropout=0.0, norm=False, decay=0.0, adamw=False, stop=False, share=1.0, epochs=100):
    """Losses on the training, validation and test set, and the history."""
    ag.manual_seed(seed)
    train, val, test = patients.split(221, 110, 111, standardise=True)
    train = train[: int(share * 221)]
    layers = []
    for n_in, n_out in ((10, hidden), (hidden, hidden)):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        layers += [nn.BatchNorm1d(n_out)] * norm + [nn.Dropout(dropout)] * (dropout > 0)
    model = nn.Sequential(*layers, nn.Linear(hidden, 1))
    rule = nn.optim.AdamW if adamw else nn.optim.Adam
    optimizer = rule(model.parameters(), lr=0.002, weight_decay=decay)
    callbacks = [nn.EarlyStopping(patience=10)] if stop else []
    mse = nn.MSELoss()
    history = nn.fit(model, mse, optimizer, train, val, epochs, callbacks=callbacks, batch_size=64, progress=False)
    return [nn.evaluate(model, mse, part)["loss"] for part in (train, val, test)], history


_, history = study(seed=0)
lowest = int(np.argmin(history["val_loss"]))
print(f"validation is best after epoch {lowest + 1}, and {history['val_loss'][-1] / history['val_loss'][lowest]:.1f} times as large in the end")
assert history["loss"][-1] < 0.05 and history["val_loss"][-1] > 1.2 * history["val_loss"][lowest]
loss_curves(history)

# %% [markdown]
# This is *overfitting*, as it is in every textbook: the training loss goes to 0, the validation loss turns.

# %% [markdown]
# ## 8. What helps
#
# Each remedy of the lecture, and nothing else changed; the mean of two splits. 1 is what one gets by always saying the mean. (We
# look at the test set again and again here, to *show* what generalises. To *choose*, one looks at the validation set, which is the column in the middle.)

# %%
remedies = {
    "half of the data": {"share": 0.5},
    "none": {},
    "5 neurons": {"hidden": 5},
    "dropout .5": {"dropout": 0.5},
    "L2 .1": {"decay": 0.1},
    "AdamW 3": {"decay": 3.0, "adamw": True},
    "early stopping": {"stop": True},
    "batch norm": {"norm": True},
}
table = {name: np.mean([study(seed, **options)[0] for seed in (0, 1)], 0) for name, options in remedies.items()}
print(f"{'':18} train    val   test")
for name, row in table.items():
    print(f"{name:18}" + "".join(f"{value:6.2f} " for value in row))

# %%
train, _, test = np.array(list(table.values())).T
position = np.arange(len(table))
plt.figure(figsize=(8, 3.4))
plt.barh(position - 0.2, train, 0.4, label="train")
plt.barh(position + 0.2, test, 0.4, label="test")
plt.yticks(position, table)
plt.gca().invert_yaxis()
plt.axvline(1, color="gray", linestyle=":")
plt.xlabel("mean squared error")
plt.legend();

# %%
assert table["none"][0] < 0.05 and table["none"][2] > 0.8
assert table["half of the data"][2] > table["none"][2]
for name in ("dropout .5", "L2 .1", "early stopping", "5 neurons"):
    assert table[name][2] < 0.7, name
assert table["none"][2] > table["batch norm"][2] > 0.6  # a small effect, as the lecture says

# %% [markdown]
# The order of things: the data count most; a strong L2 and early stopping come cheap; dropout makes training longer; batch normalisation does a little. And the best of them is only about as good as linear regression, which should always
# be asked first:

# %%
ag.manual_seed(0)
train, val, test = patients.split(221, 110, 111, standardise=True)
solution = np.linalg.lstsq(np.c_[train.x, np.ones(221)], train.y)[0]
straight = ((np.c_[test.x, np.ones(111)] @ solution - test.y) ** 2).mean()
print("linear regression on the test set:", straight.round(2))
assert straight < table["none"][2]

# %% [markdown]
# ## 9. Vectorisation
#
# We think of one instance at a time. The machine does better with all at once: the loop over instances is a matrix product.

# %%
rng = np.random.default_rng(0)
X, W = rng.normal(size=(2000, 50)), rng.normal(size=(10, 50))


def by_loop():
    return np.array([W @ x for x in X])


def at_once():
    return X @ W.T


def seconds(function):
    """Of the quickest of ten runs."""
    found = []
    for _ in range(10):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


np.testing.assert_allclose(by_loop(), at_once())
faster = seconds(by_loop) / seconds(at_once)
print(f"the same numbers, {faster:.0f} times as fast")
assert faster > 2
matrices("X @ W.T", X=X[:100], W=W)

# %% [markdown]
# The network's layers do just that: `nn.Linear` is `x @ weight.T + bias` for as many rows as there are.

# %%
layer = nn.Linear(50, 10).double()
rows = tensor(X)
np.testing.assert_allclose(layer(rows)[:20].detach(), [layer(row).detach().numpy() for row in rows[:20]])

# %% [markdown]
# ## What to take along
#
# - A network is linear models, glued with bends. Without bends, it is a linear model.
# - Standardise: valleys become bowls, and fewer neurons are born dead.
# - A classifier is a regressor of scores: sigmoid for two classes, softmax for more, and `cross_entropy` wants the scores.
# - A training loss says how well was learned by heart. Choose by the validation set, and open the vault once.
#
# **Try:** train the thousand neurons of section 2 for 5000 epochs and look at the curve. Put `Softmax` before `CrossEntropyLoss` for ten classes: what is the lowest loss now? Which two columns of the wine are best?
