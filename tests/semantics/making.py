"""What these tests make their tensors with."""

import numpy as np

import autograd_engine as ag
from autograd_engine import grad, tensor


def leaf(*values, dtype="float64"):
    return tensor(values[0] if len(values) == 1 else list(values), dtype=dtype, requires_grad=True)


def gradient(f, *values):
    """Gradient of the sum of ``f`` at the vector of values; only the forward half may tell of
    NaN."""
    x = leaf(list(values))
    with np.errstate(invalid="ignore"):
        y = f(x).sum()
    y.backward()
    return x.grad.numpy()


def second(f, *values):
    """Gradient of the sum of the gradient."""
    x = leaf(list(values))
    (dx,) = grad(f(x).sum(), x, create_graph=True)
    return (
        grad(dx.sum(), x, allow_unused=True, materialize_grads=True)[0].numpy()
        if dx.requires_grad
        else np.zeros(len(values))
    )


UNARY = (
    "abs acos asin atan ceil cos cosh exp expm1 floor log log10 log1p log2 neg reciprocal relu "
    "rsqrt "
    "sigmoid sign sin sinh softplus sqrt square tan tanh trunc clone "
    "sum mean prod var std amax amin max min flatten"
).split()

OPERATORS = {
    "add": lambda a, b: a + b,
    "radd": lambda a, b: b + a,
    "sub": lambda a, b: a - b,
    "rsub": lambda a, b: b - a,
    "mul": lambda a, b: a * b,
    "rmul": lambda a, b: b * a,
    "div": lambda a, b: a / b,
    "rdiv": lambda a, b: b / a,
    "pow": lambda a, b: a**b,
    "rpow": lambda a, b: b**a,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "maximum": lambda a, b: ag.maximum(a, b),
    "where": lambda a, b: ag.where(a > 0, a, b),
}

WRITES = {
    "add_": lambda t: t.add_(1),
    "mul_": lambda t: t.mul_(2),
    "zero_": lambda t: t.zero_(),
    "fill_": lambda t: t.fill_(5),
    "copy_": lambda t: t.copy_(tensor([7.0, 8.0, 9.0], dtype="float64")),
    "setitem": lambda t: t.__setitem__(1, 5.0),
    "augmented": lambda t: t.__iadd__(1),
    "through_a_view": lambda t: t[:2].mul_(3),
    "through_detach": lambda t: t.detach().mul_(3),
    "through_a_reshape": lambda t: t.reshape(3, 1).add_(1),
}
