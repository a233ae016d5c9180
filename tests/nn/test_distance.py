"""Distances and similarities against PyTorch, also where vectors are equal or zero."""

import numpy as np
import pytest

import autograd_engine as ag
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
    agree(*twins("CosineSimilarity"), np.zeros((2, 3)), np.ones((2, 3)), second=False)
    agree(F.normalize, torch.nn.functional.normalize, np.zeros((2, 3)), second=False)


@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, float("inf"), -float("inf")])
@pytest.mark.parametrize("keepdim", [False, True])
def test_pairwise_distance_of_every_order(p, keepdim, agree, torch, rng):
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    agree(
        lambda x, y: F.pairwise_distance(x, y, p, keepdim=keepdim),
        lambda x, y: torch.nn.functional.pairwise_distance(x, y, p, keepdim=keepdim),
        x,
        y,
        tol=1e-7,
    )


@pytest.mark.parametrize("dim", [0, 1, -1, -2])
@pytest.mark.parametrize("shapes", [((3,), (2, 3)), ((2, 1), (3,)), ((4, 2, 3), (1, 3))])
def test_dimensions_are_counted_after_broadcasting(dim, shapes, agree, torch, rng):
    agree(
        lambda x, y: F.cosine_similarity(x, y, dim),
        lambda x, y: torch.nn.functional.cosine_similarity(x, y, dim),
        *(rng.normal(size=shape) for shape in shapes),
    )


@pytest.mark.parametrize("scale", [1e30, 1e-25, 1.0])
def test_lengths_that_have_no_square(scale):
    x = ag.tensor([[3.0, 4.0]]) * scale
    y = (ag.tensor([[4.0, 3.0]]) * scale).requires_grad_()
    assert F.cosine_similarity(x, y, eps=0.0).item() == pytest.approx(0.96, rel=1e-6)
    assert F.normalize(x, eps=0.0)[0].tolist() == pytest.approx([0.6, 0.8], rel=1e-6)
    assert F.pairwise_distance(x, y, eps=0.0).item() == pytest.approx(scale * 2**0.5, rel=1e-6)
    if scale >= 1:
        loss = F.cosine_embedding_loss(x, y, ag.tensor([1]))
        loss.backward()
        assert loss.item() == pytest.approx(0.04, rel=1e-4) and np.isfinite(y.grad.numpy()).all()


@pytest.mark.parametrize("name", ["cosine_similarity", "pairwise_distance"])
def test_float16_is_rounded_once(name, rng):
    x, y = (ag.tensor(rng.normal(scale=200, size=(3, 400)), dtype="float16") for _ in range(2))
    half = getattr(F, name)(x, y)
    exact = getattr(F, name)(x.double(), y.double())
    assert half.dtype == "float16"
    np.testing.assert_allclose(half, exact, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("p, dim", [(2.0, 1), (1.0, 0), (3.0, -1)])
def test_normalize(p, dim, agree, torch, rng):
    agree(
        lambda x: F.normalize(x, p, dim),
        lambda x: torch.nn.functional.normalize(x, p, dim),
        rng.normal(size=(4, 3)),
    )
