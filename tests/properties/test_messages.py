"""What an error says is about the function that was called, never about one inside of it.

Each public function is called on its samples with one argument spoilt at a time: another shape,
text, a dimension that is not there. Whatever it raises may name that function and no other op.
"""

import re
import warnings

import numpy as np
import pytest

import autograd_engine as ag
import nn.functional as F
from autograd_engine import Tensor
from autograd_engine.core.primitive import registry
from autograd_engine.ops import public_functions
from autograd_engine.ops.declare import at

from ..grouping import each_name
from ..ops.cases import Case, cases

CALLED = {name: [function] for name, function in public_functions().items()}
for space in (ag.linalg, ag.special):
    for public in space.__all__:
        CALLED.setdefault(public, []).append(getattr(space, public))
OPS = {*registry, *CALLED}
SHAPES = [(7, 5, 3), (5,), ()]
SPOILT = [*[np.ones(shape) for shape in SHAPES], "text", 9, 1.5, (0, 0)]


def spoilt(case):
    """The positional and named arguments of calls with one of them spoilt."""
    drawn = iter(case.leaves())

    def made(arg):
        if isinstance(arg, list):
            return [made(part) for part in arg]
        if isinstance(arg, tuple) and all(isinstance(n, int) for n in arg):
            return next(drawn)
        if isinstance(arg, np.ndarray):
            return next(drawn) if arg.dtype.kind == "f" else Tensor(arg)
        return arg

    given = [made(arg) for arg in case.sample.args]
    for wrong in SPOILT:
        wrong = Tensor(wrong) if isinstance(wrong, np.ndarray) else wrong
        for i in range(len(given)):
            yield [*given[:i], wrong, *given[i + 1 :]], case.sample.params
        for name in case.sample.params:
            yield given, case.sample.params | {name: wrong}


def first_named(message):
    """The first op that a message speaks of as a call."""
    names = [name for name in re.findall(r"(?<![\w.])([a-z_]\w*)\(", message) if name in OPS]
    return names[0] if names else None


def foreign(name, function, called):
    """What the errors of a function name in place of it."""
    own = {name, getattr(function, "__name__", name)}
    for case in called:
        for args, params in spoilt(case):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    function(*args, **params)
                except Exception as error:
                    said = "\n".join([str(error), *getattr(error, "__notes__", ())])
                    found = first_named(said)
                    if found is not None and found not in own:
                        yield f"{name}: {said}"


def few(function):
    """Of an op one sample, which has nothing inside; of what is written with others two."""
    return cases(function)[: 1 if hasattr(function, "op") else 2]


@each_name(CALLED)
def test_an_error_names_the_function_that_was_called(name):
    found = [told for function in CALLED[name] for told in foreign(name, function, few(function))]
    assert not found, "\n".join(found[:5])


# --- functions of nn ------------------------------------------------------------------------------

CLASSES = np.array([0, 1, 2])
SIGNS = np.array([1, -1, 1])
OF_NN = {
    "bilinear": at((2, 3), (2, 4), (5, 3, 4), (5,)),
    "mse_loss": at((3,), (3,)),
    "l1_loss": at((3,), (3,)),
    "smooth_l1_loss": at((3,), (3,)),
    "huber_loss": at((3,), (3,)),
    "kl_div": at((3,), (3,)),
    "poisson_nll_loss": at((3,), (3,)),
    "gaussian_nll_loss": at((3,), (3,), (3,), domain="positive"),
    "binary_cross_entropy": at((3,), (3,), domain="probability"),
    "binary_cross_entropy_with_logits": at((3,), (3,)),
    "soft_margin_loss": at((3,), SIGNS),
    "multilabel_soft_margin_loss": at((2, 3), (2, 3)),
    "cross_entropy": at((3, 4), CLASSES),
    "nll_loss": at((3, 4), CLASSES),
    "focal_loss": at((3, 4), CLASSES),
    "linear_cross_entropy": at((3, 2), (4, 2), CLASSES),
    "margin_ranking_loss": at((3,), (3,), SIGNS),
    "hinge_embedding_loss": at((3,), SIGNS),
    "cosine_embedding_loss": at((3, 2), (3, 2), SIGNS),
    "triplet_margin_loss": at((2, 3), (2, 3), (2, 3)),
    "multi_margin_loss": at((3, 4), CLASSES),
    "ctc_loss": at((4, 1, 3), np.array([[1, 2]]), np.array([4]), np.array([2])),
    "layer_norm": at((2, 3), [3], (3,), (3,)),
    "rms_norm": at((2, 3), [3], (3,)),
    "group_norm": at((2, 4, 3), 2, (4,), (4,)),
    "batch_norm": at((4, 3), None, None, (3,), (3,), True),
    "local_response_norm": at((2, 4, 3), 2),
    "softmin": at((2, 3), 1),
    "glu": at((2, 4), 1),
    "prelu": at((2, 3), (3,)),
    "rrelu": at((2, 3)),
    "embedding_bag": at(CLASSES, (4, 3), np.array([0, 2])),
    "embedding": at(CLASSES, (4, 3)),
    "cosine_similarity": at((2, 3), (2, 3)),
    "pairwise_distance": at((2, 3), (2, 3)),
    "normalize": at((2, 3)),
    "scaled_dot_product_attention": at((2, 3), (4, 3), (4, 5)),
    "lp_pool2d": at((1, 1, 4, 4), 2.0, 2),
    "channel_shuffle": at((1, 4, 2), 2),
}
OPS |= {*OF_NN}


@pytest.mark.parametrize("name", OF_NN)
def test_an_error_names_the_function_of_nn_that_was_called(name):
    function = getattr(F, name)
    told = [*foreign(name, function, [Case(function, OF_NN[name])])]
    assert not told, "\n".join(told[:5])


def test_what_is_told_anew_keeps_its_kind_and_what_an_explanation_needs():
    with pytest.raises(
        RuntimeError, match=r"^lerp\(float32\[2\], float32\[3\], 0\.5\): "
    ) as caught:
        ag.lerp(ag.ones(2), ag.ones(3), 0.5)
    assert caught.value.op.name == "sub" and len(caught.value.operands) == 2
    with pytest.raises(IndexError, match=r"^index_select\(float32\[2\], 0, int64\[1\]\): "):
        ag.index_select(ag.ones(2), 0, ag.tensor([5]))

    class Own(Exception):
        """Of a program, with arguments of its own."""

        def __init__(self, first, second):
            super().__init__(first, second)

    @ag.primitive(vjp=lambda g: g)
    def inner(x):
        raise Own(1, 2)

    @ag.named_errors
    def outer(x):
        return inner(x)

    with pytest.raises(Own) as caught:
        outer(ag.ones(2))
    assert caught.value.__notes__ == ["outer(float32[2]): (1, 2)"]
