"""Elementwise functions against PyTorch: every argument, the edges of domains, and the in-place
forms.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor, tensor

from .oracle import agree, draw

torch = pytest.importorskip("torch")

NAN, INF = math.nan, math.inf
X, Y = draw(3, 4, seed=1), draw(4, seed=2)
POSITIVE = np.abs(draw(3, 4, seed=3)) + 0.3
UNIT = np.tanh(draw(3, 4, seed=4))
PROBABILITY = (UNIT + 1) / 2
KINKS = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
ODD = np.array([-INF, -2.5, -0.0, 0.0, 1.5, INF, NAN])
INTEGERS = np.array([-7, -3, 2, 5, 8])
MASK = np.array([[True, False, True, False]] * 3)

CALLS = {
    "add alpha": (lambda m, a, b: m.add(a, b, alpha=3), [X, Y]),
    "add keywords": (lambda m, a, b: m.add(input=a, other=b), [X, Y]),
    "mul keywords": (lambda m, a, b: m.mul(a, other=b), [X, Y]),
    "sub alpha": (lambda m, a, b: a.sub(b, alpha=-2), [X, Y]),
    "rsub alpha": (lambda m, a, b: m.rsub(a, b, alpha=2), [X, Y]),
    "div floor": (lambda m, a, b: m.div(a, b, rounding_mode="floor"), [X, Y]),
    "div trunc": (lambda m, a, b: a.div(b, rounding_mode="trunc"), [X, Y]),
    "div trunc ints": (lambda m, a: m.div(a, 2, rounding_mode="trunc"), [INTEGERS]),
    "div floor ints": (lambda m, a: m.div(a, -2, rounding_mode="floor"), [INTEGERS]),
    "fmod ints": (lambda m, a: m.fmod(a, 3), [INTEGERS]),
    "remainder ints": (lambda m, a: m.remainder(a, 3), [INTEGERS]),
    "pow scalar": (lambda m, a: m.pow(a, 3), [X]),
    "pow exponent": (lambda m, a: m.pow(2.0, exponent=a), [X]),
    "pow zero": (lambda m, a: a**0, [KINKS]),
    "pow tensor zero": (
        lambda m, a, b: a**b,
        [np.array([0.0, 0.0, 2.0, -2.0]), np.array([0.0, 2.0, 0.0, 2.0])],
    ),
    "float_power ints": (lambda m, a: m.float_power(a, -2), [INTEGERS]),
    "addcmul": (lambda m, a, b, c: m.addcmul(a, b, c, value=0.5), [X, Y, POSITIVE]),
    "addcdiv": (lambda m, a, b, c: a.addcdiv(b, c, value=0.5), [X, Y, POSITIVE]),
    "lerp": (lambda m, a, b, w: m.lerp(a, b, w), [X, draw(3, 4, seed=8), PROBABILITY]),
    "lerp number": (lambda m, a, b: m.lerp(input=a, end=b, weight=0.7), [X, draw(3, 4, seed=8)]),
    "round decimals": (lambda m, a: m.round(a, decimals=1), [X]),
    "round ties": (lambda m, a: m.round(a), [np.array([-1.5, -0.5, 0.5, 1.5, 2.5])]),
    "logit eps": (lambda m, a: m.logit(a, eps=0.2), [PROBABILITY]),
    "logit outside": (lambda m, a: m.logit(a), [np.array([-0.5, 0.25, 1.5])]),
    "polygamma": (lambda m, a: m.polygamma(2, a), [POSITIVE]),
    "polygamma method": (lambda m, a: a.polygamma(1), [POSITIVE]),
    "mvlgamma": (lambda m, a: m.mvlgamma(a, 3), [POSITIVE + 1]),
    "clamp": (lambda m, a: m.clamp(a, -1, 1), [KINKS]),
    "clamp min": (lambda m, a: a.clamp(min=-1), [KINKS]),
    "clamp max": (lambda m, a: a.clip(max=0.5), [KINKS]),
    "clamp tensors": (lambda m, a, b, c: m.clamp(a, b, c), [X, Y - 0.5, Y + 0.5]),
    "clamp crossed": (lambda m, a, b, c: m.clamp(a, b, c), [X, Y + 0.5, Y - 0.5]),
    "clamp at edges": (lambda m, a, b: m.clamp(a, min=b), [KINKS, np.abs(KINKS)]),
    "clamp_min": (lambda m, a: m.clamp_min(a, 0.5), [KINKS]),
    "clamp_max": (lambda m, a, b: m.clamp_max(a, b), [X, Y]),
    "clamp ints by float": (lambda m, a: m.clamp(a, min=0.5), [INTEGERS]),
    "where": (lambda m, c, a, b: m.where(c, a, b), [MASK, X, Y]),
    "where numbers": (lambda m, c, a: m.where(c, a, 0.0), [MASK, X]),
    "where method": (lambda m, c, a, b: a.where(c, b), [MASK, X, Y]),
    "where alone": (lambda m, c: m.where(c), [MASK]),
    "masked_fill": (lambda m, c, a: a.masked_fill(c, -INF), [MASK, X]),
    "masked_fill tensor": (lambda m, c, a, v: m.masked_fill(a, c, v), [MASK, X, np.array(2.0)]),
    "nan_to_num": (lambda m, a: m.nan_to_num(a, nan=1.0, posinf=2.0, neginf=-3.0), [ODD]),
    "heaviside": (lambda m, a: m.heaviside(a.detach(), m.tensor(0.5, dtype=a.dtype)), [KINKS]),
    "isclose": (lambda m, a, b: m.isclose(a.detach(), b.detach(), rtol=0.3, atol=0.1), [X, Y]),
    "isclose nan": (lambda m, a: m.isclose(a.detach(), a.detach(), equal_nan=True), [ODD]),
    "shifts": (
        lambda m, a: (a << 2, a >> 1, m.bitwise_left_shift(a, 1), m.bitwise_right_shift(a, 2)),
        [INTEGERS],
    ),
    "bitwise": (lambda m, a: (a & 3, a | 3, a ^ 3, ~a, m.bitwise_not(a)), [INTEGERS]),
    "logaddexp infinite": (
        lambda m, a: m.logaddexp(a, m.zeros_like(a)),
        [np.array([-INF, 1000.0, -1000.0])],
    ),
    "hypot large": (lambda m, a: m.hypot(a, a), [np.array([1e200, 1.0])]),
}


NAN_IN_TORCH = {"pow tensor zero", "logaddexp infinite"}
"""Calls of which PyTorch's second derivative is NaN."""


@pytest.mark.filterwarnings("ignore:.* encountered in:RuntimeWarning")
@pytest.mark.parametrize("call", CALLS)
def test_arguments(call):
    function, arrays = CALLS[call]
    agree(
        lambda *xs: function(ag, *xs),
        lambda *ts: function(torch, *ts),
        arrays,
        second=call not in NAN_IN_TORCH,
        tolerance=1e-8,
    )


def test_error_functions_without_scipy(monkeypatch):
    """The standard library's error function takes over; the rarer functions name the extra that is
    missing.
    """
    import builtins

    real = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda name, *more: real("not_there" if name.startswith("scipy") else name, *more),
    )
    for dtype in ("float32", "float64"):
        for array in (X, np.array(0.5), np.zeros((0, 2))):
            x = Tensor(array.astype(dtype))
            np.testing.assert_allclose(
                ag.erf(x),
                torch.erf(torch.tensor(x.numpy())),
                rtol=1e-6 if dtype == "float32" else 1e-15,
            )
            assert ag.erfc(x).dtype == dtype
    with pytest.raises(ImportError, match=r"digamma.*autograd-engine\[special\]"):
        ag.digamma(tensor(1.0))


def test_numpy_functions_of_the_same_meaning_keep_the_graph():
    x, y = Tensor(X, requires_grad=True), Tensor(Y)
    pairs = [
        (np.clip(x, -1, 1), ag.clamp(x, -1, 1)),
        (np.clip(x, a_min=None, a_max=0.5), ag.clamp(x, max=0.5)),
        (np.round(x, 1), ag.round(x, decimals=1)),
        (np.nan_to_num(x, True, 3.0), ag.nan_to_num(x, nan=3.0)),
        (np.fmax(x, y), ag.fmax(x, y)),
        (np.hypot(x, y), ag.hypot(x, y)),
        (np.where(X > 0, x, 0), ag.relu(x)),
        (np.logaddexp2(x, y), ag.logaddexp2(x, y)),
        (np.sinc(x), ag.sinc(x)),
        (np.float_power(np.abs(x), y), ag.float_power(ag.abs(x), y)),
        (np.positive(x), x),
        (np.fmod(x, 2), ag.fmod(x, 2)),
        (np.degrees(x), ag.rad2deg(x)),
        (np.copysign(x, y), ag.copysign(x, y)),
        (np.exp2(x), ag.exp2(x)),
        (np.i0(x), ag.i0(x)),
    ]
    for ours, same in pairs:
        assert ours.requires_grad
        np.testing.assert_array_equal(ours, same)
    for answer in (
        np.isnan(x),
        np.isfinite(x),
        np.logical_and(x, y),
        np.signbit(x),
        np.isclose(x, y),
    ):
        assert isinstance(answer, Tensor) and not answer.requires_grad


def test_bad_arguments_say_what_is_wrong():
    x = tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="rounding_mode='up'"):
        ag.div(x, 2, rounding_mode="up")
    with pytest.raises(ValueError, match="at least one of min and max"):
        ag.clamp(x)
    with pytest.raises(TypeError, match="boolean mask.*int64"):
        x.masked_fill(tensor([0, 1]), 0)
    with pytest.raises(ValueError, match=r"masked_fill.*broadcasts with shape \[2\], got \[3\]"):
        x.masked_fill(tensor([True, False, True]), 0)
    with pytest.raises(ValueError, match=r"one value.*\[2\]"):
        x.masked_fill(x > 0, x)
    with pytest.raises(ValueError, match="order of at least 0, got -1"):
        ag.polygamma(-1, x)
    with pytest.raises(TypeError, match="bool"):
        ag.positive(x > 0)
    with pytest.raises(NotImplementedError, match="gammainc.*'input'"):
        ag.special.gammainc(tensor([1.0], requires_grad=True), x)


IN_PLACE = {
    "": "neg abs square exp exp2 expm1 sin cos tan atan sinh cosh tanh sigmoid relu floor ceil round trunc frac sign erf erfc sinc deg2rad rad2deg nan_to_num "
    "negative absolute",
    "positive": "sqrt rsqrt reciprocal log log2 log10 log1p lgamma digamma",
    "other": "add sub mul div remainder fmod hypot copysign subtract multiply divide true_divide atan2 xlogy eq ne lt le gt ge",
}
IN_PLACE_CALLS = {
    "clamp_": (-0.5, 0.5),
    "clip_": (-0.5, 0.5),
    "clamp_min_": (0.1,),
    "clamp_max_": (0.1,),
    "pow_": (3,),
    "lerp_": (Y, 0.3),
    "addcmul_": (Y, Y),
    "addcdiv_": (Y, Y + 3),
    "masked_fill_": (MASK, 2.0),
    "cumsum_": (1,),
    "cumprod_": (0,),
    "fill_": (2.5,),
    "zero_": (),
    "copy_": (Y,),
    **{f"{name}_": () for name in IN_PLACE[""].split()},
    **{f"{name}_": (np.abs(Y) + 0.3,) for name in IN_PLACE["other"].split()},
    **{f"{name}_": () for name in IN_PLACE["positive"].split()},
}


@pytest.mark.parametrize("name", IN_PLACE_CALLS)
def test_in_place_forms(name):
    """The tensor itself is changed and returned; recorded, its gradients are those of the plain
    form.
    """
    array = POSITIVE if name[:-1] in IN_PLACE["positive"].split() else X
    results = []
    for make in (Tensor, torch.tensor):
        given = [make(arg) if isinstance(arg, np.ndarray) else arg for arg in IN_PLACE_CALLS[name]]
        x = make(array)
        assert getattr(x, name)(*given) is x
        leaf = make(array).requires_grad_()
        y = leaf * 1.5
        assert getattr(y, name)(*given) is y
        if y.requires_grad:
            (y * make(X)).sum().backward()
        results.append((x, y.detach(), leaf.grad))
    for ours, theirs in zip(*results):
        if theirs is not None and ours is not None:
            np.testing.assert_allclose(ours, theirs.numpy(force=True), rtol=1e-9)


def test_in_place_results_must_fit():
    x = tensor([1, 2])
    with pytest.raises(ValueError, match="float32 cannot be stored in place in a tensor of int64"):
        x.div_(2)
    with pytest.raises(ValueError, match=r"cannot change shape \[2\] into \[3, 2\]"):
        x.add_(ag.ones(3, 2, dtype=ag.int64))
    assert x.tolist() == [1, 2]
