"""The gradient checker, fed right and wrong gradients."""

import re

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, tensor


def wrong(rule):
    """The cube, with a gradient rule of one's own."""
    return ag.primitive(lambda x: x**3, vjp=rule, name="cube")


cube = wrong(lambda g, x: g * 3 * x**2)
WRONG = {
    "factor": lambda g, x: g * 3.01 * x**2,
    "sign": lambda g, x: -g * 3 * x**2,
    "zero": lambda g, x: g * 0.0 * x,
    "forgets_the_cotangent": lambda g, x: 3 * x**2,
    "offset": lambda g, x: g * 3 * x**2 + 0.01,
    "one_entry": lambda g, x: (
        g * (3 * x**2 + ag.where(x > 1.4, 0.1, 0.0))
        if isinstance(x, Tensor)
        else g * (3 * x**2 + 0.1 * (x > 1.4))
    ),
    "nan": lambda g, x: g * x * np.nan,
    "transposed": lambda g, x: (
        (g * 3 * x**2)[::-1] if not isinstance(x, Tensor) else (g * 3 * x**2).flip(0)
    ),
    "half_of_a_pair": lambda g, x: g * 3 * x * x.mean(),
}


def point(*shape):
    return tensor(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), requires_grad=True)


def test_the_checker_accepts_a_right_gradient():
    assert ag.gradcheck(cube, point(3)) is True
    assert ag.gradgradcheck(cube, (point(3),)) is True
    assert ag.gradcheck(lambda a, b: a @ b, (point(2, 3), point(3, 2))) is True


@pytest.mark.parametrize("name", WRONG)
def test_the_checker_rejects_a_wrong_gradient(name):
    f = wrong(WRONG[name])
    with pytest.raises(RuntimeError):
        ag.gradcheck(f, (point(3),))
    assert ag.gradcheck(f, (point(3),), raise_exception=False) is False


def test_the_checker_says_which_input_which_entry_and_both_values():
    @ag.primitive(vjp=[lambda g, b: g * b, lambda g, a, b: g * (a + (b > 1.2) * 0.5)])
    def product(a, b):
        return a * b

    with pytest.raises(RuntimeError) as caught:
        ag.gradcheck(product, (point(3), point(3)))
    message = str(caught.value)
    assert "input 1" in message and "(2,)" in message
    assert re.search(r"\b2(\.0*)?\b.*\b1\.5", message), (
        "the value by the rule and the value by differences"
    )


def test_the_checker_rejects_a_wrong_second_derivative():
    right_once = ag.primitive(lambda x: x**3, vjp=lambda g, x: g * slope(x), name="cube")
    slope = ag.primitive(lambda x: 3 * x**2, vjp=lambda g, x: g * 5 * x, name="slope")
    assert ag.gradcheck(right_once, (point(3),)) is True
    with pytest.raises(RuntimeError):
        ag.gradgradcheck(right_once, (point(3),))
    assert ag.gradgradcheck(right_once, (point(3),), raise_exception=False) is False


def test_the_checker_rejects_a_rule_that_detaches_at_second_order():
    cuts = ag.primitive(lambda x: x**3, vjp=lambda g, x: g * 3 * np.asarray(x) ** 2, name="cube")
    assert ag.gradcheck(cuts, (point(3),)) is True
    with pytest.raises((RuntimeError, TypeError)):
        ag.gradgradcheck(cuts, (point(3),))


def test_the_checker_insists_on_float64():
    x = tensor([0.5, 1.0], dtype="float32", requires_grad=True)
    with pytest.raises((ValueError, RuntimeError, TypeError), match="float64|double"):
        ag.gradcheck(cube, (x,))
    with pytest.raises((ValueError, RuntimeError, TypeError), match="float64|double"):
        ag.gradgradcheck(cube, (x,))


def test_the_checker_insists_on_something_to_check():
    with pytest.raises((ValueError, RuntimeError), match="requires_grad|require"):
        ag.gradcheck(cube, (tensor([1.0], dtype="float64"),))


TWO_FACES = {
    "another factor": lambda g, x: g * (4 if isinstance(x, Tensor) else 3) * x**2,
    "right on tensors": lambda g, x: g * (3 if isinstance(x, Tensor) else 4) * x**2,
    "one entry": lambda g, x: (
        g * 3 * x**2 if isinstance(x, Tensor) else g * (3 * x**2 + 1e-3 * (x > 1.4))
    ),
    "NaN": lambda g, x: g * 3 * x**2 * (1 if isinstance(x, Tensor) else np.nan),
}
"""Rules that give one gradient on arrays and another on tensors. Each is right about itself."""


@pytest.mark.parametrize("name", TWO_FACES)
def test_the_checker_rejects_a_rule_that_differs_on_arrays_and_on_tensors(name):
    f = wrong(TWO_FACES[name])
    with pytest.raises(ag.GradcheckError, match=r"input 0 .* on arrays .* on tensors"):
        ag.gradgradcheck(f, (point(3),))
    assert ag.gradgradcheck(f, (point(3),), raise_exception=False) is False
    assert ag.gradgradcheck(f, (point(3),), raise_exception=False, fast_mode=True) is False


def test_the_checker_says_where_the_two_paths_part():
    @ag.primitive(
        vjp=[lambda g, b: g * b, lambda g, a: g * (a if isinstance(a, Tensor) else 2 * a)]
    )
    def product(a, b):
        return a * b

    with pytest.raises(ag.GradcheckError, match=r"input 1 is .* at \(0,\) .*3 of 3 entries"):
        ag.gradgradcheck(product, (point(3), point(3)))


SHAPED = {
    "zero_d": lambda: tensor(0.7, dtype="float64", requires_grad=True),
    "empty": lambda: tensor(np.ones((0, 3)), requires_grad=True),
    "one": lambda: point(1, 1),
    "transposed": lambda: ag.from_numpy(np.linspace(0.5, 1.5, 6).reshape(2, 3).T).requires_grad_(),
    "strided": lambda: ag.from_numpy(np.linspace(0.5, 1.5, 8)[::2]).requires_grad_(),
    "reversed": lambda: ag.from_numpy(np.linspace(0.5, 1.5, 4)[::-1]).requires_grad_(),
}


@pytest.mark.parametrize("name", SHAPED)
def test_the_checker_covers_every_layout_to_second_order(name):
    assert ag.gradcheck(cube, (SHAPED[name](),)) is True
    assert ag.gradgradcheck(cube, (SHAPED[name](),)) is True
    if name != "empty":
        with pytest.raises(RuntimeError):
            ag.gradcheck(wrong(WRONG["factor"]), (SHAPED[name](),))


@pytest.mark.parametrize(
    "array",
    [
        np.broadcast_to(np.float64(0.7), (3,)).copy()[:1].repeat(3),
        np.lib.stride_tricks.as_strided(np.array([0.5, 0.9, 1.3]), (2, 2), (8, 8), writeable=True),
    ],
    ids=["repeated", "windows"],
)
def test_the_checker_is_right_about_overlapping_memory_or_refuses_it(array):
    x = ag.from_numpy(array).requires_grad_()
    try:
        assert ag.gradcheck(cube, (x,)) is True
    except (RuntimeError, ValueError) as refusal:
        assert "overlap" in str(refusal)
    np.testing.assert_array_equal(x.detach().numpy(), array)


def test_the_checker_leaves_its_inputs_and_their_gradients_alone():
    x, w = point(3), point(3)
    (x * x).sum().backward()
    before, kept = x.detach().numpy().copy(), x.grad
    ag.gradcheck(lambda x, w: x * w, (x, w))
    ag.gradgradcheck(lambda x, w: x * w * w, (x, w))
    np.testing.assert_array_equal(x.detach().numpy(), before)
    assert x.grad is kept and w.grad is None


def test_the_checker_takes_several_outputs_and_inputs_without_gradients():
    assert (
        ag.gradcheck(lambda x, n: (x * n, x.sum(), x.argmax()), (point(3), tensor([1, 2, 3])))
        is True
    )
    with pytest.raises(RuntimeError):
        ag.gradcheck(lambda x: (x * 2, wrong(WRONG["factor"])(x)), (point(3),))
