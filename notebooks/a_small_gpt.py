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
# # A small GPT
#
# A language model says which letter comes next. This one has two layers of attention, reads fourteen letters back, and learns a task whose answer we can check to the last letter: to put words into
# alphabetical order, letter by letter. There is no corpus to fetch, and no doubt whether it "sounds right".

# %%
import numpy as np

import autograd_engine as ag
import nn
import nn.functional as F
from autograd_engine import tensor

ag.manual_seed(0);

# %% [markdown]
# ## 1. Text as numbers
#
# Seven letters, a `>` and then the same letters in order: `gabfeac>aabcefg`. What is random cannot be predicted, what comes after the `>` can.

# %%
LETTERS, LENGTH = "abcdefgh>", 7
rng = np.random.default_rng(0)


def sentences(n):
    words = rng.integers(0, 8, (n, LENGTH))
    return np.concatenate([words, np.full((n, 1), 8), np.sort(words, 1)], 1)


def text(numbers):
    return "".join(LETTERS[i] for i in numbers)


train, test = sentences(3000), sentences(200)
for row in train[:3]:
    print(text(row))
assert train.shape == (3000, 2 * LENGTH + 1)
assert text(np.sort(train[0, :LENGTH])) == text(train[0, LENGTH + 1 :])

# %% [markdown]
# ## 2. Attention, by hand
#
# Each position asks a question $q$, offers a key $k$ and has something to say, $v$. It listens to the others in proportion to how well their keys fit: $\text{softmax}(q k^T / \sqrt d)\, v$. The *mask* forbids looking
# ahead: the next letter is what is to be guessed.

# %%
q, k, v = (ag.randn(1, 5, 8) for _ in range(3))
ahead = ag.triu(ag.ones(5, 5), diagonal=1).bool()
scores = (q @ k.transpose(1, 2) / 8**0.5).masked_fill(ahead, -np.inf)
by_hand = F.softmax(scores, dim=-1) @ v
np.testing.assert_allclose(by_hand, F.scaled_dot_product_attention(q, k, v, is_causal=True), atol=1e-5)

# %% [markdown]
# ## 3. The model
#
# Letters become vectors, positions are added, two blocks of attention and a small network, and at the end a score for each letter.


# %%
class GPT(nn.Module):
    def __init__(self, width=48, heads=4, depth=2):
        super().__init__()
        self.letter = nn.Embedding(len(LETTERS), width)
        self.place = nn.Embedding(2 * LENGTH, width)
        block = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, len(LETTERS))

    def forward(self, letters):
        n = letters.shape[1]
        x = self.letter(letters) + self.place(ag.arange(n))
        mask = ag.triu(ag.ones(n, n), diagonal=1).bool()
        return self.score(self.norm(self.blocks(x, mask=mask)))


model = GPT()
x, y = tensor(test[:, :-1]), tensor(test[:, 1:])
print(sum(p.numel() for p in model.parameters()), "parameters")

# %% [markdown]
# Is the mask right? Then changing the last letter changes nothing before it.

# %%
with ag.no_grad():
    changed = test[:1, :-1].copy()
    changed[0, -1] = (changed[0, -1] + 1) % 8
    one, other = model(tensor(test[:1, :-1])), model(tensor(changed))
np.testing.assert_allclose(one[:, :-1], other[:, :-1], atol=1e-5)
assert not np.allclose(one[:, -1], other[:, -1], atol=1e-3)

# %% [markdown]
# ## 4. Learning
#
# Only what comes after the `>` counts in the loss. At the beginning all nine letters are about equally likely, and the loss is about $\log 9 \approx 2.2$.


# %%
def loss_of(scores, target):
    scores, target = scores[:, LENGTH:], target[:, LENGTH:]
    return F.cross_entropy(scores.reshape(-1, len(LETTERS)), target.reshape(-1))


with ag.no_grad():
    before = loss_of(model(x), y).item()
assert abs(before - np.log(9)) < 0.6

optimizer = nn.optim.AdamW(model.parameters(), lr=0.003)
scheduler = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, 400)
losses = []
for _ in range(400):
    rows = train[rng.integers(0, len(train), 64)]
    loss = loss_of(model(tensor(rows[:, :-1])), tensor(rows[:, 1:]))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())
print(f"loss {before:.2f} → {np.mean(losses[-20:]):.4f}")
nn.visual.loss_curves(losses)

# %% [markdown]
# ## 5. Writing
#
# It is given the seven letters and the `>`, and then its own letters, one after the other.


# %%
def write(start):
    letters = start.copy()
    with ag.no_grad():
        while letters.shape[1] < 2 * LENGTH + 1:
            following = model(tensor(letters))[:, -1].argmax(1).numpy()
            letters = np.concatenate([letters, following[:, None]], 1)
    return letters


written = write(test[:, : LENGTH + 1])
for row in written[:5]:
    print(text(row))
right = (written == test).all(1).mean()
print(f"{right:.0%} of words that it has never seen are in order, to the last letter")
assert right > 0.9

# %% [markdown]
# ## 6. What it looks at
#
# Below, a row for each position that writes, a column for each that it may look at. After the `>` it looks for the letter that comes next.

# %%
nn.visual.attention(model, tensor(test[:1, :-1]), tokens=list(text(test[0, :-1])))

# %% [markdown]
# **Try:** a word of ten letters. One layer in the place of two. Take `self.place` away: does the order of the word matter for *this* task?
