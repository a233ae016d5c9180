"""Padding layers against PyTorch."""

import pytest

import autograd_engine as ag
import nn

PADDINGS = [
    ("Zero", ()),
    ("Constant", (3.5,)),
    ("Reflection", ()),
    ("Replication", ()),
    ("Circular", ()),
]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind, more", PADDINGS)
@pytest.mark.parametrize("batch", [(), (2,)])
def test_padding(kind, more, n, batch, agree, twins, rng):
    for padding in (1, (1, 2, 0, 1, 2, 2)[: 2 * n]):
        ours, theirs = twins(f"{kind}Pad{n}d", padding, *more)
        if (
            batch or kind != "Circular"
        ):  # PyTorch documents circular padding without a batch and refuses it
            agree(ours, theirs, rng.normal(size=(*batch, 2, 5, 4, 3)[: len(batch) + 1 + n]))
        assert repr(ours) == repr(theirs)


def test_negative_widths_crop(agree, twins, rng):
    agree(*twins("ZeroPad2d", (-1, 1, 2, -2)), rng.normal(size=(2, 3, 5, 4)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.ReflectionPad1d(1)(ag.ones(3)),
        lambda: nn.ReflectionPad2d(4)(ag.ones(1, 3, 4, 4)),
        lambda: nn.CircularPad2d(1)(ag.ones(3, 4)),
    ],
)
def test_bad_shapes(call):
    with pytest.raises(RuntimeError):
        call()
