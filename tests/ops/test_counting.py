"""Histograms against PyTorch's."""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import tensor

torch = pytest.importorskip("torch")

POINTS = np.array([[0.2, 1.0], [1.5, -0.3], [0.7, 0.7], [-1.0, 0.1], [0.2, 0.9]])
WEIGHT = np.array([1.0, 2.0, 0.5, 3.0, 1.0])
CALLS = {
    "count": lambda lib, make: lib.histogram(make(POINTS), 4),
    "range": lambda lib, make: lib.histogram(make(POINTS), 3, range=(-1.0, 1.0)),
    "edges": lambda lib, make: lib.histogram(make(POINTS[:, 0]), make(np.array([-1.0, 0.5, 2.0]))),
    "weight": lambda lib, make: lib.histogram(make(POINTS[:, 0]), 4, weight=make(WEIGHT)),
    "density": lambda lib, make: lib.histogram(make(POINTS), 4, density=True),
    "dd": lambda lib, make: lib.histogramdd(make(POINTS), [2, 3]),
    "dd, range": lambda lib, make: lib.histogramdd(make(POINTS), [2, 3], range=[-1.0, 1, -2, 2]),
    "dd, weight": lambda lib, make: lib.histogramdd(make(POINTS), [2, 2], weight=make(WEIGHT)),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CALLS)
def test_histograms_agree_with_torch(name, dtype):
    ours = CALLS[name](ag, lambda a: tensor(a, dtype=dtype, requires_grad=True))
    theirs = CALLS[name](torch, lambda a: torch.tensor(a, dtype=getattr(torch, dtype)))
    assert not ours.hist.requires_grad and str(ours.hist.dtype) == dtype
    np.testing.assert_allclose(ours.hist.numpy(), theirs.hist.numpy(), rtol=1e-6)
    edges, expected = ours.bin_edges, theirs.bin_edges
    if not isinstance(edges, tuple):
        edges, expected = [edges], [expected]
    for a, b in zip(edges, expected):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)
