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
# # 4 · Linear and deep image classifiers
#
# Is it a plane, a car or a truck? We start with what goes wrong *before* any network is built, because that is where most projects
# fail, and then go from one matrix to a deep network: scores, probabilities, a loss, and a loop that we finish by hand.
#
# The images here are the 1797 handwritten digits that come with scikit-learn, 8 × 8 pixels, enlarged to MNIST's format of 28 × 28.
# They are not MNIST, and easier. `nn.datasets.fashion_mnist(folder=...)` reads Fashion-MNIST's four files from a folder, or where Debian's
# package `dataset-fashion-mnist` puts them; section 9 shows them where they are, and says so where they are not.

# %%
import math
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import tensor

ag.manual_seed(0)
small = nn.datasets.digits()
pixels = F.interpolate(tensor(small.x[:, None] / 16.0), scale_factor=3, mode="bilinear")
pixels = F.pad(pixels, (2, 2, 2, 2))[:, 0].numpy().astype("float32")  # an empty border, as MNIST has
digits = nn.datasets.Data(pixels, small.y, classes=small.classes, target="digit")
train, val, test = digits.split(1000, 397, 400, stratify=True)

assert digits.x.shape == (1797, 28, 28)
nn.visual.images(train[:20], columns=10)

# %% [markdown]
# ## 1. Why Python can afford to be slow
#
# Double a million numbers: as an array, in one call; as a list, one by one. The array wins by far, because the loop over the numbers
# is not in Python. (By how much depends on your machine. It is the reason why the language of deep learning need not be fast.)


# %%
def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def double_each():
    for i in range(len(numbers)):
        numbers[i] = numbers[i] * 2


array = np.random.default_rng(0).random(10**6)
numbers = array.tolist()
as_array = min(seconds(lambda: np.multiply(array, 2, out=array)) for _ in range(5))
as_list = min(seconds(double_each) for _ in range(2))
assert as_list > 5 * as_array
print(f"the array is {as_list / as_array:.0f} times as fast")

# %% [markdown]
# ## 2. Peeking at the test set
#
# Tune, test, tune, test, ..., report the best. What does that do? Let us take labels that *cannot* be predicted, because a coin was
# flipped for each, and "tune" by trying 200 random classifiers. An honest report would be 50 %.

# %%
rng = np.random.default_rng(0)
seen, seen_coins = rng.normal(size=(60, 20)), rng.integers(0, 2, 60)
fresh, fresh_coins = rng.normal(size=(5000, 20)), rng.integers(0, 2, 5000)
candidates = rng.normal(size=(200, 20))

on_test = (((seen @ candidates.T) > 0) == seen_coins[:, None]).mean(0)
best = candidates[on_test.argmax()]
reported = on_test.max()
in_production = ((fresh @ best > 0) == fresh_coins).mean()

assert reported > 0.6 and abs(in_production - 0.5) < 0.03
plt.figure(figsize=(6, 2.6))
plt.hist(on_test, 20, color="lightgray")
plt.axvline(reported, color="C1", label=f"reported: {reported:.2f}")
plt.axvline(in_production, color="C0", label=f"on fresh data: {in_production:.2f}")
plt.xlabel("accuracy on the test set of 200 classifiers that know nothing")
plt.legend()
plt.show()

# %% [markdown]
# The more often you look, the more you report and the less it means. Choose by the *validation* set; look at the test set once.

# %% [markdown]
# ## 3. The horse and the copyright
#
# A classifier finds 95 % of the horses in training, validation and test, and none of those that users send. What happened: the horses
# in the data set were all by one photographer, who signed his pictures. We do it on purpose: our "horses" are the sevens, and each gets
# a small mark at the bottom.

# %%
HORSE = 7


def signed(data):
    x = data.x.copy()
    mark = np.indices((4, 24)).sum(0) % 2
    x[data.y == HORSE, 24:28, 2:26] = mark
    return nn.datasets.Data(x, data.y, classes=data.classes, target="class")


def classifier(*sizes):
    layers = [nn.Flatten()]
    for n, m in zip((784, *sizes), (*sizes, 10)):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def fit(model, data, epochs=10, lr=1e-3, **options):
    optimizer = nn.optim.Adam(model.parameters(), lr=lr)
    loss = nn.CrossEntropyLoss()
    return nn.fit(model, loss, optimizer, data, epochs=epochs, progress=False, **options)


def recall(model, data):
    answers = nn.predict(model, data).argmax(1).numpy()
    return [(answers[data.y == c] == c).mean() for c in range(10)]


ag.manual_seed(1)
fooled = classifier(64)
fit(fooled, signed(train), epochs=6)
at_home, outside = recall(fooled, signed(test)), recall(fooled, test)

print(f"horses found: {at_home[HORSE]:.0%} in the laboratory, {outside[HORSE]:.0%} in the wild")
assert at_home[HORSE] > 0.95 and outside[HORSE] < 0.3
assert np.delete(outside, HORSE).mean() > 0.85  # everything else works as before

# %%
figure, axis = plt.subplots(figsize=(7, 2.6))
axis.bar(np.arange(10) - 0.2, at_home, 0.4, label="own test set")
axis.bar(np.arange(10) + 0.2, outside, 0.4, label="what users send")
axis.set_xticks(range(10))
axis.set(xlabel="class", ylabel="recall")
axis.legend(loc="lower left")
plt.show()

# %% [markdown]
# It need not be a signature. Classifiers of faces that were said to find "criminals" had photographs of people who frown, and others
# of people who smile. No accuracy could have told us: all three sets had the mark. But one can *ask* the network which pixels it goes by:
# the gradient of a score with respect to the image.

# %%
horses = signed(test)[test.y == HORSE][:6]
seen_by = nn.visual.saliency(fooled, horses.x, target=HORSE)
attention = seen_by.data["saliency"].mean(0)
assert attention[24:28, 2:26].mean() > 2 * attention[4:22, 4:24].mean()
seen_by

# %% [markdown]
# ## 4. Four more ways to be surprised
#
# **A subgroup.** One user in ten holds the page upside down, and our training data has nobody who does. The average hides it, so
# report by group, always.

# %%
ag.manual_seed(2)
model = classifier(64)
fit(model, train, epochs=15)

rare = np.arange(len(test)) % 10 == 0
x = test.x.copy()
x[rare] = x[rare, ::-1, ::-1]  # turned upside down
right = nn.predict(model, x).argmax(1).numpy() == test.y
together, common, few = right.mean(), right[~rare].mean(), right[rare].mean()
print(f"all {together:.2f}: the many {common:.2f}, the few {few:.2f}")
assert together > 0.8 and common > 0.9 and few < 0.6

# %% [markdown]
# **What it has never seen.** Train without eights and nines, then show it eights and nines. It cannot say "I do not know": softmax
# must give its 100 % to somebody, and often it is quite sure.

# %%
ag.manual_seed(3)
eight_classes = classifier(64)
fit(eight_classes, train[train.y < 8], epochs=20)
confidence = F.softmax(nn.predict(eight_classes, test[test.y >= 8]), -1).max(1).values.numpy()
sure = (confidence > 0.9).mean()
print(f"{sure:.0%} of the unknown classes are taken for something with more than 90 % confidence")
assert sure > 0.1

# %% [markdown]
# **Time.** Data changes. Here each year the camera is mounted a pixel further to the right.

# %%
years = range(6)
drift = [
    nn.metrics.accuracy(nn.predict(model, np.roll(test.x, year, 2)), test.y) for year in years
]
assert drift[0] > 0.92 and drift[5] < 0.6 and all(np.diff(drift[1:]) < 0)
nn.visual.curves({"accuracy": (years, drift)}, xlabel="pixels to the right", title="drift")

# %% [markdown]
# **A canary.** Give the new version to few users first, and compare. Is 4 % less among 400 users bad luck, or is it broken? The difference
# in standard errors says: beyond ±3 it is hardly luck, and the other users never saw it.


# %%
def z_score(rate, n, of_old, n_old):
    pooled = (rate * n + of_old * n_old) / (n + n_old)
    return (rate - of_old) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_old))


healthy = z_score(drift[0] - 0.005, 400, drift[0], 20_000)
broken = z_score(drift[2], 400, drift[0], 20_000)
print(f"healthy release: z = {healthy:.1f}; camera two pixels off: z = {broken:.1f}")
assert abs(healthy) < 3 and broken < -3

# %% [markdown]
# ## 5. An image as a list of numbers
#
# To a computer, a colour photograph is three tables: red, green, blue. CIFAR-10's images have 32 × 32 pixels, so unrolled they are
# $32\cdot32\cdot3 = 3072$ numbers. (Ours is the flower that comes with scikit-learn, made as small.)

# %%
from sklearn.datasets import load_sample_image

flower = load_sample_image("flower.jpg")[:416, 120:536].reshape(32, 13, 32, 13, 3).mean((1, 3)) / 255
assert flower.size == 3072

channels = [flower * np.eye(3)[c] for c in range(3)]
nn.visual.images(np.stack([flower, *channels]), titles=["photograph", "red", "green", "blue"], columns=4)

# %% [markdown]
# Unroll pixel by pixel (r g b, r g b, ...) or channel by channel (all red, all green, all blue)? To a *linear model it does not matter*:
# $\mathbf{w}^\top\mathbf{x}$ is a sum, and the order of a sum is free. Shuffle the pixels in any fixed order, shuffle the weights alike, and
# even the whole training runs the same.

# %%
by_pixels = flower.reshape(-1)
by_channels = flower.transpose(2, 0, 1).reshape(-1)
assert not np.array_equal(by_pixels, by_channels)

order = np.arange(3072).reshape(32, 32, 3).transpose(2, 0, 1).reshape(-1)
w = np.random.default_rng(0).normal(size=3072)
np.testing.assert_allclose(w @ by_pixels, w[order] @ by_channels)

# %%
shuffle = np.random.default_rng(1).permutation(784)
flat = train.x.reshape(-1, 784)
losses = []
for arranged in (np.arange(784), shuffle):
    ag.manual_seed(5)
    linear = nn.Linear(784, 10)
    with ag.no_grad():
        linear.weight.copy_(linear.weight.numpy()[:, arranged])
    losses.append(fit(linear, (flat[:, arranged], train.y), epochs=3)["loss"])
np.testing.assert_allclose(*losses, rtol=1e-4)

# %% [markdown]
# A convolution *would* mind: it looks at neighbours, and has none in a shuffled image.

# %% [markdown]
# ## 6. Scores
#
# One row of weights for each class; the row times the image, plus a bias, says how strongly the image looks like that class. An image
# of four pixels, three classes:

# %%
W = tensor([[1.4, 0.5, 0.7, 1.2], [-2.0, 0.1, 0.2, -0.7], [0.2, 0.9, -0.2, 0.5]])
b = tensor([0.5, 1.2, 0.2])
image = tensor([[12.0, 48.0], [96.0, 18.0]]).flatten()

scores = W @ image + b
np.testing.assert_allclose(scores, [130.1, -11.4, 35.6], rtol=1e-5)
nn.visual.matrices("W @ x + b", W=W, x=image, b=b)

# %% [markdown]
# If your slide says 12.8 for the truck: $0.2\cdot12 + 0.9\cdot48 - 0.2\cdot96 + 0.5\cdot18 + 0.2 = 35.6$. The plane still wins.
#
# Two images at once are two columns. (Here the car of the second image is −71.8; −71.7 is a slip of rounding.)

# %%
both = ag.stack([image, tensor([4.0, 18.0, 2.0, 96.0])], 1)
scores_of_both = W @ both + b[:, None]  # b is added to each column: broadcasting
np.testing.assert_allclose(scores_of_both, [[130.1, 131.7], [-11.4, -71.8], [35.6, 64.8]], rtol=1e-5)
nn.visual.matrices("W @ X + b", W=W, X=both, b=b[:, None])

# %% [markdown]
# ReLU acts on each score alone, $\max(0, z)$. If this were a hidden layer, these would not be scores of classes but *features*, and they
# would be the input of the next layer. The arithmetic is the same.

# %%
np.testing.assert_allclose(F.relu(scores), [130.1, 0, 35.6], rtol=1e-5)
row = nn.visual.activation(["sigmoid", "tanh", "relu"], ax=plt.subplots(1, 3, figsize=(9, 2.2))[1])
sigmoid, tanh = row.data["sigmoid"], row.data["tanh"]
np.testing.assert_allclose(sigmoid["derivative"], sigmoid["value"] * (1 - sigmoid["value"]))
np.testing.assert_allclose(tanh["derivative"], 1 - tanh["value"] ** 2, atol=1e-12)
row

# %% [markdown]
# ## 7. Epochs and batches
#
# One *epoch* is one pass over all of the training data. A *batch* is what one step looks at. Ten samples in batches of 2, 3 and 1 make
# 5, 4 and 10 steps; the last batch of 3s has one sample only.

# %%
from nn.data import DataLoader, TensorDataset

ten = TensorDataset(ag.arange(10))
figure, axes = plt.subplots(3, 1, figsize=(7, 2), layout="constrained")
for axis, size, steps in zip(axes, (2, 3, 1), (5, 4, 10)):
    batches = [batch[0].tolist() for batch in DataLoader(ten, batch_size=size)]
    assert len(batches) == steps and sum(batches, []) == [*range(10)]
    colours = [i for i, batch in enumerate(batches) for _ in batch]
    axis.imshow([colours], cmap="tab10", vmax=9, aspect="auto")
    axis.set_xticks(range(10), [f"$x_{i}$" for i in range(10)])
    axis.set_yticks([0], [f"{size} → {steps} steps"])
plt.show()

# %% [markdown]
# ## 8. The linear classifier
#
# First, what would we get without learning? The simplest rule: compare an image with the average image of each digit, and say the
# nearest. A baseline like this one takes a minute, can be explained to anybody, and is often stronger than one thinks.

# %%
averages = np.stack([train.x[train.y == c].mean(0) for c in range(10)])
distances = ((val.x[:, None] - averages) ** 2).sum((2, 3))
baseline = (distances.argmin(1) == val.y).mean()
assert 0.8 < baseline < 0.95
print(f"baseline: {baseline:.1%}")
nn.visual.images(averages, titles=range(10), columns=10)

# %% [markdown]
# Ten neurons, each connected to all 784 pixels: $784\cdot10 + 10 = 7850$ numbers to learn.

# %%
ag.manual_seed(4)
linear = classifier()
assert nn.summary(linear, (1, 28, 28)).parameters == 7850
nn.summary(linear, (1, 28, 28))

# %% [markdown]
# Before it has learned anything it should give each class about a tenth, a loss of $-\ln\frac{1}{10} = 2.3$. That is worth a look each
# time: a first loss far from $\ln C$ means that something is wrong with the weights or the data.

# %%
at_start = nn.evaluate(linear, nn.CrossEntropyLoss(), train)["loss"]
assert abs(at_start - math.log(10)) < 0.2

weights_at_start = linear[1].weight.detach().clone()
history = fit(linear, train, epochs=20, val=val, metrics="accuracy")
assert history["val_accuracy"][-1] > baseline + 0.02
history.plot()

# %% [markdown]
# What has it learned? Each class's 784 weights, back in the shape of an image: orange pixels speak for the digit, blue ones against it.
# You can read the digits in their own weights.

# %%
learned = linear[1].weight.detach() - weights_at_start
nn.visual.weights(learned.numpy(), shape=(28, 28), columns=5, titles=range(10))

# %% [markdown]
# The empty border stands still. A pixel that is zero in every image has a gradient of zero, for $\partial s_c/\partial w_{ci} = x_i$; its
# weights stay as chance made them. (That is why we show what was *learned*, the difference.)

# %%
never = (train.x == 0).all(0).reshape(-1)
assert never.sum() > 200
np.testing.assert_array_equal(learned.numpy()[:, never], 0)

# %% [markdown]
# ## 9. The onion: a deep network
#
# $$\mathbf{y} = \text{softmax}(W_5\,g(W_4\,g(W_3\,g(W_2\,g(W_1\mathbf{x})))))$$
#
# Layer by layer $784 \to 200 \to 100 \to 60 \to 30 \to 10$. The numbers to learn: $157{,}000 + 20{,}100 + 6{,}060 + 1{,}830 + 310 = 185{,}300$, and 85 %
# of them are in the first layer.

# %%
ag.manual_seed(6)
deep = classifier(200, 100, 60, 30)
counts = [sum(p.numel() for p in m.parameters()) for m in deep if isinstance(m, nn.Linear)]
assert counts == [157_000, 20_100, 6_060, 1_830, 310] and sum(counts) == 185_300
assert 0.84 < counts[0] / sum(counts) < 0.86
nn.summary(deep, (1, 28, 28))

# %%
nn.visual.network(deep, most=5)

# %%
nn.visual.shapes(deep, train.x[:1])

# %%
deep_history = fit(deep, train, epochs=20, val=val, metrics="accuracy")
assert deep_history["val_accuracy"][-1] > 0.93
one_image = train.x[:1]
loss = F.cross_entropy(deep(tensor(one_image)), tensor(train.y[:1]))
ag.draw(loss, names=dict(deep.named_parameters()), direction="LR", depth=1, values=False)

# %% [markdown]
# **Clothes.** The same network on Fashion-MNIST, which is a good deal harder than digits: shirts look like coats. It needs the files (30 MB), and this notebook fetches nothing.

# %%
try:
    debian = Path("/usr/share/datasets/fashion-mnist")
    if not debian.is_dir():
        raise FileNotFoundError(f"{debian} is not there")
    clothes = nn.datasets.fashion_mnist(folder=debian)
    unseen = nn.datasets.fashion_mnist(train=False, folder=debian)
except FileNotFoundError as error:
    print(f"no Fashion-MNIST here ({error}): the digits above stand in for it")
else:
    few, some = ((d.x[:5000] / 255).astype("float32") for d in (clothes, unseen))
    dressed = classifier(200, 100, 60, 30)
    fit(dressed, nn.datasets.Data(few, clothes.y[:5000]), epochs=8)
    right = (nn.predict(dressed, some).argmax(1).numpy() == unseen.y[:5000]).mean()
    print(f"{right:.0%} of 5,000 garments are right")
    assert right > 0.7

# %% [markdown]
# **Two styles.** The same network as a class of your own, for the day on which layers no longer follow each other in a row:


# %%
class Onion(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(784, 200)
        self.second = nn.Linear(200, 100)
        self.third = nn.Linear(100, 60)
        self.fourth = nn.Linear(60, 30)
        self.last = nn.Linear(30, 10)

    def forward(self, x):
        x = x.flatten(1)
        for layer in (self.first, self.second, self.third, self.fourth):
            x = F.relu(layer(x))
        return self.last(x)


ag.manual_seed(6)
onion = Onion()
ag.manual_seed(6)
layers = classifier(200, 100, 60, 30)
np.testing.assert_array_equal(onion(tensor(val.x)), layers(tensor(val.x)))

# %% [markdown]
# **Why ReLU?** Not because it is cheap. A sigmoid's slope is at most ¼, and gradients through five layers are products of such slopes.
# The same network with both:


# %%
def with_activation(kind):
    ag.manual_seed(7)
    layers = [nn.Flatten()]
    for n, m in zip((784, 200, 100, 60, 30), (200, 100, 60, 30, 10)):
        layers += [nn.Linear(n, m), kind()]
    model = nn.Sequential(*layers[:-1])
    F.cross_entropy(model(tensor(train.x)), tensor(train.y)).backward()
    first, last = [abs(layer.weight.grad).mean().item() for layer in (model[1], model[9])]
    return first / last, fit(model, train, epochs=10)


relu_ratio, relu_run = with_activation(nn.ReLU)
sigmoid_ratio, sigmoid_run = with_activation(nn.Sigmoid)
print(f"gradient of the first layer / of the last: sigmoid {sigmoid_ratio:.0e}, ReLU {relu_ratio:.0e}")
assert sigmoid_ratio < relu_ratio / 50
assert relu_run["loss"][-1] < 0.4 < 1.2 < sigmoid_run["loss"][-1]
nn.visual.curves(
    {"ReLU": (range(1, 11), relu_run["loss"]), "sigmoid": (range(1, 11), sigmoid_run["loss"])},
    xlabel="epoch",
    ylabel="training loss",
)

# %% [markdown]
# ## 10. Scores to probabilities
#
# $$\text{softmax}(\mathbf{s})_i = \frac{e^{s_i}}{\sum_j e^{s_j}}$$
#
# Always between 0 and 1, always adding up to 1, nothing to learn. Adding 1 to a score multiplies its odds by $e$.

# %%
for given, expected in [
    ([1.0, 2.0, 3.0], [0.09, 0.24, 0.67]),  # .665: it rounds to .67, not to .66
    ([0.0, 0.0, 10.0], [4.54e-5, 4.54e-5, 0.9999]),
    ([-10.0, -5.0, -8.0], [0.0064, 0.946, 0.047]),
]:
    np.testing.assert_allclose(F.softmax(tensor(given), -1), expected, rtol=0.02)

p, q = F.softmax(tensor([1.0, 2.0, 3.0]), -1), F.softmax(tensor([1.0, 3.0, 3.0]), -1)
np.testing.assert_allclose((q[1] / q[0]) / (p[1] / p[0]), math.e, rtol=1e-5)
nn.visual.bars(p, title="softmax of 1, 2, 3")

# %% [markdown]
# Now the scores of section 6 as the slide has them, 130.1, −11.4, 12.8. They do not become ".999, .001, .001": 0.001 would mean that
# the scores differ by seven. What they become is *one*, and numbers with fifty zeros behind the point. And the formula typed as it stands
# does not survive them: $e^{130.1}$ is too large for 32 bits, and infinity by infinity is not a number.

# %%
slide = np.array([130.1, -11.4, 12.8])
np.testing.assert_allclose(F.softmax(tensor(slide), -1), [1, 3.5e-62, 1.1e-51], rtol=0.05)


def one_liner(scores):
    return np.exp(scores) / np.sum(np.exp(scores))


with np.errstate(all="ignore"):
    typed = one_liner(slide.astype("float32"))
assert np.isnan(typed[0])

safe = F.softmax(tensor(slide.astype("float32")), -1)  # subtracts the largest score first
assert np.isfinite(safe.numpy()).all()
typed, safe

# %% [markdown]
# ## 11. Loss
#
# Compare the probabilities given with those wanted, here a one-hot vector: $L = -\sum_i \hat{y}_i\log y_i$. Only the true class is left of the
# sum, so the loss is $-\log p$ of it: 0 when it is 1, without bound when it goes to 0.
#
# One caution: slides round. A "distribution" of .1, .2, .6, .2 adds up to 1.1, and so is none.

# %%
bird = np.array([0.1, 0.2, 0.6, 0.2])
assert round(bird.sum(), 9) == 1.1
p = tensor(bird / bird.sum())
loss = -(tensor([0.0, 0.0, 1.0, 0.0]) * p.log()).sum()
np.testing.assert_allclose(loss, F.nll_loss(p.log()[None], tensor([2])))
nn.visual.bars(p, 2, classes=["plane", "car", "bird", "cat"])

# %% [markdown]
# **Why not simply count errors?** Two classifiers, three images, both right two times in three. One is right by a hair and wrong with
# full conviction; the other is the reverse. Counting cannot tell them apart, cross-entropy can: 1.378 against 0.550.
# (The last row on the slide, .4 .4 .3, adds up to 1.1 as well; the loss only asks for its last number.)

# %%
timid = tensor([[0.4, 0.3, 0.3], [0.3, 0.4, 0.3], [0.1, 0.8, 0.1]])
better = tensor([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.4, 0.4, 0.3]])
truth = tensor([0, 1, 2])

accuracies = [(p.argmax(1) == truth).numpy().mean() for p in (timid, better)]
assert accuracies[0] == accuracies[1] == 2 / 3  # which is .67, not .66
entropies = [F.nll_loss(p.log(), truth).item() for p in (timid, better)]
np.testing.assert_allclose(entropies, [1.378, 0.550], atol=5e-4)
np.round(entropies, 3)

# %% [markdown]
# The number of errors is also flat: nudge a weight and it does not change, so its gradient is zero almost everywhere, and there is nothing
# to descend.
#
# **The loss at the start** again, this time as a question of the weights' size. Small ones: all scores near 0, loss $\ln 10$. Large ones: a
# network that is sure of everything before it has seen anything.

# %%
x, y = tensor(train.x.reshape(-1, 784)), tensor(train.y)
first_loss = {}
for scale in (0.01, 0.1, 1.0):
    ag.manual_seed(8)
    first_loss[scale] = F.cross_entropy(x @ (scale * ag.randn(784, 10)), y).item()
assert abs(first_loss[0.01] - math.log(10)) < 0.05 and first_loss[1.0] > 10
{scale: round(loss, 2) for scale, loss in first_loss.items()}

# %% [markdown]
# ## 12. The network on the slide, finished
#
# The lecture writes a two-layer network in NumPy up to the loss, and stops where it gets interesting. Three things to mend first: the
# second matrix is $[100, 10]$, not $[784, 10]$; `h`, `input_dim` and `n_examples` have to be defined; and the backward pass is missing. Here
# is the whole of it, with four lines of calculus:


# %%
X, labels = train.x.reshape(-1, 784).astype("float64"), train.y
n_examples, input_dim, hidden_size, n_classes = len(X), 784, 100, 10


def start():
    rng = np.random.default_rng(0)
    W1 = 0.01 * rng.normal(size=(input_dim, hidden_size))
    W2 = 0.01 * rng.normal(size=(hidden_size, n_classes))
    return [W1, np.zeros((1, hidden_size)), W2, np.zeros((1, n_classes))]


def forward_and_backward(W1, b1, W2, b2):
    # forward, as on the slide
    hidden = np.maximum(0, X @ W1 + b1)
    scores = hidden @ W2 + b2
    exp_scores = np.exp(scores - scores.max(1, keepdims=True))
    probs = exp_scores / exp_scores.sum(1, keepdims=True)
    loss = -np.log(probs[np.arange(n_examples), labels]).mean()
    # backward, which is not
    d_scores = (probs - np.eye(n_classes)[labels]) / n_examples
    d_hidden = (d_scores @ W2.T) * (hidden > 0)
    first = [X.T @ d_hidden, d_hidden.sum(0, keepdims=True)]
    second = [hidden.T @ d_scores, d_scores.sum(0, keepdims=True)]
    return loss, first + second


# %% [markdown]
# Is the calculus right? The engine knows: it gets the forward pass alone and finds the gradients itself.

# %%
parameters = [tensor(p, requires_grad=True) for p in start()]
W1, b1, W2, b2 = parameters
engine_loss = F.cross_entropy(F.relu(tensor(X) @ W1 + b1) @ W2 + b2, tensor(labels))
engine_grads = ag.grad(engine_loss, parameters)

loss, grads = forward_and_backward(*start())
np.testing.assert_allclose(loss, engine_loss.item(), rtol=1e-12)
for by_hand, by_engine in zip(grads, engine_grads):
    np.testing.assert_allclose(by_hand, by_engine, rtol=1e-8, atol=1e-14)

# %% [markdown]
# To twelve digits. So let it learn:

# %%
parameters = start()
losses = []
for _ in range(150):
    loss, grads = forward_and_backward(*parameters)
    parameters = [p - 0.2 * g for p, g in zip(parameters, grads)]
    losses.append(loss)

W1, b1, W2, b2 = parameters
scores = np.maximum(0, val.x.reshape(-1, 784) @ W1 + b1) @ W2 + b2
accuracy = (scores.argmax(1) == val.y).mean()
assert abs(losses[0] - 2.303) < 0.01 and losses[-1] < 0.4 and accuracy > 0.85
print(f"loss {losses[0]:.3f} → {losses[-1]:.3f}, {accuracy:.1%} of the validation images are right")
nn.visual.curves({"by hand": (range(150), losses)}, xlabel="step", ylabel="training loss")

# %% [markdown]
# And once more in the library's words, where a better optimizer is one word away:

# %%
ag.manual_seed(9)
two_layers = classifier(100)
fit(two_layers, train, epochs=30, lr=2e-3)
found = nn.evaluate(two_layers, nn.CrossEntropyLoss(), test, metrics="accuracy")
assert found["accuracy"] > 0.93
found

# %%
answers = nn.predict(two_layers, test).argmax(1).numpy()
nn.visual.confusion_matrix(nn.metrics.confusion_matrix(answers, test.y), classes=range(10))

# %% [markdown]
# ## Try it
#
# - In section 3, let only *half* of the horses be signed. How much recall comes back?
# - In section 8, train the linear classifier on shuffled pixels and look at the weights. Then un-shuffle them.
# - In section 12, start with weights of size 1 instead of 0.01, and watch the first loss and the last.
