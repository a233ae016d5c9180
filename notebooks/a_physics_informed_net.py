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
# # A physics-informed net
#
# A network can learn a function of which we have *no data*, only its law. The loss is how badly the law is violated, and the law contains derivatives: so we differentiate the network by its input, and then the
# loss by the weights. Derivatives of derivatives: this is what `create_graph=True` is for.
#
# After Raissi, Perdikaris and Karniadakis, *Physics-informed neural networks*, 2019.

# %%
import numpy as np

import autograd_engine as ag
import nn
from autograd_engine import tensor
from nn.visual import curves, loss_curves

ag.manual_seed(0);

# %% [markdown]
# ## 1. The law: a damped spring
#
# $$u'' + 2\delta\,u' + \omega^2 u = 0, \qquad u(0) = 1,\; u'(0) = 0$$
#
# For $\delta < \omega$ there is a formula, which the network is not told; it is our judge.

# %%
delta, omega = 1.0, 4.0
phi = np.sqrt(omega**2 - delta**2)


def exact(t):
    return np.exp(-delta * t) * (np.cos(phi * t) + delta / phi * np.sin(phi * t))


# %% [markdown]
# ## 2. The law, of any function
#
# `ag.grad` of the sum gives the derivative at every point at once, since each output depends on its own point alone. With `create_graph=True` it can be differentiated again.


# %%
def derivatives(u, t):
    y = u(t)
    (first,) = ag.grad(y.sum(), t, create_graph=True)
    (second,) = ag.grad(first.sum(), t, create_graph=True)
    return y, first, second


def residual(u, t):
    y, first, second = derivatives(u, t)
    return second + 2 * delta * first + omega**2 * y


t = ag.linspace(0, 3, 60, dtype="float64").reshape(-1, 1).requires_grad_()
truth = lambda t: (-delta * t).exp() * ((phi * t).cos() + delta / phi * (phi * t).sin())  # noqa: E731
wrong = lambda t: (phi * t).cos()  # noqa: E731
assert residual(truth, t).abs().max().item() < 1e-10
assert residual(wrong, t).abs().max().item() > 1

# %% [markdown]
# The judge obeys the law to ten digits, and a spring without damping does not. That checks the derivatives, to second order.

# %% [markdown]
# ## 3. The network
#
# It is smooth: `tanh`, for the second derivative of a `ReLU` is 0 everywhere. The two conditions at the start are built in, $u = 1 + t^2 \cdot \text{net}(t)$, so that only the law is left to learn.

# %%
ag.manual_seed(0)
net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)).double()


def u(t):
    return 1 + t**2 * net(t)


y, first, _ = derivatives(u, tensor([[0.0]], dtype="float64", requires_grad=True))
assert y.item() == 1 and first.item() == 0

# %% [markdown]
# ## 4. Learning from the law alone
#
# The mean squared residual at sixty moments. L-BFGS, which uses curvature, is the custom here: there is no noise to average out.

# %%
optimizer = nn.optim.LBFGS(net.parameters(), max_iter=20, line_search_fn="strong_wolfe")
losses = []


def closure():
    optimizer.zero_grad()
    loss = (residual(u, t) ** 2).mean()
    loss.backward()
    return loss


for _ in range(30):
    losses.append(optimizer.step(closure).item())
print(f"{losses[0]:.3g} → {losses[-1]:.3g}")
assert losses[-1] < 1e-3 * losses[0]
plot = loss_curves(losses)
plot.ax.set_yscale("log")
plot

# %%
moments = t.detach().numpy()[:, 0]
found = u(t).detach().numpy()[:, 0]
error = abs(found - exact(moments)).max()
print("largest error:", error.round(5))
assert error < 0.02
curves({"the formula": (moments, exact(moments)), "the network, which was never told": (moments, found)}, xlabel="t", ylabel="u")

# %% [markdown]
# ## 5. Backwards: which law was it?
#
# Now the reverse. There are a few noisy measurements, and $\delta$ is not known. It becomes one more parameter.

# %%
rng = np.random.default_rng(0)
when = rng.uniform(0, 3, (25, 1))
measured = tensor(exact(when) + 0.02 * rng.normal(size=when.shape))
when = tensor(when)
unknown = tensor(0.2, dtype="float64", requires_grad=True)  # a bad guess
optimizer = nn.optim.LBFGS([*net.parameters(), unknown], max_iter=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    y, first, second = derivatives(u, t)
    law = ((second + 2 * unknown * first + omega**2 * y) ** 2).mean()
    data = ((u(when) - measured) ** 2).mean()
    loss = law + 100 * data
    loss.backward()
    return loss


guesses = [unknown.item()]
for _ in range(20):
    optimizer.step(closure)
    guesses.append(unknown.item())
print("δ:", round(guesses[0], 2), "→", round(guesses[-1], 3), "and it was", delta)
assert abs(guesses[-1] - delta) < 0.05
curves({"guess": (np.arange(21), guesses), "truth": (np.arange(21), np.full(21, delta))}, xlabel="step", ylabel="δ")

# %% [markdown]
# **Try:** a spring that is overdamped, $\delta > \omega$. Points that are drawn anew in each step. A nonlinear pendulum, $u'' + \omega^2 \sin u = 0$: there is no formula any more, and nothing else changes.
