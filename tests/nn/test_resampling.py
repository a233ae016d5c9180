"""Layers that change resolution, against PyTorch."""

import pytest

import autograd_engine as ag
import nn

LAYERS = [
    ("Upsample", {"scale_factor": 2}, (2, 3, 4)),
    ("Upsample", {"size": 7, "mode": "linear"}, (2, 3, 4)),
    ("Upsample", {"size": (5, 7), "mode": "bilinear", "align_corners": True}, (2, 3, 4, 3)),
    ("Upsample", {"scale_factor": (2, 1.5), "mode": "bicubic"}, (2, 3, 4, 4)),
    ("Upsample", {"scale_factor": 2, "mode": "trilinear"}, (1, 2, 2, 3, 4)),
    (
        "Upsample",
        {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True},
        (1, 2, 5, 4),
    ),
    ("UpsamplingNearest2d", {"scale_factor": 3}, (2, 3, 4, 3)),
    ("UpsamplingBilinear2d", {"size": (7, 5)}, (2, 3, 4, 3)),
    ("PixelShuffle", {"upscale_factor": 2}, (2, 8, 3, 4)),
    ("PixelUnshuffle", {"downscale_factor": 3}, (2, 6, 9)),
    ("Unfold", {"kernel_size": 2}, (2, 3, 4, 5)),
    (
        "Unfold",
        {"kernel_size": (2, 3), "padding": 1, "stride": 2, "dilation": (2, 1)},
        (2, 3, 6, 5),
    ),
    ("Fold", {"output_size": (4, 5), "kernel_size": 2}, (2, 12, 12)),
    ("Fold", {"output_size": 4, "kernel_size": 2, "stride": 2, "padding": 1}, (2, 12, 9)),
]


@pytest.mark.parametrize("name, options, shape", LAYERS)
def test_agrees_with_torch(name, options, shape, agree, twins, rng):
    ours, theirs = twins(name, **options)
    agree(ours, theirs, rng.normal(size=shape))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: nn.PixelShuffle(2)(ag.ones(1, 3, 4, 4)), RuntimeError),
        (lambda: nn.PixelUnshuffle(3)(ag.ones(1, 3, 4, 4)), RuntimeError),
        (lambda: nn.Fold(4, 2)(ag.ones(1, 4, 5)), RuntimeError),
        (lambda: nn.Upsample()(ag.ones(1, 3, 4, 4)), (RuntimeError, ValueError)),
        (lambda: nn.PixelShuffle(), TypeError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error):
        call()
