"""Embeddings and bags of them, against PyTorch."""

import numpy as np
import pytest

import autograd_engine as ag
import nn

INDEX = np.array([[1, 1, 4], [0, 3, 1]])


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"padding_idx": 1},
        {"padding_idx": -2},
        {"max_norm": 1.0},
        {"max_norm": 0.5, "norm_type": 1.0},
        {"scale_grad_by_freq": True},
        {"scale_grad_by_freq": True, "padding_idx": 1, "max_norm": 1.5},
    ],
)
@pytest.mark.parametrize(
    "index", [INDEX, np.array(2), np.zeros((0, 2), int)], ids=["matrix", "scalar", "empty"]
)
def test_embedding(kwargs, index, agree, twins):
    ours, theirs = twins("Embedding", 5, 3, **kwargs)
    agree(ours, theirs, index)
    np.testing.assert_allclose(
        ours.weight.detach(), theirs.weight.detach().numpy(), rtol=1e-12
    )  # max_norm changes it
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("kwargs", [{}, {"padding_idx": 1}, {"max_norm": 1.0}])
@pytest.mark.parametrize("offsets", [None, np.array([0, 2, 2, 5])])
def test_embedding_bag(mode, kwargs, offsets, agree, twins):
    ours, theirs = twins("EmbeddingBag", 5, 3, mode=mode, **kwargs)
    agree(ours, theirs, *((INDEX,) if offsets is None else (INDEX.ravel(), offsets)))
    assert repr(ours) == repr(theirs)


def test_weighted_bags(agree, twins, rng):
    ours, theirs = twins("EmbeddingBag", 5, 3, mode="sum", include_last_offset=True)
    weights = rng.normal(size=6)
    agree(ours, theirs, INDEX.ravel(), np.array([0, 2, 6]), weights)


def test_initialisation():
    stats = pytest.importorskip("scipy.stats")
    layer = nn.Embedding(200, 50, padding_idx=3)
    assert (layer.weight[3] == 0).all()
    rest = np.delete(layer.weight.detach().numpy(), 3, axis=0).ravel()
    assert stats.kstest(rest, "norm").pvalue > 1e-3
    assert (
        stats.kstest(nn.EmbeddingBag(200, 50).weight.detach().numpy().ravel(), "norm").pvalue > 1e-3
    )


@pytest.mark.parametrize("layer", [nn.Embedding, nn.EmbeddingBag])
def test_from_pretrained(layer):
    table = ag.randn(4, 2)
    frozen = layer.from_pretrained(table, padding_idx=0)
    assert (
        not frozen.weight.requires_grad
        and (frozen.weight == table).all()
        and frozen.padding_idx == 0
    )
    assert layer.from_pretrained(table, freeze=False).weight.requires_grad


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.Embedding(5, 3)(ag.tensor([5])), IndexError),
        (lambda: nn.Embedding(5, 3)(ag.tensor([-1])), IndexError),
        (lambda: nn.Embedding(5, 3)(ag.tensor([1.0])), RuntimeError),
        (lambda: nn.Embedding(5, 3, padding_idx=5), ValueError),
        (lambda: nn.Embedding(5, 3, _weight=ag.zeros(3, 5)), ValueError),
        (lambda: nn.Embedding(5, 3, sparse=True)(ag.tensor([1])), NotImplementedError),
        (lambda: nn.Embedding.from_pretrained(ag.zeros(3)), ValueError),
        (lambda: nn.EmbeddingBag(5, 3, mode="min")(ag.tensor([[1]])), ValueError),
        (lambda: nn.EmbeddingBag(5, 3)(ag.tensor([1])), ValueError),
        (lambda: nn.EmbeddingBag(5, 3)(ag.tensor([[1]]), ag.tensor([0])), ValueError),
        (lambda: nn.EmbeddingBag(5, 3)(ag.tensor([1]), ag.tensor([1])), ValueError),
        (
            lambda: nn.EmbeddingBag(5, 3)(ag.tensor([[1]]), per_sample_weights=ag.ones(1, 1)),
            NotImplementedError,
        ),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
