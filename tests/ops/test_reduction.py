"""Reductions, scans and statistics against PyTorch: values, first and second derivatives, every
argument, NaN and ties.
"""

import math

import numpy as np
import pytest

import autograd_engine as ag
from autograd_engine import ShapeError, Tensor, tensor

from .oracle import agree, draw

torch = pytest.importorskip("torch")

NAN, INF = math.nan, math.inf
X = draw(2, 3, 4, seed=1)
ROWS = draw(3, 5, seed=2)
ONE = draw(5, seed=3)
ZERO_D = np.array(0.7)
ZEROS = np.array([[2.0, 0.0, 3.0, 0.5], [0.0, 0.0, 1.0, 2.0], [1.0, 2.0, 3.0, 0.0]])
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0]])
HOLES = np.array([[1.0, NAN, 3.0, 2.0, 5.0], [NAN, 4.0, NAN, 1.0, 0.5]])
INTEGERS = np.array([[3, 1, 2, 3], [0, 5, 5, -1]])
BYTES = np.array([200, 100, 7], dtype=np.uint8)
BOOLS = np.array([[True, False, True], [False, False, False]])

FULL_OR_DIMS = "sum mean amax amin var std nansum nanmean logsumexp any all count_nonzero".split()
ONE_DIM = "prod argmax argmin softmax log_softmax cumsum cumprod logcumsumexp cummax cummin median max min kthvalue mode".split()


def check(function, *arrays, **more):
    agree(lambda *xs: function(ag, *xs), lambda *ts: function(torch, *ts), arrays, **more)


@pytest.mark.parametrize("name", FULL_OR_DIMS)
@pytest.mark.parametrize("dims", [0, -1, (0, 2), (1,), (0, 1, 2)], ids=str)
def test_over_dimensions(name, dims):
    for keepdim in () if name == "count_nonzero" else (False, True):
        check(lambda m, x, keepdim=keepdim: getattr(m, name)(x, dim=dims, keepdim=keepdim), X)
    check(lambda m, x: getattr(x, name)(dims), X)


@pytest.mark.parametrize(
    "name",
    [name for name in FULL_OR_DIMS if name != "logsumexp"]
    + ["prod", "max", "min", "median", "nanmedian", "norm", "argmax"],
)
@pytest.mark.parametrize("array", [X, ZERO_D, TIES, ONE], ids=["3d", "0d", "ties", "1d"])
@pytest.mark.filterwarnings(
    "ignore:the variance of:RuntimeWarning", "ignore:.*degrees of freedom:UserWarning"
)
def test_over_everything(name, array):
    second = array is not ZERO_D or name not in (
        "var",
        "std",
        "norm",
    )  # where PyTorch's are no better defined
    check(lambda m, x: getattr(x, name)(), array, second=second)


@pytest.mark.parametrize("name", ONE_DIM)
def test_along_one_dimension(name):
    arguments = (2,) if name == "kthvalue" else ()
    for array, dim in ((X, 1), (X, -1), (ROWS, 0), (ZERO_D, 0), (ONE, 0)):
        k = (1,) if arguments and array is ZERO_D else arguments
        check(lambda m, x, k=k, dim=dim: getattr(m, name)(x, *k, dim=dim), array)


@pytest.mark.parametrize("name", "max min median nanmedian mode kthvalue".split())
def test_values_and_indices(name):
    arguments = (2,) if name == "kthvalue" else ()
    ours, theirs = (
        getattr(m, name)(x, *arguments, dim=1, keepdim=True)
        for m, x in ((ag, Tensor(ROWS)), (torch, torch.tensor(ROWS)))
    )
    assert ours._fields == ("values", "indices")
    np.testing.assert_array_equal(ours.values, theirs.values)
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    holes = ag.max(Tensor(HOLES), 1).values, torch.tensor(HOLES).max(1).values
    np.testing.assert_array_equal(*holes)


CALLS = {
    "sum dtype": (lambda m, x: m.sum(x, dim=0, dtype=m.float64), [INTEGERS]),
    "sum bytes": (lambda m, x: x.sum(), [BYTES]),
    "sum bools": (
        lambda m, x: (x.sum(0), x.cumsum(1), x.prod(1), x.any(), x.all(1), m.count_nonzero(x, 1)),
        [BOOLS],
    ),
    "integers": (
        lambda m, x: (
            x.sum(1),
            x.prod(1),
            x.cumsum(0),
            x.cumprod(1),
            x.max(),
            *x.min(1),
            x.amax(0),
            x.argmax(),
            *x.cummax(0),
            x.diff(),
        ),
        [INTEGERS],
    ),
    "integers, order": (
        lambda m, x: (x.median(), x.median(1).values, x.mode(0).values, x.kthvalue(2).values),
        [INTEGERS],
    ),
    "mean of integers": (lambda m, x: x.mean(1, dtype=m.float32), [INTEGERS]),
    "softmax of integers": (lambda m, x: m.softmax(x, 1, dtype=m.float64), [INTEGERS]),
    "softmax dtype": (lambda m, x: x.softmax(-1, dtype=m.float64), [X]),
    "log_softmax keyword": (lambda m, x: m.log_softmax(x, dim=1), [X * 1000]),
    "softmin": (lambda m, x: m.nn.functional.softmin(x, 1) if m is torch else m.softmin(x, 1), [X]),
    "prod zeros": (lambda m, x: m.prod(x, 1), [ZEROS]),
    "prod all zeros": (lambda m, x: m.prod(x), [ZEROS]),
    "cumprod zeros": (lambda m, x: m.cumprod(x, 1), [ZEROS]),
    "cumprod zeros 0": (lambda m, x: m.cumprod(x, dim=0), [ZEROS]),
    "max ties": (lambda m, x: (m.amax(x, 1), m.max(x), m.max(x, 1).values), [TIES]),
    "min ties": (lambda m, x: (m.amin(x, 1), m.min(x), m.min(x, 1).values), [TIES]),
    "max of two": (lambda m, x, y: (m.max(x, y), m.min(x, other=y)), [TIES, TIES[::-1].copy()]),
    "aminmax": (lambda m, x: tuple(m.aminmax(x)), [TIES]),
    "aminmax dim": (
        lambda m, x: (m.aminmax(x, dim=1).min, m.aminmax(x, dim=0, keepdim=True).max),
        [X],
    ),
    "cummax ties": (lambda m, x: x.cummax(1), [TIES]),
    "cummin ties": (lambda m, x: x.cummin(1), [TIES]),
    "cummax nan": (lambda m, x: m.cummax(x, 1).indices, [HOLES]),
    "logcumsumexp large": (lambda m, x: m.logcumsumexp(x, 1), [ROWS * 500]),
    "logsumexp infinite": (lambda m, x: m.logsumexp(x, 0), [np.array([-INF, 0.0, 2.0])]),
    "var correction": (lambda m, x: m.var(x, dim=1, correction=0), [X]),
    "var unbiased": (
        lambda m, x: (
            x.var(False),
            x.var(1, False),
            x.var(dim=1, unbiased=True),
            m.var(x, 0, True, True),
        ),
        [X],
    ),
    "std unbiased": (
        lambda m, x: (x.std(unbiased=False), m.std(x, 1, False, True), x.std((0, 2), correction=2)),
        [X],
    ),
    "var_mean": (lambda m, x: m.var_mean(x, dim=1, correction=0, keepdim=True), [X]),
    "std_mean": (lambda m, x: m.std_mean(x, 1), [X]),
    "var_mean all": (lambda m, x: m.var_mean(x, unbiased=False), [X]),
    "nansum": (lambda m, x: (x.nansum(), m.nansum(x, 1, keepdim=True)), [HOLES]),
    "nanmean": (lambda m, x: (x.nanmean(), m.nanmean(x, 0)), [HOLES]),
    "nanmedian": (lambda m, x: (x.nanmedian(), m.nanmedian(x, 1).values), [HOLES]),
    "median nan": (lambda m, x: m.median(x, 1).values, [HOLES]),
    "norm p": (lambda m, x: [m.norm(x, p) for p in (1, 2, 3, 0.5, INF, -INF, 1.5)], [X]),
    "norm dims": (
        lambda m, x: [m.norm(x, p, dim=d) for p in ("fro", 1, 3) for d in ((0, 2), 1)],
        [X],
    ),
    "norm keepdim": (lambda m, x: x.norm(dim=1, keepdim=True), [X]),
    "norm 0": (lambda m, x: m.norm(x.detach(), 0), [ZEROS]),
    "norm of ties": (lambda m, x: m.norm(x, INF), [TIES]),
    "quantile": (lambda m, x: m.quantile(x, 0.3, dim=1), [ROWS]),
    "quantile all": (lambda m, x: m.quantile(x, 0.9), [ROWS]),
    "quantile keepdim": (
        lambda m, x: (m.quantile(x, 0.9, keepdim=True), x.quantile(0.5, 0, True)),
        [ROWS],
    ),
    "quantile several": (
        lambda m, x: m.quantile(x, m.tensor([0.1, 0.5, 1.0], dtype=m.float64), dim=0),
        [ROWS],
    ),
    "quantile nan": (
        lambda m, x: (m.quantile(x, 0.5, dim=1).detach(), m.nanquantile(x, 0.4, dim=1)),
        [HOLES],
    ),
    "count_nonzero": (lambda m, x: (m.count_nonzero(x), m.count_nonzero(x, dim=(0, 1))), [ZEROS]),
    "cov": (lambda m, x: m.cov(x), [ROWS]),
    "cov 1d": (lambda m, x: m.cov(x, correction=0), [ONE]),
    "cov weights": (
        lambda m, x, a: m.cov(x, fweights=m.tensor([1, 2, 1, 3, 1]), aweights=a.abs()),
        [ROWS, ONE],
    ),
    "corrcoef": (lambda m, x: m.corrcoef(x), [ROWS]),
    "diff": (lambda m, x: (m.diff(x), m.diff(x, n=2, dim=1), x.diff(dim=0)), [X]),
    "diff ends": (lambda m, x, a: m.diff(x, prepend=a, append=a), [ONE, ONE[:2]]),
    "diff bools": (lambda m, x: m.diff(x), [BOOLS]),
    "diff too often": (lambda m, x: m.diff(x, n=9), [ONE]),
    "trapezoid": (lambda m, y: (m.trapezoid(y), m.trapezoid(y, dx=0.5, dim=0)), [ROWS]),
    "trapezoid x": (lambda m, y, x: m.trapezoid(y, x), [ROWS, ONE]),
    "trapezoid grid": (lambda m, y, x: m.trapezoid(y, x, dim=0), [ROWS, ROWS * 2]),
    "cumulative_trapezoid": (
        lambda m, y, x: (m.cumulative_trapezoid(y, x), m.cumulative_trapezoid(y, dim=0)),
        [ROWS, ONE],
    ),
    "NumPy's words": (
        lambda m, x: (m.sum(x, axis=1, keepdims=True), m.sum(input=x), m.softmax(input=x, dim=0)),
        [X],
    ),
}
for kind in ("lower", "higher", "nearest", "midpoint", "linear"):
    CALLS[f"quantile {kind}"] = (
        lambda m, x, kind=kind: [
            m.quantile(x, q, 1, interpolation=kind) for q in (0.0, 0.1, 0.37, 1.0)
        ],
        [ROWS],
    )


@pytest.mark.parametrize("call", CALLS)
def test_arguments(call):
    function, arrays = CALLS[call]
    check(function, *arrays)


@pytest.mark.parametrize("p", [1, 2, 3, INF])
def test_the_norm_of_zero_has_derivative_zero(p):
    check(lambda m, x: m.norm(x, p), np.zeros(3), second=False)


def test_logcumsumexp_of_nothing_yet_has_derivative_zero():
    """PyTorch's is NaN; the derivative of what is added, exp(-inf) = 0, is 0."""
    x = Tensor(np.array([-INF, -INF, 0.0, 2.0]), requires_grad=True)
    y = x.logcumsumexp(0)
    np.testing.assert_array_equal(y, torch.tensor(x.detach().numpy()).logcumsumexp(0))
    y[2:].sum().backward()
    np.testing.assert_allclose(x.grad, [0, 0, 1 + 1 / (1 + math.exp(2)), 1 / (1 + math.exp(-2))])


def test_the_median_and_the_mode_choose_an_element_that_is_there():
    for name in ("median", "mode"):
        found = getattr(Tensor(TIES), name)(1)
        np.testing.assert_array_equal(
            np.take_along_axis(TIES, found.indices.numpy()[:, None], 1)[:, 0], found.values
        )


def test_empty_tensors():
    for name in ("sum", "prod", "mean", "nansum", "any", "all", "count_nonzero", "norm"):
        check(lambda m, x, name=name: getattr(m, name)(x), np.zeros((0, 3)))
        check(lambda m, x, name=name: getattr(m, name)(x, dim=0), np.zeros((0, 3)))
    for name in ("cumsum", "cumprod", "softmax", "logcumsumexp"):
        check(lambda m, x, name=name: getattr(m, name)(x, dim=0), np.zeros((0, 3)))


def test_numpy_functions_of_the_same_meaning_keep_the_graph():
    x = Tensor(ROWS, requires_grad=True)
    holes = Tensor(HOLES, requires_grad=True)
    calls = [
        lambda x: np.sum(x, 0),
        lambda x: np.sum(x, 1, np.float64),
        lambda x: np.sum(x, axis=1, keepdims=True),
        lambda x: np.mean(x, (0, 1)),
        lambda x: np.prod(x, 1),
        lambda x: np.var(x),
        lambda x: np.var(x, 1, ddof=1),
        lambda x: np.std(x, axis=0, keepdims=True),
        lambda x: np.median(x),
        lambda x: np.median(x, 1),
        lambda x: np.quantile(x, 0.3),
        lambda x: np.quantile(x, [0.1, 0.6], 1),
        lambda x: np.percentile(x, 30, axis=0),
        lambda x: np.quantile(x, 0.3, method="nearest"),
        lambda x: np.cumsum(x),
        lambda x: np.cumsum(x, 1),
        lambda x: np.cumprod(x, axis=0),
        lambda x: np.cumprod(x),
        lambda x: np.diff(x),
        lambda x: np.diff(x, 2, 0),
        lambda x: np.trapezoid(x),
        lambda x: np.trapezoid(x, dx=2.0, axis=0),
        lambda x: np.cov(x),
        lambda x: np.cov(x, rowvar=False, bias=True),
        lambda x: np.corrcoef(x),
        lambda x: np.max(x, 1),
        lambda x: np.min(x),
        lambda x: np.amax(x, axis=0),
        lambda x: np.add.reduce(x),
        lambda x: np.multiply.accumulate(x),
        lambda x: np.logaddexp.reduce(x, 1),
    ]
    for function, t, a in [
        *((f, x, ROWS) for f in calls),
        (np.nansum, holes, HOLES),
        (np.nanmean, holes, HOLES),
        (np.nanmedian, holes, HOLES),
        (lambda x: np.nanquantile(x, 0.3, 1), holes, HOLES),
    ]:
        result = function(t)
        assert isinstance(result, Tensor) and result.requires_grad
        np.testing.assert_allclose(result, function(a), rtol=1e-12)
    assert np.count_nonzero(x) == 15 and not np.any(x).requires_grad


def test_bad_arguments_say_what_is_wrong():
    x = Tensor(ROWS)
    with pytest.raises(ValueError, match=r"k must be from 1 to 5"):
        x.kthvalue(6)
    with pytest.raises(ValueError, match="one of linear, lower"):
        x.quantile(0.5, interpolation="cubic")
    with pytest.raises(ValueError, match="from 0 to 1, got 1.5"):
        x.quantile(1.5)
    with pytest.raises(TypeError, match="norm.*int64"):
        ag.norm(tensor([1, 2]))
    with pytest.raises(ValueError, match="linalg.matrix_norm"):
        x.norm("nuc")
    with pytest.raises(TypeError, match="mean of integers"):
        tensor([1, 2]).mean()
    with pytest.raises(ShapeError, match=r"cov.*\[2, 3, 4\]"):
        ag.cov(Tensor(X))
    with pytest.raises(IndexError, match="dim 2 is out of range"):
        x.cumsum(2)
    with pytest.warns(RuntimeWarning, match="variance of 1"):
        assert np.isnan(ag.var(tensor([1.0])))
