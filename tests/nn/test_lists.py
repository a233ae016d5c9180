"""Functions and losses take lists where they take arrays: what they give is that of the arrays."""

import inspect

import numpy as np
import pytest

import autograd_engine as ag
import nn
import nn.functional as F

ROW = [[1.0, 2.0]]
PAIR = [0.2, 0.3]
CASES = {
    "batch_norm": ([[1.0, 2.0], [3.0, 4.0]], None, None, None, None, True),
    "bilinear": (ROW, ROW, [[ROW[0], ROW[0]]]),
    "binary_cross_entropy": (PAIR, [1.0, 0.0]),
    "binary_cross_entropy_with_logits": (PAIR, [1.0, 0.0]),
    "class_weights": ([0, 1, 1],),
    "cosine_embedding_loss": (ROW, [PAIR], [1]),
    "cosine_similarity": (ROW, [[2.0, 1.0]]),
    "cross_entropy": (ROW, [0], [0.5, 2.0]),
    "ctc_loss": ([[[-0.7, -0.7]]], [[1]], [1], [1]),
    "dropout1d": ([ROW],),
    "embedding": ([0, 1], [[1.0, 2.0], [3.0, 4.0]]),
    "embedding_bag": ([[0, 1]], [[1.0, 2.0], [3.0, 4.0]]),
    "focal_loss": (ROW, [0]),
    "gaussian_mixture_nll_loss": (ROW, ROW, [PAIR], [0.0]),
    "gaussian_nll_loss": (PAIR, PAIR, PAIR),
    "group_norm": ([[1.0, 2.0, 3.0, 5.0]], 2),
    "hinge_embedding_loss": (PAIR, [1.0, -1.0]),
    "huber_loss": (PAIR, [1.0, 3.0]),
    "instance_norm": ([ROW],),
    "kl_div": ([[-1.0, -2.0]], [[0.5, 0.5]], "batchmean"),
    "l1_loss": (PAIR, [1.0, 3.0]),
    "layer_norm": (ROW, [2]),
    "linear": (ROW, ROW, [1.0]),
    "linear_cross_entropy": (ROW, [[1.0, 2.0], [3.0, 4.0]], [0]),
    "local_response_norm": ([ROW], 2),
    "log_softmax": (PAIR, 0),
    "margin_ranking_loss": (PAIR, [0.1, 0.5], [1.0, -1.0]),
    "mse_loss": (PAIR, [1.0, 3.0]),
    "multi_margin_loss": (ROW, [0]),
    "multilabel_margin_loss": (ROW, [[0, -1]]),
    "multilabel_soft_margin_loss": (ROW, [[1.0, 0.0]]),
    "nll_loss": ([[-1.0, -2.0]], [0]),
    "normalize": (ROW,),
    "pdist": ([*ROW, PAIR],),
    "pairwise_distance": (ROW, [PAIR]),
    "poisson_nll_loss": (PAIR, [1.0, 3.0]),
    "prelu": ([1.0, -2.0], [0.5]),
    "rms_norm": (ROW, [2]),
    "scaled_dot_product_attention": (ROW, ROW, ROW),
    "smooth_l1_loss": (PAIR, [1.0, 3.0]),
    "soft_margin_loss": (PAIR, [1.0, -1.0]),
    "softmax": ([1, 2, 3], 0),
    "softmin": ([1, 2, 3], 0),
    "threshold": (PAIR, 0.25, 0.0),
    "triplet_margin_loss": (ROW, [PAIR], [[0.5, 0.1]]),
    "triplet_margin_with_distance_loss": (ROW, [PAIR], [[0.5, 0.1]]),
}
OF_IMAGES = (
    "pool",
    "conv",
    "sample",
    "fold",
    "pixel",
    "shuffle",
    "affine",
    "interpolate",
    "dropout",
)
LISTS = ("normalized_shape", "input_lengths", "target_lengths")


def called(function, args):
    if list(inspect.signature(function).parameters)[2:3] == ["reduction"] and len(args) == 3:
        return function(*args[:2], reduction=args[2])
    return function(*args)


def as_array(name, value):
    if not isinstance(value, list) or name in LISTS:
        return value
    return ag.tensor(value).numpy()


def test_a_list_is_an_array():
    for name, args in CASES.items():
        function = getattr(F, name)
        arrays = [as_array(*pair) for pair in zip(inspect.signature(function).parameters, args)]
        ag.manual_seed(0)
        expected = called(function, arrays)
        ag.manual_seed(0)
        found = called(function, args)
        assert type(found) is type(expected), name
        np.testing.assert_array_equal(found, expected, err_msg=name)
        assert found.dtype == expected.dtype, name


def test_all_functions_are_looked_at():
    """Functions of one array of any shape take a list, and all others stand in the table."""
    for name in F.__all__:
        function = getattr(F, name)
        if name in CASES or name.endswith("_") or not callable(function):
            continue
        if any(part in name for part in OF_IMAGES):
            continue
        ints = name == "one_hot"
        more = ((1, 1),) if name == "pad" else ()
        found = function([0, 1] if ints else [1.0, -2.0], *more)
        assert isinstance(found, (np.ndarray, ag.Tensor)) and found.shape, name


def test_losses_and_layers():
    assert nn.MSELoss()([1.0, 2.0], [1.0, 3.0]) == 0.5
    assert nn.CrossEntropyLoss()([[0.0, 0.0]], [0]) == pytest.approx(np.log(2))
    x = ag.tensor([[1.0, 2.0]], requires_grad=True)
    F.cross_entropy(x, [1]).backward()
    np.testing.assert_allclose(x.grad, F.softmax([[1.0, 2.0]], dim=1) - [[0, 1]], rtol=1e-5)
    assert F.cross_entropy(input=[[0.0, 0.0]], target=[0], weight=[1.0, 2.0]) > 0
