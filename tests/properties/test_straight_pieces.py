"""What is made of straight pieces has a recorded gradient whose derivative is 0.

Where PyTorch's gradient can be differentiated again, ours can: it is zeros and not an error that
the graph is lost.
"""

import numpy as np
import pytest

import autograd_engine as ag
import nn.functional as F
from autograd_engine import Tensor
from autograd_engine.ops.declare import at

from ..grouping import each, named
from ..ops.cases import Case, parts
from ..ops.twins import CASES, OTHER_ARGUMENTS, as_torch, by_torch, by_us
from .differences import weights

torch = pytest.importorskip("torch")
functional = torch.nn.functional

OTHERWISE = {
    **dict.fromkeys(
        [f"conv{way}{n}d-0" for way in ("", "_transpose") for n in (1, 2, 3)],
        "the bias's gradient is linear; PyTorch makes those of all three arguments at once",
    ),
}


def recorded(grad, tensor, f, arrays):
    """For each gradient of the outputs with fixed cotangents: whether it is in the graph, and what
    its own gradient is.
    """
    xs = [tensor(a, requires_grad=True) for a in arrays]
    ys = [y for y in parts(f(*xs)) if getattr(y, "requires_grad", False)]
    seeds = [tensor(weights(tuple(y.shape), 0.8 + i)) for i, y in enumerate(ys)]
    gs = grad(ys, xs, seeds, create_graph=True, allow_unused=True)
    for g in gs:
        if g is None or not g.requires_grad:
            yield None
        else:
            ones = tensor(np.ones(tuple(g.shape)))
            yield grad(g, xs, ones, retain_graph=True, materialize_grads=True)


def agree(ours, theirs, arrays):
    try:
        expected = list(recorded(torch.autograd.grad, torch.tensor, theirs, arrays))
    except RuntimeError as error:
        if "is not implemented" not in str(error):
            raise
        return  # PyTorch has no second derivative of it, or no first one
    found = recorded(ag.grad, Tensor, ours, arrays)
    for i, (mine, other) in enumerate(zip(found, expected, strict=True)):
        if other is not None:
            assert mine is not None, f"the gradient of argument {i} has lost its graph"
            for a, b in zip(mine, other):
                np.testing.assert_allclose(a.detach(), b.numpy(force=True), rtol=1e-8, atol=1e-8)


@each(
    [
        named(param.id, *param.values)
        for param in CASES
        if param.values[1].differentiable
        and param.id not in OTHERWISE
        and param.values[0] not in OTHER_ARGUMENTS
    ],
)
def test_ops(name, case):
    agree(lambda *xs: by_us(case, *xs), lambda *xs: by_torch(name, case, *xs), case.arrays())


CLASSES = np.array([2, 0, 1])
SIGNS = np.array([1.0, -1.0, 1.0])
LAYERS = {
    "relu": [at((2, 3))],
    "relu6": [at((2, 3))],
    "leaky_relu": [at((2, 3)), at((2, 3), negative_slope=0.2)],
    "hardtanh": [at((2, 3)), at((2, 3), min_val=-0.3, max_val=0.4)],
    "threshold": [at((2, 3), threshold=0.1, value=20.0)],
    "hardshrink": [at((2, 3))],
    "softshrink": [at((2, 3))],
    "hardswish": [at((2, 3))],
    "elu": [at((2, 3))],
    "celu": [at((2, 3))],
    "selu": [at((2, 3))],
    "prelu": [at((2, 3), (3,)), at((2, 3), (1,))],
    "glu": [at((2, 4))],
    "softsign": [at((2, 3))],
    "tanhshrink": [at((2, 3))],
    "nll_loss": [at((3, 4), CLASSES), at((3, 4), CLASSES, reduction="none")],
    "l1_loss": [at((2, 3), (2, 3)), at((3,), (3,), reduction="none")],
    "smooth_l1_loss": [at((2, 3), (2, 3), beta=0.01), at((2, 3), (2, 3), beta=9.0)],
    "huber_loss": [at((2, 3), (2, 3), delta=0.01), at((2, 3), (2, 3), delta=9.0)],
    "hinge_embedding_loss": [at((3,), SIGNS)],
    "margin_ranking_loss": [at((3,), (3,), SIGNS, margin=0.3)],
    "triplet_margin_loss": [at((2, 3), (2, 3), (2, 3), margin=9.0)],
    "pad": [
        at((1, 2, 3), [1, 2], mode="reflect"),
        at((1, 2, 3), [1, 2], mode="replicate"),
        at((1, 2, 3), [1, 2], mode="circular"),
        at((2, 3), [1, 2], value=0.5),
        at((1, 3, 3), [1, 2, 1, 0], mode="reflect"),
        at((1, 3, 3), [1, 2, 1, 0], mode="replicate"),
    ],
    "interpolate": [
        at((1, 2, 4), size=3, mode="area"),
        at((1, 2, 4), size=3, mode="nearest"),
        at((1, 2, 4), size=3, mode="linear"),
        at((1, 1, 3, 4), size=[2, 3], mode="bilinear"),
        at((1, 1, 3, 4), size=[2, 3], mode="bicubic"),
        at((1, 1, 3, 4), size=[2, 3], mode="area"),
    ],
}


def as_ours(arg):
    return Tensor(arg) if isinstance(arg, np.ndarray) else arg


@each(
    [
        named(f"F.{name}-{i}", name, Case(getattr(F, name), sample))
        for name, samples in LAYERS.items()
        for i, sample in enumerate(samples)
    ],
)
def test_functions_of_nn(name, case):
    agree(
        lambda *xs: case(*xs, make=as_ours),
        lambda *xs: case(*xs, function=getattr(functional, name), make=as_torch),
        case.arrays(),
    )


PIECES = {
    "relu": lambda x: x.relu(),
    "abs": lambda x: x.abs(),
    "clamp": lambda x: x.clamp(-0.5, 0.7),
    "clamp's bounds": lambda x: ag.clamp(ag.linspace(-2, 2, 6, dtype="float64"), min=x),
    "maximum": lambda x: ag.maximum(x, 0.1),
    "minimum": lambda x: ag.minimum(0.1, x),
    "fmax": lambda x: ag.fmax(x, 0.1),
    "fmin": lambda x: ag.fmin(x, x.flip(0)),
    "amax": lambda x: x.amax(),
    "amin": lambda x: x.amin(0),
    "max": lambda x: x.max(),
    "min": lambda x: x.min(),
    "median": lambda x: x.median(),
    "nanmedian": lambda x: x.nanmedian(),
    "nansum": lambda x: x.nansum(),
    "nan_to_num": lambda x: x.nan_to_num(),
    "norm 1": lambda x: x.norm(1),
    "norm inf": lambda x: x.norm(float("inf")),
    "cummax": lambda x: x.cummax(0).values,
    "fmod": lambda x: ag.fmod(5.0, x),
    "remainder": lambda x: ag.remainder(5.0, x),
    "prelu of fixed slopes": lambda x: F.prelu(x, Tensor(np.array([0.25]))),
    "rrelu": lambda x: F.rrelu(x, training=True),
    "margin_ranking_loss": lambda x: F.margin_ranking_loss(x, ag.zeros(6), ag.ones(6)),
    "hinge_embedding_loss": lambda x: F.hinge_embedding_loss(x, -SIGNS[0] * ag.ones(6)),
    "multi_margin_loss": lambda x: F.multi_margin_loss(x, Tensor(np.array(2))),
    "multilabel_margin_loss": lambda x: F.multilabel_margin_loss(
        x, Tensor(np.array([2, 1, -1, 0, 0, 0]))
    ),
    "l1_loss": lambda x: F.l1_loss(x, 0 * x.detach()),
    "nll_loss": lambda x: F.nll_loss(x, Tensor(np.array(2))),
    "max_pool1d": lambda x: F.max_pool1d(x[None, None], 2),
    "maximum of rows": lambda x: ag.maximum(x[:3], x[3:]),
}


@pytest.mark.parametrize("name", PIECES)
def test_no_step_leads_out_of_the_graph(name):
    """Of what is made of straight pieces all higher derivatives are 0, whatever PyTorch says."""
    x = Tensor(np.array([-1.1, -0.2, 0.3, 0.6, 0.9, 1.3]), requires_grad=True)
    (first,) = ag.grad(PIECES[name](x).sum(), x, create_graph=True)
    (second,) = ag.grad(first.sum(), x, create_graph=True)
    (third,) = ag.grad(second.sum(), x)
    assert first.abs().sum() > 0
    assert not second.any() and not third.any()
