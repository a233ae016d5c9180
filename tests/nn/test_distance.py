"""Distances and similarities against PyTorch, also where vectors are equal or zero."""

import numpy as np
import pytest

import nn.functional as F


@pytest.mark.parametrize(
    "kwargs", [{}, {"p": 1.0}, {"p": 3.0}, {"p": float("inf")}, {"keepdim": True, "eps": 1e-3}]
)
def test_pairwise_distance(kwargs, agree, twins, torch, rng):
    ours, theirs = twins("PairwiseDistance", **kwargs)
    agree(ours, theirs, rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))
    agree(ours, theirs, rng.normal(size=(4, 3)), rng.normal(size=3))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_cosine_similarity(dim, agree, twins, rng):
    ours, theirs = twins("CosineSimilarity", dim=dim)
    agree(ours, theirs, rng.normal(size=(4, 3)), rng.normal(size=(4, 3)))
    assert repr(ours) == repr(theirs)


def test_zero_vectors_have_finite_gradients(agree, twins, torch):
    agree(*twins("CosineSimilarity"), np.zeros((2, 3)), np.ones((2, 3)))
    agree(F.normalize, torch.nn.functional.normalize, np.zeros((2, 3)))


@pytest.mark.parametrize("p, dim", [(2.0, 1), (1.0, 0), (3.0, -1)])
def test_normalize(p, dim, agree, torch, rng):
    agree(
        lambda x: F.normalize(x, p, dim),
        lambda x: torch.nn.functional.normalize(x, p, dim),
        rng.normal(size=(4, 3)),
    )
