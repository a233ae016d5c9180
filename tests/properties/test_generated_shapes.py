"""Lengths of 1, repeated letters, missing dimensions: what broadcasts does so in rules too.

Shapes are drawn from seeded generators, so the table is the same in every run. Values are compared
with NumPy's, where it has the function, and with PyTorch's shape where it has; derivatives with
finite differences, with each operand held constant in turn.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn.functional as F
from autograd_engine import Tensor

from ..grouping import named
from ..ops.cases import cases, declared, draw
from .differences import faults, reference, value


def arrays(shapes, domains="real", seed=0):
    rng = np.random.default_rng(seed)
    kinds = [domains] * len(shapes) if isinstance(domains, str) else domains
    return [draw(s, kind, rng, 0.0137 * (i + 1)) for i, (s, kind) in enumerate(zip(shapes, kinds))]


def check(function, xs):
    """All derivatives, if everything wants a gradient and if each single operand does."""
    expected = reference(function, xs)
    everything = tuple(range(len(xs)))
    choices = {everything, *[(i,) for i in everything]}
    found = [fault for wanted in sorted(choices) for fault in faults(expected, wanted, "tensor")]
    assert not found, "\n".join(found)


# --- einsum ---------------------------------------------------------------------------------------

BY_HAND = [
    ("i,i->", (3,), (1,)),
    ("i,i->i", (1,), (3,)),
    ("ij,jk->ik", (2, 3), (1, 4)),
    ("ij,jk->", (2, 1), (3, 1)),
    ("...i,i->...", (2, 3), (1,)),
    ("...i,i->...", (2, 1), (3,)),
    ("i,i,i->", (3,), (1,), (3,)),
    ("ij,ij,jk->ik", (2, 1), (1, 3), (3, 2)),
    ("ii,i->", (3, 3), (1,)),
    ("ii->i", (1, 1)),
    ("i...,...i->...", (1, 2), (2, 3)),
    ("ij->", (1, 3)),
    ("i,j->", (1,), (3,)),
]


def drawn_einsum(seed):
    """An equation of one to three operands over a few letters, and shapes that fit it."""
    rng = np.random.default_rng(seed)
    lengths = dict(zip("ijkl", rng.integers(1, 4, 4)))
    spare = [int(n) for n in rng.integers(1, 3, 2)]  # what the ellipsis stands for
    groups, shapes = [], []
    for _ in range(rng.integers(1, 4)):
        letters = "".join(rng.choice(list("ijkl"), rng.integers(0, 4)))
        own = {c: 1 if rng.random() < 0.3 else int(lengths[c]) for c in letters}
        more = spare[len(spare) - int(rng.integers(0, 3)) :] if rng.random() < 0.4 else None
        group, shape = letters, [own[c] for c in letters]
        if more is not None:
            where = int(rng.integers(0, len(letters) + 1))
            group = letters[:where] + "..." + letters[where:]
            shape[where:where] = [1 if rng.random() < 0.3 else n for n in more]
        groups.append(group)
        shapes.append(tuple(shape))
    equation = ",".join(groups)
    if rng.random() < 0.9:
        used = sorted(set("".join(groups)) - {"."})
        output = "".join(rng.permutation(used)[: rng.integers(0, len(used) + 1)])
        equation += "->" + ("..." if "..." in equation else "") + output
    return (equation, *shapes)


EINSUMS = BY_HAND + [drawn_einsum(seed) for seed in range(60)]


@pytest.mark.parametrize(
    "equation, shapes", [named(" ".join(map(str, e)), e[0], e[1:]) for e in dict.fromkeys(EINSUMS)]
)
def test_einsum(equation, shapes):
    xs = arrays(shapes)
    found = ag.einsum(equation, *map(Tensor, xs))
    np.testing.assert_allclose(value(found), np.einsum(equation, *xs), rtol=1e-12, atol=1e-12)
    check(lambda *xs: ag.einsum(equation, *xs), xs)


# --- what broadcasts element by element -----------------------------------------------------------


def broadcasting(n, seed, longest=3):
    """Shapes of n operands that broadcast together: some dimensions missing, some of length 1."""
    rng = np.random.default_rng(seed)
    full = rng.integers(0 if rng.random() < 0.1 else 1, longest + 1, rng.integers(1, 4))
    shapes = []
    for _ in range(n):
        lead = int(rng.integers(0, len(full) + 1)) if rng.random() < 0.5 else 0
        kept = [1 if rng.random() < 0.4 else int(m) for m in full[lead:]]
        shapes.append(tuple(kept))
    return shapes


def is_elementwise(case):
    """Whether it is one of the samples that ops of two arguments get by their declaration."""
    shapes = [arg for arg in case.sample.args if isinstance(arg, tuple)]
    return shapes == [(2, 1), (1, 3)] and len(case.sample.args) == 2 and not case.sample.params


ELEMENTWISE = {
    name: (function, case.sample.domain, 2)
    for name, function in declared().items()
    for case in cases(function)
    if is_elementwise(case) and case.differentiable
}
TERNARY = {
    "where": (lambda a, b, c: ag.where(a > 0, b, c), "real", 3),
    "lerp": (ag.lerp, "real", 3),
    "addcmul": (ag.addcmul, "real", 3),
    "addcdiv": (ag.addcdiv, "positive", 3),
    "clamp": (lambda x, low, high: ag.clamp(x, low, high), ("real", "negative", "positive"), 3),
}


def seed_of(name, i):
    return [i, *name.encode()]


@pytest.mark.parametrize(
    "function, domains, shapes",
    [
        named(f"{name} {shapes}", function, domains, shapes)
        for name, (function, domains, n) in (ELEMENTWISE | TERNARY).items()
        for shapes in dict.fromkeys(tuple(broadcasting(n, seed_of(name, i))) for i in range(4))
    ],
)
def test_broadcasting(function, domains, shapes):
    check(function, arrays(shapes, domains))


# --- what broadcasts only some dimensions ---------------------------------------------------------

INDEX = ag.tensor([[0, 2], [1, 1]])
PARTLY = {
    "matmul": (ag.matmul, [((2, 1, 2, 3), (3, 3, 2)), ((1, 2, 3), (2, 3, 1)), ((3,), (2, 3, 1))]),
    "matmul of 1": (ag.matmul, [((2, 1), (1, 3)), ((1,), (1,)), ((1, 1), (1,)), ((1,), (1, 1))]),
    "linear": (F.linear, [((1, 3), (1, 3), (1,)), ((2, 1, 1), (2, 1), (2,)), ((1,), (1, 1), (1,))]),
    "tensordot": (
        lambda a, b: ag.tensordot(a, b, 1),
        [((2, 1), (1, 3)), ((1,), (1,)), ((2, 1), (3, 2))],
    ),
    "tensordot of dims": (
        lambda a, b: ag.tensordot(a, b, ([0, 2], [1, 0])),
        [((2, 3, 1), (1, 2)), ((1, 2, 3), (3, 1, 2)), ((2, 3, 1), (3, 2))],
    ),
    "inner": (ag.inner, [((1,), (1,)), ((2, 1), (3, 1)), ((), (2, 3))]),
    "cross": (
        lambda a, b: ag.linalg.cross(a, b),
        [((2, 3), (1, 3)), ((2, 1, 3), (1, 4, 3)), ((3,), (3,))],
    ),
    "cdist": (ag.cdist, [((1, 2, 3), (2, 3, 3)), ((2, 1), (1, 1)), ((2, 1, 2, 2), (3, 1, 2))]),
    "addmm": (ag.addmm, [((1, 3), (2, 2), (2, 3)), ((2, 1), (2, 1), (1, 3)), ((), (2, 2), (2, 3))]),
    "addmv": (ag.addmv, [((1,), (2, 3), (3,)), ((2,), (2, 1), (1,))]),
    "addr": (ag.addr, [((1, 3), (2,), (3,)), ((2, 1), (2,), (3,)), ((1,), (2,), (3,))]),
    "baddbmm": (
        ag.baddbmm,
        [((2, 1, 3), (2, 2, 2), (2, 2, 3)), ((1, 2, 1), (2, 2, 1), (2, 1, 3))],
    ),
    "vecdot": (ag.linalg.vecdot, [((2, 3), (1, 3)), ((2, 1, 2), (3, 2)), ((2,), (2, 2))]),
    "solve": (
        lambda a, b: ag.linalg.solve(a + 4 * ag.eye(2, dtype="float64"), b),
        [((1, 2, 2), (3, 2, 1)), ((3, 2, 2), (1, 2, 2)), ((2, 2), (3, 2, 2))],
    ),
    "take_along_dim": (lambda x: ag.take_along_dim(x, INDEX, 1), [((1, 3),), ((2, 3),)]),
    "cosine_similarity": (
        F.cosine_similarity,
        [((2, 3), (1, 3)), ((2, 3), (2, 1)), ((2, 3, 1), (1, 3, 2)), ((3, 1), (1, 3))],
    ),
    "pairwise_distance": (
        F.pairwise_distance,
        [((2, 3), (1, 3)), ((2, 3), (3,)), ((1, 3), (2, 1)), ((3,), (1,))],
    ),
    "prelu": (F.prelu, [((2, 1, 3), (1,)), ((2, 1), (1,)), ((3,), (1,)), ((2, 3), (3,))]),
    "attention": (
        F.scaled_dot_product_attention,
        [((2, 1, 2, 2), (1, 3, 2), (1, 3, 2)), ((1, 2), (1, 2), (1, 2)), ((1, 1), (3, 1), (3, 1))],
    ),
    "attention with a mask": (
        F.scaled_dot_product_attention,
        [((2, 2, 1), (2, 3, 1), (2, 3, 2), (1, 3)), ((2, 2), (3, 2), (3, 2), (2, 1))],
    ),
    "bilinear": (F.bilinear, [((2, 1), (2, 1), (1, 1, 1), (1,)), ((1,), (1,), (2, 1, 1), (2,))]),
    "gaussian_nll_loss": (
        lambda x, t, v: F.gaussian_nll_loss(x, t, v * v + 0.1),
        [((2, 3), (2, 3), (2, 1)), ((2, 1), (2, 1), (2,)), ((1, 1), (1, 1), (1, 1))],
    ),
    "binary_cross_entropy_with_logits": (
        lambda x, t, w, p: F.binary_cross_entropy_with_logits(x, t, weight=w, pos_weight=p),
        [((2, 3), (2, 3), (1, 3), (2, 1)), ((2, 2, 1), (2, 2, 1), (2, 1), (1,))],
    ),
    "layer_norm": (
        lambda x, w, b: F.layer_norm(x, w.shape, w, b),
        [((2, 3), (3,), (3,)), ((1, 2, 3), (2, 3), (2, 3)), ((2, 3, 1), (3, 1), (3, 1))],
    ),
    "index_add": (lambda x, y: ag.index_add(x, 0, ag.tensor([0, 0]), y), [((1, 2), (2, 2))]),
    "setitem": (
        lambda x, v: ag.index_put(x, (ag.tensor([0, 0, 1]),), v, accumulate=True),
        [((2, 3), (1,)), ((2, 3), (3, 1)), ((2, 1), (1, 1)), ((2, 3), ())],
    ),
    "masked_fill": (
        lambda x, v: ag.masked_fill(x, ag.tensor([[True], [False]]), v),
        [((2, 3), ()), ((1, 3), ())],
    ),
    "kron": (ag.kron, [((1, 2), (2, 1)), ((1,), (1,)), ((2,), (1, 2))]),
    "conv1d": (F.conv1d, [((1, 1, 1), (1, 1, 1), (1,)), ((2, 1, 3), (1, 1, 3), (1,))]),
    "conv2d": (F.conv2d, [((1, 1, 1, 3), (2, 1, 1, 1), (2,)), ((1, 2, 2, 1), (1, 2, 2, 1), (1,))]),
    "expand": (lambda x: x.expand(2, 3, 2), [((1, 1),), ((3, 1),), ((2, 1, 2),), ((),), ((1,),)]),
    "broadcast_to": (lambda x: ag.broadcast_to(x, (2, 1, 3)), [((1,),), ((2, 1, 1),), ((1, 3),)]),
}


@pytest.mark.parametrize(
    "function, shapes",
    [
        named(f"{name} {shapes}", function, shapes)
        for name, (function, table) in PARTLY.items()
        for shapes in table
    ],
)
def test_broadcasting_of_some_dimensions(function, shapes):
    check(function, arrays(shapes, "unit"))
