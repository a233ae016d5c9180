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
# # When gradients go wrong
#
# It runs, and it does not learn. There are few reasons for that, and each leaves its marks. This notebook commits the classic mistakes one after the other, shows what they look like, and
# what to do about each. The engine's promise is *exact or loud*: where it can know that something is wrong, it says so.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import gradcheck, tensor

ag.manual_seed(0);

# %% [markdown]
# ## 1. Gradients add up
#
# `backward` *adds* to `.grad`: that is what makes shared weights right. So a loop that does not clear them steps along the sum of all gradients so far, like a ball with
# too much momentum.


# %%
def descend(clear, steps=60):
    x = tensor(1.0, requires_grad=True)
    way = []
    for _ in range(steps):
        way.append(x.item())
        (x**2).backward()
        x.data -= 0.05 * x.grad
        if clear:
            x.grad = None
    return np.array(way)


cleared, forgotten = descend(clear=True), descend(clear=False)
assert abs(cleared[-1]) < 0.01 and abs(forgotten[-20:]).max() > 0.5
steps = np.arange(60)
nn.visual.curves({"cleared": (steps, cleared), "not cleared": (steps, forgotten)}, xlabel="step", ylabel="x")

# %% [markdown]
# The cure: `optimizer.zero_grad()` before each `backward`.

# %% [markdown]
# ## 2. Cut off
#
# `.detach()`, `.item()`, `.numpy()`: each gives a number that remembers nothing. If that was all there was, the engine says so; if a part of the computation goes on, it cannot know that you did
# not mean it, and the gradient is that of the *other* part.

# %%
w = tensor(3.0, requires_grad=True)
try:
    (w.detach() ** 2).backward()
except RuntimeError as error:
    print(error)
else:
    raise AssertionError("there is nothing to differentiate")

# %%
half = w * w.detach()  # the derivative of w² is 2 w, of this it is w
half.backward()
assert w.grad.item() == 3.0
ag.draw(half)

# %% [markdown]
# In the picture the detached factor is a constant: no arrow goes back to `w`. When a gradient is too small, or a parameter has none, look at the picture first.

# %% [markdown]
# ## 3. A second time
#
# After `backward` the intermediate values are gone: memory is dear. A second sweep over the same graph needs them, and the error says what to do.

# %%
x = tensor(2.0, requires_grad=True)
y = x.exp()
z = y * y
z.backward()
try:
    z.backward()
except RuntimeError as error:
    print(error)
else:
    raise AssertionError("what was freed cannot be used")

# %% [markdown]
# ## 4. Changed under its feet
#
# The rule of $y^2$ needs $y$ later. If you change `y` in between, there are three cases. Changed as a part of the computation, nothing bad happens: the old value is kept, and the gradient is right.

# %%
def square_of_exp():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    return x, y, (y**2).sum()


right = 2 * np.exp([2.0, 4.0])
x, y, z = square_of_exp()
y.add_(1)
np.testing.assert_allclose(ag.grad(z, x)[0], right, rtol=1e-6)

# %% [markdown]
# Changed behind the graph's back, under `no_grad`, it is noticed:

# %%
x, y, z = square_of_exp()
with ag.no_grad():
    y.add_(1)
try:
    ag.grad(z, x)
except RuntimeError as error:
    print(error)
else:
    raise AssertionError("the value is not the one that was squared")

# %% [markdown]
# And changed in the memory itself, through `.data` or the NumPy array, it is *not*. These are the ways around all guards, in PyTorch as well: they are for those who know that nobody needs the old value.

# %%
x, y, z = square_of_exp()
y.data[0] = 100.0
gradient = ag.grad(z, x)[0]
print(gradient.numpy(), "but the right one is", right.round(4))
assert abs(gradient[0].item() - right[0]) > 1000

# %% [markdown]
# ## 5. Not a number
#
# `sqrt` has no slope at 0, and `0 · inf` is NaN. The classic is a *masked* square root: the mask is right, the value is right, and the gradient is NaN, because the branch that was not chosen is
# differentiated as well.

# %%
x = tensor([0.0, 4.0], requires_grad=True)
with np.errstate(divide="ignore", invalid="ignore"):
    bad = ag.grad(ag.where(x > 0, x.sqrt(), ag.zeros_like(x)).sum(), x)[0]
safe = ag.where(x > 0, x, ag.ones_like(x))  # a harmless number goes in where nothing comes out
good = ag.grad(ag.where(x > 0, safe.sqrt(), ag.zeros_like(x)).sum(), x)[0]
print("bad:", bad.numpy(), "  good:", good.numpy())
assert np.isnan(bad[0].item())
np.testing.assert_allclose(good, [0, 0.25])

# %% [markdown]
# Where did it begin? `detect_anomaly` names the operation whose rule gave the first NaN, and the line of yours that called it.

# %%
try:
    with ag.autograd.detect_anomaly(), np.errstate(divide="ignore", invalid="ignore"):
        ag.where(x > 0, x.sqrt(), ag.zeros_like(x)).sum().backward()
except RuntimeError as error:
    what, _, place = str(error).partition("; ")
    line = place.rpartition(": ")[2]
else:
    raise AssertionError("there is a NaN")
print(what)
print("in", line)
assert "sqrt" in what and "NaN" in what
assert "x.sqrt()" in line

# %% [markdown]
# ## 6. Vanishing and exploding
#
# Through twenty layers a gradient is multiplied by twenty Jacobians. Sigmoids have slopes of at most a quarter, so that the first layers see nothing; too large weights, and it explodes. He's
# initialisation and ReLUs keep the scale.

# %%
x, y = ag.randn(64, 30), tensor(np.random.default_rng(0).integers(0, 3, 64))


def deep(activation, init):
    ag.manual_seed(0)
    layers = []
    for _ in range(20):
        layer = nn.Linear(30, 30)
        init(layer.weight)
        layers += [layer, activation()]
    return nn.Sequential(*layers, nn.Linear(30, 3))


def first_against_last(model):
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    norms = [p.grad.norm().item() for name, p in model.named_parameters() if name.endswith("weight")]
    return norms[0] / norms[-2], norms


cases = {
    "sigmoid": deep(nn.Sigmoid, nn.init.xavier_uniform_),
    "tanh, Xavier": deep(nn.Tanh, nn.init.xavier_uniform_),
    "ReLU, He": deep(nn.ReLU, nn.init.kaiming_normal_),
    "ReLU, three times He": deep(nn.ReLU, lambda w: nn.init.normal_(w, 0, 3 * (2 / 30) ** 0.5)),
}
ratios = {}
plt.figure(figsize=(7, 3.4))
for name, model in cases.items():
    ratios[name], norms = first_against_last(model)
    plt.semilogy(norms[:-1], marker=".", label=f"{name}: first / last {ratios[name]:.1g}")
plt.xticks(range(0, 20, 2))
plt.xlabel("layer")
plt.ylabel("norm of the weights' gradient")
plt.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %%
assert ratios["sigmoid"] < 1e-6
assert 0.01 < ratios["tanh, Xavier"] < 100 and 0.01 < ratios["ReLU, He"] < 100
_, sound = first_against_last(cases["ReLU, He"])
_, wild = first_against_last(cases["ReLU, three times He"])
assert max(wild) > 1e6 * max(sound)  # three to the power of twenty

# %% [markdown]
# `nn.visual.gradient_health` says all this of a model at once, layer by layer.

# %%
model = cases["sigmoid"]
nn.visual.gradient_health(model, nn.CrossEntropyLoss(), x, y, nn.optim.SGD(model.parameters(), lr=0.1))

# %% [markdown]
# ## 7. Exploding: clip it
#
# When the norm is now and then a thousand times what it should be, as in recurrent networks, cut it. The direction stays.

# %%
model = cases["ReLU, three times He"]
before = nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
after = sum((p.grad**2).sum().item() for p in model.parameters()) ** 0.5
print(f"norm {before:.3g} → {after:.3f}")
assert before > 1e3 and abs(after - 1) < 1e-3

# %% [markdown]
# ## 8. Is my own rule right?
#
# A rule that you write yourself may be wrong, and nothing looks wrong: it even learns, a little. `gradcheck` nudges every number and compares.


# %%
@ag.primitive(vjp=lambda g, y: g * (1 - y))  # forgot the square
def wrong_tanh(x):
    return np.tanh(x)


p = tensor([0.3, -0.8], dtype="float64", requires_grad=True)
try:
    gradcheck(wrong_tanh, p)
except Exception as error:
    print(type(error).__name__, str(error)[:200])
else:
    raise AssertionError("a wrong rule went through")

# %% [markdown]
# ## The order in which to look
#
# 1. Does the loss fall on *one* batch, repeated? If not, it is a bug and not a matter of tuning.
# 2. Is any gradient `None`, or 0 everywhere? Then something is cut off (2), dead or saturated (6).
# 3. Is any of them NaN? `detect_anomaly` (5).
# 4. Is the first layer's a millionth of the last one's? Initialisation, activation, normalisation (6).
# 5. Your own rule? `gradcheck` (8).

# %%
ag.manual_seed(0)
model = nn.Sequential(nn.Linear(30, 30), nn.ReLU(), nn.Linear(30, 3))
history = nn.fit(model, nn.CrossEntropyLoss(), nn.optim.Adam(model.parameters(), lr=0.01), (x, y), epochs=150, batch_size=64, progress=False)
assert all(p.grad is not None and p.grad.norm().item() > 0 for p in model.parameters())
assert history["loss"][-1] < 0.05  # one batch by heart, though its labels are noise: the machinery works
nn.visual.loss_curves(history)
