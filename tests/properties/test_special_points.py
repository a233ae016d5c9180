"""Functions of one number, to third derivatives: where a formula divides by 0, and close by.

The oracle is mpmath, with 70 digits.
"""

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import Tensor

mp = pytest.importorskip("mpmath")

LINE = (-np.inf, np.inf)
FUNCTIONS = {
    "exp": (lambda x: mp.exp(x), LINE),
    "expm1": (lambda x: mp.expm1(x), LINE),
    "log": (lambda x: mp.log(x), (0, np.inf)),
    "log1p": (lambda x: mp.log(1 + x), (-1, np.inf)),
    "sqrt": (lambda x: mp.sqrt(x), (0, np.inf)),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), (0, np.inf)),
    "reciprocal": (lambda x: 1 / x, (0, np.inf)),
    "sin": (lambda x: mp.sin(x), LINE),
    "tan": (lambda x: mp.tan(x), (-1.5, 1.5)),
    "asin": (lambda x: mp.asin(x), (-1, 1)),
    "atan": (lambda x: mp.atan(x), LINE),
    "sinh": (lambda x: mp.sinh(x), LINE),
    "tanh": (lambda x: mp.tanh(x), LINE),
    "asinh": (lambda x: mp.asinh(x), LINE),
    "acosh": (lambda x: mp.acosh(x), (1, np.inf)),
    "atanh": (lambda x: mp.atanh(x), (-1, 1)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), LINE),
    "softplus": (lambda x: mp.log(1 + mp.exp(x)), LINE),
    "logit": (lambda x: mp.log(x) - mp.log(1 - x), (0, 1)),
    "erf": (lambda x: mp.erf(x), LINE),
    "erfc": (lambda x: mp.erfc(x), LINE),
    "erfinv": (lambda x: mp.erfinv(x), (-1, 1)),
    "lgamma": (lambda x: mp.loggamma(x), (0, np.inf)),
    "digamma": (lambda x: mp.digamma(x), (0, np.inf)),
    "i0": (lambda x: mp.besseli(0, x), LINE),
    "special.i1": (lambda x: mp.besseli(1, x), LINE),
    "special.i0e": (lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), (0, np.inf)),
    "special.i1e": (lambda x: mp.exp(-abs(x)) * mp.besseli(1, x), (0, np.inf)),
    "special.bessel_j0": (lambda x: mp.besselj(0, x), LINE),
    "special.bessel_j1": (lambda x: mp.besselj(1, x), LINE),
    "sinc": (lambda x: mp.sincpi(x), LINE),
    "special.entr": (lambda x: -x * mp.log(x), (0, np.inf)),
    "special.erfcx": (lambda x: mp.exp(x * x) * mp.erfc(x), (-5, np.inf)),
    "special.ndtr": (lambda x: mp.ncdf(x), LINE),
    "special.ndtri": (lambda x: mp.sqrt(2) * mp.erfinv(2 * x - 1), (0, 1)),
    "special.log_ndtr": (lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2), LINE),
    "atan2": (lambda x: mp.atan2(x, mp.mpf("0.7")), LINE),
    "hypot": (lambda x: mp.hypot(x, mp.mpf("0.7")), LINE),
    "logaddexp": (lambda x: mp.log(mp.exp(x) + mp.exp(mp.mpf("0.7"))), LINE),
    "pow": (lambda x: x ** mp.mpf("0.7"), (0, np.inf)),
}
"""What a function is, and between which numbers."""
INF = float("inf")
OFFSETS = [0.0, 1e-12, 1e-8, 1e-5, 1e-3, 0.1, 0.9, 3.0, 40.0]


def points(low, high):
    """Around 0 and away from the ends, where what is infinite really is."""
    room = 0.02
    around = sorted({sign * offset for offset in OFFSETS for sign in (1.0, -1.0)})
    shift = 1.0 if low == 1 else 0.0
    return [x + shift for x in around if low + room < x + shift < high - room]


def derivatives(name, x):
    """Ours, from the 0th to the third."""
    *space, name = name.split(".")
    function = getattr(ag.special if space else ag, name)
    more = (0.7,) if name in ("atan2", "hypot", "logaddexp", "pow") else ()
    x = Tensor(np.array(x), requires_grad=True)
    values = [function(x, *more).sum()]
    for _ in range(3):
        values += ag.grad(values[-1].sum(), x, create_graph=True, materialize_grads=True)
    return [value.item() for value in values]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_to_third_order(name):
    function, ends = FUNCTIONS[name]
    with mp.workdps(70):
        for x in points(*ends):
            exact = mp.diffs(function, mp.mpf(x), 3, h=mp.mpf(10) ** -16)
            for order, (found, expected) in enumerate(zip(derivatives(name, x), exact)):
                expected = float(mp.re(expected))
                assert found == pytest.approx(expected, rel=1e-8, abs=1e-11), (x, order)


def test_a_power_whose_exponent_is_zero_depends_on_it():
    for x in ([2.0, 0.0], [0.3, 0.0]):
        a, log = x[0], np.log(x[0])
        at = Tensor(np.array(x))
        found = ag.func.hessian(lambda v: v[0] ** v[1])(at)
        np.testing.assert_allclose(found, [[0, 1 / a], [1 / a, log * log]], atol=1e-12)
    zero = ag.func.grad(lambda v: v[0] ** v[1])(Tensor(np.array([0.0, 0.0])))
    np.testing.assert_array_equal(zero, [0, 0])


@pytest.mark.parametrize(
    "name, terms, expected",
    [
        ("logsumexp", [1.0, INF], [0, 1]),
        ("logsumexp", [INF, 2.0, INF], [0.5, 0, 0.5]),
        ("logsumexp", [-INF, -INF], [0, 0]),
        ("logsumexp", [-INF, 1.0], [0, 1]),
        ("logcumsumexp", [1.0, INF, 2.0], [1, 2, 0]),
        ("logcumsumexp", [INF, 2.0, INF], [2.5, 0, 0.5]),
        ("logcumsumexp", [-INF, -INF, 0.0], [0, 0, 1]),
    ],
)
def test_infinite_terms_share_the_gradient_of_a_sum_of_exponentials(name, terms, expected):
    """PyTorch gives NaN; it is what remains of the softmax as they grow together."""
    x = Tensor(np.array(terms), requires_grad=True)
    y = getattr(x, name)(0).sum()
    (plain,) = ag.grad(y, x, retain_graph=True)
    (first,) = ag.grad(y, x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    np.testing.assert_array_equal(plain, expected)
    np.testing.assert_array_equal(first.detach(), expected)
    np.testing.assert_array_equal(second, 0)


def test_the_logarithm_of_a_probability_near_one_has_derivatives():
    x = Tensor(np.array([50.0, 700.0]), requires_grad=True)
    (first,) = ag.grad(ag.special.log_ndtr(x).sum(), x, create_graph=True)
    (second,) = ag.grad(first.sum(), x)
    np.testing.assert_allclose(first.detach(), 0, atol=1e-300)
    np.testing.assert_allclose(second, 0, atol=1e-300)
