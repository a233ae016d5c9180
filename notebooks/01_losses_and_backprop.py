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
# # 01 · Losses, softmax, cross-entropy, backpropagation, the dense layer
#
# A model is a function with knobs. A *loss* says in one number how wrong it is, the *gradient* says how that number changes with
# each knob, and *backpropagation* finds the gradient for the price of one more pass. That is all of deep learning's
# machinery, and this notebook takes it apart: a few words, a few lines, a check that can fail, a picture.
#
# It goes with Christopher Bourez' *Course 0: deep learning in 5 days only*. Where a formula of the lecture has slipped, we say so, and let
# the engine show what is right.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import draw, explain, tensor
from nn.visual import bars, curves, descent, loss_curves, optimizer_paths

ag.manual_seed(0);

# %% [markdown]
# ## 1. How wrong? The squared error
#
# For a number that is to be predicted, the wrongness of a prediction is its squared distance from the target. The lecture writes the *mean
# squared error* as a sum; it is a mean when that sum is divided by how many there are. The two have the same minimum, but
# not the same gradient: with the sum, twice the data means steps twice as long.

# %%
predicted = tensor([2.5, 0.0, 2.0, 8.0], requires_grad=True)
target = tensor([3.0, -0.5, 2.0, 7.0])

as_sum = F.mse_loss(predicted, target, reduction="sum")
as_mean = F.mse_loss(predicted, target)
print("sum:", as_sum.item(), "  mean:", as_mean.item())
assert (as_sum.item(), as_mean.item()) == (1.5, 0.375)

# %%
(of_sum,) = ag.grad(as_sum, predicted)
(of_mean,) = ag.grad(as_mean, predicted)
np.testing.assert_allclose(of_sum, 4 * of_mean)
np.testing.assert_allclose(of_mean, 2 * (predicted - target).detach() / 4)
of_mean

# %% [markdown]
# A loss is *one* number, and must be: "which way is down" has no meaning for two heights at once. Ask for the gradient of
# a vector, and the engine says so.

# %%
try:
    (predicted - target).backward()
except RuntimeError as error:
    print(error)
else:
    raise AssertionError("a vector has no gradient")

# %% [markdown]
# ## 2. Cross-entropy
#
# A classifier gives probabilities $p_c$. If things really happen with probabilities $\tilde p_c$, then
#
# $$\text{CE}(p, \tilde p) = -\sum_c \tilde p_c \log p_c$$
#
# is how surprised we are on average if we believe $p$. It is lowest where we believe the truth.

# %%
truth = tensor([0.2, 0.5, 0.3], dtype="float64")


def cross_entropy(p, truth):
    return -(truth * p.log()).sum()


entropy = cross_entropy(truth, truth)
belief = tensor([0.6, 0.3, 0.1], dtype="float64")
kl = (truth * (truth / belief).log()).sum()
print(f"CE {cross_entropy(belief, truth).item():.4f} = H {entropy.item():.4f} + KL {kl.item():.4f}")
np.testing.assert_allclose(cross_entropy(belief, truth) - entropy, kl)

# %% [markdown]
# What is above the entropy $H(\tilde p)$ is the Kullback–Leibler divergence, and that is never negative. So $p = \tilde p$ is the minimum; a thousand
# random beliefs agree.

# %%
beliefs = F.softmax(2 * ag.randn(1000, 3, dtype="float64"), dim=1)
surprises = -(truth * beliefs.log()).sum(1)
assert (surprises >= entropy).all()

yes = np.linspace(0.01, 0.99, 99)
low = {f"truth {t}": (yes, -t * np.log(yes) - (1 - t) * np.log(1 - yes)) for t in (0.5, 0.3, 0.1)}
curves(low, xlabel="p that we believe", ylabel="cross-entropy", title="Each has its minimum at the truth")

# %%
for t, (p, ce) in zip((0.5, 0.3, 0.1), low.values()):
    assert abs(p[ce.argmin()] - t) < 1e-9

# %% [markdown]
# The lecture says that cross-entropy "measures the distance between two probabilities". It is close to that in spirit, but it is no
# distance: it is not 0 between a thing and itself, and the way there is not as long as the way back.

# %%
there, back = cross_entropy(belief, truth).item(), cross_entropy(truth, belief).item()
print(f"there {there:.3f}   back {back:.3f}   to itself {entropy.item():.3f}")
assert abs(there - back) > 0.05
assert entropy.item() > 1

# %% [markdown]
# ## 3. Softmax: scores become probabilities
#
# Models give scores, any numbers. Softmax makes them positive, by $e^{o}$, and makes them sum to 1:
#
# $$\text{softmax}(o)_i = \frac{e^{o_i}}{\sum_c e^{o_c}}$$

# %%
scores = tensor([1.0, 2.0, 3.0])
p = F.softmax(scores, dim=0)
np.testing.assert_allclose(p, [0.0900, 0.2447, 0.6652], atol=1e-4)
assert abs(p.sum().item() - 1) < 1e-6
bars(p, classes=["score 1", "score 2", "score 3"], title="softmax of [1, 2, 3]")

# %% [markdown]
# The lecture prints it with $e^{-o}$. That is a function too, *softmin*, and prefers the **lowest** score. Its formulas further down
# are consistent with that sign; we use the one that everybody means.

# %%
printed = np.exp(-scores) / np.exp(-scores).sum()
np.testing.assert_allclose(printed, F.softmin(scores, dim=0), rtol=1e-6)
assert printed.argmax().item() == 0 and p.argmax().item() == 2
printed

# %% [markdown]
# ## 4. Where does the truth come from? From samples
#
# Nobody knows $\tilde p$. But cross-entropy is an expectation, and an expectation is estimated by a mean over samples: the *empirical*
# cross-entropy is the mean of $-\log p_{\hat c}$ over what really happened.

# %%
happened = np.random.default_rng(0).choice(3, 20_000, p=truth.numpy())
surprise = -np.log(belief.numpy())[happened]
running = surprise.cumsum() / np.arange(1, 20_001)
print("from samples:", running[-1].round(4), "  by the formula:", round(there, 4))
assert abs(running[-1] - there) < 0.02

plt.figure(figsize=(6, 2.6))
plt.semilogx(running, label="mean of −log p over the first n samples")
plt.axhline(there, color="tab:orange", label="CE(p, truth)")
plt.xlabel("n")
plt.legend();

# %% [markdown]
# For one sample, this is the formula with a truth that is 1 at the class that happened and 0 elsewhere: *one-hot*. Which of the two is
# given to the loss makes no difference.

# %%
logits = ag.randn(4, 3)
classes = tensor([0, 2, 1, 2])
by_index = F.cross_entropy(logits, classes)
by_one_hot = F.cross_entropy(logits, F.one_hot(classes, 3).float())
by_hand = -F.log_softmax(logits, dim=1)[range(4), classes].mean()
np.testing.assert_allclose([by_one_hot.item(), by_hand.item()], by_index.item(), rtol=1e-6)

# %%
bars(F.softmax(logits[0], dim=0), 0, classes=["cat", "dog", "fish"])

# %% [markdown]
# ## 5. Downhill
#
# $\theta_{t+1} = \theta_t - \lambda \nabla_\theta\, \text{cost}$: take a step against the gradient. On a parabola $x^2$, a step multiplies $x$ by
# $1 - 2\lambda$, so everything can be foretold: slow for a small $\lambda$, at once for $\lambda = \frac12$, and away for $\lambda > 1$.

# %%
way = descent(lambda x: x**2, lrs=[0.05, 0.3, 0.95], start=-1.5, steps=12)
for lr in (0.05, 0.3, 0.95):
    np.testing.assert_allclose(way.data[lr]["x"], -1.5 * (1 - 2 * lr) ** np.arange(13), atol=1e-5)
way

# %% [markdown]
# With two parameters there are two such factors, and one learning rate for both. On the bowl $x^2 + 5y^2$ they are $1 - 2\lambda$ and $1 - 10\lambda$: with $.02$
# we crawl, with $.1$ the steep direction is done in one step, and with $.3$ it explodes.

# %%
rates = {f"η = {lr}": (lambda p, lr=lr: nn.optim.SGD(p, lr=lr)) for lr in (0.02, 0.1, 0.3)}
bowl = optimizer_paths(lambda x, y: x**2 + 5 * y**2, 8, rates, start=(-2.5, 0.05), xlim=(-3, 3), ylim=(-2, 2))
end = {label: abs(bowl.data[label][-1]) for label in rates}
assert end["η = 0.02"][0] > 1.5 > 0.5 > end["η = 0.1"][0]
assert end["η = 0.3"][1] > 100 * 0.05
bowl

# %% [markdown]
# What a learning rate does is seen in the loss curve. Here a line learns how far a car goes on a gallon, by four learning rates: one crawls,
# one walks, one runs, one leaves.

# %%
x, y = nn.datasets.cars()
x = tensor((x - x.mean(0)) / x.std(0), dtype="float64")
y = tensor((y - y.mean()) / y.std(), dtype="float64").reshape(-1, 1)


def losses(lr, steps=30):
    model = nn.Linear(6, 1).double()
    nn.init.zeros_(model.weight)
    optimizer = nn.optim.SGD(model.parameters(), lr=lr)
    found = []
    for _ in range(steps):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


four = {f"η = {lr}": losses(lr) for lr in (0.001, 0.01, 0.2, 0.25)}
end = [curve[-1] for curve in four.values()]
assert end[0] > end[1] > end[2] and end[3] > 10
curve_plot = loss_curves(four)
curve_plot.ax.set_yscale("log")
curve_plot

# %% [markdown]
# Why does .25 leave? A quadratic loss diverges where $\eta > 2 / \lambda_{\max}$ of its Hessian. That is a number we can ask for.

# %%
hessian = 2 * x.T @ x / len(x)
limit = 2 / np.linalg.eigvalsh(hessian.numpy()).max()
print("the largest learning rate that converges:", limit.round(3))
assert 0.2 < limit < 0.25

# %% [markdown]
# The update rule by hand *is* `SGD`. Adam, Adadelta and RMSprop use the same gradients, and differ in the step that they make of them.

# %%
by_hand, by_optimizer = (tensor([3.0, -2.0], requires_grad=True) for _ in range(2))
sgd = nn.optim.SGD([by_optimizer], lr=0.1)
for _ in range(5):
    for theta in (by_hand, by_optimizer):
        theta.grad = None
        (theta**2).sum().backward()
    by_hand.data -= 0.1 * by_hand.grad
    sgd.step()
np.testing.assert_array_equal(by_hand.detach(), by_optimizer.detach())

# %%
digits = nn.datasets.digits()
train, test = digits.split(0.75, 0.25, stratify=True, standardise=True)
digits[:10]

# %%
rules = {
    "SGD": lambda p: nn.optim.SGD(p, lr=0.1),
    "Adam": lambda p: nn.optim.Adam(p, lr=0.003),
    "Adadelta": lambda p: nn.optim.Adadelta(p, lr=1.0),
    "RMSprop": lambda p: nn.optim.RMSprop(p, lr=0.001),
}
histories = {}
for label, rule in rules.items():
    ag.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    history = nn.fit(model, nn.CrossEntropyLoss(), rule(model.parameters()), train, epochs=8, progress=False)
    accuracy = nn.evaluate(model, nn.CrossEntropyLoss(), test, "accuracy")["accuracy"]
    print(f"{label:9} {accuracy:.1%} of the digits that it has never seen")
    assert accuracy > 0.9
    histories[label] = history
loss_curves(histories)

# %% [markdown]
# ## 6. Backpropagation is the chain rule, from the top
#
# A network is a composition, $\text{cost} = \text{CE} \circ \text{softmax} \circ \text{Dense}^2 \circ \text{ReLU} \circ \text{Dense}^1$. First, why the ReLU? Without it two dense
# layers are one: $W_2(W_1 x + b_1) + b_2 = (W_2 W_1)\,x + (W_2 b_1 + b_2)$.

# %%
first, second = nn.Linear(4, 5).double(), nn.Linear(5, 3).double()
x = ag.randn(7, 4, dtype="float64")
weight = second.weight @ first.weight
bias = second.weight @ first.bias + second.bias
np.testing.assert_allclose(second(first(x)).detach(), (x @ weight.T + bias).detach(), atol=1e-12)
assert not np.allclose(second(F.relu(first(x))).detach(), (x @ weight.T + bias).detach())

# %% [markdown]
# The derivative of a composition is the product of the derivatives, and these are matrices: *Jacobians*. So $\nabla_{\theta_1}$ is a product of five, and
# we can multiply them ourselves.

# %%
x, label = x[0], tensor([1])
h = first(x)
a = F.relu(h)
o = second(a)
p = F.softmax(o, dim=0)

five = [
    ag.jacobian(lambda p: -p[label].log(), p.detach()),  # ∇ CrossEntropy, 1 × 3
    ag.jacobian(lambda o: F.softmax(o, dim=0), o.detach()),  # ∇ Softmax, 3 × 3
    ag.jacobian(second, a.detach()),  # ∇ Dense², 3 × 5
    ag.jacobian(F.relu, h.detach()),  # ∇ ReLU, 5 × 5
    ag.jacobian(lambda W: F.linear(x, W, first.bias), first.weight.detach()).reshape(5, 20),  # 5 × 20
]
product = np.linalg.multi_dot([np.atleast_2d(J.detach().numpy()) for J in five])

F.cross_entropy(o.reshape(1, 3), label).backward()
np.testing.assert_allclose(product.reshape(5, 4), first.weight.grad, atol=1e-6)
print([tuple(J.shape) for J in five], "multiply to", product.shape)

# %% [markdown]
# The factors on the left are those of the upper layers, and all parameters share them: they are computed once. This is the same
# program as the engine sees it, with the gradient in each box. Read it from the loss back.

# %%
tiny = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
loss = F.cross_entropy(tiny(tensor([[1.0, -2.0]])), tensor([0]))
loss.backward()
draw(loss, names=dict(tiny.named_parameters()))

# %% [markdown]
# And why from the *top*? Because the top is one number, so that each product is a row times a matrix. From the bottom, each is a matrix times
# a matrix. We count the multiplications for layers $2000 \to 300 \to 10$.


# %%
def multiplications(shapes):
    """Of a product of matrices, taken from the left to the right."""
    return sum(shapes[0][0] * rows * columns for rows, columns in shapes[1:])


chain = [(1, 10), (10, 300), (300, 300), (300, 2000)]  # loss, Dense², ReLU, Dense¹
top_down = multiplications(chain)
bottom_up = multiplications([(columns, rows) for rows, columns in chain[::-1]])
print(f"{top_down:,} against {bottom_up:,}: {bottom_up / top_down:.0f} times as many")
assert (top_down, bottom_up) == (693_000, 186_020_000)

# %%
plt.figure(figsize=(6, 1.6))
plt.barh(["from the bottom", "from the top"], [bottom_up, top_down], color=["tab:orange", "tab:blue"])
plt.xscale("log")
plt.xlabel("multiplications");

# %% [markdown]
# ## 7. Softmax and cross-entropy belong together
#
# With $\text{cost} = -\log \text{softmax}(o)_{\hat c} = -o_{\hat c} + \log\sum_c e^{o_c}$, the derivative by the scores is as simple as can be:
#
# $$\frac{\partial\, \text{cost}}{\partial o_c} = p_c - \delta_{c, \hat c}$$
#
# The lecture has $\delta - p$: that is the *step*, which goes against the gradient (or the gradient by its softmin). If the cat has probability .8, its score's
# gradient is $-.2$: the step raises it. A wrong class with .4 has $+.4$: the step lowers it. (The two are from two different images: .8 and .4 are more
# than 1.)

# %%
for probabilities, expected in (([0.8, 0.15, 0.05], [-0.2, 0.15, 0.05]), ([0.5, 0.4, 0.1], [-0.5, 0.4, 0.1])):
    o = tensor(np.log(probabilities), requires_grad=True)
    F.cross_entropy(o, tensor(0)).backward()
    np.testing.assert_allclose(o.grad, expected, atol=1e-7)
    print("p =", probabilities, "  gradient =", o.grad.numpy().round(3))

# %% [markdown]
# It is also a matter of survival. Apart, softmax gives a probability so small that it is 0, and the logarithm of 0 is infinite. In one, nothing small is
# ever computed.

# %%
o = tensor([1000.0, 0.0], requires_grad=True)
with np.errstate(divide="ignore"):  # NumPy would warn of log 0: that is the point here
    apart = -F.softmax(o, dim=0)[1].log()
in_one = F.cross_entropy(o, tensor(1))
in_one.backward()
print("apart:", apart.item(), "  in one:", in_one.item(), "  gradient:", o.grad.numpy())
assert apart.item() == math.inf
assert in_one.item() == 1000
np.testing.assert_array_equal(o.grad, [1, -1])

# %% [markdown]
# ### Exercise: sigmoid and binary cross-entropy
#
# One score, two classes, $\sigma(o) = 1/(1 + e^{-o})$, target $t$. On paper: $\sigma' = \sigma(1 - \sigma)$ cancels the denominators of the logarithms' derivatives, and what is left is
# $\sigma - t$. The engine agrees, and writes the chain down.

# %%
o, t = tensor(0.7, dtype="float64", requires_grad=True), 0.0
s = o.sigmoid()
loss = -(t * s.log() + (1 - t) * (1 - s).log())
loss.backward()
np.testing.assert_allclose(o.grad, s.detach() - t)
written = explain(loss, o)
print(written)
written

# %% [markdown]
# ### Exercise: sigmoid and squared error
#
# Now nothing cancels: $2(\sigma - t)\,\sigma(1 - \sigma)$. The last two factors are small wherever the sigmoid is flat, also where the answer is as wrong
# as can be. The network that is most in need of learning learns nothing: the sigmoid is *saturated*.

# %%
o = ag.linspace(-8, 8, 161, dtype="float64").requires_grad_()
s = o.sigmoid()
(by_square,) = ag.grad(((s - 0) ** 2).sum(), o)
(by_entropy,) = ag.grad(F.binary_cross_entropy_with_logits(o, ag.zeros_like(o), reduction="sum"), o)
s = s.detach()
np.testing.assert_allclose(by_square, 2 * s * s * (1 - s))
np.testing.assert_allclose(by_entropy, s)

slopes = {"cross-entropy: σ − t": (o.detach(), by_entropy), "squared: 2(σ − t)σ(1 − σ)": (o.detach(), by_square)}
print("at o = 8, utterly wrong:", by_entropy[-1].item(), "against", by_square[-1].item())
assert by_entropy[-1].item() > 0.99 > 0.001 > by_square[-1].item()
curves(slopes, xlabel="score o, where the target is 0", ylabel="gradient")

# %% [markdown]
# ## 8. The dense layer by hand
#
# Two inputs, two outputs, $o_i = \sum_j \theta_{ij} x_j$. Since $\partial o_i / \partial \theta_{kj}$ is $x_j$ if $k = i$ and otherwise 0,
#
# $$\frac{\partial L}{\partial \theta_{kj}} = (p_k - \delta_{k, \hat c})\; x_j$$
#
# an outer product: *error times input*. (The lecture prints $(\delta - o_k)\,x_j$, with the score where the probability belongs. With
# these numbers that would be something else altogether.)

# %%
theta = tensor([[0.1, 0.2], [0.3, 0.4]], dtype="float64", requires_grad=True)
x = tensor([1.5, -2.0], dtype="float64")
o = theta @ x
loss = F.cross_entropy(o, tensor(0))
loss.backward()

delta = np.array([1.0, 0.0])
p = F.softmax(o, dim=0).detach().numpy()
np.testing.assert_allclose(theta.grad, np.outer(p - delta, x))
np.testing.assert_allclose(theta.grad, [[-0.7125, 0.95], [0.7125, -0.95]], atol=1e-4)
as_printed = np.outer(delta - o.detach().numpy(), x)
np.testing.assert_allclose(as_printed, [[1.875, -2.5], [0.525, -0.7]])
theta.grad

# %%
draw(loss, names={"theta": theta, "x": x})

# %% [markdown]
# Which of the two is right can be seen without any theory: nudge each number and look.

# %%
nudge, measured = 1e-6, np.empty((2, 2))
for i in np.ndindex(2, 2):
    for sign in (1, -1):
        moved = theta.detach().numpy().copy()
        moved[i] += sign * nudge
        found = F.cross_entropy(tensor(moved) @ x, tensor(0)).item()
        measured[i] = found if sign == 1 else (measured[i] - found) / (2 * nudge)
np.testing.assert_allclose(measured, theta.grad, atol=1e-8)
assert not np.allclose(measured, as_printed, atol=0.1)

# %% [markdown]
# ## 9. Beyond one-hot
#
# **Label smoothing** asks for .9 instead of 1. With two classes, .9 and .1 is what `label_smoothing=.2` means: .2 of the probability is spread
# evenly over both.

# %%
o = tensor([[2.0, -1.0]])
smoothed = F.cross_entropy(o, tensor([0]), label_smoothing=0.2)
p = F.softmax(o, dim=1)[0]
np.testing.assert_allclose(smoothed, -0.9 * p[0].log() - 0.1 * p[1].log(), rtol=1e-6)

# %% [markdown]
# The lecture gives .1 to *each* wrong class. That is right for two; for ten it is $.9 + 9 \times .1 = 1.8$, no probability any more. The share of a wrong class has to be
# $\varepsilon / (C - 1)$. Then the lowest loss is where $p$ is the target, as it was in section 2.

# %%
printed = np.full(10, 0.1)
printed[0] = 0.9
right = np.full(10, 0.1 / 9)
right[0] = 0.9
print("sums:", printed.sum().round(6), right.sum().round(6))
np.testing.assert_allclose([printed.sum(), right.sum()], [1.8, 1.0])

o = ag.randn(1, 10, dtype="float64")
np.testing.assert_allclose(  # ε = 1/9 here: 8/9 + 1/90 = .9 for the true class, 1/90 for the others
    F.cross_entropy(o, tensor([0]), label_smoothing=1 / 9), F.cross_entropy(o, tensor(right[None]))
)
bars(right, title="what is asked for: .9, and ε/(C − 1) for each of the nine others")

# %% [markdown]
# What is it good for? For labels that lie. Two in five of these 600 digits get a label at random, and a network that is trained long enough believes most
# of the lies. Smoothing makes it modest: it believes fewer, and is right more often on digits that it has not seen. Too much of it, and the probabilities
# themselves get vague: the loss has its best value in between.

# %%
known, _, unseen = nn.datasets.digits().split(600, 400, 797, stratify=True, standardise=True)
rng = np.random.default_rng(0)
labels = np.where(rng.random(600) < 0.4, rng.integers(0, 10, 600), known.y)
lies = labels != known.y
images = known.x.reshape(-1, 64).astype("float32")
fresh = unseen.x.reshape(-1, 64).astype("float32"), unseen.y

rows = {}
print("  ε    lies believed   right on unseen   loss on unseen")
for smoothing in (0.0, 0.1, 0.4):
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    nn.fit(
        model, nn.CrossEntropyLoss(label_smoothing=smoothing), nn.optim.Adam(model.parameters(), lr=0.01),
        (images, labels), epochs=40, batch_size=50, progress=False,
    )  # fmt: skip
    believed = (nn.predict(model, images).argmax(1).numpy() == labels)[lies].mean()
    rows[smoothing] = found = nn.evaluate(model, nn.CrossEntropyLoss(), fresh, "accuracy")
    found["believed"] = believed
    print(f"{smoothing:4}  {believed:12.2f} {found['accuracy']:16.3f} {found['loss']:16.2f}")
assert rows[0.4]["believed"] < rows[0.0]["believed"] - 0.05
assert rows[0.4]["accuracy"] > rows[0.0]["accuracy"]
assert rows[0.1]["loss"] < min(rows[0.0]["loss"], rows[0.4]["loss"])

# %% [markdown]
# **Class weights.** One in twenty points is of the rare class, and the two overlap. A classifier that counts mistakes hardly ever says "rare". Weighted
# by the inverse of its frequency, it does, and pays with false alarms. What is right depends on what a mistake costs.

# %%
rng = np.random.default_rng(0)
rare = (np.arange(2000) % 20 == 0).astype(int)
points = rng.normal(size=(2000, 2)) + 1.1 * rare[:, None]
frequencies = np.bincount(rare) / 2000

recalls = {}
for name, weight in (("plain", None), ("weighted", tensor(1 / frequencies, dtype="float32"))):
    model = nn.Linear(2, 2)
    nn.fit(
        model, nn.CrossEntropyLoss(weight), nn.optim.Adam(model.parameters(), lr=0.05),
        (tensor(points, dtype="float32"), tensor(rare)), epochs=15, batch_size=200, progress=False,
    )  # fmt: skip
    said = nn.predict(model, tensor(points, dtype="float32")).argmax(1).numpy()
    recalls[name] = said[rare == 1].mean()
    print(f"{name:9} recall of the rare {recalls[name]:.2f}, false alarms {said[rare == 0].mean():.2f}")
assert recalls["plain"] < 0.2 and recalls["weighted"] > 0.65

# %%
few = points[:300], rare[:300]
nn.visual.decision_boundary(model, *few, classes=["common", "rare"], title="weighted, 300 of the points")

# %% [markdown]
# **Focal loss**, $-(1 - p)^\gamma \log p$, looks past what is already right. The gradient stays finite for every $\gamma$, at $p \to 1$ as well, where a formula written
# down naively divides by $1 - p$.

# %%
p = tensor(np.linspace(0.01, 1, 100))
family = {f"γ = {g}": (p, -((1 - p) ** g) * p.log()) for g in (0, 0.5, 1, 2, 5)}
curves(family, xlabel="p of the true class", ylabel="loss")

# %%
o = tensor([[40.0, 0.0], [0.5, 0.0], [-40.0, 0.0]], dtype="float64")
label = tensor([0, 0, 0])
for gamma in (0, 0.5, 1, 2, 5):
    q = F.log_softmax(o, dim=1)[:, 0].exp()[1:]
    focal = nn.FocalLoss(gamma=gamma, reduction="none")(o, label)
    np.testing.assert_allclose(focal[1:], -((1 - q) ** gamma) * q.log(), rtol=1e-6)
    (slope,) = ag.grad(nn.FocalLoss(gamma=gamma)(w := o.clone().requires_grad_(), label), w)
    assert np.isfinite(slope.numpy()).all()

# %% [markdown]
# **Margins.** Cross-entropy is never content: however right, its gradient is $p - \delta$ and not 0. A *margin loss* is: once the true class leads each other one by the
# margin (1), there is nothing to learn, $\frac{1}{C} \sum_{j \ne y} \max(0, 1 - o_y + o_j)$. Support vector machines are made so.

# %%
lead = np.linspace(-2, 4, 121)
scores = tensor(np.c_[lead, np.zeros(121)])
label = ag.zeros(121, dtype=int)
two = {
    "cross-entropy": F.cross_entropy(scores, label, reduction="none"),
    "margin": 2 * F.multi_margin_loss(scores, label, reduction="none"),  # as a sum over classes
}
np.testing.assert_allclose(two["margin"], np.maximum(0, 1 - lead), atol=1e-12)
curves(
    {name: (lead, loss) for name, loss in two.items()},
    xlabel="how far the true class leads",
    ylabel="loss",
)

# %%
o = tensor([[3.2, 5.1, -1.7]], requires_grad=True)
hinge = F.multi_margin_loss(o, tensor([0]))
assert abs(hinge.item() - (1 - 3.2 + 5.1) / 3) < 1e-6  # 5.1 is too near, -1.7 far enough
(content,) = ag.grad(
    F.multi_margin_loss(w := tensor([[3.2, 2.0, -1.7]], requires_grad=True), tensor([0])), w
)
(restless,) = ag.grad(F.cross_entropy(w, tensor([0])), w)
print("a lead of 1.2: margin", content.numpy().round(3), "cross-entropy", restless.numpy().round(3))
assert (content == 0).all() and abs(restless).min() > 0

# %% [markdown]
# ## 10. Reinforcement: cross-entropy with a reward
#
# "That is where the magic happens", says the lecture, and stops. Here is the trick. An action is drawn from $p = \text{softmax}(o)$ and gets a reward $r$. We want the gradient of the
# expected reward, but cannot differentiate through the draw. No need to: $\nabla\, \mathbb E[r] = \mathbb E[r\, \nabla \log p]$. It is *cross-entropy with what we did as the label, and the reward as
# weight*. With three actions both sides can be computed exactly.

# %%
reward = tensor([0.2, 0.5, 1.0], dtype="float64")
o = tensor([0.5, 0.1, -0.3], dtype="float64", requires_grad=True)
(left,) = ag.grad((F.softmax(o, dim=0) * reward).sum(), o)

p = F.softmax(o, dim=0).detach()
right = sum(
    p[a] * reward[a] * ag.grad(-F.cross_entropy(o, tensor(a)), o)[0] for a in range(3)
)
np.testing.assert_allclose(left, right, atol=1e-12)
left

# %% [markdown]
# So a *bandit*, three slot machines of which the third pays most, is learned by sampling alone. From each reward we subtract the mean: that changes nothing in
# expectation, and makes it less noisy.

# %%
ag.manual_seed(0)
rng = np.random.default_rng(0)
policy = ag.zeros(3, requires_grad=True)
optimizer = nn.optim.SGD([policy], lr=0.5)
chances = []
for _ in range(300):
    p = F.softmax(policy, dim=0).detach().numpy()
    chances.append(p)
    action = rng.choice(3, 20, p=p / p.sum())
    paid = reward.numpy()[action] + rng.normal(0, 0.3, 20)
    surprise = F.cross_entropy(policy.expand(20, 3), tensor(action), reduction="none")
    optimizer.zero_grad()
    (surprise * tensor(paid - paid.mean(), dtype="float32")).mean().backward()
    optimizer.step()
print("the best machine is chosen with probability", chances[-1][2].round(3))
assert chances[0][2] < 0.34 and chances[-1][2] > 0.95

# %%
steps = np.arange(300)
curves({f"pays {r}": (steps, np.array(chances)[:, a]) for a, r in enumerate((0.2, 0.5, 1.0))}, xlabel="step", ylabel="probability")

# %% [markdown]
# ## What to take along
#
# - A loss is one number; a mean and a sum have the same minimum and different gradients.
# - Softmax and cross-entropy together have the gradient $p - \delta$: *what you believe minus what is*.
# - A dense layer's gradient is error times input.
# - Backpropagation is a product of Jacobians, taken from the end that is narrow.
# - Smoothing, weights, focus and reinforcement are all cross-entropy, with another truth or another weight.
#
# **Try:** give section 5's car a learning rate of .22 and guess first what happens. Replace the ReLU in section 6 by `tanh` and find the one Jacobian that changes. Give the
# bandit a machine that pays .95.
