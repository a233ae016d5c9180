"""Comparing a function with PyTorch's of the same name: values, first and second derivatives."""

import numpy as np

import autograd_engine as ag
from autograd_engine import Tensor

from .cases import parts


def draw(*shape, seed=0):
    """Normal random numbers, no two equal."""
    return np.random.default_rng(seed).standard_normal(shape)


def close(a, b, tolerance=1e-9):
    """Equal dtypes and shapes, and values up to rounding; what is no tensor is equal."""
    if not isinstance(a, Tensor):
        assert a == b
        return
    a, b = a.detach().numpy(), b.numpy(force=True)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    tolerance = max(tolerance, 1e-5) if a.dtype == np.float32 else tolerance
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def agree(ours, theirs, arrays, second=True, tolerance=1e-9):
    """Check ``ours``, a function of tensors, against ``theirs``, the same function of PyTorch's
    tensors.

    Every output must agree; so must the gradients of a random combination of the floating outputs
    with respect to the floating arrays, and the gradients of the sum of the squares of these.
    """
    import torch

    xs = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in map(np.asarray, arrays)]
    ts = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in map(np.asarray, arrays)]
    ys, zs = parts(ours(*xs)), parts(theirs(*ts))
    assert len(ys) == len(zs)
    for y, z in zip(ys, zs):
        close(y, z, tolerance)
    ys, zs = ([y for y in outputs if getattr(y, "requires_grad", False)] for outputs in (ys, zs))
    assert len(ys) == len(zs)
    xs, ts = ([x for x in leaves if x.requires_grad] for leaves in (xs, ts))
    if not ys:
        return
    seeds = [draw(*y.shape, seed=9 + i) for i, y in enumerate(ys)]
    first = ag.grad(ys, xs, [Tensor(s) for s in seeds], create_graph=True, materialize_grads=True)
    expected = torch.autograd.grad(
        zs, ts, [torch.tensor(s) for s in seeds], create_graph=True, materialize_grads=True
    )
    for a, b in zip(first, expected):
        close(a, b, tolerance)
    if second:
        for a, b in zip(
            *(
                _second(leaves, gs, grad)
                for leaves, gs, grad in ((xs, first, ag.grad), (ts, expected, torch.autograd.grad))
            )
        ):
            close(a, b, 10 * tolerance)


def _second(leaves, gs, grad):
    """The gradients of the sum of the squares of first gradients; zeros where these are
    constant."""
    gs = [g for g in gs if g.requires_grad]
    if not gs:
        return [x.new_zeros(x.shape) for x in leaves]
    return grad(sum((g * g).sum() for g in gs), leaves, materialize_grads=True)
