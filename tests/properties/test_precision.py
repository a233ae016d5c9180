"""Functions and their gradients keep their digits in float32 of many rows, and in float16.

What sums does so in reductions, in products, where rows are gathered, in normalisations and losses,
and in rules where broadcasting is undone. The oracle is the same function of the same numbers in
float64.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn.functional as F
from autograd_engine import Tensor

from ..grouping import named
from .differences import weights

ROWS = 60000
"""More rows than a running float32 sum bears: 60,000 times 0.1 is off in the fourth digit."""


def reductions(dim):
    """What reduces one dimension."""
    return {
        "sum": lambda x: x.sum(dim),
        "mean": lambda x: x.mean(dim),
        "nansum": lambda x: x.nansum(dim),
        "nanmean": lambda x: x.nanmean(dim),
        "var": lambda x: x.var(dim),
        "std": lambda x: x.std(dim),
        "norm": lambda x: x.norm(dim=dim),
        "norm 1": lambda x: x.norm(1, dim),
        "norm 3": lambda x: x.norm(3, dim),
        "vector_norm": lambda x: ag.linalg.vector_norm(x, 2, dim),
        "logsumexp": lambda x: x.logsumexp(dim),
        "softmax": lambda x: (4 * x).softmax(dim),
        "log_softmax": lambda x: (4 * x).log_softmax(dim),
        "cumsum": lambda x: x.cumsum(dim),
        "logcumsumexp": lambda x: x.logcumsumexp(dim),
        "trapezoid": lambda x: ag.trapezoid(x, dim=dim),
        "cumulative_trapezoid": lambda x: ag.cumulative_trapezoid(x, dim=dim),
        "normalize": lambda x: F.normalize(x, dim=dim),
    }


TOLERANCE = {"float32": 1e-6, "float16": 2e-3}
SENSITIVE = {
    **dict.fromkeys(["softmax", "log_softmax", "logsumexp", "normalize"], 5),
    **dict.fromkeys(["cosine_similarity", "attention"], 10),
    **dict.fromkeys(["layer_norm", "group_norm", "instance_norm", "rms_norm"], 10),
    "batch_norm": 20,
    "binary_cross_entropy_with_logits": 2,
    "conv1d": 2,
    # adds rows one after the other, as PyTorch does; float16 is none the worse for it
    **dict.fromkeys([f"float32 {name}" for name in ("index", "index_select", "gather")], 20),
    **dict.fromkeys([f"float32 {name}" for name in ("index_add", "index_put", "embedding")], 10),
}
"""Functions that magnify rounding, and how much more of it than others they are allowed."""


def tolerance(name, dtype):
    first = name.partition(" of dim")[0].partition(",")[0]
    return TOLERANCE[dtype] * SENSITIVE.get(first, SENSITIVE.get(f"{dtype} {first}", 1))


def of_rows(n):
    """Functions of arrays with n rows (the leading axis): name, function, shapes."""
    classes = Tensor(np.arange(n) % 3)
    zeros = Tensor(np.zeros(n, dtype=int))
    yield from ((f"{name} of dim 0", f, [(n, 3)]) for name, f in reductions(0).items())
    yield from ((f"{name} of dim 1", f, [(3, n)]) for name, f in reductions(1).items())
    yield "sum of all", lambda x: x.sum(), [(n, 3)]
    yield "mean of all", lambda x: x.mean(), [(n, 3)]
    yield "var of all", lambda x: x.var(), [(n, 3)]
    yield "sum of two dims", lambda x: x.sum((0, 1)), [(n // 2, 2, 3)]
    yield "mean of the middle", lambda x: x.mean(1), [(2, n, 3)]
    yield "norm of all", lambda x: x.norm(), [(n, 3)]
    yield "matrix_norm", lambda x: ag.linalg.matrix_norm(x), [(n, 3)]
    yield "dot", lambda a, b: a @ b, [(n,), (n,)]
    yield "matmul", lambda a, b: a.T @ b, [(n, 2), (n, 2)]
    yield "einsum", lambda a, b: ag.einsum("ni,ni->i", a, b), [(n, 2), (n, 2)]
    yield "einsum of one", lambda a: ag.einsum("ni->i", a), [(n, 2)]
    yield "tensordot", lambda a, b: ag.tensordot(a, b, ([0], [0])), [(n, 2), (n, 2)]
    yield "cov", lambda x: ag.cov(x.T), [(n, 2)]
    yield "cosine_similarity", lambda a, b: F.cosine_similarity(a, b, dim=0), [(n, 2), (n, 2)]
    yield "pairwise_distance", lambda a, b: F.pairwise_distance(a, b), [(2, n), (2, n)]
    yield "cdist", lambda a, b: ag.cdist(a, b), [(1, n), (2, n)]
    # where broadcasting is undone
    yield "adding a row", lambda x, b: x + b, [(n, 2), (2,)]
    yield "multiplying with a row", lambda x, b: x * b, [(n, 2), (2,)]
    yield "dividing by a number", lambda x, b: x / b, [(n, 2), ()]
    yield "adding a column", lambda x, b: x + b, [(3, n), (3, 1)]
    yield "maximum with a row", lambda x, b: ag.maximum(x, b), [(n, 2), (2,)]
    yield "where of a row", lambda x, b: ag.where(x > 1, x, b), [(n, 2), (2,)]
    yield "expand", lambda b: b.expand(n, 2), [(2,)]
    yield "repeat", lambda b: b.repeat(n, 1), [(1, 2)]
    yield "tile", lambda b: b.tile((n, 1)), [(1, 2)]
    yield "stack of one", lambda b: ag.broadcast_to(b, (n, 2)), [(1, 2)]
    # where rows are gathered
    yield "index", lambda x: x[zeros], [(2, 3)]
    yield "index_select", lambda x: x.index_select(0, zeros), [(2, 3)]
    yield "gather", lambda x: x.gather(0, zeros.reshape(-1, 1)), [(2, 1)]
    yield "index_add", lambda x, y: x.index_add(0, zeros, y), [(2, 3), (n, 3)]
    yield "scatter_add", lambda x, y: x.scatter_add(0, zeros, y), [(2,), (n,)]
    yield "embedding", lambda w: F.embedding(zeros, w), [(2, 3)]
    yield (
        "index_put",
        lambda x, y: ag.index_put(x, (zeros,), y, accumulate=True),
        [(2, 3), (n, 3)],
    )
    yield "repeat_interleave", lambda x: x.repeat_interleave(n, 0), [(2, 2)]
    # layers
    yield "linear", F.linear, [(n, 2), (3, 2), (3,)]
    yield "linear, long", F.linear, [(2, n), (2, n), (2,)]
    yield "conv1d", F.conv1d, [(n, 1, 3), (1, 1, 2), (1,)]
    yield "conv1d, long", F.conv1d, [(1, 1, n), (1, 1, 2), (1,)]
    yield (
        "batch_norm",
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True) ** 2,
        [(n, 2), (2,), (2,)],
    )
    for name, width in (("", 16), (", long", n)):
        rows = n // 8 if width == 16 else 2
        yield (
            f"layer_norm{name}",
            lambda x, w, b: F.layer_norm(x, w.shape, w, b) ** 2,
            [(rows, width), (width,), (width,)],
        )
        yield (
            f"rms_norm{name}",
            lambda x, w: F.rms_norm(x, w.shape, w),
            [(rows, width), (width,)],
        )
        yield (
            f"group_norm{name}",
            lambda x, w, b: F.group_norm(x, 1, w, b) ** 2,
            [(rows, 2, width), (2,), (2,)],
        )
    yield "instance_norm", lambda x: F.instance_norm(x) ** 2, [(2, 2, n)]
    yield "prelu", lambda x, w: F.prelu(x - 1, w), [(n, 2), (2,)]
    yield "bilinear", F.bilinear, [(n, 2), (n, 2), (1, 2, 2), (1,)]
    yield "adaptive_avg_pool1d", lambda x: F.adaptive_avg_pool1d(x, 1), [(1, 2, n)]
    yield "avg_pool1d", lambda x: F.avg_pool1d(x, n), [(1, 2, n)]
    yield (
        "attention",
        lambda q, k, v: F.scaled_dot_product_attention(q, 4 * k, v - 1),
        [(2, 2), (n, 2), (n, 2)],
    )
    # losses
    for reduction in ("mean", "sum"):
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
            yield (
                f"{name}, {reduction}",
                lambda x, t, name=name, reduction=reduction: getattr(F, name)(
                    x, t + 1, reduction=reduction
                ),
                [(n, 2), (n, 2)],
            )
        yield (
            f"cross_entropy, {reduction}",
            lambda x, reduction=reduction: F.cross_entropy(x, classes, reduction=reduction),
            [(n, 3)],
        )
        yield (
            f"cross_entropy, weighed, {reduction}",
            lambda x, reduction=reduction: F.cross_entropy(
                x, classes, weight=Tensor(np.array([1.0, 2.0, 3.0], x.dtype)), reduction=reduction
            ),
            [(n, 3)],
        )
        yield (
            f"nll_loss, {reduction}",
            lambda x, reduction=reduction: F.nll_loss(x, classes, reduction=reduction),
            [(n, 3)],
        )
        yield (
            f"binary_cross_entropy_with_logits, {reduction}",
            lambda x, t, reduction=reduction: F.binary_cross_entropy_with_logits(
                x, t / 2, reduction=reduction
            ),
            [(n, 2), (n, 2)],
        )
        yield (
            f"gaussian_nll_loss, {reduction}",
            lambda x, t, v, reduction=reduction: F.gaussian_nll_loss(x, t, v, reduction=reduction),
            [(n, 2), (n, 2), (n, 2)],
        )


def check(f, shapes, dtype, tolerance):
    """The value, and the gradients of a weighed sum, against those in float64."""
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.5, 1.5, shape).astype(dtype) for shape in shapes]
    results = []
    for kind in (dtype, "float64"):
        xs = [Tensor(np.asarray(a).astype(kind), requires_grad=True) for a in arrays]
        y = f(*xs)
        # positive, so that nothing cancels; a mean's gradients are small: not too small for float16
        scale = np.prod(y.shape, dtype=float) ** -0.5 * 30
        seed = np.abs(weights(tuple(y.shape), 0.4)) * scale + scale / 10
        gs = ag.grad(y, xs, Tensor(seed.astype(dtype).astype(kind)))
        assert y.dtype == np.dtype(kind)
        results.append([t.detach().numpy() for t in (y, *gs)])
    for i, (found, exact) in enumerate(zip(*results)):
        assert found.dtype == np.dtype(dtype)
        error = np.abs(found.astype("float64") - exact)
        bound = tolerance * (np.abs(exact) + np.abs(exact).mean())
        what = "the value" if i == 0 else f"the gradient of argument {i - 1}"
        worst = float((error / bound).max())
        assert worst <= 1, f"{what} is off by {worst:.3g} times what is allowed"


def table(dtype, rows):
    return [
        named(f"{dtype} {name}", f, shapes, tolerance(name, dtype))
        for name, f, shapes in of_rows(rows)
    ]


@pytest.mark.parametrize("f, shapes, tolerance", table("float32", ROWS))
def test_long_float32(f, shapes, tolerance):
    check(f, shapes, "float32", tolerance)


@pytest.mark.parametrize("f, shapes, tolerance", table("float16", 3000))
def test_float16(f, shapes, tolerance):
    check(f, shapes, "float16", tolerance)
