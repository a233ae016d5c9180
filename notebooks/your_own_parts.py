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
# # Your own models, layers, operations, optimizers, callbacks
#
# Nothing in `nn` can do what you cannot. This notebook writes one of each, in a few lines, and checks it against what is known.

# %%
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import draw, gradcheck, primitive, tensor
from nn.training import Callback

ag.manual_seed(0);

# %% [markdown]
# ## 1. An operation
#
# What it computes, on arrays; and a rule that takes the gradient `g` of the output to that of the input. What the rule asks for by name, the input `x` or the output `y`, is kept for it, and nothing else.


# %%
@primitive(vjp=lambda g, x: g * np.exp(-(x**2)) * (1 - 2 * x**2))
def wavelet(x):
    return x * np.exp(-(x**2))


x = tensor([-1.0, 0.2, 1.5], dtype="float64", requires_grad=True)
assert gradcheck(wavelet, x)
assert ag.gradgradcheck(wavelet, x)
draw(wavelet(x).sum())

# %% [markdown]
# The second derivative came for free: the rule is made of operations that have rules.

# %%
nn.visual.activation(wavelet)

# %% [markdown]
# ## 2. A layer
#
# A `Module` with parameters, and a `forward` that reads like the formula. This one is a dense layer whose weights are kept at length 1, with a scale for each output.


# %%
class Directions(nn.Module):
    """y = scale · (W / |W|) x, row by row."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(ag.randn(n_out, n_in))
        self.scale = nn.Parameter(ag.ones(n_out))

    def forward(self, x):
        length = (self.weight**2).sum(1, keepdim=True).sqrt()
        return x @ (self.weight / length).T * self.scale


layer = Directions(3, 2)
x = ag.randn(5, 3)
before = layer(x).detach()
layer.weight.data *= 10  # the length does not matter
np.testing.assert_allclose(layer(x).detach(), before, rtol=1e-5)
layer(x).sum().backward()
along = (layer.weight.grad * layer.weight.detach()).sum(1)
np.testing.assert_allclose(along, 0, atol=1e-5)  # so the gradient has no part along it

# %% [markdown]
# ## 3. A model
#
# A model is a layer that holds layers. What happens in `forward` is Python: branches, loops, anything.


# %%
class Residual(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.blocks = nn.ModuleList([Directions(width, width) for _ in range(depth)])
        self.last = nn.Linear(width, 2)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = x + wavelet(block(x))
        return self.last(x)


model = Residual(16, depth=3)
assert sum(p.numel() for p in model.parameters()) == (2 * 16 + 16) + 3 * (16 * 16 + 16) + (16 * 2 + 2)
nn.summary(model, (1, 2))

# %% [markdown]
# ## 4. A loss
#
# Any function of predictions and targets that gives one number. This is cross-entropy that also asks the scores to stay small.


# %%
def modest_cross_entropy(scores, target):
    return F.cross_entropy(scores, target) + 0.001 * (scores**2).mean()


scores, target = ag.zeros(4, 2), tensor([0, 1, 1, 0])
np.testing.assert_allclose(modest_cross_entropy(scores, target), np.log(2), rtol=1e-6)

# %% [markdown]
# ## 5. An optimizer
#
# Say which options and which state vectors there are, and how `p` changes, in place. All parameters come as one long vector, so this is as fast as the ones that are built in.


# %%
class HeavyBall(nn.optim.Optimizer):
    """m ← β m + g, p ← p − lr m."""

    def __init__(self, params, lr, beta=0.9):
        super().__init__(params, {"lr": lr, "beta": beta})

    def vectors(self, group):
        return ("momentum",)

    def rule(self, group, scalars):
        def update(p, g, scratch, m):
            m *= group["beta"]
            m += g
            p -= group["lr"] * m

        return update


def path(make, steps=30):
    p = tensor([3.0, -2.0], dtype="float64", requires_grad=True)
    optimizer = make([p])
    for _ in range(steps):
        optimizer.zero_grad()
        (p**2 * tensor([1.0, 10.0])).sum().backward()
        optimizer.step()
    return p.detach()


ours = path(lambda p: HeavyBall(p, lr=0.01))
theirs = path(lambda p: nn.optim.SGD(p, lr=0.01, momentum=0.9))
np.testing.assert_allclose(ours, theirs, rtol=1e-12)
nn.visual.optimizer_paths("beale", 300, {"HeavyBall": lambda p: HeavyBall(p, lr=0.002, beta=0.8)})

# %% [markdown]
# ## 6. A callback
#
# It is asked after each epoch, and may look, note, change, or end the training by returning `True`.


# %%
class Goal(Callback):
    """Ends the training when a column has come far enough; notes how long the scales are."""

    def __init__(self, column, value):
        self.column = column
        self.value = value
        self.scales = []

    def on_epoch_end(self, run):
        self.scales.append(run.model.blocks[0].scale.detach().numpy().copy())
        return run.history.last[self.column] >= self.value


# %% [markdown]
# ## All of it together
#
# Our model of our layers with our operation, by our loss and our optimizer, until our callback is content.

# %%
ag.manual_seed(0)
train, val = nn.datasets.spirals(400, turns=0.75, noise=0.03).split(0.75, 0.25, stratify=True)
model = Residual(16, depth=3)
goal = Goal("val_accuracy", 0.97)
history = nn.fit(
    model, modest_cross_entropy, HeavyBall(model.parameters(), lr=0.05), train, val,
    epochs=300, metrics="accuracy", callbacks=[goal], progress=False,
)  # fmt: skip
epochs = len(history["loss"])
print("content after", epochs, "epochs, with", history["val_accuracy"][-1])
assert epochs < 300 and history["val_accuracy"][-1] >= 0.97
assert len(goal.scales) == epochs
nn.visual.decision_boundary(model, val)

# %%
scales = np.array(goal.scales)
nn.visual.curves({f"output {i}": (np.arange(epochs), scales[:, i]) for i in range(4)}, xlabel="epoch", ylabel="scale in block 0")

# %% [markdown]
# **Try:** give `wavelet` a rule with a mistake in it, and see what `gradcheck` says. Make `HeavyBall` Nesterov's: `p −= lr (g + β m)`. Let `Goal` halve the learning rate
# instead of ending: `run.optimizer.param_groups[0]["lr"] /= 2`.
